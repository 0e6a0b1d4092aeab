"""The map: all places have a point, arcs can be told apart, signs and names do not cover each other."""

import dataclasses
import itertools

import pytest

from comity.decide.check import Check
from comity.report.worldmap import (
    MAX_PAIRS,
    NARROW,
    Box,
    badge_box,
    lay_out,
    place_badges,
    place_names,
    point_of,
    read_world,
    to_svg,
)
from tests.report.sample import end, program, small_check


def between(*places: str, n: int = 1) -> Check:
    """A map of n entries that all run between the same places."""
    check = small_check()
    ends = tuple(end(f"e{i}", p, p) for i, p in enumerate(places))
    one = check.flows[0]
    flows = tuple(dataclasses.replace(one, flow=dataclasses.replace(one.flow, id=f"f{i}", ends=ends)) for i in range(n))
    return dataclasses.replace(check, flows=flows)


def boxes(check: Check, scale: float) -> list[Box]:
    drawing = lay_out(check, list(enumerate(check.flows, 1)))
    return [badge_box(spot, n, drawing.unit * scale) for n, spot in place_badges(drawing, scale).items()]


def test_every_real_place_has_a_point_but_antarctica_and_organisations() -> None:
    vocabulary = program().vocabulary
    without = {
        p.id for p in vocabulary.places if p.kind == "place" and point_of(vocabulary, read_world(), p.id) is None
    }
    assert without == {"AQ"}


@pytest.mark.parametrize(
    ("west", "east"),
    [("US-CA", "US-VA"), ("US", "DE"), ("DE", "RU"), ("SA", "IN"), ("CN-GD-SHENZHEN", "JP"), ("BR", "ZA")],
)
def test_west_is_left_of_east(west: str, east: str) -> None:
    points = read_world().points
    assert points[west][0] < points[east][0]


@pytest.mark.parametrize(("north", "south"), [("NO", "IT"), ("CN-BJ", "HK"), ("EG", "ZA"), ("US-ME", "US-FL")])
def test_north_is_above_south(north: str, south: str) -> None:
    points = read_world().points
    assert points[north][1] < points[south][1]


@pytest.mark.parametrize("place", ["SG", "HK", "MT", "BH"])
def test_small_places_are_drawn(place: str) -> None:
    assert read_world().outlines[place].startswith("M")


def test_a_city_without_a_point_takes_that_of_its_country() -> None:
    vocabulary = program().vocabulary
    world = dataclasses.replace(read_world(), points={"CN": (1.0, 2.0)})
    assert point_of(vocabulary, world, "CN-GD-SHENZHEN") == (1.0, 2.0)


def test_arcs_between_the_same_places_run_apart() -> None:
    check = between("DE", "US", n=6)
    arcs = [a for found in lay_out(check, list(enumerate(check.flows, 1))).arcs.values() for a in found]
    middles = [a.at(0.5) for a in arcs]
    assert len({(round(x), round(y)) for x, y in middles}) == 6
    assert {a.start for a in arcs} == {arcs[0].start}


def test_the_way_back_bends_to_the_other_side() -> None:
    there, back = between("DE", "CN"), between("CN", "DE")
    check = dataclasses.replace(there, flows=there.flows + back.flows)
    drawing = lay_out(check, list(enumerate(check.flows, 1)))
    (there_arc,), (back_arc,) = drawing.arcs[1], drawing.arcs[2]
    straight = (there_arc.start[1] + there_arc.end[1]) / 2
    assert (there_arc.at(0.5)[1] < straight) != (back_arc.at(0.5)[1] < straight)


def test_an_entry_within_one_country_is_a_loop() -> None:
    check = between("DE", "DE", n=3)
    drawing = lay_out(check, list(enumerate(check.flows, 1)))
    assert all(a.start == a.end and a.at(0.5) != a.start for found in drawing.arcs.values() for a in found)
    assert len({tuple(map(round, found[0].at(0.5))) for found in drawing.arcs.values()}) == 3


def test_an_entry_without_a_place_is_named_as_not_drawn() -> None:
    check = between("EPO")
    drawing = lay_out(check, list(enumerate(check.flows, 1)))
    assert drawing.undrawn == [1]
    assert drawing.arcs == {}


def test_a_system_in_many_regions_does_not_hide_the_map() -> None:
    check = small_check()
    many = end("cloud", "cloud", "DE", "FR", "IE", "SE", "US-VA", "US-OR", "JP", "SG", "BR", "IN")
    flow = dataclasses.replace(check.flows[0].flow, ends=(many, end("x", "x", "CN")))
    check = dataclasses.replace(check, flows=(dataclasses.replace(check.flows[0], flow=flow),))
    assert len(lay_out(check, [(1, check.flows[0])]).arcs[1]) == MAX_PAIRS


@pytest.mark.parametrize("scale", [1.0, NARROW])
@pytest.mark.parametrize("n", [1, 8, 20])
def test_no_sign_covers_another_and_every_entry_has_one(scale: float, n: int) -> None:
    check = between("DE", "NL", n=n)
    found = boxes(check, scale)
    assert len(found) == n
    assert not any(a.meets(b) for a, b in itertools.combinations(found, 2))


def test_no_name_covers_a_sign() -> None:
    check = small_check()
    drawing = lay_out(check, list(enumerate(check.flows, 1)))
    badges = place_badges(drawing, 1.0)
    names = list(place_names(check, drawing, badges))
    assert {text for text, _, _ in names} >= {"Germany", "Philippines: no pack"}
    for _, (x, y), anchor in names:
        at = Box(x if anchor == "start" else x - 5, y - 5, 5, 5)
        assert not any(at.meets(badge_box(spot, n, drawing.unit)) for n, spot in badges.items())


def test_the_view_holds_all_points_and_is_no_sliver() -> None:
    for places in (("DE", "DE"), ("US-AK", "NZ"), ("SG", "HK"), ("CL", "IS")):
        check = between(*places)
        drawing = lay_out(check, list(enumerate(check.flows, 1)))
        view = drawing.view
        assert all(view.holds(Box(x - 1, y - 1, 2, 2)) for x, y in drawing.points.values())
        assert 1.4 < view.width / view.height < 3


def test_a_map_without_entries_shows_the_world() -> None:
    check = dataclasses.replace(small_check(), flows=())
    assert 'viewBox="0 0 2000' in to_svg(check, [], lay_out(check, []))


def test_verdicts_differ_in_sign_and_line_and_every_sign_has_a_name() -> None:
    check = small_check()
    numbered = list(enumerate(check.flows, 1))
    svg = to_svg(check, numbered, lay_out(check, numbered))
    for number, found in numbered:
        assert f'aria-label="{number}. {found.verdict}: ' in svg
    assert "<script" not in svg
