"""The program itself: start, streams, exit codes, and the options that several commands share."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from comity.errors import ComityError, InputError

if TYPE_CHECKING:
    from comity.case import Map
    from comity.decide.check import Check
    from comity.decide.remedy import Remedies
    from comity.pack.program import Program

DONE, OURS, USAGE, FORBIDDEN, UNDECIDED, PROBLEMS = 0, 1, 2, 3, 4, 5
FEW = 500  # cases for which it is not worth while to compile all
MAX_FIRST = 40  # entries whose cheapest way a check looks for: about a tenth of a second each
STOPPED = 130  # by the person, as shells have it
DATA, LAW, RUNNING = "Your data", "The law", "Running it"

app = typer.Typer(
    name="comity",
    help="Decide flows of data under the law of every country they touch: allowed, allowed on conditions, forbidden or "
    "undecided, under which article, and what is missing. No legal advice: `allowed` means that no modelled clause of "
    "the packs named stands against it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done · 2 usage · 3 forbidden, or conditions open · 4 undecided · 5 problems in the input · "
    "1 a fault of Comity.",
)


class FailOn(StrEnum):
    """Which verdicts fail, worst first: each takes in those before it. `worse`: those worse than the lock says."""

    forbidden = "forbidden"
    undecided = "undecided"
    conditional = "conditional"
    worse = "worse"
    none = "none"


def to_day(text: str) -> dt.date:
    """A day as it is written on the command line."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"`{text}` is no day; write 2026-11-24") from None


# `readable`: a file that cannot be read is a problem of the input, told as all others are, and no usage error.
MapArgument = Annotated[Path, typer.Argument(help="The map, such as comity.yaml.", show_default=False, readable=False)]
DayOption = Annotated[
    dt.date | None,
    typer.Option(
        "--day",
        parser=to_day,
        metavar="DAY",
        help="Decide as of another day, written 2026-11-24.",
        show_default="today",
    ),
]
PackOption = Annotated[
    list[str] | None, typer.Option("--pack", help="Ask this pack only; may be given several times.", metavar="PACK")
]
PacksOption = Annotated[Path | None, typer.Option("--packs-dir", help="Another folder of packs.", metavar="FOLDER")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FailOption = Annotated[
    FailOn,
    typer.Option(
        "--fail-on",
        help="Fail on this verdict and on every worse one (worst: forbidden, undecided, conditional); `worse`: only on "
        "what got worse than it is locked (with --until: gets worse by then).",
    ),
]
SecondsOption = Annotated[
    float, typer.Option("--seconds", min=0.1, help="Time for each question; what takes longer is said to be open.")
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Count as undecided what rests on a presumption that can hide a worse verdict.")
]
ExactOption = Annotated[
    bool,
    typer.Option(
        "--exact",
        help="Have a solver look at every way in which what is unknown could be: whether it matters, and the fewest "
        "questions that settle the verdict.",
    ),
]


def main() -> None:
    """Run the command line; the exit code says what happened."""
    gc.set_threshold(100_000, 50, 50)  # what start-up makes stays: looking through it again and again frees nothing
    _set_streams()
    try:
        code = app(standalone_mode=False)
        if code == STOPPED:  # a key stopped it
            err("\nstopped; nothing was written")
    except InputError as error:
        err(str(error))
        n_problems = len(error.problems)
        err(f"\n{n_problems} problem{'s' if n_problems != 1 else ''}; nothing was decided")
        code = PROBLEMS
    except ComityError as error:
        err(f"error: {error}")
        code = USAGE
    except typer.Abort:
        err("\nstopped; nothing was written")
        code = STOPPED
    except BrokenPipeError:
        code = DONE
    except OSError as error:
        err(f"error: {error.strerror}: `{error.filename or 'standard output'}`")
        code = OURS
        _set_aside(sys.stdout)
    except Exception as error:
        code = _usage(error)
        if code is None:
            raise
    raise SystemExit(code if isinstance(code, int) else DONE)


def _set_streams() -> None:
    """Files and pipes get UTF-8, wherever they are written; a terminal without a sign shows another in its place."""
    sys.stdout = sys.stdout or io.StringIO()  # closed by whoever started us
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def _set_aside(stream: TextIO) -> None:
    """Forget what could not be written, or Python tries again at its end and fails in its own words."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _usage(error: Exception) -> int | None:
    """Usage errors print themselves; what is no usage error is our failure."""
    show = getattr(error, "show", None)
    if not callable(show):
        return None
    show()
    found = getattr(error, "exit_code", USAGE)
    return found if isinstance(found, int) else USAGE


def err(text: str) -> None:
    """Print a line on standard error."""
    sys.stderr.write(text + "\n")


def out(text: str) -> None:
    """Print on standard output, with a line end, at once."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def load_selected(packs: list[str] | None, folder: Path | None) -> tuple[Program, tuple[str, ...]]:
    """The program, and the ids of the packs that were left out.

    Args:
        packs: ids of the packs asked for; none: all.
        folder: another folder of packs.

    Raises:
        ComityError: there is no such pack.
    """
    from comity.library import load

    program = load(root=folder)
    if not packs:
        return program, ()
    unknown = [p for p in packs if p not in program.pack]
    if unknown:
        raise ComityError(f"no pack `{unknown[0]}`; known: {', '.join(program.pack)}")
    return program.select(tuple(packs)), tuple(p.id for p in program.packs if p.id not in packs)


def checked(map_file: Path, day: dt.date | None, pack: list[str] | None, packs_dir: Path | None) -> Check:
    """The whole check of a map, of today where no day is given, with a progress bar where it lasts."""
    from comity.library import load_map

    program, left_out = load_selected(pack, packs_dir)
    with _nothing_thrown_away():
        read = load_map(map_file, program, day=day or dt.datetime.now(dt.UTC).date())
        return decided(program, read, left_out)


def decided(program: Program, read: Map, left_out: tuple[str, ...]) -> Check:
    """A map that was read, decided, with a progress bar where it lasts."""
    from comity.decide.check import check as check_map
    from comity.decide.fast import compile_program

    few = sum(len(flow.cases) for flow in read.flows) < FEW
    with progress_bar() as step:
        find = compile_program(program, few=few).find
        return check_map(program, read, left_out=left_out, find=find, progress=step)


@contextmanager
def _nothing_thrown_away() -> Iterator[None]:
    """Without the search for garbage: what a check makes stays to its end, and to look through it takes a tenth."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def remedies_of(found: Check, map_file: Path) -> Remedies:
    """The search for remedies of a check, over the map with its other ways. There has to be a solver."""
    from comity.decide.remedy import Remedies
    from comity.library import load_map

    def later(on: dt.date) -> Map:
        return load_map(map_file, found.program, day=on)

    offered = load_map(map_file, found.program, day=found.map.day, routes=True)
    return Remedies(found.program, offered, found.flows, later=functools.cache(later))


def with_remedies(found: Check, map_file: Path) -> Check:
    """The check with the cheapest way of each entry, where there is a solver and the entries are few enough to wait."""
    from comity.decide.solve import is_installed

    n_wanting = sum(flow.verdict != "allowed" for flow in found.flows)
    if not 0 < n_wanting <= MAX_FIRST or not is_installed():
        return found
    from comity.decide.remedy import with_first

    return with_first(remedies_of(found, map_file), found)


def require_entry(known: Iterable[str], id_: str) -> None:
    """See to it that the map has an entry.

    Raises:
        ComityError: it has none of that id.
    """
    from comity.errors import did_you_mean

    ids = sorted(known)
    if id_ not in ids:
        raise ComityError(f"the map has no entry `{id_}`; {did_you_mean(id_, ids) or 'known: ' + ', '.join(ids)}")


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file that a person named, with the folders above it.

    Raises:
        ComityError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise ComityError(f"cannot write `{path}`: {error.strerror}") from None


def patch(name: str, before: str, after: str) -> str:
    """What would be otherwise in a file, as a patch."""
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=2)
    return "\n".join(lines)


def exit_code(verdicts: set[str], fail_on: FailOn) -> int:
    """The exit code of the worst verdict that fails."""
    order = ("forbidden", "undecided", "conditional")
    if fail_on is FailOn.worse:
        raise typer.BadParameter("`--fail-on worse` goes with `comity check` and a lock")
    failing = () if fail_on is FailOn.none else order[: order.index(fail_on.value) + 1]
    worst = next((v for v in failing if v in verdicts), None)
    return DONE if worst is None else UNDECIDED if worst == "undecided" else FORBIDDEN


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, once the work has lasted longer than a second."""
    started = time.monotonic()
    bar: list[Any] = []

    def step(done: int, all_: int) -> None:
        if not bar and time.monotonic() - started > 1 and sys.stderr.isatty() and done < all_:
            from rich.console import Console
            from rich.progress import Progress

            progress = Progress(console=Console(stderr=True), transient=True)
            progress.start()
            bar.extend((progress, progress.add_task("deciding", total=all_)))
        if bar:
            bar[0].update(bar[1], completed=done)

    try:
        yield step
    finally:
        if bar:
            bar[0].stop()
