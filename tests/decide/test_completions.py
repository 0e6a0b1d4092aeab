"""What is definite stays so: however the unknown facts are filled in, the verdict lies within the range given."""

import random
from collections import Counter

import pytest

from comity.case import Case, close_members
from comity.condition import tree as t
from comity.decide import agree, one, verdict
from comity.facts import Fact, Members, Owner, Places, Range, Value, Vocabulary

PROGRAMS, CASES, COMPLETIONS = 60, 8, 6


def complete(r: random.Random, vocabulary: Vocabulary, case: Case) -> Case:
    """The case with every unknown fact, range, open list, measure and total filled in by chance."""
    facts = {f.id: _filled(r, vocabulary, f, case.facts.get(f.id)) for f in vocabulary.facts[2:]}
    known = {id_: state for id_, state in case.measures.items() if state != "unknown"}
    measures = {
        id_: known.get(id_) or r.choice(("in-place", "not-yet")) if id_ in case.measures else "not-yet"
        for id_ in vocabulary.measure
    }
    totals = {x: _exact(r, case.totals[x]) if x in case.totals else r.randint(0, 6) for x in agree.TOTALS}
    return Case(case.id, case.kind, case.day, facts, frozenset(), measures, totals)


def _filled(r: random.Random, vocabulary: Vocabulary, fact: Fact, said: Value | None) -> Value:
    value = agree.draw_value(r, fact, vocabulary) if said is None else said
    if isinstance(value, Range):
        return _exact(r, value)
    if isinstance(value, Places):
        more = () if value.complete else r.sample(agree.CODES, r.randint(0, 2))
        return Places(value.members | frozenset(more))
    if isinstance(value, Members):
        yes = frozenset(m for m in sorted(value.open) if r.random() < 0.5)
        return close_members(vocabulary, fact.id, Members(value.yes | yes))
    if isinstance(value, tuple):
        return _owned(r, value)
    return value


def _exact(r: random.Random, value: int | Range) -> int:
    if not isinstance(value, Range):
        return value
    return r.randint(value.low, value.low + 5 if value.high is None else value.high)


def _owned(r: random.Random, owners: tuple[Owner, ...]) -> tuple[Owner, ...]:
    """Owners whose places are said, and who add up to a hundred percent. One known only by its owners stays so."""
    found = []
    for owner in owners:
        place = owner.place if owner.place or owner.owners else r.choice(agree.CODES)
        inner = _owned(r, owner.owners) if owner.owners else ()
        found.append(Owner(owner.percent, place, inner))
    rest = 100 - sum(o.percent for o in owners)
    return (*found, Owner(rest, r.choice(agree.CODES))) if rest else tuple(found)


@pytest.mark.parametrize("number", range(PROGRAMS))
def test_verdict_of_every_completion_lies_in_the_range(number: int) -> None:
    program = agree.make_program(404, number)
    r = random.Random(number)
    for case in agree.make_cases(program, 404, number, CASES):
        low, high = one.find(program, case, presume=False).bound
        for _ in range(COMPLETIONS):
            completed = complete(r, program.vocabulary, case)
            inner = one.find(program, completed, presume=False).bound
            assert low <= inner[0], completed
            assert inner[1] <= high, completed


def test_completions_reach_both_ends_of_many_ranges() -> None:
    """So that the property above is not true for want of trying."""
    reached: Counter[str] = Counter()
    for number in range(25):
        program, r = agree.make_program(404, number), random.Random(number)
        for case in agree.make_cases(program, 404, number, 6):
            bound = one.find(program, case, presume=False).bound
            if bound[0] != bound[1]:
                ends = {
                    one.find(program, complete(r, program.vocabulary, case), presume=False).bound for _ in range(12)
                }
                reached["low"] += any(b[0] == bound[0] for b in ends)
                reached["high"] += any(b[1] == bound[1] for b in ends)
                reached["open"] += 1
    assert reached["low"] > reached["open"] / 2
    assert reached["high"] > reached["open"] / 4


def test_presumptions_only_narrow_the_range() -> None:
    for number in range(40):
        program = agree.make_program(405, number)
        for case in agree.make_cases(program, 405, number, 8):
            low, high = one.find(program, case).bound
            bare_low, bare_high = one.find(program, case, presume=False).bound
            assert bare_low <= low <= high <= bare_high


def test_definite_verdicts_are_among_the_cases() -> None:
    words = Counter(
        verdict.word(one.find(program, case, presume=False).bound)
        for number in range(PROGRAMS)
        for program in [agree.make_program(404, number)]
        for case in agree.make_cases(program, 404, number, CASES)
    )
    assert min(words[w] for w in agree.WORDS) > 5


def test_a_condition_that_is_known_stays_known_when_more_is_known() -> None:
    r = random.Random(9)
    for number in range(30):
        program = agree.make_program(406, number)
        for case in agree.make_cases(program, 406, number, 5):
            trace, more = one.Trace(), one.Trace()
            one.find(program, case, presume=False, trace=trace)
            one.find(program, complete(r, program.vocabulary, case), presume=False, trace=more)
            for id_, step in trace.clauses.items():
                if step.value is not None and id_ in more.clauses:
                    assert more.clauses[id_].value is step.value, t.to_text(step.condition)
