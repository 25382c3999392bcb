"""Runs and their parts as the console's page reads them. A run that goes on and one that is kept have one shape."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from fuseline.doors.console.repeating import write_again
from fuseline.storage.base import Marks, StoredRun, Vote
from fuseline.types.deliberation import Analysis, Claim, Contradiction, PanelAnswer, Source
from fuseline.types.json import Json, JsonObject
from fuseline.types.money import NANO
from fuseline.types.provenance import Provenance
from fuseline.types.runs import Call, Lookup, Run, Speaker
from fuseline.wires.report import writer_of

CUT_OFF = "it was stopped before it had answered"
"""Why a seat has no answer whose run is over."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a seat has said and thought so far, as its stream had it."""

    content: str = ""
    reasoning: str = ""


NOTHING = Said()


@dataclass(frozen=True, slots=True)
class Shown:
    """A run with all that the page shows of it."""

    run: Run
    prompt: str
    panel: tuple[str, ...]
    """Each seat's slug as it was asked for."""
    marks: Marks
    votes: Sequence[Vote] = ()
    said: Mapping[int, Said] = field(default_factory=dict[int, Said])
    """What seats were heard to say, where somebody listened: it stands in for answers that never came."""
    asked: JsonObject = field(default_factory=dict[str, Json])
    """The request as it is kept."""


def usd(amount: int) -> str:
    """Nano-dollars as dollars, exactly, without zeros at the end."""
    whole, rest = divmod(amount, NANO)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")


def write_header(run: Run | StoredRun, marks: Marks, prompt: str, panel: Sequence[str]) -> dict[str, Json]:
    """A run as lists show it."""
    return {
        "id": run.id,
        "title": marks.title,
        "prompt": prompt,
        "status": run.status,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "cost": usd(run.cost),
        "cost_known": run.cost_known,
        "panel": list(panel),
        "preset": marks.preset,
        "model": run.model,
        "starred": marks.starred,
        "degraded": run.degraded,
        "error": "" if run.status == "cancelled" else run.error,
        "error_kind": run.error_kind,
        "parent": marks.parent or None,
    }


def write_run(shown: Shown) -> dict[str, Json]:
    """Everything that there is to show of a run."""
    run, report = shown.run, shown.run.report
    analysts = [call.speaker.model for call in run.calls if call.speaker.role == "analyst"]
    return {
        **write_header(run, shown.marks, shown.prompt, shown.panel),
        "seats": [write_place(shown, seat) for seat in range(len(shown.panel))],
        "analyst": (report.analyst if report else "") or next(reversed(analysts), ""),
        "analysis": write_analysis(report.analysis) if report and report.analysis else None,
        "analysis_failure": report.analysis_failure if report else "",
        "writer": writer_of(run.calls),
        "answer": (run.reply.text or run.reply.refusal) if run.reply else "",
        "citations": [asdict(one) for one in run.reply.citations] if run.reply else [],
        "provenance": write_provenance(run.provenance, len(shown.panel)) if run.provenance else None,
        "calls": [write_call(call) for call in run.calls],
        "lookups": [write_lookup(lookup) for lookup in run.lookups],
        "warnings": list(report.warnings) if report else [],
        "votes": [write_vote(vote) for vote in shown.votes],
        **write_again(run, shown.asked, shown.panel),
    }


def write_place(shown: Shown, seat: int) -> dict[str, Json]:
    """A seat of a run, whether it has answered or not."""
    run, said = shown.run, shown.said.get(seat, NOTHING)
    answers = run.report.answers if run.report else ()
    answer = next((one for one in answers if one.seat == seat), None)
    if answer is not None:
        asked = any(call.speaker.role == "panel" and call.speaker.seat == seat for call in run.calls)
        return write_seat(answer, said, kept=not asked)
    over = run.status != "running"
    missing = PanelAnswer(seat, shown.panel[seat], said.content, error=CUT_OFF if over else "", reason=run.error_kind)
    state = "failed" if over else "writing" if said.content else "thinking" if said.reasoning else "waiting"
    return {**write_seat(missing, said), "state": state}


def write_seat(answer: PanelAnswer, said: Said, *, kept: bool = False) -> dict[str, Json]:
    """A seat that has answered or failed; `kept` where the answer is that of an earlier run."""
    return {
        "seat": answer.seat,
        "model": answer.model,
        "state": "failed" if answer.failed else "kept" if kept else "done",
        "content": answer.content or (said.content if answer.failed else ""),
        "preamble": answer.preamble,
        "reasoning": said.reasoning,
        "error": answer.error,
        "reason": answer.reason,
        "truncated": answer.truncated,
        "sources": write_sources(answer.sources),
    }


def write_sources(sources: Sequence[Source]) -> list[Json]:
    """Pages by address and title."""
    return [{"url": source.url, "title": source.title} for source in sources]


def write_analysis(analysis: Analysis) -> dict[str, Json]:
    """An analysis with the numbers of its seats."""
    kinds = (
        ("consensus", analysis.consensus),
        ("partial", analysis.partial_coverage),
        ("unique", analysis.unique_insights),
    )
    return {
        "claims": [write_claim(kind, claim) for kind, claims in kinds for claim in claims],
        "contradictions": [write_contradiction(one) for one in analysis.contradictions],
        "blind_spots": list(analysis.blind_spots),
        "warnings": list(analysis.warnings),
    }


def write_claim(kind: str, claim: Claim) -> dict[str, Json]:
    """A claim and who makes it."""
    return {
        "id": claim.id,
        "kind": kind,
        "text": claim.text,
        "seats": list(claim.seats),
        "quote": claim.quote,
        "urls": list(claim.urls),
    }


def write_contradiction(point: Contradiction) -> dict[str, Json]:
    """A point on which seats disagree."""
    return {
        "id": point.id,
        "topic": point.topic,
        "stances": [{"seat": one.seat, "text": one.text, "evidence": one.evidence} for one in point.stances],
        "better_supported": point.better_supported,
    }


def write_provenance(provenance: Provenance, seats: int) -> dict[str, Json]:
    """Where the answer comes from, and the share of it that each seat alone said."""
    return {**asdict(provenance), "shares": list(provenance.shares(seats))}


def write_call(call: Call) -> dict[str, Json]:
    """One call of an upstream."""
    usage = call.usage
    return {
        "id": call.id,
        "role": call.speaker.role,
        "seat": seat_number(call.speaker),
        "model": call.speaker.model,
        "served_by": call.model,
        "started_at": call.started_at,
        "duration_s": call.duration_s,
        "ttft_s": call.ttft_s,
        "cost": None if call.cost_source == "unknown" else usd(call.cost),
        "cost_source": call.cost_source,
        "tokens_in": usage.input_tokens if usage else None,
        "tokens_out": usage.output_tokens if usage else None,
        "finish_reason": call.finish_reason,
        "error": call.error,
    }


def write_lookup(lookup: Lookup) -> dict[str, Json]:
    """A search, or a page that was read."""
    return {
        "kind": lookup.kind,
        "role": lookup.speaker.role,
        "seat": seat_number(lookup.speaker),
        "asked": lookup.asked,
        "engine": lookup.engine,
        "verdict": lookup.verdict,
        "sources": write_sources(lookup.sources),
        "bytes": lookup.size,
        "duration_s": lookup.duration_s,
        "cost": usd(lookup.cost),
        "started_at": lookup.started_at,
    }


def seat_number(speaker: Speaker) -> int | None:
    """Which seat somebody has; `None` for those who have none."""
    return speaker.seat if speaker.role == "panel" else None


def write_vote(vote: Vote) -> JsonObject:
    """Which of two answers somebody found better."""
    sides = {"left": vote.left, "right": vote.right}
    told: dict[str, Json] = {name: {"run": side.run_id, "seat": side.seat} for name, side in sides.items()}
    return {"id": vote.id, "at": vote.at, **told, "choice": vote.choice}
