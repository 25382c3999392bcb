"""A sheet as Markdown. What models wrote stands in it as they wrote it, but for HTML and images, which come to nothing.

All other texts mean what they say.
"""

import re
from collections.abc import Sequence

from fuseline.doors.console.exports.calm import calm
from fuseline.doors.console.exports.links import footnoted, is_link, one_line
from fuseline.doors.console.exports.sheet import Block, Grid, Heading, Point, Points, Prose, Remark, Sheet, notes
from fuseline.types.replies import Citation

MEANT = re.compile(r"([\\`*_\[\]#|<>~&$])")
"""Signs that Markdown, or one of its dialects, takes for more than themselves."""
LEADING = re.compile(r"^(?:(\d{1,9})(?=[.)](?:\s|$))|(?=[-+=]))")
"""What it does so with where a line begins."""


def write_markdown(sheet: Sheet) -> str:
    """The whole document."""
    return "\n\n".join([f"# {plain(sheet.title)}", *map(write_block, sheet.blocks)]) + "\n"


def write_block(block: Block) -> str:
    """One block."""
    match block:
        case Heading(level, text):
            return f"{'#' * level} {plain(text)}"
        case Remark(text):
            return f"*{plain(text)}*"
        case Prose(text, citations):
            return write_prose(text, citations)
        case Points(points):
            return "\n".join(f"- {write_point(point)}" for point in points)
        case Grid(columns, rows):
            return "\n".join(map(write_row, (columns, ("---",) * len(columns), *rows)))


def write_prose(text: str, citations: Sequence[Citation]) -> str:
    """A text with footnotes, and their notes below."""
    below = [f"[^{i}]: {write_point(one)}" for i, one in enumerate(notes(citations).values(), 1)]
    return "\n\n".join([calm(footnoted(text, citations, lambda number: f"[^{number}]").strip("\n")), *below])


def write_point(point: Point) -> str:
    """An item, as a link where it leads anywhere."""
    text = plain(point.text)
    more = f": {plain(point.more)}" if point.more else ""
    return f"[{text}](<{point.url}>){more}" if is_link(point.url) else f"{text}{more}"


def write_row(cells: Sequence[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell if cell == '---' else plain(cell) for cell in cells)} |"


def plain(text: str) -> str:
    """A text on one line, in which no sign means more than itself."""
    return LEADING.sub(r"\1\\", MEANT.sub(r"\\\1", one_line(text)))
