"""The days that stand in the files of a map, and those on which what it says can begin, end or grow too old."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from comity import document as doc

_DAY = re.compile(r"(?<![0-9-])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9-])")
_KEY = re.compile(r"([A-Za-z_]+)[\"']?[ \t]*:\s*[\"']?$")
_LONGEST_KEY = 40  # characters between the start of a key and its day
# How many days after a day that stands under a key something can change; what stands elsewhere starts or ends there.
_AFTER = {
    "from": (0,),
    "from_day": (0,),
    "day": (0,),
    "known_at": (0,),
    "until": (1,),
    "until_day": (1, 365, 366),  # and a flow that is over leaves the window of twelve months
    "counted": (-366, 0, 367),  # a count stands for a year
}
_ELSEWHERE = (0, 1)


def days_in_map(
    files: Iterable[str | Path], after: dt.date, until: dt.date, *, terms: Iterable[int] = ()
) -> tuple[dt.date, ...]:
    """The days within a span on which what a map says can be otherwise than on the day before, soonest first.

    Every text of the form of a day counts, whatever it stands for: one too many costs time, one too few hides a change.

    Args:
        files: the files of the map.
        after: the day before the span.
        until: the last day of the span.
        terms: numbers of days from a fact of the map after which a law says something else.

    Raises:
        InputError: a file cannot be read.
    """
    found = {dt.date(year, *ends) for year in range(after.year, until.year + 1) for ends in ((1, 1), (12, 31))}
    elsewhere = {*_ELSEWHERE, *(n + extra for term in terms for n in (term, -term) for extra in (0, 1))}
    for file in files:
        text = doc.read_raw(file, str(file)).decode("utf-8", "replace")
        for key, day in _days(text):
            found |= {moved for n in _AFTER.get(key, elsewhere) if (moved := _moved(day, n)) is not None}
    return tuple(sorted(day for day in found if after < day <= until))


def _days(text: str) -> Iterator[tuple[str, dt.date]]:
    for match in _DAY.finditer(text):
        try:
            day = dt.date.fromisoformat(match[0])
        except ValueError:
            continue
        before = text[max(0, match.start() - _LONGEST_KEY) : match.start()]
        key = _KEY.search(before)
        yield (key[1] if key else ""), day


def _moved(day: dt.date, n: int) -> dt.date | None:
    try:
        return day + dt.timedelta(days=n)
    except OverflowError:
        return None
