"""The program compiled to Python functions: the same findings as one.py, in microseconds.

For each kind of case and stretch of days between two changes of the law there is one function over the scopes of all packs,
and one for each pack that reaches the case. They are written and compiled when a case first needs them. Conditions become
expressions (lower.py, emit.py), effects a few `|` and look-ups (bits.py); findings are made beforehand, so that a decision
only picks them.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

from comity.case import Case
from comity.condition import tree as t
from comity.decide import bits, emit, lower
from comity.decide.emit import BARE, CAREFUL, EMPTY, KNOWN, PLAIN, OfPlace, Section
from comity.decide.findings import ClauseFinding, Findings, PackFinding
from comity.decide.lower import FALSE, OPS, TRUE, Lowering
from comity.decide.verdict import FREE
from comity.errors import UnsupportedError
from comity.facts import Tri
from comity.pack.program import THE_ACT, Clause, Pack, Program

Main = Callable[[Case, frozenset[str]], Findings]
Body = Callable[[Case, Tri, frozenset[str]], PackFinding]

MAX_DAYS = 10_000  # days kept per kind of case, so that no stream of odd days fills the memory

if set(OPS) != set(t.KINDS):
    raise UnsupportedError("fast.py has no rule for " + ", ".join(sorted(k.__name__ for k in set(t.KINDS) ^ set(OPS))))


class Fast:
    """A compiled program. It may be shared by threads: what it keeps is only added to, and equal when made twice."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.starts = sorted(set(_changes(program)))
        self._of_place = OfPlace(program.vocabulary)
        self._mains: dict[tuple[str, str, int], Main] = {}
        self._by_day: dict[str, dict[str, dict[dt.date, Main]]] = {PLAIN: {}, BARE: {}, CAREFUL: {}}
        self._plain = self._by_day[PLAIN]

    def find(self, program: Program, case: Case, *, presume: bool = True, withhold: frozenset[str] = EMPTY) -> Findings:
        """Evaluate a case under every pack of the program, as `one.find` does.

        Raises:
            ValueError: the program is not the one that was compiled.
        """
        if program is not self.program and program != self.program:
            raise ValueError("this is the compiled form of another program")
        blocked = case.unknown
        if presume and not blocked and not withhold:
            try:
                return self._plain[case.kind][case.day](case, EMPTY)
            except KeyError:
                return self._main(PLAIN, case.kind, case.day)(case, EMPTY)
        blocked = blocked | withhold
        mode = CAREFUL if presume else BARE
        found = self._by_day[mode].get(case.kind, {}).get(case.day) or self._main(mode, case.kind, case.day)
        return found(case, blocked)

    __call__ = find

    def source(self, kind: str, day: dt.date, *, mode: str = PLAIN) -> str:
        """The code for a kind of case on a day, as text to read: the scopes first, then each pack."""
        low = self._lowering(kind, day)
        parts = [_Scopes(self.program, low, mode, self._of_place, []).text()]
        for pack in self.program.packs:
            if pack.covers_case(kind, day):
                parts.append(_Body(pack, low, mode, self._of_place, []).text())
        return "\n\n".join(parts)

    def _lowering(self, kind: str, day: dt.date) -> Lowering:
        return Lowering(self.program.vocabulary, kind, day)

    def _main(self, mode: str, kind: str, day: dt.date) -> Main:
        key = mode, kind, bisect_right(self.starts, day)
        main = self._mains.get(key)
        if main is None:
            main = self._mains[key] = self._compile(mode, kind, day)
        days = self._by_day[mode].setdefault(kind, {})
        if len(days) >= MAX_DAYS:
            days.clear()
        days[day] = main
        return main

    def _compile(self, mode: str, kind: str, day: dt.date) -> Main:
        low = self._lowering(kind, day)
        bodies: list[Body] = []
        for place, pack in enumerate(self.program.packs):
            bodies.append(self._later(low, mode, pack, bodies, place))
        main: Main = _Scopes(self.program, low, mode, self._of_place, bodies).compile()
        return main

    def _later(self, low: Lowering, mode: str, pack: Pack, bodies: list[Body], place: int) -> Body:
        """A body that compiles itself when a case first reaches the pack."""

        def body(case: Case, scope: Tri, blocked: frozenset[str]) -> PackFinding:
            known: list[Any] = [None]
            if mode == PLAIN:
                known[0] = self._known_later(low, pack, known)
            bodies[place] = _Body(pack, low, mode, self._of_place, known).compile()
            return bodies[place](case, scope, blocked)

        return body

    def _known_later(self, low: Lowering, pack: Pack, known: list[Any]) -> Callable[[Case, Tri], PackFinding | None]:
        def body(case: Case, scope: Tri) -> PackFinding | None:
            known[0] = _Body(pack, low, KNOWN, self._of_place, known).compile()
            found: PackFinding | None = known[0](case, scope)
            return found

        return body


def compile_program(program: Program) -> Fast:
    """The program, compiled: `compile_program(program).find` takes the place of `one.find`."""
    return Fast(program)


def _changes(program: Program) -> Iterator[dt.date]:
    """Every day on which a pack may say something else than on the day before."""
    one_day = dt.timedelta(days=1)
    for pack in program.packs:
        spans = [*pack.covers, *pack.clauses, *(row for _, rows in pack.groups for row in rows)]
        for span in spans:
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


@lru_cache(maxsize=4096)
def _code(text: str, name: str) -> CodeType:
    return compile(text, name, "exec")


# --- functions as text


class _Function:
    """One function: its section of expressions, its lines, its constants."""

    name = ""
    params = ""

    def __init__(self, low: Lowering, mode: str, of_place: OfPlace) -> None:
        self.low = low
        self.mode = mode
        self.section = Section(low, mode, of_place)
        self.section.consts.update(new=tuple.__new__, PackFinding=PackFinding, Findings=Findings)

    def write(self) -> list[str]:
        """The lines after the facts are read."""
        raise NotImplementedError

    def text(self) -> str:
        """The function as text."""
        lines, section = self.write(), self.section
        head = ["facts = case.facts", "get = facts.get", "totals = case.totals"]
        head += [*self.prelude(), *section.reads(), *section.starts()]
        body = "\n".join(f"    {line}" for line in (*head, *lines))
        return "".join(f"{helper}\n\n" for helper in section.helpers) + f"def {self.name}({self.params}):\n{body}\n"

    def prelude(self) -> list[str]:
        """Lines before the facts are read."""
        return []

    def compile(self) -> Any:
        """The function itself."""
        text = self.text()
        names = dict(self.section.consts)
        exec(_code(text, f"<comity {self.mode}>"), names)  # noqa: S102  our own text; names from packs stand in it quoted by repr
        return names[self.name]


class _Scopes(_Function):
    """The function over all packs: their scopes, and what each says."""

    name = "find"
    params = "case, blocked"

    def __init__(self, program: Program, low: Lowering, mode: str, of_place: OfPlace, bodies: list[Body]) -> None:
        super().__init__(low, mode, of_place)
        self.program = program
        self.section.consts.update(bodies=bodies, BIT=bits.BIT)

    def write(self) -> list[str]:
        section, roots = self.section, []
        for pack in self.program.packs:
            self.low.groups = pack.group
            roots.append(self.low.lower(pack.scope))
        section.count(roots)
        for place, (pack, root) in enumerate(zip(self.program.packs, roots, strict=True)):
            section.lines += self._pack(place, pack, root)
        all_of_them = "".join(f"x{place}, " for place in range(len(roots)))
        union = " | ".join(f"BIT[x{place}[5]]" for place in range(len(roots))) or "0"
        bound = section.const(tuple(bits.BOUND[bit] for bit in bits.greatest()))
        section.lines.append(f"return new(Findings, (({all_of_them}), {bound}[{union}]))")
        return section.lines

    def _pack(self, place: int, pack: Pack, root: int) -> list[str]:
        section, x = self.section, f"x{place}"
        maybe, sure = section.maybe(root), section.sure(root)
        if not pack.covers_case(self.low.kind, self.low.day):
            true, unknown = (section.const(self._outside(pack, scope, False)) for scope in (True, None))
        else:
            true, unknown = (f"bodies[{place}](case, {scope}, blocked)" for scope in (True, None))
        covered = pack.covers_case(self.low.kind, self.low.day)
        lines = [f"# {pack.id}"]
        if root == TRUE:
            return [*lines, f"{x} = {true}"]
        false = section.const(self._outside(pack, False, covered))
        if root == FALSE:
            return [*lines, f"{x} = {false}"]
        if maybe == sure:
            return [*lines, f"{x} = {true} if {maybe} else {false}"]
        return [*lines, f"if not {maybe}: {x} = {false}", f"elif {sure}: {x} = {true}", f"else: {x} = {unknown}"]

    def _outside(self, pack: Pack, scope: Tri, covered: bool) -> PackFinding:
        bound = bits.pack(scope, covered, False)[bits.to_union([FREE])]
        return PackFinding(pack.id, scope, covered, pack.stale_on(self.low.day), (), bound)


class _Body(_Function):
    """The function of one pack that reaches the case: the findings of its clauses, and its bound."""

    name = "body"
    params = "case, scope, blocked"

    def __init__(self, pack: Pack, low: Lowering, mode: str, of_place: OfPlace, known: list[Any]) -> None:
        super().__init__(low, mode, of_place)
        self.pack = pack
        self.section.consts["known"] = known
        if mode == KNOWN:
            self.params = "case, scope"
        self.clauses = [c for c in pack.clauses if low.kind in c.kinds and c.holds_on(low.day)]
        here = {c.id for c in self.clauses}
        self.place = {c.id: place for place, c in enumerate(self.clauses)}
        self.lifters = {c.id: [self.place[e] for e in c.excused_by if e in here] for c in self.clauses}
        self.lifting = {place for places in self.lifters.values() for place in places}
        self.first: list[ClauseFinding | None] = [None] * len(self.clauses)
        self.closed: dict[int, int] = {}  # the bit of each excuse while its condition is false

    def prelude(self) -> list[str]:
        """Whether all facts may be known, so that the short code can be tried."""
        if self.mode != PLAIN or self.section.n_said() == 0:
            return []
        lines = [f"if len(facts) >= {self.section.n_said()}:", "    found = known[0](case, scope)"]
        return [*lines, "    if found is not None: return found"]

    def write(self) -> list[str]:
        section, low = self.section, self.low
        low.groups = self.pack.group
        roots = [low.lower(c.when) for c in self.clauses]
        section.count(roots)
        for place, (clause, root) in enumerate(zip(self.clauses, roots, strict=True)):
            self._clause(place, clause, root)
        done = "False"
        if "flow.done" in low.vocabulary.fact:
            section.shaped.discard("flow.done")
            done = f"v{section.use('flow.done')}"
        needed = any(c.needs or c.measure not in ("", THE_ACT) for c in self.clauses)
        head = ["state = case.measures.get"] if needed else []
        head += [f"out = {section.const(self.first)}.copy()", "union = 0"]
        for bit in sorted(set(self.closed.values())):
            head.append(" = ".join(f"e{place}" for place, b in sorted(self.closed.items()) if b == bit) + f" = {bit}")
        stale = self.pack.stale_on(low.day)
        final = {s: {d: bits.pack(s, not stale, d) for d in (True, False, None)} for s in (True, None)}
        bound = f"{section.const(final)}[scope][{done}][union]"
        tail = f"return new(PackFinding, ({self.pack.id!r}, scope, True, {stale}, tuple(out), {bound}))"
        return [*head, *section.lines, tail]

    def _clause(self, place: int, clause: Clause, root: int) -> None:
        section = self.section
        maybe, sure = section.maybe(root), section.sure(root)
        silent = self._settled(place, clause, False)
        section.lines.append(f"# {clause.id}")
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
                section.lines += _indented([f"if {sure}:", *_indented(true), "else:", *_indented(self._settled(place, clause, None))])
            if silent:
                section.lines += ["else:", *_indented(silent)]

    def _settled(self, place: int, clause: Clause, when: Tri) -> list[str]:
        """The lines that settle a clause whose condition is `when`; none where that is how it stands before any line."""
        row, index, union = self._row(clause, when)
        counts = clause.effect == "forbids" or (clause.effect == "requires" and self.low.kind == "incident")
        every = {bit for r in row.values() for bit in r} if union else {r[0] for r in row.values()}
        name = f"e{place}" if place in self.lifting else "b"
        if len(every) > 1:
            table = row if index else row[0]
            picked = [bit for bit in bits.BOUND if bit in every]
            found = {bit: ClauseFinding(clause.id, when, bits.BOUND[bit]) for bit in picked}
            bit = f"{self.section.const(table)}{f'[{index}]' if index else ''}[{union or '0'}]"
            lines = [f"{name} = {bit}", f"out[{place}] = {self.section.const(found)}[{name}]"]
            return [*lines, f"union |= {name}"] if counts else lines
        bit = every.pop()
        finding = ClauseFinding(clause.id, when, bits.BOUND[bit])
        counted = [f"union |= {bit}"] if counts and not bits.can_leave_out(bits.BOUND[bit]) else []
        if when is False:
            self.first[place] = finding
            if place in self.lifting:
                self.closed[place] = bit
            return counted
        kept = [f"e{place} = {bit}"] if place in self.lifting else []
        return [f"out[{place}] = {self.section.const(finding)}", *kept, *counted]

    def _row(self, clause: Clause, when: Tri) -> tuple[Mapping[int, bits.Row], str, str]:
        """Rows of bits by states, the expression that picks the row, and the one that picks the bit (empty: one row, one bit)."""
        union = " | ".join(f"e{place}" for place in self.lifters[clause.id])
        names = clause.needs
        if clause.effect == "requires":
            names = () if clause.measure == THE_ACT else (clause.measure,)
        index = " | ".join(f"STATE[state({m!r}, 'not-yet')]" for m in names)
        self.section.consts["STATE"] = bits.STATE_BIT
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


__all__ = ["OPS", "Fast", "compile_program", "emit", "lower"]
