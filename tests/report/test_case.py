"""A case as a person would write it: read again it decides the same, and says nothing twice."""

import datetime as dt

import pytest

from comity import document as doc
from comity.case import Case, read_case
from comity.decide import agree, one
from comity.errors import Problems
from comity.facts import Members, Owner, Places, Range, Vocabulary, read_vocabulary
from comity.pack.program import Program
from comity.report.case import case_to_json, case_to_yaml
from comity.report.json import dumps

TOTALS: dict[str, tuple[str, ...]] = {"x/a": ("t1", "t2")}
DAY = dt.date(2026, 11, 25)


def read_again(text: str, vocabulary: Vocabulary, totals: dict[str, tuple[str, ...]]) -> Case:
    problems = Problems()
    found = read_case(doc.parse_document(text, "case.yaml"), vocabulary, totals, problems)
    problems.require_none()
    assert found is not None
    return found


def normal(vocabulary: Vocabulary, text: str) -> Case:
    return read_again(text, vocabulary, {"eu/law": ("held",)})


@pytest.mark.parametrize("number", range(60))
def test_a_generated_case_read_again_decides_the_same(number: int) -> None:
    program: Program = agree.make_program(11, number)
    for case in agree.make_cases(program, 11, number, 10):
        if case.unknown & case.facts.keys():
            continue  # said in part, the rest unknown: a file of a case cannot say that
        text = case_to_yaml(case, program.vocabulary)
        again = read_again(text, program.vocabulary, TOTALS)
        assert one.find(program, again) == one.find(program, case), text


WRITTEN = """\
kind: transfer
day: 2026-11-25
facts:
  data.personal: true
  holder.country: NO
  holder.owners: {CN: 50, US: 50}
  recipient.country: US
measures:
  eu-standard-clauses: in-place
totals:
  eu/law: {held: {at-least: 5}}
"""


def test_what_a_person_wrote_is_written_the_same() -> None:
    vocabulary = read_vocabulary()
    assert case_to_yaml(normal(vocabulary, WRITTEN), vocabulary) == WRITTEN


def test_json_is_read_as_the_same_case() -> None:
    vocabulary = read_vocabulary()
    case = normal(vocabulary, WRITTEN)
    assert normal(vocabulary, dumps(case_to_json(case, vocabulary))) == case


def test_what_is_presumed_and_what_follows_is_left_out() -> None:
    vocabulary = read_vocabulary()
    text = "kind: transfer\nday: 2026-11-25\nfacts:\n"
    full = text + (
        "  flow.done: false\n  holder.country: DE\n  holder.law: DE\n  holder.establishments: [DE]\n"
        "  data.categories: [health, sensitive, personal]\n"
    )
    told = case_to_yaml(normal(vocabulary, full), vocabulary)
    assert told == text + "  data.categories: [health]\n  holder.country: DE\n"


def test_what_is_said_to_be_unknown_stays_so() -> None:
    vocabulary = read_vocabulary()
    text = "kind: transfer\nday: 2026-11-25\nfacts:\n  holder.country: DE\n  holder.law: unknown\n"
    case = normal(vocabulary, text)
    assert case_to_yaml(case, vocabulary) == text
    assert case_to_json(case, vocabulary)["facts"]["holder.law"] is None


def test_values_of_every_type_are_written_as_they_are_read() -> None:
    vocabulary = read_vocabulary()
    case = Case(
        "",
        "incident",
        DAY,
        {
            "data.stored_in": Places(frozenset({"DE", "NO"}), complete=False),
            "flow.started_on": dt.date(2024, 2, 29),
            "incident.known_at": dt.datetime(2026, 11, 24, 12, 30, tzinfo=dt.UTC),
            "incident.persons": Range(3, 9),
            "holder.owners": (
                Owner(60, None, (Owner(100, "CN"),)),
                Owner(40, "CN"),
            ),
            "data.categories": Members(frozenset(), frozenset()),
        },
    )
    text = case_to_yaml(case, vocabulary)
    assert text == (
        "kind: incident\nday: 2026-11-25\nfacts:\n"
        "  flow.started_on: 2024-02-29\n  data.categories: {only: []}\n"
        "  data.stored_in: {at-least: [DE, NO]}\n"
        "  incident.persons: {at-least: 3, at-most: 9}\n"
        '  incident.known_at: "2026-11-24T12:30:00Z"\n'
        "  holder.owners: [{percent: 60, owners: {CN: 100}}, {percent: 40, place: CN}]\n"
    )
    assert read_again(text, vocabulary, {}).facts.items() >= case.facts.items()
