"""The server end of a chat stream, and the whole reply: one run's events and result put on the wire."""

from collections.abc import Iterable

from pydantic_core import to_json

from fuseline.types.events import (
    CallStarted,
    ClientCalled,
    Event,
    Failed,
    Finished,
    ReasoningDelta,
    RunStarted,
    TextDelta,
)
from fuseline.types.json import Json, JsonObject
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run, Speaker
from fuseline.wires.chat.details import hides_reasoning, server_calls, write_details, write_reasoning
from fuseline.wires.chat.errors import late_error_body
from fuseline.wires.chat.pieces import Places, joined
from fuseline.wires.chat.turns import write_tool_call
from fuseline.wires.chat.usage import write_usage
from fuseline.wires.metadata import write_metadata
from fuseline.wires.report import fusion_field, write_event
from fuseline.wires.sse import DONE, frame


class ChatWriter:
    """Writes one run's stream. It remembers what the first event told it, and whether there is a turn to part from."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._events = request.include_fusion
        self._thinks_aloud = not hides_reasoning(request)
        self._head = b""
        """Everything of a chunk that is the same in all of them, up to its choices."""
        self._places = Places()
        self._said = self._thought = False
        self._parts_text = self._parts_reasoning = False
        """Whether what comes next is of another turn than what was said before."""

    def write(self, event: Event) -> bytes:
        """The frames of an event; empty for one that this client does not see."""
        match event:
            case TextDelta(Speaker("outer" | "writer"), text):
                return self._say(text)
            case ReasoningDelta(Speaker("outer" | "writer"), text, details):
                return self._think(text, details) if self._thinks_aloud else b""
            case TextDelta() | ReasoningDelta() if not self._events:
                return b""
            case RunStarted(run):
                self._head = chunk_head(run)
                return self._delta(b'{"role":"assistant","content":""}')
            case CallStarted(call) if call.speaker.to_client:
                return self._part()
            case ClientCalled(calls):
                return self._delta(to_json({"role": "assistant", "content": None, "tool_calls": streamed(calls)}))
            case Finished(run):
                return self._finish(run)
            case Failed(error):
                return self._fail(to_json(late_error_body(error, self._request)), error.run)
            case _:
                return self._happening(event) if self._events else b""

    def _part(self) -> bytes:
        self._parts_text, self._parts_reasoning = self._said, self._thought
        self._places.new_turn()
        return b""

    def _say(self, text: str) -> bytes:
        if self._parts_text:
            text, self._parts_text = f"\n\n{text}", False
        self._said = True
        return self._head + TEXT_START + to_json(text) + TEXT_END

    def _think(self, text: str, details: tuple[JsonObject, ...]) -> bytes:
        delta: dict[str, Json] = {"role": "assistant", "content": ""}
        if text:
            delta["reasoning"] = f"\n\n{text}" if self._parts_reasoning else text
            self._thought, self._parts_reasoning = True, False
        if details:
            delta["reasoning_details"] = self._places.number(joined(details))
        return self._delta(to_json(delta))

    def _delta(self, delta: bytes) -> bytes:
        return self._head + b'"choices":[{"index":0,"delta":' + delta + OPEN_END

    def _happening(self, event: Event) -> bytes:
        body = write_event(event)
        empty = b'"choices":[{"index":0,"delta":{},"finish_reason":null}],"fusion":'
        return self._head + empty + to_json(body) + b"}\n\n" if body else b""

    def _finish(self, run: Run) -> bytes:
        reply = run.reply or Reply(run.model)
        head = chunk_head(run)
        closing = {"finish_reason": reply.finish_reason, "native_finish_reason": reply.native_finish_reason}
        delta: dict[str, Json] = {"role": "assistant", "content": ""}
        if reply.refusal:
            delta["refusal"] = reply.refusal
        if calls := server_calls(run, self._request):
            self._places.new_turn()
            delta["reasoning_details"] = self._places.number(calls)
        if reply.citations:
            delta["annotations"] = write_annotations(run, reply)
        last = to_json([{"index": 0, "delta": delta, **closing, "logprobs": None}])
        return head + b'"choices":' + last + b"}\n\n" + head + b'"choices":[],' + self._tail(run) + DONE

    def _fail(self, error: bytes, run: Run | None) -> bytes:
        broken = b'"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":' + error + b"}\n\n"
        if run is None:
            return frame(b'{"error":' + error + b"}") + DONE
        head = self._head or chunk_head(run)
        return head + broken + head + b'"choices":[],' + self._tail(run) + DONE

    def _tail(self, run: Run) -> bytes:
        return to_json(write_account(run, self._request))[1:] + b"\n\n"


OPEN_END = b',"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}\n\n'
TEXT_START = b'"choices":[{"index":0,"delta":{"role":"assistant","content":'
TEXT_END = b"}" + OPEN_END


def chunk_head(run: Run) -> bytes:
    """The start of every chunk of a run's stream."""
    fields: dict[str, Json] = {
        "id": run.id,
        "object": "chat.completion.chunk",
        "created": int(run.created_at),
        "model": run.model,
        "provider": run.provider,
    }
    return b"data: " + to_json(fields)[:-1] + b","


def streamed(calls: Iterable[ToolCall]) -> list[Json]:
    """Tool calls as a stream's delta has them, each with its place."""
    return [{"index": index, **write_tool_call(call)} for index, call in enumerate(calls)]


def write_account(run: Run, request: Request) -> dict[str, Json]:
    """What a reply says of its run: usage, and as far as it was asked for the report and the route."""
    metadata: dict[str, Json] = (
        {"openrouter_metadata": write_metadata(run, request)} if request.include_metadata else {}
    )
    return {"usage": write_usage(run), **fusion_field(run), **metadata}


def write_content(run: Run, reply: Reply) -> str:
    """The text of a reply behind what was said before it, on the way."""
    return "\n\n".join(text for text in (run.preamble, reply.text) if text)


def write_annotations(run: Run, reply: Reply) -> list[Json]:
    """The citations of a reply, their places moved to where they are in the message."""
    offset = len(run.preamble) + 2 if run.preamble else 0
    return [write_citation(citation, offset if citation.end else 0) for citation in reply.citations]


def write_citation(citation: Citation, offset: int) -> Json:
    """A citation as chat completions nest it."""
    body: dict[str, Json] = {
        "url": citation.url,
        "title": citation.title,
        "start_index": citation.start + offset,
        "end_index": citation.end + offset,
    }
    if citation.excerpt:
        body["content"] = citation.excerpt
    return {"type": "url_citation", "url_citation": body}


def write_reply(run: Run, request: Request) -> bytes:
    """The body of a whole reply."""
    reply = run.reply or Reply(run.model)
    content = write_content(run, reply)
    message: dict[str, Json] = {
        "role": "assistant",
        "content": content,
        "refusal": reply.refusal or None,
        "reasoning": write_reasoning(run, request),
    }
    if details := write_details(run, request):
        message["reasoning_details"] = details
    if reply.tool_calls:
        message["tool_calls"] = [write_tool_call(call) for call in reply.tool_calls]
        message["content"] = content or None
    if reply.citations:
        message["annotations"] = write_annotations(run, reply)
    body: dict[str, Json] = {
        "id": run.id,
        "object": "chat.completion",
        "created": int(run.created_at),
        "model": run.model,
        "provider": run.provider,
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "finish_reason": reply.finish_reason,
                "native_finish_reason": reply.native_finish_reason,
                "logprobs": None,
                "message": message,
            }
        ],
        **write_account(run, request),
    }
    return to_json(body)
