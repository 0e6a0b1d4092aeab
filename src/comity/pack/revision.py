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
MAX_TREE = 256 * 2**20  # bytes
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
    commit = _commit(root, revision, "--against", "the packs as they stood in the repository around them")
    archive = _git(root, "archive", "--format=tar", commit, ".", option="--against")
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


def tree_at(root: Path, revision: str, endings: tuple[str, ...], option: str) -> dict[str, bytes]:
    """Files below a folder as they stood at a revision, by their path from there; links are left out.

    Args:
        root: a folder inside a git repository.
        revision: as git names it.
        endings: how the names of the wanted files end.
        option: of the command line, for messages.

    Raises:
        ComityError: there is no git, no repository, no such revision, or the files are too large.
    """
    commit = _commit(root, revision, option, "the map as it stood in the repository around it")
    listed = _git(root, "ls-tree", "-r", "-z", "--long", commit, option=option) or b""
    wanted: dict[str, str] = {}
    n_bytes = 0
    for row in listed.split(b"\0")[:-1]:
        about, _, name = row.partition(b"\t")
        mode, _, blob, size = about.split()
        path = name.decode(errors="surrogateescape")
        if mode.startswith(b"100") and path.endswith(endings):
            wanted[path] = blob.decode()
            n_bytes += int(size)
    if n_bytes > MAX_TREE:
        raise ComityError(f"the files at `{revision}` have more than {MAX_TREE // 2**20} MB")
    told = _git(root, "cat-file", "--batch", option=option, told="\n".join(wanted.values()).encode()) or b""
    found: dict[str, bytes] = {}
    at = 0
    for path in wanted:
        end = told.index(b"\n", at)
        n_told = int(told[at:end].split()[2])
        found[path] = told[end + 1 : end + 1 + n_told]
        at = end + n_told + 2
    return found


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


def _commit(root: Path, revision: str, option: str, with_what: str) -> str:
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", option=option)
    if commit is None:
        inside = _git(root, "rev-parse", "--is-inside-work-tree", option=option)
        where = f"`{root}` lies in no git repository" if inside is None else f"there is no revision `{revision}`"
        raise ComityError(f"{where}: `{option}` compares with {with_what}")
    return commit.decode().strip()


def _git(root: Path, *arguments: str, option: str, told: bytes = b"") -> bytes | None:
    """What git prints when it is told something; None where it fails."""
    try:
        # safe.directory: a repository that belongs to another user is only read here
        command = ["git", "-c", "safe.directory=*", "-C", str(root), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, input=told)  # noqa: S603 - no shell; git is who is asked
    except OSError:
        raise ComityError(f"`{option}` needs git, which is not installed or cannot be started") from None
    return done.stdout if done.returncode == 0 else None
