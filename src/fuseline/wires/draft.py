"""A reply while it is being read: what has been said in it, how much room is left, what of it is damaged.

It knows no protocol: a wire finds in its events what was said, and says it here.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_core import from_json

from fuseline.types.errors import Partial, UpstreamError
from fuseline.types.json import Json, JsonObject, object_of
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, FinishReason, Reply, Usage

BAD_EVENTS = 3
"""So many events that are no JSON are skipped; one more and the stream is given up."""
BAD_SHARE = 0.01
"""The share of characters that may be damaged before the text is given up."""
APART = "\n\n"
"""What stands between two texts, or two thoughts, of one reply."""

Fold = Callable[[list[JsonObject]], list[JsonObject]]
"""Puts the details of reasoning together again, where a protocol cuts them into pieces."""


@dataclass(slots=True)
class CallDraft:
    """A tool call while its pieces arrive."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])
    opaque: dict[str, Json] = field(default_factory=dict[str, Json])


class Draft:
    """What has come of one reply. Built for one call and thrown away."""

    def __init__(self, answer_bytes: int, fold: Fold = list) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.refusal: list[str] = []
        self.calls: dict[int | str, CallDraft] = {}
        """In their order, each by its place in the reply."""
        self.citations: list[Citation] = []
        self.details: list[JsonObject] = []
        self.sealed: dict[str, Json] = {}
        """What else its upstream wants back as it came, by the name that its wire has for it."""
        self.usage: Usage | None = None
        self.model = ""
        self.id = ""
        self.finish: FinishReason | None = None
        self.native = ""
        """The upstream's own word for how it ended; empty until it has."""
        self.done = False
        """Whether the stream said that it is over."""
        self.full = False
        """Whether the answer passed its cap."""
        self.rest: Callable[[], None] | None = None
        """Says what a wire has heard and held back, at the end of a reply that did not say it was finished."""
        self._fold = fold
        self._room = answer_bytes
        self._bad_events = 0
        self._bad_characters = 0
        self._half = ""
        """The first half of a surrogate pair, until its second half comes."""

    def parse(self, payload: bytes) -> dict[str, Any]:
        """The object in an event; empty where it holds none, or is too damaged to be read.

        :raises UpstreamError: when too many events were damaged.
        """
        try:
            return object_of(from_json(payload))
        except ValueError:
            return object_of(self._damaged(payload))

    def say(self, where: list[str], piece: str) -> None:
        """Add a piece to one of the texts, as far as there is room."""
        if "\0" in piece:
            piece = piece.replace("\0", "")  # PostgreSQL's text cannot hold it
        plain = piece.isascii()
        if self._half or not (plain or well_formed(piece)):
            piece, plain = self._whole(piece), False
        self._room -= len(piece) if plain else len(piece.encode())
        if self._room < 0:
            piece, self.full = piece[: self._room] if plain else "", True
        where.append(piece)

    def part(self, where: list[str]) -> int:
        """Begin another text behind what was said, a blank line apart; return the place of its first character."""
        if length := sum(map(len, where)):
            self.say(where, APART)
            length += len(APART)
        return length

    def argue(self, call: CallDraft, piece: str) -> None:
        """Add a piece of a call's arguments, which take of the same room."""
        self._room -= len(piece)
        self.full = self.full or self._room < 0
        call.arguments.append(piece)

    def partial(self) -> Partial:
        """What has come so far."""
        return Partial("".join(self.text), "".join(self.reasoning), self.usage)

    def failed(self, error: UpstreamError) -> UpstreamError:
        """An error that the upstream told in its reply, with what had come before it."""
        error.partial = self.partial()
        return error

    def broken(self, reason: str, message: str) -> UpstreamError:
        """What to raise for a reply that cannot be read on."""
        damaged = reason in ("bad_encoding", "upstream_bad_json")
        if reason == "upstream_truncated" and self._bad_events:
            reason, message = "upstream_bad_json", "the upstream's stream was cut inside an event"
        return UpstreamError(reason, message, partial=replace(self.partial(), damaged=damaged))

    def reply(self) -> Reply:
        """The whole reply.

        :raises UpstreamError: when it stopped short, or too much of its text is damaged.
        """
        if not (self.native or self.done or self.full):
            raise self.broken("upstream_truncated", "the upstream's stream stopped before the answer was finished")
        if self.rest:
            self.rest()
        text = "".join(self.text) + ("\ufffd" if self._half else "")
        if self._bad_characters > max(1, len(text)) * BAD_SHARE:
            raise self.broken("bad_encoding", "the upstream's text is not valid UTF-8")
        ended: FinishReason = self.finish or ("length" if self.full else "stop")
        return Reply(
            self.model,
            text,
            "".join(self.reasoning),
            "".join(self.refusal),
            tuple(
                ToolCall(call.id or f"call_{number}", call.name, "".join(call.arguments), call.opaque)
                for number, call in enumerate(self.calls.values())
            ),
            "tool_calls" if self.calls else ended,
            self.native or ended,
            self.usage,
            tuple(self.citations),
            self.id,
            {**({"reasoning_details": self._fold(self.details)} if self.details else {}), **self.sealed},
        )

    def _whole(self, piece: str) -> str:
        """Join surrogate halves that came in two pieces, and replace those that never had a partner."""
        piece = self._half + piece
        self._half = piece[-1] if "\ud800" <= piece[-1:] <= "\udbff" else ""
        if self._half:
            piece = piece[:-1]
        return piece.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _damaged(self, payload: bytes) -> Any:
        """Read an event that strict JSON refuses: damaged UTF-8, or halves of surrogate pairs."""
        text = payload.decode(errors="replace")
        try:
            value: Any = json.loads(text)
        except (ValueError, RecursionError):
            self._bad_events += 1
            if self._bad_events > BAD_EVENTS:
                raise self.broken("upstream_bad_json", "the upstream's stream holds broken JSON") from None
            return None
        self._bad_characters += text.count("\ufffd") - payload.count(b"\xef\xbf\xbd")
        return value


def well_formed(text: str) -> bool:
    """Whether a text can be encoded: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a JSON list; none where it is no list. What else an upstream puts there is not looked at."""
    parts: Any = value
    return [part for part in parts if isinstance(part, dict)] if isinstance(value, list) else []


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """A field that should be a text; empty where it is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def read_whole(body: bytes, known: str) -> dict[str, Any]:
    """The object of a reply that came whole: one that has the `known` field, or tells an error.

    :raises UpstreamError: for a body that is none.
    """
    try:
        fields = object_of(from_json(body))
    except ValueError:
        raise UpstreamError("upstream_bad_json", "the upstream's reply is not valid JSON") from None
    if not (known in fields or "error" in fields):
        raise UpstreamError("upstream_bad_json", "the upstream's reply is not what its protocol has for one")
    return fields
