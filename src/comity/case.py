"""A case: one question on one day. Input is checked once, here; what decides takes cases as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from comity import document as doc
from comity.errors import Problem, Problems, Span
from comity.facts import Fact, Members, Owner, Places, Range, Value, Vocabulary

MEASURE_STATES = ("in-place", "not-yet", "cannot", "unknown")


@dataclass(frozen=True, slots=True)
class Case:
    """One question: may this holder do this on this day, and what is owed?

    Attributes:
        facts: what was said, by fact id. A fact that is missing here is presumed, or unknown.
        unknown: facts said to be unknown: nothing is presumed for them.
        measures: state by measure id; a measure that is missing here is not yet in place.
        totals: counts over many flows, by `pack/path:name`.
        assumed: facts whose value somebody answers for (`assume:` in a map), and members, as `fact#member`.
        opinions: verdict of named counsel by place, for places whose law no pack holds.
    """

    id: str
    kind: str
    day: dt.date
    facts: Mapping[str, Value] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    measures: Mapping[str, str] = field(default_factory=dict)
    totals: Mapping[str, int | Range] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    opinions: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Facts:
    """The facts of a case as an evaluator sees them, with or without presumptions.

    Attributes:
        presume: whether presumptions are made.
        withhold: facts for which none is made all the same.
        presumed: what was presumed so far, by fact id.
    """

    vocabulary: Vocabulary
    case: Case
    presume: bool = True
    withhold: frozenset[str] = frozenset()
    presumed: dict[str, Value] = field(default_factory=dict)

    def value(self, fact: str) -> Value | None:
        """The value of a fact or total; None is unknown. A some-of fact always has Members."""
        if fact in ("kind", "day"):
            return self.case.kind if fact == "kind" else self.case.day
        if ":" in fact:
            return self.case.totals.get(fact)
        said = self.case.facts.get(fact)
        if said is not None:
            return self._narrowed(fact, said) if isinstance(said, Members) and said.open else said
        declared = self.vocabulary.fact[fact]
        if self.presume and fact not in self.withhold and fact not in self.case.unknown:
            found = self._presumption(declared)
            if found is not None:
                self.presumed[fact] = found
                return found
        if declared.type == "some-of":
            every = self.vocabulary.members[fact]
            return self._narrowed(fact, Members(frozenset(), every))
        return None

    def _narrowed(self, fact: str, said: Members) -> Members:
        if not self.presume or fact in self.withhold or fact in self.case.unknown:
            return said
        absent = said.open & self.vocabulary.presumed_absent[fact]
        if not absent:
            return said
        self.presumed[fact] = Members(said.yes, said.open - absent)
        return Members(said.yes, said.open - absent)

    def _presumption(self, fact: Fact) -> Value | None:
        if fact.presume is not None:
            return fact.presume
        if fact.presume_from is None:
            return None
        source = self.value(fact.presume_from)
        return None if source is None else convert(source, fact.type)


def convert(value: Value, type_: str) -> Value:
    """The value of one fact as another type: a place as a set of one, or as the whole of the ownership."""
    if isinstance(value, str) and type_ == "places":
        return Places(frozenset({value}))
    if isinstance(value, str) and type_ == "shares":
        return (Owner(100, value),)
    return value


def normalise(vocabulary: Vocabulary, facts: Mapping[str, Value]) -> dict[str, Value]:
    """Facts with every some-of closed under its hierarchy, and a fact that mirrors a member in step with it."""
    found = dict(facts)
    for fact, some, member in vocabulary.mirrors:
        if fact not in vocabulary.fact or some not in vocabulary.fact:
            continue
        said, held = found.get(fact), found.get(some)
        if isinstance(said, bool):
            found[some] = _with_mirror(vocabulary, some, member, said, held if isinstance(held, Members) else None)
        elif isinstance(held, Members) and member in close_members(vocabulary, some, held).yes:
            found[fact] = True
        elif isinstance(held, Members) and member not in held.open:
            found[fact] = False
    for fact, value in found.items():
        if isinstance(value, Members):
            found[fact] = close_members(vocabulary, fact, value)
    return found


def _with_mirror(vocabulary: Vocabulary, some: str, member: str, said: bool, held: Members | None) -> Members:
    held = held or Members(frozenset(), vocabulary.members[some])
    if said:
        return Members(held.yes | {member}, held.open - {member})
    below = vocabulary.narrower.get(member, frozenset({member}))
    return Members(held.yes - below, held.open - below)


def close_members(vocabulary: Vocabulary, fact: str, value: Members) -> Members:
    """Members with everything above a yes also yes, and everything below a no also no."""
    yes = frozenset(upper for m in value.yes for upper in vocabulary.broader.get(m, {m})) & vocabulary.members[fact]
    no = vocabulary.members[fact] - yes - value.open
    ruled_out = frozenset(lower for m in no for lower in vocabulary.narrower.get(m, {m})) - yes
    return Members(yes, value.open - yes - ruled_out)


# --- reading


def read_case(
    node: doc.Node, vocabulary: Vocabulary, totals: Mapping[str, Iterable[str]], problems: Problems, *, id_: str = ""
) -> Case | None:
    """Read a case file: kind, day, facts, measures, totals by pack.

    Args:
        node: the file's root.
        vocabulary: what may be said.
        totals: the totals that each pack declares.
        problems: where problems are noted.
        id_: the id of the case, where the file gives none.

    Returns:
        The case; None where kind or day are missing, which is noted.
    """
    f = doc.to_fields(
        node, problems, what="a case", required=("kind", "day"), optional=("id", "title", "facts", "measures", "totals")
    )
    kind = f.one_of("kind", [k.id for k in vocabulary.kinds], "transfer") if f.has("kind") else None
    day = f.day("day")
    facts, unknown = read_facts(f.node("facts"), vocabulary, problems)
    measures = read_measures(f.node("measures"), vocabulary, problems)
    found = _read_totals(f.node("totals"), totals, problems)
    if kind is None or day is None:
        return None
    return Case(f.text("id", id_), kind, day, facts, unknown, measures, found)


def _read_totals(
    node: doc.Node | None, known: Mapping[str, Iterable[str]], problems: Problems
) -> dict[str, int | Range]:
    found: dict[str, int | Range] = {}
    if node is None:
        return found
    for pack, inner in doc.to_fields(node, problems, what="totals by pack", optional=known).values.items():
        found.update(read_totals(inner, pack, known[pack], problems))
    return found


def read_totals(node: doc.Node | None, pack: str, known: Iterable[str], problems: Problems) -> dict[str, int | Range]:
    """The totals of one pack, as counts by `pack/path:name`."""
    found: dict[str, int | Range] = {}
    if node is None:
        return found
    f = doc.to_fields(node, problems, what=f"the totals of {pack}", optional=tuple(known))
    for name, value in f.values.items():
        count = read_count(value, problems)
        if count is not None:
            found[f"{pack}:{name}"] = count
    return found


def read_measures(node: doc.Node | None, vocabulary: Vocabulary, problems: Problems) -> dict[str, str]:
    """Measures with their states."""
    found: dict[str, str] = {}
    if node is None:
        return found
    if not isinstance(node, doc.Mapping):
        problems.add("type-clash", "measures are a mapping from measure to state", node.span)
        return found
    for key, value in node.pairs:
        state = value.text if isinstance(value, doc.Scalar) else ""
        if key.text not in vocabulary.measure:
            problems.add_unknown("unknown-measure", "measure", key.text, vocabulary.measure, key.span)
        elif state not in MEASURE_STATES:
            problems.add(
                "unknown-value",
                f"`{state}` is no state of a measure",
                value.span,
                help="one of " + ", ".join(MEASURE_STATES),
            )
        else:
            found[key.text] = state
    return found


def read_facts(
    node: doc.Node | None, vocabulary: Vocabulary, problems: Problems
) -> tuple[dict[str, Value], frozenset[str]]:
    """Facts by id, flat (`holder.country: DE`) or nested (`holder: {country: DE}`); and those said to be unknown."""
    found: dict[str, Value] = {}
    unknown: set[str] = set()
    for name, key, value in _flat(node, "", vocabulary, problems):
        fact = vocabulary.fact.get(name)
        if name in ("kind", "day"):
            help_ = "they stand beside the facts"
            problems.add("unknown-fact", f"`{name}` is not given as a fact", key.span, help=help_)
        elif fact is None:
            help_names = [n for n in vocabulary.fact if n not in ("kind", "day")]
            problems.add_unknown("unknown-fact", "fact", name, help_names, key.span)
        elif name in found or name in unknown:
            problems.add("duplicate-key", f"the fact `{name}` is given twice", key.span)
        elif isinstance(value, doc.Scalar) and value.text == "" and not value.quoted:
            problems.add(
                "missing-value", f"`{name}` has no value", key.span, help="write `unknown` for what is not known"
            )
        elif isinstance(value, doc.Scalar) and value.text == "unknown" and not value.quoted:
            unknown.add(name)
        else:
            read = read_value(value, fact, vocabulary, problems)
            if read is not None:
                found[name] = read
    _check_mirrors(found, node, vocabulary, problems)
    return normalise(vocabulary, found), frozenset(unknown)


def _check_mirrors(
    found: Mapping[str, Value], node: doc.Node | None, vocabulary: Vocabulary, problems: Problems
) -> None:
    """Note a bool fact that denies the member it mirrors: `normalise` would let one of them win in silence."""
    for fact, some, member in vocabulary.mirrors:
        said, held = found.get(fact), found.get(some)
        # The other way round is no clash: "personal, and of none of the other kinds" is `true` beside `{only: []}`.
        if node is not None and said is False and isinstance(held, Members) and member in held.yes:
            message = f"`{fact}` and `{some}` contradict each other on `{member}`"
            problems.add("contradictory-facts", message, node.span, help="say one of them only")


def _flat(
    node: doc.Node | None, prefix: str, vocabulary: Vocabulary, problems: Problems
) -> list[tuple[str, doc.Scalar, doc.Node]]:
    if node is None:
        return []
    if not isinstance(node, doc.Mapping):
        problems.add("type-clash", "facts are a mapping from fact to value", node.span)
        return []
    found: list[tuple[str, doc.Scalar, doc.Node]] = []
    for key, value in node.pairs:
        name = f"{prefix}.{key.text}" if prefix else key.text
        is_fact = name in vocabulary.fact
        if not is_fact and isinstance(value, doc.Mapping) and any(f.startswith(f"{name}.") for f in vocabulary.fact):
            found += _flat(value, name, vocabulary, problems)
        else:
            found.append((name, key, value))
    return found


def read_value(node: doc.Node, fact: Fact, vocabulary: Vocabulary, problems: Problems) -> Value | None:
    """One value, by the type of its fact; None where a problem was noted."""
    match fact.type:
        case "bool":
            return _read_bool(node, fact, problems)
        case "count":
            return read_count(node, problems, context=fact.id)
        case "place":
            return read_place(node, vocabulary, problems, context=fact.id)
        case "places":
            return _read_places(node, fact, vocabulary, problems)
        case "one-of":
            return _read_one_of(node, fact, problems)
        case "some-of":
            return _read_members(node, fact, vocabulary, problems)
        case "shares":
            return read_owners(node, vocabulary, problems, context=fact.id)
        case "day":
            return doc.to_day(node, problems, context=fact.id)
        case "instant":
            return doc.to_instant(node, problems, context=fact.id)
    raise AssertionError(fact.type)


def _read_bool(node: doc.Node, fact: Fact, problems: Problems) -> bool | None:
    text = node.text if isinstance(node, doc.Scalar) else ""
    if text in ("true", "false"):
        return text == "true"
    problems.add(
        "type-clash", f"`{fact.id}` is a yes or no", node.span, help="write `true` or `false`", context=fact.id
    )
    return None


def read_count(node: doc.Node, problems: Problems, *, context: str = "") -> int | Range | None:
    """A count, or a range `{at-least: n, at-most: m}`."""
    if not isinstance(node, doc.Mapping):
        return doc.to_number(node, problems, context=context)
    f = doc.to_fields(node, problems, what="a range", optional=("at-least", "at-most"), context=context)
    low, high = f.number("at-least", 0) or 0, f.number("at-most")
    if high is not None and high < low:
        problems.add("range-reversed", "the range ends before it starts", node.span, context=context)
        return None
    return low if high == low else Range(low, high)


_NOT_ISO = {"UK": "GB", "EL": "GR", "USA": "US", "UAE": "AE"}  # codes in use beside ISO 3166


def place_meant(text: str, vocabulary: Vocabulary) -> str | None:
    """The place that a text names, other than by its code: `UK`, `Germany`; None where it names none."""
    meant = _NOT_ISO.get(text.upper())
    return meant or next((p.id for p in vocabulary.places if p.name.casefold() == text.casefold()), None)


def read_place(node: doc.Node, vocabulary: Vocabulary, problems: Problems, *, context: str = "") -> str | None:
    """A place code; `NO` is Norway."""
    if not isinstance(node, doc.Scalar):
        problems.add("type-clash", "one place is expected here", node.span, help="write a code: NL", context=context)
        return None
    text = node.text
    if text in vocabulary.place:
        return text
    named = place_meant(text, vocabulary)
    if named:
        help_ = f"did you mean `{named}`?"
        problems.add("unknown-place", f"`{text}` is not a known place", node.span, help=help_, context=context)
    else:
        problems.add_unknown("unknown-place", "place", text, vocabulary.place, node.span, context=context)
    return None


def _read_places(node: doc.Node, fact: Fact, vocabulary: Vocabulary, problems: Problems) -> Places | None:
    complete = True
    if isinstance(node, doc.Mapping):
        f = doc.to_fields(node, problems, what="a set of places", required=("at-least",), context=fact.id)
        inner = f.node("at-least")
        if inner is None:
            return None
        node, complete = inner, False
    items = node.items if isinstance(node, doc.Sequence) else (node,)
    read = [read_place(item, vocabulary, problems, context=fact.id) for item in items]
    return None if None in read else Places(frozenset(p for p in read if p), complete)


def _read_one_of(node: doc.Node, fact: Fact, problems: Problems) -> str | None:
    text = node.text if isinstance(node, doc.Scalar) else ""
    if text in fact.of:
        return text
    help_ = problems.near(text, fact.of) or "one of " + ", ".join(fact.of[:12])
    problems.add(
        "unknown-value", f"`{text}` is not a known value of `{fact.id}`", node.span, help=help_, context=fact.id
    )
    return None


def _read_members(node: doc.Node, fact: Fact, vocabulary: Vocabulary, problems: Problems) -> Members | None:
    every = vocabulary.members[fact.id]
    no: set[str] = set()
    complete = False
    listed: doc.Node | None = node
    if isinstance(node, doc.Mapping):
        f = doc.to_fields(node, problems, what="a set", optional=("only", "yes", "no"), context=fact.id)
        complete = f.has("only")
        if complete and (f.has("yes") or f.has("no")):
            problems.add("contradictory-facts", "`only` stands alone: it is complete", node.span, context=fact.id)
        listed = f.node("only") or f.node("yes")
        no = _members_of(f.node("no"), fact, every, problems)
    yes = _members_of(listed, fact, every, problems)
    both = sorted(no & {upper for m in yes for upper in vocabulary.broader.get(m, {m})})
    if both:
        message = f"`{both[0]}` is said to be in and out"
        problems.add("contradictory-facts", message, node.span, context=fact.id)
    return close_members(vocabulary, fact.id, Members(frozenset(yes), frozenset() if complete else every - yes - no))


def _members_of(node: doc.Node | None, fact: Fact, every: frozenset[str], problems: Problems) -> set[str]:
    if node is None:
        return set()
    found = set()
    for item in doc.to_texts(node, problems, context=fact.id):
        if item.text in every:
            found.add(item.text)
        else:
            add_unknown_member(problems, fact.id, item.text, every, item.span, context=fact.id)
    return found


def add_unknown_member(
    problems: Problems, fact: str, name: str, known: Iterable[str], span: Span, *, context: str = ""
) -> None:
    """Note a name that is no member of a some-of fact, under the code of its vocabulary."""
    if fact == "data.categories":
        problems.add_unknown("unknown-category", "category", name, known, span, context=context)
    elif fact.endswith("purposes"):
        problems.add_unknown("unknown-purpose", "purpose", name, known, span, context=context)
    else:
        problems.add_unknown("unknown-value", f"value of `{fact}`", name, known, span, context=context)


def read_owners(
    node: doc.Node, vocabulary: Vocabulary, problems: Problems, *, context: str = ""
) -> tuple[Owner, ...] | None:
    """Owners: `{CN: 50, US: 50}`, or a list of `{percent, place, owners}`."""
    found: list[Owner] = []
    if isinstance(node, doc.Mapping):
        for key, value in node.pairs:
            place = read_place(key, vocabulary, problems, context=context)
            percent = doc.to_number(value, problems, context=context)
            if place is not None and percent is not None:
                found.append(Owner(percent, place))
    elif isinstance(node, doc.Sequence):
        for item in node.items:
            f = doc.to_fields(
                item, problems, what="an owner", required=("percent",), optional=("place", "owners"), context=context
            )
            inner = f.node("owners")
            owners = read_owners(inner, vocabulary, problems, context=context) if inner is not None else ()
            where = f.node("place")
            place = read_place(where, vocabulary, problems, context=context) if where is not None else None
            found.append(Owner(f.number("percent", 0) or 0, place, owners or ()))
    else:
        problems.add("type-clash", "owners are a mapping from place to percent, or a list", node.span, context=context)
        return None
    if sum(o.percent for o in found) > 100:
        problems.add(
            "over-100-percent",
            f"the owners add up to {sum(o.percent for o in found)} percent",
            node.span,
            context=context,
        )
        return None
    return tuple(found)


# --- a whole map, as intake hands it on


@dataclass(frozen=True, slots=True)
class PeopleSet:
    """A set of persons, counted by place.

    Attributes:
        counts: persons by place; each person stands under one place.
        window: over which time they were counted: held, 12-months, calendar-year, since-last-year; empty: not said.
        counted_day: the day on which they were counted; None: as of the day of the case.
        apart_from: ids of sets that share no person with this one.
        devices: devices of these persons by place; empty: not counted.
    """

    id: str
    counts: Mapping[str, int | Range]
    window: str = ""
    counted_day: dt.date | None = None
    apart_from: frozenset[str] = frozenset()
    devices: Mapping[str, int | Range] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A verdict that somebody of the organisation has accepted until a day."""

    verdict: str
    until: dt.date
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class End:
    """One end of a flow: an entity or a system, its name for people, its places."""

    id: str
    name: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Whom one case of an entry concerns: the entity that gets the data (empty: none), the persons, whose act it is."""

    recipient: str
    people: tuple[PeopleSet, ...]
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """Data that an entity holds in one of its systems, as the case of keeping them there."""

    holder: str
    case: Case
    people: tuple[PeopleSet, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """One entry of a map: a flow, an access, a request, an incident, a product, a collection or a storage.

    Attributes:
        section: the part of the map in which it stands.
        cases: the questions it gives; several where recipients, purposes or sets of data are mixed.
        holder, recipient: ids of entities (`recipient` empty where there is none).
        ends: from where to where, for people and pictures; one where there is only one.
            The first is the source; each other one is where the data get to, or who gets at them.
        people: the sets of persons concerned, of all cases together.
        parts: whom each case concerns, at the index of the case.
        first_day, last_day: since when and until when the flow goes on; None is open.
    """

    id: str
    title: str
    section: str
    cases: tuple[Case, ...]
    holder: str
    recipient: str
    ends: tuple[End, ...]
    people: tuple[PeopleSet, ...]
    span: Span
    accepted: Acceptance | None = None
    parts: tuple[Part, ...] = ()
    first_day: dt.date | None = None
    last_day: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Another way of an entry that the map offers: the same data to another system, recipient or place.

    Attributes:
        change: what is another one: `system` (of the same entity), `recipient` or `place`.
        id: the other system or entity, or the code of the other place.
        instead_of: what stands in the map now.
        flow: the entry as it would be, under its own id.
    """

    change: str
    id: str
    instead_of: str
    flow: Flow


@dataclass(frozen=True, slots=True)
class Map:
    """An organisation's own files, read and resolved for one day.

    Attributes:
        held: what each entity holds, whether or not it flows; only counts look at it.
        routes: other ways of its entries, by the id of the entry; empty where nobody asked for them.
        remarks: what somebody should look at, and keeps nothing from being decided.
    """

    name: str
    day: dt.date
    flows: tuple[Flow, ...]
    files: tuple[str, ...] = ()
    held: tuple[Holding, ...] = ()
    routes: Mapping[str, tuple[Route, ...]] = field(default_factory=dict)
    remarks: tuple[Problem, ...] = ()
