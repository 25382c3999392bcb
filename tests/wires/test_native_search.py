"""An upstream's own search in place of ours: asked for by wire and case, read back, and never taken for a call."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.assembly import CLIENT_WIRES, SERVER_WIRES
from fuseline.catalog.facts import endpoints
from fuseline.types.errors import ParameterRefused
from fuseline.types.json import JsonObject
from fuseline.types.messages import Message, user
from fuseline.types.models import Endpoint, Model, Quirks
from fuseline.types.replies import Citation, Reply
from fuseline.types.requests import FunctionTool, Named, Request
from fuseline.types.runs import Run
from fuseline.wires.sse import EventReader
from tests.requirements import requirement
from tests.wires.afar import BEGUN, block, item, over, piece, stopped, text_block, told
from tests.wires.gemini import far as gemini
from tests.wires.runs import RUN
from tests.wires.streams import chunk, stream

ROOM = 1 << 24
OURS = FunctionTool("openrouter_web_search", "Search.", {"type": "object"})
LOOK = FunctionTool("look", "Look.", {"type": "object"})
PLACE: JsonObject = {"type": "approximate", "city": "Paris", "country": "FR"}
SEARCHER = Quirks(searches=True)
NATIVE = ("responses", "messages", "gemini", "openrouter")
CASES: Mapping[str, JsonObject] = {
    "plain": {},
    "limited": {"max_uses": 3, "search_context_size": "low", "user_location": PLACE},
    "allowed": {"allowed_domains": ["a.example", "b.example"]},
    "excluded": {"excluded_domains": ["c.example"]},
    "path": {"allowed_domains": ["a.example/blog"]},
    "wide": {"allowed_domains": ["*.a.example"]},
    "both": {"allowed_domains": ["a.example"], "excluded_domains": ["x.a.example"]},
}
STAYS = {"function": "openrouter_web_search"}
WRITTEN: Mapping[str, Mapping[str, Any]] = {
    "messages": {
        "plain": {"type": "web_search_20250305", "name": "web_search"},
        "limited": {"type": "web_search_20250305", "name": "web_search", "max_uses": 3, "user_location": PLACE},
        "allowed": {
            "type": "web_search_20250305",
            "name": "web_search",
            "allowed_domains": ["a.example", "b.example"],
        },
        "excluded": {"type": "web_search_20250305", "name": "web_search", "blocked_domains": ["c.example"]},
        "path": {"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.example/blog"]},
        "wide": STAYS,
        "both": STAYS,
    },
    "responses": {
        "plain": {"type": "web_search"},
        "limited": {"type": "web_search", "search_context_size": "low", "user_location": PLACE},
        "allowed": {"type": "web_search", "filters": {"allowed_domains": ["a.example", "b.example"]}},
        "excluded": STAYS,
        "path": STAYS,
        "wide": STAYS,
        "both": STAYS,
    },
    "gemini": {
        "plain": {"googleSearch": {}},
        "limited": {"googleSearch": {}},
        "allowed": STAYS,
        "excluded": STAYS,
        "path": STAYS,
        "wide": STAYS,
        "both": STAYS,
    },
    "openrouter": {
        "plain": {"engine": "native"},
        "limited": {"engine": "native", "max_uses": 3, "search_context_size": "low", "user_location": PLACE},
        "allowed": {"engine": "auto", "allowed_domains": ["a.example", "b.example"]},
        "excluded": {"engine": "auto", "excluded_domains": ["c.example"]},
        "path": {"engine": "auto", "allowed_domains": ["a.example/blog"]},
        "wide": {"engine": "auto", "allowed_domains": ["*.a.example"]},
        "both": STAYS,
    },
}


def endpoint(kind: str, quirks: Quirks = SEARCHER) -> Model:
    """A model at an endpoint of a kind: one of the wires, or chat as OpenRouter speaks it."""
    wire = "chat" if kind == "openrouter" else kind
    dialect = "openrouter" if kind == "openrouter" else ""
    return Model("far/x", Endpoint("far", "http://127.0.0.1:1/v1", wire, dialect=dialect, quirks=quirks), "x")


def asks(wishes: JsonObject | None = None, **fields: Any) -> Request:
    """A request that wants the upstream's own search."""
    return Request("x", (user("Why?"),), functions=(replace(OURS, native=wishes or {}),), **fields)


def body(kind: str, request: Request, model: Model | None = None, without: frozenset[str] = frozenset()) -> Any:
    """The body of a call."""
    model = model or endpoint(kind)
    return json.loads(CLIENT_WIRES[model.endpoint.wire].write_request(request, model, without))


def tools(body: Any) -> list[Any]:
    """What a body declares: functions by their names, searches as they stand there."""
    found: list[Any] = []
    for tool in body.get("tools", []):
        declared = tool.get("functionDeclarations") or [tool.get("function", tool)]
        ours = [one for one in declared if one.get("name") in ("openrouter_web_search", "look")]
        found += [{"function": one["name"]} for one in ours] if ours else [tool]
    return found


def sse_events(payload: bytes) -> list[Any]:
    """The events of a stream, less its last mark."""
    reader = EventReader()
    return [json.loads(one) for one in (*reader.feed(payload), *reader.close()) if one != b"[DONE]"]


@requirement("ours:native-search")
@pytest.mark.parametrize(("kind", "case"), [(kind, case) for kind in NATIVE for case in CASES])
def test_the_upstreams_own_search_is_asked_for_where_it_keeps_to_the_rules(kind: str, case: str):
    expected = WRITTEN[kind][case]
    if kind == "openrouter" and expected is not STAYS:
        expected = {"type": "openrouter:web_search", "parameters": expected}
    assert tools(body(kind, asks(CASES[case]))) == [expected]


@requirement("ours:native-search")
@pytest.mark.parametrize("kind", [*NATIVE, "chat"])
def test_our_function_stays_where_nobody_asked_or_there_is_no_other(kind: str):
    assert tools(body(kind, Request("x", (user("Why?"),), functions=(OURS,)))) == [STAYS]
    assert tools(body(kind, asks(), endpoint(kind, Quirks()))) == [STAYS]
    assert tools(body("chat", asks())) == [STAYS]


@pytest.mark.parametrize(("kind", "beside"), [("responses", 2), ("messages", 2), ("openrouter", 2), ("gemini", 0)])
def test_functions_stand_beside_it_where_they_may(kind: str, beside: int):
    request = asks()
    declared = tools(body(kind, replace(request, functions=(LOOK, *request.functions))))
    assert len(declared) == 2 and {"function": "look"} in declared
    assert (STAYS not in declared) == bool(beside)


def test_a_function_of_the_clients_with_the_vendors_name_keeps_ours_in_place():
    request = asks()
    named = replace(request, functions=(FunctionTool("web_search"), *request.functions))
    assert [tool.get("name") for tool in body("messages", named)["tools"]] == ["web_search", "openrouter_web_search"]


@pytest.mark.parametrize(
    ("kind", "choice"),
    [
        ("responses", {"type": "web_search"}),
        ("messages", {"type": "tool", "name": "web_search"}),
        ("openrouter", {"type": "openrouter:web_search"}),
    ],
)
def test_a_choice_of_it_is_written_in_the_vendors_words(kind: str, choice: Any):
    assert body(kind, asks(tool_choice=Named("openrouter_web_search")))["tool_choice"] == choice


def test_gemini_has_no_words_to_force_its_search_or_to_hold_it_to_a_form():
    assert "toolConfig" not in body("gemini", asks(tool_choice="required"))
    form: JsonObject = {"type": "json_object"}
    assert tools(body("gemini", asks(response_format=form))) == [STAYS]


@requirement("ours:native-search")
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("responses", {"message": "Hosted tool 'web_search' is not supported with x.", "param": "tools"}),
        ("messages", {"type": "invalid_request_error", "message": "Web search is not enabled for this organization"}),
        ("gemini", {"status": "INVALID_ARGUMENT", "message": "Search Grounding is not supported."}),
        ("openrouter", {"message": "openrouter:web_search: native search is not available for x", "code": 400}),
    ],
)
def test_where_it_is_refused_our_function_stands_in_the_next_time(kind: str, error: Any):
    model = endpoint(kind)
    client = CLIENT_WIRES[model.endpoint.wire]
    sent = client.optional(asks(), model, frozenset())
    found = client.read_error(400, {}, json.dumps({"error": error}).encode(), sent)
    assert isinstance(found, ParameterRefused) and found.parameter == "web_search"
    without = frozenset({"web_search"})
    assert tools(body(kind, asks(), model, without)) == [STAYS]
    assert "web_search" not in client.optional(asks(), model, without)
    assert "web_search" not in client.optional(asks(CASES["both"]), model, frozenset())


@requirement("ours:native-search")
@pytest.mark.parametrize("kind", ["responses", "messages", "openrouter"])
def test_our_server_half_reads_it_as_a_search_with_the_same_wishes(kind: str):
    model = endpoint(kind)
    wishes: JsonObject = {"allowed_domains": ["a.example"], "user_location": PLACE}
    sent = CLIENT_WIRES[model.endpoint.wire].write_request(asks(wishes), model, frozenset())
    (tool,) = SERVER_WIRES[model.endpoint.wire].read_request(sent, {}).server_tools
    assert {name: tool.parameters[name] for name in wishes} == wishes


def test_those_who_have_a_search_of_their_own_say_where_it_is_described():
    searching = {name for name, fact in endpoints().items() if fact.quirks.searches}
    assert searching == {"anthropic", "openai", "gemini", "vertex-gemini", "openrouter"}


# What comes back

TEXT = "Let me see.\n\nBlue light scatters."
PAGE = "https://a.example/1"
ENCRYPTED: dict[str, Any] = {
    "type": "web_search_result",
    "url": PAGE,
    "title": "A",
    "encrypted_content": "c2VhbGVk",
    "page_age": "May 1, 2026",
}
USE: dict[str, Any] = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {"query": "blue sky"},
    "caller": {"type": "direct"},
}
RESULT: dict[str, Any] = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [ENCRYPTED],
    "caller": {"type": "direct"},
}
CITED: dict[str, Any] = {
    "type": "web_search_result_location",
    "url": PAGE,
    "title": "A",
    "cited_text": "Blue light.",
    "encrypted_index": "aWR4",
}
ANNOTATED: dict[str, Any] = {"type": "url_citation", "url": PAGE, "title": "A", "start_index": 0, "end_index": 20}
CALLED: dict[str, Any] = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "blue sky", "sources": [{"type": "url", "url": PAGE}]},
}
OPENED: dict[str, Any] = {**CALLED, "id": "ws_2", "action": {"type": "open_page", "url": PAGE}}


def message_item(text: str, *annotations: Any) -> dict[str, Any]:
    """A message that is done."""
    parts = [{"type": "output_text", "text": text, "annotations": list(annotations)}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": parts}


GROUNDED: Any = {
    "webSearchQueries": ["blue sky", "rayleigh"],
    "searchEntryPoint": {"renderedContent": "<div></div>"},
    "groundingChunks": [{"web": {"uri": PAGE, "title": "A"}}],
    "groundingSupports": [
        {"segment": {"startIndex": 13, "endIndex": 33, "text": "Blue light scatters."}, "groundingChunkIndices": [0]}
    ],
}


def grounded() -> Any:
    """The last piece of a Gemini stream, with what its search found and what all of it took."""
    last = gemini.piece(finish="STOP", usageMetadata={"promptTokenCount": 3, "candidatesTokenCount": 4})
    return {**last, "candidates": [{**last["candidates"][0], "groundingMetadata": GROUNDED}]}


STREAMS: Mapping[str, bytes] = {
    "messages": told(
        BEGUN,
        *text_block(0, "Let me see."),
        *block(
            1,
            {**USE, "input": {}},
            {"type": "input_json_delta", "partial_json": '{"query": "bl'},
            {"type": "input_json_delta", "partial_json": 'ue sky"}'},
        ),
        *block(2, RESULT),
        *block(
            3,
            {"type": "text", "text": "", "citations": []},
            {"type": "citations_delta", "citation": CITED},
            {"type": "text_delta", "text": "Blue light scatters."},
        ),
        *stopped(server_tool_use={"web_search_requests": 1, "web_fetch_requests": 0}),
    ),
    "responses": told(
        piece("Let me see."),
        item("done", 0, **message_item("Let me see.")),
        item("added", 1, **{**CALLED, "status": "in_progress"}),
        {"type": "response.web_search_call.in_progress", "output_index": 1, "item_id": "ws_1"},
        {"type": "response.web_search_call.searching", "output_index": 1, "item_id": "ws_1"},
        {"type": "response.web_search_call.completed", "output_index": 1, "item_id": "ws_1"},
        item("done", 1, **CALLED),
        item("done", 2, **OPENED),
        piece("Blue light scatters.", 3),
        item("done", 3, **message_item("Blue light scatters.", ANNOTATED)),
        over(usage={"input_tokens": 3, "output_tokens": 4}),
    ),
    "gemini": gemini.told(
        gemini.piece({"text": "Let me see.\n\n"}),
        gemini.piece({"text": "Blue light scatters."}),
        grounded(),
    ),
    "openrouter": stream(
        chunk({"content": "Let me see.\n\nBlue light scatters."}),
        chunk(
            {
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {
                            "url": PAGE,
                            "title": "A",
                            "content": "Blue light.",
                            "start_index": 13,
                            "end_index": 33,
                        },
                    }
                ]
            }
        ),
        chunk(
            {},
            "stop",
            usage={
                "prompt_tokens": 3,
                "completion_tokens": 4,
                "cost": 0.01,
                "server_tool_use": {"web_search_requests": 1},
            },
        ),
    ),
}
EXCERPTS = {"messages": "Blue light.", "openrouter": "Blue light."}
SEARCHED = {"gemini": 2}


def read(kind: str, step: int) -> Reply:
    """The reply of a kind's stream that comes in pieces."""
    payload = STREAMS[kind]
    reader = CLIENT_WIRES["chat" if kind == "openrouter" else kind].reader(ROOM, ROOM)
    for start, end in pairwise([*range(0, len(payload), step), len(payload)]):
        reader.feed(payload[start:end])
    return reader.close()


@requirement("ours:native-search")
@pytest.mark.parametrize("kind", NATIVE)
@pytest.mark.parametrize("step", [7, 1 << 20])
def test_its_pages_are_cited_its_searches_counted_and_none_is_a_call(kind: str, step: int):
    reply = read(kind, step)
    assert (reply.text, reply.tool_calls, reply.finish_reason) == (TEXT, (), "stop")
    assert reply.citations == (Citation(PAGE, "A", 13, 33, EXCERPTS.get(kind, "")),)
    assert reply.usage is not None and reply.usage.searches == SEARCHED.get(kind, 1)


def test_a_whole_reply_tells_the_same():
    content = [{"type": "text", "text": "Let me see."}, USE, RESULT]
    content.append({"type": "text", "text": "Blue light scatters.", "citations": [CITED]})
    usage = {"input_tokens": 3, "output_tokens": 4, "server_tool_use": {"web_search_requests": 1}}
    fields = {"id": "msg_1", "model": "a/model", "content": content, "stop_reason": "end_turn", "usage": usage}
    assert CLIENT_WIRES["messages"].read_reply(json.dumps(fields).encode()) == read("messages", ROOM)
    output = [message_item("Let me see."), CALLED, OPENED, message_item("Blue light scatters.", ANNOTATED)]
    response = over(usage={"input_tokens": 3, "output_tokens": 4}, output=output)["response"]
    assert CLIENT_WIRES["responses"].read_reply(json.dumps(response).encode()) == read("responses", ROOM)


def test_perplexitys_pages_are_cited_though_its_text_only_numbers_them():
    pages: Any = {"search_results": [{"url": PAGE, "title": "A", "snippet": "Blue light."}, {"title": "no address"}]}
    usage = {"prompt_tokens": 3, "completion_tokens": 4}
    said = [chunk({"content": "Blue [1]."}, usage=usage, **pages), chunk({}, "stop", usage=usage, **pages)]
    reader = CLIENT_WIRES["chat"].reader(ROOM, ROOM)
    reader.feed(stream(*said))
    assert reader.close().citations == (Citation(PAGE, "A", excerpt="Blue light."),)


@requirement("ours:native-search")
def test_what_anthropic_sealed_goes_back_to_it_as_it_came_and_to_nobody_else():
    turns = (user("Why?"), read("messages", ROOM).message, user("And red?"))
    again = body("messages", replace(asks(), messages=turns))["messages"][1]["content"]
    assert again == [USE, RESULT, {"type": "text", "text": TEXT}]
    plain = body("messages", Request("x", turns, functions=(OURS,)))["messages"][1]["content"]
    assert plain == [{"type": "text", "text": TEXT}]
    assert body("openrouter", replace(asks(), messages=turns))["messages"][1] == {"role": "assistant", "content": TEXT}
    assert "sealed" not in json.dumps(body("responses", replace(asks(), messages=turns)))


@pytest.mark.parametrize("room", [10, ROOM])
def test_sealed_searches_take_no_room_of_the_answer_and_are_bounded_themselves(room: int):
    huge = {**RESULT, "content": [{**ENCRYPTED, "encrypted_content": "x" * 100}]}
    reader = CLIENT_WIRES["messages"].reader(room, ROOM)
    reader.feed(told(BEGUN, *block(0, USE), *block(1, huge), *text_block(2, "Blue."), *stopped()))
    reply = reader.close()
    assert (reply.text, "server_blocks" in reply.opaque) == ("Blue.", room == ROOM)


DECLARED: Any = [{"type": "web_search_20250305", "name": "web_search", "engine": "native"}]


@requirement("ours:native-search", "wire:web-told")
def test_a_messages_client_is_shown_anthropics_own_search_and_brings_it_back():
    asked = server_request(tools=DECLARED)
    run = replace(RUN, report=None, router="", rounds=(), preamble="", reply=read("messages", ROOM))
    content = whole(run, asked)
    assert content == snapshot(
        [
            {
                "type": "text",
                "text": """\
Let me see.

Blue light scatters.\
""",
                "citations": None,
            },
            {
                "type": "server_tool_use",
                "id": "srvtoolu_1",
                "name": "web_search",
                "input": {"query": "blue sky"},
                "caller": {"type": "direct"},
            },
            {
                "type": "web_search_tool_result",
                "tool_use_id": "srvtoolu_1",
                "content": [
                    {
                        "type": "web_search_result",
                        "url": "https://a.example/1",
                        "title": "A",
                        "encrypted_content": "c2VhbGVk",
                        "page_age": "May 1, 2026",
                    }
                ],
                "caller": {"type": "direct"},
            },
        ]
    )
    assert whole(run, server_request()) == content[:1]
    (_, turn, _) = server_request(tools=DECLARED, reply=content).messages
    assert turn == Message("assistant", TEXT, opaque={"server_blocks": [USE, RESULT]})


def server_request(tools: Any = (), reply: Any = None) -> Request:
    """A request of a messages client, which sends back what it was told."""
    turns: list[Any] = [{"role": "user", "content": "Why?"}]
    if reply is not None:
        turns += [{"role": "assistant", "content": reply}, {"role": "user", "content": "And red?"}]
    fields = {"model": "a/x", "messages": turns, "tools": list(tools)}
    return SERVER_WIRES["messages"].read_request(json.dumps(fields).encode(), {})


def whole(run: Run, request: Request) -> list[Any]:
    """The content of a whole reply."""
    return json.loads(SERVER_WIRES["messages"].write_reply(run, request))["content"]
