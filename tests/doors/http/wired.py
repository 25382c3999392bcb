"""The same request on each wire, for tests of what all of them share."""

from typing import Any

import pytest

from fuseline.assembly import SERVER_WIRES
from tests.doors.http.talk import QUESTION, Heard

WIRES = pytest.mark.parametrize("wire", SERVER_WIRES)
STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def path_of(wire: str) -> str:
    """Where a wire is served."""
    return f"/v1{SERVER_WIRES[wire].path}"


def asking(wire: str, model: str = "openrouter/fusion", **fields: Any) -> dict[str, Any]:
    """The body of a request, to the alias unless told."""
    match wire:
        case "responses":
            asked: dict[str, Any] = {"input": [QUESTION]}
        case "messages":
            asked = {"messages": [QUESTION], "max_tokens": 1000}
        case _:
            asked = {"messages": [QUESTION]}
    return {"model": model, **asked, **fields}


def kind_of(heard: Heard) -> str:
    """The error type that all wires share, wherever an envelope has it."""
    error = heard.error
    return error.get("error_type") or error["metadata"]["error_type"]
