"""The console for other eyes: on paper, in more contrast, in the system's own colours, with the focus shown, still."""

from itertools import product
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.scene import PANEL, scene
from tests.browser.visitor import Theme, Visitor, evaluate, visit
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

THEMES: tuple[Theme, ...] = ("light", "dark")
PLACES = ("/", "/runs", "/votes", "/usage", "/models", "/settings")
SMALLEST_RATIO = 3.0
"""What WCAG 2.2 asks of everything that must be seen and is no text (1.4.11)."""
PRESSED = ".shell > header, .actions, .shapes, .agreement .filters, .seat button"
PAPER = f"""(() => {{
  const seen = (which) => [...document.querySelectorAll(which)].filter((one) => one.checkVisibility());
  const cut = seen(".panel .said, .agreement, .answer-place, .answer .text").filter(
    (one) => one.scrollHeight > one.clientHeight + 1 && getComputedStyle(one).overflowY !== "visible");
  return {{
    ink: getComputedStyle(document.body).color, pressed: seen("{PRESSED}").length, cut: cut.length,
    seats: seen("article.seat h3").map((one) => one.textContent), clashes: seen(".contradictions .clash").length,
  }};
}})()"""
RING = """(() => {
  const one = document.activeElement, { outlineColor, outlineStyle, outlineWidth } = getComputedStyle(one);
  const ground = getComputedStyle(document.body).backgroundColor;
  const who = one.outerHTML.slice(0, 90);
  return { who, style: outlineStyle, width: parseFloat(outlineWidth), ring: outlineColor, ground };
})()"""


def brightness(colour: str) -> float:
    """The relative luminance of an `rgb(...)`."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """How much two colours differ, as WCAG counts it."""
    dark, bright = sorted((brightness(one), brightness(other)))
    return (bright + 0.05) / (dark + 0.05)


async def finished(visitor: Visitor) -> None:
    """Have a run made, and read it as somebody does who comes later."""
    await visitor.ask()
    await visitor.see("done")
    await visitor.page.reload()
    await visitor.see("done")
    await expect(visitor.page.locator(".matrix")).to_be_visible()


@requirement("ours:console-access")
async def test_whatever_has_the_focus_shows_it_in_the_light_and_in_the_dark(browser: Browser):
    dim: list[Any] = []
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        for place, theme in product(PLACES, THEMES):
            await visitor.page.emulate_media(color_scheme=theme)
            await visitor.go(place)
            await expect(visitor.page.locator("main [aria-busy=true]")).to_have_count(0)
            for _ in range(16):
                await visitor.page.keyboard.press("Tab")
                found: Any = await evaluate(visitor.page, RING)
                if found["who"].startswith(("<body", '<input type="radio"')):
                    continue  # the chip around a radio button shows it
                seen = found["style"] != "none" and found["width"] >= 2
                if not seen or ratio(found["ring"], found["ground"]) < SMALLEST_RATIO:
                    dim.append((place, theme, found))
    assert dim == []


@requirement("ours:console-access")
async def test_a_run_on_paper_is_light_and_whole_and_has_nothing_to_press(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin, theme="dark") as visitor:
        await finished(visitor)
        await visitor.page.emulate_media(media="print")
        assert await evaluate(visitor.page, PAPER) == {
            "ink": "rgb(31, 29, 26)",
            "pressed": 0,
            "cut": 0,
            "seats": list(PANEL),
            "clashes": 1,
        }


@requirement("ours:console-access")
async def test_who_wants_more_contrast_gets_it(browser: Browser):
    soft = "getComputedStyle(document.querySelector('.soft')).color"
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        for theme in THEMES:
            await visitor.page.emulate_media(color_scheme=theme, contrast="no-preference")
            await visitor.go("/usage")
            await expect(visitor.page.locator(".soft").first).to_be_visible()
            ground = await evaluate(visitor.page, "getComputedStyle(document.body).backgroundColor")
            usual = ratio(await evaluate(visitor.page, soft), ground)
            await visitor.page.emulate_media(color_scheme=theme, contrast="more")
            assert ratio(await evaluate(visitor.page, soft), ground) > max(usual, 7)


@requirement("ours:console-access")
async def test_where_the_system_chooses_the_colours_what_is_chosen_is_still_told(browser: Browser):
    outline = "getComputedStyle(document.querySelector('{}')).outlineStyle"
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        await finished(visitor)
        await visitor.page.emulate_media(forced_colors="active")
        for chosen in (
            "nav a[aria-current=page]",
            ".agreement .filters [aria-pressed=true]",
            ".shapes [aria-pressed=true]",
        ):
            assert await evaluate(visitor.page, outline.format(chosen)) == "solid"
        await visitor.picture("forced-colors")
        await visitor.go("/settings")
        assert await evaluate(visitor.page, outline.format(".chip input:checked + span")) == "solid"


@requirement("ours:console-access")
async def test_nothing_moves_for_those_who_want_it_still(browser: Browser):
    moving = "document.getAnimations().filter(({ playState }) => playState === 'running').length"
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        await finished(visitor)
        await visitor.page.get_by_role("switch", name="Who said it").click()
        assert await evaluate(visitor.page, moving) == 0
