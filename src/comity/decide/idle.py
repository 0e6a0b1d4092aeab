"""What in a pack can never make a difference: clauses, excuses, thresholds, and parts of conditions.

Each doubt is a question to the solver: is there a case in which it does make a difference? One case on one day clears
it. What is told has none on any of the days tried; what was not settled in time is told as open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from comity.condition import tree as t
from comity.decide.circuit import FALSE, TRUE, Circuit
from comity.decide.encode import EncodedPack, Encoder
from comity.decide.solve import Open, Solver
from comity.decide.space import Space
from comity.facts import Vocabulary
from comity.pack.lint import Idle, IdleThing
from comity.pack.program import THE_ACT, Clause, Pack

SECONDS = 2.0  # for one question: nearly all take a thousandth of it
MAX_OPEN = 5  # questions of one pack that are waited for; then the rest is left open
MAX_DAYS = 8  # on which one clause is tried

_View = tuple[str, dt.date]
_NO_TERMS: Mapping[str, t.Condition] = {}


@dataclass(frozen=True)
class _Doubt:
    """A question about one thing.

    Attributes:
        thing: what is idle if no case is found.
        kinds: of the cases that are tried.
        days: on which they are tried.
        literal: the literal that holds in a case in which the thing makes a difference; None where a view tells
            nothing about it.
    """

    thing: IdleThing
    kinds: tuple[str, ...]
    days: tuple[dt.date, ...]
    literal: Callable[[Encoder, EncodedPack], int | None]


@dataclass
class _State:
    """What is known of the doubts so far, by their index."""

    cleared: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    open: set[int] = field(default_factory=set)


def idle_for_lint(
    vocabulary: Vocabulary, pack: Pack, terms: Mapping[str, t.Condition] = _NO_TERMS, *, seconds: float = SECONDS
) -> Idle:
    """The idle things of a pack.

    Args:
        vocabulary: of its facts.
        pack: the pack.
        terms: its terms, as they stand in its conditions: what a term holds is looked at once, for itself.
        seconds: the limit for one question.
    """
    doubts = list(_all_doubts(vocabulary, pack, terms))
    state = _State()
    for number in range(MAX_DAYS):
        views: dict[_View, list[int]] = {}
        for index, doubt in enumerate(doubts):
            if index not in state.cleared and number < len(doubt.days):
                for kind in doubt.kinds:
                    views.setdefault((kind, doubt.days[number]), []).append(index)
        for view, indexes in sorted(views.items()):
            _try(vocabulary, pack, view, [(i, doubts[i]) for i in indexes if i not in state.cleared], state, seconds)
    left = state.asked - state.cleared
    idle = dict.fromkeys(doubts[index].thing for index in sorted(left - state.open))
    opened = dict.fromkeys(doubts[index].thing for index in sorted(left & state.open))
    return Idle(tuple(_telling(idle)), tuple(thing for thing in opened if thing not in idle))


def _try(
    vocabulary: Vocabulary, pack: Pack, view: _View, doubts: list[tuple[int, _Doubt]], state: _State, seconds: float
) -> None:
    """Ask the doubts about the cases of one kind on one day."""
    kind, day = view
    if not pack.covers_case(kind, day) or not doubts:
        return
    circuit = Circuit()
    space = Space(circuit, vocabulary, [pack], kind, day, whole=True, fixed={"flow.done": False})
    encoder = Encoder(space)
    encoded = encoder.pack(pack)
    literals = {}
    for index, doubt in doubts:
        literal = doubt.literal(encoder, encoded)
        if literal is not None:
            literals[index] = literal
    solver = Solver(circuit, seconds=seconds)
    solver.require(space.constraints())
    for index, literal in literals.items():
        if index in state.cleared:
            continue
        state.asked.add(index)
        if len(state.open) >= MAX_OPEN:
            state.open.add(index)
            continue
        try:
            model = solver.solve(literal)
        except Open:
            state.open.add(index)
            continue
        if model is not None:
            left = [other for other in literals if other not in state.cleared]
            holds = circuit.evaluate([literals[other] for other in left], model.holds)
            state.cleared |= {other for other, is_so in zip(left, holds, strict=True) if is_so}


def _telling(found: Iterable[IdleThing]) -> Iterator[IdleThing]:
    """What says something new: of a clause that never decides no parts are told."""
    idle = list(found)
    dead = {thing.clause for thing in idle if thing.what in ("never-decides", "never-open")}
    thresholds = {(thing.clause, thing.part) for thing in idle if thing.what == "never-reached"}
    for thing in idle:
        is_part = thing.what in ("never-reached", "implied")
        if is_part and (thing.clause in dead or (thing.what == "implied" and (thing.clause, thing.part) in thresholds)):
            continue
        yield thing


# --- the days


def _days(
    pack: Pack, kinds: tuple[str, ...], first: dt.date | None = None, last: dt.date | None = None
) -> tuple[dt.date, ...]:
    """Days to be tried: the day of reading first, the first and the last one, then days of change, latest first."""
    start, end = first or dt.date.min, last or dt.date.max
    changes = sorted({day for day in _changes(pack) if start <= day <= end})
    wanted = [pack.read_day, start, end, *reversed(changes)]
    found = dict.fromkeys(d for d in wanted if start <= d <= end and dt.date.min < d < dt.date.max)
    return tuple(day for day in found if any(pack.covers_case(kind, day) for kind in kinds))[:MAX_DAYS]


def _changes(pack: Pack) -> Iterator[dt.date]:
    """Days from which on something else holds in a pack."""
    rows = [row for _, group in pack.groups for row in group]
    ends = [(part.first_day, part.last_day) for part in pack.covers]
    ends += [(part.first_day, part.last_day) for part in pack.clauses]
    ends += [(part.first_day, part.last_day) for part in rows]
    yield from (day for pair in ends for day in pair if day is not None)
    for condition in (pack.scope, *(clause.when for clause in pack.clauses)):
        for node in t.walk(condition):
            if isinstance(node, t.DayIs) and node.fact == "day":
                yield from (node.day, node.day - dt.timedelta(days=1))


# --- the doubts


def _all_doubts(vocabulary: Vocabulary, pack: Pack, terms: Mapping[str, t.Condition]) -> Iterator[_Doubt]:
    for clause in pack.clauses:
        if _asks_of_two_owners(clause.when):
            continue
        days = _days(pack, clause.kinds, clause.first_day, clause.last_day)
        if clause.effect == "excuses":
            yield _Doubt(IdleThing("never-open", clause.id), clause.kinds, days, _is_open(clause))
        else:
            yield _Doubt(IdleThing("never-decides", clause.id), clause.kinds, days, _decides(clause))
        yield from _Written(vocabulary, clause.id, clause.kinds, days, tuple(terms.values())).doubts(clause.when)
    kinds = tuple(dict.fromkeys(kind for coverage in pack.covers for kind in coverage.kinds))
    nodes = {name: _ids(term) for name, term in terms.items()}
    for name, term in terms.items():
        if _asks_of_two_owners(term):
            continue
        below = tuple(other for key, other in terms.items() if key != name and _inside(other) < nodes[name])
        yield from _Written(vocabulary, name, kinds, _days(pack, kinds), below).doubts(term)


def _asks_of_two_owners(condition: t.Condition) -> bool:
    """Whether shares of two groups are asked of one firm: a space knows owners of one group at a time."""
    asked = {(n.fact, n.group) for n in t.walk(condition) if isinstance(n, t.ShareIs | t.Cascades)}
    return len(asked) > len({fact for fact, _ in asked})


def _ids(condition: t.Condition) -> frozenset[int]:
    return frozenset(id(node) for node in _walk(condition))


def _inside(condition: t.Condition) -> frozenset[int]:
    """What of a term stands in a condition that names it: a conjunction may have gone up into one around it."""
    return _ids(condition) - ({id(condition)} if isinstance(condition, t.And | t.Or) else set())


@dataclass(frozen=True)
class _Written:
    """One condition as somebody wrote it: what the terms hold that it names was written elsewhere.

    Attributes:
        where: the clause or the term.
        terms: those that it may name.
    """

    vocabulary: Vocabulary
    where: str
    kinds: tuple[str, ...]
    days: tuple[dt.date, ...]
    terms: tuple[t.Condition, ...]

    def doubts(self, condition: t.Condition) -> Iterator[_Doubt]:
        """Whether its thresholds, and the parts of its conjunctions and disjunctions, make a difference."""
        elsewhere = frozenset().union(*(_ids(term) for term in self.terms))
        own = [node for node in _walk(condition) if id(node) not in elsewhere]
        for atom in dict.fromkeys(node for node in own if isinstance(node, t.CountIs)):
            for value in (True, False):
                thing = IdleThing("never-reached", self.where, t.to_text(atom))
                yield self._doubt(thing, _changes_with(condition, atom, value))
        for whole in dict.fromkeys(node for node in own if isinstance(node, t.And | t.Or)):
            for place, part in enumerate(whole.parts):
                if not self._is_of_term(whole, part) and not self._is_kind_of_data(whole, place):
                    thing = IdleThing("implied", self.where, t.to_text(part), t.to_text(whole))
                    yield self._doubt(thing, _adds(whole, place))

    def _doubt(self, thing: IdleThing, literal: Callable[[Encoder, EncodedPack], int | None]) -> _Doubt:
        return _Doubt(thing, self.kinds, self.days, literal)

    def _is_of_term(self, whole: t.And | t.Or, part: t.Condition) -> bool:
        """Whether a part came in with a term that went up into the conjunction or disjunction around its name."""
        here = {id(each) for each in whole.parts}
        return any(
            isinstance(term, t.And | t.Or)
            and type(term) is type(whole)
            and id(part) in (ids := {id(each) for each in term.parts})
            and ids <= here
            for term in self.terms
        )

    def _is_kind_of_data(self, whole: t.And | t.Or, place: int) -> bool:
        """Whether a part names a kind of data, once: laws say "personal data on health", though health is personal."""
        part = whole.parts[place]
        mirrored = {fact for fact, _, _ in self.vocabulary.mirrors}
        is_kind = isinstance(part, t.Has) or (isinstance(part, t.IsTrue) and part.fact in mirrored)
        return is_kind and whole.parts.count(part) == 1


def _walk(condition: t.Condition) -> Iterator[t.Condition]:
    """Every node that has a value of its own: what a quantifier says of each place is left out."""
    yield condition
    parts = condition.parts if isinstance(condition, t.And | t.Or) else ()
    for part in (condition.part,) if isinstance(condition, t.Not) else parts:
        yield from _walk(part)


def _decides(clause: Clause) -> Callable[[Encoder, EncodedPack], int]:
    """A ban that is not lifted, or a duty that is owed."""

    def literal(encoder: Encoder, encoded: EncodedPack) -> int:
        there = encoded.clauses.get(clause.id)
        if there is None:
            return FALSE
        if clause.measure == THE_ACT:
            excuses = [encoded.clauses[e].bound.low1 for e in clause.excused_by if e in encoded.clauses]
            return encoder.circuit.all((encoded.scope.must, there.when.must, *excuses))
        return encoder.circuit.all((encoded.scope.must, there.bound.low1))

    return literal


def _is_open(clause: Clause) -> Callable[[Encoder, EncodedPack], int]:
    """An excuse that is open or satisfied while something speaks that it lifts."""

    def literal(encoder: Encoder, encoded: EncodedPack) -> int:
        there = encoded.clauses.get(clause.id)
        if there is None:
            return FALSE
        speaking = [encoded.clauses[id_].when.must for id_ in clause.excuses if id_ in encoded.clauses]
        return encoder.circuit.all((encoded.scope.must, -there.bound.low2, encoder.circuit.any(speaking)))

    return literal


def _changes_with(condition: t.Condition, atom: t.CountIs, value: bool) -> Callable[[Encoder, EncodedPack], int]:
    """A case in which the condition is another one where a threshold always has one value."""
    without = _replaced(condition, {atom: t.Const(value)})

    def literal(encoder: Encoder, _: EncodedPack) -> int:
        return -encoder.circuit.same(encoder.condition(condition).must, encoder.condition(without).must)

    return literal


def _replaced(condition: t.Condition, by: Mapping[t.Condition, t.Condition]) -> t.Condition:
    if condition in by:
        return by[condition]
    match condition:
        case t.And(parts):
            return t.all_of([_replaced(part, by) for part in parts])
        case t.Or(parts):
            return t.any_of([_replaced(part, by) for part in parts])
        case t.Not(part):
            return t.negate(_replaced(part, by))
    return condition


def _adds(whole: t.And | t.Or, place: int) -> Callable[[Encoder, EncodedPack], int | None]:
    """A case in which one part of a condition makes a difference beside the others."""
    others: Sequence[t.Condition] = [part for number, part in enumerate(whole.parts) if number != place]

    def literal(encoder: Encoder, _: EncodedPack) -> int | None:
        part = encoder.condition(whole.parts[place]).must
        rest = [encoder.condition(other).must for other in others]
        if isinstance(whole, t.Or):
            part, rest = -part, [-other for other in rest]
        if part in (TRUE, FALSE) or FALSE in rest:
            return None  # settled by the kind or the day alone: other cases may tell
        return encoder.circuit.all((*rest, -part))

    return literal
