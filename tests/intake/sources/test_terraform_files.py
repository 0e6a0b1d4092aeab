"""Folders of Terraform files: what is evaluated, what stays open, and that nothing outside the folder is read."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from comity.errors import InputError
from comity.intake.found import Found
from comity.intake.sources import terraform_files
from comity.intake.sources.terraform_files import read_terraform_files
from tests.intake.sources.laid_out import OWNER, codes, items, map_of, remarks, told, vocabulary

DATA = Path(__file__).parent / "data" / "terraform"
BAD = Path(__file__).parent / "bad" / "terraform"


def written(folder: Path, files: dict[str, str]) -> Found:
    """What is found in files that are written into a folder first."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_terraform_files(folder, shown="infra", owner=OWNER, vocabulary=vocabulary())


def bucket(folder: Path, expression: str, more: str = "") -> Any:
    """The place of a bucket whose region is an expression."""
    text = f'resource "aws_s3_bucket" "x" {{\n  bucket = "x"\n  region = {expression}\n}}\n{more}'
    return told(written(folder, {"main.tf": text}), "systems")["aws_s3_bucket.x"]["place"]


def places(found: Found) -> dict[str, Any]:
    return {ref: system["place"] for ref, system in told(found, "systems").items()}


def ways(found: Found) -> set[tuple[str, str]]:
    by_id = {item.id: item.ref for item in found.items if item.section in ("systems", "entities")} | {OWNER: "owner"}
    return {(by_id[flow["from"]], by_id[flow["to"]]) for flow in told(found, "flows").values()}


@cache
def shop() -> Found:
    return read_terraform_files(DATA / "shop", shown="shop", owner=OWNER, vocabulary=vocabulary())


@cache
def clouds() -> Found:
    return read_terraform_files(DATA / "clouds", shown="clouds", owner=OWNER, vocabulary=vocabulary())


# --- whole folders


def test_two_folders_over_four_clouds_can_be_read_as_maps(tmp_path: Path) -> None:
    n_systems = 0
    for found in (shop(), clouds()):
        read_map = map_of(found, tmp_path)
        assert len(read_map.flows) == len(items(found, "flows"))
        n_systems += len(items(found, "systems"))
    assert n_systems >= 60


def test_variables_locals_and_files_of_values_make_names_and_places() -> None:
    where = places(shop())
    assert where["aws_s3_bucket.files"] == "aws/eu-central-1"  # terraform.tfvars, not the default
    assert where["aws_s3_bucket.copy"] == "aws/eu-north-1"  # an alias whose region is looked up
    names = {ref: system["name"] for ref, system in told(shop(), "systems").items()}
    assert names["aws_dynamodb_table.carts"] == "shop-test-carts-01 (table)"  # the last file of values wins
    assert names["aws_cloudwatch_log_group.audit"] == "/shop/eu-central-1/audit (logs)"  # data that name the region


def test_replicas_and_global_clusters_lie_in_several_places() -> None:
    where = places(shop())
    assert where["aws_dynamodb_table.carts"] == ["aws/eu-central-1", "aws/eu-west-3", "aws/us-east-2"]
    assert where["aws_rds_global_cluster.customers"] == ["aws/eu-central-1", "aws/eu-north-1"]
    other = places(clouds())
    assert other["azure/azurerm_storage_account.files"] == ["azure/northeurope", "azure/westeurope"]
    assert other["azure/azurerm_storage_account.local"] == "azure/westeurope"
    assert other["azure/azurerm_cosmosdb_account.profiles"] == ["azure/northeurope", "azure/southeastasia"]
    assert other["azure/azurerm_mssql_database.history"] == ["azure/centralus", "azure/eastus2"]  # backups, by default
    assert other["google/google_storage_bucket.pair"] == ["gcp/us-east1", "gcp/us-west1"]
    assert other["google/google_pubsub_topic.visits"] == ["gcp/europe-west3", "gcp/europe-west4"]
    assert other["alibaba/alicloud_polardb_global_database_network.world"] == [
        "alibaba/cn-shanghai",
        "alibaba/eu-central-1",
    ]


def test_a_data_set_without_a_location_lies_in_the_united_states() -> None:
    assert places(clouds())["google/google_bigquery_dataset.facts"] == "gcp/us"


def test_modules_in_modules_are_read_with_their_indices_and_providers() -> None:
    where = places(shop())
    assert where['module.stores["de"].aws_sqs_queue.levels[1]'] == "aws/eu-north-1"
    assert where['module.stores["fr"].module.late.aws_kinesis_firehose_delivery_stream.late'] == "aws/eu-north-1"
    assert "aws_sqs_queue.unplaced[0]" not in where


def test_references_are_flows_across_modules() -> None:
    found = ways(shop())
    de = 'module.stores["de"]'
    assert {
        ("aws_s3_bucket.files", "aws_s3_bucket.copy"),
        ("aws_db_instance.orders", "aws_db_instance.reports"),
        ("aws_rds_global_cluster.customers", "aws_rds_cluster.customers_copy"),
        ("aws_s3_bucket.files", "aws_cloudfront_distribution.site"),
        ("aws_lb.web", "aws_cloudfront_distribution.site"),
        ("aws_cloudwatch_log_group.audit", "aws_kinesis_firehose_delivery_stream.audit"),
        ("aws_kinesis_firehose_delivery_stream.audit", "arn:aws:s3:::audit-of-the-group"),
        ("aws_sns_topic.orders", f"{de}.aws_sqs_queue.levels[0]"),
        (f"{de}.aws_sqs_queue.levels[1]", f"{de}.aws_lambda_function.handle"),
        (f"{de}.module.late.aws_kinesis_firehose_delivery_stream.late", "aws_s3_bucket.files"),
        ("aws_sns_topic.orders", "host alarms.example"),
    } <= found
    assert (f"{de}.aws_sqs_queue.levels[0]", 'module.stores["fr"].aws_lambda_function.handle') not in found


def test_flows_of_the_other_clouds_are_found() -> None:
    assert {
        ("azure/azurerm_storage_account.local", "azure/azurerm_storage_account.files"),
        ('azure/azurerm_mssql_server.this["main"]', 'azure/azurerm_mssql_server.this["far"]'),
        ("azure/azurerm_eventhub.clicks", "azure/azurerm_storage_account.local"),
        ("azure/azurerm_storage_account.files", "azure/module.site.azurerm_cdn_frontdoor_profile.site"),
        ('google/google_pubsub_subscription.visits["table"]', "google/google_bigquery_dataset.facts"),
        ('google/google_pubsub_subscription.visits["hook"]', "host hooks.vendor.example"),
        ("owner", "google/google_storage_bucket.raw"),
        ("alibaba/alicloud_oss_bucket.pictures", "alibaba/alicloud_oss_bucket.far"),
        ("alibaba/alicloud_oss_bucket.pictures", "pictures-of-a-vendor"),
        ("alibaba/alicloud_polardb_global_database_network.world", "alibaba/alicloud_polardb_cluster.far"),
        ("alibaba/alicloud_db_instance.main", "rm-elsewhere"),
    } <= ways(clouds())


def test_what_was_left_out_is_told() -> None:
    assert [code for code, _ in remarks(shop())] == [
        "not-read",
        "module-not-read",
        "worldwide",
        "elsewhere",
        "elsewhere",
        "not-a-store",
    ]
    assert remarks(shop())[0][1] == "`shop/other.tfvars` is left out: Terraform takes it only where it is named"


def test_no_secret_of_a_file_is_shown() -> None:
    text = repr(shop()) + repr(clouds())
    for secret in ("correct horse", "k-4711", "night-shift"):
        assert secret not in text


def test_items_stand_where_the_file_has_them() -> None:
    span = items(shop(), "systems")["aws_s3_bucket.files"].span
    assert (span.file, span.text) == ("shop/main.tf", 'resource "aws_s3_bucket" "files" {')


# --- expressions


@pytest.mark.parametrize(
    "expression",
    [
        '"eu-west-1"',
        '"${"eu"}-west-${1}"',
        "local.region",
        'var.regions["a"]',
        "var.regions.a",
        "var.list[0]",
        "var.list.0",
        "element(var.list, 2)",
        'lookup(var.regions, "none", "eu-west-1")',
        '(1 + 1 == 2 && !false ? "eu-west-1" : "us-east-1")',
        'length(var.list) > 5 || var.regions.a != "eu-west-1" ? "us-east-1" : var.list[0]',
        'lower("EU-WEST-1")',
        'join("-", concat(["eu"], ["west", "1"]))',
        'format("%s-west-%d", "eu", 1)',
        'coalesce(null, "eu-west-1")',
        'try(var.regions.none, "eu-west-1")',
        "one([for r in var.list : r if r == \"eu-west-1\"])",
        '{ for k, v in var.regions : k => v }["a"]',
        'merge({ a = "us-east-1" }, var.regions).a',
        "values(var.regions)[0]",
        'keys({ "eu-west-1" = 1 })[0]',
        'replace("eu-west-2", "2", "1")',
        'split("/", "x/eu-west-1")[1]',
        'trimsuffix("eu-west-1a", "a")',
        'aws_s3_bucket.other.region',
        "aws_s3_bucket.many[1].region",
        'aws_s3_bucket.keyed["eu-west-1"].region',
        "distinct(aws_s3_bucket.many[*].region)[0]",
        "flatten([[var.list]])[0]",
        '<<-EOT\n    eu-west-1\n  EOT\n',
        '"eu\\u002dwest-1"',
    ],
)  # fmt: skip
def test_an_expression_is_evaluated(tmp_path: Path, expression: str) -> None:
    more = """
locals { region = "eu-west-1" }
variable "list" { default = ["eu-west-1", "eu-west-2"] }
variable "regions" { default = { a = "eu-west-1" } }
resource "aws_s3_bucket" "other" { region = local.region }
resource "aws_s3_bucket" "many" {
  count  = 2
  region = "eu-west-1"
}
resource "aws_s3_bucket" "keyed" {
  for_each = toset(["eu-west-1"])
  region   = each.value
}
"""
    assert bucket(tmp_path, expression, more) == "aws/eu-west-1"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("var.none", "the variable `none` has no default"),
        ("var.hidden", "the variable `hidden` is marked as sensitive"),
        ("local.circle", "`local.circle` comes from itself"),
        ("local.missing", "there is no `local.missing`"),
        ('file("/etc/hostname")', "the function `file` is not evaluated"),
        ('templatefile("x", {})', "the function `templatefile` is not evaluated"),
        ("uuid()", "the function `uuid` is not evaluated"),
        ("provider::aws::arn_parse(1)", "the function `provider` is not evaluated"),
        ('terraform.workspace == "x" ? "eu-west-1" : "us-east-1"', "it depends on `terraform.workspace`"),
        ('var.none == "x" ? "eu-west-1" : "us-east-1"', "it depends on `var.none`"),
        ("random_id.x.hex", "there is no `random_id.x`"),
        ("module.gone.region", "the module `gone` is not read"),
        ("data.external.x.result", "there is no `data.external.x`"),
        ('"%{ if true }eu-west-1%{ endif }"', "a template with directives"),
        ("var.list[7]", "there is no `7`"),
        ("sensitive(\"eu-west-1\")", "it is marked as sensitive"),
        ("each.key", "`each.key` is not known here"),
    ],
)  # fmt: skip
def test_an_expression_that_cannot_be_told_stays_unknown(tmp_path: Path, expression: str, why: str) -> None:
    more = """
locals { circle = local.round
 round = local.circle }
variable "none" {}
variable "hidden" {
  sensitive = true
  default   = "eu-west-1"
}
variable "list" { default = [] }
"""
    text = f'resource "aws_s3_bucket" "x" {{\n  region = {expression}\n}}\n{more}'
    found = written(tmp_path, {"main.tf": text})
    assert places(found) == {"aws_s3_bucket.x": "unknown"}
    assert [code for code, _ in remarks(found)] == ["unknown-place"]
    assert why in remarks(found)[0][1]


def test_a_count_that_is_not_told_is_one_and_is_told(tmp_path: Path) -> None:
    text = 'variable "n" {}\nresource "aws_sqs_queue" "x" {\n  count = var.n\n  region = "eu-west-1"\n}\n'
    found = written(tmp_path, {"main.tf": text})
    assert places(found) == {"aws_sqs_queue.x": "aws/eu-west-1"}
    assert remarks(found) == [
        ("unknown-count", "how often there is `aws_sqs_queue.x` is not told: the variable `n` has no default")
    ]


def test_a_provider_without_a_region_leaves_the_place_open(tmp_path: Path) -> None:
    found = written(tmp_path, {"main.tf": 'provider "aws" {}\nresource "aws_sqs_queue" "x" {}\n'})
    assert remarks(found) == [
        ("unknown-place", "the place of `aws_sqs_queue.x` is not known: the provider `aws` says no region")
    ]


def test_blocks_that_are_made_from_a_list_are_read(tmp_path: Path) -> None:
    text = """
variable "more" {}
resource "aws_dynamodb_table" "x" {
  name   = "x"
  region = "eu-west-1"
  dynamic "replica" {
    for_each = var.more
    content { region_name = replica.value }
  }
}
"""
    assert places(written(tmp_path, {"main.tf": text})) == {"aws_dynamodb_table.x": "unknown"}
    told_ = written(tmp_path, {"main.tf": text, "terraform.tfvars": 'more = { a = "us-east-1" }\n'})
    assert places(told_) == {"aws_dynamodb_table.x": ["aws/eu-west-1", "aws/us-east-1"]}


def test_json_says_the_same_as_the_language(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    hcl = """
variable "r" { default = "eu-west-1" }
provider "aws" { region = var.r }
resource "aws_sqs_queue" "x" {
  count = 2
  name  = "x-${count.index}"
}
resource "aws_lambda_function" "f" { function_name = "f" }
resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn = aws_sqs_queue.x[1].arn
  function_name    = aws_lambda_function.f.arn
}
"""
    json = """{
  "//": "a remark",
  "variable": {"r": {"default": "eu-west-1"}},
  "provider": {"aws": {"region": "${var.r}"}},
  "resource": [{"aws_sqs_queue": {"x": {"count": 2, "name": "x-${count.index}"}}},
    {"aws_lambda_function": {"f": [{"function_name": "f"}]},
     "aws_lambda_event_source_mapping": {"m": {
       "event_source_arn": "${aws_sqs_queue.x[1].arn}", "function_name": "${aws_lambda_function.f.arn}"}}}]
}"""
    as_hcl, as_json = written(one, {"main.tf": hcl}), written(two, {"main.tf.json": json})
    assert [(i.ref, i.id, i.told) for i in as_hcl.items] == [(i.ref, i.id, i.told) for i in as_json.items]
    assert ("aws_sqs_queue.x[1]", "aws_lambda_function.f") in ways(as_hcl)


# --- folders


def test_what_nothing_calls_is_left_out_and_told(tmp_path: Path) -> None:
    queue = 'resource "aws_sqs_queue" "x" { region = "eu-west-1" }\n'
    found = written(tmp_path, {"main.tf": queue, "old/main.tf": queue, "main_override.tf": "a = 1\n"})
    assert len(found.items) == 1
    assert sorted(text for _, text in remarks(found)) == [
        "`infra/main_override.tf` is left out: it overrides other files",
        "`infra/old` is left out: nothing calls it as a module",
    ]


def test_what_terraform_fetched_is_not_read(tmp_path: Path) -> None:
    found = written(tmp_path, {"main.tf": "", "a.tf": "locals {}\n", ".terraform/modules/x/main.tf": "} broken\n"})
    assert (found.items, found.remarks) == ((), ())


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    written(out, {"secret.tf": 'resource "aws_sqs_queue" "stolen" { region = "eu-west-1" }\n'})
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link.tf").symlink_to(out / "secret.tf")
    (folder / "sub").symlink_to(out, target_is_directory=True)
    found = written(folder, {"main.tf": 'module "m" { source = "./sub" }\nmodule "n" { source = "../out" }\n'})
    assert not found.items
    assert sorted(codes(found)) == ["module-not-read", "module-not-read", "outside-folder", "outside-folder"]


def test_a_module_that_calls_itself_ends(tmp_path: Path) -> None:
    inner = 'module "again" { source = "../m" }\noutput "x" { value = module.again.x }\n'
    found = written(tmp_path, {"main.tf": 'module "m" { source = "./m" }\n', "m/main.tf": inner})
    assert [text for _, text in remarks(found)] == ["`module.m.module.again` from `../m` is left out: it calls itself"]


def test_nothing_runs_and_no_file_is_opened_by_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "secret.txt"
    target.write_text("eu-west-1", encoding="utf-8")
    folder = tmp_path / "in"
    text = f"""
data "external" "x" {{ program = ["touch", "{tmp_path}/ran"] }}
resource "aws_sqs_queue" "x" {{
  region = trimspace(file("{target}"))
  provisioner "local-exec" {{ command = "touch {tmp_path}/ran" }}
}}
"""
    monkeypatch.setattr(os, "system", lambda _: pytest.fail("something was run"))
    assert places(written(folder, {"main.tf": text})) == {"aws_sqs_queue.x": "unknown"}
    assert not (tmp_path / "ran").exists()


# --- bad input


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        written(
            tmp_path, {"a.tf": 'resource "a" "b" {\n  x = \n}\n', "b.tf": 'locals {\n  a = "b"\n', "c.tf": "x = @\n"}
        )
    assert [(p.code, p.span.file, p.span.line) for p in caught.value.problems] == [
        ("not-hcl", "infra/a.tf", 2),
        ("not-hcl", "infra/b.tf", 2),
        ("not-hcl", "infra/c.tf", 1),
    ]


def test_a_bad_folder_is_told_with_place_and_help() -> None:
    with pytest.raises(InputError) as caught:
        read_terraform_files(BAD / "files", shown="files", owner=OWNER, vocabulary=vocabulary())
    assert f"{caught.value}\n" == (BAD / "files.txt").read_text(encoding="utf-8")


def outcome(folder: Path, text: str) -> set[str]:
    """The codes of the problems of a file; if it can be read, so can the map."""
    try:
        found = written(folder, {"main.tf": text})
    except InputError as error:
        return {problem.code for problem in error.problems}
    map_of(found, folder)
    return set()


def test_a_file_cut_off_or_with_a_letter_changed_is_read_or_refused(tmp_path: Path) -> None:
    whole = (DATA / "clouds" / "google" / "more.tf").read_text(encoding="utf-8")
    seen: set[str] = set()
    for at in range(7, len(whole), 311):
        for text in (whole[:at], f"{whole[:at]}{{{whole[at:]}", f"{whole[:at]}${whole[at + 1 :]}"):
            seen |= outcome(tmp_path, text)
    assert seen == {"not-hcl"}


def test_a_folder_without_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        written(tmp_path, {"readme.md": "# nothing\n"})
    assert [p.code for p in caught.value.problems] == ["missing-file"]


def test_large_files_and_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError) as caught:
        written(tmp_path, {"main.tf": "# x\n" * 600_000})
    assert [p.code for p in caught.value.problems] == ["file-too-large"]
    monkeypatch.setattr(terraform_files, "MAX_TOTAL_BYTES", 100)
    with pytest.raises(InputError) as caught:
        written(tmp_path, {"main.tf": "# x\n" * 20, "more.tf": "# x\n" * 20})
    assert [p.code for p in caught.value.problems] == ["file-too-large"]


QUEUE = 'resource "aws_sqs_queue" "x" '


def doubled(form: str, end: str) -> str:
    """Locals each of which is the next one twice."""
    lines = [f"a{i} = " + form.replace("NEXT", f"local.a{i + 1}") for i in range(60)]
    return "locals {\n" + "\n".join([*lines, f"a60 = {end}"]) + "\n}\n"


ENDLESS = {
    "texts": doubled('"${NEXT}${NEXT}"', '"x"') + QUEUE + "{ region = local.a0 }\n",
    "lists": doubled("[NEXT, NEXT]", "[]") + 'resource "aws_dynamodb_table" "x" { replica = local.a0 }\n',
    "loops": f'locals {{ l = split("", "{"x" * 900}") }}\n'
    + QUEUE
    + "{\n  region = length([for a in local.l : length([for b in local.l : length([for c in local.l : c])])])\n}\n",
    "count": QUEUE + "{ count = 1000000000 }\n",
    "width": QUEUE + '{ region = format("%99999999d", 1) }\n',
    "heredoc": QUEUE + "{ name = <<A\n" + "\n" * 50_000 + "}\n",
    "numbers": "x = 1" + "-1" * 50_000 + "\n",
    "brackets": QUEUE + "{ region = " + "[" * 3000 + "]" * 3000 + " }\n",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_file_made_to_exhaust_the_reader_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(terraform_files, "MAX_EVALUATIONS", 30_000)  # the loops would take years
    problems = outcome(tmp_path, ENDLESS[name])
    assert problems <= {"not-hcl", "too-deep"}
    if not problems:
        found = read_terraform_files(tmp_path, shown="infra", owner=OWNER, vocabulary=vocabulary())
        assert set(places(found).values()) == {"unknown"}
