"""A resource of a deployment: its attributes, of which some are not told, and the resources to which they refer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from comity.errors import Span
from comity.intake.sources.clouds import AttributePath

MAX_LEAVES = 5000  # values of one attribute; lists that share their members may hold more than any memory


@dataclass(frozen=True, slots=True)
class Open:
    """A value that the source does not tell.

    Attributes:
        refs: addresses of the resources from which it will come.
        why: what is missing, in words.
    """

    refs: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """A value that is told, and the resources from which it comes."""

    value: object
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of an attribute.

    Attributes:
        text: the value; None: it is not told.
        refs: addresses of the resources from which it comes.
        why: why it is not told.
        is_written: somebody wrote the attribute; else the provider fills it in.
    """

    text: str | None
    refs: tuple[str, ...] = ()
    why: str = ""
    is_written: bool = True


@dataclass(frozen=True, slots=True)
class Node:
    """A value, or keys with values, seen from four sides.

    Attributes:
        value: as far as it is told; its inner values may be `Open` or `Linked`.
        unknown: true where it is known after the change only, in the shape of the value.
        secret: true where it must not be shown, in the shape of the value.
        written: expressions in the configuration, in the shape of the value; None: there is no configuration.
    """

    value: object = None
    unknown: object = None
    secret: object = None
    written: object = None

    def child(self, key: str) -> Iterator[Node]:
        """What stands under a key; a list stands for its members."""
        yield from self._inside(key)._members()

    def _inside(self, key: str) -> Node:
        return Node(
            _under(self.value, key), _under(self.unknown, key), _under(self.secret, key), _under(self.written, key)
        )

    def _members(self) -> Iterator[Node]:
        sides = (self.value, self.unknown, self.secret)
        lengths = [len(side) for side in (*sides, self.written) if isinstance(side, list | tuple)]
        if not lengths:
            yield self
            return
        n_told = max((len(side) for side in sides if isinstance(side, list | tuple)), default=0)
        for i in range(n_told or max(lengths)):
            value, unknown, secret = (_member(side, i) for side in sides)
            # Blocks stand in another order in the configuration than among the values: one of several has no partner.
            is_same = not isinstance(self.written, list) or len(self.written) == 1 == (n_told or 1)
            written = _member(self.written, 0 if is_same else i) if is_same or not n_told else None
            yield from Node(value, unknown, secret, written)._members()

    def blocks(self, path: AttributePath) -> tuple[Node, ...]:
        """The blocks under a path: as they are written where their values are not all told, else as they are told."""
        nodes = [self]
        for key in path:
            nodes = [Node(n.value, n.unknown, n.secret) for node in nodes for n in node.child(key)]
        if any(_has_true(node.unknown) for node in nodes):
            written: list[object] = [self.written]
            for key in path:
                under = [w.get(key) for w in written if isinstance(w, Mapping)]
                written = [each for w in under for each in (w if isinstance(w, list) else [w]) if each is not None]
            if written:
                return tuple(Node(written=each) for each in written)
        return tuple(nodes)


def _is_map(side: object) -> TypeGuard[Mapping[str, object]]:
    return type(side) is dict or isinstance(side, Mapping)  # the first is far faster, and the rule


def _under(side: object, key: str) -> object:
    """What stands under a key; what is unknown or secret as a whole is so inside."""
    if side is None:
        return None
    if _is_map(side):
        return side.get(key)
    return side if side is True or isinstance(side, Open) else None


def _says(side: object, key: str) -> bool:
    """Whether a side says anything of a key."""
    return side is not None and (key in side if _is_map(side) else side is True or isinstance(side, Open))


def _member(side: object, i: int) -> object:
    if isinstance(side, list | tuple):
        return side[i] if i < len(side) else None
    return side


def _has_true(side: object) -> bool:
    if isinstance(side, Mapping):
        return any(_has_true(each) for each in side.values())
    return any(_has_true(each) for each in side) if isinstance(side, list) else side is True


def _as_written(refs: Iterable[str]) -> tuple[str, ...]:
    return tuple(refs)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource.

    Attributes:
        address: its full name, such as `module.shop["eu"].aws_s3_bucket.files[0]`.
        type: such as `aws_s3_bucket`.
        name: the last part of the address, without an index.
        node: its attributes.
        region: where its provider works, unless the resource says it itself.
        span: where the source tells it.
        is_read: the deployment reads it and does not make it (`data`).
        resolve: gives the addresses of resources for references as they are written.
    """

    address: str
    type: str
    name: str
    node: Node
    region: Leaf
    span: Span
    is_read: bool = False
    resolve: Callable[[Iterable[str]], tuple[str, ...]] = field(default=_as_written)

    def leaves(self, path: AttributePath, inside: Node | None = None) -> tuple[Leaf, ...]:
        """All values of an attribute, of all blocks in which it stands; none where nobody says anything.

        Args:
            path: the attribute, and the blocks in which it stands.
            inside: the block in which the path starts; None: the resource.
        """
        start = self.node if inside is None else inside
        if path and not (_says(start.value, path[0]) or _says(start.unknown, path[0]) or _says(start.written, path[0])):
            return ()
        nodes = [start]
        for key in path:
            nodes = [found for node in nodes for found, _ in zip(node.child(key), range(MAX_LEAVES), strict=False)]
            nodes = nodes[:MAX_LEAVES]
        leaves = tuple(leaf for node in nodes if (leaf := self._leaf(node)) is not None)
        written = self._written_refs(start, path) if any(leaf.text is None and not leaf.refs for leaf in leaves) else ()
        if not written:
            return leaves
        told = tuple(leaf for leaf in leaves if leaf.text is not None or leaf.refs)
        seen = {ref for leaf in told for ref in leaf.refs}
        return (*told, *(Leaf(None, (ref,), AFTER) for ref in written if ref not in seen))

    def text(self, paths: Iterable[AttributePath]) -> str:
        """The first told value of some attributes; empty where there is none."""
        return next((leaf.text for path in paths for leaf in self.leaves(path) if leaf.text), "")

    def _leaf(self, node: Node) -> Leaf | None:
        refs = node.value.refs if isinstance(node.value, Linked) else ()
        value = node.value.value if isinstance(node.value, Linked) else node.value
        if node.secret and _has_true(node.secret):
            return None if value is None and not node.unknown else Leaf(None, (), "it is marked as sensitive")
        if isinstance(value, Open):
            return Leaf(None, value.refs, value.why)
        expression = node.written if _is_map(node.written) else {}
        refs = refs or (self.resolve(_references(expression)) if expression else ())
        if value is None:
            value = expression.get("constant_value")
        if value is None:
            is_open = node.unknown is True or bool(refs) or "references" in expression
            return Leaf(None, refs, AFTER, node.written is not None) if is_open else None
        text = (
            str(value).lower()
            if isinstance(value, bool)
            else str(value)
            if isinstance(value, str | int | float)
            else ""
        )
        return Leaf(text, refs) if text else None

    def _written_refs(self, start: Node, path: AttributePath) -> tuple[str, ...]:
        written: list[object] = [start.written]
        for key in path:
            under = [w.get(key) for w in written if isinstance(w, Mapping)]
            written = [each for w in under for each in (w if isinstance(w, list) else [w])]
        refs = [ref for each in written if isinstance(each, Mapping) for ref in self.resolve(_references(each))]
        return tuple(dict.fromkeys(refs))


AFTER = "it is known after the change only"


def _references(expression: Mapping[str, object]) -> tuple[str, ...]:
    found = expression.get("references")
    return tuple(r for r in found if isinstance(r, str)) if isinstance(found, list) else ()
