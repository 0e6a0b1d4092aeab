"""What was counted for a map, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from comity.intake.append import Plain
from comity.intake.count import Count
from comity.report.words import clean, plural

FORMAT = "count/1"


def counts_to_json(counts: Iterable[Count]) -> dict[str, Any]:
    """Counts in the format `count/1`; `now` is what the map said before, null where it said nothing."""
    return {
        "format": FORMAT,
        "sets": [
            {
                "id": count.set.query.people,
                "at": count.set.query.at,
                "counted": not count.problems,
                "dialect": count.dialect,
                "digest": f"sha256:{count.set.query.digest}",
                "now": count.set.now,
                "count": dict(count.counts),
                "devices": None if count.devices is None else dict(count.devices),
                "problems": [problem.to_json() for problem in count.problems],
            }
            for count in counts
        ],
    }


def counts_to_text(counts: Iterable[Count]) -> str:
    """Counts, as a person reads them: a line for each set."""
    return "\n".join(_line(count) for count in counts)


def _line(count: Count) -> str:
    query = count.set.query
    if count.problems:
        return f"{clean(query.people)}: stays as it was, {plural(len(count.problems), 'problem')}"
    said = f"{plural(sum(count.counts.values()), 'person', 'persons')} in {plural(len(count.counts), 'place')}"
    return f"{clean(query.people)}: {said}, counted in {query.at} ({count.dialect}){_before(count.set.now, count)}"


def _before(now: Plain | None, count: Count) -> str:
    """What is otherwise than the map said."""
    if not isinstance(now, dict):
        return ""
    before = {
        place: number.replace("_", "").replace(" ", "") for place, number in now.items() if isinstance(number, str)
    }
    places = [p for p in sorted({*now, *count.counts}) if before.get(p) != str(count.counts.get(p, ""))]
    return (
        f"; otherwise than before: {', '.join(places[:12])}{' ...' if len(places) > 12 else ''}"
        if places
        else "; as before"
    )
