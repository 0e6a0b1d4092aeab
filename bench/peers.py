"""The environment of the bench: this project and its peers, in `build/bench-env`; made anew when the pins change."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / "build" / "bench-env"
REQUIREMENTS = ROOT / "bench" / "requirements.txt"
OPA = "opa-golib-python-bindings==0.4.4"  # Open Policy Agent 1.20.2 as a shared library
OPA_FOLDER = ROOT / "build" / "bench-opa"


def python() -> Path:
    """The Python of the environment, which is made where it is missing or older than what it is made from."""
    found, stamp = ENVIRONMENT / "bin" / "python", ENVIRONMENT / ".made"
    sources = (REQUIREMENTS, ROOT / "pyproject.toml", Path(__file__))
    if not stamp.exists() or any(s.stat().st_mtime > stamp.stat().st_mtime for s in sources):
        print(f"making {ENVIRONMENT.relative_to(ROOT)} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        pip = (found, "-m", "pip", "install", "-qq", "--disable-pip-version-check")
        subprocess.run([*pip, "--requirement", REQUIREMENTS, "--editable", f"{ROOT}[solve]"], check=True)
        stamp.touch()
    return found


def opa_folder() -> Path | None:
    """The folder that holds Open Policy Agent; None where it cannot be had for this machine."""
    if not (OPA_FOLDER / "opa_bindings").exists():
        platform = (
            "--python-version",
            "3.14",
            "--platform",
            "manylinux_2_34_x86_64",
            "--only-binary=:all:",
            "--no-deps",
        )
        command = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
        done = subprocess.run([*command, *platform, "--dest", str(OPA_FOLDER), OPA], check=False)
        for wheel in OPA_FOLDER.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(OPA_FOLDER)
        if done.returncode != 0:
            return None
    return OPA_FOLDER if (OPA_FOLDER / "opa_bindings").exists() else None
