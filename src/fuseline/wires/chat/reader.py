"""The client end of a chat stream: an upstream's chunks folded into one reply, byte for byte."""

from collections.abc import Iterable, Mapping
from typing import Any

from fuseline.types.json import object_of
from fuseline.types.models import PLAIN, Quirks
from fuseline.types.replies import Citation, FinishReason, Reply
from fuseline.wires.chat.errors import read_stream_error
from fuseline.wires.chat.pieces import joined, told
from fuseline.wires.chat.refrain import BARE, Refrain
from fuseline.wires.chat.tags import Thoughts
from fuseline.wires.chat.usage import Counts
from fuseline.wires.draft import CallDraft, Draft, objects, read_whole, text_of
from fuseline.wires.reader import Hear, StreamReader

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


THOUGHTS = ("reasoning", "reasoning_content", "reasoning_details")
"""Where a delta may have its thoughts. Some servers say the same in several of them, so that one alone is heard."""


def open_reader(answer_bytes: int, line_bytes: int, quirks: Quirks = PLAIN) -> StreamReader:
    """A reader for one streamed reply."""
    draft = Draft(answer_bytes, joined)
    hear = Chunks(draft, quirks).hear
    return StreamReader(draft, hear, line_bytes) if quirks.think_tags else ChunkReader(draft, hear, line_bytes)


def read_reply(body: bytes, quirks: Quirks = PLAIN) -> Reply:
    """Read a reply that came whole, from an upstream that does not stream."""
    fields = read_whole(body, "choices")
    draft = Draft(len(body) + 1, joined)
    Chunks(draft, quirks).hear(fields)
    draft.done = True
    return draft.reply()


class ChunkReader(StreamReader):
    """Reads a stream in which the text of a delta is the answer's, whatever is in it."""

    def __init__(self, draft: Draft, hear: Hear, line_bytes: int) -> None:
        super().__init__(draft, hear, line_bytes)
        self._refrain = Refrain()

    def _read(self, payload: bytes) -> None:
        if said := self._refrain.said_in(payload):
            self._draft.say(self._draft.text, said)
        else:
            chunk, before = self._draft.parse(payload), len(self._draft.text)
            self._hear(chunk)
            if len(self._draft.text) > before:
                self._refrain.learn(payload, chunk)


class Chunks:
    """Hears the chunks of one completion. A reply that came whole is one chunk, with a message for a delta."""

    def __init__(self, draft: Draft, quirks: Quirks) -> None:
        self._draft = draft
        self._counts = Counts(quirks.usage)
        self._tags = Thoughts() if quirks.think_tags else None
        self._thinks_in = ""
        """Which field this upstream has its thoughts in; empty until it has thought."""
        if self._tags:
            draft.rest = self._flush

    def hear(self, chunk: dict[str, Any]) -> None:
        """Take in a chunk."""
        draft = self._draft
        if usage := chunk.get("usage"):
            draft.usage = self._counts.take(usage)
            draft.citations = draft.citations or list(pages_of(chunk))
        if chunk.get("error"):
            raise draft.failed(read_stream_error(chunk["error"]))
        if not draft.id:
            draft.id, draft.model = str(chunk.get("id") or ""), str(chunk.get("model") or "")
        for choice in objects(chunk.get("choices")):
            if choice.get("index", 0) == 0:
                self._choice(choice)

    def _choice(self, choice: dict[str, Any]) -> None:
        delta = object_of(choice.get("delta") or choice.get("message"))
        if content := delta.get("content"):
            if isinstance(content, str) and self._tags is None:
                self._draft.say(self._draft.text, content)
            else:
                self._speak(content)
        if not delta.keys() <= BARE:
            self._beside_text(delta)
        if reason := choice.get("finish_reason"):
            self._flush()
            native = str(choice.get("native_finish_reason") or reason)
            self._draft.native = native if native in FINISH else str(reason)
            self._draft.finish = FINISH.get(self._draft.native, "stop")

    def _beside_text(self, delta: dict[str, Any]) -> None:
        draft = self._draft
        self._think(delta)
        if refusal := delta.get("refusal"):
            draft.say(draft.refusal, plain(refusal))
        if calls := delta.get("tool_calls"):
            self._call(objects(calls))
        if annotations := delta.get("annotations"):
            draft.citations.extend(citation for one in objects(annotations) if (citation := read_citation(one)))
        if details := delta.get("reasoning_details"):
            draft.details.extend(objects(details))

    def _speak(self, content: Any) -> None:
        """Take in what is said, and what is thought in it: in parts of its own, or between tags."""
        thought, text = self._tags.part(plain(content)) if self._tags else ("", plain(content))
        self._tell(thoughts_in(content) + thought, text)

    def _flush(self) -> None:
        """Say what was held back for the sake of a tag that did not come."""
        if self._tags:
            self._tell(*self._tags.rest())

    def _tell(self, thought: str, text: str) -> None:
        for voice, piece in ((self._draft.reasoning, thought), (self._draft.text, text)):
            if piece:
                self._draft.say(voice, piece)

    def _think(self, delta: dict[str, Any]) -> None:
        """Take in what is thought, from the field in which it was first found."""
        for field in (self._thinks_in,) if self._thinks_in else THOUGHTS:
            if thought := told(objects(delta.get(field))) or plain(delta.get(field)):
                self._thinks_in = field
                return self._draft.say(self._draft.reasoning, thought)

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


def plain(content: Any) -> str:
    """What a field says, as a text or as parts that are texts."""
    if isinstance(content, str):
        return content
    return "".join(text_of(part, "text") for part in objects(content) if part.get("type") != "thinking")


def thoughts_in(content: Any) -> str:
    """What is thought in parts of their own among the parts of a text, as Mistral's models do it."""
    return "".join(plain(part.get("thinking")) for part in objects(content) if part.get("type") == "thinking")


def pages_of(chunk: Mapping[str, Any]) -> Iterable[Citation]:
    """The pages behind a whole answer, as Perplexity tells them beside it; its text names them by their numbers.

    See https://docs.perplexity.ai/api-reference/chat-completions-post, November 2026.
    """
    for page in objects(chunk.get("search_results")):
        if url := text_of(page, "url"):
            yield Citation(url, text_of(page, "title") or url, excerpt=text_of(page, "snippet"))


def read_citation(annotation: Mapping[str, Any]) -> Citation | None:
    """A citation, nested as chat completions have it or flat; `None` for an annotation of another kind."""
    body = object_of(annotation.get("url_citation")) or annotation
    url = body.get("url")
    if not isinstance(url, str) or not url:
        return None
    start, end = (place if isinstance(place := body.get(name), int) else 0 for name in ("start_index", "end_index"))
    return Citation(url, str(body.get("title") or url), start, end, str(body.get("content") or ""))
