"""Upstreams that speak Responses or messages: their streams, and models that live there."""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from fuseline.assembly import CLIENT_WIRES
from fuseline.types.models import Endpoint, Model
from fuseline.types.replies import Reply
from fuseline.types.requests import Request

ROOM = 1 << 24
FAR = Model("far/x", Endpoint("far", "http://127.0.0.1:1/v1"), "x")
OPENROUTER = replace(FAR, endpoint=replace(FAR.endpoint, dialect="openrouter"))


def told(*events: Any) -> bytes:
    """A stream of these events."""
    return "".join(
        f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events
    ).encode()


def read(wire: str, payload: bytes, cuts: Iterable[int] = (), answer_bytes: int = ROOM) -> tuple[Reply, str]:
    """The reply in a stream that comes in pieces between `cuts`, and its text as it was heard on the way."""
    reader = CLIENT_WIRES[wire].reader(answer_bytes, ROOM)
    heard: list[str] = []
    for start, end in pairwise(sorted({0, len(payload), *cuts})):
        delta = reader.feed(payload[start:end])
        heard.append(delta.text if delta else "")
    return reader.close(), "".join(heard)


def written(wire: str, request: Request, model: Model = FAR, without: frozenset[str] = frozenset()) -> Any:
    """The body of a call as an object."""
    return json.loads(CLIENT_WIRES[wire].write_request(request, model, without))


# Responses


def item(kind: str, index: int, **fields: Any) -> dict[str, Any]:
    """An item that begins, or is done."""
    return {"type": f"response.output_item.{kind}", "output_index": index, "item": fields}


def piece(text: str, index: int = 0, part: int = 0, kind: str = "output_text") -> dict[str, Any]:
    """A piece of what an item says."""
    return {"type": f"response.{kind}.delta", "output_index": index, "content_index": part, "delta": text}


def over(status: str = "completed", **fields: Any) -> dict[str, Any]:
    """The end of a response."""
    head: dict[str, Any] = {
        "id": "resp_1",
        "object": "response",
        "model": "a/model",
        "status": status,
        "error": None,
        "output": [],
    }
    return {"type": f"response.{status}", "response": {**head, **fields}}


# Messages


def block(index: int, body: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """A block from its beginning to its end."""
    return [
        {"type": "content_block_start", "index": index, "content_block": body},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text_block(index: int, *pieces: str, **fields: Any) -> list[dict[str, Any]]:
    """A block of text."""
    return block(
        index, {"type": "text", "text": "", **fields}, *({"type": "text_delta", "text": one} for one in pieces)
    )


BEGUN: dict[str, Any] = {
    "type": "message_start",
    "message": {"id": "msg_1", "type": "message", "model": "a/model", "content": [], "usage": {"input_tokens": 3}},
}
STOP = {"type": "message_stop"}


def stopped(reason: str | None = "end_turn", **usage: Any) -> list[dict[str, Any]]:
    """The end of a message."""
    counts = {"output_tokens": 4, **usage}
    return [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": counts}, STOP]


def says(wire: str, *texts: str) -> bytes:
    """A whole stream that says these pieces."""
    if wire == "responses":
        return told(*(piece(text) for text in texts), over())
    return told(BEGUN, *text_block(0, *texts), *stopped())


def cut_short(wire: str, *texts: str) -> bytes:
    """A stream that breaks off behind these pieces."""
    events: list[Any] = [*(piece(text) for text in texts)] if wire == "responses" else [BEGUN, *text_block(0, *texts)]
    return told(*events)
