"""Excel files for tests, made by the library that people's own tools use."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook


def workbook(
    sheets: Mapping[str, Iterable[Iterable[Any]]], *, merged: Iterable[str] = (), hidden: Iterable[int] = ()
) -> bytes:
    """An Excel file with some sheets; `merged` ranges and `hidden` rows are those of the last one."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    last = book.worksheets[-1]
    for area in merged:
        last.merge_cells(area)
    for number in hidden:
        last.row_dimensions[number].hidden = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """The file with another content of one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, content)
    return out.getvalue()


def part_of(raw: bytes, name: str) -> bytes:
    """The content of one part of the file."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return archive.read(name)


def saved(folder: Path, name: str, content: bytes | str, encoding: str = "utf-8") -> Path:
    """A file in a folder."""
    path = folder / name
    path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return path
