"""A panel that researches, a writer that checks, and one search before anybody speaks."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fuseline.assembly import House
from fuseline.types.events import LookedUp
from fuseline.types.requests import Plugin, ServerTool
from fuseline.wires.report import write_report
from tests.doors.http.players import compares
from tests.house import ask, hear, house
from tests.pages.web import Sheet, Web, open_web
from tests.requirements import requirement
from tests.search.vendors import Says, Vendor, vendor
from tests.upstream import Step, Upstream, calls_tool, fault_upstream, says

pytestmark = pytest.mark.anyio

PAGE = "http://sky.example/why"
PAPER = f"<html><head><title>Why the sky is blue</title></head><body><article>{'<p>Rayleigh scattering goes with the fourth power of the frequency.</p>' * 5}</article></body></html>"  # noqa: E501
HITS = {"results": [{"url": PAGE, "title": "Why the sky is blue", "content": "Rayleigh scattering."}]}
SEARCHES = calls_tool("openrouter_web_search", {"query": "why is the sky blue"})
READS = calls_tool("openrouter_web_fetch", {"url": PAGE}, id="call_2")
CITES = f"Short waves scatter most, with the fourth power of their frequency, as is well known ([the page]({PAGE}))."


@dataclass(frozen=True, slots=True)
class Scene:
    """A house with an engine and a web of its own."""

    house: House
    upstream: Upstream
    engine: Vendor
    web: Web

    def told(self, model: str) -> list[Any]:
        """What a model's last call brought of tools, read."""
        messages: Any = self.upstream.calls(model)[-1].body["messages"]
        return [json.loads(one["content"]) for one in messages if one["role"] == "tool"]


@asynccontextmanager
async def researching(
    monkeypatch: pytest.MonkeyPatch, scripts: Mapping[str, Sequence[Step]], **fusion: Any
) -> AsyncGenerator[Scene]:
    """A house whose seats have the usual tools, and whose models say this."""
    tools = ("openrouter:web_search", "openrouter:web_fetch")
    async with vendor(Says(HITS)) as engine, open_web({PAGE: Sheet(PAPER, "text/html")}) as web:

        @asynccontextmanager
        async def local_web(*_: object) -> AsyncGenerator[object]:
            yield web.fetcher

        monkeypatch.setattr("fuseline.assembly.open_fetcher", local_web)
        with fault_upstream() as upstream:
            for model, steps in {"judge": [compares], **scripts}.items():
                upstream.script(model, steps)
            search = {"searxng_url": engine.url, "order": ("searxng",)}
            async with house(upstream.base_url, fusion={"tools": tools, **fusion}, search=search) as opened:
                yield Scene(opened, upstream, engine, web)


@requirement("ours:research")
async def test_seats_that_look_up_the_same_search_once_and_read_a_page_once(monkeypatch: pytest.MonkeyPatch):
    same = [SEARCHES, READS, says(CITES)]
    async with researching(monkeypatch, {"a": same, "b": same, "c": same}) as scene:
        run, events = await hear(scene.house, ask())
        stored = await scene.house.store.run("last")
    assert run is not None and run.report is not None and run.report.fusion_status == "full"
    assert len(scene.engine.asked) == 1
    assert scene.web.read == [PAGE]
    found, page = scene.told("a")
    assert [one["url"] for one in found["results"]] == [PAGE]
    assert (page["status"], page["title"]) == ("completed", "Why the sky is blue")
    assert "fourth power" in page["content"]
    asked = sorted((one.kind, one.speaker.seat) for one in run.lookups)
    assert asked == [("fetch", 0), ("fetch", 1), ("fetch", 2), ("search", 0), ("search", 1), ("search", 2)]
    assert [event.lookup for event in events if isinstance(event, LookedUp)] == list(run.lookups)
    assert stored is not None
    kept = [event.body for event in stored.events if event.kind == "research.completed"]
    assert sorted(str(one["engine"]) for one in kept) == [*["cache"] * 4, "http", "searxng"]
    assert [source.title for source in run.report.sources] == ["Why the sky is blue"]


@requirement("ours:research")
async def test_who_writes_has_tools_only_where_the_request_gives_them(monkeypatch: pytest.MonkeyPatch):
    writes = {"writer": [SEARCHES, says("Checked, and so it is.")]}
    async with researching(monkeypatch, writes) as scene:
        given = await scene.house.gateway.ask(ask(server_tools=(ServerTool("openrouter:web_search"),)))
        first = scene.upstream.calls("writer")[0].body
        await scene.house.gateway.ask(ask())
        last = scene.upstream.calls("writer")[-1].body
    assert given.reply is not None and given.reply.text == "Checked, and so it is."
    assert [(one.kind, one.speaker.role) for one in given.lookups] == [("search", "writer")]
    assert (given.convened, given.steps) == (True, 2)
    assert ("tools" in first, "tools" in last) == (True, False)


@requirement("wire:web-plugin")
async def test_one_search_stands_before_the_question_for_everybody(monkeypatch: pytest.MonkeyPatch):
    async with researching(monkeypatch, {}, tools=()) as scene:
        run = await scene.house.gateway.ask(ask("Why is the sky blue?", model="openrouter/fusion:online"))
        bodies: Any = [scene.upstream.calls(model)[0].body for model in ("a", "writer")]
    assert [one.asked for one in run.lookups] == ["Why is the sky blue?"]
    for body in bodies:
        text = "\n".join(str(message["content"]) for message in body["messages"])
        assert 0 < text.index(PAGE) < text.rindex("\nWhy is the sky blue?")


@requirement("wire:web-plugin")
async def test_a_search_that_fails_leaves_the_question_as_it_is(monkeypatch: pytest.MonkeyPatch):
    async with researching(monkeypatch, {"a": [says("By itself.")]}) as scene:
        scene.engine.answer = Says(status=500)
        run = await scene.house.gateway.ask(replace(ask(model="lab/a"), plugins=(Plugin("web"),)))
    assert run.reply is not None and run.reply.text == "By itself."
    assert [one.verdict for one in run.lookups] == ["failed:unavailable"]


@requirement("fault:F52")
async def test_a_report_says_that_its_research_was_not_whole(monkeypatch: pytest.MonkeyPatch):
    async with researching(monkeypatch, {"a": [SEARCHES, says("From memory.")]}) as scene:
        scene.engine.answer = Says(status=503)
        run = await scene.house.gateway.ask(ask())
    assert run.report is not None
    assert write_report(run.report, run, contents=False)["tools"] == {"degraded": True}
