"""The load: so many clients at a time, each sending its next request when the last was answered."""

import asyncio
import json
import time
from dataclasses import dataclass, field

QUESTION = "Why is the sky blue, and why is it red in the evening? Explain both to an engineer."


@dataclass(slots=True)
class Seen:
    """What the clients saw."""

    latencies: list[float] = field(default_factory=list[float])
    """Seconds from request to the end of the reply."""
    chunks: int = 0
    failures: int = 0


def post(path: str, body: dict[str, object]) -> bytes:
    """A request as bytes."""
    payload = json.dumps(body, separators=(",", ":")).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(payload)}"
    )
    return head.encode() + b"\r\n\r\n" + payload


def fusion() -> bytes:
    """One whole fusion."""
    return post(
        "/v1/chat/completions", {"model": "openrouter/fusion", "messages": [{"role": "user", "content": QUESTION}]}
    )


async def load(port: int, request: bytes, clients: int, total: int) -> Seen:
    """Send `total` requests from `clients` connections."""
    seen = Seen()
    left = iter(range(total))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for _ in left:
                await one(reader, writer, request, seen)
        finally:
            writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    return seen


async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, seen: Seen) -> None:
    """Send one request and read its reply to the end."""
    began = time.perf_counter()
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    body = await read_chunked(reader) if b"transfer-encoding: chunked" in head else await read_sized(reader, head)
    seen.latencies.append(time.perf_counter() - began)
    seen.chunks += sum(line.count(b"word ") for line in body.split(b"\n") if b'delta"' in line)
    seen.failures += not (head.startswith(b"http/1.1 200") and (b'"stop"' in body or b"response.completed" in body))


async def read_sized(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """A body of known length."""
    return await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))


async def read_chunked(reader: asyncio.StreamReader) -> bytes:
    """A chunked body."""
    body = bytearray()
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return bytes(body)
