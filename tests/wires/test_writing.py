"""What a client reads: whole replies, whole streams, money and usage, all of it byte for byte."""

import json
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.types.deliberation import Report
from fuseline.types.errors import RunFailed
from fuseline.types.events import (
    AnalysisFailed,
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
from fuseline.types.messages import ToolCall, user
from fuseline.types.replies import Reply, Usage
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.chat.usage import write_usage
from fuseline.wires.chat.writer import ChatWriter, write_reply
from tests.requirements import requirement
from tests.wires.runs import ANALYSIS, ANALYST, ANSWERS, ASKED, CALLS, PANEL, REPLY, REPORT, RUN, SEATS, WRITER, call

QUIET = Request("openrouter/fusion", (user("Why?"),), streaming=True)
CURIOUS = replace(QUIET, include_fusion=True)
BEGUN = replace(RUN, status="running", model="~c/latest", convened=False, reply=None, report=None, calls=(), steps=0)
PLAIN = replace(RUN, router="", convened=False, report=None, calls=CALLS[4:], steps=0)
CALLED = Reply(
    "c/x",
    tool_calls=(ToolCall("call_1", "look", '{"q": "é"}'),),
    finish_reason="tool_calls",
    native_finish_reason="tool_calls",
)


def body(run: Run) -> Any:
    """The whole reply as an object."""
    return json.loads(write_reply(run, ASKED))


def transcript(request: Request, *events: Event) -> str:
    """The stream of a run, as text."""
    writer = ChatWriter(request)
    return b"".join(writer.write(event) for event in events).decode()


def brief(stream: str) -> list[Any]:
    """The payloads of a stream without what is the same in all of them."""
    payloads = [line.removeprefix("data: ") for line in stream.split("\n\n") if line.startswith("data: ")]
    fixed = ("id", "object", "created", "provider", "usage")
    return [
        payload
        if payload == "[DONE]"
        else {key: value for key, value in json.loads(payload).items() if key not in fixed}
        for payload in payloads
    ]


@requirement("wire:usage", "wire:report")
def test_a_fused_reply_is_whole():
    reply = body(RUN)
    assert reply.pop("usage") == write_usage(RUN)
    assert reply == snapshot(
        {
            "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
            "object": "chat.completion",
            "created": 1786974238,
            "model": "c/writer-1",
            "provider": "Lab",
            "system_fingerprint": None,
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "native_finish_reason": "end_turn",
                    "logprobs": None,
                    "message": {
                        "role": "assistant",
                        "content": """\
Because blue light
scatters more.\
""",
                        "refusal": None,
                        "reasoning": "Let me think.",
                        "annotations": [
                            {
                                "type": "url_citation",
                                "url_citation": {
                                    "url": "https://a.example",
                                    "title": "A",
                                    "start_index": 0,
                                    "end_index": 18,
                                },
                            }
                        ],
                    },
                }
            ],
            "fusion": {
                "status": "completed",
                "analysis": {
                    "consensus": ["the air scatters light"],
                    "contradictions": [
                        {
                            "topic": "how much",
                            "stances": [{"model": "a/x", "stance": "a lot"}, {"model": "a/x", "stance": "a little"}],
                        }
                    ],
                    "partial_coverage": [{"models": ["a/x"], "point": "ozone"}],
                    "unique_insights": [{"model": "a/x", "insight": "sunsets"}],
                    "blind_spots": ["the eye"],
                },
                "responses": [{"model": "a/x"}, {"model": "a/x"}],
                "failed_models": [{"model": "b/y", "error": "slow down", "reason": "rate_limited", "status_code": 429}],
                "sources": [{"url": "https://a.example", "title": "A"}],
                "type": "openrouter:fusion",
                "id": "st_1",
                "convened": True,
                "fusion_status": "degraded",
                "panel_requested": 3,
                "panel_succeeded": 2,
                "analyst_model": "c/judge",
                "truncated_seats": [2],
            },
        }
    )


@requirement("wire:report")
@pytest.mark.parametrize("expose", ["none", "analysis", "full"])
def test_the_report_shows_as_much_as_was_asked_for(expose: str):
    fusion = body(replace(RUN, expose=expose)).get("fusion")
    assert (fusion is None) == (expose == "none")
    if fusion is not None:
        contents = ["Blue light scatters.", "It is Rayleigh"] if expose == "full" else [None, None]
        assert [response.get("content") for response in fusion["responses"]] == contents


def test_a_plain_reply_has_no_report():
    assert "fusion" not in body(PLAIN)


@requirement("wire:report")
def test_an_alias_that_convened_nobody_says_so():
    assert body(replace(PLAIN, router="openrouter/fusion"))["fusion"] == {
        "type": "openrouter:fusion",
        "convened": False,
        "fusion_status": "none",
    }


@requirement("wire:report")
def test_a_dead_panel_is_told_in_the_report():
    dead = Report("st_1", "Why?", ANSWERS[1:2], failure_reason="rate_limited", error="all panel models failed")
    assert body(replace(RUN, report=dead, degraded="no_panel"))["fusion"] == snapshot(
        {
            "status": "incomplete",
            "error": "all panel models failed",
            "failure_reason": "rate_limited",
            "responses": [],
            "failed_models": [{"model": "b/y", "error": "slow down", "reason": "rate_limited", "status_code": 429}],
            "type": "openrouter:fusion",
            "id": "st_1",
            "convened": True,
            "fusion_status": "degraded",
            "panel_requested": 1,
            "panel_succeeded": 0,
            "analyst_model": None,
            "degraded": "no_panel",
        }
    )


@requirement("wire:functions")
def test_calls_of_the_clients_functions_stand_in_the_message():
    assert body(replace(PLAIN, reply=CALLED))["choices"] == snapshot(
        [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "native_finish_reason": "tool_calls",
                "logprobs": None,
                "message": {
                    "role": "assistant",
                    "content": None,
                    "refusal": None,
                    "reasoning": None,
                    "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"q": "é"}'}}
                    ],
                },
            }
        ]
    )


def test_sealed_reasoning_and_a_refusal_reach_the_client():
    sealed = [{"type": "reasoning.encrypted", "data": "x", "index": 0}]
    message = body(replace(PLAIN, reply=replace(REPLY, text="", refusal="No.", opaque={"reasoning_details": sealed})))
    assert message["choices"][0]["message"]["refusal"] == "No."
    assert message["choices"][0]["message"]["reasoning_details"] == sealed


@requirement("wire:usage")
def test_usage_counts_who_answered_and_charges_for_everybody():
    assert write_usage(RUN) == snapshot(
        {
            "prompt_tokens": 200,
            "completion_tokens": 100,
            "total_tokens": 300,
            "cost": 0.001534567,
            "is_byok": False,
            "prompt_tokens_details": {
                "cached_tokens": 50,
                "cache_write_tokens": 7,
                "audio_tokens": 0,
                "video_tokens": 0,
            },
            "completion_tokens_details": {
                "reasoning_tokens": 60,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
            "cost_details": {
                "upstream_inference_cost": 0.001234567,
                "upstream_inference_prompt_cost": 0.000823044,
                "upstream_inference_completions_cost": 0.000411523,
                "complete": False,
                "calls": [
                    {
                        "role": "panel",
                        "seat": 0,
                        "model": "a/x",
                        "served_by": "a/x",
                        "provider": "Lab",
                        "prompt_tokens": 10,
                        "completion_tokens": 20,
                        "cached_tokens": 0,
                        "cost": 5e-05,
                        "cost_source": "computed",
                        "certainty": "exact",
                        "ttft_ms": 250,
                        "duration_ms": 1500,
                        "finish_reason": "stop",
                        "error": None,
                    },
                    {
                        "role": "panel",
                        "seat": 1,
                        "model": "b/y",
                        "served_by": "b/y",
                        "provider": "Lab",
                        "prompt_tokens": None,
                        "completion_tokens": None,
                        "cached_tokens": None,
                        "cost": None,
                        "cost_source": "unknown",
                        "certainty": "exact",
                        "ttft_ms": 250,
                        "duration_ms": 1500,
                        "finish_reason": None,
                        "error": "rate_limited",
                    },
                    {
                        "role": "panel",
                        "seat": 2,
                        "model": "a/x",
                        "served_by": "a/x",
                        "provider": "Lab",
                        "prompt_tokens": 10,
                        "completion_tokens": 30,
                        "cached_tokens": 0,
                        "cost": 7e-05,
                        "cost_source": "computed",
                        "certainty": "exact",
                        "ttft_ms": 250,
                        "duration_ms": 1500,
                        "finish_reason": "stop",
                        "error": None,
                    },
                    {
                        "role": "analyst",
                        "seat": None,
                        "model": "c/judge",
                        "served_by": "c/judge",
                        "provider": "Lab",
                        "prompt_tokens": 100,
                        "completion_tokens": 40,
                        "cached_tokens": 0,
                        "cost": 0.00018,
                        "cost_source": "computed",
                        "certainty": "exact",
                        "ttft_ms": 250,
                        "duration_ms": 1500,
                        "finish_reason": "stop",
                        "error": None,
                    },
                    {
                        "role": "writer",
                        "seat": None,
                        "model": "~c/latest",
                        "served_by": "c/latest",
                        "provider": "Lab",
                        "prompt_tokens": 200,
                        "completion_tokens": 100,
                        "cached_tokens": 50,
                        "cost": 0.001234567,
                        "cost_source": "reported",
                        "certainty": "exact",
                        "ttft_ms": 250,
                        "duration_ms": 1500,
                        "finish_reason": "stop",
                        "error": None,
                    },
                ],
            },
            "server_tool_use_details": {"tool_calls_requested": 1, "tool_calls_executed": 1},
            "server_tool_use": {"web_search_requests": 0},
        }
    )


@requirement("wire:usage", "ours:cost")
@pytest.mark.parametrize(
    ("nano", "shown"),
    [
        (0, "0.0"),
        (1, "1e-09"),
        (1_234_567, "0.001234567"),
        (999_999_999, "0.999999999"),
        (1_000_000_000, "1.0"),
        (123_456_789_012, "123.456789012"),
        (9_007_199_254_740_993, "9007199.254740993"),
    ],
)
def test_money_is_shown_in_dollars_to_the_last_nano(nano: int, shown: str):
    usage = write_usage(replace(PLAIN, calls=(call("call_1", WRITER, Usage(1, 1, cost=nano), nano),)))
    assert json.dumps(usage["cost"]) == shown


@requirement("ours:cost")
def test_a_run_with_a_call_of_unknown_cost_says_that_its_cost_is_not_complete():
    usage: Any = write_usage(RUN)
    assert (usage["cost_details"]["complete"], usage["cost_details"]["calls"][1]["cost"]) == (False, None)
    known: Any = write_usage(replace(RUN, calls=CALLS[2:]))
    assert known["cost_details"]["complete"] is True


@requirement("wire:stream")
def test_a_stream_is_whole():
    texts = [TextDelta(WRITER, "Because blue light\n"), TextDelta(WRITER, 'scatters "more" – 🌅.')]
    stream = transcript(QUIET, RunStarted(BEGUN), ReasoningDelta(WRITER, "Let me think."), *texts, Finished(RUN))
    assert stream.endswith("}\n\ndata: [DONE]\n\n")
    *said, last = [json.loads(event.removeprefix("data: ")) for event in stream.split("\n\n")[:-2]]
    assert said == snapshot(
        [
            {
                "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                "object": "chat.completion.chunk",
                "created": 1786974238,
                "model": "~c/latest",
                "provider": "Lab",
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": ""},
                        "finish_reason": None,
                        "native_finish_reason": None,
                        "logprobs": None,
                    }
                ],
            },
            {
                "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                "object": "chat.completion.chunk",
                "created": 1786974238,
                "model": "~c/latest",
                "provider": "Lab",
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": "", "reasoning": "Let me think."},
                        "finish_reason": None,
                        "native_finish_reason": None,
                        "logprobs": None,
                    }
                ],
            },
            {
                "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                "object": "chat.completion.chunk",
                "created": 1786974238,
                "model": "~c/latest",
                "provider": "Lab",
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": "Because blue light\n"},
                        "finish_reason": None,
                        "native_finish_reason": None,
                        "logprobs": None,
                    }
                ],
            },
            {
                "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                "object": "chat.completion.chunk",
                "created": 1786974238,
                "model": "~c/latest",
                "provider": "Lab",
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": 'scatters "more" – 🌅.'},
                        "finish_reason": None,
                        "native_finish_reason": None,
                        "logprobs": None,
                    }
                ],
            },
            {
                "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                "object": "chat.completion.chunk",
                "created": 1786974238,
                "model": "c/writer-1",
                "provider": "Lab",
                "choices": [
                    {
                        "index": 0,
                        "delta": {
                            "role": "assistant",
                            "content": "",
                            "annotations": [
                                {
                                    "type": "url_citation",
                                    "url_citation": {
                                        "url": "https://a.example",
                                        "title": "A",
                                        "start_index": 0,
                                        "end_index": 18,
                                    },
                                }
                            ],
                        },
                        "finish_reason": "stop",
                        "native_finish_reason": "end_turn",
                        "logprobs": None,
                    }
                ],
            },
        ]
    )
    assert (last.pop("usage"), last.pop("fusion")) == (write_usage(RUN), body(RUN)["fusion"])
    assert last == snapshot(
        {
            "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
            "object": "chat.completion.chunk",
            "created": 1786974238,
            "model": "c/writer-1",
            "provider": "Lab",
            "choices": [],
        }
    )


HAPPENINGS: tuple[Event, ...] = (
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
    AnalysisMade(ANALYST, ANALYSIS, REPORT.models),
    FusionFinished(REPORT),
    WriterStarted(WRITER),
)


@requirement("wire:events", "wire:duplicates")
def test_our_events_travel_in_chunks_of_their_own():
    told = brief(transcript(CURIOUS, RunStarted(BEGUN), *HAPPENINGS, AnalysisFailed(ANALYST, "judge_not_valid_json")))
    assert [chunk["choices"] for chunk in told[1:]] == [[{"index": 0, "delta": {}, "finish_reason": None}]] * (
        len(told) - 1
    )
    assert [chunk["fusion"] for chunk in told[1:]] == snapshot(
        [
            {"type": "in_progress", "item_id": "st_1", "panel": ["a/x", "b/y", "a/x"]},
            {"type": "panel.added", "model": "a/x", "panel_index": 0},
            {"type": "panel.added", "model": "b/y", "panel_index": 1},
            {"type": "panel.added", "model": "a/x", "panel_index": 2},
            {"type": "tool.called", "model": "a/x", "panel_index": 0, "role": "panel", "name": "openrouter_datetime"},
            {"type": "tool.returned", "model": "a/x", "panel_index": 0, "role": "panel", "name": "openrouter_datetime"},
            {"type": "panel.reasoning.delta", "model": "a/x", "panel_index": 2, "delta": "hm"},
            {"type": "panel.delta", "model": "a/x", "panel_index": 0, "delta": "Blue light "},
            {"type": "panel.delta", "model": "a/x", "panel_index": 2, "delta": "It is Rayleigh"},
            {"type": "panel.delta", "model": "a/x", "panel_index": 0, "delta": "scatters."},
            {
                "type": "call.settled",
                "call": {
                    "role": "panel",
                    "seat": 0,
                    "model": "a/x",
                    "served_by": "a/x",
                    "provider": "Lab",
                    "prompt_tokens": 10,
                    "completion_tokens": 20,
                    "cached_tokens": 0,
                    "cost": 5e-05,
                    "cost_source": "computed",
                    "certainty": "exact",
                    "ttft_ms": 250,
                    "duration_ms": 1500,
                    "finish_reason": "stop",
                    "error": None,
                },
            },
            {
                "type": "panel.completed",
                "model": "a/x",
                "panel_index": 0,
                "content": "Blue light scatters.",
                "finish_reason": "stop",
                "truncated": False,
            },
            {
                "type": "panel.failed",
                "model": "b/y",
                "panel_index": 1,
                "error": "slow down",
                "reason": "rate_limited",
                "status_code": 429,
            },
            {
                "type": "panel.completed",
                "model": "a/x",
                "panel_index": 2,
                "content": "It is Rayleigh",
                "finish_reason": "length",
                "truncated": True,
            },
            {"type": "analysis.in_progress", "analyst_model": "c/judge", "judge_model": "c/judge"},
            {
                "type": "analysis.completed",
                "analysis": {
                    "consensus": ["the air scatters light"],
                    "contradictions": [
                        {
                            "topic": "how much",
                            "stances": [{"model": "a/x", "stance": "a lot"}, {"model": "a/x", "stance": "a little"}],
                        }
                    ],
                    "partial_coverage": [{"models": ["a/x"], "point": "ozone"}],
                    "unique_insights": [{"model": "a/x", "insight": "sunsets"}],
                    "blind_spots": ["the eye"],
                },
            },
            {"type": "completed", "item_id": "st_1", "status": "completed", "fusion_status": "degraded"},
            {"type": "writer.in_progress", "model": "~c/latest"},
            {"type": "analysis.failed", "analyst_model": "c/judge", "failure_reason": "judge_not_valid_json"},
        ]
    )


@requirement("wire:events")
def test_who_did_not_ask_for_our_events_sees_none():
    told = brief(transcript(QUIET, RunStarted(BEGUN), *HAPPENINGS))
    assert [chunk["choices"][0]["delta"] for chunk in told] == [{"role": "assistant", "content": ""}]


@requirement("wire:functions")
def test_calls_of_the_clients_functions_are_streamed_with_their_places():
    stream = transcript(
        QUIET, RunStarted(BEGUN), ClientCalled(CALLED.tool_calls), Finished(replace(PLAIN, reply=CALLED))
    )
    assert brief(stream) == snapshot(
        [
            {
                "model": "~c/latest",
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": ""},
                        "finish_reason": None,
                        "native_finish_reason": None,
                        "logprobs": None,
                    }
                ],
            },
            {
                "model": "~c/latest",
                "choices": [
                    {
                        "index": 0,
                        "delta": {
                            "role": "assistant",
                            "content": None,
                            "tool_calls": [
                                {
                                    "index": 0,
                                    "id": "call_1",
                                    "type": "function",
                                    "function": {"name": "look", "arguments": '{"q": "é"}'},
                                }
                            ],
                        },
                        "finish_reason": None,
                        "native_finish_reason": None,
                        "logprobs": None,
                    }
                ],
            },
            {
                "model": "c/writer-1",
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": ""},
                        "finish_reason": "tool_calls",
                        "native_finish_reason": "tool_calls",
                        "logprobs": None,
                    }
                ],
            },
            {"model": "c/writer-1", "choices": []},
            "[DONE]",
        ]
    )


def failure(run: Run | None) -> Failed:
    """The end of a run whose writer broke off."""
    error = RunFailed("the writer broke off", status=502, kind="provider_unavailable", reason="synthesis_failed")
    error.run = run
    return Failed(error)


@requirement("client:late-error")
def test_a_stream_that_breaks_says_so_in_a_chunk_that_every_client_reads():
    broken = replace(BEGUN, status="failed", calls=CALLS[:4], report=REPORT)
    stream = transcript(QUIET, RunStarted(BEGUN), TextDelta(WRITER, "Because"), failure(broken))
    assert brief(stream) == snapshot(
        [
            {
                "model": "~c/latest",
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": ""},
                        "finish_reason": None,
                        "native_finish_reason": None,
                        "logprobs": None,
                    }
                ],
            },
            {
                "model": "~c/latest",
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": "Because"},
                        "finish_reason": None,
                        "native_finish_reason": None,
                        "logprobs": None,
                    }
                ],
            },
            {
                "model": "~c/latest",
                "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
                "error": {
                    "code": 502,
                    "message": "the writer broke off",
                    "type": "server_error",
                    "param": None,
                    "metadata": {
                        "error_type": "provider_unavailable",
                        "request_id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                        "previous_errors": [{"provider": "Lab", "code": "rate_limited", "status": 429}],
                        "failure_reason": "synthesis_failed",
                        "failed_models": [],
                    },
                },
            },
            {
                "model": "~c/latest",
                "choices": [],
                "fusion": {
                    "status": "completed",
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
                    "responses": [{"model": "a/x"}, {"model": "a/x"}],
                    "failed_models": [
                        {"model": "b/y", "error": "slow down", "reason": "rate_limited", "status_code": 429}
                    ],
                    "sources": [{"url": "https://a.example", "title": "A"}],
                    "type": "openrouter:fusion",
                    "id": "st_1",
                    "convened": True,
                    "fusion_status": "degraded",
                    "panel_requested": 3,
                    "panel_succeeded": 2,
                    "analyst_model": "c/judge",
                    "truncated_seats": [2],
                },
            },
            "[DONE]",
        ]
    )
    assert "usage" in json.loads(stream.split("\n\n")[-3].removeprefix("data: "))


def test_a_stream_that_breaks_before_its_run_is_a_bare_error():
    told, done = brief(transcript(QUIET, failure(None)))
    assert (told["error"]["code"], done) == (502, "[DONE]")
