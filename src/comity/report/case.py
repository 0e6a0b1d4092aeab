"""A case as a person would write it: what follows from the rest, and what is presumed anyhow, is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from comity.case import Case, Facts, close_members, normalise
from comity.facts import Members, Value, Vocabulary
from comity.report.json import value_to_json

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./+-]*")


def case_to_yaml(case: Case, vocabulary: Vocabulary) -> str:
    """A case as the text of a case file, which `comity decide` reads.

    Args:
        case: the case; what a map adds to one (opinions, whose assumption a fact is) has no place in a case file.
        vocabulary: of its facts.
    """
    shape = case_to_json(case, vocabulary)
    lines = [f"{key}: {_inline(shape[key])}" for key in ("id", "kind", "day") if key in shape]
    for section in ("facts", "measures", "totals"):
        if section in shape:
            lines += [f"{section}:", *(f"  {_inline(key)}: {_inline(value)}" for key, value in shape[section].items())]
    return "\n".join(lines) + "\n"


def case_to_json(case: Case, vocabulary: Vocabulary) -> dict[str, Any]:
    """A case in the keys of a case file, facts in the order of the vocabulary; null where it is said to be unknown."""
    facts = least_facts(case, vocabulary)
    told = {
        name: _value(vocabulary, name, facts.get(name))
        for name in vocabulary.fact
        if name in facts or name in case.unknown
    }
    totals: dict[str, dict[str, Any]] = {}
    for total, count in sorted(case.totals.items()):
        pack, _, name = total.rpartition(":")
        totals.setdefault(pack, {})[name] = value_to_json(count)
    measures = {measure: state for measure, state in sorted(case.measures.items()) if state != "not-yet"}
    shape = {"id": case.id, "kind": case.kind, "day": case.day.isoformat()}
    shape = {key: value for key, value in shape.items() if value}
    sections = {"facts": told, "measures": measures, "totals": totals}
    return shape | {key: value for key, value in sections.items() if value}


def least_facts(case: Case, vocabulary: Vocabulary) -> dict[str, Value]:
    """The facts of a case without those that say nothing more: left out, every fact still has the same value."""
    left = dict(case.facts)
    before = _values(case, left, vocabulary)
    mirrored = {some for _, some, _ in vocabulary.mirrors}
    for name in sorted(
        case.facts, key=lambda n: n not in mirrored
    ):  # `data.personal` says more shortly what a set says
        fewer = {other: value for other, value in left.items() if other != name}
        if name not in case.unknown and _values(case, fewer, vocabulary) == before:
            left = fewer
    return left


def _values(case: Case, facts: Mapping[str, Value], vocabulary: Vocabulary) -> list[Value | None]:
    """What every fact comes to where only some are said."""
    said = Case(case.id, case.kind, case.day, normalise(vocabulary, facts), case.unknown)
    known = Facts(vocabulary, said)
    return [known.value(fact) for fact in vocabulary.fact]


def _value(vocabulary: Vocabulary, name: str, value: Value | None) -> Any:
    return _members(vocabulary, name, value) if isinstance(value, Members) else value_to_json(value)


def _members(vocabulary: Vocabulary, name: str, value: Members) -> Any:
    """A some-of fact: the narrowest members that are in, and the broadest that are out, if not all others are."""
    every = vocabulary.members[name]
    yes = sorted(m for m in value.yes if not (vocabulary.narrower.get(m, frozenset({m})) - {m}) & value.yes)
    if not value.open:
        return {"only": yes}
    no = every - value.yes - value.open
    if close_members(vocabulary, name, Members(value.yes, every - value.yes)) == value:
        return yes
    least = sorted(m for m in no if not (vocabulary.broader.get(m, frozenset({m})) - {m}) & no)
    return {"yes": yes, "no": least} if yes else {"no": least}


def _inline(value: Any) -> str:
    """A value on one line; text in quotes where YAML or a reader could take it for something else."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list():
            return f"[{', '.join(_inline(item) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{_inline(key)}: {_inline(item)}' for key, item in value.items())}}}"
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text != "unknown" else json.dumps(text, ensure_ascii=False)
