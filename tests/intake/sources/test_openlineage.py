"""Events written by OpenLineage's own client into a file, and what strangers may put in its place."""

import json
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    StaticDataset,
)
from openlineage.client.facet_v2 import datasource_dataset, schema_dataset, tags_dataset
from openlineage.client.naming import dataset as naming
from openlineage.client.transport.file import FileConfig, FileTransport

from comity.errors import InputError
from comity.intake.found import Found
from comity.intake.sources.openlineage import read_openlineage
from tests.intake.sources.laid_out import OWNER, checked, codes, remarks, told, vocabulary

SHOP = naming.Postgres("shop.c1x2.eu-central-1.rds.amazonaws.com", "5432", "shop", "public", "orders")
LAKE = naming.S3("acme-lake-us-east-1", "/orders")
WAREHOUSE = naming.Redshift("dwh", "us-east-1", "5439", "dev", "public", "orders")
Event = RunEvent | JobEvent | DatasetEvent


def of(name: Any, **facets: Any) -> InputDataset:
    return InputDataset(name.get_namespace(), name.get_name(), facets=facets)


def out(name: Any, **facets: Any) -> OutputDataset:
    return OutputDataset(name.get_namespace(), name.get_name(), facets=facets)


def run(
    job: str,
    inputs: Iterable[InputDataset] = (),
    outputs: Iterable[OutputDataset] = (),
    *,
    state: RunState = RunState.COMPLETE,
    day: str = "2026-10-01",
    id_: str = "",
) -> RunEvent:
    at = f"{day}T03:00:00.000Z"
    run_id = id_ or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{job} {at}"))
    ends: dict[str, Any] = {"inputs": list(inputs), "outputs": list(outputs)}
    return RunEvent(eventTime=at, run=Run(run_id), job=Job("airflow", job), eventType=state, **ends)


def write(folder: Path, *events: Event, append: bool = True) -> Path:
    """Writes events as the client does: lines of one file, or a file for each."""
    path = folder / "events"
    path = path / "log.json" if append else path / "event"
    path.parent.mkdir(exist_ok=True)
    client = OpenLineageClient(transport=FileTransport(FileConfig(str(path), append=append, debug_mode=not append)))
    for event in events:
        client.emit(event)
    return path if append else path.parent


def read(path: Path) -> Found:
    return read_openlineage(path, shown="events", owner=OWNER, vocabulary=vocabulary())


def read_text(folder: Path, text: str | bytes) -> Found:
    path = folder / "log.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path)


def problems(folder: Path, text: str | bytes) -> list[tuple[str, str, int]]:
    with pytest.raises(InputError) as caught:
        read_text(folder, text)
    return [(p.code, p.message, p.span.line) for p in caught.value.problems]


def test_a_flow_between_two_sources_is_told_once_however_often_it_ran(tmp_path: Path) -> None:
    events = [run("copy", [of(SHOP)], [out(WAREHOUSE)], day=f"2026-10-{day:02}") for day in range(1, 31)]
    found = read(write(tmp_path, *events))
    assert {ref: system["place"] for ref, system in told(found, "systems").items()} == {
        "postgres://shop.c1x2.eu-central-1.rds.amazonaws.com:5432": "aws/eu-central-1",
        "redshift://dwh.us-east-1:5439": "aws/us-east-1",
    }
    (flow,) = told(found, "flows").values()
    assert flow == {
        "from": "postgres-shop",
        "to": "redshift-dwh-us-east-1",
    }
    assert remarks(found) == [
        (
            "seen",
            "`postgres-shop-to-redshift-dwh-us-east-1` was seen 30 times, "
            "from 2026-10-01 to 2026-10-30, by `airflow/copy`",
        )
    ]


def test_the_name_of_a_bucket_says_nothing_of_its_place(tmp_path: Path) -> None:
    found = read(write(tmp_path, run("load", [of(LAKE)], [out(WAREHOUSE)])))
    assert told(found, "systems")["s3://acme-lake-us-east-1"]["place"] == "unknown"


def test_start_and_end_of_a_run_are_taken_together(tmp_path: Path) -> None:
    id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, "one"))
    start = run("copy", [of(SHOP)], state=RunState.START, id_=id_)
    end = run("copy", [], [out(WAREHOUSE)], id_=id_, day="2026-10-02")
    other = run("other", [], [out(LAKE)], state=RunState.RUNNING)
    found = read(write(tmp_path, start, end, other))
    assert [flow["to"] for flow in told(found, "flows").values()] == ["redshift-dwh-us-east-1"]
    assert "was seen once, from 2026-10-01 to 2026-10-02" in remarks(found)[0][1]


def test_a_flow_of_which_only_failed_runs_are_known_is_told(tmp_path: Path) -> None:
    found = read(write(tmp_path, run("copy", [of(SHOP)], [out(WAREHOUSE)], state=RunState.FAIL)))
    assert len(told(found, "flows")) == 1
    assert codes(found) == ["seen", "only-failed"]


def test_jobs_and_datasets_that_no_run_told_are_taken(tmp_path: Path) -> None:
    at = "2026-10-01T00:00:00Z"
    job = JobEvent(eventTime=at, job=Job("spark", "stream"), inputs=[of(SHOP)], outputs=[out(LAKE)])
    dataset = DatasetEvent(eventTime=at, dataset=StaticDataset("bigquery", "acme-eu.crm.people"))
    found = read(write(tmp_path, job, dataset))
    assert len(told(found, "flows")) == 1
    assert told(found, "systems")["bigquery acme-eu"]["place"] == "unknown"


def test_tags_of_datasets_and_columns_tell_kinds_of_data(tmp_path: Path) -> None:
    fields = tags_dataset.TagsDatasetFacetFields
    tags = tags_dataset.TagsDatasetFacet(
        [
            fields("pii", "true", field="name"),
            fields("category", "user.contact.email", field="email"),
            fields("category", "vibes"),
            fields("tier", "gold"),
        ]
    )
    schema = schema_dataset.SchemaDatasetFacet([schema_dataset.SchemaDatasetFacetFields("email", "text")])
    found = read(write(tmp_path, run("copy", [of(SHOP, tags=tags, schema=schema)], [out(LAKE)])))
    (system, _), (flow,) = told(found, "systems").values(), told(found, "flows").values()
    assert system["holds"] == [{"data": ["contact"]}]
    assert flow["data"] == ["contact"]
    assert remarks(found)[0] == (
        "unknown-category",
        "`category: vibes` names no known kind of data (`shop.public.orders`)",
    )


def test_the_address_in_a_facet_places_a_source_whose_name_does_not(tmp_path: Path) -> None:
    address = "jdbc:postgresql://crm.x.eu-west-3.rds.amazonaws.com:5432/crm?user=ada&password=secret"
    facet = datasource_dataset.DatasourceDatasetFacet("crm", address)
    crm = naming.Postgres("crm", "5432", "crm", "public", "people")
    found = read(write(tmp_path, run("copy", [of(crm, dataSource=facet)], [out(LAKE)])))
    assert told(found, "systems")["postgres://crm:5432"]["place"] == "aws/eu-west-3"
    assert "secret" not in repr(found)


def test_a_folder_with_a_file_for_each_event_gives_what_one_log_gives(tmp_path: Path) -> None:
    events = [run(f"job{i}", [of(SHOP)], [out(WAREHOUSE)], day=f"2026-10-0{i}") for i in range(1, 5)]
    log, folder = read(write(tmp_path, *events)), read(write(tmp_path / "..", *events, append=False))
    assert [item.told for item in log.items] == [item.told for item in folder.items]
    assert remarks(log) == remarks(folder)


def test_a_list_of_events_gives_what_a_log_gives(tmp_path: Path) -> None:
    path = write(tmp_path, run("a", [of(SHOP)], [out(WAREHOUSE)]), run("b", [of(SHOP)], [out(LAKE)]))
    lines = path.read_text(encoding="utf-8").splitlines()
    log, whole = read(path), read_text(tmp_path, f"[{','.join(lines)}]")
    assert [(item.id, item.told) for item in whole.items] == [(item.id, item.told) for item in log.items]


def test_a_password_in_a_namespace_does_not_get_into_the_map(tmp_path: Path) -> None:
    job = {"namespace": "cron", "name": "copy"}
    source = {"namespace": "postgresql://ada:secret@db.example:5432/x", "name": "t"}
    event = {"job": job, "run": {"runId": "1"}, "inputs": [source], "outputs": [{"namespace": "file", "name": "/x"}]}
    found = read_text(tmp_path, json.dumps(event))
    assert list(told(found, "systems")) == ["postgres://db.example:5432", "file"]
    assert "secret" not in repr(found)


def test_spellings_of_one_store_are_one_system(tmp_path: Path) -> None:
    names = "s3a://acme", "s3://acme/", "S3n://acme"
    events = [{"dataset": {"namespace": name, "name": "x"}} for name in names]
    assert list(told(read_text(tmp_path, "\n".join(map(json.dumps, events))), "systems")) == ["s3://acme"]


def test_the_copy_to_america_has_a_verdict(tmp_path: Path) -> None:
    pii = tags_dataset.TagsDatasetFacet([tags_dataset.TagsDatasetFacetFields("pii", "true")])
    china = naming.Athena("cn-north-1", "c", "d", "t")
    found = read(write(tmp_path, run("copy", [of(china, tags=pii)], [out(WAREHOUSE)])))
    (flow,) = checked(found, tmp_path, "cn/outbound-data", country="CN").flows
    assert flow.verdict == "conditional"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"dataset": {"namespace": "file", "name": "a"}}\n{"dataset": {"name\n{"job": 1}\n{"run": {}}\n[{"a"',
            [
                ("missing-key", "this is no event of OpenLineage", 4),
                ("not-json", "no JSON: invalid control character at", 2),
                ("not-json", "the file ends in the middle of a value", 5),
                ("type-clash", "`$[line 3].job` must be keys with values, not a number", 0),
            ],
        ),
        (
            '{"job": {"name": "x"}, "inputs": [{"name": "y"}, 3]}',
            [
                ("missing-key", "`$[line 1].inputs[0]` needs `namespace`", 1),
                ("missing-key", "`$[line 1].inputs[1]` needs `namespace`", 1),
                ("type-clash", "`$[line 1].inputs[1]` must be keys with values, not a number", 0),
            ],
        ),
        (b'{"dataset": "\xe9"}', [("not-utf-8", "byte 0xe9 is no UTF-8", 1)]),
        ("[" * 100_000, [("too-deep", "nested too deeply", 1)]),
    ],
    ids=["lines", "datasets", "latin-1", "deep"],
)
def test_broken_logs_are_told_line_by_line(
    tmp_path: Path, text: str | bytes, expected: list[tuple[str, str, int]]
) -> None:
    assert sorted(problems(tmp_path, text)) == expected


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.json").write_text("{}", encoding="utf-8")
    folder = write(tmp_path, run("copy", [of(SHOP)], [out(LAKE)])).parent
    (folder / "link.json").symlink_to(tmp_path / "outside" / "secret.json")
    (folder / "dir").symlink_to(tmp_path / "outside")
    (folder / "same.json").symlink_to(folder / "log.json")
    assert codes(read(folder)) == ["outside-folder", "outside-folder", "seen"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(InputError, match="no plain file"):
        read(tmp_path / "pipe.json")


def test_a_large_log_is_read(tmp_path: Path) -> None:
    def dataset(i: int) -> dict[str, str]:
        return {"namespace": f"postgres://db{i % 5000}.x.eu-central-1.rds.amazonaws.com:5432", "name": "a.b.c"}

    events = [
        {
            "eventTime": f"2026-10-01T00:00:00.{i:06}Z",
            "eventType": "COMPLETE",
            "run": {"runId": str(i)},
            "job": {"namespace": "n", "name": f"j{k}"},
            "inputs": [dataset(i)],
            "outputs": [dataset(i + k)],
        }
        for k in range(1, 5)
        for i in range(5000)
    ]
    found = read_text(tmp_path, "\n".join(map(json.dumps, events)))
    assert len(told(found, "systems")) == 5000
    assert len(told(found, "flows")) == 20_000
