"""The commands over a person's own data: check, explain, decide, incident, init."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.cli.lock import LockOption, RelockOption, drift_of, print_drift, worse_code
from comity.cli.review import DiffOption, ImportsOption, review_map, sources_of, tell_review
from comity.cli.run import (
    DATA,
    DONE,
    OURS,
    DayOption,
    ExactOption,
    FailOn,
    FailOption,
    JsonOption,
    MapArgument,
    PackOption,
    PacksOption,
    StrictOption,
    app,
    checked,
    err,
    exit_code,
    load_selected,
    out,
    progress_bar,
    require_entry,
    with_remedies,
    write_file,
)
from comity.cli.until import IcsOption, UntilOption, require_until, tell_until, until_code
from comity.errors import ComityError

if TYPE_CHECKING:
    from comity.decide.check import Check
    from comity.ledger.drift import Drift


HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Write a report with a world map: one file, no network.", metavar="FILE")
]


@app.command(rich_help_panel=DATA)
def check(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    map_file: MapArgument,
    day: DayOption = None,
    pack: PackOption = None,
    packs_dir: PacksOption = None,
    as_json: JsonOption = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0 for code review.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the to-do list as CSV.")] = False,
    html: HtmlOption = None,
    fail_on: FailOption = FailOn.conditional,
    strict: StrictOption = False,
    exact: ExactOption = False,
    lock: LockOption = None,
    relock: RelockOption = False,
    until: UntilOption = None,
    ics: IcsOption = None,
    diff: DiffOption = None,
    imports: ImportsOption = None,
    everything: Annotated[bool, typer.Option("--all", help="List every entry, also of a long map.")] = False,
) -> int:
    """Decide every flow of a map, worst first: verdict, articles, what to do.

    Reads the map's files only: opens no connection and runs nothing that the map names.

    [bold]comity check comity.yaml --html report.html[/bold]
    """
    if sum((as_json, sarif, csv)) > 1:
        raise typer.BadParameter("one of --json, --sarif, --csv")
    if exact and (sarif or csv):
        raise typer.BadParameter("--exact has a place in the text, in --json and in --html")
    if diff is not None or imports:
        if diff is None or any((sarif, csv, html, exact, lock, relock, until, ics, strict, everything)):
            raise typer.BadParameter("--import goes with --diff, and --diff with --json, --day, --pack, --fail-on")
        return _reviewed(map_file, diff, imports or [], day, pack, packs_dir, fail_on, as_json)
    require_until(until, ics, day, others=bool(sarif or csv or html or exact or lock or relock))
    if exact:
        from comity.decide.solve import require_solver

        require_solver("check --exact")
    found = checked(map_file, day, pack, packs_dir)
    for remark in found.map.remarks:
        err(f"{remark.to_text()}\n")
    if until is not None:
        told = tell_until(found, map_file, until, ics, as_json=as_json)
        return until_code(told) if fail_on is FailOn.worse else _check_code(found, fail_on, strict)
    drift = drift_of(found, map_file, lock, relock=relock, fail_on=fail_on, strict=strict)
    if html is not None or not (as_json or sarif or csv):
        found = with_remedies(found, map_file)
    if exact:
        found = _exactly(found)
    if html is not None:
        from comity.report.html import check_to_html

        write_file(html, check_to_html(found))
    _print_check(found, drift, as_json, sarif, csv, everything=everything)
    if not as_json:
        print_drift(found, drift, beside=sarif or csv, relocked=relock)
    if fail_on is FailOn.worse:
        return DONE if relock else worse_code(drift)
    return _check_code(found, fail_on, strict)


def _exactly(found: Check) -> Check:
    from comity.decide.exact import exact_check, with_exact

    with progress_bar() as step:
        return with_exact(found, exact_check(found, progress=step))


def _reviewed(  # noqa: PLR0913, PLR0917 - options of the command
    map_file: Path,
    base: str,
    imports: list[str],
    day: dt.date | None,
    pack: list[str] | None,
    packs_dir: Path | None,
    fail_on: FailOn,
    as_json: bool,
) -> int:
    program, left_out = load_selected(pack, packs_dir)
    on = day or dt.datetime.now(dt.UTC).date()
    found = review_map(program, map_file, base, imports=sources_of(imports), day=on, left_out=left_out)
    return tell_review(found, fail_on, as_json=as_json)


def _print_check(found: Check, drift: Drift | None, as_json: bool, sarif: bool, csv: bool, *, everything: bool) -> None:
    if as_json:
        from comity.report.json import check_to_json, pieces
        from comity.report.lock import with_drift

        sys.stdout.writelines(pieces(with_drift(check_to_json(found), found.program.vocabulary, drift)))
        sys.stdout.flush()
    elif sarif:
        from comity.report.json import dumps
        from comity.report.sarif import check_to_sarif

        out(dumps(check_to_sarif(found)))
    elif csv:
        from comity.report.csv import check_to_csv

        out(check_to_csv(found))
    else:
        from comity.report.terminal import print_check

        print_check(found, everything=everything)


def _check_code(found: Check, fail_on: FailOn, strict: bool) -> int:
    open_ = [f for f in found.flows if not f.is_accepted]
    stricter = sorted(f.flow.id for f in open_ if f.strict != f.verdict) if strict else []
    if stricter:
        err(f"--strict counts as undecided: {', '.join(stricter)}")
    return exit_code({f.strict if strict else f.verdict for f in open_}, fail_on)


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
    from comity.report.explain import explain_to_text

    found = checked(map_file, day, pack, packs_dir)
    ids = {f.flow.id: f for f in found.flows}
    require_entry(ids, flow)
    out(explain_to_text(found, ids[flow], everything=everything))
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

    program, _ = load_selected(pack, packs_dir)
    decision = decide_case(program, load_case(case_file, program), find=compile_program(program, few=True).find)
    if as_json:
        from comity.report.json import decision_to_json, dumps

        out(dumps(decision_to_json(decision)))
    else:
        from comity.report.terminal import decision_to_text

        out(decision_to_text(decision, program))
    return exit_code({decision.verdict}, fail_on)


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

    found = checked(map_file, day, pack, packs_dir)
    told = clock(found, _entries(found, only, map_file))
    if ics is not None:
        write_file(ics, clock_to_ics(found, told))
    if as_json:
        from comity.report.json import dumps

        out(dumps(clock_to_json(found, told)))
    else:
        out(clock_to_text(found, told))
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
            err(wrong)
            if yes:
                return OURS
            answer = typer.prompt(question.text, default=question.default)
        answers[question.id] = answer
    write_file(file, first_map(answers))
    out(f"wrote {file}; next: comity check {file}")
    return DONE
