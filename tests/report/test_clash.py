"""Clashes as a matrix of parties and pair by pair."""

import datetime as dt
import json
from functools import cache

from comity.decide.clash import Clashes, Ground, OpenPair, clashes
from comity.pack.program import Program
from comity.pack.ship import load_program
from comity.report.clash import clashes_to_json, clashes_to_text
from comity.report.json import dumps

DAY = dt.date(2026, 11, 25)


@cache
def told() -> tuple[Program, Clashes]:
    program = load_program()
    return program, clashes(program, DAY, parties=("us", "cn"))


def test_the_matrix_counts_pairs_of_clauses_by_party() -> None:
    program, found = told()
    orders = [c for c in found.found if c.what == "disclosure"]
    n_by_us = sum(c.first.party == "us" for c in orders)
    lines = clashes_to_text(found, program.vocabulary, pairs=False).splitlines()
    head = lines.index("The party of the row orders what that of the column forbids:")
    assert lines[head + 2].split() == ["cn", "us"]
    assert lines[head + 3].split() == ["cn", "·", str(len(orders) - n_by_us)]
    assert lines[head + 4].split() == ["us", str(n_by_us), "·"]


def test_pairs_are_shown_with_case_and_ways_round() -> None:
    program, found = told()
    text = clashes_to_text(found, program.vocabulary, pairs=True)
    assert "18 USC 2713 (us/government-access/usc-18-2713) orders what is forbidden by" in text
    assert "      kind: access-request\n      day: 2026-11-25\n      facts:\n" in text
    assert "way round" in text
    assert "    kept in CN, US: against" in text


def test_what_was_not_settled_is_said_to_be_open() -> None:
    program, found = told()
    ground = Ground("us", "us/law", "us/law/order", "Art. 1", "Hand over.")
    other = Ground("cn", "cn/law", "cn/law/block", "Art. 2", "Do not.")
    unsettled = Clashes(
        DAY, ("cn", "us"), (), (OpenPair("disclosure", "access-request", ground, other),), ("eu/law",), 1
    )
    lines = clashes_to_text(unsettled, program.vocabulary, pairs=False).splitlines()
    assert "! open, not settled in time: us/law/order and cn/law/block (access-request)" in lines
    assert "! eu/law was read too long before 2026-11-25: nothing is said of it" in lines
    assert clashes_to_json(unsettled, program.vocabulary)["open"][0]["first"]["clause"] == "us/law/order"
    assert found.open == ()


def test_json_is_sorted_and_counts_as_the_text() -> None:
    program, found = told()
    read = json.loads(dumps(clashes_to_json(found, program.vocabulary)))
    keys = [(p["first"]["party"], p["second"]["party"], p["first"]["clause"]) for p in read["pairs"]]
    assert (read["format"], read["parties"]) == ("contradict/1", ["cn", "us"])
    assert keys == sorted(keys)
    assert sum(n for row in read["matrix"].values() for n in row.values()) == len(read["pairs"])
