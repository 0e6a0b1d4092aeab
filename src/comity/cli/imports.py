"""The command `import`: entries of the map from what people have."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.cli.run import DATA, DONE, JsonOption, app, err, out, patch
from comity.intake.sources.reading import Options, Source, read_source

if TYPE_CHECKING:
    from comity.intake.merge import Merged
    from comity.intake.standing import Standing


SourceArgument = Annotated[Source, typer.Argument(help="What it is.", show_default=False)]
PathArgument = Annotated[Path, typer.Argument(help="A file or a folder.", readable=False, show_default=False)]
MapOption = Annotated[Path, typer.Option("--map", help="The map; a new one is begun.", metavar="FILE", readable=False)]
IntoOption = Annotated[
    Path | None,
    typer.Option(
        "--into", help="The file of the map that takes new entries.", metavar="FILE", readable=False, show_default="map"
    ),
]
OwnerOption = Annotated[
    str, typer.Option("--owner", help="Whose systems they are: an entity of the map; of a new map its name.")
]
CountryOption = Annotated[str, typer.Option("--country", help="Where the owner of a new map acts from.")]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", help="Which column of a table is which, as `Head=country`.", metavar="HEAD=COLUMN"),
]
SheetOption = Annotated[str, typer.Option("--sheet", help="The sheet of an Excel file.")]
EncodingOption = Annotated[str, typer.Option("--encoding", help="Of a CSV file.", show_default="found out")]
PlaceOption = Annotated[
    list[str] | None,
    typer.Option("--place", help="Where a database stands of which the source does not say it.", metavar="NAME=PLACE"),
]
EachOption = Annotated[bool, typer.Option("--each", help="Of dbt: each model is a system of its own.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")]


@app.command("import", rich_help_panel=DATA)
def import_(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    source: SourceArgument,
    path: PathArgument,
    map_file: MapOption = Path("comity.yaml"),
    into: IntoOption = None,
    owner: OwnerOption = "",
    country: CountryOption = "",
    column: ColumnOption = None,
    sheet: SheetOption = "",
    encoding: EncodingOption = "",
    place: PlaceOption = None,
    each: EachOption = False,
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> int:
    """Make entries of the map from what there is: Terraform, tables of vendors or processing, lineage, manifests.

    Reads files only. What a source does not say stays unknown. A second import of the same source changes what the
    source changed; what a person wrote in the map stays, comments included, and is told where the source differs.

    [bold]terraform show -json > state.json; comity import terraform state.json --owner "Harbour B.V."[/bold]
    [bold]comity import vendors vendors.xlsx --into vendors.yaml[/bold]
    """
    from comity.intake.merge import merge
    from comity.intake.standing import read_standing
    from comity.library import load, load_map
    from comity.report.imports import import_to_json, import_to_text
    from comity.report.json import dumps

    program = load()
    shown = _shown(path, map_file)
    standing = read_standing(map_file, source=f"{source.value} {shown}", into=into, owner=owner, country=country)
    found = read_source(
        source,
        path,
        shown=shown,
        owner=standing.owner,
        vocabulary=program.vocabulary,
        options=Options(
            columns=_pairs(column, "--column"),
            sheet=sheet,
            encoding=encoding,
            places=_pairs(place, "--place"),
            each=each,
            owner_name=standing.owner_name,
        ),
    )
    merged = merge(standing.here, standing.into, found, standing.memory, owner=standing.owner)
    # Nothing is written that would not be read again.
    texts = {**standing.here.texts, **merged.texts}
    load_map(map_file, program, day=dt.datetime.now(dt.UTC).date(), texts=texts)
    if dry_run and not as_json:
        out(_diff(standing, merged))
    if not dry_run:
        _write(standing, merged)
    out(dumps(import_to_json(found, merged)) if as_json else import_to_text(found, merged))
    return DONE


def _shown(path: Path, map_file: Path) -> str:
    """A source by its path from the folder of the map, or by its name alone: the same wherever the command is given."""
    real, root = path.resolve(), map_file.resolve().parent
    return real.relative_to(root).as_posix() if real.is_relative_to(root) else real.name


def _pairs(told: list[str] | None, option: str) -> dict[str, str]:
    found = {}
    for text in told or []:
        name, sign, value = text.rpartition("=")
        if not sign or not name.strip() or not value.strip():
            raise typer.BadParameter(f"{option} takes NAME=VALUE, not `{text}`")
        found[name.strip()] = value.strip()
    return found


def _diff(standing: Standing, merged: Merged) -> str:
    """What would be written, as a patch."""
    olds = {path: path.read_text(encoding="utf-8-sig") if path.exists() else "" for path in _texts(standing, merged)}
    return "\n".join(patch(path.name, olds[path], text) for path, text in _texts(standing, merged).items())


def _texts(standing: Standing, merged: Merged) -> dict[Path, str]:
    """What is written, by file."""
    return {**standing.fresh, **merged.texts}


def _write(standing: Standing, merged: Merged) -> None:
    """Write the files that change, the memory last."""
    from comity.intake.append import write_whole
    from comity.intake.merge import MEMORY, memory_text

    for path, text in _texts(standing, merged).items():
        write_whole(path, text, like=path.read_bytes() if path.exists() else b"")
        err(f"wrote {path.name}")
    write_whole(standing.main.parent / MEMORY, memory_text(merged.memory), like=b"")
