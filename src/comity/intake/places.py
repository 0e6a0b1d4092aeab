"""Where a system stands: a place of the vocabulary, or a region of a cloud provider."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from comity import document as doc
from comity.case import read_place
from comity.errors import Problems
from comity.facts import Vocabulary

REGIONS_FILE = Path(__file__).parent / "regions.yaml"


def read_sites(node: doc.Node, vocabulary: Vocabulary, problems: Problems, *, context: str = "") -> tuple[str, ...]:
    """The places of a system: one place or region, or a list of them; sorted, each once.

    Args:
        node: `DE`, `aws/eu-central-1`, or a list of such texts.
        vocabulary: the known places.
        problems: takes what is wrong.
        context: what the problems are told to be about.
    """
    found: set[str] = set()
    for item in doc.to_texts(node, problems, context=context):
        if "/" in item.text:
            found.update(_read_region(item, problems, context))
        elif not _is_place(item.text, vocabulary) and (same := _same_region(item.text)):
            help_ = _may_be(same)
            problems.add("unknown-place", f"`{item.text}` is not a known place", item.span, help=help_, context=context)
        else:
            place = read_place(item, vocabulary, problems, context=context)
            found.update({place} if place else ())
    return tuple(sorted(found))


def _read_region(node: doc.Scalar, problems: Problems, context: str) -> tuple[str, ...]:
    table = regions()
    places = table.get(node.text)
    if places is not None:
        return places
    provider = node.text.split("/", 1)[0]
    providers = sorted({name.split("/", 1)[0] for name in table})
    if provider in providers:
        known = [name for name in table if name.startswith(f"{provider}/")]
        help_ = problems.near(node.text, known) or "write its place instead"
    else:
        near = problems.near(provider, providers)
        help_ = _may_be(_same_region(node.text.split("/", 1)[1])) or near
        help_ = help_ or f"providers: {', '.join(providers)}; or write its place instead"
    message = f"`{node.text}` is not a known cloud region"
    problems.add("unknown-region", message, node.span, help=help_, context=context)
    return ()


def _is_place(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text is the code or the name of a place; a few regions are named after a country too."""
    return text in vocabulary.place or any(p.name.casefold() == text.casefold() for p in vocabulary.places)


def _same_region(text: str) -> list[str]:
    """Full ids of the regions whose own id is the text; short words such as `EU` are places that somebody misspelt."""
    own = text.lower()
    if len(own) < 7 and not any(c.isdigit() or c == "-" for c in own):
        return []
    return [name for name in regions() if name.split("/", 1)[1] == own]


def _may_be(names: list[str]) -> str:
    """Help text with the first of some names; empty where there is none."""
    return f"did you mean `{names[0]}`?" if names else ""


@cache
def regions() -> dict[str, tuple[str, ...]]:
    """Places by `provider/region`. Read when a map first names a region: it is a big table."""
    problems = Problems()
    found: dict[str, tuple[str, ...]] = {}
    root = doc.read_document(REGIONS_FILE, shown=REGIONS_FILE.name)
    for node in doc.to_fields(root, problems, what="the table of regions", required=("providers",)).items("providers"):
        keys = ("id", "name", "source", "read_day", "regions")
        provider = doc.to_fields(node, problems, what="a provider", required=keys)
        for item in provider.items("regions"):
            optional = ("place", "places", "city", "confidence")
            f = doc.to_fields(item, problems, what="a region", required=("id",), optional=optional)
            places = tuple(sorted(s.text for s in (*f.texts("place"), *f.texts("places"))))
            found[f"{provider.text('id')}/{f.text('id')}"] = places
    problems.require_none()
    return found
