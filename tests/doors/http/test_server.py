"""The server rests while nobody asks for anything, and still ends at once when it is told to."""

import socket
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette

from fuseline.doors.http.server import TICK_S, Server

pytestmark = pytest.mark.anyio


class Counting(Server):
    """A server that counts how often it looks up."""

    looks = 0

    async def on_tick(self, counter: int) -> bool:
        """Look up once more."""
        self.looks += 1
        return await super().on_tick(counter)


def quiet_server() -> Counting:
    """A server with nothing on it."""
    return Counting(uvicorn.Config(Starlette(), lifespan="off", log_config=None))


async def test_an_idle_server_looks_up_no_more_than_once_a_tick():
    server, began = quiet_server(), time.monotonic()
    threading.Timer(0.8, lambda: setattr(server, "should_exit", True)).start()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        await server.serve([sock])
    assert server.looks <= (time.monotonic() - began) / TICK_S + 2


async def test_it_ends_when_another_thread_says_so_before_the_next_tick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fuseline.doors.http.server.TICK_S", 3600.0)
    server = quiet_server()
    threading.Timer(0.1, lambda: setattr(server, "should_exit", True)).start()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        await server.serve([sock])
    assert server.looks == 2


async def test_one_that_is_told_before_it_begins_does_not_wait(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fuseline.doors.http.server.TICK_S", 3600.0)
    server = quiet_server()
    server.should_exit = True
    with socket.create_server(("127.0.0.1", 0)) as sock:
        await server.serve([sock])
    assert server.looks <= 1
