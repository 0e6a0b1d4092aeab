"""The program as shipped: the same as made from the packs, and never used when it is out of date."""

import json
from pathlib import Path

import pytest

from comity.condition.tree import walk
from comity.pack import ship
from comity.pack.codec import Nodes, decode, decode_nodes, encode
from comity.pack.program import Program


@pytest.fixture(scope="module")
def program() -> Program:
    return ship.compile_packs(ship.packs_root())


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the shipped program lies, for this test alone."""
    path = tmp_path / "shipped.json"
    monkeypatch.setattr(ship, "SHIPPED", path)
    return path


def test_a_program_comes_back_from_json_without_loss(program: Program) -> None:
    back = decode(json.loads(json.dumps(encode(program))))
    assert back == program
    assert hash(back) == hash(program)


def test_conditions_that_recur_stand_once_and_come_back_as_one_object(program: Program) -> None:
    nodes = Nodes()
    whole = json.loads(json.dumps(encode(program, nodes)))
    back = decode(whole, decode_nodes(json.loads(json.dumps(nodes.made))))
    assert back == program
    conditions = [pack.scope for pack in back.packs] + [c.when for pack in back.packs for c in pack.clauses]
    every = [node for condition in conditions for node in walk(condition)]
    assert len({id(node) for node in every}) == len(set(every)) < len(every) / 2


def test_the_first_load_ships_and_the_second_takes_what_was_shipped(
    program: Program, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ship.load_program() == program
    assert shipped.exists()

    def refuse(_: Path) -> Program:
        raise AssertionError("the packs were read again")

    monkeypatch.setattr(ship, "compile_packs", refuse)
    assert ship.load_program() == program


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"format": "program/0"}', '{"format": "program/2", "sources": "0", "nodes": [], "program": []}'],
)
def test_what_is_out_of_date_or_broken_is_made_anew(program: Program, shipped: Path, content: str) -> None:
    shipped.write_text(content, encoding="utf-8")
    assert ship.load_program() == program
    assert json.loads(shipped.read_text(encoding="utf-8"))["sources"] == ship.sources_digest(ship.packs_root())


def test_a_changed_pack_changes_the_digest(tmp_path: Path) -> None:
    folder = tmp_path / "xx" / "law"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text("pack: xx/law\n", encoding="utf-8")
    before = ship.sources_digest(tmp_path)
    (folder / "pack.yaml").write_text("pack: xx/law \n", encoding="utf-8")
    assert ship.sources_digest(tmp_path) != before


def test_where_nothing_can_be_written_the_program_is_made_all_the_same(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ship, "SHIPPED", tmp_path / "none" / "shipped.json")
    assert ship.load_program() == program
    assert not (tmp_path / "none").exists()


def test_what_is_no_part_of_a_program_is_refused() -> None:
    with pytest.raises(TypeError, match="a list is no part of a program"):
        encode(["free"])
    with pytest.raises(ValueError, match="unknown tag `nobody`"):
        decode(["@nobody", 1])
