"""An entry as an outline to fold and unfold: what decides, what to do, what was presumed, the tree of reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from comity.browse.offers import STATES, named, offer, read_by
from comity.browse.whatif import COUNSEL, DAY, FACT, MEASURE, Change, Changes
from comity.decide.check import Check, FlowDecision, Todo
from comity.decide.decision import Reason
from comity.facts import Vocabulary
from comity.pack.program import THE_ACT
from comity.report import words
from comity.report.entry import BANS, EXCUSES
from comity.report.explain import TRUTH, Node, explain
from comity.report.json import unique

MAX_WEAK = 6
_HEAD = 30  # characters within which a condition says whether it is true

Target = tuple[str, str]  # what a line is about, as `Change.what` and `Change.id`


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the outline.

    Attributes:
        key: by which it is known again when the entry is decided anew.
        target: what can be supposed otherwise here.
        parts: what stands below it, made when it is first unfolded.
        is_head: whether it heads a section.
        is_cut: whether it is cut where it is long, since what stands below it says what counts of it.
    """

    key: str
    text: str
    target: Target | None = None
    parts: Callable[[], tuple[Line, ...]] | None = None
    is_head: bool = False
    is_cut: bool = False


@dataclass(slots=True)
class Folding:
    """Which lines are unfolded; kept from entry to entry, so that what a person looks for stays open."""

    opened: set[str] = field(default_factory=lambda: {"if", "decides", "todo", "hiding"})

    def toggle(self, key: str) -> None:
        """Unfold a line, or fold it."""
        self.opened ^= {key}

    def shown(self, lines: tuple[Line, ...], depth: int = 0) -> Iterator[tuple[int, Line]]:
        """The lines that can be seen, each with its depth."""
        for line in lines:
            yield depth, line
            if line.parts is not None and line.key in self.opened:
                yield from self.shown(line.parts(), depth + 1)


def outline(check: Check, found: FlowDecision, before: FlowDecision, changes: Changes) -> tuple[Line, ...]:
    """The outline of an entry.

    Args:
        check: the map as it is.
        found: the entry with what is supposed of it.
        before: the entry as it is.
        changes: what is supposed.
    """
    made = [_change_line(check, before, n, change) for n, change in enumerate(changes)]
    every = (
        *_section("if", f"what if ({len(made)})", made),
        *_section("gaps", "", list(_gaps(check, found))),
        *_section("decides", "what decides", list(_deciding(found)) or [Line("none", _nothing(found))]),
        *_section("todo", "what to do", list(_todo(check, found))),
        *_section("hiding", f"{words.if_text(found)} if this holds, which nobody said", list(_hiding(check, found))),
        *_section("questions", "answers would settle it", list(_questions(found))),
    )
    closed = (
        _later("facts", "facts that decide", lambda: _facts(check, found, changes)),
        _later("tree", "the whole tree of reasons", lambda: _tree(check, found, changes)),
        _later("where", "where it stands", lambda: tuple(_where(check, found))),
        Line("means", f"{words.ALLOWED_MEANS} {words.NO_ADVICE}"),
    )
    return (*every, *closed)


def _held(lines: tuple[Line, ...]) -> Callable[[], tuple[Line, ...]]:
    return lambda: lines


def _section(key: str, title: str, lines: list[Line]) -> Iterator[Line]:
    """A section that stands open at first; without a title its lines alone; nothing where there are none."""
    if lines and title:
        yield Line(key, title, None, _held(tuple(lines)), is_head=True)
    else:
        yield from lines


def _later(key: str, title: str, parts: Callable[[], tuple[Line, ...]]) -> Line:
    """A section that stands folded at first: its lines are made, once, when somebody unfolds it."""
    kept: list[tuple[Line, ...]] = []

    def made() -> tuple[Line, ...]:
        if not kept:
            kept.append(parts())
        return kept[0]

    return Line(key, title, None, made, is_head=True)


# --- what is supposed


def change_text(vocabulary: Vocabulary, change: Change) -> str:
    """A change in words: what, and the new value."""
    match change.what:
        case "measure":
            return f"{change.id}: {STATES[str(change.value)]}"
        case "counsel":
            return f"counsel on {vocabulary.place[change.id].name}: {change.value}"
        case "day":
            return f"asked on {change.value}"
    return f"{change.id} = {words.value_text(change.value)}"


def _change_line(check: Check, before: FlowDecision, number: int, change: Change) -> Line:
    was = offer(check.program, before, change.what, change.id).now
    text = f"{change_text(check.program.vocabulary, change)} (in the map: {was})"
    return Line(f"if/{number}", text, (change.what, change.id))


# --- what decides


def _nothing(found: FlowDecision) -> str:
    return "no clause has to be lifted" if found.verdict == "allowed" else "no clause of a pack; see what is not known"


def _gaps(check: Check, found: FlowDecision) -> Iterator[Line]:
    vocabulary = check.program.vocabulary
    if found.verdict == "undecided":
        yield Line("range", f"between {found.lowest} and {found.highest}, since something is not known")
    accepted = found.flow.accepted
    if accepted is not None:
        held = "accepted" if found.is_accepted else "no longer accepted"
        yield Line("accepted", f"{held}: as {accepted.verdict}, until {accepted.until}, by {accepted.who}")
    for place in found.no_pack:
        name = words.place_text(vocabulary, place)
        yield Line(f"gap/{place}", f"! NO PACK FOR {name} ({place}): its law is not known here", (COUNSEL, place))
    for contradiction in unique(c for d in found.decisions for c in d.contradictions):
        text = words.contradiction_text(contradiction)
        ways = tuple(Line(f"{text}/{n}", way) for n, way in enumerate(words.ways_text(contradiction, vocabulary)))
        yield Line(text, f"! {text}", None, _held(ways))


def _deciding(found: FlowDecision) -> Iterator[Line]:
    """The clauses that give the verdict, with what each needs; where they forbid, also what could lift them."""
    for pack in found.packs:
        if words.decides(found, pack):
            for reason in pack.reasons:
                parts = tuple(_needs(reason))
                text = f"{reason.cite} {_word(reason)}: {reason.says}"
                yield Line(f"decides/{reason.clause}", text, None, _held(parts))


def _word(reason: Reason) -> str:
    return (EXCUSES if reason.effect == "excuses" else BANS).get(reason.state, reason.state)


def _needs(reason: Reason) -> Iterator[Line]:
    key = f"decides/{reason.clause}"
    for need in reason.needs:
        text = f"needs {need.measure}, {STATES[need.state]}: {need.means} (effort {need.effort})"
        yield Line(f"{key}/{need.measure}", text, (MEASURE, need.measure))
    if reason.confidence != "high":
        yield Line(f"{key}/confidence", f"known with {reason.confidence} confidence")
    if reason.authority:
        yield Line(f"{key}/authority", f"after {reason.authority}")
    if reason.not_modelled:
        yield Line(f"{key}/judgement", f"left to judgement: {reason.not_modelled}")
    yield Line(f"{key}/source", f"{reason.clause} {reason.url}".rstrip())


# --- what to do, what was presumed


def _todo(check: Check, found: FlowDecision) -> Iterator[Line]:
    if words.is_closed(found):
        yield Line("todo/closed", words.CLOSED)
    told = {p.fact for p in words.hiding(check, found)}
    for todo in words.sorted_todo(found):
        if todo.what != "presumption" or todo.id not in told:
            effort = f", effort {todo.effort}" if todo.what == "measure" else ""
            cite = f" ({todo.cite}{effort})" if todo.cite else ""
            yield Line(f"todo/{todo.what}/{todo.id}", words.todo_text(todo) + cite, _target(check, todo))


def _target(check: Check, todo: Todo) -> Target | None:
    match todo.what:
        case "measure":
            return MEASURE, todo.id
        case "counsel":
            return COUNSEL, todo.id
        case "duty":
            measure = check.program.pack[todo.clause.rpartition("/")[0]].clause[todo.clause].measure
            return None if measure == THE_ACT else (MEASURE, measure)
    return named(todo.id)


def _hiding(check: Check, found: FlowDecision) -> Iterator[Line]:
    for presumption in words.hiding(check, found):
        text = words.presumption_text(check.program.vocabulary, presumption)
        parts = (Line(f"hiding/{presumption.fact}/because", f"{presumption.fact}: {presumption.because}"),)
        yield Line(f"hiding/{presumption.fact}", text, (FACT, presumption.fact), _held(parts))


def _questions(found: FlowDecision) -> Iterator[Line]:
    for question in unique(q for d in found.decisions for q in d.questions):
        yield Line(f"question/{question.fact}", f"{question.ask} ({question.fact})", named(question.fact))


# --- facts, the tree, the place


def _facts(check: Check, found: FlowDecision, changes: Changes) -> tuple[Line, ...]:
    deciding, others = read_by(check.program, found)
    targets = [(DAY, ""), *((FACT, name) for name in (deciding or others))]
    lines = []
    for what, id_ in targets:
        each = offer(check.program, found, what, id_, changes=changes)
        lines.append(Line(f"fact/{id_}", f"{id_ or 'day'} = {each.now} ({each.source})", (what, id_)))
    return tuple(lines)


def _tree(check: Check, found: FlowDecision, changes: Changes) -> tuple[Line, ...]:
    supposed = [f"{c.id} = {words.value_text(c.value)} " for c in changes if c.what == FACT]
    return tuple(_node("tree", n, part, supposed) for n, part in enumerate(explain(check, found).parts))


def _node(above: str, number: int, node: Node, supposed: list[str]) -> Line:
    key = f"{above}/{number}"
    text = node.text
    for said in supposed:
        text = text.replace(f"{said}(said)", f"{said}(what if)")
    parts = node.parts
    if not parts:
        return Line(key, text)

    def made() -> tuple[Line, ...]:
        return tuple(_node(key, n, part, supposed) for n, part in enumerate(parts))

    is_condition = any(f"[{word}] " in text[:_HEAD] for word in TRUTH.values())
    return Line(key, text, None, made, is_cut=is_condition)


def _where(check: Check, found: FlowDecision) -> Iterator[Line]:
    flow, vocabulary = found.flow, check.program.vocabulary
    source = f"{flow.span.file}, line {flow.span.line}" if flow.span.line else flow.span.file
    yield Line("where/file", f"{words.SECTIONS.get(flow.section, flow.section)} {flow.id} in {source}")
    bare, low, high = found.without_presumptions
    if bare != found.verdict:
        yield Line("where/bare", f"with nothing presumed: {words.range_text(low, high)}")
    places = words.weak_places(found)
    for n, place in enumerate(places[:MAX_WEAK]):
        yield Line(f"where/weak/{n}", f"not looked at: the law of {words.weak_text(vocabulary, place)}")
    if len(places) > MAX_WEAK:
        yield Line("where/weak", f"and of {words.plural(len(places) - MAX_WEAK, 'more place')}")
    if len(found.decisions) > 1:
        for case in found.decisions:
            yield Line(f"where/case/{case.case}", f"{words.verdict_text(case.verdict)}: case {case.case}")
