"""Clauses to a settled order, packs to one program. Nothing depends on the order in which clauses were written."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from comity.errors import Problems
from comity.facts import Vocabulary
from comity.pack.codec import encode
from comity.pack.program import Clause, Pack, Program

if TYPE_CHECKING:
    from comity.pack.read import RawClause


def settle_clauses(raw: list[RawClause], problems: Problems) -> tuple[Clause, ...]:
    """Resolve which clause lifts which, refuse circles, and sort so that every excuse stands before what it lifts."""
    by_short: dict[str, RawClause] = {}
    for item in raw:
        short = item.clause.id.rsplit("/", 1)[1]
        if short in by_short:
            message, span = f"the clause `{short}` is declared twice", item.fields.span_of("id")
            help_ = f"the first is at {by_short[short].fields.span_of('id')}"
            problems.add("duplicate-id", message, span, help=help_, context=item.fields.context)
        by_short[short] = item
    lifts = {item.clause.id: _targets(item, by_short, problems) for item in by_short.values()}
    lifted_by: dict[str, list[str]] = {}
    for excuse, targets in lifts.items():
        for target in targets:
            lifted_by.setdefault(target, []).append(excuse)
    clauses = {
        item.clause.id: dataclasses.replace(
            item.clause,
            excuses=tuple(sorted(lifts[item.clause.id])),
            excused_by=tuple(sorted(lifted_by.get(item.clause.id, ()))),
        )
        for item in by_short.values()
    }
    return _in_order(clauses, by_short, problems)


def _targets(item: RawClause, by_short: dict[str, RawClause], problems: Problems) -> set[str]:
    if item.clause.effect != "excuses":
        return set()
    is_all = [s.text for s in item.excuses] == ["all"]
    context = item.fields.context
    for name in (*([] if is_all else item.excuses), *item.exceptions):
        if name.text not in by_short:
            problems.add_unknown("unknown-clause", "clause", name.text, by_short, name.span, context=context)
    if is_all:
        left_out = {s.text for s in item.exceptions}
        return {o.clause.id for short, o in by_short.items() if short not in left_out and _is_met(item, o)}
    if item.exceptions:
        message = "`except` goes with `excuses: all` only"
        problems.add("effect", message, item.fields.span_of("except"), context=context)
    if not item.excuses:
        problems.add("effect", "an excuse names what it lifts", item.fields.span_of("excuses"), context=context)
    return {by_short[name.text].clause.id for name in item.excuses if name.text in by_short}


def _is_met(item: RawClause, other: RawClause) -> bool:
    """Whether `excuses: all` lifts another clause: a ban or a duty on a kind of case that both are about."""
    return other.clause.effect != "excuses" and not set(other.clause.kinds).isdisjoint(item.clause.kinds)


def _in_order(clauses: dict[str, Clause], by_short: dict[str, RawClause], problems: Problems) -> tuple[Clause, ...]:
    ordered: list[Clause] = []
    done: set[str] = set()
    waiting = sorted(clauses)
    while waiting:
        ready = [id_ for id_ in waiting if all(e in done for e in clauses[id_].excused_by)]
        if not ready:
            ready = _circle(clauses, waiting)
            shown = [id_.rsplit("/", 1)[1] for id_ in (*ready, ready[0])]
            fields = by_short[shown[0]].fields
            message = f"excuses go in a circle: {' → '.join(shown)}"
            problems.add("cycle", message, fields.span_of("excuses"), context=fields.context)
        ordered += [clauses[id_] for id_ in ready]
        done.update(ready)
        waiting = [id_ for id_ in waiting if id_ not in done]
    return tuple(ordered)


def _circle(clauses: dict[str, Clause], waiting: list[str]) -> list[str]:
    """Clauses each of which lifts the next, and the last the first; there is one where nothing else is ready."""
    path = [waiting[0]]
    while True:
        before = next(e for e in clauses[path[-1]].excused_by if e in waiting)
        if before in path:
            circle = list(reversed(path[path.index(before) :]))
            start = circle.index(min(circle))
            return circle[start:] + circle[:start]
        path.append(before)


def link(vocabulary: Vocabulary, packs: Iterable[Pack]) -> Program:
    """One program of several packs, in the order of their ids.

    Raises:
        ValueError: two packs have one id.
    """
    ordered = tuple(sorted(packs, key=lambda p: p.id))
    if len({p.id for p in ordered}) != len(ordered):
        raise ValueError("two packs have one id")
    text = json.dumps(encode((vocabulary, ordered)), ensure_ascii=False, sort_keys=True)
    return Program(vocabulary, ordered, hashlib.sha256(text.encode()).hexdigest())
