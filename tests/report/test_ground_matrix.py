"""The picture of the common ground: every pair has a cell with a sign of its own."""

import dataclasses
import datetime as dt
import re
import xml.etree.ElementTree as ET
from functools import cache

import pytest

from comity.decide.between import choose, template
from comity.decide.ground import CLOSED, OPEN, UNDECIDED, Ground, find_ground
from comity.library import load
from comity.report.ground_matrix import described, ground_to_svg, name_of

pytest.importorskip("z3")

DAY = dt.date(2026, 11, 25)
PROGRAM = load()
SVG = "{http://www.w3.org/2000/svg}"


@cache
def found() -> Ground:
    parties, _ = choose(PROGRAM, DAY, ("EU", "JP", "RU", "US"))
    return find_ground(PROGRAM, template(PROGRAM, "transfer", DAY), parties)


def drawn(ground: Ground) -> ET.Element:
    return ET.fromstring(ground_to_svg(ground, PROGRAM.vocabulary, "Contact data & more"))  # noqa: S314 - our own


def texts(picture: ET.Element, class_: str) -> list[str]:
    return [t.text or "" for t in picture.iter(f"{SVG}text") if class_ in t.get("class", "").split()]


def cells(picture: ET.Element) -> list[str]:
    """The signs of the matrix, row by row; those of the legend stand below it."""
    return texts(picture, "cell")[: 4 * 3]


def with_states(*states: str) -> Ground:
    changed = [dataclasses.replace(p, state=s, ways=()) for p, s in zip(found().pairs, states, strict=False)]
    return dataclasses.replace(found(), pairs=(*changed, *found().pairs[len(changed) :]))


def test_each_ordered_pair_has_a_cell_with_its_least_effort() -> None:
    assert cells(drawn(found())) == [str(pair.ways[0].effort) for pair in found().pairs]


def test_what_is_not_allowed_has_a_sign_and_not_a_colour_alone() -> None:
    picture = drawn(with_states(CLOSED, UNDECIDED, OPEN))
    assert cells(picture)[:3] == ["×", "?", "~"]
    assert {"forbidden", "undecided", "not settled"} <= set(texts(picture, "soft"))


def test_the_legend_tells_no_more_than_what_is_there() -> None:
    legend = set(texts(drawn(found()), "soft"))
    assert "no measure" in legend
    assert legend.isdisjoint({"forbidden", "undecided", "not settled"})


def test_every_tint_that_is_used_has_a_colour_by_day_and_by_night() -> None:
    svg = ground_to_svg(with_states(CLOSED, UNDECIDED, OPEN), PROGRAM.vocabulary, "x")
    day, night = svg.split("@media (prefers-color-scheme:dark)")
    for tint in set(re.findall(r'<rect [^>]*class="(\w+)"', svg)) - {"paper", "none"}:
        assert f".{tint}{{fill:#" in day
        assert f".{tint}{{fill:#" in night.partition("}}")[0]


def test_a_very_high_effort_has_the_last_tint() -> None:
    pair = found().pairs[0]
    way = dataclasses.replace(found().ways[0], effort=250)
    ground = dataclasses.replace(found(), pairs=(dataclasses.replace(pair, ways=(way,)), *found().pairs[1:]))
    assert '<text x="217" y="108" class="cell on-e4">250</text>' in ground_to_svg(ground, PROGRAM.vocabulary, "x")


def test_the_picture_says_in_words_what_it_shows() -> None:
    picture = drawn(with_states(CLOSED))
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}title") == "Contact data & more"
    assert picture.findtext(f"{SVG}desc") == described(with_states(CLOSED))
    assert "from each of 4 parties (rows) to each other one (columns). Of 12 ordered pairs " in described(found())
    assert "1 are forbidden whatever is put in place" in described(with_states(CLOSED))


def test_parties_have_their_names() -> None:
    names = [name_of(party, PROGRAM.vocabulary) for party in found().parties]
    assert names == ["European Union", "Japan", "Russia", "United States"]
    assert set(names) <= set(texts(drawn(found()), "soft"))
