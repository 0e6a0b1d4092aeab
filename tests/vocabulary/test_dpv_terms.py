"""Every term of the W3C Data Privacy Vocabulary that we name is one that was looked up there."""

import functools
import re
from pathlib import Path

from comity.facts import Entry, Fact, Measure, read_vocabulary
from comity.report.dpv import TERMS

LIST = Path(__file__).parent / "dpv-terms.txt"
SHAPE = re.compile(r"(dpv|pd|risk|eu-gdpr|tech):[A-Za-z0-9]+(-[A-Za-z0-9]+)*")


@functools.cache
def named() -> dict[str, str]:
    """Each term that the vocabulary or the export names, with the id of one entry that names it."""
    vocabulary = read_vocabulary()
    entries: tuple[Fact | Entry | Measure, ...] = (
        *vocabulary.facts,
        *vocabulary.categories,
        *vocabulary.purposes,
        *vocabulary.necessities,
        *vocabulary.kinds,
        *vocabulary.roles,
        *vocabulary.measures,
    )
    # The export uses some more, for parties and for what relates them
    return dict.fromkeys(TERMS, "the export") | {entry.dpv: entry.id for entry in entries if entry.dpv}


def listed() -> list[str]:
    """The terms of the list, in its order."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines if not line.startswith("#")]


def test_a_term_is_a_known_prefix_and_a_name() -> None:
    terms = named()
    assert terms
    assert {term: id_ for term, id_ in terms.items() if not SHAPE.fullmatch(term)} == {}


def test_a_term_that_is_named_was_looked_up() -> None:
    known = set(listed())
    assert {term: id_ for term, id_ in named().items() if term not in known} == {}


def test_a_term_that_was_looked_up_is_named() -> None:
    assert [term for term in listed() if term not in named()] == []


def test_the_list_is_sorted_labelled_and_says_its_version() -> None:
    text = LIST.read_text(encoding="utf-8")
    terms = listed()
    assert terms == sorted(set(terms))
    assert [line for line in text.splitlines() if not line.startswith("#") and line.count("\t") != 1] == []
    assert "version 2.0" in text.splitlines()[0]
