"""The register of processing (GDPR Art. 30) of a map, as CSV and Excel; `comity import` reads it back.

The only file that knows the library for Excel files, as far as they are written.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator

from comity.case import Case, PeopleSet
from comity.decide.check import Check, FlowDecision
from comity.errors import MissingExtraError
from comity.facts import Members, Places, Range, Value, Vocabulary
from comity.report.csv import safe_cell

# The heads are those by which the importer knows the columns.
HEADER = (
    *("ID", "Kind", "Processing activity", "Controller", "Controller country", "Recipient", "Recipient country"),
    *("Recipient role", "Categories of data subjects", "Number of data subjects", "Categories of data", "Purposes"),
    *("Legal basis", "Place of processing", "Third country transfer", "Transfer safeguards", "Articles", "Verdict"),
    "Security measures",
)
# Acts that handle data and last. Incidents, products and acts of states are none, requests are nobody's own activity.
SECTIONS = ("flows", "access", "collections", "storage")
DPF = "data privacy framework"
_GROUNDS = {"consent": "consent", "contract": "contract", "law": "legal obligation", "interest": "legitimate interest"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a zip file can name: the same map gives the same file
_STAMPS = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def register_rows(check: Check) -> tuple[tuple[str, ...], ...]:
    """One row for each entry of a map that handles data, by id; the columns are those of `HEADER`.

    Security measures are left blank: a map does not know them. Measures are those in place on the day of the check,
    with the articles that ask for them.
    """
    entries = sorted((f for f in check.flows if f.flow.section in SECTIONS), key=lambda f: f.flow.id)
    names = names_of(check)
    return tuple(_row(check, found, names) for found in entries)


def register_to_csv(check: Check) -> str:
    """The register as CSV (RFC 4180, with line feeds as line ends). No cell is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows([safe_cell(cell) for cell in row] for row in register_rows(check))
    return out.getvalue()


def register_to_xlsx(check: Check) -> bytes:
    """The register as an Excel file, the same for the same check. No cell is taken for a formula.

    Raises:
        MissingExtraError: the library is not installed.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.styles import Alignment, Font
        from openpyxl.utils import get_column_letter
    except ImportError:
        raise MissingExtraError("export --register out.xlsx", "import") from None
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new book has one
    sheet.title = "Register"
    rows = [HEADER, *register_rows(check)]
    for r, row in enumerate(rows, 1):
        for c, text in enumerate(row, 1):
            cell = sheet.cell(r, c)
            cell.value = str(safe_cell(text))
            cell.data_type = "s"  # text, whatever it looks like
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if r == 1:
                cell.font = Font(bold=True)
    for c in range(1, len(HEADER) + 1):
        longest = max(len(row[c - 1]) for row in rows)
        sheet.column_dimensions[get_column_letter(c)].width = min(max(longest, 10), 40) + 2
    sheet.freeze_panes = "D2"
    sheet.auto_filter.ref = sheet.dimensions
    out = io.BytesIO()
    book.save(out)
    return _unstamped(out.getvalue())


def _unstamped(raw: bytes) -> bytes:
    """An Excel file without the time at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _STAMPS.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


# --- one row


def names_of(check: Check) -> dict[str, str]:
    """The names of parties and systems by id, as far as an entry starts or ends at them."""
    return {end.id: end.name or end.id for found in check.flows for end in found.flow.ends}


def _row(check: Check, found: FlowDecision, names: dict[str, str]) -> tuple[str, ...]:
    flow, vocabulary = found.flow, check.program.vocabulary
    recipients = recipients_of(found)
    return (
        flow.id,
        flow.section,
        flow.title,
        names.get(flow.holder, flow.holder),
        _place(holder_country(found)),
        _listed(names.get(id_, id_) for id_ in recipients),
        _listed((_place(recipient_country(case)) for case in recipients.values()), keep=True),
        _roles(recipients.values()),
        _listed(people.id for people in flow.people),
        _counts(flow.people),
        _listed(categories_of(vocabulary, flow.cases)),
        _listed(purposes_of(flow.cases)),
        _listed(dict.fromkeys(_GROUNDS.get(str(g), "") for g in _values(flow.cases, "flow.legal_ground"))),
        _listed(places_of(found)),
        third_country(check, found),
        _listed(measures_of(flow.cases)),
        _listed(_articles(found)),
        found.verdict,
        "",
    )


def _listed(texts: Iterable[str], *, keep: bool = False) -> str:
    """Texts with `;` between them, which is left out of each; empty ones are dropped, unless places in a row count."""
    return "; ".join(text.replace(";", ",") for text in texts if text or keep)


def _roles(cases: Iterable[Case]) -> str:
    """The roles of the recipients: one where all have it, else one for each in their order."""
    told = [str(case.facts.get("recipient.role", "")) for case in cases]
    return told[0] if len(set(told)) == 1 else "; ".join(told)


def _place(place: str | None) -> str:
    return place or "unknown"


def _values(cases: Iterable[Case], fact: str) -> Iterator[Value]:
    """What the cases of an entry say of a fact."""
    for case in cases:
        if fact in case.facts:
            yield case.facts[fact]


def holder_country(found: FlowDecision) -> str | None:
    """The place from which the holder of an entry acts."""
    return next((v for v in _values(found.flow.cases, "holder.country") if isinstance(v, str)), None)


def recipients_of(found: FlowDecision) -> dict[str, Case]:
    """Ids of those who get the data of an entry, each with the first case in which it gets them."""
    flow = found.flow
    recipients: dict[str, Case] = {}
    for number, case in enumerate(flow.cases):
        # A flow that was made by hand may have no parts
        recipient = flow.parts[number].recipient if number < len(flow.parts) else flow.recipient
        if recipient:
            recipients.setdefault(recipient, case)
    return recipients


def recipient_country(case: Case) -> str | None:
    """The place from which the recipient of a case acts; None where it is not known."""
    place = case.facts.get("recipient.country")
    return place if isinstance(place, str) else None


def categories_of(vocabulary: Vocabulary, cases: Iterable[Case]) -> list[str]:
    """The categories that an entry surely has, the narrowest ones only, sorted."""
    told = [value for value in _values(cases, "data.categories") if isinstance(value, Members)]
    yes: set[str] = set().union(*(value.yes for value in told))
    return sorted(c for c in yes if not any(c in vocabulary.broader[other] for other in yes - {c}))


def purposes_of(cases: Iterable[Case]) -> list[str]:
    """The purposes that an entry surely has, sorted."""
    told = [value for value in _values(cases, "flow.purposes") if isinstance(value, Members)]
    return sorted(set().union(*(value.yes for value in told)))


def places_of(found: FlowDecision) -> list[str]:
    """Where the systems stand at which an entry ends; empty where nobody knows it or there are none."""
    told = [value for value in _values(found.flow.cases, "flow.systems_in") if isinstance(value, Places)]
    return sorted(set().union(*(value.members for value in told)))


def measures_of(cases: Iterable[Case]) -> list[str]:
    """The measures that are in place in every case of an entry, and `data privacy framework` where that list holds."""
    each = [{m for m, state in case.measures.items() if state == "in-place"} for case in cases]
    listed = [case.facts.get("recipient.dpf") is True for case in cases]
    return sorted(set.intersection(*each) if each else set()) + ([DPF] if listed and all(listed) else [])


def third_country(check: Check, found: FlowDecision) -> str:
    """`yes` where an entry leaves the country of its holder, or the Economic Area if the holder is in it; else `no`.

    `unknown` where a place is not known on which that turns.
    """
    home = holder_country(found)
    away = {*places_of(found), *(recipient_country(case) for case in found.flow.cases if case.kind == "transfer")}
    is_open = None in away or home is None
    if home is not None and any(place is not None and not _is_home(check, home, place) for place in away):
        return "yes"
    return "unknown" if is_open else "no"


def _is_home(check: Check, home: str, place: str) -> bool:
    vocabulary, day = check.program.vocabulary, check.map.day
    group = vocabulary.group.get("EEA")
    area = {row.place for row in group.rows if row.holds_on(day)} if group else set()
    if not area.isdisjoint(vocabulary.above[home]):
        return not area.isdisjoint(vocabulary.above[place])
    return home in vocabulary.above[place] or place in vocabulary.above[home]


def _articles(found: FlowDecision) -> list[str]:
    """The measures that clauses ask for and that are in place, each with the articles."""
    asked: dict[str, list[str]] = {}
    for pack in found.packs:
        for reason in pack.reasons:
            for need in reason.needs:
                if need.state == "in-place":
                    asked.setdefault(need.measure, []).append(reason.cite)
        for duty in pack.duties:
            if duty.state == "done":
                asked.setdefault(duty.measure, []).append(duty.cite)
    return [f"{measure}: {', '.join(dict.fromkeys(cites))}" for measure, cites in sorted(asked.items())]


def _counts(people: tuple[PeopleSet, ...]) -> str:
    """The number of persons by place, where they are one set; of several the import could not tell whose it is."""
    if len(people) != 1:
        return ""
    return "; ".join(f"{place}: {_number(count)}" for place, count in sorted(people[0].counts.items()))


def _number(count: int | Range) -> str:
    if not isinstance(count, Range):
        return str(count)
    return f">= {count.low}" if count.high is None else f"{count.low}-{count.high}"
