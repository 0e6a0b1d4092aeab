"""Heads of tables in many languages, guessed ones, answers, and what lies below them."""

from pathlib import Path
from typing import Any

import pytest

from comity.errors import InputError
from comity.intake.sources.table import KEYS, Table, known_columns, read_table
from comity.intake.sources.words import LANGUAGES
from tests.intake.sources.workbooks import saved, workbook

HERE = Path(__file__).parent


def of(path: Path, kind: str = "vendors", **options: Any) -> Table:
    return read_table(path, shown=path.name, kind=kind, **options)


def codes(table: Table) -> list[str]:
    return [r.code for r in table.remarks]


@pytest.mark.parametrize(
    "heads",
    [
        "Vendor,Service,Country,Data location,Personal data,Contract date",
        "Anbieter,Dienstleistung,Land,Serverstandort,Datenkategorien,Vertragsdatum",
        "Fournisseur,Prestation,Pays,Lieu d'hébergement,Catégories de données,Date du contrat",
        "Proveedor,Servicio,País,Lugar de tratamiento,Categorías de datos,Fecha del contrato",
        "Fornecedor,Serviço,País,Local de tratamento,Categorias de dados,Data do contrato",
        "Fornitore,Servizio,Paese,Luogo di trattamento,Categorie di dati,Data del contratto",
        "Leverancier,Dienst,Land,Plaats van verwerking,Soorten gegevens,Contractdatum",
        "Dostawca,Usługa,Kraj,Miejsce przetwarzania,Kategorie danych,Data umowy",
        "供应商名称,服务内容,所在国家/地区,存储地点,数据类型,合同日期",
        "委託先名,サービス,国名,保管場所,データの種類,契約日",
        "업체명,서비스,국가,보관 장소,개인정보 항목,계약일",
        "Поставщик,Услуга,Страна,Место хранения,Категории данных,Дата договора",
        "المورد,الخدمة,البلد,مكان التخزين,فئات البيانات,تاريخ العقد",
        "Nama vendor,Layanan,Negara,Lokasi data,Kategori data,Tanggal kontrak",
        "Nhà cung cấp,Dịch vụ,Quốc gia,Nơi lưu trữ,Loại dữ liệu,Ngày hợp đồng",
        "ผู้ให้บริการ,บริการ,ประเทศ,สถานที่จัดเก็บ,ประเภทข้อมูล,วันที่ทำสัญญา",
        "Tedarikçi,Hizmet,Ülke,Saklama yeri,Veri kategorileri,Sözleşme tarihi",
    ],
)
def test_the_head_of_a_vendor_list_in_every_language(tmp_path: Path, heads: str) -> None:
    table = of(saved(tmp_path, "a.csv", f"{heads}\nAcme,x,DE,DE,x,2024-01-01\n"))
    assert list(table.columns) == ["vendor", "service", "country", "place", "data", "from"]
    assert table.remarks == ()


def test_every_language_has_its_columns() -> None:
    wanted = {
        "vendor",
        "activity",
        "recipient",
        "country",
        "place",
        "data",
        "persons",
        "purposes",
        "safeguards",
        "until",
    }
    known = {column.id: column for column in known_columns()}
    assert wanted <= set(known)
    assert all(len(known[id_].names) >= len(LANGUAGES) for id_ in wanted)
    assert all(key in known for keys in KEYS.values() for key in keys)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_separator_is_found(tmp_path: Path, separator: str) -> None:
    text = "\n".join(separator.join(row) for row in (("Vendor", "Country", "Notes"), ("Acme", "DE", "a, b; c")))
    assert set(of(saved(tmp_path, "a.csv", text.replace("a, b; c", '"a, b; c"'))).columns) == {"vendor", "country"}


def test_the_head_need_not_be_the_first_row(tmp_path: Path) -> None:
    text = "Vendor list 2026,,\nConfidential,,\n,,\nVendor (legal name),Country *,Hosting Region:\nAcme,DE,NL\n"
    table = of(saved(tmp_path, "a.csv", text))
    assert (table.head, sorted(table.columns)) == (3, ["country", "place", "vendor"])
    assert [row.text("vendor") for row in table.rows()] == ["Acme"]


def test_a_head_in_two_languages_is_one_column(tmp_path: Path) -> None:
    table = of(saved(tmp_path, "a.csv", "Vendor / Anbieter,Country | Land\nAcme,DE\n"))
    assert list(table.columns) == ["vendor", "country"]


def test_a_misspelt_head_is_taken_and_remarked(tmp_path: Path) -> None:
    table = of(saved(tmp_path, "a.csv", "Vendor nme,Countrry,Hosting locaton\nAcme,DE,NL\n"))
    assert set(table.columns) == {"vendor", "country", "place"}
    assert codes(table) == ["close-column"] * 3


def test_a_column_that_nobody_knows_is_remarked_and_can_be_answered(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.csv", "Vendor,Country,Zone,Fnord\nAcme,DE,NL,x\n")
    table = of(path)
    assert [(r.code, r.span.column) for r in table.remarks] == [("unmatched-column", 16), ("unmatched-column", 21)]
    table = of(path, columns={"Zone": "place", "fnord": "none"})
    assert (table.remarks, set(table.columns)) == ((), {"vendor", "country", "place"})


def test_heads_that_nobody_knows_can_all_be_answered(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.csv", "Wer,Wo\nAcme,DE\n")
    with pytest.raises(InputError, match="no row looks like the head"):
        of(path)
    assert set(of(path, columns={"Wer": "vendor", "Wo": "country"}).columns) == {"vendor", "country"}


def test_columns_of_which_nothing_is_taken_are_told(tmp_path: Path) -> None:
    table = of(saved(tmp_path, "a.csv", "No,Vendor,Country,Contact person,Comments\n1,Acme,DE,x,y\n"))
    assert codes(table) == ["column-not-taken"] * 3


def test_a_second_column_for_the_same_is_told_and_lists_are_joined(tmp_path: Path) -> None:
    text = "Vendor,Company name,Data categories,Special categories,Country\nAcme,Acme Holding,contact,health,DE\n"
    table = of(saved(tmp_path, "a.csv", text))
    (row,) = table.rows()
    assert (row.text("vendor"), row.text("data")) == ("Acme", "contact; health")
    assert codes(table) == ["column-twice"]


def test_a_name_for_two_columns_is_the_one_that_is_left(tmp_path: Path) -> None:
    heads = "Anbieter;Land;Unterauftragsverarbeiter\n"
    assert "subprocessors" in of(saved(tmp_path, "a.csv", heads + "Acme;DE;Foo\n")).columns
    assert set(of(saved(tmp_path, "b.csv", "Unterauftragsverarbeiter;Land\nFoo;DE\n")).columns) == {"vendor", "country"}


def test_blank_rows_and_repeated_heads_are_no_rows(tmp_path: Path) -> None:
    text = "Vendor,Country\nAcme,DE\n,\nVendor,Country\nFoo,FR\n"
    assert [r.text("vendor") for r in of(saved(tmp_path, "a.csv", text)).rows()] == ["Acme", "Foo"]


@pytest.mark.parametrize(
    ("encoding", "heads", "place"),
    [
        ("cp1252", "Anbieter;Länder;Land;Ort der Verarbeitung", "Österreich"),
        ("cp1250", "Dostawca;Usługa;Kraj;Miejsce przechowywania", "Łotwa"),
        ("cp1251", "Поставщик;Услуга;Страна;Место хранения", "Германия"),
        ("gb18030", "供应商;服务;国家;存储地点", "德国"),
        ("shift_jis", "委託先;サービス;国名;保管場所", "ドイツ"),
        ("euc_kr", "공급업체;서비스;국가;보관 장소", "독일"),
        ("cp1256", "المورد;الخدمة;البلد;مكان التخزين", "ألمانيا"),
        ("cp874", "ผู้ให้บริการ;บริการ;ประเทศ;สถานที่จัดเก็บ", "เยอรมนี"),
        ("cp1254", "Tedarikçi;Hizmet;Ülke;Saklama yeri;Veri kategorileri;İşleme amacı", "İspanya"),
    ],
)
def test_an_encoding_is_found_by_the_heads_that_it_makes(tmp_path: Path, encoding: str, heads: str, place: str) -> None:
    table = of(saved(tmp_path, "a.csv", f"{heads}\nAcme;x;{place};{place}\n", encoding))
    (row,) = table.rows()
    assert row.text("place" if "place" in table.columns else "country") == place
    assert codes(table)[0] == "guessed-encoding"
    assert encoding in table.remarks[0].text


def test_of_several_sheets_the_first_with_a_head_is_taken(tmp_path: Path) -> None:
    raw = workbook(
        {"Read me": [["Please", "fill in"]], "Lists": [["x"]], "Vendors": [["Vendor", "Country"], ["Acme", "DE"]]}
    )
    path = saved(tmp_path, "a.xlsx", raw)
    assert of(path).sheet.name == "Vendors"
    with pytest.raises(InputError, match="did you mean `Vendors`"):
        of(path, sheet="Vendor")
    with pytest.raises(InputError, match="no row looks like"):
        of(path, sheet="Lists")


def test_a_title_over_the_columns_divides_the_table_and_is_no_row(tmp_path: Path) -> None:
    rows = [["Vendor", "Country", "Service"], ["Cloud vendors"], ["Acme", "DE", "x"], ["Foo", "FR", "y"]]
    path = saved(tmp_path, "a.xlsx", workbook({"S": rows}, merged=["A2:C2"]))
    assert [row.text("vendor") for row in of(path).rows()] == ["Acme", "Foo"]


def test_heads_merged_over_two_rows_are_found(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Vendor", "Location", None], [None, "Country", "Hosting region"], ["Acme", "DE", "NL"]]
    table = of(saved(tmp_path, "a.xlsx", workbook({"S": rows}, merged=["A1:A2", "B1:C1"])))
    assert (table.head, sorted(table.columns)) == (1, ["country", "place", "vendor"])


# --- bad input: each file beside its whole message

BAD: dict[str, dict[str, Any]] = {
    "table-without-head": {},
    "table-quote": {},
    "table-answer": {"columns": {"Lnad": "country", "Land": "contry"}},
    "table-answer-head": {"columns": {"Lnad": "country"}},
    "table-sheet": {"sheet": "Vendors"},
    "table-old": {},
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_table_is_told_with_place_and_help(name: str) -> None:
    (path,) = (p for p in (HERE / "bad").glob(f"{name}.*") if p.suffix != ".txt")
    with pytest.raises(InputError) as caught:
        of(path, **BAD[name])
    assert str(caught.value) + "\n" == (HERE / "bad" / f"{name}.txt").read_text(encoding="utf-8")


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    for content in ("", "\n\n  \n"):
        with pytest.raises(InputError, match="the file is empty"):
            of(saved(tmp_path, "a.csv", content))
    with pytest.raises(InputError, match="nothing in the file"):
        of(saved(tmp_path, "a.xlsx", workbook({"S": []})))


def test_a_file_of_something_else_is_told_quickly(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.csv", "\n".join("lorem ipsum; dolor, sit|amet" for _ in range(2000)))
    with pytest.raises(InputError, match="no row looks like the head"):
        of(path)
