"""What made the answer to an entry another one between two days: what the map says, or the law."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from comity.case import Case, Facts
from comity.condition import tree as t
from comity.decide import one
from comity.decide.decision import Decision, PackDecision, decide
from comity.decide.domain import places_of
from comity.decide.part import Finder
from comity.facts import Owner, Value
from comity.pack.program import Clause, Pack, Program

IN_FORCE, NOT_IN_FORCE, OTHERWISE = "in-force", "not-in-force", "otherwise"


@dataclass(frozen=True)
class Turn:
    """One thing that is not what it was.

    Attributes:
        what: `measure`, `opinion`, `fact`, `count` (said in the map); `clause`, `row`, `coverage`, `stale-pack`,
            `home` (a place that gets a pack, or has none any more), `pack` (the law says so, no one thing alone).
        id: of the measure, place, fact, total, clause or pack; of a row its table and place, as `ADEQUATE GB`.
        was, now: the state, verdict or value on both sides; None: nothing was said.
        pack: the pack of what is law.
        cite: the article: of the clause itself, or of one that turns on the thing.
    """

    what: str
    id: str
    was: Value | None
    now: Value | None
    pack: str = ""
    cite: str = ""


def turns(
    program: Program, before: Sequence[Case], after: Sequence[Case], *, find: Finder = one.find
) -> tuple[Turn, ...]:
    """What is otherwise between two states of one entry, as far as the answer to one of its cases turns on it.

    First the new content is judged under the law of the old day: what the map says is the cause where that gives
    another answer. Then under the law of the new day: what the law says is the cause where that gives another one.

    Args:
        program: the packs.
        before: the cases of the entry with their totals, as they were.
        after: the same cases as they are.
        find: the evaluator.
    """
    known = {case.id: case for case in before}
    found: dict[Turn, None] = {}
    for now in after:
        was = known.get(now.id)
        if was is not None:
            found.update(dict.fromkeys(_of_case(program, was, now, find)))
    return tuple(found)


def same_content(one_: Case, other: Case) -> bool:
    """Whether two cases say the same, whatever their day; who answers for it does not matter."""
    return (
        one_.facts == other.facts
        and one_.measures == other.measures
        and one_.totals == other.totals
        and one_.unknown == other.unknown
        and one_.opinions == other.opinions
        and one_.kind == other.kind
    )


def _of_case(program: Program, was: Case, now: Case, find: Finder) -> Iterator[Turn]:
    def answer(case: Case) -> Decision:
        return decide(program, case, find=find, why=False)

    middle = replace(now, day=was.day)
    old, between, new = answer(was), answer(middle), answer(now)
    if _bound(old) != _bound(between):
        yield from _said(was, middle, (old, between), answer)
    if _bound(between) != _bound(new):
        yield from _law(program, middle, now, between, new)


def _bound(decision: Decision) -> tuple[str, str]:
    return decision.lowest, decision.highest


# --- what the map says


@dataclass(frozen=True)
class _Item:
    """One thing of a case with a way to put it into another case."""

    turn: Turn
    put: Callable[[Case, bool], Case]  # the case with what was (False) or with what is (True)


def _said(was: Case, now: Case, found: tuple[Decision, Decision], answer: Callable[[Case], Decision]) -> list[Turn]:
    """Of what is said otherwise that without which the answer would be another; else that which alone changes it."""
    old, new = found
    items = list(_items(was, now))
    if len(items) > 1:
        needed = [i for i in items if _bound(answer(i.put(now, False))) != _bound(new)]
        items = needed or [i for i in items if _bound(answer(i.put(was, True))) != _bound(old)] or items
    return [replace(i.turn, cite=_cite(i.turn, old, new)) for i in items]


def _items(was: Case, now: Case) -> Iterator[_Item]:
    for what, field in (("measure", "measures"), ("opinion", "opinions"), ("count", "totals"), ("fact", "facts")):
        old: Mapping[str, Value] = getattr(was, field)
        new: Mapping[str, Value] = getattr(now, field)
        none = "not-yet" if what == "measure" else None
        names = {*old, *new} | ((was.unknown ^ now.unknown) if what == "fact" else set())
        for name in sorted(names):
            is_same = old.get(name, none) == new.get(name, none)
            if is_same and (what != "fact" or (name in was.unknown) == (name in now.unknown)):
                continue
            turn = Turn(what, name, old.get(name, none), new.get(name, none))
            yield _Item(turn, _putting(field, name, was, now))


def _putting(field: str, name: str, was: Case, now: Case) -> Callable[[Case, bool], Case]:
    def put(case: Case, is_new: bool) -> Case:
        source = now if is_new else was
        values = {k: v for k, v in getattr(case, field).items() if k != name}
        if name in getattr(source, field):
            values[name] = getattr(source, field)[name]
        unknown = (case.unknown - {name}) | ({name} & source.unknown) if field == "facts" else case.unknown
        changed: dict[str, Any] = {field: values, "unknown": frozenset(unknown)}
        return replace(case, **changed)

    return put


def _cite(turn: Turn, old: Decision, new: Decision) -> str:
    """The article that asks for a measure, where one of the deciding clauses does."""
    if turn.what != "measure":
        return ""
    reasons = (r for d in (new, old) for p in d.packs if p.counts for r in p.reasons)
    return next((r.cite for r in reasons if any(n.measure == turn.id for n in r.needs)), "")


# --- what the law says


def _law(program: Program, was: Case, now: Case, old: Decision, new: Decision) -> Iterator[Turn]:
    """What starts or ends between two days; the content of both cases is the same."""
    for place in sorted(set(old.no_pack) ^ set(new.no_pack)):
        yield Turn("home", place, _state(place in new.no_pack), _state(place in old.no_pack))
    for pack, before, after in zip(program.packs, old.packs, new.packs, strict=True):
        if before.counts and (before.lowest, before.highest) != (after.lowest, after.highest):
            yield from _of_pack(program, pack, was, now, (before, after))


def _of_pack(
    program: Program, pack: Pack, was: Case, now: Case, found: tuple[PackDecision, PackDecision]
) -> Iterator[Turn]:
    read, still_read = not pack.stale_on(was.day), not pack.stale_on(now.day)
    covered, still_covered = pack.covers_case(was.kind, was.day), pack.covers_case(now.kind, now.day)
    if read != still_read:
        yield Turn("stale-pack", pack.id, _state(read), _state(still_read), pack.id)
        return
    if covered != still_covered:
        yield Turn("coverage", pack.id, _state(covered), _state(still_covered), pack.id)
        return
    deciding = [pack.clause[r.clause] for f in reversed(found) for r in f.reasons]
    near = pack.with_excuses(deciding)
    items = [*_clauses(pack, near, was, now), *_rows(program, pack, near, was, now)]
    if not items:
        about = tuple(c for c in pack.clauses if now.kind in c.kinds)
        items = [*_clauses(pack, about, was, now), *_rows(program, pack, about, was, now)]
    yield from items or [Turn("pack", pack.id, found[0].outcome, found[1].outcome, pack.id)]


def _state(holds: bool) -> str:
    return IN_FORCE if holds else NOT_IN_FORCE


def _clauses(pack: Pack, clauses: Sequence[Clause], was: Case, now: Case) -> Iterator[Turn]:
    """The clauses that start or end, and those whose condition names a day between both."""
    for clause in clauses:
        if now.kind not in clause.kinds:
            continue
        old, new = clause.holds_on(was.day), clause.holds_on(now.day)
        if old != new:
            yield Turn("clause", clause.id, _state(old), _state(new), pack.id, clause.cite)
        elif new and _turns_on_day(clause.when, was, now):
            yield Turn("clause", clause.id, IN_FORCE, OTHERWISE, pack.id, clause.cite)


def _turns_on_day(condition: t.Condition, was: Case, now: Case) -> bool:
    """Whether an atom that compares the day of the case with another says something else."""

    def holds(atom: t.DayIs, case: Case) -> object:
        return one.compare(case.day.toordinal(), atom.op, atom.day.toordinal())

    atoms = (n for n in t.walk(condition) if isinstance(n, t.DayIs) and n.fact == "day")
    return any(holds(atom, was) != holds(atom, now) for atom in atoms)


def _rows(program: Program, pack: Pack, clauses: Sequence[Clause], was: Case, now: Case) -> Iterator[Turn]:
    """The rows of tables that start or end, for places of the case and tables that some clauses, or the scope, ask."""
    cites = dict.fromkeys(t.groups_of(pack.scope), "")
    for clause in clauses:
        cites |= dict.fromkeys(t.groups_of(clause.when), clause.cite)
    places = _places(program, now)
    for group, cite in sorted(cites.items()):
        rows = pack.group.get(group, ())
        old, new = ({row.place for row in rows if row.holds_on(case.day)} for case in (was, now))
        for place in sorted((old ^ new) & places):
            yield Turn(
                "row", f"{group.partition('#')[0]} {place}", _state(place in old), _state(place in new), pack.id, cite
            )


def _places(program: Program, case: Case) -> frozenset[str]:
    """The places of a case, with those around and within them."""
    facts = Facts(program.vocabulary, case)
    named: set[str] = set()
    for fact in program.vocabulary.facts:
        if fact.type in ("place", "places", "shares"):
            value = facts.value(fact.id)
            if fact.type != "shares":
                named |= places_of(value) if value is not None else set()
            elif isinstance(value, tuple):
                named |= set(_owners(tuple(o for o in value if isinstance(o, Owner))))
    around, within = program.vocabulary.above, program.vocabulary.below
    return frozenset(named).union(*(around.get(p, frozenset()) for p in named), *(within.get(p, ()) for p in named))


def _owners(owners: tuple[Owner, ...]) -> Iterator[str]:
    for owner in owners:
        if owner.place:
            yield owner.place
        yield from _owners(owner.owners)
