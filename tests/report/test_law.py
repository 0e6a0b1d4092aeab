"""A pack as a page for counsel: articles in order, conditions in plain words, tables, questions, sources."""

from collections.abc import Callable
from pathlib import Path

import pytest

from comity.condition.check import Names, compile_condition
from comity.errors import Problems, Span
from comity.facts import read_vocabulary
from comity.report.law import law_page
from comity.report.plain import Plain, to_lines
from tests.report.sample import GOLDEN, PACKS

COUNTS = {"cases": 7, "agree": 6, "differ": 0, "known": 1}


def in_words(condition: str, terms: dict[str, str] | None = None) -> list[str]:
    problems, names = Problems(), Names(read_vocabulary())
    typed = {name: compile_condition(text, Span(""), names, problems) for name, text in (terms or {}).items()}
    found = compile_condition(condition, Span(""), names, problems)
    problems.require_none()
    return to_lines(Plain(read_vocabulary(), typed, {}).point(found))


@pytest.mark.parametrize(
    ("condition", "lines"),
    [
        ("true", ["- always"]),
        ("flow.group", ["- holder and recipient belong to one group of undertakings"]),
        ("!flow.group", ["- not so: holder and recipient belong to one group of undertakings"]),
        ("incident.persons >= 1000", ["- persons touched: at least 1,000"]),
        ("!(incident.persons >= 1000)", ["- persons touched: less than 1,000"]),
        ('incident.risk == "high-risk"', ["- risk to the persons, as the holder judges it: high-risk"]),
        ('!(incident.risk in ["risk", "high-risk"])', [
            "- risk to the persons, as the holder judges it: not high-risk or risk"]),
        ('"health" in data.categories', ["- the data hold *health* (state of health, care, medicines)"]),
        ("recipient.country in EEA", [
            "- where the recipient acts from in this case: in EEA (states of the European Economic Area)"]),
        ("!(recipient.country in JP)", ["- where the recipient acts from in this case: not in Japan"]),
        ("recipient.country in [FR, DE]", ["- where the recipient acts from in this case: in Germany or France"]),
        ("data.stored_in.exists(p, p in CN)", ["- where the data lie before the act: at least one is in China"]),
        ("data.stored_in.all(p, !(p in CN))", ["- where the data lie before the act: all are outside China"]),
        ('day >= date("2026-01-01")', ["- the day of the case: on or after 2026-01-01"]),
        ("flow.group && (data.public || flow.value)", [
            "- all of these hold:",
            "  - holder and recipient belong to one group of undertakings",
            "  - one of these holds:",
            "    - lawfully public",
            "    - something of value is given for it",
        ]),
    ],
)  # fmt: skip
def test_a_condition_in_plain_words(condition: str, lines: list[str]) -> None:
    assert in_words(condition) == lines


def test_a_term_is_called_by_its_name_also_where_it_was_joined_with_others() -> None:
    terms = {"free": "flow.group && data.public", "paid": "flow.value"}
    assert in_words("flow.group && data.public && flow.value", terms) == [
        "- all of these hold:",
        "  - *free*",
        "  - *paid*",
    ]
    assert in_words("!(flow.group && data.public)", terms) == ["- not *free*"]


def test_the_page_of_a_pack(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "law.md", law_page(PACKS / "north" / "exports", read_vocabulary(), COUNTS))
