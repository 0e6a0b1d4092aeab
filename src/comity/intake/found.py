"""What an import found: entries of a map as a source tells them, each under a name that lasts between imports."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from comity.errors import Span

# A value of a map: a text or number as it is written there, a list, or keys with values.
Told = str | int | bool | tuple["Told", ...] | Mapping[str, "Told"]

UNKNOWN = "unknown"  # the source knows that there is something, and does not say it


@dataclass(frozen=True)
class Item:
    """One entry of a section of the map.

    Attributes:
        section: of the map, such as systems.
        ref: its lasting name in the source, such as `aws_db_instance.main`, unique in its section there.
        id: the id that it gets in the map, if nothing has that id yet.
        told: keys and values as they stand in the map, without `id`. Ids of other items stand as they are proposed;
            what the source does not say is left out, or `unknown` where the map needs the key.
        span: where the source says it.
    """

    section: str
    ref: str
    id: str
    told: Mapping[str, Told]
    span: Span


@dataclass(frozen=True)
class Remark:
    """Something in a source that somebody has to look at: not taken, or not understood.

    Attributes:
        code: a short kind, such as unknown-region; the same words every time.
        text: what it is, as one line.
    """

    code: str
    text: str
    span: Span


@dataclass(frozen=True)
class Found:
    """All that one source tells.

    Attributes:
        source: the kind of source and its name, such as `terraform infra/state.json`: a second import of it finds by
            this what it found before.
        items: in the order of the source; ids are unique over all of them.
        remarks: what is to be looked at.
    """

    source: str
    items: tuple[Item, ...]
    remarks: tuple[Remark, ...] = ()


@dataclass(slots=True)
class Finding:
    """Gathers items and remarks; gives each item an id of its own.

    Attributes:
        owner: id of the entity for which systems are taken to be run, where the source does not say it.
    """

    source: str
    owner: str
    items: list[Item] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _counts: dict[str, int] = field(default_factory=dict)  # of items by the id that their name alone would give
    _refs: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, section: str, ref: str, name: str, told: Mapping[str, Told], span: Span) -> str:
        """Note an item; its id is made from `name`. One that was noted before is left as it is.

        Returns:
            Its id.
        """
        known = self._refs.get((section, ref))
        if known is not None:
            return known
        plain = free_id(name, ())
        self._counts[plain] = self._counts.get(plain, 0) + 1
        id_ = free_id(name, self._ids, first=self._counts[plain])
        self._ids.add(id_)
        self._refs[section, ref] = id_
        self.items.append(Item(section, ref, id_, told, span))
        return id_

    def id_of(self, section: str, ref: str) -> str | None:
        """The id of an item that was noted."""
        return self._refs.get((section, ref))

    def remark(self, code: str, text: str, span: Span) -> None:
        """Note something to be looked at."""
        self.remarks.append(Remark(code, text, span))

    def found(self) -> Found:
        """All that was gathered."""
        return Found(self.source, tuple(self.items), tuple(self.remarks))


def free_id(name: str, taken: Iterable[str], *, first: int = 1) -> str:
    """An id made from a name: lower case letters and digits with `-` between them; a number follows where it is taken.

    Letters of other scripts are kept out as far as they have no Latin form; a name without any is `item`.

    Args:
        name: of what gets the id.
        taken: ids that other things have.
        first: the number that is tried first, where so many things are known to have the name.
    """
    known = taken if isinstance(taken, set | frozenset | dict) else set(taken)
    flat = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", flat).strip("-")[:60].strip("-") or "item"
    id_, number = base if first == 1 else f"{base}-{first}", first
    while id_ in known:
        number += 1
        id_ = f"{base}-{number}"
    return id_
