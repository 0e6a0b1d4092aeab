"""The worked cases of a pack, with what the authority said of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from comity import document as doc
from comity.case import Case, read_facts, read_measures, read_totals
from comity.errors import InputError, Problems, Span
from comity.facts import Vocabulary
from comity.pack.program import Pack

KEYS = ("title", "story", "url", "given", "measures", "totals", "known", "note", "reason", "exam")
ORIGINS = ("official", "adapted", "secondary", "own")
VERDICTS = ("allowed", "conditional", "forbidden", "undecided", "not-covered", "exempt", "not-modelled")
DUTY_STATES = ("open", "done", "lifted", "none", "unknown", "impossible", "ordered")
CLAUSE_STATES = ("silent", "speaks", "unknown", "closed", "open", "satisfied")


@dataclass(frozen=True)
class Expectation:
    """What an authority, a court or the text says.

    Attributes:
        reached: whether the law reaches the case at all; None: not asked.
    """

    verdict: str = ""
    because: tuple[str, ...] = ()
    duties: Mapping[str, str] = field(default_factory=dict)
    clauses: Mapping[str, str] = field(default_factory=dict)
    reached: bool | None = None


@dataclass(frozen=True)
class WorkedCase:
    """A case with its source and its known outcome.

    Attributes:
        reason: why the authority decided so, in our words.
        known: why the pack gets it wrong, where it does.
        exam: the collection of published cases to which it belongs; empty: none, it is only a test of the pack.
    """

    name: str
    title: str
    source: str
    url: str
    kind: str
    case: Case
    expect: Expectation
    reason: str
    known: str
    exam: str
    span: Span


def read_cases(folder: Path, pack: Pack, vocabulary: Vocabulary, problems: Problems) -> list[WorkedCase]:
    """Read `cases/*.yaml` of a pack; problems are noted."""
    found: list[WorkedCase] = []
    names: dict[str, Span] = {}
    for path in sorted((folder / "cases").glob("*.yaml")):
        try:
            root = doc.read_document(path, shown=f"packs/{pack.id}/cases/{path.name}", problems=problems)
        except InputError as error:
            problems.found.extend(error.problems)
            continue
        items = root.items if isinstance(root, doc.Sequence) else ()
        if not items:
            problems.add("type-clash", "a file of worked cases is a list", root.span)
        for node in items:
            worked = _read(node, pack, vocabulary, problems)
            if worked is None:
                continue
            if worked.name in names:
                problems.add(
                    "duplicate-id",
                    f"the case `{worked.name}` stands twice",
                    worked.span,
                    help=f"the first is at {names[worked.name]}",
                )
            names[worked.name] = worked.span
            found.append(worked)
    return found


def _read(node: doc.Node, pack: Pack, vocabulary: Vocabulary, problems: Problems) -> WorkedCase | None:
    f = doc.to_fields(
        node,
        problems,
        what="a worked case",
        required=("name", "source", "kind", "case", "day", "expect"),
        optional=KEYS,
    )
    f.context = f.text("name")
    kind = f.one_of("case", [k.id for k in vocabulary.kinds], "transfer")
    facts, unknown = read_facts(f.node("given"), vocabulary, problems)
    totals = read_totals(f.node("totals"), pack.id, [t.id.rsplit(":", 1)[1] for t in pack.totals], problems)
    measures = read_measures(f.node("measures"), vocabulary, problems)
    day = f.day("day") or dt.date.min
    expect = f.node("expect")
    return WorkedCase(
        name=f.text("name"),
        title=f.text("title"),
        source=f.text("source"),
        url=f.text("url"),
        kind=f.one_of("kind", ORIGINS, "own"),
        case=Case(f.text("name"), kind, day, facts, unknown, measures, totals),
        expect=_expectation(expect, pack, problems, f.context) if expect else Expectation(),
        reason=f.text("reason") or f.text("note"),
        known=f.text("known"),
        exam=f.text("exam"),
        span=f.span,
    )


def _expectation(node: doc.Node, pack: Pack, problems: Problems, context: str) -> Expectation:
    f = doc.to_fields(
        node,
        problems,
        what="`expect`",
        optional=("verdict", "because", "duties", "clauses", "reached"),
        context=context,
    )
    if not any(f.has(key) for key in ("verdict", "duties", "clauses", "reached")):
        problems.add(
            "missing-key", "a case expects a verdict, duties, clauses or `reached`", node.span, context=context
        )
    known = {c.id.rsplit("/", 1)[1]: c for c in pack.clauses}
    for name in f.texts("because"):
        if name.text not in known:
            problems.add_unknown("unknown-clause", "clause", name.text, known, name.span, context=context)
    return Expectation(
        verdict=f.one_of("verdict", VERDICTS, "undecided") if f.has("verdict") else "",
        because=tuple(s.text for s in f.texts("because")),
        duties=_states(f, "duties", [k for k, c in known.items() if c.effect == "requires"], DUTY_STATES),
        clauses=_states(f, "clauses", [k for k, c in known.items() if c.effect != "requires"], CLAUSE_STATES),
        reached=f.flag("reached") if f.has("reached") else None,
    )


def _states(f: doc.Fields, key: str, known: list[str], states: tuple[str, ...]) -> dict[str, str]:
    node = f.node(key)
    found: dict[str, str] = {}
    if node is None:
        return found
    if not isinstance(node, doc.Mapping):
        f.problems.add("type-clash", f"`{key}` is a mapping from clause to state", node.span, context=f.context)
        return found
    for name, value in node.pairs:
        state = value.text if isinstance(value, doc.Scalar) else ""
        if name.text not in known:
            f.problems.add_unknown(
                "unknown-clause",
                "duty" if key == "duties" else "ban or excuse",
                name.text,
                known,
                name.span,
                context=f.context,
            )
        elif state not in states:
            f.problems.add(
                "unknown-value",
                f"`{state}` is no state",
                value.span,
                help="one of " + ", ".join(states),
                context=f.context,
            )
        else:
            found[name.text] = state
    return found
