"""Kinds of data in the words of other tools."""

import pytest

from comity.intake.sources.kinds import fides, kinds_in, kinds_of_word, tag_words, told_kinds, with_above
from tests.intake.sources.laid_out import vocabulary


def kinds(meta: dict[str, object], *tags: object) -> tuple[list[str], list[str]]:
    """The kinds told, and the codes of what is unclear."""
    unclear: list[str] = []
    found = kinds_in(meta, tags, vocabulary(), lambda code, _: unclear.append(code))
    return sorted(found), unclear


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"pii": True}, ["personal"]),
        ({"contains_pii": "yes"}, ["personal"]),
        ({"pii": False}, []),
        ({"pii": "email"}, ["contact"]),
        ({"category": "financial-account"}, ["financial-account"]),
        ({"Data Categories": ["user.contact.email", "HEALTH"]}, ["contact", "health"]),
        ({"fides_data_categories": "user.name.first"}, ["contact"]),
        ({"owner": "health", "category_owner": "x"}, []),
    ],
)
def test_keys_that_say_what_they_are(meta: dict[str, object], expected: list[str]) -> None:
    assert kinds(meta) == (expected, [])


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("pii", ["personal"]),
        ("PHI", ["health"]),
        ("category:contact", ["contact"]),
        ("pii=email", ["contact"]),
        ("user.location.precise", ["precise-location"]),
        ("nightly", []),
        ("team:health", []),
        (7, []),
    ],
)
def test_tags_that_say_what_they_are(tag: object, expected: list[str]) -> None:
    assert kinds({}, tag) == (expected, [])


def test_a_bare_tag_that_may_be_a_team_or_a_layer_is_not_taken_and_told() -> None:
    assert kinds({}, "core", "health") == ([], ["unclear-tag", "unclear-tag"])


def test_a_word_that_is_no_kind_is_told() -> None:
    assert kinds({"category": ["contact", "vibes"]}) == (["contact"], ["unknown-category"])


def test_a_key_of_fides_has_what_stands_above_it() -> None:
    table = fides().categories
    assert with_above("user.contact.email.work", table) == ("contact",)
    assert with_above("system.operations", table) == ()
    assert with_above("planet", table) is None
    assert with_above("shoe_size", table, {"shoe_size": "user.biometric"}) == ("biometric",)


def test_personal_goes_without_saying_beside_a_narrower_kind() -> None:
    assert told_kinds({"personal", "contact"}, vocabulary()) == ("contact",)
    assert told_kinds({"personal"}, vocabulary()) == ("personal",)
    assert told_kinds({"personal", "core"}, vocabulary()) == ("core", "personal")


def test_the_words_name_nothing_that_the_vocabulary_does_not_have() -> None:
    known = vocabulary().members["data.categories"]
    table = tag_words()
    assert {kind for each in (table.alone, table.words) for kinds in each.values() for kind in kinds} <= known
    assert all(kinds_of_word(word, vocabulary()) for word in (*table.alone, *table.words))
