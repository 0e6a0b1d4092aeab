"""The clock of an incident or a flaw, as text, as JSON and as a calendar."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from comity.decide.check import Check
from comity.decide.clock import Clock, Owed
from comity.report import words
from comity.report.calendar import Event, to_ics
from comity.report.json import value_to_json

FORMAT = "incident/1"
WIDTH = 100
_MARKS = {
    "open": "owed",
    "ordered": "ordered",
    "unknown": "owed perhaps",
    "impossible": "owed, said to be impossible",
    "done": "done",
}


def local_time(owed: Owed) -> str:
    """The deadline by the clock of its place, with its distance from UTC; empty if there is no instant."""
    if not owed.duty.due_at:
        return ""
    return dt.datetime.fromisoformat(owed.duty.due_at).astimezone(ZoneInfo(owed.duty.zone)).isoformat()


def no_figure(owed: Owed) -> str:
    """Why a duty has no instant; empty if it has one."""
    duty = owed.duty
    if duty.due_at:
        return ""
    if not duty.within:
        return f"without undue delay: {duty.cite} names no number of hours or days"
    term = words.due_text(duty.within)
    if owed.started is None:
        return f"{term} from `{duty.start}`, which nobody said" if duty.start else term
    return f"{term} from {value_to_json(owed.started)}, of which only the day is known"


def term_text(owed: Owed) -> str:
    """The term as the law gives it, and its start."""
    if not owed.duty.within:
        return "without undue delay"
    return words.due_text(owed.duty.within) + (f" from {value_to_json(owed.started)}" if owed.started else "")


# --- text


def clock_to_text(check: Check, clock: Clock) -> str:
    """A line per duty, soonest first: until when in UTC and local time, to whom, what, under which article."""
    lines = [f"{words.clean(check.map.name)}: {', '.join(clock.entries) or 'no incident and no flaw'}", ""]
    for owed in clock.owed:
        lines += [*_lines(owed, len(clock.entries) > 1), ""]
    if not clock.owed:
        lines += ["no duty: no modelled clause of the packs that were asked orders anything here", ""]
    lines += [f"! {entry}: {pack} {words.OUTCOMES[outcome]}" for entry, pack, outcome in clock.undecided]
    lines += [
        f"! {entry}: no pack for {words.place_text(check.program.vocabulary, place)} ({place}): ask counsel"
        for entry, place in clock.no_pack
    ]
    lines.append(words.NO_ADVICE)
    return "\n".join(lines) + "\n"


def _lines(owed: Owed, names_entry: bool) -> Iterator[str]:
    duty = owed.duty
    if duty.due_at:
        local = dt.datetime.fromisoformat(local_time(owed))
        at = dt.datetime.fromisoformat(duty.due_at)
        yield f"{at:%Y-%m-%d %H:%M} UTC = {local:%a %Y-%m-%d %H:%M} {duty.zone}   {_MARKS[duty.state]}"
        if "T" not in duty.due:
            yield f"  by the end of {duty.due}, {term_text(owed)}"
        else:
            yield f"  {term_text(owed)}"
    else:
        yield f"{no_figure(owed)}   {_MARKS[duty.state]}"
    who = f"{owed.holder}{' for ' + owed.entry if names_entry else ''}"
    whom = duty.to or "the addressee that the article names"
    yield from _wrapped(f"{who} to {whom}: {owed.means}", WIDTH + 10)
    yield from _wrapped(duty.says)
    doubt = f"; known with {duty.confidence} confidence" if duty.confidence != "high" else ""
    yield f"  {duty.cite} <{duty.url}> [{duty.clause}]{doubt}"


def _wrapped(text: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="  ", break_long_words=False)


# --- JSON


def clock_to_json(check: Check, clock: Clock) -> dict[str, Any]:
    """The clock in the format `incident/1`."""
    return {
        "format": FORMAT,
        "map": check.map.name,
        "day": check.map.day.isoformat(),
        "entries": list(clock.entries),
        "duties": [_to_json(owed) for owed in clock.owed],
        "undecided": [{"entry": e, "pack": p, "outcome": o} for e, p, o in clock.undecided],
        "no_pack": [{"entry": e, "place": p} for e, p in clock.no_pack],
    }


def _to_json(owed: Owed) -> dict[str, Any]:
    duty = owed.duty
    return {
        "entry": owed.entry,
        "holder": owed.holder,
        "pack": owed.pack,
        "clause": duty.clause,
        "cite": duty.cite,
        "says": duty.says,
        "url": duty.url,
        "confidence": duty.confidence,
        "measure": duty.measure,
        "means": owed.means,
        "state": duty.state,
        "to": duty.to,
        "within": duty.within,
        "from": duty.start,
        "started": None if owed.started is None else value_to_json(owed.started),
        "due": duty.due,
        "utc": duty.due_at,
        "local": local_time(owed),
        "zone": duty.zone,
        "no_figure": no_figure(owed),
    }


# --- calendar


def clock_to_ics(check: Check, clock: Clock) -> bytes:
    """The open duties as a calendar (RFC 5545): an event of no length at each deadline, with a reminder an hour before.

    A duty without a figure stands as a task without a due time. The same map gives the same bytes.
    """
    owed = (item for item in clock.owed if item.duty.state != "done")
    name = f"{check.map.name}: {', '.join(clock.entries)}"
    return to_ics("incident clock", name, (_event(check, item) for item in owed))


def _event(check: Check, owed: Owed) -> Event:
    duty = owed.duty
    return Event(
        name=f"{owed.entry} {owed.holder} {duty.clause}",
        stamp=_stamp(check, owed),
        summary=f"{duty.to + ': ' if duty.to else ''}{owed.means} ({duty.cite})",
        description=f"{owed.title}\n{owed.holder}\n{term_text(owed)}\n{duty.says}\n{duty.clause}\n{words.NO_ADVICE}",
        url=duty.url,
        categories=(owed.entry, owed.pack),
        at=dt.datetime.fromisoformat(duty.due_at) if duty.due_at else None,
        alarm=owed.means,
        remind=dt.timedelta(hours=1),
    )


def _stamp(check: Check, owed: Owed) -> dt.datetime:
    """When the entry was made, as the format asks: the start of the term, so that no clock of a machine is read."""
    if isinstance(owed.started, dt.datetime):
        return owed.started.astimezone(dt.UTC)
    return dt.datetime.combine(check.map.day, dt.time(), dt.UTC)
