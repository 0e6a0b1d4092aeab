"""Which questions settle an undecided case, fewest first."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from comity.case import Case, Facts, normalise
from comity.condition import tree as t
from comity.decide import one
from comity.decide.findings import Findings
from comity.decide.index import index_of, keep
from comity.decide.part import Finder, Part, compiled, open_part
from comity.decide.verdict import Bound
from comity.decide.view import view_of
from comity.facts import Fact, Members, Owner, Places, Range, Value
from comity.pack.program import Program

MAX_COMPLETIONS = 96
MAX_CANDIDATES = 10


@dataclass(frozen=True)
class Question:
    """A fact to ask for; `settles` where its answer alone settles the verdict, whatever it is."""

    fact: str
    ask: str
    settles: bool


def ask(program: Program, case: Case, findings: Findings, find: Finder) -> tuple[Question, ...]:
    """The questions that settle the verdict: one that does so alone, else the smallest set found."""
    part = open_part(program, case, findings, find)
    if compiled(find) is None:
        return _ask(part, case, findings)
    index = index_of(program)
    key = _key(part, case)
    known: tuple[Question, ...] | None = index.asked.get(key)
    return keep(index.asked, key, _ask(part, case, findings)) if known is None else known


def _key(part: Part, case: Case) -> Hashable:
    """The same for cases that come down to the same questions.

    The packs that are not settled see one case in them, and answers are filled in alike: an answer to a list of members
    rules others in and out, as does a fact that mirrors one, and a fact is compared with what another one is.
    """
    views = [view_of(part.program, place, case.kind, case.day) for place in part.places]
    whole = {mirror[0] for mirror in part.program.vocabulary.mirrors}.union(*(view.compared for view in views))
    filled = frozenset([(n, v) for n, v in case.facts.items() if isinstance(v, Members) or n in whole])
    totals = tuple([(n, v) for n, v in sorted(case.totals.items()) if n in whole])
    seen = tuple([view.key(case) for view in views])
    return part.places, part.fixed, case.kind, case.day, seen, filled, totals, frozenset(case.unknown)


def _ask(part: Part, case: Case, findings: Findings) -> tuple[Question, ...]:
    program = part.program
    names = candidates(part, case, findings)
    alone = [n for n in names if settles(part, case, (n,))]
    if alone:
        return tuple(_question(program, n, True) for n in alone[:3])
    needed = [n for n in names if narrows(part, case, n, findings.bound)] or list(names)
    needed = needed[:MAX_CANDIDATES]
    for name in list(reversed(needed)):
        rest = tuple(n for n in needed if n != name)
        if rest and settles(part, case, rest):
            needed.remove(name)
    return tuple(_question(program, n, False) for n in needed)


def _question(program: Program, name: str, settles_alone: bool) -> Question:
    base, _, member = name.partition("#")
    if ":" in base:
        return Question(name, f"How many does {base.rsplit(':', 1)[1].replace('_', ' ')} come to?", settles_alone)
    fact = program.vocabulary.fact[base]
    return Question(name, f"{fact.ask} ({member}?)" if member else fact.ask, settles_alone)


def candidates(part: Part, case: Case, findings: Findings) -> tuple[str, ...]:
    """Facts (or `fact#member` of a some-of) that were read, are unknown and stand in a pack that is not settled."""
    facts = Facts(part.program.vocabulary, case)
    found: dict[str, None] = {}
    for place, pack in zip(part.places, part.packs, strict=True):
        trace = one.Trace()
        one.find_pack(pack, facts, trace)
        clauses = (f.clause for f in findings.packs[place].clauses)
        for step in (trace.scopes[pack.id], *(trace.clauses[id_] for id_ in clauses if id_ in trace.clauses)):
            for name in _unknown_in(step):
                found[name] = None
    return tuple(found)


def _unknown_in(step: one.Step) -> Iterator[str]:
    if step.value is not None:
        return
    condition = step.condition
    if isinstance(condition, t.Has):
        yield f"{condition.fact}#{condition.member}"
    for name, value in step.read:
        if value is None and name != "p":
            yield name
    for part in step.parts:
        yield from _unknown_in(part)


def settles(part: Part, case: Case, names: tuple[str, ...]) -> bool:
    """Whether every answer (out of representative ones) to these questions gives a definite verdict.

    False as well where there are too many answers to try, or none that could stand for the others: what was not tried
    is not claimed.
    """
    n_answers = math.prod(len(representatives(part, n)) for n in names)
    if not 0 < n_answers <= MAX_COMPLETIONS:
        return False
    bounds = (part.bound(completed) for completed in completions(part, case, names))
    return all(low == high for low, high in bounds)


def narrows(part: Part, case: Case, name: str, bound: Bound) -> bool:
    """Whether some answer changes the range."""
    return any(part.bound(completed) != bound for completed in completions(part, case, (name,)))


def completions(part: Part, case: Case, names: tuple[str, ...]) -> Iterator[Case]:
    """The case with the facts filled in, one for each combination of representative values."""
    program = part.program
    domains = [representatives(part, n) for n in names]
    for values in itertools.islice(itertools.product(*domains), MAX_COMPLETIONS):
        facts = dict(case.facts)
        totals = dict(case.totals)
        for name, value in zip(names, values, strict=True):
            base, _, member = name.partition("#")
            if isinstance(value, int | Range) and ":" in base:
                totals[base] = value
            elif member:
                facts[base] = _with_member(program, facts.get(base), base, member, value is True)
            else:
                facts[base] = value
        yield dataclasses.replace(
            case, facts=normalise(program.vocabulary, facts), totals=totals, unknown=case.unknown - set(names)
        )


def _with_member(program: Program, held: Value | None, fact: str, member: str, said: bool) -> Members:
    every = program.vocabulary.members[fact]
    known = held if isinstance(held, Members) else Members(frozenset(), every)
    if said:
        return Members(known.yes | {member}, known.open - {member})
    below = program.vocabulary.narrower.get(member, frozenset({member}))
    return Members(known.yes, known.open - below)


def representatives(part: Part, name: str) -> tuple[Value, ...]:
    """Values of a fact between which the conditions of the packs can tell apart."""
    base, _, member = name.partition("#")
    if member:
        return (True, False)
    numbers: set[int] = set()
    places: set[str] = set()
    days: set[Value] = set()
    index = index_of(part.program)
    for node in dict.fromkeys(node for place in part.places for node in index.packs[place].about(base)):
        if isinstance(node, t.CountIs):
            numbers |= {node.number, max(0, node.number - 1), node.number + 1}
        elif isinstance(node, t.DayIs):
            days |= {node.day - dt.timedelta(days=1), node.day, node.day + dt.timedelta(days=1)}
        elif isinstance(node, t.InGroup | t.ShareIs | t.Cascades):
            places |= _one_inside(part, node.group)
        elif isinstance(node, t.AnyPlace | t.AllPlaces):
            places |= {p for g in t.groups_of(node.body) for p in _one_inside(part, g)}
    if ":" in base:
        return tuple(sorted(numbers)) or (0, 1)
    return _by_type(part.program.vocabulary.fact[base], numbers, places, days)


def _by_type(fact: Fact, numbers: set[int], places: set[str], days: set[Value]) -> tuple[Value, ...]:
    elsewhere = "XZ"
    match fact.type:
        case "bool":
            return (True, False)
        case "one-of":
            return fact.of
        case "count":
            return tuple(sorted(numbers)) or (0, 1)
        case "place":
            return (*sorted(places), elsewhere)
        case "places":
            return (*(Places(frozenset({p})) for p in sorted(places)), Places(frozenset({elsewhere})))
        case "shares":
            return tuple((Owner(100, p),) for p in (*sorted(places), elsewhere))
    return tuple(sorted(days, key=str))


def _one_inside(part: Part, group: str) -> set[str]:
    for pack in part.packs:
        rows = pack.group.get(group)
        if rows:
            return {min(r.place for r in rows)}
    return set()
