"""Where one law orders the very act that another one forbids: both clauses, and the lawful ways round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from comity.case import Case
from comity.condition.tree import facts_of
from comity.decide import verdict
from comity.decide.findings import ClauseFinding, Findings, PackFinding
from comity.decide.index import PackIndex, index_of
from comity.pack.program import Clause, Pack, Program

OPEN, UNKNOWN, PRESUMED_CLOSED = "open", "unknown", "presumed-closed"


@dataclass(frozen=True)
class Way:
    """An excuse that would lift an order or a ban.

    Attributes:
        lifts: the clause that it lifts.
        state: open (its needs are not all in place), unknown, or presumed-closed: closed by nothing but a presumption,
            such as that no treaty covers the request.
        needs: ids of the measures that it takes.
    """

    clause: str
    cite: str
    says: str
    lifts: str
    state: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Contradiction:
    """One law orders the very act that another one forbids, as things stand: to obey the one breaks the other.

    Attributes:
        ways: the lawful ways round, those in reach first; none where no clause would lift the order or the ban.
    """

    ordered_by: str
    ordered_cite: str
    forbidden_by: str
    forbidden_cite: str
    ways: tuple[Way, ...]


def contradictions(
    program: Program, case: Case, findings: Findings, find: Callable[..., Findings]
) -> tuple[Contradiction, ...]:
    """The contradictions of a case, between packs that move its verdict.

    Args:
        program: the packs.
        case: the question.
        findings: what was found of it.
        find: the evaluator; asked once more, with nothing presumed, where there is a contradiction.
    """
    index = index_of(program)
    ordering = ((index.packs[place], findings.packs[place]) for place in index.ordering)
    orders = [(known.pack, f) for known, p in ordering for f in _orders(known, p)]
    if not orders:
        return ()
    every = list(zip(index.packs, findings.packs, strict=True))
    bans = [(known.pack, f) for known, p in every for f in _bans(known, p, case.kind)]
    pairs = [(o, b) for o in orders for b in bans if o[0] is not b[0]]
    if not pairs:
        return ()
    bare = {f.clause: f for p in find(program, case, presume=False).packs for f in p.clauses}
    found = {f.clause: f for _, p in every for f in p.clauses}
    return tuple(_contradiction(o, b, found, bare) for o, b in pairs)


def _orders(known: PackIndex, finding: PackFinding) -> Iterator[ClauseFinding]:
    if finding.scope is not True:
        return
    by_id = {f.clause: f for f in finding.clauses}
    for f in finding.clauses:
        if f.clause in known.orders and f.when is True:
            excuses = [by_id[e].bound for e in known.pack.clause[f.clause].excused_by if e in by_id]
            if not any(high == verdict.ALLOWED for _, high in excuses):
                yield f


def _bans(known: PackIndex, finding: PackFinding, kind: str) -> Iterator[ClauseFinding]:
    if finding.scope is True and known.pack.counts(kind):
        yield from (f for f in finding.clauses if f.clause in known.bans and f.bound[0] > verdict.ALLOWED)


def _contradiction(
    order: tuple[Pack, ClauseFinding],
    ban: tuple[Pack, ClauseFinding],
    found: dict[str, ClauseFinding],
    bare: dict[str, ClauseFinding],
) -> Contradiction:
    clause = {**order[0].clause, **ban[0].clause}
    ordered, forbidden = clause[order[1].clause], clause[ban[1].clause]
    ways = [*_ways(ban[0], forbidden.id, found, bare), *_ways(order[0], ordered.id, found, bare)]
    order_of = (OPEN, UNKNOWN, PRESUMED_CLOSED).index
    ways.sort(key=lambda way: (order_of(way.state), not _is_of_states(clause[way.clause])))
    return Contradiction(ordered.id, ordered.cite, forbidden.id, forbidden.cite, tuple(ways))


def _is_of_states(clause: Clause) -> bool:
    """Whether a way turns on what states agree, approve or help with: the ordinary way round where two laws clash."""
    read = {name.partition(".")[0] for name in facts_of(clause.when)}
    return not {"treaty", "approval", "licence"}.isdisjoint(read) or "judicial-assistance" in clause.needs


def _ways(pack: Pack, lifted: str, found: dict[str, ClauseFinding], bare: dict[str, ClauseFinding]) -> Iterator[Way]:
    """What could lift a clause; a way that is shut for this case, whatever is presumed, is none."""
    for id_ in pack.clause[lifted].excused_by:
        if id_ not in found:
            continue
        excuse, bound = pack.clause[id_], found[id_].bound
        if bound == verdict.CLOSED:
            if id_ not in bare or bare[id_].bound == verdict.CLOSED:
                continue
            state = PRESUMED_CLOSED
        else:
            state = OPEN if bound == verdict.OPEN else UNKNOWN
        yield Way(id_, excuse.cite, excuse.says, lifted, state, excuse.needs)
