"""The decision: verdict, outcome by pack, the clauses that decide, duties, presumptions that matter, questions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from comity.case import Case, Facts
from comity.decide import one, verdict
from comity.decide.contradiction import Contradiction, contradictions
from comity.decide.deadline import Calendar, Deadline, calendar_of, deadline
from comity.decide.findings import ClauseFinding, Findings, PackFinding
from comity.decide.index import PackIndex, index_of, keep
from comity.decide.part import Finder, Part, compiled, presuming_part
from comity.decide.presumed import mattering
from comity.decide.questions import Question, ask
from comity.decide.verdict import Bound
from comity.facts import Places, Tri, Value
from comity.pack.program import THE_ACT, Clause, Pack, Program

FORMAT = "decision/1"
OUTCOMES = (
    "not-covered",
    "not-modelled",
    "no-pack",
    "exempt",
    "allowed",
    "conditional",
    "forbidden",
    "undecided",
    "stale-pack",
)

STRONG = (
    "holder.country",
    "holder.establishments",
    "holder.law",
    "recipient.country",
    "recipient.establishments",
    "recipient.law",
    "data.stored_in",
    "flow.systems_in",
)
WEAK = (
    "data.subjects_in",
    "data.citizens_of",
    "holder.targets",
    "holder.monitors",
    "recipient.targets",
    "holder.owners",
    "recipient.owners",
)
TOUCHING = (*STRONG, *WEAK)


@dataclass(frozen=True)
class Need:
    """A measure that a clause needs, with its state."""

    measure: str
    state: str
    effort: int
    means: str


@dataclass(frozen=True)
class Reason:
    """A clause that decides.

    Attributes:
        state: of a ban: speaks, unknown; of an excuse: closed, open, satisfied, unknown.
        lifts: ids of the deciding clauses that this excuse lifts or could lift.
    """

    clause: str
    cite: str
    says: str
    url: str
    effect: str
    state: str
    lowest: str
    highest: str
    needs: tuple[Need, ...]
    lifts: tuple[str, ...]
    confidence: str
    authority: str
    not_modelled: str


@dataclass(frozen=True)
class Duty:
    """What is owed beside the verdict.

    Attributes:
        measure: what is owed, or `the-act` where the law orders the act itself.
        state: open, done, unknown, lifted, impossible; ordered: of the act itself.
        to: the addressee.
        due: the end of the term as the law counts it, an instant or a day; empty if unknown.
        due_at: the same as an instant in UTC; empty if unknown.
        zone: IANA name of the time zone in which the term was counted; empty if there is no instant.
    """

    clause: str
    cite: str
    says: str
    url: str
    measure: str
    state: str
    within: str
    start: str
    to: str
    due: str
    due_at: str
    zone: str
    confidence: str


@dataclass(frozen=True)
class Presumption:
    """A fact that nobody said and that matters: without the presumption the verdict could be another."""

    fact: str
    value: Value
    because: str
    ask: str
    worse: bool
    otherwise: tuple[str, str]


@dataclass(frozen=True)
class PackDecision:
    """What one pack says.

    Attributes:
        counts: whether it moves the verdict of this kind of case, or only stands beside it.
    """

    pack: str
    title: str
    outcome: str
    lowest: str
    highest: str
    reasons: tuple[Reason, ...]
    duties: tuple[Duty, ...]
    read_day: dt.date
    review: str
    binding: str
    counts: bool


@dataclass(frozen=True)
class Decision:
    """The answer to one case.

    Attributes:
        lowest, highest: the range; equal where the verdict is definite.
        without_presumptions: verdict, lowest, highest with nothing presumed.
        no_pack: touched places whose law no pack holds; `weak`: places known only through people or owners.
    """

    case: str
    kind: str
    day: dt.date
    verdict: str
    lowest: str
    highest: str
    without_presumptions: tuple[str, str, str]
    packs: tuple[PackDecision, ...]
    no_pack: tuple[str, ...]
    weak: tuple[str, ...]
    presumptions: tuple[Presumption, ...]
    questions: tuple[Question, ...]
    contradictions: tuple[Contradiction, ...]


def decide(program: Program, case: Case, *, find: Finder = one.find, why: bool = True) -> Decision:
    """Decide one case under every pack of the program.

    Args:
        program: the packs.
        case: the question.
        find: the evaluator.
        why: whether the presumptions that matter and the questions are looked for; both ask many variants of the case.
    """
    index, fast = index_of(program), compiled(find)
    findings = find(program, case)
    if fast is not None:
        bare = fast.bare_bound(program, case, findings)
    else:
        bare = find(program, case, presume=False).bound
    facts = Facts(program.vocabulary, case)
    strong, weak = touched(facts) if fast is None else _sort_places(fast.values(case, TOUCHING))
    missing = uncovered(program, strong, case.day)
    unknown_law = [_opinion(case, place) for place in missing]
    bound = verdict.greatest([findings.bound, *unknown_law])
    bare_bound = verdict.greatest([bare, *unknown_law])
    is_done = _is_done(facts)
    every = zip(index.packs, findings.packs, strict=True)
    packs = tuple([_pack(known, finding, facts, is_done) for known, finding in every])
    return Decision(
        case=case.id,
        kind=case.kind,
        day=case.day,
        verdict=verdict.word(bound),
        lowest=verdict.WORDS[bound[0]],
        highest=verdict.WORDS[bound[1]],
        without_presumptions=(verdict.word(bare_bound), verdict.WORDS[bare_bound[0]], verdict.WORDS[bare_bound[1]]),
        packs=packs,
        no_pack=tuple(p for p in missing if p not in case.opinions),
        weak=uncovered(program, weak - strong, case.day),
        presumptions=_presumptions(program, case, findings, bare_bound, find, verdict.greatest(unknown_law))
        if why
        else (),
        questions=ask(program, case, findings, find) if why and bound[0] != bound[1] else (),
        contradictions=contradictions(program, case, findings, find),
    )


def _opinion(case: Case, place: str) -> Bound:
    rank = verdict.WORDS.index(case.opinions[place]) if place in case.opinions else None
    return verdict.ANYTHING if rank is None else (rank, rank)


# --- places


def touched(facts: Facts) -> tuple[frozenset[str], frozenset[str]]:
    """Places where holder, recipient and systems act or stand; and those known through people or owners only."""
    return _sort_places([facts.value(name) if name in facts.vocabulary.fact else None for name in TOUCHING])


def _sort_places(values: Sequence[Value | None]) -> tuple[frozenset[str], frozenset[str]]:
    """The places in the values of TOUCHING, those of STRONG apart from those of WEAK."""
    return _places_in(values[: len(STRONG)]), _places_in(values[len(STRONG) :])


def _places_in(values: Sequence[Value | None]) -> frozenset[str]:
    found: set[str] = set()
    for value in values:
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, Places):
            found |= value.members
        elif isinstance(value, tuple):
            found |= {o.place for o in value if getattr(o, "place", None)}
    return frozenset(found)


def uncovered(program: Program, places: frozenset[str], day: dt.date) -> tuple[str, ...]:
    """Those places in whose law no pack of the program is at home."""
    return tuple(sorted(places - index_of(program).home(day)))


# --- one pack


def _pack(index: PackIndex, finding: PackFinding, facts: Facts, is_done: Tri) -> PackDecision:
    counts = index.pack.counts(facts.case.kind)
    if not finding.clauses:  # the pack does not reach or model the case: the same answer for every case
        silent: PackDecision | None = index.silent.get((finding, counts))
        return silent or keep(index.silent, (finding, counts), _pack_decision(index.pack, finding, (), (), counts))
    by_id = {f[0]: f for f in finding.clauses}  # by place, not by name: this goes over every clause of every case
    speaking = [f for f in finding.clauses if f[1] is not False]
    reasons = _reasons(index, finding, [f for f in speaking if f[0] in index.bans], by_id, facts, is_done)
    duties = _duties(index, [f for f in speaking if f[0] in index.duties], by_id, facts)
    return _pack_decision(index.pack, finding, reasons, duties, counts)


def _pack_decision(
    pack: Pack, finding: PackFinding, reasons: tuple[Reason, ...], duties: tuple[Duty, ...], counts: bool
) -> PackDecision:
    return PackDecision(
        pack=pack.id,
        title=pack.title,
        outcome=outcome(pack, finding),
        lowest=verdict.WORDS[finding.bound[0]],
        highest=verdict.WORDS[finding.bound[1]],
        reasons=reasons,
        duties=duties,
        read_day=pack.read_day,
        review=pack.review,
        binding=pack.binding,
        counts=counts,
    )


def outcome(pack: Pack, finding: PackFinding) -> str:
    """The outcome of one pack, in one word."""
    if finding.scope is False:
        return "not-covered"
    if not finding.covered:
        return "not-modelled"
    if finding.stale:
        return "stale-pack"
    word = verdict.word(finding.bound)
    if word != "allowed":
        return word
    exempts = pack.exempting
    exempting = {f.clause for f in finding.clauses if f.clause in exempts and f.bound[1] == verdict.ALLOWED}
    if not exempting:
        return "allowed"
    bans = [f for f in finding.clauses if pack.clause[f.clause].effect == "forbids" and f.when is not False]
    is_exempt = bans and all(not exempting.isdisjoint(pack.clause[b.clause].excused_by) for b in bans)
    return "exempt" if is_exempt else "allowed"


_EXCUSE_STATES = {verdict.FREE: "satisfied", verdict.OPEN: "open", verdict.CLOSED: "closed"}
_BAN_STATES = {True: "speaks", False: "silent", None: "unknown"}


def clause_state(clause: Clause, finding: ClauseFinding) -> str:
    """The state of a ban or an excuse in one word."""
    if clause.effect == "excuses":
        return _EXCUSE_STATES.get(finding.bound, "unknown")
    return _BAN_STATES[finding.when]


def duty_state(
    clause: Clause, finding: ClauseFinding, by_id: Mapping[str, ClauseFinding], measures: Mapping[str, str]
) -> str:
    """The state of a duty in one word: none where it does not arise."""
    if finding.when is False:
        return "none"
    excuses = [by_id[e].bound for e in clause.excused_by if e in by_id]
    if any(high == verdict.ALLOWED for _, high in excuses):
        return "lifted"
    if clause.measure == THE_ACT:
        is_sure = finding.when is True and not any(low == verdict.ALLOWED for low, _ in excuses)
        return "ordered" if is_sure else "unknown"
    state = measures.get(clause.measure, "not-yet")
    if state == "in-place":
        return "done"
    if finding.when is None or state == "unknown" or any(low == verdict.ALLOWED for low, _ in excuses):
        return "unknown"
    return "impossible" if state == "cannot" else "open"


def _is_done(facts: Facts) -> Tri:
    value = facts.value("flow.done") if "flow.done" in facts.vocabulary.fact else False
    return value if isinstance(value, bool) else None


def _reasons(
    index: PackIndex,
    finding: PackFinding,
    bans: list[ClauseFinding],
    by_id: Mapping[str, ClauseFinding],
    facts: Facts,
    is_done: Tri,
) -> tuple[Reason, ...]:
    """The bans that decide, each with the excuses that lift it or could; `bans` are those that are not silent."""
    clauses = index.pack.clause
    low, high = finding.bound
    if high == verdict.ALLOWED:
        deciding = [b for b in bans if b.when is True]
    else:
        judged = [(b, verdict.done(b.bound, is_done)) for b in bans]
        deciding = [b for b, bound in judged if bound[1] == high or bound[0] == low > 0]
    found: list[Reason] = []
    seen: set[str] = set()
    for ban in deciding:
        found.append(_reason(index, ban, facts, ()))
        for excuse in clauses[ban.clause].excused_by:
            f = by_id.get(excuse)
            if f is None or excuse in seen or f.bound == verdict.CLOSED:
                continue
            if ban.bound[1] == verdict.ALLOWED and f.bound[1] != verdict.ALLOWED:
                continue  # a satisfied excuse decides; other ways are not needed
            seen.add(excuse)
            found.append(
                _reason(index, f, facts, tuple([d.clause for d in deciding if d.clause in clauses[excuse].excuses]))
            )
    return tuple(found)


def _reason(index: PackIndex, finding: ClauseFinding, facts: Facts, lifts: tuple[str, ...]) -> Reason:
    """A clause in words; the same words for the same findings, measures and clauses lifted."""
    clause, measures = index.pack.clause[finding.clause], facts.case.measures
    states = tuple([measures.get(m, "not-yet") for m in clause.needs])
    key = finding, states, lifts
    said: Reason | None = index.reasons.get(key)
    return said or keep(index.reasons, key, _word_reason(clause, finding, states, lifts, facts))


def _word_reason(
    clause: Clause, finding: ClauseFinding, states: tuple[str, ...], lifts: tuple[str, ...], facts: Facts
) -> Reason:
    known = facts.vocabulary.measure
    return Reason(
        clause=clause.id,
        cite=clause.cite,
        says=clause.says,
        url=clause.url,
        effect=clause.effect,
        state=clause_state(clause, finding),
        lowest=verdict.WORDS[finding.bound[0]],
        highest=verdict.WORDS[finding.bound[1]],
        needs=tuple(Need(m, s, known[m].effort, known[m].means) for m, s in zip(clause.needs, states, strict=True)),
        lifts=lifts,
        confidence=clause.confidence,
        authority=clause.authority,
        not_modelled=clause.not_modelled,
    )


# --- duties


def _duties(
    index: PackIndex, findings: list[ClauseFinding], by_id: Mapping[str, ClauseFinding], facts: Facts
) -> tuple[Duty, ...]:
    """The duties in words; `findings` are those that arise, or may."""
    found = []
    for f in findings:
        clause = index.pack.clause[f.clause]
        state = duty_state(clause, f, by_id, facts.case.measures)
        calendar = _calendar(index, facts) if clause.start else Calendar()
        end = deadline(clause.within, facts.value(clause.start), calendar) if clause.start else Deadline()
        key = f.clause, state, end, calendar
        found.append(index.owed.get(key) or keep(index.owed, key, _word_duty(clause, state, end, calendar)))
    return tuple(found)


def _calendar(index: PackIndex, facts: Facts) -> Calendar:
    """Whose clock counts: the holder's where the law is at home there, else that of the law's own authority."""
    holder = facts.value("holder.country")
    home = index.home(facts.vocabulary, facts.case.day)
    place = holder if isinstance(holder, str) and holder in home else index.pack.clock
    return calendar_of(facts.vocabulary, place)


def _word_duty(clause: Clause, state: str, end: Deadline, calendar: Calendar) -> Duty:
    return Duty(
        clause=clause.id,
        cite=clause.cite,
        says=clause.says,
        url=clause.url,
        measure=clause.measure,
        state=state,
        within=clause.within,
        start=clause.start,
        to=clause.addressee,
        due=end.due,
        due_at=end.at,
        zone=calendar.zone if end.at else "",
        confidence=clause.confidence,
    )


# --- presumptions, contradictions


def _presumptions(
    program: Program, case: Case, findings: Findings, bare: Bound, find: Finder, unmodelled: Bound
) -> tuple[Presumption, ...]:
    """Presumptions without which the range would be another; the ones that can hide a worse verdict first.

    `unmodelled` is what the places without a pack add, which no presumption changes.
    """
    bound = verdict.greatest((findings.bound, unmodelled))
    if bound == bare:
        return ()  # Kleene: with nothing presumed the range can only be wider, so none of them matters
    fast = compiled(find)
    if fast is not None:
        matter = mattering(program, case, findings, fast, unmodelled)
    else:
        part = presuming_part(program, case, findings, find)
        matter = _mattering(part, case, bound, unmodelled, tuple(sorted(_presumed(part, case, findings))))
    facts = Facts(program.vocabulary, case)
    found = []
    for name, other in matter:
        facts.value(name)
        fact = program.vocabulary.fact[name]
        worse = other[1] > bound[1]
        words = (verdict.WORDS[other[0]], verdict.WORDS[other[1]])
        found.append(Presumption(name, facts.presumed[name], _because(program, name), fact.ask, worse, words))
    return tuple(sorted(found, key=lambda p: (not p.worse, p.fact)))


def _mattering(
    part: Part, case: Case, bound: Bound, unmodelled: Bound, names: tuple[str, ...]
) -> Iterator[tuple[str, Bound]]:
    """Those of the presumed facts without whose presumption the range is another, with that range.

    What makes no difference when withheld together makes none alone: less is known, so the range can only be wider.
    """
    if len(names) == 1:
        other = verdict.greatest((part.bound_without(case, names), unmodelled))
        if other != bound:
            yield names[0], other
        return
    if not names or not part.is_wider(case, names, bound, unmodelled):
        return
    half = len(names) // 2
    yield from _mattering(part, case, bound, unmodelled, names[:half])
    yield from _mattering(part, case, bound, unmodelled, names[half:])


def _presumed(part: Part, case: Case, findings: Findings) -> dict[str, Value]:
    """What was presumed of the facts that can tell: those of scopes, and of clauses of packs that reach the case."""
    facts, index = Facts(part.program.vocabulary, case), index_of(part.program)
    names: set[str] = set()
    for place in part.places:
        names |= index.packs[place].scope_facts()
        if findings.packs[place].scope is not False and findings.packs[place].covered:
            names |= index.packs[place].facts(case.kind)
    for name in names:
        if ":" in name or name in facts.vocabulary.fact:
            facts.value(name)
    return facts.presumed


def _because(program: Program, name: str) -> str:
    fact = program.vocabulary.fact[name]
    return fact.because or "where a list of kinds is silent, rare kinds are presumed absent"
