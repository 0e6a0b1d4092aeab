"""Comparisons as text and JSON: what differs, the smallest case, the clauses on both sides."""

import dataclasses
import datetime as dt
import json
from pathlib import Path

from comity.decide.compare import Comparison, Side, compare
from comity.report.compare import comparisons_to_json, comparisons_to_text
from comity.report.json import dumps
from tests.small.law import pack, vocabulary

DAY = dt.date(2026, 6, 1)
LAW = """
covers: [{about: [transfer]}]
scope: data.personal
clauses:
- {id: ban, cite: Art. 1, says: No., about: transfer, forbids: "!(recipient.country in EEA)"}
"""
SAFE = "- {id: safe, cite: Art. 2, says: Listed., about: transfer, excuses: [ban], when: recipient.listed}\n"
VERSIONS = """\
fr/law at main → fr/law now: looser than before
  new: Art. 2 (fr/law/safe): Listed.
  changed: Art. 1 (fr/law/ban): No.

transfer: looser than before
  freed:
      kind: transfer
      day: 2026-06-01
      facts:
        data.personal: true
        recipient.country: DE
        recipient.listed: true
    fr/law at main: ✖ forbidden
      Art. 1 (fr/law/ban): No.
    fr/law now: ✔ allowed
      Art. 2 (fr/law/safe): Listed.

This is no legal advice.
"""


def held(root: Path, *, is_versions: bool) -> Comparison:
    strict = pack(root, LAW.replace("EEA", "[CH]"))
    loose = pack(root, LAW.replace("EEA", "[CH]") + SAFE, id_="fr/law" if is_versions else "de/law")
    names = ("fr/law at main", "fr/law now") if is_versions else ("fr/law", "de/law")
    sides = [Side(name, some, DAY) for name, some in zip(names, (strict, loose), strict=True)]
    return compare(vocabulary(), sides[0], sides[1], is_versions=is_versions)


def test_a_draft_is_told_by_what_it_frees(tmp_path: Path) -> None:
    assert comparisons_to_text([held(tmp_path, is_versions=True)], vocabulary()) == VERSIONS


def test_two_packs_are_told_by_which_is_stricter(tmp_path: Path) -> None:
    text = comparisons_to_text([held(tmp_path, is_versions=False)], vocabulary())
    assert text.startswith("fr/law and de/law, law of 2026-06-01: fr/law is stricter\n")
    assert "\ntransfer: fr/law is stricter\n  fr/law is stricter:\n      kind: transfer\n" in text
    assert "only fr/law reaches" not in text
    assert "perhaps not the smallest" not in text


def test_an_example_that_was_not_shown_to_be_the_smallest_is_told_so(tmp_path: Path) -> None:
    found = held(tmp_path, is_versions=False)
    (kind,) = found.kinds
    example = dataclasses.replace(kind.stricter[0], is_smallest=False)
    found = dataclasses.replace(found, kinds=(dataclasses.replace(kind, stricter=(example,)),))
    text = comparisons_to_text([found], vocabulary())
    assert "  fr/law is stricter:\n      (a case, perhaps not the smallest)\n      kind: transfer\n" in text
    (shown,) = comparisons_to_json([found], vocabulary())["comparisons"][0]["kinds"][0]["stricter"]
    assert shown["is_smallest"] is False


def test_json_holds_both_sides_of_each_example(tmp_path: Path) -> None:
    found = json.loads(dumps(comparisons_to_json([held(tmp_path, is_versions=False)], vocabulary())))
    (comparison,) = found["comparisons"]
    (kind,) = comparison["kinds"]
    (example,) = kind["stricter"]
    assert (found["format"], comparison["relation"], kind["looser"]) == ("compare/1", "stricter", [])
    assert example["case"]["facts"]["recipient.listed"] is True
    assert example["is_smallest"] is True
    assert (example["first"]["verdict"], example["second"]["verdict"]) == ("forbidden", "allowed")
    assert [c["clause"] for c in example["second"]["clauses"]] == ["de/law/ban", "de/law/safe"]
