"""What undecided comes to in truth: which verdicts are possible, and the fewest questions that settle which it is.

Kleene's logic is now and then over-cautious: of `p or not p` it says "unknown". Here a solver looks at every way in
which the gaps of a case could be filled. What it finds possible is turned back into a case, and counts only where the
reference decides that case the same way; what it could not settle in time is said to be open.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from comity.case import Case, Facts
from comity.decide import encode, one, verdict
from comity.decide.check import Check, FlowDecision
from comity.decide.circuit import Circuit
from comity.decide.decision import STRONG, touched, uncovered
from comity.decide.encode import Encoder, Ranks
from comity.decide.gaps import MEASURE, Gaps, finer
from comity.decide.part import Finder
from comity.decide.questions import Question
from comity.decide.solve import SECONDS, Model, Open, Solver
from comity.decide.verdict import Bound
from comity.facts import Vocabulary
from comity.pack.program import Pack, Program

MAX_ROUNDS = 200  # sets of questions that are tried; past it the fewest are not known
BOUNDS: tuple[Bound, ...] = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


@dataclass(frozen=True)
class Unsettled:
    """What no answer to a question about the facts settles.

    Attributes:
        why: no-pack (of a place), not-modelled or stale-pack (of a pack), or place (of a fact: where it may turn out
            that no pack holds the law of the place).
        what: the place, pack or fact.
    """

    why: str
    what: str


@dataclass(frozen=True)
class Exact:
    """What a case or an entry comes to, over all ways in which what is unknown could be.

    Attributes:
        bounds: each range that is possible, as ranks; where the two ends differ, facts do not settle it.
        questions: the fewest whose answers settle it, whatever they are; none where no answer matters, or it is open.
        is_open: whether something could not be settled in time: then there may be more bounds, and fewer questions.
        unsettled: what would stay, whatever is answered.
    """

    bounds: tuple[Bound, ...]
    questions: tuple[Question, ...] = ()
    is_open: bool = False
    unsettled: tuple[Unsettled, ...] = ()

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The verdicts that are possible, `undecided` last."""
        words = {verdict.word(bound) for bound in self.bounds}
        return tuple(word for word in (*verdict.WORDS, verdict.UNDECIDED) if word in words)

    @property
    def verdict(self) -> str:
        """The verdict, where it is the same whatever is unknown; else `undecided`."""
        return verdict.word(self.bounds[0]) if len(self.bounds) == 1 and not self.is_open else verdict.UNDECIDED

    @property
    def matters(self) -> bool | None:
        """Whether anything that is unknown makes a difference; None: not settled in time."""
        return True if len(self.bounds) > 1 else None if self.is_open else False


# --- entries


def exact_check(
    check: Check,
    *,
    find: Finder = one.find,
    seconds: float = SECONDS,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, tuple[Exact, ...]]:
    """Every undecided entry of a map made exact, one answer for each of its cases, by the id of the entry.

    Args:
        check: the map, decided.
        find: the evaluator that decided it.
        seconds: the limit for each question to the solver.
        progress: called with (done, all) after each entry.
    """
    undecided = [f for f in check.flows if f.verdict == verdict.UNDECIDED]
    vocabulary = finer(check.program.vocabulary)
    found = {}
    for number, flow in enumerate(undecided, 1):
        found[flow.flow.id] = tuple(_cases(check.program, vocabulary, flow, find, seconds))
        if progress is not None:
            progress(number, len(undecided))
    return found


def with_exact(check: Check, found: Mapping[str, Sequence[Exact]]) -> Check:
    """The check with what was found in its undecided entries."""
    flows = [replace(f, exact=together(found[f.flow.id])) if f.flow.id in found else f for f in check.flows]
    return replace(check, flows=tuple(flows))


def _cases(
    program: Program, vocabulary: Vocabulary, flow: FlowDecision, find: Finder, seconds: float
) -> Iterator[Exact]:
    lowest = [verdict.WORDS.index(d.lowest) for d in flow.decisions]
    for number, case in enumerate(flow.flow.cases):
        least = max((low for other, low in enumerate(lowest) if other != number), default=verdict.ALLOWED)
        yield exact(program, case, find=find, least=least, seconds=seconds, vocabulary=vocabulary)


def together(cases: Sequence[Exact]) -> Exact:
    """An entry of several cases: the greatest of them, as if the unknown of each had nothing to do with the others'.

    So no verdict is left out that is possible; where an entry has several open cases, fewer may be possible.
    """
    bounds = {verdict.FREE}
    for each in cases:
        bounds = {verdict.greatest(pair) for pair in itertools.product(bounds, each.bounds)}
    questions = {q.fact: q for each in cases for q in each.questions} if len(bounds) > 1 else {}
    settles = len(questions) == 1
    return Exact(
        tuple(sorted(bounds, key=BOUNDS.index)),
        tuple(Question(q.fact, q.ask, settles) for q in questions.values()),
        any(each.is_open for each in cases),
        tuple(dict.fromkeys(reason for each in cases for reason in each.unsettled)),
    )


# --- one case


def exact(
    program: Program,
    case: Case,
    *,
    find: Finder = one.find,
    least: int = verdict.ALLOWED,
    seconds: float = SECONDS,
    vocabulary: Vocabulary | None = None,
) -> Exact:
    """What a case comes to, over all ways in which what is unknown could be.

    Args:
        program: the packs.
        case: the question.
        find: the evaluator that says which packs are open.
        least: a rank below which the answer makes no difference: what other cases of the entry come to at least.
        seconds: the limit for each question to the solver.
        vocabulary: that of the program, made `finer`, where it is at hand.
    """
    findings = find(program, case)
    counting = [(pack, found) for pack, found in zip(program.packs, findings.packs, strict=True)
                if pack.counts(case.kind)]  # fmt: skip
    facts = Facts(program.vocabulary, case)
    missing = uncovered(program, touched(facts)[0], case.day)
    unmodelled = [_opinion(case, place) for place in missing]
    bound = verdict.greatest([(least, least), *unmodelled, *(found.bound for _, found in counting)])
    if bound[0] == bound[1]:
        return Exact((bound,))
    # To know more only narrows what a pack says: one that is definite stays as it is.
    open_ = tuple(pack for pack, found in counting if found.bound[0] != found.bound[1])
    fixed = verdict.greatest(
        [(least, least), *unmodelled, *(found.bound for _, found in counting if found.bound[0] == found.bound[1])]
    )
    search = _Search(vocabulary or finer(program.vocabulary), case, open_, fixed, seconds)
    bounds, is_open = search.bounds()
    questions: tuple[Question, ...] = ()
    if len(bounds) > 1 and not is_open:
        names = search.fewest()
        is_open = names is None
        questions = tuple(_question(program, name, len(names or ()) == 1) for name in names or ())
    unsettled = tuple(_unsettled(case, facts, missing, open_, bounds, search))
    return Exact(bounds, questions, is_open, unsettled)


def open_questions(program: Program, case: Case, *, find: Finder = one.find) -> tuple[Question, ...]:
    """Everything that could be asked where the verdict is open, found without a solver: not the fewest.

    Nothing where a way to answer cannot be told, such as owners in too many ways.
    """
    findings = find(program, case).packs
    packs = [pack for pack, found in zip(program.packs, findings, strict=True)
             if pack.counts(case.kind) and found.bound[0] != found.bound[1]]  # fmt: skip
    gaps = Gaps(Circuit(), finer(program.vocabulary), case, packs)
    encoder = Encoder(gaps)
    try:
        names = gaps.under([literal for pack in packs for literal in encoder.pack(pack).bound])
    except Open:
        names = ()
    return tuple(_question(program, name, len(names) == 1) for name in names)


def _opinion(case: Case, place: str) -> Bound:
    rank = verdict.WORDS.index(case.opinions[place]) if place in case.opinions else None
    return verdict.ANYTHING if rank is None else (rank, rank)


def _unsettled(
    case: Case, facts: Facts, missing: Iterable[str], packs: Iterable[Pack], bounds: tuple[Bound, ...], search: _Search
) -> Iterator[Unsettled]:
    """What would stay whatever is answered, where something does."""
    if any(low != high for low, high in bounds):
        for place in missing:
            if place not in case.opinions:
                yield Unsettled("no-pack", place)
        for pack in packs:
            if not pack.covers_case(case.kind, case.day):
                yield Unsettled("not-modelled", pack.id)
            elif pack.stale_on(case.day):
                yield Unsettled("stale-pack", pack.id)
    for name in STRONG:
        if name in search.names and facts.value(name) is None:
            yield Unsettled("place", name)


def _question(program: Program, name: str, settles: bool) -> Question:
    """A gap as a question to a person."""
    base, _, member = name.partition("#")
    if name.startswith(MEASURE):
        measure = program.vocabulary.measure[name.removeprefix(MEASURE)]
        return Question(name, f"Is it in place: {measure.means}?", settles)
    if ":" in base:
        return Question(name, f"How many does {base.rsplit(':', 1)[1].replace('_', ' ')} come to?", settles)
    fact = program.vocabulary.fact[base]
    return Question(name, f"{fact.ask} ({member}?)" if member else fact.ask, settles)


class _Search:
    """The open packs for a case, twice over in one circuit, and the solver."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        case: Case,
        packs: tuple[Pack, ...],
        fixed: Bound,
        seconds: float,
    ) -> None:
        self._vocabulary = vocabulary
        self._packs = packs
        self._fixed = fixed
        self._circuit = Circuit()
        self._solver = Solver(self._circuit, seconds=seconds)
        self._case = case
        self.names: tuple[str, ...] = ()

    def _copy(self, copy: str) -> tuple[Gaps, Ranks]:
        gaps = Gaps(self._circuit, self._vocabulary, self._case, self._packs, copy=copy)
        encoder = Encoder(gaps)
        found = [encoder.pack(pack).bound for pack in self._packs]
        outcome = encoder.greatest([encode.ranks(self._fixed), *found])
        self._solver.require(gaps.constraints())
        return gaps, outcome

    def bounds(self) -> tuple[tuple[Bound, ...], bool]:
        """The ranges that are possible, and whether there may be more: that was not settled in time."""
        found: list[Bound] = []
        is_open = False
        try:
            self._gaps, self._outcome = self._copy("")
        except Open:
            return (), True
        self.names = tuple(sorted(self._gaps.gaps))
        for bound in BOUNDS:
            try:
                model = self._solver.solve(*_is(self._outcome, bound))
                if model is not None and self._replayed(self._gaps, model) == bound:
                    found.append(bound)
                else:
                    is_open |= model is not None  # the reference says otherwise: nothing is claimed
            except Open:
                is_open = True
        return tuple(found), is_open

    def _replayed(self, gaps: Gaps, model: Model) -> Bound:
        """What the reference says of the case of a model."""
        facts = Facts(self._vocabulary, gaps.case(model.holds, model.number))
        return verdict.greatest([self._fixed, *(one.find_pack(pack, facts).bound for pack in self._packs)])

    def fewest(self) -> tuple[str, ...] | None:
        """The smallest set of gaps that settles the outcome; None: not settled in time.

        A set settles it if the case cannot come out in two ways while its gaps are filled alike. Each pair of cases
        that do come out in two ways shows some gaps of which one has to be in the set; the smallest set that holds one
        of each is tried next. What settles it then is the smallest there is, for each smaller one misses such a pair.
        """
        try:
            other, outcome = self._copy("2 ")
            differ = self._circuit.any([-self._circuit.same(a, b) for a, b in zip(self._outcome, outcome, strict=True)])
            alike = {name: self._gaps.same(name, other) for name in self.names}
            found: list[frozenset[str]] = []
            for _ in range(MAX_ROUNDS):
                tried = smallest_hitting(found)
                apart = self._apart(differ, alike, tried, other)
                if apart is None:
                    return tuple(sorted(tried))
                found.append(apart)
        except Open:
            pass
        return None

    def _apart(
        self, differ: int, alike: Mapping[str, int], tried: frozenset[str], other: Gaps
    ) -> frozenset[str] | None:
        """Gaps of which one has to be asked beside those tried, as few as can be; None: those settle it."""
        kept = set(tried)
        model = self._solver.solve(differ, *(alike[name] for name in sorted(kept)))
        if model is None:
            return None
        for name in self.names:
            if name not in kept:
                more = model if model.holds(alike[name]) else self._solver.solve(
                    differ, *(alike[n] for n in sorted({*kept, name}))
                )  # fmt: skip
                if more is not None:
                    model = more
                    kept.add(name)
        if self._replayed(self._gaps, model) == self._replayed(other, model):
            raise Open  # the reference sees no difference: nothing is claimed
        return frozenset(self.names) - kept


def _is(outcome: Ranks, bound: Bound) -> list[int]:
    """The literals by which the outcome is a bound."""
    low, high = bound
    wanted = (
        (outcome.low1, low >= 1),
        (outcome.low2, low >= 2),
        (outcome.high1, high >= 1),
        (outcome.high2, high >= 2),
    )
    return [literal if holds else -literal for literal, holds in wanted]


def smallest_hitting(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    """A smallest set that has a member in common with each set; of several the first by name, at each step."""
    for size in itertools.count(_disjoint(sets)):
        found = _hitting(sets, size, frozenset())
        if found is not None:
            return found
    raise AssertionError  # all members together hit every set


def _hitting(sets: Sequence[frozenset[str]], size: int, chosen: frozenset[str]) -> frozenset[str] | None:
    missed = [s for s in sets if s.isdisjoint(chosen)]
    if not missed:
        return chosen
    if _disjoint(missed) > size:
        return None
    shortest = min(missed, key=lambda each: (len(each), sorted(each)))
    for name in sorted(shortest):
        found = _hitting(missed, size - 1, chosen | {name})
        if found is not None:
            return found
    return None


def _disjoint(sets: Sequence[frozenset[str]]) -> int:
    """How many members it takes at least: as many as there are sets without any in common."""
    seen: set[str] = set()
    n_found = 0
    for each in sorted(sets, key=len):
        if each.isdisjoint(seen):
            seen |= each
            n_found += 1
    return n_found
