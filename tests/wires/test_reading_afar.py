"""Streams of Responses and messages upstreams become one reply, and damage to them is told in our own words."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseline.assembly import CLIENT_WIRES, SERVER_WIRES
from fuseline.types.errors import UpstreamError
from fuseline.types.events import Finished, ReasoningDelta, RunStarted, TextDelta
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, Usage
from tests.requirements import requirement
from tests.wires.afar import BEGUN, ROOM, block, cut_short, item, over, piece, read, says, stopped, text_block, told
from tests.wires.runs import REPLY, WRITER
from tests.wires.streams import every_script
from tests.wires.test_writing import BEGUN as BEGUN_RUN
from tests.wires.test_writing import PLAIN, QUIET

FAR = pytest.mark.parametrize("wire", ["responses", "messages"])
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40), max_size=8)
CUTS = st.lists(st.integers(1, 2000), max_size=60)


@requirement("ours:text-exact")
@FAR
@given(TEXTS, CUTS)
def test_text_is_exact_under_any_split(wire: str, texts: list[str], cuts: list[int]):
    payload = says(wire, *texts)
    reply, heard = read(wire, payload, [cut for cut in cuts if cut < len(payload)])
    assert reply.text == heard == "".join(texts)


@requirement("ours:text-exact")
@FAR
def test_every_script_survives_a_split_at_every_byte(wire: str):
    text = every_script()
    payload = says(wire, *(text[start : start + 37] for start in range(0, len(text), 37)))
    reply, heard = read(wire, payload, range(len(payload)))
    assert reply.text == heard == text


@FAR
def test_a_surrogate_pair_split_over_two_pieces_is_one_character_and_a_nul_is_left_out(wire: str):
    payload = says(wire, "a<1>", "<2>b", "\0").replace(b"<1>", rb"\ud83d").replace(b"<2>", rb"\ude00")
    reply, heard = read(wire, payload)
    assert reply.text == heard == "a\U0001f600b"


@requirement("ours:far-wires")
@FAR
def test_a_stream_that_stops_short_is_an_error_with_what_had_come(wire: str):
    with pytest.raises(UpstreamError) as caught:
        read(wire, cut_short(wire, "half"))
    assert (caught.value.reason, caught.value.partial.text) == ("upstream_truncated", "half")


@FAR
def test_three_broken_events_are_skipped_and_the_fourth_is_an_error(wire: str):
    broken = b"data: {broken\n\n"
    assert read(wire, broken * 3 + says(wire, "fine"))[0].text == "fine"
    with pytest.raises(UpstreamError) as caught:
        read(wire, broken * 4 + says(wire, "fine"))
    assert (caught.value.reason, caught.value.partial.damaged) == ("upstream_bad_json", True)


@FAR
def test_a_stream_cut_inside_an_event_is_told_as_bad_json(wire: str):
    with pytest.raises(UpstreamError) as caught:
        read(wire, cut_short(wire, "half") + b'data: {"type": "resp')
    assert (caught.value.reason, caught.value.partial.text) == ("upstream_bad_json", "half")


@FAR
def test_text_that_is_not_utf8_is_given_up_where_too_much_of_it_is_damaged(wire: str):
    with pytest.raises(UpstreamError) as caught:
        read(wire, says(wire, "aXbXcX").replace(b"X", b"\xff"))
    assert caught.value.reason == "bad_encoding"


@FAR
def test_an_answer_beyond_its_cap_is_cut_and_says_so(wire: str):
    reader = CLIENT_WIRES[wire].reader(10, ROOM)
    reader.feed(cut_short(wire, "12345678901234"))
    assert reader.full
    assert (reader.close().text, reader.close().finish_reason) == ("1234567890", "length")


@FAR
def test_arguments_of_a_call_take_of_the_same_room(wire: str):
    reader = CLIENT_WIRES[wire].reader(10, ROOM)
    delta = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "x" * 20}
    called = {
        "responses": [delta],
        "messages": block(0, {"type": "tool_use"}, {"type": "input_json_delta", "partial_json": "x" * 20}),
    }
    reader.feed(told(*called[wire]))
    assert reader.full


@FAR
def test_a_line_beyond_its_cap_is_an_error(wire: str):
    with pytest.raises(UpstreamError) as caught:
        CLIENT_WIRES[wire].reader(ROOM, 100).feed(b"data: " + b"x" * 200)
    assert caught.value.reason == "line_too_long"


@FAR
def test_the_reader_says_when_the_last_word_is_said_and_when_all_is_over(wire: str):
    reader = CLIENT_WIRES[wire].reader(ROOM, ROOM)
    reader.feed(cut_short(wire, "x"))
    assert not (reader.finished or reader.done)
    reader.feed(told(over()) if wire == "responses" else told(*stopped()))
    assert reader.finished and reader.done
    assert reader.feed(cut_short(wire, "late")) is None
    assert reader.close().text == "x"


@requirement("ours:far-wires")
@pytest.mark.parametrize(
    ("wire", "event", "reason", "status"),
    [
        ("responses", over("failed", error={"code": "rate_limit_exceeded", "message": "slow"}), "rate_limited", 429),
        ("responses", over("failed", error={"code": "server_error", "message": "no"}), "upstream_error", 500),
        (
            "responses",
            over("failed", error={"code": "server_error", "message": "no"}, error_type="provider_overloaded"),
            "overloaded",
            529,
        ),
        ("responses", over("failed", error=None), "upstream_error", None),
        ("responses", over("cancelled"), "upstream_error", None),
        ("responses", {"type": "error", "code": "context_length_exceeded", "message": "long"}, "context_length", 400),
        ("responses", {"type": "error", "error": {"code": "502", "message": "bad gateway"}}, "upstream_error", 502),
        ("messages", {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, "overloaded", 529),
        ("messages", {"type": "error", "error": {"type": "rate_limit_error", "message": "x"}}, "rate_limited", 429),
        (
            "messages",
            {"type": "error", "error": {"type": "api_error", "message": "x", "error_type": "timeout"}},
            "upstream_timeout",
            408,
        ),
        ("messages", {"type": "error", "error": "gone"}, "upstream_error", None),
    ],
)
def test_an_error_in_the_stream_is_raised_with_what_had_come(wire: str, event: Any, reason: str, status: int | None):
    with pytest.raises(UpstreamError) as caught:
        read(wire, cut_short(wire, "half") + told(event))
    error = caught.value
    assert (error.reason, error.status_code, error.partial.text) == (reason, status, "half")


def test_an_error_without_any_envelope_is_still_one():
    with pytest.raises(UpstreamError) as caught:
        read("responses", b'data: {"error": {"code": 429, "message": "slow down"}}\n\n')
    assert caught.value.reason == "rate_limited"


def test_what_a_failed_response_had_cost_is_kept():
    usage = {"input_tokens": 3, "output_tokens": 4, "cost": 0.5}
    with pytest.raises(UpstreamError) as caught:
        read("responses", told(over("failed", error={"code": "server_error"}, usage=usage)))
    assert caught.value.partial.usage == Usage(3, 4, cost=500_000_000)


@pytest.mark.parametrize(
    ("end", "finish", "native"),
    [
        (over(), "stop", "completed"),
        (over("incomplete", incomplete_details={"reason": "max_output_tokens"}), "length", "max_output_tokens"),
        (over("incomplete", incomplete_details={"reason": "content_filter"}), "content_filter", "content_filter"),
        (over("incomplete"), "length", "incomplete"),
    ],
)
def test_how_a_response_ended_is_a_finish_reason(end: Any, finish: str, native: str):
    reply, _ = read("responses", told(piece("x"), end))
    assert (reply.finish_reason, reply.native_finish_reason) == (finish, native)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("tool_use", "tool_calls"),
        ("a new word", "stop"),
    ],
)
def test_why_a_message_stopped_is_a_finish_reason(reason: str, finish: str):
    reply, _ = read("messages", told(BEGUN, *text_block(0, "x"), *stopped(reason)))
    assert (reply.finish_reason, reply.native_finish_reason) == (finish, reason)


def test_a_refusal_is_read_on_both_wires():
    ended = {"stop_reason": "refusal", "stop_details": {"type": "refusal", "explanation": "not this"}}
    assert read("messages", told(BEGUN, {"type": "message_delta", "delta": ended}))[0].refusal == "not this"
    assert read("responses", told(piece("not this", kind="refusal"), over()))[0].refusal == "not this"


def test_a_refusal_that_was_said_as_text_is_not_said_twice():
    ended = {"stop_reason": "refusal", "stop_details": {"type": "refusal", "explanation": "not this"}}
    reply, _ = read("messages", told(BEGUN, *text_block(0, "not this"), {"type": "message_delta", "delta": ended}))
    assert (reply.text, reply.refusal) == ("not this", "")


CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_a", "name": "look"}


def test_the_pieces_of_several_calls_of_a_response_are_put_together():
    arguments = "response.function_call_arguments.delta"
    payload = told(
        item("added", 0, **CALL, arguments=""),
        item("added", 1, **{**CALL, "call_id": "call_b", "name": "find"}, arguments=""),
        {"type": arguments, "output_index": 0, "delta": '{"q": "caf'},
        {"type": arguments, "output_index": 1, "delta": "{}"},
        {"type": arguments, "output_index": 0, "delta": 'é"}'},
        item("done", 0, **CALL, arguments='{"q": "café"}'),
        item("done", 1, **{**CALL, "call_id": "call_b", "name": "find"}, arguments="{}"),
        over(),
    )
    reply, _ = read("responses", payload, range(len(payload)))
    assert reply.tool_calls == (ToolCall("call_a", "look", '{"q": "café"}'), ToolCall("call_b", "find", "{}"))
    assert reply.finish_reason == "tool_calls"


def test_items_that_were_never_spoken_are_read_when_they_are_done():
    message = {"type": "message", "content": [{"type": "output_text", "text": "hi"}]}
    reply, heard = read("responses", told(item("done", 0, **message), item("done", 1, **CALL, arguments="{}"), over()))
    assert (reply.text, heard, reply.tool_calls) == ("hi", "hi", (ToolCall("call_a", "look", "{}"),))


def test_items_that_only_the_end_lists_are_read_there():
    message = {"type": "message", "content": [{"type": "output_text", "text": part} for part in ("hi", "there")]}
    reply, heard = read("responses", told(over(output=[message, {**CALL, "arguments": "{}"}])))
    assert (reply.text, heard, len(reply.tool_calls)) == ("hi\n\nthere", "hi\n\nthere", 1)


def test_a_refusal_that_was_never_spoken_is_read_when_its_item_is_done():
    message = {"type": "message", "content": [{"type": "refusal", "refusal": "not this"}]}
    reply, _ = read("responses", told(item("done", 0, **message), over()))
    assert (reply.text, reply.refusal) == ("", "not this")


def test_a_signed_thought_is_read_with_what_it_says():
    thought = {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "hm"}], "signature": "s"}
    reply, _ = read("responses", told(item("done", 0, **thought, format="anthropic-claude-v1"), over()))
    detail = {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "anthropic-claude-v1"}
    assert (reply.reasoning, reply.opaque) == ("hm", {"reasoning_details": [detail]})


def test_a_page_without_an_address_is_no_citation():
    delta = {"type": "citations_delta", "citation": {"type": "char_location", "document_title": "A"}}
    text = block(0, {"type": "text", "text": "x", "citations": []}, delta)
    assert read("messages", told(BEGUN, *text, *stopped()))[0].citations == ()


@FAR
def test_a_stream_that_only_says_that_it_is_done_is_whole(wire: str):
    reader = CLIENT_WIRES[wire].reader(ROOM, ROOM)
    reader.feed(cut_short(wire, "x") + b"data: [DONE]\n\n")
    assert (reader.partial().text, reader.close().text, reader.close().finish_reason) == ("x", "x", "stop")


@FAR
def test_a_last_event_without_its_blank_line_is_read(wire: str):
    reply, _ = read(wire, says(wire, "x").removesuffix(b"\n\n"))
    assert (reply.text, reply.finish_reason) == ("x", "stop")


def test_items_of_the_servers_own_tools_say_nothing():
    fusion = {"type": "openrouter:fusion", "id": "st_1", "responses": [{"content": "seat"}], "content": []}
    panel = {"type": "response.fusion_call.panel.delta", "output_index": 0, "delta": "seat"}
    failed = {"type": "response.fusion_call.panel.failed", "output_index": 0, "error": "slow down"}
    payload = told(item("added", 0, **fusion), panel, failed, item("done", 0, **fusion), piece("one", 1), over())
    assert read("responses", payload)[0].text == "one"


def test_a_text_of_several_items_is_parted_by_a_blank_line_and_its_citations_keep_their_places():
    cited = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 1, "end_index": 3}
    part = {"type": "output_text", "text": "two", "annotations": [cited, {"type": "file_citation"}]}
    reply, heard = read(
        "responses", told(piece("one"), piece("two", 1), item("done", 1, type="message", content=[part]), over())
    )
    assert reply.text == heard == "one\n\ntwo"
    assert reply.citations == (Citation("https://a.example", "A", 6, 8),)


@pytest.mark.parametrize("kind", ["reasoning_text", "reasoning_summary_text"])
def test_a_response_thinks_aloud_and_seals_it(kind: str):
    sealed: dict[str, Any] = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "xyz"}
    reply, heard = read("responses", told(piece("hm", kind=kind), item("done", 0, **sealed), piece("42", 1), over()))
    assert (reply.reasoning, reply.text, heard) == ("hm", "42", "42")
    detail = {"type": "reasoning.encrypted", "data": "xyz", "id": "rs_1", "format": "openai-responses-v1"}
    assert reply.opaque == {"reasoning_details": [detail]}


def test_a_message_thinks_aloud_and_signs_it():
    payload = told(
        BEGUN,
        *block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "h"},
            {"type": "thinking_delta", "thinking": "m"},
            {"type": "signature_delta", "signature": "sig"},
        ),
        *block(1, {"type": "redacted_thinking", "data": "xyz"}),
        *text_block(2, "42"),
        *stopped(),
    )
    reply, _ = read("messages", payload, range(len(payload)))
    assert (reply.reasoning, reply.text) == ("hm", "42")
    assert reply.opaque == {
        "reasoning_details": [
            {"type": "reasoning.text", "text": "hm", "signature": "sig", "format": "anthropic-claude-v1"},
            {"type": "reasoning.encrypted", "data": "xyz", "format": "anthropic-claude-v1"},
        ]
    }


def test_the_calls_of_a_message_are_put_together_and_those_of_its_server_passed_over():
    arguments = ({"type": "input_json_delta", "partial_json": one} for one in ('{"q": ', '"é"}'))
    payload = told(
        BEGUN,
        *block(
            0, {"type": "server_tool_use", "id": "s", "name": "x"}, {"type": "input_json_delta", "partial_json": "{"}
        ),
        *block(1, {"type": "openrouter_fusion_tool_result", "content": {"responses": []}}),
        *block(2, {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}, *arguments),
        *block(3, {"type": "tool_use", "id": "toolu_2", "name": "wait", "input": {}}),
        *stopped("tool_use"),
    )
    reply, _ = read("messages", payload, range(len(payload)))
    assert reply.tool_calls == (ToolCall("toolu_1", "look", '{"q": "é"}'), ToolCall("toolu_2", "wait", "{}"))


def test_blocks_of_a_message_are_parted_by_a_blank_line_but_not_inside_a_cited_text():
    page = {"type": "web_search_result_location", "url": "https://a.example", "title": "A", "cited_text": "blue"}
    cited = block(
        1,
        {"type": "text", "text": "", "citations": []},
        {"type": "text_delta", "text": "is blue"},
        {"type": "citations_delta", "citation": page},
    )
    reply, heard = read("messages", told(BEGUN, *text_block(0, "It "), *cited, *text_block(2, "."), *stopped()))
    assert reply.text == heard == "It is blue."
    assert reply.citations == (Citation("https://a.example", "A", 3, 10, "blue"),)
    assert (
        read("messages", told(BEGUN, *text_block(0, "one"), *text_block(1, "two"), *stopped()))[0].text == "one\n\ntwo"
    )


RS: dict[str, Any] = {"type": "reasoning.encrypted", "data": "xyz", "id": "rs_1", "format": "openai-responses-v1"}
SIGNED: dict[str, Any] = {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "anthropic-claude-v1"}
AWAKE = {"thinking": True}
HIDDEN: dict[str, Any] = {"type": "reasoning.encrypted", "data": "xyz", "format": "anthropic-claude-v1"}


@requirement("ours:far-wires")
@pytest.mark.parametrize(
    ("wire", "details", "echo"),
    [("responses", (RS,), {}), ("messages", (SIGNED,), AWAKE), ("messages", (HIDDEN,), AWAKE)],
)
def test_a_seal_passes_through_both_ends_of_a_wire(wire: str, details: tuple[Any, ...], echo: Any):
    reply = replace(REPLY, reasoning="hm", opaque={"reasoning_details": list(details)}, citations=())
    run, request = replace(PLAIN, reply=reply), replace(QUIET, echo=echo)
    told = (RunStarted(BEGUN_RUN), ReasoningDelta(WRITER, "hm", details), TextDelta(WRITER, reply.text), Finished(run))
    writer = SERVER_WIRES[wire].stream(request)
    streamed, _ = read(wire, b"".join(writer.write(event) for event in told))
    whole = CLIENT_WIRES[wire].read_reply(SERVER_WIRES[wire].write_reply(run, request))
    for found in (streamed, *([whole] if details != (HIDDEN,) else [])):
        assert (found.text, found.reasoning) == (reply.text, "hm")
        assert found.opaque == {"reasoning_details": list(details)}


@pytest.mark.parametrize(
    ("wire", "usage", "read_as"),
    [
        ("responses", {"input_tokens": 3, "output_tokens": 4}, Usage(3, 4)),
        (
            "responses",
            {
                "input_tokens": 9,
                "output_tokens": 4,
                "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
                "output_tokens_details": {"reasoning_tokens": 3},
                "cost": 0.0012,
            },
            Usage(9, 4, 2, 1, 3, 1_200_000),
        ),
        ("responses", {"input_tokens": -1, "output_tokens": 4}, None),
        ("responses", None, None),
        ("messages", {}, Usage(3, 4)),
        (
            "messages",
            {
                "input_tokens": 6,
                "cache_read_input_tokens": 2,
                "cache_creation_input_tokens": 1,
                "output_tokens_details": {"thinking_tokens": 3},
                "cost": 0.0012,
            },
            Usage(9, 4, 2, 1, 3, 1_200_000),
        ),
        ("messages", {"output_tokens": -4}, None),
    ],
)
def test_usage_means_the_same_on_every_wire(wire: str, usage: Any, read_as: Usage | None):
    counts: dict[str, Any] = usage or {}
    ends: dict[str, list[Any]] = {"responses": [over(usage=usage)], "messages": [BEGUN, *stopped(**counts)]}
    assert read(wire, told(*ends[wire]))[0].usage == read_as


def test_the_model_and_id_are_those_of_the_upstream():
    for wire, id in (("responses", "resp_1"), ("messages", "msg_1")):
        reply, _ = read(wire, says(wire, "x"))
        assert (reply.model, reply.upstream_id) == ("a/model", id)


@FAR
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"{}", b'{"detail": "no"}', b"\xff\xfe"])
def test_a_body_that_is_no_reply_is_an_error(wire: str, body: bytes):
    with pytest.raises(UpstreamError) as caught:
        CLIENT_WIRES[wire].read_reply(body)
    assert caught.value.reason == "upstream_bad_json"


@pytest.mark.parametrize(
    ("wire", "body", "reason"),
    [
        ("responses", {"error": {"code": "server_error", "message": "no"}}, "upstream_error"),
        ("responses", {"status": "failed", "output": [], "error": {"code": "rate_limit_exceeded"}}, "rate_limited"),
        ("responses", {"status": "in_progress", "output": []}, "upstream_truncated"),
        ("messages", {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, "overloaded"),
    ],
)
def test_an_error_that_came_as_a_whole_reply_is_raised(wire: str, body: Any, reason: str):
    with pytest.raises(UpstreamError) as caught:
        CLIENT_WIRES[wire].read_reply(json.dumps(body).encode())
    assert caught.value.reason == reason


WORDS = (
    "type delta index content_block text output_index content_index item response status error usage content output "
    "message stop_reason name arguments annotations citations stop_details signature thinking"
).split()
KINDS = (
    "response.output_text.delta response.output_item.added response.output_item.done response.completed error "
    "response.function_call_arguments.delta content_block_start content_block_delta content_block_stop message_start "
    "message_delta text_delta input_json_delta citations_delta tool_use text thinking message reasoning function_call"
).split()
ANY: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=15,
)


@FAR
@settings(max_examples=30)
@given(st.lists(st.fixed_dictionaries({"type": st.sampled_from(KINDS) | ANY}, optional=dict.fromkeys(WORDS[1:], ANY))))
def test_no_events_whatever_they_hold_make_a_reader_raise_anything_else_than_an_upstreams_error(
    wire: str, events: list[Any]
):
    try:
        reader = CLIENT_WIRES[wire].reader(ROOM, ROOM)
        for event in events:
            reader.feed(b"data: " + json.dumps(event).encode() + b"\n\n")
        reader.close()
    except UpstreamError as error:
        assert error.reason
