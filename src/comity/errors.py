"""Problems of an input, where they stand and how they are told; every exception class of the project."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class Span:
    """A place in an input: a file with line and column (both from 1), or a path such as `$.flows[3].from`."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1
    text: str = ""  # the whole line, to be shown above the carets
    is_folded: bool = False  # the text that starts here was escaped or broken over lines: offsets into it say nothing

    def at(self, offset: int, length: int) -> Span:
        """The same line, `offset` characters further right; the span itself where the text was folded."""
        if self.is_folded:
            return self
        return Span(self.file, self.line, self.column + offset, max(1, length), self.text)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input. `code` is stable and has a page in docs/errors.md."""

    code: str
    message: str
    span: Span
    context: str = ""
    help: str = ""
    severity: str = "error"

    def to_json(self) -> dict[str, object]:
        """The same fields as the text, for tools."""
        return {
            "code": self.code,
            "message": self.message,
            "severity": self.severity,
            "file": self.span.file,
            "line": self.span.line,
            "column": self.span.column,
            "context": self.context,
            "help": self.help,
        }

    def to_text(self) -> str:
        """The problem as a person reads it: message, place, line with carets, help."""
        lines = [f"{self.severity}[{self.code}]: {self.message}"]
        lines.append(f"  {self.span}" + (f"   {self.context}" if self.context else ""))
        if self.span.text and self.span.line and self.span.column <= len(self.span.text) + 1:
            text, shift = _window(self.span.text, self.span.column)
            number = str(self.span.line)
            lines.append(f"  {number} | {text}")
            carets = "^" * max(1, min(self.span.length, len(text) - shift + 1))
            lines.append(f"  {' ' * len(number)} | {_blank(text[: shift - 1])}{carets}")
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)


_SECRET = re.compile(r"(?<=://)([^\s:/@'\"]*:)([^\s'\"]+)(?=@)")  # a password in an address


def _stars(found: re.Match[str]) -> str:
    """What is shown of a password: as many stars, so that columns stay."""
    return found.group(1) + "*" * len(found.group(2))


def _blank(text: str) -> str:
    """Blanks as wide as a text on a terminal: East Asian characters take two columns."""
    return "".join("\u3000" if unicodedata.east_asian_width(c) in "WF" else " " for c in text)


def _window(text: str, column: int, width: int = 150) -> tuple[str, int]:
    """The part of a long line around a column, without control characters, and the column within it."""
    clean = "".join(c if c.isprintable() else " " for c in _SECRET.sub(_stars, text.rstrip()))
    if len(clean) <= width:
        return clean, min(max(1, column), len(clean) + 1)
    start = max(0, min(column - 1 - width // 3, len(clean) - width))
    return clean[start : start + width], column - start


class ComityError(Exception):
    """The base of all exceptions of the project."""


class InputError(ComityError):
    """A pack, a map or a case has problems. All of them are listed; nothing was decided."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems), key=_order))
        super().__init__("\n\n".join(p.to_text() for p in self.problems))


_BRINGS = {  # what an extra brings, in words
    "browse": "Textual",
    "count": "SQLAlchemy with its drivers",
    "import": "the libraries that read tables and Terraform files",
    "solve": "the solver",
}


class MissingExtraError(ComityError):
    """Something needs a part of Comity that is not installed.

    Args:
        what: what needs it, such as the command `remedy`.
        extra: the name of the extra, such as `solve`.
    """

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(
            f"`{what}` needs {_BRINGS[extra]}, which is not installed\n  help: pip install 'comity[{extra}]'"
        )


class UnsupportedError(ComityError):
    """An evaluator was given a condition kind that it has no rule for. Raised on load, never per case."""


def _order(problem: Problem) -> tuple[str, int, int, str, str]:
    span = problem.span
    return (span.file, span.line, span.column, problem.code, problem.message)


_FACTS = "`comity facts` prints those there are"
_WHERE = {
    "unknown-fact": _FACTS,
    "unknown-category": _FACTS,
    "unknown-purpose": _FACTS,
    "unknown-measure": _FACTS,
    "unknown-place": "write an ISO 3166 code, such as NL or US-VA",
}
MAX_MESSAGE = 500  # characters; what is longer is no name that somebody misspelt
MAX_HELPED = 200  # problems of one input that are told with what may be meant; all are told


@dataclass(slots=True)
class Problems:
    """Collects the problems of one input, so that all are told at once."""

    found: list[Problem] = field(default_factory=list)

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        help: str = "",  # noqa: A002 - the word that stands in the message and in the JSON
        context: str = "",
    ) -> None:
        """Note one more problem and go on."""
        if len(message) > MAX_MESSAGE:
            message = message[:MAX_MESSAGE] + " ..."
        self.found.append(Problem(code, message, span, context, help))

    def add_unknown(
        self, code: str, what: str, name: str, known: Iterable[str], span: Span, *, context: str = ""
    ) -> None:
        """Note an unknown name, with the nearest known one as help, or else where to find those there are."""
        help_ = self.near(name, known) or _WHERE.get(code, "")
        self.add(code, f"`{name}` is not a known {what}", span, help=help_, context=context)

    def near(self, name: str, known: Iterable[str]) -> str:
        """Help text as `did_you_mean`, for the first problems only: the search is slow beside all else."""
        return did_you_mean(name, known) if len(self.found) < MAX_HELPED else ""

    def require_none(self) -> None:
        """Stop if anything was found.

        Raises:
            InputError: with every problem found so far.
        """
        if self.found:
            raise InputError(self.found)

    def stop(self) -> NoReturn:
        """Raise with what was found; called where going on makes no sense."""
        raise InputError(self.found)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Help text with the nearest known names; empty where nothing is near."""
    names = list(known)
    if len(name) > MAX_MESSAGE:
        return ""
    alike = sorted(n for n in names if _plain(n) == _plain(name))  # `us` for `US`, `health_data` for `health-data`
    near = alike[:2] or difflib.get_close_matches(name, names, n=2, cutoff=0.6)
    return "did you mean " + " or ".join(f"`{n}`" for n in near) + "?" if near else ""


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-")
