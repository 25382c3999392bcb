"""The plain ASGI parts of a response: start it, send a piece, end it, answer with JSON."""

from collections.abc import Mapping

import anyio
from multidict import CIMultiDict
from starlette.types import Receive, Scope, Send

from fuseline.types.errors import InvalidRequest
from fuseline.wires.base import ErrorBody

STALL_S = 60.0
"""Seconds that a client may take to accept a piece before it is given up."""
READ = "fuseline.headers"
"""Where the headers of a request are kept once they have been read."""
BUFFERED = 32 << 10
"""A first piece shorter than this never waits: the server takes as much twice over before it holds a sender back."""


class ClientGone(Exception):
    """The client has closed its connection, or accepts no more."""


def headers_of(scope: Scope) -> CIMultiDict[str]:
    """The headers of a request, of which a dozen are looked for: a look at those of Starlette goes through them all.

    They are read once, and kept with the request.
    """
    found: CIMultiDict[str] | None = scope.get(READ)
    if found is None:
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        found = scope[READ] = CIMultiDict(pairs)
    return found


async def read_body(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    """Read a request's body.

    :raises InvalidRequest: for another content type than JSON, an encoding, or too many bytes.
    :raises ClientGone: when the client left before it had sent everything.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise InvalidRequest("Content-Type must be application/json", status=415)
    if headers.get("content-encoding", "identity") != "identity":
        raise InvalidRequest("encoded bodies are not accepted", status=415)
    if int(headers.get("content-length") or 0) > limit:
        raise too_large(limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise too_large(limit)
        if not message.get("more_body"):
            return b"".join(chunks)


def too_large(limit: int) -> InvalidRequest:
    """The error of a body that has more bytes than it may have."""
    return InvalidRequest(f"the body is larger than {limit} bytes", kind="payload_too_large", status=413)


async def start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    """Send the status line and headers."""
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def piece(send: Send, body: bytes, *, last: bool = False, patience: float = STALL_S) -> None:
    """Send a piece of the body.

    :raises ClientGone: when the client does not accept it for `patience` seconds.
    """
    with anyio.move_on_after(patience) as waiting:
        await send_piece(send, body, last=last)
    if waiting.cancelled_caught:
        raise ClientGone


async def send_piece(send: Send, body: bytes, *, last: bool) -> None:
    """Send a piece of the body, for those who watch the time themselves."""
    await send({"type": "http.response.body", "body": body, "more_body": not last})


async def answer(send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send a whole JSON response."""
    fixed = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    await start(send, status, {**fixed, **(headers or {})})
    if len(body) < BUFFERED:
        await send_piece(send, body, last=True)
    else:
        await piece(send, body, last=True)


async def answer_error(send: Send, error: ErrorBody, headers: Mapping[str, str] | None = None) -> None:
    """Send an error as a response of its own, with these headers beside its own."""
    await answer(send, error.status, error.body, {**error.headers, **(headers or {})})
