"""HTML into Markdown: what the page is about, without its furniture; and all that it says where that finds nothing."""

import re
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any, cast

import trafilatura

from fuseline.pages.charsets import decoded
from fuseline.pages.readers.base import Extracted, made

etree: Any = import_module("lxml.etree")  # it has no types
markup: Any = import_module("lxml.html")
CAREFULLY_S = 2.5
"""Seconds of work in which the matter of a page must be found; after them all of its text is taken."""
ESCAPED = re.compile(r"```.*?```|\\([!-/:-@\[-`{-~])|`[^`\n]+`", re.DOTALL)
"""Marks that were escaped for Markdown's sake, outside of code: here they would break names, figures and addresses."""
UNSEEN = frozenset(("script", "style", "noscript", "template", "head", "svg", "iframe", "select", "datalist"))
BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "footer", "form"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("table", "tr", "ul"),
    )
)


class TookTooLong(BaseException):
    """The careful way took too long. No `Exception`, since libraries catch those."""


def read(body: bytes, charset: str, url: str) -> Extracted:
    """The page as Markdown, with its title."""
    page = parsed(decoded(body, charset, markup=True))
    if page is None:
        return Extracted("", "")
    title = title_of(page)
    return made(title, matter(page, url) or everything(page, url))


def parsed(text: str) -> Any:
    """The tree of a page; `None` where there is no element in it."""
    parser = markup.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return markup.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def title_of(page: Any) -> str:
    """The title that a page has, or else its first heading."""
    for path in ("string(//head/title)", "string(//title)", "string(//h1)"):
        if title := " ".join(cast("str", page.xpath(path)).split()):
            return title
    return ""


def matter(page: Any, url: str) -> str:
    """What a page is about, as Markdown; empty where nothing was found, or not soon enough."""
    careful = cast("Callable[..., str | None]", trafilatura.extract)
    try:
        with at_most(CAREFULLY_S):
            found = careful(page, url=url or None, output_format="markdown", include_links=True, include_tables=True)
    except (Exception, TookTooLong):  # whatever a page does to the library, its words are still there to be taken
        return ""
    return ESCAPED.sub(lambda match: match[1] or match[0], found or "").strip()


@contextmanager
def at_most(seconds: float) -> Generator[None]:
    """Stop the block after so many seconds of work, where the system can tell them and this is the main thread."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def everything(page: Any, url: str) -> str:
    """All that a page says, a line for each block, with its links."""
    if url:
        page.make_links_absolute(url, resolve_base_href=True, handle_failures="discard")
    pieces: list[str] = []
    unseen = 0
    for event, element in etree.iterwalk(page, events=("start", "end")):
        opening = event == "start"
        unseen += (1 if opening else -1) * (element.tag in UNSEEN)
        if element.tag in BLOCKS:
            pieces.append("\n")
        if not unseen:
            pieces += link_mark(element, opening)
        said = element.text if opening else element.tail
        if said and not unseen:
            pieces.append(" ".join(f"|{said}|".split())[1:-1])
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def link_mark(element: Any, opening: bool) -> tuple[str, ...]:
    """The Markdown that stands on this side of a link."""
    target = element.get("href", "") if element.tag == "a" else ""
    if not target.startswith(("http://", "https://")):
        return ()
    return ("[",) if opening else (f"]({target})",)
