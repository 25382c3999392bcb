"""A response on its way to its client, of which a copy is kept, and that copy given again."""

from collections.abc import Collection, Mapping

from starlette.types import Message, Send

from fuseline.doors.http.marks import PENDING, STATUS
from fuseline.doors.http.messages import piece, start
from fuseline.storage.base import Sent


class Recording:
    """Where a response is sent instead of to its client: it goes on at once, and what matters of it is kept.

    Signs of life are not kept; nor is a response that grows longer than `most` bytes.
    """

    def __init__(self, send: Send, signs: Collection[bytes], most: int) -> None:
        self._send = send
        self._signs = signs
        self._most = most
        self._status = 0
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []
        self._size = 0
        self._whole = False

    async def __call__(self, message: Message) -> None:
        """Pass a part of the response on."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            self._keep(message["body"])
            self._whole = not message["more_body"]
        await self._send(message)

    def _keep(self, body: bytes) -> None:
        if body in self._signs:
            return
        self._size += len(body)
        if self.too_long:
            self._pieces.clear()
        else:
            self._pieces.append(body)

    @property
    def too_long(self) -> bool:
        """Whether there is too much of it to be kept."""
        return self._size > self._most

    def sent(self, status: str) -> Sent | None:
        """The response, unless it is too long or was cut off; `status` takes the place of a pending one."""
        if not self._whole or self.too_long:
            return None
        headers = {name: value for name, value in self._headers.items() if name != "content-length"}
        if headers.get(STATUS.lower()) == PENDING:
            headers[STATUS.lower()] = status
        return Sent(self._status, headers, b"".join(self._pieces))


async def replay(send: Send, sent: Sent, headers: Mapping[str, str]) -> None:
    """Send a response again, in one piece, with these headers over its own."""
    lower = {name.lower(): value for name, value in headers.items()}
    await start(send, sent.status, {**sent.headers, "content-length": str(len(sent.body)), **lower})
    await piece(send, sent.body, last=True)
