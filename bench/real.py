"""The real packs, and realistic cases for them."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from comity.case import Case
from comity.facts import Members, Places, Value, read_vocabulary
from comity.pack.link import link
from comity.pack.program import Program
from comity.pack.read import pack_folders, read_pack

PACKS = Path(__file__).resolve().parent.parent / "packs"
DAY = dt.date(2026, 11, 1)

# Who sends to whom, and why: the flows of an online travel company
FLOWS: tuple[tuple[str, str, tuple[str, ...], dict[str, Value]], ...] = (
    ("DE", "PH", ("personal", "contact"), {"flow.by": "remote-access", "recipient.role": "processor"}),
    ("DE", "US", ("personal", "contact", "financial"), {"recipient.role": "processor", "recipient.dpf": True}),
    ("IE", "SG", ("personal", "contact", "network-id"), {"flow.group": True}),
    ("FR", "IN", ("personal", "contact"), {"recipient.role": "processor"}),
    ("NL", "CH", ("personal", "contact"), {}),
)
MEASURES: tuple[dict[str, str], ...] = (
    {"eu-standard-clauses": "in-place"},
    {"eu-standard-clauses": "in-place", "transfer-impact-assessment": "in-place", "processing-contract": "in-place"},
    {},
)


def real_program() -> Program:
    """All packs."""
    vocabulary = read_vocabulary()
    return link(vocabulary, [read_pack(folder, vocabulary) for folder in pack_folders(PACKS)])


def realistic_cases(n: int, seed: int) -> list[Case]:
    """Fresh cases, each an object of its own."""
    r = random.Random(seed)
    return [_case(r, number) for number in range(n)]


def _case(r: random.Random, number: int) -> Case:
    holder, recipient, categories, more = r.choice(FLOWS)
    facts: dict[str, Value] = {
        "holder.country": holder,
        "recipient.country": recipient,
        "data.personal": True,
        "data.categories": Members(frozenset(categories)),
        "data.subjects_in": Places(frozenset(r.sample(("DE", "FR", "IE", "NL", "IT", "AT"), 3))),
        **more,
    }
    return Case(f"flow-{number}", "transfer", DAY, facts, measures=dict(r.choice(MEASURES)))
