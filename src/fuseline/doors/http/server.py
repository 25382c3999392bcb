"""uvicorn, woken when it has to end: by itself it looks ten times a second, which costs an idle process its rest."""

import asyncio

import uvicorn

TICK_S = 1.0
"""How often the date is renewed that replies carry."""


class Server(uvicorn.Server):
    """A server that sleeps until there is something to serve, or `should_exit` is set, from whichever thread."""

    _loop: asyncio.AbstractEventLoop | None = None
    _exits = False

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._due = asyncio.Event()
        """Set when there is something to look at: the second is over, or it has to end."""

    @property
    def should_exit(self) -> bool:
        """Whether it has to end."""
        return self._exits

    @should_exit.setter
    def should_exit(self, value: bool) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._exits = value
        if value and self._loop is not None:
            self._loop.call_soon_threadsafe(self._due.set)

    async def main_loop(self) -> None:
        """Renew the date until it has to end."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            tick = self._loop.call_later(TICK_S, self._due.set)  # a timeout would take a task every second
            await self._due.wait()
            self._due.clear()
            tick.cancel()
