"""`comity export` from the command line."""

import csv
import json
from pathlib import Path

import pytest

from comity import cli
from comity.report.register import HEADER
from tests.test_cli import run

MAP = "examples/harbour/comity.yaml"
DAY = ("--day", "2026-11-25", "--pack", "eu/personal-data")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "CSV"])
def test_a_register_is_written_and_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"register.{ending}"
    code, out, err = run(capsys, "export", MAP, "--register", str(path), *DAY)
    assert (code, err) == (cli.DONE, "")
    assert out == f"wrote {path}: 13 rows\n"
    if ending == "csv":
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        assert (tuple(rows[0]), len(rows)) == (HEADER, 14)
    elif ending == "xlsx":
        assert path.read_bytes().startswith(b"PK")


def test_both_are_written_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    register, dpv = tmp_path / "r.csv", tmp_path / "map.jsonld"
    base = "https://data.example/"
    code, out, _ = run(capsys, "export", MAP, "--register", str(register), "--dpv", str(dpv), "--base", base, *DAY)
    assert (code, out.count("wrote ")) == (cli.DONE, 2)
    told = json.loads(dpv.read_text(encoding="utf-8"))
    assert told["@graph"][0]["@id"].startswith(base)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "say what to write"),
        (("--register", "a.ods"), "must end in .csv or .xlsx"),
        (("--dpv", "a.jsonld", "--base", 'x" y'), "is no address"),
    ],
)
def test_what_cannot_be_written_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], message: str
) -> None:
    code, out, err = run(capsys, "export", MAP, *options, *DAY)
    assert (code, out) == (cli.USAGE, "")
    assert message in " ".join(err.split())
    assert not Path("a.ods").exists()
