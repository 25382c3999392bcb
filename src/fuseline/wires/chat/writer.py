"""The server end of a chat stream, and the whole reply: one run's events and result put on the wire."""

from collections.abc import Iterable

from pydantic_core import to_json

from fuseline.types.events import (
    ClientCalled,
    Event,
    Failed,
    Finished,
    ReasoningDelta,
    RunStarted,
    TextDelta,
)
from fuseline.types.json import Json
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run, Speaker
from fuseline.wires.chat.errors import error_body
from fuseline.wires.chat.requests import write_tool_call
from fuseline.wires.chat.usage import write_usage
from fuseline.wires.report import fusion_field, write_event
from fuseline.wires.sse import DONE, frame


class ChatWriter:
    """Writes one run's stream. The only state is what the first event told it."""

    def __init__(self, request: Request) -> None:
        self._events = request.include_fusion
        self._head = b""
        """Everything of a chunk that is the same in all of them, up to its choices."""

    def write(self, event: Event) -> bytes:
        """The frames of an event; empty for one that this client does not see."""
        match event:
            case TextDelta(Speaker("outer" | "writer"), text):
                return self._delta(b'{"role":"assistant","content":' + to_json(text) + b"}")
            case ReasoningDelta(Speaker("outer" | "writer"), text):
                return self._delta(b'{"role":"assistant","content":"","reasoning":' + to_json(text) + b"}")
            case TextDelta() | ReasoningDelta() if not self._events:
                return b""
            case RunStarted(run):
                self._head = chunk_head(run)
                return self._delta(b'{"role":"assistant","content":""}')
            case ClientCalled(calls):
                return self._delta(to_json({"role": "assistant", "content": None, "tool_calls": streamed(calls)}))
            case Finished(run):
                return self._finish(run)
            case Failed(error):
                return self._fail(to_json(error_body(error)), error.run)
            case _:
                return self._happening(event) if self._events else b""

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
        if reply.citations:
            delta["annotations"] = [write_citation(citation) for citation in reply.citations]
        last = to_json([{"index": 0, "delta": delta, **closing, "logprobs": None}])
        tail: dict[str, Json] = {"usage": write_usage(run), **fusion_field(run)}
        return head + b'"choices":' + last + b"}\n\n" + head + b'"choices":[],' + to_json(tail)[1:] + b"\n\n" + DONE

    def _fail(self, error: bytes, run: Run | None) -> bytes:
        broken = b'"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":' + error + b"}\n\n"
        if run is None:
            return frame(b'{"error":' + error + b"}") + DONE
        tail: dict[str, Json] = {"usage": write_usage(run), **fusion_field(run)}
        head = self._head or chunk_head(run)
        return head + broken + head + b'"choices":[],' + to_json(tail)[1:] + b"\n\n" + DONE


OPEN_END = b',"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}\n\n'


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


def write_citation(citation: Citation) -> Json:
    """A citation as chat completions nest it."""
    body: dict[str, Json] = {
        "url": citation.url,
        "title": citation.title,
        "start_index": citation.start,
        "end_index": citation.end,
    }
    if citation.excerpt:
        body["content"] = citation.excerpt
    return {"type": "url_citation", "url_citation": body}


def write_reply(run: Run, request: Request) -> bytes:
    """The body of a whole reply."""
    reply = run.reply or Reply(run.model)
    message: dict[str, Json] = {
        "role": "assistant",
        "content": reply.text,
        "refusal": reply.refusal or None,
        "reasoning": reply.reasoning or None,
    }
    if details := reply.opaque.get("reasoning_details"):
        message["reasoning_details"] = details
    if reply.tool_calls:
        message["tool_calls"] = [write_tool_call(call) for call in reply.tool_calls]
        message["content"] = reply.text or None
    if reply.citations:
        message["annotations"] = [write_citation(citation) for citation in reply.citations]
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
        "usage": write_usage(run),
        **fusion_field(run),
    }
    return to_json(body)
