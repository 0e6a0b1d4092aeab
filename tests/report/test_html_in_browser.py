"""The page in a real browser: clicks, keys, phone, paper, screen reader, no network."""

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from comity.report.html import check_to_html
from tests.report.sample import small_check

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.system

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(check_to_html(small_check()), encoding="utf-8")
    return path


class Watch:
    """Everything that a page says to the console or asks of the network."""

    def __init__(self, page: "Page") -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))


def opened(browser: "Browser", file: Path, **options: Any) -> Iterator[tuple["Page", Watch]]:
    context = browser.new_context(**({"viewport": WIDE, "reduced_motion": "reduce"} | options))
    page = context.new_page()
    watch = Watch(page)
    page.goto(file.as_uri())
    yield page, watch
    assert watch.said == []
    assert [url for url in watch.asked if not url.startswith("data:")] == [file.as_uri()]
    context.close()


@pytest.fixture
def wide(browser: "Browser", file: Path) -> Iterator["Page"]:
    for page, _ in opened(browser, file):
        yield page


@pytest.fixture
def phone(browser: "Browser", file: Path) -> Iterator["Page"]:
    for page, _ in opened(browser, file, viewport=PHONE, has_touch=True, is_mobile=True):
        yield page


@pytest.fixture
def plain(browser: "Browser", file: Path) -> Iterator["Page"]:
    for page, _ in opened(browser, file, java_script_enabled=False):
        yield page


def number_of(entry: str) -> int:
    return next(n for n, f in enumerate(small_check().flows, 1) if f.flow.id == entry)


def test_the_worst_entry_is_shown_at_first(wide: "Page") -> None:
    assert wide.inner_text("#why-title") == "1. files of the clinic"
    assert "Southern Code § 1" in wide.inner_text("#why-body")


def test_a_click_on_a_sign_of_the_map_shows_why(wide: "Page") -> None:
    number = number_of("warehouse")
    wide.click(f'.at-wide a[data-entry="{number}"] rect')
    assert wide.inner_text("#why-title") == f"{number}. copy to the warehouse"
    told = wide.inner_text("#why-body")
    assert "missing law and practice of the destination" in told
    assert "Northern Data Act Art. 3(1)" in told


def test_a_click_on_a_line_shows_the_same(wide: "Page") -> None:
    number = number_of("ads")
    line = f'svg.map g[aria-hidden] > a[data-entry="{number}"] path.hit'
    x, y = wide.evaluate(
        """(selector) => {
            const path = document.querySelector(selector), at = path.getPointAtLength(path.getTotalLength() * 0.8);
            const p = new DOMPoint(at.x, at.y).matrixTransform(path.getScreenCTM());
            return [p.x, p.y];
        }""",
        line,
    )
    wide.mouse.click(x, y)
    assert wide.inner_text("#why-title") == f"{number}. audience lists"


def test_a_click_in_the_list_shows_why_and_marks_the_row(wide: "Page") -> None:
    number = number_of("list")
    wide.click(f'tr[data-entry="{number}"] th a')
    assert wide.inner_text("#why-title") == f"{number}. list of guests"
    assert wide.locator("tr.chosen").get_attribute("data-entry") == str(number)
    assert wide.inner_text("#status") == f"Entry {number}, undecided: list of guests"


def test_a_keyboard_reaches_every_sign_and_enter_opens_it(wide: "Page") -> None:
    reached = []
    for _ in range(40):
        wide.keyboard.press("Tab")
        number = wide.evaluate("document.activeElement.closest('.at-wide') && document.activeElement.dataset.entry")
        if number:
            reached.append(int(number))
    assert reached == list(range(1, len(small_check().flows) + 1))
    wide.focus(f'.at-wide a[data-entry="{number_of("ads")}"]')
    wide.keyboard.press("Enter")
    assert wide.evaluate("document.activeElement.id") == "why-title"
    assert "audience lists" in wide.inner_text("#why-title")


def test_the_focus_is_seen_on_a_sign(wide: "Page") -> None:
    sign = f'.at-wide a[data-entry="{number_of("ads")}"]'
    before = wide.eval_on_selector(f"{sign} rect", "r => getComputedStyle(r).strokeWidth")
    wide.focus(".scroll")
    while wide.evaluate("document.activeElement.dataset.entry") != str(number_of("ads")):
        wide.keyboard.press("Tab")
    assert wide.eval_on_selector(f"{sign} rect", "r => getComputedStyle(r).strokeWidth") != before


def test_the_filter_leaves_one_verdict_in_list_map_and_details(wide: "Page") -> None:
    wide.click('button[data-filter="forbidden"]')
    assert wide.locator("tbody tr[data-entry]:visible").count() == 2
    assert wide.locator("details.entry:visible").count() == 2
    assert wide.locator(".at-wide a:visible").count() == 2
    assert wide.inner_text("#status") == "2 entries shown"
    assert wide.get_attribute('button[data-filter="forbidden"]', "aria-pressed") == "true"
    wide.click('button[data-filter="all"]')
    assert wide.locator("tbody tr[data-entry]:visible").count() == len(small_check().flows)


def test_a_link_from_elsewhere_opens_its_entry(browser: "Browser", file: Path) -> None:
    page = browser.new_page()
    page.goto(f"{file.as_uri()}#entry-3")
    assert page.evaluate("document.getElementById('entry-3').open") is True
    page.close()


def test_a_phone_never_scrolls_sideways(phone: "Page") -> None:
    phone.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_on_a_phone_the_entry_itself_opens(phone: "Page") -> None:
    number = number_of("warehouse")
    phone.evaluate(
        f"document.querySelector('.at-narrow a[data-entry=\"{number}\"]').scrollIntoView({{inline: 'center'}})"
    )
    phone.tap(f'.at-narrow a[data-entry="{number}"] rect')
    assert phone.evaluate(f"document.getElementById('entry-{number}').open") is True
    assert phone.locator(f"#entry-{number} summary").evaluate("s => s.getBoundingClientRect().top") < PHONE["height"]
    assert not phone.locator("#why").is_visible()


def test_targets_of_a_finger_are_large_enough_on_a_phone(phone: "Page") -> None:
    sizes = phone.eval_on_selector_all(
        ".at-narrow rect, button, summary",
        """all => all.filter(e => e.checkVisibility())
            .map(e => e.getBoundingClientRect()).map(r => Math.min(r.width, r.height))""",
    )
    assert min(sizes) >= 20


def test_it_reads_without_a_script(plain: "Page") -> None:
    assert not plain.locator("#why").is_visible()
    assert not plain.locator(".filters").is_visible()
    number = number_of("warehouse")
    plain.click(f'tr[data-entry="{number}"] th a')
    assert plain.url.endswith(f"#entry-{number}")
    plain.click(f"#entry-{number} summary")
    assert plain.locator(f"#entry-{number} .why").is_visible()


def test_paper_is_a4_and_has_everything_open(wide: "Page", tmp_path: Path) -> None:
    raw = wide.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", raw))
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}
    wide.emulate_media(media="print")
    wide.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert wide.locator("details.entry .why:visible").count() == len(small_check().flows)
    assert not wide.locator(".filters").is_visible()
    assert wide.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    wide.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert wide.locator("details.entry[open]").count() == 0


def test_a_filter_does_not_hide_entries_from_paper(wide: "Page") -> None:
    wide.click('button[data-filter="forbidden"]')
    wide.emulate_media(media="print")
    assert wide.locator("details.entry:visible").count() == len(small_check().flows)


def _axe() -> str:
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("this machine lacks `axe-playwright-python`: pip install axe-playwright-python")
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing(browser: "Browser", file: Path, scheme: str, viewport: dict[str, int]) -> None:
    script = _axe()
    for page, _ in opened(browser, file, viewport=viewport, color_scheme=scheme):
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        page.evaluate(script)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told = [(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"]) for v in found["violations"]]
        assert told == []


def test_a_screen_reader_finds_landmarks_headings_and_table(wide: "Page") -> None:
    tree = wide.locator("body").aria_snapshot()
    for part in ("banner", "main", "contentinfo", 'heading "Where the data go" [level=2]', "table", "rowheader"):
        assert part in tree, part
    number = number_of("desk")
    assert json.dumps(f"{number}. undecided")[1:-1] in tree
    assert 'columnheader "Verdict"' in tree
