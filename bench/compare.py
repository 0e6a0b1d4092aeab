"""Compare two result files: `python bench/compare.py before.json after.json`. With one file, its table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

Results = dict[str, Any]


def table(results: Results) -> str:
    """The figures of one run, with what they should reach."""
    rows = [("figure", "value", "aim", "")]
    for figure in results["figures"]:
        aim = (
            ""
            if figure["aim"] is None
            else f"{'at least' if figure['more_is_better'] else 'at most'} {figure['aim']:g}"
        )
        rows.append((figure["name"], f"{figure['value']:g} {figure['unit']}", aim, _mark(figure)))
    return "\n".join([results["machine"], *_lines(rows), *results["notes"]])


def _mark(figure: Results) -> str:
    if figure["aim"] is None:
        return ""
    good = figure["value"] >= figure["aim"] if figure["more_is_better"] else figure["value"] <= figure["aim"]
    return "reached" if good else "MISSED"


def changes(before: Results, after: Results) -> str:
    """What changed from one run to the other. Times are those of two runs, so of two moments: ratios tell more."""
    old = {figure["name"]: figure for figure in before["figures"]}
    rows = [("figure", "before", "after", "change")]
    for figure in after["figures"]:
        was = old.pop(figure["name"], None)
        change = "new" if was is None else "" if not was["value"] else f"{figure['value'] / was['value'] - 1:+.0%}"
        rows.append(
            (
                figure["name"],
                "" if was is None else f"{was['value']:g}",
                f"{figure['value']:g} {figure['unit']}",
                change,
            )
        )
    rows += [(name, f"{figure['value']:g} {figure['unit']}", "", "gone") for name, figure in old.items()]
    return "\n".join(_lines(rows))


def _lines(rows: list[tuple[str, str, str, str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def main(files: list[str]) -> int:
    if len(files) not in (1, 2):
        print(__doc__)
        return 2
    runs = [json.loads(Path(f).read_text(encoding="utf-8")) for f in files]
    print(table(runs[0]) if len(runs) == 1 else changes(*runs))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
