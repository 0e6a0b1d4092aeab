"""Text for people: narrow, without colour, in a pipe, and down to the facts."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from comity.decide.check import Check
from comity.decide.decision import Presumption
from comity.facts import Places
from comity.report import words
from comity.report.terminal import MAX_LISTED, check_to_text, decision_to_text, explain_to_text, print_check
from tests.report.sample import GOLDEN, decision, program, small_check


def explained(entry: str, *, everything: bool = False) -> str:
    check = small_check()
    found = next(f for f in check.flows if f.flow.id == entry)
    return explain_to_text(check, found, everything=everything, width=80)


def one_line(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def test_the_table_is_written_out(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "check.txt", check_to_text(small_check(), width=80))


@pytest.mark.parametrize("entry", ["ads", "desk", "warehouse-health", "laptop"])
def test_an_explanation_is_written_out(entry: str, golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / f"explain-{entry}.txt", explained(entry))


def test_all_of_an_explanation_is_written_out(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "explain-clinic-all.txt", explained("clinic", everything=True))


@pytest.mark.parametrize("name", ["desk", "ads"])
def test_one_decision_is_written_out(
    name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    golden(GOLDEN / f"decision-{name}.txt", decision_to_text(decision(name), program()))


@pytest.mark.parametrize("width", [40, 80, 132])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(len(line) for line in check_to_text(small_check(), width=width).splitlines()) <= width


def test_the_worst_comes_first_and_each_verdict_has_its_word() -> None:
    text = check_to_text(small_check())
    places = [text.index(w) for w in ("✖ forbidden", "? undecided", "◐ conditional", "✔ allowed")]
    assert places == sorted(places)


def test_a_place_without_a_pack_is_told_before_and_after_the_table() -> None:
    lines = check_to_text(small_check()).splitlines()
    told = [number for number, line in enumerate(lines) if "NO PACK FOR: Philippines (PH)" in line]
    assert len(told) == 2
    assert told[0] < 3
    assert told[1] > len(lines) - 5


def test_packs_left_out_are_told() -> None:
    assert "left out: south/home" in check_to_text(small_check(is_one_left_out=True))


def test_what_is_said_once_for_a_map_is_told_once() -> None:
    text = one_line(check_to_text(small_check(), width=200))
    assert "since nobody said (answer under `assume:`) Is it arranged to escape a rule? no" in text
    assert text.count("Is it arranged to escape a rule?") == 1


def test_what_allowed_means_is_told_everywhere() -> None:
    meant = "no modelled clause of the packs named here stands against it. This is no legal advice."
    texts = (check_to_text(small_check()), explained("ads"), decision_to_text(decision("ads"), program()))
    assert all(meant in one_line(text) for text in texts)


def test_a_title_cannot_colour_the_terminal_or_use_markup() -> None:
    console = Console(force_terminal=True, color_system="truecolor", width=200, record=True, file=None)
    with console.capture() as captured:
        print_check(small_check(), console)
    assert "\x1b[31mred" not in captured.get()
    assert "[bold]b[/bold]" in captured.get()
    assert "\x1b" not in explained("desk")


def test_a_pipe_gets_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    print_check(small_check())
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "✖ forbidden" in out


def test_a_map_without_entries_is_told_too() -> None:
    assert "0 entries: nothing to decide" in check_to_text(dataclasses.replace(small_check(), flows=()))


def test_a_stale_pack_is_called_so() -> None:
    check = small_check()
    old = tuple(dataclasses.replace(p, stale_after=1) for p in check.program.packs)
    program_ = dataclasses.replace(check.program, packs=old)
    assert "law as read on 2026-09-01, STALE" in check_to_text(dataclasses.replace(check, program=program_))


def test_a_fact_says_where_it_comes_from() -> None:
    told = one_line(explained("ads"))
    assert "recipient.country = SG (said)" in told
    assert "flow.evades = no (presumed: good faith is presumed and asked once for a whole map)" in told
    assert "Singapore (SG): allowed, in the opinion of named counsel" in told


def test_an_unknown_is_marked_and_asked_for() -> None:
    told = one_line(explained("desk"))
    assert '[unknown] !("health" in data.categories) ← health: unknown' in told
    assert "Which kinds of data? (health?)" in told


def test_a_way_out_that_is_closed_says_why() -> None:
    assert "not lifted by: Northern Data Act Art. 2 [art-2], since recipient.country in FRIENDLY is false" in one_line(
        explained("desk")
    )


def test_all_shows_the_branches_that_decide_nothing() -> None:
    pruned, whole = explained("clinic"), explained("clinic", everything=True)
    assert "[s-2]" not in pruned
    assert "[s-2]" in whole
    assert len(whole) > len(pruned)


def test_of_several_cases_the_strictest_is_told_and_the_others_counted() -> None:
    told = one_line(explained("warehouse-health"))
    assert "✖ forbidden: case warehouse-2" in told
    assert "not shown, since less strict: 1 case" in told
    assert "case warehouse " in one_line(explained("warehouse-health", everything=True)) + " "


def test_a_narrow_terminal_gets_whole_words_one_entry_below_the_other() -> None:
    text = check_to_text(small_check(), width=40)
    assert "verdict  " not in text
    for found in small_check().flows:
        assert f"  {found.flow.id} · " in text


@pytest.mark.parametrize("width", [0, 1])
def test_a_terminal_that_has_no_columns_breaks_nothing(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    check = small_check()
    assert "allowed" in check_to_text(check, width=width)
    assert "no legal advice" in one_line(explain_to_text(check, check.flows[0]))


def test_an_acceptance_that_has_ended_is_told() -> None:
    check = small_check()
    accepted = next(f for f in check.flows if f.is_accepted)
    ended = dataclasses.replace(accepted, is_accepted=False)
    assert "accepted to" in check_to_text(dataclasses.replace(check, flows=(accepted,)))
    assert "no longer" in check_to_text(dataclasses.replace(check, flows=(ended,)))


def test_norway_is_no_no() -> None:
    taken = Presumption(
        fact="recipient.establishments",
        value=Places(frozenset({"NO", "DE"})),
        because="a company has an establishment where it acts from",
        ask="Where is it?",
        worse=True,
        otherwise=("allowed", "forbidden"),
    )
    assert words.presumption_text(program().vocabulary, taken) == "Where is it? Germany, Norway"


def long_check(n: int) -> Check:
    """The small check with its last entry, which is allowed, standing there many times."""
    check = small_check()
    last = check.flows[-1]
    more = (dataclasses.replace(last, flow=dataclasses.replace(last.flow, id=f"twin-{k}", title="")) for k in range(n))
    return dataclasses.replace(check, flows=(*check.flows, *more))


def test_of_a_long_check_the_first_entries_are_listed_and_the_others_counted() -> None:
    check = long_check(MAX_LISTED + 7)
    text = check_to_text(check)
    n_listed = MAX_LISTED - len(small_check().flows)
    assert f"twin-{n_listed - 1} " in text
    assert f"twin-{n_listed} " not in text
    n_rest = len(check.flows) - MAX_LISTED
    assert f"{n_rest} more entries, not listed (all: --all;" in text
    assert f"✔ allowed {n_rest}" in text
    assert f"{len(check.flows)} entries" in text


def test_all_entries_are_listed_where_all_are_asked_for() -> None:
    check = long_check(MAX_LISTED + 7)
    text = check_to_text(check, everything=True)
    assert f"twin-{MAX_LISTED + 6} " in text
    assert "not listed" not in text
