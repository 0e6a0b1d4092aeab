"""Adding to a list in a YAML file whose every other character stays as it is: comments, quotes, ends of lines."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from comity import document as doc
from comity.document import Stretch
from comity.errors import ComityError, InputError, Problem

WIDTH = 120  # columns; what is longer is broken between two keys
_PLAIN = re.compile(r"[^\W_][\w ./()+%'-]*(?<! )")  # what YAML takes as it stands, in brackets too
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NUMBER = re.compile(r"0|[1-9][0-9]*")

MAX_WAYS = 16  # of adding to several lists at once that are tried
Plain = str | list["Plain"] | dict[str, "Plain"]  # what a node says
Edit = tuple[int, int, str]  # from where to where, and what stands there instead


def append_items(text: str, name: str, key: str, items: Sequence[doc.Node]) -> str:
    """The text of a YAML file with more items at the end of one list; as `append_all`, for a single key."""
    return append_all(text, name, {key: items})


def append_all(text: str, name: str, added: Mapping[str, Sequence[doc.Node]]) -> str:
    """The text of a YAML file with more items at the end of lists that stand under keys of the file.

    Where there is no such key yet it is written at the end of the file. New items are written the way the last one is.

    Args:
        text: the file, a mapping.
        name: the file, as problems show it.
        added: by the key of the list what is added; all texts, as everything that is read.

    Raises:
        InputError: the text is no mapping, a key holds no list, or the file is written in a way that this cannot add
            to. What is given back has been read again: it says what it said before, and the new items.
    """
    # A last line without an end may get one; of a text with `|` that is a part.
    root = doc.parse_document(text if text.endswith(("\n", "\r")) else f"{text}\n", name)
    wanted = {key: items for key, items in added.items() if items}
    if not wanted:
        return text
    expected = _expected(root, wanted)
    assert isinstance(root, doc.Mapping)  # noqa: S101 - else it was told
    ways = [[*_ways(text, root, key, items)] for key, items in wanted.items()]
    for edits in itertools.islice(itertools.product(*ways), MAX_WAYS):
        new = edited(text, sorted(itertools.chain(*edits), key=lambda edit: edit[:2]))
        with contextlib.suppress(InputError):
            if doc.said(new) == expected:
                return new
    if len(wanted) > 1:  # one after the other, so that what cannot be added is named
        for key, items in wanted.items():
            text = append_all(text, name, {key: items})
        return text
    help_ = "write a list with dashes, or save the file as UTF-8 without special characters"
    raise InputError([Problem("not-yaml", f"cannot add to `{next(iter(wanted))}` here", root.span, help=help_)])


def _expected(root: doc.Node, wanted: Mapping[str, Sequence[doc.Node]]) -> dict[str, Plain]:
    """What the file shall say.

    Raises:
        InputError: it is no mapping, or a key holds no list.
    """
    if not isinstance(root, doc.Mapping):
        raise InputError([Problem("type-clash", f"`{next(iter(wanted))}` must be a list", root.span)])
    expected = {k.text: plain(v) for k, v in root.pairs}
    problems = []
    for key, items in wanted.items():
        held = root.get(key)
        is_empty = held is None or (isinstance(held, doc.Scalar) and held.text == "" and not held.quoted)
        if not (is_empty or isinstance(held, doc.Sequence)):
            problems.append(Problem("type-clash", f"`{key}` must be a list", (held or root).span))
        old = held.items if isinstance(held, doc.Sequence) else ()
        expected[key] = [plain(item) for item in (*old, *items)]
    if problems:
        raise InputError(problems)
    return expected


def write_whole(path: Path, text: str, *, like: bytes) -> None:
    """Write a file so that whoever reads it meets the old text or the new one, never a part.

    Args:
        path: the file; of a link, the file that it leads to.
        text: what is written, as UTF-8.
        like: the bytes that the file had: a byte-order mark is kept.

    Raises:
        ComityError: the file cannot be written.
    """
    mark = b"\xef\xbb\xbf"
    raw = (mark if like.startswith(mark) else b"") + text.encode("utf-8")
    real = path.resolve()
    beside: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=real.parent, prefix=f".{real.name}.", delete=False) as file:
            beside = Path(file.name)
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if real.exists():
            shutil.copymode(real, beside)
        beside.replace(real)
    except OSError as error:
        if beside is not None:
            beside.unlink(missing_ok=True)
        raise ComityError(f"cannot write `{path}`: {error.strerror}") from None


def plain(node: doc.Node) -> Plain:
    """What a node says, without its place and its quotes."""
    if isinstance(node, doc.Mapping):
        return {key.text: plain(value) for key, value in node.pairs}
    return [plain(item) for item in node.items] if isinstance(node, doc.Sequence) else node.text


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text after edits, which stand in order and apart."""
    parts, at = [], 0
    for start, end, new in edits:
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


# --- where


def _ways(text: str, root: doc.Mapping, key: str, items: Sequence[doc.Node]) -> Iterator[list[Edit]]:
    """The ways of adding, the better looking first; not each of them is right for every file."""
    whole, end = doc.stretches(text)
    number = next((n for n, (name, _) in enumerate(root.pairs) if name.text == key), None)
    line_end = "\r\n" if "\r\n" in text else "\n"
    is_json = text[whole.start + 1 : whole.end].lstrip()[:1] == '"' if whole.is_bracketed else False
    style = Style(line_end, is_json)
    if number is None and whole.is_bracketed:
        listed = doc.Sequence(tuple(items), root.span)
        yield _in_brackets(text, whole, style, [style.pair(doc.Scalar(key, root.span), listed)])
    elif number is None:
        yield from _new_section(text, whole, end, style, key, items)
    else:
        section = whole.parts[2 * number + 1]
        if section.is_bracketed:
            if not section.parts and not text[section.start + 1 : section.end - 1].strip(" \t"):
                yield _to_dashes(text, whole, section, style, items)
            yield _in_brackets(text, section, style, [style.flow(item) for item in items])
        else:
            yield _after_dashes(text, whole, section, style, items)


def _new_section(
    text: str, whole: Stretch, end: int, style: Style, key: str, items: Sequence[doc.Node]
) -> Iterator[list[Edit]]:
    """At the end of the document, after a blank line; without it where the last text would take that as its own."""
    indent = " " * whole.column
    rows = style.line_end.join([f"{indent}{key}:", *(style.dashed(item, whole.column, True) for item in items)])
    before = text[:end]
    lead = "" if before.endswith(("\n", "\r")) else style.line_end
    gap = "" if _ends_blank(before) else style.line_end
    for blank in dict.fromkeys((gap, "")):
        yield [(end, end, f"{lead}{blank}{rows}{style.line_end}")]


def _ends_blank(text: str) -> bool:
    lines = text.splitlines()
    return text.endswith(("\n", "\r")) and bool(lines) and not lines[-1].strip()


def _to_dashes(text: str, whole: Stretch, section: Stretch, style: Style, items: Sequence[doc.Node]) -> list[Edit]:
    """`key: []` becomes a list with dashes; a comment after the brackets stays."""
    at = _line_end(text, section.end)
    start = section.start
    if not text[section.end : at].strip():
        start = len(text[:start].rstrip(" \t"))
    rows = [style.dashed(item, whole.column, True) for item in items]
    return [(start, section.end, ""), (at, at, "".join(style.line_end + row for row in rows))]


def _after_dashes(text: str, whole: Stretch, section: Stretch, style: Style, items: Sequence[doc.Node]) -> list[Edit]:
    """After the last item and the comments that are indented deeper than its dash; after an empty key, below it."""
    last = section.parts[-1] if section.parts else None
    column = section.column if last else whole.column
    end = last.end if last else section.end
    # A text with `|` ends where the next line starts; all else ends within its line.
    at = end if last and end > last.start and text[end - 1] in "\r\n" else _line_end(text, end)
    while comment := re.compile(r"(\r\n|\n|\r)?([ \t]*)#[^\r\n]*").match(text, at):
        if not last or len(comment.group(2)) <= column or (comment.group(1) is None and text[at - 1] not in "\r\n"):
            break
        at = comment.end()
    rows = [style.dashed(item, column, last is None or last.is_bracketed) for item in items]
    if text[at - 1] in "\r\n":
        return [(at, at, "".join(row + style.line_end for row in rows))]
    return [(at, at, "".join(style.line_end + row for row in rows))]


def _in_brackets(text: str, whole: Stretch, style: Style, rows: Sequence[str]) -> list[Edit]:
    """Before the closing bracket, each on a line of its own; a comment stays beside what it stands beside."""
    starts = whole.parts[::2] if text[whole.start] == "{" else whole.parts
    first = starts[-1].start if starts else whole.start
    is_alone = bool(starts) and not text[_line_start(text, first) : first].strip()
    column = starts[-1].column if is_alone else 2
    lead = style.line_end + " " * column
    if not whole.parts:
        at = whole.end - 1
        return [(at, at, f"{lead}{f',{lead}'.join(rows)}{style.line_end}")]
    last = whole.parts[-1].end
    tail = text[last : whole.end - 1]
    comma = re.match(r"(?:[^#,]|#[^\r\n]*+)*+,", tail)  # the first one outside of comments
    after = last + (comma.end() if comma else 0)
    rest = text[after : whole.end - 1]
    at = _line_end(text, after) if "\n" in rest or "\r" in rest else after
    added = f",{lead}".join(rows)
    edits = [] if comma else [(last, last, ",")]
    return [*edits, (at, at, f"{lead}{added}{',' if comma else ''}")]


def _line_end(text: str, at: int) -> int:
    found = re.compile(r"[\r\n]").search(text, at)
    return found.start() if found else len(text)


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


# --- how


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is written: what ends its lines, and whether all of it is JSON."""

    line_end: str
    is_json: bool

    def dashed(self, item: doc.Node, column: int, is_bracketed: bool) -> str:
        """An item of a list with dashes, in brackets or with a key a line."""
        indent = " " * column
        if not isinstance(item, doc.Mapping) or not item.pairs:
            return f"{indent}- {self.flow(item)}"
        pairs = [self.pair(key, value) for key, value in item.pairs]
        if not is_bracketed:
            return f"{indent}- " + f"{self.line_end}{indent}  ".join(pairs)
        lines = [f"{indent}- {{"]
        for n, pair in enumerate(pairs):
            part = pair + ("," if n + 1 < len(pairs) else "}")
            if n and len(lines[-1]) + 1 + len(part) > WIDTH:
                lines.append(f"{indent}   {part}")
            else:
                lines[-1] += f" {part}" if n else part
        return self.line_end.join(lines)

    def pair(self, key: doc.Scalar, value: doc.Node) -> str:
        """A key with its value in one line."""
        return f"{self.scalar(key)}: {self.flow(value)}"

    def flow(self, node: doc.Node) -> str:
        """A node in one line."""
        if isinstance(node, doc.Sequence):
            return f"[{', '.join(self.flow(item) for item in node.items)}]"
        if isinstance(node, doc.Mapping):
            return f"{{{', '.join(self.pair(key, value) for key, value in node.pairs)}}}"
        return self.scalar(node)

    def scalar(self, node: doc.Scalar) -> str:
        """A text, in quotes where it needs them or had them."""
        text = node.text
        if self.is_json and not (text in ("true", "false") or _NUMBER.fullmatch(text)):
            return double_quoted(text)
        if not node.quoted and _PLAIN.fullmatch(text):
            return text
        if text.isprintable():
            return "'" + text.replace("'", "''") + "'"
        return double_quoted(text)


def double_quoted(text: str) -> str:
    """A text in double quotes, with an escape for all that cannot be seen."""
    return '"' + "".join(_escaped(c) for c in text) + '"'


def _escaped(c: str) -> str:
    if c in '"\\':
        return f"\\{c}"
    if c.isprintable():
        return c
    code = ord(c)
    return _SHORT.get(c) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
