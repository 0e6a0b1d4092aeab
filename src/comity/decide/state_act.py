"""A clause of a law as an act of the state that made it, so that rules on states can judge it.

Who orders a company to store data at home does what a commitment not to order such storage speaks of. The facts are
those of the case that the law judges; only what is said of the act itself is put in. So one question has one space:
the rule on the act is rewritten as a rule on the case that the law judges.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from comity.case import Case, Facts
from comity.condition import tree as t
from comity.facts import Places, Row, Value, Vocabulary
from comity.pack.program import Clause, Coverage, Pack

STATE_ACT, REQUEST = "state-act", "access-request"
HOME = "#home"  # the places where the law is that of the land, as a group of the rewritten pack
ACT_KIND, AGAINST, STATE, AUTHORITY = "act.kind", "act.against", "state.country", "authority.country"
STORED_IN, ORIGIN, FOREIGN_ONLY, HOME_LAW = "data.stored_in", "data.origin", "data.foreign_only", "approval.home_law"

# At whom an order is aimed that concerns data: the states where the data lie, come from, or whose people they tell of.
_AIMED_AT: Mapping[str, tuple[str, ...]] = {
    "collect-abroad": ("data.subjects_in", "data.citizens_of"),
    "localise": (ORIGIN,),
}
_LIE = (STORED_IN,)


@dataclass(frozen=True)
class Act:
    """A state act that a clause of a law is.

    Attributes:
        kind: the kind of the cases that the clause judges.
        act: what the state does; empty where a hand-over to an authority is judged as it is, as an access request.
        state: the state whose law it is; empty for a group of states, of which it may be any.
        home: where the law is that of the land.
    """

    kind: str
    act: str
    state: str
    home: tuple[Row, ...]

    @property
    def fixed(self) -> dict[str, Value]:
        """What is the same in every case of the act."""
        said: dict[str, Value] = {"flow.done": False}
        if self.state and self.kind == REQUEST:  # a law orders answers to the authorities of its own state
            said[AUTHORITY] = self.state
        elif self.state and self.act:
            said[STATE] = self.state
        return said


def act_of(law: Pack, clause: Clause, kind: str, vocabulary: Vocabulary, *, as_request: bool = False) -> Act:
    """What a clause of a law is as an act.

    Args:
        law: the pack of the clause.
        clause: one with `act`, or an order to hand data to an authority.
        kind: of the cases that the clause judges.
        vocabulary: of the places.
        as_request: whether the hand-over itself is judged, and not the state's act.
    """
    state = law.party if law.party in vocabulary.place else ""
    home = law.places or ((Row(state),) if state else ())
    return Act(kind, "" if as_request else clause.act, state, home)


def acts_named(pack: Pack, clause: Clause) -> frozenset[str]:
    """The kinds of act that a rule on states speaks of; empty where it names none."""
    for condition in (clause.when, pack.scope):
        found = frozenset(
            value for n in t.walk(condition) if isinstance(n, t.OneOf) and n.fact == ACT_KIND for value in n.values
        )
        if found:
            return found
    return frozenset()


def rule_on_act(pack: Pack, clause: Clause, act: Act) -> Pack:
    """A rule with the clauses that lift it, as a rule on the cases that the law judges.

    Args:
        pack: the pack of the rule.
        clause: the rule.
        act: the clause of a law that it is to judge.
    """
    kept = [dataclasses.replace(c, when=_swap(c.when, act), kinds=(act.kind,)) for c in pack.with_excuses([clause])]
    read = frozenset().union(t.facts_of(_swap(pack.scope, act)), *(t.facts_of(c.when) for c in kept))
    scope = t.all_of([_swap(pack.scope, act), *_sensible(read, act)])
    return dataclasses.replace(
        pack,
        clauses=tuple(kept),
        scope=scope,
        covers=(Coverage((act.kind,), None, None),),
        groups=(*pack.groups, (HOME, act.home)),
    )


def to_act(case: Case, act: Act, vocabulary: Vocabulary) -> Case:
    """The case that a law judges, as the act of the state that orders it."""
    facts = Facts(vocabulary, case)
    said = {name: value for name, value in case.facts.items() if not name.startswith(("act.", "state."))}
    state = facts.value(AUTHORITY) if act.kind == REQUEST else case.facts.get(STATE)
    if state is not None:
        said[STATE] = state
    said[ACT_KIND] = act.act
    aimed = [facts.value(name) for name in _AIMED_AT.get(act.act, _LIE)]
    known = [places for places in aimed if isinstance(places, Places)]
    if known:
        members = frozenset().union(*(places.members for places in known))
        said[AGAINST] = Places(members, all(p.complete for p in known))
    return dataclasses.replace(case, kind=STATE_ACT, facts=said)


def without_act(case: Case) -> Case:
    """The case that the law judges, without what is said of the act."""
    said = {name: value for name, value in case.facts.items() if not name.startswith(("act.", "state."))}
    return dataclasses.replace(case, facts=said)


def _sensible(read: frozenset[str], act: Act) -> list[t.Condition]:
    """What holds in every case that anybody would put, as far as the rule reads it."""
    found: list[t.Condition] = []
    if act.kind == REQUEST:
        found.append(t.InGroup(AUTHORITY, HOME))
        if STORED_IN in read:  # where the law itself is that of the land, that land's law has permitted it
            abroad = t.AllPlaces(STORED_IN, t.negate(t.BoundIn(HOME)))
            found.append(t.any_of([t.IsTrue(HOME_LAW), abroad]) if HOME_LAW in read else abroad)
    elif act.act and not act.state:
        found.append(t.InGroup(STATE, HOME))
    if FOREIGN_ONLY in read:  # nothing from home is mixed in: then none of the data are from home
        found.append(t.negate(t.And((t.IsTrue(FOREIGN_ONLY), t.AnyPlace(ORIGIN, t.BoundIn(HOME))))))
    every = sorted(read & {ORIGIN, STORED_IN, "data.subjects_in", "data.citizens_of"})
    return [*found, *(t.AnyPlace(name, t.TRUE) for name in every)]  # data come from somewhere, and lie somewhere


def _swap(condition: t.Condition, act: Act) -> t.Condition:
    """A condition on an act, as one on the case that the law judges."""
    match condition:
        case t.And(parts):
            return t.all_of([_swap(part, act) for part in parts])
        case t.Or(parts):
            return t.any_of([_swap(part, act) for part in parts])
        case t.Not(part):
            return t.negate(_swap(part, act))
    if not act.act:
        return condition
    match condition:
        case t.OneOf("kind", values):
            return t.Const(STATE_ACT in values)
        case t.OneOf(fact, values) if fact == ACT_KIND:
            return t.Const(act.act in values)
    return _renamed(condition, act)


def _renamed(condition: t.Condition, act: Act) -> t.Condition:
    """An atom that asks of the act, asking of the case."""
    names = {
        name: value
        for name in ("fact", "left", "right", "places")
        if isinstance(value := getattr(condition, name, None), str)
    }
    if AGAINST in names.values():
        join = t.all_of if isinstance(condition, t.AllPlaces) else t.any_of
        sources = _AIMED_AT.get(act.act, _LIE)
        return join([_with(condition, {n: s if v == AGAINST else v for n, v in names.items()}, act) for s in sources])
    return _with(condition, names, act)


def _with(condition: t.Condition, names: dict[str, str], act: Act) -> t.Condition:
    if act.kind == REQUEST:
        names = {name: AUTHORITY if value == STATE else value for name, value in names.items()}
    unchanged = all(getattr(condition, name) == value for name, value in names.items())
    return condition if unchanged else dataclasses.replace(condition, **names)  # type: ignore[arg-type]  # names of the atom's own fields, as texts
