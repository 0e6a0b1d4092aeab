"""The command `count`: the queries of the map, run where the data lie, and their counts into the map."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.cli.run import DATA, DONE, PROBLEMS, JsonOption, MapArgument, app, err, out, patch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from comity.intake.count import Count


@app.command(rich_help_panel=DATA)
def count(
    map_file: MapArgument,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SET]...", help="Sets of people to count; default: all with a query.", show_default=False
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, help="Time for each query; after it the query is stopped.")
    ] = 60.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Count people with the map's own queries, reading only, and write the counts into the map.

    A set of people may have `query: {at: BOOKINGS_DB, sql: "select country, count(*) from customer group by country"}`;
    `at` is the environment variable with the address of the database (SQLite, PostgreSQL, MySQL, MariaDB). It is run in
    a read-only transaction. The day, the counts and a digest of the query go into the map; all else in it stays. A set
    whose query fails, or gives a place that is not known, stays as it was (exit code 5).

    [bold]BOOKINGS_DB=postgresql://reader@db/bookings comity count comity.yaml --dry-run[/bold]
    """
    from comity.intake.count import count_set, read_sets
    from comity.library import load
    from comity.report.count import counts_to_json, counts_to_text
    from comity.report.json import dumps

    today = dt.datetime.now(dt.UTC).date()
    vocabulary = load().vocabulary
    sets = read_sets(map_file, vocabulary, day=today, ids=ids or ())
    counts = [count_set(each, vocabulary, os.environ.get(each.query.at), seconds=seconds) for each in sets]
    for file, before, raw, after in _changed(counts, today):
        if dry_run and not as_json:
            out(patch(_shown(counts, file), before, after))
        elif not dry_run:
            from comity.intake.append import write_whole

            write_whole(file, after, like=raw)
    out(dumps(counts_to_json(counts)) if as_json else counts_to_text(counts))
    for problem in [problem for each in counts for problem in each.problems]:
        err(f"\n{problem.to_text()}")
    return PROBLEMS if any(each.problems for each in counts) else DONE


def _changed(counts: Sequence[Count], day: dt.date) -> Iterator[tuple[Path, str, bytes, str]]:
    """Each file in which a set was counted: its text before, its bytes, and its text with the counts."""
    from comity.document import read_raw
    from comity.intake.count import with_counts

    for file in dict.fromkeys(each.set.file for each in counts if not each.problems):
        raw = read_raw(file, str(file))
        before = raw.decode("utf-8-sig")
        yield file, before, raw, with_counts(file, before, counts, day)


def _shown(counts: Sequence[Count], file: Path) -> str:
    return next(each.set.query.span.file for each in counts if each.set.file == file)
