"""The same flow on the day before a change of the law and on the day itself: both answers."""

import pytest

from tests.packs.ask import ask, duties, pack

TO_GERMANY = "recipient.country: DE, data.personal: true, data.categories: {only: [contact]}"
TO_CHINA = (
    "holder.country: US, recipient.country: CN, data.personal: true, data.categories: {only: [genomic]}, "
    "data.subjects_in: [US], data.citizens_of: [US], flow.deal: data-brokerage, data.linked: true"
)


@pytest.mark.parametrize(
    ("id_", "kind", "facts", "before", "first", "outcomes"),
    [
        # the 2024 Provisions free what a contract with the person needs
        (
            "cn/outbound-data",
            "transfer",
            f"holder.country: CN, {TO_GERMANY}, flow.necessary_for: [contract-with-person]",
            "2024-03-21",
            "2024-03-22",
            ("conditional", "exempt"),
        ),
        # the rule on bulk sensitive data begins (omic data of any amount are in the tests of totals)
        (
            "us/sensitive-data",
            "transfer",
            f"{TO_CHINA}, data.biospecimens: false",
            "2025-04-07",
            "2025-04-08",
            ("not-covered", "undecided"),
        ),
        # Russian data are recorded in Russia and nowhere else
        (
            "ru/personal-data",
            "collection",
            "holder.country: RU, data.personal: true, data.citizens_of: [RU], flow.systems_in: [DE], "
            "flow.legal_ground: contract",
            "2025-06-30",
            "2025-07-01",
            ("conditional", "forbidden"),
        ),
        # the Law on Personal Data Protection: the file is a duty after the start, no condition before it
        (
            "vn/personal-data",
            "transfer",
            "holder.country: VN, recipient.country: SG, data.personal: true, data.categories: {only: [contact]}",
            "2025-12-31",
            "2026-01-01",
            ("conditional", "allowed"),
        ),
        # the European Union is adequate for Brazil
        ("br/personal-data", "transfer", f"holder.country: BR, {TO_GERMANY}", "2026-01-26", "2026-01-27",
         ("conditional", "allowed")),
        # Korea recognises the European Union as equivalent
        ("kr/personal-information", "transfer", f"holder.country: KR, {TO_GERMANY}", "2025-09-15", "2025-09-16",
         ("conditional", "allowed")),
        # the second framework between the Union and the United States; then that of Switzerland
        (
            "eu/personal-data",
            "transfer",
            "holder.country: DE, recipient.country: US, recipient.dpf: true, data.personal: true, "
            "data.categories: {only: [contact]}",
            "2023-07-09",
            "2023-07-10",
            ("conditional", "allowed"),
        ),
        (
            "ch/personal-data",
            "transfer",
            "holder.country: CH, recipient.country: US, recipient.dpf_swiss: true, data.personal: true, "
            "data.categories: {only: [contact]}",
            "2024-09-14",
            "2024-09-15",
            ("conditional", "allowed"),
        ),
    ],
)  # fmt: skip
def test_the_answer_changes_on_the_day(
    id_: str, kind: str, facts: str, before: str, first: str, outcomes: tuple[str, str]
) -> None:
    found = tuple(pack(ask(kind, facts, day=day), id_).outcome for day in (before, first))
    assert found == outcomes


def test_indias_main_duties_begin_with_the_last_phase() -> None:
    leak = (
        'holder.country: IN, data.personal: true, incident.personal: true, incident.known_at: "2027-05-20T00:00:00Z", '
        "incident.persons: 10"
    )
    before, after = (duties(ask("incident", leak, day=day)) for day in ("2027-05-13", "2027-05-14"))
    new = {c for c in after if c.startswith("in/personal-data/")} - set(before)
    assert new  # the Board and the persons are told
    assert any(after[c].within == "72h" for c in new)


@pytest.mark.parametrize(
    ("day", "way"), [("2026-07-25", "art-12-10-convention"), ("2026-07-26", "art-12-10-list-party")]
)
def test_russia_counts_the_convention_until_july_2026_and_then_only_the_list(day: str, way: str) -> None:
    facts = "holder.country: RU, recipient.country: DE, data.personal: true"
    done = {"ru-transfer-notice": "in-place", "ru-recipient-information": "in-place"}
    found = pack(ask("transfer", facts, day=day, measures=done), "ru/personal-data")
    assert found.outcome == "allowed"
    assert f"ru/personal-data/{way}" in {r.clause for r in found.reasons}


@pytest.mark.parametrize(("day", "state"), [("2026-08-31", "open"), ("2026-09-01", "lifted")])
def test_chinas_small_handlers_may_assess_in_the_lighter_form_since_september_2026(day: str, state: str) -> None:
    facts = "holder.country: CN, recipient.country: DE, data.personal: true, holder.small: true"
    found = pack(ask("transfer", facts, day=day, measures={"cn-simplified-assessment": "in-place"}), "cn/outbound-data")
    assert {d.clause: d.state for d in found.duties}["cn/outbound-data/pipl-55"] == state
