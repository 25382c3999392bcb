"""One free look at an endpoint: is it there, does it take the key, what does it list, what time is it there.

It judges nothing, and keeps no word that an endpoint said beyond the names of its models.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import anyio
from multidict import CIMultiDict
from pydantic_core import from_json
from yarl import URL

from fuseline.providers.credentials import Credential
from fuseline.providers.http import broken
from fuseline.types.errors import UpstreamError
from fuseline.types.json import list_of, object_of
from fuseline.types.models import Endpoint
from fuseline.types.money import nano
from fuseline.wires.base import ClientWire

LONGEST_LIST = 8 << 20
"""Bytes of a list of models; what is longer is not read to its end, and so not at all."""
WHOLE_LIST: Mapping[str, str] = {"messages": "limit=1000", "gemini": "pageSize=1000"}
"""What to ask for, by wire, so that the list comes on one page."""
REFUSALS = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request. Every figure is `None` where it was not learnt."""

    status: int | None = None
    problem: UpstreamError | None = None
    """Why there is no good answer; its message is one of ours, or the upstream's own made safe."""
    dns_s: float | None = None
    connect_s: float | None = None
    """Seconds for TCP and TLS, without the look-up of the name."""
    answer_s: float | None = None
    """Seconds from the connection to the head of the answer."""
    skew_s: float | None = None
    """Seconds that the endpoint's clock is ahead of ours, to about one second."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Account:
    """What OpenRouter says of a key, in nano-dollars."""

    used: int | None = None
    limit: int | None = None
    """`None` where it has none."""


@dataclass(frozen=True, slots=True)
class Probe:
    """All that was learnt of one endpoint."""

    listing: Answer
    """Of the request for its models, with the key."""
    open_list: bool = False
    """Whether the list is given to anybody, so that it says nothing about a key."""
    key: Answer | None = None
    """Of the request for what the key is, where there is such a thing."""
    account: Account | None = None
    listed: frozenset[str] | None = None
    """The names of its models; `None` where they were not told."""
    whole: bool = True
    """Whether the list is complete."""

    @property
    def key_taken(self) -> bool | None:
        """Whether the key is good; `None` where these requests cannot tell."""
        told = self.key or self.listing
        if told.problem is not None and told.problem.reason == "upstream_auth":
            return False
        checked = self.key is not None or (self.listed is not None and not self.open_list)
        return True if told.status == 200 and checked else None


async def probe(endpoint: Endpoint, wire: ClientWire, credential: Credential | None, clock_s: float) -> Probe:
    """Ask an endpoint for its models, with what shows who pays and without it, each within `clock_s` seconds."""
    answers: dict[str, Answer] = {}

    async def ask(name: str, path: str, shows: Credential | None) -> None:
        answers[name] = await knock(endpoint, wire, path, shows, clock_s)

    query = WHOLE_LIST.get(endpoint.wire, "")
    models = f"/models?{query}" if query else "/models"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, "listing", models, credential)
        if credential is not None:
            tasks.start_soon(ask, "open", models, None)
        if credential is not None and endpoint.dialect == "openrouter":
            tasks.start_soon(ask, "key", "/key", credential)
    listing, stranger, key = answers["listing"], answers.get("open", Answer()), answers.get("key")
    listed, whole = read_names(listing.body) if listing.status == 200 else (None, True)
    told = key if key is not None and key.status in (200, *REFUSALS) else None
    return Probe(listing, stranger.status == 200, told, read_account(told.body) if told else None, listed, whole)


async def knock(
    endpoint: Endpoint, wire: ClientWire, path: str, credential: Credential | None, clock_s: float
) -> Answer:
    """Make one GET on a connection of its own. A redirect is an answer like any other, and never followed."""
    watch = Stopwatch()
    with anyio.move_on_after(clock_s):
        try:
            url = URL(endpoint.base_url + path)
            headers = CIMultiDict(wire.headers)
            headers.update(endpoint.headers, Accept="application/json")
            if credential is not None:
                headers.update(await credential.headers("GET", str(url), b""))
            watch.began = time.monotonic()
            async with (
                open_session(watch) as session,
                session.get(url, headers=headers, allow_redirects=False) as response,
            ):
                return await read_answer(response, wire, credential, watch)
        except UpstreamError as error:
            return watch.stopped(error)
        except aiohttp.ClientError as error:
            return watch.stopped(broken(error, wire.reader(LONGEST_LIST, LONGEST_LIST)))
        except ValueError:
            return watch.stopped(UpstreamError("bad_request", "its base_url is no address", sent=False))
        except OSError as error:
            return watch.stopped(UpstreamError("upstream_reset", f"the connection broke ({type(error).__name__})"))
    if watch.connected is None:
        return watch.stopped(UpstreamError("connect_timeout", f"no connection within {clock_s:g} s"))
    return watch.stopped(UpstreamError("first_byte_timeout", f"no answer within {clock_s:g} s"))


def open_session(watch: "Stopwatch") -> aiohttp.ClientSession:
    """A session for one request, with the same manners as those that calls are made on."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        trace_configs=[watch.hands()],
    )


async def read_answer(
    response: aiohttp.ClientResponse, wire: ClientWire, credential: Credential | None, watch: "Stopwatch"
) -> Answer:
    """Read what a request brought; of a refusal only what the wire makes of it, without the key."""
    watch.answered = time.monotonic()
    skew = clock_skew(response.headers, watch)
    body = await read_start(response)
    problem = None
    if response.status != 200:
        problem = wire.read_error(response.status, response.headers, body, frozenset())
        problem.message = credential.redact(problem.message) if credential else problem.message
    return Answer(response.status, problem, watch.dns_s, watch.connect_s, watch.answer_s, skew, body)


async def read_start(response: aiohttp.ClientResponse) -> bytes:
    """The body, or its start where it is longer than any list; what came of one that broke off."""
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > LONGEST_LIST:
                break
    except aiohttp.ClientPayloadError:
        pass  # what there is of it will not parse, and the head has been read
    return bytes(body)


@dataclass(slots=True)
class Stopwatch:
    """When the steps of one request were taken, on the monotonic clock."""

    began: float = field(default_factory=time.monotonic)
    looked_up: float | None = None
    dns_s: float | None = None
    connected: float | None = None
    answered: float | None = None

    def hands(self) -> aiohttp.TraceConfig:
        """What tells aiohttp to move this watch."""
        config = aiohttp.TraceConfig()
        config.on_dns_resolvehost_start.append(self._asked_name)
        config.on_dns_resolvehost_end.append(self._found_name)
        config.on_connection_create_end.append(self._connected)
        return config

    @property
    def connect_s(self) -> float | None:
        """Seconds for TCP and TLS."""
        return None if self.connected is None else self.connected - self.began - (self.dns_s or 0)

    @property
    def answer_s(self) -> float | None:
        """Seconds from the connection to the head of the answer."""
        return self.answered - self.connected if self.answered and self.connected else None

    def stopped(self, problem: UpstreamError) -> Answer:
        """The answer of a request that brought none."""
        return Answer(problem=problem, dns_s=self.dns_s, connect_s=self.connect_s)

    async def _asked_name(self, *_: object) -> None:
        self.looked_up = time.monotonic()

    async def _found_name(self, *_: object) -> None:
        self.dns_s = time.monotonic() - (self.looked_up or self.began)

    async def _connected(self, *_: object) -> None:
        self.connected = time.monotonic()


def clock_skew(headers: Mapping[str, str], watch: Stopwatch) -> float | None:
    """Seconds that the clock of who answered is ahead; `None` where the answer carries no date, or none that is one."""
    try:
        told = parsedate_to_datetime(headers.get("Date", "")).timestamp() + float(headers.get("Age") or 0)
    except (ValueError, OverflowError):
        return None
    halfway = time.time() - (watch.answer_s or 0) / 2
    skew = told + 0.5 - halfway  # a date has whole seconds, cut off
    return skew if math.isfinite(skew) else None


def read_names(body: bytes) -> tuple[frozenset[str] | None, bool]:
    """The names in a list of models, whichever protocol's it is, and whether it says that there is no more."""
    try:
        value: Any = from_json(body)
    except ValueError:
        return None, True
    told = object_of(value)
    entries = list_of(value) or list_of(told.get("data")) or list_of(told.get("models"))
    named = (object_of(entry).get("id") or object_of(entry).get("name") for entry in entries)
    names = frozenset(name.removeprefix("models/") for name in named if isinstance(name, str))
    known = isinstance(value, list) or "data" in told or "models" in told
    return (names if known else None), not (told.get("has_more") or told.get("nextPageToken"))


def read_account(body: bytes) -> Account | None:
    """What the answer to `GET /key` says of money; `None` where it says nothing that can be read."""
    try:
        told = object_of(object_of(from_json(body)).get("data"))
    except ValueError:
        return None
    return Account(amount(told.get("usage")), amount(told.get("limit"))) if told else None


def amount(value: object) -> int | None:
    """Dollars that somebody else wrote, as nano-dollars; `None` where they are none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return nano(value) if 0 <= value < 1e9 else None
