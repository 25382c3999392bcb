"""Markdown of strangers as Markdown in which no HTML and no image comes alive, and no block stays open.

Readers of Markdown differ in what they let through: some fetch every image, some run every script.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from fuseline.doors.console.exports.prose import LONGEST, NESTED, READER

ALIVE = re.compile(r"<(?=[A-Za-z/!?])|!(?=\[)")
"""What begins a tag or an image."""
SAID = {"<": "&lt;", "!": "&#33;"}
"""The same signs as words of Markdown that mean nothing but themselves, whatever stands before them."""
QUIET = re.compile(r"(`+)|\\[!-_a-~]|<https?://[^\s<>`]*>")
"""What is left alone where it stands in a line of text: code, escaped signs, bare addresses."""
MOST = 1000
"""Beginnings of links: in a text with more, code is no longer told from other text, since to read it takes too long."""
LONGEST_LINE = 10_000
"""Characters above which code in a line is no longer told from other text."""
FENCES = ("```", "~~~")
OPEN_READER = MarkdownIt("commonmark", {"html": True, "maxNesting": NESTED}).enable(["table", "strikethrough"])
"""A reader that lets everything through, to look whether anything is left."""
LIVING = frozenset({"html_block", "html_inline", "image"})


def calm(text: str) -> str:
    """The text with the signs that would begin HTML or an image spelt out, code left alone as far as that is safe."""
    if len(text) > LONGEST or text.count("[") > MOST:
        return spelt_out(text)
    careful = "".join(calm_lines(text))
    safe = spelt_out(text) if is_alive(OPEN_READER.parse(careful)) else careful
    return closed(safe) if any(fence in safe for fence in FENCES) else safe


def calm_lines(text: str) -> Iterator[str]:
    """Each line, spelt out unless it is one of code."""
    lines = text.splitlines(keepends=True) if "\r" not in text else re.split(r"(?<=\n)", text)
    code = {line for token in READER.parse(text) if token.type in ("fence", "code_block") for line in lines_of(token)}
    for number, line in enumerate(lines):
        yield line if number in code else spelt_out(line) if len(line) > LONGEST_LINE else spelt_out_of(line)


def lines_of(token: Token) -> range:
    """The lines that a block stands in; the first of a fence holds words of its own."""
    first, last = token.map or (0, 0)
    return range(first + (token.type == "fence"), last)


def spelt_out_of(line: str) -> str:
    """A line of text, spelt out around its code."""
    pieces: list[str] = []
    begin = 0
    while found := QUIET.search(line, begin):
        end = end_of_code(line, found) if found[1] else found.end()
        pieces += (spelt_out(line[begin : found.start()]), line[found.start() : end])
        begin = end
    return "".join([*pieces, spelt_out(line[begin:])])


def end_of_code(line: str, opened: re.Match[str]) -> int:
    """Where code that begins so ends; where it has no end on this line, or a table would cut it, that of its sign."""
    ticks = re.compile(rf"(?<!`){opened[1]}(?!`)")
    found = ticks.search(line, opened.end())
    whole = found is not None and "|" not in line[opened.end() : found.start()]
    return found.end() if found and whole else opened.end()


def spelt_out(text: str) -> str:
    """Every sign spelt out that could begin a tag or an image."""
    return ALIVE.sub(lambda found: SAID[found[0]], text)


def is_alive(tokens: Sequence[Token]) -> bool:
    """Whether there is HTML or an image in what was read."""
    return any(token.type in LIVING or is_alive(token.children or ()) for token in tokens)


def closed(text: str) -> str:
    """The text with an end to the code that it ends in, where it has none: what follows is somebody else's."""
    last = next(reversed(READER.parse(text)), None)
    if last is None or last.type != "fence" or last.map is None:
        return text
    first, end = last.map
    is_open = end - first == len(last.content.splitlines()) + 1
    return f"{text.rstrip()}\n{last.markup}" if is_open else text
