"""The dialogs of the view: choose what to suppose, say its value, the lines of YAML, help."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from comity.browse.offers import OTHER_FACTS, OTHER_MEASURES, Offer, choices, hint, means
from comity.browse.whatif import Change, problem_text, read_change
from comity.browse.widgets import MIN_WIDTH
from comity.errors import InputError
from comity.facts import Vocabulary
from comity.report import words

_CLOSE = Binding("escape", "close", "close", show=False)

HELP = """\
[b]Moving[/b]
  up, down    from entry to entry, from line to line
  right, left from the entries to the reasons and back; tab too
  enter       unfolds a line or folds it; right and left too
  /           finds entries: every word typed has to stand in one
  1 2 3 4     forbidden, undecided, conditional, allowed only
  0           all entries
  escape      ends a search, closes a dialog
  q           quits

[b]What if[/b]
  e           supposes something otherwise: the line chosen if it
              is marked », else you choose what
  enter       on a line marked »: the same
  u           undoes the last step of this entry
  r           resets this entry to what the map says
  w           shows the lines of YAML that would say it in the map

A what-if holds for one entry. Its verdict is decided anew at once and stands beside the real one: \
[b]✖ forbidden → ◐ conditional[/b]. Nothing is ever written.

[b]Marks[/b]
  ▸ unfolds   ▾ folds   » can be supposed otherwise
  ✖ forbidden   ? undecided   ◐ conditional   ✔ allowed
"""


class Help(ModalScreen[None]):
    """What the keys do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _CLOSE,
        Binding("q,question_mark,enter", "close", "close", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The text, with a frame."""
        with VerticalScroll(classes="box wide") as box:
            box.border_title = "help"
            box.border_subtitle = "escape closes"
            yield Static(Content.from_markup(HELP + "\n$means", means=f"{words.ALLOWED_MEANS} {words.NO_ADVICE}"))

    def action_close(self) -> None:
        """Back to the view."""
        self.dismiss(None)


class Lines(ModalScreen[None]):
    """Lines of YAML for copying."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _CLOSE,
        Binding("q,w", "close", "close", show=False),
        Binding("c", "copy", "copy", show=False),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        """The lines, with a frame."""
        with Vertical(classes="box wide") as box:
            box.border_title = "in the map this would be; nothing is written"
            box.border_subtitle = "c copies · escape closes"
            yield TextArea(self.text, read_only=True, soft_wrap=True, id="lines")

    def action_copy(self) -> None:
        """Hand the lines to the clipboard of the terminal."""
        self.app.copy_to_clipboard(self.text)
        self.notify("copied, if the terminal allows it")

    def action_close(self) -> None:
        """Back to the view."""
        self.dismiss(None)


class Choose(ModalScreen[Offer | None]):
    """Choose what to suppose otherwise. What the law of the entry asks for comes first; typing finds all the rest."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _CLOSE,
        Binding("down", "to_list", "down", show=False),
    ]

    def __init__(self, offers: tuple[Offer, ...]) -> None:
        super().__init__()
        self.offers = offers
        self.shown: list[Offer | None] = []  # None: the head of a group

    def compose(self) -> ComposeResult:
        """A line to type in, and the list."""
        with Vertical(classes="box wide") as box:
            box.border_title = "what if"
            box.border_subtitle = "enter chooses · escape closes"
            yield Input(placeholder="type to find any fact or measure: recipient country", id="find")
            yield OptionList(id="offers", markup=False)

    def on_mount(self) -> None:
        """Show what comes first, once it is known how wide the list is."""
        self.call_after_refresh(self._fill, "")

    @on(Input.Changed, "#find")
    def _typed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def _fill(self, typed: str) -> None:
        self.shown = list(grouped(self.offers, typed))
        found = self.query_one("#offers", OptionList)
        found.set_options(self._options())
        found.action_first()

    def _options(self) -> Iterator[Option]:
        width = max(self.query_one("#offers", OptionList).scrollable_content_region.width, MIN_WIDTH)
        for number, offer in enumerate(self.shown):
            if offer is None:
                group = next(o.group for o in self.shown[number:] if o is not None)
                yield Option(Content.styled(f"── {group}", "bold"), disabled=True)
            else:
                source = f" ({offer.source})" if offer.source else ""
                head = f"» {_name(offer)} = {words.clean(offer.now)}{source}"
                yield Option(
                    Content.assemble(_indented(head, width), "\n", (_indented(f"  {offer.ask}", width), "dim"))
                )

    def action_to_list(self) -> None:
        """From the line to the list."""
        self.query_one("#offers", OptionList).focus()

    @on(Input.Submitted, "#find")
    def _first(self) -> None:
        self.query_one("#offers", OptionList).action_select()

    @on(OptionList.OptionSelected, "#offers")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.shown[event.option_index])

    def action_close(self) -> None:
        """Back to the view."""
        self.dismiss(None)


def _indented(text: str, width: int) -> str:
    """A text folded at a width, what follows set in as far as its beginning."""
    return textwrap.fill(words.clean(text), width, subsequent_indent="  ", break_on_hyphens=False)


def grouped(offers: tuple[Offer, ...], typed: str) -> Iterator[Offer | None]:
    """The offers in which every word typed stands, None before each group; the long tail only where somebody types.

    Where somebody types, those come first whose names say it, and of these the shortest.
    """
    parts = typed.casefold().replace(".", " ").split()
    found = [o for o in offers if parts or o.group not in (OTHER_FACTS, OTHER_MEASURES)]
    found = [o for o in found if all(part in _text(f"{_name(o)} {o.ask}") for part in parts)]
    if parts:
        named = [o for o in found if all(part in _text(_name(o)) for part in parts)]
        found = [*sorted(named, key=lambda o: len(o.id)), *(o for o in found if o not in named)]
    group = ""
    for offer in found:
        if offer.group != group:
            group = offer.group
            yield None
        yield offer


def _name(offer: Offer) -> str:
    return offer.id or offer.what


def _text(text: str) -> str:
    return text.casefold().replace(".", " ")


class Say(ModalScreen[Change | None]):
    """Say the value of one thing, by typing it or from the list where there are few."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _CLOSE,
        Binding("down", "to_list", "down", show=False),
    ]

    def __init__(self, vocabulary: Vocabulary, offer: Offer, now: str) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.offer = offer
        self.now = now
        self.values = choices(vocabulary, offer.what, offer.id)

    def compose(self) -> ComposeResult:
        """Question, meaning, present value, and where to answer."""
        offer = self.offer
        with Vertical(classes="box") as box:
            box.border_title = f"what if: {_name(offer)}"
            box.border_subtitle = "enter supposes it · escape closes"
            yield Static(Content.styled(words.clean(offer.ask), "bold"))
            yield Static(Content.styled(means(self.vocabulary, offer.what, offer.id), "dim"))
            source = f" ({offer.source})" if offer.source else ""
            yield Static(Content(f"in the map: {words.clean(offer.now)}{source}"))
            if self.now != offer.now:
                yield Static(Content(f"supposed: {words.clean(self.now)}"))
            if hint(self.vocabulary, offer.what, offer.id):
                yield Input(placeholder=hint(self.vocabulary, offer.what, offer.id), id="value")
            if self.values:
                yield OptionList(*(Option(Content(f"» {text}")) for _, text in self.values), id="values", markup=False)
            yield Static("", id="problem")

    def on_mount(self) -> None:
        """Ready to type; where there is nothing to type, to choose. The first other value is chosen already."""
        self.query("#value, #values").first().focus()
        other = next((n for n, (_, text) in enumerate(self.values) if text != self.now), None)
        for found in self.query("#values").results(OptionList):
            found.highlighted = other

    def action_to_list(self) -> None:
        """From the line to the list."""
        self.query("#values").focus()

    @on(Input.Changed, "#value")
    def _typing(self) -> None:
        self.query_one("#problem", Static).update("")

    @on(Input.Submitted, "#value")
    def _typed(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self._take(event.value)
            return
        for found in self.query("#values").results(OptionList):  # nothing was typed: the value chosen
            found.action_select()

    @on(OptionList.OptionSelected, "#values")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._take(self.values[event.option_index][0])

    def _take(self, text: str) -> None:
        try:
            change = read_change(self.offer.what, self.offer.id, text, self.vocabulary)
        except InputError as error:
            self.query_one("#problem", Static).update(Content(problem_text(error)))
            return
        if change is not None:
            self.dismiss(change)

    def action_close(self) -> None:
        """Back to the view."""
        self.dismiss(None)
