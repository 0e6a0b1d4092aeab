"""Text as it is compared: without case, accents and signs, the same for all languages."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters that no decomposition takes apart, and spellings that people use for each other.
_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ة": "ه", "ى": "ي", "ـ": ""}
)
_SIGNS = re.compile(r"[\W_]+")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """A text in lower case without accents; every run of signs is one blank.

    >>> fold("  Straße / Sub-Processor(s) ")
    'strasse sub processor s'
    """
    parted = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in parted if unicodedata.category(c) not in ("Mn", "Cf"))
    # Hangul was taken apart too; put together again it has one letter for each syllable
    return _SIGNS.sub(" ", unicodedata.normalize("NFC", bare).translate(_LETTERS)).strip()


def is_spaced(word: str) -> bool:
    """Whether a word is of a script that sets blanks between words."""
    return not any("\u0e00" <= c <= "\u0eff" or "\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af" for c in word)
