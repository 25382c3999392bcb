"""The vectors of the protocol's appendix that are about the Responses wire, each through the real HTTP door."""

from collections import Counter
from typing import Any

import pytest

from tests.doors.http.players import open_door
from tests.doors.http.talk import plugin
from tests.doors.http.test_responses import PATH, question
from tests.requirements import requirement
from tests.upstream import calls_tool, fails, says

pytestmark = pytest.mark.anyio

FUSION = "response.fusion_call."
OPENING = ["response.created", "response.in_progress"]
PREAMBLE = [
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
]
PANEL = ["panel.delta", "panel.reasoning.delta", "panel.completed", "panel.failed"]
SEATS: dict[str, Any] = {
    "a": [says("The words of a.", reasoning="hm", chunks=5)],
    "b": [fails(429, retry_after="soon")],
    "c": [says("The words of c – 更多.", chunks=7)],
}
DECIDES = [calls_tool("openrouter_fusion", {"prompt": "Why?"}, text="Let me ask."), says("Because.")]


def once(kinds: list[str]) -> list[str]:
    """What happened, repetitions in a row once and the panel's interleaved work as one."""
    work = {FUSION + kind for kind in PANEL}
    found = ["panel at work" if kind in work else kind for kind in kinds]
    return [kind for number, kind in enumerate(found) if number == 0 or found[number - 1] != kind]


async def heard_of(scripts: dict[str, Any], **fields: Any) -> list[Any]:
    """The events of a streamed response."""
    async with open_door({**SEATS, **scripts}) as door:
        return (await door.post(question(stream=True, **fields), path=PATH)).chunks


@requirement("vector:C4")
@pytest.mark.parametrize("decided", [False, True])
async def test_c4_the_events_come_in_the_documented_order(decided: bool):
    fields: dict[str, Any] = {"tool_choice": "auto"} if decided else {}
    events = await heard_of({"writer": DECIDES if decided else [says("Because.")]}, **fields)
    assert once([event["type"] for event in events]) == [
        *OPENING,
        *(PREAMBLE if decided else []),
        "response.output_item.added",
        FUSION + "in_progress",
        FUSION + "panel.added",
        "panel at work",
        FUSION + "analysis.in_progress",
        FUSION + "analysis.completed",
        FUSION + "completed",
        "response.output_item.done",
        *PREAMBLE,
        "response.completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


@requirement("vector:C4", "wire:duplicates")
async def test_c4_every_seat_that_was_added_ends_once_and_its_pieces_are_its_content():
    events = await heard_of({}, plugins=plugin(analysis_models=["lab/a", "lab/b", "lab/c", "lab/a"]))
    added = [event["panel_index"] for event in events if event["type"] == FUSION + "panel.added"]
    assert added == [0, 1, 2, 3]
    for seat in added:
        mine = [event for event in events if event.get("panel_index") == seat]
        pieces = "".join(event["delta"] for event in mine if event["type"] == FUSION + "panel.delta")
        (ended,) = [e for e in mine if e["type"] in (FUSION + "panel.completed", FUSION + "panel.failed")]
        assert ended.get("content", "") == pieces
        assert ended.get("status_code") == (429 if seat == 1 else None)


@requirement("vector:C4", "responses:stream")
async def test_c4_the_items_that_are_done_are_those_of_the_last_event():
    events = await heard_of({"writer": DECIDES}, tool_choice="auto")
    done = {e["output_index"]: e["item"] for e in events if e["type"] == "response.output_item.done"}
    assert events[-1]["response"]["output"] == [done[index] for index in range(len(done))]
    assert [item["type"] for item in done.values()] == ["message", "openrouter:fusion", "message"]


@requirement("vector:C13", "wire:duplicates")
@pytest.mark.parametrize("streamed", [False, True])
async def test_c13_the_harness_finds_every_model_that_it_asked_for(streamed: bool):
    asked = ["lab/a", "~lab/b", "lab/a"]
    parameters = {"analysis_models": asked, "model": "lab/judge", "max_tool_calls": 16, "max_completion_tokens": 16384}
    fields: dict[str, Any] = {
        "instructions": "Use Fusion.",
        "tools": [{"type": "openrouter:fusion", "parameters": parameters}],
        "max_tool_calls": 16,
        "max_output_tokens": 16384,
        "stream": streamed,
    }
    async with open_door(aliases={"~lab/b": "lab/b"}) as door:
        heard = await door.post(question(**fields), path=PATH)
    response = heard.chunks[-1]["response"] if streamed else heard.body
    (fusion,) = (item for item in response["output"] if item["type"] == "openrouter:fusion")
    assert Counter(one["model"] for one in fusion["responses"]) == Counter(asked)
    assert (response["status"], fusion["status"], response["usage"]["cost"] > 0) == ("completed", "completed", True)


@requirement("vector:C15", "responses:replay")
@pytest.mark.parametrize("streamed", [False, True])
async def test_c15_an_earlier_item_is_accepted_and_convenes_no_panel_by_itself(streamed: bool):
    async with open_door({"a": [says("One."), says("Two.")]}) as door:
        first = await door.post(question("lab/a", tool_choice={"type": "openrouter:fusion"}), path=PATH)
        (earlier,) = (item for item in first.body["output"] if item["type"] == "openrouter:fusion")
        before = len(door.asked)
        history = [{"role": "user", "content": "Why?"}, earlier, {"role": "user", "content": "Sure?"}]
        heard = await door.post({"model": "lab/a", "input": history, "stream": streamed}, path=PATH)
        assert len(door.asked) == before + 1
    response = heard.chunks[-1]["response"] if streamed else heard.body
    assert (heard.status, [item["type"] for item in response["output"]]) == (200, ["message"])
