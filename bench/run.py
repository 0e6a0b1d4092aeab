"""`make bench`: measure Comity against its peers, print the table, write build/bench.json.

    python bench/run.py [--quick] [--out FILE]

The measuring runs in an environment of its own, in one process with the peers, so that every figure is a ratio
within one run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # started as a script, it finds the others as bench.*
from bench import compare, peers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds: to see that everything runs")
    parser.add_argument("--out", default=str(peers.ROOT / "build" / "bench.json"), help="where the results go")
    given = parser.parse_args()
    python = peers.python()
    folder = peers.opa_folder()
    environment = {**os.environ, "COMITY_BENCH_OPA": str(folder or "")}
    command = [str(python), "-m", "bench.measure", given.out, *(["--quick"] if given.quick else [])]
    done = subprocess.run(command, env=environment, cwd=peers.ROOT, check=False)
    if done.returncode == 0:
        print(compare.table(json.loads(Path(given.out).read_text(encoding="utf-8"))))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
