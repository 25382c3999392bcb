"""A client's request is understood, and what is understood can be said again to an upstream."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.types.errors import InvalidRequest
from fuseline.types.messages import Attachment, Message, Text, ToolCall
from fuseline.types.models import Endpoint, Model, Quirks
from fuseline.types.requests import FunctionTool, Named, Plugin, Request, ServerTool
from fuseline.wires.chat.requests import read_request, write_request
from tests.requirements import requirement

PLAIN = Model("a/x", Endpoint("lab", "http://127.0.0.1:1/v1"), "x")
OPENROUTER = replace(PLAIN, endpoint=replace(PLAIN.endpoint, dialect="openrouter"))
OPENAI = replace(PLAIN, endpoint=replace(PLAIN.endpoint, quirks=Quirks(max_tokens="max_completion_tokens")))
ASK: dict[str, Any] = {"model": "a/x", "messages": [{"role": "user", "content": "hi"}]}


def read(**fields: Any) -> Request:
    """The request of a body with these fields beside a model and a message."""
    return read_request(json.dumps({**ASK, **fields}).encode(), {})


def written(request: Request, model: Model = PLAIN, without: frozenset[str] = frozenset()) -> Any:
    """The body of a call as an object."""
    return json.loads(write_request(request, model, without))


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAME = st.from_regex(r"\A[A-Za-z0-9_.:-]{1,20}\Z")
CALL = st.builds(ToolCall, NAME, NAME, TEXT)
PART = st.builds(Text, TEXT) | st.just(
    Attachment({"type": "image_url", "image_url": {"url": "https://a.example/x.png"}})
)
MESSAGE = (
    st.builds(Message, st.sampled_from(["system", "developer", "user"]), TEXT, name=st.just("") | NAME)
    | st.builds(Message, st.just("user"), st.lists(PART, min_size=1, max_size=3).map(tuple))
    | st.builds(Message, st.just("assistant"), TEXT, st.lists(CALL, max_size=2).map(tuple))
    | st.builds(Message, st.just("tool"), TEXT, tool_call_id=NAME)
)
SCHEMA = st.just({"type": "object", "properties": {"q": {"type": "string"}}})
EXTRA = st.sampled_from([{}, {"strict": True}])
FUNCTION = st.builds(FunctionTool, NAME, TEXT, SCHEMA, EXTRA)
NUMBER = st.floats(0, 1)
REQUEST = st.builds(
    Request,
    model=st.just("a/x"),
    messages=st.lists(MESSAGE, min_size=1, max_size=4).map(tuple),
    functions=st.lists(FUNCTION, max_size=2).map(tuple),
    max_tokens=st.none() | st.integers(1, 9999),
    temperature=st.none() | st.floats(0, 2),
    response_format=st.none() | st.just({"type": "json_object"}),
    reasoning=st.none() | st.just({"effort": "low"}) | st.just({"max_tokens": 100}),
    policy=st.fixed_dictionaries({}, optional={"user": TEXT, "session_id": TEXT, "provider": st.just({"zdr": True})}),
    extra=st.fixed_dictionaries({}, optional={"top_p": NUMBER, "seed": st.integers(0, 99), "stop": st.just(["a"])}),
)


@given(REQUEST)
def test_what_is_written_for_an_upstream_reads_as_it_was(asked: Request):
    meant = replace(asked, model="x", streaming=True)
    assert read_request(write_request(asked, OPENROUTER, frozenset()), {}) == meant


def test_a_request_with_everything_is_understood():
    function = {"name": "look", "parameters": {"type": "object"}, "strict": True}
    tool: dict[str, Any] = {"type": "function", "function": function}
    request = read(
        models=["a/y"],
        tools=[tool, {"type": "openrouter:fusion", "parameters": {"preset": "p"}}, {"type": "web_search"}],
        tool_choice={"type": "function", "function": {"name": "look"}},
        plugins=[{"id": "fusion", "preset": "q"}, {"id": "web", "enabled": False}],
        max_tokens=5,
        max_completion_tokens=7,
        max_tool_calls=3,
        reasoning_effort="high",
        stream=True,
        stream_options={"include_usage": False, "include_fusion": True},
        top_p=0.5,
        user="somebody",
    )
    assert request == Request(
        "a/x",
        (Message("user", "hi"),),
        (FunctionTool("look", "", {"type": "object"}, {"strict": True}),),
        (ServerTool("openrouter:fusion", {"preset": "p"}), ServerTool("web_search")),
        (Plugin("fusion", parameters={"preset": "q"}), Plugin("web", enabled=False)),
        Named("look"),
        max_tokens=7,
        reasoning={"effort": "high"},
        fallbacks=("a/y",),
        max_steps=3,
        streaming=True,
        include_fusion=True,
        policy={"user": "somebody"},
        extra={"top_p": 0.5},
    )


@requirement("wire:unknown-fields")
def test_fields_that_nobody_here_knows_change_nothing():
    unknown: dict[str, Any] = {"usage": {"include": True}, "transforms": [], "thinking": {"type": "adaptive"}}
    assert read(**unknown, store=True, client_metadata={"a": 1}, trace={"trace_id": "x"}) == read()


@pytest.mark.parametrize(
    ("choice", "understood"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        (None, None),
        ({"type": "openrouter:fusion"}, Named("openrouter:fusion")),
        ({"type": "function", "function": {"name": "look"}}, Named("look")),
    ],
)
def test_a_tool_choice_is_a_word_or_a_name(choice: Any, understood: Any):
    assert read(tool_choice=choice).tool_choice == understood


@pytest.mark.parametrize(("value", "depth"), [("0", 0), ("1", 1), ("2", 1), ("nonsense", 1)])
@pytest.mark.parametrize("name", ["x-openrouter-fusion-depth", "x-fusion-depth"])
def test_whatever_the_depth_header_holds_it_can_only_switch_fusion_off(name: str, value: str, depth: int):
    assert read_request(json.dumps(ASK).encode(), {name: value}).depth == depth


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant"])
def test_text_in_parts_keeps_its_parts_and_their_order(role: str):
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    parts = [{"type": "text", "text": "one"}, image, {"type": "input_text", "text": "two"}]
    request = read(messages=[{"role": role, "content": parts}])
    assert request.messages[0].content == (Text("one"), Attachment(image), Text("two"))
    assert request.messages[0].text == "one\n\ntwo"


def test_earlier_reasoning_is_taken_under_both_names_and_its_seal_kept():
    sealed = [{"type": "reasoning.encrypted", "data": "x"}, {"type": "reasoning.text", "text": "hm"}]
    replayed = {"role": "assistant", "content": "a", "reasoning_content": "hm", "reasoning_details": sealed}
    message = read(messages=[replayed, *ASK["messages"]]).messages[0]
    assert (message.reasoning, message.opaque) == ("hm", {"reasoning_details": sealed})


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"reasoning_effort": "low", "reasoning": {"effort": "high"}}, "reasoning_effort"),
        ({"n": 2}, "n"),
        ({"temperature": 2.5}, "temperature"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {"name": "not a name"}}]}, "tools[0].function.name"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"plugins": [{"preset": "x"}]}, "plugins[0].id"),
        ({"tools": [{"type": "x", "parameters": {"api_base": "http://x"}}]}, "tools[0].parameters.api_base"),
        ({"stop_server_tools_when": [{"type": "never"}]}, "stop_server_tools_when[0].type"),
        ({"stop_server_tools_when": [{"type": "max_cost"}]}, "stop_server_tools_when[0].max_cost_in_dollars"),
        (
            {"stop_server_tools_when": [{"type": "max_cost", "max_cost_in_dollars": 1}, {"type": "step_count_is"}]},
            "stop_server_tools_when[1].step_count",
        ),
        (
            {"stop_server_tools_when": [{"type": "step_count_is", "step_count": 0}]},
            "stop_server_tools_when[0].step_count",
        ),
        ({"max_tool_calls": 0}, "max_tool_calls"),
        ({"include_reasoning": "no"}, "include_reasoning"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(fields: dict[str, Any], param: str):
    with pytest.raises(InvalidRequest) as caught:
        read(**fields)
    assert caught.value.param == param


@requirement("wire:one-answer")
@pytest.mark.parametrize(
    "fields",
    [{}, {"model": "openrouter/fusion"}, {"plugins": [{"id": "fusion"}]}, {"tools": [{"type": "openrouter:fusion"}]}],
)
def test_more_than_one_answer_is_refused_with_fusion_and_without(fields: dict[str, Any]):
    with pytest.raises(InvalidRequest, match="n must be 1") as caught:
        read(**fields, n=2)
    assert (caught.value.param, caught.value.status) == ("n", 400)
    assert read(**fields, n=1).extra == {}


@pytest.mark.parametrize(("asked", "steps"), [(1, 1), (30, 30), (31, 30), (9999, 30), (None, 30)])
def test_steps_of_server_tools_are_clipped_at_thirty(asked: int | None, steps: int):
    assert read(max_tool_calls=asked).max_steps == steps


def test_the_choice_of_parallel_calls_goes_on_where_there_is_something_to_call():
    tool: dict[str, Any] = {"type": "function", "function": {"name": "look"}}
    assert written(read(tools=[tool], parallel_tool_calls=False))["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in written(read(parallel_tool_calls=False))


def test_a_schema_of_the_clients_may_speak_of_anything():
    properties = {"api_key": {"type": "string"}, "headers": {"type": "object"}}
    tool: dict[str, Any] = {"type": "function", "function": {"name": "f", "parameters": {"properties": properties}}}
    assert read(tools=[tool]).functions[0].parameters == {"properties": properties}


RICH = Request(
    "a/x",
    (
        Message("system", "Be brief."),
        Message("user", (Text("Look:"), Attachment({"type": "image_url", "image_url": {"url": "https://a.example"}}))),
        Message("assistant", "", (ToolCall("c1", "look", '{"q":1}'),), opaque={"reasoning_details": [{"type": "x"}]}),
        Message("tool", "found", tool_call_id="c1"),
    ),
    (FunctionTool("look", "Looks.", {"type": "object"}, {"strict": True}),),
    tool_choice=Named("look"),
    max_tokens=100,
    temperature=0.5,
    reasoning={"effort": "low"},
    response_format={"type": "json_object"},
    policy={"user": "u", "provider": {"zdr": True}},
    extra={"top_p": 0.9},
)


def test_a_call_to_a_plain_upstream_is_plain_openai():
    assert written(RICH) == snapshot(
        {
            "model": "x",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Look:"},
                        {"type": "image_url", "image_url": {"url": "https://a.example"}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"q":1}'}}
                    ],
                },
                {"role": "tool", "content": "found", "tool_call_id": "c1"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "top_p": 0.9,
            "user": "u",
            "max_tokens": 100,
            "temperature": 0.5,
            "response_format": {"type": "json_object"},
            "reasoning_effort": "low",
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "look",
                        "description": "Looks.",
                        "parameters": {"type": "object"},
                        "strict": True,
                    },
                }
            ],
            "tool_choice": {"type": "function", "function": {"name": "look"}},
        }
    )


def test_a_call_to_openrouter_keeps_what_only_openrouter_knows():
    body = written(RICH, OPENROUTER)
    assert {key: body[key] for key in ("reasoning", "provider", "max_tokens")} == snapshot(
        {"reasoning": {"effort": "low"}, "provider": {"zdr": True}, "max_tokens": 100}
    )
    assert body["messages"][2]["reasoning_details"] == [{"type": "x"}]


def test_openai_itself_is_told_the_limit_by_its_newer_name():
    body = written(RICH, OPENAI)
    assert (body.get("max_tokens"), body["max_completion_tokens"]) == (None, 100)


def test_a_refused_parameter_is_left_out_and_a_refused_limit_renamed():
    body = written(RICH, PLAIN, frozenset({"response_format", "tools", "max_tokens", "temperature"}))
    assert {"response_format", "tools", "tool_choice", "max_tokens", "temperature"}.isdisjoint(body)
    assert body["max_completion_tokens"] == 100
