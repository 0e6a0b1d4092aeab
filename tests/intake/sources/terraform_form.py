"""States and plans of Terraform as `terraform show -json` prints them, from what a test says of the resources."""

import re
from collections.abc import Mapping
from typing import Any

OPEN = "known after apply"  # a value that a plan leaves open

_PROVIDERS = {"aws": "hashicorp/aws", "google": "hashicorp/google", "azurerm": "hashicorp/azurerm"}


def resource(address: str, /, *, secret: Mapping[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    """A resource of a state, or one that a plan wants to have."""
    own = re.sub(r'^(module\.[\w-]+(\["[^"]*"\]|\[\d+\])?\.)*', "", address)
    is_read = own.startswith("data.")
    type_, name = own.removeprefix("data.").split("[")[0].split(".")
    told: dict[str, Any] = {"address": address, "mode": "data" if is_read else "managed", "type": type_, "name": name}
    if index := re.search(r'\[(?:"([^"]*)"|(\d+))\]$', own):
        told["index"] = index[1] if index[1] is not None else int(index[2])
    source = _PROVIDERS.get(type_.split("_")[0], "aliyun/alicloud")
    told["provider_name"] = f"registry.terraform.io/{source}"
    return told | {"schema_version": 0, "values": values, "sensitive_values": secret or {}}


def modules(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """The tree of modules that holds some resources."""
    root: dict[str, Any] = {}
    for each in resources:
        here = root
        address = ""
        for match in re.finditer(r'module\.[\w-]+(?:\["[^"]*"\]|\[\d+\])?', each["address"]):
            address = f"{address}.{match[0]}" if address else match[0]
            children = here.setdefault("child_modules", [])
            found = next((c for c in children if c["address"] == address), None)
            if found is None:
                children.append(found := {"address": address})
            here = found
        here.setdefault("resources", []).append(each)
    return {"root_module": root}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    """A whole state."""
    return {"format_version": "1.0", "terraform_version": "1.11.4", "values": modules(list(resources))}


def _shown(value: Any) -> Any:
    """What a plan shows of a value: nothing of what is open."""
    if isinstance(value, dict):
        return {k: _shown(v) for k, v in value.items() if v != OPEN}
    return [None if v == OPEN else _shown(v) for v in value] if isinstance(value, list) else value


def _unknown(value: Any) -> Any:
    """What a plan says of what is open, in the shape of the value."""
    if isinstance(value, dict):
        return {k: u for k, v in value.items() if (u := _unknown(v))}
    return [_unknown(v) or False for v in value] if isinstance(value, list) else value == OPEN


def plan(*resources: dict[str, Any], configuration: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A whole plan that makes all of these; values that are `OPEN` are known after it only."""
    changes = [
        {k: v for k, v in each.items() if k not in ("values", "sensitive_values", "schema_version")}
        | {"change": {"actions": ["create"], "before": None, "after": _shown(each["values"]),
                      "after_unknown": _unknown(each["values"]), "after_sensitive": each["sensitive_values"]}}
        for each in resources
    ]  # fmt: skip
    planned = [each | {"values": _shown(each["values"])} for each in resources]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": modules(planned),
        "resource_changes": changes,
        "configuration": dict(configuration or {"root_module": {}}),
        "complete": True,
        "errored": False,
        **more,
    }


def refs(*references: str) -> dict[str, Any]:
    """An expression of a configuration that refers to something, with the shorter forms that Terraform adds."""
    found: list[str] = []
    for reference in references:
        found.append(reference)
        if not reference.startswith(("var.", "each.", "count.", "local.")):
            parts = re.findall(r'(?:[^.\[\]"]|\[[^\]]*\])+', reference)
            base = ".".join(parts[: 3 if parts[0] == "data" else 2])
            found += [base] + ([base.partition("[")[0]] if "[" in base else [])
    return {"references": list(dict.fromkeys(found))}


def written(address: str, provider: str = "", /, **expressions: Any) -> dict[str, Any]:
    """A resource of a configuration."""
    type_, name = address.removeprefix("data.").split(".")
    return {
        "address": address,
        "mode": "data" if address.startswith("data.") else "managed",
        "type": type_,
        "name": name,
        "provider_config_key": provider or type_.split("_")[0],
        "expressions": expressions,
        "schema_version": 0,
    }
