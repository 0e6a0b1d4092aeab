"""What changes until a day: the days on which something starts or ends find what every day would find."""

import datetime as dt
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.case import Map
from comity.decide.check import Check, check
from comity.decide.decision import decide
from comity.decide.fast import compile_program
from comity.decide.part import Finder
from comity.decide.totals import with_totals
from comity.decide.turn import Turn
from comity.decide.until import Answer, Change, Until, answer_of, changes_until, law_days, terms, unaged
from comity.intake.days import days_in_map
from comity.library import load, load_map
from comity.pack.program import Program

DAY = dt.date(2026, 11, 25)
PACKS = (
    *("cn/outbound-data", "eu/personal-data", "gb/personal-data", "in/personal-data"),
    *("multilateral/instruments", "us/sensitive-data"),
)
HEAD = """
comity: 1
name: Probe
entities:
- {id: shop, country: NL, role: controller, establishments: [NL]}
- {id: london, country: GB, role: processor}
- {id: ohio, country: US-OH, role: processor, lists: [{list: dpf, from: 2024-01-01, until: 2027-02-10, hr: true}]}
- {id: nairobi, country: KE, role: processor}
- {id: delhi, country: IN, role: controller}
- {id: broker, country: US-TX, role: controller, owners: {US: 100}}
- {id: wuhan, country: CN, role: controller}
people:
- {id: customers, of: shop, window: held, counted: 2026-11-01, count: {NL: 50}}
- {id: indians, of: delhi, window: held, count: {IN: 50}}
- {id: guests, of: wuhan, window: calendar-year, counted: 2026-11-01, count: {CN: 5000}}
- {id: riders, of: broker, window: 12-months, counted: 2026-01-10, count: {US: 50}, devices: {US: 900}}
systems:
- {id: db, place: NL, run_by: shop, holds: [{people: customers, data: {only: [contact]}}]}
- {id: dbi, place: IN, run_by: delhi, holds: [{people: indians, data: {only: [contact]}}]}
- {id: inn, place: CN, run_by: wuhan, holds: [{people: guests, data: {only: [contact]}}]}
- {id: trips, place: US-TX, run_by: broker, holds: [{people: riders, data: {only: [precise-location]}}]}
"""
TO_NAIROBI = """
flows:
- {id: to-nairobi, from: db, to: nairobi, deal: vendor}
measures:
- {kind: eu-standard-clauses, parties: [shop, nairobi], from: 2025-01-01, until: 2027-03-04}
- {kind: transfer-impact-assessment, parties: [shop, nairobi], result: favourable, from: 2027-01-05, until: 2027-06-01}
opinions:
- {place: KE, verdict: allowed, counsel: A. Wanjiru, day: 2026-06-01, until: 2027-04-30}
"""
MIXED = f"""{HEAD}{TO_NAIROBI.partition("measures:")[0]}
- {{id: to-london, from: db, to: london, deal: vendor, from_day: 2026-12-24, until_day: 2027-05-05}}
- {{id: to-ohio, from: db, to: ohio, deal: vendor}}
- {{id: india-out, from: dbi, to: london, deal: vendor}}
- {{id: trips-to-wuhan, from: trips, to: wuhan, deal: vendor}}
- {{id: old-trips, from: trips, to: wuhan, deal: vendor, from_day: 2025-01-01, until_day: 2026-03-14}}
- {{id: guests-out, from: inn, to: shop}}
- {{id: trial, from: db, to: nairobi, deal: vendor, until_day: 2026-12-15}}
requests:
- {{id: order, authority: US, to: delhi, system: dbi, kind: criminal, via_company: true}}
measures:
- {{kind: separate-consent, parties: [wuhan], from: 2025-01-01}}{TO_NAIROBI.partition("measures:")[2]}
accepted:
- {{id: to-nairobi, verdict: conditional, until: 2026-12-31, who: DPO, why: being assessed}}
"""


def finder(program: Program) -> Finder:
    return compile_program(program, few=True).find


@functools.cache
def program() -> Program:
    return load(*PACKS)


def written(folder: Path, text: str) -> Path:
    path = folder / "comity.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def followed(path: Path, until: dt.date, *, day: dt.date = DAY, max_days: int = 400) -> tuple[Check, Until]:
    def later(on: dt.date) -> Map:
        return load_map(path, program(), day=on)

    found = check(program(), later(day), find=finder(program()))
    days = days_in_map(found.map.files, day, until, terms=terms(program()))
    return found, changes_until(found, until, later, days, finder=finder, max_days=max_days)


def changes_of(found: Until, entry: str) -> list[tuple[str, str, str]]:
    return [(str(c.day), c.before.verdict, c.after.verdict) for c in found.changes if c.entry == entry]


def asked_each_day(path: Path, until: dt.date) -> Iterator[tuple[str, dt.date, Answer, Answer]]:
    """Every change of an answer, by deciding every entry anew on every day."""
    fresh = unaged(program(), DAY)
    find = finder(fresh)
    before: dict[str, Answer] = {}
    for number in range((until - DAY).days + 1):
        day = DAY + dt.timedelta(days=number)
        for flow in with_totals(fresh, load_map(path, fresh, day=day)):
            now = answer_of(decide(fresh, case, find=find, why=False) for case in flow.cases)
            if before.setdefault(flow.id, now) != now:
                yield flow.id, day, before[flow.id], now
            before[flow.id] = now


def test_days_on_which_something_starts_or_ends_find_what_every_day_finds(tmp_path: Path) -> None:
    path = written(tmp_path, MIXED)
    until = dt.date(2027, 3, 10)
    every = sorted(asked_each_day(path, until), key=lambda c: (c[1], c[0]))
    _, found = followed(path, until)
    changed = [(c.entry, c.day, c.before, c.after) for c in found.changes if c.before != c.after]
    assert changed == every
    moved = {"guests-out", "to-nairobi", "to-ohio", "trial", "trips-to-wuhan"}
    assert {entry for entry, *_ in changed} == moved
    assert found.n_days < 50
    assert not found.is_cut


def test_every_change_says_why(tmp_path: Path) -> None:
    _, found = followed(written(tmp_path, MIXED), dt.date(2032, 2, 1))
    assert found.changes
    assert [c for c in found.changes if not c.why and not c.duties] == []
    assert [c for c in found.changes if c.before != c.after and not c.why] == []


def only(found: Until, entry: str) -> Change:
    (change,) = (c for c in found.changes if c.entry == entry and c.before != c.after)
    return change


def test_adequacy_of_britain_ends_with_its_row(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "flows:\n- {id: to-london, from: db, to: london, deal: vendor}\n")
    change = only(followed(path, dt.date(2032, 1, 31))[1], "to-london")
    assert (str(change.day), change.before.verdict, change.after.verdict) == ("2031-12-28", "allowed", "conditional")
    (turn,) = change.why
    assert (turn.what, turn.id, turn.was, turn.now) == ("row", "ADEQUATE GB", "in-force", "not-in-force")
    assert turn.cite.startswith("GDPR Art. 45")
    assert change.is_worse


def test_a_listing_under_the_privacy_framework_ends(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "flows:\n- {id: to-ohio, from: db, to: ohio, deal: vendor}\n")
    change = only(followed(path, dt.date(2027, 6, 1))[1], "to-ohio")
    assert (str(change.day), change.after.verdict) == ("2027-02-11", "conditional")
    assert change.why == (Turn("fact", "recipient.dpf", True, False),)


def test_measures_start_and_end_and_counsel_falls_silent(tmp_path: Path) -> None:
    _, found = followed(written(tmp_path, HEAD + TO_NAIROBI), dt.date(2027, 6, 10))
    assert changes_of(found, "to-nairobi") == [
        ("2027-01-05", "conditional", "allowed"),
        ("2027-03-05", "allowed", "conditional"),
        ("2027-05-01", "conditional", "undecided"),
    ]
    why = [[(t.what, t.id, t.was, t.now) for t in c.why] for c in found.changes]
    assert why == [
        [("measure", "transfer-impact-assessment", "not-yet", "in-place")],
        [("measure", "eu-standard-clauses", "in-place", "not-yet")],
        [("opinion", "KE", "allowed", None)],
    ]
    assert [c.is_worse for c in found.changes] == [False, True, True]


def test_adopted_law_applies_from_its_day(tmp_path: Path) -> None:
    request = "requests:\n- {id: order, authority: US, to: delhi, system: dbi, kind: criminal, via_company: true}\n"
    _, found = followed(written(tmp_path, HEAD + request), dt.date(2027, 6, 1))
    change = only(found, "order")
    assert (str(change.day), change.before.verdict) == ("2027-05-14", "allowed")
    assert ("clause", "in/personal-data/s-4-authority", "in-force") in [(t.what, t.id, t.now) for t in change.why]


def test_a_new_duty_is_told_where_the_verdict_stays(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "flows:\n- {id: india-out, from: dbi, to: london, deal: vendor}\n")
    _, found = followed(path, dt.date(2027, 6, 1))
    (change,) = (c for c in found.changes if c.day == dt.date(2027, 5, 14))
    assert change.before == change.after
    assert "in/personal-data/s-8-2" in [duty.clause for duty in change.duties]


def test_what_is_the_same_every_day_has_no_change(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "storage:\n- {id: keep, system: db}\n")
    _, found = followed(path, dt.date(2027, 2, 1))
    assert (found.changes, found.endings, found.n_entries) == ((), (), 1)


def test_an_acceptance_ends_on_the_day_after_its_last(tmp_path: Path) -> None:
    _, found = followed(written(tmp_path, MIXED), dt.date(2027, 1, 1))
    assert [(e.entry, str(e.day), e.verdict, e.who) for e in found.endings] == [
        ("to-nairobi", "2027-01-01", "conditional", "DPO")
    ]
    assert followed(written(tmp_path, MIXED), dt.date(2026, 12, 31))[1].endings == ()


def test_law_that_grows_too_old_is_told_beside_with_what_it_leaves_open(tmp_path: Path) -> None:
    path = written(tmp_path, MIXED)
    found, told = followed(path, dt.date(2027, 12, 1))
    agings = {str(a.day): a for a in told.agings}
    assert list(agings) == ["2027-05-23", "2027-11-24"]
    assert agings["2027-05-23"].packs == ("multilateral/instruments",)
    day = dt.date(2027, 11, 24)
    real = check(program(), load_map(path, program(), day=day), find=finder(program()))
    fresh = unaged(program(), DAY)
    unhurt = check(fresh, load_map(path, fresh, day=day), find=finder(fresh))
    answers = {f.flow.id: (f.lowest, f.highest) for f in unhurt.flows}
    hit = sorted(f.flow.id for f in real.flows if (f.lowest, f.highest) != answers[f.flow.id])
    assert list(agings["2027-11-24"].entries) == hit
    assert 0 < len(hit) < len(found.flows)


def test_a_pack_that_is_too_old_already_stays_so() -> None:
    late = dt.date(2028, 6, 1)
    assert all(pack.stale_on(late) for pack in unaged(program(), late).packs)
    assert not any(pack.stale_on(late) for pack in unaged(program(), DAY).packs)


def test_too_many_days_are_cut_and_it_says_where(tmp_path: Path) -> None:
    path, until = written(tmp_path, MIXED), dt.date(2027, 6, 10)
    whole, cut = followed(path, until)[1], followed(path, until, max_days=5)[1]
    assert (cut.n_days, cut.is_cut) == (5, True)
    assert cut.changes == tuple(c for c in whole.changes if c.day <= cut.last_day)
    assert whole.last_day == until


def test_a_flow_that_begins_later_is_judged_on_its_first_day(tmp_path: Path) -> None:
    flow = "flows:\n- {id: to-london, from: db, to: london, deal: vendor, from_day: 2032-01-01}\n"
    _, found = followed(written(tmp_path, HEAD + flow), dt.date(2031, 12, 31))
    assert changes_of(found, "to-london") == []


def test_law_days_hold_the_first_and_the_day_after_the_last() -> None:
    days = law_days(program())
    assert list(days) == sorted(set(days))
    assert {dt.date(2031, 12, 28), dt.date(2027, 5, 14), dt.date(2025, 12, 19)} <= set(days)


@pytest.mark.parametrize("day", ["2027-03-05", "2027-03-04"])
def test_a_change_is_on_the_first_day_on_which_it_holds(tmp_path: Path, day: str) -> None:
    path = written(tmp_path, HEAD + TO_NAIROBI)
    _, found = followed(path, dt.date.fromisoformat(day), day=dt.date(2027, 2, 1))
    assert len(found.changes) == (day == "2027-03-05")
