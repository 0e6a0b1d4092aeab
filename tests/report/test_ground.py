"""Common ground as a person and a program read it."""

import dataclasses
import datetime as dt
import json
from functools import cache

import pytest

from comity.case import Case
from comity.decide.alike import BANS, DUTIES, SAME, WAYS_OUT, Alike, Likeness, find_alike
from comity.decide.between import choose, template
from comity.decide.ground import (
    CLOSED,
    OPEN,
    UNDECIDED,
    Ground,
    Hindrance,
    Pair,
    Way,
    find_ground,
    of_parties,
)
from comity.library import load
from comity.pack.program import Program
from comity.report.ground import (
    asks_text,
    cell_text,
    cites,
    counts_text,
    data_text,
    duties_by_party,
    ends_text,
    gist,
    ground_to_json,
    ground_to_text,
    hindrance_to_lines,
    presumed_text,
    swap_text,
    verdict_text,
)
from comity.report.json import dumps
from comity.report.words import plural

pytest.importorskip("z3")

DAY = dt.date(2026, 11, 25)
PROGRAM = load()


@cache
def found(kind: str = "transfer", given: str = "") -> Ground:
    parties, _ = choose(PROGRAM, DAY, ("EU", "JP", "RU"))
    said = Case("", kind, DAY, {given: "processor"}) if given else None
    return find_ground(PROGRAM, template(PROGRAM, kind, DAY, given=said), parties)


@cache
def likeness() -> Likeness:
    return find_alike(PROGRAM, of_parties(found(), PROGRAM), "transfer", DAY, data=[["contact"]])


def told(ground: Ground, alike: Likeness | None = None) -> str:
    """The text with its lines unfolded."""
    return " ".join(ground_to_text(ground, PROGRAM, alike).split())


# --- text


def test_the_text_says_what_was_asked_what_serves_and_what_that_means() -> None:
    text = told(found())
    assert text.startswith("Common ground of EU JP RU: transfer, law of 2026-11-25 A company in A, ")
    assert "sends contact data of 1,000 of its customers" in text
    assert "Every count of persons, and every total that a law counts over many flows, is taken to be 1,000." in text
    assert "Of several places under one law one stands for all: EU as Germany." in text
    assert "Allowed between all 6 ordered pairs with these measures, effort " in text
    assert text.endswith(
        "Of 38 packs, as modelled. “Allowed” means that no modelled clause of the packs named here stands "
        "against it. This is no legal advice."
    )


def test_each_measure_has_its_effort_and_who_needs_it() -> None:
    way, text = found().ways[0], told(found())
    assert way.measures
    for measure, parties in zip(way.measures, way.needed_by, strict=True):
        known = PROGRAM.vocabulary.measure[measure]
        by = f"(needed by the law of {', '.join(parties)})"
        assert f"- `{measure}`, effort {known.effort}: {known.means} {by}" in text
    for other in found().ways[1:]:
        assert f"or, effort {other.effort}: {swap_text(way, other)}" in text


def test_the_matrix_has_a_row_for_each_sender_with_the_least_effort_for_the_pair() -> None:
    lines = ground_to_text(found(), PROGRAM, None).splitlines()
    head = next(n for n, line in enumerate(lines) if line.split() == ["EU", "JP", "RU"])
    for sender, line in zip(("EU", "JP", "RU"), lines[head + 1 :], strict=False):
        row, *cells = line.split()
        pairs = [found().pair.get((sender, receiver)) for receiver in ("EU", "JP", "RU")]
        assert (row, cells) == (sender, [str(p.ways[0].effort) if p else "·" for p in pairs])


def test_a_matrix_of_many_parties_is_left_to_the_page() -> None:
    many = dataclasses.replace(found(), parties=found().parties * 5)
    assert "From (row) to (column)" in told(found())
    assert "From (row) to (column)" not in told(many)


def test_who_falls_out_is_named_with_the_article() -> None:
    text = told(found("collection"))
    assert "No set of measures serves all. The largest sets of parties that share one: 2: EU JP, " in text
    assert "left out: RU" in text
    assert (
        "RU to all others: forbidden whatever is put in place - ru/personal-data forbids it: 152-FZ Art. 18(5)" in text
    )
    assert "(`ru/personal-data/art-18-5-2025`)" in text
    assert "2 forbidden whatever is put in place." in text


def test_what_is_presumed_stands_below_with_the_pairs_that_hang_on_it() -> None:
    text = told(found())
    fact, n_pairs = found().presumed[0]
    assert f"With nothing presumed, {found().n_sure} of these 6 pairs could be said to be allowed." in text
    assert f"- in {n_pairs} pairs: {presumed_text(fact, PROGRAM.vocabulary)}" in text
    assert f"and {len(found().presumed) - 8} more: --json lists them" in text


def test_duties_name_the_parties_whose_law_orders_them() -> None:
    duties = duties_by_party(found(), PROGRAM)
    assert duties["processing-record"][1] == ("EU", "JP")
    for measure, (n_pairs, parties) in duties.items():
        owing = [pair for pair in found().pairs if measure in {owed for owed, _ in pair.duties}]
        assert n_pairs == len(owing) > 0
        assert f"- `{measure}` in {plural(n_pairs, 'pair')}, law of {', '.join(parties)}" in told(found())


def test_places_that_no_pack_holds_are_said_to_be_left_out() -> None:
    text = ground_to_text(found(), PROGRAM, None, ["KE", "NZ"])
    assert "! left out, as no pack holds their law: Kenya; New Zealand" in text


def test_what_was_laid_over_the_story_is_told() -> None:
    assert "Said before all that: `recipient.role`: processor." in told(found(given="recipient.role"))
    assert "Said before all that" not in told(found())


def test_clauses_that_say_the_same_are_told_with_their_articles_by_party() -> None:
    text = told(found(), likeness())
    assert f"Clauses of theirs that say the same ({plural(len(likeness().same), 'group')}): - A ban: “" in text
    for alike in likeness().same[:8]:
        assert f"{asks_text(alike)}: {gist(alike, PROGRAM)}: {'; '.join(cites(alike, PROGRAM))}" in text
    nothing = Likeness("transfer", (), 10, 0)
    assert "No clauses of theirs say the same thing." in told(found(), nothing)
    assert "! not settled in time: 2 comparisons of clauses" in told(found(), dataclasses.replace(nothing, n_open=2))
    assert "say the same" not in told(found(), dataclasses.replace(nothing, n_open=2))


# --- what was found or not, in one line


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"ways": (Way((), 0),)}, "Allowed between all 6 ordered pairs as it is: no measure is needed."),
        ({"ways": (), "shared": None}, "Open: whether a set of measures serves all was not settled in time."),
        (
            {"ways": (), "shared": False},
            "No set of measures serves all, and none serves any two of them in both directions.",
        ),
        (
            {"ways": (), "shared": False, "not_settled": ("the largest sets of parties",)},
            "No set of measures serves all. Which parties share one was not settled in time.",
        ),
    ],
)
def test_the_answer_in_a_line(changes: dict[str, object], text: str) -> None:
    ground = dataclasses.replace(found(), **changes)  # type: ignore[arg-type]  # fields of the test's own choice
    assert verdict_text(ground) == text
    assert text in told(ground)


def test_more_largest_sets_than_are_told_are_said_to_be_there() -> None:
    ground = dataclasses.replace(found("collection"), more=True)
    assert verdict_text(ground).endswith("that share one (and there are more):")


def with_states(*states: str) -> Ground:
    pairs = tuple(
        dataclasses.replace(pair, state=state, ways=()) if state else pair
        for pair, state in zip(found().pairs, states, strict=True)
    )
    return dataclasses.replace(found(), pairs=pairs, not_settled=("EU to JP",))


def test_pairs_are_counted_by_state_and_have_a_sign_each() -> None:
    ground = with_states(CLOSED, UNDECIDED, OPEN, "", "", "")
    assert counts_text(ground).endswith(
        "3 can be. 1 forbidden whatever is put in place; 1 undecided; 1 not settled in time."
    )
    assert [cell_text(pair) for pair in ground.pairs[:3]] == ["x", "?", "~"]
    assert "! not settled in time: EU to JP" in told(ground)


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ([("EU", "JP"), ("EU", "RU")], "EU to all others"),
        ([("EU", "RU"), ("JP", "RU")], "all others to RU"),
        ([("EU", "JP")], "EU to JP"),
        ([("EU", "JP"), ("JP", "RU")], "EU to JP; JP to RU"),
    ],
)
def test_ends_are_told_by_whom_there_are_fewer_of(ends: list[tuple[str, str]], text: str) -> None:
    assert ends_text([Pair(*each, CLOSED) for each in ends], found()) == text


def test_of_most_others_those_are_named_that_are_left() -> None:
    parties, _ = choose(PROGRAM, DAY, ("EU", "JP", "RU", "BR", "SG", "KR"))
    ground = dataclasses.replace(found(), parties=parties)
    pairs = [Pair("EU", other, CLOSED) for other in ("JP", "RU", "SG")]
    assert ends_text(pairs, ground) == "EU to all others but BR, KR"
    assert ends_text(pairs[:2], ground) == "EU to JP, RU"


def test_what_stands_in_the_way_is_told_with_what_would_have_to_be_known() -> None:
    hindrance = Hindrance("eu/personal-data", "undecided", ("eu/personal-data/art-44",), ("Is it listed?",))
    assert list(hindrance_to_lines(hindrance, PROGRAM)) == [
        "eu/personal-data cannot say: GDPR Art. 44 (`eu/personal-data/art-44`)",
        "to be known: Is it listed?",
    ]
    assert list(hindrance_to_lines(Hindrance("", "no-pack", place="KE"), PROGRAM)) == ["no pack holds the law of Kenya"]


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (Way(("a", "c"), 3), "`c` in place of `b`"),
        (Way(("c", "d"), 3), "`c` and `d` in place of `a` and `b`"),
        (Way(("a",), 1), "nothing in place of `b`"),
    ],
)
def test_another_set_is_told_by_what_differs(other: Way, text: str) -> None:
    assert swap_text(Way(("a", "b"), 2), other) == text


@pytest.mark.parametrize(
    ("effect", "lifts", "measures", "within", "text"),
    [
        ("forbids", "", (), "", "A ban"),
        ("forbids", "", ("m",), "", "Forbidden without `m`"),
        ("excuses", BANS, ("m", "n"), "", "A way out by `m` and `n`"),
        ("excuses", WAYS_OUT, (), "", "Closes a way out"),
        ("excuses", DUTIES, (), "", "Frees from a duty"),
        ("requires", "", ("m",), "72h", "A duty: `m` within 72h"),
        ("requires", "", ("m",), "at-once", "A duty: `m` at once"),
    ],
)
def test_what_clauses_do_in_a_few_words(
    effect: str, lifts: str, measures: tuple[str, ...], within: str, text: str
) -> None:
    assert asks_text(Alike(SAME, effect, lifts, measures, within, (), ())) == text


def test_the_words_of_one_clause_are_marked_as_those_of_its_party() -> None:
    ids = ("eu/personal-data/art-6-1", "br/personal-data/art-7")
    alike = Alike(SAME, "forbids", "", (), "", ids, ("BR", "EU"))
    assert gist(alike, PROGRAM) == (
        "“Handling needs one of the grounds of the law, a transfer too, whatever its route” (BR)"
    )


def test_data_are_named_by_their_narrowest_kinds() -> None:
    flow = template(PROGRAM, "transfer", DAY, data=["health", "contact"])
    assert data_text(dataclasses.replace(found(), flow=flow), PROGRAM) == "contact and health data"
    nothing = dataclasses.replace(flow, facts={})
    assert data_text(dataclasses.replace(found(), flow=nothing), PROGRAM) == "data"


def test_a_presumption_that_follows_another_fact_says_which() -> None:
    assert presumed_text("holder.law", PROGRAM.vocabulary).endswith("? As `holder.country`")
    assert presumed_text("data.minimal", PROGRAM.vocabulary) == "Is every field needed? yes"
    assert presumed_text("order.stop", PROGRAM.vocabulary) == "Has an authority stopped the flow? none"


# --- JSON


def test_json_tells_all_and_is_the_same_each_time() -> None:
    shape = ground_to_json(found(), PROGRAM, likeness(), ["NZ", "KE"])
    assert shape.keys() == {
        "format", "kind", "day", "story", "first_case", "parties", "without_pack", "counts", "shared", "sets",
        "largest", "more_largest", "steps", "pairs", "presumed", "n_sure", "not_settled", "alike", "packs",
    }  # fmt: skip
    assert (shape["format"], shape["without_pack"], shape["shared"]) == ("common/1", ["KE", "NZ"], True)
    assert len(shape["pairs"]) == shape["counts"]["pairs"] == 6
    assert [p["id"] for p in shape["packs"]] == list(PROGRAM.pack)
    assert all(p["not_modelled"] and p["read_day"] for p in shape["packs"])
    parties, _ = choose(PROGRAM, DAY, ("EU", "JP", "RU"))
    again = find_ground(PROGRAM, template(PROGRAM, "transfer", DAY), parties)
    assert dumps(ground_to_json(again, PROGRAM, likeness(), ["KE", "NZ"])) == dumps(shape)
    assert json.loads(dumps(shape)) == shape


def test_json_of_a_pair_names_what_is_in_the_way() -> None:
    shape = ground_to_json(found("collection"), PROGRAM, None)
    (first, *_) = [p for p in shape["pairs"] if p["from"] == "RU"]
    assert (first["state"], first["sets"]) == ("closed", [])
    assert first["in_the_way"] == [
        {
            "pack": "ru/personal-data",
            "outcome": "forbidden",
            "clauses": [{"clause": "ru/personal-data/art-18-5-2025", "cite": "152-FZ Art. 18(5), version of 23-FZ"}],
            "asks": [],
            "place": None,
        }
    ]
    assert shape["largest"][0]["out"] == ["RU"]
    assert shape["alike"] is None


def test_the_first_case_can_be_decided_by_itself() -> None:
    shape = ground_to_json(found(), PROGRAM, None)
    assert (shape["first_case"]["id"], shape["first_case"]["kind"]) == ("EU-JP", "transfer")
    assert shape["first_case"]["facts"]["recipient.country"] == "JP"


def test_the_program_is_that_of_the_packs() -> None:
    few: Program = PROGRAM.select(("eu/personal-data", "jp/personal-information"))
    parties, _ = choose(few, DAY, ())
    ground = find_ground(few, template(few, "transfer", DAY), parties)
    assert ground_to_text(ground, few, None).splitlines()[-2].startswith("Of 2 packs, as modelled.")
