"""What is asked of Responses and messages upstreams: our server halves read in it what was meant."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.assembly import CLIENT_WIRES, SERVER_WIRES
from fuseline.providers.credentials import key_headers
from fuseline.types.errors import ParameterRefused
from fuseline.types.messages import Attachment, Message, Text, ToolCall, user
from fuseline.types.requests import FunctionTool, Named, Request
from tests.requirements import requirement
from tests.wires.afar import FAR, OPENROUTER, written

WIRES = pytest.mark.parametrize("wire", ["responses", "messages"])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
SAID = TEXT.filter(lambda text: bool(text.strip()))
NAME = st.from_regex(r"\A[A-Za-z0-9_-]{1,20}\Z")
CALL = st.builds(ToolCall, NAME, NAME, st.dictionaries(NAME, TEXT, max_size=2).map(json.dumps))
PDF = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}
PARTS = st.lists(
    st.builds(Text, SAID)
    | st.sampled_from(
        [
            Attachment({"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}),
            Attachment({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}),
            Attachment(
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}}
            ),
        ]
    ),
    min_size=2,
    max_size=3,
).map(tuple)
TURN = st.tuples(
    st.builds(Message, st.just("user"), SAID | PARTS),
    st.builds(Message, st.just("assistant"), SAID, st.lists(CALL, max_size=2).map(tuple)),
    st.builds(Message, st.just("tool"), SAID, tool_call_id=NAME),
)
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"q": {"type": "string"}}}
FORM = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
REQUEST = st.builds(
    Request,
    model=st.just("x"),
    messages=st.tuples(st.builds(Message, st.just("system"), SAID), st.lists(TURN, min_size=1, max_size=3)).map(
        lambda found: (found[0], *(message for turn in found[1] for message in turn))
    ),
    functions=st.lists(st.builds(FunctionTool, NAME, TEXT, st.just(SCHEMA)), max_size=2).map(tuple),
    tool_choice=st.sampled_from(["auto", "none", "required", Named("look"), None]),
    max_tokens=st.integers(200, 9999),
    temperature=st.none() | st.floats(0, 2),
    response_format=st.none() | st.just(FORM),
    reasoning=st.none() | st.just({"effort": "low"}),
    policy=st.fixed_dictionaries({}, optional={"user": TEXT}),
    extra=st.fixed_dictionaries({}, optional={"top_p": st.floats(0, 1), "top_k": st.integers(0, 99)}),
    streaming=st.just(True),
)


def mirrored(wire: str, request: Request) -> Request:
    """What our server half understands of what our client half asks; the echo is its own affair."""
    body = CLIENT_WIRES[wire].write_request(request, FAR, frozenset())
    return replace(SERVER_WIRES[wire].read_request(body, {}), echo={}, include_fusion=False)


def meant(wire: str, request: Request) -> Request:
    """The same request, with what a protocol has to say even where nobody asked for it."""
    choice = request.tool_choice if request.functions else None
    strict = {"strict": False} if wire == "responses" else {}
    functions = tuple(replace(tool, extra=strict) for tool in request.functions)
    return replace(request, tool_choice=choice, functions=functions)


@requirement("ours:far-wires")
@WIRES
@given(REQUEST)
def test_what_is_asked_of_an_upstream_is_read_as_it_was_meant(wire: str, request: Request):
    read, asked = mirrored(wire, request), meant(wire, request)
    assert [spoken(message) for message in read.messages] == [spoken(message) for message in asked.messages]
    assert replace(read, messages=()) == replace(asked, messages=())


def spoken(message: Message) -> Any:
    """A message with its arguments as what they say, since one of the protocols carries them as objects."""
    calls = [(call.id, call.name, json.loads(call.arguments)) for call in message.tool_calls]
    return message.role, message.content, calls, message.tool_call_id


RICH = Request(
    "a/x",
    (
        Message("system", "Be brief."),
        Message("user", (Text("Look:"), Attachment({"type": "image_url", "image_url": {"url": "https://a.example"}}))),
        Message(
            "assistant",
            "",
            (ToolCall("c:1", "look", '{"q":1}'), ToolCall("c:2", "look", "{}")),
            opaque={
                "reasoning_details": [
                    {"type": "reasoning.encrypted", "data": "o", "id": "rs_1", "format": "openai-responses-v1"},
                    {"type": "reasoning.text", "text": "hm", "signature": "sig", "format": "anthropic-claude-v1"},
                    {"type": "reasoning.encrypted", "data": "g", "format": "google-gemini-v1"},
                ]
            },
        ),
        Message("tool", "found", tool_call_id="c:1"),
        Message("tool", "nothing", tool_call_id="c:2"),
        user("Well?"),
    ),
    (FunctionTool("look", "Looks.", {"type": "object"}, {"strict": True}),),
    tool_choice=Named("look"),
    max_tokens=100,
    temperature=0.5,
    reasoning={"effort": "low"},
    response_format=FORM,
    policy={"user": "u", "provider": {"zdr": True}},
    extra={"top_p": 0.9, "stop": "END", "seed": 7, "parallel_tool_calls": False, "verbosity": "low"},
)


def test_a_call_to_a_responses_upstream_is_in_its_words():
    assert written("responses", RICH) == snapshot(
        {
            "model": "x",
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "Look:"},
                        {"type": "input_image", "image_url": "https://a.example"},
                    ],
                },
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "o"},
                {"type": "function_call", "call_id": "c:1", "name": "look", "arguments": '{"q":1}'},
                {"type": "function_call", "call_id": "c:2", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c:1", "output": "found"},
                {"type": "function_call_output", "call_id": "c:2", "output": "nothing"},
                {"type": "message", "role": "user", "content": "Well?"},
            ],
            "stream": True,
            "store": False,
            "include": ["reasoning.encrypted_content"],
            "top_p": 0.9,
            "parallel_tool_calls": False,
            "user": "u",
            "instructions": "Be brief.",
            "max_output_tokens": 100,
            "temperature": 0.5,
            "reasoning": {"effort": "low"},
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "answer",
                    "strict": True,
                    "schema": {"type": "object", "properties": {"q": {"type": "string"}}},
                },
                "verbosity": "low",
            },
            "tools": [
                {
                    "type": "function",
                    "name": "look",
                    "description": "Looks.",
                    "parameters": {"type": "object"},
                    "strict": True,
                }
            ],
            "tool_choice": {"type": "function", "name": "look"},
        }
    )


def test_a_call_to_a_messages_upstream_is_in_its_words():
    assert written("messages", RICH) == snapshot(
        {
            "model": "x",
            "max_tokens": 100,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Look:"},
                        {"type": "image", "source": {"type": "url", "url": "https://a.example"}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "hm", "signature": "sig"},
                        {"type": "tool_use", "id": "c_1", "name": "look", "input": {"q": 1}},
                        {"type": "tool_use", "id": "c_2", "name": "look", "input": {}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "c_1", "content": [{"type": "text", "text": "found"}]},
                        {"type": "tool_result", "tool_use_id": "c_2", "content": [{"type": "text", "text": "nothing"}]},
                        {"type": "text", "text": "Well?"},
                    ],
                },
            ],
            "stream": True,
            "top_p": 0.9,
            "metadata": {"user_id": "u"},
            "system": "Be brief.",
            "temperature": 0.5,
            "stop_sequences": ["END"],
            "output_config": {
                "effort": "low",
                "format": {
                    "type": "json_schema",
                    "schema": {"type": "object", "properties": {"q": {"type": "string"}}},
                },
            },
            "tools": [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}, "strict": True}],
            "tool_choice": {"type": "tool", "name": "look", "disable_parallel_tool_use": True},
        }
    )


def test_thoughts_that_only_their_upstream_can_read_go_back_and_unsigned_ones_do_not():
    details: list[Any] = [
        {"type": "reasoning.encrypted", "data": "x", "format": "anthropic-claude-v1"},
        {"type": "reasoning.text", "text": "hm", "format": "anthropic-claude-v1"},
        {"type": "reasoning.text", "text": "hm", "format": "openai-responses-v1"},
    ]
    request = Request("x", (user("hi"), Message("assistant", "a", opaque={"reasoning_details": details}), user("b")))
    hidden, text = written("messages", request)["messages"][1]["content"]
    assert (hidden, text["text"]) == ({"type": "redacted_thinking", "data": "x"}, "a")
    assert [one["type"] for one in written("responses", request)["input"]] == ["message"] * 3


def test_a_turn_that_says_nothing_is_no_turn_of_messages():
    request = Request("x", (user("hi"), Message("assistant", " "), user("there")))
    assert written("messages", request)["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "there"}]}
    ]


def sealed(wire: str, **fields: Any) -> str:
    """What of the sealed reasoning a call carries."""
    body = written(wire, RICH, **fields)
    return json.dumps(body["input"] if wire == "responses" else body["messages"])


@requirement("ours:far-wires")
def test_sealed_reasoning_goes_back_only_to_where_it_came_from():
    assert ('"o"' in sealed("responses"), '"sig"' in sealed("responses"), '"g"' in sealed("responses")) == (1, 0, 0)
    assert ('"o"' in sealed("messages"), '"sig"' in sealed("messages"), '"g"' in sealed("messages")) == (0, 1, 0)
    assert '"o"' not in sealed("responses", without=frozenset({"encrypted_content"}))
    assert '"sig"' not in sealed("messages", without=frozenset({"signature"}))
    everything = sealed("responses", model=OPENROUTER)
    assert all(one in everything for one in ('"o"', '"sig"', '"g"', "google-gemini-v1"))


@requirement("ours:far-wires")
@pytest.mark.parametrize(
    ("wire", "status", "error", "parameter"),
    [
        ("responses", 400, {"message": "no", "param": "text.format"}, "text.format"),
        ("responses", 400, {"message": "no", "param": "text.verbosity"}, "text.verbosity"),
        ("responses", 400, {"message": "Unknown parameter: 'top_p'."}, "top_p"),
        ("responses", 400, {"message": "Sealed content is not for this model.", "param": "include"}, "include"),
        ("responses", 400, {"message": "no", "code": "invalid_encrypted_content"}, "encrypted_content"),
        ("responses", 400, {"message": "reasoning.effort is not supported", "param": "reasoning.effort"}, "reasoning"),
        ("messages", 400, {"message": "output_config.format: Extra inputs"}, "output_config.format"),
        ("messages", 400, {"message": "this model has no effort parameter"}, "effort"),
        ("messages", 400, {"message": "`temperature` may only be 1"}, "temperature"),
        ("messages", 400, {"message": "Invalid `signature` in `thinking` block"}, "signature"),
    ],
)
def test_what_an_upstream_refuses_is_left_out_the_next_time(wire: str, status: int, error: Any, parameter: str):
    client, request = CLIENT_WIRES[wire], replace(RICH, tool_choice="auto")
    sent = client.optional(request, FAR, frozenset())
    found = client.read_error(status, {}, json.dumps({"error": error}).encode(), sent)
    assert isinstance(found, ParameterRefused) and found.parameter == parameter
    assert parameter not in client.optional(request, FAR, frozenset({parameter}))
    assert client.optional(request, FAR, frozenset({parameter})) == sent - {parameter}


def test_an_everyday_word_in_a_sentence_refuses_nothing():
    sent = CLIENT_WIRES["responses"].optional(RICH, FAR, frozenset())
    said = {"error": {"message": "the request must include a user message to store; the maximum context length is 8"}}
    found = CLIENT_WIRES["responses"].read_error(400, {}, json.dumps(said).encode(), sent)
    assert found.reason == "context_length" and not isinstance(found, ParameterRefused)


def test_a_declaration_that_is_refused_takes_the_choice_with_it():
    for wire in ("responses", "messages"):
        body = written(wire, RICH, without=frozenset({"tools"}))
        assert {"tools", "tool_choice", "parallel_tool_calls"}.isdisjoint(body)


@pytest.mark.parametrize(
    ("reasoning", "fields", "thinking", "effort"),
    [
        (None, {}, None, None),
        ({"effort": "high"}, {}, {"type": "adaptive"}, "high"),
        ({"effort": "minimal"}, {}, {"type": "adaptive"}, "low"),
        ({"effort": "none"}, {}, {"type": "disabled"}, None),
        ({"enabled": False}, {}, {"type": "disabled"}, None),
        ({"max_tokens": 2000}, {"max_tokens": 4000}, {"type": "enabled", "budget_tokens": 2000}, None),
        ({"max_tokens": 2000}, {"max_tokens": 1500}, {"type": "enabled", "budget_tokens": 1499}, None),
        ({"effort": "high"}, {"tool_choice": "required", "functions": RICH.functions}, None, "high"),
    ],
)
def test_how_much_to_think_is_said_as_messages_have_it(reasoning: Any, fields: Any, thinking: Any, effort: str | None):
    body = written("messages", Request("x", (user("hi"),), reasoning=reasoning, **fields))
    assert (body.get("thinking"), body.get("output_config", {}).get("effort")) == (thinking, effort)


def test_instructions_alone_are_what_an_upstream_answers():
    told = (Message("system", "Be brief."), Message("developer", "Be kind."))
    body = written("messages", Request("x", told))
    text = [{"type": "text", "text": "Be brief.\n\nBe kind."}]
    assert (body.get("system"), body["messages"]) == (None, [{"role": "user", "content": text}])
    alone = written("responses", Request("x", told[:1]))
    assert (alone.get("instructions"), alone["input"][0]["role"]) == (None, "system")


def test_policy_goes_to_those_who_know_its_words():
    policy: Any = {"provider": {"zdr": True}, "session_id": "s", "user": "u", "service_tier": "auto"}
    request = Request("x", (user("hi"),), policy=policy)
    assert written("responses", request, OPENROUTER).items() >= policy.items()
    assert written("responses", request).keys().isdisjoint({"provider", "session_id"})
    told = written("messages", request, OPENROUTER)
    assert (told["provider"], told["metadata"], told["service_tier"]) == ({"zdr": True}, {"user_id": "u"}, "auto")
    assert "provider" not in written("messages", request)


def test_a_messages_upstream_is_always_told_how_long_the_answer_may_be():
    request = Request("x", (user("hi"),))
    assert written("messages", request)["max_tokens"] == 8192
    assert written("messages", request, replace(FAR, max_output=64_000))["max_tokens"] == 64_000
    assert written("messages", replace(request, max_tokens=5))["max_tokens"] == 5


@pytest.mark.parametrize(
    ("part", "responses", "messages"),
    [
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
            {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://a.example/a.pdf"}},
            {"type": "input_file", "filename": "a.pdf", "file_url": "https://a.example/a.pdf"},
            {"type": "document", "title": "a.pdf", "source": {"type": "url", "url": "https://a.example/a.pdf"}},
        ),
        (
            {"type": "file", "file": {"file_id": "file_1"}},
            {"type": "input_file", "file_id": "file_1"},
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://a.example/v"}},
            {"type": "input_video", "video_url": "https://a.example/v"},
            {"type": "video_url", "video_url": {"url": "https://a.example/v"}},
        ),
        ({"type": "new", "x": 1}, {"type": "new", "x": 1}, {"type": "new", "x": 1}),
    ],
)
def test_an_attachment_takes_the_form_of_the_protocol(part: Any, responses: Any, messages: Any):
    request = Request("x", (Message("user", (Text("see"), Attachment(part))),))
    assert written("responses", request)["input"][0]["content"][1] == responses
    assert written("messages", request)["messages"][0]["content"][1] == messages


@pytest.mark.parametrize(
    ("wire", "status", "body", "reason"),
    [
        ("responses", 400, {"error": {"message": "x", "code": "context_length_exceeded"}}, "context_length"),
        ("responses", 429, {"error": {"message": "quota", "code": "insufficient_quota"}}, "upstream_spend_limit"),
        ("responses", 401, {"error": {"message": "bad key", "code": "invalid_api_key"}}, "upstream_auth"),
        ("responses", 502, {"error": {"message": "x"}}, "upstream_error"),
        ("messages", 400, {"type": "error", "error": {"message": "prompt is too long: 9"}}, "context_length"),
        ("messages", 400, {"error": {"message": "Your credit balance is too low"}}, "upstream_spend_limit"),
        ("messages", 404, {"error": {"type": "not_found_error", "message": "model: x"}}, "model_not_found"),
        ("messages", 413, {"error": {"type": "request_too_large", "message": "x"}}, "too_large"),
        ("messages", 529, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"),
    ],
)
def test_a_failure_is_named_by_the_fault_table(wire: str, status: int, body: Any, reason: str):
    error = CLIENT_WIRES[wire].read_error(status, {"Retry-After": "2"}, json.dumps(body).encode(), frozenset())
    assert (error.reason, error.status_code, error.retry_after) == (reason, status, 2.0)


@WIRES
@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b'{"error": "gone"}', b'{"error": {"metadata": 1}}'])
def test_an_error_of_any_form_has_a_reason(wire: str, body: bytes):
    assert CLIENT_WIRES[wire].read_error(500, {}, body, frozenset()).reason == "upstream_error"


@pytest.mark.parametrize(
    ("wire", "name", "value"), [("responses", "Authorization", "Bearer k"), ("messages", "x-api-key", "k")]
)
def test_the_key_is_sent_where_the_protocol_has_it_and_only_where_there_is_one(wire: str, name: str, value: str):
    client = CLIENT_WIRES[wire]
    assert key_headers(client.auth, "k") == {name: value}
    assert key_headers(client.auth, "") == {}
    assert (client.headers["x-openrouter-fusion-depth"], client.headers["Accept-Encoding"]) == ("1", "identity")
