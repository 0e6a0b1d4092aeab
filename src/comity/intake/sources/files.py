"""Files of strangers: JSON within limits, and the files of a folder, none of them outside it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comity.errors import InputError, Problem, Problems, Span

MAX_JSON_BYTES = 256 * 1024 * 1024  # the log of a year, the manifest of a large project
MAX_FILES = 10_000
MAX_BROKEN = 20  # places of one file at which reading is taken up again

Note = Callable[[str, str, Span], None]  # `Finding.remark`


@dataclass(frozen=True, slots=True)
class File:
    """A file to be read, and the name that problems show."""

    path: Path
    shown: str


def files_in(path: Path, shown: str, endings: Iterable[str], note: Note) -> tuple[File, ...]:
    """The file itself, or all files of a folder whose name ends in one of the endings, sorted.

    Guarantees that no file outside the folder is named: links are not followed. One that leads out is noted; what one
    inside leads to is read where it stands.

    Raises:
        InputError: there is no such file or folder, it is no plain file, or it holds too many files.
    """
    if not path.is_dir():
        return (File(path, shown),)
    found: list[File] = []
    root = path.resolve()
    wanted = tuple(endings)
    for folder, folders, names in os.walk(path, followlinks=False):
        folders.sort()
        for name in sorted([*names, *(f for f in folders if Path(folder, f).is_symlink())]):
            each = Path(folder, name)
            label = f"{shown.rstrip('/')}/{each.relative_to(path).as_posix()}"
            if each.is_symlink():
                if not each.resolve().is_relative_to(root):
                    note(
                        "outside-folder", f"the link `{label}` leads out of the folder and is not followed", Span(label)
                    )
            elif name.endswith(wanted):
                found.append(File(each, label))
        if len(found) > MAX_FILES:
            message = f"the folder holds more than {MAX_FILES} files"
            raise InputError([Problem("too-many-files", message, Span(shown), help="import its parts one by one")])
    return tuple(found)


def read_bytes(file: File, limit: int) -> bytes:
    """The bytes of a file.

    Raises:
        InputError: it cannot be read, is no plain file, or is larger than the limit.
    """
    span = Span(file.shown)
    try:
        status = file.path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe never ends, and a device has no size
            raise InputError([Problem("unreadable-file", f"cannot read `{file.shown}`: no plain file", span)])
        if status.st_size <= limit:
            with file.path.open("rb") as opened:
                raw = opened.read(limit + 1)
            if len(raw) <= limit:
                return raw
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise InputError([Problem("unreadable-file", f"cannot read `{file.shown}`: {why}", span)]) from None
    size, most = status.st_size // (1024 * 1024), limit // (1024 * 1024)
    message = f"the file has {size} MB; at most {most} MB are read"
    raise InputError([Problem("file-too-large", message, span, help="split it into several files")])


def read_text(file: File, limit: int = MAX_JSON_BYTES) -> str:
    """The text of a file in UTF-8.

    Raises:
        InputError: as `read_bytes`; it is not UTF-8 or empty.
    """
    raw = read_bytes(file, limit)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        where = Span(file.shown, line, problem.start - raw.rfind(b"\n", 0, problem.start))
        message = f"byte 0x{raw[problem.start]:02x} is no UTF-8"
        raise InputError([Problem("not-utf-8", message, where, help="save the file as UTF-8")]) from None
    if not text.strip():
        raise InputError([Problem("empty-file", "the file is empty", Span(file.shown))])
    return text


def read_json(file: File) -> Any:
    """The one value that a JSON file holds.

    Raises:
        InputError: as `read_text`; it is not JSON, is cut off, or is nested too deeply.
    """
    text = read_text(file)
    try:
        return json.loads(text)
    except ValueError as problem:
        raise InputError([_not_json(file.shown, text, problem, 0, 0)]) from None
    except RecursionError:
        raise InputError([Problem("too-deep", "nested too deeply", Span(file.shown))]) from None


def read_json_values(file: File, problems: Problems) -> Iterator[tuple[Any, int]]:
    """The values of a file that holds several one after the other, each with its line; a list stands for its members.

    Takes one a line, and values that stand on several lines. What is broken is noted, and reading goes on at the next
    line that begins with `{`.

    Raises:
        InputError: as `read_text`.
    """
    text = read_text(file)
    decoder = json.JSONDecoder()
    at, line, counted, n_broken = _past_blanks(text, 0), 1, 0, 0
    while at < len(text):
        line += text.count("\n", counted, at)
        counted = at
        try:
            value, end = decoder.raw_decode(text, at)
            yield from ((each, line) for each in (value if isinstance(value, list) else (value,)))
        except (ValueError, RecursionError) as problem:
            n_broken += 1
            if isinstance(problem, ValueError):
                problems.found.append(_not_json(file.shown, text, problem, at, line))
            else:
                problems.add("too-deep", "nested too deeply", Span(file.shown, line, 1))
            end = text.find("\n{", at) if n_broken < MAX_BROKEN else -1
            end = len(text) if end < 0 else end
        at = _past_blanks(text, end)


def _past_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n\x1e":  # x1e: separator of JSON text sequences (RFC 7464)
        at += 1
    return at


def _not_json(shown: str, text: str, problem: ValueError, start: int, line: int) -> Problem:
    """What is wrong with a JSON text; `start` and `line`: of the value that is broken."""
    if not isinstance(problem, json.JSONDecodeError):  # Python reads no number of more than some thousand digits
        return Problem("not-json", "no JSON: a number has too many digits", Span(shown, line, 1 if line else 0))
    is_cut = problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated string")
    what = (
        "the file ends in the middle of a value" if is_cut else f"no JSON: {problem.msg[:1].lower()}{problem.msg[1:]}"
    )
    row = problem.lineno if not line else line + text.count("\n", start, problem.pos)
    at = text.rfind("\n", 0, problem.pos) + 1
    shown_line = text[at : at + 4000].partition("\n")[0]
    column = problem.pos - at + 1
    help_ = "it was cut off while it was written or copied: make it anew" if is_cut else ""
    return Problem("not-json", what, Span(shown, row, column, 1, shown_line if column <= 4000 else ""), help=help_)


# --- values of a JSON file, whatever stands there


@dataclass(slots=True)
class Values:
    """Takes values of a JSON file for what they ought to be, and notes where they are something else.

    Attributes:
        shown: the file, as problems show it.
    """

    shown: str
    problems: Problems

    def mapping(self, value: object, where: str) -> dict[str, Any]:
        """Keys and values; missing is empty."""
        if value is None or isinstance(value, dict):
            return value or {}
        self._clash(where, "keys with values", value)
        return {}

    def items(self, value: object, where: str) -> list[Any]:
        """A list; missing is empty."""
        if value is None or isinstance(value, list):
            return value or []
        self._clash(where, "a list", value)
        return []

    def text(self, value: object, where: str) -> str:
        """A text; missing is empty."""
        if value is None or isinstance(value, str):
            return value or ""
        self._clash(where, "a text", value)
        return ""

    def texts(self, value: object, where: str) -> list[str]:
        """A list of texts; one alone is a list of one, missing is empty."""
        if isinstance(value, str):
            return [value]
        return [self.text(each, f"{where}[{i}]") for i, each in enumerate(self.items(value, where))]

    def _clash(self, where: str, wanted: str, value: object) -> None:
        got = {dict: "keys with values", list: "a list", str: "a text", bool: "a yes or no"}.get(
            type(value), "a number"
        )
        self.problems.add("type-clash", f"`{where}` must be {wanted}, not {got}", Span(self.shown))
