"""What an import found, changed and left alone, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from comity.intake.found import Found, Remark
from comity.intake.merge import Difference, Merged
from comity.report.words import clean, plural

FORMAT = "import/1"
MAX_SHOWN = 12  # lines of each kind
_KINDS = ("added", "changed", "kept", "gone")
_MEANS = {
    "added": "new in the map",
    "changed": "changed in the map, as the source changed",
    "kept": "left as people wrote it; the source says otherwise",
    "gone": "still in the map, and no more in the source",
}


def import_to_json(found: Found, merged: Merged) -> dict[str, Any]:
    """An import in the format `import/1`."""
    return {
        "format": FORMAT,
        "source": found.source,
        "n_found": len(found.items),
        "n_same": merged.n_same,
        "differences": [_difference(each) for each in merged.differences],
        "remarks": [
            {"code": r.code, "text": r.text, "file": r.span.file, "line": r.span.line, "column": r.span.column}
            for r in found.remarks
        ],
    }


def _difference(each: Difference) -> dict[str, Any]:
    values = {"now": each.now, "told": each.told} if each.key else {}
    return {"kind": each.kind, "section": each.section, "id": each.id, "key": each.key, **values}


def import_to_text(found: Found, merged: Merged) -> str:
    """An import, as a person reads it."""
    lines = [f"{clean(found.source)}: {plural(len(found.items), 'item')} found, {merged.n_same} as in the map already"]
    for kind in _KINDS:
        some = [each for each in merged.differences if each.kind == kind]
        if some:
            lines += ["", f"{_MEANS[kind]}:", *_limited([_line(each) for each in some])]
    lines += _remarks(found.remarks)
    return "\n".join(lines)


def _line(each: Difference) -> str:
    if not each.key:
        return f"{each.section} {each.id}" + (f": {each.told}" if each.told else "")
    if each.kind == "kept":
        return f"{each.section} {each.id}, {each.key}: {_value(each.now)}; the source: {_value(each.told)}"
    return f"{each.section} {each.id}, {each.key}: {_value(each.now)} → {_value(each.told)}"


def _value(value: object) -> str:
    match value:
        case "":
            return "nothing"
        case dict():
            return "{" + ", ".join(f"{key}: {_value(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return clean(str(value))


def _remarks(remarks: Sequence[Remark]) -> Iterator[str]:
    """What is to be looked at, by kind."""
    by_code: dict[str, list[Remark]] = {}
    for remark in remarks:
        by_code.setdefault(remark.code, []).append(remark)
    for code, some in by_code.items():
        yield ""
        yield f"to be looked at, {code} ({len(some)}):"
        yield from _limited([f"{clean(r.text)}  {_place(r)}".rstrip() for r in some])


def _place(remark: Remark) -> str:
    return f"({remark.span})" if remark.span.file else ""


def _limited(lines: Iterable[str]) -> list[str]:
    every = [f"  {line}" for line in lines]
    more = len(every) - MAX_SHOWN
    return every if more <= 0 else [*every[:MAX_SHOWN], f"  and {more} more: --json"]
