"""Which format a file is in, by its name and its first bytes, and how bytes of text become text."""

import codecs
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["markdown", "text", "rst", "html", "pdf", "docx"]

TEXT_BYTES = 5 << 20
"""Most that a file of text may have: more is a log or a dump, which no one reads as a document."""
FILE_BYTES = 20 << 20
"""Most that any other file may have."""
HEAD = 8192
"""Bytes at the beginning of a file that tell text from the rest."""
FEW = 0.02
"""The share of control characters up to which a file counts as text."""
MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a file begins with that states its encoding."""
CONTROLS = frozenset(range(0x20)) - set(b"\t\n\f\r\x1b")
ORDERS = dict.fromkeys([*sorted(frozenset(range(0x20)) - set(b"\t\n")), *range(0x7F, 0xA0), 0xFEFF, 0x200B])
"""What leaves every text: control characters, and the invisible ones that the index puts in for its own use."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be read."""

    form: Form
    media_type: str
    most: int = TEXT_BYTES
    """Bytes that a file of it may have."""
    apart: bool = False
    """Whether it is read in a process with limits, since its reader can be led astray by what it reads."""

    @property
    def sniffed(self) -> bool:
        """Whether its files are looked at for being text at all, since nothing else would tell."""
        return self.form in ("markdown", "text", "rst")


PLAIN = Format("text", "text/plain")
MARKDOWN = Format("markdown", "text/markdown")
HTML = Format("html", "text/html", apart=True)
FORMATS: Mapping[str, Format] = {
    ".docx": Format("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", FILE_BYTES),
    ".htm": HTML,
    ".html": HTML,
    ".markdown": MARKDOWN,
    ".md": MARKDOWN,
    ".mdx": MARKDOWN,
    ".pdf": Format("pdf", "application/pdf", FILE_BYTES, apart=True),
    ".rst": Format("rst", "text/x-rst"),
    ".xhtml": HTML,
}
"""The format of each ending. Whatever else is text is plain text: notes, tables, source code."""


def format_of(path: PurePath) -> Format:
    """The format that a file's name speaks for."""
    return FORMATS.get(path.suffix.lower(), PLAIN)


def is_text(head: bytes) -> bool:
    """Whether a file that begins so is text."""
    if encoding_mark(head):
        return True
    return b"\0" not in head and sum(byte in CONTROLS for byte in head) <= len(head) * FEW


def encoding_mark(head: bytes) -> str:
    """The encoding that a file states by its first bytes; empty where it states none."""
    return next((name for mark, name in MARKS if head.startswith(mark)), "")


def decoded(body: bytes) -> str:
    """Bytes as text: in the encoding that they state, else UTF-8, else that of old Windows files of Western Europe."""
    try:
        return body.decode(encoding_mark(body) or "utf-8")
    except UnicodeDecodeError:
        return body.decode(encoding_mark(body) or "cp1252", "replace")


def tidy(text: str) -> str:
    """A text in composed letters, with one kind of line end and without control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    return unicodedata.normalize("NFC", lines.translate(ORDERS).encode("utf-8", "replace").decode())
