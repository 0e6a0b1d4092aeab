"""What an organisation has accepted, each with who answers for it, until when, and whether it still holds."""

from __future__ import annotations

import datetime as dt

from comity.decide.check import Check, FlowDecision
from comity.report import words

WIDTH = 100


def accepted_to_text(check: Check) -> str:
    """A line for each acceptance of a map, whatever its entry is now; empty where there is none."""
    told = [
        _line(found, check.map.day) for found in sorted(check.flows, key=lambda f: f.flow.id) if found.flow.accepted
    ]
    return "\n".join(words.wrap(line, WIDTH) for line in ["accepted", *told]) + "\n" if told else ""


def _line(found: FlowDecision, day: dt.date) -> str:
    accepted = found.flow.accepted
    assert accepted is not None  # noqa: S101 - the caller has looked
    said = words.clean(f"as {accepted.verdict} until {accepted.until} by {accepted.who}: {accepted.why}")
    return f"  {found.flow.id}: {said} [{state_text(found, day)}]"


def state_text(found: FlowDecision, day: dt.date) -> str:
    """Whether the acceptance of an entry still counts, in a few words."""
    accepted = found.flow.accepted
    if accepted is None:
        return ""
    if found.verdict == "allowed":
        return "no longer needed: it is allowed now"
    if found.is_accepted:
        return "does not fail until then"
    if found.verdict == "forbidden":
        return "does not count: what is forbidden cannot be accepted"
    if accepted.until < day:
        return "over: it fails again"
    return f"does not count: it is {found.verdict} now"
