"""What the page is told, by its server or by its own address, remains a text there."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.intruders import intruders, wary
from tests.browser.payloads import ALL, BRIEF, END, SHORT
from tests.browser.scene import scene
from tests.browser.strangers import LUMPS
from tests.browser.visitor import open_all, settle
from tests.requirements import requirement

pytestmark = pytest.mark.anyio


@requirement("ours:console-text")
async def test_whatever_the_server_says_of_models_presets_and_prices_is_a_text(browser: Browser):
    async with scene() as stage, wary(browser, stage.origin) as visitor:
        page = visitor.page
        await say(page, "desk", DESK)
        await say(page, "estimate", {"calls": 3, "low": None, "high": None, "unknown": [*BRIEF], "single": None})
        await visitor.go("/")
        await page.get_by_label("Your question").fill(ALL)
        await page.get_by_label("Files to add").set_input_files(
            [{"name": text, "mimeType": "text/plain", "buffer": ALL.encode("utf-8", "replace")} for text in BRIEF[:30]]
        )
        await page.get_by_role("combobox", name="Add a seat").fill("a")
        await expect(page.get_by_role("option").first).to_be_visible()
        await expect(page.locator(".estimate")).to_contain_text("the cost is unknown")
        await open_all(page)
        assert await intruders(page) == []
        await page.get_by_role("button", name="Show as code").click()
        await settle(page)
        assert await intruders(page) == []
        for place in ("/models", "/runs", "/settings"):
            await visitor.go(place)
            await settle(page)
            assert await intruders(page) == [], place


DESK: Mapping[str, Any] = {
    "presets": [
        {
            "name": text, "title": text, "panel": [text, *BRIEF[:3]], "analyst": text, "writer": text,
            "default": not number, "warning": text,
        }
        for number, text in enumerate(BRIEF)
    ],
    "models": [
        {
            "slug": text, "endpoint": text, "context": 9, "max_output": 9, "price_in": text, "price_out": text,
            "tools": True, "thinks": True,
        }
        for text in BRIEF
    ],
    "problem": None, "engines": [*BRIEF], "collections": [*BRIEF], "seats": 8,
}  # fmt: skip


async def say(page: Page, what: str, told: Mapping[str, Any], status: int = 200) -> None:
    """Have the server say something else than it would."""

    async def answer(route: Route) -> None:
        body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
        await route.fulfill(status=status, headers={"content-type": "application/json"}, body=body)

    await page.route(re.compile(rf"/console/api/{what}"), answer)


@requirement("ours:console-text")
async def test_whatever_the_server_refuses_with_is_a_text(browser: Browser):
    refusal = {"error": {"message": ALL, "kind": "__proto__", "param": "prompt"}}
    problem = {"message": ALL, "next": ALL}
    async with scene() as stage, wary(browser, stage.origin, excused="status of 500") as visitor:
        page = visitor.page
        await say(page, "desk", {**DESK, "models": [], "problem": problem})
        await visitor.go("/")
        await expect(page.get_by_text(END).first).to_be_attached()
        assert await intruders(page) == []
        await say(page, "(?!session|desk)", refusal, 500)
        for place in ("/runs", "/votes", "/votes?run=x", "/compare?a=x&b=y", "/usage", "/runs/x"):
            await visitor.go(place)
            await expect(page.get_by_text(END).first).to_be_attached()
            assert await intruders(page) == [], place
        await say(page, "session", {"auth": "key", "signed_in": False, "csrf": None, "version": ALL})
        await visitor.go("/")
        await say(page, "session", refusal, 500)
        await page.get_by_label("Key", exact=True).fill(ALL)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text(END)
        assert await intruders(page) == []
        await page.reload()
        await expect(page.get_by_role("alert")).to_contain_text(END)
        assert await intruders(page) == []


@requirement("ours:console-text")
async def test_no_address_of_the_page_does_anything(browser: Browser):
    async with scene() as stage, wary(browser, stage.origin, excused="status of 40") as visitor:
        page = visitor.page
        for address in ADDRESSES:
            await page.goto(stage.origin + address)
            await expect(page.locator("main")).not_to_be_empty()
        await visitor.go("/runs/nowhere")
        places = [
            place for texts, names in ((BRIEF, NAMED), (LUMPS, ASKED)) for text in texts for place in spelt(text, names)
        ]
        failed = await page.evaluate(WANDER, places)
        await settle(page)
        assert failed == []
        assert await intruders(page) == []


ADDRESSES = (
    f"/?q={SHORT}#{SHORT}",
    f"/runs/{SHORT}",
    f"/runs/%3Cimg%20src=x%20onerror=alert(1)%3E?{SHORT}#javascript:alert(1)",
    "/runs/%E0%A4%A",
    "/runs/__proto__",
    "/runs/%252e%252e%252fsession",
    "/compare?a=.&b=..",
    "/votes?run=..",
    f"/compare?a={SHORT}&b=javascript:alert(1)",
    f"/votes?run={SHORT}",
)
NAMED = ("/runs/{}",)
ASKED = ("/compare?a={0}&b={0}", "/votes?run={}", "/?{}", "/#{}")


def spelt(text: str, places: Sequence[str]) -> list[str]:
    """Places whose addresses hold a text."""
    return [place.format(quote(text, safe="", errors="replace")) for place in places]


WANDER = """
async (places) => {
  const failed = [];
  addEventListener("error", (event) => failed.push(event.message));
  for (const place of places) {
    history.pushState(null, "", place);
    dispatchEvent(new PopStateEvent("popstate"));
    await new Promise((done) => setTimeout(done, 2));
    if (document.querySelector("main").childElementCount === 0) failed.push(place);
  }
  return failed;
}
"""
