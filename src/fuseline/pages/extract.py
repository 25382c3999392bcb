"""Bytes into clean text, by their media type: HTML, PDF, and what is text as it stands.

What a stranger made belongs into `text_of`, which reads in a process with limits. The others read in the process that
calls them: for one that has limits of its own, or for files that somebody trusts.
"""

from fuseline.pages.readers.base import Extracted, reader_of
from fuseline.pages.workshop import open_workshop

__all__ = ["Extracted", "extract_html", "extract_pdf", "text_of"]


async def text_of(body: bytes, media_type: str, charset: str = "", url: str = "") -> Extracted:
    """Make text of bytes in a process of its own, started for this one call. For many, open a workshop.

    :raises PageFailed: when their type is none that is read, a limit is reached, or there is no text in them.
    """
    async with open_workshop() as workshop:
        return await workshop.text_of(body, media_type, charset, url)


def extract_html(body: bytes, charset: str = "", url: str = "") -> Extracted:
    """Make text of an HTML page in this very process; it never fails, and at worst finds nothing."""
    return reader_of("html").read(body, charset, url)


def extract_pdf(body: bytes) -> Extracted:
    """Make text of a PDF in this very process.

    :raises PageFailed: when it cannot be read.
    """
    return reader_of("pdf").read(body, "", "")
