"""Grids of text from CSV and Excel files, whole, broken and hostile."""

import datetime as dt
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from comity.errors import InputError
from comity.intake.sources import sheets
from comity.intake.sources.sheets import is_workbook, letters, read_csv, read_workbook, texts_of
from tests.intake.sources.workbooks import part_of, with_part, workbook

SHEET = "xl/worksheets/sheet1.xml"


def read(raw: bytes) -> sheets.Sheet:
    assert is_workbook(raw, "a.xlsx")
    (sheet,) = read_workbook(raw, "a.xlsx")
    return sheet


def problem(raw: bytes) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        list(read_workbook(raw, "a.xlsx"))
    (found,) = caught.value.problems
    return found.code, found.message


def test_values_become_text_as_people_see_them() -> None:
    row: list[Any] = ["a", 5, 5.0, 5.25, True, dt.date(2024, 5, 1), None, "  x\r\ny\t ", "2024"]
    sheet = read(workbook({"S": [row]}))
    assert sheet.rows == (("a", "5", "5", "5.25", "true", "2024-05-01", "", "x\ny", "2024"),)


def test_a_merged_cell_holds_in_all_of_its_places() -> None:
    raw = workbook({"S": [["a", "b"], ["c", 1], [None, 2], [None, 3]]}, merged=["A2:A4"])
    assert [row[0] for row in read(raw).rows] == ["a", "c", "c", "c"]


def test_hidden_rows_are_read() -> None:
    assert read(workbook({"S": [["a"], ["b"]]}, hidden=[2])).rows == (("a",), ("b",))


def test_a_formula_without_a_saved_value_stays_unknown_and_is_named() -> None:
    sheet = read(workbook({"S": [["a", "=1+1"], ["c", "=A1"]]}, merged=["B2:C2"]))
    assert sheet.cell(0, 1) == ""
    assert sheet.unknown == {(0, 1), (1, 1), (1, 2)}
    assert [(r.code, str(r.span)) for r in sheet.remarks] == [
        ("formula-without-value", "a.xlsx [S!B1]"),
        ("formula-without-value", "a.xlsx [S!B2]"),
    ]


def test_a_formula_with_a_saved_value_has_that_value_and_nothing_is_computed() -> None:
    raw = workbook({"S": [["a", "=1+1"]]})
    text = re.sub(rb"(<f>1\+1</f>)<v ?/>|(<f>1\+1</f>)<v></v>", rb"<f>1+1</f><v>7</v>", part_of(raw, SHEET))
    assert b"<v>7</v>" in text
    sheet = read(with_part(raw, SHEET, text))
    assert (sheet.cell(0, 1), sheet.unknown, sheet.remarks) == ("7", frozenset(), ())


def test_a_cell_that_shows_an_error_stays_unknown() -> None:
    sheet = read(workbook({"S": [["a", "#REF!"]]}))
    assert sheet.unknown == {(0, 1)}
    assert [r.code for r in sheet.remarks] == ["error-in-cell"]


def test_a_cell_is_told_by_sheet_and_letters() -> None:
    sheet = read(workbook({"Vendors 2026": [["a", "b"]]}))
    assert str(sheet.span(0, 1)) == "a.xlsx [Vendors 2026!B1]"
    assert [letters(n) for n in (25, 26, 51, 701, 702)] == ["Z", "AA", "AZ", "ZZ", "AAA"]


# --- broken and hostile Excel files


def test_a_file_that_is_cut_off_is_no_table() -> None:
    raw = workbook({"S": [["a"] * 50] * 50})
    for end in (10, len(raw) // 2, len(raw) - 5):
        assert problem(raw[:end])[0] == "not-a-table"


def test_flipped_bytes_never_end_in_another_error() -> None:
    raw = workbook({"S": [["Vendor", "Country"], ["a", "DE"]]})
    for at in range(0, len(raw), 37):
        broken = bytearray(raw)
        broken[at] ^= 0xFF
        try:
            list(read_workbook(bytes(broken), "a.xlsx"))
        except InputError as error:
            assert {p.code for p in error.problems} <= {"not-a-table", "file-too-large"}  # noqa: PT017 - most are read


def test_another_zip_file_is_no_table() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert problem(out.getvalue())[0] == "not-a-table"


def test_old_files_and_those_with_a_password_are_told_what_to_do() -> None:
    with pytest.raises(InputError, match=r"save it as \.xlsx without a password"):
        is_workbook(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "a.xls")


def test_a_bomb_is_measured_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = with_part(workbook({"S": [["a"]]}), "xl/media/big.bin", b"\0" * 3_000_000)
    assert len(raw) < 20_000
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1_000_000)
    assert problem(raw)[0] == "file-too-large"


def test_a_merge_over_the_whole_sheet_is_refused_before_it_is_spread() -> None:
    raw = workbook({"S": [["a", "b"]]}, merged=["A1:B1"])
    text = part_of(raw, SHEET).replace(b'"A1:B1"', b'"A1:XFD1048576"')
    assert problem(with_part(raw, SHEET, text))[0] == "file-too-large"


def test_a_sheet_hidden_under_another_name_is_looked_at_all_the_same() -> None:
    raw = workbook({"S": [["a", "b"]]}, merged=["A1:B1"])
    rels = part_of(raw, "xl/_rels/workbook.xml.rels")
    bomb = part_of(raw, SHEET).replace(b'"A1:B1"', b'"A1:XFD1048576"')
    for name in ("xl/other.xml", "xl/other.bin"):
        moved = with_part(raw, "xl/_rels/workbook.xml.rels", rels.replace(f"/{SHEET}".encode(), f"/{name}".encode()))
        assert problem(with_part(moved, name, bomb))[0] in ("file-too-large", "not-a-table")


def test_a_cell_far_away_does_not_make_a_grid_of_millions() -> None:
    raw = workbook({"S": [["a"]]})
    text = part_of(raw, SHEET).replace(b'r="A1"', b'r="XFD1048576"').replace(b'<row r="1"', b'<row r="1048576"')
    assert problem(with_part(raw, SHEET, text))[0] == "file-too-large"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp037"])
def test_declared_entities_are_refused_in_every_encoding(encoding: str) -> None:
    raw = workbook({"S": [["a"]]})
    bomb = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE w [<!ENTITY a "xxxx">]><worksheet>&a;</worksheet>'
    assert problem(with_part(raw, SHEET, bomb.encode(encoding)))[0] == "not-a-table"


def test_links_to_other_files_are_not_followed(tmp_path: Path) -> None:
    raw = workbook({"S": [["a", "='[/etc/passwd]S'!A1"], ['=WEBSERVICE("http://localhost:9")', "=cmd|' /C calc'!A0"]]})
    sheet = read(raw)
    assert sheet.unknown == {(0, 1), (1, 0), (1, 1)}
    assert "passwd" not in str(sheet.rows)


# --- CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_an_encoding_that_shows_itself_is_not_guessed(encoding: str) -> None:
    texts = texts_of("Vendor;Land\nMüller;Österreich\n".encode(encoding), "a.csv")
    assert [text.lstrip("\ufeff") for text, _ in texts] == ["Vendor;Land\nMüller;Österreich\n"]


def test_other_bytes_may_be_several_texts_the_likeliest_first() -> None:
    texts = texts_of("Müller;Österreich".encode("latin-1"), "a.csv")
    assert texts[0] == ("Müller;Österreich", "cp1252")
    assert len(texts) > 3


def test_an_encoding_that_is_said_is_taken_or_refused() -> None:
    assert texts_of("供应商".encode("gb18030"), "a.csv", "gb18030") == [("供应商", "gb18030")]
    with pytest.raises(InputError, match="not a known encoding"):
        texts_of(b"a", "a.csv", "klingon")
    with pytest.raises(InputError, match="is not in `utf-8`"):
        texts_of(b"\xff\xfe\xfa", "a.csv", "utf-8")


def test_bytes_that_are_no_text_are_no_table() -> None:
    with pytest.raises(InputError, match="is no text"):
        texts_of(b"\x7fELF\x02\x01\x01\0\0" + b"a" * 100, "a.csv")


def test_quoted_cells_over_several_lines_keep_their_place() -> None:
    sheet = read_csv('a;b\n"x\ny";"say ""hi"""\nlast;z\n', "a.csv", ";")
    assert sheet.rows == (("a", "b"), ("x\ny", 'say "hi"'), ("last", "z"))
    assert [str(sheet.span(row)) for row in range(3)] == ["a.csv:1:1", "a.csv:2:2", "a.csv:4:1"]
    assert str(sheet.span(2, 1)) == "a.csv:4:6"


def test_the_separator_line_of_excel_is_no_row() -> None:
    sheet = read_csv("sep=;\na;b\n", "a.csv", ";")
    assert sheet.rows == (("a", "b"),)
    assert sheet.lines == (2,)


def test_a_quotation_mark_that_is_never_closed_is_told_with_its_line() -> None:
    with pytest.raises(InputError, match="never closed") as caught:
        read_csv('a;b\nc;d\n"e;f\ng;h\n', "a.csv", ";")
    assert caught.value.problems[0].span.line == 3


def test_a_sign_set_before_a_formula_by_our_own_export_is_taken_off() -> None:
    assert read_csv("'=1+1,'tis\n", "a.csv", ",").rows == (("=1+1", "'tis"),)


def test_a_table_beyond_bounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="more than"):
        read_csv("," * 2000, "a.csv", ",")
    monkeypatch.setattr(sheets, "MAX_CELLS", 10)
    with pytest.raises(InputError, match="more than"):
        read_csv("a,b\n" * 6, "a.csv", ",")
