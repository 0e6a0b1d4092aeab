"""YAML to packs: every clause typed and placed, every problem of the folder told at once."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path

from comity import document as doc
from comity.condition import tree as t
from comity.condition.check import Names, check_term, compile_condition
from comity.condition.parse import Expr, parse_condition
from comity.errors import InputError, Problems, Span
from comity.facts import Row, Vocabulary, to_row
from comity.pack.link import settle_clauses
from comity.pack.program import EFFECTS, THE_ACT, Clause, Coverage, Pack, Source, Total, is_within
from comity.pack.tables import TableRow, read_tables
from comity.pack.totals import check_totals, read_total

STALE_AFTER = 365
CLAUSE_KEYS = (
    "source", "about", "forbids", "excuses", "requires", "when", "needs", "except", "exempts", "within", "from", "to",
    "act", "first_day", "last_day", "authority", "confidence", "not_modelled",
)  # fmt: skip
HEADER_KEYS = ("binding", "counts_for", "places", "next_read_day", "stale_after", "review", "not_modelled", "clock")
GOES_WITH = {"forbids": ("needs",), "excuses": ("needs", "except", "exempts"), "requires": ("within", "from", "to")}
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


def read_pack(folder: Path, vocabulary: Vocabulary) -> Pack:
    """Read one pack.

    Raises:
        InputError: with every problem of its files.
    """
    problems = Problems()
    pack = PackReader(folder, vocabulary, problems).read()
    problems.require_none()
    return pack


class PackReader:
    """Reads the files of one pack folder and notes their problems.

    Attributes:
        spans: where clauses, totals and tables stand: by full id, `pack/path:total`, name of the table.
        rows: the rows of its tables as they were written.
    """

    def __init__(self, folder: Path, vocabulary: Vocabulary, problems: Problems) -> None:
        self.folder = folder
        self.vocabulary = vocabulary
        self.problems = problems
        self.id = "/".join(folder.parts[-2:])
        self.names = Names(vocabulary)
        self.spans: dict[str, Span] = {}
        self.rows: tuple[TableRow, ...] = ()
        self.is_whole = True  # a file that cannot be read is told as such, not as missing all that it holds

    def read(self) -> Pack:
        """The pack; of use only where no problem was noted."""
        files = self._files()
        header = self._header(files.header)
        keys = ("covers", "scope", "terms", "totals", "clauses")
        sections = [doc.to_fields(n, self.problems, what="a clauses file", optional=keys) for n in files.clauses]
        sources = self._sources(header)
        raw_totals = self._name_everything(sections, files.tables, sources)
        scope = self._scope(sections)
        covers = [self._coverage(item) for s in sections for item in s.items("covers")]
        kinds = tuple(dict.fromkeys(k for c in covers for k in c.kinds))
        raw = [self._clause(node, kinds, sources) for s in sections for node in s.items("clauses")]
        clauses = settle_clauses(raw, self.problems)
        totals = self._totals(raw_totals, clauses)
        self._check_unused(sections)
        if not covers and files.clauses and self.is_whole:
            self.problems.add("missing-key", "the pack needs `covers`", files.clauses[0].span, context=self.id)
        stale_after = header.number("stale_after", STALE_AFTER)
        return Pack(
            id=self.id,
            title=header.text("title"),
            party=header.text("party"),
            binding=header.one_of("binding", ("law", "commitment"), "law"),
            places=self._territory(header),
            keeper=header.text("keeper"),
            read_day=header.day("read_day") or dt.date.min,
            next_read_day=header.day("next_read_day"),
            stale_after=STALE_AFTER if stale_after is None else stale_after,
            review=header.text("review", "not yet reviewed by counsel"),
            sources=tuple((sources or {}).values()),
            not_modelled=tuple(s.text for s in header.texts("not_modelled")),
            covers=tuple(covers),
            scope=scope,
            clauses=clauses,
            totals=totals,
            groups=tuple(sorted(self.names.groups.items())),
            counts_for=self._kinds(header, "counts_for"),
            clock=self._clock(header),
        )

    # --- files and header

    def _files(self) -> _Files:
        files = _Files()
        paths = sorted(self.folder.glob("*.yaml"))
        names = [path.name for path in paths]
        for path in paths:
            shown = f"packs/{self.id}/{path.name}"
            try:
                node = doc.read_document(path, shown=shown, problems=self.problems)
            except InputError as error:
                self.problems.found.extend(error.problems)
                self.is_whole = False
                continue
            if path.name == "pack.yaml":
                files.header = node
            elif path.name.startswith("clauses"):
                files.clauses.append(node)
            elif path.name.startswith("tables"):
                files.tables.append(node)
            else:
                self.problems.add(
                    "unknown-file",
                    f"`{path.name}` is no file of a pack",
                    Span(shown),
                    help="pack.yaml, clauses*.yaml, tables*.yaml, cases/*.yaml",
                )
        for name, is_there in (
            ("pack.yaml", "pack.yaml" in names),
            ("clauses.yaml", any("clauses" in n for n in names)),
        ):
            if not is_there:
                self.problems.add("missing-file", f"a pack needs `{name}`", Span(f"packs/{self.id}"))
        return files

    def _header(self, node: doc.Node | None) -> doc.Fields:
        if node is None:  # which is noted; the other files are read all the same
            return doc.Fields({}, Span(f"packs/{self.id}/pack.yaml"), self.problems, self.id)
        required = ("pack", "title", "party", "keeper", "read_day", "sources")
        header = doc.to_fields(
            node, self.problems, what="pack.yaml", required=required, optional=HEADER_KEYS, context=self.id
        )
        if header.has("pack") and header.text("pack") != self.id:
            self.problems.add(
                "wrong-id",
                f"the pack lies in `{self.id}`",
                header.span_of("pack"),
                help="`pack` is the folder's path below packs/",
            )
        return header

    def _sources(self, header: doc.Fields) -> dict[str, Source] | None:
        if not header.has("sources"):
            return None  # which is noted; what names a source cannot be judged
        found: dict[str, Source] = {}
        for node in header.items("sources"):
            f = doc.to_fields(
                node, self.problems, what="a source", required=("id", "title", "url", "read_day"), context=self.id
            )
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
                self.problems.add_unknown(
                    "unknown-place",
                    "place or group",
                    name.text,
                    [*self.vocabulary.place, *self.vocabulary.group],
                    name.span,
                )
        return tuple(rows)

    def _clock(self, header: doc.Fields) -> str:
        """The place whose clock counts: as written, else the party where it is a place."""
        party, place = header.text("party"), header.text("clock")
        if header.has("clock") and place not in self.vocabulary.place:
            span = header.span_of("clock")
            self.problems.add_unknown("unknown-place", "place", place, self.vocabulary.place, span)
        return place or (party if party in self.vocabulary.place else "")

    # --- names: tables, totals, terms

    def _name_everything(
        self, sections: list[doc.Fields], tables: list[doc.Node], sources: dict[str, Source] | None
    ) -> list[tuple[doc.Scalar, doc.Node]]:
        totals, terms = self._pairs(sections, "totals"), self._pairs(sections, "terms")
        self._check_names([key for key, _ in (*totals, *terms)])
        self.names.totals = {key.text: f"{self.id}:{key.text}" for key, _ in totals}
        self.spans |= {f"{self.id}:{key.text}": key.span for key, _ in totals}
        self.names.terms = {key.text: self._term(key, node) for key, node in terms}
        stand, self.rows = read_tables(tables, self.names, sources, self.problems, context=self.id)
        self.spans |= stand
        used = set(self.names.used_terms)  # by rows of tables; what the terms below use of each other is no use yet
        for name in self.names.terms:
            check_term(name, self.names, self.problems)
        self.names.used_terms = used
        return totals

    def _pairs(self, sections: list[doc.Fields], key: str) -> list[tuple[doc.Scalar, doc.Node]]:
        found: list[tuple[doc.Scalar, doc.Node]] = []
        for section in sections:
            node = section.node(key)
            if isinstance(node, doc.Mapping):
                found += node.pairs
            elif node is not None:
                message = f"`{key}` is a mapping from name to definition"
                self.problems.add("type-clash", message, node.span, context=self.id)
        return found

    def _check_names(self, names: list[doc.Scalar]) -> None:
        taken: set[str] = set()
        for key in names:
            known = key.text in self.vocabulary.fact
            if known or key.text in taken:
                where = "is a fact of the vocabulary" if known else "is already declared"
                self.problems.add("duplicate-id", f"`{key.text}` {where}", key.span, context=self.id)
            if not re.fullmatch(r"[a-z][a-z0-9_]*", key.text):
                help_ = "lower case letters, digits and _"
                self.problems.add("wrong-id", f"`{key.text}` is no identifier", key.span, help=help_)
            taken.add(key.text)

    def _term(self, key: doc.Scalar, node: doc.Node) -> Expr | None:
        context = f"{self.id}, term {key.text}"
        if isinstance(node, doc.Scalar):
            return parse_condition(node.text, node.inside, self.problems, context=context)
        self.problems.add("type-clash", "a term is a condition", node.span, context=context)
        return None

    # --- scope, covers, clauses, totals

    def _scope(self, sections: list[doc.Fields]) -> t.Condition:
        nodes = [n for s in sections if (n := s.node("scope"))]
        if len(nodes) > 1:
            self.problems.add("duplicate-key", "`scope` stands in two files", nodes[1].span, context=self.id)
        if not nodes and self.is_whole:
            self.problems.add("missing-key", "the pack needs `scope`", Span(f"packs/{self.id}"), context=self.id)
        return self._condition(nodes[0] if nodes else None, f"{self.id}, scope")

    def _condition(self, node: doc.Node | None, context: str) -> t.Condition:
        if node is None:
            return t.TRUE
        if not isinstance(node, doc.Scalar):
            self.problems.add(
                "type-clash", "a condition is a text", node.span, context=context, help="put it in single quotes"
            )
            return t.FALSE
        return compile_condition(node.text, node.inside, self.names, self.problems, context=context)

    def _kinds(self, f: doc.Fields, key: str = "about") -> tuple[str, ...]:
        known = [k.id for k in self.vocabulary.kinds]
        for kind in f.texts(key):
            if kind.text not in known:
                what = "kind of case"
                self.problems.add_unknown("unknown-value", what, kind.text, known, kind.span, context=f.context)
        if f.has(key) and not f.texts(key):
            self.problems.add("missing-value", f"`{key}` has no value", f.span_of(key), context=f.context)
        return tuple(k.text for k in f.texts(key))

    def _coverage(self, node: doc.Node) -> Coverage:
        keys = ("first_day", "last_day")
        f = doc.to_fields(node, self.problems, what="`covers`", required=("about",), optional=keys, context=self.id)
        first, last = self._days(f)
        return Coverage(self._kinds(f), first, last)

    def _days(self, f: doc.Fields) -> tuple[dt.date | None, dt.date | None]:
        row = to_row(f, self.problems)
        return row.first_day, row.last_day

    def _clause(self, node: doc.Node, kinds: tuple[str, ...], sources: dict[str, Source] | None) -> RawClause:
        f = doc.to_fields(node, self.problems, what="a clause", required=("id", "cite", "says"), optional=CLAUSE_KEYS)
        id_ = f.text("id")
        f.context = f"{self.id}/{id_}, {f.text('cite')}" if id_ else self.id
        self.spans[f"{self.id}/{id_}"] = f.span_of("id")
        if f.has("id") and not _ID.fullmatch(id_):
            help_ = "lower case letters, digits and dashes"
            self.problems.add("wrong-id", f"`{id_}` is no id", f.span_of("id"), help=help_, context=f.context)
        effect = self._effect(f)
        first_day, last_day = self._days(f)
        source = (sources or {}).get(f.text("source"))
        if f.has("source") and source is None and sources is not None:
            name, span = f.text("source"), f.span_of("source")
            self.problems.add_unknown("unknown-source", "source", name, sources, span, context=f.context)
        clause = Clause(
            id=f"{self.id}/{id_}",
            cite=f.text("cite"),
            says=f.text("says"),
            source=f.text("source"),
            url=source.url if source else "",
            kinds=self._kinds(f) or kinds,
            effect=effect,
            when=self._when(f, effect),
            needs=self._measures(f, "needs"),
            exempts=f.flag("exempts"),
            measure=self._duty(f),
            within=f.text("within"),
            start=f.text("from"),
            addressee=f.text("to"),
            act=self._act(f),
            first_day=first_day,
            last_day=last_day,
            authority=f.text("authority"),
            confidence=f.one_of("confidence", ("high", "medium", "low"), "high"),
            not_modelled=f.text("not_modelled"),
        )
        self._check_keys(f, clause)
        self._check_kinds(f, clause, kinds)
        return RawClause(clause, f, f.texts("excuses"), f.texts("except"))

    def _effect(self, f: doc.Fields) -> str:
        effects = [e for e in EFFECTS if f.has(e)]
        if len(effects) != 1 and f.values:
            message = "a clause has exactly one of `forbids`, `excuses`, `requires`"
            self.problems.add("effect", message, f.span, context=f.context)
        return effects[0] if effects else "forbids"  # any one will do: the clause is refused, yet others may name it

    def _when(self, f: doc.Fields, effect: str) -> t.Condition:
        if effect == "forbids":
            if f.has("when"):
                message = "a ban says its condition under `forbids`"
                self.problems.add("effect", message, f.span_of("when"), context=f.context)
            return self._condition(f.node("forbids"), f.context)
        return self._condition(f.node("when"), f.context)

    def _measures(self, f: doc.Fields, key: str) -> tuple[str, ...]:
        known = self.vocabulary.measure
        for name in f.texts(key):
            if name.text not in known:
                self.problems.add_unknown("unknown-measure", "measure", name.text, known, name.span, context=f.context)
        return tuple(dict.fromkeys(name.text for name in f.texts(key)))

    def _duty(self, f: doc.Fields) -> str:
        name = f.text("requires")
        if name and name != THE_ACT and name not in self.vocabulary.measure:
            known, span = [*self.vocabulary.measure, THE_ACT], f.span_of("requires")
            self.problems.add_unknown("unknown-measure", "measure", name, known, span, context=f.context)
        return name

    def _act(self, f: doc.Fields) -> str:
        fact = self.vocabulary.fact.get("act.kind")
        if f.has("act") and fact is not None and f.text("act") not in fact.of:
            self.problems.add_unknown(
                "unknown-value", "state act", f.text("act"), fact.of, f.span_of("act"), context=f.context
            )
        return f.text("act")

    def _check_keys(self, f: doc.Fields, clause: Clause) -> None:
        for key in ("needs", "except", "exempts", "within", "from", "to"):
            if f.has(key) and key not in GOES_WITH[clause.effect]:
                message = f"`{key}` does not go with `{clause.effect}`"
                self.problems.add("effect", message, f.span_of(key), context=f.context)
        if clause.within and not is_within(clause.within):
            message, help_ = f"`{clause.within}` is no term", "72h, 10wd, 14d, 1mo, 1y or at-once"
            self.problems.add("unknown-value", message, f.span_of("within"), help=help_, context=f.context)
        days = [n for n, fact in self.vocabulary.fact.items() if fact.type in ("day", "instant")]
        if clause.start and clause.start not in days:
            what, span = "day or instant", f.span_of("from")
            self.problems.add_unknown("unknown-fact", what, clause.start, days, span, context=f.context)

    def _check_kinds(self, f: doc.Fields, clause: Clause, kinds: tuple[str, ...]) -> None:
        known = {k.id for k in self.vocabulary.kinds}
        for kind in clause.kinds:
            if kind in known and kind not in kinds:
                message, span = f"the pack does not cover `{kind}`", f.span_of("about")
                self.problems.add("not-covered-kind", message, span, help="add it to `covers`", context=f.context)

    def _totals(self, raw: list[tuple[doc.Scalar, doc.Node]], clauses: tuple[Clause, ...]) -> tuple[Total, ...]:
        found = []
        for key, node in raw:
            id_, context = f"{self.id}:{key.text}", f"{self.id}, total {key.text}"
            total = read_total(id_, node, self.names, clauses, self.problems, context=context)
            found.append((total, key.span))
        check_totals(found, clauses, self.problems, context=self.id)
        return tuple(total for total, _ in found)

    def _check_unused(self, sections: list[doc.Fields]) -> None:
        for section in sections:
            node = section.node("terms")
            if isinstance(node, doc.Mapping):
                for key, _ in node.pairs:
                    if key.text not in self.names.used_terms:
                        message = f"the term `{key.text}` is used nowhere"
                        self.problems.add("unused-term", message, key.span, context=self.id)
