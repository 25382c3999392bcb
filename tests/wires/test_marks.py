"""The front of a prompt that other calls share is marked, for upstreams that keep only what is marked."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.assembly import CLIENT_WIRES
from fuseline.types.errors import ParameterRefused
from fuseline.types.messages import Attachment, Message, Text, ToolCall, in_turn, system, user
from fuseline.types.models import Model, Quirks
from fuseline.types.requests import FunctionTool, Request
from fuseline.wires.chat.requests import read_request
from tests.requirements import requirement
from tests.wires.afar import FAR, OPENROUTER, written

MARKING = Quirks(cache_marks=True)
LAB = replace(FAR, endpoint=replace(FAR.endpoint, quirks=MARKING))
ROUTED = replace(OPENROUTER, name="anthropic/claude-x", endpoint=replace(OPENROUTER.endpoint, quirks=MARKING))
MARK = {"type": "ephemeral"}
LOOK = FunctionTool("look", parameters={"type": "object"})
SHARED = (system("Be brief."), user("Why is the sky blue?"))
ASKED = Request("x", in_turn((*SHARED, user("You sit on a panel."))), functions=(LOOK,), shared=2)


def marks(body: Any) -> int:
    """How many marks a body carries."""
    return json.dumps(body).count('"cache_control"')


@requirement("ours:cache-marks")
def test_a_messages_upstream_is_shown_the_end_of_the_instructions_and_of_the_shared_front():
    body = written("messages", ASKED)
    assert {name: body[name] for name in ("system", "messages")} == snapshot(
        {
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Why is the sky blue?", "cache_control": {"type": "ephemeral"}},
                        {"type": "text", "text": "You sit on a panel."},
                    ],
                }
            ],
        }
    )
    assert marks(body["tools"]) == 0


@requirement("ours:cache-marks")
@pytest.mark.parametrize("model", [ROUTED, replace(ROUTED, name="~anthropic/claude-latest"), LAB])
def test_a_chat_upstream_that_wants_marks_is_shown_the_same(model: Model):
    assert written("chat", ASKED, model)["messages"] == snapshot(
        [
            {
                "role": "system",
                "content": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Why is the sky blue?", "cache_control": {"type": "ephemeral"}},
                    {"type": "text", "text": "You sit on a panel."},
                ],
            },
        ]
    )


@requirement("ours:cache-marks")
@pytest.mark.parametrize("model", [FAR, OPENROUTER, replace(ROUTED, name="openai/gpt-x")])
def test_who_keeps_prompts_by_himself_sees_no_marks(model: Model):
    assert written("chat", ASKED, model)["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Why is the sky blue?\n\nYou sit on a panel."},
    ]
    assert marks(written("responses", ASKED, model)) == 0


@requirement("ours:cache-marks")
def test_what_no_other_call_shares_is_not_marked():
    alone = replace(ASKED, shared=0)
    assert marks(written("messages", alone)) == marks(written("chat", alone, ROUTED)) == 0
    assert written("messages", alone)["system"] == "Be brief."


@requirement("ours:cache-marks")
def test_instructions_that_only_one_call_has_stand_behind_those_that_are_shared():
    request = Request("x", (*SHARED, system("You alone."), user("Go.")), shared=2)
    body = written("messages", request)
    assert body["system"] == [
        {"type": "text", "text": "Be brief.", "cache_control": MARK},
        {"type": "text", "text": "You alone."},
    ]
    assert marks(body["messages"]) == 0  # behind instructions of its own nothing is the same
    unmarked = written("messages", request, without=frozenset({"cache_control"}))
    assert unmarked["system"] == "Be brief.\n\nYou alone."


@requirement("ours:cache-marks")
def test_no_mark_stands_on_an_empty_text_or_on_a_thought():
    signed: Any = {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "anthropic-claude-v1"}
    thought = Message("assistant", " ", opaque={"reasoning_details": [signed]})
    body = written("messages", Request("x", (user("hi"), thought, user("Go.")), shared=2))
    assert body["messages"][0]["content"] == [{"type": "text", "text": "hi", "cache_control": MARK}]
    assert "cache_control" not in json.dumps(body["messages"][1:])
    told = written("chat", Request("x", (user("hi"), Message("assistant", " "), user("Go.")), shared=2), LAB)
    assert told["messages"][0]["content"] == [{"type": "text", "text": "hi", "cache_control": MARK}]
    assert marks(told) == 1


@requirement("ours:cache-marks")
def test_a_mark_stands_on_the_last_text_of_a_message_of_several_parts():
    image = Attachment({"type": "image_url", "image_url": {"url": "https://a.example/x.png"}})
    request = Request("x", in_turn((Message("user", (Text("a"), Text("b"), image)), user("Go."))), shared=1)
    parts = written("chat", request, LAB)["messages"][0]["content"]
    assert ["cache_control" in part for part in parts] == [False, True, False, False]
    blocks = written("messages", request)["messages"][0]["content"]
    assert ["cache_control" in block for block in blocks] == [False, False, True, False]


@requirement("ours:cache-marks")
def test_the_result_of_a_tool_is_marked_where_that_is_known_to_be_taken():
    called = Message("assistant", "", (ToolCall("c", "look", "{}"),))
    request = Request("x", (user("hi"), called, Message("tool", "found", tool_call_id="c"), user("Go.")), shared=3)
    assert ["cache_control" in json.dumps(turn) for turn in written("chat", request, ROUTED)["messages"]] == [
        0,
        0,
        1,
        0,
    ]
    assert ["cache_control" in json.dumps(turn) for turn in written("chat", request, LAB)["messages"]] == [1, 0, 0, 0]
    blocks = written("messages", request)["messages"][2]["content"]
    assert [(block["type"], "cache_control" in block) for block in blocks] == [("tool_result", True), ("text", False)]


def test_a_conversation_of_instructions_alone_is_not_marked():
    request = Request("x", (system("Be brief."),), shared=1)
    assert marks(written("messages", request)) == 0
    assert marks(written("chat", request, LAB)) == 1


@requirement("ours:cache-marks")
@pytest.mark.parametrize(("wire", "model"), [("messages", FAR), ("chat", LAB)])
def test_no_call_carries_more_than_four_marks_whatever_its_parts_bring(wire: str, model: Model):
    own = Attachment({"type": "new", "cache_control": MARK})
    for carried in range(6):
        parts = (Text("see"), *[own] * carried)
        request = Request("x", in_turn((system("s"), Message("user", parts), user("Go."))), shared=2)
        assert marks(written(wire, request, model)) == max(min(carried + 2, 4), carried)
        automatic = replace(request, extra={"cache_control": MARK})
        assert marks(written(wire, automatic, model)) == max(min(carried + 3, 4), carried + 1)


@requirement("ours:cache-marks")
def test_a_clients_own_wish_is_passed_on_to_those_who_know_it():
    body = {"model": "x", "messages": [{"role": "user", "content": "hi"}], "cache_control": MARK}
    request = read_request(json.dumps(body).encode(), {})
    assert written("messages", request)["cache_control"] == written("chat", request, ROUTED)["cache_control"] == MARK
    for model in (FAR, OPENROUTER, replace(ROUTED, name="openai/gpt-x")):
        assert marks(written("chat", request, model)) == 0
    assert marks(written("responses", request)) == 0


@requirement("ours:cache-marks")
def test_the_key_of_a_cache_goes_to_every_upstream():
    request = Request("x", (user("hi"),), policy={"prompt_cache_key": "k"})
    assert written("chat", request)["prompt_cache_key"] == written("responses", request)["prompt_cache_key"] == "k"


@requirement("ours:cache-marks")
@pytest.mark.parametrize(("wire", "model"), [("messages", FAR), ("chat", LAB)])
def test_marks_that_an_upstream_refuses_are_left_out_the_next_time(wire: str, model: Model):
    client, request = CLIENT_WIRES[wire], replace(ASKED, extra={"cache_control": MARK})
    sent = client.optional(ASKED, model, frozenset())
    assert "cache_control" in sent
    error = {"error": {"message": "messages.0.content.0.cache_control: Extra inputs are not permitted"}}
    found = client.read_error(400, {}, json.dumps(error).encode(), sent)
    assert isinstance(found, ParameterRefused) and found.parameter == "cache_control"
    assert marks(written(wire, request, model, frozenset({"cache_control"}))) == 0
    assert "cache_control" not in client.optional(request, model, frozenset({"cache_control"}))


SAID = st.sampled_from(["", " ", "a", "b\n"])
MESSAGE = st.builds(Message, st.sampled_from(["system", "user", "assistant", "tool"]), SAID)


@requirement("ours:cache-marks")
@given(st.lists(MESSAGE, min_size=1, max_size=6).map(tuple), st.integers(0, 8))
def test_marks_change_nothing_of_what_is_said(messages: tuple[Message, ...], shared: int):
    for wire, model in (("messages", FAR), ("chat", ROUTED), ("chat", LAB)):
        plain = written(wire, Request("x", messages), model)
        told = written(wire, Request("x", messages, shared=shared), model)
        assert marks(told) <= 2
        assert words(told) == words(plain)


def words(body: Any) -> str:
    """All that a body says, without the white space between."""
    turns = [{"content": body.get("system", "")}, *body["messages"]]
    return "".join("".join(texts(turn["content"]).split()) for turn in turns)


def texts(content: Any) -> str:
    """What a content says, its parts joined."""
    if isinstance(content, str):
        return content
    return "".join(texts(part.get("text") or part.get("content") or "") for part in content)
