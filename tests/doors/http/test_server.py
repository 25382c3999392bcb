"""The server rests while nobody asks for anything, tells the date all the same, and ends at once when it is told to."""

import asyncio
import socket
import threading
import time
from email.utils import parsedate_to_datetime

import aiohttp
import pytest
import uvicorn
from starlette.applications import Starlette

from fuseline.doors.http.server import Dated, Server

pytestmark = pytest.mark.anyio


class Restless(Server):
    """A server that says when it looks up."""

    looks = 0

    async def on_tick(self, counter: int) -> bool:
        """Look up once more."""
        self.looks += 1
        return await super().on_tick(counter)


def quiet_server() -> Restless:
    """A server with nothing on it."""
    return Restless(uvicorn.Config(Starlette(), lifespan="off", log_config=None))


async def test_an_idle_server_never_looks_up():
    server = quiet_server()
    threading.Timer(0.5, lambda: setattr(server, "should_exit", True)).start()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        await server.serve([sock])
    assert server.looks == 0


async def test_it_ends_when_another_thread_says_so():
    server, began = quiet_server(), time.monotonic()
    threading.Timer(0.1, lambda: setattr(server, "should_exit", True)).start()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        await asyncio.wait_for(server.serve([sock]), 60)
    assert time.monotonic() - began >= 0.1


async def test_one_that_is_told_before_it_begins_does_not_wait():
    server = quiet_server()
    server.should_exit = True
    with socket.create_server(("127.0.0.1", 0)) as sock:
        await asyncio.wait_for(server.serve([sock]), 60)


async def test_a_reply_after_a_rest_tells_the_date_of_its_own_second():
    server = quiet_server()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        async with asyncio.TaskGroup() as group, aiohttp.ClientSession() as client:
            group.create_task(server.serve([sock]))
            for _ in range(2):
                before = int(time.time())
                async with client.get(url) as reply:
                    told = parsedate_to_datetime(reply.headers["date"]).timestamp()
                assert before <= told <= time.time()
                await asyncio.sleep(1.1)
            server.should_exit = True


def test_the_date_is_written_once_a_second_and_stands_before_all_else(monkeypatch: pytest.MonkeyPatch):
    state, now = Dated(), 1_700_000_000.25
    monkeypatch.setattr(time, "time", lambda: now)
    state.default_headers = [(b"server", b"x")]
    first = state.default_headers
    assert first == [(b"date", b"Tue, 14 Nov 2023 22:13:20 GMT"), (b"server", b"x")]
    now += 0.5
    assert state.default_headers is first
    now += 0.5
    assert state.default_headers[0] == (b"date", b"Tue, 14 Nov 2023 22:13:21 GMT")
