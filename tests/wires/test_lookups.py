"""What was looked up, as clients declare the tools for it and as each wire tells of it afterwards."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from anthropic.types import Message as AnthropicMessage
from inline_snapshot import snapshot
from openai.types.responses import Response, ResponseFunctionWebSearch

from fuseline.assembly import SERVER_WIRES
from fuseline.types.deliberation import Source
from fuseline.types.errors import RunFailed
from fuseline.types.events import (
    CallStarted,
    Event,
    Failed,
    Finished,
    LookedUp,
    RunStarted,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from fuseline.types.json import object_of
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, Reply, Usage
from fuseline.types.requests import Named, Request, ServerTool
from fuseline.types.runs import Lookup, Round, Run, Speaker, ToolUse
from tests.requirements import requirement
from tests.wires import claims
from tests.wires.openapi import complaints
from tests.wires.runs import RUN, call
from tests.wires.test_native_search import sse_events

WIRES = pytest.mark.parametrize("wire", SERVER_WIRES)
WISHES: dict[str, Any] = {"max_uses": 3, "allowed_domains": ["a.example"]}
PLACE: dict[str, Any] = {"type": "approximate", "city": "Paris", "country": "FR"}


def read(wire: str, **fields: Any) -> Request:
    """The request of a body with these fields beside a model and a question."""
    said: Any = {"input": "Why?"} if wire == "responses" else {"messages": [{"role": "user", "content": "Why?"}]}
    return SERVER_WIRES[wire].read_request(json.dumps({"model": "a/x", **said, **fields}).encode(), {})


@requirement("wire:web-tools")
@WIRES
@pytest.mark.parametrize(
    ("tool", "parameters"),
    [
        ({"type": "openrouter:web_search", "parameters": {**WISHES, "engine": "exa"}}, {**WISHES, "engine": "exa"}),
        ({"type": "openrouter:web_fetch", "parameters": {"max_uses": 1}}, {"max_uses": 1}),
        ({"type": "openrouter:web_fetch"}, {}),
        ({"type": "web_search", "search_context_size": "low", "filters": None}, {"search_context_size": "low"}),
        ({"type": "web_search_preview", "user_location": {**PLACE, "region": None}}, {"user_location": PLACE}),
        ({"type": "web_search_preview_2025_03_11", "max_results": 3}, {"max_results": 3}),
        (
            {"type": "web_search_2025_08_26", "filters": {"allowed_domains": ["a.example"], "blocked_domains": None}},
            {"allowed_domains": ["a.example"]},
        ),
        ({"type": "web_search", "filters": {"excluded_domains": ["b.example"]}}, {"excluded_domains": ["b.example"]}),
        ({"type": "web_search", "external_web_access": False}, {"external_web_access": False}),
        (
            {"type": "web_search_20250305", "name": "web_search", "blocked_domains": ["b.example"], "max_uses": 2},
            {"excluded_domains": ["b.example"], "max_uses": 2},
        ),
        ({"type": "web_search_20260209", "name": "web_search", "allowed_callers": ["direct"]}, {}),
        (
            {"type": "web_fetch_20250910", "name": "web_fetch", "blocked_domains": ["b.example"], "max_uses": 9},
            {"blocked_domains": ["b.example"], "max_uses": 9},
        ),
        ({"type": "web_search", "max_uses": 1, "parameters": {"max_uses": 2}}, {"max_uses": 2}),
        ({"type": "something_else", "max_uses": 1}, {}),
    ],
)  # fmt: skip
def test_a_declaration_in_any_vendors_words_has_its_parameters_in_one_place(wire: str, tool: Any, parameters: Any):
    assert read(wire, tools=[tool]).server_tools == (ServerTool(tool["type"], parameters),)


@requirement("wire:web-tools")
def test_openais_older_way_to_ask_for_a_search_declares_one_unless_there_is_one():
    options: Any = {"search_context_size": "high", "user_location": {"type": "approximate", "approximate": PLACE}}
    asked = ServerTool("web_search", {"search_context_size": "high", "user_location": PLACE})
    assert read("chat", web_search_options=options).server_tools == (asked,)
    assert read("chat", web_search_options={}).server_tools == (ServerTool("web_search"),)
    assert read("chat", web_search_options=None).server_tools == ()
    ours = {"type": "openrouter:web_search"}
    assert read("chat", web_search_options=options, tools=[ours]).server_tools == (ServerTool(ours["type"]),)


@requirement("wire:web-tools")
@WIRES
def test_the_plugins_for_it_are_read_with_all_that_stands_in_them(wire: str):
    web = {"id": "web", "max_results": 3, "include_domains": ["a.example/blog"]}
    plugins = read(wire, plugins=[web, {"id": "web-fetch", "max_uses": 1}]).plugins
    assert [(plugin.id, plugin.parameters) for plugin in plugins] == [
        ("web", {"max_results": 3, "include_domains": ["a.example/blog"]}),
        ("web-fetch", {"max_uses": 1}),
    ]


@requirement("wire:web-tools")
@pytest.mark.parametrize(
    ("wire", "tool", "choice", "named"),
    [
        ("chat", "openrouter:web_search", {"type": "openrouter:web_search"}, "openrouter:web_search"),
        ("chat", "web_search", {"type": "openrouter:web_search"}, "web_search"),
        ("chat", "web_search", {"type": "web_fetch"}, "web_fetch"),
        ("responses", "web_search_2025_08_26", {"type": "web_search_preview"}, "web_search_2025_08_26"),
        ("responses", "openrouter:web_fetch", {"type": "openrouter:web_fetch"}, "openrouter:web_fetch"),
        ("messages", "web_search_20250305", {"type": "tool", "name": "web_search"}, "web_search_20250305"),
        ("messages", "openrouter:web_search", {"type": "tool", "name": "web_search"}, "openrouter:web_search"),
        ("messages", "web_fetch_20250910", {"type": "openrouter:web_fetch"}, "web_fetch_20250910"),
    ],
)
def test_a_choice_finds_its_tool_by_any_of_the_names_for_it(wire: str, tool: str, choice: Any, named: str):
    assert read(wire, tools=[{"type": tool}], tool_choice=choice).tool_choice == Named(named)


def test_a_function_of_the_clients_keeps_its_name_beside_a_search():
    own = {"name": "web_search", "input_schema": {"type": "object"}}
    tools = [own, {"type": "openrouter:web_search"}]
    assert read("messages", tools=tools, tool_choice={"type": "tool", "name": "web_search"}).tool_choice == Named(
        "web_search"
    )


# What was looked up

OUTER = Speaker("outer", "a/x")
SEAT = Speaker("panel", "b/y", 1)
SEARCHES = ToolCall("call-1", "openrouter_web_search", '{"query":"blue sky"}')
READS = ToolCall("call-2", "openrouter_web_fetch", '{"url":"https://a.example/1"}')
STUMBLES = ToolCall("call-3", "openrouter_web_fetch", '{"url":"https://b.example/"}')
FOUND = json.dumps(
    {
        "engine": "searxng",
        "query": "blue sky",
        "results": [
            {"title": "A", "url": "https://a.example/1", "content": "> Blue."},
            {"title": "B", "url": "https://b.example/", "content": ""},
        ],
    }
)
PAGE = json.dumps(
    {
        "url": "https://a.example/1",
        "title": "A",
        "content": "> Blue light.",
        "status": "completed",
        "retrieved_at": "2026-11-21T12:00:00+00:00",
    }
)
MISSING = '{"url":"https://b.example/","status":"failed","error":"HTTP 404: not found"}'
SOURCES = (Source("https://a.example/1", "A"), Source("https://b.example/", "B"))
LOOKUPS = (
    Lookup("search", OUTER, "blue sky", 1.0, engine="searxng", sources=SOURCES, cost=5_000_000),
    Lookup("search", SEAT, "blue sky", 2.0, engine="cache", sources=SOURCES),
    Lookup("search", SEAT, "red sky", 2.0, engine="searxng", cost=2_000_000),
    Lookup("search", SEAT, "sk-secret", 2.0, verdict="blocked:query_not_allowed"),
    Lookup("fetch", OUTER, "https://a.example/1", 3.0, engine="http", sources=SOURCES[:1]),
    Lookup("fetch", OUTER, "https://b.example/", 4.0, engine="http", verdict="failed:http_404"),
)
USES = (ToolUse(SEARCHES, FOUND), ToolUse(READS, PAGE), ToolUse(STUMBLES, MISSING))
ANSWER = Reply("a/x", "Blue light scatters.", citations=(Citation("https://a.example/1", "A", 0, 19, "Blue light."),))
DONE = replace(
    RUN,
    router="",
    report=None,
    convened=False,
    expose="",
    finished_at=1_786_974_407.25,
    preamble="I look it up.",
    rounds=tuple(
        Round(Reply("a/x", text, finish_reason="tool_calls"), (use,))
        for text, use in zip(("I look it up.", "", ""), USES, strict=True)
    ),
    reply=ANSWER,
    lookups=LOOKUPS,
    steps=3,
)
TURN = CallStarted(call("call_9", OUTER, None, 0))
HAPPENED: tuple[Event, ...] = (
    RunStarted(replace(DONE, status="running", preamble="", rounds=(), reply=None, lookups=(), calls=(), steps=0)),
    TURN,
    TextDelta(OUTER, "I look it up."),
    ToolCalled(OUTER, SEARCHES),
    *map(LookedUp, LOOKUPS[:4]),
    ToolReturned(OUTER, SEARCHES, FOUND),
    TURN,
    ToolCalled(OUTER, READS),
    LookedUp(LOOKUPS[4]),
    ToolReturned(OUTER, READS, PAGE),
    TURN,
    ToolCalled(OUTER, STUMBLES),
    LookedUp(LOOKUPS[5]),
    ToolReturned(OUTER, STUMBLES, MISSING),
    TURN,
    TextDelta(OUTER, "Blue light scatters."),
    Finished(DONE),
)


def whole(wire: str, request: Request, run: Run = DONE) -> Any:
    """The body of a whole reply."""
    return json.loads(SERVER_WIRES[wire].write_reply(run, request))


def streamed(wire: str, request: Request, *events: Event) -> bytes:
    """The whole stream."""
    writer = SERVER_WIRES[wire].stream(request)
    return b"".join(writer.write(event) for event in events or HAPPENED)


@requirement("wire:web-counts")
@WIRES
@pytest.mark.parametrize("streaming", [False, True])
def test_searches_and_pages_of_the_whole_run_are_counted_and_paid_for_and_those_from_memory_are_not(
    wire: str, streaming: bool
):
    request = read(wire)
    told = sse_events(streamed(wire, request)) if streaming else [whole(wire, request)]
    usage = next(found for one in reversed(told) if (found := object_of(one.get("response", one)).get("usage")))
    if wire == "messages":
        assert usage["server_tool_use"] == {"web_search_requests": 2, "web_fetch_requests": 1}
    else:
        assert usage["server_tool_use"] == {"web_search_requests": 2}
        assert usage["server_tool_use_details"] == {
            "tool_calls_requested": 3,
            "tool_calls_executed": 3,
            "web_search_requests": 2,
        }
    assert (usage["cost_details"]["tools"], usage["cost"]) == (0.007, DONE.cost / 1e9)


@requirement("wire:web-counts")
def test_searches_that_an_upstream_made_by_itself_are_counted_too():
    searching = call("call_1", OUTER, Usage(1, 2, searches=3), 5)
    run = replace(DONE, calls=(searching,), lookups=(), steps=0)
    assert whole("chat", read("chat"), run)["usage"]["server_tool_use_details"] == {
        "tool_calls_requested": 0,
        "tool_calls_executed": 0,
        "web_search_requests": 3,
    }
    assert "tools" not in whole("chat", read("chat"), run)["usage"]["cost_details"]
    assert whole("messages", read("messages"), run)["usage"]["server_tool_use"]["web_search_requests"] == 3


@requirement("wire:web-counts")
@WIRES
def test_the_route_tells_who_answered_the_searches(wire: str):
    metadata = whole(wire, replace(read(wire), include_metadata=True))["openrouter_metadata"]
    assert complaints("OpenRouterMetadata", metadata) == []
    (stage,) = metadata["pipeline"]
    told = {name: stage["data"][name] for name in ("tools", "searches", "fetches", "engines")}
    assert told == {"tools": [], "searches": 2, "fetches": 1, "engines": ["searxng"]}
    assert stage["cost_usd"] >= 0.007


@requirement("wire:web-told", "responses:stream")
@pytest.mark.parametrize("tool", ["openrouter:web_search", "web_search", "web_search_preview"])
def test_a_response_shows_what_was_looked_up_and_its_stream_the_same(tool: str):
    request = read("responses", tools=[{"type": tool}, {"type": "openrouter:web_fetch"}], stream=True)
    body = whole("responses", request)
    claims.whole("responses", body, DONE)
    claims.responses_stream(streamed("responses", request), request, DONE)
    events = sse_events(streamed("responses", request))
    assert events[-1]["response"] == body
    stages = [event["type"] for event in events if "web_search_call" in event["type"]]
    own = tool != "openrouter:web_search"
    assert stages == [f"response.web_search_call.{one}" for one in ("in_progress", "searching", "completed") if own]


@requirement("wire:web-told")
def test_items_name_words_addresses_and_failures_and_no_text_of_a_page():
    _, search, page, missing, answer = whole("responses", read("responses"))["output"]
    assert [search, page, missing] == snapshot(
        [
            {
                "type": "openrouter:web_search",
                "action": {
                    "type": "search",
                    "query": "blue sky",
                    "sources": [
                        {"type": "url", "url": "https://a.example/1"},
                        {"type": "url", "url": "https://b.example/"},
                    ],
                },
                "content": [],
                "id": "ws_uxGHDllmFw2ZNwQWJQsK_1",
                "status": "completed",
            },
            {
                "type": "openrouter:web_fetch",
                "url": "https://a.example/1",
                "content": "",
                "title": "A",
                "httpStatus": 200,
                "id": "wf_uxGHDllmFw2ZNwQWJQsK_2",
                "status": "completed",
            },
            {
                "type": "openrouter:web_fetch",
                "url": "https://b.example/",
                "content": "",
                "error": "HTTP 404: not found",
                "httpStatus": 404,
                "id": "wf_uxGHDllmFw2ZNwQWJQsK_3",
                "status": "incomplete",
            },
        ]
    )
    assert answer["content"][0]["annotations"] == snapshot(
        [
            {
                "type": "url_citation",
                "url": "https://a.example/1",
                "title": "A",
                "start_index": 0,
                "end_index": 19,
                "content": "Blue light.",
            }
        ]
    )


@requirement("wire:web-told", "client:openai-sdk")
def test_openais_client_reads_searches_as_its_own_and_pages_without_harm():
    body = whole("responses", read("responses", tools=[{"type": "web_search"}]))
    search = ResponseFunctionWebSearch.model_validate(body["output"][1])
    assert (search.status, search.action.type) == ("completed", "search")
    assert Response.construct(**body).output_text == "I look it up.Blue light scatters."


@requirement("wire:web-told")
@pytest.mark.parametrize(("type", "status"), [("web_search", "failed"), ("openrouter:web_search", "incomplete")])
@pytest.mark.parametrize("result", ['{"error":"search_unavailable"}', None])
def test_a_search_that_came_to_nothing_says_so_be_it_that_the_run_broke_off(type: str, status: str, result: str | None):
    request = read("responses", tools=[{"type": type}], stream=True)
    returned = [ToolReturned(OUTER, SEARCHES, result)] if result else []
    broken = Failed(RunFailed("gone", status=502, kind="provider_unavailable", reason="upstream_error"))
    stream = streamed("responses", request, HAPPENED[0], ToolCalled(OUTER, SEARCHES), *returned, broken)
    claims.responses_stream(stream, request, None)
    (item,) = sse_events(stream)[-1]["response"]["output"]
    assert (item["status"], item["action"]["query"]) == (status, "blue sky")
    assert not any(event["type"].endswith("web_search_call.completed") for event in sse_events(stream))


ANTHROPIC: list[Any] = [
    {"type": "web_search_20250305", "name": "web_search"},
    {"type": "web_fetch_20250910", "name": "web_fetch"},
]


@requirement("wire:web-told", "wire:messages-reply", "client:anthropic-sdk")
def test_a_client_that_declared_anthropics_tools_gets_their_blocks_and_reads_them_strictly():
    body = whole("messages", read("messages", tools=ANTHROPIC))
    claims.whole("messages", body, DONE)
    AnthropicMessage.model_validate(body)
    assert body["content"][1:-1] == snapshot(
        [
            {
                "type": "server_tool_use",
                "id": "srvtoolu_call_1",
                "name": "web_search",
                "input": {"query": "blue sky"},
                "caller": {"type": "direct"},
            },
            {
                "type": "web_search_tool_result",
                "tool_use_id": "srvtoolu_call_1",
                "content": [
                    {
                        "type": "web_search_result",
                        "url": "https://a.example/1",
                        "title": "A",
                        "encrypted_content": "",
                        "page_age": None,
                    },
                    {
                        "type": "web_search_result",
                        "url": "https://b.example/",
                        "title": "B",
                        "encrypted_content": "",
                        "page_age": None,
                    },
                ],
                "caller": {"type": "direct"},
            },
            {
                "type": "server_tool_use",
                "id": "srvtoolu_call_2",
                "name": "web_fetch",
                "input": {"url": "https://a.example/1"},
                "caller": {"type": "direct"},
            },
            {
                "type": "web_fetch_tool_result",
                "tool_use_id": "srvtoolu_call_2",
                "content": {
                    "type": "web_fetch_result",
                    "url": "https://a.example/1",
                    "content": {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": ""},
                        "title": "A",
                        "citations": None,
                    },
                    "retrieved_at": "2026-11-21T12:00:00+00:00",
                },
                "caller": {"type": "direct"},
            },
            {
                "type": "server_tool_use",
                "id": "srvtoolu_call_3",
                "name": "web_fetch",
                "input": {"url": "https://b.example/"},
                "caller": {"type": "direct"},
            },
            {
                "type": "web_fetch_tool_result",
                "tool_use_id": "srvtoolu_call_3",
                "content": {"type": "web_fetch_tool_result_error", "error_code": "url_not_accessible"},
                "caller": {"type": "direct"},
            },
        ]
    )


@requirement("wire:web-told", "wire:messages-stream")
@pytest.mark.parametrize("tools", [ANTHROPIC, ANTHROPIC[:1], ANTHROPIC[1:], [{"type": "openrouter:web_search"}], []])
def test_a_messages_stream_has_the_blocks_of_the_whole_reply(tools: list[Any]):
    request = read("messages", tools=tools, stream=True)
    stream = streamed("messages", request)
    claims.messages_stream(stream, request, DONE)
    assert collected(sse_events(stream)) == whole("messages", request)["content"]


def collected(events: Sequence[Any]) -> list[Any]:
    """The blocks of a messages stream, put together."""
    blocks: list[Any] = []
    for event in events:
        if event["type"] == "content_block_start":
            blocks.append(event["content_block"])
        elif event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
            blocks[-1] = {**blocks[-1], "text": blocks[-1]["text"] + event["delta"]["text"]}
        elif event["type"] == "content_block_delta":
            blocks[-1] = {**blocks[-1], "input": json.loads(event["delta"]["partial_json"])}
    return blocks


@requirement("wire:web-told")
@pytest.mark.parametrize(
    ("use", "code"),
    [
        (ToolUse(SEARCHES, '{"error":"search_unavailable"}'), "unavailable"),
        (ToolUse(SEARCHES, '{"error":"max_uses_reached","message":"x"}'), "max_uses_exceeded"),
        (ToolUse(SEARCHES, '{"error":"query_too_long"}'), "query_too_long"),
        (ToolUse(READS, '{"url":"x","status":"failed","error":"max_uses_reached: all 1"}'), "max_uses_exceeded"),
        (ToolUse(READS, '{"url":"x","status":"failed","error":"url_not_in_context"}'), "url_not_allowed"),
        (ToolUse(READS, MISSING), "url_not_accessible"),
    ],
)
def test_why_nothing_came_is_said_in_the_vendors_words(use: ToolUse, code: str):
    run = replace(DONE, rounds=(Round(Reply("a/x"), (use,)),), preamble="")
    body = whole("messages", read("messages", tools=ANTHROPIC), run)
    AnthropicMessage.model_validate(body)
    assert complaints("MessagesResult", body) == []
    assert body["content"][1]["content"]["error_code"] == code


@requirement("wire:web-told", "wire:messages-replay")
def test_our_own_blocks_come_back_as_the_words_around_them():
    request = read("messages", tools=ANTHROPIC)
    body = whole("messages", request)
    turns: list[Any] = [{"role": "assistant", "content": body["content"]}, {"role": "user", "content": "And red?"}]
    told = read("messages", messages=[{"role": "user", "content": "Why?"}, *turns]).messages
    assert [(one.role, one.text, one.opaque) for one in told] == [
        ("user", "Why?", {}),
        ("assistant", "I look it up.\n\nBlue light scatters.", {}),
        ("user", "And red?", {}),
    ]


@requirement("wire:web-told")
@pytest.mark.parametrize("streaming", [False, True])
def test_chat_cites_with_title_place_and_excerpt(streaming: bool):
    request = read("chat")
    told = sse_events(streamed("chat", request)) if streaming else [whole("chat", request)]
    said = [choice.get("delta") or choice.get("message") for one in told for choice in one["choices"]]
    (cited,) = [note for one in said for note in one.get("annotations", [])]
    assert cited["url_citation"] == {
        "url": "https://a.example/1",
        "title": "A",
        "start_index": 15,
        "end_index": 34,
        "content": "Blue light.",
    }
    text = "".join(one["content"] or "" for one in said)
    assert text[15:34] == "Blue light scatters"
    assert not any("tool_calls" in one for one in said)
