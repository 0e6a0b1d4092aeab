"""What-ifs as the lines of YAML that would say them in the map, for copying. Nothing here writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from comity import document as doc
from comity.browse.whatif import COUNSEL, DAY, MEASURE, Change, Changes, suppose
from comity.case import Case, Flow
from comity.errors import Span
from comity.facts import Members, Places, Vocabulary
from comity.intake.append import Style

WHO, WHY, COUNSEL_NAME = "WHO", "WHY", "NAME OF COUNSEL"
_STYLE = Style("\n", is_json=False)
_ASSESSMENT = "-assessment"


def yaml_lines(vocabulary: Vocabulary, bare: Flow, changes: Changes) -> str:
    """The lines that say what is supposed of an entry, with notes on what is to be said where the map says it now.

    Args:
        vocabulary: what there is.
        bare: the entry as the map tells it, before totals were summed.
        changes: what is supposed, in order.
    """
    days = [change.value for change in changes if change.what == DAY and isinstance(change.value, dt.date)]
    first = min([*days, *(case.day for case in bare.cases)])  # what holds only later would not count
    parts: dict[str, list[str]] = {}
    notes: list[str] = []
    for change in changes:
        said = _told_already(vocabulary, bare, change)
        if change.what == DAY:
            notes.append(f"# another day is asked for on the command line: --day {change.value}")
        elif said:
            notes.append(f"# {said}")
        else:
            section = {MEASURE: "measures", COUNSEL: "opinions"}.get(change.what, "assume")
            parts.setdefault(section, []).extend(f"- {_STYLE.flow(item)}" for item in _items(bare, change, first))
    blocks = ["\n".join([f"{section}:", *items]) for section, items in parts.items()]
    head = [f"# what was supposed of `{bare.id}`; who says so, and why, is for you to fill in"] if parts else []
    return "\n".join([*head, *blocks, *notes]) + "\n"


def _items(bare: Flow, change: Change, day: dt.date) -> Iterator[doc.Node]:
    today = _scalar(day.isoformat())
    if change.what == MEASURE:
        for parties in dict.fromkeys(_parties(bare)):
            pairs: dict[str, doc.Node] = {"kind": _scalar(change.id)}
            if parties:
                pairs["parties"] = _list(parties)
            pairs |= {"covers": _mapping({"flows": _list((bare.id,))}), "from": today, **_state(change)}
            yield _mapping(pairs)
    elif change.what == COUNSEL:
        said = {"place": change.id, "verdict": str(change.value), "counsel": COUNSEL_NAME}
        told: dict[str, doc.Node] = {key: _scalar(text) for key, text in said.items()}
        yield _mapping(told | {"day": today, "flows": _list((bare.id,))})
    elif change.node is not None:
        base, _, member = change.id.partition("#")
        value = _mapping({"yes" if change.value is True else "no": _list((member,))}) if member else change.node
        told = {"fact": _scalar(base), "value": value, "for": _list((bare.id,))}
        yield _mapping(told | {"who": _scalar(WHO), "day": today, "why": _scalar(WHY)})


def _parties(bare: Flow) -> Iterator[tuple[str, ...]]:
    """The entities of each case: a contract between others would not count for it."""
    for number in range(len(bare.cases)):
        part = bare.parts[number] if number < len(bare.parts) else None
        holder = (part.holder if part else "") or bare.holder
        recipient = part.recipient if part else bare.recipient
        yield tuple(dict.fromkeys(id_ for id_ in (holder, recipient) if id_))


def _state(change: Change) -> dict[str, doc.Node]:
    """How the state is written: an assessment counts by its result."""
    state = str(change.value)
    if change.id.endswith(_ASSESSMENT) and state in ("in-place", "cannot"):
        return {"result": _scalar("favourable" if state == "in-place" else "unfavourable")}
    return {} if state == "in-place" else {"state": _scalar(state)}


# --- what the map says already


def _told_already(vocabulary: Vocabulary, bare: Flow, change: Change) -> str:
    """Why a line of its own would not say it: the map says something else of it, which has to be changed there."""
    base = change.id.partition("#")[0]
    where = f"{bare.span.file}, line {bare.span.line}" if bare.span.line else bare.span.file
    if change.what == MEASURE:
        held = {case.measures.get(change.id, "") for case in bare.cases} - {"", "not-yet"}
        if change.value in ("not-yet", "unknown") and held:
            return f"the map says that `{change.id}` is there: take it out under `measures`"
        return ""
    if change.what != "fact":
        return ""
    if change.node is None:
        return f"`{base}` would not be known: take it out where the map says it, or write `unknown` ({where})"
    if any(_is_said(vocabulary, case, change, base) for case in bare.cases):
        return f"the map says `{base}` itself, at this entry ({where}) or at its parties: change it there"
    return ""


def _is_said(vocabulary: Vocabulary, case: Case, change: Change, base: str) -> bool:
    """Whether an assumption would come too late: it fills only what the map leaves open."""
    if any(name.partition("#")[0] == base for name in case.assumed):
        return True
    if ":" in base:
        return base in case.totals
    held = case.facts.get(base)
    if held is None:
        return False
    now = suppose(vocabulary, case, (change,)).facts.get(base)
    if isinstance(held, Members) and isinstance(now, Members):
        denied = vocabulary.members[base] - held.yes - held.open
        return not held.yes <= now.yes or bool(denied & (now.yes | now.open))
    if isinstance(held, Places) and isinstance(now, Places) and not held.complete:
        return not held.members <= now.members
    return True


def _scalar(text: str) -> doc.Scalar:
    return doc.Scalar(text, Span("what if"))


def _list(texts: tuple[str, ...]) -> doc.Sequence:
    return doc.Sequence(tuple(_scalar(text) for text in texts), Span("what if"))


def _mapping(pairs: dict[str, doc.Node]) -> doc.Mapping:
    return doc.Mapping(tuple((_scalar(key), value) for key, value in pairs.items()), Span("what if"))
