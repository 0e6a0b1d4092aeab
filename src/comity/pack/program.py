"""What packs become: plain frozen data for all days, which every evaluator takes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from comity.condition.tree import Condition
from comity.facts import Row, Vocabulary

EFFECTS = ("forbids", "excuses", "requires")
THE_ACT = "the-act"


@dataclass(frozen=True)
class Source:
    """Where the law was read."""

    id: str
    title: str
    url: str
    read_day: dt.date


@dataclass(frozen=True)
class Coverage:
    """Kinds of case that a pack answers, and from when to when."""

    kinds: tuple[str, ...]
    first_day: dt.date | None
    last_day: dt.date | None


@dataclass(frozen=True)
class Total:
    """How a law counts over many flows; the sum is made by intake.

    Attributes:
        id: `pack/path:name`.
        of: group or place of the people counted, or empty.
        over: the roles that a counted flow shares with the case.
        leaves_out: full ids of excuses whose satisfied flows are not counted.
    """

    id: str
    count: str
    of: str
    data: tuple[str, ...]
    without: tuple[str, ...]
    over: tuple[str, ...]
    where: Condition
    per: str
    leaves_out: tuple[str, ...]


@dataclass(frozen=True)
class Clause:
    """One provision or official reading.

    Attributes:
        id: `pack/path/clause`.
        effect: forbids, excuses or requires.
        when: the condition of any effect.
        needs: measures, all of which must be in place.
        excuses: full ids of the clauses that it lifts.
        excused_by: full ids of the clauses that lift it; derived on linking.
        measure: the duty of `requires`, or `the-act`.
        addressee: to whom the duty is owed, in a few words.
    """

    id: str
    cite: str
    says: str
    source: str
    url: str
    kinds: tuple[str, ...]
    effect: str
    when: Condition
    needs: tuple[str, ...] = ()
    excuses: tuple[str, ...] = ()
    excused_by: tuple[str, ...] = ()
    exempts: bool = False
    measure: str = ""
    within: str = ""
    start: str = ""
    act: str = ""
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    authority: str = ""
    confidence: str = "high"
    not_modelled: str = ""
    addressee: str = ""

    def holds_on(self, day: dt.date) -> bool:
        """Whether the clause is in force on a day."""
        return is_within_days(day, self.first_day, self.last_day)


@dataclass(frozen=True)
class Pack:
    """What one party lays down on one subject. Clauses stand in the order in which effects are settled.

    Attributes:
        counts_for: kinds of case whose verdict the pack moves; empty: all. A commitment that binds states stands
            beside the verdict on a company's act.
        clock: place by whose clock and public holidays terms are counted where the holder is not at home in `places`.
    """

    id: str
    title: str
    party: str
    binding: str
    places: tuple[Row, ...]
    keeper: str
    read_day: dt.date
    next_read_day: dt.date | None
    stale_after: int
    review: str
    sources: tuple[Source, ...]
    not_modelled: tuple[str, ...]
    covers: tuple[Coverage, ...]
    scope: Condition
    clauses: tuple[Clause, ...]
    totals: tuple[Total, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    counts_for: tuple[str, ...] = ()
    clock: str = ""

    def with_excuses(self, asked: Iterable[Clause]) -> tuple[Clause, ...]:
        """Some clauses with those that lift them, and those that lift these, in the order of the pack."""
        kept: set[str] = set()
        waiting = [clause.id for clause in asked]
        while waiting:
            id_ = waiting.pop()
            if id_ not in kept:
                kept.add(id_)
                waiting += self.clause[id_].excused_by
        return tuple(c for c in self.clauses if c.id in kept)

    def counts(self, kind: str) -> bool:
        """Whether what the pack says moves the verdict of a case of this kind, or only stands beside it."""
        return not self.counts_for or kind in self.counts_for

    @cached_property
    def exempting(self) -> frozenset[str]:
        """Excuses after which the answer is "exempt"."""
        return frozenset(c.id for c in self.clauses if c.exempts)

    @cached_property
    def clause(self) -> dict[str, Clause]:
        """Clauses by full id."""
        return {c.id: c for c in self.clauses}

    @cached_property
    def group(self) -> dict[str, tuple[Row, ...]]:
        """Rows by group name, of every group that a condition of the pack names."""
        return dict(self.groups)

    def covers_case(self, kind: str, day: dt.date) -> bool:
        """Whether the pack answers this kind of case on this day."""
        return any(kind in c.kinds and is_within_days(day, c.first_day, c.last_day) for c in self.covers)

    def stale_on(self, day: dt.date) -> bool:
        """Whether the law was read too long before the day."""
        return day > self.read_day + dt.timedelta(days=self.stale_after)


@dataclass(frozen=True)
class Program:
    """Packs linked over one vocabulary. `digest` names the exact content.

    Attributes:
        left_out: where packs that were not selected are at home: their law is known, and was not asked.
    """

    vocabulary: Vocabulary
    packs: tuple[Pack, ...]
    digest: str
    left_out: tuple[Row, ...] = ()

    @cached_property
    def pack(self) -> dict[str, Pack]:
        """Packs by id."""
        return {p.id: p for p in self.packs}

    @cached_property
    def totals(self) -> dict[str, tuple[str, ...]]:
        """Names of the totals by pack."""
        return {p.id: tuple(t.id.rsplit(":", 1)[1] for t in p.totals) for p in self.packs}

    def select(self, wanted: tuple[str, ...]) -> Program:
        """The program with some packs only."""
        packs = tuple(p for p in self.packs if p.id in wanted)
        left_out = tuple(row for p in self.packs if p.id not in wanted and p.binding == "law" for row in p.places)
        digest = f"{self.digest}:{','.join(sorted(wanted))}"
        return Program(self.vocabulary, packs, digest, self.left_out + left_out)


_WITHIN = re.compile(r"(\d{1,4})(h|d|wd|mo|y)")


def is_within_days(day: dt.date, first: dt.date | None, last: dt.date | None) -> bool:
    """Whether a day lies between two others, both included; None is open."""
    return (first is None or first <= day) and (last is None or day <= last)


def is_within(text: str) -> bool:
    """Whether a text is a term such as `72h`, `10wd`, `1mo` or `at-once`."""
    return text == "at-once" or _WITHIN.fullmatch(text) is not None
