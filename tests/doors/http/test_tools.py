"""Fusion beside other tools: the client's functions, the clock, and a model that decides for itself."""

import json
from typing import Any

import pytest

from fuseline.types.json import JsonObject
from tests.doors.http.players import last_text, letters_in, open_door
from tests.doors.http.talk import QUESTION, plugin, question
from tests.requirements import requirement
from tests.upstream import Step, calls_tool, calls_tools, says

pytestmark = pytest.mark.anyio

LOOK: dict[str, Any] = {
    "type": "function",
    "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}},
}
FUSION: dict[str, Any] = {
    "type": "openrouter:fusion",
    "parameters": {"analysis_models": ["lab/b", "lab/c"], "model": "lab/judge"},
}
CONVENES = calls_tool("openrouter_fusion", {"prompt": "Compare carbon taxes."})


def tool_names(body: JsonObject) -> list[str]:
    """The functions that a call to an upstream declared."""
    tools: Any = body.get("tools") or []
    return [tool["function"]["name"] for tool in tools]


@requirement("wire:tool", "wire:plugin", "wire:relaxed")
@pytest.mark.parametrize("fields", [{"tools": [FUSION]}, {"plugins": plugin(**FUSION["parameters"])}])
@pytest.mark.parametrize("streamed", [True, False])
async def test_a_model_of_ones_own_decides_and_is_given_the_result(fields: dict[str, Any], streamed: bool):
    async with open_door({"a": [CONVENES, says("Compared.")]}) as door:
        heard = await door.post(question("lab/a", stream=streamed, **fields))
        first, second = door.upstream.calls("a")
        assert door.asked == ["a", "a", "b", "c", "judge"]
        heard_by_b = [last_text(call.body).partition("\n\n<<<TASK>>>")[0] for call in door.upstream.calls("b")]
        assert heard_by_b == ["Compare carbon taxes."]
    assert tool_names(first.body) == ["openrouter_fusion"]
    assert second.body.get("tool_choice") is None
    result = json.loads(last_text(second.body))
    assert (result["status"], len(result["responses"]), set(result["analysis"])) == (
        "ok",
        2,
        {"consensus", "contradictions", "partial_coverage", "unique_insights", "blind_spots"},
    )
    choices = [choice for chunk in heard.chunks for choice in chunk["choices"]] if streamed else heard.body["choices"]
    said = [choice["delta" if streamed else "message"] for choice in choices]
    assert "".join(message["content"] for message in said) == "Compared."
    assert not any("tool_calls" in message for message in said)
    assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["stop"]
    assert (heard.chunks[-1] if streamed else heard.body)["fusion"]["convened"] is True


@requirement("wire:tool-result")
async def test_the_tool_result_says_who_failed_and_what_was_cited():
    cites = "See [A](https://a.example/page?utm_source=openai) for it."
    scripts = {"a": [CONVENES, says("done")], "b": [says(cites)], "c": [says("", refusal="No.")]}
    async with open_door(scripts) as door:
        await door.post(question("lab/a", tools=[FUSION]))
        result = json.loads(last_text(door.upstream.calls("a")[1].body))
    assert [response["content"] for response in result["responses"]] == [cites]
    assert len(result["failed_models"]) == 1
    assert result["sources"] == [{"url": "https://a.example/page", "title": "A"}]


@requirement("wire:capped")
async def test_a_second_call_in_the_same_turn_is_refused_and_costs_nothing():
    again = calls_tool("openrouter_fusion", {"prompt": "And again."}, id="call_2")
    async with open_door({"a": [CONVENES, again, says("Enough.")]}) as door:
        heard = await door.post(question("lab/a", tools=[FUSION]))
        refused = json.loads(last_text(door.upstream.calls("a")[2].body))
        assert door.asked == ["a", "a", "a", "b", "c", "judge"]
    assert (refused["status"], refused["failure_reason"]) == ("error", "fusion_invocation_capped")
    assert heard.body["choices"][0]["message"]["content"] == "Enough."


@requirement("wire:capped")
async def test_two_calls_in_one_reply_convene_the_panel_once():
    twice = calls_tools(
        ("c1", "openrouter_fusion", {"prompt": "One."}), ("c2", "openrouter_fusion", {"prompt": "Two."})
    )
    async with open_door({"a": [twice, says("Done.")]}) as door:
        await door.post(question("lab/a", tools=[FUSION]))
        results = [message for message in messages(door.upstream.calls("a")[1].body) if message["role"] == "tool"]
        assert door.asked == ["a", "a", "b", "c", "judge"]
    assert sorted(json.loads(result["content"])["status"] for result in results) == ["error", "ok"]
    assert [result["tool_call_id"] for result in results] == ["c1", "c2"]


@requirement("wire:tool")
async def test_a_call_without_a_prompt_is_told_so_and_may_be_made_again():
    async with open_door({"a": [calls_tool("openrouter_fusion", "{}"), CONVENES, says("Done.")]}) as door:
        await door.post(question("lab/a", tools=[FUSION]))
        told = json.loads(last_text(door.upstream.calls("a")[1].body))
        assert door.asked == ["a", "a", "a", "b", "c", "judge"]
    assert told["error"] == "invalid_arguments"


@requirement("wire:functions", "wire:alias-tools")
@pytest.mark.parametrize("streamed", [True, False])
async def test_the_clients_function_reaches_it_and_fusion_never_does(streamed: bool):
    script = [calls_tools(("c1", "look", '{"q": "é"}'), ("c2", "openrouter_fusion", {"prompt": "Why?"}))]
    async with open_door({"writer": script}) as door:
        heard = await door.post(question(stream=streamed, tools=[LOOK]))
        assert tool_names(door.upstream.calls("writer")[0].body) == ["look", "openrouter_fusion"]
    choices = [choice for chunk in heard.chunks for choice in chunk["choices"]] if streamed else heard.body["choices"]
    said = [choice["delta" if streamed else "message"] for choice in choices]
    calls = [call for message in said for call in message.get("tool_calls", ())]
    assert [(call["id"], call["function"]) for call in calls] == [("c1", {"name": "look", "arguments": '{"q": "é"}'})]
    assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["tool_calls"]
    assert b"openrouter_fusion" not in heard.raw


@requirement("wire:alias-tools")
async def test_a_turn_that_continues_after_a_function_convenes_nobody_by_itself():
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    turns = [QUESTION, {"role": "assistant", "content": None, "tool_calls": [call]}]
    history = [*turns, {"role": "tool", "tool_call_id": "c1", "content": "blue"}]
    async with open_door({"writer": [says("It is blue.")]}) as door:
        body = {"model": "openrouter/fusion", "messages": history, "tools": [LOOK]}
        heard = await door.post(body)
        sent = messages(door.upstream.calls("writer")[0].body)
        assert door.asked == ["writer"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert heard.body["fusion"] == {"type": "openrouter:fusion", "convened": False, "fusion_status": "none"}


@requirement("wire:alias-auto")
async def test_a_choice_of_none_is_a_plain_call_without_our_tool():
    async with open_door() as door:
        await door.post(question(tool_choice="none", tools=[LOOK]))
        (call,) = door.upstream.log
    assert (call.model, tool_names(call.body), call.body["tool_choice"]) == ("writer", ["look"], "none")


@requirement("wire:functions")
async def test_the_panel_never_sees_the_clients_functions():
    async with open_door() as door:
        await door.post(question(tools=[LOOK], tool_choice={"type": "openrouter:fusion"}))
        calls = {call.model: tool_names(call.body) for call in door.upstream.log}
    assert calls == {"a": [], "b": [], "c": [], "judge": [], "writer": ["look"]}


async def test_the_clock_is_asked_by_seats_and_by_the_outer_model():
    asks = [calls_tool("openrouter_datetime", {"timezone": "Europe/Berlin"}), says("It is late.")]
    clock = {"type": "openrouter:datetime"}
    async with open_door({"a": asks, "b": asks}) as door:
        await door.post(question(plugins=plugin(analysis_models=["lab/a"], tools=[clock])))
        told = json.loads(last_text(door.upstream.calls("a")[1].body))
        heard = await door.post(question("lab/b", tools=[clock]))
    assert (set(told), told["timezone"]) == ({"datetime", "timezone"}, "Europe/Berlin")
    assert heard.body["choices"][0]["message"]["content"] == "It is late."
    assert heard.body["usage"]["server_tool_use_details"]["tool_calls_executed"] == 1


async def test_a_model_that_calls_for_ever_is_made_to_answer():
    def loops(body: JsonObject) -> Step:
        number = len(messages(body))
        call = calls_tool("openrouter_datetime", {"timezone": "UTC"}, id=f"c{number}")
        return call if tool_names(body) else says("Stopped.")

    async with open_door({"a": [loops]}) as door:
        heard = await door.post(question("lab/a", tools=[{"type": "openrouter:datetime"}], max_tool_calls=3))
        assert door.asked == ["a"] * 4
    assert heard.body["choices"][0]["message"]["content"] == "Stopped."


@requirement("wire:seat-objects")
async def test_a_seats_wishes_reach_its_model_and_no_other():
    wishes = {"model": "lab/b", "instructions": "Play the sceptic.", "temperature": 0.25, "max_completion_tokens": 77}
    async with open_door() as door:
        await door.post(question(plugins=plugin(analysis_models=["lab/a", wishes], temperature=1.5)))
        plain, special = door.upstream.calls("a")[0].body, door.upstream.calls("b")[0].body
    assert (special["temperature"], special["max_tokens"], plain["temperature"]) == (0.25, 77, 1.5)
    assert "Play the sceptic." in str(special["messages"])
    assert "sceptic" not in str(plain["messages"])


@requirement("ours:anonymous")
async def test_nobody_who_compares_or_writes_sees_a_name():
    async with open_door({"a": [says("one")], "b": [says("two")], "c": [says("three")]}) as door:
        await door.post(question())
        shown = [call.body for model in ("judge", "writer") for call in door.upstream.calls(model)]
    for body in shown:
        assert letters_in(body) == ["A", "B", "C"]
        assert "lab/" not in str(body["messages"])


@requirement("ours:content-off")
async def test_with_content_off_no_text_is_kept():
    secret = "the-secret-word"
    scripts = {"a": [says(f"{secret} a")], "writer": [says(f"{secret} w")]}
    async with open_door(scripts, store={"content": False}) as door:
        body = question()
        body["messages"] = [{"role": "user", "content": f"Tell me {secret}"}]
        heard = await door.post(body)
        await door.house.store.runs(limit=1)
        path = door.house.settings.database
    assert secret in heard.body["choices"][0]["message"]["content"]
    kept = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert kept
    assert secret.encode() not in kept


def messages(body: JsonObject) -> list[dict[str, Any]]:
    """The conversation that a call to an upstream carried."""
    found: Any = body["messages"]
    return found
