"""A server that stands for a search engine: it answers as it is told to, and keeps what it was asked."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import anyio
from aiohttp import web

from fuseline.search.base import Engine
from fuseline.search.engines import Surroundings, build
from fuseline.search.rows import rows
from fuseline.settings.research import SearchSettings

KEY = "sk-canary-not-to-be-shown"


@dataclass(frozen=True, slots=True)
class Says:
    """An answer: a body as JSON, or bytes as they are."""

    body: Any = field(default_factory=dict[str, Any])
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    hangs: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class Vendor:
    """A running server."""

    answer: Says
    url: str = ""
    asked: list[Asked] = field(default_factory=list[Asked])
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    """The last that was sent as a form."""
    left: anyio.Event = field(default_factory=anyio.Event)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        if request.content_type == "application/x-www-form-urlencoded":
            self.form = {name: str(value) for name, value in (await request.post()).items()}
        text = await request.text() if request.content_type == "application/json" else ""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(
            Asked(request.method, request.path, dict(request.query), headers, json.loads(text) if text else None)
        )
        if self.answer.hangs:
            await self.left.wait()
        body = self.answer.body if isinstance(self.answer.body, bytes) else json.dumps(self.answer.body).encode()
        return web.Response(
            body=body, status=self.answer.status, headers={"Content-Type": "application/json", **self.answer.headers}
        )


@asynccontextmanager
async def vendor(answer: Says) -> AsyncGenerator[Vendor]:
    """A server with one answer to everything, until the end of the block."""
    running = Vendor(answer)
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", running.respond)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    running.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield running
    finally:
        running.left.set()
        await runner.cleanup()


@asynccontextmanager
async def engine_at(name: str, url: str, timeout_s: float = 5) -> AsyncGenerator[Engine]:
    """An engine that asks this server as it would ask its vendor, with a key where it takes one."""
    row = rows()[name]
    settings = SearchSettings(base_urls={name: url}, timeout_s=timeout_s)
    around = Surroundings(settings, dict.fromkeys(row.keys, KEY))
    async with aiohttp.ClientSession() as session:
        yield build(row, around, session)
