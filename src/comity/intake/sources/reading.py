"""Which source is read by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypedDict

from comity.errors import ComityError
from comity.facts import Vocabulary
from comity.intake.found import Found

TABLES = ("vendors", "register")


class Source(StrEnum):
    """What can be imported."""

    terraform = "terraform"
    vendors = "vendors"
    register = "register"
    dbt = "dbt"
    openlineage = "openlineage"
    kubernetes = "kubernetes"
    fides = "fides"


class _Called(TypedDict):
    """What every reader takes."""

    shown: str
    owner: str
    vocabulary: Vocabulary


@dataclass(frozen=True)
class Options:
    """What only some sources take.

    Attributes:
        columns: which column of a table is which, by its head.
        sheet: of an Excel file; empty: the first that has a head.
        places: of databases that a source only names.
        each: whether each model of dbt is a system of its own.
        owner_name: by which tables know the owner.
        encoding: of a CSV file; empty: it is found out.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    each: bool = False
    owner_name: str = ""
    encoding: str = ""


def read_source(
    source: Source, path: Path, *, shown: str, owner: str, vocabulary: Vocabulary, options: Options | None = None
) -> Found:
    """Read a source.

    Args:
        source: what it is.
        path: a file or a folder.
        shown: its name for people, and by which a second import of it is known.
        owner: the entity of the map for which systems are run, where the source does not say it.
        vocabulary: the known words.
        options: what only some sources take.

    Raises:
        InputError: it is broken.
        ComityError: an option means nothing to it.
        MissingExtraError: the library that reads it is not installed.
    """
    given = options or Options()
    if (given.columns or given.sheet or given.encoding) and source not in TABLES:
        raise ComityError(f"`--column`, `--sheet` and `--encoding` are for tables; `{source}` is none")
    if (given.places or given.each) and source is not Source.dbt:
        raise ComityError(f"`--place` and `--each` are for `dbt`, and mean nothing to `{source}`")
    found = _found(source, path, shown, owner, vocabulary, given)
    return Found(f"{source} {shown}", found.items, found.remarks)


def _found(source: Source, path: Path, shown: str, owner: str, vocabulary: Vocabulary, given: Options) -> Found:
    called: _Called = {"shown": shown, "owner": owner, "vocabulary": vocabulary}
    if source in TABLES:
        return _table(source, path, called, given)
    match source:
        case "terraform" if path.is_dir() or path.suffix == ".tf":
            from comity.intake.sources.terraform_files import read_terraform_files as read
        case "terraform":
            from comity.intake.sources.terraform import read_terraform as read
        case "openlineage":
            from comity.intake.sources.openlineage import read_openlineage as read
        case "kubernetes":
            from comity.intake.sources.kubernetes import read_kubernetes as read
        case "fides":
            from comity.intake.sources.fideslang import read_fideslang as read
        case _:
            from comity.intake.sources.dbt import read_dbt

            return read_dbt(path, **called, places=given.places, each=given.each)
    return read(path, **called)


def _table(source: Source, path: Path, called: _Called, given: Options) -> Found:
    from comity.intake.sources.register import read_register
    from comity.intake.sources.vendors import read_vendors

    read = read_vendors if source is Source.vendors else read_register
    asked: dict[str, Any] = {"columns": given.columns, "sheet": given.sheet, "encoding": given.encoding}
    return read(path, **called, **asked, owner_name=given.owner_name)
