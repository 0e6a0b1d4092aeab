"""All evaluators find the same in generated programs and cases, and these hold enough of everything."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.condition import tree
from comity.decide import agree, one
from comity.decide.fast import compile_program

N_PARTS, PROGRAMS, CASES = 10, 100, 50  # a thousand programs of fifty cases, in parts that run side by side


@pytest.mark.parametrize("part", range(N_PARTS))
def test_evaluators_agree_on_generated_programs(part: int) -> None:
    tally = agree.run(PROGRAMS * CASES, seed=part + 1, n_cases=CASES)
    print(tally.to_text())
    assert tally.pairs == PROGRAMS * CASES
    assert tally.disagreements == []
    assert tally.rare() == [], "a verdict or a kind of condition is in too few pairs"
    assert 0.45 < tally.unsaid / tally.facts < 0.55


@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_evaluators_agree_and_what_fails_is_shrunk(r: random.Random) -> None:
    program = agree.draw_program(r)
    case = agree.draw_case(r, program.vocabulary, "drawn", *agree.draw_kind_and_day(r))
    fast = compile_program(program)
    for presume in (True, False):
        assert fast.find(program, case, presume=presume) == one.find(program, case, presume=presume)


def test_generated_conditions_hold_every_kind() -> None:
    r = random.Random(1)
    kinds = {type(node) for _ in range(500) for node in tree.walk(agree.draw_condition(r, 2))}
    assert kinds == set(tree.KINDS)


def test_a_program_is_drawn_from_its_number_alone() -> None:
    assert agree.make_program(3, 7) == agree.make_program(3, 7)
    assert agree.make_program(3, 7) != agree.make_program(3, 8)


def test_processes_side_by_side_find_the_same() -> None:
    alone, together = (agree.run(200, seed=5, n_cases=5, jobs=jobs) for jobs in (1, 2))
    assert (alone.pairs, alone.verdicts, alone.conditions) == (together.pairs, together.verdicts, together.conditions)


def test_command_line_prints_pairs_and_shares(capsys: pytest.CaptureFixture[str]) -> None:
    code = agree.main(["--pairs", "600", "--cases", "20", "--jobs", "1", "--seed", "2"])
    printed = capsys.readouterr()
    assert code == 0
    assert printed.out.startswith("pairs 600\ndisagreements 0\n")
    assert "undecided" in printed.out
    assert "Cascades" in printed.out
    assert "600 of 600 pairs" in printed.err


def test_a_disagreement_ends_the_command_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(one.OPS, tree.Const, lambda c, context: one.Step(c, not c.value))
    assert agree.main(["--program", "3", "--cases", "20"]) == 1
    assert "disagrees: fast, program 3" in capsys.readouterr().out
