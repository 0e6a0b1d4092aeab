"""What decisions look up in a program, and that the compiled program leads to the same decisions as the reference."""

import datetime as dt

import pytest

from comity.case import Case
from comity.condition import tree as t
from comity.decide import index, one
from comity.decide.decision import decide
from comity.decide.fast import compile_program
from comity.facts import Members, Places, Value, read_vocabulary
from comity.pack.link import link
from comity.pack.program import Program
from comity.pack.read import read_pack
from comity.pack.ship import pack_folders
from tests.house.sources import ROOT


@pytest.fixture(scope="module")
def program() -> Program:
    vocabulary = read_vocabulary()
    return link(vocabulary, [read_pack(folder, vocabulary) for folder in pack_folders(ROOT / "packs")])


def case(kind: str, **facts: Value) -> Case:
    given: dict[str, Value] = {
        "holder.country": "DE",
        "recipient.country": "US",
        "data.personal": True,
        "data.categories": Members(frozenset({"personal", "health"}), frozenset({"criminal"})),
    }
    given |= {name.replace("__", "."): value for name, value in facts.items()}
    return Case("case", kind, dt.date(2026, 11, 1), given, measures={"eu-standard-clauses": "in-place"})


CASES = (
    case("transfer"),
    case("transfer", recipient__dpf=True, flow__done=True),
    case("transfer", holder__country="CN", recipient__country="DE"),
    case("transfer", holder__country="BR", data__origin=Places(frozenset({"BR", "AR"}), False)),
    case("incident", incident__known_at=dt.datetime(2026, 10, 30, 8, 0, tzinfo=dt.UTC)),
    case("access-request", authority__country="US"),
    Case("bare", "storage", dt.date(2026, 11, 1)),
)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_decision_does_not_turn_on_the_evaluator(program: Program, number: int) -> None:
    fast = compile_program(program)
    for why in (True, False):
        by_reference = decide(program, CASES[number], find=one.find, why=why)
        assert decide(program, CASES[number], find=fast.find, why=why) == by_reference
        assert decide(program, CASES[number], find=fast, why=why) == by_reference
        few = compile_program(program, few=True)
        assert decide(program, CASES[number], find=few.find, why=why) == by_reference


def test_a_decision_does_not_turn_on_those_made_before(program: Program) -> None:
    fast = compile_program(program)
    alone = [decide(program, c, find=fast.find) for c in CASES]
    again = [decide(program, c, find=fast.find) for c in reversed(CASES)][::-1]
    assert alone == again


def test_home_is_the_land_of_the_laws_with_all_within_it(program: Program) -> None:
    home = index.index_of(program).home(dt.date(2026, 11, 1))
    assert {"CN", "CN-SH", "US", "RU", "DE"} <= home
    assert not {"KE", "AR", "XZ"} & home


def test_one_program_has_one_index(program: Program) -> None:
    assert index.index_of(program) is index.index_of(program)
    part = program.select((program.packs[0].id,))
    assert index.index_of(part).program is part


def test_about_names_every_atom_of_a_pack_that_reads_a_fact(program: Program) -> None:
    packs = {known.pack.id: known for known in index.index_of(program).packs}
    about = packs["eu/personal-data"].about("recipient.country")
    assert about
    assert len(set(about)) == len(about)
    assert {type(node) for node in about} <= {t.InGroup, t.InPlaces}
    assert packs["eu/personal-data"].about("no.such.fact") == ()


def test_a_table_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MAX_KEPT", 3)
    table: dict[int, str] = {}
    for number in range(10):
        assert index.keep(table, number, str(number)) == str(number)
        assert len(table) <= 3
    assert table[9] == "9"


def test_a_compiled_program_forgets_and_finds_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from comity.decide import fast as module

    monkeypatch.setattr(module, "MAX_FUNCTIONS", 12)
    monkeypatch.setattr(module, "MAX_LOWERINGS", 2)
    fast = compile_program(program)
    for _ in range(2):
        for c in CASES:
            assert fast.find(program, c) == one.find(program, c)
            assert fast.find(program, c, presume=False) == one.find(program, c, presume=False)
