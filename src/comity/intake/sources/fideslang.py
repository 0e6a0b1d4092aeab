"""Systems, data, purposes, people and transfers from the manifests of Fides (fideslang 1.3 to 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from comity import document as doc
from comity.errors import InputError, Problems, Span
from comity.facts import Vocabulary
from comity.intake.found import UNKNOWN, Finding, Found, Told, free_id
from comity.intake.sources.files import File, files_in, read_bytes
from comity.intake.sources.hosts import region_of_arn, region_of_host, sites_told, told_place
from comity.intake.sources.kinds import fides, told_kinds, with_above

ENDINGS = (".yml", ".yaml")
DEFAULT = "default_organization"
_TAKEN = ("organization", "system", "dataset")
_LEFT = ("policy", "data_subject", "data_use", "registry", "evaluation", "data_qualifier")  # they move no data
_ROLES = {"controller": "controller", "processor": "processor", "sub-processor": "processor"}
_EMPTY = frozenset({"", "null", "~"})


@dataclass(frozen=True, slots=True)
class _Declaration:
    """What a system does with some data.

    Attributes:
        people: ids of the sets of persons.
        data: kinds; empty: none told that the vocabulary has.
        because: those of them that follow from whose data they are.
        sends, gets: keys of the flows that it is about; empty: all.
    """

    name: str
    people: tuple[str, ...]
    data: tuple[str, ...]
    because: tuple[str, ...]
    purposes: tuple[str, ...]
    sends: frozenset[str]
    gets: frozenset[str]


@dataclass(slots=True)
class _System:
    id: str
    key: str
    name: str
    owner: str
    node: doc.Mapping
    span: Span
    declarations: tuple[_Declaration, ...] = ()
    facts: Mapping[str, Told] = field(default_factory=dict)


def read_fideslang(path: Path, *, shown: str, owner: str, vocabulary: Vocabulary) -> Found:
    """Read manifests of Fides: a file, or a folder with all that is in it.

    Systems and datasets are systems of the map; `egress` and `ingress` are flows, with a part for each declaration of
    privacy; data that come from users are a collection; data subjects are sets of people. A transfer to a third country
    is a flow to a recipient there, of whom nothing else is known; where a manifest says that there are such transfers
    and not whereto, the country is unknown.

    Args:
        path: a file or folder (names that end in .yml or .yaml).
        shown: the name that problems show.
        owner: id of the entity for which the systems are taken to be run, where no other organisation is named.
        vocabulary: the known places and kinds of data.

    Raises:
        InputError: a file is not YAML, or YAML with anchors or tags; all problems of all files are told.
    """
    finding = Finding(f"fides {shown}", owner)
    reader = _Reader(finding, vocabulary)
    problems = Problems()
    for file in files_in(path, shown, ENDINGS, finding.remark):
        try:
            reader.take(doc.parse_document(read_bytes(file, doc.MAX_BYTES), file.shown), file)
        except InputError as error:
            problems.found += error.problems
    problems.require_none()
    reader.read()
    return finding.found()


@dataclass(slots=True)
class _Reader:
    finding: Finding
    vocabulary: Vocabulary
    sections: dict[str, list[doc.Mapping]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)  # of kinds of data that the manifests add
    systems: dict[str, _System] = field(default_factory=dict)
    told_once: set[str] = field(default_factory=set)

    def take(self, root: doc.Node, file: File) -> None:
        """Take in the resources of one file."""
        if not isinstance(root, doc.Mapping) or not {k.text for k, _ in root.pairs} & {
            *_TAKEN,
            *_LEFT,
            "data_category",
        }:
            self.finding.remark("no-manifest", f"`{file.shown}` holds no manifest of Fides", Span(file.shown))
            return
        for key, value in root.pairs:
            found = [item for item in _items(value) if isinstance(item, doc.Mapping)]
            self.sections.setdefault(key.text, []).extend(found)
            if key.text not in (*_TAKEN, *_LEFT, "data_category"):
                self.finding.remark("not-taken", f"`{key.text}` is not taken", key.span)

    def read(self) -> None:
        """Note all that the resources tell."""
        for node in self.sections.get("data_category", ()):
            self.parents[_text(node, "fides_key")] = _text(node, "parent_key")
        owners = self._organisations()
        for section in ("dataset", "system"):
            for node in self.sections.get(section, ()):
                self._add(section, node, owners)
        for system in self.systems.values():
            self._flows(system)
            self._transfers(system)

    # --- who and what there is

    def _organisations(self) -> dict[str, str]:
        """Entities by the key of an organisation; one alone is the owner of the map."""
        nodes = {_text(node, "fides_key"): node for node in self.sections.get("organization", ())}
        nodes.pop(DEFAULT, None)
        if len(nodes) < 2:
            return dict.fromkeys(nodes, self.finding.owner)
        found: dict[str, str] = {}
        for key, node in nodes.items():
            name = _text(node, "name") or key
            if self.finding.owner in (key, key.replace("_", "-")):
                found[key] = self.finding.owner
                continue
            country = self._country(_text(_of(node.get("controller")), "address"))
            told = {"name": name, "country": country or UNKNOWN}
            found[key] = self.finding.add("entities", f"organization/{key}", name, told, _span(node))
        return found

    def _add(self, section: str, node: doc.Mapping, owners: Mapping[str, str]) -> None:
        key = _text(node, "fides_key")
        if not key:
            self.finding.remark("no-key", f"a {section} without `fides_key` is left out", node.span)
            return
        if key in self.systems:
            self.finding.remark("twice", f"`{key}` stands twice; the first is taken", _span(node))
            return
        owner = owners.get(_text(node, "organization_fides_key"), self.finding.owner)
        name = _text(node, "name") or key
        system = _System("", key, name, owner, node, _span(node), facts=self._facts(node))
        told: dict[str, Told] = {"name": name, "place": self._place(node, key)}
        vendor = self._vendor(node, key) if section == "system" else None
        told["run_by"] = vendor or owner
        if vendor:
            told["for"] = owner
        if section == "system":
            system.declarations = tuple(self._declaration(each) for each in _maps(node.get("privacy_declarations")))
            holds = self._holds(system.declarations)
        else:
            kinds = self._kinds(_categories_in(node))
            holds = ({"data": kinds},) if kinds else ()
        if holds:
            told["holds"] = holds
        system.id = self.finding.add("systems", f"{section}/{key}", name, told, system.span)
        self.systems[key] = system

    def _vendor(self, node: doc.Mapping, key: str) -> str | None:
        """Another business that runs a system, by its legal name."""
        name = _text(node, "legal_name")
        if not name:
            if _text(node, "vendor_id") or _text(node, "system_type").lower() in (
                "third party",
                "third-party",
                "vendor",
            ):
                text = f"who runs `{key}` is not said (`legal_name`); `{self.finding.owner}` is put down"
                self.finding.remark("unknown-operator", text, _span(node))
            return None
        country = self._country(_text(node, "legal_address"))
        told = {"name": name, "country": country or UNKNOWN}
        return self.finding.add("entities", f"vendor/{name.casefold()}", name, told, _span(node, "legal_name"))

    def _country(self, address: str) -> str:
        """The country whose full name ends an address; a code of two letters may be a state as well."""
        last = re.split(r"[,\n]", address.strip().rstrip("."))[-1].strip()
        places = [p.id for p in self.vocabulary.places if p.name.casefold() == last.casefold()]
        return places[0] if places and len(last) > 3 else ""

    def _place(self, node: doc.Mapping, key: str) -> Told:
        meta = _of(node.get("meta"))
        own = _of(meta.get("comity"))
        for each in (own, meta):
            for name in ("place", "places", "region", "country"):
                words = _words(each.get(name))
                if words:
                    sites = [site for word in words for site in sites_told(word, self.vocabulary)]
                    if not sites:
                        text = f"`{name}: {', '.join(words)[:80]}` of `{key}` is no known place"
                        self.finding.remark("unknown-place", text, _span(each, name))
                    return told_place(sites)
        details = _of(node.get("fidesctl_meta") or node.get("fides_meta"))
        region = region_of_arn(_text(details, "resource_id")) or region_of_host(_text(details, "endpoint_address"))
        return region or UNKNOWN

    def _facts(self, node: doc.Mapping) -> dict[str, Told]:
        """The part that the organisation has in a system, if it has one alone."""
        words = _words(node.get("responsibility")) or _words(node.get("data_responsibility_title"))
        roles = {_ROLES.get(word.lower(), "") for word in words}
        role = roles.pop() if len(roles) == 1 else ""
        return {"facts": {"holder.role": role}} if role else {}

    # --- data, people and purposes

    def _declaration(self, node: doc.Mapping) -> _Declaration:
        subjects = _words(node.get("data_subjects"))
        because = tuple(kind for subject in subjects for kind in fides().subjects.get(subject, ()))
        use = _text(node, "data_use")
        purposes = with_above(use, fides().purposes)
        if use and purposes is None:
            self._once(
                "unknown-purpose", f"the use `{use}` is none of Fides's own and is not taken", _span(node, "data_use")
            )
        return _Declaration(
            name=_text(node, "name") or use,
            people=tuple(self._people(subject, _span(node, "data_subjects")) for subject in subjects),
            data=told_kinds((*self._kinds(node.get("data_categories")), *because), self.vocabulary),
            because=because,
            purposes=purposes or (),
            sends=frozenset(_words(node.get("egress"))),
            gets=frozenset(_words(node.get("ingress"))),
        )

    def _people(self, subject: str, span: Span) -> str:
        node = next((n for n in self.sections.get("data_subject", ()) if _text(n, "fides_key") == subject), None)
        name = (_text(node, "name") if node is not None else "") or subject.replace("_", " ")
        told = {"name": name, "of": self.finding.owner}
        return self.finding.add("people", f"data_subject/{subject}", subject, told, span)

    def _kinds(self, node: doc.Node | Iterable[doc.Scalar] | None) -> tuple[str, ...]:
        """Kinds of data of the vocabulary for those of Fides; what is not known is told."""
        keys = _scalars(node) if node is None or isinstance(node, doc.Scalar | doc.Sequence | doc.Mapping) else node
        found: set[str] = set()
        for key in keys:
            kinds = with_above(key.text, fides().categories, self.parents)
            if kinds is None:
                self._once("unknown-category", f"`{key.text}` is no known kind of data of Fides", key.span)
            found |= set(kinds or ())
        return told_kinds(found, self.vocabulary)

    def _holds(self, declarations: Iterable[_Declaration]) -> tuple[Told, ...]:
        """What a system holds, by the people whose data they are."""
        by_people: dict[str, set[str]] = {}
        for each in declarations:
            for people in each.people or ("",):
                by_people.setdefault(people, set()).update(each.data)
        found: list[Told] = []
        for people, kinds in by_people.items():
            row: dict[str, Told] = {"people": (people,)} if people else {}
            if kinds:
                row["data"] = told_kinds(kinds, self.vocabulary)
            if row:
                found.append(row)
        return tuple(found)

    # --- what flows

    def _flows(self, system: _System) -> None:
        for key, out in (("egress", True), ("ingress", False)):
            for flow in _maps(system.node.get(key)):
                other = _text(flow, "fides_key")
                if other == "user":
                    self._with_users(system, flow, out)
                elif other not in self.systems:
                    text = (
                        f"`{other}` is in none of the manifests; what flows {'to' if out else 'from'} it is not taken"
                    )
                    self.finding.remark("unknown-reference", text, _span(flow, "fides_key"))
                else:
                    ends = (system, self.systems[other]) if out else (self.systems[other], system)
                    about = [d for d in system.declarations if other in (d.sends if out else d.gets)]
                    self._flow(ends, about or system.declarations, flow)
        open_ = {
            word for d in _maps(system.node.get("privacy_declarations")) for word in _words(d.get("dataset_references"))
        }
        joined = {_text(flow, "fides_key") for key in ("egress", "ingress") for flow in _maps(system.node.get(key))}
        for other in sorted((open_ | set(_words(system.node.get("dataset_references")))) - joined):
            text = f"`{system.key}` uses the dataset `{other}`; which way data flow is not said (`egress`, `ingress`)"
            self.finding.remark("no-direction", text, system.span)

    def _with_users(self, system: _System, flow: doc.Mapping, out: bool) -> None:
        if out:
            text = f"what `{system.key}` sends to the users themselves is not taken"
            self.finding.remark("to-users", text, _span(flow, "fides_key"))
            return
        about = [d for d in system.declarations if "user" in d.gets] or system.declarations
        people = tuple(dict.fromkeys(p for d in about for p in d.people))
        kinds = self._kinds(flow.get("data_categories")) or told_kinds(
            (k for d in about for k in d.data), self.vocabulary
        )
        told: dict[str, Told] = {"entity": system.owner, "into": system.id}
        told |= {"people": people} if people else {}
        told |= {"data": kinds} if kinds else {}
        ref = f"user -> {system.key}"
        self.finding.add("collections", ref, f"users to {system.id}", told, _span(flow, "fides_key"))

    def _flow(self, ends: tuple[_System, _System], about: Iterable[_Declaration], flow: doc.Mapping) -> None:
        start, end = ends
        told: dict[str, Told] = {"from": start.id, "to": end.id}
        told |= self._content(about, self._kinds(flow.get("data_categories")))
        told |= start.facts
        self.finding.add(
            "flows", f"{start.key} -> {end.key}", f"{start.id} to {end.id}", told, _span(flow, "fides_key")
        )

    def _content(self, about: Iterable[_Declaration], kinds: tuple[str, ...]) -> dict[str, Told]:
        """People, data and purposes of a flow: a part for each declaration, since each has a purpose of its own.

        Args:
            about: the declarations.
            kinds: of data, where the flow names its own; they hold for each declaration then.
        """
        parts: dict[tuple[Told, ...], dict[str, Told]] = {}
        for each in about:
            data = told_kinds((*kinds, *each.because), self.vocabulary) if kinds else each.data
            told = {"people": each.people, "data": data, "purposes": each.purposes}
            part: dict[str, Told] = {key: value for key, value in told.items() if value}
            if part:
                parts.setdefault(tuple(part.items()), {"id": each.name, **part})
        if len(parts) > 1:
            ids = _part_ids([str(part["id"]) for part in parts.values()])
            return {"parts": tuple(part | {"id": id_} for part, id_ in zip(parts.values(), ids, strict=True))}
        found = {key: value for part in parts.values() for key, value in part.items() if key != "id"}
        return found or ({"data": kinds} if kinds else {})

    # --- third countries and third parties

    def _transfers(self, system: _System) -> None:
        node = system.node
        countries = _scalars(node.get("third_country_transfers"))
        for code in countries:
            place = self._third_country(code)
            if place:
                name = f"recipient of {system.name} in {self.vocabulary.place[place].name}"
                self._abroad(system, f"third-country/{system.key}/{place}", name, place, code.span)
        if not countries and _text(node, "does_international_transfers").lower() == "true":
            span = _span(node, "does_international_transfers")
            text = f"`{system.key}` transfers data abroad, and the manifest does not say whereto"
            self.finding.remark("unknown-destination", text, span)
            self._abroad(system, f"abroad/{system.key}", f"recipient of {system.name} abroad", UNKNOWN, span)
        for each, raw in zip(system.declarations, _maps(node.get("privacy_declarations")), strict=False):
            if _text(raw, "data_shared_with_third_parties").lower() == "true":
                self._shared(system, each, raw)

    def _third_country(self, code: doc.Scalar) -> str:
        known = fides().countries.get(code.text.upper(), ())
        sites = known or tuple(s for s in sites_told(code.text, self.vocabulary) if "/" not in s)
        if not sites:
            text = f"`{code.text}` is no country (ISO 3166-1 alpha-3, such as USA)"
            self.finding.remark("unknown-place", text, code.span)
        return sites[0] if sites else ""

    def _abroad(self, system: _System, ref: str, name: str, place: str, span: Span) -> None:
        recipient = self.finding.add("entities", ref, name, {"name": name, "country": place}, span)
        told: dict[str, Told] = {"from": system.id, "to": recipient}
        told |= self._content(system.declarations, ())
        told |= system.facts
        flow = self.finding.add("flows", ref, f"{system.id} to {recipient}", told, span)
        for basis in _scalars(system.node.get("legal_basis_for_transfers")):
            measures = fides().bases.get(basis.text.lower())
            if measures is None:
                self._once("unknown-measure", f"`{basis.text}` names no measure that is known", basis.span)
            for kind in measures or ():
                parties = (system.owner, recipient)
                told = {"kind": kind, "parties": parties, "covers": {"flows": (flow,)}}
                self.finding.add("measures", f"{ref}/{kind}", f"{kind} {flow}", told, basis.span)

    def _shared(self, system: _System, declaration: _Declaration, raw: doc.Mapping) -> None:
        """Data that go to third parties of whom the manifest tells at most the sort."""
        span = _span(raw, "data_shared_with_third_parties")
        sort = _text(raw, "third_parties") or "third parties"
        ref = f"third-parties/{system.key}/{declaration.name}"
        name = f"{sort[:60]} of {system.name}"
        text = f"`{system.key}` shares data with third parties, and the manifest does not say where they are"
        self.finding.remark("unknown-destination", text, span)
        recipient = self.finding.add("entities", ref, name, {"name": name, "country": UNKNOWN}, span)
        told: dict[str, Told] = {"from": system.id, "to": recipient}
        told |= self._content([declaration], self._kinds(raw.get("shared_categories")))
        told |= system.facts
        self.finding.add("flows", ref, f"{system.id} to {recipient}", told, span)

    def _once(self, code: str, text: str, span: Span) -> None:
        if text not in self.told_once:
            self.told_once.add(text)
            self.finding.remark(code, text, span)


def _part_ids(names: list[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        found.append(free_id(name, found))
    return found


def _categories_in(node: doc.Mapping) -> list[doc.Scalar]:
    """Kinds of data of a dataset, its collections and fields, however deep."""
    found: list[doc.Scalar] = []
    open_ = [node]
    while open_:
        each = open_.pop()
        found += _scalars(each.get("data_categories"))
        for key in ("collections", "fields"):
            open_ += _maps(each.get(key))
    return found


# --- reading nodes: what is missing or something else is empty


def _of(node: doc.Node | None) -> doc.Mapping:
    return node if isinstance(node, doc.Mapping) else doc.Mapping((), Span(""))


def _items(node: doc.Node | None) -> tuple[doc.Node, ...]:
    return node.items if isinstance(node, doc.Sequence) else (node,) if node is not None else ()


def _maps(node: doc.Node | None) -> list[doc.Mapping]:
    return [each for each in _items(node) if isinstance(each, doc.Mapping)]


def _scalars(node: doc.Node | None) -> list[doc.Scalar]:
    return [each for each in _items(node) if isinstance(each, doc.Scalar) and each.text not in _EMPTY]


def _words(node: doc.Node | None) -> list[str]:
    return [each.text for each in _scalars(node)]


def _text(node: doc.Mapping, key: str) -> str:
    return next(iter(_words(node.get(key))), "")


def _span(node: doc.Mapping, key: str = "fides_key") -> Span:
    value = node.get(key)
    return value.span if value is not None else node.span
