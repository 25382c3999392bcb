"""What can be done with runs that are kept: asked again in whole or in part, looked into, found, taken away."""

import json
import re
from zipfile import ZipFile

import pytest
from playwright.async_api import Browser, expect

from tests.browser.scene import DEAD, QUESTION, SAID, scene
from tests.browser.visitor import visit
from tests.requirements import requirement
from tests.storage.fusions import Fusion
from tests.storage.records import BORN
from tests.upstream import says

pytestmark = pytest.mark.anyio


@requirement("ours:console-again")
async def test_a_failed_seat_is_asked_again_and_the_run_then_repeated_and_edited(browser: Browser):
    scripts = {"ibis": [DEAD, says(SAID["ibis"])]}
    async with scene(scripts) as opened, visit(browser, opened.origin) as visitor:
        first = await visitor.ask()
        await visitor.see("done")
        before = len(opened.upstream.log)
        await visitor.seat(1).get_by_role("button", name="Ask again: ibis").click()
        second = await visitor.arrive(other_than=first)
        await visitor.see("done")
        assert sorted(one.model for one in opened.upstream.log[before:]) == ["ibis", "owl", "wren"]
        await expect(visitor.seat(0)).to_contain_text("not paid again")
        await expect(visitor.seat(1)).to_contain_text("Five minutes is a good lifetime")
        await visitor.page.get_by_role("link", name="The run it came from").click()
        await visitor.see("done")
        await visitor.page.get_by_role("button", name="Edit and run again").click()
        await expect(visitor.page.get_by_label("Your question")).to_have_value(QUESTION)
        await visitor.go(f"/runs/{second}")
        await visitor.page.get_by_role("button", name="Run again", exact=True).click()
        await visitor.arrive(other_than=second)
        await visitor.see("done")
        await expect(visitor.seat(2)).to_contain_text("not paid again")


@requirement("ours:console-again")
async def test_a_seat_is_given_to_another_model(browser: Browser):
    async with scene({"ibis": [DEAD]}) as opened, visit(browser, opened.origin) as visitor:
        first = await visitor.ask()
        await visitor.see("done")
        await visitor.seat(1).get_by_role("button", name="Swap for another model: ibis").click()
        field = visitor.page.get_by_role("combobox", name="Instead of ibis")
        await field.fill("kestrel")
        await field.press("Enter")
        await visitor.arrive(other_than=first)
        await visitor.see("done")
        await expect(visitor.seat(1)).to_contain_text("host it with another provider")


@requirement("ours:console-record")
async def test_the_events_of_a_run_are_read_when_somebody_opens_them(browser: Browser):
    async with scene() as opened, visit(browser, opened.origin) as visitor:
        await visitor.ask()
        await visitor.see("done")
        await visitor.page.get_by_role("heading", name="Raw events").click()
        lines = visitor.page.locator(".events > li")
        await expect(lines).to_have_count(6)
        await lines.filter(has_text="panel.completed").first.locator("summary").click()
        text = visitor.page.locator(".events pre").filter(has_text="content")
        await expect(text).to_be_visible()
        assert json.loads(await text.inner_text())["model"].startswith("lab/")
        await visitor.picture("events")


@requirement("ours:history")
async def test_the_history_is_paged_filtered_taken_away_and_deleted(browser: Browser):
    async with scene({"ibis": [DEAD]}) as opened, visit(browser, opened.origin, width=1280) as visitor:
        for number in range(60):
            run = Fusion(f"gen-{number:02}", f"Question {number}", at=BORN + number // 2, panel=(("lab/heron", 1),))
            await opened.house.store.write(*run.records)
        await visitor.ask()
        await visitor.see("done")
        await visitor.go("/runs")
        rows = visitor.page.locator("tbody tr")
        await expect(rows).to_have_count(50)
        await visitor.page.get_by_role("button", name="Load more").click()
        await expect(rows).to_have_count(61)
        await expect(visitor.page.get_by_role("button", name="Load more")).to_have_count(0)
        await visitor.page.get_by_label("Went wrong").fill("may not use the model")
        await expect(rows).to_have_count(1)
        await visitor.page.get_by_label("Went wrong").fill("")
        await visitor.page.get_by_label("Search").fill("question 5")
        await expect(rows).to_have_count(11)
        await visitor.page.get_by_label("All", exact=True).check()
        async with visitor.page.expect_download() as download:
            await visitor.page.get_by_role("button", name="Export").click()
            await visitor.page.get_by_role("button", name="JSON").click()
        with ZipFile(await (await download.value).path()) as archive:
            assert len(archive.namelist()) == 11
        await visitor.page.get_by_role("group", name="Chosen runs").get_by_role("button", name="Delete").click()
        await visitor.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(visitor.page.get_by_text("No run fits these filters.")).to_be_visible()
        await visitor.page.get_by_role("button", name="Show all runs").click()
        await expect(rows).to_have_count(50)
        await expect(rows.filter(has_text=re.compile("Question 5"))).to_have_count(0)
