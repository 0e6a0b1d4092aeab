"""Whatever stands in a map, a case or a pack: it is read, or told as problems. Never a traceback, never a hang."""

import datetime as dt
import re
import shutil
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity import document as doc
from comity.case import read_case
from comity.decide.decision import decide
from comity.decide.totals import with_totals
from comity.errors import InputError, Problem, Problems
from comity.intake.map import read_map
from comity.pack.cases import read_cases
from comity.pack.link import link
from comity.pack.program import Program
from comity.pack.read import read_pack
from tests.house.sources import ROOT
from tests.intake.maps import HERE as MAPS
from tests.intake.maps import vocabulary

DAY = dt.date(2026, 11, 24)
SECONDS = 20  # for one input of a few kilobytes, on a machine that does other things too; a hang is far longer
PACK = ROOT / "packs" / "gids" / "commitments"

# What breaks readers: signs of YAML, the edges of numbers and days, texts of other scripts and none.
NASTY = (
    "{", "}", "[", "]", ":", "- ", "? ", "&a ", "*a", "!!python/object:os.system ", "!<x> ", "|", ">", "%YAML 9.9\n",
    "---\n", "...\n", "\t", "\x00", "\x1b[31m", "\u2028", "\ufeff", "\ud7ff", "😀", "ключ", "’", '"', "'", "#", "\\",
    "\r", "<<: ", "null", "~", "NaN", ".inf", "-1", "1e999", "9" * 400, "0x10", "NO", "unknown", "true", "0001-01-01",
    "9999-12-31", "2026-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "../..", "/", "all",
    "{only: []}", "{at-least: 1}",
)  # fmt: skip
WORD = re.compile(r"[^\s{}\[\],:]+")


@cache
def program() -> Program:
    return link(vocabulary(), [read_pack(PACK, vocabulary())])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all examples of a test share; each writes its file anew."""
    return tmp_path_factory.mktemp("fuzz")


# --- the three inputs: each is read and, where it can be read, used


def use_map(path: Path) -> None:
    with_totals(program(), read_map(path, vocabulary(), day=DAY))


def use_case(path: Path) -> None:
    problems = Problems()
    case = read_case(doc.read_document(path), vocabulary(), program().totals, problems)
    problems.require_none()
    assert case is not None
    decide(program(), case, why=False)


def use_pack(path: Path) -> None:
    pack = read_pack(path.parent, vocabulary())
    link(vocabulary(), [pack])
    problems = Problems()
    read_cases(path.parent, pack, vocabulary(), problems)
    problems.require_none()


def told_or_read(use: Callable[[Path], None], path: Path, content: bytes) -> tuple[str, ...]:
    """Reads an input; gives the codes of its problems. Anything else that is raised fails the test."""
    path.write_bytes(content)
    start = time.monotonic()
    problems: tuple[Problem, ...] = ()
    text = ""
    try:
        use(path)
    except InputError as error:
        problems = error.problems
        text = str(error)
    assert time.monotonic() - start < SECONDS
    assert bool(problems) is bool(text)
    return tuple(problem.code for problem in problems)


# --- made inputs


def mutations(text: str) -> st.SearchStrategy[str]:
    """A text with a few places changed: cut, doubled, moved, or with something nasty put in."""
    words = sorted(set(text.replace("{", " ").replace("}", " ").replace(",", " ").split()))
    place = st.integers(0, len(text))
    change = st.one_of(
        st.tuples(st.just("cut"), place, st.integers(1, 60)),
        st.tuples(st.just("put"), place, st.sampled_from(NASTY)),
        st.tuples(st.just("put"), place, st.text(max_size=8)),
        st.tuples(st.just("word"), place, st.sampled_from(words)),
        st.tuples(st.just("twice"), place, st.integers(1, 200)),
    )
    return st.lists(change, min_size=1, max_size=4).map(lambda changes: _changed(text, changes))


def _changed(text: str, changes: Sequence[tuple[str, int, int | str]]) -> str:
    for what, at, extra in changes:
        if isinstance(extra, int):
            text = text[:at] + text[at + extra :] if what == "cut" else text[: at + extra] + text[at:]
        elif what == "put":
            text = text[:at] + extra + text[at:]
        else:  # the next word is replaced by another one of the file
            text = text[:at] + WORD.sub(extra.replace("\\", r"\\"), text[at:], count=1)
    return text


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


MAP = (MAPS / "good" / "mixed.yaml").read_text(encoding="utf-8")
SAID = (MAPS / "good" / "said-and-unsaid.yaml").read_text(encoding="utf-8")
DATED = (MAPS / "good" / "days.yaml").read_text(encoding="utf-8")
CASE = """\
id: fuzzed
kind: transfer
day: 2026-11-24
facts:
  holder: {country: DE, owners: {CN: 50, US: 50}, targets: [US, DE]}
  recipient.country: NO
  recipient.employer.country: CN-GD-SHENZHEN
  data.categories: {yes: [health], no: [genetic]}
  data.origin: {at-least: [CN]}
  incident.persons: {at-least: 5, at-most: 10}
  incident.known_at: 2026-11-24T09:00:00Z
  contract.concluded_on: 2026-01-01
  flow.deal: vendor
measures: {eu-standard-clauses: in-place, transfer-impact-assessment: unknown}
totals: {}
"""
CLAUSES = (PACK / "clauses.yaml").read_text(encoding="utf-8")
HEADER = (PACK / "pack.yaml").read_text(encoding="utf-8")

few = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)


@given(text=st.one_of(mutations(MAP), mutations(SAID), mutations(DATED)))
@settings(few, max_examples=400)
def test_changed_map_is_read_or_told(folder: Path, text: str) -> None:
    told_or_read(use_map, folder / "comity.yaml", encoded(text))


@given(text=mutations(CASE))
@settings(few, max_examples=300)
def test_changed_case_is_read_or_told(folder: Path, text: str) -> None:
    told_or_read(use_case, folder / "case.yaml", encoded(text))


@given(text=mutations(CLAUSES))
@settings(few, max_examples=60)
def test_changed_clauses_are_read_or_told(folder: Path, text: str) -> None:
    told_or_read(use_pack, pack_in(folder) / "clauses.yaml", encoded(text))


@given(text=mutations(HEADER))
@settings(few, max_examples=30)
def test_changed_header_of_a_pack_is_read_or_told(folder: Path, text: str) -> None:
    told_or_read(use_pack, pack_in(folder) / "pack.yaml", encoded(text))


@given(text=mutations((PACK / "cases" / "own.yaml").read_text(encoding="utf-8")))
@settings(few, max_examples=40)
def test_changed_worked_cases_are_read_or_told(folder: Path, text: str) -> None:
    path = pack_in(folder) / "cases" / "own.yaml"
    told_or_read(lambda p: use_pack(p.parent), path, encoded(text))


def pack_in(folder: Path) -> Path:
    """A fresh copy of the pack."""
    target = folder / "gids" / "commitments"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(PACK, target)
    return target


USES = [(use_map, "comity.yaml"), (use_case, "case.yaml")]


@pytest.mark.parametrize(("use", "name"), USES)
@given(
    content=st.one_of(
        st.binary(max_size=200), st.text(alphabet="{}[]:-,&*!|>'\"#\n\t ?%ab1", max_size=120).map(encoded)
    )
)
@settings(few, max_examples=200)
def test_bytes_are_told(folder: Path, use: Callable[[Path], None], name: str, content: bytes) -> None:
    assert told_or_read(use, folder / name, content)


@given(content=st.binary(max_size=100))
@settings(few, max_examples=40)
def test_bytes_in_the_place_of_a_pack_are_told(folder: Path, content: bytes) -> None:
    assert told_or_read(use_pack, pack_in(folder) / "clauses.yaml", content)


# --- inputs made to hurt


def bomb() -> bytes:
    """Ten lists of ten aliases each: written out, ten thousand million texts."""
    lines = ["a0: &a0 lol"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 11)]
    return "\n".join(lines).encode()


HURTING: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "empty": (lambda: b"", {"empty-file"}),
    "spaces": (lambda: b" " * 100_000, {"empty-file"}),
    "bomb": (bomb, {"anchor"}),
    "deep lists": (lambda: b"[" * 100_000, {"too-deep"}),
    "deep lists, closed": (lambda: b"[" * 500 + b"]" * 500, {"too-deep"}),
    "deep mappings": (lambda: b"".join(b" " * n + b"a:\n" for n in range(3000)), {"too-deep"}),
    "deep in a section": (lambda: b"flows: " + b"[" * 100 + b"]" * 100, {"too-deep"}),
    "50 MB": (lambda: b"# " + b"x" * 50_000_000, {"file-too-large"}),
    "a key of 10 MB": (lambda: b"x" * 10_000_000 + b": 1", {"not-yaml", "unknown-key", "missing-key"}),
    "a line of 10 MB": (lambda: b"name: " + b"x" * 10_000_000, {"unknown-key", "missing-key"}),
    "latin-1": (lambda: "comity: 1\nname: Café\n".encode("latin-1"), {"not-utf-8"}),
    "utf-16": (lambda: "comity: 1\nname: A\n".encode("utf-16"), {"not-utf-8"}),
    "nul": (lambda: b"comity: 1\nname: A\x00\n", {"not-yaml"}),
    "a program": (lambda: b"!!python/object/apply:os.system ['touch /tmp/pwned']", {"tag"}),
    "merge": (lambda: b"a: &a {b: c}\nd: {<<: *a}\n", {"anchor"}),
    "a hundred thousand keys": (
        lambda: b"\n".join(b"k%d: 1" % n for n in range(100_000)),
        {"unknown-key", "missing-key"},
    ),
    "the same key": (lambda: b"name: 1\n" * 50_000, {"duplicate-key"}),
    "two documents": (lambda: b"---\na: 1\n---\nb: 2\n", {"several-documents"}),
    "half a surrogate": (lambda: b"name: \xed\xa0\x80\n", {"not-utf-8"}),
    "keys that are lists": (lambda: b"? [a, b]\n: c\n", {"key-not-text"}),
}


@pytest.mark.parametrize(("use", "name"), USES)
@pytest.mark.parametrize("what", HURTING)
def test_input_made_to_hurt_is_told(tmp_path: Path, use: Callable[[Path], None], name: str, what: str) -> None:
    content, codes = HURTING[what]
    assert codes & set(told_or_read(use, tmp_path / name, content()))


@pytest.mark.parametrize("what", HURTING)
def test_pack_made_to_hurt_is_told(tmp_path: Path, what: str) -> None:
    content, codes = HURTING[what]
    found = set(told_or_read(use_pack, pack_in(tmp_path) / "clauses.yaml", content()))
    assert (codes - {"missing-key"}) & found or {"missing-key", "unknown-key"} & codes & found


def test_map_with_a_hundred_thousand_entries_is_read_in_time(tmp_path: Path) -> None:
    people = "".join(f"- {{id: p{n}, count: {{NL: {n}}}}}\n" for n in range(20_000))
    assert told_or_read(use_map, tmp_path / "comity.yaml", f"comity: 1\nname: Many\npeople:\n{people}".encode()) == ()


@pytest.mark.parametrize(
    "fact",
    [
        "holder.owners: " + "[{percent: 1, owners: " * 15 + "{NL: 1}" + "}]" * 15,
        "incident.persons: " + "9" * 5000,
        "incident.known_at: 0001-01-01T00:00:00+14:00",
        "contract.concluded_on: 9999-12-31",
        "data.origin: [" + ", ".join(["NL"] * 5000) + "]",
    ],
)
def test_value_at_the_edge_is_read_or_told(tmp_path: Path, fact: str) -> None:
    text = f"kind: transfer\nday: 2026-11-24\nfacts:\n  {fact}\n"
    told_or_read(use_case, tmp_path / "case.yaml", text.encode())


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_flow_at_the_edge_of_the_calendar_is_counted(tmp_path: Path, day: str) -> None:
    days = f"from_day: {day}" if day > "2026" else f"until_day: {day}"
    text = MAP.replace("from: shop, to: vendor}", f"from: shop, to: vendor, {days}}}")
    assert told_or_read(use_map, tmp_path / "comity.yaml", text.encode()) == ()


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    for path in (tmp_path / "nothing.yaml", tmp_path / "folder.yaml", tmp_path / "nul\x00.yaml"):
        for use in (use_map, use_case):
            with pytest.raises(InputError) as caught:
                use(path)
            assert [p.code for p in caught.value.problems] == ["unreadable-file"]
