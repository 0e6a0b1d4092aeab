"""A pack for people who do not program: its articles in order, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from comity.condition import tree as t
from comity.errors import Problems
from comity.facts import Vocabulary
from comity.pack.program import THE_ACT, Clause, Coverage, Pack, Total
from comity.pack.read import PackReader
from comity.pack.tables import TableRow
from comity.report import words
from comity.report.plain import Plain, to_lines

_KINDS = {
    "transfer": "transfers",
    "collection": "collection",
    "storage": "storage",
    "access-request": "requests of authorities",
    "incident": "incidents",
    "product": "products",
    "state-act": "acts of states",
}
_PER = {
    "12-months": "in the last twelve months",
    "calendar-year": "since 1 January",
    "since-last-year": "since 1 January of the year before",
    "held": "held, without a window",
}


def law_page(folder: Path, vocabulary: Vocabulary, counts: Mapping[str, int]) -> str:
    """One pack as a Markdown page.

    Args:
        folder: the pack's.
        vocabulary: what its names mean.
        counts: its worked cases: cases, agree, differ, known.

    Raises:
        InputError: the pack has problems.
    """
    problems = Problems()
    reader = PackReader(folder, vocabulary, problems)
    pack = reader.read()
    problems.require_none()
    terms = {name: term.condition for name, term in reader.names.checked.items() if term.condition is not None}
    plain = Plain(vocabulary, terms, {total.id: _total(total, vocabulary) for total in pack.totals})
    in_order = sorted(pack.clauses, key=lambda c: (reader.spans[c.id].file, reader.spans[c.id].line))
    lines = [*_head(pack, counts), *_reach(pack, plain)]
    lines += ["", "## The articles"]
    for clause in in_order:
        lines += ["", *_clause(clause, pack, plain, vocabulary)]
    lines += [*_terms(plain), *_totals(pack, plain), *_tables(pack, reader.rows, vocabulary)]
    lines += [*_questions(pack, vocabulary), *_not_modelled(pack), *_sources(pack)]
    return "\n".join(lines) + "\n"


def _head(pack: Pack, counts: Mapping[str, int]) -> Iterator[str]:
    yield f"# {pack.title}"
    yield ""
    binding = "A commitment: a political promise, no law." if pack.binding == "commitment" else "Law."
    yield f"Pack `{pack.id}`. {binding} Kept by: {pack.keeper}."
    yield f"Read on {pack.read_day}; next reading {pack.next_read_day or 'not set'}; {pack.review}."
    missed = counts["differ"] + counts["known"]
    yield f"Held against {counts['cases']} worked cases: {counts['agree']} agree, {missed} do not."
    yield ""
    yield f"In our own words; the text of the law counts. {words.ALLOWED_MEANS} {words.NO_ADVICE}"


def _reach(pack: Pack, plain: Plain) -> Iterator[str]:
    yield ""
    yield "## What it reaches"
    yield ""
    for coverage in pack.covers:
        yield f"- {_sentence(_kinds(coverage.kinds))}, {_days_of(coverage)}"
    yield ""
    yield "Any other kind of act, or day, is not modelled."
    yield ""
    yield "The law applies where"
    yield ""
    yield from to_lines(plain.point(pack.scope))


def _clause(clause: Clause, pack: Pack, plain: Plain, vocabulary: Vocabulary) -> Iterator[str]:
    yield f"### {clause.cite}"
    yield ""
    yield f"`{clause.id.rsplit('/', 1)[1]}` · {_kinds(clause.kinds)} · {_days_of(clause)} · [text]({clause.url})"
    yield ""
    yield f"{clause.says}"
    yield ""
    yield f"**{_effect(clause, pack, vocabulary)}**"
    if clause.when != t.TRUE:
        yield ""
        yield "where"
        yield ""
        yield from to_lines(plain.point(clause.when))
    if clause.needs:
        yield ""
        yield "It takes:" if clause.effect == "excuses" else "unless these are in place:"
        yield ""
        yield from (f"- {vocabulary.measure[m].means} (`{m}`)" for m in clause.needs)
    for word, text in (("Reading", clause.authority), ("Left to judgement", clause.not_modelled)):
        if text:
            yield ""
            yield f"{word}: {text}"
    if clause.confidence != "high":
        yield ""
        yield f"Known with {clause.confidence} confidence."


def _effect(clause: Clause, pack: Pack, vocabulary: Vocabulary) -> str:
    if clause.effect == "forbids":
        return "Forbidden"
    if clause.effect == "excuses":
        lifted = ", ".join(dict.fromkeys(pack.clause[id_].cite for id_ in clause.excuses))
        return f"{'Exempts from' if clause.exempts else 'Lifts'} {lifted}"
    if clause.measure == THE_ACT:
        return "Orders the act itself"
    text = f"Owed: {vocabulary.measure[clause.measure].means}"
    text += f", to: {clause.addressee}" if clause.addressee else ""
    if clause.within:
        start = vocabulary.fact[clause.start].means.partition(";")[0] if clause.start else ""
        text += f"; {words.due_text(clause.within)}" + (f", counted from {start}" if start else "")
    return text


def _terms(plain: Plain) -> Iterator[str]:
    if plain.terms:
        yield from ("", "## Terms", "", "Words in italics above that this page uses for conditions that recur.")
    for condition, name in sorted(plain.terms.items(), key=lambda item: item[1]):
        yield ""
        yield f"**{name}**"
        yield ""
        yield from to_lines(plain.point(condition, defining=True))


def _totals(pack: Pack, plain: Plain) -> Iterator[str]:
    if pack.totals:
        yield from ("", "## What it counts", "")
    for total in pack.totals:
        yield f"- `{total.id.rsplit(':', 1)[1]}`: {plain.counts[total.id]}"
        if total.where != t.TRUE:
            yield from (f"  {line}" for line in to_lines(plain.point(total.where)))
        if total.leaves_out:
            cites = ", ".join(dict.fromkeys(pack.clause[id_].cite for id_ in total.leaves_out))
            yield f"  - without flows that these lift: {cites}"


def _total(total: Total, vocabulary: Vocabulary) -> str:
    of = f" of {words.place_text(vocabulary, total.of)}" if total.of else ""
    data = f" in data that are {' or '.join(total.data)}" if total.data else ""
    without = f", not {' or '.join(total.without)}" if total.without else ""
    over = " and ".join(f"the same {role}" for role in total.over)
    return f"{total.count}{of}{data}{without}, each once, over all flows of {over}, {_PER[total.per]}"


def _tables(pack: Pack, rows: tuple[TableRow, ...], vocabulary: Vocabulary) -> Iterator[str]:
    if rows:
        yield from ("", "## Tables")
    url = {source.id: source.url for source in pack.sources}
    for name in dict.fromkeys(row.table for row in rows):
        yield from (
            "",
            f"### {name}",
            "",
            "| place | from | until | where | basis | remarks |",
            "| --- | --- | --- | --- | --- | --- |",
        )
        yield from (_row(row, url, vocabulary) for row in rows if row.table == name)


def _row(row: TableRow, url: Mapping[str, str], vocabulary: Vocabulary) -> str:
    place = (
        words.place_text(vocabulary, row.place.replace("_", "-")) if row.place not in vocabulary.group else row.place
    )
    basis = row.cite or row.source
    if row.source in url:
        basis = f"[{basis}]({url[row.source]})"
    where = f"`{row.where}`" if row.where else ""
    cells = (place, row.days.first_day or "", row.days.last_day or "", where, basis, "; ".join(row.remarks))
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _questions(pack: Pack, vocabulary: Vocabulary) -> Iterator[str]:
    read = frozenset[str]().union(t.facts_of(pack.scope), *(t.facts_of(c.when) for c in pack.clauses))
    asked = [fact for fact in vocabulary.facts if fact.id in read and fact.id not in ("day", "kind")]
    yield from ("", "## What is asked", "", "| question | fact | when nobody says |", "| --- | --- | --- |")
    for fact in asked:
        presumed = "stays open"
        if fact.presume_from:
            presumed = f"as `{fact.presume_from}`"
        elif fact.presume is not None:
            presumed = words.value_text(fact.presume)
        yield f"| {fact.ask} | `{fact.id}` | {presumed} |"


def _not_modelled(pack: Pack) -> Iterator[str]:
    yield from ("", "## What is not modelled", "")
    yield from (f"- {line}" for line in pack.not_modelled or ("nothing was left out knowingly",))


def _sources(pack: Pack) -> Iterator[str]:
    yield from ("", "## Sources", "", "| source | read on |", "| --- | --- |")
    yield from (f"| [{s.title}]({s.url}) | {s.read_day} |" for s in pack.sources)


def _kinds(kinds: tuple[str, ...]) -> str:
    return ", ".join(_KINDS[k] for k in kinds)


def _days_of(of: Coverage | Clause) -> str:
    if of.first_day and of.last_day:
        return f"from {of.first_day} to {of.last_day}"
    if of.first_day:
        return f"since {of.first_day}"
    return f"until {of.last_day}" if of.last_day else "at all times"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
