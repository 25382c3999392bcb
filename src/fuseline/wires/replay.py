"""Fusion runs that a client sends back: turned into the messages as which models remember them. It knows no wire."""

from fuseline.types.deliberation import FUSION_CALL
from fuseline.types.messages import Message, ToolCall


def rehydrated(call_id: str, arguments: str, result: str) -> tuple[Message, Message]:
    """An earlier run as the call of the tool and its answer, to stand before what was written from it."""
    return (
        Message("assistant", "", (ToolCall(call_id, FUSION_CALL, arguments),)),
        Message("tool", result, tool_call_id=call_id),
    )
