"""A small web of one's own: pages by address, on this machine, under the names and addresses of the public web.

Names are resolved by a table. Addresses of the public web lead to its server; every other one leads to a canary, which
counts whoever comes. It speaks just enough HTTP, and as badly as a page wants it to.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from fuseline.pages.asking import Place
from fuseline.pages.fetcher import WebFetcher, open_fetcher
from fuseline.pages.policy import is_public
from fuseline.settings.research import FetchSettings

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:4700:4700::1111"

Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: what its server says when it is asked for it."""

    body: bytes | str = b""
    media_type: str = "text/plain; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    say: Say | None = None
    """Says all of it by itself, if given."""

    async def speak(self, writer: asyncio.StreamWriter) -> None:
        """Answer a request."""
        if self.say is not None:
            await self.say(writer)
            return
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {"Content-Length": str(len(body)), "Connection": "close", **self.headers}
        if self.media_type:
            headers["Content-Type"] = self.media_type
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {self.status} X\r\n{lines}\r\n".encode() + body)


def leads(to: str, status: int = 302) -> Sheet:
    """A redirect."""
    return Sheet(status=status, headers={"Location": to})


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, as the server got it."""

    url: str
    headers: Mapping[str, str]
    name: str = ""
    """The name that was asked for when the channel was made secret."""


@dataclass(slots=True)
class Names:
    """A resolver with a table. An unknown name is the worst that it can be: this machine."""

    table: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict[str, Sequence[Sequence[str]]])
    """For each name one answer after the other; the last one stays."""
    asked: list[str] = field(default_factory=list[str])

    async def resolve(self, host: str, port: int) -> list[str]:
        """The next answer for a name."""
        before = self.asked.count(host)
        self.asked.append(host)
        answers = self.table.get(host, [["127.0.0.1"]])
        return list(answers[min(before, len(answers) - 1)])


class Detours(Mapping[Place, Place]):
    """Public addresses lead to the web's servers, all others to the canary."""

    def __init__(self, ports: Mapping[int, int], canary: int) -> None:
        self._ports = ports
        self._canary = canary

    def __getitem__(self, place: Place) -> Place:
        address, port = place
        return ("127.0.0.1", self._ports[port] if is_public(address) and port in self._ports else self._canary)

    def __iter__(self) -> Iterator[Place]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __contains__(self, place: object) -> bool:
        return True


@dataclass(slots=True)
class Web:
    """The web and who reads it."""

    sheets: dict[str, Sheet]
    names: Names
    visits: list[Visit] = field(default_factory=list[Visit])
    strangers: list[str] = field(default_factory=list[str])
    """Who came to the canary."""
    fetcher: WebFetcher = field(init=False)

    @property
    def read(self) -> list[str]:
        """What was asked for, without the files for robots."""
        return [visit.url for visit in self.visits if not visit.url.endswith("/robots.txt")]

    async def serve(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
            url = f"{scheme}://{headers['host']}{lines[0].split(' ')[1]}"
            tls: Any = writer.get_extra_info("ssl_object")
            self.visits.append(Visit(url, headers, getattr(tls, "asked_for", "")))
            await self.sheets.get(url, Sheet("nothing here", status=404)).speak(writer)
            await writer.drain()
        await close(writer)

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Count a stranger."""
        self.strangers.append(str(writer.get_extra_info("sockname")))
        await close(writer)


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whoever still reads it."""
    writer.close()
    with suppress(ConnectionError, ssl.SSLError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 1)


@asynccontextmanager
async def open_web(
    sheets: Mapping[str, Sheet] | None = None,
    names: Mapping[str, Sequence[Sequence[str]]] | None = None,
    *,
    tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None,
    **settings: Any,
) -> AsyncGenerator[Web]:
    """Open a web with these pages; a name in an address of theirs is at a public address unless `names` says other.

    `tls` are the contexts of the server and of the fetcher; `settings` are those of fetching.
    """
    hosts = {url.split("/")[2].split(":")[0] for url in sheets or {}}
    web = Web(dict(sheets or {}), Names({**{host: [[PUBLIC]] for host in hosts}, **(names or {})}))
    async with AsyncExitStack() as stack:
        canary = await listening(stack, web.welcome)
        plain = await listening(stack, lambda reader, writer: web.serve("http", reader, writer))
        ports = {80: plain}
        if tls:
            ports[443] = await listening(stack, lambda reader, writer: web.serve("https", reader, writer), tls[0])
        web.fetcher = await stack.enter_async_context(
            open_fetcher(FetchSettings(**settings), web.names, Detours(ports, canary), tls[1] if tls else None)
        )
        yield web


async def listening(
    stack: AsyncExitStack,
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> int:
    """Serve on a free port of this machine until the stack unwinds; returns the port."""
    speaking: set[asyncio.Task[None]] = set()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        speaking.add(task)
        try:
            await serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            speaking.discard(task)

    server = await asyncio.start_server(speak, "127.0.0.1", 0, ssl=tls)
    stack.push_async_callback(ended, server, speaking)
    return int(server.sockets[0].getsockname()[1])


async def ended(server: asyncio.Server, speaking: set[asyncio.Task[None]]) -> None:
    """Stop to listen, and to speak."""
    server.close()
    for task in speaking:
        task.cancel()
    if speaking:
        await asyncio.wait(speaking, timeout=1)
