"""What an evaluator finds: one finding per clause and pack. Evaluators agree when their findings are equal."""

from __future__ import annotations

from typing import NamedTuple

from comity.decide.verdict import Bound
from comity.facts import Tri


class ClauseFinding(NamedTuple):
    """One clause in one case. `bound` of a duty is what it would count for in an incident."""

    clause: str
    when: Tri
    bound: Bound


class PackFinding(NamedTuple):
    """One pack in one case.

    Attributes:
        covered: whether the pack models this kind of case on this day.
        stale: whether its law was read too long ago.
        clauses: the clauses in force for this kind of case, in settled order; empty where the scope is false or
            the pack does not model the case.
        bound: what the pack says, after `flow.done`.
    """

    pack: str
    scope: Tri
    covered: bool
    stale: bool
    clauses: tuple[ClauseFinding, ...]
    bound: Bound


class Findings(NamedTuple):
    """All packs of a program in one case.

    Attributes:
        bound: the greatest of the bounds of the packs that count for this kind of case (`Pack.counts`).
    """

    packs: tuple[PackFinding, ...]
    bound: Bound
