"""The command `remedy`: the least that would make entries of a map lawful."""

from __future__ import annotations

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
    checked,
    out,
    progress_bar,
    remedies_of,
    require_entry,
)


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
    from comity.decide.plan import plan
    from comity.decide.solve import require_solver
    from comity.report.json import dumps
    from comity.report.remedy import remedies_to_json, remedies_to_text

    require_solver("remedy")
    found = checked(map_file, day, pack, packs_dir)
    if flow:
        require_entry((f.flow.id for f in found.flows), flow)
    search = remedies_of(found, map_file)
    wanting = [f for f in search.wanting if flow in ("", f.flow.id)]
    remedies = []
    with progress_bar() as step:
        for number, each in enumerate(wanting, 1):
            remedies.append(search.remedy(each))
            step(number, len(wanting))
    joint = None if flow else plan(search)
    if as_json:
        out(dumps(remedies_to_json(found.map.name, found.map.day.isoformat(), tuple(remedies), joint)))
    else:
        out(remedies_to_text(found.map.name, tuple(remedies), joint))
    return DONE
