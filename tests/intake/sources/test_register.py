"""Registers of processing: in German and Latin-1, in other languages, and our own export read back."""

from pathlib import Path
from typing import Any

import pytest

from comity.decide.check import Check, check
from comity.intake.found import Found
from comity.intake.map import read_map
from comity.intake.sources.register import read_register
from comity.library import load
from comity.report.register import register_to_csv, register_to_xlsx
from tests.intake.sources.laid_out import DAY, OWNER, checked, codes, items, map_of, remarks, told, vocabulary
from tests.intake.sources.workbooks import saved, workbook

HERE = Path(__file__).parent


def read(path: Path, *, owner: str = OWNER, **options: Any) -> Found:
    return read_register(path, shown=path.name, owner=owner, vocabulary=vocabulary(), **options)


def of(folder: Path, text: str, **options: Any) -> Found:
    return read(saved(folder, "register.csv", text), **options)


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Found:
    text = (HERE / "data" / "register-german.csv").read_text(encoding="utf-8")
    return read(saved(tmp_path_factory.mktemp("register"), "register.csv", text, "latin-1"))


# --- a register in German and Latin-1


def test_a_register_in_latin_1_is_read_with_its_umlauts_and_that_is_remarked(german: Found) -> None:
    names = [c["name"] for c in told(german, "collections").values()]
    assert names == [
        "Lohn- und Gehaltsabrechnung",
        "Newsletter",
        "Videoüberwachung",
        "Kundensupport",
        "Bewerbermanagement",
    ]
    assert codes(german)[0] == "guessed-encoding"


def test_activities_have_their_persons_data_and_ground(german: Found) -> None:
    pay = next(iter(told(german, "collections").values()))
    assert pay == {
        "name": "Lohn- und Gehaltsabrechnung",
        "entity": OWNER,
        "people": ["employees"],
        "data": ["financial-account", "religion", "health", "employee"],
        "facts": {"flow.legal_ground": "law"},
    }
    camera = told(german, "collections")["videouberwachung"]
    assert camera["data"] == ["personal"]  # no kind was understood, and such a register is one of personal data


def test_recipients_are_entities_and_inner_ones_are_left_out(german: Found) -> None:
    assert {e["name"]: e["country"] for e in told(german, "entities").values()} == {
        "Finanzamt": "unknown",
        "Sozialversicherungsträger": "unknown",
        "Lohnbüro Süd GmbH": "unknown",
        "Briefpost Inc.": "US",
        "Helfer Pty Ltd": "unknown",
        "Ruf AG": "unknown",
        "recipient in IN: Bewerbermanagement": "IN",
    }
    assert told(german, "entities")["finanzamt"]["kind"] == "state-body"
    assert codes(german).count("internal-recipient") == 2


def test_safeguards_and_countries_of_several_recipients_are_not_guessed(german: Found) -> None:
    assert "whose-safeguard" in codes(german)
    assert "whose-country" in codes(german)
    assert [m["kind"] for m in told(german, "measures").values()] == ["consent", "eu-standard-clauses"]


def test_every_remark_has_its_line_and_column(german: Found) -> None:
    placed = {(r.code, r.span.line) for r in german.remarks if r.span.line}
    assert {("whose-country", 8), ("unknown-word", 7), ("unnamed-recipient", 9), ("column-not-taken", 4)} <= placed
    assert all(r.span.text for r in german.remarks if r.span.line)


def test_the_law_decides_the_register(german: Found, tmp_path: Path) -> None:
    found = {f.flow.id: f for f in checked(german, tmp_path, "eu/personal-data", country="DE").flows}
    letter = found["newsletter-to-briefpost-inc"]
    needs = {(n.measure, n.state) for p in letter.packs for r in p.reasons for n in r.needs}
    assert ("eu-standard-clauses", "in-place") in needs
    to_india = next(f for id_, f in found.items() if id_.startswith("bewerbermanagement-to"))
    assert to_india.verdict == "conditional"


# --- how rows are read


def test_countries_in_the_order_of_the_recipients_are_theirs(tmp_path: Path) -> None:
    found = of(tmp_path, "Processing activity;Recipients;Country\nSupport;Foo\\;Bar;US\\;IN\n".replace("\\;", "|"))
    assert [(e["name"], e["country"]) for e in told(found, "entities").values()] == [("Foo", "US"), ("Bar", "IN")]
    assert codes(found) == []


def test_a_processor_that_hosts_gives_a_system_of_its_own(tmp_path: Path) -> None:
    head = "Processing activity;Recipients;Country;Role;Place of processing;Data subjects\n"
    found = of(tmp_path, head + "Support;Foo Ltd;IE;processor;aws/eu-west-1;Customers\n")
    (system,) = told(found, "systems").values()
    assert (system["run_by"], system["for"], system["place"]) == ("foo-ltd", OWNER, "aws/eu-west-1")
    (flow,) = told(found, "flows").values()
    assert (flow["from"], flow["to"], flow["deal"]) == (OWNER, "foo-ltd-support", "vendor")
    map_of(found, tmp_path)


def test_own_systems_hold_the_data_and_are_asked_whether_they_may(tmp_path: Path) -> None:
    head = "Processing activity;Systems;Location;Data subjects;Personal data;Recipients\n"
    found = of(tmp_path, head + "Pay;Ledger;Germany;Employees;salary;Foo (US)\n")
    (system,) = told(found, "systems").values()
    assert system["holds"] == [{"people": ["employees"], "data": ["employee"]}]
    assert [s["system"] for s in told(found, "storage").values()] == ["ledger"]
    assert [c["into"] for c in told(found, "collections").values()] == ["ledger"]
    assert [f["from"] for f in told(found, "flows").values()] == ["ledger"]
    map_of(found, tmp_path)


def test_one_controller_in_every_row_is_the_owner_and_others_are_entities(tmp_path: Path) -> None:
    head = "Processing activity;Controller;Controller country;Recipients\n"
    found = of(tmp_path, head + "Pay;North GmbH;DE;Foo\nMail;North GmbH;DE;Foo\n")
    assert [c["entity"] for c in told(found, "collections").values()] == [OWNER, OWNER]
    found = of(tmp_path, head + "Pay;North GmbH;DE;Foo\nMail;North Ltd;GB;Foo\n", owner_name="North GmbH")
    assert [c["entity"] for c in told(found, "collections").values()] == [OWNER, "north-ltd"]
    assert told(found, "entities")["north"] == {"name": "North Ltd", "country": "GB", "role": "controller"}
    map_of(found, tmp_path)


def test_third_countries_without_a_recipient_have_one_put_in(tmp_path: Path) -> None:
    found = of(tmp_path, "Processing activity;Third countries;Safeguards\nMail;India;SCC\nPay;yes;\nLog;no;\n")
    assert [e["country"] for e in told(found, "entities").values()] == ["IN", "unknown"]
    assert [m["kind"] for m in told(found, "measures").values()] == ["eu-standard-clauses"]
    map_of(found, tmp_path)


def test_the_same_activity_twice_is_two_and_remarked(tmp_path: Path) -> None:
    found = of(tmp_path, "Processing activity;Recipients\nMail;Foo\nMail;Bar\n")
    assert set(items(found, "collections")) == {"mail", "mail #2"}
    assert remarks(found) == [("same-activity", "the activity `Mail` stands in several rows; each was taken")]


@pytest.mark.parametrize(
    "text",
    [
        "Activité de traitement;Finalités;Personnes concernées;Types de données;Destinataires;Pays tiers;Garanties\n"
        "Lettre;Prospection commerciale;Clients;Courriel;Lettres SA;États-Unis;Clauses contractuelles types\n",
        "Czynność przetwarzania;Cele;Kategorie osób;Kategorie danych;Odbiorcy;Państwo trzecie;Zabezpieczenia\n"
        "List;Marketing;Klienci;Adres e-mail;Listy SA;Stany Zjednoczone;Standardowe klauzule umowne\n",
        "处理活动,处理目的,数据主体,数据类型,接收方,出境国家,保障措施\n通讯,营销,客户,电子邮箱,来信公司,美国,标准合同条款\n",
        "İşleme faaliyeti;İşleme amacı;İlgili kişi grubu;Veri türleri;Alıcılar;Yurt dışı aktarım;Güvenceler\n"
        "Mektup;Pazarlama;Müşteriler;E-posta;Mektup AŞ;ABD;SCC\n",
        "Процесс обработки;Цели;Категории субъектов;Данные;Получатели;Трансграничная передача;Гарантии\n"
        "Письма;Маркетинг;Клиенты;Электронная почта;ООО Письма;США;Стандартные договорные условия\n",
    ],
)
def test_the_same_register_in_other_languages(tmp_path: Path, text: str) -> None:
    found = of(tmp_path, text)
    (flow,) = told(found, "flows").values()
    assert (flow["people"], flow["data"], flow["purposes"]) == (["customers"], ["contact"], ["marketing"])
    assert [e["country"] for e in told(found, "entities").values()] == ["US"]
    assert [m["kind"] for m in told(found, "measures").values()] == ["eu-standard-clauses"]
    assert found.remarks == ()
    map_of(found, tmp_path)


def test_a_register_in_excel_with_a_formula_and_merged_cells(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Processing activity", "Recipients", "Recipient country", "Data subjects"],
        ["Mail", "Foo Inc", "US", "Customers"],
        [None, "Bar Ltd", "=C2", "Customers"],
    ]
    found = read(saved(tmp_path, "a.xlsx", workbook({"S": rows}, merged=["A2:A3"])))
    assert [(e["name"], e["country"]) for e in told(found, "entities").values()] == [
        ("Foo Inc", "US"),
        ("Bar Ltd", "unknown"),
    ]
    assert codes(found) == ["formula-without-value", "same-activity"]
    map_of(found, tmp_path)


# --- our own export, read back

MAP = """\
comity: 1
name: Harbour
entities:
- {id: acme, name: Acme B.V., country: NL}
- {id: apex, name: "=Apex Inc.", country: US-VA, role: processor, lists: [{list: dpf, until: 2027-09-01}]}
- {id: desk, name: Manila Desk, country: PH, role: processor}
- {id: nowhere, name: Nowhere Ltd, country: unknown}
people:
- {id: customers, of: acme, window: held, count: {NL: 5000, DE: {at-least: 10}}}
systems:
- {id: shop, name: shop, place: aws/eu-central-1, run_by: acme, holds: [{people: customers, data: [contact]}]}
- {id: warehouse, name: warehouse, place: aws/us-east-1, run_by: apex, for: acme}
flows:
- {id: nightly, name: nightly copy, from: shop, to: warehouse, purposes: [marketing], deal: vendor}
- {id: both, name: to two, from: shop, to: [apex, nowhere], data: [contact]}
access:
- {id: look, name: support desk, who: desk, from: PH, into: shop, data: [contact]}
collections:
- {id: sign-up, name: sign up, entity: acme, people: [customers], into: shop}
storage:
- {id: kept, name: shop data, system: shop}
measures:
- {kind: eu-standard-clauses, parties: [acme, desk], from: 2024-05-01}
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Check:
    path = saved(tmp_path_factory.mktemp("map"), "comity.yaml", MAP)
    return check(load("eu/personal-data"), read_map(path, vocabulary(), day=DAY))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_exported_register_is_read_back_with_the_same_parties_and_countries(
    whole: Check, tmp_path: Path, ending: str
) -> None:
    content = register_to_csv(whole) if ending == "csv" else register_to_xlsx(whole)
    found = read(saved(tmp_path, f"register.{ending}", content), owner_name="Acme B.V.")
    assert {e["name"]: e["country"] for e in told(found, "entities").values()} == {
        "=Apex Inc.": "US-VA",
        "Manila Desk": "PH",
        "Nowhere Ltd": "unknown",
    }
    assert {f["name"].split(":")[0] for f in told(found, "flows").values()} == {
        "nightly copy",
        "to two",
        "support desk",
    }
    assert "eu-standard-clauses" in [m["kind"] for m in told(found, "measures").values()]
    assert told(found, "entities")["apex"]["lists"] == [{"list": "dpf"}]
    assert {"customers"} == {p["name"] for p in told(found, "people").values()}
    assert {"NL": 5000, "DE": {"at-least": 10}} in [p.get("count") for p in told(found, "people").values()]
    assert set(codes(found)) == {"column-not-taken", "listing-without-days"}
    again = {f.flow.id: f for f in checked(found, tmp_path, "eu/personal-data").flows}
    assert again["nightly-copy-to-apex-inc"].verdict == next(f for f in whole.flows if f.flow.id == "nightly").verdict
