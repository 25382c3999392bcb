"""DOCX as Markdown: its headings, paragraphs, lists, tables and notes. It knows no picture and no layout.

It is read as a stream by expat, which comes with Python: the tree of a large document would be many times its size, and
with document types refused nothing can be declared that expands or that is fetched.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from xml.parsers import expat

from fuseline.pages.extract import Extracted

PART_BYTES = 64 << 20
"""Most that a part may be when it is unpacked."""
TEXT_CHARACTERS = 10_000_000
ENTRIES = 10_000
PIECE = 1 << 16
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
STRICT_WORD = "http://purl.oclc.org/ooxml/wordprocessingml/main "
FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
OFFICE_DOCUMENT = "/officeDocument"
LEVELS = range(1, 7)
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(KeyError, ValueError, NotImplementedError, RuntimeError),
)
"""What the unpacking of a damaged or an encrypted file ends with."""
Attributes = Mapping[str, str]


class NotDocx(ValueError):
    """A file is no DOCX, or not one that may be read; the message says why."""


def extract_docx(body: bytes) -> Extracted:
    """The title and the text of a document.

    :raises NotDocx: when it is damaged, encrypted, too large when unpacked, or declares entities.
    """
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            return read_archive(archive)
    except NotDocx:
        raise
    except DAMAGE as error:
        raise NotDocx("it is damaged, encrypted or no DOCX at all") from error


def read_archive(archive: zipfile.ZipFile) -> Extracted:
    """The text of the parts that have some, in the order in which they are read on paper."""
    names = set(archive.namelist())
    if len(names) > ENTRIES:
        raise NotDocx(f"it has more than {ENTRIES:,} parts")
    main = main_part(archive)
    folder = main.rpartition("/")[0]
    styles = f"{folder}/styles.xml"
    levels = heading_levels(archive, styles) if styles in names else dict[str, int]()
    parts = [main, *(name for name in (f"{folder}/footnotes.xml", f"{folder}/endnotes.xml") if name in names)]
    text = "\n\n".join(read_part(archive, name, levels) for name in parts).strip()
    return Extracted(title_of(archive) if "docProps/core.xml" in names else "", text)


def main_part(archive: zipfile.ZipFile) -> str:
    """The name of the part that the document itself stands in."""
    targets: list[str] = []

    def begin(name: str, attributes: Attributes) -> None:
        if name.endswith(" Relationship") and attributes.get("Type", "").endswith(OFFICE_DOCUMENT):
            targets.append(attributes.get("Target", "").lstrip("/"))

    parse(archive, "_rels/.rels", begin)
    if not targets:
        raise NotDocx("it has no document in it")
    return targets[0]


def heading_levels(archive: zipfile.ZipFile, part: str) -> Mapping[str, int]:
    """Which styles are headings, and of which level: their ids differ with the language of the writer's program."""
    levels: dict[str, int] = {}
    style = ""

    def begin(name: str, attributes: Attributes) -> None:
        nonlocal style
        match local(name):
            case "style":
                style = value_of(attributes, "styleId")
            case "name" if value_of(attributes, "val").lower() == "title":
                levels[style] = 1
            case "name":
                word, _, number = value_of(attributes, "val").lower().partition(" ")
                if word == "heading" and number.isdecimal():
                    levels[style] = int(number[:2])
            case "outlineLvl":
                levels.setdefault(style, outline(attributes))
            case _:
                pass

    parse(archive, part, begin)
    return levels


def title_of(archive: zipfile.ZipFile) -> str:
    """The title among the properties of the document."""
    title: list[str] = []
    inside = False

    def begin(name: str, attributes: Attributes) -> None:
        nonlocal inside
        inside = name == "http://purl.org/dc/elements/1.1/ title"

    def hear(text: str) -> None:
        if inside:
            title.append(text)

    parse(archive, "docProps/core.xml", begin, hear)
    return " ".join("".join(title).split())


@dataclass(slots=True)
class Transcript:
    """Writes down a part while it is parsed."""

    levels: Mapping[str, int]
    lines: list[str] = field(default_factory=list[str])
    words: list[str] = field(default_factory=list[str])
    level: int = 0
    """Of the heading that the paragraph is; 0 where it is none."""
    listed: bool = False
    speaking: bool = False
    """Whether what comes now is text of the document."""
    cells: int = 0
    """How many table cells enclose what comes now."""
    hidden: int = 0
    """How many alternatives for older programs enclose what comes now: all of it was said already."""
    size: int = 0

    def begin(self, name: str, attributes: Attributes) -> None:
        """An element begins."""
        match local(name):
            case "p":
                self.level, self.listed = 0, False
            case "pStyle":
                self.level = self.levels.get(value_of(attributes, "val"), 0)
            case "outlineLvl":
                self.level = outline(attributes)
            case "numPr":
                self.listed = True
            case "t":
                self.speaking = not self.hidden
            case "tab":
                self.words.append("\t" if self.words else "")
            case "br" | "cr":
                self.words.append("\n")
            case "tc":
                self.cells += 1
            case _:
                self.hidden += name == FALLBACK

    def end(self, name: str) -> None:
        """An element ends."""
        match local(name):
            case "t":
                self.speaking = False
            case "p":
                self.end_paragraph()
            case "tc":
                self.cells -= 1
                self.words.append(" | ")
            case "tr":
                self.lines.append(" ".join("".join(self.words).split()).removesuffix(" |"))
                self.words.clear()
            case _:
                self.hidden -= name == FALLBACK

    def end_paragraph(self) -> None:
        """A paragraph is a line in a cell of a table, and else a block of its own."""
        if self.cells:
            self.words.append(" ")
            return
        text = "".join(self.words).strip()
        self.words.clear()
        if text and self.level in LEVELS:
            self.lines += ["", f"{'#' * self.level} {' '.join(text.split())}", ""]
        elif text:
            self.lines += [f"- {text}"] if self.listed else ["", text]

    def hear(self, text: str) -> None:
        """Text comes."""
        if self.speaking:
            self.size += len(text)
            if self.size > TEXT_CHARACTERS:
                raise NotDocx(f"it has more than {TEXT_CHARACTERS:,} characters")
            self.words.append(text)


def read_part(archive: zipfile.ZipFile, part: str, levels: Mapping[str, int]) -> str:
    """The text of a part."""
    transcript = Transcript(levels)
    parse(archive, part, transcript.begin, transcript.hear, transcript.end)
    return "\n".join(transcript.lines).strip()


def parse(
    archive: zipfile.ZipFile,
    part: str,
    begin: Callable[[str, Attributes], None],
    hear: Callable[[str], None] | None = None,
    end: Callable[[str], None] | None = None,
) -> None:
    """Parse a part piece by piece."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = begin
    parser.CharacterDataHandler = hear
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse_doctype
    try:
        for piece in pieces(archive, part):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise NotDocx(f"its {part} is not well formed") from error


def pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """A part piece by piece, however large it claims to be."""
    size = 0
    with archive.open(part) as stream:
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > PART_BYTES:
                raise NotDocx(f"it is larger than {PART_BYTES >> 20} MiB when it is unpacked")
            yield piece


def refuse_doctype(*_: object) -> None:
    """No DOCX has a document type: one would be there to declare entities."""
    raise NotDocx("it declares a document type, as only an attack would")


def local(name: str) -> str:
    """The name of an element of a document's body; empty for those of any other vocabulary."""
    for space in (WORD, STRICT_WORD):
        if name.startswith(space):
            return name.removeprefix(space)
    return ""


def value_of(attributes: Attributes, name: str) -> str:
    """An attribute, in either of the two vocabularies."""
    return attributes.get(f"{WORD}{name}") or attributes.get(f"{STRICT_WORD}{name}") or ""


def outline(attributes: Attributes) -> int:
    """The level that a place in the outline stands for; 9 is body text."""
    value = value_of(attributes, "val")
    return int(value) + 1 if value.isdecimal() and int(value[:2]) + 1 in LEVELS else 0
