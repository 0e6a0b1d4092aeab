"""Conditions in plain words, as nested points, for those who read law and do not program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from comity.condition import tree as t
from comity.errors import UnsupportedError
from comity.facts import Vocabulary
from comity.report import words

OPS = {"==": "exactly", "!=": "not", "<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}
DAY_OPS = {"==": "on", "!=": "not on", "<": "before", "<=": "on or before", ">": "after", ">=": "on or after"}
NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_LIST = {
    "data.categories": "the data hold",
    "flow.purposes": "among the purposes is",
    "flow.necessary_for": "it is necessary for",
}


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
        if isinstance(part, t.And | t.Or):
            head = "not all of these hold:" if isinstance(part, t.And) else "none of these holds:"
            return Point(head, tuple(self.point(p) for p in self._by_terms(part)))
        if isinstance(part, t.AnyPlace | t.AllPlaces):
            return Point("it is not so that:", (self._each(part),))
        if isinstance(part, t.CountIs | t.DayIs):
            return Point(self._atom(replace(part, op=NEGATED[part.op])))
        return Point(self._not_atom(part))

    def _not_atom(self, part: t.Condition) -> str:
        match part:
            case t.InGroup(fact, group):
                return f"{self._means(fact)}: not in {self._group(group)}"
            case t.OneOf(fact, values):
                return f"{self._means(fact)}: not {_any_of(values)}"
            case t.BoundIn(group):
                return f"it is not in {self._group(group)}"
        return f"not so: {self._atom(part)}"

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
        means, group = self._means, self._group
        match condition:
            case t.Const(value):
                text = "always" if value else "never"
            case t.IsTrue(fact):
                text = means(fact)
            case t.CountIs(fact, op, number):
                text = f"{self._count(fact)}: {OPS[op]} {number:,}"
            case t.CountsAre(left, op, right):
                text = f"{self._count(left)}: {OPS[op]} this: {self._count(right)}"
            case t.OneOf(fact, values):
                text = f"{means(fact)}: {_any_of(values)}"
            case t.Has(fact, member):
                text = f"{_LIST.get(fact, means(fact) + ':')} {self._member(fact, member)}"
            case t.InGroup(fact, of):
                text = f"{means(fact)}: in {group(of)}"
            case t.SamePlace(left, right):
                text = f"{means(left)}: the same place as this: {means(right)}"
            case t.InPlaces(fact, places):
                text = f"{means(fact)}: among these: {means(places)}"
            case t.BoundIn(of):
                text = f"it is in {group(of)}"
            case t.DayIs(fact, op, day):
                text = f"{means(fact)}: {DAY_OPS[op]} {day}"
            case t.DaysBetween(start, end, op, number):
                text = f"days from this: {means(start)}, to this: {means(end)}: {OPS[op]} {number}"
            case t.ShareIs(fact, of, op, percent):
                held = f"percent held from {group(of)}, multiplied along the chain"
                text = f"{means(fact)}: {held}: {OPS[op]} {percent}"
            case t.Cascades(fact, of, percent):
                held = f"at least {percent} % held from {group(of)}"
                text = f"{means(fact)}: {held}, an owner that is itself so held counted whole"
            case _:
                raise UnsupportedError(f"no words for a condition of the kind {type(condition).__name__}")
        return text

    def _means(self, fact: str) -> str:
        """The fact in a few words: what it means, up to the first semicolon."""
        known = self.vocabulary.fact.get(fact)
        if fact in ("day", "kind") or known is None:
            return {"day": "the day of the case", "kind": "the kind of case"}.get(fact, fact)
        return known.means.partition(";")[0]

    def _count(self, fact: str) -> str:
        return self.counts.get(fact) or self._means(fact)

    def _member(self, fact: str, member: str) -> str:
        of = {"data.categories": "categories", "flow.purposes": "purposes", "flow.necessary_for": "necessities"}.get(
            fact
        )
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
