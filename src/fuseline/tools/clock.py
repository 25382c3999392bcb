"""The date and time, for models that cannot know them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic_core import to_json

from fuseline.tools.arguments import BadArguments, read_arguments
from fuseline.tools.base import Scene, ToolResult
from fuseline.types.errors import InvalidRequest
from fuseline.types.json import JsonObject
from fuseline.types.messages import ToolCall
from fuseline.types.requests import FunctionTool

SPEC = FunctionTool(
    "openrouter_datetime",
    "Tell the current date and time.",
    {
        "type": "object",
        "properties": {"timezone": {"type": "string", "description": "IANA name such as Europe/Berlin; UTC if absent"}},
        "additionalProperties": False,
    },
)


class Clock:
    """The `openrouter:datetime` tool."""

    spec = SPEC

    def __init__(self, parameters: JsonObject) -> None:
        zone = parameters.get("timezone", "UTC")
        if not isinstance(zone, str) or zone_of(zone) is None:
            raise InvalidRequest("timezone is an IANA name such as Europe/Berlin", "tools.parameters.timezone")
        self._zone = zone

    async def __call__(self, call: ToolCall, scene: Scene) -> ToolResult:
        """Tell the time in the zone that the call names, or in the configured one."""
        try:
            name: Any = read_arguments(call).get("timezone") or self._zone
        except BadArguments as wrong:
            return wrong.result
        zone = zone_of(name) if isinstance(name, str) else None
        if zone is None:
            return BadArguments("timezone").result
        now = datetime.now(UTC).astimezone(zone).isoformat(timespec="milliseconds")
        return ToolResult(to_json({"datetime": now, "timezone": name}).decode())


def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of that name, or `None` where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
