"""HTML from calls: every text is escaped, unless it was made here."""

from __future__ import annotations

import html
from collections.abc import Iterable

from comity.report import words


class Safe(str):
    """Markup that was made by this module from escaped parts."""

    __slots__ = ()


Child = str | None | Iterable["Child"]

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
# Addresses that a click may follow. A pack is data from somebody: `javascript:` in it must stay text.
_SCHEMES = ("https://", "http://")


def el(name: str, /, *children: Child, **attributes: object) -> Safe:
    """One element. `class_` is `class`, `aria_label` is `aria-label`; None and False leave an attribute out."""
    found = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        label = key.rstrip("_").replace("_", "-")
        found.append(label if value is True else f'{label}="{html.escape(words.clean(str(value)), quote=True)}"')
    start = f"<{' '.join(found)}>"
    return Safe(start) if name in VOID else Safe(f"{start}{join(children)}</{name}>")


def join(children: Child) -> Safe:
    """Children one after the other: texts escaped and without control characters, markup as it is."""
    if children is None:
        return Safe()
    if isinstance(children, Safe):
        return children
    if isinstance(children, str):
        return Safe(html.escape(words.clean(children), quote=False))
    return Safe("".join(join(child) for child in children))


def link(text: str, url: str) -> Safe:
    """A link to a source; the text alone where the address is none of the web."""
    if not url.startswith(_SCHEMES):
        return join(text)
    return el("a", text, href=url, rel="noopener noreferrer")
