"""A fusion run as every wire shows it: the report as an item, and what happened in the words of our own events."""

from collections.abc import Mapping, Sequence

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
from fuseline.types.provenance import Dropped, Provenance, Sentence
from fuseline.types.runs import Call, Lookup, Run, Speaker
from fuseline.wires.accounts import write_call


def fusion_field(run: Run) -> dict[str, Json]:
    """The additive `fusion` field, as far as the request lets it be seen; without the panel's texts unless told."""
    if run.expose == "none" or not (run.router or run.report):
        return {}
    if run.report is None:
        return {"fusion": {"type": "openrouter:fusion", "convened": False, "fusion_status": run.fusion_status}}
    return {"fusion": {**write_report(run.report, run, contents=run.expose == "full"), **traced(run)}}


def traced(run: Run) -> dict[str, Json]:
    """What was looked up for a run and where its answer comes from, for a client that wants to see all of it."""
    told: dict[str, Json] = {}
    if run.expose == "full" and run.lookups:
        told["research"] = [{**seat_of(lookup.speaker), **write_lookup(lookup)} for lookup in run.lookups]
    if run.expose == "full" and run.report is not None and run.provenance is not None:
        told["provenance"] = write_provenance(run.provenance, run.report.models, writer_of(run.calls))
    return told


def write_report(report: Report, run: Run, *, contents: bool) -> dict[str, Json]:
    """The report as an item: what the vendor's item holds, and ours beside it."""
    item, heard = report_body(report, contents=contents), report.heard
    item |= {
        "type": "openrouter:fusion",
        "id": report.id,
        "status": "completed" if report.ok else "incomplete",
        "convened": True,
        "fusion_status": run.fusion_status,
        "panel_requested": len(report.answers),
        "panel_succeeded": len(heard),
        "analyst_model": report.analyst or None,
    }
    if report.analysis_failure:
        item["analysis_failure"] = report.analysis_failure
    if any(one.kind == "search" and one.verdict.startswith("failed:") for one in run.lookups):
        item["tools"] = {"degraded": True}
    if run.degraded:
        item["degraded"] = run.degraded
    warnings = (*report.warnings, *(report.analysis.warnings if report.analysis else ()))
    if warnings:
        item["warnings"] = list(warnings)
    if truncated := [answer.seat for answer in heard if answer.truncated]:
        item["truncated_seats"] = truncated
    return item


def write_provenance(provenance: Provenance, models: Sequence[str], writer: str) -> dict[str, Json]:
    """Where the answer comes from, sentence by sentence; seats are told apart by their index.

    `own_share` is the share of the sentences that only the writer's own draft had: high where it prefers itself. It is
    null where the writer had no seat.
    """
    shares = provenance.shares(len(models))
    own = [share for model, share in zip(models, shares, strict=True) if model == writer]
    return {
        "sentences": [write_sentence(one, models) for one in provenance.sentences],
        "flags": [{"kind": one.kind, "text": one.text, "start": one.start, "end": one.end} for one in provenance.flags],
        "dropped": [write_dropped(one, models) for one in provenance.dropped],
        "shares": [
            {"model": model, "panel_index": seat, "share": round(share, 4)}
            for seat, (model, share) in enumerate(zip(models, shares, strict=True))
        ],
        "own_share": round(sum(own), 4) if own else None,
        "carried": provenance.carried,
    }


def write_sentence(sentence: Sentence, models: Sequence[str]) -> dict[str, Json]:
    """A sentence by its place in the answer, and the seats that stand behind it."""
    return {
        "start": sentence.start,
        "end": sentence.end,
        "status": sentence.standing,
        "margin": round(sentence.margin, 3),
        "supports": [
            {
                "model": models[one.seat],
                "panel_index": one.seat,
                "score": round(one.score, 3),
                "start": one.start,
                "end": one.end,
            }
            for one in sentence.supports
        ],
    }


def write_dropped(dropped: Dropped, models: Sequence[str]) -> dict[str, Json]:
    """Something that one seat alone said and the answer does not."""
    told: dict[str, Json] = {"model": models[dropped.seat], "panel_index": dropped.seat, "text": dropped.text}
    if dropped.end:
        told |= {"start": dropped.start, "end": dropped.end}
    return {**told, "claim": dropped.claim} if dropped.claim else told


def writer_of(calls: Sequence[Call]) -> str:
    """The model that wrote the answer, as it was asked for; empty where no call of its is known."""
    return next((one.speaker.model for one in reversed(calls) if one.speaker.to_client and not one.error), "")


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
