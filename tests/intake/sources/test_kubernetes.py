"""Manifests of Kubernetes: where workloads, volumes and outside services stand, and what flows between them."""

from pathlib import Path
from typing import Any

import pytest

from comity.errors import InputError
from comity.intake.found import Found
from comity.intake.sources.kubernetes import read_kubernetes
from tests.intake.sources.laid_out import OWNER, checked, codes, remarks, told, vocabulary

REGION, ZONE = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"

SHOP = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop, labels: {{app: web}}}}
spec:
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      nodeSelector: {{{REGION}: europe-west3}}
      containers:
      - name: web
        image: registry.example/web:1
        env:
        - {{name: CRM_URL, value: "https://crm.shop.svc.cluster.local:443/api"}}
        - {{name: SECRET, valueFrom: {{secretKeyRef: {{name: s, key: k}}}}}}
      volumes:
      - {{name: files, persistentVolumeClaim: {{claimName: files}}}}
      - {{name: none, emptyDir: {{}}}}
---
# A store in America.
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: files, namespace: shop}}
spec: {{storageClassName: abroad}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {{name: abroad}}
provisioner: pd.csi.storage.gke.io
allowedTopologies:
- matchLabelExpressions: [{{key: topology.gke.io/zone, values: [us-central1-a, us-central1-b]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: crm, namespace: shop}}
spec: {{type: ExternalName, externalName: crm.c1.us-east-1.rds.amazonaws.com}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: alerts}}
data:
  text: "{{{{ $labels.pod }}}} is down"
"""


def workload(spec: str, *, kind: str = "Deployment", name: str = "web", more: str = "") -> str:
    indented = "\n".join(f"      {line}" for line in spec.splitlines()) or "      {}"
    head = f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}{more}}}\n"
    return f"{head}spec:\n  template:\n    spec:\n{indented}\n"


def affinity(*terms: str) -> str:
    rows = "\n".join(f"      - matchExpressions: [{term}]" for term in terms)
    required = "    requiredDuringSchedulingIgnoredDuringExecution:\n      nodeSelectorTerms:\n"
    return f"affinity:\n  nodeAffinity:\n{required}{rows}"


def node(name: str, provider: str = "", **labels: str) -> str:
    told = ", ".join(f"{key}: {value}" for key, value in labels.items())
    metadata = f"{{name: {name}, labels: {{{told}}}}}"
    return f"apiVersion: v1\nkind: Node\nmetadata: {metadata}\nspec: {{providerID: '{provider}'}}\n"


def read(folder: Path, *texts: str, **files: str) -> Found:
    for name, text in {"all": "---\n".join(texts), **files}.items():
        path = folder / "k8s" / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_kubernetes(folder / "k8s", shown="k8s", owner=OWNER, vocabulary=vocabulary())


def places(found: Found) -> dict[str, Any]:
    return {ref: system["place"] for ref, system in told(found, "systems").items()}


def test_workload_claim_and_outside_service_are_systems_with_flows_between(tmp_path: Path) -> None:
    found = read(tmp_path, SHOP)
    assert places(found) == {
        "host/crm.c1.us-east-1.rds.amazonaws.com": "aws/us-east-1",
        "PersistentVolumeClaim/shop/files": "gcp/us-central1",
        "Deployment/shop/web": "gcp/europe-west3",
    }
    crm = "crm-c1-us-east-1-rds-amazonaws-com"
    assert set(told(found, "flows")) == {"shop-web -> shop-files", f"shop-web -> {crm}"}
    assert codes(found) == ["unknown-operator"]
    verdicts = {flow.flow.id: flow.verdict for flow in checked(found, tmp_path, "cn/outbound-data").flows}
    assert set(verdicts) == {"shop-web-to-shop-files", f"shop-web-to-{crm}"}


def test_an_item_stands_where_its_name_is_written(tmp_path: Path) -> None:
    spans = [str(item.span) for item in read(tmp_path, SHOP).items if item.ref.startswith("Persistent")]
    assert spans == ["k8s/all.yaml:22:18"]


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ("", "unknown"),
        (f"nodeSelector: {{{REGION}: eu-north-1}}", "aws/eu-north-1"),
        (f"nodeSelector: {{{ZONE}: europe-west1-b}}", "gcp/europe-west1"),
        (f"nodeSelector: {{{ZONE}: westeurope-1}}", "azure/westeurope"),
        (f"nodeSelector: {{{ZONE}: EU-FRANKFURT-1-AD-1}}", "oracle/eu-frankfurt-1"),
        ("nodeSelector: {failure-domain.beta.kubernetes.io/region: westus2}", "azure/westus2"),
        ("nodeSelector: {disk: fast}", "unknown"),
        (
            affinity(f"{{key: {REGION}, operator: In, values: [eu-north-1, ca-west-1]}}"),
            ["aws/ca-west-1", "aws/eu-north-1"],
        ),
        (affinity(f"{{key: {REGION}, operator: NotIn, values: [eu-north-1]}}"), "unknown"),
        (affinity(f"{{key: {REGION}, operator: In, values: [eu-north-1]}}", "{key: a, operator: Exists}"), "unknown"),
        (
            affinity(
                f"{{key: {REGION}, operator: In, values: [eu-north-1, eu-south-2]}}, "
                f"{{key: {ZONE}, operator: In, values: [eu-south-2a]}}"
            ),
            "aws/eu-south-2",
        ),
        (
            f"nodeSelector: {{{REGION}: eu-north-1}}\n"
            + affinity(f"{{key: {REGION}, operator: In, values: [eu-north-1, ca-west-1]}}"),
            "aws/eu-north-1",
        ),
    ],
    ids=["none", "region", "zone", "azure", "oracle", "old", "other", "in", "not-in", "or", "and", "both"],
)
def test_what_binds_a_workload_to_a_region_gives_its_place(tmp_path: Path, spec: str, place: object) -> None:
    found = read(tmp_path, workload(spec))
    assert places(found) == {"Deployment/web": place}
    assert found.remarks == ()


def test_a_region_of_several_providers_gives_the_country_that_they_share(tmp_path: Path) -> None:
    assert places(read(tmp_path, workload(f"nodeSelector: {{{REGION}: eu-central-1}}"))) == {"Deployment/web": "DE"}


def test_a_region_that_lies_elsewhere_for_each_provider_stays_unknown(tmp_path: Path) -> None:
    found = read(tmp_path, workload(f"nodeSelector: {{{REGION}: ap-southeast-4}}"))
    assert places(found) == {"Deployment/web": "unknown"}
    text = "`ap-southeast-4` of `Deployment/web` may be `aws/ap-southeast-4`, `huawei/ap-southeast-4`"
    assert remarks(found) == [("unknown-region", text)]


def test_a_key_of_the_provider_tells_whose_region_it_is(tmp_path: Path) -> None:
    selector = f"nodeSelector: {{{REGION}: ap-southeast-4, eks.amazonaws.com/nodegroup: a}}"
    assert places(read(tmp_path, workload(selector))) == {"Deployment/web": "aws/ap-southeast-4"}


def test_the_address_of_an_image_tells_nothing_of_the_provider(tmp_path: Path) -> None:
    image = "containers: [{name: a, image: 1.dkr.ecr.eu-west-1.amazonaws.com/a}]"
    found = read(tmp_path, workload(f"{image}\nnodeSelector: {{{REGION}: ap-southeast-4}}"))
    assert places(found) == {"Deployment/web": "unknown"}


def test_a_zone_outside_of_its_region_stays_unknown(tmp_path: Path) -> None:
    found = read(tmp_path, workload(f"nodeSelector: {{{ZONE}: us-west-2-lax-1a}}"))
    assert places(found) == {"Deployment/web": "unknown"}
    assert remarks(found) == [("unknown-region", "`us-west-2-lax-1a` of `Deployment/web` is no known region")]


def test_without_a_rule_of_its_own_a_workload_stands_where_the_nodes_are(tmp_path: Path) -> None:
    nodes = (
        node("a", "aws:///eu-north-1a/i-1", **{REGION: "eu-north-1", "pool": "eu"}),
        node("b", **{ZONE: "ca-west-1b"}),
    )
    free, eu = workload("", name="free"), workload("nodeSelector: {pool: eu}", name="eu")
    found = read(tmp_path, *nodes, free, eu)
    assert places(found) == {"Deployment/free": ["aws/ca-west-1", "aws/eu-north-1"], "Deployment/eu": "aws/eu-north-1"}
    assert codes(found) == ["by-nodes"]
    assert places(read(tmp_path, *nodes, node("c"), free)) == {"Deployment/free": "unknown"}


VOLUME = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: pv{labels}}}\nspec: {{{spec}}}\n"


@pytest.mark.parametrize(
    ("spec", "labels", "place"),
    [
        ("nfs: {server: fs-1.efs.eu-central-1.amazonaws.com, path: /}", "", "DE"),
        (
            "csi: {driver: efs.csi.aws.com, volumeHandle: fs-1}",
            f", labels: {{{ZONE}: ap-southeast-4a}}",
            "aws/ap-southeast-4",
        ),
        (
            "csi: {driver: pd.csi.storage.gke.io, volumeHandle: projects/p/zones/europe-west1-b/disks/d}",
            "",
            "gcp/europe-west1",
        ),
        (
            "nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: "
            "[{key: topology.disk.csi.azure.com/zone, operator: In, values: [westus2-1]}]}]}}",
            "",
            "azure/westus2",
        ),
        ("hostPath: {path: /data}", "", "unknown"),
    ],
    ids=["nfs", "labels", "handle", "affinity", "host"],
)
def test_a_volume_stands_where_its_source_is(tmp_path: Path, spec: str, labels: str, place: str) -> None:
    assert places(read(tmp_path, VOLUME.format(spec=spec, labels=labels))) == {"PersistentVolume/pv": place}


def test_a_claim_on_a_volume_is_that_volume(tmp_path: Path) -> None:
    volume = VOLUME.format(spec="capacity: {storage: 1Gi}", labels=f", labels: {{{REGION}: us-east-2}}")
    claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {volumeName: pv}\n"
    pod = workload(
        "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n" + f"nodeSelector: {{{REGION}: eu-north-1}}"
    )
    found = read(tmp_path, volume, claim, pod)
    assert places(found) == {"PersistentVolume/pv": "aws/us-east-2", "Deployment/web": "aws/eu-north-1"}
    assert set(told(found, "flows")) == {"web -> pv"}


def test_the_volumes_that_a_set_makes_for_itself_place_it(tmp_path: Path) -> None:
    own = "  volumeClaimTemplates: [{metadata: {name: d}, spec: {storageClassName: near}}]\n"
    class_ = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: near}\n"
    class_ += "parameters: {zones: 'eu-north-1a, eu-north-1b'}\n"
    found = read(tmp_path, workload("", kind="StatefulSet") + own, class_)
    assert places(found) == {"StatefulSet/web": "aws/eu-north-1"}


def test_lists_and_scheduled_jobs_are_unpacked(tmp_path: Path) -> None:
    job = f"{{spec: {{template: {{spec: {{nodeSelector: {{{REGION}: eu-north-1}}}}}}}}}}"
    item = f"{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: nightly}}, spec: {{jobTemplate: {job}}}}}"
    found = read(tmp_path, f"apiVersion: v1\nkind: List\nitems: [{item}]\n")
    assert places(found) == {"CronJob/nightly": "aws/eu-north-1"}


def test_templates_overlays_and_other_files_are_told_and_left_out(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        SHOP,
        chart__templates__web="{{- if .Values.web }}\nkind: Deployment\n{{- end }}\n",
        chart__templates__quoted=workload("", name='"{{ .Release.Name }}"'),
        chart__values="replicas: 2\n",
        kustomization="apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [all.yaml]\n",
        again=workload("", name="web", more=", namespace: shop"),
    )
    assert sorted(codes(found)) == ["no-manifest", "overlay", "template", "template", "twice", "unknown-operator"]
    assert places(found)["Deployment/shop/web"] == "unknown"  # the file before it in the folder came first


def test_all_broken_files_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(
            tmp_path,
            "kind: A\n---\na: &x 1\nb: *x\n",
            tag="a: !!python/object/apply:os.system [id]\n",
            cut="apiVersion: v1\nmetadata: {name: web\n",
            twice="---\na: 1\n---\na: 1\na: 2\n",
        )
    found = [(problem.code, str(problem.span)) for problem in caught.value.problems]
    assert found == [
        ("anchor", "k8s/all.yaml:3:4"),
        ("anchor", "k8s/all.yaml:4:4"),
        ("not-yaml", "k8s/cut.yaml:3:1"),
        ("tag", "k8s/tag.yaml:1:4"),
        ("duplicate-key", "k8s/twice.yaml:5:1"),
    ]


def test_values_of_other_types_are_no_reason_to_fail(tmp_path: Path) -> None:
    odd = "apiVersion: v1\nkind: Deployment\nmetadata: {name: web}\nspec: [1, {a: b}]\n"
    odder = "apiVersion: v1\nkind: Pod\nmetadata: {name: odd, labels: [a]}\n"
    odder += "spec: {volumes: a, containers: [1], nodeSelector: [b]}\n"
    assert places(read(tmp_path, odd, odder, "- a\n- b\n", "text\n")) == {
        "Deployment/web": "unknown",
        "Pod/odd": "unknown",
    }


def test_thousands_of_workloads_are_read(tmp_path: Path) -> None:
    nodes = [node(f"n{i}", **{REGION: "eu-north-1", "pool": f"p{i}"}) for i in range(200)]
    works = [workload(f"nodeSelector: {{pool: p{i % 200}}}", name=f"w{i}") for i in range(2500)]
    files = {f"part{k}": "---\n".join(works[k::5]) for k in range(5)}
    found = read(tmp_path, *nodes, **files)
    assert set(places(found).values()) == {"aws/eu-north-1"}
    assert len(found.items) == 2500
