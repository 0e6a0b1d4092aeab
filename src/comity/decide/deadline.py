"""When a term ends: as a law counts it, and as an instant, by the clock and the public holidays of one place."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from comity.facts import Value, Vocabulary

UTC = "UTC"
_TERM = re.compile(r"(\d{1,4})(h|d|wd|mo|y)")
_LATE = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)  # beyond it no instant can be told in every zone


@dataclass(frozen=True)
class Calendar:
    """By whose clock and public holidays a term is counted.

    Attributes:
        place: ISO 3166-1 code, or empty: no holidays, weekends Saturday and Sunday.
        zone: name in the IANA database.
    """

    place: str = ""
    zone: str = UTC


@dataclass(frozen=True)
class Deadline:
    """The end of a term.

    Attributes:
        due: as the law counts: an instant for hours, else the last day, in ISO 8601.
        at: the instant, in UTC: of a last day its end by the clock of the place.
    """

    due: str = ""
    at: str = ""


def calendar_of(vocabulary: Vocabulary, place: str) -> Calendar:
    """The calendar of a place: that of the country it lies in, at the seat of its government."""
    current = vocabulary.place.get(place)
    while current is not None and current.within and not current.zone:
        current = vocabulary.place.get(current.within)
    return Calendar(current.id, current.zone or UTC) if current is not None else Calendar()


def deadline(within: str, start: Value | None, by: Calendar) -> Deadline:
    """When a term ends that starts at an instant or on a day; nothing where the start is not known.

    Args:
        within: `72h`, `10wd`, `14d`, `1mo`, `1y` or `at-once`. Days, months and years end with their last day, by the
            clock of the place; the day of the start is not counted. Working days leave out weekends and public
            holidays. A last day that is a holiday is not moved: laws differ, and the earlier day is the safe one.
        start: hours need an instant.
        by: whose clock and public holidays.
    """
    if not within or not isinstance(start, dt.date):
        return Deadline()
    try:
        return _deadline(within, start, by)
    except (OverflowError, ValueError):
        return Deadline()  # beyond the year 9999


@lru_cache(maxsize=4096)
def _deadline(within: str, start: dt.date, by: Calendar) -> Deadline:
    if within == "at-once":
        return Deadline(start.isoformat(), _utc(start) if isinstance(start, dt.datetime) else "")
    term = _TERM.fullmatch(within)
    if term is None:
        return Deadline()
    number, unit = int(term[1]), term[2]
    if unit == "h":
        if not isinstance(start, dt.datetime):
            return Deadline()
        end = start + dt.timedelta(hours=number)
        return Deadline(end.isoformat(), _utc(end))
    zone = ZoneInfo(by.zone)
    day = start.astimezone(zone).date() if isinstance(start, dt.datetime) else start
    last = _last_day(day, number, unit, by.place)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)  # 24:00 of the last day
    return Deadline(last.isoformat(), _utc(end))


def _utc(instant: dt.datetime) -> str:
    """An instant in UTC; where none was said with it, the zone is UTC."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
    if aware > _LATE:
        raise OverflowError
    return aware.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _last_day(day: dt.date, number: int, unit: str, place: str) -> dt.date:
    if unit == "d":
        return day + dt.timedelta(days=number)
    if unit == "wd":
        return _working_days(day, number, place)
    return _months(day, number * (12 if unit == "y" else 1))


def _working_days(day: dt.date, number: int, place: str) -> dt.date:
    import holidays  # only terms in working days need it

    try:
        known = holidays.country_holidays(place)
    except NotImplementedError:
        known = holidays.HolidayBase()
    while number > 0:
        day += dt.timedelta(days=1)
        number -= known.is_working_day(day)
    return day


def _months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
