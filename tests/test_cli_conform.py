"""`comity conform` and the questions of `comity lint` to the solver, from the command line."""

import json
from pathlib import Path

import pytest

from comity import cli
from tests.test_cli import run

pytest.importorskip("z3")

DAY = ("--day", "2026-06-01")


def test_a_party_stands_for_all_its_packs_of_law(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "conform", "ru", "--to", "gids/commitments", *DAY, "--json")
    found = json.loads(out)
    assert code == cli.DONE
    assert found["law"] == ["ru/networks", "ru/personal-data"]
    assert found["counts"]["broken"] > 0


def test_several_packs_are_one_law(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "conform", "kh/data", "la/data", *DAY)
    assert code == cli.DONE
    assert out.startswith("kh/data, la/data held against gids/commitments on 2026-06-01: ")


def test_all_laws_make_a_table_without_the_text_itself(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "conform", "--all", "--to", "gids/data-flows", *DAY)
    assert code == cli.DONE
    assert out.startswith("laws held against gids/data-flows on 2026-06-01")
    assert not any(line.startswith("gids") for line in out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a pack or a party, or `--all`"),
        (("ru", "--all"), "`--all` takes no pack"),
        (("xx",), "no pack or party `xx`; known: "),
        (("ru", "--to", "xx/yy"), "no pack `xx/yy`; known: "),
        (("gids/commitments",), "`gids/commitments` is held against itself; name another pack"),
    ],
)
def test_what_cannot_be_asked(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str) -> None:
    code, out, err = run(capsys, "conform", *arguments, *DAY)
    assert (code, out) == (cli.USAGE, "")
    assert err.startswith(f"error: {message}")


def test_lint_asks_the_solver(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(capsys, "new-pack", "nz/personal-data", "--packs-dir", str(tmp_path))
    clauses = tmp_path / "nz" / "personal-data" / "clauses.yaml"
    written = clauses.read_text(encoding="utf-8")
    clauses.write_text(
        f"{written.rstrip()}\n- id: never\n  cite: s. 9\n  source: act\n  says: Never.\n  about: [transfer]\n"
        "  forbids: recipient.country in FR && recipient.country in DE\n",
        encoding="utf-8",
    )
    _, out, err = run(capsys, "lint", str(clauses.parent), "--json")
    assert "never-decides" in {p["code"] for p in json.loads(out)["problems"]}
    assert err == ""
