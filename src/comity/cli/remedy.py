"""The command `remedy`: the least that would make entries of a map lawful."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Annotated

import typer

from comity.cli.run import (
    DATA,
    DONE,
    DayOption,
    JsonOption,
    MapArgument,
    PackOption,
    PacksOption,
    app,
    load_selected,
    out,
    progress_bar,
)
from comity.errors import ComityError


@app.command(rich_help_panel=DATA)
def remedy(
    map_file: MapArgument,
    flow: Annotated[
        str, typer.Argument(help="Id of one entry; none: all that are not allowed, and a joint plan.")
    ] = "",
    day: DayOption = None,
    pack: PackOption = None,
    packs_dir: PacksOption = None,
    as_json: JsonOption = False,
) -> int:
    """Find the least that would make each entry lawful everywhere it touches: up to five ways, and one joint plan.

    Only what the vocabulary marks as changeable is changed; nothing is split to fall below a threshold.

    [bold]comity remedy comity.yaml newsletter[/bold]
    """
    from comity.decide.check import check
    from comity.decide.fast import compile_program
    from comity.decide.plan import plan
    from comity.decide.remedy import Remedies
    from comity.decide.solve import require_solver
    from comity.errors import did_you_mean
    from comity.library import load_map
    from comity.report.json import dumps
    from comity.report.remedy import remedies_to_json, remedies_to_text

    require_solver("remedy")
    program, _ = load_selected(pack, packs_dir)
    asked = day or dt.datetime.now(dt.UTC).date()
    read = load_map(map_file, program, day=asked, routes=True)
    ids = [each.id for each in read.flows]
    if flow and flow not in ids:
        raise ComityError(f"the map has no entry `{flow}`; {did_you_mean(flow, ids) or 'known: ' + ', '.join(ids)}")

    @functools.cache
    def later(on: dt.date):  # type: ignore[no-untyped-def]  # a map; its type would be imported for this line alone
        return load_map(map_file, program, day=on)

    found = check(program, read, find=compile_program(program, few=True).find)
    search = Remedies(program, read, found.flows, later=later)
    wanting = [f for f in search.wanting if flow in ("", f.flow.id)]
    remedies = []
    with progress_bar() as step:
        for number, each in enumerate(wanting, 1):
            remedies.append(search.remedy(each))
            step(number, len(wanting))
    joint = None if flow else plan(search)
    if as_json:
        out(dumps(remedies_to_json(read.name, asked.isoformat(), tuple(remedies), joint)))
    else:
        out(remedies_to_text(read.name, tuple(remedies), joint))
    return DONE
