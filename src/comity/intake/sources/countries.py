"""The place that people mean by what they write: names in many languages, codes, towns, slips without doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from comity import document as doc
from comity.errors import MissingExtraError, Problems
from comity.facts import Vocabulary
from comity.intake.places import regions
from comity.intake.sources.folded import fold, is_spaced
from comity.intake.sources.words import LANGUAGES, words

NAMES_FILE = Path(__file__).parent / "countries.yaml"
GROUP = "*"  # what a word for several countries, or for none in particular, stands for
MIN_LETTERS = 5  # of a name that may be misspelt: of shorter ones too many are alike
MAX_TEXT = 300  # characters of a cell; what is longer names no place that somebody could list
# Parts of China with a law of their own, whose country people write behind them all the same.
_APART = frozenset({"HK", "MO", "TW"})
_STRONG = re.compile(r"[;|\n\r•、；]")
_SLASH = re.compile(r"\s*/\s*")
_AND = re.compile(r"\s+(?:and|und|et|y|e|en|oraz|i|и|ve|dan|và|&|\+)\s+|\s*[和与與및]\s*|\s*&\s*|\s+\+\s+")
_COMMA = re.compile(r"[,，]")
_PARTS = re.compile(r"\s*[,，、()\[\]（）:]\s*|\s+[-–—]\s+")
_REPUBLIC = re.compile(r"\brep\b")
# Codes that are as often a word: `No`, and `not available`.
_NO_CODE = frozenset({"no", "No", "na", "Na", "NA"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says of places.

    Attributes:
        places: codes, and ids of cloud regions, in the order of the text.
        notes: code and text of a remark each; what was not understood or only guessed.
        is_whole: whether `places` are all that the text names; false where a part of it stays unknown.
    """

    places: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    is_whole: bool = True

    @property
    def one(self) -> str | None:
        """The place, where the text names one and nothing else."""
        return self.places[0] if self.is_whole and len(self.places) == 1 else None


@dataclass(slots=True)
class _Part:
    """A part of a text between commas or brackets; `places`: what it may be, none where nobody knows it."""

    text: str
    places: frozenset[str]
    is_city: bool = False


@dataclass(slots=True)
class Countries:
    """Reads texts for one vocabulary; the same text is looked up once."""

    vocabulary: Vocabulary
    names: dict[str, frozenset[str]]
    cities: dict[str, str]
    codes: dict[str, str]
    near: dict[str, str]  # names that a slip may come near to, towns too
    squeezed: dict[str, str]  # names of several words, without blanks
    _known: dict[str, Reading] = field(default_factory=dict)

    def read(self, text: str) -> Reading:
        """The places that a text names."""
        text = " ".join(text.replace("\n", ";").split())
        found = self._known.get(text)
        if found is None:
            if len(text) > MAX_TEXT:
                found = Reading((), (("unknown-place", f"`{text[:40]} ...` is too long for a place"),), is_whole=False)
            else:
                found = self._read(text)
            self._known[text] = found
        return found

    def _read(self, text: str) -> Reading:
        if text not in _NO_CODE and words().is_blank(text):
            return Reading()
        if region := self._region(text):
            return Reading((region,))
        places: list[str] = []
        notes: list[tuple[str, str]] = []
        is_whole = True
        for item in self._items(text):
            read = Reading((region,)) if (region := self._region(item)) else self._item(item)
            places += [p for p in read.places if p not in places]
            notes += read.notes
            is_whole &= read.is_whole
        return Reading(tuple(places), tuple(dict.fromkeys(notes)), is_whole)

    def _items(self, text: str) -> Iterator[str]:
        """The parts of a text that each name a place of their own; a name that has `and` in it stays whole."""
        for piece in _STRONG.split(text):
            for item in [piece] if self._region(piece) else _SLASH.split(piece):
                bare = item.strip(" .,*-–")
                if bare and (self._exact(bare) or (_AND.search(bare) and self._near(bare))):
                    yield bare
                elif bare:
                    parts = [part if self._exact(part) else _AND.sub(";", part) for part in _COMMA.split(bare)]
                    yield from (part for part in ",".join(parts).split(";") if part.strip())

    # --- one item

    def _item(self, item: str) -> Reading:
        exact = self._exact(item)
        if exact:
            return self._decided([_Part(item, exact)])
        pieces = [p for p in _PARTS.split(item) if p.strip(" .")]
        turned = " ".join(reversed(pieces))
        if len(pieces) == 2 and (exact := self._exact(turned)):  # `Korea, Republic of`
            return self._decided([_Part(item, exact)])
        parts = [self._part(piece.strip(" .")) for piece in pieces]
        if len(pieces) > 1 and all(len(part.places) != 1 for part in parts) and self._near(item):
            return self._decided([_Part(item, frozenset())])  # `Congo (Brazaville)`
        return self._decided(self._settled(parts))

    def _part(self, text: str) -> _Part:
        if exact := self._exact(text):
            return _Part(text, exact)
        city = self.cities.get(fold(text))
        return _Part(text, frozenset({city}), is_city=True) if city else _Part(text, frozenset())

    def _exact(self, text: str) -> frozenset[str]:
        """What a text is by name or code; several where it is the name of several."""
        text = text.strip(" .")
        if (code := self.codes.get(text.upper())) and text not in _NO_CODE and (len(text) == 2 or text.isupper()):
            return frozenset({code})
        if text in _NO_CODE:
            return frozenset()
        folded = _REPUBLIC.sub("republic", fold(text))
        return self.names.get(folded) or self.names.get(folded.removeprefix("the ")) or frozenset()

    def _settled(self, parts: list[_Part]) -> list[_Part]:
        """Parts in the light of each other: `Frankfurt, Germany` is one place, `San Francisco, CA` is not in Canada."""
        found: list[_Part] = []
        for number, part in enumerate(parts):
            before = parts[number - 1] if number else None
            state = self.vocabulary.place.get(f"US-{part.text.upper()}") if part.text.isupper() else None
            if state is not None and before is not None and not (before.places and not before.is_city):
                part.places = self._state_or_country(part, before, state.id)
            found.append(part)
        return found

    def _state_or_country(self, part: _Part, before: _Part, state: str) -> frozenset[str]:
        """`CA` behind a town: the state where the town is in the United States, the country where it is there."""
        country = part.places or frozenset({state})
        both = country | {state}
        town = next(iter(before.places), None)
        if town is None:
            return both
        above = self.vocabulary.above[town]
        return frozenset(p for p in both if p in above or (p == state and "US" in above)) or both

    def _decided(self, parts: list[_Part]) -> Reading:
        places: list[str] = []
        notes: list[tuple[str, str]] = []
        n_open = 0
        for number, part in enumerate(parts):
            fit = self._fitting(part, [p for p in parts if p is not part])
            if not fit:
                place, note, is_open = self._unknown(number, parts)
            elif GROUP in fit:
                is_open = not any(p.places - {GROUP} for p in parts)
                place, note = None, ("group-of-places", f"`{part.text}` names no one country") if is_open else None
            elif len(fit) > 1 or self._is_contradicted(number, parts):
                others = fit | (parts[number + 1].places if len(fit) == 1 else frozenset())
                place, note, is_open = (
                    None,
                    ("ambiguous-place", f"`{part.text}` may be {' or '.join(sorted(others))}"),
                    True,
                )
            else:
                place, note, is_open = next(iter(fit)), None, False
            if place is not None:
                self._take(place, places)
            notes += [note] if note else []
            n_open += is_open
        return Reading(tuple(places), tuple(notes), not n_open)

    def _unknown(self, number: int, parts: list[_Part]) -> tuple[str | None, tuple[str, str] | None, bool]:
        """The place that a part may mean which is no known name, what is to be remarked, and whether it stays open."""
        text = parts[number].text
        if text in _NO_CODE:
            return None, ("ambiguous-place", f"`{text}` may be a code, or say that there is none"), True
        near = self._near(text)
        if len(near) > 1:
            may_be = " or ".join(sorted(near - {GROUP}))
            return None, ("ambiguous-place", f"`{text}` may be {may_be or 'a group of countries'}"), True
        if not near:
            is_open = not self._is_inside(number, parts)
            return None, ("unknown-place", f"`{text}` is no place that is known") if is_open else None, is_open
        guess = next(iter(near))
        if guess == GROUP:
            return None, ("group-of-places", f"`{text}` is taken for a group of countries"), True
        name = self.vocabulary.place[guess].name
        return guess, ("guessed-place", f"`{text}` is taken for {name} ({guess})"), False

    def _is_contradicted(self, number: int, parts: list[_Part]) -> bool:
        """Whether a town stands before a place in which the town that everybody knows is not: `London, Ontario`."""
        behind = parts[number + 1] if number + 1 < len(parts) else None
        if not parts[number].is_city or behind is None or behind.is_city or len(behind.places - {GROUP}) != 1:
            return False
        return not self._contains(next(iter(parts[number].places)), next(iter(behind.places)))

    def _fitting(self, part: _Part, others: list[_Part]) -> frozenset[str]:
        """What a part may be, given the others: `Georgia, US` is no country."""
        if len(part.places) < 2:
            return part.places
        around = [next(iter(p.places)) for p in others if len(p.places) == 1 and GROUP not in p.places]
        near = frozenset(p for p in part.places if any(self._contains(p, other) for other in around))
        return near if len(near) == 1 else part.places

    def _contains(self, one: str, other: str) -> bool:
        """Whether one of two places lies in the other."""
        above = self.vocabulary.above
        return one in above[other] or other in above[one] or ({one, other} & _APART != set() and "CN" in (one, other))

    def _take(self, place: str, places: list[str]) -> None:
        """Add a place; of two of which one lies in the other only the smaller one."""
        for number, known in enumerate(places):
            if self._contains(place, known):
                is_smaller = known in self.vocabulary.above[place] or place in _APART
                places[number] = place if is_smaller else known
                return
        places.append(place)

    def _is_inside(self, number: int, parts: list[_Part]) -> bool:
        """Whether a part that nobody knows is a street or town in what stands behind it, or a remark on a place."""
        if not any(p.places - {GROUP} for p in parts):
            return False
        words_ = fold(parts[number].text).split()
        is_remark = all(w in _REMARKS or w in self.cities or w.isdigit() for w in words_)
        return is_remark or any(p.places for p in parts[number + 1 :])

    def _near(self, text: str) -> frozenset[str]:
        """The places whose names are so near that a slip explains it; one where no other is nearly as near."""
        folded = fold(text)
        if len(folded) < MIN_LETTERS or not is_spaced(folded) or any(c.isdigit() for c in folded):
            return frozenset()
        most = 1 if len(folded) < 8 else 2 if len(folded) < 14 else 3
        return nearest(folded, self.near, most)

    # --- cloud regions

    def _region(self, text: str) -> str | None:
        """The cloud region that a text names, as the map writes it, or its place where several providers have it."""
        folded = [word for word in re.split(r"[\s/:(),]+", text.casefold()) if word]
        if not folded or len(folded) > 4:
            return None
        table, by_id, providers = _regions()
        provider = _PROVIDERS.get(folded[0], folded[0])
        if provider in providers:
            rest = folded[1:] if folded[1:2] not in (["cloud"], ["web"]) else folded[2:]
            for own in ("-".join(rest), "".join(rest)):
                if f"{provider}/{own}" in table:
                    return f"{provider}/{own}"
        own = folded[0]
        if len(folded) > 1 or own in self.names or own in self.cities or own.upper() in self.codes or len(own) < 6:
            return None
        if own in self.squeezed:  # `unitedstates` is a region, and a country without its blank
            return self.squeezed[own]
        same = by_id.get(own, ())
        where = {table[full] for full in same}
        if len(same) == 1:
            return same[0]
        return next(iter(where))[0] if len(where) == 1 and len(next(iter(where))) == 1 else None


_PROVIDERS = {
    "amazon": "aws",
    "microsoft": "azure",
    "google": "gcp",
    "oci": "oracle",
    "aliyun": "alibaba",
}


_REMARKS = frozenset(
    [
        "hq",
        "headquarters",
        "main",
        "primary",
        "secondary",
        "backup",
        "dr",
        "dc1",
        "dc2",
        "hauptsitz",
        "data",
        "center",
        "centre",
        "head",
        "office",
        "registered",
        "site",
        "server",
        "hosting",
        "cloud",
        "azure",
        "aws",
        "gcp",
        "google",
        "amazon",
        "microsoft",
        "sitz",
        "siege",
        "sede",
        "region",
        "regional",
        "principal",
    ]
)


def nearest(folded: str, known: dict[str, str], most: int) -> frozenset[str]:
    """The values whose names lie within `most` slips of a text, and those of names nearly as near as the nearest one.

    Raises:
        MissingExtraError: the library that counts slips is not installed.
    """
    try:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA
    except ImportError:
        raise MissingExtraError("import", "import") from None
    found = process.extract(folded, known.keys(), scorer=OSA.distance, score_cutoff=most + 1, limit=None)
    # Hardly anybody misspells the first letter, so a name with another one lies a slip further off
    slips = {name: distance + (name[0] != folded[0]) for name, distance, _ in found}
    best = min(slips.values(), default=most + 1)
    return (
        frozenset(known[name] for name, distance in slips.items() if distance < best + 2)
        if best <= most
        else frozenset()
    )


@cache
def _regions() -> tuple[dict[str, tuple[str, ...]], dict[str, list[str]], frozenset[str]]:
    """All regions, their full names by their own, and the providers."""
    table = regions()
    by_id: dict[str, list[str]] = {}
    for full in table:
        by_id.setdefault(full.split("/", 1)[1], []).append(full)
    return table, by_id, frozenset(full.split("/", 1)[0] for full in table)


# --- the names


def read_countries(vocabulary: Vocabulary) -> Countries:
    """All names of all places of a vocabulary.

    Raises:
        MissingExtraError: the library that knows the names is not installed.
    """
    names: dict[str, set[str]] = {}
    codes: dict[str, str] = {}
    own, cities, groups, doubtful = _own_names()

    def add(name: str, place: str) -> None:
        folded = fold(name)
        if folded and (place in vocabulary.place or place == GROUP):
            for each in {folded, fold(name.replace("&", " and "))}:
                names.setdefault(each, set()).add(place)

    for place in vocabulary.places:
        if place.kind == "place":
            add(place.name, place.id)
            codes[place.id] = place.id
    for code, name, is_country in _cldr():
        add(name, code if is_country else GROUP)
    for code, alias in _aliases():
        if alias in vocabulary.place:
            codes.setdefault(code, alias)
    for name, id_ in own:
        add(name, id_)
    for name in groups:
        names[fold(name)] = {GROUP}
    for name, several in doubtful:
        names[fold(name)] = {p for p in several if p in vocabulary.place}
    for word in list(names):
        if len(word) < 3 and word.upper() in codes and names[word] != {codes[word.upper()]} and word.isascii():
            del names[word]  # the code is what is meant
    towns = {fold(name): place for name, place in cities if place in vocabulary.place}
    one = {n: next(iter(p)) for n, p in names.items() if len(p) == 1}
    near = {n: p for n, p in (towns | one).items() if len(n) >= MIN_LETTERS - 1 and is_spaced(n)}
    squeezed = {n.replace(" ", ""): p for n, p in one.items() if " " in n and p != GROUP}
    return Countries(vocabulary, {n: frozenset(p) for n, p in names.items()}, towns, codes, near, squeezed)


def _own_names() -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[str], list[tuple[str, list[str]]]]:
    problems = Problems()
    root = doc.read_document(NAMES_FILE, shown=NAMES_FILE.name)
    f = doc.to_fields(root, problems, what="the names", required=("names", "doubtful", "cities", "groups"))

    def pairs(key: str) -> Iterator[tuple[str, str]]:
        for node in f.items(key):
            row = doc.to_fields(node, problems, what="a place", required=("place", "names"))
            yield from ((name.text, row.text("place")) for name in row.texts("names"))

    own, cities = list(pairs("names")), list(pairs("cities"))
    doubtful = []
    for node in f.items("doubtful"):
        row = doc.to_fields(node, problems, what="a name", required=("name", "places"))
        doubtful.append((row.text("name"), [p.text for p in row.texts("places")]))
    groups = [g.text for g in f.texts("groups")]
    problems.require_none()
    return own, cities, groups, doubtful


@cache
def _cldr() -> tuple[tuple[str, str, bool], ...]:
    """Code, name and whether it is a country, of all territories in all our languages."""
    try:
        from babel import Locale
    except ImportError:
        raise MissingExtraError("import", "import") from None
    return tuple(
        (code, name, code.isalpha() and code not in ("EU", "EZ", "UN"))
        for language in LANGUAGES
        for code, name in Locale.parse(language).territories.items()
        if code not in ("ZZ", "XA", "XB", "QO")
    )


def _aliases() -> Iterable[tuple[str, str]]:
    """The codes of three letters, and `UK`."""
    from babel.core import get_global

    for code, places in get_global("territory_aliases").items():
        if len(places) == 1 and code.isalpha() and (len(code) == 3 or code == "UK"):
            yield code, places[0]
