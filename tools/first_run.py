"""Keep the first run of a collection of published cases in docs/exam-first.json, once: `tools/first_run.py world`."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from comity.decide.exam import examine_all
from comity.library import load
from comity.pack.ship import packs_root
from comity.report.exam_page import FIRST_FORMAT, first_run
from comity.report.json import dumps

FILE = Path(__file__).parent.parent / "docs" / "exam-first.json"


def main(collections: list[str]) -> int:
    """Run the collections that have not been run yet; refuse one that has."""
    kept: dict[str, Any] = (
        json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"collections": {}, "format": FIRST_FORMAT}
    )
    results = examine_all(load(), packs_root())
    for name in collections:
        if name in kept["collections"]:
            sys.stderr.write(f"`{name}` was run before; its first score stays\n")
            return 2
        cases = first_run(results, name)
        if not cases:
            sys.stderr.write(f"no worked case belongs to `{name}`\n")
            return 2
        kept["collections"][name] = {"day": dt.datetime.now(dt.UTC).date().isoformat(), "cases": cases}
        sys.stdout.write(f"{name}: {sum(c['agrees'] for c in cases.values())} of {len(cases)} agree\n")
    FILE.write_text(dumps(kept), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
