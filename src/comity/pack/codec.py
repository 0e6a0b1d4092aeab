"""Programs as JSON and back, without loss: plain data, never code."""

from __future__ import annotations

import dataclasses
import datetime as dt
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


def encode(value: Any) -> Any:
    """Any value of a program as JSON: an object becomes `["@Class", field, ...]`."""
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
        return [f"@{type(value).__name__}", *(encode(getattr(value, name)) for name in order)]
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    raise TypeError(f"a {type(value).__name__} is no part of a program")


def decode(value: Any) -> Any:
    """The value that `encode` was given.

    Raises:
        ValueError: the JSON is no program.
    """
    if not isinstance(value, list):
        return value
    if not value or not (isinstance(value[0], str) and value[0].startswith("@")):
        return tuple([decode(item) for item in value])
    tag, rest = value[0][1:], value[1:]
    cls = CLASSES.get(tag)
    if cls is not None:
        return cls(*[decode(item) for item in rest])
    if tag == "day":
        return dt.date.fromisoformat(rest[0])
    if tag == "instant":
        return dt.datetime.fromisoformat(rest[0])
    if tag == "set":
        return frozenset(rest)
    raise ValueError(f"unknown tag `{tag}`")
