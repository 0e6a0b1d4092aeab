"""Adding to a list in a YAML file: the new items are there, and all that was there is there still."""

import stat
from pathlib import Path

import pytest

from comity import document as doc
from comity.errors import ComityError, InputError, Span
from comity.intake.append import append_items, write_whole

ITEM = "{fact: a.b, value: true, for: [x, y], who: DPO, why: 'so: it is'}"


def node(text: str) -> doc.Node:
    return doc.parse_document(text, "item")


def added(text: str, *items: str) -> str:
    return append_items(text, "test.yaml", "assume", [node(item) for item in items or (ITEM,)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # after the last item, in its style, whatever follows
        ("assume:\n- {a: 1}\n", f"assume:\n- {{a: 1}}\n- {ITEM}\n"),
        ("assume:\n- {a: 1}", f"assume:\n- {{a: 1}}\n- {ITEM}"),
        ("assume:\n  - {a: 1}  # why\n\n# next\nb: 1\n", f"assume:\n  - {{a: 1}}  # why\n  - {ITEM}\n\n# next\nb: 1\n"),
        ("assume:\n- {a: 1,\n   b: 2}\n# end\n", f"assume:\n- {{a: 1,\n   b: 2}}\n- {ITEM}\n# end\n"),
        ("assume:\r\n- {a: é}\r\nb: 1\r\n", f"assume:\r\n- {{a: é}}\r\n- {ITEM}\r\nb: 1\r\n"),
        (
            "assume:\n- a: 1\n  b: 2\nb: 1\n",
            "assume:\n- a: 1\n  b: 2\n- fact: a.b\n  value: true\n  for: [x, y]\n  who: DPO\n"
            "  why: 'so: it is'\nb: 1\n",
        ),
        # a comment that is indented deeper than the dash belongs to the item
        ("assume:\n- {a: 1}\n  # of a\n# of b\nb: 1\n", f"assume:\n- {{a: 1}}\n  # of a\n- {ITEM}\n# of b\nb: 1\n"),
        # a text of several lines ends where the next line starts
        ("assume:\n- |\n  x\n\nb: 1\n", "assume:\n- |\n  x\n\n- fact: a.b\n  value: true\n  for: [x, y]\n  who: DPO\n"
         "  why: 'so: it is'\nb: 1\n"),
        # no list yet
        ("b: 1\n", f"b: 1\n\nassume:\n- {ITEM}\n"),
        ("b: 1", f"b: 1\n\nassume:\n- {ITEM}\n"),
        ("b: 1\n\n# end\n\n", f"b: 1\n\n# end\n\nassume:\n- {ITEM}\n"),
        ("b: 1\n# no end", f"b: 1\n# no end\n\nassume:\n- {ITEM}\n"),
        ("  b: 1\n", f"  b: 1\n\n  assume:\n  - {ITEM}\n"),
        ("---\nb: 1\n...\n# after\n", f"---\nb: 1\n\nassume:\n- {ITEM}\n...\n# after\n"),
        ("b: |+\n  x\n", f"b: |+\n  x\nassume:\n- {ITEM}\n"),
        ("b: 1\r\n", f"b: 1\r\n\r\nassume:\r\n- {ITEM}\r\n"),
        # an empty one
        ("assume:\nb: 1\n", f"assume:\n- {ITEM}\nb: 1\n"),
        ("assume:  # none\n# more\nb: 1\n", f"assume:  # none\n- {ITEM}\n# more\nb: 1\n"),
        ("assume: []\nb: 1\n", f"assume:\n- {ITEM}\nb: 1\n"),
        ("assume: [ ]  # none yet\nb: 1\n", f"assume:   # none yet\n- {ITEM}\nb: 1\n"),
        ("b: 1\nassume: []", f"b: 1\nassume:\n- {ITEM}"),
        ("assume: [  # none\n]\n", f"assume: [  # none\n\n  {ITEM}\n]\n"),
        # in brackets
        ("assume: [{a: 1}]\n", f"assume: [{{a: 1}},\n  {ITEM}]\n"),
        ("assume: [{a: 1},]\n", f"assume: [{{a: 1}},\n  {ITEM},]\n"),
        (
            "assume: [\n    {a: 1},  # one, or\n    {a: 2}   # two, last\n]\n",
            f"assume: [\n    {{a: 1}},  # one, or\n    {{a: 2}},   # two, last\n    {ITEM}\n]\n",
        ),
        ("assume: [\n  {a: 1},  # x\n]\n", f"assume: [\n  {{a: 1}},  # x\n  {ITEM},\n]\n"),
        ("assume: [\n  {a: 1}  # x, y\n  ,\n]\n", f"assume: [\n  {{a: 1}}  # x, y\n  ,\n  {ITEM},\n]\n"),
        # JSON
        (
            '{"b": 1, "assume": [{"a": 1}]}\n',
            '{"b": 1, "assume": [{"a": 1},\n  {"fact": "a.b", "value": true, "for": ["x", "y"], "who": "DPO", '
            '"why": "so: it is"}]}\n',
        ),
        (
            '{\n  "b": 1\n}\n',
            '{\n  "b": 1,\n  "assume": [{"fact": "a.b", "value": true, "for": ["x", "y"], "who": "DPO", '
            '"why": "so: it is"}]\n}\n',
        ),
    ],
)  # fmt: skip
def test_item_is_added_and_nothing_else_changes(before: str, after: str) -> None:
    assert added(before) == after


def test_several_items_stand_below_each_other() -> None:
    assert added("assume:\n- {a: 1}\n", "{b: 1}", "{c: 1}") == "assume:\n- {a: 1}\n- {b: 1}\n- {c: 1}\n"
    assert added("assume: [{a: 1}]\n", "{b: 1}", "{c: 1}") == "assume: [{a: 1},\n  {b: 1},\n  {c: 1}]\n"


def test_nothing_added_is_the_same_text() -> None:
    assert append_items("a: 1", "test.yaml", "assume", []) == "a: 1"


def test_long_item_is_broken_between_its_keys() -> None:
    why = "w" * 70
    new = added("assume:\n  - {a: 1}\n", f"{{fact: {'f' * 40}, value: true, why: {why}}}").splitlines()[2:]
    assert new == [f"  - {{fact: {'f' * 40}, value: true,", f"     why: {why}}}"]


@pytest.mark.parametrize(
    "text",
    ["", "unknown", "it's so", "'", '"', "a: b", "a #b", "- a", "[", "}", "a, b", " a", "a ", "ja\nnein", "\ttab",
     "é, ö", "中文", "💡", "\\n", "\x07", "\u2028", "\xa0", "%", "@a", "~", "null", "2026-11-24T09:00:00Z", "a" * 300],
)  # fmt: skip
def test_every_text_is_written_so_that_it_is_read_again(text: str) -> None:
    item = doc.Mapping(((doc.Scalar("why", Span("")), doc.Scalar(text, Span(""), quoted=True)),), Span(""))
    for before in ("assume:\n- {a: 1}\n", "assume:\n- a: 1\n", "assume: [{a: 1}]", '{"assume": [{"a": 1}]}'):
        root = node(append_items(before, "test.yaml", "assume", [item]))
        assert isinstance(root, doc.Mapping)
        listed = root.get("assume")
        assert isinstance(listed, doc.Sequence)
        last = listed.items[-1]
        assert isinstance(last, doc.Mapping)
        why = last.get("why")
        assert isinstance(why, doc.Scalar)
        assert why.text == text
        assert why.quoted or not text.startswith(("unknown", "null"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "`assume` must be a list"),
        ("assume: later\n", "`assume` must be a list"),
        ("assume: {a: 1}\n", "`assume` must be a list"),
        ("assume: ''\n", "`assume` must be a list"),
        ("assume:\x85- {a: 1}\x85b: 1\x85", "cannot add to `assume` here"),  # a line end that no editor shows
    ],
)
def test_file_to_which_nothing_can_be_added_is_told(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        added(text)


# --- writing


def test_file_keeps_its_byte_order_mark_and_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    path.chmod(0o640)
    write_whole(path, "é: 1\r\n", like=path.read_bytes())
    assert path.read_bytes() == b"\xef\xbb\xbf\xc3\xa9: 1\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "a.yaml"
    real.write_text("a: 1\n")
    link = tmp_path / "a.yaml"
    link.symlink_to(real)
    write_whole(link, "b: 1\n", like=b"")
    assert link.is_symlink()
    assert real.read_text() == "b: 1\n"


def test_file_that_cannot_be_replaced_stays_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.mkdir()
    (path / "inside").touch()
    with pytest.raises(ComityError, match=r"cannot write `.*a.yaml`: "):
        write_whole(path, "b: 1\n", like=b"")
    assert list(tmp_path.iterdir()) == [path]
    assert [p.name for p in path.iterdir()] == ["inside"]


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ComityError, match=r"cannot write `.*a.yaml`: No such file or directory"):
        write_whole(tmp_path / "none" / "a.yaml", "b: 1\n", like=b"")
