"""The server end of a chat stream, and the whole reply: one run's events and result put on the wire."""

from collections.abc import Iterable, Mapping

from pydantic_core import to_json

from fuseline.types.deliberation import PanelAnswer, Report, failed_model, report_body
from fuseline.types.events import (
    AnalysisFailed,
    AnalysisMade,
    AnalysisStarted,
    CallSettled,
    CallStarted,
    ClientCalled,
    Event,
    Failed,
    Finished,
    FusionFinished,
    FusionStarted,
    ReasoningDelta,
    RunStarted,
    SeatAnswered,
    SeatFailed,
    SeatJoined,
    TextDelta,
    ToolCalled,
    ToolReturned,
    WriterStarted,
)
from fuseline.types.json import Json
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run, Speaker
from fuseline.wires.chat.errors import error_body
from fuseline.wires.chat.requests import write_tool_call
from fuseline.wires.chat.usage import write_call, write_usage
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
        if reply.annotations:
            delta["annotations"] = list(reply.annotations)
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


def write_reply(run: Run) -> bytes:
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
    if reply.annotations:
        message["annotations"] = list(reply.annotations)
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


def fusion_field(run: Run) -> dict[str, Json]:
    """The additive `fusion` field, as far as the request lets it be seen."""
    if run.expose == "none" or not (run.router or run.report):
        return {}
    if run.report is None:
        return {"fusion": {"type": "openrouter:fusion", "convened": False}}
    return {"fusion": write_report(run.report, run, contents=run.expose == "full")}


def write_report(report: Report, run: Run, *, contents: bool) -> Json:
    """The report as an item: what the vendor's item holds, and ours beside it."""
    item = report_body(report, contents=contents)
    item |= {
        "type": "openrouter:fusion",
        "id": report.id,
        "status": "completed" if report.ok else "incomplete",
        "convened": True,
        "panel_requested": len(report.answers),
        "panel_succeeded": len(report.heard),
        "analyst_model": report.analyst or None,
    }
    if report.analysis_failure:
        item["analysis_failure"] = report.analysis_failure
    if run.degraded:
        item["degraded"] = run.degraded
    warnings = (*report.warnings, *(report.analysis.warnings if report.analysis else ()))
    if warnings:
        item["warnings"] = list(warnings)
    if truncated := [answer.seat for answer in report.heard if answer.truncated]:
        item["truncated_seats"] = truncated
    return item


def write_event(event: Event) -> Mapping[str, Json] | None:
    """One of our own events; `None` for those that the client sees in another way."""
    match event:
        case TextDelta(speaker, text):
            return {"type": "panel.delta", **seat_of(speaker), "delta": text} if speaker.role == "panel" else None
        case ReasoningDelta(speaker, text):
            return (
                {"type": "panel.reasoning.delta", **seat_of(speaker), "delta": text}
                if speaker.role == "panel"
                else None
            )
        case FusionStarted(id, _, seats):
            return {"type": "in_progress", "item_id": id, "panel": [seat.model for seat in seats]}
        case SeatJoined(speaker):
            return {"type": "panel.added", **seat_of(speaker)}
        case SeatAnswered(speaker, answer):
            return {"type": "panel.completed", **seat_of(speaker), **answered(answer)}
        case SeatFailed(speaker, answer):
            return {"type": "panel.failed", **seat_of(speaker), **failed_model(answer)}
        case AnalysisStarted(speaker):
            return {"type": "analysis.in_progress", "analyst_model": speaker.model, "judge_model": speaker.model}
        case AnalysisMade(_, analysis, models):
            return {"type": "analysis.completed", "analysis": analysis.public(models)}
        case AnalysisFailed(speaker, reason):
            return {"type": "analysis.failed", "analyst_model": speaker.model, "failure_reason": reason}
        case FusionFinished(report):
            return {"type": "completed", "item_id": report.id, "status": "completed" if report.ok else "incomplete"}
        case WriterStarted(speaker):
            return {"type": "writer.in_progress", "model": speaker.model}
        case CallSettled(call):
            return {"type": "call.settled", "call": write_call(call)}
        case ToolCalled(speaker, call):
            return {"type": "tool.called", **seat_of(speaker), "role": speaker.role, "name": call.name}
        case ToolReturned(speaker, call, _):
            return {"type": "tool.returned", **seat_of(speaker), "role": speaker.role, "name": call.name}
        case RunStarted() | CallStarted() | ClientCalled() | Finished() | Failed():
            return None


def seat_of(speaker: Speaker) -> dict[str, Json]:
    """Which seat an event is about; the index tells two of the same model apart."""
    return {"model": speaker.model, "panel_index": speaker.seat}


def answered(answer: PanelAnswer) -> dict[str, Json]:
    """What a seat said, and whether it was cut short."""
    return {"content": answer.content, "finish_reason": answer.finish_reason or None, "truncated": answer.truncated}
