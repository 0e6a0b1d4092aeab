"""Keeping data at home, apart from bans on transfers: what must be stored where first, and whether copies may leave."""

import pytest

from tests.packs.ask import ask, clauses, compiled, pack

AT_HOME = {"store-at-home": "in-place"}


def abroad(place: str, more: str = "") -> str:
    """Data of people at home, kept in a system in the United States."""
    return (
        f"holder.country: {place}, data.personal: true, data.origin: [{place}], data.citizens_of: [{place}], "
        f"flow.systems_in: [US], flow.legal_ground: contract{more}"
    )


@pytest.mark.parametrize(("day", "outcome"), [("2025-06-30", "allowed"), ("2025-07-01", "forbidden")])
def test_russia_records_at_home_first_and_since_july_2025_nowhere_else(day: str, outcome: str) -> None:
    found = pack(ask("collection", abroad("RU"), day=day, measures=AT_HOME), "ru/personal-data")
    assert found.outcome == outcome


def test_a_copy_may_leave_russia_on_the_terms_of_transfers() -> None:
    facts = (
        "holder.country: RU, recipient.country: CN, data.personal: true, data.stored_in: [RU], data.citizens_of: [RU]"
    )
    found = pack(ask("transfer", facts), "ru/personal-data")
    assert found.outcome == "conditional"
    assert "ru/personal-data/art-12-3" in {r.clause for r in found.reasons}


@pytest.mark.parametrize(
    ("id_", "place", "more"),
    [
        ("in/personal-data", "IN", ", data.categories: [payment-data], holder.sector: bank"),
        ("au/personal-information", "AU", ", data.state_health_record: true"),
        ("id/personal-data", "ID", ", holder.public_powers: true"),
        ("cn/outbound-data", "CN", ", holder.cii: [CN]"),
        ("ca/personal-information", "CA-BC", ", holder.kind: state-body"),
    ],
)
def test_some_data_are_kept_at_home_where_others_need_not_be(id_: str, place: str, more: str) -> None:
    found = ask("storage", abroad(place, more))
    assert pack(found, id_).outcome in ("forbidden", "conditional")
    assert any(c.startswith(id_) for c in clauses(found))
    assert pack(ask("storage", abroad(place)), id_).outcome in ("allowed", "not-covered")


def test_a_vietnamese_company_stores_at_home_and_may_send_a_copy() -> None:
    stored = pack(ask("storage", abroad("VN"), measures=AT_HOME), "vn/personal-data")
    assert stored.outcome == "allowed"
    assert pack(ask("storage", abroad("VN")), "vn/personal-data").outcome == "conditional"
    sent = ask(
        "transfer", "holder.country: VN, recipient.country: US, data.personal: true, data.categories: {only: [contact]}"
    )
    assert pack(sent, "vn/personal-data").outcome == "allowed"  # with a dossier as a duty beside it


def test_clauses_that_localise_say_so_and_so_can_be_judged_by_common_rules() -> None:
    program, _ = compiled()
    localising = {c.id.rpartition("/")[0] for p in program.packs for c in p.clauses if c.act == "localise"}
    assert {
        "cn/outbound-data",
        "ru/personal-data",
        "in/personal-data",
        "vn/personal-data",
        "id/personal-data",
    } <= localising
