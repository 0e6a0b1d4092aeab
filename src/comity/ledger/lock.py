"""The lock of a map, `comity.lock`: the verdict of each entry and the packs it was found under, for git to merge.

The file is YAML of one fixed form, a line for each pack and entry. Each of these carries a seal over its own text: that
keeps nobody from forging it, and shows what was changed by hand.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from comity import document as doc
from comity.case import Case, Flow
from comity.decide.check import ORDER, Check, FlowDecision
from comity.decide.decision import Decision
from comity.errors import InputError, Problem, Problems, Span
from comity.facts import Members, Value, Vocabulary
from comity.pack.codec import encode
from comity.pack.program import Pack, Program

FORMAT = "lock/1"
# To be raised by whoever changes what a case means or how it is decided: a verdict may then be another one under the
# same law, the same map and on the same day.
SEMANTICS = 1

_HEAD = """\
# Written by `comity check --relock`, which settles a merge conflict too. Do not edit it by hand.
format: {format}
map: {map}
semantics: {semantics}
vocabulary: {vocabulary}
packs:
"""
_END = f"end: {FORMAT}"
_AGAIN = "`comity check --relock` writes it anew"
_FORM = re.compile(r"format: *[\"']?(?P<format>[^\"'\s]*)")
_MARK = re.compile(r"(<{7}|\|{7}|={7}|>{7})( |$)")
_PLAIN = re.compile(r"(?P<key>map|semantics|vocabulary): (?P<value>.+)")
_PACK = re.compile(r"  (?P<id>[a-z0-9/-]+): \{digest: (?P<digest>[0-9a-f]{32}), seal: (?P<seal>[0-9a-f]{8})\}")
_ENTRY = re.compile(
    rf"  (?P<id>[a-z0-9]+(?:[._-][a-z0-9]+)*): \{{verdict: (?P<verdict>{'|'.join(ORDER)}), "
    r"day: (?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}), case: (?P<case>[0-9a-f]{32})"
    r"(?:, counts: (?P<counts>[0-9a-f]{32}))?, seal: (?P<seal>[0-9a-f]{8})\}"
)


@dataclass(frozen=True, slots=True)
class Locked:
    """An entry as it is locked.

    Attributes:
        day: on which it had this verdict.
        case: digest of what the map said of it on that day.
        counts: digest of the totals of the packs that reach it; empty: none of them counts.
    """

    verdict: str
    day: dt.date
    case: str
    counts: str = ""


@dataclass(frozen=True)
class Lock:
    """The verdicts of a map. `packs`: digest by pack; `entries`: by id."""

    map: str
    semantics: int
    vocabulary: str
    packs: Mapping[str, str]
    entries: Mapping[str, Locked]


# --- digests


def _digest(thing: object) -> str:
    text = json.dumps(thing, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def vocabulary_digest(program: Program) -> str:
    """A digest of what facts, places, groups and measures there are."""
    return _digest(encode(program.vocabulary))


def pack_digests(program: Program) -> dict[str, str]:
    """A digest by pack of all that a verdict can turn on. Its prose and its sources are not in it."""
    return {pack.id: _digest(list(_decisive(pack))) for pack in program.packs}


def _decisive(pack: Pack) -> Iterator[object]:
    yield [encode(getattr(pack, name)) for name in ("id", "binding", "places", "read_day", "stale_after", "counts_for")]
    yield [encode(getattr(pack, name)) for name in ("covers", "scope", "totals", "groups")]
    names = ("id", "effect", "kinds", "when", "needs", "excuses", "measure", "first_day", "last_day")
    for clause in pack.clauses:
        yield [encode(getattr(clause, name)) for name in names]


class Digests:
    """Digests of what a map says of its entries. Equal values, which are many, are written once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._members = vocabulary.members
        self._written: dict[tuple[str, Value], str] = {}

    def case(self, flow: Flow, day: dt.date) -> str:
        """What the map says of an entry as it is read for a day; totals that follow from others are not in it."""
        return _digest([self._case(case, day) for case in flow.cases])

    def _case(self, case: Case, day: dt.date) -> list[object]:
        return [
            case.id,
            case.kind,
            "" if case.day == day else case.day.isoformat(),  # most are judged on the day of the question
            [[name, self._value(name, value)] for name, value in sorted(case.facts.items())],
            sorted(case.unknown),
            dict(case.measures),
            {name: encode(count) for name, count in case.totals.items()},
            dict(case.opinions),
        ]

    def _value(self, fact: str, value: Value) -> str:
        key = (fact, value)
        if key not in self._written:
            self._written[key] = json.dumps(self._plain(fact, value), sort_keys=True)
        return self._written[key]

    def _plain(self, fact: str, value: Value) -> object:
        """A value without the members that nobody spoke of: a new word in the vocabulary changes no map."""
        if not isinstance(value, Members):
            return encode(value)
        no = self._members[fact] - value.yes - value.open
        return ["only" if not value.open else "some", sorted(value.yes), sorted(no) if value.open else []]

    @staticmethod
    def counts(program: Program, flow: Flow, decisions: Iterable[Decision]) -> str:
        """The totals of an entry in those packs that reach it; empty where none of them counts."""
        reaching = {p.pack for d in decisions for p in d.packs if p.outcome != "not-covered"}
        counting = {total.id for pack in program.packs if pack.id in reaching for total in pack.totals}
        if not counting:
            return ""
        found = [sorted((n, encode(c)) for n, c in case.totals.items() if n in counting) for case in flow.cases]
        return _digest(found)


def lock_of(check: Check) -> Lock:
    """The lock of a decided map."""
    digests, bare = Digests(check.program.vocabulary), {flow.id: flow for flow in check.map.flows}
    return Lock(
        map=check.map.name,
        semantics=SEMANTICS,
        vocabulary=vocabulary_digest(check.program),
        packs=pack_digests(check.program),
        entries={f.flow.id: locked(check, f, bare[f.flow.id], digests) for f in check.flows},
    )


def locked(check: Check, found: FlowDecision, bare: Flow, digests: Digests) -> Locked:
    """One entry of a decided map, as it is locked; `bare` is the entry without the totals that were summed."""
    counts = digests.counts(check.program, found.flow, found.decisions)
    return Locked(found.verdict, check.map.day, digests.case(bare, check.map.day), counts)


# --- writing


def lock_to_text(lock: Lock) -> str:
    """The text of a lock: sorted, one line for each pack and entry."""
    head = _HEAD.format(
        format=FORMAT,
        map=json.dumps(lock.map, ensure_ascii=False),
        semantics=lock.semantics,
        vocabulary=lock.vocabulary,
    )
    lines = [f"  {id_}: {{{_pack_body(id_, digest)}}}" for id_, digest in sorted(lock.packs.items())]
    lines.append("entries:")
    lines += [f"  {id_}: {{{_entry_body(id_, entry)}}}" for id_, entry in sorted(lock.entries.items())]
    return head + "\n".join([*lines, _END]) + "\n"


def _pack_body(id_: str, digest: str) -> str:
    return _sealed(id_, f"digest: {digest}")


def _entry_body(id_: str, entry: Locked) -> str:
    counts = f", counts: {entry.counts}" if entry.counts else ""
    return _sealed(id_, f"verdict: {entry.verdict}, day: {entry.day}, case: {entry.case}{counts}")


def _sealed(id_: str, body: str) -> str:
    return f"{body}, seal: {hashlib.sha256(f'{id_}: {body}'.encode()).hexdigest()[:8]}"


# --- reading


def is_lock(path: Path) -> bool:
    """Whether a file is a lock of some version, however broken, or empty: nothing is lost where it is written anew."""
    text = doc.read_raw(path, str(path)).decode("utf-8", "replace")
    return not text.strip() or any(line.startswith("format: lock/") for line in text.splitlines()[:10])


def read_lock(path: Path, *, of: str | None = None) -> Lock:
    """Read a lock.

    Args:
        path: the file.
        of: the name of the map that it has to be the lock of; None: of any.

    Raises:
        InputError: with every problem: another version, cut short, of another map, edited by hand, merged halfway.
    """
    name = str(path)
    raw = doc.read_raw(path, name)
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        span = Span(name, raw.count(b"\n", 0, error.start) + 1, 1)
        raise InputError([Problem("not-utf-8", "the lock is no UTF-8", span, help=_AGAIN)]) from None
    problems = Problems()
    _check_form(lines, name, problems)
    reader = _Reader(name, problems)
    for number, line in enumerate(lines, 1):
        reader.take(number, line)
    reader.finish(lines)
    problems.require_none()
    if of is not None and reader.lock().map != of:
        message = f"this is the lock of the map `{reader.lock().map}`, not of `{of}`"
        help_ = "name the lock of this map with `--lock`; where the map has got another name: " + _AGAIN
        raise InputError([Problem("lock-of-another-map", message, reader.span_of_map, help=help_)])
    return reader.lock()


def _check_form(lines: list[str], name: str, problems: Problems) -> None:
    """Stop where this is no lock, one of another version, or one that git left half merged."""
    for number, line in enumerate(lines, 1):
        if _MARK.match(line) and line[0] == "<":
            help_ = f"take either side and lock again: {_AGAIN}"
            problems.add("merge-conflict", "git left a conflict here", _span(name, number, line), help=help_)
    problems.require_none()
    found = next(((n, line, m) for n, line in enumerate(lines, 1) if (m := _FORM.match(line))), None)
    if found is None:
        if any(line.strip() for line in lines):
            message, help_ = f"this is no lock: it has no line `format: {FORMAT}`", "name the lock with `--lock`"
        else:
            message, help_ = "this is no lock: the file is empty", _AGAIN
        problems.add("lock-version", message, Span(name), help=help_)
    elif found[2]["format"] != FORMAT:
        span = _span(name, found[0], found[1])
        message = f"`{found[2]['format']}` is no version of a lock that this Comity reads, which is `{FORMAT}`"
        problems.add("lock-version", message, span, help=f"use the version of Comity that wrote it, or: {_AGAIN}")
    problems.require_none()


def _span(name: str, number: int, line: str) -> Span:
    start = len(line) - len(line.lstrip())
    return Span(name, number, start + 1, max(1, len(line) - start), line)


class _Reader:
    """Takes the lines of a lock one by one."""

    def __init__(self, name: str, problems: Problems) -> None:
        self.name = name
        self.problems = problems
        self.span_of_map = Span(name)
        self._plain: dict[str, str] = {}
        self._packs: dict[str, str] = {}
        self._entries: dict[str, Locked] = {}
        self._seen: dict[tuple[str, str], int] = {}
        self._section = ""
        self._is_over = False

    def lock(self) -> Lock:
        """What was read."""
        semantics = int(self._plain["semantics"])
        return Lock(json.loads(self._plain["map"]), semantics, self._plain["vocabulary"], self._packs, self._entries)

    def take(self, number: int, line: str) -> None:
        """Take one line."""
        if not line.strip() or line.startswith("#") or _FORM.match(line):
            return
        self._is_over = line == _END
        if self._is_over:
            return
        if line in ("packs:", "entries:"):
            self._section = line[:-1]
        elif (plain := _PLAIN.fullmatch(line)) and _is_plain(plain["key"], plain["value"]):
            self._plain[plain["key"]] = plain["value"]
            if plain["key"] == "map":
                self.span_of_map = _span(self.name, number, line)
        elif self._section == "packs" and (pack := _PACK.fullmatch(line)):
            self._packs[pack["id"]] = pack["digest"]
            self._check(number, line, pack["id"], _pack_body(pack["id"], pack["digest"]))
        elif self._section == "entries" and (entry := _ENTRY.fullmatch(line)):
            self._entry(number, line, entry)
        else:
            self._wrong(number, line, "this is no line of a lock")

    def _entry(self, number: int, line: str, found: re.Match[str]) -> None:
        try:
            day = dt.date.fromisoformat(found["day"])
        except ValueError:
            self._wrong(number, line, f"`{found['day']}` is no day of the calendar")
            return
        entry = Locked(found["verdict"], day, found["case"], found["counts"] or "")
        self._entries[found["id"]] = entry
        self._check(number, line, found["id"], _entry_body(found["id"], entry))

    def _check(self, number: int, line: str, id_: str, body: str) -> None:
        first = self._seen.setdefault((self._section, id_), number)
        if first != number:
            self._wrong(number, line, f"`{id_}` is locked twice, first in line {first}")
        elif line != f"  {id_}: {{{body}}}":
            self._wrong(number, line, f"the line of `{id_}` was changed after it was written")

    def _wrong(self, number: int, line: str, message: str) -> None:
        self.problems.add("lock-edited", message, _span(self.name, number, line), help=_AGAIN)

    def finish(self, lines: list[str]) -> None:
        """See to it that the lock is whole."""
        missing = [key for key in ("map", "semantics", "vocabulary") if key not in self._plain]
        if not self._is_over:
            last = next((n for n in range(len(lines), 0, -1) if lines[n - 1].strip()), 1)
            # A line that was cut through is told once, as the end of what is there.
            cut = [p for p in self.problems.found if p.span.line == last]
            self.problems.found = [p for p in self.problems.found if p not in cut]
            span = _span(self.name, last, lines[last - 1])
            self.problems.add("lock-cut-short", f"the lock ends before its last line, `{_END}`", span, help=_AGAIN)
        elif missing:
            message = f"the lock has no line `{missing[0]}:`"
            self.problems.add("lock-edited", message, Span(self.name), help=_AGAIN)


def _is_plain(key: str, value: str) -> bool:
    """Whether a line of the head has a value of the right form."""
    if key == "map":
        try:
            return isinstance(json.loads(value), str)
        except ValueError:
            return False
    return re.fullmatch("[0-9]{1,6}" if key == "semantics" else "[0-9a-f]{32}", value) is not None


def with_entries(lock: Lock, entries: Mapping[str, Locked]) -> Lock:
    """The lock with other lines for some of its entries."""
    return replace(lock, entries={**lock.entries, **entries})
