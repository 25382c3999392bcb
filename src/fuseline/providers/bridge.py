"""Vendors that speak none of our wires, by way of any-llm, where that is installed: it is asked and read as chat.

It brings its vendors' own libraries, with connections and keys of their own. Whoever has another way takes that.
"""

import inspect
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
from pydantic_core import from_json, to_json

from fuseline.catalog.extras import borrow, demand
from fuseline.providers.base import Hear
from fuseline.providers.clock import Clock
from fuseline.providers.http import BYTES_PER_TOKEN
from fuseline.settings.sections import Clocks, Limits
from fuseline.types.errors import ParameterRefused, UpstreamError
from fuseline.types.json import object_of
from fuseline.types.models import Endpoint, Model
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.wires.base import ClientWire, ReplyReader

logger = logging.getLogger(__name__)

BRIDGED = "any-llm"
"""What such an endpoint has for a wire, and the extra that it needs."""
NO_KEY = "none"
"""What is shown to an address that no key is meant for; the library would take one that belongs elsewhere."""
CLOSING_S = 2.0
STATUSES: Mapping[str, int] = {
    "UnsupportedParameterError": 400,
    "InvalidRequestError": 400,
    "ContextLengthExceededError": 400,
    "MissingApiKeyError": 401,
    "AuthenticationError": 401,
    "InsufficientFundsError": 402,
    "ContentFilterError": 403,
    "ModelNotFoundError": 404,
    "UnsupportedProviderError": 404,
    "RateLimitError": 429,
    "UpstreamProviderError": 502,
    "GatewayTimeoutError": 504,
}
"""What its errors stand for, where they do not carry the status that the vendor answered with."""


class Bridge:
    """The library, and all that crosses it: one for the process."""

    def __init__(self, wire: ClientWire, wanted_by: str) -> None:
        """Load the library; `wire` is chat, in whose words it is spoken to.

        :raises BadConfiguration: when it is not installed.
        """
        demand(BRIDGED, wanted_by)
        self._wire = wire
        self._library = borrow("any_llm").AnyLLM
        self._refusals = borrow("any_llm.exceptions")

    def connect(
        self,
        endpoint: Endpoint,
        secret: str,
        clocks: Clocks,
        limits: Limits,
        places: anyio.Semaphore,
        refused: dict[str, frozenset[str]],
    ) -> "BridgeProvider":
        """Who calls an endpoint with one of its keys; places and refusals are shared by all of them."""
        return BridgeProvider(self, endpoint, secret, clocks, limits, places, refused)

    @property
    def wire(self) -> ClientWire:
        """The words in which the library is spoken to."""
        return self._wire

    @property
    def parameters(self) -> frozenset[str]:
        """What may be asked of any vendor."""
        return frozenset(inspect.signature(self._library.acompletion).parameters)

    def client(self, vendor: str, secret: str, address: str | None) -> Any:
        """The library's client of a vendor. It repeats nothing: retries are counted and paid for here.

        :raises UpstreamError: when there is no such vendor, or its own library is not installed.
        """
        key = secret or (NO_KEY if address else None)  # else the library takes the vendor's own from the environment
        wanted = {"api_key": key, "api_base": address, "unified_exceptions": True}
        try:
            try:
                return self._library.create(vendor, **wanted, max_retries=0)
            except self._refusals.UnsupportedParameterError:
                logger.warning("any-llm cannot be kept from repeating calls of %s by itself", vendor)
                return self._library.create(vendor, **wanted)
        except ImportError as error:
            raise UpstreamError(
                "upstream_error",
                f"{vendor} needs a library of its own: pip install 'any-llm-sdk[{vendor}]'",
                sent=False,
            ) from error
        except self.error as error:
            found = self.meaning(error, frozenset())
            found.sent = False
            raise found from None

    def meaning(self, error: Any, sent: frozenset[str]) -> UpstreamError:
        """Say what an error of the library's means, as if the vendor had told it on chat."""
        status = error.status_code or STATUSES.get(type(error).__name__, 0)
        wait = getattr(error, "retry_after", None)
        headers = {"Retry-After": str(wait)} if wait else {}
        return self._wire.read_error(status, headers, to_json({"error": told(error)}), sent)

    @property
    def error(self) -> type[Exception]:
        """The root of the library's errors."""
        return self._refusals.AnyLLMError


class BridgeProvider:
    """One endpoint with one of its keys. Its models are called `<vendor>/<name>`, as the library calls the vendor."""

    def __init__(
        self,
        bridge: Bridge,
        endpoint: Endpoint,
        secret: str,
        clocks: Clocks,
        limits: Limits,
        places: anyio.Semaphore,
        refused: dict[str, frozenset[str]],
    ) -> None:
        self._bridge = bridge
        self._endpoint = endpoint
        self._secret = secret
        self._clocks = clocks
        self._limits = limits
        self._places = places
        self._refused = refused
        self._clients: dict[str, Any] = {}
        """The library's client of each vendor."""

    async def speak(self, request: Request, model: Model, hear: Hear, call_s: float) -> Reply:
        """Make one attempt; where the vendor refuses an optional parameter, remember it for the next."""
        without = self._refused.get(model.name, frozenset())
        try:
            return await self._attempt(request, model, hear, call_s, without)
        except UpstreamError as error:
            error.message = error.message.replace(self._secret, "***") if self._secret else error.message
            error.args = (error.message,)
            if isinstance(error, ParameterRefused) and error.parameter not in without:
                error.retryable = True
                self._refused[model.name] = without | {error.parameter}
            raise

    async def aclose(self) -> None:
        """Let go of the vendors' connections, as far as their libraries can."""
        for client in self._clients.values():
            inner = getattr(client, "client", None)
            done = getattr(inner, "aclose", getattr(inner, "close", None))
            ended = done() if callable(done) else None
            if inspect.isawaitable(ended):
                await ended

    async def _attempt(
        self, request: Request, model: Model, hear: Hear, call_s: float, without: frozenset[str]
    ) -> Reply:
        wire = self._bridge.wire
        vendor, _, name = model.name.partition("/")
        client = self._client(vendor)
        asked = {**self._arguments(request, model, without), "model": name}
        reader = wire.reader(self._answer_bytes(request), self._limits.line_bytes, self._endpoint.quirks)
        clock = Clock(self._clocks, call_s)
        with clock:
            try:
                async with self._places:
                    chunks = await client.acompletion(**asked)
                    clock.headers()
                    await listen(chunks, reader, hear, clock)
                return reader.close()
            except self._bridge.error as error:
                raise self._failure(error, reader, wire.optional(request, model, without)) from None
        if reader.finished or reader.done:
            return reader.close()
        raise clock.expired(reader)

    def _client(self, vendor: str) -> Any:
        if vendor not in self._clients:
            address = self._endpoint.base_url
            own = address if address.startswith("http") else None
            self._clients[vendor] = self._bridge.client(vendor, self._secret, own)
        return self._clients[vendor]

    def _arguments(self, request: Request, model: Model, without: frozenset[str]) -> dict[str, Any]:
        """The body of the call as arguments; what the library has no name for, it could not pass on either."""
        body = object_of(from_json(self._bridge.wire.write_request(request, model, without)))
        known = self._bridge.parameters
        if strange := body.keys() - known:
            logger.debug("any-llm has no word for %s", ", ".join(sorted(strange)))
        return {name: value for name, value in body.items() if name in known}

    def _failure(self, error: Any, reader: ReplyReader, sent: frozenset[str]) -> UpstreamError:
        fields = told(error)
        if error.status_code or fields["code"] or type(error).__name__ in STATUSES:
            found = self._bridge.meaning(error, sent)
        else:
            said = reader.partial()
            unheard = not (said.text or said.reasoning)
            found = UpstreamError("upstream_reset", "the connection to the upstream broke", retryable=unheard)
        found.partial = reader.partial()
        return found

    def _answer_bytes(self, request: Request) -> int:
        asked = request.max_tokens
        return min(self._limits.answer_bytes, asked * BYTES_PER_TOKEN) if asked else self._limits.answer_bytes


async def listen(chunks: AsyncIterator[Any], reader: ReplyReader, hear: Hear, clock: Clock) -> None:
    """Read what the library hears, as the events that it would have been; let go of it in any case."""
    try:
        async for chunk in chunks:
            event = b"data: " + chunk.model_dump_json(exclude_none=True).encode() + b"\n\n"
            delta = reader.feed(event)
            if delta is not None:
                await hear(delta)
            if reader.full:
                return
            clock.heard(delta is not None, reader.finished, reader.done)
    finally:
        with anyio.move_on_after(CLOSING_S, shield=True):
            await getattr(chunks, "aclose", anyio.lowlevel.checkpoint)()


def told(error: Any) -> dict[str, Any]:
    """What an error of the library's tells, in the fields of chat."""
    fields = {"message": error.message, "code": error.code, "type": error.error_type, "param": error.param}
    return {name: value or "" for name, value in fields.items()}
