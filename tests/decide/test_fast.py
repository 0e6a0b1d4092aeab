"""The compiled program in the places where it takes a way of its own; that it agrees everywhere is test_agree.py."""

import dataclasses
import datetime as dt
import random
from pathlib import Path

import pytest

from comity.case import Case, Facts
from comity.condition import tree as t
from comity.decide import agree, decision, emit, lower, one
from comity.decide.fast import Fast, compile_program
from comity.errors import Problems
from comity.facts import Members, Places, Range, Row, read_vocabulary
from comity.pack.cases import read_cases
from comity.pack.link import link
from comity.pack.program import Program
from comity.pack.read import read_pack
from comity.pack.ship import pack_folders
from tests.house.sources import ROOT

FOLDERS = pack_folders(ROOT / "packs")
DAY = dt.date(2026, 11, 1)


@pytest.fixture(scope="module")
def program() -> Program:
    vocabulary = read_vocabulary()
    return link(vocabulary, [read_pack(folder, vocabulary) for folder in FOLDERS])


@pytest.fixture(scope="module")
def fast(program: Program) -> Fast:
    return compile_program(program)


def transfer(**more: object) -> Case:
    facts = {
        "holder.country": "DE",
        "recipient.country": "PH",
        "data.personal": True,
        "data.categories": Members(frozenset({"personal", "contact"})),
    }
    return dataclasses.replace(Case("one", "transfer", DAY, facts), **more)  # type: ignore[arg-type]  # any field


def same(fast: Fast, program: Program, case: Case) -> None:
    assert fast.find(program, case) == one.find(program, case)
    assert fast.find(program, case, presume=False) == one.find(program, case, presume=False)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_worked_cases_find_the_same(fast: Fast, program: Program, folder: Path) -> None:
    problems = Problems()
    cases = [w.case for w in read_cases(folder, program.packs[FOLDERS.index(folder)], program.vocabulary, problems)]
    problems.require_none()
    assert cases
    for case in cases[::3]:
        same(fast, program, case)


def test_it_is_called_as_the_reference_is(fast: Fast, program: Program) -> None:
    case = transfer()
    assert fast(program, case, presume=False, withhold=frozenset()) == one.find(program, case, presume=False)


def test_withheld_presumptions_are_not_made(fast: Fast, program: Program) -> None:
    case = transfer()
    for fact in ("flow.separate", "data.stored_in", "holder.establishments", "data.categories", "no.such.fact"):
        held = frozenset({fact})
        assert fast.find(program, case, withhold=held) == one.find(program, case, withhold=held)


def test_facts_said_to_be_unknown_are_not_presumed(fast: Fast, program: Program) -> None:
    case = transfer(unknown=frozenset({"flow.separate", "data.categories", "holder.law"}))
    same(fast, program, case)
    assert fast.find(program, case) != fast.find(program, transfer())


def test_both_sides_of_every_day_on_which_the_law_changes(fast: Fast, program: Program) -> None:
    days = sorted({r.first_day for p in program.packs for _, rows in p.groups for r in rows if r.first_day})
    assert len(days) > 20
    for day in random.Random(1).sample(days, 12):
        for beside in (-1, 0, 1):
            same(fast, program, transfer(day=day + dt.timedelta(days=beside)))


@pytest.mark.parametrize(
    "kind", ["transfer", "collection", "storage", "access-request", "incident", "product", "state-act", "no-such-kind"]
)
def test_every_kind_of_case_with_hardly_a_fact(fast: Fast, program: Program, kind: str) -> None:
    same(fast, program, Case("bare", kind, DAY))
    same(fast, program, transfer(kind=kind))


@pytest.mark.parametrize("count", [0, 1, 99_999, 100_000, Range(0, None), Range(99_999, 100_001), Range(1, 99_999)])
def test_totals_on_both_sides_of_a_threshold(fast: Fast, program: Program, count: int | Range) -> None:
    totals = {t.id: count for p in program.packs for t in p.totals}
    facts = {"holder.country": "CN", "recipient.country": "DE", "data.personal": True}
    same(fast, program, transfer(facts=facts, totals=totals))


def test_a_place_that_is_too_coarse_stays_unknown_where_all_facts_are_known() -> None:
    for number in range(40):
        drawn = agree.make_program(12, number)
        compiled, r = compile_program(drawn), random.Random(number)
        kind, day = agree.draw_kind_and_day(r)
        facts = {f.id: agree.draw_value(r, f, drawn.vocabulary) for f in drawn.vocabulary.facts[2:]}
        facts |= {"p1": "A", "p2": "A-1", "s1": Places(frozenset({"A", "B"})), "s2": Places(frozenset({"A-1"}))}
        same(compiled, drawn, Case("all known", kind, day, facts, totals={"x/a:t1": 1, "x/a:t2": 2}))


def test_bound_without_presumptions_is_that_of_the_whole_finding(fast: Fast, program: Program) -> None:
    for number in range(120):
        drawn = agree.make_program(8, number)
        compiled = compile_program(drawn)
        for case in agree.make_cases(drawn, 8, number, 8):
            found = compiled.find(drawn, case)
            assert compiled.bare_bound(drawn, case, found) == one.find(drawn, case, presume=False).bound
    for case in (transfer(), transfer(kind="incident"), Case("bare", "access-request", DAY)):
        found = fast.find(program, case)
        assert fast.bare_bound(program, case, found) == one.find(program, case, presume=False).bound


def test_values_are_those_of_the_facts(fast: Fast, program: Program) -> None:
    names = (*decision.TOUCHING, "no.such.fact")
    for case in (
        transfer(),
        transfer(unknown=frozenset({"holder.country", "data.stored_in"})),
        Case("bare", "storage", DAY),
    ):
        facts = Facts(program.vocabulary, case)
        assert fast.values(case, names) == (*(facts.value(n) for n in decision.TOUCHING), None)


def test_another_program_is_refused(fast: Fast, program: Program) -> None:
    with pytest.raises(ValueError, match="another program"):
        fast.find(program.select((program.packs[0].id,)), transfer())


def test_an_equal_program_is_taken(fast: Fast, program: Program) -> None:
    again = dataclasses.replace(program)
    assert again is not program
    assert fast.find(again, transfer()) == one.find(program, transfer())


def test_source_is_python_that_names_the_clauses(fast: Fast) -> None:
    text = fast.source("transfer", DAY)
    compile(text, "source", "exec")
    assert "# 'eu/personal-data/art-44'" in text
    assert "get('recipient.country')" in text


def test_every_kind_of_condition_and_of_node_has_a_rule() -> None:
    assert set(lower.OPS) == set(t.KINDS)
    groups: dict[str, tuple[Row, ...]] = dict.fromkeys(agree.GROUPS, ())
    low = lower.Lowering(agree.draw_vocabulary(random.Random(0)), "transfer", DAY, groups)
    r = random.Random(2)
    conditions = [agree.draw_condition(r, 3) for _ in range(400)]
    for condition in conditions:
        low.lower(condition)
    assert {node[0] for node in low.nodes} == set(emit.EMIT)


def test_text_from_a_pack_cannot_become_code() -> None:
    """A name that holds quotes and brackets is no more than a name."""
    evil = "'] + __import__('os').sep + ['"
    drawn = agree.make_program(1, 0)
    pack = dataclasses.replace(
        drawn.packs[0],
        scope=t.TRUE,
        clauses=(
            dataclasses.replace(
                drawn.packs[0].clauses[-1],
                id="x/a/c9\nraise SystemExit",
                effect="forbids",
                when=t.And((t.CountIs(f"x/a:{evil}", ">", 1), t.OneOf("o1", (evil,)))),
                needs=(evil,),
                excused_by=(),
                first_day=None,
                last_day=None,
            ),
        ),
    )
    odd = link(drawn.vocabulary, [pack])
    for facts in ({}, {"o1": "u"}, {"o1": evil}):
        for day in agree.DAYS:
            same(compile_program(odd), odd, Case("odd", "transfer", day, facts, totals={f"x/a:{evil}": 2}))
