"""Which questions settle an undecided case, fewest first."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from comity.case import Case, Facts, normalise
from comity.condition import tree as t
from comity.decide import one
from comity.decide.findings import Findings
from comity.decide.index import index_of
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


def ask(program: Program, case: Case, findings: Findings, find: Callable[..., Findings]) -> tuple[Question, ...]:
    """The questions that settle the verdict: one that does so alone, else the smallest set found."""
    names = candidates(program, case, findings)
    alone = [n for n in names if settles(program, case, (n,), find)]
    if alone:
        return tuple(_question(program, n, True) for n in alone[:3])
    needed = [n for n in names if narrows(program, case, n, findings, find)] or list(names)
    needed = needed[:MAX_CANDIDATES]
    for name in list(reversed(needed)):
        rest = tuple(n for n in needed if n != name)
        if rest and settles(program, case, rest, find):
            needed.remove(name)
    return tuple(_question(program, n, False) for n in needed)


def _question(program: Program, name: str, settles_alone: bool) -> Question:
    base, _, member = name.partition("#")
    if ":" in base:
        return Question(name, f"How many does {base.rsplit(':', 1)[1].replace('_', ' ')} come to?", settles_alone)
    fact = program.vocabulary.fact[base]
    return Question(name, f"{fact.ask} ({member}?)" if member else fact.ask, settles_alone)


def candidates(program: Program, case: Case, findings: Findings) -> tuple[str, ...]:
    """Facts (or `fact#member` of a some-of) that were read, are unknown and stand in a pack that is not settled."""
    facts = Facts(program.vocabulary, case)
    found: dict[str, None] = {}
    for pack, finding in zip(program.packs, findings.packs, strict=True):
        if finding.bound[0] == finding.bound[1] or not pack.counts(case.kind):
            continue
        trace = one.Trace()
        one.find_pack(pack, facts, trace)
        steps = [
            trace.scopes[pack.id],
            *(trace.clauses[f.clause] for f in finding.clauses if f.clause in trace.clauses),
        ]
        for step in steps:
            if step.value is None:
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


def settles(program: Program, case: Case, names: tuple[str, ...], find: Callable[..., Findings]) -> bool:
    """Whether every answer (out of representative ones) to these questions gives a definite verdict.

    False as well where there are too many answers to try, or none that could stand for the others: what was not tried
    is not claimed.
    """
    n_answers = math.prod(len(representatives(program, n)) for n in names)
    if not 0 < n_answers <= MAX_COMPLETIONS:
        return False
    bounds = (find(program, completed).bound for completed in completions(program, case, names))
    return all(low == high for low, high in bounds)


def narrows(program: Program, case: Case, name: str, findings: Findings, find: Callable[..., Findings]) -> bool:
    """Whether some answer changes the range."""
    return any(find(program, c).bound != findings.bound for c in completions(program, case, (name,)))


def completions(program: Program, case: Case, names: tuple[str, ...]) -> Iterator[Case]:
    """The case with the facts filled in, one for each combination of representative values."""
    domains = [representatives(program, n) for n in names]
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


def representatives(program: Program, name: str) -> tuple[Value, ...]:
    """Values of a fact between which the conditions of the program can tell apart."""
    base, _, member = name.partition("#")
    if member:
        return (True, False)
    numbers: set[int] = set()
    places: set[str] = set()
    days: set[Value] = set()
    for node in index_of(program).about(base):
        if isinstance(node, t.CountIs):
            numbers |= {node.number, max(0, node.number - 1), node.number + 1}
        elif isinstance(node, t.DayIs):
            days |= {node.day - dt.timedelta(days=1), node.day, node.day + dt.timedelta(days=1)}
        elif isinstance(node, t.InGroup | t.ShareIs | t.Cascades):
            places |= _one_inside(program, node.group)
        elif isinstance(node, t.AnyPlace | t.AllPlaces):
            places |= {p for g in t.groups_of(node.body) for p in _one_inside(program, g)}
    if ":" in base:
        return tuple(sorted(numbers)) or (0, 1)
    return _by_type(program.vocabulary.fact[base], numbers, places, days)


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


def _one_inside(program: Program, group: str) -> set[str]:
    for pack in program.packs:
        rows = pack.group.get(group)
        if rows:
            return {min(r.place for r in rows)}
    return set()
