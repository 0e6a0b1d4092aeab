"""Programs as JSON and back, without loss: plain data, never code."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from comity import facts
from comity.condition import tree
from comity.pack import program

CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        *tree.KINDS,
        facts.Fact, facts.Place, facts.Row, facts.Group, facts.Entry, facts.Measure, facts.Vocabulary,
        facts.Range, facts.Places, facts.Members, facts.Owner,
        program.Source, program.Coverage, program.Total, program.Clause, program.Pack, program.Program,
    )
}  # fmt: skip
_NAMED = (facts.Range, facts.Places, facts.Members, facts.Owner)
_ORDER: dict[type, tuple[str, ...]] = {
    cls: cls._fields if cls in _NAMED else tuple(f.name for f in dataclasses.fields(cls)) for cls in CLASSES.values()
}


def encode(value: Any, nodes: Nodes | None = None) -> Any:
    """Any value of a program as JSON: an object becomes `["@Class", field, ...]`.

    Args:
        value: what is encoded.
        nodes: where given, conditions are put there, each once, and `["@node", number]` stands in their place.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dt.datetime):
        return ["@instant", value.isoformat()]
    if isinstance(value, dt.date):
        return ["@day", value.isoformat()]
    if isinstance(value, frozenset):
        return ["@set", *sorted(value)]
    order = _ORDER.get(type(value))
    if order is not None:
        made = [f"@{type(value).__name__}", *(encode(getattr(value, name), nodes) for name in order)]
        return made if nodes is None or type(value) not in tree.KINDS else nodes.number(made)
    if isinstance(value, tuple):
        return [encode(item, nodes) for item in value]
    raise TypeError(f"a {type(value).__name__} is no part of a program")


class Nodes:
    """The conditions of a program, each once: laws say the same again and again, and what is one is read once."""

    def __init__(self) -> None:
        self.made: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, made: list[Any]) -> Any:
        """What stands in the place of an encoded condition, whose own parts have their numbers already."""
        key = json.dumps(made, ensure_ascii=False)
        if key not in self._numbers:
            self._numbers[key] = len(self.made)
            self.made.append(made)
        return ["@node", self._numbers[key]]


def decode_nodes(made: list[Any]) -> list[Any]:
    """The conditions of a program by their numbers."""
    found: list[Any] = []
    for item in made:
        found.append(decode(item, found))
    return found


def decode(value: Any, nodes: Sequence[Any] = ()) -> Any:
    """The value that `encode` was given; `nodes`: the conditions that stand in it by number.

    Raises:
        ValueError: the JSON is no program.
    """
    if not isinstance(value, list):
        return value
    if not value or not (isinstance(value[0], str) and value[0].startswith("@")):
        return tuple([decode(item, nodes) for item in value])
    tag, rest = value[0][1:], value[1:]
    cls = CLASSES.get(tag)
    if cls is not None:
        return cls(*[decode(item, nodes) for item in rest])
    if tag == "node":
        return nodes[rest[0]]
    if tag == "day":
        return dt.date.fromisoformat(rest[0])
    if tag == "instant":
        return dt.datetime.fromisoformat(rest[0])
    if tag == "set":
        return frozenset(rest)
    raise ValueError(f"unknown tag `{tag}`")
