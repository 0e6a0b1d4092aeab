"""The register of processing: one row for each entry that handles data, safe to open in a spreadsheet."""

import csv
import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from comity.decide.check import Check, check
from comity.intake.map import read_map
from comity.library import load
from comity.report.register import HEADER, SECTIONS, register_rows, register_to_csv, register_to_xlsx
from tests.intake.sources.laid_out import DAY, vocabulary
from tests.report.sample import GOLDEN, small_check

MAP = """\
comity: 1
name: Test
entities:
- {id: acme, name: Acme B.V., country: NL}
- {id: sister, name: Sister GmbH, country: DE, role: controller}
- {id: apex, name: Apex Inc., country: US, role: processor}
- {id: lost, name: Lost Ltd, country: unknown}
people:
- {id: customers, of: acme, window: held, count: {NL: 10, DE: {at-least: 2}}}
systems:
- {id: shop, place: DE, run_by: acme, holds: [{people: customers, data: [contact, financial-account, health]}]}
- {id: store, place: US-VA, run_by: apex, for: acme}
flows:
- {id: a-home, from: shop, to: sister}
- {id: b-abroad, from: shop, to: store, purposes: [marketing], facts: {flow.legal_ground: contract}}
- {id: c-lost, from: shop, to: lost}
- {id: d-two, from: shop, to: [sister, apex]}
incidents:
- {id: leak, entity: acme, system: shop, known_at: "2026-11-20T09:00:00Z"}
storage:
- {id: kept, system: shop}
measures:
- {kind: eu-standard-clauses, parties: [acme, apex]}
- {kind: processor-contract, parties: [acme, apex]}
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Check:
    path = tmp_path_factory.mktemp("map") / "comity.yaml"
    path.write_text(MAP, encoding="utf-8")
    return check(load("eu/personal-data"), read_map(path, vocabulary(), day=DAY))


def rows(check: Check) -> dict[str, dict[str, str]]:
    return {row["ID"]: row for row in csv.DictReader(io.StringIO(register_to_csv(check)))}


def test_the_register_is_written_out(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "register.csv", register_to_csv(small_check()))


def test_every_entry_that_handles_data_has_its_row_and_no_other(found: Check) -> None:
    assert [row[0] for row in register_rows(found)] == ["a-home", "b-abroad", "c-lost", "d-two", "kept"]
    assert {f.flow.section for f in found.flows} - set(SECTIONS) == {"incidents"}


def test_a_row_says_who_what_where_and_on_what_ground(found: Check) -> None:
    row = rows(found)["b-abroad"]
    assert (row["Controller"], row["Controller country"]) == ("acme", "NL")
    assert (row["Recipient country"], row["Recipient role"], row["Place of processing"]) == ("US", "processor", "US-VA")
    assert (row["Categories of data subjects"], row["Number of data subjects"]) == ("customers", "DE: >= 2; NL: 10")
    assert (row["Categories of data"], row["Purposes"]) == ("contact; financial-account; health", "marketing")
    assert row["Legal basis"] == "contract"
    assert row["Transfer safeguards"] == "eu-standard-clauses; processor-contract"
    assert "eu-standard-clauses: GDPR Art. 46(2)(c)" in row["Articles"]
    assert row["Security measures"] == ""


def test_only_the_narrowest_categories_are_told(found: Check) -> None:
    told = rows(found)["kept"]["Categories of data"].split("; ")
    assert told == ["contact", "financial-account", "health"]  # nor personal, special, financial


def test_third_countries_are_outside_the_economic_area_of_the_controller(found: Check) -> None:
    told = {id_: row["Third country transfer"] for id_, row in rows(found).items()}
    assert told == {"a-home": "no", "b-abroad": "yes", "c-lost": "unknown", "d-two": "yes", "kept": "no"}


def test_several_recipients_stand_with_their_countries_in_one_order(found: Check) -> None:
    row = rows(found)["d-two"]
    assert (row["Recipient"], row["Recipient country"]) == ("Sister GmbH; Apex Inc.", "DE; US")
    assert row["Recipient role"] == "controller; processor"
    assert row["Transfer safeguards"] == ""  # they hold for one of the two only


def test_the_verdict_is_that_of_the_check(found: Check) -> None:
    assert {id_: row["Verdict"] for id_, row in rows(found).items()} == {
        f.flow.id: f.verdict for f in found.flows if f.flow.section in SECTIONS
    }


def test_the_excel_file_says_the_same_and_is_the_same_each_time(found: Check) -> None:
    raw = register_to_xlsx(found)
    assert raw == register_to_xlsx(found)
    (sheet,) = load_workbook(io.BytesIO(raw)).worksheets
    told = [tuple(str(cell or "") for cell in row) for row in sheet.iter_rows(values_only=True)]
    assert told == [HEADER, *register_rows(found)]


@pytest.mark.parametrize("title", ["=1+1", "+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "-2", " =1"])
def test_no_cell_is_ever_a_formula(found: Check, title: str) -> None:
    first = found.flows[0]
    spoilt = dataclasses.replace(first, flow=dataclasses.replace(first.flow, title=title, section="flows"))
    one = dataclasses.replace(found, flows=(spoilt,))
    assert next(iter(rows(one).values()))["Processing activity"] == f"'{title}"
    (sheet,) = load_workbook(io.BytesIO(register_to_xlsx(one))).worksheets
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}


def test_a_map_without_entries_has_a_head_only(found: Check) -> None:
    assert register_to_csv(dataclasses.replace(found, flows=())) == ",".join(HEADER) + "\n"
