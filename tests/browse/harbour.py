"""The example map decided once, as the view starts from it, and small maps to write."""

import dataclasses
import datetime as dt
import functools
from pathlib import Path

from comity.browse.whatif import Ground
from comity.case import Map
from comity.decide.check import FlowDecision, check
from comity.decide.fast import compile_program
from comity.decide.totals import totals_of
from comity.library import load, load_map
from comity.pack.program import Program

ROOT = Path(__file__).parent.parent.parent
HARBOUR = ROOT / "examples" / "harbour" / "comity.yaml"
DAY = dt.date(2026, 11, 24)


@functools.cache
def program() -> Program:
    """All packs."""
    return load()


@functools.cache
def ground() -> Ground:
    """The example as of the day for which it says what comes out."""
    return ground_of(HARBOUR)


def ground_of(path: Path) -> Ground:
    """A map as the view starts from it."""

    def on_day(day: dt.date) -> Map:
        return load_map(path, program(), day=day)

    find = compile_program(program(), few=True).find
    return Ground(check(program(), load_map(path, program(), day=DAY), find=find), find, functools.cache(on_day))


def entry(id_: str) -> FlowDecision:
    """An entry of the example as it is."""
    return next(found for found in ground().check.flows if found.flow.id == id_)


def decided_with(text: str, id_: str) -> FlowDecision:
    """An entry of the example where its main file says something else; nothing is written."""
    map_ = load_map(HARBOUR, program(), day=DAY, texts={HARBOUR.resolve(): text})
    flow = totals_of(program(), map_, next(flow for flow in map_.flows if flow.id == id_))
    return check(program(), dataclasses.replace(map_, flows=(flow,)), find=ground().find).flows[0]
