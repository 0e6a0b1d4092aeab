"""The program ready to use: `shipped.json` beside this package, made from the packs and the vocabulary.

Run as a module it writes the file. Loading compares a digest of the sources, so a stale file is never used.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

from comity.errors import ComityError, InputError, Problems
from comity.facts import VOCABULARY_DIR, read_vocabulary
from comity.pack.codec import Nodes, decode, decode_nodes, encode
from comity.pack.link import link
from comity.pack.program import Pack, Program

FORMAT = "program/2"
PACKAGE = Path(__file__).parent.parent
SHIPPED = PACKAGE / "shipped.json"


def packs_root() -> Path:
    """The folder of the packs: in the installed package, or at the root of a checkout."""
    inside = PACKAGE / "packs"
    return inside if inside.is_dir() else PACKAGE.parent.parent / "packs"


def pack_folders(root: Path) -> list[Path]:
    """The folders below `root` that hold a pack."""
    return sorted(p.parent for p in root.glob("*/*/pack.yaml"))


def sources_digest(root: Path) -> str:
    """A digest of every file that a program is made from: path and bytes."""
    hashed = hashlib.sha256(FORMAT.encode())
    code = [PACKAGE / "document.py", PACKAGE / "facts.py"]
    code += sorted(
        p for layer in ("condition", "pack") for p in (PACKAGE / layer).iterdir() if p.suffix in (".py", ".lark")
    )
    packs = [p for folder in pack_folders(root) for p in sorted(folder.glob("*.yaml"))]
    for path in (*code, *sorted(VOCABULARY_DIR.glob("*.yaml")), *packs):
        content = path.read_bytes()
        hashed.update(f"{path.parent.name}/{path.name} {len(content)}\n".encode())
        hashed.update(content)
    return hashed.hexdigest()


def compile_packs(root: Path) -> Program:
    """Read and link every pack below a folder.

    Raises:
        InputError: with the problems of all packs.
    """
    from comity.pack.read import read_pack  # which the shipped program spares: it brings the grammar and all checks

    vocabulary = read_vocabulary()
    problems = Problems()
    packs: list[Pack] = []
    for folder in pack_folders(root):
        try:
            packs.append(read_pack(folder, vocabulary))
        except InputError as error:
            problems.found.extend(error.problems)
    problems.require_none()
    return link(vocabulary, packs)


def load_program(root: Path | None = None) -> Program:
    """The program of all packs: as shipped where that is up to date, else made anew from the packs.

    Args:
        root: another folder of packs; nothing shipped is used then.

    Raises:
        InputError: the packs have problems.
        ComityError: there is no pack in the other folder.
    """
    if root is not None:
        if not pack_folders(root):
            raise ComityError(f"no pack lies in `{root}`: a pack is a folder such as {root}/xx/law with a `pack.yaml`")
        return compile_packs(root)
    digest = sources_digest(packs_root())
    shipped = _read_shipped(digest)
    if shipped is not None:
        return shipped
    program = compile_packs(packs_root())
    _write_shipped(program, digest)
    return program


def _read_shipped(digest: str) -> Program | None:
    try:
        raw = json.loads(SHIPPED.read_bytes())
        if raw["format"] != FORMAT or raw["sources"] != digest:
            return None
        program = decode(raw["program"], decode_nodes(raw["nodes"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return program if isinstance(program, Program) else None


def _write_shipped(program: Program, digest: str) -> None:
    """Write the file in one step; where the folder cannot be written, the program is made anew each time."""
    nodes = Nodes()
    whole = encode(program, nodes)
    made = {"format": FORMAT, "sources": digest, "nodes": nodes.made, "program": whole}
    content = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    folder = SHIPPED.parent
    try:
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tmp", delete=False, encoding="utf-8") as file:
            file.write(content)
        Path(file.name).chmod(0o644)  # whoever starts Comity next may be another user
        Path(file.name).replace(SHIPPED)
    except OSError:
        return


def main() -> None:
    """Write `shipped.json`."""
    _write_shipped(compile_packs(packs_root()), sources_digest(packs_root()))


if __name__ == "__main__":
    main()
