"""A neutral policy of thirty rules on data flows, as one description that is turned into the text of each engine.

The rules imitate the shape of transfer law (lawful routes, thresholds, blocking rules, exceptions) and state no law.
A flow is allowed where at least one permit and no forbid holds; the answer names every rule that held. The same
rules stand as a pack of Comity in `policy/`; `run.py` holds every engine against `decide` below before it measures
anything.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

Flow = dict[str, Any]
Literal = tuple[str, str, Any]  # field, test, value

ADEQUATE = ("AD", "AR", "CA", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "UY", "DE", "FR", "IE")
CONCERN = ("CN", "RU", "IR", "KP", "CU", "VE")
SENSITIVE = ("health", "biometric", "genomic")

COUNTRIES = ("US", "CN", "RU", "IN", "BR", "VN", "ID", "SG", "ZA", "MX", "IR", "CU", *ADEQUATE)
CATEGORIES = ("contact", "health", "biometric", "genomic", "precise-location", "financial", "payment", "important")
SAFEGUARDS = (
    "clauses", "assessment", "group-rules", "consent", "contract-necessity", "certification", "security-assessment",
    "cn-contract", "treaty-request", "onward-clause",
)  # fmt: skip
CHOICES = {
    "subjects": ("customer", "employee", "child", "patient"),
    "recipient": ("processor", "controller", "affiliate", "authority"),
    "purpose": ("service", "marketing", "staff", "legal-claim", "vital-interest", "transit", "archiving"),
}
COUNTS = {
    "volume": (10, 400, 900, 5000, 20000, 500000, 2000000),
    "sensitive_volume": (0, 50, 9000, 20000),
    "keep_days": (30, 365, 3000, 4000),
}
# How often each is true
FLAGS = {
    "personal": 0.9, "encrypted": 0.8, "infrastructure": 0.2, "copy_at_home": 0.5,
    "listed": 0.5, "denied": 0.05, "onward": 0.2,
}  # fmt: skip
LISTS = {"categories": (CATEGORIES, 3), "safeguards": (SAFEGUARDS, 4)}


UNASSESSED: Literal = ("safeguards", "lacks", "security-assessment")


class Rule(NamedTuple):
    """One rule: it holds where all its literals do."""

    id: str
    effect: str
    literals: tuple[Literal, ...]


def permit(id_: str, *literals: Literal) -> Rule:
    return Rule(id_, "permit", literals)


def forbid(id_: str, *literals: Literal) -> Rule:
    return Rule(id_, "forbid", literals)


def _concern(category: str, volume: int) -> tuple[Literal, ...]:
    return ("destination", "in", CONCERN), ("categories", "has", category), ("volume", ">=", volume)


RULES = (
    permit("p01", ("origin", "same", "destination")),
    permit("p02", ("destination", "in", ADEQUATE), ("categories", "none", SENSITIVE)),
    permit("p03", ("safeguards", "has", "clauses"), ("safeguards", "has", "assessment")),
    permit("p04", ("safeguards", "has", "group-rules"), ("recipient", "is", "affiliate")),
    permit("p05", ("safeguards", "has", "consent"), ("volume", "<", 10000), ("subjects", "is-not", "child")),
    permit("p06", ("safeguards", "has", "contract-necessity"), ("volume", "<", 1000)),
    permit("p07", ("safeguards", "has", "certification"), ("listed", "true", None)),
    permit("p08", ("safeguards", "has", "security-assessment"), ("origin", "is", "CN")),
    permit("p09", ("origin", "is", "CN"), ("safeguards", "has", "cn-contract"), ("volume", "<", 1000000),
           ("sensitive_volume", "<", 10000)),
    permit("p10", ("purpose", "is", "vital-interest")),
    permit("p11", ("purpose", "is", "legal-claim"), ("volume", "<", 500)),
    permit("p12", ("subjects", "is", "employee"), ("purpose", "is", "staff")),
    permit("p13", ("personal", "false", None)),
    permit("p14", ("purpose", "is", "transit"), ("encrypted", "true", None)),
    forbid("f01", *_concern("health", 10000)),
    forbid("f02", *_concern("genomic", 100)),
    forbid("f03", *_concern("biometric", 1000)),
    forbid("f04", *_concern("precise-location", 1000)),
    forbid("f05", *_concern("financial", 10000)),
    forbid("f06", ("origin", "is", "RU"), ("copy_at_home", "false", None)),
    forbid("f07", ("origin", "is", "CN"), ("infrastructure", "true", None), UNASSESSED,
           ("destination", "is-not", "CN")),
    forbid("f08", ("origin", "is", "CN"), ("categories", "has", "important"), UNASSESSED),
    forbid("f09", ("recipient", "is", "authority"), ("safeguards", "lacks", "treaty-request")),
    forbid("f10", ("subjects", "is", "child"), ("purpose", "is", "marketing")),
    forbid("f11", ("categories", "some", ("health", "biometric")), ("encrypted", "false", None)),
    forbid("f12", ("keep_days", ">=", 3651), ("purpose", "is-not", "archiving")),
    forbid("f13", ("denied", "true", None)),
    forbid("f14", ("origin", "is", "CN"), ("volume", ">=", 1000000), UNASSESSED),
    forbid("f15", ("origin", "is", "IN"), ("categories", "has", "payment"), ("copy_at_home", "false", None)),
    forbid("f16", ("onward", "true", None), ("safeguards", "lacks", "onward-clause")),
)  # fmt: skip
FIELDS = ("origin", "destination", *CHOICES, *COUNTS, *FLAGS, *LISTS)


# --- flows


def make_flows(n: int, seed: int) -> list[Flow]:
    """Seeded flows, every field known."""
    r = random.Random(seed)
    return [_flow(r) for _ in range(n)]


def _flow(r: random.Random) -> Flow:
    flow: Flow = {"origin": r.choice(COUNTRIES), "destination": r.choice(COUNTRIES)}
    flow |= {name: r.choice(values) for name, values in CHOICES.items()}
    flow |= {name: r.choice(values) for name, values in COUNTS.items()}
    flow |= {name: r.random() < share for name, share in FLAGS.items()}
    return flow | {name: r.sample(values, r.randint(0, most)) for name, (values, most) in LISTS.items()}


def values_of(field: str) -> tuple[Any, ...]:
    """All values of a field that rules can tell apart."""
    if field in ("origin", "destination"):
        return tuple(sorted({*COUNTRIES, *CONCERN}))
    if field in CHOICES:
        return CHOICES[field]
    if field in FLAGS:
        return (True, False)
    marks = [value for rule in RULES for name, _, value in rule.literals if name == field]
    return tuple(sorted({0, *(m - 1 for m in marks), *marks}))


# --- the reference


def _holds(literal: Literal, flow: Flow) -> bool:
    field, test, value = literal
    held = flow[field]
    match test:
        case "same":
            return bool(held == flow[value])
        case "in":
            return held in value
        case "is" | "is-not":
            return bool(held == value) == (test == "is")
        case "has" | "lacks":
            return (value in held) == (test == "has")
        case "some" | "none":
            return any(v in held for v in value) == (test == "some")
        case "true" | "false":
            return held is (test == "true")
    return bool(held >= value) == (test == ">=")


def decide(flow: Flow) -> tuple[bool, list[str], list[str]]:
    """Whether the flow is allowed, the permits that hold, the forbids that hold."""
    held = [rule for rule in RULES if all(_holds(literal, flow) for literal in rule.literals)]
    permits = [rule.id for rule in held if rule.effect == "permit"]
    forbids = [rule.id for rule in held if rule.effect == "forbid"]
    return bool(permits) and not forbids, permits, forbids


# --- the text of each engine


def to_cedar() -> str:
    """The policy in Cedar."""
    texts = []
    for rule in RULES:
        when = " && ".join(_cedar(literal) for literal in rule.literals)
        texts.append(
            f'@id("{rule.id}")\n{rule.effect}(principal, action == Action::"transfer", resource) when {{ {when} }};'
        )
    return "\n".join(texts)


def _cedar(literal: Literal) -> str:
    field, test, value = literal
    name = f"context.{field}"
    texts = {
        "same": f"{name} == context.{value}",
        "in": f"[{_quoted(value)}].contains({name})",
        "is": f'{name} == "{value}"',
        "is-not": f'{name} != "{value}"',
        "has": f'{name}.contains("{value}")',
        "lacks": f'!{name}.contains("{value}")',
        "some": f"{name}.containsAny([{_quoted(value)}])",
        "none": f"!{name}.containsAny([{_quoted(value)}])",
        "true": name,
        "false": f"!{name}",
    }
    return texts.get(test, f"{name} {test} {value}")


def to_rego() -> str:
    """The policy in Rego."""
    texts = [
        "package transfer",
        "import rego.v1",
        "default allow := false",
        "allow if { count(permit) > 0; count(forbid) == 0 }",
        'decision := {"allow": allow, "permit": permit, "forbid": forbid}',
    ]
    for rule in RULES:
        for literals in _alternatives(rule.literals):
            body = "; ".join(_rego(literal) for literal in literals)
            texts.append(f'{rule.effect} contains "{rule.id}" if {{ {body} }}')
    return "\n".join(texts) + "\n"


def _alternatives(literals: tuple[Literal, ...]) -> list[tuple[Literal, ...]]:
    """Rego has no `or` in a body: one body for each member of a `some`."""
    for place, (field, test, value) in enumerate(literals):
        if test == "some":
            return [(*literals[:place], (field, "has", v), *literals[place + 1 :]) for v in value]
    return [literals]


def _rego(literal: Literal) -> str:
    field, test, value = literal
    name = f"input.{field}"
    texts = {
        "same": f"{name} == input.{value}",
        "in": f"{name} in {{{_quoted(value)}}}",
        "is": f'{name} == "{value}"',
        "is-not": f'{name} != "{value}"',
        "has": f'"{value}" in {name}',
        "lacks": f'not "{value}" in {name}',
        "none": "; ".join(f'not "{v}" in {name}' for v in value) if test == "none" else "",
        "true": name,
        "false": f"not {name}",
    }
    return texts.get(test, f"{name} {test} {value}")


def _quoted(value: object) -> str:
    return ", ".join(f'"{v}"' for v in value) if isinstance(value, tuple) else ""
