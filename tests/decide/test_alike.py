"""Clauses that say the same thing are found however they are worded, and nothing else is."""

import dataclasses
import datetime as dt
import itertools
from collections import defaultdict
from pathlib import Path

import pytest

from comity.case import Case, Facts
from comity.decide import one
from comity.decide.alike import BANS, DUTIES, SAME, SAME_MEASURE, WAYS_OUT, Likeness, at_home, find_alike
from comity.facts import Row
from comity.pack.link import link
from comity.pack.program import Pack
from tests.small.law import pack, vocabulary

pytest.importorskip("z3")

DAY = dt.date(2026, 6, 1)


def law(root: Path, code: str, clauses: str, *, kind: str = "transfer", scope: str = "data.personal") -> Pack:
    """The law of a party: a line for each clause, its id first."""
    lines = [f"- {{id: {line.split(';')[0]}, cite: {line.split(';')[0]}, says: So., about: {kind}, "
             f"{line.partition(';')[2].strip()}}}" for line in clauses.strip().splitlines()]  # fmt: skip
    text = f"covers: [{{about: [{kind}]}}]\nscope: '{scope}'\nclauses:\n" + "\n".join(lines) + "\n"
    return dataclasses.replace(pack(root, text, id_=f"{code.lower()}/law", places=f"[{code}]"), party=code)


def alike(*packs: Pack, kind: str = "transfer", data: list[list[str]] | None = None) -> Likeness:
    program = link(vocabulary(), list(packs))
    return find_alike(program, [p.id for p in packs], kind, DAY, data=data or [])


def same(found: Likeness) -> set[frozenset[str]]:
    return {frozenset(a.clauses) for a in found.same}


TWINS = {frozenset({"fr/law/a", "de/law/b"})}


@pytest.mark.parametrize(
    ("one_wording", "other"),
    [
        ("forbids: '!recipient.listed'", "forbids: '!recipient.listed'"),
        ("forbids: '!(recipient.listed && flow.group)'", "forbids: '!recipient.listed || !flow.group'"),
        ("forbids: '!(recipient.country in EEA)'", "forbids: '!(recipient.country in [FR, DE, NO])'"),
        ("forbids: 'flow.deal in [\"vendor\"]'", 'forbids: \'!(flow.deal in ["employment", "brokerage"])\''),
        ("forbids: 'data.categories.exists(c, c in [\"health\"])'", "forbids: '\"health\" in data.categories'"),
        ("forbids: recipient.listed, needs: [filing, notice]", "forbids: recipient.listed, needs: [notice, filing]"),
    ],
)
def test_the_same_meaning_in_other_words_is_found(tmp_path: Path, one_wording: str, other: str) -> None:
    packs = law(tmp_path, "FR", f"a; {one_wording}"), law(tmp_path, "DE", f"b; {other}")
    assert same(alike(*packs)) == TWINS


@pytest.mark.parametrize(
    ("one_wording", "other"),
    [
        ("forbids: recipient.listed", "forbids: '!recipient.listed'"),
        ("forbids: recipient.listed", "forbids: recipient.listed && flow.group"),
        ("forbids: recipient.listed", "requires: notice, when: recipient.listed"),
        ("forbids: recipient.listed, needs: [filing]", "forbids: recipient.listed, needs: [notice]"),
        ("forbids: recipient.listed, needs: [filing]", "forbids: recipient.listed"),
        ("forbids: recipient.country in PACT", "forbids: recipient.country in BAY"),
        (
            "requires: notice, within: 72h, from: incident.known_at",
            "requires: notice, within: 24h, from: incident.known_at",
        ),
    ],
)
def test_another_meaning_is_not(tmp_path: Path, one_wording: str, other: str) -> None:
    found = alike(law(tmp_path, "FR", f"a; {one_wording}"), law(tmp_path, "DE", f"b; {other}"))
    assert found.same == ()


@pytest.mark.parametrize(("threshold", "is_same"), [(100, True), (101, False)])
def test_one_person_more_in_a_threshold_is_another_meaning(tmp_path: Path, threshold: int, is_same: bool) -> None:
    packs = (
        law(tmp_path, "FR", "a; requires: notice, when: incident.persons >= 100", kind="incident"),
        law(tmp_path, "DE", f"b; requires: notice, when: '!(incident.persons < {threshold})'", kind="incident"),
    )
    assert same(alike(*packs, kind="incident")) == (TWINS if is_same else set())


def test_what_a_law_says_of_its_own_territory_is_said_of_a_home(tmp_path: Path) -> None:
    french = law(tmp_path, "FR", "a; forbids: '!(recipient.country in [FR])'")
    german = law(tmp_path, "DE", "b; forbids: '!(recipient.country in [DE])'")
    assert same(alike(french, german)) == TWINS
    of_france = law(tmp_path, "DE", "b; forbids: '!(recipient.country in [FR])'")
    assert alike(french, of_france).same == ()


def test_home_is_one_place_that_no_group_names(tmp_path: Path) -> None:
    packs = (
        law(tmp_path, "FR", "a; forbids: 'recipient.country in [FR] || recipient.country in [CH, US]'"),
        law(tmp_path, "DE", "b; forbids: 'recipient.country in [DE]'"),
    )
    french, german = (p.group for p in at_home(packs, vocabulary(), DAY))
    (home,) = {rows for name, rows in german.items()}
    assert home in french.values()
    assert len(home) == 1
    assert home[0].place not in {"FR", "DE", "CH", "US"}


def test_where_groups_name_every_place_the_packs_stay_as_they_are(tmp_path: Path) -> None:
    everywhere = "FR, DE, NO, CH, US, CN, HK, XZ"
    packs = (
        law(tmp_path, "FR", f"a; forbids: 'recipient.country in [FR] || holder.country in [{everywhere}]'"),
        law(tmp_path, "DE", "b; forbids: 'recipient.country in [DE]'"),
    )
    assert at_home(packs, vocabulary(), DAY) == packs


def test_a_home_that_a_law_had_on_another_day_only_is_none(tmp_path: Path) -> None:
    french = law(tmp_path, "FR", "a; forbids: '!(recipient.country in [FR])'")
    german = law(tmp_path, "DE", "b; forbids: '!(recipient.country in [DE])'")
    later = dataclasses.replace(german, places=(Row("DE", dt.date(2027, 1, 1)),))
    assert alike(french, later).same == ()


def test_what_an_exception_leads_out_of_tells_it_from_another(tmp_path: Path) -> None:
    out_of_a_ban = "ban; forbids: flow.routine\nx; excuses: [ban], when: recipient.listed"
    out_of_a_duty = "duty; requires: notice, when: flow.routine\nx; excuses: [duty], when: recipient.listed"
    back_in = f"{out_of_a_ban}\ny; excuses: [x], when: flow.group"
    french, german = law(tmp_path, "FR", out_of_a_ban), law(tmp_path, "DE", out_of_a_duty)
    assert same(alike(french, german)) == set()
    found = alike(law(tmp_path, "FR", back_in), law(tmp_path, "DE", back_in))
    assert {(a.effect, a.lifts) for a in found.same} == {("forbids", ""), ("excuses", BANS), ("excuses", WAYS_OUT)}
    found = alike(law(tmp_path, "FR", out_of_a_duty), law(tmp_path, "DE", out_of_a_duty))
    assert {(a.effect, a.lifts) for a in found.same} == {("requires", ""), ("excuses", DUTIES)}


def test_clauses_of_one_party_alone_are_no_common_ground(tmp_path: Path) -> None:
    french = law(tmp_path, "FR", "a; forbids: recipient.listed\nb; forbids: recipient.listed")
    assert alike(french, law(tmp_path, "DE", "c; forbids: flow.routine")).alike == ()


def test_laws_that_never_meet_say_nothing_in_common(tmp_path: Path) -> None:
    packs = (
        law(tmp_path, "FR", "a; forbids: recipient.listed", scope="flow.routine"),
        law(tmp_path, "DE", "b; forbids: recipient.listed", scope="!flow.routine"),
    )
    assert alike(*packs).same == ()


def test_where_only_one_law_reaches_they_may_differ(tmp_path: Path) -> None:
    packs = (
        law(tmp_path, "FR", "a; forbids: recipient.listed", scope="flow.routine"),
        law(tmp_path, "DE", "b; forbids: recipient.listed || !flow.routine", scope="data.personal"),
    )
    assert same(alike(*packs)) == TWINS


def test_the_same_measure_on_other_conditions_is_a_degree_of_its_own(tmp_path: Path) -> None:
    packs = (
        law(tmp_path, "FR", "a; forbids: recipient.listed, needs: [filing]"),
        law(tmp_path, "DE", "b; forbids: flow.group, needs: [filing]"),
        law(tmp_path, "CH", "c; forbids: flow.group, needs: [filing]"),
    )
    found = alike(*packs)
    assert [(a.degree, a.parties) for a in found.alike] == [(SAME, ("CH", "DE")), (SAME_MEASURE, ("CH", "DE", "FR"))]
    assert found.same_measure[0].measures == ("filing",)


def test_clauses_that_cannot_speak_of_the_data_asked_about_are_left_out(tmp_path: Path) -> None:
    packs = [
        law(tmp_path, code, "h; forbids: \"'health' in data.categories\"\nc; forbids: \"'contact' in data.categories\"")
        for code in ("FR", "DE")
    ]
    told = {
        kinds: {id_ for a in alike(*packs, data=[list(k) for k in kinds]).same for id_ in a.clauses}
        for kinds in ((), (("health",),), (("contact",),), (("health",), ("contact",)))
    }
    health, contact = {"fr/law/h", "de/law/h"}, {"fr/law/c", "de/law/c"}
    assert told == {
        (): health | contact,
        (("health",),): health,
        (("contact",),): contact,
        (("health",), ("contact",)): health | contact,
    }


def test_only_the_packs_that_are_named_are_compared(tmp_path: Path) -> None:
    program = link(vocabulary(), [law(tmp_path, code, "a; forbids: recipient.listed") for code in ("FR", "DE", "CH")])
    found = find_alike(program, ["fr/law", "ch/law"], "transfer", DAY)
    assert [a.parties for a in found.same] == [("CH", "FR")]
    assert found.n_clauses == 2


# --- against brute force

POOL = (
    "recipient.listed", "flow.group", "!recipient.listed", "recipient.listed && flow.group",
    "recipient.listed || flow.group", "!(!recipient.listed && !flow.group)", "recipient.listed || !recipient.listed",
    "recipient.listed && (flow.group || recipient.country in [US])", "recipient.country in [US, CN]",
    "!(recipient.country in EEA) && recipient.country in [US, CN, FR]", "recipient.country in [US] || flow.group",
    "(recipient.listed && flow.group) || (recipient.listed && recipient.country in [US])",
    "flow.group && !flow.group", "flow.deal in ['vendor'] && recipient.listed",
    "recipient.listed && !(flow.deal in ['employment', 'brokerage'])",
)  # fmt: skip


def test_clauses_say_the_same_exactly_where_their_truth_tables_are_equal(tmp_path: Path) -> None:
    clauses = "\n".join(f'n{n}; forbids: "{condition}"' for n, condition in enumerate(POOL))
    packs = [law(tmp_path, code, clauses) for code in ("NO", "CH")]
    tables: dict[tuple[bool | None, ...], set[str]] = defaultdict(set)
    values = [(False, True), (False, True), ("FR", "US", "CN", "XZ"), ("vendor", "employment", "brokerage")]
    names = ("recipient.listed", "flow.group", "recipient.country", "flow.deal")
    cases = [Case("", "transfer", DAY, dict(zip(names, row, strict=True))) for row in itertools.product(*values)]
    contexts = [one.Context(Facts(vocabulary(), case), packs[0].group, DAY) for case in cases]
    for law_ in packs:
        for clause in law_.clauses:
            tables[tuple(one.evaluate(clause.when, c).value for c in contexts)].add(clause.id)
    expected = {frozenset(ids) for table, ids in tables.items() if True in table}
    assert len(expected) > 5
    assert any(len(ids) > 3 for ids in expected)
    assert same(alike(*packs)) == expected
