"""The solver: questions about circuits, put to Z3. The only file that loads it.

Every question has a time limit; what could not be settled in time is said to be open (`Open`), never guessed. A model
is of variables only: who asks turns it back into a case and has the reference decide that case.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from typing import Any

from comity.decide.circuit import FALSE, TRUE, AtLeast, Circuit
from comity.errors import MissingExtraError

SECONDS = 10.0  # for one question, unless who asks says otherwise


class Open(Exception):  # noqa: N818 - no error: the answer "not settled in time"
    """A question was not settled within its time."""


def is_installed() -> bool:
    """Whether there is a solver to ask."""
    return importlib.util.find_spec("z3") is not None


def require_solver(what: str) -> None:
    """See to it that there is a solver.

    Args:
        what: who needs it, for the message.

    Raises:
        MissingExtraError: there is none.
    """
    if not is_installed():
        raise MissingExtraError(what, "solve")


class Model:
    """Values of the variables of a circuit that answer a question."""

    def __init__(self, circuit: Circuit, values: dict[int, bool], numbers: dict[str, int]) -> None:
        self._circuit = circuit
        self._values = values
        self._numbers = numbers
        self._known: dict[int, bool] = {TRUE: True}

    def holds(self, literal: int) -> bool:
        """Whether a literal of the circuit holds."""
        node = abs(literal)
        if node not in self._known:
            for each in self._circuit.nodes((literal,)):
                if each in self._known:
                    continue
                name = self._circuit.name.get(each)
                if isinstance(name, AtLeast):
                    known = self.number(name.left) - (self.number(name.right) if name.right else 0) >= name.number
                elif name is not None:
                    known = self._values.get(each, False)
                else:
                    known = all(self._known[abs(part)] is (part > 0) for part in self._circuit.parts[each])
                self._known[each] = known
        return self._known[node] is (literal > 0)

    def number(self, name: str) -> int:
        """The value of a number; 0 where no condition asked for it."""
        return self._numbers.get(name, 0)


class Solver:
    """Asks whether literals of a circuit can hold together.

    Args:
        circuit: the circuit; it may grow between questions.
        seconds: the limit for each question.
    """

    def __init__(self, circuit: Circuit, *, seconds: float = SECONDS) -> None:
        import z3

        self.circuit = circuit
        self._z3: Any = z3  # has no types of its own
        self._seconds = seconds
        self._context: Any = z3.Context()  # of its own: of answers as good as each other none hangs on questions before
        self._solver: Any = z3.Solver(ctx=self._context)
        self._solver.set("timeout", int(seconds * 1000))
        self._terms: dict[int, Any] = {TRUE: z3.BoolVal(True, self._context)}
        self._numbers: dict[str, Any] = {}

    def require(self, literals: Iterable[int]) -> None:
        """Literals that hold in every answer from now on."""
        self._solver.add(*[self.term(literal) for literal in literals if literal != TRUE])

    def solve(self, *literals: int) -> Model | None:
        """A model in which the literals hold; None if there is none.

        Raises:
            Open: not settled in time.
        """
        if FALSE in literals:
            return None
        found = self._solver.check(*[self.term(literal) for literal in literals if literal != TRUE])
        return self._model(found, self._solver)

    def cheapest(self, costs: Sequence[tuple[int, int]], *literals: int) -> Model | None:
        """The model in which the literals hold and the costs of the literals that hold come to the least.

        Args:
            costs: literals, each with what it costs where it holds.
            literals: what has to hold.

        Raises:
            Open: not settled in time.
        """
        if FALSE in literals:
            return None
        optimize: Any = self._z3.Optimize(ctx=self._context)
        optimize.set("timeout", int(self._seconds * 1000))
        optimize.add(*self._solver.assertions(), *[self.term(literal) for literal in literals])
        for literal, cost in costs:
            optimize.add_soft(self.term(-literal), cost)
        return self._model(optimize.check(), optimize)

    def core(self, literals: Sequence[int]) -> tuple[int, ...]:
        """Literals that cannot hold together, out of some of which that is so: none of them can be left out.

        Raises:
            Open: not settled in time.
        """
        kept = list(literals)
        for literal in literals:
            rest = [other for other in kept if other != literal]
            if self.solve(*rest) is None:
                kept = rest
        return tuple(kept)

    def text(self, *literals: int) -> str:
        """The question in SMT-LIB, for another solver."""
        solver: Any = self._z3.Solver(ctx=self._context)
        solver.add(*self._solver.assertions(), *[self.term(literal) for literal in literals])
        return str(solver.to_smt2())

    def _model(self, found: Any, solver: Any) -> Model | None:
        if found == self._z3.unsat:
            return None
        if found != self._z3.sat:
            raise Open
        model = solver.model()
        values = {
            node: bool(self._z3.is_true(model.eval(term, model_completion=True)))
            for node, term in self._terms.items()
            if isinstance(self.circuit.name.get(node), str | tuple) and not isinstance(self.circuit.name[node], AtLeast)
        }
        numbers = {name: model.eval(term, model_completion=True).as_long() for name, term in self._numbers.items()}
        return Model(self.circuit, values, numbers)

    def term(self, literal: int) -> Any:
        """A literal as a term of the solver."""
        if abs(literal) not in self._terms:
            for node in self.circuit.nodes((literal,)):
                if node not in self._terms:
                    self._terms[node] = self._make(node)
        term = self._terms[abs(literal)]
        return term if literal > 0 else self._z3.Not(term)

    def _make(self, node: int) -> Any:
        name = self.circuit.name.get(node)
        if isinstance(name, AtLeast):
            left = self._number(name.left)
            return (left - self._number(name.right) if name.right else left) >= name.number
        if name is not None:
            return self._z3.Bool(f"v{node}", self._context)
        return self._z3.And([self.term(part) for part in self.circuit.parts[node]])

    def _number(self, name: str) -> Any:
        if name not in self._numbers:
            self._numbers[name] = self._z3.Int(f"n{len(self._numbers)}", self._context)
        return self._numbers[name]
