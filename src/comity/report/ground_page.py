"""The common ground of all parties as a page: what the packs' laws have in common, with what that rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from comity.decide.alike import Likeness, find_alike
from comity.decide.between import Party, choose, template
from comity.decide.ground import BY_MEASURES, FREE, Ground, find_ground, of_parties
from comity.pack.program import Pack, Program
from comity.report import words
from comity.report.ground import (
    EFFORT,
    asks_text,
    by_reason,
    cites,
    counts_text,
    data_text,
    duties_by_party,
    gist,
    hindrance_to_lines,
    measures_to_lines,
    presumed_text,
    shut_text,
    story_to_lines,
    sure_text,
    swap_text,
    verdict_text,
)
from comity.report.ground_matrix import described, ground_to_svg, name_of

SECONDS = 60.0  # for one question: the page must not hang on how busy the machine is
PICTURE = "common-ground.svg"
IN_FULL = (("transfer", "contact"), ("transfer", "health"))
IN_SHORT = (("collection", "contact"), ("storage", "contact"), ("access-request", "contact"))
_TITLES = {
    "transfer": "Transfer of {data}",
    "collection": "Collection of {data} from abroad",
    "storage": "Storage of {data} abroad",
    "access-request": "Order of a foreign authority to hand over {data}",
}


_INTRO = """\
A flow is put to every ordered pair of parties and decided under all packs. Common ground is a set of measures with
which it is allowed between all of them, in both directions; the smallest sets are told. Each answer was decided again
without the solver, pair by pair. Where parts of a country have a law of their own, the part is not said, and the flow
has to be allowed in each."""
_VOCABULARY = "What each measure is, the [vocabulary](reference/vocabulary.md) says."
_ALIKE = """\
They have the same effect, ask for the same measures, and hold on the same conditions in every case that both laws
reach. What a law says of its own territory is read as said of a home. The words are those of the pack that says it
most shortly; the texts differ, and what a way out leads out of is not compared."""


@dataclass(frozen=True)
class Findings:
    """What the page tells.

    Attributes:
        full: the kinds of flow that are told in full; the first one is drawn.
        short: those that are told in short.
        likeness: the clauses that say the same, of flows of the first kind, for data of all that are told in full.
    """

    full: tuple[Ground, ...]
    short: tuple[Ground, ...]
    likeness: Likeness


def find_all(program: Program, day: dt.date, names: Sequence[str] = (), *, seconds: float = SECONDS) -> Findings:
    """Ask all questions of the page.

    Args:
        program: the packs.
        day: of the law.
        names: codes of parties, two or more; none: all.
        seconds: the limit for one question.
    """
    parties, _ = choose(program, day, names)

    def asked(kind: str, data: str) -> Ground:
        return find_ground(program, template(program, kind, day, data=[data]), parties, seconds=seconds)

    full = tuple(asked(kind, data) for kind, data in IN_FULL)
    packs = {id_ for ground in full for id_ in of_parties(ground, program)}
    of_data = [ground.flow.categories for ground in full]
    likeness = find_alike(program, packs, IN_FULL[0][0], day, data=of_data, seconds=seconds)
    return Findings(full, tuple(asked(kind, data) for kind, data in IN_SHORT), likeness)


def ground_picture(found: Findings, program: Program) -> str:
    """The matrix of the first kind of flow as SVG."""
    return ground_to_svg(found.full[0], program.vocabulary, _title(found.full[0], program))


def ground_page(found: Findings, program: Program) -> str:
    """The page in Markdown; it shows the picture that lies beside it."""
    first = found.full[0]
    lines = [*_head(first, program), *_in_short(found, program)]
    lines += ["", f"![{described(first)}]({PICTURE})", "", f"{_title(first, program)}. {EFFORT} {_VOCABULARY}"]
    for ground in found.full:
        lines += ["", f"## {_title(ground, program)}", "", *_told(ground, program)]
        lines += [*_steps(ground), *_duties(ground, program), *_presumed(ground, program)]
    for ground in found.short:
        lines += ["", f"## {_title(ground, program)}", "", *_told(ground, program)]
        lines += ["", f"{sure_text(ground)} What is presumed: `comity common --about {ground.flow.kind}`."]
    lines += ["", *_alike(found, program)]
    return "\n".join(lines) + "\n"


def _title(ground: Ground, program: Program) -> str:
    return _TITLES[ground.flow.kind].format(data=data_text(ground, program))


# --- head


def _head(ground: Ground, program: Program) -> Iterator[str]:
    days = sorted({pack.read_day for pack in program.packs})
    read = f"on {days[0]}" if len(days) == 1 else f"from {days[0]} to {days[-1]}"
    n_packs = words.plural(len(program.packs), "pack")
    yield "# Common ground"
    yield ""
    yield f"What the laws of {len(ground.parties)} parties on data that cross a border have in common:"
    yield f"**of these {n_packs}, as modelled, read {read}**. Law of {ground.flow.day}, found by a solver."
    yield ""
    yield _INTRO
    yield ""
    yield f"{words.ALLOWED_MEANS} {words.NO_ADVICE}"
    yield ""
    yield f"<details><summary>The {n_packs}, the day on which each was read, and what it leaves out</summary>"
    yield ""
    for pack in program.packs:
        yield from _pack(pack, pack.id in ground.reaching)
    yield ""
    yield "</details>"
    yield ""
    yield "The parties: " + ", ".join(_named(party, program) for party in ground.parties) + "."
    yield ""


def _pack(pack: Pack, reaches: bool) -> Iterator[str]:
    speaks = "" if reaches else "; says nothing about these transfers"
    page = f"law/{pack.id.replace('/', '-')}.md"
    yield f"- [{pack.id}]({page}), read on {pack.read_day}, {pack.review}{speaks}. Not modelled:"
    yield from (f"  - {_cell(line)}" for line in pack.not_modelled)


def _named(party: Party, program: Program) -> str:
    return f"{party.code} ({name_of(party, program.vocabulary)})"


def _in_short(found: Findings, program: Program) -> Iterator[str]:
    yield "| kind of flow | pairs allowed without a measure | with measures | not, or open | common ground |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for ground in (*found.full, *found.short):
        n_free, n_by = ground.counts[FREE], ground.counts[BY_MEASURES]
        cells = (str(n) for n in (n_free, n_by, len(ground.pairs) - n_free - n_by))
        yield f"| {_title(ground, program)} | {' | '.join(cells)} | {_common(ground)} |"


def _common(ground: Ground) -> str:
    if ground.ways:
        return f"of all: {words.plural(len(ground.ways[0].measures), 'measure')}, effort {ground.ways[0].effort}"
    if ground.shared is None or not ground.largest:
        return "open" if ground.not_settled else "none"
    shared = ground.largest[0]
    out = " ".join(ground.out_of(shared))
    needs = f"{words.plural(len(shared.way.measures), 'measure')}, effort {shared.way.effort}"
    return f"of {len(shared.parties)}, without {out}: {needs}"


# --- one kind of flow


def _told(ground: Ground, program: Program) -> Iterator[str]:
    """The story, the sets of measures, who falls out and why."""
    yield from story_to_lines(ground, program)
    yield ""
    yield f"**{verdict_text(ground)}**"
    yield ""
    for number, way in enumerate(ground.ways):
        if number == 0:
            yield from (f"- {line}" for line in measures_to_lines(way, program.vocabulary))
        else:
            yield f"- or, effort {way.effort}: {swap_text(ground.ways[0], way)}"
    for shared in ground.largest:
        out = ", ".join(ground.out_of(shared))
        yield f"- {len(shared.parties)} parties, all but {out}; effort {shared.way.effort}:"
        yield from (f"  - {line}" for line in measures_to_lines(shared.way, program.vocabulary))
    shut = by_reason(ground.pairs)
    if shut:
        yield ""
        yield "Who falls out, and why:"
        yield ""
    for (state, hindrances), pairs in shut.items():
        yield f"- {shut_text(state, pairs, ground)}"
        for hindrance in hindrances:
            yield from (f"  - {line}" for line in hindrance_to_lines(hindrance, program))
    yield ""
    yield counts_text(ground)
    if ground.not_settled:
        yield f"Not settled in time: {'; '.join(ground.not_settled)}."


def _steps(ground: Ground) -> Iterator[str]:
    yield ""
    yield "Step by step, from nothing on, what opens most pairs for its effort:"
    yield ""
    yield "| step | put in place | effort | pairs allowed |"
    yield "| ---: | --- | ---: | ---: |"
    for number, step in enumerate(ground.steps):
        added = ", ".join(f"`{m}`" for m in step.added) or "nothing"
        yield f"| {number} | {added} | {step.effort} | {step.n_open} |"


def _duties(ground: Ground, program: Program) -> Iterator[str]:
    found = duties_by_party(ground, program)
    if found:
        yield ""
        yield "Duties that stand beside the permission, and change nothing about it:"
        yield ""
        yield "| duty | pairs | law of |"
        yield "| --- | ---: | --- |"
    for measure, (n_pairs, parties) in found.items():
        yield f"| `{measure}` | {n_pairs} | {', '.join(parties)} |"


def _presumed(ground: Ground, program: Program) -> Iterator[str]:
    if ground.presumed:
        yield ""
        yield f"Presumed, as nobody says otherwise, and decisive. {sure_text(ground)}"
        yield ""
        yield "| question and presumed answer | pairs that hang on it |"
        yield "| --- | ---: |"
    for fact, n_pairs in ground.presumed:
        yield f"| {_cell(presumed_text(fact, program.vocabulary))} | {n_pairs} |"


# --- clauses


def _alike(found: Findings, program: Program) -> Iterator[str]:
    likeness = found.likeness
    data = " or ".join(data_text(ground, program) for ground in found.full)
    yield "## Clauses that say the same"
    yield ""
    yield f"Of {likeness.n_clauses} clauses on transfers those that can make a difference for {data}, and that have a"
    yield "counterpart in the law of another party."
    yield _ALIKE
    yield ""
    yield "| what they do | in the words of one | by party |"
    yield "| --- | --- | --- |"
    for alike in likeness.same:
        yield f"| {asks_text(alike)} | {_cell(gist(alike, program))} | {_cell('; '.join(cites(alike, program)))} |"
    if likeness.same_measure:
        yield ""
        yield "The same measures on conditions that differ:"
        yield ""
        yield from (f"- {asks_text(alike)}: {', '.join(alike.parties)}" for alike in likeness.same_measure)
    if likeness.n_open:
        yield ""
        yield f"Not settled in time: {words.plural(likeness.n_open, 'comparison')} of clauses."


def _cell(text: str) -> str:
    """A text of a pack in a table: no bar, and no tag."""
    return words.clean(text).replace("|", "\\|").replace("<", "&lt;")
