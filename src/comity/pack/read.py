"""YAML to packs: every clause typed and placed, every problem of the folder told at once."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path

from comity import document as doc
from comity.condition import tree as t
from comity.condition.check import Names, TablePart, check_condition, compile_condition
from comity.condition.parse import parse_condition
from comity.errors import InputError, Problems, Span
from comity.facts import Row, Vocabulary, check_overlaps, cut, to_row
from comity.pack.link import settle_clauses
from comity.pack.program import EFFECTS, THE_ACT, Clause, Coverage, Pack, Source, Total, is_within

PER = ("12-months", "calendar-year", "since-last-year", "held")
CLAUSE_KEYS = (
    "source", "about", "forbids", "excuses", "requires", "when", "needs", "except", "exempts", "within", "from", "act",
    "first_day", "last_day", "authority", "confidence", "not_modelled",
)  # fmt: skip
HEADER_KEYS = ("binding", "places", "next_read_day", "stale_after", "review", "not_modelled")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass
class RawClause:
    """A clause whose excuses are not yet resolved, with the fields it was read from."""

    clause: Clause
    fields: doc.Fields
    excuses: tuple[doc.Scalar, ...] = ()
    exceptions: tuple[doc.Scalar, ...] = ()


@dataclass
class _Files:
    """All mappings of one folder, by kind of file."""

    header: doc.Node | None = None
    clauses: list[doc.Node] = field(default_factory=list)
    tables: list[doc.Node] = field(default_factory=list)


def pack_folders(root: Path) -> list[Path]:
    """The folders below `root` that hold a pack."""
    return sorted(p.parent for p in root.glob("*/*/pack.yaml"))


def read_pack(folder: Path, vocabulary: Vocabulary) -> Pack:
    """Read one pack.

    Raises:
        InputError: with every problem of its files.
    """
    problems = Problems()
    pack = PackReader(folder, vocabulary, problems).read()
    problems.require_none()
    assert pack is not None  # noqa: S101  without problems there is a pack
    return pack


class PackReader:
    """Reads the files of one pack folder and notes their problems."""

    def __init__(self, folder: Path, vocabulary: Vocabulary, problems: Problems) -> None:
        self.folder = folder
        self.vocabulary = vocabulary
        self.problems = problems
        self.id = "/".join(folder.parts[-2:])
        self.names = Names(vocabulary)

    def read(self) -> Pack | None:
        """The pack; None where its header cannot be read."""
        files = self._files()
        if files.header is None:
            return None
        header = self._header(files.header)
        sections = [doc.to_fields(n, self.problems, what="a clauses file", optional=("covers", "scope", "terms", "totals", "clauses")) for n in files.clauses]
        raw_totals = self._name_everything(sections, files.tables)
        scope = self._scope(sections)
        covers = [c for s in sections for item in s.items("covers") if (c := self._coverage(item))]
        kinds = tuple(dict.fromkeys(k for c in covers for k in c.kinds))
        sources = self._sources(header)
        raw = [self._clause(node, kinds, sources) for s in sections for node in s.items("clauses")]
        clauses = settle_clauses([r for r in raw if r is not None], self.problems)
        totals = tuple(t for name, node in raw_totals if (t := self._total(name, node, clauses)))
        self._check_totals(totals, clauses)
        self._check_unused(sections)
        if not covers and files.clauses:
            self.problems.add("missing-key", "the pack needs `covers`", files.clauses[0].span, context=self.id)
        return Pack(
            id=self.id,
            title=header.text("title"),
            party=header.text("party"),
            binding=header.one_of("binding", ("law", "commitment"), "law"),
            places=self._territory(header),
            keeper=header.text("keeper"),
            read_day=header.day("read_day") or dt.date.min,
            next_read_day=header.day("next_read_day"),
            stale_after=header.number("stale_after", 365) or 365,
            review=header.text("review", "not yet reviewed by counsel"),
            sources=tuple(sources.values()),
            not_modelled=tuple(s.text for s in header.texts("not_modelled")),
            covers=tuple(covers),
            scope=scope,
            clauses=clauses,
            totals=totals,
            groups=tuple(sorted(self.names.groups.items())),
        )

    # --- files and header

    def _files(self) -> _Files:
        files = _Files()
        for path in sorted(self.folder.glob("*.yaml")):
            shown = f"packs/{self.id}/{path.name}"
            try:
                node = doc.read_document(path, shown=shown)
            except InputError as error:
                self.problems.found.extend(error.problems)
                continue
            if path.name == "pack.yaml":
                files.header = node
            elif path.name.startswith("clauses"):
                files.clauses.append(node)
            elif path.name.startswith("tables"):
                files.tables.append(node)
            else:
                self.problems.add("unknown-file", f"`{path.name}` is no file of a pack", Span(shown), help="pack.yaml, clauses*.yaml, tables*.yaml, cases/*.yaml")
        if files.header is None and not self.problems.found:
            self.problems.add("missing-file", "a pack needs `pack.yaml`", Span(f"packs/{self.id}"))
        return files

    def _header(self, node: doc.Node) -> doc.Fields:
        required = ("pack", "title", "party", "keeper", "read_day", "sources")
        header = doc.to_fields(node, self.problems, what="pack.yaml", required=required, optional=HEADER_KEYS, context=self.id)
        if header.has("pack") and header.text("pack") != self.id:
            self.problems.add("wrong-id", f"the pack lies in `{self.id}`", header.span_of("pack"), help="`pack` is the folder's path below packs/")
        return header

    def _sources(self, header: doc.Fields) -> dict[str, Source]:
        found: dict[str, Source] = {}
        for node in header.items("sources"):
            f = doc.to_fields(node, self.problems, what="a source", required=("id", "title", "url", "read_day"), context=self.id)
            if f.text("id") in found:
                self.problems.add("duplicate-id", f"the source `{f.text('id')}` is declared twice", f.span)
            found[f.text("id")] = Source(f.text("id"), f.text("title"), f.text("url"), f.day("read_day") or dt.date.min)
        return found

    def _territory(self, header: doc.Fields) -> tuple[Row, ...]:
        rows: list[Row] = []
        for name in header.texts("places"):
            place = name.text.replace("_", "-")
            if name.text in self.vocabulary.group:
                rows += self.vocabulary.group[name.text].rows
            elif place in self.vocabulary.place:
                rows.append(Row(place))
            else:
                self.problems.add_unknown("unknown-place", "place or group", name.text, [*self.vocabulary.place, *self.vocabulary.group], name.span)
        return tuple(rows)

    # --- names: tables, totals, terms

    def _name_everything(self, sections: list[doc.Fields], tables: list[doc.Node]) -> list[tuple[doc.Scalar, doc.Node]]:
        totals: list[tuple[doc.Scalar, doc.Node]] = []
        terms: list[tuple[doc.Scalar, doc.Node]] = []
        for key, found in (("totals", totals), ("terms", terms)):
            for section in sections:
                node = section.node(key)
                if isinstance(node, doc.Mapping):
                    found += node.pairs
                elif node is not None:
                    self.problems.add("type-clash", f"`{key}` is a mapping from name to definition", node.span, context=self.id)
        taken: dict[str, Span] = {}
        for key, _ in (*totals, *terms):
            known = key.text in self.vocabulary.fact
            if known or key.text in taken:
                where = "is a fact of the vocabulary" if known else "is already declared"
                self.problems.add("duplicate-id", f"`{key.text}` {where}", key.span, context=self.id)
            if not re.fullmatch(r"[a-z][a-z0-9_]*", key.text):
                self.problems.add("wrong-id", f"`{key.text}` is no identifier", key.span, help="lower case letters, digits and _")
            taken[key.text] = key.span
        self.names.totals = {key.text: f"{self.id}:{key.text}" for key, _ in totals}
        parsed = {}
        for key, node in terms:
            context = f"{self.id}, term {key.text}"
            if isinstance(node, doc.Scalar):
                parsed[key.text] = parse_condition(node.text, _inside(node), self.problems, context=context)
            else:
                self.problems.add("type-clash", "a term is a condition", node.span, context=context)
                parsed[key.text] = None
        self.names.terms = parsed
        self._tables(tables)
        for name, expr in parsed.items():
            if expr is not None:
                check_condition(expr, self.names, self.problems, context=f"{self.id}, term {name}")
        self.problems.found = list(dict.fromkeys(self.problems.found))
        self.names.used_terms.clear()
        return totals

    def _tables(self, nodes: list[doc.Node]) -> None:
        found: dict[str, tuple[TablePart, ...]] = {}
        for node in nodes:
            file = doc.to_fields(node, self.problems, what="a tables file", required=("tables",))
            for item in file.items("tables"):
                f = doc.to_fields(item, self.problems, what="a table", required=("id", "rows"), optional=("means",), context=self.id)
                name = f.text("id")
                place = name.replace("_", "-")
                if name in found or name in self.vocabulary.group or place in self.vocabulary.place:
                    self.problems.add("duplicate-id", f"`{name}` is already a table, group or place", f.span_of("id"), context=self.id)
                found[name] = self._parts(name, f)
        self.names.tables = found

    def _parts(self, name: str, table: doc.Fields) -> tuple[TablePart, ...]:
        by_where: dict[str, list[tuple[Row, Span]]] = {}
        conditions: dict[str, t.Condition] = {"": t.TRUE}
        keys = ("place", "group", "first_day", "last_day", "where", "cite", "source", "note", "confidence", "authority", "not_modelled")
        for item in table.items("rows"):
            f = doc.to_fields(item, self.problems, what="a row", optional=keys, context=f"{self.id}, table {name}")
            where = f.text("where")
            if where and where not in conditions:
                node = f.node("where")
                span = _inside(node) if isinstance(node, doc.Scalar) else f.span
                conditions[where] = compile_condition(where, span, self.names, self.problems, context=f.context)
            by_where.setdefault(where, []).extend((row, f.span) for row in self._rows(f))
        parts = []
        for number, (where, rows) in enumerate(sorted(by_where.items())):
            check_overlaps(rows, self.problems, name)
            group = name if not where else f"{name}#{number}"
            self.names.groups[group] = tuple(row for row, _ in rows)
            parts.append(TablePart(group, conditions[where]))
        return tuple(parts)

    def _rows(self, f: doc.Fields) -> list[Row]:
        if f.has("group"):
            if f.text("group") in self.vocabulary.group:
                first, last = f.day("first_day"), f.day("last_day")
                return [r for m in self.vocabulary.group[f.text("group")].rows if (r := cut(m, first, last))]
            self.problems.add_unknown("unknown-place", "group", f.text("group"), self.vocabulary.group, f.span_of("group"))
            return []
        row = to_row(f, self.problems)
        if row.place not in self.vocabulary.place:
            self.problems.add_unknown("unknown-place", "place", row.place, self.vocabulary.place, f.span_of("place"), context=f.context)
            return []
        return [row]

    # --- scope, covers, clauses, totals

    def _scope(self, sections: list[doc.Fields]) -> t.Condition:
        nodes = [n for s in sections if (n := s.node("scope"))]
        if len(nodes) > 1:
            self.problems.add("duplicate-key", "`scope` stands in two files", nodes[1].span, context=self.id)
        if not nodes:
            self.problems.add("missing-key", "the pack needs `scope`", Span(f"packs/{self.id}"), context=self.id)
            return t.TRUE
        return self._condition(nodes[0], f"{self.id}, scope")

    def _condition(self, node: doc.Node | None, context: str) -> t.Condition:
        if node is None:
            return t.TRUE
        if not isinstance(node, doc.Scalar):
            self.problems.add("type-clash", "a condition is a text", node.span, context=context, help="put it in single quotes")
            return t.FALSE
        return compile_condition(node.text, _inside(node), self.names, self.problems, context=context)

    def _kinds(self, f: doc.Fields) -> tuple[str, ...]:
        known = [k.id for k in self.vocabulary.kinds]
        for kind in f.texts("about"):
            if kind.text not in known:
                self.problems.add_unknown("unknown-value", "kind of case", kind.text, known, kind.span, context=f.context)
        return tuple(k.text for k in f.texts("about"))

    def _coverage(self, node: doc.Node) -> Coverage | None:
        f = doc.to_fields(node, self.problems, what="`covers`", required=("about",), optional=("first_day", "last_day"), context=self.id)
        return Coverage(self._kinds(f), f.day("first_day"), f.day("last_day"))

    def _clause(self, node: doc.Node, kinds: tuple[str, ...], sources: dict[str, Source]) -> RawClause | None:
        f = doc.to_fields(node, self.problems, what="a clause", required=("id", "cite", "says"), optional=CLAUSE_KEYS)
        id_ = f.text("id")
        f.context = f"{self.id}/{id_}, {f.text('cite')}"
        if not _ID.fullmatch(id_):
            self.problems.add("wrong-id", f"`{id_}` is no id", f.span_of("id"), help="lower case letters, digits and dashes", context=f.context)
        effects = [e for e in EFFECTS if f.has(e)]
        if len(effects) != 1:
            self.problems.add("effect", "a clause has exactly one of `forbids`, `excuses`, `requires`", f.span, context=f.context)
            return None
        source = sources.get(f.text("source"))
        if f.has("source") and source is None:
            self.problems.add_unknown("unknown-source", "source", f.text("source"), sources, f.span_of("source"), context=f.context)
        clause = Clause(
            id=f"{self.id}/{id_}",
            cite=f.text("cite"),
            says=f.text("says"),
            source=f.text("source"),
            url=source.url if source else "",
            kinds=self._kinds(f) or kinds,
            effect=effects[0],
            when=self._when(f, effects[0]),
            needs=self._measures(f, "needs"),
            exempts=f.flag("exempts"),
            measure=self._duty(f),
            within=f.text("within"),
            start=f.text("from"),
            act=self._act(f),
            first_day=f.day("first_day"),
            last_day=f.day("last_day"),
            authority=f.text("authority"),
            confidence=f.one_of("confidence", ("high", "medium", "low"), "high"),
            not_modelled=f.text("not_modelled"),
        )
        self._check_keys(f, clause, kinds)
        return RawClause(clause, f, f.texts("excuses"), f.texts("except"))

    def _when(self, f: doc.Fields, effect: str) -> t.Condition:
        if effect == "forbids":
            if f.has("when"):
                self.problems.add("effect", "a ban says its condition under `forbids`", f.span_of("when"), context=f.context)
            return self._condition(f.node("forbids"), f.context)
        return self._condition(f.node("when"), f.context)

    def _measures(self, f: doc.Fields, key: str) -> tuple[str, ...]:
        for name in f.texts(key):
            if name.text not in self.vocabulary.measure:
                self.problems.add_unknown("unknown-measure", "measure", name.text, self.vocabulary.measure, name.span, context=f.context)
        return tuple(dict.fromkeys(name.text for name in f.texts(key)))

    def _duty(self, f: doc.Fields) -> str:
        name = f.text("requires")
        if name and name != THE_ACT and name not in self.vocabulary.measure:
            self.problems.add_unknown("unknown-measure", "measure", name, [*self.vocabulary.measure, THE_ACT], f.span_of("requires"), context=f.context)
        return name

    def _act(self, f: doc.Fields) -> str:
        fact = self.vocabulary.fact.get("act.kind")
        if f.has("act") and fact is not None and f.text("act") not in fact.of:
            self.problems.add_unknown("unknown-value", "state act", f.text("act"), fact.of, f.span_of("act"), context=f.context)
        return f.text("act")

    def _check_keys(self, f: doc.Fields, clause: Clause, kinds: tuple[str, ...]) -> None:
        allowed = {"forbids": ("needs",), "excuses": ("needs", "except", "exempts"), "requires": ("within", "from")}[clause.effect]
        for key in ("needs", "except", "exempts", "within", "from"):
            if f.has(key) and key not in allowed:
                self.problems.add("effect", f"`{key}` does not go with `{clause.effect}`", f.span_of(key), context=f.context)
        if clause.within and not is_within(clause.within):
            self.problems.add("unknown-value", f"`{clause.within}` is no term", f.span_of("within"), help="72h, 10wd, 14d, 1mo, 1y or at-once", context=f.context)
        start = self.vocabulary.fact.get(clause.start)
        if clause.start and (start is None or start.type not in ("day", "instant")):
            self.problems.add_unknown("unknown-fact", "day or instant", clause.start, [n for n, x in self.vocabulary.fact.items() if x.type in ("day", "instant")], f.span_of("from"), context=f.context)
        if clause.first_day and clause.last_day and clause.last_day < clause.first_day:
            self.problems.add("days-reversed", "the last day is before the first", f.span_of("last_day"), context=f.context)
        for kind in clause.kinds:
            if kind not in kinds:
                self.problems.add("not-covered-kind", f"the pack does not cover `{kind}`", f.span_of("about"), help="add it to `covers`", context=f.context)

    def _total(self, key: doc.Scalar, node: doc.Node, clauses: tuple[Clause, ...]) -> Total | None:
        keys = ("of", "data", "without", "where", "except")
        context = f"{self.id}, total {key.text}"
        f = doc.to_fields(node, self.problems, what="a total", required=("count", "over", "per"), optional=keys, context=context)
        categories = [c.id for c in self.vocabulary.categories]
        for name in (*f.texts("data"), *f.texts("without")):
            if name.text not in categories:
                self.problems.add_unknown("unknown-category", "category", name.text, categories, name.span, context=context)
        for role in f.texts("over"):
            if role.text not in ("holder", "recipient"):
                self.problems.add_unknown("unknown-value", "role", role.text, ("holder", "recipient"), role.span, context=context)
        of = f.text("of").replace("_", "-") if f.text("of").replace("_", "-") in self.vocabulary.place else f.text("of")
        if of and of not in self.vocabulary.place and of not in self.vocabulary.group:
            self.problems.add_unknown("unknown-place", "place or group", of, [*self.vocabulary.place, *self.vocabulary.group], f.span_of("of"), context=context)
        ids = {c.id.rsplit("/", 1)[1]: c.id for c in clauses if c.effect == "excuses"}
        left_out = []
        for name in f.texts("except"):
            if name.text in ids:
                left_out.append(ids[name.text])
            else:
                self.problems.add_unknown("unknown-clause", "excuse of this pack", name.text, ids, name.span, context=context)
        return Total(
            id=f"{self.id}:{key.text}",
            count=f.one_of("count", ("people", "devices"), "people"),
            of=of,
            data=tuple(n.text for n in f.texts("data")),
            without=tuple(n.text for n in f.texts("without")),
            over=tuple(r.text for r in f.texts("over")),
            where=self._condition(f.node("where"), context),
            per=f.one_of("per", PER, "held"),
            leaves_out=tuple(left_out),
        )

    def _check_totals(self, totals: tuple[Total, ...], clauses: tuple[Clause, ...]) -> None:
        """A total that leaves out flows by a clause that reads totals would depend on itself."""
        conditions = {c.id: c.when for c in clauses}
        for total in totals:
            read = t.facts_of(total.where) | {n for i in total.leaves_out for n in t.facts_of(conditions[i])}
            if any(":" in name for name in read):
                name = total.id.rsplit(":", 1)[1]
                self.problems.add("cycle", f"the total `{name}` depends on a total", Span(f"packs/{self.id}"), context=self.id, help="an exemption under `except` may turn on no count")

    def _check_unused(self, sections: list[doc.Fields]) -> None:
        for section in sections:
            node = section.node("terms")
            if isinstance(node, doc.Mapping):
                for key, _ in node.pairs:
                    if key.text not in self.names.used_terms:
                        self.problems.add("unused-term", f"the term `{key.text}` is used nowhere", key.span, context=self.id)


def _inside(node: doc.Scalar) -> Span:
    """The span of the text inside the quotes."""
    return node.span.at(1, max(1, node.span.length - 2)) if node.quoted else node.span
