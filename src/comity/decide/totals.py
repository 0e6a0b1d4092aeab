"""Counts that laws make over many flows, summed over a map: each person once, and a range where that is not certain."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from comity.case import Case, Facts, Flow, Map, Part, PeopleSet
from comity.condition.tree import facts_of
from comity.decide import one, verdict
from comity.decide.view import content_of, view_of, with_sources
from comity.errors import InputError, Problem, did_you_mean
from comity.facts import Members, Range, Row, Tri, Vocabulary
from comity.pack.program import Program, Total

COUNTED = "transfer"  # laws count what is sent; of other kinds of case none enters a total
_LASTS_DAYS = 366  # how long a count stands for what it counted
# Bounds of the search for sets that share nobody; what it has found by then is a lower end all the same.
_MAX_SETS, _MAX_STEPS = 100, 20_000
_UNKNOWN = Range(0, None)


@dataclass(frozen=True, slots=True)
class _Unit:
    """One case that may be counted: a flow of the map, or data that an entity holds."""

    key: tuple[str, int]
    holder: str
    recipient: str
    case: Case
    people: tuple[PeopleSet, ...]
    first_day: dt.date | None
    last_day: dt.date | None
    held: bool


def with_totals(program: Program, map_: Map) -> tuple[Flow, ...]:
    """The flows of a map, each case with every total of every pack.

    Cases of kind transfer are counted; a total of kind `held` also counts what the holder holds without sending it. A
    total that the map gives for an entry itself stands. A flow is taken to concern all persons of its sets.

    Args:
        program: the packs with their totals.
        map_: the map.

    Raises:
        InputError: the map gives a total that no pack of the program knows.
    """
    _check_given(program, map_)
    sums = _Sums(program, map_)
    return tuple([_with(flow, sums) for flow in map_.flows])


def _with(flow: Flow, sums: _Sums) -> Flow:
    cases = []
    for number, case in enumerate(flow.cases):
        found = sums.of(flow, number)
        cases.append(replace(case, totals={**found, **case.totals} if case.totals else found))
    return replace(flow, cases=tuple(cases))


def totals_of(program: Program, map_: Map, flow: Flow) -> Flow:
    """One entry with its totals, in the map in which it stands in place of the entry of its id."""
    others = tuple(flow if each.id == flow.id else each for each in map_.flows)
    return _with(flow, _Sums(program, replace(map_, flows=others)))


def _check_given(program: Program, map_: Map) -> None:
    known = {total.id for pack in program.packs for total in pack.totals}
    problems = [
        Problem(
            "unknown-total",
            f"`{name.rsplit(':', 1)[1]}` is not a total of `{name.rsplit(':', 1)[0]}`",
            flow.span,
            context=flow.id,
            help=did_you_mean(name.rsplit(":", 1)[1], program.totals[name.rsplit(":", 1)[0]]),
        )
        for flow in map_.flows
        for case in flow.cases[:1]
        for name in case.totals
        if name not in known and name.rsplit(":", 1)[0] in program.pack
    ]
    if problems:
        raise InputError(problems)


class _Sums:
    """The totals of one map under one program. What a unit adds to a total is found once for all units like it.

    A sum holds each person once, so it turns on which units there are and not on how many are alike.
    """

    def __init__(self, program: Program, map_: Map) -> None:
        self.program = program
        self.vocabulary = program.vocabulary
        self.units: dict[tuple[str, int], _Unit] = {}
        self.signs: dict[tuple[object, ...], int] = {}
        self.sign: dict[tuple[str, int], int] = {}  # units with one sign are alike to every total
        self.same: dict[tuple[str, str], dict[int, _Unit]] = {}  # by holder and recipient; empty stands for any
        for unit in _units(map_):
            self._note(unit)
        self.contents: dict[tuple[str, str], frozenset[int]] = {}
        self.counted: dict[tuple[str, int], Tri] = {}
        self.met: dict[tuple[object, ...], Tri] = {}
        self.lifted: dict[tuple[object, ...], dict[str, verdict.Bound]] = {}
        self.sums: dict[tuple[object, ...], int | Range] = {}
        self.added: dict[tuple[object, ...], int | Range] = {}
        self.reads = {total.id: _reads(total, self.vocabulary) for pack in program.packs for total in pack.totals}
        self.every: dict[tuple[object, ...], dict[str, int | Range]] = {}

    def _note(self, unit: _Unit) -> None:
        people = tuple([id(people) for people in unit.people])
        like = (content_of(unit.case), people, unit.first_day, unit.last_day, unit.held)
        sign = self.signs.setdefault(like, len(self.signs))
        self.units[unit.key], self.sign[unit.key] = unit, sign
        for key in {(h, r) for h in ("", unit.holder) for r in ("", unit.recipient)}:
            self.same.setdefault(key, {}).setdefault(sign, unit)

    def of(self, flow: Flow, number: int) -> dict[str, int | Range]:
        """All totals for one case of a flow. A total over two parties is unknown where the case has one only."""
        day, recipient = flow.cases[number].day, _part(flow, number).recipient
        own = self.units.get((flow.id, number))
        key = flow.holder, recipient, day, None if own is None else self.sign[own.key]
        found = self.every.get(key)
        if found is None:
            found = self.every[key] = dict(self._all(flow.holder, recipient, own, day))
        return found

    def _all(self, holder: str, recipient: str, own: _Unit | None, day: dt.date) -> Iterator[tuple[str, int | Range]]:
        for place, pack in enumerate(self.program.packs):
            for total in pack.totals:
                over_holder, over_recipient = "holder" in total.over, "recipient" in total.over
                if (over_holder and not holder) or (over_recipient and not recipient):
                    continue
                shared = (holder if over_holder else "", recipient if over_recipient else "")
                yield total.id, self._sum(place, total, shared, own, day)

    def _sum(self, place: int, total: Total, shared: tuple[str, str], own: _Unit | None, day: dt.date) -> int | Range:
        # The flow itself counts also where it is yet to begin, or is over.
        apart = own if own is not None and not _within(own, total.per, day) else None
        units = self.same.get(shared, {})
        if shared not in self.contents:
            self.contents[shared] = frozenset(units)
        memo = (total.id, self.contents[shared], day, self.sign[apart.key] if apart else None)
        if memo not in self.sums:
            counted = [u for u in units.values() if _within(u, total.per, day)]
            self.sums[memo] = self._add(place, total, [*counted, apart] if apart else counted, day)
        return self.sums[memo]

    def _add(self, place: int, total: Total, units: list[_Unit], day: dt.date) -> int | Range:
        """Every set of persons once, by the surest flow that holds it."""
        sets: dict[str, PeopleSet] = {}
        certain: dict[str, bool] = {}
        is_open = False
        for unit in units:
            is_in = self._counts(place, total, unit)
            if is_in is False:
                continue
            is_open = is_open or not unit.people  # somebody's data, and nobody knows of how many
            for people in unit.people:
                sets[people.id] = people
                certain[people.id] = certain.get(people.id, False) or is_in is True
        memo = (total.id, day, is_open, frozenset([(id(people), certain[id_]) for id_, people in sets.items()]))
        if memo not in self.added:
            found = self._together(total, sets, certain, day)
            self.added[memo] = Range(one.ends(found)[0], None) if is_open else found
        return self.added[memo]

    def _together(
        self, total: Total, sets: dict[str, PeopleSet], certain: dict[str, bool], day: dt.date
    ) -> int | Range:
        rows = _rows(total, self.vocabulary)
        context = one.Context(Facts(self.vocabulary, Case("", COUNTED, day)), {}, day)
        ends: dict[str, Range] = {}
        for id_, people in sets.items():
            low, high = in_window(in_place(people, total.count, rows, context), people, total.per, day)
            ends[id_] = Range(low if certain[id_] else 0, high)
        return together(sets, ends)

    # --- whether a unit is counted

    def _counts(self, place: int, total: Total, unit: _Unit) -> Tri:
        memo = (total.id, self.sign[unit.key])
        if memo not in self.counted:
            self.counted[memo] = self._decide(place, total, unit)
        return self.counted[memo]

    def _decide(self, place: int, total: Total, unit: _Unit) -> Tri:
        facts = Facts(self.vocabulary, unit.case)
        found = self._meets(place, total, facts)
        if not total.leaves_out or found is False:
            return found
        bounds = self._excuses(place, unit, facts)
        return one.conjunction([found, *(_not_lifted(bounds.get(excuse)) for excuse in total.leaves_out)])

    def _meets(self, place: int, total: Total, facts: Facts) -> Tri:
        """Whether a case is of those that a total counts, but for the excuses that it leaves out."""
        case, reads = facts.case, self.reads[total.id]
        said = frozenset([(name, case.facts[name]) for name in reads if name in case.facts])
        memo = (total.id, case.kind, case.day, said, reads.intersection(case.unknown))
        if memo not in self.met:
            values = [has_data(total, facts), one.negation(has_any(total.without, facts))]
            context = one.Context(facts, self.program.packs[place].group, case.day)
            self.met[memo] = one.conjunction([*values, one.evaluate(total.where, context).value])
        return self.met[memo]

    def _excuses(self, place: int, unit: _Unit, facts: Facts) -> dict[str, verdict.Bound]:
        case = unit.case
        memo = (place, case.kind, case.day, view_of(self.program, place, case.kind, case.day).key(case))
        if memo not in self.lifted:
            self.lifted[memo] = {f.clause: f.bound for f in one.find_pack(self.program.packs[place], facts).clauses}
        return self.lifted[memo]


def _units(map_: Map) -> Iterable[_Unit]:
    for flow in map_.flows:
        for number, case in enumerate(flow.cases):
            if case.kind == COUNTED:
                part = _part(flow, number)
                key = (flow.id, number)
                yield _Unit(key, flow.holder, part.recipient, case, part.people, flow.first_day, flow.last_day, False)
    for number, held in enumerate(map_.held):
        yield _Unit(("", number), held.holder, "", held.case, held.people, None, None, True)


def _part(flow: Flow, number: int) -> Part:
    return flow.parts[number] if flow.parts else Part(flow.recipient, flow.people)


def _reads(total: Total, vocabulary: Vocabulary) -> frozenset[str]:
    """The facts on which it turns whether a total counts a case, but for excuses, with those they are presumed from."""
    return with_sources(facts_of(total.where) | {"data.categories", "data.personal"}, vocabulary)


def _not_lifted(bound: verdict.Bound | None) -> Tri:
    if bound is None or bound[0] != verdict.ALLOWED:
        return True
    return False if bound[1] == verdict.ALLOWED else None


def has_data(total: Total, facts: Facts) -> Tri:
    """Whether a case holds data of the kinds that a total counts."""
    if total.data:
        return has_any(total.data, facts)
    personal = facts.value("data.personal") if "data.personal" in facts.vocabulary.fact else None
    return personal if isinstance(personal, bool) else None


def has_any(categories: tuple[str, ...], facts: Facts) -> Tri:
    """Whether a case holds data of at least one of some categories."""
    held = facts.value("data.categories") if "data.categories" in facts.vocabulary.fact else None
    if not isinstance(held, Members):
        return None if categories else False
    return one.disjunction([True if c in held.yes else None if c in held.open else False for c in categories])


# --- windows


def first_day_of(per: str, day: dt.date) -> dt.date:
    """The first day of the window that ends on a day."""
    if per == "12-months":
        before = day.replace(year=max(1, day.year - 1), day=28) if (day.month, day.day) == (2, 29) else None
        return (before or day.replace(year=max(1, day.year - 1))) + dt.timedelta(days=1)
    years = {"calendar-year": 0, "since-last-year": 1}
    return dt.date(max(1, day.year - years[per]), 1, 1) if per in years else day


def _within(unit: _Unit, per: str, day: dt.date) -> bool:
    """Whether a flow goes on at some time within the window of a total; what is only held counts for `held`."""
    if unit.held and per != "held":
        return False
    start = first_day_of(per, day)
    return (unit.last_day is None or unit.last_day >= start) and (unit.first_day is None or unit.first_day <= day)


def in_window(count: Range, people: PeopleSet, per: str, day: dt.date) -> Range:
    """What a count over one window proves of the window that a total asks about.

    A count stands for a year after (or before) the day on which it was made; one of a calendar year for that year only.
    Who was counted in a part of the window was there: a lower end. Who was counted over more than the window may not
    have been there in it: an upper end. Who is held was held at some time in the window; nobody knows who else was.
    None are none in every window: a set has no persons in a place that it does not list.
    """
    if count.high == 0:
        return count
    counted = people.counted_day or day
    if not people.window or abs((day - counted).days) > _LASTS_DAYS:
        return _UNKNOWN
    if people.window in ("held", "12-months") or counted.year == day.year:
        counted = day
    if per == "held":
        return count if people.window == "held" else _UNKNOWN
    start, asked = first_day_of(people.window, counted), first_day_of(per, day)
    low = count.low if start >= asked and counted <= day else 0
    high = count.high if start <= asked and counted >= day and people.window != "held" else None
    return Range(low, high)


# --- places, sets


def _rows(total: Total, vocabulary: Vocabulary) -> tuple[Row, ...] | None:
    if not total.of:
        return None
    group = vocabulary.group.get(total.of)
    return (Row(total.of),) if group is None else group.rows


def in_place(people: PeopleSet, what: str, rows: tuple[Row, ...] | None, context: one.Context) -> Range:
    """How many persons (or devices) of a set are in a group; a place of which only a part lies in it gives a range."""
    counts = people.counts if what == "people" else people.devices
    if not counts:
        return _UNKNOWN
    low, high = 0, 0
    open_end = False
    for place, count in counts.items():
        inside = True if rows is None else one.in_rows(place, rows, context)
        if inside is False:
            continue
        at_least, at_most = one.ends(count)
        low += at_least if inside else 0
        high += at_most or 0
        open_end = open_end or at_most is None
    return Range(low, None if open_end else high)


def together(sets: dict[str, PeopleSet], ends: dict[str, Range]) -> int | Range:
    """How many persons several sets hold, each once.

    At least the greatest sum over sets that share nobody, at most the sum of all.
    """
    low = _apart(sets, {id_: ends[id_].low for id_ in sets})
    highs = [ends[id_].high for id_ in sets]
    high = None if None in highs else sum(h for h in highs if h is not None)
    return low if low == high else Range(low, high)


def _apart(sets: dict[str, PeopleSet], lows: dict[str, int]) -> int:
    """The greatest sum over sets that are all apart from each other; of very many sets a great one."""
    order = sorted((id_ for id_ in sets if lows[id_]), key=lambda id_: (-lows[id_], id_))

    def is_apart(a: str, b: str) -> bool:
        return b in sets[a].apart_from or a in sets[b].apart_from

    if all(is_apart(a, b) for a, b in itertools.combinations(order, 2)):
        return sum(lows.values())
    order = order[:_MAX_SETS]
    rest = [sum(lows[id_] for id_ in order[number:]) for number in range(len(order) + 1)]
    steps = _MAX_STEPS
    found = 0

    def search(at: int, chosen: tuple[str, ...], total: int) -> None:
        nonlocal found, steps
        found, steps = max(found, total), steps - 1
        for number in range(at, len(order)):
            if steps < 0 or total + rest[number] <= found:
                return
            if all(is_apart(order[number], c) for c in chosen):
                search(number + 1, (*chosen, order[number]), total + lows[order[number]])

    search(0, (), 0)
    return found
