"""PDF into text, page by page, with the links that it holds."""

import time
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from fuseline.pages.base import PageFailed
from fuseline.pages.readers.base import CHARACTERS, Extracted, made

PAGES_S = 3.5
"""Seconds of work after which no further page is begun."""
LINKS = 200


def read(body: bytes, charset: str, url: str) -> Extracted:
    """The text of all pages, then the links.

    :raises PageFailed: when this is no PDF, it is locked, or no page of it can be read.
    """
    try:
        document = PdfReader(BytesIO(body))
        pages = list(document.pages)
        title = (document.metadata.title or "") if document.metadata else ""
    except Exception as problem:  # the library lets many kinds out, and each means the same
        raise PageFailed("failed:extract", "unreadable") from problem
    texts, truncated = texts_of(pages)
    if pages and not texts:
        raise PageFailed("failed:extract", "unreadable")
    links = "".join(f"\n- <{link}>" for link in links_of(pages))
    text = "\n\n".join(filter(None, texts)) + (f"\n\nLinks:{links}" if links else "")
    return made(str(title), text, truncated)


def texts_of(pages: Iterable[Any]) -> tuple[list[str], str]:
    """The text of each page that can be read, and which limit ended it."""
    texts: list[str] = []
    size = 0
    began = time.process_time()
    for page in pages:
        if time.process_time() - began > PAGES_S:
            return texts, "limit:time"
        try:
            text = page.extract_text().strip()
        except Exception:  # one page may be broken, and the others good
            continue
        texts.append(text[: CHARACTERS - size])
        size += len(text)
        if size > CHARACTERS:
            return texts, "limit:size"
    return texts, ""


def links_of(pages: Iterable[Any]) -> Iterator[str]:
    """The addresses that the pages link to, each once."""
    seen: set[str] = set()
    for page in pages:
        try:
            marks = [mark.get_object() for mark in page.annotations or ()]
            found = [str(mark["/A"]["/URI"]) for mark in marks if "/URI" in mark.get("/A", ())]
        except Exception:  # one page may be broken, and the others good
            continue
        for link in found:
            if link not in seen and len(seen) < LINKS and link.startswith(("http://", "https://")):
                seen.add(link)
                yield link
