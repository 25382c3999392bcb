"""The operations of the document: those of inference as a table, those of look-ups from the table of their routes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from pydantic import BaseModel

from fuseline.assembly import SERVER_WIRES
from fuseline.doors.http.lookups.routes import LOOKUPS, PROCESS, Lookup
from fuseline.doors.http.openapi.shapes import (
    ChatReply,
    ErrorReply,
    MessagesErrorReply,
    MessagesReply,
    ResponsesReply,
    TokensReply,
)
from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.wires.chat.body import ChatBody
from fuseline.wires.messages.body import MessagesBody
from fuseline.wires.responses.body import ResponsesBody

PREFIX = "/v1"
"""The prefix that the document writes out; the others lead to the same."""
EVERYWHERE = (400, 421, 500, 503)
KEYED = (401,)
SENT = (413, 415)
CALLING = (402, 404, 408, 409, 422, 429, 502, 504)

SENT_EVENT: JsonObject = {
    "type": "object",
    "required": ["data"],
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
}
"""An event of a stream; its data is JSON, or `[DONE]` where the protocol has that."""


@dataclass(frozen=True, slots=True)
class Inference:
    """A route that takes a conversation."""

    summary: str
    body: type[BaseModel]
    reply: type[BaseModel]
    error: type[BaseModel] = ErrorReply
    calls: bool = True
    """Whether models are called, so that it can stream, and fail as they can."""


INFERENCE: Mapping[str, Inference] = {
    "/chat/completions": Inference("Answer a conversation, as chat completions say it.", ChatBody, ChatReply),
    "/responses": Inference("Answer a conversation, as the Responses API says it.", ResponsesBody, ResponsesReply),
    "/messages": Inference(
        "Answer a conversation, as Anthropic's Messages API says it.", MessagesBody, MessagesReply, MessagesErrorReply
    ),
    "/messages/count_tokens": Inference(
        "Estimate how long a conversation is. Nobody is called, and parameters of fusion are not looked at.",
        MessagesBody,
        TokensReply,
        MessagesErrorReply,
        calls=False,
    ),
}


def shapes_in() -> list[type[BaseModel]]:
    """Every shape that a request is checked by."""
    return list(dict.fromkeys(inference.body for inference in INFERENCE.values()))


def shapes_out() -> list[type[BaseModel]]:
    """Every shape that a reply has."""
    looked_up: list[type[BaseModel]] = [lookup.reply for lookup in (*PROCESS, *LOOKUPS)]
    inferred = [shape for one in INFERENCE.values() for shape in (one.reply, one.error)]
    return list(dict.fromkeys([*inferred, *looked_up]))


def paths(names: Mapping[type[BaseModel], str]) -> dict[str, Json]:
    """Every path with its one operation. `names` are those of the shapes in the document."""
    served = [path for path in INFERENCE if path.startswith(tuple(wire.path for wire in SERVER_WIRES.values()))]
    inferred: dict[str, Json] = {PREFIX + path: {"post": infer(path, INFERENCE[path], names)} for path in served}
    process: dict[str, Json] = {one.path: {"get": look_up(one, names)} for one in PROCESS}
    return {**inferred, **{plain(PREFIX + one.path): {"get": look_up(one, names)} for one in LOOKUPS}, **process}


def plain(path: str) -> str:
    """A path as the document spells it."""
    return path.replace(":path}", "}")


def infer(path: str, inference: Inference, names: Mapping[type[BaseModel], str]) -> JsonObject:
    """An operation that takes a conversation. A failure after the first byte comes in a body of status 200."""
    body = ref(names[inference.body])
    good: JsonObject = ref(names[inference.reply])
    whole = {"anyOf": [good, ref(names[inference.error])]} if inference.calls else good
    stream = {"text/event-stream": {"schema": SENT_EVENT}} if inference.calls else {}
    statuses = (*EVERYWHERE, *KEYED, *SENT, *(CALLING if inference.calls else ()))
    return {
        "operationId": "post" + re.sub(r"\W+", "_", path),
        "summary": inference.summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": whole}, **stream}},
            **refusals(statuses, names[inference.error]),
        },
    }


def look_up(lookup: Lookup, names: Mapping[type[BaseModel], str]) -> JsonObject:
    """An operation that only reads."""
    statuses = {*EVERYWHERE, *(() if lookup.open else KEYED), *lookup.refusals}
    told: JsonObject = {"schema": ref(names[lookup.reply])}
    operation: dict[str, Json] = {
        "operationId": "get" + re.sub(r"\W+", "_", plain(lookup.path)).rstrip("_"),
        "summary": " ".join((lookup.answer.__doc__ or "").split()),
        "parameters": [*in_path(lookup.path), *in_query(lookup)],
        "responses": {
            "200": {"description": "OK", "content": {"application/json": told}},
            **refusals(statuses, names[ErrorReply]),
        },
    }
    return {**operation, "security": []} if lookup.open else operation


def refusals(statuses: Iterable[int], error: str) -> dict[str, Json]:
    """The responses that are errors."""
    content: JsonObject = {"application/json": {"schema": ref(error)}}
    return {str(status): {"description": HTTPStatus(status).phrase, "content": content} for status in sorted(statuses)}


def in_path(path: str) -> list[Json]:
    """The parameters of a path. A slug may hold slashes."""
    found = re.findall(r"{(\w+)", path)
    schema: JsonObject = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in found]


def in_query(lookup: Lookup) -> list[Json]:
    """The parameters of a query."""
    if lookup.query is None:
        return []
    shape: dict[str, Any] = spelt(lookup.query.model_json_schema())
    required = shape.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": field.pop("description", ""),
            "schema": present(field),
        }
        for name, field in shape["properties"].items()
    ]


def present(field: dict[str, Json]) -> Json:
    """What a parameter may be where it is there: it cannot be null, only absent."""
    options = field.get("anyOf")
    if not isinstance(options, list):
        return field
    return next(option for option in options if option != {"type": "null"})


def ref(name: str) -> JsonObject:
    """A reference to a shape of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def spelt(part: Any) -> Any:
    """A schema of pydantic's in the words of JSON Schema, without titles that say no more than its names.

    Bounds of a number that may be written in two ways are left by pydantic in words of its own.
    """
    if isinstance(part, list):
        return [spelt(one) for one in list_of(cast("object", part))]
    if not isinstance(part, dict):
        return part
    fields = object_of(cast("object", part))
    if fields.get("anyOf") == NUMBER:
        fields = {"type": "number", **{BOUNDS.get(key, key): one for key, one in fields.items() if key != "anyOf"}}
    return {key: spelt(one) for key, one in fields.items() if key != "title" or not isinstance(one, str)}


NUMBER: Json = [{"type": "integer"}, {"type": "number"}]
BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
