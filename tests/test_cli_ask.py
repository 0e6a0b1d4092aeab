"""`comity ask` and `--exact` as a person uses them: the dialogue on a terminal, files of answers, what is written."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import io
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import termios
import threading
from pathlib import Path

import jsonschema
import pytest

from comity import cli
from comity.library import load
from comity.report.schemas import schemas
from tests.house.sources import ROOT
from tests.test_cli import run

DAY = ("--day", "2026-11-24")
STOP = "\x03"  # Ctrl-C
PATIENCE = 60  # seconds, for a program that waits for what nobody types
WRITTEN = (
    "- {fact: recipient.dpf, value: true, for: [newsletter], who: Ms. Dee, day: 2026-11-24, why: seen on the list}\n"
)


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    """A copy of the example."""
    return shutil.copytree(ROOT / "examples" / "harbour", tmp_path / "harbour") / "comity.yaml"


def added(file: Path) -> str:
    """What was added to the copy: every character that stood there still stands there, in its order."""
    old, new = (ROOT / "examples" / "harbour" / "comity.yaml").read_bytes().decode(), file.read_bytes().decode()
    n_same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(old))
    n_new = len(new) - len(old)
    assert new[:n_same] + new[n_same + n_new :] == old
    return new[n_same : n_same + n_new]


def dialogue(file: Path, typed: str, *arguments: str) -> tuple[str, int]:
    """A person at a terminal, who types once the first question is there: what is seen, and the exit code."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "comity", "ask", str(file), *DAY, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "dumb"}

    def own_terminal() -> None:
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)  # so that a key can stop the program
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever started the tests may have it ignored

    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
        preexec_fn=own_terminal,  # noqa: PLW1509 - no thread runs yet
    )  # fmt: skip
    os.close(theirs)
    never = threading.Timer(PATIENCE, process.kill)
    never.start()
    seen = b""
    is_typed = False
    with contextlib.suppress(OSError):  # the other end is closed, as Linux tells it
        while True:
            if not is_typed and b"answer: " in seen:
                os.write(ours, typed.encode())
                is_typed = True
            ready, _, _ = select.select([ours], [], [], 1)
            if not ready:  # a key that comes just before the program looks for one is lost on Python
                is_typed = is_typed and typed != STOP
                continue
            if not (chunk := os.read(ours, 4096)):
                break
            seen += chunk
    os.close(ours)
    never.cancel()
    return seen.decode().replace("\r\n", "\n"), process.wait()


# --- on a terminal


@pytest.mark.system
def test_a_dialogue_writes_the_answer_into_the_map_and_says_what_changed(harbour: Path) -> None:
    seen, code = dialogue(harbour, "?\nperhaps\nyes\n\nMs. Dee\nseen on the list\n")
    assert code == cli.DONE
    assert "[1 of 1] Is the recipient active on the Data Privacy Framework list?" in seen
    assert "active on the Data Privacy Framework list that day" in seen
    assert "is a yes or no; answer `yes` or `no`" in seen
    assert seen.count("who answers for it:") == 2
    assert "newsletter: undecided → allowed" in seen
    assert "still undecided: backup" in seen
    assert added(harbour) == "\n" + WRITTEN[:-1] or added(harbour) == WRITTEN


@pytest.mark.system
@pytest.mark.parametrize("typed", ["q\n", "\n", "unknown\n", "\x04", "yes\nq\n", "yes\nMs. Dee\nq\n", "yes\n\x04"])
def test_what_is_skipped_or_ended_writes_nothing(harbour: Path, typed: str) -> None:
    seen, code = dialogue(harbour, typed)
    assert code == cli.DONE
    assert "no answers; nothing was written" in seen
    assert added(harbour) == ""


@pytest.mark.system
def test_stopping_a_dialogue_writes_nothing(harbour: Path) -> None:
    seen, code = dialogue(harbour, STOP)
    assert (code, added(harbour)) == (130, "")
    assert "nothing was written" in seen


@pytest.mark.system
def test_who_and_why_that_are_given_are_not_asked(harbour: Path) -> None:
    seen, code = dialogue(harbour, "yes\n", "--who", "Ms. Dee", "--why", "seen on the list", "--exact")
    assert code == cli.DONE
    assert "who answers" not in seen
    assert WRITTEN.strip() in added(harbour)


@pytest.mark.system
def test_a_dry_run_shows_the_lines_and_writes_nothing(harbour: Path) -> None:
    seen, _ = dialogue(harbour, "yes\n", "--who", "Ms. Dee", "--why", "seen on the list", "--dry-run")
    assert "+" + WRITTEN in seen
    assert added(harbour) == ""


# --- without a terminal


def test_without_a_terminal_the_questions_are_printed_and_nobody_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, harbour: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    code, out, _ = run(capsys, "ask", str(harbour), *DAY)
    assert code == cli.DONE
    assert "1 question about 2 undecided entries; 1 settled by one answer" in out
    assert "recipient.dpf, of lodestar-data\n   settles newsletter" in out
    assert "backup: no pack holds the law of South Africa; ask counsel" in out
    assert "answer:" not in out
    assert added(harbour) == ""


def test_answers_are_taken_from_input_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, harbour: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("no\nMs. Dee\nit never was\n"))
    code, out, _ = run(capsys, "ask", str(harbour), *DAY, "--answer")
    assert code == cli.DONE
    assert "newsletter: undecided → conditional" in out
    assert "value: false" in added(harbour)


def test_questions_as_json_are_the_same_with_and_without_a_solver_here(
    capsys: pytest.CaptureFixture[str], harbour: Path
) -> None:
    code, out, _ = run(capsys, "ask", str(harbour), *DAY, "--json")
    found = json.loads(out)
    assert (code, found["format"], found["exact"]) == (cli.DONE, "ask/1", False)
    assert [(q["fact"], q["about"], q["for"], q["settles"]) for q in found["questions"]] == [
        ("recipient.dpf", "lodestar-data", ["newsletter"], ["newsletter"])
    ]
    assert found["left"] == [{"entry": "backup", "reasons": [{"why": "no-pack", "what": "ZA"}]}]
    _, exact, _ = run(capsys, "ask", str(harbour), *DAY, "--json", "--exact")
    assert json.loads(exact) == found | {"exact": True}


@pytest.mark.parametrize("is_file", [True, False])
def test_a_file_of_answers_is_written_for_the_entries_of_the_question(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, harbour: Path, tmp_path: Path, is_file: bool
) -> None:
    text = '[{"fact": "recipient.dpf", "value": true, "why": "seen on the list"}]'
    (tmp_path / "answers.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    file = str(tmp_path / "answers.json") if is_file else "-"
    code, out, _ = run(capsys, "ask", str(harbour), *DAY, "--answers", file, "--who", "Ms. Dee")
    assert code == cli.DONE
    assert "wrote 1 answer" in out
    assert WRITTEN.strip() in added(harbour)


@pytest.mark.parametrize(
    ("text", "arguments", "code", "said"),
    [
        ("- {fact: recipient.dpf, value: true, why: x}", (), cli.USAGE, "--answers needs --who"),
        ("- {fact: recipient.dpf, value: true}", ("--who", "D"), cli.PROBLEMS, "why"),
        ("- {fact: recipient.dfp, value: true, why: x}", ("--who", "D"), cli.PROBLEMS, "did you mean `recipient.dpf`"),
        ("- {fact: data.public, value: true, why: x}", ("--who", "D"), cli.USAGE, "no open question asks for"),
        ("- {fact: recipient.dpf, value: true, why: x, for: [news]}", ("--who", "D"), cli.PROBLEMS, "`news`"),
        ("- {fact: recipient.dpf, value: true, why: x}", ("--who", "D", "--answer"), cli.USAGE, "one of --answer"),
        ("- {fact: recipient.dpf, value: true, why: x}", ("--who", "D", "--json"), cli.USAGE, "takes no answers"),
    ],
)
def test_answers_that_cannot_be_taken_change_nothing(
    capsys: pytest.CaptureFixture[str],
    harbour: Path,
    tmp_path: Path,
    text: str,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    (tmp_path / "answers.yaml").write_text(text, encoding="utf-8")
    found, _, err = run(capsys, "ask", str(harbour), *DAY, "--answers", str(tmp_path / "answers.yaml"), *arguments)
    assert found == code
    assert said in " ".join(err.replace("│", " ").split())
    assert added(harbour) == ""


AT_HOME = """
comity: 1
name: At home
entities: [{id: one, country: NL, role: controller}, {id: two, country: DE, role: controller}]
flows: [{id: copy, from: one, to: two, data: {only: [contact]}, deal: none, purposes: [marketing]}]
"""


def test_a_map_without_an_undecided_entry_asks_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "comity.yaml").write_text(AT_HOME, encoding="utf-8")
    code, out, _ = run(capsys, "ask", str(tmp_path / "comity.yaml"), *DAY, "--pack", "eu/personal-data")
    assert (code, out) == (cli.DONE, "At home, as of 2026-11-24: nothing is undecided\n")


# --- check --exact


def test_check_exact_stands_in_a_field_of_its_own_and_changes_no_verdict(
    capsys: pytest.CaptureFixture[str], harbour: Path
) -> None:
    code, out, _ = run(capsys, "check", str(harbour), *DAY, "--json", "--exact")
    plain_code, plain, _ = run(capsys, "check", str(harbour), *DAY, "--json")
    found = json.loads(out)
    jsonschema.validate(found, schemas(load())["check"])
    exact = {flow["id"]: flow.pop("exact") for flow in found["flows"] if "exact" in flow}
    assert (code, found) == (plain_code, json.loads(plain))
    assert exact.keys() == {"backup", "newsletter"}
    assert exact["newsletter"]["verdicts"] == ["allowed", "conditional"]
    assert [q["fact"] for q in exact["newsletter"]["questions"]] == ["recipient.dpf"]
    assert (exact["backup"]["matters"], exact["backup"]["unsettled"]) == (False, [{"why": "no-pack", "what": "ZA"}])


def test_check_exact_is_told_in_the_text_and_in_the_report(
    capsys: pytest.CaptureFixture[str], harbour: Path, tmp_path: Path
) -> None:
    _, out, _ = run(capsys, "check", str(harbour), *DAY, "--exact", "--html", str(tmp_path / "report.html"))
    assert out.count("exactly: ") == 2
    assert "exactly: allowed or conditional; 1 answer settles it" in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.parametrize("form", ["--sarif", "--csv"])
def test_check_exact_has_no_place_in_lists_for_others(
    capsys: pytest.CaptureFixture[str], harbour: Path, form: str
) -> None:
    code, _, err = run(capsys, "check", str(harbour), *DAY, "--exact", form)
    assert code == cli.USAGE
    assert "--exact" in err


@pytest.mark.parametrize("command", ["ask", "check"])
def test_exact_is_an_error_where_the_solver_is_not_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, harbour: Path, command: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    code, out, err = run(capsys, command, str(harbour), *DAY, "--exact")
    assert (code, out) == (cli.USAGE, "")
    assert f"`{command} --exact` needs" in err
    assert "pip install 'comity[solve]'" in err
