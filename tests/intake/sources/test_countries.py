"""Places as people write them, in many languages, with towns, codes and slips."""

from functools import cache

import pytest

from comity.intake.sources.countries import Countries, read_countries
from tests.intake.sources.laid_out import vocabulary


@cache
def countries() -> Countries:
    return read_countries(vocabulary())


def notes(text: str) -> list[str]:
    return [code for code, _ in countries().read(text).notes]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Germany", "DE"),
        ("germany ", "DE"),
        ("DE", "DE"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("德国", "DE"),
        ("ドイツ", "DE"),
        ("독일", "DE"),
        ("Германия", "DE"),
        ("ألمانيا", "DE"),
        ("Đức", "DE"),
        ("เยอรมนี", "DE"),
        ("Almanya", "DE"),
        ("UK", "GB"),
        ("U.K.", "GB"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("KSA", "SA"),
        ("UAE", "AE"),
        ("PRC", "CN"),
        ("Brasil", "BR"),
        ("Côte d'Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("The Netherlands", "NL"),
        ("Czech Republic", "CZ"),
        ("Korea, Republic of", "KR"),
        ("Iran, Islamic Republic of", "IR"),
        ("Bosnia & Herzegovina", "BA"),
        ("Trinidad and Tobago", "TT"),
        ("NO", "NO"),
        ("Kosovo", "XK"),
        ("Hong Kong SAR", "HK"),
        ("Hong Kong, China", "HK"),
        ("中国香港", "HK"),
        ("Taiwan, China", "TW"),
        ("US-VA", "US-VA"),
        ("Virginia", "US-VA"),
        ("US (Virginia)", "US-VA"),
        ("Atlanta, Georgia", "US-GA"),
        ("Georgia, USA", "US-GA"),
        ("Georgia, Tbilisi, GE", "GE"),
        ("Washington, D.C.", "US-DC"),
        ("Frankfurt, Germany", "DE"),
        ("Frankfurt am Main", "DE"),
        ("EU (Ireland)", "IE"),
        ("Ireland (Dublin HQ)", "IE"),
        ("12 Main Street, Dublin, Ireland", "IE"),
        ("Somewhere, Germany", "DE"),
        ("San Francisco, CA", "US-CA"),
        ("Toronto, CA", "CA-ON"),
        ("Bangalore, IN", "IN"),
        ("Indianapolis, IN", "US-IN"),
        ("CA", "CA"),
        ("Dubai", "AE-DU"),
        ("北京", "CN-BJ"),
        ("aws/eu-central-1", "aws/eu-central-1"),
        ("AWS eu-west-1", "aws/eu-west-1"),
        ("AWS (us-east-1)", "aws/us-east-1"),
        ("us-east-1", "US-VA"),
        ("westeurope", "azure/westeurope"),
        ("Azure West Europe", "azure/westeurope"),
        ("europe-west3", "gcp/europe-west3"),
        ("eu-central-1", "DE"),  # of two providers, in one country
    ],
)
def test_one_place(text: str, places: str) -> None:
    read = countries().read(text)
    assert (read.places, read.is_whole, read.notes) == ((places,), True, ())


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("DE; NL / US", ("DE", "NL", "US")),
        ("USA/UK", ("US", "GB")),
        ("Germany, France", ("DE", "FR")),
        ("Germany and France", ("DE", "FR")),
        ("United States, Ireland & Singapore", ("US", "IE", "SG")),
        ("Deutschland und Österreich", ("DE", "AT")),
        ("德国、法国", ("DE", "FR")),
        ("Germany\nFrance", ("DE", "FR")),
        ("DE, DE, Frankfurt", ("DE",)),
        ("aws/us-east-1; aws/eu-west-1", ("aws/us-east-1", "aws/eu-west-1")),
    ],
)
def test_several_places_in_one_cell(text: str, places: tuple[str, ...]) -> None:
    read = countries().read(text)
    assert (read.places, read.is_whole) == (places, True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Germny", "DE"),
        ("Swizerland", "CH"),
        ("Unitd States", "US"),
        ("Phillippines", "PH"),
        ("Sinagpore", "SG"),
        ("Frankfort", "DE"),
    ],
)
def test_a_slip_that_leaves_no_doubt_is_guessed_and_remarked(text: str, place: str) -> None:
    read = countries().read(text)
    assert read.places == (place,)
    assert [code for code, _ in read.notes] == ["guessed-place"]
    assert text in read.notes[0][1]


@pytest.mark.parametrize("text", ["Austrlia", "Austrla", "Nigeri", "Slovekia", "Icland", "Irag"])
def test_a_slip_between_two_countries_stays_unknown(text: str) -> None:
    read = countries().read(text)
    assert (read.places, read.is_whole) == ((), False)
    assert read.notes


@pytest.mark.parametrize(
    "text", ["Korea", "Congo", "Georgia", "Washington", "Springfield, IL", "London, Ontario", "NA", "No", "no"]
)
def test_what_may_be_two_places_stays_unknown(text: str) -> None:
    read = countries().read(text)
    assert not read.is_whole
    assert [code for code, _ in read.notes] == ["ambiguous-place"]
    assert read.one is None


@pytest.mark.parametrize(
    "text",
    [
        "EU",
        "EEA",
        "EWR",
        "Europe",
        "global",
        "Worldwide",
        "全球",
        "欧盟",
        "Weltweit",
        "various",
        "APAC",
        "Iberia",
        "Remote",
    ],
)
def test_a_group_of_countries_stays_unknown(text: str) -> None:
    assert countries().read(text).places == ()
    assert notes(text) == ["group-of-places"]


@pytest.mark.parametrize("text", ["", "n/a", "-", "unknown", "unbekannt", "未知", "tbd"])
def test_a_cell_that_says_nothing_is_no_problem(text: str) -> None:
    read = countries().read(text)
    assert (read.places, read.notes, read.is_whole) == ((), (), True)


def test_a_part_that_is_not_understood_keeps_the_whole_open() -> None:
    read = countries().read("Germany / EU")
    assert (read.places, read.is_whole, read.one) == (("DE",), False, None)
    read = countries().read("Austrlia, Germany")
    assert (read.places, read.is_whole) == (("DE",), False)


@pytest.mark.parametrize("text", ["Foo", "=cmd|' /C calc'!A0", "x" * 5000, "12345", "can", "are", "Mars"])
def test_what_is_no_place_is_remarked(text: str) -> None:
    assert countries().read(text).places == ()
    assert notes(text)


def test_every_country_is_known_by_its_own_name_and_codes() -> None:
    places = [p for p in vocabulary().places if p.kind == "place" and len(p.id) == 2]
    wrong = {p.id: countries().read(p.name).places for p in places if countries().read(p.name).places != (p.id,)}
    # Of these two countries have the name
    assert set(wrong) == {"GE", "WS"}
    codes = [p.id for p in places if p.id not in ("NA",)]
    assert [c for c in codes if countries().read(c).places != (c,)] == []
