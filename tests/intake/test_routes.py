"""Routes: which other ways of an entry the map offers, and what each of them is."""

from dataclasses import replace
from pathlib import Path

import pytest

from comity.case import Case, Flow, Map, Route
from comity.errors import Span
from comity.facts import Places
from comity.intake.map import read_map
from comity.intake.routes import MAX_ROUTES
from tests.house.sources import ROOT
from tests.intake.maps import DAY, map_of, vocabulary

HARBOUR = ROOT / "examples" / "harbour"

PARTIES = """\
comity: 1
name: Test
entities:
- {id: acme, country: NL, group: one}
- {id: vendor, country: US-VA, role: processor, establishments: [US-VA, US-TX, IE], group: one}
- {id: desk, country: PH, role: processor}
- {id: seller, country: IN, role: controller}
- {id: agent, country: PH, role: processor, kind: individual}
- {id: own-staff, country: DE, role: processor, employer: acme}
people:
- {id: customers, of: acme, window: held, count: {NL: 100}}
systems:
- {id: shop, place: NL, run_by: acme, holds: [{people: customers, data: {only: [contact]}}]}
- {id: archive, place: DE, run_by: acme}
- {id: cloud, place: US-VA, run_by: vendor}
- {id: mirror, place: IE, run_by: vendor}
- {id: hosted, place: SG, run_by: desk, for: acme, holds: [{people: customers, data: {only: [health]}}]}
"""


def routed(folder: Path, entries: str) -> Map:
    """Reads a map with its routes."""
    path = folder / "comity.yaml"
    path.write_text(PARTIES + entries, encoding="utf-8")
    return read_map(path, vocabulary(), day=DAY, routes=True)


def routes(folder: Path, entries: str) -> tuple[Route, ...]:
    """Reads a map and gives the routes of its last entry."""
    map_ = routed(folder, entries)
    return map_.routes.get(map_.flows[-1].id, ())


def ways(folder: Path, entries: str) -> list[tuple[str, str]]:
    return [(route.change, route.id) for route in routes(folder, entries)]


def case_by(folder: Path, entries: str, id_: str) -> Case:
    """The one case of the route to somebody or something."""
    (route,) = [r for r in routes(folder, entries) if r.id == id_]
    (case,) = route.flow.cases
    return case


def plain(flow: Flow) -> Flow:
    """A flow without its place in the file, which an edited map may have moved."""
    return replace(flow, span=Span(""))


# --- which there are


def test_routes_are_made_only_where_somebody_asks(tmp_path: Path) -> None:
    entry = "flows:\n- {id: copy, from: shop, to: cloud}\n"
    assert map_of(tmp_path, PARTIES + entry).routes == {}
    assert set(routed(tmp_path, entry).routes) == {"copy"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        # to a system: others, save the source and what would bring the data back to the holder
        ("flows:\n- {id: x, from: shop, to: cloud}", [("system", "mirror"), ("recipient", "hosted")]),
        (
            "flows:\n- {id: x, from: shop, to: archive}",
            [("recipient", "cloud"), ("recipient", "mirror"), ("recipient", "hosted")],
        ),
        # to an entity: those of the same role and kind, save the holder and its staff
        ("flows:\n- {id: x, from: shop, to: vendor}", [("recipient", "desk")]),
        ("flows:\n- {id: x, from: acme, to: [vendor]}", [("recipient", "desk")]),
        ("flows:\n- {id: x, from: shop, to: seller}", []),
        ("flows:\n- {id: x, from: shop, to: [vendor, desk]}", []),
        # who looks in: from other countries too
        ("access:\n- {id: x, who: vendor, into: shop}", [("place", "IE"), ("recipient", "desk")]),
        (
            "access:\n- {id: x, who: vendor, from: IE, into: shop}",
            [("place", "US-TX"), ("place", "US-VA"), ("recipient", "desk")],
        ),
        ("access:\n- {id: x, who: vendor, from: [IE, US], into: shop}", [("recipient", "desk")]),
        ("access:\n- {id: x, who: [vendor, desk], into: shop}", []),
        (
            "collections:\n- {id: x, entity: acme, into: shop}",
            [("system", "archive"), ("recipient", "cloud"), ("recipient", "mirror"), ("system", "hosted")],
        ),
        ("collections:\n- {id: x, entity: acme}", []),
        ("storage:\n- {id: x, system: shop}", [("system", "archive"), ("system", "hosted")]),
        ("requests:\n- {id: x, authority: US, to: acme, system: shop}", []),
        ("incidents:\n- {id: x, entity: acme, system: shop}", []),
        ("products:\n- {id: x, entity: acme}", []),
        ("acts:\n- {id: x, state: US, entity: acme}", []),
    ],
)
def test_the_map_offers_these_ways(tmp_path: Path, entry: str, expected: list[tuple[str, str]]) -> None:
    assert ways(tmp_path, entry + "\n") == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("flows:\n- {id: x, from: shop, to: cloud, alternatives: []}", []),
        (
            "flows:\n- {id: x, from: shop, to: cloud, alternatives: [seller, archive, cloud, shop, mirror]}",
            [("recipient", "seller"), ("recipient", "archive"), ("system", "mirror")],
        ),
        ("flows:\n- {id: x, from: shop, to: vendor, alternatives: mirror}", [("system", "mirror")]),
        (
            "access:\n- {id: x, who: vendor, into: shop, alternatives: [CH, seller]}",
            [("place", "CH"), ("recipient", "seller")],
        ),
        ("storage:\n- {id: x, system: shop, alternatives: [hosted]}", [("system", "hosted")]),
    ],
)
def test_alternatives_of_an_entry_stand_in_place_of_what_the_map_offers(
    tmp_path: Path, entry: str, expected: list[tuple[str, str]]
) -> None:
    assert ways(tmp_path, entry + "\n") == expected


def test_an_entry_has_so_many_routes_in_the_order_of_the_map(tmp_path: Path) -> None:
    systems = "".join(f"- {{id: s{n}, place: DE, run_by: acme}}\n" for n in range(MAX_ROUTES + 5))
    found = ways(tmp_path, systems + "storage:\n- {id: x, system: shop}\n")
    assert [id_ for _, id_ in found] == ["archive", "hosted", *(f"s{n}" for n in range(MAX_ROUTES - 2))]


# --- what each of them is


@pytest.mark.parametrize(
    ("entry", "now", "to_be"),
    [
        ("flows:\n- {id: x, from: shop, to: %s, data: [contact], deal: vendor}", "cloud", "mirror"),
        ("flows:\n- {id: x, from: shop, to: %s, purposes: [marketing, travel]}", "cloud", "hosted"),
        ("flows:\n- {id: x, from: acme, to: %s, people: [customers]}", "vendor", "desk"),
        ("access:\n- {id: x, who: %s, into: shop}", "vendor", "desk"),
        ("access:\n- {id: x, who: vendor, from: %s, into: shop}", "US-VA", "IE"),
        ("collections:\n- {id: x, entity: acme, into: %s, people: [customers], data: [contact]}", "shop", "cloud"),
        ("storage:\n- {id: x, system: %s, people: [customers], data: [contact]}", "shop", "hosted"),
    ],
)
def test_route_is_what_the_edited_map_gives(tmp_path: Path, entry: str, now: str, to_be: str) -> None:
    measures = "measures:\n- {kind: eu-standard-clauses, parties: [acme, desk]}\n"
    assumed = "assume:\n- {fact: flow.evades, value: false, who: DPO, day: 2026-11-01, why: asked, for: [x]}\n"
    rest = measures + assumed
    (route,) = [r for r in routes(tmp_path, rest + entry % now + "\n") if r.id == to_be]
    edited = map_of(tmp_path, PARTIES + rest + entry % to_be + "\n").flows[-1]
    assert plain(route.flow) == plain(edited)
    assert route.instead_of == now


def test_every_route_of_the_example_leads_where_it_says() -> None:
    map_ = read_map(HARBOUR / "comity.yaml", vocabulary(), day=DAY, routes=True)
    flows = {flow.id: flow for flow in map_.flows}
    ways_of = {id_: {route.id for route in found} for id_, found in map_.routes.items()}
    assert "moscow-store" in ways_of["ru-sign-up"]
    assert ways_of["backup"] == {"tickets", "staff-records", "warehouse", "segments", "moscow-store", "app-backend"}
    for id_, found in map_.routes.items():
        for route in found:
            assert route.flow.id == id_
            assert plain(route.flow) != plain(flows[id_])
            assert route.id in [end.id for end in route.flow.ends]
            assert route.instead_of not in [end.id for end in route.flow.ends]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("ru-sign-up", "  people: [ru-customers]\n  into: bookings", "  people: [ru-customers]\n  into: moscow-store"),
        ("backup", "  to: vault", "  to: tickets"),
        ("dev-shenzhen", "  who: harbour-shenzhen", "  who: neva-travel"),
    ],
)
def test_route_of_the_example_is_what_its_edited_map_gives(tmp_path: Path, name: str, before: str, after: str) -> None:
    for path in HARBOUR.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / "comity.yaml"
    found = read_map(path, vocabulary(), day=DAY, routes=True).routes[name]
    (route,) = [r for r in found if r.id == after.rsplit(" ", 1)[1]]
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")
    (edited,) = [flow for flow in read_map(path, vocabulary(), day=DAY).flows if flow.id == name]
    assert plain(route.flow) == plain(edited)


# --- what is not carried over


SAID = (
    "facts: {recipient.role: none, recipient: {law: FR}, flow.group: false, flow.separate: true, "
    "flow.systems_in: [FR], data.stored_in: [FR], flow.clear_text: false}, "
    "parts: [{id: p, facts: {recipient: {base: FR}, flow.evades: false}}]"
)


def test_what_is_said_of_the_present_recipient_is_not_said_of_another(tmp_path: Path) -> None:
    entry = f"flows:\n- {{id: x, from: shop, to: cloud, {SAID}}}\n"
    said = {"recipient.law": "FR", "recipient.base": "FR", "recipient.role": "none", "flow.group": False}
    now = routed(tmp_path, entry).flows[-1].cases[0].facts
    assert {name: now.get(name) for name in said} == said
    other = case_by(tmp_path, entry, "hosted").facts
    assert other["recipient.role"] == "processor"
    assert not {"recipient.law", "recipient.base", "flow.group", "flow.separate"} & set(other)
    same = case_by(tmp_path, entry, "mirror").facts  # another system of the same recipient
    assert {name: same.get(name) for name in said} == said
    for facts in (other, same):
        assert facts["flow.clear_text"] is False
        assert facts["flow.evades"] is False
        assert facts["data.stored_in"] == Places(frozenset({"FR"}))  # they still come from there
    assert other["flow.systems_in"] == Places(frozenset({"SG"}))
    assert same["flow.systems_in"] == Places(frozenset({"IE"}))


def test_another_who_looks_in_from_its_own_country(tmp_path: Path) -> None:
    entry = "access:\n- {id: x, who: vendor, from: IE, into: shop, facts: {recipient.law: FR}}\n"
    assert case_by(tmp_path, entry, "desk").facts["recipient.country"] == "PH"


def test_other_place_is_not_overruled_by_what_was_said_of_the_present_one(tmp_path: Path) -> None:
    entry = "access:\n- {id: x, who: vendor, into: shop, facts: {recipient.country: US, recipient.law: FR}}\n"
    facts = case_by(tmp_path, entry, "IE").facts
    assert (facts["recipient.country"], facts["recipient.law"]) == ("IE", "FR")


def test_data_that_would_lie_elsewhere_are_those_that_lie_here(tmp_path: Path) -> None:
    case = case_by(tmp_path, "storage:\n- {id: x, system: shop, facts: {data.stored_in: [NL]}}\n", "hosted")
    assert case.facts["data.stored_in"] == Places(frozenset({"SG"}))
    held = routed(tmp_path, "storage:\n- {id: x, system: shop}\n").flows[-1].cases[0].facts
    assert case.facts["data.categories"] == held["data.categories"]


def test_totals_of_the_entry_are_those_of_the_present_recipient(tmp_path: Path) -> None:
    entry = "flows:\n- {id: x, from: shop, to: cloud, totals: {eu/x: {n: 5}}}\n"
    assumed = 'assume:\n- {fact: "eu/x:m", value: 7, who: DPO, day: 2026-11-01, why: counted, for: [x]}\n'
    assert case_by(tmp_path, assumed + entry, "hosted").totals == {}
    assert case_by(tmp_path, assumed + entry, "mirror").totals == {"eu/x:n": 5, "eu/x:m": 7}


def test_assumption_for_the_entry_is_about_its_present_recipient(tmp_path: Path) -> None:
    entry = "flows:\n- {id: x, from: shop, to: cloud}\n"
    row = "- {fact: %s, value: true, who: DPO, day: 2026-11-01, why: asked%s}\n"
    named = "assume:\n" + row % ("recipient.dpf", ", for: [x]") + row % ("flow.evades", "")
    assert case_by(tmp_path, named + entry, "mirror").assumed == {"recipient.dpf", "flow.evades"}
    assert case_by(tmp_path, named + entry, "hosted").assumed == {"flow.evades"}
    general = "assume:\n" + row % ("recipient.dpf", "")
    assert case_by(tmp_path, general + entry, "hosted").assumed == {"recipient.dpf"}


def test_measures_are_those_with_the_other_recipient(tmp_path: Path) -> None:
    entry = "flows:\n- {id: x, from: shop, to: cloud}\n"
    measures = (
        "measures:\n"
        "- {kind: eu-standard-clauses, parties: [acme, vendor]}\n"
        "- {kind: gb-idta, parties: [acme, desk]}\n"
        "- {kind: gb-addendum, covers: {flows: [x]}}\n"  # between both, whoever they are now
        "- {kind: processing-record, covers: {flows: [x]}}\n"  # the holder's own
    )
    other = case_by(tmp_path, measures + entry, "hosted").measures
    assert other == {"gb-idta": "in-place", "processing-record": "in-place"}
    same = case_by(tmp_path, measures + entry, "mirror").measures
    assert same == dict.fromkeys(["eu-standard-clauses", "gb-addendum", "processing-record"], "in-place")
