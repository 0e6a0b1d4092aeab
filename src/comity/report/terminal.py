"""A check, a decision and an explanation on a terminal: readable at 80 columns, without colour, and in a pipe."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from comity.decide.check import Check, FlowDecision
from comity.decide.decision import Decision, Duty, Need, PackDecision, Reason
from comity.pack.program import Program
from comity.report import words
from comity.report.exact import exact_text
from comity.report.explain import explain_to_text
from comity.report.json import places_without_pack

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = ["check_to_text", "decision_to_text", "explain_to_text", "print_check"]

# Read on dark and on light ground; the words say the same.
STYLES = {"forbidden": "bold red", "undecided": "bold magenta", "conditional": "bold yellow", "allowed": "bold green"}
MAX_LISTED = 300  # entries; of a longer check the first ones, since nobody reads on and a table of all takes minutes
MAX_CITED = 4
MAX_TODO = 4
MAX_TODO_WIDTH = 110
MAX_IF = 2
MAX_WEAK = 2
TABLE_WIDTH = 60  # on less, three columns hold no whole words
STATES = {"in-place": "in place", "not-yet": "missing", "cannot": "impossible", "unknown": "unknown"}


def print_check(check: Check, console: Console | None = None, *, everything: bool = False) -> None:
    """Print a whole check, worst first; of a long one the first MAX_LISTED entries, unless all are asked for."""
    from rich.console import Console

    out = console or Console(highlight=False, emoji=False)
    out.width = max(out.width, words.MIN_WIDTH)
    if console is None and not out.is_terminal:
        out.file.write(
            check_to_text(check, out.width, everything=everything)
        )  # a pipe gets no blanks at the ends of lines
        return
    for part in _parts(check, out.width, everything=everything):
        out.print(part)


def check_to_text(check: Check, width: int = 80, *, everything: bool = False) -> str:
    """A whole check as plain text of some width, with as many entries as `print_check` prints."""
    from rich.console import Console

    file = io.StringIO()
    plain = Console(file=file, width=width, highlight=False, emoji=False, color_system=None)
    print_check(check, plain, everything=everything)
    return "".join(line.rstrip() + "\n" for line in file.getvalue().splitlines())


def _parts(check: Check, width: int, *, everything: bool) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text(f"{words.clean(check.map.name)}, decided as of {check.map.day}", style="bold")
    yield from _gaps(check)
    listed = check.flows if everything else check.flows[:MAX_LISTED]
    if listed and width >= TABLE_WIDTH:
        yield _table(check, listed)
    else:
        yield from _stack(check, listed)
    yield from _not_listed(check.flows[len(listed) :])
    yield from _packs(check)
    yield Text("")
    granted = words.taken_for_granted(check)
    if granted:
        yield Text("taken for granted for the whole map, since nobody said (answer under `assume:`)")
        for presumption in granted:
            yield Text(f"  {words.presumption_text(check.program.vocabulary, presumption)}")
        yield Text("")
    yield Text(words.summary_text(check), style="bold")
    yield from _gaps(check)
    yield Text(f"{words.ALLOWED_MEANS} {words.NO_ADVICE}")


def _gaps(check: Check) -> Iterator[Text]:
    """The places whose law nobody has written down, so that nobody takes silence for consent."""
    from rich.text import Text

    missing = places_without_pack(check)
    if missing:
        named = ", ".join(f"{words.place_text(check.program.vocabulary, id_)} ({id_})" for id_, _ in missing)
        yield Text(f"! NO PACK FOR: {named}. What the law there says is not known here.", style="bold reverse")


def _table(check: Check, listed: tuple[FlowDecision, ...]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, expand=True, show_lines=False, pad_edge=False, padding=(0, 1))
    table.add_column("verdict", width=15)
    table.add_column("what, and under which law", ratio=11, overflow="fold")
    table.add_column("to do", ratio=10, overflow="fold")
    for found in listed:
        table.add_row(_verdict(found), _what(check, found), _todo(check, found))
        table.add_row("", "", "")
    return table


def _stack(check: Check, listed: tuple[FlowDecision, ...]) -> Iterator[RenderableType]:
    """The entries one below the other, for a narrow terminal."""
    from rich.padding import Padding
    from rich.text import Text

    for found in listed:
        yield Text("")
        yield _verdict(found)
        yield Padding(_what(check, found), (0, 0, 0, 2))
        yield Padding(_todo(check, found), (0, 0, 0, 2))
    yield Text("")


def _not_listed(rest: tuple[FlowDecision, ...]) -> Iterator[Text]:
    """How many more entries there are of each verdict, and under which articles most of them stand."""
    from rich.text import Text

    if not rest:
        return
    told = words.plural(len(rest), "more entry", "more entries")
    yield Text(f"{told}, not listed (all: --all; as a table: --csv; as a page: --html)", style="bold")
    cited: dict[tuple[str, int], tuple[FlowDecision, int]] = {}  # entries that are alike share what the packs say
    for found in rest:
        key = found.verdict, id(found.packs)
        cited[key] = found, cited.get(key, (found, 0))[1] + 1
    for word in words.SYMBOLS:
        alike = [each for (verdict, _), each in cited.items() if verdict == word]
        if alike:
            often = Counter[str]()
            for found, number in alike:
                often.update(dict.fromkeys(words.cites(found), number))
            most = [f"{cite} ({n:,})" for cite, n in sorted(often.items(), key=lambda c: (-c[1], c[0]))[:MAX_CITED]]
            led = f", {_led(alike[0][0])} {'; '.join(most)}" if most else ""
            text = Text(f"  {words.verdict_text(word)}", style=STYLES[word])
            yield text.append(f" {sum(number for _, number in alike):,}{led}", style="not bold")
    yield Text("")


def _verdict(found: FlowDecision) -> Text:
    from rich.text import Text

    text = Text(words.verdict_text(found.verdict), style=STYLES[found.verdict])
    if found.verdict == "undecided":
        text.append(f"\n  {found.lowest}\n  to {found.highest}", style="not bold")
    if found.is_accepted and found.flow.accepted:
        text.append(f"\n  accepted to\n  {found.flow.accepted.until}", style="not bold")
    elif found.flow.accepted and found.verdict == "allowed":
        text.append("\n  acceptance\n  not needed", style="not bold")
    elif found.flow.accepted:
        text.append("\n  no longer\n  accepted", style="not bold")
    return text


def _what(check: Check, found: FlowDecision) -> Text:
    from rich.text import Text

    flow, vocabulary = found.flow, check.program.vocabulary
    text = Text(words.clean(flow.title or flow.id), style="bold")
    text.append(f"\n{flow.id} · {words.SECTIONS.get(flow.section, flow.section)}", style="not bold dim")
    text.append(f"\n{words.ends_text(vocabulary, flow.ends)}", style="not bold")
    cited = words.cites(found)
    if cited:
        shown = "; ".join(cited[:4]) + (f"; and {len(cited) - 4} more" if len(cited) > 4 else "")
        text.append(f"\n{_led(found)} {shown}", style="not bold italic")
    return text


def _led(found: FlowDecision) -> str:
    """The word between an entry and the articles that decide it."""
    return {"forbidden": "against it:", "undecided": "open under:", "conditional": "on conditions of:"}.get(
        found.verdict, "under:"
    )


def _todo(check: Check, found: FlowDecision) -> Text:
    from rich.text import Text

    hiding = words.hiding(check, found)
    told_below = {p.fact for p in hiding}
    wanted = [t for t in words.sorted_todo(found) if t.what != "presumption" or t.id not in told_below]
    lines = [f"· {words.short(words.todo_text(t), MAX_TODO_WIDTH)}" for t in wanted[:MAX_TODO]]
    if words.is_closed(found):
        lines.insert(0, f"· {words.CLOSED}")
    if len(wanted) > MAX_TODO:
        lines.append(f"  and {len(wanted) - MAX_TODO} more: comity explain")
    if found.remedy is not None:
        lines.append(f"the least that helps: {words.short(words.first_way(found.remedy), MAX_TODO_WIDTH)}")
    vocabulary = check.program.vocabulary
    if found.exact is not None:
        lines.append(exact_text(vocabulary, found.exact))
    lines += [f"{words.if_text(found)} if: {words.presumption_text(vocabulary, p)}" for p in hiding[:MAX_IF]]
    if len(hiding) > MAX_IF:
        lines.append(f"  and {len(hiding) - MAX_IF} more that nobody said: comity explain")
    lines += _weak(check, found)
    return Text("\n".join(words.clean(line) for line in lines))


def _weak(check: Check, found: FlowDecision) -> Iterator[str]:
    """Places known only through people or owners: those with most people first, and how many more there are."""
    ordered = words.weak_places(found)
    for place in ordered[:MAX_WEAK]:
        yield f"not looked at: the law of {words.weak_text(check.program.vocabulary, place)}"
    if len(ordered) > MAX_WEAK:
        yield f"  and of {words.plural(len(ordered) - MAX_WEAK, 'more place', 'more places')}: --json"


def _packs(check: Check) -> Iterator[Text]:
    from rich.text import Text

    yield Text("packs", style="bold")
    alike: dict[str, list[str]] = {}
    for pack in check.program.packs:
        stale = ", STALE" if pack.stale_on(check.map.day) else ""
        again = f", to be read again by {pack.next_read_day}" if pack.next_read_day else ""
        alike.setdefault(f"law as read on {pack.read_day}{stale}{again}; {pack.review}", []).append(pack.id)
    for read, ids in alike.items():
        yield Text(words.clean(f"  {read}: {', '.join(ids)}"))
    for id_ in check.left_out:
        yield Text(f"  left out: {id_}", style="bold")


# --- one decision


def decision_to_text(decision: Decision, program: Program) -> str:
    """One decision as readable text, folded at the width of the terminal."""
    width = min(shutil.get_terminal_size((80, 24)).columns, 120)
    return "\n".join(words.wrap(words.clean(line), width) for line in _decision_lines(decision, program)) + "\n"


def _decision_lines(decision: Decision, program: Program) -> Iterator[str]:
    head = f"{words.verdict_text(decision.verdict)}: {decision.kind}"
    yield head + (f" {decision.case}" if decision.case else "") + f", as of {decision.day}"
    if decision.verdict == "undecided":
        yield f"  between {decision.lowest} and {decision.highest}"
    bare = decision.without_presumptions
    if bare[0] != decision.verdict:
        yield f"  with nothing presumed: {words.range_text(bare[1], bare[2])}"
    for place in decision.no_pack:
        yield f"! NO PACK FOR {words.place_text(program.vocabulary, place)} ({place}): its law is not known here"
    for place in decision.weak:
        name = words.place_text(program.vocabulary, place)
        yield f"  not looked at: the law of {name}, touched only through people or owners"
    for pack in decision.packs:
        yield from _pack_lines(pack)
    yield from _beside(decision, program)
    yield ""
    yield f"{words.ALLOWED_MEANS} {words.NO_ADVICE}"


def _pack_lines(pack: PackDecision) -> Iterator[str]:
    yield ""
    said = f"{words.OUTCOMES[pack.outcome]}{words.beside(pack)}"
    yield f"{pack.pack} {said} [law as read on {pack.read_day}; {pack.review}]"
    if pack.outcome == "undecided":
        yield f"  between {pack.lowest} and {pack.highest}"
    for reason in pack.reasons:
        yield from _reason_lines(reason)
    for duty in pack.duties:
        yield _duty_line(duty)


def _reason_lines(reason: Reason) -> Iterator[str]:
    word = {"speaks": "forbids", "satisfied": "lifts it", "open": "can lift it", "unknown": "perhaps"}
    yield f"  {reason.cite} {word.get(reason.state, reason.state)}: {reason.says}"
    for need in reason.needs:
        yield f"      {_need_text(need)}"
    if reason.confidence != "high":
        yield f"      known with {reason.confidence} confidence" + (
            f", after {reason.authority}" if reason.authority else ""
        )
    if reason.not_modelled:
        yield f"      left to judgement: {reason.not_modelled}"
    yield f"      {reason.clause} <{reason.url}>"


def _need_text(need: Need) -> str:
    return f"{STATES[need.state]}: {need.means} ({need.measure}, effort {need.effort})"


def _duty_line(duty: Duty) -> str:
    due = duty.due or duty.within
    when = f", {words.due_text(due)}" if due else ""
    return f"  duty, {duty.state}{when}: {duty.says} ({duty.cite})"


def _beside(decision: Decision, program: Program) -> Iterator[str]:
    if decision.presumptions:
        yield ""
        yield "presumed, since nobody said:"
    for p in decision.presumptions:
        mark = "can hide a worse verdict" if p.worse else "hides a way out at most"
        asked = words.presumption_text(program.vocabulary, p)
        yield f"  {asked} ({p.fact}; {p.because}; {mark}: else {words.range_text(*p.otherwise)})"
    if decision.questions:
        yield ""
        is_choice = len(decision.questions) > 1 and decision.questions[0].settles
        yield "to settle it, answer one of:" if is_choice else "to settle it, answer:"
    for question in decision.questions:
        yield f"  {question.ask} ({question.fact})"
    for contradiction in decision.contradictions:
        yield ""
        yield f"! {words.contradiction_text(contradiction)}"
        yield from (f"  {line}" for line in words.ways_text(contradiction, program.vocabulary))
