"""The commands over the law itself: packs, test, lint, new-pack, facts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from comity.cli.run import (
    DONE,
    LAW,
    PROBLEMS,
    JsonOption,
    PacksOption,
    app,
    err,
    load_selected,
    out,
    progress_bar,
    write_file,
)
from comity.errors import ComityError


@app.command(rich_help_panel=LAW)
def packs(packs_dir: PacksOption = None, as_json: JsonOption = False) -> int:
    """List the packs: read days, clauses, worked cases, agreement."""
    from comity.decide.exam import examine_all
    from comity.report.packs import packs_to_json, packs_to_text

    program, _ = load_selected(None, packs_dir)
    results = examine_all(program, _root(packs_dir))
    if as_json:
        from comity.report.json import dumps

        out(dumps(packs_to_json(program, results)))
    else:
        out(packs_to_text(program, results))
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

    program, _ = load_selected(pack, packs_dir)
    results = examine_all(program, _root(packs_dir))
    if as_json:
        from comity.report.json import dumps

        out(dumps(exam_to_json(program, results)))
    else:
        out(exam_to_text(program, results, traces=not no_trace))
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
    """Read packs and tell what is wrong or doubtful in them, with file, line and column.

    With the solver also what makes a difference in no case: clauses, excuses, thresholds, parts of conditions.
    """
    import functools

    from comity.decide.exam import examine_for_lint
    from comity.decide.solve import is_installed
    from comity.facts import read_vocabulary
    from comity.pack.lint import lint_folder
    from comity.pack.ship import pack_folders

    vocabulary = read_vocabulary()
    missing = [f for f in folder or () if not (f / "pack.yaml").exists() and not (f / "clauses.yaml").exists()]
    if missing:
        raise ComityError(f"no pack lies in `{missing[0]}`: its `pack.yaml` is not there")
    folders = [f.resolve() for f in folder] if folder else pack_folders(_root(packs_dir))
    exam = functools.partial(examine_for_lint, vocabulary)
    find_idle = None
    if is_installed():
        from comity.decide.idle import idle_for_lint

        find_idle = functools.partial(idle_for_lint, vocabulary)
    else:
        err("left out, for want of the solver: what makes a difference in no case (pip install 'comity[solve]')")
    found = []
    with progress_bar() as step:
        for number, f in enumerate(folders, 1):
            found += lint_folder(f, vocabulary, exam, find_idle)
            step(number, len(folders))
    if as_json:
        from comity.report.json import dumps

        out(dumps({"format": "lint/1", "problems": [p.to_json() for p in found]}))
    else:
        out("\n\n".join(p.to_text() for p in found) if found else f"{len(folders)} packs, nothing to tell")
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
        write_file(folder / name, text)
    out(f"wrote {folder}; next: comity lint {folder} && comity test {pack} --packs-dir {root}")
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

        out(dumps(glossary_to_json(vocabulary, name)))
        return DONE
    text = glossary_to_text(vocabulary, name)
    if not text:
        raise ComityError(f"nothing in the glossary holds `{name}`")
    out(text)
    return DONE
