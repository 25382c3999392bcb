"""A sheet as one HTML file that is whole in itself: it runs nothing and fetches nothing, wherever it is opened."""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from fuseline.doors.console.exports.links import footnoted, is_link, one_line
from fuseline.doors.console.exports.prose import write_prose
from fuseline.doors.console.exports.sheet import Block, Grid, Heading, Point, Points, Prose, Remark, Sheet, notes
from fuseline.types.replies import Citation

OPEN, CLOSE = "\ue000", "\ue001"
"""Two signs that no text has a use for hold the place of a footnote while Markdown is read."""
PLACE = re.compile(f"{OPEN}(\\d+){CLOSE}")
FORGED = str.maketrans({OPEN: "\ufffd", CLOSE: "\ufffd"})


def write_page(sheet: Sheet) -> str:
    """The whole document."""
    style = template("page.css").strip()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    body = "\n".join(map(write_block, sheet.blocks))
    return Template(template("page.html")).substitute(policy=policy, style=style, title=plain(sheet.title), body=body)


@cache
def template(name: str) -> str:
    """A file that stands beside this one."""
    return (files("fuseline.doors.console.exports") / name).read_text("utf-8")


def write_block(block: Block) -> str:
    """One block."""
    match block:
        case Heading(level, text):
            return f'<h{level} dir="auto">{plain(text)}</h{level}>'
        case Remark(text):
            return f'<p class="remark">{plain(text)}</p>'
        case Prose(text, citations):
            return f'<div class="prose" dir="auto">\n{write_footnoted(text, citations)}</div>'
        case Points(points):
            return f'<ul dir="auto">{"".join(f"<li>{write_point(point)}</li>" for point in points)}</ul>'
        case Grid(columns, rows):
            return write_grid(columns, rows)


def write_footnoted(text: str, citations: Sequence[Citation]) -> str:
    """A text with links to its sources, and these below."""
    marked = footnoted(text.translate(FORGED), citations, lambda number: f"{OPEN}{number}{CLOSE}")
    prose = PLACE.sub(r'<sup><a href="#source-\1">\1</a></sup>', write_prose(marked))
    pages = enumerate(notes(citations).values(), 1)
    below = "".join(f'<li id="source-{number}">{write_point(one)}</li>' for number, one in pages)
    return f'{prose}<ol class="sources">{below}</ol>\n' if below else prose


def write_point(point: Point) -> str:
    """An item, as a link where it leads anywhere."""
    text = plain(point.text)
    more = f": {plain(point.more)}" if point.more else ""
    link = f'<a href="{escape(point.url)}" rel="noopener noreferrer nofollow">{text}</a>'
    return f"{link if is_link(point.url) else text}{more}"


def write_grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; columns without names have no head."""
    names = "".join(f'<th scope="col">{plain(name)}</th>' for name in columns)
    head = f"<thead><tr>{names}</tr></thead>" if any(columns) else ""
    return f'<div class="wide"><table>{head}<tbody>{"".join(map(write_row, rows))}</tbody></table></div>'


def write_row(cells: Sequence[str]) -> str:
    """A row of a table."""
    name, *others = cells
    return f'<tr><th scope="row">{plain(name)}</th>{"".join(f"<td>{plain(cell)}</td>" for cell in others)}</tr>'


def plain(text: str) -> str:
    """A text on one line, in which no sign means more than itself."""
    return escape(one_line(text))
