"""The questions that would settle the undecided entries of a map, those first that settle most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from comity.case import Case, Flow
from comity.decide import verdict
from comity.decide.check import Check, FlowDecision, rank
from comity.decide.decision import Decision
from comity.decide.exact import Exact, Unsettled, open_questions, together
from comity.decide.gaps import MEASURE
from comity.decide.questions import Question
from comity.facts import Members


@dataclass(frozen=True)
class Asked:
    """One question about one party or one entry.

    Attributes:
        fact: a fact, `fact#member`, a total, or `measure:` with a measure.
        about: the id of the entity whose fact it is; that of the entry where it is nobody's.
        settles: the entries that any answer settles alone.
        helps: the entries that it helps to settle, together with others.
        by_hand: those of both for which it cannot be assumed: the map says it already, though not exactly enough, or
            the entry has several such parties. It is to be said where the map says the rest of it.
    """

    fact: str
    ask: str
    about: str
    settles: tuple[str, ...]
    helps: tuple[str, ...]
    by_hand: tuple[str, ...]

    @property
    def entries(self) -> tuple[str, ...]:
        """All entries that it touches."""
        return tuple(sorted({*self.settles, *self.helps}))

    @property
    def assumable(self) -> tuple[str, ...]:
        """The entries for which the answer can be written as an assumption."""
        return tuple(entry for entry in self.entries if entry not in self.by_hand)


@dataclass(frozen=True)
class Asking:
    """What is to be asked about a map.

    Attributes:
        questions: those that settle most first.
        left: entries that stay undecided whatever is answered, each with why.
        free: entries that are undecided by over-caution only: whatever is answered, they come to this verdict. Known
            from the solver.
        open: entries for which no question was found: the solver was not done in time, or there are too many ways.
        is_exact: whether the solver was asked.
    """

    questions: tuple[Asked, ...]
    left: Mapping[str, tuple[Unsettled, ...]]
    free: Mapping[str, str] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    is_exact: bool = False


@dataclass(slots=True)
class _Found:
    """One question as it is gathered: by entry, the cases in which it stands and those that it settles alone."""

    ask: str
    cases: dict[str, set[int]] = field(default_factory=dict)
    alone: dict[str, set[int]] = field(default_factory=dict)
    by_hand: set[str] = field(default_factory=set)


def ask_all(check: Check, exact: Mapping[str, Sequence[Exact]] | None = None) -> Asking:
    """The questions of all undecided entries.

    Args:
        check: the map, decided.
        exact: what the solver found, by entry and case, where it was asked.
    """
    found: dict[tuple[str, str], _Found] = {}
    left: dict[str, tuple[Unsettled, ...]] = {}
    before = {flow.id: flow for flow in check.map.flows}
    undecided = [f for f in check.flows if f.verdict == verdict.UNDECIDED]
    relevant: dict[str, set[int]] = {}
    for entry in undecided:
        told = exact[entry.flow.id] if exact is not None else None
        stays = _stays(entry, told)
        if stays:
            left[entry.flow.id] = stays
        relevant[entry.flow.id] = set(_relevant(entry))
        for number in sorted(relevant[entry.flow.id]):
            for question in _questions(check, entry, number, told):
                about = about_of(entry.flow, number, question.fact)
                each = found.setdefault((question.fact, about), _Found(question.ask))
                each.cases.setdefault(entry.flow.id, set()).add(number)
                if question.settles:
                    each.alone.setdefault(entry.flow.id, set()).add(number)
                if _is_by_hand(entry.flow, before[entry.flow.id], number, question.fact):
                    each.by_hand.add(entry.flow.id)
    asked = [_asked(key, each, relevant, left) for key, each in found.items()]
    free = {} if exact is None else {e.flow.id: w for e in undecided if (w := _free(exact[e.flow.id]))}
    asked.sort(key=lambda a: (-len(a.settles), -len(a.entries), a.fact, a.about))
    return Asking(
        tuple(asked),
        left,
        free,
        tuple(sorted(relevant.keys() - {e for q in asked for e in q.entries} - {*left, *free})),
        exact is not None,
    )


def _asked(key: tuple[str, str], found: _Found, relevant: Mapping[str, set[int]], left: Mapping[str, object]) -> Asked:
    alone = {e for e, cases in found.alone.items() if cases == relevant[e] and e not in left}
    return Asked(
        key[0],
        found.ask,
        key[1],
        tuple(sorted(alone)),
        tuple(sorted(found.cases.keys() - alone)),
        tuple(sorted(found.by_hand)),
    )


def _free(exact: Sequence[Exact]) -> str:
    """The verdict of an entry of which nothing that is unknown matters; empty where something does."""
    word = together(exact).verdict
    return "" if word == verdict.UNDECIDED else word


def _relevant(entry: FlowDecision) -> Iterator[int]:
    """The cases that keep an entry undecided: those that may come out worse than all of them do at least."""
    for number, decision in enumerate(entry.decisions):
        if decision.verdict == verdict.UNDECIDED and rank(decision.highest) > rank(entry.lowest):
            yield number


def _questions(check: Check, entry: FlowDecision, number: int, exact: Sequence[Exact] | None) -> tuple[Question, ...]:
    """The questions of one case; without the solver those that decided it, else all that could be asked."""
    if exact is not None:
        return exact[number].questions
    return entry.decisions[number].questions or open_questions(check.program, entry.flow.cases[number])


def _stays(entry: FlowDecision, exact: Sequence[Exact] | None) -> tuple[Unsettled, ...]:
    """Why an entry stays undecided whatever is answered; nothing where it does not."""
    if exact is not None:
        whole = together(exact)
        is_stuck = any(low != high for low, high in whole.bounds)
        return tuple(u for u in whole.unsettled if u.why != "place") if is_stuck else ()
    found = [u for number in _relevant(entry) for u in _stuck(entry.decisions[number])]
    return tuple(dict.fromkeys(found))


def _stuck(decision: Decision) -> Iterator[Unsettled]:
    for place in decision.no_pack:
        yield Unsettled("no-pack", place)
    for pack in decision.packs:
        if pack.counts and pack.lowest != pack.highest and pack.outcome in ("not-modelled", "stale-pack"):
            yield Unsettled(pack.outcome, pack.pack)


# --- whose facts they are, and where they can be said


def about_of(flow: Flow, number: int, fact: str) -> str:
    """The id of the entity whose fact it is in a case of an entry; that of the entry where it is nobody's."""
    part = flow.parts[number] if number < len(flow.parts) else None
    match fact.partition(".")[0]:
        case "holder":
            return (part.holder if part else "") or flow.holder or flow.id
        case "recipient":
            return (part.recipient if part else "") or flow.recipient or flow.id
    return flow.id


def _is_by_hand(flow: Flow, before: Flow, number: int, fact: str) -> bool:
    """Whether an assumption for the entry cannot answer this, or would answer for other parties as well."""
    base = fact.partition("#")[0]
    if fact.startswith(MEASURE):
        return True
    if ":" in base:
        return base in before.cases[number].totals
    said = flow.cases[number].facts.get(base)
    if said is not None and not isinstance(said, Members):
        return True
    about = about_of(flow, number, fact)
    others = [n for n in range(len(flow.cases)) if about_of(flow, n, fact) != about]
    return any(_is_unsaid(flow.cases[n], base) for n in others)


def _is_unsaid(case: Case, fact: str) -> bool:
    said = case.facts.get(fact)
    return said is None or (isinstance(said, Members) and bool(said.open))
