"""Which commitments of a common text a law keeps in every possible case, and which it breaks, with a smallest case.

Three readings, by what a commitment speaks of. *Acts of states*: a clause of the law that is such an act is held
against it, the same facts read twice. *Hand-overs*: a clause that orders an answer to an authority, where the text
speaks of such answers. *Acts of companies*: what the text forbids or asks for, the law has to forbid or ask for
wherever both reach.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from comity.case import Case, Facts
from comity.condition.tree import facts_of
from comity.decide import one, verdict
from comity.decide.circuit import FALSE, Circuit
from comity.decide.encode import EncodedPack, Encoder
from comity.decide.example import PlainSpace, Questions, case_of
from comity.decide.findings import ClauseFinding, PackFinding
from comity.decide.solve import SECONDS, Open
from comity.decide.state_act import (
    REQUEST,
    STATE_ACT,
    Act,
    act_of,
    acts_named,
    rule_on_act,
    to_act,
    without_act,
)
from comity.facts import Value, Vocabulary
from comity.pack.program import THE_ACT, Clause, Pack

BROKEN, OPEN, KEPT, NOT_DECIDABLE, NOT_TOUCHED = "broken", "open", "kept", "not-decidable", "not-touched"
STATUSES = (BROKEN, OPEN, KEPT, NOT_DECIDABLE, NOT_TOUCHED)  # of several that one clause gives, the first is its status

# Deeds and treaties: no clause of a law is such an act, so that no rule shows whether a state does it.
_DEEDS = frozenset({"damage-infrastructure", "steal-data", "surveil", "undermine-security", "agreement"})
# What a company does is left to it unless a law forbids it: a law that is silent on these breaks no political text.
_SILENT = frozenset({"product", "incident", REQUEST})
_NOT_EXPRESS = (
    "the clause orders the answer and does not speak of where the data lie: that it reaches data in another state is "
    "not ruled out, and no more"
)
# The measure that is the act itself: a ban with any other need leaves another way than what the act would force.
_ITSELF = {"localise": "store-at-home"}


@dataclass(frozen=True)
class Breach:
    """A clause of a law that breaks a commitment in some case.

    Attributes:
        law: the clause of the law; None where the law says too little.
        case: the smallest case, as the law judges it.
        act: the same facts as the act of the state; None where no act is judged.
        says: what the law says in that case: allowed, conditional, forbidden, ordered, or not owed.
        is_smallest: whether no smaller case was left in time.
        note: what a reader has to know beside it.
    """

    law: Clause | None
    case: Case
    act: Case | None
    says: str
    is_smallest: bool
    note: str = ""


@dataclass(frozen=True)
class Judgement:
    """What the law makes of one clause of the text.

    Attributes:
        by: clauses of the law that are on its subject.
        reason: why it is kept, left alone, not decidable or open.
    """

    clause: Clause
    status: str
    reason: str
    by: tuple[str, ...] = ()
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True)
class Conformity:
    """Some packs held against another one."""

    laws: tuple[Pack, ...]
    target: Pack
    day: dt.date
    judgements: tuple[Judgement, ...]

    def count(self, status: str) -> int:
        """How many clauses have a status."""
        return sum(judgement.status == status for judgement in self.judgements)


@dataclass(frozen=True)
class _Found:
    """The answer to one question: a case, none, or not settled in time; `reaches` is whether the text speaks at all."""

    case: Case | None = None
    is_smallest: bool = True
    is_open: bool = False
    reaches: bool = True


def conform(
    vocabulary: Vocabulary, laws: Sequence[Pack], target: Pack, day: dt.date, *, seconds: float = SECONDS
) -> Conformity:
    """Hold the packs of one party against a common text, or against another law.

    Args:
        vocabulary: of all packs.
        laws: the packs; together they are the law.
        target: the text.
        day: on which both are read.
        seconds: the limit for each question.
    """
    held = _Held(vocabulary, tuple(laws), target, day, seconds)
    clauses = sorted((c for c in target.clauses if c.effect != "excuses" and c.holds_on(day)), key=_by_number)
    return Conformity(tuple(laws), target, day, tuple(held.judge(clause) for clause in clauses))


def _by_number(clause: Clause) -> list[tuple[int, str]]:
    """The order of the articles and points, as their ids name them: a pack holds its clauses as they are settled."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", clause.id)]


class _Held:
    """A law held against a text."""

    def __init__(
        self, vocabulary: Vocabulary, laws: tuple[Pack, ...], target: Pack, day: dt.date, seconds: float
    ) -> None:
        self.vocabulary = vocabulary
        self.laws = laws
        self.target = target
        self.day = day
        self.seconds = seconds

    def judge(self, clause: Clause) -> Judgement:
        """One clause of the text, in every reading; the gravest is its status."""
        stale = [pack for pack in (self.target, *self.laws) if pack.stale_on(self.day)]
        if stale:
            return Judgement(clause, OPEN, f"{stale[0].id} was read on {stale[0].read_day}, too long before the day")
        parts = [self._judge(clause, kind) for kind in clause.kinds if self.target.covers_case(kind, self.day)]
        if not parts:
            return Judgement(clause, NOT_TOUCHED, "the text is not in force on the day")
        decided = [part for part in parts if part.status != NOT_DECIDABLE] or parts
        worst = min(decided, key=lambda part: STATUSES.index(part.status))
        by = tuple(dict.fromkeys(id_ for part in parts for id_ in part.by))
        return replace(worst, by=by, breaches=_one_each(parts))

    def _judge(self, clause: Clause, kind: str) -> Judgement:
        if kind == STATE_ACT:
            return self._on_acts(clause)
        is_law = self.target.binding == "law" and self.target.counts(kind)
        if kind in _SILENT and not is_law:
            return self._on_hand_overs(clause, kind)
        return self._on_companies(clause, kind)

    # --- what the state does

    def _on_acts(self, clause: Clause) -> Judgement:
        named = acts_named(self.target, clause)
        if not named and clause.effect == "requires":
            reason = "it asks the state to do something of its own accord, which no rule of a law shows"
            return Judgement(clause, NOT_DECIDABLE, reason)
        acts = [(law, c) for law in self.laws for c in law.clauses if self._is_act(c, named)]
        if acts:
            pairs = [(law, c, act_of(law, c, kind, self.vocabulary)) for law, c in acts for kind in _plain_first(c)]
            return self._against_orders(clause, pairs)
        words = ", ".join(f"`{act}`" for act in sorted(named))
        if clause.effect == "requires":
            reason = f"it asks something of a state beside {words}, and the law holds no such act"
            return Judgement(clause, NOT_DECIDABLE, reason)
        if named and named <= _DEEDS:
            return Judgement(clause, NOT_DECIDABLE, f"it speaks of deeds and treaties ({words}), which no clause shows")
        return Judgement(clause, NOT_TOUCHED, f"no clause of the law is such an act ({words or 'any'})")

    def _is_act(self, clause: Clause, named: frozenset[str]) -> bool:
        own = _ITSELF.get(clause.act, "")
        leaves_a_way = bool(clause.needs) and own != "" and own not in clause.needs
        is_such = bool(clause.act) and (clause.act in named or not named)
        return is_such and clause.holds_on(self.day) and not leaves_a_way

    def _on_hand_overs(self, clause: Clause, kind: str) -> Judgement:
        """Answers to an authority that the law orders; of other acts of companies, whether the law asks the same."""
        orders = [
            (law, c, act_of(law, c, kind, self.vocabulary, as_request=True))
            for law in self.laws
            for c in law.clauses
            if c.measure == THE_ACT and kind in c.kinds and c.holds_on(self.day)
        ]
        if orders:
            return self._against_orders(clause, orders)
        same = tuple(c.id for law in self.laws for c in law.clauses if self._asks_the_same(c, clause, kind))
        if same and kind != REQUEST:
            return Judgement(
                clause, KEPT, "it binds companies, and the law asks the same of them in cases of its own", same
            )
        what = "orders no answer to an authority" if kind == REQUEST else "orders nothing of the kind"
        return Judgement(clause, NOT_TOUCHED, f"the law {what}")

    def _asks_the_same(self, law: Clause, clause: Clause, kind: str) -> bool:
        if law.effect != clause.effect or kind not in law.kinds or not law.holds_on(self.day):
            return False
        if clause.effect == "requires":
            return law.measure == clause.measure
        shared = facts_of(law.when) & facts_of(clause.when)
        return any(fact.startswith(f"{kind}.") for fact in shared)

    def _against_orders(self, clause: Clause, orders: list[tuple[Pack, Clause, Act]]) -> Judgement:
        breaches: list[Breach] = []
        n_open, reached = 0, []
        for law, order, act in orders:
            if not law.covers_case(act.kind, self.day):
                continue
            found = self._ask_order(law, order, clause, act)
            n_open += found.is_open
            reached += [order.id] if found.reaches else []
            if found.case is not None:
                breaches.append(self._breach(order, found, act))
        by = tuple(dict.fromkeys(reached))
        if breaches:
            return Judgement(clause, BROKEN, "", by, tuple(breaches))
        if n_open:
            return Judgement(clause, OPEN, "it was not settled in time", by)
        if not by:
            return Judgement(
                clause, NOT_TOUCHED, "the text does not speak to this state, or not of what the law orders"
            )
        what = (
            "orders it in no case that the text speaks of"
            if clause.effect == "forbids"
            else "orders it in no case without this"
        )
        return Judgement(clause, KEPT, f"the law {what}", by)

    def _ask_order(self, law: Pack, order: Clause, clause: Clause, act: Act) -> _Found:
        """Whether the law orders in some case what the text forbids, or orders it without what the text asks for."""
        own = replace(law, clauses=law.with_excuses([order]))
        rule = rule_on_act(self.target, clause, act)

        def literals(encoded: Sequence[EncodedPack], circuit: Circuit) -> tuple[int, int]:
            mine, theirs = encoded
            speaks = _orders(mine, order, circuit)
            there = theirs.clauses.get(clause.id)
            if there is None:
                return FALSE, FALSE
            rank = there.bound.low2 if clause.effect == "forbids" else there.bound.low1
            return circuit.all((theirs.scope.must, speaks)), circuit.all((theirs.scope.must, speaks, rank))

        def holds(case: Case) -> bool:
            finding = one.find_pack(law, Facts(self.vocabulary, without_act(case)))
            judged = to_act(case, act, self.vocabulary) if act.act else without_act(case)
            return _is_ordered(finding, order) and _stands_against(
                one.find_pack(self.target, Facts(self.vocabulary, judged)), clause
            )

        return self._ask((own, rule), act.kind, act.fixed, literals, holds)

    def _breach(self, order: Clause, found: _Found, act: Act) -> Breach:
        assert found.case is not None  # noqa: S101 - who asks has a case
        is_order = order.effect == "requires"
        is_express = not is_order or bool(order.act)
        note = "" if is_express else _NOT_EXPRESS
        judged = to_act(found.case, act, self.vocabulary) if act.act else None
        says = "ordered" if is_order else "forbidden"
        return Breach(order, without_act(found.case), judged, says, found.is_smallest, note)

    # --- what companies do

    def _on_companies(self, clause: Clause, kind: str) -> Judgement:
        laws = tuple(law for law in self.laws if law.covers_case(kind, self.day))
        if not laws:
            return Judgement(clause, NOT_TOUCHED, f"the law does not speak of cases of the kind {kind}")
        if clause.effect == "requires" and not any(_asks(law, clause, kind, self.day) for law in laws):
            return Judgement(
                clause, NOT_TOUCHED, f"the law knows no duty of `{clause.measure}` in cases of the kind {kind}"
            )
        found = self._ask_law(laws, clause, kind)
        if found.is_open:
            return Judgement(clause, OPEN, "it was not settled in time")
        if not found.reaches:
            return Judgement(clause, NOT_TOUCHED, "no case comes under both")
        if found.case is None:
            return Judgement(clause, KEPT, "wherever both reach, the law says no less")
        says = "not owed" if clause.effect == "requires" else self._verdict(laws, found.case)
        return Judgement(clause, BROKEN, "", (), (Breach(None, found.case, None, says, found.is_smallest),))

    def _ask_law(self, laws: tuple[Pack, ...], clause: Clause, kind: str) -> _Found:
        """Whether the law lets through in some case what the text forbids, or does not ask what the text asks."""
        rule = replace(self.target, clauses=self.target.with_excuses([clause]))

        def literals(encoded: Sequence[EncodedPack], circuit: Circuit) -> tuple[int, int]:
            *mine, theirs = encoded
            there = theirs.clauses.get(clause.id)
            if there is None:
                return FALSE, FALSE
            both = circuit.all((theirs.scope.must, circuit.any([law.scope.must for law in mine]), there.when.must))
            if clause.effect == "requires":
                owed = [
                    circuit.all((law.scope.may, law.clauses[c.id].bound.high1))
                    for law in mine
                    for c in law.pack.clauses
                    if c.id in law.clauses and c.effect == "requires" and c.measure == clause.measure
                ]
                return both, circuit.all((both, there.bound.low1, -circuit.any(owed)))
            falls = [
                circuit.all((there.bound.low2, *[-law.bound.high2 for law in mine])),
                circuit.all((there.bound.low1, *[-law.bound.high1 for law in mine])),
            ]
            return both, circuit.all((both, circuit.any(falls)))

        def holds(case: Case) -> bool:
            facts = Facts(self.vocabulary, case)
            return self._falls_short([one.find_pack(law, facts) for law in laws], laws, case, clause)

        return self._ask((*laws, rule), kind, {"flow.done": False}, literals, holds)

    def _falls_short(self, found: list[PackFinding], laws: tuple[Pack, ...], case: Case, clause: Clause) -> bool:
        theirs = one.find_pack(self.target, Facts(self.vocabulary, case))
        there = _finding(theirs, clause)
        if theirs.scope is not True or there is None or all(f.scope is not True for f in found):
            return False
        if clause.effect == "requires":
            owed = any(
                f.bound[1] >= 1 and mine.scope is not False
                for law, mine in zip(laws, found, strict=True)
                for f in mine.clauses
                if law.clause[f.clause].effect == "requires" and law.clause[f.clause].measure == clause.measure
            )
            return there.bound[0] >= 1 and not owed
        highest = verdict.greatest([f.bound for f in found])[1]
        return highest < there.bound[0]

    def _verdict(self, laws: tuple[Pack, ...], case: Case) -> str:
        facts = Facts(self.vocabulary, case)
        return verdict.word(verdict.greatest([one.find_pack(law, facts).bound for law in laws]))

    # --- the question itself

    def _ask(
        self,
        packs: Sequence[Pack],
        kind: str,
        fixed: dict[str, Value],
        literals: Callable[[Sequence[EncodedPack], Circuit], tuple[int, int]],
        holds: Callable[[Case], bool],
    ) -> _Found:
        """The smallest case in which the second literal holds, as the reference confirms it; the first: both speak."""
        circuit = Circuit()
        space = PlainSpace(circuit, self.vocabulary, packs, kind, self.day, fixed=fixed)
        encoder = Encoder(space)
        encoded = [encoder.pack(pack) for pack in packs]
        both, breaks = literals(encoded, circuit)
        questions = Questions([space], seconds=self.seconds)
        try:
            found = questions.light(breaks)
            if found is None:
                return _Found(reaches=questions.is_possible(both))
        except Open:
            return _Found(is_open=True)
        case = case_of([space], found.model)
        return _Found(case, found.is_least) if holds(case) else _Found(is_open=True)


def _plain_first(clause: Clause) -> list[str]:
    """The kinds of case of an act: to keep data is more plainly a matter of where they lie than to send them."""
    return sorted(clause.kinds, key=lambda kind: kind != "storage")


def _orders(encoded: EncodedPack, clause: Clause, circuit: Circuit) -> int:
    """The literal by which a law orders something: its clause speaks, and nothing lifts it as things stand."""
    there = encoded.clauses.get(clause.id)
    if there is None:
        return FALSE
    excuses = [encoded.clauses[e].bound.low1 for e in clause.excused_by if e in encoded.clauses]
    return circuit.all((encoded.scope.must, there.when.must, *excuses))


def _is_ordered(finding: PackFinding, clause: Clause) -> bool:
    """The same of one case, by the reference."""
    there = _finding(finding, clause)
    lifted = [f for f in finding.clauses if f.clause in clause.excused_by and f.bound[0] == verdict.ALLOWED]
    return finding.scope is True and there is not None and there.when is True and not lifted


def _stands_against(finding: PackFinding, clause: Clause) -> bool:
    """Whether the text forbids the act, or asks for something beside it that is not there."""
    there = _finding(finding, clause)
    least = verdict.FORBIDDEN if clause.effect == "forbids" else verdict.CONDITIONAL
    return finding.scope is True and there is not None and there.bound[0] >= least


def _finding(finding: PackFinding, clause: Clause) -> ClauseFinding | None:
    return next((f for f in finding.clauses if f.clause == clause.id), None)


def _asks(law: Pack, clause: Clause, kind: str, day: dt.date) -> bool:
    return any(
        c.effect == "requires" and c.measure == clause.measure and kind in c.kinds and c.holds_on(day)
        for c in law.clauses
    )


def _one_each(parts: Iterable[Judgement]) -> tuple[Breach, ...]:
    """One breach for each clause of the law: the one with the fewest facts."""
    found: dict[str, Breach] = {}
    for breach in _breaches(parts):
        key = breach.law.id if breach.law is not None else ""
        if key not in found or _size(breach) < _size(found[key]):
            found[key] = breach
    return tuple(sorted(found.values(), key=_size))


def _breaches(parts: Iterable[Judgement]) -> Iterator[Breach]:
    for part in parts:
        yield from part.breaches


def _size(breach: Breach) -> int:
    return len(breach.case.facts) + len(breach.case.measures) + len(breach.case.totals)
