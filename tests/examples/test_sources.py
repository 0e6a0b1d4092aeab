"""The example's Terraform, list of vendors and register: a map made of them by import."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from comity import cli
from comity.document import Scalar
from comity.intake.standing import read_standing
from tests.house.sources import ROOT
from tests.test_cli import run

DAY = ("--day", "2026-11-24")
SOURCES = (("terraform", "sources/infra"), ("vendors", "sources/vendors.csv"), ("register", "sources/register.csv"))
SAME = {  # systems of the map that people wrote: here, there
    "bookings": "bookings",
    "data-warehouse": "warehouse",
    "support-tickets": "tickets",
    "lodestar-data-llc-audiences-for-advertisers": "segments",
    "neva-travel-agency-llc-sales-database": "moscow-store",
    "harbour-travel-technology-shenzhen-co-ltd-app-backend": "app-backend",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example's sources and no map."""
    shutil.copytree(ROOT / "examples" / "harbour" / "sources", tmp_path / "sources")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def take(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    found = []
    for source, path in SOURCES:
        code, out, err = run(capsys, "import", source, path, "--owner", "harbour", "--json")
        assert code == cli.DONE, err
        found.append(json.loads(out))
    return found


def begin(folder: Path) -> None:
    owner = "{id: harbour, name: Harbour Travel B.V., country: NL, role: controller}"
    text = f"comity: 1\nname: Harbour Travel\nentities:\n- {owner}\n"
    (folder / "comity.yaml").write_text(text, encoding="utf-8")


def values(map_file: Path, owner: str, section: str, key: str) -> dict[str, str]:
    items = read_standing(map_file, source="", owner=owner).here.items
    return {
        id_: value.text
        for (where, id_), (_, node) in items.items()
        if where == section and isinstance(value := node.get(key), Scalar)
    }


def test_the_map_made_of_them_has_the_places_of_the_one_that_people_wrote(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    begin(folder)
    take(capsys)
    made = values(folder / "comity.yaml", "harbour", "systems", "place")
    written = values(ROOT / "examples" / "harbour" / "comity.yaml", "harbour-bv", "systems", "place")
    assert {here: made[here] for here in SAME} == {here: written[there] for here, there in SAME.items()}


def test_it_can_be_checked_and_names_what_is_missing(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    begin(folder)
    take(capsys)
    code, out, _ = run(capsys, "check", "comity.yaml", *DAY, "--json")
    assert code == cli.UNDECIDED
    flows = {flow["id"]: flow["verdict"] for flow in json.loads(out)["flows"]}
    assert flows["newsletter-to-lodestar-data-llc"] == "undecided"
    assert flows["support-of-customers-to-brightline-support-services-inc"] == "conditional"  # clauses, no assessment
    assert len(flows) == 9


def test_a_second_import_finds_everything_as_it_is(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    begin(folder)
    first = take(capsys)
    before = (folder / "comity.yaml").read_bytes()
    again = take(capsys)
    assert [each["differences"] for each in again] == [[], [], []]
    assert [each["n_same"] for each in again] == [each["n_found"] for each in first]
    assert (folder / "comity.yaml").read_bytes() == before


def test_in_the_map_that_people_wrote_the_same_systems_are_found_again(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    shutil.copytree(ROOT / "examples" / "harbour", folder, dirs_exist_ok=True)
    code, out, _ = run(capsys, "import", "terraform", "sources/infra", "--owner", "harbour-bv", "--dry-run", "--json")
    found = json.loads(out)
    assert code == cli.DONE
    assert [(d["kind"], d["id"], d["key"]) for d in found["differences"] if d["id"] == "bookings"] == [
        ("kept", "bookings", "name")
    ]
