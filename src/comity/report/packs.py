"""The list of packs: what they hold, how old they are, how far they agree with their worked cases."""

from __future__ import annotations

from typing import Any

from comity.decide.exam import Result, to_counts
from comity.pack.program import Pack, Program
from comity.report.exam_page import exam_of_pack

FORMAT = "packs/1"


def packs_to_json(program: Program, results: list[Result]) -> dict[str, Any]:
    """Every pack with its days, clauses, sources, and the counts of its worked cases."""
    return {"format": FORMAT, "digest": program.digest, "packs": [_pack(p, results) for p in program.packs]}


def _pack(pack: Pack, results: list[Result]) -> dict[str, Any]:
    return {
        "id": pack.id,
        "title": pack.title,
        "party": pack.party,
        "binding": pack.binding,
        "keeper": pack.keeper,
        "review": pack.review,
        "read_day": pack.read_day.isoformat(),
        "next_read_day": pack.next_read_day.isoformat() if pack.next_read_day else None,
        "stale_after": pack.stale_after,
        "n_clauses": len(pack.clauses),
        "kinds": sorted({k for c in pack.covers for k in c.kinds}),
        "not_modelled": list(pack.not_modelled),
        "sources": [
            {"id": s.id, "title": s.title, "url": s.url, "read_day": s.read_day.isoformat()} for s in pack.sources
        ],
        "cases": to_counts(r for r in results if r.pack == pack.id),
        "exam": exam_of_pack(pack.id, results),
    }


def packs_to_text(program: Program, results: list[Result]) -> str:
    """A paragraph per pack."""
    lines = []
    for pack in program.packs:
        counts = to_counts(r for r in results if r.pack == pack.id)
        share = 100 * counts["agree"] / counts["cases"] if counts["cases"] else 0
        read = f"law as read on {pack.read_day}, next reading {pack.next_read_day or 'not set'}"
        kinds = ", ".join(sorted({k for c in pack.covers for k in c.kinds}))
        agreed = f"{counts['agree']} agree ({share:.1f} %), {counts['differ']} differ, {counts['known']} known misses"
        lines += [
            f"{pack.id}: {pack.title}",
            f"  {read}, stale after {pack.stale_after} days; {pack.review}; kept by: {pack.keeper}",
            f"  {len(pack.clauses)} clauses on {kinds}",
            f"  {counts['cases']} worked cases: {agreed}",
            f"  regulators' exam: {_exam(pack, results)}",
        ]
    return "\n".join(lines) + "\n"


def _exam(pack: Pack, results: list[Result]) -> str:
    exam = exam_of_pack(pack.id, results)
    if not exam["examined"]:
        return f"not examined ({exam['cases']} published cases)"
    return f"{exam['agree']} of {exam['cases']} published cases agree ({exam['percent']} %)"
