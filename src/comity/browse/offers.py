"""What can be supposed otherwise in an entry, what its law asked for first, each with its present value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from comity.browse.whatif import COUNSEL, DAY, FACT, MEASURE, Changes
from comity.case import MEASURE_STATES, Case, Facts
from comity.condition import tree as t
from comity.decide import one, verdict
from comity.decide.check import FlowDecision
from comity.facts import Members, Value, Vocabulary
from comity.pack.program import THE_ACT, Program
from comity.report import words
from comity.report.explain import decisive, told_by

SETTLES = "answers would settle it"
PRESUMED = "presumed, since nobody said"
WANTED = "measures that its law asks for"
DECIDES = "facts that decide"
READ = "read by the laws that reach it"
OTHER_FACTS = "all other facts"
OTHER_MEASURES = "all other measures"

STATES = {"in-place": "in place", "not-yet": "not yet", "cannot": "cannot be put in place", "unknown": "not known"}
# What to type, by type of fact; the values themselves where they are few.
HINTS = {
    "bool": "yes, no",
    "count": "5 · at least 5 · at most 10 · 5 to 10",
    "place": "NL · Germany",
    "places": "NL, DE · none · at least NL",
    "some-of": "a, b · only a, b · not a · none",
    "shares": "CN 50, US 30",
    "day": "2026-11-24",
    "instant": "2026-11-24T12:00:00Z",
}
_ORDER = ("nobody said", "said to be unknown", "not counted", "presumed", "said, the rest presumed", "assumed")
_SILENT = ("not-covered", "not-modelled")


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be supposed otherwise.

    Attributes:
        what, id: as in `Change`.
        ask: the question for people.
        now: its present value; of several cases, each value once.
        source: who says so.
        group: why it is offered; those of one group stand together.
    """

    what: str
    id: str
    ask: str
    now: str
    source: str
    group: str


def offers(program: Program, found: FlowDecision, changes: Changes = ()) -> tuple[Offer, ...]:
    """Everything that can be supposed otherwise in an entry: what would help or is asked for comes first.

    Args:
        program: the packs.
        found: the entry, with what is supposed of it.
        changes: what is supposed, so that it is not told as said by the map.
    """
    seen: dict[tuple[str, str], str] = {}
    for group, what, id_ in _wanted(program, found):
        seen.setdefault((what, id_), group)
    return tuple(offer(program, found, what, id_, group, changes=changes) for (what, id_), group in seen.items())


def _wanted(program: Program, found: FlowDecision) -> Iterator[tuple[str, str, str]]:
    """Group, kind and id of all offers; what stands here twice is offered where it stands first."""
    vocabulary = program.vocabulary
    for decision in found.decisions:
        yield from ((SETTLES, *named(q.fact)) for q in decision.questions)
    yield from ((SETTLES, COUNSEL, place) for place in found.no_pack)
    for decision in found.decisions:
        yield from ((PRESUMED, FACT, p.fact) for p in sorted(decision.presumptions, key=lambda p: not p.worse))
    yield from ((WANTED, MEASURE, measure) for measure in _measures(found))
    deciding, others = read_by(program, found)
    yield from ((DECIDES, FACT, name) for name in deciding)
    yield DECIDES, DAY, ""
    yield from ((READ, FACT, name) for name in others)
    yield from ((OTHER_FACTS, FACT, f.id) for f in vocabulary.facts if f.id not in ("kind", "day"))
    yield from ((OTHER_MEASURES, MEASURE, measure) for measure in vocabulary.measure)
    places = dict.fromkeys(place for case in found.flow.cases for place in case.opinions)
    yield from ((OTHER_MEASURES, COUNSEL, place) for place in places)


def named(question: str) -> tuple[str, str]:
    """Kind and id of what a question asks for."""
    return (MEASURE, question.removeprefix("measure:")) if question.startswith("measure:") else (FACT, question)


def _measures(found: FlowDecision) -> dict[str, None]:
    """The measures that deciding clauses need or that are owed, those not in place first."""
    needs = [(n.state, n.measure) for p in found.packs for r in p.reasons for n in r.needs]
    owed = [("in-place" if d.state == "done" else "", d.measure) for p in found.packs for d in p.duties]
    every = [pair for pair in (*needs, *owed) if pair[1] != THE_ACT]
    return dict.fromkeys(measure for _, measure in sorted(every, key=lambda pair: pair[0] == "in-place"))


# --- what was read


def read_by(program: Program, found: FlowDecision) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The facts, totals and members that gave deciding clauses their value, and those that the reaching packs read.

    What nobody said comes first, then what was presumed, then what was said.
    """
    deciding: dict[str, None] = {}
    others: dict[str, None] = {}
    for case, decision in zip(found.flow.cases, found.decisions, strict=True):
        trace = one.Trace()
        facts = Facts(program.vocabulary, case)
        reaching = {p.pack: p for p in decision.packs if p.outcome not in _SILENT}
        for pack in program.packs:
            if pack.id in reaching:
                one.find_pack(pack, facts, trace)
        weighing = [r.clause for p in reaching.values() if words.decides(found, p) for r in p.reasons]
        lifting = [e for id_ in weighing for e in program.pack[id_.rpartition("/")[0]].clause[id_].excused_by]
        for id_ in dict.fromkeys((*weighing, *lifting)):
            leaves = decisive(trace.clauses[id_]) if id_ in trace.clauses else ()
            deciding |= dict.fromkeys(name for leaf, _ in leaves for name in _names(leaf))
        for step in (*trace.clauses.values(), *trace.scopes.values()):
            others |= dict.fromkeys(_names(step))

    def rank(name: str) -> int:
        sources = {value_of(program.vocabulary, case, name)[1] for case in found.flow.cases}
        return min(_ORDER.index(source) if source in _ORDER else len(_ORDER) for source in sources)

    return tuple(sorted(deciding, key=rank)), tuple(sorted(others, key=rank))


def _names(step: one.Step) -> Iterator[str]:
    if isinstance(step.condition, t.Has):
        yield f"{step.condition.fact}#{step.condition.member}"
    else:
        yield from (name for name, _ in step.read if name not in ("p", "kind", "day"))
    for part in step.parts:
        yield from _names(part)


# --- one offer


def offer(
    program: Program, found: FlowDecision, what: str, id_: str, group: str = "", *, changes: Changes = ()
) -> Offer:
    """One thing with its question and its present value."""
    told = _offer(program, found, what, id_, group)
    supposed = any((c.what, c.id.partition("#")[0]) == (what, id_.partition("#")[0]) for c in changes)
    return replace(told, source="what if") if supposed else told


def _offer(program: Program, found: FlowDecision, what: str, id_: str, group: str) -> Offer:
    vocabulary, cases = program.vocabulary, found.flow.cases
    if what == DAY:
        return Offer(what, id_, "On which day?", _each(str(c.day) for c in cases), "the day that is asked for", group)
    if what == MEASURE:
        states = _each(STATES[c.measures.get(id_, "not-yet")] for c in cases)
        return Offer(what, id_, _upper(vocabulary.measure[id_].means), states, "", group)
    if what == COUNSEL:
        said = _each(c.opinions.get(id_, "nothing") for c in cases)
        return Offer(what, id_, f"What does counsel say of the law of {vocabulary.place[id_].name}?", said, "", group)
    values = [value_of(vocabulary, case, id_) for case in cases]
    now = _each(words.value_text(value) for value, _ in values)
    return Offer(what, id_, ask_text(vocabulary, id_), now, _each(source for _, source in values), group)


def _each(texts: Iterator[str]) -> str:
    return " / ".join(dict.fromkeys(text for text in texts if text))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def ask_text(vocabulary: Vocabulary, id_: str) -> str:
    """The question for a fact, one member of it, or a total."""
    base, _, member = id_.partition("#")
    if ":" in base:
        return f"How many does {base.rsplit(':', 1)[1].replace('_', ' ')} come to?"
    ask = vocabulary.fact[base].ask
    return f"{ask} ({member}?)" if member else ask


def value_of(vocabulary: Vocabulary, case: Case, id_: str) -> tuple[Value | None, str]:
    """The present value of a fact, a member or a total in a case, and who says so."""
    base, _, member = id_.partition("#")
    facts = Facts(vocabulary, case)
    value = facts.value(base)
    source = told_by(case, id_, value)
    if member and isinstance(value, Members):
        return (True if member in value.yes else None if member in value.open else False), source
    is_in_part = source == "said" and base in facts.presumed
    return value, "said, the rest presumed" if is_in_part else source


def choices(vocabulary: Vocabulary, what: str, id_: str) -> tuple[tuple[str, str], ...]:
    """Values to choose from, each as it is typed and as it reads; none where there are too many to list."""
    if what == MEASURE:
        return tuple((state, STATES[state]) for state in MEASURE_STATES)
    if what == COUNSEL:
        return tuple((word, words.verdict_text(word)) for word in verdict.WORDS)
    base, _, member = id_.partition("#")
    fact = vocabulary.fact.get(base)
    if what == DAY or fact is None:
        return ()
    values = ("yes", "no") if member or fact.type == "bool" else fact.of if fact.type == "one-of" else ()
    return tuple((value, value) for value in (*values, "unknown")) if values else ()


def hint(vocabulary: Vocabulary, what: str, id_: str) -> str:
    """What to type for a value."""
    if what != FACT:
        return HINTS["day"] if what == DAY else ""
    base, _, member = id_.partition("#")
    fact = vocabulary.fact.get(base)
    type_ = "count" if fact is None else "bool" if member else fact.type
    return f"{HINTS[type_]} · unknown" if type_ in HINTS else "one of the values below"


def means(vocabulary: Vocabulary, what: str, id_: str) -> str:
    """What a fact, a measure or a total means, in a sentence; the kinds of which a fact may name several."""
    if what == MEASURE:
        measure = vocabulary.measure[id_]
        return f"Effort {measure.effort} of 5, put in place by: {measure.by}."
    base, _, member = id_.partition("#")
    if what == COUNSEL:
        return "No pack holds this law; what named counsel says stands in its place."
    if what == DAY:
        return "The law and all that has begun or expired by then is taken as of that day."
    if ":" in base:
        return "A total over the map, counted as the law of that pack counts it."
    fact = vocabulary.fact[base]
    if member:
        entries = {e.id: e for group in vocabulary.vocabularies.values() for e in group}
        return f"{_upper(fact.means)}: {entries[member].means or member}." if member in entries else _upper(fact.means)
    told = f"{_upper(fact.means).rstrip('.')}."
    return f"{told} Names: {', '.join(fact.of)}." if fact.type == "some-of" else told
