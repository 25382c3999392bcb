"""F58 to F62 and F77: the panel fails in part or as a whole, or is late, seen through the real HTTP door."""

from collections.abc import Generator
from dataclasses import dataclass

import pytest

from fuseline.doors.http.stream import Pace
from tests.faults.claims import all_hung_up, at_work
from tests.faults.client import STREAMED, booked, both, models, post, remembered, seats
from tests.faults.table import PATIENT
from tests.requirements import requirement
from tests.upstream import Upstream, fault_upstream

pytestmark = pytest.mark.anyio


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with fault_upstream() as running:
        yield running


@requirement("fault:F58", "vector:C5")
@STREAMED
async def test_F58_C5_a_member_that_fails_is_named_with_its_status_and_the_others_are_billed(
    stream: bool, upstream: Upstream
):
    panel = seats("a", "429-ra@60", "b")
    async with at_work(upstream, models("429-ra@60")) as house:
        heard = await post(house, {"analysis_models": panel}, stream=stream)
        run = await remembered(house, heard)
    assert (heard.status, heard.finish_reason, heard.fusion["status"]) == (200, "stop", "completed")
    assert [(one["model"], one["status_code"]) for one in heard.fusion["failed_models"]] == [(panel[1], 429)]
    assert [one["model"] for one in heard.fusion["responses"]] == [panel[0], panel[2]]
    assert sorted(booked(run, "panel")) == ["counted", "counted", "free"]
    assert heard.end["usage"]["cost"] == run.cost / 1e9 == sum(call.cost for call in run.calls) / 1e9 > 0


@requirement("vector:C5")
async def test_C5_the_event_of_a_failed_member_carries_its_status(upstream: Upstream):
    async with at_work(upstream, models("429-ra@60")) as house:
        panel = {"analysis_models": seats("a", "429-ra@60", "b")}
        heard = await post(house, panel, stream=True, stream_options={"include_fusion": True})
    events = [chunk["fusion"] for chunk in heard.chunks if chunk.get("fusion", {}).get("type") == "panel.failed"]
    assert [(event["panel_index"], event["status_code"], event["reason"]) for event in events] == [
        (1, 429, "rate_limited")
    ]


@dataclass(frozen=True, slots=True)
class Dead:
    """A panel that is dead as a whole, and what a client hears where the writer fails like its first seat."""

    id: str
    panel: tuple[str, ...]
    failure_reason: str
    status: int
    kind: str
    retry_after: str | None = None
    also: tuple[str, ...] = ()
    """Requirements that it shows beside its row."""


DEAD = (
    Dead("F59", ("500", "418", "404"), "all_panels_failed", 502, "provider_unavailable"),
    Dead("F59", ("400", "413", "422"), "all_panels_failed", 400, "invalid_request"),
    Dead("F59", ("401", "200-error@401", "401"), "all_panels_failed", 502, "provider_auth"),
    Dead("F59", ("403", "403", "403"), "all_panels_failed", 502, "provider_unavailable"),
    Dead("F59", ("hang-headers", "hang-body", "hang-headers"), "all_panels_failed", 504, "timeout"),
    Dead("F60", ("429-ra@30", "429-ra@20", "500"), "rate_limited", 429, "rate_limit_exceeded", "20"),
    Dead("F60", ("429-spend", "429-ra@40", "429-ra@50"), "rate_limited", 429, "rate_limit_exceeded", "40"),
    Dead("F61", ("402", "402", "402"), "insufficient_credits", 502, "provider_payment_required", also=("vector:C6",)),
    Dead("F61", ("402", "429-ra@60", "500"), "insufficient_credits", 502, "provider_payment_required"),
    Dead("F10", ("404", "404", "200-error@404"), "invalid_model", 400, "not_found"),
)
EACH_DEAD = pytest.mark.parametrize(
    "dead",
    [
        pytest.param(one, id=f"{one.id}-{'+'.join(one.panel)}", marks=requirement(f"fault:{one.id}", *one.also))
        for one in DEAD
    ],
)


@EACH_DEAD
async def test_over_a_dead_panel_a_living_writer_answers_by_itself_and_the_reply_says_so(
    dead: Dead, upstream: Upstream
):
    async with at_work(upstream, models(*dead.panel)) as house:
        for heard in await both(house, {"analysis_models": seats(*dead.panel)}):
            run = await remembered(house, heard)
            assert (heard.status, heard.finish_reason, run.status) == (200, "stop", "completed")
            assert heard.text.startswith("Answer from writer")
            assert (heard.fusion["failure_reason"], heard.fusion["degraded"]) == (dead.failure_reason, "no_panel")
            assert [one["model"] for one in heard.fusion["failed_models"]] == seats(*dead.panel)
            assert heard.fusion["responses"] == [] and "analysis" not in heard.fusion
            assert (run.degraded, booked(run, "writer"), upstream.calls("judge")) == ("no_panel", ["counted"], [])


@EACH_DEAD
async def test_over_a_dead_panel_a_dead_writer_leaves_a_status_that_is_not_about_the_clients_key(
    dead: Dead, upstream: Upstream
):
    async with at_work(upstream, models(*dead.panel)) as house:
        panel = {"analysis_models": seats(*dead.panel), "writer": f"lab/fault/{dead.panel[0]}"}
        for heard in await both(house, panel):
            run, metadata = await remembered(house, heard), heard.error["metadata"]
            assert (heard.status, heard.error["code"], metadata["error_type"]) == (dead.status, dead.status, dead.kind)
            assert heard.headers.get("Retry-After") == dead.retry_after
            assert metadata["failure_reason"] == dead.failure_reason
            assert [one["model"] for one in metadata["failed_models"]] == seats(*dead.panel)
            assert (run.status, run.id) == ("failed", metadata["request_id"])
            assert set(booked(run, "panel")) <= {"free", "prompt"}


@requirement("fault:F59")
async def test_F59_a_total_failure_after_the_status_was_sent_comes_in_band(upstream: Upstream):
    async with at_work(upstream, models("400", "hang-headers")) as house:
        panel = {"analysis_models": seats("400", "400", "400"), "writer": "lab/fault/hang-headers"}
        heard = await post(house, panel, stream=True, pace=Pace(stream_hold_s=0.1))
        run = await remembered(house, heard)
    assert (heard.status, heard.streamed, heard.finish_reason, heard.text) == (200, True, "error", "")
    assert heard.error["metadata"]["failure_reason"] == "all_panels_failed"
    assert len(heard.error["metadata"]["failed_models"]) == 3
    assert heard.chunks[-1]["choices"] == [] and heard.end["usage"]["cost"] == run.cost / 1e9
    assert run.status == "failed"


@requirement("fault:F62")
@STREAMED
async def test_F62_one_member_of_three_is_enough_and_the_reply_warns_of_it(stream: bool, upstream: Upstream):
    async with at_work(upstream, models("400", "404")) as house:
        heard = await post(house, {"analysis_models": seats("a", "400", "404")}, stream=stream)
        run = await remembered(house, heard)
    assert (heard.status, heard.fusion["panel_requested"], heard.fusion["panel_succeeded"]) == (200, 3, 1)
    assert "single_member" in heard.fusion["warnings"]
    assert sorted(booked(run, "panel")) == ["counted", "free", "free"]


@requirement("fault:F62")
@STREAMED
async def test_F62_with_min_panel_one_member_is_not_enough_and_no_writer_is_paid(stream: bool, upstream: Upstream):
    async with at_work(upstream, models("400", "404")) as house:
        heard = await post(house, {"analysis_models": seats("a", "400", "404"), "min_panel": 2}, stream=stream)
        run = await remembered(house, heard)
    assert (heard.status, heard.error["metadata"]["failure_reason"]) == (502, "min_panel_not_met")
    assert [one["model"] for one in heard.error["metadata"]["failed_models"]] == seats("400", "404")
    assert {call.speaker.role for call in run.calls} == {"panel"}


@requirement("fault:F77")
async def test_F77_at_the_deadline_the_finished_members_are_enough_and_late_words_are_kept(upstream: Upstream):
    panel = seats("a", "hang-headers", "hang-mid@300")
    late = [(panel[1], "deadline_exceeded")]
    async with at_work(upstream, models("hang-headers", "hang-mid@300"), clocks={**PATIENT, "call_s": 20}) as house:
        for heard in await both(house, {"analysis_models": panel, "deadline_s": 1.5}):
            run = await remembered(house, heard)
            assert (heard.status, heard.text[:18]) == (200, "Answer from writer") and "analysis" in heard.fusion
            assert [(one["model"], one["reason"]) for one in heard.fusion["failed_models"]] == late
            assert [one["model"] for one in heard.fusion["responses"]] == [panel[0], panel[2]]
            assert heard.fusion["truncated_seats"] == [2]
            assert sorted(booked(run, "panel")) == ["counted", "guessed", "prompt"]
        await all_hung_up(upstream)


@requirement("fault:F77")
async def test_F77_an_analyst_that_hangs_leaves_the_writer_its_time(upstream: Upstream):
    async with at_work(upstream, models("hang-headers"), clocks={**PATIENT, "call_s": 20}) as house:
        heard = await post(house, {"model": "lab/fault/hang-headers", "writer": "lab/writer", "deadline_s": 1.5})
    assert (heard.status, heard.text[:18]) == (200, "Answer from writer")
    assert heard.fusion["analysis_failure"] == "judge_upstream_error"


@requirement("fault:F77")
@pytest.mark.parametrize(("writer", "status"), [("writer", 200), ("fault/hang-headers", 504)])
async def test_F77_where_nobody_has_finished_the_writer_answers_alone_or_it_is_a_504(
    writer: str, status: int, upstream: Upstream
):
    panel = seats("hang-headers", "hang-body", "hang-headers")
    async with at_work(upstream, models("hang-headers", "hang-body"), clocks={**PATIENT, "call_s": 20}) as house:
        heard = await post(house, {"analysis_models": panel, "writer": f"lab/{writer}", "deadline_s": 1.5})
    assert heard.status == status
    said = heard.fusion if status == 200 else heard.error["metadata"]
    assert (said["failure_reason"], len(said["failed_models"])) == ("deadline_exceeded", 3)
