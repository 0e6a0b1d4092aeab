"""One way in which an entry could go, encoded with all that may be changed about it.

Help, not evasion: only measures, kinds of data and facts that the vocabulary marks as changeable are levers. Who the
people are, what they are many of, the purpose and the counts over many flows stay as they are; where another system or
recipient has counts of its own, the greater of both holds, so that nothing is gained by spreading flows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from comity.case import Case, Facts, Flow
from comity.decide import one
from comity.decide.circuit import FALSE, TRUE, Circuit
from comity.decide.decision import touched, uncovered
from comity.decide.encode import EncodedPack, Encoder
from comity.decide.levers import CaseSource, Levers, droppable, with_facts, without
from comity.decide.way import Key, Obstacle
from comity.facts import Places, Range, Value, Vocabulary
from comity.pack.program import Program

# Kinds whose data or facts can still be changed: what an authority asks for and what went wrong are as they are.
CHANGEABLE = {
    "transfer": ("flow.", "data.", "recipient."),
    "collection": ("flow.", "data."),
    "storage": ("flow.", "data."),
    "product": ("product.",),
}


@dataclass(slots=True)
class Variant:
    """An entry as it is, or by another route, or on a later day; with the levers of its cases.

    Attributes:
        first: the change that makes the variant; None: the entry as it is.
        flow: the entry with its cases and their totals.
        bare: the entry before totals were summed.
        allowed: the literal by which every pack allows every case.
        levers: the literal of each change that may be made.
        values: of the facts that may be changed.
        blocks: what may stand in the way, each with the literal by which it does not.
    """

    first: Key | None
    flow: Flow
    bare: Flow
    allowed: int = TRUE
    levers: dict[Key, int] = field(default_factory=dict)
    values: dict[Key, Value] = field(default_factory=dict)
    blocks: list[tuple[Obstacle, int]] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)


def encode(program: Program, circuit: Circuit, flow: Flow, first: Key | None, *, bare: Flow) -> Variant:
    """A variant with its levers.

    Args:
        program: the packs.
        circuit: where its literals stand; variants that share one share the measures that serve several entries.
        flow: the entry, with totals.
        first: the change that made it.
        bare: the entry before totals were summed.
    """
    found = Variant(first, flow, bare)
    for number, case in enumerate(flow.cases):
        _encode_case(program, circuit, found, number, case)
    found.allowed = circuit.all([found.allowed, *found.kept])
    return found


def _encode_case(program: Program, circuit: Circuit, found: Variant, number: int, case: Case) -> None:
    is_past = Facts(program.vocabulary, case).value("flow.done") is not False
    keys = {} if is_past else dict(_levers(program.vocabulary, found, number, case))
    literals = {key: circuit.variable((key.what, key.id, key.holder, key.recipient, key.flow)) for key in keys}
    found.levers |= literals
    found.values |= {key: value for key, value in keys.items() if value is not None}
    drops = {key.id: literal for key, literal in literals.items() if key.what == "drop"}
    if drops:  # without any data there is no flow
        found.kept.append(circuit.any([-literal for literal in drops.values()]))
    levers = Levers(
        measures={key.id: literal for key, literal in literals.items() if key.what == "measure"},
        drops=drops,
        changes={k.id: (x, v) for k, x in literals.items() if k.what == "fact" and (v := keys[k]) is not None},
    )
    encoder = Encoder(CaseSource(circuit, program.vocabulary, case, levers))
    parts = [found.allowed]
    for pack in program.packs:
        if pack.counts(case.kind):
            encoded = encoder.pack(pack)
            parts.append(-encoded.bound.high1)
            found.blocks += _blocks(circuit, encoder, encoded)
    strong, _ = touched(Facts(program.vocabulary, case))
    missing = uncovered(program, strong, case.day)
    parts += [_opinion(program.vocabulary, circuit, found, case, place) for place in missing]
    found.allowed = circuit.all(parts)


def _levers(vocabulary: Vocabulary, found: Variant, number: int, case: Case) -> Iterator[tuple[Key, Value | None]]:
    flow = found.flow
    part = flow.parts[number] if flow.parts else None
    holder = (part.holder if part else "") or flow.holder
    recipient = part.recipient if part else flow.recipient
    for id_, measure in vocabulary.measure.items():
        if case.measures.get(id_, "not-yet") in ("not-yet", "unknown"):
            yield (
                {
                    "holder": Key("measure", id_, holder=holder),
                    "recipient": Key("measure", id_, recipient=recipient),
                    "parties": Key("measure", id_, holder=holder, recipient=recipient),
                }.get(measure.serves, Key("measure", id_, flow=flow.id)),
                None,
            )
    prefixes = CHANGEABLE.get(case.kind, ())
    if prefixes and vocabulary.fact.get("data.categories") and vocabulary.fact["data.categories"].change:
        yield from ((Key("drop", c, flow=flow.id), None) for c in droppable(vocabulary, case) if "data." in prefixes)
    facts = Facts(vocabulary, case)
    for fact in vocabulary.facts:
        if fact.change is None or not fact.id.startswith(prefixes or ("-",)):
            continue
        value = facts.value(fact.id)
        if fact.type == "bool":
            other: Value = not value if isinstance(value, bool) else fact.presume is not True
        elif fact.type == "places" and isinstance(value, Places) and value.members:
            other = Places(frozenset())
        else:
            continue
        is_of_recipient = fact.id.startswith("recipient.")
        key = Key("fact", fact.id, recipient=recipient) if is_of_recipient else Key("fact", fact.id, flow=flow.id)
        yield key, other


def _blocks(circuit: Circuit, encoder: Encoder, encoded: EncodedPack) -> Iterator[tuple[Obstacle, int]]:
    """What of a pack may stand in the way: its clauses, or that it does not model the case."""
    pack, scope = encoded.pack, encoded.scope
    if scope.may == FALSE:
        return
    if not encoded.covered or encoded.stale:
        reason = "stale-pack" if encoded.stale and encoded.covered else "not-modelled"
        yield Obstacle(reason, pack.id, pack.id, pack.title, ""), -scope.may
        return
    for item in encoded.clauses.values():
        clause = item.clause
        if clause.effect == "forbids" or (clause.effect == "requires" and encoder.source.kind == "incident"):
            literal = circuit.any((-scope.may, -encoder.done(item.bound).high1))
            if literal != TRUE:
                reason = "forbids" if item.bound.low1 != FALSE and scope.must == TRUE else "unknown"
                yield Obstacle(reason, pack.id, clause.id, clause.cite, clause.says), literal


def _opinion(vocabulary: Vocabulary, circuit: Circuit, found: Variant, case: Case, place: str) -> int:
    name = vocabulary.place[place].name
    obstacle = Obstacle("no-pack", "", place, name, f"no pack holds the law of {name}")
    given = case.opinions.get(place)
    if given is not None:
        literal = TRUE if given == "allowed" else FALSE
    else:
        key = Key("counsel", place)
        literal = found.levers[key] = circuit.variable((key.what, key.id))
    if literal != TRUE:
        found.blocks.append((obstacle, literal))
    return literal


# --- back to cases


def changed(vocabulary: Vocabulary, variant: Variant, chosen: Collection[Key]) -> tuple[Case, ...]:
    """The cases of a variant with some changes made; changes that are none of its own leave it as it is."""
    found = []
    for number, case in enumerate(variant.flow.cases):
        own = dict(_levers(vocabulary, variant, number, case))
        made = [key for key in own if key in chosen]
        new = without(vocabulary, case, [key.id for key in made if key.what == "drop"])
        new = with_facts(new, {k.id: value for k in made if k.what == "fact" and (value := own[k]) is not None})
        measures = {**new.measures, **{key.id: "in-place" for key in made if key.what == "measure"}}
        opinions = {**new.opinions, **{key.id: "allowed" for key in chosen if key.what == "counsel"}}
        found.append(replace(new, measures=measures, opinions=opinions))
    return tuple(found)


def at_least(case: Case, totals: Mapping[str, int | Range]) -> Case:
    """The case with no total below another count of it: nothing is gained by spreading what is counted."""
    found = dict(case.totals)
    for name, other in totals.items():
        if name not in found:
            found[name] = other
            continue
        (low, high), (low2, high2) = one.ends(found[name]), one.ends(other)
        top = None if high is None or high2 is None else max(high, high2)
        found[name] = max(low, low2) if top == max(low, low2) else Range(max(low, low2), top)
    return replace(case, totals=found)


def change_days(program: Program, flow: Flow, reaching: frozenset[str], until: dt.date) -> tuple[dt.date, ...]:
    """Days after that of the entry on which the law of some packs changes, soonest first."""
    day = flow.cases[0].day
    found: set[dt.date] = set()
    for pack in program.packs:
        if pack.id not in reaching:
            continue
        spans = [(c.first_day, c.last_day) for c in pack.covers] + [(c.first_day, c.last_day) for c in pack.clauses]
        spans += [(row.first_day, row.last_day) for rows in pack.group.values() for row in rows]
        last = min(until, pack.read_day + dt.timedelta(days=pack.stale_after))
        for first, end in spans:
            days = [first, end + dt.timedelta(days=1) if end and end < dt.date.max else None]
            found |= {d for d in days if d is not None and day < d <= last}
    return tuple(sorted(found))
