"""The command line as a person uses it: what it prints, where, and its exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from comity import cli

ROOT = Path(__file__).parent.parent
HARBOUR = str(ROOT / "examples" / "harbour" / "comity.yaml")
CASE = str(ROOT / "examples" / "case.yaml")
DAY = ("--day", "2026-11-24")
PACKS = sorted(file.parent.relative_to(ROOT / "packs").as_posix() for file in ROOT.glob("packs/*/*/pack.yaml"))

SMALL = """
comity: 1
name: Small
entities:
- {id: seller, name: Seller B.V., country: NL}
- {id: desk, name: Desk Ltd., country: KE}
people:
- {id: customers, of: seller, window: held, counted: 2026-11-01, count: {NL: 50}}
systems:
- {id: shop, name: shop, place: NL, run_by: seller, holds: [{people: customers, data: {only: [contact]}}]}
access:
- {id: desk-looks, who: desk, from: KE, into: shop}
opinions:
- {place: KE, verdict: allowed, counsel: A. Wanjiru, day: 2026-06-01, until: 2027-06-01}
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run one command in this process: exit code, standard output, standard error."""
    before, sys.argv = sys.argv, ["comity", *arguments]
    try:
        with pytest.raises(SystemExit) as stop:
            cli.main()
    finally:
        sys.argv = before
    printed = capsys.readouterr()
    assert isinstance(stop.value.code, int)
    return stop.value.code, printed.out, printed.err


def small(tmp_path: Path, text: str = SMALL) -> str:
    path = tmp_path / "comity.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_check_of_the_example_prints_json_with_flows_sorted_by_id(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", HARBOUR, "--json", *DAY)
    found = json.loads(out)
    ids = [flow["id"] for flow in found["flows"]]
    assert code == cli.FORBIDDEN
    assert found["format"] == "check/1"
    assert ids == sorted(ids)
    assert all({"id", "verdict", "packs"} <= set(flow) for flow in found["flows"])
    assert {flow["verdict"] for flow in found["flows"]} == {"allowed", "conditional", "forbidden", "undecided"}


def test_check_prints_the_same_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", HARBOUR, "--json", *DAY) == run(capsys, "check", HARBOUR, "--json", *DAY)


@pytest.mark.parametrize(
    ("fail_on", "code"),
    [("none", cli.DONE), ("forbidden", cli.DONE), ("undecided", cli.DONE), ("conditional", cli.FORBIDDEN)],
)
def test_fail_on_takes_a_verdict_and_every_worse_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, fail_on: str, code: int
) -> None:
    assert run(capsys, "check", small(tmp_path), "--fail-on", fail_on, *DAY)[0] == code


def test_a_place_without_pack_and_without_opinion_is_undecided_and_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    measures = (
        "measures:\n"
        "- {kind: eu-standard-clauses, parties: [seller, desk], from: 2026-01-01}\n"
        "- {kind: transfer-impact-assessment, parties: [seller, desk], result: favourable, from: 2026-01-01}\n"
    )
    path = small(tmp_path, SMALL.split("opinions:", maxsplit=1)[0] + measures)
    code, out, _ = run(capsys, "check", path, *DAY)
    assert code == cli.UNDECIDED
    assert re.search(r"NO PACK FOR: Kenya", out)


def test_strict_counts_a_presumption_that_can_hide_a_worse_verdict(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = small(
        tmp_path,
        SMALL.replace("from: KE", "from: NL").replace("country: KE", "country: NL").split("opinions:", maxsplit=1)[0],
    )
    assert run(capsys, "check", path, *DAY)[0] == cli.DONE
    assert run(capsys, "check", path, "--strict", *DAY)[0] == cli.UNDECIDED


def test_another_day_gives_another_law(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = SMALL.replace("country: KE", "country: GB").replace("from: KE", "from: GB")
    path = small(
        tmp_path,
        text.replace("place: KE", "place: GB").replace(
            "day: 2026-06-01, until: 2027-06-01", "day: 2026-06-01, until: 2032-06-01"
        ),
    )
    before = json.loads(run(capsys, "check", path, "--json", "--pack", "eu/personal-data", "--day", "2026-11-24")[1])
    after = json.loads(run(capsys, "check", path, "--json", "--pack", "eu/personal-data", "--day", "2031-12-28")[1])
    assert before["flows"][0]["packs"][0]["outcome"] == "allowed"
    assert after["flows"][0]["packs"][0]["outcome"] == "stale-pack"


def test_selected_packs_and_what_they_leave_out_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = json.loads(run(capsys, "check", small(tmp_path), "--json", "--pack", "eu/personal-data", *DAY)[1])
    assert [p["id"] for p in found["packs"]] == ["eu/personal-data"]
    assert found["left_out"] == [pack for pack in PACKS if pack != "eu/personal-data"]


def test_a_place_whose_pack_is_left_out_is_not_a_place_without_a_pack(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = SMALL.split("opinions:", maxsplit=1)[0]
    verdicts = {}
    for country in ("US", "KE"):
        path = small(tmp_path, text.replace("KE", country))
        _, out, _ = run(capsys, "check", path, "--json", "--pack", "eu/personal-data", *DAY)
        found = json.loads(out)
        verdicts[country] = found["flows"][0]["highest"], [p["place"] for p in found["no_pack"]]
    assert verdicts == {"US": ("conditional", []), "KE": ("forbidden", ["KE"])}


def test_an_unknown_pack_is_a_usage_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "check", small(tmp_path), "--pack", "eu/personal")
    assert code == cli.USAGE
    assert "no pack `eu/personal`" in err


def test_problems_of_a_map_are_told_all_at_once_and_nothing_is_decided(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = small(tmp_path, SMALL.replace("country: NL", "country: ZZ").replace("into: shop", "into: shopp"))
    code, out, err = run(capsys, "check", path)
    assert code == cli.PROBLEMS
    assert out == ""
    assert err.count("error[") == 2
    assert "comity.yaml:5:" in err


def test_a_map_that_is_not_there_is_a_problem(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "check", str(tmp_path / "none.yaml"))
    assert code == cli.PROBLEMS
    assert "error[unreadable-file]" in err


def test_html_is_written_to_the_file_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "out" / "report.html"
    code, _, _ = run(capsys, "check", small(tmp_path), "--html", str(target), "--fail-on", "none", *DAY)
    assert code == cli.DONE
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_report_that_cannot_be_written_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "check", small(tmp_path), "--html", str(tmp_path), "--fail-on", "none")
    assert code == cli.USAGE
    assert "cannot write" in err


def test_sarif_and_csv_go_to_standard_output(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = small(tmp_path)
    assert json.loads(run(capsys, "check", path, "--sarif", *DAY)[1])["version"] == "2.1.0"
    assert run(capsys, "check", path, "--csv", *DAY)[1].startswith("flow,")


def test_explain_goes_down_to_the_facts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "explain", small(tmp_path), "desk-looks", *DAY)
    assert code == cli.DONE
    assert "art-44" in out
    assert "recipient.country = KE (said)" in " ".join(out.replace("│", " ").split())


def test_explain_of_a_misspelt_entry_suggests_the_near_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "explain", small(tmp_path), "desk-look", *DAY)
    assert code == cli.USAGE
    assert "did you mean `desk-looks`?" in err


def test_decide_answers_a_case_as_text_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    text_code, text, _ = run(capsys, "decide", CASE)
    json_code, out, _ = run(capsys, "decide", CASE, "--json")
    found = json.loads(out)
    assert text_code == json_code
    assert found["format"] == "decision/1"
    assert found["verdict"] in text


def test_test_counts_the_worked_cases_by_pack(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "test", "--json")
    found = json.loads(out)
    assert code == cli.DONE
    assert found["cases"] == found["agree"] + found["differ"] + found["known"]
    assert found["differ"] == 0
    assert list(found["packs"]) == PACKS
    for pack, least in {
        "eu/personal-data": 15,
        "us/sensitive-data": 15,
        "cn/outbound-data": 15,
        "ru/personal-data": 15,
        "gids/commitments": 7,
    }.items():
        assert found["packs"][pack]["cases"] >= least


def test_packs_and_facts_print_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert "eu/personal-data: GDPR" in run(capsys, "packs")[1]
    assert [pack["id"] for pack in json.loads(run(capsys, "packs", "--json")[1])["packs"]] == PACKS
    assert len(PACKS) >= 34
    assert "recipient.dpf (bool)" in run(capsys, "facts", "recipient.dpf")[1]
    assert json.loads(run(capsys, "facts", "recipient.dpf", "--json")[1])["facts"]
    assert run(capsys, "facts", "no-such-name")[0] == cli.USAGE


def test_lint_tells_nothing_worse_than_warnings_of_a_pack_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """`make check` looks at all of them."""
    assert run(capsys, "lint", str(ROOT / "packs" / "eu" / "personal-data"))[0] == cli.DONE


def test_init_writes_a_map_that_can_be_checked_and_never_overwrites(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "comity.yaml"
    assert run(capsys, "init", str(path), "--yes")[0] == cli.DONE
    assert run(capsys, "check", str(path), "--fail-on", "none")[0] == cli.DONE
    code, _, err = run(capsys, "init", str(path), "--yes")
    assert code == cli.USAGE
    assert "exists already" in err


@pytest.mark.parametrize("name", ["map", "case", "decision", "check"])
def test_schema_prints_a_json_schema(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert json.loads(run(capsys, "schema", name)[1])["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_help_stands_in_three_groups_and_every_command_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--help")
    assert all(group in out for group in ("Your data", "The law", "Running it"))
    for command in ("check", "explain", "decide", "init", "packs", "test", "lint", "facts", "schema", "version"):
        code, text, _ = run(capsys, command, "--help")
        assert code == cli.DONE
        assert len(text) > 200


def test_a_misspelt_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", HARBOUR, "--jsn")[0] == cli.USAGE
    assert run(capsys, "check", HARBOUR, "--day", "tomorrow")[0] == cli.USAGE


def test_the_installed_program_runs_from_another_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "comity", "version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert re.fullmatch(rf"comity \d+\.\d+\.\d+, {len(PACKS)} packs, program [0-9a-f]{{16}}\n", done.stdout)


def installed(*arguments: str, cwd: Path | None = None, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The program in a process of its own, where streams are real."""
    return subprocess.run([sys.executable, "-m", "comity", *arguments], cwd=cwd, check=False, timeout=120, **options)


def test_version_and_help_have_the_short_ways_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version")[:2] == run(capsys, "version")[:2]
    assert "Usage:" in run(capsys, "check", "-h")[1]


def test_a_key_that_stands_twice_hides_no_other_problem(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = SMALL.replace("name: Small", "name: Small\nname: Smaller").replace("into: shop", "into: shopp")
    code, _, err = run(capsys, "check", small(tmp_path, text))
    assert code == cli.PROBLEMS
    assert re.findall(r"error\[(.*?)\]", err) == ["duplicate-key", "unknown-system"]


def test_a_map_is_no_case_and_a_case_no_map(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "decide", small(tmp_path))
    assert (code, err.count("error[")) == (cli.PROBLEMS, 1)
    assert "this is a map: `comity check` reads it" in err
    code, _, err = run(capsys, "check", CASE)
    assert (code, err.count("error[")) == (cli.PROBLEMS, 1)
    assert "this is a case: `comity decide` reads it" in err


def test_an_empty_map_is_told_how_to_begin(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "`comity init` writes a first map" in run(capsys, "check", small(tmp_path, "# nothing\n"))[2]
    assert "comity init" not in run(capsys, "decide", small(tmp_path, "# nothing\n"))[2]


def test_a_folder_without_packs_is_told_and_nothing_is_decided(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, "check", small(tmp_path), "--packs-dir", str(tmp_path / "none"))
    assert (code, out) == (cli.USAGE, "")
    assert "no pack lies in" in err
    code, out, err = run(capsys, "lint", str(tmp_path / "none"))
    assert (code, out) == (cli.USAGE, "")
    assert "no pack lies in" in err


def test_what_strict_counts_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = SMALL.replace("from: KE", "from: NL").replace("country: KE", "country: NL").partition("opinions:")[0]
    _, out, err = run(capsys, "check", small(tmp_path, text), "--strict", *DAY)
    assert err == "--strict counts as undecided: desk-looks\n"
    assert "strict" not in out


def test_a_pipe_gets_utf_8_whatever_the_terminal_is_set_to(tmp_path: Path) -> None:
    done = installed(
        "check", small(tmp_path), *DAY, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert done.stderr == b""
    assert "→" in done.stdout.decode("utf-8")


def test_a_full_disk_is_told_in_one_line() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this machine lacks `/dev/full`")
    with full.open("wb") as out:
        done = installed("facts", stdout=out, stderr=subprocess.PIPE)
    assert done.returncode == cli.OURS
    assert done.stderr == b"error: No space left on device: `standard output`\n"


def test_init_without_answers_writes_nothing_and_says_so(tmp_path: Path) -> None:
    done = installed("init", cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == cli.STOPPED
    assert done.stderr.endswith(b"stopped; nothing was written\n")
    assert list(tmp_path.iterdir()) == []


WATCHED = """
import sys
seen = []
names = "socket.connect socket.getaddrinfo subprocess.Popen os.system os.exec os.posix_spawn os.fork".split()
sys.addaudithook(lambda event, arguments: seen.append(event) if event in names else None)
{act}
print(sorted(set(seen)))
"""
CHECK = """
from comity.cli import main
sys.argv = ["comity", "check", {map!r}, "--csv", "--fail-on", "none"]
try:
    main()
except SystemExit:
    pass
"""


def watched(act: str) -> str:
    """What the interpreter saw of connections and programs while it did something."""
    done = subprocess.run([sys.executable, "-c", WATCHED.format(act=act)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_check_opens_no_connection_and_starts_no_program() -> None:
    assert watched(CHECK.format(map=HARBOUR)) == "[]"


def test_a_connection_and_a_program_would_be_seen() -> None:
    act = "import socket, subprocess; socket.socket().connect_ex(('127.0.0.1', 9)); subprocess.run(['true'])"
    assert watched(act).startswith("['socket.connect', 'subprocess.Popen'")


def test_incident_takes_what_the_file_holds_and_leaves_products_without_a_flaw(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    leak = 'incidents:\n- {id: leak, entity: seller, known_at: "2026-11-20T08:00:00Z"}\n'
    path = small(tmp_path, f"{SMALL}{leak}products:\n- {{id: web, entity: seller, flaw: false}}\n")
    code, out, _ = run(capsys, "incident", path, "--json", *DAY)
    assert (code, json.loads(out)["entries"]) == (0, ["leak"])
    code, _, err = run(capsys, "incident", path, "--id", "leek", *DAY)
    assert (code, err.strip()) == (2, "error: the map has no incident or product `leek`; did you mean `leak`?")
    code, _, _ = run(capsys, "incident", path, "--ics", str(tmp_path / "dates.ics"), *DAY)
    assert (code, (tmp_path / "dates.ics").read_bytes()[:15]) == (0, b"BEGIN:VCALENDAR")


def test_new_pack_writes_a_folder_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "new-pack", "nz/personal-data", "--packs-dir", str(tmp_path))
    assert code == 0
    assert out.startswith(f"wrote {tmp_path}/nz/personal-data; next: comity lint")
    code, _, err = run(capsys, "new-pack", "nz/personal-data", "--packs-dir", str(tmp_path))
    assert (code, err.strip()) == (2, f"error: `{tmp_path}/nz/personal-data` exists already; name another pack")
