"""Database servers that tests start for themselves: in a folder of their own, on a free port, as an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

PASSWORD = "s3cret-of-the-owner"  # noqa: S105 - of servers that live as long as a test
USER = "keeper"
PATIENCE = 60  # seconds until a server answers


@dataclass(frozen=True)
class Server:
    """A running server; `address` is that of its owner, who may do everything."""

    dialect: str
    address: str


@contextmanager
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server with one empty database."""
    initdb = _program("initdb", "postgresql", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin"))))
    with _folder("postgres") as (folder, user):
        (folder / "password").write_text(PASSWORD)
        data = str(folder / "data")
        options = [
            "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
        ]
        _run([initdb, "-D", data, "-U", USER, *options], folder, user)
        port = _free_port()
        command = [str(Path(initdb).parent / "postgres"), "-D", data, "-k", str(folder), "-p", str(port)]
        with _running([*command, "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"], folder, user):
            address = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
            _wait(address.replace("postgresql:", "postgresql+psycopg:"), folder)
            yield Server("postgresql", address)


@contextmanager
def mariadb() -> Iterator[Server]:
    """A MariaDB server, which speaks as MySQL does, with one empty database."""
    install = _program("mariadb-install-db", "mariadb-server", "/usr/bin")
    daemon = _program("mariadbd", "mariadb-server", "/usr/sbin")
    with _folder("mysql") as (folder, user):
        data = folder / "data"
        options = ["--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"]
        _run([install, *options, "--basedir=/usr"], folder, user)
        start = folder / "start.sql"
        start.write_text(
            f"CREATE DATABASE sample CHARACTER SET utf8mb4;\n"
            f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO '{USER}'@'%';\n"
        )
        port = _free_port()
        options = ["--no-defaults", f"--datadir={data}", f"--socket={folder / 's'}", f"--port={port}"]
        options += ["--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}", f"--init-file={start}"]
        options += ["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve"]
        with _running([daemon, *options], folder, user):
            address = f"mysql://{USER}:{PASSWORD}@127.0.0.1:{port}/sample"
            _wait(address.replace("mysql:", "mysql+pymysql:"), folder)
            yield Server("mariadb", address)


def _program(name: str, package: str, *folders: str) -> str:
    path = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))
    if path is None:
        pytest.skip(f"this machine lacks `{name}`: apt-get install {package}")
    return path


@contextmanager
def _folder(name: str) -> Iterator[tuple[Path, str | None]]:
    """A folder, and the user to whom it belongs: servers refuse to run as root. Short, for the path of a socket."""
    folder = Path(tempfile.mkdtemp(prefix="comity-"))
    user = None
    try:
        if os.geteuid() == 0:
            user = name
            entry = pwd.getpwnam(name)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        yield folder, user
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], folder: Path, user: str | None) -> None:
    done = subprocess.run(command, cwd=folder, user=user, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _running(command: list[str], folder: Path, user: str | None) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, user=user, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    assert isinstance(port, int)
    return port


def _wait(address: str, folder: Path) -> None:
    engine = create_engine(address, poolclass=NullPool)
    until = time.monotonic() + PATIENCE
    while not _answers(engine):
        log = (folder / "log").read_text(errors="replace")
        assert time.monotonic() < until, f"the server does not answer\n{log[-2000:]}"
        time.sleep(0.2)


def _answers(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            return bool(connection.execute(text("SELECT 1")).scalar_one())
    except OperationalError:
        return False
