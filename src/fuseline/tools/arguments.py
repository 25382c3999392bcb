"""The arguments of a call as a model wrote them: read strictly, and refused by the name of the field alone."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

from fuseline.tools.base import ToolResult
from fuseline.types.messages import ToolCall


class BadArguments(Exception):
    """The arguments are not what the tool takes. `field` is the first that is wrong; empty where all is."""

    def __init__(self, field: str = "") -> None:
        super().__init__(field)
        self.field = field

    @property
    def result(self) -> ToolResult:
        """What the model is told: nothing of what it wrote."""
        named = {"field": self.field} if self.field else {}
        return ToolResult(to_json({"error": "invalid_arguments", **named}).decode())


def read_arguments(call: ToolCall) -> dict[str, Any]:
    """The arguments of a call as an object.

    :raises BadArguments: when they are none, or a name stands in them twice.
    """
    try:
        value: Any = json.loads(call.arguments.strip() or "{}", object_pairs_hook=unique)
    except (ValueError, RecursionError):
        raise BadArguments from None
    if not isinstance(value, dict):
        raise BadArguments
    return value  # pyright: ignore[reportUnknownVariableType]  # what JSON made of it


def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON in which no name stands twice."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise BadArguments(name[:40])
        made[name] = value
    return made


def text_of(call: ToolCall, field: str) -> str:
    """The one text that a call has to bring.

    :raises BadArguments: when it is missing, blank, or no text.
    """
    value: Any = read_arguments(call).get(field)
    if not isinstance(value, str) or not value.strip():
        raise BadArguments(field)
    return value.strip()
