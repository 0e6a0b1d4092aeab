"""What a map says of measures, opinions, assumptions and acceptances, and what of it holds for one case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from comity import document as doc
from comity.case import MEASURE_STATES, Acceptance, read_place, read_value
from comity.errors import Problems, Span
from comity.facts import Members, Tri, Value, Vocabulary
from comity.intake.parties import CATEGORIES, Index, is_unknown, read_days, read_refs

VERDICTS = ("allowed", "conditional", "forbidden")
RESULTS = ("favourable", "unfavourable")
ENTRIES = ("flows", "access", "requests", "incidents", "collections", "storage", "products", "acts")
_ASSESSMENT = "-assessment"  # a measure with such an id counts by its result


@dataclass(frozen=True, slots=True)
class Taken:
    """A measure as the map tells it.

    Attributes:
        state: what it is while it lasts; an assessment without a result is `unknown`.
        flows, people: what it covers; empty: all between the parties.
        data: the categories that it covers, with all that belong to them; None: all.
    """

    measure: str
    parties: frozenset[str]
    state: str
    first_day: dt.date | None
    last_day: dt.date | None
    flows: frozenset[str] = frozenset()
    data: frozenset[str] | None = None
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What named counsel says of a place whose law no pack holds, from `day` to `until`."""

    place: str
    verdict: str
    day: dt.date
    until: dt.date | None
    flows: frozenset[str]


@dataclass(frozen=True, slots=True)
class Assumption:
    """A fact for whose value somebody answers; `entries` empty: in the whole map."""

    fact: str
    value: Value
    until: dt.date | None
    entries: frozenset[str]


@dataclass(slots=True)
class Said:
    """All that the map says beside its parties and entries."""

    measures: list[Taken] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
    assumptions: list[Assumption] = field(default_factory=list)
    accepted: dict[str, Acceptance] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Concern:
    """What a case is about, as far as measures turn on it.

    Attributes:
        holder, recipient: ids of entities; empty where there is none.
        people: ids of the sets of persons; None: not known.
    """

    entry: str
    holder: str
    recipient: str
    people: frozenset[str] | None
    data: Members | None


class SaidReader:
    """Reads measures, opinions, assumptions and acceptances and notes their problems."""

    def __init__(self, vocabulary: Vocabulary, index: Index, problems: Problems) -> None:
        self.vocabulary = vocabulary
        self.index = index
        self.problems = problems

    def read(self, sections: Mapping[str, list[doc.Node]]) -> Said:
        """All four sections."""
        return Said(
            measures=[m for node in sections["measures"] if (m := self._measure(node))],
            opinions=[o for node in sections["opinions"] if (o := self._opinion(node))],
            assumptions=self._assumptions(sections["assume"]),
            accepted=self._accepted(sections["accepted"]),
        )

    def _measure(self, node: doc.Node) -> Taken | None:
        optional = ("parties", "covers", "from", "until", "proof", "result", "state")
        f = doc.to_fields(node, self.problems, what="a measure", required=("kind",), optional=optional)
        kind = f.text("kind")
        f.context = f"measure {kind}"
        if f.has("kind") and kind not in self.vocabulary.measure:
            known = self.vocabulary.measure
            self.problems.add_unknown("unknown-measure", "measure", kind, known, f.span_of("kind"), context=f.context)
        first, last = read_days(f, self.problems)
        covers = self._covers(f)
        taken = Taken(
            measure=kind,
            parties=frozenset(read_refs(f, "parties", "entity", self.index, "entities")),
            state=self._state(f, kind),
            first_day=first,
            last_day=last,
            flows=frozenset(read_refs(covers, "flows", "entry", self.index, *ENTRIES)) if covers else frozenset(),
            data=self._categories(covers),
            people=frozenset(read_refs(covers, "people", "set of people", self.index, "people"))
            if covers
            else frozenset(),
        )
        if not f.has("parties") and not (covers and covers.has("flows")):
            help_ = "name the entities between which it holds under `parties`"
            self.problems.add(
                "missing-key",
                "a measure needs `parties`, or `covers: {flows: [...]}`",
                f.span,
                help=help_,
                context=f.context,
            )
        return taken if kind in self.vocabulary.measure else None

    def _covers(self, f: doc.Fields) -> doc.Fields | None:
        node = f.node("covers")
        if node is None:
            return None
        keys = ("flows", "data", "people")
        return doc.to_fields(node, self.problems, what="what a measure covers", optional=keys, context=f.context)

    def _categories(self, covers: doc.Fields | None) -> frozenset[str] | None:
        if covers is None or not covers.has("data"):
            return None
        known = [c.id for c in self.vocabulary.categories]
        found: set[str] = set()
        for name in covers.texts("data"):
            if name.text not in known:
                self.problems.add_unknown(
                    "unknown-category", "category", name.text, known, name.span, context=covers.context
                )
            found |= self.vocabulary.narrower.get(name.text, frozenset())
        return frozenset(found)

    def _state(self, f: doc.Fields, kind: str) -> str:
        state = f.one_of("state", MEASURE_STATES, "in-place") if f.has("state") else ""
        result = f.one_of("result", RESULTS, "favourable") if f.has("result") else ""
        if state and result:
            help_ = "`result` already says whether it counts"
            self.problems.add(
                "type-clash", "a measure has a `state` or a `result`", f.span_of("state"), help=help_, context=f.context
            )
        if result:
            return "in-place" if result == "favourable" else "cannot"
        return state or ("unknown" if kind.endswith(_ASSESSMENT) else "in-place")

    def _opinion(self, node: doc.Node) -> Opinion | None:
        required = ("place", "verdict", "counsel", "day")
        optional = ("until", "proof", "flows")
        f = doc.to_fields(node, self.problems, what="an opinion", required=required, optional=optional)
        f.context = f"opinion on {f.text('place')}"
        where = f.node("place")
        place = read_place(where, self.vocabulary, self.problems, context=f.context) if where is not None else None
        first, last = read_days(f, self.problems, "day", "until")
        flows = frozenset(read_refs(f, "flows", "entry", self.index, *ENTRIES))
        verdict = f.one_of("verdict", VERDICTS, "forbidden") if f.has("verdict") else "forbidden"
        return Opinion(place, verdict, first, last, flows) if first and place else None

    def _assumptions(self, nodes: list[doc.Node]) -> list[Assumption]:
        found: list[Assumption] = []
        seen: dict[tuple[str, str], Span] = {}
        for node in nodes:
            required = ("fact", "value", "who", "day", "why")
            f = doc.to_fields(node, self.problems, what="an assumption", required=required, optional=("for", "until"))
            f.context = f"assumption on {f.text('fact')}"
            f.day("day")
            entries = read_refs(f, "for", "entry", self.index, *ENTRIES)
            for entry in entries or ("",):
                key = (f.text("fact"), entry)
                if key in seen:
                    help_ = f"the first is at {seen[key]}"
                    self.problems.add(
                        "duplicate-key", f"`{key[0]}` is assumed twice", f.span, help=help_, context=f.context
                    )
                seen.setdefault(key, f.span)
            value = self._assumed(f)
            if value is not None and not (f.has("for") and not entries):
                found.append(Assumption(f.text("fact"), value, f.day("until"), frozenset(entries)))
        return found

    def _assumed(self, f: doc.Fields) -> Value | None:
        name, node = f.text("fact"), f.node("value")
        fact = self.vocabulary.fact.get(name)
        if f.has("fact") and (fact is None or name in ("kind", "day")):
            known = [n for n in self.vocabulary.fact if n not in ("kind", "day")]
            self.problems.add_unknown("unknown-fact", "fact", name, known, f.span_of("fact"), context=f.context)
            return None
        if fact is None or node is None:
            return None
        if is_unknown(node):
            self.problems.add("type-clash", "nobody can answer for an unknown value", node.span, context=f.context)
            return None
        return read_value(node, fact, self.vocabulary, self.problems)

    def _accepted(self, nodes: list[doc.Node]) -> dict[str, Acceptance]:
        found: dict[str, Acceptance] = {}
        for node in nodes:
            required = ("id", "verdict", "until", "who", "why")
            f = doc.to_fields(node, self.problems, what="an acceptance", required=required)
            f.context = f"acceptance of {f.text('id')}"
            id_ = f.node("id")
            known = isinstance(id_, doc.Scalar) and self.index.check("entry", id_, *ENTRIES, context=f.context)
            verdict = f.one_of("verdict", (*VERDICTS, "undecided"), "conditional") if f.has("verdict") else ""
            until = f.day("until")
            if f.text("id") in found:
                self.problems.add(
                    "duplicate-id", f"`{f.text('id')}` is accepted twice", f.span_of("id"), context=f.context
                )
            elif known and until:
                found[f.text("id")] = Acceptance(verdict, until, f.text("who"), f.text("why"))
        return found


# --- what holds for a case


def states(said: Said, concern: Concern, day: dt.date, vocabulary: Vocabulary) -> dict[str, str]:
    """The state of every measure of the map in one case; one that is missing here is not yet in place."""
    by_measure: dict[str, list[tuple[dt.date, str]]] = {}
    for taken in said.measures:
        if not _lasts(taken, day) or not _binds(taken, concern, vocabulary):
            continue
        covers = _covers(taken, concern, vocabulary)
        if covers is not False:
            state = taken.state if covers else "unknown"
            by_measure.setdefault(taken.measure, []).append((taken.first_day or dt.date.min, state))
    return {measure: _together(found) for measure, found in sorted(by_measure.items())}


def _lasts(taken: Taken, day: dt.date) -> bool:
    return (taken.first_day is None or taken.first_day <= day) and (taken.last_day is None or day <= taken.last_day)


def _binds(taken: Taken, concern: Concern, vocabulary: Vocabulary) -> bool:
    """Whether a measure is one between the parties of the case.

    Both ends must be named; the holder alone suffices for what is the holder's act alone, the recipient alone for what
    is the recipient's. Where other entities are named too, the measure is meant for the dealing with them; so where a
    case has one party only, a measure with others counts only if it names the entry.
    """
    if not taken.parties:
        return bool(taken.flows)
    ends = frozenset({concern.holder, concern.recipient} - {""})
    if not ends <= taken.parties:
        alone = {"holder": concern.holder, "persons": concern.holder, "recipient": concern.recipient}
        by = vocabulary.measure[taken.measure].by
        return by in alone and taken.parties == {alone[by]}
    return bool(ends) and (len(ends) > 1 or taken.parties == ends or concern.entry in taken.flows)


def _covers(taken: Taken, concern: Concern, vocabulary: Vocabulary) -> Tri:
    if taken.flows and concern.entry not in taken.flows:
        return False
    found: list[Tri] = [True]
    if taken.people:
        found.append(None if concern.people is None else concern.people <= taken.people)
    if taken.data is not None:
        found.append(_covers_data(taken.data, concern.data, vocabulary))
    return False if False in found else None if None in found else True


def _covers_data(covered: frozenset[str], data: Members | None, vocabulary: Vocabulary) -> Tri:
    """Whether all data of a case are covered; unknown where there may be more than is known."""
    if data is None:
        return None
    implied = {upper for name in data.yes & covered for upper in vocabulary.broader.get(name, {name})}
    if data.yes - covered - implied:
        return False
    return None if not data.yes or data.open - covered - implied else True


def _together(found: list[tuple[dt.date, str]]) -> str:
    """The state of several measures of one kind: the latest definite one counts; of the same day the worse."""
    definite = [(day, state == "cannot", state) for day, state in found if state in ("in-place", "cannot")]
    if definite:
        return max(definite)[2]
    return "unknown" if any(state == "unknown" for _, state in found) else "not-yet"


def opinions_on(said: Said, entry: str, day: dt.date, vocabulary: Vocabulary, places: Iterable[str]) -> dict[str, str]:
    """Verdicts of counsel by place; the latest counts, of the same day the strictest.

    Args:
        said: what the map says.
        entry: the entry for which opinions are wanted.
        day: the day on which they hold.
        vocabulary: what lies inside what.
        places: the places of the case. An opinion on one that holds them is an opinion on them, if none is nearer.
    """
    held = [
        o
        for o in said.opinions
        if o.day <= day and (o.until is None or day <= o.until) and (not o.flows or entry in o.flows)
    ]
    found: dict[str, str] = {}
    # The narrower place is written later, so that it wins over an opinion on the whole.
    for o in sorted(held, key=lambda o: (len(vocabulary.above[o.place]), o.day, VERDICTS.index(o.verdict))):
        inside = [place for place in places if o.place in vocabulary.above.get(place, ())]
        found.update(dict.fromkeys([o.place, *inside], o.verdict))
    return found


def assumed_for(said: Said, entry: str, day: dt.date) -> dict[str, Value]:
    """Assumed facts of one entry; one for named entries wins over one for the whole map."""
    held = [
        a for a in said.assumptions if (not a.entries or entry in a.entries) and (a.until is None or day <= a.until)
    ]
    return {a.fact: a.value for a in sorted(held, key=lambda a: bool(a.entries))}


def concern_of(
    entry: str, holder: str, recipient: str, people: frozenset[str] | None, facts: Mapping[str, Value]
) -> Concern:
    """What a case is about, from its facts."""
    data = facts.get(CATEGORIES)
    return Concern(entry, holder, recipient, people, data if isinstance(data, Members) else None)
