"""The map of an organisation: `comity.yaml` and the files that it names, read and resolved for one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from comity import document as doc
from comity.case import Flow, Map
from comity.errors import InputError, Problem, Problems
from comity.facts import Vocabulary
from comity.intake.cases import KINDS, CaseMaker
from comity.intake.measures import SaidReader
from comity.intake.parties import Index, PartyReader
from comity.intake.routes import RouteMaker, check_alternatives

VERSION = "1"
MAX_FILES = 1000
PARTY_SECTIONS = ("entities", "people", "systems")
SAID_SECTIONS = ("measures", "opinions", "assume", "accepted")
SECTIONS = (*PARTY_SECTIONS, *KINDS, *SAID_SECTIONS)


def read_map(
    path: str | Path,
    vocabulary: Vocabulary,
    *,
    day: dt.date,
    routes: bool = False,
    texts: Mapping[Path, str] | None = None,
) -> Map:
    """Read a map with all files that it uses.

    Opens nothing but these files: what a map names as proof stays closed.

    Args:
        path: the main file, such as `comity.yaml`.
        vocabulary: what facts, places, categories and measures there are.
        day: the day on which is asked: measures, lists and opinions are resolved for it.
        routes: whether other ways of its entries are made too.
        texts: what files would say that are not to be read themselves, by resolved path.

    Raises:
        InputError: with every problem of every file.
    """
    problems = Problems()
    files = _Files(Path(path), problems, texts or {})
    files.read()
    index = Index(problems)
    for section in (*PARTY_SECTIONS, *KINDS):
        for node in files.sections[section]:
            index.note(section, node.get("id") if isinstance(node, doc.Mapping) else None)
    party_reader = PartyReader(vocabulary, day, index)
    parties = party_reader.read(files.sections)
    said = SaidReader(vocabulary, index, problems).read(files.sections)
    maker = CaseMaker(vocabulary, day, index, parties, said)
    entries = [(section, node) for section in KINDS for node in files.sections[section]]
    flows: list[Flow] = [maker.flow(section, node) for section, node in entries]
    for section, node in entries:
        check_alternatives(section, node, parties, index, vocabulary)
    problems.require_none()
    other = RouteMaker(vocabulary, day, index, parties, said)
    ways = [(flow.id, other.routes(*entry)) for flow, entry in zip(flows, entries, strict=True)] if routes else []
    found = {id_: ways_of_it for id_, ways_of_it in ways if ways_of_it}
    remarks = tuple(party_reader.remarks)
    return Map(files.name, day, tuple(flows), tuple(files.seen.values()), maker.holdings(), found, remarks)


def read_sections(path: str | Path, texts: Mapping[Path, str]) -> tuple[dict[str, list[doc.Node]], dict[Path, str]]:
    """The entries of a map, section by section, as they are written, and its files with the names that spans show.

    Args:
        path: the main file.
        texts: what files would say that are not to be read themselves, by resolved path.

    Raises:
        InputError: with every problem that keeps a file from being read; what entries say is not looked at.
    """
    problems = Problems()
    files = _Files(Path(path), problems, texts)
    files.read()
    problems.require_none()
    return files.sections, files.seen


@dataclass(slots=True)
class _Files:
    """The files of one map. `seen`: shown name by resolved path, in the order of reading."""

    main: Path
    problems: Problems
    texts: Mapping[Path, str]
    name: str = ""
    seen: dict[Path, str] = field(default_factory=dict)
    sections: dict[str, list[doc.Node]] = field(default_factory=lambda: {name: [] for name in SECTIONS})

    def read(self) -> None:
        """Read the main file and, from it, all others."""
        shown = str(self.main)
        try:
            here = self.main.resolve()
        except (OSError, ValueError, RuntimeError):
            here = self.main
        root = self._main(here, shown)
        f = doc.to_fields(root, self.problems, what="a map", required=("comity", "name"), optional=("use", *SECTIONS))
        self.name = f.text("name")
        self.seen[here] = shown
        self._take(f, here, here.parent, (here,))

    def _main(self, here: Path, shown: str) -> doc.Node:
        """The main file, without which there is nothing to go on with."""
        try:
            root = self._document(here, shown)
        except InputError as error:
            first = "`comity init` writes a first map"
            raise InputError(replace(p, help=first) if p.code == "empty-file" else p for p in error.problems) from None
        if isinstance(root, doc.Mapping) and root.get("comity") is None and root.get("kind") and root.get("day"):
            help_ = "this is a case: `comity decide` reads it"
            raise InputError([Problem("missing-key", "a map needs `comity`", root.span, help=help_)])
        return root

    def _document(self, path: Path, shown: str) -> doc.Node:
        text = self.texts.get(path)
        if text is None:
            return doc.read_document(path, shown=shown, problems=self.problems)
        return doc.parse_document(text, shown, problems=self.problems)

    def _take(self, f: doc.Fields, here: Path, root: Path, chain: tuple[Path, ...]) -> None:
        if f.has("comity") and f.text("comity") != VERSION:
            message = f"`{f.text('comity')}` is no version of the format"
            self.problems.add("unknown-value", message, f.span_of("comity"), help=f"write `comity: {VERSION}`")
        for section in SECTIONS:
            self.sections[section].extend(f.items(section))
        for name in f.texts("use"):
            self._use(name, here, root, chain)

    def _use(self, name: doc.Scalar, here: Path, root: Path, chain: tuple[Path, ...]) -> None:
        try:
            path = (here.parent / name.text).resolve()
            inside = path.is_relative_to(root)
        except (OSError, ValueError, RuntimeError):
            self.problems.add("unreadable-file", "this text is no path of a file", name.span)
            return
        if path in chain:
            self.problems.add("cycle", f"`{name.text}` uses itself", name.span, help="take it out of `use`")
        elif not inside:
            help_ = "a map reads files beside and below its main file only"
            self.problems.add(
                "outside-folder", f"`{name.text}` lies outside the folder of the map", name.span, help=help_
            )
        elif path not in self.seen and len(self.seen) >= MAX_FILES:
            message = f"the map has more than {MAX_FILES} files"
            self.problems.add("too-many-files", message, name.span)
        elif path not in self.seen:
            self._read_used(name, path, root, chain)

    def _read_used(self, name: doc.Scalar, path: Path, root: Path, chain: tuple[Path, ...]) -> None:
        shown = (self.main.parent / path.relative_to(root)).as_posix()
        self.seen[path] = shown
        if path not in self.texts and not path.is_file():
            self.problems.add("missing-file", f"there is no file `{name.text}`", name.span)
            return
        try:
            root_node = self._document(path, shown)
        except InputError as error:
            self.problems.found.extend(error.problems)
            return
        keys = ("comity", "name", "use", *SECTIONS)  # a map may use another one, whole
        f = doc.to_fields(root_node, self.problems, what="a file of a map", optional=keys)
        self._take(f, path, root, (*chain, path))
