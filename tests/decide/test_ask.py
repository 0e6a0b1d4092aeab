"""Questions about a whole map: whose facts they are, what they settle, and in which order they are asked."""

import datetime as dt
from functools import cache
from pathlib import Path

from comity.case import Case, Flow, Map
from comity.decide.ask import Asked, Asking, ask_all
from comity.decide.check import Check, check
from comity.decide.exact import Unsettled, exact_check, together, with_exact
from comity.errors import Span
from comity.facts import Range
from comity.intake.answers import Answer, parse_answer, write_answers
from comity.intake.map import read_map
from comity.pack.program import Program
from comity.pack.ship import load_program
from tests.small import law as small

DAY = dt.date(2026, 11, 24)
MAP = """
comity: 1
name: Three flows
entities:
- {id: seller, name: Seller B.V., country: NL, role: controller}
- {id: mailer, name: Mailer Inc., country: US-TX, role: processor}
- {id: host, name: Host Inc., country: US-TX, role: processor}
people:
- {id: customers, of: seller, window: held, counted: 2026-11-01, count: {NL: 50}}
systems:
- {id: shop, name: shop, place: NL, run_by: seller, holds: [{people: customers, data: {only: [contact]}}]}
flows:
- {id: news, from: shop, to: mailer}
- {id: prizes, from: shop, to: mailer}
- {id: copies, from: shop, to: host}
"""
BOTH = MAP + "- {id: all, from: shop, to: [mailer, host]}\n"


@cache
def program() -> Program:
    return load_program().select(("eu/personal-data",))


def checked(tmp_path: Path, text: str = MAP) -> Check:
    path = tmp_path / "comity.yaml"
    path.write_text(text, encoding="utf-8")
    return check(program(), read_map(path, program().vocabulary, day=DAY))


def both_ways(found: Check) -> tuple[Asking, Asking]:
    return ask_all(found), ask_all(found, exact_check(found))


def test_one_answer_about_a_recipient_settles_all_that_goes_to_it(tmp_path: Path) -> None:
    for asking in both_ways(checked(tmp_path)):
        first, second = asking.questions[:2]
        assert (first.fact, first.about, first.settles) == ("recipient.dpf", "mailer", ("news", "prizes"))
        assert (second.fact, second.about, second.settles) == ("recipient.dpf", "host", ("copies",))
        assert not asking.left


def test_the_fewest_questions_are_no_more_than_those_that_were_thought_of(tmp_path: Path) -> None:
    thought, exact = both_ways(checked(tmp_path, BOTH))
    assert exact.is_exact
    assert not exact.open
    assert len(exact.questions) <= len(thought.questions)


def test_an_entry_with_two_recipients_is_to_be_answered_at_the_entities(tmp_path: Path) -> None:
    for asking in both_ways(checked(tmp_path, BOTH)):
        asked = [q for q in asking.questions if q.fact == "recipient.dpf"]
        assert [(q.about, q.by_hand, q.helps) for q in asked] == [
            ("mailer", ("all",), ("all",)),
            ("host", ("all",), ("all",)),
        ]
        assert asked[0].assumable == ("news", "prizes")


def test_an_answer_settles_what_the_question_said_it_would(tmp_path: Path) -> None:
    found = checked(tmp_path)
    for asked in ask_all(found, exact_check(found)).questions:
        for typed in ("yes", "no"):
            path = tmp_path / "comity.yaml"
            path.write_text(MAP, encoding="utf-8")
            value = parse_answer(typed, asked.fact, program().vocabulary)
            assert value is not None
            write_answers(path, [Answer(asked.fact, value, "D", DAY, "w", asked.assumable)], program().vocabulary)
            after = check(program(), read_map(path, program().vocabulary, day=DAY))
            verdicts = {f.flow.id: f.verdict for f in after.flows}
            assert asked.settles
            assert "undecided" not in {verdicts[entry] for entry in asked.settles}
            possible = {f.flow.id: f.exact.verdicts for f in with_exact(found, exact_check(found)).flows if f.exact}
            assert all(verdicts[entry] in possible[entry] for entry in asked.settles)


def test_an_entry_in_a_place_without_a_pack_is_left(tmp_path: Path) -> None:
    text = MAP.replace("id: host, name: Host Inc., country: US-TX", "id: host, name: Host Inc., country: ZA")
    found = check(load_program(), checked(tmp_path, text).map)
    for asking in both_ways(found):
        assert asking.left["copies"] == (Unsettled("no-pack", "ZA"),)
        assert not [q for q in asking.questions if "copies" in q.settles]


# --- entries made by hand

OVER_CAUTIOUS = """
covers: [{about: [transfer]}]
scope: "true"
clauses:
- {id: one, cite: Art. 1, says: Not so., forbids: "incident.persons >= 100 || incident.persons < 200"}
"""


def entry(id_: str, *facts: str) -> Flow:
    cases = tuple(small.case(f"facts: {{{each}}}") for each in facts)
    return Flow(id_, id_, "flows", cases, "h", "r", (), (), Span("map"))


def test_what_only_kleene_leaves_open_is_told_with_its_verdict(tmp_path: Path) -> None:
    law = small.program(tmp_path, OVER_CAUTIOUS)
    found = check(law, small_map(entry("flow", "")))
    assert [f.verdict for f in found.flows] == ["undecided"]
    thought, exact = both_ways(found)
    assert [q.fact for q in thought.questions] == ["incident.persons"]
    assert (exact.questions, exact.free) == ((), {"flow": "forbidden"})


def small_map(*flows: Flow) -> Map:
    return Map("small", dt.date(2026, 6, 1), flows)


def test_a_range_that_the_map_gives_is_to_be_narrowed_there(tmp_path: Path) -> None:
    law = small.program(tmp_path, OVER_CAUTIOUS.replace(" || incident.persons < 200", ""))
    found = check(law, small_map(entry("flow", "incident.persons: {at-least: 50}")))
    for asking in both_ways(found):
        assert [(q.fact, q.by_hand, q.assumable) for q in asking.questions] == [("incident.persons", ("flow",), ())]


def test_questions_that_settle_most_come_first(tmp_path: Path) -> None:
    clauses = """
    covers: [{about: [transfer]}]
    scope: "true"
    clauses:
    - {id: one, cite: Art. 1, says: Not routine., forbids: "flow.routine && incident.persons > 0"}
    - {id: two, cite: Art. 2, says: Not listed., forbids: "recipient.listed"}
    """
    law = small.program(tmp_path, clauses)
    flows = (
        entry("a", "incident.persons: 1, recipient.listed: false"),
        entry("b", "incident.persons: 0"),
        entry("c", "incident.persons: 0"),
        entry("d", "recipient.listed: false"),
    )
    for asking in both_ways(check(law, small_map(*flows))):
        assert [(q.fact, q.about, q.settles, q.helps) for q in asking.questions] == [
            ("recipient.listed", "r", ("b", "c"), ()),
            ("flow.routine", "a", ("a",), ()),
            ("flow.routine", "d", (), ("d",)),
            ("incident.persons", "d", (), ("d",)),
        ]


def test_an_entry_of_two_open_cases_is_settled_alone_by_what_settles_both(tmp_path: Path) -> None:
    law = small.program(tmp_path, OVER_CAUTIOUS.replace(" || incident.persons < 200", ""))
    found = check(law, small_map(entry("flow", "flow.routine: true", "flow.routine: false")))
    for asking in both_ways(found):
        assert asking.questions == (Asked("incident.persons", asking.questions[0].ask, "flow", ("flow",), (), ()),)


def test_a_total_that_the_entry_gives_as_a_range_is_said_there(tmp_path: Path) -> None:
    clauses = """
    covers: [{about: [transfer]}]
    scope: "true"
    totals:
      many: {count: people, over: [holder], per: 12-months}
    clauses:
    - {id: one, cite: Art. 1, says: Not so many., forbids: "many > 100"}
    """
    law = small.program(tmp_path, clauses)
    asked = Case("c", "transfer", dt.date(2026, 6, 1), totals={"fr/law:many": Range(50, None)})
    given = Flow("flow", "flow", "flows", (asked,), "h", "r", (), (), Span("map"))
    exact = exact_check(check(law, small_map(given)))["flow"]
    assert together(exact).verdicts == ("allowed", "forbidden")
    for asking in both_ways(check(law, small_map(given))):
        assert [(q.fact, q.by_hand) for q in asking.questions] == [("fr/law:many", ("flow",))]
