"""What an import found as a map, so that tests see whether it can be read and what the law says of it."""

import datetime as dt
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from comity.case import Map
from comity.decide.check import Check, check
from comity.facts import Vocabulary, read_vocabulary
from comity.intake.found import Found, Item, Told
from comity.intake.map import read_map
from comity.library import load
from comity.pack.program import Program

DAY = dt.date(2026, 11, 25)
OWNER = "acme"


@cache
def vocabulary() -> Vocabulary:
    return read_vocabulary()


@cache
def program(*packs: str) -> Program:
    return load(*packs)


def plain(told: Told) -> Any:
    """A value as JSON has it."""
    if isinstance(told, Mapping):
        return {key: plain(value) for key, value in told.items()}
    return [plain(value) for value in told] if isinstance(told, tuple) else told


def laid_out(found: Found, *, country: str = "NL") -> str:
    """A map of the owner's entity and all that was found; JSON is YAML for the reader."""
    sections: dict[str, list[Any]] = {"entities": [{"id": OWNER, "country": country}]}
    for item in found.items:
        told = plain(item.told)
        row = told if item.section == "measures" else {"id": item.id, **told}
        sections.setdefault(item.section, []).append(row)
    text = json.dumps({"comity": "1", "name": "Test", **sections}, indent=1)
    return text.replace('"unknown"', "unknown")  # in quotes it would be the name of a place


def map_of(found: Found, folder: Path, *, country: str = "NL") -> Map:
    """The map that is read from what was found; raises for every problem of it."""
    path = folder / "comity.yaml"
    path.write_text(laid_out(found, country=country), encoding="utf-8")
    return read_map(path, vocabulary(), day=DAY)


def checked(found: Found, folder: Path, *packs: str, country: str = "NL") -> Check:
    """What some packs say of it."""
    return check(program(*packs), map_of(found, folder, country=country))


def items(found: Found, section: str) -> dict[str, Item]:
    """The items of a section by their lasting names."""
    return {item.ref: item for item in found.items if item.section == section}


def told(found: Found, section: str) -> dict[str, Any]:
    """What is told of the items of a section, by their lasting names."""
    return {ref: plain(item.told) for ref, item in items(found, section).items()}


def remarks(found: Found) -> list[tuple[str, str]]:
    """Code and text of all remarks."""
    return [(remark.code, remark.text) for remark in found.remarks]


def codes(found: Found) -> list[str]:
    """The codes of all remarks."""
    return [remark.code for remark in found.remarks]
