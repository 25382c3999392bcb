"""What upstreams say on each native wire, in every event that their vendors document: one recording for each case.

Put together by hand from the vendors' documentation, November 2026. The same case means the same on all wires.
"""

import json
from collections.abc import Mapping
from typing import Any

CASES = (
    "text", "tools", "reasoning", "limit", "error", "cut",
    "usage missing", "usage last", "usage cumulative", "usage incremental", "usage absurd", "usage zero",
)  # fmt: skip
"""What may come in a stream. That of an image goes the other way, and stands in the test itself."""
ENDED = {"limit": "length", "tools": "tool_calls"}
COUNTS: Mapping[str, tuple[Any, ...]] = {
    "usage missing": (),
    "usage last": ((9, 4),),
    "usage cumulative": ((9, 1), (9, 3), (9, 4)),
    "usage incremental": ((9, 1), (0, 2), (0, 1)),
    "usage absurd": ((-9, "4"),),
    "usage zero": ((0, 0),),
}
"""Tokens in and out, in the order in which they come; only the last come behind the end of the text."""


def counts(case: str) -> list[Any]:
    """The counts of a case."""
    return list(COUNTS.get(case, ((9, 4),)))


# Chat completions


def chat(case: str) -> bytes:
    """A stream of chunks."""
    deltas = CHAT.get(case, CHAT["text"])
    *early, last = counts(case) or [None]
    chunks = [chat_chunk(delta, usage=early[at] if at < len(early) else None) for at, delta in enumerate(deltas)]
    if case == "error":
        error = {"code": 529, "message": "Overloaded", "metadata": {"error_type": "provider_overloaded"}}
        return sse(*chunks, {**chat_chunk({"content": ""}, "error"), "error": error})
    if case == "cut":
        return sse(*chunks)
    closing: list[Any] = [] if last is None else [{**chat_chunk({}), "choices": [], "usage": chat_usage(*last)}]
    return b": PROCESSING\n\n" + sse(*chunks, chat_chunk({}, ENDED.get(case, "stop")), *closing) + b"data: [DONE]\n\n"


def chat_chunk(delta: Any, finish: str | None = None, usage: Any = None) -> dict[str, Any]:
    """A chunk with one choice."""
    head = {"id": "gen-1", "object": "chat.completion.chunk", "created": 1, "model": "a/model"}
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {**head, "choices": [choice], "usage": chat_usage(*usage) if usage else None}


def chat_usage(tokens_in: Any, tokens_out: Any) -> dict[str, Any]:
    """Counts, with their details."""
    return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "prompt_tokens_details": None}


CHAT: Mapping[str, list[Any]] = {
    "text": [{"role": "assistant", "content": ""}, {"content": "Blue light "}, {"content": "scatters."}],
    "tools": [
        {"role": "assistant", "content": None},
        {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "look"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"q":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"é"}'}}]},
    ],
    "reasoning": [
        {"role": "assistant", "content": "", "reasoning": "It is ", "reasoning_content": "It is "},
        {"content": "", "reasoning": "the air.", "reasoning_content": "the air."},
        {"content": "Blue light scatters."},
    ],
}


# Responses


def responses(case: str) -> bytes:
    """A stream of events, numbered as they come."""
    events = RESPONSES.get(case, RESPONSES["text"])
    *early, last = counts(case) or [None]
    begun = [
        {"type": kind, "response": response("in_progress", usage=count)}
        for kind, count in zip(("response.created", "response.in_progress"), [*early, None, None], strict=False)
    ]
    if case == "cut":
        return numbered(*begun, *events[:-3])
    if case == "error":
        error = {"code": "server_is_overloaded", "message": "Overloaded"}
        return numbered(*begun, *events[:-3], {"type": "response.failed", "response": response("failed", error=error)})
    if case == "limit":
        fields: dict[str, Any] = {"incomplete_details": {"reason": "max_output_tokens"}}
        end = {"type": "response.incomplete", "response": response("incomplete", usage=last, **fields)}
        return numbered(*begun, *events, end)
    return numbered(*begun, *events, {"type": "response.completed", "response": response("completed", usage=last)})


def response(status: str, usage: Any = None, **fields: Any) -> dict[str, Any]:
    """A response as it stands at either end of a stream; its items are those of the events before."""
    counted = {"input_tokens": usage[0], "output_tokens": usage[1], "input_tokens_details": None} if usage else None
    head: dict[str, Any] = {
        "id": "resp_1",
        "object": "response",
        "model": "a/model",
        "status": status,
        "output": [],
        "error": None,
    }
    return {**head, "usage": counted, **fields}


def spoken(index: int, item: Any, part: Any, delta: str, field: str, *pieces: str) -> list[Any]:
    """An item with one part, from its beginning to its end."""
    place = {"item_id": item["id"], "output_index": index, part["index"]: 0}
    whole = {**part["body"], "text": "".join(pieces)}
    return [
        {"type": "response.output_item.added", "output_index": index, "item": {**item, field: []}},
        {"type": f"response.{part['name']}.added", **place, "part": part["body"]},
        *({"type": f"response.{delta}.delta", **place, "delta": piece, "obfuscation": "x"} for piece in pieces),
        {"type": f"response.{delta}.done", **place, "text": "".join(pieces)},
        {"type": f"response.{part['name']}.done", **place, "part": whole},
        {"type": "response.output_item.done", "output_index": index, "item": {**item, field: [whole]}},
    ]


def told(index: int, *pieces: str) -> list[Any]:
    """A message."""
    body: dict[str, Any] = {"type": "output_text", "text": "", "annotations": []}
    part = {"name": "content_part", "index": "content_index", "body": body}
    item = {"type": "message", "id": f"msg_{index}", "role": "assistant", "status": "completed"}
    return spoken(index, item, part, "output_text", "content", *pieces)


def thought(index: int, *pieces: str) -> list[Any]:
    """A summary of reasoning, and its seal."""
    body = {"type": "summary_text", "text": ""}
    part = {"name": "reasoning_summary_part", "index": "summary_index", "body": body}
    item = {"type": "reasoning", "id": f"rs_{index}", "encrypted_content": "sealed"}
    return spoken(index, item, part, "reasoning_summary_text", "summary", *pieces)


FUNCTION = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look"}
ARGUMENTS = "response.function_call_arguments"
RESPONSES: Mapping[str, list[Any]] = {
    "text": told(0, "Blue light ", "scatters."),
    "tools": [
        {"type": "response.output_item.added", "output_index": 0, "item": {**FUNCTION, "arguments": ""}},
        {"type": f"{ARGUMENTS}.delta", "item_id": "fc_1", "output_index": 0, "delta": '{"q":'},
        {"type": f"{ARGUMENTS}.delta", "item_id": "fc_1", "output_index": 0, "delta": '"é"}'},
        {"type": f"{ARGUMENTS}.done", "item_id": "fc_1", "output_index": 0, "arguments": '{"q":"é"}'},
        {"type": "response.output_item.done", "output_index": 0, "item": {**FUNCTION, "arguments": '{"q":"é"}'}},
    ],
    "reasoning": [*thought(0, "It is ", "the air."), *told(1, "Blue light scatters.")],
}


# Messages


def messages(case: str) -> bytes:
    """A stream of blocks."""
    events = MESSAGES.get(case, MESSAGES["text"])
    *early, last = counts(case) or [None]
    begun = [message_start(early[0] if early else None), {"type": "ping"}]
    if case == "cut":
        return named(*begun, *events[:-1])
    if case == "error":
        return named(*begun, *events[:-1], {"type": "error", "error": {"type": "overloaded_error", "message": "x"}})
    reason = {"limit": "max_tokens", "tools": "tool_use"}.get(case, "end_turn")
    deltas = [message_delta(None, count) for count in early[1:]]
    return named(*begun, *events, *deltas, message_delta(reason, last), {"type": "message_stop"})


def message_start(usage: Any) -> dict[str, Any]:
    """The head of a message."""
    head: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "model": "a/model", "content": []}
    return {"type": "message_start", "message": {**head, "stop_reason": None, "usage": message_usage(usage)}}


def message_delta(reason: str | None, usage: Any) -> dict[str, Any]:
    """How it ended, or how much it was so far."""
    delta = {"stop_reason": reason, "stop_sequence": None}
    return {"type": "message_delta", "delta": delta, "usage": message_usage(usage)}


def message_usage(usage: Any) -> dict[str, Any] | None:
    """Counts, with those of its cache."""
    cached = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    return {"input_tokens": usage[0], **cached, "output_tokens": usage[1]} if usage else None


def block(index: int, body: Any, *deltas: Any) -> list[Any]:
    """A block from its beginning to its end."""
    return [
        {"type": "content_block_start", "index": index, "content_block": body},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def words(index: int, *pieces: str) -> list[Any]:
    """A block of text."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": piece} for piece in pieces))


MESSAGES: Mapping[str, list[Any]] = {
    "text": words(0, "Blue light ", "scatters."),
    "tools": block(
        0,
        {"type": "tool_use", "id": "call_1", "name": "look", "input": {}},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"q":'},
        {"type": "input_json_delta", "partial_json": '"é"}'},
    ),
    "reasoning": [
        *block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "It is "},
            {"type": "thinking_delta", "thinking": "the air."},
            {"type": "signature_delta", "signature": "sealed"},
        ),
        *words(1, "Blue light scatters."),
    ],
}


# All of them


def sse(*events: Any) -> bytes:
    """Events that are nothing but their data."""
    return "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events).encode()


def named(*events: Any) -> bytes:
    """Events with their names."""
    framed = (f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)
    return "".join(framed).encode()


def numbered(*events: Any) -> bytes:
    """Events with their names and numbers."""
    return named(*({**event, "sequence_number": number} for number, event in enumerate(events)))


RECORDINGS = {"chat": chat, "responses": responses, "messages": messages}
"""By wire; each makes the stream of a case."""
