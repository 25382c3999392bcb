"""Which provider serves which model, for the life of the process. It keeps the connections, and the breakers."""

import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Self

import aiohttp

from fuseline.providers.base import Provider
from fuseline.providers.breaker import Breaker, RetryBudget
from fuseline.providers.http import HTTPProvider
from fuseline.settings import Clocks, Limits
from fuseline.types.models import Endpoint, Model
from fuseline.wires.base import ClientWire


class Switchboard:
    """Connects models to providers. Opened once; one session for each endpoint, closed with it."""

    def __init__(
        self,
        resolve: Callable[[str], Model],
        wires: Mapping[str, ClientWire],
        clocks: Clocks,
        limits: Limits,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.resolve = resolve
        self.clocks = clocks
        self.retries = RetryBudget()
        self._wires = wires
        self._limits = limits
        self._environ = environ
        self._providers: dict[str, Provider] = {}
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._open.__aenter__()
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._open.aclose()

    async def provider(self, model: Model) -> Provider:
        """The provider that serves a model."""
        endpoint = model.endpoint
        if endpoint.name not in self._providers:
            self._providers[endpoint.name] = await self._connect(endpoint)
        return self._providers[endpoint.name]

    def breaker(self, model: Model) -> Breaker:
        """The breaker of a model at its endpoint."""
        return self._breakers.setdefault((model.endpoint.name, model.name), Breaker())

    async def _connect(self, endpoint: Endpoint) -> HTTPProvider:
        session = await self._open.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=endpoint.connections, keepalive_timeout=30),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent",),
                trust_env=False,
            )
        )
        key = next((value for name in endpoint.api_key_env if (value := self._environ.get(name))), "")
        return HTTPProvider(endpoint, self._wires[endpoint.wire], session, key, self.clocks, self._limits)
