"""What cells say, in many languages."""

import pytest

from comity.facts import read_vocabulary
from comity.intake.sources.words import LANGUAGES, items_of, words


def test_every_word_is_something_of_the_vocabulary() -> None:
    vocabulary, known = read_vocabulary(), words()
    assert {*known.of["data"].values(), *known.implied.values()} <= {c.id for c in vocabulary.categories}
    assert set(known.of["purposes"].values()) <= {p.id for p in vocabulary.purposes}
    assert set(known.of["measures"].values()) - {"dpf", "adequacy"} <= set(vocabulary.measure)
    assert set(known.of["grounds"].values()) <= set(vocabulary.fact["flow.legal_ground"].of)
    assert set(known.of["roles"].values()) <= set(vocabulary.fact["holder.role"].of)
    assert len(LANGUAGES) == 17


@pytest.mark.parametrize(
    "text",
    [
        *("Health data", "Gesundheitsdaten der Patienten", "données de santé", "datos de salud", "dados de saúde"),
        *("dati sanitari", "gezondheidsgegevens", "dane o zdrowiu", "健康数据", "健康情報", "건강정보"),
        *("данные о здоровье", "البيانات الصحية", "data kesehatan", "dữ liệu sức khỏe", "ข้อมูลสุขภาพ", "Sağlık verileri"),
    ],
)
def test_health_is_found_in_every_language(text: str) -> None:
    assert "health" in words().within("data", text)


def test_kinds_of_data_are_found_within_a_longer_text() -> None:
    assert words().within("data", "Name, private e-mail address and IBAN of the tenant") == (
        "contact",
        "financial-account",
    )
    assert words().within("data", "Kundenkontaktdaten") == ("contact",)
    assert words().within("data", "IP address") == ("network-id",)


@pytest.mark.parametrize(
    "text",
    ["no health data", "keine Gesundheitsdaten", "sans données de santé", "不涉及健康数据", "без данных о здоровье"],
)
def test_what_is_denied_is_not_taken(text: str) -> None:
    assert words().within("data", text) == ()


def test_short_words_count_only_as_a_whole() -> None:
    assert words().within("data", "din") == ("religion",)  # Turkish
    assert words().within("data", "DIN norms") == ()


@pytest.mark.parametrize(
    "text",
    [
        *("SCC", "SCCs (Module 2)", "EU SCCs, module two, 2021/914, signed", "Standardvertragsklauseln", "CCT"),
        *(
            "Clauses contractuelles types",
            "Cláusulas contractuales tipo",
            "Standardowe klauzule umowne",
            "标准合同条款",
        ),
    ],
)
def test_standard_clauses_by_many_names(text: str) -> None:
    assert words().measures(text) == ("eu-standard-clauses",)


@pytest.mark.parametrize(
    "text", ["SCC pending", "no SCC", "SCC not signed", "SCC expired 2021", "SCC or BCR, tbd", "draft SCC", "Swiss law"]
)
def test_a_measure_beside_words_that_may_change_it_is_not_taken(text: str) -> None:
    assert words().measures(text) is None


def test_clauses_of_other_countries_are_measures_of_their_own() -> None:
    assert words().measures("Cláusulas-padrão contratuais") == ("br-standard-clauses",)
    assert words().measures("个人信息出境标准合同") == ("cn-standard-contract",)
    assert words().measures("SCC + UK Addendum + DPA") == ("eu-standard-clauses", "gb-addendum", "processor-contract")


def test_items_are_parted_at_signs_and_at_the_word_for_and() -> None:
    assert items_of("Names; e-mail / phone\nHealth und Religion、宗教") == [
        "Names",
        "e-mail",
        "phone",
        "Health",
        "Religion",
        "宗教",
    ]
    assert items_of(" ; - ") == []
