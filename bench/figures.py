"""Figures, and how they are taken: medians of runs that take turns, so that what slows the machine slows all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from comity.decide.decision import Decision

RUN = 100  # calls in a row
Figures = list[dict[str, Any]]
Timed = tuple[str, Callable[[Any], object], list[Any]]


def figure(
    name: str, value: float, unit: str, aim: float | None = None, *, more_is_better: bool = True
) -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "unit": unit, "aim": aim, "more_is_better": more_is_better}


def interleaved(timed: list[Timed]) -> dict[str, float]:
    """Median microseconds of each, in short runs that take turns; no input is used twice."""
    spent: dict[str, list[int]] = {name: [] for name, _, _ in timed}
    clock = time.perf_counter_ns
    for first in range(0, len(timed[0][2]), RUN):
        for name, call, inputs in timed:
            times = spent[name]
            for given in inputs[first : first + RUN]:
                start = clock()
                call(given)
                times.append(clock() - start)
    return {name: statistics.median(times[len(times) // 10 :]) / 1000 for name, times in spent.items()}


def read(decision: Decision) -> int:
    """Read every part of a decision, so that nothing is left to be made later."""
    parts = len(decision.verdict) + len(decision.without_presumptions[0]) + len(decision.no_pack)
    for pack in decision.packs:
        parts += (
            len(pack.outcome)
            + sum(len(r.cite) + len(r.needs) for r in pack.reasons)
            + sum(len(d.due) for d in pack.duties)
        )
    return parts
