"""What `run.py` starts inside the environment of the bench: python -m bench.measure OUT [--quick]."""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench import engines, growth, large, rules, solve
from bench.engines import Engine
from bench.figures import Figures, Timed, figure, interleaved, read
from bench.real import FIVE, MAP, example_cases, fresh, real_program
from comity.decide.decision import decide
from comity.decide.fast import compile_program

ROOT = Path(__file__).resolve().parent.parent


def neutral(every: list[Engine], n: int) -> Figures:
    """The policy of thirty rules: all facts known, then one missing."""
    found: Figures = []
    aims = {"cedar": (25.0, 10.0), "opa": (20.0, 8.0)}
    for place, missing in enumerate((False, True)):
        timed: list[Timed] = []
        for number, engine in enumerate(every):
            flows = rules.make_flows(n, seed=100 * place + number)
            timed.append(
                (
                    engine.name,
                    engine.decide,
                    [engine.prepare(without_one(f, i) if missing else f) for i, f in enumerate(flows)],
                )
            )
        medians = interleaved(timed)
        what = "one fact missing" if missing else "all facts known"
        found += [figure(f"thirty rules, {what}: {name}", value, "µs") for name, value in medians.items()]
        for name, median in medians.items():
            if name != "comity":
                found.append(
                    figure(
                        f"thirty rules, {what}: {name} / comity", median / medians["comity"], "times", aims[name][place]
                    )
                )
    return found


def without_one(flow: rules.Flow, seed: int) -> rules.Flow:
    """The flow without one of its fields that are no lists."""
    gone = random.Random(seed).choice([f for f in rules.FIELDS if f not in rules.LISTS])
    return {field: value for field, value in flow.items() if field != gone}


def missing_facts(every: list[Engine], n: int) -> tuple[Figures, int]:
    """What each engine says of flows from which one fact is gone; truth by trying every value of it."""
    counts: dict[str, Counter[str]] = {engine.name: Counter() for engine in every}
    truths: Counter[str] = Counter()
    for number, flow in enumerate(rules.make_flows(n, seed=21)):
        less = without_one(flow, number)
        gone = next(field for field in flow if field not in less)
        outcomes = {rules.decide({**less, gone: value})[0] for value in rules.values_of(gone)}
        truth = outcomes.pop() if len(outcomes) == 1 else None
        truths["open" if truth is None else "settled"] += 1
        for engine in every:
            said = engine.decide(engine.prepare(less))[0]
            if truth is None:
                counts[engine.name]["open, said allowed"] += said is True
                counts[engine.name]["open, said not allowed"] += said is False
            else:
                counts[engine.name]["settled, said wrongly"] += said is not None and said is not truth
                counts[engine.name]["settled, said undecided"] += said is None
    found = [figure(f"one fact missing: {what} flows", count, f"of {n}") for what, count in sorted(truths.items())]
    for name, counter in counts.items():
        aim = 0.0 if name == "comity" else None
        wrong = ("open, said allowed", "open, said not allowed", "settled, said wrongly")
        title = f"one fact missing, {name}"
        found += [figure(f"{title}: {what}", counter[what], "flows", aim, more_is_better=False) for what in wrong]
        undecided = counter["settled, said undecided"]
        found.append(figure(f"{title}: settled, said undecided", undecided, "flows"))
    own = counts["comity"]
    return found, own["open, said allowed"] + own["open, said not allowed"] + own["settled, said wrongly"]


def five_packs(cedar: Engine, n: int) -> Figures:
    """A whole decision under all packs beside Cedar's bare answer on the thirty rules."""
    program = real_program().select(FIVE)
    find, cases = compile_program(program).find, example_cases(program)

    def whole(case: Any) -> object:
        return read(decide(program, case, find=find, why=False))

    def with_questions(case: Any) -> object:
        return read(decide(program, case, find=find))

    requests = [[cedar.prepare(f) for f in rules.make_flows(n, seed=s)] for s in (7, 8)]
    medians = interleaved([("cedar", lambda r: cedar.decide(r)[0], requests[0]), ("whole", whole, fresh(cases, n, 0))])
    few = max(20, n // 40)
    asked = interleaved(
        [("cedar", lambda r: cedar.decide(r)[0], requests[1][:few]), ("asked", with_questions, fresh(cases, few, n))]
    )
    return [
        figure("five packs, a whole decision, all entries of the example in turn", medians["whole"], "µs"),
        figure(
            "five packs, the same / cedar's bare answer on thirty rules",
            medians["whole"] / medians["cedar"],
            "times",
            1.0,
            more_is_better=False,
        ),
        figure("five packs, with presumptions that matter and questions", asked["asked"], "µs"),
    ]


def cold_start(rounds: int) -> tuple[Figures, list[str]]:
    """`comity check` on the example in a fresh process, beside a process that only imports rich."""
    program = Path(sys.executable).parent / "comity"
    commands = {
        "rich": [sys.executable, "-c", "import rich"],
        "check": [str(program), "check", str(MAP), "--fail-on", "none"],
    }
    spent: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            start = time.perf_counter()
            done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
            spent[name].append(time.perf_counter() - start)
            if done.returncode != 0:
                last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
                return [], [f"cold start was not measured: `comity check` ends with {done.returncode}: {last[0]}"]
    rich, check = (statistics.median(times) for times in spent.values())
    return [
        figure("cold start, import rich", rich, "s"),
        figure(
            "cold start, comity check of the example, beyond import rich", check - rich, "s", 1.0, more_is_better=False
        ),
    ], []


def main(out: str, quick: bool) -> int:
    n = 400 if quick else 6000
    peers = [engine for engine in (engines.cedar(), engines.opa()) if engine]
    every = [engines.comity(), *peers]
    wrong = {engine.name: engines.wrong_answers(engine, rules.make_flows(2000, seed=11)) for engine in every}
    notes = [f"{name}: {count} of 2000 flows answered otherwise than the reference" for name, count in wrong.items()]
    if len(peers) < 2:
        notes.append("Open Policy Agent could not be had for this machine and is left out")
    missing, wrong_definite = missing_facts(every, 2000)
    figures = [*neutral(every, n), *missing, *five_packs(peers[0], n), *growth.measure(n)]
    cold, more = cold_start(3 if quick else 7)
    solving, open_questions = solve.measure(quick)
    notes += [*more, *open_questions]
    notes.append(
        "A whole decision: verdict, verdict without presumptions, outcome of each pack, deciding clauses with cite and "
        "needs, duties, places without a pack."
    )
    result = {
        "format": "bench/1",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "figures": [*figures, *solving, *large.measure(quick), *cold],
        "notes": notes,
    }
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if wrong_definite or any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--quick" in sys.argv))
