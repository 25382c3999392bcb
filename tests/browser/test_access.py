"""The console for everybody: by keyboard alone, by ear, in the dark, on a phone."""

from collections.abc import AsyncGenerator
from itertools import product
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.scene import DEAD, QUESTION, SAID, Gate, empty_scene, scene
from tests.browser.visitor import Theme, Visitor, evaluate, visit
from tests.requirements import requirement
from tests.upstream import says

pytestmark = pytest.mark.anyio

AXE = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROWEST = 320
WIDTHS = (1440, 768, 390, NARROWEST)
THEMES: tuple[Theme, ...] = ("light", "dark")
KEY = "open sesame"
PLACES = ("/", "/runs", "/votes", "/usage", "/models", "/settings")


async def barriers(page: Page, theme: Theme) -> list[str]:
    """What axe finds wrong with the page as it stands; nothing but colours differs in the dark."""
    if not await evaluate(page, "'axe' in globalThis"):
        await evaluate(page, f"{AXE.read_text()};0")
    await page.emulate_media(color_scheme=theme)
    rules = TAGS if theme == "light" else {"type": "rule", "values": ["color-contrast"]}
    asked = f"axe.run({{ runOnly: {rules}, resultTypes: ['violations'] }}).then(({{ violations }}) => violations)"
    found: Any = await evaluate(page, asked)
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


async def everywhere(visitor: Visitor, run: str) -> AsyncGenerator[str]:
    """Load each place of the console in turn; the value is its name."""
    places = {place[1:] or "ask": place for place in PLACES}
    of_run = {"run": f"/runs/{run}", "compare": f"/compare?a={run}&b={run}", "ballot": f"/votes?run={run}"}
    for name, place in {**places, **of_run}.items():
        await visitor.go(place)
        await expect(visitor.page.locator("main [aria-busy=true]")).to_have_count(0)
        yield name


@requirement("ours:console-access")
async def test_no_place_has_a_barrier_and_each_fits_a_phone(browser: Browser):
    found: dict[str, Any] = {}
    async with scene({"kestrel": [DEAD]}) as stage, visit(browser, stage.origin) as visitor:
        run = await visitor.ask()
        await visitor.see("done")
        async for name in everywhere(visitor, run):
            for width, theme in product(WIDTHS, THEMES):
                await visitor.page.set_viewport_size({"width": width, "height": 900})
                found[f"{name} in {width} px, {theme}"] = await barriers(visitor.page, theme)
                await visitor.picture(f"{theme}-{width}-{name}")
            wide = await evaluate(visitor.page, "document.documentElement.scrollWidth")
            found[f"{name}: pixels too wide"] = max(0, wide - NARROWEST)
    assert {where: what for where, what in found.items() if what} == {}


@requirement("ours:console-access")
async def test_no_state_has_a_barrier(browser: Browser):
    found: dict[str, Any] = {}
    gate = Gate()
    held = {"ibis": [gate.holds(says(SAID["ibis"]), after=4)], "kestrel": [DEAD], "owl": [says("No.")]}

    async def look(visitor: Visitor, state: str) -> None:
        for theme in THEMES:
            found[f"{state}, {theme}"] = await barriers(visitor.page, theme)

    async with scene(held) as stage, visit(browser, stage.origin) as visitor:
        await visitor.ask()
        await expect(visitor.seat(0)).to_contain_text("done")
        await look(visitor, "running")
        gate.open()
        await visitor.see("done")
        await look(visitor, "degraded")
    async with empty_scene(server={"api_key": KEY}) as closed, visit(browser, closed.origin) as visitor:
        await visitor.go()
        await look(visitor, "sign-in")
        await visitor.page.get_by_label("Key", exact=True).fill(KEY)
        await visitor.page.keyboard.press("Enter")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("key")
        await look(visitor, "no key")
    assert {where: what for where, what in found.items() if what} == {}


@requirement("ours:console-access")
async def test_nothing_that_opens_has_a_barrier(browser: Browser):
    found: dict[str, Any] = {}
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page

        async def look(state: str) -> None:
            for theme in THEMES:
                found[f"{state}, {theme}"] = await barriers(page, theme)

        await visitor.go()
        await page.get_by_label("Your question").fill(QUESTION)
        await page.get_by_role("combobox", name="Add a seat").fill("e")
        await look("a list of models")
        await page.get_by_role("button", name="Show as code").click()
        await look("code")
        await page.keyboard.press("Escape")
        await page.get_by_label("Cost (US dollars)").fill("much")
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("alert")).to_be_visible()
        await look("a mistake")
        await page.get_by_label("Cost (US dollars)").fill("")
        await page.get_by_role("button", name="Compare first").click()
        run = await visitor.arrive()
        await visitor.see("done")
        await page.get_by_role("button", name="Edit the answer of heron").click()
        await look("answers to be fused")
        await page.get_by_role("button", name="Delete").click()
        await look("a question")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Export").click()
        await look("a menu")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Keyboard shortcuts").click()
        await look("help")
        await visitor.go(f"/votes?run={run}")
        await page.get_by_text("Choose the two answers yourself").click()
        await page.get_by_role("button", name="Tie").click()
        await look("a vote that is cast")
    assert {where: what for where, what in found.items() if what} == {}


@requirement("ours:console-access")
async def test_it_is_dark_where_the_system_is_unless_somebody_wants_it_light(browser: Browser):
    ground = "getComputedStyle(document.body).backgroundColor"
    async with scene() as stage, visit(browser, stage.origin, theme="dark") as visitor:
        await visitor.go("/settings")
        assert await evaluate(visitor.page, ground) == "rgb(23, 22, 19)"
        await visitor.page.get_by_label("Light", exact=True).check()
        assert await evaluate(visitor.page, ground) == "rgb(251, 250, 248)"
        await visitor.page.reload()
        await expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        assert await evaluate(visitor.page, ground) == "rgb(251, 250, 248)"


@requirement("ours:console-access")
async def test_somebody_asks_watches_finds_a_claim_and_looks_into_the_history_without_a_mouse(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        await visitor.go("/models")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await page.keyboard.press("n")
        await expect(page.get_by_label("Your question")).to_be_focused()
        await page.keyboard.type(QUESTION)
        await page.keyboard.press("Control+Enter")
        run = await visitor.arrive()
        await visitor.see("done")
        await page.keyboard.press("j")
        claim = page.get_by_role("button", name="Cache the page at the edge")
        await expect(claim).to_be_focused()
        await expect(claim).to_have_attribute("aria-pressed", "true")
        assert await outlined(visitor)
        await page.keyboard.press("/")
        await expect(page.get_by_label("Search")).to_be_focused()
        await page.keyboard.type("status page")
        link = page.get_by_role("link", name="Our status page")
        for _ in range(12):
            await page.keyboard.press("Tab")
            assert await outlined(visitor)
            if await link.evaluate("(one) => one === document.activeElement"):
                break
        await page.keyboard.press("Enter")
        assert await visitor.arrive() == run


async def outlined(visitor: Visitor) -> bool:
    """Whether what has the focus shows it."""
    shown = "(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2)"
    return await evaluate(visitor.page, f"{shown}(getComputedStyle(document.activeElement))")


@requirement("ours:console-access")
async def test_a_reader_is_told_in_words_what_happens(browser: Browser):
    gate = Gate()
    held = {"ibis": [gate.holds(says(SAID["ibis"]))]}
    async with scene(held) as stage, visit(browser, stage.origin) as visitor:
        await visitor.ask()
        told = visitor.page.locator("[role=status]").first
        await expect(told).to_contain_text("2 of 3")
        gate.open()
        with anyio.fail_after(10):
            await expect(told).to_contain_text("answer")
