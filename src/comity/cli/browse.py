"""The command `browse`: a map in the terminal, with its reasons and what would be if something were otherwise."""

from __future__ import annotations

import datetime as dt
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from comity.cli.run import DATA, DONE, DayOption, MapArgument, PackOption, PacksOption, app, checked
from comity.errors import ComityError, MissingExtraError

if TYPE_CHECKING:
    from comity.browse.whatif import Ground
    from comity.case import Map


@app.command(rich_help_panel=DATA)
def browse(map_file: MapArgument, day: DayOption = None, pack: PackOption = None, packs_dir: PacksOption = None) -> int:
    """Look through a map in the terminal: entries, reasons, and what if something were otherwise.

    Change a fact, a measure or the day of an entry and see its verdict change beside the real one. Nothing is written.

    [bold]comity browse comity.yaml[/bold]
    """
    try:
        from comity.browse.app import Browser
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "textual":
            raise
        raise MissingExtraError("browse", "browse") from None
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ComityError("`browse` needs a terminal; `comity check` prints the same for a pipe")
    Browser(ground(map_file, day, pack, packs_dir)).run()
    return DONE


def ground(map_file: Path, day: dt.date | None, pack: list[str] | None, packs_dir: Path | None) -> Ground:
    """What the view starts from: the map decided, and the way to read it as of another day."""
    from comity.browse.whatif import Ground
    from comity.decide.fast import compile_program
    from comity.library import load_map

    found = checked(map_file, day, pack, packs_dir)

    def on_day(other: dt.date) -> Map:
        return load_map(map_file, found.program, day=other)

    return Ground(found, compile_program(found.program, few=True).find, functools.lru_cache(maxsize=8)(on_day))
