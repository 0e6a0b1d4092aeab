"""Changing keys of entries in a YAML file whose every other character stays: comments, quotes, ends of lines."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from comity import document as doc
from comity.document import Stretch
from comity.errors import InputError, Problem, Problems, Span
from comity.intake.append import WIDTH, Edit, Plain, Style, double_quoted, edited, plain
from comity.intake.found import Told

Values = Mapping[str, doc.Node | None]
Change = tuple[str, str, Values]  # section, id of the entry, what its keys shall be; None takes the key out

_LINE_END = re.compile(r"\r\n|\n|\r")
_COMMA = re.compile(r"(?:[^#,]|#[^\r\n]*+)*+,")  # the first one outside of comments
_COLON = re.compile(r"[ \t]*:")
_BLANKS = re.compile(r"[ \t]*")
_REST = re.compile(r"[ \t]*(#[^\r\n]*)?(?=[\r\n]|\Z)")  # nothing more in the line, or a comment
_COMMENT = re.compile(r"(?:\r\n|\n|\r)([ \t]*)#[^\r\n]*")
_KEPT_BLOCK = re.compile(r"[|>][0-9]*\+")  # a text whose blank lines at the end are a part of it


def set_values(text: str, name: str, section: str, id_: str, values: Values) -> str:
    """The text of a YAML file in which keys of one entry have other values; as `set_all`, for a single change."""
    return set_all(text, name, [(section, id_, values)])


def set_all(text: str, name: str, changes: Sequence[Change]) -> str:
    """The text of a YAML file in which keys of entries have other values, and every other character is as it was.

    A key that is there is changed where it stands, within lists and mappings as far as old and new are alike; a new one
    comes after the last key, in the way the entry is written. What is taken out goes with its line; a comment beside it
    stays. Only comments inside of a value that is written anew go with it. The time it takes grows with the file alone.

    Args:
        text: the file, a mapping with lists of entries that have an `id`.
        name: the file, as problems show it.
        changes: section, id and new values. Several for one entry hold together; of one key the last wins.

    Raises:
        InputError: there is no such entry in the file, or it is written in a way that this cannot change. What is given
            back has been read again: it says the new values, and else what it said before.
    """
    # A last line without an end may get one; of a text with `|` that is a part.
    root = doc.parse_document(text if text.endswith(("\n", "\r")) else f"{text}\n", name)
    if not isinstance(root, doc.Mapping):
        raise InputError([Problem("type-clash", "a mapping is expected here", root.span)])
    whole, _ = doc.stretches(text)
    found = _entries(root, whole)
    wanted = _joined(changes, found, root)
    is_json = whole.is_bracketed and text[whole.start + 1 : whole.end].lstrip()[:1] == '"'
    style = Style("\r\n" if "\r\n" in text else "\n", is_json)
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    edits: list[Edit] = []
    for key in sorted(wanted, key=lambda key: found[key].at.start):
        writer = _Writer(text, style, starts)
        writer.mapping(found[key].node, found[key].at, wanted[key])
        edits += _apart(writer.edits)
    if not edits:
        return text
    new = edited(text, edits)
    _require_said(new, root, found, wanted)
    return new


def to_node(told: Told | Plain) -> doc.Node:
    """A value as a node that can be written into a map."""
    span = Span("")
    if isinstance(told, Mapping):
        return doc.Mapping(tuple((doc.Scalar(key, span), to_node(value)) for key, value in told.items()), span)
    if isinstance(told, tuple | list):
        return doc.Sequence(tuple(to_node(item) for item in told), span)
    return doc.Scalar(str(told).lower() if isinstance(told, bool) else str(told), span)


# --- which entries


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of a file: its number in its section, and where it is written."""

    number: int
    node: doc.Mapping
    at: Stretch


_Key = tuple[str, str]  # section and id


def _entries(root: doc.Mapping, whole: Stretch) -> dict[_Key, _Entry]:
    """Every entry that has an id; of two with the same one the first."""
    found: dict[_Key, _Entry] = {}
    for n, (key, section) in enumerate(root.pairs):
        items = section.items if isinstance(section, doc.Sequence) else ()
        for number, item in enumerate(items):
            id_ = item.get("id") if isinstance(item, doc.Mapping) else None
            if isinstance(item, doc.Mapping) and isinstance(id_, doc.Scalar):
                entry = _Entry(number, item, whole.parts[2 * n + 1].parts[number])
                found.setdefault((key.text, id_.text), entry)
    return found


def _joined(
    changes: Iterable[Change], found: Mapping[_Key, _Entry], root: doc.Mapping
) -> dict[_Key, dict[str, doc.Node | None]]:
    """What shall be changed in each entry."""
    problems = Problems()
    wanted: dict[_Key, dict[str, doc.Node | None]] = {}
    for section, id_, values in changes:
        if (section, id_) in found:
            wanted.setdefault((section, id_), {}).update(values)
        else:
            known = (known_id for known_section, known_id in found if known_section == section)
            problems.add_unknown("unknown-entry", f"entry of `{section}` in this file", id_, known, root.span)
    problems.require_none()
    return wanted


def _require_said(new: str, root: doc.Mapping, found: Mapping[_Key, _Entry], wanted: Mapping[_Key, Values]) -> None:
    """See to it that a file says what it shall say: the new values, and all else as before."""
    sections = {key.text: plain(value) for key, value in root.pairs}
    for (section, id_), values in wanted.items():
        entry, items = found[section, id_], sections[section]
        if isinstance(items, list):
            kept = {key.text: plain(value) for key, value in entry.node.pairs if values.get(key.text, 0) is not None}
            items[entry.number] = kept | {key: plain(value) for key, value in values.items() if value is not None}
    try:
        said = doc.said(new)
    except InputError:
        said = None  # written in a way that this does not know
    if said == sections:
        return
    help_ = "write the entry in the plain way: a key a line, or all in brackets"
    wrong = [key for key in wanted if _item(said, key, found) != _item(sections, key, found)] or list(wanted)
    raise InputError(
        Problem("not-yaml", f"cannot change `{id_}` in `{section}` here", found[section, id_].node.span, help=help_)
        for section, id_ in wrong
    )


def _item(said: object, key: _Key, found: Mapping[_Key, _Entry]) -> object:
    items = said.get(key[0]) if isinstance(said, dict) else None
    number = found[key].number
    return items[number] if isinstance(items, list) and number < len(items) else None


def _apart(edits: Iterable[Edit]) -> list[Edit]:
    """Edits in their order; of two that take out the same characters, one that takes out all of them."""
    apart: list[Edit] = []
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        if apart and start < apart[-1][1] and not new and not apart[-1][2]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]), "")
        else:
            apart.append((start, end, new))
    return apart


# --- what is written


@dataclass(slots=True)
class _Writer:
    """The edits of one entry."""

    text: str
    style: Style
    starts: Sequence[int]  # of all lines
    edits: list[Edit] = field(default_factory=list)

    def mapping(self, node: doc.Mapping, at: Stretch, values: Values) -> None:
        """Change, add and take out keys."""
        number = {key.text: n for n, (key, _) in enumerate(node.pairs)}
        gone = [number[key] for key in number if values.get(key, 0) is None]
        for key, value in values.items():
            if value is not None and key in number:
                n = number[key]
                self._set(node.pairs[n][1], at, n, value)
        added = [(key, value) for key, value in values.items() if value is not None and key not in number]
        kept = [n for n in range(len(node.pairs)) if n not in set(gone)]
        if at.is_bracketed:
            self._take_from_brackets(at, gone, kept)
            self._add_in_brackets(at, kept, added)
        else:
            self._take_lines(at, gone, kept)
            self._add_lines(at, kept, added)

    # --- values

    def _set(self, old: doc.Node, parent: Stretch, n: int, new: doc.Node) -> None:
        """Change the value of a key."""
        key, value = parent.parts[2 * n], parent.parts[2 * n + 1]
        if self._merge(old, value, new):
            return
        colon = _COLON.match(self.text, key.end, parent.end)
        after = colon.end() if colon else key.end
        end = self._end(value)
        indent = parent.column
        if value.end == value.start or (value.parts and not value.is_bracketed):
            if end > after:
                first = _REST.match(self.text, after)  # a comment beside the key stays
                self.edits.append((first.end() if first else after, end, ""))
            self.edits.append(
                (after, after, f"{'' if colon else ':'} {self._value(new, self._column(after) + 1, indent)}")
            )
        else:
            self.edits.append((value.start, end, self._value(new, value.column, indent)))

    def _merge(self, old: doc.Node, at: Stretch, new: doc.Node) -> bool:
        """Change within what stands there, as little as it takes; False: it has to be written anew."""
        if plain(old) == plain(new) and not _differs_in_quotes(old, new):
            return True
        if isinstance(old, doc.Mapping) and isinstance(new, doc.Mapping):
            values = {key.text: value for key, value in new.pairs}
            if any(key.text in values for key, _ in old.pairs):
                gone: dict[str, doc.Node | None] = {key.text: None for key, _ in old.pairs}
                self.mapping(old, at, gone | values)
                return True
        elif isinstance(old, doc.Sequence) and isinstance(new, doc.Sequence):
            return self._merge_items(old, at, new)
        elif isinstance(old, doc.Scalar) and isinstance(new, doc.Scalar) and self._end(at) > at.start:
            self.edits.append((at.start, self._end(at), self._like(old, at, new)))
            return True
        return False

    def _like(self, old: doc.Scalar, at: Stretch, new: doc.Scalar) -> str:
        """A text, in the quotes of the one before it."""
        if not old.quoted or self.style.is_json or (new.text == "unknown" and not new.quoted):
            return self.style.scalar(new)
        if self.text[at.start] == '"':
            return double_quoted(new.text)
        return self.style.scalar(doc.Scalar(new.text, new.span, quoted=True))

    def _merge_items(self, old: doc.Sequence, at: Stretch, new: doc.Sequence) -> bool:
        """Change a list item by item where it has as many as before; else write its items anew where they stand."""
        before = len(self.edits)
        if len(old.items) == len(new.items):
            if all(self._merge(item, at.parts[n], new.items[n]) for n, item in enumerate(old.items)):
                return True
            del self.edits[before:]
        if at.is_bracketed or not new.items:
            return False
        rows = [self.style.dashed(item, at.column, at.parts[0].is_bracketed) for item in new.items]
        self.edits.append((at.start, self._end(at), self.style.line_end.join(rows).lstrip(" ")))
        return True

    def _value(self, node: doc.Node, column: int, indent: int) -> str:
        """A value that starts in a column; what is too long for a line is broken between its parts."""
        flat = self.style.flow(node)
        if isinstance(node, doc.Scalar) or column + len(flat) < WIDTH:
            return flat
        if isinstance(node, doc.Mapping):
            opening, closing, parts = "{", "}", [self.style.pair(key, value) for key, value in node.pairs]
        else:
            opening, closing, parts = "[", "]", [self.style.flow(item) for item in node.items]
        margin = column + 1 if column < WIDTH // 2 else indent + 3
        lines, room = [opening], WIDTH - column
        for n, part in enumerate(parts):
            piece = part + (closing if n + 1 == len(parts) else ",")
            if n and len(lines[-1]) + 1 + len(piece) > room:
                lines.append(" " * margin + piece)
                room = WIDTH
            else:
                lines[-1] += f" {piece}" if n else piece
        return self.style.line_end.join(lines)

    # --- in brackets

    def _take_from_brackets(self, at: Stretch, gone: Sequence[int], kept: Sequence[int]) -> None:
        commas = {n: self._comma(at, n) for n in (*gone, *kept[-1:])}
        for n in gone:
            comma = commas[n]
            self._cut(at.parts[2 * n].start, at.parts[2 * n + 1].end if comma is None else comma + 1)
        last = len(at.parts) // 2 - 1
        if kept and kept[-1] < last and commas[last] is None:  # a comma is between two, not behind the last one
            comma = commas[kept[-1]]
            if comma is not None:
                self._cut(comma, comma + 1)

    def _add_in_brackets(self, at: Stretch, kept: Sequence[int], added: Sequence[tuple[str, doc.Node]]) -> None:
        if not added:
            return
        if not kept:
            rows = ", ".join(self._pair(key, value, at.column + 1, at.column) for key, value in added)
            self.edits.append((at.start + 1, at.start + 1, rows))
            return
        column = at.parts[2 * kept[0]].column
        end = at.parts[2 * kept[-1] + 1].end
        last = len(at.parts) // 2 - 1
        if not self._is_spread(at):
            self._add_in_row(end, column, added)
            return
        comma = self._comma(at, kept[-1])
        if kept[-1] < last and self._comma(at, last) is None:
            comma = None  # it is taken out, with what was behind it
        lead = self.style.line_end + " " * column
        rest = _REST.match(self.text, end if comma is None else comma + 1)
        where = rest.end() if rest else (end if comma is None else comma + 1)
        pairs = [self._pair(key, value, column, column) for key, value in added]
        if comma is None:
            self.edits += [(end, end, ","), (where, where, lead + f",{lead}".join(pairs))]
        else:
            self.edits.append((where, where, "".join(f"{lead}{pair}," for pair in pairs)))

    def _add_in_row(self, end: int, column: int, added: Sequence[tuple[str, doc.Node]]) -> None:
        """After the last key; in a line of its own what makes that too long."""
        start = self._line_start(end)
        here = [(a - start, b - start, new) for a, b, new in _apart(self.edits) if a >= start and b <= end]
        width = len(_last_line(edited(self.text[start:end], here)))
        rows = ""
        for key, value in added:
            pair = self._pair(key, value, width + 2, column)
            if width + 2 + len(pair) < WIDTH and "\n" not in pair:
                rows += f", {pair}"
                width += 2 + len(pair)
            else:
                pair = self._pair(key, value, column, column)
                rows += f",{self.style.line_end}{' ' * column}{pair}"
                width = len(_last_line(" " * column + pair))
        self.edits.append((end, end, rows))

    def _is_spread(self, at: Stretch) -> bool:
        """Whether each key stands in a line of its own."""
        keys = at.parts[::2]
        return all(not self.text[self._line_start(key.start) : key.start].strip() for key in keys[-1:] + keys[1:-1])

    def _comma(self, at: Stretch, n: int) -> int | None:
        """Where the comma after a key with its value stands."""
        until = at.parts[2 * n + 2].start if 2 * n + 2 < len(at.parts) else at.end - 1
        found = _COMMA.match(self.text, at.parts[2 * n + 1].end, until)
        return found.end() - 1 if found else None

    # --- a key a line

    def _take_lines(self, at: Stretch, gone: Sequence[int], kept: Sequence[int]) -> None:
        rest = list(gone)
        if gone and gone[0] == 0 and kept:  # beside the dash: the next one comes up, if no comment stands between
            first = at.parts[2 * kept[0]].start
            between = [(self._end(at.parts[2 * n + 1]), at.parts[2 * n + 2].start) for n in range(kept[0])]
            if not any("#" in self.text[a:b] for a, b in between):
                self.edits.append((at.start, first, ""))
                rest = [n for n in gone if n > kept[0]]
        for n in rest:
            self._cut(at.parts[2 * n].start, self._stop(at.parts[2 * n + 1]))

    def _add_lines(self, at: Stretch, kept: Sequence[int], added: Sequence[tuple[str, doc.Node]]) -> None:
        """After the last key and the comments that are indented deeper."""
        if not added or not kept:
            return
        last = at.parts[2 * kept[-1] + 1]
        where = self._stop(last)
        rows = [" " * at.column + self._pair(key, value, at.column, at.column) for key, value in added]
        line_end = self.style.line_end
        if where > last.start and self.text[where - 1] in "\r\n":
            self.edits.append((where, where, "".join(row + line_end for row in rows)))
            return
        rest = _REST.match(self.text, where)
        where = rest.end() if rest else where
        while (comment := _COMMENT.match(self.text, where)) and len(comment.group(1)) > at.column:
            where = comment.end()
        self.edits.append((where, where, "".join(line_end + row for row in rows)))

    # --- characters

    def _pair(self, key: str, value: doc.Node, column: int, indent: int) -> str:
        lead = f"{self.style.scalar(doc.Scalar(key, Span('')))}: "
        return lead + self._value(value, column + len(lead), indent)

    def _cut(self, start: int, end: int) -> None:
        """Take characters out, with the whole line if nothing is left in it, or else with blanks beside them."""
        line = self._line_start(start)
        if self.text[end - 1] in "\r\n":
            self.edits.append((start if self.text[line:start].strip() else line, end, ""))
            return
        blanks = _BLANKS.match(self.text, end)
        stop = blanks.end() if blanks else end
        before = line + len(self.text[line:start].rstrip(" \t"))
        following = self.text[stop : stop + 1]
        if following in "\r\n" and before == line:  # also where nothing follows
            found = _LINE_END.match(self.text, stop)
            self.edits.append((line, found.end() if found else stop, ""))
        elif following in "\r\n":
            self.edits.append((before, stop, ""))
        elif following in "}]" and before > line:
            self.edits.append((before, end, ""))
        elif following == "#" and before > line:
            self.edits.append((start, end, ""))
        else:
            self.edits.append((start, stop, ""))

    def _end(self, at: Stretch) -> int:
        """Where a value ends, without blank lines after it."""
        while at.parts and not at.is_bracketed:
            at = at.parts[-1]
        return at.start + len(self.text[at.start : at.end].rstrip(" \t\r\n"))

    def _stop(self, at: Stretch) -> int:
        """Where a value ends, with the blank lines that are a part of it."""
        while at.parts and not at.is_bracketed:
            at = at.parts[-1]
        return at.end if _KEPT_BLOCK.match(self.text, at.start) else self._end(at)

    def _line_start(self, at: int) -> int:
        return self.starts[bisect.bisect_right(self.starts, at) - 1]

    def _column(self, at: int) -> int:
        return at - self._line_start(at)


def _differs_in_quotes(old: doc.Node, new: doc.Node) -> bool:
    """Whether one says that it is unknown, and the other one is that word."""
    if isinstance(old, doc.Scalar) and isinstance(new, doc.Scalar):
        return old.text == "unknown" and old.quoted and not new.quoted
    return False


def _last_line(text: str) -> str:
    return _LINE_END.split(text)[-1]
