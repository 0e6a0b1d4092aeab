"""One kind of flow between any two parties: who the parties are, and the case that is put to every pair of them.

All cases of one question are alike but for their two places. The facts that everyday flows leave in doubt are said in
`SETTING`, and its story tells each of them; what is said neither there nor by who asks is presumed, as in every case.
Counts are never presumed: one number of persons stands for all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from comity.case import Case, close_members, normalise
from comity.decide.domain import representatives
from comity.errors import ComityError, did_you_mean
from comity.facts import Members, Places, Range, Value, Vocabulary
from comity.pack.program import Program

PERSONS = 1000
DATA = ("contact",)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a kind of flow is between two parties.

    Attributes:
        story: the flow in words, from a party A to a party B; `{persons}` and `{data}` are filled in.
        sender: facts that name the place of the party whose people the data are about.
        receiver: facts that name the place of the other party.
        facts: what else is said, as far as the vocabulary has it.
    """

    story: str
    sender: tuple[str, ...]
    receiver: tuple[str, ...]
    facts: tuple[tuple[str, Value], ...] = ()


_PEOPLE = ("data.origin", "data.subjects_in", "data.citizens_of")
SETTING: dict[str, Setting] = {
    "transfer": Setting(
        "A company in A, which decides on the purpose, regularly sends {data} of {persons} of its customers, who live "
        "in A and are its citizens, from systems in A to systems in B of another company there, which decides for "
        "itself what it does with them. It is no sale of data, no service, no employment and no investment. A company "
        "in the United States has not joined the Data Privacy Framework; one in Canada is subject to PIPEDA.",
        ("holder.country", "data.stored_in", *_PEOPLE),
        ("recipient.country", "flow.systems_in"),
        (
            ("holder.role", "controller"),
            ("recipient.role", "controller"),
            ("flow.deal", "none"),
            ("recipient.dpf", False),  # nobody may count on an entry in a list that a company joins by itself
            ("recipient.pipeda", True),  # as a company in Canada that trades, where no province has a law of its own
        ),
    ),
    "collection": Setting(
        "A company in B, without a seat in A, offers its services to people in A and gathers {data} of {persons} of "
        "them, who are citizens of A, straight into its systems in B. It decides on the purpose.",
        ("holder.targets", *_PEOPLE),
        ("holder.country", "holder.establishments", "flow.systems_in"),
        (("holder.role", "controller"),),
    ),
    "storage": Setting(
        "A company in A, which decides on the purpose, keeps {data} of {persons} of its customers, who live in A and "
        "are its citizens, in systems of its own in B.",
        ("holder.country", *_PEOPLE),
        ("data.stored_in", "flow.systems_in"),
        (("holder.role", "controller"),),
    ),
    "access-request": Setting(
        "A criminal court or authority of B directly orders a company in A to hand over content, with {data} of "
        "{persons} of its customers, who live in A and are its citizens. The order binds in B, the data lie in A, no "
        "agreement between the states covers the order, and no law recognises an important public interest in it.",
        ("holder.country", "data.stored_in", "flow.systems_in", *_PEOPLE),
        ("authority.country",),
        (
            ("authority.kind", "state-body"),
            ("flow.purposes", Members(frozenset({"law-enforcement"}))),
            ("interest.recognised_in", Places(frozenset())),
            ("request.binding", True),
            ("request.kind", "criminal"),
            ("request.sought", "content"),
            ("treaty.covers", False),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Party:
    """A party with law of the land, and the place that stands for it.

    Attributes:
        code: as its packs name it.
        place: where its company acts, its people live, its systems stand: of a group of states a typical member.
    """

    code: str
    place: str


@dataclass(frozen=True, slots=True)
class Template:
    """The case that is put to every pair of parties, without its two places.

    Attributes:
        facts: what is said in every case.
        measures: states that are the same in every case, such as those that cannot be put in place.
        laid_over: facts that who asks has said, or has said to be unknown: they count before the story of the kind.
    """

    kind: str
    day: dt.date
    facts: Mapping[str, Value]
    persons: int = PERSONS
    unknown: frozenset[str] = frozenset()
    measures: Mapping[str, str] = field(default_factory=dict)
    totals: Mapping[str, int | Range] = field(default_factory=dict)
    laid_over: tuple[str, ...] = ()

    @property
    def categories(self) -> tuple[str, ...]:
        """The kinds of data that the flow surely holds, where it holds no others; none where that is open."""
        held = self.facts.get("data.categories")
        return tuple(sorted(held.yes)) if isinstance(held, Members) and not held.open else ()


def parties_of(program: Program, day: dt.date) -> tuple[Party, ...]:
    """The parties whose law is law of the land somewhere on a day, by code."""
    homes: dict[str, set[str]] = {}
    for pack in program.packs:
        rows = {row.place for row in pack.places if row.holds_on(day)}
        if pack.binding == "law" and rows:
            homes.setdefault(pack.party, set()).update(rows)
    ordered = representatives(program.vocabulary, (), len(program.vocabulary.places))
    order = {place: number for number, place in enumerate(ordered)}
    return tuple(Party(code, _typical(rows, order)) for code, rows in sorted(homes.items()))


def _typical(places: Iterable[str], order: Mapping[str, int]) -> str:
    return min(places, key=lambda place: (order.get(place, len(order)), place))


def choose(program: Program, day: dt.date, names: Sequence[str]) -> tuple[tuple[Party, ...], tuple[str, ...]]:
    """The parties that are named, by code, and the members of named groups whose law no pack holds.

    Args:
        program: the packs.
        day: of the law.
        names: codes of parties, or of groups of places for all parties in them; none: every party.

    Raises:
        ComityError: a name is no party with law of the land, or fewer than two are left.
    """
    known = {party.code: party for party in parties_of(program, day)}
    chosen: dict[str, Party] = {}
    without: set[str] = set()
    for name in (part.strip() for text in names for part in text.split(",")):
        code = name.upper()
        if code in known:
            chosen[code] = known[code]
            continue
        group = program.vocabulary.group.get(code.replace("-", "_"))
        if group is None:
            raise ComityError(f"no pack holds the law of a party `{name}`; {_who_else(program, day, code, known)}")
        members = {row.place for row in group.rows if row.holds_on(day)}
        inside = {party.code: party for party in known.values() if party.place in members}
        chosen |= inside
        without |= members - _covered(program, day)
    found = tuple(chosen[code] for code in sorted(chosen)) if names else tuple(known.values())
    if len(found) < 2:
        raise ComityError("common ground takes two parties or more")
    return found, tuple(sorted(without))


def _who_else(program: Program, day: dt.date, code: str, known: Collection[str]) -> str:
    """Who may be meant by a name that is no party: the party whose law holds there, or one that is written alike."""
    above = program.vocabulary.above.get(code, frozenset())
    holding = sorted(
        {p.party for p in program.packs if p.party in known for r in p.places if r.place in above and r.holds_on(day)}
    )
    if holding:
        return f"the law of {' and '.join(holding)} holds there"
    return did_you_mean(code, [*known, *program.vocabulary.group]) or f"known: {', '.join(known)}"


def _covered(program: Program, day: dt.date) -> frozenset[str]:
    rows = {r.place for p in program.packs if p.binding == "law" for r in p.places if r.holds_on(day)}
    return frozenset(rows).union(*(program.vocabulary.below[place] for place in rows))


def template(
    program: Program,
    kind: str,
    day: dt.date,
    *,
    data: Sequence[str] | None = None,
    persons: int = PERSONS,
    given: Case | None = None,
) -> Template:
    """The case that is put to every pair.

    Args:
        program: the packs.
        kind: of the flow, one of `SETTING`.
        day: of the law.
        data: categories; the flow holds these and no others. None: those of `given`, else contact data.
        persons: what every count of persons, and every total, is that `given` does not say.
        given: a case whose facts, measures and totals are laid over those of the setting.

    Raises:
        ComityError: the question makes no sense between two parties.
    """
    vocabulary = program.vocabulary
    setting = SETTING.get(kind)
    if setting is None:
        raise ComityError(f"there is no flow from one party to another in a case of `{kind}`; {', '.join(SETTING)} do")
    said = dict(given.facts) if given else {}
    unknown = given.unknown if given else frozenset()
    placed = [name for name in (*setting.sender, *setting.receiver) if name in said or name in unknown]
    if placed:
        raise ComityError(f"`{placed[0]}` differs from pair to pair of parties; leave it out of the case")
    facts = {name: value for name, value in setting.facts if name in vocabulary.fact}
    counted = {f.id: persons for f in vocabulary.facts if f.type == "count" and f.unit == "persons"}
    facts |= counted | said
    if data is not None or "data.categories" not in facts:
        facts["data.categories"] = _members(vocabulary, data or DATA)
    facts = {name: value for name, value in facts.items() if name not in unknown}
    totals: dict[str, int | Range] = {total.id: persons for pack in program.packs for total in pack.totals}
    totals |= given.totals if given else {}
    measures = dict(given.measures) if given else {}
    laid_over = tuple(sorted({*said, *unknown}))
    return Template(kind, day, facts, persons, unknown, measures, totals, laid_over)


def _members(vocabulary: Vocabulary, data: Sequence[str]) -> Members:
    known = vocabulary.members["data.categories"]
    for category in data:
        if category not in known:
            help_ = did_you_mean(category, known) or "`comity facts` lists them"
            raise ComityError(f"`{category}` is not a known category; {help_}")
    return close_members(vocabulary, "data.categories", Members(frozenset(data)))


def case_between(vocabulary: Vocabulary, flow: Template, sender: Party, receiver: Party) -> Case:
    """The case of one pair of parties."""
    setting = SETTING[flow.kind]
    places = dict.fromkeys(setting.sender, sender.place) | dict.fromkeys(setting.receiver, receiver.place)
    facts = {**flow.facts}
    for name, place in places.items():
        if name in vocabulary.fact:
            facts[name] = place if vocabulary.fact[name].type == "place" else Places(frozenset({place}))
    id_ = f"{sender.code}-{receiver.code}"
    said = normalise(vocabulary, facts)
    return Case(id_, flow.kind, flow.day, said, flow.unknown, flow.measures, flow.totals)


def story(flow: Template, data: str) -> str:
    """The kind of flow in words."""
    return SETTING[flow.kind].story.format(persons=f"{flow.persons:,}", data=data)
