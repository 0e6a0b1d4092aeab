"""Putting what an import found into a map: what people wrote stays, what the source changed follows, all else is told.

What each import told is kept in a file beside the map, `comity.imports.json`. So a second import can tell what the
source changed from what a person did: a value that still is what the source told last time follows the source; any
other one stays, and the difference is named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from comity import document as doc
from comity.errors import InputError, Problem, Span
from comity.intake.amend import Change, set_all, to_node
from comity.intake.append import Plain, append_all, plain
from comity.intake.found import Found, Item, free_id

FORMAT = "imports/1"
MEMORY = "comity.imports.json"
MEASURES = "measures"
REFERENCES = frozenset(
    {"run_by", "for", "of", "apart_from", "employer", "from", "to", "into", "system", "entity", "who", "people"}
    | {"parties", "flows", "alternatives"}
)  # keys whose values may be ids


@dataclass(frozen=True, slots=True)
class Last:
    """What one item was last time: the id that it has in the map, and what the source told of it.

    A measure has no id in the map; what tells it from others stands in place of one.
    """

    id: str
    told: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Kept:
    """What an import of one source told last time.

    Attributes:
        owner: the entity for which it ran.
        items: by section and ref.
    """

    owner: str
    items: Mapping[tuple[str, str], Last]


Memory = Mapping[str, Kept]  # by source


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that an import changed or that differs from the map.

    Attributes:
        kind: added, changed, kept (a person wrote otherwise), or gone (the source has it no more, the map does).
        section, id: of the item.
        key: of the value; empty: the item itself.
        now: what stood in the map.
        told: what the source tells.
    """

    kind: str
    section: str
    id: str
    key: str = ""
    now: Plain = ""
    told: Plain = ""


@dataclass(frozen=True)
class Merged:
    """What a merge comes to; nothing is written yet.

    Attributes:
        texts: of each file that changes.
        differences: in the order of the source.
        memory: to be kept beside the map.
        n_same: items that are in the map as the source tells them.
    """

    texts: Mapping[Path, str]
    differences: tuple[Difference, ...]
    memory: Memory
    n_same: int


@dataclass(slots=True)
class Here:
    """The map as it stands: texts by file, and the items of each section with the file that they stand in.

    Attributes:
        texts: by file.
        items: by section and id.
    """

    texts: dict[Path, str]
    items: dict[tuple[str, str], tuple[Path, doc.Mapping]]


def merge(here: Here, into: Path, found: Found, memory: Memory, *, owner: str) -> Merged:
    """Put what an import found into a map.

    Args:
        here: the map.
        into: the file that new items are added to; one of `here.texts`.
        found: by the import.
        memory: what imports told before.
        owner: the entity for which the import ran, to be remembered.

    Raises:
        InputError: a file is written in a way that cannot be changed without changing more than was meant.
    """
    return _Merge(here, into, found, memory, owner).merged()


@dataclass(slots=True)
class _Merge:
    here: Here
    into: Path
    found: Found
    memory: Memory
    owner: str
    differences: list[Difference] = field(default_factory=list)
    changes: dict[Path, list[Change]] = field(default_factory=dict)
    added: dict[str, list[doc.Node]] = field(default_factory=dict)
    n_same: int = 0

    def merged(self) -> Merged:
        kept = self.memory.get(self.found.source)
        before = kept.items if kept is not None else {}
        ids = self._ids(before)
        renamed = {item.id: ids[item.section, item.ref] for item in self.found.items if item.section != MEASURES}
        told: dict[tuple[str, str], Last] = {}
        for item in self.found.items:
            key = item.section, item.ref
            new = {name: _renamed(plain(to_node(value)), renamed, name) for name, value in item.told.items()}
            if item.section == MEASURES:
                ids[key] = measure_key(new)
            told[key] = Last(ids[key], new)
            standing = self.here.items.get((item.section, ids[key]))
            if standing is not None:
                self._compare(item.section, ids[key], standing, before.get(key), new)
            elif key in before:
                left_out = "in the source, and taken out of the map"
                self.differences.append(Difference("kept", item.section, ids[key], told=left_out))
            else:
                self._add(item, ids[key], new)
        for key, last in before.items():
            if key not in told and (key[0], last.id) in self.here.items:
                told[key] = last  # so that the next import tells it again
                self.differences.append(Difference("gone", key[0], last.id))
        texts = {path: set_all(self.here.texts[path], str(path), each) for path, each in self.changes.items()}
        memory = {**self.memory, self.found.source: Kept(self.owner, told)}
        return Merged(self._with_added(texts), tuple(self.differences), memory, self.n_same)

    def _ids(self, before: Mapping[tuple[str, str], Last]) -> dict[tuple[str, str], str]:
        """The id of each item in the map: that of last time, that of its like there, or a free one."""
        taken = {id_ for _, id_ in self.here.items} | {last.id for last in before.values()}
        names = {
            (section, _folded(name.text)): id_
            for (section, id_), (_, node) in self.here.items.items()
            if isinstance(name := node.get("name"), doc.Scalar)
        }
        remembered = {(section, last.id) for kept in self.memory.values() for (section, _), last in kept.items.items()}
        found: dict[tuple[str, str], str] = {}
        for item in self.found.items:
            if item.section == MEASURES:
                continue  # named when the ids of its parties are known
            key = item.section, item.ref
            last = before.get(key)
            like = self._like(item, names, remembered)
            id_ = last.id if last is not None else like or free_id(item.id, taken)
            taken.add(id_)
            found[key] = id_
        return found

    def _like(self, item: Item, names: Mapping[tuple[str, str], str], remembered: set[tuple[str, str]]) -> str | None:
        """The id of an item of the map that is the same thing: by its name, or by its id.

        What another source told is another thing, save for a legal person, who is one whoever tells of it.
        """
        name = item.told.get("name")
        id_ = names.get((item.section, _folded(name))) if isinstance(name, str) else None
        for each in (id_, item.id):
            is_told = (item.section, each) in remembered and not (item.section == "entities" and each == id_)
            if each is not None and (item.section, each) in self.here.items and not is_told:
                return each
        return None

    def _compare(
        self, section: str, id_: str, standing: tuple[Path, doc.Mapping], last: Last | None, new: Mapping[str, Plain]
    ) -> None:
        path, node = standing
        values: dict[str, doc.Node | None] = {}
        found: list[Difference] = []
        for key in dict.fromkeys([*new, *(last.told if last else ())]):
            here = node.get(key)
            now = None if here is None else plain(here)
            then = last.told.get(key) if last is not None else None
            told = new.get(key)
            if _same(now, told) or _same(told, then):
                continue  # alike, or the source tells what it told: what a person made of it stays
            if (now is None and last is None) or _same(now, then):
                values[key] = None if told is None else to_node(told)
                found.append(Difference("changed", section, id_, key, now or "", told or ""))
            else:
                found.append(Difference("kept", section, id_, key, now or "", told or ""))
        if section == MEASURES:  # it has no id by which it could be found and changed in the file
            found = [replace(each, kind="kept") for each in found]
        elif values:
            self.changes.setdefault(path, []).append((section, id_, values))
        self.differences += found
        self.n_same += not found

    def _add(self, item: Item, id_: str, new: Mapping[str, Plain]) -> None:
        pairs = dict(new) if item.section == MEASURES else {"id": id_, **new}
        self.added.setdefault(item.section, []).append(to_node(pairs))
        self.differences.append(Difference("added", item.section, id_))

    def _with_added(self, texts: dict[Path, str]) -> dict[Path, str]:
        if not self.added:
            return texts
        text = texts.get(self.into, self.here.texts[self.into])
        return texts | {self.into: append_all(text, str(self.into), self.added)}


def _folded(name: str) -> str:
    """A name without capitals and signs, so that `Ltd.` is `LTD`."""
    return " ".join(re.findall(r"\w+", name.casefold()))


# --- values


def measure_key(told: Mapping[str, Plain]) -> str:
    """What tells a measure from others, in place of an id: its kind, parties and what it covers."""
    return json.dumps([told.get("kind"), sorted(_listed(told.get("parties"))), told.get("covers")], sort_keys=True)


def _listed(value: Plain | None) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [value] if isinstance(value, str) else []


def _same(left: Plain | None, right: Plain | None) -> bool:
    """Whether two values say the same; one of a list alone may stand without brackets."""
    return _bare(left) == _bare(right)


def _bare(value: Plain | None) -> Plain | None:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _renamed(value: Plain, renamed: Mapping[str, str], key: str) -> Plain:
    """A value with the ids that items have in the map."""
    if isinstance(value, dict):
        return {name: _renamed(inner, renamed, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, renamed, key) for inner in value]
    return renamed.get(value, value) if key in REFERENCES else value


# --- what is kept beside the map


def read_memory(path: Path) -> Memory:
    """What imports told before; nothing where there is no file.

    Raises:
        InputError: it is not such a file.
    """
    if not path.exists():
        return {}
    span = Span(str(path))
    help_ = f"take back the last good `{path.name}`, or remove it: then a person's word stands wherever they differ"
    try:
        raw = json.loads(doc.read_raw(path, str(path)).decode("utf-8"))
        if raw["format"] != FORMAT:
            message = f"`{path.name}` has the format `{raw['format']}`, and `{FORMAT}` is read here"
            raise InputError([Problem("wrong-version", message, span, help=help_)])
        return {
            source: Kept(
                kept["owner"], {(row["section"], row["ref"]): Last(row["id"], row["told"]) for row in kept["items"]}
            )
            for source, kept in raw["sources"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        where = Span(str(path), error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else span
        raise InputError([Problem("not-json", f"`{path.name}` is damaged", where, help=help_)]) from None


def memory_text(memory: Memory) -> str:
    """What is kept beside the map, one item a line, so that two people's changes meet only where they clash."""
    sources = [
        f'{json.dumps(source)}: {{"owner": {json.dumps(kept.owner)}, "items": [{_rows(kept.items)}\n]}}'
        for source, kept in sorted(memory.items())
    ]
    return f'{{"format": "{FORMAT}", "sources": {{\n' + ",\n".join(sources) + "\n}}\n"


def _rows(items: Mapping[tuple[str, str], Last]) -> str:
    rows: Iterable[dict[str, Any]] = (
        {"section": section, "ref": ref, "id": last.id, "told": dict(last.told)}
        for (section, ref), last in sorted(items.items(), key=lambda pair: pair[0])
    )
    return ",".join("\n" + json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
