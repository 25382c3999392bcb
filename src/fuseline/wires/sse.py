"""Server-sent events, read and written as bytes. It knows no protocol that rides on them."""

PLAIN = b"data: "
"""How the one line of most events begins."""
DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": OPENROUTER PROCESSING\n\n"
"""The comment that OpenRouter's clients know; any client must skip it."""


class LineTooLong(Exception):
    """A line passed the cap; the stream cannot be trusted any further."""


class EventReader:
    """Cuts a byte stream into the payloads of its events, however the network split it."""

    def __init__(self, line_limit: int = 1 << 20) -> None:
        self._line_limit = line_limit
        self._rest = b""
        self._held_cr = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take in what was read and return the payload of every event that is now complete.

        :raises LineTooLong: when the unfinished rest passes the cap.
        """
        if self._held_cr or b"\r" in chunk:
            chunk = self._normalise(chunk)
        text = self._rest + chunk
        if text.startswith(PLAIN) and text.endswith(b"\n\n"):
            payloads = text[len(PLAIN) : -2].split(b"\n\n" + PLAIN)
            if text.count(b"\n") == 2 * len(payloads):  # whole events of one line each, as nearly all buffers hold
                self._rest = b""
                return payloads
        blocks = text.split(b"\n\n")
        self._rest = blocks.pop()
        if len(self._rest) > self._line_limit:
            raise LineTooLong
        payloads = list[bytes]()
        for block in blocks:
            if block.startswith(PLAIN) and b"\n" not in block:
                payloads.append(block[len(PLAIN) :])
            elif (payload := payload_of(block)) is not None:
                payloads.append(payload)
        return payloads

    def close(self) -> list[bytes]:
        """Return the last event, where the stream ended without the blank line that should close it."""
        rest, self._rest = self._rest, b""
        payload = payload_of(rest) if rest else None
        return [] if payload is None else [payload]

    def _normalise(self, chunk: bytes) -> bytes:
        if self._held_cr:
            chunk = b"\r" + chunk
        self._held_cr = chunk.endswith(b"\r")  # it may be the first half of a line break
        if self._held_cr:
            chunk = chunk[:-1]
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def payload_of(block: bytes) -> bytes | None:
    """The data of one event, or `None` where the block is empty, a comment, or another field."""
    lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines) if lines else None


def frame(payload: bytes) -> bytes:
    """One event that carries `payload`, which holds no line break."""
    return b"data: " + payload + b"\n\n"
