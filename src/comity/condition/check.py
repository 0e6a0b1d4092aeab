"""Types every name against the vocabulary and builds the closed tree; a misspelt name is a problem, never a silent false."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from comity.condition import tree as t
from comity.condition.parse import Call, Expr, ListOf, Literal, Name, Operation, Outside, parse_condition
from comity.errors import Problems, Span
from comity.facts import Fact, Row, Vocabulary

FLIP = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
COMPARE: dict[str, Callable[[object, object], bool]] = {
    "==": lambda a, b: a == b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}


@dataclass(frozen=True)
class TablePart:
    """Rows of a table that share one `where` (TRUE for rows without)."""

    group: str
    where: t.Condition


@dataclass
class Names:
    """What bare names mean beside the vocabulary: the terms, totals and tables of a pack.

    Attributes:
        totals: name to count id (`pack/path:name`).
        tables: name to its parts.
        groups: rows of every group named so far, by id; literal lists are added here.
    """

    vocabulary: Vocabulary
    terms: Mapping[str, Expr | None] = field(default_factory=dict)
    totals: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, tuple[TablePart, ...]] = field(default_factory=dict)
    groups: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    used_terms: set[str] = field(default_factory=set)

    def known(self) -> list[str]:
        """Every name that may stand bare."""
        v = self.vocabulary
        places = [p.replace("-", "_") for p in v.place]
        return [*v.fact, *self.terms, *self.totals, *self.tables, *v.group, *places]


@dataclass(frozen=True)
class _Operand:
    """A typed operand that is not itself a condition."""

    type: str  # count, place, places, one-of, some-of, shares, day, number, text, list, group, bound, days, share, date
    fact: str = ""
    value: object = None
    span: Span = field(default=Span(""), compare=False)


_Typed = t.Condition | _Operand | None


def compile_condition(text: str, span: Span, names: Names, problems: Problems, *, context: str = "") -> t.Condition:
    """Parse and type one condition.

    Returns:
        The closed tree; FALSE where problems were noted.
    """
    expr = parse_condition(text, span, problems, context=context)
    return t.FALSE if expr is None else check_condition(expr, names, problems, context=context)


def check_condition(expr: Expr, names: Names, problems: Problems, *, context: str = "") -> t.Condition:
    """Type one parsed condition; FALSE where problems were noted."""
    found = _Checker(names, problems, context).condition(expr)
    return t.FALSE if found is None else found


class _Checker:
    def __init__(self, names: Names, problems: Problems, context: str) -> None:
        self.names = names
        self.vocabulary = names.vocabulary
        self.problems = problems
        self.context = context
        self.open_terms: list[str] = []
        self.bound: str | None = None
        self.bound_items: dict[str, _Typed] = {}

    def clash(self, message: str, span: Span, help_: str = "") -> None:
        self.problems.add("type-clash", message, span, help=help_, context=self.context)

    def outside(self, message: str, span: Span, help_: str = "") -> None:
        self.problems.add("outside-subset", message, span, help=help_, context=self.context)

    def condition(self, expr: Expr) -> t.Condition | None:
        found = self.typed(expr)
        if isinstance(found, _Operand):
            shown = f"`{found.fact}` is a {found.type}" if found.fact else f"this is a {found.type}"
            help_ = {"place": "compare it: `in EEA`", "count": "compare it: `> 1000`", "one-of": 'compare it: `== "..."`'}.get(found.type, "")
            self.clash(f"{shown}, a yes or no is needed here", found.span if found.span.file else expr.span, help_)
            return None
        return found

    def typed(self, expr: Expr) -> _Typed:
        match expr:
            case Literal(value, span):
                if isinstance(value, bool):
                    return t.Const(value)
                return _Operand("number" if isinstance(value, int) else "text", value=value, span=span)
            case Name(name, span):
                return self._name(name, span)
            case ListOf(items, span):
                return _Operand("list", value=tuple(self._item(i) for i in items), span=span)
            case Operation():
                return self._operation(expr)
            case Call():
                return self._call(expr)
            case Outside(what, span):
                self.outside(f"{what} is outside the language of conditions", span, "only comparisons, `in`, `&&`, `||`, `!`, `exists` and `all`")
        return None

    def _item(self, expr: Expr) -> _Typed:
        return self.typed(expr)

    # --- names

    def _name(self, name: str, span: Span) -> _Typed:
        if name in self.bound_items:
            return self.bound_items[name]
        if name == self.bound:
            return _Operand("bound", span=span)
        if name in self.names.terms:
            return self._term(name, span)
        if name in self.names.totals:
            return _Operand("count", self.names.totals[name], span=span)
        if name in self.vocabulary.fact:
            fact = self.vocabulary.fact[name]
            return t.IsTrue(name) if fact.type == "bool" else _Operand(_kind(fact), name, span=span)
        if name in self.names.tables or name in self.vocabulary.group or self._place(name):
            return _Operand("group", name, span=span)
        code, what = ("unknown-place", "place or group") if name[:1].isupper() else ("unknown-fact", "fact")
        self.problems.add_unknown(code, what, name, self.names.known(), span, context=self.context)
        return None

    def _term(self, name: str, span: Span) -> _Typed:
        if name in self.open_terms:
            self.problems.add("cycle", f"the term `{name}` uses itself", span, context=self.context)
            return None
        expr = self.names.terms[name]
        self.names.used_terms.add(name)
        if expr is None:
            return None
        self.open_terms.append(name)
        bound, self.bound, items, self.bound_items = self.bound, None, self.bound_items, {}
        found = self.condition(expr)
        self.bound, self.bound_items = bound, items
        self.open_terms.pop()
        return found

    def _place(self, name: str) -> str | None:
        for candidate in (name, name.replace("_", "-")):
            if candidate in self.vocabulary.place:
                return candidate
        return None

    # --- groups

    def _in_group(self, group: _Operand, atom: Callable[[str], t.Condition]) -> t.Condition:
        """`atom` for each part of a group; a part with a `where` holds only with it."""
        name = group.fact
        if name in self.names.tables:
            return t.any_of([t.all_of([atom(p.group), p.where]) for p in self.names.tables[name]])
        if name in self.vocabulary.group:
            self.names.groups[name] = self.vocabulary.group[name].rows
            return atom(name)
        place = self._place(name) or name
        self.names.groups[place] = (Row(place),)
        return atom(place)

    def _list_group(self, operand: _Operand, atom: Callable[[str], t.Condition]) -> t.Condition | None:
        """A literal list of places and groups."""
        parts: list[t.Condition] = []
        places: list[str] = []
        for item in operand.value:  # type: ignore[attr-defined]
            if not isinstance(item, _Operand) or item.type != "group":
                help_ = "write places bare: `in [FR, DE]`" if isinstance(item, _Operand) and item.type == "text" else ""
                self.clash("a list of places holds places and groups only", operand.span, help_)
                return None
            place = self._place(item.fact)
            if place and item.fact not in self.names.tables and item.fact not in self.vocabulary.group:
                places.append(place)
            else:
                parts.append(self._in_group(item, atom))
        if len(places) == 1:
            parts.append(self._in_group(_Operand("group", places[0]), atom))
        elif places:
            unique = sorted(set(places))
            name = "[" + ", ".join(p.replace("-", "_") for p in unique) + "]"
            self.names.groups[name] = tuple(Row(p) for p in unique)
            parts.append(atom(name))
        return t.any_of(parts)

    # --- operations

    def _operation(self, expr: Operation) -> _Typed:
        if expr.op in ("&&", "||", "!"):
            parts = [self.condition(o) for o in expr.operands]
            if any(p is None for p in parts):
                return None
            known = [p for p in parts if p is not None]
            return t.negate(known[0]) if expr.op == "!" else t.all_of(known) if expr.op == "&&" else t.any_of(known)
        left, right = self.typed(expr.operands[0]), self.typed(expr.operands[1])
        if left is None or right is None:
            return None
        if expr.op == "in":
            return self._in(left, right, expr.span)
        if expr.op == "!=":
            same = self._compare("==", left, right, expr.span)
            return None if same is None else t.negate(same)
        return self._compare(expr.op, left, right, expr.span)

    def _compare(self, op: str, left: _Typed, right: _Typed, span: Span) -> t.Condition | None:
        if not isinstance(left, _Operand) or not isinstance(right, _Operand):
            return self._compare_conditions(op, left, right, span)
        kinds = (left.type, right.type)
        if left.type in ("number", "text", "date") and right.type not in ("number", "text", "date", "list"):
            return self._compare(FLIP[op], right, left, span)
        if left.type == right.type and left.type in ("number", "text", "date", "list"):
            if left.type == "list" and (op != "==" or not _plain(left) or not _plain(right)):
                self.outside("lists are compared with `==` only", span)
                return None
            return t.Const(COMPARE[op](_fold(left), _fold(right)))
        if kinds == ("count", "number"):
            return self._count(op, left, right, span)
        if kinds == ("count", "count"):
            return t.CountsAre(left.fact, op, right.fact)
        if kinds == ("one-of", "text") and op == "==":
            return self._one_of(left, (right,), span)
        if kinds == ("place", "place") and op == "==":
            return t.SamePlace(left.fact, right.fact)
        if kinds == ("day", "date"):
            return t.DayIs(left.fact, op, _date(right))
        if kinds == ("days", "number"):
            start, end = left.value  # type: ignore[misc]
            return t.DaysBetween(start, end, op, _number(right))
        if kinds == ("share", "number"):
            group = left.value
            return self._in_group(group, lambda g: t.ShareIs(left.fact, g, op, _number(right)))  # type: ignore[arg-type]
        self._clash_of(op, left, right, span)
        return None

    def _clash_of(self, op: str, left: _Operand, right: _Operand, span: Span) -> None:
        help_ = ""
        if "place" in (left.type, right.type):
            help_ = "write `in FR`: a place is a group of itself and its subdivisions"
        elif left.type == "day":
            help_ = 'compare with `date("2025-10-06")`'
        elif "some-of" in (left.type, right.type):
            help_ = 'write `"health" in data.categories`'
        self.clash(f"a {left.type} and a {right.type} cannot be compared with `{op}`", span, help_)

    def _compare_conditions(self, op: str, left: _Typed, right: _Typed, span: Span) -> t.Condition | None:
        if isinstance(left, _Operand) or isinstance(right, _Operand) or left is None or right is None:
            self.clash("a yes or no cannot be compared with another type", span, "write the condition itself, or `!` before it")
            return None
        if op != "==" and not (isinstance(left, t.Const) and isinstance(right, t.Const)):
            self.clash(f"two conditions cannot be compared with `{op}`", span)
            return None
        if isinstance(left, t.Const) and isinstance(right, t.Const):
            return t.Const(COMPARE[op](left.value, right.value))
        if isinstance(right, t.Const) or isinstance(left, t.Const):
            const, other = (right, left) if isinstance(right, t.Const) else (left, right)
            return other if const.value else t.negate(other)  # type: ignore[union-attr]
        return t.any_of([t.all_of([left, right]), t.all_of([t.negate(left), t.negate(right)])])

    def _count(self, op: str, left: _Operand, right: _Operand, span: Span) -> t.Condition | None:
        number = _number(right)
        if number < 0:
            self.problems.add("negative-number", "a count is never negative", span, context=self.context)
            return None
        return t.CountIs(left.fact, op, number)

    def _one_of(self, left: _Operand, values: tuple[_Operand, ...], span: Span) -> t.Condition | None:
        known = self.vocabulary.fact[left.fact].of
        for value in values:
            if value.value not in known and known != ("*",):
                self.problems.add_unknown("unknown-value", f"value of `{left.fact}`", str(value.value), known, value.span, context=self.context)
                return None
        return t.OneOf(left.fact, tuple(sorted({str(v.value) for v in values}))) if values else t.FALSE

    def _in(self, left: _Typed, right: _Typed, span: Span) -> t.Condition | None:
        if not isinstance(right, _Operand) or right.type not in ("list", "group", "some-of", "places"):
            self.clash("`in` needs a list, a group or a set on its right", span)
            return None
        if isinstance(left, _Operand):
            kinds = (left.type, right.type)
            if left.type in ("place", "bound") and right.type in ("group", "list"):
                atom = (lambda g: t.BoundIn(g)) if left.type == "bound" else (lambda g: t.InGroup(left.fact, g))
                return self._in_group(right, atom) if right.type == "group" else self._list_group(right, atom)
            if kinds == ("place", "places"):
                return t.InPlaces(left.fact, right.fact)
            if kinds == ("text", "some-of"):
                return self._has(right, left)
            if kinds == ("one-of", "list") and all(isinstance(i, _Operand) and i.type == "text" for i in right.value):  # type: ignore[attr-defined]
                return self._one_of(left, right.value, span)  # type: ignore[arg-type]
        if isinstance(right.value, tuple):
            return self._in_list(left, right, span)
        shown = left.type if isinstance(left, _Operand) else "yes or no"
        self.clash(f"a {shown} cannot be `in` a {right.type}", span)
        return None

    def _in_list(self, left: _Typed, right: _Operand, span: Span) -> t.Condition | None:
        parts = []
        for item in right.value:  # type: ignore[attr-defined]
            if item is None:
                return None
            found = self._compare("==", left, item, span)
            if found is None:
                return None
            parts.append(found)
        return t.any_of(parts)

    def _has(self, some: _Operand, text: _Operand) -> t.Condition | None:
        known = self.vocabulary.members[some.fact]
        if text.value not in known:
            what = {"data.categories": "category"}.get(some.fact, "purpose" if some.fact.endswith("purposes") else "value")
            self.problems.add_unknown(f"unknown-{what}", what, str(text.value), known, text.span, context=self.context)
            return None
        return t.Has(some.fact, str(text.value))

    # --- calls

    def _call(self, expr: Call) -> _Typed:
        if expr.target is not None:
            return self._quantifier(expr)
        functions = {"date": self._date_call, "days": self._days_call, "share": self._share_call, "cascade": self._cascade_call}
        function = functions.get(expr.name)
        if function is None:
            self.outside(f"the function `{expr.name}` is outside the language of conditions", expr.span, "known: date, days, share, cascade")
            return None
        return function(expr)

    def _date_call(self, expr: Call) -> _Typed:
        if len(expr.args) == 1 and isinstance(expr.args[0], Literal):
            try:
                return _Operand("date", value=dt.date.fromisoformat(str(expr.args[0].value)), span=expr.span)
            except ValueError:
                self.problems.add("no-such-day", f"`{expr.args[0].value}` is no day", expr.args[0].span, context=self.context)
                return None
        self.clash('`date` takes one day: `date("2025-10-06")`', expr.span)
        return None

    def _days_call(self, expr: Call) -> _Typed:
        args = [self.typed(a) for a in expr.args]
        if len(args) == 2 and all(isinstance(a, _Operand) and a.type == "day" for a in args):
            return _Operand("days", value=(args[0].fact, args[1].fact), span=expr.span)  # type: ignore[union-attr]
        self.clash("`days` takes two days: `days(start, end) > 60`", expr.span)
        return None

    def _share_call(self, expr: Call) -> _Typed:
        args = [self.typed(a) for a in expr.args]
        if len(args) == 2 and _is(args[0], "shares") and _is(args[1], "group"):
            owners, group = args
            if len(self.names.tables.get(group.fact, ())) > 1:  # type: ignore[union-attr]
                self.outside("a table with `where` rows cannot be counted", expr.span)
                return None
            return _Operand("share", owners.fact, group, expr.span)  # type: ignore[union-attr]
        self.clash("`share` takes owners and a group: `share(holder.owners, EEA) >= 25`", expr.span)
        return None

    def _cascade_call(self, expr: Call) -> _Typed:
        args = [self.typed(a) for a in expr.args]
        if len(args) == 3 and _is(args[0], "shares") and _is(args[1], "group") and _is(args[2], "number"):
            owners, group, percent = args
            parts = self.names.tables.get(group.fact, ())  # type: ignore[union-attr]
            if not 0 < _number(percent) <= 100 or len(parts) > 1:  # type: ignore[arg-type]
                self.clash("`cascade` takes a percent from 1 to 100 and a group without `where` rows", expr.span)
                return None
            return self._in_group(group, lambda g: t.Cascades(owners.fact, g, _number(percent)))  # type: ignore[arg-type, union-attr]
        self.clash("`cascade` takes owners, a group and a percent: `cascade(holder.owners, EEA, 50)`", expr.span)
        return None

    def _quantifier(self, expr: Call) -> _Typed:
        if expr.name not in ("exists", "all", "exists_one"):
            self.outside(f"`.{expr.name}()` is outside the language of conditions", expr.span, "known: exists, all")
            return None
        if len(expr.args) != 2 or not isinstance(expr.args[0], Name) or "." in expr.args[0].name:
            self.clash(f"`{expr.name}` takes a name and a condition: `.{expr.name}(p, p in EEA)`", expr.span)
            return None
        target = self.typed(expr.target)  # type: ignore[arg-type]
        if target is None:
            return None
        variable, body = expr.args[0].name, expr.args[1]
        if _is(target, "places") and expr.name != "exists_one":
            return self._over_places(target.fact, expr.name, variable, body)  # type: ignore[union-attr]
        if _is(target, "some-of") and expr.name != "exists_one":
            return self._over_members(target.fact, expr.name, variable, body)  # type: ignore[union-attr]
        if _is(target, "list"):
            return self._over_list(target.value, expr.name, variable, body)  # type: ignore[union-attr, arg-type]
        self.clash(f"`{expr.name}` goes over a set, not over this", expr.span)
        return None

    def _over_places(self, fact: str, name: str, variable: str, body: Expr) -> _Typed:
        bound, self.bound = self.bound, variable
        found = self.condition(body)
        self.bound = bound
        if found is None:
            return None
        if any(isinstance(n, t.AnyPlace | t.AllPlaces) for n in t.walk(found)):
            self.outside("a set inside a set is outside the language of conditions", body.span)
            return None
        return t.AnyPlace(fact, found) if name == "exists" else t.AllPlaces(fact, found)

    def _over_members(self, fact: str, name: str, variable: str, body: Expr) -> _Typed:
        parts: list[t.Condition] = []
        for member in sorted(self.vocabulary.members[fact]):
            found = self._with_item(variable, _Operand("text", value=member, span=body.span), body)
            if found is None:
                return None
            has = t.Has(fact, member)
            parts.append(t.all_of([has, found]) if name == "exists" else t.any_of([t.negate(has), found]))
        return t.any_of(parts) if name == "exists" else t.all_of(parts)

    def _over_list(self, items: tuple[_Typed, ...], name: str, variable: str, body: Expr) -> _Typed:
        parts: list[t.Condition] = []
        for item in items:
            found = None if item is None else self._with_item(variable, item, body)
            if found is None:
                return None
            parts.append(found)
        if name != "exists_one":
            return t.any_of(parts) if name == "exists" else t.all_of(parts)
        others = [[t.negate(p) for j, p in enumerate(parts) if j != i] for i in range(len(parts))]
        return t.any_of([t.all_of([p, *rest]) for p, rest in zip(parts, others, strict=True)])

    def _with_item(self, variable: str, item: _Typed, body: Expr) -> t.Condition | None:
        before = dict(self.bound_items)
        self.bound_items[variable] = item
        found = self.condition(body)
        self.bound_items = before
        return found


def _kind(fact: Fact) -> str:
    return "day" if fact.type == "instant" else fact.type


def _is(found: _Typed, kind: str) -> bool:
    return isinstance(found, _Operand) and found.type == kind


def _number(operand: _Operand) -> int:
    assert isinstance(operand.value, int)  # noqa: S101  the caller matched the type
    return operand.value


def _date(operand: _Operand) -> dt.date:
    assert isinstance(operand.value, dt.date)  # noqa: S101  the caller matched the type
    return operand.value


def _plain(operand: _Typed) -> bool:
    if isinstance(operand, t.Const):
        return True
    if isinstance(operand, _Operand) and operand.type == "list":
        return all(_plain(i) for i in operand.value)  # type: ignore[attr-defined]
    return isinstance(operand, _Operand) and operand.type in ("number", "text", "date")


def _fold(operand: _Typed) -> object:
    if isinstance(operand, t.Const):
        return operand.value
    assert isinstance(operand, _Operand)  # noqa: S101  only plain operands come here
    if operand.type == "list":
        return [(type(v := _fold(i)).__name__, v) for i in operand.value]  # type: ignore[attr-defined]
    return operand.value
