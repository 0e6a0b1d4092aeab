"""Databases and the flows between them, from the manifest that dbt writes (`target/manifest.json`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comity.errors import Problems, Span
from comity.facts import Vocabulary
from comity.intake.found import Finding, Found, Told
from comity.intake.sources.files import File, Values, read_json
from comity.intake.sources.hosts import short_name, site_of, sites_told, told_place
from comity.intake.sources.kinds import kinds_in, told_kinds

FIRST_VERSION = 7  # dbt 1.3
SAME_AS_12 = (12, 20)  # the versions after 12 that this was written for: 20 has the form of 12
STORED = ("model", "seed", "snapshot", "source")  # what lies in a database
_VERSION = re.compile(r"/manifest/v(\d+)\.json")


@dataclass(slots=True)
class _Node:
    """A model, seed, snapshot, source or exposure, or something in between that is stored nowhere.

    Attributes:
        database, schema: where it lies; of an exposure, or what is stored nowhere, empty.
        address: of a file that it is read from or written to, such as `s3://bucket/x.parquet`.
        sites: where it says that it stands.
        kinds: of data that it says it holds.
    """

    id: str
    name: str
    kind: str
    parents: tuple[str, ...]
    database: str = ""
    schema: str = ""
    address: str = ""
    sites: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    system: str = ""


def read_dbt(
    path: Path,
    *,
    shown: str,
    owner: str,
    vocabulary: Vocabulary,
    places: Mapping[str, str] | None = None,
    each: bool = False,
) -> Found:
    """Read a manifest of dbt: one system for each database, a flow where data go from one to another or to an exposure.

    Where the schemas of a database tell different places, each is a system of its own. Ephemeral models and metrics lie
    nowhere: data pass through them.

    Args:
        path: `manifest.json`, or the folder `target` that holds it.
        shown: the name that problems show.
        owner: id of the entity for which the systems are taken to be run.
        vocabulary: the known places and kinds of data.
        places: where databases stand, by `database`, `database.schema`, the name of a node or its unique id; a manifest
            itself names no host. `meta: {comity: {place: DE}}`, `place` or `region` in the project says it too.
        each: whether each model is a system of its own.

    Raises:
        InputError: it is no such manifest, is of a version before 7, or holds values of a wrong type.
    """
    file = File(path / "manifest.json", f"{shown.rstrip('/')}/manifest.json") if path.is_dir() else File(path, shown)
    return _Reader(file, Finding(f"dbt {shown}", owner), vocabulary, places or {}, each).found()


@dataclass(slots=True)
class _Reader:
    file: File
    finding: Finding
    vocabulary: Vocabulary
    places: Mapping[str, str]
    each: bool
    problems: Problems = field(default_factory=Problems)
    nodes: dict[str, _Node] = field(default_factory=dict)
    adapter: str = "database"

    def found(self) -> Found:
        values = Values(self.file.shown, self.problems)
        root = values.mapping(read_json(self.file), "$")
        self.problems.require_none()
        self._check_version(root, values)
        for section in ("sources", "nodes", "exposures", "metrics", "semantic_models", "saved_queries"):
            for id_, raw in values.mapping(root.get(section), f"$.{section}").items():
                where = f"$.{section}['{id_}']"
                node = self._node(id_, values.mapping(raw, where), where, values)
                if node is not None:
                    self.nodes[id_] = node
        self.problems.require_none()
        self._check_places()
        self._systems()
        self._flows()
        return self.finding.found()

    def _check_version(self, root: Mapping[str, Any], values: Values) -> None:
        span = Span(self.file.shown)
        metadata = values.mapping(root.get("metadata"), "$.metadata")
        schema = values.text(metadata.get("dbt_schema_version"), "$.metadata.dbt_schema_version")
        version = _VERSION.search(schema)
        if version is None:
            help_ = "give the `manifest.json` that dbt writes into `target/`"
            self.problems.add("missing-key", "a manifest of dbt needs `metadata.dbt_schema_version`", span, help=help_)
            self.problems.stop()
        number = int(version[1][:6])
        if number < FIRST_VERSION:
            message = f"the manifest has version {number}; those from {FIRST_VERSION} on are read (dbt 1.3 or later)"
            self.problems.add("wrong-version", message, span, help="run a newer dbt: `dbt parse` suffices")
            self.problems.stop()
        if number > SAME_AS_12[0] and number not in SAME_AS_12:
            text = f"the manifest has version {number}, which may say more than is read"
            self.finding.remark("newer-version", text, span)
        self.adapter = values.text(metadata.get("adapter_type"), "$.metadata.adapter_type") or self.adapter

    # --- nodes

    def _node(self, id_: str, raw: dict[str, Any], where: str, values: Values) -> _Node | None:
        kind = values.text(raw.get("resource_type"), f"{where}.resource_type") or id_.partition(".")[0]
        if kind in ("test", "analysis", "operation", "unit_test", "sql_operation", "rpc"):
            return None
        config = values.mapping(raw.get("config"), f"{where}.config")
        metas = [
            values.mapping(raw.get("source_meta"), f"{where}.source_meta"),
            values.mapping(config.get("meta"), f"{where}.config.meta"),
            values.mapping(raw.get("meta"), f"{where}.meta"),
        ]
        meta = {key: value for each in metas for key, value in each.items()}
        own = values.mapping(meta.get("comity"), f"{where}.meta.comity")
        depends = values.mapping(raw.get("depends_on"), f"{where}.depends_on")
        node = _Node(
            id=id_,
            name=values.text(raw.get("label"), f"{where}.label")
            or values.text(raw.get("name"), f"{where}.name")
            or id_,
            kind=kind,
            parents=tuple(values.texts(depends.get("nodes"), f"{where}.depends_on.nodes")),
            sites=self._sites(id_, {**meta, **own}),
            kinds=self._kinds(id_, raw, {**meta, **own}, where, values),
        )
        materialized = config.get("materialized")
        if kind in STORED and materialized != "ephemeral":
            node.database = values.text(raw.get("database"), f"{where}.database")
            node.schema = values.text(raw.get("schema"), f"{where}.schema")
            node.address = _address(raw, config, meta, materialized)
        return node

    def _sites(self, id_: str, meta: Mapping[str, Any]) -> tuple[str, ...]:
        for key in ("place", "places", "region"):
            value = meta.get(key)
            if value is None:
                continue
            found: list[str] = []
            for word in value if isinstance(value, list) else [value]:
                sites = sites_told(str(word), self.vocabulary)
                if not sites:
                    text = (
                        f"`{key}: {str(word)[:80]}` of `{id_}` is no known place, and no region of one provider alone"
                    )
                    self.finding.remark("unknown-place", text, self._span(id_))
                found += sites
            return tuple(found)
        return ()

    def _kinds(
        self, id_: str, raw: Mapping[str, Any], meta: Mapping[str, Any], where: str, values: Values
    ) -> frozenset[str]:
        def unclear(code: str, text: str) -> None:
            self.finding.remark(code, f"{text} (`{id_}`)", self._span(id_))

        told = {**meta, "category": meta["data"]} if "data" in meta and "category" not in meta else meta
        found = kinds_in(told, values.texts(raw.get("tags"), f"{where}.tags"), self.vocabulary, unclear)
        for name, column in values.mapping(raw.get("columns"), f"{where}.columns").items():
            at = f"{where}.columns.{name}"
            each = values.mapping(column, at)
            config = values.mapping(each.get("config"), f"{at}.config")
            inner = {
                **values.mapping(config.get("meta"), f"{at}.config.meta"),
                **values.mapping(each.get("meta"), f"{at}.meta"),
            }
            found |= kinds_in(inner, values.texts(each.get("tags"), f"{at}.tags"), self.vocabulary, unclear)
        return found

    def _span(self, id_: str) -> Span:
        return Span(f"{self.file.shown}:{id_}")  # dbt writes the whole manifest as one line

    # --- systems

    def _check_places(self) -> None:
        """Every name and every place that was given for the manifest."""
        known = {name for node in self.nodes.values() for name in self._names(node)}
        for name, place in self.places.items():
            if name not in known:
                self.problems.add_unknown(
                    "unknown-system", "database, schema or node of the manifest", name, known, self._span(name)
                )
            if not sites_told(place, self.vocabulary):
                where = Span(f"{name}={place}")
                self.problems.add_unknown("unknown-place", "place", place, self.vocabulary.place, where)
        self.problems.require_none()

    def _names(self, node: _Node) -> tuple[str, ...]:
        own = (node.id, node.name)
        return (*own, node.database, f"{node.database}.{node.schema}") if node.database else (*own, node.schema)

    def _systems(self) -> None:
        stored = [node for node in self.nodes.values() if node.kind in STORED and (node.database or node.schema)]
        exposed = [node for node in self.nodes.values() if node.kind == "exposure"]
        for node in (*stored, *exposed):
            for name in self._names(node):
                if name and name in self.places:
                    node.sites = sites_told(self.places[name], self.vocabulary)
                    break
        split = self._split(stored)
        members: dict[str, list[_Node]] = {}
        names: dict[str, str] = {}
        for node in (*stored, *exposed):
            ref, name = self._system_of(node, split)
            members.setdefault(ref, []).append(node)
            names.setdefault(ref, name)
        for ref, nodes in members.items():
            kinds = told_kinds({kind for node in nodes for kind in node.kinds}, self.vocabulary)
            sites = {site for node in nodes for site in node.sites}
            region = site_of(nodes[0].address).region if nodes[0].address else ""
            told: dict[str, Told] = {
                "name": names[ref],
                "place": told_place(sorted(sites) or ([region] if region else [])),
                "run_by": self.finding.owner,
            }
            if kinds and nodes[0].kind != "exposure":
                told["holds"] = ({"data": kinds},)
            if len({node.sites for node in nodes if node.sites}) > 1:
                text = f"parts of `{names[ref]}` tell different places; all stand in the map"
                self.finding.remark("several-places", text, self._span(nodes[0].id))
            id_ = self.finding.add("systems", ref, short_name(names[ref]), told, self._span(nodes[0].id))
            for node in nodes:
                node.system = id_

    def _split(self, stored: list[_Node]) -> frozenset[str]:
        """Databases whose schemas tell different places."""
        told: dict[str, dict[str, set[str]]] = {}
        for node in stored:
            if node.sites and not node.address:
                told.setdefault(node.database, {}).setdefault(node.schema, set()).update(node.sites)
        return frozenset(
            database for database, schemas in told.items() if len({frozenset(s) for s in schemas.values()}) > 1
        )

    def _system_of(self, node: _Node, split: frozenset[str]) -> tuple[str, str]:
        """The lasting name and the name of the system in which a node lies."""
        if node.kind == "exposure" or self.each:
            return node.id, node.name
        if node.address:
            site = site_of(node.address)
            return site.ref, site.ref
        parts = [node.database or node.schema]
        if node.database and node.database in split:
            parts.append(node.schema)
        name = ".".join(parts)
        return f"{self.adapter}:{name.casefold()}", f"{self.adapter} {name}"  # no warehouse tells databases by case

    # --- flows

    def _flows(self) -> None:
        refs = {item.id: item.ref for item in self.finding.items}
        between: dict[tuple[str, str], list[tuple[_Node, _Node]]] = {}
        for node in self.nodes.values():
            if not node.system:
                continue
            for source in self._sources(node):
                if source.system != node.system:
                    between.setdefault((source.system, node.system), []).append((source, node))
        for (start, end), pairs in between.items():
            told: dict[str, Told] = {"from": start, "to": end}
            # What a model says of itself is taken for what flows into it where its source says nothing.
            kinds = told_kinds({kind for source, node in pairs for kind in source.kinds or node.kinds}, self.vocabulary)
            if kinds:
                told["data"] = kinds
            ref = f"{refs[start]} -> {refs[end]}"
            self.finding.add("flows", ref, f"{start} to {end}", told, self._span(pairs[0][1].id))

    def _sources(self, node: _Node) -> Iterator[_Node]:
        """The stored nodes from which data come, through those that are stored nowhere."""
        seen: set[str] = set()
        open_ = list(reversed(node.parents))
        while open_:
            id_ = open_.pop()
            parent = self.nodes.get(id_)
            if parent is None or id_ in seen:
                continue
            seen.add(id_)
            if parent.system:
                yield parent
            else:
                open_ += reversed(parent.parents)


def _address(raw: Mapping[str, Any], config: Mapping[str, Any], meta: Mapping[str, Any], materialized: object) -> str:
    """The address of the file that a node is kept in; empty where it lies in its database."""
    external = raw.get("external")
    told = [meta.get("external_location"), config.get("external_location")]
    told.append(external.get("location") if isinstance(external, dict) else None)
    told.append(config.get("location") if materialized == "external" else None)
    return next((text for text in told if isinstance(text, str) and "://" in text), "")
