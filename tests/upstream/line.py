"""One client's connection: requests read off it, answers played on it byte by byte. It does not know what they mean."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import anyio
from anyio.lowlevel import checkpoint

from tests.upstream.wire import Action, Hangup, Head, Raw, Reset, Silence, Wait

READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, read whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


NOT_HTTP = Request("", "", {"connection": "close"}, b"")
"""What stands for bytes that no HTTP request begins with, such as those of TLS."""


class Line:
    """A connection that is listened to all the time, so that it is known at once when the client leaves."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.left = False
        self._reader = reader
        self._writer = writer
        self._ahead = bytearray()
        self._arrived = anyio.Event()
        # with no room to buffer, a drained write is in the kernel's hands, and an abort loses nothing
        writer.transport.set_write_buffer_limits(high=0)

    async def listen(self, conversation: anyio.CancelScope) -> None:
        """Take in what the client sends until it closes its side, then end the conversation."""
        with suppress(ConnectionError):
            while more := await self._reader.read(READ_BYTES):
                self._ahead += more
                self._arrived.set()
                self._arrived = anyio.Event()
        self.left = True
        conversation.cancel()

    async def request(self) -> Request:
        """Read the next request. Never returns where the client leaves instead."""
        await self._at_least(1)
        if not self._ahead[:1].isalpha():
            return NOT_HTTP
        head = (await self._until(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, path, _ = first.split(" ")
        fields = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in fields}
        return Request(method, path, headers, await self._body(headers))

    async def play(self, actions: Iterable[Action], sent: Callable[[int], None]) -> bool:
        """Do one after another what an answer is made of; says whether the line can carry another request."""
        chunked = False
        for action in actions:
            match action:
                case bytes(content):
                    await self._send(chunk(content) if chunked else content, sent)
                case Head():
                    chunked = action.chunked
                    await self._send(action.render(), sent)
                case Raw(content):
                    await self._send(content, sent)
                case Wait(seconds):
                    await anyio.sleep(seconds)
                case Silence():
                    await anyio.sleep_forever()
                case Reset():
                    self._reset_on_close()
                    return False
                case Hangup():
                    return False
        if chunked:
            await self._send(b"0\r\n\r\n", sent)
        return True

    def close(self) -> None:
        """Let go of the socket at once."""
        self._writer.transport.abort()

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return await self._exactly(int(headers.get("content-length", "0")))
        body = bytearray()
        while size := int(await self._until(b"\r\n"), 16):
            body += (await self._exactly(size + 2))[:-2]
        await self._until(b"\r\n")
        return bytes(body)

    async def _until(self, mark: bytes) -> bytes:
        while (found := self._ahead.find(mark)) < 0:
            await self._arrived.wait()
        return await self._exactly(found + len(mark))

    async def _exactly(self, size: int) -> bytes:
        await self._at_least(size)
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken

    async def _at_least(self, size: int) -> None:
        while len(self._ahead) < size:
            await self._arrived.wait()

    async def _send(self, content: bytes, sent: Callable[[int], None]) -> None:
        try:
            self._writer.write(content)
            await self._writer.drain()
        except ConnectionError:
            await anyio.sleep_forever()  # `listen` learns of it too, and ends the conversation
        sent(len(content))
        await checkpoint()  # a client that reads fast must not keep `listen` from its turn

    def _reset_on_close(self) -> None:
        linger_off = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_off)


def chunk(content: bytes) -> bytes:
    """Bytes framed as one HTTP chunk. No bytes are no chunk, since an empty one would end the body."""
    return b"%x\r\n%b\r\n" % (len(content), content) if content else b""
