"""The command `conform`: how far a law keeps to a common text, or to another law."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from comity.cli.run import (
    DONE,
    LAW,
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

if TYPE_CHECKING:
    from comity.pack.program import Pack, Program


@app.command(rich_help_panel=LAW)
def conform(
    law: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PACK...",
            help="Packs that are the law together, or a party for all its packs: ru/personal-data, or ru.",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        str, typer.Option("--to", metavar="PACK", help="The common text, or another law.")
    ] = "gids/commitments",
    every: Annotated[bool, typer.Option("--all", help="Every party's law, in a table.")] = False,
    day: DayOption = None,
    seconds: SecondsOption = 10.0,
    packs_dir: PacksOption = None,
    as_json: JsonOption = False,
) -> int:
    """Hold a law against a common text: what it keeps in every case, what it breaks, each with the smallest case.

    What no rule can show is listed as not decidable, what was not settled in time as open.

    [bold]comity conform ru --to gids/commitments[/bold]
    """
    from comity.decide.conform import conform as hold
    from comity.decide.solve import require_solver
    from comity.report.conform import (
        conformities_to_json,
        conformities_to_text,
        conformity_to_json,
        conformity_to_text,
    )
    from comity.report.json import dumps

    require_solver("conform")
    if bool(law) is every:
        raise ComityError("name a pack or a party, or `--all`" if not every else "`--all` takes no pack")
    program, _ = load_selected(None, packs_dir)
    if to not in program.pack:
        raise ComityError(f"no pack `{to}`; known: {', '.join(program.pack)}")
    target, vocabulary = program.pack[to], program.vocabulary
    asked = day or dt.datetime.now(dt.UTC).date()
    laws = _parties(program, to) if every else [_packs(program, law or [], to)]
    found = []
    with progress_bar() as step:
        for number, each in enumerate(laws, 1):
            found.append(hold(vocabulary, each, target, asked, seconds=seconds))
            step(number, len(laws))
    if as_json:
        shape = conformities_to_json(found, vocabulary) if every else conformity_to_json(found[0], vocabulary)
        out(dumps(shape))
    else:
        out(conformities_to_text(found) if every else conformity_to_text(found[0], vocabulary))
    return DONE


def _parties(program: Program, to: str) -> list[tuple[Pack, ...]]:
    """The packs of law of each party, but for the text itself."""
    found: dict[str, list[Pack]] = {}
    for pack in program.packs:
        if pack.binding == "law" and pack.id != to:
            found.setdefault(pack.party, []).append(pack)
    return [tuple(packs) for packs in found.values()]


def _packs(program: Program, names: list[str], to: str) -> tuple[Pack, ...]:
    """The packs that were named, by their ids or by a party."""
    found: dict[str, Pack] = {}
    for name in names:
        of_party = [p for p in program.packs if name.lower() == p.id.split("/", maxsplit=1)[0]]
        named = [program.pack[name]] if name in program.pack else of_party
        if not named:
            raise ComityError(f"no pack or party `{name}`; known: {', '.join(program.pack)}")
        found |= {pack.id: pack for pack in named if pack.id != to}
    if not found:
        raise ComityError(f"`{to}` is held against itself; name another pack")
    return tuple(found.values())
