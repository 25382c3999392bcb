"""The client end of a chat stream: an upstream's chunks folded into one reply, byte for byte."""

from collections.abc import Mapping
from typing import Any

from fuseline.types.json import object_of
from fuseline.types.replies import Citation, FinishReason, Reply
from fuseline.wires.chat.errors import read_stream_error
from fuseline.wires.chat.pieces import joined
from fuseline.wires.chat.usage import read_usage
from fuseline.wires.draft import CallDraft, Draft, objects, read_whole
from fuseline.wires.reader import StreamReader

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


def open_reader(answer_bytes: int, line_bytes: int) -> StreamReader:
    """A reader for one streamed reply."""
    draft = Draft(answer_bytes, joined)
    return StreamReader(draft, Chunks(draft).hear, line_bytes)


def read_reply(body: bytes) -> Reply:
    """Read a reply that came whole, from an upstream that does not stream."""
    fields = read_whole(body, "choices")
    draft = Draft(len(body) + 1, joined)
    Chunks(draft).hear(fields)
    draft.done = True
    return draft.reply()


class Chunks:
    """Hears the chunks of one completion. A reply that came whole is one chunk, with a message for a delta."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def hear(self, chunk: dict[str, Any]) -> None:
        """Take in a chunk."""
        draft = self._draft
        if usage := chunk.get("usage"):
            draft.usage = read_usage(usage)
        if chunk.get("error"):
            raise draft.failed(read_stream_error(chunk["error"]))
        if not draft.id:
            draft.id, draft.model = str(chunk.get("id") or ""), str(chunk.get("model") or "")
        for choice in objects(chunk.get("choices")):
            if choice.get("index", 0) == 0:
                self._choice(choice)

    def _choice(self, choice: dict[str, Any]) -> None:
        delta = object_of(choice.get("delta") or choice.get("message"))
        if text := delta.get("content"):
            self._say(self._draft.text, text)
        if not delta.keys() <= PLAIN:
            self._beside_text(delta)
        if reason := choice.get("finish_reason"):
            native = str(choice.get("native_finish_reason") or reason)
            self._draft.native = native if native in FINISH else str(reason)
            self._draft.finish = FINISH.get(self._draft.native, "stop")

    def _beside_text(self, delta: dict[str, Any]) -> None:
        draft = self._draft
        if thought := delta.get("reasoning") or delta.get("reasoning_content"):
            self._say(draft.reasoning, thought)
        if refusal := delta.get("refusal"):
            self._say(draft.refusal, refusal)
        if calls := delta.get("tool_calls"):
            self._call(objects(calls))
        if annotations := delta.get("annotations"):
            draft.citations.extend(citation for one in objects(annotations) if (citation := read_citation(one)))
        if details := delta.get("reasoning_details"):
            draft.details.extend(objects(details))

    def _say(self, where: list[str], piece: Any) -> None:
        if not isinstance(piece, str):
            piece = "".join(str(part.get("text", "")) for part in objects(piece))
        self._draft.say(where, piece)

    def _call(self, pieces: list[dict[str, Any]]) -> None:
        draft = self._draft
        for position, piece in enumerate(pieces):
            index = piece.get("index")
            call = draft.calls.setdefault(index if isinstance(index, int) else position, CallDraft())
            function = object_of(piece.get("function"))
            call.id = call.id or str(piece.get("id") or "")
            call.name = call.name or str(function.get("name") or "")
            draft.argue(call, str(function.get("arguments") or ""))
            call.opaque.update({key: piece[key] for key in ("extra_content",) if key in piece})
        draft.calls = dict(sorted(draft.calls.items()))


def read_citation(annotation: Mapping[str, Any]) -> Citation | None:
    """A citation, nested as chat completions have it or flat; `None` for an annotation of another kind."""
    body = object_of(annotation.get("url_citation")) or annotation
    url = body.get("url")
    if not isinstance(url, str) or not url:
        return None
    start, end = (place if isinstance(place := body.get(name), int) else 0 for name in ("start_index", "end_index"))
    return Citation(url, str(body.get("title") or url), start, end, str(body.get("content") or ""))
