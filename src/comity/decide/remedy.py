"""The least that would make each entry of a map lawful everywhere it touches, and the least for all entries together.

The solver looks for changes; each answer is made into cases and decided by the reference before anybody sees it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from comity.case import Facts, Flow, Map
from comity.decide import one
from comity.decide.check import Check, FlowDecision
from comity.decide.circuit import FALSE, Circuit
from comity.decide.decision import Decision, decide
from comity.decide.solve import Open, Solver
from comity.decide.totals import totals_of
from comity.decide.variant import Variant, at_least, change_days, changed, encode
from comity.decide.way import Change, Key, Obstacle, Remedy, Way, cited, words
from comity.pack.program import Program

WAYS = 5
SECONDS = 5.0  # for one question
HORIZON = dt.timedelta(days=731)  # how far ahead a change of the law is waited for
MAX_DAYS = 8  # changes of the law that are looked at for one entry
MAX_TRIES = 20  # answers of the solver that the reference does not bear out
MAX_SET = 3  # obstacles that are tried together for the smallest set
WAITING = ("flows", "access", "collections", "storage", "products")  # requests and incidents have their own day

Later = Callable[[dt.date], Map]


@dataclass(slots=True)
class Entry:
    """One entry while ways are looked for: its variants over the circuit of the map."""

    found: FlowDecision
    variants: list[Variant] = field(default_factory=list)
    before: tuple[Decision, ...] = ()
    is_helped: bool = False

    @property
    def flow(self) -> Flow:
        """The entry."""
        return self.found.flow


class Remedies:
    """Looks for ways of the entries of one map.

    Args:
        program: the packs.
        map_: the map, read with its routes.
        flows: its entries as they were decided.
        later: reads the map as of another day, for ways that wait; None: no such ways are looked for.
        seconds: the limit of one question.
    """

    def __init__(
        self,
        program: Program,
        map_: Map,
        flows: Iterable[FlowDecision],
        *,
        later: Later | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self.program = program
        self.map = map_
        decided = tuple(flows)
        self.wanting = tuple(f for f in decided if f.verdict != "allowed")
        self.allowed = tuple(f.flow for f in decided if f.verdict == "allowed")
        self.circuit = Circuit()
        self.entries: dict[str, Entry] = {}  # those whose ways were looked for
        self._later = later
        self._seconds = seconds
        self._solver: Solver | None = None

    def remedy(self, found: FlowDecision, *, n_ways: int = WAYS) -> Remedy:
        """The cheapest ways of one entry, each other than those before it."""
        entry = self.entries[found.flow.id] = Entry(found, before=found.decisions)
        search = _Search(self, entry, n_ways)
        search.run()
        entry.is_helped = bool(search.ways)
        is_past = any(Facts(self.program.vocabulary, c).value("flow.done") is not False for c in entry.flow.cases)
        remedy = Remedy(found.flow.id, found.flow.title, found.verdict, tuple(search.ways), (), (), search.is_open)
        if search.ways:
            return remedy
        obstacles, alone, is_open = self._obstacles(entry.variants[0])
        return replace(remedy, obstacles=obstacles, alone=alone, is_open=search.is_open or is_open, is_past=is_past)

    def solver(self) -> Solver:
        """The solver, over the circuit of the whole map."""
        if self._solver is None:
            self._solver = Solver(self.circuit, seconds=self._seconds)
        return self._solver

    # --- variants

    def as_is(self, entry: Entry) -> Variant:
        """The entry as it stands."""
        bare = next((flow for flow in self.map.flows if flow.id == entry.flow.id), entry.flow)
        return encode(self.program, self.circuit, entry.flow, None, bare=bare)

    def others(self, entry: Entry, below: int | None) -> Iterator[Callable[[], Variant]]:
        """The other ways that the map offers and the days on which the law changes; encoded one by one.

        Args:
            entry: the entry.
            below: only those that cost less in themselves; None: all.
        """
        for route in self.map.routes.get(entry.flow.id, ()):
            key = Key(route.change, route.id, flow=entry.flow.id)
            if below is not None and self.cost(key) >= below:
                continue
            yield lambda route=route, key=key: self._encode(entry, route.flow, key, self.map)  # type: ignore[misc]  # kept for later
        if self._later is None or entry.flow.section not in WAITING:
            return
        reaching = frozenset(p.pack for p in entry.found.packs if p.outcome != "not-covered")
        days = change_days(self.program, entry.flow, reaching, self.map.day + HORIZON)
        for day in days[:MAX_DAYS]:
            if below is not None and self.cost(Key("wait", day.isoformat())) >= below:
                continue
            yield lambda day=day: self._on(entry, day, self._later)  # type: ignore[misc]  # as above

    def _encode(self, entry: Entry, flow: Flow, key: Key, map_: Map) -> Variant:
        counted = totals_of(self.program, map_, flow)
        olds = [case.totals for case in entry.flow.cases]
        cases = tuple(at_least(case, olds[min(number, len(olds) - 1)]) for number, case in enumerate(counted.cases))
        return encode(self.program, self.circuit, replace(counted, cases=cases), key, bare=flow)

    def _on(self, entry: Entry, day: dt.date, later: Later) -> Variant:
        """The entry as it would be on a later day, with no smaller counts than now."""
        map_ = later(day)
        flow = next(f for f in map_.flows if f.id == entry.flow.id)
        return self._encode(entry, flow, Key("wait", day.isoformat(), flow=flow.id), map_)

    # --- from changes to a way

    def way(self, entry: Entry, variant: Variant, chosen: frozenset[Key]) -> Way | None:
        """A way as the reference decides it; None where it does not lead to "allowed"."""
        cases = changed(self.program.vocabulary, variant, chosen)
        decisions = tuple(decide(self.program, case, find=one.find, why=False) for case in cases)
        if any(decision.verdict != "allowed" for decision in decisions):
            return None
        keys = [*([variant.first] if variant.first else []), *sorted(chosen)]
        changes = tuple(self._change(key, variant, entry.before, decisions) for key in keys)
        return Way(changes, sum(change.effort for change in changes), decisions)

    def _change(self, key: Key, variant: Variant, before: Sequence[Decision], after: Sequence[Decision]) -> Change:
        change = words(self.program.vocabulary, key, variant.values.get(key), self.map.day)
        ids = cited(self.program, change, before, after)
        cites = tuple((id_, self.program.pack[id_.rsplit("/", 1)[0]].clause[id_].cite) for id_ in ids)
        return replace(change, clauses=cites)

    def cost(self, key: Key) -> int:
        """What a change costs."""
        return words(self.program.vocabulary, key, None, self.map.day).effort

    # --- where nothing helps

    def _obstacles(self, variant: Variant) -> tuple[tuple[Obstacle, ...], tuple[Obstacle, ...], bool]:
        """The smallest set of what stands in the way, and what else does so alone."""
        solver = self.solver()
        blocks = list({literal: (obstacle, literal) for obstacle, literal in variant.blocks}.values())
        try:
            alone = [obstacle for obstacle, literal in blocks if solver.solve(literal, *variant.kept) is None]
            if alone:
                return (alone[0],), tuple(alone[1:]), False
            for size in range(2, MAX_SET + 1):
                found = self._smallest(solver, blocks, variant.kept, size)
                if found:
                    return found, (), False
            core = set(solver.core([literal for _, literal in blocks] + variant.kept))
            return tuple(obstacle for obstacle, literal in blocks if literal in core), (), False
        except Open:
            return (), (), True

    @staticmethod
    def _smallest(
        solver: Solver, blocks: Sequence[tuple[Obstacle, int]], kept: Sequence[int], size: int
    ) -> tuple[Obstacle, ...]:
        for some in itertools.combinations(blocks, size):
            if solver.solve(*[literal for _, literal in some], *kept) is None:
                return tuple(obstacle for obstacle, _ in some)
        return ()


def with_first(search: Remedies, found: Check) -> Check:
    """A check with the cheapest way of each entry that is not allowed."""
    firsts = {flow.flow.id: search.remedy(flow, n_ways=1) for flow in search.wanting}
    return replace(found, flows=tuple(replace(f, remedy=firsts.get(f.flow.id)) for f in found.flows))


class _Search:
    """The cheapest ways over the variants of one entry, cheapest first."""

    def __init__(self, remedies: Remedies, entry: Entry, n_ways: int) -> None:
        self._remedies = remedies
        self._entry = entry
        self._n_ways = n_ways
        self.ways: list[Way] = []
        self.is_open = False
        self._found: list[tuple[int, int, frozenset[Key]]] = []  # effort, order of the variant, changes
        self._blocked: dict[int, list[int]] = {}
        self._n_refused = 0

    def run(self) -> None:
        """Fill `ways`."""
        entry, remedies = self._entry, self._remedies
        entry.variants = [remedies.as_is(entry)]
        self._look(0)
        # Where one way is asked for, what costs as much as the entry as it stands cannot be the cheapest.
        below = self._found[0][0] if self._n_ways == 1 and self._found else None
        for make in remedies.others(entry, below):
            entry.variants.append(make())
            self._look(len(entry.variants) - 1)
        while self._found and len(self.ways) < self._n_ways and self._n_refused < MAX_TRIES:
            self._found.sort(key=lambda item: item[:2])
            _, place, chosen = self._found.pop(0)
            if not any(_is_part(known, self._keys(place, chosen)) for known in self.ways):
                way = remedies.way(entry, entry.variants[place], chosen)  # only what is shown has to be decided
                if way is None:
                    self.is_open = True  # the solver and the reference differ: never shown, and said
                    self._n_refused += 1
                else:
                    self.ways.append(way)
            if len(self.ways) < self._n_ways:
                self._look(place)

    def _keys(self, place: int, chosen: frozenset[Key]) -> frozenset[Key]:
        first = self._entry.variants[place].first
        return chosen | {first} if first is not None else chosen

    def _look(self, place: int) -> None:
        """The next cheapest way of a variant, other than those that were found."""
        variant = self._entry.variants[place]
        blocked = self._blocked.setdefault(place, [])
        if variant.allowed == FALSE:
            return
        costs = [(literal, self._remedies.cost(key)) for key, literal in variant.levers.items()]
        relevant = set(self._remedies.circuit.variables([variant.allowed]))
        costs = [(literal, cost) for literal, cost in costs if literal in relevant]
        try:
            model = self._remedies.solver().cheapest(costs, variant.allowed, *blocked)
        except Open:
            self.is_open = True
            return
        if model is None:
            return
        chosen = frozenset(k for k, x in variant.levers.items() if x in relevant and model.holds(x))
        blocked.append(-self._remedies.circuit.all([variant.levers[key] for key in chosen]))
        effort = sum(self._remedies.cost(key) for key in self._keys(place, chosen))
        self._found.append((effort, place, chosen))


def _is_part(known: Way, keys: Iterable[Key]) -> bool:
    """Whether a known way does only what some changes do as well."""
    return {(c.key.what, c.key.id) for c in known.changes} <= {(key.what, key.id) for key in keys}
