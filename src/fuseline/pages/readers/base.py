"""What a reader of pages is: bytes of one kind in, clean text out."""

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

CHARACTERS = 1_000_000
"""The most of a text that is kept."""
HTML = frozenset(("text/html", "application/xhtml+xml"))
PDF = "application/pdf"
PLAIN = frozenset(
    (
        *("application/json", "application/xml", "application/x-ndjson", "application/yaml"),
        *("application/rss+xml", "application/atom+xml"),
    )
)
PLAIN_ENDINGS = ("+json", "+yaml")
TITLE = 500
"""The most of a title that is kept."""
UNCLEAN = {0: None, **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}
"""What no text may hold that is written anywhere: NUL, and halves of letters."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a page says. Links are Markdown links, tables are Markdown tables."""

    title: str
    text: str
    truncated: str = ""
    """Which limit cut the text short, such as `limit:size`; empty where it is whole."""


class Reader(Protocol):
    """A module that makes text of bytes of one kind."""

    def read(self, body: bytes, charset: str, url: str) -> Extracted:
        """Make text of bytes; `url` is where relative links start from.

        :raises PageFailed: when there is none in them.
        """
        ...


def kind_of(media_type: str) -> str:
    """Which reader takes a media type: `html`, `pdf` or `plain`; empty where none does."""
    name = media_type.partition(";")[0].strip().lower()
    if name in HTML:
        return "html"
    if name == PDF:
        return "pdf"
    return "plain" if name in PLAIN or name.startswith("text/") or name.endswith(PLAIN_ENDINGS) else ""


def reader_of(kind: str) -> Reader:
    """The reader of a kind. Its libraries are loaded now: they are large, and most processes never read a page."""
    return cast("Reader", import_module(f"fuseline.pages.readers.{kind}"))


def made(title: str, text: str, truncated: str = "") -> Extracted:
    """A text as it may be kept and shown: its length capped, and nothing in it that cannot be written."""
    if len(text) > CHARACTERS:
        text, truncated = text[:CHARACTERS], truncated or "limit:size"
    return Extracted(" ".join(title.translate(UNCLEAN).split())[:TITLE], text.translate(UNCLEAN), truncated)
