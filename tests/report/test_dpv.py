"""A map as linked data: read by a library for RDF, every term looked up."""

import json
from pathlib import Path
from typing import Any

import pytest
from rdflib import RDF, Graph, URIRef

from comity.decide.check import Check, check
from comity.intake.map import read_map
from comity.library import load
from comity.report.dpv import BASE, CONTEXT, TERMS, check_to_dpv
from comity.report.json import dumps
from tests.intake.sources.laid_out import DAY, vocabulary
from tests.report.sample import small_check
from tests.report.test_register import MAP
from tests.vocabulary.test_dpv_terms import listed

# The library warns of a class of its own, which it uses itself
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
DPV = CONTEXT["dpv"]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Check:
    path = tmp_path_factory.mktemp("map") / "comity.yaml"
    path.write_text(MAP, encoding="utf-8")
    return check(load("eu/personal-data"), read_map(path, vocabulary(), day=DAY))


def graph(check: Check) -> Graph:
    """The triples as an independent reader sees them."""
    return Graph().parse(data=dumps(check_to_dpv(check)), format="json-ld")


def terms_in(check: Check) -> set[str]:
    """All terms that stand in the triples, as prefix and name."""
    short = {address: prefix for prefix, address in CONTEXT.items()}
    found: set[str] = set()
    for triple in graph(check):
        for each in triple:
            for address, prefix in short.items():
                if isinstance(each, URIRef) and str(each).startswith(address) and "/" not in str(each)[len(address) :]:
                    rest = str(each)[len(address) :]
                    found.add(f"{prefix}:{rest}")
    return found


def node(check: Check, id_: str) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = check_to_dpv(check)["@graph"]
    return next(n for n in nodes if n.get("dct:identifier") == id_)


def test_every_term_is_one_that_was_looked_up(found: Check) -> None:
    used = terms_in(found) | terms_in(small_check())
    known = set(listed())
    ours = {term for term in used if term.partition(":")[0] not in ("loc", "dct")}
    assert len(ours) > 15
    assert ours - known == set()
    assert {term for term in used if term.startswith("dct:")} == {"dct:title", "dct:identifier", "dct:description"}


def test_every_term_of_ours_is_used_by_some_map(found: Check) -> None:
    never = set(TERMS) - terms_in(found) - terms_in(small_check())
    # A party or a place in words, where there is no better term
    assert never <= {"dpv:Location", "dpv:Process", "dpv:Purpose", "dpv:hasRecipient"}


def test_places_are_countries_and_states_of_dpv(found: Check) -> None:
    codes = {term.removeprefix("loc:") for term in terms_in(found) | terms_in(small_check()) if term.startswith("loc:")}
    known = {place.id for place in vocabulary().places if place.kind == "place"}
    assert codes >= {"NL", "DE", "US", "US-VA"}
    assert all(len(code) == 2 or code.startswith("US-") for code in codes)
    assert codes <= known


def test_nothing_is_lost_between_json_and_triples(found: Check) -> None:
    triples = graph(found)
    processes = set(triples.subjects(RDF.type, URIRef(f"{DPV}PersonalDataProcess")))
    assert {str(p) for p in processes} == {
        f"{BASE}{s}/{i}"
        for s, i in (
            ("flows", "a-home"),
            ("flows", "b-abroad"),
            ("flows", "c-lost"),
            ("flows", "d-two"),
            ("storage", "kept"),
        )
    }
    abroad = URIRef(f"{BASE}flows/b-abroad")
    assert {str(o).removeprefix(CONTEXT["loc"]) for o in triples.objects(abroad, URIRef(f"{DPV}hasThirdCountry"))} == {
        "US",
        "US-VA",
    }
    processors = set(triples.objects(abroad, URIRef(f"{DPV}hasDataProcessor")))
    assert processors == {URIRef(f"{BASE}entity/apex")}
    country = set(triples.objects(URIRef(f"{BASE}entity/apex"), URIRef(f"{DPV}hasCountry")))
    assert country == {URIRef(CONTEXT["loc"] + "US")}


def test_a_transfer_names_its_ground_and_what_stands_beside_it(found: Check) -> None:
    abroad = node(found, "b-abroad")
    assert abroad["dpv:hasLegalBasis"] == [{"@id": "eu-gdpr:A46-2-c"}]
    assert abroad["dpv:hasTechnicalOrganisationalMeasure"] == [{"@id": "dpv:DataProcessingAgreement"}]
    assert abroad["dpv:hasProcessing"] == [{"@id": "dpv:Transfer"}]
    assert abroad["dpv:hasPurpose"] == [{"@id": "dpv:Marketing"}]
    assert abroad["dct:description"].endswith("This is no legal advice.")


def test_what_is_not_known_is_left_out(found: Check) -> None:
    nodes = {n["@id"]: n for n in check_to_dpv(found)["@graph"]}
    assert "dpv:hasCountry" not in nodes[f"{BASE}entity/lost"]
    assert "dpv:hasThirdCountry" not in nodes[f"{BASE}flows/c-lost"]
    assert not any(value in ([], "", None) for n in nodes.values() for value in n.values())


def test_another_base_gives_addresses_of_ones_own(found: Check) -> None:
    told = json.loads(dumps(check_to_dpv(found, base="https://data.example/map/")))
    assert told["@graph"][0]["@id"] == "https://data.example/map/flows/a-home"


def test_hostile_names_stay_inside_their_text(tmp_path: Path) -> None:
    text = MAP.replace("name: Apex Inc.", 'name: "x\\"}, {\\"@id\\": \\"http://evil\\u202e"')
    path = tmp_path / "comity.yaml"
    path.write_text(text, encoding="utf-8")
    spoilt = check(load("eu/personal-data"), read_map(path, vocabulary(), day=DAY))
    assert not [s for s in graph(spoilt).subjects() if "evil" in str(s)]
    assert "\u202e" not in dumps(check_to_dpv(spoilt))
