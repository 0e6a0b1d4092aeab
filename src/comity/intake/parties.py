"""Entities, people and systems of a map: who stands in it, whose data there are and where they lie."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from comity import document as doc
from comity.case import PeopleSet, convert, read_count, read_place, read_value
from comity.errors import Problem, Problems, Span
from comity.facts import Fact, Members, Range, Value, Vocabulary
from comity.intake.places import read_sites
from comity.intake.queries import read_digest, read_query

WINDOWS = ("held", "12-months", "calendar-year", "since-last-year")
CATEGORIES = "data.categories"
# Published lists of recipients, with the facts that an entry on them gives. An entry holds for a time, so it has days.
LISTS = {"dpf": "recipient.dpf", "privacy-shield": "recipient.privacy_shield"}
_FROM_LISTS = ("dpf", "dpf_hr", "privacy_shield")
_CODES = {
    "entity": "unknown-entity",
    "system": "unknown-system",
    "system or entity": "unknown-system",
    "set of people": "unknown-people",
    "entry": "unknown-entry",
}
_ID = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Listing:
    """An entry on a published list, from day to day; `hr`: it covers data of staff too (None: not said)."""

    list: str
    first_day: dt.date | None
    last_day: dt.date | None
    hr: bool | None

    def holds_on(self, day: dt.date) -> bool:
        """Whether the entry is active on a day."""
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal person, or an individual.

    Attributes:
        facts: what was said of it, by the last part of the fact (`owners` for `holder.owners`).
        unknown: what was said to be unknown.
        lists: entries on published lists; None: nothing was said of lists.
    """

    id: str
    name: str
    country: str | None
    facts: Mapping[str, Value] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    group: str = ""
    employer: str = ""
    lists: tuple[Listing, ...] | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """What a system holds of some people; `data` None: not said."""

    people: tuple[str, ...]
    data: Members | None


@dataclass(frozen=True, slots=True)
class System:
    """A system: where it stands (nowhere: nobody knows), who runs it, for whom, and what it holds."""

    id: str
    name: str
    places: tuple[str, ...]
    run_by: str
    owner: str
    holds: tuple[Holds, ...]


@dataclass(slots=True)
class Index:
    """All ids of a map, in one namespace over all of its files."""

    problems: Problems
    seen: dict[str, tuple[str, Span]] = field(default_factory=dict)

    def note(self, section: str, id_: doc.Node | None) -> None:
        """Take an id down; one that is no id, or is taken, is a problem."""
        if not isinstance(id_, doc.Scalar) or not id_.text:
            return
        if not _ID.fullmatch(id_.text):
            help_ = "lower case letters and digits, with `-`, `_` or `.` between them"
            self.problems.add("wrong-id", f"`{id_.text}` is no id", id_.span, help=help_)
        if id_.text in self.seen:
            where, first = self.seen[id_.text]
            message = f"the id `{id_.text}` is used twice"
            self.problems.add("duplicate-id", message, id_.span, help=f"the first is in `{where}`, {first}")
        else:
            self.seen[id_.text] = (section, id_.span)

    def known(self, *sections: str) -> list[str]:
        """The ids of some sections."""
        return [id_ for id_, (section, _) in self.seen.items() if section in sections]

    def check(self, what: str, id_: doc.Scalar, *sections: str, context: str = "") -> bool:
        """Whether an id stands in one of the sections; if not, that is a problem."""
        found = self.seen.get(id_.text)
        if found is not None and found[0] in sections:
            return True
        names = self.known(*sections)
        self.problems.add_unknown(_CODES[what], what, id_.text, names, id_.span, context=context)
        last = self.problems.found[-1]
        if not last.help:
            help_ = f"`{id_.text}` stands in `{found[0]}`" if found else _choices(names)
            self.problems.found.pop()
            self.problems.add(last.code, last.message, last.span, help=help_, context=context)
        return False


def _choices(names: list[str]) -> str:
    shown = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
    return f"known: {shown}" if names else ""


@dataclass(slots=True)
class Parties:
    """Everybody and everything that entries of a map refer to, by id."""

    entities: dict[str, Entity] = field(default_factory=dict)
    people: dict[str, PeopleSet] = field(default_factory=dict)
    systems: dict[str, System] = field(default_factory=dict)
    people_of: dict[str, str] = field(default_factory=dict)


class PartyReader:
    """Reads entities, people and systems and notes their problems."""

    def __init__(self, vocabulary: Vocabulary, day: dt.date, index: Index) -> None:
        self.vocabulary = vocabulary
        self.day = day
        self.index = index
        self.problems = index.problems
        self.person = person_facts(vocabulary)
        self.remarks: list[Problem] = []  # what somebody should look at, and is no error

    def read(self, sections: Mapping[str, list[doc.Node]]) -> Parties:
        """All three sections."""
        found = Parties()
        for node in sections["entities"]:
            entity = self._entity(node)
            found.entities.setdefault(entity.id, entity)
        for node in sections["people"]:
            people, of = self._people(node)
            found.people.setdefault(people.id, people)
            found.people_of.setdefault(people.id, of)
        for node in sections["systems"]:
            system = self._system(node)
            found.systems.setdefault(system.id, system)
        return found

    # --- entities

    def _entity(self, node: doc.Node) -> Entity:
        context = _context("entity", node)
        optional = ("name", "group", "employer", "lists", *(k for k in self.person if k != "country"), *_FROM_LISTS)
        f = doc.to_fields(
            node, self.problems, what="an entity", required=("id", "country"), optional=optional, context=context
        )
        for key in _FROM_LISTS:
            if f.has(key):
                help_ = "write `lists: [{list: dpf, from: 2023-09-01, until: 2026-09-01}]`"
                message = f"`{key}` holds for a time only"
                self.problems.add("unknown-key", message, f.span_of(key), help=help_, context=context)
        facts, unknown = self._person(f)
        country = facts.pop("country", None)
        employer = f.node("employer")
        if isinstance(employer, doc.Scalar):
            self.index.check("entity", employer, "entities", context=context)
        return Entity(
            id=f.text("id"),
            name=f.text("name", f.text("id")),
            country=country if isinstance(country, str) else None,
            facts=facts,
            unknown=unknown,
            group=f.text("group"),
            employer=f.text("employer"),
            lists=self._lists(f) if f.has("lists") else None,
        )

    def _person(self, f: doc.Fields) -> tuple[dict[str, Value], frozenset[str]]:
        facts: dict[str, Value] = {}
        unknown: set[str] = set()
        for key, fact in self.person.items():
            node = f.node(key)
            if node is None:
                continue
            if fact.type == "places":
                node = self._spread(node)
            if is_unknown(node):
                unknown.add(key)
            elif (value := read_value(node, fact, self.vocabulary, self.problems)) is not None:
                facts[key] = value
        return facts, frozenset(unknown)

    def _spread(self, node: doc.Node) -> doc.Node:
        """A list of places in which a group, such as `EU`, is replaced by its members on the day."""
        if isinstance(node, doc.Mapping):
            return doc.Mapping(tuple((key, self._spread(value)) for key, value in node.pairs), node.span)
        items: list[doc.Node] = []
        for item in node.items if isinstance(node, doc.Sequence) else (node,):
            group = self.vocabulary.group.get(item.text) if isinstance(item, doc.Scalar) else None
            if group is not None:
                places = sorted({row.place for row in group.rows if row.holds_on(self.day)})
                items += [doc.Scalar(place, item.span) for place in places]
            elif not self._is_misspelt_group(item):
                items.append(item)
        return node if items == [node] else doc.Sequence(tuple(items), node.span)

    def _is_misspelt_group(self, item: doc.Node) -> bool:
        """Whether a text is no place and near to a group; then that is noted."""
        if not isinstance(item, doc.Scalar) or item.text in self.vocabulary.place or is_unknown(item):
            return False
        help_ = self.problems.near(item.text, self.vocabulary.group)
        if help_:
            message = f"`{item.text}` is not a known place or group"
            self.problems.add("unknown-place", message, item.span, help=help_)
        return bool(help_)

    def _lists(self, f: doc.Fields) -> tuple[Listing, ...]:
        found: list[tuple[Listing, Span]] = []
        for node in f.items("lists"):
            optional = ("from", "until", "hr")
            row = doc.to_fields(
                node, self.problems, what="an entry on a list", required=("list",), optional=optional, context=f.context
            )
            name = row.one_of("list", LISTS, "dpf")
            first, last = read_days(row, self.problems)
            hr = row.flag("hr") if row.has("hr") else None
            found.append((Listing(name, first, last, hr), row.span))
        self._check_overlaps(found, f.context)
        return tuple(listing for listing, _ in found)

    def _check_overlaps(self, found: list[tuple[Listing, Span]], context: str) -> None:
        for name in LISTS:
            same = sorted((x for x in found if x[0].list == name), key=lambda x: x[0].first_day or dt.date.min)
            for (one, _), (two, span) in itertools.pairwise(same):
                if one.last_day is None or (two.first_day or dt.date.min) <= one.last_day:
                    message = f"two entries on `{name}` overlap"
                    help_ = "end the first on the day before the second starts"
                    self.problems.add("overlapping-rows", message, span, help=help_, context=context)

    # --- people

    def _people(self, node: doc.Node) -> tuple[PeopleSet, str]:
        context = _context("people", node)
        optional = ("name", "of", "window", "counted", "count", "devices", "apart_from", "query", "digest")
        f = doc.to_fields(
            node, self.problems, what="a set of people", required=("id",), optional=optional, context=context
        )
        of = f.node("of")
        if isinstance(of, doc.Scalar):
            self.index.check("entity", of, "entities", context=context)
        apart = [
            s.text for s in f.texts("apart_from") if self.index.check("set of people", s, "people", context=context)
        ]
        if f.text("id") in apart:
            message = "a set of people is not apart from itself"
            self.problems.add("cycle", message, f.span_of("apart_from"), context=context)
        people = PeopleSet(
            id=f.text("id"),
            counts=self._counts(f, "count"),
            window=f.one_of("window", WINDOWS, "held") if f.has("window") else "",
            counted_day=f.day("counted"),
            apart_from=frozenset(apart) - {f.text("id")},
            devices=self._counts(f, "devices"),
        )
        self._check_query(f)
        return people, f.text("of")

    def _check_query(self, f: doc.Fields) -> None:
        """Whether the count of a set comes of the query that stands beside it; a check runs none."""
        node, digest = f.node("query"), read_digest(f)
        query = read_query(node, f.text("id"), self.vocabulary, self.problems, context=f.context) if node else None
        if query and digest and query.digest != digest:
            message, help_ = "the query is not the one that was counted", "run `comity count`"
            span = f.span_of("digest")
            self.remarks.append(Problem("query-changed", message, span, f.context, help_, "warning"))

    def _counts(self, f: doc.Fields, key: str) -> dict[str, int | Range]:
        node = f.node(key)
        found: dict[str, int | Range] = {}
        if node is None:
            return found
        if not isinstance(node, doc.Mapping):
            help_ = f"write `{key}: {{DE: 120, FR: 80}}`"
            self.problems.add("type-clash", "counts stand by place", node.span, help=help_, context=f.context)
            return found
        for name, value in node.pairs:
            place = read_place(name, self.vocabulary, self.problems, context=f.context)
            count = read_count(value, self.problems, context=f.context)
            if place is not None and count is not None:
                found[place] = count
        return found

    # --- systems

    def _system(self, node: doc.Node) -> System:
        context = _context("system", node)
        required = ("id", "place", "run_by")
        f = doc.to_fields(
            node, self.problems, what="a system", required=required, optional=("name", "for", "holds"), context=context
        )
        for key in ("run_by", "for"):
            who = f.node(key)
            if isinstance(who, doc.Scalar):
                self.index.check("entity", who, "entities", context=context)
        where = f.node("place")
        return System(
            id=f.text("id"),
            name=f.text("name", f.text("id")),
            places=self._sites(where, context) if where is not None else (),
            run_by=f.text("run_by"),
            owner=f.text("for", f.text("run_by")),
            holds=tuple(self._holds(item, context) for item in f.items("holds")),
        )

    def _sites(self, where: doc.Node, context: str) -> tuple[str, ...]:
        if is_unknown(where):
            return ()
        return read_sites(where, self.vocabulary, self.problems, context=context)

    def _holds(self, node: doc.Node, context: str) -> Holds:
        f = doc.to_fields(node, self.problems, what="what is held", optional=("people", "data"), context=context)
        people = read_refs(f, "people", "set of people", self.index, "people")
        return Holds(people, read_data(f, self.vocabulary, self.problems))


# --- shared by all sections


def read_refs(f: doc.Fields, key: str, what: str, index: Index, *sections: str) -> tuple[str, ...]:
    """Ids of one or several things of some sections, each once; unknown ones are noted and left out."""
    names = [s.text for s in f.texts(key) if index.check(what, s, *sections, context=f.context)]
    return tuple(dict.fromkeys(names))


def read_ref(f: doc.Fields, key: str, what: str, index: Index, *sections: str) -> str:
    """The id of one thing; empty where there is none or it is unknown."""
    node = f.node(key)
    if node is None:
        return ""
    if not isinstance(node, doc.Scalar):
        index.problems.add("type-clash", f"`{key}` is one id", node.span, context=f.context)
        return ""
    return node.text if index.check(what, node, *sections, context=f.context) else ""


def read_data(f: doc.Fields, vocabulary: Vocabulary, problems: Problems) -> Members | None:
    """The categories under `data`; None where it is missing or said to be unknown."""
    node = f.node("data")
    if node is None or is_unknown(node):
        return None
    value = read_value(node, vocabulary.fact[CATEGORIES], vocabulary, problems)
    return value if isinstance(value, Members) else None


def read_days(
    f: doc.Fields, problems: Problems, first: str = "from", last: str = "until"
) -> tuple[dt.date | None, dt.date | None]:
    """First and last day; a last day before the first is noted."""
    start, end = f.day(first), f.day(last)
    if start and end and end < start:
        message = f"`{last}` is before `{first}`"
        problems.add("days-reversed", message, f.span_of(last), context=f.context)
    return start, end


def is_unknown(node: doc.Node) -> bool:
    """Whether a value says that it is unknown."""
    return isinstance(node, doc.Scalar) and node.text == "unknown" and not node.quoted


def _context(what: str, node: doc.Node) -> str:
    id_ = node.get("id") if isinstance(node, doc.Mapping) else None
    return f"{what} {id_.text}" if isinstance(id_, doc.Scalar) else what


def person_facts(vocabulary: Vocabulary) -> dict[str, Fact]:
    """What can be said of an entity: the facts of holder and recipient, by their last part."""
    found: dict[str, Fact] = {}
    for role in ("holder", "recipient"):
        for fact in vocabulary.facts:
            rest = fact.id.removeprefix(f"{role}.")
            if rest != fact.id and "." not in rest and rest not in _FROM_LISTS:
                found.setdefault(rest, fact)
    return found


# --- an entity in a role


def in_role(
    entity: Entity, role: str, vocabulary: Vocabulary, day: dt.date, *, at: str = ""
) -> tuple[dict[str, Value], set[str]]:
    """What is known of an entity as facts of a role, and what is said to be unknown.

    Args:
        entity: the entity.
        role: `holder`, `recipient` or `recipient.employer`.
        vocabulary: its facts are given, no other ones.
        day: the day for which published lists are read.
        at: the place from which it acts in this case, where that is not its country. What is then not said of its law,
            seat and owners follows its own country all the same: nobody changes law by travelling.
    """
    known = vocabulary.fact
    facts = {f"{role}.{key}": value for key, value in entity.facts.items() if f"{role}.{key}" in known}
    unknown = {f"{role}.{key}" for key in entity.unknown if f"{role}.{key}" in known}
    country = at or entity.country
    if country and f"{role}.country" in known:
        facts[f"{role}.country"] = country
    if at and entity.country and at != entity.country:
        for name in _following(role, vocabulary):
            if name not in facts and name not in unknown:
                facts[name] = convert(entity.country, known[name].type)
    if role == "recipient":
        facts.update(_listed(entity, vocabulary, day))
    return facts, unknown


def _following(role: str, vocabulary: Vocabulary) -> Iterable[str]:
    for fact in vocabulary.facts:
        if fact.role == role and fact.presume_from == f"{role}.country" and fact.type in ("place", "shares"):
            yield fact.id


def _listed(entity: Entity, vocabulary: Vocabulary, day: dt.date) -> dict[str, Value]:
    if entity.lists is None:
        return {}
    active = [listing for listing in entity.lists if listing.holds_on(day)]
    found: dict[str, Value] = {}
    for name, fact in LISTS.items():
        if fact in vocabulary.fact:
            found[fact] = any(listing.list == name for listing in active)
    hr = [listing.hr for listing in active if listing.list == "dpf" and listing.hr is not None]
    if hr and "recipient.dpf_hr" in vocabulary.fact:
        found["recipient.dpf_hr"] = any(hr)
    return found
