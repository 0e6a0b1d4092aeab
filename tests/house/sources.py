"""Finds the files of the repository for the tests of the house: what git would commit, and nothing that is made."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_MADE = {"__pycache__", "build", "dist", "node_modules"}


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """All files that git tracks or would track, sorted; only those with one of the suffixes, if any."""
    found = _from_git() if (ROOT / ".git").exists() else _from_disk()
    return tuple(sorted(path for path in found if path.is_file() and (not suffixes or path.suffix in suffixes)))


def name(path: Path) -> str:
    """The path as the repository knows it, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def _from_git() -> list[Path]:
    # safe.directory: a clone that belongs to another user is still only read here
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    return [ROOT / path for path in listed.split("\0") if path]


def _from_disk() -> list[Path]:
    """An unpacked source archive holds no made files but what was made since."""
    walked = (path for path in ROOT.rglob("*") if not _MADE & set(path.relative_to(ROOT).parts))
    return [path for path in walked if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)]
