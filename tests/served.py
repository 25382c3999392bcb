"""A house behind a real socket, so that tests meet it the way clients do."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn

from fuseline.assembly import House
from fuseline.doors.http.app import build_app
from fuseline.doors.http.stream import Pace


@asynccontextmanager
async def served(house: House, pace: Pace | None = None) -> AsyncGenerator[str]:
    """Serve a house on a free port of 127.0.0.1 within the test's own loop; the value is its origin, without a path.

    Requests that are still open at the end get a second, and are cancelled then.
    """
    config = uvicorn.Config(build_app(house, pace), lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        await server.startup([listener])  # not `serve()`, which takes the signals of the process, and a tick to end
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await server.shutdown([listener])
