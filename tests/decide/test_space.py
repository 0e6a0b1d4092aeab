"""Each case that the solver names is one to the reference; none that exists is denied; the smallest is the smallest."""

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from comity.case import Case, Facts
from comity.condition import tree as t
from comity.decide import agree, one
from comity.decide.circuit import TRUE
from comity.decide.domain import is_within_total, representatives
from comity.decide.encode import YES
from comity.decide.findings import Findings
from comity.decide.solve import Model, Solver
from comity.decide.verdict import Bound
from comity.facts import Members, Places, Row, Tri, Value, Vocabulary
from comity.pack.program import Program, Total
from comity.pack.ship import load_program
from tests.decide.pose import BOUNDS, Asked, ask, bound_in, drawn, is_bound, pairs_of_packs, whens
from tests.decide.test_completions import complete
from tests.small.law import program as small_program

PROGRAMS, COMPLETE = 48, 25
DEFINITE: tuple[Bound, ...] = ((0, 0), (1, 1), (2, 2))
DAY = dt.date(2026, 11, 24)
NOT_PAST: dict[str, Value] = {"flow.done": False}


def solver_of(asked: Asked) -> Solver:
    solver = Solver(asked.circuit)
    solver.require(asked.space.constraints())
    return solver


def check_replay(asked: Asked, model: Model, findings: Findings) -> None:
    """Each pack and clause is in the reference what it is in the model."""
    for pack, found in zip(asked.packs, findings.packs, strict=True):
        assert bound_in(model, pack.bound) == found.bound
        assert (model.holds(pack.scope.must), model.holds(pack.scope.may)) == (
            found.scope is True,
            found.scope is not False,
        )
        for clause in found.clauses:
            encoded = pack.clauses[clause.clause]
            assert bound_in(model, encoded.bound) == clause.bound, clause.clause
            assert model.holds(encoded.when.must) is (clause.when is True), clause.clause
            assert model.holds(encoded.when.may) is (clause.when is not False), clause.clause


# --- generated programs


@pytest.mark.parametrize("whole", [False, True])
def test_each_bound_that_exists_is_replayed_by_the_reference(whole: bool) -> None:
    seen: Counter[Bound | None] = Counter()
    for program, asked in drawn(40, 0, PROGRAMS, whole=whole):
        solver = solver_of(asked)
        for bound in BOUNDS:
            model = solver.solve(*is_bound(asked.bound, bound))
            seen[None if model is None else bound] += 1
            if model is not None:
                case = asked.space.case(model.holds, model.number)
                findings = one.find(program, case)
                assert findings.bound == bound, case
                check_replay(asked, model, findings)
    print(dict(seen))
    assert set(seen) >= {None, *DEFINITE}
    assert seen[None] < 0.8 * sum(seen.values())


def test_a_case_in_which_all_is_said_says_all() -> None:
    for _, asked in drawn(40, 0, 20, whole=True):
        model = solver_of(asked).solve()
        assert model is not None
        case = asked.space.case(model.holds, model.number)
        read = {n for c in asked.space._conditions for n in t.facts_of(c)} - {"kind", "day"}
        assert {n for n in read if n in asked.space._facts} <= {*case.facts, *case.totals}


@pytest.mark.parametrize("part", range(2))
def test_no_bound_of_a_complete_case_is_denied(part: int) -> None:
    n = 0
    for number in range(part * PROGRAMS // 2, (part + 1) * PROGRAMS // 2):
        program, r = agree.make_program(41, number), random.Random(number)
        (when,) = whens(program, 41, number, 1)
        reached = {bound: case for case, bound in complete_cases(r, program, *when)}
        for whole in (False, True):
            asked = ask(program.vocabulary, program.packs, *when, whole=whole)
            solver = solver_of(asked)
            found = {b for b in DEFINITE if solver.solve(*is_bound(asked.bound, b)) is not None}
            assert reached.keys() <= found, (number, whole, {b: c for b, c in reached.items() if b not in found})
        n += len(reached)
    assert n > PROGRAMS / 2


def complete_cases(r: random.Random, program: Program, kind: str, day: dt.date) -> Iterator[tuple[Case, Bound]]:
    """Cases in which all is said and nothing is impossible, as far as the reference is sure of their verdict."""
    for number in range(COMPLETE):
        case = complete(r, program.vocabulary, agree.draw_case(r, program.vocabulary, str(number), kind, day))
        if "cannot" not in case.measures.values():
            bound = one.find(program, case).bound
            if bound in DEFINITE:
                yield case, bound


def test_what_is_surely_so_where_some_is_unsaid_is_so_where_all_is_said() -> None:
    seen: Counter[bool] = Counter()
    for (_, some), (_, every) in zip(drawn(42, 0, PROGRAMS), drawn(42, 0, PROGRAMS, whole=True), strict=True):
        solvers = [(a, solver_of(a)) for a in (some, every)]
        for bound in DEFINITE:
            in_some, in_every = (s.solve(*is_bound(a.bound, bound)) is not None for a, s in solvers)
            assert in_some is in_every, (some.packs, bound)
            seen[in_some] += 1
    assert min(seen.values()) > 0.2 * sum(seen.values())


# --- the smallest case

MOST = 1500  # cases that are tried one by one


def options(asked: Asked) -> dict[str, list[Value | None]]:
    """What each fact and total may be: unsaid, or each value that is told apart."""
    vocabulary = asked.space.vocabulary
    found: dict[str, list[Value | None]] = {}
    for name, fact in sorted(asked.space._facts.items()):
        declared = vocabulary.fact.get(name)
        if name == "day":
            continue
        if declared is None or declared.type == "count":
            found[name] = [None, *range(7)]
        elif declared.type == "places":
            found[name] = [None, *(Places(frozenset(s)) for s in _subsets(list(fact.members)))]
        elif declared.type == "some-of":
            every = (Members(frozenset(s)) for s in _subsets(list(fact.members)))
            found[name] = [None, *(m for m in every if _is_closed(vocabulary, list(fact.members), m))]
        else:
            found[name] = [None, *(value for value, _ in fact.values)]
    return found


def _subsets(members: list[str]) -> Iterator[tuple[str, ...]]:
    return itertools.chain.from_iterable(itertools.combinations(members, n) for n in range(len(members) + 1))


def _is_closed(vocabulary: Vocabulary, named: list[str], members: Members) -> bool:
    upper = {u for m in members.yes for u in vocabulary.broader.get(m, {m}) if u in named}
    return upper == members.yes


def cost_of(case: Case, named: dict[str, list[str]]) -> int:
    """Two for each fact and total that is said, one for each member that the packs name and each measure in place."""
    cost = 2 * (len(case.facts) + len(case.totals)) + len(case.measures)
    for name, value in case.facts.items():
        members = value.yes if isinstance(value, Members) else value.members if isinstance(value, Places) else ()
        cost += sum(1 for m in members if m in named[name])
    return cost


def every_case(asked: Asked, choices: dict[str, list[Value | None]]) -> Iterator[Case]:
    space = asked.space
    for measures in _subsets(sorted(space._needs)):
        in_place = dict.fromkeys(measures, "in-place")
        for chosen in itertools.product(*choices.values()):
            said = {name: value for name, value in zip(choices, chosen, strict=True) if value is not None}
            totals = {name: value for name, value in said.items() if isinstance(value, int) and ":" in name}
            facts = {name: value for name, value in said.items() if name not in totals}
            yield Case("", space.kind, space.day, facts, measures=in_place, totals=totals)


def tiny(seed: int) -> Iterator[tuple[Program, Asked, dict[str, list[Value | None]]]]:
    """Generated programs all of whose cases can be tried."""
    for program, asked in drawn(seed, 0, 300):
        types = {f.type for n in asked.space._facts if (f := program.vocabulary.fact.get(n))}
        if types & {"day", "instant"}:
            continue
        choices = options(asked)
        n = 2 ** len(asked.space._needs)
        for several in choices.values():
            n *= len(several)
        if 12 <= n <= MOST and asked.bound.high1 != -TRUE:
            yield program, asked, choices


def test_no_case_is_smaller_than_the_smallest() -> None:
    n_programs = n_smallest = 0
    for program, asked, choices in tiny(43):
        named = {name: list(fact.members) for name, fact in asked.space._facts.items()}
        least: dict[Bound, int] = {}
        for case in every_case(asked, choices):
            bound = one.find(program, case).bound
            least[bound] = min(cost_of(case, named), least.get(bound, 10_000))
        solver = solver_of(asked)
        for bound in BOUNDS:
            model = solver.cheapest(asked.space.costs(), *is_bound(asked.bound, bound))
            assert (model is not None) is (bound in least), (bound, least)
            if model is not None:
                case = asked.space.case(model.holds, model.number)
                assert one.find(program, case).bound == bound
                assert cost_of(case, named) == least[bound], (case, bound)
                n_smallest += 1
        n_programs += 1
    print(f"{n_programs} programs, {n_smallest} smallest cases")
    assert n_programs >= 15
    assert n_smallest >= 40


# --- the packs


@cache
def law() -> Program:
    return load_program()


def test_the_smallest_case_on_which_two_packs_part_is_replayed() -> None:
    program = law()
    r = random.Random(5)
    n_found = 0
    for kind in ("transfer", "access", "incident"):
        pairs = pairs_of_packs(program, kind, DAY)
        for left, right in r.sample(pairs, min(9, len(pairs))):
            asked = ask(program.vocabulary, (left, right), kind, DAY, fixed=NOT_PAST)
            solver = solver_of(asked)
            a, b = asked.packs
            model = solver.cheapest(asked.space.costs(), a.bound.low2, b.scope.must, -b.bound.high1)
            if model is None:
                continue
            case = asked.space.case(model.holds, model.number)
            facts = Facts(program.vocabulary, case)
            forbidding, allowing = one.find_pack(left, facts), one.find_pack(right, facts)
            assert forbidding.bound == (2, 2), (left.id, right.id, case)
            assert (allowing.scope, allowing.bound) == (True, (0, 0)), (left.id, right.id, case)
            n_found += 1
    print(f"{n_found} pairs of packs part")
    assert n_found >= 5


def nested(program: Program) -> Iterator[tuple[Asked, dict[str, int], str, str]]:
    """Packs that name a kind of data and one to which it belongs, other than that all are personal."""
    for pack in program.packs:
        asked = ask(program.vocabulary, (pack,), "transfer", DAY, fixed=NOT_PAST)
        members = asked.space.fact("data.categories").members
        for member in members:
            for upper in program.vocabulary.broader[member] - {member}:
                if upper in members:
                    yield asked, members, member, upper


def test_a_member_comes_with_the_kinds_to_which_it_belongs() -> None:
    program = law()
    asked, members, narrow, upper = next(nested(program))
    solver = solver_of(asked)
    assert solver.solve(members[narrow]) is not None
    assert solver.solve(members[narrow], -members[upper]) is None


def test_counts_are_not_negative_and_a_total_within_another_is_no_greater() -> None:
    program = law()
    pack = program.pack["cn/outbound-data"]
    day = dt.date(2023, 6, 1)  # when its law of transfers counted what went out before, and the sensitive part of it
    asked = ask(program.vocabulary, (pack,), "transfer", day, fixed=NOT_PAST)
    solver = solver_of(asked)
    within = [(s, g) for s, g in within_pairs() if s.id.startswith(pack.id) and {s.id, g.id} <= asked.space._numbers]
    assert within
    for small, great in within:
        more = asked.space._compared(small.id, great.id, ">", 0)
        assert solver.solve(more) is None
        assert solver.solve(asked.space._compared(small.id, great.id, "<", 0)) is not None
    assert solver.solve(asked.space._compared(within[0][0].id, "", "<", 0)) is None


def within_pairs() -> list[tuple[Total, Total]]:
    totals = [total for pack in law().packs for total in pack.totals]
    pairs = itertools.permutations(totals, 2)
    return [(small, great) for small, great in pairs if is_within_total(small, great, law().vocabulary)]


def test_what_is_settled_by_one_part_asks_for_no_other(tmp_path: Path) -> None:
    ban = "- {id: ban, cite: Art. 1, says: No., about: transfer, forbids: 'WHEN'}\n"
    head = "covers: [{about: [transfer]}]\nscope: 'holder.country in [FR]'\nclauses:\n"
    when = "flow.done && data.personal || !flow.done && recipient.listed || !flow.done || data.public"
    found = small_program(tmp_path, head + ban.replace("WHEN", when))
    asked = ask(found.vocabulary, found.packs, "transfer", DAY, fixed=NOT_PAST)
    assert asked.packs[0].clauses["fr/law/ban"].when == YES
    assert asked.space._facts.keys() == {"flow.done", "holder.country", "recipient.listed"}


# --- places that stand for others


@pytest.mark.parametrize("n_alike", [1, 3])
@pytest.mark.parametrize("packs", [("ru/personal-data",), ("cn/outbound-data", "eu/personal-data"), ()])
def test_each_place_has_one_that_stands_for_it(packs: tuple[str, ...], n_alike: int) -> None:
    program = law()
    vocabulary = program.vocabulary
    context = one.Context(Facts(vocabulary, Case("", "transfer", DAY)), {}, DAY)
    groups = [
        group
        for pack in (program.pack[name] for name in packs)
        for rows in pack.group.values()
        if (group := frozenset(row.place for row in rows if row.holds_on(DAY)))
    ]
    rows = [tuple(Row(place) for place in sorted(group)) for group in groups]

    def sort_of(place: str) -> tuple[Tri, ...]:
        return tuple(one.in_rows(place, each, context) for each in rows)

    sorts = Counter(sort_of(place) for place in representatives(vocabulary, groups, n_alike))
    every = Counter(sort_of(place.id) for place in vocabulary.places)
    assert sorts == {sort: min(n, n_alike) for sort, n in every.items()}


def test_places_that_are_said_stand_for_themselves() -> None:
    vocabulary = law().vocabulary
    assert {"FR", "US-CA"} <= set(representatives(vocabulary, [frozenset({"CN"})], 1, ("FR", "US-CA")))
    assert "nowhere" not in representatives(vocabulary, [frozenset({"CN"})], 1, ("nowhere",))


# --- totals within others


def test_a_total_of_fewer_flows_or_kinds_is_within_one_of_more() -> None:
    vocabulary = law().vocabulary
    every = Total("x/y:all", "people", "", (), (), ("holder",), t.TRUE, "year", ())

    def total(**other: object) -> Total:
        return Total(**{**{f: getattr(every, f) for f in Total.__dataclass_fields__}, "id": "x/y:some", **other})

    assert is_within_total(total(), every, vocabulary)
    assert is_within_total(total(data=("health",)), every, vocabulary)
    assert is_within_total(total(data=("health",)), total(data=("special",)), vocabulary)
    assert is_within_total(total(of="CN"), every, vocabulary)
    assert is_within_total(total(over=("holder", "recipient")), every, vocabulary)
    assert is_within_total(total(where=t.IsTrue("data.personal")), every, vocabulary)
    assert is_within_total(total(leaves_out=("x/y/e",)), every, vocabulary)
    for small, great in (
        (every, total(data=("health",))),
        (total(data=("special",)), total(data=("health",))),
        (every, total(of="CN")),
        (total(of="US"), total(of="CN")),
        (every, total(over=("holder", "recipient"))),
        (every, total(where=t.IsTrue("data.personal"))),
        (total(where=t.IsTrue("data.public")), total(where=t.IsTrue("data.personal"))),
        (every, total(leaves_out=("x/y/e",))),
        (every, total(per="")),
        (total(count="records"), every),
        (every, total(without=("health",))),
    ):
        assert not is_within_total(small, great, vocabulary), (small, great)


def test_totals_of_the_packs_lie_within_each_other_as_they_mean() -> None:
    sensitive, before = "cn/outbound-data:outbound_sensitive_before", "cn/outbound-data:outbound_before"
    held = ("kr/personal-information:kr_held", "cn/outbound-data:held_persons", "vn/personal-data:held")
    found = {(small.id, great.id) for small, great in within_pairs()}
    # Sensitive data are data; who is held of one country is held; two laws that count all who are held count the same.
    assert {(sensitive, before), *((held[0], other) for other in held[1:]), held[1:], held[:0:-1]} <= found
    # Of another window, of another kind of data or not counted alike: nothing is known.
    assert not {(great, small) for small, great in found if small not in held[1:]} & found
    assert all(not name.startswith("us/") for pair in found for name in pair)
