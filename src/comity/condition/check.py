"""Types every name against the vocabulary and builds the tree; a misspelt name is a problem, never a silent false."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from comity.case import add_unknown_member
from comity.condition import tree as t
from comity.condition.operand import COMPARE, FLIP, Operand, Typed, fold, is_plain, is_type
from comity.condition.parse import Call, Expr, ListOf, Literal, Name, Operation, Outside, parse_condition
from comity.errors import Problems, Span
from comity.facts import Fact, Row, Vocabulary

# Terms and quantifiers multiply what is written. What decides recurses over the tree, so both are bounded here.
MAX_NODES = 20_000
MAX_DEPTH = 60
MAX_STEPS = 200_000
MAX_TERMS = 30  # terms within terms


@dataclass(frozen=True)
class TablePart:
    """Rows of a table that share one `where` (TRUE for rows without)."""

    group: str
    where: t.Condition


@dataclass(frozen=True)
class CheckedTerm:
    """A term once typed, with the terms it uses, itself included; None where problems were noted."""

    condition: t.Condition | None
    uses: frozenset[str]


@dataclass
class Names:
    """What bare names mean beside the vocabulary: the terms, totals and tables of a pack.

    Attributes:
        totals: name to count id (`pack/path:name`).
        tables: name to its parts.
        groups: rows of every group named so far, by id; literal lists are added here.
        used_terms: terms named so far, by conditions or by terms that these name.
        checked: terms typed so far, so that each is typed, and its problems told, once.
    """

    vocabulary: Vocabulary
    terms: Mapping[str, Expr | None] = field(default_factory=dict)
    totals: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, tuple[TablePart, ...]] = field(default_factory=dict)
    groups: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    used_terms: set[str] = field(default_factory=set)
    checked: dict[str, CheckedTerm] = field(default_factory=dict)

    def known(self) -> list[str]:
        """Every name that may stand bare."""
        v = self.vocabulary
        places = [p.replace("-", "_") for p in v.place]
        return [*v.fact, *self.terms, *self.totals, *self.tables, *v.group, *places]

    def place(self, name: str) -> str | None:
        """The place of a bare name, in which `_` stands for `-`."""
        return next((n for n in (name, name.replace("_", "-")) if n in self.vocabulary.place), None)


_Atom = Callable[[str], t.Condition]


def compile_condition(text: str, span: Span, names: Names, problems: Problems, *, context: str = "") -> t.Condition:
    """Parse and type one condition.

    Returns:
        The closed tree; FALSE where problems were noted.
    """
    expr = parse_condition(text, span, problems, context=context)
    return t.FALSE if expr is None else check_condition(expr, names, problems, context=context)


def check_condition(expr: Expr, names: Names, problems: Problems, *, context: str = "") -> t.Condition:
    """Type one parsed condition; FALSE where problems were noted."""
    found = _Checker(names, problems, context).whole(expr)
    return t.FALSE if found is None else found


def check_term(name: str, names: Names, problems: Problems, *, context: str = "") -> t.Condition:
    """Type one term of `names`; FALSE where problems were noted, now or before."""
    found = _Checker(names, problems, context).term(name, Span(""))
    return t.FALSE if found is None else found


class _Checker:
    def __init__(self, names: Names, problems: Problems, context: str) -> None:
        self.names = names
        self.vocabulary = names.vocabulary
        self.problems = problems
        self.context = context
        self.open_terms: list[str] = []
        self.bound: str | None = None
        self.bound_items: dict[str, Typed] = {}
        self.n_steps = 0

    def clash(self, message: str, span: Span, help_: str = "") -> None:
        self.problems.add("type-clash", message, span, help=help_, context=self.context)

    def outside(self, message: str, span: Span, help_: str = "") -> None:
        self.problems.add("outside-subset", message, span, help=help_, context=self.context)

    def too_large(self, span: Span) -> None:
        message = "the condition becomes too large once its terms and quantifiers are written out"
        self.problems.add("condition-too-large", message, span, context=self.context)

    def whole(self, expr: Expr) -> t.Condition | None:
        """A condition that stands by itself, within the bounds of what may be evaluated."""
        found = self.condition(expr)
        return None if found is None else self._bounded(found, expr.span)

    def _bounded(self, found: t.Condition, span: Span) -> t.Condition | None:
        n_nodes, depth = t.size(found, MAX_NODES)
        if n_nodes <= MAX_NODES and depth <= MAX_DEPTH:
            return found
        self.too_large(span)
        return None

    def condition(self, expr: Expr) -> t.Condition | None:
        found = self.typed(expr)
        if not isinstance(found, Operand):
            return found
        shown = f"`{found.fact}` is a {found.word}" if found.fact else f"this is a {found.word}"
        helps = {"place": "compare it: `in EEA`", "count": "compare it: `> 1000`", "one-of": 'compare it: `== "..."`'}
        span = found.span if found.span.file else expr.span
        self.clash(f"{shown}, a yes or no is needed here", span, helps.get(found.type, ""))
        return None

    def typed(self, expr: Expr) -> Typed:
        self.n_steps += 1
        if self.n_steps > MAX_STEPS:
            if self.n_steps == MAX_STEPS + 1:
                self.too_large(expr.span)
            return None
        match expr:
            case Literal(value, span):
                return self._literal(value, span)
            case Name(name, span):
                return self._name(name, span)
            case ListOf(items, span):
                return Operand("list", items=tuple(self.typed(i) for i in items), span=span)
            case Operation():
                return self._operation(expr)
            case Call():
                return self._call(expr)
            case Outside(what, span):
                help_ = "only comparisons, `in`, `&&`, `||`, `!`, `exists` and `all`"
                self.outside(f"{what} is outside the language of conditions", span, help_)
        return None

    def _literal(self, value: bool | int | str, span: Span) -> Typed:
        if isinstance(value, bool):
            return t.Const(value)
        return Operand("number" if isinstance(value, int) else "text", value=value, span=span)

    # --- names

    def _name(self, name: str, span: Span) -> Typed:
        if name in self.bound_items:
            return self.bound_items[name]
        if name == self.bound:
            return Operand("bound", span=span)
        if name in self.names.terms:
            return self.term(name, span)
        if name in self.names.totals:
            return Operand("count", self.names.totals[name], span=span)
        if name in self.vocabulary.fact:
            fact = self.vocabulary.fact[name]
            return t.IsTrue(name) if fact.type == "bool" else Operand(_kind(fact), name, span=span)
        if name in self.names.tables or name in self.vocabulary.group or self.names.place(name):
            return Operand("group", name, span=span)
        known = self.names.known()
        quoted = next((v for v in (name, name.replace("_", "-")) if v in self._values()), None)
        if quoted is not None:
            message, help_ = f"`{name}` is not a known fact", f'a value stands in quotes: `"{quoted}"`'
            self.problems.add("unknown-fact", message, span, help=help_, context=self.context)
        elif name[:1].isupper():
            self.problems.add_unknown("unknown-place", "place or group", name, known, span, context=self.context)
        else:
            self.problems.add_unknown("unknown-fact", "fact", name, known, span, context=self.context)
        return None

    def _values(self) -> set[str]:
        members = (e.id for entries in self.vocabulary.vocabularies.values() for e in entries)
        return {*members, *(value for f in self.vocabulary.facts if f.type == "one-of" for value in f.of)}

    def term(self, name: str, span: Span) -> t.Condition | None:
        """A term, typed on first use and then known."""
        if name in self.open_terms:
            self.problems.add("cycle", f"the term `{name}` uses itself", span, context=self.context)
            return None
        if name not in self.names.checked:
            if len(self.open_terms) >= MAX_TERMS:
                self.too_large(span)
                return None
            self._check_term(name)
        checked = self.names.checked[name]
        self.names.used_terms |= checked.uses
        return checked.condition

    def _check_term(self, name: str) -> None:
        expr = self.names.terms[name]
        before, outer = self.names.used_terms, (self.context, self.bound, self.bound_items)
        self.names.used_terms = {name}
        self.context, self.bound, self.bound_items = f"term {name}", None, {}
        self.open_terms.append(name)
        found = None if expr is None else self.whole(expr)
        self.open_terms.pop()
        self.context, self.bound, self.bound_items = outer
        self.names.checked[name] = CheckedTerm(found, frozenset(self.names.used_terms))
        self.names.used_terms = before

    # --- groups

    def _in_group(self, name: str, atom: _Atom) -> t.Condition:
        """`atom` for each part of a group; a part with a `where` holds only with it."""
        if name in self.names.tables:
            return t.any_of([t.all_of([atom(p.group), p.where]) for p in self.names.tables[name]])
        if name in self.vocabulary.group:
            self.names.groups[name] = self.vocabulary.group[name].rows
            return atom(name)
        place = self.names.place(name) or name
        self.names.groups[place] = (Row(place),)
        return atom(place)

    def _has_where(self, group: str) -> bool:
        return any(p.where != t.TRUE for p in self.names.tables.get(group, ()))

    def _in_list_of_places(self, operand: Operand, atom: _Atom) -> t.Condition | None:
        parts: list[t.Condition] = []
        places: set[str] = set()
        for item in operand.items:
            if item is None:
                return None
            if not isinstance(item, Operand) or item.type != "group":
                help_ = "write places bare: `in [FR, DE]`" if isinstance(item, Operand) and item.type == "text" else ""
                self.clash("a list of places holds places and groups only", operand.span, help_)
                return None
            place = self.names.place(item.fact)
            if place and item.fact not in self.names.tables and item.fact not in self.vocabulary.group:
                places.add(place)
            else:
                parts.append(self._in_group(item.fact, atom))
        if len(places) == 1:
            parts.append(self._in_group(next(iter(places)), atom))
        elif places:
            name = "[" + ", ".join(p.replace("-", "_") for p in sorted(places)) + "]"
            self.names.groups[name] = tuple(Row(p) for p in sorted(places))
            parts.append(atom(name))
        return t.any_of(parts)

    # --- operations

    def _operation(self, expr: Operation) -> Typed:
        if expr.op in ("&&", "||", "!"):
            parts = [self.condition(o) for o in expr.operands]
            known = [p for p in parts if p is not None]
            if len(known) < len(parts):
                return None
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

    def _compare(self, op: str, left: Typed, right: Typed, span: Span) -> t.Condition | None:
        if not isinstance(left, Operand) or not isinstance(right, Operand):
            return self._compare_conditions(op, left, right, span)
        literals = ("number", "text", "date", "list")
        if left.type == right.type and left.type in literals:
            return self._compare_literals(op, left, right, span)
        if left.type in literals and right.type not in literals:
            left, right, op = right, left, FLIP[op]
        if left.type == "count" and right.type == "number" and right.number < 0:
            self.problems.add("negative-number", "a count is never negative", span, context=self.context)
            return None
        found = self._compare_numbers(op, left, right)
        if found is None and op == "==":
            found = self._compare_names(left, right)
            if found is None and (left.type, right.type) == ("one-of", "text"):
                return None  # the value is unknown, which is noted
        if found is None:
            self._clash_of(op, left, right, span)
        return found

    def _compare_literals(self, op: str, left: Operand, right: Operand, span: Span) -> t.Condition | None:
        if left.type == "list" and (op != "==" or not is_plain(left) or not is_plain(right)):
            self.outside("lists are compared with `==` only", span)
            return None
        return t.Const(COMPARE[op](fold(left), fold(right)))

    def _compare_numbers(self, op: str, left: Operand, right: Operand) -> t.Condition | None:
        match left.type, right.type:
            case "count", "number":
                return t.CountIs(left.fact, op, right.number)
            case "count", "count":
                return t.CountsAre(left.fact, op, right.fact)
            case "days", "number":
                return t.DaysBetween(left.fact, left.other, op, right.number)
            case "share", "number":
                return self._in_group(left.other, lambda group: t.ShareIs(left.fact, group, op, right.number))
            case "day", "date" if isinstance(right.value, dt.date):
                return t.DayIs(left.fact, op, right.value)
        return None

    def _compare_names(self, left: Operand, right: Operand) -> t.Condition | None:
        if (left.type, right.type) == ("one-of", "text"):
            return self._one_of(left, (right,))
        if (left.type, right.type) == ("place", "place"):
            return t.SamePlace(left.fact, right.fact)
        return None

    def _clash_of(self, op: str, left: Operand, right: Operand, span: Span) -> None:
        help_ = ""
        if "place" in (left.type, right.type):
            help_ = "write `in FR`: a place is a group of itself and its subdivisions"
        elif left.type == "day":
            help_ = 'compare with `date("2025-10-06")`'
        elif "some-of" in (left.type, right.type):
            help_ = 'write `"health" in data.categories`'
        self.clash(f"a {left.word} and a {right.word} cannot be compared with `{op}`", span, help_)

    def _compare_conditions(self, op: str, left: Typed, right: Typed, span: Span) -> t.Condition | None:
        if isinstance(left, Operand) or isinstance(right, Operand) or left is None or right is None:
            help_ = "write the condition itself, or `!` before it"
            self.clash("a yes or no cannot be compared with another type", span, help_)
            return None
        if isinstance(left, t.Const) and isinstance(right, t.Const):
            return t.Const(COMPARE[op](left.value, right.value))
        if op != "==":
            self.clash(f"two conditions cannot be compared with `{op}`", span)
            return None
        if isinstance(left, t.Const):
            return right if left.value else t.negate(right)
        if isinstance(right, t.Const):
            return left if right.value else t.negate(left)
        both = t.any_of([t.all_of([left, right]), t.all_of([t.negate(left), t.negate(right)])])
        return self._bounded(both, span)  # each side stands twice: a chain of these doubles at every step

    def _one_of(self, left: Operand, values: tuple[Operand, ...]) -> t.Condition | None:
        known = self.vocabulary.fact[left.fact].of
        for value in values:
            if value.value not in known and known != ("*",):
                what, name = f"value of `{left.fact}`", str(value.value)
                self.problems.add_unknown("unknown-value", what, name, known, value.span, context=self.context)
                return None
        return t.OneOf(left.fact, tuple(sorted({str(v.value) for v in values}))) if values else t.FALSE

    def _in(self, left: Typed, right: Typed, span: Span) -> t.Condition | None:
        if not isinstance(right, Operand) or right.type not in ("list", "group", "some-of", "places"):
            self.clash("`in` needs a list, a group or a set on its right", span)
            return None
        if not isinstance(left, Operand):
            if right.type == "list":
                return self._in_list(left, right, span)
            self.clash(f"a yes or no cannot be `in` a {right.word}", span)
            return None
        match left.type, right.type:
            case "place" | "bound", "group" | "list":
                return self._in_places(left, right)
            case "place", "places":
                return t.InPlaces(left.fact, right.fact)
            case "text", "some-of":
                return self._has(right, left)
            case "one-of", "list" if all(is_type(i, "text") for i in right.items):
                return self._one_of(left, tuple(i for i in right.items if isinstance(i, Operand)))
            case _, "list":
                return self._in_list(left, right, span)
        self.clash(f"a {left.word} cannot be `in` a {right.word}", span)
        return None

    def _in_places(self, left: Operand, right: Operand) -> t.Condition | None:
        def atom(group: str) -> t.Condition:
            return t.BoundIn(group) if left.type == "bound" else t.InGroup(left.fact, group)

        return self._in_group(right.fact, atom) if right.type == "group" else self._in_list_of_places(right, atom)

    def _in_list(self, left: Typed, right: Operand, span: Span) -> t.Condition | None:
        parts = []
        for item in right.items:
            found = None if item is None else self._compare("==", left, item, span)
            if found is None:
                return None
            parts.append(found)
        return t.any_of(parts)

    def _has(self, some: Operand, text: Operand) -> t.Condition | None:
        known, name = self.vocabulary.members[some.fact], str(text.value)
        if name in known:
            return t.Has(some.fact, name)
        add_unknown_member(self.problems, some.fact, name, known, text.span, context=self.context)
        return None

    # --- calls

    def _call(self, expr: Call) -> Typed:
        if expr.target is not None:
            return self._quantifier(expr, expr.target)
        functions: dict[str, Callable[[Call], Typed]] = {
            "date": self._date_call,
            "days": self._days_call,
            "share": self._share_call,
            "cascade": self._cascade_call,
        }
        function = functions.get(expr.name)
        if function is None:
            message = f"the function `{expr.name}` is outside the language of conditions"
            self.outside(message, expr.span, "known: date, days, share, cascade")
            return None
        return function(expr)

    def _operands(self, expr: Call, *types: str) -> tuple[Operand, ...] | None:
        """The arguments; () where they have other types, None where a problem was noted within one of them."""
        args = [self.typed(a) for a in expr.args]
        if None in args:
            return None
        operands = tuple(a for a in args if isinstance(a, Operand))
        return operands if len(args) == len(operands) and tuple(o.type for o in operands) == types else ()

    def _date_call(self, expr: Call) -> Typed:
        args = self._operands(expr, "text")
        if not args:
            if args is not None:
                self.clash('`date` takes one day: `date("2025-10-06")`', expr.span)
            return None
        text = str(args[0].value)
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                return Operand("date", value=dt.date.fromisoformat(text), span=expr.span)
        except ValueError:
            pass  # told below
        message = f"`{text}` does not exist in the calendar"
        self.problems.add("no-such-day", message, args[0].span, help="write 2025-10-06", context=self.context)
        return None

    def _days_call(self, expr: Call) -> Typed:
        args = self._operands(expr, "day", "day")
        if args:
            return Operand("days", args[0].fact, args[1].fact, span=expr.span)
        if args is not None:
            self.clash("`days` takes two days: `days(start, end) > 60`", expr.span)
        return None

    def _share_call(self, expr: Call) -> Typed:
        args = self._operands(expr, "shares", "group")
        if args and self._has_where(args[1].fact):
            self.outside("a table with `where` rows cannot be counted", expr.span)
            return None
        if args:
            return Operand("share", args[0].fact, args[1].fact, span=expr.span)
        if args is not None:
            self.clash("`share` takes owners and a group: `share(holder.owners, EEA) >= 25`", expr.span)
        return None

    def _cascade_call(self, expr: Call) -> Typed:
        args = self._operands(expr, "shares", "group", "number")
        if args and (not 0 < args[2].number <= 100 or self._has_where(args[1].fact)):
            self.clash("`cascade` takes a percent from 1 to 100 and a group without `where` rows", expr.span)
            return None
        if args:
            return self._in_group(args[1].fact, lambda group: t.Cascades(args[0].fact, group, args[2].number))
        if args is not None:
            self.clash("`cascade` takes owners, a group and a percent: `cascade(holder.owners, EEA, 50)`", expr.span)
        return None

    def _quantifier(self, expr: Call, over: Expr) -> Typed:
        if expr.name not in ("exists", "all", "exists_one"):
            self.outside(f"`.{expr.name}()` is outside the language of conditions", expr.span, "known: exists, all")
            return None
        if len(expr.args) != 2 or not isinstance(expr.args[0], Name) or "." in expr.args[0].name:
            self.clash(f"`{expr.name}` takes a name and a condition: `.{expr.name}(p, p in EEA)`", expr.span)
            return None
        target = self.typed(over)
        if target is None:
            return None
        variable, body = expr.args[0].name, expr.args[1]
        if isinstance(target, Operand):
            if target.type == "list":
                return self._over_list(target.items, expr.name, variable, body)
            if target.type == "places" and expr.name != "exists_one":
                return self._over_places(target.fact, expr.name, variable, body)
            if target.type == "some-of" and expr.name != "exists_one":
                return self._over_members(target.fact, expr.name, variable, body)
        self.clash(f"`{expr.name}` goes over a set, not over this", expr.span)
        return None

    def _over_places(self, fact: str, name: str, variable: str, body: Expr) -> Typed:
        outer = self.bound, self.bound_items
        self.bound, self.bound_items = variable, {k: v for k, v in self.bound_items.items() if k != variable}
        found = self.condition(body)
        self.bound, self.bound_items = outer
        if found is None:
            return None
        if any(isinstance(n, t.AnyPlace | t.AllPlaces) for n in t.walk(found)):
            self.outside("a set inside a set is outside the language of conditions", body.span)
            return None
        return t.AnyPlace(fact, found) if name == "exists" else t.AllPlaces(fact, found)

    def _over_members(self, fact: str, name: str, variable: str, body: Expr) -> Typed:
        parts: list[t.Condition] = []
        for member in sorted(self.vocabulary.members[fact]):
            found = self._with_item(variable, Operand("text", value=member, span=body.span), body)
            if found is None:
                return None
            has = t.Has(fact, member)
            parts.append(t.all_of([has, found]) if name == "exists" else t.any_of([t.negate(has), found]))
        return t.any_of(parts) if name == "exists" else t.all_of(parts)

    def _over_list(self, items: tuple[Typed, ...], name: str, variable: str, body: Expr) -> Typed:
        parts: list[t.Condition] = []
        for item in items:
            found = None if item is None else self._with_item(variable, item, body)
            if found is None:
                return None
            parts.append(found)
        if name != "exists_one":
            return t.any_of(parts) if name == "exists" else t.all_of(parts)
        if len(parts) ** 2 > MAX_NODES:
            self.too_large(body.span)
            return None
        others = [[t.negate(p) for j, p in enumerate(parts) if j != i] for i in range(len(parts))]
        return t.any_of([t.all_of([p, *rest]) for p, rest in zip(parts, others, strict=True)])

    def _with_item(self, variable: str, item: Typed, body: Expr) -> t.Condition | None:
        outer = self.bound_items
        self.bound_items = {**outer, variable: item}
        found = self.condition(body)
        self.bound_items = outer
        return found


def _kind(fact: Fact) -> str:
    return "day" if fact.type == "instant" else fact.type
