"""What the chunks of a chat stream have in common, so that of most of them only the text is read."""

import re
from contextlib import suppress
from typing import Any

from pydantic_core import from_json

CONTENT = re.compile(rb'"content":[ ]?("(?:[^"\\]++|\\.)++")')
"""Where a chunk has its text, with the quotes around it. It never goes back: that would take memory on a long text."""
BARE = frozenset({"role", "content"})
"""What most deltas hold and no more."""
TRIES = 3
"""How often in a row something is learned that no chunk comes back to, until no more is."""


class Refrain:
    """The bytes before and after the text of a chunk, which those around it repeat. Built for one stream.

    A chunk that begins and ends with them, with one JSON string between, can be nothing but the same chunk with
    another text: it need not be parsed whole, which is most of the work on a stream of short pieces.
    """

    def __init__(self) -> None:
        self._before = b""
        self._after = b""
        self._tries = 0

    def said_in(self, payload: bytes) -> str:
        """The text of a chunk that is like those before it; empty for one that must be read whole."""
        if not (self._before and payload.startswith(self._before) and payload.endswith(self._after)):
            return ""
        try:
            text: object = from_json(payload[len(self._before) : -len(self._after)])
        except ValueError:
            return ""
        if not isinstance(text, str):
            return ""
        self._tries = 0
        return text

    def learn(self, payload: bytes, chunk: dict[str, Any]) -> None:
        """Remember what stands around the text of a chunk, where it holds nothing else that matters."""
        if self._tries < TRIES and (choice := only_choice(chunk)) and (found := CONTENT.search(payload)):
            self._tries += 1
            before, after = payload[: found.start(1)], payload[found.end(1) :]
            choice["delta"]["content"] = ""
            with suppress(ValueError):  # what is damaged beside its text is no refrain
                if from_json(before + b'""' + after) == chunk:  # the text stood there, and nowhere else
                    self._before, self._after = before, after


def only_choice(chunk: dict[str, Any]) -> dict[str, Any] | None:
    """The choice of a chunk that says a piece of its text, and nothing else."""
    match chunk.get("choices"):
        case [{"index": 0, "finish_reason": None, "delta": {"content": str()} as delta} as choice]:
            plain = delta.keys() <= BARE and not chunk.get("usage") and not chunk.get("error")
            return choice if plain else None
        case _:
            return None
