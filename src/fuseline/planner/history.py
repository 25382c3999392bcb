"""Earlier fusion runs in a conversation that is sent again, as calls of our tool: kept, or taken out in pairs."""

from collections.abc import Sequence

from fuseline.types.deliberation import FUSION_CALL
from fuseline.types.messages import Message
from fuseline.types.quick import replace

LONGEST_RESULT = 200_000
"""Characters of a result that is still sent on."""


def with_runs(messages: Sequence[Message], offered: bool) -> tuple[Message, ...]:
    """The conversation as the one who answers gets it.

    Earlier runs stay where the model is offered fusion again, unless a result is too long or missing. Elsewhere they
    go: a model may not be shown calls of a tool that it has not got, and the text that came of them is there.
    """
    runs = {call.id for message in messages for call in message.tool_calls if call.name == FUSION_CALL}
    if not runs:
        return tuple(messages)
    results = {one.tool_call_id: one for one in messages if one.role == "tool"}
    gone = {id for id in runs if not offered or id not in results or len(results[id].text) > LONGEST_RESULT}
    return tuple(kept for message in messages if (kept := without(message, gone)) is not None)


def without(message: Message, gone: set[str]) -> Message | None:
    """A message without those calls; `None` where it is one's result, or nothing but calls that are gone."""
    if message.role == "tool":
        return None if message.tool_call_id in gone else message
    calls = tuple(call for call in message.tool_calls if call.id not in gone)
    if len(calls) == len(message.tool_calls):
        return message
    return replace(message, tool_calls=calls) if calls or not message.blank else None
