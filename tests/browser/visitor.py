"""Somebody at the page: what they see and press, and everything that goes wrong meanwhile."""

import os
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Locator, Page, Request, expect

from tests.browser.scene import QUESTION

PATIENCE_MS = 10_000
"""For machines that do much else; nothing waits so long where all is well."""
PICTURES = "CONSOLE_PICTURES"
"""The environment variable that names the folder for pictures; without it none are taken."""
HEAR_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("policy violated:", event.effectiveDirective, event.blockedURI, event.sample));
"""
Theme = Literal["light", "dark"]
expect.set_options(timeout=PATIENCE_MS)


@dataclass(slots=True)
class Visitor:
    """One page of a browser, at one house."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list[str])
    """Dialogs, requests to elsewhere, errors, and what the policy forbade."""

    async def go(self, path: str = "/") -> None:
        """Load a place of the console."""
        await self.page.goto(self.origin + path)
        await expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    async def ask(self, question: str = QUESTION) -> str:
        """Ask, and go where the run is watched; its id."""
        await self.go("/")
        field = self.page.get_by_label("Your question")
        await field.fill(question)
        await field.press("Control+Enter")
        return await self.arrive()

    async def arrive(self, *, other_than: str = "") -> str:
        """Wait until the page is that of a run; its id."""
        unwanted = f"(?!{re.escape(other_than)}$)" if other_than else ""
        await expect(self.page).to_have_url(re.compile(rf"/runs/{unwanted}[^/]+$"))
        return self.page.url.rpartition("/")[2]

    async def see(self, stage: str) -> None:
        """Wait until the run on the page is at a stage."""
        await expect(self.page.locator(f"[data-stage={stage}]")).to_be_visible()

    def seat(self, number: int) -> Locator:
        """The card of a seat."""
        return self.page.locator(f"#seat-{number}")

    async def picture(self, name: str, *, whole: bool = True) -> None:
        """Keep a picture of the page, where somebody wants any: of all of it, or of what is in sight."""
        folder = os.environ.get(PICTURES)
        size = self.page.viewport_size
        if folder is None or size is None:
            return
        if not whole:
            await self.page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled", caret="hide")
            return
        height = await evaluate(self.page, "document.documentElement.scrollHeight")
        await self.page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
        await self.page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")
        await self.page.set_viewport_size(size)

    def blame(self, complaint: str) -> None:
        """Note what must not happen."""
        self.complaints.append(complaint)


@asynccontextmanager
async def visit(
    browser: Browser,
    origin: str,
    *,
    theme: Theme = "light",
    width: int = 1440,
    height: int = 900,
    scale: float = 1,
    excused: str = "",
    preferences: Mapping[str, str] | None = None,
) -> AsyncGenerator[Visitor]:
    """Open a browser window of its own, with no history; at its end nothing may have gone wrong but what is `excused`.

    `preferences` are what an earlier visit left in the browser.
    """
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        color_scheme=theme,
        reduced_motion="reduce",
        locale="en-GB",
    )
    try:
        await context.add_init_script(HEAR_VIOLATIONS + remembering(preferences or {}))
        context.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(await context.new_page(), origin)
        listen(context, visitor)
        yield visitor
    finally:
        await context.close()
    assert [one for one in visitor.complaints if not (excused and re.search(excused, one))] == []


def remembering(preferences: Mapping[str, str]) -> str:
    """A script that puts preferences where the page looks for them."""
    return "".join(f"localStorage.setItem({name!r}, {value!r});" for name, value in preferences.items())


def listen(context: BrowserContext, visitor: Visitor) -> None:
    """Have the visitor note whatever goes wrong in a browser window."""

    def request(request: Request) -> None:
        if not request.url.startswith((f"{visitor.origin}/", "data:", "blob:")):
            visitor.blame(f"request: {request.url}")

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visitor.blame(f"console: {message.text} ({message.location['url']})")

    async def dialog(dialog: Dialog) -> None:
        visitor.blame(f"dialog: {dialog.message}")
        await dialog.dismiss()

    context.on("request", request)
    context.on("console", console)
    context.on("dialog", dialog)
    context.on("weberror", lambda error: visitor.blame(f"error: {error.error}"))
    context.on("page", lambda page: visitor.blame(f"window: {page.url}") if page != visitor.page else None)


async def evaluate(page: Page, script: str) -> Any:
    """What a script gives, run by the debugger, which no policy of the page concerns."""
    session: Any = await page.context.new_cdp_session(page)
    try:
        told = await session.send(
            "Runtime.evaluate", {"expression": script, "awaitPromise": True, "returnByValue": True}
        )
    finally:
        await session.detach()
    if "exceptionDetails" in told:
        raise AssertionError(told["exceptionDetails"])
    return told["result"].get("value")


async def open_all(page: Page) -> None:
    """Unfold what is folded, and give what is drawn then the time to be drawn."""
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
