"""An upstream that speaks Gemini: models that live there, what is asked of them, and pieces of their streams."""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from fuseline.types.models import Endpoint, Model
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.wires.gemini.wire import GeminiClient

ROOM = 1 << 24
WIRE = GeminiClient()
LEVELLED = Model("far/x", Endpoint("far", "http://127.0.0.1:1/v1beta", "gemini"), "x")
"""A model that is told by a word how much to think."""
BUDGETED = replace(LEVELLED, budget=True)
NOTHING: frozenset[str] = frozenset()


def written(request: Request, model: Model = LEVELLED, without: frozenset[str] = NOTHING) -> Any:
    """The body of a call as an object."""
    return json.loads(WIRE.write_request(request, model, without))


def piece(*parts: dict[str, Any], finish: str = "", **fields: Any) -> dict[str, Any]:
    """One response of a stream, with these parts and this end, if any; what else is given stands beside them."""
    content = {"content": {"role": "model", "parts": list(parts)}} if parts else {}
    ended = {"finishReason": finish} if finish else {}
    head = {"modelVersion": "x-001", "responseId": "r1"}
    return {"candidates": [{**content, **ended, "index": 0}], **head, **fields}


def told(*events: Any) -> bytes:
    """A stream of these events, its lines ended as the vendor's servers end them."""
    return "".join(f"data: {json.dumps(event, ensure_ascii=False)}\r\n\r\n" for event in events).encode()


def says(*texts: str) -> bytes:
    """A whole stream that says these pieces."""
    return told(*(piece({"text": text}) for text in texts), piece(finish="STOP"))


def read(payload: bytes, cuts: Iterable[int] = (), answer_bytes: int = ROOM) -> tuple[Reply, str]:
    """The reply in a stream that comes in pieces between `cuts`, and its text as it was heard on the way."""
    reader = WIRE.reader(answer_bytes, ROOM)
    heard: list[str] = []
    for start, end in pairwise(sorted({0, len(payload), *cuts})):
        delta = reader.feed(payload[start:end])
        heard.append(delta.text if delta else "")
    return reader.close(), "".join(heard)


def same_when_cut(payload: bytes) -> Reply:
    """The reply in a stream, which must be the same when it comes byte by byte, and in halves cut anywhere."""
    reply, heard = read(payload)
    assert heard == reply.text
    assert read(payload, range(len(payload))) == (reply, heard)
    for cut in range(1, len(payload), 7):
        assert read(payload, [cut]) == (reply, heard)
    return reply
