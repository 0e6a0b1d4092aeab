"""Bounds as bits, so that compiled code settles clauses with `|` and a look-up; all tables come from verdict.py.

A bound is one bit out of six, a set of bounds their union; a state of a measure is one bit out of four. The rules of
verdict.py take sets of bounds and states and ask only which are among them, so a table over all unions holds a whole
rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from comity.case import MEASURE_STATES
from comity.decide import verdict
from comity.decide.verdict import Bound
from comity.facts import Tri

BOUNDS: tuple[Bound, ...] = tuple((low, high) for low in range(3) for high in range(low, 3))
BIT: dict[Bound, int] = {bound: 1 << place for place, bound in enumerate(BOUNDS)}
BOUND: dict[int, Bound] = {bit: bound for bound, bit in BIT.items()}
N_UNIONS = 1 << len(BOUNDS)

STATE_BIT: dict[str, int] = {state: 1 << place for place, state in enumerate(MEASURE_STATES)}
N_STATES = 1 << len(MEASURE_STATES)

Row = tuple[int, ...]  # a bit for each union of bounds


def bounds_in(union: int) -> list[Bound]:
    """The bounds of a union."""
    return [bound for bound, bit in BIT.items() if union & bit]


def states_in(union: int) -> list[str]:
    """The states of a union."""
    return [state for state, bit in STATE_BIT.items() if union & bit]


def to_union(bounds: Iterable[Bound]) -> int:
    """Bounds as a union."""
    union = 0
    for bound in bounds:
        union |= BIT[bound]
    return union


def excuse(when: Tri, states: int) -> Row:
    """The bit of an excuse, for each union of the bounds that lift it."""
    return _lifted(verdict.excuse(when, verdict.needs(states_in(states))))


def ban(when: Tri, states: int | None) -> Row:
    """The bit of a ban, for each union of its excuses; `states` None: it has no needs of its own."""
    return _ban(when, None if states is None else verdict.needs(states_in(states)))


@cache
def _lifted(before: Bound) -> Row:
    return tuple(BIT[verdict.lifted(before, bounds_in(u))] for u in range(N_UNIONS))


@cache
def _ban(when: Tri, need: Bound | None) -> Row:
    return tuple(BIT[verdict.ban(when, need, bounds_in(u))] for u in range(N_UNIONS))


@cache
def duty(when: Tri, state: int) -> Row:
    """The bit of a duty, for each union of its excuses."""
    return tuple(BIT[verdict.duty(when, states_in(state)[0], bounds_in(u))] for u in range(N_UNIONS))


@cache
def greatest() -> Row:
    """The bit of several bounds together, for each union of them."""
    return tuple(BIT[verdict.greatest(bounds_in(u))] for u in range(N_UNIONS))


@cache
def pack(scope: Tri, covered: bool, is_done: Tri) -> tuple[Bound, ...]:
    """What a pack says, for each union of what counts in it."""
    return tuple(
        verdict.pack(scope, covered, verdict.done(verdict.greatest(bounds_in(u)), is_done)) for u in range(N_UNIONS)
    )


def can_leave_out(bound: Bound) -> bool:
    """Whether `greatest` is the same with and without this bound."""
    row, bit = greatest(), BIT[bound]
    return all(row[u] == row[u | bit] for u in range(N_UNIONS))


@cache
def closed() -> int | None:
    """The bit of an excuse whose condition is false, where no rule asks whether it is in a union; else None."""
    bits = {bit for states in STATE_BIT.values() for bit in excuse(False, states)}
    if len(bits) != 1:
        return None
    bit = bits.pop()
    whens, states = (True, False, None), (*STATE_BIT.values(), None)
    rows = [duty(w, s) for w in whens for s in STATE_BIT.values()] + [ban(w, s) for w in whens for s in states]
    rows += [_lifted(before) for before in BOUNDS]
    return bit if all(row[u | bit] == row[u] for row in rows for u in range(N_UNIONS)) else None


def forget() -> None:
    """Work the tables out anew when they are next asked for: for a program compiled after a rule has changed."""
    for table in (_lifted, _ban, duty, greatest, pack, closed):
        table.cache_clear()
