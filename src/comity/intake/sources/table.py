"""A table with its columns: which head is which of ours, in many languages, and which rows lie below it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from comity import document as doc
from comity.errors import InputError, Problem, Problems, Span, did_you_mean
from comity.intake.found import Remark
from comity.intake.sources import sheets
from comity.intake.sources.files import File, read_bytes
from comity.intake.sources.folded import fold
from comity.intake.sources.sheets import Sheet
from comity.intake.sources.words import LANGUAGES

COLUMNS_FILE = Path(__file__).parent / "columns.yaml"
NONE = "none"  # answer to what a column is: nothing that belongs into a map
MAX_HEAD = 60  # rows among which the head is looked for
MAX_MISSPELT = 5  # rows of which every head is compared with all that are known
NEAR = 0.87  # how alike a misspelt head has to be to a known one
MIN_NEAR = 5  # letters of a head that may be misspelt
# One of these has to be among the columns, or it is another kind of table.
KEYS = {"vendors": ("vendor",), "register": ("activity", "recipient")}
# Columns of which several may stand side by side; of the others the first one counts.
JOINED = frozenset(
    {
        "data",
        "persons",
        "purposes",
        "basis",
        "safeguards",
        "recipient",
        "subprocessors",
        "system",
        "place",
        "third_country",
    }
    | {"people_in"}
)
_OTHER = "other"


@dataclass(frozen=True)
class Column:
    """One of our columns.

    Attributes:
        kinds: the kinds of tables that have it.
        names: how it is headed, folded.
    """

    id: str
    kinds: tuple[str, ...]
    means: str
    names: frozenset[str]


@dataclass(frozen=True)
class Table:
    """A sheet whose head was found.

    Attributes:
        head: the row of the heads.
        columns: where each of ours stands; several where several heads say the same.
        remarks: what was guessed, not matched or not taken.
    """

    sheet: Sheet
    head: int
    columns: Mapping[str, tuple[int, ...]]
    remarks: tuple[Remark, ...]

    def rows(self) -> Iterator[Row]:
        """The rows below the head that say anything; titles between them and heads that are repeated are left out."""
        heads = self.sheet.rows[self.head]
        for number in range(self.head + 1, len(self.sheet.rows)):
            row = Row(self, number)
            if any(row.text(column) or row.is_unknown(column) for column in self.columns) and not row.is_title():
                if self.sheet.rows[number] != heads:
                    yield row


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, read by our columns."""

    table: Table
    number: int

    def text(self, column: str) -> str:
        """The text of a column; of several heads with a `;` between them."""
        places = self.table.columns.get(column, ())
        if len(places) == 1:
            return self.table.sheet.cell(self.number, places[0])
        return "; ".join(dict.fromkeys(t for p in places if (t := self.table.sheet.cell(self.number, p))))

    def cells(self, column: str) -> list[tuple[str, str]]:
        """Head and text of each place of a column."""
        sheet, places = self.table.sheet, self.table.columns.get(column, ())
        return [(sheet.cell(self.table.head, place), sheet.cell(self.number, place)) for place in places]

    def has(self, column: str) -> bool:
        """Whether the table has such a column."""
        return column in self.table.columns

    def is_unknown(self, column: str) -> bool:
        """Whether the file has a value there that it does not say."""
        return any((self.number, p) in self.table.sheet.unknown for p in self.table.columns.get(column, ()))

    def is_title(self) -> bool:
        """Whether the row is a text over several columns that only divides the table."""
        if self.number not in self.table.sheet.titles:
            return False
        told = {self.text(column) for column in self.table.columns} - {""}
        return len(told) == 1 and len(self.table.columns) > 1

    def span(self, column: str = "") -> Span:
        """Where a column of the row stands; the row itself without one."""
        places = self.table.columns.get(column, ())
        return self.table.sheet.span(
            self.number, places[0] if places else min(min(p) for p in self.table.columns.values())
        )


def read_table(
    path: Path,
    *,
    shown: str,
    kind: str,
    columns: Mapping[str, str] | None = None,
    sheet: str = "",
    encoding: str = "",
) -> Table:
    """Read a table from a CSV or Excel file and find its head.

    Args:
        path: the file.
        shown: what problems show.
        kind: `vendors` or `register`.
        columns: what the person answered: head to our column, or to `none`.
        sheet: the sheet of an Excel file; empty: the first one with a head that is recognised.
        encoding: of a CSV file; empty: it is found out.

    Raises:
        InputError: it cannot be read, has no head, or an answer names what there is not.
        MissingExtraError: a library is not installed.
    """
    raw = read_bytes(File(path, shown), sheets.MAX_BYTES)
    if not raw.strip():
        raise InputError([Problem("empty-file", "the file is empty", Span(shown))])
    answered = {fold(head): column for head, column in (columns or {}).items()}
    _check_answers(columns or {}, kind, shown)
    if sheets.is_workbook(raw, shown):
        return _from_workbook(raw, shown, kind, answered, columns or {}, sheet)
    if sheet:
        message = f"a CSV file has no sheet `{sheet}`"
        raise InputError([Problem("unknown-sheet", message, Span(shown), help="leave the sheet out")])
    return _from_csv(raw, shown, kind, answered, columns or {}, encoding)


def _check_answers(columns: Mapping[str, str], kind: str, shown: str) -> None:
    """See to it that every answer is one of our columns."""
    known = [*(c.id for c in known_columns() if kind in c.kinds), NONE]
    problems = Problems()
    for head, column in columns.items():
        if column not in known:
            help_ = did_you_mean(column, known) or f"known: {', '.join(known)}"
            problems.add(
                "unknown-column", f"`{column}`, the answer to `{head}`, is no column of ours", Span(shown), help=help_
            )
    problems.require_none()


def _from_workbook(
    raw: bytes, shown: str, kind: str, answered: Mapping[str, str], columns: Mapping[str, str], wanted: str
) -> Table:
    read = list(sheets.read_workbook(raw, shown))
    names = [each.name for each in read]
    chosen = [each for each in read if not wanted or each.name.casefold() == wanted.casefold()]
    for misspelt in (False, True):
        for each in chosen:
            if _best(each, kind, answered, misspelt=misspelt) is not None:
                return _with_head(each, kind, answered, columns)
    if wanted and not chosen:
        help_ = did_you_mean(wanted, names) or f"its sheets: {', '.join(names)}"
        raise InputError([Problem("unknown-sheet", f"the file has no sheet `{wanted}`", Span(shown), help=help_)])
    if not any(any(row) for each in chosen for row in each.rows):
        raise InputError([Problem("empty-file", "there is nothing in the file", Span(shown))])
    fullest = max(chosen, key=lambda each: sum(map(len, each.rows)))
    return _with_head(fullest, kind, answered, columns)


def _from_csv(
    raw: bytes, shown: str, kind: str, answered: Mapping[str, str], columns: Mapping[str, str], encoding: str
) -> Table:
    """Of the texts that the bytes may be, and of all separators, what gives the head with most columns we know."""
    texts = sheets.texts_of(raw, shown, encoding)
    best: tuple[tuple[int, int], int, str] | None = None
    for number, (text, _) in enumerate(texts):
        told = sheets.told_separator(text)
        for separator in (told,) if told else sheets.SEPARATORS:
            try:
                few = sheets.read_csv(text, shown, separator, most=MAX_HEAD)
            except InputError:
                continue
            head = _best(few, kind, answered)
            score = (head[1] if head else 0, max(map(len, few.rows), default=0))
            # In doubt the likelier encoding wins, however its signs fall
            if best is None or (score > best[0] and (best[1] == number or score[0] > best[0][0])):
                best = (score, number, separator)
    if best is None:
        best = ((0, 0), 0, ",")
    text, name = texts[best[1]]
    sheet = sheets.read_csv(text, shown, best[2])
    table = _with_head(sheet, kind, answered, columns)
    if name in ("utf-8", "utf-16", "utf-32") or encoding:
        return table
    note = f"the file does not say in which encoding it is; it was read as `{name}`"
    return replace(table, remarks=(Remark("guessed-encoding", note, Span(shown)), *table.remarks))


# --- the head


def _best(sheet: Sheet, kind: str, answered: Mapping[str, str], *, misspelt: bool = False) -> tuple[int, int] | None:
    """The row that is most like a head, and how many of our columns it names; None where no row is like one.

    Args:
        sheet: the grid.
        kind: of the table.
        answered: what the person answered.
        misspelt: whether heads count that are only near to one that is known; slow, so only for the fullest rows.
    """
    best: tuple[int, int] | None = None
    rows = {number: tuple(dict.fromkeys(filter(None, row))) for number, row in enumerate(sheet.rows[:MAX_HEAD])}
    fullest = sorted(rows, key=lambda n: (-len(rows[n]), n))[:MAX_MISSPELT]
    for number in sorted(fullest) if misspelt else rows:
        found: set[str] = set()
        for cell in rows[number]:
            exact = _exact(cell, kind, answered)
            found.add(exact[0] if exact else _near(cell, kind)[0] if misspelt else "")
        found -= {"", _OTHER, NONE}
        if len(found) >= 2 and not found.isdisjoint(KEYS[kind]) and (best is None or len(found) > best[1]):
            best = (number, len(found))
    return best


def _exact(head: str, kind: str, answered: Mapping[str, str]) -> tuple[str, ...]:
    """Which column a head is, and which others it may be; `other` where nothing is taken of it. Empty: nobody knows."""
    if len(head) > 120:
        return ()
    known = _names(kind)
    folded = fold(head)
    if folded in answered:
        return (answered[folded],)
    if folded in known:
        return known[folded]
    bare = fold(head.partition("(")[0])
    if bare in known:
        return known[bare]
    parts = [known.get(fold(part)) for part in head.replace("\n", "/").replace("|", "/").split("/") if part.strip()]
    told = set(parts)
    first = told.pop() if len(parts) > 1 and len(told) == 1 else None
    return first or ()


def _near(head: str, kind: str) -> tuple[str, str]:
    """The column whose name a head nearly is, with that name; empty where none is clearly nearest."""
    folded = fold(head)
    if not MIN_NEAR <= len(folded) <= 60:
        return "", ""
    known = _names(kind)
    matches = difflib.get_close_matches(folded, known, n=3, cutoff=NEAR)
    if not matches or any(known[m][0] != known[matches[0]][0] for m in matches):
        return "", ""
    return known[matches[0]][0], matches[0]


def _with_head(sheet: Sheet, kind: str, answered: Mapping[str, str], columns: Mapping[str, str]) -> Table:
    best = _best(sheet, kind, answered) or _best(sheet, kind, answered, misspelt=True)
    if best is None:
        raise InputError([_no_head(sheet, kind)])
    head = best[0]
    found: dict[str, list[int]] = {}
    remarks: list[Remark] = list(sheet.remarks)
    heads = {number: text for number, text in enumerate(sheet.rows[head]) if text}
    known = {number: _exact(text, kind, answered) for number, text in heads.items()}
    for number, text in heads.items():
        column, remark = _column(number, text, known, kind)
        span = sheet.span(head, number)
        if column in found and column not in JOINED:
            remark = Remark(
                "column-twice", f"`{text}` is a second column for `{column}`; nothing is taken from it", span
            )
        elif column not in ("", _OTHER, NONE):
            found.setdefault(column, []).append(number)
        remarks += [replace(remark, span=span)] if remark else []
    _check_heads(columns, map(fold, heads.values()), sheet, head)
    return Table(sheet, head, {column: tuple(at) for column, at in found.items()}, tuple(remarks))


def _column(number: int, text: str, known: Mapping[int, tuple[str, ...]], kind: str) -> tuple[str, Remark | None]:
    """Which column a head is, empty for none, and what is to be remarked of it; `known`: what each head may be."""
    may_be = known[number]
    # `Unterauftragsverarbeiter` is the vendor, unless another column is that already
    taken = {each[0] for other, each in known.items() if other != number and len(each) == 1}
    column = next((c for c in may_be if c not in taken), may_be[0] if may_be else "")
    if not column:
        column, like = _near(text, kind)
        if column:
            return column, Remark(
                "close-column", f"the column `{text}` was taken for `{column}`, as `{like}`", Span("")
            )
        note = f"the column `{text}` is none that is known; say what it is, or that it is `{NONE}`"
        return "", Remark("unmatched-column", note, Span(""))
    if column == _OTHER:
        return column, Remark("column-not-taken", f"nothing is taken from the column `{text}`", Span(""))
    return column, None


def _check_heads(columns: Mapping[str, str], seen: Iterable[str], sheet: Sheet, head: int) -> None:
    """See to it that every answer is about a head that is there."""
    known = set(seen)
    problems = Problems()
    heads = [text for text in sheet.rows[head] if text]
    for name in columns:
        if fold(name) not in known:
            help_ = did_you_mean(name, heads) or f"its columns: {', '.join(heads)[:300]}"
            problems.add("unknown-column", f"the table has no column `{name}`", sheet.span(head), help=help_)
    problems.require_none()


def _no_head(sheet: Sheet, kind: str) -> Problem:
    rows = sheet.rows[:MAX_HEAD]
    number = max(range(len(rows)), key=lambda n: len({c for c in rows[n] if c}), default=0)
    wanted = " or ".join(f"`{key}`" for key in KEYS[kind])
    heads = ", ".join(f"`{c[:40]}`" for c in dict.fromkeys(rows[number]) if c)[:300] if rows else ""
    help_ = f"say which column is {wanted} and which the others are" + (f"; seen: {heads}" if heads else "")
    message = f"no row looks like the head of a table with a column {wanted}"
    return Problem("no-head", message, sheet.span(number) if rows else Span(sheet.shown), help=help_)


# --- the names


@cache
def known_columns() -> tuple[Column, ...]:
    """All of our columns."""
    return _columns()[0]


@cache
def _columns() -> tuple[tuple[Column, ...], frozenset[str]]:
    problems = Problems()
    root = doc.read_document(COLUMNS_FILE, shown=COLUMNS_FILE.name)
    f = doc.to_fields(root, problems, what="the columns", required=("columns", "other"))
    found = []
    for node in f.items("columns"):
        row = doc.to_fields(node, problems, what="a column", required=("id", "for", "means", "names"))
        names = doc.to_fields(row.values["names"], problems, what="names", optional=LANGUAGES)
        known = frozenset(fold(n.text) for language in LANGUAGES for n in names.texts(language))
        found.append(Column(row.text("id"), tuple(k.text for k in row.texts("for")), row.text("means"), known))
    other = doc.to_fields(f.values["other"], problems, what="names", optional=LANGUAGES)
    problems.require_none()
    return tuple(found), frozenset(fold(n.text) for language in LANGUAGES for n in other.texts(language)) - {""}


@cache
def _names(kind: str) -> dict[str, tuple[str, ...]]:
    """Folded name to column, of one kind of table; all columns of that name, in our order."""
    columns, other = _columns()
    found: dict[str, tuple[str, ...]] = {}
    for column in columns:
        if kind in column.kinds:
            for name in column.names:
                found[name] = (*found.get(name, ()), column.id)
    for name in other:
        found.setdefault(name, (_OTHER,))
    return found
