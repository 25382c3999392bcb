"""The live view: a frame that is drawn again while the panel works, then the analysis, then room for the answer."""

import time
from collections.abc import Callable
from typing import TypeAlias

from rich.console import Console, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fuseline.doors.cli.analysis import Row, rows_of
from fuseline.doors.cli.board import Board
from fuseline.doors.cli.lines import part_lines
from fuseline.doors.cli.terminal import one_line, safe
from fuseline.types.deliberation import Report
from fuseline.types.events import Event, Failed, Finished, FusionFinished, FusionStarted, TextDelta, WriterStarted

Frame: TypeAlias = Callable[[Board, Console], RenderableType]
"""Draws the panel as it stands: in lines, or side by side."""
FRAME_S = 0.08
"""Seconds between two drawings."""


class LiveView:
    """Shows a run on a terminal. Where the answer is streamed to the same terminal, it makes room for it."""

    def __init__(self, console: Console, frame: Frame, *, answer_below: bool) -> None:
        self._console = console
        self._frame = frame
        self._answer_below = answer_below
        self._board = Board()
        self._drawn: Frame = frame
        self._live: Live | None = None
        self._due = 0.0

    def show(self, event: Event) -> None:
        """Take in what happened; most of it is drawn at the next beat."""
        self._board.take(event)
        match event:
            case FusionStarted():
                self._open(self._frame)
            case FusionFinished(report):
                self.close()
                print_report(self._console, report)
            case WriterStarted():
                self._open(writer_line, transient=True)
            case TextDelta(speaker) if speaker.to_client and self._answer_below and self._live is not None:
                self.close()
                self._console.print(Text("Answer\n", "bold"))
            case Finished() | Failed():
                self.close()
            case _:
                pass  # the board has it

    def beat(self) -> None:
        """Draw the frame again, if it is time."""
        if self._live is not None and time.monotonic() >= self._due:
            self._draw(self._live)

    def close(self) -> None:
        """Draw the last frame and give the cursor back."""
        if self._live is not None:
            live, self._live = self._live, None
            self._draw(live)
            live.stop()

    def _open(self, frame: Frame, *, transient: bool = False) -> None:
        self.close()
        self._drawn = frame
        self._live = Live(console=self._console, auto_refresh=False, transient=transient)
        self._live.start()
        self._draw(self._live)

    def _draw(self, live: Live) -> None:
        live.update(self._drawn(self._board, self._console), refresh=True)
        self._due = time.monotonic() + FRAME_S


def writer_line(board: Board, console: Console) -> RenderableType:
    """The line of the one who writes."""
    return part_lines(board.parts("writer", "outer"))


def print_report(console: Console, report: Report) -> None:
    """Print what came of the panel: its warnings, and the analysis or why there is none."""
    for warning in report.warnings:
        console.print(Text(f"note: {one_line(warning)}", "yellow"))
    console.print()
    if report.analysis is not None:
        for row in rows_of(report.analysis, report.models):
            console.print(drawn(row))
    elif report.ok:
        console.print(Text(f"no analysis: {report.analysis_failure}", "yellow"))
    console.print()


def drawn(row: Row) -> RenderableType:
    """A row of the analysis, wrapped to the terminal behind its mark."""
    text = Text(safe(row.text), "bold" if row.strong else "")
    if not row.mark:
        return text
    grid = Table.grid(padding=(0, 1))
    grid.add_row(Text(row.mark, "green" if row.strong else "dim"), text)
    return Padding(grid, (0, 0, 0, row.indent))
