"""Days and deadlines as a calendar (RFC 5545). The same events give the same bytes: no clock of a machine is read."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """One thing in a calendar.

    Attributes:
        name: what it is the event of, in one text: from it comes its id, so that a calendar knows it again.
        stamp: when it was made, as the format asks.
        at: an instant, a whole day, or None: a task without a time.
        remind: how long before one is reminded.
    """

    name: str
    stamp: dt.datetime
    summary: str
    description: str
    url: str
    categories: tuple[str, ...]
    at: dt.datetime | dt.date | None
    alarm: str
    remind: dt.timedelta


def to_ics(product: str, name: str, events: Iterable[Event]) -> bytes:
    """A calendar of some events.

    Args:
        product: which part of Comity made it, such as `incident clock`.
        name: the name of the calendar.
        events: what stands in it.
    """
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//Comity//{product}//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for event in events:
        calendar.add_component(_component(event))
    content: bytes = calendar.to_ical()
    return content


def _component(event: Event) -> Any:
    import icalendar

    made = icalendar.Todo() if event.at is None else icalendar.Event()
    made.add("uid", f"{hashlib.sha256(event.name.encode()).hexdigest()[:32]}@comity")
    made.add("dtstamp", event.stamp)
    made.add("summary", event.summary)
    made.add("description", event.description)
    if event.url:
        made.add("url", event.url)
    made.add("categories", list(event.categories))
    if event.at is not None:
        made.add("dtstart", event.at)
        made.add_component(_alarm(event))
    return made


def _alarm(event: Event) -> Any:
    import icalendar

    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", event.alarm)
    alarm.add("trigger", -event.remind)
    return alarm
