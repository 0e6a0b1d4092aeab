"""Manifests of dbt, written here; a real one of a run is in test_dbt_run.py."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from comity.errors import InputError
from comity.intake.found import Found
from comity.intake.sources.dbt import read_dbt
from tests.intake.sources.laid_out import OWNER, codes, map_of, remarks, told, vocabulary

BAD = Path(__file__).parent / "bad"


def node(id_: str, *parents: str, database: str | None = "prod", schema: str = "main", **more: Any) -> dict[str, Any]:
    kind, _, name = id_.split(".")
    basics = {"resource_type": kind, "name": name, "unique_id": id_, "database": database, "schema": schema}
    return {**basics, "depends_on": {"nodes": list(parents)}, **more}


def manifest(
    *nodes: Mapping[str, Any], version: int = 12, adapter: str = "snowflake", **sections: Any
) -> dict[str, Any]:
    schema = f"https://schemas.getdbt.com/dbt/manifest/v{version}.json"
    by_id = {n["unique_id"]: n for n in nodes}
    sources = {id_: n for id_, n in by_id.items() if n["resource_type"] == "source"}
    exposures = {id_: n for id_, n in by_id.items() if n["resource_type"] == "exposure"}
    rest = {id_: n for id_, n in by_id.items() if id_ not in sources and id_ not in exposures}
    metadata = {"dbt_schema_version": schema, "adapter_type": adapter}
    return {"metadata": metadata, "sources": sources, "nodes": rest, "exposures": exposures, **sections}


def read(folder: Path, content: object, **options: Any) -> Found:
    path = folder / "manifest.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_dbt(path, shown="target/manifest.json", owner=OWNER, vocabulary=vocabulary(), **options)


def problems(folder: Path, content: object, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        read(folder, content, **options)
    return [(problem.code, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize("version", [7, 9, 12, 20])
def test_old_and_new_manifests_give_the_same(tmp_path: Path, version: int) -> None:
    nodes = node("source.shop.web", database="raw"), node("model.shop.orders", "source.shop.web")
    found = read(tmp_path, manifest(*nodes, version=version))
    assert [item.ref for item in found.items] == ["snowflake:raw", "snowflake:prod", "snowflake:raw -> snowflake:prod"]
    assert found.remarks == ()
    assert map_of(found, tmp_path).flows[0].ends[1].id == "snowflake-prod"


def test_a_version_to_come_is_read_and_told(tmp_path: Path) -> None:
    assert codes(read(tmp_path, manifest(node("model.shop.orders"), version=13))) == ["newer-version"]


def test_a_version_before_seven_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, manifest(node("model.shop.orders"), version=4))
    assert found == [("wrong-version", "the manifest has version 4; those from 7 on are read (dbt 1.3 or later)")]


def test_schemas_of_one_database_are_one_system_unless_they_tell_different_places(tmp_path: Path) -> None:
    here, there = {"meta": {"place": "NL"}}, {"config": {"meta": {"comity": {"place": "US"}}}}
    plain = node("model.shop.a", schema="in"), node("model.shop.b", "model.shop.a", schema="out")
    assert set(told(read(tmp_path, manifest(*plain)), "systems")) == {"snowflake:prod"}
    placed = {**plain[0], **here}, {**plain[1], **there}
    found = read(tmp_path, manifest(*placed))
    assert {ref: s["place"] for ref, s in told(found, "systems").items()} == {
        "snowflake:prod.in": "NL",
        "snowflake:prod.out": "US",
    }
    assert set(told(found, "flows")) == {"snowflake:prod.in -> snowflake:prod.out"}


def test_models_of_one_schema_that_tell_different_places_are_told(tmp_path: Path) -> None:
    nodes = node("model.shop.a", meta={"place": "NL"}), node("model.shop.b", meta={"region": "aws/eu-west-1"})
    found = read(tmp_path, manifest(*nodes))
    assert told(found, "systems")["snowflake:prod"]["place"] == ["NL", "aws/eu-west-1"]
    assert codes(found) == ["several-places"]


def test_each_model_may_be_a_system(tmp_path: Path) -> None:
    nodes = node("seed.shop.s"), node("snapshot.shop.a", "seed.shop.s"), node("test.shop.t", "snapshot.shop.a")
    found = read(tmp_path, manifest(*nodes), each=True)
    assert set(told(found, "systems")) == {"seed.shop.s", "snapshot.shop.a"}
    assert set(told(found, "flows")) == {"seed.shop.s -> snapshot.shop.a"}


def test_a_warehouse_without_databases_is_told_apart_by_schemas(tmp_path: Path) -> None:
    nodes = node("model.shop.a", database=None, schema="raw"), node("model.shop.b", "model.shop.a", database=None)
    found = read(tmp_path, manifest(*nodes, adapter="spark"))
    assert set(told(found, "flows")) == {"spark:raw -> spark:main"}


def test_the_same_database_in_other_letters_is_one_system(tmp_path: Path) -> None:
    nodes = node("source.shop.a", database="RAW"), node("model.shop.b", "source.shop.a", database="raw")
    assert told(read(tmp_path, manifest(*nodes)), "flows") == {}


def test_an_exposure_of_a_metric_gets_the_data_of_the_model_behind_it(tmp_path: Path) -> None:
    contact: dict[str, Any] = {"columns": {"email": {"name": "email", "tags": ["pii:email"]}}}
    metrics = {"metric.shop.m": {"name": "m", "depends_on": {"nodes": ["semantic_model.shop.s", "metric.shop.m"]}}}
    semantic = {"semantic_model.shop.s": {"name": "s", "depends_on": {"nodes": ["model.shop.a"]}}}
    nodes = node("model.shop.a", **contact), node("exposure.shop.board", "metric.shop.m", database=None)
    found = read(tmp_path, manifest(*nodes, metrics=metrics, semantic_models=semantic))
    assert told(found, "flows") == {
        "snowflake:prod -> exposure.shop.board": {"from": "snowflake-prod", "to": "board", "data": ["contact"]}
    }


def test_the_kind_that_a_column_names_stands_with_its_database(tmp_path: Path) -> None:
    meta = {"meta": {"pii": True, "owner_team": "growth"}, "tags": ["user.health_and_medical"]}
    found = read(tmp_path, manifest(node("model.shop.a", columns={"x": {"name": "x", **meta}})))
    assert told(found, "systems")["snowflake:prod"]["holds"] == [{"data": ["health"]}]
    assert found.remarks == ()


def test_a_place_that_is_none_stays_unknown_and_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, manifest(node("model.shop.a", meta={"place": "Frankfurt am Main"})))
    assert told(found, "systems")["snowflake:prod"]["place"] == "unknown"
    text = "`place: Frankfurt am Main` of `model.shop.a` is no known place, and no region of one provider alone"
    assert remarks(found) == [("unknown-place", text)]


def test_places_given_by_hand_must_fit_the_manifest(tmp_path: Path) -> None:
    content = manifest(node("model.shop.a"))
    assert told(read(tmp_path, content, places={"prod.main": "DE"}), "systems")["snowflake:prod"]["place"] == "DE"
    found = problems(tmp_path, content, places={"prd": "DE", "prod": "Atlantis"})
    assert [code for code, _ in found] == ["unknown-place", "unknown-system"]


def test_a_file_in_a_bucket_is_a_system_of_its_own(tmp_path: Path) -> None:
    nodes = node("source.shop.a", external={"location": "s3://acme/x"}), node("model.shop.b", "source.shop.a")
    found = read(tmp_path, manifest(*nodes))
    assert set(told(found, "flows")) == {"s3://acme -> snowflake:prod"}


@pytest.mark.parametrize("name", ["dbt-cut", "dbt-old"])
def test_a_bad_manifest_is_told_with_place_and_help(
    name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(InputError) as caught:
        read_dbt(Path(f"{name}.json"), shown=f"{name}.json", owner=OWNER, vocabulary=vocabulary())
    golden(BAD / f"{name}.txt", str(caught.value) + "\n")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"metadata": {"dbt_schema', [("not-json", "the file ends in the middle of a value")]),
        ("[1, 2]", [("type-clash", "`$` must be keys with values, not a list")]),
        ("{}", [("missing-key", "a manifest of dbt needs `metadata.dbt_schema_version`")]),
        ("{'a': 1}", [("not-json", "no JSON: expecting property name enclosed in double quotes")]),
        ("[" * 200_000, [("too-deep", "nested too deeply")]),
        ('{"a": 1' + "0" * 5000 + "}", [("not-json", "no JSON: a number has too many digits")]),
        ("", [("empty-file", "the file is empty")]),
    ],
    ids=["cut", "list", "other", "python", "deep", "digits", "empty"],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: str, expected: list[tuple[str, str]]) -> None:
    assert problems(tmp_path, content) == expected


def test_all_values_of_a_wrong_type_are_told_at_once(tmp_path: Path) -> None:
    bad = node("model.shop.a", columns=[1]), {**node("model.shop.b"), "depends_on": {"nodes": [7]}, "database": 3}
    assert [message for _, message in problems(tmp_path, manifest(*bad))] == [
        "`$.nodes['model.shop.a'].columns` must be keys with values, not a list",
        "`$.nodes['model.shop.b'].database` must be a text, not a number",
        "`$.nodes['model.shop.b'].depends_on.nodes[0]` must be a text, not a number",
    ]


def test_models_that_name_each_other_end(tmp_path: Path) -> None:
    config: dict[str, Any] = {"config": {"materialized": "ephemeral"}}
    nodes = node("model.shop.a", "model.shop.b", **config), node("model.shop.b", "model.shop.a", **config)
    found = read(tmp_path, manifest(*nodes, node("model.shop.c", "model.shop.a", "model.shop.gone")))
    assert told(found, "flows") == {}


def test_thousands_of_models_are_read(tmp_path: Path) -> None:
    nodes = [node(f"model.shop.m{i}", *(f"model.shop.m{i - k}" for k in range(1, 5) if i >= k)) for i in range(5000)]
    found = read(tmp_path, manifest(*nodes), each=True)
    assert len(told(found, "systems")) == 5000
    assert len(told(found, "flows")) == 4 * 5000 - 10
