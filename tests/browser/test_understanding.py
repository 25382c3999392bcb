"""What a reader learns in a browser: who says what, where it stands, what is doubtful, and which answer is better."""

from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.scene import ANALYST, PANEL, WRITER, compares, scene
from tests.browser.visitor import Visitor, evaluate, visit
from tests.requirements import requirement
from tests.upstream import says

pytestmark = pytest.mark.anyio

KINDS = {"Agreed": 1, "Contested": 1, "Some": 1, "Only one": 1, "Blind": 1}
FIRST, LAST = "Math.random = () => 0;", "Math.random = () => 0.999;"
"""Chance as it falls in a test."""
CITED = (
    "The edge keeps it ([RFC 5861](https://www.rfc-editor.org/rfc/rfc5861)). Nobody says https://example.org/made-up."
)


async def painted(page: Page, name: str) -> list[str]:
    """The words that a highlight of the page lies on."""
    return await evaluate(page, f"[...(CSS.highlights.get({name!r}) ?? [])].map(String)")


async def marked(page: Page) -> str:
    """All words on which a chosen claim is marked."""
    return " | ".join([*await painted(page, "exact"), *await painted(page, "matched")])


@requirement("ours:console-understood")
async def test_a_claim_of_each_kind_leads_to_where_it_stands(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        await visitor.ask()
        await visitor.see("done")
        filters = page.get_by_role("group", name="Which claims")
        rows = page.locator("table.matrix tbody tr")
        for kind, number in KINDS.items():
            await filters.get_by_role("button", name=kind).click()
            await expect(rows).to_have_count(number)
        await filters.get_by_role("button", name="All").click()
        await expect(rows).to_have_count(sum(KINDS.values()))
        await page.get_by_role("button", name="Answer with the stale page").click()
        said = "Answer with the stale page while the origin is down"
        assert (await marked(page)).count(said) == 3
        for place in ("#seat-0", "#seat-1", ".answer"):
            await expect(page.locator(".found li, .where li").first).to_be_visible()
            assert await lies_in(page, place)
        assert not await lies_in(page, "#seat-2")
        await page.get_by_role("button", name="kestrel: alone says it").click()
        assert await lies_in(page, "#seat-2")
        await visitor.picture("understand")


async def lies_in(page: Page, place: str) -> bool:
    """Whether any of what is marked lies in a part of the page."""
    ranges = "[...CSS.highlights.get('exact') ?? [], ...CSS.highlights.get('matched') ?? []]"
    return await evaluate(page, f"{ranges}.some((one) => one.startContainer.parentElement.closest({place!r}))")


@requirement("ours:console-understood")
async def test_a_contradiction_shows_each_stance_with_its_evidence_and_which_is_better_supported(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        await visitor.ask()
        await visitor.see("done")
        card = visitor.page.get_by_role("region", name="Contradictions").get_by_role("article")
        sides = card.get_by_role("listitem")
        for side, words in enumerate((("heron", "30 seconds", "120 requests"), ("ibis", "five minutes", "forgive"))):
            for word in words:
                await expect(sides.nth(side)).to_contain_text(word)
        await expect(sides.nth(0)).to_contain_text("better supported")
        await expect(sides.nth(1)).not_to_contain_text("better supported")


@requirement("ours:console-understood")
async def test_a_sentence_tells_its_seats_under_the_pointer_and_with_the_focus_until_escape(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        await visitor.ask()
        await visitor.see("done")
        tip = page.locator(".tip")
        for name in ("kestrel", "heron"):
            mark = page.locator("button[data-mark]", has_text=name[0].upper()).first
            await mark.focus()
            await expect(tip).to_contain_text(name)
            assert name in str(await mark.get_attribute("aria-label"))
            await page.keyboard.press("Escape")
            await expect(tip).to_have_count(0)
        sentence = page.locator(".answer").get_by_text("Host the page with another provider")
        await sentence.hover(position={"x": 40, "y": 10})
        await expect(tip).to_contain_text("In the words of kestrel")
        await tip.hover()
        await expect(tip).to_contain_text("kestrel")
        await page.keyboard.press("Escape")
        await expect(tip).to_have_count(0)


@requirement("ours:console-understood")
async def test_sources_are_numbered_with_titles_and_what_nobody_brought_is_flagged(browser: Browser):
    scripts = {
        "heron": [says("The edge keeps it ([RFC 5861](https://www.rfc-editor.org/rfc/rfc5861)), as I read.")],
        ANALYST: [compares()],
        WRITER: [says(f"{CITED} It took 86,417 requests.")],
    }
    async with scene(scripts) as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        await visitor.ask()
        await visitor.see("done")
        await expect(page.get_by_role("link", name="Source 1: RFC 5861")).to_have_attribute("href", "#source-1")
        await expect(page.locator("#source-1")).to_contain_text("RFC 5861")
        flags = page.locator("button[data-mark^=flag]")
        told = " ".join([str(await one.get_attribute("aria-label")) for one in await flags.all()])
        assert "86,417" in told and "Unknown address" in told


@requirement("ours:console-blind")
async def test_before_the_vote_nothing_on_the_page_tells_whose_answer_is_whose(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        run = await visitor.ask()
        await visitor.see("done")
        for chance, sides in {FIRST: (None, 0), LAST: (2, None)}.items():
            await page.add_init_script(chance)
            await visitor.go(f"/votes?run={run}")
            await expect(page.get_by_role("article")).to_have_count(2)
            assert [name for name in (*PANEL, WRITER, ANALYST, "fused") if name in await everything(page)] == []
            await page.get_by_role("button", name="Right is better").click()
            await expect(page.get_by_text("You preferred the right one.", exact=True)).to_be_visible()
            assert WRITER in await everything(page)
            vote = max(await stage.house.store.votes(run), key=lambda one: one.at)
            assert (vote.left.seat, vote.right.seat) == sides


async def everything(page: Page) -> str:
    """All that the page holds and says, wherever it stands."""
    html = await evaluate(page, "document.documentElement.outerHTML")
    return f"{html} {await page.title()} {await page.locator('body').aria_snapshot()}".casefold()


@requirement("ours:console-blind")
async def test_two_panelists_are_compared_and_the_page_of_votes_tells_with_which_certainty(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        page = visitor.page
        run = await visitor.ask()
        await visitor.see("done")
        await visitor.go(f"/votes?run={run}")
        await page.get_by_text("Choose the two answers yourself").click()
        await page.get_by_label("One", exact=True).select_option("heron")
        await page.get_by_label("The other").select_option("kestrel")
        await page.get_by_role("button", name="Compare these").click()
        heron = page.get_by_role("article").filter(has_text="content delivery network")
        left = (await heron.get_attribute("aria-label")) == "Left answer"
        await page.get_by_role("button", name="Left is better" if left else "Right is better").click()
        await expect(heron.get_by_role("heading")).to_contain_text("heron")
        await page.get_by_role("link", name="All votes").click()
        panelists = page.get_by_role("table", name="By panelist")
        assert "100 % (21 % to 100 %)" in await line(panelists, "heron")
        assert "0 % (0 % to 79 %)" in await line(panelists, "kestrel")
        await visitor.go(f"/votes?run={run}")
        await page.get_by_role("button", name="Tie").click()
        await expect(page.get_by_text("You found them equal.", exact=True)).to_be_visible()
        await visitor.go("/votes")
        for name, of in {"By preset": "birds", "By writer": WRITER}.items():
            assert "50 % (5 % to 95 %)" in await line(page.get_by_role("table", name=name), of)


async def line(table: Locator, name: str) -> str:
    """A row of a table."""
    return await table.get_by_role("row").filter(has_text=name).inner_text()


@requirement("ours:console-names")
async def test_a_claim_and_a_sentence_lead_to_the_seat_of_the_model_that_said_it(browser: Browser):
    words = {
        "heron": "Zarquon keeps forty ducks in the winter garden behind his old observatory.",
        "ibis": "Mellifont paints every railway bridge of the northern valley in cobalt blue.",
        "kestrel": "Orlage bakes her rye bread at night, because flour dust settles while cities sleep.",
    }
    scripts: dict[str, Any] = {name: [says(text)] for name, text in words.items()}
    scripts |= {ANALYST: [compares(words, unique=words["kestrel"])], WRITER: [says(" ".join(words.values()))]}
    async with scene(scripts) as stage, visit(browser, stage.origin) as visitor:
        await visitor.ask()
        await visitor.see("done")
        await visitor.page.get_by_role("button", name="kestrel: alone says it").click()
        assert await lies_in(visitor.page, "#seat-2") and not await lies_in(visitor.page, "#seat-0")
        for seat, name in enumerate(words):
            await leads(visitor, seat, name)


async def leads(visitor: Visitor, seat: int, name: str) -> None:
    """A sentence's mark names the model, and goes to its card and no other."""
    mark = visitor.page.locator("button[data-mark^=sentence]").nth(seat)
    assert name in str(await mark.get_attribute("aria-label"))
    await mark.click()
    assert [other for other in range(len(PANEL)) if await lies_in(visitor.page, f"#seat-{other}")] == [seat]
