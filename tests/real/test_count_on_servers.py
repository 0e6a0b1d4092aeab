"""`comity count` on a real PostgreSQL and a real MariaDB (for MySQL), with the Pagila database in both."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from comity.intake.database import Refused, Rows, fetch
from tests.house.sources import ROOT
from tests.real.servers import PASSWORD, Server, mariadb, postgresql
from tests.test_cli import run

pytestmark = pytest.mark.system

DATA = Path(os.environ.get("COMITY_TEST_DATA") or ROOT.parent / "shared" / "data")
CUSTOMERS = (
    "select country, count(*) from customer join address using (address_id) join city using (city_id) "
    "join country using (country_id) group by country"
)
OTHER_NAMES = (
    "{'Congo, The Democratic Republic of the': CD, Czech Republic: CZ, 'Holy See (Vatican City State)': VA, "
    "Kazakstan: KZ, Runion: RE, Russian Federation: RU, Turkey: TR, 'Virgin Islands, U.S.': VI, Yugoslavia: RS}"
)
# A function that writes, and one that first tries to leave the transaction that only reads.
WRITING = {
    "postgresql": (
        "create sequence tickets",
        "create function bump() returns bigint language plpgsql as "
        "$$ begin update visits set n = n + 1; return 1; end $$",
        "create function loosen() returns bigint language plpgsql as "
        "$$ begin perform set_config('transaction_read_only', 'off', false); "
        "update visits set n = n + 1; return 1; end $$",
    ),
    "mariadb": (
        "create sequence tickets",
        "create function bump() returns bigint modifies sql data begin update visits set n = n + 1; return 1; end",
        "create function loosen() returns bigint modifies sql data begin "
        "set session tx_read_only = 0; update visits set n = n + 1; return 1; end",
    ),
}
ASLEEP = {"postgresql": "select 'NL', count(pg_sleep(60))", "mariadb": "select 'NL', sleep(60)"}
MANY = {
    "postgresql": "select n::text, n from generate_series(1, 100000) n",
    "mariadb": "select seq, seq from seq_1_to_100000",
}


@pytest.fixture(scope="module", params=[postgresql, mariadb])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server with a table that must not change."""
    with request.param() as running:
        with opened(running) as connection:
            connection.execute(text("create table visits (n int)"))
            connection.execute(text("insert into visits values (7)"))
            for statement in WRITING[running.dialect]:
                connection.exec_driver_sql(statement)
            connection.commit()
        yield running


@pytest.fixture(scope="module")
def pagila(server: Server) -> Server:
    """The server with all tables of Pagila, read from the file of SQLite."""
    path = DATA / "pagila.sqlite"
    if not path.exists():
        # No skip: that is a failure where systems are required, and a sample database is none.
        pytest.xfail(f"{path} is not there: COMITY_TEST_DATA names the folder of the sample databases")
    source = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", poolclass=NullPool)
    tables = MetaData()
    tables.reflect(source)
    with source.connect() as old, opened(server) as new:
        tables.create_all(new)
        for table in tables.sorted_tables:
            rows = [dict(row._mapping) for row in old.execute(table.select())]
            new.execute(table.insert(), rows)
        for name in ("address", "city", "country"):  # the file has no keys
            new.execute(text(f"create index {name}_by_id on {name} ({name}_id)"))
        new.commit()
    return server


def opened(server: Server) -> Connection:
    driver = {"postgresql": "postgresql+psycopg", "mariadb": "mysql+pymysql"}[server.dialect]
    return create_engine(make_url(server.address).set(drivername=driver), poolclass=NullPool).connect()


def visits(server: Server) -> int:
    with opened(server) as connection:
        return int(connection.execute(text("select n from visits")).scalar_one())


def map_with(folder: Path, *people: str) -> Path:
    path = folder / "comity.yaml"
    rows = "".join(f"- {each}\n" for each in people)
    path.write_text(f"comity: 1\nname: Rental\nentities:\n- {{id: rental, country: CA}}\npeople:\n{rows}", "utf-8")
    return path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def count(capfd: pytest.CaptureFixture[str], server: Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `comity count`; what it prints never holds the password."""
    monkeypatch.setenv("RENTAL", server.address)

    def _count(path: Path, *arguments: str) -> tuple[int, str, str]:
        code, printed, errors = run(capfd, "count", str(path), *arguments)
        assert PASSWORD not in printed + errors
        return code, printed, errors

    return _count


def test_customers_of_pagila_are_counted_where_they_live(pagila: Server, count: Run, tmp_path: Path) -> None:
    path = map_with(
        tmp_path, f'{{id: customers, query: {{at: RENTAL, sql: "{CUSTOMERS}", places: {OTHER_NAMES}}}}}  # all'
    )
    code, printed, errors = count(path)
    assert (code, errors) == (0, "")
    expected = f"customers: 599 persons in 108 places, counted in RENTAL ({pagila.dialect})"
    assert printed.strip() == expected
    written = path.read_text("utf-8")
    assert f"/{pagila.dialect}'}}  # all" in written
    assert "US: 36" in written
    code, printed, errors = count(path)
    assert (code, printed.strip()) == (0, f"{expected}; as before")
    assert path.read_text("utf-8") == written


def test_same_query_gives_the_same_from_the_file_and_from_the_server(pagila: Server) -> None:
    here = fetch(f"sqlite:///{DATA / 'pagila.sqlite'}", CUSTOMERS, seconds=60, max_rows=1000)
    there = fetch(pagila.address, CUSTOMERS, seconds=60, max_rows=1000)
    assert isinstance(here, Rows)
    assert isinstance(there, Rows)
    assert sorted(there.rows) == sorted(here.rows)
    assert len(there.rows) == 108


def test_places_that_nobody_knows_leave_the_set_as_it_was(pagila: Server, count: Run, tmp_path: Path) -> None:
    path = map_with(
        tmp_path,
        f'{{id: customers, count: {{NL: 1}}, query: {{at: RENTAL, sql: "{CUSTOMERS}"}}}}',
        "{id: staff, query: {at: RENTAL, sql: select count(*) from staff, place: CA}}",
    )
    code, _, errors = count(path)
    assert code == 5
    assert errors.count("error[unknown-place]") == 9
    assert "`Kazakstan`, where the database has 2 persons, is not a known place" in errors
    assert "write `places: {'Kazakstan': KZ}` beside the query" in errors
    customers, staff = path.read_text("utf-8").partition("people:\n")[2].split("\n- ")
    assert customers.startswith("- {id: customers, count: {NL: 1}, query:")
    assert "counted" not in customers
    assert "count: {CA: 2}" in staff


@pytest.mark.parametrize("sql", ["select bump()", "select loosen()", "select nextval('tickets')"])
def test_server_itself_refuses_what_writes(server: Server, count: Run, tmp_path: Path, sql: str) -> None:
    if server.dialect == "mariadb" and "nextval" in sql:
        sql = "select nextval(tickets)"
    path = map_with(tmp_path, f'{{id: all, query: {{at: RENTAL, sql: "{sql}", place: NL}}}}')
    before = path.read_text("utf-8")
    code, _, errors = count(path)
    assert code == 5
    assert "error[query-refused]" in errors
    assert re.search("read.only transaction|read-write mode must be set before", errors, flags=re.IGNORECASE)
    assert visits(server) == 7
    assert path.read_text("utf-8") == before


@pytest.mark.parametrize(
    "sql",
    [
        "update visits set n = 8",
        "with gone as (delete from visits returning n) select 'NL', n from gone",
        "select 1; update visits set n = 8",
        "commit; update visits set n = 8",
        "create table other (n int)",
        "drop table visits",
    ],
)
def test_server_refuses_what_no_map_may_ask_for(server: Server, sql: str) -> None:
    # a map with such a query is not read at all; here it gets through to the server
    assert isinstance(fetch(server.address, sql, seconds=60, max_rows=10), Refused)
    assert visits(server) == 7


def test_writing_does_happen_where_the_transaction_may_write(server: Server) -> None:
    with opened(server) as connection:
        connection.execute(text("select bump()"))
        assert connection.execute(text("select n from visits")).scalar_one() == 8
        connection.rollback()


def test_query_that_takes_too_long_is_stopped_by_the_server(server: Server, count: Run, tmp_path: Path) -> None:
    path = map_with(tmp_path, f'{{id: all, query: {{at: RENTAL, sql: "{ASLEEP[server.dialect]}"}}}}')
    code, _, errors = count(path, "--seconds", "0.5")
    assert code == 5
    assert "error[query-stopped]: the query took longer than 0.5 s and was stopped" in errors


def test_too_many_rows_are_not_fetched(server: Server, count: Run, tmp_path: Path) -> None:
    path = map_with(tmp_path, f'{{id: all, query: {{at: RENTAL, sql: "{MANY[server.dialect]}"}}}}')
    code, _, errors = count(path)
    assert code == 5
    assert "error[unfit-result]: the query gives more than 5000 rows" in errors
    got = fetch(server.address, MANY[server.dialect], seconds=60, max_rows=100)
    assert isinstance(got, Rows)
    assert len(got.rows) == 101


def test_sums_are_whole_numbers_and_averages_are_not(server: Server, count: Run, tmp_path: Path) -> None:
    path = map_with(
        tmp_path,
        "{id: sum, query: {at: RENTAL, sql: \"select 'nl', sum(n), 2 * sum(n) from visits\"}}",
        "{id: avg, query: {at: RENTAL, sql: select avg(n) / 2 from visits, place: NL}}",
        "{id: none, query: {at: RENTAL, sql: select max(n) from visits where n > 9, place: NL}}",
        "{id: below, query: {at: RENTAL, sql: select -n from visits, place: NL}}",
    )
    code, printed, errors = count(path)
    assert code == 5
    assert "sum: 7 persons in 1 place" in printed
    assert "count: {NL: 7}, devices: {NL: 14}" in path.read_text("utf-8")
    assert "error[type-clash]: `3.5" in errors
    assert "error[type-clash]: `NULL` is no number of persons" in errors
    assert "error[negative-number]: `-7` is negative" in errors


@pytest.mark.parametrize("change", [("keeper", "nobody"), (PASSWORD, "p@ss word%2F"), ("127.0.0.1:", "127.0.0.1:1")])
def test_nobody_is_let_in_and_the_password_is_told_to_nobody(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    change: tuple[str, str],
) -> None:
    old, new = change
    address = server.address.replace(old, new.replace("@", "%40").replace(" ", "%20"))
    monkeypatch.setenv("RENTAL", address)
    path = map_with(tmp_path, "{id: all, query: {at: RENTAL, sql: select n from visits, place: NL}}")
    for arguments in ((), ("--json",), ("--dry-run",)):
        code, printed, errors = run(capfd, "count", str(path), *arguments)
        assert code == 5
        assert "error[query-refused]" in errors
        for secret in (PASSWORD, "p@ss word", "p%40ss", address):
            assert secret not in printed + errors


def test_query_with_signs_that_drivers_know_comes_through_as_it_is(server: Server) -> None:
    got = fetch(server.address, "select 'a%b :c %s', 1 where 7 % 2 = 1", seconds=60, max_rows=10)
    assert isinstance(got, Rows)
    assert got.rows == (("a%b :c %s", 1),)
