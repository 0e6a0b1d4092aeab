"""The dated tables of a pack: rows of places, each with its days and, where the law says so, its own condition."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from comity import document as doc
from comity.condition import tree as t
from comity.condition.check import Names, TablePart, compile_condition
from comity.errors import Problems, Span
from comity.facts import Row, check_overlaps, cut, to_row

ROW_KEYS = (
    "place", "group", "first_day", "last_day", "where", "cite", "source", "note", "confidence", "authority",
    "not_modelled",
)  # fmt: skip


@dataclass(frozen=True)
class TableRow:
    """A row of a table as it was written, for those who read it; `place`: of a place or group."""

    table: str
    place: str
    days: Row
    where: str
    cite: str
    source: str
    remarks: tuple[str, ...]
    span: Span


def read_tables(
    nodes: Iterable[doc.Node], names: Names, sources: Collection[str] | None, problems: Problems, *, context: str = ""
) -> tuple[dict[str, Span], tuple[TableRow, ...]]:
    """Read the tables into `names`, as parts by name and as rows by group.

    Args:
        nodes: the roots of the tables files.
        names: the terms that a `where` may use; filled with the tables.
        sources: ids of the sources that a row may name; None: not known.
        problems: where problems are noted.
        context: the pack.

    Returns:
        Where each table stands, and all rows as they were written.
    """
    found: dict[str, tuple[TablePart, ...]] = {}
    spans: dict[str, Span] = {}
    written: list[TableRow] = []
    for node in nodes:
        file = doc.to_fields(node, problems, what="a tables file", required=("tables",))
        for item in file.items("tables"):
            f = doc.to_fields(
                item, problems, what="a table", required=("id", "rows"), optional=("means",), context=context
            )
            name, span = f.text("id"), f.span_of("id")
            if name in found or name in names.vocabulary.group or names.place(name):
                problems.add("duplicate-id", f"`{name}` is already a table, group or place", span, context=context)
            elif f.has("id") and not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
                problems.add(
                    "wrong-id", f"`{name}` is no name of a table", span, help="upper case letters, digits and _"
                )
            found[name], spans[name] = _parts(name, f, names, sources, written), span
    names.tables = found
    return spans, tuple(written)


def _parts(
    name: str, table: doc.Fields, names: Names, sources: Collection[str] | None, written: list[TableRow]
) -> tuple[TablePart, ...]:
    """The rows by their `where`: first those without, then the others in the order of its text."""
    by_where: dict[str, list[tuple[Row, Span]]] = {}
    conditions: dict[str, t.Condition] = {"": t.TRUE}
    for item in table.items("rows"):
        context = f"{table.context}, table {name}"
        f = doc.to_fields(item, table.problems, what="a row", optional=ROW_KEYS, context=context)
        where, node = f.text("where"), f.node("where")
        if where not in conditions and isinstance(node, doc.Scalar):
            conditions[where] = compile_condition(where, node.inside, names, table.problems, context=context)
        if f.has("source") and sources is not None and f.text("source") not in sources:
            table.problems.add_unknown(
                "unknown-source", "source", f.text("source"), sources, f.span_of("source"), context=context
            )
        written.append(_written(name, f))
        by_where.setdefault(where, []).extend((row, f.span) for row in _rows(f, names))
    parts = []
    for number, (where, rows) in enumerate(sorted(by_where.items())):
        check_overlaps(rows, table.problems, name)
        group = name if not where else f"{name}#{number}"
        names.groups[group] = tuple(row for row, _ in rows)
        parts.append(TablePart(group, conditions[where]))
    return tuple(parts)


def _written(name: str, f: doc.Fields) -> TableRow:
    said = tuple(f.text(key) for key in ("note", "authority", "not_modelled") if f.has(key))
    doubt = (f"known with {f.text('confidence')} confidence",) if f.text("confidence", "high") != "high" else ()
    return TableRow(
        table=name,
        place=f.text("place") or f.text("group"),
        days=to_row(f, Problems()),  # what is wrong with it is told where the row is used
        where=f.text("where"),
        cite=f.text("cite"),
        source=f.text("source"),
        remarks=(*said, *doubt),
        span=f.span,
    )


def _rows(f: doc.Fields, names: Names) -> list[Row]:
    if f.has("place") == f.has("group"):
        f.problems.add("missing-key", "a row has either `place` or `group`", f.span, context=f.context)
        return []
    groups, places = names.vocabulary.group, names.vocabulary.place
    row = to_row(f, f.problems)
    if f.has("group") and f.text("group") in groups:
        return [r for m in groups[f.text("group")].rows if (r := cut(m, row.first_day, row.last_day))]
    if f.has("group"):
        f.problems.add_unknown("unknown-place", "group", f.text("group"), groups, f.span_of("group"), context=f.context)
        return []
    if row.place not in places:
        f.problems.add_unknown("unknown-place", "place", row.place, places, f.span_of("place"), context=f.context)
        return []
    return [row]
