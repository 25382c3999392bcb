"""A client is never left without a word, and gets a real status for as long as that is possible."""

import anyio
import pytest

from fuseline.doors.http.stream import Pace
from tests.doors.http.players import BRISK, open_door
from tests.doors.http.talk import Heard, plugin, question
from tests.requirements import requirement
from tests.upstream import fails, says

pytestmark = pytest.mark.anyio

COMMENT = b": OPENROUTER PROCESSING\n\n"
SLOW = {"a": [says("slowly", delay_s=0.7)], "writer": [says("fused")]}
BROKEN = {**SLOW, "b": [fails(400, message="no")]}
BOTH = plugin(analysis_models=["lab/a", "lab/b"], min_panel=2)
"""A panel that fails late, by a rule that no writer can make good."""
SLACK_S = 0.4
"""What a busy machine may add to a silence."""


@requirement("client:never-silent")
async def test_a_stream_that_waits_says_so_in_comments():
    async with open_door(SLOW, pace=BRISK) as door:
        heard = await door.post(question(stream=True))
    assert (heard.status, heard.text) == (200, "fused")
    assert heard.raw.count(COMMENT) >= 3
    assert heard.arrivals[0][0] < BRISK.stream_hold_s + SLACK_S
    assert max(heard.silences) < BRISK.stream_hold_s + SLACK_S
    assert heard.headers["x-generation-id"] == heard.chunks[0]["id"]


@requirement("client:never-silent")
async def test_a_whole_reply_that_waits_trickles():
    async with open_door(SLOW, pace=BRISK) as door:
        heard = await door.post(question())
    assert (heard.status, heard.body["choices"][0]["message"]["content"]) == (200, "fused")
    assert heard.raw.startswith(b" \n \n")
    assert "content-length" not in heard.headers
    assert max(heard.silences) < BRISK.whole_hold_s + SLACK_S


@requirement("client:never-silent")
async def test_nobody_waits_for_two_seconds_in_a_stream_or_for_three_and_a_half_without():
    replies: dict[bool, Heard] = {}
    async with open_door({"a": [says("slowly", delay_s=4.2)]}) as door, anyio.create_task_group() as group:

        async def ask(streamed: bool) -> None:
            replies[streamed] = await door.post(question(stream=streamed))

        for streamed in (True, False):
            group.start_soon(ask, streamed)
    assert max(replies[True].silences) < 2
    assert replies[False].arrivals[0][0] < 3.5
    assert max(replies[False].silences[1:]) < 2


async def test_a_quick_reply_is_plain_json_with_its_length():
    async with open_door() as door:
        heard = await door.post(question())
    assert heard.raw.startswith(b"{")
    assert heard.headers["content-length"] == str(len(heard.raw))
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["x-generation-id"] == heard.body["id"]


async def test_the_head_of_a_stream_keeps_proxies_from_holding_it():
    async with open_door() as door:
        heard = await door.post(question(stream=True))
    wanted = {"content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no"}
    assert wanted.items() <= heard.headers.items()


@requirement("client:early-status")
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("upstream", "status", "kind"),
    [
        (400, 400, "invalid_request"),
        (401, 502, "provider_auth"),
        (402, 502, "provider_payment_required"),
        (403, 502, "provider_unavailable"),
        (404, 400, "not_found"),
        (413, 400, "payload_too_large"),
    ],
)
async def test_a_quick_failure_has_its_real_status(streamed: bool, upstream: int, status: int, kind: str):
    async with open_door({"writer": [fails(upstream)]}) as door:
        heard = await door.post(question("lab/writer", stream=streamed))
    assert (heard.status, heard.error["code"], heard.error["metadata"]["error_type"]) == (status, status, kind)
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["x-generation-id"] == heard.error["metadata"]["request_id"]


@requirement("client:no-retry")
@pytest.mark.parametrize("streamed", [True, False])
async def test_who_has_spent_nothing_may_send_the_request_again(streamed: bool):
    async with open_door() as door:
        heard = await door.post(question("lab/a", stream=streamed, temperature=9))
    assert (heard.status, heard.headers.get("x-should-retry")) == (400, None)


@requirement("client:late-error", "wire:errors")
async def test_a_late_failure_of_a_stream_comes_in_band():
    async with open_door(BROKEN, pace=BRISK) as door:
        heard = await door.post(question(stream=True, plugins=BOTH))
    *_, broken, usage = heard.chunks
    assert heard.status == 200
    assert broken["choices"] == [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]
    assert broken["error"]["metadata"]["failure_reason"] == "min_panel_not_met"
    assert (usage["choices"], usage["usage"]["cost"] > 0) == ([], True)


@requirement("client:late-error", "wire:errors")
async def test_a_late_failure_of_a_whole_reply_comes_in_its_body():
    async with open_door(BROKEN, pace=BRISK) as door:
        heard = await door.post(question(plugins=BOTH))
    assert (heard.status, set(heard.body), heard.error["code"]) == (200, {"error"}, 502)


@pytest.mark.parametrize("cut", ["hang-mid", "reset-mid", "close-mid"])
@requirement("client:late-error", "fault:F73")
async def test_a_writer_that_breaks_off_is_told_after_its_words(cut: str):
    name = f"fault/{cut}"
    async with open_door(models=[name], pace=BRISK, clocks={"idle_s": 0.3}) as door:
        heard = await door.post(question(stream=True, plugins=plugin(writer=f"lab/{name}")))
        saved = (await door.house.store.runs(limit=1))[0]
    assert heard.text.startswith("The quick brown")
    reasons = [choice["finish_reason"] for chunk in heard.chunks for choice in chunk["choices"]]
    assert [reason for reason in reasons if reason] == ["error"]
    assert saved.status == "failed"


async def test_events_that_were_asked_for_open_the_stream_early():
    async with open_door(SLOW, pace=Pace(stream_hold_s=30)) as door:
        heard = await door.post(question(stream=True, stream_options={"include_fusion": True}))
    assert heard.opened_s < 0.7
