"""A recorded question from the first word to the last, in a house with a past: what README and guides show."""

import importlib
import importlib.util
import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from fuseline.doors.demo.recordings import find
from tests.browser.gallery import PAST, gallery
from tests.browser.visitor import PICTURES, Visitor, visit
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

ASKED = find("postgres-isolation")
CLAIM = ASKED.analyst.unique_insights[0].insight
RECORDED, HURRIED = 1.0, 40.0
"""How fast the recording is played: as it was, for pictures, and so that nobody waits, for none."""
SCALE = 1.5
COLOURS = 88
"""The commonest of a picture: what is drawn keeps its colours, and only the edges of letters are a shade off."""


async def keep(visitor: Visitor, name: str) -> None:
    """Keep a picture of what is in sight, in few colours where Pillow is there to choose them."""
    await visitor.picture(name, whole=False)
    if PICTURES in os.environ and importlib.util.find_spec("PIL"):
        path = Path(os.environ[PICTURES]) / f"{name}.png"
        pillow: Any = importlib.import_module("PIL.Image")
        with pillow.open(path) as picture:
            whole = picture.convert("RGB")
        commonest = sorted(whole.getcolors(1 << 24), reverse=True)[:COLOURS]
        palette = pillow.new("P", (1, 1))
        palette.putpalette([part for _, colour in commonest for part in colour])
        whole.quantize(palette=palette, dither=pillow.Dither.NONE).save(path, optimize=True)


async def at_top(visitor: Visitor, place: str) -> None:
    """Scroll so that an element stands below the status of the run."""
    await visitor.page.locator(place).first.evaluate(
        "(one) => { scrollTo({ top: one.getBoundingClientRect().top + scrollY - 76, behavior: 'instant' }) }"
    )


@requirement("ours:console-states")
async def test_a_recorded_question_is_asked_watched_and_understood(browser: Browser):
    speed = RECORDED if PICTURES in os.environ else HURRIED
    async with gallery(speed) as past, visit(browser, past.origin, width=1280, height=860, scale=SCALE) as visitor:
        page = visitor.page
        await visitor.go("/")
        await page.get_by_label("Your question").fill(ASKED.question)
        await expect(page.locator(".estimate")).to_contain_text("$")
        await keep(visitor, "ask")
        await page.get_by_label("Your question").press("Control+Enter")
        await visitor.arrive()
        await expect(visitor.seat(1)).to_contain_text("done")
        await keep(visitor, "running")
        await expect(page.locator("[data-stage=done]")).to_be_visible(timeout=60_000)
        await page.reload()  # what is in the way of who watched a run come is not in that of who reads it
        await expect(page.locator("sup[data-mark]").first).to_be_visible()
        await keep(visitor, "answer")
        await page.get_by_role("button", name=CLAIM).click()
        await page.mouse.move(640, 0)
        await expect(page.locator(".where .key.exact").first).to_be_visible()
        await expect(page.locator(".agreement .chosen").first).to_contain_text(CLAIM)
        await at_top(visitor, ".agreement")
        await keep(visitor, "claim")
        await at_top(visitor, "section.panel")
        await keep(visitor, "panel")
        await page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        await page.emulate_media(color_scheme="dark")
        await keep(visitor, "answer-dark")
        await page.set_viewport_size({"width": 390, "height": 844})
        await keep(visitor, "phone-answer")
        await at_top(visitor, ".agreement")
        await expect(page.locator(".agreement .points")).to_be_visible()
        await keep(visitor, "phone-claims")


@requirement("ours:console-states")
async def test_what_happened_in_weeks_is_found_judged_and_added_up(browser: Browser):
    async with gallery(HURRIED) as past, visit(browser, past.origin, width=1280, height=860, scale=SCALE) as visitor:
        page = visitor.page
        await visitor.go("/runs")
        await expect(page.locator("tbody tr")).to_have_count(len(PAST))
        await keep(visitor, "history")
        await visitor.go(f"/votes?run={past.past[0]}")
        await expect(page.get_by_role("article")).to_have_count(2)
        await keep(visitor, "ballot")
        await visitor.go("/votes")
        await expect(page.get_by_role("table", name="By writer")).to_contain_text("demo/maple")
        await keep(visitor, "votes")
        await visitor.go("/usage")
        await expect(page.get_by_text(re.compile(rf"{len(PAST)} fused answers cost"))).to_be_visible()
        await keep(visitor, "spending")
        await visitor.go(f"/compare?a={past.past[0]}&b={past.past[6]}")
        await expect(page.get_by_text("Reading both runs.")).to_have_count(0)
        await keep(visitor, "compare")
