"""From the bytes of a file to a document: its title, its passages, and what kept a part of it out.

HTML and PDF are read in the workshop, whose processes have limits: their readers are large, and can be led astray. DOCX
is read right here, since its reader is a small one that counts what it takes in; text is as it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from anyio import to_thread

from fuseline.documents.docx import NotDocx, extract_docx
from fuseline.documents.formats import Form, Format, decoded, tidy
from fuseline.documents.passages import TITLE, Passage, cut, first_heading
from fuseline.pages.base import PageFailed
from fuseline.pages.extract import Extracted
from fuseline.pages.workshop import Workshop

WORK_S = 20
"""Seconds of processor time for one file that is read in the workshop."""
CLOCK_S = 40.0
"""Seconds for the same on the clock."""
NO_TEXT = "there is no text in it"
REFUSALS: Mapping[str, str] = {"limit:time": "it takes too long to read", "limit:size": "it takes too much memory"}
UNREADABLE = "it is damaged, locked, or not of the kind that its name says"
CUTS: Mapping[str, str] = {
    "limit:time": "only its beginning was read: the rest takes too long",
    "limit:size": "only its beginning was read: it is very long",
}


class Unreadable(ValueError):
    """There is no text to be had of a file; the message says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it goes into the index."""

    title: str
    passages: tuple[Passage, ...]
    cut: str = ""
    """What kept a part of it out, in a sentence; empty where it is whole."""


async def read_apart(body: bytes, kind: Format, path: str, workshop: Workshop) -> Document | Unreadable:
    """The document that a file holds which is read in the workshop, or why it holds none."""
    try:
        extracted = await workshop.text_of(body, kind.media_type)
    except PageFailed as failed:
        return Unreadable(REFUSALS.get(failed.verdict, UNREADABLE))
    return await to_thread.run_sync(document_of, extracted, kind.form, path)


def read_here(body: bytes, form: Form, path: str) -> Document | Unreadable:
    """The document that any other file holds, or why it holds none."""
    try:
        return document_of(extract_docx(body) if form == "docx" else Extracted("", decoded(body)), form, path)
    except NotDocx as error:
        return Unreadable(str(error))


def document_of(extracted: Extracted, form: Form, path: str) -> Document | Unreadable:
    """A text as a document. What gives itself no title is called by its file's name."""
    text = tidy(extracted.text)
    passages = tuple(cut(text, form))
    if not passages:
        return Unreadable(NO_TEXT)
    title = tidy(" ".join(extracted.title.split())) or first_heading(text, form) or PurePath(path).stem
    return Document(title[:TITLE], passages, CUTS.get(extracted.truncated, extracted.truncated))
