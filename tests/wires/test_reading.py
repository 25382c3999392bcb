"""An upstream's stream becomes one reply: its text exactly, its calls whole, its figures where they can be true."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.types.errors import UpstreamError
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, Usage
from fuseline.wires.chat.reader import open_reader, read_reply
from tests.requirements import requirement
from tests.wires.streams import ROOM, chunk, every_script, read, says, stream

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40), max_size=8)
CUTS = st.lists(st.integers(1, 2000), max_size=60)


@requirement("ours:text-exact")
@given(TEXTS, CUTS, st.booleans())
def test_text_is_exact_under_any_split(texts: list[str], cuts: list[int], ascii_only: bool):
    payload = says(*texts, ascii_only=ascii_only)
    reply, heard = read(payload, [cut for cut in cuts if cut < len(payload)])
    assert reply.text == heard == "".join(texts)


@requirement("ours:text-exact")
@pytest.mark.parametrize("ascii_only", [False, True])
def test_every_script_survives_a_split_at_every_byte(ascii_only: bool):
    text = every_script()
    payload = says(*(text[start : start + 37] for start in range(0, len(text), 37)), ascii_only=ascii_only)
    reply, heard = read(payload, range(len(payload)))
    assert reply.text == heard == text


@requirement("ours:text-exact")
def test_a_surrogate_pair_split_over_two_chunks_is_one_character():
    halves = [chunk({"content": "a\ud83d"}), chunk({"content": "\ude00b"}), chunk({}, "stop")]
    reply, heard = read(stream(*halves, ascii_only=True))
    assert reply.text == heard == "a😀b"


def test_half_of_a_pair_that_stays_alone_is_replaced_where_the_text_is_long_enough():
    text = "long enough that one damaged character is below a hundredth of it " * 2
    reply, _ = read(
        stream(chunk({"content": text + "\ud83d"}), chunk({"content": "z"}), chunk({}, "stop"), ascii_only=True)
    )
    assert reply.text == f"{text}\ufffdz"


def test_a_nul_is_left_out_because_databases_cannot_keep_it():
    assert read(says("a\0b"))[0].text == "ab"


def test_white_space_at_the_joints_is_kept():
    texts = [" Hello", " ", "\n\n", "world\t", "  ", "\r\n", " ."]
    assert read(says(*texts))[0].text == "".join(texts)


def test_content_in_parts_is_joined():
    parts = [{"type": "text", "text": "one "}, {"type": "image_url"}, {"type": "text", "text": "two"}]
    assert read(stream(chunk({"content": parts}), chunk({}, "stop")))[0].text == "one two"


def call(index: int, arguments: str, id: str | None = None, name: str | None = None, **more: Any) -> dict[str, Any]:
    """A piece of a tool call."""
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {"index": index, **({"id": id, "type": "function"} if id else {}), "function": function, **more}


def test_the_pieces_of_several_tool_calls_are_put_together():
    pieces = [
        call(0, "", "call_a", "look"),
        call(1, '{"x"', "call_b", "find"),
        call(0, '{"q": "caf'),
        call(1, ": 1}"),
        call(0, 'é"}'),
    ]
    payload = stream(*(chunk({"tool_calls": [piece]}) for piece in pieces), chunk({}, "tool_calls"))
    reply, _ = read(payload, range(len(payload)))
    assert reply.tool_calls == (ToolCall("call_a", "look", '{"q": "café"}'), ToolCall("call_b", "find", '{"x": 1}'))
    assert reply.finish_reason == "tool_calls"


def test_a_tool_call_without_an_id_gets_one():
    reply, _ = read(stream(chunk({"tool_calls": [call(0, "{}", name="look")]}), chunk({}, "stop")))
    assert reply.tool_calls == (ToolCall("call_0", "look", "{}"),)
    assert reply.finish_reason == "tool_calls"


def test_a_signature_beside_a_tool_call_is_kept():
    piece = call(0, "{}", "call_a", "look", extra_content={"google": {"thought_signature": "abc"}})
    reply, _ = read(stream(chunk({"tool_calls": [piece]}), chunk({}, "tool_calls")))
    assert reply.tool_calls[0].opaque == {"extra_content": {"google": {"thought_signature": "abc"}}}


@pytest.mark.parametrize(
    ("usage", "read_as"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4}, Usage(3, 4)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage(0, 0)),
        (
            {
                "prompt_tokens": 3,
                "completion_tokens": 4,
                "cost": 0.0012,
                "prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(3, 4, cached_tokens=2, cache_write_tokens=1, reasoning_tokens=3, cost=1_200_000),
        ),
        ({"prompt_tokens": 3, "completion_tokens": 4, "cost": 1e-9}, Usage(3, 4, cost=1)),
        ({"prompt_tokens": 3, "completion_tokens": 4, "cost": 0}, Usage(3, 4, cost=0)),
        ({"prompt_tokens": 3, "completion_tokens": 4, "cost": -1}, Usage(3, 4)),
        ({"prompt_tokens": 3, "completion_tokens": 4, "cost": "0.1"}, Usage(3, 4)),
        ({"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": None}, Usage(3, 4)),
        ({"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": None}}, Usage(3, 4)),
        ({"prompt_tokens": -3, "completion_tokens": 4}, None),
        ({"prompt_tokens": True, "completion_tokens": 4}, None),
        ({"prompt_tokens": 10**12, "completion_tokens": 4}, None),
        ({"prompt_tokens": 3}, None),
        ({}, None),
        ([1], None),
        ("many", None),
    ],
)
def test_usage_is_taken_only_where_it_can_be_true(usage: Any, read_as: Usage | None):
    reply, _ = read(stream(chunk({"content": "hi"}), chunk({}, "stop"), {"choices": [], "usage": usage}))
    assert reply.usage == read_as


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_read_under_both_names_and_never_as_text(field: str):
    reply, heard = read(stream(chunk({field: "let me"}), chunk({field: " think"}), chunk({"content": "42"}, "stop")))
    assert (reply.reasoning, reply.text, heard) == ("let me think", "42", "42")


def test_details_of_reasoning_annotations_and_refusals_are_collected():
    sealed = [{"type": "reasoning.encrypted", "data": "xyz"}, {"type": "reasoning.text", "text": "hm"}]
    cited = {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A"}}
    reply, _ = read(
        stream(
            chunk({"reasoning_details": sealed[:1]}),
            chunk({"reasoning_details": sealed[1:], "annotations": [cited]}),
            chunk({"refusal": "I can"}),
            chunk({"refusal": "not"}, "stop"),
        )
    )
    assert reply.opaque == {"reasoning_details": sealed}
    assert (reply.citations, reply.refusal) == ((Citation("https://a.example", "A"),), "I cannot")


@pytest.mark.parametrize(
    ("finish", "native", "read_as"),
    [
        ("stop", None, ("stop", "stop")),
        ("stop", "end_turn", ("stop", "end_turn")),
        ("length", "max_tokens", ("length", "max_tokens")),
        ("content_filter", None, ("content_filter", "content_filter")),
        ("error", None, ("error", "error")),
    ],
)
def test_the_finish_reason_is_read_with_the_upstreams_own_word(
    finish: str, native: str | None, read_as: tuple[str, str]
):
    ended = chunk({}, finish)
    ended["choices"][0]["native_finish_reason"] = native
    reply, _ = read(stream(chunk({"content": "x"}), ended))
    assert (reply.finish_reason, reply.native_finish_reason) == read_as


def test_other_choices_than_the_first_are_not_heard():
    second = {"choices": [{"index": 1, "delta": {"content": "other"}}]}
    assert read(stream(chunk({"content": "one"}), second, chunk({}, "stop")))[0].text == "one"


def test_what_follows_done_is_not_heard():
    assert read(says("one") + says("two"))[0].text == "one"


def test_the_model_and_id_are_those_of_the_first_chunk():
    reply, _ = read(says("x"))
    assert (reply.model, reply.upstream_id) == ("a/model", "gen-1")


def test_a_stream_without_done_is_whole_once_its_finish_reason_came():
    assert read(stream(chunk({"content": "x"}, "stop"), done=False))[0].text == "x"


def test_a_stream_that_stops_short_is_an_error_with_what_had_come():
    with pytest.raises(UpstreamError) as caught:
        read(stream(chunk({"content": "half"}), done=False))
    assert (caught.value.reason, caught.value.partial.text) == ("upstream_truncated", "half")


def test_three_broken_events_are_skipped_and_the_fourth_is_an_error():
    broken = b"data: {broken\n\n"
    assert read(broken * 3 + says("fine"))[0].text == "fine"
    with pytest.raises(UpstreamError) as caught:
        read(broken * 4 + says("fine"))
    assert caught.value.reason == "upstream_bad_json"


def test_an_error_in_the_stream_is_raised_with_what_had_come():
    error = {"code": 429, "message": "slow down"}
    with pytest.raises(UpstreamError) as caught:
        read(stream(chunk({"content": "half"}), chunk({}, "error", error=error)))
    assert (caught.value.reason, caught.value.status_code, caught.value.partial.text) == ("rate_limited", 429, "half")


def test_an_answer_beyond_its_cap_is_cut_and_says_so():
    reader = open_reader(10, ROOM)
    reader.feed(stream(chunk({"content": "12345678901234"}), done=False))
    assert reader.full
    assert (reader.close().text, reader.close().finish_reason) == ("1234567890", "length")


def test_a_line_beyond_its_cap_is_an_error():
    with pytest.raises(UpstreamError) as caught:
        open_reader(ROOM, 100).feed(b"data: " + b"x" * 200)
    assert caught.value.reason == "line_too_long"


def test_a_reply_that_came_whole_reads_like_its_stream():
    message = {
        "role": "assistant",
        "content": "über\n\nalles",
        "reasoning": "hm",
        "tool_calls": [call(0, "{}", "c", "f")],
    }
    body = {
        "id": "gen-1",
        "model": "a/model",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2},
    }
    whole = read_reply(json.dumps(body, indent=2, ensure_ascii=False).encode())
    assert (whole.text, whole.reasoning, whole.usage) == ("über\n\nalles", "hm", Usage(1, 2))
    assert whole.tool_calls == (ToolCall("c", "f", "{}"),)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"{}", b'{"detail": "no"}', b"\xff\xfe"])
def test_a_body_that_is_no_completion_is_an_error(body: bytes):
    with pytest.raises(UpstreamError) as caught:
        read_reply(body)
    assert caught.value.reason == "upstream_bad_json"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "choices",
                        "delta",
                        "content",
                        "tool_calls",
                        "index",
                        "usage",
                        "function",
                        "annotations",
                        "finish_reason",
                        "error",
                    ]
                ),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_no_event_whatever_it_holds_makes_the_reader_raise_anything_else_than_an_upstreams_error(event: Any):
    reader = open_reader(ROOM, ROOM)
    try:
        reader.feed(stream(event, chunk({}, "stop")))
        reader.close()
    except UpstreamError as error:
        assert error.reason
