"""The closed tree: reading what was printed gives the same tree, and what it is made of can be counted."""

import datetime as dt
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from comity.condition import tree as t
from comity.facts import Row
from tests.condition import language as lang
from tests.condition.language import compiled, draw_text, names

COMPARISONS = st.sampled_from(t.OPS)
COUNT_IDS = st.sampled_from([lang.TOTALS.get(c, c) for c in lang.COUNTS])
GROUP_IDS = st.sampled_from([g.replace("_", "-") if g.startswith(("US", "CN")) else g for g in lang.GROUPS])
LIST_IDS = st.sampled_from(["[DE, FR]", "[CN_GD_SHENZHEN, HK]"])
PLACE_IDS = st.sampled_from(lang.PLACE_FACTS)
SET_IDS = st.sampled_from(lang.SETS)
DAY_IDS = st.sampled_from(lang.DAYS)
OWNER_IDS = st.sampled_from(lang.OWNERS)
NUMBERS = st.integers(0, 2**31)
MEMBERS = st.one_of(
    st.tuples(st.just("data.categories"), st.sampled_from(lang.CATEGORIES)),
    st.tuples(st.just("flow.purposes"), st.sampled_from(lang.PURPOSES)),
)
DEALS = st.lists(st.sampled_from(lang.DEALS), min_size=1, unique=True).map(lambda v: tuple(sorted(v)))


def nested(atoms: st.SearchStrategy[t.Condition], leaves: int) -> st.SearchStrategy[t.Condition]:
    """And, or, not over atoms, as the checker builds them."""
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(t.all_of),
            st.lists(inner, min_size=2, max_size=3).map(t.any_of),
            inner.map(t.negate),
        ),
        max_leaves=leaves,
    )


PLAIN: st.SearchStrategy[t.Condition] = st.one_of(
    st.booleans().map(t.Const),
    st.sampled_from(lang.BOOLS).map(t.IsTrue),
    st.builds(t.CountIs, COUNT_IDS, COMPARISONS, NUMBERS),
    st.builds(t.CountsAre, COUNT_IDS, COMPARISONS, COUNT_IDS),
    st.builds(t.OneOf, st.just("flow.deal"), DEALS),
    MEMBERS.map(lambda pair: t.Has(*pair)),
    st.builds(t.InGroup, PLACE_IDS, st.one_of(GROUP_IDS, LIST_IDS)),
    st.builds(t.SamePlace, PLACE_IDS, PLACE_IDS),
    st.builds(t.InPlaces, PLACE_IDS, SET_IDS),
    st.builds(t.DayIs, DAY_IDS, COMPARISONS, st.dates(dt.date(1900, 1, 1))),
    st.builds(t.DaysBetween, DAY_IDS, DAY_IDS, COMPARISONS, st.integers(-(2**31), 2**31)),
    st.builds(t.ShareIs, OWNER_IDS, GROUP_IDS, COMPARISONS, st.integers(0, 100)),
    st.builds(t.Cascades, OWNER_IDS, GROUP_IDS, st.integers(1, 100)),
)
BODIES = nested(st.one_of(st.builds(t.BoundIn, st.one_of(GROUP_IDS, LIST_IDS)), PLAIN), 4)
ATOMS = st.one_of(PLAIN, st.builds(t.AnyPlace, SET_IDS, BODIES), st.builds(t.AllPlaces, SET_IDS, BODIES))


@settings(max_examples=600)
@given(nested(ATOMS, 12))
def test_reading_what_was_printed_gives_the_same_tree(condition: t.Condition) -> None:
    assert compiled(t.to_text(condition)) == condition


def test_every_kind_of_node_is_printed_and_read() -> None:
    rng, seen = random.Random(7), set()
    for _ in range(800):
        condition = compiled(draw_text(rng, 2))
        seen |= {type(node) for node in t.walk(condition)}
        assert compiled(t.to_text(condition)) == condition
    assert seen == set(t.KINDS)


def test_rows_with_their_own_condition_are_printed_as_their_table() -> None:
    condition = compiled("recipient.country in ADEQUATE")
    shown = "recipient.country in ADEQUATE || (recipient.country in ADEQUATE && recipient.listed)"
    assert t.to_text(condition) == shown


def test_facts_and_groups_are_found_wherever_they_stand() -> None:
    given = names()
    condition = compiled(
        "!(people_sent > incident.persons && days(day, incident.ended_on) > 3) "
        "|| data.origin.all(p, p in PACT && share(holder.owners, BAY) > 3) || holder.country in recipient.targets",
        given,
    )
    assert t.facts_of(condition) == {
        *("fr/law:people_sent", "incident.persons", "day", "incident.ended_on"),
        *("data.origin", "holder.owners", "holder.country", "recipient.targets"),
    }
    assert t.groups_of(condition) == {"PACT", "BAY"}
    assert given.groups["BAY"] == (Row("CN-GD-SHENZHEN"), Row("HK"))


def test_size_counts_nodes_and_depth_and_gives_up_at_its_limit() -> None:
    condition = compiled("data.personal && !(flow.routine || data.origin.all(p, p in EEA))")
    assert t.size(condition, 100) == (7, 5)
    wide = t.Or(tuple(t.IsTrue("data.personal") for _ in range(1000)))
    assert t.size(wide, 100)[0] == 101
