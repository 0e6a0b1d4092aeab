"""The command `common`: what the laws of several parties have in common."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from comity.cli.run import (
    DONE,
    LAW,
    UNDECIDED,
    DayOption,
    JsonOption,
    PacksOption,
    SecondsOption,
    app,
    load_selected,
    out,
    progress_bar,
)
from comity.errors import ComityError

PartiesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="Codes of parties, such as EU JP, or of groups of places, such as ASEAN; none: all.", show_default=False
    ),
]
AboutOption = Annotated[
    str | None,
    typer.Option(
        "--about",
        metavar="KIND",
        help="Kind of flow: transfer, collection, storage, access-request.",
        show_default="transfer",
    ),
]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="CATEGORIES", help="The kinds of data, with commas between.", show_default="contact"
    ),
]
PersonsOption = Annotated[int, typer.Option("--persons", min=0, help="What every count of persons is taken to be.")]
GivenOption = Annotated[
    Path | None,
    typer.Option("--given", metavar="CASE", help="A case whose facts and measures hold in every pair.", readable=False),
]


@app.command(rich_help_panel=LAW)
def common(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    parties: PartiesArgument = None,
    about: AboutOption = None,
    data: DataOption = None,
    persons: PersonsOption = 1000,
    given: GivenOption = None,
    day: DayOption = None,
    packs_dir: PacksOption = None,
    seconds: SecondsOption = 5.0,
    as_json: JsonOption = False,
) -> int:
    """Find the common ground: the smallest sets of measures with which a kind of flow is allowed among all parties.

    Where there is none: who falls out, and the largest sets of parties that share one. Which clauses say the same.

    [bold]comity common EU JP BR SG --data health[/bold]
    """
    from comity.decide.alike import find_alike
    from comity.decide.between import choose, template
    from comity.decide.ground import find_ground, of_parties
    from comity.decide.solve import require_solver
    from comity.library import load_case
    from comity.report.ground import ground_to_json, ground_to_text
    from comity.report.json import dumps

    require_solver("common")
    program, _ = load_selected(None, packs_dir)
    case = load_case(given, program) if given else None
    if case is not None and about is not None and about != case.kind:
        raise ComityError(f"`{given}` is a case of `{case.kind}`, and `--about` says `{about}`; leave out one of them")
    kind = about or (case.kind if case is not None else "transfer")
    asked = day or (case.day if case is not None else dt.datetime.now(dt.UTC).date())
    categories = [part.strip() for part in data.split(",")] if data is not None else None
    chosen, without = choose(program, asked, parties or ())
    flow = template(program, kind, asked, data=categories, persons=persons, given=case)
    with progress_bar() as step:
        ground = find_ground(program, flow, chosen, seconds=seconds, progress=step)
    of_data = [flow.categories] if flow.categories else []
    likeness = find_alike(program, of_parties(ground, program), kind, asked, data=of_data, seconds=seconds)
    if as_json:
        out(dumps(ground_to_json(ground, program, likeness, without)))
    else:
        out(ground_to_text(ground, program, likeness, without))
    return UNDECIDED if ground.not_settled or likeness.n_open else DONE
