"""Why a verdict is not the locked one: each cause alone, several at once, and none that is none."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.decide.check import Check
from comity.decide.fast import compile_program
from comity.decide.turn import Turn
from comity.ledger.drift import Cause, Difference, Drift, compare, relock
from comity.ledger.lock import SEMANTICS, Lock, lock_of, lock_to_text, read_lock
from comity.pack.program import Pack, Program
from tests.ledger.small import DAY, MAP, checked, later_of, program

AFTER = dt.date(2027, 3, 1)  # the vendor in Ohio is no longer on the list
EU = "eu/personal-data"
NO_LONDON = MAP.replace("london, country: GB", "london, country: KE")
MORE_TRIPS = MAP + "- {id: more-trips, from: trips, to: wuhan, people: [others], deal: vendor}\n"


def drift(folder: Path, lock: Lock, now: Check) -> Drift:
    law = now.program
    return compare(lock, now, later_of(folder, law), file="comity.lock", find=compile_program(law, few=True).find)


def of(found: Drift, entry: str) -> Difference:
    return next(d for d in found.differences if d.entry == entry)


def whats(found: Drift, entry: str) -> list[str]:
    return [cause.what for cause in of(found, entry).causes]


def with_pack(id_: str, change: Callable[[Pack], Pack]) -> Program:
    packs = tuple(change(pack) if pack.id == id_ else pack for pack in program().packs)
    return dataclasses.replace(program(), packs=packs, digest=f"{program().digest}, changed")


def without_britain(pack: Pack) -> Pack:
    """The pack without adequacy of Britain."""
    groups = tuple((n, tuple(r for r in rows if r.place != "GB" or "ADEQUATE" not in n)) for n, rows in pack.groups)
    return dataclasses.replace(pack, groups=groups)


def without_america(pack: Pack) -> Pack:
    """The pack whose adequacy of companies on the list ended in January."""
    end = dt.date(2027, 1, 31)

    def cut(name: str, row: object) -> object:
        is_it = "ADEQUATE" in name and getattr(row, "place", "") == "US" and getattr(row, "last_day", 0) is None
        return dataclasses.replace(row, last_day=end) if is_it else row  # type: ignore[type-var]  # rows only

    groups = tuple((n, tuple(cut(n, r) for r in rows)) for n, rows in pack.groups)
    return dataclasses.replace(pack, groups=groups)  # type: ignore[arg-type]  # as above


def reread(pack: Pack) -> Pack:
    """The same law, to be read again one day later."""
    return dataclasses.replace(pack, stale_after=pack.stale_after + 1)


@pytest.fixture
def lock(tmp_path: Path) -> Lock:
    return lock_of(checked(tmp_path))


def test_nothing_differs_from_a_lock_of_the_same(tmp_path: Path, lock: Lock) -> None:
    assert drift(tmp_path, lock, checked(tmp_path)) == Drift("comity.lock", (), (), False, False, 3)


def test_the_day_alone(tmp_path: Path, lock: Lock) -> None:
    found = drift(tmp_path, lock, checked(tmp_path, day=AFTER))
    (one,) = found.differences
    assert (one.entry, one.was, one.now, one.since, one.is_worse) == ("to-ohio", "allowed", "conditional", DAY, True)
    assert one.causes == (Cause("day", turns=(Turn("fact", "recipient.dpf", True, False),)),)
    assert (found.packs, found.n_same) == ((), 2)


def test_the_map_alone(tmp_path: Path, lock: Lock) -> None:
    found = drift(tmp_path, lock, checked(tmp_path, NO_LONDON))
    assert [(d.entry, d.causes) for d in found.differences] == [("to-london", (Cause("map"),))]


def test_what_is_counted_with_an_entry_alone(tmp_path: Path, lock: Lock) -> None:
    found = drift(tmp_path, lock, checked(tmp_path, MORE_TRIPS))
    assert of(found, "trips-to-wuhan").causes == (Cause("counts"),)
    assert (of(found, "more-trips").was, of(found, "more-trips").causes) == ("", ())


def test_the_law_alone(tmp_path: Path, lock: Lock) -> None:
    found = drift(tmp_path, lock, checked(tmp_path, law=with_pack(EU, without_britain)))
    assert [(d.entry, d.causes) for d in found.differences] == [("to-london", (Cause("law", (EU,)),))]
    assert found.packs == (EU,)


def test_a_pack_that_is_asked_no_longer_is_the_law(tmp_path: Path, lock: Lock) -> None:
    law = program().select(("us/sensitive-data",))
    found = drift(tmp_path, lock, checked(tmp_path, MAP.replace("until: 2027-02-10", "until: 2026-02-10")))
    assert whats(found, "to-ohio") == ["map"]
    changed = lock_of(checked(tmp_path, MAP.replace("until: 2027-02-10", "until: 2026-02-10")))
    found = drift(tmp_path, changed, checked(tmp_path, MAP.replace("until: 2027-02-10", "until: 2026-02-10"), law=law))
    assert of(found, "to-ohio").causes == (Cause("law", (EU,)),)
    assert not of(found, "to-ohio").is_worse


def test_other_words_in_the_vocabulary_are_the_law(tmp_path: Path) -> None:
    old = lock_of(checked(tmp_path, law=with_pack(EU, without_britain)))
    same_packs = dataclasses.replace(old, packs=lock_of(checked(tmp_path)).packs, vocabulary="0" * 32)
    found = drift(tmp_path, same_packs, checked(tmp_path))
    assert of(found, "to-london").causes == (Cause("law", (), vocabulary=True),)
    assert found.vocabulary


def test_comity_itself_alone(tmp_path: Path, lock: Lock) -> None:
    entry = dataclasses.replace(lock.entries["to-london"], verdict="forbidden")
    changed = dataclasses.replace(lock, entries={**lock.entries, "to-london": entry})
    found = drift(tmp_path, changed, checked(tmp_path))
    assert [(d.entry, d.causes) for d in found.differences] == [("to-london", (Cause("program"),))]
    older = dataclasses.replace(changed, semantics=SEMANTICS - 1)
    found = drift(tmp_path, older, checked(tmp_path))
    assert found.program
    assert whats(found, "to-london") == ["program"]


def test_law_that_differs_elsewhere_is_no_cause(tmp_path: Path, lock: Lock) -> None:
    law = with_pack("us/sensitive-data", reread)
    found = drift(tmp_path, lock, checked(tmp_path, day=AFTER, law=law))
    assert whats(found, "to-ohio") == ["day"]
    assert found.packs == ("us/sensitive-data",)


def test_a_map_that_differs_elsewhere_is_no_cause(tmp_path: Path, lock: Lock) -> None:
    now = MAP.replace("flows:", "measures: [{kind: eu-standard-clauses, parties: [shop, london]}]\nflows:")
    assert whats(drift(tmp_path, lock, checked(tmp_path, now, day=AFTER)), "to-ohio") == ["day"]


def test_the_law_and_the_day(tmp_path: Path) -> None:
    text = MAP.replace("until: 2027-02-10", "until: 2029-02-10")
    lock = lock_of(checked(tmp_path, text))
    found = drift(tmp_path, lock, checked(tmp_path, text, day=AFTER, law=with_pack(EU, without_america)))
    one = of(found, "to-ohio")
    assert [(c.what, c.packs) for c in one.causes] == [("law", (EU,)), ("day", ())]
    assert [(t.what, t.id, t.now) for t in one.causes[1].turns] == [("row", "ADEQUATE US", "not-in-force")]


def test_the_map_and_the_day(tmp_path: Path, lock: Lock) -> None:
    now = MAP.replace("from: db, to: ohio", "from: db, to: ohio, purposes: [marketing]")
    assert whats(drift(tmp_path, lock, checked(tmp_path, now, day=AFTER)), "to-ohio") == ["map", "day"]


def test_the_map_and_the_law(tmp_path: Path, lock: Lock) -> None:
    now = MAP.replace("from: db, to: london", "from: db, to: london, purposes: [marketing]")
    found = drift(tmp_path, lock, checked(tmp_path, now, law=with_pack(EU, without_britain)))
    assert whats(found, "to-london") == ["map", "law"]


def test_all_three(tmp_path: Path, lock: Lock) -> None:
    now = MAP.replace("from: db, to: ohio", "from: db, to: ohio, purposes: [marketing]")
    found = drift(tmp_path, lock, checked(tmp_path, now, day=AFTER, law=with_pack(EU, reread)))
    assert whats(found, "to-ohio") == ["map", "law", "day"]


def test_an_earlier_day_than_that_of_the_lock(tmp_path: Path) -> None:
    late = lock_of(checked(tmp_path, day=AFTER))
    found = drift(tmp_path, late, checked(tmp_path))
    assert whats(found, "to-ohio") == ["day"]
    assert not of(found, "to-ohio").is_worse


def test_new_and_gone_entries(tmp_path: Path, lock: Lock) -> None:
    now = MAP.replace("- {id: to-london", "- {id: to-england").replace("to: ohio", "to: wuhan")
    now = now.replace("id: to-ohio", "id: to-china")
    found = {d.entry: d for d in drift(tmp_path, lock, checked(tmp_path, now)).differences}
    assert {id_: (d.was, d.now, d.is_worse) for id_, d in found.items()} == {
        "to-china": ("", found["to-china"].now, True),
        "to-england": ("", "allowed", False),
        "to-london": ("allowed", "", False),
        "to-ohio": ("allowed", "", False),
    }
    assert found["to-china"].now != "allowed"


@pytest.mark.parametrize(
    ("was", "now", "is_worse"),
    [
        ("allowed", "conditional", True),
        ("conditional", "undecided", True),
        ("undecided", "forbidden", True),
        ("forbidden", "undecided", False),
        ("conditional", "allowed", False),
        ("", "allowed", False),
        ("", "undecided", True),
        ("forbidden", "", False),
    ],
)
def test_worse_is_a_verdict_nearer_to_forbidden(was: str, now: str, is_worse: bool) -> None:
    assert Difference("a", "", was, now, None).is_worse is is_worse


# --- locking anew


def locked_again(folder: Path, now: Check, old: Lock | None) -> Lock:
    return relock(now, old, later_of(folder, now.program), find=compile_program(now.program, few=True).find)


def days(lock: Lock) -> dict[str, str]:
    return {id_: entry.day.isoformat() for id_, entry in lock.entries.items()}


def test_lines_that_are_true_still_stay_as_they_are(tmp_path: Path, lock: Lock) -> None:
    again = locked_again(tmp_path, checked(tmp_path, day=AFTER), lock)
    assert days(again) == {"to-london": "2026-11-25", "to-ohio": "2027-03-01", "trips-to-wuhan": "2026-11-25"}
    assert again.entries["to-ohio"].verdict == "conditional"
    (tmp_path / "comity.lock").write_text(lock_to_text(again), encoding="utf-8")
    assert read_lock(tmp_path / "comity.lock") == again


def test_lines_of_what_the_map_says_otherwise_are_written_anew(tmp_path: Path, lock: Lock) -> None:
    text = MAP.replace("from: db, to: london", "from: db, to: london, purposes: [marketing]")
    later = dt.date(2026, 12, 1)
    again = locked_again(tmp_path, checked(tmp_path, text, day=later), lock)
    assert days(again) == {"to-london": "2026-12-01", "to-ohio": "2026-11-25", "trips-to-wuhan": "2026-11-25"}


def test_lines_under_other_law_stay_where_it_says_the_same_of_their_day(tmp_path: Path, lock: Lock) -> None:
    later = dt.date(2026, 12, 1)
    again = locked_again(tmp_path, checked(tmp_path, day=later, law=with_pack(EU, without_britain)), lock)
    assert days(again) == {"to-london": "2026-12-01", "to-ohio": "2026-11-25", "trips-to-wuhan": "2026-11-25"}
    assert again.packs != lock.packs


@pytest.mark.parametrize("is_there", [True, False])
def test_a_lock_without_a_usable_one_is_all_new(tmp_path: Path, lock: Lock, is_there: bool) -> None:
    old = dataclasses.replace(lock, semantics=SEMANTICS - 1) if is_there else None
    now = checked(tmp_path, day=dt.date(2026, 12, 1))
    assert locked_again(tmp_path, now, old) == lock_of(now)


def test_what_was_locked_anew_does_not_differ(tmp_path: Path, lock: Lock) -> None:
    now = checked(tmp_path, NO_LONDON, day=AFTER, law=with_pack(EU, reread))
    assert drift(tmp_path, locked_again(tmp_path, now, lock), now).differences == ()
