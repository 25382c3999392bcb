"""The workshop: bytes are made into text in processes of their own, kept warm, and killed when they take too long."""

import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE

import anyio
from anyio import to_thread
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from fuseline.pages.base import PageFailed
from fuseline.pages.readers.base import Extracted, kind_of, reader_of
from fuseline.pages.refusals import refused
from fuseline.pages.worker import CPU_S, FRAME

WALL_S = 10.0
"""Seconds after which a page is given up, whoever else the machine works for."""
ANSWER_BYTES = 16 << 20
PAGES = 200
"""Pages after which a worker is replaced: what libraries leave behind goes with it."""
WORKERS = 2
"""Of each kind."""
KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""All that a worker gets of the environment; there are keys in it."""


class Worker:
    """One process that makes text of pages, one at a time."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._to = process.stdin
        self._from = BufferedByteReceiveStream(process.stdout)
        self.pages = 0

    async def make(self, told: dict[str, str], body: bytes) -> dict[str, str]:
        """Hand over a page and wait for its text.

        :raises PageFailed: when the process ends over it.
        """
        self.pages += 1
        asked = json.dumps(told).encode()
        try:
            await self._to.send(FRAME.pack(len(asked), len(body)) + asked)
            await self._to.send(body)
            size = FRAME.unpack(await self._from.receive_exactly(FRAME.size))[0]
            if size <= ANSWER_BYTES:
                return json.loads(await self._from.receive_exactly(size))
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
            if await self._process.wait() in OUT_OF_TIME:
                raise refused("limit:time") from None
        raise PageFailed("failed:extract", "unreadable")

    async def end(self) -> None:
        """Kill the process, and see that it is gone."""
        with anyio.CancelScope(shield=True):
            if self._process.returncode is None:
                self._process.kill()
            await self._process.aclose()


class Workshop:
    """Some workers of each kind. They start when there is work, and end with the workshop."""

    def __init__(self, cpu_s: int = CPU_S, wall_s: float = WALL_S) -> None:
        self._cpu_s = cpu_s
        self._wall_s = wall_s
        self._idle: dict[str, list[Worker]] = {"html": [], "pdf": []}
        self._places = {kind: anyio.CapacityLimiter(WORKERS) for kind in self._idle}
        self._warming = False

    async def text_of(self, body: bytes, media_type: str, charset: str = "", url: str = "") -> Extracted:
        """Make text of bytes; `url` is where relative links start from.

        :raises PageFailed: when their type is none that is read, a limit is reached, or there is no text in them.
        """
        kind = kind_of(media_type)
        if not kind:
            raise refused("unsupported:type")
        if kind == "plain":
            return await to_thread.run_sync(reader_of(kind).read, body, charset, url)
        async with self._places[kind]:
            answer = await self._made(kind, {"kind": kind, "charset": charset, "url": url}, body)
        if "verdict" in answer:
            raise PageFailed(answer["verdict"], answer["shown"])
        return Extracted(answer["title"], answer["text"], answer["truncated"])

    async def warm(self, kind: str) -> None:
        """See that a worker is there or on its way, so that it loads its libraries while a page still comes."""
        if kind in self._idle and not (self._idle[kind] or self._places[kind].borrowed_tokens or self._warming):
            self._warming = True
            try:
                self._idle[kind].append(await begin(kind, self._cpu_s))
            finally:
                self._warming = False

    async def close(self) -> None:
        """End all workers that have nothing to do."""
        for workers in self._idle.values():
            while workers:
                await workers.pop().end()

    async def _made(self, kind: str, told: dict[str, str], body: bytes) -> dict[str, str]:
        idle = self._idle[kind]
        worker = idle.pop() if idle else await begin(kind, self._cpu_s)
        whole = False
        try:
            with anyio.fail_after(self._wall_s):
                answer = await worker.make(told, body)
            whole = worker.pages < PAGES
        except TimeoutError:
            raise refused("limit:time") from None
        finally:
            if whole:
                idle.append(worker)
            else:
                await worker.end()
        return answer


OUT_OF_TIME = (-signal.SIGXCPU,) if sys.platform != "win32" else ()


async def begin(kind: str, cpu_s: int) -> Worker:
    """Start a worker. It inherits no key, and nothing of the folder that we are in."""
    source = str(Path(__file__).parents[2])
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    command = [sys.executable, "-P", "-m", "fuseline.pages.worker", kind, str(cpu_s)]
    return Worker(
        await anyio.open_process(
            command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={**environ, "PYTHONPATH": source}
        )
    )


@asynccontextmanager
async def open_workshop(cpu_s: int = CPU_S, wall_s: float = WALL_S) -> AsyncGenerator[Workshop]:
    """Open a workshop, with the seconds of work and of waiting that one page may cost; it ends with the block."""
    workshop = Workshop(cpu_s, wall_s)
    try:
        yield workshop
    finally:
        await workshop.close()
