"""What of a run's events is kept, and in which form. It decides; the store writes."""

import time
from collections.abc import Mapping

from pydantic_core import to_jsonable_python

from fuseline.storage.base import Store
from fuseline.types.deliberation import FUSION_CALL, Analysis, PanelAnswer, report_body
from fuseline.types.events import (
    AnalysisFailed,
    AnalysisMade,
    AnalysisStarted,
    CallSettled,
    CallStarted,
    Event,
    FusionFinished,
    FusionStarted,
    LookedUp,
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
from fuseline.types.messages import Message, Text
from fuseline.types.requests import Named, Request
from fuseline.types.runs import Lookup, Noted, Run, RunClosed, RunOpened

ROUTED = ("provider", "service_tier")
"""What of a request's policy is kept; the rest says who the client is."""
LOOKED_UP = "research.completed"
"""The kind of a record of something that was looked up."""
UNKEPT = frozenset({
    TextDelta, ReasoningDelta, CallStarted, CallSettled, RunStarted, SeatJoined, AnalysisStarted, WriterStarted,
})  # fmt: skip
"""Most of what happens: pieces of text and calls, which answers and rows of calls hold, and that somebody begins."""


class Journal:
    """Keeps one run's events as they happen. With `content` off it keeps figures and reasons, and no text."""

    def __init__(self, run_id: str, store: Store, content: bool) -> None:
        self._run_id = run_id
        self._store = store
        self._content = content
        self._sequence = 0

    def open(self, run: Run, request: Request, prompts: str) -> None:
        """Keep what was asked."""
        self._store.note(RunOpened(run, asked(request) if self._content else {"model": request.model}, prompts))

    def note(self, event: Event) -> None:
        """Keep an event, if it is one of those that matter."""
        if type(event) in UNKEPT:
            return
        kept = self._kept(event)
        if kept is not None:
            kind, body = kept
            self._store.note(Noted(self._run_id, self._sequence, time.time(), kind, body))
            self._sequence += 1

    def close(self, run: Run) -> None:
        """Keep what came of the run; from here on it can be looked up."""
        self._store.note(RunClosed(run, outcome(run, self._content)))

    def _kept(self, event: Event) -> tuple[str, Mapping[str, Json]] | None:
        match event:
            case FusionStarted(id, prompt, seats):
                panel: list[Json] = [seat.model for seat in seats]
                return "fusion.started", {"id": id, "panel": panel, **self._text(prompt=prompt)}
            case SeatAnswered(_, answer):
                texts = self._text(content=answer.content, preamble=answer.preamble)
                return "panel.completed", {**seat_figures(answer), **texts}
            case SeatFailed(_, answer):
                return "panel.failed", {**seat_figures(answer), **self._text(refusal=answer.refusal)}
            case AnalysisMade(speaker, analysis, models):
                body = claims(analysis, models) if self._content else {}
                return "analysis.completed", {"model": speaker.model, **body}
            case AnalysisFailed(speaker, reason):
                return "analysis.failed", {"model": speaker.model, "reason": reason}
            case ToolCalled(speaker, call):
                arguments = self._text(arguments=call.arguments)
                return "tool.called", {"role": speaker.role, "seat": speaker.seat, "name": call.name, **arguments}
            case ToolReturned(speaker, call, result) if call.name != FUSION_CALL:
                text = self._text(result=result)
                return "tool.returned", {"role": speaker.role, "seat": speaker.seat, "name": call.name, **text}
            case LookedUp(lookup):
                return LOOKED_UP, {**lookup_figures(lookup), **self._text(asked=lookup.asked)}
            case FusionFinished(report):
                labels: list[Json] = list(report.labels)
                return "fusion.finished", {"ok": report.ok, "seed": report.seed, "labels": labels}
            case _:
                return None

    def _text(self, **texts: str) -> dict[str, Json]:
        return {name: text for name, text in texts.items() if text} if self._content else {}


def asked(request: Request) -> dict[str, Json]:
    """A request as it is kept: the conversation, and what was set."""
    return {
        "model": request.model,
        "messages": [said(message) for message in request.messages],
        "plugins": [{"id": one.id, "enabled": one.enabled, **one.parameters} for one in request.plugins],
        "tools": [{"type": tool.type, "parameters": tool.parameters} for tool in request.server_tools],
        "functions": [function.name for function in request.functions],
        "stream": request.streaming,
        "set": settings(request),
        "policy": {name: request.policy[name] for name in ROUTED if name in request.policy},
        **request.extra,
    }


def settings(request: Request) -> dict[str, Json]:
    """What was set for the one who answers, as it is kept."""
    choice = request.tool_choice
    told: dict[str, Json] = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "reasoning": request.reasoning,
        "response_format": request.response_format,
        "tool_choice": {"name": choice.name} if isinstance(choice, Named) else choice,
        "fallbacks": list(request.fallbacks) or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def said(message: Message) -> Json:
    """A message as it is kept: attachments only by their kind, for they can be large."""
    if isinstance(message.content, str):
        return {"role": message.role, "content": message.content}
    parts: list[Json] = [
        {"type": "text", "text": part.text} if isinstance(part, Text) else {"type": str(part.body.get("type"))}
        for part in message.content
    ]
    return {"role": message.role, "content": parts}


def seat_figures(answer: PanelAnswer) -> dict[str, Json]:
    """A seat's outcome without its text."""
    return {
        "seat": answer.seat,
        "model": answer.model,
        "error": answer.error,
        "reason": answer.reason,
        "status_code": answer.status_code,
        "truncated": answer.truncated,
        "finish_reason": answer.finish_reason,
        "sources": [{"url": source.url, "title": source.title} for source in answer.sources],
    }


def lookup_figures(lookup: Lookup) -> dict[str, Json]:
    """A search or a page without the words of it."""
    return {
        "kind": lookup.kind,
        "role": lookup.speaker.role,
        "model": lookup.speaker.model,
        "seat": lookup.speaker.seat,
        "engine": lookup.engine,
        "verdict": lookup.verdict,
        "started_at": lookup.started_at,
        "duration_s": lookup.duration_s,
        "bytes": lookup.size,
        "cost": lookup.cost,
        "sources": [{"url": source.url, "title": source.title} for source in lookup.sources],
        "warnings": list(lookup.warnings),
    }


def claims(analysis: Analysis, models: tuple[str, ...]) -> dict[str, Json]:
    """An analysis as it is kept: the public keys, and all of it with the numbers of the seats."""
    return {"analysis": analysis.public(models), "whole": to_jsonable_python(analysis)}


def outcome(run: Run, content: bool) -> dict[str, Json]:
    """What came of a run, as it is kept. The panel's texts stand in its events."""
    body: dict[str, Json] = {"finish_reason": run.reply.finish_reason if run.reply else None, "error": run.error}
    if content and run.reply is not None:
        body["answer"] = run.reply.text
    if run.report is not None:
        report = report_body(run.report, contents=False)
        if not content:
            report.pop("analysis", None)
        body["fusion"] = report
        body["warnings"] = list(run.report.warnings)
    if content and run.reply is not None and run.reply.citations:
        body["citations"] = to_jsonable_python(run.reply.citations)
    if content and run.provenance is not None:
        body["provenance"] = to_jsonable_python(run.provenance)
    return body
