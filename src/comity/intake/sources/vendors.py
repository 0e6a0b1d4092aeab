"""A list of vendors: each one an entity, where it keeps data, what goes to it, what holds between the two."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from comity.facts import Vocabulary
from comity.intake.found import UNKNOWN, Found, Told
from comity.intake.sources.countries import Reading
from comity.intake.sources.folded import fold
from comity.intake.sources.parties import Gathering, Party, gathering, no_rows
from comity.intake.sources.table import Row, read_table


def read_vendors(  # noqa: PLR0913 - one parameter for each option of the command
    path: Path,
    *,
    shown: str,
    owner: str,
    vocabulary: Vocabulary,
    columns: Mapping[str, str] | None = None,
    sheet: str = "",
    encoding: str = "",
    role: str = "processor",
    owner_name: str = "",
) -> Found:
    """Read a list of vendors from a CSV or Excel file.

    Each vendor is an entity; its hosting is a system that it runs for the owner, where a place of hosting is told. A
    flow goes from the owner to it, one for each service, and one from it to each of its sub-processors.

    Args:
        path: the file.
        shown: what problems and spans show.
        owner: id of the entity whose vendors they are.
        vocabulary: places, categories, purposes and measures.
        columns: what the person answered: head of a column to ours (`columns.yaml`), or to `none`.
        sheet: the sheet of an Excel file; empty: the first with a head that is recognised.
        encoding: of a CSV file; empty: it is found out.
        role: of vendors whose row does not say it.
        owner_name: the name of the owner: a row that names it is left out.

    Raises:
        InputError: the file cannot be read, has no head, or an answer names what there is not.
        MissingExtraError: a library is not installed.
    """
    table = read_table(path, shown=shown, kind="vendors", columns=columns, sheet=sheet, encoding=encoding)
    own = gathering(table, f"vendors {shown}", owner, vocabulary, owner_name)
    n_rows = 0
    for row in table.rows():
        n_rows += 1
        _vendor(own, row, role)
    if not n_rows:
        remark = no_rows(table)
        own.finding.remark(remark.code, remark.text, remark.span)
    return own.found()


def _vendor(own: Gathering, row: Row, role: str) -> None:
    name = " ".join(row.text("vendor").split())
    if not fold(name) or own.words.is_blank(name):
        own.note("row-without-name", "a row names no vendor; nothing was taken from it", row, "vendor")
        return
    if own.is_owner(name):
        own.note("own-name", f"`{name}` is the owner of the map; nothing was taken from its row", row, "vendor")
        return
    where = own.places(row, "country")
    country = own.country(where, row, "country", name)
    party = own.party(name, country, row, "vendor", own.role(row, role))
    own.listed(row, party)
    own.measures(row, own.owner, party)
    service = " ".join(row.text("service").split())
    ref = f"{party.ref} / {fold(service)}"
    told: dict[str, Told] = {
        "name": f"{party.name}: {service}" if service else f"data to {party.name}",
        "from": own.owner,
        "to": _target(own, row, party, service, ref),
        "deal": "vendor",
        **_contents(own, row, ref),
    }
    _add_flow(own, row, ref, f"to {party.id} {service}", told)
    _subprocessors(own, row, party)


def _contents(own: Gathering, row: Row, ref: str) -> dict[str, Told]:
    """Persons, data, purposes and ground of the flow, as far as the row tells them."""
    told: dict[str, Told] = {}
    if people := own.people(row, ref, own.owner):
        told["people"] = people
    if data := own.data(row):
        told["data"] = data
    told |= own.purposes(row)
    if ground := own.ground(row):
        facts = told.get("facts", {})
        told["facts"] = {**(facts if isinstance(facts, Mapping) else {}), "flow.legal_ground": ground}
    return told


def _target(own: Gathering, row: Row, party: Party, service: str, ref: str) -> Told:
    """Where the data go: a system of the vendor, or the vendor where nothing is told of one; both in doubt."""
    read = own.places(row, "place")
    if not read.places and read.is_whole:
        if own.words.whole("answers", row.text("third_country")) in ("yes", "no"):
            return party.id
        read = own.places(row, "third_country")
    if not read.places and read.is_whole:
        return party.id
    name = f"{party.name}: {service}" if service else f"{party.name}: hosting"
    return systems_of(own, row, read, ref, {"name": name, "run_by": party.id, "for": own.owner})


def systems_of(own: Gathering, row: Row, read: Reading, ref: str, told: Mapping[str, Told]) -> Told:
    """A system at the places of a cell, and a second one at a place nobody knows where not all was understood."""
    span = row.span("place" if row.text("place") else "third_country")
    name = str(told["name"])
    found: list[str] = []
    if read.places:
        place: Told = read.places[0] if len(read.places) == 1 else read.places
        found.append(
            own.finding.add("systems", f"{ref} / {'+'.join(read.places)}", name, {**told, "place": place}, span)
        )
    if not read.is_whole:
        rest = f"{name} (elsewhere)" if read.places else name
        unknown = {**told, "name": rest, "place": UNKNOWN}
        found.append(own.finding.add("systems", f"{ref} / ?", rest, unknown, span))
    return found[0] if len(found) == 1 else tuple(found)


def _add_flow(own: Gathering, row: Row, ref: str, name: str, told: dict[str, Told]) -> None:
    """A flow; one that was told in the very same words before is not taken again."""
    same = own.tolds.setdefault(ref, [])
    if told in same:
        own.note("same-row", "a row says what another one has said; it was not taken again", row)
        return
    same.append(told)
    each = ref if len(same) == 1 else f"{ref} #{len(same)}"
    own.finding.add("flows", each, name, told, row.span("vendor"))


def _subprocessors(own: Gathering, row: Row, party: Party) -> None:
    for name, read in own.others(row, "subprocessors"):
        if own.countries.read(name).one is not None:
            own.note("unknown-word", f"`{name}` is a place and no sub-processor", row, "subprocessors")
            continue
        country = own.country(read, row, "subprocessors", name)
        other = own.party(name, country, row, "subprocessors", {"role": "processor"})
        ref = f"{party.ref} > {other.ref}"
        if other.id not in (party.id, own.owner) and own.finding.id_of("flows", ref) is None:
            told: dict[str, Told] = {
                "name": f"{party.name} to {other.name}",
                "from": party.id,
                "to": other.id,
                "deal": "vendor",
            }
            own.finding.add("flows", ref, f"{party.id} to {other.id}", told, row.span("subprocessors"))
