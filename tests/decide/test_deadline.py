"""Terms: by the calendar, by the clock of a place, over weekends and public holidays."""

import datetime as dt

import pytest

from comity.decide.deadline import Calendar, Deadline, calendar_of, deadline
from comity.facts import Value, read_vocabulary

MOMENT = dt.datetime(2026, 1, 30, 22, 0, tzinfo=dt.UTC)
NOWHERE = Calendar()


@pytest.mark.parametrize(
    ("within", "start", "due", "at"),
    [
        ("72h", MOMENT, "2026-02-02T22:00:00+00:00", "2026-02-02T22:00:00Z"),
        ("72h", MOMENT.date(), "", ""),  # hours need an instant
        ("14d", MOMENT, "2026-02-13", "2026-02-14T00:00:00Z"),
        ("1d", dt.date(2026, 2, 28), "2026-03-01", "2026-03-02T00:00:00Z"),
        ("1wd", dt.date(2026, 1, 30), "2026-02-02", "2026-02-03T00:00:00Z"),  # Friday to Monday
        ("10wd", dt.date(2026, 1, 30), "2026-02-13", "2026-02-14T00:00:00Z"),
        ("0wd", dt.date(2026, 1, 31), "2026-01-31", "2026-02-01T00:00:00Z"),
        ("1mo", dt.date(2026, 1, 31), "2026-02-28", "2026-03-01T00:00:00Z"),
        ("1mo", dt.date(2024, 1, 31), "2024-02-29", "2024-03-01T00:00:00Z"),
        ("12mo", dt.date(2024, 2, 29), "2025-02-28", "2025-03-01T00:00:00Z"),
        ("1y", dt.date(2026, 12, 31), "2027-12-31", "2028-01-01T00:00:00Z"),
        ("at-once", MOMENT, "2026-01-30T22:00:00+00:00", "2026-01-30T22:00:00Z"),
        ("at-once", MOMENT.date(), "2026-01-30", ""),
        ("9999y", MOMENT, "", ""),
        ("9000h", dt.datetime(9999, 1, 1, tzinfo=dt.UTC), "", ""),
        ("", MOMENT, "", ""),
        ("72h", None, "", ""),
    ],
)
def test_terms_end_on_the_calendar(within: str, start: Value | None, due: str, at: str) -> None:
    assert deadline(within, start, NOWHERE) == Deadline(due, at)


@pytest.mark.parametrize(
    ("place", "zone", "within", "start", "due", "at"),
    [
        # 22:40 UTC is already the next day in Shanghai, and the last day ends at its midnight
        ("CN", "Asia/Shanghai", "3d", "2026-11-20T22:40:00+00:00", "2026-11-24", "2026-11-24T16:00:00Z"),
        # China works on Saturday 10 October 2026, and not in the golden week before it
        ("CN", "Asia/Shanghai", "5wd", "2026-09-28T01:00:00+00:00", "2026-10-10", "2026-10-10T16:00:00Z"),
        # Christmas, and the weekend after it
        ("NL", "Europe/Amsterdam", "1wd", "2026-12-24T09:00:00+00:00", "2026-12-28", "2026-12-28T23:00:00Z"),
        ("NL", "Europe/Amsterdam", "1wd", "2026-12-24T23:30:00+00:00", "2026-12-28", "2026-12-28T23:00:00Z"),
        # Carnival is no public holiday in Brazil; Tiradentes, 21 April, is
        ("BR", "America/Sao_Paulo", "3wd", "2026-04-17T15:00:00+00:00", "2026-04-23", "2026-04-24T03:00:00Z"),
        # Friday and Sunday are the weekend of Brunei
        ("BN", "Asia/Brunei", "1wd", "2026-11-26T02:00:00+00:00", "2026-11-28", "2026-11-28T16:00:00Z"),
        # the clocks go forward between start and end
        (
            "NL",
            "Europe/Amsterdam",
            "72h",
            "2026-03-28T12:00:00+00:00",
            "2026-03-31T12:00:00+00:00",
            "2026-03-31T12:00:00Z",
        ),
        ("NL", "Europe/Amsterdam", "1d", "2026-03-28T12:00:00+00:00", "2026-03-29", "2026-03-29T22:00:00Z"),
    ],
)
def test_days_are_those_of_the_place(place: str, zone: str, within: str, start: str, due: str, at: str) -> None:
    assert deadline(within, dt.datetime.fromisoformat(start), Calendar(place, zone)) == Deadline(due, at)


@pytest.mark.parametrize(
    ("place", "clock"),
    [
        ("JP", Calendar("JP", "Asia/Tokyo")),
        ("CN-GD-SHENZHEN", Calendar("CN", "Asia/Shanghai")),  # a city keeps the time of its country
        ("US-CA", Calendar("US", "America/New_York")),  # a state that of the seat of government
        ("PR", Calendar("PR", "America/Puerto_Rico")),
        ("HK", Calendar("HK", "Asia/Hong_Kong")),
        ("", Calendar()),
        ("XZ", Calendar("XZ", "UTC")),
    ],
)
def test_the_clock_is_that_of_the_country(place: str, clock: Calendar) -> None:
    assert calendar_of(read_vocabulary(), place) == clock


def test_every_zone_of_the_vocabulary_is_known_to_the_time_zone_database() -> None:
    import zoneinfo

    zones = {place.zone for place in read_vocabulary().places if place.zone}
    assert len(zones) > 200
    assert zones <= zoneinfo.available_timezones()
