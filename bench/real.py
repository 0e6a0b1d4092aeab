"""The real packs, and the cases of the example map, each time anew."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

from comity.case import Case
from comity.decide.totals import with_totals
from comity.facts import read_vocabulary
from comity.intake.map import read_map
from comity.pack.link import link
from comity.pack.program import Program
from comity.pack.read import read_pack
from comity.pack.ship import pack_folders

ROOT = Path(__file__).resolve().parent.parent
PACKS = ROOT / "packs"
MAP = ROOT / "examples" / "harbour" / "comity.yaml"
DAY = dt.date(2026, 11, 24)


FIVE = ("cn/outbound-data", "eu/personal-data", "gids/commitments", "ru/personal-data", "us/sensitive-data")


def real_program() -> Program:
    """All packs."""
    vocabulary = read_vocabulary()
    return link(vocabulary, [read_pack(folder, vocabulary) for folder in pack_folders(PACKS)])


def example_cases(program: Program) -> list[Case]:
    """The case of each entry of the example."""
    flows = with_totals(program, read_map(MAP, program.vocabulary, day=DAY))
    return [case for flow in flows for case in flow.cases]


def fresh(cases: list[Case], n: int, first: int) -> list[Case]:
    """`n` cases in turn, each an object of its own with values of its own."""
    return [
        dataclasses.replace(
            case,
            id=f"{case.id}-{number}",
            facts=dict(case.facts),
            measures=dict(case.measures),
            totals=dict(case.totals),
        )
        for number in range(first, first + n)
        for case in (cases[number % len(cases)],)
    ]
