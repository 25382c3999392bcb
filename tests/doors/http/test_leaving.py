"""A client that goes away takes its run with it: no upstream call goes on, and what it cost is kept."""

import json
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from anyio import to_thread

from fuseline.assembly import House
from fuseline.doors.http.stream import Pace
from fuseline.storage.base import StoredRun
from tests.doors.http.players import BRISK, compares
from tests.doors.http.talk import CHAT, question, talking
from tests.house import house
from tests.requirements import requirement
from tests.served import served
from tests.upstream import Exchange, Reply, Upstream, fault_upstream, hangs, says

pytestmark = pytest.mark.anyio
WITHIN_S = 2.0
HANGS = {"panel": "b", "analyst": "judge", "writer": "writer"}


@dataclass
class Stay:
    """A visit to a served house, and how the run of its one client was saved once the door had closed."""

    upstream: Upstream
    house: House
    origin: str
    saved: StoredRun | None = None


@asynccontextmanager
async def stay(scripts: Mapping[str, list[Reply]], pace: Pace = BRISK, **sections: Any) -> AsyncGenerator[Stay]:
    """Serve a house; when the block ends the door closes, and then the run is looked up."""
    with fault_upstream() as upstream:
        for model, replies in {"judge": [compares], **scripts}.items():
            upstream.script(model, replies)
        async with house(upstream.base_url, **sections) as opened:
            async with served(opened, pace) as origin:
                here = Stay(upstream, opened, origin)
                yield here
            runs = await opened.store.runs(limit=1)
            here.saved = await opened.store.run(runs[0].id)


def open_of(upstream: Upstream, model: str) -> Callable[[], bool]:
    """Whether a model is being asked right now."""
    return lambda: any(exchange.closed_by is None for exchange in upstream.calls(model))


def settled(exchanges: list[Exchange], left: str) -> bool:
    """Whether nothing is under way any more, and the one that was left saw its client go."""
    return all(one.closed_by for one in exchanges) and any(
        one.model == left and one.closed_by == "client" for one in exchanges
    )


@requirement("client:disconnect", "vector:C9")
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("role", ["panel", "analyst", "writer"])
async def test_leaving_stops_every_upstream_call(role: str, streamed: bool):
    slow = HANGS[role]
    async with stay({slow: [hangs()]}) as here:
        async with talking("POST", here.origin + CHAT, question(stream=streamed)) as response:
            await response.content.readany()
            await here.upstream.until(open_of(here.upstream, slow))
            asked = len(here.upstream.log)
        await here.upstream.until(lambda: settled(here.upstream.log, slow), within=WITHIN_S)
    assert len(here.upstream.log) == asked
    assert here.saved
    assert (here.saved.status, here.saved.cost > 0) == ("cancelled", True)
    assert len(here.saved.calls) == asked
    assert [call.error for call in here.saved.calls if call.error] == ["cancelled"]


@requirement("client:disconnect")
async def test_leaving_before_the_first_byte_stops_the_run_too():
    async with stay({"a": [hangs()], "b": [hangs()], "c": [hangs()]}, Pace()) as here:
        with socket.create_connection(("127.0.0.1", int(here.origin.rpartition(":")[2]))) as client:
            await to_thread.run_sync(client.sendall, raw(question(stream=True, max_tokens=9_000_000)))
            await here.upstream.until(lambda: len(here.upstream.log) == 3)
        await here.upstream.until(lambda: all(one.closed_by == "client" for one in here.upstream.log), within=WITHIN_S)
    assert here.saved
    assert here.saved.status == "cancelled"


@requirement("client:disconnect")
async def test_what_a_writer_had_said_when_its_reader_left_is_charged():
    async with stay({"writer": [says("word " * 4000, chunks=400, pace_s=0.01)]}) as here:
        async with talking("POST", here.origin + CHAT, question(stream=True)) as response:
            while b"word" not in await response.content.readany():
                pass
        await here.upstream.until(lambda: settled(here.upstream.log, "writer"), within=WITHIN_S)
    assert here.saved
    written = here.saved.calls[-1]
    assert (written.speaker.role, written.error, written.certainty) == ("writer", "cancelled", "estimate")
    assert written.usage
    assert written.usage.output_tokens > 0


@requirement("client:disconnect")
async def test_a_reader_that_accepts_no_more_is_given_up():
    giant = says("word " * 2_000_000, chunks=100, pace_s=0.02)
    limits = {"answer_bytes": 64 << 20, "line_bytes": 64 << 20}
    async with stay({"writer": [giant]}, Pace(stall_s=0.3), limits=limits) as here:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await to_thread.run_sync(client.connect, ("127.0.0.1", int(here.origin.rpartition(":")[2])))
            await to_thread.run_sync(client.sendall, raw(question(stream=True, max_tokens=9_000_000)))
            await here.upstream.until(lambda: settled(here.upstream.log, "writer"))
    assert here.saved
    assert here.saved.status == "cancelled"


@requirement("client:disconnect", "ours:text-exact")
async def test_a_reader_that_is_slow_gets_everything():
    text = "word 字 🌅 " * 30_000
    async with stay({"writer": [says(text, chunks=500)]}, Pace(stall_s=10)) as here:
        pieces: list[bytes] = []
        async with talking("POST", here.origin + CHAT, question(max_tokens=100_000)) as response:
            async for piece in response.content.iter_chunked(20_000):
                pieces.append(piece)
                await anyio.lowlevel.checkpoint()
    assert here.saved
    assert here.saved.status == "completed"
    assert text.encode() in b"".join(pieces)


def raw(body: dict[str, Any]) -> bytes:
    """A request as bytes."""
    content = json.dumps(body).encode()
    length = f"Content-Length: {len(content)}"
    head = (f"POST {CHAT} HTTP/1.1", "Host: localhost", "Content-Type: application/json", length, "", "")
    return "\r\n".join(head).encode() + content
