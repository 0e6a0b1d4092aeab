"""A check as one HTML file: map, table, every entry in full. It needs no network, and no script to be read."""

from __future__ import annotations

from collections.abc import Iterator

from comity.decide.check import Check, FlowDecision
from comity.pack.program import Pack
from comity.report import words
from comity.report.entry import article, badge
from comity.report.json import places_without_pack, summary
from comity.report.markup import Child, Safe, el, join, link
from comity.report.worldmap import ASSETS, Drawing, lay_out, symbol, to_svg

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
MEANINGS = {
    "forbidden": "a clause stands against it and nothing on record lifts it",
    "undecided": "facts are missing, or the law of a place is not known here",
    "conditional": "something has still to be put in place",
    "allowed": "no modelled clause of the packs named here stands against it",
}
BORDERS = (
    "Borders and names are those of the map maker (Natural Earth, by way of world-atlas) and of ISO 3166; they imply "
    "no position on the status of any territory. Points stand for whole countries or regions, not for addresses."
)

MAX_FULL = 1000  # entries that are told in full and drawn: no browser opens a page of twenty thousand
MAX_LINKS = 100  # entries named for one place without a pack

Numbered = list[tuple[int, FlowDecision]]


def check_to_html(check: Check) -> str:
    """A whole check as one self-contained page, the same for the same check.

    Of a long one the first MAX_FULL entries, worst first, are drawn and told in full; the table holds all.
    """
    numbered: Numbered = list(enumerate(check.flows, 1))
    full = numbered[:MAX_FULL]
    drawing = lay_out(check, full)
    body = el(
        "body",
        el("a", "Skip to the list of entries", href="#entries", class_="skip"),
        _header(check),
        el(
            "main",
            _gaps(check),
            _map(check, full, drawing),
            _table(check, numbered),
            _all(check, full),
            _packs(check),
        ),
        _footer(check),
        el("script", _asset("report.js")),
    )
    return f"<!doctype html>\n{el('html', _head(check), body, lang='en')}\n"


def _asset(name: str) -> Safe:
    """A style or script of our own; neither holds `</`, which would end its element."""
    return Safe((ASSETS / name).read_text(encoding="utf-8"))


def _head(check: Check) -> Safe:
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="generator", content="Comity"),
        el("title", f"{check.map.name}: data flows decided as of {check.map.day}"),
        el("link", rel="icon", href="data:,"),
        el("style", _asset("report.css")),
    )


# --- top of the page


def _header(check: Check) -> Safe:
    counts = summary(check)
    tiles = [
        el(
            "li",
            el("span", str(counts[w]), class_="count"),
            badge(w),
            class_=f"tile v-{w}" + ("" if counts[w] else " none"),
        )
        for w in words.SYMBOLS
    ]
    n_accepted = counts["accepted"]
    accepted = f", {n_accepted} of them accepted" if n_accepted else ""
    return el(
        "header",
        el("p", "Comity", class_="brand"),
        el("h1", check.map.name),
        el(
            "p",
            f"{words.plural(counts['flows'], 'entry', 'entries')}{accepted}, decided as of ",
            el("time", _day(check), datetime=check.map.day.isoformat()),
            f" under {words.plural(len(check.program.packs), 'pack')} of law",
            class_="lead",
        ),
        el("ul", *tiles, class_="tiles", aria_label="Verdicts"),
    )


def _day(check: Check) -> str:
    return f"{check.map.day.day} {check.map.day:%B %Y}"


def _gaps(check: Check) -> Safe | None:
    """Places whose law nobody has written down, and packs not asked: said first, so that nobody trusts silence."""
    vocabulary = check.program.vocabulary
    lines: list[Safe] = []
    for place, _ in places_without_pack(check):
        entries = [number for number, f in enumerate(check.flows, 1) if place in f.no_pack]
        links = [part for n in entries[:MAX_LINKS] for part in (_to_entry(n, str(n)), ", ")][:-1]
        if len(entries) > MAX_LINKS:
            links.append(f" and {len(entries) - MAX_LINKS:,} more")
        word = "entry " if len(entries) == 1 else "entries "
        lines.append(el("li", el("strong", f"{words.place_text(vocabulary, place)} ({place})"), f": {word}", *links))
    parts: list[Child] = []
    if lines:
        parts += [el("h2", "No pack for these places", id="gaps"), el("p", "What their law says is not known here.")]
        parts.append(el("ul", *lines))
    if check.left_out:
        parts.append(el("p", el("strong", "Left out on request: "), ", ".join(check.left_out)))
    granted = [el("li", words.presumption_text(check.program.vocabulary, p)) for p in words.taken_for_granted(check)]
    if granted:
        parts += [el("p", el("strong", "Taken for granted for the whole map, since nobody said: ")), el("ul", *granted)]
    return el("section", *parts, class_="gaps", aria_labelledby="gaps" if lines else None) if parts else None


def _to_entry(number: int, text: str) -> Child:
    """A link to an entry; the text alone for one that is not told in full."""
    return el("a", text, href=f"#entry-{number}", data_entry=number) if number <= MAX_FULL else text


# --- map


def _map(check: Check, numbered: Numbered, drawing: Drawing) -> Safe:
    hint = "Choose a sign of the map, or an entry of the list below, to see why."
    return el(
        "section",
        el("h2", "Where the data go", id="map"),
        el(
            "div",
            el(
                "figure",
                el("p", "Move the map sideways to see all of it.", class_="sideways"),
                el(
                    "div",
                    to_svg(check, numbered, drawing),
                    class_="scroll",
                    tabindex="0",
                    role="group",
                    aria_label="Map",
                ),
                _caption(check, drawing),
            ),
            el(
                "section",
                el("h3", "Why", id="why-title", tabindex="-1"),
                el("div", el("p", hint), id="why-body", class_="why"),
                id="why",
                aria_labelledby="why-title",
                hidden=True,
            ),
            class_="stage",
        ),
        el("p", "", id="status", role="status", class_="quiet"),
        aria_labelledby="map",
    )


def _caption(check: Check, drawing: Drawing) -> Safe:
    lines = [
        el(
            "li",
            el(
                "svg",
                el("path", d="M2 10H64", class_="line"),
                el("rect", x=24, y=1, width=20, height=18, rx=9, stroke_width=1.5),
                symbol(word, (34.0, 10.0), 5.0),
                viewBox="0 0 66 20",
                width=66,
                height=20,
                aria_hidden="true",
                class_=f"entry v-{word}",
            ),
            el("span", el("strong", word), f": {MEANINGS[word]}"),
        )
        for word in words.SYMBOLS
    ]
    if places_without_pack(check):
        swatch = el(
            "svg",
            el("rect", x=1, y=1, width=64, height=18, class_="unknown"),
            viewBox="0 0 66 20",
            width=66,
            height=20,
            aria_hidden="true",
        )
        lines.append(el("li", swatch, el("span", el("strong", "no pack"), ": the law there is not known here")))
    undrawn = ", ".join(str(n) for n in drawing.undrawn)
    return el(
        "figcaption",
        el("ul", *lines, class_="legend"),
        el("p", f"Not on the map, since no place is known: {undrawn}.") if undrawn else None,
        _partly(check, "The map shows"),
        el("p", BORDERS, class_="borders"),
    )


def _partly(check: Check, what: str) -> Safe | None:
    """Says of a long check that only its first entries stand there."""
    if len(check.flows) <= MAX_FULL:
        return None
    told = f"{what} the first {MAX_FULL:,} of {len(check.flows):,} entries, the worst of them."
    return el("p", told, " The table holds all; ", el("code", "--json"), " tells them in full.")


# --- table


def _table(check: Check, numbered: Numbered) -> Safe:
    heads = ("No.", "Verdict", "Entry", "From → to", "Law that decides", "What to do")
    counts = summary(check)
    filters = [("all", counts["flows"]), *((w, counts[w]) for w in words.SYMBOLS if counts[w])]
    buttons = [
        el(
            "button",
            f"{word} ({n})",
            type="button",
            data_filter=word,
            aria_pressed="true" if word == "all" else "false",
        )
        for word, n in filters
    ]
    return el(
        "section",
        el("h2", "All entries, worst first", id="entries", tabindex="-1"),
        el("div", *buttons, class_="filters", role="group", aria_label="Show only", hidden=True),
        el(
            "table",
            el("caption", f"Verdict, law and what to do for each entry of {check.map.name}", class_="quiet"),
            el(
                "thead",
                el("tr", *(el("th", h, scope="col", role="columnheader") for h in heads), role="row"),
                role="rowgroup",
            ),
            el("tbody", *_rows(check, numbered), role="rowgroup"),
            role="table",
        ),
        aria_labelledby="entries",
    )


def _rows(check: Check, numbered: Numbered) -> Iterator[Safe]:
    """One row for each entry; what is alike in several is made once."""
    made: dict[tuple[object, ...], tuple[Safe, Safe]] = {}
    for number, found in numbered:
        key = id(found.packs), id(found.todo), found.verdict, found.flow.section
        if key not in made:
            made[key] = _law(check, found), _todo(found)
        yield _row(check, number, found, *made[key])


def _law(check: Check, found: FlowDecision) -> Safe:
    urls = {r.cite: r.url for p in found.packs for r in p.reasons} | {
        d.cite: d.url for p in found.packs for d in p.duties
    }
    law = [el("li", link(c, urls.get(c, ""))) for c in words.cites(found)]
    law += [el("li", f"no pack for {words.place_text(check.program.vocabulary, p)}") for p in found.no_pack]
    return el("ul", *law) if law else join("nothing stands against it")


def _row(check: Check, number: int, found: FlowDecision, law: Safe, todo: Safe) -> Safe:
    flow = found.flow
    verdict: list[Child] = [badge(found.verdict)]
    if found.verdict == "undecided":
        verdict.append(el("span", words.range_text(found.lowest, found.highest), class_="range"))
    if words.hiding(check, found):
        verdict.append(el("span", "if what is presumed holds", class_="range"))
    if found.is_accepted and flow.accepted:
        verdict.append(el("span", f"accepted until {flow.accepted.until}", class_="range"))
    entry = _to_entry(number, flow.title or flow.id)
    cells = (
        ("number", str(number)),
        ("verdict", join(verdict)),
        ("entry", join((entry, el("span", words.SECTIONS.get(flow.section, flow.section), class_="kind")))),
        ("ends", words.ends_text(check.program.vocabulary, flow.ends)),
        ("law", law),
        ("todo", todo),
    )
    names = ("No.", "Verdict", "Entry", "From → to", "Law", "To do")
    return el(
        "tr",
        *(
            el("th" if key == "entry" else "td", content, class_=key, data_name=name, **_cell_role(key))
            for (key, content), name in zip(cells, names, strict=True)
        ),
        role="row",
        class_=f"v-{found.verdict}",
        data_entry=number if number <= MAX_FULL else None,
        data_verdict=found.verdict,
    )


def _cell_role(key: str) -> dict[str, object]:
    """Roles by name: a phone shows rows as cards, and browsers then forget that it is a table."""
    return {"role": "rowheader", "scope": "row"} if key == "entry" else {"role": "cell"}


def _todo(found: FlowDecision) -> Safe:
    todo = [t for t in words.sorted_todo(found) if t.what != "presumption"]
    if not todo and found.verdict != "forbidden":
        return join("nothing")
    shown = [el("li", words.short(words.todo_text(t), 90)) for t in todo[:3]]
    if words.is_closed(found):
        shown.insert(0, el("li", el("strong", words.CLOSED)))
    if len(todo) > 3:
        shown.append(el("li", f"and {len(todo) - 3} more", class_="more"))
    return el("ul", *shown)


# --- the rest


def _all(check: Check, numbered: Numbered) -> Safe:
    return el(
        "section",
        el("h2", "Every entry in full", id="full"),
        _partly(check, "Told in full are"),
        *(article(check, n, f) for n, f in numbered),
        aria_labelledby="full",
        class_="full",
    )


def _packs(check: Check) -> Safe:
    heads = ("Pack", "Law as read on", "To be read again", "Review", "Keeper", "Clauses")
    return el(
        "section",
        el("h2", "The law behind it", id="packs"),
        el(
            "table",
            el("caption", "Packs of law that were asked", class_="quiet"),
            el(
                "thead",
                el("tr", *(el("th", h, scope="col", role="columnheader") for h in heads), role="row"),
                role="rowgroup",
            ),
            el("tbody", *(_pack_row(check, p) for p in check.program.packs), role="rowgroup"),
            role="table",
        ),
        aria_labelledby="packs",
        class_="packs",
    )


def _pack_row(check: Check, pack: Pack) -> Safe:
    promise = "" if pack.binding == "law" else " A political commitment, not law."
    stale = el("strong", " Stale.") if pack.stale_on(check.map.day) else None
    cells: Iterator[tuple[str, Child]] = iter(
        (
            ("Law as read on", join((pack.read_day.isoformat(), stale))),
            ("To be read again", pack.next_read_day.isoformat() if pack.next_read_day else "not set"),
            ("Review", pack.review),
            ("Keeper", pack.keeper),
            ("Clauses", str(len(pack.clauses))),
        )
    )
    name = el("th", pack.title, el("span", el("code", pack.id), promise, class_="kind"), scope="row", role="rowheader")
    return el("tr", name, *(el("td", content, role="cell", data_name=key) for key, content in cells), role="row")


def _footer(check: Check) -> Safe:
    files = ", ".join(check.map.files)
    return el(
        "footer",
        el("p", el("strong", f"{words.ALLOWED_MEANS} {words.NO_ADVICE}")),
        el("p", f"Made by Comity from {files or check.map.name}; the law is as it was read on the days above."),
    )
