"""A whole map decided: one entry per flow, worst first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from comity.case import Case, Flow, Map
from comity.decide import one, verdict
from comity.decide.decision import Decision, PackDecision, decide
from comity.decide.part import Finder
from comity.decide.totals import with_totals
from comity.decide.view import content_of
from comity.facts import Range
from comity.pack.program import THE_ACT, Program

if TYPE_CHECKING:
    from comity.decide.exact import Exact
    from comity.decide.way import Remedy

ORDER = ("forbidden", "undecided", "conditional", "allowed")  # worst first


@dataclass(frozen=True)
class Todo:
    """One thing to do: a measure to put in place, a duty, a question, counsel to ask, a presumption to make sure of."""

    what: str  # measure, duty, question, counsel, presumption
    id: str
    text: str
    clause: str
    cite: str
    effort: int
    due: str = ""


@dataclass(frozen=True)
class FlowDecision:
    """One entry of a map, decided.

    Attributes:
        decisions: one per case.
        packs: for each pack its decision in the case where it is strictest.
        strict: the verdict under `--strict`: undecided where a presumption may hide a worse one, a place known only
            through people or owners has no pack, or a clause of low confidence decides.
        weak: places known only through people or owners whose law no pack holds, with their persons (None: not
            counted).
        remedy: the cheapest way, where somebody looked for it.
        exact: what undecided comes to in truth, where somebody asked the solver.
    """

    flow: Flow
    verdict: str
    lowest: str
    highest: str
    without_presumptions: tuple[str, str, str]
    strict: str
    decisions: tuple[Decision, ...]
    packs: tuple[PackDecision, ...]
    no_pack: tuple[str, ...]
    weak: tuple[tuple[str, int | None], ...]
    todo: tuple[Todo, ...]
    is_accepted: bool
    remedy: Remedy | None = None
    exact: Exact | None = None


@dataclass(frozen=True)
class Check:
    """A map decided under a program. `left_out`: packs that were not asked."""

    map: Map
    program: Program
    flows: tuple[FlowDecision, ...]
    left_out: tuple[str, ...] = ()


def check(
    program: Program,
    map_: Map,
    *,
    left_out: tuple[str, ...] = (),
    find: Finder = one.find,
    progress: Callable[[int, int], None] | None = None,
) -> Check:
    """Decide every entry of a map.

    Args:
        program: the packs.
        map_: the map.
        find: the evaluator.
        left_out: ids of packs that the program leaves out, to be told.
        progress: called with (done, all) after each entry.
    """
    flows = with_totals(program, map_)
    deciding = _Deciding(program, map_, find)
    found = []
    for number, flow in enumerate(flows, 1):
        found.append(deciding.flow(flow))
        if progress is not None:
            progress(number, len(flows))
    found.sort(key=lambda f: (ORDER.index(f.verdict), f.flow.id))
    return Check(map_, program, tuple(found), left_out)


class _Deciding:
    """Decides the entries of a map, and what is alike in them once: most cases of a long map differ by their ids only.

    Attributes:
        decided: by what a case says.
        entries: by the decisions of the cases of an entry and the sets of persons that it concerns.
    """

    def __init__(self, program: Program, map_: Map, find: Finder) -> None:
        self.program, self.map, self.find = program, map_, find
        self.decided: dict[Hashable, Decision] = {}
        self.entries: dict[tuple[tuple[int, ...], tuple[int, ...]], FlowDecision] = {}

    def flow(self, flow: Flow) -> FlowDecision:
        """One entry, decided."""
        shared = [self._decide(case) for case in flow.cases]
        key = tuple([id(decision) for decision in shared]), tuple([id(people) for people in flow.people])
        found = self.entries.get(key)
        named = [d if d.case == c.id else replace(d, case=c.id) for d, c in zip(shared, flow.cases, strict=True)]
        if found is None:
            found = self.entries[key] = _flow(self.program, self.map, flow, tuple(named))
        if found.flow is flow:
            return found
        accepted = _is_accepted(flow, found.verdict, self.map.day)
        return replace(found, flow=flow, decisions=tuple(named), is_accepted=accepted)

    def _decide(self, case: Case) -> Decision:
        content = content_of(case)
        found = self.decided.get(content)
        if found is None:
            found = self.decided[content] = decide(self.program, case, find=self.find)
        return found


def _is_accepted(flow: Flow, word: str, day: dt.date) -> bool:
    # The law's no is nobody's to accept, whatever a map says that was not read by Comity.
    accepted = flow.accepted
    return accepted is not None and accepted.verdict == word != "forbidden" and day <= accepted.until


def _flow(program: Program, map_: Map, flow: Flow, decisions: tuple[Decision, ...]) -> FlowDecision:
    bound = verdict.greatest((rank(d.lowest), rank(d.highest)) for d in decisions)
    bare = verdict.greatest((rank(d.without_presumptions[1]), rank(d.without_presumptions[2])) for d in decisions)
    word = verdict.word(bound)
    weak = tuple((place, _persons(program, flow, place)) for place in sorted({p for d in decisions for p in d.weak}))
    hidden = any(p.worse for d in decisions for p in d.presumptions)
    reasons = [r for d in decisions for p in d.packs if p.counts for r in p.reasons]
    firm = any(r.effect == "forbids" and r.lowest == "forbidden" and r.confidence != "low" for r in reasons)
    doubtful = not firm and any(r.confidence == "low" and r.state != "closed" for r in reasons)
    strict = verdict.UNDECIDED if doubtful or (word != "forbidden" and (hidden or weak)) else word
    packs = decisions[0].packs if len(decisions) == 1 else tuple(map(_strictest, *(d.packs for d in decisions)))
    return FlowDecision(
        flow=flow,
        verdict=word,
        lowest=verdict.WORDS[bound[0]],
        highest=verdict.WORDS[bound[1]],
        without_presumptions=(verdict.word(bare), verdict.WORDS[bare[0]], verdict.WORDS[bare[1]]),
        strict=strict,
        decisions=decisions,
        packs=packs,
        no_pack=tuple(sorted({p for d in decisions for p in d.no_pack})),
        weak=weak,
        todo=tuple(_todo(program, decisions, packs)),
        is_accepted=_is_accepted(flow, word, map_.day),
    )


def rank(word: str) -> int:
    """The rank of a verdict word."""
    return verdict.WORDS.index(word)


def _strictest(*same: PackDecision) -> PackDecision:
    """Of what one pack says of each case the strictest."""
    return max(same, key=lambda p: (rank(p.lowest), rank(p.highest), p.outcome != "not-covered"))


def _persons(program: Program, flow: Flow, place: str) -> int | None:
    total = 0
    for people in flow.people:
        for where, count in people.counts.items():
            if place in program.vocabulary.above.get(where, ()):
                total += count.low if isinstance(count, Range) else count
    return total or None


def _todo(program: Program, decisions: tuple[Decision, ...], packs: tuple[PackDecision, ...]) -> Iterator[Todo]:
    """What would make the entry lawful and settled, each thing once; of the open ways past a ban the cheapest."""
    seen: set[tuple[str, str]] = set()
    for todo in _all_todo(program, decisions, packs):
        if (todo.what, todo.id) not in seen:
            seen.add((todo.what, todo.id))
            yield todo


def _all_todo(program: Program, decisions: tuple[Decision, ...], packs: tuple[PackDecision, ...]) -> Iterator[Todo]:
    for pack in packs:
        if not pack.counts or pack.outcome in ("not-covered", "not-modelled", "no-pack"):
            continue
        bans = [r for r in pack.reasons if r.effect == "forbids"]
        for ban in bans:
            ways = [
                r
                for r in pack.reasons
                if r.effect == "excuses" and ban.clause in r.lifts and r.state in ("open", "unknown")
            ]
            if ban.needs:
                ways.append(ban)
            if ban.highest == "allowed" or not ways:
                continue
            way = min(ways, key=lambda r: (sum(n.effort for n in r.needs if n.state != "in-place"), r.clause))
            for need in way.needs:
                if need.state != "in-place":
                    yield Todo("measure", need.measure, need.means, way.clause, way.cite, need.effort)
        for duty in pack.duties:
            if duty.state in ("open", "unknown", "impossible") and duty.measure != THE_ACT:
                measure = program.vocabulary.measure[duty.measure]
                yield Todo(
                    "duty", duty.clause, measure.means, duty.clause, duty.cite, measure.effort, duty.due or duty.within
                )
    for decision in decisions:
        for question in decision.questions:
            yield Todo("question", question.fact, question.ask, "", "", 1)
        for presumption in decision.presumptions:
            if presumption.worse and not program.vocabulary.fact[presumption.fact].once:
                yield Todo("presumption", presumption.fact, presumption.ask, "", "", 1)
        for place in decision.no_pack:
            yield Todo(
                "counsel", place, f"ask counsel about the law of {program.vocabulary.place[place].name}", "", "", 3
            )
