"""The regulators' exam as a page: how often the packs agree with published cases, at first and now, and every miss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from comity.decide.exam import Result
from comity.pack.program import Program

FIRST_FORMAT = "exam-first/1"
MIN_CASES = 5  # a pack with fewer was not examined
STRICT = ("official", "adapted")

_INTRO = """\
# The regulators' exam

Cases whose outcome an authority, a court or the text of a law itself states, published by them or reported by others.
Their facts were encoded from the stories by people who did not see the outcomes, and were committed before the packs
were first run on them. The first score is that of this first run and is never written again; the packs were then mended
from the law, and the present score is that of the packs as they are.

- A case agrees only if all that is expected comes out: the verdict (or the state of the route, or the duties, where the
  question is about those) and the clauses that the authority named. "Undecided" where the authority decided is a miss.
- Outcomes are read so: prohibited is `forbidden`; permitted on conditions is `conditional`, or `allowed` under a named
  clause or beside a named duty where the story says that the conditions are met; permitted is `allowed`; exempt is
  `exempt`; outside the law is `not-covered`.
- Each case is decided under the packs of its own law alone.
- A known miss has a reason, and still counts as a miss.
"""


def first_run(results: Iterable[Result], collection: str) -> dict[str, Any]:
    """The first run of one collection, to be kept."""
    ran = sorted((r for r in results if r.worked.exam == collection), key=lambda r: r.worked.name)
    return {r.worked.name: {"pack": r.pack, "agrees": r.agrees, "differences": list(r.differences)} for r in ran}


def exam_page(program: Program, results: Iterable[Result], first: Mapping[str, Any]) -> str:
    """The page in Markdown.

    Args:
        program: the packs.
        results: the worked cases, decided; those that belong to a collection are the exam.
        first: the first runs: `collections`, each with its day and its cases by name.
    """
    exam = [r for r in results if r.worked.exam]
    begun = {name: case for run in first["collections"].values() for name, case in run["cases"].items()}
    lines = [_INTRO, "## Scores", "", *_table("", _overall(exam), begun)]
    by_pack = {pack.id: [r for r in exam if r.pack == pack.id] for pack in program.packs}
    enough = {id_: found for id_, found in by_pack.items() if len(found) >= MIN_CASES}
    lines += ["", "## By pack", "", *_table("pack", enough, begun)]
    few = sorted(set(by_pack) - set(enough))
    if few:
        lines += ["", f"Not examined (fewer than {MIN_CASES} cases):", ""]
        lines += [f"- {id_}: {_few(by_pack[id_], begun)}" for id_ in few]
    lines += ["", "## By collection", "", *_table("collection", _by(exam, lambda r: r.worked.exam), begun)]
    for name, run in sorted(first["collections"].items()):
        lines += [f"- {name}: first run on {run['day']}"] if name in {r.worked.exam for r in exam} else []
    lines += ["", "## By origin", "", *_table("origin", _by(exam, lambda r: r.worked.kind), begun)]
    lines += ["", "## By kind of case", "", *_table("kind", _by(exam, lambda r: r.worked.case.kind), begun)]
    return "\n".join([*lines, "", *_misses(exam)]) + "\n"


def scores(results: Iterable[Result]) -> dict[str, dict[str, float]]:
    """Cases, agreeing ones and percent, of official and adapted cases and of all."""
    return {
        name: {"cases": len(found), "agree": _agree(found), "percent": _percent(_agree(found), len(found))}
        for name, found in _overall([r for r in results if r.worked.exam]).items()
    }


def exam_of_pack(pack: str, results: Iterable[Result]) -> dict[str, Any]:
    """How one pack did: cases, agreeing ones, percent; whether that is enough to say that it was examined."""
    found = [r for r in results if r.worked.exam and r.pack == pack]
    agree = _agree(found)
    examined = len(found) >= MIN_CASES
    return {"cases": len(found), "agree": agree, "percent": _percent(agree, len(found)), "examined": examined}


def _overall(exam: list[Result]) -> dict[str, list[Result]]:
    return {"official and adapted": [r for r in exam if r.worked.kind in STRICT], "all": exam}


def _by(exam: list[Result], key: Any) -> dict[str, list[Result]]:
    return {name: [r for r in exam if key(r) == name] for name in sorted({key(r) for r in exam})}


def _agree(found: Iterable[Result]) -> int:
    return sum(r.agrees for r in found)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _table(title: str, groups: Mapping[str, list[Result]], begun: Mapping[str, Any]) -> Iterator[str]:
    yield f"| {title} | cases | agreed at first | agree now |"
    yield "| --- | ---: | ---: | ---: |"
    for name, found in groups.items():
        n_first, n_now = _first(found, begun), _agree(found)
        cells = (f"{n} ({_percent(n, len(found))} %)" for n in (n_first, n_now))
        yield f"| {name} | {len(found)} | {' | '.join(cells)} |"


def _first(found: Iterable[Result], begun: Mapping[str, Any]) -> int:
    return sum(begun[r.worked.name]["agrees"] for r in found if r.worked.name in begun)


def _few(found: list[Result], begun: Mapping[str, Any]) -> str:
    if not found:
        return "no case"
    return f"{len(found)} case{'s' * (len(found) > 1)}, {_first(found, begun)} agreed at first, {_agree(found)} now"


def _misses(exam: list[Result]) -> Iterator[str]:
    missed = sorted((r for r in exam if not r.agrees), key=lambda r: (r.pack, r.worked.name))
    yield f"## Misses ({len(missed)})"
    for r in missed:
        source = f"[{r.worked.source}]({r.worked.url})" if r.worked.url else r.worked.source
        yield ""
        yield f"### {r.worked.name}"
        yield ""
        yield f"{r.worked.title} ({r.pack}; {r.worked.kind}; {source})"
        yield ""
        yield from (f"- {difference}" for difference in r.differences)
        if r.worked.reason:
            yield f"- The authority's reason: {r.worked.reason}"
        yield f"- Why it is missed: {r.worked.known or 'not known'}"
