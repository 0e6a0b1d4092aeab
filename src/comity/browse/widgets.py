"""The two lists of the view: entries, of which only those on the screen are drawn, and an outline that folds."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from comity.browse.entries import WIDE, row
from comity.browse.outline import Folding, Line, Target
from comity.decide.check import FlowDecision
from comity.report import words

# Beside the words, which say the same.
STYLES = {
    "forbidden": "bold $text-error",
    "undecided": "bold $text-accent",
    "conditional": "bold $text-warning",
    "allowed": "bold $text-success",
}
MAX_LINES = 4  # of a condition whose parts can be unfolded
MIN_WIDTH = 12  # columns; a terminal may be made very small


class Entries(ScrollView, can_focus=True):
    """The entries of a map, worst first. A row is drawn when it is on the screen, so that their number does not matter.

    Attributes:
        at: the row chosen.
    """

    DEFAULT_CSS = """
    Entries { height: 1fr; background: $surface; overflow-x: hidden; scrollbar-gutter: stable; }
    Entries > .entries--chosen { background: $block-cursor-blurred-background; text-style: bold; }
    Entries:focus > .entries--chosen { background: $block-cursor-background; color: $block-cursor-foreground; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"entries--chosen"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home,g", "move(-1000000000)", "first", show=False),
        Binding("end,G", "move(1000000000)", "last", show=False),
        Binding("enter,right,l", "open", "reasons", show=False),
    ]

    at: reactive[int] = reactive(0, init=False)

    class Chosen(Message):
        """Another entry was chosen."""

    class Opened(Message):
        """Somebody wants to read the reasons of the entry."""

    def __init__(
        self, now: Callable[[FlowDecision], FlowDecision], is_supposed: Callable[[FlowDecision], bool]
    ) -> None:
        super().__init__(id="entries")
        self.shown: Sequence[FlowDecision] = ()
        self._now, self._is_supposed = now, is_supposed

    @property
    def chosen(self) -> FlowDecision | None:
        """The entry chosen; None where the list is empty."""
        return self.shown[self.at] if self.at < len(self.shown) else None

    def show(self, found: Sequence[FlowDecision]) -> None:
        """Show other entries; the chosen one stays chosen if it is among them."""
        before = self.chosen.flow.id if self.chosen else ""
        self.shown = found
        self.set_reactive(Entries.at, next((n for n, f in enumerate(found) if f.flow.id == before), 0))
        self._measure()
        self.post_message(self.Chosen())

    @property
    def _width(self) -> int:
        return max(self.scrollable_content_region.width, MIN_WIDTH)

    @property
    def _row_height(self) -> int:
        return 1 if self._width >= WIDE else 2

    def _measure(self) -> None:
        self.virtual_size = Size(self._width, len(self.shown) * self._row_height)
        self._to_chosen()
        self.refresh()

    def on_resize(self) -> None:
        """One line or two a row, as there is room."""
        self._measure()

    def _to_chosen(self) -> None:
        height = self._row_height
        where = Region(0, self.at * height, self._width, height)
        self.scroll_to_region(where, animate=False, force=True, immediate=True)

    def validate_at(self, at: int) -> int:
        """Stay within the list."""
        return max(0, min(at, len(self.shown) - 1))

    def watch_at(self) -> None:
        """Tell of the entry chosen, and keep it in sight."""
        self._to_chosen()
        self.refresh()
        self.post_message(self.Chosen())

    def action_move(self, by: int) -> None:
        """Choose another row."""
        self.at += by

    def action_page(self, by: int) -> None:
        """Choose a row a page further."""
        self.at += by * max(1, self.size.height // self._row_height - 1)

    def action_open(self) -> None:
        """Read the reasons."""
        self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse."""
        number = (event.y + self.scroll_offset.y) // self._row_height
        if number < len(self.shown):
            self.at = number

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self._width
        number, line = divmod(y + self.scroll_offset.y, self._row_height)
        if number >= len(self.shown):
            return Strip.blank(width, self.rich_style)
        found = self.shown[number]
        now, is_chosen = self._now(found), number == self.at
        text = row(found, now, width - 2, is_supposed=self._is_supposed(found))[line]
        mark = "› " if is_chosen and line == 0 else "  "
        style = "" if is_chosen or line else STYLES[now.verdict]
        content = Content.assemble(mark, (text, style)).truncate(width, ellipsis=True, pad=True)
        base = self.get_visual_style(*(["entries--chosen"] if is_chosen else []))
        return Strip(content.render_segments(base), width)


class Outline(OptionList):
    """Lines to fold and unfold; a line that can be supposed otherwise is marked, and says so when it is chosen."""

    DEFAULT_CSS = """
    Outline { height: 1fr; max-height: 100%; border: none; padding: 0; scrollbar-gutter: stable; }
    Outline:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "unfold", "unfold", show=False),
        Binding("left,h", "fold", "fold", show=False),
        Binding("space", "select", "unfold", show=False),
        Binding("j", "cursor_down", "down", show=False),
        Binding("k", "cursor_up", "up", show=False),
    ]

    class Left(Message):
        """Somebody wants to go back to the entries."""

    class Supposed(Message):
        """Something is to be supposed otherwise."""

        def __init__(self, target: Target) -> None:
            super().__init__()
            self.target = target

    def __init__(self) -> None:
        super().__init__(id="outline", markup=False)
        self.folding = Folding()
        self.lines: tuple[Line, ...] = ()
        self.visible_lines: list[tuple[int, Line]] = []

    @property
    def line(self) -> Line | None:
        """The line chosen."""
        return self.visible_lines[self.highlighted][1] if self.highlighted is not None else None

    def show(self, lines: tuple[Line, ...], *, is_other: bool) -> None:
        """Show an outline; of the same entry the chosen line stays chosen."""
        self.lines = lines
        self._draw("" if is_other else self.line.key if self.line else "")
        if is_other:
            self.scroll_home(animate=False)

    def _draw(self, key: str) -> None:
        self.visible_lines = list(self.folding.shown(self.lines))
        width = max(self.scrollable_content_region.width, MIN_WIDTH)
        self.set_options([Option(self._prompt(depth, line, width)) for depth, line in self.visible_lines])
        at = next((n for n, (_, line) in enumerate(self.visible_lines) if line.key == key), 0)
        self.highlighted = at if self.visible_lines else None

    def _prompt(self, depth: int, line: Line, width: int) -> Content:
        """The text of a line, folded at the width, what follows set in as far as its beginning."""
        is_open = line.key in self.folding.opened
        mark = ("▾" if is_open else "▸") if line.parts is not None else "»" if line.target else "·"
        both = "» " if line.parts is not None and line.target else ""
        indent = " " * (2 * min(depth, width // 6))
        told = textwrap.wrap(
            words.clean(line.text),
            width,
            initial_indent=f"{indent}{mark} {both}",
            subsequent_indent=f"{indent}  ",
            break_on_hyphens=False,
            max_lines=MAX_LINES if line.is_cut else None,
            placeholder=" …",
        )
        return Content.styled("\n".join(told), "bold" if line.is_head else "")

    def on_resize(self) -> None:
        """Fold the texts anew."""
        self._draw(self.line.key if self.line else "")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Unfold or fold the line; one without parts is supposed otherwise."""
        event.stop()
        line = self.visible_lines[event.option_index][1]
        if line.parts is not None:
            self.folding.toggle(line.key)
            self._draw(line.key)
        elif line.target is not None:
            self.post_message(self.Supposed(line.target))

    def action_unfold(self) -> None:
        """Unfold the line, or go to the first one below it."""
        line = self.line
        if line is None or line.parts is None:
            return
        if line.key in self.folding.opened:
            self.action_cursor_down()
        else:
            self.folding.toggle(line.key)
            self._draw(line.key)

    def action_fold(self) -> None:
        """Fold the line, or go to the one above it; from the outermost back to the entries."""
        line, at = self.line, self.highlighted
        if line is None or at is None:
            self.post_message(self.Left())
        elif line.parts is not None and line.key in self.folding.opened:
            self.folding.toggle(line.key)
            self._draw(line.key)
        else:
            depth = self.visible_lines[at][0]
            above = [n for n in range(at) if self.visible_lines[n][0] < depth]
            if above:
                self.highlighted = above[-1]
            else:
                self.post_message(self.Left())
