"""Another site, open in the same browser, can neither read the console, nor order anything of it, nor frame it."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from playwright.async_api import Browser, Page

from fuseline.doors.console.pages import PAGES
from tests.browser.scene import QUESTION, scene
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("ours:console-session")]
KEY = "open sesame"
SITES = ("127.0.0.1", "localhost")
"""Another program of this machine, to which a browser sends the console's cookies, too; and one by another name."""
BLANK = b"<!doctype html><title>elsewhere</title><body>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(BLANK)
TRIES = """
async (console) => {
  const api = console + "/console/api";
  const wish = JSON.stringify({ prompt: "spend it all" });
  const seen = [];
  const attempt = async (name, ask) => seen.push([name, await ask().catch(() => "nothing")]);
  const forms = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];
  const types = [...forms, "application/json", "", undefined];
  const routes = [["POST", "/runs"], ["POST", "/session"], ["DELETE", "/session"],
    ["GET", "/session"], ["GET", "/runs"]];
  for (const mode of ["cors", "no-cors"]) for (const credentials of ["include", "omit"]) for (const type of types) {
    const headers = type === undefined ? {} : { "Content-Type": type };
    for (const [method, path] of routes) {
      await attempt(`${mode} ${method} ${path}`, async () => {
        const body = method === "POST" ? wish : undefined;
        const heard = await fetch(api + path, { method, mode, credentials, headers, body, keepalive: true });
        return heard.type === "opaque" ? "nothing" : await heard.text();
      });
    }
  }
  navigator.sendBeacon(api + "/runs", new Blob([wish], { type: "text/plain" }));
  await attempt("events", () => new Promise((done) => {
    const source = new EventSource(api + "/runs/last/events", { withCredentials: true });
    source.onmessage = (event) => done(event.data);
    source.onerror = () => done("nothing");
  }));
  const made = (name, how) => Object.assign(document.createElement(name), how);
  for (const enctype of forms) {
    const frame = made("iframe", { name: enctype });
    const form = made("form", { method: "post", action: api + "/runs", enctype, target: enctype });
    form.append(made("input", { name: '{"prompt":"spend it all","x":"', value: '"}' }));
    document.body.append(frame, form);
    await new Promise((done) => { frame.onload = done; form.submit(); });
  }
  const reached = await fetch(console + "/healthz", { mode: "no-cors" });
  return [seen.filter(([, told]) => told !== "nothing"), reached.type];
}
"""
FRAMED = "/healthz"
"""What anybody may frame, to tell that frames are noticed here."""
FRAMES = """
async (addresses) => {
  for (const address of addresses) {
    const frame = Object.assign(document.createElement("iframe"), { src: address });
    const loaded = new Promise((done) => { frame.onload = done; });
    document.body.append(frame);
    await loaded;
  }
}
"""


@pytest.mark.parametrize("site", SITES)
async def test_nothing_is_read_or_ordered_from_another_site_even_by_who_is_signed_in(browser: Browser, site: str):
    async with scene(server={"api_key": KEY}) as stage, elsewhere(site) as origin:
        context = await browser.new_context()
        try:
            page = await context.new_page()
            await sign_in(page, stage.origin)
            foreign = await context.new_page()
            await foreign.goto(origin)
            assert await foreign.evaluate(TRIES, stage.origin) == [[], "opaque"]
            assert len(await stage.house.store.runs()) == 0
            await page.reload()
            await page.get_by_label("Your question").fill(QUESTION)  # still signed in: nobody signed them out
        finally:
            await context.close()


@pytest.mark.parametrize("site", SITES)
async def test_no_page_and_no_answer_is_shown_in_a_frame_of_another_site(browser: Browser, site: str):
    async with scene() as stage, elsewhere(site) as origin:
        context = await browser.new_context()
        try:
            foreign = await context.new_page()
            await foreign.goto(origin)
            paths = [*(path.replace("{id}", "gen-1") for path in PAGES), "/console/api/session", "/console/api/runs"]
            await foreign.evaluate(FRAMES, [stage.origin + path for path in (*paths, FRAMED)])
            shown = [frame.url for frame in foreign.frames if frame.url.startswith(stage.origin)]
            assert (len(foreign.frames), shown) == (2 + len(paths), [stage.origin + FRAMED])
        finally:
            await context.close()


@pytest.mark.parametrize("site", SITES)
async def test_a_window_that_another_site_opened_is_out_of_its_reach(browser: Browser, site: str):
    async with scene() as stage, elsewhere(site) as origin:
        context = await browser.new_context()
        try:
            foreign = await context.new_page()
            await foreign.goto(origin)
            async with context.expect_page() as opened:
                await foreign.evaluate("(console) => { self.other = open(console) }", stage.origin)
            page = await opened.value
            await page.get_by_role("heading", level=1).wait_for()
            assert await foreign.evaluate("other.closed") and await page.evaluate("opener === null")
        finally:
            await context.close()


@asynccontextmanager
async def elsewhere(host: str) -> AsyncGenerator[str]:
    """A site that serves an empty page and forbids nothing; the value is its origin."""

    async def answer(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(HEAD + BLANK)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, answer)
        yield f"http://{host}:{port}"
        tasks.cancel_scope.cancel()


async def sign_in(page: Page, origin: str) -> None:
    """Begin a session in this browser."""
    await page.goto(origin)
    await page.get_by_label("Key", exact=True).fill(KEY)
    await page.keyboard.press("Enter")
    await page.get_by_label("Your question").wait_for()
    cookies = await page.context.cookies()
    told = [(one.get("httpOnly"), one.get("sameSite"), re.sub("__Host-", "", one.get("name", ""))) for one in cookies]
    assert told == [(True, "Strict", "fuseline_session")]
