"""The closed tree of a condition. What it cannot say is refused on reading; every evaluator has one rule per class here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

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
    """The condition in the language it was written in; reading it again gives the same tree."""
    if isinstance(condition, And | Or):
        joined = (" && " if isinstance(condition, And) else " || ").join(to_text(p, top=False) for p in condition.parts)
        return joined if top else f"({joined})"
    if isinstance(condition, Not):
        inner = to_text(condition.part, top=False)
        return f"!{inner}" if isinstance(condition.part, And | Or | IsTrue | AnyPlace | AllPlaces | Cascades) else f"!({inner})"
    return _atom_text(condition)


def _name(fact: str) -> str:
    return fact.rsplit(":", 1)[-1]


def _group(group: str) -> str:
    return group if group.startswith("[") else group.replace("-", "_")


def _atom_text(c: Condition) -> str:
    match c:
        case Const(value):
            return "true" if value else "false"
        case IsTrue(fact):
            return fact
        case CountIs(fact, op, number):
            return f"{_name(fact)} {op} {number}"
        case CountsAre(left, op, right):
            return f"{_name(left)} {op} {_name(right)}"
        case OneOf(fact, values):
            quoted = ", ".join(f'"{v}"' for v in values)
            return f"{fact} == {quoted}" if len(values) == 1 else f"{fact} in [{quoted}]"
        case Has(fact, member):
            return f'"{member}" in {fact}'
        case InGroup(fact, group):
            return f"{fact} in {_group(group)}"
        case SamePlace(left, right):
            return f"{left} == {right}"
        case InPlaces(fact, places):
            return f"{fact} in {places}"
        case BoundIn(group):
            return f"p in {_group(group)}"
        case AnyPlace(fact, body):
            return f"{fact}.exists(p, {to_text(body)})"
        case AllPlaces(fact, body):
            return f"{fact}.all(p, {to_text(body)})"
        case DayIs(fact, op, day):
            return f'{fact} {op} date("{day.isoformat()}")'
        case DaysBetween(start, end, op, number):
            return f"days({start}, {end}) {op} {number}"
        case ShareIs(fact, group, op, percent):
            return f"share({fact}, {_group(group)}) {op} {percent}"
        case Cascades(fact, group, percent):
            return f"cascade({fact}, {_group(group)}, {percent})"
    raise TypeError(type(c).__name__)
