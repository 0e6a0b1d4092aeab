"""Kinds of data, purposes and countries in the words of other tools, as the vocabulary has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from comity import document as doc
from comity.errors import Problems
from comity.facts import Vocabulary

FIDES_FILE = Path(__file__).parent / "fides.yaml"
TAGS_FILE = Path(__file__).parent / "tags.yaml"
PERSONAL = "personal"

Table = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Fides:
    """What the words of Fides come to; countries by their code of three letters."""

    categories: Table
    purposes: Table
    subjects: Table
    bases: Table
    countries: Table


@dataclass(frozen=True, slots=True)
class TagWords:
    """Words for kinds of data in tags, and the keys under which they stand."""

    alone: Table
    words: Table
    flags: frozenset[str]
    keys: frozenset[str]


@cache
def fides() -> Fides:
    """The table of `fides.yaml`."""
    tables = _tables(FIDES_FILE, ("categories", "purposes", "subjects", "bases", "countries"))
    return Fides(*tables.values())


@cache
def tag_words() -> TagWords:
    """The table of `tags.yaml`."""
    problems = Problems()
    f = doc.to_fields(
        doc.read_document(TAGS_FILE), problems, what="the table", required=("alone", "words", "flags", "keys")
    )
    tables = {name: _table(f.node(name), problems) for name in ("alone", "words")}
    flags, keys = (frozenset(s.text for s in f.texts(name)) for name in ("flags", "keys"))
    problems.require_none()
    return TagWords(tables["alone"], tables["words"], flags, keys)


def with_above(key: str, table: Table, parents: Mapping[str, str] | None = None) -> tuple[str, ...] | None:
    """What a key with dots comes to, or else the nearest one above it; None where none is known.

    Args:
        key: such as `user.contact.email`.
        table: one of those of `fides.yaml`.
        parents: of keys that a manifest adds, the key above each.
    """
    seen: set[str] = set()
    while key and key not in seen:
        if key in table:
            return table[key]
        seen.add(key)
        key = (parents or {}).get(key) or key.rpartition(".")[0]
    return None


def kinds_in(
    meta: Mapping[str, object], tags: Iterable[object], vocabulary: Vocabulary, unclear: Callable[[str, str], None]
) -> frozenset[str]:
    """Kinds of data that remarks and tags of a table or column tell.

    Args:
        meta: keys and values, whatever stands there.
        tags: words, or `key:value`.
        vocabulary: its kinds are given, no other ones.
        unclear: takes a code and a sentence for each word that may be meant as a kind of data and is not taken.
    """
    table = tag_words()
    found: set[str] = set()
    pairs: list[tuple[str, object]] = [(_plain(str(key)), value) for key, value in meta.items()]
    for tag in tags:
        word, sign, rest = str(tag).replace("=", ":", 1).partition(":")
        if sign:
            pairs.append((_plain(word), rest.strip()))
        elif kinds := table.alone.get(_plain(word)) or _by_dots(word):
            found |= set(kinds)
        elif _plain(word) in vocabulary.members["data.categories"]:
            help_ = f"write it as `category: {_plain(word)}` if it does"
            unclear("unclear-tag", f"the tag `{word}` may name a kind of data, or something else: {help_}")
    for key, value in pairs:
        if key in table.flags and _is_yes(value):
            found.add(PERSONAL)
        elif key in table.keys or (key in table.flags and not _is_no(value)):
            for each in value if isinstance(value, list | tuple) else (value,):
                known = kinds_of_word(str(each), vocabulary)
                if known is None:
                    unclear("unknown-category", f"`{key}: {str(each)[:80]}` names no known kind of data")
                found |= set(known or ())
    return frozenset(found)


def kinds_of_word(word: str, vocabulary: Vocabulary) -> tuple[str, ...] | None:
    """The kinds of data that a word names: an id of the vocabulary, a key of Fides, or a common word; None: none."""
    plain = _plain(word)
    if plain in vocabulary.members["data.categories"]:
        return (plain,)
    table = tag_words()
    for known in (table.alone, table.words):
        if plain in known:
            return known[plain]
    return with_above(word.strip(), fides().categories)


def told_kinds(kinds: Iterable[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Kinds of data as the map has them; that they are personal goes without saying beside a narrower kind."""
    found = set(kinds)
    if any(PERSONAL in vocabulary.broader.get(kind, ()) for kind in found - {PERSONAL}):
        found.discard(PERSONAL)
    return tuple(sorted(found))


def _by_dots(tag: str) -> tuple[str, ...]:
    """A tag such as `user.contact.email`; a single word is not enough to tell it from others."""
    return (with_above(tag.strip(), fides().categories) or ()) if "." in tag else ()


def _plain(word: str) -> str:
    return word.strip().lower().replace("_", "-").replace(" ", "-")


def _is_yes(value: object) -> bool:
    return value is True or str(value).strip().lower() in ("true", "yes", "y", "1")


def _is_no(value: object) -> bool:
    return value is None or value is False or str(value).strip().lower() in ("false", "no", "n", "0", "none", "")


def _tables(file: Path, names: tuple[str, ...]) -> dict[str, Table]:
    problems = Problems()
    f = doc.to_fields(doc.read_document(file), problems, what="the table", required=names)
    found = {name: _table(f.node(name), problems) for name in names}
    problems.require_none()
    return found


def _table(node: doc.Node | None, problems: Problems) -> Table:
    if not isinstance(node, doc.Mapping):
        return {}
    return {key.text: tuple(s.text for s in doc.to_texts(value, problems)) for key, value in node.pairs}
