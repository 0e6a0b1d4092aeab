"""What a pack may say and hardly means: each warning, and its absence where the pack is sound."""

import textwrap
from pathlib import Path

import pytest

from comity.errors import Problem, Problems
from comity.pack.cases import read_cases
from comity.pack.lint import lint_folder, lint_pack
from comity.pack.read import read_pack
from tests.small.law import vocabulary, write_pack

HEAD = "covers: [{about: [transfer, incident], first_day: 2020-01-01, last_day: 2030-12-31}]\nscope: data.personal\n"
BAN = "- {id: ban, cite: Art. 1, source: law, says: No., about: transfer, forbids: data.public}\n"


def linted(root: Path, clauses: str, *, tables: str = "", cases: str = "", head: str = HEAD) -> list[Problem]:
    """The warnings about a pack, which has no problem."""
    folder = write_pack(root, f"{head}clauses:\n{clauses}", tables=tables)
    if cases:
        (folder / "cases").mkdir()
        (folder / "cases" / "own.yaml").write_text(textwrap.dedent(cases), encoding="utf-8")
    found = lint_folder(folder, vocabulary())
    assert {p.severity for p in found} <= {"warning"}, found
    return found


def excuse(id_: str, more: str, about: str = "transfer") -> str:
    return f"- {{id: {id_}, cite: Art. 2, source: law, says: Yes., about: {about}, excuses: [ban], {more}}}\n"


def codes(found: list[Problem]) -> list[str]:
    return [p.code for p in found]


def test_a_sound_pack_has_nothing_to_tell(tmp_path: Path) -> None:
    clauses = BAN + excuse("listed", "when: recipient.listed") + excuse("contract", "needs: [contract-clauses]")
    assert linted(tmp_path, clauses) == []


def test_errors_are_told_alone(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, f"{HEAD}clauses:\n{BAN.replace('source: law, ', '')}- {{id: x}}\n")
    assert {p.severity for p in lint_folder(folder, vocabulary())} == {"error"}


def test_a_warning_says_where_and_why(tmp_path: Path) -> None:
    (found,) = linted(tmp_path, BAN.replace("source: law, ", ""))
    assert found.to_text() == (
        "warning[missing-source]: the clause names no source\n"
        "  packs/fr/law/clauses.yaml:4:8   fr/law/ban, Art. 1\n"
        "  4 | - {id: ban, cite: Art. 1, says: No., about: transfer, forbids: data.public}\n"
        "    |        ^^^\n"
        "  help: add `source:` with an id from pack.yaml"
    )


@pytest.mark.parametrize(
    ("one", "two", "is_found"),
    [
        ("recipient.listed", "'!recipient.listed'", True),
        ("recipient.listed && flow.routine", "flow.routine && !recipient.listed", True),
        ("recipient.listed && flow.routine", "'!recipient.listed && !flow.routine'", False),
        ("recipient.listed", "flow.routine", False),
        ("recipient.listed", "recipient.listed", False),
    ],
)
def test_excuses_under_complementary_conditions(tmp_path: Path, one: str, two: str, is_found: bool) -> None:
    found = linted(tmp_path, BAN + excuse("a", f"when: {one}") + excuse("b", f"when: {two}, needs: [filing]"))
    assert codes(found) == ["complementary-excuses"] * is_found


def test_an_incident_that_asks_for_its_recipient(tmp_path: Path) -> None:
    tell = (
        "- {id: tell, cite: Art. 2, source: law, says: Tell., about: KIND, requires: notice, when: recipient.listed}\n"
    )
    (found,) = linted(tmp_path, BAN + tell.replace("KIND", "incident"))
    assert found.code == "recipient-in-incident"
    assert "`recipient.listed`" in found.message
    assert linted(tmp_path, BAN + tell.replace("KIND", "[incident, transfer]")) == []


def test_an_excuse_without_a_condition_makes_a_ban_void(tmp_path: Path) -> None:
    assert codes(linted(tmp_path, BAN + excuse("free", "exempts: true"))) == ["void-ban"]
    assert linted(tmp_path, BAN + excuse("free", "needs: [filing]")) == []
    lifted = "- {id: not, cite: Art. 3, source: law, says: No., excuses: [free], when: flow.routine, about: transfer}\n"
    assert linted(tmp_path, BAN + excuse("free", "exempts: true") + lifted) == []


def test_a_clause_outside_the_days_or_kinds_that_the_pack_covers(tmp_path: Path) -> None:
    late = BAN.replace("id: ban", "id: late").replace("forbids", "first_day: DAY, forbids")
    assert codes(linted(tmp_path, BAN + late.replace("DAY", "2031-01-01"))) == ["never-in-force"]
    assert linted(tmp_path, BAN + late.replace("DAY", "2030-12-31")) == []
    head = "covers: [{about: transfer, last_day: 2020-12-31}, {about: incident}]\nscope: data.personal\n"
    assert codes(linted(tmp_path, BAN + late.replace("DAY", "2021-01-01"), head=head)) == ["never-in-force"]


def test_a_condition_that_is_always_false(tmp_path: Path) -> None:
    assert codes(linted(tmp_path, BAN.replace("data.public", "data.public && false"))) == ["always-false"]


def test_an_excuse_that_never_meets_what_it_lifts(tmp_path: Path) -> None:
    found = linted(tmp_path, BAN + excuse("a", "when: flow.routine", about="incident"))
    assert codes(found) == ["excuse-misses"]
    days = "when: flow.routine, last_day: 2021-01-01"
    late = BAN.replace("forbids", "first_day: 2021-01-02, forbids")
    assert codes(linted(tmp_path, late + excuse("a", days))) == ["excuse-misses"]
    assert linted(tmp_path, late.replace("2021-01-02", "2021-01-01") + excuse("a", days)) == []


def test_a_term_that_runs_from_no_day(tmp_path: Path) -> None:
    tell = "- {id: tell, cite: Art. 2, source: law, says: Tell., requires: notice, within: 72h}\n"
    assert codes(linted(tmp_path, BAN + tell)) == ["term-without-start"]
    assert linted(tmp_path, BAN + tell.replace("72h", "72h, from: incident.known_at")) == []


def test_a_table_that_no_condition_names(tmp_path: Path) -> None:
    tables = "tables:\n- {id: SAFE, rows: [{place: CH, where: recipient.listed}]}\n"
    (found,) = linted(tmp_path, BAN, tables=tables)
    assert (found.code, found.message) == ("unused-table", "the table `SAFE` is used nowhere")
    assert str(found.span) == "packs/fr/law/tables.yaml:2:8"
    assert linted(tmp_path, BAN.replace("data.public", "recipient.country in SAFE"), tables=tables) == []


CASE = """
- name: NAME
  source: Art. 1
  kind: own
  case: transfer
  day: 2026-01-01
  given: {data.personal: true, incident.persons: GIVEN}
  expect: {verdict: allowed}
"""


@pytest.mark.parametrize(
    ("counts", "lacking"),
    [
        (("999", "1000"), ""),
        (("1", "{at-least: 5000}"), ""),
        (("{at-most: 999}", "{at-least: 1000, at-most: 2000}"), ""),
        (("1000", "2000"), "where it does not"),
        (("999", "{at-least: 999}"), "where it holds"),
        (("unknown", "{at-least: 999}"), "where it holds nor where it does not"),
    ],
)
def test_a_threshold_without_a_worked_case_on_each_side(tmp_path: Path, counts: tuple[str, ...], lacking: str) -> None:
    cases = "".join(CASE.replace("GIVEN", count).replace("NAME", f"n{i}") for i, count in enumerate(counts))
    found = linted(tmp_path, BAN.replace("data.public", "incident.persons >= 1000"), cases=cases)
    told = [f"no worked case lies on the side of `incident.persons >= 1000` {lacking}"] if lacking else []
    assert [p.message for p in found] == told


def test_a_threshold_on_a_total_is_tested_by_totals(tmp_path: Path) -> None:
    head = HEAD + "totals: {n: {count: people, over: holder, per: held}}\n"
    cases = "".join(
        CASE.replace("GIVEN", "5").replace("NAME", f"n{i}") + f"  totals: {{n: {count}}}\n"
        for i, count in enumerate((9, 10))
    )
    ban = BAN.replace("data.public", "n > 9")
    assert linted(tmp_path, ban, head=head, cases=cases) == []
    assert codes(linted(tmp_path / "without", ban, head=head)) == ["untested-threshold"]


def test_a_known_miss_that_agrees_after_all(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, f"{HEAD}clauses:\n{BAN}")
    (folder / "cases").mkdir()
    known = CASE.replace("GIVEN", "5").replace("NAME", "odd").rstrip() + "\n  known: the pack is too strict\n"
    (folder / "cases" / "own.yaml").write_text(known, encoding="utf-8")
    pack, problems = read_pack(folder, vocabulary()), Problems()
    cases = read_cases(folder, pack, vocabulary(), problems)
    assert lint_pack(pack, cases) == []
    assert lint_folder(folder, vocabulary(), lambda *_: []) == []
    (found,) = lint_folder(folder, vocabulary(), lambda _, worked: [w.name for w in worked])
    assert (found.code, found.message) == ("known-but-agrees", "`odd` is marked as a known miss, and agrees")
