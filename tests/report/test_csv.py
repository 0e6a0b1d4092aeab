"""The to-do list: every thing once, safe to open in a spreadsheet."""

import csv
import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.report.csv import HEADER, check_to_csv
from tests.report.sample import GOLDEN, small_check


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_list_is_written_out(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "todo.csv", check_to_csv(small_check()))


def test_every_thing_to_do_of_every_entry_has_its_row() -> None:
    check = small_check()
    found = sorted((r["flow"], r["what"], r["id"]) for r in rows(check_to_csv(check)))
    assert found == sorted((f.flow.id, t.what, t.id) for f in check.flows for t in f.todo)
    assert len(found) > 8


def test_an_accepted_entry_says_until_when() -> None:
    assert {r["accepted"] for r in rows(check_to_csv(small_check())) if r["flow"] == "warehouse"} == {"2027-01-31"}


def test_a_title_in_several_lines_stays_one_row() -> None:
    check = small_check()
    worst = check.flows[1]
    title = dataclasses.replace(worst, flow=dataclasses.replace(worst.flow, title='a "title",\nin two lines'))
    found = rows(check_to_csv(dataclasses.replace(check, flows=(title,))))
    assert {r["title"] for r in found} == {'a "title", in two lines'}


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", " =1+1", "＝1+1"])
def test_a_title_is_never_a_formula(title: str) -> None:
    check = small_check()
    found = dataclasses.replace(check.flows[1], flow=dataclasses.replace(check.flows[1].flow, title=title))
    told = rows(check_to_csv(dataclasses.replace(check, flows=(found,))))
    assert {r["title"] for r in told} == {f"'{title}"}


def test_a_map_without_flows_has_a_header_only() -> None:
    assert check_to_csv(dataclasses.replace(small_check(), flows=())) == ",".join(HEADER) + "\n"
