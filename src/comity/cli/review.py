"""What a change of the map does, for a comment in review: `comity check --diff`."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.cli.run import FailOn, decided, exit_code, out
from comity.errors import ComityError, InputError
from comity.intake.sources.reading import Options, Source, read_source

if TYPE_CHECKING:
    from comity.decide.check import Check
    from comity.decide.review import Changed
    from comity.pack.program import Program

DiffOption = Annotated[
    str | None,
    typer.Option("--diff", metavar="REV", help="Print as Markdown what changed since this git revision, for a review."),
]
ImportsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--import", metavar="SOURCE=PATH", help="With --diff: import this on both sides first, such as terraform=infra."
    ),
]
ENDINGS = (".yaml", ".yml", ".json", ".tf", ".tfvars")  # what a map and its imports are made of


@dataclasses.dataclass(frozen=True)
class Review:
    """A map held against what it was.

    Attributes:
        changed: the entries that differ.
        before, after: the map on both sides.
        base: the revision, as it was named.
    """

    changed: tuple[Changed, ...]
    before: Check
    after: Check
    base: str


def review_map(
    program: Program,
    map_file: Path,
    base: str,
    *,
    imports: Iterable[tuple[Source, Path]],
    day: dt.date,
    left_out: tuple[str, ...] = (),
) -> Review:
    """Decide a map as it is and as it was at a revision, both by the same law of one day.

    Args:
        program: the packs.
        map_file: the map, inside a git repository.
        base: the revision, as git names it.
        imports: sources that are imported on both sides before the maps are compared, such as a folder of Terraform.
        day: of the law.
        left_out: packs that were not asked.
    """
    import tempfile

    from comity.decide.review import review
    from comity.pack.revision import tree_at

    root = map_file.resolve().parent
    inside = tuple((source, _inside(path, root)) for source, path in imports)
    after = _checked(program, map_file, inside, day, left_out)
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder).resolve()
        for name, content in tree_at(root, base, ENDINGS, "--diff").items():
            path = there / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if not (there / map_file.name).exists():
            raise ComityError(f"there was no `{map_file.name}` at the revision `{base}`")
        try:
            before = _checked(program, there / map_file.name, inside, day, left_out)
        except InputError as error:
            raise InputError(
                dataclasses.replace(p, span=dataclasses.replace(p.span, file=_shown(p.span.file, there, base)))
                for p in error.problems
            ) from None
    return Review(review(before, after), before, after, base)


def tell_review(found: Review, fail_on: FailOn, *, as_json: bool) -> int:
    """Print a review, as Markdown or as `review/1`; what is newly not allowed fails as `fail_on` has it."""
    from comity.report.json import dumps
    from comity.report.review import review_to_json, review_to_markdown

    told = found.changed, found.before, found.after, found.base
    out(dumps(review_to_json(*told)) if as_json else review_to_markdown(*told))
    worse = {each.after.verdict for each in found.changed if each.is_worse and each.after is not None}
    return exit_code(worse, FailOn.conditional if fail_on is FailOn.worse else fail_on)


def sources_of(told: Iterable[str]) -> Iterator[tuple[Source, Path]]:
    """What `--import` names, as sources and paths.

    Raises:
        BadParameter: one is not written as `SOURCE=PATH`, or of no source that is known.
    """
    for text in told:
        source, _, path = text.partition("=")
        if not path or source not in list(Source):
            raise typer.BadParameter(f"--import takes SOURCE=PATH, not `{text}`; sources: {', '.join(Source)}")
        yield Source(source), Path(path)


def _shown(file: str, there: Path, base: str) -> str:
    path = Path(file)
    return f"{base}:{path.relative_to(there)}" if path.is_relative_to(there) else file


def _inside(path: Path, root: Path) -> Path:
    """A source by its path from the folder of the map."""
    real = path.resolve()
    if not real.is_relative_to(root):
        raise ComityError(f"`{path}` lies outside the folder of the map; `--diff` knows of that folder how it stood")
    return real.relative_to(root)


def _checked(
    program: Program, map_file: Path, imports: tuple[tuple[Source, Path], ...], day: dt.date, left_out: tuple[str, ...]
) -> Check:
    """A map with its sources imported, decided; nothing is written."""
    from comity.library import load_map

    texts: Mapping[Path, str] = {}
    for source, path in imports:
        texts = _imported(program, map_file, source, path, texts)
    return decided(program, load_map(map_file, program, day=day, texts=texts), left_out)


def _imported(
    program: Program, map_file: Path, source: Source, path: Path, texts: Mapping[Path, str]
) -> Mapping[Path, str]:
    from comity.intake.merge import merge
    from comity.intake.standing import read_standing

    where = map_file.resolve().parent
    if not (where / path).exists():
        return texts  # there was none at that revision
    standing = read_standing(map_file, source=f"{source} {path.as_posix()}", given=texts)
    shown, vocabulary = path.as_posix(), program.vocabulary
    named = Options(owner_name=standing.owner_name)
    found = read_source(source, where / path, shown=shown, owner=standing.owner, vocabulary=vocabulary, options=named)
    merged = merge(standing.here, standing.into, found, standing.memory, owner=standing.owner)
    return {**standing.here.texts, **merged.texts}
