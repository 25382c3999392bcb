"""The console without a mouse: from the question to the history, every shortcut, and where the focus goes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.scene import PANEL, QUESTION, SAID, Gate, Scene, scene
from tests.browser.visitor import Visitor, evaluate, visit
from tests.requirements import requirement
from tests.upstream import says

pytestmark = pytest.mark.anyio

FAR = 60
"""Presses of the tabulator after which something counts as out of reach."""
HAS_FOCUS = "(one) => one === document.activeElement"
SHOWS_FOCUS = """(({ body, activeElement: one }) => [one, one.nextElementSibling].some((shown) => {
  const { outlineStyle, outlineWidth } = getComputedStyle(shown ?? one);
  return one === body || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
}))(document)"""
SPEAKS = "[aria-live]:not([aria-live=off]), [role=status], [role=log]"


@asynccontextmanager
async def asked(browser: Browser, **said: str) -> AsyncGenerator[tuple[Scene, Visitor]]:
    """A run that has ended, on the page of somebody who has touched nothing yet."""
    scripts = {name: [says(text)] for name, text in said.items()}
    async with scene(scripts) as stage, visit(browser, stage.origin) as visitor:
        await visitor.ask()
        await visitor.see("done")
        yield stage, visitor


async def tab_to(visitor: Visitor, wanted: Locator) -> None:
    """Press the tabulator until something has the focus; whatever has it meanwhile shows it."""
    for _ in range(FAR):
        await visitor.page.keyboard.press("Tab")
        assert await evaluate(visitor.page, SHOWS_FOCUS)
        if await wanted.evaluate(HAS_FOCUS):
            return
    raise AssertionError(f"{FAR} presses of the tabulator do not lead to {wanted}")


@requirement("ours:console-access")
async def test_a_question_is_asked_fused_taken_home_judged_and_found_again_without_a_mouse(browser: Browser):
    async with scene() as calm, visit(browser, calm.origin) as visitor:
        page, press = visitor.page, visitor.page.keyboard.press
        await visitor.go()
        await press("n")
        await expect(page.get_by_label("Your question")).to_be_focused()
        await page.keyboard.type(QUESTION)
        await tab_to(visitor, page.get_by_role("button", name="Compare first"))
        await press("Enter")
        first = await visitor.arrive()
        await visitor.see("done")
        await expect(page.locator("main")).to_be_focused()
        await tab_to(visitor, page.get_by_role("checkbox", name="ibis"))
        await press("Space")
        await tab_to(visitor, page.get_by_label("A note to the analyst and the writer"))
        await page.keyboard.type("We have no second provider.")
        await press("Control+Enter")
        fused = await visitor.arrive(other_than=first)
        await visitor.see("done")
        await press("e")
        await expect(page.get_by_role("link", name="Markdown")).to_be_focused()
        async with page.expect_download() as download:
            await press("Enter")
        assert (await download.value).suggested_filename.endswith(".md")
        await expect(page.get_by_role("button", name="Export")).to_be_focused()
        await press("b")
        await expect(page.get_by_role("article")).to_have_count(2)
        await press("ArrowRight")
        await expect(page.get_by_text("You preferred the right one.", exact=True)).to_be_visible()
        await expect(page.get_by_role("button", name="Another pair")).to_be_focused()
        await press("/")
        await expect(page.get_by_label("Search")).to_be_focused()
        await page.keyboard.type("status page")
        await tab_to(visitor, page.get_by_role("link", name="Our status page").first)
        await press("Enter")
        assert await visitor.arrive() == fused
        assert len(await calm.house.store.votes(fused)) == 1
        (written,) = calm.upstream.calls("wren")
        assert "no second provider" in str(written.body) and "a purge is never needed" not in str(written.body)
        assert [len(calm.upstream.calls(name)) for name in PANEL] == [1, 1, 1]


@requirement("ours:console-access")
async def test_each_single_key_does_what_the_list_says(browser: Browser):
    async with asked(browser) as (_, visitor):
        page, press = visitor.page, visitor.page.keyboard.press
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        for key, place in {"1": "seat-0", "3": "seat-2", "0": "answer", "a": "agreement", "t": "timeline"}.items():
            await press(key)
            await expect(page.locator(f"#{place}")).to_be_focused()
        for key, claim in {"j": "Cache the page at the edge", "x": "How long the edge keeps the page"}.items():
            await press(key)
            await expect(page.get_by_role("button", name=claim)).to_be_focused()
        await press("k")
        await expect(page.get_by_role("button", name="Cache the page at the edge")).to_be_focused()
        await press("c")
        await expect(page.get_by_role("status")).to_contain_text("Copied the answer")
        await press("l")
        await expect(page.get_by_role("tab", name="heron")).to_be_visible()
        await press("e")
        await expect(page.get_by_role("link", name="Markdown")).to_be_focused()
        await press("Escape")
        await press("?")
        told = page.get_by_role("dialog", name="Keyboard shortcuts")
        for does in (
            "Ask something new",
            "Look through the history",
            "To seat 8",
            "Judge two answers blind",
            "Ask the failed",
        ):
            await expect(told).to_contain_text(does)
        await press("Escape")
        await press("b")
        await expect(page.get_by_role("article")).to_have_count(2)
        await press("t")
        await expect(page.get_by_text("You found them equal.", exact=True)).to_be_visible()
        await press("/")
        await expect(page.get_by_label("Search")).to_be_focused()


@requirement("ours:console-access")
async def test_single_keys_are_letters_in_a_field_and_nothing_where_they_are_switched_off(browser: Browser):
    gate = Gate()
    held = {"ibis": [gate.holds(says(SAID["ibis"]))]}
    off = {"fuseline.shortcuts": "off"}
    async with scene(held) as stage, visit(browser, stage.origin, preferences=off) as visitor:
        page, press = visitor.page, visitor.page.keyboard.press
        await visitor.go()
        await tab_to(visitor, page.get_by_label("Your question"))
        await page.keyboard.type("n/?b0x")
        await expect(page.get_by_label("Your question")).to_have_value("n/?b0x")
        await press("Control+Enter")
        run = await visitor.arrive()
        await visitor.see("panel")
        for key in "n/?b0xl":
            await press(key)
        assert await visitor.arrive() == run
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await press("Escape")
        await tab_to(visitor, page.get_by_role("dialog").get_by_role("button", name="Stop the run"))
        await press("Enter")
        await visitor.see("cancelled")
        gate.open()


@requirement("ours:console-access")
async def test_the_focus_comes_back_from_where_it_was_sent(browser: Browser):
    async with asked(browser) as (_, visitor):
        page, press = visitor.page, visitor.page.keyboard.press
        for opener, box in {"Delete": "dialog", "Keyboard shortcuts": "dialog", "Export": ".menu"}.items():
            button = page.get_by_role("button", name=opener)
            await button.focus()
            await press("Enter")
            opened = page.locator(f"{box}:focus-within")
            await expect(opened).to_be_visible()
            await press("Escape")
            await expect(opened).to_be_hidden()
            await expect(button).to_be_focused()
        await press("n")
        await page.get_by_role("button", name="Show as code").focus()
        await press("Enter")
        await press("Escape")
        await expect(page.get_by_role("button", name="Show as code")).to_be_focused()


@requirement("ours:console-access")
async def test_what_streams_is_busy_one_place_speaks_and_what_fails_is_an_alert(browser: Browser):
    gate = Gate()
    held = {"ibis": [gate.holds(says(SAID["ibis"], chunks=6), after=3)]}
    async with scene(held) as stage, visit(browser, stage.origin) as visitor:
        await visitor.ask()
        await expect(visitor.seat(0)).to_contain_text("done")
        await expect(visitor.seat(1).locator("[aria-busy=true]")).to_have_count(1)
        await expect(visitor.seat(0).locator("[aria-busy=true]")).to_have_count(0)
        await expect(visitor.page.locator(SPEAKS)).to_have_count(1)
        gate.open()
        await visitor.see("done")
        await expect(visitor.page.locator("[aria-busy=true]")).to_have_count(0)
        await expect(visitor.page.get_by_role("status")).to_contain_text("answer is ready")
