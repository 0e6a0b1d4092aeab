"""Two texts of law compared, and the review of a draft: as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from comity.case import Case
from comity.decide.compare import (
    APART,
    DIFFERENT,
    EQUAL,
    LOOSER,
    OPEN,
    STRICTER,
    Comparison,
    Example,
    KindComparison,
    Said,
)
from comity.facts import Vocabulary
from comity.pack.program import Clause
from comity.report import words
from comity.report.case import case_to_json, case_to_yaml

FORMAT = "compare/1"
WIDTH = 100
_RELATIONS = {
    EQUAL: "equal",
    STRICTER: "{first} is stricter",
    LOOSER: "{second} is stricter",
    DIFFERENT: "different: each is stricter in some cases",
    APART: "no case is reached by both",
    OPEN: "open",
}
_CHANGES = {
    EQUAL: "equal",
    STRICTER: "looser than before",
    LOOSER: "stricter than before",
    DIFFERENT: "different: stricter in some cases, looser in others",
    APART: "equal",
    OPEN: "open",
}
_OPEN = {
    "stricter": "where {first} is stricter",
    "looser": "where {second} is stricter",
    "stale": "anything: the law was read too long before that day",
}


# --- text


def comparisons_to_text(comparisons: Sequence[Comparison], vocabulary: Vocabulary) -> str:
    """Each comparison with its relation, kind by kind, and the examples."""
    lines: list[str] = []
    for comparison in comparisons:
        lines += [*_comparison(comparison, vocabulary), ""]
    lines.append(words.NO_ADVICE)
    return "\n".join(lines) + "\n"


def _comparison(found: Comparison, vocabulary: Vocabulary) -> Iterator[str]:
    names = {"first": found.first.name, "second": found.second.name}
    relation = (_CHANGES if found.is_versions else _RELATIONS)[found.relation].format(**names)
    if found.is_versions:
        yield f"{found.first.name} → {found.second.name}: {relation}"
    else:
        yield f"{found.first.name} and {found.second.name}, law of {found.first.day}: {relation}"
    for title, clauses in (("new", found.added), ("gone", found.removed), ("changed", found.changed)):
        yield from (words.wrap(f"  {title}: {_clause(c)}", WIDTH) for c in clauses)
    for kind in found.kinds:
        yield from _kind(found, kind, vocabulary)
    for name, case in zip(names.values(), (found.reach.first, found.reach.second), strict=True):
        if case is not None:
            yield from ("", f"only {name} reaches:")
            yield from _case(case, vocabulary)
    yield from (f"open: what {names[what]} alone reaches" for what in found.reach.open)


def _clause(clause: Clause) -> str:
    return f"{clause.cite} ({clause.id}): {clause.says}"


def _kind(found: Comparison, kind: KindComparison, vocabulary: Vocabulary) -> Iterator[str]:
    names = {"first": found.first.name, "second": found.second.name}
    if found.is_versions:
        if kind.relation != EQUAL:
            yield from ("", f"{kind.kind}: {_CHANGES[kind.relation]}")
        yield from _changes(found, kind, vocabulary)
    else:
        modelled = [name for name, models in zip(names.values(), kind.models, strict=True) if models]
        relation = _RELATIONS[kind.relation].format(**names)
        yield from ("", f"{kind.kind}: " + (relation if all(kind.models) else f"only {modelled[0]} models it"))
        for name, examples in zip(names.values(), (kind.stricter, kind.looser), strict=True):
            for example in examples:
                yield f"  {name} is stricter:"
                yield from _example(found, example, vocabulary)
    yield from (f"  open: {_OPEN[what].format(**names)}" for what in kind.open)


def _changes(found: Comparison, kind: KindComparison, vocabulary: Vocabulary) -> Iterator[str]:
    for examples in (kind.looser, kind.stricter):
        for example in examples:
            before, now = example.first.verdict, example.second.verdict
            yield f"  {_change_text(before, now)}:"
            yield from _example(found, example, vocabulary)


def _change_text(before: str, now: str) -> str:
    """What happens to the flows of which an example is the smallest."""
    if now == "forbidden":
        return "newly forbidden"
    if now == "conditional":
        return "newly on conditions" if before == "allowed" else "no longer forbidden, on conditions"
    return "freed"


def _example(found: Comparison, example: Example, vocabulary: Vocabulary) -> Iterator[str]:
    if not example.is_smallest:
        yield "      (a case, perhaps not the smallest)"
    yield from _case(example.case, vocabulary)
    for side, said in ((found.first, example.first), (found.second, example.second)):
        yield f"    {side.name}: {words.verdict_text(said.verdict)}"
        yield from (words.wrap(line, WIDTH) for line in _said(said))


def _said(said: Said) -> Iterator[str]:
    """The clauses that give a side its verdict: what forbids, or what lifts that."""
    is_free = said.verdict == "allowed"
    deciding = [c for c in said.clauses if (c.effect == "excuses") == is_free]
    deciding = [c for c in deciding if c.state != "unknown"] or deciding
    for clause in deciding:
        yield f"      {clause.cite} ({clause.clause}): {clause.says}"
    if not deciding:
        yield {
            "not-covered": "      does not reach this case",
            "not-modelled": "      says nothing of this kind of case",
        }.get(said.outcome, "      no clause stands against it")


def _case(case: Case, vocabulary: Vocabulary) -> Iterator[str]:
    yield textwrap.indent(case_to_yaml(case, vocabulary).rstrip(), " " * 6)


# --- JSON


def comparisons_to_json(comparisons: Iterable[Comparison], vocabulary: Vocabulary) -> dict[str, Any]:
    """Each comparison with all its examples; a case is told in the keys of a case file."""
    return {"format": FORMAT, "comparisons": [_comparison_to_json(c, vocabulary) for c in comparisons]}


def _comparison_to_json(found: Comparison, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "first": _side(found.first.name, found.first.pack.id, found.first.day.isoformat()),
        "second": _side(found.second.name, found.second.pack.id, found.second.day.isoformat()),
        "relation": found.relation,
        "versions": found.is_versions,
        "kinds": [_kind_to_json(k, vocabulary) for k in sorted(found.kinds, key=lambda k: k.kind)],
        "reach": {
            "first": None if found.reach.first is None else case_to_json(found.reach.first, vocabulary),
            "second": None if found.reach.second is None else case_to_json(found.reach.second, vocabulary),
            "open": sorted(found.reach.open),
        },
        "clauses": {
            title: [{"clause": c.id, "cite": c.cite, "says": c.says} for c in clauses]
            for title, clauses in (("added", found.added), ("removed", found.removed), ("changed", found.changed))
        },
    }


def _side(name: str, pack: str, day: str) -> dict[str, str]:
    return {"name": name, "pack": pack, "day": day}


def _kind_to_json(kind: KindComparison, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "kind": kind.kind,
        "relation": kind.relation,
        "models": dict(zip(("first", "second"), kind.models, strict=True)),
        "stricter": [_example_to_json(e, vocabulary) for e in kind.stricter],
        "looser": [_example_to_json(e, vocabulary) for e in kind.looser],
        "open": sorted(kind.open),
    }


def _example_to_json(example: Example, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "case": case_to_json(example.case, vocabulary),
        "is_smallest": example.is_smallest,
        "first": _said_to_json(example.first),
        "second": _said_to_json(example.second),
    }


def _said_to_json(said: Said) -> dict[str, Any]:
    clauses = [
        {"clause": c.clause, "cite": c.cite, "says": c.says, "effect": c.effect, "state": c.state} for c in said.clauses
    ]
    return {"verdict": said.verdict, "outcome": said.outcome, "clauses": clauses}
