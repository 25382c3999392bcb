"""What a client reads on this wire: whole replies and whole streams, each held against the vendor's schema."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.types.deliberation import Report
from fuseline.types.events import (
    AnalysisFailed,
    AnalysisStarted,
    Event,
    Finished,
    FusionFinished,
    FusionStarted,
    ReasoningDelta,
    RunStarted,
    SeatFailed,
    SeatJoined,
    TextDelta,
)
from fuseline.types.replies import Reply
from fuseline.types.runs import Run
from fuseline.wires.metadata import write_metadata
from fuseline.wires.responses.replies import write_failed_reply, write_usage
from tests.requirements import requirement
from tests.wires.responses.schemas import complaints
from tests.wires.responses.talk import (
    ANSWERED,
    AT_ONCE_RUN,
    BEGUN,
    BOTH_AT_ONCE,
    DECIDED,
    DECIDED_RUN,
    DONE,
    FUSED,
    LOOK,
    PANEL_AT_WORK,
    STREAMED,
    body,
    failure,
    read,
    told,
    transcript,
)
from tests.wires.runs import ANALYST, ANSWERS, CALLS, PANEL, REPLY, REPORT, SEATS, WRITER

DEAD = replace(REPORT, answers=(ANSWERS[1],) * 3, analysis=None, failure_reason="rate_limited", error="all failed")
UNCOMPARED = replace(REPORT, analysis=None, analysis_failure="judge_not_valid_json")
PLAIN_RUN = replace(DONE, router="", convened=False, report=None, calls=CALLS[4:], steps=0)
PLAIN: tuple[Event, ...] = (RunStarted(BEGUN), *ANSWERED[1:], Finished(PLAIN_RUN))
SEALED: Any = {"type": "reasoning.encrypted", "data": "opaque", "format": "anthropic-claude-v1"}
REFUSED = replace(PLAIN_RUN, reply=Reply("c/x", refusal="I will not."))
CUT = replace(PLAIN_RUN, reply=replace(REPLY, finish_reason="length", native_finish_reason="length"))
FILTERED = replace(PLAIN_RUN, reply=Reply("c/x", "", finish_reason="content_filter"))
WITHOUT_WORDS: tuple[Event, ...] = (RunStarted(BEGUN), Finished(REFUSED))
RUNS: list[tuple[Sequence[Event], Run]] = [
    (FUSED, DONE),
    (DECIDED, DECIDED_RUN),
    (BOTH_AT_ONCE, AT_ONCE_RUN),
    (PLAIN, PLAIN_RUN),
    (WITHOUT_WORDS, REFUSED),
    ((*PLAIN[:-1], Finished(CUT)), CUT),
    ((RunStarted(BEGUN), Finished(FILTERED)), FILTERED),
]
"""Streams and the runs that they tell of, in every shape."""
BROKEN: tuple[Event, ...] = (*FUSED[:-3], failure(replace(BEGUN, status="failed", calls=CALLS[:4], report=REPORT)))


def kinds(events: Sequence[Any]) -> list[str]:
    """The types of a stream's events, repetitions in a row once."""
    found = [event["type"].removeprefix("response.") for event in events]
    return [kind for number, kind in enumerate(found) if number == 0 or found[number - 1] != kind]


@requirement("responses:reply", "wire:usage")
def test_a_fused_reply_is_whole():
    reply = body(DONE)
    assert reply.pop("usage") == write_usage(DONE)
    assert reply == snapshot(
        {
            "id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
            "object": "response",
            "created_at": 1786974238,
            "completed_at": 1786974407,
            "model": "c/writer-1",
            "error": None,
            "incomplete_details": None,
            "background": False,
            "frequency_penalty": None,
            "instructions": None,
            "max_output_tokens": None,
            "max_tool_calls": None,
            "metadata": {},
            "parallel_tool_calls": True,
            "presence_penalty": None,
            "previous_response_id": None,
            "prompt_cache_key": None,
            "prompt_cache_options": None,
            "reasoning": None,
            "safety_identifier": None,
            "service_tier": "auto",
            "store": False,
            "temperature": None,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_logprobs": 0,
            "top_p": None,
            "truncation": "disabled",
            "user": None,
            "status": "completed",
            "output": [
                {
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
                    "responses": [
                        {"model": "a/x", "content": "Blue light scatters."},
                        {"model": "a/x", "content": "It is Rayleigh"},
                    ],
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
                    "content": [],
                },
                {
                    "type": "reasoning",
                    "id": "rs_uxGHDllmFw2ZNwQWJQsK_1",
                    "status": "completed",
                    "summary": [],
                    "content": [{"type": "reasoning_text", "text": "Let me think."}],
                },
                {
                    "type": "message",
                    "id": "msg_uxGHDllmFw2ZNwQWJQsK_2",
                    "role": "assistant",
                    "status": "completed",
                    "content": [
                        {
                            "type": "output_text",
                            "text": """\
Because blue light
scatters more.\
""",
                            "annotations": [
                                {
                                    "type": "url_citation",
                                    "url": "https://a.example",
                                    "title": "A",
                                    "start_index": 0,
                                    "end_index": 18,
                                }
                            ],
                            "logprobs": [],
                        }
                    ],
                },
            ],
            "fusion_status": "degraded",
        }
    )


@requirement("responses:stream")
def test_a_fused_stream_is_whole():
    events = told(*FUSED)
    assert events[0]["response"] == events[1]["response"]
    for event in (events[0], events[1], events[-1]):
        event.pop("response")
    assert events == snapshot(
        [
            {"type": "response.created", "sequence_number": 0},
            {"type": "response.in_progress", "sequence_number": 1},
            {
                "type": "response.output_item.added",
                "sequence_number": 2,
                "output_index": 0,
                "item": {"type": "openrouter:fusion", "id": "st_1", "status": "in_progress", "content": []},
            },
            {"type": "response.fusion_call.in_progress", "sequence_number": 3, "item_id": "st_1", "output_index": 0},
            {
                "type": "response.fusion_call.panel.added",
                "sequence_number": 4,
                "item_id": "st_1",
                "output_index": 0,
                "model": "a/x",
                "panel_index": 0,
            },
            {
                "type": "response.fusion_call.panel.added",
                "sequence_number": 5,
                "item_id": "st_1",
                "output_index": 0,
                "model": "b/y",
                "panel_index": 1,
            },
            {
                "type": "response.fusion_call.panel.added",
                "sequence_number": 6,
                "item_id": "st_1",
                "output_index": 0,
                "model": "a/x",
                "panel_index": 2,
            },
            {
                "type": "response.fusion_call.panel.reasoning.delta",
                "item_id": "st_1",
                "output_index": 0,
                "model": "a/x",
                "panel_index": 2,
                "delta": "hm",
                "sequence_number": 7,
            },
            {
                "type": "response.fusion_call.panel.delta",
                "item_id": "st_1",
                "output_index": 0,
                "model": "a/x",
                "panel_index": 0,
                "delta": "Blue light ",
                "sequence_number": 8,
            },
            {
                "type": "response.fusion_call.panel.delta",
                "item_id": "st_1",
                "output_index": 0,
                "model": "a/x",
                "panel_index": 2,
                "delta": "It is Rayleigh",
                "sequence_number": 9,
            },
            {
                "type": "response.fusion_call.panel.delta",
                "item_id": "st_1",
                "output_index": 0,
                "model": "a/x",
                "panel_index": 0,
                "delta": "scatters.",
                "sequence_number": 10,
            },
            {
                "type": "response.fusion_call.panel.completed",
                "sequence_number": 11,
                "item_id": "st_1",
                "output_index": 0,
                "model": "a/x",
                "panel_index": 0,
                "content": "Blue light scatters.",
            },
            {
                "type": "response.fusion_call.panel.failed",
                "sequence_number": 12,
                "item_id": "st_1",
                "output_index": 0,
                "panel_index": 1,
                "model": "b/y",
                "error": "slow down",
                "reason": "rate_limited",
                "status_code": 429,
            },
            {
                "type": "response.fusion_call.panel.completed",
                "sequence_number": 13,
                "item_id": "st_1",
                "output_index": 0,
                "model": "a/x",
                "panel_index": 2,
                "content": "It is Rayleigh",
            },
            {
                "type": "response.fusion_call.analysis.in_progress",
                "sequence_number": 14,
                "item_id": "st_1",
                "output_index": 0,
                "analyst_model": "c/judge",
                "judge_model": "c/judge",
            },
            {
                "type": "response.fusion_call.analysis.completed",
                "sequence_number": 15,
                "item_id": "st_1",
                "output_index": 0,
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
            {
                "type": "response.fusion_call.completed",
                "sequence_number": 16,
                "item_id": "st_1",
                "output_index": 0,
                "fusion_status": "degraded",
            },
            {
                "type": "response.output_item.done",
                "sequence_number": 17,
                "output_index": 0,
                "item": {
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
                    "responses": [
                        {"model": "a/x", "content": "Blue light scatters."},
                        {"model": "a/x", "content": "It is Rayleigh"},
                    ],
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
                    "content": [],
                },
            },
            {
                "type": "response.output_item.added",
                "sequence_number": 18,
                "output_index": 1,
                "item": {
                    "type": "reasoning",
                    "id": "rs_uxGHDllmFw2ZNwQWJQsK_1",
                    "status": "in_progress",
                    "summary": [],
                    "content": [],
                },
            },
            {
                "type": "response.content_part.added",
                "sequence_number": 19,
                "item_id": "rs_uxGHDllmFw2ZNwQWJQsK_1",
                "output_index": 1,
                "content_index": 0,
                "part": {"type": "reasoning_text", "text": ""},
            },
            {
                "type": "response.reasoning_text.delta",
                "item_id": "rs_uxGHDllmFw2ZNwQWJQsK_1",
                "output_index": 1,
                "content_index": 0,
                "delta": "Let me ",
                "sequence_number": 20,
            },
            {
                "type": "response.reasoning_text.delta",
                "item_id": "rs_uxGHDllmFw2ZNwQWJQsK_1",
                "output_index": 1,
                "content_index": 0,
                "delta": "think.",
                "sequence_number": 21,
            },
            {
                "type": "response.reasoning_text.done",
                "sequence_number": 22,
                "item_id": "rs_uxGHDllmFw2ZNwQWJQsK_1",
                "output_index": 1,
                "content_index": 0,
                "text": "Let me think.",
            },
            {
                "type": "response.content_part.done",
                "sequence_number": 23,
                "item_id": "rs_uxGHDllmFw2ZNwQWJQsK_1",
                "output_index": 1,
                "content_index": 0,
                "part": {"type": "reasoning_text", "text": "Let me think."},
            },
            {
                "type": "response.output_item.done",
                "sequence_number": 24,
                "output_index": 1,
                "item": {
                    "type": "reasoning",
                    "id": "rs_uxGHDllmFw2ZNwQWJQsK_1",
                    "status": "completed",
                    "summary": [],
                    "content": [{"type": "reasoning_text", "text": "Let me think."}],
                },
            },
            {
                "type": "response.output_item.added",
                "sequence_number": 25,
                "output_index": 2,
                "item": {
                    "type": "message",
                    "id": "msg_uxGHDllmFw2ZNwQWJQsK_2",
                    "role": "assistant",
                    "status": "in_progress",
                    "content": [],
                },
            },
            {
                "type": "response.content_part.added",
                "sequence_number": 26,
                "item_id": "msg_uxGHDllmFw2ZNwQWJQsK_2",
                "output_index": 2,
                "content_index": 0,
                "part": {"type": "output_text", "text": "", "annotations": [], "logprobs": []},
            },
            {
                "type": "response.output_text.delta",
                "item_id": "msg_uxGHDllmFw2ZNwQWJQsK_2",
                "output_index": 2,
                "content_index": 0,
                "logprobs": [],
                "delta": "Because blue light\n",
                "sequence_number": 27,
            },
            {
                "type": "response.output_text.delta",
                "item_id": "msg_uxGHDllmFw2ZNwQWJQsK_2",
                "output_index": 2,
                "content_index": 0,
                "logprobs": [],
                "delta": "scatters more.",
                "sequence_number": 28,
            },
            {
                "type": "response.output_text.annotation.added",
                "sequence_number": 29,
                "item_id": "msg_uxGHDllmFw2ZNwQWJQsK_2",
                "output_index": 2,
                "content_index": 0,
                "annotation_index": 0,
                "annotation": {
                    "type": "url_citation",
                    "url": "https://a.example",
                    "title": "A",
                    "start_index": 0,
                    "end_index": 18,
                },
            },
            {
                "type": "response.output_text.done",
                "sequence_number": 30,
                "item_id": "msg_uxGHDllmFw2ZNwQWJQsK_2",
                "output_index": 2,
                "content_index": 0,
                "text": """\
Because blue light
scatters more.\
""",
                "logprobs": [],
            },
            {
                "type": "response.content_part.done",
                "sequence_number": 31,
                "item_id": "msg_uxGHDllmFw2ZNwQWJQsK_2",
                "output_index": 2,
                "content_index": 0,
                "part": {
                    "type": "output_text",
                    "text": """\
Because blue light
scatters more.\
""",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "https://a.example",
                            "title": "A",
                            "start_index": 0,
                            "end_index": 18,
                        }
                    ],
                    "logprobs": [],
                },
            },
            {
                "type": "response.output_item.done",
                "sequence_number": 32,
                "output_index": 2,
                "item": {
                    "type": "message",
                    "id": "msg_uxGHDllmFw2ZNwQWJQsK_2",
                    "role": "assistant",
                    "status": "completed",
                    "content": [
                        {
                            "type": "output_text",
                            "text": """\
Because blue light
scatters more.\
""",
                            "annotations": [
                                {
                                    "type": "url_citation",
                                    "url": "https://a.example",
                                    "title": "A",
                                    "start_index": 0,
                                    "end_index": 18,
                                }
                            ],
                            "logprobs": [],
                        }
                    ],
                },
            },
            {"type": "response.completed", "sequence_number": 33},
        ]
    )


@requirement("responses:stream")
def test_every_event_has_its_name_on_a_line_of_its_own():
    *frames, done, rest = transcript(*DECIDED).decode().split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    for frame, event in zip(frames, told(*DECIDED), strict=True):
        name, payload = frame.split("\n", 1)
        assert (name, payload[:6]) == (f"event: {event['type']}", "data: ")


@requirement("responses:reply", "responses:stream")
@pytest.mark.parametrize(("events", "run"), RUNS)
def test_the_stream_and_the_whole_reply_show_the_same(events: Sequence[Event], run: Run):
    last = told(*events)[-1]
    assert last["response"] == body(run)
    assert last["type"] == f"response.{body(run)['status']}"


@requirement("responses:stream", "vector:C4")
@pytest.mark.parametrize("events", [*(events for events, _ in RUNS), BROKEN])
def test_numbers_have_no_gap_and_items_end_as_the_last_event_lists_them(events: Sequence[Event]):
    stream = told(*events)
    assert [event["sequence_number"] for event in stream] == list(range(len(stream)))
    added = [event["output_index"] for event in stream if event["type"] == "response.output_item.added"]
    done = {e["output_index"]: e["item"] for e in stream if e["type"] == "response.output_item.done"}
    assert added == list(range(len(added)))
    assert [done[index] for index in added] == stream[-1]["response"]["output"]


@requirement("responses:schema", "responses:reply")
@pytest.mark.parametrize("run", [run for _, run in RUNS])
@pytest.mark.parametrize("expose", ["", "none", "analysis", "full"])
def test_a_reply_is_what_the_vendors_schema_says(run: Run, expose: str):
    assert complaints("OpenResponsesResult", body(replace(run, expose=expose))) == []


@requirement("responses:schema", "responses:stream")
@pytest.mark.parametrize("events", [*(events for events, _ in RUNS), BROKEN])
def test_every_event_is_what_the_vendors_schema_says(events: Sequence[Event]):
    for event in told(*events):
        assert complaints("StreamEvents", event) == [], event


@requirement("responses:stream", "wire:preamble")
def test_items_come_in_the_order_of_happening():
    output = body(DECIDED_RUN)["output"]
    assert [item["type"] for item in output] == snapshot(
        ["message", "openrouter:datetime", "openrouter:fusion", "reasoning", "message", "function_call"]
    )
    assert kinds(told(*DECIDED)) == snapshot(
        [
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "fusion_call.in_progress",
            "output_item.done",
            "fusion_call.panel.added",
            "fusion_call.panel.reasoning.delta",
            "fusion_call.panel.delta",
            "fusion_call.panel.completed",
            "fusion_call.panel.failed",
            "fusion_call.panel.completed",
            "fusion_call.analysis.in_progress",
            "fusion_call.analysis.completed",
            "fusion_call.completed",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "reasoning_text.delta",
            "reasoning_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.annotation.added",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed",
        ]
    )


@requirement("responses:stream")
def test_words_before_a_panel_and_a_function_in_one_turn_are_said_once():
    assert [item["type"] for item in body(AT_ONCE_RUN)["output"]] == ["message", "openrouter:fusion", "function_call"]


@requirement("responses:fusion-item", "vector:C4")
def test_a_seats_pieces_are_its_content():
    stream = told(*FUSED)
    for seat in (0, 2):
        mine = [event for event in stream if event.get("panel_index") == seat]
        pieces = [event["delta"] for event in mine if event["type"].endswith("panel.delta")]
        assert ["".join(pieces)] == [event["content"] for event in mine if event["type"].endswith("panel.completed")]


@requirement("responses:fusion-item")
def test_the_fusion_item_has_content_that_readers_of_messages_can_go_through():
    for item in body(DECIDED_RUN)["output"]:
        if item["type"].startswith("openrouter:"):
            assert item["content"] == []


@requirement("responses:fusion-item")
def test_a_seats_failure_is_told_so_that_no_sdk_takes_it_for_the_streams():
    careful = replace(STREAMED, error_ends_stream=True)
    loud, quiet = (
        next(event for event in told(*FUSED, request=request) if event["type"].endswith("panel.failed"))
        for request in (STREAMED, careful)
    )
    assert (loud["error"], loud["status_code"]) == ("slow down", 429)
    assert (quiet["error"], quiet["message"], quiet["status_code"]) == ("", "slow down", 429)
    assert not any(event.get("error") for event in told(*FUSED, request=careful))


@requirement("responses:expose")
def test_unless_told_the_whole_deliberation_is_shown():
    assert told(*FUSED) == told(*fused("full"))
    assert body(DONE)["output"] == body(replace(DONE, expose="full"))["output"]


@requirement("responses:expose")
def test_the_analysis_alone_hides_the_panels_words():
    stream = told(*fused("analysis"))
    assert "Rayleigh" not in str(stream)
    assert kinds(stream)[2:10] == snapshot(
        [
            "output_item.added",
            "fusion_call.in_progress",
            "fusion_call.panel.added",
            "fusion_call.panel.completed",
            "fusion_call.panel.failed",
            "fusion_call.panel.completed",
            "fusion_call.analysis.in_progress",
            "fusion_call.analysis.completed",
        ]
    )
    item = next(item for item in stream[-1]["response"]["output"] if item["type"] == "openrouter:fusion")
    assert (item["responses"], "analysis" in item) == ([{"model": "a/x"}, {"model": "a/x"}], True)
    assert stream[-1]["response"] == body(replace(DONE, expose="analysis"))


@requirement("responses:expose")
def test_nothing_of_the_run_is_shown_to_those_who_do_not_want_it():
    stream = told(*fused("none"))
    assert not any("fusion_call" in event["type"] for event in stream)
    assert [item["type"] for item in stream[-1]["response"]["output"]] == ["reasoning", "message"]
    assert stream[-1]["response"] == body(replace(DONE, expose="none"))


def fused(expose: str) -> tuple[Event, ...]:
    """The fused run as somebody hears it who wanted to see so much of it."""
    return (RunStarted(replace(BEGUN, expose=expose)), *FUSED[1:-1], Finished(replace(DONE, expose=expose)))


@requirement("responses:degraded", "vector:C7")
def test_a_failed_analysis_has_no_event_and_its_reason_in_the_item():
    happened = (*PANEL_AT_WORK[:13], AnalysisStarted(ANALYST), AnalysisFailed(ANALYST, "judge_not_valid_json"))
    run = replace(DONE, report=UNCOMPARED)
    stream = told(RunStarted(BEGUN), *happened, FusionFinished(UNCOMPARED), *ANSWERED, Finished(run))
    assert "fusion_call.analysis.completed" not in kinds(stream)
    assert "fusion_call.analysis.in_progress" in kinds(stream)
    item = stream[-1]["response"]["output"][0]
    assert (item["status"], item["failure_reason"], "analysis" in item) == ("completed", "judge_not_valid_json", False)
    assert len(item["responses"]) == 2
    assert stream[-1]["response"] == body(run)


@requirement("responses:degraded", "vector:C6")
def test_a_dead_panel_is_an_incomplete_item_before_the_answer():
    run = replace(DONE, report=DEAD, degraded="no_panel")
    dead = [SeatFailed(speaker, answer) for speaker, answer in zip(PANEL, DEAD.answers, strict=True)]
    joined = [SeatJoined(speaker) for speaker in PANEL]
    opened = FusionStarted("st_1", "Why?", SEATS)
    stream = told(RunStarted(BEGUN), opened, *joined, *dead, FusionFinished(DEAD), *ANSWERED, Finished(run))
    assert kinds(stream)[2:8] == snapshot(
        [
            "output_item.added",
            "fusion_call.in_progress",
            "fusion_call.panel.added",
            "fusion_call.panel.failed",
            "fusion_call.completed",
            "output_item.done",
        ]
    )
    item = stream[-1]["response"]["output"][0]
    assert (item["status"], item["failure_reason"], item["error"]) == ("incomplete", "rate_limited", "all failed")
    assert (stream[-1]["response"]["status"], stream[-1]["response"]["degraded"]) == ("completed", "no_panel")
    assert stream[-1]["response"] == body(run)


@requirement("responses:reply")
@pytest.mark.parametrize(
    ("run", "status", "reason"),
    [
        (PLAIN_RUN, "completed", None),
        (CUT, "incomplete", {"reason": "max_output_tokens"}),
        (FILTERED, "incomplete", {"reason": "content_filter"}),
    ],
)
def test_an_answer_that_stops_short_says_why(run: Run, status: str, reason: Any):
    assert (body(run)["status"], body(run)["incomplete_details"]) == (status, reason)


@requirement("responses:reply")
def test_a_refusal_is_a_part_of_its_own():
    assert body(REFUSED)["output"][0]["content"] == [{"type": "refusal", "refusal": "I will not."}]
    assert kinds(told(*WITHOUT_WORDS))[2:-1] == snapshot(
        [
            "output_item.added",
            "content_part.added",
            "refusal.delta",
            "refusal.done",
            "content_part.done",
            "output_item.done",
        ]
    )


@requirement("responses:reply", "responses:stream")
def test_a_sealed_thought_keeps_its_seal():
    reply = replace(REPLY, opaque={"reasoning_details": [SEALED]})
    run = replace(PLAIN_RUN, reply=reply)
    sealed = ReasoningDelta(WRITER, "", (SEALED,))
    stream = told(*PLAIN[:3], sealed, *PLAIN[3:-1], Finished(run))
    assert stream[-1]["response"]["output"][0] == {
        "type": "reasoning",
        "id": "rs_uxGHDllmFw2ZNwQWJQsK_0",
        "status": "completed",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "Let me think."}],
        "encrypted_content": "opaque",
        "format": "anthropic-claude-v1",
    }
    assert stream[-1]["response"] == body(run)


@requirement("responses:reply")
def test_a_thought_that_is_only_sealed_is_an_item_too():
    run = replace(PLAIN_RUN, reply=replace(REPLY, reasoning="", opaque={"reasoning_details": [SEALED]}))
    stream = told(RunStarted(BEGUN), ReasoningDelta(WRITER, "", (SEALED,)), *PLAIN[3:-1], Finished(run))
    assert stream[-1]["response"]["output"][0]["content"] == []
    assert stream[-1]["response"] == body(run)


@requirement("responses:errors", "client:late-error")
def test_a_stream_that_breaks_ends_with_a_failed_response():
    stream = told(*BROKEN)
    failed = stream[-1]["response"]
    assert stream[-1]["type"] == "response.failed"
    assert (failed["status"], failed["error"], failed["error_type"]) == snapshot(
        (
            "failed",
            {
                "code": "server_error",
                "message": "the writer broke off",
                "metadata": {
                    "error_type": "provider_unavailable",
                    "request_id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                    "previous_errors": [{"provider": "Lab", "code": "rate_limited", "status": 429}],
                    "failure_reason": "synthesis_failed",
                    "failed_models": [],
                },
            },
            "provider_unavailable",
        )
    )
    assert [(item["type"], item["status"]) for item in failed["output"]] == snapshot(
        [("openrouter:fusion", "completed"), ("reasoning", "incomplete")]
    )
    assert failed["usage"]["cost"] == 0.0003


@requirement("responses:errors", "client:late-error")
def test_a_panel_that_is_still_at_work_when_the_run_breaks_ends_incomplete():
    stream = told(RunStarted(BEGUN), *PANEL_AT_WORK[:9], failure(BEGUN))
    assert kinds(stream)[-2:] == ["output_item.done", "failed"]
    assert stream[-1]["response"]["output"][0]["status"] == "incomplete"


@requirement("responses:errors")
@pytest.mark.parametrize("run", [None, BEGUN])
def test_a_stream_that_breaks_before_it_began_is_one_event(run: Run | None):
    (only,) = told(failure(run))
    assert (only["type"], only["sequence_number"]) == ("response.failed", 0)
    assert complaints("StreamEvents", only) == []


@requirement("responses:errors", "client:late-error")
@pytest.mark.parametrize("run", [None, replace(BEGUN, calls=CALLS)])
def test_a_whole_reply_that_fails_late_is_a_failed_response(run: Run | None):
    reply: Any = json.loads(write_failed_reply(failure(run).error, STREAMED))
    assert (reply["object"], reply["status"], reply["output"]) == ("response", "failed", [])
    assert reply["error"]["code"] == "server_error"
    assert complaints("OpenResponsesResult", reply) == []


@requirement("wire:metadata")
def test_how_the_request_was_routed_is_told_on_request():
    asked = replace(STREAMED, include_metadata=True)
    assert "openrouter_metadata" not in body(DONE)
    assert body(DONE, asked)["openrouter_metadata"] == write_metadata(DONE, asked)
    assert told(*FUSED, request=asked)[-1]["response"] == body(DONE, asked)
    assert complaints("OpenResponsesResult", body(DONE, asked)) == []


@requirement("responses:echo")
def test_what_was_asked_is_said_back_in_every_response_object():
    said: dict[str, Any] = {
        "instructions": "Be brief.",
        "metadata": {"a": "b"},
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 100,
        "max_tool_calls": 7,
        "parallel_tool_calls": False,
        "text": {"format": {"type": "json_object"}, "verbosity": "low"},
        "reasoning": {"effort": "low"},
        "truncation": "auto",
        "service_tier": "flex",
        "user": "somebody",
    }
    request = read(stream=True, **said, tools=[LOOK, {"type": "openrouter:fusion"}], tool_choice="required")
    stream = told(*FUSED, request=request)
    for response in (stream[0]["response"], stream[-1]["response"], body(DONE, request)):
        assert {name: response[name] for name in said} == said
        assert response["tools"] == [{**LOOK, "strict": None}]
        assert response["tool_choice"] == "required"
        assert complaints("OpenResponsesResult", response) == []


def test_a_hidden_delta_writes_nothing():
    assert transcript(TextDelta(ANALYST, "x"), ReasoningDelta(ANALYST, "y"), TextDelta(PANEL[0], "z")) == b""


def test_a_report_without_an_id_of_its_own_is_not_invented():
    report: Report = replace(REPORT, id="st_7")
    assert body(replace(DONE, report=report))["output"][0]["id"] == "st_7"
