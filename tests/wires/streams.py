"""Streams of upstreams for the reader's tests, and texts that are hard to carry."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from fuseline.types.replies import Reply
from fuseline.wires.chat.reader import open_reader

ROOM = 1 << 24


def chunk(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk with one choice."""
    head = {"id": "gen-1", "object": "chat.completion.chunk", "created": 1, "model": "a/model"}
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def stream(*chunks: Any, done: bool = True, ascii_only: bool = False) -> bytes:
    """A stream of these chunks; text goes out as UTF-8, or escaped where it must be ASCII."""
    events = [json.dumps(one, ensure_ascii=ascii_only) for one in chunks]
    return "".join(f"data: {event}\n\n" for event in (*events, *(["[DONE]"] if done else []))).encode()


def says(*texts: str, finish: str = "stop", ascii_only: bool = False) -> bytes:
    """A stream that says these pieces and ends."""
    return stream(*(chunk({"content": text}) for text in texts), chunk({}, finish), ascii_only=ascii_only)


def read(payload: bytes, cuts: Iterable[int] = (), answer_bytes: int = ROOM) -> tuple[Reply, str]:
    """The reply in a stream that comes in pieces between `cuts`, and its text as it was heard on the way."""
    reader = open_reader(answer_bytes, ROOM)
    places = sorted({0, len(payload), *cuts})
    heard: list[str] = []
    for start, end in pairwise(places):
        delta = reader.feed(payload[start:end])
        heard.append(delta.text if delta else "")
    return reader.close(), "".join(heard)


def every_script() -> str:
    """A few letters of every block of Unicode, with combining marks, joiners and characters of all lengths."""
    letters = [
        chr(code)
        for code in range(0x20, sys.maxunicode + 1, 61)
        if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Cc", "Co")
    ]
    return "".join(letters) + "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁷󠁬󠁳󠁿 e\u0301 ﷽ \u202eabc\u202c \u2028\u2029\u0085 \ufeff"
