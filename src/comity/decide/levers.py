"""One case and what may be changed about it: measures, kinds of data, facts. Everything else stays as it was said."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from comity.case import Case, Facts, close_members
from comity.condition import tree as t
from comity.decide import one, verdict
from comity.decide.circuit import Circuit
from comity.decide.encode import Groups, Ranks, Truth, ranks, truth
from comity.facts import Members, Value, Vocabulary

CATEGORIES = "data.categories"


@dataclass(frozen=True, slots=True)
class Levers:
    """What may be changed of a case, with the literal of the circuit by which each change is made.

    Attributes:
        measures: by id; a measure that stands here is in place where the literal holds, else as it was.
        drops: by category; the least kinds of data that the case names.
        changes: by fact, with the value that it would get.
    """

    measures: Mapping[str, int]
    drops: Mapping[str, int]
    changes: Mapping[str, tuple[int, Value]]


def droppable(vocabulary: Vocabulary, case: Case) -> tuple[str, ...]:
    """The kinds of data that a case surely holds and that could be left out: those to which no narrower one belongs.

    Of one kind alone nothing can be left out: no data are no flow. That data are personal is no kind of its own.
    """
    held = case.facts.get(CATEGORIES)
    if not isinstance(held, Members):
        return ()
    mirrored = {member for _, fact, member in vocabulary.mirrors if fact == CATEGORIES}
    least = [
        member
        for member in sorted(held.yes - mirrored)
        if not (vocabulary.narrower.get(member, frozenset()) - {member}) & held.yes
    ]
    return tuple(least) if len(least) > 1 else ()


def without(vocabulary: Vocabulary, case: Case, dropped: Collection[str]) -> Case:
    """The case with some kinds of data left out; a broader kind goes with the last one that belongs to it.

    It goes to "unknown" where the case leaves open whether there is another one, else to "no".
    """
    held = case.facts.get(CATEGORIES)
    if not dropped or not isinstance(held, Members):
        return case
    mirrored = {member for _, fact, member in vocabulary.mirrors if fact == CATEGORIES}
    least = frozenset(droppable(vocabulary, case))
    yes = (least - frozenset(dropped)) | (held.yes & mirrored)
    gone = least & frozenset(dropped)
    others = {m for m in _open(vocabulary, case) if not vocabulary.broader.get(m, frozenset()) & gone}
    left_open = {m for m in held.yes - least if vocabulary.narrower.get(m, frozenset()) & others}
    left = close_members(vocabulary, CATEGORIES, Members(yes, held.open | left_open))
    return replace(case, facts={**case.facts, CATEGORIES: left})


def _open(vocabulary: Vocabulary, case: Case) -> frozenset[str]:
    """The kinds of data that a case leaves open, and that are not presumed absent."""
    held = Facts(vocabulary, case).value(CATEGORIES)
    return held.open if isinstance(held, Members) else frozenset()


def with_facts(case: Case, changed: Mapping[str, Value]) -> Case:
    """The case with some facts changed."""
    facts = {**case.facts, **changed}
    return replace(case, facts=facts, unknown=case.unknown - changed.keys()) if changed else case


class CaseSource:
    """A case with its levers, as the encoder asks about it. What no lever touches is evaluated by the reference."""

    def __init__(self, circuit: Circuit, vocabulary: Vocabulary, case: Case, levers: Levers) -> None:
        self.circuit = circuit
        self.case = case
        self.kind: str = case.kind
        self.day: dt.date = case.day
        self._vocabulary = vocabulary
        self._levers = levers
        self._facts: dict[frozenset[str], Facts] = {}
        self._needs: dict[str, Ranks] = {}
        self._atoms: dict[tuple[int, int], tuple[t.Condition, Groups, Truth]] = {}
        self._moving: dict[str, frozenset[str]] = {}

    def need(self, measure: str) -> Ranks:
        """What a measure gives as a need: that of its state, or free where it is put in place."""
        found = self._needs.get(measure)
        if found is None:
            found = ranks(verdict.NEED[self.case.measures.get(measure, "not-yet")])
            lever = self._levers.measures.get(measure)
            if lever is not None:
                found = Ranks(*[self.circuit.all((-lever, literal)) for literal in found])
            self._needs[measure] = found
        return found

    def atom(self, node: t.Condition, groups: Groups) -> Truth:
        """An atom or quantifier: in the case as it stands, or in every way in which its facts may be changed."""
        key = id(node), id(groups)
        known = self._atoms.get(key)
        if known is not None:
            return known[2]
        found = self._atom(node, groups)
        self._atoms[key] = node, groups, found  # holds both, so that their ids are not given to others
        return found

    def _atom(self, node: t.Condition, groups: Groups) -> Truth:
        if isinstance(node, t.IsTrue) and node.fact not in self._vocabulary.fact:
            return truth(False)
        moving = frozenset().union(*(self._moved_by(name) for name in t.facts_of(node)))
        if isinstance(node, t.Has) and node.fact == CATEGORIES and self._levers.drops:
            return self._has(node.member)
        pulls = {name: self._levers.changes[name][0] for name in moving}
        if CATEGORIES in t.facts_of(node):  # inside a quantifier
            pulls |= self._levers.drops
        if not pulls:
            return truth(self._value(node, groups, frozenset()))
        must, may = [], []
        for chosen in _subsets(sorted(pulls)):
            value = self._value(node, groups, frozenset(chosen))
            if value is not False:
                here = self.circuit.all([x if name in chosen else -x for name, x in pulls.items()])
                may.append(here)
                if value:
                    must.append(here)
        return Truth(self.circuit.any(must), self.circuit.any(may))

    def _moved_by(self, name: str) -> frozenset[str]:
        """The levers on facts from which a fact is said or presumed."""
        if name not in self._moving:
            found = {name} & self._levers.changes.keys()
            source = name
            while source not in self.case.facts and (fact := self._vocabulary.fact.get(source)) and fact.presume_from:
                source = fact.presume_from
                found |= {source} & self._levers.changes.keys()
            self._moving[name] = frozenset(found)
        return self._moving[name]

    def _has(self, member: str) -> Truth:
        """Whether a kind of data is among those that are kept."""
        held = self.case.facts[CATEGORIES]
        assert isinstance(held, Members)  # noqa: S101 - only such a case has kinds that can be dropped
        narrower = self._vocabulary.narrower.get(member, frozenset({member}))
        mirrored = {some for _, fact, some in self._vocabulary.mirrors if fact == CATEGORIES} & held.yes
        if member in mirrored:
            return truth(True)
        drops = self._levers.drops
        kept = self.circuit.any([-literal for category, literal in drops.items() if category in narrower])
        if member not in held.yes | held.open:
            return Truth(kept, kept)
        # Another kind that belongs here may be held all the same, unless one to which it belongs is dropped as such.
        others = [
            self.circuit.all([-drops[u] for u in self._vocabulary.broader.get(other, frozenset()) if u in drops])
            for other in sorted(_open(self._vocabulary, self.case) & narrower)
        ]
        return Truth(kept, self.circuit.any((kept, *others)))

    def _value(self, node: t.Condition, groups: Groups, chosen: frozenset[str]) -> bool | None:
        facts = self._facts.get(chosen)
        if facts is None:
            changed = {name: value for name, (_, value) in self._levers.changes.items() if name in chosen}
            left = without(self._vocabulary, self.case, chosen & self._levers.drops.keys())
            facts = self._facts[chosen] = Facts(self._vocabulary, with_facts(left, changed))
        return one.evaluate(node, one.Context(facts, dict(groups), self.day)).value


def _subsets(names: list[str]) -> Iterator[tuple[str, ...]]:
    return itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(len(names) + 1))
