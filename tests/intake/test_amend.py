"""Changing keys of entries in a YAML file: the new values are there, and all else is there still."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import document as doc
from comity.errors import InputError
from comity.intake.amend import Change, set_all, set_values, to_node
from comity.intake.append import plain
from comity.intake.found import Told


def node(text: str) -> doc.Node | None:
    return doc.parse_document(text, "value") if text else None


def changed(text: str, **values: str) -> str:
    """The text with values, written as YAML, of the entry `x` in `people`; empty takes a key out."""
    return set_values(text, "test.yaml", "people", "x", {key: node(value) for key, value in values.items()})


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        # a value that is there
        ("people:\n- id: x\n  a: 1  # why\n  b: 2\n", {"a": "5"}, "people:\n- id: x\n  a: 5  # why\n  b: 2\n"),
        ("people:\n- {id: x, a: 1, b: 2}  # why\n", {"a": "5"}, "people:\n- {id: x, a: 5, b: 2}  # why\n"),
        ("people: [{id: x, a: 1}]\n", {"a": "5"}, "people: [{id: x, a: 5}]\n"),
        ("people:\r\n- id: x\r\n  a: 1\r\n", {"a": "5"}, "people:\r\n- id: x\r\n  a: 5\r\n"),
        ("people:\n- id: x\n  a: 1", {"a": "5"}, "people:\n- id: x\n  a: 5"),
        # in the quotes that it had, or those that it needs
        ("people:\n- id: x\n  a: 'b'\n", {"a": "c"}, "people:\n- id: x\n  a: 'c'\n"),
        ('people:\n- id: x\n  a: "b"\n', {"a": "it's"}, 'people:\n- id: x\n  a: "it\'s"\n'),
        ("people:\n- id: x\n  a: b\n", {"a": "'c: d'"}, "people:\n- id: x\n  a: 'c: d'\n"),
        ("people:\n- id: x\n  a: 'NL'\n", {"a": "unknown"}, "people:\n- id: x\n  a: unknown\n"),
        ("people:\n- id: x\n  a: 'unknown'\n", {"a": "unknown"}, "people:\n- id: x\n  a: unknown\n"),
        # one of several lines, and none
        ("people:\n- id: x\n  a: |\n    b\n    c\n\n  b: 2\n", {"a": "5"}, "people:\n- id: x\n  a: 5\n\n  b: 2\n"),
        ("people:\n- id: x\n  a: |+\n    b\n\n  b: 2\n", {"a": "5"}, "people:\n- id: x\n  a: 5\n\n  b: 2\n"),
        ("people:\n- id: x\n  a: b\n   c\n  b: 2\n", {"a": "5"}, "people:\n- id: x\n  a: 5\n  b: 2\n"),
        ("people:\n- id: x\n  a:  # why\n  b: 2\n", {"a": "5"}, "people:\n- id: x\n  a: 5  # why\n  b: 2\n"),
        ("people:\n- {id: x, a: , b: 2}\n", {"a": "5"}, "people:\n- {id: x, a: 5, b: 2}\n"),
        ("people:\n- {id: x, a, b: 2}\n", {"a": "5"}, "people:\n- {id: x, a: 5, b: 2}\n"),
        # within a mapping
        (
            "people:\n- id: x\n  a:\n    NL: 1  # n\n    DE: 2  # d\n  b: 2\n",
            {"a": "{NL: 1, DE: 3, FR: 4}"},
            "people:\n- id: x\n  a:\n    NL: 1  # n\n    DE: 3  # d\n    FR: 4\n  b: 2\n",
        ),
        (
            "people:\n- id: x\n  a:\n    NL: 1  # n\n    DE: 2  # d\n    FR: 3\n  b: 2\n",
            {"a": "{DE: 2}"},
            "people:\n- id: x\n  a:\n    # n\n    DE: 2  # d\n  b: 2\n",
        ),
        ("people:\n- {id: x, a: {NL: 1, DE: 2}}\n", {"a": "{DE: 3, FR: 4}"}, "people:\n- {id: x, a: {DE: 3, FR: 4}}\n"),
        ("people:\n- {id: x, a: {NL: 1}}\n", {"a": "{DE: 3}"}, "people:\n- {id: x, a: {DE: 3}}\n"),
        ("people:\n- {id: x, a: {}}\n", {"a": "{DE: 3}"}, "people:\n- {id: x, a: {DE: 3}}\n"),
        (
            "people:\n- id: x\n  a:  # by hand\n    NL: 1\n    DE: 1\n  # b\n  b: 2\n",
            {"a": "{FR: 4}"},
            "people:\n- id: x\n  a: {FR: 4}  # by hand\n  # b\n  b: 2\n",
        ),
        # within a list
        ("people:\n- {id: x, a: [b, c]}\n", {"a": "[b, d]"}, "people:\n- {id: x, a: [b, d]}\n"),
        ("people:\n- {id: x, a: [b, c]}\n", {"a": "[b, c, d]"}, "people:\n- {id: x, a: [b, c, d]}\n"),
        (
            "people:\n- id: x\n  a:\n  - b  # first\n  - c\n  b: 2\n",
            {"a": "[b, d]"},
            "people:\n- id: x\n  a:\n  - b  # first\n  - d\n  b: 2\n",
        ),
        (
            "people:\n- id: x\n  a:\n    - {b: 1, c: 2}  # first\n    - {b: 3}\n",
            {"a": "[{b: 1, c: 5}, {b: 3}]"},
            "people:\n- id: x\n  a:\n    - {b: 1, c: 5}  # first\n    - {b: 3}\n",
        ),
        (
            "people:\n- id: x\n  a:\n    - b\n    - c  # last\n  b: 2\n",
            {"a": "[b]"},
            "people:\n- id: x\n  a:\n    - b  # last\n  b: 2\n",
        ),
        ("people:\n- id: x\n  a:\n  - b\n  b: 2\n", {"a": "c"}, "people:\n- id: x\n  a: c\n  b: 2\n"),
        ("people:\n- id: x\n  a:\n  - b\n  b: 2\n", {"a": "[]"}, "people:\n- id: x\n  a: []\n  b: 2\n"),
        ("people:\n- id: x\n  a: b\n", {"a": "[c, d]"}, "people:\n- id: x\n  a: [c, d]\n"),
        # a new key
        ("people:\n- id: x\n  a: 1  #\n\n- id: y\n", {"b": "2"}, "people:\n- id: x\n  a: 1  #\n  b: 2\n\n- id: y\n"),
        ("people:\n- id: x", {"b": "2"}, "people:\n- id: x\n  b: 2"),
        (
            "people:\n- id: x\n  a:\n    - 1\n    # no more\n  # of x\n- id: y\n",
            {"b": "2"},
            "people:\n- id: x\n  a:\n    - 1\n    # no more\n  b: 2\n  # of x\n- id: y\n",
        ),
        ("people:\n- id: x\n  a: |\n    b\n\n# y\n", {"b": "2"}, "people:\n- id: x\n  a: |\n    b\n  b: 2\n\n# y\n"),
        ("people:\n- id: x\n  a: |+\n    b\n\n# y\n", {"b": "2"}, "people:\n- id: x\n  a: |+\n    b\n\n  b: 2\n# y\n"),
        ("people:\n- {id: x, a: 1}  # why\n", {"b": "2", "c": "3"}, "people:\n- {id: x, a: 1, b: 2, c: 3}  # why\n"),
        ("people:\n- {id: x, a: 1,}\n", {"b": "2"}, "people:\n- {id: x, a: 1, b: 2,}\n"),
        ("people:\n- { id: x }\n", {"b": "2"}, "people:\n- { id: x, b: 2 }\n"),
        (
            "people:\n- {id: x,\n   a: 1  # why\n   }\n",
            {"b": "2"},
            "people:\n- {id: x,\n   a: 1,  # why\n   b: 2\n   }\n",
        ),
        (
            "people:\n- {\n    id: x,  # first\n    a: 1,  # why\n  }\n",
            {"b": "2"},
            "people:\n- {\n    id: x,  # first\n    a: 1,  # why\n    b: 2,\n  }\n",
        ),
        # one that goes
        ("people:\n- id: x\n  a: 1\n  b: 2\n", {"a": ""}, "people:\n- id: x\n  b: 2\n"),
        ("people:\n- id: x\n  a: 1  # why\n  b: 2\n", {"a": ""}, "people:\n- id: x\n  # why\n  b: 2\n"),
        ("people:\n- id: x\n  a:\n    - 1\n    - 2\n  b: 2\n", {"a": ""}, "people:\n- id: x\n  b: 2\n"),
        ("people:\n- id: x\n  a: |\n    b\n\n  b: 2\n", {"a": ""}, "people:\n- id: x\n\n  b: 2\n"),
        ("people:\n- id: x\n  a: |+\n    b\n\n  b: 2\n", {"a": ""}, "people:\n- id: x\n  b: 2\n"),
        ("people:\n- a: 1\n  id: x\n", {"a": ""}, "people:\n- id: x\n"),
        ("people:\n- a: 1\n  b: 2\n  id: x\n", {"a": "", "b": ""}, "people:\n- id: x\n"),
        ("people:\n- a: 1  # why\n  id: x\n", {"a": ""}, "people:\n-   # why\n  id: x\n"),
        ("people:\n- {a: 1, id: x, b: 2}\n", {"a": ""}, "people:\n- {id: x, b: 2}\n"),
        ("people:\n- {a: 1, id: x, b: 2, c: 3}\n", {"b": "", "c": ""}, "people:\n- {a: 1, id: x}\n"),
        ("people:\n- {id: x, b: 2,}\n", {"b": ""}, "people:\n- {id: x,}\n"),
        ("people:\n- {id: x,\n   b: 2,  # why\n   c: 3}\n", {"b": ""}, "people:\n- {id: x,\n   # why\n   c: 3}\n"),
        ("people:\n- {\n  id: x,\n  b: 2,\n  c: 3\n  }\n", {"b": "", "c": ""}, "people:\n- {\n  id: x\n  }\n"),
        ("people:\n- id: x\n", {"a": ""}, "people:\n- id: x\n"),
        # all at once
        (
            "people:\n- {id: x, a: 1, b: 2}\n",
            {"a": "", "b": "5", "c": "6"},
            "people:\n- {id: x, b: 5, c: 6}\n",
        ),
        (
            "people:\n- id: x  # the first\n  a: 1\n  b: 2\n",
            {"b": "", "c": "6", "a": "5"},
            "people:\n- id: x  # the first\n  a: 5\n  c: 6\n",
        ),
        # JSON
        (
            '{"people": [{"id": "x", "a": 1, "b": "c"}]}\n',
            {"a": "5", "b": "d", "e": "{NL: 1}"},
            '{"people": [{"id": "x", "a": 5, "b": "d", "e": {"NL": 1}}]}\n',
        ),
        (
            '{\n  "people": [\n    {\n      "id": "x",\n      "a": 1\n    }\n  ]\n}\n',
            {"a": "", "b": "[c]", "d": "true"},
            '{\n  "people": [\n    {\n      "id": "x",\n      "b": ["c"],\n      "d": true\n    }\n  ]\n}\n',
        ),
    ],
)  # fmt: skip
def test_keys_change_and_nothing_else(before: str, values: dict[str, str], after: str) -> None:
    assert changed(before, **values) == after


def test_only_the_entry_of_that_section_and_id_changes() -> None:
    before = "systems:\n- {id: x, a: 1}\npeople:\n- {id: y, a: 1}\n- {a: 1}\n- text\n- {id: x, a: 1}\n- {id: x, a: 2}\n"
    after = "systems:\n- {id: x, a: 1}\npeople:\n- {id: y, a: 1}\n- {a: 1}\n- text\n- {id: x, a: 5}\n- {id: x, a: 2}\n"
    assert changed(before, a="5") == after


def test_several_changes_of_one_entry_hold_together() -> None:
    text = "people:\n- {id: x, a: 1}\nsystems:\n- {id: z, a: 1}\n"
    changes: list[Change] = [
        ("systems", "z", {"a": node("2")}),
        ("people", "x", {"a": node("2"), "b": node("3")}),
        ("people", "x", {"a": node("4")}),
    ]
    assert set_all(text, "test.yaml", changes) == "people:\n- {id: x, a: 4, b: 3}\nsystems:\n- {id: z, a: 2}\n"


def test_same_values_leave_the_text_as_it_is() -> None:
    text = "people:\n- {id:   x, 'a' : \"1\", b: {c: [d,  e]}}  # why"
    assert changed(text, a="1", b="{c: [d, e]}", f="") == text
    assert set_all(text, "test.yaml", []) == text


def test_long_values_are_broken_between_their_parts() -> None:
    counts = ", ".join(f"{a}{b}: 1000" for a in "ABCDE" for b in "ABCDE")
    for before in ("people:\n- {id: x, a: 1}\n", "people:\n  - id: x\n    a: 1\n"):
        new = changed(before, count=f"{{{counts}}}", counted="2026-11-01")
        assert max(map(len, new.splitlines())) <= 120
        assert len(new.splitlines()) < 8
        again = changed(new, count=f"{{{counts.replace('1000', '10000')}, ZZ: 5}}")
        assert again == new.replace("1000", "10000").replace("EE: 10000}", "EE: 10000, ZZ: 5}")


def test_line_that_would_grow_too_long_goes_on_below() -> None:
    before = f"people:\n- {{id: x, a: {'w' * 95}}}\n"
    after = f"people:\n- {{id: x, a: {'w' * 95},\n   counted: 2026-11-01, b: 2}}\n"
    assert changed(before, counted="2026-11-01", b="2") == after


def test_entries_that_are_not_there_are_all_told() -> None:
    changes: list[Change] = [("people", "custmers", {}), ("people", "a", {}), ("systems", "customers", {})]
    with pytest.raises(InputError) as raised:
        set_all("people:\n- {id: customers}\n- {id: a}\n", "test.yaml", changes)
    assert [(p.code, p.message, p.help) for p in raised.value.problems] == [
        ("unknown-entry", "`custmers` is not a known entry of `people` in this file", "did you mean `customers`?"),
        ("unknown-entry", "`customers` is not a known entry of `systems` in this file", ""),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "a mapping is expected here"),
        ("people:\n- ? id\n  : x\n  ? a\n  : - 1\n", "cannot change `x` in `people` here"),
    ],
)
def test_file_in_which_nothing_can_be_changed_is_told(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        changed(text, a="{c: 5}")


def test_value_as_a_source_tells_it() -> None:
    told: Mapping[str, Told] = {"a": 1, "b": True, "c": ("d", {"e": "f g"}), "g": "unknown", "h": "no: 1"}
    new = set_values("people:\n- id: x\n", "test.yaml", "people", "x", {key: to_node(v) for key, v in told.items()})
    assert new == "people:\n- id: x\n  a: 1\n  b: true\n  c: [d, {e: f g}]\n  g: unknown\n  h: 'no: 1'\n"


# --- whatever stands there

_WORDS = st.sampled_from(["b", "c", "x y", "unknown", "it's", "1", "no: 1", "# a", "", "é"])
_KEYS = st.sampled_from(["a", "b", "c", "d", "NL", "x y"])
_VALUES = st.recursive(
    _WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=5
)


@st.composite
def written(draw: st.DrawFn, value: object, indent: int, in_brackets: bool) -> str:
    """A value in some way of writing it, after a key or a dash, with comments at the ends of lines."""
    if isinstance(value, str):
        quoted = "'" + value.replace("'", "''") + "'"
        return quoted if value in {"", "# a", "no: 1", "it's"} or draw(st.booleans()) else value
    if in_brackets or not value or draw(st.booleans()):
        gap = draw(st.sampled_from([" ", "  ", f"\n{' ' * (indent + 3)}", f"  # in\n{' ' * (indent + 3)}"]))
        if isinstance(value, dict):
            parts = [f"{key}: {draw(written(inner, indent, True))}" for key, inner in value.items()]
            return "{" + f",{gap}".join(parts) + "}"
        assert isinstance(value, list)
        return "[" + f",{gap}".join(draw(written(inner, indent, True)) for inner in value) + "]"
    lead = f"\n{' ' * (indent + 2)}"
    note = draw(st.sampled_from(["", "  # note", f"{lead}# below"]))
    if isinstance(value, dict):
        return "".join(f"{lead}{key}: {draw(written(v, indent + 2, False))}{note}" for key, v in value.items())
    assert isinstance(value, list)
    return "".join(f"{lead}- {draw(written(inner, indent + 4, True))}{note}" for inner in value)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    """A file with an entry `x` between others, and what the entry says."""
    entry = draw(st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), _VALUES, max_size=4))
    keys = draw(st.permutations(["id", *entry]))
    said: dict[str, object] = {key: entry.get(key, "x") for key in keys}
    if draw(st.booleans()):
        gap = draw(st.sampled_from([" ", "\n   ", "  # in\n   "]))
        row = "{" + f",{gap}".join(f"{key}: {draw(written(said[key], 2, True))}" for key in keys) + "}"
    else:
        note = draw(st.sampled_from(["", "  # note"]))
        row = "\n  ".join(f"{key}: {draw(written(said[key], 2, False))}{note}" for key in keys)
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    text = f"people:\n- {{id: w}}  # before\n- {row}\n# between\n- id: y\n\nb: 1  # end\n"
    return text.replace("\n", line_end), said


@given(files(), st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e"]), st.none() | _VALUES, max_size=4))
def test_entry_says_the_new_values_however_it_is_written(
    file: tuple[str, dict[str, object]], values: dict[str, object]
) -> None:
    text, said = file
    nodes = {key: None if value is None else to_node(_told(value)) for key, value in values.items()}
    new = set_values(text, "test.yaml", "people", "x", nodes)
    root = doc.parse_document(new, "test.yaml")
    expected = {key: value for key, value in (said | values).items() if value is not None}
    assert plain(root) == {"people": [{"id": "w"}, expected, {"id": "y"}], "b": "1"}
    line_end = "\r\n" if "\r\n" in text else "\n"
    assert new.startswith(f"people:{line_end}- {{id: w}}  # before{line_end}-")
    assert new.endswith(line_end.join(["", "# between", "- id: y", "", "b: 1  # end", ""]))
    assert new.count("\n") == new.count(line_end)


def _told(value: object) -> Told:
    if isinstance(value, dict):
        return {str(key): _told(inner) for key, inner in value.items()}
    return tuple(_told(inner) for inner in value) if isinstance(value, list) else str(value)
