"""Every code of a problem has its entry in docs/errors.md, and its file in tests/**/bad/."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.sources import ROOT, files, name

PAGE = ROOT / "docs" / "errors.md"
# Codes of errors that no file under bad/ can show, each with its reason.
WITHOUT_FILE = {
    "file-too-large": "the file would have 16 MB",
    "too-many-files": "it takes a thousand files",
    "too-many-cases": "it takes a thousand recipients",
    "unknown-total": "told when a map meets the packs, which bad/ has none of",
}
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def codes(text: str) -> Iterator[tuple[int, str | None, bool]]:
    """Line, code and whether it is a warning, of each problem that a source makes; None where it is no literal.

    A code may also stand in a dictionary of the module whose name ends in CODES.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and _ends_in_codes(node.targets[0]):
            for value in node.value.values:
                yield value.lineno, _literal(value), False
        elif isinstance(node, ast.Call) and node.args and _makes_problem(node.func):
            is_warning = any(_literal(a) == "warning" for a in (*node.args, *(k.value for k in node.keywords)))
            if not _is_handed_on(node.args[0]):
                yield node.lineno, _literal(node.args[0]), is_warning


def _is_handed_on(node: ast.expr) -> bool:
    """Whether a code comes from such a dictionary, or is that of a problem already made (`last.code`)."""
    if isinstance(node, ast.Subscript):
        return _ends_in_codes(node.value)
    return isinstance(node, ast.Attribute) and node.attr == "code"


def _ends_in_codes(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id.endswith("CODES")


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _makes_problem(function: ast.expr) -> bool:
    """Whether a call is `Problem(...)`, or `add` or `add_unknown` of something called problems."""
    if isinstance(function, ast.Name):
        return function.id == "Problem"
    if not isinstance(function, ast.Attribute) or function.attr not in ("add", "add_unknown"):
        return False
    owner = function.value
    word = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return word.endswith("problems")


def all_codes() -> list[tuple[str, str | None, bool]]:
    """Every code of the package with the place where it is made; errors.py only hands codes on."""
    found = []
    for path in files(".py"):
        if name(path).startswith("src/") and path.name != "errors.py":
            text = path.read_text(encoding="utf-8")
            found += [(f"{name(path)}:{line}", code, is_warning) for line, code, is_warning in codes(text)]
    return found


def entries() -> dict[str, str]:
    """The entries of the page by code."""
    parts = re.split(r"^### `([^`]+)`\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_code_is_a_literal_that_can_be_found() -> None:
    assert [place for place, code, _ in all_codes() if code is None] == []
    assert all(_CODE.fullmatch(code) for _, code, _ in all_codes() if code)


def test_every_code_has_its_entry_and_no_entry_is_left_over() -> None:
    made = {code for _, code, _ in all_codes() if code}
    assert len(made) > 50
    assert made - set(entries()) == set()
    assert set(entries()) - made == set()


@pytest.mark.parametrize("code", sorted(entries()))
def test_an_entry_has_a_meaning_an_example_and_a_cure(code: str) -> None:
    paragraphs = [p for p in re.sub(r"\n## .*", "", entries()[code], flags=re.DOTALL).strip().split("\n\n") if p]
    assert len(paragraphs) == 3, paragraphs
    meaning, example, cure = paragraphs
    assert re.match(r"[A-Z].*\.$", meaning, flags=re.DOTALL)
    assert all(line.startswith("    ") for line in example.splitlines())
    assert re.match(r"Cure: .*\.$", cure, flags=re.DOTALL)


def test_every_error_has_a_file_that_shows_it() -> None:
    shown: set[str] = set()
    for path in files(".txt"):
        if "bad" in path.parts:
            shown |= set(re.findall(r"^error\[([a-z0-9-]+)\]", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    errors = {code for _, code, is_warning in all_codes() if code and not is_warning}
    assert errors - shown - set(WITHOUT_FILE) == set()
    assert set(WITHOUT_FILE) & shown == set()


def test_codes_are_found_wherever_problems_are_made() -> None:
    source = """
_CODES = {"a": "one-code"}
self.problems.add("two", "m", span)
f.problems.add_unknown(_CODES[what], what, name, known, span)
problems.add_unknown("three", what, name, known, span)
Problem("four", "m", span, "", "", "warning")
problems.add(last.code, "m", span)
problems.add(code, "m", span)
seen.add("five")
"""
    assert sorted(codes(source), key=lambda c: c[0]) == [
        (2, "one-code", False),
        (3, "two", False),
        (5, "three", False),
        (6, "four", True),
        (8, None, False),
    ]
