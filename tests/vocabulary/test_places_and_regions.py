"""The places, the dated groups and the cloud regions hang together: every name resolves and every day is real."""

import re
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, NodeEvent

Row = dict[str, Any]
Name = TypeVar("Name", str, tuple[str, str])

COMITY = Path(__file__).resolve().parents[2] / "src" / "comity"
FILES = {
    "places": COMITY / "vocabulary" / "places.yaml",
    "groups": COMITY / "vocabulary" / "groups.yaml",
    "providers": COMITY / "intake" / "regions.yaml",
}
PLACE_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
GROUP_ID = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
CONFIDENCES = {"medium", "low"}
LEAST_REGIONS = {
    "aws": 35,
    "gcp": 40,
    "azure": 60,
    "alibaba": 25,
    "tencent": 17,
    "huawei": 25,
    "oracle": 45,
    "yandex": 2,
}


def read_rows(key: str) -> list[Row]:
    """The rows under the only key of a file, all scalars as text; a duplicate key raises."""
    loaded = YAML(typ="base", pure=True).load(FILES[key].read_text(encoding="utf-8"))
    assert list(loaded) == [key]
    rows: list[Row] = loaded[key]
    return rows


PLACES = read_rows("places")
GROUPS = read_rows("groups")
PROVIDERS = read_rows("providers")
PLACE_BY_ID = {row["id"]: row for row in PLACES}
GROUP_BY_ID = {row["id"]: row for row in GROUPS}
MEMBERS = [(group["id"], row) for group in GROUPS for row in group["members"]]
REGIONS = [(provider["id"], row) for provider in PROVIDERS for row in provider["regions"]]


def repeated(names: Iterable[Name]) -> list[Name]:
    """The names that stand more than once, in order."""
    listed = list(names)
    return sorted({name for name in listed if listed.count(name) > 1})


def to_day(text: str) -> date:
    """A calendar day written YYYY-MM-DD; raises ValueError for anything else."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"`{text}` is not a day")
    return date.fromisoformat(text)


def to_days(row: Row) -> tuple[date, date]:
    """First and last day of a row; a missing one lies as far off as a calendar goes."""
    first = to_day(row["first_day"]) if "first_day" in row else date.min
    last = to_day(row["last_day"]) if "last_day" in row else date.max
    return first, last


def holders_of(place: str) -> list[str]:
    """The places that hold this one, nearest first; raises ValueError on a cycle."""
    chain: list[str] = []
    while "in" in PLACE_BY_ID[place]:
        place = PLACE_BY_ID[place]["in"]
        if place in chain:
            raise ValueError(f"`{place}` holds itself")
        chain.append(place)
    return chain


def places_of(region: Row) -> list[str]:
    """The places of a region, whether it has one or several."""
    return list(region["places"]) if "places" in region else [region["place"]]


def members_on(group: str, day: date) -> set[str]:
    """The places in a group on a day, through the groups that it takes in."""
    found: set[str] = set()
    for row in GROUP_BY_ID[group]["members"]:
        first, last = to_days(row)
        if first <= day <= last:
            found |= members_on(row["group"], day) if "group" in row else {row["place"]}
    return found


# The files as text


@pytest.mark.parametrize("key", FILES)
def test_file_has_no_anchor_alias_or_tag(key: str) -> None:
    for event in YAML(typ="base", pure=True).parse(FILES[key].read_text(encoding="utf-8")):
        assert not isinstance(event, AliasEvent)
        if isinstance(event, NodeEvent):
            assert event.anchor is None
            assert getattr(event, "tag", None) in (None, "!")


@pytest.mark.parametrize("key", FILES)
def test_lines_are_short_and_tidy(key: str) -> None:
    for number, line in enumerate(FILES[key].read_text(encoding="utf-8").splitlines(), start=1):
        assert len(line) < 200, number
        assert line == line.rstrip(), number


def test_duplicate_key_is_refused_by_this_loader() -> None:
    with pytest.raises(YAMLError):
        YAML(typ="base", pure=True).load("{id: NO, id: SE}")


def test_norway_is_text() -> None:
    assert PLACE_BY_ID["NO"]["name"] == "Norway"


# Places


def test_place_rows_have_known_keys_and_kinds() -> None:
    for row in PLACES:
        assert {"id", "name"} <= set(row) <= {"id", "name", "in", "kind", "zone"}, row
        assert row.get("kind", "place") in {"place", "organisation", "example"}, row
        assert row["name"].strip(), row


def test_place_ids_are_well_formed_and_unique() -> None:
    assert [row["id"] for row in PLACES if not PLACE_ID.fullmatch(row["id"])] == []
    assert repeated(row["id"] for row in PLACES) == []


def test_place_names_are_unique_within_the_place_that_holds_them() -> None:
    assert repeated((row.get("in", ""), row["name"]) for row in PLACES) == []


def test_place_that_holds_another_exists_and_none_holds_itself() -> None:
    assert [row["id"] for row in PLACES if row.get("in", "US") not in PLACE_BY_ID] == []
    for row in PLACES:
        assert row["id"] not in holders_of(row["id"])


def test_subdivision_lies_in_the_place_before_its_last_hyphen() -> None:
    for row in PLACES:
        if "-" in row["id"]:
            assert row["in"] == row["id"].rpartition("-")[0], row


def test_names_in_conditions_do_not_collide() -> None:
    in_conditions = [row["id"].replace("-", "_") for row in PLACES] + list(GROUP_BY_ID)
    assert repeated(in_conditions) == []


def test_all_countries_are_there() -> None:
    countries = [row for row in PLACES if len(row["id"]) == 2 and row.get("kind", "place") == "place"]
    assert len(countries) == 250  # ISO 3166-1 has 249, and Kosovo


def test_user_assigned_codes_are_examples_save_kosovo() -> None:
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        expected = "place" if letter == "K" else "example"
        assert PLACE_BY_ID["X" + letter].get("kind", "place") == expected


@pytest.mark.parametrize(
    ("place", "holders"),
    [
        ("CN-GD-SHENZHEN", ["CN-GD", "CN"]),
        ("AE-DU-DIFC", ["AE-DU", "AE"]),
        ("PR", ["US"]),
        ("RE", ["FR"]),
        ("AX", ["FI"]),
        ("HK", []),
        ("MO", []),
        ("TW", []),
        ("JE", []),
        ("FO", []),
        ("NC", []),
        ("SJ", []),
    ],
)
def test_place_is_held_only_where_the_law_reaches(place: str, holders: list[str]) -> None:
    assert holders_of(place) == holders


# Groups


def test_group_rows_have_known_keys_a_meaning_and_a_source() -> None:
    for group in GROUPS:
        assert {"id", "means", "source", "members"} <= set(group), group["id"]
        assert set(group) <= {"id", "means", "source", "confidence", "members"}, group["id"]
        assert group["means"].strip(), group["id"]
        assert group["source"].strip(), group["id"]
        assert group["members"], group["id"]


def test_group_ids_are_well_formed_and_unique() -> None:
    assert [row["id"] for row in GROUPS if not GROUP_ID.fullmatch(row["id"])] == []
    assert repeated(row["id"] for row in GROUPS) == []


def test_member_is_one_known_place_or_one_known_group() -> None:
    for group, row in MEMBERS:
        assert set(row) <= {"place", "group", "first_day", "last_day", "source", "confidence"}, (group, row)
        assert ("place" in row) != ("group" in row), (group, row)
        assert row.get("place", "US") in PLACE_BY_ID, (group, row)
        assert row.get("group", "EU") in GROUP_BY_ID, (group, row)


def test_no_group_takes_in_itself() -> None:
    for group in GROUP_BY_ID:
        reached: set[str] = set()
        waiting = [group]
        while waiting:
            for row in GROUP_BY_ID[waiting.pop()]["members"]:
                if row.get("group", group) not in reached and "group" in row:
                    reached.add(row["group"])
                    waiting.append(row["group"])
        assert group not in reached


def test_days_are_real_and_in_order() -> None:
    for group, row in MEMBERS:
        first, last = to_days(row)
        assert first <= last, (group, row)


def test_rows_of_one_place_in_one_group_do_not_overlap() -> None:
    for group in GROUPS:
        rows = sorted((row.get("place", row.get("group")), *to_days(row)) for row in group["members"])
        for (name, _, last), (next_name, next_first, _) in pairwise(rows):
            assert name != next_name or last < next_first, (group["id"], name)


@pytest.mark.parametrize("rows", [[row for _, row in MEMBERS], GROUPS, [row for _, row in REGIONS]])
def test_confidence_is_medium_or_low(rows: list[Row]) -> None:
    assert [row for row in rows if row.get("confidence", "low") not in CONFIDENCES] == []


@pytest.mark.parametrize(
    ("group", "day", "count"),
    [
        ("EU", "2020-12-31", 28),
        ("EU", "2021-01-01", 27),
        ("EEA", "2026-11-24", 30),
        ("CONVENTION_108", "2026-11-24", 55),
        ("ASEAN", "2025-10-25", 10),
        ("ASEAN", "2025-10-26", 11),
        ("CPTPP", "2024-12-14", 11),
        ("CPTPP", "2024-12-15", 12),
        ("MALABO", "2023-06-07", 0),
        ("MALABO", "2023-06-08", 15),
        ("OECD", "2026-11-24", 38),
        ("OECD_GOVERNMENT_ACCESS", "2022-12-13", 0),
        ("GBA_MAINLAND", "2026-11-24", 9),
        ("C5", "2026-11-24", 5),
        ("LAS", "2026-11-24", 22),
    ],
)
def test_number_of_members_on_a_day(group: str, day: str, count: int) -> None:
    assert len(members_on(group, to_day(day))) == count


# Cloud regions


def test_provider_has_a_name_a_source_and_a_read_day() -> None:
    assert repeated(row["id"] for row in PROVIDERS) == []
    for provider in PROVIDERS:
        assert set(provider) == {"id", "name", "source", "read_day", "regions"}, provider["id"]
        assert provider["name"].strip(), provider["id"]
        assert provider["source"].startswith("https://"), provider["id"]
        assert to_day(provider["read_day"]) >= date(2026, 11, 24), provider["id"]


def test_region_ids_are_unique_within_a_provider() -> None:
    assert repeated((provider, row["id"]) for provider, row in REGIONS) == []


def test_region_has_known_places() -> None:
    for provider, row in REGIONS:
        assert set(row) <= {"id", "place", "places", "city", "confidence"}, (provider, row)
        assert ("place" in row) != ("places" in row), (provider, row)
        assert [place for place in places_of(row) if place not in PLACE_BY_ID] == [], (provider, row)
        assert [place for place in places_of(row) if PLACE_BY_ID[place].get("kind")] == [], (provider, row)


def test_region_of_several_sites_names_each_place_once() -> None:
    for provider, row in REGIONS:
        if "places" in row:
            assert len(row["places"]) > 1, (provider, row)
            assert repeated(row["places"]) == [], (provider, row)


def test_region_of_the_union_names_all_member_states() -> None:
    (union,) = [row for provider, row in REGIONS if (provider, row["id"]) == ("gcp", "eu")]
    assert set(union["places"]) == members_on("EU", date(2026, 11, 24))


@pytest.mark.parametrize(("provider", "least"), LEAST_REGIONS.items())
def test_provider_has_enough_regions(provider: str, least: int) -> None:
    assert sum(1 for name, _ in REGIONS if name == provider) >= least


def test_every_provider_is_counted() -> None:
    assert {row["id"] for row in PROVIDERS} == set(LEAST_REGIONS)
