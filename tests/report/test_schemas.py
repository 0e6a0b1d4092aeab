"""The schemas that editors use: they let pass what the reader lets pass, and underline what it refuses."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from comity import document as doc
from comity.errors import InputError
from comity.pack.link import link
from comity.pack.program import Program
from comity.pack.read import read_pack
from comity.pack.ship import pack_folders
from comity.report.schemas import schemas
from tests.house.sources import ROOT
from tests.intake.maps import HERE as MAPS
from tests.intake.maps import files_in, vocabulary

# What a schema cannot see: names that other places of the map give, files, sums, days of the calendar.
ONLY_THE_READER_SEES = {
    "days-reversed", "flow-to-itself", "id-twice", "measure-of-nobody", "misspelt-entities", "misspelt-entries",
    "misspelt-people", "misspelt-systems", "overlapping-listings", "owners-over-100", "set-apart-from-itself",
}  # fmt: skip


@cache
def program() -> Program:
    return link(vocabulary(), [read_pack(folder, vocabulary()) for folder in pack_folders(ROOT / "packs")])


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schemas(program())[name])


def plain(node: doc.Node) -> Any:
    """A YAML node as an editor sees it: numbers, yes and no by the core schema of YAML 1.2, all else text."""
    if isinstance(node, doc.Mapping):
        return {key.text: plain(value) for key, value in node.pairs}
    if isinstance(node, doc.Sequence):
        return [plain(item) for item in node.items]
    if not node.quoted and node.text in ("true", "false"):
        return node.text == "true"
    if not node.quoted and re.fullmatch("-?[0-9]+", node.text):
        return int(node.text)
    return node.text


def errors(name: str, content: Any) -> list[str]:
    return [f"{e.json_path}: {e.message[:200]}" for e in validator(name).iter_errors(content)]


def test_every_schema_is_one_and_says_what_it_is() -> None:
    found = schemas(program())
    assert list(found) == ["map", "case", "decision", "check", "incident"]
    for name, schema in found.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"urn:comity:schema:{name}/1"


def _maps() -> Iterator[Path]:
    yield from (path for path in (MAPS / "good").rglob("*.yaml"))
    yield from (ROOT / "examples" / "harbour").glob("*.yaml")


@pytest.mark.parametrize("path", sorted(_maps()), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_good_map_keeps_to_the_schema(path: Path) -> None:
    assert errors("map", plain(doc.read_document(path))) == []


def test_map_of_the_documentation_keeps_to_the_schema() -> None:
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    assert errors("map", plain(doc.parse_document(block, "map.md"))) == []


def _bad_maps() -> Iterator[str]:
    for name, path in files_in("bad").items():
        if path.name != "comity.yaml":
            try:
                node = doc.read_document(path)
            except InputError:
                continue  # no schema is asked where there is no YAML
            if isinstance(node, doc.Mapping):
                yield name


@pytest.mark.parametrize("name", list(_bad_maps()))
def test_bad_map_is_refused_unless_only_the_reader_can_see_it(name: str) -> None:
    found = errors("map", plain(doc.read_document(files_in("bad")[name])))
    assert (not found) is (name in ONLY_THE_READER_SEES), found


def test_worked_cases_of_all_packs_are_cases_of_the_schema() -> None:
    n_cases = 0
    for path in sorted((ROOT / "packs").glob("*/*/cases/*.yaml")):
        pack = "/".join(path.parts[-4:-2])
        node = doc.read_document(path)
        assert isinstance(node, doc.Sequence)
        for case in map(plain, node.items):
            content = {"kind": case["case"], "day": case["day"], "facts": case.get("given", {})}
            content["measures"] = case.get("measures", {})
            content["totals"] = {pack: case["totals"]} if "totals" in case else {}
            assert errors("case", content) == [], case["name"]
            n_cases += 1
    assert n_cases >= 60


@pytest.mark.parametrize(
    "facts",
    [
        {"flow.clear_text": False, "recipient.country": "NO", "recipient.employer.country": "CN-GD-SHENZHEN"},
        {"recipient": {"country": "NO", "employer": {"country": "CN"}, "employer.law": "CN"}},
        {"data.categories": "health"},
        {"data.categories": {"yes": ["health"], "no": ["genetic"]}},
        {"holder.owners": [{"percent": 50, "owners": {"RU": 50, "US": 50}}]},
        {"data.origin": {"at-least": ["CN"]}},
        {"incident.persons": {"at-least": 5}, "incident.known_at": "2026-11-24T09:00:00+02:00"},
        {"flow.deal": "unknown", "data.origin": "unknown"},
    ],
)
def test_facts_may_be_flat_or_nested_and_have_the_values_of_their_type(facts: dict[str, Any]) -> None:
    assert errors("case", {"kind": "transfer", "day": "2026-11-24", "facts": facts}) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"flow.cleartext": False},
        {"flow.clear_text": "maybe"},
        {"recipient": {"countri": "NO"}},
        {"recipient.country": "UK"},
        {"data.categories": ["helth"]},
        {"data.categories": {}},
        {"holder.owners": {"NL": 101}},
        {"incident.persons": -1},
        {"incident.known_at": "2026-11-24"},
        {"kind": "transfer"},
    ],
)
def test_facts_that_are_none_or_have_other_values_are_refused(facts: dict[str, Any]) -> None:
    assert errors("case", {"kind": "transfer", "day": "2026-11-24", "facts": facts}) != []


def test_assumption_is_held_to_the_type_of_its_fact() -> None:
    row = {"fact": "flow.evades", "value": False, "who": "DPO", "day": "2026-11-01", "why": "reviewed"}
    assert errors("map", {"assume": [row]}) == []
    assert errors("map", {"assume": [row | {"value": "NL"}]}) != []
    assert errors("map", {"assume": [row | {"fact": "holder.law", "value": "NL"}]}) == []


def test_total_is_assumed_as_a_count_for_named_entries() -> None:
    row = {
        "fact": "us/sensitive-data:us_health",
        "value": {"at-least": 5},
        "who": "DPO",
        "day": "2026-11-01",
        "why": "x",
    }
    assert errors("map", {"assume": [row | {"for": ["copy"]}]}) == []
    assert errors("map", {"assume": [row]}) != []
    assert errors("map", {"assume": [row | {"for": ["copy"], "value": True}]}) != []
    assert errors("map", {"assume": [row | {"for": ["copy"], "fact": "us/sensitive-data:us_helth"}]}) != []


def test_alternatives_are_ids_and_of_an_access_also_places() -> None:
    flow, access = {"id": "a", "from": "b", "to": "c"}, {"id": "a", "who": "b", "into": "c"}
    assert errors("map", {"flows": [flow | {"alternatives": ["d", "e"]}]}) == []
    assert errors("map", {"flows": [flow | {"alternatives": []}]}) == []
    assert errors("map", {"flows": [flow | {"alternatives": ["NL"]}]}) != []
    assert errors("map", {"access": [access | {"alternatives": ["d", "NL"]}]}) == []
    assert errors("map", {"access": [access | {"alternatives": ["UK"]}]}) != []
    assert errors("map", {"products": [{"id": "a", "entity": "b", "alternatives": []}]}) != []


def test_main_file_needs_its_version_and_a_used_file_does_not() -> None:
    assert errors("map", {"comity": 1, "name": "A"}) == []
    assert errors("map", {"people": []}) == []
    assert errors("map", {"name": "A"}) != []
    assert errors("map", {"comity": 2, "name": "A"}) != []
