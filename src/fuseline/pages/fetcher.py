"""The fetcher: one page from the address that a run has seen to clean text, or the reason why not.

It knows nothing of runs: which addresses were seen, and who shares a page, is the research's business.
"""

import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import aiohttp
import anyio

from fuseline.pages.addresses import Address, follow, read_address, read_host
from fuseline.pages.asking import Place, Resolver, SystemResolver, asked, before, body_of, mapped
from fuseline.pages.base import Page, PageFailed
from fuseline.pages.policy import is_public
from fuseline.pages.readers.base import PDF, kind_of
from fuseline.pages.refusals import answered, refused
from fuseline.pages.robots import FILE_BYTES, Robots
from fuseline.pages.unpacking import Body
from fuseline.pages.workshop import Workshop, open_workshop
from fuseline.settings.research import FetchSettings
from fuseline.types.domains import ANYWHERE, DomainRules

REDIRECTS = frozenset((301, 302, 303, 307, 308))
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf")
"""How files begin that are no text, whatever they are called."""
SNIFFED = 1024


@dataclass(frozen=True, slots=True)
class Trip:
    """One fetch: when it must be over, and what the names on its way were found to be."""

    deadline: float
    found: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The checked addresses of each name. Asked for once, so that no name can be two places in one fetch."""


class WebFetcher:
    """Reads pages of the public web. `resolver`, `detours` and `tls` are for tests, whose web is this machine."""

    def __init__(
        self,
        settings: FetchSettings,
        workshop: Workshop,
        resolver: Resolver | None = None,
        detours: Mapping[Place, Place] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._workshop = workshop
        self._resolver = resolver or SystemResolver()
        self._detours = detours
        self._tls = tls
        self._robots = Robots(settings.user_agent)
        self._own = own_hosts(settings.own_hosts)

    async def fetch(self, url: str, rules: DomainRules = ANYWHERE) -> Page:
        """Read a page, under the rules at every redirect.

        :raises PageFailed: when there is no text to give.
        """
        if not self._settings.enabled:
            raise PageFailed("unavailable", "fetch_unavailable")
        address = read_address(url, self._own)
        trip = Trip(anyio.current_time() + self._settings.timeout_s)
        polite = self._settings.robots == "respect"
        async with self._arrived(address, trip, rules, polite=polite) as (there, response):
            return await self._page(there, response, trip)

    @asynccontextmanager
    async def _arrived(
        self, address: Address, trip: Trip, rules: DomainRules, *, polite: bool
    ) -> AsyncGenerator[tuple[Address, aiohttp.ClientResponse]]:
        """Go where an address leads to, step by step; the value is the first answer that is no redirect.

        :raises PageFailed: at the first step that must not be taken, or when there are too many.
        """
        for step in range(self._settings.redirects + 1):
            if not rules.allows(str(address)):
                raise refused("blocked:domain")
            places = await self._places(address, trip, redirected=step > 0)
            if polite and not await self._robots.allow(address, partial(self._rules_file, trip)):
                raise refused("blocked:robots")
            async with asked(address, places, self._settings.user_agent, trip.deadline, self._tls) as response:
                location = response.headers.get("Location", "")
                if response.status not in REDIRECTS or not location:
                    yield address, response
                    return
            address = next_address(address, location, self._own)
        raise refused("limit:redirects")

    async def _places(self, address: Address, trip: Trip, *, redirected: bool) -> tuple[Place, ...]:
        """Where an address may be asked: every one that its name has, if all of them are public.

        :raises PageFailed: when one is not, or there are none.
        """
        if address.host not in trip.found:
            trip.found[address.host] = await self._resolved(address, trip)
        found = trip.found[address.host]
        if not all(map(is_public, found)):
            raise refused("blocked:redirect" if redirected else "blocked:address")
        places = mapped([(one, address.port) for one in found], self._detours)
        if not places:
            raise refused("failed:connect")
        return places

    async def _resolved(self, address: Address, trip: Trip) -> tuple[str, ...]:
        if address.literal:
            return (address.host,)
        with before(trip.deadline):
            try:
                found = await self._resolver.resolve(address.host, address.port)
            except (OSError, UnicodeError):
                raise refused("failed:dns") from None
            if found:
                return tuple(found)
        raise refused("failed:dns")

    async def _rules_file(self, trip: Trip, address: Address) -> str | None:
        """A site's `robots.txt`: empty where it has none to give, `None` where it fails to give it (RFC 9309)."""
        try:  # rules about pages do not hold for the file that says what may be read: no model sees it
            async with self._arrived(address, trip, ANYWHERE, polite=False) as (_, response):
                if response.status >= 500:
                    return None
                if response.status != 200:
                    return ""
                body = await body_of(response, FILE_BYTES, FILE_BYTES, trip.deadline)
        except PageFailed as failed:
            if failed.verdict in ("blocked:redirect", "limit:redirects"):
                return ""
            raise
        if body.truncated == "limit:time":
            raise refused("limit:time")
        return body.bytes.decode("utf-8", "replace")

    async def _page(self, address: Address, response: aiohttp.ClientResponse, trip: Trip) -> Page:
        """The page in an answer.

        :raises PageFailed: when it is none, or of no kind that is read.
        """
        if not 200 <= response.status < 300:
            raise answered(response.status)
        declared = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if declared and not kind_of(declared):
            raise refused("unsupported:type")
        await self._workshop.warm(kind_of(declared))
        body = await body_of(response, self._settings.wire_bytes, self._settings.page_bytes, trip.deadline)
        media_type = type_of(body, declared, response.charset or "")
        read = await self._workshop.text_of(bytes(body.bytes), media_type, response.charset or "", str(address))
        truncated = body.truncated or read.truncated
        return Page(str(address), read.title, read.text, media_type, response.status, body.wire, truncated)


def own_hosts(names: tuple[str, ...]) -> frozenset[str]:
    """The names of this gateway, as addresses name them."""
    return frozenset(map(own_host, names))


def own_host(name: str) -> str:
    """A name of this gateway in its canonical form; one that is no public name is never asked anyway."""
    try:
        return read_host(name.strip())[0]
    except PageFailed:
        return name


def next_address(address: Address, location: str, own: frozenset[str]) -> Address:
    """Where a redirect leads to.

    :raises PageFailed: when it leads where no page may be read, from a secret channel to an open one, or from a name
        to an address in digits.
    """
    try:
        there = read_address(follow(address, location), own)
    except PageFailed:
        raise refused("blocked:redirect") from None
    exposed = address.scheme == "https" and there.scheme == "http"
    if exposed or (there.literal and there.host != address.host):
        raise refused("blocked:redirect")
    return there


def type_of(body: Body, declared: str, charset: str) -> str:
    """The media type of what came, which may be another than was declared.

    :raises PageFailed: when it is none that is read, or too little came to read it.
    """
    start = bytes(body.bytes[:SNIFFED])
    if start.startswith(b"%PDF-") or declared == PDF:
        if body.truncated:
            raise refused(body.truncated)
        return PDF
    wide = charset.lower().startswith("utf-16") or start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if start.startswith(PACKED) or (b"\0" in start and not wide):
        raise refused("unsupported:type")
    if body.truncated and not start:
        raise refused(body.truncated)
    return declared or ("text/html" if start.lstrip().startswith(b"<") else "text/plain")


@asynccontextmanager
async def open_fetcher(
    settings: FetchSettings,
    resolver: Resolver | None = None,
    detours: Mapping[Place, Place] | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncGenerator[WebFetcher]:
    """Open what pages are read with; it closes with the block."""
    async with open_workshop() as workshop:
        yield WebFetcher(settings, workshop, resolver, detours, tls)
