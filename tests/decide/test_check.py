"""What is alike in a map is decided once, and every entry gets what it would get by itself."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from comity.decide import one
from comity.decide.check import Check, check
from comity.decide.fast import compile_program
from comity.decide.totals import with_totals
from comity.library import load, load_map

DAY = dt.date(2026, 11, 25)
PACKS = ("eu/personal-data", "cn/outbound-data")


def lines(seed: int) -> Iterator[str]:
    """A map of few parties and many flows between them: no two differ by more than ids in most places."""
    r = random.Random(seed)
    yield "comity: 1\nname: Many\nentities:"
    yield "- {id: us, name: We, country: NL}"
    for n, country in enumerate(("CN", "JP", "US", "DE", "CN")):
        yield f"- {{id: e{n}, name: E{n}, country: {country}, role: {r.choice(('processor', 'controller'))}}}"
    yield "people:"
    for n, counts in enumerate(("{NL: 10, DE: 4}", "{CN: 120000}", "{US: 9, JP: 2}")):
        yield f"- {{id: p{n}, of: us, window: held, count: {counts}}}"
    yield "systems:"
    for n, place in enumerate(("NL", "CN", "JP", "US")):
        yield f"- {{id: s{n}, name: S{n}, place: {place}, run_by: {r.choice(('us', 'e0', 'e1', 'e2'))}}}"
    yield "measures:\n- {kind: eu-standard-clauses, parties: [us, e0], state: in-place}"
    yield "accepted:\n- {id: f3, verdict: conditional, who: DPO, why: small, until: 2027-01-01}"
    yield "flows:"
    for n in range(50):
        start, *to = r.sample(("s0", "s1", "us", "e0", "e1"), r.choice((2, 2, 3)))
        yield f"- id: f{n}\n  name: Flow {n}\n  from: {start}\n  to: [{', '.join(to)}]"
        yield f"  people: [{r.choice(('p0', 'p0', 'p1'))}]"
        yield f"  data: [{r.choice(('contact', 'health'))}]"
        yield f"  purposes: [{r.choice(('marketing', 'marketing', 'marketing, research'))}]"
        if r.random() < 0.1:
            yield f"  until_day: {r.choice(('2026-03-01', '2027-03-01'))}"


def test_every_entry_of_a_map_is_decided_as_if_it_stood_alone(tmp_path: Path) -> None:
    program = load(*PACKS)
    (tmp_path / "comity.yaml").write_text("\n".join(lines(3)) + "\n", encoding="utf-8")
    map_ = load_map(tmp_path / "comity.yaml", program, day=DAY)
    found = check(program, map_, find=compile_program(program).find)
    assert found.flows == tuple(alone(found))
    cases = [case for flow in map_.flows for case in flow.cases]
    decisions = [d for f in found.flows for d in f.decisions]
    assert sorted(d.case for d in decisions) == sorted(case.id for case in cases)
    assert len({id(d.packs) for d in decisions}) < len(cases) * 0.8  # else nothing was shared
    assert {f.verdict for f in found.flows} >= {"conditional", "undecided"}


def alone(found: Check) -> Iterator[object]:
    """Each entry of a check with the totals of the whole map, decided by itself with the reference."""
    for entry in found.flows:
        yield check(found.program, replace(found.map, flows=(entry.flow,), held=()), find=one.find).flows[0]


def test_cases_that_differ_in_one_thing_only_are_not_one(tmp_path: Path) -> None:
    program = load(*PACKS)
    (tmp_path / "comity.yaml").write_text("\n".join(lines(4)) + "\n", encoding="utf-8")
    map_ = load_map(tmp_path / "comity.yaml", program, day=DAY)
    first = with_totals(program, map_)[0]
    case = first.cases[0]
    changed = (
        replace(case, day=dt.date(2010, 1, 1)),
        replace(case, kind="storage"),
        replace(case, facts={**case.facts, "holder.country": "JP"}),
        replace(
            case, unknown=frozenset({"flow.done"}), facts={n: v for n, v in case.facts.items() if n != "flow.done"}
        ),
        replace(case, measures=dict.fromkeys((m.id for m in program.vocabulary.measures), "in-place")),
        replace(case, totals={**case.totals, "cn/outbound-data:outbound_plain": 5_000_000}),
        replace(case, opinions={"CN": "allowed"}),
    )
    flows = [replace(first, id=f"x{n}", cases=(each,), parts=()) for n, each in enumerate((case, *changed))]
    together = check(program, replace(map_, flows=tuple(flows)), find=compile_program(program).find)
    assert together.flows == tuple(alone(together))
