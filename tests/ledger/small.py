"""A small map under real packs, decided on some day, for the lock."""

import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path

from comity.case import Map
from comity.decide.check import Check, check
from comity.decide.fast import compile_program
from comity.library import load, load_map
from comity.pack.program import Program

DAY = dt.date(2026, 11, 25)
MAP = """
comity: 1
name: Small
entities:
- {id: shop, country: NL, role: controller, establishments: [NL]}
- {id: london, country: GB, role: processor}
- {id: ohio, country: US-OH, role: processor, lists: [{list: dpf, from: 2024-01-01, until: 2027-02-10, hr: true}]}
- {id: broker, country: US-TX, role: controller, owners: {US: 100}}
- {id: wuhan, country: CN, role: controller}
people:
- {id: customers, of: shop, window: held, counted: 2026-11-01, count: {NL: 50}}
- {id: riders, of: broker, window: 12-months, counted: 2026-11-01, count: {US: 50}, devices: {US: 900}}
- {id: others, of: broker, window: 12-months, counted: 2026-11-01, count: {US: 50}, devices: {US: 900},
   apart_from: [riders]}
systems:
- {id: db, place: NL, run_by: shop, holds: [{people: customers, data: {only: [contact]}}]}
- {id: trips, place: US-TX, run_by: broker, holds: [{people: riders, data: {only: [precise-location]}}]}
flows:
- {id: to-london, from: db, to: london, deal: vendor}
- {id: to-ohio, from: db, to: ohio, deal: vendor}
- {id: trips-to-wuhan, from: trips, to: wuhan, deal: vendor}
"""


@functools.cache
def program() -> Program:
    return load("eu/personal-data", "us/sensitive-data")


def later_of(folder: Path, law: Program | None = None) -> Callable[[dt.date], Map]:
    """Reads the map of a folder as of a day."""
    return lambda day: load_map(folder / "comity.yaml", law or program(), day=day)


def checked(folder: Path, text: str = MAP, *, day: dt.date = DAY, law: Program | None = None) -> Check:
    """Writes a map and decides it."""
    (folder / "comity.yaml").write_text(text, encoding="utf-8")
    used = law or program()
    return check(used, later_of(folder, used)(day), find=compile_program(used, few=True).find)
