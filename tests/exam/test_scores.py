"""The regulators' exam: how far the packs agree with published cases, at least, and that the first score is kept."""

import json
from functools import cache

import pytest

from comity.decide.exam import Result, examine_all
from comity.library import load
from comity.pack.ship import packs_root
from comity.report.exam_page import MIN_CASES, exam_of_pack, scores
from tests.house.sources import ROOT

N_CASES = 255
STRICT_AIM, AIM, PACK_AIM = 88.0, 82.0, 70.0


@cache
def results() -> tuple[Result, ...]:
    return tuple(r for r in examine_all(load(), packs_root()) if r.worked.exam)


def test_all_cases_whose_law_has_a_pack_are_in_it() -> None:
    assert len(results()) == N_CASES
    assert len({r.worked.name for r in results()}) == N_CASES
    assert {r.worked.exam for r in results()} == {"cn-ru-asean", "eu-uk-ch", "us-28cfr202", "world"}


def test_the_packs_agree_with_the_authorities_often_enough() -> None:
    found = scores(results())
    assert found["official and adapted"]["percent"] >= STRICT_AIM
    assert found["all"]["percent"] >= AIM


@pytest.mark.parametrize("id_", [pack.id for pack in load().packs])
def test_no_pack_that_was_examined_falls_behind(id_: str) -> None:
    exam = exam_of_pack(id_, results())
    assert not exam["examined"] or exam["percent"] >= PACK_AIM
    assert exam["examined"] == (exam["cases"] >= MIN_CASES)


def test_every_miss_says_why() -> None:
    assert [r.worked.name for r in results() if not r.agrees and not r.worked.known] == []


def test_the_first_run_of_every_case_is_kept() -> None:
    kept = json.loads((ROOT / "docs" / "exam-first.json").read_text(encoding="utf-8"))
    first = {name: case for run in kept["collections"].values() for name, case in run["cases"].items()}
    assert first.keys() == {r.worked.name for r in results()}
    assert sum(case["agrees"] for case in first.values()) == 209  # it stays, whatever the packs become


def test_a_case_is_decided_under_its_own_law_alone() -> None:
    for result in results():
        assert result.finding.pack == result.pack
