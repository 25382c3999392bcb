"""The client end of a messages stream: an upstream's blocks, one after the other, folded into one reply."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from fuseline.types.json import Json, object_of
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, FinishReason, Reply, Usage
from fuseline.wires.accounts import count, money, read_searches
from fuseline.wires.draft import CallDraft, Draft, objects, read_whole, text_of
from fuseline.wires.messages.blocks import parsed
from fuseline.wires.messages.failures import read_event_error
from fuseline.wires.messages.turns import SEALED
from fuseline.wires.messages.uses import SERVER_BLOCKS, is_use
from fuseline.wires.reader import StreamReader

FINISH: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def open_reader(answer_bytes: int, line_bytes: int) -> StreamReader:
    """A reader for one streamed reply."""
    draft = Draft(answer_bytes)
    return StreamReader(draft, Blocks(draft, answer_bytes).hear, line_bytes)


def read_reply(body: bytes) -> Reply:
    """Read a reply that came whole."""
    fields = read_whole(body, "content")
    draft = Draft(len(body) + 1)
    Blocks(draft, len(body) + 1).whole(fields)
    return draft.reply()


class Blocks:
    """Hears the events of one message. Blocks of kinds that are no words, thoughts or calls are passed over."""

    def __init__(self, draft: Draft, room: int) -> None:
        self._draft = draft
        self._kind: Any = ""
        """The kind of the block that is being said, or was last."""
        self._start = 0
        """Where it begins in the text."""
        self._thought = 0
        """The piece of the reasoning with which it begins."""
        self._signature = ""
        self._call: CallDraft | None = None
        self._input: Json = None
        """The arguments of a call as they stood in its block, for one that says them at once."""
        self._cited = False
        """Whether it is of a text that is cut into blocks by what its sentences refer to."""
        self._pages: list[dict[str, Any]] = []
        self._use: dict[str, Any] = {}
        """A search of the upstream's own, or its result, while it is being said."""
        self._asked: list[str] = []
        """Its words in pieces, as the arguments of a call."""
        self._uses: list[Json] = []
        self._room = room
        self._counts: dict[str, Any] = {}

    def hear(self, event: dict[str, Any]) -> None:
        """Take in an event."""
        kind = event.get("type")
        if kind == "content_block_delta":
            delta = object_of(event.get("delta"))
            if delta.get("type") == "text_delta":
                self._draft.say(self._draft.text, text_of(delta, "text"))
            else:
                self._beside_text(delta)
        else:
            self._beside_deltas(kind, event)

    def whole(self, message: dict[str, Any]) -> None:
        """Take in a message that came at once."""
        if message.get("error"):
            raise self._draft.failed(read_event_error(message["error"]))
        self._head(message)
        for index, block in enumerate(objects(message.get("content"))):
            self._begin(block, index)
            self._end()
        self._stop(message, message.get("usage"))
        self._draft.done = True

    def _beside_text(self, delta: dict[str, Any]) -> None:
        match delta.get("type"):
            case "thinking_delta":
                self._draft.say(self._draft.reasoning, text_of(delta, "thinking"))
            case "signature_delta":
                self._signature += text_of(delta, "signature")
            case "input_json_delta" if self._call:
                self._draft.argue(self._call, text_of(delta, "partial_json"))
            case "input_json_delta" if self._use:
                self._asked.append(text_of(delta, "partial_json"))
            case "citations_delta":
                self._pages.append(object_of(delta.get("citation")))
            case _:
                pass

    def _beside_deltas(self, kind: Any, event: dict[str, Any]) -> None:
        match kind:
            case "content_block_start":
                self._begin(object_of(event.get("content_block")), event.get("index"))
            case "content_block_stop":
                self._end()
            case "message_start":
                self._head(object_of(event.get("message")))
            case "message_delta":
                self._stop(object_of(event.get("delta")), event.get("usage"))
            case "message_stop":
                self._draft.done = True
            case "error":
                raise self._draft.failed(read_event_error(event.get("error")))
            case _:
                pass

    def _head(self, message: dict[str, Any]) -> None:
        self._draft.id, self._draft.model = text_of(message, "id"), text_of(message, "model")
        self._counts = object_of(message.get("usage"))

    def _begin(self, block: dict[str, Any], index: Any) -> None:
        cited, last = isinstance(block.get("citations"), list), self._kind
        self._kind, self._call, self._signature = block.get("type"), None, ""
        match self._kind:
            case "text":
                goes_on = last == "text" and (cited or self._cited)
                length = sum(map(len, self._draft.text))
                self._start = length if goes_on else self._draft.part(self._draft.text)
                self._cited, self._pages = cited, objects(block.get("citations"))
                self._draft.say(self._draft.text, text_of(block, "text"))
            case "thinking":
                self._draft.part(self._draft.reasoning)
                self._thought = len(self._draft.reasoning)
                self._signature = text_of(block, "signature")
                self._draft.say(self._draft.reasoning, text_of(block, "thinking"))
            case "redacted_thinking":
                data = text_of(block, "data")
                self._draft.details.append({"type": "reasoning.encrypted", "data": data, "format": SEALED})
            case "tool_use":
                self._call = CallDraft(text_of(block, "id"), text_of(block, "name"))
                self._draft.calls[f"{index}"] = self._call
                self._input = block.get("input")
            case _ if is_use(block):
                self._use, self._asked = block, []
            case _:
                pass

    def _end(self) -> None:
        if self._kind == "thinking" and self._signature:
            text = "".join(self._draft.reasoning[self._thought :])
            detail: dict[str, Json] = {"type": "reasoning.text", "text": text, "signature": self._signature}
            self._draft.details.append({**detail, "format": SEALED})
        if self._call and not any(self._call.arguments):
            self._draft.argue(self._call, to_json(self._input or {}).decode())
        if self._use:
            self._keep()
        if self._pages:
            self._cite()
        self._call, self._signature = None, ""

    def _keep(self) -> None:
        """Keep a search of the upstream's own for it, sealed as it is, as long as there is room."""
        use, self._use = self._use, {}
        if asked := "".join(self._asked):
            use = {**use, "input": parsed(ToolCall("", "", asked))}
        self._room -= len(to_json(use))
        if self._room >= 0:
            self._uses.append(use)
            self._draft.sealed[SERVER_BLOCKS] = self._uses

    def _cite(self) -> None:
        """Note the pages of a text, all of which it rests on."""
        end = sum(map(len, self._draft.text))
        for page in self._pages:
            if url := text_of(page, "url") or text_of(page, "source"):
                title, excerpt = text_of(page, "title") or url, text_of(page, "cited_text")
                self._draft.citations.append(Citation(url, title, self._start, end, excerpt))
        self._pages = []

    def _stop(self, ended: dict[str, Any], usage: Any) -> None:
        """The message is over: why, and what it took."""
        said = {name: value for name, value in object_of(usage).items() if value is not None}
        self._draft.usage = read_usage({**self._counts, **said})
        if not (reason := text_of(ended, "stop_reason")):
            return
        self._draft.native, self._draft.finish = reason, FINISH.get(reason, "stop")
        explanation = text_of(object_of(ended.get("stop_details")), "explanation")
        if explanation and explanation not in "".join(self._draft.text):
            self._draft.say(self._draft.refusal, explanation)


def read_usage(fields: Mapping[str, Any]) -> Usage | None:
    """Read an upstream's counts; `None` where they are missing or cannot be true. Zero is a count.

    On this wire input that was cached is counted beside the rest, and not in it.
    """
    fresh, tokens_out = count(fields.get("input_tokens")), count(fields.get("output_tokens"))
    if fresh is None or tokens_out is None:
        return None
    cached = count(fields.get("cache_read_input_tokens")) or 0
    written = count(fields.get("cache_creation_input_tokens")) or 0
    thought = object_of(fields.get("output_tokens_details"))
    return Usage(
        fresh + cached + written,
        tokens_out,
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=count(thought.get("thinking_tokens")) or 0,
        cost=money(fields.get("cost")),
        searches=read_searches(fields),
    )
