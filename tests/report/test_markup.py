"""Markup from calls: nothing that is written into a map becomes markup."""

import pytest

from comity.report.markup import Safe, el, join, link
from tests.report.sample import HOSTILE


def test_text_is_escaped_and_markup_of_our_own_is_not() -> None:
    assert el("p", "a < b & c ", el("b", "x")) == "<p>a &lt; b &amp; c <b>x</b></p>"


def test_attributes_are_escaped() -> None:
    assert el("a", "x", title="\"><script>'") == '<a title="&quot;&gt;&lt;script&gt;&#x27;">x</a>'


def test_attributes_take_their_names_from_python_ones() -> None:
    assert el("td", class_="x", aria_label="y", data_n=1) == '<td class="x" aria-label="y" data-n="1"></td>'


def test_none_and_false_leave_an_attribute_out_and_true_gives_its_name() -> None:
    assert el("button", hidden=True, disabled=False, title=None) == "<button hidden></button>"


def test_void_elements_have_no_end() -> None:
    assert el("meta", name="x") == '<meta name="x">'


def test_children_may_be_nested_and_missing() -> None:
    assert join(["a", None, ["<", Safe("<i>")]]) == "a&lt;<i>"


def test_control_characters_and_changes_of_direction_go() -> None:
    assert join("a\x1b[31m\u202eb\x00") == "a [31m b "


def test_a_hostile_title_stays_text() -> None:
    assert "<" not in join(HOSTILE)


@pytest.mark.parametrize("url", ["https://law.example/a?b=1&c=2", "http://law.example"])
def test_an_address_of_the_web_becomes_a_link(url: str) -> None:
    assert link("Art. 1", url).startswith(f'<a href="{url.replace("&", "&amp;")}"')


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//law.example", "", " https://x"])
def test_any_other_address_stays_text(url: str) -> None:
    assert link("Art. 1", url) == "Art. 1"
