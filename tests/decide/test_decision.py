"""Decisions: outcomes by pack, presumptions, questions, duties with their days, opinions, contradictions."""

import dataclasses
from pathlib import Path

import pytest

from comity.case import Case
from comity.decide import one
from comity.decide.decision import Decision, decide
from comity.decide.part import open_part
from comity.decide.questions import settles
from comity.pack.link import link
from comity.pack.program import Program
from tests.small.law import case, pack, program, vocabulary

LAW = """
covers: [{about: [transfer, incident], first_day: 2020-01-01}]
scope: data.personal
clauses:
- {id: ban, cite: Art. 1, says: No., about: transfer, forbids: "!(recipient.country in EEA)", not_modelled: taste}
- {id: safe, cite: Art. 2, says: Yes., about: transfer, excuses: [ban], when: recipient.listed}
- id: contract
  cite: Art. 3
  source: law
  says: Under a contract.
  about: transfer
  excuses: [ban]
  needs: [contract-clauses, assessment]
- {id: public, cite: Art. 4, says: Free., about: transfer, excuses: [ban], when: data.public, exempts: true}
- id: big
  cite: Art. 5
  says: Great transfers are filed.
  about: transfer
  forbids: incident.persons >= 1000 && !flow.group
  needs: [filing]
- {id: tell, cite: Art. 6, says: Tell., requires: notice, when: flow.routine, within: 10wd, from: contract.concluded_on}
- {id: note, cite: Art. 7, says: Write down., requires: record, within: 72h, from: incident.known_at, about: incident}
- {id: small, cite: Art. 8, says: Few need no notice., excuses: [tell], when: incident.persons < 10}
"""
HOME = "data.personal: true, holder.country: FR, holder.law: FR, incident.persons: 5, flow.routine: false"
CLOSED = "recipient.listed: false, data.public: false"


def decided(root: Path, facts: str, more: str = "", *, law: Program | None = None) -> Decision:
    """The decision on facts written as in a case file."""
    return decide(law or program(root, LAW, places="[FR, XZ]"), case(f"facts: {{{facts}}}\n{more}"))


@pytest.mark.parametrize(
    ("facts", "more", "outcome", "verdict"),
    [
        ("data.personal: false", "", "not-covered", "allowed"),
        (HOME, "kind: collection", "not-modelled", "undecided"),
        (HOME, "day: 2019-12-31", "not-modelled", "undecided"),
        (f"{HOME}, recipient.country: FR, recipient.law: FR", "", "allowed", "allowed"),
        (f"{HOME}, recipient.country: XZ, recipient.listed: true", "", "allowed", "allowed"),
        (f"{HOME}, recipient.country: XZ, recipient.listed: false, data.public: true", "", "exempt", "allowed"),
        (f"{HOME}, recipient.country: XZ, {CLOSED}", "", "conditional", "conditional"),
        (f"{HOME}, recipient.country: XZ, {CLOSED}", "measures: {assessment: cannot}", "forbidden", "forbidden"),
        (f"{HOME}, recipient.country: XZ, {CLOSED}, flow.done: true", "", "forbidden", "forbidden"),
        (f"{HOME}, recipient.country: XZ, data.public: false", "", "undecided", "undecided"),
        (f"{HOME}, recipient.country: FR", "day: 2027-01-02", "stale-pack", "undecided"),
        ("data.personal: false, holder.country: FR", "day: 2027-01-02", "not-covered", "allowed"),
    ],
)
def test_outcomes_are_never_confused(tmp_path: Path, facts: str, more: str, outcome: str, verdict: str) -> None:
    found = decided(tmp_path, facts, more)
    assert found.packs[0].outcome == outcome
    assert found.verdict == verdict


def test_a_way_with_every_need_in_place_lifts_the_condition(tmp_path: Path) -> None:
    both = "measures: {contract-clauses: in-place, assessment: in-place}"
    found = decided(tmp_path, f"{HOME}, recipient.country: XZ, {CLOSED}", both)
    assert found.verdict == "allowed"
    assert [(r.clause, r.state) for r in found.packs[0].reasons] == [
        ("fr/law/ban", "speaks"),
        ("fr/law/contract", "satisfied"),
    ]


def test_reasons_name_the_ban_and_the_ways_still_open_with_what_they_need(tmp_path: Path) -> None:
    more = "measures: {contract-clauses: in-place}"
    ban, way = decided(tmp_path, f"{HOME}, recipient.country: XZ, {CLOSED}", more).packs[0].reasons
    assert (ban.clause, ban.state, ban.lowest, ban.highest) == ("fr/law/ban", "speaks", "conditional", "conditional")
    assert ban.not_modelled == "taste"
    assert (way.clause, way.cite, way.url) == ("fr/law/contract", "Art. 3", "https://law.example/1")
    assert way.lifts == ("fr/law/ban",)
    assert [(n.measure, n.state, n.effort) for n in way.needs] == [
        ("contract-clauses", "in-place", 2),
        ("assessment", "not-yet", 2),
    ]


def test_the_greatest_ban_decides_and_the_lesser_is_no_reason(tmp_path: Path) -> None:
    facts = f"{HOME}, recipient.country: XZ, {CLOSED}".replace("incident.persons: 5", "incident.persons: 1000")
    found = decided(tmp_path, facts, "measures: {assessment: cannot}")
    assert found.verdict == "forbidden"
    assert [r.clause for r in found.packs[0].reasons] == ["fr/law/ban"]


# --- places without a pack


def test_a_touched_place_without_a_pack_leaves_the_case_open(tmp_path: Path) -> None:
    found = decided(tmp_path, f"{HOME}, recipient.country: CH, recipient.listed: true")
    assert found.packs[0].outcome == "allowed"
    assert found.no_pack == ("CH",)
    assert (found.verdict, found.lowest, found.highest) == ("undecided", "allowed", "forbidden")


def test_a_place_inside_one_with_a_pack_is_covered(tmp_path: Path) -> None:
    law = program(tmp_path, LAW, places="[FR, US]")
    assert decided(tmp_path, f"{HOME}, recipient.country: US-CA, recipient.listed: true", law=law).no_pack == ()
    law = program(tmp_path, LAW, places="[FR, US_CA]")
    assert decided(tmp_path, f"{HOME}, recipient.country: US, recipient.listed: true", law=law).no_pack == ("US",)


@pytest.mark.parametrize("opinion", ["allowed", "conditional", "forbidden"])
def test_an_opinion_of_counsel_stands_in_for_the_pack(tmp_path: Path, opinion: str) -> None:
    asked = case(f"facts: {{{HOME}, recipient.country: CH, recipient.listed: true}}")
    asked = Case(asked.id, asked.kind, asked.day, asked.facts, opinions={"CH": opinion})
    found = decide(program(tmp_path, LAW, places="[FR]"), asked)
    assert (found.verdict, found.no_pack) == (opinion, ())


def test_a_place_known_only_through_owners_is_told_and_moves_nothing(tmp_path: Path) -> None:
    facts = f"{HOME}, recipient.country: FR, recipient.law: FR, recipient.owners: {{HK: 100}}, holder.targets: [CH, FR]"
    found = decided(tmp_path, facts)
    assert found.weak == ("CH", "HK")
    assert (found.no_pack, found.verdict) == ((), "allowed")


def test_a_commitment_is_no_law_of_the_land(tmp_path: Path) -> None:
    law = pack(tmp_path, LAW, places="[FR, XZ]")
    promise = dataclasses.replace(law, binding="commitment")
    assert decide(link(vocabulary(), [law]), case(f"facts: {{{HOME}, recipient.country: FR}}")).no_pack == ()
    found = decide(link(vocabulary(), [promise]), case(f"facts: {{{HOME}, recipient.country: FR}}"))
    assert found.no_pack == ("FR",)


# --- presumptions


def test_a_presumption_that_hides_a_worse_verdict_is_told(tmp_path: Path) -> None:
    found = decided(tmp_path, f"{HOME}, recipient.country: XZ, {CLOSED}")
    assert found.verdict == "conditional"
    assert found.without_presumptions == ("undecided", "conditional", "forbidden")
    (only,) = found.presumptions
    assert (only.fact, only.value, only.worse) == ("flow.done", False, True)
    assert only.otherwise == ("conditional", "forbidden")
    assert only.because == "a map describes what is planned"


def test_a_presumption_that_hides_only_a_better_verdict_comes_after(tmp_path: Path) -> None:
    facts = f"{HOME}, recipient.country: XZ, recipient.listed: false"
    found = decided(tmp_path, facts, "measures: {contract-clauses: cannot}")
    assert found.verdict == "forbidden"
    assert found.without_presumptions == ("undecided", "allowed", "forbidden")
    assert [(p.fact, p.worse) for p in found.presumptions] == [("data.public", False)]
    assert found.packs[0].outcome == "forbidden"


def test_presumptions_that_change_nothing_are_not_told(tmp_path: Path) -> None:
    assert decided(tmp_path, f"{HOME}, recipient.country: FR, recipient.law: FR").presumptions == ()


def test_without_why_neither_presumptions_nor_questions_are_looked_for(tmp_path: Path) -> None:
    asked = case(f"facts: {{{HOME}, recipient.country: XZ, data.public: false}}")
    found = decide(program(tmp_path, LAW, places="[FR, XZ]"), asked, why=False)
    assert found.verdict == "undecided"
    assert (found.presumptions, found.questions) == ((), ())


# --- questions


def test_the_one_question_that_settles_comes_alone(tmp_path: Path) -> None:
    found = decided(tmp_path, f"{HOME}, recipient.country: XZ, data.public: false")
    assert [(q.fact, q.settles) for q in found.questions] == [("recipient.listed", True)]
    assert found.questions[0].ask == "Does the recipient stand on the list?"


def test_where_none_settles_alone_the_fewest_are_asked(tmp_path: Path) -> None:
    facts = "data.personal: true, holder.country: FR, recipient.country: XZ, data.public: false, flow.routine: false"
    found = decided(tmp_path, facts)
    assert sorted((q.fact, q.settles) for q in found.questions) == [
        ("incident.persons", False),
        ("recipient.listed", False),
    ]


def test_a_decided_case_asks_nothing(tmp_path: Path) -> None:
    assert decided(tmp_path, f"{HOME}, recipient.country: FR, recipient.law: FR").questions == ()


def test_a_total_and_a_category_are_asked_for_by_name(tmp_path: Path) -> None:
    law = program(
        tmp_path,
        """
        covers: [{about: transfer}]
        scope: '"health" in data.categories'
        totals: {people_sent: {count: people, over: holder, per: held}}
        clauses: [{id: ban, cite: Art. 1, says: No., forbids: people_sent > 100}]
        """,
    )
    found = decided(tmp_path, "data.personal: true, holder.country: FR", law=law)
    assert {q.fact: q.ask for q in found.questions} == {
        "fr/law:people_sent": "How many does people sent come to?",
        "data.categories#health": "What kinds of data are there? (health?)",
    }


def test_ownership_that_no_sample_answer_settles_is_not_said_to_settle(tmp_path: Path) -> None:
    law = program(
        tmp_path,
        """
        covers: [{about: transfer}]
        scope: data.personal
        clauses:
        - {id: ban, cite: Art. 1, says: No., forbids: "cascade(recipient.owners, HK, 50) && flow.routine"}
        """,
    )
    found = decided(tmp_path, "data.personal: true, holder.country: FR, recipient.owners: unknown", law=law)
    assert sorted((q.fact, q.settles) for q in found.questions) == [
        ("flow.routine", False),
        ("recipient.owners", False),
    ]
    found = decided(tmp_path, "data.personal: true, holder.country: FR, flow.routine: true", law=law)
    assert [(q.fact, q.settles) for q in found.questions] == [("recipient.owners", True)]


def test_a_day_for_which_no_sample_answer_stands_is_not_said_to_settle(tmp_path: Path) -> None:
    law = program(
        tmp_path,
        """
        covers: [{about: transfer}]
        scope: data.personal
        clauses: [{id: ban, cite: Art. 1, says: No., forbids: "days(contract.concluded_on, day) > 60"}]
        """,
    )
    found = decided(tmp_path, "data.personal: true, holder.country: FR", law=law)
    assert [(q.fact, q.settles) for q in found.questions] == [("contract.concluded_on", False)]


def test_what_has_too_many_answers_to_be_tried_is_not_said_to_settle(tmp_path: Path) -> None:
    law = program(
        tmp_path,
        """
        covers: [{about: transfer}]
        scope: data.personal
        clauses:
        - {id: ban, cite: Art. 1, says: No., forbids: '!flow.routine && flow.deal == "vendor"'}
        - {id: big, cite: Art. 2, says: No., forbids: incident.persons > 5 && flow.routine && !flow.routine}
        """,
    )
    # Tried in this order, the first half of all answers leaves nothing open, since the practice is standing in it.
    names = ("flow.routine", "incident.persons", "data.public", "flow.group", "flow.done", "holder.listed")
    asked = case("facts: {data.personal: true, holder.country: FR}")
    part = open_part(law, asked, one.find(law, asked), one.find)
    assert settles(part, asked, (*names, "flow.deal")) is False
    assert settles(part, asked, (*names, "recipient.listed")) is False
    assert settles(part, asked, ("flow.routine", "flow.deal")) is True


# --- duties


@pytest.mark.parametrize(
    ("facts", "more", "states"),
    [
        ("flow.routine: true, incident.persons: 50", "", {"tell": "open"}),
        ("flow.routine: false, incident.persons: 50", "", {}),
        ("incident.persons: 50", "", {"tell": "unknown"}),
        ("flow.routine: true, incident.persons: 9", "", {"tell": "lifted"}),
        ("flow.routine: true", "", {"tell": "unknown"}),
        ("flow.routine: true, incident.persons: 50", "measures: {notice: in-place}", {"tell": "done"}),
        ("flow.routine: true, incident.persons: 50", "measures: {notice: cannot}", {"tell": "impossible"}),
        ("flow.routine: true, incident.persons: 50", "measures: {notice: unknown}", {"tell": "unknown"}),
    ],
)
def test_duties_have_a_state_and_move_no_permission(
    tmp_path: Path, facts: str, more: str, states: dict[str, str]
) -> None:
    found = decided(tmp_path, f"data.personal: true, holder.country: FR, recipient.country: FR, {facts}", more)
    assert {d.clause.rpartition("/")[2]: d.state for d in found.packs[0].duties} == states
    assert found.packs[0].outcome == ("allowed" if "incident.persons" in facts else "undecided")  # of the other ban


def test_every_duty_of_an_incident_is_told_with_its_end(tmp_path: Path) -> None:
    facts = 'data.personal: true, holder.country: FR, incident.known_at: "2026-05-29T18:00:00Z", flow.routine: true'
    found = decided(tmp_path, facts + ", contract.concluded_on: 2026-05-29, incident.persons: 50", "kind: incident")
    assert {d.clause.rpartition("/")[2]: (d.state, d.due) for d in found.packs[0].duties} == {
        "note": ("open", "2026-06-01T18:00:00+00:00"),
        "tell": ("open", "2026-06-12"),
    }
    assert found.verdict == "conditional"


# --- contradictions

ORDER = """
covers: [{about: transfer}]
scope: data.personal
clauses:
- {id: hand-over, cite: § 1, says: Hand over., requires: the-act, when: recipient.country in XZ}
"""


def test_a_law_that_orders_what_another_forbids_contradicts_it(tmp_path: Path) -> None:
    both = link(vocabulary(), [pack(tmp_path, LAW), pack(tmp_path, ORDER, id_="xz/law", places="[XZ]")])
    facts = f"facts: {{{HOME}, recipient.country: XZ, {CLOSED}}}\n"
    found = decide(both, case(facts + "measures: {contract-clauses: cannot}"))
    (contradiction,) = found.contradictions
    assert (contradiction.ordered_by, contradiction.ordered_cite) == ("xz/law/hand-over", "§ 1")
    assert (contradiction.forbidden_by, contradiction.forbidden_cite) == ("fr/law/ban", "Art. 1")
    assert contradiction.ways == ()  # every way is shut: by what was said, and by a contract that cannot be had
    assert [(d.measure, d.state) for d in found.packs[1].duties] == [("the-act", "ordered")]


def test_a_contradiction_names_the_ways_round_those_in_reach_first(tmp_path: Path) -> None:
    order = (
        ORDER + "- {id: quash, cite: § 2, says: Unless a court sets it aside., excuses: [hand-over], needs: [filing]}\n"
    )
    both = link(vocabulary(), [pack(tmp_path, LAW), pack(tmp_path, order, id_="xz/law", places="[XZ]")])
    (contradiction,) = decide(both, case(f"facts: {{{HOME}, recipient.country: XZ, {CLOSED}}}")).contradictions
    assert [(w.clause, w.lifts, w.state, w.needs) for w in contradiction.ways] == [
        ("fr/law/contract", "fr/law/ban", "open", ("contract-clauses", "assessment")),
        ("xz/law/quash", "xz/law/hand-over", "open", ("filing",)),
    ]


@pytest.mark.parametrize(
    "measures",
    [
        "{contract-clauses: in-place, assessment: in-place}",  # nothing is forbidden any more
        "{filing: in-place}",  # nothing is ordered any more
    ],
)
def test_where_a_way_round_is_in_place_nothing_contradicts(tmp_path: Path, measures: str) -> None:
    order = (
        ORDER + "- {id: quash, cite: § 2, says: Unless a court sets it aside., excuses: [hand-over], needs: [filing]}\n"
    )
    both = link(vocabulary(), [pack(tmp_path, LAW), pack(tmp_path, order, id_="xz/law", places="[XZ]")])
    facts = f"facts: {{{HOME}, recipient.country: XZ, {CLOSED}}}\nmeasures: {measures}"
    assert decide(both, case(facts)).contradictions == ()


def test_a_way_that_only_a_presumption_shuts_is_named_as_such(tmp_path: Path) -> None:
    law = (
        LAW + "- {id: group, cite: Art. 9, says: Within a group., about: transfer, excuses: [ban], when: flow.group}\n"
    )
    both = link(vocabulary(), [pack(tmp_path, law), pack(tmp_path, ORDER, id_="xz/law", places="[XZ]")])
    (contradiction,) = decide(both, case(f"facts: {{{HOME}, recipient.country: XZ, {CLOSED}}}")).contradictions
    assert {w.clause: w.state for w in contradiction.ways}["fr/law/group"] == "presumed-closed"


def test_packs_are_decided_each_and_the_greatest_counts(tmp_path: Path) -> None:
    other = LAW.replace("recipient.country in EEA", "recipient.country in US")
    both = link(vocabulary(), [pack(tmp_path, LAW), pack(tmp_path, other, id_="de/law", places="[DE]")])
    found = decide(both, case(f"facts: {{{HOME}, recipient.country: FR, recipient.law: FR, {CLOSED}}}"))
    assert [(p.pack, p.outcome) for p in found.packs] == [("de/law", "conditional"), ("fr/law", "allowed")]
    assert found.verdict == "conditional"
