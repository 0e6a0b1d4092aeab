"""Common ground for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from comity.decide.alike import BANS, WAYS_OUT, Alike, Likeness
from comity.decide.between import case_between, story
from comity.decide.ground import BY_MEASURES, CLOSED, FREE, OPEN, UNDECIDED, Ground, Hindrance, Pair, Shared, Way
from comity.facts import Members, Value, Vocabulary
from comity.pack.program import Program
from comity.report import words
from comity.report.case import case_to_json
from comity.report.words import place_text, plural

FORMAT = "common/1"
WIDTH = 100
MAX_MATRIX = 12  # parties for whom a terminal shows the matrix
MAX_SHOWN = 8  # of long lists, of which --json tells all
SIGNS = {CLOSED: "x", UNDECIDED: "?", OPEN: "~"}
EFFORT = "Effort: of each measure 1 (a setting) to 5 (a regulator's approval), added up."
_STATES = {CLOSED: "forbidden whatever is put in place", UNDECIDED: "undecided", OPEN: "not settled in time"}
_OUTCOMES = {
    "forbidden": "forbids it",
    "undecided": "cannot say",
    "not-modelled": "does not model such a case",
    "stale-pack": "was read too long ago",
}


# --- words that the page shares


def data_text(ground: Ground, program: Program) -> str:
    """The kinds of data in words: the narrowest ones."""
    held = ground.flow.facts.get("data.categories")
    if not isinstance(held, Members):
        return "data"
    narrower = program.vocabulary.narrower
    least = sorted(m for m in held.yes if not (narrower.get(m, frozenset({m})) - {m}) & held.yes)
    return (" and ".join(least) or "other than personal") + " data"


def story_to_lines(ground: Ground, program: Program) -> Iterator[str]:
    """The kind of flow, what the counts are, where the parties stand, and what was laid over all that."""
    flow, vocabulary = ground.flow, program.vocabulary
    yield story(flow, data_text(ground, program))
    yield f"Every count of persons, and every total that a law counts over many flows, is taken to be {flow.persons:,}."
    stands = [f"{p.code} as {place_text(vocabulary, p.place)}" for p in ground.parties if p.code != p.place]
    if stands:
        yield f"Of several places under one law one stands for all: {', '.join(stands)}."
    if flow.laid_over:
        said = (f"`{name}`: {words.value_text(flow.facts.get(name))}" for name in flow.laid_over)
        yield f"Said before all that: {'; '.join(said)}."


def measures_to_lines(way: Way, vocabulary: Vocabulary) -> Iterator[str]:
    """The measures of a set with their effort, what they mean, and who needs them."""
    for number, id_ in enumerate(way.measures):
        measure = vocabulary.measure[id_]
        by = f" (needed by the law of {', '.join(way.needed_by[number])})" if way.needed_by else ""
        yield f"`{id_}`, effort {measure.effort}: {measure.means}{by}"


def swap_text(first: Way, other: Way) -> str:
    """What another way has in place of the first one."""
    added = [f"`{m}`" for m in other.measures if m not in first.measures]
    left = [f"`{m}`" for m in first.measures if m not in other.measures]
    return f"{' and '.join(added) or 'nothing'} in place of {' and '.join(left)}" if left else " and ".join(added)


def verdict_text(ground: Ground) -> str:
    """Whether there is common ground, in one line."""
    n_pairs = len(ground.pairs)
    if ground.ways:
        way = ground.ways[0]
        if not way.measures:
            return f"Allowed between all {n_pairs} ordered pairs as it is: no measure is needed."
        return f"Allowed between all {n_pairs} ordered pairs with these measures, effort {way.effort}:"
    if ground.shared is None:
        return "Open: whether a set of measures serves all was not settled in time."
    if ground.largest:
        how_many = " (and there are more)" if ground.more else ""
        return f"No set of measures serves all. The largest sets of parties that share one{how_many}:"
    if ground.not_settled:
        return "No set of measures serves all. Which parties share one was not settled in time."
    return "No set of measures serves all, and none serves any two of them in both directions."


def counts_text(ground: Ground) -> str:
    """How many pairs are in which state."""
    n_open = ground.counts[FREE] + ground.counts[BY_MEASURES]
    told = (
        f"{ground.counts[FREE]} of {len(ground.pairs)} ordered pairs are allowed without any measure, {n_open} can be."
    )
    left = [f"{n} {_STATES[state]}" for state, n in ground.counts.items() if state in _STATES and n]
    return f"{told} {'; '.join(left).capitalize()}." if left else told


def by_reason(pairs: Iterable[Pair]) -> dict[tuple[str, tuple[Hindrance, ...]], list[Pair]]:
    """Pairs that are closed, undecided or open, by state and by what stands in the way."""
    found: dict[tuple[str, tuple[Hindrance, ...]], list[Pair]] = {}
    for pair in pairs:
        if pair.state in _STATES:
            found.setdefault((pair.state, pair.hindrances), []).append(pair)
    return found


def shut_text(state: str, pairs: Sequence[Pair], ground: Ground) -> str:
    """From where to where a flow is closed, undecided or open."""
    return f"{ends_text(pairs, ground)}: {_STATES[state]}"


def ends_text(pairs: Sequence[Pair], ground: Ground) -> str:
    """From where to where: by sender, or by receiver where there are fewer of those."""
    senders, receivers = {pair.sender for pair in pairs}, {pair.receiver for pair in pairs}
    found: dict[str, list[str]] = {}
    is_by_sender = len(senders) <= len(receivers)
    for pair in pairs:
        one, other = (pair.sender, pair.receiver) if is_by_sender else (pair.receiver, pair.sender)
        found.setdefault(one, []).append(other)
    told = [(one, _some_of(others, [p.code for p in ground.parties if p.code != one])) for one, others in found.items()]
    return "; ".join(f"{one} to {others}" if is_by_sender else f"{others} to {one}" for one, others in told)


def _some_of(codes: Sequence[str], all_: Sequence[str]) -> str:
    left = [code for code in all_ if code not in codes]
    if len(codes) > 1 and len(left) < len(codes):
        return "all others" + (f" but {', '.join(left)}" if left else "")
    return ", ".join(codes)


def hindrance_to_lines(hindrance: Hindrance, program: Program) -> Iterator[str]:
    """What stands in the way, with the article, and what would have to be known."""
    if not hindrance.pack:
        yield f"no pack holds the law of {place_text(program.vocabulary, hindrance.place)}"
        return
    pack = program.pack[hindrance.pack]
    named = "; ".join(f"{pack.clause[id_].cite} (`{id_}`)" for id_ in hindrance.clauses)
    outcome = _OUTCOMES.get(hindrance.outcome, hindrance.outcome)
    yield f"{pack.id} {outcome}" + (f": {named}" if named else "")
    yield from (f"to be known: {ask}" for ask in hindrance.asks)


def cell_text(pair: Pair | None) -> str:
    """A cell of the matrix: the least effort, or a sign."""
    if pair is None:
        return "·"
    return str(pair.ways[0].effort) if pair.ways else SIGNS[pair.state]


def duties_by_party(ground: Ground, program: Program) -> dict[str, tuple[int, tuple[str, ...]]]:
    """The duties that stand beside a permission: in how many pairs, and the parties whose law orders each."""
    party = {pack.id: pack.party for pack in program.packs}
    found: dict[str, tuple[set[tuple[str, str]], set[str]]] = {}
    for pair in ground.pairs:
        for measure, clause in pair.duties:
            ends, parties = found.setdefault(measure, (set(), set()))
            ends.add((pair.sender, pair.receiver))
            parties.add(party[clause.rpartition("/")[0]])
    ordered = sorted(found.items(), key=lambda item: (-len(item[1][0]), item[0]))
    return {measure: (len(ends), tuple(sorted(parties))) for measure, (ends, parties) in ordered}


def presumed_text(fact: str, vocabulary: Vocabulary) -> str:
    """A fact that nobody said, as a question with the answer that was presumed."""
    declared = vocabulary.fact[fact]
    if declared.presume_from is not None:
        return f"{declared.ask} As `{declared.presume_from}`"
    value: Value | str | None = declared.presume
    return f"{declared.ask} {'rare kinds are absent' if value is None else words.value_text(value)}"


def sure_text(ground: Ground) -> str:
    """How much is left where nothing is presumed."""
    n_allowed = ground.counts[FREE] + ground.counts[BY_MEASURES]
    return f"With nothing presumed, {ground.n_sure} of these {n_allowed} pairs could be said to be allowed."


def asks_text(alike: Alike) -> str:
    """What clauses that are alike do, in a few words."""
    measures = " and ".join(f"`{m}`" for m in alike.measures)
    if alike.effect == "requires":
        within = " at once" if alike.within == "at-once" else f" within {alike.within}" if alike.within else ""
        return f"A duty: {measures}{within}"
    if alike.effect == "forbids":
        return f"Forbidden without {measures}" if measures else "A ban"
    does = {BANS: "A way out", WAYS_OUT: "Closes a way out"}.get(alike.lifts, "Frees from a duty")
    return f"{does} by {measures}" if measures else does


def gist(alike: Alike, program: Program) -> str:
    """What clauses that are alike say, in the words of the pack that says it most shortly."""
    said = [(program.pack[id_.rpartition("/")[0]], id_) for id_ in alike.clauses]
    text, party = min(((p.clause[id_].says, p.party) for p, id_ in said), key=lambda told: (len(told[0]), told))
    return f"“{text.rstrip('.')}” ({party})"


def cites(alike: Alike, program: Program) -> list[str]:
    """The articles of clauses that are alike, by party."""
    found: dict[str, list[str]] = {}
    for id_ in alike.clauses:
        pack = program.pack[id_.rpartition("/")[0]]
        found.setdefault(pack.party, []).append(pack.clause[id_].cite)
    return [f"{party} {', '.join(dict.fromkeys(named))}" for party, named in sorted(found.items())]


# --- text


def ground_to_text(ground: Ground, program: Program, likeness: Likeness | None, without: Iterable[str] = ()) -> str:
    """Common ground, as a person reads it.

    Args:
        ground: what was found.
        program: the packs that were asked.
        likeness: the clauses that say the same; None: nobody asked.
        without: places that were meant too, and whose law no pack holds.
    """
    codes = " ".join(party.code for party in ground.parties)
    lines = [f"Common ground of {codes}: {ground.flow.kind}, law of {ground.flow.day}"]
    missing = "; ".join(place_text(program.vocabulary, place) for place in without)
    parts: list[Iterable[str]] = [
        story_to_lines(ground, program),
        [f"! left out, as no pack holds their law: {missing}"] if missing else [],
        _shared(ground, program),
        _matrix(ground) if len(ground.parties) <= MAX_MATRIX else (),
        _duties(ground, program),
        _presumed(ground, program),
        _alike(likeness, program) if likeness is not None else (),
        [f"Of {plural(len(program.packs), 'pack')}, as modelled. {words.ALLOWED_MEANS} {words.NO_ADVICE}"],
    ]
    for part in parts:
        told = [line if line.startswith("|") else words.wrap(line, WIDTH) for line in part]
        lines += ["", *(line.removeprefix("|") for line in told)] if told else []
    return "\n".join(lines) + "\n"


def _shared(ground: Ground, program: Program) -> Iterator[str]:
    yield verdict_text(ground)
    for number, way in enumerate(ground.ways):
        if number == 0:
            yield from (f"  - {line}" for line in measures_to_lines(way, program.vocabulary))
        else:
            yield f"  or, effort {way.effort}: {swap_text(ground.ways[0], way)}"
    for shared in ground.largest:
        yield from _largest(ground, shared, program)
    for (state, hindrances), pairs in by_reason(ground.pairs).items():
        yield shut_text(state, pairs, ground)
        for hindrance in hindrances:
            yield from (f"  - {line}" for line in hindrance_to_lines(hindrance, program))
    if ground.not_settled:
        yield f"! not settled in time: {'; '.join(ground.not_settled)}"
    yield counts_text(ground)


def _largest(ground: Ground, shared: Shared, program: Program) -> Iterator[str]:
    way = shared.way
    needs = f"with these measures, effort {way.effort}:" if way.measures else "without any measure"
    yield f"  {len(shared.parties)}: {' '.join(shared.parties)}, {needs}"
    yield from (f"    - {line}" for line in measures_to_lines(way, program.vocabulary))
    yield f"    left out: {' '.join(ground.out_of(shared))}"


def _matrix(ground: Ground) -> Iterator[str]:
    codes = [party.code for party in ground.parties]
    width = max(3, *(len(code) for code in codes))
    yield "From (row) to (column): the least effort for this pair alone; x forbidden, ? undecided, ~ open."
    yield EFFORT
    yield "|" + "  ".join([" " * width, *(code.rjust(width) for code in codes)])
    for sender in codes:
        cells = (cell_text(ground.pair.get((sender, receiver))).rjust(width) for receiver in codes)
        yield "|" + "  ".join([sender.rjust(width), *cells])


def _duties(ground: Ground, program: Program) -> Iterator[str]:
    found = duties_by_party(ground, program)
    if found:
        yield "Duties that stand beside the permission, and change nothing about it:"
    for measure, (n_pairs, parties) in found.items():
        yield f"  - `{measure}` in {plural(n_pairs, 'pair')}, law of {', '.join(parties)}"


def _presumed(ground: Ground, program: Program) -> Iterator[str]:
    if not ground.presumed:
        return
    yield f"Presumed, as nobody says otherwise, and decisive. {sure_text(ground)}"
    for fact, n_pairs in ground.presumed[:MAX_SHOWN]:
        yield f"  - in {plural(n_pairs, 'pair')}: {presumed_text(fact, program.vocabulary)}"
    yield from _more(len(ground.presumed))


def _alike(likeness: Likeness, program: Program) -> Iterator[str]:
    if likeness.same:
        yield f"Clauses of theirs that say the same ({plural(len(likeness.same), 'group')}):"
    elif not likeness.n_open:
        yield "No clauses of theirs say the same thing."
    for alike in likeness.same[:MAX_SHOWN]:
        yield f"  - {asks_text(alike)}: {gist(alike, program)}: {'; '.join(cites(alike, program))}"
    yield from _more(len(likeness.same))
    if likeness.n_open:
        yield f"! not settled in time: {plural(likeness.n_open, 'comparison')} of clauses"


def _more(number: int) -> Iterator[str]:
    if number > MAX_SHOWN:
        yield f"  and {number - MAX_SHOWN} more: --json lists them"


# --- JSON


def ground_to_json(
    ground: Ground, program: Program, likeness: Likeness | None, without: Iterable[str] = ()
) -> dict[str, Any]:
    """Common ground in the format `common/1`; the arguments are those of `ground_to_text`."""
    first = case_between(program.vocabulary, ground.flow, ground.parties[0], ground.parties[1])
    return {
        "format": FORMAT,
        "kind": ground.flow.kind,
        "day": ground.flow.day.isoformat(),
        "story": list(story_to_lines(ground, program)),
        "first_case": case_to_json(first, program.vocabulary),
        "parties": [{"party": party.code, "place": party.place} for party in ground.parties],
        "without_pack": sorted(without),
        "counts": {"pairs": len(ground.pairs), **ground.counts},
        "shared": ground.shared,
        "sets": [_way(way) for way in ground.ways],
        "largest": [
            {
                "parties": list(shared.parties),
                "set": _way(shared.way),
                "out": list(ground.out_of(shared)),
            }
            for shared in ground.largest
        ],
        "more_largest": ground.more,
        "steps": [{"added": list(s.added), "effort": s.effort, "n_open": s.n_open} for s in ground.steps],
        "pairs": [_pair(pair, program) for pair in ground.pairs],
        "presumed": [{"fact": fact, "n_pairs": n_pairs} for fact, n_pairs in ground.presumed],
        "n_sure": ground.n_sure,
        "not_settled": list(ground.not_settled),
        "alike": None if likeness is None else _likeness(likeness),
        "packs": [
            {
                "id": pack.id,
                "reaches": pack.id in ground.reaching,
                "read_day": pack.read_day.isoformat(),
                "not_modelled": list(pack.not_modelled),
            }
            for pack in program.packs
        ],
    }


def _way(way: Way) -> dict[str, Any]:
    told: dict[str, Any] = {"measures": list(way.measures), "effort": way.effort}
    return told | ({"needed_by": [list(parties) for parties in way.needed_by]} if way.needed_by else {})


def _pair(pair: Pair, program: Program) -> dict[str, Any]:
    return {
        "from": pair.sender,
        "to": pair.receiver,
        "state": pair.state,
        "sets": [_way(way) for way in pair.ways],
        "in_the_way": [_hindrance(hindrance, program) for hindrance in pair.hindrances],
        "duties": [{"measure": measure, "clause": clause} for measure, clause in pair.duties],
    }


def _hindrance(hindrance: Hindrance, program: Program) -> dict[str, Any]:
    cite = {id_: program.pack[hindrance.pack].clause[id_].cite for id_ in hindrance.clauses}
    return {
        "pack": hindrance.pack or None,
        "outcome": hindrance.outcome,
        "clauses": [{"clause": id_, "cite": cite[id_]} for id_ in hindrance.clauses],
        "asks": list(hindrance.asks),
        "place": hindrance.place or None,
    }


def _likeness(likeness: Likeness) -> dict[str, Any]:
    return {
        "n_clauses": likeness.n_clauses,
        "n_open": likeness.n_open,
        "groups": [
            {
                "degree": a.degree,
                "effect": a.effect,
                "lifts": a.lifts or None,
                "measures": list(a.measures),
                "within": a.within or None,
                "parties": list(a.parties),
                "clauses": list(a.clauses),
            }
            for a in likeness.alike
        ],
    }
