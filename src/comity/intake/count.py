"""Counting sets of people with the queries of a map: what a database says becomes counts by place, for the map."""

from __future__ import annotations

import datetime as dt
import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from comity import document as doc
from comity.case import place_meant
from comity.errors import ComityError, Problem, Problems, did_you_mean
from comity.facts import Vocabulary
from comity.intake.amend import Change, set_all, to_node
from comity.intake.append import Plain, plain
from comity.intake.database import Refused, Rows, fetch
from comity.intake.found import Told
from comity.intake.map import read_map, read_sections
from comity.intake.queries import Query, read_query

SECONDS = 60.0
MAX_PLACES = 5000  # rows of a result
_MAX_NAMED = 20  # places of one set that problems name
_MOST = 10**12  # more persons than this no query has counted
_NUMBERS = ("number of persons", "number of devices")


@dataclass(frozen=True, slots=True)
class CountedSet:
    """A set of people with its query.

    Attributes:
        now: what the map says under `count`; None: nothing.
        file: the file in which it stands, resolved.
    """

    query: Query
    now: Plain | None
    file: Path


@dataclass(frozen=True)
class Count:
    """What counting a set came to.

    Attributes:
        dialect: the kind of database: sqlite, postgresql, mysql, mariadb; empty where none answered.
        counts: persons by place, in the order of codes; none where there are problems.
        devices: their devices by place; None: the query does not count them.
        problems: why the set stays as it was.
    """

    set: CountedSet
    dialect: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    devices: Mapping[str, int] | None = None
    problems: tuple[Problem, ...] = ()


def read_sets(path: Path, vocabulary: Vocabulary, *, day: dt.date, ids: Sequence[str] = ()) -> tuple[CountedSet, ...]:
    """The sets of people of a map that have a query, in its order; with `ids` these alone.

    Raises:
        InputError: with every problem of the map.
        ComityError: there is no set of one of the ids, or it has no query; or no set has one.
    """
    read_map(path, vocabulary, day=day)
    sections, seen = read_sections(path, {})
    files = {shown: file for file, shown in seen.items()}
    found: dict[str, CountedSet] = {}
    for node in sections["people"]:
        id_, told = (node.get("id"), node.get("query")) if isinstance(node, doc.Mapping) else (None, None)
        if isinstance(node, doc.Mapping) and isinstance(id_, doc.Scalar) and told is not None:
            query = read_query(told, id_.text, vocabulary, Problems(), context=f"people {id_.text}")
            if query is not None:
                now = node.get("count")
                found[id_.text] = CountedSet(query, None if now is None else plain(now), files[node.span.file])
    for wanted in ids:
        if wanted not in found:
            raise ComityError(f"the map has no set of people `{wanted}` with a `query`; {_known(wanted, found)}")
    if not found:
        raise ComityError("no set of people in the map has a `query`; docs/map.md says how one is written")
    return tuple(each for id_text, each in found.items() if not ids or id_text in ids)


def _known(wanted: str, found: Iterable[str]) -> str:
    names = list(found)
    return did_you_mean(wanted, names) or f"those that have one: {', '.join(names[:8]) or 'none'}"


def count_set(set_: CountedSet, vocabulary: Vocabulary, address: str | None, *, seconds: float = SECONDS) -> Count:
    """Run the query of a set and read its result. Whatever is wrong is told in the count; nothing is written.

    Args:
        set_: the set.
        vocabulary: its places are known.
        address: what the environment variable of the query holds; None: it is not set.
        seconds: after which the query is stopped.

    Raises:
        MissingExtraError: SQLAlchemy or the driver is not installed.
    """
    query = set_.query
    got = fetch(address, query.sql, seconds=seconds, max_rows=MAX_PLACES) if address else Refused("address")
    problems = Problems()
    if isinstance(got, Refused):
        _note_refusal(got, query, address, seconds, problems)
        return Count(set_, problems=tuple(problems.found))
    result = _Result(query, vocabulary, problems)
    result.read(got)
    if problems.found:
        return Count(set_, got.dialect, problems=tuple(problems.found))
    devices = result.sums[1] if got.n_columns > len(_NUMBERS) else None
    return Count(set_, got.dialect, _sorted(result.sums[0]), devices and _sorted(devices))


def values_of(count: Count, day: dt.date) -> dict[str, doc.Node | None]:
    """The keys of a set that a count changes in the map."""
    told: dict[str, Told] = {"counted": day.isoformat(), "count": dict(count.counts)}
    if count.devices is not None:
        told["devices"] = dict(count.devices)
    told["digest"] = f"sha256:{count.set.query.digest}/{count.dialect}"
    return {key: to_node(value) for key, value in told.items()}


def with_counts(file: Path, text: str, counts: Iterable[Count], day: dt.date) -> str:
    """The text of a file of the map with those counts that have no problems; all else in it stays as it is.

    Raises:
        InputError: the file can no longer be read, or a set is no longer in it.
    """
    changes: list[Change] = [
        ("people", count.set.query.people, values_of(count, day))
        for count in counts
        if count.set.file == file and not count.problems
    ]
    return set_all(text, str(file), changes)


def _sorted(sums: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(sums.items()))


def _note_refusal(got: Refused, query: Query, address: str | None, seconds: float, problems: Problems) -> None:
    context = f"people {query.people}"
    if got.kind == "address":
        what = "holds no address of a database that is read here" if address else "is not set"
        help_ = f"export {query.at}=postgresql://user:password@host/name; or mysql://..., sqlite:///file.db"
        problems.add(
            "no-address", f"the environment variable `{query.at}` {what}", query.span, help=help_, context=context
        )
    elif got.kind == "late":
        message = f"the query took longer than {seconds:g} s and was stopped"
        problems.add("query-stopped", message, query.span, help="`--seconds` gives it more time", context=context)
    else:
        message = f"the database of `{query.at}` refuses: {got.text}"
        problems.add("query-refused", message, query.span, context=context)


# --- what a database says


@dataclass(slots=True)
class _Result:
    """Reads the result of a query into sums by place, and notes all that is wrong with it."""

    query: Query
    vocabulary: Vocabulary
    problems: Problems
    sums: tuple[dict[str, int], dict[str, int]] = field(default_factory=lambda: ({}, {}))
    unknown: dict[str, int] = field(default_factory=dict)

    def read(self, got: Rows) -> None:
        """All rows."""
        wanted = "one number" if self.query.place else "a place and a number, or with devices a second number"
        fits = got.n_columns == 1 if self.query.place else got.n_columns in (2, 3)
        if not fits:
            help_ = "a number alone needs `place`, where all of them are" if got.n_columns == 1 else ""
            self._unfit(f"the query gives {_columns(got.n_columns)}, not {wanted}", help_)
        elif len(got.rows) > MAX_PLACES:
            self._unfit(f"the query gives more than {MAX_PLACES} rows", "group by place")
        elif not got.rows:
            self._unfit("the query gives no rows", "where there is nobody write `count: {NL: 0}` yourself")
        elif self.query.place and len(got.rows) > 1:
            self._unfit(f"the query gives {len(got.rows)} rows, not one number", "")
        else:
            for row in got.rows:
                self._row(row if not self.query.place else (self.query.place, *row))
            self._note_unknown()

    def _row(self, row: tuple[object, ...]) -> None:
        name = "" if row[0] is None else str(row[0]).strip()
        numbers = [self._number(value, what) for value, what in zip(row[1:], _NUMBERS, strict=False)]
        place = self._place(name)
        if place is None:
            self.unknown[name] = self.unknown.get(name, 0) + (numbers[0] or 0)
        else:
            for sums, number in zip(self.sums, numbers, strict=False):
                sums[place] = sums.get(place, 0) + (number or 0)

    def _place(self, name: str) -> str | None:
        told = self.query.places.get(name)
        if told or name in self.vocabulary.place:
            return told or name
        return name.upper() if name.upper() in self.vocabulary.place else place_meant(name, self.vocabulary)

    def _number(self, value: object, what: str) -> int | None:
        """A whole number that is not negative; a float or decimal without a fraction is one."""
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and math.isfinite(value):
            if value < 0:
                message = f"`{value}` is negative; a {what} is 0 or more"
                self.problems.add("negative-number", message, self.query.span, context=self.context)
                return None
            if value <= _MOST and value == int(value):
                return int(value)
        message, help_ = f"`{_short(value)}` is no {what}", "a whole number, as count(*) gives it"
        self.problems.add("type-clash", message, self.query.span, help=help_, context=self.context)
        return None

    def _note_unknown(self) -> None:
        for name, number in list(self.unknown.items())[:_MAX_NAMED]:
            if name:
                message = f"`{_short(name)}`, where the database has {_persons(number)}, is not a known place"
                help_ = self._near(name)
                self.problems.add("unknown-place", message, self.query.span, help=help_, context=self.context)
            else:
                help_ = "a count without them would claim too little; where they are is said as `places: {'': NL}`"
                self._unfit(f"the database has no place of {_persons(number)}", help_)
        if len(self.unknown) > _MAX_NAMED:
            message = f"{len(self.unknown) - _MAX_NAMED} more places are not known"
            self.problems.add("unknown-place", message, self.query.span, context=self.context)

    def _near(self, name: str) -> str:
        names = {place.name: place.id for place in self.vocabulary.places}
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.6) if len(name) < 100 else []
        said = f"if it is {near[0]}, " if near else ""
        return f"{said}write `places: {{'{_short(name)}': {names[near[0]] if near else 'CODE'}}}` beside the query"

    def _unfit(self, message: str, help_: str = "") -> None:
        self.problems.add("unfit-result", message, self.query.span, help=help_, context=self.context)

    @property
    def context(self) -> str:
        """Whose count it is, as problems show it."""
        return f"people {self.query.people}"


def _columns(n: int) -> str:
    return "no columns" if n == 0 else "one column" if n == 1 else f"{n} columns"


def _persons(number: int) -> str:
    return "1 person" if number == 1 else f"{number} persons"


def _short(value: object) -> str:
    return "NULL" if value is None else str(value)[:60]
