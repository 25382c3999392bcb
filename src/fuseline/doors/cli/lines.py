"""A run as it stands, one line for each part: the frame that is drawn again and again while a panel works."""

import time
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from fuseline.doors.cli.board import VERBS, Board, Part
from fuseline.doors.cli.terminal import one_line

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
STYLES = {"done": "green", "failed": "red"}


def seat_lines(board: Board, console: Console) -> RenderableType:
    """A line for each seat, and for the analyst once there is one."""
    return part_lines(board.parts("panel", "analyst"))


def part_lines(parts: Iterable[Part]) -> Table:
    """A line for each of these parts."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="ellipsis", no_wrap=True)
    for part in parts:
        style = STYLES.get(part.state, "cyan")
        table.add_row(Text(mark(part), style), Text(part.name, "dim"), Text(one_line(part.speaker.model)), status(part))
    return table


def mark(part: Part) -> str:
    """A tick, a cross, or a wheel that turns."""
    if part.ended is None:
        return SPINNER[int(time.monotonic() * 10) % len(SPINNER)]
    return "✕" if part.state == "failed" else "✓"


def status(part: Part) -> Text:
    """What a part does now, and its figures."""
    told = " · ".join(word for word in (VERBS[part.state], one_line(part.note), part.figures) if word)
    return Text(told, "red" if part.state == "failed" else "dim")
