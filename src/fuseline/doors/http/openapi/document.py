"""The document as a whole."""

import re
from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from pydantic_core import from_json, to_json

from fuseline.doors.http.openapi.meanings import explained
from fuseline.doors.http.openapi.operations import paths, shapes_in, shapes_out, spelt
from fuseline.doors.http.openapi.refinements import ITEMS, REFINED
from fuseline.planner.parameters import FusionParameters

ABOUT = (
    "Every path under `/v1` also stands under `/api/v1` and without a prefix. Unknown fields of a body are ignored, "
    "except those that would send calls elsewhere (`api_base`, `base_url`, `api_key`, `headers`, `extra_headers`, "
    "`user_config`), which are refused. So are text with a NUL in it, an integer that is written with a point, a model "
    "that cannot be called here, a tool choice that names no tool of the request, and a conversation in which there is "
    "nothing to read."
)
WIRE_NAME = re.compile(r"fuseline__wires__(\w+?)__body__(\w+)")


@cache
def document() -> dict[str, Any]:
    """The document. It follows from the code alone, not from settings."""
    schemas, names = components()
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fuseline", "version": version("fuseline"), "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"header": []}],
        "paths": paths(names),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }


@cache
def document_bytes() -> bytes:
    """The document as it is served."""
    return to_json(document())


def components() -> tuple[dict[str, Any], dict[type[BaseModel], str]]:
    """Every shape by its name in the document, and the name of each that operations speak of."""
    asked: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((shape, "validation") for shape in (FusionParameters, *ITEMS.values(), *shapes_in())),
        *((shape, "serialization") for shape in shapes_out()),
    ]
    refs, whole = models_json_schema(asked, ref_template="#/components/schemas/{model}")
    # shapes of several wires share their names, and are told apart by the wire's
    whole["named"] = [refs[one] for one in asked]
    told = from_json(WIRE_NAME.sub(lambda found: found[1].title() + found[2], to_json(whole).decode()))
    names = (one["$ref"].rpartition("/")[2] for one in told["named"])
    schemas = {name: refined(name, explained(name, spelt(shape))) for name, shape in sorted(told["$defs"].items())}
    return schemas, {shape: name for (shape, _), name in zip(asked, names, strict=True)}


def refined(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    """A shape with what its code checks beyond types."""
    return {**shape, "allOf": [REFINED[name]]} if name in REFINED else shape
