"""Write src/comity/report/assets/world.json from the outlines of npm's `world-atlas` (countries-50m.json).

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/make_world.py package/countries-50m.json

The coarser 110m outlines lack Singapore and Hong Kong. Outlines are projected (Equal Earth), simplified arc by arc, so
that neighbours keep one border, and written as SVG paths of whole numbers. Borders are those of Natural Earth.
"""

import csv
import json
import math
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TARGET = HERE.parent / "src" / "comity" / "report" / "assets" / "world.json"
WIDTH = 2000  # units of the drawing; its height follows from the latitudes shown
NORTH, SOUTH = 78.0, -56.0  # nobody keeps data nearer to a pole
LEFT = -168.97  # the drawing begins in the Bering Strait, so that Chukotka lies with the rest of Russia
TOLERANCE = 0.6  # units; a finer line is not seen at the width of a page
MIN_AREA = 1.5  # square units; smaller islands go, unless they are all that a place has

Point = tuple[float, float]

# ISO 3166-1: numeric code and alpha-2 code.
ISO = """
004AF 008AL 010AQ 012DZ 016AS 020AD 024AO 028AG 031AZ 032AR 036AU 040AT 044BS 048BH 050BD 051AM 052BB 056BE
060BM 064BT 068BO 070BA 072BW 074BV 076BR 084BZ 086IO 090SB 092VG 096BN 100BG 104MM 108BI 112BY 116KH 120CM
124CA 132CV 136KY 140CF 144LK 148TD 152CL 156CN 158TW 162CX 166CC 170CO 174KM 175YT 178CG 180CD 184CK 188CR
191HR 192CU 196CY 203CZ 204BJ 208DK 212DM 214DO 218EC 222SV 226GQ 231ET 232ER 233EE 234FO 238FK 239GS 242FJ
246FI 248AX 250FR 254GF 258PF 260TF 262DJ 266GA 268GE 270GM 275PS 276DE 288GH 292GI 296KI 300GR 304GL 308GD
312GP 316GU 320GT 324GN 328GY 332HT 334HM 336VA 340HN 344HK 348HU 352IS 356IN 360ID 364IR 368IQ 372IE 376IL
380IT 384CI 388JM 392JP 398KZ 400JO 404KE 408KP 410KR 414KW 417KG 418LA 422LB 426LS 428LV 430LR 434LY 438LI
440LT 442LU 446MO 450MG 454MW 458MY 462MV 466ML 470MT 474MQ 478MR 480MU 484MX 492MC 496MN 498MD 499ME 500MS
504MA 508MZ 512OM 516NA 520NR 524NP 528NL 531CW 533AW 534SX 535BQ 540NC 548VU 554NZ 558NI 562NE 566NG 570NU
574NF 578NO 580MP 581UM 583FM 584MH 585PW 586PK 591PA 598PG 600PY 604PE 608PH 612PN 616PL 620PT 624GW 626TL
630PR 634QA 638RE 642RO 643RU 646RW 652BL 654SH 659KN 660AI 662LC 663MF 666PM 670VC 674SM 678ST 682SA 686SN
688RS 690SC 694SL 702SG 703SK 704VN 705SI 706SO 710ZA 716ZW 724ES 728SS 729SD 732EH 740SR 744SJ 748SZ 752SE
756CH 760SY 762TJ 764TH 768TG 772TK 776TO 780TT 784AE 788TN 792TR 795TM 796TC 798TV 800UG 804UA 807MK 818EG
826GB 831GG 832JE 833IM 834TZ 840US 850VI 854BF 858UY 860UZ 862VE 876WF 882WS 887YE 894ZM
"""
ALPHA = {row[:3]: row[3:] for row in ISO.split()}


# --- projection


def project(longitude: float, latitude: float) -> Point:
    """A point on the Equal Earth projection, not yet scaled.

    Source: Šavrič, Patterson, Jenny, The Equal Earth map projection (2018), DOI 10.1080/13658816.2018.1504949.
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    turned = (longitude - LEFT) % 360 + LEFT - (LEFT + 180)
    root3 = math.sqrt(3)
    theta = math.asin(root3 / 2 * math.sin(math.radians(latitude)))
    slope = 9 * a4 * theta**8 + 7 * a3 * theta**6 + 3 * a2 * theta**2 + a1
    x = 2 * root3 * math.radians(turned) * math.cos(theta) / (3 * slope)
    y = a4 * theta**9 + a3 * theta**7 + a2 * theta**3 + a1 * theta
    return x, -y


_, TOP = project(0, NORTH)
_, BOTTOM = project(0, SOUTH)
EDGE, _ = project(LEFT + 359.999, 0)
SCALE = WIDTH / (2 * EDGE)
HEIGHT = round((BOTTOM - TOP) * SCALE)


def to_units(longitude: float, latitude: float) -> Point:
    """A point in units of the drawing."""
    x, y = project(longitude, latitude)
    return (x + EDGE) * SCALE, (y - TOP) * SCALE


# --- topology


def read_arcs(topology: dict[str, Any]) -> list[list[Point]]:
    """The arcs of a TopoJSON file as longitudes and latitudes: deltas summed, scaled, moved."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * kx + dx, y * ky + dy))
        found.append(points)
    return found


def simplify(points: list[Point], tolerance: float) -> list[Point]:
    """Douglas and Peucker: the ends stay, and what lies farther from the line than the tolerance."""
    keep = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        far, farthest = 0.0, first
        for number in range(first + 1, last):
            distance = _distance(points[number], points[first], points[last])
            if distance > far:
                far, farthest = distance, number
        if far > tolerance:
            keep.add(farthest)
            spans += [(first, farthest), (farthest, last)]
    return [points[number] for number in sorted(keep)]


def _distance(p: Point, a: Point, b: Point) -> float:
    length = math.dist(a, b)
    if length == 0:
        return math.dist(p, a)
    t = max(0.0, min(1.0, ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / length**2))
    return math.dist(p, (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))


def rings(geometry: dict[str, Any], arcs: list[list[Point]]) -> Iterator[list[Point]]:
    """The rings of a polygon or of several; a negative index is an arc backwards."""
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for polygon in polygons:
        for ring in polygon:
            points: list[Point] = []
            for index in ring:
                arc = arcs[index] if index >= 0 else arcs[~index][::-1]
                points += arc[1:] if points else arc
            yield points


def area(ring: list[Point]) -> float:
    """The area of a ring, without sign."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def middle(ring: list[Point]) -> Point:
    """The centre of gravity of a ring."""
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
    if abs(twice) < 1e-9:
        return ring[0]
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
    return x / (3 * twice), y / (3 * twice)


# --- drawing


def to_path(shapes: list[list[Point]]) -> str:
    """Rings as an SVG path of whole numbers, each step relative to the last point."""
    found = []
    for shape in shapes:
        whole = [(round(x), round(y)) for x, y in shape]
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(whole) if a != b]
        if len(steps) < 3:
            continue
        (x, y), *_ = whole
        text = "".join(f"{dx}{dy:+d}" if dx < 0 or not i else f" {dx}{dy:+d}" for i, (dx, dy) in enumerate(steps[:-1]))
        found.append(f"M{x} {y}l{text}z")
    return "".join(found)


def _is_torn(ring: list[Point]) -> bool:
    """Whether a ring crosses the seam of the drawing: one step runs from edge to edge."""
    return any(abs(a[0] - b[0]) > WIDTH / 2 for a, b in pairwise(ring))


def shapes_of(geometry: dict[str, Any], arcs: list[list[Point]]) -> list[list[Point]]:
    """The rings that are drawn: the large ones, or the largest alone where all are small.

    Saint Lawrence Island and another of the Aleutians lie on the seam and are left out.
    """
    found = sorted((r for r in rings(geometry, arcs) if not _is_torn(r)), key=area, reverse=True)
    return [r for i, r in enumerate(found) if i == 0 or area(r) >= MIN_AREA]


def dot(x: float, y: float) -> str:
    """A place too small for an outline, as a small square."""
    return f"M{round(x) - 1} {round(y) - 1}l2+0 0+2-2+0z"


def make(topology: dict[str, Any]) -> dict[str, Any]:
    """The whole drawing: outlines by alpha-2 code, and a point for every place."""
    fine = [[to_units(*p) for p in arc] for arc in read_arcs(topology)]
    coarse = [arc if _is_torn(arc) else simplify(arc, TOLERANCE) for arc in fine]
    outlines: dict[str, str] = {}
    points: dict[str, list[int]] = {}
    for number, geometry in enumerate(topology["objects"]["countries"]["geometries"]):
        code = ALPHA.get(str(geometry.get("id", "")), f"-{number}")
        if code == "AQ":
            continue
        whole = max(rings(geometry, fine), key=area)
        x, y = middle(whole)
        outlines[code] = outlines.get(code, "") + (to_path(shapes_of(geometry, coarse)) or dot(x, y))
        if not code.startswith("-") and code not in points:
            points[code] = [round(x), round(y)]
    with (HERE / "world_points.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            x, y = to_units(float(row["lon"]), float(row["lat"]))
            points[row["id"]] = [round(x), round(y)]
    return {
        "source": "world-atlas 2.0.2, countries-50m.json; Natural Earth",
        "width": WIDTH,
        "height": HEIGHT,
        "outlines": dict(sorted(outlines.items())),
        "points": dict(sorted(points.items())),
    }


def main() -> None:
    topology = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    text = json.dumps(make(topology), ensure_ascii=False, separators=(",", ":"))
    lines = text.replace('","', '",\n"').replace('],"', '],\n"').replace('{"', '{\n"')
    TARGET.write_text(lines + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(lines):,} characters")


if __name__ == "__main__":
    main()
