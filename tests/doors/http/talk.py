"""A plain HTTP client for tests: it shows what came over the wire, and when."""

import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import Any

import aiohttp

from fuseline.wires.sse import EventReader

QUESTION = {"role": "user", "content": "Why is the sky blue?"}
CHAT = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Heard:
    """A response as it came."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    raw: bytes
    arrivals: list[tuple[float, bytes]] = field(default_factory=list[tuple[float, bytes]])
    """Each read, with the seconds since the request was sent."""
    opened_s: float = 0.0
    """Seconds until status line and headers were there."""

    @property
    def body(self) -> Any:
        """The body as JSON."""
        return json.loads(self.raw)

    @property
    def error(self) -> Any:
        """The inner object of an error body."""
        return self.body["error"]

    @property
    def payloads(self) -> list[bytes]:
        """The payloads of the body's server-sent events."""
        reader = EventReader()
        return [*reader.feed(self.raw), *reader.close()]

    @property
    def chunks(self) -> list[Any]:
        """The same as JSON, without the closing `[DONE]`, which must be there."""
        *said, last = self.payloads
        assert last == b"[DONE]", last
        return [json.loads(payload) for payload in said]

    @property
    def text(self) -> str:
        """All text of the stream's choices."""
        return "".join(choice["delta"].get("content") or "" for chunk in self.chunks for choice in chunk["choices"])

    @property
    def events(self) -> list[Any]:
        """Our own events in the stream, the closing report apart."""
        return [chunk["fusion"] for chunk in self.chunks if "fusion" in chunk and chunk["choices"]]

    @property
    def silences(self) -> list[float]:
        """Seconds between one read and the next, the wait for the first included."""
        moments = [0.0, *(moment for moment, _ in self.arrivals)]
        return [later - earlier for earlier, later in pairwise(moments)]


def question(model: Any = "openrouter/fusion", **fields: Any) -> dict[str, Any]:
    """The body of a request, to the alias unless told."""
    return {"model": model, "messages": [QUESTION], **fields}


def plugin(**parameters: Any) -> list[dict[str, Any]]:
    """The `plugins` of a request that configure fusion."""
    return [{"id": "fusion", **parameters}]


@asynccontextmanager
async def talking(
    method: str, url: str, body: object = None, *, raw: bytes | None = None, headers: Mapping[str, str] | None = None
) -> AsyncGenerator[aiohttp.ClientResponse]:
    """A response under way. Leaving the block closes the connection, whatever is still to come."""
    content = raw if raw is not None else None if body is None else json.dumps(body).encode()
    fixed = {"Content-Type": "application/json"} if content is not None else {}
    connector = aiohttp.TCPConnector(force_close=True)
    async with (
        aiohttp.ClientSession(connector=connector, skip_auto_headers=["Content-Type"]) as session,
        session.request(
            method, url, data=None if content is None else BytesIO(content), headers={**fixed, **(headers or {})}
        ) as response,
    ):
        yield response


async def fetch(
    method: str, url: str, body: object = None, *, raw: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Heard:
    """Send a request and read all of its response."""
    began = time.monotonic()
    async with talking(method, url, body, raw=raw, headers=headers) as response:
        opened = time.monotonic() - began
        arrivals = [(time.monotonic() - began, piece) async for piece in response.content.iter_any()]
        names = {name.lower(): value for name, value in response.headers.items()}
        return Heard(response.status, names, b"".join(piece for _, piece in arrivals), arrivals, opened)


async def post(origin: str, body: object, *, path: str = CHAT, headers: Mapping[str, str] | None = None) -> Heard:
    """Send a request for a completion."""
    return await fetch("POST", origin + path, body, headers=headers)


async def get(origin: str, path: str, *, headers: Mapping[str, str] | None = None) -> Heard:
    """Look something up."""
    return await fetch("GET", origin + path, headers=headers)
