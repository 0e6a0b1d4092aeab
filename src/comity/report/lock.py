"""How a map differs from its lock, as text and as JSON: which verdicts, which way, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comity.facts import Vocabulary
from comity.ledger.drift import Cause, Difference, Drift
from comity.report import words
from comity.report.until import some_text, turn_to_json, turns_text

WIDTH = 100


def drift_to_text(vocabulary: Vocabulary, drift: Drift, *, is_over: bool = False) -> str:
    """A line where all is as locked; else each difference with its causes, what got worse first.

    Args:
        vocabulary: the names of things.
        drift: the differences.
        is_over: whether all was locked anew, so that nothing is left to do.
    """
    n_all = drift.n_same + len(drift.differences)
    if not drift.differences:
        lines = [f"{drift.file}: {words.plural(n_all, 'verdict')}, all as locked"]
    else:
        n = len(drift.differences)
        lines = [f"{drift.file}: {n:,} of {words.plural(n_all, 'entry', 'entries')} not as locked"]
        for difference in drift.differences:
            lines += [f"  {line}" for line in _difference(vocabulary, difference)]
    if drift.packs and not drift.differences:
        lines.append(f"  packs that are not as locked: {some_text(drift.packs)}")
    if not is_over and (drift.differences or drift.packs or drift.vocabulary):
        lines.append("  `comity check --relock` locks what is now; read the difference in git")
    return "\n".join(words.wrap(line, WIDTH) for line in lines) + "\n"


def _difference(vocabulary: Vocabulary, found: Difference) -> Iterator[str]:
    if not found.was:
        yield f"new {found.entry}: {words.verdict_text(found.now)}{_accepted(found)}"
    elif not found.now:
        yield f"gone {found.entry}, locked as {found.was}"
    else:
        way = "worse" if found.is_worse else "better"
        told = f"{words.verdict_text(found.was)} → {words.verdict_text(found.now)}"
        yield f"{way} {found.entry}: {told}{_accepted(found)}, locked on {found.since}"
    for cause in found.causes:
        yield from (f"  {line}" for line in _cause(vocabulary, cause))


def _accepted(found: Difference) -> str:
    return " (accepted)" if found.is_accepted else ""


def _cause(vocabulary: Vocabulary, cause: Cause) -> Iterator[str]:
    match cause.what:
        case "map":
            yield "the map: it says something else of this entry than when it was locked"
        case "counts":
            yield "the map: it says something else of what is counted with this entry"
        case "law":
            said = [f"other law than when it was locked: {some_text(cause.packs)}"] if cause.packs else []
            said += ["other facts, places or measures in the vocabulary"] if cause.vocabulary else []
            yield f"the law: {'; '.join(said)}"
        case "program":
            yield "Comity: it decides the same otherwise than the version that wrote the lock"
        case "day":
            told = turns_text(vocabulary, cause.turns)
            yield f"the day: {told[0] if len(told) == 1 else 'what starts or ends between both'}"
            yield from (f"  {text}" for text in told if len(told) > 1)


def drift_to_json(vocabulary: Vocabulary, drift: Drift) -> dict[str, Any]:
    """The field `lock` of `check/1`."""
    return {
        "file": drift.file,
        "n_same": drift.n_same,
        "packs": list(drift.packs),
        "vocabulary": drift.vocabulary,
        "program": drift.program,
        "differences": [_to_json(vocabulary, d) for d in sorted(drift.differences, key=lambda d: d.entry)],
    }


def with_drift(check: dict[str, Any], vocabulary: Vocabulary, drift: Drift | None) -> dict[str, Any]:
    """A check as JSON with its field `lock`, where it was compared with one."""
    return check if drift is None else check | {"lock": drift_to_json(vocabulary, drift)}


def _to_json(vocabulary: Vocabulary, found: Difference) -> dict[str, Any]:
    return {
        "id": found.entry,
        "was": found.was or None,
        "now": found.now or None,
        "locked_day": found.since.isoformat() if found.since else None,
        "worse": found.is_worse,
        "accepted": found.is_accepted,
        "why": [
            {
                "what": cause.what,
                "packs": list(cause.packs),
                "vocabulary": cause.vocabulary,
                "turns": [turn_to_json(vocabulary, turn) for turn in cause.turns],
            }
            for cause in found.causes
        ],
    }
