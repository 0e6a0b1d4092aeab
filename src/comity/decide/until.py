"""What changes between today and a later day: for each entry of a map the days on which its answer is another one.

Nothing is foretold: adopted law and what the map says are taken as they stand, and everything with a last day ends.
Law that will have been read too long ago by then is taken as it was read, since else nothing could be said of any day
after; which answers it then leaves open is told beside.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from comity.case import Case, Facts, Flow, Map
from comity.condition import tree as t
from comity.decide import one, verdict
from comity.decide.check import ORDER, Check, FlowDecision, rank
from comity.decide.decision import Decision, Duty, decide, touched, uncovered
from comity.decide.fast import days_of_change
from comity.decide.part import Finder
from comity.decide.totals import with_totals
from comity.decide.turn import Turn, same_content, turns
from comity.decide.verdict import Bound
from comity.facts import Row
from comity.pack.program import Pack, Program

Later = Callable[[dt.date], Map]
MAX_DAYS = 400  # days on which the map is read and decided anew
OWED = ("open", "unknown", "ordered")


@dataclass(frozen=True)
class Answer:
    """The verdict of an entry with its range."""

    verdict: str
    lowest: str
    highest: str


@dataclass(frozen=True)
class Owing:
    """A duty that an entry has from some day on, and had not before."""

    clause: str
    cite: str
    says: str
    state: str


@dataclass(frozen=True)
class Change:
    """One entry on the first day on which its answer is another one, or on which it has new duties.

    Attributes:
        why: what started or ended on that day; empty where only duties are new.
    """

    entry: str
    title: str
    day: dt.date
    before: Answer
    after: Answer
    why: tuple[Turn, ...]
    duties: tuple[Owing, ...]

    @property
    def is_worse(self) -> bool:
        """Whether the verdict is a worse one than before."""
        return ORDER.index(self.after.verdict) < ORDER.index(self.before.verdict)


@dataclass(frozen=True)
class Ending:
    """An acceptance that ends: `day` is the first one without it."""

    entry: str
    title: str
    day: dt.date
    verdict: str
    who: str


@dataclass(frozen=True)
class Aging:
    """Packs whose law was read too long ago from `day` on, and the entries that they then leave undecided.

    Attributes:
        entries: those whose answer is another one unless the law is read again before.
    """

    day: dt.date
    packs: tuple[str, ...]
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Until:
    """What changes from the day after `day` to `until`.

    Attributes:
        changes, endings, agings: soonest first.
        n_entries: how many entries were looked at.
        n_days: on how many days; only on these can something change.
        last_day: up to which day everything was looked at; before `until` where there were too many days.
    """

    name: str
    day: dt.date
    until: dt.date
    changes: tuple[Change, ...]
    endings: tuple[Ending, ...]
    agings: tuple[Aging, ...]
    n_entries: int
    n_days: int
    last_day: dt.date

    @property
    def is_cut(self) -> bool:
        """Whether not all days were looked at."""
        return self.last_day < self.until


def law_days(program: Program) -> tuple[dt.date, ...]:
    """Every day on which the packs may say something else than on the day before about what is itself the same."""
    found = {day for pack in program.packs for day in days_of_change(pack)}
    rows = [row for pack in program.packs for row in pack.places]
    rows += [*program.left_out, *(row for group in program.vocabulary.groups for row in group.rows)]
    return tuple(sorted(found.union(_ends(rows))))


def _ends(rows: Iterable[Row]) -> Iterator[dt.date]:
    for row in rows:
        if row.first_day:
            yield row.first_day
        if row.last_day and row.last_day < dt.date.max:
            yield row.last_day + dt.timedelta(days=1)


def terms(program: Program) -> frozenset[int]:
    """Numbers of days between a fact and the day of the case after which some clause says something else."""
    conditions = (c for pack in program.packs for c in (pack.scope, *(clause.when for clause in pack.clauses)))
    atoms = (n for c in conditions for n in t.walk(c) if isinstance(n, t.DaysBetween))
    return frozenset(n + more for a in atoms if "day" in (a.start, a.end) for n in (a.number,) for more in (-1, 0, 1))


def unaged(program: Program, day: dt.date) -> Program:
    """The program with no pack that grows too old after a day; those that are too old on it stay so."""

    def fresh(pack: Pack) -> Pack:
        return pack if pack.stale_on(day) else replace(pack, stale_after=(dt.date.max - pack.read_day).days)

    packs = tuple(fresh(pack) for pack in program.packs)
    return Program(program.vocabulary, packs, f"{program.digest}@{day}", program.left_out)


@dataclass(slots=True)
class _State:
    """An entry as it was answered last."""

    cases: tuple[Case, ...]
    decisions: tuple[Decision, ...]
    answer: Answer
    duties: dict[str, Owing]


class _Walk:
    """The entries of a map from day to day. What says the same under the same law is not decided again."""

    def __init__(self, check: Check, finder: Callable[[Program], Finder]) -> None:
        start = check.map.day
        self.packs = check.program.packs
        self.program = unaged(check.program, start)
        self.find = finder(self.program)
        self._days = law_days(self.program)
        self._never_same = bool(terms(self.program))
        self.states: dict[str, _State] = {}
        for found in check.flows:
            is_ahead = any(case.day > start for case in found.flow.cases)
            self.states[found.flow.id] = _state(found.flow, self.decide(found.flow) if is_ahead else found.decisions)

    def decide(self, flow: Flow) -> tuple[Decision, ...]:
        """The answers to the cases of an entry."""
        return tuple(decide(self.program, case, find=self.find, why=False) for case in flow.cases)

    def step(self, day: dt.date, flow: Flow) -> Change | None:
        """An entry on the next day; None where nothing changes."""
        old = self.states[flow.id]
        if self._is_same(old.cases, flow.cases):
            old.cases = flow.cases
            return None
        new = self.states[flow.id] = _state(flow, self.decide(flow))
        duties = tuple(d for clause, d in sorted(new.duties.items()) if clause not in old.duties)
        if old.answer == new.answer and not duties:
            return None
        why: tuple[Turn, ...] = ()
        if old.answer != new.answer:
            eve = tuple(_on_eve(case, now) for case, now in zip(old.cases, flow.cases, strict=False))
            why = turns(self.program, eve, flow.cases, find=self.find)
        return Change(flow.id, flow.title, day, old.answer, new.answer, why, duties)

    def aging(self, day: dt.date) -> Aging | None:
        """The packs that grow too old on a day, with what they then leave undecided."""
        eve = day - dt.timedelta(days=1)
        aged = tuple(pack.id for pack in self.packs if pack.stale_on(day) and not pack.stale_on(eve))
        if not aged:
            return None
        before = frozenset(pack.id for pack in self.packs if pack.stale_on(eve))
        now = before.union(aged)
        hit = (id_ for id_, s in self.states.items() if self._aged(s, day, before) != self._aged(s, day, now))
        return Aging(day, aged, tuple(sorted(hit)))

    def _aged(self, state: _State, day: dt.date, stale: frozenset[str]) -> Bound:
        """The bound of an entry where some packs are too old to decide what is judged on that day."""
        return verdict.greatest(
            bound
            for case, decision in zip(state.cases, state.decisions, strict=True)
            for bound in self._bounds(case, decision, stale if case.day == day else frozenset())
        )

    def _bounds(self, case: Case, decision: Decision, stale: frozenset[str]) -> Iterator[Bound]:
        for pack in decision.packs:
            if pack.counts:
                is_open = pack.pack in stale and pack.outcome != "not-covered"
                yield verdict.ANYTHING if is_open else (rank(pack.lowest), rank(pack.highest))
        for place in uncovered(self.program, touched(Facts(self.program.vocabulary, case))[0], case.day):
            spoken = rank(case.opinions[place]) if place in case.opinions else None
            yield verdict.ANYTHING if spoken is None else (spoken, spoken)

    def _is_same(self, old: tuple[Case, ...], new: tuple[Case, ...]) -> bool:
        if len(old) != len(new):
            return False
        return all(
            same_content(a, b) and (a.day == b.day or self._epoch(a.day) == self._epoch(b.day))
            for a, b in zip(old, new, strict=True)
        )

    def _epoch(self, day: dt.date) -> object:
        return day if self._never_same else bisect_right(self._days, day)


def _on_eve(case: Case, now: Case) -> Case:
    """A case on the day before another one: what it says was the same all the time in between."""
    return replace(case, day=now.day - dt.timedelta(days=1)) if case.day < now.day else case


def answer_of(decisions: Iterable[Decision]) -> Answer:
    """The answer to an entry whose cases are decided: the greatest of all."""
    bound = verdict.greatest((rank(d.lowest), rank(d.highest)) for d in decisions)
    return Answer(verdict.word(bound), verdict.WORDS[bound[0]], verdict.WORDS[bound[1]])


def _state(flow: Flow, decisions: tuple[Decision, ...]) -> _State:
    owed: dict[str, Duty] = {d.clause: d for x in decisions for p in x.packs for d in p.duties if d.state in OWED}
    duties = {d.clause: Owing(d.clause, d.cite, d.says, d.state) for d in owed.values()}
    return _State(flow.cases, decisions, answer_of(decisions), duties)


def _reference(_: Program) -> Finder:
    return one.find


def changes_until(
    check: Check,
    until: dt.date,
    later: Later,
    days: Iterable[dt.date] = (),
    *,
    finder: Callable[[Program], Finder] = _reference,
    max_days: int = MAX_DAYS,
    progress: Callable[[int, int], None] | None = None,
) -> Until:
    """Follow every entry of a decided map from its day to a later one.

    Only the days are looked at on which something starts or ends; between two of them nothing can change.

    Args:
        check: the map as it is decided on the first day.
        until: the last day that is looked at.
        later: reads the map as of another day.
        days: on which what the map says may be otherwise than on the day before.
        finder: the evaluator for a program.
        max_days: how many days are looked at, the soonest first.
        progress: called with (done, all) after each day.
    """
    start = check.map.day
    walk = _Walk(check, finder)
    found = sorted({day for day in (*law_days(check.program), *law_days(walk.program), *days) if start < day <= until})
    looked = found[:max_days]
    changes: list[Change | None] = []
    agings: list[Aging | None] = []
    for number, day in enumerate(looked, 1):
        changes += [walk.step(day, flow) for flow in with_totals(check.program, later(day))]
        agings.append(walk.aging(day))
        if progress is not None:
            progress(number, len(looked))
    last = found[max_days] - dt.timedelta(days=1) if len(found) > max_days else until
    return Until(
        name=check.map.name,
        day=start,
        until=until,
        changes=tuple(sorted((c for c in changes if c is not None), key=lambda c: (c.day, c.entry))),
        endings=tuple(sorted(_endings(check.flows, start, last), key=lambda e: (e.day, e.entry))),
        agings=tuple(a for a in agings if a is not None),
        n_entries=len(check.flows),
        n_days=len(looked),
        last_day=last,
    )


def _endings(flows: Iterable[FlowDecision], start: dt.date, last: dt.date) -> Iterator[Ending]:
    """The acceptances that hold today and end by a day, whatever the verdict is then."""
    for found in flows:
        accepted = found.flow.accepted
        if found.is_accepted and accepted is not None and start <= accepted.until < last:
            end = accepted.until + dt.timedelta(days=1)
            yield Ending(found.flow.id, found.flow.title, end, accepted.verdict, accepted.who)
