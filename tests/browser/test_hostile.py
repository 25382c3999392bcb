"""Texts of strangers that are kept reach every corner of the page, and remain texts there."""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.intruders import harm_by_copying, intruders, wary
from tests.browser.payloads import BRIEF, END, PAYLOADS, SHORT
from tests.browser.scene import Scene, scene
from tests.browser.strangers import EVERY_FIELD, EVERY_TEXT, LUMPS, every_field, every_text, votes
from tests.browser.visitor import Visitor, evaluate, open_all, settle
from tests.requirements import requirement

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def haunted(browser: Browser, **how: Any) -> AsyncGenerator[tuple[Scene, Visitor]]:
    """A house that keeps runs, votes and costs of hostile people, and who looks at it."""
    async with scene() as stage, wary(browser, stage.origin, **how) as visitor:
        now = time.time()
        await stage.house.store.write(*every_field(now - 60), *every_text(now - 30))
        for run in (EVERY_FIELD, EVERY_TEXT):
            await stage.house.store.mark(run, title=" ".join(BRIEF), preset=" ".join(BRIEF), parent=SHORT)
        for vote in votes(now):
            await stage.house.store.vote(vote)
        yield stage, visitor


@requirement("ours:console-text")
async def test_each_text_alone_is_drawn_as_a_text_and_stays_one_when_it_is_copied(browser: Browser):
    async with haunted(browser) as (_, visitor):
        await visitor.go(f"/runs/{EVERY_TEXT}")
        await visitor.see("done")
        await expect(visitor.page.locator("article.seat")).to_have_count(len(PAYLOADS))
        await expect(visitor.seat(len(PAYLOADS) - 1).locator(".prose li").first).to_be_attached(timeout=40_000)
        await expect(visitor.page.locator(".drawn math").first).to_be_attached()
        await settle(visitor.page)
        assert await intruders(visitor.page) == []
        assert await harm_by_copying(browser, visitor.page, ".prose") == []


@requirement("ours:console-text")
async def test_every_field_of_a_run_that_is_kept_is_a_text(browser: Browser):
    async with haunted(browser) as (_, visitor):
        page = visitor.page
        await visitor.go(f"/runs/{EVERY_FIELD}")
        await visitor.see("done")
        await expect(page.locator(".answer")).to_contain_text(END)
        await open_all(page)
        assert await intruders(page) == []
        assert await evaluate(page, VISIT_EACH.replace("EACH", "button.remark.flag")) >= len(LUMPS)
        assert await evaluate(page, VISIT_EACH.replace("EACH", "button.claim[data-point$='0']")) > 9
        await page.get_by_role("button", name="Whole question").click()
        await page.get_by_role("button", name="Fuse again").click()
        await page.get_by_role("button", name="Export").click()
        await settle(page)
        assert await intruders(page) == []
        assert await harm_by_copying(browser, page, ".prose") == []


VISIT_EACH = """
(async () => {
  const all = [...document.querySelectorAll("EACH")];
  for (const one of all) { one.focus(); one.click(); await new Promise(setTimeout); }
  await new Promise(requestAnimationFrame);
  return all.length;
})()
"""


@requirement("ours:console-text")
async def test_every_other_page_shows_what_is_kept_as_texts(browser: Browser):
    async with haunted(browser) as (_, visitor):
        page = visitor.page
        for place, shown in PLACES.items():
            await visitor.go(place)
            await expect(page.locator(shown).first).to_be_visible()
            await settle(page)
            await evaluate(page, PRESS.replace("NAMES", json.dumps(PRESSED)))
            await settle(page)
            assert await intruders(page) == [], place
        await visitor.go("/runs")
        for text in BRIEF[::9]:
            await page.get_by_label("Search").fill(text)
        await page.get_by_label("Search").fill(SHORT)
        await expect(page.locator(".titles")).to_have_count(2)
        await page.get_by_role("checkbox", name="All").check()
        await page.get_by_role("button", name="Delete").locator("visible=true").click()
        await expect(page.get_by_role("dialog")).to_contain_text("<script>")
        assert await intruders(page) == []


PLACES = {
    "/runs": ".titles",
    "/votes": "table",
    f"/votes?run={EVERY_FIELD}": ".paper",
    f"/compare?a={EVERY_FIELD}&b={EVERY_TEXT}": ".figures",
    "/usage": ".totals",
    "/settings": "footer",
}
"""Pages, and what stands on them once they have read what they show."""
PRESSED = ("As written", "More for", "Left is better", "Rename")
PRESS = """
(async () => {
  for (const name of NAMES) {
    const isCalled = (one) => (one.ariaLabel ?? one.textContent).startsWith(name);
    [...document.querySelectorAll("button")].find(isCalled)?.click();
    await new Promise((done) => setTimeout(done, 50));
  }
})()
"""
