"""What went before an answer, in chat completions: the thinking and its record, and fusion runs as a server's calls."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from fuseline.types.deliberation import Report, report_body
from fuseline.types.json import Json, JsonObject, list_of
from fuseline.types.messages import Message
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.chat.pieces import Places
from fuseline.wires.metadata import FUSION_TOOL
from fuseline.wires.replay import rehydrated

SERVER_CALL = "reasoning.server_tool_call"


def hides_reasoning(request: Request) -> bool:
    """Whether the client wants the model to think, and not to read it."""
    return request.reasoning is not None and request.reasoning.get("exclude") is True


def turns(run: Run) -> list[Reply]:
    """Everything that the one who speaks to the client said in a run, turn by turn; the answer comes last."""
    earlier = run.rounds[:-1] if run.answered_in_round else run.rounds
    return [*(one.reply for one in earlier), run.reply or Reply(run.model)]


def write_reasoning(run: Run, request: Request) -> str | None:
    """All that was thought aloud, a blank line between turns; `None` where nothing was, or nobody shall see it."""
    if hides_reasoning(request):
        return None
    return "\n\n".join(turn.reasoning for turn in turns(run) if turn.reasoning) or None


def write_details(run: Run, request: Request) -> list[Json]:
    """The details of a whole reply: those of each turn, then the fusion run where the client asked to have it."""
    told = [] if hides_reasoning(request) else [turn.opaque.get("reasoning_details") for turn in turns(run)]
    parts = [*map(list_of, told), server_calls(run, request)]
    if not any(parts):
        return []
    places, details = Places(), list[Json]()
    for entries in parts:
        places.new_turn()
        details += places.number(entries)
    return details


def server_calls(run: Run, request: Request) -> list[JsonObject]:
    """The fusion run as a call of the server's tool, for those who asked and may see it."""
    shown = request.include_server_tools and run.expose != "none"
    return [write_server_call(run.report)] if run.report is not None and shown else []


def write_server_call(report: Report) -> JsonObject:
    """A report as an entry that can be sent back to have the run remembered."""
    return {
        "type": SERVER_CALL,
        "tool_name": FUSION_TOOL,
        "arguments": to_json({"prompt": report.prompt}).decode(),
        "result": to_json(report_body(report)).decode(),
        "tool_call_id": report.id,
    }


def read_details(details: Sequence[Mapping[str, Any]], place: int) -> tuple[tuple[Message, ...], list[Json]]:
    """Part replayed details: fusion runs become messages again, and the rest goes back to the upstream it came from.

    `place` is that of their message in the conversation, from which runs without an id get one.
    """
    calls = [entry for entry in details if entry.get("type") == SERVER_CALL]
    return (
        tuple(message for number, entry in enumerate(calls) for message in remembered(entry, f"st_{place}_{number}")),
        [entry for entry in details if entry.get("type") != SERVER_CALL],
    )


def remembered(entry: Mapping[str, Any], id: str) -> tuple[Message, ...]:
    """The messages of one replayed run; none for one that is no text, or of a tool that is not ours to remember."""
    arguments, result = entry.get("arguments"), entry.get("result")
    if entry.get("tool_name") != FUSION_TOOL or not isinstance(arguments, str) or not isinstance(result, str):
        return ()
    return rehydrated(str(entry.get("tool_call_id") or id), arguments, result)
