"""Two texts compared: the relation, the smallest case for each direction, and no difference overlooked."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from comity.case import Case, Facts
from comity.decide import agree, one, verdict
from comity.decide.compare import Comparison, Example, KindComparison, Side, compare, nothing
from comity.facts import Vocabulary
from comity.pack.program import Pack
from comity.report.case import case_to_json
from tests.small.law import pack, vocabulary

DAY = dt.date(2026, 6, 1)
HEAD = "covers: [{about: [transfer]}]\nscope: 'holder.country in PLACE'\nclauses:\n"
BAN = "- {id: ban, cite: Art. 1, says: No., about: transfer, forbids: '!(recipient.country in EEA)'}\n"
SAFE = "- {id: safe, cite: Art. 2, says: Yes., about: transfer, excuses: [ban], when: recipient.listed}\n"
FILED = "- {id: filed, cite: Art. 3, says: Filed., about: transfer, forbids: data.personal, needs: [filing]}\n"


def law(root: Path, id_: str, clauses: str, *, place: str = "[FR]") -> Pack:
    """A small pack; `PLACE` in it is where its scope reaches."""
    return pack(root, HEAD.replace("PLACE", place) + clauses, id_=id_)


def compared(first: Pack, second: Pack, *, is_versions: bool = False, n_examples: int = 1) -> Comparison:
    sides = Side("the first", first, DAY), Side("the second", second, DAY)
    return compare(vocabulary(), *sides, is_versions=is_versions, n_examples=n_examples)


def only_kind(found: Comparison) -> KindComparison:
    (kind,) = found.kinds
    return kind


def facts_of(example: Example) -> dict[str, object]:
    found: dict[str, object] = case_to_json(example.case, vocabulary())["facts"]
    return found


# --- two packs


def test_the_same_law_of_two_parties_is_equal(tmp_path: Path) -> None:
    found = compared(law(tmp_path, "fr/law", BAN), law(tmp_path, "de/law", BAN))
    assert found.relation == "equal"
    assert only_kind(found) == KindComparison("transfer", "equal", (True, True))


def test_a_law_with_a_way_out_is_the_looser_one(tmp_path: Path) -> None:
    found = compared(law(tmp_path, "fr/law", BAN + SAFE), law(tmp_path, "de/law", BAN))
    kind = only_kind(found)
    (example,) = kind.looser
    assert (found.relation, kind.stricter) == ("looser", ())
    assert (example.first.verdict, example.second.verdict) == ("allowed", "forbidden")
    assert [(c.clause, c.state) for c in example.first.clauses] == [
        ("fr/law/ban", "speaks"),
        ("fr/law/safe", "satisfied"),
    ]
    assert [(c.clause, c.state) for c in example.second.clauses] == [("de/law/ban", "speaks")]


def test_the_example_says_no_more_than_it_takes(tmp_path: Path) -> None:
    (example,) = only_kind(compared(law(tmp_path, "fr/law", BAN + SAFE), law(tmp_path, "de/law", BAN))).looser
    facts = facts_of(example)
    assert facts.keys() == {"holder.country", "recipient.country", "recipient.listed"}
    assert (facts["holder.country"], facts["recipient.listed"]) == ("FR", True)


def test_each_of_two_laws_may_be_stricter_in_some_cases(tmp_path: Path) -> None:
    kind = only_kind(compared(law(tmp_path, "fr/law", BAN + SAFE), law(tmp_path, "de/law", FILED)))
    (stricter,), (looser,) = kind.stricter, kind.looser
    assert kind.relation == "different"
    assert (stricter.first.verdict, stricter.second.verdict) == ("forbidden", "allowed")
    assert (looser.first.verdict, looser.second.verdict) == ("allowed", "conditional")


def test_conditional_and_forbidden_are_told_apart(tmp_path: Path) -> None:
    forbids = FILED.replace(", needs: [filing]", "")
    found = compared(law(tmp_path, "fr/law", forbids), law(tmp_path, "de/law", FILED))
    (example,) = only_kind(found).stricter
    assert found.relation == "stricter"
    assert example.second.verdict in ("allowed", "conditional")


def test_laws_that_never_meet_are_apart_and_what_each_reaches_is_shown(tmp_path: Path) -> None:
    found = compared(law(tmp_path, "fr/law", BAN), law(tmp_path, "de/law", BAN, place="[DE]"))
    assert found.relation == "apart"
    assert found.reach.first is not None
    assert found.reach.second is not None
    assert (found.reach.first.facts["holder.country"], found.reach.second.facts["holder.country"]) == ("FR", "DE")


def test_a_kind_that_only_one_models_is_not_compared(tmp_path: Path) -> None:
    other = pack(tmp_path, "covers: [{about: [collection]}]\nscope: data.personal\nclauses: []\n", id_="de/law")
    found = compared(law(tmp_path, "fr/law", BAN), other)
    assert [(k.kind, k.relation, k.models) for k in found.kinds] == [
        ("transfer", "apart", (True, False)),
        ("collection", "apart", (False, True)),
    ]


def test_a_law_read_too_long_ago_leaves_the_question_open(tmp_path: Path) -> None:
    old = dataclasses.replace(law(tmp_path, "fr/law", BAN), read_day=dt.date(2020, 1, 1))
    found = compared(old, law(tmp_path, "de/law", FILED))
    assert found.is_open
    assert (found.relation, only_kind(found).open) == ("open", ("stale",))


def test_each_further_example_is_for_other_clauses(tmp_path: Path) -> None:
    strict = law(tmp_path, "fr/law", BAN + FILED)
    loose = law(tmp_path, "de/law", "- {id: none, cite: Art. 9, says: Tell., about: transfer, requires: notice}\n")
    kind = only_kind(compared(strict, loose, n_examples=5))
    deciding = [{c.clause for c in e.first.clauses if c.effect == "forbids"} for e in kind.stricter]
    assert len(deciding) == 2
    assert set().union(*deciding) == {"fr/law/ban", "fr/law/filed"}


# --- two versions


def test_a_draft_that_widens_its_reach_is_stricter(tmp_path: Path) -> None:
    before, now = law(tmp_path, "fr/law", BAN), law(tmp_path, "fr/law", BAN, place="[FR, DE]")
    found = compared(before, now, is_versions=True)
    (example,) = only_kind(found).looser
    assert found.relation == "looser"
    assert (example.first.outcome, example.second.verdict) == ("not-covered", "forbidden")
    assert example.case.facts["holder.country"] == "DE"


def test_clauses_that_came_went_and_changed_are_named(tmp_path: Path) -> None:
    before = law(tmp_path, "fr/law", BAN + FILED)
    now = law(tmp_path, "fr/law", BAN.replace("EEA", "EU") + SAFE)
    found = compared(before, now, is_versions=True)
    named = [[c.id for c in clauses] for clauses in (found.added, found.removed, found.changed)]
    assert named == [["fr/law/safe"], ["fr/law/filed"], ["fr/law/ban"]]


def test_a_new_pack_is_held_against_nothing(tmp_path: Path) -> None:
    new = law(tmp_path, "fr/law", BAN)
    found = compared(nothing(new), new, is_versions=True)
    (example,) = only_kind(found).looser
    assert (found.relation, example.first.outcome, example.second.verdict) == ("looser", "not-modelled", "forbidden")


def test_two_days_of_a_pack_differ_where_a_clause_begins_between_them(tmp_path: Path) -> None:
    some = law(tmp_path, "fr/law", BAN.replace("about", "first_day: 2026-03-01, about"))
    sides = (Side("before", some, dt.date(2026, 2, 28)), Side("after", some, dt.date(2026, 3, 1)))
    found = compare(vocabulary(), *sides, is_versions=True)
    (example,) = only_kind(found).looser
    assert (found.relation, example.case.day) == ("looser", dt.date(2026, 2, 28))
    assert (example.first.verdict, example.second.verdict) == ("allowed", "forbidden")


def test_a_group_that_a_place_leaves_between_two_days_is_seen(tmp_path: Path) -> None:
    some = law(tmp_path, "fr/law", BAN.replace("EEA", "PACT"))
    days = dt.date(2022, 12, 31), dt.date(2023, 1, 1)
    found = compare(vocabulary(), *(Side(str(day), some, day) for day in days), is_versions=True)
    (example,) = only_kind(found).looser
    assert (found.relation, example.case.facts["recipient.country"]) == ("looser", "FR")


# --- no difference is overlooked


def differs(vocabulary: Vocabulary, sides: tuple[Side, Side], case: Case, *, is_versions: bool) -> str:
    """How the reference tells two sides apart on one case: stricter, looser, or empty."""
    found = [one.find_pack(s.pack, Facts(vocabulary, dataclasses.replace(case, day=s.day))) for s in sides]
    if not is_versions and [f.scope for f in found] != [True, True]:
        return ""
    bounds = [verdict.FREE if is_versions and not f.covered else f.bound for f in found]
    return "stricter" if bounds[0][0] > bounds[1][1] else "looser" if bounds[1][0] > bounds[0][1] else ""


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("is_versions", [False, True])
def test_what_differs_in_a_drawn_case_is_found_to_differ(number: int, is_versions: bool) -> None:
    program = agree.make_program(29, number)
    cases = agree.make_cases(program, 29, number, 80)
    days = cases[0].day, cases[0].day + dt.timedelta(days=20) if is_versions else cases[0].day
    packs = (program.packs[0], program.packs[0] if is_versions else program.packs[-1])
    sides = (Side("one", packs[0], days[0]), Side("other", packs[1], days[1]))
    found = {k.kind: k for k in compare(program.vocabulary, *sides, is_versions=is_versions).kinds}
    for case in cases:
        planned = dataclasses.replace(
            case, facts={**case.facts, "flow.done": False}, unknown=case.unknown - {"flow.done"}, day=days[0]
        )
        kind = found.get(case.kind)
        told = differs(program.vocabulary, sides, planned, is_versions=is_versions)
        if told and kind is not None and "stale" not in kind.open:
            assert kind.relation in (told, "different"), case.id
