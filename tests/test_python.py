"""Fusion from Python: a result with all that belongs to it, events as they happen, and a run that ends when left."""

from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest
from pydantic_core import to_json

from fuseline import FuselineError, Message, fuse, fusion_events
from fuseline.doors.python import PARAMETERS, Wishes
from fuseline.planner.parameters import FusionParameters
from fuseline.types.errors import InvalidRequest, RunFailed
from fuseline.types.events import Failed, Finished, FusionStarted, SeatAnswered, SeatFailed, TextDelta
from tests.house import house, settings
from tests.requirements import requirement
from tests.upstream import Upstream, fails, fault_upstream, hangs, says

pytestmark = [pytest.mark.anyio, requirement("ours:python")]

QUESTION = "Why is the sky blue?"
COMPARISON = to_json({
    "consensus": [{"claim": "It scatters.", "sources": ["A", "B"], "quote": "", "urls": []}],
    "contradictions": [],
    "partial_coverage": [],
    "unique_insights": [],
    "blind_spots": ["sunsets"],
}).decode()  # fmt: skip


def scripted(up: Upstream) -> Upstream:
    """An upstream where two seats answer, one is refused, and analyst and writer do their work."""
    up.script("a", [says("Blue light scatters, see https://example.org/rayleigh")])
    up.script("b", [says("Rayleigh scattering.")])
    up.script("c", [fails(429, retry_after="3600")])
    up.script("judge", [says(COMPARISON)])
    up.script("writer", [says("Because blue light scatters more.")])
    return up


async def test_a_result_has_answer_analysis_panel_failures_sources_and_usage():
    with fault_upstream() as up:
        scripted(up)
        fused = await fuse(QUESTION, settings=settings(up.base_url))
    assert fused.answer == "Because blue light scatters more."
    assert fused.analysis
    assert [sorted(claim.seats) for claim in fused.analysis.consensus] == [[0, 1]]
    assert fused.analysis.blind_spots == ("sunsets",)
    assert [answer.model for answer in fused.panel] == ["lab/a", "lab/b"]
    assert [(one.model, one.reason, one.status_code) for one in fused.failures] == [("lab/c", "rate_limited", 429)]
    assert [source.url for source in fused.sources] == ["https://example.org/rayleigh"]
    assert [call.speaker.role for call in fused.usage.calls] == ["panel"] * 3 + ["analyst", "writer"]
    assert fused.usage.complete
    assert fused.usage.cost == fused.run.cost / 1e9 > 0


async def test_without_an_analyst_there_is_an_answer_and_no_analysis():
    with fault_upstream() as up:
        scripted(up).script("judge", [fails(500)])
        fused = await fuse(QUESTION, settings=settings(up.base_url))
    assert (fused.answer, fused.analysis) == ("Because blue light scatters more.", None)


async def test_a_cost_that_nobody_knows_is_not_complete():
    models: Any = {f"lab/{name}": {"endpoint": "lab", "name": name} for name in ("a", "judge")}
    with fault_upstream() as up:
        known = settings(up.base_url).model_copy(update={"models": {}})
        allowed: Any = {"allow_unpriced": True}
        unpriced = type(known)(endpoints=known.endpoints, models=models, presets=known.presets, routing=allowed)
        fused = await fuse(QUESTION, panel=["lab/a"], analyst="lab/judge", settings=unpriced)
    assert (fused.usage.complete, fused.usage.cost) == (False, 0.0)


async def test_wishes_reach_the_models():
    with fault_upstream() as up:
        await fuse(
            QUESTION,
            panel=["lab/b", {"model": "lab/b", "instructions": "Doubt it."}],
            analyst="lab/a",
            writer=["lab/c"],
            instructions="Answer in Latin.",
            history=[Message("user", "Hello."), Message("assistant", "Hello!")],
            temperature=0.5,
            max_completion_tokens=500,
            settings=settings(up.base_url),
        )
        asked = {model: [exchange.body for exchange in up.calls(model)] for model in ("a", "b", "c", "judge", "writer")}
    assert {model: len(bodies) for model, bodies in asked.items()} == {"a": 2, "b": 2, "c": 1, "judge": 0, "writer": 0}
    assert {(body["temperature"], body["max_tokens"]) for body in asked["b"]} == {(0.5, 500)}
    assert sorted("Doubt it." in str(body) for body in asked["b"]) == [False, True]
    assert [message["role"] for message in messages(asked["b"][0])] == ["system", "user", "assistant", "user"]
    assert "Answer in Latin." in str(asked["c"])
    assert "Latin" not in str(asked["b"])


def messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The conversation of a request."""
    return body["messages"]


async def test_a_run_without_an_answer_raises_and_tells_what_it_took():
    with fault_upstream() as up:
        for model in ("a", "b", "c", "writer"):
            up.script(model, [fails(402)])
        with pytest.raises(RunFailed) as failed:
            await fuse(QUESTION, settings=settings(up.base_url))
    assert failed.value.reason == "insufficient_credits"
    assert failed.value.run
    assert (failed.value.run.status, len(failed.value.run.calls)) == ("failed", 4)


async def test_a_wrong_wish_raises_before_anything_is_called():
    with fault_upstream() as up:
        with pytest.raises(InvalidRequest, match="less than or equal to 8"):
            await fuse(QUESTION, min_panel=9, settings=settings(up.base_url))
        assert up.log == []


async def test_an_open_house_serves_many_questions_and_remembers_them():
    with fault_upstream() as up:
        async with house(up.base_url) as opened:
            first = await fuse(QUESTION, house=opened)
            second = await fuse("And at night?", house=opened)
            kept = await opened.store.runs()
    assert [run.id for run in kept] == [second.run.id, first.run.id]


async def test_events_come_in_order_and_end_with_the_run():
    with fault_upstream() as up:
        scripted(up)
        async with fusion_events(QUESTION, settings=settings(up.base_url)) as events:
            heard = [event async for event in events]
    assert sum(isinstance(event, SeatAnswered) for event in heard) == 2
    assert sum(isinstance(event, SeatFailed) for event in heard) == 1
    assert "".join(one.text for one in heard if isinstance(one, TextDelta) and one.speaker.to_client) == (
        "Because blue light scatters more."
    )
    assert isinstance(heard[-1], Finished)
    assert heard[-1].run.status == "completed"


async def test_a_failure_is_the_last_event():
    with fault_upstream() as up:
        for model in ("a", "b", "c", "writer"):
            up.script(model, [fails(500)])
        async with fusion_events(QUESTION, settings=settings(up.base_url)) as events:
            heard = [event async for event in events]
    assert isinstance(heard[-1], Failed)
    assert isinstance(heard[-1].error, FuselineError)
    assert heard[-1].error.run


async def test_leaving_the_block_stops_the_run_and_every_call():
    with fault_upstream() as up:
        for model in ("a", "b", "c"):
            up.script(model, [hangs()])
        async with house(up.base_url) as opened:
            async with fusion_events(QUESTION, house=opened) as events:
                async for event in events:
                    if isinstance(event, FusionStarted):
                        await up.until(lambda: len(up.log) == 3)
                        break
            await up.until(lambda: all(exchange.closed_by == "client" for exchange in up.log), within=2)
            kept = await opened.store.run("last")
    assert kept
    assert (kept.status, len(kept.calls), len(up.log)) == ("cancelled", 3, 3)


def test_every_parameter_of_fusion_can_be_wished_for():
    spelt = {"analysis_models": "panel", "model": "analyst"}
    missing = {spelt.get(name, name) for name in FusionParameters.model_fields} - set(get_type_hints(Wishes))
    assert missing == {"enabled", "expose"}  # fusion is what is asked for, and the whole report is there
    assert set(PARAMETERS) <= set(FusionParameters.model_fields)
