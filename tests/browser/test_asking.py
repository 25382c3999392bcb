"""What somebody asks in a browser: it goes out as it was meant, or stays where it was written, with the reason."""

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

import anyio
import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.scene import ANALYST, PANEL, QUESTION, WRITER, Scene, empty_scene, list_of_messages, scene
from tests.browser.visitor import Visitor, visit
from tests.requirements import requirement
from tests.upstream import fails

pytestmark = pytest.mark.anyio

KINDS = ("Deep research", "Compare", "Expert critique", "Several fields")
AWAY = "ERR_FAILED|estimate"
"""What a browser complains of while nobody answers."""
DROPPED = """(area, name) => {
  const files = new DataTransfer();
  files.items.add(new File(["status: 503"], name, { type: "text/plain" }));
  area.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""


def said_to(stage: Scene, model: str, since: int = 0) -> list[Any]:
    """What a model was asked; of those who read the panel all but its answers, whose order is by chance."""
    asked = [one.body for one in stage.upstream.log[since:] if one.model == model]
    return asked if model in PANEL else [{**body, "messages": len(list_of_messages(body))} for body in asked]


@requirement("ours:console-asking")
async def test_a_question_goes_from_the_first_moment_in_which_it_can_be_written_and_once(browser: Browser):
    listed = anyio.Event()

    async def late(route: Route) -> None:
        await listed.wait()
        await route.continue_()

    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        await page.route("**/console/api/desk", late)
        await page.goto(stage.origin)
        await expect(page.get_by_role("link", name="History")).to_be_visible()
        await expect(page.get_by_label("Your question")).to_have_count(0)
        listed.set()
        await page.get_by_label("Your question").fill(QUESTION)
        await page.keyboard.press("Control+Enter")
        await page.keyboard.press("Control+Enter")
        await visitor.arrive()
        await visitor.see("done")
        assert len(stage.upstream.calls(WRITER)) == 1


@requirement("ours:console-asking")
async def test_without_a_key_the_question_is_kept_and_the_page_says_why_it_does_not_go(browser: Browser):
    async with empty_scene() as empty, visit(browser, empty.origin) as visitor:
        page = visitor.page
        await visitor.go()
        await page.get_by_label("Your question").fill(QUESTION)
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("alert")).to_have_count(2)
        await expect(page.get_by_role("alert").last).to_contain_text("key")
        await page.reload()
        await expect(page.get_by_label("Your question")).to_have_value(QUESTION)
        await page.get_by_role("button", name="Look again").click()
        await expect(page.get_by_role("alert")).to_contain_text("key")


@requirement("ours:console-asking")
async def test_what_the_server_refuses_is_told_at_its_field_and_stays(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin, excused="400|404") as visitor:
        page = visitor.page
        await visitor.go()
        await page.get_by_label("Your question").fill(QUESTION)
        await page.get_by_role("combobox", name="Add a seat").fill("lab/phoenix")
        await page.get_by_role("combobox", name="Add a seat").press("Enter")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#ask-panel-error")).to_contain_text("lab/phoenix")
        await expect(page.get_by_role("combobox", name="Add a seat")).to_be_focused()
        await page.reload()
        await expect(page.get_by_label("Your question")).to_have_value(QUESTION)
        await expect(page.locator("ol.seats li")).to_have_count(4)
        await page.get_by_role("button", name="Remove lab/phoenix").click()
        await page.get_by_label("Your question").press("Control+Enter")
        await visitor.arrive()


@requirement("ours:console-asking")
async def test_while_the_gateway_is_away_the_question_stays_and_goes_once_it_is_back(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin, excused=AWAY) as visitor:
        page = visitor.page
        await visitor.go()
        await page.get_by_label("Your question").fill(QUESTION)
        await page.route("**/console/api/runs", lambda route: route.abort())
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
        await expect(page.get_by_label("Your question")).to_have_value(QUESTION)
        await page.unroute("**/console/api/runs")
        await page.keyboard.press("Control+Enter")
        await visitor.arrive()
        await page.go_back()
        await expect(page.get_by_label("Your question")).to_have_value("")


@requirement("ours:console-asking")
async def test_a_bad_key_is_explained_on_the_run_and_the_question_can_be_edited_and_sent_again(browser: Browser):
    refused = [fails(401, message="no such key", code="invalid_api_key")]
    async with (
        scene(dict.fromkeys((*PANEL, ANALYST, WRITER), refused)) as stage,
        visit(browser, stage.origin) as visitor,
    ):
        page = visitor.page
        first = await visitor.ask()
        await visitor.see("failed")
        await expect(visitor.seat(0)).to_contain_text("The provider refused the key")
        await page.get_by_role("button", name="Edit and run again").click()
        await expect(page.get_by_label("Your question")).to_have_value(QUESTION)
        await expect(page.get_by_role("radio", name="birds")).to_be_checked()
        await page.keyboard.press("Control+Enter")
        await visitor.arrive(other_than=first)


@requirement("ours:console-asking")
async def test_the_picker_shows_what_a_model_costs_reads_and_can_and_the_cost_is_told_before(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        await visitor.go()
        await expect(page.get_by_role("radio", name="birds")).to_be_checked()
        await page.get_by_role("combobox", name="Add a seat").fill("wr")
        option = page.get_by_role("listbox", name="Add a seat").get_by_role("option").first
        for fact in ("lab/wren", "$2.50 / $10", "200k context", "tools"):
            await expect(option).to_contain_text(fact)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("radio", name="Custom")).to_be_checked()
        await page.get_by_label("Your question").fill(QUESTION)
        await expect(page.get_by_text(re.compile(r"about \$0\.0\d+ to \$0\.\d+"))).to_be_visible()
        await expect(page.get_by_text("4 + 1 + 1 calls")).to_be_visible()
        await page.get_by_label("Tokens of each seat").fill("many")
        await page.get_by_label("Your question").press("Control+Enter")
        await expect(page.get_by_role("alert")).to_contain_text("whole number")
        await page.get_by_label("Tokens of each seat").fill("900")
        await page.get_by_label("Time (seconds)").fill("120")
        await page.get_by_label("Cost (US dollars)").fill("2")
        await page.keyboard.press("Control+Enter")
        await visitor.arrive()
        await visitor.see("done")
        assert [one.body["max_tokens"] for name in PANEL for one in stage.upstream.calls(name)] == [900] * len(PANEL)


@requirement("ours:console-asking")
async def test_examples_of_each_kind_begin_a_question_and_files_go_with_it_as_text(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        await visitor.go()
        field = page.get_by_label("Your question")
        for kind in KINDS:
            await page.get_by_role("region", name="To begin with").get_by_role("button", name=kind).click()
            await expect(field).to_be_focused()
            await expect(field).to_have_value(re.compile(r".{200,}"))
        await field.fill("What is wrong?\n" * 12)
        assert (await height(page)) > 250
        await field.evaluate(DROPPED, "outage.log")
        await expect(page.get_by_role("list", name="Files of the question")).to_contain_text("outage.log")
        await page.reload()
        await expect(page.get_by_role("list", name="Files of the question")).to_contain_text("outage.log")
        await field.press("Control+Enter")
        await visitor.arrive()
        await visitor.see("done")
        (asked,) = stage.upstream.calls("heron")
        assert "```outage.log\nstatus: 503\n```" in str(list_of_messages(asked.body)[-1]["content"])


async def height(page: Page) -> float:
    """How high the field for the question has grown."""
    box = await page.get_by_label("Your question").bounding_box()
    assert box
    return box["height"]


@requirement("ours:console-asking")
async def test_the_request_as_code_is_the_request_of_the_page(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        await visitor.go()
        await page.get_by_label("Your question").fill('Isn\'t it "so"?\n\\ $HOME `date` é')
        await page.get_by_label("Let the models search").uncheck()
        await page.get_by_label("Tokens of each seat").fill("900")
        await page.get_by_text("System text").click()
        await page.get_by_label("Instructions for everybody").fill("Don't guess.")
        codes = [await code_in(page, language) for language in ("curl", "Python", "JavaScript")]
        await page.get_by_label("Your question").press("Control+Enter")
        await visitor.arrive()
        await visitor.see("done")
        everybody = (*PANEL, ANALYST, WRITER)
        wanted = {name: said_to(stage, name) for name in everybody}
        for command in (["bash", "-c", codes[0]], [sys.executable, "-c", codes[1]]):
            before = len(stage.upstream.log)
            await run(command)
            assert {name: said_to(stage, name, before) for name in everybody} == wanted
        asked = json.loads(codes[0].partition("-d '")[2].removesuffix("'").replace("'\\''", "'"))
        for name in ("messages", "plugins"):
            assert json.dumps(asked[name], indent=2, ensure_ascii=False).replace("\n", "\n  ") in codes[2]


async def code_in(page: Page, language: str) -> str:
    """The request as the page shows it in a language."""
    await page.get_by_role("button", name="Show as code").click()
    await page.get_by_role("radio", name=language).check()
    text = await page.get_by_role("region", name=f"The request in {language}").inner_text()
    await page.keyboard.press("Escape")
    return text


async def run(command: Sequence[str]) -> None:
    """Run what somebody copied."""
    with anyio.fail_after(20):
        await anyio.run_process(command)


@requirement("ours:console-fuse")
async def test_another_writer_over_the_same_answers_costs_no_panel(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        first = await visitor.ask()
        await visitor.see("done")
        whole = await spent(visitor, first)
        await page.get_by_role("button", name="Fuse again").click()
        await page.get_by_role("combobox", name="Writer").fill("heron")
        await page.get_by_role("combobox", name="Writer").press("Enter")
        before = len(stage.upstream.log)
        await page.get_by_role("button", name="Fuse 3 answers").click()
        second = await visitor.arrive(other_than=first)
        await visitor.see("done")
        assert sorted(one.model for one in stage.upstream.log[before:]) == ["heron", ANALYST]
        again = await spent(visitor, second)
        assert {role for role, _ in again} == {"analyst", "writer"}
        assert sum(cost for _, cost in again) < sum(cost for _, cost in whole)
        for seat in range(len(PANEL)):
            await expect(visitor.seat(seat)).to_contain_text("not paid again")
        await expect(page.get_by_role("link", name="The run it came from")).to_be_visible()


async def spent(visitor: Visitor, run: str) -> list[tuple[str, float]]:
    """Who was paid in a run, and how much."""
    told: Any = await visitor.page.request.get(f"{visitor.origin}/console/api/runs/{run}")
    return [(call["role"], float(call["cost"])) for call in (await told.json())["calls"]]
