"""any-llm as a way to vendors, before the fault upstream; run where that library is, in an environment of its own."""

import json
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

import pytest

from fuseline.assembly import House, open_house
from fuseline.settings.settings import Settings
from fuseline.types.errors import BadConfiguration
from fuseline.types.requests import FunctionTool
from tests.house import CANARY
from tests.real.software import each_wire
from tests.real.visits import failing, leave, reason, visit, visiting
from tests.requirements import requirement
from tests.upstream import Upstream, answers, calls_tool, fails, fault_upstream, says
from tests.upstream.says import completion
from tests.upstream.wire import Ask

pytestmark = pytest.mark.anyio

BRIDGED = pytest.mark.skipif(
    "FUSELINE_SERVERS" not in os.environ or find_spec("any_llm") is None,
    reason="`make servers` installs any-llm and runs this there",
)
MODELS = (
    "openai/sky", "openai/thinker", "openai/painter", "openai/picky", "openai/unsteady", "openai/endless",
    "openai/fault/401", "openai/fault/402", "openai/fault/429", "openai/fault/500", "openai/fault/400-context",
    "openai/fault/reset-mid", "openai/fault/error-mid", "openai/fault/cut-json", "openai/fault/hang-mid",
    "cohere/command", "nobody/model",
)  # fmt: skip
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@pytest.fixture
def upstream() -> Generator[Upstream]:
    """The vendor."""
    with fault_upstream() as running:
        running.script("sky", [says("Short waves scatter more.", usage=USAGE, pace_s=0.02)])
        running.script("thinker", [says("Blue.", reasoning="Let me see.")])
        running.script("painter", [calls_tool("paint", {"colour": "blue"})])
        running.script("endless", [says("and so on, " * 1000, chunks=1000, pace_s=0.02)])
        yield running


@asynccontextmanager
async def house_at(upstream: Upstream, **tables: Any) -> AsyncGenerator[House]:
    """A house with the library for its only endpoint, which asks the upstream in place of its vendor."""
    async with visiting(upstream.base_url, "any-llm", CANARY, MODELS, **tables) as house:
        yield house


@BRIDGED
@each_wire("any-llm")
@requirement("real:streamed", "ours:bridge")
async def test_a_stream_across_the_bridge_is_heard_piece_by_piece(upstream: Upstream, wire: str):
    async with visiting(upstream.base_url, wire, CANARY, MODELS) as house:
        heard = await visit(house, "openai/sky", temperature=0.5, max_tokens=100)
    assert len(heard.text) > 1
    assert "".join(heard.text) == heard.reply.text == "Short waves scatter more."
    assert (heard.reply.model, heard.reply.finish_reason) == ("sky", "stop")
    (asked,) = upstream.calls("sky")
    assert (asked.body["temperature"], asked.body["max_completion_tokens"]) == (0.5, 100)
    assert asked.headers["authorization"] == f"Bearer {CANARY}"


@BRIDGED
@requirement("ours:bridge")
async def test_a_key_of_the_environment_does_not_go_to_another_address(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-elsewhere-0123456789abcdef")
    async with visiting(upstream.base_url, "any-llm", "", MODELS) as house:
        await visit(house, "openai/sky")
    (asked,) = upstream.calls("sky")
    assert asked.headers["authorization"] == "Bearer none"


@BRIDGED
@requirement("real:usage")
async def test_the_vendors_count_crosses_the_bridge(upstream: Upstream):
    async with house_at(upstream) as house:
        heard = await visit(house, "openai/sky")
    assert (heard.usage.input_tokens, heard.usage.output_tokens) == (11, 7)


@BRIDGED
@requirement("real:reasoning")
async def test_thoughts_cross_the_bridge(upstream: Upstream):
    async with house_at(upstream) as house:
        heard = await visit(house, "openai/thinker")
    assert (heard.reply.reasoning, heard.reply.text) == ("Let me see.", "Blue.")


@BRIDGED
@requirement("real:tools")
async def test_a_call_of_a_function_crosses_the_bridge(upstream: Upstream):
    async with house_at(upstream) as house:
        heard = await visit(house, "openai/painter", functions=(FunctionTool("paint", "Paints something."),))
    (call,) = heard.reply.tool_calls
    assert (call.id, call.name, json.loads(call.arguments)) == ("call_1", "paint", {"colour": "blue"})
    assert heard.reply.finish_reason == "tool_calls"


@BRIDGED
@pytest.mark.parametrize(
    ("fault", "row"),
    [
        ("401", "upstream_auth"),
        ("402", "upstream_credits"),
        ("429", "rate_limited"),
        ("500", "upstream_error"),
        ("400-context", "context_length"),
        ("reset-mid", "upstream_reset"),
        ("error-mid", "upstream_error"),
        ("cut-json", "upstream_truncated"),
    ],
)
@requirement("real:errors", "ours:bridge")
async def test_an_error_keeps_its_reason_across_the_bridge(upstream: Upstream, fault: str, row: str):
    async with house_at(upstream) as house:
        error = await failing(house, f"openai/fault/{fault}")
    assert reason(error) == row
    assert CANARY not in error.message


@BRIDGED
async def test_what_was_said_before_an_error_is_kept(upstream: Upstream):
    async with house_at(upstream) as house:
        error = await failing(house, "openai/fault/reset-mid")
    assert error.run is not None
    usage = error.run.calls[-1].usage
    assert usage is not None
    assert usage.output_tokens > 0


@BRIDGED
async def test_the_library_repeats_nothing_by_itself(upstream: Upstream):
    upstream.script("unsteady", [fails(400, message="no")])
    async with house_at(upstream) as house:
        await failing(house, "openai/unsteady")
    assert len(upstream.calls("unsteady")) == 1


@BRIDGED
async def test_how_long_to_wait_is_heard_across_the_bridge(upstream: Upstream):
    upstream.script("unsteady", [fails(429, retry_after="0"), says("Now.")])
    async with house_at(upstream) as house:
        heard = await visit(house, "openai/unsteady")
    assert [call.error for call in heard.run.calls] == ["rate_limited", ""]


@BRIDGED
async def test_a_parameter_that_a_vendor_refuses_is_left_out(upstream: Upstream):
    refusal = fails(400, message="temperature is not supported with this model", param="temperature")
    upstream.script("picky", [refusal, says("Fine.")])
    async with house_at(upstream) as house:
        heard = await visit(house, "openai/picky", temperature=0.1)
    assert heard.reply.text == "Fine."
    assert ["temperature" in asked.body for asked in upstream.calls("picky")] == [True, False]


@BRIDGED
async def test_a_vendor_that_falls_silent_is_left_in_time(upstream: Upstream):
    async with house_at(upstream, clocks={"idle_s": 0.2}) as house:
        error = await failing(house, "openai/fault/hang-mid")
    assert reason(error) == "idle_timeout"
    await upstream.until(lambda: upstream.open_connections() == 0)


@BRIDGED
@requirement("real:cancel", "ours:bridge")
async def test_the_vendor_is_let_go_of_when_we_leave(upstream: Upstream):
    async with house_at(upstream) as house:
        await leave(house, "openai/endless")
        await upstream.until(lambda: upstream.open_connections() == 0)


@BRIDGED
async def test_an_answer_in_one_piece_which_the_library_does_not_read_is_no_empty_answer(upstream: Upstream):
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    said = completion(Ask("sky", {}, 0, 0, upstream.origin), {"content": "Blue."}, "stop", usage)
    upstream.script("sky", [answers(200, said)])
    async with house_at(upstream) as house:
        error = await failing(house, "openai/sky")
    assert reason(error) == "upstream_truncated"


@BRIDGED
@pytest.mark.parametrize(
    ("model", "sentence"),
    [("cohere/command", "pip install 'any-llm-sdk[cohere]'"), ("nobody/model", "'nobody' is not a supported provider")],
)
async def test_a_vendor_that_the_library_cannot_reach_is_named(upstream: Upstream, model: str, sentence: str):
    async with house_at(upstream) as house:
        error = await failing(house, model)
    assert sentence in error.message


@pytest.mark.skipif(find_spec("any_llm") is not None, reason="any-llm is installed here")
@requirement("ours:bridge")
async def test_without_the_library_the_settings_are_refused():
    chosen = Settings.model_validate({"endpoints": {"vendors": {"wire": "any-llm"}}})
    with pytest.raises(BadConfiguration, match=r"endpoints\.vendors\.wire .* pip install 'fuseline\[any-llm\]'"):
        async with open_house(chosen, {}):
            pass


async def test_only_the_library_knows_where_to_go_without_an_address():
    with pytest.raises(ValueError, match="base_url is missing"):
        Settings.model_validate({"endpoints": {"vendors": {"wire": "chat"}}})
