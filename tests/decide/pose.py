"""Questions about generated programs and about the packs, as they are put to a solver."""

import datetime as dt
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from comity.decide import agree
from comity.decide.circuit import Circuit
from comity.decide.encode import EncodedPack, Encoder, Ranks
from comity.decide.solve import Model
from comity.decide.space import Space
from comity.decide.verdict import Bound
from comity.facts import Value, Vocabulary
from comity.pack.program import Pack, Program

BOUNDS = tuple((low, high) for low in range(3) for high in range(low, 3))


@dataclass(frozen=True)
class Asked:
    """Packs over all cases of a kind on a day.

    Attributes:
        bound: of the packs that count together.
    """

    circuit: Circuit
    space: Space
    packs: tuple[EncodedPack, ...]
    bound: Ranks


def ask(
    vocabulary: Vocabulary,
    packs: Sequence[Pack],
    kind: str,
    day: dt.date,
    *,
    whole: bool = False,
    fixed: Mapping[str, Value] | None = None,
) -> Asked:
    """All cases of a kind on a day, under some packs."""
    circuit = Circuit()
    space = Space(circuit, vocabulary, packs, kind, day, whole=whole, fixed=fixed)
    encoder = Encoder(space)
    encoded = tuple(encoder.pack(pack) for pack in packs)
    bound = encoder.greatest([e.bound for e in encoded if e.pack.counts(kind)])
    return Asked(circuit, space, encoded, bound)


def is_bound(ranks: Ranks, bound: Bound) -> list[int]:
    """Literals that hold together where the bound is exactly this one."""
    low, high = bound
    places = ((ranks.low1, low >= 1), (ranks.low2, low >= 2), (ranks.high1, high >= 1), (ranks.high2, high >= 2))
    return [literal if wanted else -literal for literal, wanted in places]


def bound_in(model: Model, ranks: Ranks) -> Bound:
    """The bound of a model."""
    low1, low2, high1, high2 = (model.holds(literal) for literal in ranks)
    return low1 + low2, high1 + high2


def whens(program: Program, seed: int, number: int, n: int) -> list[tuple[str, dt.date]]:
    """Kinds and days about which a generated program is asked."""
    r = random.Random(f"{seed}/{number}/asked")
    return [agree.draw_kind_and_day(r) for _ in range(n)]


def drawn(seed: int, first: int, last: int, *, whole: bool = False) -> Iterator[tuple[Program, Asked]]:
    """Generated programs, each asked about cases of one kind and day."""
    for number in range(first, last):
        program = agree.make_program(seed, number)
        for kind, day in whens(program, seed, number, 1):
            yield program, ask(program.vocabulary, program.packs, kind, day, whole=whole)


def pairs_of_packs(program: Program, kind: str, day: dt.date) -> list[tuple[Pack, Pack]]:
    """Two packs that both answer such cases, in every way."""
    answering = [p for p in program.packs if p.covers_case(kind, day) and not p.stale_on(day)]
    return list(itertools.combinations(answering, 2))
