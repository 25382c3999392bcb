"""Texts of strangers reach every corner of the page, and remain texts there."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.payloads import ALL, ELSEWHERE, END, PAYLOADS, SHORT
from tests.browser.scene import PANEL, PRICES, WRITER, compares, scene
from tests.browser.visitor import Visitor, evaluate, visit
from tests.requirements import requirement
from tests.upstream import fails
from tests.upstream.says import DONE, SSE, chunk, closing, contents, event, opening
from tests.upstream.wire import Action, Ask, Head, Step

pytestmark = pytest.mark.anyio

NAME = f"lab/{SHORT}"
INTRUDERS = """
(() => {
  const acts = /^on|^(srcdoc|ping|formaction)$/;
  const leads = /^(src|href|xlink:href|action|data|poster|background)$/;
  const sound = /^(https?:\\/\\/|mailto:|[\\/#])/i;
  const foreign = "script, iframe, object, embed, base, meta, link, style, img, video, audio, form, input, svg";
  const wrong = ({ name, value }) => acts.test(name) || (leads.test(name) && !sound.test(value));
  const odd = [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some(wrong));
  return [...odd, ...document.querySelectorAll(`.prose :is(${foreign})`)].map((one) => one.outerHTML.slice(0, 200));
})()
"""
"""What stands on the page that no text may bring there: code, addresses of other kinds, and what loads or sends."""


def test_there_are_enough_of_them():
    assert len(set(PAYLOADS)) >= 60


async def test_whatever_goes_wrong_on_a_page_is_noticed(browser: Browser):
    async with scene() as stage, visit(browser, stage.origin) as visitor:
        await visitor.go("/settings")
        for wrong in WRONG:
            await evaluate(visitor.page, f"void setTimeout(() => {{ {wrong} }})")
        await expect(visitor.page.locator("#done")).to_have_count(1)
        noticed = "\n".join(visitor.complaints)
        assert [
            one for one in ("dialog: hello", ELSEWHERE, "policy violated", "error: boom") if one not in noticed
        ] == []
        assert len(await intruders(visitor.page)) == 1
        visitor.complaints.clear()


WRONG = (
    "alert('hello')",
    f"fetch('https://{ELSEWHERE}/').catch(() => 0)",
    f"open('https://{ELSEWHERE}/window')",
    "document.body.append(Object.assign(document.createElement('a'), { href: 'javascript:alert(1)' }))",
    "document.body.append(Object.assign(document.createElement('p'), { id: 'done' })); throw new Error('boom')",
)


@requirement("ours:console-text")
async def test_no_text_of_anybody_becomes_code_anywhere(browser: Browser):
    scripts = {
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
    async with scene(scripts, **hostile) as stage, visit(browser, stage.origin) as visitor:
        run = await visitor.ask(ALL)
        await visitor.see("done")
        await expect(visitor.seat(0)).to_contain_text(END)
        await expect(visitor.seat(1)).to_contain_text("Strange.")
        await expect(visitor.seat(2)).to_contain_text("failed")
        assert await intruders(visitor.page) == []
        await expect(visitor.page.locator(".answer")).to_contain_text(END)
        await rename(visitor, SHORT)
        for place in (
            "/",
            f"/runs/{run}",
            "/runs",
            f"/votes?run={run}",
            f"/compare?a={run}&b={run}",
            "/usage",
            "/models",
        ):
            await visitor.go(place)
            await expect(visitor.page.locator("[aria-busy=true]")).to_have_count(0)
            assert await intruders(visitor.page) == [], place


FIELDS = ("topic", "stance", "evidence", "consensus", "partial", "unique", "blind")


def cites(text: str) -> Step:
    """A step that says a text, and names pages whose titles and addresses are hostile."""
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
        for said in (opening(ask), *contents(ask, [text[:99], text[99:]]), noted, *closing(ask, "stop", {})):
            yield event(said)
        yield DONE

    return Step(play)


async def intruders(page: Page) -> list[str]:
    """What stands on the page that should not."""
    return await evaluate(page, INTRUDERS)


async def rename(visitor: Visitor, title: str) -> None:
    """Give the run on the page another name."""
    await visitor.page.get_by_role("button", name="Rename").click()
    await visitor.page.keyboard.press("Control+A")
    await visitor.page.keyboard.type(title)
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(title)


@requirement("ours:console-text")
async def test_a_run_that_was_taken_home_as_a_page_does_nothing_there_either(browser: Browser):
    scripts = {
        "heron": [cites(ALL)],
        "owl": [compares({"heron": ALL, "ibis": "", "kestrel": ""})],
        WRITER: [cites(ALL)],
    }
    async with scene(scripts) as stage, visit(browser, stage.origin, excused="violated|Content Security") as visitor:
        run = await visitor.ask(ALL)
        await visitor.see("done")
        async with visitor.page.expect_download() as download:
            await visitor.page.get_by_role("button", name="Export").click()
            await visitor.page.get_by_role("link", name="A page that stands alone").click()
        path = await (await download.value).path()
        assert run in path.read_text() or END in path.read_text()
        visitor.origin = "file:/"
        await visitor.page.goto(path.as_uri())
        await expect(visitor.page.get_by_text(END).first).to_be_visible()
        assert await evaluate(visitor.page, "document.querySelectorAll('script, iframe, img, object').length") == 0


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
