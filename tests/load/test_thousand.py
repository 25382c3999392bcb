"""A thousand fusions streamed at once through one process: all complete, none silent for long, memory stays small."""

import resource
import time
from dataclasses import dataclass, field

import anyio
import pytest
from anyio.abc import SocketStream

from bench.load import post
from bench.servers import gateway, upstream
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

CLIENTS = 1000
PIECES = 6
"""Pieces that each seat and the writer say, one a second."""
LONGEST_SILENCE_S = 5.0
MOST_MIB = 512
FILES = 8192
"""Each fusion needs one connection to its client and three to its upstream, on both sides."""
REQUEST = post(
    "/v1/chat/completions",
    {
        "model": "openrouter/fusion",
        "stream": True,
        "plugins": [{"id": "fusion", "preset": "streaming"}],
        "messages": [{"role": "user", "content": "Why is the sky blue?"}],
    },
)


@dataclass(slots=True)
class Heard:
    """What one client heard, and its longest silence in seconds."""

    pieces: list[bytes] = field(default_factory=list[bytes])
    silence_s: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether the stream has the whole answer, one finish reason, and its end."""
        body = b"".join(self.pieces)
        words = body.count(b'"content":"word "')
        finished = body.count(b'"finish_reason":"stop","native_finish_reason"')
        return body.startswith(b"HTTP/1.1 200") and words == PIECES and finished == 1 and b"data: [DONE]\n\n" in body


async def listen(port: int, heard: Heard) -> None:
    """Send the request and listen to the end of its stream."""
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(REQUEST)
        last = time.monotonic()
        while not await take(stream, heard):
            now = time.monotonic()
            heard.silence_s, last = max(heard.silence_s, now - last), now


async def take(stream: SocketStream, heard: Heard) -> bool:
    """Take in what comes; tell whether it was the end."""
    heard.pieces.append(await stream.receive())
    return b"data: [DONE]\n\n" in b"".join(heard.pieces[-2:])


@requirement("ours:thousand")
async def test_a_thousand_open_streams_complete_without_a_long_silence_in_little_memory():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < FILES:
        pytest.skip(f"this needs {FILES} open files, and the machine allows {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    clients = [Heard() for _ in range(CLIENTS)]
    with upstream(delay=0.1, pace=1.0) as base_url, gateway(base_url, PIECES) as server:
        with anyio.fail_after(100):
            async with anyio.create_task_group() as group:
                for heard in clients:
                    group.start_soon(listen, server.port, heard)
        peak = server.peak_mib()
    assert [heard.complete for heard in clients].count(True) == CLIENTS
    assert max(heard.silence_s for heard in clients) < LONGEST_SILENCE_S
    assert peak < MOST_MIB
