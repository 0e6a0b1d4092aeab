"""Text to a syntax tree with spans. Syntax only: what names mean is `check.py`'s business."""

from __future__ import annotations

import ast
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
MAX_DEPTH = 60  # brackets, `!` and `-` nested


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

    Returns:
        The syntax tree, or None where a problem was noted.
    """
    from lark.exceptions import UnexpectedInput, UnexpectedToken

    if len(text) > MAX_LENGTH or _nesting(text) > MAX_DEPTH:
        problems.add("condition-syntax", "the condition is too long or nested too deeply", span, context=context, help="name parts of it under `terms:`")
        return None
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        at = error.pos_in_stream if error.pos_in_stream is not None else len(text)
        token = getattr(error, "token", None)
        found = f"`{token}`" if isinstance(error, UnexpectedToken) and token and str(token) else f"`{text[at : at + 1]}`" if at < len(text) else "the end"
        if at < 0 or found == "``":
            at, found = len(text), "the end"
        place = span.at(_shift(text, at), len(str(token)) if token else 1)
        problems.add("condition-syntax", f"{found} does not fit here", place, context=context, help=_syntax_help(text))
        return None
    return _Builder(text, span).build(tree)


def _nesting(text: str) -> int:
    depth = deepest = 0
    run = 0
    for character in text:
        run = run + 1 if character in "!-" else 0
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth + run)
    return deepest


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
        names = {"float": "a decimal number", "uint": "an unsigned number", "bytes": "bytes", "map": "a map", "index": "an index"}
        return Outside(names.get(kind.strip("_"), kind), span)

    def _args(self, node: Any) -> tuple[Expr, ...]:
        return () if node is None else tuple(self.build(child) for child in node.children)

    def _name(self, children: list[Any], span: Span) -> Expr:
        text = str(children[0])
        return Literal(text == "true", span) if text in ("true", "false") else Name(text, span)

    def _int(self, children: list[Any], span: Span) -> Expr:
        return Literal(int(children[0]), span)

    def _hex(self, children: list[Any], span: Span) -> Expr:
        text = str(children[0])
        return Outside("an unsigned number", span) if text[-1] in "uU" else Literal(int(text, 16), span)

    def _string(self, children: list[Any], span: Span) -> Expr:
        try:
            return Literal(str(ast.literal_eval(str(children[0]))), span)
        except (ValueError, SyntaxError):
            return Outside("an escape in a text", span)

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
        return ListOf(self._args(children[0] if children else None), span)

    def _select(self, children: list[Any], span: Span) -> Expr:
        inner = self.build(children[0])
        if isinstance(inner, Name):
            return Name(f"{inner.name}.{children[1]}", span)
        return inner if isinstance(inner, Outside) else Outside("a field of a value", span)

    def _method(self, children: list[Any], span: Span) -> Expr:
        return Call(str(children[1]), self.build(children[0]), self._args(children[2]), span)

    def _call(self, children: list[Any], span: Span) -> Expr:
        return Call(str(children[0]), None, self._args(children[1]), span)
