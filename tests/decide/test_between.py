"""Who the parties are, and the one case that is put to every pair of them."""

import dataclasses
import datetime as dt

import pytest

from comity.case import Case, normalise
from comity.decide import one
from comity.decide.between import SETTING, Party, case_between, choose, parties_of, story, template
from comity.errors import ComityError
from comity.facts import Members, Places, Value
from comity.library import load

DAY = dt.date(2026, 11, 25)
PROGRAM = load()
VOCABULARY = PROGRAM.vocabulary
BRAZIL, JAPAN = Party("BR", "BR"), Party("JP", "JP")


def given(**facts: Value) -> Case:
    said = {name.replace("__", "."): value for name, value in facts.items()}
    return Case("given", "transfer", DAY, normalise(VOCABULARY, said))


# --- parties


def test_parties_are_those_whose_law_is_law_of_some_land() -> None:
    codes = {party.code for party in parties_of(PROGRAM, DAY)}
    assert {"EU", "CN", "US", "TL"} <= codes
    assert codes.isdisjoint({"GIDS", "ASEAN", "multilateral"})


def test_a_group_of_states_stands_in_one_of_its_places() -> None:
    (union,) = [party for party in parties_of(PROGRAM, DAY) if party.code == "EU"]
    assert union.place in {row.place for row in VOCABULARY.group["EU"].rows if row.holds_on(DAY)}


def test_a_party_whose_law_begins_later_is_none_yet() -> None:
    later = tuple(
        dataclasses.replace(p, places=tuple(dataclasses.replace(r, first_day=dt.date(2027, 1, 1)) for r in p.places))
        if p.party == "JP"
        else p
        for p in PROGRAM.packs
    )
    assert "JP" not in {p.code for p in parties_of(dataclasses.replace(PROGRAM, packs=later), DAY)}


def test_parties_are_chosen_by_code_in_any_case_once_and_in_order() -> None:
    chosen, without = choose(PROGRAM, DAY, ["jp,br", "JP"])
    assert (chosen, without) == ((BRAZIL, JAPAN), ())


def test_no_name_is_every_party() -> None:
    assert choose(PROGRAM, DAY, ())[0] == parties_of(PROGRAM, DAY)


def test_a_group_stands_for_the_parties_in_it_and_tells_whose_law_no_pack_holds() -> None:
    chosen, without = choose(PROGRAM, DAY, ["ASEAN"])
    assert {"SG", "VN", "TH"} <= {party.code for party in chosen}
    assert without == ()
    chosen, without = choose(PROGRAM, DAY, ["CONVENTION_108", "us"])
    assert {"EU", "GB", "US"} <= {party.code for party in chosen}
    assert "AD" in without
    assert "FR" not in without


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["FR", "US"], "no pack holds the law of a party `FR`; the law of EU holds there"),
        (["us-ca", "JP"], "no pack holds the law of a party `us-ca`; the law of US holds there"),
        (["ASEEAN"], "no pack holds the law of a party `ASEEAN`; did you mean `ASEAN`"),
        (["atlantis"], "no pack holds the law of a party `atlantis`; known: AU, BN,"),
        (["JP"], "common ground takes two parties or more"),
    ],
)
def test_who_cannot_be_asked_about(names: list[str], message: str) -> None:
    with pytest.raises(ComityError) as error:
        choose(PROGRAM, DAY, names)
    assert str(error.value).startswith(message)


# --- the case


@pytest.mark.parametrize("kind", SETTING)
def test_the_vocabulary_has_every_fact_and_value_of_a_setting(kind: str) -> None:
    for name, value in SETTING[kind].facts:
        declared = VOCABULARY.fact[name]
        expected = {"bool": bool, "one-of": str, "some-of": Members, "places": Places}[declared.type]
        assert isinstance(value, expected)
        said = value.yes if isinstance(value, Members) else {value} if isinstance(value, str) else set()
        assert said <= set(declared.of)
    for name in (*SETTING[kind].sender, *SETTING[kind].receiver):
        assert VOCABULARY.fact[name].type in ("place", "places")


@pytest.mark.parametrize("kind", SETTING)
def test_the_two_directions_differ_in_nothing_but_places(kind: str) -> None:
    flow = template(PROGRAM, kind, DAY)
    there = case_between(VOCABULARY, flow, BRAZIL, JAPAN)
    back = case_between(VOCABULARY, flow, JAPAN, BRAZIL)
    placed = {*SETTING[kind].sender, *SETTING[kind].receiver}
    assert there.facts.keys() == back.facts.keys()
    assert {name for name in there.facts if there.facts[name] != back.facts[name]} == placed
    assert {name: v for name, v in there.facts.items() if name not in placed}.items() <= back.facts.items()


@pytest.mark.parametrize("kind", SETTING)
def test_no_count_and_no_total_is_left_open(kind: str) -> None:
    case = case_between(VOCABULARY, template(PROGRAM, kind, DAY, persons=70), BRAZIL, JAPAN)
    counts = [f.id for f in VOCABULARY.facts if f.type == "count" and f.unit == "persons"]
    assert {case.facts[name] for name in counts} == {70}
    assert case.totals == {total.id: 70 for pack in PROGRAM.packs for total in pack.totals}
    assert one.find(PROGRAM, case).packs


def test_the_flow_holds_the_data_asked_for_and_no_others() -> None:
    flow = template(PROGRAM, "transfer", DAY, data=["health"])
    assert {"health", "personal"} <= {*flow.categories}
    assert "contact" not in flow.categories


def test_data_come_from_the_given_case_unless_they_are_asked_for() -> None:
    case = given(data__categories=Members(frozenset({"biometric"})))
    assert "biometric" in template(PROGRAM, "transfer", DAY, given=case).categories
    assert "biometric" not in template(PROGRAM, "transfer", DAY, data=["contact"], given=case).categories


def test_what_is_given_counts_before_the_setting_and_is_remembered() -> None:
    flow = template(PROGRAM, "transfer", DAY, given=given(recipient__role="processor", incident__persons=5))
    assert (flow.facts["recipient.role"], flow.facts["incident.persons"]) == ("processor", 5)
    assert flow.laid_over == ("incident.persons", "recipient.role")


def test_a_fact_given_as_unknown_is_not_said() -> None:
    case = dataclasses.replace(given(), unknown=frozenset({"recipient.role"}))
    flow = template(PROGRAM, "transfer", DAY, given=case)
    assert "recipient.role" not in flow.facts
    assert case_between(VOCABULARY, flow, BRAZIL, JAPAN).unknown == {"recipient.role"}


def test_a_place_of_the_pair_cannot_be_given() -> None:
    for case in (
        given(recipient__country="CH"),
        dataclasses.replace(given(), unknown=frozenset({"recipient.country"})),
    ):
        with pytest.raises(ComityError, match=r"`recipient\.country` differs from pair to pair of parties"):
            template(PROGRAM, "transfer", DAY, given=case)


def test_a_kind_that_runs_between_no_two_parties_is_an_error() -> None:
    with pytest.raises(ComityError, match="a case of `incident`; transfer, collection, storage, access-request do"):
        template(PROGRAM, "incident", DAY)


def test_a_category_that_is_none_is_an_error_with_a_hint() -> None:
    with pytest.raises(ComityError, match="`helth` is not a known category; did you mean `health`"):
        template(PROGRAM, "transfer", DAY, data=["helth"])


def test_the_story_names_the_data_and_the_persons() -> None:
    for kind in SETTING:
        told = story(template(PROGRAM, kind, DAY, persons=12_000), "health data")
        assert "health data of 12,000" in told
        assert "{" not in told
