"""Any endpoint over HTTP on any wire: one attempt, under its clocks and caps. It neither retries nor counts money."""

import logging
import socket
import time
from collections.abc import Mapping

import aiohttp
import anyio
from yarl import URL

from fuseline.providers.base import Hear
from fuseline.providers.clock import Clock
from fuseline.providers.connections import CALL, Way
from fuseline.providers.credentials import credential_for
from fuseline.providers.keyring import Key
from fuseline.providers.limits import cooling
from fuseline.settings.sections import Clocks, Limits
from fuseline.types.errors import ParameterRefused, UpstreamError
from fuseline.types.models import Endpoint, Model
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.wires.base import ClientWire, ReplyReader

logger = logging.getLogger(__name__)

ERROR_BYTES = 64 << 10
STALE_S = 0.25
"""How soon a call fails that goes out on a connection which the other side has left. llama.cpp leaves each one after a
stream, though it says that it keeps it (tests/real/test_llamacpp.py, 2026-11)."""
BYTES_PER_TOKEN = 16
"""A generous bound on a token's bytes, four times the usual: what comes beyond is not an answer but a fault."""


class HTTPProvider:
    """One endpoint with one of its keys. The key goes to this endpoint's address and to no other."""

    def __init__(
        self,
        endpoint: Endpoint,
        wire: ClientWire,
        session: aiohttp.ClientSession,
        key: Key,
        clocks: Clocks,
        limits: Limits,
        places: anyio.Semaphore,
        refused: dict[str, frozenset[str]],
    ) -> None:
        self._endpoint = endpoint
        self._wire = wire
        self._session = session
        self._key = key
        self._credential = credential_for(endpoint.auth or wire.auth, key.secret, endpoint.base_url)
        self._clocks = clocks
        self._limits = limits
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=clocks.connect_s)
        self._urls: dict[str, tuple[URL, str]] = {}
        """Where each model is asked, and the same as it is written."""
        self._places = places
        """The endpoint's connections, shared by its keys, and so are its refusals."""
        self._refused = refused

    async def speak(self, request: Request, model: Model, hear: Hear, call_s: float) -> Reply:
        """Make one attempt; where the upstream refuses an optional parameter, remember it for the next."""
        left_s = await self._queue(call_s)
        try:
            return await self._remembering(request, model, hear, left_s)
        finally:
            self._places.release()

    async def _queue(self, call_s: float) -> float:
        """Wait for a place among the endpoint's connections; return the seconds that are left for the call.

        :raises UpstreamError: when none gets free for as long as an upstream would be waited for.
        """
        try:
            self._places.acquire_nowait()
        except anyio.WouldBlock:
            began = time.monotonic()
            with anyio.move_on_after(min(call_s, self._clocks.first_byte_s)):
                await self._places.acquire()
                return call_s - (time.monotonic() - began)
            busy = f"all {self._endpoint.connections} connections to this endpoint stayed busy"
            raise UpstreamError("pool_exhausted", busy, sent=False) from None
        return call_s

    async def _remembering(self, request: Request, model: Model, hear: Hear, call_s: float) -> Reply:
        without = self._refused.get(model.name, frozenset())
        try:
            return await self._attempt(request, model, hear, call_s, without)
        except UpstreamError as error:
            error.message = self._credential.redact(error.message)
            error.args = (error.message,)
            if isinstance(error, ParameterRefused) and error.parameter not in without:
                error.retryable = True
                self._refused[model.name] = without | {error.parameter}
            raise

    async def _attempt(
        self, request: Request, model: Model, hear: Hear, call_s: float, without: frozenset[str]
    ) -> Reply:
        body = self._wire.write_request(request, model, without)
        clock = Clock(self._clocks, call_s)
        quirks = self._endpoint.quirks
        reader = self._wire.reader(self._answer_bytes(request), self._limits.line_bytes, quirks)
        with clock:
            try:
                url, address = self._address(model)
                shown = await self._credential.headers("POST", address, body)
                async with await self._post(url, body, shown) as response:
                    clock.headers()
                    if response.status != 200:
                        raise await self._refusal(response, request, model, without)
                    if wait := cooling(response.headers):
                        self._key.cool(model.name, wait)
                    if not is_stream(response.headers):
                        reply = self._wire.read_reply(await read_capped(response, self._limits.answer_bytes), quirks)
                        if reply.text or reply.reasoning or reply.opaque:
                            await hear(reply.delta)
                        return reply
                    await listen(response.content, reader, hear, clock)
                    return reader.close()
            except aiohttp.ClientError as error:
                if not (reader.finished or reader.done):
                    raise broken(error, reader) from None
        if reader.finished or reader.done:
            return reader.close()  # the answer is whole, only its figures did not come
        raise clock.expired(reader)

    async def _post(self, url: URL, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """Send a call; again where the connection had been kept, and turns out to be one that its server had left."""
        began = time.monotonic()
        while True:
            CALL.set(call := Way())
            try:
                return await self._session.post(
                    url,
                    data=body,
                    headers=headers,
                    timeout=self._timeout,
                    allow_redirects=False,
                )
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not call.kept or time.monotonic() - began > STALE_S:
                    raise

    def _address(self, model: Model) -> tuple[URL, str]:
        found = self._urls.get(model.name)
        if found is None:
            url = URL(self._endpoint.base_url + self._wire.path(model))
            found = self._urls[model.name] = (url, str(url))
        return found

    def _answer_bytes(self, request: Request) -> int:
        asked = request.max_tokens
        return min(self._limits.answer_bytes, asked * BYTES_PER_TOKEN) if asked else self._limits.answer_bytes

    async def _refusal(
        self, response: aiohttp.ClientResponse, request: Request, model: Model, without: frozenset[str]
    ) -> UpstreamError:
        body = await response.content.read(ERROR_BYTES)
        sent = self._wire.optional(request, model, without)
        return self._wire.read_error(response.status, response.headers, body, sent)


async def listen(content: aiohttp.StreamReader, reader: ReplyReader, hear: Hear, clock: Clock) -> None:
    """Read whole socket buffers until the reply is complete or the stream ends."""
    while chunk := await content.readany():
        delta = reader.feed(chunk)
        if delta is not None:
            await hear(delta)
        if reader.full or content.at_eof():
            return
        clock.heard(delta is not None, reader.finished, reader.done)  # read on to the end: the connection is kept


def is_stream(headers: Mapping[str, str]) -> bool:
    """Whether the body is an event stream, as against one JSON object.

    :raises UpstreamError: when it is neither: a login page is not an answer, whatever it says.
    """
    if headers.get("Content-Encoding", "identity") != "identity":
        raise UpstreamError("decompression_limit", "the upstream compressed its reply, which was not asked for")
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in ("text/event-stream", "application/json"):
        raise UpstreamError("bad_content_type", "the upstream's reply is neither a stream of events nor JSON")
    return kind == "text/event-stream"


async def read_capped(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read a whole body, up to twice the cap on text: JSON escapes what it carries."""
    body = bytearray()
    try:
        while chunk := await response.content.readany():
            body += chunk
            if len(body) > 2 * limit:
                raise UpstreamError("output_cap", "the upstream's reply is too long")
    except aiohttp.ClientPayloadError:
        raise UpstreamError("upstream_bad_json", "the upstream's reply was cut off") from None
    return bytes(body)


def broken(error: aiohttp.ClientError, reader: ReplyReader) -> UpstreamError:
    """Say in the words of the fault table how a connection failed."""
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError() | aiohttp.ClientSSLError():
            logger.warning("an upstream's TLS is not acceptable: %s", error)
            return UpstreamError(
                "tls_failure", "the upstream's TLS certificate or protocol is not acceptable", sent=False
            )
        case aiohttp.ClientConnectorDNSError():
            cause = error.os_error
            final = isinstance(cause, socket.gaierror) and cause.errno in (socket.EAI_NONAME, socket.EAI_NODATA)
            return UpstreamError(
                "dns_failure", "the upstream's host name cannot be resolved", retryable=not final, sent=False
            )
        case aiohttp.ConnectionTimeoutError():
            return UpstreamError(
                "connect_timeout", "the upstream does not accept connections", retryable=True, sent=False
            )
        case aiohttp.ClientConnectorError():
            return UpstreamError("connect_refused", "the upstream refuses connections", retryable=True, sent=False)
        case aiohttp.ServerDisconnectedError() if not reader.partial().text:
            return UpstreamError("upstream_reset", "the upstream closed the connection unanswered", retryable=True)
        case aiohttp.ClientPayloadError():
            return UpstreamError("upstream_reset", "the upstream's stream broke off", partial=reader.partial())
        case aiohttp.ClientResponseError():
            return UpstreamError("unexpected_status", "the upstream does not speak HTTP as it should")
        case _:
            return UpstreamError("upstream_reset", "the connection to the upstream broke", partial=reader.partial())
