"""The program compiled to Python functions: the same findings as one.py, in microseconds.

For each pack, kind of case and stretch of days between two changes of its law there are two functions, written and
compiled when a case first needs them: one asks whether the pack reaches the case, one settles its clauses.
Conditions become expressions (lower.py, emit.py), effects a few `|` and look-ups (bits.py); findings are made
beforehand, so that a decision only picks them.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from types import CodeType
from typing import Any

from comity.case import Case
from comity.condition import tree as t
from comity.decide import bits
from comity.decide.emit import CAREFUL, EMPTY, KNOWN, PLAIN, OfPlace, Section
from comity.decide.findings import ClauseFinding, Findings, PackFinding
from comity.decide.guard import Gate, guard_of
from comity.decide.index import index_of
from comity.decide.lower import FALSE, OPS, TRUE, Lowering
from comity.decide.verdict import ALLOWED, FORBIDDEN, FREE, Bound
from comity.errors import UnsupportedError
from comity.facts import Row, Tri, Value
from comity.pack.program import THE_ACT, Clause, Coverage, Pack, Program

Reach = Callable[[Case, frozenset[str], bool], PackFinding | None]
Reader = Callable[[Case, frozenset[str]], tuple[Value | None, ...]]
Together = Callable[[Case, frozenset[str]], Findings]

MAX_UNIONS = 3  # an excuse in more unions than these keeps its bit in a variable
MIN_GATED = 12  # packs; with fewer it is quicker to ask each than to find out which
# What is kept, so that no stream of odd days fills the memory: days for each kind of case, functions, nodes of packs.
MAX_DAYS, MAX_FUNCTIONS, MAX_LOWERINGS = 10_000, 8_000, 200

if set(OPS) != set(t.KINDS):
    raise UnsupportedError("fast.py has no rule for " + ", ".join(sorted(k.__name__ for k in set(t.KINDS) ^ set(OPS))))


class Fast:
    """A compiled program. It may be shared by threads: what it keeps is only added to, and equal when made twice."""

    def __init__(self, program: Program, *, few: bool = False) -> None:
        self.program = program
        self._few = few
        self._gated = len(program.packs) >= MIN_GATED
        self._starts = {pack.id: sorted(set(days_of_change(pack))) for pack in program.packs}
        self._changes = sorted({day for days in self._starts.values() for day in days})
        self._gates: dict[tuple[str, int], Gate] = {}
        self._every = frozenset(program.vocabulary.fact)  # blocked, these are as good as no presumptions
        self._of_place = OfPlace(program.vocabulary)
        self._lowerings: dict[tuple[str, str, int], Lowering] = {}
        self._packs: dict[tuple[str, str, str, int], Reach] = {}
        self._by_day: dict[str, dict[str, dict[dt.date, tuple[Together, tuple[Reach, ...]]]]]
        self._by_day = {PLAIN: {}, CAREFUL: {}}
        self._plain: dict[str, dict[dt.date, Together]] = {}
        self._readers: dict[tuple[str, tuple[str, ...]], Reader] = {}
        self._greatest = tuple(bits.BOUND[bit] for bit in bits.greatest())

    def find(self, program: Program, case: Case, *, presume: bool = True, withhold: frozenset[str] = EMPTY) -> Findings:
        """Evaluate a case under every pack of the program, as `one.find` does.

        Raises:
            ValueError: the program is not the one that was compiled.
        """
        if presume and not withhold and not case.unknown and program is self.program:
            try:
                together = self._plain[case.kind][case.day]
            except KeyError:
                together = self._choose(program, case, PLAIN)[0]
            return together(case, EMPTY)
        blocked = case.unknown | withhold if presume else self._every
        return self._choose(program, case, CAREFUL if blocked else PLAIN)[0](case, blocked)

    __call__ = find

    def bare_bound(self, program: Program, case: Case, found: Findings) -> Bound:
        """The bound with nothing presumed: `find(..., presume=False).bound`, without what cannot change it.

        Args:
            program: the program that was compiled.
            case: the question.
            found: what was found with presumptions. These only narrow: the bare bound holds theirs. Packs that reach
                the case are asked first: they most often leave everything open. The others can only be open too,
                not stricter at their lowest, so once all is open none of them has to be asked.
        """
        lowest = highest = ALLOWED
        packs = self._choose(program, case, CAREFUL)[1]
        least, open_ = found.bound[0], self._open(case, self._every)
        index = index_of(program)
        for is_reaching in (True, False):
            for place in index.short_first(case.kind):
                if highest == FORBIDDEN and (lowest >= least or not is_reaching):
                    return lowest, highest
                is_asked = open_ >> place & 1 and bool(found.packs[place].clauses) is is_reaching
                if is_asked and program.packs[place].counts(case.kind):
                    bare = packs[place](case, self._every, highest == FORBIDDEN)
                    if bare is not None:
                        low, high = bare.bound
                        lowest, highest = max(lowest, low), max(highest, high)
        return lowest, highest

    def bounds(
        self, program: Program, case: Case, places: Iterable[int], withhold: frozenset[str], *, reaching: bool
    ) -> Iterator[Bound]:
        """The bounds of some packs, by their place in the program, as `find` gives them.

        Args:
            program: the program that was compiled.
            case: the question.
            places: of the packs.
            withhold: facts that are not presumed.
            reaching: whether they mostly reach the case: else it is asked first which of them its places let in.
        """
        blocked = case.unknown | withhold
        packs = self._choose(program, case, CAREFUL if blocked else PLAIN)[1]
        open_ = -1 if reaching else self._open(case, blocked)
        for place in places:
            found = packs[place](case, blocked, False) if open_ >> place & 1 else None
            yield FREE if found is None else found.bound

    def bare_bounds(self, program: Program, case: Case, places: Iterable[int]) -> list[Bound]:
        """The bounds of some packs with nothing presumed."""
        packs = self._choose(program, case, CAREFUL)[1]
        return [found.bound for place in places if (found := packs[place](case, self._every, False)) is not None]

    def values(self, case: Case, names: tuple[str, ...]) -> tuple[Value | None, ...]:
        """The values of facts with presumptions, as `Facts.value` gives them; not for lists of members."""
        return self._read(CAREFUL if case.unknown else PLAIN, names)(case, case.unknown)

    def _read(self, mode: str, names: tuple[str, ...]) -> Reader:
        read = self._readers.get((mode, names))
        if read is None:
            read = self._readers[mode, names] = self._reader(mode, names)
        return read

    def _reader(self, mode: str, names: tuple[str, ...]) -> Reader:
        section = Section(Lowering(self.program.vocabulary, "", dt.date.min), mode, self._of_place)
        known = [section.read(n) if n in self.program.vocabulary.fact else None for n in names]
        values = "".join("None, " if number is None else f"v{number}, " for number in known)
        made: Reader = _Code(section, "read", "case, blocked", [f"return ({values})"]).compile()
        return made

    def source(self, kind: str, day: dt.date, *, mode: str = PLAIN) -> str:
        """The code for a kind of case on a day, as text to read."""
        parts = []
        for pack in self.program.packs:
            low = self._lowering(pack, kind, day)
            parts.append(_reach(pack, low, mode, self._of_place, []).text)
            if pack.covers_case(kind, day):
                parts.append(_Body(pack, low, mode, self._of_place, [None, EMPTY]).code().text)
        return "\n\n".join(parts)

    def _choose(self, program: Program, case: Case, mode: str) -> tuple[Together, tuple[Reach, ...]]:
        """The functions for a kind of case on a day: all packs together, and each."""
        if program is not self.program and program != self.program:
            raise ValueError("this is the compiled form of another program")
        days = self._by_day[mode].setdefault(case.kind, {})
        found = days.get(case.day)
        if found is None:
            if len(days) >= MAX_DAYS or len(self._packs) >= MAX_FUNCTIONS:
                self._forget()
                days = self._by_day[mode].setdefault(case.kind, {})
            written = CAREFUL if self._few else mode
            packs = tuple([self._lazy(pack, written, case.kind, case.day) for pack in self.program.packs])
            if mode == PLAIN and self._gated:
                together = self._through(self._gate(case.kind, case.day))
            else:
                counting = tuple([place for place, p in enumerate(self.program.packs) if p.counts(case.kind)])
                together = _together(len(packs), counting)(packs, self._greatest)
            if mode == PLAIN:
                self._plain.setdefault(case.kind, {})[case.day] = together
            found = days[case.day] = together, packs
        return found

    def _gate(self, kind: str, day: dt.date) -> Gate:
        """Which packs a case of a kind may reach on a day, by its places."""
        key = kind, bisect_right(self._changes, day)
        gate = self._gates.get(key)
        if gate is None:
            known = self.program.packs
            mode = CAREFUL if self._few else PLAIN
            guards = [guard_of(pack.scope, kind, day, pack.group, self._of_place.near) for pack in known]
            outside = [_outside(pack, self._lowering(pack, kind, day), False) for pack in known]
            packs = [self._lazy(pack, mode, kind, day) for pack in known]
            counting = [place for place, pack in enumerate(known) if pack.counts(kind)]
            gate = self._gates[key] = Gate(guards, outside, packs, counting, self._greatest)
        return gate

    def _open(self, case: Case, blocked: frozenset[str]) -> int:
        """The packs that a case may reach where some presumptions are not made, a bit for each."""
        if not self._gated:
            return -1
        gate = self._gate(case.kind, case.day)
        return gate.open(self._read(CAREFUL, gate.facts)(case, blocked))

    def within_reach(self, case: Case) -> int:
        """The packs that may reach a case with nothing presumed, a bit for each by its place in the program."""
        return self._open(case, self._every)

    def _through(self, gate: Gate) -> Together:
        read, find = self._read(PLAIN, gate.facts), gate.find
        return lambda case, blocked: find(case, read(case, blocked))

    def _lazy(self, pack: Pack, mode: str, kind: str, day: dt.date) -> Reach:
        """The function of a pack; for a few cases written only when one asks it, since most reach few packs."""
        key = pack.id, mode, kind, bisect_right(self._starts[pack.id], day)
        if not self._few or key in self._packs:
            return self._reach(pack, mode, kind, day)
        place: list[Reach] = []

        def ask(case: Case, blocked: frozenset[str], low_only: bool) -> PackFinding | None:
            if not place:
                place.append(self._reach(pack, mode, kind, day))
            return place[0](case, blocked, low_only)

        return ask

    def _reach(self, pack: Pack, mode: str, kind: str, day: dt.date) -> Reach:
        key = pack.id, mode, kind, bisect_right(self._starts[pack.id], day)
        if key not in self._packs:
            body: list[Any] = [None]
            known: list[Any] = [None, EMPTY]  # the code for cases in which all is known, and the facts that these hold

            def write(how: str, *, always: bool = False) -> _Code:
                return _Body(pack, self._lowering(pack, kind, day), how, self._of_place, known).code(always=always)

            known[0] = _known_later(known, lambda: write(KNOWN))
            low = self._lowering(pack, kind, day)
            if pack.covers_case(kind, day) and low.lower(pack.scope) == TRUE:
                code = write(mode, always=True)
            else:
                body[0] = _later(body, lambda: write(mode))
                code = _reach(pack, low, mode, self._of_place, body)
            self._packs[key] = code.compile()
        return self._packs[key]

    def _lowering(self, pack: Pack, kind: str, day: dt.date) -> Lowering:
        """The nodes of a pack; all modes share them. Few are kept: they are needed only while code is written."""
        key = pack.id, kind, bisect_right(self._starts[pack.id], day)
        found = self._lowerings.get(key)
        if found is None:
            if len(self._lowerings) >= MAX_LOWERINGS:
                self._lowerings.clear()
            found = self._lowerings[key] = Lowering(self.program.vocabulary, kind, day, pack.group)
        return found

    def _forget(self) -> None:
        """Begin anew: for a stream of cases of all times."""
        self._packs.clear()
        self._gates.clear()
        self._plain.clear()
        for kinds in self._by_day.values():
            kinds.clear()


def _later(place: list[Any], write: Callable[[], _Code]) -> Callable[..., Any]:
    """A function that is compiled when it is first called, and then stands in its place itself."""

    def first(*args: Any) -> Any:
        place[0] = write().compile()
        return place[0](*args)

    return first


def _known_later(place: list[Any], write: Callable[[], _Code]) -> Callable[[Case, Tri], PackFinding | None]:
    """Likewise for KNOWN code, which is not worth the compiling before the first case that holds every fact."""

    def first(case: Case, scope: Tri) -> PackFinding | None:
        if not all(fact in case.facts for fact in place[1]):
            return None
        place[0] = write().compile()
        found: PackFinding | None = place[0](case, scope)
        return found

    return first


_new = tuple.__new__


@cache
def _together(n: int, counting: tuple[int, ...]) -> Callable[[tuple[Reach, ...], tuple[Bound, ...]], Together]:
    """What puts the findings of `n` packs together, without a loop; those at `counting` move the verdict."""
    names = ", ".join(f"reach{i}" for i in range(n))
    found = "".join(f"x{i}, " for i in range(n))
    lines = [f"        x{i} = reach{i}(case, blocked, False)" for i in range(n)]
    union = " | ".join(f"BIT[x{i}[5]]" for i in counting) or "0"
    head = ["def make(packs, greatest):", *([f"    {names}, = packs"] if n else []), "    def find(case, blocked):"]
    tail = [f"        return new(Findings, (({found}), greatest[{union}]))", "    return find"]
    given: dict[str, Any] = {"new": _new, "Findings": Findings, "BIT": bits.BIT}
    exec(_compiled("\n".join([*head, *lines, *tail]), "<comity>"), given)  # noqa: S102  text of our own, numbers only
    made: Callable[[tuple[Reach, ...], tuple[Bound, ...]], Together] = given["make"]
    return made


def compile_program(program: Program, *, few: bool = False) -> Fast:
    """The program, compiled: `compile_program(program).find` takes the place of `one.find`.

    Args:
        program: the packs.
        few: for some hundred cases at most: less is compiled, and each decision takes a little longer.
    """
    return Fast(program, few=few)


def days_of_change(pack: Pack) -> Iterator[dt.date]:
    """Every day on which a pack may say something else than on the day before."""
    one_day = dt.timedelta(days=1)
    spans: list[Coverage | Clause | Row] = [*pack.covers, *pack.clauses]
    for span in (*spans, *(row for _, rows in pack.groups for row in rows)):
        if span.first_day:
            yield span.first_day
        if span.last_day and span.last_day < dt.date.max:
            yield span.last_day + one_day
    if (dt.date.max - pack.read_day).days > pack.stale_after:
        yield pack.read_day + dt.timedelta(days=pack.stale_after) + one_day
    for condition in (pack.scope, *(c.when for c in pack.clauses)):
        for node in t.walk(condition):
            if isinstance(node, t.DayIs) and node.fact == "day":
                yield node.day
                if node.day < dt.date.max:
                    yield node.day + one_day


@lru_cache(maxsize=1024)
def _compiled(text: str, name: str) -> CodeType:
    return compile(text, name, "exec")


# --- functions as text


class _Code:
    """The text of one function, with what its names stand for."""

    def __init__(
        self, section: Section, name: str, params: str, lines: list[str], prelude: list[str] | None = None
    ) -> None:
        self.section = section
        self.name = name
        memo = [f"memo = [...] * {len(section.outlined)}"] if section.outlined else []
        rest = [*(prelude or ()), *section.reads(), *section.starts(), *memo, *lines]
        text = "\n".join(rest)
        named = {"facts": "case.facts", "get": "case.facts.get", "totals": "case.totals"}
        head = [f"{name} = {value}" for name, value in named.items() if name in text]
        body = "\n".join(f"    {line}" for line in (*head, *rest))
        self.text = "".join(f"{helper}\n\n" for helper in section.helpers) + f"def {name}({params}):\n{body}\n"

    def compile(self) -> Any:
        """The function itself."""
        names = {"new": _new, "PackFinding": PackFinding, **self.section.consts}
        code = _compiled(self.text, f"<comity {self.section.mode}>")
        exec(code, names)  # noqa: S102  text of our own; what packs name stands in it by `repr` only
        return names[self.name]


def _reach(pack: Pack, low: Lowering, mode: str, of_place: OfPlace, body: list[Any]) -> _Code:
    """Whether the pack reaches the case; if it may, its body speaks. With `low_only` a pack that only may is None."""
    section = Section(low, mode, of_place)
    section.consts["body"] = body
    root = low.lower(pack.scope)
    section.count([root])
    covered = pack.covers_case(low.kind, low.day)
    if covered:
        true, unknown = (f"body[0](case, {scope}, blocked)" for scope in (True, None))
    else:
        true, unknown = (section.const(_outside(pack, low, scope)) for scope in (True, None))
    false = section.const(_outside(pack, low, False))
    maybe, sure = section.maybe(root), section.sure(root)
    lines = [*section.lines]
    if maybe == sure:
        lines.append(
            f"return {true} if {sure} else {false}"
            if root not in (TRUE, FALSE)
            else f"return {true if root == TRUE else false}"
        )
    else:
        if all(bound[0] == ALLOWED for bound in bits.pack(None, covered, False)):
            lines.append(f"if low_only: return {true} if {sure} else None")
        lines += [f"if not {maybe}: return {false}", f"return {true} if {sure} else {unknown}"]
    return _Code(section, "reach", "case, blocked, low_only", lines)


def _outside(pack: Pack, low: Lowering, scope: Tri) -> PackFinding:
    """The finding of a pack that does not reach the case or does not model it."""
    covered = pack.covers_case(low.kind, low.day)
    bound = bits.pack(scope, covered, False)[bits.to_union([FREE])]
    return PackFinding(pack.id, scope, covered, pack.stale_on(low.day), (), bound)


class _Body:
    """Writes the function of one pack that reaches the case: the findings of its clauses, and its bound."""

    def __init__(self, pack: Pack, low: Lowering, mode: str, of_place: OfPlace, known: list[Any]) -> None:
        self.pack = pack
        self.low = low
        self.mode = mode
        self.section = Section(low, mode, of_place)
        self.known = known
        self.section.consts.update(known=known, STATE=bits.STATE_BIT)
        self.clauses = [c for c in pack.clauses if low.kind in c.kinds and c.holds_on(low.day)]
        here = {c.id for c in self.clauses}
        self.place = {c.id: place for place, c in enumerate(self.clauses)}
        self.lifters = {c.id: tuple([self.place[e] for e in c.excused_by if e in here]) for c in self.clauses}
        self.unions = {
            lifters: number for number, lifters in enumerate(dict.fromkeys(self.lifters.values())) if lifters
        }
        self.lifting = {place for places in self.unions for place in places}
        self.first: list[ClauseFinding | None] = [None] * len(self.clauses)
        self.closed: dict[int, int] = {}  # the bit of each excuse that has a variable, while its condition is false

    def code(self, *, always: bool = False) -> _Code:
        """The function; where the pack reaches every case, it is asked as `_reach` is."""
        lines = self._lines()
        if always:
            return _Code(self.section, "reach", "case, blocked, low_only", lines, ["scope = True", *self._prelude()])
        return _Code(
            self.section,
            "body",
            "case, scope" if self.mode == KNOWN else "case, scope, blocked",
            lines,
            self._prelude(),
        )

    def _prelude(self) -> list[str]:
        """Whether all facts may be known, so that the short code can be tried."""
        said = self.section.must_be_said()
        if self.mode != PLAIN or not said:
            return []
        self.known[1] = said
        lines = [f"if len(facts) >= {len(said)}:", "    found = known[0](case, scope)"]
        return [*lines, "    if found is not None: return found"]

    def _lines(self) -> list[str]:
        section, low = self.section, self.low
        roots = [low.lower(c.when) for c in self.clauses]
        section.count(roots)
        for place, (clause, root) in enumerate(zip(self.clauses, roots, strict=True)):
            self._clause(place, clause, root)
        done = "False"
        if "flow.done" in low.vocabulary.fact:
            done = f"v{section.read('flow.done')}"
        needed = any(c.needs or c.measure not in ("", THE_ACT) for c in self.clauses)
        head = ["state = case.measures.get"] if needed else []
        head.append(f"out = {section.const(self.first)}.copy()")
        head.append(" = ".join(["union", *(f"u{number}" for number in self.unions.values())]) + " = 0")
        head += [f"e{place} = {bit}" for place, bit in self.closed.items()]
        stale = self.pack.stale_on(low.day)
        final = {s: {d: bits.pack(s, not stale, d) for d in (True, False, None)} for s in (True, None)}
        bound = f"{section.const(final)}[scope][{done}][union]"
        tail = f"return new(PackFinding, ({self.pack.id!r}, scope, True, {stale}, tuple(out), {bound}))"
        return [*head, *section.lines, tail]

    def _clause(self, place: int, clause: Clause, root: int) -> None:
        section = self.section
        maybe, sure = section.maybe(root), section.sure(root)
        silent = self._settled(place, clause, False)
        section.lines.append(f"# {clause.id!r}")
        if root == TRUE:
            section.lines += self._settled(place, clause, True)
        elif root == FALSE:
            section.lines += silent
        else:
            section.lines.append(f"if {maybe}:")
            true = self._settled(place, clause, True)
            if sure == maybe:
                section.lines += _indented(true)
            else:
                section.lines += _indented(
                    [f"if {sure}:", *_indented(true), "else:", *_indented(self._settled(place, clause, None))]
                )
            if silent:
                section.lines += ["else:", *_indented(silent)]

    def _settled(self, place: int, clause: Clause, when: Tri) -> list[str]:
        """The lines that settle a clause whose condition is `when`; none where it stands so before any line."""
        row, index, union = self._row(clause, when)
        counts = clause.effect == "forbids" or (clause.effect == "requires" and self.low.kind == "incident")
        every = {bit for r in row.values() for bit in r} if union else {r[0] for r in row.values()}
        if len(every) > 1:
            table = row if index else row[0]
            picked = [bit for bit in bits.BOUND if bit in every]
            found = {bit: ClauseFinding(clause.id, when, bits.BOUND[bit]) for bit in picked}
            picks = f"{self.section.const(table)}{f'[{index}]' if index else ''}[{union or '0'}]"
            lines = [f"b = {picks}", f"out[{place}] = {self.section.const(found)}[b]", *self._kept(place, "b")]
            return [*lines, "union |= b"] if counts else lines
        bit = every.pop()
        finding = ClauseFinding(clause.id, when, bits.BOUND[bit])
        counted = [f"union |= {bit}"] if counts and not bits.can_leave_out(bits.BOUND[bit]) else []
        if when is False:
            self.first[place] = finding
            if place in self.lifting and self._has_variable(place):
                self.closed[place] = bit
            return counted
        return [f"out[{place}] = {self.section.const(finding)}", *self._kept(place, str(bit)), *counted]

    def _has_variable(self, place: int) -> bool:
        """Whether an excuse keeps its bit in a variable of its own, or adds it to the unions that it is in."""
        return bits.closed() is None or sum(place in lifters for lifters in self.unions) > MAX_UNIONS

    def _kept(self, place: int, bit: str) -> list[str]:
        """The lines that keep the bit of an excuse for those that it lifts."""
        if place not in self.lifting:
            return []
        if self._has_variable(place):
            return [f"e{place} = {bit}"]
        return [f"u{number} |= {bit}" for lifters, number in self.unions.items() if place in lifters]

    def _row(self, clause: Clause, when: Tri) -> tuple[Mapping[int, bits.Row], str, str]:
        """Rows of bits by states, the expressions that pick the row and the bit; empty: there is but one."""
        lifters = self.lifters[clause.id]
        union = " | ".join(f"e{place}" for place in lifters if self._has_variable(place))
        if not all(self._has_variable(place) for place in lifters):
            union = f"u{self.unions[lifters]}" + (f" | {union}" if union else "")
        names = clause.needs
        if clause.effect == "requires":
            names = () if clause.measure == THE_ACT else (clause.measure,)
        index = " | ".join(f"STATE[state({m!r}, 'not-yet')]" for m in names)
        states = range(1, bits.N_STATES)
        if clause.effect == "requires":
            rows = {s: bits.duty(when, s) for s in (bits.STATE_BIT.values() if names else [bits.STATE_BIT["in-place"]])}
        elif clause.effect == "forbids":
            rows = {s: bits.ban(when, s) for s in states} if names else {0: bits.ban(when, None)}
        else:
            rows = {s: bits.excuse(when, s) for s in states} if names else {0: bits.excuse(when, 0)}
        if not names:
            rows = {0: next(iter(rows.values()))}
        if all(r == next(iter(rows.values())) for r in rows.values()):
            rows, index = {0: next(iter(rows.values()))}, ""
        return rows, index, union


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
