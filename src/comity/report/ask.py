"""The questions about a map: for a terminal and as JSON; and what answers changed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from comity.decide.ask import Asked, Asking
from comity.decide.check import Check
from comity.facts import Vocabulary
from comity.report.exact import unsettled_text
from comity.report.words import clean, plural

FORMAT = "ask/1"
WIDTH = 100


def asking_to_json(check: Check, asking: Asking) -> dict[str, Any]:
    """All questions in the format `ask/1`."""
    return {
        "format": FORMAT,
        "map": check.map.name,
        "day": check.map.day.isoformat(),
        "exact": asking.is_exact,
        "questions": [_question(check.program.vocabulary, asked) for asked in asking.questions],
        "left": [
            {"entry": entry, "reasons": [{"why": u.why, "what": u.what} for u in reasons]}
            for entry, reasons in sorted(asking.left.items())
        ],
        "settled": [{"entry": entry, "verdict": word} for entry, word in sorted(asking.free.items())],
        "open": sorted(asking.open),
    }


def _question(vocabulary: Vocabulary, asked: Asked) -> dict[str, Any]:
    fact = vocabulary.fact.get(asked.fact.partition("#")[0])
    return {
        "fact": asked.fact,
        "ask": asked.ask,
        "means": fact.means if fact is not None else "",
        "about": asked.about,
        "for": list(asked.assumable),
        "settles": list(asked.settles),
        "helps": list(asked.helps),
        "by_hand": list(asked.by_hand),
    }


# --- for people


def asking_to_text(check: Check, asking: Asking) -> str:
    """All questions as a numbered list."""
    vocabulary = check.program.vocabulary
    n_undecided = len({entry for q in asking.questions for entry in q.entries} | {*asking.left, *asking.free})
    lines = [f"{clean(check.map.name)}, as of {check.map.day}: {_count(asking, n_undecided)}"]
    for number, asked in enumerate(asking.questions, 1):
        lines += ["", *question_lines(asked, f"{number}. ")]
    lines += _block("undecided by over-caution only; whatever the answers, it comes to:",
                    [f"{entry}: {word}" for entry, word in sorted(asking.free.items())])  # fmt: skip
    lines += _block("undecided whatever the answers:",
                    [f"{entry}: {'; '.join(unsettled_text(vocabulary, u) for u in reasons)}"
                     for entry, reasons in sorted(asking.left.items())])  # fmt: skip
    why = "not settled in time" if asking.is_exact else "undecided, and no question was found for it"
    lines += _block(f"{why}:", sorted(asking.open))
    return "\n".join(lines)


def _count(asking: Asking, n_undecided: int) -> str:
    if not n_undecided and not asking.open:
        return "nothing is undecided"
    settled = {entry for q in asking.questions for entry in q.settles}
    entries = plural(n_undecided, "undecided entry", "undecided entries")
    return f"{plural(len(asking.questions), 'question')} about {entries}; {len(settled)} settled by one answer"


def _block(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    return ["", title, *(line for item in items for line in _wrap(item, "  ", "    "))]


def question_lines(asked: Asked, mark: str) -> Iterator[str]:
    """A question with what it is about; `mark` stands before it."""
    blank = " " * len(mark)
    yield from _wrap(asked.ask, mark, blank)
    yield from _wrap(f"{asked.fact}, of {asked.about}", blank, blank)
    if asked.settles:
        yield from _wrap(f"settles {', '.join(asked.settles)}", blank, blank)
    if asked.helps:
        yield from _wrap(f"helps to settle {', '.join(asked.helps)}", blank, blank)
    if asked.by_hand:
        told = f"for {', '.join(asked.by_hand)} to be said where the map describes it: it cannot be assumed"
        yield from _wrap(told, blank, blank)


def means_text(vocabulary: Vocabulary, asked: Asked) -> str:
    """What the fact of a question means, and what can be answered."""
    base, _, member = asked.fact.partition("#")
    fact = vocabulary.fact.get(base)
    if fact is None:
        return "a total, counted as the law of that pack counts it; a number, or `at least 5`, `at most 10`"
    if member:
        entries = {e.id: e for group in vocabulary.vocabularies.values() for e in group}
        means = entries[member].means if member in entries else ""
        return f"{fact.means}. `{member}`: {means or member}. Answer `yes` or `no`"
    return fact.means + (f". One of: {', '.join(fact.of)}" if fact.type == "one-of" else "")


def changes_text(before: Check, after: Check) -> str:
    """What the answers changed, entry by entry."""
    old = {f.flow.id: f.verdict for f in before.flows}
    changed = [f"{f.flow.id}: {old[f.flow.id]} → {f.verdict}" for f in sorted(after.flows, key=lambda f: f.flow.id)
               if f.flow.id in old and old[f.flow.id] != f.verdict]  # fmt: skip
    still = sorted(f.flow.id for f in after.flows if f.verdict == "undecided")
    lines = changed or ["no verdict changed"]
    return "\n".join([*lines, f"still undecided: {', '.join(still)}"] if still else lines)


def _wrap(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(clean(text), WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
