"""What a change of a map does, as Markdown fit for a comment in review, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from comity.decide.check import Check, FlowDecision
from comity.decide.review import BETTER, GONE, NEW, OTHER, WORSE, Changed
from comity.report import words

FORMAT = "review/1"
MAX_ROWS = 50  # of each kind: a comment has an end
MAX_TODO = 3
_TITLES = {
    WORSE: "Less allowed than before",
    NEW: "New",
    OTHER: "The same verdict, with other places, reasons or things to do",
    BETTER: "More allowed than before",
    GONE: "Gone",
}


def review_to_json(changed: Sequence[Changed], before: Check, after: Check, base: str) -> dict[str, Any]:
    """A review in the format `review/1`."""
    return {
        "format": FORMAT,
        "map": after.map.name,
        "day": after.map.day.isoformat(),
        "base": base,
        "n_before": len(before.flows),
        "n_after": len(after.flows),
        "changed": [
            {
                "kind": each.kind,
                "entry": each.id,
                "before": each.before.verdict if each.before else None,
                "after": each.after.verdict if each.after else None,
                "cites": list(words.cites(each.after)) if each.after else [],
                "todo": [words.todo_text(t) for t in words.sorted_todo(each.after)] if each.after else [],
            }
            for each in changed
        ],
    }


def review_to_markdown(changed: Sequence[Changed], before: Check, after: Check, base: str) -> str:
    """A review as Markdown: what got worse comes first."""
    lines = [f"### Data flows of {_cell(after.map.name)}: {_summary(changed)}", ""]
    n_entries = words.plural(len(after.flows), "entry", "entries")
    lines.append(f"{n_entries}, before {len(before.flows)}; compared with `{_code(base)}`, law of {after.map.day}.")
    for kind in (WORSE, NEW, OTHER, BETTER, GONE):
        some = [each for each in changed if each.kind == kind]
        if some:
            lines += ["", f"**{_TITLES[kind]}** ({len(some)})", "", *_table(some, after)]
    lines += ["", f"<sub>{words.ALLOWED_MEANS} {words.NO_ADVICE}</sub>"]
    return "\n".join(lines)


def _summary(changed: Sequence[Changed]) -> str:
    told = []
    for verdict in ("forbidden", "undecided", "conditional"):
        n = sum(each.is_worse and each.after is not None and each.after.verdict == verdict for each in changed)
        told += [f"{n} newly {verdict}"] if n else []
    n_freed = sum(each.kind == BETTER for each in changed)
    told += [f"{n_freed} freed"] if n_freed else []
    if told:
        return ", ".join(told)
    return "no verdict changed" if changed else "nothing changed"


def _table(some: Sequence[Changed], after: Check) -> Iterator[str]:
    yield "| entry | verdict | why | what to do |"
    yield "| --- | --- | --- | --- |"
    for each in some[:MAX_ROWS]:
        shown = each.after or each.before
        assert shown is not None  # noqa: S101 - an entry is on one side at least
        title = f"{_cell(shown.flow.title or each.id)}<br>`{_code(each.id)}`"
        ends = words.ends_text(after.program.vocabulary, shown.flow.ends)
        yield f"| {title}<br>{_cell(ends)} | {_verdicts(each)} | {_why(each.after)} | {_todo(each.after)} |"
    if len(some) > MAX_ROWS:
        yield ""
        yield f"and {len(some) - MAX_ROWS} more"


def _verdicts(each: Changed) -> str:
    was, now = (words.verdict_text(f.verdict) if f else "" for f in (each.before, each.after))
    if was and now and was != now:
        return f"{was} → **{now}**"
    return f"~~{was}~~" if not now else f"**{now}**"


def _why(found: FlowDecision | None) -> str:
    cites = words.cites(found) if found is not None else ()
    places = [f"no pack for {place}" for place in found.no_pack] if found is not None else []
    return "<br>".join(_cell(text) for text in (*cites[:4], *places))


def _todo(found: FlowDecision | None) -> str:
    if found is None or found.verdict == "allowed":
        return ""
    told = [words.todo_text(t) for t in words.sorted_todo(found)]
    more = [f"and {len(told) - MAX_TODO} more"] if len(told) > MAX_TODO else []
    return "<br>".join(_cell(text) for text in [*told[:MAX_TODO], *more])


def _cell(text: str) -> str:
    """A text of a map or pack in a table: no bar, no tag, no link, no mention of a person."""
    flat = words.clean(text).replace("\\", "\\\\")
    for sign in "|`*_[]<>#":
        flat = flat.replace(sign, f"\\{sign}")
    return flat.replace("@", "@\u200b")


def _code(text: str) -> str:
    return words.clean(text).replace("`", "'").replace("|", "\\|")
