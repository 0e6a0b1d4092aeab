"""Cases from files: what is refused, with its whole message; values by type; what is presumed and what stays open."""

import datetime as dt
import pprint
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from comity import document as doc
from comity.case import Case, Facts, close_members, normalise, read_case
from comity.errors import InputError, Problems
from comity.facts import Members, Owner, Places, Value
from tests.small.law import case, vocabulary

HERE = Path(__file__).parent
TOTALS = {"fr/law": ("people_sent", "health_sent")}
EVERY = vocabulary().members["data.categories"]


def read(path: Path, problems: Problems) -> Case | None:
    return read_case(doc.read_document(path, shown=path.name), vocabulary(), TOTALS, problems)


@pytest.mark.parametrize("path", sorted((HERE / "bad").glob("*.yaml")), ids=lambda p: p.stem)
def test_what_is_refused_is_told(path: Path, golden: Callable[[Path, str], None]) -> None:
    problems = Problems()
    try:
        read(path, problems)
    except InputError as error:  # of the document itself
        problems.found.extend(error.problems)
    assert problems.found
    golden(path.with_suffix(".txt"), str(InputError(problems.found)) + "\n")


def shown(value: object) -> object:
    """A value with its sets in order."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Members | Places):
        return (type(value).__name__, *(shown(part) for part in value))
    return value


@pytest.mark.parametrize("path", sorted((HERE / "good").glob("*.yaml")), ids=lambda p: p.stem)
def test_what_is_read(path: Path, golden: Callable[[Path, str], None]) -> None:
    problems = Problems()
    found = read(path, problems)
    problems.require_none()
    assert found is not None
    parts: list[tuple[str, Mapping[str, object]]] = [
        ("facts", found.facts),
        ("measures", found.measures),
        ("totals", found.totals),
    ]
    text = f"{found.id} {found.kind} {found.day} unknown: {sorted(found.unknown)}\n"
    for name, part in parts:
        text += f"{name}\n" + pprint.pformat({k: shown(v) for k, v in sorted(part.items())}, width=110) + "\n"
    golden(path.with_suffix(".txt"), text)


def test_no_is_norway() -> None:
    assert case("facts: {holder.country: NO, data.origin: [NO]}").facts == {
        "holder.country": "NO",
        "data.origin": Places(frozenset({"NO"})),
    }


def test_an_instant_is_kept_in_utc() -> None:
    found = case('facts: {incident.known_at: "2026-06-01T01:30:00+02:00"}').facts["incident.known_at"]
    assert found == dt.datetime(2026, 5, 31, 23, 30, tzinfo=dt.UTC)


# --- some-of facts


def test_a_category_brings_those_above_it_and_its_absence_those_below() -> None:
    found = case("facts: {data.categories: {yes: [genomic], no: [health]}}").facts["data.categories"]
    assert found == Members(
        frozenset({"genomic", "genetic", "special", "personal"}), frozenset({"contact", "criminal", "core"})
    )
    closed = close_members(vocabulary(), "data.categories", Members(frozenset(), EVERY - {"special"}))
    assert closed == Members(frozenset(), frozenset({"personal", "contact", "criminal", "core"}))


@pytest.mark.parametrize(
    ("facts", "personal", "yes"),
    [
        ("{data.categories: [health]}", True, {"health", "special", "personal"}),
        ("{data.categories: {only: [core]}}", False, {"core"}),
        ("{data.categories: [core]}", None, {"core"}),
        ("{data.personal: true}", True, {"personal"}),
        ("{data.personal: true, data.categories: {only: []}}", True, {"personal"}),
    ],
)
def test_personal_data_and_the_category_say_the_same(facts: str, personal: bool | None, yes: set[str]) -> None:
    found = case(f"facts: {facts}").facts
    members = found["data.categories"]
    assert isinstance(members, Members)
    assert members.yes == yes
    assert found.get("data.personal") is personal


def test_data_about_nobody_are_of_no_category_of_persons() -> None:
    members = case("facts: {data.personal: false}").facts["data.categories"]
    assert members == Members(frozenset(), frozenset({"core"}))


def test_normalising_twice_changes_nothing() -> None:
    for text in ("{data.categories: [genomic]}", "{data.personal: false}", "{flow.purposes: {no: [travel]}}"):
        once = case(f"facts: {text}").facts
        assert normalise(vocabulary(), once) == once


# --- presumptions


def value(
    facts: str, name: str, *, presume: bool = True, withhold: tuple[str, ...] = ()
) -> tuple[Value | None, set[str]]:
    """A fact as an evaluator sees it, and what was presumed for it."""
    seen = Facts(vocabulary(), case(f"facts: {facts}"), presume, frozenset(withhold))
    return seen.value(name), set(seen.presumed)


def test_what_nobody_says_is_presumed_and_the_presumption_is_kept() -> None:
    assert value("{}", "flow.group") == (False, {"flow.group"})
    assert value("{flow.group: true}", "flow.group") == (True, set())


def test_nothing_is_presumed_without_a_declared_presumption() -> None:
    assert value("{}", "flow.routine") == (None, set())
    assert value("{}", "incident.persons") == (None, set())  # a count is never presumed


def test_a_fact_said_to_be_unknown_is_not_presumed() -> None:
    assert value("{flow.group: unknown}", "flow.group") == (None, set())


@pytest.mark.parametrize("how", [{"presume": False}, {"withhold": ("flow.group",)}])
def test_presumptions_can_be_withheld(how: dict[str, object]) -> None:
    assert value("{}", "flow.group", **how)[0] is None  # type: ignore[arg-type]  # one of two keywords of `value`


def test_a_presumption_can_follow_another_fact_into_its_own_type() -> None:
    assert value("{holder.country: FR}", "holder.law") == ("FR", {"holder.law"})
    assert value("{holder.country: FR}", "data.origin") == (Places(frozenset({"FR"})), {"data.origin"})
    assert value("{holder.country: FR}", "holder.owners") == ((Owner(100, "FR"),), {"holder.owners"})
    assert value("{}", "holder.law") == (None, set())


def test_rare_categories_are_presumed_absent_where_a_list_is_silent() -> None:
    members, presumed = value("{data.categories: [health]}", "data.categories")
    assert isinstance(members, Members)
    assert members.open == {"contact", "genetic", "genomic"}
    assert presumed == {"data.categories"}
    members, presumed = value("{data.categories: [health]}", "data.categories", presume=False)
    assert isinstance(members, Members)
    assert members.open == {"contact", "genetic", "genomic", "criminal", "core"}
    assert presumed == set()


def test_a_set_presumed_empty_is_empty_where_nobody_names_a_member() -> None:
    assert value("{}", "flow.purposes") == (Members(frozenset()), {"flow.purposes"})
    assert value("{flow.purposes: [travel]}", "flow.purposes") == (Members(frozenset({"travel"})), {"flow.purposes"})
    every = vocabulary().members["flow.purposes"]
    assert value("{}", "flow.purposes", presume=False) == (Members(frozenset(), every), set())


def test_kind_day_and_totals_are_read_as_facts() -> None:
    asked = Case("x", "transfer", dt.date(2026, 1, 1), totals={"fr/law:people_sent": 3})
    seen = Facts(vocabulary(), asked)
    assert seen.value("kind") == "transfer"
    assert seen.value("day") == dt.date(2026, 1, 1)
    assert seen.value("fr/law:people_sent") == 3
    assert seen.value("fr/law:health_sent") is None
