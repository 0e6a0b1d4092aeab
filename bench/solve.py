"""What questions to the solver cost: remedies, comparisons, contradictions, common ground, and how they grow.

python -m bench.solve [--quick] measures these alone, without peers, and prints the table.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from bench import compare as tables
from bench.figures import Figures, figure
from bench.grown import KIND, grown, reworded
from bench.real import DAY, MAP
from comity.case import Case, Map
from comity.decide import clash, compare, ground, one, remedy
from comity.decide.between import choose, template
from comity.decide.check import FlowDecision, check
from comity.decide.circuit import Circuit
from comity.decide.encode import Encoder
from comity.decide.fast import compile_program
from comity.decide.levers import CaseSource, Levers
from comity.decide.plan import plan
from comity.decide.solve import Open, Solver, is_installed
from comity.decide.space import Space
from comity.decide.way import Remedy
from comity.facts import Value
from comity.library import load_map
from comity.pack.program import Pack, Program
from comity.pack.ship import load_program

ROUNDS = 3
SIZES = (100, 200, 500, 1000, 2000)
TEN = ("eu", "gb", "cn", "us", "jp", "kr", "sg", "in", "br", "ch")
PAIRS = (
    ("eu/personal-data", "gb/personal-data"),
    ("eu/personal-data", "cn/outbound-data"),
    ("cn/outbound-data", "us/sensitive-data"),
    ("eu/personal-data", "br/personal-data"),
    ("jp/personal-information", "kr/personal-information"),
    ("ru/personal-data", "vn/personal-data"),
    ("sg/personal-data", "th/personal-data"),
)
NOT_PAST: dict[str, Value] = {"flow.done": False}
Measured = tuple[Figures, list[str]]
T = TypeVar("T")


def measure(quick: bool) -> Measured:
    """All figures, and what has to be said of them."""
    if not is_installed():
        return [], ["the solver is not installed: remedies, comparisons and the like were not measured"]
    program = load_program()
    parts = [
        (importing(3 if quick else 7), []),
        remedies(program, 1 if quick else ROUNDS),
        comparisons(program, 1 if quick else ROUNDS),
        contradictions(program),
        common_ground(program),
        growth(program, SIZES[:2] if quick else SIZES),
    ]
    return [f for figures, _ in parts for f in figures], [note for _, notes in parts for note in notes]


def timed(call: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def medians(calls: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """The median seconds of each call, over rounds in which all take turns."""
    spent = [[timed(call)[0] for call in calls] for _ in range(rounds)]
    return [statistics.median(times) for times in zip(*spent, strict=True)]


def importing(rounds: int) -> Figures:
    """A fresh process that loads the solver, beside one that loads nothing."""
    spent: dict[str, list[float]] = {"pass": [], "import z3": []}
    for _ in range(rounds):
        for code, times in spent.items():
            times.append(timed(partial(subprocess.run, [sys.executable, "-c", code], check=True))[0])
    bare, loaded = (statistics.median(times) for times in spent.values())
    return [figure("import z3, beyond an empty process", loaded - bare, "s")]


# --- one map


def remedies(program: Program, rounds: int) -> Measured:
    """Each entry of the example that is not allowed, by itself as the command finds it; then all and the joint plan."""
    read = load_map(MAP, program, day=DAY, routes=True)
    found = check(program, read, find=compile_program(program).find)

    @functools.cache
    def later(on: dt.date) -> Map:
        return load_map(MAP, program, day=on)

    def search() -> remedy.Remedies:
        return remedy.Remedies(program, read, found.flows, later=later)

    def alone(each: FlowDecision) -> Remedy:
        later.cache_clear()
        return search().remedy(each)

    wanting, notes = search().wanting, []
    with_reading = [timed(partial(alone, each))[0] for each in wanting]
    for each in wanting:  # reads what is not yet read, so that the next round reads nothing
        notes += [f"remedy of {each.flow.id}: not all was settled in time"] if search().remedy(each).is_open else []
    times = medians([partial(lambda each: search().remedy(each), each) for each in wanting], rounds)
    joint = search()
    all_spent, _ = timed(lambda: [joint.remedy(each) for each in joint.wanting])
    plan_spent, planned = timed(lambda: plan(joint))
    notes += ["the joint plan of the example was not settled in time"] if planned.is_open else []
    n = f"{len(program.packs)} packs"
    title = f"remedy of one flow under {n}"
    return [
        figure(f"{title}, median of {len(wanting)}", statistics.median(times), "s", 0.3, more_is_better=False),
        figure(f"{title}, slowest", max(times), "s"),
        figure(f"{title}, the map read anew for later days, median", statistics.median(with_reading), "s"),
        figure("joint plan of the example", plan_spent, "s", 5.0, more_is_better=False),
        figure("joint plan of the example, the ways of all its entries included", all_spent + plan_spent, "s"),
    ], notes


# --- packs with each other


def comparisons(program: Program, rounds: int) -> Measured:
    """Two packs, all kinds of case, with an example each way."""
    found: dict[tuple[str, str], compare.Comparison] = {}

    def put(names: tuple[str, str]) -> None:
        first, second = (compare.Side(name, program.pack[name], DAY) for name in names)
        found[names] = compare.compare(program.vocabulary, first, second, is_versions=False)

    times = medians([partial(put, names) for names in PAIRS], rounds)
    notes = [
        f"comparison of {' and '.join(names)}, {kind.kind}: {state}"
        for names, comparison in found.items()
        for kind in comparison.kinds
        if (state := _state(kind))
    ]
    title = "comparison of two packs, all kinds of case"
    return [
        figure(f"{title}, median of {len(times)}", statistics.median(times), "s", 1.0, more_is_better=False),
        figure(f"{title}, slowest", max(times), "s"),
    ], notes


def _state(kind: compare.KindComparison) -> str:
    """What was not settled in time of a comparison."""
    if kind.open:
        return "open"
    shown = kind.stricter + kind.looser
    return "" if all(example.is_smallest for example in shown) else "examples perhaps not the smallest"


def contradictions(program: Program) -> Measured:
    """Over all pairs of packs, on all cores."""
    spent, found = timed(lambda: clash.clashes(program, DAY, n_processes=os.cpu_count() or 1))
    notes = [f"contradictions: {len(found.open)} pairs of clauses were not settled in time"] if found.open else []
    title = f"contradictions over all pairs of {len(program.packs)} packs, {len(found.found)} found"
    return [figure(title, spent, "s", 60.0, more_is_better=False)], notes


def common_ground(program: Program) -> Measured:
    """Ten parties, every ordered pair of them."""
    parties, _ = choose(program, DAY, TEN)
    spent, found = timed(lambda: ground.find_ground(program, template(program, KIND, DAY), parties))
    notes = [f"common ground: not settled in time: {', '.join(found.not_settled)}"] if found.not_settled else []
    title = f"common ground of {len(parties)} parties, {len(found.pairs)} pairs"
    return [figure(title, spent, "s", 30.0, more_is_better=False)], notes


# --- growth


def growth(program: Program, sizes: tuple[int, ...]) -> Measured:
    """Generated packs: encoding, one question, a comparison of versions, a remedy; each beside the smallest.

    What was not settled stands behind the seconds after which that was said.
    """
    found: Figures = []
    first: dict[str, float] = {}
    _grown(grown(program.vocabulary, sizes[0], DAY))  # what is slow but once is none of the smallest one's time
    for n in sizes:
        one_pack = grown(program.vocabulary, n, DAY)
        for what, (spent, state) in _grown(one_pack).items():
            title = f"pack of {n} clauses: {what}"
            found.append(figure(title, spent, f"s, {state}" if state else "s"))
            ratio = spent / first.setdefault(what, spent)
            if n != sizes[0]:
                found.append(figure(f"{title} / of {sizes[0]}", ratio, "times"))
    return found, []


def _grown(program: Program) -> dict[str, tuple[float, str]]:
    vocabulary, pack = program.vocabulary, program.packs[0]
    later = reworded(vocabulary, pack)
    circuit = Circuit()
    space = Space(circuit, vocabulary, (pack, later), KIND, DAY, fixed=NOT_PAST)
    encoder = Encoder(space)
    encoding, (before, after) = timed(lambda: (encoder.pack(pack), encoder.pack(later)))

    def parting() -> str:
        solver = Solver(circuit)
        solver.require(space.constraints())
        try:
            solver.solve(before.bound.low2, -after.bound.high1)
            solver.solve(after.bound.low2, -before.bound.high1)
        except Open:
            return "open"
        return ""

    sides = compare.Side("before", pack, DAY), compare.Side("after", later, DAY)
    comparing, compared = timed(lambda: compare.compare(vocabulary, *sides, is_versions=True))
    (kind,) = compared.kinds
    return {
        "encoding two versions": (encoding, ""),
        "whether they part, each way": timed(parting),
        "comparison, an example each way": (comparing, _state(kind)),
        "remedy of one case": timed(lambda: _remedy(program, pack)),
    }


def _remedy(program: Program, pack: Pack) -> str:
    """The least that makes a case allowed: measures, and the bool facts that it says turned over."""
    vocabulary = program.vocabulary
    said = {**_said(program), **template(program, KIND, DAY).facts}
    given = Case("", KIND, DAY, {**said, "holder.country": "DE", "recipient.country": "US"})
    circuit = Circuit()
    changes = {
        f: (circuit.variable(("change", f)), not value) for f, value in given.facts.items() if isinstance(value, bool)
    }
    levers = Levers({m.id: circuit.variable(("measure", m.id)) for m in vocabulary.measures}, {}, changes)
    encoded = Encoder(CaseSource(circuit, vocabulary, given, levers)).pack(pack)
    costs = [(levers.measures[m.id], m.effort) for m in vocabulary.measures]
    costs += [(literal, 2) for literal, _ in changes.values()]
    try:
        model = Solver(circuit).cheapest(costs, -encoded.bound.high1)
    except Open:
        return "open"
    if model is None:
        return "nothing helps"
    in_place = {m.id: "in-place" for m in vocabulary.measures if model.holds(levers.measures[m.id])}
    changed = {f: value for f, (literal, value) in changes.items() if model.holds(literal)}
    way = dataclasses.replace(given, facts={**given.facts, **changed}, measures=in_place)
    assert one.find(program, way).bound == (0, 0)
    return ""


def _said(program: Program) -> dict[str, Value]:
    """Every bool fact that the packs ask for, with the value that it has most often."""
    return {f.id: False for f in program.vocabulary.facts if f.type == "bool" and f.id != "flow.done"}


def main(quick: bool) -> int:
    figures, notes = measure(quick)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(tables.table({"machine": machine, "figures": figures, "notes": notes}))
    return 0


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
