"""What a deployment tells of a map: its stores as systems with their places, and what moves between them as flows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from comity.errors import Span
from comity.intake.found import UNKNOWN, Finding, Told, free_id
from comity.intake.sources.clouds import OWNER, SELF, AttributePath, Clouds, Passage, Store, clouds
from comity.intake.sources.hosts import region_of_host, told_place
from comity.intake.sources.resource import Leaf, Node, Resource

MAX_STEPS = 6  # from a resource to the one for which it stands, or in which it lies

_TAGS = (("tags", "Name"), ("tags", "name"), ("labels", "name"))
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_GOOGLE = re.compile(r"(?:storage|bigquery|pubsub|logging|run)\.googleapis\.com/")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sites:
    """Where something lies; nowhere: `why` says why that is not known, under a code for remarks."""

    places: tuple[str, ...] = ()
    code: str = "unknown-place"
    why: str = ""


def lay_out(resources: Iterable[Resource], finding: Finding) -> None:
    """Note systems and flows of a deployment, and what is to be looked at.

    Args:
        resources: all of them, those too that keep no data: they tell where others lie.
        finding: takes what is found.
    """
    _Deployment(finding, clouds(), {r.address: r for r in resources}).lay_out()


@dataclass(slots=True)
class _Deployment:
    finding: Finding
    table: Clouds
    resources: dict[str, Resource]
    named: dict[str, list[Resource]] = field(default_factory=dict)
    members: dict[str, list[Resource]] = field(default_factory=dict)
    sites: dict[str, Sites] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=set)  # at Amazon and Alibaba, of what the deployment makes

    def lay_out(self) -> None:
        for resource in self.resources.values():
            self._index(resource)
        self._gather_members()
        stores = [r for r in self.resources.values() if r.type in self.table.stores and not r.is_read]
        plain = {r.address: free_id(self._label(r), ()) for r in stores}
        counted = Counter(plain.values())
        for resource in stores:
            self._system(resource, is_common=counted[plain[resource.address]] > 1)
        for resource in list(self.resources.values()):
            if not resource.is_read:
                self._flows(resource)
        self._tell_others()

    # --- names

    def _index(self, resource: Resource) -> None:
        is_store = resource.type in self.table.stores
        if resource.type in self.table.passages and not is_store:
            return  # a way is no end
        for path in self.table.cloud_of(resource.type).known_by:
            for leaf in resource.leaves(path):
                if is_store and not resource.is_read and leaf.text and (account := _account(leaf.text)):
                    self.accounts.add(account)
                # A plain word names a store. Policies and the like have the name of the store to which they belong.
                if leaf.text and (is_store or re.search(r"[/:]", leaf.text) or path[0] not in ("id", "name")):
                    if is_store or re.search(r"[/:.]", leaf.text):
                        self.named.setdefault(_plain(leaf.text), []).append(resource)

    def _named(self, text: str, path: AttributePath, near: Resource) -> list[Resource]:
        """The resources that a text may mean; the more likely ones where there are several."""
        for word in _spellings(text):
            found = list({r.address: r for r in self.named.get(word, ())}.values())
            for choice in (
                lambda r: r.type in self.table.stores and not r.is_read,
                lambda r: r.type.endswith(_meant(path)),
                lambda r: self._sites_of(r).places == self._sites_of(near).places,
            ):
                if len(found) > 1:
                    found = [r for r in found if choice(r)] or found
            if found:
                return found
        return []

    def _label(self, resource: Resource) -> str:
        """A name that a person knows: as the resource is called, its tag, or else its address."""
        if resource.address not in self.labels:
            store = self.table.stores.get(resource.type)
            cloud = self.table.cloud_of(resource.type)
            text = resource.text((*(store.names if store else ()), *cloud.names, *_TAGS))
            is_fit = text and len(text) <= 100 and free_id(text, ()) != "item"
            self.labels[resource.address] = text if is_fit else resource.address
        return self.labels[resource.address]

    # --- places

    def _gather_members(self) -> None:
        by_member = {s.members[0]: s.members[1] for s in self.table.stores.values() if s.members}
        for resource in self.resources.values():
            path = by_member.get(resource.type)
            if path is not None and not resource.is_read:
                for group in self._meant_by(resource.leaves(path), path, resource)[0]:
                    self.members.setdefault(group.address, []).append(resource)

    def _sites_of(self, resource: Resource) -> Sites:
        known = self.sites.get(resource.address)
        if known is None:
            self.sites[resource.address] = Sites(why="it is said to lie where it lies itself")  # until that is known
            known = self.sites[resource.address] = self._find_sites(resource)
        return known

    def _find_sites(self, resource: Resource) -> Sites:
        store = self.table.stores.get(resource.type, Store(resource.type, resource.type))
        own = self._own_sites(resource, store)
        more = [self._told(resource, path) for path in store.also]
        more += [self._sites_of(member) for member in self.members.get(resource.address, ())]
        for path in store.parts:
            parts, others = self._meant_by(resource.leaves(path), path, resource)
            more += [self._sites_of(part) for part in parts]
            more += [self._site(resource, Leaf(text)) for text in others if ":" in text]
        more = [sites for sites in more if sites.places or sites.why]
        if store.copies is not None and own.places:
            more.append(self._copies(resource, store, own))
        if not own.places and not (store.places == () and more):
            return own
        unknown = next((sites for sites in more if not sites.places and sites.why), None)
        return unknown or Sites(tuple(sorted({place for sites in (own, *more) for place in sites.places})))

    def _own_sites(self, resource: Resource, store: Store) -> Sites:
        cloud = self.table.cloud_of(resource.type)
        for path in store.only:
            told = self._told(resource, path)
            if told.places or (told.why and not store.is_worldwide):
                return told
        if store.is_worldwide:
            return Sites(code="worldwide", why="the service works worldwide and the source names no places")
        for path in cloud.places if store.places is None else store.places:
            told = self._told(resource, path)
            if told.places or told.why:
                return told
        for path in store.inside:
            for parent in self._meant_by(resource.leaves(path), path, resource)[0]:
                return self._sites_of(parent)
        if store.places == ():
            return Sites(
                why=f"`{_dotted(store.inside[0])}` is not told" if store.inside else "the source does not say it"
            )
        if store.default:
            return self._site(resource, Leaf(store.default))
        if resource.region.text:
            return self._site(resource, resource.region)
        for path in cloud.zones:
            told = self._told(resource, path)
            if told.places:
                return told
        return Sites(why=resource.region.why or "neither the resource nor its provider says it")

    def _told(self, resource: Resource, path: AttributePath) -> Sites:
        """The places that an attribute tells; neither places nor a reason where it says nothing."""
        found: list[str] = []
        for leaf in resource.leaves(path):
            if leaf.text is None and leaf.is_written:
                return Sites(why=f"`{_dotted(path)}`: {leaf.why or 'it is not told'}")
            sites = self._site(resource, leaf) if leaf.text else Sites()
            if sites.why and not (leaf.text or "").startswith("arn:"):  # names of buckets hold no region
                return sites
            found += sites.places
        return Sites(tuple(dict.fromkeys(found)))

    def _site(self, resource: Resource, leaf: Leaf) -> Sites:
        site = self.table.cloud_of(resource.type).site(leaf.text or "")
        if site:
            return Sites((site,))
        if (leaf.text or "").lower() == "global":
            return Sites(code="worldwide", why="it is `global`, and the source names no places")
        return Sites(code="unknown-region", why=f"`{(leaf.text or '')[:80]}` is no region that is known")

    def _copies(self, resource: Resource, store: Store, own: Sites) -> Sites:
        copies = store.copies
        if copies is None:
            return Sites()
        leaves = resource.leaves(copies.by)
        if any(leaf.text is None and leaf.is_written for leaf in leaves):
            return Sites(why=f"`{_dotted(copies.by)}` is not told: there may be a copy in another region")
        told = [leaf.text for leaf in leaves if leaf.text]
        if not (copies.is_default if not told else copies.values & set(told)):
            return Sites()
        cloud = self.table.cloud_of(resource.type)
        return Sites(tuple(pair for place in own.places if (pair := cloud.pair_of(place))))

    # --- systems

    def _system(self, resource: Resource, *, is_common: bool = False) -> str:
        """The id of the system that a resource is; it is noted where it was not yet."""
        known = self.ids.get(resource.address)
        if known is not None:
            return known
        store = self.table.stores.get(resource.type)
        label = self._label(resource)
        sites = self._sites_of(resource)
        kind = store.kind if store else resource.type
        told: dict[str, Told] = {
            "name": f"{label} ({kind})",
            "place": told_place(sites.places),
            "run_by": self.finding.owner,
        }
        short = resource.type.partition("_")[2]
        id_ = self.finding.add(
            "systems", resource.address, f"{label}-{short}" if is_common else label, told, resource.span
        )
        self.ids[resource.address] = id_
        if not sites.places:
            self._remark(sites.code, f"the place of `{resource.address}` is not known: {sites.why}", resource.span)
        if resource.is_read:
            text = f"`{resource.address}` is made elsewhere: look at who runs it, here it is `{self.finding.owner}`"
            self._remark("made-elsewhere", text, resource.span)
        return id_

    def _elsewhere(self, text: str, site: str, span: Span) -> str:
        """The id of what a text names that is no resource of the deployment: who runs it is not told."""
        text = text.strip()
        host = _host_of(text)
        if host and not _is_of_cloud(host):
            told: dict[str, Told] = {"name": host, "country": UNKNOWN}
            self._remark("elsewhere", f"data go to or come from `{host}`, of which the source says no more", span)
            return self.finding.add("entities", f"host {host}", host, told, span)
        label = host or (
            re.split(r"[:/]", text.rstrip(":/*"))[-1] or text if text.startswith(("arn:", "acs:")) else text
        )
        is_own = _account(text) in self.accounts
        who = self.finding.owner
        if not is_own:
            name = f"who runs {label}"
            who = self.finding.add("entities", f"who runs {text}", name, {"name": name, "country": UNKNOWN}, span)
        place = site or (
            region_of_host(host) if host else self.table.clouds[0].site(text) if text.startswith("arn:") else ""
        )
        why = "it has the same account" if is_own else "who runs it is not told"
        self._remark("elsewhere", f"`{label}` is no resource of this source: {why}", span)
        told = {"name": label, "place": place or UNKNOWN, "run_by": who}
        return self.finding.add("systems", text, label, told, span)

    def _remark(self, code: str, text: str, span: Span) -> None:
        self.finding.remark(code, text if len(text) <= 400 else f"{text[:400]} ...", span)

    # --- flows

    def _flows(self, resource: Resource) -> None:
        for passage in self.table.passages.get(resource.type, ()):
            blocks = resource.node.blocks(passage.each) if passage.each else (resource.node,)
            for block in blocks:
                self._passage(resource, passage, block)
        for member in self.members.get(resource.address, ()):
            if member.type in self.table.stores:
                self._flow(resource, resource, member, self._system(resource), self._system(member), "replication")

    def _passage(self, resource: Resource, passage: Passage, block: Node) -> None:
        targets = self._ends(resource, passage.targets, block, passage.target_place)
        if targets is None:
            return
        sources = self._ends(resource, passage.sources, block, passage.source_place)
        for source_ref, source in sources or ():
            for target_ref, target in targets:
                self._flow(resource, source_ref, target_ref, source, target, passage.what)

    def _flow(
        self, by: Resource, source: Resource | str, target: Resource | str, from_: str, to: str, what: str
    ) -> None:
        if from_ == to:
            return
        refs = [end.address if isinstance(end, Resource) else end for end in (source, target)]
        ref = " -> ".join(refs) if by.address in refs else f"{by.address}: {' -> '.join(refs)}"
        names = [self._label(end) if isinstance(end, Resource) else end for end in (source, target)]
        told: dict[str, Told] = {"name": f"{what}: {names[0]} to {names[1]}", "from": from_, "to": to}
        self.finding.add("flows", ref, f"{from_}-to-{to}", told, by.span)

    def _ends(
        self, resource: Resource, paths: Iterable[AttributePath], block: Node, site_path: AttributePath
    ) -> list[tuple[Resource | str, str]] | None:
        """Reference and id of the ends that some attributes name; None where they say nothing at all."""
        found: list[tuple[Resource | str, str]] = []
        is_said = False
        for path in paths:
            if path == (SELF,):
                return [(resource, self._system(resource))]
            if path == (OWNER,):
                return [(OWNER, self.finding.owner)]
            leaves = resource.leaves(path, block)
            is_said |= bool(leaves)
            meant, others = self._meant_by(leaves, path, resource)
            found += [(end, self._system(end)) for end in meant]
            if any(leaf.text is None and leaf.is_written and not self._likely(leaf.refs, resource) for leaf in leaves):
                why = next((leaf.why for leaf in leaves if leaf.text is None and leaf.why), "it is not told")
                text = f"`{resource.address}` moves data, but `{_dotted(path)}` is open: {why}"
                self._remark("unknown-end", text, resource.span)
            for text in others:
                site = self._told(resource, site_path).places if site_path else ()
                shown = _without_person(text)
                found.append((shown, self._elsewhere(shown, site[0] if site else "", resource.span)))
        return found if is_said else None

    def _known(self, refs: Iterable[str]) -> list[Resource]:
        return [self.resources[ref] for ref in refs if ref in self.resources]

    def _likely(self, refs: Iterable[str], near: Resource) -> list[Resource]:
        """Of the resources from which a value comes, those that keep data; others, such as a random name, only help."""
        known = [r for r in self._known(refs) if r.address != near.address]
        table = self.table
        stores = [r for r in known if r.type in table.stores or r.type in table.stand_ins]
        return stores or [r for r in known if table.cloud_of(r.type).id]

    def _meant_by(
        self, leaves: Iterable[Leaf], path: AttributePath, near: Resource
    ) -> tuple[list[Resource], list[str]]:
        """The resources that values mean, each once, and the texts that mean none."""
        found: dict[str, Resource] = {}
        others: list[str] = []
        for leaf in leaves:
            meant = self._likely(leaf.refs, near)
            if not meant and leaf.text:
                meant = [r for r in self._named(leaf.text, path, near) if r.address != near.address]
                if len(meant) > 1:
                    names = ", ".join(f"`{r.address}`" for r in meant[:3])
                    text = f"`{near.address}`: `{_dotted(path)}` may mean {names}"
                    self._remark("ambiguous-name", text, near.span)
                    continue
                if not meant:
                    others.append(leaf.text)
            for resource in meant:
                end = self._behind(resource)
                found[end.address] = end
        return list(found.values()), list(dict.fromkeys(others))

    def _behind(self, resource: Resource) -> Resource:
        """The store for which a resource stands; the resource itself where it stands for none."""
        for _ in range(MAX_STEPS):
            paths = self.table.stand_ins.get(resource.type, ())
            inner = (self._stood_for(resource, path) for path in paths)
            other = next((r for r in inner if r is not None), None)
            if other is None or other.address == resource.address:
                break
            resource = other
        return resource

    def _stood_for(self, resource: Resource, path: AttributePath) -> Resource | None:
        for leaf in resource.leaves(path):
            known = self._likely(leaf.refs, resource) or (self._named(leaf.text, path, resource) if leaf.text else [])
            others = [r for r in known if r.address != resource.address]
            if len(others) == 1:
                return others[0]
        return None

    # --- what is left out

    def _tell_others(self) -> None:
        """One remark for each type that the table does not know."""
        left: dict[str, list[Resource]] = {}
        table = self.table
        known = table.stores.keys() | table.passages.keys() | table.stand_ins.keys()
        for resource in self.resources.values():
            type_ = resource.type
            if (
                not resource.is_read
                and type_ not in known
                and not table.is_plumbing(type_)
                and resource.address not in self.ids
            ):
                left.setdefault(type_, []).append(resource)
        for type_, found in sorted(left.items()):
            n = "one resource" if len(found) == 1 else f"{len(found)} resources"
            text = f"{n} of type `{type_}` left out: no known store; the first is `{found[0].address}`"
            self._remark("not-a-store", text, found[0].span)


def _dotted(path: AttributePath) -> str:
    return ".".join(path)


def _plain(text: str) -> str:
    return text.strip().casefold().rstrip("/")


def _meant(path: AttributePath) -> str:
    """The word for what an attribute names: `bucket` for `bucket_name`."""
    word = re.sub(r"_(name|id|arn|identifier|url|uri|identity)$", "", path[-1])
    return word.removeprefix("target_").removeprefix("source_")


def _spellings(text: str) -> Iterator[str]:
    """What a text may be called elsewhere: without scheme, service and what stands below the resource itself."""
    word = _GOOGLE.sub("", _SCHEME.sub("", text.strip()))
    yield _plain(text)
    yield _plain(word)
    if ":::" in word:  # arn:aws:s3:::bucket/prefix
        yield _plain(word.partition(":::")[2].split("/")[0])
    if table := re.fullmatch(r"[\w-]+[.:]([\w-]+)\.[\w-]+", word):  # project.dataset.table
        yield _plain(table[1])
    if "/" in word or word.startswith(("arn:", "acs:")):
        for _ in range(MAX_STEPS):
            head = max(word.rfind("/"), word.rfind(":"))
            if head <= 0:
                return
            word = word[:head]
            yield _plain(word)


def _host_of(text: str) -> str:
    """The host in an address; empty where the text is none."""
    if text.startswith(("arn:", "acs:")) or _GOOGLE.match(text):
        return ""
    rest = re.split(r"[/?#]", _SCHEME.sub("", text), maxsplit=1)[0].rpartition("@")[2]
    host = re.sub(r":\d+$", "", rest).lower()
    return host if _HOST.fullmatch(host) and (_SCHEME.match(text) or "/" not in text) else ""


def _account(text: str) -> str:
    """The account in the full name of a resource; empty where it has none."""
    parts = text.split(":")
    if parts[0] == "arn" and len(parts) > 5:
        return parts[4]
    return parts[3] if parts[0] == "acs" and len(parts) > 4 else ""


def _is_of_cloud(host: str) -> bool:
    """Whether a host is a service of a cloud, which somebody else may run there."""
    return bool(region_of_host(host)) or host.endswith(
        (".amazonaws.com", ".googleapis.com", ".windows.net", ".aliyuncs.com")
    )


def _without_person(text: str) -> str:
    """An address of mail or a telephone number told as its domain, or as what it is: it is data of somebody."""
    if re.fullmatch(r"\+?[\d\s()-]{6,}", text.strip()):
        return "telephone"
    if re.fullmatch(r"[^@/\s]+@[^@/\s]+", text.strip()):
        return text.strip().rpartition("@")[2]
    text = re.sub(r"(?<=://)[^/@\s]*@", "", text.strip())  # a user and a password
    scheme = _SCHEME.match(text)
    return (scheme[0] if scheme else "") + _host_of(text) if _host_of(text) else text
