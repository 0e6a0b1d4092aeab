"""Functions stay within 60 lines and files within 600: what is longer is hard to read as a whole."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.sources import files, name

FILE_LINES = 600
FUNCTION_LINES = 60

# Files that a program writes and nobody reads, each with its reason: {"path": "reason"}
GENERATED: dict[str, str] = {}


def long_functions(text: str) -> Iterator[str]:
    """Names each function of a source that is too long, its docstring included, with the line where it starts."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{node.lineno}: `{node.name}` has {lines} lines, {FUNCTION_LINES} are allowed"


def test_no_function_is_too_long() -> None:
    sources = [path for path in files(".py") if name(path) not in GENERATED]
    assert sources
    assert [f"{name(p)}:{found}" for p in sources for found in long_functions(p.read_text(encoding="utf-8"))] == []


def test_no_file_is_too_long() -> None:
    counted = {name(p): p.read_bytes().count(b"\n") for p in files(".py", ".js", ".css", ".lark")}
    assert {p: n for p, n in counted.items() if n > FILE_LINES and p not in GENERATED} == {}


def test_exempt_files_exist_and_have_a_reason() -> None:
    assert all(reason for reason in GENERATED.values())
    assert set(GENERATED) <= {name(path) for path in files()}


@pytest.mark.parametrize(("body", "n_found"), [(FUNCTION_LINES - 1, 0), (FUNCTION_LINES, 1)])
def test_a_long_function_is_found(body: int, n_found: int) -> None:
    text = "class A:\n    async def too_long(self):\n" + "        pass\n" * body
    assert len(list(long_functions(text))) == n_found
