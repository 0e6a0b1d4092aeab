"""Vendor lists as people keep them: 600 rows, merged cells, misspelt countries, many languages, hostile cells."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

from comity.decide.check import FlowDecision
from comity.intake.found import Found
from comity.intake.sources.vendors import read_vendors
from tests.intake.sources.laid_out import OWNER, checked, codes, items, map_of, remarks, told, vocabulary
from tests.intake.sources.workbooks import saved, workbook


def read(path: Path, **options: Any) -> Found:
    return read_vendors(path, shown=path.name, owner=OWNER, vocabulary=vocabulary(), **options)


def of(folder: Path, text: str, **options: Any) -> Found:
    return read(saved(folder, "vendors.csv", text), **options)


def flows(found: Found, folder: Path, *packs: str) -> dict[str, FlowDecision]:
    return {f.flow.id: f for f in checked(found, folder, *packs).flows}


# --- what becomes of a row


def test_a_vendor_is_an_entity_with_a_system_a_flow_and_its_clauses(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        "Vendor;Service;Country;Hosting region;Personal data;Data subjects;Purpose;Transfer mechanism;Signed;Expiry\n"
        "Apex Inc.;CRM;USA;aws/us-east-1;Names, e-mail;Customers;Marketing;SCC (Module 2);2024-05-01;2027-01-31\n",
    )
    assert told(found, "entities") == {"apex": {"name": "Apex Inc.", "country": "US", "role": "processor"}}
    assert list(told(found, "systems").values()) == [
        {"name": "Apex Inc.: CRM", "place": "aws/us-east-1", "run_by": "apex-inc", "for": OWNER}
    ]
    assert list(told(found, "flows").values()) == [
        {
            "name": "Apex Inc.: CRM",
            "from": OWNER,
            "to": "apex-inc-crm",
            "deal": "vendor",
            "people": ["customers"],
            "data": ["contact"],
            "purposes": ["marketing"],
        }
    ]
    assert list(told(found, "measures").values()) == [
        {"kind": "eu-standard-clauses", "parties": [OWNER, "apex-inc"], "from": "2024-05-01", "until": "2027-01-31"}
    ]
    assert found.remarks == ()
    (flow,) = flows(found, tmp_path, "eu/personal-data").values()
    assert {n.measure for p in flow.packs for r in p.reasons for n in r.needs if n.state == "in-place"} >= {
        "eu-standard-clauses"
    }


def test_clauses_that_have_expired_or_whose_day_cannot_be_read_do_not_count(tmp_path: Path) -> None:
    text = "Vendor;Country;Personal data;Transfer mechanism;Expiry\nApex;IN;names;SCC;{}\n"
    verdicts = {}
    for number, expiry in enumerate(("2027-01-01", "2026-01-01", "next year")):
        (tmp_path / str(number)).mkdir()
        found = of(tmp_path / str(number), text.format(expiry))
        (flow,) = flows(found, tmp_path, "eu/personal-data").values()
        needs = {n.state for p in flow.packs for r in p.reasons for n in r.needs if n.measure == "eu-standard-clauses"}
        verdicts[expiry] = needs
    assert verdicts == {"2027-01-01": {"in-place"}, "2026-01-01": {"not-yet"}, "next year": {"unknown"}}


def test_under_a_head_that_is_a_measure_yes_suffices(tmp_path: Path) -> None:
    found = of(tmp_path, "Vendor;Country;DPA;SCC\nApex;US;yes;signed\nFoo;US;no;in negotiation\nBar;US;n/a;\n")
    assert [(m["kind"], m["parties"][1]) for m in told(found, "measures").values()] == [
        *(("processor-contract", "apex"), ("eu-standard-clauses", "apex"))
    ]
    assert remarks(found) == [("unknown-word", "`in negotiation` is no measure that is known")]


def test_yes_under_a_head_that_is_no_measure_says_nothing(tmp_path: Path) -> None:
    for head in ("Safeguards", "DPA/SCC"):
        found = of(tmp_path, f"Vendor;Country;{head}\nApex;US;yes\n", columns={head: "safeguards"})
        assert (items(found, "measures"), codes(found)) == ({}, ["unknown-word"])


def test_addresses_are_not_followed_and_no_parties(tmp_path: Path) -> None:
    found = of(tmp_path, "Vendor;Country;Sub-processors\nApex;US;https://apex.example/subprocessors\n")
    assert len(items(found, "entities")) == 1
    assert codes(found) == ["link-not-followed"]


def test_where_the_sheet_says_nothing_it_stays_unknown(tmp_path: Path) -> None:
    found = of(tmp_path, "Vendor;Country;Hosting\nApex;;\nFoo;n/a;EU\n")
    assert [e["country"] for e in told(found, "entities").values()] == ["unknown", "unknown"]
    assert [s["place"] for s in told(found, "systems").values()] == ["unknown"]
    assert [f["to"] for f in told(found, "flows").values()] == ["apex", "foo-hosting"]
    assert remarks(found) == [("group-of-places", "`EU` names no one country")]
    assert {f.verdict for f in flows(found, tmp_path, "eu/personal-data").values()} == {"undecided"}


def test_a_place_that_is_only_partly_understood_gives_a_second_system_nobody_knows_where(tmp_path: Path) -> None:
    found = of(tmp_path, "Vendor;Service;Country;Hosting\nApex;CRM;DE;Ireland / worldwide\n")
    assert [s["place"] for s in told(found, "systems").values()] == ["IE", "unknown"]
    assert next(iter(told(found, "flows").values()))["to"] == ["apex-crm", "apex-crm-elsewhere"]
    map_of(found, tmp_path)


def test_several_countries_of_one_vendor_stay_unknown_and_are_remarked(tmp_path: Path) -> None:
    found = of(tmp_path, "Vendor;Country;Hosting\nApex;DE; US / IN\n".replace("; US", ";US"))
    assert next(iter(told(found, "systems").values()))["place"] == ["US", "IN"]
    found = of(tmp_path, 'Vendor;Country;Hosting\nApex;"DE; NL / US";DE\n')
    assert next(iter(told(found, "entities").values()))["country"] == "unknown"
    assert codes(found) == ["several-countries"]


@pytest.mark.parametrize(
    ("cell", "role"),
    [
        ("Controller", "controller"),
        ("gemeinsam Verantwortlicher", "joint-controller"),
        ("Auftragsverarbeiter", "processor"),
        ("", "processor"),
        ("it depends", "unknown"),
    ],
)
def test_roles(tmp_path: Path, cell: str, role: str) -> None:
    found = of(tmp_path, f"Vendor;Country;Role\nApex;DE;{cell}\n")
    assert next(iter(told(found, "entities").values()))["role"] == role
    map_of(found, tmp_path)


@pytest.mark.parametrize(
    ("cell", "lists"),
    [
        ("yes", [{"list": "dpf"}]),
        ("Active until 2027-03-01", [{"list": "dpf", "until": "2027-03-01"}]),
        ("no", []),
        ("n/a", None),
        ("ask legal", None),
    ],
)
def test_the_list_of_the_framework(tmp_path: Path, cell: str, lists: object) -> None:
    found = of(tmp_path, f"Vendor;Country;DPF certified\nApex;US;{cell}\n")
    assert next(iter(told(found, "entities").values())).get("lists") == lists
    map_of(found, tmp_path)


def test_purposes_that_are_only_partly_understood_are_not_complete(tmp_path: Path) -> None:
    found = of(tmp_path, "Vendor;Country;Purpose\nApex;US;Marketing; Payroll\nFoo;US;Payroll\n".replace("g; P", "g, P"))
    first, second = told(found, "flows").values()
    assert first["facts"] == {"flow.purposes": ["marketing"]}
    assert not {"purposes", "facts"} & second.keys()
    assert "purposes" not in first
    map_of(found, tmp_path)


def test_persons_have_a_number_where_the_sheet_says_whose_and_where(tmp_path: Path) -> None:
    head = "Vendor;Country;Data subjects;Number of data subjects;Country of data subjects\n"
    found = of(
        tmp_path, head + 'Apex;US;Customers;1.200;DE\nFoo;US;Customers;"DE: 5; FR: > 10";\nBar;US;Customers;300;\n'
    )
    assert [p.get("count") for p in told(found, "people").values()] == [
        {"DE": 1200},
        {"DE": 5, "FR": {"at-least": 10}},
        None,
    ]
    assert codes(found) == ["number-not-taken"]
    map_of(found, tmp_path)


def test_staff_and_children_are_data_of_their_kind(tmp_path: Path) -> None:
    found = of(tmp_path, "Vendor;Country;Data subjects\nApex;US;Mitarbeiter und Kinder\n")
    assert next(iter(told(found, "flows").values()))["data"] == ["employee", "child-under-18"]


# --- one vendor once


def test_one_vendor_in_several_spellings_is_one_entity_and_is_remarked(tmp_path: Path) -> None:
    rows = [("Apex", ""), ("APEX, Inc.", "US"), ("apex  inc", "USA"), ("Apex Incorporated", "US")]
    found = of(tmp_path, "Vendor;Service;Country\n" + "".join(f'"{n}";s{i};{c}\n' for i, (n, c) in enumerate(rows)))
    assert told(found, "entities") == {"apex": {"name": "Apex", "country": "US", "role": "processor"}}
    assert codes(found) == ["same-party"] * 3
    assert len(items(found, "flows")) == 4


def test_other_legal_forms_and_other_countries_are_other_persons(tmp_path: Path) -> None:
    found = of(tmp_path, "Vendor;Country\nApex Inc;US\nApex GmbH;DE\nFoo;US\nFoo;IN\n")
    assert [(e["name"], e["country"]) for e in told(found, "entities").values()] == [
        *(("Apex Inc", "US"), ("Apex GmbH", "DE"), ("Foo", "US"), ("Foo", "IN"))
    ]
    assert codes(found) == ["perhaps-same-party"] * 2
    map_of(found, tmp_path)


def test_a_row_that_says_the_same_again_is_not_taken_again(tmp_path: Path) -> None:
    found = of(tmp_path, "Vendor;Service;Country\nApex;CRM;US\nApex;CRM;US\nApex;CRM;US\n")
    assert len(items(found, "flows")) == 1
    assert remarks(found) == [("same-row", "a row says what another one has said; it was not taken again (2 times)")]


def test_sub_processors_are_entities_with_a_flow_of_their_own(tmp_path: Path) -> None:
    found = of(tmp_path, 'Vendor;Country;Sub-processors\nApex;DE;"AWS (US), Twilio, Inc. (USA), Foo Ltd - India"\n')
    assert [(e["name"], e["country"]) for e in told(found, "entities").values()] == [
        *(("Apex", "DE"), ("AWS", "US"), ("Twilio, Inc.", "US"), ("Foo Ltd", "IN"))
    ]
    assert [(f["from"], f["to"]) for f in told(found, "flows").values()] == [
        *((OWNER, "apex"), ("apex", "aws"), ("apex", "twilio-inc"), ("apex", "foo-ltd"))
    ]
    map_of(found, tmp_path)


def test_a_second_reading_finds_the_same_names(tmp_path: Path) -> None:
    head, rows = "Vendor;Service;Country\n", ["Apex;CRM;US\n", "Foo;Mail;DE\n", "Bar;;FR\n"]
    one, two = of(tmp_path, head + "".join(rows)), of(tmp_path, head + "".join(reversed(rows)))
    for section in ("entities", "flows"):
        assert set(items(one, section)) == set(items(two, section))


# --- 600 rows

# Countries of vendors as they are spread over such sheets, with the names that people of four languages write.
COUNTRIES = {
    "US": ["United States", "USA", "US", "United States of America", "Vereinigte Staaten"],
    "DE": ["Germany", "Deutschland", "DE", "Allemagne"],
    "GB": ["United Kingdom", "UK", "Great Britain", "England"],
    "IE": ["Ireland", "Irland"],
    "NL": ["Netherlands", "The Netherlands", "Niederlande"],
    "FR": ["France", "Frankreich"],
    "CH": ["Switzerland", "Schweiz", "Suisse"],
    "IN": ["India", "Indien"],
    "SE": ["Sweden", "Schweden"],
    "AU": ["Australia", "Australien"],
    "AT": ["Austria", "Österreich"],
    "SG": ["Singapore", "Singapur"],
    "JP": ["Japan"],
    "CA": ["Canada", "Kanada"],
    "BR": ["Brazil", "Brasil", "Brasilien"],
    "PL": ["Poland", "Polen"],
    "ES": ["Spain", "Spanien", "España"],
    "PH": ["Philippines"],
    "ZA": ["South Africa", "Südafrika"],
    "KR": ["South Korea", "Südkorea"],
    "CN": ["China", "PRC"],
    "UA": ["Ukraine"],
    "PT": ["Portugal"],
    "MX": ["Mexico"],
}


def misspelt(name: str, draw: random.Random) -> str:
    """A name with one slip: a letter dropped, doubled, exchanged, or swapped with the next one."""
    at, kind = draw.randrange(1, len(name) - 1), draw.randrange(4)
    if kind == 0:
        return name[:at] + name[at + 1 :]
    if kind == 1:
        return name[: at + 1] + name[at:]
    if kind == 2:
        return name[:at] + draw.choice("aeinorst") + name[at + 1 :]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def sheet_of_600(seed: int) -> tuple[bytes, dict[str, tuple[str, str]]]:
    """An Excel file of 600 rows, 200 vendors with three services each, and the country that each has in truth."""
    draw = random.Random(seed)
    rows: list[list[Any]] = [["Vendor register 2026"], [], ["Vendor", "Country", "Service", "Data location", "Notes"]]
    merged = ["A1:E1"]
    truth: dict[str, tuple[str, str]] = {}
    for number in range(200):
        code = draw.choice(list(COUNTRIES))
        written = draw.choice(COUNTRIES[code])
        if len(written) > 4 and draw.random() < 0.4:
            written = misspelt(written, draw)
        name = f"Vendor {number:03} Ltd"
        truth[name] = (code, written)
        top = len(rows) + 1
        for service in ("Hosting", "Support", "Analytics"):
            first = service == "Hosting"
            rows.append(
                [name if first else None, written if first else None, service, draw.choice(["", written, "EU"]), None]
            )
        merged += [f"A{top}:A{top + 2}", f"B{top}:B{top + 2}"]
    return workbook({"Cover": [["Vendors"]], "Vendors": rows}, merged=merged, hidden=[7, 8]), truth


@pytest.fixture(scope="module")
def six_hundred(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, dict[str, tuple[str, str]], Path]:
    folder = tmp_path_factory.mktemp("sheet")
    raw, truth = sheet_of_600(1)
    return read(saved(folder, "vendors.xlsx", raw)), truth, folder


def test_a_sheet_of_600_rows_with_merged_cells_is_read_whole(
    six_hundred: tuple[Found, dict[str, tuple[str, str]], Path],
) -> None:
    found, truth, folder = six_hundred
    assert {e["name"] for e in told(found, "entities").values()} == set(truth)
    assert len(items(found, "flows")) == 600
    assert len(map_of(found, folder).flows) == 600
    assert str(next(iter(found.items)).span) == "vendors.xlsx [Vendors!A4]"


@pytest.mark.parametrize("seed", range(2))
def test_most_countries_are_recognised_and_none_wrongly_without_a_remark(tmp_path: Path, seed: int) -> None:
    raw, truth = sheet_of_600(seed)
    found = read(saved(tmp_path, "vendors.xlsx", raw))
    got = {e["name"]: e["country"] for e in told(found, "entities").values()}
    remarked = {match for _, text in remarks(found) for match in re.findall(r"`([^`]+)`", text)}
    spoilt = {n for n, (code, written) in truth.items() if written not in COUNTRIES[code]}
    right = {n for n, (code, _) in truth.items() if got[n] == code}
    wrong = {n for n in truth if n not in right and got[n] != "unknown"}
    assert len(spoilt) > 45
    assert not (set(truth) - spoilt) - right  # every name that is spelt well
    assert len(right) / len(truth) >= 0.9
    assert len(right & spoilt) / len(spoilt) >= 0.7
    assert wrong == set()
    # What is guessed and what is left unknown are both listed; a slip can be a right name in another language
    assert {n for n in spoilt if truth[n][1] not in remarked} <= right


# --- other sheets


def test_a_sheet_in_chinese(tmp_path: Path) -> None:
    text = (
        "供应商名称,服务内容,所在国家,存储地点,数据类型,个人信息主体,处理目的,出境路径,到期日\n"
        "云服务公司有限公司,云存储,中国,北京,姓名、手机号码,客户,市场营销,个人信息出境标准合同,2027年1月31日\n"
    )
    found = of(tmp_path, text)
    assert list(told(found, "entities").values()) == [
        {"name": "云服务公司有限公司", "country": "CN", "role": "processor"}
    ]
    assert next(iter(told(found, "systems").values()))["place"] == "CN-BJ"
    flow = next(iter(told(found, "flows").values()))
    assert (flow["data"], flow["purposes"], flow["people"]) == (["contact"], ["marketing"], ["customers"])
    assert next(iter(told(found, "measures").values()))["kind"] == "cn-standard-contract"
    assert found.remarks == ()
    map_of(found, tmp_path)


def test_a_sheet_in_arabic(tmp_path: Path) -> None:
    text = (
        "المورد;الخدمة;البلد;موقع الاستضافة;فئات البيانات;أصحاب البيانات;الغرض;الدور\n"
        "شركة ألف;الاستضافة;المملكة العربية السعودية;الرياض;البيانات الصحية;المرضى;التسويق;معالج\n"
    )
    found = of(tmp_path, text)
    (entity,) = told(found, "entities").values()
    assert (entity["country"], entity["role"]) == ("SA", "processor")
    flow = next(iter(told(found, "flows").values()))
    assert (flow["data"], flow["people"], flow["purposes"]) == (["health"], ["patients"], ["marketing"])
    assert found.remarks == ()
    map_of(found, tmp_path)


def test_hostile_cells_are_text_and_nothing_else(tmp_path: Path) -> None:
    cells = [
        "=cmd|' /C calc'!A0",
        "@SUM(1+1)",
        "+1",
        "${jndi:ldap://x}",
        "!!python/object/apply:os.system [ls]",
        "*a",
        "&a x",
        "a: b",
        "'",
        "\u202eevil",
        "{{7*7}}",
    ]
    quoted = ['"' + c.replace('"', '""') + '"' for c in cells]
    rows = "".join(f"{c};{c};{c};{c};{c};{c};{c};{c}\n" for c in quoted)
    found = of(
        tmp_path, "Vendor;Service;Country;Hosting;Personal data;Data subjects;Transfer mechanism;Expiry\n" + rows
    )
    assert {e["country"] for e in told(found, "entities").values()} == {"unknown"}
    assert not items(found, "measures")
    names = [e["name"] for e in told(found, "entities").values()]
    assert "=cmd|' /C calc'!A0" in names
    map_of(found, tmp_path)


def test_a_formula_in_a_row_leaves_that_cell_unknown(tmp_path: Path) -> None:
    rows = [
        ["Vendor", "Country", "Transfer mechanism", "Expiry"],
        ["Apex", "=B9", "SCC", "=TODAY()+365"],
        ["=A2", "DE", "", ""],
    ]
    found = read(saved(tmp_path, "a.xlsx", workbook({"S": rows})))
    assert [e["country"] for e in told(found, "entities").values()] == ["unknown"]
    assert next(iter(told(found, "measures").values()))["state"] == "unknown"
    assert codes(found) == ["formula-without-value"] * 3 + ["row-without-name"]
    map_of(found, tmp_path)


def test_2000_vendors_with_the_same_slip_give_one_remark(tmp_path: Path) -> None:
    draw = random.Random(3)
    head = "Vendor;Service;Country;Hosting;Personal data;Data subjects;Purpose;Transfer mechanism\n"
    rows = "".join(
        f"V{n};S;{draw.choice(['Germny', 'US', 'Japan'])};US;Names;Customers;Marketing;SCC\n" for n in range(2000)
    )
    found = of(tmp_path, head + rows + rows)
    assert len(items(found, "entities")) == len(items(found, "flows")) == 2000
    assert len(found.remarks) == 2


def test_a_table_without_rows_and_the_owner_itself_are_remarked(tmp_path: Path) -> None:
    assert codes(of(tmp_path, "Vendor;Country\n")) == ["no-rows"]
    found = of(tmp_path, "Vendor;Country\nAcme Holding B.V.;NL\n", owner_name="ACME Holding BV")
    assert (found.items, codes(found)) == ((), ["own-name"])
