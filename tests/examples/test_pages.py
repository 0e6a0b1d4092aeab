"""README and tutorial say what is true: their maps, cases, messages and commands are run."""

import datetime as dt
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer

from comity import cli
from comity.decide.decision import Decision, decide
from comity.decide.totals import with_totals
from comity.errors import InputError
from comity.intake.map import read_map
from comity.library import load_case
from tests.examples.test_harbour import DAY, HARBOUR, checked, program

ROOT = HARBOUR.parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
COMMANDS = [line[2:] for line in (README + TUTORIAL).splitlines() if line.startswith("$ comity ")]


def blocks(text: str, language: str) -> list[str]:
    fenced = re.findall(r"^```(.*)\n((?:(?!```).*\n)*)```$", text, re.MULTILINE)
    return [body for named, body in fenced if named == language]


# What the pages show below a command, with "..." where lines are left out
SHOWN = [body for body in blocks(README + TUTORIAL, "console") if re.match(r"\$ .*\n[^$\n]", body)]


def decided_in_example(id_: str) -> str:
    return next(f.verdict for f in checked().flows if f.flow.id == id_)


def decided(text: str, folder: Path, day: dt.date = DAY) -> Decision:
    (folder / "comity.yaml").write_text(text, encoding="utf-8")
    (flow,) = with_totals(program(), read_map(folder / "comity.yaml", program().vocabulary, day=day))
    return decide(program(), flow.cases[0], why=False)


def test_the_map_of_the_readme_comes_out_as_it_says(tmp_path: Path) -> None:
    (text,) = blocks(README, "yaml")
    found = decided(text, tmp_path)
    eu = next(p for p in found.packs if p.pack == "eu/personal-data")
    way = next(r for r in eu.reasons if r.clause.endswith("/art-46-2-c"))
    assert (found.verdict, found.no_pack) == ("conditional", ())
    assert [r.cite for r in eu.reasons if r.effect == "forbids"] == ["GDPR Art. 44"]
    assert [(n.measure, n.state) for n in way.needs] == [
        ("eu-standard-clauses", "in-place"),
        ("transfer-impact-assessment", "not-yet"),
    ]
    assert {d.measure for d in eu.duties if d.state == "open"} == {"transfer-notice", "processing-record"}


def test_without_counsel_it_is_undecided(tmp_path: Path) -> None:
    (text,) = blocks(README, "yaml")
    found = decided(text[: text.index("opinions:")], tmp_path)
    assert (found.verdict, found.no_pack) == ("undecided", ("KE",))


def test_the_tutorial_tells_the_verdicts_of_the_example() -> None:
    told = dict(re.findall(r"^\| `([a-z-]+)` \| (allowed|conditional|forbidden|undecided) \|", TUTORIAL, re.MULTILINE))
    verdicts = {f.flow.id: f.verdict for f in checked().flows}
    assert len(told) == 9
    assert {id_: verdict for id_, verdict in told.items() if verdicts[id_] != verdict} == {}
    assert decided_in_example("prosecutor") == "allowed"


@pytest.mark.parametrize("block", SHOWN, ids=lambda b: b.split(maxsplit=3)[2])
def test_the_pages_show_what_the_commands_print(
    block: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command, _, told = block.partition("\n")
    monkeypatch.setattr("sys.argv", shlex.split(command.removeprefix("$ ")))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit):
        cli.main()
    printed = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    pieces = [piece.strip("\n") for piece in re.split(r"^\.\.\.$", told, flags=re.MULTILINE) if piece.strip()]
    assert pieces
    assert [piece for piece in pieces if f"{piece}\n" not in f"{printed}\n"] == []


def test_a_table_a_tree_and_a_clock_are_shown() -> None:
    assert [block.split()[2] for block in SHOWN] == ["check", "explain", "incident"]


def test_the_pages_count_the_packs_right() -> None:
    packs = program().packs
    told = f"{len(packs)} packs of {len({p.id.partition('/')[0] for p in packs})} parties"
    assert [told in page for page in (README, TUTORIAL)] == [True, True]


def test_the_readme_names_every_party_that_has_a_pack() -> None:
    section = README.partition("## Which law is in it")[2].partition("\n## ")[0]
    names = program().vocabulary.place
    places = {p.id.partition("/")[0].upper() for p in program().packs} - {"EU", "GIDS", "ASEAN", "MULTILATERAL"}
    called = {"KR": "Korea", "HK": "Hong Kong", "MO": "Macao"}
    assert [p for p in sorted(places) if called.get(p, names[p].name) not in section] == []
    assert [w for w in ("European Union", "Global Initiative", "ASEAN", "treaties") if w not in section] == []


def test_the_incident_of_the_tutorial_is_read_and_its_clock_runs(tmp_path: Path) -> None:
    (text,) = (b for b in blocks(TUTORIAL, "yaml") if b.startswith("incidents:"))
    shutil.copytree(HARBOUR, tmp_path / "h", ignore=shutil.ignore_patterns("*.sqlite", "__pycache__"))
    head = "comity: 1\nname: A phone\nuse: [comity.yaml]\n"
    (tmp_path / "h" / "phone.yaml").write_text(head + text, encoding="utf-8")
    flows = with_totals(program(), read_map(tmp_path / "h" / "phone.yaml", program().vocabulary, day=DAY))
    (case,) = next(f for f in flows if f.id == "lost-phone").cases
    due = {d.clause: d.due for p in decide(program(), case, why=False).packs for d in p.duties}
    assert due["eu/personal-data/art-33-1"].startswith("2026-11-23T22:40")


def test_the_opinion_of_the_tutorial_stands_in_for_a_pack(tmp_path: Path) -> None:
    (text,) = (b for b in blocks(TUTORIAL, "yaml") if b.startswith("opinions:"))
    shutil.copytree(HARBOUR, tmp_path / "h", ignore=shutil.ignore_patterns("*.sqlite", "__pycache__"))
    (tmp_path / "h" / "counsel.yaml").write_text(
        f"comity: 1\nname: Counsel\nuse: [comity.yaml]\n{text}", encoding="utf-8"
    )
    flows = with_totals(program(), read_map(tmp_path / "h" / "counsel.yaml", program().vocabulary, day=DAY))
    (case,) = next(f for f in flows if f.id == "backup").cases
    assert decide(program(), case, why=False).verdict == "allowed"


def test_the_readme_counts_the_example_right() -> None:
    text = re.sub(r"\s+", " ", README)
    numbers = (
        "41,400 customers in 49 countries, five legal persons, eight systems in six countries, and sixteen entries"
    )
    assert numbers in text  # tests/examples/test_harbour.py holds these numbers
    assert decided_in_example("desk-manila") == "allowed"


def test_the_case_of_the_tutorial_is_conditional(tmp_path: Path) -> None:
    (text,) = (b for b in blocks(TUTORIAL, "yaml") if b.startswith("kind:"))
    (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
    assert decide(program(), load_case(tmp_path / "case.yaml", program()), why=False).verdict == "conditional"


def test_the_message_of_the_tutorial_is_the_one_that_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (message,) = (b for b in blocks(TUTORIAL, "") if b.startswith("error["))
    lines = ["kind: transfer", "day: 2026-11-02", "facts:", "  holder.country: DE", "  data.personal: true"]
    lines += ["  flow.deal: vendor", "  recipient.countri: IN"]
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "vendor.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_case("cases/vendor.yaml", program())
    assert str(caught.value).strip() == message.strip()


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_of_the_pages_exists_with_its_options(line: str) -> None:
    words = shlex.split(line.partition(" > ")[0], comments=True)[1:]
    group: Any = typer.main.get_command(cli.app)
    command = group if words[0].startswith("--") else group.commands[words[0]]
    known = {opt for param in command.params for opt in param.opts} | {"--help", "--install-completion"}
    assert {w for w in words if w.startswith("--")} - known == set()


def test_the_commands_of_the_pages_are_found() -> None:
    assert {c.split()[1] for c in COMMANDS} >= {
        "init", "check", "explain", "decide", "incident", "packs", "test", "new-pack",
    }  # fmt: skip
