"""Messages requests: read block by block, strict where it matters, and deaf to what nobody here knows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.types.errors import InvalidRequest
from fuseline.types.messages import Attachment, Message, Text, ToolCall
from fuseline.types.requests import FunctionTool, Named, Request, ServerTool, StopRule
from fuseline.wires.messages.requests import read_request
from fuseline.wires.messages.wire import MessagesServer
from tests.planner.desk import plan
from tests.requirements import requirement
from tests.wires.test_any_body import VALUE

pytestmark = requirement("wire:messages-request")
USER: Any = {"role": "user", "content": "Why?"}
LOOK: Any = {"name": "look", "description": "Look.", "input_schema": {"type": "object"}}


def read(headers: dict[str, str] | None = None, **fields: Any) -> Request:
    """A request with these fields."""
    return read_request(json.dumps({"model": "lab/a", "messages": [USER], **fields}).encode(), headers or {})


def turns(*blocks: Any, role: str = "user") -> tuple[Message, ...]:
    """The turns that one message of these blocks is."""
    return read(messages=[{"role": role, "content": list(blocks)}]).messages


def test_a_bare_request_needs_a_model_and_a_message_and_no_limit():
    assert read() == Request("lab/a", (Message("user", "Why?"),), echo={"thinking": False})


def test_every_field_has_its_place():
    request = read(
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        max_tokens=7,
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        stop_sequences=["END"],
        stream=True,
        metadata={"user_id": "u1"},
        session_id="s1",
        provider={"order": ["x"]},
        models=["lab/b"],
        fallbacks=[{"model": "lab/c", "max_tokens": 1}],
        plugins=[{"id": "fusion", "preset": "general-fast"}],
        stop_server_tools_when=[{"type": "step_count_is", "step_count": 2}],
        output_config={"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    )
    assert request.messages == (Message("system", "Be brief."), Message("user", "Why?"))
    assert (request.max_tokens, request.temperature, request.streaming) == (7, 0.5, True)
    assert request.extra == {"top_p": 0.9, "top_k": 40, "stop": ["END"]}
    assert request.policy == {"provider": {"order": ["x"]}, "session_id": "s1", "user": "u1"}
    assert (request.fallbacks, request.plugins[0].parameters) == (("lab/b", "lab/c"), {"preset": "general-fast"})
    assert (request.stop_rules, request.reasoning) == ((StopRule("step_count_is", 2),), {"effort": "high"})
    assert request.response_format == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}},
    }


def test_the_wish_to_have_the_prompt_kept_is_for_who_answers():
    assert read(cache_control={"type": "ephemeral", "ttl": "1h"}).extra == {
        "cache_control": {"type": "ephemeral", "ttl": "1h"}
    }


@requirement("wire:unknown-fields")
def test_what_nobody_here_knows_is_ignored():
    known = read(tools=[LOOK])
    unknown: dict[str, Any] = {
        "context_management": {"edits": [{"type": "clear_thinking_20251015"}]},
        "service_tier": "auto",
        "speed": "fast",
        "mcp_servers": [],
        "container": 7,
        "n": 5,
        "output_config": {"task_budget": {"type": "tokens", "total": 1}},
        "tools": [{**LOOK, "defer_loading": True, "cache_control": {}, "input_examples": [{"headers": {}}]}],
    }
    assert read(**unknown, headers={"anthropic-beta": "x", "anthropic-version": "2023-06-01"}) == known


def test_the_results_of_tools_come_before_what_was_said_beside_them():
    image = {"type": "image", "source": {"type": "url", "url": "https://a.example/x.png"}}
    said = turns(
        {"type": "text", "text": "Here."},
        {"type": "tool_result", "tool_use_id": "t1", "content": "one"},
        {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "text", "text": "two"}, image]},
        {"type": "tool_result", "tool_use_id": "t3", "content": "no", "is_error": True},
        {"type": "tool_result", "tool_use_id": "t4"},
    )
    shown = Attachment({"type": "image_url", "image_url": {"url": "https://a.example/x.png"}})
    assert said == (
        Message("tool", "one", tool_call_id="t1"),
        Message("tool", "two", tool_call_id="t2"),
        Message("tool", "Error: no", tool_call_id="t3"),
        Message("tool", "", tool_call_id="t4"),
        Message("user", (Text("Here."), shown)),
    )


DATA = {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}
FILE = {"filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBE"}


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
        ),
        ({"type": "document", "source": DATA}, {"type": "file", "file": FILE}),
        (
            {"type": "document", "title": "T.pdf", "source": DATA},
            {"type": "file", "file": {**FILE, "filename": "T.pdf"}},
        ),
        (
            {"type": "document", "source": {"type": "url", "url": "https://a.example/p.pdf"}},
            {"type": "file", "file": {"filename": "p.pdf", "file_data": "https://a.example/p.pdf"}},
        ),
        (
            {"type": "document", "source": {"type": "file", "file_id": "f1"}},
            {"type": "file", "file": {"file_id": "f1"}},
        ),
    ],
)
def test_what_is_shown_takes_the_form_of_chat_completions(block: Any, part: Any):
    assert turns(block) == (Message("user", (Attachment(part),)),)


@pytest.mark.parametrize(
    ("block", "texts"),
    [
        ({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "D"}}, ["D"]),
        ({"type": "document", "title": "T", "source": {"type": "content", "content": "D"}}, ["T", "D"]),
        (
            {"type": "search_result", "title": "T", "source": "https://a", "content": [{"type": "text", "text": "S"}]},
            ["T\nhttps://a", "S"],
        ),
    ],
)
def test_a_document_that_is_text_is_read_as_text(block: Any, texts: list[str]):
    assert turns(block, {"type": "text", "text": "Q"})[0].text == "\n\n".join([*texts, "Q"])


@requirement("wire:messages-thinking")
def test_an_assistants_turn_has_its_thoughts_and_its_calls():
    said = turns(
        {"type": "thinking", "thinking": "hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xx"},
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "t1", "name": "look", "input": {"q": "é"}, "caller": {"type": "direct"}},
        role="assistant",
    )
    signed = {"type": "reasoning.text", "text": "hm", "signature": "sig", "format": "anthropic-claude-v1"}
    sealed = {"type": "reasoning.encrypted", "data": "xx", "format": "anthropic-claude-v1"}
    call = ToolCall("t1", "look", '{"q":"é"}')
    opaque: Any = {"reasoning_details": [signed, sealed]}
    assert said == (Message("assistant", "Let me look.", (call,), reasoning="hm", opaque=opaque),)


@requirement("wire:messages-thinking")
@pytest.mark.parametrize("signature", [{}, {"signature": ""}, {"signature": None}])
def test_a_thought_without_a_signature_is_kept_to_ourselves(signature: Any):
    thought = {"type": "thinking", "thinking": "hm", **signature}
    said = turns(thought, {"type": "text", "text": "Yes."}, role="assistant")
    assert said == (Message("assistant", "Yes.", reasoning="hm"),)


RUN: Any = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "openrouter:fusion", "input": {"prompt": "Why?"}}
RESULT: Any = {"type": "openrouter_fusion_tool_result", "tool_use_id": "srvtoolu_1", "content": {"status": "ok"}}


@requirement("wire:messages-replay")
def test_a_fusion_run_that_comes_back_is_a_call_and_its_result():
    said = turns(
        {"type": "text", "text": "Let me ask."}, RUN, RESULT, {"type": "text", "text": "So."}, role="assistant"
    )
    assert said == (
        Message("assistant", "Let me ask.", (ToolCall("srvtoolu_1", "openrouter_fusion", '{"prompt":"Why?"}'),)),
        Message("tool", '{"status":"ok"}', tool_call_id="srvtoolu_1"),
        Message("assistant", "So."),
    )


@requirement("wire:messages-replay")
@pytest.mark.parametrize("blocks", [[RUN], [RESULT], [RESULT, RUN], [{**RUN, "name": "web_search"}, RESULT]])
def test_half_a_run_is_forgotten(blocks: list[Any]):
    assert turns(*blocks, {"type": "text", "text": "So."}, role="assistant") == (Message("assistant", "So."),)


def test_a_message_of_strange_blocks_alone_is_no_turn():
    strange = {"role": "assistant", "content": [{"type": "container_upload", "file_id": "f"}]}
    assert read(messages=[USER, strange, USER]).messages == (Message("user", "Why?"),) * 2


def test_instructions_may_stand_among_the_messages():
    assert read(messages=[USER, {"role": "system", "content": "Now in French."}]).messages[1].role == "system"


def test_tools_are_the_clients_or_the_gateways():
    fusion = {"type": "openrouter:fusion", "parameters": {"preset": "x"}}
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
    request = read(tools=[{**LOOK, "strict": True}, {**LOOK, "type": "custom", "name": "see"}, fusion, search])
    assert request.functions == (
        FunctionTool("look", "Look.", {"type": "object"}, {"strict": True}),
        FunctionTool("see", "Look.", {"type": "object"}),
    )
    assert request.server_tools == (
        ServerTool("openrouter:fusion", {"preset": "x"}),
        ServerTool("web_search_20250305", {"max_uses": 3}),
    )


@pytest.mark.parametrize(
    ("choice", "read_as"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "look"}, Named("look")),
        ({"type": "tool", "name": "openrouter:fusion"}, Named("openrouter:fusion")),
        ({"type": "tool", "name": "web_search"}, Named("web_search_20250305")),
        ({"type": "openrouter:fusion"}, Named("openrouter:fusion")),
        (None, None),
    ],
)
def test_a_tool_choice_is_read_in_this_vendors_words(choice: Any, read_as: Any):
    search = {"type": "web_search_20250305", "name": "web_search"}
    assert read(tools=[LOOK, search], tool_choice=choice).tool_choice == read_as


def test_calls_at_once_are_forbidden_only_where_there_is_something_to_call():
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    assert read(tools=[LOOK], tool_choice=choice).extra == {"parallel_tool_calls": False}
    assert read(tools=[{"type": "openrouter:fusion"}], tool_choice=choice).extra == {}


@requirement("wire:messages-thinking")
@pytest.mark.parametrize(
    ("thinking", "effort", "reasoning", "shown"),
    [
        (None, None, None, False),
        ({"type": "adaptive"}, None, None, True),
        ({"type": "adaptive", "display": "omitted"}, "low", {"effort": "low"}, False),
        ({"type": "enabled", "budget_tokens": 2048}, None, {"max_tokens": 2048}, True),
        ({"type": "enabled", "budget_tokens": 2048}, "max", {"effort": "max"}, True),
        ({"type": "enabled"}, None, {"enabled": True}, True),
        ({"type": "disabled"}, "high", {"enabled": False}, False),
        ({"type": "of-tomorrow"}, None, None, False),
    ],
)
def test_thinking_is_asked_for_in_words_that_upstreams_know(thinking: Any, effort: Any, reasoning: Any, shown: bool):
    request = read(thinking=thinking, output_config={"effort": effort})
    assert (request.reasoning, request.echo["thinking"]) == (reasoning, shown)


def test_headers_say_what_the_client_wishes_to_see():
    headers = {"x-fusion-events": "true", "x-openrouter-metadata": "enabled", "x-openrouter-fusion-depth": "1"}
    request = read(headers)
    assert (request.include_fusion, request.include_server_tools, request.include_metadata) == (True, True, True)
    assert request.depth == 1


def test_a_schema_may_speak_of_what_a_request_may_not():
    schema = {"type": "object", "properties": {"headers": {"type": "object"}, "api_key": {"type": "string"}}}
    fetch = {"name": "fetch", "input_schema": schema}
    shaped = {"format": {"type": "json_schema", "schema": schema}}
    assert read(tools=[fetch], output_config=shaped).functions[0].parameters == schema


def block(fields: Any) -> dict[str, Any]:
    """A request whose message is one block."""
    return {"messages": [{"role": "user", "content": [fields]}]}


HERE = "messages[0].content[0]"


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"model": None}, "invalid_request", "model"),
    ({"messages": None}, "invalid_request", "messages"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "invalid_prompt", "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "invalid_prompt", "messages[0].content"),
    ({"messages": [{"role": "user", "content": []}]}, "invalid_prompt", "messages"),
    (block({"type": "text"}), "invalid_prompt", f"{HERE}.text"),
    (block({"type": "image", "source": {"type": "file"}}), "invalid_prompt", f"{HERE}.source"),
    (block({"type": "image", "source": {"type": "url"}}), "invalid_prompt", f"{HERE}.source.url"),
    (block({"type": "document"}), "invalid_prompt", f"{HERE}.source"),
    (block({"type": "tool_result", "content": "x"}), "invalid_prompt", f"{HERE}.tool_use_id"),
    ({"system": 7}, "invalid_request", "system"),
    ({"system": [{"type": "text"}]}, "invalid_prompt", "system[0].text"),
    ({"max_tokens": 0}, "invalid_request", "max_tokens"),
    ({"thinking": {"type": "enabled", "budget_tokens": -1}}, "invalid_request", "thinking.budget_tokens"),
    ({"temperature": 3}, "invalid_request", "temperature"),
    ({"tools": [{"input_schema": {}}]}, "invalid_request", "tools[0].name"),
    ({"tools": [{"name": "a b", "input_schema": {}}]}, "invalid_request", "tools[0].name"),
    ({"tool_choice": "auto"}, "invalid_request", "tool_choice"),
    ({"tool_choice": {"type": "perhaps"}}, "invalid_request", "tool_choice"),
    ({"tool_choice": {"type": "tool"}}, "invalid_request", "tool_choice"),
    ({"api_key": "x"}, "invalid_request", "api_key"),
    ({"tools": [{**LOOK, "headers": {}}]}, "invalid_request", "tools[0].headers"),
]


@requirement("wire:messages-errors")
@pytest.mark.parametrize(("fields", "kind", "param"), WRONG)
def test_what_is_wrong_is_named_with_its_place(fields: dict[str, Any], kind: str, param: str):
    with pytest.raises(InvalidRequest) as caught:
        read(**fields)
    assert (caught.value.kind, caught.value.param) == (kind, param)


KEYS = st.sampled_from(
    "role content type text name id input thinking signature data source url media_type tool_use_id title enabled "
    "analysis_models model input_schema parameters budget_tokens effort format schema user_id is_error".split()
)
TYPES = st.sampled_from(
    "text image document tool_result tool_use thinking redacted_thinking server_tool_use base64 url content custom "
    "openrouter_fusion_tool_result openrouter:fusion openrouter:datetime tool any auto enabled adaptive".split()
)
PIECE: st.SearchStrategy[Any] = st.dictionaries(
    KEYS | st.just("type"), VALUE | TYPES, max_size=5
) | st.fixed_dictionaries(
    {"type": TYPES}, optional=dict.fromkeys(("text", "source", "content", "name", "input", "id"), VALUE | TYPES)
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]), "content": VALUE | st.lists(PIECE, max_size=3)}
)
BODY = st.fixed_dictionaries(
    {"model": st.sampled_from(["fusion", "lab/a"]), "messages": st.lists(MESSAGE, min_size=1, max_size=2)},
    optional={
        "system": VALUE | st.lists(PIECE, max_size=2),
        "tools": st.lists(PIECE, max_size=2),
        "tool_choice": PIECE | VALUE,
        "thinking": PIECE | VALUE,
        "output_config": VALUE,
        "metadata": VALUE,
        "fallbacks": VALUE,
    },
)


@requirement("wire:messages-errors")
@given(BODY)
def test_any_request_is_understood_or_refused(body: dict[str, Any]):
    try:
        plan(read_request(json.dumps(body).encode(), {}))
    except InvalidRequest as error:
        written = MessagesServer().write_error(error)
        assert 400 <= written.status < 500
        assert json.loads(written.body)["type"] == "error"
