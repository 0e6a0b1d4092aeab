"""The lock of a map: sorted, a line each, the same for the same; and what is wrong with one is told with its place."""

import dataclasses
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from comity import document as doc
from comity.decide.check import Check
from comity.errors import InputError
from comity.ledger.lock import Digests, is_lock, lock_of, lock_to_text, pack_digests, read_lock, vocabulary_digest
from tests.ledger.small import MAP, checked, program

HERE = Path(__file__).parent
BAD = sorted(path.name for path in (HERE / "bad").glob("*.lock"))


@pytest.fixture
def small(tmp_path: Path) -> Check:
    return checked(tmp_path)


def test_a_lock_is_read_as_it_was_written(small: Check, tmp_path: Path) -> None:
    lock = lock_of(small)
    (tmp_path / "comity.lock").write_text(lock_to_text(lock), encoding="utf-8")
    assert read_lock(tmp_path / "comity.lock", of="Small") == lock
    assert is_lock(tmp_path / "comity.lock")
    assert {id_: entry.verdict for id_, entry in lock.entries.items()} == {f.flow.id: f.verdict for f in small.flows}
    assert sorted(lock.packs) == ["eu/personal-data", "us/sensitive-data"]


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(small: Check, tmp_path: Path) -> None:
    text = lock_to_text(lock_of(small)).replace("\n", "\r\n")
    (tmp_path / "comity.lock").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_lock(tmp_path / "comity.lock") == lock_of(small)


def test_a_lock_is_sorted_yaml_with_one_line_for_each_entry(small: Check, tmp_path: Path) -> None:
    text = lock_to_text(lock_of(small))
    root = doc.parse_document(text, "comity.lock")
    assert isinstance(root, doc.Mapping)
    assert " ".join(key.text for key, _ in root.pairs) == "format map semantics vocabulary packs entries end"
    ids = re.findall(r"^  ([a-z-]+): \{verdict", text, flags=re.MULTILINE)
    assert ids == sorted(f.flow.id for f in small.flows)
    assert lock_to_text(lock_of(checked(tmp_path))) == text
    assert not re.search(r"\d{2}:\d{2}", text)


def test_a_name_with_quotes_and_line_ends_stays_one_line(tmp_path: Path) -> None:
    found = checked(tmp_path, MAP.replace("name: Small", 'name: "two: \\"lines\\"\\n#"'))
    (tmp_path / "comity.lock").write_text(lock_to_text(lock_of(found)), encoding="utf-8")
    assert read_lock(tmp_path / "comity.lock", of='two: "lines"\n#') == lock_of(found)


@pytest.mark.parametrize("name", BAD)
def test_bad_lock_is_told_with_all_its_problems(
    name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE / "bad")
    with pytest.raises(InputError) as caught:
        read_lock(Path(name), of="Small")
    assert all(p.help for p in caught.value.problems)
    golden(HERE / "bad" / f"{name.removesuffix('.lock')}.txt", str(caught.value) + "\n")


def test_every_bad_lock_has_its_own_message() -> None:
    texts = {(HERE / "bad" / name).with_suffix(".txt").read_text(encoding="utf-8") for name in BAD}
    assert len(texts) == len(BAD) > 8
    assert {path.stem for path in (HERE / "bad").glob("*.txt")} == {name.removesuffix(".lock") for name in BAD}


def test_a_lock_cut_anywhere_is_no_lock(small: Check, tmp_path: Path) -> None:
    text = lock_to_text(lock_of(small))
    path = tmp_path / "comity.lock"
    for end in range(0, len(text) - 1, 7):
        path.write_text(text[:end], encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_lock(path)
        assert {p.code for p in caught.value.problems} <= {"lock-cut-short", "lock-version"}, text[:end][-80:]


def test_a_changed_character_of_an_entry_or_a_pack_is_seen(small: Check, tmp_path: Path) -> None:
    lines = lock_to_text(lock_of(small)).splitlines(keepends=True)
    path = tmp_path / "comity.lock"
    n_changed = 0
    for number, line in enumerate(lines):
        if not line.startswith("  "):
            continue
        for place in range(2, len(line) - 1, 5):
            other = "0" if line[place] != "0" else "1"
            changed = line[:place] + other + line[place + 1 :]
            path.write_text("".join([*lines[:number], changed, *lines[number + 1 :]]), encoding="utf-8")
            with pytest.raises(InputError, match=f"comity.lock:{number + 1}:"):
                read_lock(path)
            n_changed += 1
    assert n_changed > 50


def test_two_locks_of_two_branches_are_merged_by_git(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        names = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main")
        done = subprocess.run(["git", *names, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    def lock(text: str) -> None:
        (tmp_path / "comity.lock").write_text(lock_to_text(lock_of(checked(tmp_path, text))), encoding="utf-8")
        git("add", ".")
        git("commit", "-q", "-m", "lock")

    git("init", "-q")
    lock(MAP)
    git("checkout", "-q", "-b", "other")
    first = MAP.replace("- {id: to-london", "- {id: a-first, from: db, to: wuhan}\n- {id: to-london")
    lock(first)
    git("checkout", "-q", "main")
    last = MAP + "- {id: z-last, from: db, to: wuhan}\n"
    lock(last)
    git("merge", "-q", "other", "-m", "merged")
    merged = checked(tmp_path, first + "- {id: z-last, from: db, to: wuhan}\n")
    assert read_lock(tmp_path / "comity.lock", of="Small") == lock_of(merged)


# --- digests


def test_digests_of_packs_stand_for_what_decides() -> None:
    pack = program().packs[0]
    clause = pack.clauses[0]

    def digest(**changes: object) -> str:
        changed = dataclasses.replace(pack, **changes)  # type: ignore[arg-type]  # names of fields, in tests only
        law = dataclasses.replace(program(), packs=(changed, *program().packs[1:]))
        return pack_digests(law)[pack.id]

    same = pack_digests(program())[pack.id]
    reworded = dataclasses.replace(clause, says="Said otherwise.", not_modelled="", url="https://law.example")
    assert digest(title="Another title", keeper="somebody", clauses=(reworded, *pack.clauses[1:])) == same
    moved = dataclasses.replace(clause, first_day=pack.read_day)
    assert digest(clauses=(moved, *pack.clauses[1:])) != same
    assert digest(stale_after=1) != same
    assert digest(groups=pack.groups[1:]) != same


def test_a_word_that_is_new_in_the_vocabulary_changes_no_entry(small: Check) -> None:
    vocabulary = small.program.vocabulary
    more = dataclasses.replace(vocabulary.categories[0], id="newly-named", within=())
    grown = dataclasses.replace(vocabulary, categories=(*vocabulary.categories, more))
    law = dataclasses.replace(small.program, vocabulary=grown)
    assert vocabulary_digest(law) != vocabulary_digest(small.program)
    bare = small.map.flows[0]
    assert Digests(grown).case(bare, small.map.day) == Digests(vocabulary).case(bare, small.map.day)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- {id: to-london, from: db, to: london, deal: vendor}", "- {id: to-london, from: db, to: london}"),
        ("role: processor}\n- {id: ohio", "role: controller}\n- {id: ohio"),
        ("data: {only: [contact]}}]}\n- {id: trips", "data: [contact]}]}\n- {id: trips"),
        ("name: Small", "name: Small\nassume: [{fact: flow.evades, value: false, who: A, day: 2026-01-01, why: b}]"),
        ("flows:", "measures: [{kind: eu-standard-clauses, parties: [shop, london]}]\nflows:"),
        ("flows:", "opinions: [{place: GB, verdict: allowed, counsel: A, day: 2026-01-01}]\nflows:"),
    ],
)
def test_what_the_map_says_of_an_entry_is_in_its_digest(tmp_path: Path, old: str, new: str) -> None:
    assert MAP.count(old) == 1
    before = lock_of(checked(tmp_path)).entries["to-london"]
    after = lock_of(checked(tmp_path, MAP.replace(old, new))).entries["to-london"]
    assert before.case != after.case


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: Small", "name: Small # a comment"),
        ("from: db, to: london", "name: to London, from: db, to: london"),
        ("flows:", "measures: [{kind: eu-standard-clauses, parties: [shop, ohio]}]\nflows:"),
    ],
)
def test_what_does_not_concern_an_entry_is_not(tmp_path: Path, old: str, new: str) -> None:
    assert MAP.count(old) == 1
    before = lock_of(checked(tmp_path)).entries["to-london"]
    assert lock_of(checked(tmp_path, MAP.replace(old, new))).entries["to-london"] == before
