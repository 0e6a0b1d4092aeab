"""Clauses of different parties that say the same thing.

Two clauses say the same if they have the same effect (of a way out: on bans, on other ways out, or on duties), ask for
the same measures (and in the same time), and hold under the same conditions wherever both laws reach. What a law says
of its own territory is read as said of a home: the groups of places that are a party's own are made the same place for
all parties, one that no group names, so that "outside the Union" and "outside Japan" are one condition. All cases of a
kind are looked at, on one day. What the bans are that a way out lifts is not compared.

Clauses that ask for the same measures on other conditions are told too, as a second degree.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from comity.case import close_members
from comity.condition import tree as t
from comity.decide.circuit import TRUE, Circuit
from comity.decide.encode import Encoder
from comity.decide.solve import Model, Open, Solver
from comity.decide.space import Space
from comity.facts import Members, Row, Vocabulary
from comity.pack.program import THE_ACT, Clause, Pack, Program

SECONDS = 2.0  # for one question
SAME, SAME_MEASURE = "same", "same-measure"
BANS, WAYS_OUT, DUTIES = "bans", "ways-out", "duties"
_LIFTED = {"forbids": BANS, "excuses": WAYS_OUT, "requires": DUTIES}
_Asks = tuple[str, str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Alike:
    """Clauses of two parties or more.

    Attributes:
        degree: `same`: on the same conditions; `same-measure`: the same measures, on other conditions.
        effect: forbids, excuses or requires.
        lifts: of an excuse: bans, if it lifts any; else ways-out, which it closes; else duties.
        measures: what they need or order; none: a plain ban or exception.
        within: the term of a duty.
        clauses: their ids.
    """

    degree: str
    effect: str
    lifts: str
    measures: tuple[str, ...]
    within: str
    clauses: tuple[str, ...]
    parties: tuple[str, ...]


@dataclass(frozen=True)
class Likeness:
    """What is alike among some parties for a kind of case. `n_open`: pairs of clauses that were not settled in time."""

    kind: str
    alike: tuple[Alike, ...]
    n_clauses: int
    n_open: int

    @functools.cached_property
    def same(self) -> tuple[Alike, ...]:
        """Clauses that say the same, those of most parties first."""
        return tuple(a for a in self.alike if a.degree == SAME)

    @functools.cached_property
    def same_measure(self) -> tuple[Alike, ...]:
        """Clauses that ask for the same measures, those of most parties first."""
        return tuple(a for a in self.alike if a.degree == SAME_MEASURE)


def find_alike(
    program: Program,
    packs: Collection[str],
    kind: str,
    day: dt.date,
    *,
    data: Sequence[Sequence[str]] = (),
    seconds: float = SECONDS,
) -> Likeness:
    """The clauses of some packs that say the same.

    Args:
        program: the packs.
        packs: ids of those that are compared, of two parties or more.
        kind: of the cases.
        day: of the law.
        data: look only at clauses that can speak of data of these kinds and no others; of several such sets, of data of
            any one of them; none: of any data.
        seconds: the limit for one question to the solver.
    """
    return _Search(program, frozenset(packs), kind, day, data, seconds).likeness()


def at_home(packs: Sequence[Pack], vocabulary: Vocabulary, day: dt.date) -> tuple[Pack, ...]:
    """The packs as if the law of every party were law of one and the same place, which no group of theirs names.

    Where groups name all places there is no such one, and the packs stay as they are.
    """
    homes: dict[str, set[frozenset[str]]] = {}
    for pack in packs:
        homes.setdefault(pack.party, set()).add(_on(pack.places, day))
    named = {place for pack in packs for _, rows in pack.groups for place in _on(rows, day)}
    free = [p.id for p in vocabulary.places if not named & (vocabulary.above[p.id] | vocabulary.below[p.id])]
    if not free:
        return tuple(packs)
    home = (Row(min(free, key=lambda place: ("-" in place, place))),)
    return tuple(
        replace(
            pack,
            groups=tuple(
                (name, home if _on(rows, day) and _on(rows, day) in homes[pack.party] else rows)
                for name, rows in pack.groups
            ),
        )
        for pack in packs
    )


def _on(rows: Iterable[Row], day: dt.date) -> frozenset[str]:
    return frozenset(row.place for row in rows if row.holds_on(day))


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A clause with the literals by which its law reaches a case, its condition holds, and it makes a difference."""

    party: str
    clause: Clause
    scope: int
    when: int
    lives: int
    lifts: str

    @property
    def asks(self) -> _Asks:
        """What it asks for, by which only clauses that can be alike are compared."""
        measures = (self.clause.measure,) if self.clause.measure else self.clause.needs
        return self.clause.effect, self.lifts, tuple(sorted(measures)), self.clause.within


class _Search:
    def __init__(
        self,
        program: Program,
        packs: frozenset[str],
        kind: str,
        day: dt.date,
        data: Sequence[Sequence[str]],
        seconds: float,
    ) -> None:
        self.kind, self.vocabulary = kind, program.vocabulary
        chosen = [pack for pack in program.packs if pack.id in packs and pack.covers_case(kind, day)]
        self.packs = at_home(chosen, self.vocabulary, day)
        self.circuit = Circuit()
        space = Space(self.circuit, self.vocabulary, self.packs, kind, day, whole=True, fixed={"flow.done": False})
        encoder = Encoder(space)
        self.clauses = [spoken for pack in self.packs for spoken in self._spoken(encoder, pack)]
        self.about = self._about(space, data)
        self.solver = Solver(self.circuit, seconds=seconds)
        self.solver.require(space.constraints())
        # One bit per model that was found: what is known of a clause without asking.
        told = (x for c in self.clauses for x in (c.scope, c.when, c.lives))
        self.bits: dict[int, int] = dict.fromkeys((self.about, *told), 0)
        self.all_told = self.circuit.all(abs(x) for x in self.bits)
        self.n_models = 0
        self.n_open = 0

    def _spoken(self, encoder: Encoder, pack: Pack) -> Iterator[_Spoken]:
        encoded = encoder.pack(pack)
        for each in encoded.clauses.values():
            clause, when = each.clause, each.when.must
            if clause.measure == THE_ACT:
                continue
            lifted = [encoded.clauses[id_].when.must for id_ in clause.excuses if id_ in encoded.clauses]
            bites = self.circuit.any(lifted) if clause.effect == "excuses" else when
            lives = self.circuit.all((encoded.scope.must, when, bites))
            lifted_effects = {_LIFTED[pack.clause[id_].effect] for id_ in clause.excuses}
            lifts = next((what for what in _LIFTED.values() if what in lifted_effects), "")
            yield _Spoken(pack.party, clause, encoded.scope.must, when, lives, lifts)

    def _about(self, space: Space, data: Sequence[Sequence[str]]) -> int:
        """The literal by which a case is about data of one of these sets of kinds and no others."""
        fact = "data.categories"
        if not data:
            return TRUE
        whens = [clause.when for pack in self.packs for clause in pack.clauses if self.kind in clause.kinds]
        conditions = [*(pack.scope for pack in self.packs), *whens]
        asked = {n.member for c in conditions for n in t.walk(c) if isinstance(n, t.Has) and n.fact == fact}
        asked |= {member for _, some, member in self.vocabulary.mirrors if some == fact}
        told = {member: space.atom(t.Has(fact, member), {}).must for member in sorted(asked)}
        sets = [close_members(self.vocabulary, fact, Members(frozenset(kinds))).yes for kinds in data]
        return self.circuit.any(
            self.circuit.all(literal if member in held else -literal for member, literal in told.items())
            for held in sets
        )

    def likeness(self) -> Likeness:
        by_asks: dict[_Asks, list[_Spoken]] = {}
        for spoken in self.clauses:
            by_asks.setdefault(spoken.asks, []).append(spoken)
        found: list[Alike] = []
        for asks, group in by_asks.items():
            if len({s.party for s in group}) < 2:
                continue
            live = [s for s in group if self._can_live(s.lives)]
            same = self._same(live)
            found += [_alike(SAME, asks, members) for members in same]
            if asks[2] and len(same) > 1:
                found.append(_alike(SAME_MEASURE, asks, live))
        told = [a for a in found if len(a.parties) > 1]
        told.sort(key=lambda a: (a.degree, -len(a.parties), a.effect, a.lifts, a.measures, a.within, a.clauses))
        return Likeness(self.kind, tuple(told), len(self.clauses), self.n_open)

    def _can_live(self, *literals: int) -> bool:
        """Whether there is a case of the data asked about in which clauses make a difference."""
        known = self.bits[self.about]
        for literal in literals:
            known &= self.bits[literal]
        try:
            return bool(known) or self._solve(self.about, *literals) is not None
        except Open:
            self.n_open += 1
            return False

    def _solve(self, *literals: int) -> Model | None:
        model = self.solver.solve(*literals)
        if model is not None:
            model.holds(self.all_told)  # goes through the circuit once for all literals
            for literal in self.bits:
                self.bits[literal] |= model.holds(literal) << self.n_models
            self.n_models += 1
        return model

    def _same(self, group: list[_Spoken]) -> list[list[_Spoken]]:
        """Clauses that say the same, pair by pair."""
        found: list[list[_Spoken]] = []
        for spoken in group:
            members = next((m for m in found if all(self._is_same(spoken, other) for other in m)), None)
            if members is None:
                found.append([spoken])
            else:
                members.append(spoken)
        return found

    def _is_same(self, left: _Spoken, right: _Spoken) -> bool:
        bits = self.bits
        if bits[left.scope] & bits[right.scope] & (bits[left.when] ^ bits[right.when]):
            return False
        try:
            if left.when != right.when:
                apart = -self.circuit.same(left.when, right.when)
                if self._solve(left.scope, right.scope, apart) is not None:
                    return False
        except Open:
            self.n_open += 1
            return False
        return self._can_live(left.lives, right.lives)


def _alike(degree: str, asks: _Asks, clauses: Sequence[_Spoken]) -> Alike:
    effect, lifts, measures, within = asks
    ids = tuple(sorted(s.clause.id for s in clauses))
    return Alike(degree, effect, lifts, measures, within, ids, tuple(sorted({s.party for s in clauses})))
