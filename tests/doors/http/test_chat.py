"""Chat completions end to end: what a run leaves in replies and streams, and what comes back of it in the next turn."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai import AsyncOpenAI

from fuseline.types.json import JsonObject
from tests.doors.http.players import Door, last_text, open_door
from tests.doors.http.talk import QUESTION, Heard, plugin, question
from tests.doors.http.test_tools import CONVENES, FUSION, LOOK, messages
from tests.requirements import requirement
from tests.upstream import calls_tools, fails, says
from tests.upstream.says import DONE, chunk, closing, event, opening, streams
from tests.upstream.wire import Action, Ask
from tests.wires.openapi import complaints

pytestmark = pytest.mark.anyio

EVENTS = {"X-Fusion-Events": "true"}
ROUTE = {"X-OpenRouter-Metadata": "Enabled"}
BOTH = pytest.mark.parametrize("streamed", [False, True])
SAMPLING: dict[str, Any] = {
    "temperature": 0.3,
    "top_p": 0.5,
    "top_k": 7,
    "min_p": 0.1,
    "top_a": 0.2,
    "frequency_penalty": 0.4,
    "presence_penalty": 0.6,
    "repetition_penalty": 1.1,
    "seed": 42,
    "stop": ["STOP"],
    "logprobs": True,
    "top_logprobs": 2,
    "logit_bias": {"50256": -100},
    "verbosity": "low",
    "prediction": {"type": "content", "content": "x"},
    "response_format": {"type": "json_object"},
    "reasoning_effort": "low",
}


def heard_messages(heard: Heard, streamed: bool) -> list[Any]:
    """The message of a whole reply, or the deltas of a stream."""
    choices = [choice for chunk in heard.chunks for choice in chunk["choices"]] if streamed else heard.body["choices"]
    return [choice["delta" if streamed else "message"] for choice in choices]


def details(heard: Heard, streamed: bool) -> list[Any]:
    """All reasoning details of a reply."""
    return [entry for one in heard_messages(heard, streamed) for entry in one.get("reasoning_details", ())]


def faithful(heard: Heard, streamed: bool) -> bool:
    """Whether a reply is what the vendor's schema says."""
    if streamed:
        return not any(complaints("ChatStreamChunk", chunk) for chunk in heard.chunks)
    return not complaints("ChatResult", heard.body)


def sdk(door: Door) -> AsyncOpenAI:
    """The unmodified SDK, pointed at a door."""
    return AsyncOpenAI(base_url=f"{door.origin}/v1", api_key="unused")


@BOTH
@requirement("vector:C1", "wire:server-tool-call")
async def test_a_forced_run_shows_as_one_call_of_the_servers_tool_to_who_asked(streamed: bool):
    async with open_door({"writer": [says("Fused.")]}) as door:
        asked = question(tool_choice="required", include_reasoning_details="server_tools", stream=streamed)
        heard = await door.post(asked)
        plain = await door.post({**asked, "include_reasoning_details": None})
    (entry,) = details(heard, streamed)
    assert (entry["type"], entry["tool_name"]) == ("reasoning.server_tool_call", "openrouter:fusion")
    assert [response["model"] for response in json.loads(entry["result"])["responses"]] == ["lab/a", "lab/b", "lab/c"]
    assert all(response["content"] for response in json.loads(entry["result"])["responses"])
    usage = (heard.chunks[-1] if streamed else heard.body)["usage"]
    assert usage["server_tool_use_details"]["tool_calls_executed"] == 1
    assert (faithful(heard, streamed), details(plain, streamed)) == (True, [])


@BOTH
@requirement("wire:server-tool-call", "wire:functions")
async def test_a_turn_that_ends_with_the_clients_functions_keeps_the_run(streamed: bool):
    both = calls_tools(("c1", "look", {"q": 1}), ("c2", "openrouter_fusion", {"prompt": "Why?"}), text="I ask.")
    async with open_door({"writer": [both]}) as door:
        heard = await door.post(question(stream=streamed, tools=[LOOK]), headers=EVENTS)
    said = heard_messages(heard, streamed)
    assert [json.loads(entry["arguments"]) for entry in details(heard, streamed)] == [{"prompt": "Why?"}]
    assert [call["id"] for one in said for call in one.get("tool_calls", ())] == ["c1"]
    assert "".join(one.get("content") or "" for one in said) == "I ask."
    assert faithful(heard, streamed)


@requirement("vector:C15", "client:openai-sdk", "wire:server-tool-call")
async def test_a_run_that_the_sdk_sends_back_is_remembered_and_convenes_nobody():
    async with (
        open_door({"writer": [says("Fused.")], "a": [says("one"), says("Really.")]}) as door,
        sdk(door) as client,
    ):
        first: Any = await client.chat.completions.create(
            model="openrouter/fusion",
            messages=[{"role": "user", "content": "Why?"}],
            extra_headers=EVENTS,
        )
        said = first.choices[0].message
        asked = len(door.asked)
        history: Any = [QUESTION, said.model_dump(exclude_none=True), {"role": "user", "content": "Really?"}]
        offered: Any = [FUSION]
        second = await client.chat.completions.create(model="lab/a", messages=history, tools=offered)
        assert door.asked[:2] == ["a", "a"]
        assert len(door.asked) == asked + 1
        sent = messages(door.upstream.calls("a")[-1].body)
    (entry,) = said.reasoning_details
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    assert (sent[1]["tool_calls"][0]["id"], sent[2]["tool_call_id"]) == (entry["tool_call_id"], entry["tool_call_id"])
    assert (sent[2]["content"], sent[3]["content"]) == (entry["result"], "Fused.")
    assert "server_tool_call" not in json.dumps(sent)
    assert second.choices[0].message.content == "Really."


@requirement("vector:C15")
async def test_a_run_that_is_sent_back_leaves_a_new_panel_to_who_asks_for_one():
    entry = {"type": "reasoning.server_tool_call", "tool_name": "openrouter:fusion"}
    replayed = {
        "role": "assistant",
        "content": "So.",
        "reasoning_details": [{**entry, "arguments": "{}", "result": "{}"}],
    }
    history = [QUESTION, replayed, QUESTION]
    async with open_door() as door:
        body = {"model": "openrouter/fusion", "messages": history}
        plain = await door.post({**body, "tool_choice": "none"})
        assert door.asked == ["writer"]
        fused = await door.post(body)
        assert door.asked == ["a", "b", "c", "judge", "writer", "writer"]
        panel = messages(door.upstream.calls("a")[0].body)
    assert (plain.body["fusion"]["convened"], fused.body["fusion"]["convened"]) == (False, True)
    assert [message["role"] for message in panel if message["role"] != "system"] == ["user", "assistant", "user"]


@BOTH
@requirement("wire:preamble")
async def test_what_was_said_before_the_panel_is_parted_from_the_answer(streamed: bool):
    script = [calls_tools(("c1", "openrouter_fusion", {"prompt": "Why?"}), text="Let me ask."), says("Blue light.")]
    async with open_door({"a": script}) as door:
        heard = await door.post(question("lab/a", tools=[FUSION], stream=streamed))
    assert "".join(one["content"] or "" for one in heard_messages(heard, streamed)) == "Let me ask.\n\nBlue light."
    assert faithful(heard, streamed)


@BOTH
@requirement("wire:preamble")
async def test_a_tool_that_does_not_exist_parts_what_is_said_around_it_too(streamed: bool):
    script = [calls_tools(("c1", "no_such_tool", {}), text="Let me see."), says("Blue light.")]
    async with open_door({"a": script}) as door:
        heard = await door.post(question("lab/a", tools=[{"type": "openrouter:datetime"}], stream=streamed))
    assert "".join(one["content"] or "" for one in heard_messages(heard, streamed)) == "Let me see.\n\nBlue light."


def thinks(ask: Ask) -> Iterator[Action]:
    """A model that thinks in pieces, signs what it thought, seals a part of it, and answers."""
    yield event(opening(ask))
    for piece in ("Let me ", "think."):
        entry: JsonObject = {"type": "reasoning.text", "text": piece, "index": 0, "format": "anthropic-claude-v1"}
        yield event(chunk(ask, {"content": "", "reasoning": piece, "reasoning_details": [entry]}))
    signed: JsonObject = {"type": "reasoning.text", "signature": "sig", "index": 0, "format": "anthropic-claude-v1"}
    yield event(chunk(ask, {"reasoning_details": [signed]}))
    yield event(chunk(ask, {"reasoning_details": [{"type": "reasoning.encrypted", "data": "xyz", "index": 1}]}))
    yield event(chunk(ask, {"content": "So."}))
    for last in closing(ask, "stop", {"prompt_tokens": 3, "completion_tokens": 4}):
        yield event(last)
    yield DONE


@requirement("wire:reasoning-details")
async def test_the_record_of_reasoning_reaches_the_client_streamed_and_whole():
    whole_block = {"type": "reasoning.text", "text": "Let me think.", "signature": "sig", "index": 0}
    async with open_door({"writer": [streams(thinks)]}) as door:
        whole = await door.post(question())
        streamed = await door.post(question(stream=True))
    text, sealed = details(whole, streamed=False)
    assert (text, sealed) == (
        {**whole_block, "format": "anthropic-claude-v1"},
        {"type": "reasoning.encrypted", "data": "xyz", "index": 1},
    )
    pieces = details(streamed, streamed=True)
    assert "".join(piece.get("text") or "" for piece in pieces) == "Let me think."
    assert [piece["signature"] for piece in pieces if piece.get("signature")] == ["sig"]
    assert pieces[-1] == sealed
    assert "".join(one.get("reasoning", "") for one in heard_messages(streamed, streamed=True)) == "Let me think."
    assert faithful(whole, streamed=False)
    assert faithful(streamed, streamed=True)


@BOTH
@requirement("wire:citations")
async def test_links_of_the_answer_are_its_annotations(streamed: bool):
    answer = "As [they say](https://a.example/page), and https://b.example, too."
    scripts = {"a": [says("Look: [All about A](https://a.example/page?utm_source=x)")], "writer": [says(answer)]}
    async with open_door(scripts) as door:
        heard = await door.post(question(stream=streamed))
    annotations = [one for said in heard_messages(heard, streamed) for one in said.get("annotations", ())]
    cited = [one["url_citation"] for one in annotations]
    assert [(one["url"], one["title"]) for one in cited] == [
        ("https://a.example/page", "All about A"),
        ("https://b.example", "https://b.example"),
    ]
    places = [answer[one["start_index"] : one["end_index"]] for one in cited]
    assert places == ["[they say](https://a.example/page)", "https://b.example"]
    assert faithful(heard, streamed)


@BOTH
@requirement("wire:metadata")
async def test_the_route_is_told_to_who_asks(streamed: bool):
    async with open_door() as door:
        heard = await door.post(question(stream=streamed), headers=ROUTE)
        plain = await door.post(question("lab/a", stream=streamed), headers=ROUTE)
        silent = await door.post(question(stream=streamed))
    told, direct = ((one.chunks[-1] if streamed else one.body)["openrouter_metadata"] for one in (heard, plain))
    (stage,) = told["pipeline"]
    assert (told["requested"], told["strategy"], direct["strategy"]) == ("openrouter/fusion", "fusion", "direct")
    assert [call["role"] for call in stage["data"]["calls"]] == ["panel", "panel", "panel", "analyst", "writer"]
    assert stage["cost_usd"] > 0
    assert complaints("OpenRouterMetadata", told) == complaints("OpenRouterMetadata", direct) == []
    assert "pipeline" not in direct
    assert b"openrouter_metadata" not in silent.raw


@BOTH
@requirement("wire:metadata", "wire:previous-errors", "wire:errors")
async def test_a_failed_run_tells_its_route_and_its_failures_beside_the_error(streamed: bool):
    failing = fails(429, message="secret sentence of the upstream", code="quota_x", retry_after="3600")
    async with open_door({"a": [failing]}) as door:
        heard = await door.post(question("lab/a", stream=streamed), headers=ROUTE)
    error = heard.body["error"]
    assert (heard.status, error["code"], error["metadata"]["error_type"]) == (429, 429, "rate_limit_exceeded")
    assert error["metadata"]["provider_code"] == "quota_x"
    first, *_ = error["metadata"]["previous_errors"]
    assert first == {"provider": "lab", "code": "rate_limited", "status": 429}
    assert "secret sentence" not in json.dumps(error["metadata"])
    assert heard.body["openrouter_metadata"]["attempts"][0] == {"provider": "lab", "model": "a", "status": 429}


@requirement("wire:previous-errors", "client:late-error")
async def test_a_failure_after_the_first_token_tells_the_same_in_its_stream():
    async with open_door(models=["fault/hang-mid"], clocks={"idle_s": 0.3}) as door:
        heard = await door.post(question("lab/fault/hang-mid", stream=True), headers=ROUTE)
    *_, broken, last = heard.chunks
    assert broken["choices"][0]["finish_reason"] == "error"
    assert broken["error"]["metadata"]["previous_errors"] == [
        {"provider": "lab", "code": "idle_timeout", "status": 504}
    ]
    assert last["openrouter_metadata"]["attempts"][0]["status"] == 504
    assert faithful(heard, streamed=True)


@BOTH
@requirement("wire:availability")
async def test_a_model_that_nobody_serves_is_told_with_where_to_look(streamed: bool):
    async with open_door() as door:
        heard = await door.post(question("acme/fake-1.0", stream=streamed))
        available = await door.get(heard.error["availability"]["docs_url"])
        seat = await door.post(question(plugins=plugin(analysis_models=["acme/seat-1.0"]), stream=streamed))
    assert (heard.status, heard.error["availability"]["requested_models"]) == (400, ["acme/fake-1.0"])
    assert (seat.status, seat.error["availability"]["requested_models"]) == (400, ["acme/seat-1.0"])
    assert available.status == 200


@requirement("wire:outer-only")
async def test_sampling_goes_to_who_writes_and_to_nobody_else():
    async with open_door({"writer": [says("{}")]}) as door:
        await door.post(question(**SAMPLING, max_tokens=77, plugins=plugin(analysis_models=["lab/a", "lab/b"])))
        bodies: dict[str, Any] = {call.model: call.body for call in door.upstream.log}
    writer = bodies.pop("writer")
    assert {name: writer[name] for name in SAMPLING} == SAMPLING
    assert writer["max_tokens"] == 77
    assert bodies["judge"]["temperature"] == 0
    ours = {"temperature", "response_format"}  # the analyst's own
    for model, body in bodies.items():
        assert not body.keys() & (SAMPLING.keys() - (ours if model == "judge" else set())), model
        assert body["max_tokens"] == 16_000
        assert body.get("response_format") != SAMPLING["response_format"]


@requirement("wire:outer-only")
async def test_sampling_goes_to_the_outer_model_in_each_of_its_turns():
    async with open_door({"a": [CONVENES, says("So.")]}) as door:
        await door.post(question("lab/a", tools=[FUSION], stop="STOP", seed=1))
        asked = [(call.model, call.body.get("stop"), call.body.get("seed")) for call in door.upstream.log]
    assert {(model, stop) for model, stop, _ in asked if stop} == {("a", "STOP")}
    assert [seed for model, _, seed in asked if model == "a"] == [1, 1]


@BOTH
@requirement("wire:one-answer")
async def test_more_than_one_answer_is_a_bad_request(streamed: bool):
    async with open_door() as door:
        told = [await door.post(question(model, n=2, stream=streamed)) for model in ("openrouter/fusion", "lab/a")]
        assert door.asked == []
    assert [(heard.status, heard.error["param"]) for heard in told] == [(400, "n")] * 2


@BOTH
async def test_reasoning_that_is_not_wanted_stays_away(streamed: bool):
    async with open_door({"writer": [streams(thinks)]}) as door:
        heard = await door.post(question(stream=streamed, include_reasoning=False))
        assert "exclude" not in last_text(door.upstream.calls("writer")[0].body)
    assert b"think" not in heard.raw
    assert b"reasoning_details" not in heard.raw


@requirement("client:openai-sdk", "wire:metadata", "wire:server-tool-call")
async def test_the_sdk_reads_a_stream_with_everything_in_it():
    everything = {**EVENTS, **ROUTE}
    async with open_door({"writer": [streams(thinks)]}) as door, sdk(door) as client:
        ask: Any = {"model": "openrouter/fusion", "messages": [QUESTION], "extra_headers": everything}
        chunks: list[Any] = [one async for one in await client.chat.completions.create(stream=True, **ask)]
        async with client.chat.completions.stream(**ask) as helper:
            final: Any = await helper.get_final_completion()
    kinds = [
        entry["type"]
        for one in chunks
        for choice in one.choices
        for entry in getattr(choice.delta, "reasoning_details", None) or ()
    ]
    assert (kinds[0], kinds[-1]) == ("reasoning.text", "reasoning.server_tool_call")
    assert chunks[-1].openrouter_metadata["strategy"] == "fusion"
    assert (final.choices[0].message.content, final.choices[0].finish_reason) == ("So.", "stop")
