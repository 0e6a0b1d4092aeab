"""The list of entries: what is found when somebody types, how many there are of each verdict, what a row says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from comity.decide.check import Check, FlowDecision
from comity.report import words
from comity.report.json import places_without_pack

WIDE = 60  # columns from which a row holds verdict and title in one line
_VERDICT_WIDTH = 15


@dataclass(slots=True)
class Finder:
    """Finds entries by what stands in them. The texts of a large map are made when somebody first types."""

    check: Check
    texts: list[str] = field(default_factory=list)

    def matching(self, typed: str, verdict: str) -> list[FlowDecision]:
        """The entries of a verdict (empty: of all) in which every word that was typed stands, worst first."""
        parts = words.clean(typed).casefold().split()
        if parts and not self.texts:
            self.texts = [" ".join(_told(self.check, found)).casefold() for found in self.check.flows]
        every: Iterable[tuple[FlowDecision, str]] = zip(
            self.check.flows, self.texts or [""] * len(self.check.flows), strict=True
        )
        return [f for f, text in every if verdict in ("", f.verdict) and all(part in text for part in parts)]


def _told(check: Check, found: FlowDecision) -> Iterator[str]:
    flow = found.flow
    yield from (flow.id, flow.title, words.SECTIONS.get(flow.section, flow.section), found.verdict)
    yield words.ends_text(check.program.vocabulary, flow.ends)
    yield from (place for end in flow.ends for place in end.places)
    yield from words.cites(found)


def counts(check: Check) -> dict[str, int]:
    """How many entries there are of each verdict, worst first."""
    found = dict.fromkeys(words.SYMBOLS, 0)
    for flow in check.flows:
        found[flow.verdict] += 1
    return found


def verdict_text(found: FlowDecision, now: FlowDecision, *, is_supposed: bool) -> str:
    """The verdict of an entry; with a what-if both, the real one first."""
    real = words.verdict_text(found.verdict)
    if not is_supposed:
        return real
    return f"{real} → " + ("the same" if now.verdict == found.verdict else words.verdict_text(now.verdict))


def row(found: FlowDecision, now: FlowDecision, width: int, *, is_supposed: bool) -> tuple[str, ...]:
    """The lines of one row: verdict and title, side by side where there is room."""
    title = words.clean(found.flow.title or found.flow.id)
    if width < WIDE:
        return (verdict_text(found, now, is_supposed=is_supposed), f"  {title}")
    if is_supposed:
        said = f"{words.SYMBOLS[found.verdict]} → {words.SYMBOLS[now.verdict]} {now.verdict}"
        return (f"{said:{_VERDICT_WIDTH}} {title}",)
    return (f"{words.verdict_text(found.verdict):{_VERDICT_WIDTH}} {title}",)


def title_text(check: Check) -> str:
    """What the view is about: the map, the day, and the places whose law no pack holds."""
    missing = [words.place_text(check.program.vocabulary, place) for place, _ in places_without_pack(check)]
    gap = f" · ! NO PACK FOR {', '.join(missing)}" if missing else ""
    return f"{words.clean(check.map.name)}, decided as of {check.map.day}{gap}"
