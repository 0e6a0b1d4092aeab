"""The command `ask`: the questions that would settle what is undecided, and their answers into the map."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.cli.run import (
    DATA,
    DONE,
    DayOption,
    ExactOption,
    JsonOption,
    MapArgument,
    PackOption,
    PacksOption,
    app,
    checked,
    err,
    out,
    patch,
    progress_bar,
)
from comity.errors import ComityError, InputError

if TYPE_CHECKING:
    from comity.decide.ask import Asking
    from comity.decide.check import Check
    from comity.decide.exact import Exact
    from comity.intake.answers import Answer


@app.command(rich_help_panel=DATA)
def ask(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    map_file: MapArgument,
    day: DayOption = None,
    pack: PackOption = None,
    packs_dir: PacksOption = None,
    exact: ExactOption = False,
    as_json: JsonOption = False,
    answer: Annotated[bool, typer.Option("--answer", help="Ask for answers, on no terminal too.")] = False,
    answers: Annotated[
        str,
        typer.Option("--answers", help="Take the answers from a file, YAML or JSON; `-`: as input.", metavar="FILE"),
    ] = "",
    who: Annotated[str, typer.Option("--who", help="Who answers for it.", metavar="NAME")] = "",
    why: Annotated[
        str, typer.Option("--why", help="Why it is so, for answers that do not say.", metavar="REASON")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
) -> int:
    """Ask what would settle the undecided entries, those questions first that settle most.

    On a terminal the answers are taken one after the other and written into the map as `assume`, with who, day and
    why; its comments stay. An answer is `yes`, `12 000`, `at least 5`, `NL, DE` ...; nothing skips, `?` explains, `q`
    ends.

    [bold]comity ask comity.yaml --exact[/bold]
    """
    from comity.decide.ask import ask_all
    from comity.report.ask import asking_to_json, asking_to_text

    if as_json and (answer or answers):
        raise typer.BadParameter("--json prints the questions and takes no answers")
    if answer and answers:
        raise typer.BadParameter("one of --answer, --answers")
    if exact:
        from comity.decide.solve import require_solver

        require_solver("ask --exact")
    on = day or dt.datetime.now(dt.UTC).date()
    found = checked(map_file, on, pack, packs_dir)
    asking = ask_all(found, _exact(found) if exact else None)
    if as_json:
        from comity.report.json import dumps

        out(dumps(asking_to_json(found, asking)))
        return DONE
    if answers:
        given = _from_file(answers, found, asking, who, why, on)
    else:
        out(asking_to_text(found, asking))
        if not (answer or (sys.stdin.isatty() and sys.stdout.isatty())):
            return DONE
        given = tuple(_dialogue(found, asking, who, why, on))
    return _write(map_file, found, given, pack, packs_dir, dry_run)


def _exact(found: Check) -> dict[str, tuple[Exact, ...]]:
    from comity.decide.exact import exact_check

    with progress_bar() as step:
        return exact_check(found, progress=step)


# --- answers


def _from_file(file: str, found: Check, asking: Asking, who: str, why: str, day: dt.date) -> tuple[Answer, ...]:
    """The answers of a file; one that names no entries answers for those of its question."""
    from dataclasses import replace

    from comity.intake.answers import read_answers

    if not who:
        raise typer.BadParameter("--answers needs --who: somebody has to answer for them")
    text = sys.stdin.read() if file == "-" else None
    name = "standard input" if file == "-" else file
    read = read_answers(name, found.program.vocabulary, who=who, day=day, why=why, text=text)
    return tuple(each if each.flows else replace(each, flows=_entries(asking, each.fact)) for each in read)


def _entries(asking: Asking, fact: str) -> tuple[str, ...]:
    """The entries of the one question about a fact."""
    same = [asked for asked in asking.questions if asked.fact == fact and asked.assumable]
    if len(same) == 1:
        return same[0].assumable
    if not same:
        raise ComityError(f"no open question asks for `{fact}`; say `for: [...]`, the entries for which it holds")
    whose = ", ".join(asked.about for asked in same)
    raise ComityError(f"`{fact}` is asked of {whose}; say `for: [...]`, the entries for which the answer holds")


def _dialogue(found: Check, asking: Asking, who: str, why: str, day: dt.date) -> Iterator[Answer]:
    """Ask one question after the other, until all are asked or the person ends it."""
    from comity.intake.answers import Answer, parse_answer
    from comity.report.ask import means_text, question_lines

    vocabulary = found.program.vocabulary
    questions = [asked for asked in asking.questions if asked.assumable]
    settled: set[str] = set()
    for number, asked in enumerate(questions, 1):
        if settled.issuperset(asked.assumable):
            continue
        out("\n" + "\n".join(question_lines(asked, f"[{number} of {len(questions)}] ")))
        while (typed := _typed("answer: ")) not in (None, "", "q"):
            if typed == "?":
                out(means_text(vocabulary, asked))
                continue
            try:
                value = parse_answer(typed, asked.fact, vocabulary)
            except InputError as error:
                first = error.problems[0]
                out(first.message + (f"; {first.help}" if first.help else ""))
                continue
            if value is None:
                break
            who = who or _needed("who answers for it: ")
            reason = (why or _needed("why is it so: ")) if who else ""
            if not reason:
                return
            yield Answer(asked.fact, value, who, day, reason, asked.assumable)
            settled |= {*asked.settles}
            break
        if typed in (None, "q"):
            return


def _typed(prompt: str) -> str | None:
    """A line that a person types; None: the input has ended."""
    try:
        return input(prompt).strip()
    except EOFError:
        out("")
        return None


def _needed(prompt: str) -> str:
    """A line that has to say something; empty: the person ends it."""
    while True:
        typed = _typed(prompt)
        if typed in (None, "q"):
            return ""
        if typed:
            return typed


# --- into the map


def _write(
    map_file: Path,
    before: Check,
    answers: tuple[Answer, ...],
    pack: list[str] | None,
    packs_dir: Path | None,
    dry_run: bool,
) -> int:
    """Write the answers into the map and say what they changed."""
    from comity.document import read_raw
    from comity.intake.answers import with_answers, write_answers
    from comity.report.ask import changes_text

    if not answers:
        err("no answers; nothing was written")
        return DONE
    vocabulary = before.program.vocabulary
    if dry_run:
        raw = read_raw(map_file, str(map_file))
        old, new = raw.decode("utf-8-sig"), with_answers(map_file, raw, answers, vocabulary)
        out(patch(str(map_file), old, new))
        return DONE
    write_answers(map_file, answers, vocabulary)
    out(f"wrote {len(answers)} answer{'s' if len(answers) != 1 else ''} into {map_file}")
    out(changes_text(before, checked(map_file, before.map.day, pack, packs_dir)))
    return DONE
