"""A pack as boolean circuits: the same table of lowest and highest verdicts, for many cases at once.

Each condition becomes two literals, "surely true" and "possibly true"; each bound four, by which its lowest and its
highest rank are told. Where all facts are known the two are one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from comity.condition import tree as t
from comity.decide import verdict
from comity.decide.circuit import FALSE, TRUE, Circuit
from comity.decide.verdict import Bound
from comity.facts import Row, Tri
from comity.pack.program import THE_ACT, Clause, Pack

Groups = Mapping[str, tuple[Row, ...]]


class Truth(NamedTuple):
    """A condition: the literal by which it is surely true, and the one by which it is possibly true."""

    must: int
    may: int


class Ranks(NamedTuple):
    """A bound: literals by which its lowest and its highest are at least conditional, and forbidden."""

    low1: int
    low2: int
    high1: int
    high2: int


_DONE = t.IsTrue("flow.done")
YES, NO, UNKNOWN = Truth(TRUE, TRUE), Truth(FALSE, FALSE), Truth(FALSE, TRUE)
OF = {True: YES, False: NO, None: UNKNOWN}


def ranks(bound: Bound) -> Ranks:
    """A bound that is the same in every case."""
    low, high = bound
    return Ranks(
        TRUE if low >= 1 else FALSE,
        TRUE if low >= 2 else FALSE,
        TRUE if high >= 1 else FALSE,
        TRUE if high >= 2 else FALSE,
    )


class Source(Protocol):
    """What the cases are about which a question is asked: it says what atoms and measures come to."""

    @property
    def circuit(self) -> Circuit:
        """The circuit in which the literals stand."""

    @property
    def kind(self) -> str:
        """The kind of the cases."""

    @property
    def day(self) -> dt.date:
        """Their day."""

    def atom(self, node: t.Condition, groups: Groups) -> Truth:
        """An atom or quantifier."""

    def need(self, measure: str) -> Ranks:
        """What a measure gives as a need, by its state."""


@dataclass(frozen=True, slots=True)
class EncodedClause:
    """A clause in force for the kind and day of the cases."""

    clause: Clause
    when: Truth
    bound: Ranks


@dataclass(frozen=True, slots=True)
class EncodedPack:
    """A pack for all cases of a source.

    Attributes:
        clauses: by full id; empty where the pack does not model such cases.
        bound: what the pack says, after `flow.done`.
    """

    pack: Pack
    scope: Truth
    covered: bool
    stale: bool
    clauses: dict[str, EncodedClause]
    bound: Ranks


class Encoder:
    """Encodes packs over one source. A condition that stands in many clauses is encoded once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.circuit = source.circuit
        self._groups: Groups = {}
        self._seen: dict[int, Truth] = {}

    def pack(self, pack: Pack) -> EncodedPack:
        """One pack."""
        self._groups, self._seen = pack.group, {}
        kind, day = self.source.kind, self.source.day
        scope = self.condition(pack.scope)
        covered, stale = pack.covers_case(kind, day), pack.stale_on(day)
        if scope == NO or not covered:
            return EncodedPack(pack, scope, covered, stale, {}, self._pack(scope, covered, ranks(verdict.FREE)))
        found: dict[str, EncodedClause] = {}
        counted: list[Ranks] = []
        for clause in pack.clauses:
            if kind in clause.kinds and clause.holds_on(day):
                when = self.condition(clause.when)
                found[clause.id] = EncodedClause(clause, when, self._settle(clause, when, found))
                if clause.effect == "forbids" or (clause.effect == "requires" and kind == "incident"):
                    counted.append(found[clause.id].bound)
        inner = self.done(self.greatest(counted))
        return EncodedPack(pack, scope, covered, stale, found, self._pack(scope, not stale, inner))

    # --- the table of verdict.py

    def _settle(self, clause: Clause, when: Truth, found: Mapping[str, EncodedClause]) -> Ranks:
        excuses = [found[e].bound for e in clause.excused_by if e in found]
        needs = [self.source.need(m) for m in clause.needs]
        if clause.effect == "excuses":
            return self.lifted(self.excuse(when, self.greatest(needs)), excuses)
        if clause.effect == "forbids":
            return self.ban(when, ([self.greatest(needs)] if needs else []) + excuses)
        need = ranks(verdict.FREE) if clause.measure == THE_ACT else self.source.need(clause.measure)
        return self.ban(when, [need, *excuses])

    def excuse(self, when: Truth, need: Ranks) -> Ranks:
        """An excuse: closed where its condition is false; where it is unknown, anything from its needs to closed."""
        either = self.circuit.any
        return Ranks(
            either((-when.may, need.low1)),
            either((-when.may, need.low2)),
            either((-when.must, need.high1)),
            either((-when.must, need.high2)),
        )

    def lifted(self, excused: Ranks, by: Sequence[Ranks]) -> Ranks:
        """An excuse that other excuses lift: closed by a satisfied one, perhaps closed by one perhaps satisfied."""
        either = self.circuit.any
        surely, perhaps = [-e.high1 for e in by], [-e.low1 for e in by]
        return Ranks(
            either((excused.low1, *surely)),
            either((excused.low2, *surely)),
            either((excused.high1, *perhaps)),
            either((excused.high2, *perhaps)),
        )

    def ban(self, when: Truth, ways: Sequence[Ranks]) -> Ranks:
        """A ban: the least of its ways out, its own needs among them; forbidden if there is none."""
        both = self.circuit.all
        return Ranks(
            both((when.must, *[w.low1 for w in ways])),
            both((when.must, *[w.low2 for w in ways])),
            both((when.may, *[w.high1 for w in ways])),
            both((when.may, *[w.high2 for w in ways])),
        )

    def _pack(self, scope: Truth, known: bool, inner: Ranks) -> Ranks:
        if not known:
            inner = ranks(verdict.ANYTHING)
        both = self.circuit.all
        return Ranks(
            both((scope.must, inner.low1)),
            both((scope.must, inner.low2)),
            both((scope.may, inner.high1)),
            both((scope.may, inner.high2)),
        )

    def done(self, bound: Ranks) -> Ranks:
        """A past flow: what is missing can no longer be put in place, so conditional reads forbidden."""
        said = self.condition(_DONE)
        both, either = self.circuit.all, self.circuit.any
        return bound._replace(
            low2=either((bound.low2, both((said.must, bound.low1)))),
            high2=either((bound.high2, both((said.may, bound.high1)))),
        )

    def greatest(self, bounds: Iterable[Ranks]) -> Ranks:
        """Several together: the greatest lowest and the greatest highest; free if there is none."""
        every = list(bounds)
        return Ranks(*[self.circuit.any([bound[place] for bound in every]) for place in range(4)])

    # --- conditions

    def condition(self, condition: t.Condition) -> Truth:
        """A condition, Kleene's way: the literals by which it is surely and possibly true."""
        found = self._seen.get(id(condition))
        if found is None:
            found = self._seen[id(condition)] = self._encode(condition)
        return found

    def _encode(self, condition: t.Condition) -> Truth:
        match condition:
            case t.Const(value):
                return YES if value else NO
            case t.And() | t.Or() | t.Not():
                return connected(self.circuit, condition, self.condition)
        return self.source.atom(condition, self._groups)


def connected(circuit: Circuit, condition: t.And | t.Or | t.Not, each: Callable[[t.Condition], Truth]) -> Truth:
    """What a condition of other conditions comes to.

    Args:
        circuit: where the literals stand.
        condition: it.
        each: gives what one of its parts comes to.
    """
    match condition:
        case t.And(parts):
            return joined(_until(NO, parts, each), circuit.all)
        case t.Or(parts):
            return joined(_until(YES, parts, each), circuit.any)
        case t.Not(part):
            inner = each(part)
            return Truth(-inner.may, -inner.must)


def _until(settled: Truth, parts: Iterable[t.Condition], each: Callable[[t.Condition], Truth]) -> list[Truth]:
    """The parts up to one that settles the whole: most packs do not reach most cases, and one atom says so."""
    found = []
    for part in parts:
        found.append(each(part))
        if found[-1] == settled:
            break
    return found


def joined(parts: list[Truth], join: Callable[[list[int]], int]) -> Truth:
    """Parts as one, by `Circuit.all` or `Circuit.any`."""
    must = join([part.must for part in parts])
    if all(part.must == part.may for part in parts):
        return Truth(must, must)
    return Truth(must, join([part.may for part in parts]))


def truth(value: Tri) -> Truth:
    """A value that is the same in every case."""
    return OF[value]
