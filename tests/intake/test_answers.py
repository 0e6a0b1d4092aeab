"""Answers: what people type, files of answers, and the map after they were written into it."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import document as doc
from comity.case import read_count, read_value
from comity.decide.check import check
from comity.errors import InputError, Problems, Span
from comity.facts import Members, Owner, Places, Range, Value
from comity.intake.answers import Answer, parse_answer, read_answers, write_answers
from comity.intake.map import read_map
from comity.library import load
from tests.house.sources import ROOT
from tests.intake.maps import BASE, DAY, HERE, case_of, map_of, vocabulary

FLOW = "flows:\n- {id: copy, from: shop, to: vendor}\n"
TOTAL = "us/sensitive-data:us_health"


def value_of(text: str, fact: str) -> Value | None:
    """What is read from what a person types."""
    node = parse_answer(text, fact, vocabulary())
    problems = Problems()
    if node is None:
        return None
    if "#" in fact:
        assert isinstance(node, doc.Scalar)
        return {"true": True, "false": False}[node.text]
    found = (
        read_count(node, problems) if ":" in fact else read_value(node, vocabulary().fact[fact], vocabulary(), problems)
    )
    problems.require_none()
    return found


def answer(fact: str, text: str, *flows: str, why: str = "asked", who: str = "DPO") -> Answer:
    node = parse_answer(text, fact, vocabulary())
    assert node is not None
    return Answer(fact, node, who, DAY, why, flows)


def written(folder: Path, text: str, *answers: Answer) -> str:
    """A map after answers were written into it."""
    path = folder / "comity.yaml"
    path.write_bytes(text.encode("utf-8"))
    write_answers(path, answers, vocabulary())
    return path.read_bytes().decode("utf-8")


# --- what people type


@pytest.mark.parametrize(
    ("text", "fact", "expected"),
    [
        ("yes", "flow.evades", True),
        (" Y ", "flow.evades", True),
        ("No.", "flow.evades", False),
        ("false", "flow.evades", False),
        ("n", "data.categories#health", False),
        ("yes", "data.categories#health", True),
        ("12", "flow.stake", 12),
        ("12 000", TOTAL, 12000),
        ("12_000", TOTAL, 12000),
        ("1,200,000", TOTAL, 1200000),
        ("at least 5", TOTAL, Range(5, None)),
        (">= 1 000", TOTAL, Range(1000, None)),
        ("more than 5", TOTAL, Range(6, None)),
        ("at most 10", TOTAL, Range(0, 10)),
        ("fewer than 10", TOTAL, Range(0, 9)),
        ("5 to 10", TOTAL, Range(5, 10)),
        ("between 5 and 10", TOTAL, Range(5, 10)),
        ("5-5", TOTAL, 5),
        ("{at-least: 5}", TOTAL, Range(5, None)),
        ("nl", "recipient.country", "NL"),
        ("Germany", "recipient.country", "DE"),
        ("UK", "recipient.country", "GB"),
        ("no", "recipient.country", "NO"),
        ("NL, Germany; us-va", "data.citizens_of", Places(frozenset({"NL", "DE", "US-VA"}))),
        ("at least NL", "data.citizens_of", Places(frozenset({"NL"}), complete=False)),
        ("Bosnia and Herzegovina", "data.citizens_of", Places(frozenset({"BA"}))),
        ("none", "data.citizens_of", Places(frozenset())),
        ("[NL, DE]", "data.citizens_of", Places(frozenset({"NL", "DE"}))),
        ("Data Brokerage", "flow.deal", "data-brokerage"),
        ("CN 50, United States: 30%", "holder.owners", (Owner(50, "CN"), Owner(30, "US"))),
        ("50% CN", "holder.owners", (Owner(50, "CN"),)),
        ("NL", "holder.owners", (Owner(100, "NL"),)),
        ("2025-10-06", "flow.started_on", dt.date(2025, 10, 6)),
        ("2025-10-06T12:00:00Z", "incident.known_at", dt.datetime(2025, 10, 6, 12, tzinfo=dt.UTC)),
    ],
)
def test_answer_is_understood(text: str, fact: str, expected: Value) -> None:
    assert value_of(text, fact) == expected


def test_names_of_a_some_of_fact_are_open_unless_there_are_no_others() -> None:
    open_, only = value_of("Travel, marketing", "flow.purposes"), value_of("only travel, marketing", "flow.purposes")
    assert isinstance(open_, Members)
    assert isinstance(only, Members)
    assert open_.yes == only.yes >= {"travel", "marketing"}
    assert open_.open
    assert not only.open
    assert value_of("none", "flow.purposes") == Members(frozenset())
    without = value_of("not travel", "flow.purposes")
    assert isinstance(without, Members)
    assert not without.yes
    assert "travel" not in without.open


@pytest.mark.parametrize("text", ["", "  ", "unknown", "?", "Skip", "null"])
@pytest.mark.parametrize("fact", ["flow.evades", "recipient.country", TOTAL, "data.categories#health"])
def test_no_answer_is_none(text: str, fact: str) -> None:
    assert parse_answer(text, fact, vocabulary()) is None


def test_every_value_of_every_choice_is_an_answer() -> None:
    for fact in vocabulary().facts:
        if fact.type == "one-of" and fact.id != "kind":
            assert [value_of(text, fact.id) for text in fact.of] == list(fact.of)


@pytest.mark.parametrize(
    ("text", "fact", "expected"),
    [
        ("maybe", "flow.evades", "answer `yes` or `no`"),
        ("perhaps", "data.categories#health", "answer `yes` or `no`"),
        ("many", TOTAL, "answer with a number, or `at least 5`, `at most 10`, `5 to 10`"),
        ("-5", TOTAL, "answer with a number"),
        ("10 to 5", TOTAL, "answer with a number"),
        ("1.200", TOTAL, "answer with a number"),
        ("Atlantis", "recipient.country", "answer with the code or the name of a place"),
        ("Germani", "recipient.country", "answer with the code or the name of a place"),
        ("NL and DE", "data.citizens_of", "answer with codes or names of places"),
        ("gift", "flow.deal", "answer with one of data-brokerage, vendor, "),
        ("vendro", "flow.deal", "did you mean `vendor`?"),
        ("trevel", "flow.purposes", "did you mean `travel`?"),
        ("CN 70, US 50", "holder.owners", "answer with percent by place"),
        ("yesterday", "flow.started_on", "answer with a day, written 2025-10-06"),
        ("2025-02-30", "flow.started_on", "answer with a day, written 2025-10-06"),
        ("noon", "incident.known_at", "answer with an instant"),
        ("yes", "flow.evade", "did you mean `flow.evades`"),
        ("yes", "data.categories#helth", "did you mean `health`"),
        ("yes", "kind", ""),
        ("[NL", "data.citizens_of", ""),
    ],
)
def test_what_is_no_answer_is_told_with_what_is_expected(text: str, fact: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_answer(text, fact, vocabulary())
    (problem,) = caught.value.problems
    assert problem.help.startswith(expected)


ASKED = [f.id for f in vocabulary().facts if f.id not in ("kind", "day")]


@given(st.text(max_size=30), st.sampled_from([*ASKED, TOTAL]))
def test_whatever_is_typed_is_an_answer_or_a_problem(text: str, fact: str) -> None:
    try:
        node = parse_answer(text, fact, vocabulary())
    except InputError:
        return
    assert node is None or value_of(text, fact) is not None


# --- into the map


def test_answers_stand_below_what_is_assumed(tmp_path: Path) -> None:
    held = "- {fact: data.minimal, value: true, who: DPO, day: 2026-11-01, why: x}\n"
    before = BASE + FLOW + f"assume:  # by us\n{held}# end\n"
    new = written(
        tmp_path,
        before,
        answer("flow.evades", "no", why="all contracts read: nothing"),
        answer("recipient.dpf", "yes", "copy"),
        answer(TOTAL, "at least 5", "copy"),
    )
    assert new == before.replace(
        "# end\n",
        "- {fact: flow.evades, value: false, who: DPO, day: 2026-11-24, why: 'all contracts read: nothing'}\n"
        "- {fact: recipient.dpf, value: true, for: [copy], who: DPO, day: 2026-11-24, why: asked}\n"
        "- {fact: 'us/sensitive-data:us_health', value: {at-least: 5}, for: [copy], who: DPO, day: 2026-11-24, "
        "why: asked}\n"
        "# end\n",
    )
    (case,) = map_of(tmp_path, new).flows[0].cases
    assert case.assumed == {"data.minimal", "flow.evades", "recipient.dpf", TOTAL}
    assert case.facts["recipient.dpf"] is True
    assert case.totals == {TOTAL: Range(5, None)}


def test_yes_and_no_to_members_of_one_fact_are_one_assumption(tmp_path: Path) -> None:
    new = written(
        tmp_path,
        BASE + FLOW,
        answer("data.categories#health", "yes", "copy"),
        answer("data.categories#religion", "no", "copy"),
        answer("data.categories#biometric", "no", "copy", why="no cameras"),
        answer("data.categories#financial", "no", "copy"),
    )
    who = "for: [copy], who: DPO, day: 2026-11-24"
    assert new == BASE + FLOW + (
        "\nassume:\n"
        f"- {{fact: data.categories, value: {{yes: [health], no: [religion, financial]}}, {who},\n"
        "   why: asked}\n"
        f"- {{fact: data.categories, value: {{no: [biometric]}}, {who}, why: no cameras}}\n"
    )
    data = case_of(tmp_path, new).facts["data.categories"]
    assert isinstance(data, Members)
    assert {"contact", "health"} <= data.yes
    assert not {"religion", "biometric", "financial"} & (data.yes | data.open)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (answer("flow.evades", "yes"), "duplicate-key"),
        (answer("recipient.dpf", "yes", "copi"), "unknown-entry"),
        (answer(TOTAL, "5"), "missing-key"),
        (answer("data.categories#personal", "no"), "contradictory-facts"),
        (answer("recipient.dpf", "yes", why=" "), "missing-value"),
        (answer("recipient.dpf", "yes", who=""), "missing-value"),
        (Answer("data.categories#health", doc.Scalar("5", Span("")), "DPO", DAY, "asked"), "type-clash"),
        (Answer("flow.evade", doc.Scalar("true", Span("")), "DPO", DAY, "asked"), "unknown-fact"),
        (Answer("recipient.dpf", doc.Scalar("true", Span("")), "DPO", DAY, "\ud800"), "not-yaml"),
    ],
)
def test_answer_that_the_map_would_not_take_is_told_and_nothing_is_written(
    tmp_path: Path, one: Answer, code: str
) -> None:
    before = (
        BASE
        + FLOW
        + (
            "assume:\n"
            "- {fact: flow.evades, value: false, who: DPO, day: 2026-11-01, why: x}\n"
            "- {fact: data.categories, value: [contact], who: DPO, day: 2026-11-01, why: x}\n"
        )
    )
    path = tmp_path / "comity.yaml"
    with pytest.raises(InputError) as caught:
        written(tmp_path, before, answer("data.minimal", "yes"), one)
    assert [p.code for p in caught.value.problems] == [code]
    assert path.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [path]


def test_map_with_a_problem_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    before = BASE + FLOW.replace("vendor", "vendro")
    with pytest.raises(InputError, match="did you mean `vendor`"):
        written(tmp_path, before, answer("flow.evades", "no"))
    assert (tmp_path / "comity.yaml").read_text(encoding="utf-8") == before


def test_no_answers_leave_the_map_alone(tmp_path: Path) -> None:
    write_answers(tmp_path / "not-there.yaml", [], vocabulary())
    assert list(tmp_path.iterdir()) == []


def test_answers_go_into_the_main_file_of_several(tmp_path: Path) -> None:
    more = "assume:\n- {fact: flow.evades, value: false, who: D, day: 2026-11-01, why: x}\n"
    (tmp_path / "more.yaml").write_text(more)
    before = BASE.replace("name: Test", "name: Test\nuse: [more.yaml]") + FLOW
    new = written(tmp_path, before, answer("recipient.dpf", "yes"))
    assert new.endswith("\nassume:\n- {fact: recipient.dpf, value: true, who: DPO, day: 2026-11-24, why: asked}\n")
    assert (tmp_path / "more.yaml").read_text() == more


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip)
COMMENTS = st.sampled_from(["", "# note\n", "  # deeper\n", "\n", "\n# a: b\n\n"])
HELD = st.sampled_from(
    [
        "",
        "assume:\n",
        "assume: []\n",
        "assume: [ ] # none\n",
        "assume: [{fact: data.minimal, value: true, who: é, day: 2026-11-01, why: x}]\n",
        "assume: [\n  # first\n  {fact: data.minimal, value: true, who: é, day: 2026-11-01, why: x},  # a, b\n]\n",
        "assume:\n  - {fact: data.minimal, value: true, who: D, day: 2026-11-01, why: x}  # c\n",
        "assume:\n- fact: data.minimal\n  value: true  # yes\n  who: D\n  day: 2026-11-01\n  why: |\n    a\n\n    c\n",
        "assume:\n- fact: data.minimal\n  value: true\n  who: D\n  day: 2026-11-01\n  why: a\n   long one\n",
    ]
)


@st.composite
def maps(draw: st.DrawFn) -> str:
    """Texts of maps whose `assume:` is written in many ways, or is not there, with comments all over."""
    parts = [draw(COMMENTS) + part for part in (BASE, FLOW, draw(HELD))]
    if draw(st.booleans()):
        parts[1:] = parts[:0:-1]
    text = "".join(parts) + draw(COMMENTS)
    text = text if draw(st.booleans()) else text.rstrip("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@given(maps(), TEXTS, TEXTS)
def test_every_old_line_is_there_in_order_and_the_answer_is_assumed(
    tmp_path_factory: pytest.TempPathFactory, before: str, who: str, why: str
) -> None:
    folder = tmp_path_factory.mktemp("map")
    new = written(folder, before, answer("flow.evades", "no", "copy", who=who, why=why), answer("recipient.dpf", "yes"))
    case = (
        map_of(folder, new).flows[0].cases[0]
        if "\r" not in new
        else read_map(folder / "comity.yaml", vocabulary(), day=DAY).flows[0].cases[0]
    )
    assert {"flow.evades", "recipient.dpf"} <= case.assumed
    # Brackets that were empty are opened, and the last item in brackets gets its comma: the rest stays.
    old = [line for line in before.split("\n") if not line.startswith("assume: [")]
    lines = iter(new.split("\n"))
    assert [line for line in old if line.rstrip("\r") not in (x.rstrip("\r") for x in lines)] == []
    root = doc.parse_document(new, "new")
    assert isinstance(root, doc.Mapping)
    listed = root.get("assume")
    assert isinstance(listed, doc.Sequence)
    keys = ("fact", "value", "for", "who", "day", "why")
    said = doc.to_fields(listed.items[-2], Problems(), what="it", optional=keys)
    assert (said.text("who"), said.text("why")) == (who, why)
    assert new.count("#") == before.count("#") + who.count("#") + why.count("#")


# --- their effect


def test_answer_to_the_question_of_the_example_settles_it(tmp_path: Path) -> None:
    for path in (ROOT / "examples" / "harbour").glob("*.yaml"):
        shutil.copy(path, tmp_path)
    path, program = tmp_path / "comity.yaml", load()
    before = path.read_text(encoding="utf-8")

    def verdict() -> str:
        found = check(program, read_map(path, vocabulary(), day=DAY))
        return next(f.verdict for f in found.flows if f.flow.id == "newsletter")

    assert verdict() == "undecided"
    write_answers(path, [answer("recipient.dpf", "yes", "newsletter")], vocabulary())
    assert verdict() == "allowed"
    after = path.read_text(encoding="utf-8")
    (line,) = [line for line in after.splitlines() if line not in before.splitlines()]
    assert after.replace(line + "\n", "") == before
    assert line == "- {fact: recipient.dpf, value: true, for: [newsletter], who: DPO, day: 2026-11-24, why: asked}"


# --- files


def read(folder: Path, text: str, *, why: str = "", name: str = "answers.yaml") -> tuple[Answer, ...]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_answers(path, vocabulary(), who="DPO", day=DAY, why=why)


def test_file_of_answers_is_read_and_what_is_unknown_left_out(tmp_path: Path) -> None:
    text = """\
- {fact: flow.evades, value: false, for: [copy, other], why: asked}
- {fact: data.categories#health, value: true, why: seen}
- {fact: recipient.dpf, value: unknown, why: nobody knows}
"""
    found = read(tmp_path, text)
    assert [(a.fact, a.flows, a.who, a.day, a.why) for a in found] == [
        ("flow.evades", ("copy", "other"), "DPO", DAY, "asked"),
        ("data.categories#health", (), "DPO", DAY, "seen"),
    ]


def test_file_of_answers_may_be_json_with_one_reason_for_all(tmp_path: Path) -> None:
    text = (
        '[{"fact": "flow.evades", "value": null}, {"fact": "recipient.country", "value": "NL", "for": "copy"},\n'
        f' {{"fact": "{TOTAL}", "value": {{"at-least": 5}}, "for": ["copy"], "why": "counted"}}]\n'
    )
    found = read(tmp_path, text, why="asked", name="answers.json")
    assert [(a.fact, a.why) for a in found] == [("recipient.country", "asked"), (TOTAL, "counted")]
    new = written(tmp_path, BASE + FLOW, *found[1:])
    assert case_of(tmp_path, new).totals == {TOTAL: Range(5, None)}


def test_bad_answers_are_told_all_at_once(golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE / "answers")
    with pytest.raises(InputError) as caught:
        read_answers("bad.yaml", vocabulary(), who="DPO", day=DAY)
    golden(HERE / "answers" / "bad.txt", str(caught.value) + "\n")


def test_file_of_answers_that_is_no_list_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a file of answers is a list"):
        read(tmp_path, "fact: flow.evades\nvalue: true\n")
