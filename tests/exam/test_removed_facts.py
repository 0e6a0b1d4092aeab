"""A fact is taken out of a worked case: what is still definite must be true whatever the fact is."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from comity.case import Case, close_members, normalise
from comity.condition import tree as t
from comity.decide import verdict
from comity.decide.fast import Fast, compile_program
from comity.decide.findings import PackFinding
from comity.errors import Problems
from comity.facts import Fact, Members, Owner, Places, Value, Vocabulary
from comity.library import load
from comity.pack.cases import WorkedCase, read_cases
from comity.pack.program import Pack, Program
from comity.pack.ship import packs_root

PROGRAM = load()
UNDECIDED_AT_LEAST = 300  # removals after which the answer is open: without them the test below would say nothing


@cache
def compiled(pack_id: str) -> tuple[Program, Fast]:
    program = PROGRAM.select((pack_id,))
    return program, compile_program(program)


def find(pack_id: str, case: Case) -> PackFinding:
    program, fast = compiled(pack_id)
    return fast.find(program, case).packs[0]


def worked_cases(pack: Pack) -> list[WorkedCase]:
    problems = Problems()
    found = read_cases(packs_root() / pack.id, pack, PROGRAM.vocabulary, problems)
    problems.require_none()
    return found


def without(case: Case, fact: str) -> Case:
    """The case in which nobody knows the fact, and nothing is presumed of it."""
    facts = {name: value for name, value in case.facts.items() if name != fact}
    unknown = case.unknown | {fact}
    for mirror, some, member in PROGRAM.vocabulary.mirrors:
        held = facts.get(some)
        if fact == mirror and isinstance(held, Members):
            facts[some] = Members(held.yes - {member}, held.open | {member})
        if fact == some:
            facts.pop(mirror, None)
            unknown |= {mirror}
    return replace(case, facts=facts, unknown=frozenset(unknown))


def completed(case: Case, fact: str, value: Value) -> Case:
    facts = normalise(PROGRAM.vocabulary, {**case.facts, fact: value})
    return replace(case, facts=facts, unknown=case.unknown - facts.keys())


def contradicts(case: Case, fact: Fact, value: Value) -> bool:
    """Whether the other facts rule the value out: a kind of data that belongs to persons makes them personal."""
    below = PROGRAM.vocabulary.narrower
    return value is False and any(
        isinstance(held := case.facts.get(some), Members) and not held.yes.isdisjoint(below[member])
        for mirror, some, member in PROGRAM.vocabulary.mirrors
        if mirror == fact.id
    )


def completions(fact: Fact, said: Value, pack: Pack) -> Iterator[Value]:
    """Values on every side of every line that the pack draws through the fact."""
    match fact.type:
        case "bool":
            yield from (True, False)
        case "one-of":
            yield from fact.of
        case "count":
            drawn = {node.number for node in atoms(pack) if isinstance(node, t.CountIs) and node.fact == fact.id}
            yield from sorted({0, 10**9} | {n + d for n in drawn for d in (-1, 0, 1) if n + d >= 0})
        case "place":
            yield from places_of(pack)
        case "places":
            yield Places(frozenset())
            yield from (Places(frozenset({place})) for place in places_of(pack))
            if isinstance(said, Places):
                yield from (Places(said.members | {place}) for place in places_of(pack))
        case "some-of":
            yield from member_sets(PROGRAM.vocabulary, fact, said)
        case "shares":
            yield ()
            yield from ((Owner(100, place),) for place in places_of(pack))
        case "day" | "instant":
            yield from days(fact, pack)


@cache
def atoms(pack: Pack) -> tuple[t.Condition, ...]:
    conditions = (pack.scope, *(c.when for c in pack.clauses))
    return tuple(node for condition in conditions for node in t.walk(condition))


@cache
def places_of(pack: Pack) -> tuple[str, ...]:
    """A few places of each group that the pack names, and some of none."""
    named = {"XA", "FR", "US", "CN", "RU", "SG", pack.party}
    for rows in pack.group.values():
        named |= {row.place for row in rows[:3]} | {row.place for row in rows[-3:]}
    return tuple(sorted(named & PROGRAM.vocabulary.place.keys()))


def member_sets(vocabulary: Vocabulary, fact: Fact, said: Value) -> Iterator[Members]:
    yes = said.yes if isinstance(said, Members) else frozenset[str]()
    sets = [frozenset[str](), yes, *({m} for m in fact.of), *(yes | {m} for m in fact.of), *(yes - {m} for m in yes)]
    yield from (close_members(vocabulary, fact.id, Members(frozenset(s))) for s in sets)


def days(fact: Fact, pack: Pack) -> Iterator[dt.date]:
    drawn = {node.day for node in atoms(pack) if isinstance(node, t.DayIs) and node.fact == fact.id}
    for day, step in itertools.product(drawn | {dt.date(2000, 1, 1), dt.date(2026, 11, 20)}, (-1, 0, 1)):
        found = day + dt.timedelta(days=step)
        yield dt.datetime.combine(found, dt.time(), dt.UTC) if fact.type == "instant" else found


def removals(pack: Pack) -> Iterator[tuple[WorkedCase, Fact, PackFinding]]:
    for worked in worked_cases(pack):
        for name in sorted(worked.case.facts):
            yield worked, PROGRAM.vocabulary.fact[name], find(pack.id, without(worked.case, name))


@pytest.mark.parametrize("pack_id", [pack.id for pack in PROGRAM.packs])
def test_what_stays_definite_without_a_fact_is_true_whatever_the_fact_is(pack_id: str) -> None:
    pack = PROGRAM.pack[pack_id]
    for worked, fact, found in removals(pack):
        if verdict.word(found.bound) == verdict.UNDECIDED:
            continue
        open_case = without(worked.case, fact.id)
        for value in completions(fact, worked.case.facts[fact.id], pack):
            if contradicts(open_case, fact, value):
                continue
            inner = find(pack_id, completed(open_case, fact.id, value)).bound
            assert inner == found.bound, f"{worked.name} without {fact.id}: {found.bound}, with {value}: {inner}"


def test_many_removals_leave_the_answer_open() -> None:
    opened = sum(
        verdict.word(found.bound) == verdict.UNDECIDED
        and verdict.word(find(pack.id, worked.case).bound) != verdict.UNDECIDED
        for pack in PROGRAM.packs
        for worked, _, found in removals(pack)
    )
    assert opened >= UNDECIDED_AT_LEAST
