"""PDF files written by hand, honest ones and others."""

import zlib
from itertools import accumulate

FLUSHED = 1 << 20


def paper(text: str, title: str = "") -> bytes:
    """A PDF of one page with one line."""
    return bound(zlib.compress(f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()), title)


def bound(packed: bytes, title: str = "", pages: int = 1) -> bytes:
    """A PDF whose pages all show the same packed stream."""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[" + b"3 0 R " * pages + b"]/Count %d>>" % pages,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Title(%s)>>" % title.encode(),
    ]
    objects = [b"%d 0 obj\n" % number + part + b"\nendobj\n" for number, part in enumerate(parts, 1)]
    head = b"%PDF-1.4\n"
    *places, end = accumulate(map(len, objects), initial=len(head))
    table = b"xref\n0 7\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer<</Size 7/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF" % end
    return head + b"".join(objects) + table + tail


def much(piece: bytes, times: int, wbits: int) -> bytes:
    """A megabyte of a piece, so many times, packed. It is packed once: a flushed block may be repeated."""
    press = zlib.compressobj(9, zlib.DEFLATED, wbits)
    block = piece * (FLUSHED // len(piece))
    first = press.compress(block) + press.flush(zlib.Z_FULL_FLUSH)
    again = press.compress(block) + press.flush(zlib.Z_FULL_FLUSH)
    return first + again * (times - 1) + press.flush()
