"""What makes a difference in no case is found, and what makes one in a single case is not."""

import dataclasses
import itertools
from pathlib import Path

import pytest

from comity.condition import tree as t
from comity.decide.idle import MAX_OPEN, idle_for_lint
from comity.errors import Problems
from comity.facts import Row, Vocabulary, read_vocabulary
from comity.library import load
from comity.pack.lint import Idle
from comity.pack.program import Pack
from comity.pack.read import PackReader
from comity.pack.ship import pack_folders, packs_root
from tests.small.law import vocabulary, write_pack

pytest.importorskip("z3")

HEAD = "covers: [{about: [transfer, incident], first_day: 2020-01-01, last_day: 2030-12-31}]\nscope: data.personal\n"


def clause(id_: str, effect: str, *, about: str = "transfer", more: str = "") -> str:
    return f"- {{id: {id_}, cite: Art. 1, source: law, says: No., about: {about}, {effect}{more}}}\n"


def ban(condition: str, *, id_: str = "ban", about: str = "transfer", more: str = "") -> str:
    return clause(id_, f"forbids: '{condition}'", about=about, more=more)


def excuse(condition: str, *, id_: str = "way", lifts: str = "ban", more: str = "") -> str:
    return clause(id_, f"excuses: [{lifts}], when: '{condition}'", more=more)


def idle(root: Path, clauses: str, *, head: str = HEAD) -> Idle:
    problems = Problems()
    reader = PackReader(write_pack(root, f"{head}clauses:\n{clauses}"), vocabulary(), problems)
    pack = reader.read()
    problems.require_none()
    terms = {name: term.condition for name, term in reader.names.checked.items() if term.condition is not None}
    return idle_for_lint(vocabulary(), pack, terms)


def told(found: Idle) -> list[tuple[str, str, str]]:
    assert found.open == ()
    return [(thing.what, thing.clause.rsplit("/", 1)[-1], thing.part) for thing in found.things]


# --- clauses


@pytest.mark.parametrize(
    "condition",
    ["!data.personal", "recipient.country in FR && recipient.country in DE", "data.public && recipient.listed"],
)
def test_a_ban_decides_if_a_single_case_fulfils_it(tmp_path: Path, condition: str) -> None:
    is_idle = "listed" not in condition
    assert (("never-decides", "ban", "") in told(idle(tmp_path, ban(condition)))) is is_idle


def test_a_ban_that_another_excuse_lifts_in_each_of_its_cases(tmp_path: Path) -> None:
    clauses = ban("data.public") + excuse("data.public || recipient.listed")
    assert ("never-decides", "ban", "") in told(idle(tmp_path, clauses))


def test_a_ban_whose_excuse_needs_a_measure_decides_until_that_is_in_place(tmp_path: Path) -> None:
    clauses = ban("data.public") + clause("way", "excuses: [ban], needs: [filing]")
    assert told(idle(tmp_path, clauses)) == []


def test_a_duty_that_is_never_owed(tmp_path: Path) -> None:
    clauses = ban("data.public") + clause("tell", "requires: notice, when: '!data.personal'", about="incident")
    assert told(idle(tmp_path, clauses)) == [("never-decides", "tell", "")]


def test_an_order_of_the_act_itself_is_no_idle_clause(tmp_path: Path) -> None:
    clauses = ban("data.public") + clause("give", "requires: the-act, when: recipient.listed")
    assert told(idle(tmp_path, clauses)) == []


def test_a_clause_out_of_force_is_not_asked(tmp_path: Path) -> None:
    clauses = ban("data.public") + ban("!data.personal", id_="old", more=", last_day: 2010-01-01")
    assert told(idle(tmp_path, clauses)) == []


def test_a_clause_that_decides_in_one_kind_of_case_or_on_one_day_is_not_idle(tmp_path: Path) -> None:
    by_kind = ban('kind == "incident" && data.public', about="[transfer, incident]")
    by_day = ban('day >= date("2027-06-01") && data.public', id_="later")
    assert told(idle(tmp_path, by_kind + by_day)) == []


# --- excuses


def test_an_excuse_that_is_open_only_where_the_ban_is_silent(tmp_path: Path) -> None:
    clauses = ban("!(recipient.country in EEA)") + excuse("recipient.country in FR")
    assert told(idle(tmp_path, clauses)) == [("never-open", "way", "")]


def test_an_excuse_of_one_place_outside_the_group_is_open(tmp_path: Path) -> None:
    clauses = ban("!(recipient.country in EEA)") + excuse("recipient.country in CH")
    assert told(idle(tmp_path, clauses)) == []


def test_an_excuse_that_another_one_closes_in_each_of_its_cases(tmp_path: Path) -> None:
    clauses = ban("data.public") + excuse("recipient.listed") + excuse("recipient.listed", id_="barred", lifts="way")
    assert told(idle(tmp_path, clauses)) == [("never-open", "way", "")]


# --- thresholds


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("incident.persons > 10 && incident.persons > 100", ["incident.persons > 10"]),
        ("incident.persons > 10 || incident.persons > 100", ["incident.persons > 100"]),
        ("incident.persons >= 0", ["incident.persons >= 0"]),
        ("incident.persons > 10 && incident.lost > 100", []),
        ("incident.persons > 10 && incident.persons < 100", []),
    ],
)
def test_a_threshold_that_another_one_or_the_nature_of_counts_settles(
    tmp_path: Path, condition: str, expected: list[str]
) -> None:
    found = told(idle(tmp_path, ban(condition, about="incident")))
    assert [part for what, _, part in found if what == "never-reached"] == expected
    assert {what for what, _, _ in found} <= {"never-reached"}


# --- parts of conditions


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("recipient.country in FR && recipient.country in EEA", ["recipient.country in EEA"]),
        ("recipient.country in FR || recipient.country in EEA", ["recipient.country in FR"]),
        ('flow.deal == "vendor" && flow.deal != "employment"', ['!(flow.deal == "employment")']),
        ("data.public && (data.public || recipient.listed)", ["data.public || recipient.listed"]),
        ("recipient.country in EEA && !(recipient.country in FR)", []),
        ("data.public && recipient.listed", []),
    ],
)
def test_a_part_that_follows_from_its_neighbours(tmp_path: Path, condition: str, expected: list[str]) -> None:
    found = told(idle(tmp_path, ban(condition)))
    assert [part for what, _, part in found if what == "implied"] == expected


def test_what_the_scope_says_already_may_be_said_again(tmp_path: Path) -> None:
    assert told(idle(tmp_path, ban("data.personal && recipient.listed"))) == []


def test_a_kind_of_data_may_be_named_beside_the_one_to_which_it_belongs(tmp_path: Path) -> None:
    assert told(idle(tmp_path, ban('data.personal && "health" in data.categories && recipient.listed'))) == []


def test_the_same_kind_of_data_twice_is_told(tmp_path: Path) -> None:
    found = told(idle(tmp_path, ban('"health" in data.categories && "health" in data.categories')))
    assert set(found) == {("implied", "ban", '"health" in data.categories')}


def with_terms(abroad: str) -> str:
    return f"{HEAD}terms: {{abroad: '{abroad}', safe: 'recipient.country in EEA || recipient.country in CH'}}\n"


def test_what_a_term_holds_is_not_held_against_the_clauses_that_name_it(tmp_path: Path) -> None:
    head = with_terms("!(recipient.country in FR) && data.public")
    clauses = ban("abroad && recipient.country in CN") + ban("abroad && safe && recipient.listed", id_="other")
    assert told(idle(tmp_path, clauses, head=head)) == []


def test_a_term_that_a_clause_names_in_vain(tmp_path: Path) -> None:
    clauses = ban("abroad && safe && recipient.country in EEA")
    found = told(idle(tmp_path, clauses, head=with_terms("data.public && recipient.listed")))
    assert found == [("implied", "ban", "recipient.country in EEA || recipient.country in CH")]


def test_a_term_is_looked_at_for_itself_and_once(tmp_path: Path) -> None:
    head = with_terms("recipient.country in CN && !(recipient.country in FR)")
    clauses = ban("abroad && data.public") + ban("safe && recipient.listed || abroad", id_="other")
    assert told(idle(tmp_path, clauses, head=head)) == [("implied", "abroad", "!(recipient.country in FR)")]


def test_a_branch_for_another_kind_of_case_or_time_is_no_idle_part(tmp_path: Path) -> None:
    condition = '(kind == "transfer" && data.public) || (kind == "incident" && data.public) || recipient.listed'
    by_day = 'day >= date("2020-01-01") && data.public'
    clauses = ban(condition, about="[transfer, incident]") + ban(by_day, id_="dated")
    assert told(idle(tmp_path, clauses)) == []


def test_of_an_idle_clause_no_parts_are_told(tmp_path: Path) -> None:
    condition = "recipient.country in FR && recipient.country in EEA && recipient.country in CN"
    assert told(idle(tmp_path, ban(condition))) == [("never-decides", "ban", "")]


def test_shares_of_two_groups_in_one_firm_are_not_asked_about(tmp_path: Path) -> None:
    condition = "share(holder.owners, CN) >= 40 && share(holder.owners, CH) >= 40"
    assert told(idle(tmp_path, ban(condition))) == []


def test_what_is_not_settled_in_time_is_open_and_the_rest_is_not_waited_for() -> None:
    program = load()
    found = idle_for_lint(program.vocabulary, crowded(program.pack["tl/data"], program.vocabulary), seconds=0.001)
    assert found.things == ()
    assert len(found.open) > MAX_OPEN


def crowded(pack: Pack, vocabulary: Vocabulary) -> Pack:
    """A pack whose condition puts nine sets of places into eight places: that it cannot takes a solver long."""
    holes = ("FR", "DE", "US", "CN", "JP", "GB", "CH", "KR")
    sets = [fact.id for fact in vocabulary.facts if fact.type == "places"][: len(holes) + 1]
    parts = [t.any_of([t.AnyPlace(fact, t.BoundIn(hole)) for hole in holes]) for fact in sets]
    for hole, (one, two) in itertools.product(holes, itertools.combinations(sets, 2)):
        parts.append(t.negate(t.And((t.AnyPlace(one, t.BoundIn(hole)), t.AnyPlace(two, t.BoundIn(hole))))))
    clause = dataclasses.replace(pack.clauses[0], when=t.And(tuple(parts)), effect="forbids", excused_by=())
    groups = (*pack.groups, *((hole, (Row(hole),)) for hole in holes))
    return dataclasses.replace(pack, clauses=(clause,), groups=groups, scope=t.TRUE)


def test_the_packs_hold_nothing_idle() -> None:
    vocabulary = read_vocabulary()
    for folder in pack_folders(packs_root()):
        if folder.parent.name in ("cn", "ru", "vn", "sg"):
            problems = Problems()
            reader = PackReader(folder, vocabulary, problems)
            pack = reader.read()
            terms = {name: term.condition for name, term in reader.names.checked.items() if term.condition is not None}
            assert idle_for_lint(vocabulary, pack, terms) == Idle(()), pack.id
