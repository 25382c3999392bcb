"""Whoever collects a stream has what the whole reply has: text, reasoning and its record, citations, the route."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.types.events import CallStarted, Event, Failed, Finished, ReasoningDelta, RunStarted, TextDelta
from fuseline.types.json import Json, JsonObject
from fuseline.types.messages import Message, ToolCall
from fuseline.types.replies import Citation, Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Round, Run, Speaker
from fuseline.wires.chat.details import write_details
from fuseline.wires.chat.errors import write_error
from fuseline.wires.chat.pieces import Places, joined
from fuseline.wires.chat.requests import read_request, request_body
from fuseline.wires.chat.writer import write_reply
from fuseline.wires.metadata import write_metadata
from tests.requirements import requirement
from tests.wires.openapi import complaints
from tests.wires.runs import ASKED, CALLS, PANEL, REPORT, RUN, WRITER, call
from tests.wires.test_requests import OPENROUTER
from tests.wires.test_writing import BEGUN, CALLED, PLAIN, QUIET, failure, transcript

OUTER = Speaker("outer", "b/outer")
BEGINS = CallStarted(call("call_9", OUTER, None, 0))
WRITES = CallStarted(CALLS[4])
OPENED = replace(QUIET, include_server_tools=True)
KNOWING = replace(QUIET, include_metadata=True)


def text(piece: str, **more: Any) -> dict[str, Json]:
    """A piece of reasoning as an entry of the details."""
    return {"type": "reasoning.text", "text": piece, **more}


def sealed(content: str) -> dict[str, Json]:
    """A sealed entry."""
    return {"type": "reasoning.encrypted", "data": content}


def chunks(request: Request, *events: Event) -> list[Any]:
    """The chunks of a stream, each of them as the vendor's schema wants it."""
    stream = transcript(request, RunStarted(BEGUN), *events)
    found = [json.loads(event.removeprefix("data: ")) for event in stream.split("\n\n")[:-2]]
    assert [complaint for chunk in found for complaint in complaints("ChatStreamChunk", chunk)] == []
    return found


def collected(said: list[Any], field: str) -> list[Any]:
    """What all deltas of a stream say in one field."""
    return [delta[field] for chunk in said for choice in chunk["choices"] if (delta := choice["delta"]).get(field)]


def message(run: Run, request: Request) -> Any:
    """The message of the whole reply, which is as the vendor's schema wants it."""
    body = json.loads(write_reply(run, request))
    assert complaints("ChatResult", body) == []
    return body["choices"][0]["message"]


def turn(said: str, thought: str = "", *details: JsonObject) -> Reply:
    """A finished turn of a model."""
    return Reply("b/outer", said, thought, opaque={"reasoning_details": list(details)} if details else {})


@requirement("wire:preamble")
def test_what_was_said_before_a_server_tool_is_parted_from_the_answer():
    run = replace(RUN, preamble="Let me ask around.", reply=turn("Blue light scatters."))
    deltas = [TextDelta(OUTER, "Let me "), TextDelta(OUTER, "ask around."), WRITES]
    answer = [TextDelta(WRITER, "Blue light "), TextDelta(WRITER, "scatters.")]
    said = chunks(QUIET, BEGINS, *deltas, *answer, Finished(run))
    assert "".join(collected(said, "content")) == "Let me ask around.\n\nBlue light scatters."
    assert message(run, ASKED)["content"] == "Let me ask around.\n\nBlue light scatters."


@requirement("wire:preamble")
def test_a_panel_at_work_parts_nothing():
    panel = [CallStarted(CALLS[0]), TextDelta(PANEL[0], "Blue")]
    said = chunks(QUIET, BEGINS, TextDelta(OUTER, "Be"), *panel, TextDelta(OUTER, "cause"), Finished(PLAIN))
    assert "".join(collected(said, "content")) == "Because"


@requirement("wire:preamble")
def test_an_answer_without_words_before_it_begins_with_its_first():
    said = chunks(QUIET, BEGINS, WRITES, TextDelta(WRITER, "Because"), Finished(PLAIN))
    assert collected(said, "content") == ["Because"]


@requirement("wire:preamble", "wire:functions")
def test_a_preamble_before_calls_of_the_clients_functions_is_the_content():
    run = replace(PLAIN, preamble="I look it up.", reply=CALLED)
    assert message(run, ASKED)["content"] == "I look it up."
    assert message(replace(PLAIN, reply=CALLED), ASKED)["content"] is None


@requirement("wire:reasoning-details")
def test_reasoning_and_its_record_are_the_same_in_a_stream():
    signed = text("", signature="s1")
    first = turn("Hm.", "I ask them.", text("I ask them.", signature="s0"))
    last = turn("So.", "They agree.", text("They agree.", signature="s1"), sealed("x"))
    run = replace(RUN, preamble="Hm.", rounds=(Round(first, ()),), reply=last)
    said = chunks(
        QUIET,
        BEGINS,
        ReasoningDelta(OUTER, "I ask", (text("I ask"),)),
        ReasoningDelta(OUTER, " them.", (text(" them.", signature="s0"),)),
        TextDelta(OUTER, "Hm."),
        WRITES,
        ReasoningDelta(WRITER, "They ", (text("Th"), text("ey "))),
        ReasoningDelta(WRITER, "agree.", (text("agree."), signed)),
        ReasoningDelta(WRITER, "", (sealed("x"),)),
        TextDelta(WRITER, "So."),
        Finished(run),
    )
    whole = message(run, QUIET)
    pieces: list[Any] = [entry for entries in collected(said, "reasoning_details") for entry in entries]
    assert (
        joined(pieces)
        == whole["reasoning_details"]
        == [
            text("I ask them.", signature="s0", index=0),
            text("They agree.", signature="s1", index=1),
            {**sealed("x"), "index": 2},
        ]
    )
    assert "".join(collected(said, "reasoning")) == whole["reasoning"] == "I ask them.\n\nThey agree."
    assert [len(entries) for entries in collected(said, "reasoning_details")] == [1, 1, 1, 1, 1]


@requirement("wire:reasoning-details")
def test_an_upstreams_numbers_hold_in_its_turn_and_begin_anew_behind_it():
    places = Places()
    gemini = [text("a", index=0), {**sealed("x"), "index": 0}, text("b", index=3)]
    assert places.number(gemini) == gemini
    places.new_turn()
    assert places.number([text("c", index=0), sealed("y"), text("d"), text("e")]) == [
        text("c", index=4),
        {**sealed("y"), "index": 5},
        text("d", index=6),
        text("e", index=6),
    ]


@requirement("wire:reasoning-details")
def test_reasoning_without_a_record_gets_none():
    run = replace(PLAIN, reply=turn("So.", "Hm."))
    said = chunks(QUIET, ReasoningDelta(WRITER, "Hm."), TextDelta(WRITER, "So."), Finished(run))
    assert (collected(said, "reasoning"), collected(said, "reasoning_details")) == (["Hm."], [])
    assert "reasoning_details" not in message(run, QUIET)


@requirement("wire:reasoning-details")
def test_an_answer_that_called_a_server_tool_beside_the_clients_is_told_once():
    reply = replace(turn("", "Hm.", text("Hm.")), tool_calls=CALLED.tool_calls, finish_reason="tool_calls")
    run = replace(
        RUN, rounds=(Round(reply, ()),), reply=replace(reply, citations=(Citation("https://a.example", "A"),))
    )
    assert message(run, ASKED)["reasoning"] == "Hm."
    assert message(run, ASKED)["reasoning_details"] == [text("Hm.", index=0)]


@pytest.mark.parametrize("asked", [{"reasoning": {"exclude": True}}, {"include_reasoning": False}])
def test_reasoning_that_the_client_does_not_want_is_in_no_reply(asked: JsonObject):
    body = {"model": "a/x", "messages": [{"role": "user", "content": "Why?"}], **asked}
    request = read_request(json.dumps(body).encode(), {})
    run = replace(PLAIN, reply=turn("So.", "Hm.", text("Hm.")))
    said = chunks(request, ReasoningDelta(WRITER, "Hm.", (text("Hm."),)), TextDelta(WRITER, "So."), Finished(run))
    assert (collected(said, "reasoning"), collected(said, "reasoning_details")) == ([], [])
    assert message(run, request) == {"role": "assistant", "content": "So.", "refusal": None, "reasoning": None}
    assert request_body(request, OPENROUTER, frozenset())["reasoning"] == {"exclude": True}


def test_reasoning_that_is_asked_for_changes_nothing():
    body = {"model": "a/x", "messages": [{"role": "user", "content": "Why?"}], "include_reasoning": True}
    assert read_request(json.dumps(body).encode(), {}).reasoning is None


WORDS = st.text("ab", max_size=3)
TEXT = {"type": st.just("reasoning.text"), "text": WORDS}
ENTRY: st.SearchStrategy[JsonObject] = st.one_of(
    st.fixed_dictionaries(TEXT, optional={"signature": st.none() | st.just("s"), "index": st.integers(0, 1)}),
    st.fixed_dictionaries({"type": st.just("reasoning.summary"), "summary": WORDS}),
    st.fixed_dictionaries({"type": st.just("reasoning.encrypted"), "data": WORDS}),
)


@requirement("wire:reasoning-details")
@given(st.lists(ENTRY, max_size=8))
def test_joining_loses_no_text_and_joins_no_more_the_second_time(entries: list[JsonObject]):
    once: Any = joined(entries)
    assert joined(once) == once
    for kind in ("text", "summary", "data"):
        assert "".join(str(entry.get(kind) or "") for entry in once) == "".join(
            str(entry.get(kind) or "") for entry in entries
        )
    assert [entry["signature"] for entry in once if entry.get("signature")] == [
        entry["signature"] for entry in entries if entry.get("signature")
    ]


@requirement("wire:server-tool-call", "vector:C1")
@pytest.mark.parametrize("run", [RUN, replace(RUN, reply=CALLED)])
def test_a_fusion_run_is_shown_as_a_call_of_the_servers_tool_to_those_who_ask(run: Run):
    said = chunks(OPENED, Finished(run))
    (entry,) = message(run, OPENED)["reasoning_details"]
    assert collected(said, "reasoning_details") == [[entry]]
    assert complaints("ReasoningDetailUnion", entry) == []
    assert json.loads(entry.pop("result")) == snapshot(
        {
            "status": "ok",
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
            "responses": [
                {"model": "a/x", "content": "Blue light scatters."},
                {"model": "a/x", "content": "It is Rayleigh"},
            ],
            "failed_models": [{"model": "b/y", "error": "slow down", "reason": "rate_limited", "status_code": 429}],
            "sources": [{"url": "https://a.example", "title": "A"}],
        }
    )
    assert entry == snapshot(
        {
            "type": "reasoning.server_tool_call",
            "tool_name": "openrouter:fusion",
            "arguments": '{"prompt":"Why?"}',
            "tool_call_id": "st_1",
            "index": 0,
        }
    )


@requirement("wire:server-tool-call")
def test_nobody_sees_it_who_did_not_ask_or_asked_to_see_nothing():
    hidden = replace(RUN, expose="none")
    assert write_details(RUN, QUIET) == write_details(hidden, OPENED) == write_details(PLAIN, OPENED) == []
    assert collected(chunks(QUIET, Finished(RUN)), "reasoning_details") == []


@requirement("wire:server-tool-call")
def test_it_stands_behind_the_reasoning_even_where_that_is_hidden():
    run = replace(RUN, reply=turn("So.", "Hm.", text("Hm.")))
    kinds = [entry["type"] for entry in message(run, OPENED)["reasoning_details"]]
    assert kinds == ["reasoning.text", "reasoning.server_tool_call"]
    unseen = replace(OPENED, reasoning={"exclude": True})
    assert [entry["type"] for entry in message(run, unseen)["reasoning_details"]] == ["reasoning.server_tool_call"]


@requirement("wire:server-tool-call", "vector:C15")
def test_a_run_that_is_sent_back_is_remembered_before_what_was_written_from_it():
    said = message(replace(RUN, reply=turn("So.", "Hm.", sealed("x"))), OPENED)
    turns = [{"role": "user", "content": "Why?"}, said, {"role": "user", "content": "Really?"}]
    request = read_request(json.dumps({"model": "a/x", "messages": turns}).encode(), {})
    result = said["reasoning_details"][1]["result"]
    assert request.messages == (
        Message("user", "Why?"),
        Message("assistant", "", (ToolCall(REPORT.id, "openrouter_fusion", '{"prompt":"Why?"}'),)),
        Message("tool", result, tool_call_id=REPORT.id),
        Message("assistant", "So.", reasoning="Hm.", opaque={"reasoning_details": [{**sealed("x"), "index": 0}]}),
        Message("user", "Really?"),
    )
    assert b"server_tool_call" not in json.dumps(request_body(request, OPENROUTER, frozenset())).encode()


@requirement("wire:server-tool-call")
@pytest.mark.parametrize(
    "entry",
    [
        {"tool_name": "openrouter:fusion", "arguments": {}, "result": "{}"},
        {"tool_name": "openrouter:web_search", "arguments": "{}", "result": "{}"},
        {},
    ],
)
def test_an_entry_that_cannot_be_remembered_is_taken_and_forgotten(entry: JsonObject):
    replayed = {
        "role": "assistant",
        "content": "So.",
        "reasoning_details": [{"type": "reasoning.server_tool_call", **entry}],
    }
    request = read_request(json.dumps({"model": "a/x", "messages": [replayed]}).encode(), {})
    assert request.messages == (Message("assistant", "So."),)


@requirement("wire:server-tool-call")
def test_runs_without_ids_are_told_apart():
    entry = {"type": "reasoning.server_tool_call", "tool_name": "openrouter:fusion", "arguments": "{}", "result": "{}"}
    replayed = {"role": "assistant", "content": "So.", "reasoning_details": [entry, {**entry, "tool_call_id": None}]}
    request = read_request(json.dumps({"model": "a/x", "messages": [replayed]}).encode(), {})
    ids = [message.tool_call_id for message in request.messages if message.role == "tool"]
    assert len(set(ids)) == 2
    assert ids == [call.id for message in request.messages for call in message.tool_calls]


@requirement("wire:citations", "wire:preamble")
def test_citations_have_their_place_in_the_message():
    answer = "See https://a.example for more."
    placed = Citation("https://a.example", "A", 4, 21)
    run = replace(
        RUN, preamble="One moment.", reply=replace(turn(answer), citations=(placed, Citation("https://b.example", "B")))
    )
    said = chunks(QUIET, Finished(run))
    whole = message(run, QUIET)
    assert collected(said, "annotations") == [whole["annotations"]]
    first, second = (one["url_citation"] for one in whole["annotations"])
    assert whole["content"][first["start_index"] : first["end_index"]] == "https://a.example"
    assert (second["start_index"], second["end_index"]) == (0, 0)


@requirement("wire:metadata")
def test_the_route_is_told_in_the_reply_and_in_the_last_chunk_to_those_who_ask():
    route = json.loads(json.dumps(write_metadata(RUN, KNOWING)))
    told = [chunk.get("openrouter_metadata") for chunk in chunks(KNOWING, TextDelta(WRITER, "So."), Finished(RUN))]
    assert told == [None, None, None, route]
    assert json.loads(write_reply(RUN, KNOWING))["openrouter_metadata"] == route
    assert "openrouter_metadata" not in transcript(QUIET, RunStarted(BEGUN), Finished(RUN))
    assert b"openrouter_metadata" not in write_reply(RUN, QUIET)


@requirement("wire:metadata", "wire:errors")
def test_the_route_is_told_beside_an_error_of_a_run():
    error = failure(RUN).error
    route = json.loads(json.dumps(write_metadata(RUN, KNOWING)))
    assert json.loads(write_error(error, KNOWING).body)["openrouter_metadata"] == route
    assert chunks(KNOWING, Failed(error))[-1]["openrouter_metadata"] == route
    assert "openrouter_metadata" not in json.loads(write_error(error, QUIET).body)
    assert "openrouter_metadata" not in json.loads(write_error(failure(None).error, KNOWING).body)
