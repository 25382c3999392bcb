"""A Markdown text as the pieces that can be laid to somebody's account: its sentences, list items and table cells."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from fuseline.engine.provenance.words import ADDRESS, LINKED, WORD, tells

Kind = Literal["sentence", "item", "cell", "row", "heading", "code"]
FENCE = re.compile(r"[ \t>]*(```+|~~~+)")
HEADING = re.compile(
    r"[ \t>]*(?:#{1,6}[ \t]+\S.*|\*\*[^*\n]*[^*\n.!]\*\*[ \t]*|__[^_\n]*[^_\n.!]__[ \t]*|(\*\*|__)[^*_\n]+\1:)$"
)
RULE = re.compile(r"[ \t>]*(?:[-*_=][ \t]*){3,}$")
ITEM = re.compile(r"[ \t>]*(?:[-*+•‣◦–]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
QUOTE = re.compile(r"[ \t]*(?:>[ \t]?)*")
ROW = re.compile(r"[ \t>]*\|.*\|[ \t]*$")
DIVIDER = frozenset(" \t>|:-")
CELL = re.compile(r"(?:\\\||[^|])+")
STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_]*+(?=\s)|[。！？｡]++[\"'”’』」）)*_]*+")
SHORT_FORM = re.compile(
    r"(?:^|[\s(\[])(?:[^\W\d_]|[^\W\d_]\.[^\W\d_]|e\.g|i\.e|etc|vs|cf|al|ca|approx|est|no|nos|vol|fig|sec|ch|pp|ed|eds|inc|ltd|corp"
    r"|co|dr|mr|mrs|ms|prof|st|jr|sr|gen|sen|rep|gov|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|bzw|nr|usw|vgl|str)$",
    re.IGNORECASE,
)
PAGE = rf"(?:{LINKED.pattern}|{ADDRESS.pattern})"
CITED = re.compile(rf"[ \t]*\(\s*{PAGE}(?:[,;\s]++{PAGE})*\s*\)(?=\s|$)")
"""Pages in brackets behind the end of a sentence: they belong to it, and not to the next."""
LEAST_WORDS = 6
"""Words with a meaning of their own that a piece needs: below that, anybody could have said it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text."""

    start: int
    end: int
    kind: Kind
    block: int
    """The number of the paragraph, item, row, heading or code block that it stands in."""
    attributable: bool
    """Whether it says enough to ask who said it."""


@dataclass(frozen=True, slots=True)
class Block:
    """A line, or lines that belong together."""

    start: int
    end: int
    kind: Kind | Literal["between"]


def sentences_of(text: str) -> list[Span]:
    """The pieces of a text, in order. Between them stand only space, list marks and the lines of tables."""
    return [span for number, block in enumerate(blocks_of(text)) for span in pieces(text, block, number)]


def blocks_of(text: str) -> Iterator[Block]:
    """The paragraphs, items, rows, headings and code blocks of a text, in order."""
    held: Block | None = None
    for line in lines_of(text):
        if held and (more := joined(held, line)):
            held = more
            continue
        if held:
            yield held
        held = None if line.kind == "between" else line
    if held:
        yield held


def joined(block: Block, line: Block) -> Block | None:
    """A block with the next line, where that goes on with it. What stands over the line of dashes heads a table."""
    match block.kind, line.kind:
        case ("sentence" | "item", "sentence") | ("code", "code"):
            return replace(block, end=line.end)
        case "row", "between" if line.end > line.start:
            return replace(block, kind="heading")
        case _:
            return None


def lines_of(text: str) -> Iterator[Block]:
    """Every line by what it begins or goes on with; of what only parts others, the lines of dashes have a length."""
    fence = ""
    at = 0
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        bare = line.rstrip()
        marks = FENCE.match(bare)
        if fence or marks:
            yield Block(start, start + len(bare), "code")
            fence = left_open(fence, marks, bare)
        else:
            yield opening(bare, start) or going_on(bare, start)


def left_open(fence: str, marks: re.Match[str] | None, line: str) -> str:
    """What closes the code behind a line that stands in it or opens it; empty behind the line that closes it."""
    if marks is None:
        return fence
    if not fence:
        return marks[1]
    return "" if marks[1].startswith(fence) and marks.end() == len(line) else fence


def opening(line: str, start: int) -> Block | None:
    """The block that a line begins whatever stood before it, if it does."""
    if FENCE.match(line):
        return Block(start, start + len(line), "code")
    if divides(line) or RULE.match(line):
        return None
    if HEADING.match(line):
        return Block(start, start + len(line), "heading")
    if ROW.match(line):
        return Block(start, start + len(line), "row")
    if marker := ITEM.match(line):
        return Block(start + marker.end(), start + len(line), "item")
    return None


def going_on(line: str, start: int) -> Block:
    """A line that goes on with a paragraph, behind the marks of a quotation, or parts what is around it."""
    if divides(line):
        return Block(start, start + len(line), "between")
    if not line.strip() or RULE.match(line):
        return Block(start, start, "between")
    marks = QUOTE.match(line)
    return Block(start + (marks.end() if marks else 0), start + len(line), "sentence")


def divides(line: str) -> bool:
    """Whether a line is the one between the head of a table and its rows."""
    return "|" in line and "-" in line and DIVIDER.issuperset(line)


def pieces(text: str, block: Block, number: int) -> Iterator[Span]:
    """The pieces of one block."""
    match block.kind:
        case "sentence" | "item" as kind:
            for start, end in stretches(text, block.start, block.end):
                yield Span(start, end, kind, number, enough(text[start:end]))
        case "row":
            yield from cells(text, block, number)
        case "heading" | "code" as kind:
            yield Span(block.start, block.end, kind, number, False)
        case _:
            return


def cells(text: str, block: Block, number: int) -> list[Span]:
    """The cells of a row, where several say enough by themselves; else the row is one piece."""
    found = [trimmed(text, *cell.span()) for cell in CELL.finditer(text, block.start, block.end)]
    spans = [Span(start, end, "cell", number, enough(text[start:end])) for start, end in found if start < end]
    if not spans or sum(span.attributable for span in spans) > 1:
        return spans
    start, end = spans[0].start, spans[-1].end
    return [Span(start, end, "row", number, enough(text[start:end]))]


def stretches(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences between two places; what only cites belongs to the sentence before it."""
    found: list[tuple[int, int]] = []
    for first, last in cut(text, start, end):
        first, last = trimmed(text, first, last)
        if found and first < last and cites_only(text[first:last]):
            found[-1] = (found[-1][0], last)
        elif first < last:
            found.append((first, last))
    return found


def cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The places between which sentences stand."""
    begun = start
    for stop in STOP.finditer(text, start, end):
        if stop.start() >= begun and ends(text, begun, stop, end):
            cited = CITED.match(text, stop.end(), end)
            last = cited.end() if cited else stop.end()
            yield begun, last
            begun = last
    yield begun, end


def ends(text: str, begun: int, stop: re.Match[str], end: int) -> bool:
    """Whether a full stop ends a sentence: not behind a short form, and not before a small letter."""
    if stop[0][0] != ".":
        return True
    ahead = text[stop.end() : stop.end() + 3].lstrip()
    if stop.end() < end and ahead[:1].islower():
        return False
    return SHORT_FORM.search(text[max(begun, stop.start() - 8) : stop.start()]) is None


def cites_only(piece: str) -> bool:
    """Whether a piece has an address and, beside it, no word."""
    rest = ADDRESS.sub("", LINKED.sub("", piece))
    return len(rest) < len(piece) and WORD.search(rest) is None


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the space around it."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), max(start, start + len(piece.rstrip()))


def enough(piece: str) -> bool:
    """Whether a piece says enough to ask who said it."""
    return tells(piece, LEAST_WORDS)
