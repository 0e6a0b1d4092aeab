"""What rows tell, whatever the kind of table: parties, each once, with persons, data, purposes and measures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from comity.errors import Span
from comity.facts import Vocabulary
from comity.intake.found import UNKNOWN, Finding, Found, Remark, Told
from comity.intake.sources.cells import day_first, read_count, read_day
from comity.intake.sources.countries import Countries, Reading, read_countries
from comity.intake.sources.folded import fold
from comity.intake.sources.table import Row, Table
from comity.intake.sources.words import Words, items_of, words

# Legal forms as they stand at the end of a name, folded, each with the one that it is the same as.
_FORMS = {
    "inc": "inc",
    "incorporated": "inc",
    "corp": "corp",
    "corporation": "corp",
    "co": "co",
    "company": "co",
    "llc": "llc",
    "llp": "llp",
    "lp": "lp",
    "ltd": "ltd",
    "limited": "ltd",
    "plc": "plc",
    "pbc": "pbc",
    "pty": "ltd",
    "pte": "ltd",
    "pvt": "ltd",
    "private": "ltd",
    "unlimited": "unlimited",
    "uc": "uc",
    "dac": "dac",
    "gmbh": "gmbh",
    "mbh": "gmbh",
    "ag": "ag",
    "kg": "kg",
    "kgaa": "kgaa",
    "ug": "ug",
    "ohg": "ohg",
    "se": "se",
    "ev": "ev",
    "sa": "sa",
    "sas": "sas",
    "sasu": "sas",
    "sarl": "sarl",
    "srl": "srl",
    "spa": "spa",
    "snc": "snc",
    "sl": "sl",
    "slu": "sl",
    "sau": "sa",
    "bv": "bv",
    "nv": "nv",
    "bvba": "bv",
    "ab": "ab",
    "oy": "oy",
    "oyj": "oyj",
    "asa": "asa",
    "aps": "aps",
    "as": "as",
    "lda": "ltd",
    "ltda": "ltda",
    "eireli": "eireli",
    "zoo": "spzoo",
    "spzoo": "spzoo",
    "sro": "sro",
    "doo": "doo",
    "kft": "kft",
    "zrt": "zrt",
    "ood": "ood",
    "eood": "eood",
    "ooo": "ooo",
    "ооо": "ooo",
    "ао": "ao",
    "оао": "ao",
    "зао": "ao",
    "пао": "pao",
    "kk": "kk",
    "gk": "gk",
    "sti": "ltd",
    "tbk": "tbk",
    "bhd": "bhd",
    "jsc": "jsc",
    "cv": "cv",
    "株式会社": "kk",
    "合同会社": "gk",
    "주식회사": "kr",
    "有限公司": "cn-ltd",
    "股份有限公司": "cn-co",
    "有限责任公司": "cn-ltd",
    "ش م م": "llc-ar",
}
_FORM_WITHIN = re.compile(
    r"^(株式会社|合同会社|주식회사|ооо|пао|ао|оао|зао|pt)\s*|(股份有限公司|有限责任公司|有限公司|株式会社|合同会社|주식회사)$"
)
_SINGLES = re.compile(r"\b(\w)\s(?=\w\b)")
_BRACKETS = re.compile(r"^(.+?)\s*[(\[（]([^()\[\]（）]+)[)\]）]\s*$")
_BEHIND = re.compile(r"^(.+?)\s+[-–—]\s+([^-–—]+)$")
_LINK = re.compile(r"://|^www\.")
_MANY = re.compile(r"[;\n•|、；]")
_COMMAS = re.compile(r",(?![^(]*\))")
_UNTIL = re.compile(
    r"(?:until|till|expires?|valid to|bis|jusqu'au|hasta|até|fino al|tot|do)\s*(?:on\s*)?(\S.*)", re.IGNORECASE
)


@dataclass(slots=True)
class Party:
    """An entity that some rows name.

    Attributes:
        ref: its lasting name in the source.
        form: its legal form, empty where no row tells it.
        told: grows as further rows tell more of it.
        is_torn: whether rows contradict each other on its being on a list.
    """

    id: str
    ref: str
    name: str
    form: str
    told: dict[str, Told]
    is_torn: bool = False


@dataclass(slots=True)
class Gathering:
    """Gathers what the rows of one table tell.

    Attributes:
        owners: the names of the owner, folded.
        noted: remarks by code and text, each with its first place and how often it holds.
        tolds: what was told of each flow, by its name in the source.
    """

    table: Table
    finding: Finding
    vocabulary: Vocabulary
    countries: Countries
    words: Words
    owners: set[str] = field(default_factory=set)
    noted: dict[tuple[str, str], tuple[Span, int]] = field(default_factory=dict)
    parties: dict[str, list[Party]] = field(default_factory=dict)
    tolds: dict[str, list[dict[str, Told]]] = field(default_factory=dict)
    _orders: dict[str, bool | None] = field(default_factory=dict)
    _ids: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """The id of the map's own entity."""
        return self.finding.owner

    def found(self) -> Found:
        """All that was gathered."""
        for remark in self.table.remarks:
            self.finding.remark(remark.code, remark.text, remark.span)
        for (code, text), (span, count) in self.noted.items():
            self.finding.remark(code, text if count == 1 else f"{text} ({count} times)", span)
        return self.finding.found()

    def note(self, code: str, text: str, row: Row, column: str = "") -> None:
        """Note a remark on a cell; the same one again is only counted."""
        known = self.noted.get((code, text))
        self.noted[code, text] = (known[0], known[1] + 1) if known else (row.span(column), 1)

    # --- places

    def places(self, row: Row, column: str) -> Reading:
        """The places in a cell; what was not understood or guessed is remarked."""
        if row.is_unknown(column):
            return Reading(is_whole=False)
        return self.places_in(row.text(column), row, column)

    def places_in(self, text: str, row: Row, column: str) -> Reading:
        """The places in a part of a cell."""
        read = self.countries.read(text)
        for code, told in read.notes:
            self.note(code, told, row, column)
        return read

    def country(self, read: Reading, row: Row, column: str, name: str) -> str:
        """The one country of a party, or unknown where the cell names several, none or a cloud region."""
        if read.one is not None and "/" not in read.one:
            return read.one
        if len(read.places) > 1:
            told = ", ".join(read.places)
            self.note(
                "several-countries", f"`{name}` has several countries ({told}); say from which one it acts", row, column
            )
        return UNKNOWN

    # --- parties

    def is_owner(self, name: str) -> bool:
        """Whether a name is that of the owner."""
        base, form = name_parts(name)
        return fold(name) in self.owners or f"{base} {form}".strip() in self.owners

    def party(self, name: str, country: str, row: Row, column: str, told: dict[str, Told]) -> Party:
        """The entity of a name: the one that was met before, or a new one; that two spellings are one is remarked.

        Two names are one where they differ in case, signs and blanks only, or where one of them lacks the legal form.
        Other forms, or countries that contradict each other, are other legal persons.
        """
        base, form = name_parts(name)
        same = self.parties.setdefault(base, [])
        for party in same:
            if (not form or not party.form or form == party.form) and self._agree(country, party.told["country"]):
                self._merge(party, name, form, country, told, row, column)
                return party
        if same:
            first = same[0].name
            text = f"`{name}` and `{first}` are kept as two: their legal forms or countries differ"
            self.note("perhaps-same-party", text, row, column)
        ref = base if not same else f"{base} {form or fold(country)}"
        while self.finding.id_of("entities", ref) is not None:
            ref += "'"
        own: dict[str, Told] = {"name": name, "country": country, **told}
        party = Party(self.finding.add("entities", ref, name, own, row.span(column)), ref, name, form, own)
        same.append(party)
        return party

    def _agree(self, one: str, two: Told) -> bool:
        """Whether two countries may be those of one party."""
        if UNKNOWN in (one, two) or one == two:
            return True
        return isinstance(two, str) and (one in self.vocabulary.above[two] or two in self.vocabulary.above[one])

    def _merge(
        self, party: Party, name: str, form: str, country: str, told: dict[str, Told], row: Row, column: str
    ) -> None:
        if name != party.name:
            self.note("same-party", f"`{name}` is taken for `{party.name}`", row, column)
        party.form = party.form or form
        known = party.told["country"]
        if known == UNKNOWN or (
            isinstance(known, str) and country != UNKNOWN and known in self.vocabulary.above[country]
        ):
            party.told["country"] = country
        for key, value in told.items():
            if key not in party.told:
                party.told[key] = value
            elif party.told[key] != value:
                self.note("rows-differ", f"rows on `{party.name}` differ in `{key}`; it stays unknown", row, column)
                party.told[key] = UNKNOWN

    def others(self, row: Row, column: str) -> list[tuple[str, Reading]]:
        """The parties that a cell lists, each with the places that stand behind its name."""
        text = row.text(column)
        pieces = _MANY.split(text) if _MANY.search(text) else _rejoined(_COMMAS.split(text))
        found: list[tuple[str, Reading]] = []
        for piece in pieces:
            name = piece.strip(" \t*•-–")
            if not name or self.words.is_blank(name) or self.words.whole("answers", name) == "no":
                continue
            if _LINK.search(name):
                self.note("link-not-followed", f"`{name[:80]}` is an address; nothing is read from it", row, column)
                continue
            match = _BRACKETS.match(name) or _BEHIND.match(name)
            read = self.countries.read(match[2]) if match else Reading()
            if match and read.places:
                name = match[1].strip()
                self.places_in(match[2], row, column)  # for its remarks
            found.append((name, read))
        return found

    # --- data, persons, purposes

    def data(self, row: Row) -> tuple[str, ...]:
        """The kinds of data that a row tells, and those that follow from the kinds of persons."""
        found: list[str] = []
        for item in items_of(row.text("data")):
            if self.words.is_blank(item) or self.words.whole("answers", item) == "no":
                continue
            known = self._own(item, "data") or self.words.within("data", item)
            if not known and not self.words.within("persons", item):
                self.note("unknown-word", f"`{item[:80]}` is no kind of data that is known", row, "data")
            found += known
        for item in items_of(f"{row.text('data')}; {row.text('persons')}"):
            found += [self.words.implied[p] for p in self.words.within("persons", item) if p in self.words.implied]
        return tuple(dict.fromkeys(found))

    def purposes(self, row: Row) -> dict[str, Told]:
        """The purposes as keys of an entry: complete where every one was understood, else those that were."""
        found: list[str] = []
        n_unread = 0
        for item in items_of(row.text("purposes")):
            known = self._own(item, "purposes") or tuple(filter(None, [self.words.whole("purposes", item)]))
            found += known
            if not known and not self.words.is_blank(item):
                n_unread += 1
                self.note("unknown-word", f"`{item[:80]}` is no purpose that a law turns on", row, "purposes")
        told = tuple(dict.fromkeys(found))
        if not told:
            return {}
        return {"facts": {"flow.purposes": told}} if n_unread else {"purposes": told}

    def ground(self, row: Row) -> str | None:
        """The one ground on which the data are handled."""
        items = [i for i in re.split(r"[;\n|•]", row.text("basis")) if i.strip()]
        read = {
            i: self.words.whole("grounds", re.sub(r"\s*[(\[].*", "", i)) or self.words.whole("grounds", i)
            for i in items
        }
        for item, told in read.items():
            if told is None and not self.words.is_blank(item):
                self.note("unknown-word", f"`{item.strip()[:80]}` is no legal ground that is known", row, "basis")
        found = set(read.values())
        if len(found) > 1:
            self.note("several-grounds", "a row names several legal grounds; none was taken", row, "basis")
        return found.pop() if len(found) == 1 else None

    def _own(self, item: str, section: str) -> tuple[str, ...]:
        """An item that is one of our own ids."""
        known = self._ids.get(section)
        if known is None:
            entries: Iterable[str] = {
                "data": [c.id for c in self.vocabulary.categories],
                "purposes": [p.id for p in self.vocabulary.purposes],
                "measures": list(self.vocabulary.measure),
            }[section]
            known = self._ids[section] = {fold(id_): id_ for id_ in entries}
        found = known.get(fold(item))
        return (found,) if found else ()

    def people(self, row: Row, ref: str, holder: str) -> tuple[str, ...]:
        """The sets of persons that a row names, with their number where it tells whose number it is."""
        named: dict[str, str] = {}
        for item in items_of(row.text("persons")):
            kinds = self.words.within("persons", item)
            for kind in kinds:
                named.setdefault(kind, item)
            if not kinds and not self.words.is_blank(item):
                named.setdefault(fold(item), item)
        counts = self._counts(row, len(named))
        if counts and not named:
            named["persons"] = "persons"
        found = []
        for kind, name in named.items():
            told: dict[str, Told] = {"name": name, "of": holder}
            own = f"{holder} {kind}" if holder != self.owner else kind
            if counts:
                told |= {"window": "held", "count": counts}
                own = f"{own} / {ref}"
            id_ = kind if not counts else f"{kind} {ref}"
            found.append(
                self.finding.add("people", own, id_, told, row.span("persons" if row.has("persons") else "count"))
            )
        return tuple(dict.fromkeys(found))

    def _counts(self, row: Row, n_sets: int) -> dict[str, Told]:
        text = row.text("count")
        where = self.places(row, "people_in")
        places = [p for p in where.places if "/" not in p] if where.is_whole else []
        if not text or self.words.is_blank(text):
            return {p: {"at-least": 1} for p in places} if n_sets == 1 else {}
        if parts := self._by_place(text):
            return parts if n_sets < 2 else self._uncounted(row, "it is not told whose number it is")
        count = read_count(text)
        if count is None:
            return self._uncounted(row, f"`{text[:60]}` is no number")
        if n_sets > 1:
            return self._uncounted(row, "it is not told whose number it is")
        if len(places) != 1:
            return self._uncounted(row, "it is not told in which one country the persons are")
        return {places[0]: count}

    def _uncounted(self, row: Row, why: str) -> dict[str, Told]:
        self.note("number-not-taken", f"a number of persons was not taken: {why}", row, "count")
        return {}

    def _by_place(self, text: str) -> dict[str, Told]:
        """Numbers that stand by place: `DE: 1200; FR: 300`."""
        found: dict[str, Told] = {}
        for piece in re.split(r"[;\n]", text):
            where, colon, number = piece.partition(":")
            place = self.countries.read(where).one if colon else None
            count = read_count(number) if colon else None
            if place is None or count is None or "/" in place:
                return {}
            found[place] = count
        return found

    # --- measures

    def measures(self, row: Row, holder: str, party: Party) -> None:
        """The measures that a row tells of between two parties, and entries on published lists."""
        found: list[str] = []
        for head, text in row.cells("safeguards"):
            found += self._measures_in(head, text, row)
        kinds = tuple(dict.fromkeys(found))
        if "dpf" in kinds:
            self._list(party, ({"list": "dpf"},), row, "safeguards")
        days = self._days(row) if kinds else {}
        for kind in kinds:
            if kind in self.vocabulary.measure:
                told: dict[str, Told] = {"kind": kind, "parties": (holder, party.id), **days}
                ref = f"{kind} / {holder} / {party.ref} / {days.get('from', '')} / {days.get('until', '')}"
                self.finding.add("measures", ref, f"{kind} {party.id}", told, row.span("safeguards"))

    def _measures_in(self, head: str, text: str, row: Row) -> list[str]:
        """The measures of one cell; under a head that is itself one, such as `SCC`, `yes` suffices."""
        whole = self._measure(text)
        if self.words.whole("answers", text) == "yes" or (whole == () and self._is_filler(text)):
            named = self.words.measures(head)
            whole = named if named and len(named) == 1 else None  # of two nobody knows which one is meant
        if whole is not None:
            return list(whole)
        found: list[str] = []
        for item in items_of(text):
            known = self._measure(item)
            if known is None:
                self.note("unknown-word", f"`{item[:80]}` is no measure that is known", row, "safeguards")
            found += known or ()
        return found

    def _is_filler(self, text: str) -> bool:
        return bool(fold(text)) and all(w in self.words.of["filler"] for w in fold(text).split())

    def _measure(self, text: str) -> tuple[str, ...] | None:
        """The measures that a text is; none for one that says nothing or only fills; None: not understood."""
        if self.words.is_blank(text) or self.words.whole("answers", text) == "no":
            return ()
        if own := self._own(text, "measures"):
            return own
        found = self.words.measures(text)
        return () if found is None and self._is_filler(text) else found

    def _days(self, row: Row) -> dict[str, Told]:
        """First and last day of what a row tells; where one cannot be read nobody knows whether it holds."""
        found: dict[str, Told] = {}
        for column in ("from", "until"):
            text = row.text(column)
            if row.is_unknown(column):
                found["state"] = UNKNOWN
            elif text and not self.words.is_blank(text):
                day = read_day(text, self._order(column))
                if day is None:
                    self.note("unreadable-day", f"`{text[:60]}` is no day, or may be one of two", row, column)
                    found["state"] = UNKNOWN
                else:
                    found[column] = day.isoformat()
        if "from" in found and "until" in found and str(found["until"]) < str(found["from"]):
            self.note("days-reversed", f"{found['until']} is before {found['from']}", row, "until")
            found = {"state": UNKNOWN}
        return found

    def _order(self, column: str) -> bool | None:
        if column not in self._orders:
            self._orders[column] = day_first(each.text(column) for each in self.table.rows())
        return self._orders[column]

    def listed(self, row: Row, party: Party) -> None:
        """What a row tells of the list of the Data Privacy Framework."""
        text = row.text("dpf")
        if self.words.is_blank(text) or row.is_unknown("dpf"):
            return
        answer = self.words.whole("answers", text)
        until = _UNTIL.search(text)
        day = read_day(until[1], self._order("dpf")) if until else None
        if answer == "no":
            self._list(party, (), row, "dpf")
        elif answer == "yes":
            self._list(party, ({"list": "dpf"},), row, "dpf")
        elif day is not None:
            self._list(party, ({"list": "dpf", "until": day.isoformat()},), row, "dpf")
        else:
            self.note("unknown-word", f"`{text[:60]}` does not say whether it is on the list", row, "dpf")

    def _list(self, party: Party, lists: tuple[dict[str, Told], ...], row: Row, column: str) -> None:
        if lists and "until" not in lists[0]:
            text = "entries on the Data Privacy Framework list stand without days; say until when each holds"
            self.note("listing-without-days", text, row, column)
        known = party.told.get("lists")
        if party.is_torn:
            return
        if known is not None and bool(known) != bool(lists):
            party.is_torn = True
            self.note(
                "rows-differ",
                f"the table says of `{party.name}` that it is on the list and that it is not",
                row,
                column,
            )
            del party.told["lists"]
        elif not known:
            party.told["lists"] = lists

    def role(self, row: Row, otherwise: str | None) -> dict[str, Told]:
        """The role of a party; unknown where the cell says several or is not understood."""
        if row.is_unknown("role"):
            return {"role": UNKNOWN}
        return self.role_in(row.text("role"), row, otherwise)

    def role_in(self, text: str, row: Row, otherwise: str | None) -> dict[str, Told]:
        """The role that a part of a cell tells."""
        if self.words.is_blank(text):
            return {"role": otherwise} if otherwise else {}
        found = self.words.whole("roles", text) or (text if text in ("none", "person-concerned") else None)
        if found is None:
            self.note("unknown-word", f"`{text[:60]}` is no one role", row, "role")
        return {"role": found or UNKNOWN}


def gathering(table: Table, source: str, owner: str, vocabulary: Vocabulary, owner_name: str = "") -> Gathering:
    """A gathering for one table, with nothing in it."""
    # With its legal form: `Acme Inc.` is not `Acme B.V.`, but another company of its group
    base, form = name_parts(owner_name)
    owners = {fold(owner), fold(owner_name), f"{base} {form}".strip()} - {""}
    return Gathering(table, Finding(source, owner), vocabulary, read_countries(vocabulary), words(), owners)


def name_parts(name: str) -> tuple[str, str]:
    """A name without its legal form, and the form; both folded.

    >>> name_parts("ACME, Inc."), name_parts("Acme  S.p.A.")
    (('acme', 'inc'), ('acme', 'spa'))
    """
    folded = _SINGLES.sub(r"\1", fold(name))
    form = ""
    if match := _FORM_WITHIN.search(folded):
        form = _FORMS.get(match[1] or match[2], match[1] or match[2])
        folded = (folded[: match.start()] + folded[match.end() :]).strip() or folded
    parts = folded.split()
    while len(parts) > 1 and parts[-1] in _FORMS:
        form = form or _FORMS[parts[-1]]
        parts.pop()
        if len(parts) > 1 and parts[-1] in ("sp", "and", "sdn"):
            parts.pop()
    return " ".join(parts), form


def _rejoined(pieces: list[str]) -> list[str]:
    """Names that were parted at a comma before their legal form, together again."""
    found: list[str] = []
    for piece in pieces:
        if found and _SINGLES.sub(r"\1", fold(piece.partition("(")[0])) in _FORMS:
            found[-1] += f",{piece}"
        else:
            found.append(piece)
    return found


def no_rows(table: Table) -> Remark:
    """The remark on a table that has a head and nothing below it."""
    return Remark("no-rows", "the table has a head and no rows", table.sheet.span(table.head))
