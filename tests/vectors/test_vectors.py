"""The vectors of the protocol's appendix, each through the real HTTP door."""

from collections import Counter
from typing import Any

import pytest

from tests.doors.http.players import BRISK, open_door
from tests.doors.http.talk import plugin, post, question
from tests.house import house
from tests.requirements import requirement
from tests.served import served
from tests.upstream import fails, says

pytestmark = pytest.mark.anyio

ARGUMENTS = "List three arguments for and against daylight saving time."
FUSION = {"type": "openrouter:fusion"}
LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
BOTH = pytest.mark.parametrize("streamed", [True, False])
ALIASES = pytest.mark.parametrize(
    "alias", ["openrouter/fusion", "openrouter/fusion-flash", "fuseline/fusion", "fusion"]
)


@requirement("vector:C1")
@BOTH
async def test_c1_a_forced_alias_runs_one_server_tool_call_on_a_concrete_model(streamed: bool):
    async with open_door({"writer": [says("For: … Against: …")]}) as door:
        asked = [{"role": "user", "content": ARGUMENTS}]
        heard = await door.post(question(messages=asked, tool_choice="required", stream=streamed))
        assert Counter(door.asked) == {"a": 1, "b": 1, "c": 1, "judge": 1, "writer": 1}
    body = heard.chunks[-1] if streamed else heard.body
    assert (heard.status, body["model"]) == (200, "writer")
    assert body["usage"]["server_tool_use_details"]["tool_calls_executed"] == 1
    assert (body["fusion"]["status"], body["fusion"]["convened"]) == ("completed", True)


@requirement("vector:C2")
async def test_c2_explicit_models_beat_the_preset():
    async with open_door(models=["x"]) as door:
        heard = await door.post(question(plugins=plugin(preset="general-high", analysis_models=["lab/x"])))
        assert door.asked == ["judge", "writer", "x"]
    assert [one["model"] for one in heard.body["fusion"]["responses"]] == ["lab/x"]


@requirement("vector:C2")
async def test_c2_the_budget_preset_seats_a_panel_of_what_is_there():
    async with open_door() as door:
        heard = await door.post(question(plugins=plugin(preset="general-budget")))
    assert heard.status == 200
    assert heard.body["fusion"]["panel_succeeded"] >= 1


WRONG: list[dict[str, Any]] = [
    {"analysis_models": []},
    {"analysis_models": ["lab/a"] * 9},
    {"max_tool_calls": 0},
    {"max_tool_calls": 17},
    {"tools": [{"type": "openrouter:datetime"}] * 9},
    {"preset": "nope"},
    {"analysis_models": ["openrouter/fusion"]},
]


@requirement("vector:C3")
async def test_c3_what_is_out_of_range_is_refused_before_anything_is_spent():
    async with open_door() as door:
        for parameters in WRONG:
            for place in ({"plugins": plugin(**parameters)}, {"tools": [{**FUSION, "parameters": parameters}]}):
                heard = await door.post(question(**place))
                assert (heard.status, heard.error["code"]) == (400, 400), parameters
        assert door.asked == []


@requirement("vector:C5")
@BOTH
async def test_c5_one_seat_down_with_429_is_told_and_the_run_goes_on(streamed: bool):
    async with open_door({"b": [fails(429, retry_after="soon")]}) as door:
        options = {"stream_options": {"include_fusion": True}} if streamed else {}
        heard = await door.post(question(stream=streamed, **options))
    report = (heard.chunks[-1] if streamed else heard.body)["fusion"]
    assert [(one["model"], one["status_code"]) for one in report["failed_models"]] == [("lab/b", 429)]
    assert (report["status"], len(report["responses"])) == ("completed", 2)
    failed = [event["status_code"] for event in heard.events if event["type"] == "panel.failed"] if streamed else [429]
    assert failed == [429]


@requirement("vector:C6")
@BOTH
async def test_c6_a_panel_without_credit_still_gets_an_answer(streamed: bool):
    broke = [fails(402)]
    async with open_door({"a": broke, "b": broke, "c": broke, "writer": [says("On my own.")]}) as door:
        heard = await door.post(question(stream=streamed))
    body = heard.chunks[-1] if streamed else heard.body
    text = heard.text if streamed else body["choices"][0]["message"]["content"]
    assert (heard.status, text, body["fusion"]["failure_reason"]) == (200, "On my own.", "insufficient_credits")
    assert [one["status_code"] for one in body["fusion"]["failed_models"]] == [402] * 3


@requirement("vector:C7")
async def test_c7_an_analyst_that_returns_prose_costs_only_the_analysis():
    async with open_door({"judge": [says("I like the second one.")]}) as door:
        heard = await door.post(question())
        assert len(door.upstream.calls("judge")) == 2  # and once more, to mend it
    report = heard.body["fusion"]
    assert ("analysis" in report, len(report["responses"])) == (False, 3)
    assert report["failure_reason"] == report["analysis_failure"] == "judge_not_valid_json"
    assert (heard.status, report["status"]) == (200, "completed")


@requirement("vector:C8", "wire:relaxed")
@pytest.mark.parametrize("choice", ["required", FUSION])
async def test_c8_a_forced_choice_causes_one_run_of_the_panel(choice: Any):
    async with open_door() as door:
        heard = await door.post(question(stream=True, tool_choice=choice, stream_options={"include_fusion": True}))
        assert "tool_choice" not in door.upstream.calls("writer")[0].body
        assert Counter(door.asked)["a"] == 1
    assert [event["type"] for event in heard.events].count("completed") == 1


@requirement("vector:C10", "wire:recursion")
@ALIASES
@pytest.mark.parametrize("header", ["x-openrouter-fusion-depth", "X-Fusion-Depth"])
async def test_c10_the_depth_header_makes_the_alias_a_plain_completion(alias: str, header: str):
    async with open_door() as door:
        heard = await door.post(question(alias, tool_choice="required"), headers={header: "1"})
        assert len(door.asked) == 1
    assert (heard.status, heard.body["fusion"]["convened"]) == (200, False)


@requirement("vector:C10", "wire:recursion")
async def test_c10_every_inner_call_carries_the_depth_header():
    async with open_door() as door:
        await door.post(question())
        depths = [call.headers.get("x-openrouter-fusion-depth") for call in door.upstream.log]
    assert depths == ["1"] * 5


@requirement("vector:C12", "wire:functions")
async def test_c12_beside_a_function_a_named_choice_is_fusion_only():
    async with open_door() as door:
        heard = await door.post(question(tools=[LOOK], tool_choice=FUSION))
        assert Counter(door.asked) == {"a": 1, "b": 1, "c": 1, "judge": 1, "writer": 1}
    assert heard.body["choices"][0]["finish_reason"] == "stop"


@requirement("vector:C12", "wire:alias-auto")
async def test_c12_beside_a_function_auto_leaves_it_to_the_model():
    async with open_door() as door:
        heard = await door.post(question(tools=[LOOK], tool_choice="auto"))
        assert door.asked == ["writer"]
    assert heard.body["fusion"]["convened"] is False


@requirement("wire:alias", "wire:alias-always")
@ALIASES
async def test_every_alias_convenes_its_panel_and_names_a_concrete_model(alias: str):
    async with open_door() as door:
        heard = await door.post(question(alias))
    assert heard.body["model"] not in ("openrouter/fusion", alias)
    assert heard.body["fusion"]["convened"] is True


@requirement("wire:duplicates")
async def test_c13_the_models_that_answered_are_echoed_as_they_were_asked_for():
    panel = ["lab/a", "lab/b", "lab/a"]
    async with open_door() as door:
        heard = await door.post(question(plugins=plugin(analysis_models=panel)))
    assert Counter(one["model"] for one in heard.body["fusion"]["responses"]) == Counter(panel)


@requirement("wire:recursion", "client:openai-sdk")
async def test_a_house_behind_a_house_convenes_no_panel_of_its_own():
    async with open_door({"writer": [says("plainly")]}) as inner:
        behind = inner.origin + "/v1"
        async with house(behind, models=["fusion", "lab/judge"]) as outer, served(outer) as origin:
            seats = plugin(analysis_models=["lab/fusion"], model="lab/lab/judge", expose="full")
            heard = await post(origin, question(plugins=seats))
        assert inner.asked == ["judge", "judge", "writer"]
    assert heard.body["fusion"]["responses"] == [{"model": "lab/fusion", "content": "plainly"}]


@requirement("vector:C11")
async def test_c11_without_tools_nobody_is_offered_any():
    async with open_door() as door:
        await door.post(question(plugins=plugin(tools=[])))
        bodies = [exchange.body for exchange in door.upstream.log]
        assert len(bodies) == 5 and not any("tools" in body for body in bodies)
        assert door.upstream.strays == []


@requirement("vector:C14")
async def test_c14_a_quick_reply_begins_with_its_brace_and_a_slow_one_with_white_space():
    async with open_door() as door:
        quick = await door.post(question())
    async with open_door({"writer": [says("slow", delay_s=0.6)]}, pace=BRISK) as door:
        slow = await door.post(question())
    assert (quick.raw[:1], slow.raw[:1].isspace()) == (b"{", True)
    assert all(heard.body["choices"][0]["message"]["content"] for heard in (quick, slow))
