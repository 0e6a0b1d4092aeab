"""What a change of a map does to its entries: which it newly forbids, which it frees, which are new or gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.decide.check import ORDER, Check, FlowDecision

WORSE, BETTER, NEW, GONE, OTHER = "worse", "better", "new", "gone", "other"


@dataclass(frozen=True)
class Changed:
    """An entry that a change touches.

    Attributes:
        kind: worse, better, new, gone, or other: the verdict is the same; its places, reasons or things to do are not.
        before, after: what was decided; None where the map does not have the entry.
    """

    kind: str
    id: str
    before: FlowDecision | None
    after: FlowDecision | None

    @property
    def is_worse(self) -> bool:
        """Whether something is less allowed than before; of a new entry, whether it is not allowed."""
        new = self.kind == NEW and self.after is not None and self.after.verdict != "allowed"
        return self.kind == WORSE or new


def review(before: Check, after: Check) -> tuple[Changed, ...]:
    """The entries that differ, the worst first; those that got better or are gone last."""
    found = [*_changed(before, after)]
    order = (WORSE, NEW, OTHER, BETTER, GONE)
    return tuple(sorted(found, key=lambda c: (order.index(c.kind), _rank(c.after or c.before), c.id)))


def _changed(before: Check, after: Check) -> Iterator[Changed]:
    old = {flow.flow.id: flow for flow in before.flows}
    new = {flow.flow.id: flow for flow in after.flows}
    for id_ in sorted(old.keys() | new.keys()):
        was, now = old.get(id_), new.get(id_)
        if was is None:
            yield Changed(NEW, id_, None, now)
        elif now is None:
            yield Changed(GONE, id_, was, None)
        elif _rank(now) != _rank(was):
            yield Changed(WORSE if _rank(now) < _rank(was) else BETTER, id_, was, now)
        elif _said(was) != _said(now):
            yield Changed(OTHER, id_, was, now)


def _rank(found: FlowDecision | None) -> int:
    return ORDER.index(found.verdict) if found is not None else len(ORDER)


def _said(found: FlowDecision) -> tuple[object, ...]:
    """Where an entry goes, what decides it and what is to be done."""
    reasons = {(r.clause, r.lowest, r.highest) for pack in found.packs for r in pack.reasons}
    return found.flow.ends, reasons, {(t.what, t.text) for t in found.todo}, tuple(found.no_pack)
