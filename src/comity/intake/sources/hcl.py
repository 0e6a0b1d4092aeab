"""HCL, the language of Terraform's files: parses it, and evaluates what can be told without running anything.

What an expression cannot tell, such as the answer of a function that reads files, is `Open`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from comity.errors import InputError, MissingExtraError, Problem, Span
from comity.intake.sources.functions import FUNCTIONS, kept, plain, refs_of
from comity.intake.sources.resource import Linked, Open

if TYPE_CHECKING:
    from lark import Token, Tree

MAX_BYTES = 2 * 1024 * 1024

Step = tuple[str, object]  # ("at", name or index) or ("all", None)


@dataclass(frozen=True, slots=True)
class Json:
    """A value of a `.tf.json` file, whose texts are templates."""

    value: object


Expression = Any  # a tree of the parser, or `Json`


@dataclass(frozen=True, slots=True)
class Block:
    """A block: what it is, its labels and its content."""

    type: str
    labels: tuple[str, ...]
    body: Body
    span: Span


@dataclass(frozen=True, slots=True)
class Body:
    """The content of a file or of a block."""

    attributes: dict[str, Expression] = field(default_factory=dict)
    blocks: dict[str, list[Block]] = field(default_factory=dict)


class Thing(Protocol):
    """Something with attributes that are evaluated when they are asked for: a resource, a module."""

    def attribute(self, name: str) -> object:
        """The value of an attribute."""

    def whole(self) -> object:
        """The thing as a value."""


@dataclass(slots=True)
class Budget:
    """How many expressions are evaluated at the most: a `for` within a `for` within a `for` may take years."""

    left: int = 1000


class Scope(Protocol):
    """What the names in an expression stand for."""

    @property
    def budget(self) -> Budget:
        """What all scopes of one folder share."""

    def find(self, root: str, steps: list[Step]) -> tuple[object, list[Step]]:
        """The value of a name with its first steps, and the steps that are left."""

    def with_names(self, names: Mapping[str, object]) -> Scope:
        """The same with more names, such as those of a `for`."""


# --- parsing


def parse_hcl(text: str, shown: str) -> Body:
    """Parse the text of a `.tf` or `.tfvars` file.

    Raises:
        InputError: it is not HCL.
        MissingExtraError: the parser is not installed.
    """
    try:
        from hcl2 import parses_to_tree
    except ModuleNotFoundError:
        raise MissingExtraError("import terraform", "import") from None
    from lark.exceptions import LarkError

    text = _tame(text, shown)
    lines = text.splitlines()
    try:
        tree = parses_to_tree(text)
    except LarkError as problem:
        raise InputError([_problem(problem, shown, lines)]) from None
    return _body(_trees(tree)[0], shown, lines)


def _tame(text: str, shown: str) -> str:
    """Text without the runs on which the lexer takes the square of their length; no file written by hand has them."""
    if chain := re.search(r"(?:-\d){64}", text):
        line = text.count("\n", 0, chain.start()) + 1
        raise InputError([Problem("not-hcl", "a chain of numbers that no configuration has", Span(shown, line, 1))])
    return re.sub(r"\s{200,}", lambda m: "\n" * min(199, m[0].count("\n")) or " ", text)


def _problem(problem: Any, shown: str, lines: list[str]) -> Problem:
    line, column = (value if isinstance(value := getattr(problem, k, 0), int) else 0 for k in ("line", "column"))
    token = getattr(problem, "token", None)
    what = str(token if token is not None else getattr(problem, "char", "")).strip().partition("\n")[0][:40]
    is_end = getattr(token, "type", "") == "$END"
    message = "the file ends in the middle of a block or a value" if is_end else f"no HCL: `{what}` cannot stand here"
    if not what and not is_end:
        message = "no HCL: something is missing here"
    if is_end and lines:
        line, column = len(lines), len(lines[-1]) + 1
    text = lines[line - 1][:4000] if 0 < line <= len(lines) else ""
    span = Span(shown, line, max(column, 1), max(1, len(what)), text) if line > 0 else Span(shown)
    return Problem("not-hcl", message, span, help="`terraform validate` says more; or import the plan as JSON")


def _trees(tree: Tree[Token]) -> list[Any]:
    """The parts of a tree that mean something."""
    return [c for c in tree.children if hasattr(c, "data") and c.data != "new_line_or_comment"]


def _body(tree: Tree[Token], shown: str, lines: list[str]) -> Body:
    found = Body()
    for item in _trees(tree):
        parts = _trees(item)
        if item.data == "attribute":
            found.attributes[_word(parts[0])] = parts[-1]
        else:
            names = [_word(part) for part in parts[:-1]]
            line = item.meta.line
            text = lines[line - 1][:4000] if 0 < line <= len(lines) else ""
            span = Span(shown, line, item.meta.column, max(1, len(text.strip(" {"))), text)
            block = Block(names[0], tuple(names[1:]), _body(parts[-1], shown, lines), span)
            found.blocks.setdefault(block.type, []).append(block)
    return found


def _word(tree: Any) -> str:
    """The text of a name, or of a label in quotes."""
    return "".join(str(t) for t in tree.scan_values(lambda token: token.type != "DBLQUOTE"))


def parse_tf_json(value: object, shown: str) -> Body:
    """The content of a `.tf.json` file, given as JSON."""
    labels = {
        "resource": 2,
        "data": 2,
        "variable": 1,
        "output": 1,
        "module": 1,
        "provider": 1,
        "locals": 0,
        "terraform": 0,
    }
    found = Body()
    for key, told in value.items() if isinstance(value, dict) else ():
        if key not in labels:
            found.attributes[key] = Json(told)
            continue
        for names, inner in _labelled(told, labels[key]):
            body = Body({k: Json(v) for k, v in inner.items()})
            found.blocks.setdefault(key, []).append(Block(key, names, body, Span(shown)))
    return found


def _labelled(value: object, depth: int) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict) and depth == 0:
            yield (), each
        elif isinstance(each, dict):
            for name, inner in each.items():
                yield from (((name, *rest), body) for rest, body in _labelled(inner, depth - 1))


# --- evaluating


def evaluate(expression: Expression, scope: Scope) -> object:
    """The value of an expression: a text, number, yes or no, None, tuple or mapping, `Linked` or `Open`."""
    if isinstance(expression, Json):
        return _evaluate_json(expression.value, scope)
    scope.budget.left -= 1
    if scope.budget.left < 0:
        return Open(why="there is too much to evaluate")
    rule = _RULES.get(expression.data)
    return kept(rule(expression, scope)) if rule is not None else Open(why=f"`{_source(expression)}` is not evaluated")


def _source(tree: Any) -> str:
    """An expression as it may be shown: its names only, no values, which may be secret."""
    return " ".join(str(t) for t in tree.scan_values(lambda token: token.type in ("NAME", "DOT")))[:80].replace(
        " . ", "."
    )


def _term(tree: Any, scope: Scope) -> object:
    parts = _trees(tree)
    return evaluate(parts[0], scope) if parts else None


def _literal(tree: Any, scope: Scope) -> object:
    del scope
    return {"true": True, "false": False}.get(str(tree.children[0]))


def _number(tree: Any, scope: Scope) -> object:
    del scope
    text = str(tree.children[0])
    if len(text) > 100:
        return Open(why="a number with too many digits")
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        return chr(min(int(code[1:], 16), 0x10FFFF)) if code[0] in "uU" else _ESCAPES.get(code, code)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", one, text, flags=re.DOTALL)


def _string(tree: Any, scope: Scope) -> object:
    found: list[object] = []
    for part in _trees(tree):
        inner = part.children[0]
        kind = getattr(inner, "data", None) or inner.type
        if kind == "interpolation":
            found.append(evaluate(_trees(inner)[0], scope))
        elif kind in ("ESCAPED_INTERPOLATION", "ESCAPED_DIRECTIVE"):
            found.append(str(inner)[1:])
        elif kind == "STRING_CHARS":
            found.append(_unescaped(str(inner)))
        else:
            found.append(Open(why="a template with directives"))
    if len(found) == 1 and getattr(_trees(tree)[0].children[0], "data", "") == "interpolation":
        return found[0]
    return joined(found)


def joined(parts: list[object]) -> object:
    """A text of several parts; open where one of them is."""
    refs = tuple(dict.fromkeys(ref for part in parts for ref in refs_of(part)))
    values = [plain(part) for part in parts]
    for value in values:
        if isinstance(value, Open):
            return Open(refs, value.why)
        if not isinstance(value, str | int | float):  # a yes or no is a number too
            return Open(refs, "a text made of something that is none")
    text = "".join(str(v).lower() if isinstance(v, bool) else str(v) for v in values)
    return Linked(text, refs) if refs else text


def _heredoc(tree: Any, scope: Scope) -> object:
    del scope
    _, _, rest = str(tree.children[0]).partition("\n")
    text = rest.rstrip().rpartition("\n")[0]
    return Open(why="a text with expressions") if "${" in text or "%{" in text else text


def _tuple(tree: Any, scope: Scope) -> object:
    return tuple(evaluate(part, scope) for part in _trees(tree))


def _object(tree: Any, scope: Scope) -> object:
    found: dict[str, object] = {}
    for element in _trees(tree):
        key, value = _trees(element)
        name = _key(key, scope)
        if not isinstance(name, str):
            return Open(why="a key that is not told")
        found[name] = evaluate(value, scope)
    return found


def _key(tree: Any, scope: Scope) -> object:
    inner = _trees(tree)[0]
    if inner.data == "keyword":
        return _word(inner)
    parts = _trees(inner)
    is_bare = len(inner.children) == 1 and parts and parts[0].data == "identifier"
    value = _word(parts[0]) if is_bare else plain(evaluate(inner, scope))
    return str(value) if isinstance(value, str | int) else value


def _conditional(tree: Any, scope: Scope) -> object:
    condition, if_true, if_false = _trees(tree)
    value = plain(evaluate(condition, scope))
    if isinstance(value, bool) or value in ("true", "false"):
        return evaluate(if_true if value in (True, "true") else if_false, scope)
    refs = (*refs_of(evaluate(if_true, scope)), *refs_of(evaluate(if_false, scope)))
    return Open(tuple(dict.fromkeys(refs)), f"it depends on `{_source(condition)}`")


_OPERATORS: dict[str, Callable[[Any, Any], object]] = {
    "DOUBLE_EQ": operator.eq,
    "NEQ": operator.ne,
    "LT": operator.lt,
    "GT": operator.gt,
    "LEQ": operator.le,
    "GEQ": operator.ge,
    "PLUS": operator.add,
    "MINUS": operator.sub,
    "ASTERISK": operator.mul,
}
_COMPARE = frozenset({"DOUBLE_EQ", "NEQ"})


def _binary(tree: Any, scope: Scope) -> object:
    left_tree, term = _trees(tree)[:2]
    symbol, right_tree = _trees(term)
    kind = next(c.type for c in symbol.children if hasattr(c, "type"))
    left, right = plain(evaluate(left_tree, scope)), plain(evaluate(right_tree, scope))
    if kind in ("DOUBLE_AMP", "DOUBLE_PIPE"):
        stops = kind == "DOUBLE_PIPE"
        if left is stops or right is stops:
            return stops
        return not stops if left is right is not stops else Open(why=f"it depends on `{_source(tree)}`")
    if isinstance(left, Open) or isinstance(right, Open):
        return left if isinstance(left, Open) else right
    if kind in _COMPARE and all(isinstance(v, str | bool | int | float | None) for v in (left, right)):
        return _OPERATORS[kind](left, right)
    is_small = all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 2**63 for v in (left, right))
    return (
        _OPERATORS[kind](left, right)
        if is_small and kind in _OPERATORS
        else Open(why=f"`{_source(tree)}` is not evaluated")
    )


def _unary(tree: Any, scope: Scope) -> object:
    value = plain(evaluate(_trees(tree)[0], scope))
    if str(tree.children[0]).strip() == "!":
        return not value if isinstance(value, bool) else Open(why=f"it depends on `{_source(tree)}`")
    return (
        -value
        if isinstance(value, int | float) and not isinstance(value, bool)
        else Open(why="a number that is not told")
    )


def _call(tree: Any, scope: Scope) -> object:
    parts = _trees(tree)
    name = _word(parts[0])
    arguments = next((part for part in parts if part.data == "arguments"), None)
    has_spread = arguments is not None and any(getattr(c, "type", "") == "ELLIPSIS" for c in arguments.children)
    values = [evaluate(each, scope) for each in (_trees(arguments) if arguments is not None else [])]
    if has_spread and values:
        last = plain(values.pop())
        if not isinstance(last, tuple):
            return Open(why=f"`{name}` of a list that is not told")
        values += last
    if name in ("try", "coalesce"):
        found = (v for v in values if v is not None and (name == "coalesce" or not isinstance(v, Open)))
        return next(found, Open(why=f"`{name}` of nothing that is told"))
    function = FUNCTIONS.get(name) if not any(p.data == "identifier" for p in parts[1:]) else None
    refs = tuple(dict.fromkeys(ref for value in values for ref in refs_of(value)))
    unknown = next((v for v in values if isinstance(v, Open)), None)
    if function is None or unknown is not None:
        return Open(refs, unknown.why if unknown is not None else f"the function `{name}` is not evaluated")
    try:
        result = function(*(plain(v) for v in values))
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return Open(refs, f"`{name}` of values that are not told")
    return Linked(result, refs) if refs and isinstance(result, str) else result


# --- names and the way from them


def _traversal(tree: Any, scope: Scope) -> object:
    steps: list[Step] = []
    while tree.data != "identifier":
        if tree.data == "expr_term":
            parts = _trees(tree)
            if len(parts) != 1 or parts[0].data not in _WAYS:
                return follow(evaluate(tree, scope), steps)
            tree = parts[0]
        else:
            tree, step = _trees(tree)
            steps = [*_steps(step, scope), *steps]
    value, left = scope.find(_word(tree), steps)
    return follow(value, left)


_WAYS = frozenset(
    {"identifier", "get_attr_expr_term", "index_expr_term", "attr_splat_expr_term", "full_splat_expr_term"}
)


def _steps(tree: Any, scope: Scope) -> list[Step]:
    parts = _trees(tree)
    if tree.data == "get_attr":
        return [("at", _word(parts[0]))]
    if tree.data == "short_index":
        return [("at", int(str(tree.children[-1])[:9]))]
    if tree.data == "braces_index":
        return [("at", plain(evaluate(parts[0], scope)))]
    return [("all", None), *(step for part in parts for step in _steps(part, scope))]


def follow(value: object, steps: list[Step]) -> object:
    """What stands at the end of a way from a value."""
    for i, (kind, key) in enumerate(steps):
        if isinstance(value, Open | Linked) or isinstance(key, Open):
            return Open(refs_of(value), (value.why if isinstance(value, Open) else "") or "an index that is not told")
        if kind == "all":
            if isinstance(value, Mapping):
                return Open(why="all of what has keys")
            members = value if isinstance(value, tuple) else () if value is None else (value,)
            return kept(tuple(follow(member, steps[i + 1 :]) for member in members))
        value = _step(value, key)
    return value.whole() if hasattr(value, "whole") else value


def _step(value: Any, key: object) -> object:
    if hasattr(value, "attribute"):
        return value.attribute(str(key))
    if isinstance(value, Mapping) and str(key) in value:
        return value[str(key)]
    if isinstance(value, tuple) and str(key).isdigit() and int(str(key)) < len(value):
        return value[int(str(key))]
    return Open(why=f"there is no `{str(key)[:40]}`")


# --- for


def _for_tuple(tree: Any, scope: Scope) -> object:
    intro, result, *rest = _trees(tree)
    rounds = _rounds(intro, rest, scope)
    return rounds if isinstance(rounds, Open) else tuple(evaluate(result, each) for each in rounds)


def _for_object(tree: Any, scope: Scope) -> object:
    intro, key, result, *rest = _trees(tree)
    rounds = _rounds(intro, rest, scope)
    if isinstance(rounds, Open) or any(getattr(c, "type", "") == "ELLIPSIS" for c in tree.children):
        return rounds if isinstance(rounds, Open) else Open(why="a `for` that groups")
    found: dict[str, object] = {}
    for each in rounds:
        name = plain(evaluate(key, each))
        if isinstance(name, Open):
            return name
        found[str(name)] = evaluate(result, each)
    return found


def _rounds(intro: Any, rest: list[Any], scope: Scope) -> list[Scope] | Open:
    """The scopes in which the result of a `for` is evaluated."""
    *names, collection = _trees(intro)
    value = plain(evaluate(collection, scope))
    pairs = list(pairs_of(value)) if isinstance(value, tuple | Mapping) else None
    if pairs is None:
        return value if isinstance(value, Open) else Open(why="a `for` over something that is not told")
    words = [_word(name) for name in names]
    found = []
    for key, member in pairs:
        inner = scope.with_names({words[-1]: member, **({words[0]: key} if len(words) > 1 else {})})
        if rest:
            holds = plain(evaluate(_trees(rest[0])[0], inner))
            if isinstance(holds, Open):
                return holds
            if holds is not True:
                continue
        found.append(inner)
    return found


def pairs_of(value: tuple[object, ...] | Mapping[str, object]) -> Iterator[tuple[object, object]]:
    """Keys, or places in the list, and members."""
    yield from value.items() if isinstance(value, Mapping) else enumerate(value)


_RULES: dict[str, Callable[[Any, Scope], object]] = {
    "expr_term": _term,
    "literal_value": _literal,
    "int_lit": _number,
    "float_lit": _number,
    "string": _string,
    "heredoc_template": _heredoc,
    "heredoc_template_trim": _heredoc,
    "tuple": _tuple,
    "object": _object,
    "conditional": _conditional,
    "binary_op": _binary,
    "unary_op": _unary,
    "function_call": _call,
    "for_tuple_expr": _for_tuple,
    "for_object_expr": _for_object,
    **dict.fromkeys(_WAYS, _traversal),
}


def name_of(expression: Expression) -> str:
    """A name with dots as it is written, such as `aws.frankfurt` for a provider; empty where it is something else."""
    if isinstance(expression, Json):
        return str(expression.value).removeprefix("${").removesuffix("}") if isinstance(expression.value, str) else ""
    found = "".join(str(t) for t in expression.scan_values(bool))
    return found if re.fullmatch(r"[\w-]+(\.[\w-]+)?", found) else ""


def names_in(expression: Expression) -> dict[str, str]:
    """Keys and values of an object of names, such as `{aws = aws.frankfurt}`."""
    if isinstance(expression, Json):
        return {k: name_of(Json(v)) for k, v in expression.value.items()} if isinstance(expression.value, dict) else {}
    found = {}
    for element in expression.find_data("object_elem"):
        key, value = _trees(element)
        found[name_of(key)] = name_of(value)
    return found


# --- JSON


def _evaluate_json(value: object, scope: Scope) -> object:
    if isinstance(value, dict):
        return kept({str(k): _evaluate_json(v, scope) for k, v in value.items() if k != "//"})
    if isinstance(value, list):
        return kept(tuple(_evaluate_json(v, scope) for v in value))
    if not isinstance(value, str) or ("${" not in value and "%{" not in value):
        return value
    pieces = re.split(r"(\$\{[^{}]*\})", value)
    if any("${" in piece and not piece.startswith("${") for piece in pieces) or "%{" in value or "$${" in value:
        return Open(why="a template that is not evaluated")
    found = [_template(piece, scope) if piece.startswith("${") else piece for piece in pieces if piece]
    return found[0] if len(found) == 1 else joined(found)


def _template(piece: str, scope: Scope) -> object:
    try:
        body = parse_hcl(f"x = ({piece[2:-1]})", "a template")
    except InputError:
        return Open(why="a template that is not evaluated")
    return evaluate(body.attributes["x"], scope)
