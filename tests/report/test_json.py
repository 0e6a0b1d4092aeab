"""JSON output: complete, the same each time, and as its published schema says."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import comity.report
from comity.case import read_value
from comity.document import parse_document
from comity.errors import Problems
from comity.facts import Members, Owner, Places, Range, Value
from comity.pack.ship import compile_packs, packs_root
from comity.report.json import check_to_json, decision_to_json, dumps, value_to_json
from tests.report.sample import GOLDEN, HOSTILE, decision, program, small_check

SCHEMAS = Path(comity.report.__path__[0]) / "schema"


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def flow(found: dict[str, Any], id_: str) -> dict[str, Any]:
    return next(f for f in found["flows"] if f["id"] == id_)


def test_a_whole_check_is_written_out(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "check.json", dumps(check_to_json(small_check())))


def test_one_decision_is_written_out(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "decision.json", dumps(decision_to_json(decision("desk"))))


@pytest.mark.parametrize("is_one_left_out", [False, True])
def test_a_check_keeps_to_its_schema(is_one_left_out: bool) -> None:
    found = json.loads(dumps(check_to_json(small_check(is_one_left_out=is_one_left_out))))
    assert list(validator("check-1.json").iter_errors(found)) == []


@pytest.mark.parametrize("name", ["desk", "ads", "list", "laptop"])
def test_a_decision_keeps_to_its_schema(name: str) -> None:
    found = json.loads(dumps(decision_to_json(decision(name))))
    assert list(validator("decision-1.json").iter_errors(found)) == []


def test_the_schema_refuses_what_is_not_in_the_format() -> None:
    found = decision_to_json(decision("ads")) | {"extra": 1, "verdict": "fine"}
    assert len(list(validator("decision-1.json").iter_errors(found))) == 2


def test_flows_are_sorted_by_id_though_the_check_has_the_worst_first() -> None:
    check = small_check()
    ids = [f["id"] for f in check_to_json(check)["flows"]]
    assert ids == sorted(ids)
    assert ids != [f.flow.id for f in check.flows]


def test_every_verdict_and_the_accepted_ones_are_counted() -> None:
    found = check_to_json(small_check())["summary"]
    assert found == {"allowed": 2, "conditional": 1, "forbidden": 2, "undecided": 3, "flows": 8, "accepted": 1}


def test_places_without_a_pack_have_their_names() -> None:
    assert check_to_json(small_check())["no_pack"] == [{"place": "PH", "name": "Philippines"}]


def test_packs_left_out_are_told() -> None:
    found = check_to_json(small_check(is_one_left_out=True))
    assert found["left_out"] == ["south/home"]
    assert [p["id"] for p in found["packs"]] == ["north/exports"]


def test_an_acceptance_holds_until_its_day() -> None:
    accepted = flow(check_to_json(small_check()), "warehouse")["accepted"]
    assert accepted["holds"] is True
    assert accepted["until"] == "2027-01-31"


def test_a_hostile_title_is_kept_as_it_is() -> None:
    assert flow(json.loads(dumps(check_to_json(small_check()))), "desk")["title"] == HOSTILE


def test_questions_of_several_cases_stand_once() -> None:
    found = flow(check_to_json(small_check()), "warehouse-health")
    assert [c["verdict"] for c in found["cases"]] == ["forbidden", "conditional"]
    asked = [p["fact"] for p in found["presumptions"]]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("fact", "value", "expected"),
    [
        ("data.personal", True, True),
        ("incident.persons", 7, 7),
        ("incident.persons", Range(5, None), {"at-least": 5}),
        ("incident.persons", Range(5, 9), {"at-least": 5, "at-most": 9}),
        ("recipient.country", "NO", "NO"),
        ("data.origin", Places(frozenset({"FR", "DE"})), ["DE", "FR"]),
        ("data.origin", Places(frozenset({"CN"}), complete=False), {"at-least": ["CN"]}),
        ("flow.deal", "vendor", "vendor"),
        ("holder.owners", (Owner(50, "CN"), Owner(20, "US")), {"CN": 50, "US": 20}),
        (
            "holder.owners",
            (Owner(50, None, (Owner(60, "RU"),)), Owner(50, "CN"), Owner(0, "CN")),
            [{"percent": 50, "owners": {"RU": 60}}, {"percent": 50, "place": "CN"}, {"percent": 0, "place": "CN"}],
        ),
        ("contract.concluded_on", dt.date(2026, 3, 1), "2026-03-01"),
        ("incident.known_at", dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC), "2026-03-01T09:00:00Z"),
    ],
)
def test_a_value_is_written_as_a_case_file_has_it(fact: str, value: Value, expected: Any) -> None:
    assert value_to_json(value) == expected
    problems = Problems()
    read = read_value(
        parse_document(json.dumps(expected), "x"), program().vocabulary.fact[fact], program().vocabulary, problems
    )
    assert (read, problems.found) == (value, [])


def test_a_complete_set_reads_back_and_an_open_one_names_its_open_members() -> None:
    vocabulary = program().vocabulary
    whole = Members(frozenset({"personal", "contact"}))
    assert value_to_json(whole) == {"only": ["contact", "personal"]}
    text = json.dumps(value_to_json(whole))
    assert read_value(parse_document(text, "x"), vocabulary.fact["data.categories"], vocabulary, Problems()) == whole
    part = Members(frozenset({"personal"}), frozenset({"health"}))
    assert value_to_json(part) == {"yes": ["personal"], "open": ["health"]}


def test_unknown_is_null() -> None:
    assert value_to_json(None) is None


def test_the_packs_that_are_shipped_fit_the_schema() -> None:
    shipped = compile_packs(packs_root())
    assert shipped.packs
    from comity.decide.check import check

    found = check_to_json(check(shipped, small_check().map))
    assert list(validator("check-1.json").iter_errors(json.loads(dumps(found)))) == []


def test_text_is_that_of_the_standard_library_also_where_one_object_stands_in_many_places() -> None:
    one: dict[str, Any] = {"b": [1, 2.5, True, None, "“é\n\u2028"], "a": {}, "c": (), "d": [[]]}
    whole = {"z": one, "a": [one, {"deep": [one, (one, one["b"])]}, one["b"]], "n": -3, "e": [], "t": ("x", one["d"])}
    assert dumps(whole) == json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    assert dumps([]) == "[]\n"


def test_what_is_alike_in_entries_is_one_object() -> None:
    check_ = small_check()
    twin = dataclasses.replace(check_.flows[0], flow=dataclasses.replace(check_.flows[0].flow, id="twin"))
    twins = check_to_json(dataclasses.replace(check_, flows=(*check_.flows, twin)))
    first, second = flow(twins, check_.flows[0].flow.id), flow(twins, "twin")
    assert first["packs"] is second["packs"]
    assert first["id"] != second["id"]
    assert json.loads(dumps(twins)) == twins
