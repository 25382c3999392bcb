"""The upstream of the measurements: answers every call after a fixed time, with as little work as possible."""

import argparse
import asyncio
import contextlib
import json
from typing import cast

import uvloop

ANALYSIS = json.dumps(
    {
        "consensus": [{"claim": "Light is scattered by air.", "sources": ["A", "B"], "quote": "", "urls": []}],
        "contradictions": [],
        "partial_coverage": [],
        "unique_insights": [{"claim": "It depends on the wavelength.", "source": "A", "quote": "", "urls": []}],
        "blind_spots": [],
    }
)
ANSWER = "Air scatters short waves of light far more than long ones, and so the sky looks blue. " * 6
PIECES = 8
"""Pieces of text in one streamed reply: about what one socket read brings from a fast model."""


def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    """One event of a stream."""
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    fields = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench", "choices": choices}
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


def usage() -> bytes:
    """The event with the counts."""
    counts = {"prompt_tokens": 400, "completion_tokens": 120, "total_tokens": 520}
    fields: dict[str, object] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench"}
    return b"data: " + json.dumps({**fields, "choices": [], "usage": counts}).encode() + b"\n\n"


def reply(text: str) -> bytes:
    """A whole streamed reply, in one write."""
    size = max(1, len(text) // PIECES)
    pieces = [chunk({"content": text[at : at + size]}) for at in range(0, len(text), size)]
    return b"".join(
        [chunk({"role": "assistant", "content": ""}), *pieces, chunk({}, "stop"), usage(), b"data: [DONE]\n\n"]
    )


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
REPLIES = {b"judge": reply(ANALYSIS), b"answer": reply(ANSWER)}


def framed(body: bytes) -> bytes:
    """A piece of a chunked body."""
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


WHOLE = {name: HEAD + framed(body) + b"0\r\n\r\n" for name, body in REPLIES.items()}
TOKEN = framed(chunk({"content": "word "}))
TAIL = framed(chunk({}, "stop") + usage() + b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection. A model called `tokens-N` streams N pieces, one every `pace` seconds; others answer whole."""

    def __init__(self, delay: float, pace: float) -> None:
        self._delay = delay
        self._pace = pace
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._rest += data
        head, split, body = self._rest.partition(b"\r\n\r\n")
        if not split:
            return
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        if len(body) < length:
            return
        self._rest = body[length:]
        loop = asyncio.get_running_loop()
        name = body.partition(b'"model":"')[2].partition(b'"')[0]
        if name.startswith(b"tokens-"):
            loop.call_later(self._delay, self._begin, int(name[7:]))
        else:
            loop.call_later(self._delay, self._write, WHOLE[b"judge" if name == b"judge" else b"answer"])

    def _begin(self, pieces: int) -> None:
        self._write(HEAD + framed(chunk({"role": "assistant", "content": ""})))
        self._next(pieces)

    def _next(self, left: int) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._write(TOKEN if left else TAIL)
        if left:
            asyncio.get_running_loop().call_later(self._pace, self._next, left - 1)

    def _write(self, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(body)


async def main() -> None:
    """Serve until the parent closes standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.1, help="seconds before each reply")
    parser.add_argument("--pace", type=float, default=0.02, help="seconds between the pieces of tokens-N")
    options = parser.parse_args()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Upstream(options.delay, options.pace), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
