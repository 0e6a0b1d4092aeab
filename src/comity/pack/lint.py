"""What is no error in a pack and yet is most likely a mistake: warnings, each with its reason."""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from comity.condition import tree as t
from comity.condition.operand import COMPARE
from comity.errors import InputError, Problem, Problems, Span
from comity.facts import Range, Tri, Vocabulary
from comity.pack.cases import WorkedCase, read_cases
from comity.pack.program import Clause, Pack
from comity.pack.read import PackReader
from comity.pack.tables import TableRow


@dataclass(frozen=True)
class Examined:
    """What the worked cases of a pack showed.

    Attributes:
        agreeing: names of the cases that come out as expected.
        reached: full ids of the clauses that speak in a case; excuses where also something that they lift does.
    """

    agreeing: frozenset[str]
    reached: frozenset[str]


@dataclass(frozen=True)
class IdleThing:
    """Something of a pack that makes a difference in no case.

    Attributes:
        clause: the clause, or the term, in which it stands.
        what: never-decides (a ban or duty), never-open (an excuse), never-reached (a threshold), or implied (a part
            of a condition that follows from the other parts).
        part: the threshold or the part, as it is written once terms are put in.
        whole: the conjunction or disjunction in which it stands.
    """

    what: str
    clause: str
    part: str = ""
    whole: str = ""


@dataclass(frozen=True)
class Idle:
    """What of a pack makes a difference in no case, and of what that was not settled in time."""

    things: tuple[IdleThing, ...]
    open: tuple[IdleThing, ...] = ()


Exam = Callable[[Pack, Sequence[WorkedCase]], Examined]
FindIdle = Callable[[Pack, Mapping[str, t.Condition]], Idle]


def lint_folder(
    folder: Path, vocabulary: Vocabulary, exam: Exam | None = None, find_idle: FindIdle | None = None
) -> list[Problem]:
    """Read a pack with its worked cases: every problem, and if there is none every warning.

    Args:
        folder: the pack's.
        vocabulary: what its names may mean.
        exam: decides the worked cases.
        find_idle: finds what makes a difference in no case, given the pack and its terms; it takes a solver.
    """
    problems = Problems()
    reader = PackReader(folder, vocabulary, problems)
    pack = reader.read()
    cases = read_cases(folder, pack, vocabulary, problems)
    if problems.found:
        return list(InputError(problems.found).problems)
    examined = exam(pack, cases) if exam else None
    terms = {name: term.condition for name, term in reader.names.checked.items() if term.condition is not None}
    idle = find_idle(pack, terms) if find_idle else None
    spans = reader.spans | {name: expr.span for name, expr in reader.names.terms.items() if expr is not None}
    return lint_pack(pack, cases, spans=spans, rows=reader.rows, examined=examined, idle=idle)


def lint_pack(
    pack: Pack,
    cases: Iterable[WorkedCase],
    *,
    spans: Mapping[str, Span] | None = None,
    rows: Iterable[TableRow] = (),
    examined: Examined | None = None,
    idle: Idle | None = None,
) -> list[Problem]:
    """Warnings about a pack.

    Args:
        pack: the pack.
        cases: its worked cases.
        spans: where clauses, totals and tables stand; without them only the pack is named.
        rows: the rows of its tables as they were written.
        examined: what its worked cases showed, where they were decided.
        idle: what of it makes a difference in no case, where that was asked.
    """
    linter = _Linter(pack, tuple(cases), spans or {})
    if examined is not None:
        linter.known_misses(examined.agreeing)
        linter.unreached(examined.reached)
    if idle is not None:
        linter.idle(idle)
    linter.rows(rows)
    for clause in pack.clauses:
        linter.clause(clause)
    linter.tables()
    linter.thresholds()
    return sorted(linter.found, key=lambda p: (p.span.file, p.span.line, p.span.column, p.code, p.message))


class _Linter:
    def __init__(self, pack: Pack, cases: tuple[WorkedCase, ...], spans: Mapping[str, Span]) -> None:
        self.pack = pack
        self.cases = cases
        self.spans = spans
        self.found: list[Problem] = []

    def warn(self, problem: Problem) -> None:
        self.found.append(problem)

    def span(self, id_: str) -> Span:
        return self.spans.get(id_, Span(f"packs/{self.pack.id}"))

    def known_misses(self, agreeing: Collection[str]) -> None:
        for worked in self.cases:
            if worked.known and worked.name in agreeing:
                message = f"`{worked.name}` is marked as a known miss, and agrees"
                help_ = "delete its `known`"
                self.warn(Problem("known-but-agrees", message, worked.span, worked.name, help_, "warning"))

    def unreached(self, reached: Collection[str]) -> None:
        for clause in self.pack.clauses:
            if clause.id not in reached:
                message = "no worked case reaches the clause"
                help_ = "add a case in which its condition holds" + (
                    " and what it lifts speaks" if clause.effect == "excuses" else ""
                )
                context = f"{clause.id}, {clause.cite}"
                self.warn(Problem("unreached-clause", message, self.span(clause.id), context, help_, "warning"))

    def rows(self, rows: Iterable[TableRow]) -> None:
        for row in rows:
            if not row.source:
                message = f"the row `{row.place}` of the table `{row.table}` names no source"
                help_ = "add `source:` with an id from pack.yaml"
                self.warn(Problem("row-without-source", message, row.span, self.pack.id, help_, "warning"))

    # --- what makes a difference in no case

    def idle(self, idle: Idle) -> None:
        for thing in idle.things:
            if not self._is_told_elsewhere(thing):
                self._idle(thing)
        for clause in dict.fromkeys(thing.clause for thing in idle.open):
            unsettled = [thing for thing in idle.open if thing.clause == clause]
            about = f"`{unsettled[0].part}`" if unsettled[0].part else "the clause"
            more = f" (and {len(unsettled) - 1} more about it)" if len(unsettled) > 1 else ""
            message = f"it was not settled in time whether {about} makes a difference in any case{more}"
            span, context = self.span(clause), self._place(unsettled[0])
            self.warn(Problem("not-settled", message, span, context, "", "warning"))

    def _idle(self, thing: IdleThing) -> None:
        span, context = self.span(thing.clause), self._place(thing)
        match thing.what:
            case "never-decides":
                word = "forbids nothing" if self.pack.clause[thing.clause].effect == "forbids" else "asks for nothing"
                message, help_ = f"the clause {word} in any case", "its condition never holds, or it is always lifted"
                self.warn(Problem("never-decides", message, span, context, help_, "warning"))
            case "never-open":
                message = "the excuse is open in no case in which something speaks that it lifts"
                help_ = "its condition never holds, or only where what it lifts is silent"
                self.warn(Problem("never-open", message, span, context, help_, "warning"))
            case "never-reached":
                message = f"the threshold `{thing.part}` makes a difference in no case"
                help_ = "another part of the condition settles it, or no count lies on its other side"
                self.warn(Problem("never-reached", message, span, context, help_, "warning"))
            case _:
                message = f"`{thing.part}` makes a difference in no case beside the other parts of its condition"
                self.warn(Problem("implied", message, span, context, "leave it out, or correct it", "warning"))

    def _place(self, thing: IdleThing) -> str:
        clause = self.pack.clause.get(thing.clause)
        return f"{clause.id}, {clause.cite}" if clause is not None else f"{self.pack.id}, term {thing.clause}"

    def _is_told_elsewhere(self, thing: IdleThing) -> bool:
        """Whether a warning of its own says why: the condition is false, or an excuse asks for nothing."""
        clause = self.pack.clause.get(thing.clause)
        if clause is None or thing.part:
            return False
        return clause.when == t.FALSE or any(_is_bare(self.pack.clause[id_]) for id_ in clause.excused_by)

    # --- clauses

    def clause(self, clause: Clause) -> None:
        span, context = self.span(clause.id), f"{clause.id}, {clause.cite}"
        if not clause.source:
            message, help_ = "the clause names no source", "add `source:` with an id from pack.yaml"
            self.warn(Problem("missing-source", message, span, context, help_, "warning"))
        if not self._is_ever_in_force(clause):
            message, help_ = "the clause is never in force", "its days or kinds lie outside `covers`"
            self.warn(Problem("never-in-force", message, span, context, help_, "warning"))
        if clause.when == t.FALSE:
            message = "the condition is always false"
            self.warn(Problem("always-false", message, span, context, "", "warning"))
        about_recipient = sorted(f for f in t.facts_of(clause.when) if f.startswith("recipient."))
        if clause.kinds == ("incident",) and about_recipient:
            message, help_ = (
                f"an incident has no recipient, yet `{about_recipient[0]}` is asked",
                "ask the holder's facts",
            )
            self.warn(Problem("recipient-in-incident", message, span, context, help_, "warning"))
        if clause.effect == "requires" and clause.within and not clause.start:
            message, help_ = f"`within: {clause.within}` runs from no day", "add `from:`"
            self.warn(Problem("term-without-start", message, span, context, help_, "warning"))
        if clause.effect == "requires" and clause.kinds == ("incident",) and not clause.addressee:
            message, help_ = "nobody is named to whom the duty is owed", "add `to:`, such as `to: the persons touched`"
            self.warn(Problem("missing-addressee", message, span, context, help_, "warning"))
        if clause.effect == "excuses":
            self._excuse(clause, span, context)
        self._complements(clause)

    def _is_ever_in_force(self, clause: Clause) -> bool:
        covers = self.pack.covers
        return any(
            not set(c.kinds).isdisjoint(clause.kinds)
            and _overlap((c.first_day, c.last_day), (clause.first_day, clause.last_day))
            for c in covers
        )

    def _excuse(self, excuse: Clause, span: Span, context: str) -> None:
        for target in (self.pack.clause[id_] for id_ in excuse.excuses):
            short = target.id.rsplit("/", 1)[1]
            meets = _overlap((excuse.first_day, excuse.last_day), (target.first_day, target.last_day))
            if not meets or set(excuse.kinds).isdisjoint(target.kinds):
                message, help_ = f"the excuse never meets `{short}`", "they share no kind of case, or no day"
                self.warn(Problem("excuse-misses", message, span, context, help_, "warning"))
            elif target.effect == "forbids" and _is_bare(excuse):
                message = f"the excuse lifts `{short}` always, so that the ban is void"
                help_ = "say under `when` or `needs` on what it depends"
                self.warn(Problem("void-ban", message, span, context, help_, "warning"))

    def _complements(self, target: Clause) -> None:
        """Kleene sees both perhaps closed where the condition that tells them apart is unknown."""
        excuses = [self.pack.clause[id_] for id_ in target.excused_by]
        for one, two in itertools.combinations(excuses, 2):
            if not _are_complements(one.when, two.when):
                continue
            first, second = (c.id.rsplit("/", 1)[1] for c in (one, two))
            short = target.id.rsplit("/", 1)[1]
            message = f"`{first}` and `{second}` lift `{short}` under complementary conditions"
            help_ = "where the fact is unknown both are perhaps closed: let one of them ask nothing"
            context = f"{two.id}, {two.cite}"
            self.warn(Problem("complementary-excuses", message, self.span(two.id), context, help_, "warning"))

    # --- tables and thresholds

    def _conditions(self) -> Iterator[tuple[str, t.Condition]]:
        yield self.pack.id, self.pack.scope
        yield from ((c.id, c.when) for c in self.pack.clauses)
        yield from ((total.id, total.where) for total in self.pack.totals)

    def tables(self) -> None:
        used = {group.partition("#")[0] for _, c in self._conditions() for group in t.groups_of(c)}
        for name in sorted({group.partition("#")[0] for group, _ in self.pack.groups} - used):
            message = f"the table `{name}` is used nowhere"
            self.warn(Problem("unused-table", message, self.span(name), self.pack.id, "", "warning"))

    def thresholds(self) -> None:
        seen: set[t.Condition] = set()
        for id_, condition in self._conditions():
            for node in t.walk(condition):
                if isinstance(node, t.CountIs) and node not in seen:
                    seen.add(node)
                    self._threshold(id_, node)

    def _threshold(self, id_: str, node: t.CountIs) -> None:
        sides = {_side(w.case.totals.get(node.fact, w.case.facts.get(node.fact)), node) for w in self.cases}
        lacking = [word for side, word in ((True, "where it holds"), (False, "where it does not")) if side not in sides]
        if lacking:
            message = f"no worked case lies on the side of `{t.to_text(node)}` {' nor '.join(lacking)}"
            help_ = "each threshold has a case on both sides, and one on the exact figure"
            context = (
                id_ if id_ == self.pack.id or id_ not in self.pack.clause else f"{id_}, {self.pack.clause[id_].cite}"
            )
            self.warn(Problem("untested-threshold", message, self.span(id_), context, help_, "warning"))


def _is_bare(excuse: Clause) -> bool:
    """Whether an excuse lifts always, whatever the case."""
    return excuse.when == t.TRUE and not excuse.needs and not excuse.excused_by


def _overlap(one: tuple[dt.date | None, dt.date | None], two: tuple[dt.date | None, dt.date | None]) -> bool:
    first = max(one[0] or dt.date.min, two[0] or dt.date.min)
    return first <= min(one[1] or dt.date.max, two[1] or dt.date.max)


def _side(value: object, node: t.CountIs) -> Tri:
    """Whether a count fulfils a comparison; None where it is not known, or its range leaves it open."""
    if isinstance(value, Range):
        high = sys.maxsize if value.high is None else value.high
        if node.op == "==" and value.low <= node.number <= high:
            return None
        ends = {_side(end, node) for end in (value.low, high)}
        return ends.pop() if len(ends) == 1 else None
    return COMPARE[node.op](value, node.number) if isinstance(value, int) else None


def _are_complements(one: t.Condition, two: t.Condition) -> bool:
    """Whether two conditions differ in one part only, which one of them negates."""
    left, right = (set(c.parts) if isinstance(c, t.And) else {c} for c in (one, two))
    apart = left - right, right - left
    return all(len(part) == 1 for part in apart) and t.negate(next(iter(apart[0]))) == next(iter(apart[1]))
