"""What happens in a run, in the words of the console's page."""

from fuseline.doors.console.log import Channel
from fuseline.doors.console.views import write_analysis, write_call, write_lookup
from fuseline.types.events import (
    AnalysisFailed,
    AnalysisMade,
    AnalysisStarted,
    CallSettled,
    Event,
    LookedUp,
    ReasoningDelta,
    SeatJoined,
    TextDelta,
    ToolCalled,
    WriterStarted,
)
from fuseline.types.json import Json
from fuseline.types.runs import Speaker


def write_event(event: Event) -> dict[str, Json] | None:
    """An event that tells all by itself; `None` for others, and for those that the page has no use for."""
    match event:
        case SeatJoined(speaker):
            return {"type": "seat.joined", "seat": speaker.seat, "model": speaker.model}
        case ToolCalled(Speaker("panel", _, seat), call):
            return {"type": "seat.tool", "seat": seat, "name": call.name, "arguments": call.arguments}
        case LookedUp(lookup):
            return {"type": "lookup", "lookup": write_lookup(lookup)}
        case AnalysisStarted(speaker):
            return {"type": "analysis.started", "model": speaker.model}
        case AnalysisMade(_, analysis, _):
            return {"type": "analysis.made", "analysis": write_analysis(analysis)}
        case AnalysisFailed(_, reason):
            return {"type": "analysis.failed", "reason": reason}
        case WriterStarted(speaker):
            return {"type": "writer.started", "model": speaker.model}
        case CallSettled(call):
            return {"type": "call.settled", "call": write_call(call)}
        case _:  # the run itself keeps the rest in mind, and words travel on channels
            return None


def channel_of(event: TextDelta | ReasoningDelta) -> Channel | None:
    """Where a piece of text belongs; `None` for what the analyst says, which is JSON."""
    kind = "delta" if isinstance(event, TextDelta) else "reasoning"
    match event.speaker.role:
        case "panel":
            return Channel(f"seat.{kind}", event.speaker.seat)
        case "outer" | "writer":
            return Channel(f"answer.{kind}")
        case "analyst":
            return None
