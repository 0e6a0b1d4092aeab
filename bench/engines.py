"""The engines of the bench behind one face: a flow in; allowed or not (None: undecided) and every reason out."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bench import rules
from comity.case import Case
from comity.decide import verdict
from comity.decide.fast import Fast, compile_program
from comity.facts import Members, Value, read_vocabulary
from comity.pack.link import link
from comity.pack.program import Program
from comity.pack.read import read_pack

POLICY = Path(__file__).parent / "policy"
DAY = dt.date(2026, 6, 1)
Answer = tuple[bool | None, list[str]]


class Engine(NamedTuple):
    """An engine: `prepare` makes what it takes of a flow (not timed); `decide` answers and reads every reason."""

    name: str
    prepare: Callable[[rules.Flow], Any]
    decide: Callable[[Any], Answer]


def comity() -> Engine:
    """The pack in policy/, compiled; what it takes is a case."""
    vocabulary = read_vocabulary(POLICY / "vocabulary")
    program = link(vocabulary, [read_pack(POLICY / "model" / "act", vocabulary)])
    fast = compile_program(program)
    return Engine("comity", to_case, _decide_by(program, fast))


def _decide_by(program: Program, fast: Fast) -> Callable[[Case], Answer]:
    find, allowed, anything = fast.find, verdict.FREE, {(0, 1), (0, 2), (1, 2)}

    def decide(case: Case) -> Answer:
        findings = find(program, case)
        held = [finding[0] for finding in findings.packs[0].clauses if finding[1]]
        return None if findings.bound in anything else findings.bound == allowed, held

    return decide


def to_case(flow: rules.Flow) -> Case:
    """A flow as a case: a list that was given is complete."""
    facts: dict[str, Value] = {k: Members(frozenset(v)) if isinstance(v, list) else v for k, v in flow.items()}
    return Case("flow", "transfer", DAY, facts)


def cedar() -> Engine:
    """Cedar, policies and entities parsed beforehand, no schema."""
    import cedarpy

    policies, entities = cedarpy.PolicySet.from_str(rules.to_cedar()), cedarpy.Entities.from_json_str("[]")

    def prepare(flow: rules.Flow) -> dict[str, Any]:
        return {
            "principal": {"type": "Org", "id": "a"},
            "action": {"type": "Action", "id": "transfer"},
            "resource": {"type": "Flow", "id": "1"},
            "context": flow,
        }

    def decide(request: dict[str, Any]) -> Answer:
        found = cedarpy.is_authorized(request, policies, entities)
        return found.allowed, list(found.diagnostics.id_annotations_by_reason.values())

    return Engine("cedar", prepare, decide)


def opa() -> Engine | None:
    """Open Policy Agent in process; None where it could not be had."""
    folder = os.environ.get("COMITY_BENCH_OPA", "")
    if not folder:
        return None
    sys.path.insert(0, folder)
    try:
        engine = importlib.import_module("opa_bindings").OpaEngine()
    except (ImportError, OSError):
        return None
    engine.add_policy("transfer.rego", rules.to_rego())

    def decide(flow: rules.Flow) -> Answer:
        found = engine.eval_document("transfer.decision", flow)
        return found["allow"], [*found["permit"], *found["forbid"]]

    return Engine("opa", lambda flow: flow, decide)


def wrong_answers(engine: Engine, flows: list[rules.Flow]) -> int:
    """In how many flows the engine says something else than the reference, the rules that held included."""
    wrong = 0
    for flow in flows:
        allowed, permits, forbids = rules.decide(flow)
        said, held = engine.decide(engine.prepare(flow))
        if engine.name == "cedar":  # it names the rules that decide only
            expected = permits if allowed else forbids
        else:
            expected = [*permits, *forbids]
        short = sorted(h.rsplit("/", 1)[-1] for h in held)
        wrong += said is not allowed or [h for h in short if h != "route"] != sorted(expected)
    return wrong
