"""How far laws keep to a common text: for each commitment what was found, with the smallest case that breaks it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from comity.decide.conform import (
    BROKEN,
    KEPT,
    NOT_DECIDABLE,
    NOT_TOUCHED,
    OPEN,
    Breach,
    Conformity,
    Judgement,
)
from comity.facts import Vocabulary
from comity.pack.program import Clause, Pack
from comity.report.case import case_to_json, case_to_yaml

FORMAT = "conform/1"
_HEADINGS = {
    BROKEN: "broken: in some case the law does what this forbids, or lets it through",
    OPEN: "open: not settled",
    KEPT: "kept in every case that the packs tell apart",
    NOT_TOUCHED: "not touched: the law does nothing of the kind",
    NOT_DECIDABLE: "not decidable from rules: it takes the conduct of the state to tell",
}
_CELLS = {BROKEN: "broken", OPEN: "open", KEPT: "kept", NOT_TOUCHED: "-", NOT_DECIDABLE: "n/d"}
_ALONE = frozenset({NOT_TOUCHED, NOT_DECIDABLE})  # a column of nothing else is told in a line


def conformity_to_text(found: Conformity, vocabulary: Vocabulary) -> str:
    """The commitments by what was found of them, the broken ones first."""
    laws = ", ".join(law.id for law in found.laws)
    counts = ", ".join(f"{found.count(s)} {s.replace('-', ' ')}" for s in _HEADINGS if found.count(s))
    lines = [f"{laws} held against {found.target.id} on {found.day}: {counts}", found.target.title]
    for status, heading in _HEADINGS.items():
        judgements = [j for j in found.judgements if j.status == status]
        if judgements:
            lines += ["", heading]
        for judgement in judgements:
            lines += _judgement(judgement, vocabulary)
    if found.target.not_modelled:
        lines += ["", f"{found.target.id} leaves out:", *(f"- {line}" for line in found.target.not_modelled)]
    return "\n".join(lines) + "\n"


def conformities_to_text(found: Sequence[Conformity]) -> str:
    """A table: a row for each law, a column for each commitment that some law touches."""
    target = found[0].target
    by_clause = {
        clause.id: [conformity.judgements[number] for conformity in found]
        for number, clause in enumerate(judgement.clause for judgement in found[0].judgements)
    }
    columns = [id_ for id_, of_all in by_clause.items() if any(j.status not in _ALONE for j in of_all)]
    names = [_short(id_) for id_ in columns]
    rows = [["", *names]]
    for conformity in found:
        status = {j.clause.id: _cell(j) for j in conformity.judgements}
        rows.append([_party(conformity.laws), *(status[id_] for id_ in columns)])
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines = [f"laws held against {target.id} on {found[0].day}", target.title, "", *table, ""]
    lines += [
        "broken: in some case, which `comity conform PACK` shows; broken*: by clauses that are silent on data abroad",
        "kept: in every case; -: the law does nothing of the kind; n/d: not decidable from rules",
        "",
    ]
    left = {status: [_short(id_) for id_, of_all in by_clause.items() if {j.status for j in of_all} == {status}]
            for status in (NOT_TOUCHED, NOT_DECIDABLE)}  # fmt: skip
    mixed = [
        _short(id_) for id_ in by_clause if id_ not in columns and not any(_short(id_) in x for x in left.values())
    ]
    for words, ids in (
        ("touched by no law", left[NOT_TOUCHED]),
        ("not decidable from rules", left[NOT_DECIDABLE]),
        ("touched by no law, or not decidable", mixed),
    ):
        if ids:
            lines.append(f"{words}: {', '.join(ids)}")
    return "\n".join(lines) + "\n"


def conformity_to_json(found: Conformity, vocabulary: Vocabulary) -> dict[str, Any]:
    """One law held against a text."""
    return {"format": FORMAT, **_conformity(found, vocabulary)}


def conformities_to_json(found: Sequence[Conformity], vocabulary: Vocabulary) -> dict[str, Any]:
    """Several laws held against a text, each by itself."""
    return {"format": FORMAT, "laws": [_conformity(each, vocabulary) for each in found]}


def _conformity(found: Conformity, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "law": [law.id for law in found.laws],
        "to": found.target.id,
        "day": found.day.isoformat(),
        "counts": {status: found.count(status) for status in _HEADINGS},
        "commitments": [_judgement_to_json(j, vocabulary) for j in found.judgements],
        "not_modelled": list(found.target.not_modelled),
    }


def _judgement_to_json(judgement: Judgement, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        **_clause_to_json(judgement.clause),
        "status": judgement.status,
        "reason": judgement.reason or None,
        "by": list(judgement.by),
        "breaches": [_breach_to_json(breach, vocabulary) for breach in judgement.breaches],
    }


def _clause_to_json(clause: Clause) -> dict[str, Any]:
    return {
        "clause": clause.id,
        "cite": clause.cite,
        "says": clause.says,
        "confidence": clause.confidence,
        "authority": clause.authority or None,
        "not_modelled": clause.not_modelled or None,
    }


def _breach_to_json(breach: Breach, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "law": _clause_to_json(breach.law) if breach.law is not None else None,
        "case": case_to_json(breach.case, vocabulary),
        "act": case_to_json(breach.act, vocabulary) if breach.act is not None else None,
        "law_says": breach.says,
        "is_smallest": breach.is_smallest,
        "note": breach.note or None,
    }


def _judgement(judgement: Judgement, vocabulary: Vocabulary) -> Iterator[str]:
    clause = judgement.clause
    yield ""
    yield from _told(f"{_short(clause.id)}, {clause.cite}: {clause.says}", "  ", "    ")
    if judgement.reason:
        by = f": {', '.join(judgement.by)}" if judgement.by else ""
        yield from _told(f"{judgement.reason}{by}", "    ", "    ")
    if judgement.status != NOT_TOUCHED:
        yield from _doubts(clause, "    ")
    for number, breach in enumerate(judgement.breaches):
        yield from _breach(breach, vocabulary, is_first=number == 0)


def _breach(breach: Breach, vocabulary: Vocabulary, *, is_first: bool) -> Iterator[str]:
    law = breach.law
    if law is not None:
        lead = "by" if is_first else "and by"
        yield from _told(f"{lead} {law.id}, {law.cite}: {law.says}", "    ", "      ")
        yield from _doubts(law, "      ")
        if breach.note:
            yield from _told(breach.note, "      ", "      ")
    size = "the smallest case" if breach.is_smallest else "a case, perhaps not the smallest"
    yield f"      {size}, in which the law says: {breach.says}"
    yield textwrap.indent(case_to_yaml(breach.case, vocabulary).rstrip("\n"), "        ")


def _doubts(clause: Clause, indent: str) -> Iterator[str]:
    if clause.confidence != "high":
        yield f"{indent}confidence: {clause.confidence}"
    for words, text in (("authority", clause.authority), ("not modelled", clause.not_modelled)):
        if text:
            yield from _told(f"{words}: {text}", indent, indent + "  ")


def _told(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(text, 118, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _cell(judgement: Judgement) -> str:
    is_silent = judgement.status == BROKEN and all(breach.note for breach in judgement.breaches)
    return _CELLS[judgement.status] + ("*" if is_silent else "")


def _short(id_: str) -> str:
    return id_.rsplit("/", 1)[1]


def _party(laws: Sequence[Pack]) -> str:
    return laws[0].id if len(laws) == 1 else laws[0].id.split("/", maxsplit=1)[0]
