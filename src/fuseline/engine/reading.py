"""The tool with which an analyst reads on in an answer that it was shown as a digest."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from fuseline.engine.fitting import Ration, weight
from fuseline.engine.prompts import render
from fuseline.tools.base import Scene, ToolResult
from fuseline.types.json import Json, object_of
from fuseline.types.messages import ToolCall
from fuseline.types.requests import FunctionTool

MOST_AT_ONCE = 6_000
"""Characters that one call returns at the most."""
READ_ANSWER = "read_answer"
PLACE: Json = {"type": "integer", "minimum": 0}
SPEC = FunctionTool(
    READ_ANSWER,
    render("read_answer", most=f"{MOST_AT_ONCE:,}"),
    {
        "type": "object",
        "properties": {"label": {"type": "string"}, "start": PLACE, "end": PLACE},
        "required": ["label", "start", "end"],
        "additionalProperties": False,
    },
)


class ReadAnswer:
    """Hands out parts of texts that their reader has only as digests, as long as its window holds them."""

    spec = SPEC

    def __init__(self, texts: Mapping[str, str], ration: Ration) -> None:
        self._texts = texts
        self._ration = ration

    async def __call__(self, call: ToolCall, scene: Scene) -> ToolResult:
        """Return the text between two places, or less where that is too much; `end` says how far it goes."""
        try:
            wanted: Any = object_of(json.loads(call.arguments))
        except (ValueError, RecursionError):
            return wrong("invalid_arguments", "the arguments are no JSON object")
        label, start, end = (wanted.get(name) for name in ("label", "start", "end"))
        text = self._texts.get(str(label).strip().upper())
        if text is None:
            return wrong("unknown_label", f"there is a digest of {', '.join(sorted(self._texts))} only")
        if not (is_place(start) and is_place(end) and start < min(end, len(text))):
            return wrong("bad_range", f"0 <= start < end, and the text has {len(text)} characters")
        return self._part(call, str(label).strip().upper(), text, start, min(end, start + MOST_AT_ONCE, len(text)))

    def _part(self, call: ToolCall, label: str, text: str, start: int, end: int) -> ToolResult:
        """As much of a part as there is room for."""

        def part(size: int) -> ToolResult:
            place = {"label": label, "start": start, "end": start + size}
            return ToolResult(to_json({**place, "text": text[start : start + size]}).decode())

        room = self._ration.left - weight(call.name + call.arguments)
        most = bisect_right(range(1, end - start + 1), room, key=lambda size: weight(part(size).text))
        if most and self._ration.take(call, part(most)):
            return part(most)
        return wrong("no_room", "your window holds no more; compare what you have read")


def is_place(value: object) -> bool:
    """Whether a value is a place in a text."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def wrong(error: str, message: str) -> ToolResult:
    """A result that says why there is no text."""
    return ToolResult(to_json({"error": error, "message": message}).decode())
