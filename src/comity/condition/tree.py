"""The closed tree of a condition: what it cannot say is refused on reading. Every evaluator has one rule per class."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from comity.errors import UnsupportedError

OPS = ("==", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Const:
    """Always true or always false."""

    value: bool


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


@dataclass(frozen=True, slots=True)
class IsTrue:
    """A bool fact is true."""

    fact: str


@dataclass(frozen=True, slots=True)
class CountIs:
    """A count or total (`pack/path:name`) compared with a number."""

    fact: str
    op: str
    number: int


@dataclass(frozen=True, slots=True)
class CountsAre:
    """Two counts compared."""

    left: str
    op: str
    right: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """A one-of fact has one of the values (sorted)."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Has:
    """A some-of fact has the member, or one that belongs to it."""

    fact: str
    member: str


@dataclass(frozen=True, slots=True)
class InGroup:
    """A place lies in a group on the day of the case."""

    fact: str
    group: str


@dataclass(frozen=True, slots=True)
class SamePlace:
    """Two place facts name the same place."""

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class InPlaces:
    """A place is among a set of places (a subdivision is in its country)."""

    fact: str
    places: str


@dataclass(frozen=True, slots=True)
class BoundIn:
    """Inside AnyPlace or AllPlaces: the place at hand lies in the group."""

    group: str


@dataclass(frozen=True, slots=True)
class AnyPlace:
    """For at least one place of the set the body holds."""

    fact: str
    body: Condition


@dataclass(frozen=True, slots=True)
class AllPlaces:
    """For every place of the set the body holds; true for the empty set."""

    fact: str
    body: Condition


@dataclass(frozen=True, slots=True)
class DayIs:
    """A day or instant (its calendar day in UTC) compared with a day."""

    fact: str
    op: str
    day: dt.date


@dataclass(frozen=True, slots=True)
class DaysBetween:
    """Calendar days from `start` to `end`, compared with a number (which may be negative)."""

    start: str
    end: str
    op: str
    number: int


@dataclass(frozen=True, slots=True)
class ShareIs:
    """Percent owned by a group, multiplied along the chain, compared with a number."""

    fact: str
    group: str
    op: str
    percent: int


@dataclass(frozen=True, slots=True)
class Cascades:
    """At least `percent` owned by a group, where an owner that is so owned itself counts whole."""

    fact: str
    group: str
    percent: int


Condition = (
    Const | And | Or | Not | IsTrue | CountIs | CountsAre | OneOf | Has | InGroup | SamePlace | InPlaces
    | BoundIn | AnyPlace | AllPlaces | DayIs | DaysBetween | ShareIs | Cascades
)  # fmt: skip

KINDS: tuple[type, ...] = (
    Const, And, Or, Not, IsTrue, CountIs, CountsAre, OneOf, Has, InGroup, SamePlace, InPlaces,
    BoundIn, AnyPlace, AllPlaces, DayIs, DaysBetween, ShareIs, Cascades,
)  # fmt: skip

TRUE, FALSE = Const(True), Const(False)


def all_of(parts: Iterator[Condition] | list[Condition] | tuple[Condition, ...]) -> Condition:
    """And, flattened, with constants folded."""
    found: list[Condition] = []
    for part in parts:
        if part == FALSE:
            return FALSE
        found.extend(part.parts if isinstance(part, And) else [] if part == TRUE else [part])
    return TRUE if not found else found[0] if len(found) == 1 else And(tuple(found))


def any_of(parts: Iterator[Condition] | list[Condition] | tuple[Condition, ...]) -> Condition:
    """Or, flattened, with constants folded."""
    found: list[Condition] = []
    for part in parts:
        if part == TRUE:
            return TRUE
        found.extend(part.parts if isinstance(part, Or) else [] if part == FALSE else [part])
    return FALSE if not found else found[0] if len(found) == 1 else Or(tuple(found))


def negate(part: Condition) -> Condition:
    """Not, with constants and double negation folded."""
    if isinstance(part, Const):
        return Const(not part.value)
    return part.part if isinstance(part, Not) else Not(part)


def size(condition: Condition, limit: int) -> tuple[int, int]:
    """Nodes and depth; the count stops soon after either passes the limit."""
    n_nodes = deepest = 0
    waiting: list[tuple[Condition, int]] = [(condition, 1)]
    while waiting and n_nodes <= limit and deepest <= limit:
        node, depth = waiting.pop()
        n_nodes, deepest = n_nodes + 1, max(deepest, depth)
        if isinstance(node, And | Or):
            waiting += [(part, depth + 1) for part in node.parts]
        elif isinstance(node, Not):
            waiting.append((node.part, depth + 1))
        elif isinstance(node, AnyPlace | AllPlaces):
            waiting.append((node.body, depth + 1))
    return n_nodes, deepest


def walk(condition: Condition) -> Iterator[Condition]:
    """Every node, the condition itself first."""
    yield condition
    if isinstance(condition, And | Or):
        for part in condition.parts:
            yield from walk(part)
    elif isinstance(condition, Not):
        yield from walk(condition.part)
    elif isinstance(condition, AnyPlace | AllPlaces):
        yield from walk(condition.body)


def facts_of(condition: Condition) -> frozenset[str]:
    """The facts and totals that the condition reads."""
    found: set[str] = set()
    for node in walk(condition):
        for name in ("fact", "left", "right", "places", "start", "end"):
            value = getattr(node, name, None)
            if isinstance(value, str):
                found.add(value)
    return frozenset(found)


def groups_of(condition: Condition) -> frozenset[str]:
    """The groups that the condition names."""
    return frozenset(g for n in walk(condition) if isinstance(g := getattr(n, "group", None), str))


def to_text(condition: Condition, *, top: bool = True) -> str:
    """The condition in the language it was written in.

    Reading it again gives the same tree, but for the rows of a table that hold only `where` another condition does:
    they are shown as the table.
    """
    if isinstance(condition, And | Or):
        joined = (" && " if isinstance(condition, And) else " || ").join(to_text(p, top=False) for p in condition.parts)
        return joined if top else f"({joined})"
    if isinstance(condition, Not):
        inner = to_text(condition.part, top=False)
        bare = isinstance(condition.part, And | Or | IsTrue | AnyPlace | AllPlaces | Cascades)
        return f"!{inner}" if bare else f"!({inner})"
    return _ATOMS[type(condition)](condition)


def _name(fact: str) -> str:
    return fact.rsplit(":", 1)[-1]


def _group(group: str) -> str:
    return group if group.startswith("[") else group.partition("#")[0].replace("-", "_")


def _one_of(c: OneOf) -> str:
    quoted = ", ".join(json.dumps(v, ensure_ascii=False) for v in c.values)
    return f"{c.fact} == {quoted}" if len(c.values) == 1 else f"{c.fact} in [{quoted}]"


_ATOMS: dict[type, Callable[[Any], str]] = {
    Const: lambda c: "true" if c.value else "false",
    IsTrue: lambda c: str(c.fact),
    CountIs: lambda c: f"{_name(c.fact)} {c.op} {c.number}",
    CountsAre: lambda c: f"{_name(c.left)} {c.op} {_name(c.right)}",
    OneOf: _one_of,
    Has: lambda c: f'"{c.member}" in {c.fact}',
    InGroup: lambda c: f"{c.fact} in {_group(c.group)}",
    SamePlace: lambda c: f"{c.left} == {c.right}",
    InPlaces: lambda c: f"{c.fact} in {c.places}",
    BoundIn: lambda c: f"p in {_group(c.group)}",
    AnyPlace: lambda c: f"{c.fact}.exists(p, {to_text(c.body)})",
    AllPlaces: lambda c: f"{c.fact}.all(p, {to_text(c.body)})",
    DayIs: lambda c: f'{c.fact} {c.op} date("{c.day.isoformat()}")',
    DaysBetween: lambda c: f"days({c.start}, {c.end}) {c.op} {c.number}",
    ShareIs: lambda c: f"share({c.fact}, {_group(c.group)}) {c.op} {c.percent}",
    Cascades: lambda c: f"cascade({c.fact}, {_group(c.group)}, {c.percent})",
}
if {*_ATOMS, And, Or, Not} != set(KINDS):
    raise UnsupportedError("tree.py cannot print every kind of condition")
