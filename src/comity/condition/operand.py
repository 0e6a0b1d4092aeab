"""What stands between names and conditions while a condition is typed: values, groups, calls still to be compared."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from comity.condition import tree as t
from comity.errors import Span

FLIP = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
# Any: the caller has found both sides to be of one type.
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


# What messages call a type, where its own name is no plain word.
WORDS = {
    "bound": "place at hand",
    "days": "number of days",
    "one-of": "name",
    "places": "set of places",
    "share": "percent",
    "shares": "set of owners",
    "some-of": "set",
}


@dataclass(frozen=True)
class Operand:
    """A typed operand that is not itself a condition.

    Attributes:
        type: a fact's: count, place, places, one-of, some-of, shares, day; a literal's: number, text, date, list; or
            group, bound (the place at hand in a quantifier), days and share (calls that are compared).
        fact: the fact or total; of `days` the start, of `group` its name.
        other: of `days` the end, of `share` the group.
    """

    type: str
    fact: str = ""
    other: str = ""
    value: int | str | dt.date = ""
    items: tuple[Typed, ...] = ()
    span: Span = field(default=Span(""), compare=False)

    @property
    def word(self) -> str:
        """What messages call the type."""
        return WORDS.get(self.type, self.type)

    @property
    def number(self) -> int:
        """The value of a literal number; the caller has matched the type."""
        return self.value if isinstance(self.value, int) else 0


Typed = t.Condition | Operand | None


def is_type(found: Typed, kind: str) -> bool:
    """Whether something typed is an operand of a type."""
    return isinstance(found, Operand) and found.type == kind


def is_plain(found: Typed) -> bool:
    """Whether a value is known as it stands."""
    if isinstance(found, Operand) and found.type == "list":
        return all(is_plain(i) for i in found.items)
    return isinstance(found, t.Const) or (isinstance(found, Operand) and found.type in ("number", "text", "date"))


def fold(found: Typed) -> object:
    """The value of a plain operand; members of lists with their type, since in Python `1 == True`."""
    if isinstance(found, Operand):
        is_list = found.type == "list"
        return [(type(v := fold(i)).__name__, v) for i in found.items] if is_list else found.value
    return found.value if isinstance(found, t.Const) else None
