"""A message of the client's, read block by block into turns of ours: results of tools first, then what was said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_core import to_json

from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json, list_of, object_of
from fuseline.types.messages import Attachment, Message, Part, Text, ToolCall
from fuseline.wires.messages.blocks import FUSION_NAME, FUSION_RESULT
from fuseline.wires.messages.body import MessageBody
from fuseline.wires.messages.uses import SERVER_BLOCKS, sealed_uses
from fuseline.wires.replay import rehydrated

Block = Mapping[str, Any]
SEALED = "anthropic-claude-v1"
"""The format of signatures and redacted thoughts, by which an upstream knows its own."""
FAILED = "Error: "
"""Said before the result of a tool that failed, since chat completions have no other way to say so."""


def read_message(body: MessageBody, path: str) -> Iterator[Message]:
    """The turns that one message is; none where all of its blocks are of kinds that nobody here knows."""
    if isinstance(body.content, str):
        yield Message(body.role, body.content)
    elif body.role == "assistant":
        yield from read_assistant(body.content, f"{path}.content")
    else:
        yield from read_user(body, body.content, f"{path}.content")


def read_user(body: MessageBody, blocks: Sequence[Block], path: str) -> Iterator[Message]:
    """The results of tools, each a turn, then all that the message says and shows."""
    shown: list[Part] = []
    for position, block in enumerate(blocks):
        here = f"{path}[{position}]"
        if block.get("type") == "tool_result":
            parts = tuple(read_result(block, here))
            shown += [part for part in parts if isinstance(part, Attachment)]  # a tool's turn can only hold text
            text = Message("tool", parts).text
            failed = FAILED if block.get("is_error") is True else ""
            yield Message("tool", failed + text, tool_call_id=string(block, "tool_use_id", here))
        else:
            shown += read_part(block, here)
    if shown:
        yield Message(body.role, plain(shown))


def read_result(block: Block, path: str) -> Iterator[Part]:
    """What a tool returned."""
    content = block.get("content")
    if isinstance(content, str):
        yield Text(content)
    for position, part in enumerate(list_of(content)):
        yield from read_part(object_of(part), f"{path}.content[{position}]")


def read_assistant(blocks: Sequence[Block], path: str) -> Iterator[Message]:
    """A turn of the assistant's: what it thought, said and called. A fusion run in it parts what stands around it."""
    parts: list[Part] = []
    thoughts: list[str] = []
    details: list[Json] = []
    calls: list[ToolCall] = []
    runs: dict[str, Block] = {}
    for position, block in enumerate(blocks):
        here = f"{path}[{position}]"
        match block.get("type"):
            case "thinking":
                thoughts.append(string(block, "thinking", here))
                details += sealed_thought(block)
            case "redacted_thinking":
                details.append({"type": "reasoning.encrypted", "data": string(block, "data", here), "format": SEALED})
            case "tool_use":
                calls.append(read_call(block, here))
            case "server_tool_use" if block.get("name") == FUSION_NAME:
                runs[string(block, "id", here)] = block
            case kind if kind == FUSION_RESULT and block.get("tool_use_id") in runs:
                call, result = read_run(runs.pop(block["tool_use_id"]), block)
                yield replace(call, content=plain(parts))
                yield result
                parts = []
            case _:
                parts += read_part(block, here)
    opaque: dict[str, Json] = {"reasoning_details": details} if details else {}
    if sealed := sealed_uses(blocks):
        opaque[SERVER_BLOCKS] = sealed
    if parts or calls:
        yield Message("assistant", plain(parts), tuple(calls), reasoning="\n\n".join(thoughts), opaque=opaque)


def sealed_thought(block: Block) -> list[Json]:
    """A thought that its upstream signed, in the form that this upstream takes back; an unsigned one is not sent on."""
    signature = block.get("signature")
    if not isinstance(signature, str) or not signature:
        return []
    return [{"type": "reasoning.text", "text": block.get("thinking"), "signature": signature, "format": SEALED}]


def read_run(use: Block, result: Block) -> tuple[Message, Message]:
    """A fusion run of ours that came back: the call and its result, as the model that called remembers them."""
    content = result.get("content")
    text = content if isinstance(content, str) else to_json(content).decode()
    return rehydrated(use["id"], to_json(use.get("input") or {}).decode(), text)


def read_call(block: Block, path: str) -> ToolCall:
    """A call of the client's function."""
    arguments = to_json(block.get("input") or {}).decode()
    return ToolCall(string(block, "id", path), string(block, "name", path), arguments)


def read_part(block: Block, path: str) -> list[Part]:
    """What a block says or shows; nothing for a block of a kind that nobody here knows."""
    match block.get("type"):
        case "text":
            return [Text(string(block, "text", path))]
        case "image":
            return [Attachment({"type": "image_url", "image_url": {"url": read_image(block, path)}})]
        case "document":
            return read_document(block, path)
        case "search_result":
            head = [str(block[name]) for name in ("title", "source") if block.get(name)]
            return [Text("\n".join(head)), *read_result(block, path)]
        case _:
            return []


def read_image(block: Block, path: str) -> str:
    """Where an image is, or the image itself, as a URL."""
    source, here = object_of(block.get("source")), f"{path}.source"
    match source.get("type"):
        case "base64":
            return data_url(source, here)
        case "url":
            return string(source, "url", here)
        case _:
            raise wrong("an image comes as base64 or by its url", here)


def read_document(block: Block, path: str) -> list[Part]:
    """A document: as text where it is text, else as a file."""
    source, here = object_of(block.get("source")), f"{path}.source"
    title = str(block.get("title") or "")
    heading: list[Part] = [Text(title)] if title else []
    match source.get("type"):
        case "text":
            return [*heading, Text(string(source, "data", here))]
        case "content":
            return [*heading, *read_result(source, here)]
        case "base64":
            return [file_part({"filename": title or "document.pdf", "file_data": data_url(source, here)})]
        case "url":
            url = string(source, "url", here)
            return [file_part({"filename": title or url.rpartition("/")[2], "file_data": url})]
        case "file":
            return [file_part({"file_id": string(source, "file_id", here)})]
        case _:
            raise wrong("a document comes as text, content, base64, by its url or by its file_id", here)


def file_part(file: Mapping[str, Json]) -> Attachment:
    """A file in the form that chat completions have for it."""
    return Attachment({"type": "file", "file": file})


def data_url(source: Block, path: str) -> str:
    """Encoded bytes as a URL."""
    return f"data:{string(source, 'media_type', path)};base64,{string(source, 'data', path)}"


def plain(parts: Sequence[Part]) -> str | tuple[Part, ...]:
    """The content of a message: a lone text by itself, which every upstream takes."""
    match parts:
        case []:
            return ""
        case [Text(text)]:
            return text
        case _:
            return tuple(parts)


def string(block: Block, name: str, path: str) -> str:
    """A field of a block that must be there."""
    value = block.get(name)
    if not isinstance(value, str):
        raise wrong(f"{path}.{name} is required and must be a string", f"{path}.{name}")
    return value


def wrong(message: str, path: str) -> InvalidRequest:
    """What is said of a block that makes no sense."""
    return InvalidRequest(message, path, kind="invalid_prompt")
