"""A small vocabulary and small packs for tests: one fact of each type, and law that fits on a page."""

import textwrap
from functools import cache
from pathlib import Path

from comity import document as doc
from comity.case import Case, read_case
from comity.errors import Problems, Span
from comity.facts import Vocabulary, read_vocabulary
from comity.pack.link import link
from comity.pack.program import Pack, Program
from comity.pack.read import read_pack

HEADER = """
pack: {id}
title: A law
party: FR
places: {places}
keeper: an editor
read_day: 2026-01-01
stale_after: 365
sources:
- {{id: law, title: The law, url: "https://law.example/1", read_day: 2026-01-01}}
"""


@cache
def vocabulary() -> Vocabulary:
    """The small vocabulary."""
    return read_vocabulary(Path(__file__).parent / "vocabulary")


def write_pack(root: Path, clauses: str, *, tables: str = "", id_: str = "fr/law", places: str = "[FR]") -> Path:
    """Writes a pack and gives its folder."""
    folder = root / "packs" / id_
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(HEADER.format(id=id_, places=places), encoding="utf-8")
    (folder / "clauses.yaml").write_text(textwrap.dedent(clauses), encoding="utf-8")
    if tables:
        (folder / "tables.yaml").write_text(textwrap.dedent(tables), encoding="utf-8")
    return folder


def pack(root: Path, clauses: str, *, tables: str = "", id_: str = "fr/law", places: str = "[FR]") -> Pack:
    """A pack, read from files as any other."""
    return read_pack(write_pack(root, clauses, tables=tables, id_=id_, places=places), vocabulary())


def program(root: Path, clauses: str, *, tables: str = "", id_: str = "fr/law", places: str = "[FR]") -> Program:
    """A program of one pack."""
    return link(vocabulary(), [pack(root, clauses, tables=tables, id_=id_, places=places)])


def case(text: str, *, totals: dict[str, tuple[str, ...]] | None = None) -> Case:
    """A case, written as in a case file; `kind: transfer` and a day in 2026 unless it says otherwise."""
    text = textwrap.dedent(text)
    for key, default in (("kind", "transfer"), ("day", "2026-06-01")):
        if f"{key}:" not in text.replace("act.kind:", ""):
            text = f"{key}: {default}\n{text}"
    problems = Problems()
    found = read_case(doc.parse_document(text, "case.yaml"), vocabulary(), totals or {}, problems, id_="case")
    problems.require_none()
    assert found is not None
    return found


def span(text: str = "") -> Span:
    """Where a condition stands that stands alone."""
    return Span("condition", 1, 1, max(1, len(text)), text)
