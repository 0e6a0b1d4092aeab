"""Text to syntax: spans, precedence, literals."""

import pytest

from comity.condition.parse import Call, Expr, ListOf, Literal, Name, Operation, Outside, parse_condition
from comity.errors import Problems, Span
from tests.small.law import span


def parsed(text: str, at: Span | None = None) -> Expr:
    problems = Problems()
    found = parse_condition(text, at or span(text), problems)
    problems.require_none()
    assert found is not None
    return found


def shown(expr: Expr) -> str:
    """The syntax tree with every bracket."""
    match expr:
        case Name(name, _):
            return name
        case Literal(value, _):
            return repr(value)
        case ListOf(items, _):
            return f"[{', '.join(shown(i) for i in items)}]"
        case Operation(op, operands, _):
            return f"({op} {' '.join(shown(o) for o in operands)})"
        case Call(name, target, args, _):
            return f"{shown(target) + '.' if target else ''}{name}({', '.join(shown(a) for a in args)})"
        case Outside(what, _):
            return f"<{what}>"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a || b && c", "(|| a (&& b c))"),
        ("a && b || c && d", "(|| (&& a b) (&& c d))"),
        ("!a && b", "(&& (! a) b)"),
        ("!(a && b)", "(! (&& a b))"),
        ("a == b && c < 3", "(&& (== a b) (< c 3))"),
        ("a in b || c in [d, e]", "(|| (in a b) (in c [d, e]))"),
        ("a == b == c", "(== (== a b) c)"),
        ("!a == b", "(== (! a) b)"),
        ("a.b.c == d", "(== a.b.c d)"),
        ("a.b.exists(p, p in G)", "a.b.exists(p, (in p G))"),
        ("f(a, -3)", "f(a, -3)"),
        ("f()", "f()"),
        ("[1, 2,]", "[1, 2]"),
        ("inside in_group_not in_there", None),
        ("index == 1", "(== index 1)"),
        ("a /* b", None),
        ("a // b && c", "a"),
        ("a\n  && b", "(&& a b)"),
    ],
)
def test_operators_bind_as_in_the_language(text: str, tree: str | None) -> None:
    if tree is None:
        problems = Problems()
        assert parse_condition(text, span(text), problems) is None
        assert [p.code for p in problems.found] == ["condition-syntax"]
    else:
        assert shown(parsed(text)) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("42", 42),
        ("007", 7),
        ("0x1F", 31),
        ("-5", -5),
        ("9223372036854775807", 2**63 - 1),
        ('"a"', "a"),
        ("'a'", "a"),
        ('"""a "b" c"""', 'a "b" c'),
        (r'"\n\t\\\"\x41\u00e9\101\?"', '\n\t\\"AéA?'),
        (r"r'\d\n'", r"\d\n"),
        ('"ü 中"', "ü 中"),
    ],
)
def test_literals_are_read_by_value(text: str, value: object) -> None:
    found = parsed(text)
    assert isinstance(found, Literal)
    assert found.value == value
    assert type(found.value) is type(value)


@pytest.mark.parametrize("text", [r'"\d"', r'"\u12"', r'"\ud800"', r'"\8"', r'"\U00110000"'])
def test_an_escape_that_the_language_lacks_is_outside(text: str) -> None:
    assert isinstance(parsed(text), Outside)


def test_spans_point_at_the_part_within_its_line() -> None:
    line = "    when: data.personal && recipient.country in EEA"
    found = parsed("data.personal && recipient.country in EEA", Span("f.yaml", 7, 11, 41, line))
    assert isinstance(found, Operation)
    assert found.span == Span("f.yaml", 7, 11, 41, line)
    inner = found.operands[1]
    assert isinstance(inner, Operation)
    assert [line[o.span.column - 1 :][: o.span.length] for o in inner.operands] == ["recipient.country", "EEA"]


def test_a_folded_text_is_pointed_at_as_a_whole() -> None:
    whole = Span("f.yaml", 7, 11, 1, "  when: >", is_folded=True)
    found = parsed("data.personal && flow.routine", whole)
    assert isinstance(found, Operation)
    assert [o.span for o in found.operands] == [whole, whole]
