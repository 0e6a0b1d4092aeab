"""How a decided map differs from its lock, and why: the law, the map, or the day. What can be decided anew is."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from comity.case import Flow
from comity.decide import one
from comity.decide.check import ORDER, Check, FlowDecision
from comity.decide.decision import Decision, decide
from comity.decide.part import Finder
from comity.decide.totals import with_totals
from comity.decide.turn import Turn, turns
from comity.decide.until import Later, answer_of
from comity.ledger.lock import (
    SEMANTICS,
    Digests,
    Lock,
    Locked,
    lock_of,
    pack_digests,
    vocabulary_digest,
    with_entries,
)

MAX_KEPT_DAYS = 4  # earlier days for which a map is read again when it is locked anew


@dataclass(frozen=True)
class Cause:
    """Why a verdict differs from the locked one.

    Attributes:
        what: `map`: the map says something else of the entry; `counts`: of others that are counted with it; `law`;
            `day`; `program`: Comity decides the same otherwise than the version that wrote the lock.
        packs: of the law, the packs that differ: those that reach the entry, else all.
        vocabulary: of the law, whether the words it is written in differ.
        turns: of the day, what started or ended since.
    """

    what: str
    packs: tuple[str, ...] = ()
    vocabulary: bool = False
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class Difference:
    """An entry whose verdict is not the locked one.

    Attributes:
        was: the locked verdict; empty: the entry is new.
        now: the verdict; empty: the entry is gone.
        since: the day on which the locked verdict was given; None: the entry is new.
        causes: at least one, where the entry is neither new nor gone.
    """

    entry: str
    title: str
    was: str
    now: str
    since: dt.date | None
    is_accepted: bool = False
    causes: tuple[Cause, ...] = ()

    @property
    def is_worse(self) -> bool:
        """Whether the verdict is worse than the locked one; of a new entry, whether it is not allowed."""
        return self.now != "" and ORDER.index(self.now) < ORDER.index(self.was or "allowed")


@dataclass(frozen=True)
class Drift:
    """A map compared with its lock.

    Attributes:
        file: the name of the lock.
        packs: ids of the packs that are not as locked, or are on one side only.
        vocabulary: whether the vocabulary is another one.
        program: whether Comity decides otherwise than the version that wrote the lock.
        n_same: entries whose verdict is the locked one.
    """

    file: str
    differences: tuple[Difference, ...]
    packs: tuple[str, ...]
    vocabulary: bool
    program: bool
    n_same: int


def compare(lock: Lock, check: Check, later: Later, *, file: str, find: Finder = one.find) -> Drift:
    """Compare a decided map with its lock.

    Args:
        lock: the lock.
        check: the map as it is decided.
        later: reads the map as of another day, such as that of the lock.
        file: the name of the lock.
        find: the evaluator.
    """
    found = {f.flow.id: f for f in check.flows}
    differing = [id_ for id_, f in found.items() if id_ in lock.entries and f.verdict != lock.entries[id_].verdict]
    digests = pack_digests(check.program)
    packs = tuple(sorted(id_ for id_ in {*digests, *lock.packs} if digests.get(id_) != lock.packs.get(id_)))
    vocabulary = vocabulary_digest(check.program) != lock.vocabulary
    why = _Why(lock, check, packs, vocabulary, find)
    causes: dict[str, tuple[Cause, ...]] = {}
    for day in sorted({lock.entries[id_].day for id_ in differing}):
        of_day = {id_: found[id_] for id_ in differing if lock.entries[id_].day == day}
        for id_, flow, bare in _on(check, later, day, of_day):
            causes[id_] = tuple(why.causes(found[id_], flow, bare))
    differences = [
        Difference(
            id_, f.flow.title, lock.entries[id_].verdict, f.verdict, lock.entries[id_].day, f.is_accepted, causes[id_]
        )
        for id_, f in found.items()
        if id_ in causes
    ]
    differences += [
        Difference(id_, f.flow.title, "", f.verdict, None, f.is_accepted)
        for id_, f in found.items()
        if id_ not in lock.entries
    ]
    differences += [
        Difference(id_, "", entry.verdict, "", entry.day) for id_, entry in lock.entries.items() if id_ not in found
    ]
    n_same = len(found.keys() & lock.entries.keys()) - len(differing)
    ordered = tuple(sorted(differences, key=lambda d: (not d.is_worse, d.entry)))
    return Drift(file, ordered, packs, vocabulary, lock.semantics != SEMANTICS, n_same)


def _on(check: Check, later: Later, day: dt.date, wanted: Collection[str]) -> Iterator[tuple[str, Flow, Flow]]:
    """Some entries as the map tells them for another day: with all totals, and as they were read."""
    map_ = check.map if day == check.map.day else later(day)
    bare = {flow.id: flow for flow in map_.flows}
    for flow in with_totals(check.program, map_):
        if flow.id in wanted:
            yield flow.id, flow, bare[flow.id]


class _Why:
    """Tells the causes of the entries of one map that differ from one lock."""

    def __init__(self, lock: Lock, check: Check, packs: tuple[str, ...], vocabulary: bool, find: Finder) -> None:
        self.lock, self.check, self.find = lock, check, find
        self.packs, self.vocabulary = packs, vocabulary
        self.digests = Digests(check.program.vocabulary)

    def causes(self, found: FlowDecision, then: Flow, bare: Flow) -> Iterator[Cause]:
        """Why one entry differs.

        The map as it is and the law as it is are asked about the day of the lock: what differs from the locked verdict
        there is not due to the day; what differs from the verdict of today is.

        Args:
            found: the entry as it is decided.
            then: the entry as the map tells it for the day of the lock, with its totals.
            bare: the same without the totals that were summed.
        """
        old = self.lock.entries[found.flow.id]
        program = self.check.program
        decisions = tuple(decide(program, case, find=self.find, why=False) for case in then.cases)
        on_day = answer_of(decisions).verdict
        is_other = on_day != old.verdict
        is_other_program = self.lock.semantics != SEMANTICS
        by_map = () if is_other_program else tuple(self._by_map(old, then, bare, decisions))
        law = self._law(found, decisions, is_other)
        yield from by_map
        if law is not None:
            yield law
        if is_other and (is_other_program or not (by_map or law)):
            yield Cause("program")
        if on_day != found.verdict:
            yield Cause("day", turns=turns(program, then.cases, found.flow.cases, find=self.find))

    def _by_map(self, old: Locked, then: Flow, bare: Flow, decisions: tuple[Decision, ...]) -> Iterator[Cause]:
        if self.digests.case(bare, old.day) != old.case:
            yield Cause("map")
        elif self._is_counted_alike and self.digests.counts(self.check.program, then, decisions) != old.counts:
            yield Cause("counts")

    @cached_property
    def _is_counted_alike(self) -> bool:
        """Whether the packs that count are those of the lock, so that its totals can be compared."""
        counting = {pack.id for pack in self.check.program.packs if pack.totals}
        return counting.isdisjoint(self.packs) and counting <= self.lock.packs.keys()

    def _law(self, found: FlowDecision, decisions: tuple[Decision, ...], is_other: bool) -> Cause | None:
        """The law, where a pack that reaches the entry differs, or any and the verdict on the old day is another."""
        every = (*found.decisions, *decisions)
        reaching = {p.pack for d in every for p in d.packs if p.outcome != "not-covered"}
        near = tuple(id_ for id_ in self.packs if id_ in reaching)
        if near or (is_other and (self.packs or self.vocabulary)):
            return Cause("law", near or self.packs, self.vocabulary and is_other)
        return None


# --- locking anew


def relock(check: Check, old: Lock | None, later: Later, *, find: Finder = one.find) -> Lock:
    """The lock of a decided map, with the lines of the old one where these are still true word for word.

    So two people who lock on two days change the lines of different entries only, and git merges both.

    Args:
        check: the map as it is decided.
        old: the lock that is there; None: none that can be read.
        later: reads the map as of another day.
        find: the evaluator.
    """
    new = lock_of(check)
    if old is None or old.semantics != SEMANTICS:
        return new
    is_same_law = (old.packs, old.vocabulary) == (new.packs, new.vocabulary)
    same = {
        id_: line
        for id_, line in old.entries.items()
        if id_ in new.entries and new.entries[id_].verdict == line.verdict
    }
    counted = Counter(line.day for line in same.values())
    digests = Digests(check.program.vocabulary)
    found = {f.flow.id: f for f in check.flows}

    def is_true(flow: Flow, bare: Flow, line: Locked) -> bool:
        if digests.case(bare, line.day) != line.case:
            return False
        decisions = found[flow.id].decisions
        if not is_same_law:
            decisions = tuple(decide(check.program, case, find=find, why=False) for case in flow.cases)
            if answer_of(decisions).verdict != line.verdict:
                return False
        return digests.counts(check.program, flow, decisions) == line.counts

    kept: dict[str, Locked] = {}
    for day, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MAX_KEPT_DAYS]:
        wanted = {id_ for id_, line in same.items() if line.day == day}
        for id_, flow, bare in _on(check, later, day, wanted):
            if is_true(flow, bare, same[id_]):
                kept[id_] = same[id_]
    return with_entries(new, kept)
