"""Where laws contradict each other: a matrix of parties, and each pair of clauses with its smallest example."""

from __future__ import annotations

import itertools
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from comity.decide.clash import LOCALISATION, Clash, Clashes, Ground, OpenPair
from comity.decide.contradiction import Contradiction
from comity.facts import Vocabulary
from comity.report import words
from comity.report.case import case_to_json, case_to_yaml

FORMAT = "contradict/1"
WIDTH = 100


# --- text


def clashes_to_text(found: Clashes, vocabulary: Vocabulary, *, pairs: bool) -> str:
    """The matrices of parties, and with `pairs` each pair of clauses, grouped by parties."""
    orders = [c for c in found.found if c.what != LOCALISATION]
    keeping = [c for c in found.found if c.what == LOCALISATION]
    n_open = sum(any(way.state == "open" for way in clash.ways) for clash in found.found)
    lines = [
        f"{words.plural(len(found.found), 'pair')} of clauses: in some case, as it stands, to obey the one breaks the "
        f"other. In the smallest cases of {n_open} a way round is open: what it needs is still to be put in place.",
        "",
    ]
    lines += [
        f"Law of {found.day}. Lawful handling at home is presumed. Each pair is shown by its smallest case, as the "
        "reference decides it.",
        "",
    ]
    lines = [words.wrap(line, WIDTH) for line in lines]
    if orders:
        lines += ["The party of the row orders what that of the column forbids:", "", *_matrix(orders), ""]
    if keeping:
        lines += ["Both want data kept at home, and no place satisfies both:", "", *_matrix(_mirrored(keeping)), ""]
    if pairs:
        for parties, group in itertools.groupby(_sorted(found.found), key=lambda c: (c.first.party, c.second.party)):
            lines += [*_group(parties, list(group), vocabulary), ""]
    elif found.found:
        lines += ["Each pair of clauses with its example: --pairs; name parties to see only theirs.", ""]
    lines += [f"! open, not settled in time: {p.first.clause} and {p.second.clause} ({p.kind})" for p in found.open]
    lines += [f"! {pack} was read too long before {found.day}: nothing is said of it" for pack in found.stale]
    lines.append(words.NO_ADVICE)
    return "\n".join(lines) + "\n"


def _sorted(found: Sequence[Clash]) -> list[Clash]:
    return sorted(found, key=lambda c: (c.first.party, c.second.party, c.first.clause, c.second.clause))


def _mirrored(found: Sequence[Clash]) -> list[tuple[str, str]]:
    return [pair for c in found for pair in ((c.first.party, c.second.party), (c.second.party, c.first.party))]


def _matrix(found: Sequence[Clash] | Sequence[tuple[str, str]]) -> Iterator[str]:
    counts = Counter(c if isinstance(c, tuple) else (c.first.party, c.second.party) for c in found)
    rows, columns = (sorted({pair[n] for pair in counts}) for n in (0, 1))
    first = max(map(len, rows))
    widths = [max(len(column), *(len(str(counts[row, column])) for row in rows)) for column in columns]
    yield " ".join([" " * first, *(column.rjust(width) for column, width in zip(columns, widths, strict=True))])
    for row in rows:
        cells = [str(counts[row, column] or "·").rjust(width) for column, width in zip(columns, widths, strict=True)]
        yield " ".join([row.ljust(first), *cells])


def _group(parties: tuple[str, str], found: list[Clash], vocabulary: Vocabulary) -> Iterator[str]:
    yield f"{parties[0]} and {parties[1]}: {words.plural(len(found), 'pair')} of clauses"
    for clash in found:
        yield ""
        yield words.wrap(f"  {_heading(clash)}", WIDTH)
        yield words.wrap(f"    {clash.first.cite}: {clash.first.says}", WIDTH)
        yield words.wrap(f"    {clash.second.cite}: {clash.second.says}", WIDTH)
        yield textwrap.indent(case_to_yaml(clash.case, vocabulary).rstrip(), " " * 6)
        yield from (words.wrap(f"    {line}", WIDTH) for line in _way_lines(clash, vocabulary))


def _heading(clash: Clash) -> str:
    first, second = clash.first, clash.second
    does = "wants data kept where it breaks" if clash.what == LOCALISATION else "orders what is forbidden by"
    return f"{first.cite} ({first.clause}) {does} {second.cite} ({second.clause})"


def _way_lines(clash: Clash, vocabulary: Vocabulary) -> Iterator[str]:
    if clash.what != LOCALISATION:
        as_in_one_case = Contradiction(
            clash.first.clause, clash.first.cite, clash.second.clause, clash.second.cite, clash.ways
        )
        yield from words.ways_text(as_in_one_case, vocabulary)
        return
    cites = {ground.clause: ground.cite for ground in (clash.first, clash.second)}
    homes = set(clash.placements[0].places)
    for placement in clash.placements:
        if not homes.isdisjoint(placement.places) and not homes.issuperset(placement.places):
            continue  # at home and elsewhere as well: no better than at home
        yield f"kept in {', '.join(placement.places)}: against {' and '.join(cites[c] for c in placement.against)}"


# --- JSON


def clashes_to_json(found: Clashes, vocabulary: Vocabulary) -> dict[str, Any]:
    """The matrix by party and party, and every pair of clauses; cases are told in the keys of a case file."""
    matrix: dict[str, dict[str, int]] = {}
    for clash in found.found:
        row = matrix.setdefault(clash.first.party, {})
        row[clash.second.party] = row.get(clash.second.party, 0) + 1
    return {
        "format": FORMAT,
        "day": found.day.isoformat(),
        "parties": sorted(found.parties),
        "matrix": matrix,
        "pairs": [_clash(c, vocabulary) for c in _sorted(found.found)],
        "open": [_open(p) for p in found.open],
        "stale": sorted(found.stale),
        "n_asked": found.n_pairs,
    }


def _ground(ground: Ground) -> dict[str, str]:
    return {
        "party": ground.party,
        "pack": ground.pack,
        "clause": ground.clause,
        "cite": ground.cite,
        "says": ground.says,
    }


def _clash(clash: Clash, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "what": clash.what,
        "kind": clash.kind,
        "first": _ground(clash.first),
        "second": _ground(clash.second),
        "case": case_to_json(clash.case, vocabulary),
        "ways": [
            {
                "clause": w.clause,
                "cite": w.cite,
                "says": w.says,
                "lifts": w.lifts,
                "state": w.state,
                "needs": list(w.needs),
            }
            for w in clash.ways
        ],
        "placements": [{"places": list(p.places), "against": list(p.against)} for p in clash.placements],
    }


def _open(pair: OpenPair) -> dict[str, Any]:
    return {"what": pair.what, "kind": pair.kind, "first": _ground(pair.first), "second": _ground(pair.second)}
