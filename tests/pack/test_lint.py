"""What a pack may say and hardly means: each warning, and its absence where the pack is sound."""

import functools
import textwrap
from pathlib import Path

import pytest

from comity.decide.exam import examine_for_lint
from comity.errors import Problem, Problems
from comity.pack.cases import read_cases
from comity.pack.lint import Examined, Idle, IdleThing, lint_folder, lint_pack
from comity.pack.read import read_pack
from tests.small.law import vocabulary, write_pack

HEAD = "covers: [{about: [transfer, incident], first_day: 2020-01-01, last_day: 2030-12-31}]\nscope: data.personal\n"
BAN = "- {id: ban, cite: Art. 1, source: law, says: No., about: transfer, forbids: data.public}\n"


ALL = frozenset({"fr/law/ban"})  # every clause is reached


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
        "- {id: tell, cite: Art. 2, source: law, says: Tell., about: KIND, to: you, requires: notice, "
        "when: recipient.listed}\n"
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
    tables = "tables:\n- {id: SAFE, rows: [{place: CH, where: recipient.listed, source: law}]}\n"
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
    assert lint_folder(folder, vocabulary(), lambda *_: Examined(frozenset(), ALL)) == []
    (found,) = lint_folder(folder, vocabulary(), lambda _, worked: Examined(frozenset(w.name for w in worked), ALL))
    assert (found.code, found.message) == ("known-but-agrees", "`odd` is marked as a known miss, and agrees")


# --- what the worked cases reach, rows, addressees


def examined(root: Path, clauses: str, cases: str) -> list[Problem]:
    """The warnings about a pack whose worked cases were decided."""
    folder = write_pack(root, f"{HEAD}clauses:\n{clauses}")
    (folder / "cases").mkdir(exist_ok=True)
    (folder / "cases" / "own.yaml").write_text(cases, encoding="utf-8")
    return lint_folder(folder, vocabulary(), functools.partial(examine_for_lint, vocabulary()))


def case_with(name: str, given: str) -> str:
    start = f"- {{name: {name}, source: Art. 1, kind: own, case: transfer, day: 2026-01-01, "
    return f"{start}given: {{data.personal: true, {given}}}, expect: {{clauses: {{ban: speaks}}}}}}\n"


def test_a_clause_that_no_worked_case_reaches(tmp_path: Path) -> None:
    clauses = BAN + excuse("listed", "when: recipient.listed")
    (found,) = examined(tmp_path, clauses, case_with("a", "data.public: true, recipient.listed: false"))
    assert (found.code, found.context) == ("unreached-clause", "fr/law/listed, Art. 2")
    assert examined(tmp_path, clauses, case_with("a", "data.public: true, recipient.listed: true")) == []


def test_an_excuse_is_reached_only_where_what_it_lifts_speaks(tmp_path: Path) -> None:
    silent = case_with("a", "data.public: false, recipient.listed: true").replace("speaks", "silent")
    speaks = case_with("b", "data.public: true, recipient.listed: false")
    clauses = BAN + excuse("listed", "when: recipient.listed")
    assert codes(examined(tmp_path, clauses, silent + speaks)) == ["unreached-clause"]


def test_a_row_that_names_no_source(tmp_path: Path) -> None:
    clauses = BAN.replace("data.public", "recipient.country in SAFE")
    tables = "tables:\n- {id: SAFE, rows: [{place: CH, source: law}, {place: HK}]}\n"
    (found,) = linted(tmp_path, clauses, tables=tables)
    assert (found.code, found.message) == ("row-without-source", "the row `HK` of the table `SAFE` names no source")


def test_a_duty_after_an_incident_that_names_no_addressee(tmp_path: Path) -> None:
    tell = "- {id: tell, cite: Art. 2, source: law, says: Tell., about: incident, requires: notice}\n"
    assert codes(linted(tmp_path, BAN + tell)) == ["missing-addressee"]
    assert linted(tmp_path, BAN + tell.replace("requires: notice", "requires: notice, to: the office")) == []


# --- what makes a difference in no case


def with_solver(root: Path, clauses: str, *, head: str = HEAD) -> list[Problem]:
    """The warnings about a pack, with the questions to the solver."""
    pytest.importorskip("z3")
    from comity.decide.idle import idle_for_lint

    folder = write_pack(root, f"{head}clauses:\n{clauses}")
    return lint_folder(folder, vocabulary(), None, functools.partial(idle_for_lint, vocabulary()))


def test_a_ban_that_the_scope_rules_out(tmp_path: Path) -> None:
    (found,) = with_solver(tmp_path, BAN.replace("forbids: data.public", "forbids: '!data.personal && data.public'"))
    assert found.to_text() == (
        "warning[never-decides]: the clause forbids nothing in any case\n"
        "  packs/fr/law/clauses.yaml:4:8   fr/law/ban, Art. 1\n"
        "  4 | - {id: ban, cite: Art. 1, source: law, says: No., about: transfer, "
        "forbids: '!data.personal && data.public'}\n"
        "    |        ^^^\n"
        "  help: its condition never holds, or it is always lifted"
    )


@pytest.mark.parametrize(
    ("clauses", "code", "message"),
    [
        (
            BAN + "- {id: tell, cite: Art. 2, source: law, says: Tell., about: incident, requires: notice, to: all, "
            "when: '!data.personal'}\n",
            "never-decides",
            "the clause asks for nothing in any case",
        ),
        (
            BAN + excuse("way", "when: '!data.public'"),
            "never-open",
            "the excuse is open in no case in which something speaks that it lifts",
        ),
        (
            BAN.replace("data.public", "'recipient.country in FR && recipient.country in EEA'"),
            "implied",
            "`recipient.country in EEA` makes a difference in no case beside the other parts of its condition",
        ),
    ],
)
def test_what_makes_a_difference_in_no_case_is_told(tmp_path: Path, clauses: str, code: str, message: str) -> None:
    (found,) = with_solver(tmp_path, clauses)
    assert (found.code, found.message, found.severity) == (code, message, "warning")


def test_a_threshold_that_another_one_settles(tmp_path: Path) -> None:
    ban = BAN.replace("transfer", "incident").replace("data.public", "'incident.persons > 9 && incident.persons > 99'")
    found = [p for p in with_solver(tmp_path, ban) if p.code != "untested-threshold"]
    assert [p.code for p in found] == ["never-reached"]
    assert found[0].message == "the threshold `incident.persons > 9` makes a difference in no case"


def test_what_is_idle_in_a_term_is_told_where_the_term_stands(tmp_path: Path) -> None:
    head = HEAD + "terms: {near: 'recipient.country in FR && recipient.country in EEA'}\n"
    (found,) = with_solver(tmp_path, BAN.replace("data.public", "near || data.public"), head=head)
    assert (found.code, found.context, found.span.line) == ("implied", "fr/law, term near", 3)


def test_what_a_warning_of_its_own_explains_is_not_told_twice(tmp_path: Path) -> None:
    assert codes(with_solver(tmp_path / "a", BAN.replace("data.public", "data.public && false"))) == ["always-false"]
    assert codes(with_solver(tmp_path / "b", BAN + excuse("way", "when: 'true'"))) == ["void-ban"]


def test_what_was_not_settled_is_told_once_for_each_clause(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path, f"{HEAD}clauses:\n{BAN}"), vocabulary())
    things = (IdleThing("never-decides", "fr/law/ban"), IdleThing("implied", "fr/law/ban", "data.public"))
    (found,) = lint_pack(pack, (), idle=Idle((), things))
    assert found.code == "not-settled"
    assert found.message == (
        "it was not settled in time whether the clause makes a difference in any case (and 1 more about it)"
    )
