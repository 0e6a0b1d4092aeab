"""The vocabulary hangs together: what is presumed is explained truthfully, and a law turns on every name."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from comity.condition import tree as t
from comity.errors import InputError
from comity.facts import SERVES, Fact, Vocabulary, read_vocabulary
from comity.pack.program import THE_ACT, Clause, Pack, Program
from comity.pack.ship import load_program

FOLDER = Path(__file__).resolve().parents[2] / "src" / "comity" / "vocabulary"
FACT_ID = re.compile(r"[a-z]+(\.[a-z]+(_[a-z0-9]+)*)+")
PERSON_ID = re.compile(r"[a-z]+(_[a-z]+)*")
ENTRY_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ROLE_ID = re.compile(r"[a-z]+(\.[a-z]+)?")
STRICTNESS = ("none", "better", "worse")

# Read by the evaluators themselves, so that no pack names them.
READ_BY_CODE = {"flow.done": "with it what is still missing reads forbidden (decide/one.py)"}

# What no pack names, and why it is there all the same.
UNNAMED = {
    "personal": "says the same as the fact `data.personal`, which the packs name",
    "product-development": "28 CFR 202.506(b) keeps it out of the exemption for groups; a map has to be able to say it",
}

# Categories that are not about persons.
NOT_PERSONAL = {
    "account-books",
    "business-secret",
    "core",
    "securities-records",
    "survey-data",
    "system-logs",
    "vulnerability-details",
}

# Polarity sees each atom apart from its neighbours, and here it sees too much.
NOT_WORSE = {
    "data.public": "a restricted deal is `covered_deal && !omic_deal`, and public data make no covered deal at all",
    "flow.access": "the same: without access there is no covered deal",
    "flow.separate": "the clauses lift the duty of GDPR Art. 28(3), which itself asks for a separate recipient",
}


@functools.cache
def program() -> Program:
    """All packs over the vocabulary."""
    return load_program()


def vocabulary() -> Vocabulary:
    return program().vocabulary


@functools.cache
def rows(name: str) -> list[dict[str, Any]]:
    """The rows of one section as they are written, all scalars as text."""
    found: list[dict[str, Any]] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        found += YAML(typ="base", pure=True).load(path.read_text(encoding="utf-8")).get(name, [])
    assert found
    return found


def fact_rows() -> list[dict[str, Any]]:
    return rows("facts") + rows("person")


def whens(pack: Pack) -> Iterator[t.Condition]:
    """Every condition of a pack."""
    yield pack.scope
    yield from (clause.when for clause in pack.clauses)
    yield from (total.where for total in pack.totals)


def atoms() -> Iterator[tuple[str, t.Condition]]:
    """Every node of every condition, with its pack."""
    for pack in program().packs:
        for when in whens(pack):
            for node in t.walk(when):
                yield pack.id, node


# --- each entry by itself


def test_a_fact_asks_one_question_in_a_sentence() -> None:
    asks = {row["id"]: row["ask"] for row in fact_rows()}
    assert {id_: ask for id_, ask in asks.items() if not re.fullmatch(r"[A-Z{][^?]*[^ ?]\?", ask)} == {}
    assert len(set(asks.values())) == len(asks)


def test_a_meaning_is_a_phrase_that_no_other_entry_has() -> None:
    sections = ("facts", "person", "categories", "purposes", "necessities", "kinds", "roles", "measures")
    for section in sections:
        meanings = [row["means"] for row in rows(section)]
        assert [m for m in meanings if not m or m.endswith((".", " ", ",")) or m != m.strip()] == []
        assert len(set(meanings)) == len(meanings), section


def test_ids_are_well_formed() -> None:
    assert [row["id"] for row in rows("facts") if not FACT_ID.fullmatch(row["id"])] == []
    assert [row["id"] for row in rows("person") if not PERSON_ID.fullmatch(row["id"])] == []
    assert [row["id"] for row in rows("roles") if not ROLE_ID.fullmatch(row["id"])] == []
    for section in ("categories", "purposes", "necessities", "kinds", "measures"):
        assert [row["id"] for row in rows(section) if not ENTRY_ID.fullmatch(row["id"])] == []
    values = [value for row in fact_rows() if row["type"] == "one-of" for value in row["of"]]
    assert [value for value in values if not ENTRY_ID.fullmatch(value)] == []


def test_a_fact_of_its_own_does_not_hide_one_that_every_person_has() -> None:
    own = {row["id"] for row in rows("facts")}
    of_persons = {f"{role['id']}.{row['id']}" for role in rows("roles") for row in rows("person")}
    assert own & of_persons == set()


def test_a_count_has_a_unit_and_nothing_else_has() -> None:
    assert [row["id"] for row in fact_rows() if (row["type"] == "count") != ("unit" in row)] == []


def test_a_count_a_day_and_an_instant_are_never_presumed() -> None:
    presumed = [row for row in fact_rows() if "presume" in row or "presume_from" in row]
    assert [row["id"] for row in presumed if row["type"] in ("count", "day", "instant")] == []


def test_effort_is_between_a_setting_and_the_approval_of_a_regulator() -> None:
    assert [row["id"] for row in rows("measures") if row["effort"] not in "12345"] == []
    assert [row["id"] for row in fact_rows() if row.get("change", "1") not in "12345"] == []


def test_what_takes_an_authority_is_never_a_mere_setting() -> None:
    assert [row["id"] for row in rows("measures") if row["by"] == "authority" and row["effort"] == "1"] == []


def test_what_takes_an_authority_says_which_and_in_which_time() -> None:
    by_authority = [row for row in rows("measures") if row["by"] == "authority"]
    assert by_authority
    assert [row["id"] for row in by_authority if not row.get("decides") or not row.get("takes")] == []
    assert [row["id"] for row in rows("measures") if ("decides" in row) != ("takes" in row)] == []


def test_a_time_that_an_authority_has_is_a_figure_with_its_article_or_said_to_be_none() -> None:
    times = [m.takes for m in vocabulary().measures if m.takes and not m.takes.startswith("no term is set by law")]
    assert times
    assert [t for t in times if not re.search(r"\d+ (working )?days|a month", t) or not re.search(r"\(.+\)", t)] == []


def test_a_reach_is_written_only_where_it_is_not_what_whose_act_it_is_lets_expect() -> None:
    assert [row["id"] for row in rows("measures") if row.get("serves") == SERVES[row["by"]]] == []


def test_a_measure_reaches_as_far_as_whose_act_it_is_lets_expect() -> None:
    serves = {m.id: m.serves for m in vocabulary().measures}
    assert serves["eu-standard-clauses"] == "parties"  # by both
    assert serves["transfer-impact-assessment"] == "parties"  # by the holder: that of one destination
    assert serves["cn-security-assessment"] == "parties"  # by an authority
    assert serves["cbpr-certification"] == "recipient"
    assert serves["consent"] == "flow"  # by persons
    assert serves["eu-representative"] == "holder"  # as written
    assert serves["breach-notice-authority"] == "flow"  # as written


def test_a_reach_that_there_is_not_is_told(tmp_path: Path) -> None:
    entry = "{id: audit, effort: 3, by: holder, serves: world, means: an audit}"
    (tmp_path / "measures.yaml").write_text(f"measures:\n- {entry}\n", encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_vocabulary(tmp_path)
    assert [(p.code, p.message, p.help) for p in told.value.problems] == [
        ("unknown-value", "`world` is not a value of `serves`", "one of holder, parties, recipient, flow")
    ]


def test_a_category_is_about_persons_unless_it_is_named_as_one_that_is_not() -> None:
    broader = vocabulary().broader
    assert {c.id for c in vocabulary().categories if "personal" not in broader[c.id]} == NOT_PERSONAL


def test_no_category_belongs_to_itself() -> None:
    above = {row["id"]: _listed(row.get("is", [])) for row in rows("categories")}
    for start, direct in above.items():
        seen: set[str] = set()
        queue = list(direct)
        while queue:
            current = queue.pop()
            assert current != start
            if current not in seen:
                seen.add(current)
                queue += above[current]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


# --- presumptions


def test_a_presumption_says_why_and_what_it_can_hide() -> None:
    for row in fact_rows():
        if "presume" in row or "presume_from" in row:
            assert row.get("because"), row["id"]
            assert row.get("hides") in STRICTNESS, row["id"]


def test_only_a_presumption_says_what_it_can_hide() -> None:
    # `data.categories` itself is open; some of its members are presumed absent
    silent = [row["id"] for row in fact_rows() if "hides" in row and "presume" not in row and "presume_from" not in row]
    assert silent == ["data.categories"]
    assert vocabulary().presumed_absent["data.categories"]


def test_a_fact_is_presumed_in_one_way() -> None:
    assert [row["id"] for row in fact_rows() if "presume" in row and "presume_from" in row] == []


def test_no_presumption_goes_in_a_circle() -> None:
    sources = {fact.id: fact.presume_from for fact in vocabulary().facts}
    for start in sources:
        seen = [start]
        while (source := sources[seen[-1]]) is not None:
            assert source not in seen, seen
            seen.append(source)


def test_a_presumption_comes_from_a_fact_of_the_same_or_a_narrower_type() -> None:
    taken = {("place", "place"), ("place", "places"), ("place", "shares"), ("places", "places"), ("bool", "bool")}
    by_id = vocabulary().fact
    pairs = {f.id: (by_id[f.presume_from].type, f.type) for f in vocabulary().facts if f.presume_from}
    assert pairs
    assert {id_: pair for id_, pair in pairs.items() if pair not in taken} == {}


def test_a_presumed_value_is_one_of_the_values() -> None:
    presumed = [f for f in vocabulary().facts if f.type == "one-of" and f.presume is not None]
    assert presumed
    assert [f.id for f in presumed if f.presume not in f.of] == []


@pytest.mark.parametrize("id_", sorted({row["id"] for row in fact_rows() if row.get("hides")}))
def test_what_a_wrong_presumption_can_hide_is_said_truthfully(id_: str) -> None:
    """Held against the packs: can the answer of any of them get stricter when the presumption is wrong?"""
    facts = [f for f in vocabulary().facts if f.id in (id_ if "." in id_ else "", f"{f.role}.{id_}")]
    found = max((can_hide(f) for f in facts), key=STRICTNESS.index)
    if id_ in NOT_WORSE:
        assert found == "worse", "the reason is not needed any more"
        found = "better"
    if id_ not in READ_BY_CODE:
        assert {f.hides for f in facts} == {found}


def can_hide(fact: Fact) -> str:
    """Whether a verdict can get stricter or a duty arise, or only the contrary, when what is presumed is wrong."""
    found = "none"
    for atom, harm in polarities().get(fact.id, ()):
        for turn in turns(fact, atom):
            found = max(found, "worse" if turn * harm > 0 else "better", key=STRICTNESS.index)
    return found


def turns(fact: Fact, atom: t.Condition) -> tuple[int, ...]:
    """Which way the atom turns when the presumption is wrong: 1 it comes to hold, -1 it ceases to."""
    if fact.presume_from:
        return (1, -1)
    if isinstance(atom, t.OneOf):
        return (-1,) if fact.presume in atom.values else (1,)
    if isinstance(atom, t.Has):
        return (1,) if atom.member in vocabulary().presumed_absent[fact.id] else ()
    if isinstance(atom, t.AllPlaces):
        return (-1,)
    return (-1,) if fact.presume is True else (1,)


@functools.cache
def polarities() -> dict[str, list[tuple[t.Condition, int]]]:
    """For each fact its atoms, and whether the answer gets stricter (1) or milder (-1) when the atom comes to hold."""
    found: dict[str, list[tuple[t.Condition, int]]] = {}
    for pack in program().packs:
        conditions = [(pack.scope, 1)]
        conditions += [(clause.when, harm) for clause in pack.clauses for harm in harms(pack, clause)]
        for condition, harm in conditions:
            for atom, sign in signed(condition, harm):
                for fact in t.facts_of(atom):
                    found.setdefault(fact, []).append((atom, sign))
    return found


def harms(pack: Pack, clause: Clause) -> set[int]:
    """Whether the answer gets stricter or milder when the condition of a clause comes to hold."""
    if clause.effect == "excuses":
        return {-harm for lifted in clause.excuses for harm in harms(pack, pack.clause[lifted])}
    return {1}


def signed(condition: t.Condition, sign: int) -> Iterator[tuple[t.Condition, int]]:
    """The atoms of a condition, with a sign that every `not` turns round."""
    if isinstance(condition, t.And | t.Or):
        for part in condition.parts:
            yield from signed(part, sign)
    elif isinstance(condition, t.Not):
        yield from signed(condition.part, -sign)
    else:
        yield condition, sign


# --- against the packs


def test_every_fact_of_a_condition_is_declared() -> None:
    totals = {total.id for pack in program().packs for total in pack.totals}
    names = {(pack, name) for pack, node in atoms() for name in t.facts_of(node)}
    assert len(names) > 100
    assert {(pack, name) for pack, name in names if name not in vocabulary().fact and name not in totals} == set()


def test_every_value_of_a_condition_is_declared() -> None:
    for pack, node in atoms():
        if isinstance(node, t.OneOf):
            assert set(node.values) <= set(vocabulary().fact[node.fact].of), pack
        elif isinstance(node, t.Has):
            assert node.member in vocabulary().members[node.fact], pack


def test_every_name_of_a_clause_is_declared() -> None:
    states = set(vocabulary().fact["act.kind"].of)
    for pack in program().packs:
        for clause in pack.clauses:
            assert set(clause.needs) <= set(vocabulary().measure), clause.id
            assert not clause.measure or clause.measure == THE_ACT or clause.measure in vocabulary().measure, clause.id
            assert not clause.start or vocabulary().fact[clause.start].type in ("day", "instant"), clause.id
            assert not clause.act or clause.act in states, clause.id
        for total in pack.totals:
            assert {*total.data, *total.without} <= vocabulary().members["data.categories"], total.id


def used_facts() -> set[str]:
    """Facts that a pack names, and those from which the value of such a fact is presumed."""
    used = {name for _, node in atoms() for name in t.facts_of(node)}
    used |= {clause.start for pack in program().packs for clause in pack.clauses}
    used |= {f"{role}.country" for pack in program().packs for total in pack.totals for role in total.over}
    queue = [name for name in used if name in vocabulary().fact]
    while queue:
        source = vocabulary().fact[queue.pop()].presume_from
        if source and source not in used:
            used.add(source)
            queue.append(source)
    return used


def test_a_law_turns_on_every_fact() -> None:
    used = used_facts()
    own = {row["id"] for row in rows("facts")} - used
    assert own == set(READ_BY_CODE)
    roles = [role["id"] for role in rows("roles")]
    assert [row["id"] for row in rows("person") if not any(f"{role}.{row['id']}" in used for role in roles)] == []


def test_a_law_names_every_category_purpose_and_necessity() -> None:
    named = {node.member for _, node in atoms() if isinstance(node, t.Has)}
    named |= {c for pack in program().packs for total in pack.totals for c in (*total.data, *total.without)}
    entries = (*vocabulary().categories, *vocabulary().purposes, *vocabulary().necessities)
    # a kind of data is also asked for where a law names one to which it belongs
    asked = {e.id for e in entries if vocabulary().broader[e.id] & named}
    assert {e.id for e in entries} - asked == set(UNNAMED)


def test_a_law_asks_for_every_measure() -> None:
    clauses = [clause for pack in program().packs for clause in pack.clauses]
    asked = {need for clause in clauses for need in clause.needs} | {clause.measure for clause in clauses}
    assert [m.id for m in vocabulary().measures if m.id not in asked] == []
