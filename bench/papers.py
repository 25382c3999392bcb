"""Makes a folder of documents to measure with: seeded, in several formats, of words as unevenly common as in life."""

import random
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias
from xml.sax.saxutils import escape

Section: TypeAlias = tuple[str, Sequence[str]]
"""A heading and its paragraphs."""
SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi wo xu ya ze ki lo mu an el is or un st tr ch".split()
COMMONEST = "the of and to in is for that with on as are by it be".split()
WORDS = 40_000
SHARES: Mapping[str, int] = {"md": 50, "txt": 20, "html": 18, "docx": 10, "pdf": 2}
"""How many files of a hundred are of each format."""
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PAGE_LINES = 50


@cache
def vocabulary() -> tuple[str, ...]:
    """All words that there are, the commonest first."""
    dice = random.Random(0)
    made = {"".join(dice.choices(SYLLABLES, k=dice.randint(2, 5))): None for _ in range(WORDS)}
    return (*COMMONEST, *made)


class Author:
    """Writes texts of made-up words: the same seed, the same texts."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._words = vocabulary()
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._words))))

    def words(self, number: int) -> list[str]:
        """So many words."""
        return self._dice.choices(self._words, cum_weights=self._weights, k=number)

    def sections(self) -> list[Section]:
        """A document: mostly a page or two, now and then many."""
        number = min(60, int(self._dice.paretovariate(1.2)) + self._dice.randint(0, 3))
        return [(self.heading(), [self.paragraph() for _ in range(self._dice.randint(1, 4))]) for _ in range(number)]

    def heading(self) -> str:
        """A few words."""
        return " ".join(self.words(self._dice.randint(1, 5))).capitalize()

    def paragraph(self) -> str:
        """A few sentences."""
        return " ".join(
            " ".join(self.words(self._dice.randint(5, 20))).capitalize() + "." for _ in range(self._dice.randint(2, 8))
        )

    def question(self) -> str:
        """What a model might search for."""
        return " ".join(self.words(self._dice.randint(1, 7)))

    def ending(self) -> str:
        """The format of the next file."""
        return self._dice.choices(list(SHARES), weights=list(SHARES.values()))[0]


def write_papers(folder: Path, number: int, seed: int = 7) -> list[Path]:
    """Write so many files into folders of a hundred."""
    author = Author(seed)
    paths = [folder / f"{place // 100:03}" / f"paper-{place:05}.{author.ending()}" for place in range(number)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MAKERS[path.suffix[1:]](author.sections()))
    return paths


def markdown_of(sections: Sequence[Section]) -> bytes:
    """Markdown."""
    return "\n\n".join(f"## {heading}\n\n" + "\n\n".join(texts) for heading, texts in sections).encode()


def text_of(sections: Sequence[Section]) -> bytes:
    """Plain text."""
    return "\n\n".join("\n\n".join((heading, *texts)) for heading, texts in sections).encode()


def html_of(sections: Sequence[Section]) -> bytes:
    """A page with the furniture that pages have."""
    matter = "".join(
        f"<h2>{escape(heading)}</h2>" + "".join(f"<p>{escape(text)}</p>" for text in texts)
        for heading, texts in sections
    )
    title = escape(sections[0][0])
    menu = "".join(f'<li><a href="/{place}">Menu {place}</a></li>' for place in range(10))
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><nav><ul>{menu}</ul></nav>"
        f"<main><article><h1>{title}</h1>{matter}</article></main><footer>All rights reserved.</footer></body></html>"
    ).encode()


def docx_of(sections: Sequence[Section], title: str = "") -> bytes:
    """A DOCX as word processors write it, less what has no text in it."""
    body = "".join(paragraph(heading, "Heading1") + "".join(map(paragraph, texts)) for heading, texts in sections)
    styles = '<w:style w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    return docx_with(
        {
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>',
            "docProps/core.xml": f'<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></c>',
        }
    )


def docx_with(parts: Mapping[str, str]) -> bytes:
    """A DOCX with these parts."""
    relation = f'<Relationship Id="r1" Type="{OFFICE}" Target="word/document.xml"/>'
    body = BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{RELATIONS}">{relation}</Relationships>')
        for name, text in parts.items():
            archive.writestr(name, text)
    return body.getvalue()


def paragraph(text: str, style: str = "") -> str:
    """A paragraph of a DOCX."""
    marked = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{marked}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def pdf_of(sections: Sequence[Section]) -> bytes:
    """A PDF of plain pages; its letters are those of Latin-1."""
    lines = [line for heading, texts in sections for text in (heading, *texts) for line in (*wrapped(text), "")]
    pages = [lines[begin : begin + PAGE_LINES] for begin in range(0, len(lines), PAGE_LINES)]
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for place, page in enumerate(pages):
        shown = "\n".join(f"({drawn(line)}) Tj T*" for line in page)
        stream = f"BT /F1 10 Tf 50 780 Td 14 TL\n{shown}\nET".encode("latin-1", "replace")
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * place} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        ]
    return assembled(objects)


def wrapped(text: str) -> Iterator[str]:
    """A text in lines of a page's width."""
    line = ""
    for word in text.split():
        if len(line) + len(word) > 90:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    yield line


def drawn(line: str) -> str:
    """A line as PDF writes it between parentheses."""
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def assembled(objects: Sequence[bytes]) -> bytes:
    """The objects of a PDF as a file."""
    body = b"%PDF-1.4\n"
    places: list[int] = []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + head + table + trailer


MAKERS: Mapping[str, Callable[[Sequence[Section]], bytes]] = {
    "md": markdown_of,
    "txt": text_of,
    "html": html_of,
    "docx": docx_of,
    "pdf": pdf_of,
}
