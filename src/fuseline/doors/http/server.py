"""uvicorn without its clock: by itself it looks up ten times a second, which costs an idle process its rest."""

import asyncio
import time
from email.utils import formatdate

import uvicorn
from uvicorn.server import ServerState

Headers = list[tuple[bytes, bytes]]


class Dated(ServerState):
    """What all connections share, with a date for their replies that is renewed when a request asks for it."""

    _second = -1
    """The second since the epoch that the date says."""

    @property
    def default_headers(self) -> Headers:
        """What every reply begins with."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._dated = [(b"date", formatdate(second, usegmt=True).encode()), *self._undated]
        return self._dated

    @default_headers.setter
    def default_headers(self, headers: Headers) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._undated, self._second = headers, -1


class Server(uvicorn.Server):
    """A server that sleeps until there is something to serve, or `should_exit` is set, from whichever thread."""

    _loop: asyncio.AbstractEventLoop | None = None
    _exits = False

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.server_state = Dated()
        self._ends = asyncio.Event()

    @property
    def should_exit(self) -> bool:
        """Whether it has to end."""
        return self._exits

    @should_exit.setter
    def should_exit(self, value: bool) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._exits = value
        if value and self._loop is not None:
            self._loop.call_soon_threadsafe(self._ends.set)

    async def main_loop(self) -> None:
        """Wait until it has to end."""
        self._loop = asyncio.get_running_loop()
        if not self._exits:
            await self._ends.wait()
