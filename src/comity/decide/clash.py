"""Where obeying one law breaks another, over all cases: one smallest example for each pair of clauses.

Two ways in which laws clash: one orders the very act that another forbids; or each wants data kept at home so that no
place, and no set of places, satisfies both. Lawful handling at home is presumed throughout: what a holder has itself
done wrong is no clash of laws. What `contradiction.py` finds in one case, this finds among all.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from comity.case import Case, Facts
from comity.decide import one, verdict
from comity.decide.circuit import FALSE, Circuit
from comity.decide.contradiction import Way, contradictions
from comity.decide.domain import representatives
from comity.decide.encode import EncodedPack, Encoder, Ranks, ranks
from comity.decide.example import PLANNED, PlainSpace, Questions, case_of, presumed_lawful, set_beside
from comity.decide.solve import SECONDS, Open
from comity.facts import Places, Value, Vocabulary
from comity.pack.program import THE_ACT, Clause, Pack, Program

DISCLOSURE, ORDER, LOCALISATION = "disclosure", "order", "localisation"
LOCALISE = "localise"
HOME_COPY = "store-at-home"  # a measure that says nothing but where data lie: here the places say it
PLACED = ("data.stored_in", "flow.systems_in")
_FEW, _CHUNK = 12, 4  # questions that are not worth a second process; those that a process gets at once
KEEPING = ("storage", "collection")  # kinds of case that ask where data are kept


@dataclass(frozen=True)
class Ground:
    """One of the two clauses of a clash."""

    party: str
    pack: str
    clause: str
    cite: str
    says: str


@dataclass(frozen=True)
class Placement:
    """Places where the data of an example could be kept, and which of the two clauses stand against that."""

    places: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True)
class Clash:
    """Two clauses of which, as things stand in the example, to obey the one breaks the other.

    Attributes:
        what: disclosure (one orders data to be handed over, the other blocks it), order (of any other act) or
            localisation.
        first: the clause that orders; of two duties to keep data at home either one.
        second: the clause that forbids.
        ways: the lawful ways round in the example; of an order.
        placements: what each set of places would break; of localisation.
    """

    what: str
    kind: str
    first: Ground
    second: Ground
    case: Case
    ways: tuple[Way, ...] = ()
    placements: tuple[Placement, ...] = ()


@dataclass(frozen=True)
class OpenPair:
    """A pair of clauses of which it was not settled in time whether they clash."""

    what: str
    kind: str
    first: Ground
    second: Ground


@dataclass(frozen=True)
class Clashes:
    """All clashes among some packs on a day.

    Attributes:
        parties: those that were asked about.
        stale: packs that were read too long before that day; nothing is said of them.
        n_pairs: how many pairs of clauses were asked about.
    """

    day: dt.date
    parties: tuple[str, ...]
    found: tuple[Clash, ...]
    open: tuple[OpenPair, ...]
    stale: tuple[str, ...]
    n_pairs: int


@dataclass(frozen=True)
class _Job:
    """Two packs and a kind of case, to be asked about."""

    what: str
    kind: str
    first: Pack
    second: Pack


@dataclass(frozen=True)
class _Question:
    """What is asked of two packs."""

    vocabulary: Vocabulary
    job: _Job
    day: dt.date
    fixed: Mapping[str, Value]
    seconds: float

    def open_pair(self, first: Clause, second: Clause) -> OpenPair:
        """Two clauses of which it was not settled whether they clash."""
        job = self.job
        return OpenPair(job.what, job.kind, _ground(job.first, first), _ground(job.second, second))


_Answers = tuple[Clash | OpenPair | None, ...]


def party_of(pack: Pack) -> str:
    """The code of the party of a pack: the first part of its id."""
    return pack.id.partition("/")[0]


def clashes(
    program: Program,
    day: dt.date,
    *,
    parties: Collection[str] = (),
    seconds: float = SECONDS,
    n_processes: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Clashes:
    """Find the pairs of clauses of which in some case, as it stands, to obey the one breaks the other.

    Args:
        program: the packs.
        day: the law of that day.
        parties: codes of the parties to ask about; none: all.
        seconds: the limit for each question.
        n_processes: how many of them share the work.
        progress: told how many pairs of packs are done, and of how many.
    """
    packs = [p for p in program.packs if not parties or party_of(p) in parties]
    fresh = [p for p in packs if not p.stale_on(day)]
    fixed = {n: v for n, v in (PLANNED | presumed_lawful(program.vocabulary)).items() if n in program.vocabulary.fact}
    jobs = [*_order_jobs(program.vocabulary, fresh, day), *_localisation_jobs(fresh, day)]
    questions = [_Question(program.vocabulary, job, day, fixed, seconds) for job in jobs]
    found: dict[tuple[str, str], Clash] = {}
    unsettled: list[OpenPair] = []
    n_pairs = 0
    for n_done, answers in enumerate(_answers(questions, n_processes)):
        progress(n_done, len(jobs))
        n_pairs += len(answers)
        for answer in answers:
            if isinstance(answer, Clash):
                found.setdefault((answer.first.clause, answer.second.clause), answer)
            elif answer is not None:
                unsettled.append(answer)
    progress(len(jobs), len(jobs))
    return Clashes(
        day,
        tuple(dict.fromkeys(party_of(p) for p in packs)),
        tuple(sorted(found.values(), key=lambda c: (c.first.clause, c.second.clause))),
        tuple(unsettled),
        tuple(p.id for p in packs if p.stale_on(day)),
        n_pairs,
    )


def _answers(questions: list[_Question], n_processes: int) -> Iterator[_Answers]:
    """The answers to each question, in the order of the questions."""
    if n_processes == 1 or len(questions) < _FEW:
        yield from map(_answer, questions)
        return
    with ProcessPoolExecutor(n_processes) as pool:
        yield from pool.map(_answer, questions, chunksize=_CHUNK)


def _answer(asked: _Question) -> _Answers:
    """For each pair of clauses of a question: a clash, that it is open, or nothing."""
    return tuple((_localisation if asked.job.what == LOCALISATION else _orders)(asked))


def _ground(pack: Pack, clause: Clause) -> Ground:
    return Ground(party_of(pack), pack.id, clause.id, clause.cite, clause.says)


def _only(pack: Pack, asked: Iterable[Clause]) -> Pack:
    """A pack with some of its clauses and whatever lifts them: what is left says the same of these."""
    return dataclasses.replace(pack, clauses=pack.with_excuses(asked))


def _in_force(pack: Pack, kind: str, day: dt.date) -> Iterator[Clause]:
    if pack.covers_case(kind, day):
        yield from (c for c in pack.clauses if kind in c.kinds and c.holds_on(day))


# --- one orders what the other forbids


def _order_jobs(vocabulary: Vocabulary, packs: list[Pack], day: dt.date) -> Iterator[_Job]:
    for kind in (k.id for k in vocabulary.kinds):
        ordering = [p for p in packs if any(c.measure == THE_ACT for c in _in_force(p, kind, day))]
        banning = [p for p in packs if p.counts(kind) and any(c.effect == "forbids" for c in _in_force(p, kind, day))]
        for first, second in itertools.product(ordering, banning):
            if first is not second:
                yield _Job(DISCLOSURE if kind == "access-request" else ORDER, kind, first, second)


def _orders(asked: _Question) -> Iterator[Clash | OpenPair | None]:
    job, vocabulary = asked.job, asked.vocabulary
    orders = [c for c in _in_force(job.first, job.kind, asked.day) if c.measure == THE_ACT]
    bans = [c for c in _in_force(job.second, job.kind, asked.day) if c.effect == "forbids"]
    packs = _only(job.first, orders), _only(job.second, bans)
    circuit = Circuit()
    space = PlainSpace(circuit, vocabulary, packs, job.kind, asked.day, fixed=asked.fixed)
    encoder = Encoder(space)
    ordering, banning = (encoder.pack(pack) for pack in packs)
    literals = {
        (order.id, ban.id): circuit.all((_ordered(circuit, ordering, order.id), _banned(circuit, banning, ban.id)))
        for order, ban in itertools.product(orders, bans)
    }
    if all(literal == FALSE for literal in literals.values()):
        yield from (None for _ in literals)
        return
    questions = Questions([space], seconds=asked.seconds)
    both = Program(vocabulary, (job.first, job.second), "two")
    for order, ban in itertools.product(orders, bans):
        literal = literals[order.id, ban.id]
        try:
            model = questions.smallest(literal)
        except Open:
            yield asked.open_pair(order, ban)
            continue
        if model is None:
            yield None
            continue
        case = case_of([space], model)
        told = contradictions(both, case, one.find(both, case), one.find)
        shown = next((c for c in told if (c.ordered_by, c.forbidden_by) == (order.id, ban.id)), None)
        if shown is None:
            yield asked.open_pair(order, ban)
        else:
            grounds = _ground(job.first, order), _ground(job.second, ban)
            yield Clash(job.what, job.kind, *grounds, case, ways=shown.ways)


def _ordered(circuit: Circuit, pack: EncodedPack, id_: str) -> int:
    """The literal by which a law orders the act: its clause speaks, and no satisfied excuse lifts it."""
    encoded = pack.clauses[id_]
    excuses = [pack.clauses[e].bound.high1 for e in encoded.clause.excused_by if e in pack.clauses]
    return circuit.all((pack.scope.must, encoded.when.must, *excuses))


def _banned(circuit: Circuit, pack: EncodedPack, id_: str) -> int:
    return circuit.all((pack.scope.must, pack.clauses[id_].bound.low1))


# --- two duties to keep data at home


class _Placed(PlainSpace):
    """A space in which all is in place that the parties can put in place; where data lie, the places say."""

    def need(self, measure: str) -> Ranks:
        """What a measure gives as a need."""
        return ranks(verdict.OPEN if measure == HOME_COPY else verdict.FREE)


def _localisation_jobs(packs: list[Pack], day: dt.date) -> Iterator[_Job]:
    for kind in KEEPING:
        keeping = [p for p in packs if any(_localise(p, kind, day)) and p.counts(kind)]
        for first, second in itertools.combinations(keeping, 2):
            if party_of(first) != party_of(second):
                yield _Job(LOCALISATION, kind, first, second)


def _localise(pack: Pack, kind: str, day: dt.date) -> Iterator[Clause]:
    yield from (c for c in _in_force(pack, kind, day) if c.act == LOCALISE and c.effect == "forbids")


def placements(vocabulary: Vocabulary, packs: Iterable[Pack], day: dt.date) -> tuple[tuple[str, ...], ...]:
    """Sets of places in which data can be kept: all homes, each home alone, elsewhere, and elsewhere as well."""
    homes = [home for pack in packs for home in _homes(vocabulary, pack, day)]
    near = frozenset().union(*(vocabulary.above[h] | vocabulary.below[h] for h in homes))
    elsewhere = next(place for place in representatives(vocabulary, (), len(near) + 1) if place not in near)
    every = [*dict.fromkeys(homes), elsewhere]
    some = [c for n in range(1, len(every) + 1) for c in itertools.combinations(every, n)]
    return tuple(sorted(some, key=lambda chosen: set(chosen) != set(homes)))


def _homes(vocabulary: Vocabulary, pack: Pack, day: dt.date) -> tuple[str, ...]:
    """The place of a pack; where it names none, as with the law of many parts of a country, that of its party."""
    named = [row.place for row in pack.places if row.holds_on(day)]
    party = party_of(pack).upper()
    return tuple(named[:1]) or ((party,) if party in vocabulary.place else ())


def _placed(chosen: tuple[str, ...]) -> dict[str, Value]:
    return dict.fromkeys(PLACED, Places(frozenset(chosen)))


def _localisation(asked: _Question) -> Iterator[Clash | OpenPair | None]:
    job, vocabulary, day = asked.job, asked.vocabulary, asked.day
    pairs = list(itertools.product(_localise(job.first, job.kind, day), _localise(job.second, job.kind, day)))
    packs = (
        _only(job.first, {a.id: a for a, _ in pairs}.values()),
        _only(job.second, {b.id: b for _, b in pairs}.values()),
    )
    circuit = Circuit()
    ways = placements(vocabulary, packs, day)
    spaces = [_Placed(circuit, vocabulary, packs, job.kind, day, fixed={**asked.fixed, **_placed(way)}) for way in ways]
    set_beside(spaces)
    encoded = [(encoder.pack(packs[0]), encoder.pack(packs[1])) for encoder in map(Encoder, spaces)]
    questions = Questions(spaces, seconds=asked.seconds)
    for first, second in pairs:
        sides = [[_banned(circuit, two[n], c.id) for two in encoded] for n, c in enumerate((first, second))]
        literals = [circuit.any(two) for two in zip(*sides, strict=True)]
        # Each can be met alone: a duty that no place meets is no clash between two.
        literals += [-circuit.all(one_side) for one_side in sides]
        try:
            model = questions.smallest(*literals)
        except Open:
            yield asked.open_pair(first, second)
            continue
        if model is None:
            yield None
            continue
        case = case_of(spaces, model)
        told = tuple(Placement(way, _against(asked, (first, second), case, way)) for way in ways)
        if not all(placement.against for placement in told):
            yield asked.open_pair(first, second)
        else:
            grounds = _ground(job.first, first), _ground(job.second, second)
            yield Clash(job.what, job.kind, *grounds, case, placements=told)


def _against(asked: _Question, clauses: tuple[Clause, Clause], case: Case, chosen: tuple[str, ...]) -> tuple[str, ...]:
    """Those of two clauses that stand against keeping data in some places, whatever is put in place, as `one` says."""
    in_place = {m.id: "in-place" for m in asked.vocabulary.measures if m.id != HOME_COPY}
    kept = dataclasses.replace(case, facts={**case.facts, **_placed(chosen)}, measures=in_place)
    found = []
    for pack, clause in zip((asked.job.first, asked.job.second), clauses, strict=True):
        finding = one.find_pack(pack, Facts(asked.vocabulary, kept))
        bounds = {f.clause: f.bound for f in finding.clauses}
        if finding.scope is True and bounds.get(clause.id, verdict.FREE)[0] > verdict.ALLOWED:
            found.append(clause.id)
    return tuple(found)
