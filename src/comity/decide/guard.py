"""Which packs a case may reach at all, by its places: the others are not asked.

Nearly every law reaches a case only where somebody acts, is established or is addressed in its land. A guard is what
follows from a scope about places alone: the scope is false wherever all its place facts are known and none of the
places comes near those of the guard.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from comity.case import Case
from comity.condition import tree as t
from comity.decide.bits import BIT
from comity.decide.findings import Findings, PackFinding
from comity.decide.verdict import FREE, Bound
from comity.facts import Places, Row, Value

EMPTY: frozenset[str] = frozenset()
Near = Mapping[str | None, frozenset[str]]
Reach = Callable[[Case, frozenset[str], bool], PackFinding | None]


@dataclass(frozen=True)
class Guard:
    """The scope is false where every fact is known and has no place among those set down for it.

    Attributes:
        places: for each fact the places for which the scope may hold. Without any fact it is always false.
    """

    places: Mapping[str, frozenset[str]]


def guard_of(
    condition: t.Condition, kind: str, day: dt.date, groups: Mapping[str, tuple[Row, ...]], near: Near
) -> Guard | None:
    """The guard of a scope for a kind of case on a day; None where places alone never make it false.

    Args:
        condition: the scope, or a part of it.
        kind: of the case.
        day: of the case.
        groups: rows by the name of the group.
        near: for each place those that hold it and those inside it: of them it cannot be said that they are not in it.
    """
    match condition:
        case t.Const(value):
            return None if value else Guard({})
        case t.OneOf("kind", values):
            return None if kind in values else Guard({})
        case t.InGroup(fact, group):
            return Guard({fact: _near_any(groups[group], day, near)})
        case t.AnyPlace(fact, t.BoundIn(group)):
            return Guard({fact: _near_any(groups[group], day, near)})
        case t.And(parts):
            found = (guard_of(part, kind, day, groups, near) for part in parts)
            known = [guard for guard in found if guard is not None]
            return min(known, key=_size) if known else None
        case t.Or(parts):
            every = [guard_of(part, kind, day, groups, near) for part in parts]
            return _either([g for g in every if g is not None]) if None not in every else None
    return None


def _near_any(rows: Iterable[Row], day: dt.date, near: Near) -> frozenset[str]:
    return EMPTY.union(*(near[row.place] for row in rows if row.holds_on(day)))


def _size(guard: Guard) -> int:
    return sum(len(places) for places in guard.places.values())


def _either(guards: Iterable[Guard]) -> Guard:
    places: dict[str, frozenset[str]] = {}
    for guard in guards:
        for fact, more in guard.places.items():
            places[fact] = places.get(fact, EMPTY) | more
    return Guard(places)


class Gate:
    """Asks only the packs that a case may reach.

    Args:
        guards: of each pack.
        outside: what each pack finds where its scope is false.
        reaches: the function of each pack.
        counting: places of the packs that move the verdict.
        greatest: the bound of each union of bits.
    """

    def __init__(
        self,
        guards: list[Guard | None],
        outside: list[PackFinding],
        reaches: list[Reach],
        counting: list[int],
        greatest: tuple[Bound, ...],
    ) -> None:
        self.facts = tuple(sorted({fact for guard in guards if guard is not None for fact in guard.places}))
        self._always = sum(1 << place for place, guard in enumerate(guards) if guard is None)
        self._masks: list[dict[str, int]] = []
        self._asking: list[int] = []  # the packs that ask for the fact at all
        for fact in self.facts:
            masks: dict[str, int] = {}
            asking = 0
            for number, guard in enumerate(guards):
                if guard is not None and fact in guard.places:
                    asking |= 1 << number
                    for near in guard.places[fact]:
                        masks[near] = masks.get(near, 0) | 1 << number
            self._masks.append(masks)
            self._asking.append(asking)
        self._outside = outside
        self._packs = {1 << place: (place, reach, place in counting) for place, reach in enumerate(reaches)}
        self._free = BIT[FREE] if counting else 0
        self._greatest = greatest

    def find(self, case: Case, values: tuple[Value | None, ...]) -> Findings:
        """The findings of all packs.

        Args:
            case: the question, of the kind and day for which the gate was made.
            values: of `facts`, with presumptions.
        """
        open_ = self.open(values)
        found, union = self._outside.copy(), self._free
        while open_:
            bit = open_ & -open_
            open_ ^= bit
            number, reach, counts = self._packs[bit]
            finding = reach(case, EMPTY, False)
            assert finding is not None  # noqa: S101 - only `low_only` leaves a pack out
            found[number] = finding
            if counts:
                union |= BIT[finding.bound]
        return Findings(tuple(found), self._greatest[union])

    def open(self, values: tuple[Value | None, ...]) -> int:
        """The packs that may reach a case, a bit for each by its place; `values`: of `facts`, as far as known."""
        open_ = self._always
        for value, masks, asking in zip(values, self._masks, self._asking, strict=True):
            if isinstance(value, str):
                open_ |= masks.get(value, 0)
            elif isinstance(value, Places):
                for place in value.members:
                    open_ |= masks.get(place, 0)
                if not value.complete:
                    open_ |= asking
            else:
                open_ |= asking
        return open_
