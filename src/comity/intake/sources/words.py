"""What cells say, in many languages: kinds of data, persons, purposes, measures, roles; from `words.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from comity import document as doc
from comity.errors import Problems
from comity.intake.sources.folded import fold, is_spaced

WORDS_FILE = Path(__file__).parent / "words.yaml"
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "zh", "ja", "ko", "ru", "ar", "id", "vi", "th", "tr")
SECTIONS = ("data", "persons", "purposes", "measures", "roles", "grounds", "answers", "internal", "bodies", "filler")
_WITHIN = 4  # letters that a word needs to be looked for within a longer text
_COMPOUND = 8  # letters that it needs to be looked for within a longer word, such as `Kundenkontaktdaten`
_ITEMS = re.compile(r"[;,/|+\n\r•·、，；]|\s[-–]\s|(?<=\w)\s+(?:and|und|et|y|e|en|oraz|и|ve|dan|và|&)\s+(?=\w)")
_NOT = re.compile(
    r"\b(no|not|none|without|except|excluding|never|kein|keine|keinen|keiner|ohne|nicht|sans|pas|aucun|aucune|sin|ningun|"
    r"sem|nao|senza|non|geen|niet|zonder|bez|nie|без|не|нет|tidak|tanpa|khong|degil|yok)\b|不|无|無|なし|없"
)


@dataclass(frozen=True)
class Words:
    """The words of `words.yaml`, folded.

    Attributes:
        of: for each section what a word is.
        found_in: for each section the words as they are looked for within a text, the longest first.
        implied: the category of data that follows from a kind of persons.
    """

    of: Mapping[str, Mapping[str, str]]
    found_in: Mapping[str, re.Pattern[str]]
    implied: Mapping[str, str]

    def whole(self, section: str, text: str) -> str | None:
        """What a text as a whole is in a section."""
        return self.of[section].get(fold(text))

    def is_blank(self, text: str) -> bool:
        """Whether a cell says nothing, or says that nobody knows."""
        return not text.strip() or self.whole("answers", text) == "blank" or not fold(text)

    def within(self, section: str, text: str) -> tuple[str, ...]:
        """All that a text names of a section, each once; nothing of a text that denies something."""
        folded = fold(text)
        if (whole := self.of[section].get(folded)) is not None:
            return (whole,)
        if _NOT.search(folded):
            return ()
        known = self.of[section]
        return tuple(dict.fromkeys(known[m.group()] for m in self.found_in[section].finditer(folded)))

    def measures(self, text: str) -> tuple[str, ...] | None:
        """The measures that a text names; None where it says more than that, which may change what they are."""
        folded = fold(text)
        if (whole := self.of["measures"].get(folded)) is not None:
            return (whole,)
        found = tuple(dict.fromkeys(self.of["measures"][m] for m in self.found_in["measures"].findall(folded)))
        rest = self.found_in["measures"].sub(" ", folded)
        if not found or any(word not in self.of["filler"] for word in rest.split()):
            return None
        return found


def items_of(text: str) -> list[str]:
    """The items of a cell that lists several, as they are written."""
    return [item for part in _ITEMS.split(text) if (item := part.strip(" \t()[]\"'.:*-–"))]


@cache
def words() -> Words:
    """All words. Read when a table is first read."""
    problems = Problems()
    root = doc.read_document(WORDS_FILE, shown=WORDS_FILE.name)
    f = doc.to_fields(root, problems, what="the words", required=SECTIONS)
    of: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    implied: dict[str, str] = {}
    for section in SECTIONS:
        for node in f.items(section):
            optional = ("data", *LANGUAGES)
            entry = doc.to_fields(node, problems, what="an entry", required=("is",), optional=optional)
            for language in LANGUAGES:
                for word in entry.texts(language):
                    of[section].setdefault(fold(word.text) or word.text, entry.text("is"))
            if entry.has("data"):
                implied[entry.text("is")] = entry.text("data")
    problems.require_none()
    found_in = {
        s: _pattern(of[s], compounds=s in ("data", "persons")) for s in ("data", "persons", "measures", "bodies")
    }
    return Words(of, found_in, implied)


def _pattern(known: Iterable[str], *, compounds: bool) -> re.Pattern[str]:
    parts = []
    for word in sorted(known, key=lambda w: (-len(w), w)):
        spaced = is_spaced(word)
        if compounds and spaced and len(word) < _WITHIN:
            continue
        start = "" if not spaced or (compounds and len(word) >= _COMPOUND) else r"(?<!\w)"
        parts.append(start + re.escape(word) + (r"(?!\w)" if spaced else ""))
    return re.compile("|".join(parts))
