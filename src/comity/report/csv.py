"""The to-do list as CSV: one row for each thing to do."""

from __future__ import annotations

import csv
import io

from comity.decide.check import Check
from comity.report import words

HEADER = ("flow", "title", "verdict", "accepted", "what", "id", "text", "clause", "cite", "effort", "due")
# A spreadsheet would take a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # in a Japanese one the wide forms too


def check_to_csv(check: Check) -> str:
    """The to-do list of a check, worst entries first (RFC 4180, with line feeds alone as line ends)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for found in check.flows:
        accepted = found.flow.accepted.until.isoformat() if found.is_accepted and found.flow.accepted else ""
        for todo in words.sorted_todo(found):
            row = (
                *(found.flow.id, found.flow.title, found.verdict, accepted),
                *(todo.what, todo.id, todo.text, todo.clause, todo.cite, todo.effort, todo.due),
            )
            writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue()


def safe_cell(cell: object) -> object:
    """Text from a map without control characters and never taken for a formula; what is no text stays as it is."""
    if not isinstance(cell, str):
        return cell
    text = words.clean(cell)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
