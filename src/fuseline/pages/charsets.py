"""Bytes of a page into text: by its header, its own word, or as UTF-8. Nothing that is no plain charset is decoded."""

import codecs
import re
from collections.abc import Iterator

META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
PIECE = 64 << 10
META_WITHIN = 4096
"""How far into a page its own word about its charset counts."""
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "tis-620": "iso8859-11",
    "utf-16": "utf-16-le",
}
"""What browsers read by a name that is narrower than what is sent under it."""
KNOWN = frozenset(
    (
        *("utf-8", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp866", "cp874"),
        *("gb18030", "big5", "big5hkscs", "cp932", "cp949", "euc_jp", "iso2022_jp"),
        *(f"cp{number}" for number in range(1250, 1259)),
        *(f"iso8859-{number}" for number in (*range(2, 9), 10, 11, 13, 14, 15, 16)),
    )
)
"""Charsets of the web. Python's other codecs unpack, execute escapes, or take time without bound."""


def decoded(body: bytes, charset: str = "", *, markup: bool = False) -> str:
    """The text of a body. A charset that nobody knows is UTF-8, and what cannot be read is replaced."""
    return "".join(pieces_of(body, charset or (declared(body) if markup else "")))


def pieces_of(body: bytes, charset: str) -> Iterator[str]:
    """The text of a body piece by piece, so that nobody waits for all of it."""
    mark, codec = next((one for one in MARKS if body.startswith(one[0])), (b"", codec_of(charset) or "utf-8"))
    decoder = codecs.getincrementaldecoder(codec)("replace")
    for start in range(len(mark), len(body), PIECE):
        yield decoder.decode(body[start : start + PIECE])
    yield decoder.decode(b"", final=True)


def declared(body: bytes) -> str:
    """The charset that a page says that it has, or nothing. One that can say so is none of two bytes a letter."""
    found = META.search(body, 0, META_WITHIN)
    name = found.group(1).decode("ascii", "replace") if found else ""
    return "" if name.lower().startswith("utf-16") else name


def codec_of(name: str) -> str:
    """The codec for a charset by any of its names, or nothing for one that is not of the web."""
    try:
        codec = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return ""
    codec = WIDER.get(codec, codec)
    return codec if codec in KNOWN else ""
