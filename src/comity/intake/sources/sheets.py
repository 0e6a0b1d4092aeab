"""Files of tables as plain grids of text: CSV in whatever encoding it was saved, and the sheets of an Excel file.

The only file that knows the library for Excel files, as far as they are read.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from comity.errors import InputError, MissingExtraError, Problem, Span
from comity.intake.found import Remark

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 256 * 1024 * 1024  # bytes that an Excel file may have unpacked
MAX_CELLS = 1_000_000  # of one file
MAX_COLUMNS = 1_000
MAX_LETTERS = 100_000  # of one cell
# What Western Europe saves comes first; where the heads of the columns speak for another one, that one is taken.
ENCODINGS = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1254",
    "gb18030",
    "shift_jis",
    "euc_kr",
    "big5",
    "cp1256",
    "cp874",
    "iso8859_1",
)
SEPARATORS = (",", ";", "\t", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_BOMS_16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OLD = b"\xd0\xcf\x11\xe0"  # how files of Excel before 2007 begin, and all that have a password
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref\s*=\s*["\']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["\']')
_TO_SHEET = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*worksheet[^>]*>")
_TO_XML = re.compile(rb"\bTarget\s*=\s*[\"'][^\"']*\.xml[\"']")
_FORMULA_IN = re.compile(rb"<(?:\w+:)?f[ >/]")
_FORMULA = ("=", "+", "-", "@")
_CELL = re.compile(rb"<(?:\w+:)?c[ >/]")
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grid of text.

    Attributes:
        shown: the file, as problems show it.
        name: of the sheet; empty for CSV.
        rows: the cells, as wide as each row is; a cell that is merged has its text in every place.
        unknown: row and column of cells that have a value which the file does not say.
        titles: rows in which one text is merged over several columns.
        lines: of CSV the line at which each row starts, and the text of all lines.
    """

    shown: str
    name: str
    rows: tuple[tuple[str, ...], ...]
    unknown: frozenset[tuple[int, int]] = frozenset()
    titles: frozenset[int] = frozenset()
    lines: tuple[int, ...] = ()
    text: tuple[str, ...] = field(default=(), repr=False)
    remarks: tuple[Remark, ...] = ()

    def cell(self, row: int, column: int) -> str:
        """The text of a cell; empty outside the grid."""
        cells = self.rows[row]
        return cells[column] if column < len(cells) else ""

    def span(self, row: int, column: int = 0) -> Span:
        """Where a cell stands: line and column of a CSV file, sheet and cell of an Excel file."""
        if not self.lines:
            return Span(f"{self.shown} [{self.name}!{letters(column)}{row + 1}]")
        line = self.lines[row]
        shown, at, cell = self.text[line - 1][:4000] if line <= len(self.text) else "", 0, self.cell(row, column)
        for before in self.rows[row][:column]:
            at = max(at, shown.find(before, at) + len(before)) if before else at + 1
        found = shown.find(cell.partition("\n")[0], at) if cell else -1
        return Span(self.shown, line, max(found, 0) + 1, max(1, len(cell)) if found >= 0 else 1, shown)


def letters(column: int) -> str:
    """The letters of a column in a spreadsheet, from 0.

    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def is_workbook(raw: bytes, shown: str) -> bool:
    """Whether these are the bytes of an Excel file.

    Raises:
        InputError: they are those of a file of tables that cannot be read.
    """
    if raw.startswith(_OLD):
        raise InputError(
            [_no_table(shown, "an old Excel file, or one with a password", "save it as .xlsx without a password")]
        )
    if raw.startswith(b"PK"):
        return True
    if raw.startswith(b"%PDF"):
        raise InputError([_no_table(shown, "a PDF file", "export the table as .xlsx or CSV")])
    return False


def _no_table(shown: str, what: str, help_: str) -> Problem:
    return Problem("not-a-table", f"`{shown}` is {what}", Span(shown), help=help_)


# --- CSV


def texts_of(raw: bytes, shown: str, encoding: str = "") -> list[tuple[str, str]]:
    """The texts that bytes may be, each with its encoding, the likeliest first; one where there is no doubt.

    Args:
        raw: the bytes.
        shown: what problems show.
        encoding: the encoding, where the person has said it.

    Raises:
        InputError: they are no text.
    """
    if encoding:
        return [(_decoded(raw, encoding, shown), encoding)]
    for bom, name in (*_BOMS, *_BOMS_16):
        if raw.startswith(bom):
            return [(_decoded(raw, "utf-8-sig" if name == "utf-8" else name, shown), name)]
    head = raw[:4000]
    if head.count(0) > len(head) // 4:  # letters of two bytes each, most of which are below 256
        name = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        return [(_decoded(raw, name, shown), name)]
    if 0 in head:
        raise InputError([_no_table(shown, "no text", "export the table as .xlsx or CSV")])
    try:
        return [(raw.decode("utf-8"), "utf-8")]
    except UnicodeDecodeError:
        pass
    found = []
    for name in ENCODINGS:
        try:
            found.append((raw.decode(name), name))
        except UnicodeDecodeError:
            continue
    return found


def _decoded(raw: bytes, encoding: str, shown: str) -> str:
    try:
        return raw.decode(encoding)
    except LookupError:
        message = f"`{encoding}` is not a known encoding"
        raise InputError(
            [Problem("unknown-value", message, Span(shown), help="such as utf-8, cp1252 or gb18030")]
        ) from None
    except UnicodeError:
        message = f"the file is not in `{encoding}`"
        raise InputError([Problem("not-utf-8", message, Span(shown), help="save the file as UTF-8")]) from None


def read_csv(text: str, shown: str, separator: str, *, most: int | None = None) -> Sheet:
    """The grid of a CSV text.

    Args:
        text: all of it.
        shown: what problems show.
        separator: the sign between cells.
        most: how many rows are wanted; None: all.

    Raises:
        InputError: a quotation mark is never closed, or the grid is too large.
    """
    told = _SEPARATOR_LINE.match(text)
    skipped = 1 if told else 0
    reader = csv.reader(io.StringIO(text[told.end() :] if told else text, newline=""), delimiter=separator)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    n_cells = 0
    start = 1
    try:
        for cells in reader:
            n_cells += len(cells)
            if n_cells > MAX_CELLS or len(cells) > MAX_COLUMNS:
                raise InputError([_too_large(shown)])
            rows.append(tuple(clean(cell) for cell in cells))
            lines.append(start + skipped)
            start = reader.line_num + 1
            if most is not None and len(rows) >= most:
                break
    except csv.Error:
        raise InputError([_unclosed(shown, start + skipped)]) from None
    if most is None and rows and rows[-1] and rows[-1][-1].count("\n") > 0 and text.count('"') % 2:
        raise InputError([_unclosed(shown, lines[-1])])
    return Sheet(shown, "", tuple(rows), lines=tuple(lines), text=() if most else tuple(text.splitlines()))


def told_separator(text: str) -> str | None:
    """The separator that Excel writes into the first line."""
    told = _SEPARATOR_LINE.match(text)
    return told[1] if told else None


def _unclosed(shown: str, line: int) -> Problem:
    message = "a quotation mark is never closed"
    return Problem("not-a-table", message, Span(shown, line, 1), help="close it; within a cell it is written twice")


def _too_large(shown: str) -> Problem:
    message = f"the table has more than {MAX_CELLS} cells or {MAX_COLUMNS} columns"
    return Problem("file-too-large", message, Span(shown), help="leave out what is not needed, or split it")


def clean(text: str) -> str:
    """The text of a cell without control characters and blanks around it."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else " " for c in text.replace("\r\n", "\n"))
    text = text[:MAX_LETTERS].strip()
    # A sign that was set before a text so that no spreadsheet takes it for a formula
    return text[1:] if text.startswith("'") and text[1:2] in _FORMULA else text


# --- Excel


def read_workbook(raw: bytes, shown: str) -> Iterator[Sheet]:
    """The sheets of an Excel file, hidden ones too, each read when it is asked for.

    Values of formulas are those that were saved with them; nothing is computed, no link is followed.

    Raises:
        InputError: it is none, it is broken, or too large.
        MissingExtraError: the library is not installed.
    """
    has_formulas = _check_parts(raw, shown)
    saved = _load(raw, shown, values=True)
    formulas = _load(raw, shown, values=False) if has_formulas else saved
    for sheet in saved.worksheets:
        yield _grid(sheet, formulas[sheet.title], shown)


def _check_parts(raw: bytes, shown: str) -> bool:
    """See to it that the parts are within bounds before the library unpacks them; whether there are formulas."""
    has_formulas = False
    broken = _no_table(shown, "no Excel file, or a broken one", "open it in a spreadsheet and save it again as .xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            if sum(p.file_size for p in parts) > MAX_UNPACKED or len(parts) > 10_000:
                size = MAX_UNPACKED // (1024 * 1024)
                message = f"the file has more than {size} MB when it is unpacked"
                raise InputError([Problem("file-too-large", message, Span(shown), help="split it into several files")])
            if not any(p.filename == "xl/workbook.xml" or p.filename.endswith("workbook.xml") for p in parts):
                raise InputError([broken])
            n_cells = 0
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        text = opened.read(part.file_size + 1)
                    n_cells += _cells_in(text, broken)
                    is_wide = text[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
                    has_formulas = has_formulas or is_wide or _FORMULA_IN.search(text) is not None
            if n_cells > MAX_CELLS:
                raise InputError([_too_large(shown)])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise InputError([broken]) from None
    return has_formulas


def _cells_in(text: bytes, broken: Problem) -> int:
    """How many cells a part of the file asks for, merged ones too; declarations of entities are refused."""
    if text[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        text = text.decode("utf-16", "replace").encode()
    text = text.removeprefix(codecs.BOM_UTF8).lstrip()
    # Of another encoding no sign can be looked for, and no spreadsheet writes one
    if (text and not text.startswith(b"<")) or b"\0" in text[:4] or _DECLARED.search(text):
        raise InputError([broken])
    # A sheet under another ending would be unpacked without having been looked at
    if any(not _TO_XML.search(link[0]) for link in _TO_SHEET.finditer(text)):
        raise InputError([broken])
    merged = 0
    for match in _MERGED.finditer(text):
        wide = abs(_number(match[3]) - _number(match[1])) + 1
        merged += wide * (abs(int(match[4]) - int(match[2])) + 1)
    return merged + sum(1 for _ in _CELL.finditer(text))


def _number(column: bytes) -> int:
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


def _load(raw: bytes, shown: str, *, values: bool) -> Any:
    try:
        import openpyxl
    except ImportError:
        raise MissingExtraError("import", "import") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it leaves out, such as colours and rules for input
            return openpyxl.load_workbook(io.BytesIO(raw), data_only=values, keep_links=False, keep_vba=False)
    except Exception:  # noqa: BLE001 - the library raises what its parsers raise, for anything that is broken
        message = "no Excel file, or a broken one"
        raise InputError([_no_table(shown, message, "open it in a spreadsheet and save it again as .xlsx")]) from None


def _grid(saved: Any, formulas: Any, shown: str) -> Sheet:
    if saved.max_column > MAX_COLUMNS or saved.max_row * saved.max_column > 4 * MAX_CELLS:
        raise InputError([_too_large(shown)])
    rows = [[_text(cell.value) for cell in row] for row in saved.iter_rows()]
    unknown: set[tuple[int, int]] = set()
    remarks: list[Remark] = []
    for r, row in enumerate(formulas.iter_rows()):
        for c, cell in enumerate(row):
            kind, value = cell.data_type, saved.cell(r + 1, c + 1)
            is_formula = kind == "f"
            if not is_formula and kind != "e":
                continue
            span = Span(f"{shown} [{saved.title}!{letters(c)}{r + 1}]")
            if value.data_type == "e" or (not is_formula and kind == "e"):
                rows[r][c] = ""
                unknown.add((r, c))
                remarks.append(
                    Remark("error-in-cell", f"the cell {letters(c)}{r + 1} shows an error; it stays unknown", span)
                )
            elif is_formula and value.value is None:
                unknown.add((r, c))
                text = f"the cell {letters(c)}{r + 1} is a formula whose value was not saved; it stays unknown"
                remarks.append(Remark("formula-without-value", text, span))
    titles = _spread(rows, unknown, saved.merged_cells.ranges)
    return Sheet(
        shown, saved.title, tuple(map(tuple, rows)), frozenset(unknown), frozenset(titles), remarks=tuple(remarks)
    )


def _spread(rows: list[list[str]], unknown: set[tuple[int, int]], ranges: Iterable[Any]) -> set[int]:
    """Give every cell of a merged range the text of its first one; the rows in which it goes over several columns."""
    titles: set[int] = set()
    for area in ranges:
        top, left = area.min_row - 1, area.min_col - 1
        if top >= len(rows) or left >= len(rows[top]):
            continue
        for r in range(top, min(area.max_row, len(rows))):
            for c in range(left, min(area.max_col, len(rows[r]))):
                rows[r][c] = rows[top][left]
                if (top, left) in unknown:
                    unknown.add((r, c))
            if area.max_col - left > 1:
                titles.add(r)
    return titles


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    return clean(str(value))
