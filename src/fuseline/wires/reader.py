"""The client end of any stream of events: cut into payloads, read by a wire, folded into one draft of a reply."""

from collections.abc import Callable
from typing import Any

from fuseline.types.errors import Partial
from fuseline.types.replies import Delta, Reply
from fuseline.wires.draft import Draft
from fuseline.wires.sse import EventReader, LineTooLong

Hear = Callable[[dict[str, Any]], None]
"""A wire's own part: takes in an event, and says in the draft what was said in it."""


class StreamReader:
    """Reads one streamed reply. Built for one call and thrown away."""

    def __init__(self, draft: Draft, hear: Hear, line_bytes: int) -> None:
        self._draft = draft
        self._hear = hear
        self._events = EventReader(line_bytes)

    @property
    def finished(self) -> bool:
        """Whether the model has said its last word; only figures may still follow."""
        return bool(self._draft.native)

    @property
    def done(self) -> bool:
        """Whether the stream said that it is over."""
        return self._draft.done

    @property
    def full(self) -> bool:
        """Whether the answer passed its cap."""
        return self._draft.full

    def feed(self, chunk: bytes) -> Delta | None:
        """Take in what was read; return what was said in it."""
        try:
            payloads = self._events.feed(chunk)
        except LineTooLong:
            raise self._draft.broken("line_too_long", "the upstream sent a line that is too long") from None
        return self._take(payloads) if payloads else None

    def close(self) -> Reply:
        """Return the whole reply, or raise when the stream stopped short."""
        if rest := self._events.close():
            self._take(rest)
        return self._draft.reply()

    def partial(self) -> Partial:
        """What has come so far."""
        return self._draft.partial()

    def _take(self, payloads: list[bytes]) -> Delta | None:
        draft = self._draft
        said, thought, sealed = len(draft.text), len(draft.reasoning), len(draft.details)
        for payload in payloads:
            if draft.done or draft.full:
                break
            if payload == b"[DONE]":
                draft.done = True
            else:
                self._read(payload)
        text, reasoning = "".join(draft.text[said:]), "".join(draft.reasoning[thought:])
        details = tuple(draft.details[sealed:])
        return Delta(text, reasoning, details) if text or reasoning or details else None

    def _read(self, payload: bytes) -> None:
        self._hear(self._draft.parse(payload))
