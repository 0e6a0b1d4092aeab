"""The terminal view: entries on the left, reasons on the right, what-ifs beside the real verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Footer, Input, Static

from comity.browse import entries
from comity.browse.dialogs import Choose, Help, Lines, Say
from comity.browse.lines import yaml_lines
from comity.browse.offers import Offer, offer, offers
from comity.browse.outline import Target, outline
from comity.browse.whatif import DAY, Change, Ground, WhatIfs, problem_text
from comity.browse.widgets import STYLES, Entries, Outline
from comity.decide.check import FlowDecision
from comity.errors import ComityError
from comity.report import words

_VERDICTS = ("", *words.SYMBOLS)  # by the key that chooses it


class Browser(App[None]):
    """The view of one map. It reads and decides; it writes nothing."""

    TITLE = "comity browse"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #title { height: 1; background: $primary; color: $text; text-style: bold; padding: 0 1; text-wrap: nowrap;
             text-overflow: ellipsis; }
    * { scrollbar-size-vertical: 1; }
    #title.-whatif { background: $warning; color: $background; }
    #verdicts { height: 1; background: $panel; padding: 0 1; text-wrap: nowrap; link-style: bold;
                link-style-hover: bold reverse; link-background: $panel; link-background-hover: $panel;
                link-color: $foreground; link-color-hover: $foreground; }
    #left { width: 40%; max-width: 70; border-right: vkey $foreground 30%; }
    #find-entry { display: none; }
    #find-entry.-open { display: block; }
    #head { height: auto; max-height: 7; padding: 0 1; background: $boost; }
    #outline { padding: 0 1; background: $background; }
    ModalScreen { align: center middle; }
    .box { width: 78; max-width: 96%; height: auto; max-height: 96%; border: round $primary; padding: 0 1;
           background: $surface; }
    .box.wide { width: 110; height: 90%; }
    .box OptionList { border: none; height: auto; max-height: 1fr; padding: 0; }
    .box.wide OptionList { height: 1fr; }
    .box OptionList > .option-list--option-disabled { color: $text-primary; }
    .box #values { max-height: 12; }
    .box #lines { border: none; height: 1fr; }
    #problem { text-style: bold; color: $text-error; }
    Input { border: round $foreground 40%; height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "suppose", "what if"),
        Binding("u", "undo", "undo"),
        Binding("r", "reset", "reset"),
        Binding("w", "lines", "as YAML"),
        Binding("slash", "find", "find", key_display="/"),
        *(Binding(str(n), f"verdict({n})", word or "all", show=False) for n, word in enumerate(_VERDICTS)),
        Binding("escape", "all", "all entries", show=False),
        Binding("question_mark", "help", "help", key_display="?"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.animation_level = "none"  # a terminal may be far away
        self.whatifs = WhatIfs(ground)
        self.checked = ground.check
        self.program = ground.check.program
        self.finder = entries.Finder(ground.check)
        self.counts = entries.counts(ground.check)
        self.verdict = ""
        self.typed = ""
        self.shown_entry = ""
        self.is_busy = False

    def compose(self) -> ComposeResult:
        """Title, verdicts, entries, reasons, keys."""
        yield Static(id="title")
        yield Static(id="verdicts")
        with Horizontal():
            with Vertical(id="left"):
                yield Input(placeholder="every word has to stand in it", id="find-entry")
                yield Entries(self.whatifs.now, lambda found: bool(self.whatifs.of(found.flow.id)))
            with Vertical():
                yield Static(id="head")
                yield Outline()
        yield Footer()

    def on_mount(self) -> None:
        """Show all entries, the worst chosen."""
        self._filter()
        self.query_one(Entries).focus()

    def on_resize(self) -> None:
        """What fits on a wider screen is said in words."""
        self._tell()

    # --- what is shown

    def _filter(self) -> None:
        self.query_one(Entries).show(self.finder.matching(self.typed, self.verdict))
        self._tell()

    def _tell(self) -> None:
        """The two lines on top: the map, whether anything is supposed, and how many entries of each verdict."""
        n_made = self.whatifs.n_made
        title = entries.title_text(self.checked)
        if n_made:
            title = f"WHAT IF ({n_made}): nothing is written · {title}"
        told = self.query_one("#title", Static)
        told.update(Content(title))
        told.set_class(n_made > 0, "-whatif")
        bar = self._bar(lambda word: words.verdict_text(word) if word else "all")
        if bar.cell_length > self.size.width - 2:
            bar = self._bar(lambda word: words.SYMBOLS[word] if word else "all")
        self.query_one("#verdicts", Static).update(bar)

    def _bar(self, name: Callable[[str], str]) -> Content:
        n_by_word = {"": len(self.checked.flows), **self.counts}
        parts = []
        for number, word in enumerate(_VERDICTS):
            text = f"{number} {name(word)} {n_by_word[word]:,}"
            chosen = f"[{text}]" if word == self.verdict else f" {text} "
            parts.append(Content.from_markup(f"[@click=app.verdict({number})]$text[/]", text=chosen))
        return Content("").join(parts)

    @on(Entries.Chosen)
    def _show_chosen(self) -> None:
        found = self.query_one(Entries).chosen
        head, told = self.query_one("#head", Static), self.query_one(Outline)
        if found is None:
            head.update(Content("no entry; escape shows all" if self.typed or self.verdict else "the map has no entry"))
            told.show((), is_other=True)
            self.shown_entry = ""
            return
        now, changes = self.whatifs.now(found), self.whatifs.of(found.flow.id)
        head.update(self._head(found, now))
        told.show(outline(self.checked, now, found, changes), is_other=self.shown_entry != found.flow.id)
        self.shown_entry = found.flow.id

    def _head(self, found: FlowDecision, now: FlowDecision) -> Content:
        is_supposed = bool(self.whatifs.of(found.flow.id))
        verdict = entries.verdict_text(found, now, is_supposed=is_supposed) + (" (what if)" if is_supposed else "")
        ends = words.ends_text(self.program.vocabulary, found.flow.ends)
        title = words.clean(found.flow.title or found.flow.id)
        return Content.assemble((verdict, STYLES[now.verdict]), "\n", (title, "bold"), f"\n{ends}")

    def _redraw(self) -> None:
        self.query_one(Entries).refresh()
        self._show_chosen()
        self._tell()

    # --- finding

    def action_find(self) -> None:
        """Type to find entries."""
        line = self.query_one("#find-entry", Input)
        line.add_class("-open")
        line.focus()

    @on(Input.Changed, "#find-entry")
    def _finding(self, event: Input.Changed) -> None:
        self.typed = event.value
        self._filter()

    @on(Input.Submitted, "#find-entry")
    def _found(self) -> None:
        self.query_one(Entries).focus()

    def action_verdict(self, number: int) -> None:
        """Show the entries of one verdict only; of all for 0, or where it was chosen before."""
        word = _VERDICTS[number]
        self.verdict = "" if word == self.verdict else word
        self._filter()

    def action_all(self) -> None:
        """Show all entries again."""
        line = self.query_one("#find-entry", Input)
        line.remove_class("-open")
        line.value = self.typed = self.verdict = ""
        self._filter()
        self.query_one(Entries).focus()

    @on(Entries.Opened)
    def _to_reasons(self) -> None:
        self.query_one(Outline).focus()

    @on(Outline.Left)
    def _to_entries(self) -> None:
        self.query_one(Entries).focus()

    # --- what if

    def action_suppose(self) -> None:
        """Suppose the chosen line otherwise; where it is none of that kind, choose what."""
        found, told = self.query_one(Entries).chosen, self.query_one(Outline)
        if found is None:
            return
        line = told.line if told.has_focus else None
        if line is not None and line.target is not None:
            self._say(line.target)
        else:
            changes = self.whatifs.of(found.flow.id)
            self.push_screen(Choose(offers(self.program, self.whatifs.now(found), changes)), self._offered)

    def _offered(self, chosen: Offer | None) -> None:
        if chosen is not None:
            self._say((chosen.what, chosen.id))

    @on(Outline.Supposed)
    def _supposed(self, event: Outline.Supposed) -> None:
        self._say(event.target)

    def _say(self, target: Target) -> None:
        found = self.query_one(Entries).chosen
        if found is not None:
            now = offer(self.program, self.whatifs.now(found), *target).now
            real = offer(self.program, found, *target)
            self.push_screen(Say(self.program.vocabulary, real, now), self._said)

    def _said(self, change: Change | None) -> None:
        found = self.query_one(Entries).chosen
        if change is None or found is None or self._is_waiting():
            return
        if change.what == DAY:  # the map is read again, which may take a while
            self.is_busy = True
            self.query_one(Outline).loading = True
            self._add_apart(found, change)
        else:
            self._told(self._added(found, change))

    def _added(self, found: FlowDecision, change: Change) -> str:
        """Make a what-if; what went wrong, if anything did."""
        try:
            self.whatifs.add(found, change)
        except ComityError as error:
            return problem_text(error)
        return ""

    @work(thread=True)
    def _add_apart(self, found: FlowDecision, change: Change) -> None:
        wrong = self._added(found, change)
        self.call_from_thread(self._told, wrong)

    def _told(self, wrong: str) -> None:
        self.is_busy = False
        self.query_one(Outline).loading = False
        if wrong:
            self.notify(wrong, severity="error", markup=False)
        self._redraw()

    def _is_waiting(self) -> bool:
        if self.is_busy:
            self.notify("still reading the map as of another day")
        return self.is_busy

    def action_undo(self) -> None:
        """Take back the last what-if of the entry."""
        self._take_back(self.whatifs.undo)

    def action_reset(self) -> None:
        """Take back all what-ifs of the entry."""
        self._take_back(self.whatifs.reset)

    def _take_back(self, step: Callable[[FlowDecision], bool]) -> None:
        found = self.query_one(Entries).chosen
        if found is None or self._is_waiting():
            return
        if step(found):
            self._redraw()
        else:
            self.notify("nothing is supposed of this entry")

    def action_lines(self) -> None:
        """Show what would say it in the map."""
        found = self.query_one(Entries).chosen
        changes = self.whatifs.of(found.flow.id) if found else ()
        if found is None or not changes:
            self.notify("nothing is supposed of this entry; e supposes something")
            return
        bare = self.whatifs.ground.bare[found.flow.id]
        self.push_screen(Lines(yaml_lines(self.program.vocabulary, bare, changes)))

    def action_help(self) -> None:
        """Show what the keys do."""
        self.push_screen(Help())
