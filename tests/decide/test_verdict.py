"""The table of lowest and highest verdicts, written out a second time by hand.

Every evaluator is built from verdict.py, so a fault there is a fault in all of them and no comparison of evaluators
can show it. This file can. Faults in how one evaluator uses the table are shown by test_planted_faults.py.
"""

import itertools

import pytest

from comity.decide import bits, verdict
from comity.facts import Tri

ALLOWED, CONDITIONAL, FORBIDDEN = 0, 1, 2
FREE, OPEN, CLOSED = (0, 0), (1, 1), (2, 2)
STATES = ("in-place", "not-yet", "cannot", "unknown")


@pytest.mark.parametrize(
    ("states", "bound"),
    [
        ((), FREE),
        (("in-place",), FREE),
        (("not-yet",), OPEN),
        (("cannot",), CLOSED),
        (("unknown",), (ALLOWED, CONDITIONAL)),
        (("in-place", "not-yet"), OPEN),
        (("in-place", "unknown"), (ALLOWED, CONDITIONAL)),
        (("not-yet", "unknown"), OPEN),
        (("not-yet", "cannot", "unknown", "in-place"), CLOSED),
        (("unknown", "cannot"), CLOSED),
    ],
)
def test_needs_count_impossible_before_missing_before_unknown(states: tuple[str, ...], bound: tuple[int, int]) -> None:
    assert verdict.needs(states) == bound


@pytest.mark.parametrize(
    ("when", "need", "bound"),
    [
        (False, FREE, CLOSED),
        (False, OPEN, CLOSED),
        (False, (0, 1), CLOSED),
        (True, CLOSED, CLOSED),
        (True, OPEN, OPEN),
        (True, FREE, FREE),
        (True, (0, 1), (0, 1)),
        (None, FREE, (ALLOWED, FORBIDDEN)),
        (None, OPEN, (CONDITIONAL, FORBIDDEN)),
        (None, (0, 1), (ALLOWED, FORBIDDEN)),
        (None, CLOSED, CLOSED),
    ],
)
def test_excuse_row(when: Tri, need: tuple[int, int], bound: tuple[int, int]) -> None:
    assert verdict.excuse(when, need) == bound


@pytest.mark.parametrize(
    ("excused", "by", "bound"),
    [
        (FREE, [], FREE),
        (FREE, [FREE], CLOSED),
        (OPEN, [OPEN, FREE], CLOSED),
        (FREE, [(0, 2)], (0, 2)),
        (OPEN, [(0, 1)], (1, 2)),
        (FREE, [OPEN], FREE),
        (FREE, [CLOSED], FREE),
        (FREE, [(1, 2)], FREE),
        (CLOSED, [(0, 2)], CLOSED),
    ],
)
def test_an_excuse_is_closed_by_a_satisfied_excuse_of_its_own(
    excused: tuple[int, int], by: list[tuple[int, int]], bound: tuple[int, int]
) -> None:
    assert verdict.lifted(excused, by) == bound


@pytest.mark.parametrize(
    ("when", "need", "excuses", "bound"),
    [
        (False, None, [], FREE),
        (False, OPEN, [CLOSED], FREE),
        (True, None, [], CLOSED),
        (True, OPEN, [], OPEN),
        (True, FREE, [CLOSED], FREE),
        (True, None, [CLOSED, OPEN], OPEN),
        (True, None, [(0, 2), OPEN], (0, 1)),
        (True, None, [(1, 2), (0, 2)], (0, 2)),
        (None, None, [], (ALLOWED, FORBIDDEN)),
        (None, OPEN, [], (ALLOWED, CONDITIONAL)),
        (None, None, [FREE], FREE),
        (None, None, [OPEN, CLOSED], (ALLOWED, CONDITIONAL)),
    ],
)
def test_ban_row(
    when: Tri, need: tuple[int, int] | None, excuses: list[tuple[int, int]], bound: tuple[int, int]
) -> None:
    assert verdict.ban(when, need, excuses) == bound


@pytest.mark.parametrize(
    ("when", "state", "excuses", "bound"),
    [
        (True, "not-yet", [], OPEN),
        (True, "in-place", [], FREE),
        (True, "cannot", [], CLOSED),
        (True, "unknown", [], (0, 1)),
        (True, "not-yet", [FREE], FREE),
        (None, "not-yet", [], (0, 1)),
        (False, "cannot", [], FREE),
    ],
)
def test_duty_counts_as_a_ban_with_its_measure_for_need(
    when: Tri, state: str, excuses: list[tuple[int, int]], bound: tuple[int, int]
) -> None:
    assert verdict.duty(when, state, excuses) == bound


@pytest.mark.parametrize(
    ("scope", "covered", "inner", "bound"),
    [
        (False, True, CLOSED, FREE),
        (False, False, CLOSED, FREE),
        (True, True, OPEN, OPEN),
        (True, True, (0, 2), (0, 2)),
        (None, True, CLOSED, (ALLOWED, FORBIDDEN)),
        (None, True, OPEN, (ALLOWED, CONDITIONAL)),
        (None, True, FREE, FREE),
        (True, False, FREE, (ALLOWED, FORBIDDEN)),
        (None, False, FREE, (ALLOWED, FORBIDDEN)),
    ],
)
def test_pack_row(scope: Tri, covered: bool, inner: tuple[int, int], bound: tuple[int, int]) -> None:
    assert verdict.pack(scope, covered, inner) == bound


@pytest.mark.parametrize(
    ("before", "is_done", "bound"),
    [
        (OPEN, True, CLOSED),
        (OPEN, False, OPEN),
        (OPEN, None, (CONDITIONAL, FORBIDDEN)),
        ((0, 1), True, (0, 2)),
        ((0, 1), None, (0, 2)),
        ((1, 2), True, CLOSED),
        (FREE, True, FREE),
        (CLOSED, True, CLOSED),
    ],
)
def test_in_a_past_flow_conditional_reads_forbidden(
    before: tuple[int, int], is_done: Tri, bound: tuple[int, int]
) -> None:
    assert verdict.done(before, is_done) == bound


@pytest.mark.parametrize(
    ("bounds", "bound"),
    [
        ([], FREE),
        ([FREE, OPEN], OPEN),
        ([(0, 2), OPEN], (1, 2)),
        ([CLOSED, (0, 1)], CLOSED),
        ([(0, 1), (0, 2)], (0, 2)),
    ],
)
def test_the_case_is_the_greatest_of_all(bounds: list[tuple[int, int]], bound: tuple[int, int]) -> None:
    assert verdict.greatest(bounds) == bound


def test_a_verdict_is_named_only_where_lowest_and_highest_meet() -> None:
    words = {bound: verdict.word(bound) for bound in bits.BOUNDS}
    assert words == {
        (0, 0): "allowed",
        (1, 1): "conditional",
        (2, 2): "forbidden",
        (0, 1): "undecided",
        (0, 2): "undecided",
        (1, 2): "undecided",
    }


# --- what the tables of bits.py rest on: rules that ask only which bounds are there, not how often or in which order


@pytest.mark.parametrize("bounds", list(itertools.product(bits.BOUNDS, repeat=3)), ids=str)
def test_rules_take_bounds_as_a_set(bounds: tuple[tuple[int, int], ...]) -> None:
    same = bits.bounds_in(bits.to_union(bounds))
    assert verdict.greatest(bounds) == verdict.greatest(same)
    for before in bits.BOUNDS:
        assert verdict.lifted(before, bounds) == verdict.lifted(before, same)
    for when, need in itertools.product((True, False, None), (None, FREE, OPEN, CLOSED, (0, 1))):
        assert verdict.ban(when, need, bounds) == verdict.ban(when, need, same)


@pytest.mark.parametrize("states", list(itertools.product(STATES, repeat=2)))
def test_needs_take_states_as_a_set(states: tuple[str, ...]) -> None:
    union = bits.STATE_BIT[states[0]] | bits.STATE_BIT[states[1]]
    assert verdict.needs(states) == verdict.needs(bits.states_in(union))


@pytest.mark.parametrize("union", range(bits.N_UNIONS))
def test_tables_hold_what_the_rules_say(union: int) -> None:
    bounds = bits.bounds_in(union)
    assert bits.BOUND[bits.greatest()[union]] == verdict.greatest(bounds)
    for when in (True, False, None):
        assert bits.BOUND[bits.ban(when, None)[union]] == verdict.ban(when, None, bounds)
        for state, bit in bits.STATE_BIT.items():
            assert bits.BOUND[bits.ban(when, bit)[union]] == verdict.ban(when, verdict.NEED[state], bounds)
            assert bits.BOUND[bits.duty(when, bit)[union]] == verdict.duty(when, state, bounds)
            lifted = verdict.lifted(verdict.excuse(when, verdict.NEED[state]), bounds)
            assert bits.BOUND[bits.excuse(when, bit)[union]] == lifted
