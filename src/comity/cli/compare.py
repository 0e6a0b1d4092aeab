"""The commands that hold laws against each other: compare, contradict."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.cli.run import (
    DONE,
    LAW,
    PROBLEMS,
    UNDECIDED,
    DayOption,
    JsonOption,
    PacksOption,
    SecondsOption,
    app,
    err,
    load_selected,
    out,
    progress_bar,
    to_day,
)
from comity.errors import ComityError, InputError

if TYPE_CHECKING:
    from comity.decide.compare import Side
    from comity.pack.program import Program

_REVIEW_EXAMPLES = 5  # in each direction: a draft is read clause by clause
DaysOption = Annotated[
    list[dt.date] | None,
    typer.Option("--day", parser=to_day, metavar="DAY", help="The day of the law; given twice: two days of a pack."),
]
AgainstOption = Annotated[
    str | None,
    typer.Option("--against", metavar="REV", help="Review: how the packs differ from this git revision of them."),
]
ExamplesOption = Annotated[
    int | None, typer.Option("--examples", min=1, help="Examples in each direction, each for other clauses.")
]


@app.command(rich_help_panel=LAW)
def compare(
    packs: Annotated[
        list[str] | None, typer.Argument(help="Two packs; or one, with two --day or with --against.", metavar="PACK")
    ] = None,
    day: DaysOption = None,
    against: AgainstOption = None,
    packs_dir: PacksOption = None,
    examples: ExamplesOption = None,
    seconds: SecondsOption = 10.0,
    as_json: JsonOption = False,
) -> int:
    """Compare two packs, two days of one, or a draft with what was before: equal, stricter, looser or different.

    Shows the smallest case for each direction, and the clauses that make the difference.

    [bold]comity compare eu/personal-data cn/outbound-data[/bold]
    [bold]comity compare ru/personal-data --day 2025-01-01 --day 2026-11-25[/bold]
    [bold]comity compare --against main[/bold]
    """
    from comity.decide.compare import compare as hold
    from comity.decide.solve import require_solver
    from comity.pack.ship import packs_root
    from comity.report.compare import comparisons_to_json, comparisons_to_text
    from comity.report.json import dumps

    require_solver("compare")
    named, days = packs or [], day or [dt.datetime.now(dt.UTC).date()]
    is_pair = len(named) == len(("first", "second")) and len(days) == 1
    is_two_days = len(named) == 1 and len(days) == len(("earlier", "later"))
    is_review = bool(against) and len(named) <= 1 and len(days) == 1
    if not (is_review if against else is_pair or is_two_days):
        raise typer.BadParameter("name two packs, or one pack with two --day, or --against a revision")
    program, _ = load_selected(named, packs_dir)
    problems: list[InputError] = []
    if against:
        pairs = _drafts(program, named, packs_dir or packs_root(), against, days[0], problems)
    else:
        pairs = [_sides(program, named, days)]
    n = examples or (_REVIEW_EXAMPLES if is_review else 1)
    found = []
    with progress_bar() as step:
        for number, (first, second) in enumerate(pairs):
            step(number, len(pairs))
            found.append(
                hold(program.vocabulary, first, second, is_versions=not is_pair, n_examples=n, seconds=seconds)
            )
    if as_json:
        out(dumps(comparisons_to_json(found, program.vocabulary)))
    elif found:
        out(comparisons_to_text(found, program.vocabulary))
    elif not problems:
        out(f"no pack differs from `{against}`")
    if problems:
        err("\n\n".join(map(str, problems)))
    return PROBLEMS if problems else UNDECIDED if any(c.is_open for c in found) else DONE


def _sides(program: Program, named: list[str], days: list[dt.date]) -> tuple[Side, Side]:
    """Two packs on one day, or one pack on two days, the earlier one first."""
    from comity.decide.compare import Side

    if len(days) == 1:
        first, second = (Side(name, program.pack[name], days[0]) for name in named)
    else:
        pack = program.pack[named[0]]
        first, second = (Side(f"{pack.id} on {day}", pack, day) for day in sorted(days))
    return first, second


def _drafts(
    program: Program, named: list[str], root: Path, revision: str, day: dt.date, problems: list[InputError]
) -> list[tuple[Side, Side]]:
    """Each pack that differs from what it was at a revision, as it was and as it is."""
    from comity.decide.compare import Side, nothing
    from comity.pack.revision import files_at, files_now, read_files

    before, now = files_at(root, revision), files_now(root)
    found = []
    for id_ in named or sorted(before.keys() | now.keys()):
        if before.get(id_) == now.get(id_):
            continue
        try:
            old = read_files(id_, before[id_], program.vocabulary, revision) if id_ in before else None
        except InputError as error:
            problems.append(error)
            continue
        new = program.pack.get(id_)
        some = new or old
        if some is not None:
            sides = (f"{id_} at {revision}", old or nothing(some)), (f"{id_} now", new or nothing(some))
            found.append((Side(*sides[0], day), Side(*sides[1], day)))
    return found


@app.command(rich_help_panel=LAW)
def contradict(
    parties: Annotated[
        list[str] | None,
        typer.Argument(help="Codes of parties, such as `eu us`; none: all.", show_default=False),
    ] = None,
    day: DayOption = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Show each pair of clauses; so too where parties are named.")
    ] = False,
    packs_dir: PacksOption = None,
    seconds: SecondsOption = 10.0,
    as_json: JsonOption = False,
) -> int:
    """Find where laws contradict each other: to obey the one breaks the other.

    One orders what the other forbids, or both want data kept at home and no place satisfies both. One smallest example
    for each pair of clauses, as a matrix of parties.

    [bold]comity contradict eu us[/bold]
    """
    from comity.decide.clash import clashes, party_of
    from comity.decide.solve import require_solver
    from comity.errors import did_you_mean
    from comity.report.clash import clashes_to_json, clashes_to_text
    from comity.report.json import dumps

    require_solver("contradict")
    program, _ = load_selected(None, packs_dir)
    known = list(dict.fromkeys(party_of(p) for p in program.packs))
    asked = [party.lower() for party in parties or ()]
    unknown = [party for party in asked if party not in known]
    if unknown:
        help_ = did_you_mean(unknown[0], known) or f"known: {', '.join(known)}"
        raise ComityError(f"no pack is of a party `{unknown[0]}`; {help_}")
    with progress_bar() as step:
        found = clashes(
            program,
            day or dt.datetime.now(dt.UTC).date(),
            parties=asked,
            seconds=seconds,
            n_processes=os.cpu_count() or 1,
            progress=step,
        )
    if as_json:
        out(dumps(clashes_to_json(found, program.vocabulary)))
    else:
        out(clashes_to_text(found, program.vocabulary, pairs=pairs or bool(asked)))
    return UNDECIDED if found.open or found.stale else DONE
