"""A fusion run in a Responses stream: its nine events, with the panel's words as they come."""

from fuseline.types.deliberation import PanelAnswer, failed_model
from fuseline.types.events import (
    AnalysisMade,
    AnalysisStarted,
    Event,
    FusionFinished,
    ReasoningDelta,
    SeatAnswered,
    SeatFailed,
    SeatJoined,
    TextDelta,
)
from fuseline.types.json import Json
from fuseline.types.runs import Speaker
from fuseline.wires.report import seat_of
from fuseline.wires.responses.frames import Frames, piece_head

PREFIX = "response.fusion_call."


class Deliberation:
    """Writes what happens in one fusion run, between the moments at which its item is added and done."""

    def __init__(self, id: str, index: int, frames: Frames, *, texts: bool, loud: bool) -> None:
        self.index = index
        self._place: dict[str, Json] = {"item_id": id, "output_index": index}
        self._frames = frames
        self._texts = texts
        """Whether the panel's own words may be seen."""
        self._loud = loud
        """Whether a seat's failure may stand in a field named `error`."""
        self._heads: dict[tuple[str, int], bytes] = {}

    def begin(self) -> bytes:
        """The panel is convened."""
        return self._write("in_progress")

    def write(self, event: Event) -> bytes:
        """The frame of an event; empty for one that this protocol does not tell."""
        match event:
            case TextDelta(speaker, text):
                return self._piece("panel.delta", speaker, text)
            case ReasoningDelta(speaker, text):
                return self._piece("panel.reasoning.delta", speaker, text)
            case SeatJoined(speaker):
                return self._write("panel.added", **seat_of(speaker))
            case SeatAnswered(speaker, answer):
                content = answer.said if self._texts else ""
                return self._write("panel.completed", **seat_of(speaker), content=content)
            case SeatFailed(speaker, answer):
                return self._write("panel.failed", panel_index=speaker.seat, **self._failure(answer))
            case AnalysisStarted(speaker):
                return self._write("analysis.in_progress", analyst_model=speaker.model, judge_model=speaker.model)
            case AnalysisMade(_, analysis, models):
                return self._write("analysis.completed", analysis=analysis.public(models))
            case FusionFinished(report):
                return self._write("completed", fusion_status=report.fusion_status)
            case _:
                return b""

    def _write(self, kind: str, **fields: Json) -> bytes:
        return self._frames.write(PREFIX + kind, **self._place, **fields)

    def _piece(self, kind: str, speaker: Speaker, text: str) -> bytes:
        if not (self._texts and text):
            return b""
        head = self._heads.get((kind, speaker.seat))
        if head is None:
            head = piece_head(PREFIX + kind, **self._place, **seat_of(speaker))
            self._heads[kind, speaker.seat] = head
        return self._frames.piece(head, text)

    def _failure(self, answer: PanelAnswer) -> dict[str, Json]:
        body = failed_model(answer)
        return body if self._loud else {**body, "error": "", "message": answer.error}
