"""A module imports only what stands left of it, and heavy libraries only load where they are used."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT

PACKAGE = ROOT / "src" / "comity"

# From left to right: a layer may import itself and all that stands before it. What shares a row knows nothing of its
# neighbours.
ROWS: tuple[tuple[str, ...], ...] = (
    ("version", "errors"),
    ("document",),
    ("facts",),
    ("case",),
    ("condition",),
    ("pack",),
    ("decide",),
    ("ledger",),
    ("report",),
    ("library",),
    ("serve",),
    ("browse",),
    ("cli",),
)
# Layers whose imports are narrower than their place in the row. `intake` stands beside the law: it never sees a pack.
ONLY: dict[str, frozenset[str]] = {
    "intake": frozenset({"errors", "document", "facts", "case"}),
    "__main__": frozenset({"cli"}),
}
# Who may import `intake`.
ABOVE_INTAKE = frozenset({"report", "library", "serve", "browse", "cli"})
# The package's face: it gives out names of all layers but the last two, and loads nothing heavy.
FACE = "__init__"

# A library that stands here is imported by files whose path starts with one of these, and by no other.
PLACES: dict[str, tuple[str, ...]] = {
    "babel": ("intake/sources/countries.py",),
    "duckdb": ("decide/columns.py", "intake/"),
    "fastapi": ("serve/",),
    "hcl2": ("intake/sources/hcl.py",),
    "holidays": ("decide/deadline.py",),
    "icalendar": ("report/calendar.py",),
    "lark": ("condition/", "intake/sources/hcl.py"),
    "pyspark": ("decide/spark.py",),
    "rapidfuzz": ("intake/sources/countries.py",),
    "rich": ("report/", "cli/"),
    "ruamel": ("document.py",),
    "openpyxl": ("intake/sources/sheets.py", "report/register.py"),
    "psycopg": (),  # SQLAlchemy loads the drivers
    "pymysql": (),
    "sqlalchemy": ("intake/database.py",),
    "sqlglot": ("decide/columns.py", "decide/spark.py"),
    "starlette": ("serve/",),
    "textual": ("browse/",),
    "typer": ("cli/",),
    "uvicorn": ("serve/", "cli/"),
    "z3": ("decide/solve.py",),
}
# What only tests, the bench or the example may use.
NEVER = frozenset(
    {"cel_expr_python", "cvc5", "faker", "hypothesis", "jsonschema", "pickle", "playwright", "pytest", "rdflib"}
)
# What `import comity` must not load: all of the above, and what they bring.
NOT_ON_IMPORT = frozenset(PLACES) | NEVER | {"jinja2", "numpy", "pandas", "pyarrow", "pydantic", "requests", "yaml"}


def imported(text: str) -> Iterator[tuple[int, str]]:
    """Gives line and dotted name of every import, also those inside functions, for type checkers and by name."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                # `from comity import case` names the module only in its second half. A name of the face, such as
                # `from comity import Decision`, has no place in `allowed`: modules say from which layer they take it
                yield from ((node.lineno, f"{module}.{a.name}" if module == "comity" else module) for a in names)
            case ast.ImportFrom(level=level) if level:
                yield node.lineno, "."
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield node.lineno, module


def allowed(layer: str) -> frozenset[str]:
    """The layers that a layer may import; raises KeyError for one that has no place yet."""
    if layer in ONLY:
        return ONLY[layer] | {layer}
    left: set[str] = set()
    for row in ROWS:
        left |= set(row)
        if layer in row:
            own = left - (set(row) - {layer})
            return frozenset(own | {"intake"} if layer in ABOVE_INTAKE else own)
    if layer == FACE:
        return frozenset(left | {"intake"}) - {"serve", "browse", "cli"}
    raise KeyError(layer)


def breaches(path: str, text: str) -> list[str]:
    """All breaches of one module, given by its path below the package."""
    layer = path.split("/", 1)[0].removesuffix(".py")
    try:
        may = allowed(layer)
    except KeyError:
        return [f"{path}: `{layer}` has no place among the layers; give it one in {Path(__file__).name}"]
    found = []
    for line, module in imported(text):
        library, _, rest = module.partition(".")
        target = rest.partition(".")[0]
        if library == "comity" and target not in may:
            found.append(f"{path}:{line}: `{layer}` must not import `{target}`")
        if library == "":
            found.append(f"{path}:{line}: relative imports hide the layer")
        if library in NEVER or not _may_use(library, path):
            found.append(f"{path}:{line}: `{library}` does not belong here")
    return found


def _may_use(library: str, path: str) -> bool:
    return library not in PLACES or path.startswith(PLACES[library])


def _modules() -> list[tuple[str, str]]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return [(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")) for path in paths]


def test_modules_import_only_what_stands_left_of_them() -> None:
    modules = _modules()
    assert modules
    assert [breach for path, text in modules for breach in breaches(path, text)] == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import comity, json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    # -S -E would lose the installed package, so the modules that Python itself starts with are taken off instead
    bare = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    loaded, before = ({*json.loads(_run(text))} for text in (code, bare))
    assert "comity" in loaded
    assert (loaded - before) & NOT_ON_IMPORT == set()


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("errors.py", "import comity.facts"),
        ("facts.py", "from comity.case import Case"),
        ("case.py", "from comity import condition"),
        ("case.py", "from comity import Decision"),
        ("condition/parse.py", "def f():\n    from comity.pack.read import read_pack"),
        ("condition/parse.py", "from ..pack import read"),
        ("pack/link.py", "import importlib\nimportlib.import_module('comity.decide.one')"),
        ("decide/one.py", "from comity.intake.map import Map"),
        ("intake/map.py", "from comity.condition.tree import Condition"),
        ("intake/map.py", "from comity.decide.one import decide_one"),
        ("report/html.py", "import comity.serve.http"),
        ("serve/http.py", "from comity.cli import main"),
        ("serve/http.py", "from comity.browse.app import Browser"),
        ("browse/app.py", "from comity.cli.run import app"),
        ("cli/browse.py", "from textual.app import App"),
        ("__init__.py", "from comity.cli import main"),
        ("__main__.py", "from comity.decide.one import decide_one"),
        ("decide/one.py", "import duckdb"),
        ("decide/fast.py", "from z3 import Solver"),
        ("pack/read.py", "import pickle"),
        ("pack/read.py", "from typer import Typer"),
        ("intake/map.py", "from ruamel.yaml import YAML"),
        ("decide/agree.py", "from hypothesis import given"),
        ("decide/columns.py", "import comity.newcomer"),
        ("newcomer.py", "import json"),
    ],
)
def test_a_breach_is_found(path: str, text: str) -> None:
    assert len(breaches(path, text)) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("errors.py", "import json"),
        ("decide/one.py", "from comity.condition.tree import Condition\nfrom comity.decide.verdict import Verdict"),
        ("decide/columns.py", "import duckdb"),
        ("report/terminal.py", "import rich\nfrom comity.intake.map import Map"),
        ("browse/app.py", "from textual.app import App\nfrom comity.intake.answers import parse_answer"),
        ("cli/law.py", "import typer\nfrom comity import errors, serve\nimport comity.intake.map"),
        ("cli/__init__.py", "from comity.cli import data\nfrom comity.cli.run import app"),
        ("__init__.py", "from comity.decide.one import decide_one"),
        ("__main__.py", "from comity.cli import main"),
    ],
)
def test_what_is_allowed_is_no_breach(path: str, text: str) -> None:
    assert breaches(path, text) == []
