"""One request over one fresh connection to an address that was checked before, and the answer as it comes.

It follows nothing, keeps nothing, and shows no cookie, no login and no page that one came from.
"""

import socket
import ssl
from collections.abc import AsyncGenerator, Collection, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Protocol, TypeAlias

import aiohttp
import anyio
import anyio.lowlevel
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from fuseline.pages.addresses import Address
from fuseline.pages.refusals import refused
from fuseline.pages.unpacking import ACCEPTED, Body, stages_of

Place: TypeAlias = tuple[str, int]
"""An address in digits, and a port."""
HEADER_BYTES = 16 << 10
HEADERS = 100
TOO_LARGE = ("Got more than", "Too many headers")
"""How aiohttp 3.14 begins to say that a head is too large, in an error that it has for much else, too."""
STAND_IN = "checked.invalid"
"""The name by which the connector asks for a checked address. Never the page's own: for addresses in digits it would
ask nobody, and connect."""


class Resolver(Protocol):
    """Whoever knows the addresses of names."""

    async def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a name, in digits.

        :raises OSError: when there are none.
        """
        ...


class SystemResolver:
    """The system's own resolver. Names are asked for as they are: none is completed with a domain of this machine."""

    async def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a name, in digits."""
        found = await anyio.getaddrinfo(f"{host}.", port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(place[0]) for *_, place in found))


class Checked(AbstractResolver):
    """Answers every question with the places that were checked."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The places that were checked."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=at,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address, at in self._places
        ]

    async def close(self) -> None:
        """There is nothing to close."""


class Guard:
    """Makes the sockets of one request, lets them go nowhere else, and looks whom they have reached."""

    def __init__(self, places: Collection[Place]) -> None:
        self._places = places
        self._sockets: list[socket.socket] = []

    def make(self, info: tuple[int, int, int, str, tuple[str | int, ...]]) -> socket.socket:
        """A socket for a place that was checked.

        :raises OSError: for any other place.
        """
        family, kind, protocol, _, place = info
        if place[:2] not in self._places:
            raise OSError("this address was not checked")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        self._sockets.append(made)
        return made

    def close(self) -> None:
        """Close what is still open: a connection that was refused or given up belongs to nobody else."""
        for one in self._sockets:
            one.close()

    async def look(self, session: object, context: SimpleNamespace, params: object) -> None:
        """See that the other side is who was meant, before anything is said.

        :raises PageFailed: when it is not.
        """
        if not set(self._reached()) <= set(self._places):
            raise refused("blocked:address")

    def _reached(self) -> Generator[Place]:
        for one in self._sockets:
            try:
                place = one.getpeername()
            except OSError:  # it lost the race to the first connection, and is closed
                continue
            yield place[0], place[1]


@contextmanager
def before(deadline: float) -> Generator[None]:
    """Give up what takes longer.

    :raises PageFailed: when it did.
    """
    with anyio.CancelScope(deadline=deadline) as scope:
        yield
    if scope.cancelled_caught:
        raise refused("limit:time")


@asynccontextmanager
async def asked(
    address: Address, places: Sequence[Place], agent: str, deadline: float, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[aiohttp.ClientResponse]:
    """Ask for a page at one of the checked places; what comes is its head, and the body on demand.

    :raises PageFailed: when no answer comes in time, or its head is too large.
    """
    guard = Guard(places)
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(guard.look)
    connector = aiohttp.TCPConnector(
        resolver=Checked(places), socket_factory=guard.make, use_dns_cache=False, force_close=True, ssl=tls or True
    )
    headers = {"Host": address.authority, "User-Agent": agent, "Accept-Encoding": ACCEPTED, "Accept": "*/*"}
    async with (
        closing_last(guard),
        aiohttp.ClientSession(
            connector=connector,
            trace_configs=[trace],
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(),
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            max_headers=HEADERS,
        ) as session,
    ):
        with before(deadline), translated():
            response = await session.get(
                URL(f"{address.scheme}://{STAND_IN}:{address.port}{address.target}", encoded=True),
                headers=headers,
                allow_redirects=False,
                server_hostname=address.host,
            )
        try:
            yield response
        finally:
            response.close()


@asynccontextmanager
async def closing_last(guard: Guard) -> AsyncGenerator[None]:
    """Close the sockets of a request when its session, which closes most of them, has had a turn of the loop to."""
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.lowlevel.checkpoint()
        guard.close()


@contextmanager
def translated() -> Generator[None]:
    """Turn what the network and its libraries raise into our words."""
    try:
        yield
    except aiohttp.ClientResponseError as error:
        raise refused("limit:headers" if error.message.startswith(TOO_LARGE) else "failed:connect") from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise refused("failed:connect") from None


async def body_of(response: aiohttp.ClientResponse, wire_bytes: int, page_bytes: int, deadline: float) -> Body:
    """Read the body of an answer until it ends or a limit is reached.

    :raises PageFailed: when it is a bomb, or packed in a way that nobody asked for.
    """
    body = Body(stages_of(",".join(response.headers.getall("Content-Encoding", ()))), wire_bytes, page_bytes)
    with anyio.CancelScope(deadline=deadline) as scope:
        try:
            async for chunk in response.content.iter_any():
                if not body.take(chunk):
                    return body
        except (aiohttp.ClientError, OSError):
            body.truncated = "failed:connect"
    if scope.cancelled_caught:
        body.truncated = "limit:time"
    return body


def mapped(places: Sequence[Place], detours: Mapping[Place, Place] | None) -> tuple[Place, ...]:
    """Where the places really are. Only tests have detours, and then there is no other way."""
    if detours is None:
        return tuple(places)
    return tuple(detours[place] for place in places if place in detours)
