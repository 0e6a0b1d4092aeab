"""Conditions in plain words, as nested points, for those who read law and do not program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.condition import tree as t
from comity.facts import Vocabulary
from comity.report import words

OPS = {"==": "exactly", "!=": "not", "<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}
DAY_OPS = {"==": "on", "!=": "not on", "<": "before", "<=": "on or before", ">": "after", ">=": "on or after"}
NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_LIST = {"data.categories": "the data hold", "flow.purposes": "among the purposes is", "flow.necessary_for": "it is necessary for"}


@dataclass(frozen=True)
class Point:
    """One line, with what stands below it."""

    text: str
    below: tuple[Point, ...] = ()


class Plain:
    """Puts the conditions of one pack into words.

    Args:
        vocabulary: what names mean.
        terms: the pack's own terms: a condition that is one of them is called by its name.
        counts: what each total of the pack counts, by its full id.
        tables: ids of the pack's own tables.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        terms: Mapping[str, t.Condition],
        counts: Mapping[str, str],
    ) -> None:
        self.vocabulary = vocabulary
        self.terms = {condition: name for name, condition in terms.items() if not isinstance(condition, t.Const)}
        self.counts = counts

    def point(self, condition: t.Condition, *, defining: bool = False) -> Point:
        """A condition as a point.

        Args:
            condition: the condition.
            defining: whether it is just being defined, so that its own name says nothing.
        """
        if not defining and condition in self.terms:
            return Point(f"*{self.terms[condition]}*")
        if isinstance(condition, t.And | t.Or):
            return self._joined(condition)
        if isinstance(condition, t.Not):
            return self._negated(condition.part)
        if isinstance(condition, t.AnyPlace | t.AllPlaces):
            return self._each(condition)
        return Point(self._atom(condition))

    def _joined(self, condition: t.And | t.Or) -> Point:
        head = "all of these hold:" if isinstance(condition, t.And) else "one of these holds:"
        return Point(head, tuple(self.point(part) for part in self._by_terms(condition)))

    def _by_terms(self, condition: t.And | t.Or) -> list[t.Condition]:
        """The parts, those that together are a term put back under its name: joining them had made one list of both."""
        parts = list(condition.parts)
        known = (c for c in self.terms if isinstance(c, type(condition)) and c != condition)
        for term in sorted(known, key=lambda c: -len(c.parts)):
            if set(term.parts) <= set(parts):
                place = parts.index(term.parts[0])
                parts = [*parts[:place], term, *parts[place:]]
                parts = [p for p in parts if p not in term.parts]
        return parts

    def _negated(self, part: t.Condition) -> Point:
        if part in self.terms:
            return Point(f"not *{self.terms[part]}*")
        match part:
            case t.And():
                return Point("not all of these hold:", tuple(self.point(p) for p in self._by_terms(part)))
            case t.Or():
                return Point("none of these holds:", tuple(self.point(p) for p in self._by_terms(part)))
            case t.CountIs(fact, op, number):
                return Point(self._atom(t.CountIs(fact, NEGATED[op], number)))
            case t.DayIs(fact, op, day):
                return Point(self._atom(t.DayIs(fact, NEGATED[op], day)))
            case t.AnyPlace():
                return Point("it is not so that:", (self._each(part),))
            case t.AllPlaces():
                return Point("it is not so that:", (self._each(part),))
            case t.InGroup(fact, group):
                return Point(f"{self._means(fact)}: not in {self._group(group)}")
            case t.OneOf(fact, values):
                return Point(f"{self._means(fact)}: not {_any_of(values)}")
            case t.BoundIn(group):
                return Point(f"it is not in {self._group(group)}")
        return Point(f"not so: {self._atom(part)}")

    def _each(self, condition: t.AnyPlace | t.AllPlaces) -> Point:
        which = "at least one is" if isinstance(condition, t.AnyPlace) else "all are"
        means = self._means(condition.fact)
        match condition.body:
            case t.BoundIn(group):
                return Point(f"{means}: {which} in {self._group(group)}")
            case t.Not(t.BoundIn(group)):
                return Point(f"{means}: {which} outside {self._group(group)}")
        return Point(f"{means}: {which} such that", (self.point(condition.body),))

    def _atom(self, condition: t.Condition) -> str:
        match condition:
            case t.Const(value):
                return "always" if value else "never"
            case t.IsTrue(fact):
                return self._means(fact)
            case t.CountIs(fact, op, number):
                return f"{self._count(fact)}: {OPS[op]} {number:,}"
            case t.CountsAre(left, op, right):
                return f"{self._count(left)}: {OPS[op]} this: {self._count(right)}"
            case t.OneOf(fact, values):
                return f"{self._means(fact)}: {_any_of(values)}"
            case t.Has(fact, member):
                return f"{_LIST.get(fact, self._means(fact) + ':')} {self._member(fact, member)}"
            case t.InGroup(fact, group):
                return f"{self._means(fact)}: in {self._group(group)}"
            case t.SamePlace(left, right):
                return f"{self._means(left)}: the same place as this: {self._means(right)}"
            case t.InPlaces(fact, places):
                return f"{self._means(fact)}: among these: {self._means(places)}"
            case t.BoundIn(group):
                return f"it is in {self._group(group)}"
            case t.DayIs(fact, op, day):
                return f"{'the day of the case' if fact == 'day' else self._means(fact)}: {DAY_OPS[op]} {day}"
            case t.DaysBetween(start, end, op, number):
                return f"days from this: {self._means(start)}, to this: {self._means(end)}: {OPS[op]} {number}"
            case t.ShareIs(fact, group, op, percent):
                return f"{self._means(fact)}: percent held from {self._group(group)}, multiplied along the chain: {OPS[op]} {percent}"
            case t.Cascades(fact, group, percent):
                return f"{self._means(fact)}: at least {percent} % held from {self._group(group)}, an owner that is itself so held counted whole"
        raise AssertionError(f"a condition of an unknown kind: {condition}")

    def _means(self, fact: str) -> str:
        """The fact in a few words: what it means, up to the first semicolon."""
        known = self.vocabulary.fact.get(fact)
        if fact in ("day", "kind") or known is None:
            return {"day": "the day of the case", "kind": "the kind of case"}.get(fact, fact)
        return known.means.partition(";")[0]

    def _count(self, fact: str) -> str:
        return self.counts.get(fact) or self._means(fact)

    def _member(self, fact: str, member: str) -> str:
        of = {"data.categories": "categories", "flow.purposes": "purposes", "flow.necessary_for": "necessities"}.get(fact)
        entries = self.vocabulary.vocabularies[of] if of else ()
        means = next((e.means for e in entries if e.id == member), "")
        return f"*{member}*" + (f" ({means})" if means else "")

    def _group(self, group: str) -> str:
        if group.startswith("["):
            names = [p.strip() for p in group.strip("[]").split(",")]
            return _any_of(tuple(words.place_text(self.vocabulary, name.replace("_", "-")) for name in names))
        name = group.partition("#")[0]
        if name.replace("_", "-") in self.vocabulary.place:
            return words.place_text(self.vocabulary, name.replace("_", "-"))
        if name in self.vocabulary.group:
            return f"{name} ({self.vocabulary.group[name].means})"
        return f"the table [{name}](#{name.lower()})"


def _any_of(values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def to_lines(point: Point, depth: int = 0) -> list[str]:
    """A point as a nested Markdown list."""
    lines = [f"{'  ' * depth}- {point.text}"]
    for below in point.below:
        lines += to_lines(below, depth + 1)
    return lines
