"""Packs as circuits say what the table and the reference say; a rule encoded wrongly shows."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from comity.case import MEASURE_STATES, Case
from comity.condition import tree as t
from comity.decide import agree, one, verdict
from comity.decide.circuit import FALSE, TRUE, Circuit
from comity.decide.encode import NO, UNKNOWN, YES, EncodedPack, Encoder, Groups, Ranks, Truth, joined, ranks, truth
from comity.decide.findings import PackFinding
from comity.decide.levers import CaseSource, Levers
from comity.decide.verdict import Bound
from comity.facts import Members, Places, Range, Tri
from comity.pack.program import Program

BOUNDS = tuple((low, high) for low in range(3) for high in range(low, 3))
TRIS: tuple[Tri, ...] = (True, False, None)
AFEW = tuple(several for n in range(4) for several in itertools.product(BOUNDS, repeat=n))
PROGRAMS, CASES = 150, 40
NO_VARIABLES: dict[int, bool] = {}
NO_LEVERS = Levers({}, {}, {})
Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Drawn:
    """A source whose conditions and bounds are variables: each gate is looked at, not only its folded form."""

    circuit: Circuit
    kind: str = "transfer"
    day: dt.date = agree.DAYS[0]

    def atom(self, node: t.Condition, groups: Groups) -> Truth:
        return self.truth(t.to_text(node))

    def need(self, measure: str) -> Ranks:
        return self.bound(measure)

    def truth(self, name: str) -> Truth:
        return Truth(self.circuit.variable(f"{name} surely"), self.circuit.variable(f"{name} possibly"))

    def bound(self, name: str) -> Ranks:
        return Ranks(*(self.circuit.variable(f"{name} {place}") for place in Ranks._fields))


def to_bound(literals: Ranks, value: Callable[[int], bool], circuit: Circuit) -> Bound:
    """The bound that four literals say, which have to be in order."""
    low1, low2, high1, high2 = circuit.evaluate(literals, value)
    assert low1 >= low2, "at least forbidden, and not at least conditional"
    assert high1 >= high2
    return low1 + low2, high1 + high2


def given(source: Drawn, **said: Tri | Bound) -> Callable[[int], bool]:
    """The values of the variables under which conditions and bounds are what is said."""
    held: dict[int, bool] = {}
    for name, value in said.items():
        if isinstance(value, tuple):
            low, high = value
            bits = (low >= 1, low >= 2, high >= 1, high >= 2)
            held.update(zip(source.bound(name), bits, strict=True))
        else:
            held.update(zip(source.truth(name), (value is True, value is not False), strict=True))
    return held.__getitem__


def _named(bounds: tuple[Bound, ...]) -> dict[str, Bound]:
    return {f"by{number}": bound for number, bound in enumerate(bounds)}


# --- each rule against the table, for everything that can be put in


def test_a_constant_bound_is_four_constants() -> None:
    circuit = Circuit()
    for bound in BOUNDS:
        assert set(ranks(bound)) <= {TRUE, FALSE}
        assert to_bound(ranks(bound), NO_VARIABLES.__getitem__, circuit) == bound
    assert [truth(value) for value in TRIS] == [YES, NO, UNKNOWN]


def test_an_excuse_is_that_of_the_table() -> None:
    source = Drawn(Circuit())
    found = Encoder(source).excuse(source.truth("when"), source.bound("need"))
    for when, need in itertools.product(TRIS, BOUNDS):
        said = given(source, when=when, need=need)
        assert to_bound(found, said, source.circuit) == verdict.excuse(when, need), (when, need)


def test_a_lifted_excuse_is_that_of_the_table() -> None:
    source = Drawn(Circuit())
    encoder = Encoder(source)
    for by in AFEW:
        found = encoder.lifted(source.bound("excused"), [source.bound(name) for name in _named(by)])
        for excused in BOUNDS:
            said = given(source, excused=excused, **_named(by))
            assert to_bound(found, said, source.circuit) == verdict.lifted(excused, by), (excused, by)


def test_a_ban_is_that_of_the_table() -> None:
    source = Drawn(Circuit())
    encoder = Encoder(source)
    for ways in AFEW:
        found = encoder.ban(source.truth("when"), [source.bound(name) for name in _named(ways)])
        for when in TRIS:
            bound = to_bound(found, given(source, when=when, **_named(ways)), source.circuit)
            assert bound == verdict.ban(when, None, ways), (when, ways)
            if ways:
                assert bound == verdict.ban(when, ways[0], ways[1:]), "its own needs are one way out among others"


def test_needs_are_those_of_the_table() -> None:
    circuit = Circuit()
    encoder = Encoder(Drawn(circuit))
    for n in range(5):
        for states in itertools.product(MEASURE_STATES, repeat=n):
            found = encoder.greatest([ranks(verdict.NEED[state]) for state in states])
            assert to_bound(found, NO_VARIABLES.__getitem__, circuit) == verdict.needs(states), states


def test_several_bounds_together_are_those_of_the_table() -> None:
    source = Drawn(Circuit())
    encoder = Encoder(source)
    for bounds in AFEW:
        found = encoder.greatest([source.bound(name) for name in _named(bounds)])
        said = given(source, **_named(bounds))
        assert to_bound(found, said, source.circuit) == verdict.greatest(bounds), bounds


def test_a_past_flow_is_that_of_the_table() -> None:
    source = Drawn(Circuit())
    found = Encoder(source).done(source.bound("inner"))
    for inner, is_done in itertools.product(BOUNDS, TRIS):
        said = given(source, inner=inner, **{"flow.done": is_done})
        assert to_bound(found, said, source.circuit) == verdict.done(inner, is_done), (inner, is_done)


def test_a_pack_is_that_of_the_table() -> None:
    source = Drawn(Circuit())
    encoder = Encoder(source)
    for known in (True, False):
        found = encoder._pack(source.truth("scope"), known, source.bound("inner"))
        for scope, inner in itertools.product(TRIS, BOUNDS):
            said = given(source, scope=scope, inner=inner)
            assert to_bound(found, said, source.circuit) == verdict.pack(scope, known, inner), (scope, known, inner)


@pytest.mark.parametrize(
    ("condition", "judge"),
    [
        (t.And((t.IsTrue("a"), t.IsTrue("b"))), lambda a, b: one.conjunction([a, b])),
        (t.Or((t.IsTrue("a"), t.IsTrue("b"))), lambda a, b: one.disjunction([a, b])),
        (t.Not(t.And((t.IsTrue("a"), t.Not(t.IsTrue("b"))))),
         lambda a, b: one.negation(one.conjunction([a, one.negation(b)]))),
        (t.And((t.IsTrue("a"), t.Const(True), t.Or((t.IsTrue("b"), t.Const(False))))),
         lambda a, b: one.conjunction([a, b])),
    ],
)  # fmt: skip
def test_conditions_are_joined_as_the_reference_joins_them(
    condition: t.Condition, judge: Callable[[Tri, Tri], Tri]
) -> None:
    source = Drawn(Circuit())
    found = Encoder(source).condition(condition)
    for a, b in itertools.product(TRIS, repeat=2):
        must, may = source.circuit.evaluate(found, given(source, a=a, b=b))
        value = judge(a, b)
        assert (must, may) == (value is True, value is not False), (a, b)


# --- whole packs against the reference, on generated programs


def constant(found: EncodedPack, circuit: Circuit) -> tuple[Any, ...]:
    """What a pack over one case comes to: every literal is a constant by then."""
    literals = [*found.scope, *found.bound, *(x for c in found.clauses.values() for x in (*c.when, *c.bound))]
    assert set(literals) <= {TRUE, FALSE}, "something of a case without levers is left open"

    def value(when: Truth) -> Tri:
        return {YES: True, NO: False, UNKNOWN: None}[when]

    def bound(said: Ranks) -> Bound:
        return to_bound(said, NO_VARIABLES.__getitem__, circuit)

    clauses = tuple((id_, value(c.when), bound(c.bound)) for id_, c in found.clauses.items())
    return found.pack.id, value(found.scope), found.covered, found.stale, clauses, bound(found.bound)


def referred(found: PackFinding) -> tuple[Any, ...]:
    clauses = tuple((c.clause, c.when, c.bound) for c in found.clauses)
    return found.pack, found.scope, found.covered, found.stale, clauses, found.bound


def is_same(program: Program, case: Case) -> bool:
    """Whether a case without levers comes to what the reference finds, in every pack and in all."""
    circuit = Circuit()
    encoder = Encoder(CaseSource(circuit, program.vocabulary, case, NO_LEVERS))
    packs = [encoder.pack(pack) for pack in program.packs]
    findings = one.find(program, case)
    every = encoder.greatest([p.bound for p in packs if p.pack.counts(case.kind)])
    return [constant(p, circuit) for p in packs] == [referred(f) for f in findings.packs] and (
        to_bound(every, NO_VARIABLES.__getitem__, circuit) == findings.bound
    )


def pairs(seed: int, programs: int, cases: int) -> Iterator[tuple[Program, Case]]:
    for number in range(programs):
        program = agree.make_program(seed, number)
        yield from ((program, case) for case in agree.make_cases(program, seed, number, cases))


@pytest.mark.parametrize("part", range(4))
def test_a_case_without_levers_comes_to_what_the_reference_finds(part: int) -> None:
    seen: Counter[str] = Counter()
    for program, case in pairs(100 + part, PROGRAMS // 4 + 1, CASES):
        assert is_same(program, case), (program.digest, case)
        seen["case"] += 1
        seen["unknown measure"] += "unknown" in case.measures.values()
        seen["range"] += any(isinstance(v, Range) for v in (*case.facts.values(), *case.totals.values()))
        seen["open set"] += any(isinstance(v, Places) and not v.complete for v in case.facts.values())
        seen["open member"] += any(isinstance(v, Members) and bool(v.open) for v in case.facts.values())
        seen["said to be unknown"] += bool(case.unknown)
        seen[verdict.word(one.find(program, case).bound)] += 1
    assert len(seen) == 10
    assert all(count > 0.03 * seen["case"] for count in seen.values()), seen


# --- faults planted in the encoder

Rule = Callable[..., Ranks]


def _rule(name: str, **instead: Callable[..., int]) -> Callable[[Patch], None]:
    """A rule of the encoder in which some of the four literals are made otherwise."""
    original: Rule = getattr(Encoder, name)

    def broken(self: Encoder, *arguments: Any) -> Ranks:
        given_ = [list(a) if name == "greatest" else a for a in arguments]
        return original(self, *given_)._replace(**{k: make(self, *given_) for k, make in instead.items()})

    return lambda patch: patch.setattr(Encoder, name, broken)


def _no_needs(patch: Patch) -> None:
    """A ban without its own needs."""
    original = Encoder.ban
    patch.setattr(Encoder, "ban", lambda self, when, ways: original(self, when, ways[1:] if len(ways) > 1 else ways))


def _state(state: str, bound: Bound) -> Callable[[Patch], None]:
    original = CaseSource.need

    def need(self: CaseSource, measure: str) -> Ranks:
        is_so = self.case.measures.get(measure, "not-yet") == state
        return ranks(bound) if is_so else original(self, measure)

    return lambda patch: patch.setattr(CaseSource, "need", need)


def _pack_known(change: Callable[[Truth, bool], tuple[Truth, bool]]) -> Callable[[Patch], None]:
    original = Encoder._pack
    return lambda patch: patch.setattr(
        Encoder, "_pack", lambda self, scope, known, inner: original(self, *change(scope, known), inner)
    )


def _condition(kind: type, change: Callable[[Truth], Truth]) -> Callable[[Patch], None]:
    original = Encoder._encode

    def encode(self: Encoder, condition: t.Condition) -> Truth:
        found = original(self, condition)
        return change(found) if isinstance(condition, kind) else found

    return lambda patch: patch.setattr(Encoder, "_encode", encode)


def _joined(kind: type, join: str) -> Callable[[Patch], None]:
    original = Encoder._encode

    def encode(self: Encoder, condition: t.Condition) -> Truth:
        if isinstance(condition, t.And | t.Or) and isinstance(condition, kind):
            return joined([self.condition(part) for part in condition.parts], getattr(self.circuit, join))
        return original(self, condition)

    return lambda patch: patch.setattr(Encoder, "_encode", encode)


FAULTS: dict[str, Callable[[Patch], None]] = {
    "excuse, lowest: perhaps false is enough": _rule(
        "excuse",
        low1=lambda e, when, need: e.circuit.any((-when.must, need.low1)),
        low2=lambda e, when, need: e.circuit.any((-when.must, need.low2)),
    ),
    "excuse, lowest: needs left out": _rule("excuse", low1=lambda e, when, need: -when.may),
    "excuse, lowest: an impossible need is only open": _rule("excuse", low2=lambda e, when, need: -when.may),
    "excuse, lowest: open where its condition is false": _rule("excuse", low2=lambda e, when, need: need.low2),
    "excuse, highest: only surely false": _rule(
        "excuse",
        high1=lambda e, when, need: e.circuit.any((-when.may, need.high1)),
        high2=lambda e, when, need: e.circuit.any((-when.may, need.high2)),
    ),
    "excuse, highest: needs left out": _rule("excuse", high1=lambda e, when, need: -when.must),
    "excuse, highest: a need never closes it": _rule("excuse", high2=lambda e, when, need: -when.must),
    "lifted: not at all": _rule("lifted", **{
        place: (lambda e, excused, by, place=place: getattr(excused, place)) for place in Ranks._fields
    }),
    "lifted, lowest: perhaps satisfied is enough": _rule(
        "lifted",
        low1=lambda e, excused, by: e.circuit.any((excused.low1, *[-x.low1 for x in by])),
        low2=lambda e, excused, by: e.circuit.any((excused.low2, *[-x.low1 for x in by])),
    ),
    "lifted, lowest: conditional instead of forbidden": _rule("lifted", low2=lambda e, excused, by: excused.low2),
    "lifted, highest: only surely satisfied": _rule(
        "lifted",
        high1=lambda e, excused, by: e.circuit.any((excused.high1, *[-x.high1 for x in by])),
        high2=lambda e, excused, by: e.circuit.any((excused.high2, *[-x.high1 for x in by])),
    ),
    "lifted, highest: an open excuse lifts too": _rule(
        "lifted", high2=lambda e, excused, by: e.circuit.any((excused.high2, *[-x.low2 for x in by]))
    ),
    "lifted, highest: conditional instead of forbidden": _rule("lifted", high2=lambda e, excused, by: excused.high2),
    "ban, lowest: perhaps true is enough": _rule(
        "ban", low1=lambda e, when, ways: e.circuit.all((when.may, *[w.low1 for w in ways]))
    ),
    "ban, lowest: perhaps forbidden is forbidden": _rule(
        "ban", low2=lambda e, when, ways: e.circuit.all((when.may, *[w.low2 for w in ways]))
    ),
    "ban, lowest: a way out does not help": _rule("ban", low2=lambda e, when, ways: when.must),
    "ban, lowest: one way out instead of all": _rule(
        "ban", low1=lambda e, when, ways: e.circuit.all((when.must, *[w.low1 for w in ways[:1]]))
    ),
    "ban, highest: only surely true": _rule(
        "ban", high1=lambda e, when, ways: e.circuit.all((when.must, *[w.high1 for w in ways]))
    ),
    "ban, highest: a way out does not help": _rule("ban", high2=lambda e, when, ways: when.may),
    "ban, highest: never forbidden where conditional": _rule(
        "ban", high2=lambda e, when, ways: e.circuit.all((when.must, *[w.high2 for w in ways]))
    ),
    "ban: its needs left out": _no_needs,
    "need: not yet is allowed": _state("not-yet", verdict.FREE),
    "need: in place is conditional": _state("in-place", verdict.OPEN),
    "need: cannot is conditional": _state("cannot", verdict.OPEN),
    "need: unknown is conditional": _state("unknown", verdict.OPEN),
    "need: unknown may be impossible": _state("unknown", verdict.ANYTHING),
    "pack: scope unknown is true": _pack_known(lambda scope, known: (Truth(scope.may, scope.may), known)),
    "pack: scope unknown is false": _pack_known(lambda scope, known: (Truth(scope.must, scope.must), known)),
    "pack: scope left out": _pack_known(lambda scope, known: (YES, known)),
    "pack: not covered or stale is free": _pack_known(lambda scope, known: (scope, True)),
    "done: not at all": lambda patch: patch.setattr(Encoder, "done", lambda self, bound: bound),
    "done, lowest: perhaps past is enough": _rule(
        "done", low2=lambda e, b: e.circuit.any((b.low2, e.circuit.all((e.condition(one_done()).may, b.low1))))
    ),
    "done, lowest: stays conditional": _rule("done", low2=lambda e, b: b.low2),
    "done, highest: only surely past": _rule(
        "done", high2=lambda e, b: e.circuit.any((b.high2, e.circuit.all((e.condition(one_done()).must, b.high1))))
    ),
    "greatest, lowest: the first": _rule("greatest", low2=lambda e, every: every[0].low2 if every else FALSE),
    "greatest, lowest: the least": _rule(
        "greatest", low1=lambda e, every: e.circuit.all([b.low1 for b in every]) if every else FALSE
    ),
    "greatest, highest: the least": _rule(
        "greatest", high2=lambda e, every: e.circuit.all([b.high2 for b in every]) if every else FALSE
    ),
    "greatest, highest: the last": _rule("greatest", high1=lambda e, every: every[-1].high1 if every else FALSE),
    "condition: a constant the other way": _condition(t.Const, lambda found: Truth(-found.may, -found.must)),
    "condition: not of unknown is true": _condition(t.Not, lambda found: Truth(found.may, found.may)),
    "condition: not of unknown is false": _condition(t.Not, lambda found: Truth(found.must, found.must)),
    "condition: and as or": _joined(t.And, "any"),
    "condition: or as and": _joined(t.Or, "all"),
    "condition: and forgets what is possible": _condition(t.And, lambda found: Truth(found.must, found.must)),
    "condition: or forgets what is possible": _condition(t.Or, lambda found: Truth(found.may, found.may)),
    "condition: groups of another pack": lambda patch: patch.setattr(
        Encoder, "_encode", _with_groups_of_the_first_pack(Encoder._encode)
    ),
}  # fmt: skip


def one_done() -> t.Condition:
    return t.IsTrue("flow.done")


def _with_groups_of_the_first_pack(original: Callable[[Encoder, t.Condition], Truth]) -> Callable[..., Truth]:
    """The groups of the pack that was encoded first are taken for those of all."""

    def encode(self: Encoder, condition: t.Condition) -> Truth:
        kept: Groups = self.__dict__.setdefault("first_groups", self._groups)
        self._groups = kept
        return original(self, condition)

    return encode


def _first_difference() -> int | None:
    """The number of pairs after which the encoder was found to differ; a wrong order of literals is a difference."""
    for number, (program, case) in enumerate(pairs(2026, PROGRAMS, CASES // 4)):
        try:
            if not is_same(program, case):
                return number
        except AssertionError:
            return number
    return None


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_found(name: str, monkeypatch: Patch) -> None:
    with monkeypatch.context() as patch:
        FAULTS[name](patch)
        found = _first_difference()
    assert found is not None, f"no difference in {PROGRAMS * CASES // 4} pairs"


def test_without_a_fault_the_same_pairs_agree() -> None:
    assert _first_difference() is None


def test_every_rule_of_the_encoder_is_broken_at_least_once() -> None:
    words = {name.partition(":")[0].partition(",")[0] for name in FAULTS}
    assert words == {"excuse", "lifted", "ban", "need", "pack", "done", "greatest", "condition"}
    assert len(FAULTS) >= 40
