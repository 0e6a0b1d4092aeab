"""`comity common` from the command line."""

import json
from pathlib import Path

import pytest

from comity import cli
from tests.test_cli import run

pytest.importorskip("z3")

DAY = ("--day", "2026-11-25")


def test_the_common_ground_of_four_parties_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "common", "eu", "JP", "BR,SG", "--data", "health", *DAY)
    assert (code, err) == (cli.DONE, "")
    assert out.startswith("Common ground of BR EU JP SG: transfer, law of 2026-11-25\n")
    assert "Allowed between all 12 ordered pairs with these measures, effort " in out
    assert "Clauses of theirs that say the same (" in out
    assert max(map(len, out.splitlines())) <= 100


def test_the_common_ground_of_four_parties_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "common", "EU", "RU", "VN", "US", "--about", "collection", *DAY, "--json")
    found = json.loads(out)
    assert code == cli.DONE
    assert (found["format"], found["kind"], found["day"]) == ("common/1", "collection", "2026-11-25")
    assert [p["party"] for p in found["parties"]] == ["EU", "RU", "US", "VN"]
    assert (found["shared"], found["largest"][0]["out"]) == (False, ["RU"])
    assert found["alike"]["n_open"] == 0


def test_a_given_case_holds_in_every_pair(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(
        "kind: storage\nday: 2026-11-24\nfacts: {data.categories: {only: [health]}}\n"
        "measures: {store-at-home: cannot}\n",
        encoding="utf-8",
    )
    code, out, _ = run(capsys, "common", "RU", "JP", "--given", str(case), "--persons", "70", "--json")
    found = json.loads(out)
    assert code == cli.DONE
    assert (found["kind"], found["day"], found["shared"]) == ("storage", "2026-11-24", False)
    assert "health data of 70 " in found["story"][0]
    assert {p["state"] for p in found["pairs"] if p["from"] == "RU"} == {"closed"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("EU", "JPN"), "no pack holds the law of a party `JPN`; did you mean `JP`?"),
        (("FR", "JP"), "no pack holds the law of a party `FR`; the law of EU holds there"),
        (("JP",), "common ground takes two parties or more"),
        (("EU", "JP", "--about", "incident"), "there is no flow from one party to another in a case of `incident`;"),
        (("EU", "JP", "--data", "helth"), "`helth` is not a known category; did you mean `health`"),
    ],
)
def test_what_cannot_be_asked(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str) -> None:
    code, out, err = run(capsys, "common", *arguments, *DAY)
    assert (code, out) == (cli.USAGE, "")
    assert err.startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("facts", "arguments", "message"),
    [
        (
            "recipient.country: CH",
            (),
            "`recipient.country` differs from pair to pair of parties; leave it out of the case",
        ),
        ("recipient.role: processor", ("--about", "storage"), "is a case of `transfer`, and `--about` says `storage`"),
    ],
)
def test_a_given_case_that_does_not_fit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, facts: str, arguments: tuple[str, ...], message: str
) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(f"kind: transfer\nday: 2026-11-24\nfacts: {{{facts}}}\n", encoding="utf-8")
    code, _, err = run(capsys, "common", "EU", "JP", "--given", str(case), *arguments)
    assert (code, message in err) == (cli.USAGE, True)
