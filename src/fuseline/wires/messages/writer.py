"""The server end of a messages stream, and the whole reply: one run's events and result put on the wire."""

from collections.abc import Mapping, Sequence

from pydantic_core import to_json

from fuseline.types.events import (
    CallStarted,
    ClientCalled,
    Event,
    Failed,
    Finished,
    FusionFinished,
    FusionStarted,
    LookedUp,
    ReasoningDelta,
    RunStarted,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from fuseline.types.json import Json, JsonObject
from fuseline.types.replies import FinishReason, Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Call, Lookup, Run, Speaker
from fuseline.wires.lookups import titles_of
from fuseline.wires.messages.blocks import (
    fusion_result,
    fusion_use,
    is_redacted,
    reads_thoughts,
    redacted,
    sealed_of,
    shows_run,
    signature_of,
    text,
    thinking,
    tool_use,
    written,
)
from fuseline.wires.messages.content import write_content
from fuseline.wires.messages.errors import error_body
from fuseline.wires.messages.usage import NOTHING, write_usage
from fuseline.wires.messages.uses import asked, own_blocks, result_block, shown_calls, use_block
from fuseline.wires.metadata import write_metadata
from fuseline.wires.report import fusion_field, write_event

STOP_REASONS: Mapping[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
STOP_SEQUENCE = "stop_sequence"
KINDS: Mapping[str, tuple[Mapping[str, Json], bytes]] = {
    "text": (text(""), b',"delta":{"type":"text_delta","text":'),
    "thinking": (thinking(""), b',"delta":{"type":"thinking_delta","thinking":'),
}
"""What is said in pieces: the block as it begins, and a delta of it between its index and its words."""
DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":'


def frame(kind: str, body: Mapping[str, Json]) -> bytes:
    """One event of the stream."""
    return b"event: " + kind.encode() + b"\ndata: " + to_json({"type": kind, **body}) + b"\n\n"


PING = frame("ping", {})


class MessagesWriter:
    """Writes one run's stream: its blocks one after the other, each closed before the next begins."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._thoughts = reads_thoughts(request)
        self._shown = shown_calls(request)
        self._lookups: list[Lookup] = []
        self._shows_run = False
        self._run: Run | None = None
        self._blocks = 0
        """How many blocks have begun."""
        self._open = ""
        """The kind of the block that is being said, if there is one."""
        self._head = b""
        """Everything of its deltas up to the words."""

    def write(self, event: Event) -> bytes:
        """The frames of an event; empty for one that this client does not see."""
        match event:
            case TextDelta(Speaker("outer" | "writer"), words):
                return self._say("text", words)
            case ReasoningDelta(Speaker("outer" | "writer"), words, details):
                return self._think(words, details) if self._thoughts else b""
            case RunStarted(run):
                return self._start(run)
            case ClientCalled(calls):
                return self._close() + b"".join(self._called(tool_use(call, {}), written(call)) for call in calls)
            case Finished(run):
                return self._finish(run)
            case Failed(error):
                return frame("error", error_body(error, self._request))
            case _:
                return self._happen(event)

    def _start(self, run: Run) -> bytes:
        self._run = run
        self._shows_run = shows_run(run, self._request)
        return frame("message_start", {"message": write_message(run, [], NOTHING)}) + PING

    def _say(self, kind: str, words: str) -> bytes:
        return self._begin(kind) + self._head + to_json(words) + b"}}\n\n" if words else b""

    def _think(self, words: str, details: Sequence[JsonObject]) -> bytes:
        """A piece of what was thought. Its signature ends a block."""
        frames = self._say("thinking", words)
        for detail in sealed_of(details):
            if is_redacted(detail):
                frames += self._close() + self._whole(redacted(detail))
            elif signature := signature_of(detail):
                frames += self._begin("thinking") + self._sign(signature) + self._close()
        return frames

    def _sign(self, signature: str) -> bytes:
        delta: Json = {"type": "signature_delta", "signature": signature}
        return frame("content_block_delta", {"index": self._blocks - 1, "delta": delta})

    def _begin(self, kind: str) -> bytes:
        """Begin a block of this kind, unless one is open."""
        if self._open == kind:
            return b""
        closed = self._close()
        block, delta = KINDS[kind]
        self._open = kind
        self._head = DELTA + str(self._blocks).encode() + delta
        return closed + self._block_start(block)

    def _block_start(self, block: Mapping[str, Json]) -> bytes:
        self._blocks += 1
        return frame("content_block_start", {"index": self._blocks - 1, "content_block": block})

    def _block_stop(self) -> bytes:
        return frame("content_block_stop", {"index": self._blocks - 1})

    def _whole(self, block: Mapping[str, Json]) -> bytes:
        """A block that is there at once."""
        return self._block_start(block) + self._block_stop()

    def _close(self) -> bytes:
        if not self._open:
            return b""
        self._open = ""
        return self._block_stop()

    def _called(self, block: Mapping[str, Json], arguments: str) -> bytes:
        """A call as a block of its own, its arguments in one piece."""
        begun = self._block_start(block)
        delta: Json = {"type": "input_json_delta", "partial_json": arguments}
        return begun + frame("content_block_delta", {"index": self._blocks - 1, "delta": delta}) + self._block_stop()

    def _happen(self, event: Event) -> bytes:
        """What happens in the run, where the client asked to see it."""
        body = write_event(event) if self._request.include_fusion else None
        told = frame("fusion", {"fusion": body}) if body else b""
        match event:
            case ToolCalled(Speaker("outer" | "writer"), call) if call.name in self._shown:
                return told + self._close() + self._called(use_block(call, {}), to_json(asked(call)).decode())
            case ToolReturned(Speaker("outer" | "writer"), call, result) if call.name in self._shown:
                return told + self._whole(result_block(call, result, titles_of(self._lookups)))
            case LookedUp(lookup):
                self._lookups.append(lookup)
                return told
            case CallStarted(Call(speaker=Speaker("outer" | "writer"))) | ToolCalled(Speaker("outer" | "writer")):
                return self._close() + told  # what is said behind it is a block of its own
            case FusionStarted(id, prompt) if self._shows_run:
                return told + self._called(fusion_use(id, {}), to_json({"prompt": prompt}).decode())
            case FusionFinished(report) if self._run and self._shows_run:
                return told + self._whole(fusion_result(report, self._run))
            case _:
                return told

    def _finish(self, run: Run) -> bytes:
        reply = run.reply or Reply(run.model)
        unsaid = self._say("text", reply.refusal) if reply.refusal and not reply.text else b""
        end: dict[str, Json] = {"delta": {**write_stop(reply, self._request), "container": None}}
        return (
            unsaid
            + self._close()
            + b"".join(self._whole(block) for block in own_blocks(reply, self._request))
            + frame("message_delta", {**end, "usage": write_usage(run), **fusion_field(run)})
            + frame("message_stop", metadata_field(run, self._request))
        )


def write_reply(run: Run, request: Request) -> bytes:
    """The body of a whole reply."""
    body = write_message(run, write_content(run, request), write_usage(run))
    stop = write_stop(run.reply or Reply(run.model), request)
    return to_json({**body, **stop, **fusion_field(run), **metadata_field(run, request)})


def write_message(run: Run, content: Sequence[Json], usage: Mapping[str, Json]) -> dict[str, Json]:
    """A message that has not come to its end."""
    return {
        "id": run.id,
        "type": "message",
        "role": "assistant",
        "model": run.model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "container": None,
        "usage": usage,
    }


def write_stop(reply: Reply, request: Request) -> dict[str, Json]:
    """Why the answer ends where it does."""
    reason = "refusal" if reply.refusal else STOP_REASONS.get(reply.finish_reason)
    if reply.finish_reason == "stop" and reply.native_finish_reason == STOP_SEQUENCE:
        reason = STOP_SEQUENCE
    refused: Json = {"type": "refusal", "category": None, "explanation": reply.refusal or None}
    return {
        "stop_reason": reason,
        "stop_sequence": only_sequence(request) if reason == STOP_SEQUENCE else None,
        "stop_details": refused if reason == "refusal" else None,
    }


def only_sequence(request: Request) -> str | None:
    """The stop sequence that was met, which is known where there is but one."""
    match request.extra.get("stop"):
        case [str(sequence)]:
            return sequence
        case _:
            return None


def metadata_field(run: Run, request: Request) -> dict[str, Json]:
    """How the request was routed, for a client that asked."""
    return {"openrouter_metadata": write_metadata(run, request)} if request.include_metadata else {}
