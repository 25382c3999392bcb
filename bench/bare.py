"""What the gateway is measured against: the same calls by hand, with aiohttp at both ends and nothing else.

It plans, checks, records and prices nothing, and survives nothing: it is the floor, not an alternative.
"""

import argparse
import asyncio
import contextlib
import json
from typing import Any

import uvloop
from aiohttp import ClientSession, TCPConnector, web

SYSTEM = "You are a careful expert. Answer the question as well as you can. " * 20


class Bare:
    """The bare fan-out: three answers, an analysis, an answer."""

    def __init__(self, upstream: str, session: ClientSession) -> None:
        self._url = upstream + "/chat/completions"
        self._session = session

    async def call(self, model: str, *texts: str) -> tuple[str, dict[str, Any]]:
        """Make one streamed call and fold its text."""
        messages = [{"role": "system", "content": SYSTEM}, *({"role": "user", "content": text} for text in texts)]
        body = {"model": model, "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
        pieces: list[str] = []
        usage: dict[str, Any] = {}
        async with self._session.post(self._url, json=body) as response:
            async for line in response.content:
                if line.startswith(b"data: {"):
                    event = json.loads(line[6:])
                    pieces += [choice["delta"].get("content") or "" for choice in event["choices"]]
                    usage = event.get("usage") or usage
        return "".join(pieces), usage

    async def fuse(self, request: web.Request) -> web.Response:
        """Answer one request: panel, analyst, writer."""
        question = (await request.json())["messages"][-1]["content"]
        panel = await asyncio.gather(*(self.call("answer", question) for _ in range(3)))
        answers = "\n\n".join(text for text, _ in panel)
        analysis, _ = await self.call("judge", question, answers)
        text, usage = await self.call("answer", question, answers, analysis)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response({"id": "bare", "object": "chat.completion", "choices": [choice], "usage": usage})

    async def relay(self, request: web.Request) -> web.StreamResponse:
        """Pass one streamed reply through, byte for byte, unread."""
        body = await request.read()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async with self._session.post(self._url, data=body, headers={"Content-Type": "application/json"}) as upstream:
            async for chunk in upstream.content.iter_any():
                await response.write(chunk)
        return response


async def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("upstream")
    options = parser.parse_args()
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        bare = Bare(options.upstream, session)
        app = web.Application()
        app.add_routes([web.post("/v1/chat/completions", bare.fuse), web.post("/v1/relay", bare.relay)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
