"""Requests, runs and streams of the Responses wire, for its tests."""

import json
from dataclasses import replace
from typing import Any

from fuseline.types.errors import RunFailed
from fuseline.types.events import (
    AnalysisMade,
    AnalysisStarted,
    CallSettled,
    CallStarted,
    ClientCalled,
    Event,
    Failed,
    Finished,
    FusionFinished,
    FusionStarted,
    ReasoningDelta,
    RunStarted,
    SeatAnswered,
    SeatFailed,
    SeatJoined,
    TextDelta,
    ToolCalled,
    ToolReturned,
    WriterStarted,
)
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Round, Run, Speaker, ToolUse
from fuseline.wires.responses.replies import write_reply
from fuseline.wires.responses.requests import read_request
from fuseline.wires.responses.writer import ResponsesWriter
from fuseline.wires.sse import EventReader
from tests.wires.runs import ANALYSIS, ANALYST, ANSWERS, CALLS, PANEL, REPLY, REPORT, RUN, SEATS, WRITER

ASK: dict[str, Any] = {"model": "openrouter/fusion", "input": "Why?"}
OUTER = Speaker("outer", "~c/latest")
LOOK: dict[str, Any] = {"type": "function", "name": "look", "parameters": {"type": "object"}}
DONE = replace(RUN, expose="", finished_at=1_786_974_407.25)
BEGUN = replace(DONE, status="running", model="c/latest", convened=False, reply=None, report=None, calls=(), steps=0)


def read(**fields: Any) -> Request:
    """The request of a body with these fields beside a model and an input."""
    return read_request(json.dumps({**ASK, **fields}).encode(), {})


STREAMED = read(stream=True)
PANEL_AT_WORK: tuple[Event, ...] = (
    FusionStarted("st_1", "Why?", SEATS),
    *(SeatJoined(speaker) for speaker in PANEL),
    CallStarted(CALLS[0]),
    ToolCalled(PANEL[0], ToolCall("t1", "openrouter_datetime", "{}")),
    ToolReturned(PANEL[0], ToolCall("t1", "openrouter_datetime", "{}"), "{}"),
    ReasoningDelta(PANEL[2], "hm"),
    TextDelta(PANEL[0], "Blue light "),
    TextDelta(PANEL[2], "It is Rayleigh"),
    TextDelta(PANEL[0], "scatters."),
    CallSettled(CALLS[0]),
    SeatAnswered(PANEL[0], ANSWERS[0]),
    SeatFailed(PANEL[1], ANSWERS[1]),
    SeatAnswered(PANEL[2], ANSWERS[2]),
    AnalysisStarted(ANALYST),
    TextDelta(ANALYST, '{"consensus":'),
    AnalysisMade(ANALYST, ANALYSIS, REPORT.models),
    FusionFinished(REPORT),
)
ANSWERED: tuple[Event, ...] = (
    WriterStarted(WRITER),
    ReasoningDelta(WRITER, "Let me "),
    ReasoningDelta(WRITER, "think."),
    TextDelta(WRITER, "Because blue light\n"),
    TextDelta(WRITER, "scatters more."),
)
FUSED: tuple[Event, ...] = (RunStarted(BEGUN), *PANEL_AT_WORK, *ANSWERED, Finished(DONE))

CONVENES = ToolCall("call_f", "openrouter_fusion", '{"prompt":"Why?"}')
CLOCK = ToolCall("call_t", "openrouter_datetime", '{"timezone":"UTC"}')
CLOCK_RESULT = '{"datetime":"2026-11-21T12:00:00.000+00:00","timezone":"UTC"}'
LOOKS = ToolCall("call_l", "look", '{"q": "é"}')
TOLD = '{"status":"ok","responses":[]}'

DECIDED_RUN = replace(
    DONE,
    rounds=(
        Round(
            Reply("c/x", "Let me ask.", finish_reason="tool_calls"),
            (ToolUse(CLOCK, CLOCK_RESULT), ToolUse(CONVENES, TOLD)),
        ),
    ),
    reply=replace(REPLY, tool_calls=(LOOKS,), finish_reason="tool_calls"),
)
DECIDED: tuple[Event, ...] = (
    RunStarted(BEGUN),
    TextDelta(OUTER, "Let me "),
    TextDelta(OUTER, "ask."),
    ToolCalled(OUTER, CLOCK),
    ToolCalled(OUTER, CONVENES),
    PANEL_AT_WORK[0],
    ToolReturned(OUTER, CLOCK, CLOCK_RESULT),
    *PANEL_AT_WORK[1:],
    ToolReturned(OUTER, CONVENES, TOLD),
    *ANSWERED[1:],
    ClientCalled((LOOKS,)),
    Finished(DECIDED_RUN),
)
"""An outer model that speaks, asks the clock and the panel at once, answers, and calls a function of the client's."""

AT_ONCE = Reply("c/x", "I do both.", tool_calls=(LOOKS,), finish_reason="tool_calls")
AT_ONCE_RUN = replace(DONE, rounds=(Round(AT_ONCE, (ToolUse(CONVENES, TOLD),)),), reply=AT_ONCE)
BOTH_AT_ONCE: tuple[Event, ...] = (
    RunStarted(BEGUN),
    TextDelta(OUTER, "I do both."),
    ToolCalled(OUTER, CONVENES),
    *PANEL_AT_WORK,
    ToolReturned(OUTER, CONVENES, TOLD),
    ClientCalled((LOOKS,)),
    Finished(AT_ONCE_RUN),
)
"""An outer model that calls the panel and a function of the client's in one turn, behind a word."""


def failure(run: Run | None = None) -> Failed:
    """The end of a run whose writer broke off."""
    error = RunFailed("the writer broke off", status=502, kind="provider_unavailable", reason="synthesis_failed")
    error.run = run
    return Failed(error)


def body(run: Run, request: Request = STREAMED) -> Any:
    """The whole reply as an object."""
    return json.loads(write_reply(run, request))


def transcript(*events: Event, request: Request = STREAMED) -> bytes:
    """The stream of a run."""
    writer = ResponsesWriter(request)
    return b"".join(writer.write(event) for event in events)


def told(*events: Event, request: Request = STREAMED) -> list[Any]:
    """The events of that stream as objects, without the `[DONE]` that must close it."""
    *payloads, last = EventReader().feed(transcript(*events, request=request))
    assert last == b"[DONE]"
    return [json.loads(payload) for payload in payloads]
