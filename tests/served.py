"""A house behind a real socket, so that tests meet it the way clients do."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from anyio import move_on_after, sleep

from fuseline.assembly import House
from fuseline.doors.http.app import build_app
from fuseline.doors.http.stream import Pace

GRACE_S = 1.0
TICK_S = 0.001


@asynccontextmanager
async def served(house: House, pace: Pace | None = None) -> AsyncGenerator[str]:
    """Serve a house on a free port of 127.0.0.1 within the test's own loop; the value is its origin, without a path.

    Requests that are still open at the end get a second, and are cancelled then.
    """
    config = uvicorn.Config(build_app(house, pace), lifespan="off", log_config=None)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        await server.startup([listener])  # not `serve()`, which takes the signals of the process
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await stop(server)


async def stop(server: uvicorn.Server) -> None:
    """Let go of the listeners, then of the connections, each when its answer is out or its time is up.

    What `Server.shutdown` does, but that sleeps a tenth of a second first, in each of a thousand tests.
    """
    for listening in server.servers:
        listening.close()
    state = server.server_state
    for connection in list(state.connections):
        connection.shutdown()
    with move_on_after(GRACE_S):
        while state.connections or state.tasks:  # noqa: ASYNC110  # nobody tells when these are gone
            await sleep(TICK_S)
    for task in state.tasks:
        task.cancel()
