"""The analyst's JSON schema, for upstreams that can be held to one: every key required, nothing else allowed."""

from fuseline.types.json import Json, JsonObject

STRING: JsonObject = {"type": "string"}
STRINGS: JsonObject = {"type": "array", "items": STRING}


def closed(**properties: Json) -> JsonObject:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def several(item: JsonObject) -> JsonObject:
    """A list of one kind."""
    return {"type": "array", "items": item}


CLAIM = closed(claim=STRING, sources=STRINGS, quote=STRING, urls=STRINGS)
STANCE = closed(source=STRING, stance=STRING, evidence=STRING)
COMPARISON = closed(
    consensus=several(CLAIM),
    contradictions=several(closed(topic=STRING, stances=several(STANCE), better_supported=STRING)),
    partial_coverage=several(CLAIM),
    unique_insights=several(closed(claim=STRING, source=STRING, quote=STRING, urls=STRINGS)),
    blind_spots=STRINGS,
    injection_suspected=several(closed(source=STRING, what=STRING)),
)
RESPONSE_FORMAT: JsonObject = {
    "type": "json_schema",
    "json_schema": {"name": "comparison", "strict": True, "schema": COMPARISON},
}
