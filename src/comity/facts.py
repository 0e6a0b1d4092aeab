"""The vocabulary: facts and their types, places, groups, categories, purposes, measures; what is presumed and why."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from comity import document as doc
from comity.errors import InputError, Problems, Span

VOCABULARY_DIR = Path(__file__).parent / "vocabulary"
TYPES = ("bool", "count", "place", "places", "one-of", "some-of", "shares", "day", "instant")
# How far a measure reaches where its entry does not say it, by whose act it takes.
SERVES = {"holder": "parties", "recipient": "recipient", "both": "parties", "authority": "parties", "persons": "flow"}


class Range(NamedTuple):
    """A count known only to lie in a range; `high` None: no upper end is known."""

    low: int
    high: int | None


class Places(NamedTuple):
    """A set of places; where it is not complete there may be more."""

    members: frozenset[str]
    complete: bool = True


class Members(NamedTuple):
    """A yes or no per member of a some-of fact: `yes` surely, `open` unknown, all others no."""

    yes: frozenset[str]
    open: frozenset[str] = frozenset()


class Owner(NamedTuple):
    """One owner: percent held of the person, its place (None: not said), and its own owners."""

    percent: int
    place: str | None
    owners: tuple[Owner, ...] = ()


Value = bool | int | Range | str | Places | Members | tuple[Owner, ...] | dt.date | dt.datetime
Tri = bool | None  # true, false, unknown


@dataclass(frozen=True)
class Fact:
    """One named, typed statement about a case.

    Attributes:
        presume: what is taken when nobody says (None: nothing, the fact stays unknown).
        presume_from: the fact whose value is taken instead.
        hides: whether a wrong presumption can hide a `worse` verdict, only a `better` one, or `none`.
        change: the effort of changing it, 1 a setting to 5 a regulator's approval; None: it cannot be changed.
    """

    id: str
    type: str
    means: str
    ask: str
    of: tuple[str, ...] = ()
    unit: str = ""
    presume: Value | None = None
    presume_from: str | None = None
    because: str = ""
    hides: str = "none"
    once: bool = False
    change: int | None = None
    judged: bool = False
    dpv: str = ""
    role: str = ""


@dataclass(frozen=True)
class Place:
    """A country, a subdivision that law knows, or an organisation with a legal order of its own.

    Attributes:
        zone: time zone of the seat of its government, by its name in the IANA database; empty: as in `within`.
    """

    id: str
    name: str
    within: str | None = None
    kind: str = "place"
    zone: str = ""


@dataclass(frozen=True)
class Row:
    """A place in a group from `first_day` to `last_day` (both inclusive, None: open)."""

    place: str
    first_day: dt.date | None = None
    last_day: dt.date | None = None

    def holds_on(self, day: dt.date) -> bool:
        """Whether the row is in force on a day."""
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class Group:
    """A dated set of places."""

    id: str
    rows: tuple[Row, ...]
    means: str = ""


@dataclass(frozen=True)
class Entry:
    """A category, purpose, necessity, kind or role: an id with its meaning."""

    id: str
    means: str = ""
    within: tuple[str, ...] = ()
    presume_absent: bool = False
    dpv: str = ""
    word: str = ""
    asks: str = ""


@dataclass(frozen=True)
class Measure:
    """What the parties can put in place; effort 1 (a setting) to 5 (a regulator's approval).

    Attributes:
        serves: how far one of them reaches: all that the `holder` does under a law, all between the `parties`, all that
            goes to the `recipient`, or this `flow` only.
        decides: the authority whose word it takes; empty: nobody's.
        takes: how long the law gives that authority.
    """

    id: str
    effort: int
    by: str
    means: str
    dpv: str = ""
    serves: str = "parties"
    decides: str = ""
    takes: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """All declared names. Frozen; lookups are derived on first use.

    Attributes:
        mirrors: a bool fact, the some-of fact and the member of it that say the same.
    """

    facts: tuple[Fact, ...]
    places: tuple[Place, ...]
    groups: tuple[Group, ...]
    categories: tuple[Entry, ...]
    purposes: tuple[Entry, ...]
    necessities: tuple[Entry, ...]
    kinds: tuple[Entry, ...]
    roles: tuple[Entry, ...]
    measures: tuple[Measure, ...]
    mirrors: tuple[tuple[str, str, str], ...] = field(default=(("data.personal", "data.categories", "personal"),))

    @cached_property
    def fact(self) -> dict[str, Fact]:
        """Facts by id."""
        return {f.id: f for f in self.facts}

    @cached_property
    def place(self) -> dict[str, Place]:
        """Places by id."""
        return {p.id: p for p in self.places}

    @cached_property
    def measure(self) -> dict[str, Measure]:
        """Measures by id."""
        return {m.id: m for m in self.measures}

    @cached_property
    def group(self) -> dict[str, Group]:
        """General groups by id."""
        return {g.id: g for g in self.groups}

    @cached_property
    def above(self) -> dict[str, frozenset[str]]:
        """For each place the places that contain it, itself included."""
        found: dict[str, frozenset[str]] = {}
        for place in self.places:
            chain, current = [place.id], place.within
            while current and current not in chain and current in self.place:
                chain.append(current)
                current = self.place[current].within
            found[place.id] = frozenset(chain)
        return found

    @cached_property
    def below(self) -> dict[str, frozenset[str]]:
        """For each place the places inside it, itself left out."""
        inside: dict[str, set[str]] = {p.id: set() for p in self.places}
        for place, chain in self.above.items():
            for upper in chain - {place}:
                inside[upper].add(place)
        return {place: frozenset(found) for place, found in inside.items()}

    @cached_property
    def vocabularies(self) -> dict[str, tuple[Entry, ...]]:
        """The vocabularies that a some-of fact may draw on."""
        return {"categories": self.categories, "purposes": self.purposes, "necessities": self.necessities}

    @cached_property
    def members(self) -> dict[str, frozenset[str]]:
        """For each some-of fact all its members."""
        return {f.id: frozenset(f.of) for f in self.facts if f.type == "some-of"}

    @cached_property
    def broader(self) -> dict[str, frozenset[str]]:
        """For each category (purpose, necessity) those it belongs to, itself included."""
        return {e.id: _closure(e.id, entries) for entries in self.vocabularies.values() for e in entries}

    @cached_property
    def narrower(self) -> dict[str, frozenset[str]]:
        """For each category (purpose, necessity) those that belong to it, itself included."""
        found: dict[str, set[str]] = {}
        for member, uppers in self.broader.items():
            for upper in uppers:
                found.setdefault(upper, set()).add(member)
        return {upper: frozenset(members) for upper, members in found.items()}

    @cached_property
    def presumed_absent(self) -> dict[str, frozenset[str]]:
        """For each some-of fact the members that are presumed absent where nobody names them."""
        found: dict[str, frozenset[str]] = {}
        absent = {e.id for entries in self.vocabularies.values() for e in entries if e.presume_absent}
        for fact in self.facts:
            if fact.type == "some-of":
                every = self.members[fact.id]
                presumed = every if fact.presume is not None else every & absent
                found[fact.id] = frozenset(n for m in presumed for n in self.narrower.get(m, {m}))
        return found


def _closure(start: str, entries: Iterable[Entry]) -> frozenset[str]:
    within = {e.id: e.within for e in entries}
    seen: set[str] = set()
    queue = [start]
    while queue:
        current = queue.pop()
        if current not in seen:
            seen.add(current)
            queue.extend(within.get(current, ()))
    return frozenset(seen)


# --- reading


def read_vocabulary(folder: Path = VOCABULARY_DIR) -> Vocabulary:
    """Read the vocabulary from its YAML files.

    Raises:
        InputError: with every problem of every file.
    """
    return VocabularyReader().read(folder)


class VocabularyReader:
    """Reads the files of one vocabulary folder and collects their problems."""

    def __init__(self) -> None:
        self.problems = Problems()
        self.seen: dict[str, Span] = {}

    def read(self, folder: Path) -> Vocabulary:
        """All files of the folder as one vocabulary."""
        sections = (
            "kinds",
            "roles",
            "person",
            "facts",
            "categories",
            "purposes",
            "necessities",
            "places",
            "groups",
            "measures",
        )
        nodes: dict[str, list[doc.Node]] = {name: [] for name in sections}
        for path in sorted(folder.glob("*.yaml")):
            try:
                root = doc.read_document(path, shown=f"{folder.name}/{path.name}")
            except InputError as error:
                self.problems.found.extend(error.problems)
                continue
            fields = doc.to_fields(root, self.problems, what="a vocabulary file", optional=sections)
            for name in sections:
                nodes[name].extend(fields.items(name))
        listed = ("kinds", "roles", "categories", "purposes", "necessities")
        entries = {name: self._entries(name, nodes[name]) for name in listed}
        facts = self._facts(nodes, entries)
        places = self._places(nodes["places"])
        vocabulary = Vocabulary(
            facts=facts,
            places=places,
            groups=read_groups(nodes["groups"], {p.id for p in places}, self.problems),
            measures=self._measures(nodes["measures"]),
            categories=entries["categories"],
            purposes=entries["purposes"],
            necessities=entries["necessities"],
            kinds=entries["kinds"],
            roles=entries["roles"],
        )
        self._check_links(vocabulary)
        self.problems.require_none()
        return vocabulary

    def _new(self, section: str, id_: str, span: Span) -> None:
        key = f"{section}:{id_}"
        if key in self.seen:
            self.problems.add(
                "duplicate-id", f"`{id_}` is declared twice", span, help=f"the first is at {self.seen[key]}"
            )
        self.seen[key] = span

    def _entries(self, section: str, nodes: list[doc.Node]) -> tuple[Entry, ...]:
        found = []
        uppers: list[doc.Scalar] = []
        for node in nodes:
            keys = ("means", "is", "presume", "dpv", "word", "asks")
            f = doc.to_fields(node, self.problems, what="an entry", required=("id",), optional=keys)
            self._new(section, f.text("id"), f.span_of("id"))
            uppers += f.texts("is")
            entry = Entry(
                id=f.text("id"),
                means=f.text("means"),
                within=tuple(t.text for t in f.texts("is")),
                presume_absent=f.text("presume") == "false",
                dpv=f.text("dpv"),
                word=f.text("word"),
                asks=f.text("asks"),
            )
            found.append(entry)
        known = [e.id for e in found]
        for upper in uppers:
            if upper.text not in known:
                self.problems.add_unknown("unknown-category", "category", upper.text, known, upper.span)
        return tuple(found)

    def _facts(self, nodes: dict[str, list[doc.Node]], entries: dict[str, tuple[Entry, ...]]) -> tuple[Fact, ...]:
        kinds = tuple(e.id for e in entries["kinds"])
        found = [
            Fact("kind", "one-of", "kind of case", "What kind of case is it?", of=kinds),
            Fact("day", "day", "the day of the case", "On which day?"),
        ]
        found += [self._fact(node, entries, "", "") for node in nodes["facts"]]
        found += [
            self._fact(node, entries, role.id, role.word or role.id)
            for role in entries["roles"]
            for node in nodes["person"]
        ]
        return tuple(found)

    def _fact(self, node: doc.Node, entries: dict[str, tuple[Entry, ...]], role: str, word: str) -> Fact:
        keys = ("of", "unit", "presume", "presume_from", "because", "hides", "once", "change", "judged", "dpv", "over")
        f = doc.to_fields(node, self.problems, what="a fact", required=("id", "type", "means", "ask"), optional=keys)
        type_ = f.one_of("type", TYPES, "bool")
        id_ = f"{role}.{f.text('id')}" if role else f.text("id")
        self._new("fact", id_, f.span_of("id"))
        of: tuple[str, ...] = tuple(t.text for t in f.texts("of"))
        if type_ == "some-of":
            if f.text("of") not in entries:
                self.problems.add_unknown("unknown-value", "vocabulary", f.text("of"), entries, f.span_of("of"))
            else:
                of = tuple(e.id for e in entries[f.text("of")])
        source = f.text("presume_from") or None
        if source and role and "." not in source:
            source = f"{role}.{source}"
        if (f.has("presume") or source) and not f.text("because"):
            self.problems.add("missing-key", "a presumption needs `because`", f.span, context=id_)
        return Fact(
            id=id_,
            type=type_,
            means=f.text("means").replace("{role}", word),
            ask=f.text("ask").replace("{role}", word),
            of=of,
            unit=f.text("unit"),
            presume=self._presumed(f, type_),
            presume_from=source,
            because=f.text("because"),
            hides=f.one_of("hides", ("worse", "better", "none"), "none"),
            once=f.flag("once"),
            change=f.number("change"),
            judged=f.flag("judged"),
            dpv=f.text("dpv"),
            role=role,
        )

    def _presumed(self, f: doc.Fields, type_: str) -> Value | None:
        if not f.has("presume"):
            return None
        if type_ == "bool":
            return f.flag("presume")
        if type_ == "one-of":
            return f.text("presume")
        texts = frozenset(t.text for t in f.texts("presume"))
        if type_ == "places":
            return Places(texts)
        if type_ == "some-of" and not texts:
            return Members(frozenset())
        self.problems.add("type-clash", f"nothing can be presumed for a {type_} here", f.span_of("presume"))
        return None

    def _places(self, nodes: list[doc.Node]) -> tuple[Place, ...]:
        found = []
        for node in nodes:
            keys = ("in", "kind", "zone")
            f = doc.to_fields(node, self.problems, what="a place", required=("id", "name"), optional=keys)
            self._new("place", f.text("id"), f.span_of("id"))
            within, kind = f.text("in") or None, f.text("kind", "place")
            found.append(Place(f.text("id"), f.text("name"), within, kind, f.text("zone")))
        return tuple(found)

    def _measures(self, nodes: list[doc.Node]) -> tuple[Measure, ...]:
        found = []
        for node in nodes:
            required, optional = ("id", "effort", "by", "means"), ("dpv", "serves", "decides", "takes")
            f = doc.to_fields(node, self.problems, what="a measure", required=required, optional=optional)
            self._new("measure", f.text("id"), f.span_of("id"))
            by = f.one_of("by", tuple(SERVES), "holder")
            measure = Measure(
                id=f.text("id"),
                effort=f.number("effort", 1) or 1,
                by=by,
                means=f.text("means"),
                dpv=f.text("dpv"),
                serves=f.one_of("serves", ("holder", "parties", "recipient", "flow"), SERVES[by]),
                decides=f.text("decides"),
                takes=f.text("takes"),
            )
            found.append(measure)
        return tuple(found)

    def _check_links(self, vocabulary: Vocabulary) -> None:
        for fact in vocabulary.facts:
            source = fact.presume_from
            seen = {fact.id}
            while source:
                span = self.seen.get(f"fact:{fact.id}", Span("vocabulary"))
                if source not in vocabulary.fact:
                    self.problems.add_unknown("unknown-fact", "fact", source, vocabulary.fact, span)
                    break
                if source in seen:
                    self.problems.add("cycle", f"the presumption of `{fact.id}` goes in a circle", span)
                    break
                seen.add(source)
                source = vocabulary.fact[source].presume_from
        for place in vocabulary.places:
            if place.within and place.within not in vocabulary.place:
                span = self.seen[f"place:{place.id}"]
                self.problems.add_unknown("unknown-place", "place", place.within, vocabulary.place, span)


def read_groups(
    nodes: Iterable[doc.Node], places: set[str], problems: Problems, known: Mapping[str, Group] | None = None
) -> tuple[Group, ...]:
    """Read dated groups; a group may take in another one, cut to the days of the row."""
    raw: dict[str, tuple[doc.Fields, list[doc.Fields]]] = {}
    for node in nodes:
        f = doc.to_fields(
            node, problems, what="a group", required=("id", "members"), optional=("means", "source", "confidence")
        )
        rows = []
        for item in f.items("members"):
            keys = ("place", "group", "first_day", "last_day", "source", "confidence", "cite")
            rows.append(doc.to_fields(item, problems, what="a member", optional=keys, context=f.text("id")))
        if f.text("id") in raw:
            problems.add("duplicate-id", f"the group `{f.text('id')}` is declared twice", f.span_of("id"))
        raw[f.text("id")] = (f, rows)
    done: dict[str, Group] = dict(known or {})

    def settle(id_: str, open_: tuple[str, ...]) -> Group:
        if id_ in done:
            return done[id_]
        f, rows = raw[id_]
        found: list[Row] = []
        own: list[tuple[Row, Span]] = []  # taken in with a group, a place may stand twice
        for row in rows:
            inner = row.text("group")
            if inner:
                if inner in open_:
                    problems.add("cycle", f"the group `{inner}` contains itself", row.span_of("group"))
                elif inner not in raw and inner not in done:
                    problems.add_unknown("unknown-place", "group", inner, [*raw, *done], row.span_of("group"))
                else:
                    found += [
                        r
                        for m in settle(inner, (*open_, inner)).rows
                        if (r := cut(m, row.day("first_day"), row.day("last_day")))
                    ]
            elif row.text("place") not in places:
                problems.add_unknown("unknown-place", "place", row.text("place"), places, row.span_of("place"))
            else:
                own.append((to_row(row, problems), row.span))
        check_overlaps(own, problems, id_)
        done[id_] = Group(id_, tuple(found + [row for row, _ in own]), f.text("means"))
        return done[id_]

    return tuple(settle(id_, (id_,)) for id_ in raw)


def to_row(fields: doc.Fields, problems: Problems) -> Row:
    """A dated row; a last day before the first is noted."""
    first, last = fields.day("first_day"), fields.day("last_day")
    if first and last and last < first:
        problems.add(
            "days-reversed", "the last day is before the first", fields.span_of("last_day"), context=fields.context
        )
    return Row(fields.text("place"), first, last)


def cut(row: Row, first: dt.date | None, last: dt.date | None) -> Row | None:
    """A row within bounds; None where nothing is left."""
    start = max([d for d in (row.first_day, first) if d], default=None)
    end = min([d for d in (row.last_day, last) if d], default=None)
    return None if start and end and end < start else Row(row.place, start, end)


def check_overlaps(rows: list[tuple[Row, Span]], problems: Problems, what: str) -> None:
    """Note rows of one place whose days overlap."""
    by_place: dict[str, list[tuple[Row, Span]]] = {}
    for row, span in rows:
        by_place.setdefault(row.place, []).append((row, span))
    for place, same in by_place.items():
        ordered = sorted(same, key=lambda r: r[0].first_day or dt.date.min)
        for (one, _), (two, span) in itertools.pairwise(ordered):
            if one.last_day is None or (two.first_day or dt.date.min) <= one.last_day:
                message = f"two rows for `{place}` in `{what}` overlap"
                problems.add(
                    "overlapping-rows", message, span, help="end the first on the day before the second starts"
                )
