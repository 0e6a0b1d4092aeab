"""Nodes as Python expressions, two for each: `sure` where it is surely true, `maybe` where it is not surely false.

So Kleene's logic runs as plain `and`, `or` and `not`: an and is sure where all parts are sure, and maybe where all
are maybe; a not is sure where its part is not maybe. Where nothing in a condition can be unknown, both are the same
text and one is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from comity.case import Facts
from comity.decide.lower import BOUND_PLACE, Key, Lowering
from comity.decide.shares import cascade, share
from comity.facts import Fact, Members, Owner, Places, Range, Vocabulary

# How a section of code reads its facts.
PLAIN = "plain"  # with presumptions, no fact withheld or said to be unknown
CAREFUL = "careful"  # with presumptions, save for the facts in `blocked`
KNOWN = "known"  # as PLAIN, where all for which nothing is presumed was said, and said exactly: else the code gives up

Pair = tuple[str, str]  # the expressions sure and maybe

INFINITE = float("inf")
# What is used twice is worked out once, before its first use; what takes long is a function of its own, called when
# asked for.
HOIST_COST, HOIST_DEPTH = 3, 8
OUTLINE_COST = 24
NO_PLACES = Places(frozenset(), False)
EMPTY: frozenset[Any] = frozenset()


class OfPlace:
    """What is known of each place beforehand; None is the unknown place."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        above, below = vocabulary.above, vocabulary.below
        self.single: dict[str | None, Places | None] = {None: None}
        self.owned: dict[str | None, tuple[Owner, ...] | None] = {None: None}
        self.above: dict[str | None, frozenset[str]] = {None: EMPTY}
        self.near: dict[str | None, frozenset[str]] = {None: EMPTY}
        for place in vocabulary.place:
            self.single[place] = Places(frozenset({place}))
            self.owned[place] = (Owner(100, place),)
            self.above[place] = above[place]
            self.near[place] = above[place] | below[place]


class Section:
    """One function of compiled code: its expressions, the facts they read, the constants they name."""

    def __init__(self, low: Lowering, mode: str, of_place: OfPlace) -> None:
        self.low = low
        self.mode = mode
        self._of_place = of_place
        self.vocabulary: Vocabulary = low.vocabulary
        self.lines: list[str] = []
        self.consts: dict[str, object] = {
            "single": of_place.single,
            "owned": of_place.owned,
            "above": of_place.above,
            "near": of_place.near,
            "Range": Range,
            "INF": INFINITE,
            "EMPTY": EMPTY,
            "Facts": Facts,
            "share": share,
            "cascade": cascade,
        }
        self.helpers: list[str] = []
        self.outlined: dict[int, tuple[int, bool]] = {}
        self.lazy: list[str] = []
        self.roots: frozenset[int] = EMPTY
        self.vars: dict[str, int] = {}
        self.read_by_any: set[str] = set()
        self.shaped: set[str] = set()
        self._names: dict[object, str] = {}
        self._texts: dict[tuple[int, bool], str] = {}
        self._uses: Counter[int] = Counter()
        self._depths: dict[int, int] = {}

    # --- names

    def const(self, value: object, stem: str = "C") -> str:
        """The name of a constant."""
        name = f"{stem}{len(self.consts)}"
        self.consts[name] = value
        return name

    def set_name(self, value: frozenset[Any]) -> str:
        """The name of a set; equal sets share one."""
        if value not in self._names:
            self._names[value] = self.const(value)
        return self._names[value]

    def use(self, fact: str) -> int:
        """The number of a fact that the code reads in the shape of its type."""
        self.shaped.add(fact)
        return self.read(fact)

    def read(self, fact: str) -> int:
        """The number of a fact of which the code reads the value only."""
        if fact not in self.vars:
            source = self.source(fact)
            if source and not self.borrowed(fact):
                self.read(source)
            self.vars[fact] = len(self.vars)
            self.read_by_any.add(fact)
        return self.vars[fact]

    def declared(self, fact: str) -> Fact:
        """The declaration of a fact; that of a total says no more than that it is a count."""
        return Fact(fact, "count", "", "") if ":" in fact else self.vocabulary.fact[fact]

    def source(self, fact: str) -> str | None:
        """The fact that is taken where nobody says this one, in this mode."""
        declared = self.declared(fact)
        return None if declared.presume is not None else declared.presume_from

    def borrowed(self, fact: str) -> bool:
        """Whether a list of members is taken from another list: `Facts` reads it, with what was narrowed there."""
        return self.source(fact) is not None and self.declared(fact).type == "some-of"

    def nullable(self, fact: str) -> bool:
        """Whether the value can be missing in this mode."""
        if fact in ("kind", "day") or self.mode == KNOWN:
            return False
        if self.mode == CAREFUL or ":" in fact:
            return True
        if self.declared(fact).presume is not None:
            return False
        source = self.source(fact)
        return source is None or self.nullable(source)

    def open_members(self, fact: str, members: frozenset[str]) -> frozenset[str]:
        """Those members of a some-of fact that can be open in this mode."""
        if self.mode == KNOWN:
            return EMPTY
        narrowed = self.mode == PLAIN and not self.borrowed(fact)
        return members - self.vocabulary.presumed_absent[fact] if narrowed else members

    # --- expressions

    def count(self, roots: Iterable[int]) -> None:
        """Count how often each node is used below these roots: what is used twice is worked out once."""
        waiting = list(roots)
        self.roots = frozenset(waiting)
        while waiting:
            number = waiting.pop()
            self._uses[number] += 1
            if self._uses[number] == 1:
                waiting += _parts(self.low.nodes[number])

    def depth(self, number: int) -> int:
        """Levels of a node since the last one that stands in a variable of its own."""
        found = self._depths.get(number)
        if found is None:
            found = 1 + max((self.depth(p) % HOIST_DEPTH for p in _parts(self.low.nodes[number])), default=0)
            self._depths[number] = found
        return found

    def sure(self, number: int) -> str:
        """The expression that is true where the node is surely true."""
        return self.text(number, True)

    def maybe(self, number: int) -> str:
        """The expression that is true where the node is not surely false."""
        return self.text(number, False)

    def text(self, number: int, sure: bool) -> str:
        """One expression of a node; where the node stands in variables, these are written first."""
        if (number, sure) not in self._texts:
            self._write(number)
        return self._texts[number, sure]

    def _write(self, number: int) -> None:
        if self._is_long(number):
            self._texts[number, True], self._texts[number, False] = self._outline(number)
            return
        sure, maybe = EMIT[self.low.nodes[number][0]](self, *self.low.nodes[number][1:])
        often = self._uses[number] > 1 and self.low.cost(number) >= HOIST_COST
        if (often or self.depth(number) == HOIST_DEPTH) and self.low.nodes[number][0] != "const":
            self.lines.append(f"p{number} = {maybe}")
            if sure != maybe:
                self.lines.append(f"t{number} = p{number} and {sure}")
                sure = f"t{number}"
            else:
                sure = f"p{number}"
            maybe = f"p{number}"
        self._texts[number, True], self._texts[number, False] = sure, maybe

    def _is_long(self, number: int) -> bool:
        compound = self.low.nodes[number][0] in ("and", "or") and number not in self.roots
        return compound and self.mode != KNOWN and self.low.cost(number) >= OUTLINE_COST

    def _outline(self, number: int) -> Pair:
        """A call of a function that works the node out, once for a case, and that reads the facts it needs itself."""
        if number not in self.outlined:
            inner = Section(self.low, self.mode, self._of_place)
            inner.consts, inner.helpers, inner.outlined, inner._names = (
                self.consts,
                self.helpers,
                self.outlined,
                self._names,
            )
            inner.read_by_any = self.read_by_any
            inner.count([number])
            maybe, sure = inner.maybe(number), inner.sure(number)
            place = len(self.outlined)
            self.outlined[number] = place, maybe == sure
            lines = [
                f"if memo[{place}] is not ...: return memo[{place}]",
                *inner.reads(),
                *inner.starts(),
                *inner.lines,
            ]
            lines.append(
                f"found = {maybe}" if maybe == sure else f"found = False if not {maybe} else True if {sure} else None"
            )
            body = "\n".join(f"    {line}" for line in [*lines, f"memo[{place}] = found", "return found"])
            self.helpers.append(f"def n{place}(case, get, totals, blocked, memo):\n{body}\n")
        place, exact = self.outlined[number]
        sure, maybe = _once(self, f"n{place}(case, get, totals, blocked, memo)")
        return (sure, sure) if exact else (sure, maybe)

    def starts(self) -> list[str]:
        """The statement that marks what is asked for lazily as not yet asked for."""
        return [" = ".join(self.lazy) + " = ..."] if self.lazy else []

    # --- reading facts

    def reads(self) -> list[str]:
        """The statements that read all facts used; the first ones of KNOWN code give up where a fact is missing."""
        names = list(self.vars)
        if self.mode != KNOWN:
            return [line for fact in names for line in (*self._raw(fact), *self._shape(fact))]
        said = [f for f in names if self._must_be_said(f)]
        taken = [f"    v{self.vars[f]} = {'totals' if ':' in f else 'facts'}[{f!r}]" for f in said]
        lines = ["try:", *taken, "except KeyError:", "    return None"] if taken else []
        for fact in names:
            lines += [*([] if fact in said else self._raw(fact)), *self._shape(fact)]
        return lines

    def must_be_said(self) -> frozenset[str]:
        """The facts that KNOWN code would want to be said."""
        return frozenset(f for f in self.read_by_any if self._must_be_said(f) and ":" not in f)

    def _must_be_said(self, fact: str) -> bool:
        declared = self.declared(fact)
        return fact not in ("kind", "day") and declared.presume is None and declared.presume_from is None

    def _raw(self, fact: str) -> list[str]:
        v = f"v{self.vars[fact]}"
        if fact in ("kind", "day"):
            return [f"{v} = case.{fact}"]
        if ":" in fact:
            return [f"{v} = totals.get({fact!r})"]
        declared, source = self.declared(fact), self.source(fact)
        if self.borrowed(fact):
            withheld = "blocked" if self.mode == CAREFUL else "EMPTY"
            return [f"{v} = Facts({self.const(self.vocabulary)}, case, True, {withheld}).value({fact!r})"]
        if declared.presume is None and source is None:
            return [f"{v} = get({fact!r})"]
        if source is None and self.mode != CAREFUL:
            return [f"{v} = get({fact!r}, {self._presumed(declared)})"]
        value = self._presumed(declared) if source is None else self._converted(declared, source)
        guard = f" and {fact!r} not in blocked" if self.mode == CAREFUL else ""
        return [f"{v} = get({fact!r})", f"if {v} is None{guard}: {v} = {value}"]

    def _presumed(self, declared: Fact) -> str:
        value = declared.presume
        return repr(value) if isinstance(value, bool | str) else self.const(value)

    def _converted(self, declared: Fact, source: str) -> str:
        value = f"v{self.vars[source]}"
        if self.declared(source).type == "place" and declared.type in ("places", "shares"):
            return f"{'single' if declared.type == 'places' else 'owned'}[{value}]"
        return value

    def _shape(self, fact: str) -> list[str]:
        """The variables that expressions read, beside the value itself."""
        if fact not in self.shaped:
            return []
        type_, i, known = self.declared(fact).type, self.vars[fact], self.mode == KNOWN
        match type_:
            case "places":
                line = f"m{i}, k{i} = v{i}"
                if known:
                    return [line, f"if not k{i}: return None"]
                return [
                    f"m{i}, k{i} = {self.const(NO_PLACES)} if v{i} is None else v{i}" if self.nullable(fact) else line
                ]
            case "some-of":
                return self._members(fact, i)
            case "count":
                if known:
                    return [f"if v{i}.__class__ is not int: return None", f"l{i} = h{i} = v{i}"]
                return [
                    f"if v{i} is None: l{i}, h{i} = -INF, INF",
                    f"elif v{i}.__class__ is Range:",
                    f"    l{i}, h{i} = v{i}",
                    f"    if h{i} is None: h{i} = INF",
                    f"else: l{i} = h{i} = v{i}",
                ]
            case "day" | "instant":
                if not self.nullable(fact):
                    return [f"l{i} = h{i} = v{i}.toordinal()"]
                return [f"if v{i} is None: l{i}, h{i} = -INF, INF", f"else: l{i} = h{i} = v{i}.toordinal()"]
        return []

    def _members(self, fact: str, i: int) -> list[str]:
        if self.mode == KNOWN:
            return [f"y{i}, o{i} = v{i}", f"if o{i}: return None"]
        unsaid = self.const(Members(EMPTY, self.vocabulary.members[fact]))
        lines = [f"y{i}, o{i} = {unsaid} if v{i} is None else v{i}"]
        if self.mode == CAREFUL and self.vocabulary.presumed_absent[fact] and not self.borrowed(fact):
            absent = self.set_name(self.vocabulary.presumed_absent[fact])
            lines.append(f"if {fact!r} not in blocked: o{i} = o{i} - {absent}")
        return lines


def _parts(node: Key) -> tuple[int, ...]:
    if node[0] in ("and", "or"):
        return tuple(node[1])
    return (node[1],) if node[0] == "not" else ()


# --- one rule per kind of node: (section, what the node holds) to (sure, maybe)


def _const(_section: Section, value: bool) -> Pair:
    return str(value), str(value)


def _and(section: Section, parts: tuple[int, ...]) -> Pair:
    return _joined(section, " and ", parts)


def _or(section: Section, parts: tuple[int, ...]) -> Pair:
    return _joined(section, " or ", parts)


def _joined(section: Section, op: str, parts: tuple[int, ...]) -> Pair:
    return f"({op.join(section.sure(p) for p in parts)})", f"({op.join(section.maybe(p) for p in parts)})"


def _not(section: Section, part: int) -> Pair:
    return f"not {section.maybe(part)}", f"not {section.sure(part)}"


def _bool(section: Section, fact: str) -> Pair:
    v = f"v{section.use(fact)}"
    return v, f"{v} is not False" if section.nullable(fact) else v


def _set(section: Section, fact: str, sure: frozenset[str | None], maybe: frozenset[str | None]) -> Pair:
    v, every = f"v{section.use(fact)}", section.low.every(fact)
    if not section.nullable(fact):
        sure, maybe, every = sure - {None}, maybe - {None}, every - {None}
    return _in_set(section, v, sure, every), _in_set(section, v, maybe, every)


def _in_set(section: Section, v: str, values: frozenset[str | None], every: frozenset[str | None]) -> str:
    if not values:
        return "False"
    rest = every - values
    if not rest:
        return "True"
    if len(values) == 1:
        value = next(iter(values))
        return f"{v} is None" if value is None else f"{v} == {value!r}"
    if len(rest) == 1:
        value = next(iter(rest))
        return f"{v} is not None" if value is None else f"{v} != {value!r}"
    return f"{v} in {section.set_name(values)}" if len(values) <= len(rest) else f"{v} not in {section.set_name(rest)}"


def _has(section: Section, fact: str, members: frozenset[str]) -> Pair:
    i = section.use(fact)
    sure = _any_of(section, f"y{i}", members)
    can_be_open = section.open_members(fact, members)
    if not can_be_open:
        return sure, sure
    return sure, f"({sure} or {_any_of(section, f'o{i}', can_be_open)})"


def _any_of(section: Section, held: str, members: frozenset[str]) -> str:
    if len(members) > 2:
        return f"not {held}.isdisjoint({section.set_name(members)})"
    tests = [f"{m!r} in {held}" for m in sorted(members)]
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"


def _interval(low: str, high: str, op: str, right_low: str, right_high: str) -> Pair:
    """Two intervals compared."""
    if op == "==":
        same_end = "" if right_low == right_high else f" == {right_high}"
        return f"({low} == {high} == {right_low}{same_end})", f"({low} <= {right_high} and {right_low} <= {high})"
    if op in (">", ">="):
        return f"{low} {op} {right_high}", f"{high} {op} {right_low}"
    return f"{high} {op} {right_low}", f"{low} {op} {right_high}"


def _ends(section: Section, fact: str) -> tuple[str, str]:
    """The variables that hold the lowest and highest value of a count or day: one, where it can be no range."""
    i = section.use(fact)
    exact = section.mode == KNOWN or (section.declared(fact).type != "count" and not section.nullable(fact))
    return f"l{i}", f"l{i}" if exact else f"h{i}"


def _compared(low: str, high: str, op: str, right: Pair) -> Pair:
    if low == high and right[0] == right[1]:
        return f"{low} {op} {right[0]}", f"{low} {op} {right[0]}"
    return _interval(low, high, op, *right)


def _cmp(section: Section, fact: str, op: str, number: int) -> Pair:
    return _compared(*_ends(section, fact), op, (str(number), str(number)))


def _cmp2(section: Section, left: str, op: str, right: str) -> Pair:
    return _compared(*_ends(section, left), op, _ends(section, right))


def _days(section: Section, start: str, end: str, op: str, number: int) -> Pair:
    first, last = _ends(section, start), _ends(section, end)
    least, most = f"({last[0]} - {first[1]})", f"({last[1]} - {first[0]})"
    return _compared(least, most, op, (str(number), str(number)))


def _same(section: Section, left: str, right: str) -> Pair:
    a, b = f"v{section.use(left)}", f"v{section.use(right)}"
    unknown = [f"{v} is None" for v, fact in ((a, left), (b, right)) if section.nullable(fact)]
    sure = f"({a} == {b} and {a} is not None)" if unknown else f"{a} == {b}"
    return sure, f"({' or '.join([*unknown, f'{b} in near[{a}]'])})"


def _in(section: Section, fact: str, places: str) -> Pair:
    v, i = f"v{section.use(fact)}", section.use(places)
    open_ = [f"{v} is None"] if section.nullable(fact) else []
    open_ += [] if section.mode == KNOWN else [f"not k{i}"]
    near = f"not near[{v}].isdisjoint(m{i})"
    return f"not above[{v}].isdisjoint(m{i})", f"({' or '.join([*open_, near])})"


def _any(section: Section, fact: str, sure: frozenset[str | None], maybe: frozenset[str | None]) -> Pair:
    i = section.use(fact)
    surely, perhaps = _meets(section, f"m{i}", sure - {None}), _meets(section, f"m{i}", maybe - {None})
    return surely, perhaps if section.mode == KNOWN else f"(not k{i} or {perhaps})"


def _meets(section: Section, held: str, places: frozenset[Any]) -> str:
    return f"not {held}.isdisjoint({section.set_name(places)})" if places else "False"


def _all(section: Section, fact: str, sure: frozenset[str | None], maybe: frozenset[str | None]) -> Pair:
    i = section.use(fact)
    surely, perhaps = (f"m{i} <= {section.set_name(s - {None})}" for s in (sure, maybe))
    return surely if section.mode == KNOWN else f"(k{i} and {surely})", perhaps


def _loop(section: Section, quantifier: str, fact: str, body: int) -> Pair:
    """A quantifier whose body asks for more than the place: a small function that goes over the places."""
    i, outer = section.use(fact), list(dict.fromkeys(_outer(section.low, body)))
    names = {number: (f"a{place}", f"b{place}") for place, number in enumerate(outer)}
    given = ", ".join(f"{section.sure(n)}, {section.maybe(n)}" for n in outer)
    params = ", ".join(f"{a}, {b}" for a, b in names.values())
    calls = []
    for sure in (True, False):
        test = _body(section, body, names, sure)
        stop = f"if {test}: return True" if quantifier == "any" else f"if not {test}: return False"
        name = f"over{len(section.helpers)}"
        section.helpers.append(
            f"def {name}(members, {params}):\n    for p in members:\n        {stop}\n    return {quantifier == 'all'}\n"
        )
        calls.append(f"{name}(m{i}, {given})")
    if section.mode == KNOWN:
        return calls[0], calls[1]
    return (calls[0], f"(not k{i} or {calls[1]})") if quantifier == "any" else (f"(k{i} and {calls[0]})", calls[1])


def _outer(low: Lowering, number: int) -> Iterable[int]:
    """The nodes inside a quantifier that do not turn on the place at hand."""
    node = low.nodes[number]
    if _parts(node):
        for part in _parts(node):
            yield from _outer(low, part)
    elif node[:2] != ("set", BOUND_PLACE):
        yield number


def _body(section: Section, number: int, names: dict[int, tuple[str, str]], sure: bool) -> str:
    node = section.low.nodes[number]
    if number in names:
        return names[number][0 if sure else 1]
    if node[0] == "not":
        return f"(not {_body(section, node[1], names, not sure)})"
    if node[0] == "set":
        return _in_set(section, BOUND_PLACE, node[2 if sure else 3] - {None}, section.low.every(BOUND_PLACE) - {None})
    return f"({f' {node[0]} '.join(_body(section, p, names, sure) for p in node[1])})"


def _share(
    section: Section, fact: str, sure: frozenset[str | None], maybe: frozenset[str | None], op: str, percent: int
) -> Pair:
    args = f"v{section.use(fact)}, {section.set_name(sure)}, {section.set_name(maybe)}, {op!r}, {percent}"
    return _once(section, f"share({args})")


def _cascade(
    section: Section, fact: str, sure: frozenset[str | None], maybe: frozenset[str | None], percent: int
) -> Pair:
    args = f"v{section.use(fact)}, {section.set_name(sure)}, {section.set_name(maybe)}, {percent}"
    return _once(section, f"cascade({args})")


def _once(section: Section, call: str) -> Pair:
    """A call that gives true, false or unknown, made when it is first asked for and only once."""
    name = f"s{len(section.lazy)}"
    section.lazy.append(name)
    value = f"({name} if {name} is not ... else ({name} := {call}))"
    return f"{value} is True", f"{value} is not False"


EMIT: dict[str, Callable[..., Pair]] = {
    "const": _const,
    "and": _and,
    "or": _or,
    "not": _not,
    "bool": _bool,
    "set": _set,
    "has": _has,
    "cmp": _cmp,
    "cmp2": _cmp2,
    "days": _days,
    "same": _same,
    "in": _in,
    "any": _any,
    "all": _all,
    "loop": _loop,
    "share": _share,
    "cascade": _cascade,
}
