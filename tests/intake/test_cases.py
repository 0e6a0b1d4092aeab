"""What a case takes from the map, one situation at a time; whole maps are in `good/`."""

import datetime as dt
from pathlib import Path

import pytest

from comity.errors import InputError
from comity.facts import Members, Places
from tests.intake.maps import BASE, DAY, case_of, flow_of, map_of

FLOW = "flows:\n- {id: copy, from: shop, to: vendor}\n"


def test_holder_is_the_one_for_whom_the_source_system_is_run(tmp_path: Path) -> None:
    text = BASE.replace("run_by: acme", "run_by: vendor, for: acme") + FLOW.replace("to: vendor", "to: acme")
    flow = flow_of(tmp_path, text)
    assert (flow.holder, flow.recipient) == ("acme", "acme")
    assert flow.cases[0].facts["flow.separate"] is False


def test_recipient_is_the_one_who_runs_the_target_system_whoever_it_is_run_for(tmp_path: Path) -> None:
    text = BASE.replace("systems:\n", "systems:\n- {id: host, place: US-VA, run_by: vendor, for: acme}\n")
    flow = flow_of(tmp_path, text + FLOW.replace("to: vendor", "to: host"))
    assert (flow.holder, flow.recipient) == ("acme", "vendor")
    assert flow.cases[0].facts["flow.systems_in"] == Places(frozenset({"US-VA"}))
    assert "flow.separate" not in flow.cases[0].facts  # the vocabulary presumes it, and says so


@pytest.mark.parametrize(
    ("groups", "expected"), [(("one", "one"), True), (("one", "two"), False), (("one", ""), None), (("", ""), None)]
)
def test_group_is_said_where_both_have_one(tmp_path: Path, groups: tuple[str, str], expected: bool | None) -> None:
    text = BASE
    for country, group in zip(("NL", "US"), groups, strict=True):
        text = text.replace(f"country: {country}}}", f"country: {country}" + (f", group: {group}}}" if group else "}"))
    assert case_of(tmp_path, text + FLOW).facts.get("flow.group") is expected


def test_group_of_places_stands_for_its_members_on_the_day(tmp_path: Path) -> None:
    text = BASE.replace("country: NL}", "country: NL, targets: [ASEAN, FR]}") + FLOW
    after = case_of(tmp_path, text).facts["holder.targets"]
    before = case_of(tmp_path, text, day=dt.date(2025, 10, 25)).facts["holder.targets"]
    assert isinstance(after, Places)
    assert isinstance(before, Places)
    assert after.members - before.members == {"TL"}
    assert {"FR", "SG"} <= before.members


def test_incomplete_set_of_places_may_hold_a_group(tmp_path: Path) -> None:
    text = BASE.replace("country: NL}", "country: NL, targets: {at-least: GBA_OTHER}}") + FLOW
    assert case_of(tmp_path, text).facts["holder.targets"] == Places(frozenset({"HK", "MO"}), complete=False)


def test_data_of_people_the_source_does_not_hold_are_open(tmp_path: Path) -> None:
    text = BASE.replace("people:\n", "people:\n- {id: some, count: {US: 5}}\n")
    facts = case_of(tmp_path, text + FLOW.replace("to: vendor", "to: vendor, people: some")).facts
    data = facts["data.categories"]
    assert isinstance(data, Members)
    assert data.yes == {"personal"}
    assert "health" in data.open


def test_people_set_without_a_count_leaves_the_places_open(tmp_path: Path) -> None:
    text = BASE.replace(", count: {NL: 100}", "")
    assert "data.subjects_in" not in case_of(tmp_path, text + FLOW).facts


def test_flow_from_an_entity_says_nothing_of_where_the_data_lie(tmp_path: Path) -> None:
    facts = case_of(tmp_path, BASE + FLOW.replace("from: shop", "from: acme")).facts
    assert not {"data.stored_in", "data.categories", "data.personal"} & set(facts)


def test_facts_of_the_entry_win_and_a_nested_fact_is_the_same_as_a_flat_one(tmp_path: Path) -> None:
    flat = FLOW.replace("to: vendor", "to: vendor, facts: {recipient.country: IN, data.categories: {only: [core]}}")
    nested = FLOW.replace(
        "to: vendor", "to: vendor, facts: {recipient: {country: IN}, data: {categories: {only: [core]}}}"
    )
    first, second = (case_of(tmp_path, BASE + text).facts for text in (flat, nested))
    assert first == second
    assert first["recipient.country"] == "IN"
    assert first["data.personal"] is False


def test_denial_of_personal_data_rules_out_all_personal_kinds_and_no_other(tmp_path: Path) -> None:
    text = BASE.replace(", holds: [{people: customers, data: [contact]}]", "")
    facts = case_of(tmp_path, text + FLOW.replace("to: vendor", "to: vendor, facts: {data.personal: false}")).facts
    data = facts["data.categories"]
    assert isinstance(data, Members)
    assert "contact" not in data.open
    assert "core" in data.open


@pytest.mark.parametrize(
    ("days", "day", "is_done"),
    [
        ("from_day: 2024-01-01", DAY, False),
        ("until_day: 2026-11-24", DAY, False),
        ("until_day: 2026-11-23", dt.date(2026, 11, 23), True),
        ("from_day: 2026-11-25", dt.date(2026, 11, 25), False),
    ],
)
def test_flow_is_judged_today_or_on_its_last_or_first_day(
    tmp_path: Path, days: str, day: dt.date, is_done: bool
) -> None:
    case = case_of(tmp_path, BASE + FLOW.replace("to: vendor", f"to: vendor, {days}"))
    assert case.day == day
    assert case.facts.get("flow.done", False) is is_done


def test_titles_default_to_ids_and_spans_point_at_the_id(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, BASE + FLOW)
    assert flow.title == "copy"
    assert (flow.span.line, flow.span.column, flow.span.length) == (11, 8, 4)


def test_ends_name_the_source_first_and_then_who_gets_the_data(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, BASE + FLOW)
    assert [(end.id, end.places) for end in flow.ends] == [("shop", ("NL",)), ("vendor", ("US",))]
    desk = flow_of(tmp_path, BASE + "access:\n- {id: desk, who: vendor, from: PH, into: shop}\n")
    assert [(end.id, end.places) for end in desk.ends] == [("shop", ("NL",)), ("vendor", ("PH",))]
    leak = flow_of(tmp_path, BASE + "incidents:\n- {id: leak, entity: acme, system: shop}\n")
    assert [end.id for end in leak.ends] == ["shop"]


def test_what_an_entity_holds_is_listed_once_for_each_system_and_each_own_set(tmp_path: Path) -> None:
    held = map_of(tmp_path, BASE).held
    assert [(h.holder, h.case.id, h.case.kind) for h in held] == [
        ("acme", "system shop", "storage"),
        ("acme", "people customers", "storage"),
    ]
    assert held[0].case.facts["data.stored_in"] == Places(frozenset({"NL"}))


def test_values_that_do_not_fit_a_section_are_told_where_they_stand(tmp_path: Path) -> None:
    text = BASE + "flows:\n- {id: copy, from: [shop, shop], to: vendor, people: {a: b}, parts: names}\n"
    with pytest.raises(InputError) as caught:
        map_of(tmp_path, text)
    assert [p.code for p in caught.value.problems] == ["type-clash"] * 3
