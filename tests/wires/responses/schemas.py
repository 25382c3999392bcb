"""The vendor's schemas of this wire, read as its SDKs read them: in an `allOf` the later word replaces the earlier.

Taken literally they contradict themselves: the response allows only OpenAI's items, and its extension the fusion item.
"""

from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fuseline.types.json import list_of, object_of
from tests.wires.openapi import DOCUMENT, document

REF = "#/components/schemas/"


def complaints(name: str, value: Any) -> list[str]:
    """Where a value is not what the schema of that name says; empty where it is."""
    if not DOCUMENT.exists():
        pytest.skip("the vendor's document is not here")
    found: Any = validator(name).iter_errors(value)  # pyright: ignore[reportUnknownMemberType]
    return [f"{error.json_path}: {error.message}" for error in found]


@cache
def validator(name: str) -> Draft202012Validator:
    """What checks values against the schema of that name."""
    return Draft202012Validator({"$ref": REF + name, "components": {"schemas": schemas()}})


def event_complaints(event: Any) -> list[str]:
    """Where an event of a stream is not what the schema of its type says."""
    names: dict[str, str] = schemas()["StreamEvents"]["discriminator"]["mapping"] if DOCUMENT.exists() else {}
    return complaints(names.get(event["type"], REF + "StreamEvents").removeprefix(REF), event)


@cache
def schemas() -> dict[str, Any]:
    """All schemas by their names, without contradictions."""
    return {name: settled(schema) for name, schema in document()["components"]["schemas"].items()}


def settled(schema: Any) -> Any:
    """A schema in which every `allOf` of objects is one object."""
    fields = object_of(schema)
    if not fields:
        return [settled(one) for one in list_of(schema)] if isinstance(schema, list) else schema
    members = [member(one) for one in list_of(fields.get("allOf"))]
    if members and all("properties" in one for one in members):
        merged: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
        for one in members:
            merged["properties"].update(one["properties"])
            merged["required"] += one.get("required", [])
        return merged
    return {name: settled(part) for name, part in fields.items()}


def member(schema: Any) -> dict[str, Any]:
    """A part of an `allOf`, looked up where it is a reference."""
    name = object_of(schema).get("$ref", "").removeprefix(REF)
    return settled(document()["components"]["schemas"][name] if name else schema)
