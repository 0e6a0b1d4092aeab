"""Questions to the real packs, written as in a case file."""

import datetime as dt
from functools import cache

from comity.case import Case, read_facts
from comity.decide.decision import Decision, Duty, PackDecision, decide
from comity.decide.fast import Fast, compile_program
from comity.document import parse_document
from comity.errors import Problems
from comity.library import load
from comity.pack.program import Program

TODAY = "2026-11-20"


@cache
def compiled() -> tuple[Program, Fast]:
    """All packs, compiled once."""
    program = load()
    return program, compile_program(program)


def ask(kind: str, facts: str, *, day: str = TODAY, measures: dict[str, str] | None = None) -> Decision:
    """The decision on one case: its kind, and its facts as `name: value, ...`."""
    program, fast = compiled()
    problems = Problems()
    found, unknown = read_facts(parse_document(f"{{{facts}}}", "facts"), program.vocabulary, problems)
    problems.require_none()
    case = Case("case", kind, dt.date.fromisoformat(day), found, unknown, measures=measures or {})
    return decide(program, case, find=fast.find, why=False)


def pack(decision: Decision, id_: str) -> PackDecision:
    """What one pack says."""
    return next(p for p in decision.packs if p.pack == id_)


def duties(decision: Decision) -> dict[str, Duty]:
    """All duties that are owed, or may be, by clause."""
    return {d.clause: d for p in decision.packs for d in p.duties if d.state in ("open", "unknown", "ordered")}


def clauses(decision: Decision) -> set[str]:
    """All clauses that decide."""
    return {r.clause for p in decision.packs for r in p.reasons}
