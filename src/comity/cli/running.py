"""The commands about Comity itself: schema, version."""

from __future__ import annotations

from typing import Annotated

import typer

from comity.cli.run import DONE, RUNNING, app, load_selected, out
from comity.errors import ComityError


@app.command(rich_help_panel=RUNNING)
def schema(name: Annotated[str, typer.Argument(help="map, case, decision or check.")] = "map") -> int:
    """Print a JSON Schema: `map` and `case` let an editor complete YAML, `decision` and `check` describe output."""
    from comity.report.json import dumps
    from comity.report.schemas import schemas

    program, _ = load_selected(None, None)
    known = schemas(program)
    if name not in known:
        raise ComityError(f"no schema `{name}`; known: {', '.join(known)}")
    out(dumps(known[name]))
    return DONE


@app.command(rich_help_panel=RUNNING)
def version() -> int:
    """Print the version, and the digest of the law in force in it."""
    from comity.version import __version__

    program, _ = load_selected(None, None)
    out(f"comity {__version__}, {len(program.packs)} packs, program {program.digest[:16]}")
    return DONE


def _version(wanted: bool) -> None:
    if wanted:
        raise typer.Exit(version())


@app.callback()
def _options(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="What `comity version` prints.")
    ] = False,
) -> None:
    """The options of the program itself; what they do is done by then."""
