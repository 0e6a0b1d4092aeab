"""What a map says of measures, opinions, assumptions and acceptances, and what of it holds for one case."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from comity import document as doc
from comity.case import MEASURE_STATES, Acceptance, read_count, read_place, read_value
from comity.errors import Problems, Span
from comity.facts import Members, Places, Range, Tri, Value, Vocabulary
from comity.intake.parties import CATEGORIES, Index, is_unknown, read_days, read_refs

VERDICTS = ("allowed", "conditional", "forbidden")
ACCEPTABLE = ("allowed", "conditional", "undecided")
RESULTS = ("favourable", "unfavourable")
ENTRIES = ("flows", "access", "requests", "incidents", "collections", "storage", "products", "acts")
TOTAL = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*:[a-z][a-z0-9_]*")  # `pack/path:name`
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
    """A fact (or the total of a pack, for named entries) for whose value somebody answers.

    Attributes:
        entries: for which it is assumed; empty: for the whole map.
        span: where it stands.
    """

    fact: str
    value: Value
    day: dt.date
    until: dt.date | None
    entries: frozenset[str]
    span: Span


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
        seen: dict[tuple[str, str], list[Assumption]] = {}
        for node in nodes:
            required = ("fact", "value", "who", "day", "why")
            f = doc.to_fields(node, self.problems, what="an assumption", required=required, optional=("for", "until"))
            f.context = f"assumption on {f.text('fact')}"
            day, until = f.day("day"), f.day("until")
            entries = read_refs(f, "for", "entry", self.index, *ENTRIES)
            value = self._assumed(f)
            if value is None or day is None or (f.has("for") and not entries):
                continue
            found.append(Assumption(f.text("fact"), value, day, until, frozenset(entries), f.span))
            for entry in entries or ("",):
                self._check_again(found[-1], seen.setdefault((f.text("fact"), entry), []), f.context)
        return found

    def _check_again(self, one: Assumption, others: list[Assumption], context: str) -> None:
        """Note an assumption on what is assumed already, and take it down among the others.

        One may follow another that is over. Of a some-of fact each may tell some members, if they agree.
        """
        every = self.vocabulary.members.get(one.fact, frozenset())
        for other in others:
            if _is_over(one, other) or _is_over(other, one):
                continue
            help_ = f"the first is at {other.span}"
            both = _in_and_out(one.value, other.value, every)
            if both:
                message = f"`{min(both)}` is assumed to be in and out"
                self.problems.add("contradictory-facts", message, one.span, help=help_, context=context)
                break
            if not every or one.value == other.value:
                message = f"`{one.fact}` is assumed twice"
                self.problems.add("duplicate-key", message, one.span, help=help_, context=context)
                break
        others.append(one)

    def _assumed(self, f: doc.Fields) -> Value | None:
        name, node = f.text("fact"), f.node("value")
        fact = self.vocabulary.fact.get(name)
        is_total = TOTAL.fullmatch(name) is not None  # which totals there are is known where the packs are known
        if f.has("fact") and not is_total and (fact is None or name in ("kind", "day")):
            known = [n for n in self.vocabulary.fact if n not in ("kind", "day")]
            self.problems.add_unknown("unknown-fact", "fact", name, known, f.span_of("fact"), context=f.context)
            return None
        if is_total and not f.has("for"):
            help_ = "each entry has totals of its own: add `for: [...]`"
            message = "a total is assumed for named entries"
            self.problems.add("missing-key", message, f.span, help=help_, context=f.context)
        if node is None:
            return None
        if is_unknown(node):
            self.problems.add("type-clash", "nobody can answer for an unknown value", node.span, context=f.context)
            return None
        if is_total:
            return read_count(node, self.problems, context=f.context)
        return None if fact is None else read_value(node, fact, self.vocabulary, self.problems)

    def _accepted(self, nodes: list[doc.Node]) -> dict[str, Acceptance]:
        found: dict[str, Acceptance] = {}
        for node in nodes:
            required = ("id", "verdict", "until", "who", "why")
            f = doc.to_fields(node, self.problems, what="an acceptance", required=required)
            f.context = f"acceptance of {f.text('id')}"
            id_ = f.node("id")
            known = isinstance(id_, doc.Scalar) and self.index.check("entry", id_, *ENTRIES, context=f.context)
            verdict = self._acceptable(f) if f.has("verdict") else ""
            until = f.day("until")
            if f.text("id") in found:
                self.problems.add(
                    "duplicate-id", f"`{f.text('id')}` is accepted twice", f.span_of("id"), context=f.context
                )
            elif known and until:
                found[f.text("id")] = Acceptance(verdict, until, f.text("who"), f.text("why"))
        return found

    def _acceptable(self, f: doc.Fields) -> str:
        """The verdict that is accepted: any but a ban, which is the law's to lift."""
        if f.text("verdict") != "forbidden":
            return f.one_of("verdict", ACCEPTABLE, "conditional")
        help_ = "stop the entry or change it; `comity remedy` shows what would make it lawful"
        message = "what is `forbidden` cannot be accepted"
        self.problems.add("unknown-value", message, f.span_of("verdict"), help=help_, context=f.context)
        return ""


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


def with_assumed(
    said: Said, entry: str, day: dt.date, facts: Mapping[str, Value], unknown: Iterable[str]
) -> tuple[dict[str, Value], frozenset[str], frozenset[str]]:
    """Facts of a case with what somebody answers for.

    An assumption for named entries wins over one for the whole map, and alone answers what is said to be unknown. What
    the map says stands; what it leaves open can be assumed: members of a some-of fact, the rest of a list of places
    that is not complete, where in its range a count lies.

    Args:
        said: what the map says.
        entry: the entry of the case.
        day: the day of the case.
        facts: what the map says of the case, closed under its hierarchies.
        unknown: what it says to be unknown.

    Returns:
        The facts, the facts that are still said to be unknown, and those that are assumed; `fact#member` where the
        map says others of the members.
    """
    found, still, assumed = dict(facts), set(unknown), set()
    named = _held(said, entry, day, is_named=True)
    general = {name: value for name, value in _held(said, entry, day, is_named=False).items() if name not in still}
    for name in [n for n in (general | named) if ":" not in n]:
        value = _over(general.get(name), named.get(name))
        before = found.get(name)
        now = value if value is None or before is None else _filled(before, value)
        if now is None or now == before:
            continue
        found[name] = now
        if isinstance(before, Members) and isinstance(now, Members):
            assumed |= {f"{name}#{member}" for member in before.open - now.open}
        else:
            assumed.add(name)
        if not (isinstance(now, Members) and now.open):
            still.discard(name)
    return found, frozenset(still), frozenset(assumed)


def assumed_totals(said: Said, entry: str, day: dt.date, given: Iterable[str]) -> dict[str, int | Range]:
    """Assumed totals of one entry, by `pack/path:name`, save those that the entry gives itself."""
    held = _held(said, entry, day, is_named=True)
    counts = {name: value for name, value in held.items() if ":" in name and name not in given}
    return {name: value for name, value in counts.items() if isinstance(value, int | Range)}


def _held(said: Said, entry: str, day: dt.date, *, is_named: bool) -> dict[str, Value]:
    """What is assumed on a day, for one entry by name or for the whole map."""
    held = [
        a
        for a in said.assumptions
        if (entry in a.entries if is_named else not a.entries) and (a.until is None or day <= a.until)
    ]
    found: dict[str, Value] = {}
    # Where one follows another, the one that ends first is the one of the day.
    for a in sorted(held, key=lambda a: a.until or dt.date.max, reverse=True):
        value = _over(found.get(a.fact), a.value)
        if value is not None:
            found[a.fact] = value
    return found


def _over(base: Value | None, top: Value | None) -> Value | None:
    """The value on top; where that leaves members open, what the other one says of them."""
    if isinstance(base, Members) and isinstance(top, Members):
        return Members(top.yes | (base.yes & top.open), base.open & top.open)
    return base if top is None else top


def _filled(said: Value, assumed: Value) -> Value:
    """What the map says, with what it leaves open as assumed; an assumption that contradicts it is none."""
    if isinstance(said, Members):
        return _over(assumed, said) or said
    if isinstance(said, Places) and isinstance(assumed, Places) and not said.complete:
        if assumed.complete:
            return assumed if said.members <= assumed.members else said
        return Places(said.members | assumed.members, complete=False)
    if isinstance(said, Range) and isinstance(assumed, int | Range):
        other = assumed if isinstance(assumed, Range) else Range(assumed, assumed)
        low = max(said.low, other.low)
        high = min((n for n in (said.high, other.high) if n is not None), default=None)
        if high is None or low <= high:
            return low if low == high else Range(low, high)
    return said


def _is_over(one: Assumption, other: Assumption) -> bool:
    """Whether an assumption has ended before another is made."""
    return one.until is not None and one.until < other.day


def _in_and_out(one: Value, other: Value, every: frozenset[str]) -> frozenset[str]:
    """The members that one of two values says yes to and the other no."""
    if not isinstance(one, Members) or not isinstance(other, Members):
        return frozenset()
    return (one.yes & (every - other.yes - other.open)) | (other.yes & (every - one.yes - one.open))


def concern_of(
    entry: str, holder: str, recipient: str, people: frozenset[str] | None, facts: Mapping[str, Value]
) -> Concern:
    """What a case is about, from its facts."""
    data = facts.get(CATEGORIES)
    return Concern(entry, holder, recipient, people, data if isinstance(data, Members) else None)
