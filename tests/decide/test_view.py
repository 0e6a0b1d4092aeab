"""Answers that are kept for all cases with one view are those that each case would get by itself."""

import datetime as dt
import functools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from comity.case import Case, normalise
from comity.decide import one
from comity.decide.agree import draw_case, draw_kind_and_day, make_program
from comity.decide.decision import decide
from comity.decide.fast import compile_program
from comity.facts import Members, Place
from comity.library import load, load_map
from comity.pack.program import Program

HARBOUR = Path(__file__).parents[2] / "examples" / "harbour" / "comity.yaml"
ELSEWHERE = Place("XZ", "XZ")  # stands for every place that no law names


def program_of(number: int) -> Program:
    drawn = make_program(77, number)
    return replace(drawn, vocabulary=replace(drawn.vocabulary, places=(*drawn.vocabulary.places, ELSEWHERE)))


@pytest.mark.parametrize("block", range(4))
def test_what_is_kept_by_view_is_what_the_reference_says_of_each_case(block: int) -> None:
    n_asked = n_presumed = 0
    for number in range(10 * block, 10 * block + 10):
        program = program_of(number)
        find = compile_program(program).find
        r = random.Random(number)
        asked = [draw_kind_and_day(r) for _ in range(2)]
        cases = [draw_case(r, program.vocabulary, f"case-{n}", *asked[n % 2]) for n in range(60)]
        shared = [decide(program, case, find=find) for case in cases]
        assert shared == [decide(program, case, find=one.find) for case in cases]
        n_asked += sum(bool(decision.questions) for decision in shared)
        n_presumed += sum(bool(decision.presumptions) for decision in shared)
    assert min(n_asked, n_presumed) > 50  # else nothing was held against anything


def variants(program: Program, seed: int, n: int) -> Iterator[Case]:
    """Entries of the example with facts left out, unknown or added; members of a list and what mirrors one too."""
    r = random.Random(seed)
    vocabulary = program.vocabulary
    entries = load_map(HARBOUR, program, day=dt.date(2026, 11, 24)).flows
    base = [case for flow in entries for case in flow.cases]
    every = vocabulary.members["data.categories"]
    for number in range(n):
        case = r.choice(base)
        facts = {name: value for name, value in case.facts.items() if r.random() < 0.8}
        if r.random() < 0.6:
            yes = frozenset(r.sample(("health", "employee", "precise-location", "financial"), r.choice((0, 1, 2))))
            facts["data.categories"] = Members(yes, every - yes if r.random() < 0.6 else frozenset())
        if r.random() < 0.6:
            facts.pop("data.personal", None)
        for fact in r.sample([f.id for f in vocabulary.facts if f.type == "bool"], 3):
            facts.setdefault(fact, r.random() < 0.5)
        unknown = case.unknown | {name for name in case.facts if name not in facts and r.random() < 0.4}
        facts = normalise(vocabulary, facts)
        yield replace(case, id=f"v{number}", facts=facts, unknown=frozenset(unknown - facts.keys()))


def test_what_is_kept_by_view_is_what_all_packs_say_of_variants_of_real_cases() -> None:
    program = load()
    find = compile_program(program).find
    anew = functools.partial(find)  # an evaluator of somebody else's, for which nothing is kept
    cases = list(variants(program, 5, 150))
    shared = [decide(program, case, find=find) for case in cases]
    assert shared == [decide(program, case, find=anew) for case in cases]
    assert sum(bool(decision.questions) for decision in shared) > 50
    assert sum(bool(decision.presumptions) for decision in shared) > 50
