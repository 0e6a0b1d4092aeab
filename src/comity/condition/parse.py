"""Text to a syntax tree with spans. Syntax only: what names mean is `check.py`'s business."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from comity.errors import Problems, Span


@dataclass(frozen=True, slots=True)
class Name:
    """A bare or dotted name."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Literal:
    """A bool, a whole number or a text."""

    value: bool | int | str
    span: Span


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list in brackets."""

    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """`&&`, `||`, `!`, `in` or a comparison, with its operands."""

    op: str
    operands: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or a method with its receiver as `target`."""

    name: str
    target: Expr | None
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Outside:
    """Valid in the full language, outside the subset: `what` names it."""

    what: str
    span: Span


Expr = Name | Literal | ListOf | Operation | Call | Outside

MAX_LENGTH = 20_000
MAX_DEPTH = 100  # of the syntax tree, where a bracket with `&&` in it counts as two
MAX_INT = 2**63 - 1


@cache
def _parser() -> Any:
    from lark import Lark

    grammar = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=True)


def parse_condition(text: str, span: Span, problems: Problems, *, context: str = "") -> Expr | None:
    """Parse one condition.

    Args:
        text: the condition.
        span: where its first character stands.
        problems: where problems are noted.
        context: the clause or term that holds the condition.

    Returns:
        The syntax tree, or None where a problem was noted.
    """
    from lark.exceptions import UnexpectedInput

    tree = None
    if len(text) <= MAX_LENGTH:
        try:
            tree = _parser().parse(text)
        except UnexpectedInput as error:
            _add_unexpected(error, text, span, problems, context)
            return None
    if tree is None or _is_too_deep(tree):
        message = "the condition is too long or nested too deeply"
        problems.add("condition-too-large", message, span, context=context, help="name parts of it under `terms:`")
        return None
    return _Builder(text, span).build(tree)


def _add_unexpected(error: Any, text: str, span: Span, problems: Problems, context: str) -> None:
    at, token = error.pos_in_stream, getattr(error, "token", None)
    if at is None or not 0 <= at < len(text) or (token is not None and token.type == "$END"):
        at, length, message = len(text), 1, "the condition ends too early"
    else:
        length, message = len(token or " "), f"`{token or text[at]}` does not fit here"
    place = span.at(_shift(text, at), length)
    problems.add("condition-syntax", message, place, context=context, help=_syntax_help(text))


def _is_too_deep(tree: Any) -> bool:
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return True
        waiting += [(child, depth + 1) for child in getattr(node, "children", ())]
    return False


def _shift(text: str, at: int) -> int:
    newline = text.rfind("\n", 0, at)
    return at - (newline + 1)


def _syntax_help(text: str) -> str:
    padded = f" {text} "
    if " and " in padded or " or " in padded or " not " in padded:
        return "write `&&`, `||`, `!`"
    if "=" in text and not any(op in text for op in ("==", "!=", "<=", ">=")):
        return "compare with `==`"
    return ""


_ESCAPE = re.compile(
    r"""\\(?:(?P<letter>[abfnrtv\\?"'`])|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})"""
    r"""|(?P<octal>[0-3][0-7]{2})|(?P<wrong>))"""
)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescaped(text: str) -> str | None:
    """A text with its escapes resolved as the Common Expression Language has them; None where one is wrong."""
    found, end = [], 0
    for match in _ESCAPE.finditer(text):
        found.append(text[end : match.start()])
        end = match.end()
        letter, octal = match["letter"], match["octal"]
        code = int(octal, 8) if octal else int(match["x"] or match["u"] or match["U"] or "0", 16)
        if match["wrong"] is not None or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            return None
        found.append(_LETTERS.get(letter, letter) if letter else chr(code))
    return "".join(found) + text[end:]


class _Builder:
    def __init__(self, text: str, span: Span) -> None:
        self.text = text
        self.span = span

    def at(self, node: Any) -> Span:
        start = getattr(node, "start_pos", None)
        end = getattr(node, "end_pos", None)
        if start is None and hasattr(node, "meta") and not node.meta.empty:
            start, end = node.meta.start_pos, node.meta.end_pos
        if start is None:
            return self.span
        return self.span.at(_shift(self.text, start), (end or start + 1) - start)

    def build(self, node: Any) -> Expr:
        kind = str(node.data)
        method = getattr(self, f"_{kind.strip('_')}", None)
        span = self.at(node)
        if method is not None:
            found: Expr = method(node.children, span)
            return found
        names = {
            "float": "a decimal number",
            "uint": "an unsigned number",
            "bytes": "a text of bytes",
            "map": "a map",
            "index": "an index",
        }
        return Outside(names.get(kind.strip("_"), kind), span)

    def _args(self, node: Any) -> tuple[Expr, ...]:
        return () if node is None else tuple(self.build(child) for child in node.children)

    def _name(self, children: list[Any], span: Span) -> Expr:
        text = str(children[0])
        return Literal(text == "true", span) if text in ("true", "false") else Name(text, span)

    def _int(self, children: list[Any], span: Span) -> Expr:
        text = str(children[0]).lstrip("0") or "0"
        if len(text) > len(str(MAX_INT)) or int(text) > MAX_INT:
            return Outside("a number of more than 64 bits", span)
        return Literal(int(text), span)

    def _hex(self, children: list[Any], span: Span) -> Expr:
        text = str(children[0])
        if text[-1] in "uU":
            return Outside("an unsigned number", span)
        number = int(text, 16)
        return Literal(number, span) if number <= MAX_INT else Outside("a number of more than 64 bits", span)

    def _string(self, children: list[Any], span: Span) -> Expr:
        text = str(children[0])
        is_raw = text[0] in "rR"
        quoted = text[is_raw:]
        width = 3 if quoted[:3] in ('"""', "'''") else 1
        inner = quoted[width:-width]
        found = inner if is_raw else _unescaped(inner)
        return Outside("this escape in a text", span) if found is None else Literal(found, span)

    def _negative(self, children: list[Any], span: Span) -> Expr:
        inner = self.build(children[0])
        if isinstance(inner, Literal) and type(inner.value) is int:
            return Literal(-inner.value, span)
        return Outside("arithmetic", span)

    def _not(self, children: list[Any], span: Span) -> Expr:
        return Operation("!", (self.build(children[0]),), span)

    def _or(self, children: list[Any], span: Span) -> Expr:
        return Operation("||", tuple(self.build(c) for c in children), span)

    def _and(self, children: list[Any], span: Span) -> Expr:
        return Operation("&&", tuple(self.build(c) for c in children), span)

    def _binary(self, children: list[Any], span: Span) -> Expr:
        op = str(children[1])
        if op in "+-*/%":
            return Outside(f"arithmetic (`{op}`)", span)
        return Operation(op, (self.build(children[0]), self.build(children[2])), span)

    def _ternary(self, children: list[Any], span: Span) -> Expr:
        return self.build(children[0]) if children[1] is None else Outside("a choice with `?`", span)

    def _list(self, children: list[Any], span: Span) -> Expr:
        return ListOf(tuple(self.build(child) for child in children if child is not None), span)

    def _select(self, children: list[Any], span: Span) -> Expr:
        inner = self.build(children[0])
        if isinstance(inner, Name):
            return Name(f"{inner.name}.{children[1]}", span)
        return inner if isinstance(inner, Outside) else Outside("a field of a value", span)

    def _method(self, children: list[Any], span: Span) -> Expr:
        return Call(str(children[1]), self.build(children[0]), self._args(children[2]), span)

    def _call(self, children: list[Any], span: Span) -> Expr:
        return Call(str(children[0]), None, self._args(children[1]), span)
