"""Entries of a map to flows: one case each, or several where recipients, purposes or sets of data are mixed."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from comity import document as doc
from comity.case import Case, End, Flow, Holding, Part, PeopleSet, normalise, read_facts, read_totals, read_value
from comity.errors import Problems
from comity.facts import Members, Places, Range, Value, Vocabulary
from comity.intake.measures import Said, assumed_totals, concern_of, opinions_on, states, with_assumed
from comity.intake.parties import (
    CATEGORIES,
    Entity,
    Index,
    Parties,
    System,
    in_role,
    is_unknown,
    read_data,
    read_days,
    read_ref,
    read_refs,
)

MAX_CASES = 1000  # per entry: a thousand recipients, or ten recipients, purposes and parts each

WHAT = {
    "flows": "flow",
    "access": "access",
    "requests": "request",
    "incidents": "incident",
    "collections": "collection",
    "storage": "storage",
    "products": "product",
    "acts": "act",
}
KINDS = {
    "flows": "transfer",
    "access": "transfer",
    "requests": "access-request",
    "incidents": "incident",
    "collections": "collection",
    "storage": "storage",
    "products": "product",
    "acts": "state-act",
}
REQUIRED = {
    "flows": ("id", "from", "to"),
    "access": ("id", "who", "into"),
    "requests": ("id", "authority", "to"),
    "incidents": ("id", "entity"),
    "collections": ("id", "entity"),
    "storage": ("id", "system"),
    "products": ("id", "entity"),
    "acts": ("id", "state"),
}
_ALWAYS = ("name", "facts", "totals")
_DATA = ("people", "data", "purposes")
_TRANSFER = (*_ALWAYS, *_DATA, "deal", "parts", "from_day", "until_day", "alternatives")
OPTIONAL = {
    "flows": _TRANSFER,
    "access": (*_TRANSFER, "from"),
    "requests": (*_ALWAYS, *_DATA, "system", "day"),
    "incidents": (*_ALWAYS, *_DATA, "system", "day"),
    "collections": (*_ALWAYS, *_DATA, "into", "from_day", "until_day", "alternatives"),
    "storage": (*_ALWAYS, *_DATA, "from_day", "until_day", "alternatives"),
    "products": _ALWAYS,
    "acts": (*_ALWAYS, "entity"),
}
# Facts that stand in an entry by their last part: `risk` for `incident.risk`.
PREFIX = {"requests": "request", "incidents": "incident", "products": "product", "acts": "act"}
_PLACED = frozenset({"data.stored_in", "flow.systems_in"})
PART_KEYS = ("people", "data", "purposes", "facts")


@dataclass(slots=True)
class _Side:
    """Who gets the data in one case: an entity, from a place, in a system; or nobody."""

    entity: Entity | None = None
    system: System | None = None
    at: str = ""
    label: str = ""


@dataclass(slots=True)
class _Set:
    """One set of data of an entry."""

    people: tuple[str, ...] | None  # None: not said
    data: Members | None
    purposes: tuple[str, ...]
    facts: dict[str, Value] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    label: str = ""


@dataclass(slots=True)
class _Entry:
    """An entry while its cases are made."""

    section: str
    fields: doc.Fields
    holder: Entity | None = None
    holders: tuple[Entity, ...] = ()  # where one incident or product is that of several
    source: System | None = None
    sides: list[_Side] = field(default_factory=lambda: [_Side()])
    facts: dict[str, Value] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    ends: list[End] = field(default_factory=list)
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    day: dt.date | None = None

    @property
    def id(self) -> str:
        """The id of the entry."""
        return self.fields.text("id")


def entry_keys(section: str, vocabulary: Vocabulary) -> dict[str, str]:
    """The keys of an entry that are facts, with the fact that each one is."""
    prefix = PREFIX.get(section)
    if prefix is None:
        return {}
    return {f.id.removeprefix(f"{prefix}."): f.id for f in vocabulary.facts if f.id.startswith(f"{prefix}.")}


class CaseMaker:
    """Makes the flows of a map from its entries and notes their problems."""

    def __init__(self, vocabulary: Vocabulary, day: dt.date, index: Index, parties: Parties, said: Said) -> None:
        self.vocabulary = vocabulary
        self.day = day
        self.index = index
        self.problems: Problems = index.problems
        self.parties = parties
        self.said = said
        self._normal = functools.cache(lambda said: normalise(vocabulary, dict(said)))  # of a long map most are alike

    # --- reading entries

    def flow(self, section: str, node: doc.Node) -> Flow:
        """One entry as a flow with its cases."""
        id_ = node.get("id") if isinstance(node, doc.Mapping) else None
        context = f"{WHAT[section]} {id_.text}" if isinstance(id_, doc.Scalar) else WHAT[section]
        direct = entry_keys(section, self.vocabulary)
        optional = (*OPTIONAL[section], *(k for k in direct if k not in REQUIRED[section]))
        what = ("an " if WHAT[section][0] in "ai" else "a ") + WHAT[section]
        f = doc.to_fields(
            node, self.problems, what=what, required=REQUIRED[section], optional=optional, context=context
        )
        entry = _Entry(section, f)
        for key, fact in direct.items():
            self._direct(entry, key, fact)
        if f.has("deal"):
            self._direct(entry, "deal", "flow.deal")
        if "from_day" in OPTIONAL[section]:
            entry.first_day, entry.last_day = read_days(f, self.problems, "from_day", "until_day")
        getattr(self, f"_{section}")(entry)
        return self._finish(entry)

    def _direct(self, entry: _Entry, key: str, fact: str) -> None:
        node = entry.fields.node(key)
        if node is None or fact not in self.vocabulary.fact:
            return
        if is_unknown(node):
            entry.unknown.add(fact)
        elif (value := read_value(node, self.vocabulary.fact[fact], self.vocabulary, self.problems)) is not None:
            entry.facts[fact] = value

    def _flows(self, entry: _Entry) -> None:
        f = entry.fields
        start = read_ref(f, "from", "system or entity", self.index, "systems", "entities")
        entry.source = self.parties.systems.get(start)
        entry.holder = self.parties.entities.get(entry.source.owner if entry.source else start)
        entry.ends = [self._end(start)]
        entry.sides = []
        for target in read_refs(f, "to", "system or entity", self.index, "systems", "entities"):
            system = self.parties.systems.get(target)
            entity = self.parties.entities.get(system.run_by if system else target)
            entry.sides.append(_Side(entity, system, "", target))
            entry.ends.append(self._end(target))
            if target == start:
                self.problems.add(
                    "cycle", f"the flow goes from `{start}` to itself", f.span_of("to"), context=f.context
                )

    def _access(self, entry: _Entry) -> None:
        f = entry.fields
        self._source(entry, "into")
        entry.holder = self.parties.entities.get(entry.source.owner) if entry.source else None
        entry.ends = [self._end(entry.source.id)] if entry.source else []
        fact = self.vocabulary.fact["holder.country"]
        wheres = [read_value(s, fact, self.vocabulary, self.problems) for s in f.texts("from")] or [""]
        entry.sides = []
        for who in read_refs(f, "who", "entity", self.index, "entities"):
            entity = self.parties.entities.get(who)
            for where in wheres:
                at = where if isinstance(where, str) else ""
                label = "/".join([who] * (len(f.texts("who")) > 1) + [at] * (len(wheres) > 1))
                entry.sides.append(_Side(entity, None, at, label or who))
                places = (at,) if at else _country(entity)
                entry.ends.append(End(who, entity.name if entity else who, places))
        entry.facts.setdefault("flow.by", "remote-access")

    def _requests(self, entry: _Entry) -> None:
        f = entry.fields
        entry.holder = self.parties.entities.get(read_ref(f, "to", "entity", self.index, "entities"))
        self._source(entry, "system")
        self._direct(entry, "authority", "authority.country")
        entry.facts.setdefault("authority.kind", "state-body")
        entry.day = f.day("day")
        place = entry.facts.get("authority.country")
        entry.ends = [self._own_end(entry)]
        if isinstance(place, str):
            entry.ends.append(End(place, f"authority of {self.vocabulary.place[place].name}", (place,)))

    def _incidents(self, entry: _Entry) -> None:
        self._entities(entry)
        self._source(entry, "system")
        entry.ends = [self._own_end(entry)]
        entry.day = entry.fields.day("day")
        known = entry.facts.get("incident.known_at")
        if entry.day is None and isinstance(known, dt.datetime):
            entry.day = known.date()

    def _collections(self, entry: _Entry) -> None:
        self._entity(entry)
        self._source(entry, "into")
        entry.ends = [self._own_end(entry)]

    def _storage(self, entry: _Entry) -> None:
        self._source(entry, "system")
        entry.holder = self.parties.entities.get(entry.source.owner) if entry.source else None
        entry.ends = [self._own_end(entry)]

    def _products(self, entry: _Entry) -> None:
        self._entities(entry)
        entry.ends = [self._own_end(entry)]

    def _acts(self, entry: _Entry) -> None:
        self._entity(entry)
        self._direct(entry, "state", "state.country")
        place = entry.facts.get("state.country")
        if isinstance(place, str):
            entry.ends = [End(place, self.vocabulary.place[place].name, (place,))]

    def _entity(self, entry: _Entry) -> None:
        entry.holder = self.parties.entities.get(read_ref(entry.fields, "entity", "entity", self.index, "entities"))

    def _entities(self, entry: _Entry) -> None:
        """One incident or product can be that of several entities: a case for each."""
        named = read_refs(entry.fields, "entity", "entity", self.index, "entities")
        entry.holders = tuple(self.parties.entities[id_] for id_ in named if id_ in self.parties.entities)
        entry.holder = entry.holders[0] if entry.holders else None

    def _source(self, entry: _Entry, key: str) -> None:
        entry.source = self.parties.systems.get(read_ref(entry.fields, key, "system", self.index, "systems"))

    def _end(self, id_: str) -> End:
        system = self.parties.systems.get(id_)
        if system is not None:
            return End(id_, system.name, system.places)
        entity = self.parties.entities.get(id_)
        return End(id_, entity.name if entity else id_, _country(entity))

    def _own_end(self, entry: _Entry) -> End:
        if entry.source is not None:
            return self._end(entry.source.id)
        return self._end(entry.holder.id if entry.holder else "")

    # --- sets of data

    def _sets(self, entry: _Entry) -> list[_Set]:
        f = entry.fields
        whole = self._set(f, "")
        nodes = f.items("parts")
        found: list[_Set] = []
        seen: set[str] = set()
        for node in nodes:
            part = doc.to_fields(
                node, self.problems, what="a part", required=("id",), optional=PART_KEYS, context=f.context
            )
            own = self._set(part, part.text("id"))
            if own.label in seen:
                message = f"the part `{own.label}` stands twice"
                self.problems.add("duplicate-id", message, part.span_of("id"), context=f.context)
            seen.add(own.label)
            found.append(
                replace(
                    own,
                    people=own.people if own.people is not None else whole.people,
                    data=own.data if part.has("data") else whole.data,
                    purposes=own.purposes or whole.purposes,
                    facts={**{k: v for k, v in whole.facts.items() if k not in own.unknown}, **own.facts},
                    unknown=(whole.unknown - own.facts.keys()) | own.unknown,
                )
            )
        return [self._filled(s, entry.source) for s in found or [whole]]

    def _set(self, f: doc.Fields, label: str) -> _Set:
        known = self.vocabulary.members.get("flow.purposes", frozenset())
        for purpose in f.texts("purposes"):
            if purpose.text not in known:
                self.problems.add_unknown(
                    "unknown-purpose", "purpose", purpose.text, known, purpose.span, context=f.context
                )
        facts, unknown = self._facts(f)
        return _Set(
            people=read_refs(f, "people", "set of people", self.index, "people") if f.has("people") else None,
            data=read_data(f, self.vocabulary, self.problems),
            purposes=tuple(dict.fromkeys(p.text for p in f.texts("purposes") if p.text in known)),
            facts=facts,
            unknown=unknown | ({CATEGORIES} if (node := f.node("data")) and is_unknown(node) else frozenset()),
            label=label,
        )

    def _facts(self, f: doc.Fields) -> tuple[dict[str, Value], frozenset[str]]:
        """The facts that are written there; what follows from them is for the whole case to say."""
        node = f.node("facts")
        facts, unknown = read_facts(node, self.vocabulary, self.problems)
        written = set(_written(node, "", self.vocabulary))
        return {name: value for name, value in facts.items() if name in written}, unknown

    def _filled(self, part: _Set, source: System | None) -> _Set:
        """What the entry leaves open, from what its source holds."""
        if source is None or not source.holds:
            return part
        people = part.people
        if people is None:
            people = tuple(dict.fromkeys(id_ for held in source.holds for id_ in held.people)) or None
        data = part.data
        if data is None and CATEGORIES not in part.unknown:
            wanted = set(people or ())
            held = [h for h in source.holds if not h.people or not wanted or wanted & set(h.people)]
            data = union(h.data for h in held)
        return replace(part, people=people, data=data)

    # --- cases

    def _finish(self, entry: _Entry) -> Flow:
        f = entry.fields
        totals = self._totals(f)
        assumed = assumed_totals(self.said, entry.id, self._day(entry), totals)
        totals |= assumed
        sets = self._sets(entry)
        n_cases = max(1, len(entry.sides)) * max(1, len(entry.holders)) * sum(max(1, len(s.purposes)) for s in sets)
        if n_cases > MAX_CASES:
            message = f"the entry mixes {n_cases} cases; at most {MAX_CASES} are taken"
            self.problems.add(
                "too-many-cases", message, f.span, help="split it into several entries", context=f.context
            )
            sets = []
        cases: list[Case] = []
        parts: list[Part] = []
        entries = [replace(entry, holder=holder) for holder in entry.holders] or [entry]
        for own, side, part in itertools.product(entries, entry.sides, sets):
            holder = own.holder.id if own.holder else ""
            for purpose in part.purposes or ("",):
                labels = [holder] * (len(entries) > 1) + [side.label] * (len(entry.sides) > 1)
                labels += [part.label, purpose * (len(part.purposes) > 1)]
                case = self._case(own, side, part, purpose)
                id_ = "/".join([entry.id, *(x for x in labels if x)])
                cases.append(replace(case, id=id_, totals=totals, assumed=case.assumed | assumed.keys()))
                parts.append(Part(side.entity.id if side.entity else "", self._people(part), holder))
        recipients = {p.recipient for p in parts}
        return Flow(
            id=entry.id,
            title=f.text("name", entry.id),
            section=entry.section,
            cases=tuple(cases),
            holder=entry.holder.id if entry.holder else "",
            recipient=recipients.pop() if len(recipients) == 1 else "",
            ends=tuple(entry.ends),
            people=tuple({p.id: p for part in parts for p in part.people}.values()),
            span=f.span_of("id"),
            accepted=self.said.accepted.get(entry.id),
            parts=tuple(parts),
            first_day=entry.first_day,
            last_day=entry.last_day,
        )

    def _people(self, part: _Set) -> tuple[PeopleSet, ...]:
        return tuple(self.parties.people[id_] for id_ in part.people or () if id_ in self.parties.people)

    def _totals(self, f: doc.Fields) -> dict[str, int | Range]:
        """Totals said for one entry, by pack. Their names are checked where the packs are known."""
        node = f.node("totals")
        if node is None:
            return {}
        if not isinstance(node, doc.Mapping):
            help_ = "write `totals: {us/sensitive-data: {us_health: 6000}}`"
            self.problems.add("type-clash", "totals stand by pack", node.span, help=help_, context=f.context)
            return {}
        found: dict[str, int | Range] = {}
        for pack, inner in node.pairs:
            names = [k.text for k, _ in inner.pairs] if isinstance(inner, doc.Mapping) else []
            found.update(read_totals(inner, pack.text, names, self.problems))
        return found

    def _case(self, entry: _Entry, side: _Side, part: _Set, purpose: str) -> Case:
        day = self._day(entry)
        facts, unknown = self._derived(entry, side, part, day)
        if purpose:
            facts["flow.purposes"] = Members(frozenset({purpose}))
        unknown |= entry.unknown | part.unknown
        facts = {name: value for name, value in (facts | entry.facts).items() if name not in unknown}
        unknown -= part.facts.keys()
        facts |= part.facts
        # What follows from what is said is said too: `data.personal` cannot be assumed away where the data say it.
        facts = dict(self._normal(tuple(facts.items())))
        facts, still, assumed = with_assumed(self.said, entry.id, day, facts, unknown)
        facts = dict(self._normal(tuple(facts.items())))
        people = None if part.people is None else frozenset(part.people)
        concern = concern_of(
            entry.id, entry.holder.id if entry.holder else "", side.entity.id if side.entity else "", people, facts
        )
        # What an incident asks for is done after it: its measures are those of the day on which is asked.
        measured = max(day, self.day) if entry.section == "incidents" else day
        return Case(
            id=entry.id,
            kind=KINDS[entry.section],
            day=day,
            facts=facts,
            unknown=still,
            measures=states(self.said, concern, measured, self.vocabulary),
            assumed=assumed,
            opinions=opinions_on(self.said, entry.id, day, self.vocabulary, places_in(facts)),
        )

    def _day(self, entry: _Entry) -> dt.date:
        """The day on which the case is judged: that of the question, unless the act itself has another one."""
        if entry.day is not None:
            return entry.day
        if entry.last_day is not None and entry.last_day < self.day:
            return entry.last_day
        if entry.first_day is not None and entry.first_day > self.day:
            return entry.first_day
        return self.day

    def _derived(self, entry: _Entry, side: _Side, part: _Set, day: dt.date) -> tuple[dict[str, Value], set[str]]:
        """What follows from the parties, the systems and the people."""
        facts: dict[str, Value] = {}
        unknown: set[str] = set()
        persons = [("holder", entry.holder, ""), ("recipient", side.entity, side.at)]
        if side.entity is not None and side.entity.employer:
            persons.append(("recipient.employer", self.parties.entities.get(side.entity.employer), ""))
        for role, entity, at in persons:
            if entity is not None:
                known, open_ = in_role(entity, role, self.vocabulary, day, at=at)
                facts |= known
                unknown |= open_
        facts |= _sited(entry, side)
        unknown |= {name for name in _unsited(entry, side) if name in self.vocabulary.fact}
        facts |= _between(entry.holder, side)
        facts |= self._of_people(part)
        facts["flow.done"] = entry.last_day is not None and entry.last_day < self.day  # a map says until when
        return {name: value for name, value in facts.items() if name in self.vocabulary.fact}, unknown

    def _of_people(self, part: _Set) -> dict[str, Value]:
        facts: dict[str, Value] = {}
        if part.data is not None:
            facts[CATEGORIES] = part.data
        if (
            part.people
            and "personal" in self.vocabulary.broader
            and (part.data is None or "personal" in part.data.open)
        ):
            facts["data.personal"] = True
        counted = [people for people in self._people(part) if people.counts]
        if counted:
            places = frozenset(place for people in counted for place, n in people.counts.items() if _above_zero(n))
            facts["data.subjects_in"] = Places(places, len(counted) == len(part.people or ()))
        return facts

    # --- what is held, for counts

    def holdings(self) -> tuple[Holding, ...]:
        """What every entity holds in its systems, and its sets of people, as cases of storage."""
        found = [
            self._holding(system.owner, f"system {system.id}", held.people, held.data, system.places)
            for system in self.parties.systems.values()
            for held in system.holds
        ]
        for id_, owner in self.parties.people_of.items():
            if owner:
                found.append(self._holding(owner, f"people {id_}", (id_,), None, None))
        return tuple(found)

    def _holding(
        self, owner: str, id_: str, people: tuple[str, ...], data: Members | None, places: tuple[str, ...] | None
    ) -> Holding:
        part = _Set(people, data, ())
        facts: dict[str, Value] = {}
        if (entity := self.parties.entities.get(owner)) is not None:
            facts = in_role(entity, "holder", self.vocabulary, self.day)[0]
        facts |= self._of_people(part)
        if places:  # none at all: of people it is not asked, of a system nobody knows
            facts["data.stored_in"] = facts["flow.systems_in"] = Places(frozenset(places))
        facts = {name: value for name, value in facts.items() if name in self.vocabulary.fact}
        unknown = frozenset() if places != () else _PLACED & self.vocabulary.fact.keys()
        case = Case(id_, "storage", self.day, dict(self._normal(tuple(facts.items()))), unknown)
        return Holding(owner, case, self._people(part))


# --- facts


def _sited(entry: _Entry, side: _Side) -> dict[str, Value]:
    """Where the data lie before the act, and where the systems stand that it uses."""
    facts: dict[str, Value] = {}
    source = entry.source
    if source is not None and source.places:
        if entry.section in ("collections", "storage"):
            facts["flow.systems_in"] = Places(frozenset(source.places))
        if entry.section != "collections":  # what is only being gathered lies nowhere yet
            facts["data.stored_in"] = Places(frozenset(source.places))
    if side.system is not None and side.system.places:
        facts["flow.systems_in"] = Places(frozenset(side.system.places))
        own = entry.holder is not None and side.entity is not None and entry.holder.id == side.entity.id
        if own and entry.holder and any(not _inside(p, entry.holder.country) for p in side.system.places):
            facts["flow.by"] = "storage-abroad"
    return facts


def _unsited(entry: _Entry, side: _Side) -> Iterator[str]:
    """The facts that nobody knows where the map says of a system that its place is not known."""
    source = entry.source
    if source is not None and not source.places:
        yield "flow.systems_in" if entry.section in ("collections", "storage") else "data.stored_in"
        if entry.section == "storage":
            yield "data.stored_in"
    if side.system is not None and not side.system.places:
        yield "flow.systems_in"


def _inside(place: str, country: str | None) -> bool:
    return country is None or place == country or place.startswith(f"{country}-") or country.startswith(f"{place}-")


def _between(holder: Entity | None, side: _Side) -> dict[str, Value]:
    """Whether both ends are one person, and whether they belong to one group."""
    other = side.entity
    if holder is None or other is None:
        return {}
    if holder.id in (other.id, other.employer):
        return {"flow.separate": False}
    facts: dict[str, Value] = {}
    if holder.group and other.group:
        facts["flow.group"] = holder.group == other.group
    return facts


def union(held: Iterable[Members | None]) -> Members | None:
    """The data of several holdings together; what one of them leaves open and none has stays open."""
    known = [data for data in held if data is not None]
    if not known:
        return None
    yes = frozenset().union(*(data.yes for data in known))
    return Members(yes, frozenset().union(*(data.open for data in known)) - yes)


def places_in(facts: Mapping[str, Value]) -> frozenset[str]:
    """All places that stand in some facts."""
    found: set[str] = set()
    for value in facts.values():
        if isinstance(value, Places):
            found |= value.members
        elif isinstance(value, str):
            found.add(value)
        elif isinstance(value, tuple) and not isinstance(value, Members | Range):
            found |= {owner.place for owner in value if owner.place}
    return frozenset(found)


def _above_zero(count: int | Range) -> bool:
    return count.high != 0 if isinstance(count, Range) else count > 0


def _country(entity: Entity | None) -> tuple[str, ...]:
    return (entity.country,) if entity is not None and entity.country else ()


def _written(node: doc.Node | None, prefix: str, vocabulary: Vocabulary) -> Iterable[str]:
    if isinstance(node, doc.Mapping):
        for key, value in node.pairs:
            name = f"{prefix}.{key.text}" if prefix else key.text
            if name in vocabulary.fact:
                yield name
            else:
                yield from _written(value, name, vocabulary)
