"""The commands that hold laws against each other, as a person uses them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from comity import cli
from tests.small.law import HEADER
from tests.test_cli import run

DAY = ("--day", "2026-11-25")
LAW = """
covers: [{about: [transfer], first_day: 2025-01-01}]
scope: holder.country in [FR]
clauses:
- {id: ban, cite: Art. 1, says: No., forbids: "!(recipient.country in EEA)"}
- {id: safe, cite: Art. 2, says: By contract., excuses: [ban], needs: [eu-standard-clauses]}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one pack, committed; gives the folder of the packs."""
    folder = tmp_path / "packs" / "fr" / "law"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text(HEADER.format(id="fr/law", places="[FR]"), encoding="utf-8")
    (folder / "clauses.yaml").write_text(LAW, encoding="utf-8")
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        who = ["-c", "user.name=A", "-c", "user.email=a@law.example"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *command], check=True, capture_output=True)
    return tmp_path / "packs"


def rewrite(packs: Path, before: str, now: str) -> None:
    path = packs / "fr" / "law" / "clauses.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(before, now), encoding="utf-8")


def test_two_packs_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "compare", "eu/personal-data", "cn/outbound-data", *DAY, "--json")
    found = json.loads(out)
    assert code == cli.DONE
    assert found["comparisons"][0]["relation"] == "different"


def test_each_example_is_a_case_that_can_be_decided(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = run(capsys, "compare", "us/sensitive-data", "eu/personal-data", *DAY, "--json")
    kinds = json.loads(out)["comparisons"][0]["kinds"]
    examples = [e for kind in kinds for e in (*kind["stricter"], *kind["looser"])]
    assert examples
    for example in examples:
        file = tmp_path / "case.yaml"
        file.write_text(json.dumps(example["case"]), encoding="utf-8")
        code, out, _ = run(capsys, "decide", str(file), "--pack", "us/sensitive-data", "--json")
        assert code in (cli.DONE, cli.FORBIDDEN, cli.UNDECIDED)
        assert example["first"]["verdict"] == json.loads(out)["packs"][0]["lowest"]


def test_two_days_of_a_pack_are_compared_the_earlier_first(capsys: pytest.CaptureFixture[str]) -> None:
    days = ("--day", "2026-11-25", "--day", "2025-01-01")
    code, out, _ = run(capsys, "compare", "ru/personal-data", *days)
    assert code == cli.DONE
    assert out.startswith("ru/personal-data on 2025-01-01 → ru/personal-data on 2026-11-25: stricter than before\n")
    assert "newly forbidden:" in out


@pytest.mark.parametrize(
    "arguments",
    [(), ("eu/personal-data",), ("eu/personal-data", "cn/outbound-data", "--against", "HEAD"), ("--day", "2026-01-01")],
)
def test_what_cannot_be_compared_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, _, err = run(capsys, "compare", *arguments)
    assert code == cli.USAGE
    assert "name two packs, or one pack with two --day, or --against a revision" in err.replace("\n", " ")


def test_a_day_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "compare", "eu/personal-data", "--day", "yesterday")
    assert (code, "`yesterday` is no day" in err) == (cli.USAGE, True)


def test_a_draft_is_held_against_a_revision(capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    rewrite(repository, ", needs: [eu-standard-clauses]", ", when: treaty.covers")
    code, out, _ = run(capsys, "compare", "--against", "HEAD", "--packs-dir", str(repository), *DAY)
    assert code == cli.DONE
    assert out.startswith("fr/law at HEAD → fr/law now: different: stricter in some cases, looser in others\n")
    assert "  changed: Art. 2 (fr/law/safe): By contract.\n" in out
    assert "  newly forbidden:\n" in out
    assert "  freed:\n" in out


def test_packs_that_are_the_same_as_before_are_not_shown(capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    code, out, _ = run(capsys, "compare", "--against", "HEAD", "--packs-dir", str(repository), *DAY)
    assert (code, out) == (cli.DONE, "no pack differs from `HEAD`\n")


def test_a_pack_that_is_new_and_one_that_is_gone(capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    shutil.move(repository / "fr", repository / "de")
    header = repository / "de" / "law" / "pack.yaml"
    header.write_text(header.read_text(encoding="utf-8").replace("fr/law", "de/law"), encoding="utf-8")
    code, out, _ = run(capsys, "compare", "--against", "HEAD", "--packs-dir", str(repository), *DAY)
    assert code == cli.DONE
    assert "de/law at HEAD → de/law now: stricter than before\n" in out
    assert "fr/law at HEAD → fr/law now: looser than before\n" in out


def test_a_revision_in_words_of_another_day_is_told_with_its_place(
    capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    rewrite(repository, "needs: [eu-standard-clauses]", "needs: [old-clauses]")
    who = ["-c", "user.name=A", "-c", "user.email=a@law.example"]
    subprocess.run(["git", "-C", str(repository), *who, "commit", "-aqm", "old"], check=True, capture_output=True)
    rewrite(repository, "old-clauses", "eu-standard-clauses")
    code, out, err = run(capsys, "compare", "--against", "HEAD", "--packs-dir", str(repository), *DAY)
    assert (code, out) == (cli.PROBLEMS, "")
    assert "error[unknown-measure]: `old-clauses` is not a known measure\n  HEAD:packs/fr/law/clauses.yaml:6:" in err


def test_a_revision_that_is_none_is_an_error(capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    code, _, err = run(capsys, "compare", "--against", "--no-such", "--packs-dir", str(repository))
    assert (code, "there is no revision `--no-such`" in err) == (cli.USAGE, True)


def test_packs_in_no_repository_have_no_revision(
    capsys: pytest.CaptureFixture[str], repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(repository.parent / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent.parent))
    code, _, err = run(capsys, "compare", "--against", "HEAD", "--packs-dir", str(repository))
    assert (code, "lies in no git repository" in err) == (cli.USAGE, True)


def test_without_git_the_error_says_so(
    capsys: pytest.CaptureFixture[str], repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(repository))
    code, _, err = run(capsys, "compare", "--against", "HEAD", "--packs-dir", str(repository))
    assert (code, "needs git" in err) == (cli.USAGE, True)


def test_contradictions_of_some_parties_as_a_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "contradict", "US", "cn", *DAY)
    assert code == cli.DONE
    assert "The party of the row orders what that of the column forbids:" in out
    assert "us and cn: " in out


def test_contradictions_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "contradict", "mm", "jp", *DAY, "--json")
    found = json.loads(out)
    assert code == cli.DONE
    assert (found["format"], found["parties"]) == ("contradict/1", ["jp", "mm"])
    assert {p["first"]["party"] for p in found["pairs"]} == {"mm"}


def test_a_party_without_a_pack_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "contradict", "usa")
    assert (code, "no pack is of a party `usa`" in err) == (cli.USAGE, True)
