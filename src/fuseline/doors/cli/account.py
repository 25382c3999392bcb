"""A run as people and scripts are told of it, whether it has just ended or was read back from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter

from fuseline.storage.base import StoredRun
from fuseline.types.deliberation import PanelAnswer, Source
from fuseline.types.provenance import Provenance
from fuseline.types.runs import Call, Lookup, Noted, Run, RunStatus


class ContestedSide(BaseModel):
    """One side of a contradiction."""

    model: str
    stance: str


class Contested(BaseModel):
    """A point on which models contradict one another."""

    topic: str
    stances: list[ContestedSide]


class Covered(BaseModel):
    """A point that some models cover."""

    models: list[str]
    point: str


class Insight(BaseModel):
    """A point that only one model makes."""

    model: str
    insight: str


class PublicAnalysis(BaseModel):
    """An analysis as it leaves the house: the five public keys."""

    consensus: list[str]
    contradictions: list[Contested]
    partial_coverage: list[Covered]
    unique_insights: list[Insight]
    blind_spots: list[str]


@dataclass(frozen=True, slots=True)
class Account:
    """What there is to tell of a run."""

    id: str
    requested: str
    model: str
    status: RunStatus
    created_at: float
    """Seconds since the epoch."""
    finished_at: float | None
    error: str
    degraded: str
    cost: int
    """Nano-dollars, as far as it is known."""
    cost_known: bool
    calls: tuple[Call, ...]
    panel: tuple[PanelAnswer, ...]
    """One for each seat that answered or failed; a seat that was cut off with the run is missing."""
    seats: int
    """How many were convened; 0 where no panel was."""
    analysis: PublicAnalysis | None
    answer: str | None
    """`None` where there is none, or where texts are not kept."""
    question: str = ""
    """What was asked last; empty where it is not known."""
    lookups: tuple[Lookup, ...] = ()
    provenance: Provenance | None = None
    """Where the answer comes from, where somebody asked and texts are kept."""

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return (self.finished_at or self.created_at) - self.created_at

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every page that the panel cited, once."""
        return tuple({source.url: source for answer in self.panel for source in answer.sources}.values())


def account_of(run: Run) -> Account:
    """The account of a run that has just ended."""
    report = run.report
    public = report.analysis.public(report.models) if report and report.analysis else None
    return Account(
        run.id, run.requested, run.model, run.status, run.created_at, run.finished_at, run.error, run.degraded,
        run.cost, run.cost_known, run.calls,
        panel=report.answers if report else (),
        seats=len(report.answers) if report else 0,
        analysis=PublicAnalysis.model_validate(public) if public else None,
        answer=run.reply.text if run.reply else None,
        lookups=run.lookups,
        provenance=run.provenance,
    )  # fmt: skip


def account_of_stored(run: StoredRun) -> Account:
    """The account of a run that was read back. It is as full as what was kept."""
    convened = bodies(run.events, "fusion.started")
    compared = bodies(run.events, "analysis.completed")
    answers = [*bodies(run.events, "panel.completed"), *bodies(run.events, "panel.failed")]
    public: Any = compared[-1].get("analysis") if compared else None
    answer: Any = run.result.get("answer")
    traced: Any = run.result.get("provenance")
    return Account(
        run.id, run.requested, run.model, run.status, run.created_at, run.finished_at, run.error, run.degraded,
        sum(call.cost for call in run.calls), run.cost_known, run.calls,
        panel=tuple(sorted(map(ANSWER.validate_python, answers), key=lambda one: one.seat)),
        seats=max((len(body["panel"]) for body in convened), default=0),
        analysis=PublicAnalysis.model_validate(public) if public else None,
        answer=answer if isinstance(answer, str) else None,
        question=last_question(run.request),
        lookups=tuple(map(lookup_of, bodies(run.events, "research.completed"))),
        provenance=PROVENANCE.validate_python(traced) if traced else None,
    )  # fmt: skip


ANSWER = TypeAdapter(PanelAnswer)
"""The events of a panel carry the fields of its answers by their names."""
PROVENANCE = TypeAdapter(Provenance)
LOOKUP = TypeAdapter(Lookup)


def lookup_of(body: Mapping[str, Any]) -> Lookup:
    """A search or a page as it was kept; what was asked is empty where texts are not."""
    return LOOKUP.validate_python({**body, "speaker": body, "asked": body.get("asked", ""), "size": body["bytes"]})


def bodies(events: Sequence[Noted], kind: str) -> list[Mapping[str, Any]]:
    """What was kept with each event of a kind."""
    return [event.body for event in events if event.kind == kind]


def last_question(request: Mapping[str, Any]) -> str:
    """The text of the last message of a kept request, or nothing."""
    messages: Sequence[Mapping[str, Any]] = request.get("messages") or ()
    content: Any = messages[-1].get("content", "") if messages else ""
    if isinstance(content, str):
        return content
    parts: Sequence[Mapping[str, Any]] = content
    return "\n\n".join(str(part["text"]) for part in parts if part.get("type") == "text")
