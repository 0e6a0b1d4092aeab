"""Workloads, volumes and outside services with the place where they run, from manifests of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from comity import document as doc
from comity.errors import InputError, Problems, Span
from comity.facts import Vocabulary
from comity.intake.found import Finding, Found, Told
from comity.intake.places import regions
from comity.intake.sources.files import File, files_in, read_bytes
from comity.intake.sources.hosts import named_region, region_of_host, region_of_zone, told_place

ENDINGS = (".yaml", ".yml", ".json")
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod")
VOLUMES = ("PersistentVolume", "PersistentVolumeClaim")
_REGION_KEYS = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
_ZONE_KEYS = (
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
    "topology.ebs.csi.aws.com/zone",
    "topology.gke.io/zone",
    "topology.disk.csi.azure.com/zone",
)
# Words in keys, drivers and addresses of one provider; they tell whose region a name such as eu-central-1 is.
_HINTS = (
    ("amazonaws.com", "aws"),
    (".csi.aws.com", "aws"),
    ("k8s.aws", "aws"),
    ("aws:///", "aws"),
    ("kubernetes.io/aws-ebs", "aws"),
    ("awsElasticBlockStore", "aws"),
    ("cloud.google.com/", "gcp"),
    ("gke.io", "gcp"),
    ("gce://", "gcp"),
    ("gcePersistentDisk", "gcp"),
    ("kubernetes.azure.com/", "azure"),
    (".csi.azure.com", "azure"),
    ("azure:///", "azure"),
    ("azureDisk", "azure"),
    ("alibabacloud.com", "alibaba"),
    ("oraclecloud.com", "oracle"),
)
_TELLING = frozenset({"driver", "key", "providerID", "provisioner"})
_HOST_IN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
Regions = frozenset[str]  # names of regions without a provider


@dataclass(frozen=True, slots=True)
class _Manifest:
    kind: str
    name: str
    namespace: str
    node: doc.Mapping
    span: Span

    @property
    def ref(self) -> str:
        """Its lasting name, such as `Deployment/shop/web`."""
        return f"{self.kind}/{self.namespace}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"


@dataclass(slots=True)
class _Cluster:
    """All manifests by kind."""

    by_kind: dict[str, list[_Manifest]] = field(default_factory=dict)
    by_ref: dict[tuple[str, str, str], _Manifest] = field(default_factory=dict)

    def of(self, *kinds: str) -> Iterator[_Manifest]:
        """All manifests of some kinds."""
        for kind in kinds:
            yield from self.by_kind.get(kind, ())


def read_kubernetes(path: Path, *, shown: str, owner: str, vocabulary: Vocabulary) -> Found:
    """Read manifests of Kubernetes: a file with one or several documents, or a folder of them.

    Workloads, volumes and the services that stand for a host outside are systems. Their place comes from
    `topology.kubernetes.io/region` and `zone`: labels, node selectors, required affinity, allowed topologies of the
    class of storage, and the nodes on which a workload can run where those are among the manifests. A flow goes from a
    workload to a volume that it mounts elsewhere, and to an outside service that its environment names.

    Args:
        path: a file or folder; what a template of Helm or an overlay of Kustomize would give is not worked out.
        shown: the name that problems show.
        owner: id of the entity for which the systems are taken to be run.
        vocabulary: not asked; regions have their places from the table of regions.

    Raises:
        InputError: a file is not YAML, or YAML with anchors or tags; all problems of all files are told.
    """
    del vocabulary  # the signature of all importers
    finding = Finding(f"kubernetes {shown}", owner)
    cluster = _Cluster()
    problems = Problems()
    for file in files_in(path, shown, ENDINGS, finding.remark):
        _read_file(file, cluster, finding, problems)
    problems.require_none()
    _Reader(cluster, finding).read()
    return finding.found()


# --- files and documents


def _read_file(file: File, cluster: _Cluster, finding: Finding, problems: Problems) -> None:
    raw = b""
    try:
        raw = read_bytes(file, doc.MAX_BYTES)
        documents = doc.parse_documents(raw, file.shown)
    except InputError as error:
        if b"{{" in raw:
            text = f"`{file.shown}` is a template and is left out; import what `helm template` prints"
            finding.remark("template", text, Span(file.shown))
        else:
            problems.found += error.problems
        return
    n_before = len(cluster.by_ref)
    for document in documents:
        for each in _unpacked(document):
            _take(each, cluster, finding)
    if len(cluster.by_ref) == n_before and not any(_text(_of(d), "kind") for d in documents):
        finding.remark("no-manifest", f"`{file.shown}` holds no manifest of Kubernetes", Span(file.shown))


def _unpacked(node: doc.Node) -> Iterator[doc.Mapping]:
    """The document, or the items of a `List`."""
    if isinstance(node, doc.Mapping):
        items = node.get("items")
        if _text(node, "kind").endswith("List") and isinstance(items, doc.Sequence):
            for item in items.items:
                yield from _unpacked(item)
        else:
            yield node


def _take(node: doc.Mapping, cluster: _Cluster, finding: Finding) -> None:
    kind = _text(node, "kind")
    metadata = _of(node.get("metadata"))
    name = _text(metadata, "name") or _text(metadata, "generateName")
    if kind == "Kustomization":
        text = "overlays are not applied; import what `kubectl kustomize` prints"
        finding.remark("overlay", text, node.span)
    if not kind or not name or not _text(node, "apiVersion"):
        return
    if "{{" in name:
        finding.remark("template", f"`{name}` is a template and is left out", node.span)
        return
    own = metadata.get("name") or node
    manifest = _Manifest(kind, name, _text(metadata, "namespace"), node, own.span)
    key = kind, manifest.namespace, name
    if key in cluster.by_ref:
        if kind in (*WORKLOADS, *VOLUMES, "Service"):
            finding.remark("twice", f"`{manifest.ref}` stands twice; the first is taken", own.span)
        return
    cluster.by_ref[key] = manifest
    cluster.by_kind.setdefault(kind, []).append(manifest)


# --- systems and flows


@dataclass(slots=True)
class _Reader:
    cluster: _Cluster
    finding: Finding
    sites: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by id of the system
    runs_on: dict[tuple[tuple[str, str], ...], Regions] = field(default_factory=dict)  # by node selector

    def read(self) -> None:
        """Note all systems and flows."""
        outside = self._outside()
        for volume in self.cluster.of("PersistentVolume"):
            self._system(volume, self._of_volume(volume), volume)
        for claim in self.cluster.of("PersistentVolumeClaim"):
            self._claim(claim)
        n_by_nodes = 0
        for workload in self.cluster.of(*WORKLOADS):
            found, is_by_nodes = self._of_workload(workload)
            n_by_nodes += is_by_nodes
            id_ = self._system(workload, found, workload)
            self._mounts(workload, id_)
            self._calls(workload, id_, outside)
        if n_by_nodes:
            first = next(self.cluster.of("Node"))
            text = f"{n_by_nodes} workloads stand wherever nodes of these manifests could run them"
            self.finding.remark("by-nodes", text, first.span)

    def _system(self, manifest: _Manifest, found: Regions, hinted: _Manifest) -> str:
        sites = self._placed(found, hinted.node, manifest)
        name = f"{manifest.namespace} {manifest.name}".strip()
        told: dict[str, Told] = {"name": name, "place": told_place(sites), "run_by": self.finding.owner}
        id_ = self.finding.add("systems", manifest.ref, name, told, manifest.span)
        self.sites[id_] = sites
        return id_

    def _placed(self, names: Regions, hinted: doc.Mapping, manifest: _Manifest) -> tuple[str, ...]:
        """Regions by name as the map has them; nothing where one of them is not known or may be that of several."""
        found: list[str] = []
        for name in sorted(names):
            known = named_region(name)
            if len(known) > 1:
                known = named_region(name, _provider(hinted)) or known
            places = {regions()[region] for region in known}
            if len(known) == 1:
                found += known
            elif len(places) == 1:  # the same country, whoever runs it
                found += places.pop()
            else:
                several = ", ".join(f"`{region}`" for region in known)
                why = f"may be {several}" if known else "is no known region"
                self.finding.remark("unknown-region", f"`{name}` of `{manifest.ref}` {why}", manifest.span)
                return ()
        return tuple(dict.fromkeys(found))

    # --- where things stand

    def _of_volume(self, volume: _Manifest) -> Regions:
        spec = _of(volume.node.get("spec"))
        affinity = _terms(_of(_of(spec.get("nodeAffinity")).get("required")).get("nodeSelectorTerms"))
        found = affinity or _of_labels(_of(volume.node.get("metadata")).get("labels"))
        if found:
            return found
        csi, nfs = _of(spec.get("csi")), _of(spec.get("nfs"))
        in_handle = re.search(r"/(?:zones|regions)/([a-z0-9-]+)/", _text(csi, "volumeHandle"))
        if in_handle:
            return _named([in_handle[1]])
        region = region_of_host(_text(nfs, "server"))
        return frozenset({region.partition("/")[2]}) if region else frozenset()

    def _claim(self, claim: _Manifest) -> None:
        """A claim is the volume that it names; where that is not among the manifests, a system of its own."""
        spec = _of(claim.node.get("spec"))
        volume = self.cluster.by_ref.get(("PersistentVolume", "", _text(spec, "volumeName")))
        if volume is not None:
            return
        class_ = self._class(spec)
        found = _of_labels(_of(claim.node.get("metadata")).get("labels"))
        if not found and class_ is not None:
            self._system(claim, _of_class(class_), class_)
        else:
            self._system(claim, found, claim)

    def _class(self, spec: doc.Mapping) -> _Manifest | None:
        return self.cluster.by_ref.get(("StorageClass", "", _text(spec, "storageClassName")))

    def _of_workload(self, workload: _Manifest) -> tuple[Regions, bool]:
        """The regions in which a workload can run, and whether that comes from the nodes there are."""
        pod = _pod(workload)
        spec = _of(pod.get("spec"))
        selector = spec.get("nodeSelector")
        required = _of(_of(_of(spec.get("affinity")).get("nodeAffinity")).get(_REQUIRED))
        chosen, wanted = _of_labels(selector), _terms(required.get("nodeSelectorTerms"))
        if chosen and wanted:
            return chosen & wanted or chosen, False
        if chosen or wanted:
            return chosen or wanted, False
        labelled = _of_labels(_of(pod.get("metadata")).get("labels")) or _of_labels(
            _of(workload.node.get("metadata")).get("labels")
        )
        if labelled:
            return labelled, False
        from_claims = self._of_own_claims(workload)
        if from_claims:
            return from_claims, False
        by_nodes = self._of_nodes(_pairs(selector))
        return by_nodes, bool(by_nodes)

    def _of_nodes(self, selector: dict[str, str]) -> Regions:
        """The regions of all nodes with some labels; empty where there are none, or one does not tell its own."""
        key = tuple(sorted(selector.items()))
        if key not in self.runs_on:
            labels = (_pairs(_of(node.node.get("metadata")).get("labels")) for node in self.cluster.of("Node"))
            found = [_of_pairs(each.items()) for each in labels if selector.items() <= each.items()]
            self.runs_on[key] = frozenset().union(*found) if all(found) else frozenset()
        return self.runs_on[key]

    def _of_own_claims(self, workload: _Manifest) -> Regions:
        """Where the volumes that a workload brings for itself can be made, and so its pods run."""
        templates = _of(workload.node.get("spec")).get("volumeClaimTemplates")
        found: set[str] = set()
        for template in _items(templates):
            class_ = self._class(_of(_of(template).get("spec")))
            found |= _of_class(class_) if class_ is not None else frozenset()
        return frozenset(found)

    # --- what flows

    def _outside(self) -> dict[str, str]:
        """Systems of hosts outside the cluster, by each name under which a workload may call them."""
        found: dict[str, str] = {}
        for service in self.cluster.of("Service"):
            spec = _of(service.node.get("spec"))
            host = _text(spec, "externalName").rstrip(".").lower()
            if _text(spec, "type") != "ExternalName" or not host or "{{" in host:
                continue
            region = region_of_host(host)
            sites = (region,) if region else ()
            told: dict[str, Told] = {"name": host, "place": told_place(sites), "run_by": self.finding.owner}
            known = self.finding.id_of("systems", f"host/{host}")
            id_ = self.finding.add("systems", f"host/{host}", host, told, service.span)
            self.sites[id_] = sites
            if known is None:
                text = f"who runs `{host}` is not said; `{self.finding.owner}` is put down"
                self.finding.remark("unknown-operator", text, service.span)
            space = service.namespace or "default"
            names = [f"{service.name}.{space}{rest}" for rest in ("", ".svc", ".svc.cluster.local")]
            found |= dict.fromkeys([f"{space}/{service.name}", *names, host], id_)
        return found

    def _mounts(self, workload: _Manifest, id_: str) -> None:
        for volume in _items(_of(_pod(workload).get("spec")).get("volumes")):
            name = _text(_of(_of(volume).get("persistentVolumeClaim")), "claimName")
            claim = self.cluster.by_ref.get(("PersistentVolumeClaim", workload.namespace, name))
            if not name or claim is None:
                continue
            bound = _text(_of(claim.node.get("spec")), "volumeName")
            refs = (("systems", claim.ref), ("systems", f"PersistentVolume/{bound}"))
            store = next((found for ref in refs if (found := self.finding.id_of(*ref))), None)
            if store is not None and self.sites[store] != self.sites[id_]:
                self._flow(workload, id_, store)

    def _calls(self, workload: _Manifest, id_: str, outside: dict[str, str]) -> None:
        if not outside:
            return
        space = workload.namespace or "default"
        for text in _said(_pod(workload)):
            for word in _HOST_IN.findall(text):
                host = word.rstrip(".").lower()
                target = outside.get(host) or outside.get(f"{space}/{host}")
                if target is not None:
                    self._flow(workload, id_, target)

    def _flow(self, workload: _Manifest, start: str, end: str) -> None:
        self.finding.add("flows", f"{start} -> {end}", f"{start} to {end}", {"from": start, "to": end}, workload.span)


# --- reading nodes: what is missing or something else is empty

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def _of(node: doc.Node | None) -> doc.Mapping:
    return node if isinstance(node, doc.Mapping) else doc.Mapping((), Span(""))


def _items(node: doc.Node | None) -> tuple[doc.Node, ...]:
    return node.items if isinstance(node, doc.Sequence) else ()


def _text(node: doc.Mapping, key: str) -> str:
    value = node.get(key)
    return value.text if isinstance(value, doc.Scalar) and value.text not in ("null", "~") else ""


def _pairs(node: doc.Node | None) -> dict[str, str]:
    return {key.text: value.text for key, value in _of(node).pairs if isinstance(value, doc.Scalar)}


def _pod(workload: _Manifest) -> doc.Mapping:
    """The pod of a workload, or the template of its pods."""
    if workload.kind == "Pod":
        return workload.node
    spec = _of(workload.node.get("spec"))
    if workload.kind == "CronJob":
        spec = _of(_of(spec.get("jobTemplate")).get("spec"))
    return _of(spec.get("template"))


def _said(pod: doc.Mapping) -> Iterator[str]:
    """Values of the environment and arguments of all containers."""
    spec = _of(pod.get("spec"))
    for container in (*_items(spec.get("containers")), *_items(spec.get("initContainers"))):
        for variable in _items(_of(container).get("env")):
            yield _text(_of(variable), "value")
        for key in ("args", "command"):
            yield from (each.text for each in _items(_of(container).get(key)) if isinstance(each, doc.Scalar))


# --- regions in labels and terms


def _named(words: Iterable[str]) -> Regions:
    """Regions of zones or regions; a word that is not known stays as it is, so that it is told."""
    return frozenset(region_of_zone(word) or word.strip().lower() for word in words if word.strip())


def _of_pairs(pairs: Iterable[tuple[str, str]]) -> Regions:
    known = dict(pairs)
    for keys in (_REGION_KEYS, _ZONE_KEYS):
        found = [known[key] for key in keys if key in known]
        if found:
            return _named(found)
    return frozenset()


def _of_labels(labels: doc.Node | None) -> Regions:
    return _of_pairs(_pairs(labels).items())


def _of_class(class_: _Manifest) -> Regions:
    """Where a class of storage makes its volumes."""
    found: set[str] = set()
    for term in _items(class_.node.get("allowedTopologies")):
        inside = _expressions(_of(term).get("matchLabelExpressions"))
        if not inside:
            return frozenset()
        found |= inside
    parameters = _pairs(class_.node.get("parameters"))
    old = [zone for key in ("zone", "zones") for zone in parameters.get(key, "").split(",")]
    return frozenset(found) or _named(old)


def _terms(terms: doc.Node | None) -> Regions:
    """Regions that some terms allow, of which one must hold; empty where one of them allows all."""
    found: set[str] = set()
    for term in _items(terms):
        inside = _expressions(_of(term).get("matchExpressions"))
        if not inside:
            return frozenset()
        found |= inside
    return frozenset(found)


def _expressions(expressions: doc.Node | None) -> Regions:
    """Regions that expressions allow, all of which must hold; empty where they do not speak of regions."""
    found: list[Regions] = []
    for expression in _items(expressions):
        node = _of(expression)
        if _text(node, "key") in (*_REGION_KEYS, *_ZONE_KEYS) and _text(node, "operator") in ("In", ""):
            values = [v.text for v in _items(node.get("values")) if isinstance(v, doc.Scalar)]
            found.append(_named(values))
    if not found:
        return frozenset()
    return frozenset.intersection(*found) or found[0]


def _provider(node: doc.Node) -> str:
    """The provider that keys, drivers and node addresses of a manifest tell; empty where none or several do.

    Values of other keys, such as the address of an image, tell whose service is used, not where this runs.
    """
    found: set[str] = set()
    open_: list[doc.Node] = [node]
    while open_:
        each = open_.pop()
        if isinstance(each, doc.Sequence):
            open_ += each.items
        elif isinstance(each, doc.Mapping):
            for key, value in each.pairs:
                open_.append(value)
                words = [key.text]
                if isinstance(value, doc.Scalar) and key.text in _TELLING:
                    words.append(value.text)
                found |= {provider for hint, provider in _HINTS for word in words if hint in word}
    return found.pop() if len(found) == 1 else ""
