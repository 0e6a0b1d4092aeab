"""Terraform as JSON: the state and the plan that `terraform show -json` prints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comity.errors import Problem, Problems, Span
from comity.facts import Vocabulary
from comity.intake.found import Finding, Found
from comity.intake.sources.clouds import Clouds, clouds
from comity.intake.sources.deployment import lay_out
from comity.intake.sources.files import File, Values, read_json
from comity.intake.sources.resource import Leaf, Node, Resource

MAX_RESOURCES = 200_000
MAX_DEPTH = 30  # of modules within modules, and of variables that come from variables

_INDEX = re.compile(r"\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\]")
_REFERENCE = re.compile(
    r"((?:data\.)?[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*)(\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\])?(?:[.\[].*)?", re.S
)
_NO_RESOURCES = frozenset({"var", "local", "module", "each", "count", "path", "self", "terraform"})


def read_terraform(path: Path, *, shown: str, owner: str, vocabulary: Vocabulary) -> Found:
    """Systems and flows from a state or a plan of Terraform.

    Values that are marked as sensitive are not used, and values that are known after the change only stay unknown.

    Args:
        path: what `terraform show -json` printed.
        shown: the name that problems show.
        owner: the entity that runs the deployment.
        vocabulary: not needed here; all sources are read alike.

    Raises:
        InputError: the file cannot be read, was cut off, or is no state and no plan.
    """
    del vocabulary
    root = read_json(File(path, shown))
    problems = Problems()
    reader = _Reader(Values(shown, problems), Span(shown), clouds())
    finding = Finding(f"terraform {shown}", owner)
    try:
        resources = reader.read(root, finding)
        problems.require_none()
        lay_out(resources, finding)
    except RecursionError:
        problems.found.append(Problem("too-deep", "modules or values are nested too deeply", Span(shown)))
        problems.stop()
    return finding.found()


@dataclass(slots=True)
class _Reader:
    values: Values
    span: Span
    table: Clouds

    def read(self, root: object, finding: Finding) -> list[Resource]:
        """All resources of a file."""
        top = root if isinstance(root, dict) else {}
        is_plan = "planned_values" in top or "resource_changes" in top
        if not isinstance(root, dict) or not (is_plan or "format_version" in top):
            self._refuse(top)
        if str(top.get("format_version", "")).partition(".")[0] not in ("0", "1"):
            message = f"the form has version `{str(top.get('format_version'))[:20]}`; 0 and 1 are read"
            help_ = "print it with a version of Terraform that writes one of these"
            self.values.problems.add("wrong-version", message, self.span, help=help_)
            self.values.problems.stop()
        if not is_plan:
            told = self.values.mapping(top.get("values"), "$.values")
            return self._resources(told, "$.values", _Plan())
        for key, text in (("errored", "the plan ended with an error"), ("complete", "the plan is not complete")):
            if top.get(key) is (key == "errored"):
                finding.remark("partial-plan", f"{text}: resources may be missing", self.span)
        plan = self._plan(top)
        found = self._resources(
            self.values.mapping(top.get("planned_values"), "$.planned_values"), "$.planned_values", plan
        )
        prior = self.values.mapping(
            self.values.mapping(top.get("prior_state"), "$.prior_state").get("values"), "$.prior_state.values"
        )
        seen = {r.address for r in found}
        read = self._resources(prior, "$.prior_state.values", plan)
        found += [r for r in read if r.is_read and r.address not in seen]  # what is only read stands in no other part
        plan.addresses.update(r.address for r in found)
        for text in dict.fromkeys(plan.remarks):
            finding.remark("provider-region", text, self.span)
        return found

    def _refuse(self, top: Mapping[str, object]) -> None:
        is_raw = "lineage" in top or ("version" in top and "resources" in top)
        what = (
            "this is the state file itself, whose form changes"
            if is_raw
            else "this is no state and no plan of Terraform"
        )
        help_ = "`terraform show -json > state.json` prints the state, `terraform show -json PLAN` a plan"
        self.values.problems.add("missing-key", what, self.span, help=help_)
        self.values.problems.stop()

    def _resources(self, told: Mapping[str, Any], where: str, plan: _Plan) -> list[Resource]:
        """The resources of a module and of all modules in it."""
        found: list[Resource] = []
        left = [(self.values.mapping(told.get("root_module"), f"{where}.root_module"), f"{where}.root_module", 0)]
        while left:
            module, at, depth = left.pop()
            address = self.values.text(module.get("address"), f"{at}.address")
            for i, item in enumerate(self.values.items(module.get("resources"), f"{at}.resources")):
                resource = self._resource(item, f"{at}.resources[{i}]", address, plan)
                if resource is not None:
                    found.append(resource)
            inner = self.values.items(module.get("child_modules"), f"{at}.child_modules")
            if depth >= MAX_DEPTH or len(found) > MAX_RESOURCES:
                what = (
                    f"modules are nested more than {MAX_DEPTH} deep"
                    if depth >= MAX_DEPTH
                    else f"more than {MAX_RESOURCES} resources"
                )
                if inner or len(found) > MAX_RESOURCES:
                    self.values.problems.add("too-deep", what, self.span)
                    self.values.problems.stop()
            for i, child in reversed(list(enumerate(inner))):
                here = f"{at}.child_modules[{i}]"
                left.append((self.values.mapping(child, here), here, depth + 1))
        return found

    def _resource(self, item: object, at: str, module: str, plan: _Plan) -> Resource | None:
        told = self.values.mapping(item, at)
        if told.get("deposed_key"):  # on its way out: another one has its address
            return None
        address, type_ = (self.values.text(told.get(key), f"{at}.{key}") for key in ("address", "type"))
        name = self.values.text(told.get("name"), f"{at}.name")
        if not address or not type_:
            for key in ("address", "type"):
                if told.get(key) is None:
                    self.values.problems.add("missing-key", f"`{at}` has no `{key}`", self.span)
            return None
        values = self.values.mapping(told.get("values"), f"{at}.values")
        unknown = plan.unknown.get(address)
        own = address[len(module) + 1 :] if module and address.startswith(f"{module}.") else address
        key = own[own.find("[") :] if own.endswith("]") else ""
        written = plan.written.get((_INDEX.sub("", module), own[: len(own) - len(key)]), {})
        return Resource(
            address=address,
            type=type_,
            name=name,
            node=Node(values, unknown, told.get("sensitive_values"), written.get("expressions") if written else None),
            region=plan.region(written.get("provider_config_key")) if written else _NO_PROVIDER,
            span=self.span,
            is_read=told.get("mode") == "data",
            resolve=plan.resolver(module, key),
        )

    # --- what only a plan has

    def _plan(self, top: Mapping[str, Any]) -> _Plan:
        plan = _Plan()
        for i, item in enumerate(self.values.items(top.get("resource_changes"), "$.resource_changes")):
            at = f"$.resource_changes[{i}]"
            told = self.values.mapping(item, at)
            change = self.values.mapping(told.get("change"), f"{at}.change")
            address = self.values.text(told.get("address"), f"{at}.address")
            plan.unknown[address] = change.get("after_unknown")
        configuration = self.values.mapping(top.get("configuration"), "$.configuration")
        where = "$.configuration.root_module"
        self._configured(self.values.mapping(configuration.get("root_module"), where), where, "", plan, 0)
        plan.providers = self.values.mapping(configuration.get("provider_config"), "$.configuration.provider_config")
        variables = self.values.mapping(top.get("variables"), "$.variables")
        plan.variables = {k: v.get("value") for k, v in variables.items() if isinstance(v, dict)}
        return plan

    def _configured(self, module: Mapping[str, Any], at: str, address: str, plan: _Plan, depth: int) -> None:
        plan.modules[address] = module
        for item in self.values.items(module.get("resources"), f"{at}.resources"):
            if isinstance(item, dict) and isinstance(item.get("address"), str):
                plan.written[address, item["address"]] = item
        if depth < MAX_DEPTH:
            for name, call in self.values.mapping(module.get("module_calls"), f"{at}.module_calls").items():
                inner = f"{address}.module.{name}" if address else f"module.{name}"
                here = f"{at}.module_calls.{name}"
                told = self.values.mapping(call, here)
                plan.calls[inner] = told
                child = self.values.mapping(told.get("module"), f"{here}.module")
                self._configured(child, f"{here}.module", inner, plan, depth + 1)


_NO_PROVIDER = Leaf(None, (), "a state does not say where its providers work")


@dataclass(slots=True)
class _Plan:
    """The configuration of a plan, and what it leaves open. A state has none."""

    unknown: dict[str, object] = field(default_factory=dict)
    written: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    modules: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    providers: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    _bases: dict[str, list[str]] = field(default_factory=dict)
    _regions: dict[str, Leaf] = field(default_factory=dict)

    # --- regions of providers

    def region(self, key: object) -> Leaf:
        """Where a provider works, by its key in the configuration."""
        name = str(key)
        if name not in self._regions:
            self._regions[name] = self._find_region(name)
        return self._regions[name]

    def _find_region(self, name: str) -> Leaf:
        told = self.providers.get(name)
        expressions = told.get("expressions") if isinstance(told, dict) else None
        words = expressions if isinstance(expressions, dict) else {}
        region = words.get("region", words.get("zone"))  # a provider of Google may have a zone alone
        if not isinstance(region, dict):
            return Leaf(None, (), f"the provider `{name}` says no region")
        if isinstance(told, dict) and isinstance(region.get("constant_value"), str):
            return Leaf(region["constant_value"])
        module = str(told.get("module_address") or "") if isinstance(told, dict) else ""
        value, variable = self._value(region, module, 0)
        if isinstance(value, str) and clouds().cloud_of(f"{_local_name(name)}_").site(value):
            self.remarks.append(f"the region of the provider `{name}` is taken from `{variable}`: `{value}`")
            return Leaf(value)
        return Leaf(None, (), f"the region of the provider `{name}` is an expression that is not told")

    def _value(self, expression: Mapping[str, Any], module: str, depth: int) -> tuple[object, str]:
        """The value of an expression that is a constant or one variable, and the name of that variable."""
        if "constant_value" in expression:
            return expression["constant_value"], ""
        found = expression.get("references")
        references = [r for r in found if isinstance(r, str)] if isinstance(found, list) else []
        if depth > MAX_DEPTH or len(references) != 1 or not references[0].startswith("var."):
            return None, ""
        name = references[0].removeprefix("var.")
        declared = self.modules.get(module, {}).get("variables")
        variable = declared.get(name) if isinstance(declared, dict) else None
        if isinstance(variable, dict) and variable.get("sensitive"):
            return None, ""
        if not module:
            default = variable.get("default") if isinstance(variable, dict) else None
            return self.variables.get(name, default), references[0]
        given = self.calls.get(module, {}).get("expressions")
        passed = given.get(name) if isinstance(given, dict) else None
        if isinstance(passed, dict):
            return self._value(passed, _outside(module), depth + 1)[0], references[0]
        return (variable.get("default") if isinstance(variable, dict) else None), references[0]

    # --- references

    def resolver(self, module: str, key: str) -> Callable[[Iterable[str]], tuple[str, ...]]:
        """Gives addresses for references as they stand in a module; `key`: the index of the resource that refers."""
        if not self.modules:
            return _nothing
        return lambda references: tuple(dict.fromkeys(self._found(list(references), module, key, set())))

    def _found(self, references: list[str], module: str, key: str, seen: set[tuple[str, str]]) -> Iterator[str]:
        new = [r for r in references if (module, r) not in seen]
        seen.update((module, r) for r in new)
        found = [m for r in new if (m := _REFERENCE.fullmatch(r)) and m[1].split(".")[0] not in _NO_RESOURCES]
        with_index = {m[1] for m in found if m[2]}
        for match in found:
            if match[2] or match[1] not in with_index:
                yield from self._instances(f"{module}.{match[1]}" if module else match[1], match[2] or "", key)
        for name in dict.fromkeys(r.split(".")[1].split("[")[0] for r in new if r.startswith("var.")):
            given = self.calls.get(_INDEX.sub("", module), {}).get("expressions")
            passed = given.get(name) if isinstance(given, dict) else None
            if isinstance(passed, dict):
                outer, call = _split(module)
                index = call[call.find("[") :] if call.endswith("]") else ""
                yield from self._found(_texts(passed.get("references")), outer, index, seen)
        for inner, output in self._outputs(new):
            yield from self._from_output(module, inner, output, key, seen)

    def _instances(self, base: str, index: str, key: str) -> Iterator[str]:
        if not self._bases:
            for address in self.addresses:
                self._bases.setdefault(_without_last_index(address), []).append(address)
        if index:
            yield from (f"{base}{index}",) if f"{base}{index}" in self.addresses else ()
        elif f"{base}{key}" in self.addresses:
            yield f"{base}{key}"
        else:
            yield from sorted(self._bases.get(base, ()))

    def _outputs(self, references: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Module with its index, and output, of the references to outputs."""
        for reference in references:
            match = re.fullmatch(r"module\.([\w-]+)(\[[^\]]*\])?\.([\w-]+).*", reference, re.S)
            if match:
                yield f"{match[1]}{match[2] or ''}", match[3]

    def _from_output(self, module: str, inner: str, output: str, key: str, seen: set[tuple[str, str]]) -> Iterator[str]:
        address = f"{module}.module.{inner}" if module else f"module.{inner}"
        outputs = self.modules.get(_INDEX.sub("", address), {}).get("outputs")
        told = outputs.get(output) if isinstance(outputs, dict) else None
        expression = told.get("expression") if isinstance(told, dict) else None
        references = _texts(expression.get("references")) if isinstance(expression, dict) else []
        for place in (address, f"{address}{key}") if key and not inner.endswith("]") else (address,):
            yield from self._found(references, place, "", seen)


def _nothing(references: Iterable[str]) -> tuple[str, ...]:
    del references
    return ()


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _local_name(key: str) -> str:
    """The name of a provider in its key: `aws` in `module.shop:aws.frankfurt`."""
    return key.rpartition(":")[2].partition(".")[0].partition("-")[0]


def _split(module: str) -> tuple[str, str]:
    """A module's address without its last call, and that call."""
    at = module.rfind(".module.")
    while at >= 0 and module.count('"', 0, at) % 2:  # inside the text of an index
        at = module.rfind(".module.", 0, at)
    return (module[:at], module[at + 1 :]) if at >= 0 else ("", module)


def _outside(module: str) -> str:
    return _split(module)[0]


def _without_last_index(address: str) -> str:
    last = None
    for last in _INDEX.finditer(address):  # noqa: B007 - the last one is wanted
        pass
    return address[: last.start()] if last is not None and last.end() == len(address) else address
