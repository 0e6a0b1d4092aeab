"""Regions in names of hosts, accounts and resources."""

import pytest
from openlineage.client.naming import dataset as naming

from comity.intake.places import regions
from comity.intake.sources.hosts import (
    named_region,
    region_of_arn,
    region_of_host,
    region_of_zone,
    short_name,
    site_of,
    sites_told,
    told_place,
)
from tests.intake.sources.laid_out import vocabulary


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("db.c1x2.eu-central-1.rds.amazonaws.com", "aws/eu-central-1"),
        ("db.c1x2.cn-north-1.rds.amazonaws.com.cn:5432", "aws/cn-north-1"),
        ("Athena.EU-West-1.amazonaws.com.", "aws/eu-west-1"),
        ("bucket.s3-eu-west-1.amazonaws.com", "aws/eu-west-1"),
        ("pkc-1.europe-west1.gcp.confluent.example:9092", "gcp/europe-west1"),
        ("x.west-europe.azure.snowflakecomputing.com", "azure/westeurope"),
        ("c.westeurope.kusto.windows.net", "azure/westeurope"),
        ("europe-west3-docker.pkg.dev", "gcp/europe-west3"),
        ("bootstrap.c.us-central1.managedkafka.p.cloud.goog", "gcp/us-central1"),
        ("oss-eu-central-1.aliyuncs.com", "alibaba/eu-central-1"),
        ("adb.eu-frankfurt-1.oraclecloud.com", "oracle/eu-frankfurt-1"),
        # chosen by people, or said by nobody
        ("eu-central-1.s3.amazonaws.com", ""),
        ("westeurope.blob.core.windows.net", ""),
        ("eu-west-1.s3.us-east-2.amazonaws.com", "aws/us-east-2"),
        ("eu-central-1.example.com", ""),
        ("db.mars-north-1.rds.amazonaws.com", ""),
        ("localhost", ""),
        ("", ""),
        ("10.0.0.1", ""),
    ],
)
def test_a_region_counts_where_the_provider_puts_it_into_the_name(host: str, region: str) -> None:
    assert region_of_host(host) == region
    assert not region or region in regions()


@pytest.mark.parametrize(
    ("name", "ref", "region"),
    [
        (naming.Athena("eu-west-1", "c", "d", "t"), "awsathena://athena.eu-west-1.amazonaws.com", "aws/eu-west-1"),
        (naming.AWSGlue("eu-west-1", "123", "d", "t"), "arn:aws:glue:eu-west-1:123", "aws/eu-west-1"),
        (naming.Redshift("c", "eu-west-1", "5439", "d", "s", "t"), "redshift://c.eu-west-1:5439", "aws/eu-west-1"),
        (naming.Snowflake("org", "acc", "d", "s", "t"), "snowflake://org-acc", ""),
        (naming.ABFSS("box", "acme", "/x"), "abfss://box@acme.dfs.core.windows.net", ""),
        (naming.AzureDataExplorer("c.westus2", "d", "t"), "azurekusto://c.westus2.kusto.windows.net", "azure/westus2"),
        (naming.AzureCosmosDB("acme.documents.azure.com", "d", "t"), "azurecosmos://acme.documents.azure.com", ""),
        (naming.S3("eu-west-1", "/x"), "s3://eu-west-1", ""),
        (naming.GCS("acme", "/x"), "gs://acme", ""),
        (naming.BigQuery("p", "d", "t"), "bigquery", ""),
        (naming.Kafka("b.eu-west-1.amazonaws.com", "90", "t"), "kafka://b.eu-west-1.amazonaws.com:90", "aws/eu-west-1"),
        (naming.RemoteFileSystem("host", "/x"), "file://host", ""),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "get_name") else None,
)  # fmt: skip
def test_names_that_openlineage_itself_makes(name: naming.DatasetNaming, ref: str, region: str) -> None:
    site = site_of(name.get_namespace())
    assert (site.ref, site.region) == (ref, region)


@pytest.mark.parametrize(
    ("account", "region"),
    [
        ("xy12345.eu-central-1", "aws/eu-central-1"),
        ("xy12345.us-east-2.aws", "aws/us-east-2"),
        ("xy12345.west-europe.azure", "azure/westeurope"),
        ("xy12345.europe-west4.gcp", "gcp/europe-west4"),
        ("xy12345.eu-west-1.privatelink.snowflakecomputing.com", "aws/eu-west-1"),
        ("xy12345.us-east-1-gov.aws", ""),
        ("acme-eu-central-1", ""),
        ("xy12345", ""),
    ],
)
def test_an_account_locator_of_snowflake_tells_its_region(account: str, region: str) -> None:
    assert site_of(f"snowflake://{account}").region == region


def test_users_and_passwords_are_left_out() -> None:
    assert site_of("jdbc:postgresql://ada:p@ss@Db.example:5432/x?y=z").ref == "postgres://db.example:5432"


@pytest.mark.parametrize(
    ("arn", "region"),
    [
        ("arn:aws:rds:eu-west-3:1:db:x", "aws/eu-west-3"),
        ("arn:aws-us-gov:s3:us-gov-west-1:1:x", "aws/us-gov-west-1"),
        ("arn:aws:s3:::bucket", ""),
        ("arn:other:s3:eu-west-3:1:x", ""),
        ("", ""),
    ],
)
def test_a_resource_name_of_amazon_tells_its_region(arn: str, region: str) -> None:
    assert region_of_arn(arn) == region


def test_zones_belong_to_regions() -> None:
    zones = "eu-west-1a", "europe-west1-b", "westeurope-3", "EU-FRANKFURT-1-AD-2", "eu-west-1", "us-west-2-lax-1a", "x"
    found = [region_of_zone(zone) for zone in zones]
    assert found == ["eu-west-1", "europe-west1", "westeurope", "eu-frankfurt-1", "eu-west-1", "", ""]


def test_a_region_of_two_providers_is_both_unless_one_is_named() -> None:
    assert named_region("eu-central-1") == ("aws/eu-central-1", "alibaba/eu-central-1")
    assert named_region("eu-central-1", "aws") == ("aws/eu-central-1",)
    assert named_region("eu-central-1", "gcp") == ()


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("DE", ("DE",)),
        ("us-va", ("US-VA",)),
        ("Germany", ("DE",)),
        ("aws/eu-west-1", ("aws/eu-west-1",)),
        ("westeurope", ("azure/westeurope",)),
        ("eu-central-1", ("DE",)),
        ("ap-southeast-4", ()),
        ("somewhere", ()),
    ],
)
def test_places_as_people_write_them(text: str, sites: tuple[str, ...]) -> None:
    assert sites_told(text, vocabulary()) == sites


def test_places_of_a_system() -> None:
    assert told_place([]) == "unknown"
    assert told_place(["DE", "DE"]) == "DE"
    assert told_place(["DE", "NL"]) == ("DE", "NL")


def test_short_names() -> None:
    names = (
        "s3://acme",
        "postgres://db.x.example:5432",
        "abfss://box@acme.dfs.core.windows.net",
        "arn:aws:glue:x:1",
        "file",
    )
    found = [short_name(name) for name in names]
    assert found == ["s3 acme", "postgres db", "abfss box@acme", "aws:glue:x:1", "file"]
