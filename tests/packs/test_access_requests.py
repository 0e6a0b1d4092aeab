"""An authority of one state wants data that lie in another: what each law says, and where two of them clash."""

import pytest

from comity.decide.contradiction import Contradiction
from tests.packs.ask import ask, duties, pack

ORDER = "request.kind: criminal, request.binding: true, data.personal: true"
PROVIDER = "holder.comms_provider: true"
SUBPOENA = f"authority.country: US, {ORDER}, {PROVIDER}"


def clash(facts: str, ordered: str, forbidden: str, measures: dict[str, str] | None = None) -> Contradiction | None:
    """The contradiction between two packs."""
    found = [
        c
        for c in ask("access-request", facts, measures=measures).contradictions
        if c.ordered_by.startswith(ordered) and c.forbidden_by.startswith(forbidden)
    ]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("facts", "forbidden", "article", "way"),
    [
        # an American provider keeps mail in Ireland: an order under the CLOUD Act reaches it, GDPR Art. 48 does not
        (
            f"{SUBPOENA}, holder.country: US, holder.establishments: [US, IE], data.stored_in: [IE]",
            "eu/personal-data/art-48",
            "GDPR Art. 48",
            "eu/personal-data/art-48-agreement",
        ),
        # a Swiss house with an American establishment: collecting evidence for a foreign state is the state's own act
        (
            f"{SUBPOENA}, holder.country: CH, holder.establishments: [CH, US], data.stored_in: [CH]",
            "ch/personal-data/cc-271",
            "Criminal Code Art. 271(1)",
            "ch/personal-data/imac",
        ),
        # an American provider with a house in China
        (
            f"{SUBPOENA}, holder.country: CN, holder.establishments: [CN, US], data.stored_in: [CN]",
            "cn/outbound-data/dsl-36",
            "DSL Art. 36",
            "",
        ),
    ],
)
def test_to_obey_the_american_order_breaks_another_law(facts: str, forbidden: str, article: str, way: str) -> None:
    found = clash(facts, "us/government-access", forbidden)
    assert found is not None
    assert found.ordered_cite.startswith("18 USC 2713")
    assert found.forbidden_cite.startswith(article)
    if way:
        assert way in [w.clause for w in found.ways]


def test_the_way_that_states_agreed_on_stands_first() -> None:
    facts = f"{SUBPOENA}, holder.country: CH, holder.establishments: [CH, US], data.stored_in: [CH]"
    found = clash(facts, "us/government-access", "ch/personal-data/cc-271")
    assert found is not None
    first = found.ways[0]
    assert (first.clause, first.state, first.needs) == ("ch/personal-data/imac", "open", ("judicial-assistance",))


def test_through_mutual_assistance_nothing_clashes() -> None:
    facts = f"{SUBPOENA}, holder.country: CH, holder.establishments: [CH, US], data.stored_in: [CH]"
    assert clash(facts, "us/government-access", "ch/personal-data/cc-271", {"judicial-assistance": "in-place"}) is None


BRITISH = f"authority.country: GB, {ORDER}, {PROVIDER}, holder.country: US, data.stored_in: [US]"
INDIAN = f"authority.country: IN, {ORDER}, {PROVIDER}, holder.country: US, data.stored_in: [US]"


def test_content_goes_to_a_foreign_state_only_by_agreement_or_assistance() -> None:
    for facts in (BRITISH, INDIAN):
        found = ask("access-request", f"{facts}, data.categories: [message-content]")
        assert pack(found, "us/government-access").outcome == "conditional"
        assert "usc-18-2702" in {r.clause.rpartition("/")[2] for r in pack(found, "us/government-access").reasons}


def test_an_order_under_the_agreement_with_the_united_kingdom_lifts_the_american_ban() -> None:
    british = "data.categories: [message-content], data.subjects_in: [GB], data.citizens_of: [GB]"
    now = ask("access-request", f"{BRITISH}, {british}")
    assert pack(now, "us/government-access").outcome == "allowed"
    before = ask("access-request", f"{BRITISH}, {british}", day="2022-10-02")  # in force since 2022-10-03
    assert pack(before, "us/government-access").outcome == "conditional"
    india = ask("access-request", f"{INDIAN}, {british}")
    assert pack(india, "us/government-access").outcome == "conditional"  # India has none
    american = british.replace("GB", "US")
    assert pack(ask("access-request", f"{BRITISH}, {american}"), "us/government-access").outcome == "conditional"


def test_commitments_of_the_initiative_stand_beside_the_verdict() -> None:
    found = ask(
        "access-request", f"{SUBPOENA}, holder.country: US, holder.establishments: [US, IE], data.stored_in: [IE]"
    )
    gids = pack(found, "gids/commitments")
    assert not gids.counts
    assert gids.outcome == "forbidden"  # point 5: not from companies directly
    assert "point-5-direct" in {r.clause.rpartition("/")[2] for r in gids.reasons}


def test_the_treaties_tell_which_way_is_open_between_the_two_states() -> None:
    found = pack(
        ask("access-request", f"{SUBPOENA}, holder.country: JP, data.stored_in: [JP]"), "multilateral/instruments"
    )
    assert not found.counts
    assert {"budapest-25", "us-assistance"} & {r.clause.rpartition("/")[2] for r in found.reasons}


@pytest.mark.parametrize("day", ["2026-08-17", "2026-08-18"])
def test_a_production_order_of_a_member_state_has_its_ten_days_from_the_first_day(day: str) -> None:
    facts = (
        f"authority.country: FR, {ORDER}, {PROVIDER}, holder.country: IE, data.stored_in: [IE], "
        'request.emergency: false, request.received_at: "2026-09-01T09:00:00Z"'
    )
    found = duties(ask("access-request", facts, day=day))
    ordered = [d for c, d in found.items() if c.startswith("eu/data-access/") and d.within == "10d"]
    assert [(d.state, d.due_at) for d in ordered if d.state == "ordered"] == (
        [("ordered", "2026-09-11T23:00:00Z")] if day == "2026-08-18" else []
    )
