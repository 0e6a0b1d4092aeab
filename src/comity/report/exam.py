"""How far the packs agree with their worked cases: as JSON and as text, with the trace of each miss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from comity.case import Facts
from comity.condition.tree import to_text
from comity.decide import one
from comity.decide.exam import Result, to_counts
from comity.pack.cases import ORIGINS
from comity.pack.program import Program
from comity.report.exam_page import exam_of_pack, scores
from comity.report.json import value_to_json

FORMAT = "test/1"


def exam_to_json(program: Program, results: list[Result]) -> dict[str, Any]:
    """Counts over all, by pack and by kind of case; every miss with its differences."""
    return {
        "format": FORMAT,
        **to_counts(results),
        "packs": {p.id: to_counts(r for r in results if r.pack == p.id) for p in program.packs},
        "kinds": {kind: to_counts(r for r in results if r.worked.case.kind == kind) for kind in _kinds(results)},
        "origins": {o: to_counts(r for r in results if r.worked.kind == o) for o in ORIGINS},
        "exam": {
            **scores(results),
            "packs": {p.id: exam_of_pack(p.id, results) for p in program.packs},
        },
        "misses": [
            {
                "case": r.worked.name,
                "pack": r.pack,
                "source": r.worked.source,
                "url": r.worked.url,
                "differences": list(r.differences),
                "known": r.worked.known,
                "file": r.worked.span.file,
                "line": r.worked.span.line,
            }
            for r in results
            if not r.agrees
        ],
    }


def _kinds(results: Iterable[Result]) -> list[str]:
    return sorted({r.worked.case.kind for r in results})


def exam_to_text(program: Program, results: list[Result], *, traces: bool = True) -> str:
    """A line per pack and per kind of case, then each miss with the authority's reason and the trace beside it."""
    lines = [_row("", ("cases", "agree", "differ", "known"))]
    for title, groups in (
        ("pack", [p.id for p in program.packs]),
        ("kind", _kinds(results)),
        ("origin", list(ORIGINS)),
    ):
        lines.append(f"by {title}")
        for name in groups:
            same = [r for r in results if name in (r.pack, r.worked.case.kind, r.worked.kind)]
            lines.append(_row(f"  {name}", tuple(to_counts(same).values())))
    lines.append(_row("all", tuple(to_counts(results).values())))
    for result in results:
        if not result.agrees:
            lines += ["", *_miss(program, result, traces)]
        elif result.worked.known:
            lines += ["", f"{result.worked.name} ({result.pack}) is marked known, and agrees after all"]
    return "\n".join(lines) + "\n"


def _row(name: str, cells: tuple[object, ...]) -> str:
    return f"{name:<28}" + "".join(f"{cell:>8}" for cell in cells)


def _miss(program: Program, result: Result, traces: bool) -> Iterator[str]:
    worked = result.worked
    yield f"{'known' if worked.known else 'DIFFERS'}: {worked.name} ({result.pack}, {worked.kind})"
    yield f"  {worked.span}"
    yield f"  source: {worked.source}" + (f" <{worked.url}>" if worked.url else "")
    if worked.reason:
        yield f"  the authority's reason: {worked.reason}"
    if worked.known:
        yield f"  why the pack differs: {worked.known}"
    for difference in result.differences:
        yield f"  {difference}"
    if traces:
        yield from _trace(program, result)


def _trace(program: Program, result: Result) -> Iterator[str]:
    pack = program.pack[result.pack]
    trace = one.Trace()
    finding = one.find_pack(pack, Facts(program.vocabulary, result.worked.case), trace)
    yield f"  scope {_word(finding.scope)}: {to_text(pack.scope)}"
    for f in finding.clauses:
        clause = pack.clause[f.clause]
        if f.when is False:
            continue
        ranks = f"ranks {f.bound[0]} to {f.bound[1]}"
        yield f"  {f.clause.rsplit('/', 1)[1]} ({clause.effect}, {clause.cite}): {_word(f.when)}, {ranks}"
        for name, value in sorted(read_facts(trace.clauses[f.clause]).items()):
            yield f"      {name} = {'unknown' if value is None else value_to_json(value)}"


def _word(value: bool | None) -> str:
    return "unknown" if value is None else str(value).lower()


def read_facts(step: one.Step) -> dict[str, Any]:
    """The facts that a step and its parts read, with their values (None: unknown)."""
    found = {name: value for name, value in step.read if name != "p"}
    for part in step.parts:
        found |= read_facts(part)
    return found
