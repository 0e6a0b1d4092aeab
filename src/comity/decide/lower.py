"""Conditions made ready for code: cut to one kind of case and one stretch of days, groups as sets, equal parts found.

A node is a tuple, known by its number; equal nodes have one number. Every step keeps Kleene's logic exactly: tests
of one place or one value join into one test of (values surely in, values not surely out), where None stands for the
unknown value.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from comity.condition import tree as t
from comity.facts import Row, Vocabulary

Key = tuple[Any, ...]
Sets = tuple[frozenset[str | None], frozenset[str | None]]  # surely in, not surely out

FALSE, TRUE = 0, 1
BOUND_PLACE = "p"  # the place at hand inside `exists` and `all`; no fact has this name
COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
COST = {
    "const": 0,
    "bool": 1,
    "set": 1,
    "cmp": 2,
    "has": 2,
    "same": 2,
    "cmp2": 3,
    "days": 3,
    "any": 3,
    "all": 3,
    "in": 4,
}


class Lowering:
    """Nodes of the conditions of a pack, for one kind of case and a day that stands for its stretch of days."""

    def __init__(
        self, vocabulary: Vocabulary, kind: str, day: dt.date, groups: Mapping[str, tuple[Row, ...]] | None = None
    ) -> None:
        self.vocabulary = vocabulary
        self.kind = kind
        self.day = day
        self.groups = groups or {}
        self.nodes: list[Key] = [("const", False), ("const", True)]
        self.places: frozenset[str | None] = frozenset(vocabulary.place) | {None}
        self._numbers: dict[Key, int] = {key: number for number, key in enumerate(self.nodes)}
        self._sets: dict[int, Sets] = {}  # by the identity of the rows, which live as long as their pack
        self._costs: dict[int, int] = {}
        self._lowered: dict[int, int] = {}  # by the identity of the condition, likewise

    def lower(self, condition: t.Condition) -> int:
        """The node of a condition of the pack."""
        found = self._lowered.get(id(condition))
        if found is None:
            found = self._lowered[id(condition)] = OPS[type(condition)](condition, self)
        return found

    def add(self, *key: Any) -> int:
        """The number of a node."""
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.nodes)
            self.nodes.append(key)
        return number

    def cost(self, number: int) -> int:
        """Roughly how long a node takes: what is cheap is asked first."""
        found = self._costs.get(number)
        if found is None:
            node = self.nodes[number]
            parts = node[1] if node[0] in ("and", "or") else (node[1],) if node[0] == "not" else ()
            found = sum(self.cost(p) for p in parts) if parts else COST.get(node[0], 9)
            self._costs[number] = found
        return found

    def group(self, name: str) -> Sets:
        """Places that lie in a group, and those of which a part may."""
        rows = self.groups[name]
        if id(rows) not in self._sets:
            self._sets[id(rows)] = self._resolve(rows)
        return self._sets[id(rows)]

    def _resolve(self, rows: tuple[Row, ...]) -> Sets:
        members = {row.place for row in rows if row.holds_on(self.day)}
        below, above = self.vocabulary.below, self.vocabulary.above
        inside = members.union(*(below[m] for m in members))
        around = inside.union(*(above[m] for m in members))
        return frozenset(inside), frozenset({*around, None})

    def test(self, fact: str, sets: Sets) -> int:
        """A test of one place or one value."""
        sure, maybe = sets
        if not maybe:
            return FALSE
        return TRUE if sure >= self.every(fact) else self.add("set", fact, sure, maybe)

    def every(self, fact: str) -> frozenset[str | None]:
        """All values that a place or one-of fact may have, and None for the unknown one."""
        if fact == BOUND_PLACE or self.vocabulary.fact[fact].type == "place":
            return self.places
        return frozenset(self.vocabulary.fact[fact].of) | {None}

    def negate(self, number: int) -> int:
        """The node that is true where this one is false."""
        node = self.nodes[number]
        if node[0] == "const":
            return FALSE if node[1] else TRUE
        if node[0] == "set":
            every = self.every(node[1])
            return self.test(node[1], (every - node[3], every - node[2]))
        return int(node[1]) if node[0] == "not" else self.add("not", number)

    def join(self, op: str, numbers: Iterable[int]) -> int:
        """The and (or) of nodes: flat, without constants and doubles, tests of one fact joined, cheap ones first."""
        ends, drop = (FALSE, TRUE) if op == "and" else (TRUE, FALSE)
        flat: dict[int, None] = {}
        for number in numbers:
            node = self.nodes[number]
            flat.update(dict.fromkeys(node[1] if node[0] == op else (number,)))
        parts = dict.fromkeys(_fuse(op, flat, self))
        if ends in parts:
            return ends
        parts.pop(drop, None)
        if len(parts) < 2:
            return next(iter(parts), drop)
        return self.add(op, tuple(sorted(parts, key=self.cost)))


def _fuse(op: str, numbers: Iterable[int], low: Lowering) -> list[int]:
    """Tests of one fact that `op` joins, as one test each."""
    alone: list[int] = []
    alike: dict[tuple[str, str], list[Key]] = {}
    for number in numbers:
        node = low.nodes[number]
        shape = node[0] if node[0] != "not" else "not-" + low.nodes[node[1]][0]
        if shape in ("set", _FUSED_LIST[op], _FUSED_QUANTIFIER[op]):
            inner = node if node[0] != "not" else low.nodes[node[1]]
            alike.setdefault((shape, inner[1]), []).append(inner)
        else:
            alone.append(number)
    for (shape, fact), nodes in alike.items():
        if shape in ("has", "not-has"):
            joined = low.add("has", fact, frozenset().union(*(n[2] for n in nodes)))
            alone.append(joined if shape == "has" else low.negate(joined))
            continue
        merge = frozenset.intersection if op == "and" else frozenset.union
        sets = merge(*(n[2] for n in nodes)), merge(*(n[3] for n in nodes))
        alone.append(low.test(fact, sets) if shape == "set" else low.add(shape, fact, *sets))
    return alone


# `a or b` of two lists of members is a longer list; `not a and not b` likewise. `exists` joins under or, `all` under
# and.
_FUSED_LIST = {"or": "has", "and": "not-has"}
_FUSED_QUANTIFIER = {"or": "any", "and": "all"}


# --- one rule per kind of condition


def _const(c: t.Const, low: Lowering) -> int:  # noqa: ARG001  all rules are called alike
    return TRUE if c.value else FALSE


def _and(c: t.And, low: Lowering) -> int:
    return low.join("and", [low.lower(p) for p in c.parts])


def _or(c: t.Or, low: Lowering) -> int:
    return low.join("or", [low.lower(p) for p in c.parts])


def _not(c: t.Not, low: Lowering) -> int:
    return low.negate(low.lower(c.part))


def _is_true(c: t.IsTrue, low: Lowering) -> int:
    return low.add("bool", c.fact)


def _count_is(c: t.CountIs, low: Lowering) -> int:
    return low.add("cmp", c.fact, c.op, c.number)


def _counts_are(c: t.CountsAre, low: Lowering) -> int:
    return low.add("cmp2", c.left, c.op, c.right)


def _one_of(c: t.OneOf, low: Lowering) -> int:
    if c.fact == "kind":
        return TRUE if low.kind in c.values else FALSE
    return low.test(c.fact, (frozenset(c.values), frozenset(c.values) | {None}))


def _has(c: t.Has, low: Lowering) -> int:
    return low.add("has", c.fact, frozenset({c.member}))


def _in_group(c: t.InGroup, low: Lowering) -> int:
    return low.test(c.fact, low.group(c.group))


def _same_place(c: t.SamePlace, low: Lowering) -> int:
    return low.add("same", c.left, c.right)


def _in_places(c: t.InPlaces, low: Lowering) -> int:
    return low.add("in", c.fact, c.places)


def _bound_in(c: t.BoundIn, low: Lowering) -> int:
    return low.test(BOUND_PLACE, low.group(c.group))


def _any_place(c: t.AnyPlace, low: Lowering) -> int:
    return _over(low, "any", c.fact, low.lower(c.body))


def _all_places(c: t.AllPlaces, low: Lowering) -> int:
    return _over(low, "all", c.fact, low.lower(c.body))


def _over(low: Lowering, quantifier: str, fact: str, body: int) -> int:
    """`exists` or `all`: as two sets of places where the body turns on the place only."""
    node = low.nodes[body]
    if body in (TRUE, FALSE):
        sets = (low.places, low.places) if body == TRUE else (frozenset[str | None](), frozenset[str | None]())
        return low.add(quantifier, fact, *sets)
    if node[0] == "set" and node[1] == BOUND_PLACE:
        return low.add(quantifier, fact, node[2], node[3])
    return low.add("loop", quantifier, fact, body)


def _day_is(c: t.DayIs, low: Lowering) -> int:
    if c.fact == "day":
        return TRUE if COMPARE[c.op](low.day.toordinal(), c.day.toordinal()) else FALSE
    return low.add("cmp", c.fact, c.op, c.day.toordinal())


def _days_between(c: t.DaysBetween, low: Lowering) -> int:
    return low.add("days", c.start, c.end, c.op, c.number)


def _share_is(c: t.ShareIs, low: Lowering) -> int:
    return low.add("share", c.fact, *low.group(c.group), c.op, c.percent)


def _cascades(c: t.Cascades, low: Lowering) -> int:
    return low.add("cascade", c.fact, *low.group(c.group), c.percent)


OPS: dict[type, Callable[[Any, Lowering], int]] = {
    t.Const: _const,
    t.And: _and,
    t.Or: _or,
    t.Not: _not,
    t.IsTrue: _is_true,
    t.CountIs: _count_is,
    t.CountsAre: _counts_are,
    t.OneOf: _one_of,
    t.Has: _has,
    t.InGroup: _in_group,
    t.SamePlace: _same_place,
    t.InPlaces: _in_places,
    t.BoundIn: _bound_in,
    t.AnyPlace: _any_place,
    t.AllPlaces: _all_places,
    t.DayIs: _day_is,
    t.DaysBetween: _days_between,
    t.ShareIs: _share_is,
    t.Cascades: _cascades,
}
