"""An ordinary model that searches the web through the gateway, read by the vendors' own unmodified clients."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.doors.http import test_anthropic_sdk as anthropic_sdk
from tests.doors.http import test_openai_sdk as openai_sdk
from tests.doors.http.players import Door, open_door
from tests.requirements import requirement
from tests.search.vendors import Says, vendor
from tests.upstream import calls_tool, calls_tools, says

pytestmark = [
    pytest.mark.anyio,
    # the SDK's helpers write out items that it has read as messages, whatever they are, and then warn of their type
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
]

QUESTION = "Why is the sky blue?"
PAGE = "https://a.example/sky"
HITS = [{"url": PAGE, "title": "The sky", "content": "Blue light scatters most."}]
SCRIPT = [
    calls_tools(
        ("call_1", "openrouter_web_search", {"query": "blue sky"}),
        ("call_2", "openrouter_web_fetch", {"url": "https://unseen.example/"}),
        text="Let me see.",
    ),
    says(f"Because blue light scatters ([The sky]({PAGE}))."),
]
WAYS = pytest.mark.parametrize("streamed", [False, True])


@asynccontextmanager
async def searching_door(script: Any = SCRIPT) -> AsyncGenerator[Door]:
    """A served house with a search engine of its own, whose model searches once and reads a page it has not seen."""
    async with vendor(Says({"results": HITS})) as engine:
        search = {"searxng_url": engine.url, "order": ("searxng",)}
        async with open_door({"a": script}, search=search) as door:
            yield door


@requirement("wire:web-told", "wire:web-counts", "client:openai-sdk")
@WAYS
async def test_openais_client_sees_a_search_of_its_own_kind_and_an_answer(streamed: bool):
    asked: Any = {
        "model": "lab/a",
        "input": QUESTION,
        "tools": [{"type": "web_search_preview"}, {"type": "openrouter:web_fetch"}],
    }
    async with searching_door() as door, openai_sdk.client(door) as sdk:
        responses: Any = sdk.responses
        if streamed:
            async with responses.stream(**asked) as stream:
                kinds: list[str] = [event.type async for event in stream]
                reply = await stream.get_final_response()
            assert [kind for kind in kinds if "web_search" in kind] == [
                f"response.web_search_call.{stage}" for stage in ("in_progress", "searching", "completed")
            ]
        else:
            reply = await responses.create(**asked)
    spoken, search, page, _ = reply.output
    assert (spoken.content[0].text, search.type, search.status) == ("Let me see.", "web_search_call", "completed")
    assert (search.action.query, [source.url for source in search.action.sources]) == ("blue sky", [PAGE])
    assert (page.type, page.status, page.url) == ("openrouter:web_fetch", "incomplete", "https://unseen.example/")
    assert reply.output_text.endswith(f"({PAGE})).")
    assert reply.usage.server_tool_use_details["web_search_requests"] == 1


@requirement("wire:web-told", "wire:web-counts", "client:anthropic-sdk")
@WAYS
async def test_anthropics_client_sees_its_own_blocks_and_sends_them_back(streamed: bool):
    tools: Any = [
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
        {"type": "web_fetch_20250910", "name": "web_fetch"},
    ]
    ask = anthropic_sdk.streamed_to_its_end if streamed else anthropic_sdk.create
    async with searching_door([*SCRIPT, says("Red light too.")]) as door, anthropic_sdk.client(door) as sdk:
        reply = await ask(sdk, model="lab/a", tools=tools)
        turns: list[Any] = [{"role": "assistant", "content": reply.content}, {"role": "user", "content": "And red?"}]
        again = await ask(sdk, model="lab/a", tools=tools, messages=[*anthropic_sdk.MESSAGES, *turns])
        last: Any = door.upstream.calls("a")[-1].body
    blocks = {block.type: block for block in reply.content}
    assert blocks["web_search_tool_result"].content[0].url == PAGE
    assert blocks["web_search_tool_result"].content[0].title == "The sky"
    assert blocks["web_fetch_tool_result"].content.error_code == "url_not_allowed"
    assert reply.usage.server_tool_use.web_search_requests == 1
    assert again.content[0].text == "Red light too."
    assert [turn["role"] for turn in last["messages"]] == ["user", "assistant", "user"]


@requirement("wire:web-tools", "client:openai-sdk")
async def test_openais_older_parameter_for_it_puts_a_search_on_the_table():
    script = [calls_tool("openrouter_web_search", {"query": "blue sky"}), says("Because.")]
    async with searching_door(script) as door, openai_sdk.client(door) as sdk:
        messages: Any = [{"role": "user", "content": QUESTION}]
        reply = await sdk.chat.completions.create(model="lab/a", messages=messages, web_search_options={})
        result = door.upstream.calls("a")[-1].body["messages"]
    assert (reply.choices[0].message.content, reply.choices[0].message.tool_calls) == ("Because.", None)
    assert PAGE in str(result)
