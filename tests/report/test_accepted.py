"""Acceptances are always told: with who, why and until when, and whether they still count."""

import dataclasses
import datetime as dt

import pytest

from comity.case import Acceptance
from comity.decide.check import Check, check
from comity.decide.decision import Decision
from comity.report.accepted import accepted_to_text, state_text
from comity.report.terminal import check_to_text
from tests.report.sample import DAY, small_check

YEAR = dt.timedelta(days=365)


def accepted(verdict: str, now: str, until: dt.date = DAY + YEAR) -> Check:
    """The sample with one entry of a verdict, accepted."""
    found = small_check()
    (first, *_) = (f for f in found.flows if f.verdict == now)
    flow = dataclasses.replace(first.flow, accepted=Acceptance(verdict, until, "DPO", "clauses are being signed"))
    return check(found.program, dataclasses.replace(found.map, flows=(flow,)))


@pytest.mark.parametrize(
    ("verdict", "now", "until", "is_accepted", "text"),
    [
        ("conditional", "conditional", DAY, True, "does not fail until then"),
        ("undecided", "undecided", DAY + YEAR, True, "does not fail until then"),
        ("conditional", "conditional", DAY - dt.timedelta(days=1), False, "over: it fails again"),
        ("conditional", "allowed", DAY + YEAR, False, "no longer needed: it is allowed now"),
        ("conditional", "undecided", DAY + YEAR, False, "does not count: it is undecided now"),
        ("conditional", "forbidden", DAY + YEAR, False, "does not count: what is forbidden cannot be accepted"),
        ("forbidden", "forbidden", DAY + YEAR, False, "does not count: what is forbidden cannot be accepted"),
    ],
)
def test_an_acceptance_counts_for_its_verdict_until_its_day_and_never_for_a_ban(
    verdict: str, now: str, until: dt.date, is_accepted: bool, text: str
) -> None:
    found = accepted(verdict, now, until)
    (flow,) = found.flows
    assert (flow.verdict, flow.is_accepted) == (now, is_accepted)
    assert state_text(flow, found.map.day) == text
    line = " ".join(accepted_to_text(found).split())
    assert f"as {verdict} until {until} by DPO: clauses are being signed [{text}]" in line


def test_a_map_that_accepts_nothing_has_no_such_section() -> None:
    found = small_check()
    flows = tuple(dataclasses.replace(f, flow=dataclasses.replace(f.flow, accepted=None)) for f in found.flows)
    assert accepted_to_text(dataclasses.replace(found, flows=flows)) == ""
    assert state_text(flows[0], found.map.day) == ""


def test_the_table_says_that_an_acceptance_is_not_needed() -> None:
    assert "acceptance" in check_to_text(accepted("conditional", "allowed"))
    assert "no longer" not in check_to_text(accepted("conditional", "allowed"))


def test_an_acceptance_changes_no_verdict() -> None:
    found = small_check()
    before: dict[str, tuple[Decision, ...]] = {f.flow.id: f.decisions for f in found.flows}
    (flow,) = accepted("conditional", "forbidden").flows
    assert flow.decisions == before[flow.flow.id]
