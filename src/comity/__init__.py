"""Comity: the world's data-security rules as data, and a decision for any flow of data under them.

The public names. Optional and heavy libraries are loaded by what needs them, on first use.
"""

from comity.case import Case, Map
from comity.decide.check import Check, check
from comity.decide.decision import Decision, decide
from comity.errors import ComityError, InputError, Problem, Span
from comity.facts import Vocabulary
from comity.library import load, load_case, load_map
from comity.pack.program import Program
from comity.version import __version__

__all__ = [
    "Case",
    "Check",
    "ComityError",
    "Decision",
    "InputError",
    "Map",
    "Problem",
    "Program",
    "Span",
    "Vocabulary",
    "__version__",
    "check",
    "decide",
    "load",
    "load_case",
    "load_map",
]
