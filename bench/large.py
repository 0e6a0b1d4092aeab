"""A large map: what `comity check` takes of a map of 5,000 systems and 20,000 flows, as a whole command.

python -m bench.large [--quick] measures this alone and prints the figures.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figures, figure
from bench.real import DAY

SIZE, QUICK = (600, 5000, 20_000), (60, 500, 2000)  # vendors, systems, flows
COUNTRIES = ("NL", "DE", "FR", "US-VA", "GB", "JP", "BR", "IN", "SG", "CN", "CH", "KR", "AU", "CA", "PH")
REGIONS = ("aws/eu-central-1", "aws/us-east-1", "aws/ap-northeast-1", "aws/eu-west-2", "gcp/europe-west4")
# Seconds of work and megabytes at the most; the page and the JSON may take a little more than the text.
SECONDS, MORE_SECONDS, MEGABYTES = 20.0, 25.0, 1024.0


def write_map(path: Path, vendors: int, systems: int, flows: int, *, changed: bool = False) -> None:
    """A map by chance, the same for the same numbers; `changed`: with another purpose in the flow in its middle."""
    path.write_text("\n".join(_lines(vendors, systems, flows, changed=changed)) + "\n", encoding="utf-8")


def _lines(vendors: int, systems: int, flows: int, *, changed: bool) -> Iterator[str]:
    r = random.Random(1)
    yield "comity: 1\nname: A large map\nentities:"
    for n in range(vendors):
        role = r.choice(("processor", "controller"))
        yield f"- {{id: vendor-{n}, name: Vendor {n}, country: {r.choice(COUNTRIES)}, role: {role}}}"
    yield "people:\n- {id: customers, of: vendor-0, window: held, count: {NL: 5210, DE: 3122}}\nsystems:"
    for n in range(systems):
        yield f"- id: sys-{n}\n  name: System {n}\n  place: {r.choice(REGIONS)}"
        yield f"  run_by: vendor-{r.randrange(vendors)}\n  holds:"
        yield "  - {people: customers, data: [contact, identifier]}"
    yield "flows:"
    for n in range(flows):
        purpose = "research" if changed and n == flows // 2 else "marketing"
        yield f"- id: flow-{n}\n  name: Flow {n}\n  from: sys-{(n * 11 + 2) % systems}"
        yield f"  to: sys-{(n * 7 + 13) % systems}\n  purposes: [{purpose}]"


def measure(quick: bool) -> Figures:
    """Work and memory of the command for each kind of output, and the time after a change of one line."""
    size = QUICK if quick else SIZE
    name = f"a map of {size[1]:,} systems and {size[2]:,} flows under all packs"
    found: Figures = []
    with tempfile.TemporaryDirectory() as folder:
        path, page = Path(folder) / "comity.yaml", Path(folder) / "report.html"
        write_map(path, *size)
        kinds = {"as text": ([], SECONDS), "as JSON": (["--json"], MORE_SECONDS)}
        kinds["as a page"] = (["--html", str(page)], MORE_SECONDS)
        for kind, (options, aim) in kinds.items():
            work, _, peak = run("check", str(path), *options)
            found.append(figure(f"{name}, {kind}", work, "s of work", aim, more_is_better=False))
            found.append(figure(f"{name}, {kind}: peak", peak, "MB", MEGABYTES, more_is_better=False))
        write_map(path, *size, changed=True)
        _, wall, _ = run("check", str(path))
        found.append(figure(f"{name}, after a change of one line", wall, "s", more_is_better=False))
    return found


def run(*arguments: str) -> tuple[float, float, float]:
    """Seconds of work, seconds on the clock and peak megabytes of one command in a process of its own.

    Raises:
        RuntimeError: the command failed in another way than by a verdict.
    """
    command = [sys.executable, "-m", "comity", *arguments, "--day", DAY.isoformat(), "--fail-on", "none"]
    start = time.perf_counter()
    nowhere = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    child = os.posix_spawn(sys.executable, command, os.environ, file_actions=[nowhere])
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"`comity {' '.join(arguments)}` ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024


if __name__ == "__main__":
    for row in measure("--quick" in sys.argv[1:]):
        print(f"{row['name']}: {row['value']} {row['unit']}" + (f" (at most {row['aim']})" if row["aim"] else ""))
