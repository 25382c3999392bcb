"""The vendor's own schemas, to hold what we send against. They lie beside the repository; without them tests skip."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

DOCUMENT = Path(__file__).parents[3] / "shared" / "spec" / "openrouter-openapi.yaml"


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    return yaml.load(DOCUMENT.read_bytes(), Loader=yaml.CSafeLoader)


@cache
def validator(name: str) -> Draft202012Validator:
    """What checks values against the schema of that name."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document()["components"]})


def complaints(name: str, value: Any) -> list[str]:
    """Where a value is not what the schema of that name says; empty where it is."""
    if not DOCUMENT.exists():
        pytest.skip("the vendor's document is not here")
    found: Any = validator(name).iter_errors(value)  # pyright: ignore[reportUnknownMemberType]
    return [f"{error.json_path}: {error.message}" for error in found]
