"""What must hold of every stream and every reply of a wire, whatever happened in the run that it tells."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from fuseline.assembly import CLIENT_WIRES
from fuseline.types.errors import UpstreamError
from fuseline.types.events import Failed, Finished
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.base import ErrorBody
from fuseline.wires.sse import EventReader
from tests.wires.openapi import complaints
from tests.wires.responses import schemas as responses

ROOM = 1 << 20
WHOLE = {"chat": "ChatResult", "responses": "OpenResponsesResult", "messages": "MessagesResult"}
"""The vendor's schema of each wire's whole reply."""
FIVE = ("consensus", "contradictions", "partial_coverage", "unique_insights", "blind_spots")
FUSION = "response.fusion_call."


def payloads(stream: bytes) -> list[bytes]:
    """The payloads of a stream's events."""
    reader = EventReader()
    return [*reader.feed(stream), *reader.close()]


def valid(schema: str, value: Any) -> None:
    """Claim that a value is what the vendor's schema says."""
    assert complaints(schema, value) == [], json.dumps(value)[:2000]


def answer(run: Run) -> str:
    """All that a run said to its client, what came before a server tool set apart."""
    said = run.reply.text if run.reply else ""
    return f"{run.preamble}\n\n{said}" if run.preamble and said else run.preamble or said


def whole(name: str, body: Any, run: Run) -> None:
    """Claim that a whole reply is valid and complete."""
    if name == "responses":
        assert responses.complaints(WHOLE[name], body) == [], json.dumps(body)[:2000]
    else:
        valid(WHOLE[name], body)
    assert body["id"] == run.id and body["usage"]["cost"] == run.cost / 1e9
    assert "".join(texts(name, body)).replace("\n\n", "") == answer(run).replace("\n\n", "")


def texts(name: str, body: Any) -> list[str]:
    """All that a whole reply says to its client."""
    match name:
        case "chat":
            return [choice["message"]["content"] or "" for choice in body["choices"]]
        case "responses":
            parts = [part for item in body["output"] if item["type"] == "message" for part in item["content"]]
            return [part.get("text", "") for part in parts]
        case _:
            return [block["text"] for block in body["content"] if block["type"] == "text"]


def error(name: str, written: ErrorBody) -> None:
    """Claim that an error comes in the envelope of its wire, with its status and type."""
    assert 400 <= written.status < 600
    body = json.loads(written.body)
    if name == "messages":
        assert body["type"] == "error" and body["error"]["error_type"]
    else:
        assert body["error"]["code"] == written.status and body["error"]["metadata"]["error_type"]


# Chat completions


def chat_stream(stream: bytes, request: Request, run: Run | None) -> None:
    """Claim that a chat stream has one end, all its text, and the run's events in order."""
    *said, last = payloads(stream)
    assert last == b"[DONE]"
    chunks = [json.loads(one) for one in said]
    for chunk in chunks:
        valid("ChatStreamChunk", chunk)
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    finishes = [choice["finish_reason"] for choice in choices if choice["finish_reason"]]
    assert len(finishes) == 1 and chunks[-1]["choices"] == [] and "usage" in chunks[-1]
    if run is None:
        assert finishes == ["error"]
    else:
        assert "".join(choice["delta"].get("content") or "" for choice in choices) == answer(run)
    panel_events([chunk["fusion"] for chunk in chunks if "fusion" in chunk and chunk["choices"]], "")


def panel_events(events: Sequence[Any], prefix: str, hidden: bool = False) -> None:
    """Claim that a panel's events are in order: all seats, one end for each, then the analysis, then the end of all."""
    told = [(event["type"].removeprefix(prefix), event) for event in events if event["type"].startswith(prefix)]
    told = [
        (kind, event)
        for kind, event in told
        if kind.partition(".")[0] in ("in_progress", "panel", "analysis", "completed")
    ]
    if not told:
        return
    kinds = [kind for kind, _ in told]
    assert kinds[0] == "in_progress" and kinds[-1] == "completed" and kinds.count("completed") == 1
    added = [event for kind, event in told if kind == "panel.added"]
    assert kinds[1 : len(added) + 1] == ["panel.added"] * len(added)
    ends = Counter(event["panel_index"] for kind, event in told if kind in ("panel.completed", "panel.failed"))
    assert ends == {event["panel_index"]: 1 for event in added}
    for kind, event in told:
        if kind == "panel.completed":
            pieces = [
                one["delta"]
                for other, one in told
                if other == "panel.delta" and one["panel_index"] == event["panel_index"]
            ]
            assert event["content"] == "".join(pieces)
        if kind == "analysis.completed":
            assert tuple(event["analysis"]) == FIVE
    if any(kind.startswith("analysis") for kind in kinds):
        first = next(place for place, kind in enumerate(kinds) if kind.startswith("analysis"))
        assert not any(kind.startswith("panel") for kind in kinds[first:])


# Responses


def responses_stream(stream: bytes, request: Request, run: Run | None) -> None:
    """Claim that a Responses stream counts without a gap, that its items add up, and that fusion is told in order."""
    *said, last = payloads(stream)
    assert last == b"[DONE]"
    events = [json.loads(one) for one in said]
    for event in events:
        assert responses.event_complaints(event) == [], json.dumps(event)[:2000]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"] or run is None
    end = events[-1]
    assert end["type"] in (("response.completed", "response.incomplete") if run else ("response.failed",))
    output = end["response"]["output"]
    done = {event["output_index"]: event["item"] for event in events if event["type"] == "response.output_item.done"}
    opened = [event["output_index"] for event in events if event["type"] == "response.output_item.added"]
    if run is not None:
        assert opened == list(range(len(output))) and [done[index] for index in sorted(done)] == output
        texts = [part["text"] for item in output if item["type"] == "message" for part in item["content"]]
        assert "\n\n".join(texts) == answer(run)
        for index, item in enumerate(output):
            spoken(events, index, item)
    panel_events(events, FUSION, hidden=True) if run and run.expose == "analysis" else panel_events(events, FUSION)


def spoken(events: Sequence[Any], index: int, item: Any) -> None:
    """Claim that the deltas of an item are what the item says in the end."""
    mine = [event for event in events if event.get("output_index") == index]
    said = "".join(event["delta"] for event in mine if event["type"] == "response.output_text.delta")
    if item["type"] == "message":
        assert said == "".join(part["text"] for part in item["content"])
    if item["type"] == "function_call":
        pieces = [one["delta"] for one in mine if one["type"] == "response.function_call_arguments.delta"]
        assert "".join(pieces) == item["arguments"]


# Messages


def messages_stream(stream: bytes, request: Request, run: Run | None) -> None:
    """Claim that a messages stream opens and closes each block in turn, and says everything inside them."""
    told = [json.loads(one) for one in payloads(stream)]
    panel_events([event["fusion"] for event in told if event["type"] == "fusion"], "")
    events = [event for event in told if event["type"] != "fusion"]
    for event in events:
        valid("MessagesStreamEvents", event)
    kinds = [event["type"] for event in events if event["type"] != "ping"]
    if run is None:
        assert kinds[-1] == "error"
        return
    assert (kinds[0], kinds[-2], kinds[-1]) == ("message_start", "message_delta", "message_stop")
    assert list(steps(events)) == [
        step for index in range(kinds.count("content_block_start")) for step in (("start", index), ("stop", index))
    ]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    said = "".join(delta["text"] for delta in deltas if delta["type"] == "text_delta")
    assert said.replace("\n\n", "") == answer(run).replace("\n\n", "")


def steps(events: Sequence[Any]) -> Iterator[tuple[str, int]]:
    """Where blocks begin and end; a delta outside its block is a fault."""
    at: int | None = None
    for event in events:
        match event["type"]:
            case "content_block_start":
                at = event["index"]
                yield "start", event["index"]
            case "content_block_delta":
                assert event["index"] == at
            case "content_block_stop":
                at = None
                yield "stop", event["index"]
            case _:
                pass


# Both ends


def read_back(name: str, stream: bytes, end: Finished | Failed, chance: Any) -> None:
    """Claim that the wire's own reader gets from a stream, cut anywhere, what the run said."""
    reader = CLIENT_WIRES[name].reader(ROOM, ROOM)
    try:
        at = 0
        while at < len(stream):
            step = chance.randint(1, max(1, len(stream) // 3))
            reader.feed(stream[at : at + step])
            at += step
        reply = reader.close()
    except UpstreamError:
        assert isinstance(end, Failed)
        return
    assert isinstance(end, Finished)
    same(reply, end.run)


def read_whole(name: str, body: bytes, run: Run) -> None:
    """Claim that the wire's own reader gets from a whole reply what the run said."""
    same(CLIENT_WIRES[name].read_reply(body), run)


def same(reply: Reply, run: Run) -> None:
    """Claim that a reply which was read is the one that the run made."""
    made = run.reply
    assert made is not None
    assert reply.text.replace("\n\n", "") == answer(run).replace("\n\n", "")
    assert reply.finish_reason == made.finish_reason
    assert [(call.id, call.name, json.loads(call.arguments)) for call in reply.tool_calls] == [
        (call.id, call.name, json.loads(call.arguments)) for call in made.tool_calls
    ]
    assert reply.usage is not None and reply.usage.cost == run.cost
