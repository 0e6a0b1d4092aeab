"""The glossary, generated from the vocabulary: every name a map, a case or a pack may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comity.facts import Entry, Fact, Measure, Vocabulary
from comity.report.json import value_to_json

FORMAT = "facts/1"


def glossary_to_json(vocabulary: Vocabulary, part: str = "") -> dict[str, Any]:
    """The entries whose id or meaning holds `part`."""
    return {
        "format": FORMAT,
        "facts": [_fact(f) for f in vocabulary.facts if _holds(part, f.id, f.means)],
        **{
            name: [_entry(e) for e in entries if _holds(part, e.id, e.means)]
            for name, entries in (
                *vocabulary.vocabularies.items(),
                ("kinds", vocabulary.kinds),
                ("roles", vocabulary.roles),
            )
        },
        "measures": [_measure(m) for m in vocabulary.measures if _holds(part, m.id, m.means)],
        "groups": [
            {"id": g.id, "means": g.means, "n_members": len({r.place for r in g.rows})}
            for g in vocabulary.groups
            if _holds(part, g.id, g.means)
        ],
        "places": [
            {"id": p.id, "name": p.name, "in": p.within} for p in vocabulary.places if _holds(part, p.id, p.name)
        ],
    }


def _holds(part: str, *texts: str) -> bool:
    return not part or any(part.lower() in text.lower() for text in texts)


def _fact(fact: Fact) -> dict[str, Any]:
    found: dict[str, Any] = {"id": fact.id, "type": fact.type, "means": fact.means, "ask": fact.ask}
    if fact.type == "one-of":
        found["of"] = list(fact.of)
    if fact.presume is not None or fact.presume_from:
        found["presumed"] = value_to_json(fact.presume) if fact.presume_from is None else f"as {fact.presume_from}"
        found["because"], found["hides"] = fact.because, fact.hides
    optional = {"unit": fact.unit, "change": fact.change, "judged": fact.judged, "dpv": fact.dpv}
    return found | {key: value for key, value in optional.items() if value}


def _entry(entry: Entry) -> dict[str, Any]:
    return (
        {"id": entry.id, "means": entry.means}
        | ({"in": list(entry.within)} if entry.within else {})
        | ({"dpv": entry.dpv} if entry.dpv else {})
    )


def _measure(measure: Measure) -> dict[str, Any]:
    found = {
        "id": measure.id,
        "means": measure.means,
        "effort": measure.effort,
        "by": measure.by,
        "serves": measure.serves,
    }
    return found | {key: value for key in ("decides", "takes") if (value := getattr(measure, key))}


def glossary_to_text(vocabulary: Vocabulary, part: str = "") -> str:
    """The glossary as text; empty where nothing holds `part`."""
    found = glossary_to_json(vocabulary, part)
    lines: list[str] = []
    for section in ("kinds", "roles", "facts", "categories", "purposes", "necessities", "measures", "groups", "places"):
        entries = found[section]
        if section == "places" and not part:
            entries = []
        if entries:
            lines += ["", section.upper(), *(line for e in entries for line in _lines(section, e))]
    return "\n".join(lines[1:]) + "\n" if lines else ""


def _lines(section: str, entry: dict[str, Any]) -> Iterator[str]:
    about = {
        "facts": f" ({entry.get('type')}{', ' + entry['unit'] if entry.get('unit') else ''})",
        "measures": f" (effort {entry.get('effort')}, by {entry.get('by')}, serves {entry.get('serves')})",
        "groups": f" ({entry.get('n_members')} places)",
    }.get(section, "")
    inside = entry.get("in")
    about += f" (in {inside if isinstance(inside, str) else ', '.join(inside)})" if inside else ""
    yield f"  {entry['id']}{about}: {entry.get('means') or entry.get('name', '')}"
    if entry.get("ask"):
        yield f"      {entry['ask']}"
    if entry.get("of"):
        yield f"      one of: {', '.join(entry['of'])}"
    if "presumed" in entry:
        yield f"      presumed: {entry['presumed']}, because {entry['because']}"
        yield f"      a wrong presumption can hide: {entry['hides']}"
    if entry.get("change"):
        yield f"      can be changed, effort {entry['change']}"
    if entry.get("decides"):
        yield f"      decided by {entry['decides']}: {entry['takes']}"
    if entry.get("dpv"):
        yield f"      {entry['dpv']}"
