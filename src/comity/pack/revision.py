"""Packs as they stood at a revision of the git repository in which they lie."""

from __future__ import annotations

import dataclasses
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from comity.errors import ComityError, InputError
from comity.facts import Vocabulary
from comity.pack.program import Pack
from comity.pack.read import read_pack
from comity.pack.ship import pack_folders

Files = Mapping[str, bytes]  # of one pack, by name; its worked cases are not among them
_N_PARTS = 3  # party, subject, file


def files_now(root: Path) -> dict[str, Files]:
    """The files of every pack below a folder, by the id of the pack."""
    return {
        "/".join(folder.parts[-2:]): {path.name: path.read_bytes() for path in sorted(folder.glob("*.yaml"))}
        for folder in pack_folders(root.resolve())
    }


def files_at(root: Path, revision: str) -> dict[str, Files]:
    """The files of every pack below a folder as they stood at a revision.

    Args:
        root: the folder of the packs, inside a git repository.
        revision: as git names it: a commit, a branch, `HEAD~3`.

    Raises:
        ComityError: there is no git, no repository, no such revision, or no pack in it.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        inside = _git(root, "rev-parse", "--is-inside-work-tree")
        where = f"`{root}` lies in no git repository" if inside is None else f"there is no revision `{revision}`"
        raise ComityError(f"{where}: `--against` compares with the packs as they stood in the repository around them")
    archive = _git(root, "archive", "--format=tar", commit.decode().strip(), ".")
    found: dict[str, dict[str, bytes]] = {}
    with tarfile.open(fileobj=io.BytesIO(archive or b"\0" * 1024)) as tar:
        for member in tar:
            parts = Path(member.name).parts
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None and len(parts) == _N_PARTS and parts[-1].endswith(".yaml"):
                found.setdefault("/".join(parts[:-1]), {})[parts[-1]] = content.read()
    packs: dict[str, Files] = {id_: files for id_, files in found.items() if "pack.yaml" in files}
    if not packs:
        raise ComityError(f"no pack lay in `{root}` at the revision `{revision}`")
    return packs


def read_files(id_: str, files: Files, vocabulary: Vocabulary, revision: str) -> Pack:
    """Read a pack from its files as they stood at a revision, with the vocabulary of today.

    Raises:
        InputError: with every problem, such as a fact that has another name today; the files are shown with the
            revision before them, as git writes it.
    """
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / id_
        where.mkdir(parents=True)
        for name, content in files.items():
            (where / name).write_bytes(content)
        try:
            return read_pack(where, vocabulary)
        except InputError as error:
            raise InputError(
                dataclasses.replace(p, span=dataclasses.replace(p.span, file=f"{revision}:{p.span.file}"))
                for p in error.problems
            ) from None


def _git(root: Path, *arguments: str) -> bytes | None:
    """What git prints; None where it fails."""
    try:
        # safe.directory: a repository that belongs to another user is only read here
        command = ["git", "-c", "safe.directory=*", "-C", str(root), *arguments]
        done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - no shell; git is who is asked
    except OSError:
        raise ComityError("`--against` needs git, which is not installed or cannot be started") from None
    return done.stdout if done.returncode == 0 else None
