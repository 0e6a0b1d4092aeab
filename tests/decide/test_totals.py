"""Counts over many flows, each worked out by hand beside its test."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.case import PeopleSet
from comity.decide import totals as module
from comity.decide.totals import first_day_of, in_window, together, with_totals
from comity.errors import InputError
from comity.facts import Range
from comity.pack.link import link
from comity.pack.program import Program
from comity.pack.read import read_pack
from tests.intake.maps import DAY, map_of, vocabulary

Counts = dict[str, int | Range]

HEADER = """\
pack: xx/counts
title: Counts
party: XA
places: []
keeper: nobody
read_day: 2026-11-01
sources: [{id: law, title: A law, url: "https://example.org/law", read_day: 2026-11-01}]
"""
CLAUSES = """\
covers: [{{about: [transfer, incident, storage]}}]
scope: data.personal
terms:
  leaves: '!(recipient.country in NL)'
totals:
  counted: {{count: people, over: [holder], per: 12-months{more}}}
clauses:
- {{id: ban, cite: Art. 1, source: law, says: No., forbids: counted > 100 && leaves}}
- {{id: free, cite: Art. 2, source: law, says: Save this., excuses: [ban], when: flow.group}}
- {{id: contract, cite: Art. 3, source: law, says: Or this., excuses: [ban], needs: [separate-consent]}}
"""
MAP = """\
comity: 1
name: Counted
entities:
- {id: acme, country: NL, group: acme}
- {id: sister, country: US, group: acme}
- {id: vendor, country: US, group: other}
- {id: rival, country: NL, group: rival}
people:
- {id: customers, window: 12-months, count: {NL: 100, US: 40}, apart_from: [staff]}
- {id: staff, window: 12-months, count: {NL: 10}}
- {id: visitors, window: 12-months, count: {NL: 30, US-VA: 5}}
systems:
- {id: shop, place: NL, run_by: acme}
"""


@pytest.fixture
def counts(tmp_path: Path) -> Callable[..., Counts]:
    """Gives the total of each case of a map under a pack whose total has these keys."""

    def _counts(flows: str, more: str = "", *, base: str = MAP, day: dt.date = DAY) -> Counts:
        program = program_of(tmp_path, more)
        found = with_totals(program, map_of(tmp_path, base + "flows:\n" + flows, day=day))
        return {case.id: case.totals["xx/counts:counted"] for flow in found for case in flow.cases}

    return _counts


def program_of(folder: Path, more: str = "") -> Program:
    pack = folder / "xx" / "counts"
    pack.mkdir(parents=True, exist_ok=True)
    (pack / "pack.yaml").write_text(HEADER, encoding="utf-8")
    keys = f", {more}" if more else ""
    text = CLAUSES.format(more=keys)
    if "per:" in more:
        text = text.replace("per: 12-months, ", "")
    if "over:" in more:
        text = text.replace("over: [holder], ", "")
    (pack / "clauses.yaml").write_text(text, encoding="utf-8")
    return link(vocabulary(), [read_pack(pack, vocabulary())])


def flow(
    id_: str, people: str = "customers", to: str = "vendor", data: str = "{only: [contact]}", more: str = ""
) -> str:
    return f"- {{id: {id_}, from: shop, to: {to}, people: [{people}], data: {data}{', ' + more if more else ''}}}\n"


# --- sets


def test_same_people_in_three_flows_count_once(counts: Callable[..., Counts]) -> None:
    assert counts(flow("a") + flow("b", to="sister") + flow("c")) == {"a": 140, "b": 140, "c": 140}


def test_sets_apart_add_up(counts: Callable[..., Counts]) -> None:
    # 140 customers and 10 of staff, who are no customers
    assert counts(flow("a") + flow("b", "staff")) == {"a": 150, "b": 150}


def test_sets_of_unknown_overlap_give_the_largest_to_the_sum(counts: Callable[..., Counts]) -> None:
    # 140 customers, 35 visitors: all visitors may be customers, or none
    assert counts(flow("a") + flow("b", "visitors"))["a"] == Range(140, 175)


def test_sets_partly_apart_give_the_greatest_sum_that_is_certain(counts: Callable[..., Counts]) -> None:
    # customers and staff are apart (150); visitors may be among either
    assert counts(flow("a", "customers, staff, visitors"))["a"] == Range(150, 185)


def test_apart_from_is_mutual() -> None:
    one, two = PeopleSet("one", {"NL": 5}, apart_from=frozenset({"two"})), PeopleSet("two", {"NL": 7})
    ends = {"one": Range(5, 5), "two": Range(7, 7)}
    assert together({"one": one, "two": two}, ends) == together({"two": two, "one": one}, ends) == 12


def test_certain_sum_of_many_sets_is_the_best_one_not_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    # `big` (10) is apart from nobody; three sets of 4 are apart from each other: 12 is certain
    small = {f"s{n}": PeopleSet(f"s{n}", {}, apart_from=frozenset({"s0", "s1", "s2"})) for n in range(3)}
    sets = {"big": PeopleSet("big", {}), **small}
    ends = {"big": Range(10, 10), **{id_: Range(4, 4) for id_ in small}}
    assert together(sets, ends) == Range(12, 22)
    monkeypatch.setattr(module, "_MAX_STEPS", 1)  # cut short, the search still gives a lower end
    assert together(sets, ends) == Range(10, 22)


def test_a_thousand_sets_are_counted_at_once() -> None:
    ids = [f"s{n}" for n in range(1000)]
    apart = {id_: PeopleSet(id_, {}, apart_from=frozenset(ids) - {id_}) for id_ in ids}
    one_each = dict.fromkeys(ids, Range(1, 1))
    assert together(apart, one_each) == 1000
    assert together({id_: PeopleSet(id_, {}) for id_ in ids}, one_each) == Range(1, 1000)


def test_range_of_a_count_goes_into_the_total(counts: Callable[..., Counts]) -> None:
    base = MAP.replace("count: {NL: 10}", "count: {NL: {at-least: 10, at-most: 20}}")
    assert counts(flow("a", "customers, staff"), base=base)["a"] == Range(150, 160)
    base = MAP.replace("count: {NL: 10}", "count: {NL: {at-least: 10}}")
    assert counts(flow("a", "customers, staff"), base=base)["a"] == Range(150, None)


def test_people_nobody_counted_leave_the_total_open_upwards(counts: Callable[..., Counts]) -> None:
    base = MAP.replace(", count: {NL: 10}", "")
    assert counts(flow("a", "customers, staff"), base=base)["a"] == Range(140, None)


def test_flow_that_names_no_people_leaves_the_total_open_upwards(counts: Callable[..., Counts]) -> None:
    nameless = "- {id: b, from: shop, to: vendor, data: {only: [contact]}}\n"
    assert counts(flow("a") + nameless) == {"a": Range(140, None), "b": Range(140, None)}


def test_holder_without_a_flow_that_counts_has_none(counts: Callable[..., Counts]) -> None:
    assert counts(flow("a", data="{only: [core]}", more="facts: {data.personal: false}")) == {"a": 0}


# --- where, of, data, without, except, over


def test_only_people_in_the_group_count(counts: Callable[..., Counts]) -> None:
    # of the customers 40 are in US; of the visitors 5 in Virginia, which is in US
    found = counts(flow("a", "customers, visitors"), "of: US")["a"]
    assert found == Range(40, 45)


def test_people_of_a_place_that_is_perhaps_in_the_group_give_a_range(counts: Callable[..., Counts]) -> None:
    # 40 in US, and whether in Virginia nobody says
    assert counts(flow("a", "visitors"), "of: US_VA")["a"] == 5
    assert counts(flow("a", "customers"), "of: US_VA")["a"] == Range(0, 40)


def test_group_is_that_of_the_day(counts: Callable[..., Counts]) -> None:
    base = MAP.replace("count: {NL: 10}", "count: {TL: 10}")
    assert counts(flow("a", "staff"), "of: ASEAN", base=base)["a"] == 10
    assert counts(flow("a", "staff"), "of: ASEAN", base=base, day=dt.date(2025, 10, 25))["a"] == 0


def test_flow_counts_by_its_data(counts: Callable[..., Counts]) -> None:
    flows = flow("a", "customers", data="{only: [health]}") + flow("b", "staff", data="{only: [contact]}")
    assert counts(flows, "data: [health, genetic]") == {"a": 140, "b": 140}
    assert counts(flows, "data: sensitive") == {"a": 140, "b": 140}  # health is sensitive
    assert counts(flows, "without: [sensitive]") == {"a": 10, "b": 10}
    assert counts(flows, "data: contact") == {"a": 10, "b": 10}


def test_flow_with_an_open_list_of_data_perhaps_counts(counts: Callable[..., Counts]) -> None:
    flows = flow("a", data="[contact]") + flow("b", "staff", data="{only: [health]}")
    assert counts(flows, "data: health")["a"] == Range(10, 150)
    assert counts(flows, "without: health")["a"] == Range(0, 140)


def test_set_in_a_flow_that_surely_counts_is_certain_whatever_other_flows_do(counts: Callable[..., Counts]) -> None:
    assert counts(flow("a", data="[contact]") + flow("b", data="{only: [health]}"), "data: health")["a"] == 140


def test_condition_is_asked_of_each_counted_flow(counts: Callable[..., Counts]) -> None:
    # the rival is in NL, so nothing leaves there
    flows = flow("a") + flow("b", "staff", to="rival")
    assert counts(flows, "where: leaves") == {"a": 140, "b": 140}
    assert counts(flows, "where: flow.clear_text") == {"a": 150, "b": 150}


def test_condition_that_is_unknown_makes_a_range(counts: Callable[..., Counts]) -> None:
    flows = flow("a") + flow("b", "staff", more="facts: {flow.clear_text: unknown}")
    assert counts(flows, "where: flow.clear_text")["a"] == Range(140, 150)


def test_flow_that_an_excuse_lifts_is_left_out(counts: Callable[..., Counts]) -> None:
    # a flow to the sister is one within the group, which `free` lifts
    flows = flow("a", to="sister") + flow("b", "staff")
    assert counts(flows, "except: [free]") == {"a": 10, "b": 10}
    assert counts(flows) == {"a": 150, "b": 150}


def test_excuse_that_perhaps_lifts_makes_a_range(counts: Callable[..., Counts]) -> None:
    flows = flow("a", more="facts: {flow.group: unknown}") + flow("b", "staff")
    assert counts(flows, "except: [free]")["b"] == Range(10, 150)


def test_open_excuse_leaves_nothing_out(counts: Callable[..., Counts]) -> None:
    # `contract` needs a consent that is not yet there
    assert counts(flow("a"), "except: [contract]")["a"] == 140
    base = MAP + "measures:\n- {kind: separate-consent, parties: [acme]}\n"
    assert counts(flow("a"), "except: [contract]", base=base)["a"] == 0


def test_total_over_two_parties_counts_flows_between_these_two(counts: Callable[..., Counts]) -> None:
    flows = flow("a") + flow("b", "staff", to="sister") + flow("c", "visitors", to="[vendor, sister]")
    assert counts(flows, "over: [holder, recipient]") == {
        "a": Range(140, 175),
        "b": Range(35, 45),
        "c/vendor": Range(140, 175),
        "c/sister": Range(35, 45),
    }


def test_total_over_two_parties_is_unknown_where_there_is_one(tmp_path: Path) -> None:
    program = program_of(tmp_path, "over: [holder, recipient]")
    incident = "incidents:\n- {id: leak, entity: acme, people: [staff], data: {only: [contact]}}\n"
    (found,) = with_totals(program, map_of(tmp_path, MAP + incident))
    assert found.cases[0].totals == {}


def test_flows_of_another_holder_do_not_count(counts: Callable[..., Counts]) -> None:
    other = "- {id: b, from: rival, to: vendor, people: [staff], data: {only: [contact]}}\n"
    assert counts(flow("a") + other) == {"a": 140, "b": 10}


def test_parts_count_by_their_own_people_and_data(counts: Callable[..., Counts]) -> None:
    parts = "- {id: a, from: shop, to: vendor, parts: [{id: x, people: [customers], data: {only: [health]}}, "
    parts += "{id: y, people: [staff], data: {only: [contact]}}]}\n"
    assert counts(parts, "data: health") == {"a/x": 140, "a/y": 140}


def test_devices_are_counted_apart_from_people(counts: Callable[..., Counts], tmp_path: Path) -> None:
    base = MAP.replace("count: {NL: 10}}", "count: {NL: 10}, devices: {NL: 25}}")
    program_of(tmp_path)
    (tmp_path / "xx" / "counts" / "clauses.yaml").write_text(
        CLAUSES.format(more="").replace("count: people", "count: devices"), encoding="utf-8"
    )
    program = link(vocabulary(), [read_pack(tmp_path / "xx" / "counts", vocabulary())])
    map_ = map_of(tmp_path, base + "flows:\n" + flow("a", "staff") + flow("b", "customers", to="rival"))
    (first, second) = with_totals(program, map_)
    assert first.cases[0].totals == second.cases[0].totals == {"xx/counts:counted": Range(25, None)}


# --- days and windows


@pytest.mark.parametrize(
    ("days", "is_counted"),
    [
        ("until_day: 2025-11-24", False),  # twelve months back from 2026-11-24 begin on 2025-11-25
        ("until_day: 2025-11-25", True),
        ("from_day: 2026-11-24", True),
        ("from_day: 2026-11-25", False),
    ],
)
def test_flow_outside_the_window_is_left_out(counts: Callable[..., Counts], days: str, is_counted: bool) -> None:
    assert counts(flow("a", "staff") + flow("b", more=days))["a"] == (150 if is_counted else 10)


def test_flow_itself_counts_also_before_it_begins(counts: Callable[..., Counts]) -> None:
    # judged on its first day, on which the other one goes on
    assert counts(flow("a", "staff") + flow("b", more="from_day: 2027-01-01")) == {"a": 10, "b": 150}


def test_other_kinds_of_case_do_not_count(counts: Callable[..., Counts]) -> None:
    incident = "incidents:\n- {id: leak, entity: acme, people: [staff], data: {only: [contact]}}\n"
    assert counts(flow("a") + incident) == {"a": 140, "leak": 140}


def test_what_is_held_counts_for_held_whether_it_flows_or_not(counts: Callable[..., Counts]) -> None:
    base = MAP.replace("12-months", "held").replace("{id: staff,", "{id: staff, of: acme,")
    # 140 customers are sent; the 10 of staff are acme's own and flow nowhere
    assert counts(flow("a"), "per: held", base=base) == {"a": 150}
    assert counts(flow("a"), "per: 12-months", base=base) == {"a": Range(140, None)}


def test_what_a_system_holds_counts_by_its_data(counts: Callable[..., Counts]) -> None:
    base = MAP.replace("12-months", "held").replace(
        "run_by: acme}", "run_by: acme, holds: [{people: staff, data: {only: [health]}}]}"
    )
    assert counts(flow("a"), "per: held, data: health", base=base) == {"a": 10}


@pytest.mark.parametrize(
    ("window", "per", "expected"),
    [
        ("held", "held", Range(50, 50)),
        ("held", "12-months", Range(50, None)),  # they are there; who was there and is gone nobody knows
        ("held", "calendar-year", Range(50, None)),
        ("12-months", "held", Range(0, None)),
        ("12-months", "12-months", Range(50, 50)),
        ("12-months", "calendar-year", Range(0, 50)),  # some of them perhaps last year only
        ("12-months", "since-last-year", Range(50, None)),
        ("calendar-year", "calendar-year", Range(50, 50)),
        ("calendar-year", "12-months", Range(50, None)),
        ("calendar-year", "since-last-year", Range(50, None)),
        ("since-last-year", "calendar-year", Range(0, 50)),
        ("since-last-year", "12-months", Range(0, 50)),
        ("", "held", Range(0, None)),
        ("", "12-months", Range(0, None)),
    ],
)
def test_count_over_one_window_proves_this_of_another(window: str, per: str, expected: Range) -> None:
    people = PeopleSet("p", {"NL": 50}, window, dt.date(2026, 11, 1))
    assert in_window(Range(50, 50), people, per, DAY) == expected


@pytest.mark.parametrize(
    ("window", "counted", "per", "expected"),
    [
        ("12-months", dt.date(2025, 11, 23), "12-months", Range(50, 50)),  # 366 days old
        ("12-months", dt.date(2025, 11, 22), "12-months", Range(0, None)),
        ("held", dt.date(2020, 1, 1), "held", Range(0, None)),
        ("calendar-year", dt.date(2025, 12, 31), "calendar-year", Range(0, None)),  # of another year
        ("calendar-year", dt.date(2025, 12, 31), "since-last-year", Range(50, None)),  # all of 2025 lies in it
        ("since-last-year", dt.date(2025, 12, 31), "since-last-year", Range(0, None)),
        ("12-months", dt.date(2027, 3, 1), "12-months", Range(50, 50)),  # counted after the day asked about
        ("calendar-year", None, "calendar-year", Range(50, 50)),
    ],
)
def test_count_of_another_time_proves_less(window: str, counted: dt.date | None, per: str, expected: Range) -> None:
    assert in_window(Range(50, 50), PeopleSet("p", {"NL": 50}, window, counted), per, DAY) == expected


@pytest.mark.parametrize("window", ["", "held", "12-months"])
def test_none_are_none_in_every_window(window: str) -> None:
    assert in_window(Range(0, 0), PeopleSet("p", {"NL": 50}, window), "calendar-year", DAY) == Range(0, 0)


@pytest.mark.parametrize(
    ("per", "day", "expected"),
    [
        ("12-months", dt.date(2026, 11, 24), dt.date(2025, 11, 25)),
        ("12-months", dt.date(2028, 2, 29), dt.date(2027, 3, 1)),
        ("calendar-year", dt.date(2026, 11, 24), dt.date(2026, 1, 1)),
        ("since-last-year", dt.date(2026, 11, 24), dt.date(2025, 1, 1)),
        ("held", dt.date(2026, 11, 24), dt.date(2026, 11, 24)),
        ("since-last-year", dt.date(1, 5, 5), dt.date(1, 1, 1)),
    ],
)
def test_windows_begin_on_these_days(per: str, day: dt.date, expected: dt.date) -> None:
    assert first_day_of(per, day) == expected


# --- totals that the map gives


def test_total_given_for_an_entry_wins_there_and_only_there(counts: Callable[..., Counts]) -> None:
    given = flow("a", more="totals: {xx/counts: {counted: 7}}") + flow("b")
    assert counts(given) == {"a": 7, "b": 140}


def test_total_that_the_pack_does_not_know_is_told(counts: Callable[..., Counts]) -> None:
    with pytest.raises(InputError, match="`countd` is not a total of `xx/counts`") as caught:
        counts(flow("a", more="totals: {xx/counts: {countd: 7}}"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.help, problem.span.line) == ("unknown-total", "did you mean `counted`?", 15)


def test_total_of_a_pack_that_is_not_asked_is_let_be(tmp_path: Path) -> None:
    text = MAP + "flows:\n" + flow("a", more="totals: {other/pack: {anything: 7}}")
    (found,) = with_totals(program_of(tmp_path), map_of(tmp_path, text))
    assert found.cases[0].totals == {"other/pack:anything": 7, "xx/counts:counted": 140}


def test_many_flows_are_summed_in_time_that_grows_with_their_number(tmp_path: Path) -> None:
    text = MAP + "flows:\n" + "".join(flow(f"f{n}", "staff") for n in range(2000))
    found = with_totals(program_of(tmp_path), map_of(tmp_path, text))
    assert {case.totals["xx/counts:counted"] for flow_ in found for case in flow_.cases} == {10}
