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
            first = by_short[short].fields.span_of("id").line
            problems.add("duplicate-id", f"the clause `{short}` is declared twice", item.fields.span_of("id"), help=f"the first is in line {first}", context=item.fields.context)
        by_short[short] = item
    lifts = {item.clause.id: _targets(item, by_short, problems) for item in by_short.values()}
    lifted_by: dict[str, list[str]] = {}
    for excuse, targets in lifts.items():
        for target in targets:
            lifted_by.setdefault(target, []).append(excuse)
    clauses = {
        item.clause.id: dataclasses.replace(
            item.clause, excuses=tuple(sorted(lifts[item.clause.id])), excused_by=tuple(sorted(lifted_by.get(item.clause.id, ())))
        )
        for item in by_short.values()
    }
    return _in_order(clauses, by_short, problems)


def _targets(item: RawClause, by_short: dict[str, RawClause], problems: Problems) -> set[str]:
    if item.clause.effect != "excuses":
        return set()
    named = [s.text for s in item.excuses]
    if named == ["all"]:
        except_ = {s.text for s in item.exceptions}
        for name in item.exceptions:
            if name.text not in by_short:
                problems.add_unknown("unknown-clause", "clause", name.text, by_short, name.span, context=item.fields.context)
        return {
            other.clause.id
            for short, other in by_short.items()
            if short not in except_ and other.clause.effect == "forbids" and set(other.clause.kinds) & set(item.clause.kinds)
        }
    found = set()
    if item.exceptions:
        problems.add("effect", "`except` goes with `excuses: all` only", item.fields.span_of("except"), context=item.fields.context)
    for name in item.excuses:
        if name.text in by_short:
            found.add(by_short[name.text].clause.id)
        else:
            problems.add_unknown("unknown-clause", "clause", name.text, by_short, name.span, context=item.fields.context)
    return found


def _in_order(clauses: dict[str, Clause], by_short: dict[str, RawClause], problems: Problems) -> tuple[Clause, ...]:
    ordered: list[Clause] = []
    done: set[str] = set()
    waiting = sorted(clauses)
    while waiting:
        ready = [id_ for id_ in waiting if all(e in done for e in clauses[id_].excused_by)]
        if not ready:
            circle = sorted(waiting)
            item = by_short[circle[0].rsplit("/", 1)[1]]
            shown = " → ".join(id_.rsplit("/", 1)[1] for id_ in circle[:5])
            problems.add("cycle", f"excuses go in a circle: {shown}", item.fields.span_of("excuses"), context=item.fields.context)
            break
        ordered += [clauses[id_] for id_ in ready]
        done.update(ready)
        waiting = [id_ for id_ in waiting if id_ not in done]
    return tuple(ordered)


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
