"""The solver: what is not settled in time is open, the cheapest is the cheapest, a core cannot be smaller."""

import itertools
import os
import random
import subprocess
import sys

import pytest

from comity.decide import solve
from comity.decide.circuit import FALSE, TRUE, AtLeast, Circuit
from comity.decide.solve import Open, Solver
from comity.errors import MissingExtraError
from tests.house.sources import ROOT

VARIABLES = 8


def drawn_circuit(r: random.Random) -> tuple[Circuit, list[int], list[int]]:
    """A circuit, its variables, and a few literals to ask for: clauses, counts of what holds, chains."""
    circuit = Circuit()
    leaves = [circuit.variable(f"x{number}") for number in range(VARIABLES)]
    pool = list(leaves)
    for _ in range(12):
        parts = [r.choice((1, -1)) * x for x in r.sample(pool, 3)]
        pool.append(r.choice((circuit.all, circuit.any))(parts))
    gates = [x for x in pool[VARIABLES:] if x not in (TRUE, FALSE)]
    return circuit, leaves, [r.choice((1, -1)) * x for x in r.sample(gates, min(4, len(gates)))]


def assignments(circuit: Circuit, leaves: list[int], literals: list[int]) -> list[set[int]]:
    """The sets of variables under which all literals hold, by trying each."""
    found = []
    for chosen in itertools.product((False, True), repeat=len(leaves)):
        held = {leaf for leaf, is_held in zip(leaves, chosen, strict=True) if is_held}
        if all(circuit.evaluate(literals, held.__contains__)):
            found.append(held)
    return found


def pigeons(n: int) -> tuple[Circuit, list[int]]:
    """One more pigeon than there are holes, each in a hole, none with another: impossible, and slow to see."""
    circuit = Circuit()
    sits = {(p, h): circuit.variable(f"{p} in {h}") for p in range(n + 1) for h in range(n)}
    each = [circuit.any([sits[p, h] for h in range(n)]) for p in range(n + 1)]
    pairs = itertools.combinations(range(n + 1), 2)
    return circuit, each + [-circuit.all((sits[p, h], sits[q, h])) for p, q in pairs for h in range(n)]


def guarded(n: int, n_pairs: int) -> tuple[Circuit, list[int], list[tuple[int, int]]]:
    """Posts of which one of each pair is held: easy to do, and hard to do with the fewest. Posts, pairs."""
    circuit, r = Circuit(), random.Random(5)
    posts = [circuit.variable(f"post {number}") for number in range(n)]
    return circuit, posts, r.sample(list(itertools.combinations(posts, 2)), n_pairs)


# --- questions


@pytest.mark.parametrize("seed", range(80))
def test_an_answer_holds_and_no_answer_means_that_there_is_none(seed: int) -> None:
    circuit, leaves, literals = drawn_circuit(random.Random(seed))
    model = Solver(circuit).solve(*literals)
    possible = assignments(circuit, leaves, literals)
    assert (model is not None) is bool(possible)
    if model is not None:
        assert all(model.holds(literal) for literal in literals)
        assert not any(model.holds(-literal) for literal in literals)
        assert {leaf for leaf in leaves if model.holds(leaf)} in possible


def test_what_is_drawn_can_be_now_and_then_and_now_and_then_not() -> None:
    can_be = sum(bool(assignments(*drawn_circuit(random.Random(seed)))) for seed in range(80))
    assert 8 < can_be < 80


def test_constants_are_answered() -> None:
    solver = Solver(Circuit())
    assert solver.solve() is not None
    assert solver.solve(TRUE) is not None
    assert solver.solve(FALSE) is None
    assert solver.cheapest([], FALSE) is None
    solver.require([TRUE])
    assert solver.solve() is not None
    solver.require([FALSE])
    assert solver.solve() is None


def test_the_circuit_may_grow_between_questions() -> None:
    circuit = Circuit()
    a = circuit.variable("a")
    solver = Solver(circuit)
    model = solver.solve(a)
    assert model is not None
    b = circuit.variable("b")
    both = circuit.all((a, -b))
    solver.require([both])
    assert solver.solve(b) is None
    later = solver.solve(a)
    assert later is not None
    assert later.holds(both)
    assert model.holds(a), "an answer stays what it was"


def test_numbers_keep_their_distance() -> None:
    circuit = Circuit()
    apart = circuit.variable(AtLeast("great", "small", 5))
    small = circuit.variable(AtLeast("small", "", 3))
    above = circuit.variable(AtLeast("great", "", 8))
    solver = Solver(circuit)
    assert solver.solve(apart, small, -above) is None
    model = solver.solve(apart, small, -circuit.variable(AtLeast("great", "", 9)))
    assert model is not None
    assert (model.number("small"), model.number("great")) == (3, 8)
    assert model.holds(circuit.variable(AtLeast("great", "small", 2))), "also what was not asked for"
    assert not model.holds(circuit.variable(AtLeast("great", "small", 6)))
    assert model.number("never asked for") == 0


# --- the cheapest


@pytest.mark.parametrize("seed", range(80))
def test_the_cheapest_costs_no_more_than_any_other(seed: int) -> None:
    r = random.Random(1000 + seed)
    circuit, leaves, literals = drawn_circuit(r)
    gate = circuit.all((leaves[0], -leaves[1]))
    costs = [(r.choice((1, -1)) * leaf, r.randint(1, 9)) for leaf in leaves if r.random() < 0.8]
    costs += [(gate, 4), (gate, 3)]

    def cost(held: set[int]) -> int:
        holding = circuit.evaluate([literal for literal, _ in costs], held.__contains__)
        return sum(price for (_, price), is_held in zip(costs, holding, strict=True) if is_held)

    model = Solver(circuit).cheapest(costs, *literals)
    possible = assignments(circuit, leaves, literals)
    assert (model is not None) is bool(possible)
    if model is not None:
        assert all(model.holds(literal) for literal in literals)
        assert cost({leaf for leaf in leaves if model.holds(leaf)}) == min(map(cost, possible))


def test_what_is_required_binds_the_cheapest_too() -> None:
    circuit = Circuit()
    dear, fair = circuit.variable("dear"), circuit.variable("fair")
    solver = Solver(circuit)
    solver.require([circuit.any((dear, fair))])
    costs = [(dear, 5), (fair, 2)]
    model = solver.cheapest(costs)
    assert model is not None
    assert (model.holds(dear), model.holds(fair)) == (False, True)
    model = solver.cheapest(costs, -fair)
    assert model is not None
    assert (model.holds(dear), model.holds(fair)) == (True, False)
    assert solver.cheapest(costs, -fair, -dear) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_light_answer_is_the_cheapest_where_that_is_settled(seed: int) -> None:
    r = random.Random(3000 + seed)
    circuit, leaves, literals = drawn_circuit(r)
    costs = [(r.choice((1, -1)) * leaf, r.randint(1, 9)) for leaf in leaves]
    model, light = Solver(circuit).cheapest(costs, *literals), Solver(circuit).light(costs, *literals)
    assert (light is None) is (model is None)
    if model is not None and light is not None:
        prices = [sum(cost for each, cost in costs if some.holds(each)) for some in (model, light.model)]
        assert (light.is_least, prices[1]) == (True, prices[0])


def test_where_the_cheapest_is_not_settled_in_time_nothing_can_be_left_out_of_the_answer() -> None:
    circuit, posts, pairs = guarded(120, 700)
    needs = [circuit.any(pair) for pair in pairs]
    costs = [(post, 1 + number % 5) for number, post in enumerate(posts)]
    solver = Solver(circuit, seconds=1.0)
    with pytest.raises(Open):
        solver.cheapest(costs, *needs)
    light = solver.light(costs, *needs)
    assert light is not None
    assert not light.is_least
    assert all(light.model.holds(need) for need in needs)
    held = {post for post in posts if light.model.holds(post)}
    assert len(held) < len(posts)
    for post in held:
        assert any(post in pair and not set(pair) - {post} <= held for pair in pairs), "it could be left"


def test_of_what_cannot_be_there_is_no_light_answer() -> None:
    circuit, posts, pairs = guarded(20, 40)
    costs, needs = [(post, 1) for post in posts], [circuit.any(pair) for pair in pairs]
    solver = Solver(circuit)
    assert solver.light(costs, *needs) is not None
    solver.require([-post for post in pairs[0]])
    assert solver.light(costs, *needs) is None
    assert solver.light(costs, FALSE) is None


# --- cores


@pytest.mark.parametrize("seed", range(60))
def test_a_core_cannot_be_and_can_be_without_any_of_its_parts(seed: int) -> None:
    r = random.Random(2000 + seed)
    circuit, leaves, gates = drawn_circuit(r)
    chosen = [r.choice((1, -1)) * leaf for leaf in leaves]
    circuit_literals = list(dict.fromkeys([*chosen, *gates, -gates[0]]))
    core = Solver(circuit).core(circuit_literals)
    assert set(core) <= set(circuit_literals)
    assert assignments(circuit, leaves, list(core)) == []
    for left_out in core:
        assert assignments(circuit, leaves, [x for x in core if x != left_out])


def test_a_core_stands_on_what_is_required() -> None:
    circuit = Circuit()
    a, b, c = (circuit.variable(name) for name in "abc")
    solver = Solver(circuit)
    solver.require([-circuit.all((a, b))])
    assert set(solver.core([c, a, b])) == {a, b}


# --- time


def test_what_is_not_settled_in_time_is_open() -> None:
    circuit, literals = pigeons(12)
    solver = Solver(circuit, seconds=0.05)
    with pytest.raises(Open):
        solver.solve(*literals)
    with pytest.raises(Open):
        solver.cheapest([(literal, 1) for literal in circuit.name], *literals)
    with pytest.raises(Open):
        solver.light([(literal, 1) for literal in circuit.name], *literals)
    with pytest.raises(Open):
        solver.core(literals)


def test_an_easy_question_is_answered_after_one_that_stayed_open() -> None:
    circuit, literals = pigeons(12)
    solver = Solver(circuit, seconds=0.05)
    with pytest.raises(Open):
        solver.solve(*literals)
    model = solver.solve(literals[0])
    assert model is not None
    assert model.holds(literals[0])


def test_a_small_one_is_settled() -> None:
    circuit, literals = pigeons(4)
    assert Solver(circuit).solve(*literals) is None
    assert Solver(circuit).solve(*literals[1:]) is not None


# --- processes

ONE_QUESTION = """
import datetime as dt
from comity.facts import Places
from comity.pack.ship import load_program
from comity.decide.solve import Solver
from tests.decide.pose import ask

program = load_program()
packs = [program.pack["cn/outbound-data"], program.pack["eu/personal-data"]]
asked = ask(program.vocabulary, packs, "transfer", dt.date(2026, 11, 24), fixed={"flow.done": False})
solver = Solver(asked.circuit)
solver.require(asked.space.constraints())
left, right = asked.packs
literals = [left.bound.low2, right.scope.must, -right.bound.high1]
for model in (solver.cheapest(asked.space.costs(), *literals), solver.solve(*literals)):
    case = asked.space.case(model.holds, model.number)
    for name, value in sorted(case.facts.items()):
        parts = [sorted(x) if isinstance(x, frozenset) else x for x in value] if isinstance(value, tuple) else value
        print(name, parts)
    print(sorted(case.measures.items()), sorted(case.totals.items()))
fixed = {"data.stored_in": Places(frozenset({"BR", "CN", "IN", "RU", "US"}))}
print(ask(program.vocabulary, packs, "transfer", dt.date(2026, 11, 24), fixed=fixed).space.places())
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, **environment},
    )


def test_the_same_question_in_two_processes_gives_the_same_case() -> None:
    first, second = (run(ONE_QUESTION, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert (first.returncode, first.stderr) == (0, "")
    assert len(first.stdout.splitlines()) > 4
    assert first.stdout == second.stdout


WITHOUT = """
from importlib.machinery import PathFinder

found = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name == "z3" else found(name, *rest)
"""
COMMAND = """
import sys
from comity.cli import main
sys.argv[1:] = {}
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""
CHECK = COMMAND.format(["check", "examples/harbour/comity.yaml", "--fail-on", "none"])
CHECK_JSON = COMMAND.format(["check", "examples/harbour/comity.yaml", "--fail-on", "none", "--json"])


@pytest.mark.parametrize("hides", ["import sys\nsys.modules['z3'] = None\n", WITHOUT], ids=["blocked", "not found"])
def test_without_the_solver_the_message_names_the_extra(hides: str) -> None:
    code = """
from comity.decide.solve import is_installed, require_solver
from comity.errors import MissingExtraError
assert not is_installed()
try:
    require_solver("comity compare")
except MissingExtraError as error:
    print(error)
"""
    done = run(hides + code)
    assert (done.returncode, done.stderr) == (0, "")
    assert "comity compare" in done.stdout
    assert "comity[solve]" in done.stdout


def test_with_the_solver_nothing_is_raised() -> None:
    assert solve.is_installed()
    solve.require_solver("comity compare")
    assert "solve" in str(MissingExtraError("comity compare", "solve"))


@pytest.mark.parametrize(
    "code",
    [
        "import comity",
        "from comity.decide import solve; solve.require_solver('compare')",
        COMMAND.format(["--help"]),
        CHECK_JSON,  # the text names the least that helps, for which a solver is asked
    ],
    ids=["import", "require", "help", "check"],
)
def test_the_solver_is_not_loaded_before_it_is_asked(code: str) -> None:
    done = run(f"{code}\nimport sys; print('loaded:', [m for m in sys.modules if m.partition('.')[0] == 'z3'])")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_without_the_solver_a_check_is_made_all_the_same() -> None:
    done = run(WITHOUT + CHECK)
    assert done.returncode == 0, done.stderr
    assert done.stdout
