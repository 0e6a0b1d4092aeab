"""What the solver found of an undecided entry, in words and as JSON: always in a place of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comity.decide import verdict
from comity.facts import Vocabulary
from comity.report.words import place_text, plural

if TYPE_CHECKING:  # the search itself is loaded only where it is asked for
    from comity.decide.exact import Exact, Unsettled


def exact_to_json(exact: Exact) -> dict[str, Any]:
    """One exact answer, as the field `exact` of an entry."""
    return {
        "verdict": exact.verdict,
        "verdicts": list(exact.verdicts),
        "matters": exact.matters,
        "open": exact.is_open,
        "questions": [{"fact": q.fact, "ask": q.ask, "settles": q.settles} for q in exact.questions],
        "unsettled": [{"why": u.why, "what": u.what} for u in exact.unsettled],
    }


def exact_text(vocabulary: Vocabulary, exact: Exact) -> str:
    """One exact answer in a line."""
    if exact.is_open:
        known = f"possible at least: {' or '.join(exact.verdicts)}" if exact.verdicts else "nothing is claimed"
        return f"exactly: not settled in time; {known}"
    if exact.matters is False and exact.verdict != verdict.UNDECIDED:
        return f"exactly: {exact.verdict}, whatever the answers"
    stays = "; ".join(unsettled_text(vocabulary, u) for u in exact.unsettled)
    if exact.matters is False:
        return "exactly: no answer settles it" + (f": {stays}" if stays else "")
    names = ", ".join(q.fact for q in exact.questions)
    settled = f"{plural(len(exact.questions), 'answer')} settle{'s' if len(exact.questions) == 1 else ''} it: {names}"
    return f"exactly: {' or '.join(exact.verdicts)}; {settled}" + (f" ({stays})" if stays else "")


def unsettled_text(vocabulary: Vocabulary, unsettled: Unsettled) -> str:
    """Why no answer about the facts is enough."""
    match unsettled.why:
        case "no-pack":
            return f"no pack holds the law of {place_text(vocabulary, unsettled.what)}; ask counsel"
        case "not-modelled":
            return f"{unsettled.what} does not model such a case"
        case "stale-pack":
            return f"{unsettled.what} was read too long ago"
    return f"once {unsettled.what} is known, no pack may hold the law of that place"
