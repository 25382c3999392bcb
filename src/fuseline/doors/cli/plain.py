"""The plain view: a line of text for each change, for files, pipes and terminals that cannot be redrawn."""

from typing import TextIO

from fuseline.doors.cli.analysis import rows_of
from fuseline.doors.cli.board import Board
from fuseline.doors.cli.research import calling, outcome
from fuseline.doors.cli.terminal import one_line, say
from fuseline.types.deliberation import PanelAnswer, Report
from fuseline.types.events import (
    AnalysisFailed,
    AnalysisStarted,
    Event,
    FusionFinished,
    FusionStarted,
    LookedUp,
    RunStarted,
    SeatAnswered,
    SeatFailed,
    TextDelta,
    ToolCalled,
    WriterStarted,
)
from fuseline.types.runs import Speaker


class PlainView:
    """Writes lines. With `whole` the panel's answers are among them, and a heading stands before the answer."""

    def __init__(self, stream: TextIO, *, whole: bool = False) -> None:
        self._stream = stream
        self._whole = whole
        self._board = Board()
        self._answering = False

    def show(self, event: Event) -> None:
        """Write the line of an event, if it has one."""
        self._board.take(event)
        match event:
            case RunStarted(run):
                self._line(f"run {run.id}")
            case FusionStarted(_, _, seats):
                self._line(f"panel: {', '.join(seat.model for seat in seats)}")
            case SeatAnswered(speaker, answer):
                self._line(f"{self._about(speaker)} answered{' (cut off)' if answer.truncated else ''}")
                self._recite(answer)
            case SeatFailed(speaker, answer):
                self._line(f"{self._about(speaker)} failed ({answer.reason}): {answer.error}")
            case ToolCalled(speaker, call):
                self._line(f"{self._about(speaker)} {calling(call)}")
            case LookedUp(lookup):
                self._line(f"{self._about(lookup.speaker)} {outcome(lookup)}")
            case AnalysisStarted(speaker):
                self._line(f"analyst {speaker.model} compares")
            case AnalysisFailed(speaker, reason):
                self._line(f"analyst {speaker.model} failed ({reason})")
            case FusionFinished(report):
                self._compare(report)
            case WriterStarted(speaker):
                self._line(f"writer {speaker.model} writes")
            case TextDelta(speaker) if speaker.to_client and self._whole and not self._answering:
                self._answering = True
                say(self._stream, "\n--- the answer ---\n")
            case _:
                pass  # what happens many times, and what others print

    def beat(self) -> None:
        """Draw nothing: lines do not move."""

    def close(self) -> None:
        """Leave the lines as they are."""

    def _about(self, speaker: Speaker) -> str:
        part = self._board.part(speaker)
        return f"{part.name} {speaker.model} [{part.figures}]"

    def _line(self, text: str) -> None:
        say(self._stream, one_line(text))

    def _recite(self, answer: PanelAnswer) -> None:
        if self._whole:
            say(self._stream, f"\n--- {one_line(answer.model)} ---\n\n{answer.content.strip()}\n")

    def _compare(self, report: Report) -> None:
        for warning in report.warnings:
            self._line(f"note: {warning}")
        if report.analysis is None:
            return
        say(self._stream, "\n--- the analysis ---\n" if self._whole else "analysis:")
        for row in rows_of(report.analysis, report.models):
            say(self._stream, str(row))
        say(self._stream)
