"""The command line: arguments, printing, exit codes. Every command is a thin call of the library."""

from __future__ import annotations

import datetime as dt
import gc
import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from comity.errors import ComityError, InputError

if TYPE_CHECKING:
    from comity.decide.check import Check
    from comity.pack.program import Program

DONE, OURS, USAGE, FORBIDDEN, UNDECIDED, PROBLEMS = 0, 1, 2, 3, 4, 5
FEW = 500  # cases for which it is not worth while to compile all
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
    """Which verdicts fail, worst first: each takes in those before it."""

    forbidden = "forbidden"
    undecided = "undecided"
    conditional = "conditional"
    none = "none"


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"`{text}` is no day; write 2026-11-24") from None


# `readable`: a file that cannot be read is a problem of the input, told as all others are, and no usage error.
MapArgument = Annotated[Path, typer.Argument(help="The map, such as comity.yaml.", show_default=False, readable=False)]
DayOption = Annotated[
    dt.date | None,
    typer.Option(
        "--day", parser=_day, metavar="DAY", help="Decide as of another day, written 2026-11-24.", show_default="today"
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
        "--fail-on", help="Fail on this verdict and on every worse one (worst: forbidden, undecided, conditional)."
    ),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Count as undecided what rests on a presumption that can hide a worse verdict.")
]


def main() -> None:
    """Run the command line; the exit code says what happened."""
    gc.set_threshold(100_000, 50, 50)  # what start-up makes stays: looking through it again and again frees nothing
    _set_streams()
    try:
        code = app(standalone_mode=False)
    except InputError as error:
        _err(str(error))
        n_problems = len(error.problems)
        _err(f"\n{n_problems} problem{'s' if n_problems != 1 else ''}; nothing was decided")
        code = PROBLEMS
    except ComityError as error:
        _err(f"error: {error}")
        code = USAGE
    except typer.Abort:
        _err("\nstopped; nothing was written")
        code = STOPPED
    except BrokenPipeError:
        code = DONE
    except OSError as error:
        _err(f"error: {error.strerror}: `{error.filename or 'standard output'}`")
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


def _err(text: str) -> None:
    sys.stderr.write(text + "\n")


def _out(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def _program(packs: list[str] | None, folder: Path | None) -> tuple[Program, tuple[str, ...]]:
    """The program, and the ids of the packs that were left out."""
    from comity.library import load

    program = load(root=folder)
    if not packs:
        return program, ()
    unknown = [p for p in packs if p not in program.pack]
    if unknown:
        raise ComityError(f"no pack `{unknown[0]}`; known: {', '.join(program.pack)}")
    return program.select(tuple(packs)), tuple(p.id for p in program.packs if p.id not in packs)


# --- your data


@app.command(rich_help_panel=DATA)
def check(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    map_file: MapArgument,
    day: DayOption = None,
    pack: PackOption = None,
    packs_dir: PacksOption = None,
    as_json: JsonOption = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0 for code review.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the to-do list as CSV.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a report with a world map: one file, no network.", metavar="FILE"),
    ] = None,
    fail_on: FailOption = FailOn.conditional,
    strict: StrictOption = False,
) -> int:
    """Decide every flow of a map, worst first: verdict, articles, what to do.

    Reads the map's files only: opens no connection and runs nothing that the map names.

    [bold]comity check comity.yaml --html report.html[/bold]
    """
    if sum((as_json, sarif, csv)) > 1:
        raise typer.BadParameter("one of --json, --sarif, --csv")
    found = _checked(map_file, day, pack, packs_dir)
    if html is not None:
        from comity.report.html import check_to_html

        _write(html, check_to_html(found))
    _print_check(found, as_json, sarif, csv)
    return _check_code(found, fail_on, strict)


def _checked(map_file: Path, day: dt.date | None, pack: list[str] | None, packs_dir: Path | None) -> Check:
    from comity.decide.check import check as check_map
    from comity.decide.fast import compile_program
    from comity.library import load_map

    program, left_out = _program(pack, packs_dir)
    read = load_map(map_file, program, day=day or dt.datetime.now(dt.UTC).date())
    with _progress() as step:
        few = sum(len(flow.cases) for flow in read.flows) < FEW
        find = compile_program(program, few=few).find
        return check_map(program, read, left_out=left_out, find=find, progress=step)


def _print_check(found: Check, as_json: bool, sarif: bool, csv: bool) -> None:
    if as_json:
        from comity.report.json import check_to_json, dumps

        _out(dumps(check_to_json(found)))
    elif sarif:
        from comity.report.json import dumps
        from comity.report.sarif import check_to_sarif

        _out(dumps(check_to_sarif(found)))
    elif csv:
        from comity.report.csv import check_to_csv

        _out(check_to_csv(found))
    else:
        from comity.report.terminal import print_check

        print_check(found)


def _write(path: Path, content: str | bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise ComityError(f"cannot write `{path}`: {error.strerror}") from None


def _check_code(found: Check, fail_on: FailOn, strict: bool) -> int:
    open_ = [f for f in found.flows if not f.is_accepted]
    stricter = sorted(f.flow.id for f in open_ if f.strict != f.verdict) if strict else []
    if stricter:
        _err(f"--strict counts as undecided: {', '.join(stricter)}")
    return _code({f.strict if strict else f.verdict for f in open_}, fail_on)


def _code(verdicts: set[str], fail_on: FailOn) -> int:
    """The exit code of the worst verdict that fails."""
    order = ("forbidden", "undecided", "conditional")
    failing = () if fail_on is FailOn.none else order[: order.index(fail_on.value) + 1]
    worst = next((v for v in failing if v in verdicts), None)
    return DONE if worst is None else UNDECIDED if worst == "undecided" else FORBIDDEN


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
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


@app.command(rich_help_panel=DATA)
def explain(
    map_file: MapArgument,
    flow: Annotated[str, typer.Argument(help="Id of the flow (access, request, incident ...).", show_default=False)],
    day: DayOption = None,
    pack: PackOption = None,
    packs_dir: PacksOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Show the branches too that decide nothing.")] = False,
) -> int:
    """Show why: the tree of reasons of one flow, down to the facts.

    [bold]comity explain comity.yaml desk-manila[/bold]
    """
    from comity.errors import did_you_mean
    from comity.report.explain import explain_to_text

    found = _checked(map_file, day, pack, packs_dir)
    ids = {f.flow.id: f for f in found.flows}
    if flow not in ids:
        raise ComityError(
            f"the map has no entry `{flow}`; {did_you_mean(flow, ids) or 'known: ' + ', '.join(sorted(ids))}"
        )
    _out(explain_to_text(found, ids[flow], everything=everything))
    return DONE


@app.command(rich_help_panel=DATA)
def decide(
    case_file: Annotated[
        Path, typer.Argument(help="A case: kind, day, facts, measures, totals.", show_default=False, readable=False)
    ],
    pack: PackOption = None,
    packs_dir: PacksOption = None,
    as_json: JsonOption = False,
    fail_on: FailOption = FailOn.conditional,
) -> int:
    """Decide one case.

    [bold]comity decide examples/case.yaml[/bold]
    """
    from comity.decide.decision import decide as decide_case
    from comity.decide.fast import compile_program
    from comity.library import load_case

    program, _ = _program(pack, packs_dir)
    decision = decide_case(program, load_case(case_file, program), find=compile_program(program, few=True).find)
    if as_json:
        from comity.report.json import decision_to_json, dumps

        _out(dumps(decision_to_json(decision)))
    else:
        from comity.report.terminal import decision_to_text

        _out(decision_to_text(decision, program))
    return _code({decision.verdict}, fail_on)


@app.command(rich_help_panel=DATA)
def incident(
    map_file: MapArgument,
    only: Annotated[
        list[str] | None, typer.Option("--id", help="This incident or product only; may be given several times.")
    ] = None,
    day: DayOption = None,
    pack: PackOption = None,
    packs_dir: PacksOption = None,
    as_json: JsonOption = False,
    ics: Annotated[
        Path | None, typer.Option("--ics", help="Write the deadlines as a calendar.", metavar="FILE")
    ] = None,
) -> int:
    """Print the clock of incidents and flaws: every duty, to whom, until when (UTC and local), soonest first.

    Of a file that holds incidents or products with a known flaw itself, these; else those of all its files.

    [bold]comity incident incident.yaml --ics deadlines.ics[/bold]
    """
    from comity.decide.clock import clock
    from comity.report.incident import clock_to_ics, clock_to_json, clock_to_text

    found = _checked(map_file, day, pack, packs_dir)
    told = clock(found, _entries(found, only, map_file))
    if ics is not None:
        _write(ics, clock_to_ics(found, told))
    if as_json:
        from comity.report.json import dumps

        _out(dumps(clock_to_json(found, told)))
    else:
        _out(clock_to_text(found, told))
    return DONE


def _entries(found: Check, only: list[str] | None, map_file: Path) -> tuple[str, ...]:
    """The entries that are asked for: as named, else those that stand in the file itself."""
    from comity.decide.clock import has_clock
    from comity.errors import did_you_mean

    known = {f.flow.id: f.flow for f in found.flows if f.flow.section in ("incidents", "products")}
    for id_ in only or ():
        if id_ not in known:
            raise ComityError(f"the map has no incident or product `{id_}`; {did_you_mean(id_, known)}".rstrip("; "))
    own = [id_ for id_, flow in known.items() if flow.span.file == str(map_file) and has_clock(found, flow)]
    return tuple(only or own)


@app.command(rich_help_panel=DATA)
def init(
    file: Annotated[Path, typer.Argument(help="Where to write the map.")] = Path("comity.yaml"),
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, take the examples as answers.")] = False,
) -> int:
    """Write a commented first map, by asking a few questions.

    [bold]comity init && comity check comity.yaml[/bold]
    """
    from comity.facts import read_vocabulary
    from comity.intake.first_map import QUESTIONS, check_answer, first_map

    if file.exists():
        raise ComityError(f"`{file}` exists already; name another file")
    vocabulary = read_vocabulary()
    answers: dict[str, str] = {}
    for question in QUESTIONS:
        answer = question.default if yes else typer.prompt(question.text, default=question.default)
        while (wrong := check_answer(question, answer, vocabulary)) is not None:
            _err(wrong)
            if yes:
                return OURS
            answer = typer.prompt(question.text, default=question.default)
        answers[question.id] = answer
    _write(file, first_map(answers))
    _out(f"wrote {file}; next: comity check {file}")
    return DONE


# --- the law


@app.command(rich_help_panel=LAW)
def packs(packs_dir: PacksOption = None, as_json: JsonOption = False) -> int:
    """List the packs: read days, clauses, worked cases, agreement."""
    from comity.decide.exam import examine_all
    from comity.report.packs import packs_to_json, packs_to_text

    program, _ = _program(None, packs_dir)
    results = examine_all(program, _root(packs_dir))
    if as_json:
        from comity.report.json import dumps

        _out(dumps(packs_to_json(program, results)))
    else:
        _out(packs_to_text(program, results))
    return DONE


def _root(folder: Path | None) -> Path:
    from comity.pack.ship import packs_root

    return folder or packs_root()


@app.command(name="test", rich_help_panel=LAW)
def exam(
    pack: Annotated[list[str] | None, typer.Argument(help="Ids of packs; none: all.", show_default=False)] = None,
    packs_dir: PacksOption = None,
    as_json: JsonOption = False,
    no_trace: Annotated[bool, typer.Option("--no-trace", help="Leave out the traces of misses.")] = False,
) -> int:
    """Hold the packs to their worked cases: agreement by pack and kind, and for each miss why.

    [bold]comity test eu/personal-data[/bold]
    """
    from comity.decide.exam import examine_all
    from comity.report.exam import exam_to_json, exam_to_text

    program, _ = _program(pack, packs_dir)
    results = examine_all(program, _root(packs_dir))
    if as_json:
        from comity.report.json import dumps

        _out(dumps(exam_to_json(program, results)))
    else:
        _out(exam_to_text(program, results, traces=not no_trace))
    return PROBLEMS if any(not r.agrees and not r.worked.known for r in results) else DONE


@app.command(rich_help_panel=LAW)
def lint(
    folder: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders of packs, such as packs/eu/personal-data; none: all.", show_default=False),
    ] = None,
    packs_dir: PacksOption = None,
    as_json: JsonOption = False,
) -> int:
    """Read packs and tell what is wrong or doubtful in them, with file, line and column."""
    import functools

    from comity.decide.exam import examine_for_lint
    from comity.facts import read_vocabulary
    from comity.pack.lint import lint_folder
    from comity.pack.ship import pack_folders

    vocabulary = read_vocabulary()
    missing = [f for f in folder or () if not (f / "pack.yaml").exists() and not (f / "clauses.yaml").exists()]
    if missing:
        raise ComityError(f"no pack lies in `{missing[0]}`: its `pack.yaml` is not there")
    folders = [f.resolve() for f in folder] if folder else pack_folders(_root(packs_dir))
    exam = functools.partial(examine_for_lint, vocabulary)
    found = [problem for f in folders for problem in lint_folder(f, vocabulary, exam)]
    if as_json:
        from comity.report.json import dumps

        _out(dumps({"format": "lint/1", "problems": [p.to_json() for p in found]}))
    else:
        _out("\n\n".join(p.to_text() for p in found) if found else f"{len(folders)} packs, nothing to tell")
    return PROBLEMS if any(p.severity == "error" for p in found) else DONE


@app.command(name="new-pack", rich_help_panel=LAW)
def new_pack(
    pack: Annotated[str, typer.Argument(help="PARTY/SUBJECT, such as nz/personal-data.", show_default=False)],
    packs_dir: PacksOption = None,
) -> int:
    """Start a pack: files that read, lint and agree, with notes on what to write where.

    [bold]comity new-pack nz/personal-data --packs-dir packs[/bold]
    """
    from comity.facts import read_vocabulary
    from comity.pack.new import new_pack as make

    files = make(pack, read_vocabulary(), dt.datetime.now(dt.UTC).date())
    root = packs_dir or Path("packs")
    folder = root / pack
    if folder.exists():
        raise ComityError(f"`{folder}` exists already; name another pack")
    for name, text in files.items():
        _write(folder / name, text)
    _out(f"wrote {folder}; next: comity lint {folder} && comity test {pack} --packs-dir {root}")
    return DONE


@app.command(rich_help_panel=LAW)
def facts(
    name: Annotated[str, typer.Argument(help="Part of a name or meaning; none: the whole glossary.")] = "",
    as_json: JsonOption = False,
) -> int:
    """Print the glossary: facts, categories, purposes, measures, groups.

    [bold]comity facts recipient[/bold]
    """
    from comity.facts import read_vocabulary
    from comity.report.glossary import glossary_to_json, glossary_to_text

    vocabulary = read_vocabulary()
    if as_json:
        from comity.report.json import dumps

        _out(dumps(glossary_to_json(vocabulary, name)))
        return DONE
    text = glossary_to_text(vocabulary, name)
    if not text:
        raise ComityError(f"nothing in the glossary holds `{name}`")
    _out(text)
    return DONE


# --- running it


@app.command(rich_help_panel=RUNNING)
def schema(name: Annotated[str, typer.Argument(help="map, case, decision or check.")] = "map") -> int:
    """Print a JSON Schema: `map` and `case` let an editor complete YAML, `decision` and `check` describe output."""
    from comity.report.json import dumps
    from comity.report.schemas import schemas

    program, _ = _program(None, None)
    known = schemas(program)
    if name not in known:
        raise ComityError(f"no schema `{name}`; known: {', '.join(known)}")
    _out(dumps(known[name]))
    return DONE


@app.command(rich_help_panel=RUNNING)
def version() -> int:
    """Print the version, and the digest of the law in force in it."""
    from comity.version import __version__

    program, _ = _program(None, None)
    _out(f"comity {__version__}, {len(program.packs)} packs, program {program.digest[:16]}")
    return DONE


def _version(wanted: bool) -> None:
    if wanted:
        raise typer.Exit(version())


@app.callback()
def _options(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="What `comity version` prints.")
    ] = False,
) -> None:
    """The options of the program itself; what they do is done by then."""
