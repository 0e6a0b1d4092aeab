"""A case as one pack sees it: cases that are one to all conditions of a pack get one answer from it.

Most packs ask little of a fact: of a place only whether it lies in some groups, of a set only whether some members are
in it, of a count only on which side of some numbers it is. So very many cases come down to few views.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from comity.case import Case, Facts
from comity.condition import tree as t
from comity.decide import one
from comity.decide.index import PackIndex, index_of, keep
from comity.facts import Members, Places, Value, Vocabulary
from comity.pack.program import Program

# Atoms over two facts. A fact has the value that was said or presumed, or none where the presumption is withheld: so
# what they come to with all presumptions, and which facts are said, tells what they come to with fewer.
_COMPARED = (t.SamePlace, t.InPlaces, t.CountsAre, t.DaysBetween)
NOT_READ = -1
MAX_DAYS = 400  # views that are kept of one pack, and of one program
_OF_PLACES = {t.InGroup, t.AnyPlace, t.AllPlaces, t.ShareIs, t.Cascades}
Sort = Callable[[Any], Hashable]


class View:
    """What one pack can tell apart of the cases of a kind on a day.

    Attributes:
        atoms: those that compare one fact with another.
        compared: facts that the pack compares with others, and those from which they are presumed: where more facts
            become known than the case says, their values count, of which a key tells only how they compare now.

    Args:
        known: the pack.
        vocabulary: of its facts.
        kind: of the cases.
        day: of the cases.
    """

    def __init__(self, known: PackIndex, vocabulary: Vocabulary, kind: str, day: dt.date) -> None:
        self.reads = known.reads(kind)
        self.atoms = [node for node in known.atoms(kind) if isinstance(node, _COMPARED)]
        self.compared = with_sources(frozenset().union(*map(t.facts_of, self.atoms)), vocabulary)
        self._known, self._kind, self._vocabulary = known, kind, vocabulary
        self._context = one.Context(Facts(vocabulary, Case("", kind, day)), known.pack.group, day)
        self._totals = tuple(sorted(name for name in self.reads if ":" in name))
        self._numbers: dict[Hashable, int] = {}
        self._tables: dict[str, tuple[dict[Value, int], Sort]] = {}  # of the facts that cases have said so far

    def key(self, case: Case) -> tuple[Hashable, ...]:
        """The same for cases that the pack cannot tell apart, presumptions and measures among what it tells."""
        found = [self.number(name, value) for name, value in case.facts.items() if name in self.reads]
        found += [self.number(name, case.totals[name]) for name in self._totals if name in case.totals]
        key: list[Hashable] = [tuple(sorted(found))]  # each number stands for a fact and what is told of it
        if self.atoms:
            context = one.Context(Facts(self._vocabulary, case), self._context.groups, case.day)
            key += [one.evaluate(node, context).value for node in self.atoms]
        return (*key, *self.beside(case))

    def beside(self, case: Case) -> tuple[Hashable, ...]:
        """What counts of a case besides its facts."""
        if not case.unknown and not case.measures:
            return ()
        states = tuple([case.measures.get(m, "not-yet") for m in self._known.measures])
        return self.reads.intersection(case.unknown), states

    def number(self, name: str, value: Value) -> int:
        """The number of a fact and the sort of its value; NOT_READ where the pack does not read it."""
        if name not in self.reads:
            return NOT_READ
        if name not in self._tables:
            key = self._kind, name
            if key not in self._known.sorting:
                atoms = self._known.atoms(self._kind)
                self._known.sorting[key] = _about(name, atoms, self.reads, self._vocabulary)
            self._tables[name] = {}, self._sort(name, self._known.sorting[key])
        table, sort = self._tables[name]
        if value in table:
            return table[value]
        number = self._numbers.setdefault((name, sort(value)), len(self._numbers))
        # Instants are not looked up by themselves: two that are equal may lie on two days by their clocks.
        return number if isinstance(value, dt.datetime) else keep(table, value, number)

    def _sort(self, name: str, atoms: list[t.Condition]) -> Sort:
        """How values of a fact are sorted: only as finely as its atoms tell them apart."""
        kinds = {type(node) for node in atoms}
        if not kinds:  # how it compares is told apart; what no atom reads, such as `flow.done`, is read as it stands
            return _alike if name in self.compared else _whole
        if kinds <= _OF_PLACES:
            return self._by_place(sorted({group for node in atoms for group in t.groups_of(node)}))
        if kinds <= {t.CountIs}:
            tests = [(node.op, node.number) for node in atoms if isinstance(node, t.CountIs)]
            return lambda value: tuple([one.compare(value, op, number) for op, number in tests])
        if kinds <= {t.Has}:
            members = [node.member for node in atoms if isinstance(node, t.Has)]
            return lambda value: _members(value, members)
        return _whole

    def _by_place(self, groups: list[str]) -> Sort:
        """Places by the groups in which they lie; owners each for themselves."""
        context, rows = self._context, [self._context.groups[group] for group in groups]

        def sort(value: Any) -> Hashable:
            if isinstance(value, Places):
                return value.complete, frozenset(map(of_place, value.members))
            return of_place(value) if isinstance(value, str) else _whole(value)

        def of_place(place: str) -> tuple[bool | None, ...]:
            return tuple([one.in_rows(place, group, context) for group in rows])

        return sort


class Views:
    """A case as all packs of a program see it, each of its facts sorted for all of them at once.

    Attributes:
        kept: what each pack has said, by its key.
    """

    def __init__(self, program: Program, kind: str, day: dt.date) -> None:
        self.views = [view_of(program, place, kind, day) for place in range(len(program.packs))]
        self.kept: list[dict[Hashable, Any]] = [{} for _ in self.views]
        self._vocabulary = program.vocabulary
        self._numbers: dict[tuple[str, Value], tuple[int, ...]] = {}
        self._totals = tuple(sorted({name for view in self.views for name in view.reads if ":" in name}))
        self._atoms = list(dict.fromkeys(node for view in self.views for node in view.atoms))
        self._atoms_of = [tuple([self._atoms.index(node) for node in view.atoms]) for view in self.views]

    def keys(self, case: Case) -> list[tuple[Hashable, ...]]:
        """For each pack the same for cases that it cannot tell apart."""
        said = [self._of_all(name, value) for name, value in sorted(case.facts.items())]
        said += [self._of_all(name, case.totals[name]) for name in self._totals if name in case.totals]
        context = one.Context(Facts(self._vocabulary, case), {}, case.day)
        truths = [one.evaluate(node, context).value for node in self._atoms]
        found: list[tuple[Hashable, ...]] = list(zip(*said, strict=True)) if said else [()] * len(self.views)
        return [
            (*key, *[truths[n] for n in numbers], *view.beside(case))
            if numbers or case.unknown or case.measures
            else key
            for key, numbers, view in zip(found, self._atoms_of, self.views, strict=True)
        ]

    def _of_all(self, name: str, value: Value) -> tuple[int, ...]:
        found = self._numbers.get((name, value))
        if found is None:
            found = tuple([view.number(name, value) for view in self.views])
            if not isinstance(value, dt.datetime):
                keep(self._numbers, (name, value), found)
        return found


def views_of(program: Program, kind: str, day: dt.date) -> Views:
    """How all packs of a program see cases of a kind on a day; worked out once."""
    table = index_of(program).views
    found: Views | None = table.get((kind, day))
    return keep(table, (kind, day), Views(program, kind, day), MAX_DAYS) if found is None else found


def content_of(case: Case) -> Hashable:
    """All that a case says, but for its id: cases that say the same get the same decision."""
    facts = frozenset(case.facts.items())
    clocks = tuple([(name, v.utcoffset()) for name, v in sorted(case.facts.items()) if isinstance(v, dt.datetime)])
    beside = [frozenset(m.items()) if m else None for m in (case.measures, case.totals, case.opinions)]
    return case.kind, case.day, facts, clocks, frozenset(case.unknown), *beside


def view_of(program: Program, place: int, kind: str, day: dt.date) -> View:
    """How the pack at a place of the program sees cases of a kind on a day; worked out once."""
    known = index_of(program).packs[place]
    found: View | None = known.views.get((kind, day))
    if found is None:
        found = keep(known.views, (kind, day), View(known, program.vocabulary, kind, day), MAX_DAYS)
    return found


def with_sources(names: frozenset[str], vocabulary: Vocabulary) -> frozenset[str]:
    """Facts with those from which they are presumed."""
    found, new = names, names
    while new:
        new = frozenset(f.presume_from for n in new if (f := vocabulary.fact.get(n)) and f.presume_from) - found
        found |= new
    return found


def _about(name: str, atoms: Iterable[t.Condition], reads: frozenset[str], vocabulary: Vocabulary) -> list[t.Condition]:
    """The atoms that read a fact, or one that is presumed from it."""
    names, grown = {name}, True
    while grown:
        more = {n for n in reads if n in vocabulary.fact and vocabulary.fact[n].presume_from in names} - names
        names, grown = names | more, bool(more)
    return [node for node in atoms if getattr(node, "fact", None) in names and not isinstance(node, _COMPARED)]


def _whole(value: Any) -> Hashable:
    """Each value for itself; an instant with the clock by which it was told."""
    return (value, value.utcoffset()) if isinstance(value, dt.datetime) else (type(value), value)


def _alike(_: Any) -> Hashable:
    return ()


def _members(value: Any, members: list[str]) -> Hashable:
    if not isinstance(value, Members):
        return _whole(value)
    return tuple([True if m in value.yes else None if m in value.open else False for m in members])
