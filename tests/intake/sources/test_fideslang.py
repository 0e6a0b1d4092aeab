"""Manifests of Fides, old and new; the one in `data/` is held against Fides's own models."""

import warnings
from pathlib import Path

import pytest

from comity.errors import InputError
from comity.intake.found import Found
from comity.intake.sources.fideslang import read_fideslang
from comity.intake.sources.kinds import fides, with_above
from tests.intake.sources.laid_out import OWNER, checked, codes, remarks, told, vocabulary

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what its libraries warn of is theirs
    from fideslang.default_taxonomy import DEFAULT_TAXONOMY
    from fideslang.manifests import ingest_manifests
    from fideslang.parse import load_manifests_into_taxonomy

DATA = Path(__file__).parent / "data" / "fides.yml"


@pytest.fixture
def found() -> Found:
    return read_fideslang(DATA, shown="fides.yml", owner=OWNER, vocabulary=vocabulary())


def read(folder: Path, text: str, **files: str) -> Found:
    for name, content in {"one": text, **files}.items():
        (folder / f"{name}.yml").write_text(content, encoding="utf-8")
    return read_fideslang(folder, shown="manifests", owner=OWNER, vocabulary=vocabulary())


def test_fides_itself_takes_the_manifest_of_these_tests() -> None:
    taxonomy = load_manifests_into_taxonomy(ingest_manifests(str(DATA)))
    assert [system.fides_key for system in taxonomy.system] == ["web_shop", "mailer"]


@pytest.mark.parametrize(
    ("section", "table"), [("data_category", fides().categories), ("data_use", fides().purposes)], ids=["kinds", "uses"]
)
def test_every_word_of_the_taxonomy_comes_to_something_and_no_other_word_stands_in_the_table(
    section: str, table: dict[str, tuple[str, ...]]
) -> None:
    keys = {entry.fides_key for entry in getattr(DEFAULT_TAXONOMY, section)}
    assert [key for key in sorted(keys) if with_above(key, table) is None] == []
    assert set(table) - keys == ({"advertising", "improve", "provide"} if section == "data_use" else set())


def test_the_tables_name_nothing_that_the_vocabulary_does_not_have() -> None:
    known = vocabulary()
    table = fides()
    assert {k for kinds in table.categories.values() for k in kinds} <= known.members["data.categories"]
    assert {p for purposes in table.purposes.values() for p in purposes} <= known.members["flow.purposes"]
    assert {k for kinds in table.subjects.values() for k in kinds} <= known.members["data.categories"]
    assert set(table.subjects) <= {subject.fides_key for subject in DEFAULT_TAXONOMY.data_subject}
    assert {m for measures in table.bases.values() for m in measures} <= set(known.measure)


def test_codes_of_three_letters_are_those_that_the_library_of_holidays_has_too() -> None:
    from holidays.registry import COUNTRIES

    countries = {code: place for code, (place,) in fides().countries.items()}
    assert all(place in vocabulary().place for place in countries.values())
    assert len(set(countries.values())) == len(countries) - 1 >= 249  # Kosovo has two
    odd = {"BAH", "BLG", "SZW", "GUA", "MOR", "VTU"}  # that library's own names for six of them
    theirs = {names[2]: names[1] for names in COUNTRIES.values() if len(names) > 2 and len(names[2]) == 3}
    assert {code: place for code, place in theirs.items() if code not in odd and countries.get(code) != place} == {}


def test_systems_and_datasets_stand_where_the_manifest_says(found: Found) -> None:
    systems = told(found, "systems")
    assert {ref: system["place"] for ref, system in systems.items()} == {
        "dataset/bookings_db": "aws/eu-central-1",
        "system/web_shop": "aws/eu-central-1",
        "system/mailer": "US-TX",
    }
    assert systems["system/mailer"] | {"holds": []} == {
        "name": "Mailer",
        "place": "US-TX",
        "run_by": "skymail-inc",
        "for": OWNER,
        "holds": [],
    }
    assert told(found, "entities")["vendor/skymail inc."] == {"name": "Skymail Inc.", "country": "US"}


def test_kinds_of_data_stand_with_the_people_whose_they_are(found: Found) -> None:
    systems = told(found, "systems")
    assert systems["dataset/bookings_db"]["holds"] == [{"data": ["contact", "financial", "financial-account"]}]
    assert systems["system/web_shop"]["holds"] == [
        {"people": ["customer"], "data": ["contact", "financial", "online-activity"]},
        {"people": ["guest"], "data": ["contact", "financial"]},
        {"people": ["employee"], "data": ["contact", "employee"]},
    ]
    assert told(found, "people")["data_subject/guest"] == {"name": "Guests of hotels", "of": OWNER}


def test_each_declaration_is_a_part_of_the_flow_that_it_names(found: Found) -> None:
    flows = told(found, "flows")
    assert flows["web_shop -> mailer"] == {
        "from": "web-shop",
        "to": "mailer",
        "parts": [
            {"id": "booking", "people": ["customer", "guest"], "data": ["contact", "financial"]},
            {
                "id": "newsletter",
                "people": ["customer"],
                "data": ["contact", "online-activity"],
                "purposes": ["marketing"],
            },
        ],
        "facts": {"holder.role": "controller"},
    }
    assert {part["data"][0] for part in flows["bookings_db -> web_shop"]["parts"]} == {"contact"}
    assert told(found, "collections") == {
        "user -> web_shop": {
            "entity": OWNER,
            "into": "web-shop",
            "people": ["customer", "guest"],
            "data": ["contact"],
        }
    }


def test_transfers_without_a_destination_go_to_an_unknown_country_with_the_measures_named(found: Found) -> None:
    assert told(found, "entities")["abroad/web_shop"] == {"name": "recipient of Web shop abroad", "country": "unknown"}
    assert told(found, "measures") == {
        "abroad/web_shop/eu-standard-clauses": {
            "kind": "eu-standard-clauses",
            "parties": [OWNER, "recipient-of-web-shop-abroad"],
            "covers": {"flows": ["web-shop-to-recipient-of-web-shop-abroad"]},
        }
    }
    assert told(found, "flows")["third-parties/web_shop/Shifts"]["data"] == ["contact", "employee"]


def test_what_is_not_taken_is_told(found: Found) -> None:
    assert sorted(remarks(found)) == [
        (
            "no-direction",
            "`mailer` uses the dataset `bookings_db`; which way data flow is not said (`egress`, `ingress`)",
        ),
        (
            "unknown-destination",
            "`web_shop` shares data with third parties, and the manifest does not say where they are",
        ),
        ("unknown-destination", "`web_shop` transfers data abroad, and the manifest does not say whereto"),
        ("unknown-measure", "`Supplementary Measures` names no measure that is known"),
        ("unknown-reference", "`lost` is in none of the manifests; what flows to it is not taken"),
    ]
    (kind,) = [item for item in found.items if item.ref == "system/mailer"]
    assert str(kind.span) == "fides.yml:62:14"


def test_the_manifest_gives_verdicts(found: Found, tmp_path: Path) -> None:
    verdicts = {flow.flow.id: flow.verdict for flow in checked(found, tmp_path, "eu/personal-data").flows}
    assert verdicts["web-shop-to-mailer"] == "undecided"  # whether the vendor is on the list, no manifest says
    assert verdicts["web-shop-to-recipient-of-web-shop-abroad"] == "undecided"
    assert verdicts["bookings-database-to-web-shop"] == "allowed"


OLD = """\
system:
- fides_key: crm
  name: CRM
  system_type: Service
  data_responsibility_title: Sub-Processor
  third_country_transfers: [USA, JPN, ZZZ]
  administrating_department: Sales
  privacy_declarations:
  - name: a
    data_categories: [user.contact]
    data_use: advertising
    data_qualifier: identified
    data_subjects: [customer]
registry: [{fides_key: r}]
"""


def test_third_countries_of_old_manifests_are_recipients_there(tmp_path: Path) -> None:
    found = read(tmp_path, OLD)
    assert told(found, "entities") == {
        "third-country/crm/US": {"name": "recipient of CRM in United States", "country": "US"},
        "third-country/crm/JP": {"name": "recipient of CRM in Japan", "country": "JP"},
    }
    flow = told(found, "flows")["third-country/crm/US"]
    assert flow["facts"] == {"holder.role": "processor"}
    assert (flow["people"], flow["data"], flow["purposes"]) == (["customer"], ["contact"], ["marketing"])
    assert remarks(found) == [("unknown-place", "`ZZZ` is no country (ISO 3166-1 alpha-3, such as USA)")]
    verdicts = {flow.flow.recipient: flow.verdict for flow in checked(found, tmp_path, "eu/personal-data").flows}
    assert verdicts == {"recipient-of-crm-in-united-states": "conditional", "recipient-of-crm-in-japan": "conditional"}


def test_several_organisations_are_entities_that_run_their_own_systems(tmp_path: Path) -> None:
    organisations = (
        "organization:\n- {fides_key: acme}\n- {fides_key: sub, name: Sub Ltd, controller: {address: 'x, Japan'}}\n"
    )
    system = "- {{fides_key: {0}, organization_fides_key: {1}, system_type: a, privacy_declarations: []}}\n"
    found = read(tmp_path, organisations, two="system:\n" + system.format("a", "acme") + system.format("b", "sub"))
    assert told(found, "entities") == {"organization/sub": {"name": "Sub Ltd", "country": "JP"}}
    assert [system["run_by"] for system in told(found, "systems").values()] == [OWNER, "sub-ltd"]


def test_other_files_other_keys_and_slips_are_told(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "system: [{name: x}, {fides_key: a}, {fides_key: a, meta: {place: here}}, 3]\ncookies: []\n",
        other="a: 1\n",
        third="system: {fides_key: b, meta: {place: Mars}, egress: [{fides_key: user}],\n"
        "  privacy_declarations: [{data_use: x.y}]}\n",
    )
    assert sorted(codes(found)) == [
        "no-key",
        "no-manifest",
        "not-taken",
        "to-users",
        "twice",
        "unknown-place",
        "unknown-purpose",
    ]
    assert set(told(found, "systems")) == {"system/a", "system/b"}


def test_all_broken_files_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "system: &a []\n", two="system: !!python/name:os.system x\n", three="system: [\n")
    assert [problem.code for problem in caught.value.problems] == ["anchor", "not-yaml", "tag"]


def test_kinds_of_data_that_stand_above_each_other_end(tmp_path: Path) -> None:
    own = "data_category: [{fides_key: a, parent_key: b}, {fides_key: b, parent_key: a}]\n"
    found = read(tmp_path, own + "dataset: [{fides_key: d, data_categories: [a, user.x.y.z], collections: []}]\n")
    assert remarks(found) == [("unknown-category", "`a` is no known kind of data of Fides")]
    assert told(found, "systems")["dataset/d"]["holds"] == [{"data": ["personal"]}]
