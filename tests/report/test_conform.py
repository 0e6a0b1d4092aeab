"""A law held against a text, told to people and to programs."""

import datetime as dt
import json

import pytest

from comity.decide.conform import Conformity, conform
from comity.library import load
from comity.report.conform import (
    conformities_to_json,
    conformities_to_text,
    conformity_to_json,
    conformity_to_text,
)
from comity.report.json import dumps

pytest.importorskip("z3")

DAY = dt.date(2026, 6, 1)
PROGRAM = load()
VOCABULARY = PROGRAM.vocabulary


def held(*packs: str) -> Conformity:
    return conform(VOCABULARY, [PROGRAM.pack[p] for p in packs], PROGRAM.pack["gids/commitments"], DAY)


RUSSIAN, CHINESE, KHMER = held("ru/personal-data"), held("cn/outbound-data", "cn/vulnerabilities"), held("kh/data")


def test_the_text_names_the_law_the_day_and_the_counts_first() -> None:
    first, second = conformity_to_text(RUSSIAN, VOCABULARY).splitlines()[:2]
    assert first.startswith("ru/personal-data held against gids/commitments on 2026-06-01: 3 broken, ")
    assert second == "Global Initiative on Data Security: the eight points"


def test_a_broken_commitment_shows_both_clauses_their_doubts_and_the_case() -> None:
    text = " ".join(conformity_to_text(RUSSIAN, VOCABULARY).split())
    assert "point-4-storage, GIDS point 4, second part: A state does not order its own companies" in text
    assert "by ru/personal-data/art-18-5-2025, 152-FZ Art. 18(5), version of 23-FZ:" in text
    assert "not modelled: whether a system abroad that only passes the data on is a database" in text
    assert "the smallest case, in which the law says: forbidden kind: collection day: 2026-06-01 facts:" in text
    assert "holder.law: RU" in text


def test_each_commitment_stands_once_under_its_status() -> None:
    text = conformity_to_text(CHINESE, VOCABULARY)
    for judgement in CHINESE.judgements:
        assert text.count(f"  {judgement.clause.id.rsplit('/', 1)[1]}, {judgement.clause.cite}: ") == 1
    assert text.index("kept in every case") < text.index("point-4-storage,") < text.index("not touched:")


def test_the_table_has_a_row_for_each_law_and_no_column_that_no_law_touches() -> None:
    lines = conformities_to_text([RUSSIAN, CHINESE, KHMER]).splitlines()
    header, russian, chinese, khmer = lines[3:7]
    names = header.split()
    assert names[0] == "point-4-storage"
    assert "point-2-damage" not in names
    assert dict(zip(["", *names], russian.split(), strict=True))["point-4-storage"] == "broken"
    assert dict(zip(["", *names], russian.split(), strict=True))["point-5-direct"] == "broken*"
    assert dict(zip(["", *names], chinese.split(), strict=True))["point-4-storage"] == "kept"
    assert set(khmer.split()[1:]) == {"-"}
    assert any(line.startswith("not decidable from rules: ") and "point-2-damage" in line for line in lines)


def test_json_holds_what_the_text_says_and_is_the_same_each_time() -> None:
    found = conformity_to_json(RUSSIAN, VOCABULARY)
    assert (found["format"], found["law"], found["to"]) == ("conform/1", ["ru/personal-data"], "gids/commitments")
    assert sum(found["counts"].values()) == len(found["commitments"]) == len(RUSSIAN.judgements)
    (storage,) = [c for c in found["commitments"] if c["clause"] == "gids/commitments/point-4-storage"]
    for breach in storage["breaches"]:
        assert breach["act"]["kind"] == "state-act"
        assert breach["act"]["facts"]["act.kind"] == "localise"
        assert breach["law"]["cite"]
    again = conformity_to_json(held("ru/personal-data"), VOCABULARY)
    assert dumps(found) == dumps(again)
    assert json.loads(dumps(conformities_to_json([RUSSIAN], VOCABULARY)))["laws"][0]["counts"] == found["counts"]
