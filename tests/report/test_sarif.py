"""SARIF output: valid, placed in the map, stable, and safe to show."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from comity.decide.check import Check
from comity.errors import Span
from comity.report.json import dumps
from comity.report.sarif import check_to_sarif
from tests.report.sample import GOLDEN, small_check

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


def run(check: Check) -> dict[str, Any]:
    found: dict[str, Any] = check_to_sarif(check)["runs"][0]
    return found


def results(check: Check, entry: str) -> list[dict[str, Any]]:
    return [r for r in run(check)["results"] if r["properties"]["entry"] == entry]


def moved(check: Check, span: Span) -> Check:
    flows = tuple(dataclasses.replace(f, flow=dataclasses.replace(f.flow, span=span)) for f in check.flows)
    return dataclasses.replace(check, flows=flows)


def test_a_check_is_written_out(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "check.sarif", dumps(check_to_sarif(small_check())))


@pytest.mark.parametrize("is_one_left_out", [False, True])
def test_it_is_valid_sarif(is_one_left_out: bool) -> None:
    checker = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    assert list(checker.iter_errors(check_to_sarif(small_check(is_one_left_out=is_one_left_out)))) == []


def test_the_schema_refuses_what_is_no_sarif() -> None:
    broken = check_to_sarif(small_check())
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(broken)


def test_every_entry_that_is_not_allowed_has_a_result_and_no_other() -> None:
    check = small_check()
    told = {r["properties"]["entry"] for r in run(check)["results"]}
    assert told == {f.flow.id for f in check.flows if f.verdict != "allowed"}


def test_forbidden_is_an_error_and_open_ends_are_warnings() -> None:
    check = small_check()
    assert {r["level"] for r in results(check, "clinic")} == {"error"}
    assert {r["level"] for r in results(check, "warehouse")} == {"warning"}
    assert {r["level"] for r in results(check, "desk")} == {"warning"}


def test_rules_are_clauses_with_their_source() -> None:
    check = small_check()
    rules = {r["id"]: r for r in run(check)["tool"]["driver"]["rules"]}
    assert rules["south/home/s-1"]["helpUri"] == "https://law.example/south/code"
    assert rules["south/home/s-1"]["shortDescription"]["text"] == "Southern Code § 1"
    assert rules["south/home/s-1"]["fullDescription"]["text"] == "Health data do not leave the South."
    ids = [r["id"] for r in run(check)["tool"]["driver"]["rules"]]
    assert all(ids[r["ruleIndex"]] == r["ruleId"] for r in run(check)["results"])


def test_a_place_without_a_pack_is_a_result_of_its_own() -> None:
    named = [r for r in results(small_check(), "desk") if r["ruleId"] == "no-pack"]
    assert "no pack for Philippines" in named[0]["message"]["text"]


def test_an_open_duty_of_an_incident_is_a_result() -> None:
    assert [r["ruleId"] for r in results(small_check(), "laptop")] == ["north/exports/art-5"]


def test_results_point_into_the_map() -> None:
    place = results(small_check(), "clinic")[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "comity.yaml"
    assert place["region"] == {"startLine": 60, "startColumn": 3, "endColumn": 9}


def test_a_file_name_becomes_an_address_and_an_unknown_line_no_region() -> None:
    place = results(moved(small_check(), Span("other dir/maß.yaml")), "clinic")[0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "other%20dir/ma%C3%9F.yaml"}}


def test_fingerprints_outlive_a_move_in_the_map_and_are_all_different() -> None:
    before = [r["partialFingerprints"] for r in run(small_check())["results"]]
    after = [r["partialFingerprints"] for r in run(moved(small_check(), Span("x.yaml", 9, 1)))["results"]]
    assert before == after
    assert len({str(p) for p in before}) == len(before)


def test_an_accepted_entry_is_suppressed_and_says_by_whom() -> None:
    check = small_check()
    assert results(check, "warehouse")[0]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "the assessment is being written (DPO, until 2027-01-31)",
        }
    ]
    assert results(check, "clinic")[0]["suppressions"] == []


def test_brackets_and_braces_of_a_title_make_no_link_and_no_placeholder() -> None:
    text = results(small_check(), "desk")[0]["message"]["text"]
    assert "\\[bold\\]" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("maps/comity.yaml", "maps/comity.yaml"),
        ("../comity.yaml", "../comity.yaml"),
        ("maps\\comity.yaml", "maps/comity.yaml"),
        ("/srv/a b/comity.yaml", "file:///srv/a%20b/comity.yaml"),
        ("C:\\maps\\comity.yaml", "file:///C:/maps/comity.yaml"),
    ],
)
def test_a_map_named_from_a_root_has_an_address_with_its_scheme(file: str, uri: str) -> None:
    found = run(moved(small_check(), Span(file, 3, 7, 4)))["results"]
    assert {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in found} == {uri}
