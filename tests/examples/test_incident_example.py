"""The night of the example: each duty with its article, its holder and its deadline in UTC and local time."""

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

from comity import cli
from comity.decide.check import check
from comity.decide.clock import Clock, Owed, clock
from comity.decide.fast import compile_program
from comity.intake.map import read_map
from tests.examples.test_harbour import DAY, HARBOUR, program

NIGHT = HARBOUR / "incident.yaml"
ENTRIES = ("app-flaw", "copied-bookings", "copied-bookings-china")
KNOWN_AT = dt.datetime(2026, 11, 20, 22, 40, tzinfo=dt.UTC)
FLAW_KNOWN_AT = dt.datetime(2026, 11, 21, 3, 15, tzinfo=dt.UTC)

# What the laws themselves say, counted by hand: holder, entry, instant in UTC, the same by the clock of the place.
# Three working days in Brazil: Friday evening there, so Monday, Tuesday and the whole of Wednesday, 25 November.
TERMS = {
    "eu/personal-data/art-33-1": ("harbour-bv", "copied-bookings", "2026-11-23T22:40Z", "2026-11-23T23:40+01:00"),
    "gb/personal-data/art-33-1": ("harbour-bv", "copied-bookings", "2026-11-23T22:40Z", "2026-11-23T22:40+00:00"),
    "ru/personal-data/art-21-3-1-1": ("harbour-bv", "copied-bookings", "2026-11-21T22:40Z", "2026-11-22T01:40+03:00"),
    "ru/personal-data/art-21-3-1-2": ("harbour-bv", "copied-bookings", "2026-11-23T22:40Z", "2026-11-24T01:40+03:00"),
    "br/personal-data/res-15-art-6": ("harbour-bv", "copied-bookings", "2026-11-26T03:00Z", "2026-11-26T00:00-03:00"),
    "br/personal-data/res-15-art-9": ("harbour-bv", "copied-bookings", "2026-11-26T03:00Z", "2026-11-26T00:00-03:00"),
    "cn/outbound-data/pipl-57-authority": (
        "harbour-shenzhen", "copied-bookings-china", "2026-11-20T22:40Z", "2026-11-21T06:40+08:00",
    ),
    "cn/outbound-data/pipl-57-persons": (
        "harbour-shenzhen", "copied-bookings-china", "2026-11-20T22:40Z", "2026-11-21T06:40+08:00",
    ),
    "eu/cybersecurity/cra-14-2-a": ("harbour-bv", "app-flaw", "2026-11-22T03:15Z", "2026-11-22T04:15+01:00"),
    "cn/vulnerabilities/flaws-7-report": (
        "harbour-shenzhen", "app-flaw", "2026-11-23T03:15Z", "2026-11-23T11:15+08:00",
    ),
    "eu/cybersecurity/cra-14-2-b": ("harbour-bv", "app-flaw", "2026-11-24T03:15Z", "2026-11-24T04:15+01:00"),
}  # fmt: skip


@cache
def told() -> Clock:
    found = check(program(), read_map(NIGHT, program().vocabulary, day=DAY), find=compile_program(program()).find)
    return clock(found, ENTRIES)


def owed(clause: str) -> Owed:
    (found,) = (o for o in told().owed if o.duty.clause == clause)
    return found


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What `comity incident` prints of the night."""
    monkeypatch.setattr("sys.argv", ["comity", "incident", str(NIGHT), "--day", DAY.isoformat(), *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == cli.DONE
    return capsys.readouterr().out


def test_every_entry_of_the_night_and_no_other_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(run(monkeypatch, capsys, "--json"))
    assert tuple(found["entries"]) == ENTRIES
    assert {duty["entry"] for duty in found["duties"]} == set(ENTRIES)


def test_both_companies_have_duties_for_the_flaw() -> None:
    reports = {(o.holder, o.pack) for o in told().owed if o.entry == "app-flaw" and o.duty.due_at}
    assert reports == {("harbour-bv", "eu/cybersecurity"), ("harbour-shenzhen", "cn/vulnerabilities")}


def test_both_companies_have_duties_each_under_its_own_laws() -> None:
    packs: dict[str, set[str]] = {}
    for o in told().owed:
        if o.entry != "app-flaw":
            packs.setdefault(o.holder, set()).add(o.pack)
    assert set(packs) == {"harbour-bv", "harbour-shenzhen"}
    assert packs["harbour-shenzhen"] == {"cn/outbound-data"}
    assert packs["harbour-bv"] >= {
        "br/personal-data",
        "ch/personal-data",
        "eu/personal-data",
        "gb/personal-data",
        "ru/personal-data",
        "us/incidents",
    }
    assert "cn/outbound-data" not in packs["harbour-bv"]


def test_duties_with_an_instant_stand_soonest_first_and_before_all_others() -> None:
    instants = [o.duty.due_at for o in told().owed]
    dated = [at for at in instants if at]
    assert len(dated) >= len(TERMS)
    assert instants[: len(dated)] == sorted(dated)
    assert not any(instants[len(dated) :])


@pytest.mark.parametrize("clause", TERMS)
def test_a_term_runs_out_at_this_instant_in_utc_and_local_time(
    clause: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    holder, entry, utc, local = TERMS[clause]
    (duty,) = (d for d in json.loads(run(monkeypatch, capsys, "--json"))["duties"] if d["clause"] == clause)
    assert (duty["holder"], duty["entry"], duty["state"]) == (holder, entry, "open")
    assert dt.datetime.fromisoformat(duty["utc"]) == dt.datetime.fromisoformat(utc)
    assert dt.datetime.fromisoformat(duty["local"]).isoformat() == dt.datetime.fromisoformat(local).isoformat()


def test_seventy_two_hours_of_the_gdpr_run_through_the_weekend() -> None:
    duty = owed("eu/personal-data/art-33-1").duty
    assert duty.cite.startswith("GDPR Art. 33")
    assert dt.datetime.fromisoformat(duty.due_at) - KNOWN_AT == dt.timedelta(hours=72)
    assert dt.datetime.fromisoformat(duty.due_at).astimezone(ZoneInfo(duty.zone)).strftime("%a") == "Mon"


def test_the_flaw_has_its_own_start() -> None:
    for clause, hours in (("cra-14-2-a", 24), ("cra-14-2-b", 72)):
        duty = owed(f"eu/cybersecurity/{clause}").duty
        assert dt.datetime.fromisoformat(duty.due_at) - FLAW_KNOWN_AT == dt.timedelta(hours=hours)


def test_switzerland_names_no_number_of_hours_and_gets_none() -> None:
    duty = owed("ch/personal-data/art-24-1").duty
    assert duty.cite.startswith("FADP Art. 24")
    assert (duty.state, duty.due_at, duty.within) == ("open", "", "")


def test_every_duty_names_its_article_its_source_and_its_measure() -> None:
    assert len(told().owed) >= 25
    measures = {m.id for m in program().vocabulary.measures}
    for o in told().owed:
        assert o.duty.cite
        assert o.duty.url.startswith(("https://", "http://"))
        assert o.duty.measure in measures
        assert o.pack == o.duty.clause.rpartition("/")[0]


def test_the_text_shows_each_instant_in_utc_and_by_the_local_clock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = run(monkeypatch, capsys)
    lines = text.splitlines()
    assert "2026-11-23 22:40 UTC = Mon 2026-11-23 23:40 Europe/Amsterdam   owed" in lines
    assert "2026-11-21 22:40 UTC = Sun 2026-11-22 01:40 Europe/Moscow   owed" in lines
    assert "2026-11-20 22:40 UTC = Sat 2026-11-21 06:40 Asia/Shanghai   owed" in lines
    assert "This is no legal advice." in lines
    for o in told().owed:
        assert f"[{o.duty.clause}]" in text


def test_the_calendar_holds_every_instant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "deadlines.ics"
    run(monkeypatch, capsys, "--ics", str(target))
    calendar: Any = icalendar.Calendar.from_ical(target.read_text(encoding="utf-8"))
    events = sorted(event["DTSTART"].dt for event in calendar.walk("VEVENT"))
    dated = [dt.datetime.fromisoformat(o.duty.due_at) for o in told().owed if o.duty.due_at]
    assert events == sorted(dated)
