"""The panel side by side: what each seat writes, in a column of its own, its end always in sight."""

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fuseline.doors.cli.board import Board, Part
from fuseline.doors.cli.lines import STYLES, mark, part_lines, status
from fuseline.doors.cli.terminal import one_line, safe

NARROWEST = 24
"""Characters that a column must have to be read."""
HIGHEST = 24
AROUND = 6
"""Lines of the terminal that the columns leave: their frame, the analyst, and room below."""


def side_by_side(board: Board, console: Console) -> RenderableType:
    """A column for each seat, and a line for the analyst once there is one."""
    seats = list(board.parts("panel"))
    if not seats:
        return ""
    height = max(3, min(HIGHEST, console.height - AROUND))
    width = console.width // len(seats)
    table = Table.grid(expand=True)
    for _ in seats:
        table.add_column(ratio=1)
    table.add_row(*(column(part, console, width - 4, height) for part in seats))
    return Group(table, part_lines(board.parts("analyst")))


def column(part: Part, console: Console, width: int, height: int) -> Panel:
    """What one seat has written, as much of its end as fits, under its name and over its figures."""
    style = STYLES.get(part.state, "cyan")
    title = Text(f" {mark(part)} {one_line(part.speaker.model)} ", style)
    return Panel(
        tail(part.text, console, width, height),
        title=title,
        subtitle=status(part),
        height=height + 2,
        border_style="dim",
    )


def tail(text: str, console: Console, width: int, height: int) -> Text:
    """The last lines of a text that is wrapped to a width."""
    ending = safe(text)[-width * height :]
    return Text("\n").join(Text(ending).wrap(console, width)[-height:])


def fits(console: Console, seats: int) -> bool:
    """Whether a terminal is wide enough for so many columns."""
    return console.width >= seats * NARROWEST
