"""The words that every report shares: verdicts with their symbols, places, ends, values, what decides, what to do."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from comity.case import End
from comity.decide.check import Check, FlowDecision, Todo
from comity.decide.contradiction import Contradiction, Way
from comity.decide.decision import PackDecision, Presumption, Reason
from comity.facts import Members, Owner, Places, Range, Value, Vocabulary

if TYPE_CHECKING:
    from comity.decide.way import Change, Remedy

ALLOWED_MEANS = "“Allowed” means that no modelled clause of the packs named here stands against it."
NO_ADVICE = "This is no legal advice."

MIN_WIDTH = 20  # columns; a terminal may say that it has none

CLOSED = "stop it or change it: no way out that is modelled is open"

# Beside the word, never instead of it: told apart without colour, in every common font.
SYMBOLS = {"forbidden": "✖", "undecided": "?", "conditional": "◐", "allowed": "✔"}
BESIDE = "beside the verdict: it binds others than the one who acts here"
OUTCOMES = {
    "not-covered": "does not reach this",
    "not-modelled": "is not modelled for this kind of case or day",
    "no-pack": "no pack",
    "exempt": "exempts this",
    "allowed": "allows this",
    "conditional": "allows this on conditions",
    "forbidden": "forbids this",
    "undecided": "is undecided",
    "stale-pack": "was read too long ago to decide",
}
SECTIONS = {
    "flows": "flow",
    "access": "access",
    "requests": "request of an authority",
    "incidents": "incident",
    "collections": "collection",
    "storage": "storage",
    "products": "product",
    "acts": "act of a state",
}
TODO = {
    "measure": "put in place",
    "duty": "owed",
    "question": "answer",
    "presumption": "confirm",
    "counsel": "counsel",
}
# What settles the verdict comes before what stands beside it.
_TODO_ORDER = ("measure", "question", "counsel", "duty", "presumption")


def clean(text: str) -> str:
    """A text from a file without control characters, which could rewrite a terminal or turn text around."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def short(text: str, width: int) -> str:
    """A text cut at a word, with a sign that it was cut."""
    if len(text) <= width:
        return text
    cut = text[: width - 1].rsplit(" ", 1)[0]
    return cut.rstrip(" ,;:(") + "…"


def wrap(line: str, width: int) -> str:
    """A line folded at some width, what follows set two columns further in; addresses stay whole."""
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line,
        max(width, MIN_WIDTH),
        subsequent_indent=indent + "  " if indent or line.startswith("!") else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def plural(number: int, noun: str, many: str = "") -> str:
    """`1 flow`, `2 flows`, `1,204 persons`."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def verdict_text(word: str) -> str:
    """A verdict with its symbol."""
    return f"{SYMBOLS[word]} {word}"


def range_text(lowest: str, highest: str) -> str:
    """`allowed to forbidden`; one word where both are one."""
    return lowest if lowest == highest else f"{lowest} to {highest}"


# --- places and ends


def place_text(vocabulary: Vocabulary, id_: str) -> str:
    """The name of a place with that of the country around it: `Virginia, United States`."""
    names, current, seen = [], vocabulary.place.get(id_), {id_}
    if current is None:
        return id_
    names.append(current.name)
    while current is not None and current.within and current.within not in seen:
        seen.add(current.within)
        current = vocabulary.place.get(current.within)
        if current is not None:
            names.append(current.name)
    return names[0] if len(names) == 1 else f"{names[0]}, {names[-1]}"


def end_text(vocabulary: Vocabulary, end: End) -> str:
    """One end of a flow with its places: `warehouse (Virginia, United States)`."""
    places = "; ".join(place_text(vocabulary, p) for p in end.places)
    return clean(end.name or end.id) + (f" ({places})" if places else "")


def ends_text(vocabulary: Vocabulary, ends: Iterable[End]) -> str:
    """From where to where."""
    return " → ".join(end_text(vocabulary, e) for e in ends)


# --- values


def value_text(value: Value | None) -> str:
    """The value of a fact for people."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case Range(low, high):
            return f"at least {low:,}" if high is None else f"{low:,} to {high:,}"
        case Places(members, complete):
            return _list(sorted(members)) + ("" if complete else ", perhaps more")
        case Members(yes, open_):
            return _list(sorted(yes)) + (f"; open: {_list(sorted(open_))}" if open_ else "")
        case dt.datetime():
            return value.isoformat().removesuffix("+00:00") + ("Z" if value.utcoffset() == dt.timedelta(0) else "")
        case dt.date():
            return value.isoformat()
        case tuple():
            return ", ".join(_owner(o) for o in value) or "none"
        case int():
            return f"{value:,}"
    return str(value)


def _list(items: list[str]) -> str:
    shown = ", ".join(items[:8])
    return (shown + (f" and {len(items) - 8} more" if len(items) > 8 else "")) or "none"


def _owner(owner: Owner) -> str:
    inner = f" (owned: {', '.join(_owner(o) for o in owner.owners)})" if owner.owners else ""
    return f"{owner.place or 'place not said'} {owner.percent} %{inner}"


# --- what decides, what to do


def deciding(found: FlowDecision) -> Iterator[tuple[PackDecision, Reason]]:
    """The clauses that give an entry its verdict: its bans, or what lifts them where it is allowed."""
    for pack in found.packs:
        if not decides(found, pack):
            continue
        for reason in pack.reasons:
            if (reason.effect == "excuses") == (pack.highest == "allowed"):
                yield pack, reason


def beside(pack: PackDecision) -> str:
    """What is said of a pack that reaches the case and does not move its verdict; empty for all others."""
    return "" if pack.counts or pack.outcome in ("not-covered", "not-modelled") else f", {BESIDE}"


def decides(found: FlowDecision, pack: PackDecision) -> bool:
    """Whether the verdict of an entry hangs on this pack."""
    if not pack.counts:
        return False
    if found.verdict == "allowed":
        return pack.outcome in ("allowed", "exempt")
    reaches_top = pack.highest == found.highest and pack.highest != "allowed"
    return reaches_top or (pack.lowest == found.lowest and pack.lowest != "allowed")


def cites(found: FlowDecision) -> list[str]:
    """The articles that decide, each once; of an incident the duties that are open."""
    named = [r.cite for _, r in deciding(found)]
    if found.flow.section == "incidents" and found.verdict != "allowed":
        named += [d.cite for p in found.packs for d in p.duties if d.state in ("open", "unknown", "impossible")]
    return list(dict.fromkeys(named))


def sorted_todo(found: FlowDecision) -> list[Todo]:
    """What to do, what settles the verdict first."""
    return sorted(found.todo, key=lambda t: _TODO_ORDER.index(t.what))


def todo_text(todo: Todo) -> str:
    """One thing to do, in one line."""
    return what_text(todo) + (f", {due_text(todo.due)}" if todo.due else "")


def what_text(todo: Todo) -> str:
    """One thing to do, without the day."""
    return todo.text if todo.what == "counsel" else f"{TODO[todo.what]}: {todo.text}"


_TERM = re.compile(r"(\d+)(h|d|wd|mo|y)")
_UNITS = {"h": "hour", "d": "day", "wd": "working day", "mo": "month", "y": "year"}


def due_text(due: str) -> str:
    """When something is due: `by` a day or an instant, or `within` a term whose start is not known."""
    term = _TERM.fullmatch(due)
    if term:
        return f"within {plural(int(term[1]), _UNITS[term[2]])}"
    if due == "at-once":
        return "at once"
    if len(due) == len("2026-11-02"):
        return f"by {due}"
    at = dt.datetime.fromisoformat(due)
    return f"by {at:%Y-%m-%d %H:%M}" + (" UTC" if at.utcoffset() == dt.timedelta(0) else "")


MAX_WAYS = 4
_WAYS = {
    "open": "way round",
    "unknown": "perhaps a way round",
    "presumed-closed": "a way round only if what is presumed is not so",
}


def contradiction_text(contradiction: Contradiction) -> str:
    """Both articles in one line."""
    return (
        f"Contradiction: {contradiction.ordered_cite} orders what {contradiction.forbidden_cite} forbids "
        f"({contradiction.ordered_by}, {contradiction.forbidden_by})."
    )


def ways_text(contradiction: Contradiction, vocabulary: Vocabulary) -> list[str]:
    """The lawful ways round, a line each, or that there is none."""
    if not contradiction.ways:
        return ["no modelled clause shows a lawful way round"]
    shown = [_way_text(way, vocabulary) for way in contradiction.ways[:MAX_WAYS]]
    more = len(contradiction.ways) - len(shown)
    return (
        [*shown, f"and {plural(more, 'more way', 'more ways')}, shut by a presumption at least: --json"]
        if more > 0
        else shown
    )


def _way_text(way: Way, vocabulary: Vocabulary) -> str:
    needs = "; ".join(vocabulary.measure[m].means for m in way.needs)
    return f"{_WAYS[way.state]}: {way.cite}: {way.says}" + (f" It takes: {needs}." if needs else "")


def is_closed(found: FlowDecision) -> bool:
    """Whether an entry is forbidden and nothing that could be put in place would lift the ban."""
    return found.verdict == "forbidden" and not any(t.what == "measure" for t in found.todo)


def hiding(check: Check, found: FlowDecision) -> list[Presumption]:
    """The presumptions that can hide a verdict worse than that of the entry; not those said once for the whole map."""
    if found.verdict == "forbidden":
        return []
    fact = check.program.vocabulary.fact
    by_fact = {p.fact: p for d in found.decisions for p in d.presumptions if p.worse and not fact[p.fact].once}
    return [by_fact[name] for name in sorted(by_fact)]


def if_text(found: FlowDecision) -> str:
    """What holds only if what was presumed does: the verdict, or the upper end of the range."""
    return f"no worse than {found.highest}," if found.verdict == "undecided" else f"{found.verdict},"


def taken_for_granted(check: Check) -> list[Presumption]:
    """What is presumed of the whole map and could hide a worse verdict somewhere: asked once, not for each entry."""
    fact = check.program.vocabulary.fact
    every = (p for f in check.flows for d in f.decisions for p in d.presumptions)
    by_fact = {p.fact: p for p in every if p.worse and fact[p.fact].once}
    return [by_fact[name] for name in sorted(by_fact)]


def presumption_text(vocabulary: Vocabulary, presumption: Presumption) -> str:
    """A presumption as the question that nobody answered, with the answer that was taken."""
    return f"{presumption.ask} {answer_text(vocabulary, presumption)}"


def answer_text(vocabulary: Vocabulary, presumption: Presumption) -> str:
    """The answer that was taken; places by their names, since `NO` after a question reads as a no."""
    value = presumption.value
    if isinstance(value, Places):
        value = Places(frozenset(_place_name(vocabulary, id_) for id_ in value.members), value.complete)
    elif isinstance(value, str) and vocabulary.fact[presumption.fact].type == "place":
        value = _place_name(vocabulary, value)
    return value_text(value)


def _place_name(vocabulary: Vocabulary, id_: str) -> str:
    place = vocabulary.place.get(id_)
    return id_ if place is None else place.name


def weak_text(vocabulary: Vocabulary, weak: tuple[str, int | None]) -> str:
    """A place known only through people or owners, with the number of people."""
    place, people = weak
    counted = f" (at least {plural(people, 'person', 'persons')})" if people else ""
    return place_text(vocabulary, place) + counted


def weak_places(found: FlowDecision) -> list[tuple[str, int | None]]:
    """Places known only through people or owners, those with most people first."""
    return sorted(found.weak, key=lambda w: (-(w[1] or 0), w[0]))


def summary_text(check: Check) -> str:
    """How many entries there are, and of which verdict."""
    counts = [(w, sum(f.verdict == w for f in check.flows)) for w in SYMBOLS]
    told = ", ".join(f"{n} {w}" for w, n in counts if n)
    n_accepted = sum(f.is_accepted for f in check.flows)
    return f"{plural(len(check.flows), 'entry', 'entries')}: {told or 'nothing to decide'}" + (
        f"; {n_accepted} accepted" if n_accepted else ""
    )


def first_way(remedy: Remedy) -> str:
    """The first remedy of an entry in one line; what stands in the way where there is none."""
    if remedy.ways:
        way = remedy.ways[0]
        return f"{' + '.join(_short_change(change) for change in way.changes)} [effort {way.effort}]"
    if remedy.obstacles:
        return "none; in the way: " + "; ".join(o.cite for o in remedy.obstacles)
    return "not settled in time" if remedy.is_open else "none"


def _short_change(change: Change) -> str:
    match change.key.what:
        case "measure":
            said = change.key.id
        case "drop":
            said = f"leave out `{change.key.id}`"
        case "counsel":
            said = f"ask counsel about {change.key.id}"
        case "fact":
            said = f"`{change.key.id}`: {'yes' if change.value is True else 'no'}"
        case _:
            said = change.means
    return f"{said} ({change.condition.partition(';')[0]})" if change.condition else said
