"""A conversation as chat completions have it, written for upstreams. What is sealed goes only to those who take it."""

from collections.abc import Iterable, Sequence
from typing import Any

from fuseline.types.json import Json, list_of, object_of
from fuseline.types.messages import Message, Part, Text, ToolCall
from fuseline.types.models import Model
from fuseline.types.requests import Request
from fuseline.wires.marks import MARK, marked, room

Turn = dict[str, Json]
MARKED = frozenset({"anthropic", "qwen"})
"""Vendors whose prompts OpenRouter keeps only where they are marked; those of others it keeps by itself.

See https://openrouter.ai/docs/guides/best-practices/prompt-caching, November 2026.
"""
GOOGLE = "gemini"
"""Part of the names of those models whose calls carry a signature in `extra_content`, wherever they are served."""


def takes_marks(model: Model) -> bool:
    """Whether this upstream keeps the front of a prompt only where it is marked."""
    endpoint = model.endpoint
    vendor = model.name.removeprefix("~").partition("/")[0]
    return endpoint.quirks.cache_marks and (endpoint.dialect != "openrouter" or vendor in MARKED)


def write_turns(request: Request, model: Model, without: frozenset[str]) -> list[Turn]:
    """The conversation, its shared front marked where this upstream wants that."""
    if not (request.shared and takes_marks(model) and MARK not in without):
        return write_messages(request.messages, model)
    front = write_messages(request.messages[: request.shared], model)
    rest = write_messages(request.messages[request.shared :], model)
    free = room([*front, *rest], automatic=MARK in request.extra)
    seam = request.messages[request.shared :][:1]
    return seamed(mark_front(front, model, free), rest, goes_on=bool(seam and seam[0].goes_on))


def write_messages(messages: Iterable[Message], model: Model) -> list[Turn]:
    """Messages as turns; what goes on from the one before it is part of that turn."""
    turns: list[Turn] = []
    for message in messages:
        turn = write_message(message, model)
        if message.goes_on and turns:
            turns[-1]["content"] = together(turns[-1]["content"], turn["content"])
        else:
            turns.append(turn)
    return turns


def together(first: Json, second: Json) -> Json:
    """What two messages say, as one."""
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    return [*parts_in(first), *parts_in(second)]


def mark_front(front: Sequence[Turn], model: Model, most: int) -> list[Turn]:
    """The turns with a mark on the last that can carry one, and one on the last of the instructions before them."""
    can = [place for place, turn in enumerate(front) if markable(turn, model)]
    told = [place for place in can if all(turn["role"] in INSTRUCTING for turn in front[: place + 1])]
    chosen = frozenset([*can[-1:], *told[-1:]][:most])
    return [mark(turn) if place in chosen else turn for place, turn in enumerate(front)]


INSTRUCTING = ("system", "developer")


def markable(turn: Turn, model: Model) -> bool:
    """Whether a turn has a text that can be marked. That of a tool is marked only where it is known to be taken."""
    if turn["role"] == "tool" and model.endpoint.dialect != "openrouter":
        return False
    return any(map(is_text, parts_of(turn)))


def mark(turn: Turn) -> Turn:
    """A turn with a mark on its last text."""
    parts = parts_of(turn)
    place = max(index for index, part in enumerate(parts) if is_text(part))
    return {**turn, "content": [*parts[:place], marked(object_of(parts[place])), *parts[place + 1 :]]}


def is_text(part: Any) -> bool:
    """Whether a part is a text that says something: others cannot be marked."""
    fields = object_of(part)
    return fields.get("type") == "text" and bool(str(fields.get("text")).strip())


def parts_of(turn: Turn) -> list[Any]:
    """What a turn says as parts."""
    return parts_in(turn["content"])


def parts_in(content: Json) -> list[Any]:
    """A content as parts."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else list_of(content)


def seamed(front: list[Turn], rest: list[Turn], *, goes_on: bool) -> list[Turn]:
    """Two halves of a conversation as one. Where the second goes on from the first, there is one turn at the seam."""
    match front, rest:
        case [[*before, last], [first, *after]] if goes_on:
            return [*before, {**last, "content": [*parts_of(last), *parts_of(first)]}, *after]
        case _:
            return [*front, *rest]


def write_message(message: Message, model: Model) -> Turn:
    """One message. Sealed reasoning goes only to OpenRouter, which hands it out in this form and knows whose it is."""
    body: Turn = {"role": message.role, "content": write_content(message.content)}
    if message.name:
        body["name"] = message.name
    if message.tool_call_id:
        body["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        signed = GOOGLE in model.name.lower()
        body["tool_calls"] = [write_tool_call(call, signed=signed) for call in message.tool_calls]
        body["content"] = body["content"] or None
        if model.endpoint.quirks.thinking == "thinking":
            # these refuse a call of a tool without the thought before it, be it empty: DeepSeek's guide to its
            # thinking mode, and Moonshot's errors, November 2026
            body["reasoning_content"] = message.reasoning
    return {**body, **sealed(message)} if model.endpoint.dialect == "openrouter" else body


def sealed(message: Message) -> Turn:
    """What of an earlier reply is given back in the words of this protocol."""
    return {name: message.opaque[name] for name in ("reasoning_details",) if name in message.opaque}


def write_content(content: str | tuple[Part, ...]) -> Json:
    """A message's content, parts in their order."""
    if isinstance(content, str):
        return content
    return [{"type": "text", "text": part.text} if isinstance(part, Text) else part.body for part in content]


def write_tool_call(call: ToolCall, *, signed: bool = True) -> dict[str, Json]:
    """A tool call as its model wrote it, and with its signature where that is wanted."""
    seal = {name: call.opaque[name] for name in SEALS if name in call.opaque} if signed else {}
    function: dict[str, Json] = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function, **seal}


SEALS = ("extra_content",)
"""Fields of a call that carry a signature, as Gemini's endpoint for chat completions has it."""
