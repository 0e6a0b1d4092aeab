"""In which ways owners that are only partly known could be, as far as a law's ways of counting tell them apart."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from comity.decide.solve import Open
from comity.facts import Owner

Chain = tuple[Owner, ...]
Weight = tuple[float, ...]

MAX_CHAINS = 5_000  # ways of owning that are kept


@dataclass(frozen=True, slots=True)
class Sorts:
    """What tells owners apart.

    Attributes:
        places: where an owner may be, one of each sort.
        inside: for a place that is not exact enough, where in it an owner may be; else the place itself.
        percents: the shares that conditions ask about.
        weigh: what an owner adds to each sum that a condition compares; owners side by side add up.
    """

    places: Sequence[str]
    inside: Callable[[str], Sequence[str]]
    percents: Sequence[int]
    weigh: Callable[[Owner], Weight]


def is_known(owners: Chain, is_exact: Callable[[str], bool]) -> bool:
    """Whether every share is told down to a place that is exact enough.

    Args:
        owners: with their own owners.
        is_exact: whether a place lies wholly in or wholly out of every group that is asked about.
    """
    return sum(o.percent for o in owners) == 100 and all(_is_told(o, is_exact) for o in owners)


def _is_told(owner: Owner, is_exact: Callable[[str], bool]) -> bool:
    if owner.place is None:
        return bool(owner.owners) and is_known(owner.owners, is_exact)
    return is_exact(owner.place) and (not owner.owners or is_known(owner.owners, is_exact))


def completions(owners: Chain, sorts: Sorts) -> list[Chain]:
    """Ways in which owners could be in full, one of each sort. One who is known by its own owners alone stays so.

    Args:
        owners: what is known; nothing: no owner at all.
        sorts: what tells them apart.

    Raises:
        Open: there are too many.
    """
    choices: list[list[Chain]] = [[(one,) for one in _fillings(owner, sorts)] for owner in owners]
    rest = 100 - sum(o.percent for o in owners)
    if rest:
        choices.append(_rest(rest, owners, sorts))
    found: dict[Weight, Chain] = {(): ()}
    for pieces in choices:
        weighed = {_total([sorts.weigh(one) for one in piece]): piece for piece in reversed(pieces)}
        longer: dict[Weight, Chain] = {}
        for (weight, chain), (more, piece) in itertools.product(found.items(), weighed.items()):
            longer.setdefault(_total([weight, more]) if weight else more, (*chain, *piece))
        if len(longer) > MAX_CHAINS:
            raise Open
        found = longer
    return list(found.values())


def _total(weights: Sequence[Weight]) -> Weight:
    return tuple(round(sum(each), 6) for each in zip(*weights, strict=True))


def _fillings(owner: Owner, sorts: Sorts) -> list[Owner]:
    """An owner with a place, and with owners of its own that are told in full."""
    wheres: Sequence[str | None] = sorts.places if owner.place is None else sorts.inside(owner.place)
    if owner.place is None and owner.owners:
        wheres = (None,)
    below = completions(owner.owners, sorts) if owner.owners else [()]
    return [Owner(owner.percent, where, inner) for inner in below for where in wheres]


def _rest(rest: int, owners: Chain, sorts: Sorts) -> list[Chain]:
    """What nobody said: one owner, two of them, or one who has owners in turn."""
    shares = [o.percent for o in owners]
    held = {sum(some) for n in range(len(shares) + 1) for some in itertools.combinations(shares, n)}
    cuts = sorted({p - less - h for p in sorts.percents for less in (0, 1) for h in held})
    found: list[Chain] = [(Owner(rest, place),) for place in sorts.places]
    for one, other in itertools.permutations(sorts.places, 2):
        for cut in [c for c in cuts if 0 < c < rest]:
            found.append((Owner(cut, one), Owner(rest - cut, other)))
            for percent in [p for p in sorts.percents if 0 < p < 100]:
                below = (Owner(percent, one), Owner(100 - percent, other))
                found.append((Owner(cut, other, below), Owner(rest - cut, other)))
    return found
