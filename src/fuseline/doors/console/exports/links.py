"""What of a stranger's text goes into an export: signs that can be seen, links to the web, and footnotes between."""

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from fuseline.doors.console.exports.sheet import notes
from fuseline.types.replies import Citation

LONGEST = 4000
UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u202a-\u202e\u2066-\u2069<>\"\\^`{|}]")
"""What has no place in an address as it is written out."""
GAP = re.compile(r"\s|\Z")
OVERRIDES = (0x202D, 0x202E)
"""What shows all signs behind it in another order than they have: an address can pose as another by that."""
CONTROLS = dict.fromkeys(
    (*(code for code in range(0x20) if chr(code) not in "\t\n"), *range(0x7F, 0xA0), *OVERRIDES), "\ufffd"
)
"""What a terminal, or a reader's eye, takes for an order."""
TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""What turns the order of the signs around it, so that a name can look like another."""


def visible(text: str) -> str:
    """A text without what orders a terminal about, or turns what is read."""
    return text.replace("\r\n", "\n").translate(CONTROLS)


def one_line(text: str) -> str:
    """The same on one line, each sign where it stands."""
    return " ".join(visible(text).translate(TURNS).split())


def is_link(url: str) -> bool:
    """Whether somebody may follow it: an absolute address of the web, and nothing that a reader could take for more."""
    if len(url) > LONGEST or UNSAFE.search(url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def footnoted(text: str, citations: Sequence[Citation], mark: Callable[[int], str]) -> str:
    """A text with a mark where each citation ends, pushed back to the next space: within a link it would break it."""
    numbers = {url: number for number, url in enumerate(notes(citations), 1)}
    ends = {(next_gap(text, one.end), numbers[one.url]) for one in citations}
    pieces: list[str] = []
    begin = 0
    for end, number in sorted(ends):
        pieces += (visible(text[begin:end]), mark(number))
        begin = end
    return "".join([*pieces, visible(text[begin:])])


def next_gap(text: str, at: int) -> int:
    """Where the word ends in which this place is."""
    found = GAP.search(text, max(0, min(at, len(text))))
    return found.start() if found else len(text)
