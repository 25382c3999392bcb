"""Thought signatures: what of a thought only its upstream can read, kept with the reply and given back with the turn.

A signature that came with a call also stands beside the call, in the form that the vendor's chat endpoint has for it.
"""

from collections.abc import Iterable
from typing import Any

from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import Message, ToolCall

FORMAT = "google-gemini-v1"
"""The format of signatures, by which an upstream knows its own."""
PLACEHOLDER = "skip_thought_signature_validator"
"""What stands for the signature of a call that another model made, or whose signature a client lost: newer models
refuse a call without one. https://ai.google.dev/gemini-api/docs/thought-signatures, November 2026."""


def seal(signature: str, call_id: str = "") -> JsonObject:
    """A signature as a detail of the reasoning; it names the call that it came with, where it came with one."""
    named: dict[str, Json] = {"id": call_id} if call_id else {}
    return {"type": "reasoning.encrypted", "data": signature, **named, "format": FORMAT}


def beside_call(signature: str) -> dict[str, Json]:
    """A signature as a call carries it."""
    return {"extra_content": {"google": {"thought_signature": signature}}}


def signature_of(call: ToolCall, message: Message) -> str:
    """The signature that a call came with; empty where it had none, or it was lost."""
    beside = object_of(object_of(call.opaque.get("extra_content")).get("google")).get("thought_signature")
    if isinstance(beside, str) and beside:
        return beside
    return next((data for id, data in seals(details_of(message)) if id == call.id), "")


def loose_signatures(message: Message) -> list[str]:
    """The signatures of a turn that came with its words or thoughts, and with no call."""
    called = {call.id for call in message.tool_calls}
    return [data for id, data in seals(details_of(message)) if id not in called]


def details_of(message: Message) -> list[Any]:
    """The record of the reasoning behind a turn."""
    return list_of(message.opaque.get("reasoning_details"))


def seals(details: Iterable[Any]) -> Iterable[tuple[str, str]]:
    """The id and content of those details that are this vendor's signatures."""
    for detail in map(object_of, details):
        data = detail.get("data")
        if detail.get("format") == FORMAT and isinstance(data, str) and data:
            yield str(detail.get("id") or ""), data
