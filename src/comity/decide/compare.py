"""Two texts of law compared: which is the stricter one, with the smallest example case and the clauses that differ.

Two packs are compared where both reach a case; two versions of one pack, or two days of it, in all they say, where a
case that the pack does not reach or model is allowed. Only definite verdicts count.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from comity.case import Case, Facts
from comity.condition import tree as t
from comity.decide import decision, one, verdict
from comity.decide.circuit import FALSE, Circuit
from comity.decide.decision import PackDecision
from comity.decide.encode import EncodedPack, Encoder, Ranks, ranks
from comity.decide.example import PLANNED, PlainSpace, Questions, case_of, set_beside
from comity.decide.solve import SECONDS, Light, Model, Open, Solver
from comity.decide.verdict import Bound
from comity.facts import Value, Vocabulary
from comity.pack.program import Clause, Pack, Program

EQUAL, STRICTER, LOOSER, DIFFERENT, APART, OPEN = "equal", "stricter", "looser", "different", "apart", "open"


@dataclass(frozen=True)
class Side:
    """One of the two texts: a pack as it stands on a day.

    Attributes:
        name: what it is called here, such as `eu/personal-data` or `eu/personal-data on 2025-01-01`.
    """

    name: str
    pack: Pack
    day: dt.date


@dataclass(frozen=True)
class Deciding:
    """A clause that gives a side its verdict, or lifts what else would.

    Attributes:
        state: of a ban: speaks; of an excuse: satisfied, open; of a duty: open.
    """

    clause: str
    cite: str
    says: str
    effect: str
    state: str


@dataclass(frozen=True)
class Said:
    """What one side says of an example, as the reference decides it."""

    verdict: str
    outcome: str
    clauses: tuple[Deciding, ...]


@dataclass(frozen=True)
class Example:
    """A case on which the two sides differ.

    Attributes:
        is_smallest: whether it was shown that no smaller case does for these clauses.
    """

    case: Case
    first: Said
    second: Said
    is_smallest: bool = True


@dataclass(frozen=True)
class KindComparison:
    """The two sides on one kind of case.

    Attributes:
        relation: of the first to the second: equal, stricter, looser, different; apart: no case is reached by both;
            open: not settled.
        models: whether each of the two models this kind of case on its day.
        stricter: examples in which the first is the stricter one, each for other clauses, the smallest first.
        looser: examples in which it is the looser one.
        open: what was not settled in time: stricter, looser; stale: nothing was, the law was read too long ago.
    """

    kind: str
    relation: str
    models: tuple[bool, bool]
    stricter: tuple[Example, ...] = ()
    looser: tuple[Example, ...] = ()
    open: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """What one of two packs reaches and the other does not, each by the smallest case; None: there is none.

    Attributes:
        open: what was not settled in time: first, second.
    """

    first: Case | None = None
    second: Case | None = None
    open: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Two texts compared.

    Attributes:
        relation: of the first to the second, over all kinds of case.
        is_versions: two texts of one pack, of which the second is the later one.
        reach: of two packs that model a kind of case in common.
        added, removed, changed: clauses in force, of two versions; all three empty where two packs are compared.
    """

    first: Side
    second: Side
    relation: str
    is_versions: bool
    kinds: tuple[KindComparison, ...]
    reach: Reach = Reach()
    added: tuple[Clause, ...] = ()
    removed: tuple[Clause, ...] = ()
    changed: tuple[Clause, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether something was not settled."""
        return bool(self.reach.open) or any(kind.open or kind.relation == OPEN for kind in self.kinds)


def compare(
    vocabulary: Vocabulary,
    first: Side,
    second: Side,
    *,
    is_versions: bool,
    n_examples: int = 1,
    seconds: float = SECONDS,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Comparison:
    """Compare two texts, kind of case by kind of case.

    Args:
        vocabulary: of both.
        first: the one text; of two versions the earlier one.
        second: the other one.
        is_versions: whether they are two texts of one pack.
        n_examples: how many examples are looked for in each direction, each for other clauses.
        seconds: the limit for each question.
        progress: told how many kinds are done, and of how many.
    """
    kinds = [k.id for k in vocabulary.kinds if any(s.pack.covers_case(k.id, s.day) for s in (first, second))]
    solver = Solver(Circuit(), seconds=seconds)  # one for all kinds: much of what they ask about is the same
    found = []
    for n_done, kind in enumerate(kinds):
        progress(n_done, len(kinds))
        found.append(_Pair(vocabulary, first, second, kind, is_versions, solver).compare(n_examples))
    progress(len(kinds), len(kinds))
    relation = _overall([k.relation for k in found])
    both = _clauses(first), _clauses(second)
    if not is_versions:
        common = [k.kind for k in found if all(k.models)]
        reach = _reach(vocabulary, (first, second), common, solver)
        return Comparison(first, second, relation, is_versions, tuple(found), reach)
    return Comparison(
        first,
        second,
        relation,
        is_versions,
        tuple(found),
        added=tuple(both[1][id_] for id_ in sorted(both[1].keys() - both[0].keys())),
        removed=tuple(both[0][id_] for id_ in sorted(both[0].keys() - both[1].keys())),
        changed=tuple(c for id_, c in sorted(both[1].items()) if id_ in both[0] and both[0][id_] != c),
    )


def _reach(vocabulary: Vocabulary, sides: tuple[Side, Side], kinds: Sequence[str], solver: Solver) -> Reach:
    """What one side alone reaches, asked of the scopes: of the first kind of case of which there is an answer."""
    scopes = [dataclasses.replace(side.pack, clauses=(), totals=()) for side in sides]
    if not any("kind" in t.facts_of(scope.scope) for scope in scopes):
        kinds = kinds[:1]  # the answer is the same for all
    found: dict[str, Case] = {}
    unsettled: list[str] = []
    for kind in kinds:
        space = PlainSpace(solver.circuit, vocabulary, scopes, kind, sides[0].day, fixed=_planned(vocabulary))
        encoder = Encoder(space)
        first, second = (encoder.pack(scope).scope for scope in scopes)
        questions = Questions([space], solver=solver)
        for what, reaching, other in (("first", first, second), ("second", second, first)):
            if what in found:
                continue
            try:
                model = questions.smallest(reaching.must, -other.may)
            except Open:
                unsettled.append(what)
                continue
            case = None if model is None else case_of([space], model)
            if case is None:
                continue
            told = [one.find_pack(scope, Facts(vocabulary, case)).scope for scope in scopes]
            if told == ([True, False] if what == "first" else [False, True]):
                found[what] = case
            else:
                unsettled.append(what)
    return Reach(found.get("first"), found.get("second"), tuple(w for w in unsettled if w not in found))


def _planned(vocabulary: Vocabulary) -> dict[str, Value]:
    return {name: value for name, value in PLANNED.items() if name in vocabulary.fact}


def nothing(pack: Pack) -> Pack:
    """A pack that says nothing: what there was before a new one, or is after one that was taken away."""
    return dataclasses.replace(pack, covers=(), clauses=(), totals=())


def _clauses(side: Side) -> dict[str, Clause]:
    return {c.id: c for c in side.pack.clauses if c.holds_on(side.day)}


def _overall(relations: Sequence[str]) -> str:
    told = {r for r in relations if r not in (APART, EQUAL)}
    if len(told) > 1:
        return OPEN if told in ({OPEN, STRICTER}, {OPEN, LOOSER}) else DIFFERENT
    return told.pop() if told else EQUAL if EQUAL in relations or not relations else APART


class _Pair:
    """Two texts over one circuit, on one kind of case."""

    def __init__(
        self, vocabulary: Vocabulary, first: Side, second: Side, kind: str, is_versions: bool, solver: Solver
    ) -> None:
        self.vocabulary = vocabulary
        self.sides = first, second
        self.kind = kind
        self.is_versions = is_versions
        self.models = first.pack.covers_case(kind, first.day), second.pack.covers_case(kind, second.day)
        self.circuit = solver.circuit
        packs = (first.pack, second.pack)
        fixed = _planned(vocabulary)
        self.spaces = [
            PlainSpace(self.circuit, vocabulary, packs, kind, day, fixed=fixed)
            for day in dict.fromkeys((first.day, second.day))
        ]
        if len(self.spaces) > 1:
            set_beside(self.spaces)
        encoders = [Encoder(self.spaces[0]), Encoder(self.spaces[-1])] if self._is_worth_it() else []
        self.encoded = [encoder.pack(pack) for encoder, pack in zip(encoders, packs, strict=False)]
        self.questions = Questions(self.spaces, solver=solver)
        self.open: list[str] = []

    def _is_worth_it(self) -> bool:
        return self.is_versions or all(self.models)

    def compare(self, n_examples: int) -> KindComparison:
        """What was found, with examples."""
        if not self._is_worth_it():
            return KindComparison(self.kind, APART, self.models)
        if any(s.pack.stale_on(s.day) and m for s, m in zip(self.sides, self.models, strict=True)):
            return KindComparison(self.kind, OPEN, self.models, open=("stale",))
        first, second = self.encoded
        if not self.is_versions and not self._meet(first, second):
            return KindComparison(self.kind, OPEN if self.open else APART, self.models, open=tuple(self.open))
        stricter = self._examples("stricter", first, second, n_examples)
        looser = self._examples("looser", second, first, n_examples)
        return KindComparison(
            self.kind,
            self._relation(bool(stricter), bool(looser)),
            self.models,
            stricter,
            looser,
            tuple(self.open),
        )

    def _relation(self, is_stricter: bool, is_looser: bool) -> str:
        if is_stricter and is_looser:
            return DIFFERENT
        if not {"stricter", "looser"}.isdisjoint(self.open):
            return OPEN
        return STRICTER if is_stricter else LOOSER if is_looser else EQUAL

    # --- questions

    def _meet(self, first: EncodedPack, second: EncodedPack) -> bool:
        """Whether some case is reached by both."""
        try:
            return self.questions.is_possible(first.scope.must, second.scope.must)
        except Open:
            self.open.append("stricter")
            return False

    def _ask(self, what: str, literals: Sequence[int]) -> Light | None:
        """The model of the plainest case that was found in time; whether there is any, if not settled, is open."""
        try:
            return self.questions.light(*literals)
        except Open:
            self.open.append(what)
            return None

    def _examples(self, what: str, strict: EncodedPack, loose: EncodedPack, n_examples: int) -> tuple[Example, ...]:
        grounds = self._grounds(strict, self._bound(loose))
        base = [] if self.is_versions else [strict.scope.must, loose.scope.must]
        found: list[Example] = []
        while grounds and len(found) < n_examples:
            answer = self._ask(what, [*base, self.circuit.any(grounds.values())])
            if answer is None:
                break
            example = self._example(answer.model, answer.is_least)
            if not self._bears_out(example, what):
                self.open.append(what)
                break
            found.append(example)
            grounds = {clause: literal for clause, literal in grounds.items() if not answer.model.holds(literal)}
        return tuple(found)

    def _grounds(self, strict: EncodedPack, loose: Ranks) -> dict[str, int]:
        """For each clause that can forbid: where it does so more strictly than the other side's whole verdict."""
        both, either = self.circuit.all, self.circuit.any
        definite = [either((bound.low2, -bound.high2)) for bound in (strict.bound, loose)]
        definite += [either((bound.low1, -bound.high1)) for bound in (strict.bound, loose)]
        found = {}
        for id_, encoded in strict.clauses.items():
            effect, bound = encoded.clause.effect, encoded.bound
            if effect == "forbids" or (effect == "requires" and self.kind == "incident"):
                worse = ((bound.low1, -strict.bound.high2, -loose.high1), (bound.low2, -loose.high2))
                literal = both((strict.scope.must, either([both(each) for each in worse]), *definite))
                if literal != FALSE:
                    found[id_] = literal
        return found

    def _bound(self, encoded: EncodedPack) -> Ranks:
        """What a side says of a case; of a version that does not model it: that it is allowed."""
        return ranks(verdict.FREE) if self.is_versions and not encoded.covered else encoded.bound

    # --- what the reference says

    def _example(self, model: Model, is_smallest: bool) -> Example:
        case = case_of(self.spaces, model)
        first, second = (self._said(side, case) for side in self.sides)
        return Example(case, first, second, is_smallest)

    def _bears_out(self, example: Example, what: str) -> bool:
        """Whether the reference says of the example what the solver was asked for."""
        bounds = [self._decided(side, example.case) for side in self.sides]
        if what == "looser":
            bounds.reverse()
        return all(low == high for low, high in bounds) and bounds[0] > bounds[1]

    def _decided(self, side: Side, case: Case) -> Bound:
        found = one.find_pack(side.pack, Facts(self.vocabulary, dataclasses.replace(case, day=side.day)))
        return verdict.FREE if self.is_versions and not found.covered else found.bound

    def _said(self, side: Side, case: Case) -> Said:
        program = Program(self.vocabulary, (side.pack,), side.name)
        found = decision.decide(program, dataclasses.replace(case, day=side.day), why=False).packs[0]
        return Said(verdict.word(self._decided(side, case)), found.outcome, _deciding(found, case.kind))


def _deciding(found: PackDecision, kind: str) -> tuple[Deciding, ...]:
    reasons = [Deciding(r.clause, r.cite, r.says, r.effect, r.state) for r in found.reasons]
    if kind == "incident":
        owed = (d for d in found.duties if d.state in ("open", "unknown", "impossible"))
        reasons += [Deciding(d.clause, d.cite, d.says, "requires", d.state) for d in owed]
    return tuple(reasons)
