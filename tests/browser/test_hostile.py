"""Texts of strangers reach every corner of the page, and remain texts there."""

import json
import re
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest
from markdown_it import MarkdownIt
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.intruders import BARE, beware, harm_by_copying, intruders, intruders_in_each, show_bare
from tests.browser.payloads import ALL, BRIEF, ELSEWHERE, END, FAMILIES, PAYLOADS, SHORT
from tests.browser.scene import PANEL, PRICES, WRITER, Scene, compares, scene
from tests.browser.strangers import EVERY_FIELD, EVERY_TEXT, LUMPS, every_field, every_text, votes
from tests.browser.visitor import Visitor, evaluate, visit
from tests.requirements import requirement
from tests.upstream import fails
from tests.upstream.says import DONE, SSE, chunk, closing, contents, event, opening, pieces
from tests.upstream.wire import Action, Ask, Head, Step, Wait

pytestmark = pytest.mark.anyio

NAME = f"lab/{SHORT}"
PACE_S = 0.003


def test_there_are_enough_of_them():
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 150
    assert {name: len(family) for name, family in FAMILIES.items() if len(family) < 9} == {}


@asynccontextmanager
async def wary(browser: Browser, origin: str, **how: Any) -> AsyncGenerator[Visitor]:
    """A visit at whose end nothing may have happened to the page that its reader did not do."""
    async with visit(browser, origin, **how) as visitor:
        beware(visitor)
        yield visitor


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


async def open_all(page: Page) -> None:
    """Unfold what is folded, press what shows more, and give what is drawn then the time to be drawn."""
    await evaluate(page, "document.querySelectorAll('details').forEach((one) => { one.open = true })")
    await settle(page)


async def settle(page: Page) -> None:
    """Wait until nothing on the page has moved for a while."""
    await evaluate(page, STILL)


STILL = """
new Promise((done) => {
  let timer = 0;
  const later = () => { clearTimeout(timer); timer = setTimeout(end, 250); };
  const seen = new MutationObserver(later);
  const end = () => { seen.disconnect(); done(); };
  seen.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  later();
  setTimeout(end, 10_000);
})
"""


async def rename(visitor: Visitor, title: str) -> None:
    """Give the run on the page another name."""
    await visitor.page.get_by_role("button", name="Rename").click()
    await visitor.page.keyboard.press("Control+A")
    await visitor.page.keyboard.type(title)
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(title)


@asynccontextmanager
async def haunted(browser: Browser, **how: Any) -> AsyncGenerator[tuple[Scene, Visitor]]:
    """A house that keeps runs, votes and costs of hostile people, and who looks at it."""
    async with scene() as stage, wary(browser, stage.origin, **how) as visitor:
        now = time.time()
        await stage.house.store.write(*every_field(now - 60), *every_text(now - 30))
        for run in (EVERY_FIELD, EVERY_TEXT):
            await stage.house.store.mark(run, title=" ".join(BRIEF), preset=" ".join(BRIEF), parent=SHORT)
        for vote in votes(now):
            await stage.house.store.vote(vote)
        yield stage, visitor


@requirement("ours:console-text")
async def test_each_text_alone_is_drawn_as_a_text_and_stays_one_when_it_is_copied(browser: Browser):
    async with haunted(browser) as (_, visitor):
        await visitor.go(f"/runs/{EVERY_TEXT}")
        await visitor.see("done")
        await expect(visitor.page.locator("article.seat")).to_have_count(len(PAYLOADS))
        await expect(visitor.seat(len(PAYLOADS) - 1).locator(".prose li").first).to_be_attached()
        await expect(visitor.page.locator(".drawn math").first).to_be_attached()
        await settle(visitor.page)
        assert await intruders(visitor.page) == []
        assert await harm_by_copying(browser, visitor.page, ".prose") == []


@requirement("ours:console-text")
async def test_every_field_of_a_run_that_is_kept_is_a_text(browser: Browser):
    async with haunted(browser) as (_, visitor):
        page = visitor.page
        await visitor.go(f"/runs/{EVERY_FIELD}")
        await visitor.see("done")
        await expect(page.locator(".answer")).to_contain_text(END)
        await open_all(page)
        assert await intruders(page) == []
        assert await evaluate(page, VISIT_EACH.replace("EACH", "button.remark.flag")) >= len(LUMPS)
        assert await evaluate(page, VISIT_EACH.replace("EACH", "button.claim[data-point$='0']")) > 9
        await page.get_by_role("button", name="Whole question").click()
        await page.get_by_role("button", name="Fuse again").click()
        await page.get_by_role("button", name="Export").click()
        await settle(page)
        assert await intruders(page) == []
        assert await harm_by_copying(browser, page, ".prose") == []


VISIT_EACH = """
(async () => {
  const all = [...document.querySelectorAll("EACH")];
  for (const one of all) { one.focus(); one.click(); await new Promise(setTimeout); }
  await new Promise(requestAnimationFrame);
  return all.length;
})()
"""


PLACES = {
    "/runs": ".titles",
    "/votes": "table",
    f"/votes?run={EVERY_FIELD}": ".paper",
    f"/compare?a={EVERY_FIELD}&b={EVERY_TEXT}": ".figures",
    "/usage": ".totals",
    "/settings": "footer",
}
"""Pages, and what stands on them once they have read what they show."""


@requirement("ours:console-text")
async def test_every_other_page_shows_what_is_kept_as_texts(browser: Browser):
    async with haunted(browser) as (_, visitor):
        page = visitor.page
        for place, shown in PLACES.items():
            await visitor.go(place)
            await expect(page.locator(shown).first).to_be_visible()
            await settle(page)
            await evaluate(page, PRESS.replace("NAMES", json.dumps(PRESSED)))
            await settle(page)
            assert await intruders(page) == [], place
        await visitor.go("/runs")
        for text in BRIEF[::9]:
            await page.get_by_label("Search").fill(text)
        await page.get_by_label("Search").fill(SHORT)
        await expect(page.locator(".titles")).to_have_count(2)
        await page.get_by_role("checkbox", name="All").check()
        await page.get_by_role("button", name="Delete").locator("visible=true").click()
        await expect(page.get_by_role("dialog")).to_contain_text("<script>")
        assert await intruders(page) == []


PRESSED = ("As written", "More for", "Left is better", "Rename")
PRESS = """
(async () => {
  for (const name of NAMES) {
    const isCalled = (one) => (one.ariaLabel ?? one.textContent).startsWith(name);
    [...document.querySelectorAll("button")].find(isCalled)?.click();
    await new Promise((done) => setTimeout(done, 50));
  }
})()
"""


@requirement("ours:console-text")
async def test_whatever_the_server_says_of_models_presets_and_prices_is_a_text(browser: Browser):
    async with scene() as stage, wary(browser, stage.origin) as visitor:
        page = visitor.page
        await say(page, "desk", DESK)
        await say(page, "estimate", {"calls": 3, "low": None, "high": None, "unknown": [*BRIEF], "single": None})
        await visitor.go("/")
        await page.get_by_label("Your question").fill(ALL)
        await page.get_by_label("Files to add").set_input_files(
            [{"name": text, "mimeType": "text/plain", "buffer": ALL.encode("utf-8", "replace")} for text in BRIEF[:30]]
        )
        await page.get_by_role("combobox", name="Add a seat").fill("a")
        await expect(page.get_by_role("option").first).to_be_visible()
        await expect(page.locator(".estimate")).to_contain_text("the cost is unknown")
        await open_all(page)
        assert await intruders(page) == []
        await page.get_by_role("button", name="Show as code").click()
        await settle(page)
        assert await intruders(page) == []
        for place in ("/models", "/runs", "/settings"):
            await visitor.go(place)
            await settle(page)
            assert await intruders(page) == [], place


DESK: Mapping[str, Any] = {
    "presets": [
        {
            "name": text, "title": text, "panel": [text, *BRIEF[:3]], "analyst": text, "writer": text,
            "default": not number, "warning": text,
        }
        for number, text in enumerate(BRIEF)
    ],
    "models": [
        {
            "slug": text, "endpoint": text, "context": 9, "max_output": 9, "price_in": text, "price_out": text,
            "tools": True, "thinks": True,
        }
        for text in BRIEF
    ],
    "problem": None, "engines": [*BRIEF], "collections": [*BRIEF], "seats": 8,
}  # fmt: skip


async def say(page: Page, what: str, told: Mapping[str, Any], status: int = 200) -> None:
    """Have the server say something else than it would."""

    async def answer(route: Route) -> None:
        body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
        await route.fulfill(status=status, headers={"content-type": "application/json"}, body=body)

    await page.route(re.compile(rf"/console/api/{what}"), answer)


@requirement("ours:console-text")
async def test_whatever_the_server_refuses_with_is_a_text(browser: Browser):
    refusal = {"error": {"message": ALL, "kind": "__proto__", "param": "prompt"}}
    problem = {"message": ALL, "next": ALL}
    async with scene() as stage, wary(browser, stage.origin, excused="status of 500") as visitor:
        page = visitor.page
        await say(page, "desk", {**DESK, "models": [], "problem": problem})
        await visitor.go("/")
        await expect(page.get_by_text(END).first).to_be_attached()
        assert await intruders(page) == []
        await say(page, "(?!session|desk)", refusal, 500)
        for place in ("/runs", "/votes", "/votes?run=x", "/compare?a=x&b=y", "/usage", "/runs/x"):
            await visitor.go(place)
            await expect(page.get_by_text(END).first).to_be_attached()
            assert await intruders(page) == [], place
        await say(page, "session", {"auth": "key", "signed_in": False, "csrf": None, "version": ALL})
        await visitor.go("/")
        await say(page, "session", refusal, 500)
        await page.get_by_label("Key", exact=True).fill(ALL)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text(END)
        assert await intruders(page) == []
        await page.reload()
        await expect(page.get_by_role("alert")).to_contain_text(END)
        assert await intruders(page) == []


@requirement("ours:console-text")
async def test_no_address_of_the_page_does_anything(browser: Browser):
    async with scene() as stage, wary(browser, stage.origin, excused="status of 40") as visitor:
        page = visitor.page
        for address in ADDRESSES:
            await page.goto(stage.origin + address)
            await expect(page.locator("main")).not_to_be_empty()
        await visitor.go("/runs/nowhere")
        places = [
            place for texts, names in ((BRIEF, NAMED), (LUMPS, ASKED)) for text in texts for place in spelt(text, names)
        ]
        failed = await page.evaluate(WANDER, places)
        await settle(page)
        assert failed == []
        assert await intruders(page) == []


ADDRESSES = (
    f"/?q={SHORT}#{SHORT}",
    f"/runs/{SHORT}",
    f"/runs/%3Cimg%20src=x%20onerror=alert(1)%3E?{SHORT}#javascript:alert(1)",
    "/runs/%E0%A4%A",
    "/runs/__proto__",
    "/runs/%252e%252e%252fsession",
    "/compare?a=.&b=..",
    "/votes?run=..",
    f"/compare?a={SHORT}&b=javascript:alert(1)",
    f"/votes?run={SHORT}",
)
NAMED = ("/runs/{}",)
ASKED = ("/compare?a={0}&b={0}", "/votes?run={}", "/?{}", "/#{}")


def spelt(text: str, places: Sequence[str]) -> list[str]:
    """Places whose addresses hold a text."""
    return [place.format(quote(text, safe="", errors="replace")) for place in places]


WANDER = """
async (places) => {
  const failed = [];
  addEventListener("error", (event) => failed.push(event.message));
  for (const place of places) {
    history.pushState(null, "", place);
    dispatchEvent(new PopStateEvent("popstate"));
    await new Promise((done) => setTimeout(done, 2));
    if (document.querySelector("main").childElementCount === 0) failed.push(place);
  }
  return failed;
}
"""


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
