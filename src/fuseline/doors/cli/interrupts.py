"""Ctrl-C in two steps: the first stops the work in good order, the second ends the process."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import anyio

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Stop:
    """A block of work that a signal can stop."""

    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    signal: int = 0
    """The signal that stopped it; 0 where none did."""

    @property
    def exit_code(self) -> int:
        """The exit code of a process that this signal stopped."""
        return 128 + self.signal


@contextmanager
def stoppable() -> Generator[Stop]:
    """Cancel the block when the first signal comes, and let the second take its usual course."""
    stop = Stop()
    loop = asyncio.get_running_loop()

    def take(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.signal = number
        loop.call_soon_threadsafe(stop.scope.cancel)

    before = {number: signal.signal(number, take) for number in SIGNALS}
    try:
        with stop.scope:
            yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
