"""Reading YAML with positions: what stops at once, what lets the rest be told, and what a hostile file costs."""

import tracemalloc
from pathlib import Path

import pytest

from comity import document as doc
from comity.errors import InputError, Problem, Problems, Span


def test_a_key_that_stands_twice_lets_the_rest_be_read() -> None:
    problems = Problems()
    node = doc.parse_document("a: 1\na: 2\nb: 3\n", "x.yaml", problems=problems)
    assert [p.code for p in problems.found] == ["duplicate-key"]
    assert isinstance(node, doc.Mapping)
    assert [(key.text, getattr(value, "text", None)) for key, value in node.pairs] == [("a", "1"), ("b", "3")]


def test_a_key_that_stands_twice_is_raised_where_nobody_notes_it() -> None:
    with pytest.raises(InputError, match="the key `a` stands twice"):
        doc.parse_document("a: 1\na: 2\n", "x.yaml")


@pytest.mark.parametrize("text", ["a: [1]\na: [2]\n", "a: &x 1\nb: *x\n", "[k]: 1\n", "a: !!python/tuple [1]\n"])
def test_what_leaves_a_hole_stops_at_once(text: str) -> None:
    problems = Problems()
    with pytest.raises(InputError):
        doc.parse_document(text, "x.yaml", problems=problems)
    assert problems.found == []


def test_one_endless_line_costs_no_copy_for_each_entry() -> None:
    n_entries = 50_000
    text = f"a: [{'b,' * n_entries}]\n"
    tracemalloc.start()
    node = doc.parse_document(text, "x.yaml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(node, doc.Mapping)
    assert peak < n_entries * 1500  # bytes; with the line in each entry it was 4,000 more


def test_a_problem_far_out_in_a_line_is_told_without_the_line() -> None:
    with pytest.raises(InputError) as stop:
        doc.parse_document(f"a: [{'b,' * 5000}&x c]\n", "x.yaml")
    assert str(stop.value).splitlines()[:2] == [
        "error[anchor]: anchors and aliases are not taken",
        "  x.yaml:1:10005",
    ]
    assert "^" not in str(stop.value)


def test_a_file_without_an_end_is_refused() -> None:
    endless = Path("/dev/zero")
    if not endless.exists():
        pytest.skip("this machine lacks `/dev/zero`")
    with pytest.raises(InputError, match="at most 16 MB are read"):
        doc.read_document(endless)


def test_carets_stand_under_what_they_mean_after_wide_characters() -> None:
    line = "name: 日本語, country: UK"
    told = Problem("x", "y", Span("m.yaml", 1, line.index("UK") + 1, 2, line)).to_text().splitlines()
    before = told[-1].partition("^")[0]
    # Each of the three takes two columns of a terminal, and so does the blank below it.
    assert before.count("\u3000") == 3
    assert len(before) == told[-2].index("UK")


# --- several documents


def test_documents_of_one_file_are_read_with_their_lines_and_empty_ones_are_left_out() -> None:
    nodes = doc.parse_documents("a: 1\n---\n# nothing\n---\n- b\n- '---'\n...\n---\ntext\n", "x.yaml")
    assert [node.span.line for node in nodes] == [1, 5, 9]
    assert doc.parse_documents("# nothing\n", "x.yaml") == ()


def test_each_of_several_documents_is_refused_what_one_alone_is() -> None:
    with pytest.raises(InputError) as caught:
        doc.parse_documents("a: 1\n---\na: &x 1\n---\nb: !!set {}\nc: 1\nc: 2\n", "x.yaml")
    assert [(p.code, p.span.line) for p in caught.value.problems] == [("anchor", 3), ("tag", 5), ("duplicate-key", 7)]


# --- where things are written


def test_stretch_of_each_node_is_its_own_text_without_comments_behind_it() -> None:
    text = "é: [1, 2]  # a\nb:\n  - {c: 💡}  # b\n  - d: |\n      x\n  # c\n\n# d\n"
    root, end = doc.stretches(text)
    assert end == len(text)
    one, two, three, four = root.parts
    assert [text[p.start : p.end] for p in (one, two, three)] == ["é", "[1, 2]", "b"]
    assert two.is_bracketed
    assert [text[p.start : p.end] for p in two.parts] == ["1", "2"]
    assert not four.is_bracketed
    assert four.column == 2
    assert [(text[p.start : p.end], p.is_bracketed) for p in four.parts] == [
        ("{c: 💡}", True),
        ("d: |\n      x\n", False),
    ]


def test_document_ends_before_its_end_mark() -> None:
    text = "---\na: 1\n...\n# after\n"
    root, end = doc.stretches(text)
    assert text[root.start : root.end] == "a: 1"
    assert text[:end] == "---\na: 1\n"


def test_what_a_text_says_is_told_without_places() -> None:
    text = "a: 'x'\nb: [1, {c: |\n  d\n}]\ne:\n- f\n- \n"
    assert doc.said("a: 'x'\nb: [1, {c: d}]\ne:\n- f\n-\n") == {"a": "x", "b": ["1", {"c": "d"}], "e": ["f", ""]}
    for wrong in (text, "a: 1\na: 2\n", "a: &x 1\nb: *x\n", "[a]: 1\n", "a: 1\n---\nb: [\n"):
        with pytest.raises(InputError):
            doc.said(wrong)
