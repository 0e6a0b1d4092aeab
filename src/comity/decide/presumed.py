"""Which presumptions matter: pack by pack, each asked once for all cases that are one to it.

`decision.py` looks for them by asking all packs again and again. Here each pack says which presumptions it hangs on
alone, and that is kept by its view of the case; what the whole program says follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator

from comity.case import Case, Facts
from comity.decide import verdict
from comity.decide.fast import Fast
from comity.decide.findings import Findings
from comity.decide.index import index_of, keep
from comity.decide.verdict import Bound
from comity.decide.view import views_of
from comity.pack.program import Program

Alone = tuple[tuple[str, Bound], ...]  # facts without whose presumption a pack says something else, with what it says


def mattering(
    program: Program, case: Case, findings: Findings, fast: Fast, beside: Bound
) -> Iterator[tuple[str, Bound]]:
    """The presumed facts without whose presumption the range is another, with that range, by name.

    Args:
        program: the packs.
        case: the question.
        findings: what was found of it.
        fast: the program, compiled.
        beside: what counts besides the packs.
    """
    within_reach = fast.within_reach(case)
    counting = index_of(program).counting(case.kind)
    views = views_of(program, case.kind, case.day)
    keys = views.keys(case)
    changed: dict[str, dict[int, Bound]] = {}
    for place in counting:
        finding = findings.packs[place]
        if finding.scope is not False or within_reach >> place & 1:
            alone: Alone | None = views.kept[place].get(keys[place])
            if alone is None:
                alone = _alone(program, case, place, finding.bound, fast)
                keep(views.kept[place], keys[place], alone)
            for name, bound in alone:
                changed.setdefault(name, {})[place] = bound
    bound = verdict.greatest((findings.bound, beside))
    for name in sorted(changed):
        other = _instead(findings, counting, changed[name], bound, beside)
        if other != bound:
            yield name, other


def _instead(
    findings: Findings, counting: tuple[int, ...], changed: dict[int, Bound], bound: Bound, beside: Bound
) -> Bound:
    """The range where some packs say something else; they know less then, so that what they say is only wider."""
    low, high = bound
    if low > beside[0]:  # else it cannot be lower
        lows = (findings.packs[place].bound[0] for place in counting if place not in changed)
        low = max(beside[0], *lows, *(b[0] for b in changed.values()))
    return low, max(high, *(b[1] for b in changed.values()))


def _alone(program: Program, case: Case, place: int, bound: Bound, fast: Fast) -> Alone:
    """The presumptions on which one pack hangs, each by itself."""
    facts = Facts(program.vocabulary, case)
    for name in index_of(program).packs[place].reads(case.kind):
        if ":" not in name and name in program.vocabulary.fact:
            facts.value(name)
    search = _Search(program, case, place, bound, fast)
    return tuple(search.among(tuple(sorted(facts.presumed))))


class _Search:
    """The presumptions of a case on which one pack hangs.

    What makes no difference when withheld together makes none alone: less is known, so the range can only be wider.
    """

    def __init__(self, program: Program, case: Case, place: int, bound: Bound, fast: Fast) -> None:
        self._program, self._case, self._places, self._fast = program, case, (place,), fast
        self._bound = bound

    def among(self, names: tuple[str, ...]) -> Iterator[tuple[str, Bound]]:
        """Those of some facts that matter, with what the pack says without each."""
        if not names:
            return
        asked = self._fast.bounds(self._program, self._case, self._places, frozenset(names), reaching=True)
        bound = next(iter(asked))
        if bound == self._bound:
            return
        if len(names) == 1:
            yield names[0], bound
            return
        half = len(names) // 2
        yield from self.among(names[:half])
        yield from self.among(names[half:])
