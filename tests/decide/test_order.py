"""Nothing depends on the order in which clauses or packs are written."""

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.case import Case
from comity.decide import one
from comity.decide.fast import compile_program
from comity.errors import Problems
from comity.facts import Vocabulary, read_vocabulary
from comity.pack.cases import read_cases
from comity.pack.link import link
from comity.pack.program import Pack, Program
from comity.pack.read import read_pack
from comity.pack.ship import pack_folders
from tests.house.sources import ROOT

FOLDERS = pack_folders(ROOT / "packs")


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return read_vocabulary()


def shuffled(folder: Path, target: Path, r: random.Random) -> Path:
    """A copy of a pack whose clauses stand in another order."""
    copy = target / folder.parent.name / folder.name
    shutil.copytree(folder, copy)
    for path in copy.glob("clauses*.yaml"):
        head, _, tail = path.read_text(encoding="utf-8").partition("\nclauses:\n")
        blocks = [b for b in re.split(r"(?m)^(?=- )", tail) if b.startswith("- ")]
        r.shuffle(blocks)
        path.write_text(
            f"{head}\nclauses:\n" + "".join(b if b.endswith("\n") else b + "\n" for b in blocks), encoding="utf-8"
        )
    return copy


def cases_of(pack: Pack, folder: Path, vocabulary: Vocabulary) -> Iterator[Case]:
    problems = Problems()
    yield from (worked.case for worked in read_cases(folder, pack, vocabulary, problems)[::6])
    problems.require_none()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_clauses_in_another_order_find_the_same(folder: Path, vocabulary: Vocabulary, tmp_path: Path) -> None:
    straight = read_pack(folder, vocabulary)
    crooked = read_pack(shuffled(folder, tmp_path, random.Random(5)), vocabulary)
    assert straight == crooked
    programs = link(vocabulary, [straight]), link(vocabulary, [crooked])
    cases = list(cases_of(straight, folder, vocabulary))
    assert cases
    for case in cases:
        first, second = (one.find(program, case) for program in programs)
        assert first == second
        assert compile_program(programs[1]).find(programs[1], case) == first


def test_packs_in_another_order_find_the_same(vocabulary: Vocabulary) -> None:
    packs = [read_pack(folder, vocabulary) for folder in FOLDERS]
    programs = link(vocabulary, packs), link(vocabulary, packs[::-1])
    assert programs[0].digest == programs[1].digest
    assert [p.id for p in programs[0].packs] == [p.id for p in programs[1].packs]


def test_conditions_with_parts_in_another_order_find_the_same() -> None:
    """The parts of every `and` and `or` turned round: Kleene's logic has no order, and no evaluator may have one."""
    from comity.decide import agree

    for number in range(60):
        program = agree.make_program(31, number)
        turned = _turned(program)
        fast = compile_program(turned)
        for case in agree.make_cases(program, 31, number, 10):
            assert one.find(turned, case) == fast.find(turned, case) == one.find(program, case)


def _turned(program: Program) -> Program:
    import dataclasses

    from comity.condition import tree as t

    def turn(c: t.Condition) -> t.Condition:
        if isinstance(c, t.And | t.Or):
            return type(c)(tuple(turn(p) for p in reversed(c.parts)))
        if isinstance(c, t.Not):
            return t.Not(turn(c.part))
        return type(c)(c.fact, turn(c.body)) if isinstance(c, t.AnyPlace | t.AllPlaces) else c

    packs = [
        dataclasses.replace(
            p, scope=turn(p.scope), clauses=tuple(dataclasses.replace(c, when=turn(c.when)) for c in p.clauses)
        )
        for p in program.packs
    ]
    return link(program.vocabulary, packs)
