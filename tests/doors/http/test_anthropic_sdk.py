"""The unmodified anthropic SDK works, streamed and not, with nothing changed but its base URL."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic
from anyio import to_thread

from tests.doors.http.players import BRISK, Door, open_door
from tests.requirements import requirement
from tests.upstream import calls_tool, hangs, says

pytestmark = [pytest.mark.anyio, requirement("client:anthropic-sdk")]

MESSAGES: Any = [{"role": "user", "content": "Why is the sky blue?"}]
FUSED = "Because blue light\n\nscatters – 更多 – more."
SCRIPTS = {"writer": [says(FUSED, chunks=9)]}
ASK: Any = {"model": "openrouter/fusion", "max_tokens": 1000, "messages": MESSAGES}
LOOK: Any = {"name": "look", "description": "Look up.", "input_schema": {"type": "object", "properties": {}}}
FUSION: Any = {"type": "openrouter:fusion", "parameters": {"analysis_models": ["lab/b", "lab/c"], "model": "lab/judge"}}
DECIDES = [calls_tool("openrouter_fusion", {"prompt": "Compare."}, text="Let me ask."), says("Compared.")]
PREFIXES = pytest.mark.parametrize("prefix", ["", "/api"])


@asynccontextmanager
async def client(
    door: Door, prefix: str = "", api_key: str | None = "unused", **options: Any
) -> AsyncGenerator[AsyncAnthropic]:
    """The SDK, pointed at a door."""
    async with AsyncAnthropic(base_url=door.origin + prefix, api_key=api_key, **options) as sdk:
        yield sdk


async def create(sdk: AsyncAnthropic, **fields: Any) -> Any:
    """A message from the SDK, or a raw stream of its events; the question stands in for what is not given."""
    send: Any = sdk.messages.create
    return await send(**{**ASK, **fields})


async def streamed_to_its_end(sdk: AsyncAnthropic, **fields: Any) -> Any:
    """The message that the SDK puts together from a stream."""
    async with sdk.messages.stream(**{**ASK, **fields}) as stream:
        return await stream.get_final_message()


Ask = Callable[..., Awaitable[Any]]
WAYS = pytest.mark.parametrize("ask", [create, streamed_to_its_end])


@PREFIXES
async def test_a_whole_reply(prefix: str):
    async with open_door(SCRIPTS) as door, client(door, prefix) as sdk:
        reply = await create(sdk)
    assert [(block.type, block.text) for block in reply.content] == [("text", FUSED)]
    assert (reply.type, reply.role, reply.model, reply.stop_reason) == ("message", "assistant", "writer", "end_turn")
    assert (reply.id[:4], reply.usage.input_tokens > 0, reply.usage.output_tokens > 0) == ("gen-", True, True)
    assert reply.usage.model_extra["cost"] > 0
    assert reply.model_extra["fusion"]["convened"] is True


@PREFIXES
@requirement("wire:messages-stream")
async def test_a_streamed_reply(prefix: str):
    async with open_door(SCRIPTS) as door, client(door, prefix) as sdk, sdk.messages.stream(**ASK) as stream:
        heard = [piece async for piece in stream.text_stream]
        final: Any = await stream.get_final_message()
    assert ("".join(heard), await stream.get_final_text()) == (FUSED, FUSED)
    assert (final.stop_reason, final.usage.input_tokens > 0, final.usage.output_tokens > 0) == ("end_turn", True, True)


@requirement("wire:messages-stream")
async def test_a_raw_stream_has_its_events_in_order_and_no_others():
    async with open_door(SCRIPTS) as door, client(door) as sdk:
        events: list[Any] = [event async for event in await create(sdk, stream=True)]
    kinds = list(dict.fromkeys(event.type for event in events))
    blocks = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert kinds == ["message_start", *blocks, "message_delta", "message_stop"]
    assert events[-2].model_extra["fusion"]["convened"] is True


@requirement("wire:messages-events")
async def test_a_client_that_asks_to_see_the_run_still_gets_the_same_reply():
    async with open_door(SCRIPTS) as door, client(door, default_headers={"X-Fusion-Events": "true"}) as sdk:
        whole = await create(sdk)
        async with sdk.messages.stream(**ASK) as stream:
            told: list[Any] = [event async for event in stream]
            final: Any = await stream.get_final_message()
    happened = [event.model_extra["fusion"]["type"] for event in told if event.type == "fusion"]
    assert {"in_progress", "panel.completed", "analysis.completed", "completed"} <= set(happened)
    shown = ["server_tool_use", "openrouter_fusion_tool_result", "text"]
    assert [block.type for block in whole.content] == [block.type for block in final.content] == shown
    assert whole.content[0].input == final.content[0].input
    assert (whole.content[2].text, final.content[2].text) == (FUSED, FUSED)


@requirement("wire:messages-replay")
async def test_a_run_that_was_shown_can_be_sent_back():
    headers = {"X-Fusion-Events": "true"}
    async with open_door(SCRIPTS) as door, client(door, default_headers=headers) as sdk:
        first = await create(sdk)
        said = {"role": "assistant", "content": [block.model_dump() for block in first.content]}
        history: Any = [*MESSAGES, said, {"role": "user", "content": "And at sunset?"}]
        await create(sdk, model="lab/a", messages=history, tools=[FUSION])
        told: Any = door.upstream.calls("a")[-1].body
    assert [message["role"] for message in told["messages"]] == ["user", "assistant", "tool", "assistant", "user"]
    assert told["messages"][1]["tool_calls"][0]["function"]["name"] == "openrouter_fusion"


async def test_the_synchronous_client():
    def ask(origin: str) -> tuple[str, str]:
        with Anthropic(base_url=origin, api_key="unused") as sdk:
            send: Any = sdk.messages.create
            whole = send(**ASK)
            with sdk.messages.stream(**ASK) as stream:
                return whole.content[0].text, "".join(stream.text_stream)

    async with open_door(SCRIPTS) as door:
        assert await to_thread.run_sync(ask, door.origin) == (FUSED, FUSED)


@requirement("wire:plugin")
async def test_the_plugin_in_the_extra_body():
    plugins = [{"id": "fusion", "analysis_models": ["lab/a", "lab/a"], "expose": "full"}]
    async with open_door(SCRIPTS) as door, client(door) as sdk:
        reply = await create(sdk, extra_body={"plugins": plugins})
        assert door.asked == ["a", "a", "judge", "writer"]
    assert [one["model"] for one in reply.model_extra["fusion"]["responses"]] == ["lab/a", "lab/a"]


@WAYS
@requirement("wire:tool", "wire:messages-preamble")
async def test_the_server_tool_raw_among_the_tools(ask: Ask):
    async with open_door({"a": DECIDES}) as door, client(door) as sdk:
        reply = await ask(sdk, model="lab/a", tools=[FUSION])
        assert door.asked == ["a", "a", "b", "c", "judge"]
    assert [block.text for block in reply.content] == ["Let me ask.", "Compared."]
    assert reply.stop_reason == "end_turn"


@WAYS
@requirement("wire:tool")
async def test_a_tool_choice_that_names_fusion_convenes_the_panel_at_once(ask: Ask):
    choice = {"type": "tool", "name": "openrouter:fusion"}
    async with open_door({"a": [says("Fused.")]}) as door, client(door) as sdk:
        reply = await ask(sdk, model="lab/a", tools=[FUSION], tool_choice=choice)
        assert door.asked == ["a", "b", "c", "judge"]
    assert reply.content[0].text == "Fused."


@WAYS
@requirement("wire:functions")
async def test_a_tool_of_the_clients_is_called_and_answered(ask: Ask):
    script = [calls_tool("look", {"q": "sky"}, id="call_7"), says("It is blue.")]
    async with open_door({"writer": script}) as door, client(door) as sdk:
        first = await ask(sdk, tools=[LOOK])
        (call,) = first.content
        assert (first.stop_reason, call.type, call.name, call.input) == ("tool_use", "tool_use", "look", {"q": "sky"})
        result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "blue"}]}
        history = [*MESSAGES, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
        second = await ask(sdk, messages=history, tools=[LOOK])
        told: Any = door.upstream.calls("writer")[-1].body
    assert second.content[0].text == "It is blue."
    assert told["messages"][-1] == {"role": "tool", "tool_call_id": "call_7", "content": "blue"}


@WAYS
@requirement("wire:messages-thinking")
async def test_thoughts_come_as_blocks_to_who_asks_for_them_and_may_be_sent_back(ask: Ask):
    thinks = [says("Blue.", reasoning="Let me think."), says("Red.")]
    thinking = {"type": "enabled", "budget_tokens": 1024}
    async with open_door({"a": thinks}) as door, client(door) as sdk:
        first = await ask(sdk, model="lab/a", thinking=thinking)
        kinds = [(block.type, block.text if block.type == "text" else block.thinking) for block in first.content]
        more = [{"role": "assistant", "content": first.content}, {"role": "user", "content": "And at sunset?"}]
        second = await ask(sdk, model="lab/a", thinking=thinking, messages=[*MESSAGES, *more])
    assert kinds == [("thinking", "Let me think."), ("text", "Blue.")]
    assert second.content[0].text == "Red."


@requirement("client:keys")
@pytest.mark.parametrize("credentials", [{"api_key": "no"}, {"auth_token": "no", "api_key": None}])
async def test_a_wrong_key_is_one_to_the_sdk(credentials: dict[str, Any]):
    async with open_door(server={"api_key": "fl-1"}) as door, client(door, **credentials) as sdk:
        with pytest.raises(anthropic.AuthenticationError) as caught:
            await create(sdk)
    body: Any = caught.value.body
    assert (body["type"], body["error"]["type"]) == ("error", "authentication_error")


@requirement("client:keys")
@pytest.mark.parametrize("credentials", [{"api_key": "fl-1"}, {"auth_token": "fl-1", "api_key": None}])
async def test_the_right_key_opens_however_the_sdk_sends_it(credentials: dict[str, Any]):
    async with open_door(SCRIPTS, server={"api_key": "fl-1"}) as door, client(door, **credentials) as sdk:
        reply = await create(sdk)
    assert reply.content[0].text == FUSED


@requirement("wire:messages-errors", "client:early-status")
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("wrong", [{"model": "nobody/x"}, {"messages": []}])
async def test_a_bad_request_is_one_to_the_sdk(wrong: Any, streamed: bool):
    async with open_door() as door, client(door) as sdk:
        with pytest.raises(anthropic.BadRequestError) as caught:
            await create(sdk, **wrong, stream=streamed)
        assert door.asked == []
    body: Any = caught.value.body
    assert body["error"]["type"] == "invalid_request_error"


@requirement("client:no-retry", "wire:messages-errors")
@pytest.mark.parametrize("streamed", [False, True])
async def test_the_sdk_does_not_buy_a_failed_run_again(streamed: bool):
    async with open_door(models=["fault/429-huge"]) as door, client(door, max_retries=2) as sdk:
        plugins = [{"id": "fusion", "analysis_models": ["lab/fault/429-huge"], "writer": "lab/fault/429-huge"}]
        with pytest.raises(anthropic.RateLimitError) as caught:
            await create(sdk, stream=streamed, extra_body={"plugins": plugins})
        assert len(door.asked) == 2  # one seat and the writer
    assert caught.value.response.headers["x-should-retry"] == "false"


@requirement("client:late-error", "wire:messages-errors")
async def test_a_stream_that_breaks_off_raises_in_the_sdk():
    heard: list[str] = []
    async with open_door(models=["fault/hang-mid"], clocks={"idle_s": 0.3}) as door, client(door) as sdk:
        plugins = [{"id": "fusion", "writer": "lab/fault/hang-mid"}]
        with pytest.raises(anthropic.APIStatusError) as caught:
            async with sdk.messages.stream(**ASK, extra_body={"plugins": plugins}) as stream:
                async for event in stream:
                    heard += [event.text] if event.type == "text" else []
    body: Any = caught.value.body
    assert "".join(heard)
    assert (body["error"]["type"], "could not answer" in body["error"]["message"]) == ("timeout_error", True)


@requirement("client:disconnect")
async def test_leaving_a_stream_stops_every_upstream_call():
    async with open_door({"b": [hangs()]}, pace=BRISK) as door, client(door) as sdk:
        async with sdk.messages.stream(**ASK) as stream:
            await anext(aiter(stream))
            await door.upstream.until(lambda: any(one.closed_by is None for one in door.upstream.calls("b")))
        await door.upstream.until(lambda: all(one.closed_by for one in door.upstream.log), within=2.0)
        assert any(one.closed_by == "client" for one in door.upstream.calls("b"))


@requirement("wire:messages-count")
async def test_tokens_can_be_counted():
    async with open_door() as door, client(door) as sdk:
        bare = await sdk.messages.count_tokens(model="openrouter/fusion", messages=MESSAGES)
        more = await sdk.messages.count_tokens(
            model="openrouter/fusion", messages=MESSAGES, tools=[LOOK], system="x" * 400
        )
        assert door.asked == []
    assert 0 < bare.input_tokens < 50
    assert more.input_tokens > bare.input_tokens + 100
