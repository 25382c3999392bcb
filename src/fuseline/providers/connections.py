"""The connections of one endpoint, which tell each call whether the one that it was given has carried others before."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import ClassVar
from weakref import WeakSet

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace


@dataclass(slots=True)
class Way:
    """The way that a call took."""

    kept: bool = False
    """Whether its connection had carried others."""


CALL: ContextVar[Way] = ContextVar("CALL")
"""The call that is being made in this task."""


class Connections(aiohttp.TCPConnector):
    """A connector that knows its connections. aiohttp's own word of it, by tracing, costs every call a twentieth."""

    known: ClassVar[WeakSet[ResponseHandler]] = WeakSet()
    """Those that have been given out and are still open."""

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Give a connection, kept or new, and tell the call which of them it is."""
        connection = await super().connect(req, traces, timeout)
        handler, call = connection.protocol, CALL.get(None)
        if handler in self.known:
            if call is not None:
                call.kept = True
        elif handler is not None:
            self.known.add(handler)
        return connection
