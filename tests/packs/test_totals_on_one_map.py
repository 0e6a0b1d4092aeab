"""China's totals and those of the American rule on one map: boundaries, the same people twice, two recipients."""

import datetime as dt
from pathlib import Path

import pytest

from comity.decide.check import Check, check
from comity.facts import Range
from comity.intake.map import read_map
from tests.packs.ask import compiled, pack

MAP = """
comity: 1
name: Two companies
entities:
- {id: us-clinic, country: US, role: controller, lists: []}
- {id: lab-one, country: CN, role: controller}
- {id: lab-two, country: CN, role: controller}
- {id: cn-shop, country: CN, role: controller, establishments: [CN]}
- {id: de-office, country: DE, role: controller}
people:
- {id: patients, of: us-clinic, window: 12-months, counted: 2026-11-01, count: {US: PATIENTS}}
- {id: others, of: us-clinic, window: 12-months, counted: 2026-11-01, count: {US: OTHERS}, apart_from: [APART]}
- {id: buyers, of: cn-shop, window: calendar-year, counted: 2026-11-01, count: {CN: BUYERS}}
- {id: staff, of: cn-shop, window: calendar-year, counted: 2026-11-01, count: {CN: 5000}, apart_from: [buyers]}
systems:
- {id: records, place: US, run_by: us-clinic}
- {id: orders, place: CN, run_by: cn-shop}
flows:
- {id: to-one, from: records, to: lab-one, people: [patients], data: {only: [health]}, deal: vendor}
- {id: to-one-again, from: records, to: lab-one, people: [AGAIN], data: {only: [health]}, deal: vendor, DAYS}
- {id: to-two, from: records, to: lab-two, people: [patients], data: {only: [health]}, deal: vendor}
- {id: sales, from: orders, to: de-office, people: [buyers], data: {only: [contact]}}
- {id: sales-again, from: orders, to: de-office, people: [buyers], data: {only: [contact, financial]}}
- {id: pay, from: orders, to: de-office, people: [staff], data: {only: [contact, employee]},
   facts: {flow.necessary_for: [hr-management]}}
"""
DAY = dt.date(2026, 11, 20)


def checked(root: Path, *, day: dt.date = DAY, **values: str) -> Check:
    text = MAP
    given = {"patients": "6000", "others": "5000", "apart": "", "again": "patients", "buyers": "99999"}
    given |= {"days": "from_day: 2026-01-01"} | values
    for name, value in given.items():
        text = text.replace(name.upper(), value)
    (root / "comity.yaml").write_text(text, encoding="utf-8")
    program, fast = compiled()
    found = read_map(root / "comity.yaml", program.vocabulary, day=day)
    return check(program, found, find=fast.find)


def total(found: Check, flow: str, name: str) -> int | Range | None:
    cases = next(f.flow.cases for f in found.flows if f.flow.id == flow)
    return cases[0].totals.get(name)


def outcome(found: Check, flow: str, pack_id: str) -> str:
    decisions = next(f.decisions for f in found.flows if f.flow.id == flow)
    return pack(decisions[0], pack_id).outcome


HEALTH = "us/sensitive-data:us_health"
PLAIN = "cn/outbound-data:outbound_plain"


def test_the_same_people_twice_count_once_and_each_pair_by_itself(tmp_path: Path) -> None:
    found = checked(tmp_path)
    assert total(found, "to-one", HEALTH) == 6000
    assert total(found, "to-two", HEALTH) == 6000


def test_sets_apart_add_up_and_sets_of_unknown_overlap_make_a_range(tmp_path: Path) -> None:
    apart = checked(tmp_path, again="others", apart="patients")
    assert total(apart, "to-one", HEALTH) == 11_000
    perhaps = checked(tmp_path, again="others")
    assert total(perhaps, "to-one", HEALTH) == Range(6000, 11_000)
    assert total(perhaps, "to-two", HEALTH) == 6000  # nobody else's flow counts for this recipient


@pytest.mark.parametrize(
    ("patients", "outcome_"), [("10000", "not-covered"), ("10001", "conditional")]
)  # "more than 10,000" (28 CFR 202.205)
def test_the_american_threshold_lies_between_two_figures(tmp_path: Path, patients: str, outcome_: str) -> None:
    found = outcome(checked(tmp_path, patients=patients), "to-one", "us/sensitive-data")
    assert found == outcome_


def test_where_the_overlap_could_pass_the_threshold_it_is_undecided(tmp_path: Path) -> None:
    found = checked(tmp_path, again="others")
    assert outcome(found, "to-one", "us/sensitive-data") == "undecided"
    assert outcome(found, "to-two", "us/sensitive-data") == "not-covered"


@pytest.mark.parametrize(
    ("days", "counted"),
    [
        ("from_day: 2025-01-01, until_day: 2025-11-20", 6000),  # ended a year and a day before the window of to-one
        ("from_day: 2025-01-01, until_day: 2025-11-21", 11_000),
    ],
)
def test_the_american_window_is_twelve_months_back(tmp_path: Path, days: str, counted: int) -> None:
    found = checked(tmp_path, again="others", apart="patients", days=days)
    assert total(found, "to-one", HEALTH) in (counted, Range(6000, counted))


def test_china_leaves_exempt_flows_out_and_counts_persons_once(tmp_path: Path) -> None:
    found = checked(tmp_path)
    assert total(found, "sales", PLAIN) == 99_999  # not the staff, whose flow Art. 5(1)(2) of the Provisions frees


@pytest.mark.parametrize(
    ("buyers", "ways"),
    [
        ("99999", set()),  # fewer than 100,000 since 1 January: no mechanism at all
        ("100000", {"assessment", "prov-8-contract", "prov-8-certificate"}),
        ("999999", {"assessment", "prov-8-contract", "prov-8-certificate"}),
        ("1000000", {"assessment"}),
    ],
)
def test_the_chinese_thresholds(tmp_path: Path, buyers: str, ways: set[str]) -> None:
    sales = next(f for f in checked(tmp_path, buyers=buyers).flows if f.flow.id == "sales")
    reasons = {r.clause.rpartition("/")[2]: r.state for r in pack(sales.decisions[0], "cn/outbound-data").reasons}
    assert {name for name, state in reasons.items() if state == "open"} == ways
    assert ("pipl-38" in reasons) == bool(ways)
    assert "pipl-39" in reasons  # separate consent is asked for at any number


def test_chinas_year_begins_on_the_first_of_january(tmp_path: Path) -> None:
    before = checked(tmp_path, day=dt.date(2026, 12, 31))
    after = checked(tmp_path, day=dt.date(2027, 1, 1))
    assert total(before, "sales", PLAIN) in (99_999, Range(99_999, None))
    assert total(after, "sales", PLAIN) != 99_999  # a count of last year proves nothing of the new one
