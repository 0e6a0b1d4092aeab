"""The map that an import is put into: as it stands, or a new one that knows its owner alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from comity import document as doc
from comity.errors import ComityError, Span, did_you_mean
from comity.intake.amend import to_node
from comity.intake.append import Style, append_items, plain
from comity.intake.found import UNKNOWN, free_id
from comity.intake.map import read_sections
from comity.intake.merge import MEASURES, MEMORY, Here, Memory, measure_key, read_memory


@dataclass(frozen=True)
class Standing:
    """A map before an import.

    Attributes:
        here: its files and items.
        main: its main file, resolved.
        into: the file that new items are added to, resolved.
        fresh: files that have to be written whatever is found: a new map, a file newly put under `use:`.
        owner: id of the entity for which systems are run where a source does not say it.
        memory: what imports told before.
    """

    here: Here
    main: Path
    into: Path
    fresh: Mapping[Path, str]
    owner: str
    memory: Memory

    @property
    def owner_name(self) -> str:
        """The name of the owner in the map; its id where it has none."""
        _, node = self.here.items["entities", self.owner]
        name = node.get("name")
        return name.text if isinstance(name, doc.Scalar) else self.owner


def read_standing(
    map_file: Path,
    *,
    source: str,
    into: Path | None = None,
    owner: str = "",
    country: str = "",
    given: Mapping[Path, str] | None = None,
) -> Standing:
    """The map as it stands; where there is no file yet, a new one with its owner.

    Args:
        map_file: the main file.
        source: the kind and name of what is imported, as a second import of it is known by.
        into: the file that takes new items; None: the main file. One that is new is put under `use:`.
        owner: id of an entity of the map, or for a new map the name of the company; empty: that of
            earlier imports, or the only one there is.
        country: of the owner, for a new map; empty: not known.
        given: what files would say that are not to be read themselves, by resolved path.

    Raises:
        InputError: with every problem that keeps the map from being read.
        ComityError: the owner cannot be told, or `into` lies outside the folder of the map.
    """
    main = map_file.resolve()
    texts: dict[Path, str] = dict(given or {})
    fresh: list[Path] = []
    if main not in texts and not main.exists():
        texts[main], owner = _new_map(owner, country)
        fresh.append(main)
    sections, seen = read_sections(map_file, texts)
    for path, shown in seen.items():
        if path not in texts:
            texts[path] = doc.read_raw(path, shown).decode("utf-8-sig")
    at = main if into is None else into.resolve()
    if at not in texts:
        if not at.is_relative_to(main.parent):
            raise ComityError(f"`{into}` lies outside the folder of the map; it reads files beside and below it only")
        used = doc.Scalar(at.relative_to(main.parent).as_posix(), Span(""))
        texts[main] = append_items(texts[main], str(map_file), "use", [used])
        texts[at] = doc.read_raw(at, str(into)).decode("utf-8-sig") if at.exists() else "comity: 1\n"
        fresh += [main, at]
        sections, seen = read_sections(map_file, texts)
    here = Here(texts, _items(sections, seen))
    memory = read_memory(main.parent / MEMORY)
    owner = owner or _owner_before(memory, source)
    fresh_texts = {path: texts[path] for path in fresh}
    return Standing(here, main, at, fresh_texts, _owner(sections["entities"], owner), memory)


def _owner_before(memory: Memory, source: str) -> str:
    """For whom the source was imported before; else for whom all others were."""
    if source in memory:
        return memory[source].owner
    owners = {kept.owner for kept in memory.values()}
    return owners.pop() if len(owners) == 1 else ""


def _new_map(owner: str, country: str) -> tuple[str, str]:
    if not owner:
        raise ComityError('there is no map yet; say whose it is: `--owner "Harbour Travel B.V." --country NL`')
    id_ = free_id(owner, ())
    entity = to_node({"id": id_, "name": owner, "country": country or UNKNOWN, "role": "controller"})
    head = f"comity: 1\nname: {Style(chr(10), is_json=False).flow(to_node(owner))}\n"
    return append_items(head, "the new map", "entities", [entity]), id_


def _items(
    sections: Mapping[str, Sequence[doc.Node]], seen: Mapping[Path, str]
) -> dict[tuple[str, str], tuple[Path, doc.Mapping]]:
    paths = {shown: path for path, shown in seen.items()}
    found: dict[tuple[str, str], tuple[Path, doc.Mapping]] = {}
    for section, nodes in sections.items():
        for node in nodes:
            if isinstance(node, doc.Mapping):
                id_ = node.get("id")
                told = {key.text: plain(value) for key, value in node.pairs}
                key = measure_key(told) if section == MEASURES else id_.text if isinstance(id_, doc.Scalar) else ""
                if key:
                    found[section, key] = paths[node.span.file], node
    return found


def _owner(entities: Sequence[doc.Node], owner: str) -> str:
    """The id of the owner: the one that is named, or the only entity that there is."""
    known = [id_.text for node in entities if isinstance(node, doc.Mapping)
             and isinstance(id_ := node.get("id"), doc.Scalar)]  # fmt: skip
    if owner in known:
        return owner
    shown = ", ".join(known[:8]) + (" ..." if len(known) > 8 else "")
    if owner:
        help_ = did_you_mean(owner, known) or f"known: {shown}"
        raise ComityError(f"the map has no entity `{owner}`; {help_}")
    if len(known) != 1:
        raise ComityError(f"say for which entity of the map the import runs: `--owner ID`; known: {shown or 'none'}")
    return known[0]
