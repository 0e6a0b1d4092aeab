"""What `check --until DAY` does: tells what changes by a day, and writes it as a calendar."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.cli.lock import later_of
from comity.cli.run import FEW, FailOn, exit_code, out, progress_bar, to_day, write_file

if TYPE_CHECKING:
    from comity.decide.check import Check
    from comity.decide.part import Finder
    from comity.decide.until import Until
    from comity.pack.program import Program

ENTRY_DAYS = 100_000  # entries by days that are read and compared: some minutes on a large map
MIN_DAYS = 20
UntilOption = Annotated[
    dt.date | None,
    typer.Option(
        "--until",
        parser=to_day,
        metavar="DAY",
        help="Tell instead what changes by a day, flow by flow: adopted law, adequacy, measures, opinions that end.",
        show_default=False,
    ),
]
IcsOption = Annotated[
    Path | None, typer.Option("--ics", help="With --until: write the changes as a calendar too.", metavar="FILE")
]


def require_until(until: dt.date | None, ics: Path | None, day: dt.date | None, *, others: bool) -> None:
    """See to it that the options go together.

    Raises:
        BadParameter: they do not.
    """
    if until is None:
        if ics is not None:
            raise typer.BadParameter("--ics goes with --until DAY")
        return
    if others:
        raise typer.BadParameter("--until goes with --json and --ics, not with another form of the check or a lock")
    if until <= (day or dt.datetime.now(dt.UTC).date()):
        raise typer.BadParameter(f"`{until}` is not after the day of the check")


def tell_until(found: Check, map_file: Path, until: dt.date, ics: Path | None, *, as_json: bool) -> Until:
    """Find, print and write what changes until a day."""
    from comity.decide.fast import compile_program
    from comity.decide.until import MAX_DAYS, changes_until, terms
    from comity.intake.days import days_in_map
    from comity.report.json import dumps
    from comity.report.until import until_to_ics, until_to_json, until_to_text

    def finder(program: Program) -> Finder:
        return compile_program(program, few=len(found.flows) < FEW).find

    days = days_in_map(found.map.files, found.map.day, until, terms=terms(found.program))
    max_days = max(MIN_DAYS, min(MAX_DAYS, ENTRY_DAYS // max(1, len(found.flows))))
    with progress_bar() as step:
        told = changes_until(
            found, until, later_of(found, map_file), days, finder=finder, max_days=max_days, progress=step
        )
    vocabulary = found.program.vocabulary
    if ics is not None:
        write_file(ics, until_to_ics(vocabulary, told))
    out(dumps(until_to_json(vocabulary, told)) if as_json else until_to_text(vocabulary, told))
    return told


def until_code(told: Until) -> int:
    """The exit code of what gets worse by a day."""
    return exit_code({c.after.verdict for c in told.changes if c.is_worse}, FailOn.conditional)
