"""The table of clouds: which resources of a deployment keep data, where each tells its place, and which mean a flow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from comity import document as doc
from comity.errors import Problems
from comity.intake.places import regions
from comity.intake.sources.hosts import region_of_arn

CLOUDS_FILE = Path(__file__).parent / "clouds.yaml"
SELF, OWNER = "self", "owner"  # ends of a flow that no attribute names

AttributePath = tuple[str, ...]  # an attribute, and the blocks in which it stands

_ZONES = (r"(.+\d)[a-z]", r"(.+)-[a-z]", r"(.+?)-maz\d*\(.*\)")  # eu-west-1a, europe-west1-b, cn-hangzhou-MAZ5(b,c)
_IN_NAME = re.compile(r"/(?:locations|regions|zones|instanceConfigs)/([^/]+)")


@dataclass(frozen=True, slots=True)
class Copies:
    """A copy in the paired region, where the attribute `by` has one of the values; `is_default`: or says nothing."""

    by: AttributePath
    values: frozenset[str]
    is_default: bool


@dataclass(frozen=True, slots=True)
class Store:
    """A type of resource that keeps or carries data; see the head of the table for what its attributes mean."""

    type: str
    kind: str
    names: tuple[AttributePath, ...] = ()
    places: tuple[AttributePath, ...] | None = None
    only: tuple[AttributePath, ...] = ()
    also: tuple[AttributePath, ...] = ()
    inside: tuple[AttributePath, ...] = ()
    parts: tuple[AttributePath, ...] = ()
    default: str = ""
    is_worldwide: bool = False
    copies: Copies | None = None
    members: tuple[str, AttributePath] | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A type of resource by which data move: from where, to where."""

    by: str
    what: str
    sources: tuple[AttributePath, ...]
    targets: tuple[AttributePath, ...]
    each: AttributePath = ()
    source_place: AttributePath = ()
    target_place: AttributePath = ()


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud: how its resources tell their names and places."""

    id: str
    name: str
    types: tuple[str, ...]
    places: tuple[AttributePath, ...]
    zones: tuple[AttributePath, ...]
    names: tuple[AttributePath, ...]
    known_by: tuple[AttributePath, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    prefixes: tuple[str, ...] = ()
    pairs: Mapping[str, str] = field(default_factory=dict)

    def site(self, text: str) -> str:
        """The place of the map for a region, a zone, a location or the full name of a resource; empty: none is known.

        Example:
            >>> clouds().cloud_of("google_storage_bucket").site("EUROPE-WEST1")
            'gcp/europe-west1'
        """
        word = text.strip()
        if word.startswith("arn:"):
            return region_of_arn(word)
        if word.startswith("acs:"):
            word = [*word.split(":"), "", ""][2]
        if found := _IN_NAME.search(f"/{word}"):
            word = found[1]
        word = word.lower().replace(" ", "")
        for prefix in self.prefixes:
            word = word.removeprefix(prefix)
        word = self.aliases.get(word, word)
        if word.isupper():  # an alias for a place
            return word
        inner = (match[1] for form in _ZONES if (match := re.fullmatch(form, word)))
        return next((f"{self.id}/{each}" for each in (word, *inner) if f"{self.id}/{each}" in regions()), "")

    def pair_of(self, site: str) -> str:
        """The region that gets the copies of another one; empty where it has no pair."""
        pair = self.pairs.get(site.removeprefix(f"{self.id}/"), "")
        return f"{self.id}/{pair}" if pair else ""


@dataclass(frozen=True, slots=True)
class Clouds:
    """The whole table, by type of resource."""

    clouds: tuple[Cloud, ...]
    stores: Mapping[str, Store]
    passages: Mapping[str, tuple[Passage, ...]]
    stand_ins: Mapping[str, tuple[AttributePath, ...]]
    plumbing: tuple[str, ...]

    def cloud_of(self, type_: str) -> Cloud:
        """The cloud to which a type belongs; one without any regions where that is none of these."""
        return next((c for c in self.clouds if type_.startswith(c.types)), _NOWHERE)

    def is_plumbing(self, type_: str) -> bool:
        """Whether resources of a type keep no data that somebody has to look at."""
        return type_.startswith(self.plumbing)


_NOWHERE = Cloud("", "", (), (), (), (("name",),), (("id",),))


@cache
def clouds() -> Clouds:
    """The table. Read when a deployment is first imported: it is a big one."""
    problems = Problems()
    root = doc.read_document(CLOUDS_FILE, shown=CLOUDS_FILE.name)
    f = doc.to_fields(root, problems, what="the table of clouds", required=("clouds", "plumbing"))
    found: list[Cloud] = []
    stores: dict[str, Store] = {}
    passages: dict[str, tuple[Passage, ...]] = {}
    stand_ins: dict[str, tuple[AttributePath, ...]] = {}
    plumbing = [s.text for s in f.texts("plumbing")]
    for node in f.items("clouds"):
        cloud = doc.to_fields(
            node, problems, what="a cloud", required=_CLOUD, optional=("aliases", "prefixes", "pairs")
        )
        found.append(_cloud(cloud))
        plumbing += [s.text for s in cloud.texts("plumbing")]
        for item in cloud.items("stores"):
            store = _store(item, problems)
            stores[store.type] = store
        for item in cloud.items("flows"):
            passage = _passage(item, problems)
            passages[passage.by] = (*passages.get(passage.by, ()), passage)
        for item in cloud.items("stand_ins"):
            row = doc.to_fields(item, problems, what="a stand-in", required=("type", "for"))
            stand_ins[row.text("type")] = _paths(row, "for")
    problems.require_none()
    return Clouds(tuple(found), stores, passages, stand_ins, tuple(plumbing))


_CLOUD = (
    *("id", "name", "source", "read_day", "types", "places", "zones", "names", "known_by"),
    *("stores", "flows", "stand_ins", "plumbing"),
)


def _cloud(f: doc.Fields) -> Cloud:
    return Cloud(
        id=f.text("id"),
        name=f.text("name"),
        types=tuple(s.text for s in f.texts("types")),
        places=_paths(f, "places"),
        zones=_paths(f, "zones"),
        names=_paths(f, "names"),
        known_by=_paths(f, "known_by"),
        aliases=_words(f.node("aliases")),
        prefixes=tuple(s.text for s in f.texts("prefixes")),
        pairs=_words(f.node("pairs")),
    )


def _store(node: doc.Node, problems: Problems) -> Store:
    keys = ("name", "place", "only", "also", "inside", "default", "worldwide", "copies", "members", "parts")
    f = doc.to_fields(node, problems, what="a store", required=("type", "kind"), optional=keys)
    copies = members = None
    if (inner := f.node("copies")) is not None:
        row = doc.to_fields(inner, problems, what="copies", required=("by", "values"), optional=("default",))
        values = frozenset(s.text for s in row.texts("values"))
        copies = Copies(_path(row.text("by")), values, row.flag("default"))
    if (inner := f.node("members")) is not None:
        row = doc.to_fields(inner, problems, what="members", required=("type", "by"))
        members = (row.text("type"), _path(row.text("by")))
    return Store(
        type=f.text("type"),
        kind=f.text("kind"),
        names=_paths(f, "name"),
        places=_paths(f, "place") if f.has("place") else None,
        only=_paths(f, "only"),
        also=_paths(f, "also"),
        inside=_paths(f, "inside"),
        parts=_paths(f, "parts"),
        default=f.text("default"),
        is_worldwide=f.flag("worldwide"),
        copies=copies,
        members=members,
    )


def _passage(node: doc.Node, problems: Problems) -> Passage:
    optional = ("each", "from_place", "to_place")
    f = doc.to_fields(node, problems, what="a flow", required=("by", "from", "to", "what"), optional=optional)
    return Passage(
        by=f.text("by"),
        what=f.text("what"),
        sources=_paths(f, "from"),
        targets=_paths(f, "to"),
        each=_path(f.text("each")),
        source_place=_path(f.text("from_place")),
        target_place=_path(f.text("to_place")),
    )


def _paths(f: doc.Fields, key: str) -> tuple[AttributePath, ...]:
    return tuple(_path(s.text) for s in f.texts(key))


def _path(text: str) -> AttributePath:
    return tuple(text.split(".")) if text else ()


def _words(node: doc.Node | None) -> dict[str, str]:
    pairs = node.pairs if isinstance(node, doc.Mapping) else ()
    return {key.text: value.text for key, value in pairs if isinstance(value, doc.Scalar)}
