"""One case and what is not known of it, as variables: every way in which its gaps could be filled.

Everything that is said or presumed stays: a fact that is presumed from another one follows the answer to that one, just
as it would in the case that gives this answer. Of places, owners and values that no condition tells apart a few stand
for all.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from comity.case import Case, Facts, close_members, normalise
from comity.condition import tree as t
from comity.decide import one, verdict
from comity.decide.circuit import FALSE, TRUE, AtLeast, Circuit
from comity.decide.domain import is_within_total, places_of
from comity.decide.encode import NO, Groups, Ranks, Truth, connected, ranks, truth
from comity.decide.levers import with_facts
from comity.decide.owners import Chain, Sorts, Weight, completions, is_known
from comity.decide.space import FIRST_DAY, LAST_DAY
from comity.facts import Fact, Members, Owner, Place, Places, Range, Row, Value, Vocabulary
from comity.pack.program import Pack

MEASURE = "measure:"  # before the id of a measure whose state is not known; no total is so named


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that can be asked for.

    Attributes:
        name: a fact, `fact#member`, a total, or `measure:` with a measure.
        literals: which tell its value: where they are the same, it is the same.
        number: the name of the number that is its value; empty: it is none.
    """

    name: str
    literals: tuple[int, ...]
    number: str = ""


def finer(vocabulary: Vocabulary) -> Vocabulary:
    """The vocabulary with one more place in each that has others in it: the rest of it, which has no code."""
    coarse = [p for p in vocabulary.places if vocabulary.below[p.id]]
    rests = tuple(Place(f"{p.id}-*", f"elsewhere in {p.name}", p.id, p.kind, p.zone) for p in coarse)
    return replace(vocabulary, places=(*vocabulary.places, *rests))


class Gaps:
    """The gaps of a case, as the encoder asks about it.

    Args:
        circuit: where the literals stand.
        vocabulary: of the facts, made `finer`.
        case: the question.
        packs: the packs that are asked; what they cannot tell apart is one value.
        copy: what stands before the names of variables, so that one circuit holds a case twice.
    """

    def __init__(
        self, circuit: Circuit, vocabulary: Vocabulary, case: Case, packs: Sequence[Pack], *, copy: str = ""
    ) -> None:
        self.circuit = circuit
        self.kind: str = case.kind
        self.day: dt.date = case.day
        self.gaps: dict[str, Gap] = {}
        self._vocabulary = vocabulary
        self._case = case
        self._packs = packs
        self._copy = copy
        self._said = Facts(vocabulary, case)
        self._nodes = [
            (pack, node)
            for pack in packs
            for condition in (pack.scope, *(c.when for c in pack.clauses if _is_asked(c.kinds, c.holds_on, case)))
            for node in t.walk(condition)
        ]
        self._mirrors = {fact: (some, member) for fact, some, member in vocabulary.mirrors}
        self._mirrored = {(some, member): fact for fact, some, member in vocabulary.mirrors}
        self._values: dict[str, list[tuple[Value, int]]] = {}
        self._sets: dict[str, dict[str, int]] = {}
        self._numbers: dict[str, str] = {}
        self._known_gaps: dict[str, bool] = {}
        self._constraints: list[int] = []
        self._asked_groups: dict[str, tuple[frozenset[str], ...]] = {}
        self._facts: dict[tuple[tuple[str, Value], ...], Facts] = {}
        self._groups: dict[int, tuple[Groups, dict[str, tuple[Row, ...]]]] = {}

    # --- the answers

    def constraints(self) -> list[int]:
        """What holds however the gaps are filled. To be asked for at the end."""
        found = list(self._constraints)
        for name, members in self._sets.items():
            if name in self._vocabulary.members:
                found += self._hierarchy(members)
        totals = {total.id: total for pack in self._packs for total in pack.totals if total.id in self._numbers}
        for small, great in itertools.permutations(totals.values(), 2):
            if is_within_total(small, great, self._vocabulary):
                found.append(self._at_least(self._number(great.id), self._number(small.id), 0))
        return found

    def _hierarchy(self, members: Mapping[str, int]) -> Iterator[int]:
        """A kind that belongs to another one is in only together with that one."""
        for member, literal in members.items():
            for upper in sorted(self._vocabulary.broader.get(member, frozenset()) - {member}):
                if upper in members:
                    yield self.circuit.implies(literal, members[upper])

    def under(self, literals: Iterable[int]) -> tuple[str, ...]:
        """The names of the gaps on which some literals rest."""
        nodes = set(self.circuit.variables(literals))
        kinds = [self.circuit.name[node] for node in nodes]
        numbers = {end for kind in kinds if isinstance(kind, AtLeast) for end in (kind.left, kind.right)}
        return tuple(
            sorted(
                name
                for name, gap in self.gaps.items()
                if gap.number in numbers or not nodes.isdisjoint(self.circuit.variables(gap.literals))
            )
        )

    def same(self, name: str, other: Gaps) -> int:
        """The literal by which a gap is filled alike here and in another copy of the case."""
        mine, theirs = self.gaps[name], other.gaps[name]
        alike = [self.circuit.same(a, b) for a, b in zip(mine.literals, theirs.literals, strict=True)]
        if mine.number:
            alike += [self.circuit.variable(AtLeast(mine.number, theirs.number, 0)),
                      self.circuit.variable(AtLeast(theirs.number, mine.number, 0))]  # fmt: skip
        return self.circuit.all(alike)

    def case(self, holds: Callable[[int], bool], number: Callable[[str], int]) -> Case:
        """The case with its gaps filled as in a model.

        Args:
            holds: whether a literal holds in the model.
            number: the value of a number of the model.
        """
        facts, totals, measures = dict(self._case.facts), dict(self._case.totals), dict(self._case.measures)
        for name, values in self._values.items():
            value = next(v for v, literal in values if holds(literal))
            if name.startswith(MEASURE):
                measures[name.removeprefix(MEASURE)] = str(value)
            elif name not in self._mirrors:
                facts[name] = value
        for name, members in self._sets.items():
            facts[name] = self._filled_set(name, frozenset(m for m, literal in members.items() if holds(literal)))
        for name, variable in self._numbers.items():
            if ":" in name:
                totals[name] = number(variable)
            else:
                facts[name] = _counted(self._vocabulary.fact[name], number(variable))
        filled = {*self._values, *self._sets, *self._numbers}
        told = normalise(self._vocabulary, facts)
        return replace(self._case, facts=told, totals=totals, measures=measures, unknown=self._case.unknown - filled)

    def _filled_set(self, name: str, members: frozenset[str]) -> Value:
        if name not in self._vocabulary.members:
            return Places(members)
        held = self._said.value(name)
        yes = held.yes if isinstance(held, Members) else frozenset()
        return close_members(self._vocabulary, name, Members(yes | members))

    # --- what the encoder asks

    def need(self, measure: str) -> Ranks:
        """What a measure gives as a need: that of its state; where that is not known, it is in place or not."""
        state = self._case.measures.get(measure, "not-yet")
        if state != "unknown":
            return ranks(verdict.NEED[state])
        name = MEASURE + measure
        if name not in self._values:
            missing = self.circuit.variable((self._copy + "missing", measure))
            self._values[name] = [("in-place", -missing), ("not-yet", missing)]
            self.gaps[name] = Gap(name, (missing,))
        missing = self._values[name][1][1]
        return ranks(verdict.OPEN)._replace(low1=missing, high1=missing)

    def atom(self, node: t.Condition, groups: Groups) -> Truth:
        """An atom or quantifier, however the gaps are filled."""
        return self._condition(node, groups, None)

    def _condition(self, node: t.Condition, groups: Groups, bound: str | None) -> Truth:
        match node:
            case t.And() | t.Or() | t.Not():
                return connected(self.circuit, node, lambda part: self._condition(part, groups, bound))
            case t.IsTrue(fact) if fact not in self._vocabulary.fact:
                return NO
        sources = sorted({s for name in t.facts_of(node) if (s := self._source(name)) and self._has_gap(s)})
        if not sources:
            return truth(self._judge(node, groups, bound, ()))
        return self._atom(node, groups, bound, sources)

    def _atom(self, node: t.Condition, groups: Groups, bound: str | None, sources: list[str]) -> Truth:
        match node:
            case t.Has(fact, member):
                literal = self._member(fact, member)
                return Truth(literal, literal)
            case t.AnyPlace(fact, body):
                return self._over(fact, lambda place: self._condition(body, groups, place), is_any=True)
            case t.AllPlaces(fact, body):
                return self._over(fact, lambda place: self._condition(body, groups, place), is_any=False)
            case t.InPlaces(fact, places):
                return self._in_places(fact, places, groups)
            case t.CountIs(fact, op, n):
                return self._compared(self._number(fact), 0, op, n)
            case t.CountsAre(left, op, right):
                return self._compared(self._number(left), self._number(right), op, 0)
            case t.DayIs(fact, op, day):
                return self._compared(self._number(fact), 0, op, day.toordinal())
            case t.DaysBetween(start, end, op, n):
                return self._compared(self._number(end), self._number(start), op, n)
        return self._by_values(node, groups, bound, sources)

    def _by_values(self, node: t.Condition, groups: Groups, bound: str | None, sources: list[str]) -> Truth:
        """An atom over facts with one value each: what the reference says for each of them."""
        must, may = [], []
        for chosen in itertools.product(*(self._valued(source) for source in sources)):
            found = self._judge(node, groups, bound, tuple(zip(sources, (v for v, _ in chosen), strict=True)))
            if found is not False:
                here = self.circuit.all([literal for _, literal in chosen])
                may.append(here)
                if found:
                    must.append(here)
        return Truth(self.circuit.any(must), self.circuit.any(may))

    def _judge(
        self, node: t.Condition, groups: Groups, bound: str | None, chosen: tuple[tuple[str, Value], ...]
    ) -> bool | None:
        facts = self._facts.get(chosen)
        if facts is None:
            facts = self._facts[chosen] = Facts(self._vocabulary, with_facts(self._case, dict(chosen)))
        held = self._groups.get(id(groups))
        if held is None:
            held = self._groups[id(groups)] = groups, dict(groups)  # holds both, so that the id is not given again
        return one.evaluate(node, one.Context(facts, held[1], self.day, bound)).value

    # --- sets of places, members

    def _over(self, name: str, each: Callable[[str], Truth], *, is_any: bool) -> Truth:
        both, either = self.circuit.all, self.circuit.any
        inner = [(literal, each(place)) for place, literal in self._places_of(name)]
        if is_any:
            return Truth(either([both((x, i.must)) for x, i in inner]), either([both((x, i.may)) for x, i in inner]))
        return Truth(both([either((-x, i.must)) for x, i in inner]), both([either((-x, i.may)) for x, i in inner]))

    def _in_places(self, name: str, places: str, groups: Groups) -> Truth:
        """Whether a place lies in a set of places."""
        context = one.Context(self._said, dict(groups), self.day)
        must, may = [], []
        for where, literal in self._places_of(name):
            for place, other in self._places_of(places):
                found = one.in_rows(where, (Row(place),), context)
                if found is not False:
                    here = self.circuit.all((literal, other))
                    may.append(here)
                    must += [here] if found else []
        return Truth(self.circuit.any(must), self.circuit.any(may))

    def _places_of(self, name: str) -> list[tuple[str, int]]:
        """The places that a fact may name, each with the literal by which it does."""
        source = self._source(name)
        if source is None or not self._has_gap(source):
            value = self._said.value(name)
            return [(place, TRUE) for place in sorted(places_of(value))] if value is not None else []
        if self._vocabulary.fact[source].type == "place":
            return [(str(value), literal) for value, literal in self._valued(source)]
        return list(self._members(source).items())

    def _member(self, name: str, member: str) -> int:
        held = self._said.value(name)
        if not isinstance(held, Members) or member in held.yes:
            return TRUE
        source = self._source(name)
        return self._members(source).get(member, FALSE) if source else FALSE

    def _members(self, source: str) -> dict[str, int]:
        """The members of a set, each with the literal by which it is in; those that are surely not are left out."""
        found = self._sets.get(source)
        if found is None:
            is_places = self._vocabulary.fact[source].type == "places"
            found = self._sets[source] = self._place_set(source) if is_places else self._some_of(source)
        return found

    def _some_of(self, source: str) -> dict[str, int]:
        held = self._said.value(source)
        assert isinstance(held, Members)  # noqa: S101 - a some-of fact always has them
        named = {n.member for _, n in self._nodes if isinstance(n, t.Has) and self._source(n.fact) == source} | {
            member for some, member in self._mirrored if some == source
        }
        found = {}
        for member in sorted(named & held.open):
            found[member] = self.circuit.variable((self._copy + "in", source, member))
            name = self._mirrored.get((source, member), f"{source}#{member}")
            self.gaps[name] = Gap(name, (found[member],))
        return found

    def _place_set(self, source: str) -> dict[str, int]:
        held = self._case.facts.get(source)
        known = sorted(held.members) if isinstance(held, Places) else []
        found: dict[str, int] = {}
        for place in known:
            inside = self._inside(source, place)
            if inside == (place,):
                found[place] = TRUE
                continue
            parts = {p: self.circuit.variable((self._copy + "in", source, p)) for p in inside}
            self._constraints.append(self.circuit.any(list(parts.values())))
            found = {**parts, **found}
        if not isinstance(held, Places) or not held.complete:
            for place in self._domain(source):
                found.setdefault(place, self.circuit.variable((self._copy + "in", source, place)))
        self.gaps[source] = Gap(source, tuple(literal for literal in found.values() if literal != TRUE))
        return found

    # --- where a value comes from, and whether it is known

    def _source(self, name: str) -> str | None:
        """The fact from which the value of a fact comes: itself, or the one that it is presumed from.

        None where nothing can be asked: the value is a presumption of its own, or that of the case.
        """
        if name in ("kind", "day"):
            return None
        fact = self._vocabulary.fact.get(name)
        if fact is None or name in self._case.facts or name in self._case.unknown:
            return name
        if fact.presume is not None:
            return None
        return name if fact.presume_from is None else self._source(fact.presume_from)

    def _has_gap(self, source: str) -> bool:
        """Whether the value of a fact that comes from nowhere else is not known in full."""
        found = self._known_gaps.get(source)
        if found is None:
            found = self._known_gaps[source] = not self._is_known(source, self._said.value(source))
        return found

    def _is_known(self, source: str, value: Value | None) -> bool:
        match value:
            case None | Range():
                return False
            case Members():
                return not value.open
            case Places():
                return value.complete and all(self._is_exact(source, place) for place in value.members)
            case tuple():
                return is_known(value, lambda place: self._is_exact(source, place))
            case str() if self._vocabulary.fact[source].type == "place":
                return self._is_exact(source, value)
        return True

    def _is_exact(self, source: str, place: str) -> bool:
        """Whether a place lies wholly in or wholly out of every group that conditions ask for here."""
        above, below = self._vocabulary.above[place], self._vocabulary.below[place]
        return all(group & above or not group & below for group in self._groups_about(source))

    def _groups_about(self, source: str) -> tuple[frozenset[str], ...]:
        """The places of each group that conditions ask for about a fact, or one presumed from it."""
        found = self._asked_groups.get(source)
        if found is None:
            asked: dict[frozenset[str], None] = {}
            for pack, node in self._nodes:
                if isinstance(node, t.InGroup | t.ShareIs | t.Cascades):
                    groups = {node.group} if self._source(node.fact) == source else set()
                elif isinstance(node, t.AnyPlace | t.AllPlaces):
                    groups = set(t.groups_of(node.body)) if self._source(node.fact) == source else set()
                else:
                    continue
                for group in sorted(groups):
                    asked[frozenset(r.place for r in pack.group[group] if r.holds_on(self.day))] = None
            found = self._asked_groups[source] = tuple(asked)
        return found

    # --- values

    def _valued(self, source: str) -> list[tuple[Value, int]]:
        """The values that a fact with one value may have, each with the literal by which it has it."""
        found = self._values.get(source)
        if found is None:
            mirror = self._mirrors.get(source)
            if mirror is not None and mirror[0] in self._vocabulary.fact:
                literal = self._member(*mirror)
                self._values[source] = [(False, -literal), (True, literal)]
                return self._values[source]
            domain = self._domain_of(source)
            found = self._values[source] = list(zip(domain, self._one_hot(source, len(domain)), strict=True))
            self.gaps[source] = Gap(source, tuple(literal for _, literal in found))
        return found

    def _one_hot(self, name: str, n_values: int) -> list[int]:
        """Literals of which exactly one holds, over as few variables as it takes."""
        n_bits = (n_values - 1).bit_length()
        bits = [self.circuit.variable((self._copy + "bit", name, str(place))) for place in range(n_bits)]
        found = [
            self.circuit.all([bit if number >> place & 1 else -bit for place, bit in enumerate(bits)])
            for number in range(n_values)
        ]
        if n_values > 1:  # numbers past the last one stand for the last one
            found[-1] = -self.circuit.any(found[:-1])
        return found

    def _domain_of(self, source: str) -> list[Value]:
        fact, said = self._vocabulary.fact[source], self._case.facts.get(source)
        if fact.type == "bool":
            return [False, True]
        if fact.type == "one-of":
            return list(fact.of)
        if fact.type == "shares":
            return list(self._chains(source, said if isinstance(said, tuple) else ()))
        return list(self._inside(source, said) if isinstance(said, str) else self._domain(source))

    def _chains(self, source: str, owners: Chain) -> Iterator[Value]:
        """Owners as they could be, one chain of each sort that the conditions tell apart."""
        asked = [
            (pack, node)
            for pack, node in self._nodes
            if isinstance(node, t.ShareIs | t.Cascades) and self._source(node.fact) == source
        ]
        contexts = {pack.id: one.Context(self._said, pack.group, self.day) for pack in self._packs}

        def weigh(owner: Owner) -> Weight:
            return tuple(_adds(owner, node, contexts[pack.id]) for pack, node in asked)

        percents = sorted({node.percent for _, node in asked})
        inside = partial(self._inside, source)
        seen: dict[tuple[bool | None, ...], Chain] = {}
        for chain in completions(owners, Sorts(self._domain(source), inside, percents, weigh)):
            sort = tuple(self._judge(node, pack.group, None, ((source, chain),)) for pack, node in asked)
            seen.setdefault(sort, chain)
        yield from seen.values()

    # --- places

    def _domain(self, source: str) -> tuple[str, ...]:
        """Places that stand for all, for a fact of which no place is said.

        Where it is compared with other places, an answer is as exact as those that are known, else as can be.
        """
        every = [p.id for p in self._vocabulary.places]
        linked = self._linked()
        if source not in linked:
            return self._of_each_sort(source, every)
        named, below = self._named(linked), self._vocabulary.below
        parts = frozenset(part for place in named for part in below[place])
        return self._of_each_sort(source, [p for p in every if p in named or (p not in parts and not below[p])])

    def _inside(self, source: str, place: str) -> tuple[str, ...]:
        """Where exactly a place may be that is not told exactly enough; else the place itself."""
        if self._is_exact(source, place):
            return (place,)
        return self._of_each_sort(source, sorted(self._vocabulary.below[place]))

    def _of_each_sort(self, source: str, places: Sequence[str]) -> tuple[str, ...]:
        """Places of which each lies in other groups; of those that lie in the same as many as can differ."""
        groups, linked = self._groups_about(source), self._linked()
        named = self._named(linked)
        n_alike = min(4, 1 + len(linked)) if linked else 1
        kept: dict[tuple[bool, ...], list[str]] = {}
        found: dict[str, None] = {}
        for place in sorted(places, key=lambda p: (p.endswith("*"), "-" in p, p)):
            if not self._is_exact(source, place):
                continue
            alike = kept.setdefault(tuple(bool(g & self._vocabulary.above[place]) for g in groups), [])
            if len(alike) < n_alike:
                alike.append(place)
                found[place] = None
            elif place in named:
                found[place] = None
        return tuple(found)

    def _linked(self) -> frozenset[str]:
        """The facts of which conditions compare the places with each other."""
        nodes = (n for _, n in self._nodes if isinstance(n, t.SamePlace | t.InPlaces))
        return frozenset(source for n in nodes for name in t.facts_of(n) if (source := self._source(name)))

    def _named(self, names: frozenset[str]) -> frozenset[str]:
        """The places that the case names in some facts."""
        values = [value for name in sorted(names) if (value := self._said.value(name)) is not None]
        return frozenset(place for value in values for place in places_of(value))

    # --- numbers and days

    def _number(self, name: str) -> int | str:
        """A count, or the ordinal of a day: its value, or the name of the number that stands for it."""
        source = self._source(name)
        if source is None or not self._has_gap(source):
            value = self._said.value(name)
            return one.to_day(value).toordinal() if isinstance(value, dt.date) else _whole(value)
        if source not in self._numbers:
            number = self._numbers[source] = self._copy + source
            self.gaps[source] = Gap(source, (), number)
            low, high = self._ends(source)
            self._constraints.append(self.circuit.variable(AtLeast(number, "", low)))
            if high is not None:
                self._constraints.append(-self.circuit.variable(AtLeast(number, "", high + 1)))
        return self._numbers[source]

    def _ends(self, source: str) -> tuple[int, int | None]:
        fact = self._vocabulary.fact.get(source)
        if fact is not None and fact.type in ("day", "instant"):
            return FIRST_DAY.toordinal(), LAST_DAY.toordinal()
        value = self._said.value(source)
        return (value.low, value.high) if isinstance(value, Range) else (0, None)

    def _at_least(self, left: int | str, right: int | str, n: int) -> int:
        """The literal of `left - right >= n`."""
        if isinstance(left, str) and isinstance(right, str):
            return truth(n <= 0).must if left == right else self.circuit.variable(AtLeast(left, right, n))
        if isinstance(left, str):
            return self.circuit.variable(AtLeast(left, "", n + _whole(right)))
        if isinstance(right, str):
            return -self.circuit.variable(AtLeast(right, "", left - n + 1))
        return truth(left - right >= n).must

    def _compared(self, left: int | str, right: int | str, op: str, n: int) -> Truth:
        match op:
            case ">=":
                literal = self._at_least(left, right, n)
            case ">":
                literal = self._at_least(left, right, n + 1)
            case "<":
                literal = -self._at_least(left, right, n)
            case "<=":
                literal = -self._at_least(left, right, n + 1)
            case _:
                literal = self.circuit.all((self._at_least(left, right, n), -self._at_least(left, right, n + 1)))
        return Truth(literal, literal)


def _is_asked(kinds: Sequence[str], holds_on: Callable[[dt.date], bool], case: Case) -> bool:
    return case.kind in kinds and holds_on(case.day)


def _adds(owner: Owner, node: t.ShareIs | t.Cascades, context: one.Context) -> float:
    """What one owner adds to the share that a condition compares."""
    rows = context.groups[node.group]
    if isinstance(node, t.ShareIs):
        return one.owned((owner,), rows, context)[0]
    is_in = owner.place is not None and one.in_rows(owner.place, rows, context) is True
    return owner.percent if is_in or one.cascades(owner.owners, rows, node.percent, context) is True else 0


def _whole(value: object) -> int:
    assert isinstance(value, int)  # noqa: S101 - whatever else it could be is a gap
    return value


def _counted(fact: Fact, number: int) -> Value:
    """A number as the value of a fact."""
    if fact.type == "count":
        return number
    day = dt.date.fromordinal(number)
    return day if fact.type == "day" else dt.datetime.combine(day, dt.time(12), dt.UTC)
