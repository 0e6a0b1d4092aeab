"""Some packs of a program, asked again and again about variants of one case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from comity.case import Case, Facts
from comity.decide import one, verdict
from comity.decide.fast import Fast
from comity.decide.findings import Findings
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
        packs: the packs that are asked.
        fixed: the bound of all others that count for this kind of case.
    """

    def __init__(self, program: Program, find: Finder, places: Iterable[int], fixed: Bound) -> None:
        self.program = program
        self.places = tuple(places)
        self.packs: tuple[Pack, ...] = tuple(program.packs[place] for place in self.places)
        self.fixed = fixed
        self._find = find
        self._fast = compiled(find)

    def bound(self, case: Case, *, withhold: Collection[str] = ()) -> Bound:
        """The bound of the whole program for a variant of the case."""
        withheld = frozenset(withhold)
        if self._fast is not None:
            found = self._fast.bounds(self.program, case, self.places, withheld)
        elif self._find is one.find:
            facts = Facts(self.program.vocabulary, case, withhold=withheld)
            found = [one.find_pack(pack, facts).bound for pack in self.packs]
        else:  # an evaluator of somebody else's
            every = self._find(self.program, case, withhold=withheld).packs
            found = [every[place].bound for place in self.places]
        return verdict.greatest((self.fixed, *found))


def open_part(program: Program, case: Case, findings: Findings, find: Finder) -> Part:
    """The packs that are not definite."""
    return _part(program, case, findings, find, [f.bound[0] != f.bound[1] for f in findings.packs])


def presuming_part(program: Program, case: Case, findings: Findings, find: Finder) -> Part:
    """The packs that say something else with nothing presumed."""
    fast = compiled(find)
    if fast is not None:
        bare = fast.bare_bounds(program, case)
    else:
        bare = [f.bound for f in find(program, case, presume=False).packs]
    changed = [f.bound != other for f, other in zip(findings.packs, bare, strict=True)]
    return _part(program, case, findings, find, changed)


def _part(program: Program, case: Case, findings: Findings, find: Finder, changing: list[bool]) -> Part:
    counting = [place for place, pack in enumerate(program.packs) if pack.counts(case.kind)]
    fixed = verdict.greatest(findings.packs[place].bound for place in counting if not changing[place])
    return Part(program, find, (place for place in counting if changing[place]), fixed)
