"""Boolean circuits in which nothing stands twice: what a question about a program becomes before a solver sees it.

A literal is an int: a node of the circuit, or with a minus its negation. Constants fold as they are built, so most of a
program is gone before any solver starts.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

TRUE, FALSE = 1, -1


class AtLeast(NamedTuple):
    """A variable that stands for `left - right >= number`, over whole numbers; `right` empty: `left >= number`."""

    left: str
    right: str
    number: int


Name = str | AtLeast | tuple[str, ...]


class Circuit:
    """Nodes by number. Node 1 is true; each other one is a variable or the conjunction of its parts."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, ...]] = [(), ()]
        self.name: dict[int, Name] = {}  # of the variables
        self._variables: dict[Name, int] = {}
        self._all: dict[tuple[int, ...], int] = {}

    def variable(self, name: Name) -> int:
        """The variable of a name; made on first use."""
        found = self._variables.get(name)
        if found is None:
            found = self._variables[name] = len(self.parts)
            self.parts.append(())
            self.name[found] = name
        return found

    def all(self, literals: Iterable[int]) -> int:
        """All of them hold; true for none."""
        found = set(literals)
        if FALSE in found:
            return FALSE
        found.discard(TRUE)
        if len(found) < 2:
            return found.pop() if found else TRUE
        for literal in found:
            if literal < 0 and -literal in found:
                return FALSE
        key = tuple(sorted(found))
        node = self._all.get(key)
        if node is None:
            node = self._all[key] = len(self.parts)
            self.parts.append(key)
        return node

    def any(self, literals: Iterable[int]) -> int:
        """At least one of them holds; false for none."""
        return -self.all([-literal for literal in literals])

    def implies(self, left: int, right: int) -> int:
        """The right one holds wherever the left one does."""
        return -self.all((left, -right))

    def same(self, left: int, right: int) -> int:
        """Both hold or neither does."""
        return self.all((self.implies(left, right), self.implies(right, left)))

    def choose(self, condition: int, then: int, otherwise: int) -> int:
        """The one where the condition holds, else the other."""
        if then == otherwise:
            return then
        return self.any((self.all((condition, then)), self.all((-condition, otherwise))))

    def nodes(self, literals: Iterable[int], known: Container[int] = ()) -> list[int]:
        """The nodes on which some literals rest, parts before wholes.

        Args:
            literals: the literals.
            known: nodes that are left out, with all on which they rest.
        """
        found: dict[int, None] = {}
        waiting = [(abs(literal), False) for literal in literals]
        while waiting:
            node, is_done = waiting.pop()
            if is_done:
                found[node] = None
            elif node not in found and node not in known:
                waiting.append((node, True))
                waiting += [(abs(part), False) for part in self.parts[node] if abs(part) not in found]
        return list(found)

    def variables(self, literals: Iterable[int]) -> list[int]:
        """The variables on which some literals rest."""
        return [node for node in self.nodes(literals) if node in self.name]

    def evaluate(self, literals: Iterable[int], value: Callable[[int], bool]) -> list[bool]:
        """What literals come to, given the value of each variable by its node."""
        asked = list(literals)
        found = {TRUE: True}
        for node in self.nodes(asked):
            if node in self.name:
                found[node] = value(node)
            elif node != TRUE:
                found[node] = all(found[abs(part)] is (part > 0) for part in self.parts[node])
        return [found[abs(literal)] is (literal > 0) for literal in asked]
