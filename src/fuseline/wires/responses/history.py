"""The `input` of a Responses request, read as a conversation: items that belong to one turn become one message."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json, list_of, object_of
from fuseline.types.messages import Attachment, Message, Part, Text, ToolCall, user
from fuseline.wires.replay import rehydrated
from fuseline.wires.responses.body import FunctionCallItem, FunctionOutputItem, MessageItem, ReasoningItem
from fuseline.wires.responses.reader import FORMAT
from fuseline.wires.shapes import Shape, invalid

MOST_ITEMS = 5000
TEXTS = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})
"""Types of parts that are nothing but their text."""
ShapeT = TypeVar("ShapeT", bound=Shape)


def read_input(value: Any) -> tuple[Message, ...]:
    """The conversation in `input`.

    :raises InvalidRequest: naming the item and what is wrong with it.
    """
    if isinstance(value, str):
        return (user(value),)
    items = list_of(value)
    if not 0 < len(items) <= MOST_ITEMS:
        raise InvalidRequest(f"input is required: a text, or 1 to {MOST_ITEMS} items", "input")
    messages = joined(message for index, item in enumerate(items) for message in read_item(item, f"input[{index}]"))
    if not messages:
        raise InvalidRequest("input holds no message", "input", kind="invalid_prompt")
    return messages


def read_item(item: Any, path: str) -> tuple[Message, ...]:
    """What an item adds to the conversation: nothing, where it is of a type that means nothing here."""
    if not isinstance(item, dict):
        raise InvalidRequest(f"{path}: an item is an object", path, kind="invalid_prompt")
    fields = object_of(item)
    match fields.get("type", "message"):
        case "message":
            return (read_message(shaped(MessageItem, fields, path), path),)
        case "reasoning":
            return (read_reasoning(shaped(ReasoningItem, fields, path)),)
        case "function_call":
            call = shaped(FunctionCallItem, fields, path)
            return (Message("assistant", tool_calls=(ToolCall(call.call_id, call.name, call.arguments),)),)
        case "function_call_output":
            result = shaped(FunctionOutputItem, fields, path)
            content = read_content(result.output, f"{path}.output")
            return (Message("tool", content, tool_call_id=result.call_id),)
        case "openrouter:fusion":
            return read_fusion(fields)
        case str():
            return ()
        case _:
            raise InvalidRequest(f"{path}.type is a text", f"{path}.type", kind="invalid_prompt")


def shaped(shape: type[ShapeT], fields: Mapping[str, Any], path: str) -> ShapeT:
    """An item held against its shape."""
    try:
        return shape.model_validate(fields)
    except ValidationError as error:
        raise invalid(error, path) from None


def read_message(item: MessageItem, path: str) -> Message:
    """Something that was said."""
    if item.content is None and item.role != "assistant":
        raise InvalidRequest("content is required", f"{path}.content", kind="invalid_prompt")
    return Message(item.role, read_content(item.content or "", f"{path}.content"))


def read_content(content: str | Sequence[Mapping[str, Any]], path: str) -> str | tuple[Part, ...]:
    """The content of a message or a result; a single text is the text itself, which every upstream takes."""
    if isinstance(content, str):
        return content
    parts = tuple(read_part(part, f"{path}[{index}]") for index, part in enumerate(content))
    return parts[0].text if len(parts) == 1 and isinstance(parts[0], Text) else parts or ""


def read_part(part: Mapping[str, Any], path: str) -> Part:
    """One part, anything but text in the form in which chat completions carry it."""
    match part.get("type"):
        case kind if kind in TEXTS:
            return Text(required(part, "text", path))
        case "refusal":
            return Text(required(part, "refusal", path))
        case "input_image":
            detail = {"detail": part["detail"]} if part.get("detail") else {}
            return Attachment({"type": "image_url", "image_url": {"url": required(part, "image_url", path), **detail}})
        case "input_file":
            return Attachment({"type": "file", "file": read_file(part, path)})
        case "input_audio":
            return Attachment({"type": "input_audio", "input_audio": part.get("input_audio")})
        case "input_video":
            return Attachment({"type": "video_url", "video_url": {"url": required(part, "video_url", path)}})
        case _:
            return Attachment(part)


def read_file(part: Mapping[str, Any], path: str) -> dict[str, Json]:
    """A file, by its content or its address. There is no store here from which an id could fetch one."""
    if not part.get("file_data"):
        required(part, "file_url", path)
    return {name: part[name] for name in ("filename", "file_data", "file_url") if part.get(name)}


def required(part: Mapping[str, Any], name: str, path: str) -> str:
    """A field of a part that must be a text."""
    value = part.get(name)
    if not isinstance(value, str):
        raise InvalidRequest(f"{name} is required", f"{path}.{name}", kind="invalid_prompt")
    return value


def read_reasoning(item: ReasoningItem) -> Message:
    """A thought, as a message that has nothing else yet. What is sealed goes back to where it came from."""
    told = [*texts(item.content), *texts(item.summary)]
    known = {"id": item.upstream_id or item.id, "format": item.format}
    head = {name: value for name, value in known.items() if value is not None}
    details: list[Json] = []
    if item.encrypted_content:
        details.append({"type": "reasoning.encrypted", "data": item.encrypted_content, "format": FORMAT, **head})
    if item.signature:
        details.append({"type": "reasoning.text", "text": "\n\n".join(told), "signature": item.signature, **head})
    opaque: dict[str, Json] = {"reasoning_details": details} if details else {}
    return Message("assistant", reasoning="\n\n".join(told), opaque=opaque)


def texts(parts: Sequence[Mapping[str, Any]] | None) -> Iterator[str]:
    """The texts of a thought's parts."""
    return (part["text"] for part in parts or () if isinstance(part.get("text"), str))


def joined(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The conversation with the parts of each assistant turn put together, and without turns that hold nothing."""
    found: list[Message] = []
    for message in messages:
        if found and belongs(found[-1], message):
            found[-1] = together(found[-1], message)
        else:
            found.append(message)
    return tuple(message for message in found if not bare(message))


def belongs(earlier: Message, later: Message) -> bool:
    """Whether two messages are of one turn: a thought and what came of it, or a text and the calls behind it."""
    if earlier.role != "assistant" or later.role != "assistant":
        return False
    return bare(earlier) or bool(later.tool_calls and not later.content and not later.reasoning)


def bare(message: Message) -> bool:
    """Whether an assistant said nothing and called nothing."""
    return message.role == "assistant" and message.blank and not message.tool_calls


def together(earlier: Message, later: Message) -> Message:
    """Two messages of one turn as one."""
    details = [*list_of(earlier.opaque.get("reasoning_details")), *list_of(later.opaque.get("reasoning_details"))]
    return replace(
        later,
        content=earlier.content or later.content,
        tool_calls=(*earlier.tool_calls, *later.tool_calls),
        reasoning="\n\n".join(one for one in (earlier.reasoning, later.reasoning) if one),
        opaque={"reasoning_details": details} if details else {},
    )


def read_fusion(item: Mapping[str, Any]) -> tuple[Message, ...]:
    """A fusion run of an earlier reply: never refused, since the client only sends back what it was given."""
    result = {name: item[name] for name in RESULT if name in item}
    status = {"status": "error" if item.get("error") else "ok"}
    return rehydrated(str(item.get("id") or "st_earlier"), "{}", to_json({**status, **result}).decode())


RESULT = ("error", "failure_reason", "analysis", "responses", "failed_models", "sources")
"""What of the item was the result of the tool."""
