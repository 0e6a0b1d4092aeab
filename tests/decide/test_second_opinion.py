"""Another solver reads the same questions and answers them alike: generated ones, and ones about the packs."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator

import cvc5
import pytest

from comity.decide.circuit import AtLeast, Circuit
from comity.decide.solve import Solver
from comity.facts import Value
from comity.pack.ship import load_program
from tests.decide.pose import BOUNDS, Asked, ask, drawn, is_bound, pairs_of_packs

PARTS, PROGRAMS, PAIRS = 2, 36, 14  # 500 questions and some more, in parts that run side by side
DAY = dt.date(2026, 11, 24)
NOT_PAST: dict[str, Value] = {"flow.done": False}


def second_opinion(text: str) -> bool:
    """Whether cvc5 finds that what a text in SMT-LIB asserts can hold together."""
    solver = cvc5.Solver()
    solver.setLogic("QF_LIA")
    solver.setOption("tlimit-per", "20000")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "question")
    said = []
    while not (command := parser.nextCommand()).isNull():
        said.append(str(command.invoke(solver, parser.getSymbolManager())).strip())
    answers = [word for word in said if word]
    assert answers in (["sat"], ["unsat"]), answers
    return answers == ["sat"]


def solver_of(asked: Asked) -> Solver:
    solver = Solver(asked.circuit)
    solver.require(asked.space.constraints())
    return solver


def generated(part: int) -> Iterator[tuple[Solver, list[int]]]:
    """Each bound of generated programs, of cases in which all or only some is said."""
    first, last = part * PROGRAMS // PARTS, (part + 1) * PROGRAMS // PARTS
    for whole in (False, True):
        for _, asked in drawn(60, first, last, whole=whole):
            solver = solver_of(asked)
            yield from ((solver, is_bound(asked.bound, bound)) for bound in BOUNDS)


def of_the_packs(part: int) -> Iterator[tuple[Solver, list[int]]]:
    """What one pack may say of the cases of which another says something else; of each clause, whether it can speak."""
    program = load_program()
    r = random.Random(part)
    for kind in ("transfer", "access", "collection", "incident"):
        pairs = pairs_of_packs(program, kind, DAY)
        for packs in r.sample(pairs, min(PAIRS // 4 // PARTS + 1, len(pairs))):
            asked = ask(program.vocabulary, packs, kind, DAY, whole=r.random() < 0.5, fixed=NOT_PAST)
            solver = solver_of(asked)
            left, right = asked.packs
            yield solver, [left.bound.low2, right.scope.must, -right.bound.high1]
            yield solver, [right.bound.low2, left.scope.must, -left.bound.high1]
            clauses = [c for e in asked.packs for c in e.clauses.values()]
            for one, other in (r.choices(clauses, k=2) for _ in range(4 if clauses else 0)):
                yield solver, [one.when.must, -other.when.may, r.choice((one.bound.low2, -one.bound.high1))]


@pytest.mark.parametrize("part", range(PARTS))
def test_two_solvers_answer_alike(part: int) -> None:
    seen: Counter[tuple[str, bool]] = Counter()
    for name, questions in (("generated", generated(part)), ("of the packs", of_the_packs(part))):
        for solver, literals in questions:
            first = solver.solve(*literals) is not None
            assert second_opinion(solver.text(*literals)) is first, (name, literals)
            seen[name, first] += 1
    n, n_sat = sum(seen.values()), sum(count for (_, sat), count in seen.items() if sat)
    print(f"{n} questions, {n_sat} can be, {n - n_sat} cannot: {dict(seen)}")
    assert n >= 500 / PARTS
    assert 0.2 * n <= n_sat <= 0.8 * n
    assert seen["of the packs", True] > 5
    assert seen["of the packs", False] > 5


def test_a_question_with_one_number_changed_is_told_apart() -> None:
    circuit = Circuit()
    small, great = (circuit.variable(AtLeast("people", "", n)) for n in (3, 4))
    solver = Solver(circuit)
    solver.require([-great])
    assert solver.solve(small) is not None
    text = solver.text(small)
    assert second_opinion(text) is True
    changed = text.replace(" 4)", " 3)")
    assert changed != text
    assert second_opinion(changed) is False


def test_questions_with_every_literal_turned_are_answered_otherwise() -> None:
    n = 0
    for _, asked in drawn(61, 0, 12):
        solver = solver_of(asked)
        for bound in BOUNDS:
            literals = is_bound(asked.bound, bound)
            turned = solver.text(*[-literal for literal in literals])
            n += second_opinion(turned) is not (solver.solve(*literals) is not None)
    assert n > 10, "a text that says something else has to be answered otherwise now and then"
