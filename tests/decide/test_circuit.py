"""Circuits fold what is constant, hold nothing twice, and mean what their words say."""

import itertools
import random
from collections.abc import Callable

import pytest

from comity.decide.circuit import FALSE, TRUE, AtLeast, Circuit


def values_of(circuit: Circuit, literal: int, *variables: int) -> list[bool]:
    """What a literal comes to under every assignment, in the order of counting."""
    found = []
    for chosen in itertools.product((False, True), repeat=len(variables)):
        given = dict(zip(variables, chosen, strict=True))
        found += circuit.evaluate([literal], given.__getitem__)
    return found


@pytest.mark.parametrize(
    ("gate", "meaning"),
    [
        (lambda c, a, b: c.all((a, b)), lambda a, b: a and b),
        (lambda c, a, b: c.any((a, b)), lambda a, b: a or b),
        (lambda c, a, b: c.implies(a, b), lambda a, b: not a or b),
        (lambda c, a, b: c.same(a, b), lambda a, b: a is b),
        (lambda c, a, b: c.choose(a, b, -b), lambda a, b: b if a else not b),
        (lambda c, a, b: c.choose(a, b, FALSE), lambda a, b: a and b),
        (lambda c, a, b: c.choose(a, TRUE, b), lambda a, b: a or b),
        (lambda c, a, b: -c.all((-a, b)), lambda a, b: a or not b),
    ],
)
def test_gates_mean_what_they_are_called(
    gate: Callable[[Circuit, int, int], int], meaning: Callable[[bool, bool], bool]
) -> None:
    circuit = Circuit()
    a, b = circuit.variable("a"), circuit.variable("b")
    wanted = [meaning(x, y) for x, y in itertools.product((False, True), repeat=2)]
    assert values_of(circuit, gate(circuit, a, b), a, b) == wanted


def test_constants_fold() -> None:
    circuit = Circuit()
    a = circuit.variable("a")
    assert circuit.all(()) == TRUE
    assert circuit.any(()) == FALSE
    assert circuit.all((TRUE, a, TRUE)) == a
    assert circuit.all((a, FALSE)) == FALSE
    assert circuit.any((a, TRUE)) == TRUE
    assert circuit.any((FALSE, -a)) == -a
    assert circuit.implies(a, a) == TRUE
    assert circuit.same(a, TRUE) == a
    assert circuit.same(FALSE, a) == -a
    assert circuit.choose(TRUE, a, -a) == a
    assert circuit.choose(FALSE, a, -a) == -a
    assert len(circuit.parts) == 3, "the empty place, the constant and the variable"


def test_a_literal_beside_its_negation_folds() -> None:
    circuit = Circuit()
    a, b = circuit.variable("a"), circuit.variable("b")
    assert circuit.all((a, b, -a)) == FALSE
    assert circuit.any((a, b, -a)) == TRUE
    both = circuit.all((a, b))
    assert circuit.all((both, -both)) == FALSE


def test_nothing_stands_twice() -> None:
    circuit = Circuit()
    a, b = circuit.variable("a"), circuit.variable("b")
    assert circuit.all((a, b)) == circuit.all((b, a, b)) == -circuit.any((-b, -a))
    assert circuit.variable("a") == a
    assert circuit.variable(("in", "a", "b")) != circuit.variable(AtLeast("a", "b", 1))
    assert circuit.variable(AtLeast("a", "", 1)) == circuit.variable(AtLeast("a", "", 1))
    assert circuit.variable(AtLeast("a", "", 1)) != circuit.variable(AtLeast("a", "", 2))


def test_nodes_come_parts_before_wholes_and_once() -> None:
    circuit = Circuit()
    a, b, c = (circuit.variable(name) for name in "abc")
    inner = circuit.any((a, b))
    outer = circuit.all((inner, -c))
    nodes = circuit.nodes((outer, -inner, a))
    assert len(nodes) == len(set(nodes))
    place = {node: number for number, node in enumerate(nodes)}
    assert all(place[abs(part)] < place[node] for node in nodes for part in circuit.parts[node])
    assert set(circuit.variables((outer,))) == {a, b, c}
    assert set(circuit.variables((inner,))) == {a, b}


def test_a_deep_circuit_is_no_deep_recursion() -> None:
    circuit = Circuit()
    last = circuit.variable("start")
    for number in range(20_000):
        last = circuit.choose(circuit.variable(f"x{number}"), last, FALSE)
    assert circuit.evaluate([last, -last], lambda node: True) == [True, False]


def draw(r: random.Random, circuit: Circuit, leaves: list[int], depth: int) -> tuple[int, Callable[[set[int]], bool]]:
    """A literal by chance, and what it means, told without the circuit: given the variables that hold."""
    if depth == 0 or r.random() < 0.1:
        leaf = r.choice([*leaves, TRUE, FALSE])
        return leaf, lambda held: (leaf in held) if leaf not in (TRUE, FALSE) else leaf == TRUE
    parts = [draw(r, circuit, leaves, depth - 1) for _ in range(3)]
    literals, meanings = [literal for literal, _ in parts], [meaning for _, meaning in parts]
    match r.randrange(4):
        case 0:
            return circuit.all(literals), lambda held: all(m(held) for m in meanings)
        case 1:
            return circuit.any(literals), lambda held: any(m(held) for m in meanings)
        case 2:
            return circuit.choose(*literals), lambda held: meanings[1 if meanings[0](held) else 2](held)
    return -literals[0], lambda held: not meanings[0](held)


@pytest.mark.parametrize("seed", range(60))
def test_drawn_circuits_mean_what_was_put_together(seed: int) -> None:
    r = random.Random(seed)
    circuit = Circuit()
    leaves = [circuit.variable(f"x{number}") for number in range(5)]
    literal, meaning = draw(r, circuit, leaves, 4)
    for chosen in itertools.product((False, True), repeat=5):
        held = {leaf for leaf, is_held in zip(leaves, chosen, strict=True) if is_held}
        assert circuit.evaluate([literal], held.__contains__) == [meaning(held)]
