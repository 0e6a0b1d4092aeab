"""What decisions look up in a program, worked out once for each program."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator
from typing import Any, TypeVar

from comity.condition.tree import Condition, facts_of, walk
from comity.facts import Vocabulary
from comity.pack.program import THE_ACT, Pack, Program

K = TypeVar("K")
V = TypeVar("V")

MAX_KEPT = 20_000  # entries of one table; then it is begun anew
MAX_PROGRAMS = 16


def keep(table: dict[K, V], key: K, value: V, most: int = 0) -> V:
    """Put a value into a table that must not grow without end, and give it back."""
    if len(table) >= (most or MAX_KEPT):
        table.clear()
    table[key] = value
    return value


class PackIndex:
    """Clauses of a pack by their effect, and what was already put into words."""

    def __init__(self, pack: Pack, vocabulary: Vocabulary) -> None:
        self.pack = pack
        self._vocabulary = vocabulary
        self._reads: dict[str, frozenset[str]] = {}
        self.bans = frozenset(c.id for c in pack.clauses if c.effect == "forbids")
        self.duties = frozenset(c.id for c in pack.clauses if c.effect == "requires")
        self.orders = frozenset(c.id for c in pack.clauses if c.measure == THE_ACT)
        self.exempting = frozenset(c.id for c in pack.clauses if c.effect == "excuses" and c.exempts)
        self.measures = tuple(sorted({m for c in pack.clauses for m in (*c.needs, c.measure) if m}))
        self._scope: frozenset[str] | None = None
        self._facts: dict[str, frozenset[str]] = {}
        self._about: dict[str, tuple[Condition, ...]] = {}
        self._atoms: dict[str, tuple[Condition, ...]] = {}
        self._home: dict[dt.date, frozenset[str]] = {}
        # Answers in words by what was found: decision.py makes each once
        self.silent: dict[Hashable, Any] = {}
        self.reasons: dict[Hashable, Any] = {}
        self.owed: dict[Hashable, Any] = {}
        # What cases come down to for this pack, by kind and day, and the atoms about each fact by kind: view.py
        self.views: dict[Hashable, Any] = {}
        self.sorting: dict[tuple[str, str], list[Condition]] = {}

    def reads(self, kind: str) -> frozenset[str]:
        """The facts on which the answer to a kind of case can turn, with those from which they are presumed.

        Of no kind (empty): whether the pack reaches a case at all.
        """
        if kind not in self._reads:
            names = self.scope_facts() | (self.facts(kind) if kind else frozenset())
            self._reads[kind] = names.union(*(self._sources(name) for name in names))
        return self._reads[kind]

    def _sources(self, name: str) -> Iterator[str]:
        fact = self._vocabulary.fact.get(name)
        while fact is not None and fact.presume_from:
            yield fact.presume_from
            fact = self._vocabulary.fact.get(fact.presume_from)

    def about(self, fact: str) -> tuple[Condition, ...]:
        """The different atoms and quantifiers of the pack that read a fact."""
        if not self._about:
            found: dict[str, dict[Condition, None]] = {}
            for condition in (self.pack.scope, *(c.when for c in self.pack.clauses)):
                for node in walk(condition):
                    name = getattr(node, "fact", None)
                    if name is not None:
                        found.setdefault(name, {})[node] = None
            self._about = {name: tuple(nodes) for name, nodes in found.items()}
        return self._about.get(fact, ())

    def atoms(self, kind: str) -> tuple[Condition, ...]:
        """The different nodes of the scope and of the clauses for a kind of case, on whatever day."""
        if kind not in self._atoms:
            every = (self.pack.scope, *{id(c.when): c.when for c in self.pack.clauses if kind in c.kinds}.values())
            self._atoms[kind] = tuple(dict.fromkeys(node for condition in every for node in walk(condition)))
        return self._atoms[kind]

    def home(self, vocabulary: Vocabulary, day: dt.date) -> frozenset[str]:
        """The places where the pack is the law of the land on a day, with the places inside them."""
        found = self._home.get(day)
        if found is None:
            rows = {row.place for row in self.pack.places if row.holds_on(day)}
            found = keep(self._home, day, frozenset(rows).union(*(vocabulary.below[place] for place in rows)))
        return found

    def scope_facts(self) -> frozenset[str]:
        """The facts that the scope reads."""
        if self._scope is None:
            self._scope = facts_of(self.pack.scope)
        return self._scope

    def facts(self, kind: str) -> frozenset[str]:
        """The facts that the clauses for a kind of case read."""
        if kind not in self._facts:
            conditions = {id(c.when): c.when for c in self.pack.clauses if kind in c.kinds}
            self._facts[kind] = frozenset({"flow.done"}).union(*map(facts_of, conditions.values()))
        return self._facts[kind]


class Index:
    """A program as decisions look things up in it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.packs = tuple(PackIndex(pack, program.vocabulary) for pack in program.packs)
        self._short: dict[str, tuple[int, ...]] = {}
        self._counting: dict[str, tuple[int, ...]] = {}
        self.ordering = tuple(place for place, known in enumerate(self.packs) if known.orders)
        self._home: dict[dt.date, frozenset[str]] = {}
        self.views: dict[Hashable, Any] = {}
        self.asked: dict[Hashable, Any] = {}  # questions by what the packs see that are not settled: questions.py

    def short_first(self, kind: str) -> tuple[int, ...]:
        """Places of the packs, those with few clauses about a kind of case first."""
        if kind not in self._short:
            lengths = [sum(kind in c.kinds for c in known.pack.clauses) for known in self.packs]
            self._short[kind] = tuple(sorted(range(len(self.packs)), key=lengths.__getitem__))
        return self._short[kind]

    def counting(self, kind: str) -> tuple[int, ...]:
        """Places of the packs that move the verdict of a kind of case."""
        if kind not in self._counting:
            every = enumerate(self.program.packs)
            self._counting[kind] = tuple([place for place, pack in every if pack.counts(kind)])
        return self._counting[kind]

    def home(self, day: dt.date) -> frozenset[str]:
        """The places in whose law a pack is at home on a day, asked or left out, with the places inside them."""
        found = self._home.get(day)
        if found is None:
            vocabulary = self.program.vocabulary
            rows = {row.place for row in self.program.left_out if row.holds_on(day)}
            left_out = frozenset(rows).union(*(vocabulary.below[place] for place in rows))
            laws = (known for known in self.packs if known.pack.binding == "law")
            found = keep(self._home, day, left_out.union(*(known.home(vocabulary, day) for known in laws)))
        return found


_INDEXES: dict[int, Index] = {}


def index_of(program: Program) -> Index:
    """The index of a program, kept by its identity: to compare programs would take longer than to decide."""
    found = _INDEXES.get(id(program))
    if found is None:
        if len(_INDEXES) >= MAX_PROGRAMS:
            _INDEXES.clear()
        found = _INDEXES[id(program)] = Index(program)  # holds the program, so that its id is not given to another one
    return found
