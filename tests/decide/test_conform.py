"""What a law keeps and breaks of a common text: each reading, each status, and the cases that are shown for it."""

import dataclasses
import datetime as dt
import itertools
from functools import cache
from pathlib import Path

import pytest

from comity.case import Case, Facts
from comity.decide import one
from comity.decide.conform import (
    BROKEN,
    KEPT,
    NOT_DECIDABLE,
    NOT_TOUCHED,
    OPEN,
    Breach,
    Conformity,
    Judgement,
    conform,
)
from comity.decide.state_act import act_of, to_act
from comity.facts import Places, Value
from comity.library import load
from comity.pack.program import THE_ACT, Clause, Pack, Program
from comity.pack.read import read_pack
from tests.small.law import write_pack

pytest.importorskip("z3")

DAY = dt.date(2026, 6, 1)
HAND_OVER = (
    '(kind == "state-act" && act.kind == "obtain-data-abroad" && !(state.country in data.stored_in))'
    ' || (kind == "access-request" && !(authority.country in data.stored_in))'
)
POINTS = (
    ("storage", "[state-act]", 'act.kind == "localise" && holder.law == state.country && foreign_data', "forbids"),
    ("direct", "[state-act, access-request]", f"request.via_company && ({HAND_OVER})", "forbids"),
    ("direct-permitted", "[state-act, access-request]", "treaty.covers || approval.home_law", "excuses: [direct]"),
    ("assistance", "[access-request]", 'request.kind == "criminal"', "requires: judicial-assistance"),
    ("spying", "[state-act]", 'act.kind == "surveil"', "forbids"),
    ("collecting", "[state-act]", 'act.kind == "collect-abroad" && !(state.country in act.against)', "forbids"),
    ("chain", "[state-act]", "true", "requires: open-supply-chain"),
    ("backdoor", "[product]", "product.backdoor", "forbids"),
    ("flows", "[transfer]", "!(recipient.country in EEA)", "needs: [binding-corporate-rules], forbids"),
)
TEXT = (
    "covers: [{about: [state-act, access-request, product, transfer], first_day: 2020-01-01}]\n"
    'scope: kind in ["state-act", "access-request", "product", "transfer"]\n'
    "terms: {foreign_data: 'data.foreign_only || !(state.country in data.origin)'}\nclauses:\n"
) + "".join(
    f"- {{id: {id_}, cite: Point, source: law, says: Says., about: {about}, "
    + (f"{effect}: '{condition}'}}\n" if effect.endswith("forbids") else f"{effect}, when: '{condition}'}}\n")
    for id_, about, condition, effect in POINTS
)
HEAD = "covers: [{about: [storage, access-request, product, transfer]}]\nscope: holder.country in FR\nclauses:\n"
KEEP = "- {{id: keep, cite: Art. 1, source: law, says: Here., about: storage, forbids: '{}', act: localise{}}}\n"
GIVE = (
    "- {{id: give, cite: Art. 2, source: law, says: Give., about: access-request, requires: the-act, when: '{}'{}}}\n"
)
ABROAD = "!flow.systems_in.exists(p, p in FR)"


@cache
def program() -> Program:
    return load()


def pack(root: Path, clauses: str, *, id_: str, places: str = "[FR]", party: str = "FR") -> Pack:
    folder = write_pack(root, clauses, id_=id_, places=places)
    header = folder / "pack.yaml"
    header.write_text(header.read_text(encoding="utf-8").replace("party: FR", f"party: {party}"), encoding="utf-8")
    return read_pack(folder, program().vocabulary)


def held(root: Path, clauses: str, *, head: str = HEAD, places: str = "[FR]", party: str = "FR") -> Conformity:
    """A small law held against the small text."""
    text = dataclasses.replace(pack(root, TEXT, id_="gids/text", places="[]"), binding="commitment")
    law = pack(root, head + clauses, id_="fr/law", places=places, party=party)
    return conform(program().vocabulary, [law], text, DAY)


def of(found: Conformity, short: str) -> Judgement:
    (judgement,) = [j for j in found.judgements if j.clause.id.endswith(f"/{short}")]
    return judgement


def only(judgement: Judgement) -> Breach:
    (breach,) = judgement.breaches
    return breach


# --- localisation


def test_a_law_that_keeps_all_data_at_home_breaks_it_by_data_from_abroad(tmp_path: Path) -> None:
    judgement = of(held(tmp_path, KEEP.format(ABROAD, "")), "storage")
    breach = only(judgement)
    assert (judgement.status, judgement.by, breach.says) == (BROKEN, ("fr/law/keep",), "forbidden")
    assert breach.law is not None
    assert breach.act is not None
    origin = breach.case.facts["data.origin"]
    assert isinstance(origin, Places)
    assert "FR" not in origin.members
    assert (breach.act.kind, breach.act.facts["state.country"]) == ("state-act", "FR")
    assert not any(name.startswith(("act.", "state.")) for name in breach.case.facts)


@pytest.mark.parametrize(
    "condition",
    [
        f"data.origin.exists(p, p in FR) && {ABROAD}",
        f"!data.foreign_only && data.origin.all(p, p in FR) && {ABROAD}",
        f"!(holder.law in FR) && {ABROAD}",
    ],
)
def test_a_law_on_data_from_home_or_on_foreign_companies_keeps_it(tmp_path: Path, condition: str) -> None:
    judgement = of(held(tmp_path, KEEP.format(condition, "")), "storage")
    assert (judgement.status, judgement.by, judgement.breaches) == (KEPT, ("fr/law/keep",), ())


def test_a_law_that_asks_for_access_only_orders_no_storage(tmp_path: Path) -> None:
    access = of(held(tmp_path / "a", KEEP.format(ABROAD, ", needs: [home-access]")), "storage")
    at_home = of(held(tmp_path / "b", KEEP.format(ABROAD, ", needs: [store-at-home]")), "storage")
    assert (access.status, at_home.status) == (NOT_TOUCHED, BROKEN)


def test_an_excuse_that_lifts_the_order_in_all_such_cases_saves_it(tmp_path: Path) -> None:
    excuse = "- {id: free, cite: Art. 3, source: law, says: Free., about: storage, excuses: [keep], when: '%s'}\n"
    law = KEEP.format(ABROAD, "")
    saved = of(held(tmp_path / "a", law + excuse % "!data.origin.exists(p, p in FR)"), "storage")
    not_saved = of(held(tmp_path / "b", law + excuse % "data.personal"), "storage")
    assert (saved.status, not_saved.status) == (KEPT, BROKEN)


def test_a_clause_that_is_out_of_force_is_no_act(tmp_path: Path) -> None:
    law = KEEP.format(ABROAD, ", last_day: 2026-05-31")
    assert of(held(tmp_path, law), "storage").status == NOT_TOUCHED


# --- hand-overs


def test_an_order_that_reaches_data_abroad_breaks_it_as_an_act_and_as_a_request(tmp_path: Path) -> None:
    law = GIVE.format("authority.country in FR && request.binding", ", act: obtain-data-abroad")
    found = held(tmp_path, law)
    breach = only(of(found, "direct"))
    assert (breach.says, breach.note) == ("ordered", "")
    stored = Facts(program().vocabulary, breach.case).value("data.stored_in")
    assert isinstance(stored, Places)
    assert stored.members
    assert "FR" not in stored.members
    assert of(found, "assistance").status == BROKEN


def test_an_order_that_is_silent_on_data_abroad_is_told_as_such(tmp_path: Path) -> None:
    breach = only(of(held(tmp_path, GIVE.format("authority.country in FR", "")), "direct"))
    assert breach.act is None
    assert "does not speak of where the data lie" in breach.note


@pytest.mark.parametrize(
    ("condition", "direct", "assistance"),
    [
        ("authority.country in FR && authority.country in data.stored_in", KEPT, BROKEN),
        ("authority.country in FR && treaty.covers", KEPT, BROKEN),
        ('authority.country in FR && request.kind == "civil"', BROKEN, KEPT),
        ("!(authority.country in FR)", NOT_TOUCHED, NOT_TOUCHED),
    ],
)
def test_an_order_is_judged_by_the_cases_in_which_it_speaks(
    tmp_path: Path, condition: str, direct: str, assistance: str
) -> None:
    found = held(tmp_path, GIVE.format(condition, ", act: obtain-data-abroad"))
    assert (of(found, "direct").status, of(found, "assistance").status) == (direct, assistance)


def test_the_law_of_several_states_is_also_the_law_where_the_data_lie_among_them(tmp_path: Path) -> None:
    head = HEAD.replace("holder.country in FR", "holder.country in EU")
    law = GIVE.format("authority.country in EU && data.stored_in.{}(p, p in EU)", ", act: obtain-data-abroad")
    inside = held(tmp_path / "a", law.replace("{}", "all"), head=head, places="[EU]", party="EU")
    law = law.replace("data.stored_in.{}(p, p in EU)", "request.binding")
    anywhere = held(tmp_path / "b", law, head=head, places="[EU]", party="EU")
    assert of(inside, "direct").status != BROKEN
    assert of(anywhere, "direct").status == BROKEN


def test_an_act_is_aimed_at_the_states_whose_people_the_data_tell_of(tmp_path: Path) -> None:
    order = "authority.country in FR && data.citizens_of.{}(p, p in FR)"
    abroad = GIVE.format(f"!({order.format('exists')}) && authority.country in FR", ", act: collect-abroad")
    home = GIVE.format(order.format("exists"), ", act: collect-abroad")
    assert of(held(tmp_path / "a", abroad), "collecting").status == BROKEN
    assert of(held(tmp_path / "b", home), "collecting").status == KEPT


# --- what the law does not touch, and what no rule decides


def test_what_no_rule_shows_is_not_decidable_and_what_the_law_leaves_alone_is_not_touched(tmp_path: Path) -> None:
    found = held(tmp_path, KEEP.format("data.origin.exists(p, p in FR)", ""))
    status = {j.clause.id.rsplit("/", 1)[1]: j.status for j in found.judgements}
    assert status == {
        "storage": KEPT,
        "direct": NOT_TOUCHED,
        "assistance": NOT_TOUCHED,
        "spying": NOT_DECIDABLE,
        "collecting": NOT_TOUCHED,
        "chain": NOT_DECIDABLE,
        "backdoor": NOT_TOUCHED,
        "flows": BROKEN,
    }
    assert all(j.reason for j in found.judgements if j.status != BROKEN)


def test_a_law_that_forbids_the_same_product_keeps_the_commitment_of_its_maker(tmp_path: Path) -> None:
    law = "- {id: clean, cite: Art. 4, source: law, says: No., about: product, forbids: product.backdoor}\n"
    judgement = of(held(tmp_path, law), "backdoor")
    assert (judgement.status, judgement.by) == (KEPT, ("fr/law/clean",))


def test_a_text_read_too_long_ago_leaves_everything_open(tmp_path: Path) -> None:
    text = dataclasses.replace(pack(tmp_path, TEXT, id_="gids/text"), read_day=dt.date(2020, 1, 1))
    law = pack(tmp_path, HEAD + KEEP.format(ABROAD, ""), id_="fr/law")
    found = conform(program().vocabulary, [law], text, DAY)
    assert {j.status for j in found.judgements} == {OPEN}


def test_a_text_that_does_not_speak_to_the_state_is_not_touched() -> None:
    ru = [p for p in program().packs if p.party == "RU"]
    found = conform(program().vocabulary, ru, program().pack["gids/central-asia"], DAY)
    assert of(found, "point-4-storage").status == NOT_TOUCHED


# --- one law against another


def test_what_a_law_lets_through_and_the_other_forbids(tmp_path: Path) -> None:
    law = "- {id: out, cite: Art. 5, source: law, says: No., about: transfer, forbids: '%s'%s}\n"
    vague = held(
        tmp_path / "a", law % ("!(recipient.country in EEA) && data.personal", ", needs: [binding-corporate-rules]")
    )
    breach = only(of(vague, "flows"))
    assert (breach.law, breach.says) == (None, "allowed")
    assert breach.case.facts.get("data.personal") is False
    strict = held(tmp_path / "b", law % ("!(recipient.country in FR)", ""))
    assert of(strict, "flows").status == KEPT


def test_british_law_lets_data_go_where_the_law_of_the_union_does_not() -> None:
    packs = program().pack
    found = conform(program().vocabulary, [packs["gb/personal-data"]], packs["eu/personal-data"], DAY)
    breach = only(of(found, "art-44"))
    facts = Facts(program().vocabulary, breach.case)
    assert breach.says == "allowed"
    assert one.find_pack(packs["gb/personal-data"], facts).bound == (0, 0)
    assert one.find_pack(packs["eu/personal-data"], facts).bound[0] >= 1
    assert of(found, "art-6-1").status == KEPT


# --- the packs themselves


PARTIES = sorted({p.party for p in program().packs if any(c.act for c in p.clauses)})


@pytest.mark.parametrize("party", PARTIES)
def test_every_case_that_is_shown_stands_up_to_the_reference(party: str) -> None:
    target = program().pack["gids/commitments"]
    laws = [p for p in program().packs if p.party == party and p.binding == "law"]
    found = conform(program().vocabulary, laws, target, DAY)
    assert found.count(OPEN) == 0
    for judgement in found.judgements:
        assert (judgement.status == BROKEN) == bool(judgement.breaches)
        for breach in judgement.breaches:
            assert is_a_breach(laws, target, judgement.clause, breach)


def is_a_breach(laws: list[Pack], target: Pack, clause: Clause, breach: Breach) -> bool:
    """By the reference alone: the law's clause speaks unlifted, and the text stands against it."""
    assert breach.law is not None
    law = next(p for p in laws if p.id == breach.law.id.rsplit("/", 1)[0])
    return orders(law, breach.law, breach.case) and stands_against(target, clause, breach.act or breach.case)


def orders(law: Pack, clause: Clause, case: Case) -> bool:
    finding = one.find_pack(law, Facts(program().vocabulary, case))
    bounds = {f.clause: f for f in finding.clauses}
    lifted = any(bounds[e].bound[0] == 0 for e in clause.excused_by if e in bounds)
    return finding.scope is True and clause.id in bounds and bounds[clause.id].when is True and not lifted


def stands_against(target: Pack, clause: Clause, case: Case) -> bool:
    finding = one.find_pack(target, Facts(program().vocabulary, case))
    bound = next((f.bound for f in finding.clauses if f.clause == clause.id), (0, 0))
    return finding.scope is True and bound[0] >= (2 if clause.effect == "forbids" else 1)


@pytest.mark.parametrize(("law", "status"), [("cn/outbound-data", KEPT), ("ru/personal-data", BROKEN)])
def test_storage_at_home_agrees_with_all_cases_of_a_grid(law: str, status: str) -> None:
    target, pack_ = program().pack["gids/commitments"], program().pack[law]
    clause = target.clause["gids/commitments/point-4-storage"]
    assert of(conform(program().vocabulary, [pack_], target, DAY), "point-4-storage").status == status
    broken = [
        case
        for order in pack_.clauses
        if order.act == "localise" and order.holds_on(DAY)
        for kind in order.kinds
        for case in grid(kind, pack_.party)
        if orders(pack_, order, case) and stands_against(target, clause, as_act(pack_, order, case))
    ]
    assert bool(broken) == (status == BROKEN)


def as_act(law: Pack, order: Clause, case: Case) -> Case:
    act = act_of(law, order, case.kind, program().vocabulary)
    said = dataclasses.replace(case, facts={**case.facts, **act.fixed})
    return to_act(said, act, program().vocabulary)


def grid(kind: str, home: str) -> list[Case]:
    """Cases over the facts on which storage at home turns: at home or abroad, in every way."""
    choices: dict[str, tuple[Value, ...]] = {
        "holder.country": (home, "KZ"),
        "holder.law": (home, "KZ"),
        "holder.kind": ("entity", "state-body"),
        "holder.cii": (Places(frozenset()), Places(frozenset({home}))),
        "data.personal": (True,),
        "data.origin": (Places(frozenset({home})), Places(frozenset({"KZ"}))),
        "data.citizens_of": (Places(frozenset({home})), Places(frozenset({"KZ"}))),
        "flow.systems_in": (Places(frozenset({home})), Places(frozenset({"KZ"}))),
        "flow.legal_ground": ("consent", "other"),
    }
    return [
        Case("", kind, DAY, dict(zip(choices, values, strict=True))) for values in itertools.product(*choices.values())
    ]


def test_orders_are_found_wherever_a_clause_orders_the_act() -> None:
    laws = {p.id for p in program().packs if any(c.measure == THE_ACT and c.holds_on(DAY) for c in p.clauses)}
    target = program().pack["gids/commitments"]
    touched = {
        id_.rsplit("/", 1)[0]
        for party in {program().pack[id_].party for id_ in laws}
        for j in [
            of(
                conform(program().vocabulary, [p for p in program().packs if p.party == party], target, DAY),
                "point-5-direct",
            )
        ]
        for id_ in j.by
    }
    assert touched == laws
