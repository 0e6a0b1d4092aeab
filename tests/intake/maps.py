"""Maps for tests: short texts to `Map`, and all files of the folders `good` and `bad`."""

import datetime as dt
from functools import cache
from pathlib import Path

from comity.case import Case, Flow, Map
from comity.facts import Vocabulary, read_vocabulary
from comity.intake.map import read_map

HERE = Path(__file__).parent
DAY = dt.date(2026, 11, 24)

# Two entities, one set of people, one system. Tests add what they are about.
BASE = """\
comity: 1
name: Test
entities:
- {id: acme, country: NL}
- {id: vendor, country: US}
people:
- {id: customers, of: acme, window: held, count: {NL: 100}}
systems:
- {id: shop, place: NL, run_by: acme, holds: [{people: customers, data: [contact]}]}
"""


@cache
def vocabulary() -> Vocabulary:
    return read_vocabulary()


def map_of(folder: Path, text: str, *, day: dt.date = DAY) -> Map:
    """Reads a map from a text."""
    path = folder / "comity.yaml"
    path.write_text(text, encoding="utf-8")
    return read_map(path, vocabulary(), day=day)


def flow_of(folder: Path, text: str, *, day: dt.date = DAY) -> Flow:
    """Reads a map whose last entry is the one in question."""
    return map_of(folder, text, day=day).flows[-1]


def case_of(folder: Path, text: str, *, day: dt.date = DAY) -> Case:
    """Reads a map whose last entry has one case."""
    (case,) = flow_of(folder, text, day=day).cases
    return case


def files_in(kind: str) -> dict[str, Path]:
    """The main files of `good` or `bad` by name: single files, and folders with a `comity.yaml`."""
    folder = HERE / kind
    found = {path.stem: path for path in folder.glob("*.yaml")}
    return dict(sorted((found | {path.parent.name: path for path in folder.glob("*/comity.yaml")}).items()))
