"""Streams of a Gemini upstream become one reply, and damage to them is told in our own words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.types.errors import UpstreamError
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, Reply, Usage
from tests.requirements import requirement
from tests.wires.gemini.far import ROOM, WIRE, piece, read, same_when_cut, says, told
from tests.wires.streams import every_script

USAGE = {"promptTokenCount": 10, "candidatesTokenCount": 4, "totalTokenCount": 14}


@requirement("ours:gemini", "ours:text-exact")
def test_every_script_survives_a_split_at_every_byte():
    text = every_script()
    payload = says(*(text[start : start + 37] for start in range(0, len(text), 37)))
    reply, heard = read(payload, range(len(payload)))
    assert reply.text == heard == text


@requirement("ours:gemini")
def test_a_stream_of_words_and_signed_thoughts_is_one_reply():
    payload = told(
        piece({"text": "Let me", "thought": True}, usageMetadata={"promptTokenCount": 10, "totalTokenCount": 10}),
        piece({"text": " think.", "thought": True}),
        piece({"text": "It is "}, usageMetadata={**USAGE, "candidatesTokenCount": 2}),
        piece({"text": "blué."}, usageMetadata=USAGE),
        piece(
            {"text": "", "thoughtSignature": "c2ln"}, finish="STOP", usageMetadata={**USAGE, "thoughtsTokenCount": 30}
        ),
    )
    assert same_when_cut(payload) == snapshot(
        Reply(
            model="x-001",
            text="It is blué.",
            reasoning="Let me think.",
            native_finish_reason="STOP",
            usage=Usage(input_tokens=10, output_tokens=34, reasoning_tokens=30),
            upstream_id="r1",
            opaque={
                "reasoning_details": [{"type": "reasoning.encrypted", "data": "c2ln", "format": "google-gemini-v1"}]
            },
        )
    )


@requirement("ours:gemini")
def test_calls_come_whole_with_their_signatures():
    first = {"functionCall": {"name": "look", "args": {"q": "é", "n": 1.5}}, "thoughtSignature": "c2ln"}
    second = {"functionCall": {"id": "abc", "name": "wait"}}
    reply = same_when_cut(told(piece({"text": "Wait."}), piece(first, second), piece(finish="STOP")))
    assert reply.tool_calls == snapshot(
        (
            ToolCall(
                id="gcall_r1_0",
                name="look",
                arguments='{"q":"é","n":1.5}',
                opaque={"extra_content": {"google": {"thought_signature": "c2ln"}}},
            ),
            ToolCall(id="abc", name="wait", arguments="{}"),
        )
    )
    assert (reply.text, reply.finish_reason, reply.native_finish_reason) == ("Wait.", "tool_calls", "STOP")
    assert reply.opaque == snapshot(
        {
            "reasoning_details": [
                {"type": "reasoning.encrypted", "data": "c2ln", "id": "gcall_r1_0", "format": "google-gemini-v1"}
            ]
        }
    )


def test_ids_that_are_made_are_never_those_of_another_reply():
    said = piece({"functionCall": {"name": "look"}}, {"functionCall": {"name": "look"}}, finish="STOP")
    ids = [call.id for id in "ab" for call in read(told({**said, "responseId": id}))[0].tool_calls]
    assert ids == ["gcall_a_0", "gcall_a_1", "gcall_b_0", "gcall_b_1"]


def test_halves_of_surrogate_pairs_in_arguments_stay_escaped():
    payload = told(piece({"functionCall": {"name": "look", "args": {"q": "HALF"}}}, finish="STOP"))
    reply, _ = read(payload.replace(b"HALF", rb"\ud83d"))
    assert reply.tool_calls[0].arguments == r'{"q":"\ud83d"}'


def test_what_is_no_word_thought_or_call_is_passed_over():
    image = {"inlineData": {"mimeType": "image/png", "data": "AA=="}, "thoughtSignature": "x"}
    code = {"executableCode": {"language": "PYTHON", "code": "1"}}
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}
    reply = same_when_cut(told(piece(image, code, result, {"text": "one"}, {"toolCall": {"id": "x"}}, finish="STOP")))
    assert (reply.text, reply.tool_calls, reply.opaque) == ("one", (), {})


def test_other_candidates_are_not_heard():
    first = piece({"text": "a"}, finish="STOP")
    other = {"content": {"parts": [{"text": "b"}]}, "index": 1, "finishReason": "SAFETY"}
    reply, _ = read(told({**first, "candidates": [*first["candidates"], other]}))
    assert (reply.text, reply.finish_reason) == ("a", "stop")


# Pages


@requirement("ours:gemini")
def test_the_places_of_pages_are_counted_in_characters():
    text = "Der Himmel ist blaü. 🌍 Und groß."
    start, end = text.index("Und"), len(text)
    first = {"endIndex": len("Der Himmel ist blaü.".encode()), "text": "Der Himmel ist blaü."}
    second = {"startIndex": len(text[:start].encode()), "endIndex": len(text.encode())}
    grounding = {
        "webSearchQueries": ["himmel"],
        "groundingChunks": [{"web": {"uri": f"https://{name}.example", "title": name}} for name in "abc"],
        "groundingSupports": [
            {"segment": first, "groundingChunkIndices": [0, 1]},
            {"segment": second, "groundingChunkIndices": [1, 7]},
        ],
    }
    ended = piece(finish="STOP")
    ended["candidates"][0]["groundingMetadata"] = grounding
    reply = same_when_cut(told(piece({"text": text[:9]}), piece({"text": text[9:]}), ended))
    assert reply.citations == (
        Citation("https://a.example", "a", 0, 20),
        Citation("https://b.example", "b", 0, 20),
        Citation("https://b.example", "b", start, end),
        Citation("https://c.example", "c"),
    )


def test_what_a_segment_says_tells_its_place_where_its_figures_do_not():
    ended = piece(finish="STOP")
    support = {"segment": {"startIndex": 0, "endIndex": 3, "text": "two"}, "groundingChunkIndices": [0]}
    chunks = [{"web": {"uri": "https://a.example"}}, {"web": {"title": "no address"}}]
    ended["candidates"][0]["groundingMetadata"] = {"groundingChunks": chunks, "groundingSupports": [support]}
    reply, _ = read(told(piece({"text": "one "}), piece({"text": "two"}), ended, ended))
    assert reply.citations == (Citation("https://a.example", "https://a.example", 4, 7),)


def test_a_page_that_is_quoted_at_length_is_cited():
    ended = piece(finish="STOP")
    ended["candidates"][0]["citationMetadata"] = {"citationSources": [{"endIndex": 2, "uri": "https://a.example"}]}
    assert read(told(piece({"text": "é!"}), ended))[0].citations == (
        Citation("https://a.example", "https://a.example", 0, 1),
    )


# How it ends


@requirement("ours:gemini")
@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "error"),
        ("UNEXPECTED_TOOL_CALL", "error"),
        ("OTHER", "error"),
        ("A_NEW_WORD", "stop"),
    ],
)
def test_why_it_stopped_is_a_finish_reason(reason: str, finish: str):
    reply, _ = read(told(piece({"text": "x"}, finish=reason)))
    assert (reply.finish_reason, reply.native_finish_reason) == (finish, reason)


@requirement("ours:gemini")
def test_a_prompt_that_is_blocked_is_a_refusal():
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 7}}
    reply = same_when_cut(told({**blocked, "modelVersion": "x-001"}))
    assert (reply.finish_reason, reply.native_finish_reason) == ("content_filter", "PROHIBITED_CONTENT")
    assert reply.refusal == "the upstream blocked the prompt: PROHIBITED_CONTENT"
    assert reply.usage == Usage(7, 0)
    assert WIRE.read_reply(json.dumps(blocked).encode()).refusal == reply.refusal


def test_why_an_answer_was_withheld_is_told_where_the_upstream_says_it():
    ended = piece(finish="SAFETY")
    ended["candidates"][0]["finishMessage"] = "not this"
    assert read(told(ended))[0].refusal == "not this"


@requirement("ours:gemini")
@pytest.mark.parametrize("more", [{}, {"finishReason": "FINISH_REASON_UNSPECIFIED"}])
def test_a_stream_that_stops_short_is_an_error_with_what_had_come(more: dict[str, Any]):
    said = piece({"text": "half"}, usageMetadata=USAGE)
    said["candidates"][0] |= more
    with pytest.raises(UpstreamError) as caught:
        read(told(said))
    assert (caught.value.reason, caught.value.partial.text) == ("upstream_truncated", "half")
    assert caught.value.partial.usage == Usage(10, 4)


@requirement("ours:gemini")
def test_a_stream_that_breaks_off_at_any_byte_is_whole_or_an_error_with_a_part_of_the_text():
    said = told(piece({"text": "hm", "thought": True}), piece({"text": "It is "}), piece({"text": "blü."}))
    payload = said + told(piece(finish="STOP", usageMetadata=USAGE))
    for end in range(len(payload)):
        try:
            assert read(payload[:end])[0].text == "It is blü."
            assert end > len(said)
        except UpstreamError as error:
            assert error.reason in ("upstream_truncated", "upstream_bad_json")
            assert "It is blü.".startswith(error.partial.text)


def test_what_follows_an_event_is_no_error_unless_it_says_one():
    for stray in (b"{broken", b'{"ok": 1}', b"[]", b": a comment", b"{" + b"x" * 200_000):
        with pytest.raises(UpstreamError) as caught:
            read(told(piece({"text": "half"})) + stray, range(0, 1000, 90))
        assert caught.value.reason == "upstream_truncated"


def test_a_stream_cut_inside_an_event_is_told_as_bad_json():
    with pytest.raises(UpstreamError) as caught:
        read(told(piece({"text": "half"})) + b'data: {"candidates": [{"con')
    assert (caught.value.reason, caught.value.partial.text) == ("upstream_bad_json", "half")


@requirement("ours:gemini")
@pytest.mark.parametrize("form", ["event", "bare", "list", "pretty"])
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_an_error_in_the_stream_is_raised_with_what_had_come(form: str, step: int):
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    forms = {
        "event": told(error),
        "bare": json.dumps(error).encode(),
        "list": json.dumps([error]).encode(),
        "pretty": json.dumps(error, indent=2).replace("\n", "\r\n").encode(),
    }
    payload = told(piece({"text": "half"})) + forms[form]
    with pytest.raises(UpstreamError) as caught:
        read(payload, range(0, len(payload), step))
    error = caught.value
    assert (error.reason, error.status_code, error.retryable, error.partial.text) == (
        "upstream_error",
        503,
        True,
        "half",
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [({"status": "RESOURCE_EXHAUSTED", "message": "x"}, "rate_limited"), ("gone", "upstream_error")],
)
def test_an_error_without_a_code_is_known_by_its_status(error: Any, reason: str):
    with pytest.raises(UpstreamError) as caught:
        read(told({"error": error}))
    assert caught.value.reason == reason


def test_an_answer_beyond_its_cap_is_cut_and_says_so():
    reader = WIRE.reader(10, ROOM)
    reader.feed(told(piece({"text": "12345678901234"})))
    assert reader.full and reader.close().text == "1234567890"
    assert reader.close().finish_reason == "length"


def test_the_reader_says_when_the_last_word_is_said():
    reader = WIRE.reader(ROOM, ROOM)
    reader.feed(told(piece({"text": "x"})))
    assert not reader.finished
    reader.feed(told(piece(finish="STOP")))
    assert reader.finished and not reader.done


# What it took


@requirement("ours:gemini")
@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ([], None),
        ([USAGE], Usage(10, 4)),
        ([{**USAGE, "candidatesTokenCount": 1}, {**USAGE, "candidatesTokenCount": 3}, USAGE], Usage(10, 4)),
        (
            [{**USAGE, "cachedContentTokenCount": 8, "thoughtsTokenCount": 30, "toolUsePromptTokenCount": 5}],
            Usage(15, 34, cached_tokens=8, reasoning_tokens=30),
        ),
        ([{"promptTokenCount": 10, "thoughtsTokenCount": 30}], Usage(10, 30, reasoning_tokens=30)),
        ([{"promptTokenCount": 0, "candidatesTokenCount": 0}], Usage(0, 0)),
        ([{"promptTokenCount": 10, "totalTokenCount": 10}], None),
        ([{"candidatesTokenCount": 4}], None),
        ([{**USAGE, "promptTokenCount": -1}], None),
        ([{**USAGE, "candidatesTokenCount": "4"}], None),
        ([{**USAGE, "thoughtsTokenCount": 10**12}], None),
        ([USAGE, {}], None),
    ],
    ids=str,
)
def test_the_last_count_is_the_one_that_counts_if_it_can_be_true(counts: list[Any], usage: Usage | None):
    pieces = [piece({"text": "x"}, usageMetadata=count) for count in counts[:-1]]
    last = piece({"text": "y"}, finish="STOP", **({"usageMetadata": counts[-1]} if counts else {}))
    assert same_when_cut(told(*pieces, last)).usage == usage


def test_a_count_that_comes_behind_the_last_word_is_read():
    counted = {"usageMetadata": USAGE, "modelVersion": "x-001"}
    assert read(told(piece({"text": "x"}, finish="STOP"), counted))[0].usage == Usage(10, 4)


# A reply that comes whole


def test_a_whole_reply_is_read():
    body = piece({"text": "hm", "thought": True}, {"text": "42"}, finish="STOP", usageMetadata=USAGE)
    reply = WIRE.read_reply(json.dumps(body).encode())
    assert (reply.text, reply.reasoning, reply.usage, reply.model) == ("42", "hm", Usage(10, 4), "x-001")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"{}", b'{"detail": "no"}', b"\xff\xfe", b"[1]"])
def test_a_body_that_is_no_reply_is_an_error(body: bytes):
    with pytest.raises(UpstreamError) as caught:
        WIRE.read_reply(body)
    assert caught.value.reason == "upstream_bad_json"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}, "rate_limited"),
        ([{"error": {"code": 404, "status": "NOT_FOUND"}}], "model_not_found"),
        ({"usageMetadata": USAGE}, "upstream_truncated"),
    ],
)
def test_an_error_that_came_as_a_whole_reply_is_raised(body: Any, reason: str):
    with pytest.raises(UpstreamError) as caught:
        WIRE.read_reply(json.dumps(body).encode())
    assert caught.value.reason == reason


WORDS = (
    "candidates content parts text thought thoughtSignature functionCall name args id index finishReason finishMessage "
    "groundingMetadata groundingChunks groundingSupports segment startIndex endIndex groundingChunkIndices web uri "
    "citationMetadata citationSources promptFeedback blockReason usageMetadata promptTokenCount error code details"
).split()
ANY: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=15,
)


@given(st.lists(st.dictionaries(st.sampled_from(WORDS), ANY, max_size=4) | ANY, max_size=4))
def test_no_events_whatever_they_hold_make_a_reader_raise_anything_else_than_an_upstreams_error(events: list[Any]):
    try:
        read(told(*events))
    except UpstreamError as error:
        assert error.reason
    try:
        WIRE.read_reply(json.dumps(events).encode())
    except UpstreamError as error:
        assert error.reason
