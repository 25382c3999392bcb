"""Servers that depart from chat completions as most speak them are asked as they want it, and heard as they mean it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.assembly import CLIENT_WIRES
from fuseline.types.errors import UpstreamError
from fuseline.types.messages import Message, ToolCall, user
from fuseline.types.models import Model, Quirks
from fuseline.types.replies import Reply, Usage
from fuseline.types.requests import Request
from fuseline.wires.chat.reader import open_reader, read_reply
from fuseline.wires.chat.requests import read_request
from fuseline.wires.chat.tags import Thoughts
from tests.requirements import requirement
from tests.wires.afar import FAR, OPENROUTER, written
from tests.wires.streams import ROOM, chunk, says, stream

FORM: Any = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}}}
TAGGED = Quirks(think_tags=True)
SUMMED = Quirks(usage="sum")


def quirky(quirks: Quirks, **facts: Any) -> Model:
    """A model at a server with these quirks."""
    return replace(FAR, endpoint=replace(FAR.endpoint, quirks=quirks), **facts)


def heard(payload: bytes, quirks: Quirks, cuts: Iterable[int] = ()) -> tuple[Reply, str, str]:
    """The reply in a stream that comes in pieces between `cuts`, and what was said and thought on the way."""
    reader = open_reader(ROOM, ROOM, quirks)
    deltas = [reader.feed(payload[start:end]) for start, end in pairwise(sorted({0, len(payload), *cuts}))]
    told = [delta for delta in deltas if delta]
    return reader.close(), "".join(delta.text for delta in told), "".join(delta.reasoning for delta in told)


# What is asked


@requirement("ours:quirks")
@pytest.mark.parametrize("model", [quirky(Quirks(schemas=False)), replace(FAR, schemas=False)])
def test_a_schema_that_nobody_holds_an_answer_to_is_asked_for_as_plain_json(model: Model):
    request = Request("x", (user("hi"),), response_format=FORM)
    assert written("chat", request, model)["response_format"] == {"type": "json_object"}
    assert written("responses", request, model)["text"]["format"] == {"type": "json_object"}
    assert "output_config" not in written("messages", request, model)


@requirement("ours:quirks")
def test_any_other_form_of_the_answer_is_asked_for_as_it_came():
    for form in ({"type": "json_object"}, {"type": "text"}, {"type": "grammar", "grammar": "x"}):
        request = Request("x", (user("hi"),), response_format=form)
        assert written("chat", request, quirky(Quirks(schemas=False)))["response_format"] == form
    held = Request("x", (user("hi"),), response_format=FORM)
    assert written("chat", held)["response_format"] == FORM


@requirement("ours:quirks")
def test_a_server_that_does_not_know_the_options_of_a_stream_is_not_sent_them():
    request = Request("x", (user("hi"),))
    assert written("chat", request)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in written("chat", request, quirky(Quirks(stream_options=False)))


@requirement("ours:seals")
def test_the_signature_of_a_call_goes_back_to_the_vendor_that_made_it_and_to_no_other():
    seal = {"google": {"thought_signature": "abc"}}
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}, "extra_content": seal}
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
    request = read_request(json.dumps({"model": "x", "messages": turns}).encode(), {})
    assert request.messages[1].tool_calls == (ToolCall("c", "look", "{}", {"extra_content": seal}),)
    assert "extra_content" not in json.dumps(written("chat", request))
    back = written("chat", request, replace(FAR, name="models/gemini-3-pro"))
    assert back["messages"][1]["tool_calls"][0]["extra_content"] == seal


def test_what_another_wire_sealed_in_a_call_stays_there():
    call = ToolCall("c", "look", "{}", {"thought_signature": "abc"})
    request = Request("x", (user("hi"), Message("assistant", "", (call,))))
    assert "abc" not in json.dumps(written("chat", request, replace(FAR, name="gemini-3")))


# Usage


@requirement("ours:quirks", "fault:F45")
@pytest.mark.parametrize(
    ("quirks", "counted"),
    [(Quirks(), Usage(9, 4, 1, 0, 1, 2_000_000)), (SUMMED, Usage(12, 6, 3, 0, 2, 3_000_000))],
)
def test_several_counts_replace_each_other_or_add_up(quirks: Quirks, counted: Usage):
    def usage(tokens_in: int, tokens_out: int, cached: int, cost: float) -> dict[str, Any]:
        details = {"prompt_tokens_details": {"cached_tokens": cached}}
        thought = {"completion_tokens_details": {"reasoning_tokens": 1}}
        return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "cost": cost, **details, **thought}

    first = chunk({"content": "hi"}, usage=usage(3, 2, 2, 0.001))
    payload = stream(first, chunk({}, "stop", usage=usage(9, 4, 1, 0.002)))
    assert heard(payload, quirks)[0].usage == counted


@requirement("ours:quirks", "fault:F46")
def test_a_sum_with_a_part_that_cannot_be_true_is_no_count():
    counts = [{"prompt_tokens": 3, "completion_tokens": given} for given in (1, -1, 1)]
    payload = stream(*(chunk({"content": "x"}, usage=one) for one in counts), chunk({}, "stop"))
    assert heard(payload, SUMMED)[0].usage is None


def test_a_cost_that_only_some_counts_say_is_theirs():
    counts = [{"prompt_tokens": 1, "completion_tokens": 1}, {"prompt_tokens": 0, "completion_tokens": 1, "cost": 0.5}]
    payload = stream(*(chunk({"content": "x"}, usage=one) for one in counts), chunk({}, "stop"))
    assert heard(payload, SUMMED)[0].usage == Usage(1, 2, cost=500_000_000)


@requirement("ours:quirks")
@pytest.mark.parametrize(
    ("fields", "cached", "kept"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1}}, 2, 1),
        ({"prompt_cache_hit_tokens": 2, "prompt_cache_miss_tokens": 7}, 2, 0),
        ({"cached_tokens": 2}, 2, 0),
        ({"prompt_tokens_details": {"cached_tokens": 2, "cache_creation_input_tokens": 1}}, 2, 1),
        ({"cache_read_input_tokens": 2, "cache_creation_input_tokens": 1}, 2, 1),
        ({"prompt_tokens_details": {"cached_tokens": 0}, "prompt_cache_hit_tokens": 0}, 0, 0),
        ({"prompt_cache_hit_tokens": "2", "cached_tokens": -1}, 0, 0),
    ],
)
def test_what_was_cached_is_counted_wherever_a_server_says_it(fields: Any, cached: int, kept: int):
    usage = {"prompt_tokens": 9, "completion_tokens": 4, **fields}
    reply, _, _ = heard(stream(chunk({"content": "hi"}, "stop", usage=usage)), Quirks())
    assert reply.usage == Usage(9, 4, cached, kept)


# Thoughts


@requirement("ours:quirks")
@pytest.mark.parametrize(
    ("said", "thought", "text"),
    [
        ("<think>\nhm\n</think>\n\nThe answer.", "hm\n", "The answer."),
        ("  \n<think>hm</think>The answer.", "hm", "The answer."),
        ("<think>\n\n</think>\n\n    code", "", "    code"),
        ("<think>hm", "hm", ""),
        ("<think>hm</thin", "hm</thin", ""),
        ("<think>a < b </b></think>c", "a < b </b>", "c"),
        ("<think>hm</think>", "hm", ""),
        ("<think>a</think>Say <think>b</think> now.", "a", "Say <think>b</think> now."),
        ("No <think>thought</think>", "", "No <think>thought</think>"),
        ("</think>odd", "", "</think>odd"),
        ("<thinking>x", "", "<thinking>x"),
        ("<thi", "", "<thi"),
        (" \n ", "", " \n "),
        ("\n\nThe answer.", "", "\n\nThe answer."),
        ("", "", ""),
    ],
)
def test_a_thought_between_tags_is_no_text_however_it_is_cut(said: str, thought: str, text: str):
    ends = stream(chunk({"content": said}), chunk({}, "stop"))
    reply, spoken, mused = heard(ends, TAGGED)
    assert (reply.text, reply.reasoning, spoken, mused) == (text, thought, text, thought)
    letters = stream(*(chunk({"content": letter}) for letter in said), chunk({}, "stop"))
    reply, spoken, mused = heard(letters, TAGGED, range(len(letters)))
    assert (reply.text, reply.reasoning, spoken, mused) == (text, thought, text, thought)
    unfinished = heard(stream(*(chunk({"content": letter}) for letter in said)), TAGGED)[0]
    assert (unfinished.text, unfinished.reasoning) == (text, thought)
    body = json.dumps({"choices": [{"message": {"content": said}, "finish_reason": "stop"}]}).encode()
    assert (read_reply(body, TAGGED).text, read_reply(body, TAGGED).reasoning) == (text, thought)


PIECES = st.lists(st.sampled_from(["<think>", "</think>", "<", "thi", "nk>", "/", "\n", " ", "a", "é"]), max_size=12)


@requirement("ours:quirks", "ours:text-exact")
@given(PIECES, st.integers(1, 5))
def test_where_a_text_is_cut_changes_nothing_of_it(pieces: list[str], length: int):
    said = "".join(pieces)

    def parted(cut: list[str]) -> tuple[str, str]:
        thoughts = Thoughts()
        told = [*map(thoughts.part, cut), thoughts.rest(), thoughts.rest()]
        return "".join(thought for thought, _ in told), "".join(text for _, text in told)

    whole = parted([said])
    assert parted([said[start : start + length] for start in range(0, len(said), length)]) == whole
    if not said.lstrip().startswith("<think>"):
        assert whole == ("", said)


def test_tags_are_text_where_a_server_is_not_known_to_think_in_them():
    assert heard(says("<think>a</think>b"), Quirks())[0].text == "<think>a</think>b"


@requirement("ours:quirks")
@pytest.mark.parametrize(
    "deltas",
    [
        [{"reasoning": "let me"}, {"reasoning": " think"}],
        [{"reasoning_content": "let me"}, {"reasoning_content": " think"}],
        [{"reasoning": "let me", "reasoning_content": "let me"}, {"reasoning_content": " t", "reasoning": " think"}],
        [{"reasoning_details": [{"type": "reasoning.text", "text": one}]} for one in ("let me", " think")],
        [{"reasoning_details": [{"type": "reasoning.summary", "summary": one}]} for one in ("let me", " think")],
        [
            {"reasoning": one, "reasoning_details": [{"type": "reasoning.text", "text": one}]}
            for one in ("let me", " think")
        ],
        [{"reasoning": "let me think"}, {"reasoning_details": [{"type": "reasoning.text", "text": "let me think"}]}],
        [{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "let me think"}]}]}],
        [{"content": [{"type": "thinking", "thinking": "let me think"}, {"type": "text", "text": ""}]}],
    ],
)
def test_a_thought_is_heard_once_in_whichever_fields_it_comes(deltas: list[Any]):
    reply, spoken, mused = heard(stream(*map(chunk, deltas), chunk({"content": "42"}), chunk({}, "stop")), Quirks())
    assert (reply.reasoning, mused) == ("let me think", "let me think")
    assert (reply.text, spoken) == ("42", "42")


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["reasoning", "reasoning_content", "reasoning_details", "content", "usage"]),
            st.recursive(
                st.none() | st.integers() | st.text(max_size=3) | st.sampled_from(["reasoning.text", "thinking"]),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["type", "text", "thinking", "signature", "index"]), inner)
                ),
                max_leaves=6,
            ),
        ),
        max_size=4,
    )
)
def test_no_delta_whatever_it_holds_breaks_the_reading(deltas: list[Any]):
    for quirks in (Quirks(), TAGGED, SUMMED):
        try:
            heard(stream(*(chunk(delta, usage=delta.get("usage")) for delta in deltas), chunk({}, "stop")), quirks)
        except UpstreamError as error:
            assert error.reason


def test_every_wire_takes_the_quirks_of_its_endpoint():
    for wire in CLIENT_WIRES.values():
        assert wire.reader(ROOM, ROOM, TAGGED).feed(b": nothing\n\n") is None


def test_openrouter_is_told_of_thinking_by_its_object_whatever_its_quirks_say():
    request = Request("x", (user("hi"),), reasoning={"effort": "low"})
    model = replace(OPENROUTER, endpoint=replace(OPENROUTER.endpoint, quirks=Quirks(thinking="effort")))
    assert written("chat", request, model)["reasoning"] == {"effort": "low"}
