"""The plainest case: as few facts as in any space, familiar places, lawful handling, nothing beside the point."""

import datetime as dt

import pytest

from comity.decide import agree, one
from comity.decide.circuit import FALSE, Circuit
from comity.decide.encode import EncodedPack, Encoder
from comity.decide.example import PLANNED, PlainSpace, Questions, case_of, costs_of, oddity, presumed_lawful, set_beside
from comity.decide.solve import Solver
from comity.pack.program import Program
from comity.pack.ship import load_program

DAY = dt.date(2026, 11, 25)


def posed(program: Program, kind: str, day: dt.date) -> tuple[PlainSpace, list[EncodedPack]]:
    space = PlainSpace(Circuit(), program.vocabulary, program.packs, kind, day)
    encoder = Encoder(space)
    return space, [encoder.pack(pack) for pack in program.packs]


@pytest.mark.parametrize("number", range(16))
def test_a_question_asked_with_what_it_turns_on_has_the_same_least_cost(number: int) -> None:
    program = agree.make_program(31, number)
    case = agree.make_cases(program, 31, number, 1)[0]
    space, packs = posed(program, case.kind, case.day)
    costs, questions = costs_of([space]), Questions([space], seconds=10)
    whole = Solver(space.circuit)
    whole.require(space.constraints())
    for pack in packs:
        for literal in (pack.bound.low1, pack.bound.low2, -pack.bound.high1):
            expected, found = whole.cheapest(costs, literal), questions.smallest(literal)
            assert (expected is None) == (found is None)
            assert questions.is_possible(literal) == (found is not None)
            if expected is not None and found is not None:
                prices = [sum(cost for each, cost in costs if model.holds(each)) for model in (expected, found)]
                assert prices[0] == prices[1]
                bounds = {f.pack: f.bound for f in one.find(program, case_of([space], found)).packs}
                low, high = bounds[pack.pack.id]
                at = (pack.bound.low1, pack.bound.low2, -pack.bound.high1).index(literal)
                assert (low >= 1, low == 2, high == 0)[at]


def test_what_is_never_so_is_not_asked() -> None:
    program = agree.make_program(31, 0)
    space, _ = posed(program, "transfer", DAY)
    questions = Questions([space], seconds=10)
    assert questions.smallest(FALSE) is None
    assert not questions.is_possible(FALSE)


def test_the_first_export_that_comes_to_mind_is_from_a_known_country_to_a_known_one() -> None:
    program = load_program().select(("eu/personal-data",))
    space = PlainSpace(Circuit(), program.vocabulary, program.packs, "transfer", DAY, fixed=PLANNED)
    pack = Encoder(space).pack(program.packs[0])
    model = Questions([space], seconds=10).smallest(pack.bound.low1)
    assert model is not None
    facts = case_of([space], model).facts
    odd = oddity(program.vocabulary)
    assert facts["holder.country"] == "DE"
    assert odd[str(facts["recipient.country"])] == 0
    assert not facts.keys() & presumed_lawful(program.vocabulary).keys()


def test_data_lie_somewhere() -> None:
    program = load_program().select(("ru/personal-data",))
    space = PlainSpace(Circuit(), program.vocabulary, program.packs, "storage", DAY, fixed=PLANNED)
    Encoder(space).pack(program.packs[0])
    stored = space.fact("data.stored_in")
    questions = Questions([space], seconds=10)
    assert not questions.is_possible(stored.said, *(-literal for literal in stored.members.values()))


def test_spaces_beside_each_other_share_places_and_values() -> None:
    program = agree.make_program(31, 2)
    circuit = Circuit()
    days = dt.date(2020, 1, 1), dt.date(2026, 1, 1)
    spaces = [PlainSpace(circuit, program.vocabulary, program.packs, "transfer", day) for day in days]
    set_beside(spaces)
    for space in spaces:
        encoder = Encoder(space)
        for pack in program.packs:
            encoder.pack(pack)
    assert spaces[0].places() == spaces[1].places()
    for name in ("p1", "w1"):
        assert spaces[0].fact(name).values == spaces[1].fact(name).values


def test_what_is_presumed_of_a_whole_map_is_known() -> None:
    lawful = presumed_lawful(load_program().vocabulary)
    assert lawful["flow.basis"] is True
    assert lawful["flow.evades"] is False
