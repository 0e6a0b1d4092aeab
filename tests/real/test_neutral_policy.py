"""The neutral policy of thirty rules, as others wrote it, against our pack of it: the same flows, no wrong answer."""

from __future__ import annotations

import importlib.util
import random
from types import ModuleType
from typing import Any

import pytest

from bench import engines
from bench.rules import Flow
from tests.house.sources import ROOT

SCRIPT = ROOT.parent / "shared" / "bench" / "engines" / "rules.py"
FIELDS = {
    "recipient_type": "recipient",
    "retention_days": "keep_days",
    "ciio": "infrastructure",
    "local_copy_first": "copy_at_home",
    "recipient_listed": "listed",
    "recipient_denied": "denied",
}
VALUES = {
    "precise_location": "precise-location",
    "scc": "clauses",
    "tia": "assessment",
    "bcr": "group-rules",
    "contract_necessity": "contract-necessity",
    "security_assessment": "security-assessment",
    "cn_scc": "cn-contract",
    "treaty_request": "treaty-request",
    "onward_clause": "onward-clause",
    "hr_management": "staff",
    "legal_claims": "legal-claim",
    "vital_interest": "vital-interest",
}
COUNTS = {
    "volume": [0, 99, 100, 499, 500, 999, 1000, 9999, 10000, 999999, 1000000],
    "sensitive_volume": [0, 9999, 10000],
    "retention_days": [0, 3650, 3651],
}


@pytest.fixture(scope="module")
def theirs() -> ModuleType:
    """The script with the rules, the flows and the reference, run where it lies."""
    if not SCRIPT.is_file():
        pytest.skip("the neutral policy does not lie beside the checkout, in shared/bench/engines/rules.py")
    spec = importlib.util.spec_from_file_location("neutral_rules", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ours(flow: dict[str, Any]) -> Flow:
    """A flow of theirs in our words."""
    renamed = {FIELDS.get(key, key): value for key, value in flow.items()}
    return {k: [VALUES.get(i, i) for i in v] if isinstance(v, list) else VALUES.get(v, v) for k, v in renamed.items()}


def test_every_fact_known_gives_the_same_answer_and_the_same_rules(theirs: ModuleType) -> None:
    engine = engines.comity()
    for flow in theirs.flows(2000, 11):
        allowed, permits, forbids = theirs.reference(flow)
        said, held = engine.decide(engine.prepare(ours(flow)))
        assert said is allowed
        assert sorted(h.rsplit("/", 1)[1] for h in held if not h.endswith("/route")) == sorted([*permits, *forbids])


def test_one_fact_missing_never_gives_a_wrong_definite_answer(theirs: ModuleType) -> None:
    engine = engines.comity()
    drawn, counts = random.Random(5), {"open": 0, "told open": 0, "too careful": 0}
    domains = {
        "origin": sorted(set(theirs.COUNTRIES + theirs.CONCERN)),
        "destination": sorted(set(theirs.COUNTRIES + theirs.CONCERN)),
        "subjects": theirs.SUBJECTS,
        "recipient_type": theirs.RECIPIENTS,
        "purpose": theirs.PURPOSES,
        **COUNTS,
        **{flag: [True, False] for flag in theirs.BOOL},
    }
    for flow in theirs.flows(2000, 21):
        missing = drawn.choice(list(domains))
        rest = {key: value for key, value in flow.items() if key != missing}
        truth = {theirs.reference({**rest, missing: value})[0] for value in domains[missing]}
        said, _ = engine.decide(engine.prepare(ours(rest)))
        counts["open"] += len(truth) == 2
        counts["told open"] += len(truth) == 2 and said is None
        counts["too careful"] += len(truth) == 1 and said is None
        assert said is None or truth == {said}
    assert counts["open"] == counts["told open"] == 375
    assert counts["too careful"] <= 12
