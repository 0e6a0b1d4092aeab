"""Packs from files: what is refused, with its whole message; what is taken, and on which days it holds."""

import datetime as dt
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.condition import tree as t
from comity.document import MAX_BYTES
from comity.errors import InputError, Problems
from comity.pack.cases import WorkedCase, read_cases
from comity.pack.program import Pack
from comity.pack.read import PackReader, read_pack
from comity.pack.ship import pack_folders
from tests.small.law import pack, vocabulary, write_pack

HERE = Path(__file__).parent
SMALL = HERE / "good" / "small"
BAD = sorted(p for p in (HERE / "bad").iterdir() if p.is_dir())


def read(folder: Path) -> tuple[Pack, list[WorkedCase], Problems]:
    """A pack with its worked cases, and every problem of both."""
    problems = Problems()
    found = PackReader(folder, vocabulary(), problems).read()
    return found, read_cases(folder, found, vocabulary(), problems), problems


@pytest.mark.parametrize("overlay", BAD, ids=lambda p: p.name)
def test_what_is_refused_is_told(overlay: Path, tmp_path: Path, golden: Callable[[Path, str], None]) -> None:
    """Each folder holds the files in which it differs from the good pack."""
    folder = tmp_path / "xx" / "law"
    shutil.copytree(SMALL, folder)
    if (overlay / "clauses.yaml").exists():
        shutil.rmtree(folder / "cases")  # they name the clauses of the good pack
    shutil.copytree(overlay, folder, dirs_exist_ok=True)
    (folder / "expected.txt").unlink(missing_ok=True)
    _, _, problems = read(folder)
    assert problems.found
    golden(overlay / "expected.txt", str(InputError(problems.found)) + "\n")


def test_the_good_pack_is_good() -> None:
    folder = SMALL.parent / "small"
    problems = Problems()
    reader = PackReader(folder, vocabulary(), problems)
    reader.id = "xx/law"
    found = reader.read()
    assert problems.found == []
    cases = read_cases(folder, found, vocabulary(), problems)
    assert problems.found == []
    assert [c.id for c in found.clauses] == ["xx/law/contract", "xx/law/safe", "xx/law/tell", "xx/law/export"]
    assert found.clause["xx/law/export"].excused_by == ("xx/law/contract", "xx/law/safe")
    assert found.clause["xx/law/export"].url == "https://law.example/act"
    assert found.clause["xx/law/tell"].kinds == ("incident",)
    assert {row.place for row in found.places} == {"NO", "FR", "DE", "US-CA"}  # `NO` is Norway, also without quotes
    assert found.totals[0].of == "NO"
    assert found.totals[0].leaves_out == ("xx/law/safe",)
    assert found.stale_after == 365
    assert cases[0].case.facts["holder.country"] == "NO"
    assert reader.spans["xx/law/export"].line == 8


def test_an_unreadable_header_and_a_missing_file_are_told_with_the_rest(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, "covers: [{about: transfer}]\nscope: data.persnal\n")
    (folder / "pack.yaml").unlink()
    with pytest.raises(InputError) as caught:
        read_pack(folder, vocabulary())
    assert [(p.code, p.message) for p in caught.value.problems] == [
        ("missing-file", "a pack needs `pack.yaml`"),
        ("unknown-fact", "`data.persnal` is not a known fact"),
    ]
    (folder / "clauses.yaml").unlink()
    with pytest.raises(InputError, match=r"a pack needs `clauses\.yaml`"):
        read_pack(folder, vocabulary())


def test_a_file_of_many_megabytes_is_refused_unread(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, "covers: [{about: transfer}]\nscope: data.personal\n")
    with (folder / "clauses.yaml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(InputError, match="file-too-large") as caught:
        read_pack(folder, vocabulary())
    assert "use:" in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="a folder in the place of a file is told in other words elsewhere")
def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, "covers: [{about: transfer}]\nscope: data.personal\n")
    (folder / "tables.yaml").mkdir()
    with pytest.raises(InputError, match=r"cannot read `packs/fr/law/tables\.yaml`"):
        read_pack(folder, vocabulary())


def test_packs_are_found_two_folders_down(tmp_path: Path) -> None:
    write_pack(tmp_path, "", id_="fr/law")
    write_pack(tmp_path, "", id_="de/law")
    (tmp_path / "packs" / "notes").mkdir()
    assert [f.relative_to(tmp_path).as_posix() for f in pack_folders(tmp_path / "packs")] == [
        "packs/de/law",
        "packs/fr/law",
    ]


CLAUSES = """
covers: [{about: [transfer, incident]}]
scope: data.personal
clauses:
- {id: ban, cite: Art. 1, says: No., about: transfer, forbids: data.personal}
- {id: tell, cite: Art. 2, says: Tell., about: incident, requires: notice}
- {id: late-ban, cite: Art. 3, says: No., forbids: data.public}
"""


def test_excuses_all_lifts_the_bans_and_duties_that_are_about_the_same_kinds(tmp_path: Path) -> None:
    out = "- {id: out, cite: Art. 4, says: Yes., about: incident, excuses: all}\n"
    assert pack(tmp_path, CLAUSES + out).clause["fr/law/out"].excuses == ("fr/law/late-ban", "fr/law/tell")
    out = "- {id: out, cite: Art. 4, says: Yes., excuses: all, except: [ban]}\n"
    assert pack(tmp_path, CLAUSES + out).clause["fr/law/out"].excuses == ("fr/law/late-ban", "fr/law/tell")


def test_the_order_of_clauses_in_the_file_changes_nothing(tmp_path: Path) -> None:
    head, *clauses = CLAUSES.split("\n- ")
    clauses += [
        "{id: out, cite: Art. 4, says: Yes., excuses: [ban]}",
        "{id: back, cite: Art. 5, says: No., excuses: [out]}",
    ]
    clauses = [c.strip() for c in clauses]
    one = pack(tmp_path, "\n- ".join([head, *clauses]) + "\n")
    two = pack(tmp_path, "\n- ".join([head, *reversed(clauses)]) + "\n")
    assert one == two
    ids = [c.id.rpartition("/")[2] for c in one.clauses]
    assert ids.index("back") < ids.index("out") < ids.index("ban")


# --- days


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        ("2019-12-31", False),
        ("2020-01-01", True),
        ("2020-01-02", True),
        ("2022-12-30", True),
        ("2022-12-31", True),
        ("2023-01-01", False),
        ("2023-12-31", False),
        ("2024-01-01", True),
        ("2099-01-01", True),
    ],
)
def test_a_dated_group_holds_from_its_first_day_to_its_last(day: str, holds: bool) -> None:
    rows = [row for row in vocabulary().group["PACT"].rows if row.place == "FR"]
    assert any(row.holds_on(dt.date.fromisoformat(day)) for row in rows) is holds


TABLE = """
tables:
- id: SAFE
  rows:
  - {group: PACT, first_day: 2022-07-01, last_day: 2024-02-01}
  - {place: CH, first_day: 2021-01-01, last_day: 2021-01-01}
"""


@pytest.mark.parametrize(
    ("place", "day", "holds"),
    [
        ("FR", "2022-06-30", False),  # in the group, yet the row has not begun
        ("FR", "2022-07-01", True),
        ("FR", "2022-12-31", True),
        ("FR", "2023-01-01", False),  # out of the group
        ("FR", "2024-01-01", True),
        ("FR", "2024-02-01", True),
        ("FR", "2024-02-02", False),  # the row has ended
        ("HK", "2022-06-30", False),
        ("HK", "2022-07-01", True),
        ("CH", "2020-12-31", False),
        ("CH", "2021-01-01", True),  # a row of a single day
        ("CH", "2021-01-02", False),
    ],
)
def test_a_row_that_takes_in_a_group_is_cut_to_the_days_of_both(
    tmp_path: Path, place: str, day: str, holds: bool
) -> None:
    clauses = CLAUSES + "- {id: far, cite: Art. 6, says: No., forbids: 'recipient.country in SAFE'}\n"
    rows = pack(tmp_path, clauses, tables=TABLE).group["SAFE"]
    assert any(row.place == place and row.holds_on(dt.date.fromisoformat(day)) for row in rows) is holds


@pytest.mark.parametrize(("day", "holds"), [("2022-01-01", False), ("2022-01-02", True), ("2022-01-03", True)])
def test_clauses_and_coverage_begin_on_their_first_day_and_end_after_their_last(
    tmp_path: Path, day: str, holds: bool
) -> None:
    found = pack(
        tmp_path,
        """
        covers: [{about: transfer, first_day: 2022-01-02, last_day: 2022-01-03}]
        scope: data.personal
        clauses:
        - {id: ban, cite: Art. 1, says: No., forbids: data.personal, first_day: 2022-01-02, last_day: 2022-01-03}
        """,
    )
    on = dt.date.fromisoformat(day)
    assert found.clause["fr/law/ban"].holds_on(on) is holds
    assert found.covers_case("transfer", on) is holds
    assert not found.covers_case("incident", on)
    assert not found.covers_case("transfer", dt.date(2022, 1, 4))
    assert not found.clause["fr/law/ban"].holds_on(dt.date(2022, 1, 4))


def test_a_pack_is_stale_from_the_day_after_its_time(tmp_path: Path) -> None:
    found = pack(tmp_path, CLAUSES)
    assert not found.stale_on(dt.date(2027, 1, 1))
    assert found.stale_on(dt.date(2027, 1, 2))


def test_a_place_in_a_condition_is_a_group_of_its_own(tmp_path: Path) -> None:
    found = pack(tmp_path, CLAUSES + "- {id: far, cite: Art. 6, says: No., forbids: 'recipient.country in US_CA'}\n")
    assert found.clause["fr/law/far"].when == t.InGroup("recipient.country", "US-CA")
    assert [row.place for row in found.group["US-CA"]] == ["US-CA"]
