"""What bodies must hold beyond the types of their fields, as JSON Schema: wires and planner check it in code."""

from collections.abc import Mapping, Sequence

from fuseline.tools.toolbox import FUSION, TOOLS
from fuseline.types.json import Json, JsonObject
from fuseline.wires.messages.requests import NAME
from fuseline.wires.responses.body import FunctionCallItem, FunctionOutputItem, MessageItem, ReasoningItem
from fuseline.wires.responses.history import MOST_ITEMS
from fuseline.wires.shapes import THRESHOLDS, Shape

ITEMS: Mapping[str, type[Shape]] = {
    "message": MessageItem,
    "reasoning": ReasoningItem,
    "function_call": FunctionCallItem,
    "function_call_output": FunctionOutputItem,
}
"""The items of a Responses input that are looked into, by their type."""
TEXT: JsonObject = {"type": "string", "minLength": 1}
NULL: JsonObject = {"type": "null"}


def where(field: str, value: Json, then: JsonObject) -> JsonObject:
    """What holds for objects in which a field has this value."""
    return {"if": {"required": [field], "properties": {field: value}}, "then": then}


def holding(field: str, value: JsonObject) -> JsonObject:
    """Objects that have a field of this form."""
    return {"required": [field], "properties": {field: value}}


def either(*options: JsonObject) -> JsonObject:
    """Whatever has one of these forms."""
    return {"anyOf": list(options)}


def named(shape: str) -> JsonObject:
    """A shape of the document."""
    return {"$ref": f"#/components/schemas/{shape}"}


def content(kinds: Sequence[str]) -> JsonObject:
    """A text, nothing, or parts, of which those of these kinds have a text of their own."""
    part: JsonObject = {"type": "object", **where("type", {"enum": list(kinds)}, holding("text", {"type": "string"}))}
    return either({"type": "string"}, {"type": "array", "items": part}, NULL)


def item() -> JsonObject:
    """An item of a Responses input; one without a type is a message, one of another type means nothing here."""
    known: list[Json] = [where("type", {"const": kind}, named(shape.__name__)) for kind, shape in ITEMS.items()]
    untyped: JsonObject = {"if": {"not": {"required": ["type"]}}, "then": named("MessageItem")}
    return {"type": "object", "properties": {"type": {"type": "string"}}, "allOf": [*known, untyped]}


NAMES_A_MODEL = either(
    holding("model", TEXT),
    holding("models", {"type": "array", "minItems": 1, "items": TEXT}),
)
WITH_FUSION = where(
    "type", {"enum": sorted(FUSION)}, {"properties": {"parameters": either(named("FusionParameters"), NULL)}}
)
SERVER_TOOL = either({"enum": sorted({*FUSION, *TOOLS})}, {"not": {"pattern": "^(openrouter|fuseline):"}})
FUNCTION_NAME: JsonObject = {"type": "string", "pattern": f"^{NAME.pattern}$"}
SPOKEN = either(
    holding("content", {"type": ["string", "array"]}),
    holding("tool_calls", {"type": "array", "minItems": 1}),
    holding("refusal", {"type": "string"}),
)
REFINED: Mapping[str, JsonObject] = {
    "ChatBody": {"allOf": [NAMES_A_MODEL, {"properties": {"n": either({"const": 1}, NULL)}}]},
    "ChatMessageBody": {"allOf": [SPOKEN, {"properties": {"content": content(["text", "input_text", "output_text"])}}]},
    "ChatToolBody": {
        "allOf": [
            {"properties": {"type": SERVER_TOOL}},
            where("type", {"const": "function"}, holding("function", {"type": "object"})),
            WITH_FUSION,
        ]
    },
    "MessagesBody": {"allOf": [NAMES_A_MODEL]},
    "MessagesMessageBody": {"properties": {"content": content(["text"])}},
    "MessagesToolBody": {
        "allOf": [
            either(
                holding("type", {"type": "string", "not": {"const": "custom"}, **SERVER_TOOL}),
                holding("name", FUNCTION_NAME),
            ),
            WITH_FUSION,
        ]
    },
    "MessagesChoiceBody": either(
        holding("type", {"enum": ["auto", "any", "none"]}),
        holding("type", {"type": "string", "pattern": "^(openrouter|fuseline):"}),
        {"required": ["name"], "properties": {"type": {"const": "tool"}, "name": {"type": "string"}}},
    ),
    "ResponsesBody": {
        "required": ["input"],
        "allOf": [
            NAMES_A_MODEL,
            {
                "properties": {
                    "input": either(
                        {"type": "string"},
                        {"type": "array", "minItems": 1, "maxItems": MOST_ITEMS, "items": item()},
                    ),
                    "store": either({"const": False}, NULL),
                    "previous_response_id": NULL,
                    "conversation": NULL,
                }
            },
        ],
    },
    "MessageItem": either(
        {"properties": {"role": {"const": "assistant"}}},
        holding("content", {"type": ["string", "array"]}),
    ),
    "ResponsesToolBody": {
        "allOf": [
            {"properties": {"type": SERVER_TOOL}},
            where("type", {"const": "function"}, holding("name", FUNCTION_NAME)),
            WITH_FUSION,
        ]
    },
    "ResponsesChoiceBody": where("type", {"const": "function"}, holding("name", TEXT)),
    "ResponsesFormatBody": where(
        "type",
        {"const": "json_schema"},
        {"required": ["name", "schema"], "properties": {"name": {"type": "string"}, "schema": {"type": "object"}}},
    ),
    "PluginBody": where("id", {"const": "fusion"}, named("FusionParameters")),
    "StopRuleBody": either(
        *(
            {"required": [field], "properties": {"type": {"const": kind}, field: {"not": NULL}}}
            for kind, field in THRESHOLDS.items()
        )
    ),
}
"""By the name of the shape. Where it already has a keyword, both hold."""
