"""A fusion run as every wire shows it: the report as an item, and what happened in the words of our own events."""

from collections.abc import Mapping

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
from fuseline.types.money import dollars
from fuseline.types.runs import Lookup, Run, Speaker
from fuseline.wires.accounts import write_call


def fusion_field(run: Run) -> dict[str, Json]:
    """The additive `fusion` field, as far as the request lets it be seen; without the panel's texts unless told."""
    if run.expose == "none" or not (run.router or run.report):
        return {}
    if run.report is None:
        return {"fusion": {"type": "openrouter:fusion", "convened": False, "fusion_status": run.fusion_status}}
    return {"fusion": write_report(run.report, run, contents=run.expose == "full")}


def write_report(report: Report, run: Run, *, contents: bool) -> dict[str, Json]:
    """The report as an item: what the vendor's item holds, and ours beside it."""
    item = report_body(report, contents=contents)
    item |= {
        "type": "openrouter:fusion",
        "id": report.id,
        "status": "completed" if report.ok else "incomplete",
        "convened": True,
        "fusion_status": run.fusion_status,
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
            status = "completed" if report.ok else "incomplete"
            return {"type": "completed", "item_id": report.id, "status": status, "fusion_status": report.fusion_status}
        case WriterStarted(speaker):
            return {"type": "writer.in_progress", "model": speaker.model}
        case CallSettled(call):
            return {"type": "call.settled", "call": write_call(call)}
        case ToolCalled(speaker, call):
            return {"type": "tool.called", **seat_of(speaker), "role": speaker.role, "name": call.name}
        case ToolReturned(speaker, call, _):
            return {"type": "tool.returned", **seat_of(speaker), "role": speaker.role, "name": call.name}
        case LookedUp(lookup):
            return {"type": "research.completed", **seat_of(lookup.speaker), **write_lookup(lookup)}
        case RunStarted() | CallStarted() | ClientCalled() | Finished() | Failed():
            return None


def write_lookup(lookup: Lookup) -> dict[str, Json]:
    """A search or a page, for the client's own log."""
    return {
        "role": lookup.speaker.role,
        "kind": lookup.kind,
        "asked": lookup.asked,
        "engine": lookup.engine,
        "verdict": lookup.verdict,
        "sources": [{"url": source.url, "title": source.title} for source in lookup.sources],
        "bytes": lookup.size,
        "duration_ms": round(lookup.duration_s * 1000),
        "cost": dollars(lookup.cost),
    }


def seat_of(speaker: Speaker) -> dict[str, Json]:
    """Which seat an event is about; the index tells two of the same model apart."""
    return {"model": speaker.model, "panel_index": speaker.seat}


def answered(answer: PanelAnswer) -> dict[str, Json]:
    """What a seat said, and whether it was cut short."""
    return {"content": answer.said, "finish_reason": answer.finish_reason or None, "truncated": answer.truncated}
