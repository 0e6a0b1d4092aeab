"""Products: what the Initiative's points 7 and 8 and the Cyber Resilience Act ask."""

import pytest

from tests.packs.ask import ask, clauses, duties, pack

MAKER = "holder.country: DE, holder.maker: true"
FLAW = f'{MAKER}, product.flaw: true, product.flaw_known_at: "2026-11-20T10:00:00Z"'


@pytest.mark.parametrize(
    ("facts", "clause"),
    [
        ("product.backdoor: true", "gids/commitments/point-7-backdoor"),
        ("product.undeclared_sending: true", "gids/commitments/point-7-sending"),
        ("product.exploits_dependence: true", "gids/commitments/point-8-dependence"),
        ("product.forced_upgrade: true", "gids/commitments/point-8-upgrade"),
    ],
)
def test_what_points_seven_and_eight_forbid(facts: str, clause: str) -> None:
    found = ask("product", f"{MAKER}, {facts}")
    assert found.verdict == "forbidden"
    assert clause in clauses(found)


def test_a_serious_flaw_is_told_and_remedied() -> None:
    found = duties(ask("product", FLAW))
    assert {"gids/commitments/point-8-notice", "gids/commitments/point-8-remedy"} <= set(found)


def test_an_exploited_flaw_is_reported_within_a_day_since_september_2026() -> None:
    facts = f"{FLAW}, product.flaw_exploited: true"
    found = duties(ask("product", facts))
    clocks = {d.within: d.due_at for c, d in found.items() if c.startswith("eu/cybersecurity/cra-14")}
    assert clocks["24h"] == "2026-11-21T10:00:00Z"
    assert clocks["72h"] == "2026-11-23T10:00:00Z"
    assert not [c for c in duties(ask("product", facts, day="2026-09-10")) if c.startswith("eu/cybersecurity/cra-14")]


def test_a_flaw_that_nobody_exploits_starts_no_clock_of_the_act() -> None:
    assert not [c for c in duties(ask("product", FLAW)) if c.startswith("eu/cybersecurity/cra-14-2")]


def test_a_maker_in_china_reports_within_two_days() -> None:
    facts = FLAW.replace("DE", "CN")
    found = duties(ask("product", facts))
    (report,) = [
        d for c, d in found.items() if c.startswith("cn/vulnerabilities/") and d.measure == "vulnerability-report"
    ]
    assert report.due_at == "2026-11-22T10:00:00Z"
    assert pack(ask("product", facts), "cn/vulnerabilities").outcome in ("allowed", "conditional")
