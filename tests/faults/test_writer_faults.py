"""F72 to F76: the writer fails before, in or after its first words, seen through the real HTTP door."""

import json
from collections.abc import Generator, Mapping

import pytest

from tests.faults.claims import all_hung_up, at_work
from tests.faults.client import STREAMED, booked, both, look_up, models, post, remembered
from tests.faults.table import Money
from tests.requirements import requirement
from tests.upstream import Upstream, calls_tool, fault_upstream, says
from tests.upstream.broken import babble

pytestmark = pytest.mark.anyio

BEST = "the longest answer of the panel, " + babble(400)


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with fault_upstream() as running:
        yield running


WRITERS_THAT_NEVER_BEGIN = [
    pytest.param(fault, money, id=f"{row}-{fault}", marks=requirement(f"fault:{row}"))
    for row, fault, money in (
        ("F72", "500", ["free", "free"]),
        ("F72", "429-ra@60", ["free"]),
        ("F72", "hang-headers", ["prompt"]),
        ("F74", "empty", ["counted", "counted"]),
        ("F74", "empty-null", ["counted", "counted"]),
        ("F74", "reasoning-only", ["counted"]),
        ("F76", "tool-calls-though-none", ["counted", "counted"]),
    )
]


@requirement("ours:stand-in")
@pytest.mark.parametrize(("fault", "money"), WRITERS_THAT_NEVER_BEGIN)
async def test_where_no_writer_begins_the_best_panel_answer_stands_in_and_is_marked(
    fault: str, money: list[Money], upstream: Upstream
):
    upstream.script("b", [says(BEST)])
    for stream in (False, True):
        async with at_work(upstream, models(fault)) as house:  # its own, since a limit told to one run spares the next
            heard = await post(house, {"writer": f"lab/fault/{fault}"}, stream=stream)
            run = await remembered(house, heard)
            assert (heard.status, heard.text, heard.finish_reason) == (200, BEST, "stop")
            assert heard.fusion["degraded"] == run.degraded == "best_panel_answer"
            assert "analysis" in heard.fusion and len(heard.fusion["responses"]) == 3
            assert [booked(run, one) for one in ("panel", "analyst", "writer")] == [["counted"] * 3, ["counted"], money]


@requirement("fault:F72", "ours:fallbacks")
@STREAMED
async def test_F72_a_substitute_takes_over_from_a_writer_that_never_began(stream: bool, upstream: Upstream):
    async with at_work(upstream, models("500")) as house:
        heard = await post(house, {"writer": ["lab/fault/500", "lab/writer"]}, stream=stream)
    assert (heard.status, heard.text[:18], heard.end["model"]) == (200, "Answer from writer", "writer")
    assert "degraded" not in heard.fusion
    assert len(upstream.calls("fault/500")) == 2


BREAKING = [
    pytest.param(fault, status, id=f"F73-{fault}", marks=requirement("fault:F73"))
    for fault, status in (
        ("hang-mid@60", 504), ("reset-mid@60", 502), ("close-mid@60", 502), ("eof-mid@60", 502), ("error-mid@60", 502),
        ("cut-json@60", 502),
    )
]  # fmt: skip


@pytest.mark.parametrize(("fault", "status"), BREAKING)
async def test_F73_a_writer_that_breaks_off_fails_the_run_and_what_it_said_is_kept(
    fault: str, status: int, upstream: Upstream
):
    async with at_work(upstream, models(fault)) as house:
        for heard in await both(house, {"writer": [f"lab/fault/{fault}", "lab/writer"]}):
            run = await remembered(house, heard)
            assert (heard.error["code"], heard.error["metadata"]["failure_reason"]) == (status, "synthesis_failed")
            assert (run.status, run.result["answer"]) == ("failed", babble(60))
            assert (booked(run, "analyst"), booked(run, "writer")) == (["counted"], ["guessed"])
            if heard.streamed:
                assert (heard.status, heard.text, heard.finish_reason) == (200, babble(60), "error")
                assert heard.chunks[-1]["choices"] == [] and heard.end["usage"]["cost"] == run.cost / 1e9
                assert len(heard.fusion["responses"]) == 3 and "analysis" in heard.fusion
            else:
                assert (heard.status, heard.headers["x-should-retry"]) == (status, "false")
        await all_hung_up(upstream)
    assert upstream.calls("writer") == []


@requirement("fault:F72", "fault:F73", "wire:generation")
@pytest.mark.parametrize(("writer", "status"), [("fault/500", "completed"), ("fault/eof-mid@60", "failed")])
async def test_F72_F73_what_was_paid_for_can_be_looked_up_though_the_writer_failed(
    writer: str, status: str, upstream: Upstream
):
    async with at_work(upstream, [writer]) as house:
        heard = await post(house, {"writer": f"lab/{writer}"})
        found, run = await look_up(house, heard.headers["X-Generation-Id"]), await remembered(house, heard)
    assert (found["status"], found["total_cost"]) == (status, run.cost / 1e9)
    assert [child["role"] for child in found["children"]][:4] == ["panel"] * 3 + ["analyst"]
    fusion = run.result["fusion"]
    assert isinstance(fusion, Mapping) and {"analysis", "responses"} <= fusion.keys()


@requirement("fault:F75")
@STREAMED
@pytest.mark.parametrize(
    ("fault", "text", "finish_reason"),
    [("content-filter", "The first half of", "content_filter"), ("length", babble(300), "length")],
)
async def test_F75_a_writer_that_is_filtered_or_cut_is_passed_on_with_its_finish_reason(
    fault: str, text: str, finish_reason: str, stream: bool, upstream: Upstream
):
    async with at_work(upstream, models(fault)) as house:
        heard = await post(house, {"writer": f"lab/fault/{fault}"}, stream=stream)
        run = await remembered(house, heard)
    assert (heard.status, heard.text, heard.finish_reason) == (200, text, finish_reason)
    assert ("degraded" not in heard.fusion, booked(run, "writer")) == (True, ["counted"])


@requirement("fault:F75")
@STREAMED
async def test_F75_a_writers_refusal_is_passed_on_as_a_refusal(stream: bool, upstream: Upstream):
    async with at_work(upstream, models("refusal")) as house:
        heard = await post(house, {"writer": "lab/fault/refusal"}, stream=stream)
    refusals = [said["refusal"] for said in heard.said if said.get("refusal")]
    assert (heard.status, refusals, heard.finish_reason) == (200, ["I cannot help with that."], "stop")


@requirement("fault:F76")
@STREAMED
async def test_F76_a_writers_call_of_what_it_was_not_offered_is_stripped_and_asked_again(
    stream: bool, upstream: Upstream
):
    upstream.script("writer", [calls_tool("search", {"q": "sky"}), says("written after all")])
    async with at_work(upstream, []) as house:
        heard = await post(house, stream=stream)
    assert (heard.text, heard.finish_reason) == ("written after all", "stop")
    assert b'"search"' not in heard.body


@requirement("fault:F76")
@STREAMED
async def test_F76_a_writers_call_of_the_clients_function_is_passed_on(stream: bool, upstream: Upstream):
    upstream.script("writer", [calls_tool("search", {"q": "sky"})])
    function = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
    async with at_work(upstream, []) as house:
        heard = await post(house, stream=stream, tools=[function], tool_choice={"type": "openrouter:fusion"})
    called = [one["function"] for said in heard.said for one in said.get("tool_calls", ())]
    assert [(one["name"], json.loads(one["arguments"])) for one in called] == [("search", {"q": "sky"})]
    assert (heard.finish_reason, len(upstream.calls("writer"))) == ("tool_calls", 1)
