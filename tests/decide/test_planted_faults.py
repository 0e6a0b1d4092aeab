"""Faults put into one evaluator on purpose: the comparison of evaluators must show each of them within a few programs.

Each row of the table of verdicts and each rule for a kind of condition is broken once in the reference and once in the
compiled program. A fault in verdict.py itself is in both alike and cannot be seen here: test_verdict.py shows those.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from comity.condition import tree as t
from comity.decide import agree, bits, emit, lower, one, verdict
from comity.decide.verdict import Bound
from comity.facts import Places

PROGRAMS, CASES = 150, 25  # within so many pairs each fault is found
Patch = pytest.MonkeyPatch

FREE, OPEN, CLOSED = verdict.FREE, verdict.OPEN, verdict.CLOSED


# --- rows of the table


def _instead(name: str, when: Callable[..., bool], answer: Callable[..., Bound]) -> dict[str, Callable[..., Bound]]:
    """A rule of the table that gives another answer for some arguments."""
    rule: Callable[..., Bound] = getattr(verdict, name)

    def broken(*args: Any) -> Bound:
        given = tuple(
            list(a) if name in ("lifted", "ban", "duty", "greatest") and not _is_bound(a) and _iterable(a) else a
            for a in args
        )
        return answer(rule(*given), *given) if when(*given) else rule(*given)

    return {name: broken}


def _is_bound(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, int) for v in value)


def _iterable(value: object) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, str)


ROWS: dict[str, dict[str, Callable[..., Bound]]] = {
    "excuse closed by its condition": _instead(
        "excuse", lambda when, need: when is False, lambda right, when, need: need
    ),
    "excuse closed by an impossible need": _instead(
        "needs", lambda states: "cannot" in states, lambda right, states: OPEN
    ),
    "excuse open": _instead("excuse", lambda when, need: when is True and need == OPEN, lambda right, when, need: FREE),
    "excuse satisfied": _instead(
        "excuse", lambda when, need: when is True and need == FREE, lambda right, when, need: OPEN
    ),
    "excuse with a need unknown": _instead(
        "needs", lambda states: "unknown" in states, lambda right, states: OPEN if right == (0, 1) else right
    ),
    "excuse with its condition unknown": _instead(
        "excuse", lambda when, need: when is None, lambda right, when, need: need
    ),
    "excuse closed by another": _instead("lifted", lambda excused, by: FREE in by, lambda right, excused, by: excused),
    "excuse perhaps closed by another": _instead(
        "lifted",
        lambda excused, by: FREE not in by and any(low == 0 for low, _ in by),
        lambda right, excused, by: excused,
    ),
    "ban false": _instead("ban", lambda when, need, by: when is False, lambda right, when, need, by: OPEN),
    "ban true, lowest": _instead("ban", lambda when, need, by: when is True, lambda right, *_: (right[1], right[1])),
    "ban true, highest": _instead(
        "ban", lambda when, need, by: when is True and len(by) > 0, lambda right, *_: (right[0], 2)
    ),
    "ban true, none to lift it": _instead(
        "ban", lambda when, need, by: when is True and need is None and not by, lambda right, *_: OPEN
    ),
    "ban unknown, lowest": _instead("ban", lambda when, need, by: when is None, lambda right, *_: (right[1], right[1])),
    "ban unknown, highest": _instead("ban", lambda when, need, by: when is None, lambda right, *_: FREE),
    "duty": _instead("duty", lambda when, state, by: state == "not-yet" and when is True, lambda right, *_: CLOSED),
    "scope false": _instead("pack", lambda scope, covered, inner: scope is False, lambda right, *_: verdict.ANYTHING),
    "scope unknown": _instead(
        "pack", lambda scope, covered, inner: scope is None and covered, lambda right, scope, covered, inner: inner
    ),
    "kind or day outside covers": _instead(
        "pack", lambda scope, covered, inner: scope is True and not covered, lambda right, *_: FREE
    ),
    "past flow": _instead("done", lambda bound, is_done: is_done is True and bound == OPEN, lambda right, *_: OPEN),
    "flow perhaps past": _instead(
        "done", lambda bound, is_done: is_done is None and bound[1] == 1, lambda right, bound, _: bound
    ),
    "the case, lowest": _instead("greatest", bool, lambda right, bounds: (min(b[0] for b in bounds), right[1])),
    "the case, highest": _instead("greatest", bool, lambda right, bounds: (right[0], max(right[0], bounds[0][1]))),
}


# --- rules of the reference


Judge = Callable[[one.Step, Any, one.Context], one.Step]


def _value(change: Callable[[Any], Any]) -> Judge:
    def judge(step: one.Step, c: Any, context: one.Context) -> one.Step:
        return one.Step(c, change(step.value), step.read, step.parts)

    return judge


def _as(other: Callable[[Any], t.Condition]) -> Judge:
    """The condition is taken for another one."""

    def judge(step: one.Step, c: Any, context: one.Context) -> one.Step:
        changed = other(c)
        return ORIGINAL[type(changed)](changed, context)

    return judge


ORIGINAL = dict(one.OPS)


def _unknown_is(value: bool) -> Judge:
    return _value(lambda found: value if found is None else found)


_WIDER = {">": ">=", "<": "<=", ">=": ">", "<=": "<", "==": "<="}

IN_ONE: dict[type, Judge] = {
    t.Const: _value(lambda found: not found),
    t.And: _as(lambda c: t.Or(c.parts)),
    t.Or: _as(lambda c: t.Or(c.parts[:-1])),
    t.Not: _unknown_is(True),
    t.IsTrue: _unknown_is(False),
    t.CountIs: _as(lambda c: t.CountIs(c.fact, _WIDER[c.op], c.number)),
    t.CountsAre: _as(lambda c: t.CountsAre(c.left, _WIDER[c.op], c.right)),
    t.OneOf: _as(lambda c: t.OneOf(c.fact, c.values[:1]) if len(c.values) > 1 else c),
    t.Has: _unknown_is(False),
    t.InGroup: _unknown_is(False),
    t.SamePlace: _unknown_is(False),
    t.InPlaces: _unknown_is(True),
    t.BoundIn: _unknown_is(True),
    t.AnyPlace: _unknown_is(False),
    t.AllPlaces: _unknown_is(True),
    t.DayIs: _as(lambda c: t.DayIs(c.fact, _WIDER[c.op], c.day)),
    t.DaysBetween: _as(lambda c: t.DaysBetween(c.end, c.start, c.op, c.number)),
    t.ShareIs: _as(lambda c: t.ShareIs(c.fact, c.group, _WIDER[c.op], c.percent)),
    t.Cascades: _as(lambda c: t.ShareIs(c.fact, c.group, ">=", c.percent)),
}


# --- rules of the compiled program


def _lower_as(kind: type, other: Callable[[Any], t.Condition]) -> Callable[[Patch], None]:
    rule = lower.OPS

    def plant(patch: Patch) -> None:
        original = dict(rule)
        patch.setitem(lower.OPS, kind, lambda c, low: original[type(other(c))](other(c), low))

    return plant


def _emit(kind: str, change: Callable[[str, str], tuple[str, str]]) -> Callable[[Patch], None]:
    rule = emit.EMIT[kind]
    return lambda patch: patch.setitem(emit.EMIT, kind, lambda section, *node: change(*rule(section, *node)))


def _sure_only(sure: str, maybe: str) -> tuple[str, str]:
    return sure, sure


def _maybe_only(sure: str, maybe: str) -> tuple[str, str]:
    return maybe, maybe


def _coarse_is_in(patch: Patch) -> None:
    def bound_in(c: t.BoundIn, low: lower.Lowering) -> int:
        _, maybe = low.group(c.group)
        return low.test(lower.BOUND_PLACE, (maybe - {None}, maybe))

    patch.setitem(lower.OPS, t.BoundIn, bound_in)


IN_FAST: dict[str, Callable[[Patch], None]] = {
    "Const": lambda patch: patch.setitem(lower.OPS, t.Const, lambda c, low: lower.FALSE),
    "And": _lower_as(t.And, lambda c: t.And(c.parts[:-1])),
    "Or": _lower_as(t.Or, lambda c: t.And(c.parts)),
    "Not": _emit("not", lambda sure, maybe: (maybe, sure)),
    "IsTrue": _emit("bool", _sure_only),
    "CountIs": _lower_as(t.CountIs, lambda c: t.CountIs(c.fact, _WIDER[c.op], c.number)),
    "CountsAre": _emit("cmp2", _maybe_only),
    "OneOf": _lower_as(t.OneOf, lambda c: t.OneOf(c.fact, c.values[:1])),
    "Has": _emit("has", _sure_only),
    "InGroup": _lower_as(t.InGroup, lambda c: t.InGroup(c.fact, "G1")),
    "SamePlace": _emit("same", _sure_only),
    "InPlaces": _emit("in", _maybe_only),
    "BoundIn": _coarse_is_in,
    "AnyPlace": _emit("any", _sure_only),
    "AllPlaces": _emit("all", _maybe_only),
    "DayIs": _lower_as(t.DayIs, lambda c: t.DayIs(c.fact, _WIDER[c.op], c.day)),
    "DaysBetween": _emit("days", _sure_only),
    "ShareIs": _emit("share", _sure_only),
    "Cascades": _emit("cascade", _maybe_only),
    "a set asked for its unknown value": _emit("set", _sure_only),
    "exists over more than the place": _emit("loop", _sure_only),
    "parts joined by or": _emit("or", lambda sure, maybe: (sure, sure)),
    "parts joined by and": _emit("and", lambda sure, maybe: (maybe, maybe)),
    "lists of members joined": lambda patch: patch.setitem(lower._FUSED_LIST, "and", "has"),
    "quantifiers joined": lambda patch: patch.setitem(lower._FUSED_QUANTIFIER, "or", "all"),
}


# --- how the compiled program reads facts and days


def _no_source(patch: Patch) -> None:
    patch.setattr(emit.Section, "source", lambda self, fact: None)


def _never_missing(patch: Patch) -> None:
    nullable = emit.Section.nullable
    patch.setattr(
        emit.Section, "nullable", lambda self, fact: self.declared(fact).type != "bool" and nullable(self, fact)
    )


def _never_narrowed(patch: Patch) -> None:
    patch.setattr(emit.Section, "open_members", lambda self, fact, members: members)


def _ranges_without_end(patch: Patch) -> None:
    patch.setattr(emit, "INFINITE", 3)


def _no_sets_inside(patch: Patch) -> None:
    patch.setattr(emit, "NO_PLACES", Places(frozenset(), True))


READING: dict[str, Callable[[Patch], None]] = {
    "presumption from another fact": _no_source,
    "value that is missing": _never_missing,
    "member presumed absent": _never_narrowed,
    "range without an end": _ranges_without_end,
    "set that is not known": _no_sets_inside,
}


# --- all faults


@dataclass(frozen=True)
class Fault:
    name: str
    plant: Callable[[Patch], None]


def _row_in(evaluator: str, rules: dict[str, Callable[..., Bound]]) -> Callable[[Patch], None]:
    module = one if evaluator == "one" else bits
    return lambda patch: patch.setattr(module, "verdict", SimpleNamespace(**{**vars(verdict), **rules}))


def _rule_in_one(kind: type, judge: Judge) -> Callable[[Patch], None]:
    rule = ORIGINAL[kind]
    return lambda patch: patch.setitem(one.OPS, kind, lambda c, context: judge(rule(c, context), c, context))


FAULTS = (
    *(Fault(f"{name}, in {where}", _row_in(where, rules)) for name, rules in ROWS.items() for where in ("one", "fast")),
    *(Fault(f"{kind.__name__}, in one", _rule_in_one(kind, judge)) for kind, judge in IN_ONE.items()),
    *(Fault(f"{name}, in fast", plant) for name, plant in IN_FAST.items()),
    *(Fault(f"{name}, in fast", plant) for name, plant in READING.items()),
)


def _first_disagreement() -> int | None:
    """The number of programs after which the evaluators were found to differ."""
    for number in range(PROGRAMS):
        if agree.compare(2026, number, CASES).disagreements:
            return number
    return None


@pytest.fixture(autouse=True)
def _fresh_tables() -> Iterator[None]:
    bits.forget()
    yield
    bits.forget()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_planted_fault_is_found(fault: Fault, monkeypatch: Patch) -> None:
    with monkeypatch.context() as patch:
        fault.plant(patch)
        found = _first_disagreement()
    assert found is not None, f"no disagreement in {PROGRAMS * CASES} pairs"


def test_without_a_fault_the_same_programs_agree() -> None:
    assert _first_disagreement() is None


def test_every_kind_of_condition_is_broken_in_each_evaluator() -> None:
    assert set(IN_ONE) == set(t.KINDS)
    assert {kind.__name__ for kind in t.KINDS} <= set(IN_FAST)
    assert len(FAULTS) >= 40
