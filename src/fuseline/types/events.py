"""What happens in a run, for whoever listens. A closed union: a `match` that forgets one is a type error."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fuseline.types.deliberation import Analysis, PanelAnswer, Report, Seat
from fuseline.types.errors import FuselineError
from fuseline.types.json import JsonObject
from fuseline.types.messages import ToolCall
from fuseline.types.runs import Call, Lookup, Run, Speaker


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The request was understood and its run opened; nothing has been called yet."""

    run: Run


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A request is about to go to an upstream."""

    call: Call


@dataclass(frozen=True, slots=True)
class CallSettled:
    """An upstream call ended, well or badly, and its cost is booked."""

    call: Call


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of what somebody says."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of what somebody thinks, aloud or sealed."""

    speaker: Speaker
    text: str
    details: tuple[JsonObject, ...] = ()
    """The record of it, in the words of the wire it came by."""


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """Somebody called a tool that the gateway runs."""

    speaker: Speaker
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """A server tool answered."""

    speaker: Speaker
    call: ToolCall
    result: str


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A search or a page was asked for on somebody's behalf, and what came of it is known."""

    lookup: Lookup


@dataclass(frozen=True, slots=True)
class ClientCalled:
    """The outer model called functions that only the client can run; the run ends with them."""

    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class FusionStarted:
    """The panel is convened."""

    id: str
    prompt: str
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class SeatJoined:
    """A seat of the panel has been asked."""

    speaker: Speaker


@dataclass(frozen=True, slots=True)
class SeatAnswered:
    """A seat has answered."""

    speaker: Speaker
    answer: PanelAnswer


@dataclass(frozen=True, slots=True)
class SeatFailed:
    """A seat has nothing to give."""

    speaker: Speaker
    answer: PanelAnswer


@dataclass(frozen=True, slots=True)
class AnalysisStarted:
    """The analyst has been given the answers."""

    speaker: Speaker


@dataclass(frozen=True, slots=True)
class AnalysisMade:
    """The analyst has compared them."""

    speaker: Speaker
    analysis: Analysis
    models: tuple[str, ...]
    """Each seat's slug, to put names to the analysis."""


@dataclass(frozen=True, slots=True)
class AnalysisFailed:
    """There will be no analysis; the writer works from the answers alone."""

    speaker: Speaker
    reason: str


@dataclass(frozen=True, slots=True)
class FusionFinished:
    """The panel and the analyst are done."""

    report: Report


@dataclass(frozen=True, slots=True)
class WriterStarted:
    """The writer has been given everything."""

    speaker: Speaker


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over and has an answer. The last event of its stream."""

    run: Run


@dataclass(frozen=True, slots=True)
class Failed:
    """The run is over and has none. The last event of its stream."""

    error: FuselineError
    """It carries the run, where one was begun."""


Event = (
    RunStarted | CallStarted | CallSettled | TextDelta | ReasoningDelta | ToolCalled | ToolReturned | LookedUp
    | ClientCalled | FusionStarted | SeatJoined | SeatAnswered | SeatFailed
    | AnalysisStarted | AnalysisMade | AnalysisFailed | FusionFinished | WriterStarted | Finished | Failed
)  # fmt: skip

Emit = Callable[[Event], Awaitable[None]]
"""Where a step of the run tells what happens. It may wait: a slow listener slows the run, and nothing piles up."""


async def ignore(event: Event) -> None:
    """Listen to nothing."""
