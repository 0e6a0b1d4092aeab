"""Some packs of a program, asked again and again about variants of one case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from comity.case import Case, Facts
from comity.decide import one, verdict
from comity.decide.fast import Fast
from comity.decide.findings import Findings
from comity.decide.index import index_of
from comity.decide.verdict import Bound
from comity.pack.program import Pack, Program

Finder = Callable[..., Findings]


def compiled(find: Finder) -> Fast | None:
    """The compiled program whose `find` this is."""
    evaluator = getattr(find, "__self__", find)
    return evaluator if isinstance(evaluator, Fast) else None


class Part:
    """Those packs whose answer a variant of a case may change, with what all others together say.

    To know more only narrows what a pack says, so a pack that is definite stays as it is when questions are answered,
    and one that says the same with nothing presumed whatever part of the presumptions is withheld.

    Args:
        program: the packs.
        find: the evaluator.
        reaching: places of the packs that reach the case, or may.
        others: places of those that do not.
        fixed: the bound of all packs that are in neither and count for this kind of case.
        said: what the packs that reach the case say of it as it stands.
    """

    def __init__(
        self,
        program: Program,
        find: Finder,
        reaching: Iterable[int],
        others: Iterable[int],
        fixed: Bound,
        said: Mapping[int, Bound],
    ) -> None:
        self.program = program
        self._reaching, self._others = tuple(reaching), tuple(others)
        self.places = (*self._reaching, *self._others)
        self.packs: tuple[Pack, ...] = tuple(program.packs[place] for place in self.places)
        self.fixed = fixed
        self._said = said
        self._find = find
        self._fast = compiled(find)

    def bound(self, case: Case) -> Bound:
        """The bound of the whole program for a case that answers some of the questions."""
        return verdict.greatest((self.fixed, *self._bounds(case, self.places, frozenset())))

    def bound_without(self, case: Case, withhold: Collection[str]) -> Bound:
        """The bound of the whole program for the case itself, with some facts not presumed."""
        found = verdict.ALLOWED, verdict.ALLOWED
        for found in self._widening(case, frozenset(withhold)):  # noqa: B007 - the last one counts
            pass
        return found

    def is_wider(self, case: Case, withhold: Collection[str], bound: Bound, beside: Bound) -> bool:
        """Whether the bound is another one with some facts not presumed: no more packs are asked than that takes.

        Args:
            case: the question.
            withhold: facts that are not presumed.
            bound: of the case as it stands, with `beside` in it.
            beside: what counts besides the packs.
        """
        found = bound
        for asked in self._widening(case, frozenset(withhold)):
            found = verdict.greatest((asked, beside))
            if found[1] > bound[1]:
                return True
        return found != bound

    def _widening(self, case: Case, withheld: frozenset[str]) -> Iterator[Bound]:
        """The bound as one pack after the other is asked; the last one is that of all.

        A pack that does not read the facts says what it said. One that does not reach the case may at most perhaps
        reach it then: it can raise the highest verdict, and never the lowest. Once that is the strictest there is, no
        more of them are asked.
        """
        index = index_of(self.program)
        reading = [p for p in self._reaching if not withheld.isdisjoint(index.packs[p].reads(case.kind))]
        still = (bound for place, bound in self._said.items() if place not in reading)
        found = verdict.greatest((self.fixed, *still))
        yield found
        for bound in self._bounds(case, reading, withheld):
            found = verdict.greatest((found, bound))
            yield found
        if found[1] < verdict.FORBIDDEN:
            others = (p for p in self._others if not withheld.isdisjoint(index.packs[p].reads("")))
            for other in self._bounds(case, others, withheld, reaching=False):
                found = verdict.greatest((found, other))
                yield found
                if found[1] == verdict.FORBIDDEN:
                    return

    def _bounds(
        self, case: Case, places: Iterable[int], withheld: frozenset[str], *, reaching: bool = True
    ) -> Iterator[Bound]:
        if self._fast is not None:
            yield from self._fast.bounds(self.program, case, places, withheld, reaching=reaching)
        elif self._find is one.find:
            facts = Facts(self.program.vocabulary, case, withhold=withheld)
            yield from (one.find_pack(self.program.packs[place], facts).bound for place in places)
        else:  # an evaluator of somebody else's
            every = self._find(self.program, case, withhold=withheld).packs
            yield from (every[place].bound for place in places)


def open_part(program: Program, case: Case, findings: Findings, find: Finder) -> Part:
    """The packs that are not definite."""
    counting = _counting(program, case)
    open_ = [place for place in counting if not _is_definite(findings.packs[place].bound)]
    fixed = verdict.greatest(findings.packs[place].bound for place in counting if place not in open_)
    return Part(program, find, open_, (), fixed, {})


def presuming_part(program: Program, case: Case, findings: Findings, find: Finder) -> Part:
    """The packs that may say something else with less presumed: of those that reach the case the ones that do."""
    counting = _counting(program, case)
    reaching = [place for place in counting if findings.packs[place].scope is not False]
    others = [p for p in index_of(program).short_first(case.kind) if p in counting and p not in reaching]
    fast = compiled(find)
    if fast is not None:
        bare = dict(zip(reaching, fast.bare_bounds(program, case, reaching), strict=True))
    else:
        every = find(program, case, presume=False).packs
        bare = {place: every[place].bound for place in reaching}
    changing = [place for place in reaching if bare[place] != findings.packs[place].bound]
    fixed = verdict.greatest(findings.packs[place].bound for place in reaching if place not in changing)
    said = {place: findings.packs[place].bound for place in changing}
    return Part(program, find, changing, others, fixed, said)


def _is_definite(bound: Bound) -> bool:
    return bound[0] == bound[1]


def _counting(program: Program, case: Case) -> list[int]:
    return [place for place, pack in enumerate(program.packs) if pack.counts(case.kind)]
