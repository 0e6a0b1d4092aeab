"""The exam: the worked cases of the packs, decided and compared with what the authority said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from comity.case import Facts
from comity.decide import one
from comity.decide.decision import clause_state, duty_state, outcome
from comity.decide.findings import PackFinding
from comity.errors import Problems
from comity.facts import Vocabulary
from comity.pack.cases import WorkedCase, read_cases
from comity.pack.link import link
from comity.pack.lint import Examined
from comity.pack.program import Pack, Program


@dataclass(frozen=True)
class Result:
    """One worked case: the differences between what was expected and what came out; none where they agree."""

    pack: str
    worked: WorkedCase
    differences: tuple[str, ...]
    finding: PackFinding

    @property
    def agrees(self) -> bool:
        """Whether all that was expected came out."""
        return not self.differences


def examine(program: Program, pack: Pack, cases: Iterable[WorkedCase]) -> list[Result]:
    """Decide the worked cases of one pack under that pack alone."""
    return [_examine(program, pack, worked) for worked in cases]


def examine_for_lint(vocabulary: Vocabulary, pack: Pack, cases: Iterable[WorkedCase]) -> Examined:
    """Which worked cases of one pack come out as expected, and which clauses they reach."""
    results = examine(link(vocabulary, [pack]), pack, cases)
    reached = frozenset(id_ for r in results for id_ in _reached(pack, r.finding))
    return Examined(frozenset(r.worked.name for r in results if r.agrees), reached)


def _reached(pack: Pack, finding: PackFinding) -> Iterator[str]:
    speaking = {f.clause for f in finding.clauses if f.when is True}
    for id_ in speaking:
        clause = pack.clause[id_]
        if clause.effect != "excuses" or not speaking.isdisjoint(clause.excuses):
            yield id_


def _examine(program: Program, pack: Pack, worked: WorkedCase) -> Result:
    facts = Facts(program.vocabulary, worked.case)
    finding = one.find_pack(pack, facts)
    by_id = {f.clause: f for f in finding.clauses}
    measures = dict(worked.case.measures)
    differences: list[str] = []
    if worked.expect.verdict:
        got = outcome(pack, finding)
        if worked.expect.verdict != got:
            range_ = "" if got != "undecided" else f" ({finding.bound[0]} to {finding.bound[1]})"
            differences.append(f"verdict: expected {worked.expect.verdict}, got {got}{range_}")
    if worked.expect.reached is not None:
        reached = finding.scope if finding.covered else None
        if reached is not worked.expect.reached:
            words = {True: "reached", False: "not reached", None: "not known"}
            differences.append(f"reach: expected {words[worked.expect.reached]}, got {words[reached]}")
    for short, expected in worked.expect.duties.items():
        id_ = f"{pack.id}/{short}"
        got = duty_state(pack.clause[id_], by_id[id_], by_id, measures) if id_ in by_id else "none"
        if got != expected:
            differences.append(f"duty {short}: expected {expected}, got {got}")
    for short, expected in worked.expect.clauses.items():
        id_ = f"{pack.id}/{short}"
        got = clause_state(pack.clause[id_], by_id[id_]) if id_ in by_id else _absent(pack, id_)
        if got != expected:
            differences.append(f"clause {short}: expected {expected}, got {got}")
    deciding = _deciding(pack, finding)
    shown = ", ".join(sorted(deciding)) or "nothing"
    differences += [
        f"because: {short} does not decide; what does: {shown}"
        for short in worked.expect.because
        if short not in deciding
    ]
    return Result(pack.id, worked, tuple(differences), finding)


def _absent(pack: Pack, id_: str) -> str:
    return "closed" if pack.clause[id_].effect == "excuses" else "silent"


def _deciding(pack: Pack, finding: PackFinding) -> set[str]:
    """Clauses that speak, lift or could lift, or are owed, by their short ids."""
    found = set()
    for f in finding.clauses:
        clause = pack.clause[f.clause]
        if (clause.effect == "excuses" and f.bound[0] < 2) or (clause.effect != "excuses" and f.when is not False):
            found.add(f.clause.rsplit("/", 1)[1])
    return found


def to_counts(results: Iterable[Result]) -> dict[str, int]:
    """How many cases there are, agree, differ, and are known to differ."""
    found = {"cases": 0, "agree": 0, "differ": 0, "known": 0}
    for result in results:
        found["cases"] += 1
        key = "agree" if result.agrees else "known" if result.worked.known else "differ"
        found[key] += 1
    return found


def examine_all(program: Program, root: Path) -> list[Result]:
    """Decide the worked cases of every pack of the program, read from the packs' folder.

    Raises:
        InputError: with the problems of all case files.
    """
    problems = Problems()
    worked = {pack.id: read_cases(root / pack.id, pack, program.vocabulary, problems) for pack in program.packs}
    problems.require_none()
    return [result for pack in program.packs for result in examine(program, pack, worked[pack.id])]
