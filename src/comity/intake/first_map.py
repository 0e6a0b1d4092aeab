"""A first map from a few answers: commented, so that whoever reads it can go on alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from comity.case import place_meant
from comity.errors import did_you_mean
from comity.facts import Vocabulary
from comity.intake.places import regions

WAYS = ("sent", "looks in")
_COUNT = re.compile(r"([A-Za-z]{2}(?:-[A-Za-z0-9]+)*)[ :=]+([0-9]+)")

Checker = Callable[[str, Vocabulary], str | None]


@dataclass(frozen=True)
class Question:
    """A question to whoever writes a first map.

    Attributes:
        default: the example, taken where nothing is answered.
        check: gives what is wrong with an answer, None where nothing is.
        choices: the answers there are; empty: any that the check lets pass.
    """

    id: str
    text: str
    default: str
    check: Checker
    choices: tuple[str, ...] = ()


def check_answer(question: Question, answer: str, vocabulary: Vocabulary) -> str | None:
    """What is wrong with an answer, in a sentence; None where nothing is."""
    if question.choices and answer.strip() not in question.choices:
        return f"answer one of: {', '.join(question.choices)}"
    return question.check(answer.strip(), vocabulary)


def first_map(answers: Mapping[str, str]) -> str:
    """The text of a first `comity.yaml`; a question that is not answered gets its default.

    Guarantees that answers which `check_answer` lets pass give a map without problems.
    """
    said = {q.id: answers.get(q.id, q.default).strip() for q in QUESTIONS}
    return (
        "\n".join([*_opening(said), *_entities(said), *_people(said), *_systems(said), *_flows(said), *_rest(said)])
        + "\n"
    )


# --- checks of answers


def _check_name(answer: str, _: Vocabulary) -> str | None:
    return None if answer.isprintable() and answer else "a name is needed, in one line"


def _check_place(answer: str, vocabulary: Vocabulary) -> str | None:
    place = answer.upper()
    if place in vocabulary.place:
        return None
    named = place_meant(answer, vocabulary)
    help_ = f"did you mean `{named}`?" if named else did_you_mean(place, vocabulary.place)
    return f"`{answer}` is not the code of a place, such as NL or US-VA{'; ' + help_ if help_ else ''}"


def _check_site(answer: str, vocabulary: Vocabulary) -> str | None:
    if "/" not in answer:
        return _check_place(answer, vocabulary)
    if answer.lower() in regions():
        return None
    help_ = did_you_mean(answer.lower(), regions())
    return f"`{answer}` is not a known cloud region, such as aws/eu-central-1{'; ' + help_ if help_ else ''}"


def _check_targets(answer: str, vocabulary: Vocabulary) -> str | None:
    for item in _items(answer):
        if item.upper() not in vocabulary.group and (wrong := _check_place(item, vocabulary)):
            return wrong
    return None if _items(answer) else "name at least one country"


def _check_counts(answer: str, vocabulary: Vocabulary) -> str | None:
    seen: set[str] = set()
    for item in _items(answer):
        match = _COUNT.fullmatch(item)
        if match is None:
            return f"`{item}` is not a place with a number, such as NL 5210"
        if wrong := _check_place(match[1], vocabulary):
            return wrong
        if match[1].upper() in seen:
            return f"`{match[1]}` stands there twice"
        seen.add(match[1].upper())
    return None


def _check_data(answer: str, vocabulary: Vocabulary) -> str | None:
    known = [c.id for c in vocabulary.categories]
    for item in _items(answer):
        if item not in known:
            help_ = did_you_mean(item, known) or "`comity facts` lists them"
            return f"`{item}` is not a kind of data; {help_}"
    return None if _items(answer) else "name at least one kind of data"


def _check_choice(answer: str, _: Vocabulary) -> str | None:
    return None if answer in WAYS else f"answer one of: {', '.join(WAYS)}"


QUESTIONS = (
    Question("name", "What is your company called?", "My Company B.V.", _check_name),
    Question("country", "In which country does it act (code, such as NL)?", "NL", _check_place),
    Question(
        "targets",
        "Whose people does it address (countries or groups, such as NL, DE or EEA)?",
        "NL, DE",
        _check_targets,
    ),
    Question("site", "Where does your main database stand (country or cloud region)?", "aws/eu-central-1", _check_site),
    Question("data", "Which kinds of data are in it?", "contact, financial", _check_data),
    Question("counts", "How many persons, by country?", "NL 5210, DE 3122", _check_counts),
    Question("vendor", "Name a vendor or partner who gets these data.", "Example Vendor Inc.", _check_name),
    Question("vendor_country", "In which country does it act?", "US", _check_place),
    Question("way", "Are the data sent to it, or does it look in from there?", "sent", _check_choice, WAYS),
)


# --- the parts of the map


def _items(answer: str) -> list[str]:
    return [item.strip() for item in answer.split(",") if item.strip()]


def _places(answer: str) -> str:
    return ", ".join(dict.fromkeys(item.upper() for item in _items(answer)))


def _quoted(text: str) -> str:
    """Text as YAML reads it back, whatever stands in it."""
    return json.dumps(text, ensure_ascii=False)


def _opening(said: Mapping[str, str]) -> list[str]:
    return [
        "# yaml-language-server: $schema=comity.schema.json",
        "# (With that line an editor completes and checks this file, after:  comity schema map > comity.schema.json)",
        "#",
        "# Who handles whose data where. Check it with:  comity check comity.yaml",
        "# Written as a start: correct what is wrong, add what is missing. Leave out what you do not know: Comity asks",
        "# for what matters. `comity facts` prints every word that may be used.",
        "comity: 1                 # version of the format",
        f"name: {_quoted(said['name'])}",
        "",
    ]


def _entities(said: Mapping[str, str]) -> list[str]:
    return [
        "# Legal persons. Law binds persons, so sister companies and vendors stand here as well.",
        "entities:",
        "- id: company              # an id is yours to choose; other entries refer to it",
        f"  name: {_quoted(said['name'])}",
        f"  country: {said['country'].upper()}              # where it acts from",
        "  role: controller         # decides on purpose and means; `processor`: works on instructions",
        f"  targets: [{_places(said['targets'])}]   # whose people it addresses: their law may reach it",
        "- id: vendor",
        f"  name: {_quoted(said['vendor'])}",
        f"  country: {said['vendor_country'].upper()}",
        "  role: processor",
        "  # If it is on the Data Privacy Framework list, say since when; an empty list says that it is on none:",
        "  # lists: [{list: dpf, from: 2025-01-01, until: 2027-12-31}]",
        "",
    ]


def _people(said: Mapping[str, str]) -> list[str]:
    counts = [(m[1].upper(), m[2]) for item in _items(said["counts"]) if (m := _COUNT.fullmatch(item))]
    lines = [
        "# Whose data. Laws have thresholds: the counts decide them. Leave out what you did not count.",
        "people:",
        "- id: customers",
        "  of: company",
        "  window: held             # the time over which they were counted; 12-months, calendar-year, since-last-year",
    ]
    if counts:
        lines.append(f"  count: {{{', '.join(f'{place}: {number}' for place, number in counts)}}}")
    else:
        lines.append("  # count: {NL: 5210, DE: {at-least: 3000}}")
    return [*lines, ""]


def _systems(said: Mapping[str, str]) -> list[str]:
    site = said["site"].lower() if "/" in said["site"] else said["site"].upper()
    return [
        "# Where data lie: a country, or a cloud region. Several places: [aws/eu-central-1, aws/us-east-1].",
        "systems:",
        "- id: main-database",
        f"  place: {site}",
        "  run_by: company          # who operates it; `for`: whose data they are, if somebody else's",
        "  holds:                   # `only`: the list is complete; an open list leaves all other kinds unknown",
        f"  - {{people: customers, data: {{only: [{', '.join(_items(said['data']))}]}}}}",
        "",
    ]


def _flows(said: Mapping[str, str]) -> list[str]:
    looks_in = said["way"] == "looks in"
    if looks_in:
        lines = [
            "# Who looks in from where. Nothing is sent, and yet it is a transfer: the commonest one.",
            "access:",
            "- id: to-vendor",
            "  who: vendor",
            "  into: main-database",
        ]
    else:
        lines = [
            "# What goes where. What the source holds goes along, unless `people` and `data` say less.",
            "flows:",
            "- id: to-vendor",
            "  from: main-database",
            "  to: vendor               # an entity, or a system that it runs",
        ]
    return [
        *lines,
        "  deal: vendor             # a service; `data-brokerage` if data are sold",
        "  # facts: {flow.necessary_for: [contract-with-person]}      # any other fact, for this entry alone",
        "",
    ]


def _rest(said: Mapping[str, str]) -> list[str]:
    other = "flows" if said["way"] == "looks in" else "access"
    return [
        "# What is in place: between whom, from when, until when. Outside that it does not count.",
        "# An assessment counts with `result: favourable` only. `proof` is for people and never opened.",
        "measures: []",
        "# - {kind: processing-record, parties: [company], from: 2026-01-01}",
        "# - {kind: eu-standard-clauses, parties: [company, vendor], from: 2026-01-01, until: 2028-12-31}",
        "# - {kind: transfer-impact-assessment, parties: [company, vendor], result: favourable, from: 2026-01-01}",
        "",
        "# What is taken for granted, and who answers for it. Each replaces a presumption.",
        "assume: []",
        "# - {fact: flow.basis, value: true, who: your name, day: 2026-01-01, why: all grounds were reviewed}",
        "",
        f"# More parts, each a list: {other}, requests, incidents, collections, storage, products, opinions, accepted.",
        "# The example in examples/harbour/ shows them all.",
    ]
