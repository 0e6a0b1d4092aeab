"""What an entry would come to if something about it were otherwise. The map stays as it is; nothing is ever written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from comity import document as doc
from comity.case import MEASURE_STATES, Case, Flow, Map, close_members, normalise, read_count, read_value
from comity.decide import verdict
from comity.decide.check import Check, FlowDecision, check
from comity.decide.part import Finder
from comity.decide.totals import totals_of
from comity.errors import ComityError, InputError, Problems, Span
from comity.facts import Members, Range, Value, Vocabulary
from comity.intake.answers import parse_answer

FACT, MEASURE, COUNSEL, DAY = "fact", "measure", "counsel", "day"
UNKNOWN = "unknown"
_NO_COUNT = Range(0, None)  # a total of which nothing is known


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is supposed to be otherwise.

    Attributes:
        what: `fact` (also a total, `pack/path:name`, or a member, `fact#member`), `measure`, `counsel`, `day`.
        id: of the fact, the measure, the place on whose law counsel speaks; empty for the day.
        value: of the fact (None: said to be unknown); the state of the measure; what counsel says; the day.
        node: the value as a map writes it; None where it is unknown.
    """

    what: str
    id: str
    value: Value | None
    node: doc.Node | None = None


Changes = tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a what-if starts from.

    Attributes:
        check: the map as it is, decided.
        find: the evaluator.
        on_day: the map as it reads on another day; raises ComityError where it cannot be read.
        bare: its entries before totals were summed, by id.
    """

    check: Check
    find: Finder
    on_day: Callable[[dt.date], Map]
    bare: dict[str, Flow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bare.update((flow.id, flow) for flow in self.check.map.flows)


# --- what a person types


def read_change(what: str, id_: str, text: str, vocabulary: Vocabulary) -> Change | None:
    """A change from what a person types, in the words of a map; None: nothing was typed.

    Args:
        what: as in `Change`.
        id_: as in `Change`.
        text: the value. A fact takes all that `comity ask` takes, and `unknown`.
        vocabulary: what there is.

    Raises:
        InputError: the text is no such value.
    """
    text = " ".join(text.split())
    if not text:
        return None
    if what == FACT:
        return _read_fact(id_, text, vocabulary)
    problems = Problems()
    node = doc.Scalar(text, Span("what if", 1, 1, len(text), text))
    value: Value | None = text
    if what == DAY:
        value = doc.to_day(node, problems)
    elif what == MEASURE and text not in MEASURE_STATES:
        help_ = "one of " + ", ".join(MEASURE_STATES)
        problems.add("unknown-value", f"`{text}` is no state of a measure", node.span, help=help_)
    elif what == COUNSEL and text not in verdict.WORDS:
        help_ = "one of " + ", ".join(verdict.WORDS)
        problems.add("unknown-value", f"`{text}` is no verdict", node.span, help=help_)
    problems.require_none()
    return Change(what, id_, value, node)


def _read_fact(id_: str, text: str, vocabulary: Vocabulary) -> Change | None:
    node = parse_answer(text, id_, vocabulary)
    if node is None:
        return Change(FACT, id_, None) if text.lower() == UNKNOWN else None
    base, _, member = id_.partition("#")
    fact = vocabulary.fact.get(base)
    problems = Problems()  # there are none: the answer was checked
    if fact is None:
        return Change(FACT, id_, read_count(node, problems), node)
    asked = replace(fact, type="bool") if member else fact
    return Change(FACT, id_, read_value(node, asked, vocabulary, problems), node)


# --- the case that is supposed


def suppose(vocabulary: Vocabulary, case: Case, changes: Changes) -> Case:
    """The case with some changes made, the later over the earlier. What follows from a fact by hierarchy follows."""
    for change in changes:
        match change.what:
            case "fact":
                case = _with_fact(vocabulary, case, change)
            case "measure":
                case = replace(case, measures={**case.measures, change.id: str(change.value)})
            case "counsel":
                case = replace(case, opinions={**case.opinions, change.id: str(change.value)})
            case "day" if isinstance(change.value, dt.date):
                case = replace(case, day=change.value)
    return case


def _with_fact(vocabulary: Vocabulary, case: Case, change: Change) -> Case:
    base, _, member = change.id.partition("#")
    if ":" in base:
        count = change.value if isinstance(change.value, int | Range) else _NO_COUNT
        return replace(case, totals={**case.totals, base: count})
    facts = {name: value for name, value in case.facts.items() if name != base}
    value = change.value
    if member or isinstance(value, Members):
        value = _with_members(vocabulary, base, member, value, case.facts.get(base))
    if value is not None:
        facts[base] = value
    for fact, some, mirrored in vocabulary.mirrors:  # what is supposed wins over what says the same
        if base == some and (not isinstance(value, Members) or mirrored not in value.open):
            facts.pop(fact, None)
        elif base == fact and value is None and isinstance(held := facts.get(some), Members):
            facts[some] = Members(held.yes - {mirrored}, held.open | {mirrored})
    unknown = case.unknown | {base} if value is None else case.unknown - {base}
    assumed = frozenset(name for name in case.assumed if name.partition("#")[0] != base)
    return replace(case, facts=normalise(vocabulary, facts), unknown=unknown, assumed=assumed)


def _with_members(
    vocabulary: Vocabulary, fact: str, member: str, value: Value | None, held: Value | None
) -> Members | None:
    """What is supposed of the members of a fact; what that leaves open stays as it is."""
    every = vocabulary.members[fact]
    old = held if isinstance(held, Members) else Members(frozenset(), every)
    if not member:
        if not isinstance(value, Members):
            return None
        return close_members(vocabulary, fact, Members(value.yes | (old.yes & value.open), old.open & value.open))
    if value is True:
        return close_members(vocabulary, fact, Members(old.yes | {member}, old.open - {member}))
    below = vocabulary.narrower.get(member, frozenset({member}))
    if value is False:
        return Members(old.yes - below, old.open - below)
    return Members(old.yes - below, old.open | {member})


def is_so(vocabulary: Vocabulary, flow: Flow, change: Change) -> bool:
    """Whether the map says of each case of an entry what is supposed."""
    if change.what == MEASURE:
        return all(case.measures.get(change.id, "not-yet") == change.value for case in flow.cases)
    return all(suppose(vocabulary, case, (change,)) == case for case in flow.cases)


# --- the entry that is supposed


def decide_entry(ground: Ground, found: FlowDecision, changes: Changes) -> FlowDecision:
    """An entry decided anew with changes made to each of its cases, and counted anew in its map.

    A change of the day reads the map as of that day: what has begun or expired by then counts. An entry with a day of
    its own, such as a request, is moved to the new one and keeps the measures of its own.

    Raises:
        ComityError: on another day the map cannot be read, or has no such entry.
    """
    if not changes:
        return found
    program, map_ = ground.check.program, ground.check.map
    days = [change.value for change in changes if change.what == DAY and isinstance(change.value, dt.date)]
    bare = ground.bare[found.flow.id]
    if days and days[-1] != map_.day:
        map_ = ground.on_day(days[-1])
        later = next((flow for flow in map_.flows if flow.id == found.flow.id), None)
        if later is None:
            raise ComityError(f"on {days[-1]} the map has no entry `{found.flow.id}`")
        bare = later
    cases = tuple(suppose(program.vocabulary, case, changes) for case in bare.cases)
    flow = totals_of(program, map_, replace(bare, cases=cases))
    return check(program, replace(map_, flows=(flow,), held=()), find=ground.find).flows[0]


@dataclass(slots=True)
class WhatIfs:
    """The what-ifs made so far, entry by entry.

    Attributes:
        past: for each entry the changes that it has had, step by step; those of the last step hold.
        decided: what each entry with changes comes to.
    """

    ground: Ground
    past: dict[str, tuple[Changes, ...]] = field(default_factory=dict)
    decided: dict[str, FlowDecision] = field(default_factory=dict)

    def now(self, found: FlowDecision) -> FlowDecision:
        """The entry with its what-ifs; as it is where there are none."""
        return self.decided.get(found.flow.id, found)

    def of(self, entry: str) -> Changes:
        """The what-ifs of an entry, in the order in which they were made."""
        past = self.past.get(entry, ())
        return past[-1] if past else ()

    @property
    def n_made(self) -> int:
        """How many there are in all."""
        return sum(len(self.of(entry)) for entry in self.past)

    def add(self, found: FlowDecision, change: Change) -> FlowDecision:
        """Make one more; one on the same thing takes the place of the earlier, and what the map says anyway is none.

        Raises:
            ComityError: it cannot be decided; then nothing has changed.
        """
        id_ = found.flow.id
        kept = tuple(c for c in self.of(id_) if (c.what, c.id) != (change.what, change.id))
        changes = kept if is_so(self.ground.check.program.vocabulary, found.flow, change) else (*kept, change)
        if changes == self.of(id_):
            return self.now(found)
        now = decide_entry(self.ground, found, changes)
        self.past[id_] = (*self.past.get(id_, ()), changes)
        self.decided[id_] = now
        return now

    def undo(self, found: FlowDecision) -> bool:
        """Take back the last step of an entry; False where there is none."""
        id_ = found.flow.id
        before = self.past.get(id_, ())[:-1]
        if not before:
            return self.reset(found)
        self.decided[id_] = decide_entry(self.ground, found, before[-1])
        self.past[id_] = before
        return True

    def reset(self, found: FlowDecision) -> bool:
        """Take back all of an entry; False where there is nothing."""
        self.decided.pop(found.flow.id, None)
        return self.past.pop(found.flow.id, None) is not None


def problem_text(error: ComityError) -> str:
    """An error in a line or two, as a dialog shows it."""
    if not isinstance(error, InputError):
        return f"error: {error}"
    first, n_more = error.problems[0], len(error.problems) - 1
    told = f"error[{first.code}]: {first.message}" + (f"\nhelp: {first.help}" if first.help else "")
    return told + (f"\nand {n_more} more" if n_more else "")
