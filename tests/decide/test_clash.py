"""Clashes of laws: each pair of clauses is shown by a case in which the reference finds it; obeyable pairs are not."""

import dataclasses
import datetime as dt
from functools import cache
from pathlib import Path

import pytest

from comity.case import Case
from comity.decide import one
from comity.decide.clash import Clash, Clashes, clashes, placements
from comity.decide.contradiction import contradictions
from comity.facts import Places, Vocabulary, read_vocabulary
from comity.pack.link import link
from comity.pack.program import Pack, Program
from comity.pack.read import read_pack
from comity.pack.ship import load_program

DAY = dt.date(2026, 6, 1)
HEADER = """
pack: {id}
title: A law
party: {party}
places: [{party}]
keeper: an editor
read_day: 2026-01-01
sources: [{{id: law, title: The law, url: "https://law.example/{party}", read_day: 2026-01-01}}]
"""
ASKED = "covers: [{about: [access-request]}]\nscope: HERE\nclauses:\n"
ORDER = "- {id: order, cite: Art. 1, says: Hand over., requires: the-act, when: 'authority.country in PLACE'}\n"
RELIEF = "- {id: relief, cite: Art. 2, says: Not so., excuses: [order], when: 'authority.country in PLACE'}\n"
BLOCK = "- {id: block, cite: Art. 3, says: Do not., forbids: '!(authority.country in PLACE)'}\n"
TREATY = "- {id: treaty, cite: Art. 4, says: Under a treaty., excuses: [block], when: treaty.covers}\n"
KEPT = "covers: [{about: [storage, collection]}]\nscope: HERE\nclauses:\n"
COPY = (
    "- {id: copy, cite: Art. 5, says: A copy here., act: localise, needs: [store-at-home],\n"
    "   forbids: '!flow.systems_in.exists(p, p in PLACE)'}\n"
)
ONLY = (
    "- {id: only, cite: Art. 6, says: Only here., act: localise,\n"
    "   forbids: 'flow.systems_in.exists(p, !(p in PLACE))'}\n"
)
CONSENT = "- {id: consent, cite: Art. 7, says: Agreed., excuses: [only], needs: [written-consent]}\n"


@cache
def vocabulary() -> Vocabulary:
    return read_vocabulary()


def law(root: Path, place: str, clauses: str, *, id_: str = "") -> Pack:
    """A law of a place that reaches whoever is established there; `PLACE` and `HERE` stand for it."""
    id_ = id_ or f"{place.lower()}/law"
    folder = root / "packs" / id_
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text(HEADER.format(id=id_, party=place), encoding="utf-8")
    here = f'"holder.establishments.exists(p, p in [{place}])"'
    text = clauses.replace("HERE", here).replace("PLACE", f"[{place}]")
    (folder / "clauses.yaml").write_text(text, encoding="utf-8")
    return read_pack(folder, vocabulary())


def found_in(*packs: Pack, parties: tuple[str, ...] = ()) -> Clashes:
    return clashes(link(vocabulary(), packs), DAY, parties=parties)


def pairs(found: Clashes) -> list[tuple[str, str, str]]:
    return [(c.what, c.first.clause, c.second.clause) for c in found.found]


# --- orders and bans


def test_an_order_that_another_law_blocks_is_a_clash(tmp_path: Path) -> None:
    found = found_in(law(tmp_path, "US", ASKED + ORDER), law(tmp_path, "DE", ASKED + BLOCK))
    (clash,) = found.found
    assert pairs(found) == [("disclosure", "us/law/order", "de/law/block")]
    assert clash.case.facts["authority.country"] == "US"
    assert clash.case.facts["holder.establishments"] == Places(frozenset({"US", "DE"}))
    assert clash.ways == ()


def test_a_way_round_is_named(tmp_path: Path) -> None:
    found = found_in(law(tmp_path, "US", ASKED + ORDER), law(tmp_path, "DE", ASKED + BLOCK + TREATY))
    assert [(w.clause, w.state) for w in found.found[0].ways] == [("de/law/treaty", "presumed-closed")]


def test_an_order_that_its_own_law_lifts_is_no_clash(tmp_path: Path) -> None:
    found = found_in(law(tmp_path, "US", ASKED + ORDER + RELIEF), law(tmp_path, "DE", ASKED + BLOCK))
    assert pairs(found) == []
    assert found.n_pairs == 1


def test_laws_that_reach_nobody_in_common_do_not_clash(tmp_path: Path) -> None:
    ban = "- {id: ban, cite: Art. 3, says: No., forbids: '!(holder.establishments.exists(p, p in [US]))'}\n"
    assert pairs(found_in(law(tmp_path, "US", ASKED + ORDER), law(tmp_path, "DE", ASKED + ban))) == []


def test_a_ban_on_unlawful_handling_at_home_is_no_clash(tmp_path: Path) -> None:
    ban = "- {id: ban, cite: Art. 3, says: A ground is needed., forbids: '!flow.basis'}\n"
    assert pairs(found_in(law(tmp_path, "US", ASKED + ORDER), law(tmp_path, "DE", ASKED + ban))) == []


def test_two_packs_of_one_party_may_clash(tmp_path: Path) -> None:
    blocking = BLOCK.replace("!(authority.country in PLACE)", "authority.country in PLACE")
    packs = law(tmp_path, "DE", ASKED + ORDER), law(tmp_path, "DE", ASKED + blocking, id_="de/secrets")
    assert pairs(found_in(*packs)) == [("disclosure", "de/law/order", "de/secrets/block")]


def test_a_commitment_that_does_not_count_blocks_nothing(tmp_path: Path) -> None:
    beside = dataclasses.replace(law(tmp_path, "DE", ASKED + BLOCK), counts_for=("state-act",))
    assert pairs(found_in(law(tmp_path, "US", ASKED + ORDER), beside)) == []


def test_only_the_parties_that_were_named_are_asked(tmp_path: Path) -> None:
    packs = [law(tmp_path, "US", ASKED + ORDER), law(tmp_path, "DE", ASKED + BLOCK), law(tmp_path, "FR", ASKED + BLOCK)]
    assert len(found_in(*packs).found) == 2
    limited = found_in(*packs, parties=("us", "fr"))
    assert limited.parties == ("fr", "us")
    assert pairs(limited) == [("disclosure", "us/law/order", "fr/law/block")]


def test_a_pack_read_too_long_ago_is_named_and_not_asked(tmp_path: Path) -> None:
    old = dataclasses.replace(law(tmp_path, "DE", ASKED + BLOCK), read_day=dt.date(2020, 1, 1))
    found = found_in(law(tmp_path, "US", ASKED + ORDER), old)
    assert (found.found, found.stale) == ((), ("de/law",))


# --- duties to keep data at home


def test_a_copy_at_each_home_satisfies_both(tmp_path: Path) -> None:
    assert pairs(found_in(law(tmp_path, "CN", KEPT + COPY), law(tmp_path, "RU", KEPT + COPY))) == []


@pytest.mark.parametrize(("first", "second"), [(COPY, ONLY), (ONLY, COPY), (ONLY, ONLY)])
def test_data_kept_in_one_country_only_cannot_be_kept_in_another(tmp_path: Path, first: str, second: str) -> None:
    found = found_in(law(tmp_path, "CN", KEPT + first), law(tmp_path, "RU", KEPT + second))
    (clash,) = found.found
    told = {placement.places: placement.against for placement in clash.placements}
    assert clash.what == "localisation"
    assert told.keys() >= {("CN", "RU"), ("CN",), ("RU",)}
    assert all(told.values())
    assert told["CN",] == (clash.second.clause,)
    assert told["RU",] == (clash.first.clause,)


def test_a_duty_that_consent_lifts_is_no_clash(tmp_path: Path) -> None:
    assert pairs(found_in(law(tmp_path, "CN", KEPT + COPY), law(tmp_path, "RU", KEPT + ONLY + CONSENT))) == []


def test_a_duty_that_no_place_meets_is_no_clash_between_two(tmp_path: Path) -> None:
    never = ONLY.replace("PLACE", "[BR]")
    packs = law(tmp_path, "CN", KEPT + COPY), law(tmp_path, "RU", KEPT + never.replace("only", "never"))
    assert all("never" not in c.second.clause for c in found_in(*packs).found)


def test_data_can_be_kept_at_homes_and_elsewhere(tmp_path: Path) -> None:
    packs = law(tmp_path, "CN", KEPT + COPY), law(tmp_path, "RU", KEPT + COPY)
    ways = placements(vocabulary(), packs, DAY)
    assert ways[0] == ("CN", "RU")
    assert {("CN",), ("RU",), ("DE",), ("CN", "RU", "DE")} <= set(ways)


# --- the packs


def is_borne_out(program: Program, clash: Clash) -> bool:
    """Whether the reference finds the clash in its example, under the whole law of both parties."""
    if clash.what == "localisation":
        return all(_breaks_one(program, clash, placement.places) for placement in clash.placements)
    pair = program.select((clash.first.pack, clash.second.pack))
    told = contradictions(pair, clash.case, one.find(pair, clash.case), one.find)
    return (clash.first.clause, clash.second.clause) in {(c.ordered_by, c.forbidden_by) for c in told}


def _breaks_one(program: Program, clash: Clash, places: tuple[str, ...]) -> bool:
    where = Places(frozenset(places))
    case: Case = dataclasses.replace(
        clash.case, facts={**clash.case.facts, "flow.systems_in": where, "data.stored_in": where}
    )
    found = one.find(program.select((clash.first.pack, clash.second.pack)), case)
    bounds = {c.clause: c.bound for p in found.packs for c in p.clauses if p.scope is True}
    return any(bounds.get(ground.clause, (0, 0))[0] > 0 for ground in (clash.first, clash.second))


def test_each_clash_between_russia_china_and_america_is_borne_out_by_the_reference() -> None:
    program = load_program()
    found = clashes(program, dt.date(2026, 11, 25), parties=("ru", "cn", "us"))
    assert found.open == ()
    assert {c.what for c in found.found} == {"disclosure", "localisation"}
    assert {(c.first.clause, c.second.clause) for c in found.found} >= {
        ("us/government-access/usc-18-2713", "cn/outbound-data/dsl-36"),
        ("cn/outbound-data/csl-39-storage", "ru/personal-data/art-18-5-2025"),
    }
    assert [c for c in found.found if not is_borne_out(program, c)] == []


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    places = ("US", "DE", "FR", "GB", "CH", "JP", "CA")
    program = link(vocabulary(), [law(tmp_path, place, ASKED + ORDER + BLOCK) for place in places])
    alone = clashes(program, DAY)
    assert len(alone.found) == len(places) * (len(places) - 1)
    assert clashes(program, DAY, n_processes=2) == alone
