"""The view as a person uses it: real keys and clicks, on a terminal of the size that most have and on a wide one."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import OptionList, Static, TextArea

from comity.browse.app import Browser
from comity.browse.dialogs import Choose, Help, Lines, Say, grouped
from comity.browse.entries import Finder
from comity.browse.offers import OTHER_FACTS, Offer, offers
from comity.browse.widgets import Entries, Outline
from tests.browse.harbour import HARBOUR, entry, ground, ground_of, program

pytestmark = pytest.mark.system  # a whole terminal is drawn in each of them

SMALL = (80, 24)
LITTLE = (60, 16)  # less to draw, where the size does not matter
MAX_ROUNDS = 200  # of waiting for what a key sets going: a busy machine takes longer


def use(
    steps: Callable[[Browser, Pilot[None]], Coroutine[None, None, None]],
    size: tuple[int, int] = LITTLE,
    browser: Browser | None = None,
) -> None:
    """Start the view on a terminal of some size, and use it."""

    async def run() -> None:
        app = browser or Browser(ground())
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await steps(app, pilot)

    asyncio.run(run())


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def paste(pilot: Pilot[None], text: str) -> None:
    """Paste a text, as terminals do it: faster than a key for each letter."""
    if text:
        pilot.app.screen.post_message(Paste(text))
        await pilot.pause()


async def until(pilot: Pilot[None], is_so: Callable[[], bool]) -> None:
    """Wait until something is so; it has to become so."""
    for _ in range(MAX_ROUNDS):
        if is_so():
            return
        await pilot.pause()
    assert is_so()


async def choose(app: Browser, pilot: Pilot[None], id_: str) -> None:
    """Choose an entry, by scrolling to it."""
    entries = app.query_one(Entries)
    entries.at = [found.flow.id for found in entries.shown].index(id_)
    await pilot.pause()


async def suppose(app: Browser, pilot: Pilot[None], what: str, value: str) -> None:
    """Choose what is to be supposed by typing a part of its name, and say its value."""
    await press(pilot, "e")
    await until(pilot, lambda: isinstance(app.screen, Choose))
    await paste(pilot, what)
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(app.screen, Say))
    await paste(pilot, value)
    await press(pilot, "enter")


def told(app: Browser, where: str) -> str:
    return str(app.screen.query_one(where, Static).content)


def outline(app: Browser) -> list[str]:
    return [line.text for _, line in app.query_one(Outline).visible_lines]


def row(app: Browser, number: int) -> str:
    """What stands on a line of the list of entries."""
    return app.query_one(Entries).render_line(number).text.strip()


def shown(app: Browser) -> list[str]:
    return [found.flow.id for found in app.query_one(Entries).shown]


def test_a_fact_is_changed_the_verdict_changes_beside_the_real_one_and_undo_brings_it_back() -> None:
    before = HARBOUR.read_bytes()

    async def steps(app: Browser, pilot: Pilot[None]) -> None:
        assert row(app, 0) == "› ✖ forbidden"
        assert row(app, 1) == "the broker sells them on …"
        assert "NO PACK FOR South Africa" in told(app, "#title")
        assert outline(app)[1].startswith("15 USC 9901(a), (c)(2)-(3) forbids: A data broker")
        await press(pilot, *["down"] * 5)
        assert told(app, "#head").startswith("? undecided\nnewsletter sent by a mailing service\n")
        await press(pilot, "e", "d", "p", "f", "enter", "y", "e", "s", "enter")
        await until(pilot, lambda: told(app, "#head").startswith("? undecided → ✔ allowed (what if)\n"))
        assert told(app, "#title").startswith("WHAT IF (1): nothing is written")
        assert outline(app)[:2] == ["what if (1)", "recipient.dpf = yes (in the map: unknown)"]
        assert row(app, 10) == "› ? undecided → ✔ allowed"
        await press(pilot, "w")
        await until(pilot, lambda: isinstance(app.screen, Lines))
        assert "assume:\n- {fact: recipient.dpf, value: true, for: [newsletter]" in app.screen.query_one(TextArea).text
        await press(pilot, "c", "escape")
        assert app.clipboard.startswith("# what was supposed of `newsletter`")
        await press(pilot, "u")
        await until(pilot, lambda: told(app, "#head").startswith("? undecided\n"))
        assert told(app, "#title").startswith("Harbour Travel")

    use(steps, SMALL)
    assert HARBOUR.read_bytes() == before


def test_the_first_other_value_is_chosen_and_enter_takes_it_and_reset_takes_all_back() -> None:
    async def steps(app: Browser, pilot: Pilot[None]) -> None:
        await choose(app, pilot, "desk-moscow")
        told_ = app.query_one(Outline)
        told_.highlighted = next(n for n, text in enumerate(outline(app)) if text.startswith("put in place: standard"))
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, Say))
        assert not app.screen.query("#value")
        assert app.screen.query_one("#values", OptionList).highlighted == 0  # not yet now; in place is another one
        await press(pilot, "enter")
        await until(pilot, lambda: told(app, "#head").startswith("◐ conditional → ✔ allowed (what if)\n"))
        await press(pilot, "r")
        assert app.whatifs.n_made == 0
        await press(pilot, "e", "escape", "u", "w")
        assert (app.whatifs.n_made, len(app.screen_stack)) == (0, 1)
        await choose(app, pilot, "dev-shenzhen")
        await suppose(app, pilot, "separate", "")
        await until(pilot, lambda: told(app, "#head").startswith("✖ forbidden → ✔ allowed (what if)\n"))
        assert [change.value for change in app.whatifs.of("dev-shenzhen")] == [False]

    use(steps)


def test_a_wrong_value_is_told_and_set_right_and_another_day_reads_the_map_of_that_day() -> None:
    async def steps(app: Browser, pilot: Pilot[None]) -> None:
        await choose(app, pilot, "newsletter")
        await suppose(app, pilot, "ent.cou", "DX")
        await until(pilot, lambda: told(app, "#problem") != "")
        assert told(app, "#problem").startswith("error[unknown-place]: `DX` is not a known place\nhelp: ")
        await press(pilot, "backspace")
        assert told(app, "#problem") == ""
        await press(pilot, "E", "enter")
        await until(pilot, lambda: told(app, "#head").startswith("? undecided → ✔ allowed (what if)\n"))
        await choose(app, pilot, "backup")
        await suppose(app, pilot, "day", "2026-09-01")
        await app.workers.wait_for_complete()
        await until(pilot, lambda: told(app, "#head").startswith("? undecided → ✔ allowed (what if)\n"))
        assert told(app, "#title").startswith("WHAT IF (2)")
        assert not app.query_one(Outline).loading

    use(steps)


def test_entries_are_found_by_words_and_by_verdict() -> None:
    async def steps(app: Browser, pilot: Pilot[None]) -> None:
        every = shown(app)
        await press(pilot, "slash")
        await paste(pilot, "moscow sales")
        assert shown(app) == ["moscow-sales", "ru-desk-sales"]
        await press(pilot, "enter", "4")
        assert shown(app) == ["ru-desk-sales"]
        assert "[4 ✔" in told(app, "#verdicts")
        await press(pilot, "1")
        assert shown(app) == []
        assert told(app, "#head") == "no entry; escape shows all"
        await press(pilot, "e", "w", "u", "escape")
        assert shown(app) == every
        await press(pilot, "2")
        assert shown(app) == ["backup", "newsletter"]
        await press(pilot, "0")
        assert shown(app) == every

    use(steps)


def test_every_entry_opens_with_all_of_its_reasons() -> None:
    async def steps(app: Browser, pilot: Pilot[None]) -> None:
        told_ = app.query_one(Outline)
        told_.folding.opened |= {"facts", "where"}
        for found in app.query_one(Entries).shown:
            await until(pilot, lambda: app.shown_entry == found.flow.id)  # noqa: B023 - awaited before the next one
            assert (found.flow.title or found.flow.id) in told(app, "#head")
            assert len(told_.visible_lines) == told_.option_count > 8
            await pilot.press("down")

    use(steps)


def test_reasons_are_folded_by_arrows_and_by_the_mouse() -> None:
    async def steps(app: Browser, pilot: Pilot[None]) -> None:
        await press(pilot, "right", "end", "up", "up")  # past the sentence at the end and `where it stands`
        assert app.query_one(Outline).has_focus
        line = app.query_one(Outline).line
        assert line is not None
        assert line.key == "tree"
        n_lines = len(outline(app))
        await press(pilot, "right", "right", "right")
        assert len(outline(app)) > n_lines + 1
        await press(pilot, "left", "left", "left")
        assert len(outline(app)) == n_lines
        await press(pilot, "left")
        assert app.query_one(Entries).has_focus
        await pilot.click(Entries, offset=(5, 4))
        await pilot.pause()
        assert app.shown_entry == "ru-sign-up"
        n_lines = len(outline(app))
        await pilot.click(Outline, offset=(5, 0))
        await pilot.pause()
        assert len(outline(app)) < n_lines
        await pilot.click("#verdicts", offset=(20, 0))
        await pilot.pause()
        assert {found.verdict for found in app.query_one(Entries).shown} == {"forbidden"}

    use(steps, SMALL)


def test_a_wide_terminal_and_a_tiny_one_hold_the_same_entries_and_help_names_the_keys() -> None:
    async def steps(app: Browser, pilot: Pilot[None]) -> None:
        await press(pilot, "question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        text = str(app.screen.query(Static).first().content)
        assert [key for key in ("e", "u", "r", "w", "/", "1 2 3 4", "escape", "q") if f"\n  {key} " not in text] == []
        await press(pilot, "escape")
        await pilot.resize_terminal(190, 30)
        await until(pilot, lambda: row(app, 1) == "✖ forbidden     developers in Shenzhen debug on live bookings")
        await pilot.resize_terminal(24, 8)
        await press(pilot, "down", "end", "right", "pagedown", "left", "home")
        assert len(shown(app)) == len(app.checked.flows)

    use(steps)


def test_a_map_without_entries_is_shown(tmp_path: Path) -> None:
    empty = tmp_path / "comity.yaml"
    empty.write_text("comity: 1\nname: '[b]Nothing[/]'\n", encoding="utf-8")

    async def steps(app: Browser, pilot: Pilot[None]) -> None:
        await press(pilot, "down", "e", "u", "right", "left", "escape")
        assert told(app, "#head") == "the map has no entry"
        assert told(app, "#title").startswith("[b]Nothing[/]")

    use(steps, browser=Browser(ground_of(empty)))


def test_names_that_look_like_markup_do_nothing(tmp_path: Path) -> None:
    odd = tmp_path / "comity.yaml"
    odd.write_text(
        "comity: 1\nname: Odd\nentities:\n- {id: a, name: '[red]A[/nothing]', country: NL}\n"
        "- {id: b, name: '[@click=app.quit]B', country: ZA}\nflows:\n"
        "- {id: f, name: '[@click=app.quit]click[/] $x [', from: a, to: b, data: {only: [contact]}}\n",
        encoding="utf-8",
    )

    async def steps(app: Browser, pilot: Pilot[None]) -> None:
        assert "\n[@click=app.quit]click[/] $x [\n[red]A[/nothing]" in told(app, "#head")
        await press(pilot, "right", "enter", "e", "enter", "escape")
        await pilot.click("#head", offset=(3, 1))
        await pilot.pause()
        assert app.is_running

    use(steps, browser=Browser(ground_of(odd)))


# --- what is found


def test_a_fact_is_found_by_its_name_before_others_that_speak_of_it() -> None:
    found = [o.id for o in grouped(offers(program(), entry("newsletter")), "recipient country") if o is not None]
    assert found[0] == "recipient.country"
    assert "recipient.law" in found


def test_the_long_tail_is_found_by_typing_only() -> None:
    every: tuple[Offer, ...] = offers(program(), entry("newsletter"))
    tail = next(o for o in every if o.group == OTHER_FACTS)
    assert tail not in list(grouped(every, ""))
    assert tail in list(grouped(every, tail.id))


def test_entries_are_found_by_article_and_place() -> None:
    finder = Finder(ground().check)
    assert [f.flow.id for f in finder.matching("152-FZ  FRANKFURT", "")] == ["ru-sign-up"]
    assert [f.flow.id for f in finder.matching("za", "undecided")] == ["backup"]
    assert finder.matching("za", "forbidden") == []
