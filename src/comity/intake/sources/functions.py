"""Functions of Terraform that need nothing but their arguments: none reads a file, asks a clock or draws a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from comity.intake.sources.resource import Linked, Open

MAX_TEXT = 20_000
MAX_VALUES = 10_000  # within one value: lists that share their members may stand for more than any memory holds

_VERB = re.compile(r"%(%|0?\d{0,2}[sdv])")


def plain(value: object) -> object:
    """A value without the resources from which it comes."""
    return value.value if isinstance(value, Linked) else value


def refs_of(value: object) -> tuple[str, ...]:
    """The resources from which a value comes."""
    return value.refs if isinstance(value, Linked | Open) else ()


def kept(value: object) -> object:
    """The value itself; open where it is too large to be handled."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else Open(why="a text that is too long")
    if isinstance(value, Linked):
        return value if isinstance(kept(value.value), str) else Open(value.refs, "a text that is too long")
    if type(value) in (dict, tuple) and _is_large(value):
        return Open(why="a list that is too long")
    return value


def _is_large(value: object) -> bool:
    left, n = [value], 0
    while left:
        inner = left.pop()
        members: Iterable[object] = inner.values() if type(inner) is dict else inner if type(inner) is tuple else ()
        left += members
        n += 1
        if n + len(left) > MAX_VALUES:
            return True
    return False


def _strings(values: object) -> list[str]:
    """The members of a list, all of which must be told.

    Raises:
        TypeError: they are not.
    """
    found = [plain(v) for v in values] if isinstance(values, tuple) else None
    if found is None or not all(isinstance(v, str | int | float) for v in found):
        raise TypeError
    return [str(v) for v in found]


def _unique(values: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(v for i, v in enumerate(values) if v not in values[:i]) if len(values) <= 1000 else _refuse()


def _refuse() -> tuple[object, ...]:
    raise ValueError


def _set(values: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(sorted(set(_strings(values))))


def _concat(*lists: tuple[object, ...]) -> tuple[object, ...]:
    if not all(isinstance(each, tuple) for each in lists):
        raise TypeError
    return tuple(v for each in lists for v in each)


def _merge(*maps: Mapping[str, object] | None) -> dict[str, object]:
    found: dict[str, object] = {}
    for each in maps:
        found.update(each or {})
    return found


def _flatten(values: tuple[object, ...]) -> tuple[object, ...]:
    found: list[object] = []
    for value in values:
        found += _flatten(value) if isinstance(value, tuple) else [value]
        if len(found) > MAX_VALUES:
            raise ValueError
    return tuple(found)


def _lookup(map_: Mapping[str, object], key: str, *default: object) -> object:
    if key in map_:
        return map_[key]
    return default[0] if default else Open(why=f"there is no `{str(key)[:40]}`")


def _element(values: tuple[object, ...], i: int) -> object:
    return values[i % len(values)] if values else Open(why="an element of nothing")


def _format(form: str, *arguments: object) -> str:
    left = list(arguments)

    def one(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        value = left.pop(0)
        if not isinstance(value, str | int | float):
            raise TypeError
        text = str(value).lower() if isinstance(value, bool) else str(value)
        width = match[1][:-1]
        return text.rjust(int(width or 0), "0" if width.startswith("0") else " ")

    if "%" in _VERB.sub("", form):
        raise ValueError
    return _VERB.sub(one, form)


def _one(values: tuple[object, ...]) -> object:
    if len(values) > 1:
        raise ValueError
    return values[0] if values else None


def _replace(text: str, old: str, new: str) -> str:
    if re.fullmatch(r"/.*/", old, re.S) or len(text) * (len(new) + 1) > 1_000_000:
        raise ValueError  # a regular expression of a stranger may take for ever
    return text.replace(old, new)


def _contains(values: tuple[object, ...], value: object) -> bool:
    found = [plain(v) for v in values]
    if value not in found and any(isinstance(v, Open) for v in found):
        raise ValueError
    return value in found


def _length(value: object) -> int:
    if not isinstance(value, str | tuple | Mapping):
        raise TypeError
    return len(value)


def _join(separator: str, *lists: tuple[object, ...]) -> str:
    words = [word for each in lists for word in _strings(each)]
    if len(separator) * len(words) + sum(map(len, words)) > 1_000_000:
        raise ValueError
    return separator.join(words)


def _split(separator: str, text: str) -> tuple[str, ...]:
    return tuple(text.split(separator)) if separator else tuple(text)


def _secret(value: object) -> Open:
    del value
    return Open(why="it is marked as sensitive")


def _number(value: Any) -> object:
    return int(value) if re.fullmatch(r"-?\d{1,18}", str(value)) else float(value)


FUNCTIONS: dict[str, Callable[..., object]] = {
    "coalescelist": lambda *lists: next(each for each in lists if each),
    "compact": lambda values: tuple(v for v in values if plain(v) not in ("", None)),
    "concat": _concat,
    "contains": _contains,
    "distinct": _unique,
    "element": _element,
    "flatten": _flatten,
    "format": _format,
    "join": _join,
    "keys": lambda map_: tuple(sorted(map_.keys())),
    "length": _length,
    "lookup": _lookup,
    "lower": lambda text: text.lower(),
    "merge": _merge,
    "nonsensitive": _secret,
    "one": _one,
    "replace": _replace,
    "sensitive": _secret,
    "slice": lambda values, first, last: values[first:last],
    "sort": lambda values: tuple(sorted(_strings(values))),
    "split": _split,
    "title": lambda text: re.sub(r"\b[a-z]", lambda m: m[0].upper(), text),
    "tobool": lambda value: {"true": True, "false": False}[str(value).lower()],
    "tolist": _concat,
    "tomap": dict,
    "tonumber": _number,
    "toset": _set,
    "tostring": lambda value: str(value).lower() if isinstance(value, bool) else str(value),
    "trimprefix": lambda text, prefix: text.removeprefix(prefix),
    "trimspace": lambda text: text.strip(),
    "trimsuffix": lambda text, suffix: text.removesuffix(suffix),
    "upper": lambda text: text.upper(),
    "values": lambda map_: tuple(map_[key] for key in sorted(map_)),
    "zipmap": lambda keys, values: dict(zip(_strings(keys), values, strict=True)),
}
