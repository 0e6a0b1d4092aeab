"""One plan for all entries of a map together: what serves many entries is paid for once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from comity.case import Flow
from comity.decide import one
from comity.decide.decision import Decision, decide
from comity.decide.remedy import Entry, Remedies
from comity.decide.solve import Model, Open, Solver
from comity.decide.totals import with_totals
from comity.decide.variant import Variant, at_least
from comity.decide.way import Change, Key, Way

SECONDS = 20.0
MAX_TRIES = 10  # choices of other systems and recipients that turn out to count too many together


@dataclass(frozen=True)
class Step:
    """A change of the plan, with the entries that it serves."""

    change: Change
    flows: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The cheapest changes after which every entry is allowed that can be.

    Attributes:
        ways: of each entry that is helped, by its id: the changes that it takes and the decision they lead to.
        left: ids of entries that no change helps.
        is_open: whether it was not settled in time what is cheapest; then there is no plan.
    """

    steps: tuple[Step, ...]
    effort: int
    ways: tuple[tuple[str, Way], ...]
    left: tuple[str, ...]
    is_open: bool = False


def plan(search: Remedies, *, seconds: float = SECONDS) -> Plan:
    """The joint plan of the entries whose remedies were looked for.

    Args:
        search: after `remedy` was called for each entry.
        seconds: the limit.
    """
    helped = [entry for entry in search.entries.values() if entry.is_helped]
    left = tuple(sorted(entry.flow.id for entry in search.entries.values() if not entry.is_helped))
    if not helped:
        return Plan((), 0, (), left)
    solver = Solver(search.circuit, seconds=seconds)
    chooser = {
        (entry.flow.id, number): search.circuit.variable(("choose", entry.flow.id, str(number)))
        for entry in helped
        for number in range(len(entry.variants))
    }
    costs: dict[int, int] = {}
    for entry in helped:
        ways = []
        for number, variant in enumerate(entry.variants):
            chosen = chooser[entry.flow.id, number]
            ways.append(search.circuit.all((chosen, variant.allowed)))
            costs[chosen] = search.cost(variant.first) if variant.first else 0
            relevant = set(search.circuit.variables([variant.allowed]))
            costs |= {x: search.cost(key) for key, x in variant.levers.items() if x in relevant}
        solver.require([search.circuit.any(ways)])
    priced = [(literal, cost) for literal, cost in costs.items() if cost]
    for _ in range(MAX_TRIES):
        try:
            model = solver.cheapest(priced)
        except Open:
            break
        if model is None:
            break
        taken = _taken(search, helped, chooser, model)
        found = _replayed(search, helped, taken)
        if found is not None:
            return _plan(found, left)
        routes = [chooser[entry.flow.id, number] for entry, (number, _) in zip(helped, taken, strict=True) if number]
        solver.require([-search.circuit.all(routes)])
    return Plan((), 0, (), left, is_open=True)


def _taken(
    search: Remedies, helped: Sequence[Entry], chooser: dict[tuple[str, int], int], model: Model
) -> list[tuple[int, frozenset[Key]]]:
    """For each entry the variant that is taken, and all changes of the plan that are its levers."""
    found = []
    for entry in helped:
        number = next(
            n for n, v in enumerate(entry.variants)
            if model.holds(search.circuit.all((chooser[entry.flow.id, n], v.allowed)))
        )  # fmt: skip
        variant = entry.variants[number]
        relevant = set(search.circuit.variables([variant.allowed]))
        found.append((number, frozenset(k for k, x in variant.levers.items() if x in relevant and model.holds(x))))
    return found


def _replayed(
    search: Remedies, helped: Sequence[Entry], taken: Sequence[tuple[int, frozenset[Key]]]
) -> list[tuple[Entry, Variant, Way]] | None:
    """The ways as the reference decides them, with the counts of the map as it would be; None if one fails."""
    variants = {e.flow.id: e.variants[number] for e, (number, _) in zip(helped, taken, strict=True)}
    moved = any(variant.first for variant in variants.values())
    flows = tuple(variants[f.id].bare if f.id in variants else f for f in search.map.flows)
    counted = {f.id: f for f in with_totals(search.program, replace(search.map, flows=flows))} if moved else {}
    found = []
    for entry, (_, keys) in zip(helped, taken, strict=True):
        variant = variants[entry.flow.id]
        if moved:
            variant = replace(variant, flow=_counted(variant.flow, counted[entry.flow.id]))
        way = search.way(entry, variant, keys)
        if way is None:
            return None
        found.append((entry, variant, way))
    if moved and not all(_still_allowed(search, counted[f.id], f) for f in search.allowed if f.id not in variants):
        return None
    return found


def _counted(flow: Flow, counted: Flow) -> Flow:
    """An entry whose counts are no smaller than those of the map as it would be."""
    pairs = zip(flow.cases, counted.cases, strict=True)
    return replace(flow, cases=tuple(at_least(case, other.totals) for case, other in pairs))


def _still_allowed(search: Remedies, counted: Flow, flow: Flow) -> bool:
    decisions: Iterable[Decision] = (
        decide(search.program, case, find=one.find, why=False) for case in _counted(flow, counted).cases
    )
    return all(decision.verdict == "allowed" for decision in decisions)


def _plan(found: Sequence[tuple[Entry, Variant, Way]], left: tuple[str, ...]) -> Plan:
    serves: dict[Key, list[str]] = {}
    changes: dict[Key, Change] = {}
    for entry, _, way in found:
        for change in way.changes:
            serves.setdefault(change.key, []).append(entry.flow.id)
            known = changes.get(change.key)
            clauses = dict.fromkeys((*(known.clauses if known else ()), *change.clauses))
            changes[change.key] = replace(change, clauses=tuple(clauses))
    steps = [Step(changes[key], tuple(sorted(flows))) for key, flows in serves.items()]
    steps.sort(key=lambda step: (-len(step.flows), step.change.effort, step.change.key))
    effort = sum(step.change.effort for step in steps)
    return Plan(tuple(steps), effort, tuple((entry.flow.id, way) for entry, _, way in found), left)
