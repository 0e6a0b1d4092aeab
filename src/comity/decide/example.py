"""The smallest example: of the cases with some answer the one that a person would think of first.

Fewest facts come first, as in every space; among as few facts, those that are seldom the point come last: unlawful
handling at home, a company under a foreign law, an order given in this case alone, a place that few know.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from comity.case import Case, normalise
from comity.decide.circuit import FALSE, TRUE, AtLeast
from comity.decide.domain import representatives
from comity.decide.solve import SECONDS, Light, Model, Solver
from comity.decide.space import Space
from comity.facts import Value, Vocabulary

# Where data come from, lie or run is somewhere: said to be nowhere, they would escape every law.
_SOMEWHERE = ("data.origin", "data.stored_in", "flow.systems_in")
_N_FAMILIAR = 18  # places that readers know
# What costs beside the space's own costs, which are taken times eight: a fact that is said costs 16.
_TIMES, _ONCE, _FOREIGN_LAW, _ORDER = 8, 24, 12, 16
PLANNED: dict[str, Value] = {"flow.done": False}  # the law asks otherwise of what is past


def presumed_lawful(vocabulary: Vocabulary) -> dict[str, Value]:
    """What is asked once for a whole map, such as lawful handling at home, as it is presumed."""
    return {fact.id: fact.presume for fact in vocabulary.facts if fact.once and fact.presume is not None}


class PlainSpace(Space):
    """A space whose smallest cases are plain ones.

    Attributes:
        beside: all spaces of one circuit that are about the same facts, this one among them; none: it stands alone.
    """

    beside: tuple[PlainSpace, ...] = ()

    def places(self) -> tuple[str, ...]:
        """Places that stand for all others; the same in all spaces that stand beside each other."""
        if not self.beside:
            return super().places()
        return tuple(dict.fromkeys(place for space in self.beside for place in Space.places(space)))

    def _owners(self, name: str) -> Iterator[Value]:
        if not self.beside:
            return super()._owners(name)
        return iter(dict.fromkeys(owners for space in self.beside for owners in Space._owners(space, name)))

    def constraints(self) -> list[int]:
        """What holds in every case; data come from somewhere, and lie and run somewhere."""
        return [*super().constraints(), *self._somewhere()]

    def _somewhere(self) -> Iterator[int]:
        for name in _SOMEWHERE:
            if name in self._facts and name not in self.fixed:
                fact = self._facts[name]
                yield self.circuit.implies(fact.said, self.circuit.any(fact.members.values()))

    def costs(self) -> list[tuple[int, int]]:
        """What makes a case larger, and beside that what makes it less plain."""
        found = [(literal, cost * _TIMES) for literal, cost in super().costs()]
        odd = oddity(self.vocabulary)
        for name, fact in self._facts.items():
            declared = self.vocabulary.fact.get(name)
            if declared is None or name in self.fixed:
                continue
            less_plain = (declared.once, _ONCE), (name.endswith(".law"), _FOREIGN_LAW), (name[:6] == "order.", _ORDER)
            found += [(fact.said, cost) for holds, cost in less_plain if holds]
            members = [(str(value), literal) for value, literal in fact.values] if declared.type == "place" else []
            members += fact.members.items() if declared.type == "places" else ()
            found += [(self.circuit.all((fact.said, literal)), odd[place]) for place, literal in members if odd[place]]
        return [(literal, cost) for literal, cost in found if literal not in (TRUE, FALSE)]


def set_beside(spaces: Sequence[PlainSpace]) -> None:
    """Let spaces of one circuit be about the same facts: their places and owners are those of all of them."""
    for space in spaces:
        space.beside = tuple(spaces)


def costs_of(spaces: Sequence[PlainSpace]) -> list[tuple[int, int]]:
    """The costs of the facts of several spaces, what they share counted once."""
    found: dict[int, int] = {}
    for space in spaces:
        own: dict[int, int] = {}
        for literal, cost in space.costs():
            own[literal] = own.get(literal, 0) + cost
        found |= {literal: max(cost, found.get(literal, 0)) for literal, cost in own.items()}
    return list(found.items())


class Questions:
    """Questions about one circuit, each put with no more than it turns on: all else is left unsaid in the answer.

    Args:
        spaces: of the cases, everything encoded.
        seconds: the limit for each question.
        solver: over their circuit, with a limit of its own; nothing is required of it, so that it may serve others too.
    """

    def __init__(self, spaces: Sequence[PlainSpace], *, seconds: float = SECONDS, solver: Solver | None = None) -> None:
        self.circuit = spaces[0].circuit
        self._solver = solver or Solver(self.circuit, seconds=seconds)
        self._constraints = [(c, self._variables(c)) for space in spaces for c in space.constraints()]
        self._costs = [(cost, self._variables(cost[0])) for cost in costs_of(spaces)]

    def _variables(self, *literals: int) -> frozenset[int | str]:
        """The variables on which literals rest; of comparisons also the numbers compared, which tie them together."""
        found: set[int | str] = set()
        for node in self.circuit.variables(literals):
            name = self.circuit.name[node]
            found.add(node)
            if isinstance(name, AtLeast):
                found.update(number for number in (name.left, name.right) if number)
        return frozenset(found)

    def smallest(self, *literals: int) -> Model | None:
        """The model of the plainest case in which the literals hold; None if there is none.

        Raises:
            Open: not settled in time.
        """
        if FALSE in literals:
            return None
        costs, required = self._turning_on(literals)
        return self._solver.cheapest(costs, *literals, *required)

    def light(self, *literals: int) -> Light | None:
        """The plainest case; where it is not settled in time which that is, one of which nothing can be left out.

        Raises:
            Open: not settled in time whether there is any.
        """
        if FALSE in literals:
            return None
        costs, required = self._turning_on(literals)
        return self._solver.light(costs, *literals, *required)

    def is_possible(self, *literals: int) -> bool:
        """Whether there is a case in which the literals hold.

        Raises:
            Open: not settled in time.
        """
        return FALSE not in literals and self._solver.solve(*literals, *self._tied(literals)[1]) is not None

    def _turning_on(self, literals: Sequence[int]) -> tuple[list[tuple[int, int]], list[int]]:
        """The costs and the constraints on which a question turns."""
        cone, required = self._tied(literals)
        return [cost for cost, variables in self._costs if variables <= cone], required

    def _tied(self, literals: Sequence[int]) -> tuple[frozenset[int | str], list[int]]:
        """The variables on which a question turns, and the constraints that tie them to each other."""
        cone = self._variables(*literals)
        required: list[int] = []
        waiting = self._constraints
        while True:
            tied = [(literal, variables) for literal, variables in waiting if not cone.isdisjoint(variables)]
            if not tied:
                return cone, required
            waiting = [(literal, variables) for literal, variables in waiting if cone.isdisjoint(variables)]
            required += [literal for literal, _ in tied]
            cone = cone.union(*(variables for _, variables in tied))


def case_of(spaces: Sequence[PlainSpace], model: Model) -> Case:
    """The case of a model, as of the first space's kind and day, with what only the other spaces ask about."""
    cases = [space.case(model.holds, model.number) for space in spaces]
    first = cases[0]
    facts = {name: value for case in reversed(cases) for name, value in case.facts.items()}
    return dataclasses.replace(
        first,
        facts=normalise(spaces[0].vocabulary, facts),
        measures={measure: state for case in reversed(cases) for measure, state in case.measures.items()},
        totals={total: count for case in reversed(cases) for total, count in case.totals.items()},
    )


def oddity(vocabulary: Vocabulary) -> dict[str, int]:
    """How far each place is from one that readers know: a country, a country that few know, a part of one, none."""
    familiar = representatives(vocabulary, (), _N_FAMILIAR)
    return {
        place.id: 6 if place.kind != "place" else 3 if place.within else 0 if place.id in familiar else 2
        for place in vocabulary.places
    }
