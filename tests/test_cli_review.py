"""`comity check --diff`: what a change of the map or of Terraform does, in a real git repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from comity import cli
from comity import document as doc
from tests.house.sources import ROOT
from tests.test_cli import run

DAY = ("--day", "2026-11-24")
MAP = """\
comity: 1
name: Small
use: [systems.yaml]
entities:
- {id: us, name: Us B.V., country: NL, role: controller}
- {id: vendor, name: Vendor, country: DE, role: processor}
flows:
- {id: copy, name: nightly copy, from: main, to: store, data: {only: [contact]}, deal: vendor, purposes: [marketing]}
"""
SYSTEMS = """\
systems:
- {id: main, place: NL, run_by: us}
- {id: store, place: DE, run_by: vendor, for: us}
"""


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.email=a@example.org", "-c", "user.name=A", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    """A map in a folder of a repository, committed."""
    folder = tmp_path / "repo" / "maps"
    folder.mkdir(parents=True)
    (folder / "comity.yaml").write_text(MAP, encoding="utf-8")
    (folder / "systems.yaml").write_text(SYSTEMS, encoding="utf-8")
    git(tmp_path / "repo", "init", "-q")
    commit(folder)
    return folder / "comity.yaml"


def commit(folder: Path) -> None:
    git(folder, "add", "-A", ".")
    git(folder, "commit", "-q", "-m", "as it was")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_changed_says_so(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    code, out, _ = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD")
    assert code == cli.DONE
    assert out.startswith("### Data flows of Small: nothing changed\n\n1 entry, before 1; compared with `HEAD`")


def test_a_place_that_moves_is_newly_not_allowed_and_says_which_article_and_what_to_do(
    capsys: pytest.CaptureFixture[str], map_file: Path
) -> None:
    change(map_file.parent / "systems.yaml", "id: store, place: DE", "id: store, place: US")
    change(map_file, "country: DE", "country: US")
    code, out, _ = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD")
    assert code != cli.DONE
    assert "**Less allowed than before** (1)" in out
    row = next(line for line in out.splitlines() if line.startswith("| nightly copy"))
    assert "✔ allowed → **" in row
    assert "GDPR Art. 4" in row


def test_what_is_freed_fails_nobody(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    change(map_file.parent / "systems.yaml", "id: store, place: DE", "id: store, place: US")
    change(map_file, "country: DE", "country: US")
    commit(map_file.parent)
    code, out, _ = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD~1", "--fail-on", "none")
    assert code == cli.DONE
    change(map_file.parent / "systems.yaml", "id: store, place: US", "id: store, place: DE")
    change(map_file, "country: US", "country: DE")
    code, out, _ = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD")
    assert code == cli.DONE
    assert "1 freed" in out
    assert "**More allowed than before** (1)" in out


def test_new_and_gone_entries_as_json(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    change(map_file, "id: copy", "id: again")
    code, out, _ = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD", "--json")
    found = json.loads(out)
    assert (code, found["format"], found["base"]) == (cli.DONE, "review/1", "HEAD")
    assert [(c["kind"], c["entry"], c["before"], c["after"]) for c in found["changed"]] == [
        ("new", "again", None, "allowed"),
        ("gone", "copy", "allowed", None),
    ]


TF = 'resource "aws_s3_bucket" "{name}" {{\n  bucket = "{name}"\n}}\nprovider "aws" {{\n  region = "{region}"\n}}\n'


def test_a_change_of_terraform_alone_is_seen(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    folder = map_file.parent / "infra"
    folder.mkdir()
    (folder / "main.tf").write_text(TF.format(name="archive", region="eu-central-1"), encoding="utf-8")
    _, _, _ = run(capsys, "import", "terraform", str(folder), "--map", str(map_file), "--owner", "us")
    change(map_file, "to: store", "to: archive")
    commit(map_file.parent)
    code, out, _ = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD", "--import", f"terraform={folder}")
    assert (code, "nothing changed" in out) == (cli.DONE, True)
    (folder / "main.tf").write_text(TF.format(name="archive", region="cn-north-1"), encoding="utf-8")
    _, out, _ = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD", "--import", f"terraform={folder}")
    assert "copy" in out
    assert "China" in out
    assert "nothing changed" not in out


def test_a_broken_map_of_before_is_shown_by_its_revision(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    change(map_file, "country: NL", "country: NX")
    commit(map_file.parent)
    change(map_file, "country: NX", "country: NL")
    code, _, err = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD")
    assert code == cli.PROBLEMS
    assert "HEAD:comity.yaml:5" in err


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("no-such", "there is no revision `no-such`"),
        ("--output=x", "there is no revision"),
        ("", "there is no revision"),
    ],
)
def test_a_base_that_is_none_is_told(capsys: pytest.CaptureFixture[str], map_file: Path, base: str, said: str) -> None:
    code, _, err = run(capsys, "check", str(map_file), *DAY, f"--diff={base}")
    assert code == cli.USAGE
    assert said in err
    assert not (map_file.parent / "x").exists()


def test_outside_of_a_repository_it_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "comity.yaml").write_text(MAP.replace("use: [systems.yaml]\n", "") + SYSTEMS, encoding="utf-8")
    code, _, err = run(capsys, "check", str(tmp_path / "comity.yaml"), *DAY, "--diff", "HEAD")
    assert code == cli.USAGE
    assert "lies in no git repository" in err


def test_a_map_that_was_not_there_is_told(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    other = map_file.with_name("other.yaml")
    shutil.copy(map_file, other)
    code, _, err = run(capsys, "check", str(other), *DAY, "--diff", "HEAD")
    assert code == cli.USAGE
    assert "there was no `other.yaml` at the revision `HEAD`" in err


def test_a_link_of_before_that_leads_out_is_not_followed(
    capsys: pytest.CaptureFixture[str], map_file: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text(SYSTEMS, encoding="utf-8")
    (map_file.parent / "systems.yaml").unlink()
    (map_file.parent / "systems.yaml").symlink_to(secret)
    commit(map_file.parent)
    (map_file.parent / "systems.yaml").unlink()
    (map_file.parent / "systems.yaml").write_text(SYSTEMS, encoding="utf-8")
    code, _, err = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD")
    assert code == cli.PROBLEMS
    assert "there is no file `systems.yaml`" in err


def test_names_of_a_stranger_stay_text(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    change(map_file, "name: nightly copy", "name: '| <img src=x> @all [a](http://b) `c` **d**'")
    change(map_file, "id: copy", "id: again")
    _, out, _ = run(capsys, "check", str(map_file), *DAY, "--diff", "HEAD")
    row = next(line for line in out.splitlines() if "again" in line)
    assert row.count("|") - row.count("\\|") == 5
    assert "<img" not in row.replace("\\<img", "")
    assert "@all" not in row
    assert "[a](" not in row.replace("\\[a\\](", "")


# --- in CI


def test_the_script_for_ci_writes_findings_and_review(map_file: Path, tmp_path: Path) -> None:
    change(map_file.parent / "systems.yaml", "id: store, place: DE", "id: store, place: CN")
    change(map_file, "country: DE", "country: CN")
    bin_ = tmp_path / "bin"
    bin_.mkdir()

    (bin_ / "comity").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m comity "$@"\n')
    (bin_ / "comity").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{bin_}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "COMITY_MAP": str(map_file),
        "COMITY_BASE": "HEAD",
        "COMITY_OUT": str(tmp_path / "out"),
    }
    script = ROOT / "integrations" / "review.sh"
    done = subprocess.run([script], env=environment, cwd=map_file.parent, capture_output=True, text=True, check=False)
    assert done.returncode in (cli.FORBIDDEN, cli.UNDECIDED), done.stderr
    assert json.loads((tmp_path / "out" / "comity.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert (tmp_path / "out" / "review.md").read_text(encoding="utf-8") == done.stdout
    assert "Less allowed than before" in done.stdout
    environment["COMITY_FAIL"] = "no"
    assert (
        subprocess.run([script], env=environment, cwd=map_file.parent, capture_output=True, check=False).returncode == 0
    )


def test_no_script_of_the_templates_holds_a_stranger_s_text() -> None:
    """What CI puts in place of `${{ }}` within a script would be run: a branch may have any name."""
    action = doc.said((ROOT / "integrations" / "github" / "action.yml").read_text(encoding="utf-8"))
    assert isinstance(action, dict)
    scripts = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert len(scripts) == 3
    assert not [script for script in scripts if "${{" in script]
    hooks = doc.said((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert isinstance(hooks, list)
    assert [hook["entry"] for hook in hooks] == ["comity check comity.yaml", "comity test"]
    template = doc.said((ROOT / "integrations" / "gitlab" / "comity.gitlab-ci.yml").read_text(encoding="utf-8"))
    assert isinstance(template, dict)
    assert any("--diff" in line for line in template["comity"]["script"])
