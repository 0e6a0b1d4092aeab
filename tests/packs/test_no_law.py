"""No law, not modelled, no pack: three answers that are never confused."""

from tests.packs.ask import ask, pack

LIST = "recipient.country: PT, data.personal: true, data.categories: {only: [contact]}"


def test_a_state_without_a_general_law_has_a_pack_that_says_so() -> None:
    found = ask("transfer", f"holder.country: TL, {LIST}")
    assert pack(found, "tl/data").outcome == "allowed"
    assert found.no_pack == ()
    assert "no general data protection law" in pack(found, "tl/data").title


def test_a_kind_of_case_that_its_pack_does_not_hold_is_not_modelled() -> None:
    found = ask("product", "holder.country: TL, data.personal: true, product.flaw: true")
    assert pack(found, "tl/data").outcome == "not-modelled"
    assert found.verdict == "undecided"


def test_a_state_that_no_pack_knows_is_named() -> None:
    found = ask("transfer", f"holder.country: KE, {LIST}")
    assert "KE" in found.no_pack
    assert found.verdict == "undecided"
