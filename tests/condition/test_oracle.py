"""The official runtime of the Common Expression Language as oracle for conditions.

Both read the same text. To it, facts are variables with dotted names: places and names are strings, sets are lists of
strings (categories closed upward, places of a group with all that lies in them), days are numbers, ownership is text.
"""

import datetime as dt
import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from cel_expr_python import cel  # type: ignore[import-untyped]  # its wheel ships types, but no mark that says so

from comity.case import Case, Facts, normalise
from comity.condition import tree as t
from comity.condition.check import Names
from comity.decide.one import Context, evaluate
from comity.facts import Members, Owner, Places, Row, Tri, Value
from tests.condition import language as lang
from tests.condition.language import below, compiled, draw_facts, draw_text, names
from tests.small.law import vocabulary

N_TEXTS, N_CASES = 900, 5
TYPE = cel.Type
# The oracle has neither tables nor places as groups of themselves: each becomes a variable that holds a list of places.
PLACE_LIST = re.compile(r"\[[A-Z][A-Z_, ]*\]")


def variables() -> dict[str, Any]:
    """The type of every variable."""
    strings = TYPE.List(TYPE.STRING)
    found = dict.fromkeys(lang.BOOLS, TYPE.BOOL) | dict.fromkeys((*lang.COUNTS, *lang.DAYS), TYPE.INT)
    found |= dict.fromkeys((*lang.PLACE_FACTS, *lang.OWNERS, "flow.deal", "kind"), TYPE.STRING)
    return found | dict.fromkeys((*lang.SETS, *lang.GROUPS, *map(listed, lang.LISTS), *SOME_OF), strings)


SOME_OF = ("data.categories", "flow.purposes")


def listed(text: str) -> str:
    """The variable that stands for a literal list of places."""
    return "list_" + "_".join(re.findall(r"\w+", text))


def for_oracle(text: str) -> str:
    """The text with its lists of places as variables."""
    return PLACE_LIST.sub(lambda match: listed(match.group()), text)


def environment() -> Any:
    """The oracle with our four functions."""
    strings, owners = TYPE.List(TYPE.STRING), TYPE.STRING
    declared: list[tuple[str, Any, list[Any], Callable[..., object]]] = [
        ("date", TYPE.INT, [TYPE.STRING], lambda text: dt.date.fromisoformat(text).toordinal()),
        ("days", TYPE.INT, [TYPE.INT, TYPE.INT], lambda start, end: end - start),
        ("share", TYPE.INT, [owners, strings], lambda text, places: share(json.loads(text), {*places})),
        (
            "cascade",
            TYPE.BOOL,
            [owners, strings, TYPE.INT],
            lambda text, places, n: cascade(json.loads(text), {*places}, n),
        ),
    ]

    def declare(name: str, result: Any, parameters: list[Any], impl: Callable[..., object]) -> Any:
        overload = cel.Overload(f"{name}_of", return_type=result, parameters=parameters, impl=impl)
        return cel.FunctionDecl(name, [overload])

    return cel.NewEnv(variables=variables(), functions=[declare(*each) for each in declared])


def share(owners: list[Any], places: set[str]) -> int:
    """Percent owned by places, along the chain; whole numbers, since all shares are tens and chains are short."""
    return sum(p if place in places else p * share(inner, places) // 100 for p, place, inner in owners)


def cascade(owners: list[Any], places: set[str], percent: int) -> bool:
    """Whether places own at least so much, where an owner of whom they own so much counts whole."""
    return percent <= sum(int(p) for p, place, inner in owners if place in places or cascade(inner, places, percent))


def plain(value: Value) -> Any:
    """A fact as the oracle takes it."""
    match value:
        case bool() | int() | str():
            return value
        case dt.datetime():
            return value.date().toordinal()
        case dt.date():
            return value.toordinal()
        case Places(members):
            return sorted(members)
        case Members(yes):
            return sorted(yes)
    assert isinstance(value, tuple)
    return json.dumps([as_list(o) for o in value if isinstance(o, Owner)])


def as_list(owner: Owner) -> list[Any]:
    return [owner.percent, owner.place, [as_list(o) for o in owner.owners]]


def groups_on(day: dt.date, given: Names) -> dict[str, list[str]]:
    """The places of every group on a day, with all that lies in them."""
    found = {}
    for name in (*lang.GROUPS, *lang.LISTS):
        if name.startswith("["):
            rows: tuple[Row, ...] = tuple(Row(p.replace("_", "-")) for p in re.findall(r"\w+", name))
        else:
            rows = given.groups.get(name) or (Row(name.replace("_", "-")),)
            rows = vocabulary().group[name].rows if name in vocabulary().group else rows
        places = {place for row in rows if row.holds_on(day) for place in below(row.place)}
        found[listed(name) if name.startswith("[") else name] = sorted(places)
    return found


def asked(condition: t.Condition, case: Case, given: Names) -> Tri:
    """What the reference interpreter says; nothing is presumed."""
    return evaluate(condition, Context(Facts(vocabulary(), case, presume=False), given.groups, case.day)).value


def oracle(program: Any, data: dict[str, Any]) -> Tri:
    """What the oracle says; an error is None."""
    found = program.eval(data=data).value()
    return found if isinstance(found, bool) else None


def draw_case(rng: random.Random, n_missing: int) -> tuple[Case, dict[str, Any]]:
    """A case and the same for the oracle; some facts are missing from both."""
    facts = draw_facts(rng)
    for fact, known in (("data.categories", lang.CATEGORIES), ("flow.purposes", lang.PURPOSES)):
        facts[fact] = Members(frozenset(rng.sample(known, rng.randint(0, 2))))
    for fact in rng.sample(sorted(facts), n_missing):
        del facts[fact]
    if "data.categories" in facts:  # the bool fact that mirrors a category goes with it, in the oracle's data too
        facts.pop("data.personal", None)
    totals = {id_: rng.choice((0, 1, 99, 100, 101)) for id_ in lang.TOTALS.values()}
    kept = {name: id_ for name, id_ in lang.TOTALS.items() if not n_missing or rng.random() < 0.5}
    day, kind = lang.draw_day(rng), rng.choice(("transfer", "incident"))
    facts = normalise(vocabulary(), facts)
    case = Case("case", kind, day, facts, totals={id_: totals[id_] for id_ in kept.values()})
    data = {fact: plain(value) for fact, value in facts.items() if not (isinstance(value, Members) and value.open)}
    data |= {name: totals[id_] for name, id_ in kept.items()}
    return case, data | {"kind": kind, "day": day.toordinal()} | groups_on(day, names())


@pytest.mark.parametrize("n_missing", [0, 4, 9])
def test_the_oracle_agrees(n_missing: int, record_property: Callable[[str, object], None]) -> None:
    rng = random.Random(20260101 + n_missing)
    environment_, n_definite, n_open, n_pairs = environment(), 0, 0, 0
    for _ in range(N_TEXTS):
        text = draw_text(rng, rng.randint(0, 3))
        given = names()
        condition = compiled(text, given)
        program = environment_.compile(for_oracle(text))
        for _ in range(N_CASES):
            case, data = draw_case(rng, n_missing)
            ours, theirs = asked(condition, case, given), oracle(program, data)
            n_pairs, n_definite, n_open = n_pairs + 1, n_definite + (theirs is not None), n_open + (ours is None)
            # Where the oracle answers, so do we, and alike. Where we answer alone, it fell over a missing fact that
            # does not matter: in a constant that we fold, or in a comparison that its other half decides.
            assert ours == theirs if theirs is not None else n_missing, f"{text}\n{case}\nours {ours}, theirs {theirs}"
    answers = f"the oracle answers {n_definite} of {n_pairs} pairs, we {n_pairs - n_open}, alike"
    record_property("told", f"Conditions with {n_missing} facts missing: {answers}")
    assert n_definite == n_pairs if not n_missing else n_pairs / 4 < n_definite < n_pairs
    assert n_open == 0 if not n_missing else n_open > n_pairs / 20


def test_a_planted_fault_would_be_seen() -> None:
    rng, environment_, given = random.Random(1), environment(), names()
    wrong = {" < ": " <= ", " > ": " >= ", " && ": " || ", ".exists(": ".all("}
    seen = set()
    for _ in range(600):
        text = draw_text(rng, 2)
        case, data = draw_case(rng, 0)
        for right in [r for r in wrong if r in text and r not in seen]:
            condition = compiled(text.replace(right, wrong[right]), given)
            if asked(condition, case, given) != oracle(environment_.compile(for_oracle(text)), data):
                seen.add(right)
    assert seen == set(wrong)


@pytest.mark.parametrize(
    ("text", "ours", "theirs"),
    [
        ("recipient.listed && false", False, False),
        ("recipient.listed || true", True, True),
        ("recipient.listed && true", None, None),
        ("!recipient.listed", None, None),
        ("recipient.listed == flow.routine", None, None),
        ("recipient.country in []", False, None),
    ],
)
def test_a_missing_fact_is_absorbed_as_the_oracle_absorbs_its_error(text: str, ours: Tri, theirs: Tri) -> None:
    given = names()
    condition = compiled(text, given)
    assert asked(condition, Case("case", "transfer", dt.date(2026, 1, 1)), given) is ours
    assert oracle(environment().compile(text), {"flow.routine": True}) is theirs
