"""The unmodified openai SDK works, streamed and not, with nothing changed but its base URL."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from anyio import to_thread
from openai import AsyncOpenAI, OpenAI

from tests.doors.http.players import Door, open_door
from tests.requirements import requirement
from tests.upstream import calls_tool, says

pytestmark = [pytest.mark.anyio, requirement("client:openai-sdk")]

MESSAGES: Any = [{"role": "user", "content": "Why is the sky blue?"}]
FUSED = "Because blue light\n\nscatters – 更多 – more."
SCRIPTS = {"writer": [says(FUSED, chunks=9)]}
NO_SEATS: dict[str, Any] = {"plugins": [{"id": "fusion", "analysis_models": []}]}
PREFIXES = pytest.mark.parametrize("prefix", ["/v1", "/api/v1"])


@asynccontextmanager
async def client(door: Door, prefix: str = "/v1", **options: Any) -> AsyncGenerator[AsyncOpenAI]:
    """The SDK, pointed at a door."""
    async with AsyncOpenAI(base_url=door.origin + prefix, api_key="unused", **options) as sdk:
        yield sdk


@PREFIXES
async def test_a_whole_reply(prefix: str):
    async with open_door(SCRIPTS) as door, client(door, prefix) as sdk:
        reply = await sdk.chat.completions.create(model="openrouter/fusion", messages=MESSAGES)
    extra: Any = reply.model_extra
    assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == (FUSED, "stop")
    assert (reply.model, extra["provider"], extra["fusion"]["convened"]) == ("writer", "lab", True)
    assert reply.usage
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


@PREFIXES
@requirement("wire:stream")
async def test_a_streamed_reply(prefix: str):
    async with open_door(SCRIPTS) as door, client(door, prefix) as sdk:
        stream = await sdk.chat.completions.create(model="openrouter/fusion", messages=MESSAGES, stream=True)
        chunks = [chunk async for chunk in stream]
    assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == FUSED
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == ["stop"]
    assert [bool(chunk.usage) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    last: Any = chunks[-1]
    assert (last.choices, last.model_extra["fusion"]["convened"]) == ([], True)


@requirement("wire:events")
async def test_a_streamed_reply_with_our_events():
    async with open_door(SCRIPTS) as door, client(door) as sdk:
        options: Any = {"include_fusion": True}
        stream = await sdk.chat.completions.create(
            model="openrouter/fusion", messages=MESSAGES, stream=True, stream_options=options
        )
        chunks: list[Any] = [chunk async for chunk in stream]
    assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == FUSED
    kinds = [chunk.model_extra["fusion"]["type"] for chunk in chunks if "fusion" in chunk.model_extra and chunk.choices]
    assert {"in_progress", "panel.completed", "analysis.completed", "completed"} <= set(kinds)


async def test_the_stream_helper_puts_the_same_reply_together():
    async with open_door(SCRIPTS) as door, client(door) as sdk:
        async with sdk.chat.completions.stream(model="openrouter/fusion", messages=MESSAGES) as stream:
            kinds = [event.type async for event in stream]
            final = await stream.get_final_completion()
    assert (final.choices[0].message.content, final.choices[0].finish_reason) == (FUSED, "stop")
    assert final.usage
    assert "content.done" in kinds


async def test_the_synchronous_client():
    def ask(origin: str) -> tuple[str | None, str]:
        with OpenAI(base_url=f"{origin}/v1", api_key="unused") as sdk:
            whole = sdk.chat.completions.create(model="openrouter/fusion", messages=MESSAGES)
            stream = sdk.chat.completions.create(model="openrouter/fusion", messages=MESSAGES, stream=True)
            streamed = "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)
        return whole.choices[0].message.content, streamed

    async with open_door(SCRIPTS) as door:
        assert await to_thread.run_sync(ask, door.origin) == (FUSED, FUSED)


@requirement("wire:plugin")
async def test_the_plugin_in_the_extra_body():
    async with open_door(SCRIPTS) as door, client(door) as sdk:
        plugins = [{"id": "fusion", "analysis_models": ["lab/a", "lab/a"], "expose": "full"}]
        reply: Any = await sdk.chat.completions.create(
            model="openrouter/fusion", messages=MESSAGES, extra_body={"plugins": plugins}
        )
        assert door.asked == ["a", "a", "judge", "writer"]
    assert [one["model"] for one in reply.model_extra["fusion"]["responses"]] == ["lab/a", "lab/a"]


@requirement("wire:tool")
async def test_the_server_tool_raw_among_the_tools():
    decides = [calls_tool("openrouter_fusion", {"prompt": "Compare."}), says("Compared.")]
    tools: Any = [
        {"type": "openrouter:fusion", "parameters": {"analysis_models": ["lab/b", "lab/c"], "model": "lab/judge"}}
    ]
    async with open_door({"a": decides}) as door, client(door) as sdk:
        reply = await sdk.chat.completions.create(model="lab/a", messages=MESSAGES, tools=tools)
        assert door.asked == ["a", "a", "b", "c", "judge"]
    choice = reply.choices[0]
    assert (choice.message.content, choice.finish_reason, choice.message.tool_calls) == ("Compared.", "stop", None)


@requirement("wire:functions")
async def test_a_function_of_the_clients_is_called_and_answered():
    look = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    tools: Any = [look]
    script = [calls_tool("look", {"q": "sky"}, id="call_7"), says("It is blue.")]
    async with open_door({"writer": script}) as door, client(door) as sdk:
        first = await sdk.chat.completions.create(model="openrouter/fusion", messages=MESSAGES, tools=tools)
        called: Any = first.choices[0].message.tool_calls
        assert (first.choices[0].finish_reason, called[0].function.arguments) == ("tool_calls", '{"q": "sky"}')
        result = {"role": "tool", "tool_call_id": called[0].id, "content": "blue"}
        history: Any = [*MESSAGES, first.choices[0].message.model_dump(exclude_none=True), result]
        second = await sdk.chat.completions.create(model="openrouter/fusion", messages=history, tools=tools)
    assert second.choices[0].message.content == "It is blue."


@requirement("wire:errors", "client:early-status")
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_bad_request_is_one_to_the_sdk(streamed: bool):
    async with open_door() as door, client(door) as sdk:
        with pytest.raises(openai.BadRequestError) as caught:
            await sdk.chat.completions.create(
                model="openrouter/fusion",
                messages=MESSAGES,
                stream=streamed,
                extra_body=NO_SEATS,
            )
        assert door.asked == []
    assert (caught.value.status_code, caught.value.param) == (400, "plugins[0].analysis_models")


@requirement("client:no-retry", "wire:errors")
@pytest.mark.parametrize("streamed", [False, True])
async def test_the_sdk_does_not_buy_a_failed_run_again(streamed: bool):
    async with open_door(models=["fault/429-huge"]) as door, client(door, max_retries=2) as sdk:
        plugins = [{"id": "fusion", "analysis_models": ["lab/fault/429-huge"], "writer": "lab/fault/429-huge"}]
        with pytest.raises(openai.RateLimitError) as caught:
            await sdk.chat.completions.create(
                model="openrouter/fusion", messages=MESSAGES, stream=streamed, extra_body={"plugins": plugins}
            )
        assert len(door.asked) == 2  # one seat and the writer
    assert caught.value.response.headers["x-should-retry"] == "false"


@requirement("client:late-error")
async def test_a_stream_that_breaks_off_raises_in_the_sdk():
    async with open_door(models=["fault/hang-mid"], clocks={"idle_s": 0.3}) as door, client(door) as sdk:
        plugins = [{"id": "fusion", "writer": "lab/fault/hang-mid"}]
        stream = await sdk.chat.completions.create(
            model="openrouter/fusion", messages=MESSAGES, stream=True, extra_body={"plugins": plugins}
        )
        heard: list[str] = []
        with pytest.raises(openai.APIError) as caught:
            async for chunk in stream:
                heard += [choice.delta.content or "" for choice in chunk.choices]
        await stream.close()
    assert "".join(heard)
    assert "could not answer" in caught.value.message


@requirement("wire:models")
async def test_the_models_can_be_listed():
    async with open_door() as door, client(door) as sdk:
        names = [model.id async for model in sdk.models.list()]
    assert {"openrouter/fusion", "openrouter/fusion-flash", "lab/a"} <= set(names)
