"""The one table of lowest and highest verdicts. Every evaluator is built from it.

A bound is a pair (lowest, highest) of ranks: 0 allowed, 1 conditional, 2 forbidden.
"""

from __future__ import annotations

from collections.abc import Iterable

from comity.facts import Tri

ALLOWED, CONDITIONAL, FORBIDDEN = 0, 1, 2
WORDS = ("allowed", "conditional", "forbidden")
UNDECIDED = "undecided"

Bound = tuple[int, int]

FREE: Bound = (ALLOWED, ALLOWED)
OPEN: Bound = (CONDITIONAL, CONDITIONAL)
CLOSED: Bound = (FORBIDDEN, FORBIDDEN)
ANYTHING: Bound = (ALLOWED, FORBIDDEN)

# One state per measure: what a need gives while its condition is true.
NEED: dict[str, Bound] = {"in-place": FREE, "not-yet": OPEN, "cannot": CLOSED, "unknown": (ALLOWED, CONDITIONAL)}


def needs(states: Iterable[str]) -> Bound:
    """All needs together: impossible before missing before unknown before in place."""
    found = set(states)
    for state in ("cannot", "not-yet", "unknown"):
        if state in found:
            return NEED[state]
    return FREE


def excuse(when: Tri, need: Bound) -> Bound:
    """An excuse: closed where its condition is false; where it is unknown, anything from its needs to closed."""
    if when is False:
        return CLOSED
    return need if when else (need[0], FORBIDDEN)


def lifted(excused: Bound, by: Iterable[Bound]) -> Bound:
    """An excuse that other excuses lift: closed by a satisfied one, perhaps closed by one perhaps satisfied."""
    lowest, highest = excused
    for low, high in by:
        if high == ALLOWED:
            return CLOSED
        if low == ALLOWED:
            highest = FORBIDDEN
    return lowest, highest


def ban(when: Tri, need: Bound | None, excuses: Iterable[Bound]) -> Bound:
    """A ban: the least of its excuses, its own needs among them; forbidden if there is none."""
    if when is False:
        return FREE
    lowest = highest = FORBIDDEN
    for low, high in ([need] if need is not None else []) + list(excuses):
        lowest, highest = min(lowest, low), min(highest, high)
    return (lowest, highest) if when else (ALLOWED, highest)


def duty(when: Tri, state: str, excuses: Iterable[Bound]) -> Bound:
    """A duty, as far as it counts (in an incident): as a ban with the measure for its need."""
    return ban(when, NEED[state], excuses)


def pack(scope: Tri, covered: bool, inner: Bound) -> Bound:
    """A pack: free where it does not reach; anything where it reaches and does not model the case, or is stale."""
    if scope is False:
        return FREE
    if not covered:
        return ANYTHING
    return inner if scope else (ALLOWED, inner[1])


def done(bound: Bound, is_done: Tri) -> Bound:
    """A past flow: what is missing can no longer be put in place, so conditional reads forbidden."""
    lowest, highest = bound
    if is_done is True:
        lowest = FORBIDDEN if lowest == CONDITIONAL else lowest
    if is_done is not False:
        highest = FORBIDDEN if highest == CONDITIONAL else highest
    return lowest, highest


def greatest(bounds: Iterable[Bound]) -> Bound:
    """Several together: the greatest lowest and the greatest highest; free if there is none."""
    lowest = highest = ALLOWED
    for low, high in bounds:
        lowest, highest = max(lowest, low), max(highest, high)
    return lowest, highest


def word(bound: Bound) -> str:
    """The verdict of a bound."""
    return WORDS[bound[0]] if bound[0] == bound[1] else UNDECIDED
