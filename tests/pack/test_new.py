"""A new pack reads, lints and agrees, so that one begins with something that works."""

import datetime as dt
import functools
from pathlib import Path

import pytest

from comity.decide.exam import examine_for_lint
from comity.errors import ComityError
from comity.facts import read_vocabulary
from comity.pack.lint import lint_folder
from comity.pack.new import new_pack

DAY = dt.date(2026, 11, 20)


@pytest.mark.parametrize("id_", ["nz/personal-data", "ca-qc/privacy", "fr/cloud-2"])
def test_a_new_pack_has_nothing_to_tell_and_its_cases_agree(tmp_path: Path, id_: str) -> None:
    vocabulary = read_vocabulary()
    folder = tmp_path / "packs" / id_
    for name, text in new_pack(id_, vocabulary, DAY).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    asked = []

    def exam(pack, cases):  # type: ignore[no-untyped-def]  # handed on as it is
        asked.append(examine_for_lint(vocabulary, pack, cases))
        return asked[-1]

    assert lint_folder(folder, vocabulary, functools.partial(exam)) == []
    assert len(asked[0].agreeing) == 3


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("nz", "`nz` is no id of a pack; write it as party/subject in lower case, such as nz/personal-data"),
        ("NZ/personal data", "`NZ/personal data` is no id of a pack; write it as party/subject in lower case, "
         "such as nz/personal-data"),
        ("../x/y", "`../x/y` is no id of a pack; write it as party/subject in lower case, such as nz/personal-data"),
        ("nzz/law", "`nzz` is no place of the vocabulary; did you mean `nz`?"),
    ],
)  # fmt: skip
def test_what_is_no_id_of_a_pack(id_: str, message: str) -> None:
    with pytest.raises(ComityError) as error:
        new_pack(id_, read_vocabulary(), DAY)
    assert str(error.value) == message
