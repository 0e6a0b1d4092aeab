"""YAML with positions: every scalar is text, anchors and tags are refused, all problems are told at once.

The only file that knows the YAML library.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from comity.errors import InputError, Problem, Problems, Span

T = TypeVar("T")

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 40
MAX_NODES = 500_000
MAX_SHOWN = 4000  # characters of a line that messages can show


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; `quoted` where it stood in quotes."""

    text: str
    span: Span
    quoted: bool = False

    @property
    def inside(self) -> Span:
        """Where the text itself stands, within its quotes."""
        return self.span.at(1, self.span.length - 2) if self.quoted else self.span


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; keys are unique."""

    pairs: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """The value of a key, or None."""
        return next((value for name, value in self.pairs if name.text == key), None)


Node = Scalar | Sequence | Mapping


def read_document(path: str | Path, *, shown: str | None = None, problems: Problems | None = None) -> Node:
    """Read a YAML file.

    Args:
        path: the file.
        shown: the name that problems show, where it is not the path itself.
        problems: where slips are noted that leave the rest readable, such as a key that stands twice; None: raised.

    Raises:
        InputError: the file cannot be read, is too large, is not UTF-8 or not YAML as this project takes it.
    """
    name = shown or str(path)
    return parse_document(read_raw(path, name), name, problems=problems)


def read_raw(path: str | Path, name: str) -> bytes:
    """The bytes of a file; `name` is what problems show.

    Raises:
        InputError: the file cannot be read or is too large.
    """
    span = Span(name)
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise InputError([_too_large(size, span)])
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)  # a device has no size and no end
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise InputError([Problem("unreadable-file", f"cannot read `{name}`: {why}", span)]) from None


def _too_large(size: int, span: Span) -> Problem:
    limit = MAX_BYTES // (1024 * 1024)
    return Problem(
        "file-too-large",
        f"the file has {size // (1024 * 1024)} MB; at most {limit} MB are read",
        span,
        help="split it into several files; a map lists them under `use:`",
    )


def parse_document(raw: bytes | str, name: str, *, problems: Problems | None = None) -> Node:
    """Parse YAML text into nodes with spans; `problems` as in `read_document`.

    Raises:
        InputError: as `read_document`.
    """
    nodes = _Composer(_decode(raw, name), name).compose(problems)
    if not nodes:
        raise InputError([Problem("empty-file", "the file is empty", Span(name))])
    return nodes[0]


def parse_documents(raw: bytes | str, name: str) -> tuple[Node, ...]:
    """Parse YAML text of several documents, each as `parse_document` takes it; empty ones are left out.

    Raises:
        InputError: as `read_document`; a file without any document is no problem.
    """
    return _Composer(_decode(raw, name), name, is_stream=True).compose(None)


def _decode(raw: bytes | str, name: str) -> str:
    if isinstance(raw, str):
        raw = raw.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_BYTES:
        raise InputError([_too_large(len(raw), Span(name))])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        column = problem.start - (raw.rfind(b"\n", 0, problem.start) + 1) + 1
        where = Span(name, line, column)
        found = Problem(
            "not-utf-8", f"byte 0x{raw[problem.start]:02x} is no UTF-8", where, help="save the file as UTF-8"
        )
        raise InputError([found]) from None


class _Composer:
    """Builds nodes from the parser's events, so that aliases never get the chance to multiply."""

    def __init__(self, text: str, name: str, *, is_stream: bool = False) -> None:
        self.name = name
        self.is_stream = is_stream  # several documents are taken
        self.lines = text.splitlines()
        self.shown = [line[:MAX_SHOWN] for line in self.lines]  # shared by all spans of a line, however long it is
        self.text = text
        self.problems = Problems()
        self.is_readable = True  # what is left makes sense in spite of the problems found
        self.n_nodes = 0

    def compose(self, noted: Problems | None) -> tuple[Node, ...]:
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            nodes = self._stream(_events(self.text))
        except MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            span = self._span(mark.line, mark.column, 1) if mark else Span(self.name)
            self.problems.add(
                "not-yaml",
                _one_line(problem.problem or problem.context or "not YAML"),
                span,
                help=_yaml_help(self.lines, span),
            )
            self.problems.stop()
        except (YAMLError, ValueError, RecursionError, OverflowError, AttributeError, IndexError) as problem:
            span = Span(self.name)
            position = getattr(problem, "position", None)
            if isinstance(position, int):
                before = self.text[:position]
                span = self._span(before.count("\n"), position - (before.rfind("\n") + 1), 1)
            self.problems.add(
                "not-yaml", _one_line(getattr(problem, "reason", None) or str(problem) or "not YAML"), span
            )
            self.problems.stop()
        if noted is None or not self.is_readable:
            self.problems.require_none()
        else:
            noted.found.extend(self.problems.found)
        return nodes

    def _span(self, line: int, column: int, length: int) -> Span:
        text = self.shown[line] if line < len(self.shown) and column < MAX_SHOWN else ""
        return Span(self.name, line + 1, column + 1, max(1, length), text)

    def _stream(self, events: Iterable[Any]) -> tuple[Node, ...]:
        stream = iter(events)
        nodes: list[Node] = []
        n_documents = 0
        for event in stream:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                n_documents += 1
                if n_documents > 1 and not self.is_stream:
                    mark = event.start_mark
                    self.problems.add(
                        "several-documents", "only one document per file", self._span(mark.line, mark.column, 3)
                    )
                    self.problems.stop()
            elif kind in ("ScalarEvent", "SequenceStartEvent", "MappingStartEvent", "AliasEvent"):
                node = self._node(event, stream, 0)
                if not isinstance(node, Scalar) or node.text or node.quoted:
                    nodes.append(node)
        return tuple(nodes)

    def _node(self, event: Any, stream: Iterable[Any], depth: int) -> Node:
        kind = type(event).__name__
        mark, end = event.start_mark, event.end_mark
        length = end.column - mark.column if end.line == mark.line else 1
        span = self._span(mark.line, mark.column, length)
        self.n_nodes += 1
        if self.n_nodes > MAX_NODES or depth > MAX_DEPTH:
            self.problems.add("too-deep", "nested too deeply" if depth > MAX_DEPTH else "too many entries", span)
            self.problems.stop()
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            self.is_readable = False
            self.problems.add(
                "anchor", "anchors and aliases are not taken", span, help="write the value out in both places"
            )
        if kind == "AliasEvent":
            return Scalar("", span)
        if getattr(event, "tag", None) is not None:
            self.is_readable &= kind == "ScalarEvent"
            self.problems.add("tag", f"the tag `{event.tag}` is not taken", span, help="every scalar is read as text")
        if kind == "SequenceStartEvent":
            return self._sequence(span, stream, depth)
        if kind == "MappingStartEvent":
            return self._mapping(span, stream, depth)
        is_quoted = getattr(event, "style", None) in ("'", '"')
        line = self.lines[mark.line] if mark.line < len(self.lines) else ""
        is_folded = not line.startswith(event.value, mark.column + is_quoted)
        return Scalar(event.value, dataclasses.replace(span, is_folded=True) if is_folded else span, quoted=is_quoted)

    def _sequence(self, span: Span, stream: Iterable[Any], depth: int) -> Sequence:
        items: list[Node] = []
        for event in stream:
            if type(event).__name__ == "SequenceEndEvent":
                break
            items.append(self._node(event, stream, depth + 1))
        return Sequence(tuple(items), span)

    def _mapping(self, span: Span, stream: Iterable[Any], depth: int) -> Mapping:
        pairs: list[tuple[Scalar, Node]] = []
        seen: dict[str, Span] = {}
        key: Node | None = None
        for event in stream:
            if type(event).__name__ == "MappingEndEvent":
                break
            node = self._node(event, stream, depth + 1)
            if key is None:
                key = node
                continue
            if not isinstance(key, Scalar):
                self.is_readable = False
                self.problems.add("key-not-text", "a key must be a text", key.span)
            elif key.text in seen:
                self.is_readable &= isinstance(node, Scalar)  # without a whole section the rest would seem wrong
                first = seen[key.text].line
                self.problems.add(
                    "duplicate-key",
                    f"the key `{key.text}` stands twice",
                    key.span,
                    help=f"the first is in line {first}",
                )
            else:
                seen[key.text] = key.span
                pairs.append((key, node))
            key = None
        return Mapping(tuple(pairs), span)


# The library ships no types for its events.
def _events(text: str) -> Iterable[Any]:
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=False)  # the C parser where there is one
    yaml.version = (1, 2)
    if yaml.Parser.__name__ != "CParser":
        return cast("Iterable[Any]", yaml.parse(text))
    _, parser = yaml.get_constructor_parser(text)
    return iter(parser.get_event, None)  # what `yaml.parse` gives, without steps in Python for each of many events


def _one_line(text: str) -> str:
    return " ".join(str(text).split())[:300]


def _yaml_help(lines: list[str], span: Span) -> str:
    line = lines[span.line - 1] if 0 < span.line <= len(lines) else ""
    if re.match(r"[\s-]*\t", line):
        return "indent with spaces, not tabs"
    if re.search(r":\s+[!&*\[\"']", line) or line.count(": ") > 1:
        return "put the whole value in single quotes"
    return ""


# --- where things are written, for those who add to a file


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a node is written: offsets into the text, from its first character to the one after its last.

    Attributes:
        column: where it starts in its line, from 0; of a list that is its first dash.
        is_bracketed: whether it stands in brackets, `[a]` or `{a: 1}`.
        parts: the items of a list; keys and values of a mapping, by turns.
    """

    start: int
    end: int
    column: int
    is_bracketed: bool
    parts: tuple[Stretch, ...]


def stretches(text: str) -> tuple[Stretch, int]:
    """Where everything is written in a text that `parse_document` takes, and the offset at which its document ends.

    Comments and blank lines after a node are no part of it.
    """
    stream = iter(_events(text))
    root = Stretch(0, 0, 0, False, ())
    for event in stream:
        kind = type(event).__name__
        if kind == "DocumentEndEvent":
            return root, event.start_mark.index if event.explicit else len(text)
        if kind not in ("StreamStartEvent", "DocumentStartEvent"):
            root = _stretch(event, stream)
    return root, len(text)


def _stretch(event: Any, stream: Iterator[Any]) -> Stretch:
    start, column = event.start_mark.index, event.start_mark.column
    if type(event).__name__ not in ("SequenceStartEvent", "MappingStartEvent"):
        return Stretch(start, event.end_mark.index, column, False, ())
    parts: list[Stretch] = []
    for inner in stream:
        if type(inner).__name__ in ("SequenceEndEvent", "MappingEndEvent"):
            # A list by dashes ends for the library where the next thing starts.
            end = inner.end_mark.index if event.flow_style else parts[-1].end
            return Stretch(start, end, column, bool(event.flow_style), tuple(parts))
        parts.append(_stretch(inner, stream))
    raise AssertionError("the parser closes what it opens")


def said(text: str) -> object:
    """What a text says, as `parse_document` takes it, without places: texts, lists and dictionaries; quicker than that.

    Raises:
        InputError: it is no YAML, or a key stands twice.
    """
    from ruamel.yaml.error import YAMLError

    stream = iter(_events(text))
    value: object = None
    try:
        for event in stream:
            if type(event).__name__ not in ("StreamStartEvent", "DocumentStartEvent"):
                value = _said(event, stream)
                break
        for _ in stream:  # to its end: what is wrong there is wrong with all of it
            pass
    except (YAMLError, ValueError, RecursionError) as problem:
        raise InputError([Problem("not-yaml", _one_line(str(problem)), Span("text"))]) from None
    return value


def _said(event: Any, stream: Iterator[Any]) -> object:
    kind = type(event).__name__
    if kind == "ScalarEvent":
        return event.value
    parts: list[Any] = []
    for inner in stream:
        if type(inner).__name__ in ("SequenceEndEvent", "MappingEndEvent"):
            break
        parts.append(_said(inner, stream))
    if kind == "SequenceStartEvent":
        return parts
    keys = parts[::2]
    if kind != "MappingStartEvent" or not all(isinstance(k, str) for k in keys) or len({*keys}) < len(keys):
        raise ValueError("an alias, or a key that is no text or stands twice")
    return dict(zip(keys, parts[1::2], strict=True))


# --- reading nodes into values: each function notes a problem and returns None (or a default) instead of raising


@dataclass(slots=True)
class Fields:
    """The entries of one mapping, checked for unknown and missing keys, read by name."""

    values: dict[str, Node]
    span: Span
    problems: Problems
    context: str = ""

    def has(self, key: str) -> bool:
        """Whether the key stands there."""
        return key in self.values

    def node(self, key: str) -> Node | None:
        """The node of a key."""
        return self.values.get(key)

    def span_of(self, key: str) -> Span:
        """Where the value of a key stands; the mapping itself if it is missing."""
        node = self.values.get(key)
        return node.span if node is not None else self.span

    def text(self, key: str, default: str = "") -> str:
        """A text value."""
        node = self.values.get(key)
        if node is None:
            return default
        if isinstance(node, Scalar):
            return node.text
        self.problems.add("type-clash", f"`{key}` must be a text", node.span, context=self.context)
        return default

    def one_of(self, key: str, choices: Iterable[str], default: str) -> str:
        """A text out of a list of choices."""
        text = self.text(key, default)
        known = list(choices)
        if text not in known:
            help_ = self.problems.near(text, known) or "one of " + ", ".join(known)
            self.problems.add(
                "unknown-value",
                f"`{text}` is not a value of `{key}`",
                self.span_of(key),
                help=help_,
                context=self.context,
            )
            return default
        return text

    def flag(self, key: str, default: bool = False) -> bool:
        """A yes or no."""
        return self.one_of(key, ("true", "false"), "true" if default else "false") == "true"

    def number(self, key: str, default: int | None = None) -> int | None:
        """A whole number, not negative."""
        node = self.values.get(key)
        return default if node is None else to_number(node, self.problems, context=self.context)

    def day(self, key: str) -> dt.date | None:
        """A calendar day."""
        node = self.values.get(key)
        return None if node is None else to_day(node, self.problems, context=self.context)

    def texts(self, key: str) -> tuple[Scalar, ...]:
        """A list of texts; a single text counts as a list of one."""
        node = self.values.get(key)
        return () if node is None else to_texts(node, self.problems, context=self.context)

    def items(self, key: str) -> tuple[Node, ...]:
        """A list of anything; missing is empty."""
        node = self.values.get(key)
        if node is None:
            return ()
        if isinstance(node, Sequence):
            return node.items
        if isinstance(node, Scalar) and node.text == "":
            return ()
        self.problems.add("type-clash", f"`{key}` must be a list", node.span, context=self.context)
        return ()


def to_fields(
    node: Node,
    problems: Problems,
    *,
    what: str,
    required: Iterable[str] = (),
    optional: Iterable[str] = (),
    context: str = "",
) -> Fields:
    """The entries of a mapping; unknown and missing keys are noted."""
    needed = tuple(required)
    known = (*needed, *optional)
    if not isinstance(node, Mapping):
        problems.add(
            "type-clash", f"{what} must be a mapping with {', '.join(known[:4])} ...", node.span, context=context
        )
        return Fields({}, node.span, problems, context)
    values: dict[str, Node] = {}
    for key, value in node.pairs:
        if key.text not in known:
            help_ = problems.near(key.text, known) or f"known keys: {', '.join(sorted(known))}"
            problems.add("unknown-key", f"`{key.text}` is not a key of {what}", key.span, help=help_, context=context)
        elif isinstance(value, Scalar) and value.text == "" and not value.quoted:
            problems.add("missing-value", f"`{key.text}` has no value", key.span, context=context)
        else:
            values[key.text] = value
    present = {key.text for key, _ in node.pairs}
    for name in needed:
        if name not in present:
            problems.add("missing-key", f"{what} needs `{name}`", node.span, context=context)
    return Fields(values, node.span, problems, context)


def to_texts(node: Node, problems: Problems, *, context: str = "") -> tuple[Scalar, ...]:
    """A list of texts; a single text counts as a list of one."""
    if isinstance(node, Scalar):
        return (node,) if node.text or node.quoted else ()
    if isinstance(node, Sequence):
        texts = tuple(item for item in node.items if isinstance(item, Scalar))
        if len(texts) == len(node.items):
            return texts
    problems.add("type-clash", "a list of texts is expected here", node.span, context=context)
    return ()


def to_number(node: Node, problems: Problems, *, context: str = "") -> int | None:
    """A whole number, not negative; `20_000` and `20 000` are taken too."""
    text = node.text.replace("_", "").replace(" ", "") if isinstance(node, Scalar) else ""
    if re.fullmatch(r"[0-9]{1,18}", text):
        return int(text)
    if re.fullmatch(r"-[0-9]+(\.[0-9]+)?", text):
        problems.add("negative-number", f"`{text}` is negative; a count is 0 or more", node.span, context=context)
    else:
        shown = f"`{node.text[:60]}`" if isinstance(node, Scalar) else "this"
        problems.add("type-clash", f"{shown} is no whole number", node.span, context=context)
    return None


def to_day(node: Node, problems: Problems, *, context: str = "") -> dt.date | None:
    """A calendar day, written 2025-10-06."""
    shape = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    return _to_time(node, problems, dt.date.fromisoformat, shape, "a day, written 2025-10-06", context)


def to_instant(node: Node, problems: Problems, *, context: str = "") -> dt.datetime | None:
    """An instant with its zone, written 2025-10-06T12:00:00Z; the result is in UTC."""
    shape = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})"
    found = _to_time(
        node, problems, dt.datetime.fromisoformat, shape, "an instant, written 2025-10-06T12:00:00Z", context
    )
    try:
        return found.astimezone(dt.UTC) if found else None
    except OverflowError:
        problems.add("no-such-day", "the instant lies outside the calendar", node.span, context=context)
        return None


def _to_time(node: Node, problems: Problems, read: Callable[[str], T], shape: str, what: str, context: str) -> T | None:
    text = node.text if isinstance(node, Scalar) else ""
    if not re.fullmatch(shape, text):
        word = what.partition(",")[0].partition(" ")[2]
        problems.add("type-clash", f"`{text[:60]}` is no {word}", node.span, help=f"write {what}", context=context)
        return None
    try:
        return read(text)
    except ValueError:
        problems.add("no-such-day", f"`{text}` does not exist in the calendar", node.span, context=context)
        return None
