"""`check` with a lock, with acceptances and with `--until`, as a person uses it."""

import functools
import json
from pathlib import Path

import icalendar
import pytest

from comity import cli, library
from comity.ledger.lock import lock_to_text, read_lock
from comity.library import load
from comity.pack.program import Program
from tests.ledger.small import MAP
from tests.test_cli import run

DAY = ("--day", "2026-11-25")
AFTER = ("--day", "2027-03-01")
PACK = ("--pack", "eu/personal-data")
TRIPS = "- {id: trips-to-wuhan, from: trips, to: wuhan, deal: vendor}\n"
OHIO = "- {id: to-ohio, from: db, to: ohio, deal: vendor}\n"


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The packs are loaded once for all commands of this file: it is the same program."""
    monkeypatch.setattr(library, "load", _load)


@functools.cache
def _load(*, root: Path | None = None) -> Program:
    return load(root=root)


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    return written(tmp_path / "comity.yaml", MAP.replace(TRIPS, ""))


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def check(capsys: pytest.CaptureFixture[str], path: Path, *arguments: str) -> tuple[int, str, str]:
    return run(capsys, "check", str(path), *PACK, *arguments)


def test_relock_writes_the_lock_beside_the_map_and_check_compares_with_it(
    capsys: pytest.CaptureFixture[str], map_file: Path
) -> None:
    lock = map_file.with_name("comity.lock")
    code, out, err = check(capsys, map_file, "--relock", *DAY)
    assert (code, lock.exists()) == (cli.DONE, True)
    assert err == f"locked 2 entries in {lock}\n"
    assert str(lock) not in out
    code, out, err = check(capsys, map_file, *DAY)
    assert (code, err) == (cli.DONE, "")
    assert f"{lock}: 2 verdicts, all as locked" in out.replace("\n", " ").replace("  ", " ")


def test_a_verdict_that_differs_is_named_with_its_cause(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    check(capsys, map_file, "--relock", *DAY)
    code, out, _ = check(capsys, map_file, *AFTER)
    assert code == cli.FORBIDDEN
    assert "worse to-ohio: ✔ allowed → ◐ conditional, locked on 2026-11-25" in out
    assert "the day: `recipient.dpf`: yes → no" in out
    found = json.loads(check(capsys, map_file, "--json", *AFTER)[1])
    (difference,) = found["lock"]["differences"]
    assert (difference["id"], difference["why"][0]["what"]) == ("to-ohio", "day")


def test_other_forms_of_output_stay_clean(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    check(capsys, map_file, "--relock", *DAY)
    for form in ("--csv", "--sarif"):
        _, out, err = check(capsys, map_file, form, *AFTER)
        assert "locked on" not in out
        assert "worse to-ohio" in err


def test_fail_on_worse_fails_only_when_something_got_worse(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    check(capsys, map_file, "--relock", *AFTER)
    assert check(capsys, map_file, *AFTER)[0] == cli.FORBIDDEN
    assert check(capsys, map_file, "--fail-on", "worse", *AFTER)[0] == cli.DONE
    assert check(capsys, map_file, "--fail-on", "worse", *DAY)[0] == cli.DONE
    check(capsys, map_file, "--relock", *DAY)
    assert check(capsys, map_file, "--fail-on", "worse", *AFTER)[0] == cli.FORBIDDEN
    assert check(capsys, map_file, "--fail-on", "worse", "--relock", *AFTER)[0] == cli.DONE
    assert check(capsys, map_file, "--fail-on", "worse", *AFTER)[0] == cli.DONE


def test_a_new_entry_that_is_not_allowed_is_worse(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    check(capsys, map_file, "--relock", *DAY)
    text = map_file.read_text(encoding="utf-8")
    written(map_file, text.replace(OHIO, OHIO + "- {id: again, from: db, to: london, deal: vendor}\n"))
    assert check(capsys, map_file, "--fail-on", "worse", *DAY)[0] == cli.DONE
    written(map_file, text.replace(OHIO, OHIO + "- {id: far, from: db, to: wuhan, deal: vendor}\n"))
    code, out, _ = check(capsys, map_file, "--fail-on", "worse", *DAY)
    assert code in (cli.FORBIDDEN, cli.UNDECIDED)
    assert "new far: " in out


def test_fail_on_worse_without_a_lock_says_how_to_get_one(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    code, _, err = check(capsys, map_file, "--fail-on", "worse", *DAY)
    assert code == cli.USAGE
    assert "needs a lock" in err
    assert "--relock" in err


@pytest.mark.parametrize("arguments", [("--strict",), ("--strict", "--relock")])
def test_fail_on_worse_compares_what_is_locked(
    capsys: pytest.CaptureFixture[str], map_file: Path, arguments: tuple[str, ...]
) -> None:
    code, _, err = check(capsys, map_file, "--fail-on", "worse", *arguments, *DAY)
    assert code == cli.USAGE
    assert "without --strict" in " ".join(err.split())


def test_one_case_cannot_get_worse(capsys: pytest.CaptureFixture[str]) -> None:
    case = str(Path(__file__).parent.parent / "examples" / "case.yaml")
    code, _, err = run(capsys, "decide", case, "--fail-on", "worse")
    assert code == cli.USAGE
    assert "goes with `comity check`" in " ".join(err.split())


def test_a_lock_elsewhere(capsys: pytest.CaptureFixture[str], map_file: Path, tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "small.lock"
    assert check(capsys, map_file, "--lock", str(lock), *DAY)[0] == cli.PROBLEMS
    assert check(capsys, map_file, "--lock", str(lock), "--relock", *DAY)[0] == cli.DONE
    assert not map_file.with_suffix(".lock").exists()
    code, out, _ = check(capsys, map_file, "--lock", str(lock), *AFTER)
    assert (code, "worse to-ohio" in out) == (cli.FORBIDDEN, True)


def test_a_broken_lock_stops_the_check_and_relock_mends_it(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    check(capsys, map_file, "--relock", *DAY)
    lock = map_file.with_suffix(".lock")
    whole = lock.read_text(encoding="utf-8")
    for broken in (whole[:-40], whole.replace("lock/1", "lock/2"), whole.replace("allowed", "forbidden"), ""):
        written(lock, broken)
        code, out, err = check(capsys, map_file, *DAY)
        assert (code, out) == (cli.PROBLEMS, "")
        assert "help: " in err
        assert "--relock" in err
        code, _, err = check(capsys, map_file, "--relock", *DAY)
        assert code == cli.DONE
        assert "the old lock cannot be read and is written anew" in err
        assert lock.read_text(encoding="utf-8") == whole


def test_a_file_that_is_no_lock_is_never_written_over(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    text = map_file.read_text(encoding="utf-8")
    code, _, err = check(capsys, map_file, "--lock", str(map_file), "--relock", *DAY)
    assert (code, map_file.read_text(encoding="utf-8")) == (cli.USAGE, text)
    assert "is no lock" in err


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_out_of_the_folder_is_neither_read_nor_written(
    capsys: pytest.CaptureFixture[str], map_file: Path, is_there: bool
) -> None:
    inside = map_file.parent / "maps" / "comity.yaml"
    inside.parent.mkdir()
    written(inside, map_file.read_text(encoding="utf-8"))
    target = map_file.parent / "secret"
    if is_there:
        written(target, "format: secret\n")
    inside.with_suffix(".lock").symlink_to(target)
    for arguments in ((), ("--relock",)):
        code, _, err = check(capsys, inside, *arguments, *DAY)
        assert code == cli.USAGE
        assert "leads out of the folder" in err
        assert "secret\n" not in err
    assert target.exists() is is_there


def test_the_lock_of_another_map_is_told(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    check(capsys, map_file, "--relock", *DAY)
    written(map_file, map_file.read_text(encoding="utf-8").replace("name: Small", "name: Renamed"))
    code, _, err = check(capsys, map_file, *DAY)
    assert code == cli.PROBLEMS
    assert "error[lock-of-another-map]" in err


def test_a_lock_of_other_packs_is_compared_only_where_it_is_named(
    capsys: pytest.CaptureFixture[str], map_file: Path
) -> None:
    check(capsys, map_file, "--relock", *DAY)
    other = ("check", str(map_file), "--pack", "us/sensitive-data", "--json", *DAY)
    _, out, err = run(capsys, *other)
    assert "which is of other packs" in err
    assert "lock" not in json.loads(out)
    _, out, err = run(capsys, *other, "--lock", str(map_file.with_suffix(".lock")))
    assert (err, json.loads(out)["lock"]["packs"]) == ("", ["eu/personal-data", "us/sensitive-data"])


def test_another_map_in_the_same_folder_has_a_lock_of_its_own(
    capsys: pytest.CaptureFixture[str], map_file: Path
) -> None:
    other = written(map_file.with_name("other.yaml"), map_file.read_text(encoding="utf-8").replace("Small", "Other"))
    check(capsys, map_file, "--relock", *DAY)
    assert check(capsys, other, *DAY)[0] == cli.DONE
    check(capsys, other, "--relock", *DAY)
    assert {read_lock(map_file.with_name(f"{n}.lock")).map for n in ("comity", "other")} == {"Small", "Other"}


def test_locking_twice_gives_the_same_bytes(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    check(capsys, map_file, "--relock", *DAY)
    first = map_file.with_suffix(".lock").read_bytes()
    check(capsys, map_file, "--relock", "--day", "2026-12-20")
    assert map_file.with_suffix(".lock").read_bytes() == first
    assert lock_to_text(read_lock(map_file.with_suffix(".lock"))).encode() == first


# --- what is accepted


def accepted(map_file: Path, verdict: str, until: str) -> None:
    said = f"- {{id: to-ohio, verdict: {verdict}, until: {until}, who: the DPO, why: clauses are being signed}}\n"
    written(map_file, map_file.read_text(encoding="utf-8").partition("accepted:")[0] + "accepted:\n" + said)


def test_an_accepted_entry_does_not_fail_until_its_day_and_is_always_printed(
    capsys: pytest.CaptureFixture[str], map_file: Path
) -> None:
    accepted(map_file, "conditional", "2027-03-01")
    for day, code, told in (
        ("2026-11-25", cli.DONE, "no longer needed: it is allowed now"),
        ("2027-02-28", cli.DONE, "does not fail until then"),
        ("2027-03-01", cli.DONE, "does not fail until then"),
        ("2027-03-02", cli.FORBIDDEN, "over: it fails again"),
    ):
        found, out, _ = check(capsys, map_file, "--day", day)
        assert (found, day) == (code, day)
        assert f"by the DPO: clauses are being signed [{told}]" in " ".join(out.split())


def test_an_accepted_entry_does_not_count_as_worse(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    check(capsys, map_file, "--relock", *DAY)
    accepted(map_file, "conditional", "2027-03-01")
    assert check(capsys, map_file, "--fail-on", "worse", *AFTER)[0] == cli.DONE
    assert check(capsys, map_file, "--fail-on", "worse", "--day", "2027-03-02")[0] == cli.FORBIDDEN


def test_what_is_forbidden_cannot_be_accepted(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    accepted(map_file, "forbidden", "2027-03-01")
    code, out, err = check(capsys, map_file, *DAY)
    assert (code, out) == (cli.PROBLEMS, "")
    assert "what is `forbidden` cannot be accepted" in err


# --- until a day


def test_until_tells_what_changes_and_writes_a_calendar(
    capsys: pytest.CaptureFixture[str], map_file: Path, tmp_path: Path
) -> None:
    ics = tmp_path / "changes.ics"
    code, out, _ = check(capsys, map_file, "--until", "2032-01-31", "--ics", str(ics), *DAY)
    assert code == cli.DONE
    assert "2027-02-11  ✔ allowed → ◐ conditional" in out
    assert "United Kingdom leaves the table ADEQUATE" in " ".join(out.split())
    events = icalendar.Calendar.from_ical(ics.read_text(encoding="utf-8")).walk("VEVENT")
    assert {"to-ohio: allowed → conditional", "to-london: allowed → conditional"} <= {str(e["summary"]) for e in events}


def test_until_as_json_is_the_same_twice(capsys: pytest.CaptureFixture[str], map_file: Path) -> None:
    first = check(capsys, map_file, "--until", "2027-06-30", "--json", *DAY)
    assert first == check(capsys, map_file, "--until", "2027-06-30", "--json", *DAY)
    assert [e["id"] for e in json.loads(first[1])["entries"]] == ["to-ohio"]


def test_until_fails_on_worse_where_something_gets_worse_by_then(
    capsys: pytest.CaptureFixture[str], map_file: Path
) -> None:
    worse = ("--fail-on", "worse", *DAY)
    assert check(capsys, map_file, "--until", "2027-02-10", *worse)[0] == cli.DONE
    assert check(capsys, map_file, "--until", "2027-02-11", *worse)[0] == cli.FORBIDDEN


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--ics", "a.ics"), "--ics goes with --until DAY"),
        (("--until", "2026-11-25"), "`2026-11-25` is not after the day of the check"),
        (("--until", "soon"), "`soon` is no day"),
        (("--until", "2027-01-01", "--relock"), "--until goes with --json and --ics"),
        (("--until", "2027-01-01", "--sarif"), "--until goes with --json and --ics"),
    ],
)
def test_options_that_do_not_go_together_are_told(
    capsys: pytest.CaptureFixture[str], map_file: Path, arguments: tuple[str, ...], told: str
) -> None:
    code, _, err = check(capsys, map_file, *arguments, *DAY)
    assert code == cli.USAGE
    assert told in " ".join(err.replace("│", " ").split())
