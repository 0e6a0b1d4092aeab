"""Counting with the queries of a map: in SQLite here, on servers in `tests/real`."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from comity.errors import InputError, MissingExtraError
from comity.intake.count import Count, count_set, read_sets
from comity.intake.database import Refused, Rows, fetch
from comity.intake.map import read_map
from comity.intake.queries import Query
from tests.intake.maps import DAY, HERE, vocabulary
from tests.test_cli import run

BAD = HERE / "counts" / "bad"
ROWS = (
    [("NL", "phone")] * 4
    + [("Germany", "phone")] * 3
    + [("de", None), ("UK", None), ("US-CA", "phone"), ("  France ", None), ("Burma-Land", None), ("Kazakstan", None)]
)
BY_COUNTRY = "select country, count(*) from customer where country not in ('Burma-Land', 'Kazakstan') group by country"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A database with customers, most of whom are somewhere."""
    path = tmp_path / "shop's own.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table customer (country text, device text)")
        database.executemany("insert into customer values (?, ?)", ROWS)
        database.commit()
    return path


@pytest.fixture
def addresses(shop: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of the tests."""
    found = {
        "SHOP": f"sqlite:///{shop}",
        "A_SECRET": "hunter2",
        "ORACLE": "oracle://reader:hunter2@db.example/bookings",
        "MEMORY": "sqlite://",
        "MISSING": "sqlite:///missing-hunter2.db",
        "NO_DATABASE": f"sqlite:///{Path(__file__)}",
    }
    for name, address in found.items():
        monkeypatch.setenv(name, address)
    return found


def counted(path: Path, addresses: dict[str, str], *, seconds: float = 60) -> tuple[Count, ...]:
    sets = read_sets(path, vocabulary(), day=DAY)
    return tuple(count_set(each, vocabulary(), addresses.get(each.query.at), seconds=seconds) for each in sets)


def map_with(folder: Path, people: str) -> Path:
    path = folder / "comity.yaml"
    path.write_text(f"comity: 1\nname: Shop\nentities:\n- {{id: acme, country: NL}}\npeople:\n{people}", "utf-8")
    return path


# --- what is counted


def test_places_are_known_by_code_and_by_name(shop: Path, addresses: dict[str, str], tmp_path: Path) -> None:
    (count,) = counted(map_with(tmp_path, f'- {{id: all, query: {{at: SHOP, sql: "{BY_COUNTRY}"}}}}\n'), addresses)
    assert count.problems == ()
    assert count.counts == {"DE": 4, "FR": 1, "GB": 1, "NL": 4, "US-CA": 1}
    assert list(count.counts) == sorted(count.counts)
    assert (count.devices, count.dialect) == (None, "sqlite")


def test_map_tells_places_that_the_database_calls_otherwise(
    shop: Path, addresses: dict[str, str], tmp_path: Path
) -> None:
    sql = "select country, count(*) from customer group by country union all select null, 2 union all select '', 1"
    places = "{Burma-Land: MM, Kazakstan: KZ, '': US, UK: IE}"
    path = map_with(tmp_path, f'- {{id: all, query: {{at: SHOP, sql: "{sql}", places: {places}}}}}\n')
    (count,) = counted(path, addresses)
    assert count.problems == ()
    assert count.counts == {"DE": 4, "FR": 1, "IE": 1, "KZ": 1, "MM": 1, "NL": 4, "US": 3, "US-CA": 1}


def test_third_column_counts_devices(shop: Path, addresses: dict[str, str], tmp_path: Path) -> None:
    sql = "select country, count(*), count(device) from customer where country in ('NL', 'de', 'Germany') group by 1"
    (count,) = counted(map_with(tmp_path, f'- {{id: all, query: {{at: SHOP, sql: "{sql}"}}}}\n'), addresses)
    assert (count.counts, count.devices) == ({"DE": 4, "NL": 4}, {"DE": 3, "NL": 4})


def test_number_alone_counts_for_the_one_place(shop: Path, addresses: dict[str, str], tmp_path: Path) -> None:
    people = "- {id: all, query: {at: SHOP, sql: 'SELECT total(1) FROM customer;', place: NL}}\n"
    (count,) = counted(map_with(tmp_path, people), addresses)
    assert count.counts == {"NL": len(ROWS)}


# --- what is wrong


@pytest.mark.parametrize("name", sorted(path.stem for path in BAD.glob("*.yaml")))
def test_count_that_goes_wrong_is_told_with_all_its_problems(
    name: str,
    addresses: dict[str, str],
    golden: Callable[[Path, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(BAD)
    counts = counted(Path(f"{name}.yaml"), addresses, seconds=0.5 if name == "stopped" else 60)
    assert all(count.problems and not count.counts for count in counts)
    text = "\n\n".join(problem.to_text() for count in counts for problem in count.problems) + "\n"
    assert "hunter2" not in text
    golden(BAD / f"{name}.txt", text)


def test_password_of_a_map_is_shown_in_no_problem() -> None:
    with pytest.raises(InputError) as raised:
        read_map(HERE / "bad" / "queries-that-are-not-run.yaml", vocabulary(), day=DAY)
    assert "address-in-map" in {problem.code for problem in raised.value.problems}
    assert "hunter2" not in str(raised.value)
    assert "hunter2" not in json.dumps([problem.to_json() for problem in raised.value.problems])


@pytest.mark.parametrize(
    "sql",
    [
        "select 'a;b', \"into\" from x",
        "select ';' -- ; into",
        "select /* ; into */ 1;",
        "(select 1) union select 2",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "values (1)",
        "select 'it''s; so'",
    ],
)
def test_query_that_only_looks_dangerous_is_taken(tmp_path: Path, sql: str) -> None:
    text = sql.replace("'", "''")
    (each,) = read_sets(map_with(tmp_path, f"- {{id: a, query: {{at: DB, sql: '{text}'}}}}\n"), vocabulary(), day=DAY)
    assert each.query.sql == sql.removesuffix(";")


# --- SQLite keeps what it has


@pytest.mark.parametrize(
    "sql",
    [
        "delete from customer",
        "with a as (select 1) delete from customer",
        "insert into customer values ('NL', null) returning country",
        "drop table customer",
        "attach database '{folder}/other.db' as other",
        "vacuum into '{folder}/other.db'",
        "pragma query_only = off",
        "pragma writable_schema = on",
        "begin immediate",
        "select load_extension('x')",
        "select 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' regexp '(a+)+$'",
        "select 1; delete from customer",
        "select * from pragma_database_list",
    ],
)
def test_file_stays_as_it_is_whatever_is_asked(shop: Path, sql: str) -> None:
    # a map with most of these is not read at all; here they get through to the database
    before, listed = shop.read_bytes(), sorted(shop.parent.iterdir())
    got = fetch(f"sqlite:///{shop}", sql.format(folder=shop.parent), seconds=5, max_rows=10)
    assert isinstance(got, Refused)
    assert got.kind == "database"
    assert (shop.read_bytes(), sorted(shop.parent.iterdir())) == (before, listed)


def test_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert fetch(f"sqlite:///{tmp_path}/new.db", "select 1", seconds=5, max_rows=10) == Refused(
        "database", "unable to open database file"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("library", "address"),
    [("sqlalchemy", "sqlite:///x.db"), ("psycopg", "postgresql://db/x"), ("pymysql", "mariadb://db/x")],
)
def test_library_that_is_not_installed_is_named(library: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match="`count` needs SQLAlchemy with its drivers") as raised:
        fetch(address, "select 1", seconds=5, max_rows=10)
    assert raised.value.extra == "count"


def test_rows_above_the_limit_are_not_fetched(shop: Path) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
    got = fetch(f"sqlite:///{shop}", endless, seconds=60, max_rows=100)
    assert isinstance(got, Rows)
    assert len(got.rows) == 101


# --- the map


def test_counts_are_written_and_all_else_stays(
    shop: Path, addresses: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    people = f"""\
- id: customers   # whoever bought
  of: acme
  window: held
  count: {{NL: 1_000, FR: 2}}   # by hand
  query: {{at: SHOP, sql: "{BY_COUNTRY}"}}
# the rest
- {{id: staff, window: held}}
"""
    path = map_with(tmp_path, people)
    before = path.read_text("utf-8")
    today = dt.datetime.now(dt.UTC).date()
    code, printed, errors = run(capfd, "count", str(path), "--dry-run")
    assert (code, errors) == (0, "")
    assert path.read_text("utf-8") == before
    assert "+  count: {NL: 4, FR: 1, DE: 4, GB: 1, US-CA: 1}   # by hand" in printed
    code, printed, errors = run(capfd, "count", str(path))
    assert (code, errors) == (0, "")
    assert printed.strip() == (
        "customers: 11 persons in 5 places, counted in SHOP (sqlite); otherwise than before: DE, FR, GB, NL, US-CA"
    )
    (each,) = read_sets(path, vocabulary(), day=DAY)
    assert path.read_text("utf-8") == before.replace(
        "{NL: 1_000, FR: 2}", "{NL: 4, FR: 1, DE: 4, GB: 1, US-CA: 1}"
    ).replace("# the rest", f"  counted: {today}\n  digest: 'sha256:{each.query.digest}/sqlite'\n# the rest")
    assert read_map(path, vocabulary(), day=DAY).remarks == ()


def test_set_in_another_file_is_written_there(
    shop: Path, addresses: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    main = map_with(tmp_path, "- {id: here, query: {at: SHOP, sql: select 1, place: NL}}\nuse: [sub/more.yaml]\n")
    more = tmp_path / "sub" / "more.yaml"
    more.parent.mkdir()
    more.write_bytes(b"\xef\xbb\xbfpeople:\r\n- {id: there, query: {at: SHOP, sql: select 2, place: NL}}\r\n")
    assert run(capfd, "count", str(main), "there")[0] == 0
    assert "counted" not in main.read_text("utf-8")
    assert more.read_bytes().startswith(b"\xef\xbb\xbfpeople:\r\n- {id: there,")
    assert b"count: {NL: 2}" in more.read_bytes()
    assert b"\n" not in more.read_bytes().replace(b"\r\n", b"")
    assert run(capfd, "count", str(main))[0] == 0
    assert "count: {NL: 1}" in main.read_text("utf-8")


def test_one_that_fails_leaves_the_others_done(
    shop: Path, addresses: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    people = (
        "- {id: before, query: {at: SHOP, sql: select 1, place: NL}}\n"
        "- {id: broken, count: {NL: 7}, query: {at: SHOP, sql: select nowhere, place: NL}}\n"
        "- {id: after, query: {at: SHOP, sql: select 3, place: NL}}\n"
    )
    path = map_with(tmp_path, people)
    code, printed, errors = run(capfd, "count", str(path))
    assert code == 5
    assert "broken: stays as it was, 1 problem\n" in printed
    assert "error[query-refused]: the database of `SHOP` refuses: no such column: nowhere" in errors
    written = path.read_text("utf-8")
    assert "- {id: broken, count: {NL: 7}, query: {at: SHOP, sql: select nowhere, place: NL}}\n" in written
    assert "count: {NL: 1}" in written
    assert "count: {NL: 3}" in written


def test_json_says_what_was_counted_and_what_was_not(
    shop: Path, addresses: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    people = (
        "- {id: all, count: {NL: 7}, query: {at: SHOP, sql: 'select ''NL'', 1, 2'}}\n"
        "- {id: broken, query: {at: NOT_SET, sql: select 1, place: NL}}\n"
    )
    path = map_with(tmp_path, people)
    code, printed, _ = run(capfd, "count", str(path), "--json", "--dry-run")
    said = json.loads(printed)
    assert (code, said["format"]) == (5, "count/1")
    whole, broken = said["sets"]
    assert whole.pop("digest").startswith("sha256:")
    assert whole == {
        "id": "all",
        "at": "SHOP",
        "dialect": "sqlite",
        "counted": True,
        "now": {"NL": "7"},
        "count": {"NL": 1},
        "devices": {"NL": 2},
        "problems": [],
    }
    assert (broken["counted"], broken["now"], broken["dialect"]) == (False, None, "")
    assert [problem["code"] for problem in broken["problems"]] == ["no-address"]
    assert "counted" not in path.read_text("utf-8")


def test_set_without_query_is_named(
    shop: Path, addresses: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = map_with(tmp_path, "- {id: customers, query: {at: SHOP, sql: select 1, place: NL}}\n- {id: staff}\n")
    code, _, errors = run(capfd, "count", str(path), "custmers")
    assert code == 2
    assert errors == "error: the map has no set of people `custmers` with a `query`; did you mean `customers`?\n"
    assert "those that have one: customers" in run(capfd, "count", str(path), "staff")[2]
    path = map_with(tmp_path, "- {id: staff}\n")
    assert "no set of people in the map has a `query`" in run(capfd, "count", str(path))[2]


def test_query_changed_after_the_count_is_remarked_by_a_check(
    shop: Path, addresses: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = map_with(tmp_path, "- {id: all, of: acme, query: {at: SHOP, sql: select 1, place: NL}}\n")
    assert run(capfd, "count", str(path))[0] == 0
    written = path.read_text("utf-8")
    for old, new in (("select 1", "select 2"), ("place: NL", "place: DE"), ("place: NL", "place: NL, places: {x: DE}")):
        path.write_text(written.replace(old, new), "utf-8")
        code, _, errors = run(capfd, "check", str(path), "--json")
        assert code == 0
        assert errors.startswith("warning[query-changed]: the query is not the one that was counted\n")
        assert "help: run `comity count`" in errors
    path.write_text(written.replace("at: SHOP", "at: OTHER"), "utf-8")  # the same query, wherever it is run
    assert read_map(path, vocabulary(), day=DAY).remarks == ()


def test_check_runs_no_query(
    addresses: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(sqlite3, "connect", opened.append)
    path = map_with(tmp_path, "- {id: all, of: acme, query: {at: SHOP, sql: select 1, place: NL}}\n")
    assert run(capfd, "check", str(path), "--json")[0] == 0
    assert opened == []


def test_digest_is_that_of_the_text_of_the_query() -> None:
    # printf '%s' 'select 1' | sha256sum
    assert Query("a", "DB", "select 1").digest == "822ae07d4783158b"
