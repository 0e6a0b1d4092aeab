"""Imports put into a map: what people wrote stays, what the source changed follows, and the rest is told."""

from __future__ import annotations

import datetime as dt
import functools
import json
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from comity.errors import ComityError, InputError, Span
from comity.facts import Vocabulary
from comity.intake.amend import set_values, to_node
from comity.intake.append import write_whole
from comity.intake.found import Found, Item, Told
from comity.intake.map import read_map
from comity.intake.merge import MEMORY, Difference, Merged, memory_text, merge, read_memory
from comity.intake.standing import read_standing
from comity.library import load

DAY = dt.date(2026, 11, 25)
SOURCE = "terraform state.json"
MAP = """\
comity: 1
name: Two   # a comment
entities:
- {id: us, name: Us B.V., country: NL, role: controller}   # we
systems:
- id: main
  name: Main database   # the heart
  place: aws/eu-central-1
  run_by: us
"""


@functools.cache
def vocabulary() -> Vocabulary:
    return load().vocabulary


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A map that people wrote."""
    path = tmp_path / "comity.yaml"
    path.write_text(MAP, encoding="utf-8")
    return path


def item(section: str, ref: str, id_: str, **told: Told) -> Item:
    return Item(section, ref, id_, {k.rstrip("_"): v for k, v in told.items()}, Span("state.json"))


def system(ref: str, place: str, *, name: str = "", run_by: str = "us") -> Item:
    return item("systems", ref, ref, name=name or ref, place=place, run_by=run_by)


def take(file: Path, *items: Item, source: str = SOURCE, into: Path | None = None) -> Merged:
    """Import, write, and see that the map is one."""
    standing = read_standing(file, source=source, into=into)
    merged = merge(standing.here, standing.into, Found(source, items), standing.memory, owner=standing.owner)
    texts = {**standing.here.texts, **merged.texts}
    read_map(file, vocabulary(), day=DAY, texts=texts)
    for path, text in {**standing.fresh, **merged.texts}.items():
        write_whole(path, text, like=b"")
    write_whole(file.parent / MEMORY, memory_text(merged.memory), like=b"")
    return merged


def kinds(merged: Merged) -> list[tuple[str, str, str]]:
    return [(d.kind, d.id, d.key) for d in merged.differences]


def test_what_is_new_is_added_and_every_old_line_stays(file: Path) -> None:
    merged = take(file, system("queue", "DE"), item("flows", "a", "a", from_="main", to="queue"))
    assert kinds(merged) == [("added", "queue", ""), ("added", "a", "")]
    new = file.read_text(encoding="utf-8")
    assert new.startswith(MAP)
    assert [flow.id for flow in read_map(file, vocabulary(), day=DAY).flows] == ["a"]


def test_a_second_import_of_the_same_changes_nothing(file: Path) -> None:
    take(file, system("queue", "DE"))
    before = {p.name: p.read_bytes() for p in file.parent.iterdir()}
    merged = take(file, system("queue", "DE"))
    assert (kinds(merged), merged.n_same) == ([], 1)
    assert {p.name: p.read_bytes() for p in file.parent.iterdir()} == before


def test_what_the_source_changes_follows_and_comments_stay(file: Path) -> None:
    take(file, system("queue", "DE"))
    text = file.read_text(encoding="utf-8").replace("place: DE", "place: DE   # Frankfurt")
    file.write_text(text, encoding="utf-8")
    merged = take(file, system("queue", "FR"))
    assert merged.differences == (Difference("changed", "systems", "queue", "place", "DE", "FR"),)
    assert file.read_text(encoding="utf-8") == text.replace("place: DE ", "place: FR ")


def test_what_a_person_wrote_stays_and_the_difference_is_told(file: Path) -> None:
    take(file, system("queue", "DE", name="queue"))
    text = file.read_text(encoding="utf-8").replace("place: DE", "place: NL").replace("name: queue", "name: Orders")
    file.write_text(text, encoding="utf-8")
    merged = take(file, system("queue", "FR", name="queue"))
    assert merged.differences == (Difference("kept", "systems", "queue", "place", "NL", "FR"),)
    assert file.read_text(encoding="utf-8") == text
    assert kinds(take(file, system("queue", "FR", name="queue"))) == []  # told once, for the source says it no anew


def test_keys_that_people_add_stay(file: Path) -> None:
    take(file, system("queue", "DE"))
    text = file.read_text(encoding="utf-8") + "people: [{id: staff, of: us}]\n"
    text = text.replace("name: queue", "name: queue\n  holds: [{people: staff, data: [contact]}]")
    file.write_text(text, encoding="utf-8")
    take(file, system("queue", "FR"))
    assert "holds: [{people: staff, data: [contact]}]" in file.read_text(encoding="utf-8")


def test_what_a_person_took_out_is_not_put_back(file: Path) -> None:
    take(file, system("queue", "DE"))
    file.write_text(MAP, encoding="utf-8")
    merged = take(file, system("queue", "DE"))
    assert kinds(merged) == [("kept", "queue", "")]
    assert file.read_text(encoding="utf-8") == MAP


def test_what_the_source_has_no_more_stays_and_is_told_each_time(file: Path) -> None:
    take(file, system("queue", "DE"))
    for _ in range(2):
        assert kinds(take(file)) == [("gone", "queue", "")]
    assert "queue" in file.read_text(encoding="utf-8")
    assert kinds(take(file, system("queue", "DE"))) == []


def test_a_like_thing_that_people_wrote_is_the_same_thing(file: Path) -> None:
    merged = take(file, system("aws_db_instance.main", "aws/eu-west-1", name="main DATABASE"))
    assert kinds(merged) == [("kept", "main", "name"), ("kept", "main", "place")]
    assert file.read_text(encoding="utf-8") == MAP


def test_an_id_that_is_taken_gets_a_number_and_those_who_name_it_follow(file: Path) -> None:
    merged = take(
        file,
        item("entities", "vendor", "main", name="Main Inc.", country="US", role="processor"),
        item("systems", "store", "store", name="store", place="US", run_by="main"),
        item("measures", "m", "m", kind="eu-standard-clauses", parties=("us", "main")),
    )
    assert [d.id for d in merged.differences[:2]] == ["main-2", "store"]
    text = file.read_text(encoding="utf-8")
    assert "run_by: main-2" in text
    assert "parties: [us, main-2]" in text


def test_a_measure_is_known_by_its_kind_and_parties(file: Path) -> None:
    vendor = item("entities", "vendor", "vendor", name="V", country="US", role="processor")
    told: Mapping[str, Told] = {"kind": "eu-standard-clauses", "parties": ("us", "vendor"), "from": "2026-01-01"}
    take(file, vendor, Item("measures", "m", "m", told, Span("x")))
    before = file.read_text(encoding="utf-8")
    assert kinds(take(file, vendor, Item("measures", "m", "m", told, Span("x")))) == []
    later = {**told, "from": "2026-02-01"}
    assert [d.kind for d in take(file, vendor, Item("measures", "m", "m", later, Span("x"))).differences] == ["kept"]
    assert file.read_text(encoding="utf-8") == before


def test_items_go_into_a_file_of_their_own_that_the_map_then_uses(file: Path) -> None:
    merged = take(file, system("queue", "DE"), into=file.parent / "systems.yaml")
    assert kinds(merged) == [("added", "queue", "")]
    assert file.read_text(encoding="utf-8") == MAP + "\nuse:\n- systems.yaml\n"
    take(file, system("queue", "FR"))  # found and changed where it stands
    assert "place: FR" in (file.parent / "systems.yaml").read_text(encoding="utf-8")


def test_two_sources_do_not_take_each_other_s_things(file: Path) -> None:
    take(file, system("queue", "DE"))
    merged = take(file, system("queue", "FR"), source="terraform other.json")
    assert [d.kind for d in merged.differences] == ["added"]
    assert "id: queue-2" in file.read_text(encoding="utf-8")


def test_a_legal_person_is_one_whoever_tells_of_it(file: Path) -> None:
    take(file, item("entities", "1", "vendor-inc", name="Vendor, Inc.", country="US", role="processor"))
    other = item("entities", "x", "vendor", name="VENDOR INC", country="US-TX", role="processor")
    flow = item("flows", "f", "f", from_="us", to="vendor")
    merged = take(file, other, flow, source="register r.csv")
    assert kinds(merged) == [("kept", "vendor-inc", "name"), ("kept", "vendor-inc", "country"), ("added", "f", "")]
    assert "to: vendor-inc" in file.read_text(encoding="utf-8")


def test_the_owner_of_all_imports_is_that_of_a_new_one(file: Path) -> None:
    take(file, item("entities", "1", "vendor", name="Vendor", country="US", role="processor"))
    assert read_standing(file, source="vendors other.csv").owner == "us"


def test_a_new_map_begins_with_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "comity.yaml"
    standing = read_standing(path, source=SOURCE, owner='Bakery "Süß": No. 1', country="DE")
    assert standing.owner == "bakery-su-no-1"
    read = read_map(path, vocabulary(), day=DAY, texts=standing.fresh)
    assert read.name == 'Bakery "Süß": No. 1'


def test_an_owner_that_cannot_be_told_is_asked_for(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ComityError, match="there is no map yet"):
        read_standing(tmp_path / "none.yaml", source=SOURCE)
    with pytest.raises(ComityError, match="no entity `uss`"):
        read_standing(file, source=SOURCE, owner="uss")
    text = MAP.replace("systems:", "- {id: them, country: US, role: processor}\nsystems:")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ComityError, match="say for which entity"):
        read_standing(file, source=SOURCE)


def test_the_owner_of_the_last_import_is_remembered(file: Path) -> None:
    take(file, system("queue", "DE"))
    file.write_text(
        file.read_text(encoding="utf-8").replace("systems:", "- {id: them, country: US, role: processor}\nsystems:"),
        encoding="utf-8",
    )
    assert read_standing(file, source=SOURCE).owner == "us"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is damaged"),
        ("<<<<<<< ours\n{}", "is damaged"),
        ('{"format": "imports/9", "sources": {}}', "imports/9"),
        ('{"format": "imports/1", "sources": {"a": [1]}}', "is damaged"),
        ("[]", "is damaged"),
    ],
)
def test_a_damaged_memory_is_told(file: Path, text: str, said: str) -> None:
    (file.parent / MEMORY).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_memory(file.parent / MEMORY)


def test_outside_of_the_folder_nothing_is_written(file: Path) -> None:
    with pytest.raises(ComityError, match="outside the folder"):
        read_standing(file, source=SOURCE, into=file.parent.parent / "x.yaml")


@pytest.mark.parametrize("seed", range(6))
def test_by_chance_a_person_s_words_always_win_and_all_else_is_as_the_source_says(file: Path, seed: int) -> None:
    """Several rounds of changes by the source and by a person, against a plain model of who wrote what last."""
    r = random.Random(seed)
    places = ["DE", "FR", "NL", "US"]
    told: dict[str, str] = {}
    model: dict[str, tuple[str, bool]] = {}  # by id: the place in the map, and whether a person wrote it
    for _ in range(6):
        for n in range(8):
            name = f"s{n}"
            if r.random() < 0.45:
                told[name] = r.choice(places)
        take(file, *(system(name, place) for name, place in told.items()))
        for name, place in told.items():
            here, is_by_person = model.get(name, (place, False))
            if not is_by_person or here == place:
                model[name] = place, False
        text = file.read_text(encoding="utf-8")
        for name in sorted(model):
            if r.random() < 0.2:
                here, _ = model[name]
                new = r.choice([p for p in places if p != here])
                text = set_values(text, file.name, "systems", name, {"place": to_node(new)})
                model[name] = new, new != told[name]
        file.write_text(text, encoding="utf-8")
    found = {s: p for s, p in _places(file).items() if s != "main"}
    assert found == {name: place for name, (place, _) in model.items()}


def _places(file: Path) -> dict[str, str]:
    standing = read_standing(file, source="")
    return {
        id_: next(str(getattr(v, "text", "")) for k, v in node.pairs if k.text == "place")
        for (section, id_), (_, node) in standing.here.items.items()
        if section == "systems"
    }


def test_the_memory_can_be_read_again_and_has_one_item_a_line(file: Path) -> None:
    merged = take(file, system("queue", "DE"), system("other", "FR"))
    text = (file.parent / MEMORY).read_text(encoding="utf-8")
    assert read_memory(file.parent / MEMORY) == merged.memory
    assert sum('"ref"' in line for line in text.splitlines()) == 2
    assert json.loads(text)["format"] == "imports/1"
