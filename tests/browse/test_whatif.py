"""What-ifs: what they come to, that they are taken back, and that they are what the map would come to if it said so."""

import dataclasses
import datetime as dt

import pytest

from comity.browse.lines import yaml_lines
from comity.browse.offers import (
    DECIDES,
    OTHER_FACTS,
    PRESUMED,
    SETTLES,
    WANTED,
    choices,
    hint,
    means,
    offer,
    offers,
    read_by,
    value_of,
)
from comity.browse.outline import Folding, outline
from comity.browse.whatif import Change, Ground, WhatIfs, decide_entry, problem_text, read_change
from comity.case import Case, Map
from comity.document import Sequence, parse_document
from comity.errors import ComityError, InputError
from comity.facts import Members, Range
from comity.intake.append import append_items
from tests.browse.harbour import DAY, HARBOUR, decided_with, entry, ground, program

VOCABULARY = program().vocabulary


def change(what: str, id_: str, text: str) -> Change:
    read = read_change(what, id_, text, VOCABULARY)
    assert read is not None
    return read


def verdict(id_: str, *typed: tuple[str, str, str]) -> str:
    return decide_entry(ground(), entry(id_), tuple(change(*each) for each in typed)).verdict


def case_with(id_: str, *typed: tuple[str, str, str]) -> Case:
    return decide_entry(ground(), entry(id_), tuple(change(*each) for each in typed)).flow.cases[0]


# --- what they come to


@pytest.mark.parametrize(
    ("id_", "typed", "before", "after"),
    [
        ("newsletter", ("fact", "recipient.dpf", "yes"), "undecided", "allowed"),
        ("newsletter", ("fact", "recipient.dpf", "no"), "undecided", "conditional"),
        ("newsletter", ("fact", "recipient.country", "Germany"), "undecided", "allowed"),
        ("dev-shenzhen", ("fact", "flow.separate", "no"), "forbidden", "allowed"),
        ("ru-sign-up", ("fact", "data.citizens_of", "none"), "forbidden", "allowed"),
        ("audience-resale", ("fact", "data.categories", "not precise-location"), "forbidden", "allowed"),
        ("audience-resale", ("fact", "data.categories#precise-location", "no"), "forbidden", "allowed"),
        ("desk-moscow", ("measure", "eu-standard-clauses", "in-place"), "conditional", "allowed"),
        ("backup", ("counsel", "ZA", "allowed"), "undecided", "allowed"),
        ("backup", ("day", "", "2026-09-01"), "undecided", "allowed"),
    ],
)
def test_the_verdict_changes_and_the_real_one_stays(
    id_: str, typed: tuple[str, str, str], before: str, after: str
) -> None:
    assert verdict(id_, typed) == after
    assert entry(id_).verdict == before


def test_several_hold_together_and_a_later_one_on_the_same_thing_wins() -> None:
    whatifs = WhatIfs(ground())
    found = entry("newsletter")
    whatifs.add(found, change("fact", "recipient.dpf", "no"))
    assert whatifs.now(found).verdict == "conditional"
    whatifs.add(found, change("measure", "eu-standard-clauses", "in-place"))
    assert whatifs.now(found).verdict == "allowed"
    whatifs.add(found, change("measure", "eu-standard-clauses", "unknown"))
    assert [c.id for c in whatifs.of("newsletter")] == ["recipient.dpf", "eu-standard-clauses"]
    assert whatifs.now(found).verdict == "undecided"


def test_undo_goes_back_step_by_step_and_reset_at_once() -> None:
    whatifs = WhatIfs(ground())
    found = entry("newsletter")
    for text in ("no", "yes"):
        whatifs.add(found, change("fact", "recipient.dpf", text))
    assert whatifs.now(found).verdict == "allowed"
    assert whatifs.undo(found)
    assert whatifs.now(found).verdict == "conditional"
    assert whatifs.undo(found)
    assert whatifs.now(found) is found
    assert not whatifs.undo(found)
    whatifs.add(found, change("fact", "recipient.dpf", "yes"))
    assert whatifs.n_made == 1
    assert whatifs.reset(found)
    assert (whatifs.n_made, whatifs.now(found)) == (0, found)
    assert not whatifs.reset(found)


def test_what_the_map_says_anyway_is_no_what_if() -> None:
    whatifs = WhatIfs(ground())
    found = entry("newsletter")
    for typed in (
        ("fact", "recipient.country", "US-TX"),
        ("measure", "approved-code", "not-yet"),
        ("day", "", str(DAY)),
    ):
        assert whatifs.add(found, change(*typed)) is found
    whatifs.add(found, change("measure", "eu-standard-clauses", "in-place"))
    whatifs.add(found, change("measure", "eu-standard-clauses", "not-yet"))
    assert whatifs.n_made == 0
    assert whatifs.now(found).verdict == found.verdict


def test_a_what_if_on_one_entry_leaves_the_others_alone() -> None:
    whatifs = WhatIfs(ground())
    whatifs.add(entry("newsletter"), change("fact", "recipient.dpf", "yes"))
    assert whatifs.of("audience-sale") == ()
    assert whatifs.now(entry("audience-sale")) is entry("audience-sale")


# --- facts and what follows from them


def test_kinds_of_data_are_added_taken_out_or_all_said_anew() -> None:
    def kinds(text: str) -> frozenset[str]:
        held = case_with("warehouse-load", ("fact", "data.categories", text)).facts["data.categories"]
        assert isinstance(held, Members)
        return held.yes

    before = entry("warehouse-load").flow.cases[0].facts["data.categories"]
    assert isinstance(before, Members)
    assert kinds("health") == before.yes | VOCABULARY.broader["health"] > before.yes
    assert "financial" in before.yes
    assert "financial" not in kinds("not financial")
    assert kinds("only contact") == VOCABULARY.broader["contact"]


def test_data_of_nobody_are_data_of_no_kind_of_person() -> None:
    case = case_with("warehouse-load", ("fact", "data.personal", "no"))
    held = case.facts["data.categories"]
    assert isinstance(held, Members)
    assert case.facts["data.personal"] is False
    assert "contact" not in held.yes
    case = case_with("warehouse-load", ("fact", "data.categories", "not personal"))
    assert case.facts["data.personal"] is False


def test_unknown_is_a_value_and_nothing_is_presumed_for_it() -> None:
    change_ = read_change("fact", "recipient.excessive_access", "unknown", VOCABULARY)
    assert change_ is not None
    assert change_.value is None
    found = decide_entry(ground(), entry("desk-manila"), (change_,))
    assert found.flow.cases[0].unknown >= {"recipient.excessive_access"}
    assert (entry("desk-manila").verdict, found.verdict) == ("allowed", "undecided")


def test_a_total_is_taken_as_it_is_said_and_counted_anew_where_the_data_change() -> None:
    total = "us/sensitive-data:us_health"
    assert entry("audience-resale").flow.cases[0].totals[total] == 0
    assert case_with("audience-resale", ("fact", total, "at least 5")).totals[total] == Range(5, None)
    counted = case_with("audience-resale", ("fact", "data.categories", "health")).totals[total]
    assert counted == 3345
    assert case_with("audience-resale", ("fact", total, "unknown")).totals[total] == Range(0, None)


def test_an_entry_with_a_day_of_its_own_is_moved() -> None:
    assert {case.day for case in entry("subpoena").flow.cases} == {dt.date(2026, 10, 1)}
    assert case_with("subpoena", ("day", "", "2027-02-01")).day == dt.date(2027, 2, 1)


def test_a_map_that_cannot_be_read_as_of_another_day_changes_nothing() -> None:
    def broken(_: dt.date) -> Map:
        raise ComityError("the map has gone")

    whatifs = WhatIfs(Ground(ground().check, ground().find, broken))
    found = entry("newsletter")
    whatifs.add(found, change("fact", "recipient.dpf", "yes"))
    with pytest.raises(ComityError) as raised:
        whatifs.add(found, change("day", "", "2027-01-01"))
    assert problem_text(raised.value) == "error: the map has gone"
    assert [c.id for c in whatifs.of("newsletter")] == ["recipient.dpf"]
    assert whatifs.now(found).verdict == "allowed"


def test_an_entry_that_the_map_of_another_day_lacks_is_said_to_be_missing() -> None:
    def without(day: dt.date) -> Map:
        return dataclasses.replace(ground().check.map, day=day, flows=())

    lacking = Ground(ground().check, ground().find, without)
    with pytest.raises(ComityError, match="on 2027-01-01 the map has no entry `backup`"):
        decide_entry(lacking, entry("backup"), (change("day", "", "2027-01-01"),))


# --- what a person types


@pytest.mark.parametrize(
    ("what", "id_", "text", "told"),
    [
        (
            "fact",
            "recipient.dpf",
            "maybe",
            "error[type-clash]: `recipient.dpf` is a yes or no\nhelp: answer `yes` or `no`",
        ),
        (
            "fact",
            "recipient.country",
            "Germny",
            "error[unknown-place]: `Germny` is not a known place\n"
            "help: answer with the code or the name of a place: `NL`, `Germany`",
        ),
        (
            "measure",
            "eu-standard-clauses",
            "done",
            "error[unknown-value]: `done` is no state of a measure\nhelp: one of in-place, not-yet, cannot, unknown",
        ),
        (
            "counsel",
            "ZA",
            "fine",
            "error[unknown-value]: `fine` is no verdict\nhelp: one of allowed, conditional, forbidden",
        ),
    ],
)
def test_a_wrong_value_is_told_in_our_words(what: str, id_: str, text: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        read_change(what, id_, text, VOCABULARY)
    assert problem_text(raised.value) == told


def test_a_wrong_day_is_told() -> None:
    with pytest.raises(InputError) as raised:
        read_change("day", "", "tomorrow", VOCABULARY)
    assert problem_text(raised.value).startswith("error[")


@pytest.mark.parametrize("text", ["", "   ", "skip", "?"])
def test_nothing_typed_is_no_change(text: str) -> None:
    assert read_change("fact", "recipient.dpf", text, VOCABULARY) is None


# --- what is offered


def test_what_settles_it_is_offered_first_then_what_was_presumed_then_measures() -> None:
    found = offers(program(), entry("newsletter"))
    first = {group: next(o for o in found if o.group == group) for group in (SETTLES, PRESUMED, WANTED, DECIDES)}
    assert (found[0], found[0].id) == (first[SETTLES], "recipient.dpf")
    assert (found[0].now, found[0].source) == ("unknown", "nobody said")
    assert (first[PRESUMED].id, first[PRESUMED].now) == ("recipient.excessive_access", "no")
    assert (first[WANTED].id, first[WANTED].now) == ("eu-standard-clauses", "not yet")
    order = list(dict.fromkeys(o.group for o in found))
    assert order.index(SETTLES) < order.index(PRESUMED) < order.index(WANTED) < order.index(DECIDES)


def test_every_fact_and_every_measure_is_offered_once() -> None:
    found = [(o.what, o.id) for o in offers(program(), entry("newsletter"))]
    assert len(found) == len(set(found))
    assert {id_ for what, id_ in found if what == "measure"} >= set(VOCABULARY.measure)
    assert {id_ for what, id_ in found if what == "fact"} >= set(VOCABULARY.fact) - {"kind", "day"}
    assert ("day", "") in found


def test_of_what_decides_the_unknown_stands_before_the_presumed_and_the_said() -> None:
    deciding, others = read_by(program(), entry("newsletter"))
    assert deciding[0] == "recipient.dpf"
    assert "recipient.country" in deciding
    case = entry("newsletter").flow.cases[0]
    for names in (deciding, others):
        sources = [value_of(VOCABULARY, case, name)[1] for name in names]
        assert sources.index("nobody said") < sources.index("presumed") < sources.index("said")


def test_each_offer_says_what_it_means_and_what_to_type() -> None:
    for each in offers(program(), entry("audience-resale")):
        assert means(VOCABULARY, each.what, each.id)
        assert hint(VOCABULARY, each.what, each.id) or choices(VOCABULARY, each.what, each.id)
        assert each.ask
        for text, _ in choices(VOCABULARY, each.what, each.id):
            assert read_change(each.what, each.id, text, VOCABULARY) is not None


def test_an_assumed_value_is_said_to_be_assumed() -> None:
    found = [o for id_ in ("newsletter", "audience-resale") for o in offers(program(), entry(id_))]
    assert {o.source for o in found if o.group != OTHER_FACTS} >= {
        "said",
        "presumed",
        "nobody said",
        "counted over the map",
    }


# --- the outline


def test_the_outline_of_every_entry_unfolds_down_to_its_facts() -> None:
    for found in ground().check.flows:
        lines = outline(ground().check, found, found, ())
        folding = Folding()
        seen = 0
        while True:
            shown = list(folding.shown(lines))
            closed = [line for _, line in shown if line.parts is not None and line.key not in folding.opened]
            if not closed:
                break
            folding.opened |= {line.key for line in closed}
            seen += len(closed)
        assert seen > 3
        assert len({line.key for _, line in shown}) == len(shown)


def test_the_outline_says_what_is_supposed_and_marks_it_in_the_tree() -> None:
    changes = (change("fact", "recipient.dpf", "yes"),)
    found = entry("newsletter")
    now = decide_entry(ground(), found, changes)
    lines = outline(ground().check, now, found, changes)
    assert lines[0].text == "what if (1)"
    assert lines[0].parts is not None
    assert [line.text for line in lines[0].parts()] == ["recipient.dpf = yes (in the map: unknown)"]
    folding = Folding()
    for _ in range(12):
        folding.opened |= {line.key for _, line in folding.shown(lines)}
    texts = [line.text for _, line in folding.shown(lines)]
    assert any("recipient.dpf = yes (what if)" in text for text in texts)
    assert not any("recipient.dpf = yes (said)" in text for text in texts)


# --- the lines for the map


def written(id_: str, *typed: tuple[str, str, str]) -> str:
    """The example with the lines that would say what is supposed, and a name and a reason filled in."""
    lines = yaml_lines(VOCABULARY, ground().bare[id_], tuple(change(*each) for each in typed))
    root = parse_document(lines, "lines")
    text = HARBOUR.read_text(encoding="utf-8")
    for key, items in getattr(root, "pairs", ()):
        assert isinstance(items, Sequence)
        text = append_items(text, "comity.yaml", key.text, items.items)
    return text


@pytest.mark.parametrize(
    ("id_", "typed"),
    [
        ("newsletter", [("fact", "recipient.dpf", "yes")]),
        ("newsletter", [("fact", "recipient.dpf", "no"), ("measure", "eu-standard-clauses", "in-place")]),
        ("desk-moscow", [("measure", "eu-standard-clauses", "in-place")]),
        ("desk-moscow", [("measure", "transfer-impact-assessment", "cannot")]),
        ("dev-shenzhen", [("fact", "flow.separate", "no")]),
        ("backup", [("counsel", "ZA", "forbidden")]),
        ("subpoena", [("measure", "judicial-assistance", "in-place")]),
        ("lost-laptop", [("measure", "breach-notice-authority", "in-place")]),
        ("audience-resale", [("fact", "us/sensitive-data:us_health", "20 000")]),
        ("desk-manila", [("fact", "holder.law", "US"), ("fact", "recipient.excessive_access", "yes")]),
    ],
)
def test_written_into_the_map_the_lines_come_to_the_same(id_: str, typed: list[tuple[str, str, str]]) -> None:
    supposed = decide_entry(ground(), entry(id_), tuple(change(*each) for each in typed))
    said = decided_with(written(id_, *typed), id_)
    assert said.verdict == supposed.verdict
    assert [t.id for t in said.todo] == [t.id for t in supposed.todo]
    assert said.flow.cases[0].totals == supposed.flow.cases[0].totals


def test_what_the_map_says_itself_is_a_note_and_no_line() -> None:
    lines = yaml_lines(VOCABULARY, ground().bare["newsletter"], (change("fact", "recipient.country", "DE"),))
    assert lines.startswith("# the map says `recipient.country` itself, at this entry (")
    assert "assume:" not in lines


def test_a_measure_that_is_there_is_to_be_taken_out() -> None:
    lines = yaml_lines(VOCABULARY, ground().bare["newsletter"], (change("measure", "processor-contract", "not-yet"),))
    assert lines == "# the map says that `processor-contract` is there: take it out under `measures`\n"


def test_another_day_is_asked_on_the_command_line() -> None:
    lines = yaml_lines(VOCABULARY, ground().bare["newsletter"], (change("day", "", "2027-01-01"),))
    assert lines == "# another day is asked for on the command line: --day 2027-01-01\n"


def test_the_present_value_of_several_cases_is_told_once_each() -> None:
    found = entry("newsletter")
    case = found.flow.cases[0]
    twice = dataclasses.replace(case, facts={**case.facts, "recipient.country": "DE"})
    flow = dataclasses.replace(found.flow, cases=(case, twice, case))
    told = offer(program(), dataclasses.replace(found, flow=flow), "fact", "recipient.country")
    assert told.now == "US-TX / DE"
