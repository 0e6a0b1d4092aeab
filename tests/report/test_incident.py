"""The clock of an incident: soonest first, to whom, in UTC and local time; as text, JSON and calendar."""

import datetime as dt
import json
from pathlib import Path

import icalendar
import jsonschema
import pytest

from comity.decide.check import Check, check
from comity.decide.clock import Clock, clock
from comity.facts import read_vocabulary
from comity.intake.map import read_map
from comity.pack.link import link
from comity.pack.read import read_pack
from comity.report.incident import clock_to_ics, clock_to_json, clock_to_text
from comity.report.schemas import schemas

HEADER = """
pack: {id}
title: A law
party: {party}
places: [{party}]
keeper: an editor
read_day: 2026-01-01
sources: [{{id: law, title: The law, url: "https://law.example/{party}", read_day: 2026-01-01}}]
"""
LAW = """
covers: [{about: [incident, product]}]
scope: holder.country in PLACE || holder.establishments.exists(p, p in PLACE)
clauses:
- {id: tell, cite: Art. 1, source: law, says: Tell in time., about: incident, to: the office,
   requires: breach-notice-authority, within: TERM, from: incident.known_at}
- {id: soon, cite: Art. 2, source: law, says: Tell them soon., about: incident, to: the persons,
   requires: breach-notice-persons}
- {id: end, cite: Art. 3, source: law, says: Close it., about: incident, to: the office,
   requires: incident-final-report, within: 1mo, from: incident.ended_at}
- {id: flaw, cite: Art. 4, source: law, says: Report the flaw., about: product, to: the team,
   requires: vulnerability-report, within: 24h, from: product.flaw_known_at, when: product.flaw}
"""
MAP = """
comity: 1
name: "Two: companies"
entities:
- {id: north, name: North, country: JP}
- {id: south, name: South, country: BR, establishments: [BR]}
incidents:
- {id: leak, name: "a leak, seen", entity: [north, south], known_at: "2026-04-17T16:00:00Z"}
products:
- {id: app, entity: north, flaw: true, flaw_known_at: "2026-04-18T00:00:00Z"}
- {id: web, entity: north, flaw: false}
measures:
- {kind: breach-notice-persons, parties: [north], covers: {flows: [leak]}, from: 2026-04-17}
"""
DAY = dt.date(2026, 4, 20)


@pytest.fixture
def told(tmp_path: Path) -> tuple[Check, Clock]:
    return decided(tmp_path, MAP)


def decided(root: Path, text: str, only: tuple[str, ...] = ()) -> tuple[Check, Clock]:
    packs = []
    for party, term in (("JP", "3d"), ("BR", "3wd")):
        folder = root / "packs" / party.lower() / "law"
        folder.mkdir(parents=True)
        (folder / "pack.yaml").write_text(HEADER.format(id=f"{party.lower()}/law", party=party), encoding="utf-8")
        (folder / "clauses.yaml").write_text(LAW.replace("PLACE", party).replace("TERM", term), encoding="utf-8")
        packs.append(read_pack(folder, read_vocabulary()))
    program = link(read_vocabulary(), packs)
    (root / "map.yaml").write_text(text, encoding="utf-8")
    found = check(program, read_map(root / "map.yaml", program.vocabulary, day=DAY))
    return found, clock(found, only)


def test_duties_stand_soonest_first_and_those_without_an_instant_after_them(told: tuple[Check, Clock]) -> None:
    assert [(o.holder, o.duty.clause, o.duty.due_at, o.duty.state) for o in told[1].owed] == [
        ("north", "jp/law/flaw", "2026-04-19T00:00:00Z", "open"),
        ("north", "jp/law/tell", "2026-04-21T15:00:00Z", "open"),  # 18 April in Tokyo, three days, to midnight
        ("south", "br/law/tell", "2026-04-24T03:00:00Z", "open"),  # 17 April in Brasília, over a weekend and a holiday
        ("south", "br/law/end", "", "open"),
        ("south", "br/law/soon", "", "open"),
        ("north", "jp/law/end", "", "open"),
        ("north", "jp/law/soon", "", "done"),
    ]


def test_each_company_answers_under_its_own_law_only(told: tuple[Check, Clock]) -> None:
    assert {(o.holder, o.pack) for o in told[1].owed} == {("north", "jp/law"), ("south", "br/law")}


def test_only_the_entries_that_are_asked_for(tmp_path: Path) -> None:
    assert {o.entry for o in decided(tmp_path, MAP, ("app",))[1].owed} == {"app"}


def test_a_product_without_a_flaw_has_no_clock(told: tuple[Check, Clock]) -> None:
    assert told[1].entries == ("app", "leak")


def test_the_text_tells_until_when_to_whom_and_why_there_is_no_figure(told: tuple[Check, Clock]) -> None:
    text = clock_to_text(*told)
    assert "2026-04-21 15:00 UTC = Wed 2026-04-22 00:00 Asia/Tokyo   owed" in text
    assert "  by the end of 2026-04-21, within 3 days from 2026-04-17T16:00:00Z" in text
    assert "  north for leak to the office: incident notified to the authority" in text
    assert "without undue delay: Art. 2 names no number of hours or days   owed" in text
    assert "without undue delay: Art. 2 names no number of hours or days   done" in text
    assert "within 1 month from `incident.ended_at`, which nobody said   owed" in text
    assert "This is no legal advice." in text


def test_the_json_keeps_to_its_schema_and_gives_both_times(told: tuple[Check, Clock]) -> None:
    found = clock_to_json(*told)
    jsonschema.Draft202012Validator(schemas(told[0].program)["incident"]).validate(json.loads(json.dumps(found)))
    first = found["duties"][1]
    assert (first["utc"], first["local"], first["zone"]) == (
        "2026-04-21T15:00:00Z",
        "2026-04-22T00:00:00+09:00",
        "Asia/Tokyo",
    )
    assert [d["no_figure"] != "" for d in found["duties"]] == [d["utc"] == "" for d in found["duties"]]


def test_the_calendar_reads_back_with_every_open_duty(told: tuple[Check, Clock]) -> None:
    calendar = icalendar.Calendar.from_ical(clock_to_ics(*told).decode())
    events = list(calendar.walk("VEVENT"))
    assert [e.decoded("dtstart").isoformat() for e in events] == [
        "2026-04-19T00:00:00+00:00",
        "2026-04-21T15:00:00+00:00",
        "2026-04-24T03:00:00+00:00",
    ]
    assert all(e.walk("VALARM") for e in events)
    assert len(calendar.walk("VTODO")) == 3  # what has no instant, save what is done
    assert len({str(c["uid"]) for c in calendar.walk() if "uid" in c}) == 6


def test_the_calendar_of_the_same_map_is_the_same(told: tuple[Check, Clock]) -> None:
    assert clock_to_ics(*told) == clock_to_ics(*told)


def test_a_map_without_an_incident_says_so(tmp_path: Path) -> None:
    found = decided(tmp_path, MAP.split("incidents:", maxsplit=1)[0])
    assert found[1].owed == ()
    assert "no incident and no flaw" in clock_to_text(*found)
