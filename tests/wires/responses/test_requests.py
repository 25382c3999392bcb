"""A client's Responses request is understood, with the whole of its history."""

import json
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.types.errors import InvalidRequest
from fuseline.types.messages import Attachment, Message, Text, ToolCall
from fuseline.types.requests import FunctionTool, Named, Plugin, Request, ServerTool, StopRule
from fuseline.wires.responses.requests import read_request
from tests.requirements import requirement
from tests.wires.responses.talk import ASK, LOOK, body, read
from tests.wires.responses.test_writing import DONE
from tests.wires.runs import REPLY

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"api_key": {"default": None}, "headers": {}}}
FORMAT: dict[str, Any] = {"type": "json_schema", "name": "answer", "schema": SCHEMA, "strict": True}


def history(*items: Any) -> tuple[Message, ...]:
    """The conversation in these items."""
    return read(input=list(items)).messages


@requirement("responses:request")
def test_a_request_with_everything_is_understood():
    request = read(
        model="a/x",
        models=["a/y"],
        input=[{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "Why?"}],
        instructions="Be brief.",
        tools=[
            {**LOOK, "description": "Looks.", "strict": True},
            {"type": "openrouter:fusion", "parameters": {"preset": "p"}},
            {"type": "web_search", "search_context_size": "low"},
        ],
        tool_choice={"type": "function", "name": "look"},
        plugins=[{"id": "fusion", "preset": "q"}],
        max_output_tokens=100,
        max_tool_calls=3,
        stop_server_tools_when=[{"type": "step_count_is", "step_count": 2}],
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        parallel_tool_calls=False,
        reasoning={"effort": "low", "summary": "auto", "context": "x"},
        text={"format": FORMAT, "verbosity": "low"},
        provider={"only": ["lab"]},
        session_id="s",
        user="somebody",
        prompt_cache_key="k",
        stream=True,
        store=False,
        previous_response_id=None,
    )
    assert request == Request(
        "a/x",
        (Message("system", "Be brief."), Message("developer", "Be kind."), Message("user", "Why?")),
        (FunctionTool("look", "Looks.", {"type": "object"}, {"strict": True}),),
        (ServerTool("openrouter:fusion", {"preset": "p"}), ServerTool("web_search", {"search_context_size": "low"})),
        (Plugin("fusion", parameters={"preset": "q"}),),
        Named("look"),
        max_tokens=100,
        temperature=0.5,
        reasoning={"effort": "low", "summary": "auto"},
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True},
        },
        fallbacks=("a/y",),
        max_steps=3,
        stop_rules=(StopRule("step_count_is", 2),),
        streaming=True,
        include_fusion=True,
        policy={"provider": {"only": ["lab"]}, "session_id": "s", "user": "somebody", "prompt_cache_key": "k"},
        extra={
            "top_p": 0.9,
            "top_k": 5,
            "frequency_penalty": 0.2,
            "presence_penalty": 0.1,
            "parallel_tool_calls": False,
            "verbosity": "low",
        },
        echo=request.echo,
    )


@requirement("responses:request")
def test_a_text_is_what_the_user_says():
    assert (read().messages, read().max_steps) == ((Message("user", "Why?"),), 30)


@requirement("responses:request")
@pytest.mark.parametrize(("asked", "steps"), [(1, 1), (30, 30), (31, 30), (1000, 30)])
def test_server_tools_have_thirty_steps_at_the_most(asked: int, steps: int):
    assert read(max_tool_calls=asked).max_steps == steps


@requirement("responses:request")
def test_messages_are_read_in_each_of_their_forms():
    assert history(
        {"role": "user", "content": "one"},
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "two"}]},
        {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "content": [
            {"type": "output_text", "text": "three", "annotations": [], "logprobs": []}]},
        {"role": "user", "content": [{"type": "input_text", "text": "four"}, {"type": "input_text", "text": "five"}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "six"}]},
        {"role": "assistant", "content": None},
    ) == (
        Message("user", "one"),
        Message("system", "two"),
        Message("assistant", "three"),
        Message("user", (Text("four"), Text("five"))),
        Message("assistant", "six"),
    )  # fmt: skip


@requirement("responses:request")
def test_attachments_are_carried_as_chat_completions_have_them():
    parts: list[dict[str, Any]] = [
        {"type": "input_text", "text": "Look:"},
        {"type": "input_image", "image_url": "https://a.example/x.png", "detail": "low"},
        {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="},
        {"type": "input_file", "file_url": "https://a.example/a.pdf"},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        {"type": "input_video", "video_url": "https://a.example/x.mp4"},
    ]
    (message,) = history({"role": "user", "content": parts})
    bodies = [part.body for part in message.content if isinstance(part, Attachment)]
    assert bodies == snapshot(
        [
            {"type": "image_url", "image_url": {"url": "https://a.example/x.png", "detail": "low"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
            {"type": "file", "file": {"file_url": "https://a.example/a.pdf"}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
            {"type": "video_url", "video_url": {"url": "https://a.example/x.mp4"}},
        ]
    )


@requirement("responses:replay")
def test_the_items_of_one_turn_are_one_message():
    assert history(
        {"role": "user", "content": "Look."},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"q":1}', "id": "fc_1"},
        {"type": "function_call", "call_id": "c2", "name": "look", "arguments": '{"q":2}'},
        {"type": "function_call_output", "call_id": "c1", "output": "blue"},
        {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "red"}]},
        {"type": "function_call", "call_id": "c3", "name": "look"},
    ) == (
        Message("user", "Look."),
        Message(
            "assistant",
            "I look.",
            (ToolCall("c1", "look", '{"q":1}'), ToolCall("c2", "look", '{"q":2}')),
            reasoning="hm",
        ),
        Message("tool", "blue", tool_call_id="c1"),
        Message("tool", "red", tool_call_id="c2"),
        Message("assistant", tool_calls=(ToolCall("c3", "look", ""),)),
    )


@requirement("responses:replay")
def test_a_sealed_thought_goes_back_with_its_seal():
    thought: dict[str, Any] = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "encrypted_content": "opaque",
        "format": "f",
    }
    signed = {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "hm"}], "signature": "s"}
    (message,) = history(thought, signed, {"role": "assistant", "content": "So."})
    assert (message.content, message.reasoning) == ("So.", "hm")
    assert message.opaque["reasoning_details"] == snapshot(
        [
            {"type": "reasoning.encrypted", "data": "opaque", "id": "rs_1", "format": "f"},
            {"type": "reasoning.text", "text": "hm", "signature": "s"},
        ]
    )


@requirement("responses:replay")
def test_a_sealed_thought_of_a_reply_goes_back_as_its_upstream_gave_it():
    sealed = {"type": "reasoning.encrypted", "data": "opaque", "id": "rs_theirs", "format": "openai-responses-v1"}
    reply = replace(REPLY, opaque={"reasoning_details": [sealed]})
    _, _, answer = history(*body(replace(DONE, reply=reply))["output"])
    assert answer.opaque["reasoning_details"] == [sealed]


@requirement("responses:replay")
def test_a_thought_without_a_turn_is_dropped():
    thought = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}
    assert history(thought, {"role": "user", "content": "Why?"}) == (Message("user", "Why?"),)


@requirement("responses:replay", "vector:C15")
def test_the_output_of_a_reply_is_taken_back_as_the_turn_that_it_was():
    output = body(DONE)["output"]
    called, result, answer = history(*output)
    assert called.tool_calls[0].name == "openrouter_fusion"
    assert (result.role, result.tool_call_id) == ("tool", called.tool_calls[0].id)
    told = json.loads(result.text)
    assert (told["status"], list(told)) == ("ok", ["status", "analysis", "responses", "failed_models", "sources"])
    assert told["analysis"] == output[0]["analysis"]
    assert (answer.role, answer.reasoning) == ("assistant", "Let me think.")


@requirement("responses:replay", "vector:C15")
@pytest.mark.parametrize("item", [{}, {"id": 7, "responses": "x", "analysis": None}, {"error": "dead", "id": "st_1"}])
def test_a_fusion_item_is_never_refused(item: dict[str, Any]):
    assert len(history({"type": "openrouter:fusion", **item}, {"role": "user", "content": "Why?"})) == 3


@requirement("wire:unknown-fields")
@pytest.mark.parametrize(
    "item",
    [
        {"type": "openrouter:datetime", "status": "completed", "datetime": "now", "timezone": "UTC"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {"type": "item_reference", "id": "msg_1"},
        {"type": "from:the:future"},
    ],
)
def test_items_that_mean_nothing_here_are_passed_over(item: dict[str, Any]):
    assert history(item, {"role": "user", "content": "Why?"}) == (Message("user", "Why?"),)


@requirement("wire:unknown-fields")
def test_fields_and_tools_that_nobody_here_knows_change_nothing():
    unknown: dict[str, Any] = {
        "client_metadata": {"headers": "x"},
        "include": ["reasoning.encrypted_content"],
        "background": True,
        "debug": {},
        "stream_options": {"include_obfuscation": False},
    }
    assert read(**unknown) == read()
    namespace = {"type": "namespace", "name": "n", "description": "d", "tools": [LOOK]}
    custom = {"type": "custom", "name": "c", "format": {"type": "text"}}
    request = read(tools=[namespace, custom, {"type": "web_search", "external_web_access": False, "new": 1}])
    offline = ServerTool("web_search", {"external_web_access": False})
    assert request.server_tools == (ServerTool("namespace"), ServerTool("custom"), offline)


CHOICES: list[tuple[Any, Any, Any]] = [
    (None, None, "auto"),
    ("auto", "auto", "auto"),
    ("none", "none", "none"),
    ("required", "required", "required"),
    ({"type": "function", "name": "look"}, Named("look"), {"type": "function", "name": "look"}),
    ({"type": "openrouter:fusion"}, Named("openrouter:fusion"), "required"),
    ({"type": "openrouter:datetime"}, Named("openrouter:datetime"), "required"),
    ({"type": "web_search_preview"}, Named("web_search_preview"), "required"),
]


@requirement("responses:request", "responses:echo")
@pytest.mark.parametrize(("choice", "understood", "echoed"), CHOICES)
def test_a_tool_choice_is_a_word_or_a_name(choice: Any, understood: Any, echoed: Any):
    request = read(tool_choice=choice)
    assert request.tool_choice == understood
    assert body(DONE, request)["tool_choice"] == echoed


@requirement("responses:request", "responses:echo")
@pytest.mark.parametrize("mode", ["auto", "required"])
def test_allowed_tools_leave_the_others_out(mode: str):
    other = {**LOOK, "name": "other"}
    choice = {"type": "allowed_tools", "mode": mode, "tools": [{"type": "function", "name": "look"}]}
    request = read(tools=[LOOK, other, {"type": "web_search"}], tool_choice=choice)
    assert (request.tool_choice, request.server_tools) == (mode, ())
    assert [function.name for function in request.functions] == ["look"]
    assert body(DONE, request)["tool_choice"] == choice


@requirement("responses:echo")
def test_only_tools_that_clients_know_are_said_back():
    known: list[Any] = [{"type": "web_search"}, {"type": "custom", "name": "c"}]
    ours: list[Any] = [{"type": "openrouter:fusion", "parameters": {}}, {"type": "openrouter:datetime"}]
    foreign: list[Any] = [{"type": "something_else"}]
    assert body(DONE, read(tools=[*ours, LOOK, *known, *foreign]))["tools"] == [{**LOOK, "strict": None}, *known]


@requirement("responses:request")
@pytest.mark.parametrize(
    ("text", "understood"),
    [
        (None, None),
        ({}, None),
        ({"format": {"type": "text"}}, None),
        ({"format": {"type": "json_object"}}, {"type": "json_object"}),
        ({"format": FORMAT}, {"type": "json_schema", "json_schema": {k: v for k, v in FORMAT.items() if k != "type"}}),
    ],
)
def test_the_form_of_the_text_is_nested_as_upstreams_have_it(text: Any, understood: Any):
    assert read(text=text).response_format == understood


@requirement("responses:request")
def test_a_schema_of_the_clients_may_speak_of_anything():
    request = read(tools=[{"type": "function", "name": "f", "parameters": SCHEMA}], text={"format": FORMAT})
    assert request.functions[0].parameters == SCHEMA


@requirement("responses:request")
@pytest.mark.parametrize(("headers", "fears"), [({}, False), ({"x-stainless-lang": "python"}, True)])
def test_sdks_that_fear_errors_are_known_by_their_header(headers: dict[str, str], fears: bool):
    assert read_request(json.dumps(ASK).encode(), headers).error_ends_stream is fears


@requirement("responses:request")
def test_headers_say_how_deep_and_how_much():
    headers = {"x-openrouter-fusion-depth": "1", "x-openrouter-metadata": "enabled"}
    request = read_request(json.dumps(ASK).encode(), headers)
    assert (request.depth, request.include_metadata, request.include_fusion) == (1, True, False)


USER: dict[str, Any] = {"role": "user", "content": "Why?"}
NO_INPUT: list[Any] = [None, [], 7, {}, [USER] * 5001]
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"store": True}, "store", "invalid_request"),
    ({"previous_response_id": "gen-1"}, "previous_response_id", "invalid_request"),
    ({"conversation": "conv_1"}, "conversation", "invalid_request"),
    *(({"input": wrong}, "input", "invalid_request") for wrong in NO_INPUT),
    ({"input": ["hi"]}, "input[0]", "invalid_prompt"),
    ({"input": [{"type": 7}]}, "input[0].type", "invalid_prompt"),
    ({"input": [{"type": "item_reference", "id": "x"}]}, "input", "invalid_prompt"),
    ({"input": [USER, {"role": "robot", "content": "x"}]}, "input[1].role", "invalid_prompt"),
    ({"input": [{"content": "x"}]}, "input[0].role", "invalid_prompt"),
    ({"input": [{"role": "user"}]}, "input[0].content", "invalid_prompt"),
    ({"input": [{"role": "user", "content": 7}]}, "input[0].content", "invalid_prompt"),
    ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text", "invalid_prompt"),
    ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
     "input[0].content[0].image_url", "invalid_prompt"),
    ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]},
     "input[0].content[0].file_url", "invalid_prompt"),
    ({"input": [{"type": "function_call", "name": "look"}]}, "input[0].call_id", "invalid_prompt"),
    ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output", "invalid_prompt"),
    ({"input": [{"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text"}]}]},
     "input[0].output[0].text", "invalid_prompt"),
    ({"model": None}, "model", "invalid_request"),
    ({"temperature": 2.5}, "temperature", "invalid_request"),
    ({"max_output_tokens": 0}, "max_output_tokens", "invalid_request"),
    ({"tools": [{"type": "function"}]}, "tools[0].name", "invalid_request"),
    ({"tools": [{"type": "function", "name": "not a name"}]}, "tools[0].name", "invalid_request"),
    ({"tools": [{"type": "openrouter:fusion", "parameters": {"api_base": "http://x"}}]},
     "tools[0].parameters.api_base", "invalid_request"),
    ({"tool_choice": {"type": "function"}}, "tool_choice.name", "invalid_request"),
    ({"tool_choice": "perhaps"}, "tool_choice", "invalid_request"),
    ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format.name", "invalid_request"),
    ({"text": {"format": {"type": "json_schema", "name": "a"}}}, "text.format.schema", "invalid_request"),
    ({"text": {"format": {"type": "grammar"}}}, "text.format.type", "invalid_request"),
    ({"metadata": {"a": 1}}, "metadata.a", "invalid_request"),
    ({"metadata": {str(n): "x" for n in range(17)}}, "metadata", "invalid_request"),
    ({"plugins": [{"preset": "x"}]}, "plugins[0].id", "invalid_request"),
    ({"stop_server_tools_when": [{"type": "max_cost"}]}, "stop_server_tools_when[0].max_cost_in_dollars",
     "invalid_request"),
    ({"truncation": "middle"}, "truncation", "invalid_request"),
]  # fmt: skip


@requirement("responses:errors")
@pytest.mark.parametrize(("fields", "param", "kind"), WRONG)
def test_what_is_wrong_is_named_by_its_path(fields: dict[str, Any], param: str, kind: str):
    with pytest.raises(InvalidRequest) as caught:
        read(**fields)
    assert (caught.value.param, caught.value.kind) == (param, kind)
