"""JSON Schemas (2020-12): `map` and `case` let an editor complete the YAML, `decision` and `check` describe the output.

The first two are made from the code that reads and from the vocabulary, so that they know every fact and place; the
other two lie in `schema/`. A schema helps while writing; what counts is what the reader says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from comity.case import MEASURE_STATES
from comity.facts import Fact, Vocabulary
from comity.intake.cases import KINDS, OPTIONAL, PART_KEYS, REQUIRED, entry_keys
from comity.intake.map import VERSION
from comity.intake.measures import ACCEPTABLE, RESULTS, VERDICTS
from comity.intake.parties import CATEGORIES, LISTS, WINDOWS, person_facts
from comity.intake.places import regions
from comity.pack.program import Program

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
WRITTEN = ("decision", "check", "incident")
_WRITTEN = Path(__file__).parent / "schema"
_TEXT: Schema = {"type": "string", "minLength": 1}


def schemas(program: Program) -> dict[str, Schema]:
    """All schemas by name: map, case, decision, check, incident."""
    written = {name: json.loads((_WRITTEN / f"{name}-1.json").read_text(encoding="utf-8")) for name in WRITTEN}
    return {"map": map_schema(program), "case": case_schema(program), **written}


# --- small parts


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    found: Schema = {"type": "object", "additionalProperties": False, "properties": properties, **more}
    return found | {"required": sorted(required)} if required else found


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, _list(item)]}


def _enum(*values: object) -> Schema:
    return {"enum": list(values)}


def _base(vocabulary: Vocabulary) -> Schema:
    """Definitions that all facts share."""
    return {
        "id": {"type": "string", "pattern": r"^[a-z0-9]+([._-][a-z0-9]+)*$"},
        "ids": _one_or_more(_ref("id")),
        "place": _enum(*sorted(p.id for p in vocabulary.places)),
        "group": _enum(*sorted(g.id for g in vocabulary.groups)),
        "day": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": "a day, such as 2026-11-24"},
        "instant": {
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$",
            "description": "an instant with its zone, such as 2026-11-24T09:00:00Z",
        },
        "count": {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": "^[0-9][0-9_ ]*$"},
                _object({"at-least": _ref("number"), "at-most": _ref("number")}, minProperties=1),
            ]
        },
        "number": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9][0-9_ ]*$"}]},
        "owners": {
            "anyOf": [
                {"type": "object", "propertyNames": _ref("place"), "additionalProperties": _ref("percent")},
                _list(
                    _object(
                        {"percent": _ref("percent"), "place": _ref("place"), "owners": _ref("owners")}, ("percent",)
                    )
                ),
            ]
        },
        "percent": {"type": "integer", "minimum": 0, "maximum": 100},
        "measures": _object({m.id: {**_enum(*MEASURE_STATES), "description": m.means} for m in vocabulary.measures}),
    }


def _value(fact: Fact) -> Schema:
    """What may stand for a fact, `unknown` aside."""
    match fact.type:
        case "bool":
            return {"type": "boolean"}
        case "places":
            return {
                "anyOf": [
                    _one_or_more(_ref("place")),
                    _object({"at-least": _one_or_more(_ref("place"))}, ("at-least",)),
                ]
            }
        case "one-of":
            return _enum(*fact.of)
        case "some-of":
            members = _one_or_more(_enum(*fact.of))
            return {"anyOf": [members, _object({"only": members, "yes": members, "no": members}, minProperties=1)]}
        case "shares":
            return _ref("owners")
    return _ref(fact.type)


def _fact(fact: Fact) -> Schema:
    return {"description": fact.means, "anyOf": [_value(fact), {"const": "unknown"}]}


def _facts(vocabulary: Vocabulary) -> Schema:
    """A definition for each fact, and `facts`: all of them, flat or nested."""
    known = [f for f in vocabulary.facts if f.id not in ("kind", "day")]
    return {f"fact {f.id}": _fact(f) for f in known} | {"facts": _nested([f.id for f in known], "")}


def _nested(names: list[str], prefix: str) -> Schema:
    rests = {name: name.removeprefix(prefix) for name in names}
    properties = {rest: _ref(f"fact {name}") for name, rest in rests.items()}
    for stem in sorted({rest.split(".", 1)[0] for rest in rests.values() if "." in rest}):
        below = [name for name, rest in rests.items() if rest.startswith(f"{stem}.")]
        properties.setdefault(stem, _nested(below, f"{prefix}{stem}."))
    return _object(properties)


def _totals(program: Program) -> Schema:
    return _object(
        {pack: _object({name: _ref("count") for name in names}) for pack, names in program.totals.items() if names}
    )


# --- a case


def case_schema(program: Program) -> Schema:
    """The schema of a case file."""
    vocabulary = program.vocabulary
    properties = {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "kind": _enum(*(k.id for k in vocabulary.kinds)),
        "day": _ref("day"),
        "facts": _ref("facts"),
        "measures": _ref("measures"),
        "totals": _totals(program),
    }
    head = {"$schema": DRAFT, "$id": "urn:comity:schema:case/1", "title": "One case: a question on one day"}
    return {**head, **_object(properties, ("kind", "day")), "$defs": _base(vocabulary) | _facts(vocabulary)}


# --- a map


def map_schema(program: Program) -> Schema:
    """The schema of a map and of the files that it uses."""
    vocabulary = program.vocabulary
    sections = {
        "entities": _entity(vocabulary),
        "people": _people(),
        "systems": _system(),
        **{section: _entry(section, program) for section in KINDS},
        **_said(program),
    }
    properties = {
        "comity": {"const": int(VERSION), "description": "version of the format"},
        "name": {**_TEXT, "description": "whose map it is"},
        "use": {**_one_or_more(_TEXT), "description": "more files, relative to this one and inside its folder"},
        **{name: _list(_ref(f"section {name}")) for name in sections},
    }
    own = {
        "data": _value(vocabulary.fact[CATEGORIES]),
        "purpose": _enum(*sorted(vocabulary.members["flow.purposes"])),
        "sites": _one_or_more({"anyOf": [_ref("place"), _enum(*sorted(regions()))]}),
        "counts": {"type": "object", "propertyNames": _ref("place"), "additionalProperties": _ref("count")},
    }
    defs = _base(vocabulary) | _facts(vocabulary) | own | {f"section {name}": found for name, found in sections.items()}
    head = {"$schema": DRAFT, "$id": "urn:comity:schema:map/1", "title": "Who handles whose data where"}
    # a file under `use` has no name; the main file has both
    return {**head, **_object(properties, dependentRequired={"name": ["comity"]}), "$defs": defs}


def _entity(vocabulary: Vocabulary) -> Schema:
    listing = {"list": _enum(*LISTS), "from": _ref("day"), "until": _ref("day"), "hr": {"type": "boolean"}}
    properties: Schema = {
        "id": _ref("id"),
        "name": _TEXT,
        "group": {**_TEXT, "description": "the group of undertakings to which it belongs"},
        "employer": {**_ref("id"), "description": "of an individual: the entity that employs it"},
        "lists": {**_list(_object(listing, ("list",))), "description": "published lists on which it is, all of them"},
    }
    for key, fact in person_facts(vocabulary).items():
        means = fact.means.replace("the holder", "it")
        properties[key] = _places_or_groups() if fact.type == "places" else _fact(fact)
        properties[key]["description"] = means
    properties["country"] = {"description": "where it acts from", **_ref("place")}
    return _object(properties, ("id", "country"))


def _places_or_groups() -> Schema:
    some = _one_or_more({"anyOf": [_ref("place"), _ref("group")]})
    return {"anyOf": [some, _object({"at-least": some}, ("at-least",)), {"const": "unknown"}]}


def _people() -> Schema:
    properties = {
        "id": _ref("id"),
        "name": _TEXT,
        "of": {**_ref("id"), "description": "the entity whose data they are"},
        "window": {**_enum(*WINDOWS), "description": "the time over which they were counted"},
        "counted": {**_ref("day"), "description": "the day on which they were counted"},
        "count": {**_ref("counts"), "description": "persons by place"},
        "devices": {**_ref("counts"), "description": "their devices by place"},
        "apart_from": {**_ref("ids"), "description": "sets that share no person with this one"},
        "query": {**_query(), "description": "how `comity count` counts them; a check runs nothing"},
        "digest": {
            "type": "string",
            "pattern": "^sha256:[0-9a-f]{16}/[a-z]+$",
            "description": "the query that was counted; `comity count` writes it",
        },
    }
    return _object(properties, ("id",))


def _query() -> Schema:
    variable = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
    properties = {
        "at": {**variable, "description": "the environment variable with the address of the database"},
        "sql": {**_TEXT, "description": "one SELECT: place and number, perhaps devices; or with `place` a number"},
        "place": {**_ref("place"), "description": "where all of them are"},
        "places": {
            "type": "object",
            "additionalProperties": _ref("place"),
            "description": "places by what the database calls them; under '' those of whom it has none",
        },
    }
    return _object(properties, ("at", "sql"))


def _system() -> Schema:
    properties = {
        "id": _ref("id"),
        "name": _TEXT,
        "place": {**_ref("sites"), "description": "a place, a cloud region, or a list of them"},
        "run_by": {**_ref("id"), "description": "the entity that operates it"},
        "for": {**_ref("id"), "description": "the entity for which it is run; default: run_by"},
        "holds": _list(_object({"people": _ref("ids"), "data": _data()})),
    }
    return _object(properties, ("id", "place", "run_by"))


def _data() -> Schema:
    return {"anyOf": [_ref("data"), {"const": "unknown"}]}


def _entry(section: str, program: Program) -> Schema:
    vocabulary = program.vocabulary
    country = _ref("place")
    known: Schema = {
        "id": _ref("id"),
        "name": _TEXT,
        "from": {**_ref("id"), "description": "a system or an entity"},
        "to": {**_ref("ids"), "description": "systems or entities"},
        "who": {**_ref("ids"), "description": "entities that look in"},
        "into": {**_ref("id"), "description": "a system"},
        "entity": _ref("id"),
        "system": _ref("id"),
        "authority": {**country, "description": "place of the authority that asks"},
        "state": {**country, "description": "the state that acts"},
        "people": _ref("ids"),
        "data": _data(),
        "purposes": _one_or_more(_ref("purpose")),
        "deal": _ref("fact flow.deal"),
        "day": _ref("day"),
        "from_day": {**_ref("day"), "description": "since when"},
        "until_day": {**_ref("day"), "description": "until when; where that has passed, a past flow is judged"},
        "facts": _ref("facts"),
        "totals": _totals(program),
        "alternatives": {**_ref("ids"), "description": "systems or entities that would do as well"},
    }
    if section == "access":
        known["from"] = {**_one_or_more(country), "description": "from which place; default: the country of `who`"}
        either = _one_or_more({"anyOf": [_ref("id"), country]})
        known["alternatives"] = {
            **either,
            "description": "entities or places that would do as well",
        }
    if section == "requests":
        known["to"] = {**_ref("id"), "description": "the entity that is asked"}
    if section in ("incidents", "products"):
        known["entity"] = {**_ref("ids"), "description": "whose it is; a case for each"}
    known["parts"] = _list(_object({k: known[k] for k in ("id", *PART_KEYS)}, ("id",)))
    direct = {key: _ref(f"fact {fact}") for key, fact in entry_keys(section, vocabulary).items()}
    keys = (*REQUIRED[section], *OPTIONAL[section])
    return _object(direct | {key: known[key] for key in keys}, REQUIRED[section])


def _said(program: Program) -> Schema:
    """Measures, opinions, assumptions and acceptances."""
    vocabulary = program.vocabulary
    covers = {
        "flows": _ref("ids"),
        "data": _one_or_more(_enum(*(c.id for c in vocabulary.categories))),
        "people": _ref("ids"),
    }
    measure = {
        "kind": {"oneOf": [{"const": m.id, "description": m.means} for m in vocabulary.measures]},
        "parties": {**_ref("ids"), "description": "the entities between which it holds"},
        "covers": _object(covers),
        "from": _ref("day"),
        "until": _ref("day"),
        "proof": {**_TEXT, "description": "where it is filed; never opened"},
        "result": {**_enum(*RESULTS), "description": "of an assessment"},
        "state": _enum(*MEASURE_STATES),
    }
    opinion = {
        "place": _ref("place"),
        "verdict": _enum(*VERDICTS),
        "counsel": _TEXT,
        "day": _ref("day"),
        "until": _ref("day"),
        "proof": _TEXT,
        "flows": _ref("ids"),
    }
    names = [f.id for f in vocabulary.facts if f.id not in ("kind", "day")]
    totals = [f"{pack}:{name}" for pack, found in program.totals.items() for name in found]
    assumption = {
        "fact": _enum(*names, *totals),
        "value": True,
        "who": _TEXT,
        "day": _ref("day"),
        "why": _TEXT,
        "for": _ref("ids"),
        "until": _ref("day"),
    }
    accepted = {
        "id": _ref("id"),
        "verdict": _enum(*ACCEPTABLE),
        "until": _ref("day"),
        "who": _TEXT,
        "why": _TEXT,
    }
    by_fact = [
        {"if": {"properties": {"fact": {"const": n}}}, "then": {"properties": {"value": _ref(f"fact {n}")}}}
        for n in names
    ]
    if totals:
        counted: Schema = {"properties": {"value": _ref("count")}, "required": ["for"]}
        by_fact.append({"if": {"properties": {"fact": _enum(*totals)}}, "then": counted})
    return {
        "measures": _object(measure, ("kind",)),
        "opinions": _object(opinion, ("place", "verdict", "counsel", "day")),
        "assume": _object(assumption, ("fact", "value", "who", "day", "why"), allOf=by_fact),
        "accepted": _object(accepted, tuple(accepted)),
    }
