"""The solver: questions about circuits, put to Z3. The only file that loads it.

Every question has a time limit; what could not be settled in time is said to be open (`Open`), never guessed. A model
is of variables only: who asks turns it back into a case and has the reference decide that case.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    """Values of the variables of a circuit that answer a question.

    Args:
        circuit: the circuit.
        true: the variables that hold, by their nodes.
        numbers: the numbers that some condition asked for.
    """

    def __init__(self, circuit: Circuit, true: frozenset[int], numbers: dict[str, int]) -> None:
        self._circuit = circuit
        self._true = true
        self._numbers = numbers
        self._known: dict[int, bool] = {TRUE: True}

    def holds(self, literal: int) -> bool:
        """Whether a literal of the circuit holds."""
        node = abs(literal)
        if node not in self._known:
            for each in self._circuit.nodes((node,), self._known):
                name = self._circuit.name.get(each)
                if isinstance(name, AtLeast):
                    known = self.number(name.left) - (self.number(name.right) if name.right else 0) >= name.number
                elif name is not None:
                    known = each in self._true
                else:
                    known = all(self._known[abs(part)] is (part > 0) for part in self._circuit.parts[each])
                self._known[each] = known
        return self._known[node] is (literal > 0)

    def number(self, name: str) -> int:
        """The value of a number; 0 where no condition asked for it."""
        return self._numbers.get(name, 0)


@dataclass(frozen=True)
class Light:
    """A model of which no more than needed holds.

    Attributes:
        is_least: whether no other model costs less; else it was not settled in time, and one may.
    """

    model: Model
    is_least: bool


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
        # Where nothing is a number, Z3 optimises by a solver for bare booleans, which takes two to five times as long
        # on these questions as the one that it takes where something is.
        optimize.add(self._z3.Int("a number", self._context) >= 0)
        for literal, cost in costs:
            optimize.add_soft(self.term(-literal), cost)
        return self._model(optimize.check(), optimize)

    def light(self, costs: Sequence[tuple[int, int]], *literals: int) -> Light | None:
        """The cheapest model; where it is not settled in time which that is, one of which nothing can be left out.

        It takes up to three times the limit of a question: for the cheapest, for any, and to leave out of that one
        what can be, as far as time allows.

        Args:
            costs: literals, each with what it costs where it holds.
            literals: what has to hold.

        Raises:
            Open: not settled in time whether there is any.
        """
        try:
            model = self.cheapest(costs, *literals)
            return None if model is None else Light(model, is_least=True)
        except Open:
            return self._lightened(costs, literals)

    def _lightened(self, costs: Sequence[tuple[int, int]], literals: Sequence[int]) -> Light | None:
        """Any model, out of which what costs most is left first, much of it at once while that goes well."""
        # What has to hold is asserted, not assumed: an answer to a hard question is found in a tenth of the time.
        solver: Any = self._z3.SimpleSolver(ctx=self._context)
        solver.set("timeout", int(self._seconds * 1000))
        solver.add(*self._solver.assertions(), *[self.term(literal) for literal in literals])
        model = self._model(solver.check(), solver)
        if model is None:
            return None
        end = time.monotonic() + self._seconds
        dearest = [literal for literal, _ in sorted(costs, key=lambda each: -each[1])]
        waiting = [literal for literal in dearest if model.holds(literal)]
        out = [self.term(-literal) for literal in dearest if not model.holds(literal)]
        n = len(waiting) // 2
        while waiting and (left := end - time.monotonic()) > 0:
            solver.set("timeout", max(1, int(left * 1000)))
            n = max(1, min(n, len(waiting)))
            tried = solver.check(*out, *[self.term(-literal) for literal in waiting[:n]])
            less = self._model(tried, solver) if tried == self._z3.sat else None
            if less is not None:
                model, n = less, n * 2
                out += [self.term(-literal) for literal in waiting if not model.holds(literal)]
                waiting = [literal for literal in waiting if model.holds(literal)]
            elif n > 1:
                n //= 2
            else:
                waiting = waiting[1:]
        return Light(model, is_least=False)

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
        numbers = {name: model.eval(term, model_completion=True).as_long() for name, term in self._numbers.items()}
        return Model(self.circuit, self._true_in(model), numbers)

    def _true_in(self, model: Any) -> frozenset[int]:
        """The variables that hold in a model of the solver; what it leaves out may be either, and does not hold."""
        z3, context, held = self._z3, self._context.ref(), set()
        for number in range(z3.Z3_model_get_num_consts(context, model.model)):
            constant = z3.Z3_model_get_const_decl(context, model.model, number)
            value = z3.Z3_model_get_const_interp(context, model.model, constant)
            if z3.Z3_get_bool_value(context, value) == z3.Z3_L_TRUE:
                held.add(z3.Z3_get_symbol_string(context, z3.Z3_get_decl_name(context, constant)))
        return frozenset(int(name[1:]) for name in held if name[0] == "v" and name[1:].isdigit())

    def term(self, literal: int) -> Any:
        """A literal as a term of the solver."""
        found = self._terms.get(literal)
        if found is None:
            for node in self.circuit.nodes((literal,), self._terms):
                self._terms[node] = self._make(node)
            found = self._terms[abs(literal)]
            if literal < 0:
                found = self._terms[literal] = self._term(self._z3.Z3_mk_not(self._context.ref(), found.as_ast()))
        return found

    def _make(self, node: int) -> Any:
        name = self.circuit.name.get(node)
        if isinstance(name, AtLeast):
            left = self._number(name.left)
            return (left - self._number(name.right) if name.right else left) >= name.number
        if name is not None:
            return self._z3.Bool(f"v{node}", self._context)
        parts = [self.term(part).as_ast() for part in self.circuit.parts[node]]
        array = (self._z3.Ast * len(parts))(*parts)
        return self._term(self._z3.Z3_mk_and(self._context.ref(), len(parts), array))

    def _term(self, made: Any) -> Any:
        """What the library beneath made, of booleans only: `And` and `Not` look at every part of theirs first."""
        return self._z3.BoolRef(made, self._context)

    def _number(self, name: str) -> Any:
        if name not in self._numbers:
            self._numbers[name] = self._z3.Int(f"n{len(self._numbers)}", self._context)
        return self._numbers[name]
