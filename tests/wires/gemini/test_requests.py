"""What is asked of a Gemini upstream, in its own words."""

from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.types.messages import Attachment, Message, Text, ToolCall, system, user
from fuseline.types.requests import FunctionTool, Named, Request
from fuseline.wires.gemini.signatures import beside_call, seal
from tests.requirements import requirement
from tests.wires.gemini.far import BUDGETED, LEVELLED, WIRE, written

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"q": {"type": "string"}}, "additionalProperties": False}
FORM = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
LOOK = FunctionTool("look", "Looks.", SCHEMA, {"strict": True})
WAIT = FunctionTool("wait")
DETAILS: list[Any] = [
    {"type": "reasoning.encrypted", "data": "o", "format": "openai-responses-v1"},
    {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "anthropic-claude-v1"},
    seal("c2ln"),
]
RICH = Request(
    "x",
    (
        system("Be brief."),
        Message("user", (Text("Look:"), Attachment({"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}))),
        Message(
            "assistant",
            "Wait.",
            (ToolCall("c:1", "look", '{"q":1}', beside_call("Y2FsbA==")), ToolCall("c:2", "look", "{}")),
            reasoning="hm",
            opaque={"reasoning_details": DETAILS},
        ),
        Message("tool", "found", tool_call_id="c:1"),
        Message("tool", '{"pages": 2}', tool_call_id="c:2"),
        user("Well?"),
        Message("developer", "Be kind."),
    ),
    (LOOK, WAIT),
    tool_choice=Named("look"),
    max_tokens=100,
    temperature=0.5,
    reasoning={"effort": "high"},
    response_format=FORM,
    policy={"user": "u", "provider": {"zdr": True}, "session_id": "s", "service_tier": "flex"},
    extra={
        "top_p": 0.9, "top_k": 40, "stop": "END", "seed": 7, "presence_penalty": 0.1, "frequency_penalty": 0.2,
        "parallel_tool_calls": False, "logit_bias": {"1": 2},
    },
)  # fmt: skip


@requirement("ours:gemini")
def test_a_call_is_in_the_words_of_the_protocol():
    assert written(RICH) == snapshot(
        {
            "contents": [
                {
                    "role": "user",
                    "parts": [
                        {"text": "Look:"},
                        {"fileData": {"fileUri": "https://a.example/x.png", "mimeType": "image/png"}},
                    ],
                },
                {
                    "role": "model",
                    "parts": [
                        {"text": "Wait."},
                        {"text": "", "thoughtSignature": "c2ln"},
                        {
                            "functionCall": {"id": "c:1", "name": "look", "args": {"q": 1}},
                            "thoughtSignature": "Y2FsbA==",
                        },
                        {"functionCall": {"id": "c:2", "name": "look", "args": {}}},
                    ],
                },
                {
                    "role": "user",
                    "parts": [
                        {"functionResponse": {"id": "c:1", "name": "look", "response": {"output": "found"}}},
                        {"functionResponse": {"id": "c:2", "name": "look", "response": {"pages": 2}}},
                        {"text": "Well?"},
                    ],
                },
            ],
            "systemInstruction": {
                "parts": [
                    {
                        "text": """\
Be brief.

Be kind.\
"""
                    }
                ]
            },
            "generationConfig": {
                "maxOutputTokens": 100,
                "temperature": 0.5,
                "topP": 0.9,
                "topK": 40,
                "seed": 7,
                "presencePenalty": 0.1,
                "frequencyPenalty": 0.2,
                "stopSequences": ["END"],
                "thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True},
                "responseMimeType": "application/json",
                "responseJsonSchema": {
                    "type": "object",
                    "properties": {"q": {"type": "string"}},
                    "additionalProperties": False,
                },
            },
            "tools": [
                {
                    "functionDeclarations": [
                        {
                            "name": "look",
                            "description": "Looks.",
                            "parametersJsonSchema": {
                                "type": "object",
                                "properties": {"q": {"type": "string"}},
                                "additionalProperties": False,
                            },
                        },
                        {"name": "wait"},
                    ]
                }
            ],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}},
            "serviceTier": "flex",
        }
    )


def test_where_a_model_is_asked_is_in_the_path_and_no_key_is():
    assert WIRE.path(LEVELLED) == "/models/x:streamGenerateContent?alt=sse"
    tuned = replace(LEVELLED, name="tunedModels/my-own")
    assert WIRE.path(tuned) == "/tunedModels/my-own:streamGenerateContent?alt=sse"
    assert WIRE.path(replace(LEVELLED, name="models/x")) == WIRE.path(LEVELLED)
    assert WIRE.path(replace(LEVELLED, name="a?b#c")) == "/models/a%3Fb%23c:streamGenerateContent?alt=sse"
    assert WIRE.auth == "x-goog-api-key"


# What was said


def turns(*messages: Message, without: frozenset[str] = frozenset(), model: Any = LEVELLED) -> Any:
    """The turns of a conversation, each with its parts."""
    return [(turn["role"], turn["parts"]) for turn in written(Request("x", messages), model, without)["contents"]]


def test_instructions_alone_are_what_is_answered():
    body = written(Request("x", (system("Be brief."), Message("developer", "Be kind."))))
    assert "systemInstruction" not in body
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Be brief.\n\nBe kind."}]}]


def test_turns_of_one_role_are_one_and_blank_ones_none():
    said = turns(user("a"), Message("assistant", " "), user("b"), Message("assistant", "c"), Message("assistant", "d"))
    assert said == [("user", [{"text": "a"}, {"text": "b"}]), ("model", [{"text": "c"}, {"text": "d"}])]


def test_a_result_names_the_function_that_was_called_last_under_its_id():
    first, second = ToolCall("call_0", "look", "{}"), ToolCall("call_0", "wait", "{}")
    said = turns(
        user("a"),
        Message("assistant", "", (first,)),
        Message("tool", "x", tool_call_id="call_0"),
        Message("assistant", "", (second,)),
        Message("tool", "y", tool_call_id="call_0"),
        Message("tool", "z", tool_call_id="call_9"),
    )
    answers = [part["functionResponse"] for _, parts in said for part in parts if "functionResponse" in part]
    assert [(one["name"], one["response"]) for one in answers] == [
        ("look", {"output": "x"}),
        ("wait", {"output": "y"}),
        ("call_9", {"output": "z"}),
    ]


def test_ids_that_our_reader_made_stay_with_us():
    call = ToolCall("gcall_r1_0", "look", "{}", beside_call("s"))
    said = turns(user("a"), Message("assistant", "", (call,)), Message("tool", "x", tool_call_id="gcall_r1_0"))
    assert said[1:] == [
        ("model", [{"functionCall": {"name": "look", "args": {}}, "thoughtSignature": "s"}]),
        ("user", [{"functionResponse": {"name": "look", "response": {"output": "x"}}}]),
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [("", {}), ('{"a": 1}', {"a": 1}), ("[1]", {"arguments": "[1]"}), ('{"a": NaN}', {"arguments": '{"a": NaN}'})],
)
def test_arguments_are_an_object_whatever_a_model_wrote(text: str, read: Any):
    said = turns(user("a"), Message("assistant", "", (ToolCall("c", "look", text),)))
    assert said[1][1][0]["functionCall"]["args"] == read


@requirement("ours:gemini")
def test_signatures_go_back_with_the_call_that_they_came_with_even_where_a_client_lost_what_stood_beside_it():
    kept = Message("assistant", "", (ToolCall("c", "look", "{}"),), opaque={"reasoning_details": [seal("s", "c")]})
    assert turns(user("a"), kept)[1] == (
        "model",
        [{"functionCall": {"id": "c", "name": "look", "args": {}}, "thoughtSignature": "s"}],
    )


def called(*signatures: str) -> Message:
    """A turn with as many calls, each with its signature, if any."""
    calls = [
        ToolCall(f"c{number}", "look", "{}", beside_call(one) if one else {}) for number, one in enumerate(signatures)
    ]
    return Message("assistant", "", tuple(calls))


def signatures(*messages: Message, **fields: Any) -> list[Any]:
    """The signatures of the calls of a conversation, in their order."""
    said = turns(*messages, **fields)
    return [part.get("thoughtSignature") for _, parts in said for part in parts if "functionCall" in part]


SKIP = "skip_thought_signature_validator"
RESULT = Message("tool", "x", tool_call_id="c0")


@requirement("ours:gemini")
def test_a_call_whose_signature_is_missing_is_excused_where_one_is_asked_for():
    assert signatures(user("a"), called("", ""), RESULT) == [SKIP, None]
    assert signatures(user("a"), called("s", ""), RESULT) == ["s", None]
    assert signatures(user("a"), called("", "s"), RESULT) == [None, "s"]
    assert signatures(user("a"), called(""), RESULT, called(""), RESULT) == [SKIP, SKIP]
    assert signatures(user("a"), called(""), RESULT, user("b")) == [None]
    assert signatures(called("")) == [SKIP]
    assert signatures(user("a"), called(""), RESULT, model=BUDGETED) == [None]
    assert signatures(user("a"), called(""), RESULT, model=replace(LEVELLED, reasons=False)) == [None]


def test_signatures_that_are_refused_are_left_out_and_then_so_is_what_stands_for_them():
    history = (user("a"), called("s"), RESULT)
    assert signatures(*history, without=frozenset({"thoughtSignature"})) == [SKIP]
    assert signatures(*history, without=frozenset({"thoughtSignature", "placeholder"})) == [None]


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
            {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        ),
        (
            {"type": "image_url", "image_url": "https://a.example/x.webp?size=1"},
            {"fileData": {"fileUri": "https://a.example/x.webp?size=1", "mimeType": "image/webp"}},
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
            {"inlineData": {"mimeType": "application/pdf", "data": "AA=="}},
        ),
        (
            {"type": "file", "file": {"filename": "a.csv", "file_data": "AA=="}},
            {"inlineData": {"mimeType": "text/csv", "data": "AA=="}},
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_url": "https://a.example/a"}},
            {"fileData": {"fileUri": "https://a.example/a", "mimeType": "application/pdf"}},
        ),
        (
            {"type": "file", "file": {"file_id": "https://a.example/v1beta/files/abc"}},
            {"fileData": {"fileUri": "https://a.example/v1beta/files/abc"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
            {"inlineData": {"mimeType": "audio/wav", "data": "AA=="}},
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://www.youtube.com/watch?v=x"}},
            {"fileData": {"fileUri": "https://www.youtube.com/watch?v=x"}},
        ),
        ({"type": "new", "x": 1}, {"type": "new", "x": 1}),
    ],
)
def test_an_attachment_takes_the_form_of_the_protocol(part: Any, sent: Any):
    assert turns(Message("user", (Text("see"), Attachment(part))))[0][1] == [{"text": "see"}, sent]


def test_what_a_tool_shows_stands_behind_what_it_says():
    image = Attachment({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}})
    said = turns(user("a"), called("s"), Message("tool", (Text("x"), image), tool_call_id="c0"))
    assert [list(part) for part in said[2][1]] == [["functionResponse"], ["inlineData"]]


# What is asked for


def config(model: Any = LEVELLED, without: frozenset[str] = frozenset(), **fields: Any) -> Any:
    """How an answer shall be made."""
    return written(Request("x", (user("hi"),), **fields), model, without).get("generationConfig", {})


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (Named("look"), {"mode": "ANY", "allowedFunctionNames": ["look"]}),
    ],
)
def test_a_tool_choice_is_a_mode(choice: Any, sent: Any):
    body = written(Request("x", (user("hi"),), (LOOK,), tool_choice=choice))
    assert body["toolConfig"] == {"functionCallingConfig": sent}
    assert "toolConfig" not in written(Request("x", (user("hi"),), tool_choice=choice))


@pytest.mark.parametrize(
    ("reasoning", "level", "budget"),
    [
        (None, None, None),
        (
            {"effort": "high"},
            {"thinkingLevel": "HIGH", "includeThoughts": True},
            {"thinkingBudget": 8000, "includeThoughts": True},
        ),
        (
            {"effort": "max"},
            {"thinkingLevel": "HIGH", "includeThoughts": True},
            {"thinkingBudget": 9500, "includeThoughts": True},
        ),
        (
            {"effort": "minimal"},
            {"thinkingLevel": "LOW", "includeThoughts": True},
            {"thinkingBudget": 1024, "includeThoughts": True},
        ),
        ({"effort": "none"}, {"thinkingLevel": "LOW"}, {"thinkingBudget": 0}),
        ({"enabled": False}, {"thinkingLevel": "LOW"}, {"thinkingBudget": 0}),
        (
            {"max_tokens": 100},
            {"thinkingLevel": "LOW", "includeThoughts": True},
            {"thinkingBudget": 512, "includeThoughts": True},
        ),
        ({"exclude": True}, {"includeThoughts": False}, {"includeThoughts": False}),
    ],
)
@requirement("ours:gemini")
def test_how_much_to_think_is_said_as_a_word_or_as_a_number(reasoning: Any, level: Any, budget: Any):
    asked: dict[str, Any] = {"reasoning": reasoning, "max_tokens": 10_000}
    assert config(LEVELLED, **asked).get("thinkingConfig") == level
    assert config(BUDGETED, **asked).get("thinkingConfig") == budget
    assert "thinkingConfig" not in config(replace(LEVELLED, reasons=False), **asked)


def test_a_budget_is_no_more_than_any_model_takes():
    assert config(BUDGETED, reasoning={"effort": "max"})["thinkingConfig"]["thinkingBudget"] == 24_576


def test_a_word_is_one_that_the_model_knows():
    model = replace(LEVELLED, efforts=frozenset({"none", "minimal", "high"}))
    sent = [config(model, reasoning={"effort": word})["thinkingConfig"]["thinkingLevel"] for word in ("none", "xhigh")]
    assert sent == ["MINIMAL", "HIGH"]


def test_no_more_is_asked_for_than_a_model_can_say():
    assert config(replace(LEVELLED, max_output=50), max_tokens=100)["maxOutputTokens"] == 50
    assert config(replace(LEVELLED, max_output=50)) == {}


def test_a_temperature_that_cannot_be_set_is_not_sent_and_neither_is_a_top_k_of_nothing():
    assert config(replace(LEVELLED, temperature=False), temperature=0.5, extra={"top_k": 0}) == {}


def test_json_of_any_kind_has_no_schema():
    assert config(response_format={"type": "json_object"}) == {"responseMimeType": "application/json"}
    assert config(response_format={"type": "text"}) == {}
    assert config(replace(LEVELLED, schemas=False), response_format=FORM) == {"responseMimeType": "application/json"}


# What is refused


NAMES = {
    "temperature", "topP", "topK", "seed", "stopSequences", "penalty", "thinkingConfig", "responseMimeType",
    "responseJsonSchema", "tools", "parametersJsonSchema", "systemInstruction", "serviceTier", "thoughtSignature",
    "callId",
}  # fmt: skip


@requirement("ours:gemini")
def test_each_optional_parameter_can_be_left_out_alone():
    sent = WIRE.optional(RICH, LEVELLED, frozenset())
    assert sent == NAMES
    for name in sent:
        rest = WIRE.optional(RICH, LEVELLED, frozenset({name}))
        gone = {"tools": {"tools", "parametersJsonSchema"}, "responseMimeType": {name, "responseJsonSchema"}}
        assert rest - {"placeholder"} == sent - gone.get(name, {name})


def test_instructions_that_have_no_place_of_their_own_are_said_by_the_user():
    body = written(RICH, without=frozenset({"systemInstruction"}))
    assert body["contents"][0]["parts"][0] == {"text": "Be brief.\n\nBe kind."}


def test_functions_that_cannot_be_declared_by_a_json_schema_are_declared_the_older_way():
    body = written(RICH, without=frozenset({"parametersJsonSchema"}))
    assert body["tools"][0]["functionDeclarations"][0]["parameters"] == SCHEMA


def test_tools_that_are_refused_take_the_choice_with_them():
    assert {"tools", "toolConfig"}.isdisjoint(written(RICH, without=frozenset({"tools"})))
