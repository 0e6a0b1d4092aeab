"""The world map as SVG: entries as arcs between places, told apart by colour, dash, symbol and number."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from comity.decide.check import Check, FlowDecision
from comity.facts import Vocabulary
from comity.report import words
from comity.report.json import places_without_pack
from comity.report.markup import Child, Safe, el, join

ASSETS = Path(__file__).parent / "assets"
MAX_PAIRS = 6  # arcs of one entry: a system in ten regions would hide all others
UNIT_AT = 1000.0  # how many units of type and line the width of the drawing has
NARROW = 1.45  # on a phone the map is wider than the screen and moved by hand; its signs are so many times larger

Point = tuple[float, float]


@dataclass(frozen=True)
class World:
    """Outlines as SVG paths and a point for each place, in units of a drawing."""

    width: int
    height: int
    outlines: dict[str, str]
    points: dict[str, Point]


@cache
def read_world() -> World:
    """The world as `tools/make_world.py` wrote it."""
    found = json.loads((ASSETS / "world.json").read_text(encoding="utf-8"))
    return World(
        found["width"], found["height"], found["outlines"], {k: (x, y) for k, (x, y) in found["points"].items()}
    )


@dataclass(frozen=True)
class Box:
    """A rectangle on the drawing."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Whether two rectangles have more than an edge in common."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def holds(self, other: Box) -> bool:
        """Whether another rectangle lies wholly inside."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )


@dataclass(frozen=True)
class Arc:
    """A line of one entry: a cubic curve from one point to another, or back to the same one."""

    start: Point
    one: Point
    two: Point
    end: Point

    def at(self, t: float) -> Point:
        """The point of the curve at t, from 0 to 1."""
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        return (
            a * self.start[0] + b * self.one[0] + c * self.two[0] + d * self.end[0],
            a * self.start[1] + b * self.one[1] + c * self.two[1] + d * self.end[1],
        )

    @property
    def path(self) -> str:
        """The curve as an SVG path."""
        return f"M{_xy(self.start)}C{_xy(self.one)} {_xy(self.two)} {_xy(self.end)}"


@dataclass
class Drawing:
    """What the map shows, and where."""

    view: Box
    unit: float
    arcs: dict[int, list[Arc]] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)
    undrawn: list[int] = field(default_factory=list)


def _xy(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"


# --- where things lie


def point_of(vocabulary: Vocabulary, world: World, place: str) -> Point | None:
    """The point of a place, or of the nearest place around it that has one."""
    current: str | None = place
    while current is not None:
        if current in world.points:
            return world.points[current]
        declared = vocabulary.place.get(current)
        current = declared.within if declared else None
    return None


def lay_out(check: Check, numbered: Iterable[tuple[int, FlowDecision]]) -> Drawing:
    """Arcs for all entries that have a place on the map."""
    world, vocabulary = read_world(), check.program.vocabulary
    pairs: dict[int, list[tuple[Point, Point]]] = {}
    drawing = Drawing(Box(0, 0, world.width, world.height), world.width / UNIT_AT)
    for number, found in numbered:
        pairs[number] = _pairs(vocabulary, world, found, drawing.points)
        if not pairs[number]:
            drawing.undrawn.append(number)
    if drawing.points:
        drawing.view = _view(world, list(drawing.points.values()))
        drawing.unit = drawing.view.width / UNIT_AT
    bends = _Bends(drawing.unit)
    drawing.arcs = {n: [bends.arc(a, b) for a, b in found] for n, found in pairs.items() if found}
    return drawing


def _pairs(
    vocabulary: Vocabulary, world: World, found: FlowDecision, points: dict[str, Point]
) -> list[tuple[Point, Point]]:
    """The pairs of points between which an entry runs; its places are noted."""
    ends: list[list[Point]] = []
    for end in found.flow.ends:
        placed = {place: p for place in end.places if (p := point_of(vocabulary, world, place))}
        points.update(placed)
        ends.append(list(placed.values()))
    ends = [e for e in ends if e]
    if not ends:
        return []
    return [(a, b) for a in ends[0] for b in ends[-1]][:MAX_PAIRS]


def _view(world: World, points: list[Point]) -> Box:
    """The part of the world that holds all points, with room around, and never a sliver."""
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    top, bottom = min(p[1] for p in points), max(p[1] for p in points)
    width = min(world.width, max(right - left, 500.0) * 1.16 + 80)
    height = min(world.height, max(bottom - top + 200, width * 0.44))
    width = min(world.width, max(width, height * 1.7))
    x = min(max(0.0, (left + right - width) / 2), world.width - width)
    # Arcs rise to the north, so there is more room above than below, even beyond the land
    y = min(max(-0.1 * height, (top + bottom - height) / 2 - 0.06 * height), world.height - height)
    return Box(round(x), round(y), round(width), round(height))


class _Bends:
    """Bends every further arc between two neighbourhoods more than the last, so that all can be seen."""

    def __init__(self, unit: float) -> None:
        self.unit = unit
        self.seen: dict[tuple[Point, Point], int] = {}

    def arc(self, a: Point, b: Point) -> Arc:
        """The next arc from one point to another."""
        key, back = (self._near(a), self._near(b)), (self._near(b), self._near(a))
        number = self.seen.get(key, 0)
        self.seen[key] = number + 1
        if math.dist(a, b) < 1:
            return self._loop(a, number)
        if number:
            side = 1.0 if number % 2 == 0 else -1.0
        else:  # what comes first bends to the north, the way back to the other side
            side = -1.0 if self.seen.get(back, 0) and back != key else 1.0
        return self._bow(a, b, side, 0.16 + 0.10 * (number // 2) + (0.04 if number else 0.0))

    def _near(self, point: Point) -> Point:
        """The neighbourhood of a point: Germany and the Netherlands are one for the eye."""
        size = 55 * self.unit
        return round(point[0] / size), round(point[1] / size)

    def _bow(self, a: Point, b: Point, side: float, bend: float) -> Arc:
        dx, dy = b[0] - a[0], b[1] - a[1]
        length = math.hypot(dx, dy)
        north = -1.0 if dx >= 0 else 1.0
        reach = max(bend * length, 26 * self.unit * (1 + bend)) * side * north * 1.33
        nx, ny = -dy / length * reach, dx / length * reach
        one = (a[0] + dx * 0.25 + nx, a[1] + dy * 0.25 + ny)
        two = (a[0] + dx * 0.75 + nx, a[1] + dy * 0.75 + ny)
        return Arc(a, one, two, b)

    def _loop(self, at: Point, number: int) -> Arc:
        angle = math.radians(-140 + 62 * number)
        reach = (78 + 10 * (number // 6)) * self.unit
        turn = math.radians(26)
        one = (at[0] + reach * math.cos(angle - turn), at[1] + reach * math.sin(angle - turn))
        two = (at[0] + reach * math.cos(angle + turn), at[1] + reach * math.sin(angle + turn))
        return Arc(at, one, two, at)


# --- signs and names that do not cover each other


def place_badges(drawing: Drawing, scale: float) -> dict[int, Point]:
    """Where the sign of each entry stands: on its arc, else beside it, on the first spot that is free.

    One that finds no free spot at all is left out; the table names the entry all the same.
    """
    unit = drawing.unit * scale
    taken = [Box(x - 4 * unit, y - 4 * unit, 8 * unit, 8 * unit) for x, y in drawing.points.values()]
    found: dict[int, Point] = {}
    for number, arcs in drawing.arcs.items():
        for spot in _spots(arcs, unit):
            box = badge_box(spot, number, unit)
            if drawing.view.holds(box) and not any(box.meets(t) for t in taken):
                taken.append(box)
                found[number] = spot
                break
    return found


def _spots(arcs: list[Arc], unit: float) -> Iterator[Point]:
    """Spots along the arcs from the middle outwards, then in growing rings around the middle of the first."""
    for arc in arcs:
        for t in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82):
            yield arc.at(t)
    x, y = arcs[0].at(0.5)
    for ring in range(1, 9):
        for step in range(12):
            angle = math.radians(-90 + 30 * step)
            yield x + math.cos(angle) * ring * 20 * unit, y + math.sin(angle) * ring * 14 * unit


def badge_box(spot: Point, number: int, unit: float) -> Box:
    """The space that the sign of an entry takes."""
    width = (30 + 7 * len(str(number))) * unit
    return Box(spot[0] - width / 2, spot[1] - 9.5 * unit, width, 19 * unit)


def place_names(check: Check, drawing: Drawing, badges: dict[int, Point]) -> Iterator[tuple[str, Point, str]]:
    """Names of places beside their points, where there is room: (text, where, anchor)."""
    unit, vocabulary = drawing.unit, check.program.vocabulary
    gaps = {place for place, _ in places_without_pack(check)}
    taken = [badge_box(spot, n, unit) for n, spot in badges.items()]
    taken += [Box(x - 4 * unit, y - 4 * unit, 8 * unit, 8 * unit) for x, y in drawing.points.values()]
    for place, (x, y) in sorted(drawing.points.items()):
        declared = vocabulary.place.get(place)
        text = words.short(declared.name if declared else place, 24) + (": no pack" if place in gaps else "")
        width = (len(text) * 7.0 + 4) * unit
        offers = (
            (x + 8 * unit, y + 4.5 * unit, "start", x + 7 * unit),
            (x - 8 * unit, y + 4.5 * unit, "end", x - 7 * unit - width),
            (x, y + 19 * unit, "middle", x - width / 2),
            (x, y - 11 * unit, "middle", x - width / 2),
            (x + 8 * unit, y + 17 * unit, "start", x + 7 * unit),
            (x + 8 * unit, y - 9 * unit, "start", x + 7 * unit),
            (x - 8 * unit, y + 17 * unit, "end", x - 7 * unit - width),
        )
        for at_x, at_y, anchor, left in offers:
            box = Box(left, at_y - 11 * unit, width, 14 * unit)
            if drawing.view.holds(box) and not any(box.meets(t) for t in taken):
                taken.append(box)
                yield text, (at_x, at_y), anchor
                break


# --- SVG


def to_svg(check: Check, numbered: list[tuple[int, FlowDecision]], drawing: Drawing) -> Safe:
    """The map; the sign of every entry is a link to it and has a name, its lines can be clicked as well."""
    view, unit = drawing.view, drawing.unit
    wide, narrow = place_badges(drawing, 1.0), place_badges(drawing, NARROW)
    found = {number: f for number, f in numbered if number in drawing.arcs}
    gaps = {place for place, _ in places_without_pack(check)}
    return el(
        "svg",
        el("title", f"World map: {check.map.name}", id="map-title"),
        el("desc", _described(check), id="map-desc"),
        _definitions(unit),
        el("g", _land(check, drawing), class_="land", aria_hidden="true"),
        # The worst is drawn last, above the others
        el("g", (_lines(n, found[n], drawing) for n in sorted(found, reverse=True)), aria_hidden="true"),
        el(
            "g",
            (_dot(p, unit, place in gaps) for place, p in drawing.points.items()),
            class_="dots",
            aria_hidden="true",
        ),
        el("g", (_name(n, unit) for n in place_names(check, drawing, wide)), class_="names", aria_hidden="true"),
        _signs(check, found, drawing, wide, 1.0),
        _signs(check, found, drawing, narrow, NARROW),
        viewBox=f"{view.x:g} {view.y:g} {view.width:g} {view.height:g}",
        role="group",
        aria_labelledby="map-title",
        aria_describedby="map-desc",
        class_="map",
    )


def _described(check: Check) -> str:
    return (
        f"{words.summary_text(check)}. Each sign is a link to its entry; the list below the map tells the same. "
        "Forbidden: thick line and a cross. Undecided: dots and a question mark. Conditional: dashes and a half-filled "
        "circle. Allowed: thin line and a tick."
    )


def _definitions(unit: float) -> Safe:
    stripes = el("path", d="M0 0v8", class_="stripe")
    pattern = el(
        "pattern",
        stripes,
        id="no-pack",
        width=7 * unit,
        height=7 * unit,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    heads = [
        el(
            "marker",
            el("path", d="M0 0L10 5L0 10z", class_=f"head v-{word}"),
            id=f"head-{word}",
            viewBox="0 0 10 10",
            refX=9,
            refY=5,
            markerWidth=9 * unit,
            markerHeight=9 * unit,
            markerUnits="userSpaceOnUse",
            orient="auto",
        )
        for word in words.SYMBOLS
    ]
    return el("defs", pattern, heads)


def _land(check: Check, drawing: Drawing) -> Iterator[Safe]:
    """All outlines as one, those with a place of an entry again, and those without a pack hatched."""
    world, vocabulary = read_world(), check.program.vocabulary
    touched = {_outline(vocabulary, world, place) for place in drawing.points}
    unknown = {_outline(vocabulary, world, place) for place, _ in places_without_pack(check)}
    yield el("path", d="".join(world.outlines.values()), class_="all")
    yield el("path", d="".join(world.outlines[c] for c in sorted(touched - unknown) if c), class_="touched")
    yield el("path", d="".join(world.outlines[c] for c in sorted(unknown) if c), class_="unknown")


def _outline(vocabulary: Vocabulary, world: World, place: str) -> str:
    current: str | None = place
    while current is not None and current not in world.outlines:
        declared = vocabulary.place.get(current)
        current = declared.within if declared else None
    return current or ""


def _dot(point: Point, unit: float, is_gap: bool) -> Safe:
    r = (4.4 if is_gap else 3.4) * unit
    return el("circle", cx=f"{point[0]:g}", cy=f"{point[1]:g}", r=f"{r:.2f}", class_="gap" if is_gap else None)


def _name(name: tuple[str, Point, str], unit: float) -> Safe:
    text, (x, y), anchor = name
    return el("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, font_size=f"{11.5 * unit:.1f}")


def _link(number: int, found: FlowDecision, *children: Child, **attributes: object) -> Safe:
    return el(
        "a",
        *children,
        href=f"#entry-{number}",
        class_=f"entry v-{found.verdict}",
        data_entry=number,
        data_verdict=found.verdict,
        **attributes,
    )


def _lines(number: int, found: FlowDecision, drawing: Drawing) -> Safe:
    """The lines of an entry; its sign is the link that a keyboard reaches."""
    return _link(number, found, [_line(arc, found.verdict) for arc in drawing.arcs[number]], tabindex="-1")


def _signs(
    check: Check, found: dict[int, FlowDecision], drawing: Drawing, spots: dict[int, Point], scale: float
) -> Safe:
    """The signs for wide or for narrow screens, with a thread to its line for each that stands beside it."""
    unit = drawing.unit * scale
    threads = [_thread(drawing.arcs[n], spot, found[n].verdict, unit) for n, spot in spots.items()]
    signs = [_sign(check, n, found[n], spot, unit) for n, spot in spots.items()]
    return el("g", el("g", threads, aria_hidden="true"), signs, class_="at-wide" if scale == 1.0 else "at-narrow")


def _thread(arcs: list[Arc], spot: Point, verdict: str, unit: float) -> Safe | None:
    near = min((arc.at(t / 10) for arc in arcs for t in range(11)), key=lambda p: math.dist(p, spot))
    if math.dist(near, spot) < 8 * unit:
        return None
    return el("path", d=f"M{_xy(spot)}L{_xy(near)}", class_=f"thread v-{verdict}")


def _sign(check: Check, number: int, found: FlowDecision, spot: Point, unit: float) -> Safe:
    """The sign of an entry: symbol and number, a link with a name."""
    flow = found.flow
    label = (
        f"{number}. {found.verdict}: {flow.title or flow.id}, {words.ends_text(check.program.vocabulary, flow.ends)}"
    )
    return _link(number, found, el("title", label), _badge(spot, number, found.verdict, unit), aria_label=label)


def _line(arc: Arc, verdict: str) -> Safe:
    is_loop = arc.start == arc.end
    return join(
        (
            el("path", d=arc.path, class_="hit"),
            el("path", d=arc.path, class_="line", marker_end=None if is_loop else f"url(#head-{verdict})"),
        )
    )


def _badge(spot: Point, number: int, verdict: str, unit: float) -> Safe:
    box = badge_box(spot, number, unit)
    left, middle = box.x + 12 * unit, spot[1]
    return join(
        (
            el(
                "rect",
                x=f"{box.x:.1f}",
                y=f"{box.y:.1f}",
                width=f"{box.width:.1f}",
                height=f"{box.height:.1f}",
                rx=f"{box.height / 2:.1f}",
                stroke_width=f"{1.6 * unit:.2f}",
            ),
            symbol(verdict, (left, middle), 5 * unit),
            el(
                "text",
                str(number),
                x=f"{left + 9 * unit:.1f}",
                y=f"{middle + 4.4 * unit:.1f}",
                font_size=f"{12.5 * unit:.1f}",
            ),
        )
    )


def symbol(verdict: str, at: Point, r: float) -> Safe:
    """The symbol of a verdict as a drawing, the same on every machine: cross, question mark, half circle, tick."""
    x, y = at
    width = f"{r * 0.42:.2f}"
    if verdict == "forbidden":
        s = r * 0.8
        d = f"M{_xy((x - s, y - s))}L{_xy((x + s, y + s))}M{_xy((x + s, y - s))}L{_xy((x - s, y + s))}"
        return el("path", d=d, class_="sign", stroke_width=width)
    if verdict == "allowed":
        corners = ((x - r * 0.9, y + r * 0.1), (x - r * 0.25, y + r * 0.75), (x + r * 0.95, y - r * 0.75))
        d = "M" + "L".join(_xy(c) for c in corners)
        return el("path", d=d, class_="sign", stroke_width=width)
    if verdict == "conditional":
        half = f"M{_xy((x, y - r))}A{r:.2f} {r:.2f} 0 0 0 {_xy((x, y + r))}z"
        whole = el("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=f"{r:.2f}", class_="sign", stroke_width=f"{r * 0.3:.2f}")
        return join((whole, el("path", d=half, class_="sign-fill")))
    return el("text", "?", x=f"{x:.1f}", y=f"{y + r * 0.95:.1f}", class_="mark", font_size=f"{r * 2.6:.1f}")
