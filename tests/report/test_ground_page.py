"""The page of the common ground: what it rests on stands on its head, and what it says is what was found."""

import dataclasses
import datetime as dt
import re
from functools import cache

import pytest

from comity.decide.between import parties_of
from comity.decide.ground import OPEN
from comity.library import load
from comity.pack.program import Program
from comity.report.ground_page import IN_FULL, IN_SHORT, PICTURE, Findings, find_all, ground_page, ground_picture
from tests.house.sources import ROOT

pytest.importorskip("z3")

PROGRAM = load()
DAY = max(pack.read_day for pack in PROGRAM.packs)


@cache
def found() -> Findings:
    return find_all(PROGRAM, DAY, ("EU", "JP", "RU"))


@cache
def page() -> str:
    return ground_page(found(), PROGRAM)


def section(title: str) -> str:
    return page().split(f"\n## {title}\n")[1].split("\n## ")[0]


def with_packs(**changes: object) -> Program:
    first, *rest = PROGRAM.packs
    changed = dataclasses.replace(first, **changes)  # type: ignore[arg-type]  # fields of the test's own choice
    return dataclasses.replace(PROGRAM, packs=(changed, *rest))


def test_the_head_says_of_which_packs_and_as_read_on_which_days() -> None:
    head = page().split("<details>")[0]
    assert head.startswith(
        "# Common ground\n\nWhat the laws of 3 parties on data that cross a border have in common:\n"
    )
    assert f"**of these 38 packs, as modelled, read on {DAY}**. Law of {DAY}" in head
    assert "“Allowed” means that no modelled clause" in head
    older = ground_page(found(), with_packs(read_day=dt.date(2026, 1, 2)))
    assert f"as modelled, read from 2026-01-02 to {DAY}**" in older


def test_every_pack_has_its_link_its_day_and_what_it_leaves_out() -> None:
    listed = page().split("<details>")[1].split("</details>")[0]
    for pack in PROGRAM.packs:
        link = f"law/{pack.id.replace('/', '-')}.md"
        assert listed.count(f"- [{pack.id}]({link}), read on {pack.read_day}, {pack.review}") == 1
        assert (ROOT / "docs" / link).is_file()
    assert listed.count("\n  - ") == sum(len(pack.not_modelled) for pack in PROGRAM.packs)
    assert "gids-commitments.md), read on" in listed
    assert listed.count("says nothing about these transfers") == len(PROGRAM.packs) - len(found().full[0].reaching)


def test_what_a_pack_says_is_no_markup() -> None:
    hostile = ground_page(found(), with_packs(not_modelled=("a | b </details><script>",)))
    assert "  - a \\| b &lt;/details>&lt;script>\n" in hostile


def test_each_kind_of_flow_has_a_row_and_a_section() -> None:
    titles = re.findall(r"^## (.*)$", page(), re.MULTILINE)
    assert len(titles) == len(IN_FULL) + len(IN_SHORT) + 1
    for title, ground in zip(titles, (*found().full, *found().short), strict=False):
        assert page().count(f"| {title} | {ground.counts['free']} | {ground.counts['by-measures']} |") == 1
    assert titles[:2] == ["Transfer of contact data", "Transfer of health data"]


def test_the_picture_is_shown_and_told_in_words() -> None:
    (alt,) = re.findall(rf"^!\[(.*)\]\({PICTURE}\)$", page(), re.MULTILINE)
    assert alt.startswith("A matrix from each of 3 parties (rows)")
    picture = ground_picture(found(), PROGRAM)
    assert "<title>Transfer of contact data</title>" in picture
    assert len(re.findall(r'class="cell on-\w+">', picture)) > 3 * 2


def test_a_kind_of_flow_is_told_with_its_measures_steps_duties_and_presumptions() -> None:
    ground, told = found().full[0], section("Transfer of contact data")
    assert told.strip().startswith("A company in A, which decides on the purpose")
    for measure in ground.ways[0].measures:
        assert f"- `{measure}`, effort " in told
    assert told.count("| 0 | nothing | 0 |") == 1
    assert f"| {ground.steps[-1].n_open} |" in told
    assert all(f"| {n_pairs} |" in told for _, n_pairs in ground.presumed)
    assert len(re.findall(r"^\| .*\? .* \| \d+ \|$", told, re.MULTILINE)) == len(ground.presumed)


def test_who_falls_out_is_told_with_the_articles() -> None:
    told = section("Collection of contact data from abroad")
    assert "- 2 parties, all but RU; effort " in told
    assert "Who falls out, and why:\n\n- RU to all others: forbidden whatever is put in place\n" in told
    assert "152-FZ Art. 18(5), version of 23-FZ (`ru/personal-data/art-18-5-2025`)" in told
    assert "| of 2, without RU: " in page()


def test_clauses_that_say_the_same_have_a_row_each() -> None:
    told = section("Clauses that say the same")
    rows = re.findall(r"^\| .* \| “.*” \([A-Z]{2}\) \| .* \|$", told, re.MULTILINE)
    assert len(rows) == len(found().likeness.same) > 0
    assert told.count("\n- ") == len(found().likeness.same_measure)


def test_what_was_not_settled_in_time_is_said_to_be_open() -> None:
    first = found().full[0]
    pairs = tuple(dataclasses.replace(pair, state=OPEN, ways=()) for pair in first.pairs)
    late = dataclasses.replace(
        first, pairs=pairs, shared=None, ways=(), not_settled=("the smallest sets for all parties",)
    )
    likeness = dataclasses.replace(found().likeness, n_open=1)
    told = ground_page(dataclasses.replace(found(), full=(late, *found().full[1:]), likeness=likeness), PROGRAM)
    assert "| Transfer of contact data | 0 | 0 | 6 | open |" in told
    assert "**Open: whether a set of measures serves all was not settled in time.**" in told
    assert "Not settled in time: the smallest sets for all parties." in told
    assert "Not settled in time: 1 comparison of clauses." in told


def test_the_page_that_is_published_is_of_all_parties() -> None:
    """Whether it is up to date in every word, `make check` says."""
    n_parties = len(parties_of(PROGRAM, DAY))
    published = (ROOT / "docs" / "common-ground.md").read_text(encoding="utf-8")
    picture = (ROOT / "docs" / PICTURE).read_text(encoding="utf-8")
    assert f"What the laws of {n_parties} parties on data" in published
    matrix = picture.partition("no measure")[0]
    n_legend = 1  # the first sign of the legend stands before its words
    assert len(re.findall(r'class="cell on-\w+">', matrix)) == n_parties * (n_parties - 1) + n_legend
