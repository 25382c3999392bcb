"""The watch that is kept over the page can fail: it notices what goes wrong, and with these texts something would."""

import pytest
from markdown_it import MarkdownIt
from playwright.async_api import Browser, expect

from tests.browser.intruders import BARE, beware, intruders, intruders_in_each, show_bare, wary
from tests.browser.payloads import ELSEWHERE, FAMILIES, PAYLOADS
from tests.browser.scene import scene
from tests.browser.visitor import evaluate, visit

pytestmark = pytest.mark.anyio


def test_there_are_enough_of_them():
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 150
    assert {name: len(family) for name, family in FAMILIES.items() if len(family) < 9} == {}


async def test_whatever_goes_wrong_on_a_page_is_noticed(browser: Browser):
    async with scene() as stage, wary(browser, stage.origin, excused=".") as visitor:
        await visitor.go("/settings")
        for wrong in WRONG:
            await evaluate(visitor.page, f"void setTimeout(() => {{ {wrong} }})")
        await expect(visitor.page.locator("#done")).to_have_count(1)
        await expect(visitor.page.locator("iframe")).to_have_count(1)
        assert await intruders(visitor.page) == NOTICED
        async with visitor.page.expect_request(f"https://{ELSEWHERE}/away"):
            await evaluate(visitor.page, f"void setTimeout(() => {{ location = 'https://{ELSEWHERE}/away' }}, 300)")
        noticed = "\n".join(visitor.complaints)
        wanted = (
            "dialog: hello",
            f"{ELSEWHERE}/fetched",
            "window:",
            "policy violated",
            "error: boom",
            "frame:",
            "/away",
        )
        assert [one for one in wanted if one not in noticed] == []


WRONG = (
    "alert('hello')",
    f"fetch('https://{ELSEWHERE}/fetched').catch(() => 0)",
    f"open('https://{ELSEWHERE}/window')",
    "const a = document.createElement('a'); a.href = 'javascript:0'; a.id = 'clobbered'; document.body.append(a)",
    "document.body.append(document.createElement('iframe'))",
    "const p = document.createElement('p'); p.id = 'done'; document.body.append(p); throw new Error('boom')",
)
NOTICED = ['<a href="javascript:0" id="clobbered"></a>', "<iframe></iframe>", "clobbered"]


async def test_without_our_care_these_texts_do_harm(browser: Browser):
    """The same texts, by a reader of Markdown that lets everything through, on a page without a policy."""
    careless = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    careless.validateLink = lambda url: True
    raw = {family: [careless.render(text) for text in texts if AWAY not in text] for family, texts in FAMILIES.items()}
    async with visit(browser, BARE, excused=".") as visitor:  # everything goes wrong here
        beware(visitor)
        await visitor.page.add_init_script("self.alert = (words) => console.error(`said: ${words}`)")
        for family in ("scripts", "handlers", "loads", "mutations"):
            await show_bare(visitor.page, "<!doctype html><body>" + "<hr>".join(raw[family]))
        told = "\n".join(visitor.complaints)
        noticed = {kind: told.count(kind) for kind in HARM}
        await show_bare(visitor.page, f"<!doctype html>{NUMB}<body>")
        found = {family: await intruders_in_each(visitor.page, texts) for family, texts in raw.items()}
    assert [kind for kind, least in HARM.items() if noticed[kind] < least] == [], noticed
    assert {family for family, number in found.items() if number * 2 >= len(raw[family])} >= ALIVE, found


AWAY = "http-equiv=refresh"
"""What leads the page away before anything else can be seen."""
NUMB = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'">"""
"""What keeps a page as it is while it is looked at."""
HARM = {"said: ": 15, "request: ": 15, "frame: ": 3}
ALIVE = {"scripts", "handlers", "loads", "styles", "links", "mutations", "clobbers"}
"""Families most of whose texts show themselves where nobody cares."""
