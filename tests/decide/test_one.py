"""The reference interpreter: every atom three-valued, and how clauses settle into the bound of a pack."""

import datetime as dt
from pathlib import Path

import pytest

from comity.case import Case, Facts
from comity.condition import tree as t
from comity.decide import one, verdict
from comity.decide.one import Context, Trace, compare, evaluate
from comity.facts import Range, Tri
from tests.condition.language import compiled, names
from tests.small.law import case, program, vocabulary

OPEN = None


def asked(text: str, facts: str, *, presume: bool = False, day: str = "2026-06-01", totals: str = "") -> Tri:
    """The value of a condition for facts written as in a case file."""
    given = names()
    condition = compiled(text, given)
    lines = f"day: {day}\nfacts: {facts}\n" + (f"totals: {{fr/law: {totals}}}\n" if totals else "")
    found = case(lines, totals={"fr/law": ("people_sent", "health_sent")})
    return evaluate(condition, Context(Facts(vocabulary(), found, presume), given.groups, found.day)).value


@pytest.mark.parametrize(
    ("text", "facts", "value"),
    [
        # bool
        ("data.public", "{data.public: true}", True),
        ("data.public", "{data.public: false}", False),
        ("data.public", "{}", OPEN),
        # Kleene
        ("!data.public", "{}", OPEN),
        ("data.public && flow.routine", "{data.public: false}", False),
        ("data.public && flow.routine", "{data.public: true}", OPEN),
        ("data.public || flow.routine", "{flow.routine: true}", True),
        ("data.public || flow.routine", "{flow.routine: false}", OPEN),
        ("data.public == flow.routine", "{flow.routine: false}", OPEN),
        ("data.public || !data.public", "{}", OPEN),  # over-cautious, as documented
        # count and range
        ("incident.persons >= 1000", "{incident.persons: 1000}", True),
        ("incident.persons >= 1000", "{incident.persons: 999}", False),
        ("incident.persons >= 1000", "{}", OPEN),
        ("incident.persons >= 1000", "{incident.persons: {at-least: 1000}}", True),
        ("incident.persons >= 1000", "{incident.persons: {at-least: 999}}", OPEN),
        ("incident.persons >= 1000", "{incident.persons: {at-most: 999}}", False),
        ("incident.persons != 5", "{incident.persons: {at-most: 4}}", True),
        ("incident.persons == 0", "{incident.persons: {at-most: 0}}", True),
        ("incident.persons > incident.lost", "{incident.persons: {at-least: 6}, incident.lost: {at-most: 5}}", True),
        ("incident.persons > incident.lost", "{incident.persons: {at-least: 5}, incident.lost: {at-most: 5}}", OPEN),
        ("incident.persons >= incident.lost", "{incident.persons: {at-least: 5}, incident.lost: {at-most: 5}}", True),
        ("incident.persons > incident.lost", "{incident.persons: 7}", OPEN),
        # one-of
        ('flow.deal in ["vendor", "employment"]', "{flow.deal: employment}", True),
        ('flow.deal == "vendor"', "{flow.deal: employment}", False),
        ('flow.deal == "vendor"', "{}", OPEN),
        ('kind == "transfer"', "{}", True),
        # some-of
        ('"special" in data.categories', "{data.categories: [genomic]}", True),
        ('"health" in data.categories', "{data.categories: [genomic]}", OPEN),
        ('"health" in data.categories', "{data.categories: {only: [genomic]}}", False),
        ('"genomic" in data.categories', "{data.categories: {no: [special]}}", False),
        ('"genomic" in data.categories', "{data.categories: [special]}", OPEN),
        ('"personal" in data.categories', "{data.personal: true}", True),
        ('"health" in data.categories', "{data.personal: false}", False),
        ('"health" in data.categories', "{}", OPEN),
        ('data.categories.exists(c, c in ["health", "core"])', "{data.categories: {no: [health, core]}}", False),
        ('data.categories.all(c, c == "core")', "{data.categories: {only: []}}", True),
        # place in group, coarse and precise
        ("recipient.country in EEA", "{recipient.country: NO}", True),
        ("recipient.country in EEA", "{recipient.country: CH}", False),
        ("recipient.country in EEA", "{}", OPEN),
        ("recipient.country in US", "{recipient.country: US-CA}", True),
        ("recipient.country in US_CA", "{recipient.country: US}", OPEN),
        ("recipient.country in US_CA", "{recipient.country: US-NY}", False),
        ("recipient.country in BAY", "{recipient.country: CN}", OPEN),
        ("recipient.country in BAY", "{recipient.country: CN-GD}", OPEN),
        ("recipient.country in BAY", "{recipient.country: CN-GD-SHENZHEN}", True),
        ("recipient.country in [FR, US_CA]", "{recipient.country: US}", OPEN),
        # place and place
        ("recipient.country == holder.country", "{recipient.country: FR, holder.country: FR}", True),
        ("recipient.country == holder.country", "{recipient.country: FR, holder.country: DE}", False),
        ("recipient.country == holder.country", "{recipient.country: US, holder.country: US-CA}", OPEN),
        ("recipient.country == holder.country", "{recipient.country: US-NY, holder.country: US-CA}", False),
        ("recipient.country != holder.country", "{recipient.country: US-NY}", OPEN),
        # place and set of places
        ("recipient.country in data.origin", "{recipient.country: US-CA, data.origin: [US]}", True),
        ("recipient.country in data.origin", "{recipient.country: US, data.origin: [US-CA]}", OPEN),
        ("recipient.country in data.origin", "{recipient.country: FR, data.origin: [DE]}", False),
        ("recipient.country in data.origin", "{recipient.country: FR, data.origin: {at-least: [DE]}}", OPEN),
        ("recipient.country in data.origin", "{recipient.country: FR, data.origin: {at-least: [FR]}}", True),
        ("recipient.country in data.origin", "{recipient.country: FR, data.origin: []}", False),
        ("recipient.country in data.origin", "{data.origin: []}", OPEN),
        # any and all of a set
        ("data.origin.exists(p, p in EEA)", "{data.origin: [CH, FR]}", True),
        ("data.origin.exists(p, p in EEA)", "{data.origin: [CH]}", False),
        ("data.origin.exists(p, p in EEA)", "{data.origin: {at-least: [CH]}}", OPEN),
        ("data.origin.exists(p, p in EEA)", "{data.origin: {at-least: [FR]}}", True),
        ("data.origin.exists(p, p in BAY)", "{data.origin: [CN, FR]}", OPEN),
        ("data.origin.exists(p, p in EEA)", "{data.origin: []}", False),
        ("data.origin.all(p, p in EEA)", "{data.origin: []}", True),
        ("data.origin.all(p, p in EEA)", "{data.origin: {at-least: [FR]}}", OPEN),
        ("data.origin.all(p, p in EEA)", "{data.origin: {at-least: [CH]}}", False),
        ("data.origin.all(p, p in EEA && data.public)", "{data.origin: [FR]}", OPEN),
        ("data.origin.all(p, p in EEA || !data.public)", "{data.origin: [FR, CH], data.public: false}", True),
        ("data.origin.exists(p, true)", "{}", OPEN),
        # days and instants
        ('contract.concluded_on < date("2026-01-01")', "{contract.concluded_on: 2025-12-31}", True),
        ('contract.concluded_on < date("2026-01-01")', "{contract.concluded_on: 2026-01-01}", False),
        ('contract.concluded_on < date("2026-01-01")', "{}", OPEN),
        ('incident.known_at == date("2026-01-01")', '{incident.known_at: "2025-12-31T23:30:00-01:00"}', True),
        ("days(contract.concluded_on, day) == 151", "{contract.concluded_on: 2026-01-01}", True),
        ("days(day, contract.concluded_on) < 0", "{contract.concluded_on: 2026-01-01}", True),
        ("days(contract.concluded_on, incident.ended_on) > 3", "{incident.ended_on: 2026-01-01}", OPEN),
    ],
)  # fmt: skip
def test_atoms_are_true_false_or_open(text: str, facts: str, value: Tri) -> None:
    assert asked(text, facts) is value


@pytest.mark.parametrize(
    ("day", "value"),
    [
        ("2019-12-31", False), ("2020-01-01", True), ("2022-12-31", True),
        ("2023-01-01", False), ("2023-12-31", False), ("2024-01-01", True),
    ],
)  # fmt: skip
def test_a_dated_group_is_asked_on_the_day_of_the_case(day: str, value: bool) -> None:
    assert asked("recipient.country in PACT", "{recipient.country: FR}", day=day) is value


def test_a_row_with_a_condition_holds_with_it_only() -> None:
    text = "recipient.country in ADEQUATE"
    assert asked(text, "{recipient.country: CH}") is True
    assert asked(text, "{recipient.country: US, recipient.listed: true}") is True
    assert asked(text, "{recipient.country: US, recipient.listed: false}") is False
    assert asked(text, "{recipient.country: US}") is OPEN
    assert asked(text, "{recipient.country: FR}") is False


@pytest.mark.parametrize(
    ("totals", "value"),
    [("{people_sent: 100}", True), ("{people_sent: {at-least: 90, at-most: 110}}", OPEN), ("{health_sent: 5}", OPEN)],
)
def test_a_total_that_nobody_counted_is_open(totals: str, value: Tri) -> None:
    assert asked("people_sent >= 100", "{}", totals=totals) is value


# --- ownership


def held(percent: int, place: str = "", *owners: str) -> str:
    """One owner as a case file has it."""
    where = f", place: {place}" if place else ""
    return f"{{percent: {percent}{where}" + (f", owners: [{', '.join(owners)}]}}" if owners else "}")


HALF_CN, HALF_FR = held(50, "CN"), held(50, "FR")
DEEP = held(50, "", held(50, "", HALF_CN, HALF_FR), HALF_FR)
OWNERS: dict[str, tuple[tuple[str, ...], float | None, Tri]] = {
    "half direct": ((HALF_CN, HALF_FR), 50, True),
    "just below half": ((held(49, "CN"), held(51, "FR")), 49, False),
    "two together": ((held(25, "CN"), held(25, "HK"), HALF_FR), 25, False),
    # Law: us 28 CFR 202.211 - who is 50 % owned counts whole for the next
    "half of a half": ((held(50, "FR", HALF_CN, HALF_FR), HALF_FR), 25, True),
    "half of less than half": ((held(49, "FR", held(100, "CN")), held(51, "FR")), 49, False),
    "less than half of a half": ((held(50, "FR", held(49, "CN"), held(51, "FR")), HALF_FR), 24.5, False),
    "two ways of a quarter": ((held(25, "CN"), held(25, "FR", held(60, "CN"), held(40, "DE")), HALF_FR), 40, True),
    "a chain of three": ((DEEP, HALF_FR), 12.5, True),
    "organised in the place": ((held(50, "CN", held(100, "FR")), HALF_FR), 50, True),
    "the rest not known": ((held(49, "CN"),), None, OPEN),
    "the rest too little to matter": ((held(9, "CN"), held(60, "FR")), None, False),
    "owner not known": ((HALF_FR, held(50)), None, OPEN),
    "nobody named": ((), None, OPEN),
}


@pytest.mark.parametrize("name", OWNERS)
def test_owners_are_multiplied_along_the_chain_and_cascade_counts_them_whole(name: str) -> None:
    owners, percent, controlled = OWNERS[name]
    facts = f"{{recipient.owners: [{', '.join(owners)}]}}"
    assert asked("cascade(recipient.owners, CN, 50)", facts) is controlled
    if percent is None:
        assert asked("share(recipient.owners, CN) >= 50", facts) is controlled
    else:
        assert asked(f"share(recipient.owners, CN) >= {int(percent)}", facts) is True
        assert asked(f"share(recipient.owners, CN) > {int(percent)}", facts) is (percent != int(percent))
        assert asked(f"share(recipient.owners, CN) == {int(percent)}", facts) is (percent == int(percent))


def test_an_owner_in_a_coarse_place_is_open_even_where_its_own_owners_are_elsewhere() -> None:
    chain = "{recipient.owners: [{percent: 100, place: CN, owners: [{percent: 100, place: FR}]}]}"
    assert asked("cascade(recipient.owners, BAY, 50)", chain) is OPEN
    assert asked("share(recipient.owners, BAY) >= 50", chain) is OPEN
    assert asked("share(recipient.owners, US) >= 50", chain) is False


# --- counts


@pytest.mark.parametrize("op", t.OPS)
def test_comparing_ranges_is_what_all_their_members_agree_on(op: str) -> None:
    ranges: list[int | Range] = [0, 1, 2, 3, *(Range(low, high) for low in range(4) for high in range(low, 4))]
    ranges += [Range(low, None) for low in range(4)]
    plain = {"==": int.__eq__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__}[op]

    def members(value: int | Range) -> list[int]:
        low, high = one.ends(value)
        return list(range(low, (9 if high is None else high) + 1))

    for left in ranges:
        for right in ranges:
            found = {plain(a, b) for a in members(left) for b in members(right)}
            assert compare(left, op, right) == (found.pop() if len(found) == 1 else None), (left, op, right)


# --- clauses


LAW = """
covers: [{about: [transfer, incident], first_day: 2020-01-01}]
scope: data.personal
clauses:
- {id: ban, cite: Art. 1, says: No., about: transfer, forbids: "!(recipient.country in EEA)"}
- {id: safe, cite: Art. 2, says: Yes., about: transfer, excuses: [ban], when: recipient.listed}
- {id: contract, cite: Art. 3, says: Yes., about: transfer, excuses: [ban], needs: [contract-clauses]}
- {id: no-contract, cite: Art. 4, says: No contract., about: transfer, excuses: [contract], when: flow.routine}
- {id: filed, cite: Art. 5, says: With a filing only., about: transfer, forbids: data.public, needs: [filing]}
- {id: tell, cite: Art. 6, says: Tell., about: incident, requires: notice}
- {id: later, cite: Art. 7, says: No., about: transfer, forbids: data.personal, first_day: 2026-06-02}
"""
ABROAD = "data.personal: true, recipient.country: XZ, data.public: false"
A, C, F = verdict.ALLOWED, verdict.CONDITIONAL, verdict.FORBIDDEN


@pytest.mark.parametrize(
    ("facts", "measures", "bound"),
    [
        (f"{ABROAD}, recipient.listed: true", "", (A, A)),
        (f"{ABROAD}, recipient.listed: false, flow.routine: false", "", (C, C)),
        (f"{ABROAD}, recipient.listed: false, flow.routine: false", "contract-clauses: in-place", (A, A)),
        (f"{ABROAD}, recipient.listed: false, flow.routine: false", "contract-clauses: cannot", (F, F)),
        (f"{ABROAD}, recipient.listed: false, flow.routine: false", "contract-clauses: unknown", (A, C)),
        (f"{ABROAD}, recipient.listed: false, flow.routine: true", "contract-clauses: in-place", (F, F)),
        (f"{ABROAD}, recipient.listed: false", "contract-clauses: in-place", (A, F)),
        (f"{ABROAD}, flow.routine: false", "", (A, C)),
        ("data.personal: true, data.public: false, flow.routine: false, recipient.listed: false", "", (A, C)),
        ("data.personal: true, data.public: true, recipient.country: FR", "", (C, C)),
        ("data.personal: true, data.public: true, recipient.country: FR", "filing: in-place", (A, A)),
        ("data.personal: true, data.public: true, recipient.country: FR", "filing: cannot", (F, F)),
        ("data.personal: true, data.public: false, recipient.country: FR", "", (A, A)),
        ("data.personal: false, recipient.country: XZ, data.public: true", "", (A, A)),
        ("recipient.country: XZ, data.public: false, recipient.listed: false, flow.routine: true", "", (A, F)),
        (f"{ABROAD}, recipient.listed: false, flow.routine: false, flow.done: true", "", (F, F)),
        (f"{ABROAD}, recipient.listed: false, flow.routine: false, flow.done: unknown", "", (C, F)),
    ],
)
def test_clauses_settle_from_the_last_excuse_back(
    tmp_path: Path, facts: str, measures: str, bound: tuple[int, int]
) -> None:
    found = one.find(program(tmp_path, LAW), case(f"facts: {{{facts}}}\nmeasures: {{{measures}}}"))
    assert found.bound == bound


@pytest.mark.parametrize(("day", "bound"), [("2026-06-01", (A, A)), ("2026-06-02", (F, F)), ("2026-06-03", (F, F))])
def test_a_clause_is_in_force_from_its_first_day(tmp_path: Path, day: str, bound: tuple[int, int]) -> None:
    law = program(tmp_path, LAW)
    asked_on = case(f"day: {day}\nfacts: {{data.personal: true, data.public: false, recipient.country: FR}}")
    assert one.find(law, asked_on).bound == bound


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("day: 2019-12-31\nfacts: {data.personal: true}", (A, F)),
        ("kind: collection\nfacts: {data.personal: true}", (A, F)),
        ("kind: collection\nfacts: {data.personal: false}", (A, A)),
        ("kind: collection\nfacts: {}", (A, F)),
        ("day: 2027-01-02\nfacts: {data.personal: true, recipient.country: FR, data.public: false}", (A, F)),
        ("day: 2027-01-02\nfacts: {data.personal: false}", (A, A)),
    ],
)
def test_what_a_pack_does_not_model_is_open_unless_its_law_does_not_reach(
    tmp_path: Path, text: str, bound: tuple[int, int]
) -> None:
    assert one.find(program(tmp_path, LAW), case(text)).bound == bound


@pytest.mark.parametrize(
    ("measures", "bound"),
    [("", (C, C)), ("notice: in-place", (A, A)), ("notice: cannot", (F, F)), ("notice: unknown", (A, C))],
)
def test_an_open_duty_counts_in_an_incident_only(tmp_path: Path, measures: str, bound: tuple[int, int]) -> None:
    law = program(tmp_path, LAW)
    incident = case(f"kind: incident\nfacts: {{data.personal: true}}\nmeasures: {{{measures}}}")
    assert one.find(law, incident).bound == bound


def test_the_trace_holds_every_part_with_the_facts_it_read(tmp_path: Path) -> None:
    trace = Trace()
    one.find(program(tmp_path, LAW), case("facts: {data.personal: true, recipient.country: XZ}"), trace=trace)
    step = trace.clauses["fr/law/ban"]
    assert step.value is True
    assert step.parts[0].value is False
    assert step.parts[0].read == (("recipient.country", "XZ"),)
    assert trace.scopes["fr/law"].read == (("data.personal", True),)
    assert "fr/law/tell" not in trace.clauses  # about incidents only


def test_totals_and_bound_places_stand_in_the_trace() -> None:
    given = names()
    condition = compiled("data.origin.exists(p, p in EEA) && people_sent > 3", given)
    found = Case("x", "transfer", dt.date(2026, 1, 1), case("facts: {data.origin: [FR, CH]}").facts)
    step = evaluate(condition, Context(Facts(vocabulary(), found), given.groups, found.day))
    assert [(s.read, s.value) for s in step.parts[0].parts] == [((("p", "CH"),), False), ((("p", "FR"),), True)]
    assert step.parts[1].read == (("fr/law:people_sent", None),)
