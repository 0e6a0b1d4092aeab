"""The page as text: complete, self-contained, and safe with hostile names."""

import dataclasses
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from comity.case import Acceptance
from comity.decide.check import Check
from comity.report.html import MAX_FULL, check_to_html
from comity.report.markup import VOID
from tests.report.sample import HOSTILE, small_check


class Page(HTMLParser):
    """Elements with their attributes, the text of each, and whether all are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    def all(self, tag: str, **attributes: str) -> Iterator[dict[str, str | None]]:
        for name, found in self.elements:
            if name == tag and all(found.get(k) == v for k, v in attributes.items()):
                yield found

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(check_to_html(small_check()))


def hostile(check: Check) -> Check:
    """Every text that a map gives, hostile."""
    flows = []
    for found in check.flows:
        ends = tuple(dataclasses.replace(e, id=HOSTILE, name=HOSTILE) for e in found.flow.ends)
        span = dataclasses.replace(found.flow.span, file=HOSTILE)
        accepted = Acceptance(found.verdict, check.map.day, HOSTILE, HOSTILE)
        flow = dataclasses.replace(
            found.flow, id=HOSTILE, title=HOSTILE, section=HOSTILE, ends=ends, span=span, accepted=accepted
        )
        flows.append(dataclasses.replace(found, flow=flow))
    map_ = dataclasses.replace(check.map, name=HOSTILE, files=(HOSTILE,))
    return dataclasses.replace(check, map=map_, flows=tuple(flows), left_out=(HOSTILE,))


def test_every_element_is_closed(page: Page) -> None:
    assert page.open == []


def test_ids_are_unique_and_links_within_the_page_lead_somewhere(page: Page) -> None:
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {str(a["href"])[1:] for a in page.all("a") if str(a["href"]).startswith("#")}
    assert targets <= set(ids)
    labels = {
        i for _, a in page.elements for k in ("aria-labelledby", "aria-describedby") for i in (a.get(k) or "").split()
    }
    assert labels <= set(ids)


def test_the_same_check_gives_the_same_page() -> None:
    assert check_to_html(small_check()) == check_to_html(small_check())


def test_nothing_is_fetched(page: Page) -> None:
    asking = [a for _, a in page.elements for k in ("src", "srcset", "action", "poster", "data") if k in a]
    assert asking == []
    assert [a["href"] for a in page.all("link")] == ["data:,"]
    policy = next(page.all("meta", **{"http-equiv": "Content-Security-Policy"}))["content"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    style = check_to_html(small_check()).split("<style>")[1].split("</style>")[0]
    assert "@import" not in style
    assert re.findall(r"url\((?!#)", style) == []


def test_hostile_names_stay_text() -> None:
    page = Page(check_to_html(hostile(small_check())))
    assert page.open == []
    assert len(list(page.all("script"))) == 1
    assert list(page.all("img")) == []
    assert not [a for _, a in page.elements for k in a if k.startswith("on")]
    assert "\x1b" not in page.text
    assert "onerror=\"alert('x')\"" in page.text


def test_our_own_script_and_style_do_not_end_their_element() -> None:
    text = check_to_html(small_check())
    assert text.count("</script>") == 1
    assert text.count("</style>") == 1


def test_every_entry_stands_in_table_and_in_full(page: Page) -> None:
    n = len(small_check().flows)
    assert len([a for a in page.all("tr") if "data-entry" in a]) == n
    assert [a["id"] for a in page.all("details") if "id" in a] == [f"entry-{i}" for i in range(1, n + 1)]


def test_every_deciding_article_is_a_link_to_its_source(page: Page) -> None:
    urls = {a["href"] for a in page.all("a") if str(a["href"]).startswith("http")}
    assert urls == {"https://law.example/north/act", "https://law.example/south/code"}


@pytest.mark.parametrize(
    "told",
    [
        "No pack for these places",
        "Philippines (PH)",
        "no modelled clause of the packs named here stands against it. This is no legal advice.",
        "they imply no position on the status of any territory",
        "Taken for granted for the whole map, since nobody said:",
        "Is it arranged to escape a rule? no",
        "Accepted: as conditional, until 2027-01-31, by DPO: the assessment is being written.",
        "missing law and practice of the destination assessed and written down",
        "in place standard contractual clauses",
        "owed, by 2026-11-02 09:00 UTC",
        "What kind of deal is it: sale or licence of data, service, job, investment, none?",
        "known with medium confidence; left to judgement: whether the clauses are kept in practice",
        "2026-09-01",
        "2027-03-01",
        "reviewed by counsel on 2026-10-02",
        "southern law editor",
        "8 entries, 1 of them accepted, decided as of 2 November 2026",
    ],
)
def test_the_page_tells(page: Page, told: str) -> None:
    assert told in page.text


def test_packs_left_out_are_told_at_the_top() -> None:
    text = Page(check_to_html(small_check(is_one_left_out=True))).text
    assert "Left out on request: south/home" in text
    assert text.index("Left out on request") < text.index("Where the data go")


def test_a_map_without_entries_is_a_page_too() -> None:
    page = Page(check_to_html(dataclasses.replace(small_check(), flows=())))
    assert page.open == []
    assert "0 entries" in page.text


def test_it_is_small_enough_to_be_mailed() -> None:
    assert len(check_to_html(small_check()).encode()) < 250_000


def test_of_a_long_check_the_first_entries_are_told_in_full_and_the_table_holds_all() -> None:
    check = small_check()
    last = check.flows[-1]
    n_more = MAX_FULL + 2 - len(check.flows)
    more = (dataclasses.replace(last, flow=dataclasses.replace(last.flow, id=f"twin-{k}")) for k in range(n_more))
    text = check_to_html(dataclasses.replace(check, flows=(*check.flows, *more)))
    assert f'id="entry-{MAX_FULL}"' in text
    assert f'id="entry-{MAX_FULL + 1}"' not in text
    assert f'href="#entry-{MAX_FULL + 1}"' not in text
    assert text.count('role="rowheader" scope="row"') >= MAX_FULL + 2
    assert f"the first {MAX_FULL:,} of {MAX_FULL + 2:,} entries" in text
