"""The client end of a Gemini stream: one response after the other, each a piece of the whole, folded into one reply."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from fuseline.types.errors import UpstreamError
from fuseline.types.json import list_of, object_of
from fuseline.types.replies import Delta, FinishReason, Reply
from fuseline.wires.draft import CallDraft, Draft, objects, text_of, well_formed
from fuseline.wires.gemini.contents import MADE
from fuseline.wires.gemini.failures import read_event_error
from fuseline.wires.gemini.grounding import queries_of, read_grounding
from fuseline.wires.gemini.signatures import beside_call, seal
from fuseline.wires.gemini.usage import read_usage
from fuseline.wires.reader import StreamReader

KNOWN = frozenset({"candidates", "promptFeedback", "usageMetadata", "error"})
"""Fields of which a response has at least one."""
UNENDED = ("", "FINISH_REASON_UNSPECIFIED")
FINISH: Mapping[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "ESCALATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "PUP_LIMITED_DISABLED": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "OTHER": "error",
    "IMAGE_OTHER": "error",
    "NO_IMAGE": "error",
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "UNEXPECTED_TOOL_CALL": "error",
}
WORDS = frozenset({"text", "thought", "thoughtSignature", "partMetadata"})
"""Fields of a part that is words, or nothing but a signature."""
TAIL_BYTES = 64 << 10


def open_reader(answer_bytes: int, line_bytes: int) -> StreamReader:
    """A reader for one streamed reply."""
    return GeminiReader(Draft(answer_bytes), line_bytes)


def read_reply(body: bytes) -> Reply:
    """Read a reply that came whole, or as a list of the pieces that a stream would have brought.

    :raises UpstreamError: for an error, or a body that is none of ours.
    """
    try:
        value: Any = from_json(body)
    except ValueError:
        raise UpstreamError("upstream_bad_json", "the upstream's reply is not valid JSON") from None
    found = [one for one in objects(list_of(value) or [value]) if not KNOWN.isdisjoint(one)]
    if not found:
        raise UpstreamError("upstream_bad_json", "the upstream's reply is not what its protocol has for one")
    draft = Draft(len(body) + 1)
    pieces = Pieces(draft)
    for piece in found:
        pieces.hear(piece)
    draft.done = any(objects(piece.get("candidates")) for piece in found)
    return draft.reply()


class GeminiReader(StreamReader):
    """Reads one streamed reply, and an error that stands behind it as bare JSON and not as an event."""

    def __init__(self, draft: Draft, line_bytes: int) -> None:
        super().__init__(draft, Pieces(draft).hear, line_bytes)
        self._tail = b""
        """What came behind the last event."""

    def feed(self, chunk: bytes) -> Delta | None:
        """Take in what was read; return what was said in it."""
        self._tail = (self._tail + chunk.replace(b"\r", b"")).rpartition(b"\n\n")[2][:TAIL_BYTES]
        return super().feed(chunk)

    def close(self) -> Reply:
        """Return the whole reply, or raise when the stream stopped short."""
        if not self.finished and (error := bare_error(self._tail)):
            raise self._draft.failed(read_event_error(error))
        return super().close()


def bare_error(tail: bytes) -> Any:
    """The error that stands by itself, alone or in a list; `None` where there is none."""
    if not tail.lstrip().startswith((b"{", b"[")):
        return None
    try:
        value: Any = from_json(tail)
    except ValueError:
        return None
    return next((one["error"] for one in objects(list_of(value) or [value]) if one.get("error")), None)


class Pieces:
    """Hears the pieces of one response. Parts that are no words, thoughts or calls are passed over."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._queries: dict[str, None] = {}
        """What the upstream searched for by itself."""

    def hear(self, piece: dict[str, Any]) -> None:
        """Take in a piece."""
        draft = self._draft
        draft.id = text_of(piece, "responseId") or draft.id
        draft.model = text_of(piece, "modelVersion") or draft.model
        for candidate in objects(piece.get("candidates")):
            if candidate.get("index", 0) == 0:
                self._candidate(candidate)
        if feedback := object_of(piece.get("promptFeedback")):
            self._blocked(feedback)
        if "usageMetadata" in piece:
            said = bool(draft.text or draft.reasoning or draft.calls)
            draft.usage = read_usage(object_of(piece["usageMetadata"]), said, len(self._queries))
        if piece.get("error"):
            raise draft.failed(read_event_error(piece["error"]))

    def _candidate(self, candidate: dict[str, Any]) -> None:
        for part in objects(object_of(candidate.get("content")).get("parts")):
            self._part(part)
        if not candidate.keys().isdisjoint(("groundingMetadata", "citationMetadata")):
            self._queries |= dict.fromkeys(queries_of(candidate))
            pages = read_grounding(candidate, "".join(self._draft.text))
            self._draft.citations.extend(page for page in pages if page not in self._draft.citations)
        reason = text_of(candidate, "finishReason")
        if reason not in UNENDED:
            self._end(reason, text_of(candidate, "finishMessage"))

    def _part(self, part: dict[str, Any]) -> None:
        draft, signature = self._draft, text_of(part, "thoughtSignature")
        if called := object_of(part.get("functionCall")):
            self._call(called, signature)
        elif part.keys() <= WORDS:
            if text := text_of(part, "text"):
                draft.say(draft.reasoning if part.get("thought") is True else draft.text, text)
            draft.details.extend([seal(signature)] if signature else [])

    def _call(self, called: dict[str, Any], signature: str) -> None:
        draft = self._draft
        number = len(draft.calls)
        id = text_of(called, "id") or f"{MADE}{draft.id[:40]}_{number}"
        call = CallDraft(id, text_of(called, "name"))
        draft.calls[number] = call
        draft.argue(call, written(object_of(called.get("args"))))
        if signature:
            call.opaque.update(beside_call(signature))
            draft.details.append(seal(signature, id))

    def _blocked(self, feedback: dict[str, Any]) -> None:
        if reason := text_of(feedback, "blockReason"):
            said = text_of(feedback, "blockReasonMessage") or f"the upstream blocked the prompt: {reason}"
            self._draft.native, self._draft.finish = reason, "content_filter"
            self._draft.say(self._draft.refusal, said)

    def _end(self, reason: str, message: str) -> None:
        draft = self._draft
        draft.native, draft.finish = reason, FINISH.get(reason, "stop")
        if message and draft.finish == "content_filter":
            draft.say(draft.refusal, message)


def written(arguments: dict[str, Any]) -> str:
    """Arguments as text, which here only ever come as an object."""
    text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return text if well_formed(text) else json.dumps(arguments, separators=(",", ":"))
