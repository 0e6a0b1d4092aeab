"""Days and numbers as people write them."""

import datetime as dt

import pytest

from comity.intake.sources.cells import day_first, read_count, read_day


@pytest.mark.parametrize(
    "text",
    [
        *("2024-05-31", "2024/5/31", "2024-05-31 00:00:00", "2024-05-31T08:00:00Z", "31.05.2024", "31.5.2024"),
        *(
            "31/05/2024",
            "05/31/2024",
            "31 May 2024",
            "May 31, 2024",
            "31. Mai 2024",
            "31 mai 2024",
            "31 de mayo de 2024",
        ),
        *("31 mei 2024", "2024年5月31日", "2024년 5월 31일"),
    ],
)
def test_one_day_is_read_from_many_spellings(text: str) -> None:
    assert read_day(text, None) == dt.date(2024, 5, 31)


def test_a_day_that_may_be_one_of_two_is_not_read() -> None:
    assert read_day("05/06/2024", None) is None
    assert read_day("05/05/2024", None) == dt.date(2024, 5, 5)


def test_the_rest_of_a_column_tells_how_its_days_are_written() -> None:
    assert day_first(["05/06/2024", "31/01/2024"]) is True
    assert day_first(["05/06/2024", "01/31/2024"]) is False
    assert day_first(["05/06/2024"]) is None
    assert day_first(["31/01/2024", "01/31/2024"]) is None
    assert read_day("05/06/2024", True) == dt.date(2024, 6, 5)
    assert read_day("05/06/2024", False) == dt.date(2024, 5, 6)


@pytest.mark.parametrize("text", ["", "soon", "2024-02-30", "31.13.2024", "2024", "Q3 2024", "3 foo 2024"])
def test_what_is_no_day_is_not_read(text: str) -> None:
    assert read_day(text, True) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1200", 1200),
        ("1,200", 1200),
        ("1.200.000", 1_200_000),
        ("1 200", 1200),
        ("500-1.000", {"at-least": 500, "at-most": 1000}),
        ("500 bis 1000", {"at-least": 500, "at-most": 1000}),
        ("> 1000", {"at-least": 1000}),
        ("mehr als 1.000", {"at-least": 1000}),
        ("1000+", {"at-least": 1000}),
        ("up to 500", {"at-least": 0, "at-most": 500}),
        ("≤ 500", {"at-least": 0, "at-most": 500}),
    ],
)
def test_numbers_and_ranges(text: str, count: object) -> None:
    assert read_count(text) == count


@pytest.mark.parametrize("text", ["", "many", "ca. 500", "1.5", "12,34", "1000-500", "10k", "-5", "9" * 30])
def test_what_is_no_sure_number_is_not_read(text: str) -> None:
    assert read_count(text) is None
