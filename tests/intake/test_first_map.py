"""The map that `comity init` writes reads without problems, whatever the answers, and teaches."""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.case import Map
from comity.facts import Vocabulary, read_vocabulary
from comity.intake.first_map import QUESTIONS, check_answer, first_map
from comity.intake.map import read_map
from comity.intake.places import regions

DAY = dt.date(2026, 11, 24)
VOCABULARY = read_vocabulary()
QUESTION = {q.id: q for q in QUESTIONS}


def read(folder: Path, answers: dict[str, str]) -> Map:
    path = folder / "comity.yaml"
    path.write_text(first_map(answers), encoding="utf-8")
    return read_map(path, VOCABULARY, day=DAY)


def refuse(id_: str, answer: str, vocabulary: Vocabulary = VOCABULARY) -> str:
    wrong = check_answer(QUESTION[id_], answer, vocabulary)
    assert wrong is not None
    return wrong


def test_defaults_pass_their_own_checks_and_give_a_map_with_one_transfer(tmp_path: Path) -> None:
    assert [q.id for q in QUESTIONS if check_answer(q, q.default, VOCABULARY) is not None] == []
    map_ = read(tmp_path, {})
    assert [(f.id, f.section, f.holder, f.recipient) for f in map_.flows] == [
        ("to-vendor", "flows", "company", "vendor")
    ]
    case = map_.flows[0].cases[0]
    assert (case.facts["holder.country"], case.facts["recipient.country"]) == ("NL", "US")
    assert case.measures == {}


def test_a_vendor_who_looks_in_gives_an_access(tmp_path: Path) -> None:
    map_ = read(tmp_path, {"way": "looks in", "vendor_country": "ph", "site": "SG"})
    assert map_.flows[0].section == "access"
    assert map_.flows[0].cases[0].facts["flow.by"] == "remote-access"
    assert map_.flows[0].cases[0].facts["recipient.country"] == "PH"


def test_norway_stays_norway_and_small_letters_are_places(tmp_path: Path) -> None:
    facts = read(tmp_path, {"country": "no", "counts": "no 12, se: 3"}).flows[0].cases[0].facts
    assert facts["holder.country"] == "NO"
    assert "NO" in str(facts["data.subjects_in"])


def test_people_who_were_not_counted_are_left_out_of_the_map_and_not_set_to_none(tmp_path: Path) -> None:
    assert check_answer(QUESTION["counts"], "", VOCABULARY) is None
    assert dict(read(tmp_path, {"counts": ""}).flows[0].people[0].counts) == {}


@pytest.mark.parametrize(
    ("id_", "answer", "says"),
    [
        ("name", "", "a name is needed"),
        ("country", "Netherlands", "did you mean `NL`?"),
        ("targets", "NL, XQX", "not the code of a place"),
        ("site", "aws/eu-centrl-1", "did you mean `aws/eu-central-1`"),
        ("data", "contact, helth", "did you mean `health`?"),
        ("data", "", "at least one kind"),
        ("counts", "NL many", "such as NL 5210"),
        ("counts", "NL 1, nl 2", "twice"),
        ("way", "by post", "sent, looks in"),
    ],
)
def test_a_wrong_answer_is_explained(id_: str, answer: str, says: str) -> None:
    assert says in refuse(id_, answer)


def test_the_map_explains_each_of_its_parts() -> None:
    lines = first_map({}).splitlines()
    parts = [
        number
        for number, line in enumerate(lines)
        if re.match(r"(entities|people|systems|flows|measures|assume):", line)
    ]
    assert len(parts) == 6
    assert [lines[number - 1] for number in parts if not lines[number - 1].startswith("# ")] == []


PLACES = st.sampled_from([p.id for p in VOCABULARY.places])
ANSWERS = st.fixed_dictionaries(
    {
        "name": st.text(min_size=1, max_size=30),
        "country": PLACES,
        "targets": st.lists(PLACES, min_size=1, max_size=3).map(", ".join),
        "site": st.sampled_from(sorted(regions())) | PLACES,
        "data": st.lists(st.sampled_from([c.id for c in VOCABULARY.categories]), min_size=1, max_size=4).map(", ".join),
        "vendor": st.text(min_size=1, max_size=30),
        "vendor_country": PLACES,
        "way": st.sampled_from(["sent", "looks in"]),
    }
)


@given(ANSWERS)
def test_answers_that_pass_their_checks_give_a_map_without_problems(
    tmp_path_factory: pytest.TempPathFactory, answers: dict[str, str]
) -> None:
    if all(check_answer(QUESTION[id_], answer, VOCABULARY) is None for id_, answer in answers.items()):
        map_ = read(tmp_path_factory.mktemp("map"), answers)
        assert map_.name == answers["name"].strip()
        assert map_.flows[0].cases


@pytest.mark.parametrize(("answer", "meant"), [("UK", "GB"), ("uk", "GB"), ("USA", "US"), ("norway", "NO")])
def test_a_country_by_another_name_is_helped(answer: str, meant: str) -> None:
    assert f"did you mean `{meant}`?" in refuse("country", answer)


def test_the_first_line_lets_an_editor_complete_the_map() -> None:
    lines = first_map({}).splitlines()
    assert lines[0] == "# yaml-language-server: $schema=comity.schema.json"
    assert "comity schema map > comity.schema.json" in lines[1]
