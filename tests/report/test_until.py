"""What changes until a day, as a person reads it, as JSON and as a calendar."""

import dataclasses
import datetime as dt
import functools

import icalendar
import pytest

from comity.decide.turn import Turn
from comity.decide.until import Aging, Answer, Change, Ending, Owing, Until
from comity.facts import Range, Vocabulary, read_vocabulary
from comity.report.until import (
    some_text,
    turn_text,
    turns_text,
    until_to_ics,
    until_to_json,
    until_to_text,
)
from tests.report.sample import HOSTILE

ALLOWED = Answer("allowed", "allowed", "allowed")
CONDITIONAL = Answer("conditional", "conditional", "conditional")
OPEN = Answer("undecided", "allowed", "conditional")
MEASURE = Turn("measure", "eu-standard-clauses", "in-place", "not-yet", "", "GDPR Art. 46(2)(c)")
ROW = Turn("row", "ADEQUATE GB", "in-force", "not-in-force", "eu/personal-data", "GDPR Art. 45(1)")
DUTY = Owing("in/personal-data/s-8-2", "DPDP Act s. 8(2)", "A processor has a contract.", "open")
FOUND = Until(
    name="Harbour Travel",
    day=dt.date(2026, 11, 25),
    until=dt.date(2032, 1, 31),
    changes=(
        Change("desk", "the desk", dt.date(2027, 3, 5), ALLOWED, CONDITIONAL, (MEASURE,), ()),
        Change("india", "india", dt.date(2027, 5, 14), ALLOWED, ALLOWED, (), (DUTY,)),
        Change("desk", "the desk", dt.date(2031, 12, 28), CONDITIONAL, OPEN, (ROW,), ()),
    ),
    endings=(Ending("moscow", "call centre", dt.date(2027, 2, 1), "conditional", "the DPO"),),
    agings=(Aging(dt.date(2027, 11, 24), ("eu/personal-data",), ("desk",)),),
    n_entries=5,
    n_days=30,
    last_day=dt.date(2032, 1, 31),
)
TEXT = """\
Harbour Travel: what changes after 2026-11-25, until 2032-01-31

desk: the desk
  2027-03-05  ✔ allowed → ◐ conditional
    measure `eu-standard-clauses` ends: standard contractual clauses of Decision (EU) 2021/914
      signed (asked for by GDPR Art. 46(2)(c))
  2031-12-28  ◐ conditional → ? undecided (allowed to conditional)
    United Kingdom leaves the table ADEQUATE of eu/personal-data, on which GDPR Art. 45(1) turns

india
  2027-05-14  stays ✔ allowed, with new duties
    owed from then on: A processor has a contract. (DPDP Act s. 8(2))

2027-02-01  moscow: accepted as conditional by the DPO no longer

2027-11-24  law that was read too long ago, unless it is read again before: eu/personal-data
  then undecided, in whole or in part: desk

2 entries change, 3 stay the same; looked at 30 days on which something starts or ends
Taken as they stand: the map, the law as it was read, and what of it is adopted for later. What
nobody has adopted yet, and what will be renewed, is not foreseen.
This is no legal advice.
"""


@functools.cache
def vocabulary() -> Vocabulary:
    return read_vocabulary()


def test_text_goes_flow_by_flow() -> None:
    text = until_to_text(vocabulary(), FOUND)
    means = vocabulary().measure["eu-standard-clauses"].means
    assert text.replace("\n      ", " ") == TEXT.replace("\n      ", " ").replace(
        "standard contractual clauses of Decision (EU) 2021/914 signed", means
    )
    assert max(map(len, text.splitlines())) <= 100


def test_a_quiet_time_is_said_in_one_line() -> None:
    quiet = dataclasses.replace(FOUND, changes=(), endings=(), agings=(), n_days=1)
    assert "0 entries change, 5 stay the same; looked at 1 day on which" in until_to_text(vocabulary(), quiet)


def test_a_cut_is_said() -> None:
    cut = dataclasses.replace(FOUND, last_day=dt.date(2028, 1, 1))
    assert "! looked no further than 2028-01-01" in until_to_text(vocabulary(), cut)
    assert until_to_json(vocabulary(), cut)["cut"] is True
    assert until_to_json(vocabulary(), FOUND)["cut"] is False


def test_json_has_the_entries_sorted_and_their_days() -> None:
    found = until_to_json(vocabulary(), FOUND)
    assert found["format"] == "until/1"
    assert [(e["id"], [c["day"] for c in e["changes"]]) for e in found["entries"]] == [
        ("desk", ["2027-03-05", "2031-12-28"]),
        ("india", ["2027-05-14"]),
    ]
    first = found["entries"][0]["changes"][0]
    assert first["worse"] is True
    assert first["why"][0] == {
        "what": "measure",
        "id": "eu-standard-clauses",
        "was": "in-place",
        "now": "not-yet",
        "pack": "",
        "cite": "GDPR Art. 46(2)(c)",
        "text": turn_text(vocabulary(), MEASURE),
    }
    assert found["entries"][1]["changes"][0]["duties"] == [dataclasses.asdict(DUTY)]
    assert found["acceptances"] == [{"id": "moscow", "day": "2027-02-01", "verdict": "conditional", "who": "the DPO"}]
    assert found["read_again"] == [{"before": "2027-11-24", "packs": ["eu/personal-data"], "entries": ["desk"]}]


@pytest.mark.parametrize(
    ("turn", "text"),
    [
        (Turn("measure", "consent", "not-yet", "in-place"), "measure `consent` starts: "),
        (Turn("measure", "consent", "unknown", "cannot"), "measure `consent` was unknown and is impossible: "),
        (Turn("opinion", "KE", "allowed", None), "the opinion on Kenya ends (it said allowed)"),
        (Turn("opinion", "KE", None, "forbidden"), "the opinion on Kenya starts (forbidden)"),
        (Turn("opinion", "KE", "allowed", "forbidden"), "the opinion on Kenya says forbidden instead of allowed"),
        (Turn("fact", "recipient.dpf", True, False), "`recipient.dpf`: yes → no"),
        (Turn("fact", "recipient.dpf", None, True), "`recipient.dpf`: not said → yes"),
        (Turn("count", "us/x:y", 900, Range(900, None)), "the total `us/x:y`: 900 → at least 900"),
        (Turn("clause", "a/b/c", "not-in-force", "in-force", "a/b", "Art. 1"), "Art. 1 applies from then on [a/b/c]"),
        (Turn("clause", "a/b/c", "in-force", "not-in-force", "a/b", "Art. 1"), "Art. 1 no longer applies [a/b/c]"),
        (Turn("clause", "a/b/c", "in-force", "otherwise", "a/b", "Art. 1"), "Art. 1 says something else [a/b/c]"),
        (Turn("row", "T KE", "not-in-force", "in-force", "a/b"), "Kenya comes into the table T of a/b"),
        (Turn("coverage", "a/b", "not-in-force", "in-force", "a/b"), "a/b covers such cases"),
        (Turn("coverage", "a/b", "in-force", "not-in-force", "a/b"), "a/b no longer covers such cases"),
        (Turn("stale-pack", "a/b", "not-in-force", "in-force", "a/b"), "a/b is recent enough to decide"),
        (Turn("stale-pack", "a/b", "in-force", "not-in-force", "a/b"), "a/b was read too long ago to decide"),
        (Turn("home", "KE", "in-force", "not-in-force"), "no pack holds the law of Kenya"),
        (Turn("home", "KE", "not-in-force", "in-force"), "a pack holds the law of Kenya"),
        (Turn("pack", "a/b", "allowed", "conditional", "a/b"), "a/b: allowed → conditional"),
    ],
)
def test_each_kind_of_turn_has_its_words(turn: Turn, text: str) -> None:
    assert turn_text(vocabulary(), turn).startswith(text)


def test_packs_that_are_too_old_share_a_line() -> None:
    aged = [Turn("stale-pack", f"a/{n}", "in-force", "not-in-force", f"a/{n}") for n in range(3)]
    assert turns_text(vocabulary(), [*aged, MEASURE])[1:] == ["read too long ago to decide: a/0, a/1, a/2"]


def test_of_many_names_the_first_are_shown() -> None:
    assert some_text([str(n) for n in range(20)]).endswith("11 and 8 more")


def test_the_calendar_has_an_event_for_each_change_with_a_reminder() -> None:
    content = until_to_ics(vocabulary(), FOUND)
    calendar = icalendar.Calendar.from_ical(content.decode())
    events = calendar.walk("VEVENT")
    assert [(str(e["summary"]), e.decoded("dtstart").isoformat()) for e in events] == [
        ("desk: allowed → conditional", "2027-03-05"),
        ("india: new duties", "2027-05-14"),
        ("desk: conditional → undecided", "2031-12-28"),
        ("moscow: no longer accepted as conditional", "2027-02-01"),
        ("law to be read again: eu/personal-data", "2027-11-24"),
    ]
    assert len({str(e["uid"]) for e in events}) == len(events)
    alarms = [alarm for event in events for alarm in event.walk("VALARM")]
    assert {alarm.decoded("trigger") for alarm in alarms} == {dt.timedelta(days=-30)}
    assert "eu-standard-clauses" in str(events[0]["description"])
    assert until_to_ics(vocabulary(), FOUND) == content


def test_hostile_names_cannot_rewrite_a_terminal_or_a_calendar() -> None:
    change = dataclasses.replace(FOUND.changes[0], title=HOSTILE + "\r\nEND:VCALENDAR")
    hostile = dataclasses.replace(FOUND, name=HOSTILE, changes=(change,))
    assert "\x1b" not in until_to_text(vocabulary(), hostile)
    calendar = icalendar.Calendar.from_ical(until_to_ics(vocabulary(), hostile).decode())
    assert len(calendar.walk("VEVENT")) == 3
