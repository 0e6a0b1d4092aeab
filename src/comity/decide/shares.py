"""Ownership in compiled code: over a group as two sets, of places surely in it and of places not surely out of it."""

from __future__ import annotations

from comity.decide.one import compare_share
from comity.facts import Owner, Tri

Group = frozenset[str | None]  # None: a place that was not said


def owned(owners: tuple[Owner, ...], sure: Group, maybe: Group) -> tuple[float, float]:
    """Percent owned by the places of a group, lowest and highest, multiplied along the chain."""
    low, high = 0.0, float(max(0, 100 - sum(o.percent for o in owners)))
    for owner in owners:
        if owner.place in sure:
            low, high = low + owner.percent, high + owner.percent
        elif owner.owners:
            inner = owned(owner.owners, sure, maybe)
            is_open = owner.place is not None and owner.place in maybe
            low += owner.percent * inner[0] / 100
            high += owner.percent if is_open else owner.percent * inner[1] / 100
        elif owner.place in maybe:
            high += owner.percent
    return low, high


def share(owners: tuple[Owner, ...] | None, sure: Group, maybe: Group, op: str, percent: int) -> Tri:
    """The percent owned by the places of a group, compared with a number."""
    return None if owners is None else compare_share(*owned(owners, sure, maybe), op, percent)


def cascade(owners: tuple[Owner, ...] | None, sure: Group, maybe: Group, percent: int) -> Tri:
    """Whether at least `percent` is owned by the places of a group, where an owner that is so owned counts whole."""
    if owners is None:
        return None
    low, said, open_ = 0, 0, 0
    for owner in owners:
        said += owner.percent
        inside: Tri = True if owner.place in sure else None if owner.place in maybe else False
        if inside is not True and owner.owners:
            below = cascade(owner.owners, sure, maybe, percent)
            inside = None if below is False and inside is None and owner.place is not None else below
        if inside is True:
            low += owner.percent
        elif inside is None:
            open_ += owner.percent
    return True if low >= percent else None if low + open_ + max(0, 100 - said) >= percent else False
