"""The official conformance cases of the Common Expression Language, as far as they fall in the subset.

They come from the package `@bufbuild/cel-spec`, fetched once into build/. A case falls in the subset when its variables
are yes-or-no, counts or texts and the checker takes its expression: then it must pass.
"""

import datetime as dt
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.case import Case, Facts
from comity.condition.check import Names, compile_condition
from comity.decide.one import Context, evaluate
from comity.errors import Problems, Span
from comity.facts import Fact, Tri, Value, Vocabulary
from tests.house.sources import ROOT

VERSION = "0.6.1"
AT_LEAST = 218
DUMP = (
    "import('@bufbuild/cel-spec/testdata/conformance.js').then(m => process.stdout.write("
    "JSON.stringify(m.tests, (k, v) => typeof v === 'bigint' ? String(v) : v)))"
)
TYPES = {"BOOL": "bool", "INT64": "count", "STRING": "one-of"}

Need = Callable[[str, str], str]


class OutsideError(Exception):
    """The case needs what the subset does not have."""


@pytest.fixture(scope="module")
def official(request: pytest.FixtureRequest, need_program: Need) -> list[dict[str, Any]]:
    """The official cases; skips where the machine cannot fetch them, fails where it must be able to."""
    path = ROOT / "build" / "cel-spec" / f"{VERSION}.json"
    if not path.exists():
        for program in ("node", "npm"):
            if shutil.which(program) is None and request.config.getoption("--require-systems"):
                pytest.fail(f"`{program}` is missing, and systems are required")
            need_program(program, f"apt-get install {'nodejs' if program == 'node' else program}")
        try:
            _fetch(path)
        except subprocess.SubprocessError as problem:
            give_up = pytest.fail if request.config.getoption("--require-systems") else pytest.skip
            give_up(f"the official cases cannot be fetched: {problem}")
    return list(_cases(json.loads(path.read_text(encoding="utf-8"))))


def _fetch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", f"@bufbuild/cel-spec@{VERSION}"]
        subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=120)
        made = subprocess.run(["node", "-e", DUMP], cwd=folder, check=True, capture_output=True, timeout=60).stdout
        whole = Path(folder) / "cases.json"
        whole.write_bytes(made)
        whole.replace(path)  # at once: another worker never reads half of it


def _cases(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict) and "expr" in node:
        yield node
    elif isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from _cases(inner)


def literal(value: dict[str, Any]) -> str:
    """An expected value as a literal of the subset."""
    ((kind, inner),) = value.items()
    match kind:
        case "boolValue":
            return "true" if inner else "false"
        case "int64Value":
            return str(int(inner))
        case "stringValue":
            return json.dumps(inner, ensure_ascii=False)
        case "listValue":
            return f"[{', '.join(literal(item) for item in (inner or {}).get('values', []))}]"
    raise OutsideError(kind)


def bound(value: dict[str, Any]) -> Value:
    """A variable's value as a fact's."""
    ((kind, inner),) = value.items()
    if kind not in ("boolValue", "int64Value", "stringValue"):
        raise OutsideError(kind)
    found: bool | int | str = int(inner) if kind == "int64Value" else inner
    if type(found) is int and found < 0:
        raise OutsideError("a count is never negative")
    return found


def facts_of(official_case: dict[str, Any]) -> tuple[Fact, ...]:
    """A fact for each variable."""
    found = []
    for declared in official_case.get("typeEnv", []):
        type_ = TYPES.get(declared.get("ident", {}).get("type", {}).get("primitive"))
        if type_ is None:
            raise OutsideError("a function, or a variable of another type")
        found.append(Fact(declared["name"], type_, "", "", of=("*",)))
    return tuple(found)


def condition_of(official_case: dict[str, Any]) -> str:
    """The expression as a condition: where it gives no yes or no, compared with what it should give.

    Where nothing is said of what it should give, that is `true`.
    """
    expected = official_case.get("value")
    if expected is None or "boolValue" in expected:
        return str(official_case["expr"])
    return f"({official_case['expr']}) == {literal(expected)}"


def answer(official_case: dict[str, Any]) -> Tri:
    """What we say; an unbound variable is an unknown fact.

    Raises:
        OutsideError: the case does not fall in the subset.
    """
    if "checkOnly" in official_case or "typedResult" in official_case:
        raise OutsideError("only the type is asked")
    if "container" in official_case and "typeEnv" in official_case:
        raise OutsideError("names have no container to be looked up in")
    facts = facts_of(official_case)
    values = {name: bound(b["value"]) for name, b in official_case.get("bindings", {}).items()}
    empty: tuple[Any, ...] = ()
    vocabulary = Vocabulary(facts, empty, empty, empty, empty, empty, empty, empty, empty, mirrors=())
    problems, names = Problems(), Names(vocabulary)
    condition = compile_condition(condition_of(official_case), Span("case"), names, problems)
    if problems.found:
        raise OutsideError(problems.found[0].message)
    asked = Case("case", "transfer", dt.date(2026, 1, 1), values)
    return evaluate(condition, Context(Facts(vocabulary, asked), names.groups, asked.day)).value


def test_official_cases_within_the_subset_pass(
    official: list[dict[str, Any]], record_property: Callable[[str, object], None]
) -> None:
    n_passed, failed = 0, []
    for official_case in official:
        try:
            found = answer(official_case)
        except OutsideError:
            continue
        expected = official_case.get("value", {})
        wanted = None if "evalError" in official_case else expected.get("boolValue", True)
        if found is wanted:
            n_passed += 1
        else:
            failed.append((official_case["name"], official_case["expr"], found, wanted))
    assert failed == []
    assert n_passed >= AT_LEAST
    told = f"{n_passed} of {len(official)} official cases fall in the subset, and all of them pass"
    record_property("told", f"Common Expression Language: {told}")


def test_a_wrong_answer_would_be_seen() -> None:
    variable = {"typeEnv": [{"name": "x", "ident": {"type": {"primitive": "INT64"}}}]}
    three = {"bindings": {"x": {"value": {"int64Value": "3"}}}}
    assert answer({"expr": "x == 3", "value": {"boolValue": True}, **variable, **three}) is True
    assert answer({"expr": "x == 4", "value": {"boolValue": True}, **variable, **three}) is False
    assert answer({"expr": "x", "value": {"int64Value": "3"}, **variable, **three}) is True
    assert answer({"expr": "x", "value": {"int64Value": "4"}, **variable, **three}) is False
    assert answer({"expr": "x == 3", "evalError": {}, **variable}) is None
