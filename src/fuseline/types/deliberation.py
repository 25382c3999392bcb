"""A fusion run as values: who sits on the panel, what each answered, how the answers compare, what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fuseline.types.json import Json, JsonObject
from fuseline.types.quick import quick, replace
from fuseline.types.requests import ServerTool

Expose = Literal["none", "analysis", "full"]
FusionStatus = Literal["none", "full", "degraded", "single_seat", "no_analysis"]
"""What a client got: no panel at all, all that was asked for, less than that, one voice only, or no comparison."""
FUSION_CALL = "openrouter_fusion"
"""The name by which a model calls fusion, and by which replayed calls of it are known."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A place on the panel. Two seats may hold the same model; the index in the panel tells them apart."""

    model: str
    """The slug as it was asked for, aliases unexpanded: replies echo it."""
    instructions: str = ""
    temperature: float | None = None
    tools: tuple[ServerTool, ...] | None = None
    """`None` where the panel's tools apply."""
    reasoning: JsonObject | None = None
    max_completion_tokens: int | None = None


@quick
@dataclass(frozen=True, slots=True)
class FusionSpec:
    """Everything a fusion run was asked to be, with presets, plugin and tool already merged."""

    seats: tuple[Seat, ...]
    analysts: tuple[str, ...]
    """The analyst, and who takes over when it cannot answer, in order."""
    writers: tuple[str, ...]
    """The writer, and its substitutes, in order."""
    tools: tuple[ServerTool, ...] = ()
    """For every seat that names none of its own."""
    analyst_tools: tuple[ServerTool, ...] = ()
    max_tool_calls: int = 4
    """Steps of server tools for each seat, and for the analyst."""
    max_completion_tokens: int = 16_000
    reasoning: JsonObject | None = None
    temperature: float | None = None
    """For the panel only; the analyst always speaks at zero."""
    min_panel: int = 1
    quorum: int | None = None
    """Once so many seats have answered, the rest have `grace_s` seconds left. Off where `None`."""
    grace_s: float | None = None
    deadline_s: float | None = None
    """Seconds for the whole run, where the request wants another limit than the server's."""
    seed: int | None = None
    max_cost: int | None = None
    """Nano-dollars that the whole run may cost."""
    expose: Expose | None = None
    """How much of the run the reply shows; `None` leaves it to the wire."""
    collections: tuple[str, ...] = ()
    """Private documents that its tools may search."""
    panel_only: bool = False
    """Whether the run ends when the panel was heard: somebody wants to read the answers before they are fused."""
    repair: bool = False
    """Whether the writer is asked once more about what one seat alone said and the answer does not."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A page that somebody cited."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class PanelAnswer:
    """What came of one seat: a text, or the reason why there is none. A dead seat is an answer too."""

    seat: int
    model: str
    content: str = ""
    preamble: str = ""
    """What the seat said before that, between calls of its tools: heard in its stream, and no part of its answer."""
    error: str = ""
    """A sentence for people; empty where the seat answered."""
    reason: str = ""
    """The same in one word, from the fault table: `rate_limited`, `idle_timeout`, ..."""
    status_code: int | None = None
    provider_code: str = ""
    truncated: bool = False
    """The text is real but stops short: the output limit, or a connection that broke."""
    finish_reason: str = ""
    refusal: str = ""
    retry_after: float | None = None
    """Seconds, where a failed seat's upstream named them."""
    sources: tuple[Source, ...] = ()

    @property
    def said(self) -> str:
        """All that it said, as its stream had it."""
        return f"{self.preamble}\n\n{self.content}" if self.preamble else self.content

    @property
    def failed(self) -> bool:
        """Whether this seat has nothing to give to the analyst."""
        return bool(self.error)


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that one or more seats say."""

    id: str
    text: str
    seats: tuple[int, ...] = ()
    quote: str = ""
    """At most some twenty words, from an answer that says it."""
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stance:
    """One side of a contradiction."""

    seat: int
    text: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A point on which seats disagree."""

    id: str
    topic: str
    stances: tuple[Stance, ...]
    better_supported: int | None = None
    """The seat whose side has the better evidence; `None` where it is undecided."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """How the answers compare. Seats are numbers here; names are put in where it leaves the house."""

    consensus: tuple[Claim, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    partial_coverage: tuple[Claim, ...] = ()
    unique_insights: tuple[Claim, ...] = ()
    blind_spots: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What had to be dropped or was suspicious, in words of ours."""

    def claims(self) -> Iterator[Claim]:
        """All claims, those on which most agree first."""
        yield from self.consensus
        yield from self.partial_coverage
        yield from self.unique_insights

    def public(self, models: tuple[str, ...]) -> dict[str, Json]:
        """The five public keys, with the name of each seat's model in place of its number."""
        return {
            "consensus": [claim.text for claim in self.consensus],
            "contradictions": [
                {
                    "topic": point.topic,
                    "stances": [{"model": models[side.seat], "stance": side.text} for side in point.stances],
                }
                for point in self.contradictions
            ],
            "partial_coverage": [
                {"models": [models[seat] for seat in claim.seats], "point": claim.text}
                for claim in self.partial_coverage
            ],
            "unique_insights": [
                {"model": models[claim.seats[0]], "insight": claim.text} for claim in self.unique_insights
            ],
            "blind_spots": list(self.blind_spots),
        }


@quick
@dataclass(frozen=True, slots=True)
class Report:
    """What a fusion run returns to the model that writes, and shows to the client."""

    id: str
    prompt: str
    answers: tuple[PanelAnswer, ...]
    """One for each seat, in the order of the panel."""
    analysis: Analysis | None = None
    analyst: str = ""
    analysis_failure: str = ""
    """Why there is no analysis: one of the `judge_*` reasons, or empty."""
    failure_reason: str = ""
    """Why the run as a whole failed, or empty."""
    error: str = ""
    warnings: tuple[str, ...] = ()
    seed: int = 0
    labels: tuple[str, ...] = ()
    """The letter under which the analyst and the writer knew each seat."""

    @property
    def heard(self) -> tuple[PanelAnswer, ...]:
        """The seats that answered."""
        return tuple([answer for answer in self.answers if not answer.error])

    @property
    def failed(self) -> tuple[PanelAnswer, ...]:
        """The seats that did not."""
        return tuple([answer for answer in self.answers if answer.error])

    @property
    def ok(self) -> bool:
        """Whether the run gave the writer something to write from."""
        return not self.failure_reason

    @property
    def fusion_status(self) -> FusionStatus:
        """How much of a fusion this was. The gravest shortcoming gives the name."""
        heard = self.heard
        if not heard:
            return "degraded"
        if len(heard) == 1:
            return "single_seat"
        if self.analysis is None:
            return "no_analysis"
        whole = len(heard) == len(self.answers) and True not in [answer.truncated for answer in heard]
        return "full" if whole else "degraded"

    @property
    def models(self) -> tuple[str, ...]:
        """Each seat's slug as it was asked for."""
        return tuple([answer.model for answer in self.answers])

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every page that was cited, once."""
        found: dict[str, Source] = {}
        for answer in self.answers:
            for source in answer.sources:
                found.setdefault(source.url, source)
        return tuple(found.values())


def warned(report: Report, warnings: Sequence[str]) -> Report:
    """The report with more to warn of; the same where there is nothing more."""
    return replace(report, warnings=(*report.warnings, *warnings)) if warnings else report


def report_body(report: Report, *, contents: bool = True) -> dict[str, Json]:
    """The tool result of a run, as clients know it: status, analysis, responses, failures, sources.

    Optional keys are absent rather than empty. `contents=False` leaves out the panel's texts.
    """
    body: dict[str, Json] = {"status": "ok" if report.ok else "error"}
    if report.error:
        body["error"] = report.error
    if report.failure_reason or report.analysis_failure:
        body["failure_reason"] = report.failure_reason or report.analysis_failure
    if report.analysis is not None:
        body["analysis"] = report.analysis.public(report.models)
    heard, failed, sources = report.heard, report.failed, report.sources
    body["responses"] = [
        {"model": answer.model, "content": answer.content} if contents else {"model": answer.model} for answer in heard
    ]
    if failed:
        body["failed_models"] = [failed_model(answer) for answer in failed]
    if sources:
        body["sources"] = [{"url": source.url, "title": source.title} for source in sources]
    return body


def failed_model(answer: PanelAnswer) -> dict[str, Json]:
    """A dead seat as clients know it; a status only where an upstream gave one."""
    body: dict[str, Json] = {"model": answer.model, "error": answer.error, "reason": answer.reason}
    if answer.status_code is not None:
        body["status_code"] = answer.status_code
    if answer.provider_code:
        body["provider_code"] = answer.provider_code
    return body
