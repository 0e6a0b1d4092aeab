"""Answers to questions: what a person types, or a file of answers, to assumptions in a map."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from comity import document as doc
from comity.case import add_unknown_member, place_meant, read_count, read_value
from comity.errors import InputError, Problems, Span
from comity.facts import Fact, Vocabulary
from comity.intake.append import append_items, write_whole
from comity.intake.map import read_map
from comity.intake.measures import TOTAL
from comity.intake.parties import is_unknown

_SKIPPED = ("", "unknown", "skip", "?", "null")
_YES, _NO = ("yes", "y", "true"), ("no", "n", "false")
_EXPECTED = {
    "bool": "answer `yes` or `no`",
    "count": "answer with a number, or `at least 5`, `at most 10`, `5 to 10`",
    "place": "answer with the code or the name of a place: `NL`, `Germany`",
    "places": "answer with codes or names of places: `NL, DE`; `none`; `at least NL` where there may be more",
    "some-of": "answer with names: `a, b`; `only a, b` where there are no others; `none`; `not a`",
    "shares": "answer with percent by place: `CN 50, US 30`",
    "day": "answer with a day, written 2025-10-06",
    "instant": "answer with an instant, written 2025-10-06T12:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question, for which somebody answers.

    Attributes:
        fact: a fact; `fact#member` for one member of a some-of fact, with a yes or no; or a total, `pack/path:name`.
        value: as in YAML, from `parse_answer` or `read_answers`.
        flows: ids of the entries for which it holds; empty: the whole map. A total needs some, and so does a fact that
            the map says to be unknown.
    """

    fact: str
    value: doc.Node
    who: str
    day: dt.date
    why: str
    flows: tuple[str, ...] = ()


# --- to the map


def write_answers(path: str | Path, answers: Iterable[Answer], vocabulary: Vocabulary) -> None:
    """Append answers to `assume:` in the main file of a map; every character that stands there stays.

    Yes and no to several members of one fact become one assumption where all else is the same. The new map is read
    first, with all its files: if it would have a problem, nothing is written.

    Raises:
        InputError: with every problem that the map would have; an answer that contradicts what is assumed is one.
        ComityError: the file cannot be written.
    """
    found = tuple(answers)
    if found:
        raw = doc.read_raw(path, str(path))
        write_whole(Path(path), with_answers(path, raw, found, vocabulary), like=raw)


def with_answers(path: str | Path, raw: bytes, answers: Iterable[Answer], vocabulary: Vocabulary) -> str:
    """What the main file of a map would say with answers in it; nothing is written.

    Args:
        path: the file.
        raw: what stands in it now.
        answers: as for `write_answers`, with the same problems.
        vocabulary: what facts, places, categories and measures there are.

    Raises:
        InputError: with every problem that the map would have.
    """
    found = tuple(answers)
    problems = Problems()
    for answer in found:
        _check_told(answer, problems)
    problems.require_none()
    doc.parse_document(raw, str(path))
    old = raw.decode("utf-8-sig")
    if not found:
        return old
    text = append_items(old, str(path), "assume", _assumptions(found))
    read_map(path, vocabulary, day=found[0].day, texts={Path(path).resolve(): text})
    return text


def _check_told(answer: Answer, problems: Problems) -> None:
    """Somebody answers for an assumption, and says why."""
    span, context = answer.value.span, f"answer on {answer.fact}"
    for key, said in (("who", answer.who), ("why", answer.why)):
        if not said.strip():
            problems.add("missing-value", f"`{key}` has no value", span, context=context)
    if "#" in answer.fact and not _is_bool(answer.value):
        message = f"`{answer.fact}` is a yes or no"
        problems.add("type-clash", message, span, help="write `true` or `false`", context=context)


def _is_bool(node: doc.Node) -> bool:
    return isinstance(node, doc.Scalar) and node.text in ("true", "false")


def _assumptions(answers: Sequence[Answer]) -> list[doc.Node]:
    """The entries of `assume:`; those on members of one fact in one."""
    members: dict[Answer, dict[str, list[str]]] = {}
    order: dict[Answer, doc.Node] = {}
    for answer in answers:
        fact, _, member = answer.fact.partition("#")
        if not member or not isinstance(answer.value, doc.Scalar):
            order[answer] = answer.value
            continue
        # All but the member and the answer itself: what is the same here is one assumption.
        same = replace(answer, fact=fact, value=doc.Scalar("", Span("")))
        said = members.setdefault(same, {"yes": [], "no": []})
        said["yes" if answer.value.text == "true" else "no"].append(member)
        order[same] = _mapping({word: _list(names) for word, names in said.items() if names})
    return [_assumption(answer, value) for answer, value in order.items()]


def _assumption(answer: Answer, value: doc.Node) -> doc.Node:
    pairs: dict[str, doc.Node] = {"fact": _scalar(answer.fact), "value": value}
    if answer.flows:
        pairs["for"] = _list(answer.flows)
    said = {"who": answer.who, "day": answer.day.isoformat(), "why": answer.why}
    return _mapping(pairs | {key: _scalar(text) for key, text in said.items()})


def _scalar(text: str, span: Span | None = None) -> doc.Scalar:
    return doc.Scalar(text, span or Span("answer"))


def _list(texts: Iterable[str], span: Span | None = None) -> doc.Sequence:
    return doc.Sequence(tuple(_scalar(text, span) for text in texts), span or Span("answer"))


def _mapping(pairs: dict[str, doc.Node], span: Span | None = None) -> doc.Mapping:
    return doc.Mapping(tuple((_scalar(key, span), value) for key, value in pairs.items()), span or Span("answer"))


# --- from a file


def read_answers(
    path: str | Path, vocabulary: Vocabulary, *, who: str, day: dt.date, why: str = "", text: str | None = None
) -> tuple[Answer, ...]:
    """Read a file of answers, YAML or JSON: a list of `{fact, value, for, why}`.

    A value that is `unknown` or null is no answer and is left out.

    Args:
        path: the file, or its name for people.
        vocabulary: the facts that can be asked for.
        who: who answers.
        day: on which day.
        why: the reason of those that give none themselves; empty: each needs one.
        text: what the file says, where it is not to be read itself.

    Raises:
        InputError: with every problem of the file.
    """
    problems = Problems()
    raw = doc.read_raw(path, str(path)) if text is None else text
    root = doc.parse_document(raw, str(path), problems=problems)
    if not isinstance(root, doc.Sequence):
        problems.add("type-clash", "a file of answers is a list", root.span, help="write `- {fact: ..., value: ...}`")
        problems.stop()
    found: list[Answer] = []
    for node in root.items:
        optional = ("for", "why") if why else ("for",)
        required = ("fact", "value") if why else ("fact", "value", "why")
        f = doc.to_fields(node, problems, what="an answer", required=required, optional=optional)
        f.context = f"answer on {f.text('fact')}"
        flows = tuple(dict.fromkeys(s.text for s in f.texts("for")))
        value = f.node("value")
        if not f.has("fact") or value is None or is_unknown(value) or _is_null(value):
            continue
        _check_value(value, f.text("fact"), f.span_of("fact"), vocabulary, problems)
        found.append(Answer(f.text("fact"), value, who, day, f.text("why", why), flows))
    problems.require_none()
    return tuple(found)


def _is_null(node: doc.Node) -> bool:
    return isinstance(node, doc.Scalar) and node.text in ("null", "~") and not node.quoted


def _check_value(node: doc.Node, name: str, where: Span, vocabulary: Vocabulary, problems: Problems) -> None:
    """Note what is wrong with the value of a question, or that there is no such question."""
    fact = _asked(name, where, vocabulary, problems)
    if TOTAL.fullmatch(name):
        read_count(node, problems, context=name)
    elif fact is not None:
        read_value(node, fact, vocabulary, problems)


def _asked(name: str, where: Span, vocabulary: Vocabulary, problems: Problems) -> Fact | None:
    """The fact of a question; of one member it is a yes or no. None for a total, and where there is none."""
    base, _, member = name.partition("#")
    fact = vocabulary.fact.get(base)
    if TOTAL.fullmatch(name):
        return None
    if fact is None or base in ("kind", "day"):
        known = [n for n in vocabulary.fact if n not in ("kind", "day")]
        problems.add_unknown("unknown-fact", "fact", base, known, where)
        return None
    if not member:
        return fact
    known = sorted(vocabulary.members.get(base, ()))
    if member not in known:
        add_unknown_member(problems, base, member, known, where)
        return None
    return replace(fact, id=name, type="bool")


# --- from a prompt


def parse_answer(text: str, fact: str, vocabulary: Vocabulary) -> doc.Node | None:
    """What a person types as the answer to a question, as it stands in YAML; None: no answer.

    Args:
        text: `yes`, `12 000`, `at least 5`, `NL`, `Germany, France`, `none`, a value of the fact, a day; or YAML, such
            as `{only: [contact]}`. Empty, `?`, `skip` and `unknown` are no answer.
        fact: the fact, `fact#member` or total that is asked for.
        vocabulary: what there is.

    Raises:
        InputError: with one problem, whose help says what is expected.
    """
    text = " ".join(text.split())
    if text.lower() in _SKIPPED:
        return None
    span = Span("answer", 1, 1, len(text), text)
    problems = Problems()
    asked = _asked(fact, span, vocabulary, problems)
    problems.require_none()
    type_ = asked.type if asked else "count"
    node = doc.parse_document(text, "answer") if text[0] in "[{" else _READ[type_](text, span, vocabulary)
    if asked is None:
        read_count(node, problems, context=fact)
    else:
        read_value(node, asked, vocabulary, problems)
    if problems.found:
        first = problems.found[0]
        expected = _EXPECTED.get(type_) or "answer with one of " + ", ".join(asked.of if asked else ())
        raise InputError([replace(first, help=first.help if "did you mean" in first.help else expected, context=fact)])
    return node


def _bool(text: str, span: Span, _: Vocabulary) -> doc.Node:
    word = text.lower().rstrip(".")
    return _scalar("true" if word in _YES else "false" if word in _NO else text, span)


_RANGES = (
    (re.compile(r"(?:at least|>=|≥) ?(.+)"), 0, None),
    (re.compile(r"(?:more than|over|>) ?(.+)"), 1, None),
    (re.compile(r"(?:at most|up to|<=|≤) ?(.+)"), None, 0),
    (re.compile(r"(?:less than|fewer than|under|<) ?(.+)"), None, -1),
    (re.compile(r"(?:between |from )?(.+?) ?(?: to |-|–| and ) ?(.+)"), 0, 0),
)


def _count(text: str, span: Span, _: Vocabulary) -> doc.Node:
    """A number, with the blanks and commas of thousands, or a range of them."""
    word = text.lower()
    if _number(word) is not None:
        return _scalar(str(_number(word)), span)
    for pattern, low, high in _RANGES:
        match = pattern.fullmatch(word)
        ends = [_number(part) for part in match.groups()] if match else [None]
        if None in ends:
            continue
        known = [n for n in ends if n is not None]
        pairs: dict[str, doc.Node] = {}
        if low is not None:
            pairs["at-least"] = _scalar(str(known[0] + low), span)
        if high is not None:
            pairs["at-most"] = _scalar(str(max(0, known[-1] + high)), span)
        return _mapping(pairs, span)
    return _scalar(text, span)


def _number(text: str) -> int | None:
    if re.fullmatch(r"[0-9]{1,3}([, _'’][0-9]{3})+", text):
        text = re.sub(r"[^0-9]", "", text)
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None


def _place(text: str, span: Span, vocabulary: Vocabulary) -> doc.Node:
    """A place by its code in any case, or by its name."""
    code = text.upper()
    meant = code if code in vocabulary.place else place_meant(text, vocabulary)
    return _scalar(meant or text, span)


def _places(text: str, span: Span, vocabulary: Vocabulary) -> doc.Node:
    word = text.lower()
    if word in ("none", "nowhere"):
        return _list((), span)
    rest = re.sub(r"^at least ", "", text, flags=re.IGNORECASE)
    whole = _place(rest, span, vocabulary)  # `Bosnia and Herzegovina` is one place
    is_one = isinstance(whole, doc.Scalar) and whole.text in vocabulary.place
    items = (whole,) if is_one else tuple(_place(part, span, vocabulary) for part in _parts(rest))
    listed = doc.Sequence(items, span)
    return listed if rest == text else _mapping({"at-least": listed}, span)


def _parts(text: str) -> list[str]:
    return [part for part in (p.strip() for p in re.split(r"[,;]", text)) if part]


def _one_of(text: str, span: Span, _: Vocabulary) -> doc.Node:
    return _scalar(text.lower().replace(" ", "-"), span)


def _some_of(text: str, span: Span, _: Vocabulary) -> doc.Node:
    word = text.lower()
    if word in ("none", "nothing"):
        return _mapping({"only": _list((), span)}, span)
    head, _sep, rest = word.partition(" ")
    key = {"only": "only", "not": "no"}.get(head.rstrip(":"))
    names = _list((part.replace(" ", "-") for part in _parts(rest if key else word)), span)
    return _mapping({key: names}, span) if key else names


def _shares(text: str, span: Span, vocabulary: Vocabulary) -> doc.Node:
    pairs: list[tuple[doc.Scalar, doc.Node]] = []
    for part in _parts(text):
        match = re.fullmatch(r"(.+?):? ([0-9]+) ?%?|([0-9]+) ?%? (.+)", part)
        name, percent = (match.group(1) or match.group(4), match.group(2) or match.group(3)) if match else (part, "100")
        where = _place(name, span, vocabulary)
        pairs += [(where, _scalar(percent, span))] if isinstance(where, doc.Scalar) else []
    return doc.Mapping(tuple(pairs), span)


def _as_it_is(text: str, span: Span, _: Vocabulary) -> doc.Node:
    return _scalar(text, span)


_READ: dict[str, Callable[[str, Span, Vocabulary], doc.Node]] = {
    "bool": _bool,
    "count": _count,
    "place": _place,
    "places": _places,
    "one-of": _one_of,
    "some-of": _some_of,
    "shares": _shares,
    "day": _as_it_is,
    "instant": _as_it_is,
}
