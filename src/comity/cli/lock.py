"""What `check` does with a lock: compares, fails on what got worse, locks anew."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.cli.run import DONE, FEW, FailOn, err, exit_code, out, write_file
from comity.errors import ComityError, InputError

if TYPE_CHECKING:
    import datetime as dt

    from comity.case import Map
    from comity.decide.check import Check
    from comity.decide.part import Finder
    from comity.ledger.drift import Drift
    from comity.ledger.lock import Lock

LockOption = Annotated[
    Path | None,
    typer.Option(
        "--lock",
        metavar="FILE",
        readable=False,
        help="Compare with this lock and say why a verdict differs: the law, the map or the day.",
        show_default="comity.lock beside comity.yaml, if it is there",
    ),
]
RelockOption = Annotated[bool, typer.Option("--relock", help="Write the lock: the verdicts as they are now.")]


def later_of(found: Check, map_file: Path) -> Callable[[dt.date], Map]:
    """Reads the map of a check as of other days; of a large one no more than two are kept."""
    from comity.library import load_map

    return functools.lru_cache(maxsize=2)(lambda day: load_map(map_file, found.program, day=day))


def drift_of(
    found: Check, map_file: Path, lock: Path | None, *, relock: bool, fail_on: FailOn, strict: bool
) -> Drift | None:
    """How a decided map differs from its lock; None where there is none. With `relock` the lock is written after that.

    Raises:
        InputError: the lock cannot be read.
        ComityError: there is no lock, and it is asked what got worse; the file to be written is no lock.
    """
    if fail_on is FailOn.worse and strict:
        raise typer.BadParameter("`--fail-on worse` compares verdicts as they are locked, without --strict")
    file = lock or _beside(map_file)
    old = _read(found, file, is_asked=lock is not None, relock=relock)
    if old is None and fail_on is FailOn.worse and not relock:
        raise ComityError(f"`--fail-on worse` needs a lock, and there is none to compare with at `{file}`; --relock")
    drift = None
    if old is not None:
        from comity.ledger.drift import compare

        drift = compare(old, found, later_of(found, map_file), file=str(file), find=_find(found))
    if relock:
        _write(found, map_file, file, old)
    return drift


def _beside(map_file: Path) -> Path:
    """The lock of a map that names none: beside it. A map from somebody else shall not lead elsewhere."""
    file = map_file.with_suffix(".lock")
    if file.is_symlink() and not file.resolve().is_relative_to(map_file.resolve().parent):
        raise ComityError(f"`{file}` leads out of the folder of the map; name the lock with --lock")
    return file


def _find(found: Check) -> Finder:
    from comity.decide.fast import compile_program

    return compile_program(found.program, few=len(found.flows) < FEW).find


def _read(found: Check, file: Path, *, is_asked: bool, relock: bool) -> Lock | None:
    if not file.exists() and (relock or not is_asked):
        return None
    from comity.ledger.lock import is_lock, read_lock

    if relock and not is_lock(file):
        raise ComityError(f"`{file}` is there and is no lock; it is left as it is: name another file with --lock")
    try:
        lock = read_lock(file, of=found.map.name)
    except InputError as error:
        if not relock:
            raise
        err(f"the old lock cannot be read and is written anew: {error.problems[0].message} ({error.problems[0].span})")
        return None
    if found.left_out and not is_asked and set(lock.packs) != set(found.program.pack):
        err(f"not compared with `{file}`, which is of other packs than those that were asked")
        return None
    return lock


def _write(found: Check, map_file: Path, file: Path, old: Lock | None) -> None:
    from comity.ledger.drift import relock
    from comity.ledger.lock import lock_to_text

    lock = relock(found, old, later_of(found, map_file), find=_find(found))
    write_file(file, lock_to_text(lock))
    err(f"locked {len(lock.entries):,} {'entry' if len(lock.entries) == 1 else 'entries'} in {file}")


def print_drift(found: Check, drift: Drift | None, *, beside: bool, relocked: bool) -> None:
    """Print what is accepted and what is not as locked; on standard error where something else reads the output."""
    from comity.report.accepted import accepted_to_text
    from comity.report.lock import drift_to_text

    told = [] if beside else [accepted_to_text(found)]
    told += [] if drift is None else [drift_to_text(found.program.vocabulary, drift, is_over=relocked)]
    for text in filter(None, told):
        (err if beside else out)("\n" + text.rstrip("\n"))


def worse_code(drift: Drift | None) -> int:
    """The exit code of what got worse than it is locked; what is accepted does not fail."""
    if drift is None:
        return DONE
    worse = {d.now for d in drift.differences if d.is_worse and not d.is_accepted}
    return exit_code(worse, FailOn.conditional)
