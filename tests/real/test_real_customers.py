"""Maps with the real customers of two sample databases, counted here, decided under all packs that come with Comity."""

import datetime as dt
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from string import Template

import pytest

from comity.case import Map
from comity.decide.check import Check, FlowDecision, check
from comity.decide.fast import compile_program
from comity.facts import Places
from comity.intake.map import read_map
from comity.pack.program import Program
from comity.pack.ship import compile_packs
from tests.house.sources import ROOT

HERE = Path(__file__).parent
DATA = ROOT.parent / "shared" / "data"
DAY = dt.date(2026, 11, 24)

# Names in the databases that are not those of the vocabulary. What was Yugoslavia in 2006 is counted for Serbia.
OTHER_NAMES = {
    "Congo, The Democratic Republic of the": "CD",
    "Czech Republic": "CZ",
    "Holy See (Vatican City State)": "VA",
    "Kazakstan": "KZ",
    "Runion": "RE",
    "Russian Federation": "RU",
    "Turkey": "TR",
    "USA": "US",
    "Virgin Islands, U.S.": "VI",
    "Yugoslavia": "RS",
}
# Countries outside the EEA that have a pack of their own.
COUNTRIES = {
    *("AU", "BN", "BR", "CA", "CH", "CN", "GB", "HK", "ID", "IN", "JP", "KH"),
    *("KR", "LA", "MM", "MO", "MY", "PH", "RU", "SG", "TH", "TL", "US", "VN"),
}
PAGILA = (
    "SELECT country, count(*) FROM customer JOIN address USING (address_id) JOIN city USING (city_id) "
    "JOIN country USING (country_id) GROUP BY country"
)
CHINOOK = "SELECT Country, count(*) FROM Customer GROUP BY Country"

Counts = dict[str, int]


@cache
def program() -> Program:
    return compile_packs(ROOT / "packs")


def counted(name: str, query: str) -> Counts:
    """Customers by place, from the database."""
    path = DATA / f"{name}.sqlite"
    if not path.exists():
        pytest.skip(f"{path} is not there: the sample databases lie beside the checkout")
    codes = {p.name: p.id for p in program().vocabulary.places if len(p.id) == 2} | OTHER_NAMES
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return {codes[country]: number for country, number in database.execute(query)}


def filled(name: str, folder: Path, **values: str) -> Map:
    """A map whose counts are filled in, read from the file that they were written to."""
    text = Template((HERE / f"{name}.yaml").read_text(encoding="utf-8")).substitute(values)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return read_map(path, program().vocabulary, day=DAY)


def row(counts: Counts) -> str:
    return ", ".join(f"{place}: {number}" for place, number in sorted(counts.items()))


def decided(map_: Map) -> tuple[Check, dict[str, FlowDecision]]:
    found = check(program(), map_, find=compile_program(program()).find)
    return found, {flow.flow.id: flow for flow in found.flows}


def members(group: str) -> set[str]:
    return {r.place for r in program().vocabulary.group[group].rows if r.holds_on(DAY)}


def with_a_pack(place: str) -> bool:
    """Whether a place lies in the EEA or in another country whose law the packs hold."""
    return bool(program().vocabulary.above[place] & (members("EEA") | COUNTRIES))


# --- Pagila: 599 customers in 108 countries


@pytest.fixture(scope="module")
def rental_counts() -> Counts:
    return counted("pagila", PAGILA)


@pytest.fixture(scope="module")
def rental(rental_counts: Counts, tmp_path_factory: pytest.TempPathFactory) -> tuple[Check, dict[str, FlowDecision]]:
    places = ", ".join(sorted(rental_counts))
    folder = tmp_path_factory.mktemp("pagila")
    map_ = filled("pagila", folder, counts=row(rental_counts), places=places, total=str(sum(rental_counts.values())))
    return decided(map_)


Rental = tuple[Check, dict[str, FlowDecision]]


def test_rental_has_599_customers_in_108_countries_all_of_them_known(rental_counts: Counts) -> None:
    assert (len(rental_counts), sum(rental_counts.values())) == (108, 599)
    assert set(rental_counts) <= set(program().vocabulary.place)


def test_rental_map_knows_where_its_customers_are(rental: Rental, rental_counts: Counts) -> None:
    found, flows = rental
    for flow in flows.values():
        for case in flow.flow.cases:
            assert case.facts["data.subjects_in"] == Places(frozenset(rental_counts))
    assert [flow.section for flow in found.map.flows] == ["flows"] * 3 + ["access"] * 2 + ["incidents"]


def test_rental_names_the_people_of_every_place_without_a_pack(rental: Rental, rental_counts: Counts) -> None:
    # Argentina and Turkey are where the data lie and a party acts: they are named as places without a pack instead
    _, flows = rental
    expected = {place: n for place, n in rental_counts.items() if not with_a_pack(place)}
    assert len(expected) >= 65
    strong = {name: set(flows[name].no_pack) for name in ("newsletter", "audience", "woodridge", "izmir", "leak")}
    assert strong.pop("izmir") == {"AR", "TR"}
    assert set(map(frozenset, strong.values())) == {frozenset({"AR"})}
    for name in ("newsletter", "audience", "woodridge", "izmir"):
        weak = dict(flows[name].weak)
        assert weak == {place: n for place, n in expected.items() if place not in flows[name].no_pack}


def test_rental_flows_are_never_called_allowed_while_the_law_of_argentina_is_missing(rental: Rental) -> None:
    _, flows = rental
    for name in ("newsletter", "back-to-canada", "woodridge", "izmir"):
        assert flows[name].highest == "forbidden"
        assert flows[name].verdict in ("undecided", "forbidden")


def test_rental_asks_the_packs_of_its_customers_too(rental: Rental) -> None:
    # The shop sits in Alberta and addresses all the countries of its customers
    _, flows = rental
    asked = {p.pack for p in flows["woodridge"].packs if p.outcome != "not-covered"}
    assert asked >= {"ca/personal-information", "eu/personal-data", "gb/personal-data", "jp/personal-information"}


def test_rental_counts_americans_with_their_islands(rental: Rental, rental_counts: Counts) -> None:
    # Puerto Rico, Samoa and the Virgin Islands lie inside. Certain, since all are counted over twelve months
    _, flows = rental
    (case,) = flows["audience"].flow.cases
    assert [rental_counts[place] for place in ("US", "PR", "AS", "VI")] == [36, 2, 1, 1]
    assert case.totals["us/sensitive-data:us_identifiers"] == 40
    assert case.totals["us/sensitive-data:us_financial"] == 0  # no financial data are sold


def test_rental_brokerage_to_china_is_under_every_us_threshold(rental: Rental) -> None:
    _, flows = rental
    (us,) = [p for p in flows["audience"].packs if p.pack == "us/sensitive-data"]
    assert us.highest == "allowed"


def test_rental_leak_owes_notices_under_the_gdpr(rental: Rental) -> None:
    # it addresses people in the Union, so the Regulation binds it (Art. 3(2)); at a high risk persons are told too
    _, flows = rental
    (eu,) = [p for p in flows["leak"].packs if p.pack == "eu/personal-data"]
    open_duties = {d.measure for d in eu.duties if d.state == "open"}
    assert {"breach-notice-authority", "breach-notice-persons"} <= open_duties
    assert flows["leak"].flow.cases[0].facts["incident.persons"] == 599


# --- Chinook: 59 customers in 24 countries


@pytest.fixture(scope="module")
def shop_counts() -> Counts:
    return counted("chinook", CHINOOK)


@pytest.fixture(scope="module")
def shop(shop_counts: Counts, tmp_path_factory: pytest.TempPathFactory) -> tuple[Check, dict[str, FlowDecision]]:
    europeans = {place: n for place, n in shop_counts.items() if place in members("EEA")}
    values = {"counts": row(shop_counts), "europeans": row(europeans), "places": ", ".join(sorted(shop_counts))}
    return decided(filled("chinook", tmp_path_factory.mktemp("chinook"), **values))


def test_shop_has_59_customers_in_24_countries_all_of_them_known(shop_counts: Counts) -> None:
    assert (len(shop_counts), sum(shop_counts.values())) == (24, 59)
    assert set(shop_counts) <= set(program().vocabulary.place)


def test_shop_in_ireland_may_send_to_who_is_on_the_list_and_to_who_signed_the_clauses(shop: Rental) -> None:
    _, flows = shop
    for name, clause in (("to-the-listed", "art-45"), ("to-the-unlisted", "art-46-2-c")):
        (eu,) = [p for p in flows[name].packs if p.pack == "eu/personal-data"]
        assert eu.outcome == "allowed"
        assert f"eu/personal-data/{clause}" in {r.clause for r in eu.reasons if r.state == "satisfied"}
        assert flows[name].no_pack == ()


def test_assessment_that_ran_out_makes_the_flow_conditional(shop_counts: Counts, tmp_path: Path, shop: Rental) -> None:
    europeans = {place: n for place, n in shop_counts.items() if place in members("EEA")}
    values = {"counts": row(shop_counts), "europeans": row(europeans), "places": ", ".join(sorted(shop_counts))}
    filled("chinook", tmp_path, **values)
    later = read_map(tmp_path / "chinook.yaml", program().vocabulary, day=dt.date(2026, 12, 1))
    _, flows = decided(later)
    (eu,) = [p for p in flows["to-the-unlisted"].packs if p.pack == "eu/personal-data"]
    assert eu.outcome == "conditional"
    missing = {
        n.measure for r in eu.reasons for n in r.needs if r.clause.endswith("art-46-2-c") and n.state != "in-place"
    }
    assert missing == {"transfer-impact-assessment"}


def test_shop_counts_all_americans_for_the_vendor_and_none_among_the_europeans(
    shop: Rental, shop_counts: Counts
) -> None:
    _, flows = shop
    (all_,) = flows["vendor-of-all"].flow.cases
    assert all_.totals["us/sensitive-data:us_financial"] == shop_counts["US"] == 13
    (europeans,) = flows["to-the-listed"].flow.cases
    assert europeans.totals["us/sensitive-data:us_financial"] == 0


def test_flow_to_argentina_waits_for_a_pack_of_argentina(shop: Rental) -> None:
    # the Union finds Argentina adequate; what the law there says of the data that arrive is not known
    _, flows = shop
    assert (flows["to-argentina"].verdict, flows["to-argentina"].no_pack) == ("undecided", ("AR",))
    (eu,) = [p for p in flows["to-argentina"].packs if p.pack == "eu/personal-data"]
    assert eu.outcome == "allowed"


def test_flow_to_canada_hangs_on_one_question_now_that_canada_has_a_pack(shop: Rental) -> None:
    # the decision on Canada covers recipients under its Act on electronic documents
    _, flows = shop
    (eu,) = [p for p in flows["to-canada"].packs if p.pack == "eu/personal-data"]
    assert (flows["to-canada"].no_pack, eu.highest) == ((), "conditional")
    assert [t.id for t in flows["to-canada"].todo if t.what == "question"] == ["recipient.pipeda"]


def test_every_name_of_a_country_is_used(rental_counts: Counts, shop_counts: Counts) -> None:
    assert set(OTHER_NAMES.values()) <= set(rental_counts) | set(shop_counts)
