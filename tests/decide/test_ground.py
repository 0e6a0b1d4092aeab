"""Common ground: no cheaper set of measures, no larger set of parties, and every answer holds for the reference."""

import dataclasses
import datetime as dt
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from comity.case import Case
from comity.decide import decision, one, verdict
from comity.decide.between import Template, case_between, choose, parties_of, template
from comity.decide.circuit import FALSE
from comity.decide.fast import compile_program
from comity.decide.ground import (
    BY_MEASURES,
    CLOSED,
    FREE,
    MAX_SETS,
    OPEN,
    UNDECIDED,
    WAYS,
    Ground,
    find_ground,
    of_parties,
)
from comity.decide.solve import Model, Open, Solver
from comity.library import load
from comity.pack.link import link
from comity.pack.program import Pack, Program
from tests.small.law import pack, vocabulary

pytest.importorskip("z3")

DAY = dt.date(2026, 6, 1)
BAN = "{id: ban, cite: Art. 1, says: No., about: transfer, forbids: '!(recipient.country in [FR])'}"


def law(root: Path, code: str, *clauses: str) -> Pack:
    """The law of a party on what leaves it."""
    text = f"covers: [{{about: [transfer]}}]\nscope: 'holder.country in [{code}]'\nclauses:\n"
    text += "".join(f"- {clause}\n" for clause in clauses)
    return dataclasses.replace(pack(root, text, id_=f"{code.lower()}/law", places=f"[{code}]"), party=code)


def ban(forbids: str = "data.personal", *, id_: str = "ban", needs: str = "") -> str:
    needed = f", needs: [{needs}]" if needs else ""
    return f'{{id: {id_}, cite: Art. {id_}, says: No., about: transfer, forbids: "{forbids}"{needed}}}'


def way_out(id_: str, needs: str = "", *, of: str = "ban", when: str = "") -> str:
    more = (f", needs: [{needs}]" if needs else "") + (f', when: "{when}"' if when else "")
    return f"{{id: {id_}, cite: Art. {id_}, says: Yes., about: transfer, excuses: [{of}]{more}}}"


def asked(*packs: Pack, given: Case | None = None) -> tuple[Ground, Program]:
    program = link(vocabulary(), list(packs))
    flow = template(program, "transfer", DAY, data=["contact"], given=given)
    return find_ground(program, flow, parties_of(program, DAY)), program


def case_of(ground: Ground, program: Program, ends: tuple[str, str], measures: Iterable[str]) -> Case:
    party = {p.code: p for p in ground.parties}
    case = case_between(program.vocabulary, ground.flow, party[ends[0]], party[ends[1]])
    return dataclasses.replace(case, measures={**case.measures, **dict.fromkeys(measures, "in-place")})


def codes(ground: Ground) -> list[str]:
    return [party.code for party in ground.parties]


def pairs_among(members: Iterable[str]) -> list[tuple[str, str]]:
    return list(itertools.permutations(members, 2))


# --- what is found


def test_measures_that_serve_several_laws_count_once(tmp_path: Path) -> None:
    ground, _ = asked(
        law(tmp_path, "FR", ban(), way_out("a", "notice"), way_out("b", "contract-clauses")),
        law(tmp_path, "DE", ban(), way_out("a", "assessment"), way_out("b", "contract-clauses")),
    )
    assert [(way.measures, way.effort) for way in ground.ways] == [
        (("contract-clauses",), 2),
        (("assessment", "notice"), 4),
    ]
    assert (ground.shared, ground.largest, ground.not_settled) == (True, (), ())


def test_where_nothing_forbids_no_measure_is_needed(tmp_path: Path) -> None:
    ground, _ = asked(law(tmp_path, "FR", ban("recipient.country in [CN]")), law(tmp_path, "DE", ban(needs="record")))
    assert [pair.state for pair in ground.pairs] == [BY_MEASURES, FREE]
    ground, _ = asked(law(tmp_path, "FR", ban("recipient.country in [CN]")), law(tmp_path, "DE", ban("flow.done")))
    assert [(way.measures, way.effort) for way in ground.ways] == [((), 0)]
    assert ground.steps[0].n_open == 2


def test_the_parties_that_need_a_measure_are_named(tmp_path: Path) -> None:
    ground, _ = asked(
        law(tmp_path, "FR", ban(needs="record")),
        law(tmp_path, "DE", ban(needs="record"), ban("data.personal", id_="more", needs="notice")),
        law(tmp_path, "US", ban("recipient.country in [CN]")),
    )
    (way,) = ground.ways
    assert dict(zip(way.measures, way.needed_by, strict=True)) == {"notice": ("DE",), "record": ("DE", "FR")}


def test_a_party_that_lets_nothing_out_falls_out(tmp_path: Path) -> None:
    ground, _ = asked(
        law(tmp_path, "FR", ban()),
        law(tmp_path, "DE", ban(), way_out("a", "notice")),
        law(tmp_path, "US", ban(), way_out("a", "notice"), way_out("b", "record")),
    )
    (shared,) = ground.largest
    assert (ground.shared, ground.ways) == (False, ())
    assert (shared.parties, shared.way.measures, shared.way.needed_by) == (("DE", "US"), ("notice",), (("DE", "US"),))
    assert ground.out_of(shared) == ("FR",)
    shut = [pair for pair in ground.pairs if not pair.ways]
    assert {(p.sender, p.receiver) for p in shut} == {("FR", "DE"), ("FR", "US")}
    (hindrance,) = shut[0].hindrances
    assert (hindrance.pack, hindrance.outcome, hindrance.clauses) == ("fr/law", "forbidden", ("fr/law/ban",))


def test_measures_that_exclude_each_other_leave_no_common_ground(tmp_path: Path) -> None:
    """Each pair can be opened, and yet no set opens all: what one law asks for shuts the way out of the other."""
    ground, _ = asked(
        law(tmp_path, "FR", ban(), way_out("a", "record"), way_out("off", "notice", of="a")),
        law(tmp_path, "DE", ban(needs="notice")),
    )
    assert {pair.state for pair in ground.pairs} == {BY_MEASURES}
    assert (ground.shared, ground.largest) == (False, ())


def test_of_largest_sets_as_large_as_each_other_all_are_told(tmp_path: Path) -> None:
    shut = [law(tmp_path, code, ban(f"recipient.country in [{far}]")) for code, far in (("FR", "DE"), ("DE", "FR"))]
    ground, _ = asked(*shut, law(tmp_path, "US", ban(needs="record")))
    assert {s.parties: s.way.effort for s in ground.largest} == {("DE", "US"): 1, ("FR", "US"): 1}
    assert not ground.more


def test_more_largest_sets_than_are_told_are_said_to_be_there(tmp_path: Path) -> None:
    couples = [("FR", "DE"), ("NO", "CH"), ("US", "CN")]
    other = {**dict(couples), **{b: a for a, b in couples}}
    ground, _ = asked(*[law(tmp_path, code, ban(f"recipient.country in [{far}]")) for code, far in other.items()])
    assert (len(ground.largest), ground.more) == (MAX_SETS, True)
    assert {len(shared.parties) for shared in ground.largest} == {3}
    assert len({shared.parties for shared in ground.largest}) == MAX_SETS


def test_what_nobody_knows_is_undecided_and_asked_for(tmp_path: Path) -> None:
    ground, _ = asked(law(tmp_path, "FR", ban("recipient.listed")), law(tmp_path, "DE", ban("flow.done")))
    pair = ground.pair["FR", "DE"]
    assert (pair.state, ground.pair["DE", "FR"].state) == (UNDECIDED, FREE)
    assert [(h.outcome, h.clauses) for h in pair.hindrances] == [("undecided", ("fr/law/ban",))]
    assert pair.hindrances[0].asks == ("Does the recipient stand on the list?",)


def test_what_is_perhaps_forbidden_is_not_closed_though_it_is_with_all_measures_at_once(tmp_path: Path) -> None:
    """With every measure the way out is shut; with the one it needs, it hangs on what nobody knows."""
    ground, _ = asked(
        law(tmp_path, "FR", ban(), way_out("a", "record", when="recipient.listed"), way_out("off", "notice", of="a")),
        law(tmp_path, "DE", ban("flow.done")),
    )
    assert ground.pair["FR", "DE"].state == UNDECIDED


def test_a_place_whose_law_no_pack_holds_leaves_every_pair_undecided(tmp_path: Path) -> None:
    given = Case("", "transfer", DAY, {"recipient.law": "XZ"})
    ground, _ = asked(law(tmp_path, "FR", ban(needs="record")), law(tmp_path, "DE", ban("flow.done")), given=given)
    assert {pair.state for pair in ground.pairs} == {UNDECIDED}
    assert [(h.pack, h.outcome, h.place) for h in ground.pair["FR", "DE"].hindrances] == [("", "no-pack", "XZ")]


def test_a_law_read_too_long_ago_leaves_its_pairs_undecided(tmp_path: Path) -> None:
    old = dataclasses.replace(law(tmp_path, "FR", ban("flow.done")), read_day=dt.date(2020, 1, 1))
    ground, _ = asked(old, law(tmp_path, "DE", ban("flow.done")))
    assert {pair.state: pair.hindrances for pair in ground.pairs}[UNDECIDED][0].outcome == "stale-pack"


def test_a_measure_that_is_given_costs_nothing_and_one_that_is_impossible_is_not_proposed(tmp_path: Path) -> None:
    packs = (
        law(tmp_path, "FR", ban(), way_out("a", "record"), way_out("b", "notice")),
        law(tmp_path, "DE", ban(needs="filing")),
    )
    told = {}
    for measures in ({}, {"filing": "in-place"}, {"record": "cannot"}, {"record": "not-yet", "notice": "unknown"}):
        ground, _ = asked(*packs, given=Case("", "transfer", DAY, measures=measures))
        told[tuple(measures.items())] = [(way.measures, way.effort) for way in ground.ways]
    everything = [(("filing", "record"), 5), (("filing", "notice"), 6)]
    assert told == {
        (): everything,
        (("filing", "in-place"),): [(("record",), 1), (("notice",), 2)],
        (("record", "cannot"),): [(("filing", "notice"), 6)],
        (("record", "not-yet"), ("notice", "unknown")): everything,
    }


def test_duties_stand_beside_and_name_their_clause(tmp_path: Path) -> None:
    duty = "{id: tell, cite: Art. 9, says: Tell., about: transfer, requires: notice}"
    ground, _ = asked(law(tmp_path, "FR", duty), law(tmp_path, "DE", ban("flow.done")))
    assert [(pair.state, pair.duties) for pair in ground.pairs] == [
        (FREE, ()),
        (FREE, (("notice", "fr/law/tell"),)),
    ]


# --- what takes too long


def late(monkeypatch: pytest.MonkeyPatch, question: int) -> None:
    """From some question on the solver does not settle any in time."""
    real, n = Solver.cheapest, itertools.count()

    def cheapest(self: Solver, costs: Sequence[tuple[int, int]], *literals: int) -> Model | None:
        if FALSE not in literals and next(n) >= question:
            raise Open
        return real(self, costs, *literals)

    monkeypatch.setattr(Solver, "cheapest", cheapest)


def small_ground(tmp_path: Path) -> Ground:
    return asked(law(tmp_path, "FR", ban(needs="record")), law(tmp_path, "DE", ban(needs="notice")))[0]


def test_what_is_not_settled_in_time_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late(monkeypatch, 0)
    ground = small_ground(tmp_path)
    assert {pair.state for pair in ground.pairs} == {OPEN}
    assert (ground.shared, ground.ways, ground.largest) == (None, (), ())
    assert ground.not_settled == ("DE to FR", "FR to DE", "the smallest sets for all parties")


def test_a_set_that_was_found_in_time_is_told_and_that_there_may_be_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late(monkeypatch, 5)  # each pair takes two, and the first set for all a fifth
    ground = small_ground(tmp_path)
    assert [way.measures for way in ground.ways] == [("notice", "record")]
    assert ground.not_settled == ("other sets beside the cheapest",)


def test_largest_sets_that_are_not_settled_are_said_to_be_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packs = law(tmp_path, "FR", ban()), law(tmp_path, "DE", ban(needs="notice"))
    late(monkeypatch, 2)
    ground, _ = asked(*packs)
    assert (ground.shared, ground.largest, ground.not_settled) == (False, (), ("the largest sets of parties",))


# --- against brute force

CODES = ("FR", "DE", "US", "CN")
MEASURES = tuple(m.id for m in vocabulary().measures)
SETS = [frozenset(c) for n in range(len(MEASURES) + 1) for c in itertools.combinations(MEASURES, n)]
CONDITIONS = (
    "data.personal", "recipient.country in [US]", "!(recipient.country in EU)", "recipient.country in [CN, FR]",
    "flow.group", "recipient.listed", "flow.routine || recipient.country in [DE]",
)  # fmt: skip


def drawn(root: Path, number: int) -> Program:
    """Laws by chance: bans with ways out, some of which shut others."""
    r = random.Random(number)
    packs = []
    for code in CODES:
        bans = ["ban", "more"][: r.choice((1, 2, 2))]
        outs = [f"out{n}" for n in range(r.randint(0, 4))]
        clauses = [ban(r.choice(CONDITIONS), id_=id_, needs=r.choice(("", *MEASURES))) for id_ in bans]
        for id_ in outs:
            needs = ", ".join(r.sample(MEASURES, r.randint(1, 2)))
            clauses.append(way_out(id_, needs, of=r.choice(bans), when=r.choice((*CONDITIONS, "", "", ""))))
        if outs and r.random() < 0.5:
            clauses.append(way_out("off", r.choice(MEASURES), of=r.choice(outs)))
        packs.append(law(root, code, *clauses))
    return link(vocabulary(), packs)


def effort(measures: Iterable[str]) -> int:
    return sum(vocabulary().measure[m].effort for m in measures)


def opening(ground: Ground, program: Program) -> dict[tuple[str, str], dict[frozenset[str], verdict.Bound]]:
    return {
        ends: {chosen: one.find(program, case_of(ground, program, ends, chosen)).bound for chosen in SETS}
        for ends in pairs_among(CODES)
    }


def least(serving: Iterable[frozenset[str]]) -> Iterator[int]:
    """The efforts of sets that hold no other one that serves too, the least first."""
    sets = list(serving)
    return iter(sorted(effort(s) for s in sets if not any(other < s for other in sets)))


N_DRAWN = 14


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Ground, Program]]:
    """Laws by chance with their common ground."""
    found = []
    for number in range(N_DRAWN):
        program = drawn(tmp_path_factory.mktemp("drawn"), number)
        flow = template(program, "transfer", DAY, data=["contact"])
        found.append((find_ground(program, flow, parties_of(program, DAY)), program))
    return found


@pytest.mark.parametrize("number", range(N_DRAWN))
def test_no_cheaper_set_and_no_larger_group_is_found_by_trying_all(
    answers: list[tuple[Ground, Program]], number: int
) -> None:
    ground, program = answers[number]
    bounds = opening(ground, program)
    serving = {ends: {s for s, bound in found.items() if bound == verdict.FREE} for ends, found in bounds.items()}
    for pair in ground.pairs:
        ends = pair.sender, pair.receiver
        assert [way.effort for way in pair.ways] == list(least(serving[ends]))[:WAYS]
        assert {frozenset(way.measures) for way in pair.ways} <= serving[ends]
        if not pair.ways:
            is_closed = all(bound == verdict.CLOSED for bound in bounds[ends].values())
            assert pair.state == (CLOSED if is_closed else UNDECIDED)
    for_all = frozenset(SETS).intersection(*serving.values())
    assert [way.effort for way in ground.ways] == list(least(for_all))[:WAYS]
    if not for_all:
        check_largest(ground, serving)


def check_largest(ground: Ground, serving: dict[tuple[str, str], set[frozenset[str]]]) -> None:
    groups = {
        members: frozenset(SETS).intersection(*(serving[ends] for ends in pairs_among(members)))
        for n in range(2, len(CODES))
        for members in itertools.combinations(sorted(CODES), n)
    }
    size = max((len(members) for members, sets in groups.items() if sets), default=0)
    expected = {members: min(map(effort, sets)) for members, sets in groups.items() if sets and len(members) == size}
    told = [(shared.parties, shared.way.effort) for shared in ground.largest]
    assert len(told) == min(len(expected), MAX_SETS)
    assert dict(told).items() <= expected.items()
    assert [cost for _, cost in told] == sorted(expected.values())[:MAX_SETS]


def test_the_drawn_laws_show_every_answer(answers: list[tuple[Ground, Program]]) -> None:
    assert {pair.state for ground, _ in answers for pair in ground.pairs} == {FREE, BY_MEASURES, CLOSED, UNDECIDED}
    assert {ground.shared for ground, _ in answers} == {True, False}
    assert {len(ground.largest[0].parties) for ground, _ in answers if ground.largest} == {2, 3}


# --- the packs

REAL = ("EU", "JP", "RU", "CA")


@cache
def real(kind: str, data: str) -> tuple[Ground, Program]:
    program = load()
    day = dt.date(2026, 11, 25)
    parties, _ = choose(program, day, REAL)
    return find_ground(program, template(program, kind, day, data=[data]), parties), program


FLOWS = [("transfer", "health"), ("collection", "contact"), ("access-request", "contact")]


@pytest.mark.parametrize(("kind", "data"), FLOWS)
def test_every_answer_replays_through_the_reference(kind: str, data: str) -> None:
    ground, program = real(kind, data)
    for pair in ground.pairs:
        ends = pair.sender, pair.receiver
        for way in (*pair.ways, *ground.ways):
            assert one.find(program, case_of(ground, program, ends, way.measures)).bound == verdict.FREE
        if pair.state == CLOSED:
            everything = program.vocabulary.measure
            assert one.find(program, case_of(ground, program, ends, everything)).bound == verdict.CLOSED
    for shared in ground.largest:
        for ends in pairs_among(shared.parties):
            assert one.find(program, case_of(ground, program, ends, shared.way.measures)).bound == verdict.FREE


@pytest.mark.parametrize(("kind", "data"), FLOWS)
def test_no_measure_of_a_set_can_be_left_out(kind: str, data: str) -> None:
    ground, program = real(kind, data)
    shared = [(way, codes(ground)) for way in ground.ways[:1]] + [(s.way, [*s.parties]) for s in ground.largest]
    assert shared
    for way, members in shared:
        for measure, parties in zip(way.measures, way.needed_by, strict=True):
            left = set(way.measures) - {measure}
            asking = {
                program.pack[found.pack].party
                for ends in pairs_among(members)
                for found in one.find(program, case_of(ground, program, ends, left)).packs
                if found.bound[1] != verdict.ALLOWED and program.pack[found.pack].counts(kind)
            }
            assert tuple(sorted(asking)) == parties != ()


@pytest.mark.parametrize(("kind", "data"), FLOWS)
def test_each_step_opens_as_many_pairs_as_it_says(kind: str, data: str) -> None:
    ground, program = real(kind, data)
    find, held = compile_program(program).find, set[str]()
    for step in ground.steps:
        held |= set(step.added)
        cases = [case_of(ground, program, (pair.sender, pair.receiver), held) for pair in ground.pairs]
        n_open = sum(decision.decide(program, case, find=find, why=False).verdict == "allowed" for case in cases)
        assert (step.n_open, step.effort) == (n_open, sum(program.vocabulary.measure[m].effort for m in step.added))
    assert ground.steps[-1].n_open == ground.counts[FREE] + ground.counts[BY_MEASURES]


@pytest.mark.parametrize(("kind", "data"), FLOWS)
def test_what_is_presumed_is_what_each_decision_says_matters(kind: str, data: str) -> None:
    ground, program = real(kind, data)
    find, n_sure = compile_program(program).find, 0
    expected: dict[str, int] = {}
    for pair in ground.pairs:
        if pair.ways:
            measures = (ground.ways or pair.ways)[0].measures
            case = case_of(ground, program, (pair.sender, pair.receiver), measures)
            decided = decision.decide(program, case, find=find)
            n_sure += decided.without_presumptions[0] == "allowed"
            for presumption in decided.presumptions:
                expected[presumption.fact] = expected.get(presumption.fact, 0) + 1
    assert dict(ground.presumed) == expected
    assert ground.n_sure == n_sure


def test_the_duties_are_those_of_the_decision() -> None:
    ground, program = real("transfer", "health")
    for pair in ground.pairs:
        case = case_of(ground, program, (pair.sender, pair.receiver), pair.ways[0].measures)
        decided = decision.decide(program, case, why=False)
        owed = {(d.measure, d.clause) for p in decided.packs if p.counts for d in p.duties if d.state == "open"}
        assert {*pair.duties} == owed


def test_packs_of_others_reach_no_such_flow() -> None:
    ground, program = real("transfer", "health")
    assert "eu/personal-data" in of_parties(ground, program)
    assert {program.pack[id_].party for id_ in of_parties(ground, program)} <= set(REAL)
    assert {"kr/personal-information", "gids/commitments"}.isdisjoint(ground.reaching)


def test_a_pair_is_the_same_whoever_else_is_asked() -> None:
    """What packs do not tell apart is encoded once: a pair alone, encoded for itself, has the same answer."""
    ground, program = real("transfer", "health")
    for ends in (("EU", "JP"), ("RU", "CA")):
        parties = tuple(p for p in ground.parties if p.code in ends)
        alone = find_ground(program, ground.flow, parties)
        assert alone.pair[ends] == ground.pair[ends]


def test_progress_is_told_after_each_sender(tmp_path: Path) -> None:
    program = link(vocabulary(), [law(tmp_path, code, BAN) for code in ("FR", "DE")])
    flow: Template = template(program, "transfer", DAY, data=["contact"])
    told: list[tuple[int, int]] = []
    find_ground(program, flow, parties_of(program, DAY), progress=lambda done, all_: told.append((done, all_)))
    assert told == [(1, 2), (2, 2)]
