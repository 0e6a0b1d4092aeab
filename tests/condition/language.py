"""What tests of conditions share: names for them, and conditions and facts drawn at random."""

import datetime as dt
import random
from functools import cache

from comity.condition import tree as t
from comity.condition.check import Names, TablePart, compile_condition
from comity.condition.parse import Expr, parse_condition
from comity.errors import Problems
from comity.facts import Owner, Places, Row, Value
from tests.small.law import span, vocabulary

# Each of the `double` terms uses the one before twice: written out, the last has a thousand million parts.
TERMS = {
    "bound": "holder.listed || recipient.listed",
    "loop": "loop_2 || data.personal",
    "loop_2": "loop && flow.routine",
    "broken": "recipient.lited || data.personal",
    "double_0": "data.personal || flow.routine",
    **{f"double_{n}": f"(double_{n - 1} && data.public) || (double_{n - 1} && flow.group)" for n in range(1, 31)},
}
TOTALS = {"people_sent": "fr/law:people_sent", "health_sent": "fr/law:health_sent"}
TABLES = {
    "ADEQUATE": (TablePart("ADEQUATE", t.TRUE), TablePart("ADEQUATE#1", t.IsTrue("recipient.listed"))),
    "WHITE": (TablePart("WHITE", t.TRUE),),
}


def names() -> Names:
    """Terms, totals and tables as a pack would declare them."""
    found = Names(vocabulary(), totals=TOTALS, tables=TABLES)
    found.groups |= {"ADEQUATE": (Row("CH"),), "ADEQUATE#1": (Row("US"),), "WHITE": (Row("FR"), Row("HK"))}
    found.terms = _terms()
    return found


@cache
def _terms() -> dict[str, Expr | None]:
    problems = Problems()
    found = {name: parse_condition(text, span(text), problems) for name, text in TERMS.items()}
    problems.require_none()
    return found


def compiled(text: str, given: Names | None = None) -> t.Condition:
    """The tree of a condition that has no problem."""
    problems = Problems()
    found = compile_condition(text, span(text), given or names(), problems)
    problems.require_none()
    return found


# --- conditions drawn at random, as text, in every form of the language


BOOLS = ("data.personal", "data.public", "flow.routine", "flow.group", "recipient.listed")
COUNTS = ("incident.persons", "incident.lost", "people_sent", "health_sent")
PLACE_FACTS = ("holder.country", "recipient.country", "holder.law")
SETS = ("data.origin", "holder.targets", "recipient.targets")
DAYS = ("day", "contract.concluded_on", "incident.known_at", "incident.ended_on")
OWNERS = ("holder.owners", "recipient.owners")
GROUPS = ("EU", "EEA", "BAY", "PACT", "WHITE", "US", "CN", "FR", "NO", "US_CA", "CN_GD", "CN_GD_SHENZHEN")
LISTS = ("[FR, DE]", "[CN_GD_SHENZHEN, HK]", "[NO, US]")
LEAVES = ("FR", "DE", "NO", "CH", "US-CA", "US-NY", "CN-GD-SHENZHEN", "HK", "XZ")
CATEGORIES = ("personal", "contact", "special", "health", "genetic", "genomic", "criminal", "core")
PURPOSES = ("research", "marketing", "travel")
DEALS = ("vendor", "employment", "brokerage")
OPS = ("==", "!=", "<", "<=", ">", ">=")
FIRST = dt.date(2019, 12, 30)


def draw_text(rng: random.Random, depth: int) -> str:
    """A condition as a person might write it."""
    if depth <= 0 or rng.random() < 0.15:
        return draw_atom(rng)
    roll = rng.random()
    if roll < 0.2:
        return f"!({draw_text(rng, depth - 1)})"
    if roll < 0.28:
        return f"({draw_text(rng, depth - 1)}) {rng.choice(('==', '!='))} ({draw_text(rng, depth - 1)})"
    op = rng.choice((" && ", " || "))
    return op.join(f"({draw_text(rng, depth - 1)})" for _ in range(rng.randint(2, 3)))


def draw_atom(rng: random.Random) -> str:
    """One comparison, membership or quantifier."""
    return rng.choice(ATOMS)(rng)


def _count(rng: random.Random) -> str:
    fact, op, number = rng.choice(COUNTS), rng.choice(OPS), rng.choice((0, 1, 99, 100, 101))
    roll = rng.random()
    if roll < 0.2:
        return f"{number} {op} {fact}"
    return f"{fact} {op} {rng.choice(COUNTS)}" if roll < 0.4 else f"{fact} {op} {number}"


def _one_of(rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.3:
        chosen = rng.sample(DEALS, rng.randint(0, 3))
        return f"flow.deal in [{', '.join(repr(c) for c in chosen)}]"
    if roll < 0.4:
        return f'kind {rng.choice(("==", "!="))} "{rng.choice(("transfer", "incident"))}"'
    return f'flow.deal {rng.choice(("==", "!="))} "{rng.choice(DEALS)}"'


def _some_of(rng: random.Random) -> str:
    fact, known = rng.choice((("data.categories", CATEGORIES), ("flow.purposes", PURPOSES)))
    if rng.random() < 0.5:
        return f"'{rng.choice(known)}' in {fact}"
    chosen = ", ".join(f'"{c}"' for c in rng.sample(known, rng.randint(1, 2)))
    return f"{fact}.{rng.choice(('exists', 'all'))}(c, {rng.choice(('', '!'))}(c in [{chosen}]))"


def _place(rng: random.Random) -> str:
    fact = rng.choice(PLACE_FACTS)
    roll = rng.random()
    if roll < 0.2:
        return f"{fact} {rng.choice(('==', '!='))} {rng.choice(PLACE_FACTS)}"
    if roll < 0.4:
        return f"{fact} in {rng.choice(SETS)}"
    return f"{fact} in {rng.choice(GROUPS + LISTS)}"


def _places(rng: random.Random) -> str:
    variable = rng.choice("pq")
    parts = [f"{rng.choice(('', '!'))}({variable} in {rng.choice(GROUPS + LISTS)})" for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.2:
        parts.append(rng.choice(BOOLS))
    body = rng.choice((" && ", " || ")).join(parts)
    return f"{rng.choice(SETS)}.{rng.choice(('exists', 'all'))}({variable}, {body})"


def _day(rng: random.Random) -> str:
    if rng.random() < 0.4:
        return f"days({rng.choice(DAYS)}, {rng.choice(DAYS)}) {rng.choice(OPS)} {rng.choice((-1, 0, 1, 3))}"
    day = FIRST + dt.timedelta(days=rng.randint(0, 5))
    return f'{rng.choice(DAYS)} {rng.choice(OPS)} date("{day.isoformat()}")'


def _owners(rng: random.Random) -> str:
    fact, group = rng.choice(OWNERS), rng.choice(GROUPS)
    if rng.random() < 0.5:
        return f"cascade({fact}, {group}, {rng.choice((1, 25, 50, 100))})"
    return f"share({fact}, {group}) {rng.choice(OPS)} {rng.choice((0, 25, 50, 100))}"


def _literal(rng: random.Random) -> str:
    return rng.choice(
        ("true", "false", "1 < 2", "'a' == 'b'", "[1, 2] == [1, 2]", "3 in [1, 2]", "[1, 2].exists_one(x, x > 1)")
    )


ATOMS = (
    lambda rng: rng.choice(BOOLS),
    _count,
    _count,
    _one_of,
    _some_of,
    _place,
    _place,
    _places,
    _day,
    _owners,
    _literal,
)


# --- facts drawn at random, all known


def draw_facts(rng: random.Random) -> dict[str, Value]:
    """A value for every fact that conditions read; places are precise, so that nothing is left open."""
    found: dict[str, Value] = {fact: rng.random() < 0.5 for fact in BOOLS}
    found |= {fact: rng.choice((0, 1, 99, 100, 101)) for fact in COUNTS if fact not in TOTALS}
    found |= {fact: rng.choice(LEAVES) for fact in PLACE_FACTS}
    found |= {fact: Places(frozenset(rng.sample(LEAVES, rng.randint(0, 3)))) for fact in SETS}
    found |= {fact: draw_day(rng) for fact in DAYS if fact != "day"}
    found |= {fact: draw_owners(rng, 2) for fact in OWNERS}
    found["flow.deal"] = rng.choice(DEALS)
    return found


def draw_day(rng: random.Random) -> dt.date:
    """A day near those that conditions name."""
    return FIRST + dt.timedelta(days=rng.randint(0, 5))


def draw_owners(rng: random.Random, depth: int) -> tuple[Owner, ...]:
    """Owners who hold everything, in tens of percent, so that products of two shares are whole numbers."""
    left, found = 100, []
    while left:
        percent = rng.choice([p for p in (10, 20, 50, 100) if p <= left])
        left -= percent
        owners = draw_owners(rng, depth - 1) if depth > 1 and rng.random() < 0.4 else ()
        found.append(Owner(percent, rng.choice(LEAVES), owners))
    return tuple(found)


@cache
def below(place: str) -> frozenset[str]:
    """A place and all that lie in it."""
    return vocabulary().below[place] | {place}
