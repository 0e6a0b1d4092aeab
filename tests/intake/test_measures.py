"""Which measures, opinions and assumptions hold for a case: parties, days, coverage, results."""

import datetime as dt
from pathlib import Path

import pytest

from comity.case import Facts
from comity.facts import Members, Places, Range
from comity.intake.measures import VERDICTS
from tests.intake.maps import BASE, case_of, flow_of, map_of, vocabulary

FLOW = "flows:\n- {id: copy, from: shop, to: vendor, data: {only: [contact, financial]}}\n"
OTHERS = "- {id: other, country: IN}\n"
DAYS = [
    ("from: 2026-11-24", True),
    ("from: 2026-11-25", False),
    ("until: 2026-11-24", True),
    ("until: 2026-11-23", False),
]


def state(folder: Path, measures: str, *, entry: str = FLOW, kind: str = "eu-standard-clauses") -> str:
    """The state of a measure in the case of an entry; `not-yet` where it is not among its measures."""
    base = BASE.replace("people:\n", OTHERS + "people:\n")
    return case_of(folder, f"{base}measures:\n{measures}\n{entry}").measures.get(kind, "not-yet")


def test_measure_between_both_ends_is_in_place(tmp_path: Path) -> None:
    assert state(tmp_path, "- {kind: eu-standard-clauses, parties: [acme, vendor]}") == "in-place"


def test_measure_with_more_parties_than_the_two_ends_is_in_place(tmp_path: Path) -> None:
    assert state(tmp_path, "- {kind: eu-standard-clauses, parties: [other, vendor, acme]}") == "in-place"


@pytest.mark.parametrize("parties", ["acme, other", "acme", "vendor", "other"])
def test_contract_with_another_party_is_not_in_place(tmp_path: Path, parties: str) -> None:
    assert state(tmp_path, f"- {{kind: eu-standard-clauses, parties: [{parties}]}}") == "not-yet"


@pytest.mark.parametrize(
    ("kind", "parties", "expected"),
    [
        ("processing-record", "acme", "in-place"),  # by the holder
        ("processing-record", "vendor", "not-yet"),
        ("processing-record", "acme, other", "not-yet"),  # a record of the dealing with somebody else
        ("separate-consent", "acme", "in-place"),  # by the persons, told by the holder
        ("approved-code", "vendor", "in-place"),  # by the recipient
        ("approved-code", "acme", "not-yet"),
        ("binding-corporate-rules", "acme", "not-yet"),  # by an authority: both ends must be named
        ("binding-corporate-rules", "acme, vendor", "in-place"),
    ],
)
def test_one_party_suffices_for_what_is_its_own_act(tmp_path: Path, kind: str, parties: str, expected: str) -> None:
    assert state(tmp_path, f"- {{kind: {kind}, parties: [{parties}]}}", kind=kind) == expected


@pytest.mark.parametrize(("days", "is_in_place"), DAYS)
def test_measure_counts_on_its_first_and_last_day_and_not_outside(tmp_path: Path, days: str, is_in_place: bool) -> None:
    found = state(tmp_path, f"- {{kind: eu-standard-clauses, parties: [acme, vendor], {days}}}")
    assert found == ("in-place" if is_in_place else "not-yet")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("result: favourable", "in-place"),
        ("result: unfavourable", "cannot"),
        ("from: 2026-01-01", "unknown"),
        ("state: in-place", "in-place"),
        ("result: favourable, until: 2026-01-01", "not-yet"),
    ],
)
def test_assessment_counts_by_its_result(tmp_path: Path, said: str, expected: str) -> None:
    kind = "transfer-impact-assessment"
    assert state(tmp_path, f"- {{kind: {kind}, parties: [acme, vendor], {said}}}", kind=kind) == expected


@pytest.mark.parametrize("said", ["in-place", "not-yet", "cannot", "unknown"])
def test_state_is_taken_as_said(tmp_path: Path, said: str) -> None:
    assert state(tmp_path, f"- {{kind: eu-standard-clauses, parties: [acme, vendor], state: {said}}}") == said


@pytest.mark.parametrize(
    ("covers", "expected"),
    [
        ("flows: [copy]", "in-place"),
        ("flows: [elsewhere]", "not-yet"),
        ("people: [customers]", "in-place"),
        ("people: [staff]", "not-yet"),
        ("people: [customers, staff]", "in-place"),
        ("data: [contact, financial]", "in-place"),
        ("data: [personal]", "in-place"),  # contact and financial belong to it
        ("data: [contact]", "not-yet"),
        ("data: [financial-account]", "not-yet"),  # only a part of what is financial
        ("data: [contact, financial], flows: [elsewhere]", "not-yet"),
    ],
)
def test_measure_counts_for_what_it_covers_only(tmp_path: Path, covers: str, expected: str) -> None:
    more = "people:\n- {id: staff, count: {NL: 1}}\n"
    base = BASE.replace("people:\n", more)
    measures = f"measures:\n- {{kind: eu-standard-clauses, parties: [acme, vendor], covers: {{{covers}}}}}\n"
    flows = FLOW.replace("flows:\n", "flows:\n- {id: elsewhere, from: shop, to: vendor, data: {only: [contact]}}\n")
    case = case_of(tmp_path, base + measures + flows)
    assert case.measures.get("eu-standard-clauses", "not-yet") == expected


def test_whether_open_data_are_covered_is_unknown(tmp_path: Path) -> None:
    entry = FLOW.replace("{only: [contact, financial]}", "[contact]")
    measure = "- {kind: eu-standard-clauses, parties: [acme, vendor], covers: {data: [contact]}}"
    assert state(tmp_path, measure, entry=entry) == "unknown"


def test_whether_people_nobody_named_are_covered_is_unknown(tmp_path: Path) -> None:
    base = BASE.replace(", holds: [{people: customers, data: [contact]}]", "")
    measure = "measures:\n- {kind: eu-standard-clauses, parties: [acme, vendor], covers: {people: [customers]}}\n"
    assert case_of(tmp_path, base + measure + FLOW).measures == {"eu-standard-clauses": "unknown"}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("result: unfavourable, from: 2024-01-01", "result: favourable, from: 2025-01-01", "in-place"),
        ("result: favourable, from: 2024-01-01", "result: unfavourable, from: 2025-01-01", "cannot"),
        ("result: favourable, from: 2025-01-01", "result: unfavourable, from: 2025-01-01", "cannot"),
        ("result: favourable, from: 2024-01-01", "from: 2025-01-01", "in-place"),
        ("result: favourable, from: 2025-01-01", "result: unfavourable, until: 2024-12-31", "in-place"),
        ("state: not-yet", "state: unknown", "unknown"),
    ],
)
def test_latest_definite_measure_of_a_kind_counts(tmp_path: Path, first: str, second: str, expected: str) -> None:
    kind = "transfer-impact-assessment"
    rows = [f"- {{kind: {kind}, parties: [acme, vendor], {said}}}" for said in (first, second)]
    assert state(tmp_path, "\n".join(rows), kind=kind) == expected
    assert state(tmp_path, "\n".join(reversed(rows)), kind=kind) == expected


def test_assessment_of_one_recipient_says_nothing_of_a_request_of_a_court(tmp_path: Path) -> None:
    kind = "transfer-impact-assessment"
    measure = f"- {{kind: {kind}, parties: [acme, vendor], result: favourable}}"
    request = "requests:\n- {id: subpoena, authority: US, to: acme}\n"
    assert state(tmp_path, measure, entry=request, kind=kind) == "not-yet"
    covering = measure.replace("parties", "covers: {flows: [subpoena]}, parties")
    assert state(tmp_path, covering, entry=request, kind=kind) == "in-place"
    own = "- {kind: judicial-assistance, parties: [acme]}"
    assert state(tmp_path, own, entry=request, kind="judicial-assistance") == "in-place"


def test_contract_with_a_vendor_says_nothing_of_a_flow_to_a_system_of_ones_own(tmp_path: Path) -> None:
    own = BASE.replace("systems:\n", "systems:\n- {id: abroad, place: US, run_by: acme}\n")
    measure = "measures:\n- {kind: eu-standard-clauses, parties: [acme, vendor]}\n"
    flow = "flows:\n- {id: copy, from: shop, to: abroad}\n"
    assert case_of(tmp_path, own + measure + flow).measures == {}


def test_measure_of_an_act_of_a_state_covers_it_by_name(tmp_path: Path) -> None:
    entry = "acts:\n- {id: data-act, state: XA, kind: localise}\n"
    measure = "- {kind: open-supply-chain, covers: {flows: [data-act]}}"
    assert state(tmp_path, measure, entry=entry, kind="open-supply-chain") == "in-place"


def test_notice_given_after_an_incident_counts(tmp_path: Path) -> None:
    entry = 'incidents:\n- {id: leak, entity: acme, known_at: "2026-11-20T09:00:00Z"}\n'
    measure = "- {kind: breach-notice-authority, parties: [acme], covers: {flows: [leak]}, from: 2026-11-22}"
    assert state(tmp_path, measure, entry=entry, kind="breach-notice-authority") == "in-place"


# --- opinions


def opinions(folder: Path, rows: str, day: dt.date = dt.date(2026, 11, 24)) -> dict[str, str]:
    base = BASE.replace("country: US", "country: US-VA")
    text = base + "opinions:\n" + rows + "\nflows:\n- {id: other, from: shop, to: vendor}\n" + FLOW.split("\n", 1)[1]
    return dict(flow_of(folder, text, day=day).cases[0].opinions)


def opinion(place: str = "US", verdict: str = "allowed", day: str = "2026-01-01", more: str = "") -> str:
    return f"- {{place: {place}, verdict: {verdict}, counsel: A. Cruz, day: {day}{more}}}"


def test_opinion_holds_from_its_day_to_its_last_day(tmp_path: Path) -> None:
    row = opinion(more=", until: 2026-11-24")
    assert opinions(tmp_path, row)["US"] == "allowed"
    assert opinions(tmp_path, row, dt.date(2026, 11, 25)) == {}
    assert opinions(tmp_path, row, dt.date(2025, 12, 31)) == {}


def test_opinion_on_a_country_holds_for_its_parts_save_one_with_an_opinion_of_its_own(tmp_path: Path) -> None:
    assert opinions(tmp_path, opinion()) == {"US": "allowed", "US-VA": "allowed"}
    both = opinion("US-VA", "forbidden", "2025-01-01") + "\n" + opinion()
    assert opinions(tmp_path, both) == {"US": "allowed", "US-VA": "forbidden"}
    assert opinions(tmp_path, opinion("US-OH")) == {"US-OH": "allowed"}


def test_latest_opinion_counts_and_of_one_day_the_strictest(tmp_path: Path) -> None:
    rows = [opinion(verdict="forbidden", day="2025-01-01"), opinion(verdict="allowed", day="2026-01-01")]
    assert opinions(tmp_path, "\n".join(rows))["US"] == "allowed"
    for order in (VERDICTS, tuple(reversed(VERDICTS))):
        assert opinions(tmp_path, "\n".join(opinion(verdict=v) for v in order))["US"] == "forbidden"


def test_opinion_for_one_entry_holds_for_no_other(tmp_path: Path) -> None:
    assert opinions(tmp_path, opinion(more=", flows: [other]")) == {}
    assert opinions(tmp_path, opinion(more=", flows: [other, copy]"))["US"] == "allowed"


# --- assumptions, acceptances


def assumption(value: str = "false", more: str = "", fact: str = "flow.evades") -> str:
    return f"- {{fact: {fact}, value: {value}, who: DPO, day: 2026-11-01, why: reviewed{more}}}"


def test_assumption_fills_what_nobody_says_and_is_told_as_one(tmp_path: Path) -> None:
    case = case_of(tmp_path, BASE + "assume:\n" + assumption() + "\n" + FLOW)
    assert case.facts["flow.evades"] is False
    assert case.assumed == {"flow.evades"}


def test_assumption_never_overrides_what_the_map_says(tmp_path: Path) -> None:
    said = FLOW.replace("data:", "facts: {flow.evades: true, flow.basis: unknown}, data:")
    text = BASE + "assume:\n" + assumption() + "\n" + assumption("true", fact="flow.basis") + "\n" + said
    case = case_of(tmp_path, text)
    assert case.facts["flow.evades"] is True
    assert case.unknown == {"flow.basis"}
    assert case.assumed == frozenset()


def test_assumption_for_one_entry_wins_over_the_general_one_and_holds_there_only(tmp_path: Path) -> None:
    text = BASE + "assume:\n" + assumption("true", ", for: [copy]") + "\n" + assumption("false") + "\n"
    map_ = map_of(tmp_path, text + "flows:\n- {id: other, from: shop, to: vendor}\n" + FLOW.split("\n", 1)[1])
    assert [flow.cases[0].facts["flow.evades"] for flow in map_.flows] == [False, True]


def test_assumption_for_an_entry_answers_what_the_entry_says_to_be_unknown(tmp_path: Path) -> None:
    said = FLOW.replace("data:", "facts: {flow.basis: unknown}, data:")
    case = case_of(tmp_path, BASE + "assume:\n" + assumption("true", ", for: [copy]", "flow.basis") + "\n" + said)
    assert case.facts["flow.basis"] is True
    assert case.assumed == {"flow.basis"}
    assert case.unknown == frozenset()


def test_assumption_on_a_member_fills_what_the_map_leaves_open_and_no_more(tmp_path: Path) -> None:
    said = FLOW.replace("{only: [contact, financial]}", "{yes: [contact], no: [health]}")
    value = "{yes: [health, financial], no: [religion, contact]}"
    case = case_of(tmp_path, BASE + "assume:\n" + assumption(value, fact="data.categories") + "\n" + said)
    data = case.facts["data.categories"]
    assert isinstance(data, Members)
    assert {"contact", "financial"} <= data.yes
    assert not {"health", "religion", "contact", "financial"} & data.open
    assert not {"health", "religion"} & data.yes
    assert "biometric" in data.open
    assert {"data.categories#financial", "data.categories#religion"} <= case.assumed
    assert not {"data.categories", "data.categories#contact", "data.categories#biometric"} & case.assumed


def test_assumption_that_adds_nothing_to_the_members_is_none(tmp_path: Path) -> None:
    case = case_of(tmp_path, BASE + "assume:\n" + assumption("[health]", fact="data.categories") + "\n" + FLOW)
    assert case.assumed == frozenset()


def test_assumptions_on_several_members_hold_together_the_nearer_one_first(tmp_path: Path) -> None:
    rows = [
        assumption("{yes: [health]}", ", for: [copy]", "data.categories"),
        assumption("{no: [religion]}", ", for: [copy]", "data.categories"),
        assumption("{yes: [religion, biometric]}", "", "data.categories"),
    ]
    case = case_of(
        tmp_path,
        BASE + "assume:\n" + "\n".join(rows) + "\n" + FLOW.replace("{only: [contact, financial]}", "[contact]"),
    )
    data = case.facts["data.categories"]
    assert isinstance(data, Members)
    assert {"contact", "health", "biometric"} <= data.yes
    assert "religion" not in data.yes | data.open


def test_member_of_data_said_to_be_unknown_is_assumed_for_the_entry_and_the_rest_stays_unknown(tmp_path: Path) -> None:
    said = FLOW.replace("{only: [contact, financial]}", "unknown")
    row = assumption("{yes: [health]}", ", for: [copy]", "data.categories")
    case = case_of(tmp_path, BASE + "assume:\n" + row + "\n" + said)
    data = case.facts["data.categories"]
    assert isinstance(data, Members)
    assert "health" in data.yes
    assert case.unknown == {"data.categories"}
    facts = Facts(vocabulary(), case)
    assert facts.value("data.categories") == data  # nothing is presumed absent
    assert case_of(tmp_path, BASE + "assume:\n" + row.replace(", for: [copy]", "") + "\n" + said).assumed == frozenset()


@pytest.mark.parametrize(
    ("said", "assumed", "expected"),
    [
        ("{at-least: 5}", "7", 7),
        ("{at-least: 5}", "3", Range(5, None)),
        ("{at-least: 5, at-most: 9}", "{at-least: 7}", Range(7, 9)),
        ("{at-least: 5, at-most: 9}", "{at-most: 5}", 5),
        ("6", "7", 6),
    ],
)
def test_count_is_assumed_within_the_range_that_the_map_gives(
    tmp_path: Path, said: str, assumed: str, expected: int | Range
) -> None:
    entry = FLOW.replace("data:", f"facts: {{flow.stake: {said}}}, data:")
    case = case_of(tmp_path, BASE + "assume:\n" + assumption(assumed, fact="flow.stake") + "\n" + entry)
    assert case.facts["flow.stake"] == expected
    assert ("flow.stake" in case.assumed) is (expected not in (6, Range(5, None)))


@pytest.mark.parametrize(
    ("said", "assumed", "expected"),
    [
        ("{at-least: [NL]}", "[NL, DE]", Places(frozenset({"NL", "DE"}))),
        ("{at-least: [NL]}", "[DE]", Places(frozenset({"NL"}), complete=False)),
        ("{at-least: [NL]}", "{at-least: [DE]}", Places(frozenset({"NL", "DE"}), complete=False)),
        ("[NL]", "[NL, DE]", Places(frozenset({"NL"}))),
    ],
)
def test_list_of_places_that_is_not_complete_is_completed(
    tmp_path: Path, said: str, assumed: str, expected: Places
) -> None:
    entry = FLOW.replace("data:", f"facts: {{data.citizens_of: {said}}}, data:")
    case = case_of(tmp_path, BASE + "assume:\n" + assumption(assumed, fact="data.citizens_of") + "\n" + entry)
    assert case.facts["data.citizens_of"] == expected


def test_personal_data_are_not_assumed_to_be_none(tmp_path: Path) -> None:
    case = case_of(tmp_path, BASE + "assume:\n" + assumption(fact="data.personal") + "\n" + FLOW)
    assert case.facts["data.personal"] is True
    assert case.assumed == frozenset()


def test_assumption_follows_another_that_is_over(tmp_path: Path) -> None:
    later = assumption("true").replace("2026-11-01", "2026-11-10")
    text = BASE + "assume:\n" + later + "\n" + assumption(more=", until: 2026-11-09") + "\n" + FLOW
    assert case_of(tmp_path, text).facts["flow.evades"] is True
    assert case_of(tmp_path, text, day=dt.date(2026, 11, 5)).facts["flow.evades"] is False


def test_total_is_assumed_for_the_entries_named(tmp_path: Path) -> None:
    row = assumption("{at-least: 5}", ", for: [copy]", '"us/sensitive-data:us_health"')
    assumed = "assume:\n" + row + "\n"
    case = case_of(tmp_path, BASE + assumed + FLOW)
    assert case.totals == {"us/sensitive-data:us_health": Range(5, None)}
    assert case.assumed == {"us/sensitive-data:us_health"}
    given = FLOW.replace("data:", "totals: {us/sensitive-data: {us_health: 3}}, data:")
    case = case_of(tmp_path, BASE + assumed + given)
    assert case.totals == {"us/sensitive-data:us_health": 3}
    assert case.assumed == frozenset()
    assert case_of(
        tmp_path, BASE + assumed + FLOW.replace("flows:\n", "flows:\n- {id: other, from: shop, to: vendor}\n")
    ).totals
    assert flow_of(tmp_path, BASE + assumed + FLOW + "- {id: other, from: shop, to: vendor}\n").cases[0].totals == {}


def test_assumption_ends_with_its_last_day(tmp_path: Path) -> None:
    text = BASE + "assume:\n" + assumption(more=", until: 2026-11-24") + "\n" + FLOW
    assert case_of(tmp_path, text).assumed == {"flow.evades"}
    assert case_of(tmp_path, text, day=dt.date(2026, 11, 25)).assumed == frozenset()


def test_acceptance_stands_beside_its_entry_also_when_it_is_over(tmp_path: Path) -> None:
    accepted = "accepted:\n- {id: copy, verdict: conditional, until: 2020-01-31, who: DPO, why: clauses being signed}\n"
    found = flow_of(tmp_path, BASE + accepted + FLOW).accepted
    assert found is not None
    assert (found.verdict, found.until, found.who) == ("conditional", dt.date(2020, 1, 31), "DPO")
    assert flow_of(tmp_path, BASE + FLOW).accepted is None
