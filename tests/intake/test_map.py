"""Whole maps: what is right is read, what is wrong is told, all of it at once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.case import Flow, Map
from comity.errors import InputError
from comity.facts import Members
from comity.intake.map import read_map
from comity.report.json import value_to_json
from tests.house.sources import ROOT
from tests.intake.maps import BASE, DAY, HERE, files_in, map_of, vocabulary

GOOD, BAD = files_in("good"), files_in("bad")


@pytest.mark.parametrize("name", BAD)
def test_bad_map_is_told_with_all_its_problems(
    name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE / "bad")
    with pytest.raises(InputError) as caught:
        read_map(BAD[name].relative_to(HERE / "bad"), vocabulary(), day=DAY)
    golden(HERE / "bad" / f"{name}.txt", str(caught.value) + "\n")


@pytest.mark.parametrize("name", GOOD)
def test_good_map_gives_these_cases(
    name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE / "good")
    map_ = read_map(GOOD[name].relative_to(HERE / "good"), vocabulary(), day=DAY)
    golden(HERE / "good" / f"{name}.txt", shown(map_))


def shown(map_: Map) -> str:
    """All of a map that decisions can turn on, as text."""
    lines = [f"{map_.name}, {map_.day}, files: {', '.join(map_.files)}"]
    for flow in map_.flows:
        lines += ["", *_flow(flow)]
    lines += ["", "held"]
    for held in map_.held:
        lines.append(f"  {held.holder}: {held.case.id}, people: {', '.join(p.id for p in held.people)}")
    return "\n".join(lines) + "\n"


def _flow(flow: Flow) -> list[str]:
    ends = " → ".join(f"{end.name} ({', '.join(end.places)})" for end in flow.ends)
    lines = [f"{flow.section} {flow.id}: {flow.title}", f"  {ends}", f"  holder {flow.holder}, at {flow.span}"]
    if flow.accepted:
        lines.append(f"  accepted as {flow.accepted.verdict} until {flow.accepted.until} by {flow.accepted.who}")
    for case, part in zip(flow.cases, flow.parts, strict=True):
        lines.append(f"  case {case.id}, {case.kind}, {case.day}, recipient {part.recipient or 'none'}")
        for name, value in sorted(case.facts.items()):
            text = _open(value) if isinstance(value, Members) and value.open else value_to_json(value)
            lines.append(f"    {name}: {text}" + (" (assumed)" if name in case.assumed else ""))
        lines += [f"    {name}: unknown" for name in sorted(case.unknown)]
        lines += [f"    measure {name}: {state}" for name, state in case.measures.items()]
        lines += [f"    opinion on {place}: {verdict}" for place, verdict in sorted(case.opinions.items())]
        lines += [f"    total {name}: {value_to_json(count)}" for name, count in sorted(case.totals.items())]
        lines += [f"    people {p.id}: {sum(n for n in p.counts.values() if isinstance(n, int))}" for p in part.people]
    return lines


def _open(value: Members) -> str:
    return f"{sorted(value.yes)} and perhaps more"


def test_every_shape_of_a_bad_map_has_its_own_message() -> None:
    texts = [(HERE / "bad" / f"{name}.txt").read_text(encoding="utf-8") for name in BAD]
    assert len(set(texts)) == len(BAD)
    assert not set(HERE.glob("bad/*.txt")) - {HERE / "bad" / f"{name}.txt" for name in BAD}


def test_map_of_the_documentation_is_read(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 1
    one_file = re.sub(r"^use: .*$", "", blocks[0], flags=re.MULTILINE)
    map_ = map_of(tmp_path, one_file)
    assert len(map_.flows) == 8
    assert {flow.section for flow in map_.flows} == {
        "flows", "access", "requests", "incidents", "collections", "storage", "products", "acts",
    }  # fmt: skip


def test_norway_is_a_place_and_no_is_no_yes_or_no(tmp_path: Path) -> None:
    map_ = map_of(tmp_path, BASE.replace("country: NL", "country: NO").replace("{NL: 100}", "{NO: 100}"))
    assert map_.held[0].people[0].counts == {"NO": 100}
    assert map_.held[0].case.facts["holder.country"] == "NO"


def test_file_used_by_two_others_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("use: [sub/people.yaml]\n", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.yaml").write_text("use: [people.yaml]\n", encoding="utf-8")
    (tmp_path / "sub" / "people.yaml").write_text("people:\n- {id: staff, count: {NL: 3}}\n", encoding="utf-8")
    map_ = map_of(tmp_path, "comity: 1\nname: Shared\nuse: [a.yaml, sub/b.yaml]\n")
    assert [Path(file).relative_to(tmp_path).as_posix() for file in map_.files] == [
        "comity.yaml", "a.yaml", "sub/people.yaml", "sub/b.yaml",
    ]  # fmt: skip


def test_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("people: []\n", encoding="utf-8")
    inside = tmp_path / "map"
    inside.mkdir()
    (inside / "people.yaml").symlink_to(tmp_path / "secret.yaml")
    with pytest.raises(InputError, match="lies outside the folder of the map"):
        map_of(inside, "comity: 1\nname: Linked\nuse: [people.yaml]\n")


def test_proof_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "proof.pdf").mkdir()  # opening it would fail
    text = BASE + "measures:\n- {kind: eu-standard-clauses, parties: [acme, vendor], proof: proof.pdf}\n"
    assert map_of(tmp_path, text).flows == ()


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comity.intake.map.MAX_FILES", 3)
    for number in range(3):
        (tmp_path / f"{number}.yaml").write_text("flows: []\n", encoding="utf-8")
    with pytest.raises(InputError, match="more than 3 files") as caught:
        map_of(tmp_path, "comity: 1\nname: Many\nuse: [0.yaml, 1.yaml, 2.yaml]\n")
    assert [p.code for p in caught.value.problems] == ["too-many-files"]


def test_entry_of_too_many_cases_is_refused_before_they_are_made(tmp_path: Path) -> None:
    vendors = "".join(f"- {{id: v{n}, country: US}}\n" for n in range(500))
    text = BASE.replace("people:\n", vendors + "people:\n") + (
        f"flows:\n- {{id: copy, from: shop, to: [{', '.join(f'v{n}' for n in range(500))}], "
        "purposes: [marketing, research, travel]}\n"
    )
    with pytest.raises(InputError, match="mixes 1500 cases; at most 1000"):
        map_of(tmp_path, text)
