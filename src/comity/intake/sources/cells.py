"""Days and numbers as people write them into tables."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from comity.intake.found import Told
from comity.intake.sources.folded import fold

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_EAST = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?")
_PARTS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)?\s*(?:de\s+)?([^\W\d]{3,})\.?,?\s*(?:de\s+)?(\d{4})")
_NAMED_FIRST = re.compile(r"([^\W\d]{3,})\.?\s*(\d{1,2})(?:st|nd|rd|th)?,?\s*(\d{4})")
# Months by their first letters in English, German, French, Spanish, Portuguese, Italian and Dutch; folded.
_MONTHS = (
    *(("jan", "jaen", "ene", "gen"), ("feb", "fev", "fevr"), ("mar", "mars", "marz", "maer", "maa", "mrt", "mrz")),
    *(("apr", "avr", "abr"), ("may", "mai", "mei", "mayo", "maio", "mag"), ("jun", "juin", "giu")),
    *(("jul", "juil", "lug"), ("aug", "aou", "ago"), ("sep", "set"), ("oct", "okt", "out", "ott"), ("nov",)),
    ("dec", "dez", "dic"),
)
_NUMBER = r"\d{1,3}(?:[.,'’\s]\d{3})+|\d+"
_EXACT = re.compile(_NUMBER)
_BETWEEN = re.compile(rf"({_NUMBER})\s*(?:-|–|to|bis|a|à|al|do|tot|до|~|至)\s*({_NUMBER})")
_AT_LEAST = re.compile(
    rf"(?:>=?|≥|over|more than|at least|min\.?|minimum|mehr als|über|mindestens|plus de|au moins|más de|mais de|"
    rf"oltre|più di|meer dan|ponad|powyżej|более|свыше)\s*({_NUMBER})|({_NUMBER})\s*(?:\+|以上)"
)
_AT_MOST = re.compile(
    rf"(?:<=?|≤|up to|less than|under|below|max\.?|at most|bis zu|weniger als|unter|höchstens|jusqu'à|moins de|"
    rf"hasta|menos de|até|fino a|meno di|tot|minder dan|do|poniżej|до|менее)\s*({_NUMBER})|({_NUMBER})\s*(?:以下|未満)"
)
MAX_COUNT = 10**13


def day_first(texts: Iterable[str]) -> bool | None:
    """Whether the days of a column are written with the day before the month; None where no value tells it."""
    firsts = {
        int(m[1]) > 12 for t in texts if (m := _PARTS.fullmatch(t.strip())) and (int(m[1]) > 12) != (int(m[2]) > 12)
    }
    return firsts.pop() if len(firsts) == 1 else None


def read_day(text: str, day_before_month: bool | None) -> dt.date | None:
    """A calendar day; None where the text is none, or may be one of two.

    Args:
        text: such as `2024-05-01`, `1.5.2024`, `1 May 2024` or `2024年5月1日`.
        day_before_month: how `05/06/2024` is to be read; None: not at all. With points the day always comes first.
    """
    text = text.strip()
    if match := _ISO.fullmatch(text) or _EAST.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _PARTS.fullmatch(text):
        one, two, year = int(match[1]), int(match[2]), int(match[3])
        if "." in text or one == two or day_before_month or one > 12:
            return _day(year, two, one)
        return _day(year, one, two) if two > 12 or day_before_month is False else None
    if match := _NAMED.fullmatch(text):
        return _named(match[3], match[2], match[1])
    if match := _NAMED_FIRST.fullmatch(text):
        return _named(match[3], match[1], match[2])
    return None


def _named(year: str, month: str, day: str) -> dt.date | None:
    folded = fold(month)
    found = {n for n, names in enumerate(_MONTHS, 1) if any(folded.startswith(name) for name in names)}
    return _day(int(year), found.pop(), int(day)) if len(found) == 1 else None


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def read_count(text: str) -> Told | None:
    """How many: a number, or a range as the map writes it; None where the text is neither."""
    text = text.strip().casefold()
    if _EXACT.fullmatch(text):
        return _number(text)
    if match := _BETWEEN.fullmatch(text):
        low, high = _number(match[1]), _number(match[2])
        return {"at-least": low, "at-most": high} if low is not None and high is not None and low <= high else None
    if match := _AT_LEAST.fullmatch(text):
        low = _number(match[1] or match[2])
        return None if low is None else {"at-least": low}
    if match := _AT_MOST.fullmatch(text):
        high = _number(match[1] or match[2])
        return None if high is None else {"at-least": 0, "at-most": high}
    return None


def _number(text: str) -> int | None:
    number = int("".join(c for c in text if c.isdigit()))
    return number if number < MAX_COUNT else None
