"""What changes until a day: flow by flow as text, as JSON and as a calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from comity.decide.turn import IN_FORCE, NOT_IN_FORCE, Turn
from comity.decide.until import Aging, Answer, Change, Ending, Owing, Until
from comity.facts import Value, Vocabulary
from comity.report import words
from comity.report.calendar import Event, to_ics
from comity.report.json import value_to_json

FORMAT = "until/1"
WIDTH = 100
REMIND = dt.timedelta(days=30)
MAX_SHOWN = 12  # duties of one change, packs of one line
NOTE = (
    "Taken as they stand: the map, the law as it was read, and what of it is adopted for later. What nobody has "
    "adopted yet, and what will be renewed, is not foreseen."
)


# --- why


def turn_text(vocabulary: Vocabulary, turn: Turn) -> str:
    """What started or ended, in one line."""
    asked = f" (asked for by {turn.cite})" if turn.cite and turn.what == "measure" else ""
    starts = turn.now == IN_FORCE
    match turn.what:
        case "measure":
            means = vocabulary.measure[turn.id].means
            return f"measure `{turn.id}` {_states(turn)}: {means}{asked}"
        case "opinion":
            place = words.place_text(vocabulary, turn.id)
            return f"the opinion on {place} {_begins(turn)}"
        case "fact":
            return f"`{turn.id}`: {_said(turn.was)} → {_said(turn.now)}"
        case "count":
            return f"the total `{turn.id}`: {_said(turn.was)} → {_said(turn.now)}"
        case "clause":
            how = "applies from then on" if starts else "no longer applies"
            return f"{turn.cite} {how if turn.now in (IN_FORCE, NOT_IN_FORCE) else 'says something else'} [{turn.id}]"
        case "row":
            table, _, id_ = turn.id.partition(" ")
            how = "comes into" if starts else "leaves"
            under = f", on which {turn.cite} turns" if turn.cite else ""
            return f"{words.place_text(vocabulary, id_)} {how} the table {table} of {turn.pack}{under}"
        case "coverage":
            return f"{turn.id} {'covers' if starts else 'no longer covers'} such cases"
        case "stale-pack":
            return f"{turn.id} {'is recent enough to decide' if starts else 'was read too long ago to decide'}"
        case "home":
            place = words.place_text(vocabulary, turn.id)
            return f"{'a pack holds' if starts else 'no pack holds'} the law of {place}"
        case _:
            return f"{turn.id}: {turn.was} → {turn.now}"


def turns_text(vocabulary: Vocabulary, turns: Iterable[Turn]) -> list[str]:
    """What started or ended, a line each; the packs that were read too long ago in one."""
    every = list(turns)
    aged = [turn.id for turn in every if turn.what == "stale-pack" and turn.now == NOT_IN_FORCE]
    lines = [turn_text(vocabulary, turn) for turn in every if turn.id not in aged or turn.what != "stale-pack"]
    return [*lines, f"read too long ago to decide: {some_text(aged)}"] if aged else lines


_STATES = {"in-place": "in place", "not-yet": "not in place", "cannot": "impossible", "unknown": "unknown"}


def _states(turn: Turn) -> str:
    if (turn.was, turn.now) == ("in-place", "not-yet"):
        return "ends"
    if (turn.was, turn.now) == ("not-yet", "in-place"):
        return "starts"
    return f"was {_STATES[str(turn.was)]} and is {_STATES[str(turn.now)]}"


def _begins(turn: Turn) -> str:
    if turn.now is None:
        return f"ends (it said {turn.was})"
    return f"starts ({turn.now})" if turn.was is None else f"says {turn.now} instead of {turn.was}"


def _said(value: Value | None) -> str:
    return "not said" if value is None else words.short(words.value_text(value), WIDTH)


# --- text


def until_to_text(vocabulary: Vocabulary, found: Until) -> str:
    """Each entry that changes with its days, then acceptances that end and law that has to be read again."""
    lines = [f"{words.clean(found.name)}: what changes after {found.day}, until {found.until}", ""]
    by_entry = _by_entry(found)
    for id_, changes in by_entry.items():
        title = words.clean(changes[0].title)
        lines.append(f"{id_}: {title}" if title != id_ else id_)
        for change in changes:
            lines += [f"  {line}" for line in _change(vocabulary, change)]
        lines.append("")
    for ending in found.endings:
        lines += [ending_text(ending), ""]
    for aging in found.agings:
        lines += [*_aging(aging), ""]
    n_same = found.n_entries - len(by_entry)
    days = words.plural(found.n_days, "day")
    lines.append(
        f"{words.plural(len(by_entry), 'entry changes', 'entries change')}, {n_same:,} "
        f"{'stays' if n_same == 1 else 'stay'} the same; looked at {days} on which something starts or ends"
    )
    if found.is_cut:
        lines.append(f"! looked no further than {found.last_day}: there are too many such days; name an earlier day")
    return "\n".join([*(words.wrap(line, WIDTH) for line in (*lines, NOTE, words.NO_ADVICE))]) + "\n"


def _by_entry(found: Until) -> dict[str, list[Change]]:
    """The changes of each entry; first the entry that changes first."""
    by_entry: dict[str, list[Change]] = {}
    for change in found.changes:
        by_entry.setdefault(change.entry, []).append(change)
    return by_entry


def _change(vocabulary: Vocabulary, change: Change) -> Iterator[str]:
    if change.before == change.after:
        yield f"{change.day}  stays {answer_text(change.after)}, with new duties"
    else:
        yield f"{change.day}  {answer_text(change.before)} → {answer_text(change.after)}"
    yield from (f"  {line}" for line in turns_text(vocabulary, change.why))
    yield from (f"  {_duty_text(duty)}" for duty in change.duties[:MAX_SHOWN])
    if len(change.duties) > MAX_SHOWN:
        yield f"  and {words.plural(len(change.duties) - MAX_SHOWN, 'more duty', 'more duties')}: --json"


def answer_text(answer: Answer) -> str:
    """A verdict with its symbol, and its range where it has one."""
    told = words.verdict_text(answer.verdict)
    return told if answer.verdict != "undecided" else f"{told} ({words.range_text(answer.lowest, answer.highest)})"


def _duty_text(duty: Owing) -> str:
    return f"{'perhaps owed' if duty.state == 'unknown' else 'owed'} from then on: {duty.says} ({duty.cite})"


def ending_text(ending: Ending) -> str:
    """An acceptance that ends, in one line."""
    return f"{ending.day}  {ending.entry}: accepted as {ending.verdict} by {words.clean(ending.who)} no longer"


def _aging(aging: Aging) -> Iterator[str]:
    yield f"{aging.day}  law that was read too long ago, unless it is read again before: {some_text(aging.packs)}"
    if aging.entries:
        yield f"  then undecided, in whole or in part: {some_text(aging.entries)}"


def some_text(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    more = f" and {len(names) - MAX_SHOWN} more" if len(names) > MAX_SHOWN else ""
    return ", ".join(names[:MAX_SHOWN]) + more


# --- JSON


def until_to_json(vocabulary: Vocabulary, found: Until) -> dict[str, Any]:
    """What changes in the format `until/1`."""
    return {
        "format": FORMAT,
        "map": found.name,
        "day": found.day.isoformat(),
        "until": found.until.isoformat(),
        "last_day": found.last_day.isoformat(),
        "cut": found.is_cut,
        "n_entries": found.n_entries,
        "n_days": found.n_days,
        "entries": [
            {"id": id_, "title": changes[0].title, "changes": [_change_to_json(vocabulary, c) for c in changes]}
            for id_, changes in sorted(_by_entry(found).items())
        ],
        "acceptances": [
            {"id": e.entry, "day": e.day.isoformat(), "verdict": e.verdict, "who": e.who} for e in found.endings
        ],
        "read_again": [
            {"before": a.day.isoformat(), "packs": list(a.packs), "entries": list(a.entries)} for a in found.agings
        ],
    }


def _change_to_json(vocabulary: Vocabulary, change: Change) -> dict[str, Any]:
    return {
        "day": change.day.isoformat(),
        "before": _answer_to_json(change.before),
        "after": _answer_to_json(change.after),
        "worse": change.is_worse,
        "why": [turn_to_json(vocabulary, turn) for turn in change.why],
        "duties": [{"clause": d.clause, "cite": d.cite, "says": d.says, "state": d.state} for d in change.duties],
    }


def _answer_to_json(answer: Answer) -> dict[str, str]:
    return {"verdict": answer.verdict, "lowest": answer.lowest, "highest": answer.highest}


def turn_to_json(vocabulary: Vocabulary, turn: Turn) -> dict[str, Any]:
    """What started or ended, with the text that a person reads."""
    return {
        "what": turn.what,
        "id": turn.id,
        "was": value_to_json(turn.was),
        "now": value_to_json(turn.now),
        "pack": turn.pack,
        "cite": turn.cite,
        "text": turn_text(vocabulary, turn),
    }


# --- calendar


def until_to_ics(vocabulary: Vocabulary, found: Until) -> bytes:
    """A whole-day event for each change, acceptance that ends and law to be read again; a reminder a month before."""
    name = f"{found.name}: until {found.until}"
    return to_ics("what changes", name, _events(vocabulary, found))


def _events(vocabulary: Vocabulary, found: Until) -> Iterator[Event]:
    for change in found.changes:
        lines = [change.title, *(line.strip() for line in _change(vocabulary, change))]
        if change.before == change.after:
            title = f"{change.entry}: new duties"
        else:
            title = f"{change.entry}: {change.before.verdict} → {change.after.verdict}"
        yield _event(found, f"{change.entry} {change.day}", title, lines, change.day, change.entry)
    for ending in found.endings:
        title = f"{ending.entry}: no longer accepted as {ending.verdict}"
        yield _event(found, f"{ending.entry} accepted {ending.day}", title, [ending.title], ending.day, ending.entry)
    for aging in found.agings:
        title = f"law to be read again: {some_text(aging.packs)}"
        lines = [", ".join(aging.packs), f"else undecided: {', '.join(aging.entries) or 'nothing'}"]
        yield _event(found, f"read {aging.day}", title, lines, aging.day, "law")


def _event(found: Until, name: str, title: str, lines: list[str], day: dt.date, category: str) -> Event:
    return Event(
        name=f"{found.name} {name}",
        stamp=dt.datetime.combine(found.day, dt.time(), dt.UTC),
        summary=title,
        description="\n".join([*lines, words.NO_ADVICE]),
        url="",
        categories=(category,),
        at=day,
        alarm=title,
        remind=REMIND,
    )
