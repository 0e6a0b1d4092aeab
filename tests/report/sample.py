"""A small map decided under two packs of the tests' own, so that no edit of real law changes what is expected."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from comity.case import Acceptance, Case, End, Flow, Map, PeopleSet, read_facts
from comity.decide.check import Check, check
from comity.decide.decision import Decision, decide
from comity.document import parse_document
from comity.errors import Problems, Span
from comity.facts import Range
from comity.pack.program import Program
from comity.pack.ship import compile_packs

DAY = dt.date(2026, 11, 2)
PACKS = Path(__file__).parent / "packs"
GOLDEN = Path(__file__).parent / "golden"

# What a careless or malicious hand may write into a map: markup, control characters, the end of a script.
HOSTILE = "</script><img src=x onerror=\"alert('x')\"> & \x1b[31mred\x1b[0m [bold]b[/bold] ]]>"

CASES = {
    "desk": ("transfer", "{holder.country: DE, recipient.country: PH, data.categories: [contact]}"),
    "ads": ("transfer", "{holder.country: DE, recipient.country: SG, data.categories: [contact]}"),
    "backup": ("transfer", "{holder.country: DE, recipient.country: DE, data.categories: [contact]}"),
    "clinic": ("transfer", "{holder.country: BR, recipient.country: FR, data.categories: [health], flow.deal: vendor}"),
    "list": ("transfer", "{holder.country: BR, recipient.country: FR, data.categories: {only: [contact]}}"),
    "warehouse": (
        "transfer",
        "{holder.country: DE, recipient.country: BR, data.categories: {only: [contact, financial]}, flow.deal: vendor}",
    ),
    "warehouse-2": (
        "transfer",
        "{holder.country: DE, recipient.country: BR, data.categories: {only: [health]}, flow.deal: vendor}",
    ),
    "laptop": (
        "incident",
        "{holder.country: DE, data.categories: [contact], incident.risk: risk, "
        'incident.known_at: "2026-10-30T09:00:00Z"}',
    ),
}


@cache
def program() -> Program:
    """The two packs of the tests, linked over the vocabulary."""
    return compile_packs(PACKS)


def case(name: str, *, measures: Mapping[str, str] | None = None, opinions: Mapping[str, str] | None = None) -> Case:
    """A case by its name, with measures and opinions of counsel."""
    kind, text = CASES[name]
    problems = Problems()
    facts, unknown = read_facts(parse_document(text, name), program().vocabulary, problems)
    problems.require_none()
    return Case(name, kind, DAY, facts, unknown, measures=measures or {}, opinions=opinions or {})


def end(id_: str, name: str, *places: str) -> End:
    """One end of a flow."""
    return End(id_, name, places)


def flow(
    id_: str,
    title: str,
    ends: list[End],
    *cases: Case,
    line: int,
    people: PeopleSet | None = None,
    accepted: Acceptance | None = None,
) -> Flow:
    """One entry of the map."""
    return Flow(
        id=id_,
        title=title,
        section="incidents" if cases[0].kind == "incident" else "flows",
        cases=cases,
        holder="hansa",
        recipient="other",
        ends=tuple(ends),
        people=(people,) if people else (),
        span=Span("comity.yaml", line, 3, len(id_), f"- id: {id_}"),
        accepted=accepted,
    )


HANSA = end("bookings", "booking database", "DE")
BOTH = {"eu-standard-clauses": "in-place", "transfer-impact-assessment": "not-yet"}


def flows() -> tuple[Flow, ...]:
    """Entries of all four verdicts, with all that a report must be able to tell."""
    accepted = Acceptance("conditional", dt.date(2027, 1, 31), "DPO", "the assessment is being written")
    passengers = PeopleSet("passengers", {"SG": Range(1200, None), "DE": 40})
    return (
        flow(
            "ads",
            "audience lists",
            [HANSA, end("ads-sg", "Ads Pte", "SG")],
            case("ads", opinions={"SG": "allowed"}),
            line=10,
            people=passengers,
        ),
        flow("backup", "nightly backup", [HANSA, end("vault", "backup vault", "DE")], case("backup"), line=20),
        flow(
            "warehouse",
            "copy to the warehouse",
            [HANSA, end("warehouse", "warehouse", "BR")],
            case("warehouse", measures=BOTH),
            line=30,
            accepted=accepted,
        ),
        flow(
            "warehouse-health",
            "meal requests to the warehouse",
            [HANSA, end("warehouse", "warehouse", "BR")],
            case("warehouse-2"),
            case("warehouse", measures=BOTH),
            line=40,
        ),
        flow("desk", HOSTILE, [HANSA, end("desk", "support desk in Manila", "PH")], case("desk"), line=50),
        flow("clinic", "files of the clinic", [end("clinic", "Clínica", "BR"), HANSA], case("clinic"), line=60),
        flow("list", "list of guests", [end("hotel", "Hotel", "BR"), HANSA], case("list"), line=70),
        flow("laptop", "lost laptop", [HANSA], case("laptop"), line=80),
    )


@cache
def small_check(*, is_one_left_out: bool = False) -> Check:
    """The whole map, decided."""
    map_ = Map("Hansa Reisen", DAY, flows(), ("comity.yaml",))
    chosen = program().select(("north/exports",)) if is_one_left_out else program()
    return check(chosen, map_, left_out=("south/home",) if is_one_left_out else ())


def decision(name: str) -> Decision:
    """One case, decided."""
    return decide(program(), case(name))
