"""Names, types and refusals: every message of the checker, and what it folds away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from comity.condition import tree as t
from comity.condition.check import compile_condition
from comity.condition.parse import Expr, parse_condition
from comity.errors import InputError, Problems
from tests.condition.language import compiled, names
from tests.small.law import span

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.cel"))


@pytest.mark.parametrize("path", BAD, ids=lambda p: p.stem)
def test_what_is_refused_is_told(path: Path, golden: Callable[[Path, str], None]) -> None:
    text = path.read_text(encoding="utf-8").rstrip("\n")
    problems = Problems()
    found = compile_condition(text, span(text), names(), problems, context="art-1")
    assert found == t.FALSE
    assert problems.found
    golden(path.with_suffix(".txt"), str(InputError(problems.found)) + "\n")


def test_every_form_is_understood(golden: Callable[[Path, str], None]) -> None:
    lines = (HERE / "good" / "forms.cel").read_text(encoding="utf-8").splitlines()
    golden(HERE / "good" / "forms.txt", "".join(f"{line}\n    {t.to_text(compiled(line))}\n" for line in lines))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("true && data.personal", "data.personal"),
        ("false || data.personal", "data.personal"),
        ("false && data.personal", "false"),
        ("data.personal || true", "true"),
        ("!!data.personal", "data.personal"),
        ("!true", "false"),
        ("data.personal == true", "data.personal"),
        ("false == data.personal", "!data.personal"),
        ("data.personal != true", "!data.personal"),
        ("1 < 2", "true"),
        ('"b" <= "a"', "false"),
        ('date("2020-01-01") < date("2020-01-02")', "true"),
        ("[1, [2]] == [1, [2]]", "true"),
        ("[1] == [true]", "false"),
        ("1 in []", "false"),
        ("recipient.country in []", "false"),
        ("flow.deal in []", "false"),
        ("[1, 2, 3].all(n, n > 0)", "true"),
        ("[1, 1].exists_one(n, n == 1)", "false"),
        ("(data.personal && data.public) && flow.group", "data.personal && data.public && flow.group"),
        ("data.personal || (data.public || flow.group)", "data.personal || data.public || flow.group"),
    ],
)
def test_constants_fold_and_nests_flatten(text: str, folded: str) -> None:
    assert t.to_text(compiled(text)) == folded


def test_what_folds_away_is_typed_all_the_same() -> None:
    with pytest.raises(InputError, match="unknown-fact"):
        compiled("false && data.persnal")


def test_a_variable_hides_a_fact_a_term_and_an_outer_variable() -> None:
    assert compiled("data.origin.exists(day, day in EEA)") == t.AnyPlace("data.origin", t.BoundIn("EEA"))
    assert compiled("data.origin.exists(bound, bound in EEA)") == t.AnyPlace("data.origin", t.BoundIn("EEA"))
    inner = compiled('data.categories.exists(p, p == "core" && data.origin.exists(p, p in EEA))')
    has = t.Has("data.categories", "core")
    assert inner == t.And((has, t.AnyPlace("data.origin", t.BoundIn("EEA"))))


def test_a_term_does_not_see_the_variable_of_who_uses_it() -> None:
    given = names()
    given.terms = {**given.terms, "odd": parsed("p in EEA")}
    with pytest.raises(InputError, match="`p` is not a known fact"):
        compiled("data.origin.exists(p, odd)", given)


def parsed(text: str) -> Expr | None:
    return parse_condition(text, span(text), Problems())


def test_a_term_with_a_problem_is_told_once_however_often_it_is_used() -> None:
    problems, given = Problems(), names()
    for number in range(3):
        assert compile_condition("broken && data.personal", span(), given, problems, context=f"art-{number}") == t.FALSE
    assert [(p.code, p.context) for p in problems.found] == [("unknown-fact", "term broken")]


def test_terms_used_within_terms_count_as_used() -> None:
    given = names()
    compiled("double_1", given)
    assert given.used_terms == {"double_1", "double_0"}


def test_a_table_brings_the_condition_of_its_rows() -> None:
    with_row = t.And((t.InGroup("recipient.country", "ADEQUATE#1"), t.IsTrue("recipient.listed")))
    assert compiled("recipient.country in ADEQUATE") == t.Or((t.InGroup("recipient.country", "ADEQUATE"), with_row))


def test_places_in_a_list_become_one_group_and_groups_stay_apart() -> None:
    given = names()
    found = compiled("recipient.country in [DE, EEA, FR, DE]", given)
    pair = t.InGroup("recipient.country", "[DE, FR]")
    assert found == t.Or((t.InGroup("recipient.country", "EEA"), pair))
    assert [row.place for row in given.groups["[DE, FR]"]] == ["DE", "FR"]


def test_a_total_is_a_count_by_its_whole_name() -> None:
    assert compiled("people_sent >= 1000") == t.CountIs("fr/law:people_sent", ">=", 1000)
