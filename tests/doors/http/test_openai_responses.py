"""The unmodified openai SDK works on the Responses wire, streamed and not, with nothing changed but its base URL."""

import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel

from tests.doors.http.players import open_door
from tests.doors.http.test_openai_sdk import client
from tests.requirements import requirement
from tests.upstream import calls_tool, fails, says

pytestmark = [
    pytest.mark.anyio,
    requirement("client:openai-sdk"),
    # the SDK's helpers write out items that it has read as messages, whatever they are, and then warn of their type
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
]

ALIAS = "openrouter/fusion"
QUESTION = "Why is the sky blue?"
FUSED = "Because blue light\n\nscatters – 更多 – more."
SCRIPTS: dict[str, Any] = {"writer": [says(FUSED, chunks=9)]}
LOOK: Any = {"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": False}
PREFIXES = pytest.mark.parametrize("prefix", ["/v1", "/api/v1"])


async def events_of(sdk: AsyncOpenAI, **options: Any) -> list[Any]:
    """Every event of a streamed response."""
    create: Any = sdk.responses.create
    stream = await create(**{"model": ALIAS, "input": QUESTION, **options}, stream=True)
    return [event async for event in stream]


@PREFIXES
@requirement("responses:reply", "responses:fusion-item")
async def test_a_whole_reply(prefix: str):
    async with open_door(SCRIPTS) as door, client(door, prefix) as sdk:
        reply = await sdk.responses.create(model=ALIAS, input=QUESTION, instructions="Be brief.")
    fusion: Any = reply.output[0]
    assert (reply.output_text, reply.status, reply.model) == (FUSED, "completed", "writer")
    assert (fusion.type, fusion.status, fusion.content) == ("openrouter:fusion", "completed", [])
    assert [one["model"] for one in fusion.responses] == ["lab/a", "lab/b", "lab/c"]
    assert (reply.instructions, reply.tools, reply.tool_choice) == ("Be brief.", [], "auto")
    assert reply.usage
    assert reply.usage.total_tokens == reply.usage.input_tokens + reply.usage.output_tokens


@PREFIXES
@requirement("responses:stream")
async def test_a_streamed_reply(prefix: str):
    async with open_door(SCRIPTS) as door, client(door, prefix) as sdk:
        events = await events_of(sdk)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == FUSED
    panel = [event for event in events if event.type == "response.fusion_call.panel.completed"]
    assert sorted(event.panel_index for event in panel) == [0, 1, 2]
    assert (events[-1].type, events[-1].response.output_text) == ("response.completed", FUSED)


@requirement("responses:stream")
async def test_the_stream_helper_puts_the_same_reply_together():
    async with open_door(SCRIPTS) as door, client(door) as sdk:
        async with sdk.responses.stream(model=ALIAS, input=QUESTION) as stream:
            kinds = {event.type async for event in stream}
            final = await stream.get_final_response()
    assert (final.output_text, final.status) == (FUSED, "completed")
    assert {"response.output_text.done", "response.fusion_call.panel.delta", "response.completed"} <= kinds


@requirement("responses:fusion-item", "responses:degraded")
@pytest.mark.parametrize("helper", [False, True])
async def test_a_dead_seat_does_not_end_the_sdks_stream(helper: bool):
    async with open_door({**SCRIPTS, "b": [fails(429, retry_after="soon")]}) as door, client(door) as sdk:
        if helper:
            async with sdk.responses.stream(model=ALIAS, input=QUESTION) as stream:
                events: list[Any] = [event async for event in stream]
        else:
            events = await events_of(sdk)
    (failed,) = (event for event in events if event.type == "response.fusion_call.panel.failed")
    assert (failed.status_code, "rate limit" in failed.message) == (429, True)
    assert (events[-1].type, events[-1].response.output_text) == ("response.completed", FUSED)


class Colour(BaseModel):
    """What the answer is asked to be."""

    name: str


@requirement("responses:request")
async def test_a_parsed_answer_has_the_form_that_was_asked_for():
    async with open_door({"writer": [says('{"name": "blue"}')]}) as door, client(door) as sdk:
        reply = await sdk.responses.parse(model=ALIAS, input=QUESTION, text_format=Colour)
        sent: Any = door.upstream.calls("writer")[0].body["response_format"]
    assert reply.output_parsed == Colour(name="blue")
    assert (sent["type"], sent["json_schema"]["name"], sent["json_schema"]["strict"]) == ("json_schema", "Colour", True)


@requirement("wire:tool", "responses:fusion-item")
async def test_a_named_choice_of_the_tool_convenes_the_panel_and_is_not_said_back():
    tool: Any = {
        "type": "openrouter:fusion",
        "parameters": {"analysis_models": ["lab/b", "lab/c"], "model": "lab/judge"},
    }
    choice: Any = {"type": "openrouter:fusion"}
    async with open_door({"a": [says("Compared.")]}) as door, client(door) as sdk:
        reply = await sdk.responses.create(model="lab/a", input=QUESTION, tools=[tool], tool_choice=choice)
        assert door.asked == ["a", "b", "c", "judge"]
    assert (reply.output_text, reply.tools, reply.tool_choice) == ("Compared.", [], "required")
    assert [item.type for item in reply.output] == ["openrouter:fusion", "message"]


@requirement("responses:stream", "wire:preamble")
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_model_that_decides_shows_its_items_in_the_order_of_happening(streamed: bool):
    tools: Any = [
        {"type": "openrouter:fusion", "parameters": {"analysis_models": ["lab/b"], "model": "lab/judge"}},
        {"type": "openrouter:datetime"},
    ]
    script = [
        calls_tool("openrouter_datetime", {"timezone": "UTC"}, text="Let me see."),
        calls_tool("openrouter_fusion", {"prompt": "Compare."}),
        says("Compared.", reasoning="hm"),
    ]
    async with open_door({"a": script}) as door, client(door) as sdk:
        if streamed:
            reply = (await events_of(sdk, model="lab/a", tools=tools))[-1].response
        else:
            reply: Any = await sdk.responses.create(model="lab/a", input=QUESTION, tools=tools)
    kinds = ["message", "openrouter:datetime", "openrouter:fusion", "reasoning", "message"]
    assert [item.type for item in reply.output] == kinds
    assert (reply.output[1].timezone, reply.output[1].content) == ("UTC", [])
    assert [item.content[0].text for item in (reply.output[0], reply.output[-1])] == ["Let me see.", "Compared."]


@requirement("wire:functions", "responses:replay", "vector:C15")
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_function_of_the_clients_is_called_and_answered(streamed: bool):
    script = [calls_tool("look", {"q": "sky"}, id="call_7"), says("It is blue.")]
    async with open_door({"writer": script}) as door, client(door) as sdk:
        asked: Any = [{"role": "user", "content": QUESTION}]
        if streamed:
            events = await events_of(sdk, input=asked, tools=[LOOK])
            first = events[-1].response
            written = [one for one in events if one.type == "response.function_call_arguments.done"]
            assert [(one.name, one.arguments) for one in written] == [("look", '{"q": "sky"}')]
        else:
            first: Any = await sdk.responses.create(model=ALIAS, input=asked, tools=[LOOK])
        (call,) = first.output
        assert (call.type, call.call_id, call.arguments) == ("function_call", "call_7", '{"q": "sky"}')
        result = {"type": "function_call_output", "call_id": call.call_id, "output": "blue"}
        history: Any = [*asked, call.model_dump(exclude_none=True), result]
        second = await sdk.responses.create(model=ALIAS, input=history, tools=[LOOK])
        sent: Any = door.upstream.calls("writer")[1].body["messages"]
    assert second.output_text == "It is blue."
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert (first.tools[0].name, b"openrouter_fusion" in first.model_dump_json().encode()) == ("look", False)


@requirement("responses:replay", "vector:C15")
async def test_an_earlier_reply_is_sent_back_and_convenes_nobody_by_itself():
    async with open_door({"writer": [says("One."), says("Two.")]}) as door, client(door) as sdk:
        first = await sdk.responses.create(model=ALIAS, input=QUESTION)
        output: Any = [item.to_dict(warnings=False) for item in first.output]
        history: Any = [{"role": "user", "content": QUESTION}, *output, {"role": "user", "content": "Sure?"}]
        panels = len(door.upstream.calls("a"))
        second = await sdk.responses.create(model=ALIAS, input=history, tool_choice="auto")
        assert len(door.upstream.calls("a")) == panels
        sent: Any = door.upstream.calls("writer")[1].body["messages"]
    assert second.output_text == "Two."
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    assert json.loads(sent[2]["content"])["status"] == "ok"


@requirement("responses:errors", "client:early-status")
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_bad_request_is_one_to_the_sdk(streamed: bool):
    async with open_door() as door, client(door) as sdk:
        with pytest.raises(openai.BadRequestError) as caught:
            await sdk.responses.create(model=ALIAS, input=QUESTION, stream=streamed, store=True)
        assert door.asked == []
    assert (caught.value.status_code, caught.value.param, caught.value.type) == (400, "store", "invalid_prompt")


@requirement("client:no-retry", "responses:errors")
@pytest.mark.parametrize("streamed", [False, True])
async def test_the_sdk_does_not_buy_a_failed_run_again(streamed: bool):
    async with open_door(models=["fault/429-huge"]) as door, client(door, max_retries=2) as sdk:
        plugins = [{"id": "fusion", "analysis_models": ["lab/fault/429-huge"], "writer": "lab/fault/429-huge"}]
        with pytest.raises(openai.RateLimitError) as caught:
            await sdk.responses.create(model=ALIAS, input=QUESTION, stream=streamed, extra_body={"plugins": plugins})
        assert len(door.asked) == 2  # one seat and the writer
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert caught.value.type == "rate_limit_exceeded"


@requirement("client:late-error", "responses:errors")
async def test_a_stream_that_breaks_off_ends_with_a_failed_response():
    async with open_door(models=["fault/hang-mid"], clocks={"idle_s": 0.3}) as door, client(door) as sdk:
        plugins = [{"id": "fusion", "writer": "lab/fault/hang-mid"}]
        events = await events_of(sdk, extra_body={"plugins": plugins})
    failed = events[-1]
    assert (failed.type, failed.response.status, failed.response.error.code) == (
        "response.failed",
        "failed",
        "server_error",
    )
    assert "could not answer" in failed.response.error.message
    assert [(item.type, item.status) for item in failed.response.output] == [
        ("openrouter:fusion", "completed"),
        ("message", "incomplete"),
    ]
    assert failed.response.usage.total_tokens > 0
