"""Common ground: the smallest sets of measures with which a kind of flow is allowed among all of some parties.

One case is put to every ordered pair of parties, in both directions. A set of measures is common ground if every pair
is allowed, by every pack of the program, with these measures in place: a measure counts once however many pairs use
it. What a state grants at its discretion, and all that is not a measure, stays as it is. Where no set serves all, the
largest sets of parties that do share one are looked for; the others fall out.

The packs are encoded over one circuit in which each measure is one variable, so that a question about all pairs is one
question to the solver. A pack says the same of all pairs whose places it does not tell apart, and is encoded once for
them. No answer is shown before it was decided: by the reference, once for all pairs that a pack does not tell apart,
and by the compiled program, pair by pair.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from comity.case import Case, Facts
from comity.decide import decision, one, verdict
from comity.decide.between import Party, Template, case_between
from comity.decide.circuit import FALSE, TRUE, Circuit
from comity.decide.domain import places_of
from comity.decide.encode import NO, Encoder, Ranks
from comity.decide.fast import compile_program
from comity.decide.findings import PackFinding
from comity.decide.levers import CaseSource, Levers
from comity.decide.solve import Open, Solver
from comity.pack.program import THE_ACT, Pack, Program

SECONDS = 5.0  # for one question
WAYS = 3
MAX_SETS = 5
FREE, BY_MEASURES, CLOSED, UNDECIDED, OPEN = "free", "by-measures", "closed", "undecided", "open"
_SETTLED = ("in-place", "cannot")
STATES = (FREE, BY_MEASURES, CLOSED, UNDECIDED, OPEN)
_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """Measures that together are enough, and none of which can be left out; none: nothing is needed.

    Attributes:
        needed_by: of the cheapest set that several parties share, for each measure the parties by whose law some pair
            is not allowed without it.
    """

    measures: tuple[str, ...]
    effort: int
    needed_by: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What still stands in the way when every measure is in place.

    Attributes:
        pack: its id; empty where no pack holds the law of `place`.
        outcome: of the pack: forbidden, undecided, not-modelled, stale-pack, no-pack.
        clauses: ids of the bans that decide.
        asks: what would have to be known, as questions.
    """

    pack: str
    outcome: str
    clauses: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A flow from one party to another.

    Attributes:
        state: free; by-measures; closed: forbidden whatever is put in place; undecided: so far as the facts go;
            open: not settled in time.
        ways: the cheapest first.
        duties: measures that are owed beside the verdict when the cheapest way is in place, with the clause.
    """

    sender: str
    receiver: str
    state: str
    ways: tuple[Way, ...] = ()
    hindrances: tuple[Hindrance, ...] = ()
    duties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """Parties that share common ground, with the cheapest set of measures."""

    parties: tuple[str, ...]
    way: Way


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way from nothing: the measures added that open most for their effort, and how many pairs are."""

    added: tuple[str, ...]
    effort: int
    n_open: int


@dataclass(frozen=True)
class Ground:
    """The common ground of some parties for a kind of flow.

    Attributes:
        shared: whether a set of measures serves all pairs; None: not settled in time.
        ways: the cheapest sets that do.
        largest: where there is none, the largest sets of parties that share one, the cheapest first.
        more: whether there are more sets of as many parties.
        steps: from no measure on; the first says how many pairs are free.
        presumed: facts that nobody said, with the number of allowed pairs of which it could not be said for sure that
            they are allowed if the fact were not presumed. The measures are those of the cheapest set that serves all;
            where there is none, those of the pair's own cheapest way.
        n_sure: pairs that are allowed with nothing presumed.
        reaching: ids of the packs that reach some pair: the others say nothing about such flows.
        not_settled: questions that were not settled in time.
    """

    flow: Template
    parties: tuple[Party, ...]
    pairs: tuple[Pair, ...]
    shared: bool | None
    ways: tuple[Way, ...]
    largest: tuple[Shared, ...]
    more: bool
    steps: tuple[Step, ...]
    presumed: tuple[tuple[str, int], ...]
    n_sure: int
    reaching: tuple[str, ...]
    not_settled: tuple[str, ...]

    @functools.cached_property
    def counts(self) -> dict[str, int]:
        """The number of pairs in each state."""
        return {state: sum(pair.state == state for pair in self.pairs) for state in STATES}

    @functools.cached_property
    def pair(self) -> dict[tuple[str, str], Pair]:
        """Pairs by sender and receiver."""
        return {(p.sender, p.receiver): p for p in self.pairs}

    def out_of(self, shared: Shared) -> tuple[str, ...]:
        """The parties that fall out of a set."""
        return tuple(party.code for party in self.parties if party.code not in shared.parties)


def of_parties(ground: Ground, program: Program) -> tuple[str, ...]:
    """Ids of the packs by which the parties themselves govern such flows."""
    codes = {party.code for party in ground.parties}
    return tuple(id_ for id_ in ground.reaching if program.pack[id_].party in codes)


def find_ground(
    program: Program,
    flow: Template,
    parties: Sequence[Party],
    *,
    seconds: float = SECONDS,
    progress: Callable[[int, int], None] | None = None,
) -> Ground:
    """The common ground of some parties.

    Args:
        program: the packs; all of them decide every pair.
        flow: the case that is put to every pair.
        parties: two or more.
        seconds: the limit for one question to the solver.
        progress: called with (done, all) after each sender.
    """
    return _Search(program, flow, tuple(parties), seconds).ground(progress)


def _spread(name: str) -> int:
    """A number of 32 bits for a name: sets that take as much effort then hardly ever cost the same to the solver."""
    return zlib.crc32(name.encode())


class _Asked:
    """One pair while it is looked at.

    Attributes:
        packs: those that reach the case.
        allowed, forbidden: the literals by which the case surely is.
        keys: of each pack, what tells the pair from others under it.
        key: the keys of the packs that reach the case, and after them the places whose law no pack holds.
    """

    def __init__(self, case: Case, sender: Party, receiver: Party) -> None:
        self.case = case
        self.sender = sender
        self.receiver = receiver
        self.packs: tuple[Pack, ...] = ()
        self.allowed = self.forbidden = FALSE
        self.keys: list[_Key] = []
        self.key: _Key = ()


class _Search:
    def __init__(self, program: Program, flow: Template, parties: tuple[Party, ...], seconds: float) -> None:
        self.program, self.vocabulary = program, program.vocabulary
        self.flow, self.parties = flow, parties
        self.circuit = Circuit()
        moving = [m for m in self.vocabulary.measures if flow.measures.get(m.id) not in _SETTLED]
        self.measures = {m.id: self.circuit.variable(("measure", m.id)) for m in moving}
        # Least effort, then fewest measures; then by a number of the name, so that every solver gives the same answer.
        one_more = (len(moving) + len(parties)) << 32
        weight = {m.id: (m.effort * (len(moving) + 1) + 1) * one_more + _spread(m.id) for m in moving}
        self.costs = [(literal, weight[id_]) for id_, literal in self.measures.items()]
        self.levers = Levers(self.measures, {}, {})
        self.solver = Solver(self.circuit, seconds=seconds)
        self.find = compile_program(program).find
        self.packs = tuple(pack for pack in program.packs if pack.counts(flow.kind))
        said = {place for value in flow.facts.values() for place in places_of(value)}
        self.said = sorted(said & self.vocabulary.place.keys())
        self.groups = {pack.id: self._groups(pack) for pack in self.packs}
        self.sorts: dict[tuple[str, str], _Key] = {}
        self.bounds: dict[_Key, Ranks | None] = {}  # None: the pack does not reach the case
        self.replayed: dict[tuple[object, tuple[str, ...]], PackFinding] = {}
        self.hindered: dict[_Key, tuple[Hindrance, ...]] = {}
        self.ways: dict[int, tuple[Way, ...] | None] = {}
        self.named = {p.id: frozenset(m for c in p.clauses for m in (*c.needs, c.measure)) for p in self.packs}
        self.hanging: dict[tuple[object, ...], tuple[tuple[str, ...], bool]] = {}
        self.not_settled: dict[str, None] = {}

    def ground(self, progress: Callable[[int, int], None] | None) -> Ground:
        asked, pairs = [], []
        for number, sender in enumerate(self.parties, 1):
            new = [self._ask(sender, receiver) for receiver in self.parties if receiver is not sender]
            asked += new
            pairs += [self._pair(each) for each in new]
            if progress is not None:
                progress(number, len(self.parties))
        ways = self._together(asked)
        largest = self._largest(asked) if ways == () else []
        presumed, n_sure = self._presumed(asked, pairs, ways or ())
        reaching = {pack.id for each in asked for pack in each.packs}
        return Ground(
            flow=self.flow,
            parties=self.parties,
            pairs=tuple(pairs),
            shared=None if ways is None else bool(ways),
            ways=ways or (),
            largest=tuple(largest[:MAX_SETS]),
            more=len(largest) > MAX_SETS,
            steps=self._steps(asked),
            presumed=presumed,
            n_sure=n_sure,
            reaching=tuple(pack.id for pack in self.packs if pack.id in reaching),
            not_settled=tuple(self.not_settled),
        )

    # --- the circuit

    def _groups(self, pack: Pack) -> tuple[frozenset[str], ...]:
        rows = (frozenset(r.place for r in rows if r.holds_on(self.flow.day)) for _, rows in pack.groups)
        return tuple(sorted(set(rows), key=sorted))

    def _sort(self, pack: Pack, party: Party) -> _Key:
        """What tells the place of a party from others under a pack."""
        found = self.sorts.get((pack.id, party.code))
        if found is None:
            above, below = self.vocabulary.above[party.place], self.vocabulary.below[party.place]
            groups = [*self.groups[pack.id], *(frozenset({place}) for place in self.said)]
            within = (True if group & above else None if group & below else False for group in groups)
            found = self.sorts[pack.id, party.code] = (*within, *(place == party.place for place in self.said))
        return found

    def _ask(self, sender: Party, receiver: Party) -> _Asked:
        asked = _Asked(case_between(self.vocabulary, self.flow, sender, receiver), sender, receiver)
        facts = Facts(self.vocabulary, asked.case)
        above = self.vocabulary.above
        near = sender.place in above[receiver.place], receiver.place in above[sender.place]
        encoder = Encoder(CaseSource(self.circuit, self.vocabulary, asked.case, self.levers))
        keys, bounds, reaching = [], [], []
        for pack in self.packs:
            key = (pack.id, self._sort(pack, sender), self._sort(pack, receiver), near)
            asked.keys.append(key)
            if key not in self.bounds:
                encoded = encoder.pack(pack)
                self.bounds[key] = None if encoded.scope == NO else encoded.bound
            bound = self.bounds[key]
            if bound is not None:
                reaching.append(pack)
                bounds.append(bound)
                keys.append(key)
        missing = decision.uncovered(self.program, decision.touched(facts)[0], self.flow.day)
        shut = [*(bound.high1 for bound in bounds), *(TRUE for _ in missing)]
        asked.packs, asked.key = tuple(reaching), (*keys, *missing)
        asked.allowed = -self.circuit.any(shut)
        asked.forbidden = self.circuit.any(bound.low2 for bound in bounds)
        return asked

    # --- one pair

    def _pair(self, asked: _Asked) -> Pair:
        ends = asked.sender.code, asked.receiver.code
        ways = self._ways(asked.allowed)
        if ways is None:
            self.not_settled[f"{ends[0]} to {ends[1]}"] = None
            return Pair(*ends, OPEN)
        if not ways:
            if asked.key not in self.hindered:
                self.hindered[asked.key] = self._hindrances(asked)
            return Pair(*ends, self._state(asked), (), self.hindered[asked.key])
        for way in ways:
            self._replay(asked, way)
        state = BY_MEASURES if ways[0].measures else FREE
        return Pair(*ends, state, ways, (), self._duties(asked, ways[0]))

    def _state(self, asked: _Asked) -> str:
        """Of a pair that nothing opens: whether it is forbidden with every set of measures."""
        try:
            return CLOSED if self.solver.solve(-asked.forbidden) is None else UNDECIDED
        except Open:
            self.not_settled[f"{asked.sender.code} to {asked.receiver.code}"] = None
            return OPEN

    def _ways(self, *literals: int) -> tuple[Way, ...] | None:
        """The cheapest sets of measures with which literals hold, up to three; none of them holds another one.

        None: not settled in time.
        """
        node = self.circuit.all(literals)
        if node not in self.ways:
            found: list[Way] = []
            others: list[int] = []
            try:
                while len(found) < WAYS and (model := self.solver.cheapest(self.costs, node, *others)) is not None:
                    way = self._way(m for m, literal in self.measures.items() if model.holds(literal))
                    found.append(way)
                    others.append(self.circuit.any([-self.measures[m] for m in way.measures]))
            except Open:
                if not found:
                    self.ways[node] = None
                    return None
                self.not_settled["other sets beside the cheapest"] = None
            self.ways[node] = tuple(sorted(found, key=lambda way: (way.effort, len(way.measures))))
        return self.ways[node]

    def _way(self, measures: Iterable[str]) -> Way:
        chosen = tuple(sorted(measures))
        return Way(chosen, sum(self.vocabulary.measure[m].effort for m in chosen))

    def _with(self, asked: _Asked, measures: Iterable[str]) -> Case:
        return replace(asked.case, measures={**asked.case.measures, **dict.fromkeys(measures, "in-place")})

    def _findings(self, asked: _Asked, way: Way) -> list[PackFinding]:
        """What the reference finds of the packs that reach a pair."""
        case = self._with(asked, way.measures)
        facts = Facts(self.vocabulary, case)
        found = []
        for pack, key in zip(asked.packs, asked.key, strict=False):
            replayed = key, way.measures
            if replayed not in self.replayed:
                self.replayed[replayed] = one.find_pack(pack, facts)
            found.append(self.replayed[replayed])
        return found

    def _replay(self, asked: _Asked, way: Way) -> None:
        """Decide a pair with the measures in place: by the reference, and by all packs for this pair alone."""
        bound = verdict.greatest(finding.bound for finding in self._findings(asked, way))
        if verdict.greatest((bound, self.find(self.program, self._with(asked, way.measures)).bound)) != verdict.FREE:
            ends = f"{asked.sender.code} to {asked.receiver.code}"
            raise AssertionError(f"the reference does not allow {ends} with {', '.join(way.measures) or 'no measure'}")

    def _duties(self, asked: _Asked, way: Way) -> tuple[tuple[str, str], ...]:
        measures = self._with(asked, way.measures).measures
        found = []
        for pack, finding in zip(asked.packs, self._findings(asked, way), strict=True):
            by_id = {f.clause: f for f in finding.clauses}
            for id_, each in by_id.items():
                clause = pack.clause[id_]
                if clause.effect == "requires" and clause.measure != THE_ACT:
                    if decision.duty_state(clause, each, by_id, measures) == "open":
                        found.append((clause.measure, id_))
        return tuple(sorted(found))

    def _hindrances(self, asked: _Asked) -> tuple[Hindrance, ...]:
        """What the reference names when every measure is in place."""
        decided = decision.decide(self.program, self._with(asked, self.measures))
        if decided.verdict == verdict.WORDS[verdict.ALLOWED]:
            raise AssertionError(f"the reference allows {asked.sender.code} to {asked.receiver.code}")
        asks = tuple(question.ask for question in decided.questions)
        found = [
            Hindrance(
                pack.pack,
                pack.outcome,
                tuple(r.clause for r in pack.reasons if r.effect == "forbids" and r.highest != "allowed"),
                asks if pack.outcome == verdict.UNDECIDED else (),
            )
            for pack in decided.packs
            if pack.counts and pack.highest != "allowed"
        ]
        return (*found, *(Hindrance("", "no-pack", place=place) for place in decided.no_pack))

    # --- all together

    def _together(self, asked: list[_Asked]) -> tuple[Way, ...] | None:
        ways = self._ways(*(each.allowed for each in asked))
        if ways is None:
            self.not_settled["the smallest sets for all parties"] = None
        for each in asked:
            for way in ways or ():
                self._replay(each, way)
        return ways and (self._needed(ways[0], asked), *ways[1:])

    def _needed(self, way: Way, asked: list[_Asked]) -> Way:
        """The set with the parties that need each of its measures."""
        pairs = ((key, self.bounds[key]) for each in asked for key in each.keys)
        shut = {key: bound.high1 for key, bound in pairs if bound is not None}
        needed = []
        for left_out in way.measures:
            inside = {self.measures[m] for m in way.measures if m != left_out}
            values = self.circuit.evaluate(shut.values(), inside.__contains__)
            packs = {str(key[0]) for key, value in zip(shut, values, strict=True) if value}
            needed.append(tuple(sorted({self.program.pack[id_].party for id_ in packs})))
        return replace(way, needed_by=tuple(needed))

    def _largest(self, asked: list[_Asked]) -> list[Shared]:
        """The largest sets of parties all of whose pairs are allowed by one set of measures; one more than are told."""
        inside = {party.code: self.circuit.variable(("party", party.code)) for party in self.parties}
        rules = [self.circuit.any((-inside[a.sender.code], -inside[a.receiver.code], a.allowed)) for a in asked]
        # To leave out one more party costs more than all measures; which one, less than a measure.
        one_more = sum(cost for _, cost in self.costs) + (len(inside) << 32)
        costs = [*self.costs, *((-literal, one_more + _spread(code)) for code, literal in inside.items())]
        found: list[Shared] = []
        try:
            while len(found) <= MAX_SETS and (model := self.solver.cheapest(costs, *rules)) is not None:
                members = tuple(code for code, literal in inside.items() if model.holds(literal))
                if len(members) < 2 or (found and len(members) < len(found[0].parties)):
                    break
                chosen = [a for a in asked if {a.sender.code, a.receiver.code} <= {*members}]
                way = self._way(m for m, literal in self.measures.items() if model.holds(literal))
                for each in chosen:
                    self._replay(each, way)
                found.append(Shared(members, self._needed(way, chosen)))
                rules.append(self.circuit.any([literal for code, literal in inside.items() if code not in members]))
        except Open:
            self.not_settled["the largest sets of parties"] = None
        return found

    # --- what is presumed

    def _presumed(
        self, asked: list[_Asked], pairs: list[Pair], ways: tuple[Way, ...]
    ) -> tuple[tuple[tuple[str, int], ...], int]:
        """The facts on whose presumption allowed pairs hang, with their number; and how many pairs hang on none."""
        n_pairs: dict[str, int] = {}
        n_sure = 0
        for each, pair in zip(asked, pairs, strict=True):
            if not pair.ways:
                continue
            case = self._with(each, (ways or pair.ways)[0].measures)
            found = [self._hanging_of(pack, key, case) for pack, key in zip(self.packs, each.keys, strict=True)]
            n_sure += all(is_sure for _, is_sure in found)
            for name in {name for names, _ in found for name in names}:
                n_pairs[name] = n_pairs.get(name, 0) + 1
        return tuple(sorted(n_pairs.items(), key=lambda item: (-item[1], item[0]))), n_sure

    def _hanging_of(self, pack: Pack, key: _Key, case: Case) -> tuple[tuple[str, ...], bool]:
        """The facts without whose presumption a pack may not allow the case, and whether it does with none at all."""
        asked = key, self.named[pack.id].intersection(case.measures)
        if asked not in self.hanging:
            facts = Facts(self.vocabulary, case)
            one.find_pack(pack, facts)
            bare = one.find_pack(pack, Facts(self.vocabulary, case, presume=False)).bound
            names = tuple(self._hanging(pack, case, sorted(facts.presumed)))
            self.hanging[asked] = names, bare == verdict.FREE
        return self.hanging[asked]

    def _hanging(self, pack: Pack, case: Case, names: Sequence[str]) -> Iterator[str]:
        """Those of the facts that matter one by one: what makes no difference unsaid together makes none alone."""
        if not names or one.find_pack(pack, Facts(self.vocabulary, case, True, frozenset(names))).bound == verdict.FREE:
            return
        half = len(names) // 2
        if not half:
            yield names[0]
            return
        yield from self._hanging(pack, case, names[:half])
        yield from self._hanging(pack, case, names[half:])

    # --- step by step

    def _steps(self, asked: list[_Asked]) -> tuple[Step, ...]:
        """What opens most for its effort, step by step."""
        counted: dict[int, int] = {}
        for each in asked:
            counted[each.allowed] = counted.get(each.allowed, 0) + 1
        bundles = sorted({way.measures for ways in self.ways.values() for way in ways or ()})
        held: frozenset[str] = frozenset()
        steps = [Step((), 0, self._n_open(counted, held))]
        while True:
            best: tuple[float, int, tuple[str, ...], Step] | None = None
            for bundle in bundles:
                added = self._way(set(bundle) - held)
                n_open = self._n_open(counted, held | {*bundle})
                gained = n_open - steps[-1].n_open
                rank = (-gained / max(added.effort, 1), added.effort, added.measures)
                if gained > 0 and (best is None or rank < best[:3]):
                    best = (*rank, Step(added.measures, added.effort, n_open))
            if best is None:
                return tuple(steps)
            steps.append(best[3])
            held |= {*best[3].added}

    def _n_open(self, counted: dict[int, int], held: frozenset[str]) -> int:
        inside = {self.measures[m] for m in held if m in self.measures}
        values = self.circuit.evaluate(counted, inside.__contains__)
        return sum(n for n, value in zip(counted.values(), values, strict=True) if value)
