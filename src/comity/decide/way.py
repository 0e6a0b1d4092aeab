"""Ways to make an entry of a map lawful: what is changed, what it takes, and the decision that it leads to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from comity.condition.tree import facts_of
from comity.decide.decision import Decision, Reason
from comity.decide.levers import CATEGORIES
from comity.facts import Places, Value, Vocabulary
from comity.pack.program import Program

# Efforts of changes that are no measure and no fact of the vocabulary: 1 a setting to 5 an approval.
SYSTEM_EFFORT, PLACE_EFFORT, RECIPIENT_EFFORT, COUNSEL_EFFORT = 3, 3, 4, 3
QUARTER_DAYS = 92  # waiting costs 1 for each quarter of a year that has begun
MAX_EFFORT = 5


@dataclass(frozen=True, order=True)
class Key:
    """What a change is, apart from the words: two entries that need the same one pay for it once.

    Attributes:
        what: measure, drop (a kind of data), fact, system, recipient, place, wait (until a day), counsel (on a place).
        id: of the measure, kind of data, fact, system, entity or place; the day.
        holder, recipient, flow: for whom; empty where it serves all.
    """

    what: str
    id: str
    holder: str = ""
    recipient: str = ""
    flow: str = ""


@dataclass(frozen=True)
class Change:
    """One change, in words.

    Attributes:
        value: of a fact: what it becomes.
        by: whose act it takes: holder, recipient, both, authority, persons.
        condition: on what it hangs that is not in the holder's hands; empty if on nothing.
        clauses: id and citation of the clauses that ask for it, or under which it helps.
    """

    key: Key
    means: str
    effort: int
    by: str
    value: Value | None = None
    condition: str = ""
    clauses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Way:
    """Changes after which every pack allows every case of the entry, as the reference decides them."""

    changes: tuple[Change, ...]
    effort: int
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class Obstacle:
    """What stands in the way whatever is changed.

    Attributes:
        reason: forbids (a clause), unknown (a clause that may speak), not-modelled, stale-pack, no-pack.
        clause: its id; of a pack or place that id.
    """

    reason: str
    pack: str
    clause: str
    cite: str
    says: str


@dataclass(frozen=True)
class Remedy:
    """The ways of one entry that is not allowed.

    Attributes:
        ways: the cheapest first; none where nothing helps.
        obstacles: where nothing helps the smallest set of clauses (packs, places) that stands in the way.
        alone: others, each of which stands in the way alone.
        is_open: whether something could not be settled in time, so that there may be more or cheaper ways.
    """

    flow: str
    title: str
    verdict: str
    ways: tuple[Way, ...]
    obstacles: tuple[Obstacle, ...] = ()
    alone: tuple[Obstacle, ...] = ()
    is_open: bool = False
    is_past: bool = False


def words(vocabulary: Vocabulary, key: Key, value: Value | None, day: dt.date) -> Change:
    """A change in words, still without the clauses."""
    match key.what:
        case "measure":
            return _measure(vocabulary, key)
        case "drop":
            means = _category(vocabulary, key.id)
            return Change(key, f"leave out data of the kind `{key.id}` ({means})", _fact_effort(vocabulary), "holder")
        case "fact":
            fact = vocabulary.fact[key.id]
            by = "recipient" if key.id.startswith("recipient.") else "holder"
            return Change(key, f"{fact.means}: {_plain(value)}", fact.change or MAX_EFFORT, by, value)
        case "system":
            return Change(key, f"use the system `{key.id}`", SYSTEM_EFFORT, "holder")
        case "place":
            means = f"from {vocabulary.place[key.id].name} instead"
            return Change(key, means, PLACE_EFFORT, "recipient")
        case "recipient":
            means = f"to `{key.id}` instead"
            return Change(key, means, RECIPIENT_EFFORT, "both", condition="if it can do the work as well")
        case "wait":
            effort = min(MAX_EFFORT, -(-(dt.date.fromisoformat(key.id) - day).days // QUARTER_DAYS))
            return Change(key, f"wait until {key.id}", effort, "holder", condition="if nothing else changes by then")
    place = vocabulary.place[key.id].name
    return Change(
        key, f"ask named counsel about the law of {place}, which no pack holds", COUNSEL_EFFORT, "holder",
        condition="if counsel finds that it is allowed",
    )  # fmt: skip


def _measure(vocabulary: Vocabulary, key: Key) -> Change:
    measure = vocabulary.measure[key.id]
    conditions = []
    if key.id.endswith("-assessment"):
        conditions.append("if its result is favourable")
    if measure.decides:
        term = f": {measure.takes}" if measure.takes else ""
        conditions.append(f"if it is approved; {measure.decides} decides{term}")
    elif measure.by == "persons":
        conditions.append("if the persons give it freely")
    elif measure.by == "recipient":
        conditions.append("if the recipient does it")
    return Change(key, measure.means, measure.effort, measure.by, condition="; ".join(conditions))


def _fact_effort(vocabulary: Vocabulary) -> int:
    return vocabulary.fact[CATEGORIES].change or MAX_EFFORT


def _category(vocabulary: Vocabulary, id_: str) -> str:
    return next((entry.means for entry in vocabulary.categories if entry.id == id_), "")


def _plain(value: Value | None) -> str:
    if isinstance(value, Places):
        return "none" if not value.members else ", ".join(sorted(value.members))
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


# --- the articles


def cited(program: Program, change: Change, before: Iterable[Decision], after: Iterable[Decision]) -> tuple[str, ...]:
    """The clauses that ask for a measure, or under which another change helps; ids in the order of the packs."""
    if change.key.what == "measure":
        return tuple(dict.fromkeys(_asking(change.key.id, after)))
    return () if change.key.what == "counsel" else tuple(dict.fromkeys(_helping(program, change.key, before, after)))


def _asking(measure: str, after: Iterable[Decision]) -> Iterator[str]:
    for decision in after:
        for pack in decision.packs:
            yield from (r.clause for r in pack.reasons if any(n.measure == measure for n in r.needs))
            yield from (d.clause for d in pack.duties if d.measure == measure and decision.kind == "incident")


def _helping(program: Program, key: Key, before: Iterable[Decision], after: Iterable[Decision]) -> Iterator[str]:
    """Bans that no longer stand in the way: those that read what is changed, or the open excuses that read it."""
    fact = {"drop": CATEGORIES, "fact": key.id}.get(key.what)
    standing = {r.clause for decision in after for r in _stopping(decision)}
    for decision in before:
        for reason in _stopping(decision):
            if reason.clause in standing:
                continue
            clause = program.pack[reason.clause.rpartition("/")[0]].clause
            if fact is None or fact in facts_of(clause[reason.clause].when):
                yield reason.clause
            else:
                by = (clause[id_] for id_ in clause[reason.clause].excused_by)
                yield from (e.id for e in by if fact in facts_of(e.when) and _is_open(e.id, after))


def _stopping(decision: Decision) -> Iterator[Reason]:
    """The bans that speak, or may, and are not lifted."""
    for pack in decision.packs:
        if pack.counts:
            yield from (r for r in pack.reasons if r.effect == "forbids" and r.highest != "allowed")


def _is_open(clause: str, after: Iterable[Decision]) -> bool:
    return any(r.clause == clause for decision in after for pack in decision.packs for r in pack.reasons)
