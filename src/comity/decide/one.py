"""The reference interpreter: slow, obvious, with a full trace. Where another evaluator differs, this one is right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from comity.case import Case, Facts
from comity.condition import tree as t
from comity.decide import verdict
from comity.decide.findings import ClauseFinding, Findings, PackFinding
from comity.decide.verdict import Bound
from comity.errors import UnsupportedError
from comity.facts import Members, Owner, Places, Range, Row, Tri, Value, Vocabulary
from comity.pack.program import Clause, Pack, Program


@dataclass(slots=True)
class Step:
    """One node of a condition as it was evaluated, with the facts it read."""

    condition: t.Condition
    value: Tri
    read: tuple[tuple[str, Value | None], ...] = ()
    parts: tuple[Step, ...] = ()


@dataclass(slots=True)
class Trace:
    """The steps of every condition evaluated: scopes by pack id, clauses by clause id."""

    scopes: dict[str, Step] = field(default_factory=dict)
    clauses: dict[str, Step] = field(default_factory=dict)


@dataclass(slots=True)
class Context:
    """What a condition is evaluated against.

    Attributes:
        seen: steps by the identity of their condition: what stands in many clauses is evaluated once.
    """

    facts: Facts
    groups: dict[str, tuple[Row, ...]]
    day: dt.date
    bound: str | None = None
    seen: dict[int, Step] = field(default_factory=dict)

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the facts."""
        return self.facts.vocabulary


def find(
    program: Program,
    case: Case,
    *,
    presume: bool = True,
    withhold: frozenset[str] = frozenset(),
    trace: Trace | None = None,
) -> Findings:
    """Evaluate a case under every pack of a program.

    Args:
        program: the packs.
        case: the question.
        presume: whether presumptions are made.
        withhold: facts for which none is made all the same.
        trace: filled with the steps, where given.
    """
    facts = Facts(program.vocabulary, case, presume, withhold)
    packs = tuple(find_pack(pack, facts, trace) for pack in program.packs)
    counted = [f.bound for pack, f in zip(program.packs, packs, strict=True) if pack.counts(case.kind)]
    return Findings(packs, verdict.greatest(counted))


def find_pack(pack: Pack, facts: Facts, trace: Trace | None = None) -> PackFinding:
    """Evaluate a case under one pack."""
    case = facts.case
    context = Context(facts, pack.group, case.day)
    step = evaluate(pack.scope, context)
    if trace is not None:
        trace.scopes[pack.id] = step
    scope = step.value
    covered, stale = pack.covers_case(case.kind, case.day), pack.stale_on(case.day)
    if scope is False or not covered:
        return PackFinding(pack.id, scope, covered, stale, (), verdict.pack(scope, covered, verdict.FREE))
    bounds: dict[str, Bound] = {}
    found: list[ClauseFinding] = []
    counted: list[Bound] = []
    for clause in pack.clauses:
        if case.kind not in clause.kinds or not clause.holds_on(case.day):
            continue
        step = evaluate(clause.when, context)
        if trace is not None:
            trace.clauses[clause.id] = step
        bound = settle(clause, step.value, case, bounds)
        bounds[clause.id] = bound
        found.append(ClauseFinding(clause.id, step.value, bound))
        if clause.effect == "forbids" or (clause.effect == "requires" and case.kind == "incident"):
            counted.append(bound)
    said = facts.value("flow.done") if "flow.done" in facts.vocabulary.fact else False
    inner = verdict.done(verdict.greatest(counted), said if isinstance(said, bool) else None)
    return PackFinding(pack.id, scope, covered, stale, tuple(found), verdict.pack(scope, not stale, inner))


def settle(clause: Clause, when: Tri, case: Case, bounds: dict[str, Bound]) -> Bound:
    """The bound of one clause, given those of the clauses that lift it."""
    excuses = [bounds[e] for e in clause.excused_by if e in bounds]
    states = [case.measures.get(m, "not-yet") for m in clause.needs]
    if clause.effect == "excuses":
        return verdict.lifted(verdict.excuse(when, verdict.needs(states)), excuses)
    if clause.effect == "forbids":
        return verdict.ban(when, verdict.needs(states) if clause.needs else None, excuses)
    state = "in-place" if clause.measure == "the-act" else case.measures.get(clause.measure, "not-yet")
    return verdict.duty(when, state, excuses)


# --- conditions


def evaluate(condition: t.Condition, context: Context) -> Step:
    """Evaluate a condition; every part is evaluated, so that the trace is whole."""
    step = context.seen.get(id(condition))
    if step is None:
        step = context.seen[id(condition)] = OPS[type(condition)](condition, context)
    return step


def _const(c: t.Const, _: Context) -> Step:
    return Step(c, c.value)


def conjunction(values: list[Tri]) -> Tri:
    """Kleene's and."""
    return False if False in values else None if None in values else True


def disjunction(values: list[Tri]) -> Tri:
    """Kleene's or."""
    return True if True in values else None if None in values else False


def negation(value: Tri) -> Tri:
    """Kleene's not."""
    return None if value is None else not value


def _and(c: t.And, context: Context) -> Step:
    parts = tuple(evaluate(p, context) for p in c.parts)
    return Step(c, conjunction([p.value for p in parts]), (), parts)


def _or(c: t.Or, context: Context) -> Step:
    parts = tuple(evaluate(p, context) for p in c.parts)
    return Step(c, disjunction([p.value for p in parts]), (), parts)


def _not(c: t.Not, context: Context) -> Step:
    part = evaluate(c.part, context)
    return Step(c, negation(part.value), (), (part,))


def _read(c: t.Condition, context: Context, names: tuple[str, ...], judge: Callable[..., Tri]) -> Step:
    """An atom over facts; unknown where one of them is."""
    values = [context.facts.value(n) for n in names]
    value = None if any(v is None for v in values) else judge(*values)
    return Step(c, value, tuple(zip(names, values, strict=True)))


def _is_true(c: t.IsTrue, context: Context) -> Step:
    return _read(c, context, (c.fact,), lambda value: value is True)


def _count_is(c: t.CountIs, context: Context) -> Step:
    return _read(c, context, (c.fact,), lambda value: compare(value, c.op, c.number))


def _counts_are(c: t.CountsAre, context: Context) -> Step:
    return _read(c, context, (c.left, c.right), lambda left, right: compare(left, c.op, right))


def ends(value: int | Range) -> tuple[int, int | None]:
    """Lowest and highest value of a count; None has no end."""
    return (value.low, value.high) if isinstance(value, Range) else (value, value)


def compare(left: int | Range, op: str, right: int | Range) -> Tri:
    """Compare two counts that may be ranges; unknown where the ranges leave it open."""
    (a, b), (c, d) = ends(left), ends(right)
    if op == "==":
        if a == b == c == d:
            return True
        apart = (b is not None and b < c) or (d is not None and d < a)
        return False if apart else None
    if op in (">", "<="):
        above = False if (b is not None and b <= c) else True if (d is not None and a > d) else None
        return above if op == ">" else negation(above)
    below = False if (d is not None and d <= a) else True if (b is not None and b < c) else None
    return below if op == "<" else negation(below)


def _one_of(c: t.OneOf, context: Context) -> Step:
    return _read(c, context, (c.fact,), lambda value: value in c.values)


def _has(c: t.Has, context: Context) -> Step:
    def judge(value: Members) -> Tri:
        return True if c.member in value.yes else None if c.member in value.open else False

    return _read(c, context, (c.fact,), judge)


def in_rows(place: str, rows: tuple[Row, ...], context: Context) -> Tri:
    """Whether a place lies in a group; unknown where only a part of it does."""
    members = {r.place for r in rows if r.holds_on(context.day)}
    if members & context.vocabulary.above[place]:
        return True
    return None if members & context.vocabulary.below[place] else False


def _in_group(c: t.InGroup, context: Context) -> Step:
    return _read(c, context, (c.fact,), lambda place: in_rows(place, context.groups[c.group], context))


def _same_place(c: t.SamePlace, context: Context) -> Step:
    def judge(left: str, right: str) -> Tri:
        if left == right:
            return True
        above = context.vocabulary.above
        return None if left in above[right] or right in above[left] else False

    return _read(c, context, (c.left, c.right), judge)


def _in_places(c: t.InPlaces, context: Context) -> Step:
    def judge(place: str, places: Places) -> Tri:
        inside = in_rows(place, tuple(Row(p) for p in places.members), context)
        return None if inside is False and not places.complete else inside

    return _read(c, context, (c.fact, c.places), judge)


def _bound_in(c: t.BoundIn, context: Context) -> Step:
    place = context.bound or ""
    return Step(c, in_rows(place, context.groups[c.group], context), (("p", place),))


def _over(c: t.AnyPlace | t.AllPlaces, context: Context) -> tuple[tuple[Step, ...], list[Tri], Places | None]:
    places = context.facts.value(c.fact)
    if not isinstance(places, Places):
        return (), [None], None
    bound = [Context(context.facts, context.groups, context.day, place) for place in sorted(places.members)]
    steps = [evaluate(c.body, each) for each in bound]
    values = [s.value for s in steps] + ([] if places.complete else [None])
    return tuple(steps), values, places


def _any_place(c: t.AnyPlace, context: Context) -> Step:
    steps, values, places = _over(c, context)
    return Step(c, disjunction(values), ((c.fact, places),), steps)


def _all_places(c: t.AllPlaces, context: Context) -> Step:
    steps, values, places = _over(c, context)
    return Step(c, conjunction(values), ((c.fact, places),), steps)


def to_day(value: dt.date | dt.datetime) -> dt.date:
    """The calendar day of a day or an instant (UTC)."""
    return value.date() if isinstance(value, dt.datetime) else value


def _day_is(c: t.DayIs, context: Context) -> Step:
    return _read(c, context, (c.fact,), lambda value: compare(to_day(value).toordinal(), c.op, c.day.toordinal()))


def _days_between(c: t.DaysBetween, context: Context) -> Step:
    return _read(c, context, (c.start, c.end), lambda a, b: compare((to_day(b) - to_day(a)).days, c.op, c.number))


def owned(owners: tuple[Owner, ...], rows: tuple[Row, ...], context: Context) -> tuple[float, float]:
    """Percent owned by a group, lowest and highest, multiplied along the chain."""
    low, high = 0.0, float(max(0, 100 - sum(o.percent for o in owners)))
    for owner in owners:
        inside = None if owner.place is None else in_rows(owner.place, rows, context)
        if inside is True:
            low, high = low + owner.percent, high + owner.percent
        elif owner.owners:
            inner = owned(owner.owners, rows, context)
            is_open = owner.place is not None and inside is None  # a coarse place: perhaps it is in the group itself
            low += owner.percent * inner[0] / 100
            high += owner.percent if is_open else owner.percent * inner[1] / 100
        elif inside is None:
            high += owner.percent
    return low, high


def cascades(owners: tuple[Owner, ...], rows: tuple[Row, ...], percent: int, context: Context) -> Tri:
    """Whether a group owns at least `percent`, where an owner that it so owns counts whole."""
    low, high = 0, max(0, 100 - sum(o.percent for o in owners))
    for owner in owners:
        inside = None if owner.place is None else in_rows(owner.place, rows, context)
        if inside is not True and owner.owners:
            below = cascades(owner.owners, rows, percent, context)
            inside = below if owner.place is None else disjunction([below, inside])
        low += owner.percent if inside is True else 0
        high += owner.percent if inside is not False else 0
    return True if low >= percent else None if high >= percent else False


def _share_is(c: t.ShareIs, context: Context) -> Step:
    def judge(owners: tuple[Owner, ...]) -> Tri:
        low, high = owned(owners, context.groups[c.group], context)
        return compare_share(low, high, c.op, c.percent)

    return _read(c, context, (c.fact,), judge)


def compare_share(low: float, high: float, op: str, percent: int) -> Tri:
    """Compare an interval of percent, in thousandths so that products of percents stay exact enough."""
    exact = Range(round(low * 1000), round(high * 1000))
    return compare(exact if exact.low != exact.high else exact.low, op, percent * 1000)


def _cascades(c: t.Cascades, context: Context) -> Step:
    return _read(c, context, (c.fact,), lambda owners: cascades(owners, context.groups[c.group], c.percent, context))


OPS: dict[type, Callable[[Any, Context], Step]] = {
    t.Const: _const,
    t.And: _and,
    t.Or: _or,
    t.Not: _not,
    t.IsTrue: _is_true,
    t.CountIs: _count_is,
    t.CountsAre: _counts_are,
    t.OneOf: _one_of,
    t.Has: _has,
    t.InGroup: _in_group,
    t.SamePlace: _same_place,
    t.InPlaces: _in_places,
    t.BoundIn: _bound_in,
    t.AnyPlace: _any_place,
    t.AllPlaces: _all_places,
    t.DayIs: _day_is,
    t.DaysBetween: _days_between,
    t.ShareIs: _share_is,
    t.Cascades: _cascades,
}
if set(OPS) != set(t.KINDS):
    raise UnsupportedError("one.py has no rule for " + ", ".join(sorted(k.__name__ for k in set(t.KINDS) - set(OPS))))
