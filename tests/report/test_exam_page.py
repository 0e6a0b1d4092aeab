"""The page of the exam: first and present score, by pack, collection, origin and kind, and every miss."""

import dataclasses
import datetime as dt

from comity.case import Case
from comity.decide.exam import Result
from comity.decide.findings import PackFinding
from comity.errors import Span
from comity.pack.cases import Expectation, WorkedCase
from comity.report.exam_page import exam_page, first_run, scores
from tests.report.sample import program

FINDING = PackFinding("north/exports", True, True, False, (), (0, 0))


def result(
    number: int, kind: str, differences: tuple[str, ...] = (), *, exam: str = "world", known: str = ""
) -> Result:
    case = Case(f"case-{number}", "transfer", dt.date(2026, 1, 1))
    worked = WorkedCase(
        f"case-{number}", f"Title {number}", "A ruling", "https://a.example", kind, case, Expectation(), "so it is",
        known, exam, Span("x"),
    )  # fmt: skip
    return Result("north/exports", worked, differences, FINDING)


RESULTS = [
    result(1, "official"),
    result(2, "adapted"),
    result(3, "secondary", ("verdict: expected allowed, got forbidden",), known="a judgement"),
    result(4, "official"),
    result(5, "official", ("verdict: expected forbidden, got undecided",)),
    result(6, "own", exam=""),
]


def first() -> dict[str, object]:
    worse = [dataclasses.replace(r, differences=("x",)) if r.worked.name == "case-1" else r for r in RESULTS]
    return {"collections": {"world": {"day": "2026-11-25", "cases": first_run(worse, "world")}}}


def test_the_page_gives_first_and_present_score() -> None:
    page = exam_page(program(), RESULTS, first())
    assert "| official and adapted | 4 | 2 (50.0 %) | 3 (75.0 %) |" in page
    assert "| all | 5 | 2 (40.0 %) | 3 (60.0 %) |" in page
    assert "| north/exports | 5 | 2 (40.0 %) | 3 (60.0 %) |" in page
    assert "- world: first run on 2026-11-25" in page
    assert "| secondary | 1 | 0 (0.0 %) | 0 (0.0 %) |" in page


def test_a_pack_with_too_few_cases_was_not_examined() -> None:
    page = exam_page(program(), RESULTS, first())
    assert "Not examined (fewer than 5 cases):\n\n- south/home: no case" in page
    few = exam_page(program(), RESULTS[:2], first())
    assert "- north/exports: 2 cases, 1 agreed at first, 2 now" in few


def test_every_miss_is_told_with_its_reason() -> None:
    page = exam_page(program(), RESULTS, first())
    assert "## Misses (2)" in page
    assert "- Why it is missed: a judgement" in page
    assert "- Why it is missed: not known" in page
    assert "Title 3 (north/exports; secondary; [A ruling](https://a.example))" in page


def test_cases_of_no_collection_do_not_count() -> None:
    assert scores(RESULTS)["all"] == {"cases": 5, "agree": 3, "percent": 60.0}
    assert scores([]) == {
        "official and adapted": {"cases": 0, "agree": 0, "percent": 0.0},
        "all": {"cases": 0, "agree": 0, "percent": 0.0},
    }
