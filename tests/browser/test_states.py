"""Every state that a run and its page can be in, as somebody meets it who looks."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.scene import DEAD, FUSED, PANEL, QUESTION, SAID, WRITER, Gate, empty_scene, scene
from tests.browser.visitor import visit
from tests.requirements import requirement
from tests.upstream import says

pytestmark = pytest.mark.anyio


@requirement("ours:console-states")
async def test_without_a_key_the_page_says_what_to_do(browser: Browser):
    async with empty_scene() as empty, visit(browser, empty.origin) as visitor:
        await visitor.go()
        await expect(visitor.page.get_by_role("alert")).to_contain_text("key")
        await expect(visitor.page.get_by_role("button", name="Ask", exact=True)).to_be_disabled()
        await visitor.picture("no-key")


@requirement("ours:console-states")
async def test_a_house_where_nothing_happened_yet_says_so_everywhere(browser: Browser):
    async with scene() as fresh, visit(browser, fresh.origin) as visitor:
        await visitor.go()
        await expect(visitor.page.get_by_role("heading", name="To begin with")).to_be_visible()
        await expect(visitor.page.locator("ol.seats li")).to_have_count(len(PANEL))
        await visitor.picture("ask")
        await visitor.go("/runs")
        await expect(visitor.page.get_by_text("No runs yet.")).to_be_visible()
        await visitor.go("/usage")
        await expect(visitor.page.get_by_text("Nothing was fused in the last 30 days")).to_be_visible()


@requirement("ours:console-states")
async def test_a_run_is_watched_from_its_first_word_to_its_answer(browser: Browser):
    gate = Gate()
    scripts = {"ibis": [gate.holds(says(SAID["ibis"], chunks=6), after=4)]}
    async with scene(scripts) as held, visit(browser, held.origin) as visitor:
        await visitor.ask()
        await visitor.see("panel")
        await expect(visitor.seat(0)).to_contain_text("done")
        await expect(visitor.seat(1)).to_contain_text("writing")
        await expect(visitor.page.get_by_text("preliminary: one model")).to_be_visible()
        await expect(visitor.page.get_by_role("button", name="Stop")).to_be_visible()
        await visitor.picture("running")
        gate.open()
        await visitor.see("done")
        await expect(visitor.page.get_by_text("shows old news for longer")).to_be_visible()
        await expect(visitor.page.get_by_role("button", name="Cache the page at the edge")).to_be_visible()
        await expect(
            visitor.page.get_by_role("button", name=re.compile("Said much alike by heron and ibis"))
        ).to_be_visible()
        await expect(visitor.page.get_by_role("heading", name="Contradictions")).to_be_visible()
        await visitor.picture("done")


@requirement("ours:console-states")
async def test_a_seat_that_fails_is_named_and_the_others_go_on(browser: Browser):
    async with scene({"kestrel": [DEAD]}) as limping, visit(browser, limping.origin) as visitor:
        await visitor.ask()
        await visitor.see("done")
        await expect(visitor.page.get_by_text("2 of 3 models answered")).to_be_visible()
        await expect(visitor.seat(2)).to_contain_text("failed")
        await visitor.picture("one-failed")


@requirement("ours:console-states")
async def test_where_the_analyst_fails_the_answers_stay_and_the_reason_is_told(browser: Browser):
    async with scene({"owl": [says("I would rather not.")]}) as lost, visit(browser, lost.origin) as visitor:
        await visitor.ask()
        await visitor.see("done")
        await expect(visitor.page.get_by_text("No comparison:")).to_be_visible()
        for seat, name in enumerate(PANEL):
            await expect(visitor.seat(seat).get_by_role("heading")).to_have_text(name)
        await visitor.picture("analyst-failed")


@requirement("ours:console-states")
async def test_where_everybody_fails_the_page_says_why(browser: Browser):
    scripts = {name: [DEAD] for name in (*PANEL, "owl", WRITER)}
    async with scene(scripts) as dead, visit(browser, dead.origin) as visitor:
        await visitor.ask()
        await visitor.see("failed")
        await expect(visitor.page.get_by_text("this key may not use the model").first).to_be_visible()
        await visitor.picture("all-failed")


@requirement("ours:console-states")
async def test_a_run_that_is_stopped_keeps_what_was_said(browser: Browser):
    gate = Gate()
    scripts = {"ibis": [gate.holds(says(SAID["ibis"]))]}
    async with scene(scripts) as held, visit(browser, held.origin) as visitor:
        run = await visitor.ask()
        await expect(visitor.seat(0)).to_contain_text("done")
        await visitor.page.get_by_role("button", name="Stop").click()
        await visitor.page.get_by_role("dialog").get_by_role("button", name="Stop the run").click()
        await visitor.see("cancelled")
        await expect(visitor.seat(0)).to_contain_text("30 seconds")
        await visitor.picture("stopped")
        stored = await held.house.store.run(run)
        assert stored is not None and stored.status == "cancelled"
        gate.open()


@requirement("ours:console-states")
async def test_a_page_that_is_loaded_anew_goes_on_where_the_run_is(browser: Browser):
    gate = Gate()
    scripts = {WRITER: [gate.holds(says(FUSED, chunks=6), after=4)]}
    async with scene(scripts) as held, visit(browser, held.origin) as visitor:
        await visitor.ask()
        await visitor.see("writing")
        await visitor.page.reload()
        await visitor.see("writing")
        await expect(visitor.seat(0)).to_contain_text("whatever happens outside")
        gate.open()
        await visitor.see("done")
        await expect(visitor.page.get_by_text("Whether five minutes would do is disputed")).to_have_count(1)
        await visitor.page.reload()
        await visitor.see("done")
        await expect(visitor.page.get_by_text("Whether five minutes would do is disputed")).to_have_count(1)


@requirement("ours:console-states")
async def test_the_answers_are_compared_first_and_fused_as_they_were_edited(browser: Browser):
    async with scene() as calm, visit(browser, calm.origin) as visitor:
        await visitor.go()
        await visitor.page.get_by_label("Your question").fill(QUESTION)
        await visitor.page.get_by_role("button", name="Compare first").click()
        first = await visitor.arrive()
        await visitor.see("done")
        assert [exchange.model for exchange in calm.upstream.calls(WRITER)] == []
        await visitor.page.get_by_role("checkbox", name="Use this answer").nth(2).uncheck()
        await visitor.page.get_by_role("button", name="Edit the answer of heron").click()
        await visitor.page.get_by_label("Answer of heron", exact=True).fill("One hour is enough.")
        await visitor.picture("compare-first")
        await visitor.page.get_by_role("button", name=re.compile("^Fuse .*answer")).click()
        await visitor.arrive(other_than=first)
        await visitor.see("done")
        await expect(visitor.page.get_by_text("shows old news for longer")).to_be_visible()
        (asked,) = calm.upstream.calls(WRITER)
        assert "One hour is enough." in str(asked.body) and "another provider" not in str(asked.body)
        assert len(calm.upstream.calls("heron")) == 1


@requirement("ours:console-states")
async def test_the_history_finds_names_stars_and_deletes(browser: Browser):
    async with scene() as calm, visit(browser, calm.origin) as visitor:
        page = visitor.page
        for question in ("Why is the sky blue?", "What do herons eat?", "How deep is the sea?"):
            await visitor.ask(question)
            await visitor.see("done")
        await visitor.go("/runs")
        rows = page.locator("tbody tr")
        await expect(rows).to_have_count(3)
        await page.keyboard.press("/")
        await page.keyboard.type("herons")
        await expect(rows).to_have_count(1)
        await page.get_by_role("button", name="More for What do herons eat?").click()
        await page.get_by_role("button", name="Rename").locator("visible=true").click()
        await expect(page.get_by_label("New name of")).to_be_focused()
        await page.keyboard.type("Fish")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Fish")).to_be_focused()
        await page.get_by_role("button", name="Star Fish").click()
        await page.get_by_label("Search").fill("")
        await page.get_by_label("Starred only").check()
        await expect(rows).to_have_count(1)
        await page.get_by_label("Starred only").uncheck()
        await expect(rows).to_have_count(3)
        await visitor.picture("history")
        await page.get_by_role("checkbox", name="Choose Why is the sky blue?").check()
        await page.get_by_role("button", name="Delete").locator("visible=true").click()
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(rows).to_have_count(2)
        await page.reload()
        await expect(rows).to_have_count(2)
        await expect(page.get_by_role("link", name="Fish")).to_be_visible()


@requirement("ours:console-states")
async def test_two_runs_are_compared_and_one_is_taken_home(browser: Browser):
    async with scene() as calm, visit(browser, calm.origin) as visitor:
        page = visitor.page
        for question in ("Why is the sky blue?", "Why is the sky red?"):
            await visitor.ask(question)
            await visitor.see("done")
        await visitor.go("/runs")
        await page.get_by_role("checkbox", name="All").check()
        await page.get_by_role("button", name="Compare", exact=True).click()
        await expect(page.get_by_role("heading", name="Compare two runs")).to_be_visible()
        await expect(page.get_by_text("Reading both runs.")).to_have_count(0)
        await visitor.picture("compare")
        await page.go_back()
        await page.get_by_role("button", name="More for Why is the sky red?").click()
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Export as Markdown").locator("visible=true").click()
        path = await (await download.value).path()
        assert "Host the page with another provider" in path.read_text()
        await visitor.go("/usage")
        await expect(page.get_by_text("2 fused answers cost")).to_be_visible()
        await visitor.picture("spending")


@requirement("ours:console-states")
async def test_a_vote_is_blind_until_it_is_cast(browser: Browser):
    async with scene() as calm, visit(browser, calm.origin) as visitor:
        page = visitor.page
        run = await visitor.ask()
        await visitor.see("done")
        await visitor.go(f"/votes?run={run}")
        papers = page.get_by_role("article")
        await expect(papers).to_have_count(2)
        names = [*PANEL, WRITER, "fused"]
        told = " ".join(await papers.all_inner_texts()).casefold()
        assert [name for name in names if name in told] == []
        await visitor.picture("blind-vote")
        await page.get_by_role("button", name="Left is better").click()
        await expect(page.get_by_text("You preferred the left one.", exact=True)).to_be_visible()
        assert len(await calm.house.store.votes(run)) == 1
        await visitor.go("/votes")
        await expect(page.get_by_role("table", name="By preset")).to_contain_text("birds")
        await visitor.picture("votes")


@requirement("ours:console-states")
async def test_where_the_house_is_closed_one_signs_in_once(browser: Browser):
    closed = {"api_key": "open sesame"}
    async with scene(server=closed) as shut, visit(browser, shut.origin, excused="401") as visitor:
        page = visitor.page
        await visitor.go("/runs")
        await page.get_by_label("Key", exact=True).fill("let me in")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("not the key")
        await visitor.picture("sign-in")
        await page.get_by_label("Key", exact=True).fill("open sesame")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="History")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", name="History")).to_be_visible()
