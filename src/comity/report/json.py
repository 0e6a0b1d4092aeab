"""Decisions and whole checks as JSON: sorted, complete, without time stamps. The schemas lie in `report/schema/`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from comity.decide import verdict
from comity.decide.check import Check, FlowDecision
from comity.decide.decision import FORMAT, Decision, PackDecision, Presumption
from comity.facts import Members, Owner, Places, Range, Value
from comity.pack.program import Pack
from comity.report.exact import exact_to_json

CHECK_FORMAT = "check/1"
MAX_PIECES = 1  # levels whose parts are written one by one: a check, and the list of its entries
_HOLDERS = (dict, list, tuple)
_QUOTE = json.encoder.encode_basestring
_WORDS: dict[Any, str] = {None: "null", True: "true", False: "false"}


def dumps(obj: Any) -> str:
    """The text of an object, the same for the same object: sorted keys, two spaces, one line end."""
    return "".join(pieces(obj))


def pieces(obj: Any) -> Iterator[str]:
    """The text of `dumps` piece by piece; what stands in many places as one object is put into text once."""
    yield from _Writer(obj).pieces(obj, 0)
    yield "\n"


class _Writer:
    """Writes lists and mappings of texts, numbers, yes and no, and null.

    Attributes:
        often: ids of the lists and mappings that stand in several places; what is written stays alive till the end.
        written: their texts by id and depth.
    """

    def __init__(self, obj: Any) -> None:
        self.often: set[int] = set()
        self.written: dict[tuple[int, int], str] = {}
        seen: set[int] = set()
        waiting = [obj]
        while waiting:
            at = waiting.pop()
            if id(at) in seen:
                self.often.add(id(at))
                continue
            seen.add(id(at))
            inner = at.values() if isinstance(at, dict) else at
            waiting += [each for each in inner if isinstance(each, _HOLDERS)] if isinstance(at, _HOLDERS) else ()

    def pieces(self, obj: Any, depth: int) -> Iterator[str]:
        """The text of an object: what lies at the top piece by piece, what lies below it in one."""
        if depth > MAX_PIECES or not isinstance(obj, _HOLDERS) or not obj:
            yield self.text(obj, depth)
            return
        is_mapping = isinstance(obj, dict)
        before = "\n" + "  " * (depth + 1)
        yield "{" if is_mapping else "["
        for number, (key, value) in enumerate(sorted(obj.items()) if isinstance(obj, dict) else enumerate(obj)):
            yield ("," if number else "") + before + (f"{_QUOTE(key)}: " if is_mapping else "")
            yield from self.pieces(value, depth + 1)
        yield "\n" + "  " * depth + ("}" if is_mapping else "]")

    def text(self, obj: Any, depth: int) -> str:
        """The text of an object in one."""
        if isinstance(obj, str):
            return _QUOTE(obj)
        if not isinstance(obj, _HOLDERS):
            return _WORDS[obj] if obj is None or isinstance(obj, bool) else json.dumps(obj)
        if not obj:
            return "{}" if isinstance(obj, dict) else "[]"
        if id(obj) not in self.often:
            return self._text(obj, depth)
        key = id(obj), depth
        if key not in self.written:
            self.written[key] = self._text(obj, depth)
        return self.written[key]

    def _text(self, obj: dict[str, Any] | list[Any] | tuple[Any, ...], depth: int) -> str:
        before, text, inner = "\n" + "  " * (depth + 1), self.text, depth + 1
        if isinstance(obj, dict):
            parts = [f"{before}{_QUOTE(key)}: {text(value, inner)}" for key, value in sorted(obj.items())]
        else:
            parts = [f"{before}{text(value, inner)}" for value in obj]
        start, end = "{}" if isinstance(obj, dict) else "[]"
        return f"{start}{','.join(parts)}\n{'  ' * depth}{end}"


# --- values


def value_to_json(value: Value | None) -> Any:
    """The value of a fact as a case file writes it; null is unknown.

    A some-of fact that is open has no short form without its vocabulary: it is told by its surely present and its
    open members (`{"yes": [...], "open": [...]}`); all others are absent.
    """
    match value:
        case Range(low, high):
            return {"at-least": low} if high is None else {"at-least": low, "at-most": high}
        case Places(members, complete):
            return sorted(members) if complete else {"at-least": sorted(members)}
        case Members(yes, open_):
            return {"yes": sorted(yes), "open": sorted(open_)} if open_ else {"only": sorted(yes)}
        case dt.datetime():
            return _instant(value)
        case dt.date():
            return value.isoformat()
        case tuple():
            return _owners(value)
    return value


def _instant(value: dt.datetime) -> str:
    text = value.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _owners(owners: tuple[Owner, ...]) -> Any:
    places = [o.place for o in owners]
    if all(places) and len(set(places)) == len(places) and not any(o.owners for o in owners):
        return {str(o.place): o.percent for o in owners}
    return [
        {"percent": o.percent}
        | ({"place": o.place} if o.place else {})
        | ({"owners": _owners(o.owners)} if o.owners else {})
        for o in owners
    ]


def _plain(item: Any) -> Any:
    """A dataclass of texts, numbers, days and tuples as JSON; its field names are the keys."""
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return {f.name: _plain(getattr(item, f.name)) for f in dataclasses.fields(item)}
    if isinstance(item, dt.date):
        return value_to_json(item)
    return [_plain(i) for i in item] if isinstance(item, tuple) else item


def _bounds(words: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("verdict", "lowest", "highest"), words, strict=True))


# --- one decision


def decision_to_json(decision: Decision) -> dict[str, Any]:
    """One decision in the format `decision/1`."""
    return {
        "format": FORMAT,
        "case": decision.case,
        "kind": decision.kind,
        "day": decision.day.isoformat(),
        "verdict": decision.verdict,
        "lowest": decision.lowest,
        "highest": decision.highest,
        "without_presumptions": _bounds(decision.without_presumptions),
        "packs": _plain(decision.packs),
        "no_pack": list(decision.no_pack),
        "weak": list(decision.weak),
        "presumptions": [_presumption(p) for p in decision.presumptions],
        "questions": _plain(decision.questions),
        "contradictions": _plain(decision.contradictions),
    }


def _presumption(presumption: Presumption) -> dict[str, Any]:
    lowest, highest = presumption.otherwise
    return {
        "fact": presumption.fact,
        "value": value_to_json(presumption.value),
        "because": presumption.because,
        "ask": presumption.ask,
        "worse": presumption.worse,
        "otherwise": {"lowest": lowest, "highest": highest},
    }


# --- a whole map


def check_to_json(check: Check) -> dict[str, Any]:
    """A whole map, decided, in the format `check/1`: flows by id, every verdict counted.

    What is alike in several entries is one object.
    """
    made = _Made()
    return {
        "format": CHECK_FORMAT,
        "map": check.map.name,
        "day": check.map.day.isoformat(),
        "files": list(check.map.files),
        "summary": summary(check),
        "packs": [_pack(p) for p in check.program.packs],
        "left_out": list(check.left_out),
        "no_pack": [{"place": id_, "name": name} for id_, name in places_without_pack(check)],
        "flows": [_flow(f, check, made) for f in sorted(check.flows, key=lambda f: f.flow.id)],
    }


def summary(check: Check) -> dict[str, int]:
    """How many entries there are, of each verdict, and how many are accepted."""
    counts = {word: sum(f.verdict == word for f in check.flows) for word in (*verdict.WORDS, verdict.UNDECIDED)}
    return counts | {"flows": len(check.flows), "accepted": sum(f.is_accepted for f in check.flows)}


def places_without_pack(check: Check) -> list[tuple[str, str]]:
    """Ids and names of the touched places whose law no pack holds."""
    names = check.program.vocabulary.place
    return [(id_, names[id_].name) for id_ in sorted({p for f in check.flows for p in f.no_pack})]


def _pack(pack: Pack) -> dict[str, Any]:
    return {
        "id": pack.id,
        "title": pack.title,
        "read_day": pack.read_day.isoformat(),
        "next_read_day": pack.next_read_day.isoformat() if pack.next_read_day else None,
        "review": pack.review,
        "binding": pack.binding,
        "keeper": pack.keeper,
        "n_clauses": len(pack.clauses),
    }


class _Made:
    """What was made of parts of a check, once for each part: entries that are alike share them."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Any] = {}

    def once(self, make: Callable[..., Any], *parts: Any) -> Any:
        """What a function of this module makes of parts of the check, which all stay alive while this does."""
        key = (make.__name__, *map(id, parts))
        if key not in self._known:
            self._known[key] = make(*parts)
        return self._known[key]

    def packs(self, packs: tuple[PackDecision, ...]) -> list[dict[str, Any]]:
        """What the packs say of an entry."""
        key = ("packs", id(packs))
        if key not in self._known:
            self._known[key] = [self._pack(pack) for pack in packs]
        found: list[dict[str, Any]] = self._known[key]
        return found

    def _pack(self, pack: PackDecision) -> dict[str, Any]:
        key = ("pack", id(pack))
        if key not in self._known:
            found = {name: getattr(pack, name) for name in ("pack", "outcome", "counts", "lowest", "highest")}
            for name in ("reasons", "duties"):
                found[name] = [self.once(_plain, each) for each in getattr(pack, name)]
            self._known[key] = found
        made: dict[str, Any] = self._known[key]
        return made


def _flow(found: FlowDecision, check: Check, made: _Made) -> dict[str, Any]:
    flow, names = found.flow, check.program.vocabulary.place
    return {
        "id": flow.id,
        "title": flow.title,
        "section": flow.section,
        "kind": flow.cases[0].kind if flow.cases else "",
        "file": flow.span.file,
        "line": flow.span.line,
        "from": _plain(flow.ends[0]) if flow.ends else None,
        "to": _plain(flow.ends[-1]) if len(flow.ends) > 1 else None,
        "verdict": found.verdict,
        "lowest": found.lowest,
        "highest": found.highest,
        "without_presumptions": _bounds(found.without_presumptions),
        "strict": found.strict,
        "accepted": _accepted(found),
        "packs": made.packs(found.packs),
        "no_pack": list(found.no_pack),
        "weak": [{"place": place, "name": names[place].name, "people": people} for place, people in found.weak],
        "presumptions": made.once(_presumptions, *(d.presumptions for d in found.decisions)),
        "questions": made.once(_each_once, *(d.questions for d in found.decisions)),
        "contradictions": made.once(_each_once, *(d.contradictions for d in found.decisions)),
        "todo": made.once(_plain, found.todo),
        "cases": [
            {"id": d.case, "verdict": d.verdict, "lowest": d.lowest, "highest": d.highest} for d in found.decisions
        ],
    } | ({"exact": exact_to_json(found.exact)} if found.exact is not None else {})


def _accepted(found: FlowDecision) -> dict[str, Any] | None:
    accepted = found.flow.accepted
    return None if accepted is None else _plain(accepted) | {"holds": found.is_accepted}


def _presumptions(*found: tuple[Presumption, ...]) -> list[dict[str, Any]]:
    return [_presumption(p) for p in unique(p for presumptions in found for p in presumptions)]


def _each_once(*found: tuple[Any, ...]) -> Any:
    return _plain(tuple(unique(item for items in found for item in items)))


def unique(items: Iterable[Any]) -> list[Any]:
    """Items each once, in the order in which they first stand."""
    found: list[Any] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
