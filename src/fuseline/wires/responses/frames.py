"""The events of one Responses stream as bytes, numbered from zero without a gap."""

from pydantic_core import to_json

from fuseline.types.json import Json


class Frames:
    """Writes events, each with its number."""

    def __init__(self) -> None:
        self._next = 0

    def write(self, kind: str, **fields: Json) -> bytes:
        """An event."""
        body = to_json({"type": kind, "sequence_number": self._next, **fields})
        self._next += 1
        return b"event: " + kind.encode() + b"\ndata: " + body + b"\n\n"

    def piece(self, head: bytes, text: str) -> bytes:
        """An event that carries a piece of text behind a head that was written before."""
        frame = head + to_json(text) + b',"sequence_number":%d}\n\n' % self._next
        self._next += 1
        return frame


def piece_head(kind: str, **fields: Json) -> bytes:
    """What is the same in all events that carry pieces of one text."""
    return b"event: " + kind.encode() + b"\ndata: " + to_json({"type": kind, **fields})[:-1] + b',"delta":'
