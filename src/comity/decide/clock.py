"""The clock of an incident or a flaw: every duty of every law that it touches, soonest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from comity.case import Case, Facts, Flow
from comity.decide.check import Check
from comity.decide.decision import Decision, Duty, PackDecision, decide
from comity.facts import Value
from comity.pack.program import THE_ACT

OWED = ("open", "ordered", "unknown", "impossible", "done")
FLAW = "product.flaw"
# What is presumed of an incident or a flaw, and can hide a duty: facts whose names begin so, by kind of case.
HIDING = {"incident": "incident.", "product": "product.flaw_exploited"}


@dataclass(frozen=True)
class Owed:
    """One duty of one entity.

    Attributes:
        entry: id of the incident or product in the map; `title` its name.
        holder: id of the entity that owes it.
        duty: what is owed, to whom, until when.
        started: when its term starts: an instant or a day; None if the fact is not known or there is no term.
        means: what the duty takes, in the words of the vocabulary.
    """

    entry: str
    title: str
    holder: str
    pack: str
    pack_title: str
    duty: Duty
    means: str
    started: Value | None


@dataclass(frozen=True)
class Clock:
    """All that is owed after some incidents and flaws of a map.

    Attributes:
        owed: soonest first; those without a figure, or whose start is not known, after the others.
        undecided: packs that reach an entry and cannot tell, not modelled or read too long ago: (entry, pack, outcome).
        no_pack: touched places whose law no pack holds, by entry.
    """

    entries: tuple[str, ...]
    owed: tuple[Owed, ...]
    undecided: tuple[tuple[str, str, str], ...]
    no_pack: tuple[tuple[str, str], ...]


def clock(check: Check, only: Collection[str] = ()) -> Clock:
    """What is owed after the incidents and flaws of a decided map.

    Args:
        check: the map, decided.
        only: ids of entries; none: every incident, and every product with a known flaw.
    """
    found = [f for f in check.flows if (f.flow.id in only if only else has_clock(check, f.flow))]
    owed: dict[tuple[str, str, str], Owed] = {}
    for entry in found:
        for number, decision in enumerate(entry.decisions):
            for item in _owed(check, entry.flow, number, decision):
                key = (item.entry, item.holder, item.duty.clause)
                if key not in owed or _order(item) < _order(owed[key]):
                    owed[key] = item
    return Clock(
        entries=tuple(sorted(f.flow.id for f in found)),
        owed=tuple(sorted(owed.values(), key=_order)),
        undecided=tuple(sorted({u for f in found for d in f.decisions for u in _undecided(f.flow.id, d)})),
        no_pack=tuple(sorted({(f.flow.id, place) for f in found for place in f.no_pack})),
    )


def has_clock(check: Check, flow: Flow) -> bool:
    """Whether something is owed after an entry: an incident, or a product with a known flaw."""
    if flow.section == "incidents":
        return True
    return flow.section == "products" and any(
        Facts(check.program.vocabulary, c).value(FLAW) is True for c in flow.cases
    )


def _owed(check: Check, flow: Flow, number: int, decision: Decision) -> Iterator[Owed]:
    """The duties of one case, and those that only a presumption which can hide a duty keeps away."""
    facts = Facts(check.program.vocabulary, flow.cases[number])
    known = {duty.clause for pack in decision.packs for duty in pack.duties if duty.state != "none"}
    for pack in decision.packs:
        for duty in pack.duties:
            if duty.state in OWED:
                yield _said(check, flow, number, pack, duty, facts)
    for pack in _unpresumed(check, flow.cases[number]).packs:
        for duty in pack.duties:
            if duty.clause not in known and duty.state in ("open", "unknown"):
                yield _said(check, flow, number, pack, replace(duty, state="unknown"), facts)


def _unpresumed(check: Check, case: Case) -> Decision:
    """The decision with nothing presumed of the incident or flaw itself that could hide a duty."""
    hiding = {f.id for f in check.program.vocabulary.facts if f.hides == "worse" and f.id.startswith(HIDING[case.kind])}
    return decide(check.program, replace(case, unknown=case.unknown | (hiding - case.facts.keys())), why=False)


def _said(check: Check, flow: Flow, number: int, pack: PackDecision, duty: Duty, facts: Facts) -> Owed:
    return Owed(
        entry=flow.id,
        title=flow.title,
        holder=flow.parts[number].holder,
        pack=pack.pack,
        pack_title=pack.title,
        duty=duty,
        means=_means(check, duty),
        started=facts.value(duty.start) if duty.start else None,
    )


def _means(check: Check, duty: Duty) -> str:
    return "the act itself" if duty.measure == THE_ACT else check.program.vocabulary.measure[duty.measure].means


def _undecided(entry: str, decision: Decision) -> list[tuple[str, str, str]]:
    def is_silent(pack: PackDecision) -> bool:
        return pack.counts and pack.outcome in ("not-modelled", "stale-pack")

    return [(entry, pack.pack, pack.outcome) for pack in decision.packs if is_silent(pack)]


def _order(owed: Owed) -> tuple[bool, bool, str, str, str]:
    """What is done stands last, what has an instant first; then by instant."""
    return owed.duty.state == "done", not owed.duty.due_at, owed.duty.due_at, owed.pack, owed.duty.clause
