"""Why an entry has its verdict: the tree of reasons down to the facts, each with where it comes from."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comity.case import Case, Facts
from comity.condition import tree as t
from comity.decide import one
from comity.decide.check import Check, FlowDecision
from comity.decide.decision import Decision, PackDecision, clause_state, duty_state, touched, uncovered
from comity.decide.findings import ClauseFinding
from comity.facts import Members, Places, Tri, Value
from comity.pack.program import Clause, Pack, Program
from comity.report import words

if TYPE_CHECKING:
    from rich.tree import Tree

TRUTH = {True: "true", False: "false", None: "unknown"}
ASSUMED, PRESUMED, NOBODY = "assumed", "presumed", "nobody said"
FROM = " ← "  # between a condition and the facts it was judged by
NEEDS = {"in-place": "in place", "not-yet": "missing", "cannot": "impossible", "unknown": "not known whether in place"}


@dataclass(frozen=True)
class Node:
    """One line of the tree with what stands below it."""

    text: str
    parts: tuple[Node, ...] = ()


def explain_to_text(check: Check, found: FlowDecision, *, everything: bool = False, width: int | None = None) -> str:
    """The tree of reasons of one entry as text.

    Args:
        check: the check.
        found: one of its entries.
        everything: also what decided nothing: clauses that are silent, and parts of conditions that made no difference.
        width: columns; that of the terminal, or 80, where none is given.
    """
    from rich.console import Console

    console = Console(
        file=io.StringIO(),
        width=max(width or Console().width, words.MIN_WIDTH),
        color_system=None,
        highlight=False,
        emoji=False,
    )
    console.print(_render(explain(check, found, everything=everything)))
    assert isinstance(console.file, io.StringIO)  # noqa: S101 - made four lines above
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    return "\n".join([*lines, "", words.wrap(f"{words.ALLOWED_MEANS} {words.NO_ADVICE}", console.width)]) + "\n"


def _render(node: Node) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(words.clean(node.text)), guide_style="dim")
    for part in node.parts:
        tree.children.append(_render(part))
    return tree


def explain(check: Check, found: FlowDecision, *, everything: bool = False) -> Node:
    """The tree of reasons of one entry."""
    flow, vocabulary = found.flow, check.program.vocabulary
    head = f"{words.verdict_text(found.verdict)}: {flow.title or flow.id} [{words.ends_text(vocabulary, flow.ends)}]"
    if found.verdict == "undecided":
        head += f", between {found.lowest} and {found.highest}"
    cases = [
        _Case(check.program, case, decision, everything)
        for case, decision in zip(flow.cases, found.decisions, strict=True)
        if everything or len(flow.cases) == 1 or _weighs(decision, found)
    ]
    if len(flow.cases) == 1:
        return Node(head, tuple(cases[0].parts()))
    told = [Node(f"{words.verdict_text(c.decision.verdict)}: case {c.case.id}", tuple(c.parts())) for c in cases]
    hidden = len(flow.cases) - len(cases)
    return Node(
        head, (*told, *([Node(f"not shown, since less strict: {words.plural(hidden, 'case')}")] if hidden else []))
    )


def _weighs(decision: Decision, found: FlowDecision) -> bool:
    return decision.highest == found.highest or decision.lowest == found.lowest != "allowed"


class _Case:
    """One case with its trace, and the nodes that tell of it."""

    def __init__(self, program: Program, case: Case, decision: Decision, everything: bool) -> None:
        self.program = program
        self.case = case
        self.decision = decision
        self.everything = everything
        self.facts = Facts(program.vocabulary, case)
        self.trace = one.Trace()
        findings = [one.find_pack(pack, self.facts, self.trace) for pack in program.packs]
        self.findings = {f.clause: f for found in findings for f in found.clauses}

    def parts(self) -> Iterator[Node]:
        """Packs, places without one, and what was presumed or is to be asked."""
        weight = {"not-covered": 2, "not-modelled": 1}
        strong, weak = touched(self.facts)
        far = [] if self.everything else [p.pack for p in self.decision.packs if self._is_far(p, strong | weak)]
        for pack in sorted(self.decision.packs, key=lambda p: weight.get(p.outcome, 0)):
            if pack.pack not in far:
                yield self._pack(self.program.pack[pack.pack], pack)
        if far:
            yield Node(
                f"{words.plural(len(far), 'more pack')} of other places or subjects: not reached: {', '.join(far)}"
            )
        for contradiction in self.decision.contradictions:
            ways = tuple(Node(line) for line in words.ways_text(contradiction, self.program.vocabulary))
            yield Node(words.contradiction_text(contradiction), ways)
        for place in self.decision.no_pack:
            name = words.place_text(self.program.vocabulary, place)
            yield Node(f"NO PACK for {name} ({place}): allowed to forbidden, since its law is not known here")
        for place in uncovered(self.program, strong, self.case.day):
            opinion = self.case.opinions.get(place)
            if opinion is None:
                continue
            name = words.place_text(self.program.vocabulary, place)
            yield Node(f"{name} ({place}): {opinion}, in the opinion of named counsel")
        for place in self.decision.weak:
            name = words.place_text(self.program.vocabulary, place)
            yield Node(f"not looked at: the law of {name}, touched only through people or owners")
        hiding = [
            Node(f"{words.presumption_text(self.program.vocabulary, p)} ({p.fact}; {p.because})")
            for p in self.decision.presumptions
            if p.worse
        ]
        if hiding:
            yield Node("presumed, since nobody said; otherwise it could be worse", tuple(hiding))
        questions = [Node(f"{q.ask} ({q.fact})") for q in self.decision.questions]
        if questions:
            yield Node("what would settle it", tuple(questions))

    def _is_far(self, pack: PackDecision, places: frozenset[str]) -> bool:
        """Whether a pack does not reach the case, and is not at home in any place that the case touches."""
        if pack.outcome != "not-covered":
            return False
        vocabulary = self.program.vocabulary
        homes = {row.place for row in self.program.pack[pack.pack].places if row.holds_on(self.case.day)}
        return not any(homes & vocabulary.above.get(place, frozenset()) for place in places)

    # --- packs and clauses

    def _pack(self, pack: Pack, decision: PackDecision) -> Node:
        range_ = f", between {decision.lowest} and {decision.highest}" if decision.outcome == "undecided" else ""
        read = f"(law as read on {pack.read_day}; {pack.review})"
        head = f"{pack.id} {words.OUTCOMES[decision.outcome]}{range_}{words.beside(decision)} {read}"
        scope = self.trace.scopes[pack.id]
        if decision.outcome == "not-modelled" or (decision.outcome == "not-covered" and not self.everything):
            return Node(f"{head}{self._since(scope) if scope.value is False else ''}")
        return Node(head, (*self._clauses(pack, decision), self._step(scope, "its reach: ")))

    def _clauses(self, pack: Pack, decision: PackDecision) -> Iterator[Node]:
        told = {r.clause for r in decision.reasons if r.effect == "forbids"}
        silent = 0
        for clause in sorted(pack.clauses, key=lambda c: c.effect == "requires"):
            finding = self.findings.get(clause.id)
            if finding is None or clause.effect == "excuses":
                continue
            if clause.effect == "forbids" and (self.everything or clause.id in told):
                yield self._ban(pack, clause, finding)
            elif clause.effect == "requires" and (self.everything or finding.when is not False):
                yield self._duty(pack, clause, finding)
            else:
                silent += 1
        if silent:
            yield Node(f"not shown: {words.plural(silent, 'clause')} without a part in this")

    def _ban(self, pack: Pack, clause: Clause, finding: ClauseFinding) -> Node:
        state = {True: "forbids it", False: "is silent", None: "perhaps forbids it"}[finding.when]
        excuses = self._excuses(pack, clause, finding.bound[1] == 0 and finding.when is True)
        return Node(
            f"{clause.cite} {state}: {clause.says} [{_short(clause.id)}]",
            (self._step(self.trace.clauses[clause.id]), *self._needs(clause), *excuses),
        )

    def _excuses(self, pack: Pack, clause: Clause, is_lifted: bool) -> Iterator[Node]:
        """The ways out: where one is satisfied only that one is told, unless everything is."""
        for id_ in clause.excused_by:
            finding = self.findings.get(id_)
            if finding is None or (is_lifted and finding.bound[1] != 0 and not self.everything):
                continue
            yield self._excuse(pack, pack.clause[id_], finding)

    def _excuse(self, pack: Pack, clause: Clause, finding: ClauseFinding) -> Node:
        state = clause_state(clause, finding)
        step = self.trace.clauses[clause.id]
        head = f"{_EXCUSE[state]}: {clause.cite}"
        if state == "closed" and not self.everything:
            return Node(f"{head} [{_short(clause.id)}]{self._why_closed(clause, step)}")
        parts: list[Node] = [] if step.condition == t.TRUE else [self._step(step)]
        parts += [*self._needs(clause), *self._excuses(pack, clause, is_lifted=False)]
        return Node(f"{head}: {clause.says} [{_short(clause.id)}]", tuple(parts))

    def _why_closed(self, clause: Clause, step: one.Step) -> str:
        if step.value is False:
            return self._since(step)
        impossible = [m for m in clause.needs if self.case.measures.get(m) == "cannot"]
        if impossible:
            return f", since impossible: {', '.join(impossible)}"
        lifting = [e for e in clause.excused_by if e in self.findings and self.findings[e].bound[1] == 0]
        return f", since it is itself lifted by {', '.join(_short(e) for e in lifting)}" if lifting else ""

    def _needs(self, clause: Clause) -> Iterator[Node]:
        for measure in clause.needs:
            state = self.case.measures.get(measure, "not-yet")
            declared = self.program.vocabulary.measure[measure]
            yield Node(f"needs {measure}, {NEEDS[state]}: {declared.means} (effort {declared.effort})")

    def _duty(self, pack: Pack, clause: Clause, finding: ClauseFinding) -> Node:
        by_id = {c.id: self.findings[c.id] for c in pack.clauses if c.id in self.findings}
        state = duty_state(clause, finding, by_id, dict(self.case.measures))
        due = next((d.due for p in self.decision.packs for d in p.duties if d.clause == clause.id), "")
        by = f", {words.due_text(due)}" if due else ""
        head = f"duty, {state}{by}: {clause.cite}: {clause.says} [{_short(clause.id)}]"
        step = self.trace.clauses[clause.id]
        return Node(head, (self._step(step),) if self.everything or finding.when is None else ())

    # --- conditions and facts

    def _step(self, step: one.Step, before: str = "") -> Node:
        """A condition as it was evaluated; what made no difference is left out unless everything is asked for."""
        head = f"{before}[{TRUTH[step.value]}] {t.to_text(step.condition)}"
        if isinstance(step.condition, t.Not):
            inner = self._step(step.parts[0])
            return Node(head + "".join(inner.text.partition(FROM)[1:]), inner.parts)
        if isinstance(step.condition, t.AnyPlace | t.AllPlaces):
            return Node(f"{head}{FROM}{self._fact(step, *step.read[0])}", tuple(self._each_place(step)))
        if not step.parts:
            return Node(head + "".join(f"{FROM}{self._fact(step, n, value)}" for n, value in step.read if n != "p"))
        return Node(head, tuple(self._step(p) for p in step.parts if self.everything or matters(step, p)))

    def _each_place(self, step: one.Step) -> Iterator[Node]:
        places = step.read[0][1]
        members = sorted(places.members) if isinstance(places, Places) else []
        for place, part in zip(members, step.parts, strict=True):
            if self.everything or matters(step, part):
                yield self._step(part, f"for {place}: ")

    def _fact(self, step: one.Step, name: str, value: Value | None) -> str:
        if isinstance(step.condition, t.Has) and isinstance(value, Members):
            return f"{step.condition.member}: {self._member(name, step.condition.member, value)}"
        return f"{_fact_name(name)} = {words.value_text(value)} ({self._source(name, value)})"

    def _member(self, fact: str, member: str, value: Members) -> str:
        """Whether a member is there, and who says so."""
        if member in value.open:
            return "unknown"
        word = "yes" if member in value.yes else "no"
        source = told_by(self.case, f"{fact}#{member}", value)
        if source != PRESUMED:
            return f"{word} ({source})"
        because = self.program.vocabulary.fact[fact].because or "nobody names it, and it is rare"
        return f"{word} (presumed: {because})"

    def _source(self, name: str, value: Value | None) -> str:
        """Where the value of a fact comes from: said, presumed and why, assumed, counted, or from nowhere."""
        if name in ("kind", "day"):
            return "the case"
        told = told_by(self.case, name, value)
        if told != PRESUMED:
            return "assumed: somebody answers for it" if told == ASSUMED else told
        fact = self.program.vocabulary.fact[name]
        source = f" from {fact.presume_from}" if fact.presume_from else ""
        return f"presumed{source}: {fact.because}"

    def _since(self, step: one.Step) -> str:
        """The parts at the bottom of a false condition that make it false, in one line."""
        leaves = list(dict.fromkeys(self._leaf(leaf, value) for leaf, value in decisive(step)))
        shown = "; ".join(leaves[:3]) + ("; ..." if len(leaves) > 3 else "")
        return f", since {shown}" if shown else ""

    def _leaf(self, step: one.Step, value: Tri) -> str:
        read = [f"{_fact_name(n)} = {words.value_text(v)}" for n, v in step.read if not isinstance(v, Members)]
        told = f" ({', '.join(read)})" if read and not isinstance(step.condition, t.IsTrue) else ""
        return f"{t.to_text(step.condition)} is {TRUTH[value]}{told}"


def told_by(case: Case, name: str, value: Value | None) -> str:
    """Who says a fact, a total (`pack/path:name`) or a member (`fact#member`), in a few words.

    Args:
        case: that it is of.
        name: of it.
        value: the present value of the fact or total.
    """
    base, _, member = name.partition("#")
    said = case.facts.get(base)
    if member:
        if isinstance(said, Members) and member not in said.open:
            return "said" if case.assumed.isdisjoint({base, name}) else ASSUMED
        return NOBODY if isinstance(value, Members) and member in value.open else PRESUMED
    if base in case.assumed:
        return ASSUMED
    if ":" in base:
        return "not counted" if value is None else "counted over the map"
    if said is not None:
        return "said"
    if value is not None:
        return PRESUMED
    return "said to be unknown" if base in case.unknown else NOBODY


_EXCUSE = {
    "satisfied": "lifted by",
    "open": "can be lifted by",
    "closed": "not lifted by",
    "unknown": "perhaps lifted by",
}


def matters(step: one.Step, part: one.Step) -> bool:
    """Whether a part had a say in the value of the whole: every true one where all must hold, any false one else."""
    is_all = isinstance(step.condition, t.And | t.AllPlaces)
    settles = not is_all  # one true part settles an `or`, one false part an `and`
    if step.value is settles:
        return part.value is settles
    return part.value is step.value or step.value is not None


def decisive(step: one.Step) -> Iterator[tuple[one.Step, Tri]]:
    """The atoms and sets of places at the bottom of a condition that gave it its value."""
    if isinstance(step.condition, t.Not):
        yield from decisive(step.parts[0])
    elif isinstance(step.condition, t.And | t.Or):
        for part in step.parts:
            if matters(step, part):
                yield from decisive(part)
    else:
        yield step, step.value


def _short(clause: str) -> str:
    return clause.rsplit("/", 1)[1]


def _fact_name(name: str) -> str:
    return name.rsplit(":", 1)[-1]
