"""Answers that have to be JSON: asked for in both ways, checked, mended once, and never half told."""

import json
from typing import Any

import pytest
from openai import APIError, APIStatusError, AsyncOpenAI, BadRequestError
from pydantic import BaseModel

from fuseline.engine import validation
from fuseline.wires.sse import KEEP_ALIVE
from tests.doors.http.players import BRISK, Door, last_text, open_door
from tests.doors.http.talk import QUESTION, Heard, plugin, question
from tests.requirements import requirement
from tests.upstream import Step, calls_tool, calls_tools, fails, says

pytestmark = [pytest.mark.anyio, requirement("wire:response-format")]

BOTH = pytest.mark.parametrize("streamed", [True, False])
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"color": {"type": "string"}, "certainty": {"type": "number", "maximum": 1}},
    "required": ["color", "certainty"],
    "additionalProperties": False,
}
FORMAT: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "sky", "strict": True, "schema": SCHEMA}}
RIGHT = '{"color": "blue", "certainty": 0.9}'
WRONG = '{"color": "blue", "certainty": 2}'
LOOK: dict[str, Any] = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CONVENES = calls_tool("openrouter_fusion", {"prompt": "Why?"}, text="I shall ask around.")


def wanted(model: str = "openrouter/fusion", **fields: Any) -> dict[str, Any]:
    """A request for an answer in the form."""
    return question(model, response_format=FORMAT, **fields)


def told(heard: Heard, streamed: bool) -> tuple[list[str], str, dict[str, Any]]:
    """The pieces of text that came, the finish reason, and the body that ends the reply."""
    if not streamed:
        choice = heard.body["choices"][0]
        return [choice["message"]["content"]], choice["finish_reason"], heard.body
    choices = [choice for chunk in heard.chunks for choice in chunk["choices"]]
    pieces = [text for choice in choices if (text := choice["delta"].get("content"))]
    return pieces, choices[-1]["finish_reason"], heard.chunks[-1]


def roles(heard: Heard, streamed: bool) -> list[str]:
    """Whose calls a reply has the costs of."""
    body = heard.chunks[-1] if streamed else heard.body
    return [call["role"] for call in body["usage"]["cost_details"]["calls"]]


@requirement("wire:outer-only")
async def test_the_writer_alone_is_told_the_form_by_parameter_and_in_words():
    async with open_door({"writer": [says(RIGHT)]}, fusion={"forward_system": True}) as door:
        await door.post(wanted(messages=[{"role": "system", "content": "Be brief."}, QUESTION]))
        sent = {call.model: call.body for call in door.upstream.log}
    assert sent["writer"]["response_format"] == FORMAT
    assert '"certainty":{"type":"number","maximum":1}' in str(sent["writer"]["messages"])
    for model in ("a", "b", "c"):
        assert "response_format" not in sent[model]
        assert "certainty" not in str(sent[model])
    assert "certainty" not in str(sent["judge"])


@requirement("wire:schema-stream")
@BOTH
async def test_a_right_answer_comes_in_one_piece(streamed: bool):
    async with open_door({"writer": [says(RIGHT, chunks=9, reasoning="Let me think.")]}) as door:
        heard = await door.post(wanted(stream=streamed))
        assert len(door.upstream.calls("writer")) == 1
    pieces, finish, body = told(heard, streamed)
    assert (pieces, finish, body["fusion"]["fusion_status"]) == ([RIGHT], "stop", "full")
    choices = [choice for chunk in heard.chunks for choice in chunk["choices"]] if streamed else heard.body["choices"]
    thoughts = [choice["delta" if streamed else "message"].get("reasoning") or "" for choice in choices]
    assert "".join(thoughts) == "Let me think."


@requirement("wire:schema-stream")
@BOTH
async def test_json_in_a_fence_is_taken_out_of_it(streamed: bool):
    async with open_door({"writer": [says(f"Here:\n\n```json\n{RIGHT}\n```\n\nGlad to help.")]}) as door:
        heard = await door.post(wanted(stream=streamed))
    assert told(heard, streamed)[0] == [RIGHT]


SPOILED = [
    pytest.param(says(WRONG), "at $.certainty: 2 is greater than the maximum of 1", id="schema"),
    pytest.param(says("It is blue."), "it is not valid JSON: expecting value, at line 1 column 1", id="prose"),
    pytest.param(says(RIGHT[:-5], finish="length"), "it was cut off before its end", id="cut"),
    pytest.param(says(RIGHT, finish="length"), "it was cut off before its end", id="length"),
]


@requirement("wire:schema-stream")
@BOTH
@pytest.mark.parametrize(("first", "problem"), SPOILED)
async def test_a_wrong_answer_is_mended_by_one_more_call_that_says_what_is_wrong(
    first: Step, problem: str, streamed: bool
):
    async with open_door({"writer": [first, says(RIGHT)]}) as door:
        heard = await door.post(wanted(stream=streamed))
        asked, again = (list(messages(call.body)) for call in door.upstream.calls("writer"))
    assert told(heard, streamed)[:2] == ([RIGHT], "stop")
    assert again[: len(asked)] == asked
    assert [message["role"] for message in again[len(asked) :]] == ["assistant", "user"]
    assert problem in again[-1]["content"]
    assert sorted(roles(heard, streamed)) == ["analyst", "panel", "panel", "panel", "writer", "writer"]


@requirement("wire:schema-stream", "client:no-retry")
@BOTH
async def test_an_answer_that_stays_wrong_is_an_error_and_nothing_of_it_is_told(streamed: bool):
    async with open_door({"writer": [says(WRONG)]}) as door:
        heard = await door.post(wanted(stream=streamed))
        assert len(door.upstream.calls("writer")) == 2
        runs = await door.house.store.runs(limit=1)
        saved = await door.house.store.run(runs[0].id)
    assert (heard.status, heard.headers["x-should-retry"]) == (502, "false")
    metadata = heard.error["metadata"]
    assert (metadata["error_type"], metadata["failure_reason"]) == ("provider_unavailable", "response_format_mismatch")
    assert "at $.certainty: 2 is greater than the maximum of 1" in heard.error["message"]
    assert saved
    assert (len(saved.calls), saved.status, saved.result["answer"]) == (6, "failed", WRONG)
    assert sum(call.cost for call in saved.calls) > 0


@requirement("wire:schema-stream", "client:late-error")
async def test_an_error_that_comes_late_comes_in_the_stream_with_what_was_spent():
    async with open_door({"writer": [says(WRONG, delay_s=0.5)]}, pace=BRISK) as door:
        heard = await door.post(wanted(stream=True))
    assert heard.status == 200
    *_, broken, last = heard.chunks
    assert (heard.text, broken["choices"][0]["finish_reason"]) == ("", "error")
    assert broken["error"]["metadata"]["failure_reason"] == "response_format_mismatch"
    assert last["usage"]["cost"] > 0
    assert KEEP_ALIVE in heard.raw


@BOTH
async def test_where_no_writer_can_write_no_panel_answer_stands_in(streamed: bool):
    async with open_door({"writer": [fails(500)]}) as door:
        heard = await door.post(wanted(stream=streamed))
    assert (heard.status, heard.error["metadata"]["failure_reason"]) == (502, "synthesis_failed")


async def test_a_repair_that_fails_leaves_the_first_complaint():
    async with open_door({"writer": [says(WRONG), fails(400)]}) as door:
        heard = await door.post(wanted())
    assert heard.status == 502
    assert "greater than the maximum" in heard.error["message"]


async def test_a_repair_has_a_quarter_of_the_time_that_is_left():
    slow = says(RIGHT, delay_s=30)
    async with open_door({"writer": [says(WRONG), slow]}, clocks={"run_s": 4.0, "reserve_s": 1.0}) as door:
        heard = await door.post(wanted())
    assert heard.arrivals[-1][0] < 3
    assert heard.body["error"]["metadata"]["failure_reason"] == "response_format_mismatch"


@requirement("ours:schema-learned")
async def test_an_upstream_that_refuses_the_parameter_still_has_the_words():
    refuses = fails(400, message="response_format is not supported", param="response_format")
    async with open_door({"writer": [refuses, says(RIGHT)]}) as door:
        heard = await door.post(wanted())
        first, second = (call.body for call in door.upstream.calls("writer"))
    assert told(heard, False)[0] == [RIGHT]
    assert ("response_format" in first, "response_format" in second) == (True, False)
    assert '"certainty"' in str(second["messages"])


@BOTH
async def test_a_json_object_is_any_object(streamed: bool):
    async with open_door({"writer": [says("[1]"), says('{"any": [1]}')]}) as door:
        heard = await door.post(question(response_format={"type": "json_object"}, stream=streamed))
        again = last_text(door.upstream.calls("writer")[1].body)
    assert told(heard, streamed)[0] == ['{"any": [1]}']
    assert "it is not an object" in again


@requirement("wire:plugin", "wire:preamble")
@BOTH
@pytest.mark.parametrize("convenes", [True, False])
async def test_a_model_that_decides_is_held_to_the_form_in_its_last_turn_only(convenes: bool, streamed: bool):
    script = [*([CONVENES] if convenes else []), says(WRONG), says(RIGHT)]
    async with open_door({"a": script}) as door:
        seats = plugin(analysis_models=["lab/b"], model="lab/judge")
        heard = await door.post(wanted("lab/a", stream=streamed, plugins=seats))
        calls = [call.body for call in door.upstream.calls("a")]
    pieces, finish, _ = told(heard, streamed)
    assert (pieces, finish) == ([RIGHT], "stop")
    assert [call["response_format"] for call in calls] == [FORMAT] * len(script)
    assert calls[-1]["tool_choice"] == "none"
    assert b"ask around" not in heard.raw


@BOTH
async def test_a_call_of_the_clients_function_is_no_answer_and_needs_no_form(streamed: bool):
    async with open_door({"writer": [calls_tool("look", {}, text="One moment.")]}) as door:
        heard = await door.post(wanted(stream=streamed, tools=[LOOK]))
        assert door.asked == ["writer"]
    pieces, finish, _ = told(heard, streamed)
    assert (pieces, finish) == (["One moment."], "tool_calls")


async def test_calls_of_fusion_and_of_a_function_in_one_turn_need_no_form():
    both = calls_tools(("c1", "openrouter_fusion", {"prompt": "Why?"}), ("c2", "look", {}), text="One moment.")
    async with open_door({"writer": [both]}) as door:
        heard = await door.post(wanted(tools=[LOOK]))
    message = heard.body["choices"][0]["message"]
    assert ([call["function"]["name"] for call in message["tool_calls"]], message["content"]) == (
        ["look"],
        "One moment.",
    )


async def test_a_call_instead_of_a_repair_is_an_error():
    async with open_door({"writer": [says(WRONG), calls_tool("look", {})]}) as door:
        heard = await door.post(wanted(tools=[LOOK]))
        assert door.upstream.calls("writer")[1].body["tool_choice"] == "none"
    assert heard.error["metadata"]["failure_reason"] == "response_format_mismatch"


@BOTH
async def test_a_refusal_passes_as_one(streamed: bool):
    async with open_door({"writer": [says("", refusal="I will not.")]}) as door:
        heard = await door.post(wanted(stream=streamed))
        assert len(door.upstream.calls("writer")) == 1
    assert heard.status == 200
    assert b"I will not." in heard.raw


async def test_a_filtered_answer_passes_with_its_finish_reason():
    async with open_door({"writer": [says("It is", finish="content_filter")]}) as door:
        heard = await door.post(wanted())
    assert told(heard, False)[:2] == (["It is"], "content_filter")


@requirement("wire:schema-stream")
@pytest.mark.parametrize("fields", [{"model": "lab/a"}, {"tool_choice": "none", "plugins": plugin(model="lab/a")}])
async def test_for_a_plain_call_nothing_changes(fields: dict[str, Any]):
    async with open_door({"a": [says(WRONG, chunks=3, pace_s=0.05)]}) as door:
        heard = await door.post(wanted(**fields, stream=True))
        (call,) = door.upstream.log
    assert (call.body["response_format"], call.body["messages"]) == (FORMAT, [QUESTION])
    pieces, finish, _ = told(heard, True)
    assert ("".join(pieces), len(pieces) > 1, finish) == (WRONG, True, "stop")


BAD_SCHEMAS = [
    {"type": "strin"},
    {"$ref": "http://127.0.0.1:9/schema.json"},
    {"description": "x" * (1 << 16)},
    "object",
]


@requirement("wire:schema-refused")
@BOTH
@pytest.mark.parametrize("schema", BAD_SCHEMAS, ids=["type", "elsewhere", "long", "string"])
async def test_a_schema_that_is_none_is_refused_before_anything_is_spent(schema: Any, streamed: bool):
    asked: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    async with open_door() as door:
        heard = await door.post(question(response_format=asked, stream=streamed))
        assert door.asked == []
        assert len(await door.house.store.runs(limit=1)) == 0
    assert (heard.status, heard.error["param"]) == (400, "response_format.json_schema.schema")
    assert "x-should-retry" not in heard.headers


@requirement("ours:schema-bounds")
async def test_a_schema_that_takes_too_long_is_an_error_and_not_asked_about_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(validation, "MOST_SECONDS", 0.2)
    parts: dict[str, Any] = {"d0": {"type": "string"}}
    for level in range(1, 30):
        parts[f"d{level}"] = {"anyOf": [{"$ref": f"#/$defs/d{level - 1}"}] * 2}
    schema = {"$defs": parts, "properties": {"color": {"$ref": "#/$defs/d29"}}}
    asked: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    async with open_door({"writer": [says('{"color": 1}')]}) as door:
        heard = await door.post(question(response_format=asked))
        assert len(door.upstream.calls("writer")) == 1
    assert heard.error["metadata"]["failure_reason"] == "response_format_mismatch"
    assert "takes too long" in heard.error["message"]


class Sky(BaseModel):
    """What the SDK is asked to return."""

    color: str
    certainty: float


def sdk(door: Door) -> AsyncOpenAI:
    """The unmodified SDK, pointed at a door."""
    return AsyncOpenAI(base_url=f"{door.origin}/v1", api_key="unused")


MESSAGES: Any = [QUESTION]


@requirement("client:openai-sdk")
async def test_the_sdk_parses_a_fused_answer_into_a_model():
    async with open_door({"writer": [says(f"```json\n{RIGHT}\n```")]}) as door, sdk(door) as client:
        reply = await client.chat.completions.parse(model="openrouter/fusion", messages=MESSAGES, response_format=Sky)
    assert reply.choices[0].message.parsed == Sky(color="blue", certainty=0.9)


@requirement("client:openai-sdk", "wire:schema-stream")
async def test_the_sdk_parses_a_streamed_answer_into_a_model():
    async with open_door({"writer": [says(RIGHT, chunks=7)]}) as door, sdk(door) as client:
        helper = client.chat.completions.stream(model="openrouter/fusion", messages=MESSAGES, response_format=Sky)
        async with helper as stream:
            final = await stream.get_final_completion()
    assert final.choices[0].message.parsed == Sky(color="blue", certainty=0.9)


@requirement("client:openai-sdk")
async def test_the_sdk_is_given_json_by_the_raw_parameter():
    async with open_door({"writer": [says("blue"), says(RIGHT)]}) as door, sdk(door) as client:
        raw: Any = FORMAT
        reply = await client.chat.completions.create(model="openrouter/fusion", messages=MESSAGES, response_format=raw)
    assert json.loads(reply.choices[0].message.content or "") == {"color": "blue", "certainty": 0.9}


@requirement("client:openai-sdk", "wire:functions")
async def test_the_sdk_gets_the_arguments_of_a_function_through_fusion():
    """The way in which instructor asks for a model: as the arguments of a function that is forced."""
    tool: Any = {"type": "function", "function": {"name": "Sky", "parameters": Sky.model_json_schema()}}
    choice: Any = {"type": "function", "function": {"name": "Sky"}}
    async with open_door({"writer": [calls_tool("Sky", RIGHT)]}) as door, sdk(door) as client:
        reply = await client.chat.completions.create(
            model="openrouter/fusion", messages=MESSAGES, tools=[tool], tool_choice=choice
        )
        assert door.upstream.calls("writer")[0].body["tool_choice"] == choice
    called: Any = reply.choices[0].message.tool_calls
    assert Sky.model_validate_json(called[0].function.arguments) == Sky(color="blue", certainty=0.9)


@requirement("client:openai-sdk", "client:no-retry")
@BOTH
async def test_the_sdk_does_not_buy_a_mismatch_again(streamed: bool):
    async with open_door({"writer": [says(WRONG)]}) as door, sdk(door) as client:
        raw: Any = FORMAT
        with pytest.raises(APIStatusError) as caught:
            await client.chat.completions.create(
                model="openrouter/fusion", messages=MESSAGES, response_format=raw, stream=streamed
            )
        assert len(door.asked) == 6
    assert caught.value.status_code == 502


@requirement("client:openai-sdk", "wire:schema-refused")
async def test_a_bad_schema_is_a_bad_request_to_the_sdk():
    raw: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": 7}}}
    async with open_door() as door, sdk(door) as client:
        with pytest.raises(BadRequestError) as caught:
            await client.chat.completions.create(model="openrouter/fusion", messages=MESSAGES, response_format=raw)
        assert door.asked == []
    assert isinstance(caught.value, APIError)
    assert caught.value.param == "response_format.json_schema.schema"


def messages(body: Any) -> list[dict[str, Any]]:
    """The conversation that a call to an upstream carried."""
    return body["messages"]
