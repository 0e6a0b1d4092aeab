"""The totals of a pack: how its law counts over many flows."""

from __future__ import annotations

from collections.abc import Iterable

from comity import document as doc
from comity.condition import tree as t
from comity.condition.check import Names, compile_condition
from comity.errors import Problems, Span
from comity.pack.program import Clause, Total

PER = ("12-months", "calendar-year", "since-last-year", "held")
ROLES = ("holder", "recipient")


def read_total(
    id_: str, node: doc.Node, names: Names, clauses: tuple[Clause, ...], problems: Problems, *, context: str = ""
) -> Total:
    """Read one total.

    Args:
        id_: `pack/path:name`.
        node: its definition.
        names: what its `where` may use.
        clauses: the clauses of the pack, whose excuses it may leave out.
        problems: where problems are noted.
        context: the pack and the total.
    """
    keys = ("of", "data", "without", "where", "except")
    f = doc.to_fields(node, problems, what="a total", required=("count", "over", "per"), optional=keys, context=context)
    categories = [c.id for c in names.vocabulary.categories]
    for name in (*f.texts("data"), *f.texts("without")):
        if name.text not in categories:
            problems.add_unknown("unknown-category", "category", name.text, categories, name.span, context=context)
    for role in f.texts("over"):
        if role.text not in ROLES:
            problems.add_unknown("unknown-value", "role", role.text, ROLES, role.span, context=context)
    return Total(
        id=id_,
        count=f.one_of("count", ("people", "devices"), "people") if f.has("count") else "people",
        of=_of(f, names),
        data=tuple(n.text for n in f.texts("data")),
        without=tuple(n.text for n in f.texts("without")),
        over=tuple(r.text for r in f.texts("over")),
        where=_where(f, names),
        per=f.one_of("per", PER, "held") if f.has("per") else "held",
        leaves_out=_left_out(f, clauses),
    )


def _of(f: doc.Fields, names: Names) -> str:
    name, groups = f.text("of"), names.vocabulary.group
    place = names.place(name)
    if name and place is None and name not in groups:
        known = [*names.vocabulary.place, *groups]
        f.problems.add_unknown("unknown-place", "place or group", name, known, f.span_of("of"), context=f.context)
    return place or name


def _where(f: doc.Fields, names: Names) -> t.Condition:
    node = f.node("where")
    if isinstance(node, doc.Scalar):
        return compile_condition(node.text, node.inside, names, f.problems, context=f.context)
    if node is not None:
        f.problems.add(
            "type-clash", "a condition is a text", node.span, help="put it in single quotes", context=f.context
        )
    return t.TRUE


def _left_out(f: doc.Fields, clauses: tuple[Clause, ...]) -> tuple[str, ...]:
    excuses = {c.id.rsplit("/", 1)[1]: c.id for c in clauses if c.effect == "excuses"}
    for name in f.texts("except"):
        if name.text not in excuses:
            what = "excuse of this pack"
            f.problems.add_unknown("unknown-clause", what, name.text, excuses, name.span, context=f.context)
    return tuple(excuses[name.text] for name in f.texts("except") if name.text in excuses)


def check_totals(
    totals: Iterable[tuple[Total, Span]], clauses: tuple[Clause, ...], problems: Problems, *, context: str = ""
) -> None:
    """Note totals that would depend on themselves: their `where`, or a clause that they leave out, reads a total."""
    conditions = {c.id: c.when for c in clauses}
    for total, span in totals:
        read = t.facts_of(total.where) | {n for i in total.leaves_out for n in t.facts_of(conditions[i])}
        if any(":" in name for name in read):
            message = f"the total `{total.id.rsplit(':', 1)[1]}` depends on a total"
            help_ = "what it counts, and the exemptions under `except`, may turn on no count"
            problems.add("cycle", message, span, help=help_, context=context)
