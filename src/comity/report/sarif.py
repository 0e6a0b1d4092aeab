"""A check as SARIF 2.1.0 for code review: one result for each clause that stands against an entry of the map."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from comity.decide.check import Check, FlowDecision
from comity.report import words
from comity.report.json import summary
from comity.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
NO_PACK = "no-pack"
UNSETTLED = "unsettled"


@dataclass(frozen=True)
class _Rule:
    """What a result names: a clause, or a reason that is no clause."""

    id: str
    short: str
    full: str
    url: str = ""
    confidence: str = ""


_OWN_RULES = {
    NO_PACK: _Rule(NO_PACK, "No pack", "An entry touches a place whose law no pack holds."),
    UNSETTLED: _Rule(
        UNSETTLED, "Undecided", "A fact is missing, or a pack does not model the case or was read too long ago."
    ),
}


def check_to_sarif(check: Check) -> dict[str, Any]:
    """A check as one SARIF run. Entries that are allowed give no result; accepted ones are suppressed."""
    found = [(f, rule) for f in sorted(check.flows, key=lambda f: f.flow.id) for rule in _rules(check, f)]
    rules = sorted({rule.id: rule for _, rule in found}.values(), key=lambda r: r.id)
    index = {rule.id: number for number, rule in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(check, rules)},
                "columnKind": "unicodeCodePoints",
                "results": [_result(check, f, rule, index[rule.id]) for f, rule in found],
                "properties": {
                    "map": check.map.name,
                    "day": check.map.day.isoformat(),
                    "summary": summary(check),
                    "packsLeftOut": list(check.left_out),
                },
            }
        ],
    }


# --- rules


def _driver(check: Check, rules: list[_Rule]) -> dict[str, Any]:
    packs = "; ".join(f"{p.id} as read on {p.read_day}, {p.review}" for p in check.program.packs)
    return {
        "name": "Comity",
        "version": __version__,
        "semanticVersion": __version__,
        "shortDescription": {"text": "Decides data flows under the law of every country they touch."},
        "fullDescription": {"text": _text(f"{words.ALLOWED_MEANS} {words.NO_ADVICE} Packs: {packs}.")},
        "rules": [_descriptor(rule) for rule in rules],
    }


def _descriptor(rule: _Rule) -> dict[str, Any]:
    return (
        {"id": rule.id, "shortDescription": {"text": _text(rule.short)}, "fullDescription": {"text": _text(rule.full)}}
        | ({"helpUri": rule.url} if rule.url else {})
        | ({"properties": {"confidence": rule.confidence}} if rule.confidence else {})
    )


def _rules(check: Check, found: FlowDecision) -> Iterator[_Rule]:
    """The clauses that give an entry its verdict, each once; never none for an entry that is not allowed."""
    if found.verdict == "allowed":
        return
    clauses = {id_: clause for pack in check.program.packs for id_, clause in pack.clause.items()}
    ids = [r.clause for _, r in words.deciding(found)]
    if found.flow.section == "incidents":
        ids += [d.clause for p in found.packs for d in p.duties if d.state in ("open", "unknown", "impossible")]
    for id_ in sorted(set(ids)):
        clause = clauses[id_]
        yield _Rule(id_, clause.cite, clause.says, clause.url, clause.confidence)
    if found.no_pack:
        yield _OWN_RULES[NO_PACK]
    elif not ids:
        yield _OWN_RULES[UNSETTLED]


# --- results


def _result(check: Check, found: FlowDecision, rule: _Rule, index: int) -> dict[str, Any]:
    return {
        "ruleId": rule.id,
        "ruleIndex": index,
        "level": _level(found),
        "message": {"text": _text(_message(check, found, rule))},
        "locations": [_location(found)],
        "partialFingerprints": {"comityEntry/v1": _fingerprint(found, rule)},
        "suppressions": _suppressions(found),
        "properties": {
            "entry": found.flow.id,
            "verdict": found.verdict,
            "lowest": found.lowest,
            "highest": found.highest,
            "todo": [words.todo_text(t) for t in words.sorted_todo(found)],
        },
    }


def _level(found: FlowDecision) -> str:
    """An error is forbidden; a warning may turn out so, or something is missing; a note is at worst conditional."""
    if found.verdict == "forbidden":
        return "error"
    return "note" if found.verdict == "undecided" and found.highest == "conditional" else "warning"


def _message(check: Check, found: FlowDecision, rule: _Rule) -> str:
    ends = words.ends_text(check.program.vocabulary, found.flow.ends)
    verdict = found.verdict
    if verdict == "undecided":
        verdict = f"undecided ({words.range_text(found.lowest, found.highest)})"
    under = rule.short
    if rule.id == NO_PACK:
        under = "no pack for " + ", ".join(words.place_text(check.program.vocabulary, p) for p in found.no_pack)
    todo = "; ".join(words.todo_text(t) for t in words.sorted_todo(found))
    says = f"{words.clean(found.flow.title or found.flow.id)} [{ends}]: {verdict}. {under}: {rule.full}"
    return says + (f" To do: {todo}." if todo else "")


def _text(text: str) -> str:
    """A text as a SARIF message: brackets would make links, braces placeholders.

    Source: SARIF 2.1.0 §3.11.5, §3.11.6.
    """
    for plain, escaped in (("\\", "\\\\"), ("[", "\\["), ("]", "\\]"), ("{", "{{"), ("}", "}}")):
        text = text.replace(plain, escaped)
    return text


def _location(found: FlowDecision) -> dict[str, Any]:
    span = found.flow.span
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(span.file)}}
    if span.line > 0:
        column = max(1, span.column)
        place["region"] = {"startLine": span.line, "startColumn": column, "endColumn": column + max(1, span.length)}
    name = {"name": found.flow.id, "fullyQualifiedName": f"{found.flow.section}/{found.flow.id}", "kind": "member"}
    return {"physicalLocation": place, "logicalLocations": [name]}


def _uri(file: str) -> str:
    """The address of a file as it was named: relative, or with its scheme where it starts at a root or a drive."""
    path = quote(file.replace("\\", "/"))
    drive = re.match(r"([A-Za-z])%3A/", path)
    if drive:
        return f"file:///{drive[1]}:/{path[drive.end() :]}"
    return f"file://{path}" if path.startswith("/") else path


def _fingerprint(found: FlowDecision, rule: _Rule) -> str:
    """The same as long as entry, clause and verdict are: moving lines in the map makes no new finding."""
    return hashlib.sha256("\0".join((found.flow.id, rule.id, found.verdict)).encode()).hexdigest()[:32]


def _suppressions(found: FlowDecision) -> list[dict[str, Any]]:
    accepted = found.flow.accepted
    if accepted is None or not found.is_accepted:
        return []
    why = f"{accepted.why} ({accepted.who}, until {accepted.until})"
    return [{"kind": "external", "status": "accepted", "justification": why}]
