"""The common ground as a picture: a matrix from each party to each other one, told apart by numbers, signs and tint."""

from __future__ import annotations

from collections.abc import Iterator

from comity.decide.between import Party
from comity.decide.ground import BY_MEASURES, CLOSED, FREE, OPEN, UNDECIDED, Ground, Pair
from comity.facts import Vocabulary
from comity.report.markup import Safe, el

CELL, ROW = 30, 24  # width and height of a cell
LEFT, TOP = 172, 92  # where the cells begin
LEGEND = 74  # below the cells
SIGNS = {CLOSED: "×", UNDECIDED: "?", OPEN: "~"}
_CLASSES = {CLOSED: "shut", UNDECIDED: "doubt", OPEN: "late"}
_STEPS = (
    (0, "e0", "no measure"),
    (2, "e1", "1 to 2"),
    (4, "e2", "3 to 4"),
    (6, "e3", "5 to 6"),
    (99, "e4", "7 and more"),
)
# An opaque ground of its own: the picture is shown on pages of any colour.
_STYLE = """
svg{--paper:#fff;--ink:#1b2130;--soft:#525b6b;--line:#dad7cc;--none:#f1f0ea}
.e0{fill:#eaf5ee}.e1{fill:#d3e8f2}.e2{fill:#97c9e0}.e3{fill:#276f90}.e4{fill:#0b4a68}
.shut{fill:#a3260f}.doubt{fill:#5b3a8c}.late{fill:#e8e2cf}
.on-e3,.on-e4,.on-shut,.on-doubt{fill:#fff}
@media (prefers-color-scheme:dark){
svg{--paper:#14171d;--ink:#e9eaed;--soft:#aab2bf;--line:#363d4a;--none:#1c2029}
.e0{fill:#1d3328}.e1{fill:#17384a}.e2{fill:#1f5c7a}.e3{fill:#5fb0d2}.e4{fill:#c4e8f7}
.shut{fill:#ff9d85}.doubt{fill:#cbb6f7}.late{fill:#4a4534}
.on-e3,.on-e4,.on-shut,.on-doubt{fill:#14171d}}
.paper{fill:var(--paper)}.none{fill:var(--none)}
text{fill:var(--ink);font:12px system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
.soft{fill:var(--soft)}.head{font-weight:600;font-size:16px}.code{font-weight:600}.cell,.code.up{text-anchor:middle}
line{stroke:var(--line)}
"""


def ground_to_svg(ground: Ground, vocabulary: Vocabulary, title: str) -> str:
    """The matrix as a file of its own: rows are senders, columns receivers.

    Args:
        ground: what was found.
        vocabulary: of the places.
        title: what is sent.
    """
    codes = [party.code for party in ground.parties]
    width = max(LEFT + CELL * len(codes) + 16, 560)
    height = TOP + ROW * len(codes) + LEGEND
    picture = el(
        "svg",
        el("title", title),
        el("desc", described(ground)),
        el("style", Safe(_STYLE)),
        el("rect", class_="paper", width=width, height=height),
        _text(16, 28, title, "head"),
        _text(
            16, 48, f"The least effort with which each flow is allowed, as modelled; law of {ground.flow.day}", "soft"
        ),
        _text(16, TOP - 10, "from ↓  to →", "soft"),
        (_text(_x(n) + CELL / 2, TOP - 10, code, "code up") for n, code in enumerate(codes)),
        (_row(number, party, ground, vocabulary) for number, party in enumerate(ground.parties)),
        _legend(ground, TOP + ROW * len(codes) + 24),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
    )
    return picture.replace("><", ">\n<") + "\n"


def described(ground: Ground) -> str:
    """What the picture shows, in words."""
    counts = ground.counts
    n_parties, n_pairs = len(ground.parties), len(ground.pairs)
    told = (
        f"A matrix from each of {n_parties} parties (rows) to each other one (columns). Of {n_pairs} ordered pairs "
        f"{counts[FREE]} are allowed without any measure, {counts[BY_MEASURES]} with measures"
    )
    left = {CLOSED: "forbidden whatever is put in place", UNDECIDED: "undecided", OPEN: "not settled in time"}
    more = [f"{counts[state]} are {words}" for state, words in left.items() if counts[state]]
    return ", ".join([told, *more]) + ". A number is the least effort, × is forbidden, ? undecided, ~ open."


def name_of(party: Party, vocabulary: Vocabulary) -> str:
    """The name of a party: of its place, or of the group of states that it is."""
    group = vocabulary.group.get(party.code)
    if party.code != party.place and group is not None and group.means:
        return group.means.removeprefix("member states of the ")
    return vocabulary.place[party.place].name


def _x(number: int) -> int:
    return LEFT + CELL * number


def _text(x: float, y: float, text: str, class_: str) -> Safe:
    return el("text", text, x=f"{x:g}", y=f"{y:g}", class_=class_)


def _row(number: int, party: Party, ground: Ground, vocabulary: Vocabulary) -> Iterator[Safe]:
    y = TOP + ROW * number
    yield _text(16, y + 16, party.code, "code")
    yield _text(48, y + 16, name_of(party, vocabulary), "soft")
    for column, other in enumerate(ground.parties):
        yield from _cell(_x(column), y, ground.pair.get((party.code, other.code)))


def _cell(x: int, y: int, pair: Pair | None) -> Iterator[Safe]:
    tint = "none" if pair is None else _tint(pair)
    yield el("rect", x=x + 1, y=y + 1, width=CELL - 2, height=ROW - 2, rx=3, class_=tint)
    if pair is not None:
        yield _text(x + CELL / 2, y + 16, _sign(pair), f"cell on-{tint}")


def _tint(pair: Pair) -> str:
    if not pair.ways:
        return _CLASSES[pair.state]
    effort = pair.ways[0].effort
    return next((class_ for last, class_, _ in _STEPS if effort <= last), _STEPS[-1][1])


def _sign(pair: Pair) -> str:
    return str(pair.ways[0].effort) if pair.ways else SIGNS[pair.state]


def _legend(ground: Ground, y: int) -> Iterator[Safe]:
    """What tints and signs mean, those that stand in the matrix."""
    used = {_tint(pair) for pair in ground.pairs}
    said = {CLOSED: "forbidden", UNDECIDED: "undecided", OPEN: "not settled"}
    entries = [(class_, text.partition(" ")[0] if last else "0", text) for last, class_, text in _STEPS]
    entries += [(_CLASSES[state], SIGNS[state], text) for state, text in said.items()]
    x = 16
    for class_, sign, text in entries:
        if class_ in used:
            yield el("rect", x=x, y=y - 15, width=CELL - 2, height=ROW - 2, rx=3, class_=class_)
            yield _text(x + CELL / 2 - 1, y, sign, f"cell on-{class_}")
            yield _text(x + CELL + 4, y, text, "soft")
            x += CELL + 24 + 7 * len(text)
    yield _text(16, y + 30, "Effort: 1 (a setting) to 5 (a regulator's approval) for each measure, added up", "soft")
