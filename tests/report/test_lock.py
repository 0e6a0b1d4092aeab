"""How a map differs from its lock, as a person reads it and as the field `lock` of a check."""

import dataclasses
import datetime as dt

import jsonschema

from comity.decide.turn import Turn
from comity.ledger.drift import Cause, Difference, Drift
from comity.report.json import check_to_json
from comity.report.lock import drift_to_json, drift_to_text, with_drift
from comity.report.schemas import schemas
from tests.report.sample import program, small_check

DAY = dt.date(2026, 11, 25)
LISTED = Turn("fact", "recipient.dpf", True, False)
ENDED = Turn("opinion", "KE", "allowed", None)
DRIFT = Drift(
    file="comity.lock",
    differences=(
        Difference("desk", "the desk", "allowed", "conditional", DAY, causes=(Cause("day", turns=(LISTED,)),)),
        Difference(
            "london",
            "",
            "allowed",
            "undecided",
            DAY,
            is_accepted=True,
            causes=(
                Cause("map"),
                Cause("law", ("eu/personal-data",), vocabulary=True),
                Cause("day", turns=(LISTED, ENDED)),
            ),
        ),
        Difference("new", "", "", "forbidden", None),
        Difference("trips", "", "forbidden", "conditional", DAY, causes=(Cause("counts"), Cause("program"))),
        Difference("old", "", "allowed", "", DAY),
    ),
    packs=("eu/personal-data",),
    vocabulary=True,
    program=True,
    n_same=7,
)
TEXT = """\
comity.lock: 5 of 12 entries not as locked
  worse desk: ✔ allowed → ◐ conditional, locked on 2026-11-25
    the day: `recipient.dpf`: yes → no
  worse london: ✔ allowed → ? undecided (accepted), locked on 2026-11-25
    the map: it says something else of this entry than when it was locked
    the law: other law than when it was locked: eu/personal-data; other facts, places or measures in
      the vocabulary
    the day: what starts or ends between both
      `recipient.dpf`: yes → no
      the opinion on Kenya ends (it said allowed)
  new new: ✖ forbidden
  better trips: ✖ forbidden → ◐ conditional, locked on 2026-11-25
    the map: it says something else of what is counted with this entry
    Comity: it decides the same otherwise than the version that wrote the lock
  gone old, locked as allowed
  `comity check --relock` locks what is now; read the difference in git
"""


def test_text_names_each_difference_and_all_its_causes() -> None:
    assert drift_to_text(program().vocabulary, DRIFT) == TEXT


def test_where_all_is_as_locked_one_line_says_so() -> None:
    same = Drift("comity.lock", (), (), False, False, 1)
    assert drift_to_text(program().vocabulary, same) == "comity.lock: 1 verdict, all as locked\n"


def test_packs_that_differ_without_a_verdict_are_named() -> None:
    same = Drift("comity.lock", (), ("eu/personal-data",), False, False, 3)
    text = drift_to_text(program().vocabulary, same)
    assert "packs that are not as locked: eu/personal-data" in text
    assert "--relock" in text
    assert "--relock" not in drift_to_text(program().vocabulary, same, is_over=True)


def test_the_field_of_a_check_keeps_to_the_schema() -> None:
    found = with_drift(check_to_json(small_check()), program().vocabulary, DRIFT)
    jsonschema.Draft202012Validator(schemas(program())["check"]).validate(found)
    by_id = {d["id"]: d for d in found["lock"]["differences"]}
    assert list(by_id) == sorted(by_id)
    assert (by_id["new"]["was"], by_id["old"]["now"], by_id["new"]["locked_day"]) == (None, None, None)
    assert [w["what"] for w in by_id["london"]["why"]] == ["map", "law", "day"]
    assert by_id["desk"]["why"][0]["turns"][0]["text"] == "`recipient.dpf`: yes → no"


def test_a_field_that_no_schema_knows_is_refused() -> None:
    found = check_to_json(small_check()) | {"lock": drift_to_json(program().vocabulary, DRIFT) | {"other": 1}}
    assert list(jsonschema.Draft202012Validator(schemas(program())["check"]).iter_errors(found))


def test_a_check_without_a_lock_has_no_such_field() -> None:
    assert "lock" not in with_drift(check_to_json(small_check()), program().vocabulary, None)


def test_what_got_better_only_is_called_so() -> None:
    better = dataclasses.replace(DRIFT, differences=(DRIFT.differences[3],))
    assert "worse" not in drift_to_text(program().vocabulary, better)
