"""A large map: what `comity check` and `import` take of 5,000 systems and 20,000 flows, as whole commands.

python -m bench.large [--quick] measures this alone and prints the figures.
"""

from __future__ import annotations

import json
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
        found.append(figure(f"{name}, after a change of one line", wall, "s", 2.0, more_is_better=False))
        found += _imported(Path(folder) / "made", size[1], size[2])
    return found


def _imported(folder: Path, systems: int, flows: int) -> Figures:
    """A log of lineage becomes a map, and the map is checked."""
    folder.mkdir()
    path, log = folder / "comity.yaml", folder / "events.json"
    write_log(log, systems, flows)
    owner = ("--owner", "Harbour Travel B.V.", "--country", "NL")
    first = run("import", "openlineage", str(log), "--map", str(path), *owner, is_check=False)
    second = run("check", str(path))
    name = f"import and check of {systems:,} systems and {flows:,} flows"
    return [
        figure(name, first[0] + second[0], "s of work", SECONDS, more_is_better=False),
        figure(f"{name}, the import alone", first[0], "s of work"),
        figure(f"{name}: peak", max(first[2], second[2]), "MB", MEGABYTES, more_is_better=False),
    ]


def write_log(path: Path, systems: int, flows: int) -> None:
    """Events of lineage between databases in five regions, one for each flow."""
    regions = ("eu-central-1", "us-east-1", "ap-northeast-1", "eu-west-2", "sa-east-1")

    def dataset(n: int) -> dict[str, str]:
        host = f"db{n % systems}.x.{regions[n % systems % len(regions)]}.rds.amazonaws.com"
        return {"namespace": f"postgres://{host}:5432", "name": "shop.public.orders"}

    with path.open("w", encoding="utf-8") as file:
        for n in range(flows):
            event = {
                "eventTime": f"2026-10-01T00:00:00.{n:06}Z",
                "eventType": "COMPLETE",
                "run": {"runId": f"run-{n}"},
                "job": {"namespace": "etl", "name": f"job-{n}"},
                "inputs": [dataset(n)],
                "outputs": [dataset(n + 1 + n // systems)],
            }
            file.write(json.dumps(event) + "\n")


def run(*arguments: str, is_check: bool = True) -> tuple[float, float, float]:
    """Seconds of work, seconds on the clock and peak megabytes of one command in a process of its own.

    Raises:
        RuntimeError: the command failed in another way than by a verdict.
    """
    options = ("--day", DAY.isoformat(), "--fail-on", "none") if is_check else ()
    command = [sys.executable, "-m", "comity", *arguments, *options]
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
