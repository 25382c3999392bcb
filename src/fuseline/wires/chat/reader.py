"""The client end of a chat stream: an upstream's chunks folded into one reply, byte for byte."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_core import from_json

from fuseline.types.errors import Partial, UpstreamError
from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, Delta, FinishReason, Reply, Usage
from fuseline.wires.chat.errors import read_stream_error
from fuseline.wires.chat.pieces import joined
from fuseline.wires.chat.usage import read_usage
from fuseline.wires.sse import EventReader, LineTooLong

BAD_EVENTS = 3
"""So many events that are no JSON are skipped; one more and the stream is given up."""
BAD_SHARE = 0.01
"""The share of characters that may be damaged before the text is given up."""
PLAIN = frozenset({"role", "content"})
"""What most deltas hold and no more: reading them is the hottest path there is."""
FINISH: Mapping[str, FinishReason] = {
    "stop": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
}


@dataclass(slots=True)
class CallDraft:
    """A tool call while its pieces arrive."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])
    opaque: dict[str, Json] = field(default_factory=dict[str, Json])


class ChatReader:
    """Reads one streamed reply. Built for one call and thrown away."""

    def __init__(self, answer_bytes: int, line_bytes: int) -> None:
        self._events = EventReader(line_bytes)
        self._room = answer_bytes
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, CallDraft] = {}
        self._citations: list[Citation] = []
        self._details: list[JsonObject] = []
        self._usage: Usage | None = None
        self._model = ""
        self._id = ""
        self._native = ""
        self._done = False
        self._full = False
        self._bad_events = 0
        self._bad_characters = 0
        self._half = ""
        """The first half of a surrogate pair, until its second half comes."""

    @property
    def finished(self) -> bool:
        """Whether a finish reason has come; usage may still follow it."""
        return bool(self._native)

    @property
    def done(self) -> bool:
        """Whether the stream said `[DONE]`."""
        return self._done

    @property
    def full(self) -> bool:
        """Whether the answer passed its cap."""
        return self._full

    def feed(self, chunk: bytes) -> Delta | None:
        """Take in what was read; return what was said in it."""
        try:
            payloads = self._events.feed(chunk)
        except LineTooLong:
            raise self._broken("line_too_long", "the upstream sent a line that is too long") from None
        return self._take(payloads) if payloads and not self._done else None

    def close(self) -> Reply:
        """Return the whole reply, or raise when the stream stopped short."""
        self._take(self._events.close())
        if not (self._native or self._done or self._full):
            raise self._broken("upstream_truncated", "the upstream's stream stopped before the answer was finished")
        text = "".join(self._text) + ("\ufffd" if self._half else "")
        if self._bad_characters > max(1, len(text)) * BAD_SHARE:
            raise self._broken("bad_encoding", "the upstream's text is not valid UTF-8")
        native = self._native or ("length" if self._full else "stop")
        return Reply(
            self._model,
            text,
            "".join(self._reasoning),
            "".join(self._refusal),
            tuple(
                ToolCall(draft.id or f"call_{index}", draft.name, "".join(draft.arguments), draft.opaque)
                for index, draft in sorted(self._calls.items())
            ),
            "tool_calls" if self._calls else FINISH.get(native, "stop"),
            native,
            self._usage,
            tuple(self._citations),
            self._id,
            {"reasoning_details": joined(self._details)} if self._details else {},
        )

    def partial(self) -> Partial:
        """What has come so far."""
        return Partial("".join(self._text), "".join(self._reasoning), self._usage)

    def _take(self, payloads: list[bytes]) -> Delta | None:
        said, thought, sealed = len(self._text), len(self._reasoning), len(self._details)
        for payload in payloads:
            if payload == b"[DONE]":
                self._done = True
                break
            self._event(payload)
            if self._full:
                break
        text, reasoning = "".join(self._text[said:]), "".join(self._reasoning[thought:])
        details = tuple(self._details[sealed:])
        return Delta(text, reasoning, details) if text or reasoning or details else None

    def _event(self, payload: bytes) -> None:
        try:
            chunk: Any = from_json(payload)
        except ValueError:
            chunk = self._damaged(payload)
        fields = object_of(chunk)
        if usage := fields.get("usage"):
            self._usage = read_usage(usage)
        if fields.get("error"):
            error = read_stream_error(fields["error"])
            error.partial = self.partial()
            raise error
        if not self._id:
            self._id, self._model = str(fields.get("id") or ""), str(fields.get("model") or "")
        for choice in objects(fields.get("choices")):
            if choice.get("index", 0) == 0:
                self._choice(choice)

    def _choice(self, choice: dict[str, Any]) -> None:
        delta = object_of(choice.get("delta") or choice.get("message"))
        if text := delta.get("content"):
            self._say(self._text, text)
        if not delta.keys() <= PLAIN:
            self._beside_text(delta)
        if reason := choice.get("finish_reason"):
            self._native = str(choice.get("native_finish_reason") or reason)
            if self._native not in FINISH:
                self._native = str(reason)

    def _beside_text(self, delta: dict[str, Any]) -> None:
        if thought := delta.get("reasoning") or delta.get("reasoning_content"):
            self._say(self._reasoning, thought)
        if refusal := delta.get("refusal"):
            self._say(self._refusal, refusal)
        if calls := delta.get("tool_calls"):
            self._call(objects(calls))
        if annotations := delta.get("annotations"):
            self._citations.extend(citation for one in objects(annotations) if (citation := read_citation(one)))
        if details := delta.get("reasoning_details"):
            self._details.extend(objects(details))

    def _say(self, where: list[str], piece: Any) -> None:
        if not isinstance(piece, str):
            piece = "".join(str(part.get("text", "")) for part in objects(piece))
        if "\0" in piece:
            piece = piece.replace("\0", "")  # PostgreSQL's text cannot hold it
        plain = piece.isascii()
        if self._half or not (plain or well_formed(piece)):
            piece, plain = self._whole(piece), False
        self._room -= len(piece) if plain else len(piece.encode())
        if self._room < 0:
            piece, self._full = piece[: self._room] if plain else "", True
        where.append(piece)

    def _whole(self, piece: str) -> str:
        """Join surrogate halves that came in two chunks, and replace those that never had a partner."""
        piece = self._half + piece
        self._half = piece[-1] if "\ud800" <= piece[-1:] <= "\udbff" else ""
        if self._half:
            piece = piece[:-1]
        return piece.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _call(self, pieces: list[dict[str, Any]]) -> None:
        for position, piece in enumerate(pieces):
            index = piece.get("index")
            draft = self._calls.setdefault(index if isinstance(index, int) else position, CallDraft())
            function = object_of(piece.get("function"))
            draft.id = draft.id or str(piece.get("id") or "")
            draft.name = draft.name or str(function.get("name") or "")
            arguments = str(function.get("arguments") or "")
            self._room -= len(arguments)
            self._full = self._full or self._room < 0
            draft.arguments.append(arguments)
            draft.opaque.update({key: piece[key] for key in ("extra_content",) if key in piece})

    def _damaged(self, payload: bytes) -> Any:
        """Read an event that strict JSON refuses: damaged UTF-8, or halves of surrogate pairs."""
        text = payload.decode(errors="replace")
        try:
            value: Any = json.loads(text)
        except (ValueError, RecursionError):
            self._bad_events += 1
            if self._bad_events > BAD_EVENTS:
                raise self._broken("upstream_bad_json", "the upstream's stream holds broken JSON") from None
            return None
        self._bad_characters += text.count("\ufffd") - payload.count(b"\xef\xbf\xbd")
        return value

    def _broken(self, reason: str, message: str) -> UpstreamError:
        damaged = reason in ("bad_encoding", "upstream_bad_json")
        if reason == "upstream_truncated" and self._bad_events:
            reason, message = "upstream_bad_json", "the upstream's stream was cut inside an event"
        return UpstreamError(reason, message, partial=replace(self.partial(), damaged=damaged))


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a JSON list; none where it is no list. What else an upstream puts there is not looked at."""
    return [part for part in list_of(value) if isinstance(part, dict)]


def read_citation(annotation: Mapping[str, Any]) -> Citation | None:
    """A citation, nested as chat completions have it or flat; `None` for an annotation of another kind."""
    body = object_of(annotation.get("url_citation")) or annotation
    url = body.get("url")
    if not isinstance(url, str) or not url:
        return None
    start, end = (place if isinstance(place := body.get(name), int) else 0 for name in ("start_index", "end_index"))
    return Citation(url, str(body.get("title") or url), start, end, str(body.get("content") or ""))


def well_formed(text: str) -> bool:
    """Whether a text can be encoded: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_reply(body: bytes) -> Reply:
    """Read a reply that came whole, from an upstream that does not stream."""
    reader = ChatReader(len(body) + 1, len(body) + 1)
    try:
        value: Any = from_json(body)
    except ValueError:
        raise UpstreamError("upstream_bad_json", "the upstream's reply is not valid JSON") from None
    if not isinstance(value, dict) or not ("choices" in value or "error" in value):
        raise UpstreamError("upstream_bad_json", "the upstream's reply is no chat completion")
    reader.feed(b"data: " + body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n\ndata: [DONE]\n\n")
    return reader.close()
