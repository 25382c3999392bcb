"""A run that was taken home as a file: nothing of strangers does anything there either."""

import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.async_api import Browser, Route, expect

from tests.browser.intruders import BARE, beware, intruders, show_bare
from tests.browser.payloads import ELSEWHERE, END, PAYLOADS
from tests.browser.scene import Scene, scene
from tests.browser.strangers import EVERY_FIELD, EVERY_TEXT, every_field, every_text
from tests.browser.visitor import Visitor, evaluate, visit
from tests.doors.http.talk import fetch
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("ours:console-text")]
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
FORBIDDEN = "document.querySelectorAll('script, iframe, img, object, form, link, base, svg, math').length"


@asynccontextmanager
async def keeping() -> AsyncGenerator[Scene]:
    """A house that keeps what hostile people wrote."""
    async with scene() as stage:
        await stage.house.store.write(*every_field(time.time() - 60), *every_text(time.time() - 30))
        yield stage


async def exported(stage: Scene, run: str, form: str) -> str:
    """A run as a file."""
    heard = await fetch("GET", f"{stage.origin}/console/api/runs/{run}/export?format={form}")
    assert heard.headers["content-disposition"].startswith("attachment; ")
    assert (heard.status, heard.headers["x-content-type-options"]) == (200, "nosniff")
    return heard.raw.decode()


@asynccontextmanager
async def bare_visit(browser: Browser, origin: str = BARE, excused: str = "") -> AsyncGenerator[Visitor]:
    """A visit to a file or to a site without a policy."""
    async with visit(browser, origin, excused=excused) as visitor:
        beware(visitor)
        yield visitor


async def test_the_page_is_harmless_as_a_file_and_at_a_site_that_forbids_nothing(browser: Browser, tmp_path: Path):
    async with keeping() as stage:
        pages = {run: await exported(stage, run, "html") for run in (EVERY_FIELD, EVERY_TEXT)}
    for run, page in pages.items():
        assert len(POLICY.findall(page)) == 1
        path = tmp_path / f"{run}.html"
        path.write_text(page)
        async with bare_visit(browser, "file://") as visitor:
            await visitor.page.goto(path.as_uri())
            await is_harmless(visitor)
        for served in (page, POLICY.sub("", page)):  # its texts are harmless even without its own policy
            async with bare_visit(browser) as visitor:
                await show_bare(visitor.page, served)
                await is_harmless(visitor)


async def is_harmless(visitor: Visitor) -> None:
    """Whether a page shows all texts, and nothing of them is more than a text."""
    await expect(visitor.page.get_by_text(END).first).to_be_attached()
    assert await evaluate(visitor.page, FORBIDDEN) == 0
    assert await intruders(visitor.page) == []


async def test_the_policy_of_the_page_holds_even_where_a_text_becomes_code(browser: Browser):
    async with keeping() as stage:
        page = await exported(stage, EVERY_TEXT, "html")
    raw = "".join(f"<div>{text}</div>" for text in CODE)
    async with bare_visit(browser, excused=".") as visitor:
        sent = await intercepted(visitor)
        await show_bare(visitor.page, page.replace("<main>", f"<main>{raw}"))
        await expect(visitor.page.locator("img").first).to_be_attached()
        told = "\n".join(visitor.complaints)
        assert (sent, "dialog:" in told, "policy violated" in told) == ([], False, True)
    async with bare_visit(browser, excused=".") as visitor:
        sent = await intercepted(visitor)
        await show_bare(visitor.page, POLICY.sub("", page).replace("<main>", f"<main>{raw}"))
        await expect(visitor.page.locator("img").first).to_be_attached()
        assert any(one.startswith("dialog:") for one in visitor.complaints) and len(sent) >= 3


async def intercepted(visitor: Visitor) -> list[str]:
    """The requests that will have left the browser, past every policy; they are stopped there."""
    sent: list[str] = []

    async def stop(route: Route) -> None:
        sent.append(route.request.url)
        await route.abort()

    await visitor.page.route(lambda url: ELSEWHERE in url, stop)
    return sent


CODE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    f"<img src=//{ELSEWHERE}/pixel.gif>",
    f"<link rel=stylesheet href=//{ELSEWHERE}/a.css>",
    f"<p style='background:url(//{ELSEWHERE}/b.png)'>x</p>",
    f"<iframe src=//{ELSEWHERE}/c></iframe>",
    f"<object data=//{ELSEWHERE}/d></object>",
    f"<base href=//{ELSEWHERE}/>",
)


async def test_markdown_is_harmless_even_to_a_reader_that_lets_html_through(browser: Browser):
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    async with keeping() as stage:
        texts = [await exported(stage, run, "md") for run in (EVERY_FIELD, EVERY_TEXT)]
    for text in texts:
        async with bare_visit(browser) as visitor:
            await show_bare(visitor.page, f"<!doctype html><body>{reader.render(text)}")
            await expect(visitor.page.get_by_text(END).first).to_be_attached()
            assert await evaluate(visitor.page, FORBIDDEN) == 0


async def test_files_are_made_of_every_text_there_is():
    async with keeping() as stage:
        whole = await exported(stage, EVERY_TEXT, "json")
    assert len(PAYLOADS) >= 150 and whole.isascii() is False and END in whole
