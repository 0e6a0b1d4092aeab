"""Loading, for those who use Comity as a library; the command line calls the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from comity import document as doc
from comity.case import Case, Map, read_case
from comity.errors import ComityError, InputError, Problem, Problems
from comity.intake.map import read_map
from comity.pack.program import Program
from comity.pack.ship import load_program


def load(*packs: str, root: Path | None = None) -> Program:
    """The program of the packs that come with Comity.

    Args:
        packs: ids of packs, such as `eu/personal-data`; none: all.
        root: another folder of packs.

    Raises:
        InputError: a pack has problems.
        ComityError: no pack has one of the ids.
    """
    program = load_program(root)
    unknown = [p for p in packs if p not in program.pack]
    if unknown:
        raise ComityError(f"no pack `{unknown[0]}`; known: {', '.join(program.pack)}")
    return program.select(packs) if packs else program


def load_case(path: str | Path, program: Program) -> Case:
    """A case from a YAML file.

    Raises:
        InputError: with every problem of the file.
    """
    problems = Problems()
    node = doc.read_document(path, problems=problems)
    if isinstance(node, doc.Mapping) and node.get("comity") is not None:
        help_ = "this is a map: `comity check` reads it"
        raise InputError([Problem("unknown-key", "`comity` is not a key of a case", node.span, help=help_)])
    case = read_case(node, program.vocabulary, program.totals, problems, id_=Path(path).stem)
    problems.require_none()
    assert case is not None  # noqa: S101 - without problems there is a case
    return case


def load_map(
    path: str | Path,
    program: Program,
    *,
    day: dt.date,
    routes: bool = False,
    texts: Mapping[Path, str] | None = None,
) -> Map:
    """A map from its YAML files, resolved for a day; with `routes` also other ways of its entries.

    `texts`: what files would say that are not to be read themselves, by resolved path.

    Raises:
        InputError: with every problem of all files.
    """
    return read_map(path, program.vocabulary, day=day, routes=routes, texts=texts)
