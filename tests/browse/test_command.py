"""The command: without a terminal, without the library for one, and on a real one, which it leaves as it was."""

import os
import select
import subprocess
import sys

import pytest

from tests.browse.harbour import HARBOUR, ROOT

pytestmark = pytest.mark.system

SILENT_SECONDS = 60
COMMAND = """
from comity import cli
import comity.cli.browse
sys.argv = ["comity", "browse", sys.argv[1], "--day", "2026-11-24", "--pack", "eu/personal-data"]
cli.main()
"""


def run(before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, whose output is a pipe."""
    code = f"import sys\n{before}{COMMAND}"
    command = [sys.executable, "-c", code, str(HARBOUR)]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_a_pipe_is_told_to_use_check() -> None:
    done = run()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: `browse` needs a terminal; `comity check` prints the same for a pipe\n"


def test_without_the_library_the_message_names_the_extra() -> None:
    done = run("sys.modules['textual'] = None\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`browse` needs Textual, which is not installed" in done.stderr
    assert "pip install 'comity[browse]'" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminal")
def test_on_a_terminal_it_shows_the_map_and_q_ends_it() -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", f"import sys\n{COMMAND}", str(HARBOUR)]
    terminal = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=terminal) as started:
        os.close(theirs)
        seen, is_asked = b"", False
        while chunk := _read(ours):
            seen += chunk
            if not is_asked and b"Harbour Travel" in seen and b"forbidden" in seen:
                os.write(ours, b"q")
                is_asked = True
        if not is_asked:
            started.kill()
    os.close(ours)
    assert started.returncode == 0, seen[-500:]
    assert b"\x1b[?1049h" in seen  # a screen of its own while it runs
    assert b"\x1b[?1049l" in seen  # and the old one again


def _read(terminal: int) -> bytes:
    """What the program has written since; nothing once it has ended, or is silent for too long."""
    ready, _, _ = select.select([terminal], [], [], SILENT_SECONDS)
    try:
        return os.read(terminal, 65536) if ready else b""
    except OSError:
        return b""
