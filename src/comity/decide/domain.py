"""Values that stand for all others in questions about a whole program, and totals that count no more than others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from comity.condition import tree as t
from comity.facts import Places, Tri, Value, Vocabulary
from comity.pack.program import Total

# Places that readers know; of those that no condition tells apart the first of these stands for the others.
_KNOWN = ("DE", "US", "CN", "RU", "SG", "BR", "IN", "JP", "GB", "CH", "KR", "AU", "CA", "ZA", "MX", "EG", "KE", "NZ")


def are_near(vocabulary: Vocabulary, one_place: Value, other: Value) -> bool:
    """Whether one place is the other or lies in it: of all others it is certain that they are apart."""
    a, b = str(one_place), str(other)
    return a in vocabulary.above[b] or b in vocabulary.above[a]


def places_of(value: Value) -> frozenset[str]:
    """The places that a value names."""
    if isinstance(value, Places):
        return value.members
    return frozenset({value}) if isinstance(value, str) else frozenset()


def representatives(
    vocabulary: Vocabulary, groups: Sequence[frozenset[str]], n_alike: int, said: Iterable[str] = ()
) -> tuple[str, ...]:
    """Places that stand for all others: some of each sort that lies in the same groups, wholly or in part.

    Args:
        vocabulary: of the places.
        groups: the places of each group.
        n_alike: how many of a sort are kept, so that they can differ from each other.
        said: places that are kept in any case.
    """
    order = {place: number for number, place in enumerate(_KNOWN)}
    kept: dict[tuple[Tri, ...], list[str]] = {}
    for place in sorted((p.id for p in vocabulary.places), key=lambda p: (order.get(p, 99), "-" in p, p)):
        above, below = vocabulary.above[place], vocabulary.below[place]
        sort = tuple(True if g & above else None if g & below else False for g in groups)
        same = kept.setdefault(sort, [])
        if len(same) < n_alike:
            same.append(place)
    found = dict.fromkeys([*said, *(place for same in kept.values() for place in same)])
    return tuple(p for p in found if p in vocabulary.place)


def is_within_total(small: Total, great: Total, vocabulary: Vocabulary) -> bool:
    """Whether one total surely counts no more than another: the same flows and persons, or a part of them."""
    upper = [frozenset(vocabulary.broader.get(c, {c})) for c in small.data]
    is_kind = not great.data or (bool(small.data) and all(not u.isdisjoint(great.data) for u in upper))
    return (
        is_kind
        and small.count == great.count
        and great.of in ("", small.of)
        and small.per == great.per
        and set(great.over) <= set(small.over)
        and set(great.without) <= set(small.without)
        and set(great.leaves_out) <= set(small.leaves_out)
        and great.where in (small.where, t.TRUE)
    )
