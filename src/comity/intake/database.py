"""One query in a database that others may be writing to: in a transaction that only reads, within a time.

The only file that knows SQLAlchemy. What keeps a query from writing is the database itself: a read-only transaction in
PostgreSQL, MySQL and MariaDB; in SQLite a file opened for reading, and a guard that lets nothing but reading through.
Nothing that is told from here holds the address or a password.
"""

from __future__ import annotations

import math
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from comity.errors import MissingExtraError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite",
}
_CONNECT_SECONDS = 15
_GRACE_SECONDS = 5  # in which a server tells that time is up, before the line is cut
_TIME_IS_UP = frozenset({"57014", "3024", "1969", "interrupted"})  # as PostgreSQL, MySQL, MariaDB and SQLite say it
_SECRET_KEYS = re.compile(r"pass|secret|token|key|cred", re.IGNORECASE)
_MAX_TOLD = 300  # characters of what a database says
# What a query in SQLite may do; all else, such as ATTACH or PRAGMA, is refused.
_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_FUNCTION})
_NO_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "regexp"})  # the last one is Python's: no clock stops it
_STEPS = 1000  # of SQLite between two looks at the clock
_MAX_LENGTH = 64 * 1024 * 1024  # bytes of one value that SQLite makes


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gave: the kind of database, the number of columns, at most one row more than was asked for."""

    dialect: str
    n_columns: int
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a query gave nothing.

    Attributes:
        kind: address (it is none of a database that is read here), late (time was up), database (it said no).
        text: what the database said, without the address and passwords; of an address nothing.
    """

    kind: str
    text: str = ""


def fetch(address: str, sql: str, *, seconds: float, max_rows: int) -> Rows | Refused:
    """Run one statement that reads.

    Args:
        address: of the database, as SQLAlchemy writes it: `postgresql://user@host/name`, `sqlite:///file.db`.
        sql: the statement.
        seconds: after which it is stopped.
        max_rows: more rows than one above this are not fetched.

    Raises:
        MissingExtraError: SQLAlchemy or the driver is not installed.
    """
    try:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:
        raise MissingExtraError("count", "count") from None
    try:
        url = make_url(address)
        url = url.set(drivername=_DRIVERS[url.get_backend_name()])
        if url.drivername == "sqlite" and url.database in (None, "", ":memory:"):
            return Refused("address")
    except (SQLAlchemyError, ValueError, KeyError):
        return Refused("address")
    # What a driver makes of options that it does not know, or of a server that is none, is of several kinds.
    failures = (SQLAlchemyError, OSError, ValueError, TypeError, RuntimeError)
    engine: Engine | None = None
    try:
        engine = _engine(url, seconds)
        with engine.connect() as connection, _reading(connection, seconds, max_rows) as dialect:
            options = {"no_parameters": True, "yield_per": max_rows + 1}
            with connection.execution_options(**options).exec_driver_sql(sql) as result:
                if not result.returns_rows:
                    return Rows(dialect, 0, ())
                return Rows(dialect, len(result.keys()), tuple(map(tuple, result.fetchmany(max_rows + 1))))
    except ModuleNotFoundError:
        raise MissingExtraError("count", "count") from None
    except failures as error:
        said = getattr(error, "orig", None) or error
        return Refused("late" if _is_late(said) else "database", _cleaned(said, address, url))
    finally:
        if engine is not None:
            engine.dispose()


def _engine(url: URL, seconds: float) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    if url.drivername == "sqlite":
        opened = partial(_open_file, url.database or "")
        return create_engine("sqlite://", creator=opened, poolclass=NullPool, hide_parameters=True)
    arguments: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS}
    if url.drivername.startswith("mysql"):
        patience = math.ceil(seconds) + _GRACE_SECONDS
        arguments |= {"read_timeout": patience, "write_timeout": patience, "local_infile": False}
    else:
        arguments |= {"application_name": "comity count", "keepalives_idle": 10, "keepalives_interval": 5}
        arguments |= {"keepalives_count": 3}
    return create_engine(url, connect_args=arguments, poolclass=NullPool, hide_parameters=True)


def _open_file(path: str) -> sqlite3.Connection:
    """Open a file of SQLite for reading; one that is not there is not made."""
    connection = sqlite3.connect(f"file:{quote(path.removeprefix('file:'))}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_LENGTH)
    return connection


@contextmanager
def _reading(connection: Connection, seconds: float, max_rows: int) -> Iterator[str]:
    """A transaction that reads and comes to its end in time; gives the kind of database."""
    dialect = connection.dialect.name
    if dialect == "sqlite":
        with _guarded(connection.connection.dbapi_connection, seconds):
            yield dialect
        return
    milliseconds = max(1, math.ceil(seconds * 1000))
    if dialect == "postgresql":
        connection.execution_options(postgresql_readonly=True)
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
    else:
        dialect = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else "mysql"
        limit = f"max_statement_time = {seconds}" if dialect == "mariadb" else f"max_execution_time = {milliseconds}"
        connection.exec_driver_sql(f"SET SESSION {limit}")
        connection.exec_driver_sql(f"SET SESSION sql_select_limit = {max_rows + 1}")
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.exec_driver_sql("START TRANSACTION READ ONLY")
    try:
        yield dialect
    finally:
        with suppress(OSError):
            connection.invalidate()  # nothing is committed


@contextmanager
def _guarded(raw: Any, seconds: float) -> Iterator[None]:
    """SQLite has no users and no limits of its own: a guard asks about each thing that a query does."""
    until = time.monotonic() + seconds
    raw.set_authorizer(_permitted)
    raw.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        yield
    finally:
        raw.set_authorizer(None)
        raw.set_progress_handler(None, 0)


def _permitted(action: int, _first: str | None, second: str | None, *_rest: object) -> int:
    is_barred = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _NO_FUNCTIONS
    return sqlite3.SQLITE_OK if action in _READS and not is_barred else sqlite3.SQLITE_DENY


def _is_late(error: BaseException) -> bool:
    codes = {str(getattr(error, "sqlstate", "")), str(error.args[0] if error.args else "")}
    return bool(codes & _TIME_IS_UP) or "timed out" in str(error)


def _cleaned(error: BaseException, address: str, url: URL) -> str:
    """What a database said, in one line, without anything that lets somebody in."""
    text = str(error.args[1] if len(error.args) == 2 else error)
    secrets = {address, str(url.password or ""), *(str(v) for k, v in url.query.items() if _SECRET_KEYS.search(k))}
    secrets |= {written(secret) for secret in secrets for written in (quote, quote_plus)}
    for secret in sorted(secrets - {""}, key=len, reverse=True):
        text = text.replace(secret, "***")
    first = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
    return " ".join("".join(c if c.isprintable() else " " for c in first).split())[:_MAX_TOLD]
