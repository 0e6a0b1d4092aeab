"""All cases of one kind on one day, as variables: facts that somebody says or leaves unsaid, measures in place or not.

What is left unsaid is presumed or unknown, just as in a case that a person writes: the smallest case with some answer
is the one in which the least is said. Of places, of owners and of values that no condition tells apart a few stand for
all.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from comity.case import Case, Facts, close_members, convert, normalise
from comity.condition import tree as t
from comity.decide import one, verdict
from comity.decide.circuit import FALSE, TRUE, AtLeast, Circuit
from comity.decide.domain import are_near, is_within_total, places_of, representatives
from comity.decide.encode import NO, UNKNOWN, Groups, Ranks, Truth, connected, ranks, truth
from comity.errors import UnsupportedError
from comity.facts import Members, Owner, Places, Row, Tri, Value, Vocabulary
from comity.pack.program import Pack

FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2100, 1, 1)  # of days that are asked for
_NO_GROUPS: Groups = {}
_CHOSEN = ("place", "one-of", "shares", "bool")  # facts with one value out of a few


@dataclass(slots=True)
class _Fact:
    """One fact as variables.

    Attributes:
        said: the literal by which it is said.
        values: of a fact with one value: each value with the literal by which it has that value.
        members: of a set: each member with its literal.
    """

    said: int
    values: list[tuple[Value, int]] = field(default_factory=list)
    members: dict[str, int] = field(default_factory=dict)


class Space:
    """The cases of one kind on one day, as far as some packs tell them apart.

    Args:
        circuit: where the literals stand.
        vocabulary: of the facts.
        packs: the packs about which is asked.
        kind, day: of the cases.
        whole: whether every fact is said. Then there is a case for each answer, and not the smallest one.
        fixed: facts whose value is the same in all cases.
    """

    def __init__(
        self,
        circuit: Circuit,
        vocabulary: Vocabulary,
        packs: Sequence[Pack],
        kind: str,
        day: dt.date,
        *,
        whole: bool = False,
        fixed: Mapping[str, Value] | None = None,
    ) -> None:
        self.circuit = circuit
        self.vocabulary = vocabulary
        self.kind = kind
        self.day = day
        self.fixed = dict(fixed or {})
        self._whole = whole
        self._mirrors = {(some, member): fact for fact, some, member in vocabulary.mirrors}
        self._packs = packs
        self._conditions = [c for p in packs for c in (p.scope, *(c.when for c in p.clauses if kind in c.kinds))]
        self._facts: dict[str, _Fact] = {}
        self._places: tuple[str, ...] = ()
        self._needs: dict[str, Ranks] = {}
        self._bodies: dict[tuple[int, int, str], tuple[object, Truth]] = {}
        self._numbers: set[str] = set()
        self._bare = Facts(vocabulary, Case("", kind, day, self.fixed))
        self._contexts: dict[int, tuple[Groups, one.Context]] = {}

    # --- what a question asks for beside the packs

    def constraints(self) -> list[int]:
        """What holds in every case: kinds that belong to others, counts within counts. To be asked for at the end."""
        found = [
            c
            for name, fact in list(self._facts.items())
            if name in self.vocabulary.members
            for c in self._hierarchy(name, fact)
        ]
        for name in sorted(self._numbers):
            if self._is_day(name):
                found.append(self.circuit.variable(AtLeast(name, "", FIRST_DAY.toordinal())))
                found.append(-self.circuit.variable(AtLeast(name, "", LAST_DAY.toordinal())))
            else:
                found.append(self.circuit.variable(AtLeast(name, "", 0)))
        totals = {total.id: total for pack in self._packs for total in pack.totals if total.id in self._numbers}
        pairs = itertools.permutations(totals.values(), 2)
        within = [(small, great) for small, great in pairs if is_within_total(small, great, self.vocabulary)]
        return found + [self.circuit.variable(AtLeast(great.id, small.id, 0)) for small, great in within]

    def _hierarchy(self, name: str, fact: _Fact) -> Iterator[int]:
        """A kind that belongs to another one is in only together with that one."""
        for member, literal in fact.members.items():
            for upper in sorted(self.vocabulary.broader.get(member, frozenset()) - {member}):
                if (name, upper) in self._mirrors:
                    above = self._is_true(self._mirrors[name, upper])
                    yield self.circuit.any((-fact.said, -literal, above))
                elif upper in fact.members:
                    yield self.circuit.implies(literal, fact.members[upper])

    def costs(self) -> list[tuple[int, int]]:
        """What makes a case larger: literals, each with what it adds. A fact that is said, a member, a measure."""
        found = []
        for name, fact in self._facts.items():
            if fact.said not in (TRUE, FALSE) and name in self.vocabulary.fact:
                found.append((fact.said, 2))
            found += [(self.circuit.all((fact.said, literal)), 1) for literal in fact.members.values()]
        found += [(fact.said, 2) for name, fact in self._facts.items() if ":" in name and fact.said != TRUE]
        found += [(-need.low1, 1) for need in self._needs.values()]
        return [(literal, cost) for literal, cost in found if literal not in (TRUE, FALSE)]

    def case(self, holds: Callable[[int], bool], number: Callable[[str], int], *, id_: str = "") -> Case:
        """The case of a model.

        Args:
            holds: whether a literal holds in the model.
            number: the value of a count, or the ordinal of a day.
            id_: the id of the case.
        """
        facts: dict[str, Value] = dict(self.fixed)
        totals: dict[str, int] = {}
        for name, fact in sorted(self._facts.items()):
            if name == "day" or name in self.fixed or not holds(fact.said):
                continue
            if ":" in name:
                totals[name] = number(name)
            else:
                facts[name] = self._value(name, fact, holds, number)
        measures = {m: "in-place" for m, need in sorted(self._needs.items()) if not holds(need.low1)}
        for fact_id, some, _ in self.vocabulary.mirrors:
            if some in facts:
                facts.pop(fact_id, None)  # it follows from the other one
        return Case(id_, self.kind, self.day, normalise(self.vocabulary, facts), measures=measures, totals=totals)

    def _value(self, name: str, fact: _Fact, holds: Callable[[int], bool], number: Callable[[str], int]) -> Value:
        declared = self.vocabulary.fact[name]
        if declared.type in _CHOSEN:
            return next(value for value, literal in fact.values if holds(literal))
        if declared.type == "count":
            return number(name)
        if declared.type == "day":
            return dt.date.fromordinal(number(name))
        if declared.type == "instant":
            return dt.datetime.combine(dt.date.fromordinal(number(name)), dt.time(12), dt.UTC)
        members = frozenset(member for member, literal in fact.members.items() if holds(literal))
        for some, member in self._mirrors:
            if some == name and (mirrored := self._facts.get(self._mirrors[some, member])):
                is_in = any(value is True and holds(literal) for value, literal in mirrored.values)
                members |= {member} if is_in else set()
        if declared.type == "places":
            return Places(members)
        return close_members(self.vocabulary, name, Members(members))

    def same(self, name: str, other: Space) -> int:
        """The literal by which a fact has the same value in two spaces over one circuit."""
        mine, theirs = self.fact(name), other.fact(name)
        pairs = [(a, b) for (_, a), (_, b) in zip(mine.values, theirs.values, strict=True)]
        pairs += [(literal, theirs.members[member]) for member, literal in mine.members.items()]
        return self.circuit.all(self.circuit.same(a, b) for a, b in pairs)

    # --- what the encoder asks

    def need(self, measure: str) -> Ranks:
        """A measure is in place or not yet."""
        found = self._needs.get(measure)
        if found is None:
            missing = -self.circuit.variable(("measure", measure))
            found = self._needs[measure] = ranks(verdict.OPEN)._replace(low1=missing, high1=missing)
        return found

    def atom(self, node: t.Condition, groups: Groups) -> Truth:
        """An atom or quantifier, over every way in which its facts may be said or presumed."""
        return self._atom(node, groups, "")

    def _atom(self, node: t.Condition, groups: Groups, bound: str) -> Truth:
        return OPS[type(node)](self, node, groups, bound)

    def _const(self, node: t.Const, _: Groups, __: str) -> Truth:
        return truth(node.value)

    def _bound_in(self, node: t.BoundIn, groups: Groups, bound: str) -> Truth:
        return truth(one.in_rows(bound, groups[node.group], self._context(groups)))

    def _is_fact(self, node: t.IsTrue, groups: Groups, _: str) -> Truth:
        if node.fact not in self.vocabulary.fact:
            return NO
        return self._over_values(node.fact, partial(self._judge, node, groups))

    def _one_of(self, node: t.OneOf, groups: Groups, _: str) -> Truth:
        if node.fact == "kind":
            return truth(self.kind in node.values)
        return self._over_values(node.fact, partial(self._judge, node, groups))

    def _valued(self, node: t.InGroup | t.ShareIs | t.Cascades, groups: Groups, _: str) -> Truth:
        return self._over_values(node.fact, partial(self._judge, node, groups))

    def _has(self, node: t.Has, groups: Groups, bound: str) -> Truth:
        mirror = self._mirrors.get((node.fact, node.member))
        if mirror is not None:
            return self._is_fact(t.IsTrue(mirror), groups, bound)
        return self._over_members(node.fact, node.member)

    def _any_place(self, node: t.AnyPlace, groups: Groups, _: str) -> Truth:
        return self._over(node.fact, partial(self._each, node.body, groups), is_any=True)

    def _all_places(self, node: t.AllPlaces, groups: Groups, _: str) -> Truth:
        return self._over(node.fact, partial(self._each, node.body, groups), is_any=False)

    def _same_place(self, node: t.SamePlace, groups: Groups, _: str) -> Truth:
        return self._pairs(node.left, node.right, partial(self._judge_pair, node, groups))

    def _count_is(self, node: t.CountIs, _: Groups, __: str) -> Truth:
        return self._number(node.fact, "", node.op, node.number)

    def _counts_are(self, node: t.CountsAre, _: Groups, __: str) -> Truth:
        return self._number(node.left, node.right, node.op, 0)

    def _day_is(self, node: t.DayIs, _: Groups, __: str) -> Truth:
        if node.fact == "day":
            return truth(one.compare(self.day.toordinal(), node.op, node.day.toordinal()))
        return self._number(node.fact, "", node.op, node.day.toordinal())

    def _days_between(self, node: t.DaysBetween, _: Groups, __: str) -> Truth:
        return self._number(node.end, node.start, node.op, node.number)

    # --- facts and where their values come from

    def fact(self, name: str) -> _Fact:
        """The variables of a fact or total."""
        found = self._facts.get(name)
        if found is None:
            found = self._facts[name] = self._make(name)
        return found

    def _make(self, name: str) -> _Fact:
        if name == "day":  # of the case itself, which is no variable
            return _Fact(TRUE)
        said = TRUE if self._whole or name in self.fixed else self.circuit.variable(("said", name))
        for mirror, some, _ in self.vocabulary.mirrors:
            if mirror == name and some in self.vocabulary.fact and said != TRUE:
                said = self.circuit.any((said, self.fact(some).said))
        fact = _Fact(said)
        declared = self.vocabulary.fact.get(name)
        if declared is None or declared.type in ("count", "day", "instant"):
            self._numbers.add(name)
        elif name in self.fixed:
            self._fix(fact, self.fixed[name])
        elif declared.type == "places":
            fact.members = {p: self.circuit.variable(("in", name, p)) for p in self.places()}
        elif declared.type == "some-of":
            self._some_of(name, fact)
        else:
            domain = self._domain(name, declared.type, declared.of)
            fact.values = list(zip(domain, self._one_hot(name, len(domain)), strict=True))
        return fact

    def _fix(self, fact: _Fact, value: Value) -> None:
        if isinstance(value, Places):
            fact.members = {p: TRUE if p in value.members else FALSE for p in (*self.places(), *sorted(value.members))}
        elif isinstance(value, Members):
            fact.members = dict.fromkeys(sorted(value.yes), TRUE)
        else:
            fact.values = [(value, TRUE)]

    def _some_of(self, name: str, fact: _Fact) -> None:
        named = {n.member for c in self._conditions for n in t.walk(c) if isinstance(n, t.Has) and n.fact == name}
        own = sorted(m for m in named if (name, m) not in self._mirrors and m in self.vocabulary.members[name])
        fact.members = {m: self.circuit.variable(("in", name, m)) for m in own}

    def _is_true(self, name: str) -> int:
        return next(literal for value, literal in self.fact(name).values if value is True)

    def _one_hot(self, name: str, n_values: int) -> list[int]:
        """Literals of which exactly one holds, over as few variables as it takes."""
        n_bits = max(1, (n_values - 1).bit_length()) if n_values > 1 else 0
        bits = [self.circuit.variable(("bit", name, str(place))) for place in range(n_bits)]
        found = [
            self.circuit.all([bit if number >> place & 1 else -bit for place, bit in enumerate(bits)])
            for number in range(n_values)
        ]
        if n_values > 1:  # numbers past the last one stand for the last one
            found[-1] = -self.circuit.any(found[:-1])
        return found

    def _domain(self, name: str, type_: str, of: Sequence[str]) -> list[Value]:
        if type_ == "bool":
            return [False, True]
        if type_ == "one-of":
            return list(of)
        if type_ == "place":
            return list(self.places())
        return list(self._owners(name))

    # --- places

    def places(self) -> tuple[str, ...]:
        """Places that stand for all: two or more of each sort that no group of the packs tells apart."""
        if not self._places:
            groups = dict.fromkeys(
                frozenset(r.place for r in pack.group[g] if r.holds_on(self.day))
                for pack in self._packs
                for c in (pack.scope, *(c.when for c in pack.clauses if self.kind in c.kinds))
                for g in t.groups_of(c)
            )
            linked = {n for c in self._conditions for n in t.walk(c) if isinstance(n, t.SamePlace | t.InPlaces)}
            n_alike = 1 + len({f for n in linked for f in t.facts_of(n)} - {"data.stored_in"}) if linked else 1
            said = sorted({p for value in self.fixed.values() for p in places_of(value)})
            self._places = representatives(self.vocabulary, list(groups), min(n_alike, 4), said)
        return self._places

    def _owners(self, name: str) -> Iterator[Value]:
        """Owners that the conditions tell apart: each share that they ask about, just reached and just not."""
        asked = [
            (pack, node)
            for pack in self._packs
            for c in (pack.scope, *(c.when for c in pack.clauses if self.kind in c.kinds))
            for node in t.walk(c)
            if isinstance(node, t.ShareIs | t.Cascades)
        ]
        shares = sorted({n.percent for _, n in asked} | {n.percent - 1 for _, n in asked} | {100})
        seen: set[tuple[Tri, ...]] = set()
        other = self.places()[-1]
        for percent in reversed([s for s in shares if 0 < s <= 100]):
            for place in self.places():
                rest = (Owner(100 - percent, other),) if percent < 100 else ()
                chains: list[tuple[Owner, ...]] = [(Owner(percent, place), *rest)]
                if percent < 100:
                    chains.append((Owner(percent, other, (Owner(percent, place), *rest)), *rest))
                for chain in chains:
                    signature = tuple(self._judge(n, p.group, name, chain) for p, n in asked)
                    if signature not in seen:
                        seen.add(signature)
                        yield chain

    # --- atoms over values

    def _chain(self, name: str) -> Iterator[tuple[int, str]]:
        """The facts from which a value may come, each with the literal by which it does: itself, then its sources."""
        unsaid: list[int] = []
        current: str | None = name
        while current is not None:
            said = self.fact(current).said
            yield self.circuit.all((*unsaid, said)), current
            unsaid.append(-said)
            declared = self.vocabulary.fact.get(current)
            current = declared.presume_from if declared is not None else None
            if declared is not None and declared.presume is not None:
                return

    def _otherwise(self, name: str) -> tuple[int, Value | None]:
        """Where nothing is said of a fact nor of its sources: the literal, and what is presumed then."""
        unsaid, last = [], name
        for _, last in self._chain(name):
            unsaid.append(-self.fact(last).said)
        declared = self.vocabulary.fact.get(last)
        value = declared.presume if declared is not None else None
        asked = self.vocabulary.fact.get(name)
        return self.circuit.all(unsaid), convert(value, asked.type) if asked is not None and value is not None else None

    def _gather(self, parts: Iterable[tuple[int, Truth]]) -> Truth:
        found = [(guard, inner) for guard, inner in parts if guard != FALSE]
        return Truth(
            self.circuit.any([self.circuit.all((guard, inner.must)) for guard, inner in found]),
            self.circuit.any([self.circuit.all((guard, inner.may)) for guard, inner in found]),
        )

    def _over_values(self, name: str, judge: Callable[[str, Value], Tri]) -> Truth:
        parts: list[tuple[int, Truth]] = []
        for guard, source in self._chain(name):
            parts += [(self.circuit.all((guard, x)), truth(judge(name, v))) for v, x in self.fact(source).values]
        unsaid, presumed = self._otherwise(name)
        parts.append((unsaid, UNKNOWN if presumed is None else truth(judge(name, presumed))))
        return self._gather(parts)

    def _judge(self, node: t.Condition, groups: Groups, name: str, value: Value) -> Tri:
        """What the reference says of an atom where its one fact has a value."""
        type_ = self.vocabulary.fact[name].type
        facts = Facts(self.vocabulary, Case("", self.kind, self.day, {name: convert(value, type_)}))
        return one.evaluate(node, one.Context(facts, dict(groups), self.day)).value

    def _context(self, groups: Groups) -> one.Context:
        found = self._contexts.get(id(groups))
        if found is None:
            found = self._contexts[id(groups)] = groups, one.Context(self._bare, dict(groups), self.day)
        return found[1]

    def _judge_pair(self, node: t.SamePlace, groups: Groups, left: Value, right: Value) -> Tri:
        facts = Facts(self.vocabulary, Case("", self.kind, self.day, {node.left: left, node.right: right}))
        return one.evaluate(node, one.Context(facts, dict(groups), self.day)).value

    def _pairs(self, left: str, right: str, judge: Callable[[Value, Value], Tri]) -> Truth:
        if left == right:
            return self._over_values(left, lambda _, value: judge(value, value))
        sides = [[(self.circuit.all((g, x)), v) for g, s in self._chain(n) for v, x in self.fact(s).values]
                 for n in (left, right)]  # fmt: skip
        parts = [(self.circuit.all((a, b)), truth(judge(v, w)))
                 for a, v in sides[0] for b, w in sides[1] if are_near(self.vocabulary, v, w)]  # fmt: skip
        unknown = self.circuit.any([self._otherwise(n)[0] for n in (left, right)])
        return self._gather([*parts, (unknown, UNKNOWN)])

    def _in_places(self, node: t.InPlaces, _: Groups, __: str) -> Truth:
        """Whether a place lies in a set of places."""
        name, places = node.fact, node.places
        sides = [(self.circuit.all((g, x)), str(v)) for g, s in self._chain(name) for v, x in self.fact(s).values]
        unknown = self._otherwise(name)[0]
        context = self._context(_NO_GROUPS)

        def inside(member: str) -> Truth:
            near = [(x, v) for x, v in sides if are_near(self.vocabulary, v, member)]
            return self._gather((x, truth(one.in_rows(v, (Row(member),), context))) for x, v in near)

        return self._gather([(-unknown, self._over(places, inside, is_any=True)), (unknown, UNKNOWN)])

    def _each(self, body: t.Condition, groups: Groups, place: str) -> Truth:
        """The body of a quantifier at one place."""
        key = id(body), id(groups), place
        known = self._bodies.get(key)
        if known is None:
            known = self._bodies[key] = (body, groups), self._body(body, groups, place)
        return known[1]

    def _body(self, body: t.Condition, groups: Groups, place: str) -> Truth:
        if isinstance(body, t.And | t.Or | t.Not):
            return connected(self.circuit, body, lambda part: self._each(part, groups, place))
        return self._atom(body, groups, place)

    def _over(self, name: str, each: Callable[[str], Truth], is_any: bool) -> Truth:
        """A quantifier over a set of places, wherever the set comes from."""
        parts: list[tuple[int, Truth]] = []
        for guard, source in self._chain(name):
            fact = self.fact(source)
            for value, literal in fact.values:  # a place, as a set of one
                parts.append((self.circuit.all((guard, literal)), each(str(value))))
            if fact.members or not fact.values:
                parts.append((guard, self._quantify(fact.members, each, is_any)))
        unsaid, presumed = self._otherwise(name)
        if isinstance(presumed, Places):
            inner = self._quantify(dict.fromkeys(sorted(presumed.members), TRUE), each, is_any)
            parts.append((unsaid, inner))
        else:
            parts.append((unsaid, UNKNOWN))
        return self._gather(parts)

    def _quantify(self, members: Mapping[str, int], each: Callable[[str], Truth], is_any: bool) -> Truth:
        both, either = self.circuit.all, self.circuit.any
        inner = [(literal, each(place)) for place, literal in members.items()]
        if is_any:
            return Truth(either([both((x, i.must)) for x, i in inner]), either([both((x, i.may)) for x, i in inner]))
        return Truth(both([either((-x, i.must)) for x, i in inner]), both([either((-x, i.may)) for x, i in inner]))

    def _over_members(self, name: str, member: str) -> Truth:
        parts: list[tuple[int, Truth]] = []
        for guard, source in self._chain(name):
            literal = self.fact(source).members.get(member, FALSE)
            parts.append((guard, Truth(literal, literal)))
        unsaid, presumed = self._otherwise(name)
        if isinstance(presumed, Members):
            parts.append((unsaid, truth(member in presumed.yes)))
        else:
            absent = member in self.vocabulary.presumed_absent[name]
            parts.append((unsaid, NO if absent else UNKNOWN))
        return self._gather(parts)

    # --- counts and days

    def _is_day(self, name: str) -> bool:
        declared = self.vocabulary.fact.get(name)
        return declared is not None and declared.type in ("day", "instant")

    def _number(self, left: str, right: str, op: str, number: int) -> Truth:
        """`left - right op number`, wherever both come from."""
        if left == right:
            return self._gather([(g, truth(one.compare(0, op, number))) for g, _ in self._chain(left)]
                                + [(self._otherwise(left)[0], UNKNOWN)])  # fmt: skip
        parts: list[tuple[int, Truth]] = []
        for guard, source in self._chain(left):
            for other_guard, other in self._chain(right) if right else [(TRUE, "")]:
                literal = self._compared(source, other, op, number)
                parts.append((self.circuit.all((guard, other_guard)), Truth(literal, literal)))
        unknown = [self._otherwise(name)[0] for name in (left, right) if name]
        return self._gather([*parts, (self.circuit.any(unknown), UNKNOWN)])

    def _compared(self, left: str, right: str, op: str, number: int) -> int:
        if left == right:
            return truth(one.compare(0, op, number)).must
        if not right and left == "day":
            return truth(one.compare(self.day.toordinal(), op, number)).must

        def at_least(n: int) -> int:
            if left == "day":  # the day of the case is known: `day - right >= n` is `not right >= day - n + 1`
                return -self.circuit.variable(AtLeast(right, "", self.day.toordinal() - n + 1))
            if right == "day":
                return self.circuit.variable(AtLeast(left, "", self.day.toordinal() + n))
            return self.circuit.variable(AtLeast(left, right, n))

        match op:
            case ">=":
                return at_least(number)
            case ">":
                return at_least(number + 1)
            case "<":
                return -at_least(number)
            case "<=":
                return -at_least(number + 1)
        return self.circuit.all((at_least(number), -at_least(number + 1)))


# One rule for each kind of atom; And, Or and Not are the encoder's.
OPS: dict[type, Callable[[Space, Any, Groups, str], Truth]] = {
    t.Const: Space._const,
    t.IsTrue: Space._is_fact,
    t.CountIs: Space._count_is,
    t.CountsAre: Space._counts_are,
    t.OneOf: Space._one_of,
    t.Has: Space._has,
    t.InGroup: Space._valued,
    t.SamePlace: Space._same_place,
    t.InPlaces: Space._in_places,
    t.BoundIn: Space._bound_in,
    t.AnyPlace: Space._any_place,
    t.AllPlaces: Space._all_places,
    t.DayIs: Space._day_is,
    t.DaysBetween: Space._days_between,
    t.ShareIs: Space._valued,
    t.Cascades: Space._valued,
}
if {*OPS, t.And, t.Or, t.Not} != set(t.KINDS):
    raise UnsupportedError("space.py has no rule for some kind of condition")
