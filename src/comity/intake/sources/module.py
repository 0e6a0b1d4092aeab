"""A module of Terraform: its variables, locals, providers and resources, evaluated when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from comity.errors import Span
from comity.intake.sources.functions import plain, refs_of
from comity.intake.sources.hcl import (
    Block,
    Body,
    Budget,
    Expression,
    Scope,
    Step,
    evaluate,
    name_of,
    names_in,
    pairs_of,
)
from comity.intake.sources.resource import Leaf, Linked, Node, Open, Resource

MAX_COUNT = 1000  # instances of one resource or module

# Data that tell where the provider works: type, and the attributes that do.
_REGION_DATA = {
    "aws_region": ("name", "region", "id"),
    "google_client_config": ("region",),
}
_META = frozenset({"count", "for_each", "provider", "providers", "source", "version", "depends_on", "lifecycle"})


@dataclass(slots=True)
class Config:
    """The files of one folder; `folder` is relative to the one that is read."""

    folder: Path
    variables: dict[str, Block] = field(default_factory=dict)
    locals: dict[str, Expression] = field(default_factory=dict)
    providers: list[Block] = field(default_factory=list)
    resources: dict[tuple[str, str], Block] = field(default_factory=dict)
    data: dict[tuple[str, str], Block] = field(default_factory=dict)
    calls: dict[str, Block] = field(default_factory=dict)
    outputs: dict[str, Block] = field(default_factory=dict)

    def add(self, body: Body) -> None:
        """Take in the blocks of one more file."""
        named = {"variable": self.variables, "module": self.calls, "output": self.outputs}
        typed = {"resource": self.resources, "data": self.data}
        for block in (b for blocks in body.blocks.values() for b in blocks):
            if block.type == "locals":
                self.locals.update(block.body.attributes)
            elif block.type == "provider" and block.labels:
                self.providers.append(block)
            elif block.type in named and block.labels:
                named[block.type][block.labels[0]] = block
            elif block.type in typed and len(block.labels) > 1:
                typed[block.type][block.labels[0], block.labels[1]] = block


@dataclass(frozen=True, slots=True)
class Providers:
    """Where the providers of a module work, by name or `name.alias`."""

    regions: Mapping[str, Callable[[], Leaf]] = field(default_factory=dict)

    def region(self, name: str) -> Leaf:
        """The region of a provider."""
        found = self.regions.get(name)
        return found() if found is not None else Leaf(None, (), f"the provider `{name}` says no region")


def plain_text(expression: Expression | None) -> str:
    """A text that stands there without any names in it; empty where it is something else."""
    value = plain(evaluate(expression, _NO_NAMES)) if expression is not None else None
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class _Names:
    """The scope of a place in a module: what `each` and `count` are there, and names of `for` and `dynamic`."""

    module: Module | None
    names: Mapping[str, object] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def with_names(self, names: Mapping[str, object]) -> Scope:
        return replace(self, names={**self.names, **names})

    def find(self, root: str, steps: list[Step]) -> tuple[object, list[Step]]:
        if root in self.names:
            return self.names[root], steps
        if self.module is None:
            return Open(why=f"`{root}` is not known here"), []
        return self.module.find(root, steps)


_NO_NAMES = _Names(None)


Reach = Callable[["Module", Block], Config | None]


@dataclass(slots=True)
class Module:
    """One module as it is called.

    Attributes:
        address: such as `module.shop["eu"]`; empty for the root.
        given: values for its variables, as expressions; those of a called module are evaluated where it is called.
        passed: providers of the module that calls it.
        reach: gives the files of a module that is called; None where they are not here.
        chain: folders of the modules from the root to this one.
        prefix: stands before all addresses, where several roots are read.
        outer: the scope in which its arguments stand.
    """

    config: Config
    address: str
    given: Mapping[str, Expression]
    passed: Providers
    budget: Budget
    reach: Reach
    chain: tuple[Path, ...]
    prefix: str = ""
    outer: Scope = _NO_NAMES
    _known: dict[tuple[str, str], object] = field(default_factory=dict)
    _expanded: dict[tuple[str, str, str], object] = field(default_factory=dict)
    _remarks: list[tuple[str, str, Span]] = field(default_factory=list)
    _providers: Providers | None = None

    @property
    def _find(self) -> dict[str, Callable[[str], object]]:
        return {"var": self._variable, "local": self._local, "module": self._module, "output": self._output}

    @property
    def scope(self) -> Scope:
        """The scope of what stands in the module itself."""
        return _Names(self, {}, self.budget)

    def full(self, name: str) -> str:
        """The address of something in the module."""
        return f"{self.prefix}{self.address}.{name}" if self.address else f"{self.prefix}{name}"

    # --- names

    def find(self, root: str, steps: list[Step]) -> tuple[object, list[Step]]:
        """What a name stands for; see `Scope`."""
        first = str(steps[0][1]) if steps and steps[0][0] == "at" else ""
        if root in ("var", "local", "module") and first:
            return self._once(root, first), steps[1:]
        if root == "data" and len(steps) > 1:
            return self.instances("data", first, str(steps[1][1])), steps[2:]
        if root in ("each", "count", "path", "terraform", "self", "data") or not first:
            return Open(why=f"`{root}{'.' if first else ''}{first}` is not known here"), []
        return self.instances("resource", root, first), steps[1:]

    def _once(self, root: str, name: str) -> object:
        """The value of a variable, a local or a module; open while it is being evaluated."""
        key = (root, name)
        if key not in self._known:
            self._known[key] = Open(why=f"`{root}.{name}` comes from itself")
            self._known[key] = self._find[root](name)
        return self._known[key]

    def _variable(self, name: str) -> object:
        block = self.config.variables.get(name)
        declared = block.body.attributes if block is not None else {}
        if block is not None and self._is_sensitive(block):
            return Open(why=f"the variable `{name}` is marked as sensitive")
        if name in self.given:
            return evaluate(self.given[name], self.outer)
        if "default" in declared:
            return evaluate(declared["default"], self.scope)
        return Open(why=f"the variable `{name}` has no default")

    def _local(self, name: str) -> object:
        if name not in self.config.locals:
            return Open(why=f"there is no `local.{name}`")
        return evaluate(self.config.locals[name], self.scope)

    def _module(self, name: str) -> object:
        call = self.config.calls.get(name)
        config = self.reach(self, call) if call is not None else None
        if call is None or config is None:
            return Open(why=f"the module `{name}` is not read")
        arguments = {k: v for k, v in call.body.attributes.items() if k not in _META}
        chain = (*self.chain, config.folder)

        def make(address: str, scope: Scope) -> object:
            inner = address.removeprefix(self.prefix)
            passed = self._handed_on(call)
            return _Called(Module(config, inner, arguments, passed, self.budget, self.reach, chain, self.prefix, scope))

        return self._spread(call, f"module.{name}", make)

    def output(self, name: str) -> object:
        """What the module gives to the one that calls it."""
        return self._once("output", name)

    def _output(self, name: str) -> object:
        block = self.config.outputs.get(name)
        if block is None or "value" not in block.body.attributes:
            return Open(why=f"the module has no output `{name}`")
        if self._is_sensitive(block):
            return Open(why=f"the output `{name}` is marked as sensitive")
        return evaluate(block.body.attributes["value"], self.scope)

    def _is_sensitive(self, block: Block) -> bool:
        declared = block.body.attributes.get("sensitive")
        return declared is not None and evaluate(declared, self.scope) is not False

    # --- what stands there several times

    def instances(self, kind: str, type_: str, name: str) -> object:
        """The instances of a resource: one, a list, or those by key."""
        key = (kind, type_, name)
        if key not in self._expanded:
            blocks = self.config.resources if kind == "resource" else self.config.data
            block = blocks.get((type_, name))
            own = f"{type_}.{name}" if kind == "resource" else f"data.{type_}.{name}"
            if block is None:
                return Open(why=f"there is no `{own}`")
            self._expanded[key] = Open(why=f"`{own}` comes from itself")
            self._expanded[key] = self._spread(block, own, lambda address, scope: _Thing(self, block, address, scope))
        return self._expanded[key]

    def _spread(self, block: Block, own: str, make: Callable[[str, Scope], object]) -> object:
        """One thing, a list of them (`count`) or things by key (`for_each`)."""
        address = self.full(own)
        for word in ("count", "for_each"):
            if word not in block.body.attributes:
                continue
            value = plain(evaluate(block.body.attributes[word], self.scope))
            if word == "count" and isinstance(value, bool | str):
                value = int(value) if str(value).isdigit() or isinstance(value, bool) else value
            if word == "count" and isinstance(value, int) and 0 <= value <= MAX_COUNT:
                return tuple(
                    make(f"{address}[{i}]", self.scope.with_names({"count": {"index": i}})) for i in range(value)
                )
            if word == "for_each" and isinstance(value, tuple | Mapping) and len(value) <= MAX_COUNT:
                pairs = list(value.items()) if isinstance(value, Mapping) else [(v, v) for v in map(plain, value)]
                if all(isinstance(k, str | int) for k, _ in pairs):
                    return {
                        str(k): make(f'{address}["{k}"]', self.scope.with_names({"each": {"key": str(k), "value": v}}))
                        for k, v in pairs
                    }
            why = value.why if isinstance(value, Open) else "it is no number or list that is taken"
            self._remarks.append(("unknown-count", f"how often there is `{address}` is not told: {why}", block.span))
            unknown = Open(why=f"`{word}` of `{own}` is not told")
            return make(address, self.scope.with_names({"count": unknown, "each": unknown}))
        return make(address, self.scope)

    def inner(self, name: str) -> Iterator[Module]:
        """The modules of a call."""
        for found in _members(self._once("module", name)):
            if isinstance(found, _Called):
                yield found.module

    def resources(self) -> list[Resource]:
        """The resources and data of the module itself."""
        found: list[Resource] = []
        for kind, blocks in (("resource", self.config.resources), ("data", self.config.data)):
            for type_, name in blocks:
                things = (t for t in _members(self.instances(kind, type_, name)) if isinstance(t, _Thing))
                found += (thing.resource(is_read=kind == "data") for thing in things)
        return found

    @property
    def remarks(self) -> list[tuple[str, str, Span]]:
        """What is to be looked at in what was made so far."""
        return self._remarks

    # --- providers

    def providers(self) -> Providers:
        """Those that were handed on, and those of the module itself."""
        if self._providers is None:
            regions = dict(self.passed.regions)
            for block in self.config.providers:
                alias = plain_text(block.body.attributes.get("alias"))
                name = f"{block.labels[0]}.{alias}" if alias else block.labels[0]
                regions[name] = _region_of(self, block, name)
            self._providers = Providers(regions)
        return self._providers

    def _handed_on(self, call: Block) -> Providers:
        own = self.providers().regions
        found = {name: region for name, region in own.items() if "." not in name}
        expression = call.body.attributes.get("providers")
        for inner, outer in (names_in(expression) if expression is not None else {}).items():
            if outer in own:
                found[inner] = own[outer]
            else:
                found.pop(inner, None)
        return Providers(found)


def _region_of(module: Module, block: Block, name: str) -> Callable[[], Leaf]:
    def find() -> Leaf:
        told = block.body.attributes
        expression = told.get("region", told.get("zone"))  # a provider of Google may have a zone alone
        if expression is None:
            return Leaf(None, (), f"the provider `{name}` says no region")
        value = plain(evaluate(expression, module.scope))
        if isinstance(value, str) and value:
            return Leaf(value)
        why = value.why if isinstance(value, Open) else "it is no text"
        return Leaf(None, (), f"the region of the provider `{name}`: {why}")

    return find


def _members(value: object) -> Iterable[object]:
    if isinstance(value, tuple):
        return value
    return value.values() if isinstance(value, dict) else (value,)


@dataclass(frozen=True, slots=True)
class _Called:
    """A called module as a value: its outputs are its attributes."""

    module: Module

    def attribute(self, name: str) -> object:
        return self.module.output(name)

    def whole(self) -> object:
        return Open(why="a module as a whole")


@dataclass(slots=True)
class _Thing:
    """A resource as a value."""

    module: Module
    block: Block
    address: str
    scope: Scope
    _known: dict[str, object] = field(default_factory=dict)

    def attribute(self, name: str) -> object:
        if name not in self._known:
            self._known[name] = Open((self.address,), f"`{self.address}.{name}` comes from itself")
            self._known[name] = self._linked(self._find(name), name)
        return self._known[name]

    def whole(self) -> object:
        return Open((self.address,), f"`{self.address}` as a whole")

    def _find(self, name: str) -> object:
        type_ = self.block.labels[0]
        if self.block.type == "data" and name in _REGION_DATA.get(type_, ()):
            region = self._region()
            return region.text if region.text is not None else Open(why=region.why)
        return Contents(self.block.body, self.scope).get(name, Open(why=f"the provider fills in `{name}`"))

    def _linked(self, value: object, name: str) -> object:
        """The value with the resource from which it comes, unless that only says where things are."""
        is_data = self.block.type == "data" and self.block.labels[0] in _REGION_DATA
        if is_data or name in ("location", "region", "zone"):
            return value
        refs = tuple(dict.fromkeys((self.address, *refs_of(value))))
        if isinstance(value, Open):
            return Open(refs, value.why)
        bare = plain(value)
        return Linked(bare, refs) if isinstance(bare, str) else value

    def _region(self) -> Leaf:
        given = self.block.body.attributes.get("provider")
        name = (name_of(given) if given is not None else "") or self.block.labels[0].partition("_")[0]
        return self.module.providers().region(name)

    def resource(self, *, is_read: bool) -> Resource:
        return Resource(
            address=self.address,
            type=self.block.labels[0],
            name=self.block.labels[1],
            node=Node(Contents(self.block.body, self.scope)),
            region=self._region(),
            span=self.block.span,
            is_read=is_read,
        )


class Contents(Mapping[str, object]):
    """The content of a block by key, evaluated when it is asked for; blocks stand as lists."""

    def __init__(self, body: Body, scope: Scope) -> None:
        self.body = body
        self.scope = scope

    def __getitem__(self, key: str) -> object:
        if key in self.body.attributes and key not in _META:
            return evaluate(self.body.attributes[key], self.scope)
        found = [Contents(block.body, self.scope) for block in self.body.blocks.get(key, ())]
        for block in self.body.blocks.get("dynamic", ()):
            if block.labels == (key,):
                found += self._dynamic(block)
        if not found:
            raise KeyError(key)
        return tuple(found)

    def __contains__(self, key: object) -> bool:
        """Whether the key stands there, without evaluating what stands under it."""
        dynamic = self.body.blocks.get("dynamic", ())
        return key in self.body.attributes or key in self.body.blocks or any(b.labels == (key,) for b in dynamic)

    def _dynamic(self, block: Block) -> Iterator[Contents]:
        """The blocks that a `dynamic` block stands for; one where it is not told how many."""
        content = block.body.blocks.get("content")
        expression = block.body.attributes.get("for_each")
        if not content or expression is None:
            return
        given = block.body.attributes.get("iterator")
        name = (name_of(given) if given is not None else "") or block.labels[0]
        value = plain(evaluate(expression, self.scope))
        if isinstance(value, tuple | Mapping):
            for key, member in pairs_of(value):
                yield Contents(content[0].body, self.scope.with_names({name: {"key": key, "value": member}}))
        elif value is not None:
            unknown = Open(why=value.why if isinstance(value, Open) else "it is no list")
            yield Contents(content[0].body, self.scope.with_names({name: unknown}))

    def __iter__(self) -> Iterator[str]:
        dynamic = {block.labels[0] for block in self.body.blocks.get("dynamic", ()) if block.labels}
        return iter(dict.fromkeys((*self.body.attributes, *self.body.blocks, *dynamic)))

    def __len__(self) -> int:
        return len(list(iter(self)))
