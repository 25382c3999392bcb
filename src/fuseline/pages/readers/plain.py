"""What is text already: plain, Markdown, JSON, feeds."""

from fuseline.pages.charsets import pieces_of
from fuseline.pages.readers.base import CHARACTERS, Extracted, made


def read(body: bytes, charset: str, url: str) -> Extracted:
    """The text as it stands."""
    pieces: list[str] = []
    size = 0
    for piece in pieces_of(body, charset):
        pieces.append(piece)
        size += len(piece)
        if size > CHARACTERS:  # some charsets take a second for what no one will see
            break
    return made("", "".join(pieces).replace("\r\n", "\n"))
