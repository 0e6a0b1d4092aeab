"""A map as linked data: JSON-LD with the terms of the W3C Data Privacy Vocabulary (DPV) 2.0."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from comity.decide.check import Check, FlowDecision
from comity.facts import Vocabulary
from comity.report import words
from comity.report.register import (
    SECTIONS,
    categories_of,
    holder_country,
    measures_of,
    names_of,
    places_of,
    purposes_of,
    recipient_country,
    recipients_of,
    third_country,
)

CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "risk": "https://w3id.org/dpv/risk#",
    "dct": "http://purl.org/dc/terms/",
}
BASE = "urn:comity:"
# The terms of DPV that are used here, beside those that the vocabulary names.
TERMS = (
    *("dpv:DataSubject", "dpv:LegalEntity", "dpv:Location", "dpv:PersonalDataProcess", "dpv:Process", "dpv:Purpose"),
    *("dpv:hasCountry", "dpv:hasDataController", "dpv:hasDataExporter", "dpv:hasDataImporter", "dpv:hasDataProcessor"),
    *("dpv:hasDataSubject", "dpv:hasLegalBasis", "dpv:hasLocation", "dpv:hasPersonalData", "dpv:hasProcessing"),
    *("dpv:hasPurpose", "dpv:hasRecipient", "dpv:hasRecipientDataController", "dpv:hasTechnicalOrganisationalMeasure"),
    "dpv:hasThirdCountry",
)
# A recipient by its role; of any other role it is a recipient and no more.
_ROLES = {"processor": "dpv:hasDataProcessor", "controller": "dpv:hasRecipientDataController"}
_PERSONAL = "personal"
# Articles of the GDPR that are themselves the ground of a transfer; other measures stand beside it.
_TRANSFER = ("eu-gdpr:A46", "eu-gdpr:A49", "eu-gdpr:SCC")


def check_to_dpv(check: Check, *, base: str = BASE) -> dict[str, Any]:
    """The entries of a map that handle data, with parties, data, purposes, places, safeguards and verdicts.

    Categories and measures without a term of DPV are named in words only. What is not known is left out.

    Args:
        check: the map, decided.
        base: what the names of entries and parties begin with; an address of one's own makes them linked data.
    """
    entries = sorted((f for f in check.flows if f.flow.section in SECTIONS), key=lambda f: f.flow.id)
    nodes: dict[str, dict[str, Any]] = {}
    names = names_of(check)
    for found in entries:
        _add_parties(check, found, base, names, nodes)
    processes = [_process(check, found, base) for found in entries]
    graph = [*processes, *(nodes[id_] for id_ in sorted(nodes))]
    return {"@context": CONTEXT, "@graph": graph}


def _iri(base: str, kind: str, id_: str) -> str:
    return f"{base}{kind}/{quote(id_, safe='')}"


def _ref(iri: str) -> dict[str, str]:
    return {"@id": iri}


def _add_parties(
    check: Check, found: FlowDecision, base: str, names: dict[str, str], nodes: dict[str, dict[str, Any]]
) -> None:
    """Note the parties and sets of people of an entry."""
    flow = found.flow
    countries = {id_: recipient_country(case) for id_, case in recipients_of(found).items()}
    for id_, place in {flow.holder: holder_country(found), **countries}.items():
        if id_:
            node = nodes.setdefault(
                _iri(base, "entity", id_),
                {
                    "@id": _iri(base, "entity", id_),
                    "@type": "dpv:LegalEntity",
                    "dct:title": words.clean(names.get(id_) or id_),
                },
            )
            if place is not None:
                node["dpv:hasCountry"] = _location(check.program.vocabulary, place)
    for people in flow.people:
        iri = _iri(base, "people", people.id)
        nodes.setdefault(iri, {"@id": iri, "@type": "dpv:DataSubject", "dct:title": people.id})


def _location(vocabulary: Vocabulary, place: str) -> dict[str, str]:
    """A place in the terms of DPV: its countries by ISO 3166-1, and the states of the United States."""
    country = next((p for p in vocabulary.above[place] if len(p) == 2), "")
    if place.startswith("US-"):
        return _ref(f"loc:{place}")
    if country and not country.startswith("X"):
        return _ref(f"loc:{country}")
    return {"@type": "dpv:Location", "dct:title": vocabulary.place[place].name}


def _process(check: Check, found: FlowDecision, base: str) -> dict[str, Any]:
    flow, vocabulary = found.flow, check.program.vocabulary
    kinds = {kind.id: kind.dpv for kind in vocabulary.kinds}
    processing = kinds.get(flow.cases[0].kind, "") if flow.cases else ""
    categories = categories_of(vocabulary, flow.cases)
    is_personal = bool(flow.people) or any(_PERSONAL in vocabulary.broader[c] for c in categories)
    node: dict[str, Any] = {
        "@id": _iri(base, flow.section, flow.id),
        "@type": "dpv:PersonalDataProcess" if is_personal else "dpv:Process",
        "dct:identifier": flow.id,
        "dct:title": words.clean(flow.title),
        "dct:description": _description(check, found),
        "dpv:hasDataSubject": [_ref(_iri(base, "people", people.id)) for people in flow.people],
        "dpv:hasPersonalData": [_ref(term) for term in _terms(vocabulary.categories, categories)],
        "dpv:hasProcessing": [_ref(processing)] if processing else [],
        "dpv:hasPurpose": _purposes(vocabulary, purposes_of(flow.cases)),
        "dpv:hasLocation": [_location(vocabulary, place) for place in places_of(found)],
        **_roles(check, found, base),
        **_measures(vocabulary, measures_of(flow.cases)),
    }
    return {key: value for key, value in node.items() if value != []}


def _description(check: Check, found: FlowDecision) -> str:
    cites = ", ".join(words.cites(found)[:8])
    day = check.map.day.isoformat()
    return f"{found.verdict} as of {day}" + (f" ({cites})" if cites else "") + f". {words.NO_ADVICE}"


def _terms(entries: Any, ids: list[str]) -> list[str]:
    known = {entry.id: entry.dpv for entry in entries}
    return sorted({known[id_] for id_ in ids if known.get(id_)})


def _purposes(vocabulary: Vocabulary, ids: list[str]) -> list[dict[str, str]]:
    known = {p.id: p for p in vocabulary.purposes}
    return [
        _ref(known[id_].dpv) if known[id_].dpv else {"@type": "dpv:Purpose", "dct:title": known[id_].means}
        for id_ in ids
    ]


def _roles(check: Check, found: FlowDecision, base: str) -> dict[str, Any]:
    """Who sends and who gets the data, by the roles that the map says."""
    flow = found.flow
    holder = _ref(_iri(base, "entity", flow.holder))
    says = {case.facts.get("holder.role") for case in flow.cases}
    node: dict[str, Any] = {}
    if flow.holder and says <= {None, "controller", "joint-controller"}:
        node["dpv:hasDataController"] = [holder]
    elif flow.holder and says == {"processor"}:
        node["dpv:hasDataProcessor"] = [holder]
    is_abroad = third_country(check, found) == "yes"
    if is_abroad and flow.holder:
        node["dpv:hasDataExporter"] = [holder]
    for id_, case in recipients_of(found).items():
        if id_ != flow.holder:
            role = _ROLES.get(str(case.facts.get("recipient.role", "")), "dpv:hasRecipient")
            for key in (role, *(["dpv:hasDataImporter"] if is_abroad else [])):
                node.setdefault(key, []).append(_ref(_iri(base, "entity", id_)))
    if is_abroad:
        home = holder_country(found)
        away = {*map(recipient_country, recipients_of(found).values()), *places_of(found)} - {None, home}
        node["dpv:hasThirdCountry"] = [
            _location(check.program.vocabulary, place) for place in sorted(p for p in away if p)
        ]
    return node


def _measures(vocabulary: Vocabulary, ids: list[str]) -> dict[str, Any]:
    found: dict[str, set[str]] = {}
    for id_ in ids:
        term = vocabulary.measure[id_].dpv if id_ in vocabulary.measure else ""
        if term:
            is_ground = term.startswith(_TRANSFER)
            key = "dpv:hasLegalBasis" if is_ground else "dpv:hasTechnicalOrganisationalMeasure"
            found.setdefault(key, set()).add(term)
    return {key: [_ref(term) for term in sorted(terms)] for key, terms in found.items()}
