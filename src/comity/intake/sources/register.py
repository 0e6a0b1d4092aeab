"""A register of processing (GDPR Art. 30): each activity with its persons, data, systems, recipients and safeguards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from comity.facts import Vocabulary
from comity.intake.found import UNKNOWN, Found, Told
from comity.intake.sources.countries import Reading
from comity.intake.sources.folded import fold
from comity.intake.sources.parties import Gathering, Party, gathering, name_parts, no_rows
from comity.intake.sources.table import Row, read_table
from comity.intake.sources.vendors import systems_of
from comity.intake.sources.words import items_of

_MANY = re.compile(r"[;\n|•]")


@dataclass(frozen=True, slots=True)
class _Activity:
    """One row: what it is called, whose it is, what it handles."""

    name: str
    ref: str
    holder: str
    contents: Mapping[str, Told]
    systems: tuple[str, ...]


def read_register(  # noqa: PLR0913 - one parameter for each option of the command
    path: Path,
    *,
    shown: str,
    owner: str,
    vocabulary: Vocabulary,
    columns: Mapping[str, str] | None = None,
    sheet: str = "",
    encoding: str = "",
    owner_name: str = "",
) -> Found:
    """Read a register of processing from a CSV or Excel file.

    Each activity is a collection by its controller; a storage where a place is told; and a flow to each recipient, who
    is an entity. Recipients within the controller are remarked and left out.

    Args:
        path: the file.
        shown: what problems and spans show.
        owner: id of the entity whose register it is.
        vocabulary: places, categories, purposes and measures.
        columns: what the person answered: head of a column to ours (`columns.yaml`), or to `none`.
        sheet: the sheet of an Excel file; empty: the first with a head that is recognised.
        encoding: of a CSV file; empty: it is found out.
        owner_name: the name of the owner, as the column of controllers may have it.

    Raises:
        InputError: the file cannot be read, has no head, or an answer names what there is not.
        MissingExtraError: a library is not installed.
    """
    table = read_table(path, shown=shown, kind="register", columns=columns, sheet=sheet, encoding=encoding)
    own = gathering(table, f"register {shown}", owner, vocabulary, owner_name)
    rows = list(table.rows())
    named = {" ".join(name_parts(row.text("controller"))).strip() for row in rows if row.text("controller")}
    if len(named) == 1:  # the one who keeps a register is named in every row
        own.owners |= named
    for row in rows:
        _activity(own, row)
    if not rows:
        remark = no_rows(table)
        own.finding.remark(remark.code, remark.text, remark.span)
    return own.found()


def _activity(own: Gathering, row: Row) -> None:
    name = " ".join((row.text("activity") or row.text("recipient")).split())
    if not fold(name):
        own.note("row-without-name", "a row names no activity; nothing was taken from it", row, "activity")
        return
    ref = fold(name)
    same = own.tolds.setdefault(ref, [])
    same.append({})
    if len(same) > 1:
        ref = f"{ref} #{len(same)}"
        own.note("same-activity", f"the activity `{name[:80]}` stands in several rows; each was taken", row, "activity")
    holder = _controller(own, row)
    if holder is None:
        return
    contents = _contents(own, row, ref, holder)
    activity = _Activity(name, ref, holder, contents, ())
    activity = _Activity(name, ref, holder, contents, _systems(own, row, activity))
    _add_collection(own, row, activity)
    _recipients(own, row, activity)


def _controller(own: Gathering, row: Row) -> str | None:
    name = " ".join(row.text("controller").split())
    if not name or own.words.is_blank(name) or own.is_owner(name):
        return own.owner
    read = own.places(row, "controller_country")
    country = own.country(read, row, "controller_country", name)
    return own.party(name, country, row, "controller", {"role": "controller"}).id


def _contents(own: Gathering, row: Row, ref: str, holder: str) -> dict[str, Told]:
    told: dict[str, Told] = {}
    if people := own.people(row, ref, holder):
        told["people"] = people
    # What such a register lists are personal data, even where no kind of them was understood.
    told["data"] = own.data(row) or ("personal",)
    return told | own.purposes(row)


def _facts(activity: _Activity, more: Mapping[str, Told]) -> dict[str, Told]:
    """The contents of an activity with further facts."""
    facts = activity.contents.get("facts", {})
    both = {**(facts if isinstance(facts, Mapping) else {}), **more}
    return {**activity.contents, **({"facts": both} if both else {})}


# --- systems and collection


def _systems(own: Gathering, row: Row, activity: _Activity) -> tuple[str, ...]:
    """The systems of the activity, each at the place that the row tells; with a storage where it tells one."""
    read = own.places(row, "place")
    has_place = bool(read.places) or not read.is_whole
    names = [n for n in items_of(row.text("system")) if not own.words.is_blank(n)]
    if not names and (not has_place or _single(own, row) is not None):
        return ()
    holds = {k: v for k, v in activity.contents.items() if k in ("people", "data")}
    found: list[str] = []
    for name in names or [activity.name]:
        at = read if has_place else Reading(is_whole=False)
        ref = f"{activity.holder} / {fold(name)}"
        told: dict[str, Told] = {"name": name, "run_by": activity.holder, "for": activity.holder, "holds": (holds,)}
        known = systems_of(own, row, at, ref, told)
        new = list(known) if isinstance(known, tuple) else [known]
        found += [str(id_) for id_ in new]
    if has_place:
        for system in dict.fromkeys(found):
            stored: dict[str, Told] = {"name": activity.name, "system": system, **activity.contents}
            own.finding.add(
                "storage", f"{activity.ref} / {system}", f"store {activity.name}", stored, row.span("place")
            )
    return tuple(dict.fromkeys(found))


def _add_collection(own: Gathering, row: Row, activity: _Activity) -> None:
    ground = own.ground(row)
    told: dict[str, Told] = {
        "name": activity.name,
        "entity": activity.holder,
        **({"into": activity.systems[0]} if len(activity.systems) == 1 else {}),
        **_facts(activity, {"flow.legal_ground": ground} if ground else {}),
    }
    id_ = own.finding.add("collections", activity.ref, activity.name, told, row.span("activity"))
    if ground == "consent":
        measure: dict[str, Told] = {"kind": "consent", "covers": {"flows": (id_,)}}
        own.finding.add("measures", f"consent / {activity.ref}", f"consent {id_}", measure, row.span("basis"))


# --- recipients


def _single(own: Gathering, row: Row) -> str | None:
    """The one recipient of a row that handles the data for the controller: what is hosted is hosted by it."""
    named = own.others(row, "recipient")
    is_processor = own.words.whole("roles", row.text("role")) == "processor"
    return named[0][0] if len(named) == 1 and is_processor and not row.text("system") else None


def _recipients(own: Gathering, row: Row, activity: _Activity) -> None:
    named = [(n, r) for n, r in own.others(row, "recipient") if not _is_internal(own, row, n)]
    countries = _countries(own, row, [name for name, _ in named], [read for _, read in named])
    if not named:
        _unnamed(own, row, activity)
    parts = _MANY.split(row.text("role"))
    for number, ((name, _), country) in enumerate(zip(named, countries, strict=True)):
        is_listed = len(parts) == len(named) > 1  # one role for each, in the order of the recipients
        told = own.role_in(parts[number].strip(), row, None) if is_listed else own.role(row, None)
        if own.words.within("bodies", name):
            told["kind"] = "state-body"
        is_owner = own.is_owner(name)
        party = (
            Party(own.owner, own.owner, name, "", {}) if is_owner else own.party(name, country, row, "recipient", told)
        )
        if party.id == activity.holder:
            continue
        if not is_owner:
            own.listed(row, party)
        if len(named) == 1:
            own.measures(row, activity.holder, party)
        _add_flow(own, row, activity, party)
    if len(named) > 1 and not own.words.is_blank(row.text("safeguards")):
        text = "a row has several recipients and safeguards; it is not told whose they are, and none was taken"
        own.note("whose-safeguard", text, row, "safeguards")


def _is_internal(own: Gathering, row: Row, name: str) -> bool:
    if own.words.whole("internal", name) is None:
        return False
    own.note(
        "internal-recipient", f"`{name}` is no other person than the controller; no flow was made", row, "recipient"
    )
    return True


def _countries(own: Gathering, row: Row, names: list[str], behind: list[Reading]) -> list[str]:
    """The country of each recipient: behind its name, or in the columns of countries where these say whose it is."""
    found = [own.country(r, row, "recipient", n) if r.places else "" for n, r in zip(names, behind, strict=True)]
    for column in ("country", "third_country"):
        text = row.text(column)
        if all(found) or own.words.is_blank(text) or own.words.whole("answers", text) in ("yes", "no"):
            continue
        parts = [p for p in _MANY.split(text) if p.strip()]
        if len(parts) == len(names):
            reads = [own.places_in(p, row, column) for p in parts]
        else:
            whole = own.places(row, column)
            # One country in the column of countries is that of all; one third country may be that of any of them
            reads = [whole] * len(names) if len(names) == 1 or (column == "country" and whole.one) else []
        if not reads and names:
            text = "a row has several recipients and countries; it is not told whose they are, and they stay unknown"
            own.note("whose-country", text, row, column)
        found = (
            [f or own.country(r, row, column, n) for f, r, n in zip(found, reads, names, strict=True)]
            if reads
            else found
        )
        found = [f if f != UNKNOWN else "" for f in found]
    return [f or UNKNOWN for f in found]


def _unnamed(own: Gathering, row: Row, activity: _Activity) -> None:
    """Transfers to third countries of which the recipient is not named."""
    text = row.text("third_country")
    answer = own.words.whole("answers", text)
    if own.words.is_blank(text) or answer == "no":
        return
    read = own.places(row, "third_country") if answer != "yes" else Reading(is_whole=False)
    for place in read.places if read.is_whole else (*read.places, UNKNOWN):
        name = f"recipient in {place}: {activity.name}" if place != UNKNOWN else f"recipient: {activity.name}"
        told: dict[str, Told] = {"name": name, "country": place if "/" not in place else UNKNOWN}
        ref = f"{activity.ref} / {place}"
        id_ = own.finding.add("entities", ref, name, told, row.span("third_country"))
        party = Party(id_, ref, name, "", told)
        own.note(
            "unnamed-recipient",
            "a row tells of a third country and names no recipient; one was put in",
            row,
            "third_country",
        )
        if len(read.places) == 1 and read.is_whole:
            own.measures(row, activity.holder, party)
        _add_flow(own, row, activity, party)


def _add_flow(own: Gathering, row: Row, activity: _Activity, party: Party) -> None:
    start = activity.systems[0] if len(activity.systems) == 1 else activity.holder
    target: Told = party.id
    if (read := own.places(row, "place")).places and _single(own, row) is not None:
        ref = f"{party.ref} / {activity.ref}"
        hosted = {"name": f"{party.name}: {activity.name}", "run_by": party.id, "for": activity.holder}
        target = systems_of(own, row, read, ref, hosted)
    is_processor = party.told.get("role") == "processor"
    told: dict[str, Told] = {
        "name": f"{activity.name}: {party.name}",
        "from": start,
        "to": target,
        **({"deal": "vendor"} if is_processor else {}),
        **_facts(activity, {}),
    }
    ref = f"{activity.ref} > {party.ref}"
    own.finding.add("flows", ref, f"{activity.name} to {party.id}", told, row.span("recipient"))
