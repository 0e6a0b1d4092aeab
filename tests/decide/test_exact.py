"""What the solver says of an undecided case is what trying all answers gives."""

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from comity.case import Case, Facts, close_members, normalise
from comity.condition import tree as t
from comity.decide import agree, one, verdict
from comity.decide.domain import places_of
from comity.decide.exact import Exact, Unsettled, exact, smallest_hitting, together
from comity.decide.gaps import finer
from comity.decide.questions import Question
from comity.decide.verdict import Bound
from comity.errors import Problems
from comity.facts import Fact, Members, Owner, Places, Range, Value, Vocabulary
from comity.pack.cases import read_cases
from comity.pack.program import Program
from comity.pack.ship import load_program, packs_root
from tests.small import law as small

PROGRAMS, CASES, FILLINGS = 24, 6, 20
FEW = 1500  # ways of filling the gaps that are all tried


def undecided(seed: int, number: int) -> Iterator[tuple[Program, Case]]:
    """The undecided cases of a generated program; its places are made finer, so that each is exact somewhere."""
    program = agree.make_program(seed, number)
    fine = replace(program, vocabulary=finer(program.vocabulary))
    for case in agree.make_cases(program, seed, number, CASES):
        bound = one.find(program, case).bound
        if bound[0] != bound[1] and is_plain(fine, case):
            yield fine, case


def origin(vocabulary: Vocabulary, case: Case, name: str) -> str | None:
    """The fact that says what a fact is; None where the vocabulary itself presumes it."""
    fact = vocabulary.fact[name]
    if name in case.facts or name in case.unknown:
        return name
    if fact.presume is not None:
        return None
    return name if fact.presume_from is None else origin(vocabulary, case, fact.presume_from)


def is_plain(program: Program, case: Case) -> bool:
    """Whether no condition compares a place that is told coarsely: of its parts it holds that they are not it."""
    seen = Facts(program.vocabulary, case)
    conditions = [c for p in program.packs for c in (p.scope, *(c.when for c in p.clauses))]
    nodes = [n for c in conditions for n in t.walk(c) if isinstance(n, t.SamePlace | t.InPlaces)]
    values = [value for n in nodes for f in t.facts_of(n) if (value := seen.value(f)) is not None]
    return not any(program.vocabulary.below[place] for value in values for place in places_of(value))


def read(program: Program, case: Case) -> list[str]:
    """The facts and totals of which the packs read something."""
    conditions = [c for p in program.packs for c in (p.scope, *(c.when for c in p.clauses))]
    names = {n for c in conditions for n in t.facts_of(c)} | {"flow.done"}
    totals = [n for n in names if ":" in n]
    known = [n for n in names if n in program.vocabulary.fact and n not in ("kind", "day")]
    return sorted({o for n in known if (o := origin(program.vocabulary, case, n))} | {*totals})


# --- by chance


def filled(r: random.Random, program: Program, case: Case) -> Case:
    """The case with everything filled in by chance that is neither said nor presumed."""
    facts, totals, measures = dict(case.facts), dict(case.totals), dict(case.measures)
    vocabulary, seen = program.vocabulary, Facts(program.vocabulary, case)
    for name in read(program, case):
        if ":" in name:
            totals[name] = _exact(r, totals.get(name, Range(0, None)))
        else:
            facts[name] = _told(r, vocabulary, vocabulary.fact[name], seen.value(name))
    for measure, state in measures.items():
        measures[measure] = r.choice(("in-place", "not-yet")) if state == "unknown" else state
    return replace(case, facts=facts, totals=totals, measures=measures, unknown=case.unknown - facts.keys())


def _told(r: random.Random, vocabulary: Vocabulary, fact: Fact, known: Value | None) -> Value:
    match known:
        case Range():
            return _exact(r, known)
        case Places():
            inner = frozenset(_leaf(r, vocabulary, p) for p in sorted(known.members) for _ in range(r.randint(1, 2)))
            more = () if known.complete else r.choices(_leaves(vocabulary), k=r.randint(0, 2))
            return Places(inner | frozenset(more))
        case Members():
            yes = frozenset(m for m in sorted(known.open) if r.random() < 0.5)
            return close_members(vocabulary, fact.id, Members(known.yes | yes))
        case tuple():
            return _owned(r, vocabulary, known)
        case str() if fact.type == "place":
            return _leaf(r, vocabulary, known)
        case None if fact.type == "place":
            return r.choice(_leaves(vocabulary))
        case None if fact.type == "places":
            return Places(frozenset(r.choices(_leaves(vocabulary), k=r.randint(0, 3))))
        case None if fact.type == "shares":
            return _owned(r, vocabulary, ())
        case None:
            value = agree.draw_value(r, fact, vocabulary)
            return _exact(r, value) if isinstance(value, Range) else value
    return known


def _leaves(vocabulary: Vocabulary) -> list[str]:
    return sorted(p for p, below in vocabulary.below.items() if not below)


def _leaf(r: random.Random, vocabulary: Vocabulary, place: str) -> str:
    return r.choice([p for p in _leaves(vocabulary) if place in vocabulary.above[p]])


def _exact(r: random.Random, value: int | Range) -> int:
    if not isinstance(value, Range):
        return value
    return r.randint(value.low, value.low + 5 if value.high is None else value.high)


def _owned(r: random.Random, vocabulary: Vocabulary, owners: tuple[Owner, ...]) -> tuple[Owner, ...]:
    found = []
    for owner in owners:
        place = _leaf(r, vocabulary, owner.place) if owner.place else None
        place = place or (None if owner.owners else r.choice(_leaves(vocabulary)))
        found.append(Owner(owner.percent, place, _owned(r, vocabulary, owner.owners) if owner.owners else ()))
    rest = 100 - sum(o.percent for o in owners)
    return (*found, Owner(rest, r.choice(_leaves(vocabulary)))) if rest else tuple(found)


@pytest.mark.parametrize("number", range(PROGRAMS))
def test_no_answer_gives_a_verdict_that_was_said_to_be_impossible(number: int) -> None:
    r = random.Random(number)
    for program, case in undecided(77, number):
        found = exact(program, case)
        for _ in range(FILLINGS if not found.is_open else 0):
            told = filled(r, program, case)
            # A place that is told more exactly may make a pack say something else that was sure of the coarse one.
            definite = [p for p in one.find(program, case).packs if p.bound[0] == p.bound[1]]
            bounds = {p.pack: p.bound for p in one.find(program, told).packs} | {p.pack: p.bound for p in definite}
            counted = [bounds[p.id] for p in program.packs if p.counts(case.kind)]
            assert verdict.greatest(counted) in found.bounds, told


def test_hardly_anything_is_left_open_and_every_kind_of_answer_occurs() -> None:
    """So that what holds above is not true for want of trying."""
    seen: Counter[str] = Counter()
    for number in range(PROGRAMS):
        for program, case in undecided(77, number):
            found = exact(program, case)
            seen["all"] += 1
            seen["open"] += found.is_open
            seen["settled"] += found.matters is False and found.verdict != verdict.UNDECIDED
            seen["several"] += len(found.questions) > 1
            seen.update(found.verdicts)
    assert seen["open"] <= seen["all"] * 0.02
    assert min(seen[w] for w in ("settled", "several", *agree.WORDS)) > 3


# --- all answers


def choices(program: Program, case: Case) -> dict[str, list[Value]]:
    """Every value of everything that is neither said nor presumed; of days and owners there are too many."""
    found: dict[str, list[Value]] = {}
    vocabulary, seen = program.vocabulary, Facts(program.vocabulary, case)
    for name in read(program, case):
        fact = vocabulary.fact.get(name)
        value = case.totals.get(name) if fact is None else seen.value(name)
        if isinstance(value, Members):
            conditions = [c for p in program.packs for c in (p.scope, *(c.when for c in p.clauses))]
            asked = [n for c in conditions for n in t.walk(c) if isinstance(n, t.Has)]
            named = {n.member for n in asked if origin(vocabulary, case, n.fact) == name}
            found |= {f"{name}#{m}": [False, True] for m in sorted(value.open & named)}
        elif fact is None or fact.type == "count":
            low, high = (value.low, value.high) if isinstance(value, Range) else (0, None)
            if value is None or isinstance(value, Range):
                found[name] = list(range(low, (low + 7 if high is None else high) + 1))
        elif fact.type == "bool" and value is None:
            found[name] = [False, True]
        elif fact.type == "one-of" and value is None:
            found[name] = list(fact.of)
        elif fact.type == "place":
            places = [p for p in _leaves(vocabulary) if value is None or value in vocabulary.above[p]]
            found |= {name: list(places)} if len(places) > 1 else {}
        elif value is None or (isinstance(value, Places | tuple) and fact.type in ("places", "shares")):
            found[name] = []
    found |= {f"measure:{m}": ["in-place", "not-yet"] for m, state in case.measures.items() if state == "unknown"}
    return found


def answered(program: Program, case: Case, answers: dict[str, Value]) -> Case:
    facts, totals, measures = dict(case.facts), dict(case.totals), dict(case.measures)
    sets = {n.partition("#")[0] for n in answers if "#" in n}
    for name in sets:
        held = Facts(program.vocabulary, case).value(name)
        assert isinstance(held, Members)
        yes = held.yes | {n.partition("#")[2] for n, v in answers.items() if n.startswith(f"{name}#") and v is True}
        facts[name] = close_members(program.vocabulary, name, Members(frozenset(yes)))
    for name, value in answers.items():
        if name.startswith("measure:"):
            measures[name.partition(":")[2]] = str(value)
        elif ":" in name:
            assert isinstance(value, int)
            totals[name] = value
        elif "#" not in name:
            facts[name] = value
    told = normalise(program.vocabulary, facts)
    return replace(case, facts=told, totals=totals, measures=measures, unknown=case.unknown - facts.keys())


def agrees_above(vocabulary: Vocabulary, answers: dict[str, Value]) -> bool:
    """Whether a kind that belongs to another one is in only together with it."""
    for name, value in answers.items():
        base, _, member = name.partition("#")
        uppers = vocabulary.broader.get(member, frozenset()) if member and value is True else frozenset()
        if any(answers.get(f"{base}#{upper}") is False for upper in uppers):
            return False
    return True


def opened(r: random.Random, program: Program, case: Case) -> tuple[Case, dict[str, list[Value]]]:
    """A case in which only a few things are left open, and the values of each."""
    told, domains = filled(r, program, case), choices(program, case)
    few = sorted(n for n, values in domains.items() if values)
    left = r.sample(few, min(4, len(few)))
    names = {n.partition("#")[0] for n in left if ":" not in n}
    facts = {n: v for n, v in told.facts.items() if n not in names} | {n: case.facts[n] for n in names & {*case.facts}}
    totals = {n: v for n, v in told.totals.items() if n not in left}
    totals |= {n: v for n, v in case.totals.items() if n in left}
    measures = {m: case.measures[m] if f"measure:{m}" in left else state for m, state in told.measures.items()}
    found = replace(told, facts=facts, totals=totals, measures=measures, unknown=case.unknown & names)
    return found, choices(program, found)


def table_of(program: Program, case: Case, domains: dict[str, list[Value]]) -> list[tuple[dict[str, Value], Bound]]:
    """What comes out for each way of answering everything."""
    table: list[tuple[dict[str, Value], Bound]] = []
    definite = {p.pack: p.bound for p in one.find(program, case).packs if p.bound[0] == p.bound[1]}
    for values in itertools.product(*domains.values()):
        answers = dict(zip(domains, values, strict=True))
        if agrees_above(program.vocabulary, answers):
            bounds = {p.pack: p.bound for p in one.find(program, answered(program, case, answers)).packs} | definite
            counted = [bounds[p.id] for p in program.packs if p.counts(case.kind)]
            table.append((answers, verdict.greatest(counted)))
    return table


@pytest.mark.parametrize("number", range(PROGRAMS))
def test_the_questions_are_as_few_as_trying_all_answers_shows(number: int) -> None:
    r = random.Random(number)
    for program, drawn in undecided(78, number):
        case, domains = opened(r, program, drawn)
        bound = one.find(program, case).bound
        if bound[0] == bound[1] or not 1 <= math.prod(map(len, domains.values())) <= FEW:
            continue
        table = table_of(program, case, domains)
        found = exact(program, case)
        assert set(found.bounds) == {bound for _, bound in table}
        least = next(n for n in range(len(domains) + 1)
                     if any(settles(table, names) for names in itertools.combinations(domains, n)))  # fmt: skip
        assert len(found.questions) == least
        assert settles(table, tuple(q.fact for q in found.questions))


def settles(table: list[tuple[dict[str, Value], Bound]], names: tuple[str, ...]) -> bool:
    """Whether the answers to some questions leave one outcome only, whatever the others are."""
    seen: dict[tuple[Value, ...], Bound] = {}
    return all(seen.setdefault(tuple(a[n] for n in names), bound) == bound for a, bound in table)


def test_the_smallest_set_with_something_of_each_is_found() -> None:
    r = random.Random(1)
    for _ in range(300):
        sets = [frozenset(r.sample("abcdefg", r.randint(1, 4))) for _ in range(r.randint(0, 8))]
        least = next(n for n in range(8) if any(_hits(sets, some) for some in itertools.combinations("abcdefg", n)))
        found = smallest_hitting(sets)
        assert len(found) == least
        assert _hits(sets, tuple(found))


def _hits(sets: list[frozenset[str]], chosen: tuple[str, ...]) -> bool:
    return all(not each.isdisjoint(chosen) for each in sets)


# --- one at a time

EITHER = """
covers: [{about: [transfer]}]
scope: "true"
clauses:
- id: ban
  cite: Art. 1
  says: Data stay.
  forbids: "data.personal"
- id: routine
  cite: Art. 2
  says: What is routine may leave.
  excuses: [ban]
  when: "flow.routine"
- id: once
  cite: Art. 3
  says: What is not may leave under a contract.
  excuses: [ban]
  when: "!flow.routine"
  needs: [contract-clauses]
"""


def test_what_is_allowed_either_way_is_not_undecided(tmp_path: Path) -> None:
    law = small.program(tmp_path, EITHER)
    asked = small.case("facts: {data.personal: true}\nmeasures: {contract-clauses: in-place}")
    assert verdict.word(one.find(law, asked).bound) == verdict.UNDECIDED
    found = exact(law, asked)
    assert (found.verdict, found.matters, found.questions) == ("allowed", False, ())


def test_the_question_that_settles_it_is_asked_alone(tmp_path: Path) -> None:
    law = small.program(tmp_path, EITHER)
    found = exact(law, small.case("facts: {data.personal: true}"))
    assert found.verdicts == ("allowed", "conditional")
    assert [(q.fact, q.settles) for q in found.questions] == [("flow.routine", True)]
    assert found.matters is True


def test_a_measure_that_is_unknown_is_asked_for(tmp_path: Path) -> None:
    law = small.program(tmp_path, EITHER)
    facts = "facts: {data.personal: true, flow.routine: false}"
    found = exact(law, small.case(f"{facts}\nmeasures: {{contract-clauses: unknown}}"))
    assert found.verdicts == ("allowed", "conditional")
    assert [q.fact for q in found.questions] == ["measure:contract-clauses"]


def test_what_other_cases_of_the_entry_come_to_makes_a_question_needless(tmp_path: Path) -> None:
    law = small.program(tmp_path, EITHER)
    found = exact(law, small.case("facts: {data.personal: true}"), least=verdict.CONDITIONAL)
    assert (found.verdict, found.questions) == ("conditional", ())


def test_a_range_is_narrowed_only_where_the_law_looks(tmp_path: Path) -> None:
    clauses = """
    covers: [{about: [transfer]}]
    scope: "true"
    clauses:
    - id: many
      cite: Art. 1
      says: Not so many.
      forbids: "incident.persons >= 1000 || incident.persons < 2000"
    - id: more
      cite: Art. 2
      says: Not more.
      forbids: "incident.persons >= 5000"
      needs: [contract-clauses]
    """
    law = small.program(tmp_path, clauses)
    assert exact(law, small.case("facts: {}")).verdict == "forbidden"
    assert verdict.word(one.find(law, small.case("facts: {}")).bound) == verdict.UNDECIDED


def test_a_pack_that_does_not_model_the_case_keeps_it_open(tmp_path: Path) -> None:
    law = small.program(tmp_path, EITHER)
    found = exact(law, small.case("kind: incident\nfacts: {data.personal: true}"))
    assert found.verdict == verdict.UNDECIDED
    assert (found.questions, found.unsettled) == ((), (Unsettled("not-modelled", "fr/law"),))


def test_a_stale_pack_keeps_it_open(tmp_path: Path) -> None:
    law = small.program(tmp_path, EITHER)
    found = exact(law, small.case("day: 2028-01-01\nfacts: {data.personal: true}"))
    assert found.unsettled == (Unsettled("stale-pack", "fr/law"),)


def test_a_place_without_a_pack_keeps_it_open_and_counsel_closes_it(tmp_path: Path) -> None:
    law = small.program(tmp_path, EITHER)
    asked = small.case("facts: {data.personal: false, holder.country: FR, recipient.country: XZ}")
    assert exact(law, asked).unsettled == (Unsettled("no-pack", "XZ"),)
    assert exact(law, replace(asked, opinions={"XZ": "conditional"})).verdict == "conditional"


def test_a_coarse_place_is_asked_for_more_exactly(tmp_path: Path) -> None:
    clauses = """
    covers: [{about: [transfer]}]
    scope: "true"
    clauses:
    - id: one-state
      cite: Art. 1
      says: Not there.
      forbids: recipient.country in HERE
    """
    here = """
    tables:
    - {id: HERE, means: one state, rows: [{place: US-CA, first_day: 2020-01-01, cite: Annex, source: law}]}
    """
    law = small.program(tmp_path, clauses, tables=here, places="[US, FR]")
    found = exact(law, small.case("facts: {holder.country: FR, recipient.country: US}"))
    assert found.verdicts == ("allowed", "forbidden")
    assert [q.fact for q in found.questions] == ["recipient.country"]
    sure = exact(law, small.case("facts: {holder.country: FR, recipient.country: FR}"))
    assert sure == Exact(((0, 0),))


def test_too_many_ways_of_owning_are_left_open() -> None:
    program = agree.make_program(77, 10)
    asked = agree.make_cases(program, 77, 10, 1)[0]
    found = exact(program, asked)
    assert (found.is_open, found.matters, found.questions, found.verdict) == (True, None, (), verdict.UNDECIDED)


def test_an_entry_is_the_greatest_of_its_cases() -> None:
    asked = Question("data.public", "Public?", True)
    either, sure = Exact(((0, 0), (1, 1)), (asked,)), Exact(((1, 1),))
    assert together((either, either)) == either
    assert together((either, sure)) == sure
    two = together((either, Exact(((0, 0), (2, 2)), (replace(asked, fact="flow.done"),))))
    assert two.verdicts == ("allowed", "conditional", "forbidden")
    assert [q.settles for q in two.questions] == [False, False]


def test_a_real_pack_that_is_over_cautious_is_exact() -> None:
    program = load_program()
    pack = program.pack["eu/data-access"]
    cases = read_cases(packs_root() / pack.id, pack, program.vocabulary, Problems())
    asked = next(c.case for c in cases if c.case.id == "localisation-elsewhere")
    assert verdict.word(one.find(program, asked).bound) == verdict.UNDECIDED
    assert exact(program, asked).verdict == "allowed"
