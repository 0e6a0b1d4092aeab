"""Routes: another system, recipient or place for an entry, among those that the map offers."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from comity import document as doc
from comity.case import Flow, Route, read_place
from comity.errors import Problems
from comity.facts import Places, Vocabulary
from comity.intake.cases import WHAT, CaseMaker
from comity.intake.measures import Said
from comity.intake.parties import Entity, Index, Parties

MAX_ROUTES = 20  # per entry: each one is decided as the entry itself is

# The key that a route changes, and what may stand there. An access can also come from another place: `from`.
_TURNS = {"flows": "to", "access": "who", "collections": "into", "storage": "system"}
_OFFERED = {
    "flows": ("system or entity", "systems", "entities"),
    "access": ("entity", "entities"),
    "collections": ("system", "systems"),
    "storage": ("system", "systems"),
}
_LAID = ("collections", "storage")  # here the system is where the data lie; elsewhere it is where they get to


def check_alternatives(section: str, node: doc.Node, parties: Parties, index: Index, vocabulary: Vocabulary) -> None:
    """Note what is wrong with `alternatives` of an entry, also where nobody asks for routes."""
    if section not in _TURNS or not isinstance(node, doc.Mapping):
        return
    given = node.get("alternatives")
    if given is None:
        return
    key = _TURNS[section]
    context = f"{WHAT[section]} {_text(node.get('id'))}"
    problems = index.problems
    items = doc.to_texts(given, problems, context=context)
    now = _one(node.get(key))
    if items and not now and node.get(key) is not None:
        help_ = "make an entry for each"
        problems.add("type-clash", f"alternatives stand in for one `{key}`", given.span, help=help_, context=context)
    for item in items:
        if section == "access" and _is_place(item.text, vocabulary):
            read_place(item, vocabulary, problems, context=context)
        elif index.check(_OFFERED[section][0], item, *_OFFERED[section][1:], context=context) and section == "storage":
            before, after = parties.systems.get(now), parties.systems.get(item.text)
            if before and after and before.owner != after.owner:
                message = f"`{item.text}` is run for `{after.owner}`, not for `{before.owner}`"
                help_ = "data that lie there are those of somebody else"
                problems.add("type-clash", message, item.span, help=help_, context=context)


def _is_place(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text is meant as a place: ids have no capital letters, codes of places have."""
    return text in vocabulary.place or text != text.lower()


@dataclass(frozen=True, slots=True)
class _Turn:
    """One thing that another one could stand for."""

    key: str
    change: str
    id: str
    instead_of: str


@dataclass(slots=True)
class RouteMaker:
    """Makes the routes of entries without a problem.

    A route is the entry read anew with one value replaced. What the entry says of the present way is left out where it
    need not be true of the other one, and is then unknown, presumed or taken from the new parties:

    - of another recipient: facts `recipient.*`, `flow.group` and `flow.separate`, totals (most count what one recipient
      gets), the place from which the present one looks in, and measures that name the entry and no party, unless they
      are the holder's or the persons' own act;
    - of another place: `recipient.country`;
    - of all of them: `flow.systems_in`; of data that would lie elsewhere also `data.stored_in`. Where they are only
      sent elsewhere, that still says where they come from.

    Facts that are assumed for the entry by name go the same way; those assumed for the whole map hold here too. Data
    that would lie in another system are those of the present one, whatever the other one holds.
    """

    vocabulary: Vocabulary
    day: dt.date
    index: Index
    parties: Parties
    said: Said
    _said: dict[tuple[str, bool], Said] = field(default_factory=dict)

    def routes(self, section: str, node: doc.Node) -> tuple[Route, ...]:
        """The routes of one entry, at most `MAX_ROUTES`, in the order of the map or of its `alternatives`."""
        if section not in _TURNS or not isinstance(node, doc.Mapping):
            return ()
        turns = getattr(self, f"_{section}")(node)
        made = ((turn, self._flow(section, node, turn)) for turn in turns)
        found = (Route(turn.change, turn.id, turn.instead_of, flow) for turn, flow in made if flow is not None)
        return tuple(itertools.islice(found, MAX_ROUTES))

    # --- which there are

    def _flows(self, node: doc.Mapping) -> Iterator[_Turn]:
        start, now = _text(node.get("from")), _one(node.get("to"))
        source = self.parties.systems.get(start)
        holder = source.owner if source else start
        default = self._alike(now, holder)
        if now in self.parties.systems:
            # What goes to somebody else is not meant to stay; `alternatives` can say that it may.
            own = {holder} - {self._recipient(now)}
            default = (id_ for id_, system in self.parties.systems.items() if system.run_by not in own)
        for id_ in _given(node, default) if now else ():
            if id_ not in (start, now):
                change = "system" if self._recipient(id_) == self._recipient(now) else "recipient"
                yield _Turn("to", change, id_, now)

    def _access(self, node: doc.Mapping) -> Iterator[_Turn]:
        now, start = _one(node.get("who")), self.parties.systems.get(_text(node.get("into")))
        entity = self.parties.entities.get(now)
        if entity is None or start is None:
            return
        at = _one(node.get("from")) or ("" if node.get("from") else entity.country or "")
        for id_ in _given(node, (*(self._abroad(entity, at) if at else ()), *self._alike(now, start.owner))):
            if id_ in self.vocabulary.place:
                if at and id_ != at:
                    yield _Turn("from", "place", id_, at)
            elif id_ != now:
                yield _Turn("who", "recipient", id_, now)

    def _collections(self, node: doc.Mapping) -> Iterator[_Turn]:
        return self._moves(node, "into")

    def _storage(self, node: doc.Mapping) -> Iterator[_Turn]:
        # The holder is the one for whom the system is run: data in another one's system are another question.
        return (turn for turn in self._moves(node, "system") if turn.change == "system")

    def _moves(self, node: doc.Mapping, key: str) -> Iterator[_Turn]:
        now = _one(node.get(key))
        for id_ in _given(node, self.parties.systems) if now in self.parties.systems else ():
            if id_ != now:
                is_same = self.parties.systems[id_].owner == self.parties.systems[now].owner
                yield _Turn(key, "system" if is_same else "recipient", id_, now)

    def _recipient(self, id_: str) -> str:
        system = self.parties.systems.get(id_)
        return system.run_by if system else id_

    def _alike(self, id_: str, holder: str) -> Iterator[str]:
        """Entities of the same role and kind that are neither the holder nor its staff."""
        now = self.parties.entities.get(id_)
        for other in self.parties.entities.values() if now else ():
            is_own = holder in (other.id, other.employer)
            if now and not is_own and all(other.facts.get(k) == now.facts.get(k) for k in ("role", "kind")):
                yield other.id

    def _abroad(self, entity: Entity, at: str) -> Iterator[str]:
        """Where an entity acts or is established, in other countries than the one of a place."""
        places = entity.facts.get("establishments")
        known = places.members if isinstance(places, Places) else frozenset()
        above = self.vocabulary.above
        return (place for place in sorted({*known, entity.country or at}) if not above[place] & above[at])

    # --- the entry as it would be

    def _flow(self, section: str, node: doc.Mapping, turn: _Turn) -> Flow | None:
        """The flow of a changed entry; None where the map would have a problem with it."""
        problems = Problems()
        index = Index(problems, self.index.seen)
        parties = self.parties
        if section in _LAID:
            other = replace(parties.systems[turn.id], holds=parties.systems[turn.instead_of].holds)
            parties = replace(parties, systems=parties.systems | {turn.id: other})
        is_gone = _gone(turn.change, section)
        memo = (turn.change, section in _LAID)
        if memo not in self._said:
            self._said[memo] = self._said_of_it(turn.change, is_gone)
        maker = CaseMaker(self.vocabulary, self.day, index, parties, self._said[memo])
        flow = maker.flow(section, _changed(node, turn, is_gone, self.vocabulary))
        return None if problems.found else flow

    def _said_of_it(self, change: str, is_gone: Callable[[str], bool]) -> Said:
        """What the map says that need not be another thing of another way."""
        assumptions = [a for a in self.said.assumptions if not (a.entries and is_gone(a.fact))]
        measures = self.said.measures
        if change == "recipient":
            own = ("holder", "persons")
            measures = [m for m in measures if m.parties or self.vocabulary.measure[m.measure].by in own]
        return replace(self.said, assumptions=assumptions, measures=measures)


def _gone(change: str, section: str) -> Callable[[str], bool]:
    """Whether what an entry says of a fact need not be true of another way."""
    names = {"flow.systems_in"} | ({"data.stored_in"} if section in _LAID else set())
    if change == "place":
        names.add("recipient.country")
    if change != "recipient":
        return names.__contains__
    names |= {"flow.group", "flow.separate"}
    return lambda fact: fact in names or fact.startswith("recipient.") or ":" in fact  # `:` stands in names of totals


def _changed(node: doc.Mapping, turn: _Turn, is_gone: Callable[[str], bool], vocabulary: Vocabulary) -> doc.Mapping:
    """The entry with one value replaced, without what it says of the present way."""
    left_out = ("totals", *(("from",) if turn.key == "who" else ())) if turn.change == "recipient" else ()
    now = node.get(turn.key)
    other = doc.Scalar(turn.id, now.span if now is not None else node.span)
    pairs: list[tuple[doc.Scalar, doc.Node]] = []
    for key, value in node.pairs:
        if key.text == turn.key:
            pairs.append((key, other))
        elif key.text in ("facts", "parts"):
            pairs.append((key, _kept(value, key.text, is_gone, vocabulary)))
        elif key.text not in left_out:
            pairs.append((key, value))
    if now is None:
        pairs.append((doc.Scalar(turn.key, node.span), other))
    return doc.Mapping(tuple(pairs), node.span)


def _kept(node: doc.Node, key: str, is_gone: Callable[[str], bool], vocabulary: Vocabulary) -> doc.Node:
    """`facts` without those that are gone, or `parts` with such facts."""
    if key == "facts":
        return _facts_kept(node, "", is_gone, vocabulary)
    if isinstance(node, doc.Sequence):
        return replace(node, items=tuple(_kept(item, "part", is_gone, vocabulary) for item in node.items))
    if isinstance(node, doc.Mapping):
        pairs = ((k, _kept(v, "facts", is_gone, vocabulary) if k.text == "facts" else v) for k, v in node.pairs)
        return replace(node, pairs=tuple(pairs))
    return node


def _facts_kept(node: doc.Node, prefix: str, is_gone: Callable[[str], bool], vocabulary: Vocabulary) -> doc.Node:
    if not isinstance(node, doc.Mapping):
        return node
    pairs: list[tuple[doc.Scalar, doc.Node]] = []
    for key, value in node.pairs:
        name = f"{prefix}{key.text}"
        if name not in vocabulary.fact:
            pairs.append((key, _facts_kept(value, f"{name}.", is_gone, vocabulary)))
        elif not is_gone(name):
            pairs.append((key, value))
    return replace(node, pairs=tuple(pairs))


def _given(node: doc.Mapping, default: Iterable[str]) -> Iterable[str]:
    given = node.get("alternatives")
    if given is None:
        return default
    return dict.fromkeys(item.text for item in doc.to_texts(given, Problems()))


def _one(node: doc.Node | None) -> str:
    """The text of one value, also where it stands in a list alone; empty where there are several or none."""
    if isinstance(node, doc.Sequence) and len(node.items) == 1:
        node = node.items[0]
    return _text(node)


def _text(node: doc.Node | None) -> str:
    return node.text if isinstance(node, doc.Scalar) else ""
