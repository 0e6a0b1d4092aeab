"""The days of a map on which what it says can be another: none is missed, whatever the form of the text."""

import datetime as dt
from pathlib import Path

import pytest

from comity.errors import InputError
from comity.intake.days import days_in_map

AFTER, UNTIL = dt.date(2026, 11, 25), dt.date(2027, 11, 25)
ENDS = {"2026-12-31", "2027-01-01"}  # of years: counts by the calendar year begin anew


def days(folder: Path, text: str, **more: tuple[int, ...]) -> set[str]:
    (folder / "comity.yaml").write_text(text, encoding="utf-8")
    found = days_in_map([folder / "comity.yaml"], AFTER, UNTIL, **more)
    assert list(found) == sorted(set(found))
    return {day.isoformat() for day in found} - ENDS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- {from: 2027-03-01}", {"2027-03-01"}),
        ("- {until: 2027-03-01}", {"2027-03-02"}),
        ("  until:   '2027-03-01'", {"2027-03-02"}),
        ('  "until": "2027-03-01"', {"2027-03-02"}),
        ("  until:\n    2027-03-01", {"2027-03-02"}),
        ("- {counted: 2026-01-10}", {"2027-01-12"}),
        ("- {until_day: 2026-03-14}", {"2027-03-14", "2027-03-15"}),
        ("facts: {contract.concluded_on: 2027-03-01}", {"2027-03-01", "2027-03-02"}),
        ("2027-03-01", {"2027-03-01", "2027-03-02"}),
        ("- {until: 2026-11-24}", set()),
        ("- {until: 2027-11-25}", set()),
        ("- {from: 2027-02-30, id: a-12027-03-01, until: 9999-12-31}", set()),
    ],
)
def test_a_day_counts_where_it_begins_or_after_it_ends(tmp_path: Path, text: str, found: set[str]) -> None:
    assert days(tmp_path, text) == found


def test_terms_of_the_law_run_from_the_days_of_facts(tmp_path: Path) -> None:
    found = days(tmp_path, "facts: {x.y_on: 2026-10-01}", terms=(180,))
    assert found == {"2027-03-30", "2027-03-31"}


def test_ends_of_years_always_count(tmp_path: Path) -> None:
    (tmp_path / "comity.yaml").write_text("", encoding="utf-8")
    found = days_in_map([tmp_path / "comity.yaml"], AFTER, UNTIL)
    assert {day.isoformat() for day in found} == ENDS


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unreadable-file"):
        days_in_map([tmp_path / "none.yaml"], AFTER, UNTIL)
