"""What must never stand on a page, nor happen to it, because of somebody's text; and how that is noticed."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Frame, Page, Route

from tests.browser.visitor import Visitor, evaluate, visit

NAMES = ("clobbered", "pwned", "polluted", "attributes", "inner", "m", "currentScript")
"""What payloads call the things by which they would take over names of the window."""
OURS = (
    r"^(language-[\w+#.-]{1,40}|leaf|full|part|tail|plain|scroll|listing|copy|drawn|paint|remark|sources|center|right)$"
)
"""Classes that stand in a text because of us."""
INTRUDERS = (Path(__file__).parent / "intruders.js").read_text("utf-8").partition("\n")[2].strip()
SCRIPT = f"({INTRUDERS})({json.dumps(NAMES)}, new RegExp({json.dumps(OURS)}))"


async def intruders(page: Page) -> list[str]:
    """Code, addresses that are none of the web, what loads or sends, and names that were taken over."""
    return await evaluate(page, SCRIPT)


async def intruders_in_each(page: Page, texts: Sequence[str]) -> int:
    """How many of these texts bring intruders where they are taken for HTML, one after another."""
    each = "(html) => { document.body.innerHTML = `<div class=prose>${html}</div>`; return FOUND.length > 0; }"
    return await page.evaluate(f"(texts) => texts.filter({each.replace('FOUND', SCRIPT)}).length", texts)


def beware(visitor: Visitor) -> None:
    """Have the visitor note, beside what is always noted, when the page is led elsewhere or gets a page within it."""

    def moved(frame: Frame) -> None:
        if frame.parent_frame is not None or not frame.url.startswith((visitor.origin, "about:blank")):
            visitor.blame(f"navigation: {frame.url}")

    visitor.page.on("framenavigated", moved)
    visitor.page.on("frameattached", lambda frame: visitor.blame(f"frame: {frame.url}"))


@asynccontextmanager
async def wary(browser: Browser, origin: str, **how: Any) -> AsyncGenerator[Visitor]:
    """A visit at whose end nothing may have happened to the page that its reader did not do."""
    async with visit(browser, origin, **how) as visitor:
        beware(visitor)
        yield visitor


async def harm_by_copying(browser: Browser, page: Page, elements: str) -> list[str]:
    """What happens when parts of a page are written out and read again on one without a policy, as copies of them are.

    Whatever gets other elements or attributes by that is told, as are dialogs and requests.
    """
    shapes = await evaluate(page, f"(() => {{ {SHAPE} return parts({json.dumps(elements)}); }})()")
    assert shapes
    bare = await browser.new_page()
    harm: list[str] = []
    bare.on("request", lambda request: harm.append(request.url))
    bare.on("dialog", lambda dialog: harm.append(dialog.message))
    try:
        changed = await bare.evaluate(
            f"(all) => {{ {SHAPE} return all.filter(isChanged).map(([html]) => html); }}", shapes
        )
    finally:
        await bare.close()
    return [*harm, *changed]


SHAPE = """
const same = (value) => value.replace(/[\\r\\n\\0\ufffd]/g, "");
const given = (one) => [...one.attributes].map(({ name, value }) => name + "=" + same(value));
const told = (one) => [one.namespaceURI, one.localName, ...given(one)].join(" ");
const shape = (root) => [...root.querySelectorAll("*")].map(told).join("\\n");
const parts = (names) => [...document.querySelectorAll(names)].map((one) => [one.innerHTML, shape(one)]);
const isChanged = ([html, before]) => {
  const copy = document.body.appendChild(document.createElement("div"));
  copy.innerHTML = html;
  return shape(copy) !== before;
};
"""


BARE = "http://bare.invalid"
"""A site that says nothing about what its pages may do."""


async def show_bare(page: Page, html: str, site: str = BARE) -> None:
    """Open a page of a site; it comes with no header but its type."""

    async def answer(route: Route) -> None:
        await route.fulfill(status=200, headers={"content-type": "text/html; charset=utf-8"}, body=html)

    await page.route(f"{site}/", answer)
    await page.goto(f"{site}/")
