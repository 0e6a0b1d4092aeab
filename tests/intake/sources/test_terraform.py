"""States and plans of Terraform: what they tell of places and flows, and what they leave open."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from comity.errors import InputError
from comity.intake.found import Found
from comity.intake.sources.terraform import read_terraform
from tests.intake.sources.laid_out import OWNER, checked, codes, items, map_of, remarks, told, vocabulary
from tests.intake.sources.terraform_form import OPEN, plan, refs, resource, state, written

BAD = Path(__file__).parent / "bad" / "terraform"
DATA = Path(__file__).parent / "data" / "terraform"


def read(folder: Path, content: Any, name: str = "state.json") -> Found:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_terraform(path, shown=f"infra/{name}", owner=OWNER, vocabulary=vocabulary())


def places(found: Found) -> dict[str, Any]:
    return {ref: system["place"] for ref, system in told(found, "systems").items()}


def ways(found: Found) -> set[tuple[str, str]]:
    """Flows as the references of their ends."""
    by_id = {item.id: item.ref for item in found.items if item.section in ("systems", "entities")} | {OWNER: "owner"}
    return {(by_id[flow["from"]], by_id[flow["to"]]) for flow in told(found, "flows").values()}


def account(service: str, region: str, name: str) -> str:
    return f"arn:aws:{service}:{region}:111122223333:{name}"


def fixture(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


@cache
def four_clouds() -> Found:
    """A shop at Amazon in three regions, some of it in modules; what other teams run at three other clouds."""
    return read_terraform(DATA / "state.json", shown="infra/state.json", owner=OWNER, vocabulary=vocabulary())


def test_a_state_of_four_clouds_gives_places_and_flows(tmp_path: Path) -> None:
    found = four_clouds()
    assert (DATA / "state.json").read_text(encoding="utf-8").count('"mode": "managed"') >= 60
    assert found.source == "terraform infra/state.json"
    where = places(found)
    assert where["aws_s3_bucket.files"] == "aws/eu-central-1"
    assert where['module.shop["eu"].module.handle[2].aws_lambda_function.this'] == "aws/eu-central-1"
    assert where["google_storage_bucket.raw"] == "gcp/eu"
    assert where["google_storage_bucket.fixed"] == "gcp/europe-west3"
    assert where["google_compute_instance.box"] == "gcp/asia-southeast1"
    assert where["azurerm_mssql_database.people"] == "azure/northeurope"
    assert where["alicloud_db_instance.main"] == "alibaba/cn-hangzhou"
    flows = map_of(found, tmp_path).flows
    assert len(flows) == len(items(found, "flows")) >= 20


def test_copies_and_replicas_are_several_places(tmp_path: Path) -> None:
    where = places(four_clouds())
    assert where["aws_dynamodb_table.carts"] == ["aws/ap-southeast-1", "aws/eu-central-1", "aws/eu-west-1"]
    assert where["aws_rds_global_cluster.people"] == ["aws/eu-central-1", "aws/us-east-1"]
    assert where["azurerm_storage_account.files"] == ["azure/northeurope", "azure/westeurope"]
    assert where["azurerm_storage_account.plain"] == "azure/swedencentral"
    assert where["azurerm_cosmosdb_account.profiles"] == ["azure/japaneast", "azure/westeurope"]
    assert where["google_storage_bucket.pair"] == ["gcp/us-east1", "gcp/us-west1"]
    assert where["google_spanner_instance.world"] == "gcp/nam-eur-asia1"


def test_what_works_worldwide_has_no_place_and_is_told(tmp_path: Path) -> None:
    found = four_clouds()
    where = places(found)
    worldwide = ["aws_cloudfront_distribution.site", "google_pubsub_topic.visits", "azurerm_cdn_frontdoor_profile.site"]
    assert [where[ref] for ref in worldwide] == ["unknown"] * 3
    assert codes(found).count("worldwide") == 4  # a subscription lies where its topic does
    # A state does not say where its providers work, and this resource does not say it either.
    assert where["alicloud_message_service_queue.work"] == "unknown"


def test_pairs_of_resources_are_flows(tmp_path: Path) -> None:
    found = ways(four_clouds())
    assert {
        ("aws_s3_bucket.files", "aws_s3_bucket.copy"),
        ("aws_s3_bucket.files", 'module.shop["eu"].module.handle[0].aws_lambda_function.this'),
        (
            'module.shop["eu"].aws_sqs_queue.work[1]',
            'module.shop["eu"].module.handle[1].aws_lambda_function.this',
        ),
        ("aws_db_instance.orders", "aws_db_instance.reports"),
        ("aws_rds_global_cluster.people", "aws_rds_cluster.far"),
        ("aws_kinesis_firehose_delivery_stream.audit", "aws_s3_bucket.files"),
        ("aws_kinesis_firehose_delivery_stream.audit", "host in.vendor.example"),
        ("aws_backup_vault.here", "aws_backup_vault.there"),
        ("aws_s3_bucket.files", "aws_cloudfront_distribution.site"),
        ("aws_s3_bucket.files", "google_storage_bucket.raw"),
        ("google_pubsub_topic.visits", "google_pubsub_subscription.visits"),
        ("google_pubsub_subscription.visits", "google_bigquery_dataset.facts"),
        ("owner", "google_bigquery_dataset.facts"),
        ("google_sql_database_instance.main", "google_sql_database_instance.read"),
        ("azurerm_mssql_server.home", "azurerm_mssql_server.far"),
        ("azurerm_mssql_database.people", "azurerm_mssql_server.far"),
        ("azurerm_storage_account.files", "host hooks.vendor.example"),
        ("alicloud_oss_bucket.cn", "alicloud_oss_bucket.eu"),
        ("alicloud_db_instance.main", "alicloud_db_readonly_instance.read"),
        ("alicloud_db_instance.main", "rm-far"),
    } <= found
    assert ("aws_backup_vault.there", "aws_backup_vault.there") not in found
    assert not any("aws_s3_bucket_versioning" in end for way in found for end in way)


def test_where_an_end_lies_elsewhere_who_runs_it_is_unknown(tmp_path: Path) -> None:
    found = four_clouds()
    far = told(found, "systems")["rm-far"]
    assert far["place"] == "alibaba/eu-central-1"
    assert far["run_by"] != OWNER
    assert told(found, "entities")["who runs rm-far"]["country"] == "unknown"
    assert "elsewhere" in codes(found)


def test_an_end_in_the_same_account_is_run_by_the_owner(tmp_path: Path) -> None:
    topic = resource("aws_sns_topic.t", name="t", arn=account("sns", "eu-west-1", "t"))
    far = [account("sqs", "us-east-1", "own"), "arn:aws:sqs:us-east-1:444455556666:others"]
    subscriptions = [
        resource(f"aws_sns_topic_subscription.s{i}", topic_arn=account("sns", "eu-west-1", "t"), endpoint=arn)
        for i, arn in enumerate(far)
    ]
    systems = told(read(tmp_path, state(topic, *subscriptions)), "systems")
    assert [systems[arn]["place"] for arn in far] == ["aws/us-east-1"] * 2
    assert [systems[arn]["run_by"] for arn in far] == [OWNER, "who-runs-others"]


def test_databases_that_are_no_resources_are_ends_of_a_migration(tmp_path: Path) -> None:
    ends = {"source": account("dms", "eu-west-1", "endpoint:S"), "target": account("dms", "eu-west-1", "endpoint:T")}
    endpoints = [resource(f"aws_dms_endpoint.{k}", endpoint_id=k, id=k, endpoint_arn=v) for k, v in ends.items()]
    arns: dict[str, Any] = {f"{k}_endpoint_arn": v for k, v in ends.items()}
    found = read(tmp_path, state(*endpoints, resource("aws_dms_replication_task.t", replication_task_id="t", **arns)))
    assert ways(found) == {("aws_dms_endpoint.source", "aws_dms_endpoint.target")}
    assert set(places(found).values()) == {"unknown"}  # the endpoint lies here, the database need not


def test_what_is_on_its_way_out_is_not_taken(tmp_path: Path) -> None:
    old = resource("aws_sqs_queue.x", name="old", region="us-east-1") | {"deposed_key": "0f1e2d3c"}
    new = resource("aws_sqs_queue.x", name="new", region="eu-west-1")
    assert places(read(tmp_path, state(new, old))) == {"aws_sqs_queue.x": "aws/eu-west-1"}


def test_passwords_in_addresses_are_not_kept(tmp_path: Path) -> None:
    topic = resource("aws_sns_topic.t", name="t", arn=account("sns", "eu-west-1", "t"))
    to = ["https://bot:s3cret@hooks.vendor.example/x", "https://bot:s3cret@[2001:db8::1]/x"]
    subscriptions = [
        resource(f"aws_sns_topic_subscription.s{i}", topic_arn=account("sns", "eu-west-1", "t"), endpoint=url)
        for i, url in enumerate(to)
    ]
    assert "s3cret" not in repr(read(tmp_path, state(topic, *subscriptions)))


def test_the_law_is_asked_of_what_was_found(tmp_path: Path) -> None:
    found = four_clouds()
    verdicts = {flow.flow.id: flow.verdict for flow in checked(found, tmp_path, "eu/personal-data").flows}
    ids = {item.ref: item.id for item in found.items}
    audit = "aws_kinesis_firehose_delivery_stream.audit"
    # From one system of a company to another one; to somebody of whom nobody knows where it acts.
    assert verdicts[ids["aws_db_instance.orders -> aws_db_instance.reports"]] == "allowed"
    assert verdicts[ids[f"{audit} -> https://in.vendor.example"]] == "undecided"


def test_what_lies_in_china_is_asked_of_chinese_law(tmp_path: Path) -> None:
    found = four_clouds()
    verdicts = {flow.flow.id: flow.verdict for flow in checked(found, tmp_path, "cn/outbound-data", country="CN").flows}
    ids = {item.ref: item.id for item in found.items}
    copy = "alicloud_oss_bucket_replication.cn: alicloud_oss_bucket.cn -> alicloud_oss_bucket.eu"
    assert verdicts[ids[copy]] == "undecided"
    assert verdicts[ids["alicloud_db_instance.main -> alicloud_db_readonly_instance.read"]] == "allowed"


def test_no_secret_is_shown(tmp_path: Path) -> None:
    found = four_clouds()
    text = repr(found)
    for secret in ("hunter2", "t0ps3cret", "k-12345", "k-9", "a2V5", "ssh-ed25519"):
        assert secret not in text


def test_a_place_that_is_sensitive_stays_unknown(tmp_path: Path) -> None:
    bucket = resource("azurerm_storage_account.x", name="x", location="westeurope", secret={"location": True})
    found = read(tmp_path, state(bucket))
    assert places(found) == {"azurerm_storage_account.x": "unknown"}
    assert "it is marked as sensitive" in remarks(found)[0][1]


def test_types_that_are_not_known_are_counted_and_plumbing_is_not(tmp_path: Path) -> None:
    role = resource("aws_iam_role.any", name="any")
    found = read(tmp_path, state(*(resource(f"aws_lightsail_instance.{n}", name=n) for n in ("old", "new")), role))
    assert [text for code, text in remarks(found) if code == "not-a-store"] == [
        "2 resources of type `aws_lightsail_instance` left out: no known store; "
        "the first is `aws_lightsail_instance.old`"
    ]


def test_ids_come_from_names_and_tags_and_never_meet(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        state(
            resource("aws_sqs_queue.a", name="orders", region="eu-west-1"),
            resource("aws_sns_topic.a", name="orders", region="eu-west-1"),
            resource("aws_ebs_volume.a", tags={"Name": "Orders' disk"}, region="eu-west-1"),
            resource('module.m["x"].aws_transfer_server.b', region="eu-west-1"),
            resource("aws_sqs_queue.b", name="注文", region="eu-west-1"),
        ),
    )
    assert sorted(item.id for item in found.items) == [
        "aws-sqs-queue-b",
        "module-m-x-aws-transfer-server-b",
        "orders-disk",
        "orders-sns-topic",
        "orders-sqs-queue",
    ]


def test_a_name_that_several_resources_have_is_not_guessed(tmp_path: Path) -> None:
    two = [resource(f"aws_sqs_queue.{r}", name="work", id="work", region=r) for r in ("eu-west-1", "us-east-1")]
    rule = resource("aws_cloudwatch_event_target.x", event_bus_name="bus", arn="work")
    bus = resource("aws_cloudwatch_event_bus.bus", name="bus", id="bus", region="eu-west-2")
    found = read(tmp_path, state(*two, rule, bus))
    assert "ambiguous-name" in codes(found)
    assert not items(found, "flows")


def test_a_region_that_is_not_known_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, state(resource("aws_sqs_queue.x", name="x", region="mars-north-1")))
    assert remarks(found) == [
        ("unknown-region", "the place of `aws_sqs_queue.x` is not known: `mars-north-1` is no region that is known")
    ]


def test_an_address_of_mail_is_not_kept(tmp_path: Path) -> None:
    topic = resource("aws_sns_topic.t", name="t", arn=account("sns", "eu-west-1", "t"))
    to = {"mail": "jane.doe@people.example", "phone": "+31 20 1234567"}
    subscriptions = [
        resource(f"aws_sns_topic_subscription.{k}", topic_arn=account("sns", "eu-west-1", "t"), endpoint=v)
        for k, v in to.items()
    ]
    found = read(tmp_path, state(topic, *subscriptions))
    assert ("aws_sns_topic.t", "host people.example") in ways(found)
    assert "jane" not in repr(found)
    assert "1234567" not in repr(found)


# --- plans


def read_plan(folder: Path, **more: Any) -> Found:
    """Providers with aliases and variables; a module within a module, called for two countries."""
    return read(folder, fixture("plan.json") | more, "plan.json")


def test_a_plan_takes_regions_from_its_providers(tmp_path: Path) -> None:
    where = places(read_plan(tmp_path))
    assert where['module.shop["de"].aws_lambda_function.handle'] == "aws/eu-central-1"
    assert where['module.shop["fr"].module.queue.aws_sqs_queue.work'] == "aws/ap-southeast-2"
    assert where["aws_s3_bucket.copy"] == "aws/ap-southeast-2"
    assert where["google_redis_instance.cache"] == "gcp/europe-west4"


def test_a_region_from_a_variable_is_told(tmp_path: Path) -> None:
    text = "the region of the provider `aws` is taken from `var.region`: `eu-central-1`"
    assert ("provider-region", text) in remarks(read_plan(tmp_path))


def test_values_known_after_the_plan_stay_unknown(tmp_path: Path) -> None:
    found = read_plan(tmp_path)
    where = places(found)
    assert where["azurerm_storage_account.x"] == "unknown"
    assert where["aws_s3_bucket.odd"] == "unknown"
    text = "the place of `azurerm_storage_account.x` is not known: `location`: it is known after the change only"
    assert ("unknown-place", text) in remarks(found)
    map_of(found, tmp_path)


def test_a_variable_that_is_sensitive_is_no_region(tmp_path: Path) -> None:
    found = read_plan(tmp_path)
    assert places(found)["aws_s3_bucket.secret"] == "unknown"
    assert "eu-west-1" not in repr(found)


def test_references_of_a_plan_lead_through_modules_and_indices(tmp_path: Path) -> None:
    found = ways(read_plan(tmp_path))
    shop = 'module.shop["de"]'
    assert (f"{shop}.module.queue.aws_sqs_queue.work", f"{shop}.aws_lambda_function.handle") in found
    assert (f"{shop}.aws_kinesis_firehose_delivery_stream.late", "aws_s3_bucket.sinks[0]") in found
    assert ("aws_s3_bucket.sinks[1]", "aws_s3_bucket.copy") in found
    assert (
        not {
            (f"{shop}.module.queue.aws_sqs_queue.work", 'module.shop["fr"].aws_lambda_function.handle'),
            (f"{shop}.aws_kinesis_firehose_delivery_stream.late", "aws_s3_bucket.sinks[1]"),
        }
        & found
    )


def test_an_end_that_a_plan_does_not_know_is_told(tmp_path: Path) -> None:
    found = read_plan(tmp_path)
    text = (
        "`google_pubsub_subscription.free` moves data, but `push_config.push_endpoint` is open: "
        "it is known after the change only"
    )
    assert ("unknown-end", text) in remarks(found)


def test_blocks_in_another_order_than_they_are_written_are_not_mixed_up(tmp_path: Path) -> None:
    vaults = [
        resource(f"aws_backup_vault.{n}", name=n, arn=OPEN, region="eu-west-1") for n in ("a", "b", "far_a", "far_b")
    ]
    rules = [
        {"target_vault_name": n, "copy_action": [{"destination_vault_arn": OPEN}]} for n in ("b", "a")
    ]  # a set is sorted by what it holds
    nightly = resource("aws_backup_plan.nightly", name="nightly", rule=rules)
    expressions = [
        {
            "target_vault_name": refs(f"aws_backup_vault.{n}.name"),
            "copy_action": [{"destination_vault_arn": refs(f"aws_backup_vault.far_{n}.arn")}],
        }
        for n in ("a", "b")
    ]
    root = {"root_module": {"resources": [written("aws_backup_plan.nightly", rule=expressions)]}}
    found = read(tmp_path, plan(*vaults, nightly, configuration=root))
    assert ways(found) == {
        ("aws_backup_vault.a", "aws_backup_vault.far_a"),
        ("aws_backup_vault.b", "aws_backup_vault.far_b"),
    }


def test_data_that_a_plan_reads_are_ends_of_flows(tmp_path: Path) -> None:
    bucket = resource("data.aws_s3_bucket.old", bucket="old", id="old", arn="arn:aws:s3:::old", region="eu-west-3")
    logging = resource("aws_s3_bucket_logging.new", bucket="new", target_bucket="old", id="new")
    new = resource("aws_s3_bucket.new", bucket="new", region="eu-west-1", id=OPEN)
    prior = {"prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [bucket]}}}}
    found = read(tmp_path, plan(new, logging, **prior))
    assert places(found) == {"aws_s3_bucket.new": "aws/eu-west-1", "data.aws_s3_bucket.old": "aws/eu-west-3"}
    assert "made-elsewhere" in codes(found)


@pytest.mark.parametrize(("key", "value"), [("errored", True), ("complete", False)])
def test_a_plan_that_is_not_whole_is_told(tmp_path: Path, key: str, value: bool) -> None:
    assert "partial-plan" in codes(read_plan(tmp_path, **{key: value}))


def test_a_plan_that_removes_all_gives_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, plan()).items == ()


def test_a_state_without_resources_gives_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, {"format_version": "1.0"}).items == ()


# --- bad input


@pytest.mark.parametrize("path", sorted(BAD.glob("*.json")), ids=lambda p: p.stem)
def test_bad_files_are_refused_with_place_and_help(path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_terraform(path, shown=path.name, owner=OWNER, vocabulary=vocabulary())
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_a_state_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = (DATA / "state.json").read_text(encoding="utf-8")
    for at in range(1, len(whole), 1009):
        with pytest.raises(InputError) as caught:
            read(tmp_path, whole[:at])
        assert [p.code for p in caught.value.problems] in (["not-json"], ["empty-file"])


STRANGE = (
    resource("aws_s3_bucket.a", bucket="a", arn="arn:aws:s3:::a", region="eu-west-1", tags={"Name": "a"}),
    resource("aws_dynamodb_table.t", name="t", region="eu-west-1", replica=[{"region_name": "us-east-1"}]),
    resource(
        "aws_s3_bucket_replication_configuration.a", bucket="a", rule=[{"destination": [{"bucket": "arn:aws:s3:::b"}]}]
    ),
    resource("azurerm_storage_account.s", name="s", location="westeurope", account_replication_type="GRS"),
    resource("google_pubsub_subscription.s", topic="t", push_config=[{"push_endpoint": "https://x.example/y"}]),
)


def test_values_of_any_type_are_refused_or_read_but_never_break(tmp_path: Path) -> None:
    whole = json.dumps(state(*STRANGE))
    spots = [m.span() for m in re.finditer(r'"[^"]*"|\[\]|\{\}|\d+', whole)][::3]
    refused = 0
    for junk in ("null", "7", "[]", "{}", "true", '"x"', "[[[]]]"):
        for start, end in spots:
            if whole[end : end + 1] == ":":
                continue
            try:
                read(tmp_path, whole[:start] + junk + whole[end:])
            except InputError:
                refused += 1
    assert refused > 20


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    with pytest.raises(InputError) as caught:
        read(tmp_path, '{"format_version": "1.0", "values": ' + deep + "}")
    assert caught.value.problems[0].code == "too-deep"


def test_modules_without_end_are_refused(tmp_path: Path) -> None:
    here: dict[str, Any] = {}
    for i in range(60):
        here = {"address": ".".join(["module.m"] * (60 - i)), "child_modules": [here] if here else []}
    with pytest.raises(InputError) as caught:
        read(tmp_path, {"format_version": "1.0", "values": {"root_module": {"child_modules": [here]}}})
    assert caught.value.problems[0].code == "too-deep"
