"""Places of systems: codes, cloud regions, and what is meant by those that are none."""

from pathlib import Path

import pytest

from comity.errors import InputError
from comity.facts import Places
from comity.intake.places import regions
from tests.intake.maps import BASE, case_of, vocabulary

FLOW = "flows:\n- {id: copy, from: shop, to: vendor}\n"


def places(folder: Path, place: str) -> list[str]:
    case = case_of(folder, BASE.replace("place: NL", f"place: {place}") + FLOW)
    found = case.facts["data.stored_in"]
    assert isinstance(found, Places)
    return sorted(found.members)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("NO", ["NO"]),
        ("CN-GD-SHENZHEN", ["CN-GD-SHENZHEN"]),
        ("aws/eu-central-1", ["DE"]),
        ("azure/norwayeast", ["NO"]),
        ("alibaba/cn-shenzhen", ["CN-GD-SHENZHEN"]),
        ("yandex/ru-central1", ["RU"]),
        ("gcp/eur4", ["FI", "NL"]),  # one region of several sites
        ("[aws/eu-central-1, aws/eu-west-1, DE]", ["DE", "IE"]),
    ],
)
def test_code_region_or_list_of_them_gives_places(tmp_path: Path, place: str, expected: list[str]) -> None:
    assert places(tmp_path, place) == expected


@pytest.mark.parametrize(
    ("place", "help_"),
    [
        ("aws/eu-centrl-1", "did you mean `aws/eu-central-1`"),
        ("eu-central-1", "did you mean `aws/eu-central-1`?"),
        ("westeurope", "did you mean `azure/westeurope`?"),
        ("google/europe-west1", "did you mean `gcp/europe-west1`?"),
        ("azur/nowhere", "did you mean `azure`?"),
        ("aws/xyzzy", "write its place instead"),
        ("attic/box", "providers: alibaba, aws, azure"),
        ("Germany", "did you mean `DE`?"),
        ("UK", "did you mean `GB`?"),
    ],
)
def test_misspelt_place_or_region_is_told_with_what_may_be_meant(tmp_path: Path, place: str, help_: str) -> None:
    with pytest.raises(InputError) as caught:
        places(tmp_path, place)
    (problem,) = caught.value.problems
    assert problem.help.startswith(help_)
    assert (problem.span.line, problem.span.column) == (9, 21)


def test_every_region_lies_in_places_that_the_vocabulary_knows() -> None:
    table = regions()
    assert len({name.split("/", 1)[0] for name in table}) == 8
    assert {place for found in table.values() for place in found} <= set(vocabulary().place)
    assert all(table.values())
