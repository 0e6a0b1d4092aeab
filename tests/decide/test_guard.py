"""Which packs the places of a case may reach: nothing is left out that a scope could reach."""

import datetime as dt
from collections.abc import Mapping

import pytest

from comity.case import Case
from comity.condition.check import Names, compile_condition
from comity.decide import agree, fast, one
from comity.decide.emit import OfPlace
from comity.decide.fast import compile_program
from comity.decide.guard import guard_of
from comity.errors import Problems, Span
from comity.facts import Places, Value, read_vocabulary
from comity.library import load

DAY = dt.date(2026, 6, 1)
PROGRAM = load()


def places(scope: str, kind: str = "transfer") -> Mapping[str, frozenset[str]] | None:
    vocabulary, problems = read_vocabulary(), Problems()
    names = Names(vocabulary)
    condition = compile_condition(scope, Span(""), names, problems)
    problems.require_none()
    guard = guard_of(condition, kind, DAY, names.groups, OfPlace(vocabulary).near)
    return None if guard is None else guard.places


@pytest.mark.parametrize(
    ("scope", "guard"),
    [
        ("holder.country in JP", {"holder.country": {"JP"}}),
        ("holder.establishments.exists(p, p in JP)", {"holder.establishments": {"JP"}}),
        ("data.personal && holder.country in JP", {"holder.country": {"JP"}}),
        ("holder.country in JP || recipient.country in KR", {"holder.country": {"JP"}, "recipient.country": {"KR"}}),
        ("data.personal || holder.country in JP", None),  # it may be true anywhere
        ("!(holder.country in JP)", None),
        ("holder.establishments.all(p, p in JP)", None),  # true of no place at all
        ("data.personal", None),
        ('kind == "incident" && data.personal', {}),  # never, for a transfer
        ('kind == "incident" || holder.country in JP', {"holder.country": {"JP"}}),
    ],
)
def test_the_guard_of_a_scope(scope: str, guard: dict[str, set[str]] | None) -> None:
    assert places(scope) == guard


def test_a_place_that_holds_the_wanted_one_may_be_it() -> None:
    found = places("holder.country in CN_GD_SHENZHEN")
    assert found is not None
    assert {"CN", "CN-GD", "CN-GD-SHENZHEN"} <= found["holder.country"]
    assert "JP" not in found["holder.country"]


def test_a_table_counts_on_the_day() -> None:
    found = places("holder.country in EU")
    assert found is not None
    assert "GB" not in found["holder.country"]  # left on 2020-01-31


FACTS: list[dict[str, Value]] = [
    {"holder.country": country, "recipient.country": "US", "data.personal": True, **more}
    for country in ("JP", "DE", "US-VA", "CN", "XZ")
    for more in (
        {},
        {"holder.targets": Places(frozenset({"BR", "TH"}))},
        {"holder.targets": Places(frozenset({"BR"}), False)},
        {"data.subjects_in": Places(frozenset({"RU", "VN"}))},
        {"holder.establishments": Places(frozenset({"KR"}))},
    )
]


@pytest.mark.parametrize("kind", ["transfer", "incident", "access-request", "storage", "product"])
def test_what_is_not_asked_would_have_said_that_it_does_not_reach(kind: str) -> None:
    compiled = compile_program(PROGRAM)
    for facts in FACTS:
        case = Case("case", kind, DAY, facts)
        assert compiled.find(PROGRAM, case) == one.find(PROGRAM, case)


def test_what_is_not_said_leaves_the_gate_open() -> None:
    case = Case("case", "transfer", DAY, {"data.personal": True})
    assert compile_program(PROGRAM).find(PROGRAM, case) == one.find(PROGRAM, case)
    assert any(p.scope is None for p in one.find(PROGRAM, case).packs)


def test_generated_programs_find_the_same_through_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generated programs have few packs, and few packs need no gate: here every one of them has it."""
    monkeypatch.setattr(fast, "MIN_GATED", 1)
    shut = 0
    for number in range(150):
        program = agree.make_program(77, number)
        gated = fast.compile_program(program)
        for case in agree.make_cases(program, 77, number, 8):
            expected = one.find(program, case)
            assert gated.find(program, case) == expected, (number, case.id)
            places = range(len(program.packs))
            bare = [p.bound for p in one.find(program, case, presume=False).packs]
            assert gated.bare_bounds(program, case, places) == bare
            assert gated.bare_bound(program, case, expected) == one.find(program, case, presume=False).bound
            withheld = frozenset({"holder.country", "holder.establishments"})
            told = [p.bound for p in one.find(program, case, withhold=withheld).packs]
            assert list(gated.bounds(program, case, places, withheld, reaching=False)) == told
            shut += gated._open(case, frozenset()).bit_count() < len(program.packs)
    assert shut > 20  # else the gate never kept a pack out
