"""The command `export`: a map as a register of processing, or as linked data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from comity.cli.run import (
    DATA,
    DONE,
    DayOption,
    MapArgument,
    PackOption,
    PacksOption,
    app,
    checked,
    out,
    write_file,
)


@app.command(rich_help_panel=DATA)
def export(
    map_file: MapArgument,
    register: Annotated[
        Path | None,
        typer.Option("--register", help="Write the register of processing: .csv or .xlsx.", metavar="FILE"),
    ] = None,
    dpv: Annotated[
        Path | None,
        typer.Option("--dpv", help="Write JSON-LD with the W3C Data Privacy Vocabulary.", metavar="FILE"),
    ] = None,
    base: Annotated[
        str, typer.Option("--base", help="What names in the JSON-LD begin with, such as an address of yours.")
    ] = "urn:comity:",
    day: DayOption = None,
    pack: PackOption = None,
    packs_dir: PacksOption = None,
) -> int:
    """Write a map as a register of processing with transfers (GDPR Art. 30), or as linked data.

    `comity import` reads the register back. Security measures stay blank: a map does not know them.

    [bold]comity export comity.yaml --register register.xlsx[/bold]
    """
    if register is None and dpv is None:
        raise typer.BadParameter("say what to write: --register FILE or --dpv FILE")
    if register is not None and register.suffix.lower() not in (".csv", ".xlsx"):
        raise typer.BadParameter(f"`{register}` must end in .csv or .xlsx")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*", base):
        raise typer.BadParameter(f"`{base}` is no address; write https://data.example/map/")
    found = checked(map_file, day, pack, packs_dir)
    if register is not None:
        from comity.report.register import register_rows, register_to_csv, register_to_xlsx

        is_csv = register.suffix.lower() == ".csv"
        write_file(register, register_to_csv(found) if is_csv else register_to_xlsx(found))
        n_rows = len(register_rows(found))
        out(f"wrote {register}: {n_rows} {'row' if n_rows == 1 else 'rows'}")
    if dpv is not None:
        from comity.report.dpv import check_to_dpv
        from comity.report.json import dumps

        write_file(dpv, dumps(check_to_dpv(found, base=base)))
        out(f"wrote {dpv}")
    return DONE
