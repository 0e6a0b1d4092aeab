"""Ways to make entries lawful, and the joint plan: for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comity.decide.plan import Plan
from comity.decide.way import Change, Obstacle, Remedy, Way
from comity.report.json import value_to_json

FORMAT = "remedy/1"
NOTE = (
    "A way is help with the rules as modelled, no legal advice. Nothing here changes who the people are, the purpose "
    "or what is counted: flows, people, recipients and days are never split to fall below a threshold."
)
_WHY = {
    "forbids": "forbids it",
    "unknown": "may forbid it: too little is known",
    "not-modelled": "does not model such a case",
    "stale-pack": "was read too long ago",
    "no-pack": "no pack holds this law",
}


def remedies_to_text(name: str, remedies: tuple[Remedy, ...], plan: Plan | None) -> str:
    """All ways, as a person reads them."""
    lines = [f"Remedies of {name}", ""]
    if not remedies:
        return "\n".join([*lines, "Every entry asked about is allowed: nothing to do."])
    for remedy in remedies:
        lines += [*_remedy(remedy), ""]
    if plan is not None:
        lines += [*_plan(plan), ""]
    return "\n".join([*lines, NOTE])


def _remedy(remedy: Remedy) -> Iterator[str]:
    yield f"{remedy.flow}: {remedy.verdict}. {remedy.title}".rstrip(". ")
    for number, way in enumerate(remedy.ways, 1):
        yield f"  way {number}, effort {way.effort}, then allowed"
        for change in way.changes:
            yield from (f"    {line}" for line in change_to_lines(change))
    if not remedy.ways and remedy.is_past:
        yield "  it is over: what was missing can no longer be put in place"
    if remedy.obstacles:
        yield "  nothing that may be changed helps. In the way:"
        yield from (f"    {_obstacle(o)}" for o in remedy.obstacles)
    if remedy.alone:
        yield "  and each of these alone:"
        yield from (f"    {_obstacle(o)}" for o in remedy.alone)
    if remedy.is_open:
        yield "  open: not all was settled in time; there may be more or cheaper ways"


def change_to_lines(change: Change) -> Iterator[str]:
    """A change with its condition and the articles behind it."""
    name = f"`{change.key.id}`: " if change.key.what in ("measure", "fact") else ""
    yield f"- {name}{change.means} (effort {change.effort})"
    if change.condition:
        yield f"  {change.condition}"
    if change.clauses:
        cites = list(dict.fromkeys(cite for _, cite in change.clauses))
        more = f", and {len(cites) - 6} more" if len(cites) > 6 else ""
        yield f"  {'; '.join(cites[:6])}{more}"


def _obstacle(obstacle: Obstacle) -> str:
    says = f": {obstacle.says}" if obstacle.says else ""
    return f"- {obstacle.cite} {_WHY[obstacle.reason]}{says}"


def _plan(plan: Plan) -> Iterator[str]:
    if plan.is_open:
        yield "Joint plan: open; it was not settled in time"
    elif plan.ways:
        yield f"Joint plan: {len(plan.ways)} entries allowed for effort {plan.effort}"
        for step in plan.steps:
            first, *rest = change_to_lines(step.change)
            yield f"  {first}: {', '.join(step.flows)}"
            yield from (f"  {line}" for line in rest)
    if plan.left:
        yield f"No change helps: {', '.join(plan.left)}"


# --- JSON


def remedies_to_json(name: str, day: str, remedies: tuple[Remedy, ...], plan: Plan | None) -> dict[str, Any]:
    """All ways for programs, in the format `remedy/1`."""
    return {
        "format": FORMAT,
        "map": name,
        "day": day,
        "remedies": [remedy_to_json(remedy) for remedy in remedies],
        "plan": _plan_to_json(plan) if plan is not None else None,
    }


def remedy_to_json(remedy: Remedy) -> dict[str, Any]:
    """The ways of one entry."""
    return {
        "id": remedy.flow,
        "verdict": remedy.verdict,
        "ways": [_way_to_json(way) for way in remedy.ways],
        "obstacles": [_obstacle_to_json(o) for o in remedy.obstacles],
        "alone": [_obstacle_to_json(o) for o in remedy.alone],
        "open": remedy.is_open,
        "past": remedy.is_past,
    }


def _way_to_json(way: Way) -> dict[str, Any]:
    return {
        "effort": way.effort,
        "changes": [_change_to_json(change) for change in way.changes],
        "decisions": [
            {
                "case": d.case,
                "verdict": d.verdict,
                "without_presumptions": d.without_presumptions[0],
                "packs": {p.pack: p.outcome for p in d.packs if p.outcome != "not-covered"},
            }
            for d in way.decisions
        ],
    }


def _change_to_json(change: Change) -> dict[str, Any]:
    return {
        "what": change.key.what,
        "id": change.key.id,
        "holder": change.key.holder,
        "recipient": change.key.recipient,
        "means": change.means,
        "value": None if change.value is None else value_to_json(change.value),
        "effort": change.effort,
        "by": change.by,
        "condition": change.condition,
        "clauses": [{"clause": clause, "cite": cite} for clause, cite in change.clauses],
    }


def _obstacle_to_json(o: Obstacle) -> dict[str, str]:
    return {"reason": o.reason, "pack": o.pack, "clause": o.clause, "cite": o.cite, "says": o.says}


def _plan_to_json(plan: Plan) -> dict[str, Any]:
    steps = [{"change": _change_to_json(step.change), "flows": list(step.flows)} for step in plan.steps]
    return {
        "effort": plan.effort,
        "steps": steps,
        "ways": {id_: _way_to_json(way) for id_, way in plan.ways},
        "left": list(plan.left),
        "open": plan.is_open,
    }
