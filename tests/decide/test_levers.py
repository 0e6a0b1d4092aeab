"""A case with levers is, however they are set, the case that was so changed: as the reference finds it."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from comity.case import Case, Facts, close_members
from comity.condition import tree as t
from comity.decide import agree, levers, one
from comity.decide.circuit import FALSE, TRUE, Circuit
from comity.decide.encode import EncodedPack, Encoder
from comity.decide.levers import CaseSource, Levers, droppable, with_facts, without
from comity.errors import Problems
from comity.facts import Members, Value, Vocabulary
from comity.pack.cases import read_cases
from comity.pack.program import Program
from comity.pack.ship import load_program, pack_folders, packs_root

PROGRAMS, CASES, SETTINGS = 60, 12, 5


def drawn_levers(r: random.Random, circuit: Circuit, vocabulary: Vocabulary, case: Case) -> Levers:
    """Some measures, all kinds of data that can be left out, a few facts with another value; each a variable."""
    measures = [m.id for m in vocabulary.measures if r.random() < 0.6]
    changed: dict[str, Value] = {}
    movable = [f for f in vocabulary.facts[2:] if f.id != levers.CATEGORIES]
    for fact in r.sample(movable, min(4, len(movable))):
        changed[fact.id] = agree.draw_value(r, fact, vocabulary)
    return Levers(
        {m: circuit.variable(("measure", m)) for m in measures},
        {c: circuit.variable(("drop", c)) for c in droppable(vocabulary, case)},
        {f: (circuit.variable(("change", f)), value) for f, value in changed.items()},
    )


def settings(r: random.Random, given: Levers) -> Iterator[frozenset[int]]:
    """None pulled, all but one kind of data left out, and some by chance."""
    literals = [*given.measures.values(), *given.drops.values(), *(x for x, _ in given.changes.values())]
    yield frozenset()
    yield frozenset(literals) - frozenset(list(given.drops.values())[:1])
    for _ in range(SETTINGS):
        held = frozenset(x for x in literals if r.random() < 0.5)
        if not given.drops or not held.issuperset(given.drops.values()):  # something is always sent
            yield held


def pulled(vocabulary: Vocabulary, case: Case, given: Levers, held: frozenset[int]) -> Case:
    """The case changed as the levers say that hold."""
    in_place = {m: "in-place" for m, literal in given.measures.items() if literal in held}
    left = without(vocabulary, case, [c for c, literal in given.drops.items() if literal in held])
    left = with_facts(left, {f: value for f, (literal, value) in given.changes.items() if literal in held})
    return replace(left, measures={**case.measures, **in_place})


def check_same(program: Program, case: Case, given: Levers, circuit: Circuit, r: random.Random) -> int:
    """Hold each setting against the reference; returns how many were held."""
    source = CaseSource(circuit, program.vocabulary, case, given)
    encoder = Encoder(source)
    packs = [encoder.pack(pack) for pack in program.packs]
    n = 0
    for held in settings(r, given):
        changed = pulled(program.vocabulary, case, given, held)
        for pack, found in zip(packs, one.find(program, changed).packs, strict=True):
            clauses = {c.clause: (c.when, c.bound) for c in found.clauses}
            said = evaluated(circuit, pack, held)
            if found.scope is False:  # then the reference looks no further
                assert (said[0], said[1]) == (False, (0, 0)), (case, held)
            else:
                assert said == (found.scope, found.bound, clauses), (case, held)
        n += 1
    return n


def evaluated(
    circuit: Circuit, pack: EncodedPack, held: frozenset[int]
) -> tuple[bool | None, tuple[int, int], dict[str, tuple[bool | None, tuple[int, int]]]]:
    """Scope, bound and clauses of a pack under a setting."""

    def value(truth: tuple[int, int]) -> bool | None:
        must, may = circuit.evaluate(truth, held.__contains__)
        assert may or not must
        return True if must else None if may else False

    def bound(ranks: tuple[int, int, int, int]) -> tuple[int, int]:
        low1, low2, high1, high2 = circuit.evaluate(ranks, held.__contains__)
        return low1 + low2, high1 + high2

    clauses = {id_: (value(c.when), bound(c.bound)) for id_, c in pack.clauses.items()}
    return value(pack.scope), bound(pack.bound), clauses


@pytest.mark.parametrize("part", range(4))
def test_drawn_levers_on_generated_cases(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levers, "CATEGORIES", "m1")  # what the generated vocabulary calls its kinds of data
    n = moving = dropping = 0
    for number in range(part * PROGRAMS // 4, (part + 1) * PROGRAMS // 4):
        program = agree.make_program(31, number)
        r = random.Random(f"levers {number}")
        for case in agree.make_cases(program, 31, number, CASES):
            stays = replace(case, facts={"m3": Members(frozenset()), **case.facts})  # else it is presumed from m1
            circuit = Circuit()
            given = drawn_levers(r, circuit, program.vocabulary, stays)
            n += check_same(program, stays, given, circuit, r)
            moving += len(circuit.parts) > 2 + len(circuit.name)
            dropping += bool(given.drops)
    assert n > 500
    assert moving > 0.2 * PROGRAMS // 4 * CASES, "levers that move nothing show nothing"
    assert dropping > 0.03 * PROGRAMS // 4 * CASES


@cache
def real_cases() -> tuple[Program, tuple[Case, ...]]:
    """Some of the worked cases of each pack, with the packs of the law."""
    program = load_program()
    found: list[Case] = []
    for folder in pack_folders(packs_root()):
        pack = program.pack[f"{folder.parent.name}/{folder.name}"]
        every = [worked.case for worked in read_cases(folder, pack, program.vocabulary, Problems())]
        found += every[::40]
        found += [case for case in every if droppable(program.vocabulary, case)][::15]
    return program, tuple(found)


def test_drawn_levers_on_worked_cases() -> None:
    program, cases = real_cases()
    r = random.Random(7)
    seen: Counter[str] = Counter()
    for case in cases:
        circuit = Circuit()
        vocabulary = program.vocabulary
        bools = [f.id for f in vocabulary.facts if f.type == "bool" and isinstance(case.facts.get(f.id), bool)]
        chosen = r.sample(bools, min(3, len(bools)))
        given = Levers(
            {m: circuit.variable(("measure", m)) for m in vocabulary.measure},
            {c: circuit.variable(("drop", c)) for c in droppable(vocabulary, case)},
            {f: (circuit.variable(("change", f)), not case.facts[f]) for f in chosen},
        )
        seen["settings"] += check_same(program, case, given, circuit, r)
        seen["drops"] += bool(given.drops)
        seen["changes"] += bool(chosen)
    print(dict(seen), len(cases))
    assert seen["drops"] > 5
    assert seen["changes"] > 5


# --- what can be left out


def case_of(*categories: str, open_: frozenset[str] = frozenset()) -> Case:
    program = load_program()
    said = close_members(program.vocabulary, levers.CATEGORIES, Members(frozenset(categories), open_))
    return Case("", "transfer", program.packs[0].read_day, {levers.CATEGORIES: said})


def test_a_broader_kind_stays_open_where_another_one_may_be_held() -> None:
    vocabulary = load_program().vocabulary
    every = vocabulary.members[levers.CATEGORIES]
    some_open = without(vocabulary, case_of("contact", "health", open_=every), ["health"]).facts[levers.CATEGORIES]
    assert isinstance(some_open, Members)
    assert {"special", "sensitive", "religion"} <= some_open.open
    assert "health" not in some_open.open | some_open.yes
    closed = without(vocabulary, case_of("contact", "health"), ["health"]).facts[levers.CATEGORIES]
    assert closed == Members(frozenset({"contact", "personal"}))


def test_a_kind_left_out_takes_with_it_all_that_belong_to_it() -> None:
    vocabulary = load_program().vocabulary
    case = case_of("contact", "genetic", open_=frozenset({"genomic"}))
    left = without(vocabulary, case, ["genetic"]).facts[levers.CATEGORIES]
    assert left == Members(frozenset({"contact", "personal"})), "of special kinds there were no others"


def test_the_least_kinds_can_be_left_out_and_a_broader_one_goes_with_its_last() -> None:
    vocabulary = load_program().vocabulary
    narrow = [c for c in vocabulary.categories if c.within and c.within != ("personal",)]
    assert narrow
    for entry in narrow:
        case = case_of(entry.id, "contact")
        offered = droppable(vocabulary, case)
        assert set(offered) == {entry.id, "contact"}
        left = without(vocabulary, case, [entry.id]).facts[levers.CATEGORIES]
        assert isinstance(left, Members)
        assert left.yes == close_members(vocabulary, levers.CATEGORIES, Members(frozenset({"contact"}))).yes | (
            left.yes & {"personal"}
        )


def test_of_one_kind_alone_nothing_can_be_left_out() -> None:
    assert droppable(load_program().vocabulary, case_of("contact")) == ()
    assert droppable(load_program().vocabulary, Case("", "transfer", load_program().packs[0].read_day)) == ()


def test_without_anything_to_drop_the_case_is_the_same() -> None:
    case = case_of("contact", "health")
    assert without(load_program().vocabulary, case, ()) is case
    assert with_facts(case, {}) is case


def test_a_changed_fact_is_known_where_it_was_said_to_be_unknown() -> None:
    case = replace(case_of("contact"), unknown=frozenset({"flow.done", "holder.government"}))
    changed = with_facts(case, {"flow.done": True})
    assert changed.unknown == {"holder.government"}
    assert Facts(load_program().vocabulary, changed).value("flow.done") is True


def test_a_measure_that_is_no_lever_stays_as_it_was() -> None:
    program = agree.make_program(1, 1)
    case = Case("", "transfer", agree.DAYS[0], measures={"k1": "cannot", "k2": "in-place"})
    circuit = Circuit()
    lever = circuit.variable("k1")
    source = CaseSource(circuit, program.vocabulary, case, Levers({"k1": lever}, {}, {}))
    assert source.need("k1") == (-lever, -lever, -lever, -lever)
    assert set(source.need("k2")) == {FALSE}
    assert source.need("k3") == (TRUE, FALSE, TRUE, FALSE)


def test_a_fact_presumed_from_a_changed_one_moves_with_it() -> None:
    program = next(p for p in (agree.make_program(9, n) for n in range(50)) if p.vocabulary.fact["o2"].presume_from)
    circuit = Circuit()
    lever = circuit.variable("o1")
    case = Case("", "transfer", agree.DAYS[0], {"o1": "u"})
    source = CaseSource(circuit, program.vocabulary, case, Levers({}, {}, {"o1": (lever, "w")}))
    assert source.atom(t.OneOf("o2", ("w",)), {}) == (lever, lever)
    assert source.atom(t.OneOf("o2", ("u", "w")), {}) == (TRUE, TRUE)
