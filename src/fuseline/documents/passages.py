"""Cuts a document into passages: along its headings and paragraphs, each with the headings that it stands under."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fuseline.documents.formats import Form

LEAST = 300
"""Characters below which a passage takes in the next section: a heading with one line says little by itself."""
AIM = 1200
MOST = 1500
ENDS = ("\n", ". ", "! ", "? ", "。", "！", "？", "; ", ", ", " ")
"""Where a paragraph that is too long is broken, the best place first."""
DEPTH = 6
TITLE = 200
"""Characters of a heading that are kept as one."""
FENCES = ("```", "~~~")
FRONT_LINES = 200
"""Lines in which the front matter of a Markdown file must end."""
RULE = re.compile(r"([!-/:-@\[-`{-~])\1{2,}")
"""A line of one and the same sign, such as stands under a heading."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that is found and shown as one."""

    heading: str
    """The headings above it, the highest first, joined by ` > `."""
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document."""

    line: int
    """The line where it begins, counted from 0."""
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Section:
    """What stands between two headings, the first of them included."""

    heading: str
    text: str


@dataclass(slots=True)
class Packing:
    """Passages as they are filled."""

    done: list[Passage] = field(default_factory=list[Passage])
    heading: str = ""
    parts: list[str] = field(default_factory=list[str])
    size: int = 0

    def add(self, heading: str, part: str) -> None:
        """Put a part into the passage at hand, or into the next where it does not fit."""
        if self.size and self.size + len(part) > AIM:
            self.close()
        if not self.parts:
            self.heading = heading
        self.parts.append(part)
        self.size += len(part) + 2

    def close(self) -> None:
        """Finish the passage at hand."""
        if self.parts:
            self.done.append(Passage(self.heading, "\n\n".join(self.parts)))
        self.parts, self.size = [], 0


def cut(text: str, form: Form) -> list[Passage]:
    """The passages of a text, in order: none is empty, and none has more than `MOST` characters."""
    packing = Packing()
    for section in sections(text, form):
        if packing.size >= LEAST:
            packing.close()
        for part in parts_of(section.text):
            packing.add(section.heading, part)
    packing.close()
    return packing.done


def first_heading(text: str, form: Form) -> str:
    """The title that a text gives itself: in its front matter, or as its first heading."""
    lines = text.split("\n")
    front = next((title_line(line) for line in lines[1 : front_matter(lines, form)] if title_line(line)), "")
    return front or next((heading.title for heading in headings(lines, form)), "")


def title_line(line: str) -> str:
    """The title in a line of front matter; empty where it states another thing."""
    name, colon, value = line.partition(":")
    return value.strip().strip("\"'")[:TITLE] if colon and name.strip().lower() == "title" else ""


def sections(text: str, form: Form) -> Iterator[Section]:
    """A text from heading to heading."""
    lines = text.split("\n")
    trail: list[Heading] = []
    begin = 0
    for heading in headings(lines, form):
        yield Section(path_of(trail), "\n".join(lines[begin : heading.line]))
        trail = [*(above for above in trail if above.level < heading.level), heading]
        begin = heading.line
    yield Section(path_of(trail), "\n".join(lines[begin:]))


def path_of(trail: Sequence[Heading]) -> str:
    """Headings as one line."""
    return " > ".join(heading.title for heading in trail if heading.title)


def headings(lines: Sequence[str], form: Form) -> Iterator[Heading]:
    """The headings of a text; plain text has none that could be told from the rest."""
    return HEADINGS[form](lines) if form in HEADINGS else iter(())


def markdown_headings(lines: Sequence[str]) -> Iterator[Heading]:
    """Lines that begin with `#`, and those that are underlined, outside of code."""
    fence = ""
    for number in range(front_matter(lines, "markdown"), len(lines)):
        line = lines[number].strip()
        if line.startswith(FENCES) and (not fence or line.startswith(fence)):
            fence = "" if fence else line[:3]
        if fence:
            continue
        level = len(line) - len(line.lstrip("#"))
        if 1 <= level <= DEPTH and line[level : level + 1] in ("", " ", "\t"):
            yield Heading(number, level, line.strip("#").strip()[:TITLE])
        elif line and not level and underline(lines, number) in ("=", "-"):
            yield Heading(number, 1 if underline(lines, number) == "=" else 2, line[:TITLE])


def front_matter(lines: Sequence[str], form: Form) -> int:
    """How many lines a Markdown file begins with that are about it, and not of it."""
    if form != "markdown" or not lines or lines[0].rstrip() != "---":
        return 0
    return next((number + 1 for number, line in enumerate(lines[:FRONT_LINES]) if number and line.rstrip() == "---"), 0)


def rst_headings(lines: Sequence[str]) -> Iterator[Heading]:
    """Lines that are underlined, and perhaps overlined: which signs come first in a file decides on their levels."""
    styles: list[str] = []
    for number, line in enumerate(lines):
        sign = underline(lines, number)
        title = line.strip()
        if not sign or not title or len(title) > len(lines[number + 1].rstrip()) or RULE.fullmatch(title):
            continue
        over = number > 0 and lines[number - 1].rstrip() == lines[number + 1].rstrip()
        style = sign * 2 if over else sign
        if style not in styles:
            styles.append(style)
        yield Heading(number - over, styles.index(style) + 1, title[:TITLE])


def underline(lines: Sequence[str], number: int) -> str:
    """The sign with which a line is underlined; empty where it is not."""
    below = lines[number + 1].rstrip() if number + 1 < len(lines) else ""
    return below[0] if RULE.fullmatch(below) else ""


HEADINGS: Mapping[Form, Callable[[Sequence[str]], Iterator[Heading]]] = {
    "markdown": markdown_headings,
    "html": markdown_headings,
    "docx": markdown_headings,
    "rst": rst_headings,
}
"""How headings are told in each format; what is read apart comes as Markdown."""


def parts_of(text: str) -> Iterator[str]:
    """The paragraphs of a text, those that are too long in pieces."""
    lines: list[str] = []
    for line in (*text.split("\n"), ""):
        if line.strip():
            lines.append(line.rstrip())
        elif lines:
            yield from broken("\n".join(lines))
            lines = []


def broken(paragraph: str) -> Iterator[str]:
    """A paragraph in pieces that are no longer than a passage may be."""
    begin = 0
    while len(paragraph) - begin > MOST:
        end = break_in(paragraph, begin)
        if piece := paragraph[begin:end].strip():
            yield piece
        begin = end
    if piece := paragraph[begin:].strip():
        yield piece


def break_in(paragraph: str, begin: int) -> int:
    """Where the piece that begins here ends best."""
    for end in ENDS:
        found = paragraph.rfind(end, begin + AIM // 2, begin + MOST)
        if found >= 0:
            return found + len(end)
    return begin + MOST
