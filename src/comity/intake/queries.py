"""The query of a set of people: read and looked at here, run by nothing but `comity count`."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from comity import document as doc
from comity.case import read_place
from comity.errors import Problems, Span
from comity.facts import Vocabulary

MAX_SQL = 20_000  # characters
_STARTS = ("select", "with", "values", "table")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ADDRESS = re.compile(r"://|=|@|\.(db|sqlite3?)$")
_DIGEST = re.compile(r"sha256:([0-9a-f]{16})/[a-z]+")
# What is text, a name in quotes or a comment, and what is neither. Databases differ on backslashes and on `#`.
_QUOTED = r"'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)|`[^`]*(?:`|\Z)|\$(?P<{}>\w*)\$.*?(?:\$(?P={})\$|\Z)"
_ESCAPED = r"'(?:[^'\\]|\\.|'')*(?:'|\Z)|\"(?:[^\"\\]|\\.|\"\")*(?:\"|\Z)|`[^`]*(?:`|\Z)"
_COMMENTS = r"--[^\n]*|/\*.*?(?:\*/|\Z)"
_READINGS = tuple(
    re.compile(f"(?P<skipped>{skipped})|(?P<word>[^\\W\\d]\\w*)|(?P<end>;)", re.DOTALL)
    for skipped in (
        f"{_QUOTED.format('tag', 'tag')}|{_COMMENTS}",
        f"{_ESCAPED}|{_COMMENTS}",
        f"{_ESCAPED}|{_COMMENTS}|\\#[^\\n]*",
    )
)
_HINT = re.compile(r"/\*M?[!+]")  # comments that a database obeys


@dataclass(frozen=True, slots=True)
class Query:
    """How a set of people is counted.

    Attributes:
        people: id of the set.
        at: the environment variable with the address of the database.
        sql: one statement that reads.
        place: where all of them are, if the query gives a number alone.
        places: places by what the database calls them; under the empty text, those of whom it has none.
        span: where the statement stands.
    """

    people: str
    at: str
    sql: str
    place: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    span: Span = field(default_factory=lambda: Span(""))

    @property
    def digest(self) -> str:
        """What a count is marked with: the first 16 digits of the SHA-256 of the query and of what it is read with."""
        parts = [self.sql]
        parts += [f"place {self.place}"] if self.place else []
        parts += [f"{name}={place}" for name, place in sorted(self.places.items())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def read_query(
    node: doc.Node, people: str, vocabulary: Vocabulary, problems: Problems, *, context: str
) -> Query | None:
    """The query of a set of people; None where it has problems. Nothing is run and no address is looked up."""
    n_before = len(problems.found)
    f = doc.to_fields(
        node, problems, what="a query", required=("at", "sql"), optional=("place", "places"), context=context
    )
    place = f.node("place")
    query = Query(
        people=people,
        at=_variable(f),
        sql=f.text("sql").strip().removesuffix(";").rstrip(),
        place=(read_place(place, vocabulary, problems, context=context) or "") if place is not None else "",
        places=_places(f, vocabulary),
        span=f.span_of("sql"),
    )
    if f.has("sql"):
        for message, help_ in _faults(query.sql):
            problems.add("unfit-query", message, f.span_of("sql"), help=help_, context=context)
    return query if len(problems.found) == n_before else None


def read_digest(f: doc.Fields) -> str:
    """The digest of the query of which the count of a set comes; empty where none stands there."""
    text = f.text("digest")
    found = _DIGEST.fullmatch(text)
    if text and not found:
        help_ = "`comity count` writes it; take it out where the numbers are your own"
        f.problems.add(
            "wrong-digest", f"`{text[:60]}` is no digest of a query", f.span_of("digest"), help=help_, context=f.context
        )
    return found.group(1) if found else ""


def _variable(f: doc.Fields) -> str:
    """The name of an environment variable; an address is told without being shown."""
    name = f.text("at")
    if f.has("at") and not _VARIABLE.fullmatch(name):
        if _ADDRESS.search(name):
            span = dataclasses.replace(f.span_of("at"), text="")
            message = "the address of a database does not belong into a map"
            help_ = "put it into an environment variable and write its name, such as `at: BOOKINGS_DB`"
            f.problems.add("address-in-map", message, span, help=help_, context=f.context)
        else:
            message = f"`{name[:60]}` is no name of an environment variable"
            f.problems.add("unknown-value", message, f.span_of("at"), help="such as BOOKINGS_DB", context=f.context)
    return name


def _places(f: doc.Fields, vocabulary: Vocabulary) -> dict[str, str]:
    node = f.node("places")
    if node is None:
        return {}
    if not isinstance(node, doc.Mapping):
        help_ = "write `places: {Holland: NL}`"
        f.problems.add(
            "type-clash", "places stand by what the database calls them", node.span, help=help_, context=f.context
        )
        return {}
    found = {}
    for name, value in node.pairs:
        place = read_place(value, vocabulary, f.problems, context=f.context)
        if place is not None:
            found[name.text.strip()] = place
    return found


def _faults(sql: str) -> Iterator[tuple[str, str]]:
    """What keeps a statement from being run, under every way in which a database may read it; at most one of a kind."""
    if len(sql) > MAX_SQL:
        yield f"the query has more than {MAX_SQL} characters", "make a view of it in the database"
        return
    readings = [[m.group() for m in reading.finditer(sql) if not m.group("skipped")] for reading in _READINGS]
    words = [[part.lower() for part in parts if part != ";"] for parts in readings]
    if any(not each or each[0] not in _STARTS for each in words):
        yield "the query does not start with SELECT", "only what reads is run: SELECT, WITH, VALUES or TABLE"
    if any(";" in parts for parts in readings):
        yield "the query has several statements", "one statement a set; a `;` may stand in quotes"
    if any("into" in each for each in words):
        yield "the query writes with INTO", "take it out: the rows come back to Comity"
    if _HINT.search(sql):
        yield "the query has a comment that the database obeys", "take out `/*!` and `/*+`"
