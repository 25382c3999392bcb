"""What a client is told about a run beside its answer: events on request, and the report as far as it wants it."""

from itertools import groupby
from typing import Any

import pytest

from tests.doors.http.players import open_door
from tests.doors.http.talk import Heard, plugin, question
from tests.requirements import requirement
from tests.upstream import fails, says

pytestmark = pytest.mark.anyio

LONG = "Seat {} says: naïve – 日本語 🌅.\n\n| a | b |\n|---|---|\n" * 5
SCRIPTS = {
    "a": [says(LONG.format(*"aaaaa"), chunks=20, reasoning="thinking aloud")],
    "b": [fails(404, message="no such model")],
    "writer": [says("fused", reasoning="pondering")],
}
PANEL = ["lab/a", "lab/b", "lab/a"]
OPT_IN: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"stream_options": {"include_fusion": True}}, {}),
    ({}, {"X-Fusion-Events": "true"}),
]


async def hear(body: dict[str, Any], headers: dict[str, str] | None = None) -> Heard:
    """The stream of a panel in which one model sits twice and another fails."""
    async with open_door(SCRIPTS) as door:
        plugins = plugin(analysis_models=PANEL, **body.pop("fusion", {}))
        return await door.post(question(stream=True, plugins=plugins, **body), headers=headers)


@requirement("wire:events", "wire:duplicates")
@pytest.mark.parametrize(("body", "headers"), OPT_IN)
async def test_the_pieces_of_every_seat_make_its_whole_answer(body: dict[str, Any], headers: dict[str, str]):
    events = (await hear(dict(body), headers)).events
    for seat in (0, 2):
        mine = [event for event in events if event.get("panel_index") == seat]
        spoken = "".join(event["delta"] for event in mine if event["type"] == "panel.delta")
        assert [event["content"] for event in mine if event["type"] == "panel.completed"] == [spoken]
        assert spoken == LONG.format(*"aaaaa")
        assert {event["model"] for event in mine} == {"lab/a"}
        assert "".join(event["delta"] for event in mine if event["type"] == "panel.reasoning.delta") == "thinking aloud"


@requirement("wire:events")
async def test_events_come_in_the_order_of_the_run():
    heard = await hear({"stream_options": {"include_fusion": True}})
    kinds = [event["type"] for event in heard.events if not event["type"].endswith(("delta", "settled"))]
    ended = [kind for kind in kinds if kind in ("panel.completed", "panel.failed")]
    assert sorted(ended) == ["panel.completed", "panel.completed", "panel.failed"]
    order = [kind for kind, _ in groupby(kind for kind in kinds if kind not in ended)]
    assert order == [
        "in_progress",
        "panel.added",
        "analysis.in_progress",
        "analysis.completed",
        "completed",
        "writer.in_progress",
    ]
    assert max(kinds.index(kind) for kind in ended) < kinds.index("analysis.in_progress")


@requirement("wire:events")
async def test_every_call_is_told_when_it_has_ended_as_usage_has_it():
    heard = await hear({"stream_options": {"include_fusion": True}})
    told = [event["call"] for event in heard.events if event["type"] == "call.settled"]
    listed = heard.chunks[-1]["usage"]["cost_details"]["calls"]
    assert sorted(map(str, told)) == sorted(map(str, listed))
    assert [call["role"] for call in listed] == ["panel", "panel", "panel", "analyst", "writer"]


@requirement("wire:events", "wire:stream")
async def test_without_opting_in_a_stream_holds_only_the_answer():
    heard = await hear({})
    assert heard.events == []
    assert heard.text == "fused"
    deltas = [choice["delta"] for chunk in heard.chunks for choice in chunk["choices"]]
    assert "".join(delta.get("reasoning", "") for delta in deltas) == "pondering"


@requirement("wire:stream", "wire:report", "wire:usage")
async def test_a_stream_ends_with_one_reason_one_report_and_done():
    heard = await hear({"stream_options": {"include_usage": False}})
    reasons = [choice["finish_reason"] for chunk in heard.chunks for choice in chunk["choices"]]
    assert [reason for reason in reasons if reason] == ["stop"]
    last = heard.chunks[-1]
    assert (last["choices"], last["usage"]["cost"] > 0, last["fusion"]["panel_succeeded"]) == ([], True, 2)
    assert [chunk for chunk in heard.chunks if "usage" in chunk] == [last]
    assert all("system_fingerprint" not in chunk for chunk in heard.chunks)


@requirement("wire:report")
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("expose", ["none", "analysis", "full", None])
async def test_the_report_shows_as_much_as_was_asked_for(streamed: bool, expose: str | None):
    wanted = {} if expose is None else {"expose": expose}
    async with open_door(SCRIPTS) as door:
        heard = await door.post(question(stream=streamed, plugins=plugin(analysis_models=PANEL, **wanted)))
    body = heard.chunks[-1] if streamed else heard.body
    if expose == "none":
        assert "fusion" not in body
        return
    report = body["fusion"]
    text = LONG.format(*"aaaaa") if expose == "full" else None
    assert [(one["model"], one.get("content")) for one in report["responses"]] == [("lab/a", text)] * 2
    assert report["failed_models"][0]["model"] == "lab/b"
    assert report["analysis"]["consensus"] == ["all agree"]
    assert report["analysis"]["unique_insights"] == [{"model": "lab/a", "insight": "one stands out"}]
    assert (report["analyst_model"], report["convened"], report["type"]) == ("lab/judge", True, "openrouter:fusion")


@requirement("wire:report", "wire:alias-auto")
async def test_a_panel_that_nobody_convened_is_told_as_not_convened():
    async with open_door({"writer": [says("alone")]}) as door:
        heard = await door.post(question(tool_choice="auto"))
        assert door.asked == ["writer"]
    assert heard.body["fusion"] == {"type": "openrouter:fusion", "convened": False, "fusion_status": "none"}


@requirement("wire:usage")
async def test_the_cost_of_a_reply_is_the_sum_of_its_calls():
    async with open_door() as door:
        usage = (await door.post(question())).body["usage"]
    assert usage["cost"] == pytest.approx(sum(call["cost"] for call in usage["cost_details"]["calls"]), abs=1e-12)
    assert usage["cost_details"]["complete"] is True
    writer = usage["cost_details"]["calls"][-1]
    counted = (usage["prompt_tokens"], usage["completion_tokens"])
    assert counted == (writer["prompt_tokens"], writer["completion_tokens"])
