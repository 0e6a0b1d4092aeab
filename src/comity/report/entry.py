"""One entry of a check in full, as HTML: verdict, what to do, what each law says, what was presumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from comity.decide.check import Check, FlowDecision, Todo
from comity.decide.decision import Duty, Need, PackDecision, Presumption, Reason
from comity.facts import Vocabulary
from comity.report import words
from comity.report.exact import exact_text
from comity.report.json import unique
from comity.report.markup import Child, Safe, el, join, link

NEEDS = {"in-place": "in place", "not-yet": "missing", "cannot": "impossible", "unknown": "not known"}
BANS = {"speaks": "forbids", "unknown": "perhaps forbids", "silent": "is silent"}
EXCUSES = {
    "satisfied": "lifts the ban",
    "open": "can lift the ban",
    "unknown": "perhaps lifts the ban",
    "closed": "closed",
}
DUTIES = {
    "open": "owed",
    "ordered": "orders the act itself",
    "done": "done",
    "unknown": "perhaps owed",
    "lifted": "lifted",
    "impossible": "cannot be met",
}
MAX_WEAK = 6
SILENT = ("not-covered", "not-modelled")


def badge(verdict: str) -> Safe:
    """A verdict as symbol and word."""
    return el(
        "span",
        el("span", words.SYMBOLS[verdict], class_="symbol", aria_hidden="true"),
        f" {verdict}",
        class_=f"badge v-{verdict}",
    )


def article(check: Check, number: int, found: FlowDecision) -> Safe:
    """One entry, folded; its head is told without opening it."""
    flow = found.flow
    head = el(
        "summary",
        el("span", str(number), class_="number"),
        el("h3", flow.title or flow.id),
        badge(found.verdict),
    )
    body = el("div", *_body(check, found), class_="why")
    return el(
        "details",
        head,
        body,
        id=f"entry-{number}",
        class_=f"entry v-{found.verdict}",
        data_entry=number,
        data_verdict=found.verdict,
    )


def _body(check: Check, found: FlowDecision) -> Iterator[Child]:
    yield _where(check, found)
    yield from _standing(check, found)
    closed = [el("li", words.CLOSED[0].upper() + words.CLOSED[1:])] if words.is_closed(found) else []
    yield _section("What to do", "ol", closed + [_todo(check, t) for t in words.sorted_todo(found)], "todo")
    if found.remedy is not None:
        yield el("p", el("strong", "The least that helps: "), words.first_way(found.remedy), class_="remedy")
    if found.exact is not None:
        yield el("p", exact_text(check.program.vocabulary, found.exact), class_="exact")
    telling = [p for p in found.packs if p.outcome not in SILENT]
    telling.sort(key=lambda p: not words.decides(found, p))
    for pack in telling:
        yield _pack(found, pack)
    silent = [p for p in found.packs if p.outcome in SILENT]
    if silent:
        told = "; ".join(f"{p.title} {words.OUTCOMES[p.outcome]}" for p in silent)
        yield el("p", el("strong", "Other packs: "), f"{told}.", class_="silent")
    presumed = _presumptions(p for d in found.decisions for p in d.presumptions)
    yield _presumed(check.program.vocabulary, presumed)
    questions = unique(q for d in found.decisions for q in d.questions)
    yield _weak(check, found)
    yield _section("Answers would settle it", "ul", [el("li", q.ask, " ", _id(q.fact)) for q in questions], "questions")


def _presumptions(found: Iterable[Presumption]) -> list[Presumption]:
    """Each fact once: where cases differ, the one that can hide a worse verdict."""
    by_fact: dict[str, Presumption] = {}
    for presumption in found:
        if presumption.fact not in by_fact or presumption.worse:
            by_fact[presumption.fact] = presumption
    return list(by_fact.values())


def _presumed(vocabulary: Vocabulary, found: list[Presumption]) -> Safe | None:
    """What was presumed; what can at most hide a way out is folded away."""
    if not found:
        return None
    grave = [_presumption(vocabulary, p) for p in found if p.worse]
    lesser = [_presumption(vocabulary, p) for p in found if not p.worse]
    return el(
        "section",
        el("h4", "Presumed, since nobody said"),
        el("ul", *grave) if grave else None,
        el(
            "details",
            el("summary", f"{words.plural(len(lesser), 'presumption')} that can hide a way out at most"),
            el("ul", *lesser),
            class_="lesser",
        )
        if lesser
        else None,
        class_="presumed",
    )


def _section(title: str, name: str, items: list[Safe], class_: str) -> Safe | None:
    if not items:
        return None
    return el("section", el("h4", title), el(name, *items), class_=class_)


def _id(text: str) -> Safe:
    return el("code", text)


# --- where it stands


def _where(check: Check, found: FlowDecision) -> Safe:
    flow = found.flow
    source = f"{flow.span.file}, line {flow.span.line}" if flow.span.line else flow.span.file
    return el(
        "p",
        el("strong", words.ends_text(check.program.vocabulary, flow.ends)),
        el("br"),
        f"{words.SECTIONS.get(flow.section, flow.section)} ",
        _id(flow.id),
        f" in {source}",
        class_="where",
    )


def _standing(check: Check, found: FlowDecision) -> Iterator[Safe]:
    """Range, acceptance, what the verdict hangs on, places without a pack."""
    vocabulary = check.program.vocabulary
    if found.verdict == "undecided":
        yield _note(f"Between {found.lowest} and {found.highest}, since something is not known.")
    if found.flow.accepted is not None:
        yield _accepted(found)
    hiding = words.hiding(check, found)
    if hiding:
        answers = [el("li", p.ask, " ", el("strong", words.answer_text(vocabulary, p))) for p in hiding]
        yield el(
            "div",
            el("p", f"{words.if_text(found).capitalize()} if this holds, which nobody said:"),
            el("ul", *answers),
            class_="note if",
        )
    bare, low, high = found.without_presumptions
    if bare != found.verdict:
        yield _note(f"With nothing presumed: {words.range_text(low, high)}.")
    for place in found.no_pack:
        name = words.place_text(vocabulary, place)
        yield _note(
            join((el("strong", f"No pack for {name} ({place}). "), "Its law is not known here: ask counsel.")), "gap"
        )
    for contradiction in unique(c for d in found.decisions for c in d.contradictions):
        ways = (el("li", line) for line in words.ways_text(contradiction, vocabulary))
        yield _note(join((words.contradiction_text(contradiction), el("ul", *ways))), "gap")


def _weak(check: Check, found: FlowDecision) -> Safe | None:
    """Places known only through people or owners, whose law was not looked at."""
    if not found.weak:
        return None
    places = words.weak_places(found)
    told = [words.weak_text(check.program.vocabulary, w) for w in places[:MAX_WEAK]]
    if len(places) > MAX_WEAK:
        told.append(words.plural(len(places) - MAX_WEAK, "more place"))
    return _note(f"Not looked at, since touched only through people or owners: the law of {'; '.join(told)}.")


def _note(text: str, class_: str = "") -> Safe:
    return el("p", text, class_=f"note {class_}".strip())


def _accepted(found: FlowDecision) -> Safe:
    accepted = found.flow.accepted
    assert accepted is not None  # noqa: S101 - the caller has looked
    held = "Accepted" if found.is_accepted else "No longer accepted"
    if found.verdict == "allowed":
        held = "Acceptance no longer needed"
    return _note(f"{held}: as {accepted.verdict}, until {accepted.until}, by {accepted.who}: {accepted.why}.")


def _todo(check: Check, todo: Todo) -> Safe:
    """One thing to do, with the article that asks for it, the effort and the day."""
    text = words.what_text(todo)
    extra: list[Child] = []
    if todo.cite:
        extra += [
            " (",
            link(todo.cite, check.program.pack[todo.clause.rpartition("/")[0]].clause[todo.clause].url),
            ")",
        ]
    if todo.what == "measure":
        extra.append(el("span", f" effort {todo.effort} of 5", class_="effort"))
    if todo.due:
        extra.append(el("strong", f" {words.due_text(todo.due)}", class_="due"))
    return el("li", text[0].upper() + text[1:], *extra)


def _presumption(vocabulary: Vocabulary, p: Presumption) -> Safe:
    mark = "can hide a worse verdict" if p.worse else "hides a way out at most"
    answer = el("strong", words.answer_text(vocabulary, p))
    return el("li", p.ask, " ", answer, f": {p.because}; {mark} (else {words.range_text(*p.otherwise)}). ", _id(p.fact))


# --- what a law says


def _pack(found: FlowDecision, pack: PackDecision) -> Safe:
    range_ = f", between {pack.lowest} and {pack.highest}" if pack.outcome == "undecided" else ""
    title = el(
        "h4",
        pack.title,
        " ",
        el("span", f"{words.OUTCOMES[pack.outcome]}{range_}", class_="outcome"),
        words.beside(pack),
    )
    clauses = el("ul", *(_reason(r) for r in pack.reasons), class_="clauses") if pack.reasons else None
    duties = el("ul", *(_duty(d) for d in pack.duties), class_="clauses duties") if pack.duties else None
    return el(
        "section",
        title,
        clauses,
        join((el("h5", "Owed beside it"), duties)) if duties else None,
        el("p", f"Law as read on {pack.read_day}; {pack.review}.", class_="read"),
        class_="law decides" if words.decides(found, pack) else "law",
    )


def _reason(reason: Reason) -> Safe:
    word = (EXCUSES if reason.effect == "excuses" else BANS).get(reason.state, reason.state)
    return el(
        "li",
        link(reason.cite, reason.url),
        " ",
        el("span", word, class_=f"state s-{reason.state}"),
        el("span", reason.says, class_="says"),
        el("ul", *(_need(n) for n in reason.needs), class_="needs") if reason.needs else None,
        _caveats(reason.confidence, reason.authority, reason.not_modelled),
    )


def _need(need: Need) -> Safe:
    return el(
        "li", el("span", NEEDS[need.state], class_=f"need n-{need.state}"), " ", need.means, " ", _id(need.measure)
    )


def _caveats(confidence: str, authority: str, not_modelled: str) -> Safe | None:
    told = []
    if confidence != "high":
        told.append(f"known with {confidence} confidence")
    if authority:
        told.append(f"after {authority}")
    if not_modelled:
        told.append(f"left to judgement: {not_modelled}")
    return el("span", "; ".join(told), class_="caveat") if told else None


def _duty(duty: Duty) -> Safe:
    term = duty.due or duty.within
    due = f", {words.due_text(term)}" if term else ""
    return el(
        "li",
        link(duty.cite, duty.url),
        " ",
        el("span", f"{DUTIES[duty.state]}{due}", class_=f"state d-{duty.state}"),
        el("span", duty.says, class_="says"),
        _caveats(duty.confidence, "", ""),
    )
