"""Programs and cases by chance, to hold every evaluator against the reference.

A program is drawn from its number alone, so that a disagreement can be looked at again: `--seed S --program N`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from comity.case import MEASURE_STATES, Case, close_members
from comity.condition import tree as t
from comity.decide import one, verdict
from comity.decide.fast import compile_program
from comity.decide.findings import Findings
from comity.facts import Entry, Fact, Measure, Members, Owner, Place, Places, Range, Row, Value, Vocabulary
from comity.pack.link import link
from comity.pack.program import THE_ACT, Clause, Coverage, Pack, Program

Finder = Callable[..., Findings]
Maker = Callable[[Program], Finder]

EVALUATORS: dict[str, Maker] = {"fast": lambda program: compile_program(program).find}
LEAST_SHARE = 0.03  # of the pairs, for each verdict and each kind of condition
WORDS = (*verdict.WORDS, verdict.UNDECIDED)

KINDS = ("transfer", "incident", "storage")
PLACES = (
    Place("A", "A"), Place("A-1", "A-1", "A"), Place("A-2", "A-2", "A"), Place("B", "B"), Place("B-1", "B-1", "B"),
    Place("C", "C"), Place("O", "O", None, "organisation"),
)  # fmt: skip
CODES = tuple(p.id for p in PLACES)
CATEGORIES = (Entry("c"), Entry("c-a", within=("c",)), Entry("c-b", within=("c",), presume_absent=True), Entry("e"))
PURPOSES = (Entry("f"), Entry("g", presume_absent=True))
MEASURES = tuple(Measure(id_, 1, "holder", "") for id_ in ("k1", "k2", "k3", "k4"))
DAYS = tuple(dt.date(2024, 1, 1) + dt.timedelta(days=40 * n) for n in range(8))
OF = ("u", "v", "w")
GROUPS = ("G1", "G2", "G3")
TOTALS = ("x/a:t1", "x/a:t2")


# --- programs


def make_program(seed: int, number: int) -> Program:
    """The program of a seed and a number."""
    return draw_program(random.Random(f"{seed}/{number}"))  # noqa: S311  nothing secret


def draw_program(r: random.Random) -> Program:
    """A program by chance."""
    vocabulary = draw_vocabulary(r)
    names = ("x/a", "x/b")[: r.choice((1, 1, 2))]
    return link(vocabulary, [_pack(r, name) for name in names])


def draw_vocabulary(r: random.Random) -> Vocabulary:
    """A small vocabulary in which every way of presuming occurs."""

    def fact(
        id_: str, type_: str, presume: tuple[Value | None, ...] = (None,), source: str = "", of: tuple[str, ...] = ()
    ) -> Fact:
        taken = r.choice(presume)
        from_ = source if source and taken is None and r.random() < 0.6 else None
        return Fact(id_, type_, "", "", of=of, presume=taken, presume_from=from_)

    nowhere, nothing = Places(frozenset()), Members(frozenset())
    facts = (
        Fact("kind", "one-of", "", "", of=KINDS),
        Fact("day", "day", "", ""),
        fact("b1", "bool", (True, False, None)),
        fact("b2", "bool", (None,), "b1"),
        fact("b3", "bool"),
        fact("n1", "count"),
        fact("n2", "count"),
        fact("o1", "one-of", ("u", None), of=OF),
        fact("o2", "one-of", (None,), "o1", of=OF),
        fact("m1", "some-of", of=tuple(e.id for e in CATEGORIES)),
        fact("m2", "some-of", (nothing, None), of=tuple(e.id for e in PURPOSES)),
        fact("m3", "some-of", (nothing, None), "m1", of=tuple(e.id for e in CATEGORIES)),
        fact("p1", "place"),
        fact("p2", "place", (None,), "p1"),
        fact("s1", "places", (nowhere, None), "p1"),
        fact("s2", "places", (nowhere, None), "s1"),
        fact("w1", "shares", (None,), "p1"),
        fact("w2", "shares"),
        fact("d1", "day"),
        fact("d2", "instant", (None,), "d3"),
        fact("d3", "instant"),
        fact("flow.done", "bool", (False, False, None)),
    )
    entries = tuple(Entry(k) for k in KINDS)
    return Vocabulary(facts, PLACES, (), CATEGORIES, PURPOSES, (), entries, (), MEASURES, mirrors=())


def _pack(r: random.Random, name: str) -> Pack:
    groups = tuple((g, tuple(_row(r) for _ in range(r.randint(0, 3)))) for g in GROUPS)
    covers = tuple(Coverage(tuple(r.sample(KINDS, r.randint(2, 3))), *_span(r, 0.2)) for _ in range(r.randint(1, 2)))
    scope = t.TRUE if r.random() < 0.45 else draw_condition(r, 1)
    return Pack(
        id=name,
        title="",
        party="",
        binding="law",
        places=(),
        keeper="",
        read_day=r.choice(DAYS),
        next_read_day=None,
        stale_after=r.choice((60, 400, 400, 400)),
        review="",
        sources=(),
        not_modelled=(),
        covers=covers,
        scope=scope,
        clauses=tuple(_clauses(r, name)),
        totals=(),
        groups=groups,
        counts_for=tuple(r.sample(KINDS, 2)) if r.random() < 0.15 else (),
    )


def _span(r: random.Random, likely: float) -> tuple[dt.date | None, dt.date | None]:
    first, last = sorted(r.sample(DAYS, 2))
    return (first if r.random() < likely else None), (last if r.random() < likely else None)


def _row(r: random.Random) -> Row:
    return Row(r.choice(CODES), *_span(r, 0.3))


def _clauses(r: random.Random, pack: str) -> Iterator[Clause]:
    """Excuses first, each after those that lift it, then bans and duties."""
    n_excuses, n_others = r.randint(0, 4), r.randint(1, 3)
    ids = [f"{pack}/c{n}" for n in range(n_excuses + n_others)]
    lifts = {e: sorted(x for x in ids[place + 1 :] if r.random() < 0.45) for place, e in enumerate(ids[:n_excuses])}
    for place, id_ in enumerate(ids):
        effect = "excuses" if place < n_excuses else r.choice(("forbids", "forbids", "forbids", "requires"))
        first, last = _span(r, 0.1)
        yield Clause(
            id=id_,
            cite="",
            says="",
            source="",
            url="",
            kinds=KINDS if r.random() < 0.7 else tuple(r.sample(KINDS, 2)),
            effect=effect,
            when=t.TRUE if r.random() < 0.3 else draw_condition(r, 2),
            needs=tuple(r.sample([m.id for m in MEASURES], r.choice((0, 1, 1, 2)))) if effect != "requires" else (),
            excuses=tuple(lifts.get(id_, ())),
            excused_by=tuple(sorted(e for e, lifted in lifts.items() if id_ in lifted)),
            exempts=effect == "excuses" and r.random() < 0.3,
            measure=r.choice((THE_ACT, "k1", "k2", "k3")) if effect == "requires" else "",
            first_day=first,
            last_day=last,
        )


# --- conditions


def draw_condition(r: random.Random, depth: int) -> t.Condition:
    """A condition, as it stands: neither flat nor without constants, which evaluators have to bear."""
    if depth <= 0 or r.random() < 0.25:
        return r.choice(ATOMS)(r)
    shape = r.random()
    if shape < 0.2:
        return t.Not(draw_condition(r, depth - 1))
    parts = tuple(draw_condition(r, depth - 1) for _ in range(r.randint(2, 3)))
    return t.And(parts) if shape < 0.6 else t.Or(parts)


def _op(r: random.Random) -> str:
    return r.choice(t.OPS)


def _group(r: random.Random) -> str:
    return r.choice(GROUPS)


def _place_body(r: random.Random, depth: int) -> t.Condition:
    if depth <= 0 or r.random() < 0.4:
        return t.BoundIn(_group(r)) if r.random() < 0.75 else r.choice(ATOMS)(r)
    if r.random() < 0.25:
        return t.Not(_place_body(r, depth - 1))
    parts = (_place_body(r, depth - 1), _place_body(r, depth - 1))
    return t.And(parts) if r.random() < 0.5 else t.Or(parts)


def _has(r: random.Random) -> t.Condition:
    fact, members = r.choice((("m1", CATEGORIES), ("m2", PURPOSES), ("m3", CATEGORIES)))
    return t.Has(fact, r.choice(members).id)


def _one_of(r: random.Random) -> t.Condition:
    if r.random() < 0.25:
        return t.OneOf("kind", (r.choice(KINDS),))
    return t.OneOf(r.choice(("o1", "o2")), tuple(sorted(r.sample(OF, r.randint(1, 2)))))


def _day_is(r: random.Random) -> t.Condition:
    return t.DayIs(r.choice(("day", "d1", "d2", "d3")), _op(r), r.choice(DAYS) + dt.timedelta(days=r.choice((0, 0, 1))))


ATOMS: tuple[Callable[[random.Random], t.Condition], ...] = (
    lambda r: t.Const(r.random() < 0.5),
    lambda r: t.IsTrue(r.choice(("b1", "b2", "b3", "flow.done"))),
    lambda r: t.CountIs(r.choice(("n1", "n2", *TOTALS)), _op(r), r.randint(0, 4)),
    lambda r: t.CountsAre(r.choice(("n1", "n2")), _op(r), r.choice(("n2", *TOTALS))),
    _one_of,
    _has,
    lambda r: t.InGroup(r.choice(("p1", "p2")), _group(r)),
    lambda r: t.SamePlace("p1", "p2") if r.random() < 0.8 else t.SamePlace("p2", "p2"),
    lambda r: t.InPlaces(r.choice(("p1", "p2")), r.choice(("s1", "s2"))),
    lambda r: t.AnyPlace(r.choice(("s1", "s2")), _place_body(r, 1)),
    lambda r: t.AllPlaces(r.choice(("s1", "s2")), _place_body(r, 1)),
    _day_is,
    lambda r: t.DaysBetween(r.choice(("d1", "d2", "day")), r.choice(("d1", "d2", "d3")), _op(r), r.randint(-40, 40)),
    lambda r: t.ShareIs(r.choice(("w1", "w2")), _group(r), _op(r), r.choice((0, 25, 50, 100))),
    lambda r: t.Cascades(r.choice(("w1", "w2")), _group(r), r.choice((25, 50, 100))),
)


# --- cases


def make_cases(program: Program, seed: int, number: int, n: int) -> list[Case]:
    """Cases for a program, half of the facts unsaid; few days and kinds, so that most cases find compiled code."""
    r = random.Random(f"{seed}/{number}/cases")  # noqa: S311  nothing secret
    when = [draw_kind_and_day(r) for _ in range(2)]
    return [draw_case(r, program.vocabulary, f"{number}/{place}", *r.choice(when)) for place in range(n)]


def draw_kind_and_day(r: random.Random) -> tuple[str, dt.date]:
    """A kind of case, and a day on or beside one on which something changes."""
    return r.choice(KINDS), r.choice(DAYS) + dt.timedelta(days=r.choice((-1, 0, 0, 1, 9)))


def draw_case(r: random.Random, vocabulary: Vocabulary, id_: str, kind: str, day: dt.date) -> Case:
    """One case; some of what is not said is said to be unknown, so that nothing is presumed for it."""
    said = r.choice((0.1, 0.5, 0.5, 0.9))
    facts = {f.id: draw_value(r, f, vocabulary) for f in vocabulary.facts[2:] if r.random() < said}
    unsaid = [f.id for f in vocabulary.facts[2:] if f.id not in facts]
    unknown = frozenset(x for x in unsaid if r.random() < 0.3) if r.random() < 0.3 else frozenset()
    if "m1" in facts and r.random() < 0.1:
        unknown |= {"m1"}  # said in part, and the rest of it said to be unknown
    weights = r.choice(((1, 1, 1, 1), (4, 2, 0, 0), (0, 1, 0, 0), (1, 8, 0, 0)))
    measures = {m.id: r.choices(MEASURE_STATES, weights)[0] for m in MEASURES if r.random() < 0.8}
    totals: dict[str, int | Range] = {x: _count(r) for x in TOTALS if r.random() < said}
    return Case(id_, kind, day, facts, unknown, measures, totals)


def draw_value(r: random.Random, fact: Fact, vocabulary: Vocabulary) -> Value:
    """A value of a fact, as often as not one that leaves something open."""
    match fact.type:
        case "bool":
            return r.random() < (0.25 if fact.id == "flow.done" else 0.5)
        case "count":
            return _count(r)
        case "one-of":
            return r.choice(fact.of)
        case "place":
            return r.choice(CODES)
        case "places":
            return Places(frozenset(r.sample(CODES, r.choice((0, 1, 1, 2, 3)))), r.random() < 0.7)
        case "some-of":
            return _members(r, fact, vocabulary)
        case "shares":
            return _owners(r, 2)
        case "day":
            return _day(r)
    return dt.datetime(*_day(r).timetuple()[:3], r.randint(0, 23), tzinfo=dt.UTC)


def _count(r: random.Random) -> int | Range:
    low = r.randint(0, 4)
    return low if r.random() < 0.6 else Range(low, r.choice((low + 1, low + 3, None)))


def _day(r: random.Random) -> dt.date:
    return r.choice(DAYS) + dt.timedelta(days=r.choice((-1, 0, 0, 1, 20)))


def _members(r: random.Random, fact: Fact, vocabulary: Vocabulary) -> Members:
    said = {m: r.choice(("yes", "no", "open")) for m in fact.of}
    yes = frozenset(m for m, word in said.items() if word == "yes")
    open_ = frozenset(m for m, word in said.items() if word == "open") if r.random() < 0.6 else frozenset[str]()
    return close_members(vocabulary, fact.id, Members(yes, open_))


def _owners(r: random.Random, depth: int) -> tuple[Owner, ...]:
    found, left = [], 100
    for _ in range(r.randint(0, 3)):
        percent = min(left, r.choice((10, 25, 33, 50, 100)))
        left -= percent
        inner = _owners(r, depth - 1) if depth and r.random() < 0.4 else ()
        found.append(Owner(percent, r.choice((*CODES, None)), inner))
    return tuple(found)


# --- agreement


@dataclass(frozen=True)
class Disagreement:
    """A pair in which an evaluator found something else than the reference."""

    evaluator: str
    program: int
    case: str
    variant: str
    reference: Findings
    found: Findings


@dataclass
class Tally:
    """What was compared, and how much of everything was in it."""

    pairs: int = 0
    facts: int = 0
    unsaid: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    conditions: Counter[str] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in another tally."""
        self.pairs += other.pairs
        self.facts += other.facts
        self.unsaid += other.unsaid
        self.verdicts.update(other.verdicts)
        self.conditions.update(other.conditions)
        self.disagreements += other.disagreements

    def rare(self) -> list[str]:
        """Verdicts and kinds of conditions that are in fewer pairs than they should be."""
        counts = {**{w: self.verdicts[w] for w in WORDS}, **{k.__name__: self.conditions[k.__name__] for k in t.KINDS}}
        return [name for name, n in counts.items() if n < LEAST_SHARE * self.pairs]

    def to_text(self) -> str:
        """The tally as lines."""
        lines = [
            f"pairs {self.pairs}",
            f"disagreements {len(self.disagreements)}",
            f"facts unsaid {self.unsaid / max(1, self.facts):.1%}",
        ]
        lines += [f"  {word:12} {self.verdicts[word] / max(1, self.pairs):.1%}" for word in WORDS]
        lines += [f"  {k.__name__:12} {self.conditions[k.__name__] / max(1, self.pairs):.1%}" for k in t.KINDS]
        lines += [
            f"disagrees: {d.evaluator}, program {d.program}, case {d.case}, {d.variant}"
            for d in self.disagreements[:20]
        ]
        return "\n".join(lines)


def compare(seed: int, number: int, n_cases: int, evaluators: Mapping[str, Maker] = EVALUATORS) -> Tally:
    """Hold evaluators against the reference on one program."""
    program = make_program(seed, number)
    finders = {name: make(program) for name, make in evaluators.items()}
    kinds = {c.id: _kinds(c.when) for p in program.packs for c in p.clauses} | {
        p.id: _kinds(p.scope) for p in program.packs
    }
    r = random.Random(f"{seed}/{number}/variants")  # noqa: S311  nothing secret
    tally = Tally()
    for case in make_cases(program, seed, number, n_cases):
        findings = one.find(program, case)
        tally.pairs += 1
        tally.facts += len(program.vocabulary.facts) - 2
        tally.unsaid += len(program.vocabulary.facts) - 2 - len(case.facts)
        tally.verdicts[verdict.word(findings.bound)] += 1
        tally.conditions.update(
            frozenset().union(*(kinds[x] for p in findings.packs for x in (p.pack, *(f.clause for f in p.clauses))))
        )
        tally.disagreements += _differences(
            number, case, findings, {n: f(program, case) for n, f in finders.items()}, "with presumptions"
        )
        if r.random() < 0.4:
            bare = one.find(program, case, presume=False)
            found = {n: f(program, case, presume=False) for n, f in finders.items()}
            tally.disagreements += _differences(number, case, bare, found, "without presumptions")
        if r.random() < 0.15:
            held = frozenset(r.sample([f.id for f in program.vocabulary.facts], 4))
            found = {n: f(program, case, withhold=held) for n, f in finders.items()}
            tally.disagreements += _differences(
                number, case, one.find(program, case, withhold=held), found, f"withholding {sorted(held)}"
            )
    return tally


def _kinds(condition: t.Condition) -> frozenset[str]:
    return frozenset(type(node).__name__ for node in t.walk(condition))


def _differences(
    number: int, case: Case, reference: Findings, found: Mapping[str, Findings], variant: str
) -> list[Disagreement]:
    return [Disagreement(name, number, case.id, variant, reference, f) for name, f in found.items() if f != reference]


def _chunk(job: tuple[int, int, int, int]) -> Tally:
    seed, first, last, n_cases = job
    tally = Tally()
    for number in range(first, last):
        tally.add(compare(seed, number, n_cases))
    return tally


def run(
    pairs: int, *, seed: int = 0, n_cases: int = 50, jobs: int = 1, progress: Callable[[Tally], None] | None = None
) -> Tally:
    """Compare that many pairs, over several processes where `jobs` says so."""
    n_programs = -(-pairs // n_cases)
    work = [(seed, first, min(first + 20, n_programs), n_cases) for first in range(0, n_programs, 20)]
    tally = Tally()
    if jobs == 1:
        for job in work:
            tally.add(_chunk(job))
            if progress:
                progress(tally)
        return tally
    with ProcessPoolExecutor(jobs) as pool:
        for part in pool.map(_chunk, work):
            tally.add(part)
            if progress:
                progress(tally)
    return tally


def main(arguments: list[str] | None = None) -> int:
    """The program of `make soak`."""
    parser = argparse.ArgumentParser(
        prog="python -m comity.decide.agree", description="Hold all evaluators against the reference."
    )
    parser.add_argument("--pairs", type=int, default=50_000, help="pairs of a program and a case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=200, help="cases for each program")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--program", type=int, help="only this program of the seed")
    given = parser.parse_args(arguments)
    started = time.monotonic()

    def progress(tally: Tally) -> None:
        rate = tally.pairs / max(0.001, time.monotonic() - started)
        left = max(0, given.pairs - tally.pairs) / max(1.0, rate)
        pace = f"{rate:.0f} a second, {left / 60:.0f} min left"
        sys.stderr.write(f"\r{tally.pairs} of {given.pairs} pairs, {len(tally.disagreements)} disagree, {pace} ")

    if given.program is not None:
        tally = compare(given.seed, given.program, given.cases)
    else:
        tally = run(given.pairs, seed=given.seed, n_cases=given.cases, jobs=given.jobs, progress=progress)
        sys.stderr.write("\n")
    rare = tally.rare() if given.program is None else []
    sys.stdout.write(tally.to_text() + "\n" + (f"in too few pairs: {', '.join(rare)}\n" if rare else ""))
    return 1 if tally.disagreements or rare else 0


if __name__ == "__main__":
    raise SystemExit(main())
