"""What all packs cost beside five of them: a decision, the exam, linking, loading."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.figures import Figures, figure, interleaved, read
from bench.real import FIVE, example_cases, fresh, real_program
from comity.decide.decision import decide
from comity.decide.exam import examine_all, to_counts
from comity.decide.fast import compile_program
from comity.pack.program import Program
from comity.pack.ship import SHIPPED, compile_packs, load_program, packs_root


def measure(n: int) -> Figures:
    """All figures. `n`: decisions of each kind."""
    return [*decisions(n), *exam(), *loading()]


def decisions(n: int) -> Figures:
    """The same entries of the example decided under all packs and under five, in turns."""
    every = real_program()
    found: Figures = []
    for title, why, count in (
        ("a whole decision", False, n),
        ("with presumptions that matter and questions", True, max(200, n // 10)),
    ):
        cases = example_cases(every)
        medians = interleaved(
            [
                ("five", _deciding(every.select(FIVE), why), fresh(cases, count, 0)),
                ("all", _deciding(every, why), fresh(cases, count, count)),
            ]
        )
        ratio = medians["all"] / medians["five"]
        name = f"{len(every.packs)} packs / five packs, {title}"
        found += [
            figure(f"{len(every.packs)} packs, {title}", medians["all"], "µs"),
            figure(name, ratio, "times", 3.0, more_is_better=False),
        ]
    return found


def _deciding(program: Program, why: bool) -> Callable[[Any], object]:
    find = compile_program(program).find
    return lambda case: read(decide(program, case, find=find, why=why))


def exam() -> Figures:
    """All worked cases, read and decided."""
    program = load_program()
    start = time.perf_counter()
    results = examine_all(program, packs_root())
    spent = time.perf_counter() - start
    cases = to_counts(results)["cases"]
    return [figure(f"the exam, {cases} worked cases", spent, "s", 10.0, more_is_better=False)]


def loading() -> Figures:
    """The program made from the packs' files, and as it is shipped."""
    start = time.perf_counter()
    program = compile_packs(packs_root())
    linked = time.perf_counter() - start
    load_program()  # writes the shipped program where it is out of date
    start = time.perf_counter()
    load_program()
    loaded = time.perf_counter() - start
    size = Path(SHIPPED).stat().st_size / 1e6
    return [
        figure(f"linking {len(program.packs)} packs from their files", linked, "s", 10.0, more_is_better=False),
        figure(f"loading them as shipped ({size:.1f} MB)", loaded, "s", 0.2, more_is_better=False),
    ]
