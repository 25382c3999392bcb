"""How far the outer model goes with server tools, what of its turn is the client's, and who stands in for it."""

import json
from typing import Any

import pytest

from fuseline.types.json import JsonObject
from tests.doors.http.players import open_door
from tests.doors.http.talk import QUESTION, plugin, question
from tests.requirements import requirement
from tests.upstream import Step, answers, calls_tool, calls_tools, fails, says

pytestmark = pytest.mark.anyio

BOTH = pytest.mark.parametrize("streamed", [True, False])
CLOCK: dict[str, Any] = {"type": "openrouter:datetime"}
LOOK: dict[str, Any] = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
FUSION: dict[str, Any] = {
    "type": "openrouter:fusion",
    "parameters": {"analysis_models": ["lab/b", "lab/c"], "model": "lab/judge"},
}
SERVER_TOOLS = ("openrouter_datetime", "openrouter_fusion")
USAGE = {"prompt_tokens": 60, "completion_tokens": 40, "total_tokens": 100, "cost": 0.25}


def messages(body: JsonObject) -> list[dict[str, Any]]:
    """The conversation that a call to an upstream carried."""
    found: Any = body["messages"]
    return found


def tools(body: JsonObject) -> list[str]:
    """The functions that a call to an upstream declared."""
    declared: Any = body.get("tools") or []
    return [tool["function"]["name"] for tool in declared]


def expensive(body: JsonObject) -> Step:
    """A model that asks for the time as long as it may, and says what each turn costs."""
    zone = f"Etc/GMT+{len(messages(body)) % 12}"
    chunk = {"index": 0, "id": f"c{len(messages(body))}", "type": "function"}
    call = {**chunk, "function": {"name": "openrouter_datetime", "arguments": json.dumps({"timezone": zone})}}
    if "openrouter_datetime" not in tools(body):
        return says("Enough.", usage=USAGE)
    said = {"index": 0, "message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    return answers(200, {"id": "x", "model": "a", "choices": [said], "usage": USAGE})


RULES = [
    pytest.param([{"type": "step_count_is", "step_count": 2}], 2, id="step_count_is"),
    pytest.param([{"type": "max_cost", "max_cost_in_dollars": 0.75}], 3, id="max_cost"),
    pytest.param([{"type": "max_cost", "max_cost_in_dollars": 0.3}], 2, id="max_cost-between"),
    pytest.param([{"type": "max_tokens_used", "max_tokens": 200}], 2, id="max_tokens_used"),
    pytest.param([{"type": "has_tool_call", "tool_name": "openrouter:datetime"}], 1, id="has_tool_call"),
    pytest.param([{"type": "has_tool_call", "tool_name": "openrouter_datetime"}], 1, id="has_tool_call-as-function"),
    pytest.param([{"type": "has_tool_call", "tool_name": "datetime"}], 1, id="has_tool_call-bare"),
    pytest.param([{"type": "finish_reason_is", "reason": "tool_calls"}], 1, id="finish_reason_is"),
    pytest.param(
        [{"type": "has_tool_call", "tool_name": "other"}, {"type": "step_count_is", "step_count": 4}], 4, id="or"
    ),
    pytest.param([{"type": "step_count_is", "step_count": 35}], 35, id="past-the-limit-without-rules"),
]


@requirement("wire:stop-rules")
@pytest.mark.parametrize(("rules", "steps"), RULES)
async def test_server_tools_are_taken_away_when_a_rule_holds(rules: Any, steps: int):
    async with open_door({"a": [expensive]}) as door:
        heard = await door.post(question("lab/a", tools=[CLOCK, LOOK], stop_server_tools_when=rules, max_tool_calls=1))
        bodies = [call.body for call in door.upstream.calls("a")]
    assert len(bodies) == steps + 1
    assert [tools(body) for body in bodies] == [["look", "openrouter_datetime"]] * steps + [["look"]]
    assert heard.body["choices"][0]["message"]["content"] == "Enough."
    assert heard.body["usage"]["server_tool_use_details"]["tool_calls_executed"] == steps


@requirement("wire:stop-rules")
async def test_calls_that_are_pending_when_a_rule_holds_are_still_answered():
    zones = [(f"c{number}", "openrouter_datetime", {"timezone": f"Etc/GMT+{number}"}) for number in range(5)]
    rules = [{"type": "step_count_is", "step_count": 2}]
    async with open_door({"a": [calls_tools(*zones), says("Done.")]}) as door:
        await door.post(question("lab/a", tools=[CLOCK], stop_server_tools_when=rules))
        first, last = (call.body for call in door.upstream.calls("a"))
    results = [json.loads(message["content"]) for message in messages(last) if message["role"] == "tool"]
    assert ["datetime" in result for result in results] == [True] * 5
    assert (tools(first), tools(last)) == (["openrouter_datetime"], [])


@requirement("wire:stop-rules")
async def test_without_rules_the_steps_are_counted_and_what_is_too_much_is_told_so():
    zones = [(f"c{number}", "openrouter_datetime", {"timezone": f"Etc/GMT+{number}"}) for number in range(5)]
    async with open_door({"a": [calls_tools(*zones), says("Done.")]}) as door:
        await door.post(question("lab/a", tools=[CLOCK], max_tool_calls=3))
        last = door.upstream.calls("a")[1].body
    results = [json.loads(message["content"]) for message in messages(last) if message["role"] == "tool"]
    assert ["datetime" in result for result in results] == [True] * 3 + [False] * 2
    assert results[-1] == {"error": "tool_budget_exhausted"}


@requirement("wire:stop-rules")
async def test_after_the_limit_the_clients_functions_are_still_there():
    calls_both = [calls_tool("openrouter_datetime", {}), calls_tool("look", {}, id="c9")]
    async with open_door({"a": calls_both}) as door:
        heard = await door.post(question("lab/a", tools=[CLOCK, LOOK], max_tool_calls=1))
        assert tools(door.upstream.calls("a")[1].body) == ["look"]
    assert heard.body["choices"][0]["finish_reason"] == "tool_calls"


@requirement("wire:stop-rules", "wire:tool")
@pytest.mark.parametrize("name", ["openrouter:fusion", "openrouter_fusion", "fusion"])
async def test_a_rule_may_name_fusion_in_any_of_its_spellings(name: str):
    rules = [{"type": "has_tool_call", "tool_name": name}]
    convenes = calls_tool("openrouter_fusion", {"prompt": "Why?"})
    async with open_door({"a": [convenes, says("Compared.")]}) as door:
        await door.post(question("lab/a", tools=[FUSION, CLOCK], stop_server_tools_when=rules))
        first, last = (call.body for call in door.upstream.calls("a"))
    assert (sorted(tools(first)), tools(last)) == (sorted(SERVER_TOOLS), [])


@requirement("wire:stop-rules")
async def test_a_panel_that_is_convened_at_once_is_one_step_whatever_the_rules():
    rules = [{"type": "step_count_is", "step_count": 1}, {"type": "has_tool_call", "tool_name": "openrouter:fusion"}]
    async with open_door({"writer": [says("Fused.")]}) as door:
        heard = await door.post(question(stop_server_tools_when=rules, max_tool_calls=1))
    assert heard.body["choices"][0]["message"]["content"] == "Fused."
    assert heard.body["usage"]["server_tool_use_details"]["tool_calls_executed"] == 1


@requirement("wire:mixed-turn", "wire:functions", "vector:C12")
@BOTH
async def test_a_mixed_turn_runs_the_panel_and_returns_the_function_with_the_report(streamed: bool):
    mixed = calls_tools(("c1", "look", {"q": 1}), ("c2", "openrouter_fusion", {"prompt": "Why?"}), ("c3", "look", {}))
    async with open_door({"a": [mixed]}) as door:
        body = question("lab/a", tools=[LOOK, FUSION], stream=streamed)
        heard = await door.post(body, headers={"X-Fusion-Events": "true"})
        assert door.asked == ["a", "b", "c", "judge"]
    choices = [choice for chunk in heard.chunks for choice in chunk["choices"]] if streamed else heard.body["choices"]
    said: list[Any] = [choice.get("delta") or choice.get("message") or {} for choice in choices]
    calls = [call for message in said for call in message.get("tool_calls") or ()]
    assert [(call["id"], call["function"]["name"]) for call in calls] == [("c1", "look"), ("c3", "look")]
    report = (heard.chunks[-1] if streamed else heard.body)["fusion"]
    assert (report["convened"], len(report["responses"])) == (True, 2)
    details = [detail for message in said for detail in message.get("reasoning_details") or ()]
    results = [detail["result"] for detail in details if detail["type"] == "reasoning.server_tool_call"]
    assert [json.loads(result)["status"] for result in results] == ["ok"]


@requirement("vector:C8", "wire:relaxed")
@BOTH
async def test_c8_a_choice_that_names_fusion_is_free_for_the_writer_beside_other_tools(streamed: bool):
    async with open_door({"a": [says("Fused.")]}) as door:
        fields = {"tools": [FUSION, LOOK], "tool_choice": {"type": "openrouter:fusion"}}
        heard = await door.post(question("lab/a", stream=streamed, **fields), headers={"X-Fusion-Events": "true"})
        assert door.asked == ["a", "b", "c", "judge"]
        (writes,) = (call.body for call in door.upstream.calls("a"))
    assert ("tool_choice" in writes, tools(writes)) == (False, ["look"])
    assert not streamed or [event["type"] for event in heard.events].count("completed") == 1


@requirement("wire:fallback-models")
@BOTH
@pytest.mark.parametrize("fusion", [{}, {"plugins": plugin(analysis_models=["lab/c"], model="lab/judge")}])
async def test_a_further_entry_of_models_takes_over_and_is_named(fusion: dict[str, Any], streamed: bool):
    async with open_door({"a": [fails(500)], "b": [says("From b.")]}) as door:
        heard = await door.post(question(None, models=["lab/a", "lab/b"], stream=streamed, **fusion))
        assert [call.model for call in door.upstream.log] == ["a", "a", "b"]
    last = heard.chunks[-1] if streamed else heard.body
    text = heard.text if streamed else last["choices"][0]["message"]["content"]
    assert (last["model"], text) == ("b", "From b.")


@requirement("wire:fallback-models")
@BOTH
async def test_nobody_takes_over_once_words_were_heard(streamed: bool):
    async with open_door(models=["fault/close-mid@60"]) as door:
        heard = await door.post(question(None, models=["lab/fault/close-mid@60", "lab/b"], stream=streamed))
        assert door.asked == ["fault/close-mid@60"]
    error = heard.chunks[-2]["error"] if streamed else heard.error
    assert error["code"] == 502


SAMPLING: dict[str, Any] = {
    "temperature": 0.3,
    "top_p": 0.5,
    "seed": 7,
    "stop": ["END"],
    "logprobs": True,
    "top_logprobs": 2,
    "frequency_penalty": 0.1,
    "max_tokens": 777,
    "response_format": {"type": "json_object"},
}


@requirement("wire:outer-only")
async def test_sampling_reaches_the_writer_and_neither_panel_nor_analyst():
    async with open_door({"writer": [says("{}")]}) as door:
        await door.post(question(**SAMPLING))
        sent = {call.model: call.body for call in door.upstream.log}
    assert {name: sent["writer"].get(name) for name in SAMPLING} == SAMPLING
    inner = [sent[model].get(name) for model in ("a", "b", "c", "judge") for name in SAMPLING]
    assert not any(value == asked for value, asked in zip(inner, [*SAMPLING.values()] * 4, strict=True))


@requirement("wire:outer-only")
async def test_whether_calls_may_be_parallel_concerns_the_outer_model_only():
    decides = [calls_tool("openrouter_fusion", {"prompt": "Why?"}), says("Done.")]
    seats = {**FUSION, "parameters": {**FUSION["parameters"], "tools": [CLOCK]}}
    async with open_door({"a": decides}) as door:
        await door.post(question("lab/a", tools=[seats, LOOK], parallel_tool_calls=False))
        sent = [(call.model, call.body.get("parallel_tool_calls"), tools(call.body)) for call in door.upstream.log]
    assert [flag for model, flag, _ in sent if model == "a"] == [False, False]
    assert [flag for model, flag, _ in sent if model != "a"] == [None, None, None]
    assert all("openrouter_datetime" in names for model, _, names in sent if model != "a")


@requirement("wire:relaxed")
@pytest.mark.parametrize("choice", ["required", {"type": "openrouter:datetime"}])
async def test_a_forced_server_tool_is_free_after_its_first_result(choice: Any):
    async with open_door({"a": [calls_tool("openrouter_datetime", {}), says("Noon.")]}) as door:
        await door.post(question("lab/a", tools=[CLOCK], tool_choice=choice))
        first, second = (call.body for call in door.upstream.calls("a"))
    assert first["tool_choice"] in ("required", {"type": "function", "function": {"name": "openrouter_datetime"}})
    assert "tool_choice" not in second


@requirement("wire:attachments")
async def test_what_is_not_text_passes_untouched_to_who_answers():
    parts: list[Any] = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}, "x-own": [1]},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
    ]
    async with open_door() as door:
        await door.post(question("lab/a", messages=[{"role": "user", "content": parts}, QUESTION]))
        (call,) = door.upstream.log
    assert messages(call.body)[0] == {"role": "user", "content": parts}


@requirement("wire:sent-again", "wire:server-tool-call")
@pytest.mark.parametrize("asks_again", [True, False])
async def test_an_earlier_run_that_is_sent_again_is_shown_to_a_model_that_may_call_fusion(asks_again: bool):
    arguments, result = '{"prompt":"Why?"}', '{"status":"ok"}'
    detail = {
        "type": "reasoning.server_tool_call",
        "tool_name": "openrouter:fusion",
        "arguments": arguments,
        "result": result,
        "tool_call_id": "run_1",
    }
    answer = {"role": "assistant", "content": "Because.", "reasoning_details": [detail]}
    history = [QUESTION, answer, {"role": "user", "content": "And then?"}]
    async with open_door({"writer": [says("Then this.")]}) as door:
        await door.post(question(messages=history, **({} if asks_again else {"tools": [LOOK]})))
        sent = [message["role"] for message in messages(door.upstream.calls("writer")[0].body)]
        panel = len(door.upstream.calls("a"))
    assert panel == int(asks_again)
    assert ("tool" in sent) is not asks_again
