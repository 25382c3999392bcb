"""The conversation, written as contents: turns of user and model in which no two of one role follow each other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic_core import from_json

from fuseline.types.json import Json, JsonObject, object_of
from fuseline.types.messages import Attachment, Message, Part, Text, ToolCall
from fuseline.wires.gemini.parts import write_attachment
from fuseline.wires.gemini.signatures import PLACEHOLDER, loose_signatures, signature_of

MADE = "gcall_"
"""How the ids begin that our reader makes for calls that came without one; the upstream never sees them."""

Turn = tuple[str, list[JsonObject]]


@dataclass(frozen=True, slots=True)
class Manner:
    """What beside words the turns of a call may hold."""

    signed: bool = True
    """Signatures of thoughts."""
    excused: bool = True
    """The placeholder where the signature of a call is missing."""
    numbered: bool = True
    """The ids of calls."""


def write_contents(messages: Iterable[Message], manner: Manner) -> list[Json]:
    """The conversation. A result names its function, so the names of the calls are remembered on the way."""
    names: dict[str, str] = {}
    turns: list[Turn] = []
    for message in messages:
        role = "model" if message.role == "assistant" else "user"
        parts = list(write_message(message, names, manner))
        names |= {call.id: call.name for call in message.tool_calls}
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(parts)
        elif parts:
            turns.append((role, parts))
    if manner.excused:
        excuse(turns)
    return [{"role": role, "parts": parts} for role, parts in turns]


def excuse(turns: list[Turn]) -> None:
    """Put the placeholder at the first call of each turn of the model's that has no signature at any of its calls.

    Only behind the user's last words, where signatures are asked for.
    """
    for role, parts in reversed(turns):
        if role == "user":
            if any("functionResponse" not in part for part in parts):
                return
            continue
        calls = [place for place, part in enumerate(parts) if "functionCall" in part]
        if calls and not any("thoughtSignature" in parts[place] for place in calls):
            parts[calls[0]] = {**parts[calls[0]], "thoughtSignature": PLACEHOLDER}


def write_message(message: Message, names: Mapping[str, str], manner: Manner) -> Iterator[JsonObject]:
    """The parts that one message is: what was said, the signatures that came with it, then what was called."""
    if message.role == "tool":
        yield write_result(message, names, manner)
        yield from (write_attachment(part) for part in parts_of(message) if isinstance(part, Attachment))
        return
    for part in parts_of(message):
        if isinstance(part, Attachment):
            yield write_attachment(part)
        elif part.text.strip():
            yield {"text": part.text}
    if manner.signed:
        for signature in loose_signatures(message):
            yield {"text": "", "thoughtSignature": signature}
    for call in message.tool_calls:
        yield write_call(call, message, manner)


def parts_of(message: Message) -> tuple[Part, ...]:
    """A message's content, part by part."""
    return (Text(message.content),) if isinstance(message.content, str) else message.content


def write_call(call: ToolCall, message: Message, manner: Manner) -> JsonObject:
    """A call of a function, its arguments as an object, with the signature that it came with."""
    body: JsonObject = {**id_of(call.id, manner), "name": call.name, "args": parsed(call.arguments, "arguments")}
    signature = signature_of(call, message) if manner.signed else ""
    return {"functionCall": body, **({"thoughtSignature": signature} if signature else {})}


def write_result(message: Message, names: Mapping[str, str], manner: Manner) -> JsonObject:
    """What a function returned: its object, or its text in one."""
    id = message.tool_call_id
    name = names.get(id) or message.name or id
    body: JsonObject = {**id_of(id, manner), "name": name, "response": parsed(message.text, "output")}
    return {"functionResponse": body}


def id_of(id: str, manner: Manner) -> dict[str, Json]:
    """The id of a call, where its upstream knows it."""
    return {"id": id} if id and manner.numbered and not id.startswith(MADE) else {}


def parsed(text: str, name: str) -> dict[str, Json]:
    """A text as the object that it is; one that is none stands whole in an object, under that name."""
    try:
        value = from_json(text or "{}", allow_inf_nan=False)
    except ValueError:
        value = None
    return object_of(value) if isinstance(value, dict) else {name: text}
