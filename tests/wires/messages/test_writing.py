"""What a messages client reads: whole replies and whole streams, byte for byte, and all of it as the schema says."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.types.errors import RunFailed
from fuseline.types.events import (
    CallStarted,
    ClientCalled,
    Event,
    Failed,
    Finished,
    FusionFinished,
    FusionStarted,
    ReasoningDelta,
    RunStarted,
    TextDelta,
    ToolCalled,
)
from fuseline.types.json import JsonObject
from fuseline.types.messages import ToolCall, user
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Round, Run, Speaker, ToolUse
from fuseline.wires.messages.usage import NOTHING, write_usage
from fuseline.wires.messages.writer import MessagesWriter, write_reply
from fuseline.wires.metadata import write_metadata
from fuseline.wires.report import fusion_field
from tests.requirements import requirement
from tests.wires.openapi import complaints
from tests.wires.runs import CALLS, REPLY, REPORT, RUN, SEATS, WRITER

OUTER = Speaker("outer", "a/own")
QUIET = Request("openrouter/fusion", (user("Why?"),), streaming=True)
THINKING = replace(QUIET, echo={"thinking": True})
CURIOUS = replace(QUIET, include_fusion=True, include_server_tools=True)
BEGUN = replace(RUN, status="running", model="~c/latest", convened=False, reply=None, report=None, calls=(), steps=0)
PLAIN = replace(RUN, router="", convened=False, report=None, calls=CALLS[4:], steps=0)
LOOK = ToolCall("call_1", "look", '{"q":  "é"}')
CALLED = Reply("c/x", "Let me look.", tool_calls=(LOOK,), finish_reason="tool_calls")
CONVENES = ToolCall("call_0", "openrouter_fusion", '{"prompt": "Why?"}')
ROUND = Round(Reply("a/own", "Let me ask.", "Hm."), (ToolUse(CONVENES, "{}"),))
DECIDED = replace(RUN, rounds=(ROUND,), preamble="Let me ask.")
SIGNED: JsonObject = {"type": "reasoning.text", "text": "Hm.", "signature": "sig", "format": "anthropic-claude-v1"}
REDACTED: JsonObject = {"type": "reasoning.encrypted", "data": "xx", "format": "anthropic-claude-v1"}
FOREIGN: JsonObject = {"type": "reasoning.encrypted", "data": "yy", "format": "openai-responses-v1"}


def body(run: Run, request: Request = QUIET) -> Any:
    """The whole reply as an object."""
    return json.loads(write_reply(run, request))


def transcript(request: Request, *events: Event) -> str:
    """The stream of a run, as text."""
    writer = MessagesWriter(request)
    return b"".join(writer.write(event) for event in events).decode()


def told(request: Request, *events: Event) -> list[Any]:
    """The events of a stream as objects, each of which says twice what it is."""
    found: list[Any] = []
    for frame in transcript(request, *events).split("\n\n")[:-1]:
        name, data = frame.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def folded(events: Sequence[Any]) -> list[Any]:
    """The content that a client puts together, block by block; a block that overlaps another does not pass."""
    content: list[Any] = []
    texts: list[str] = []
    opened = False
    for event in events:
        match event:
            case {"type": "content_block_start", "index": index, "content_block": block}:
                assert (opened, index) == (False, len(content))
                content.append(block)
                texts, opened = [], True
            case {"type": "content_block_delta", "index": index, "delta": delta}:
                assert (opened, index) == (True, len(content) - 1)
                fold(content[-1], delta, texts)
            case {"type": "content_block_stop", "index": index}:
                assert (opened, index) == (True, len(content) - 1)
                opened = False
            case _:
                pass
    assert not opened
    return content


def fold(block: Any, delta: Any, texts: list[str]) -> None:
    """Add a delta to its block."""
    match delta:
        case {"type": "text_delta", "text": text}:
            block["text"] += text
        case {"type": "thinking_delta", "thinking": text}:
            block["thinking"] += text
        case {"type": "signature_delta", "signature": signature}:
            block["signature"] = signature
        case _:
            texts.append(delta["partial_json"])
            block["input"] = json.loads("".join(texts))


def failure(run: Run | None) -> Failed:
    """The end of a run that has no answer."""
    failures = [{"model": "a/x", "error": "slow down", "reason": "rate_limited", "status_code": 429}]
    error = RunFailed("nobody answered", status=429, kind="rate_limit_exceeded", reason="x", failures=failures)
    error.run = run
    return Failed(error)


@requirement("wire:messages-reply")
def test_a_fused_reply_is_whole():
    reply = body(RUN)
    assert {"fusion": reply.pop("fusion")} == fusion_field(RUN)
    del reply["usage"]["cost_details"]["calls"]
    assert reply == snapshot(
        {
            "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
            "type": "message",
            "role": "assistant",
            "model": "c/writer-1",
            "content": [
                {
                    "type": "text",
                    "text": """\
Because blue light
scatters more.\
""",
                    "citations": None,
                }
            ],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "stop_details": None,
            "container": None,
            "usage": {
                "input_tokens": 143,
                "output_tokens": 100,
                "output_tokens_details": {"thinking_tokens": 60},
                "cache_creation_input_tokens": 7,
                "cache_read_input_tokens": 50,
                "cache_creation": None,
                "inference_geo": None,
                "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
                "service_tier": None,
                "cost": 0.001534567,
                "is_byok": False,
                "cost_details": {
                    "upstream_inference_cost": 0.001234567,
                    "upstream_inference_prompt_cost": 0.000823044,
                    "upstream_inference_completions_cost": 0.000411523,
                    "complete": False,
                },
            },
        }
    )


@requirement("wire:messages-stream")
def test_a_stream_is_whole():
    events = [ReasoningDelta(WRITER, "Hm."), TextDelta(WRITER, "Because "), TextDelta(WRITER, "é\n\n…")]
    said = told(QUIET, RunStarted(BEGUN), *events, Finished(PLAIN))
    assert (said[0]["message"].pop("usage"), said[-2].pop("usage")) == (NOTHING, write_usage(PLAIN))
    assert said == snapshot(
        [
            {
                "type": "message_start",
                "message": {
                    "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                    "type": "message",
                    "role": "assistant",
                    "model": "~c/latest",
                    "content": [],
                    "stop_reason": None,
                    "stop_sequence": None,
                    "stop_details": None,
                    "container": None,
                },
            },
            {"type": "ping"},
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "text", "text": "", "citations": None},
            },
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Because "}},
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {
                    "type": "text_delta",
                    "text": """\
é

…\
""",
                },
            },
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None, "stop_details": None, "container": None},
            },
            {"type": "message_stop"},
        ]
    )


@requirement("wire:messages-stream")
def test_a_stream_that_breaks_off_says_why_in_the_vendors_envelope():
    events = told(QUIET, RunStarted(BEGUN), TextDelta(WRITER, "Because"), failure(RUN))
    assert complaints("MessagesErrorEvent", events[-1]) == []
    assert events[-1] == snapshot(
        {
            "type": "error",
            "error": {"type": "rate_limit_error", "message": "nobody answered", "error_type": "rate_limit_exceeded"},
            "request_id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
            "metadata": {
                "error_type": "rate_limit_exceeded",
                "request_id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                "previous_errors": [{"provider": "Lab", "code": "rate_limited", "status": 429}],
                "failure_reason": "x",
                "failed_models": [{"model": "a/x", "error": "slow down", "reason": "rate_limited", "status_code": 429}],
            },
        }
    )


def test_a_stream_that_never_began_has_its_error_alone():
    (event,) = told(QUIET, failure(None))
    assert (event["type"], event["request_id"]) == ("error", None)


@requirement("wire:messages-reply")
def test_the_tokens_add_up_and_the_cost_is_that_of_all_calls():
    usage: Any = write_usage(RUN)
    parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    assert [usage[part] for part in parts] == [143, 50, 7]
    assert (usage["output_tokens"], usage["output_tokens_details"]) == (100, {"thinking_tokens": 60})
    assert usage["cost"] == RUN.cost / 1e9
    assert [call["role"] for call in usage["cost_details"]["calls"]] == ["panel"] * 3 + ["analyst", "writer"]


@pytest.mark.parametrize(
    ("reply", "stop"),
    [
        (Reply("x", "a"), ("end_turn", None, None)),
        (Reply("x", "a", finish_reason="length"), ("max_tokens", None, None)),
        (CALLED, ("tool_use", None, None)),
        (Reply("x", "a", native_finish_reason="stop_sequence"), ("stop_sequence", "END", None)),
        (
            Reply("x", finish_reason="content_filter"),
            ("refusal", None, {"type": "refusal", "category": None, "explanation": None}),
        ),
        (
            Reply("x", refusal="No."),
            ("refusal", None, {"type": "refusal", "category": None, "explanation": "No."}),
        ),
    ],
)
@requirement("wire:messages-reply")
def test_the_reason_to_stop_is_in_the_vendors_words(reply: Reply, stop: Any):
    request = replace(QUIET, extra={"stop": ["END"]})
    run = replace(PLAIN, reply=reply)
    whole, streamed = body(run, request), told(request, RunStarted(BEGUN), Finished(run))[-2]["delta"]
    for said in (whole, streamed):
        assert (said["stop_reason"], said["stop_sequence"], said["stop_details"]) == stop


def test_of_several_stop_sequences_none_is_named():
    run = replace(PLAIN, reply=Reply("x", "a", native_finish_reason="stop_sequence"))
    said = body(run, replace(QUIET, extra={"stop": ["END", "STOP"]}))
    assert (said["stop_reason"], said["stop_sequence"]) == ("stop_sequence", None)


def test_a_refusal_is_what_the_client_reads():
    run = replace(PLAIN, reply=Reply("x", refusal="No."))
    assert body(run)["content"] == [{"type": "text", "text": "No.", "citations": None}]
    assert folded(told(QUIET, RunStarted(BEGUN), Finished(run))) == body(run)["content"]


@requirement("wire:functions", "wire:messages-stream")
@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ('{"q":  "é"}', {"q": "é"}),
        ("", {}),
        ("{}", {}),
        ("look!", {"arguments": "look!"}),
        ("[1]", {"arguments": "[1]"}),
        ('{"q": NaN}', {"arguments": '{"q": NaN}'}),
        ("[" * 5000, {"arguments": "[" * 5000}),
    ],
)
def test_a_call_has_its_arguments_as_an_object(arguments: str, read: Any):
    call = replace(LOOK, arguments=arguments)
    run = replace(PLAIN, reply=replace(CALLED, tool_calls=(call,)))
    block = {"type": "tool_use", "id": "call_1", "caller": {"type": "direct"}, "name": "look", "input": read}
    assert body(run)["content"][1] == block
    events = told(QUIET, RunStarted(BEGUN), TextDelta(OUTER, "Let me look."), ClientCalled((call,)), Finished(run))
    assert folded(events) == body(run)["content"]


def test_the_arguments_in_a_stream_are_the_text_that_the_model_wrote():
    events = told(QUIET, RunStarted(BEGUN), ClientCalled((LOOK,)), Finished(replace(PLAIN, reply=CALLED)))
    deltas = [event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta"]
    assert deltas == [LOOK.arguments]


@requirement("wire:messages-thinking")
def test_thoughts_are_shown_to_who_asked_for_thinking():
    events = (RunStarted(BEGUN), ReasoningDelta(WRITER, "Let me "), ReasoningDelta(WRITER, "think."))
    thought = {"type": "thinking", "thinking": "Let me think.", "signature": ""}
    assert body(RUN, THINKING)["content"][0] == thought
    assert folded(told(THINKING, *events, Finished(RUN))) == [thought]
    assert [block["type"] for block in body(RUN)["content"]] == ["text"]
    assert folded(told(QUIET, *events, Finished(RUN))) == []


@requirement("wire:messages-thinking")
def test_sealed_thoughts_keep_their_seal_streamed_and_whole():
    details = [SIGNED, REDACTED, FOREIGN]
    run = replace(PLAIN, reply=Reply("c/x", "Yes.", "Hm.", opaque={"reasoning_details": details}))
    events = (
        ReasoningDelta(WRITER, "Hm.", ({**SIGNED, "signature": None},)),
        ReasoningDelta(WRITER, "", ({**SIGNED, "text": ""},)),
        ReasoningDelta(WRITER, "", (REDACTED, FOREIGN)),
        TextDelta(WRITER, "Yes."),
    )
    content = folded(told(THINKING, RunStarted(BEGUN), *events, Finished(run)))
    assert content == body(run, THINKING)["content"]
    assert content == snapshot(
        [
            {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
            {"type": "redacted_thinking", "data": "xx"},
            {"type": "text", "text": "Yes.", "citations": None},
        ]
    )


@requirement("wire:messages-preamble", "wire:messages-events")
@pytest.mark.parametrize("request_", [QUIET, THINKING, CURIOUS, replace(CURIOUS, echo={"thinking": True})])
def test_a_panel_that_the_outer_model_convened_stands_where_it_was_convened(request_: Request):
    events = (
        RunStarted(BEGUN),
        ReasoningDelta(OUTER, "Hm."),
        TextDelta(OUTER, "Let me "),
        TextDelta(OUTER, "ask."),
        ToolCalled(OUTER, CONVENES),
        FusionStarted("st_1", "Why?", SEATS),
        FusionFinished(REPORT),
        CallStarted(CALLS[4]),
        ReasoningDelta(WRITER, "Let me think."),
        TextDelta(WRITER, REPLY.text),
        Finished(DECIDED),
    )
    content = folded(told(request_, *events))
    assert content == body(DECIDED, request_)["content"]
    thought, shown = request_.echo.get("thinking") is True, request_.include_server_tools
    fusion = ["server_tool_use", "openrouter_fusion_tool_result"] if shown else []
    thoughts = ["thinking"] if thought else []
    assert [block["type"] for block in content] == [*thoughts, "text", *fusion, *thoughts, "text"]
    assert [block["text"] for block in content if block["type"] == "text"] == ["Let me ask.", REPLY.text]


@requirement("wire:messages-events")
def test_a_panel_that_was_convened_at_once_stands_first_where_the_client_asked_to_see_it():
    run = replace(RUN, reply=Reply("c/writer-1", "Because."))
    events = (FusionStarted("st_1", "Why?", SEATS), FusionFinished(REPORT), TextDelta(WRITER, "Because."))
    content = folded(told(CURIOUS, RunStarted(BEGUN), *events, Finished(run)))
    assert content == body(run, CURIOUS)["content"]
    assert content[:2] == snapshot(
        [
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "openrouter:fusion", "input": {"prompt": "Why?"}},
            {
                "type": "openrouter_fusion_tool_result",
                "tool_use_id": "srvtoolu_1",
                "content": {
                    "status": "ok",
                    "analysis": {
                        "consensus": ["the air scatters light"],
                        "contradictions": [
                            {
                                "topic": "how much",
                                "stances": [
                                    {"model": "a/x", "stance": "a lot"},
                                    {"model": "a/x", "stance": "a little"},
                                ],
                            }
                        ],
                        "partial_coverage": [{"models": ["a/x"], "point": "ozone"}],
                        "unique_insights": [{"model": "a/x", "insight": "sunsets"}],
                        "blind_spots": ["the eye"],
                    },
                    "responses": [
                        {"model": "a/x", "content": "Blue light scatters."},
                        {"model": "a/x", "content": "It is Rayleigh"},
                    ],
                    "failed_models": [
                        {"model": "b/y", "error": "slow down", "reason": "rate_limited", "status_code": 429}
                    ],
                    "sources": [{"url": "https://a.example", "title": "A"}],
                },
            },
        ]
    )


@requirement("wire:messages-events")
@pytest.mark.parametrize(("expose", "texts"), [("", True), ("full", True), ("analysis", False)])
def test_who_asks_to_see_the_run_gets_the_panels_texts_unless_told_otherwise(expose: str, texts: bool):
    result: Any = body(replace(RUN, expose=expose), CURIOUS)["content"][1]
    assert ["content" in response for response in result["content"]["responses"]] == [texts, texts]


@requirement("wire:messages-events")
def test_a_run_that_may_not_be_seen_is_not_shown():
    hidden = replace(RUN, expose="none")
    events = (RunStarted(replace(BEGUN, expose="none")), FusionStarted("st_1", "Why?", SEATS), FusionFinished(REPORT))
    assert [block["type"] for block in body(hidden, CURIOUS)["content"]] == ["text"]
    assert folded(told(CURIOUS, *events, Finished(hidden))) == []


def test_an_answer_that_also_called_the_gateways_tools_is_said_once():
    reply = replace(CALLED, text="Let me see.")
    cited = replace(reply, citations=REPLY.citations)
    run = replace(RUN, reply=cited, rounds=(Round(reply, (ToolUse(CONVENES, "{}"),)),))
    kinds = ["text", "server_tool_use", "openrouter_fusion_tool_result", "tool_use"]
    assert [block["type"] for block in body(run, CURIOUS)["content"]] == kinds


@requirement("wire:metadata")
def test_who_asks_is_told_how_the_request_was_routed():
    request = replace(QUIET, include_metadata=True)
    assert body(RUN, request)["openrouter_metadata"] == write_metadata(RUN, request)
    assert told(request, RunStarted(BEGUN), Finished(RUN))[-1]["openrouter_metadata"] == write_metadata(RUN, request)
    assert "openrouter_metadata" not in body(RUN)


@requirement("wire:messages-reply")
@pytest.mark.parametrize(
    "run", [RUN, replace(RUN, expose="full"), PLAIN, DECIDED, replace(PLAIN, reply=CALLED), replace(RUN, reply=None)]
)
def test_a_reply_is_what_the_vendors_schema_says(run: Run):
    assert complaints("MessagesResult", body(run, replace(THINKING, include_metadata=True))) == []


@requirement("wire:messages-stream")
@pytest.mark.parametrize(
    "events",
    [
        (TextDelta(WRITER, "Because"), Finished(RUN)),
        (ReasoningDelta(OUTER, "Hm.", (SIGNED, REDACTED)), TextDelta(OUTER, "Yes."), Finished(PLAIN)),
        (ClientCalled(CALLED.tool_calls), Finished(replace(PLAIN, reply=CALLED))),
        (TextDelta(WRITER, "Because"), failure(RUN)),
    ],
)
def test_an_event_is_what_the_vendors_schema_says(events: tuple[Event, ...]):
    for event in told(replace(THINKING, include_metadata=True), RunStarted(BEGUN), *events):
        assert complaints("MessagesStreamEvents", event) == []


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@requirement("ours:text-exact")
@given(st.lists(st.tuples(st.booleans(), TEXT), max_size=8))
def test_what_is_streamed_reads_as_it_was_said(said: list[tuple[bool, str]]):
    events = [TextDelta(WRITER, text) if loud else ReasoningDelta(WRITER, text) for loud, text in said]
    content = folded(told(THINKING, RunStarted(BEGUN), *events, Finished(PLAIN)))
    assert "".join(block["text"] for block in content if block["type"] == "text") == "".join(
        text for loud, text in said if loud
    )
    assert "".join(block["thinking"] for block in content if block["type"] == "thinking") == "".join(
        text for loud, text in said if not loud
    )
