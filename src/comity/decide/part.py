"""Some packs of a program, asked again and again about variants of one case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

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

    Attributes:
        places: of the packs that are asked, those that reach the case first.
        fixed: the bound of all others that count for this kind of case.
    """

    def __init__(
        self, program: Program, find: Finder, reaching: Iterable[int], others: Iterable[int], fixed: Bound
    ) -> None:
        self.program = program
        self._reaching, self._others = tuple(reaching), tuple(others)
        self.places = (*self._reaching, *self._others)
        self.packs: tuple[Pack, ...] = tuple(program.packs[place] for place in self.places)
        self.fixed = fixed
        self._find = find
        self._fast = compiled(find)

    def bound(self, case: Case, *, withhold: Collection[str] = ()) -> Bound:
        """The bound of the whole program for a variant of the case.

        A pack that does not reach the case may at most perhaps reach a variant in which less is known: it can raise the
        highest verdict, and never the lowest. Once that is the strictest there is, no more of them are asked.
        """
        bounds = self._bounds(case, frozenset(withhold))
        found = verdict.greatest((self.fixed, *(next(bounds) for _ in self._reaching)))
        for other in bounds:
            found = verdict.greatest((found, other))
            if found[1] == verdict.FORBIDDEN:
                break
        return found

    def _bounds(self, case: Case, withheld: frozenset[str]) -> Iterator[Bound]:
        if self._fast is not None:
            yield from self._fast.bounds(self.program, case, self.places, withheld)
        elif self._find is one.find:
            facts = Facts(self.program.vocabulary, case, withhold=withheld)
            yield from (one.find_pack(pack, facts).bound for pack in self.packs)
        else:  # an evaluator of somebody else's
            every = self._find(self.program, case, withhold=withheld).packs
            yield from (every[place].bound for place in self.places)


def open_part(program: Program, case: Case, findings: Findings, find: Finder) -> Part:
    """The packs that are not definite."""
    counting = _counting(program, case)
    open_ = [place for place in counting if not _is_definite(findings.packs[place].bound)]
    fixed = verdict.greatest(findings.packs[place].bound for place in counting if place not in open_)
    return Part(program, find, open_, (), fixed)


def presuming_part(program: Program, case: Case, findings: Findings, find: Finder) -> Part:
    """The packs that may say something else with less presumed: of those that reach the case the ones that do."""
    counting = _counting(program, case)
    reaching = [place for place in counting if findings.packs[place].scope is not False]
    others = [p for p in index_of(program).strict_first(case.kind) if p in counting and p not in reaching]
    fast = compiled(find)
    if fast is not None:
        bare = dict(zip(reaching, fast.bare_bounds(program, case, reaching), strict=True))
    else:
        every = find(program, case, presume=False).packs
        bare = {place: every[place].bound for place in reaching}
    changing = [place for place in reaching if bare[place] != findings.packs[place].bound]
    fixed = verdict.greatest(findings.packs[place].bound for place in reaching if place not in changing)
    return Part(program, find, changing, others, fixed)


def _is_definite(bound: Bound) -> bool:
    return bound[0] == bound[1]


def _counting(program: Program, case: Case) -> list[int]:
    return [place for place, pack in enumerate(program.packs) if pack.counts(case.kind)]
