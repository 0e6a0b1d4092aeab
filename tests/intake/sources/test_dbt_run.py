"""A project of dbt, run with dbt-duckdb over a database of its own; the manifest is the one that this run writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from comity.intake.found import Found
from comity.intake.sources.dbt import read_dbt
from tests.intake.sources.laid_out import OWNER, checked, codes, told, vocabulary

pytestmark = pytest.mark.system

PROJECT = {
    "dbt_project.yml": """\
name: shop
version: '1.0'
profile: shop
models:
  shop:
    abroad: {+database: abroad, +materialized: table}
""",
    "profiles.yml": """\
shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: home.duckdb
      attach: [{path: abroad.duckdb, alias: abroad}]
""",
    "seeds/countries.csv": "code,name\nNL,Netherlands\n",
    "models/sources.yml": """\
sources:
- name: web
  database: home
  schema: main
  meta: {comity: {place: DE}}
  tables:
  - name: signups
    columns:
    - {name: email, config: {meta: {pii: true, category: user.contact.email}}}
    - {name: card, config: {meta: {category: financial-account}}}
    - {name: mood, config: {meta: {category: feelings}}}
- name: lake
  tables:
  - name: clicks
    config: {meta: {external_location: "s3://acme-clicks/{name}.parquet"}}
""",
    "models/customers.sql": "select s.email, s.card, c.name from {{ source('web', 'signups') }} s cross join"
    " {{ ref('countries') }} c",
    "models/between.sql": "{{ config(materialized='ephemeral') }} select email from {{ ref('customers') }}",
    "models/abroad/mailing.sql": "select email from {{ ref('between') }}",
    "models/abroad/models.yml": """\
models:
- name: mailing
  config: {meta: {region: aws/us-east-1}, tags: [nightly, core]}
  columns: [{name: email, data_tests: [not_null]}]
exposures:
- name: churn
  label: Churn dashboard
  type: dashboard
  owner: {name: Ada, email: ada@acme.example}
  depends_on: [ref('mailing')]
""",
}


def program(name: str) -> str:
    """A tool in the environment of its own that `make test-systems` gives it, or where the machine has it."""
    for folder in (Path(sys.prefix) / "dbt" / "bin", *map(Path, os.environ.get("PATH", "").split(os.pathsep))):
        if (folder / name).is_file():
            return str(folder / name)
    pytest.skip(f"this machine lacks `{name}`: make test-systems installs it")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that dbt writes its manifest into, after a run of seeds, models and tests."""
    folder = tmp_path_factory.mktemp("dbt") / "shop"
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    dbt = program("dbt")
    setting = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PATH": os.environ["PATH"], "HOME": str(folder)}
    table = "create table signups as select 'ada@example.org' as email, 'NL00' as card, 'fine' as mood"
    filled = f"import duckdb; duckdb.connect('home.duckdb').execute(\"{table}\")"
    subprocess.run([str(Path(dbt).with_name("python")), "-c", filled], cwd=folder, check=True)
    build = [dbt, "build", "--profiles-dir", "."]
    done = subprocess.run(build, cwd=folder, env=setting, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return folder / "target"


@pytest.fixture(scope="module")
def found(target: Path) -> Found:
    return read_dbt(target, shown="target", owner=OWNER, vocabulary=vocabulary())


def test_databases_the_lake_and_the_dashboard_are_systems(found: Found) -> None:
    systems = told(found, "systems")
    assert {ref: system["place"] for ref, system in systems.items()} == {
        "duckdb:home": "DE",
        "duckdb:abroad": "aws/us-east-1",
        "s3://acme-clicks": "unknown",
        "exposure.shop.churn": "unknown",
    }
    assert systems["duckdb:home"]["holds"] == [{"data": ["contact", "financial-account"]}]
    assert systems["exposure.shop.churn"]["name"] == "Churn dashboard"


def test_data_flow_through_an_ephemeral_model_to_the_other_database_and_on_to_the_dashboard(found: Found) -> None:
    assert told(found, "flows") == {
        "duckdb:home -> duckdb:abroad": {"from": "duckdb-home", "to": "duckdb-abroad"},
        "duckdb:abroad -> exposure.shop.churn": {"from": "duckdb-abroad", "to": "churn-dashboard"},
    }


def test_a_category_that_is_none_and_a_tag_that_may_be_one_are_told(found: Found) -> None:
    assert sorted(codes(found)) == ["unclear-tag", "unknown-category"]


def test_a_place_given_by_hand_makes_the_copy_an_export(target: Path, tmp_path: Path) -> None:
    found = read_dbt(target, shown="target", owner=OWNER, vocabulary=vocabulary(), places={"home": "CN"})
    assert told(found, "systems")["duckdb:home"]["place"] == "CN"
    verdicts = {flow.flow.id: flow.verdict for flow in checked(found, tmp_path, "cn/outbound-data").flows}
    assert verdicts == {"duckdb-home-to-duckdb-abroad": "conditional", "duckdb-abroad-to-churn-dashboard": "allowed"}
