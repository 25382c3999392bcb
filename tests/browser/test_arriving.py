"""Texts of strangers that arrive while their run is watched remain texts, each under the name of who said it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.intruders import intruders, wary
from tests.browser.payloads import ALL, ELSEWHERE, END, SHORT
from tests.browser.scene import PANEL, PRICES, WRITER, compares, scene
from tests.browser.visitor import Visitor, open_all, visit
from tests.requirements import requirement
from tests.search.vendors import Says, vendor
from tests.upstream import calls_tools, fails
from tests.upstream.says import DONE, SSE, chunk, closing, contents, event, opening, pieces
from tests.upstream.wire import Action, Ask, Head, Step, Wait

pytestmark = pytest.mark.anyio

NAME = f"lab/{SHORT}"
PACE_S = 0.003


@requirement("ours:console-text")
async def test_no_text_of_anybody_becomes_code_as_it_arrives(browser: Browser):
    scripts: Any = {
        "heron": [cites(ALL)],
        "kestrel": [fails(400, message=ALL, code="bad_request")],
        "stranger": [cites(f"{ALL}\n\nStrange.")],
        "owl": [compares({"heron": ALL, "ibis": "", "kestrel": ""}, **dict.fromkeys(FIELDS, SHORT))],
        WRITER: [cites(ALL)],
    }
    hostile: dict[str, Any] = {
        "models": {NAME: {"endpoint": "lab", "name": "stranger", **PRICES}},
        "presets": {"birds": {"panel": ["lab/heron", NAME, "lab/kestrel"], "analyst": "lab/owl", "writer": "lab/wren"}},
    }
    async with scene(scripts, **hostile) as stage, wary(browser, stage.origin) as visitor:
        await visitor.go("/")
        await visitor.page.get_by_text("System text").click()
        await visitor.page.get_by_label("Instructions for everybody").fill(ALL)
        run = await visitor.ask(ALL)
        await visitor.see("done")
        await expect(visitor.seat(0)).to_contain_text(END)
        await expect(visitor.seat(1)).to_contain_text("Strange.")
        await expect(visitor.seat(2)).to_contain_text("failed")
        await open_all(visitor.page)
        assert await intruders(visitor.page) == []
        await expect(visitor.page.locator(".answer")).to_contain_text(END)
        await rename(visitor, SHORT)
        await visitor.go(f"/runs/{run}")
        await visitor.see("done")
        assert await intruders(visitor.page) == []


@requirement("ours:console-text")
async def test_what_a_model_looks_up_and_finds_is_a_text_while_it_is_at_it_and_after(browser: Browser):
    looking: Any = [
        ("call_1", "openrouter_web_search", {"query": ALL}),  # refused: it is too long to leave the house
        ("call_2", "openrouter_web_fetch", {"url": f"javascript:{SHORT}"}),
        ("call_3", "openrouter_web_search", {"query": SHORT}),
    ]
    scripts: Any = {"heron": [calls_tools(*looking), cites(ALL)]}
    found = 'Found ![x](javascript:alert(1)) " onfocus=alert(1) autofocus x='  # of tags titles were cleaned long before
    hit = {"url": f"https://{ELSEWHERE}/'onclick=alert(1)", "title": found, "content": SHORT}
    async with vendor(Says({"results": [hit]}, hangs=True)) as engine:
        known: Any = {
            "fusion": {"tools": ("openrouter:web_search", "openrouter:web_fetch")},
            "search": {"searxng_url": engine.url, "order": ("searxng",)},
        }
        async with scene(scripts, **known) as stage, wary(browser, stage.origin) as visitor:
            await visitor.ask()
            await expect(visitor.seat(0).locator(".asked li").last).to_contain_text(SHORT)
            assert await intruders(visitor.page) == []
            engine.left.set()
            await visitor.see("done")
            await open_all(visitor.page)
            await expect(visitor.page.get_by_text(found).first).to_be_visible()
            assert await intruders(visitor.page) == []


FIELDS = ("topic", "stance", "evidence", "consensus", "partial", "unique", "blind")


def cites(text: str) -> Step:
    """A step that thinks and says a text piece by piece, and names pages whose titles and addresses are hostile."""
    urls = (f"https://{ELSEWHERE}/page", "javascript:alert(1)", f'https://{ELSEWHERE}/"><img src=x onerror=alert(1)>')
    notes: Any = [
        {
            "type": "url_citation",
            "url_citation": {"url": url, "title": SHORT, "content": SHORT, "start_index": 0, "end_index": 9},
        }
        for url in urls
    ]

    def play(ask: Ask) -> Iterator[Action]:
        yield Head(200, SSE)
        noted = chunk(ask, {"annotations": notes})
        thoughts = [chunk(ask, {"reasoning": piece}) for piece in pieces(text, 9)]
        for said in (opening(ask), *thoughts, *contents(ask, pieces(text, 200)), noted, *closing(ask, "stop", {})):
            yield event(said)
            yield Wait(PACE_S)
        yield DONE

    return Step(play)


async def rename(visitor: Visitor, title: str) -> None:
    """Give the run on the page another name."""
    await visitor.page.get_by_role("button", name="Rename").click()
    await visitor.page.keyboard.press("Control+A")
    await visitor.page.keyboard.type(title)
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(title)


@requirement("ours:console-names")
async def test_each_text_stands_under_the_name_of_the_model_that_said_it(browser: Browser):
    marks = {name: f"{name.upper()}-{number}" for number, name in enumerate(PANEL)}
    scripts: Any = {name: [cites(f"I say {mark}.")] for name, mark in marks.items()}
    async with (
        scene({**scripts, WRITER: [cites("They all spoke. WREN-9.")]}) as stage,
        visit(browser, stage.origin) as visitor,
    ):
        await visitor.ask()
        await visitor.see("done")
        for _ in ("as it came", "as it was kept"):
            for number, name in enumerate(PANEL):
                card = visitor.seat(number)
                await expect(card.get_by_role("heading")).to_have_text(name)
                await expect(card).to_contain_text(marks[name])
                told = await card.inner_text()
                assert [mark for mark in (*marks.values(), "WREN-9") if mark in told] == [marks[name]]
            await expect(visitor.page.locator(".answer")).to_contain_text("WREN-9")
            await visitor.page.reload()
            await visitor.see("done")
