"""LiteLLM's proxy before the fault upstream: all three protocols that we speak as a client."""

import json
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from fuseline.assembly import House
from fuseline.types.requests import FunctionTool
from tests.doors.http.talk import post, question
from tests.house import ask
from tests.real.processes import SERVERS, free_port, running
from tests.real.software import each_wire
from tests.real.visits import failing, leave, reason, visit, visiting, whole
from tests.requirements import requirement
from tests.upstream import Upstream, calls_tool, fails, fault_upstream, says

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif("FUSELINE_SERVERS" not in os.environ, reason="`make servers` installs LiteLLM and runs this"),
]

KEY = "sk-master-0123456789abcdef"
CONFIG = {
    "litellm_settings": {"num_retries": 0, "use_chat_completions_url_for_anthropic_messages": True},
    "router_settings": {"num_retries": 0, "disable_cooldowns": True},
}
MODELS = ("sky", "painter", "endless", "busy", "fault/401", "fault/429", "fault/500", "fault/400-context")
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
"""What the model takes that says something."""


@pytest.fixture(scope="module")
def upstream() -> Generator[Upstream]:
    """The models behind the proxy."""
    with fault_upstream() as running_:
        running_.script("sky", [says("Short waves scatter more.", usage=USAGE, pace_s=0.05)])
        running_.script("endless", [says("and so on, " * 1000, chunks=1000, pace_s=0.05)])
        running_.script("busy", [fails(429, retry_after="60")])
        running_.script("painter", [calls_tool("paint", {"colour": "blue"})])
        yield running_


@pytest.fixture(scope="module")
def origin(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The proxy, for all tests of this file."""
    config = tmp_path_factory.mktemp("litellm") / "config.yaml"
    config.write_text(json.dumps({**CONFIG, "model_list": [everything_at(upstream)]}), "utf-8")  # which is YAML, too
    with litellm(config) as address:
        anyio.run(wake, address)
        yield address


async def wake(origin: str) -> None:
    """Ask for one stream: the proxy takes seconds over its first, and joins what comes meanwhile."""
    heard = await post(origin, {**question("sky"), "stream": True}, headers={"Authorization": f"Bearer {KEY}"})
    assert heard.text, heard.raw


def everything_at(upstream: Upstream) -> dict[str, Any]:
    """The proxy's row for all models: it asks the upstream on chat, whichever protocol it was asked on."""
    way = {"model": "openai/*", "api_base": upstream.base_url, "api_key": "sk-lab-0123456789abcdef"}
    return {"model_name": "*", "litellm_params": {**way, "use_chat_completions_api": True}}


def litellm(config: Path) -> Any:
    """The proxy, in a process of its own."""
    program = str(SERVERS / "litellm" / "bin" / "litellm")
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(free_port())]
    environ = {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "HOME": str(config.parent)}
    return running([*command, "--telemetry", "False"], r"Uvicorn running on (http://\S+)", environ)


@asynccontextmanager
async def house_at(origin: str, wire: str, key: str = KEY) -> AsyncGenerator[House]:
    """A house with the proxy for its only endpoint."""

    async with visiting(f"{origin}/v1", wire, key, MODELS) as house:
        yield house


@each_wire("litellm")
@requirement("real:streamed")
async def test_a_stream_through_litellm_is_heard_piece_by_piece(origin: str, wire: str):
    async with house_at(origin, wire) as house:
        heard = await visit(house, "sky")
    assert len(heard.text) > 1
    assert "".join(heard.text) == heard.reply.text == "Short waves scatter more."
    assert heard.reply.finish_reason == "stop"


@each_wire("litellm")
@requirement("real:usage")
async def test_litellm_tells_what_the_upstream_counted(origin: str, wire: str):
    async with house_at(origin, wire) as house:
        heard = await visit(house, "sky")
    assert (heard.usage.input_tokens, heard.usage.output_tokens) == (11, 7)


@each_wire("litellm")
@requirement("real:whole")
async def test_litellm_answers_in_one_piece(origin: str, wire: str):
    reply = await whole(f"{origin}/v1", wire, KEY, "sky", ask(model="sky"))
    assert (reply.text, reply.finish_reason) == ("Short waves scatter more.", "stop")
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (11, 7)


@each_wire("litellm")
@requirement("real:tools")
async def test_a_call_of_a_function_comes_through_litellm(origin: str, wire: str):
    async with house_at(origin, wire) as house:
        heard = await visit(house, "painter", functions=(FunctionTool("paint", "Paints something."),))
    assert [(call.name, json.loads(call.arguments)) for call in heard.reply.tool_calls] == [
        ("paint", {"colour": "blue"})
    ]


@each_wire("litellm")
@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("fault/401", "upstream_auth"),
        ("fault/429", "rate_limited"),
        ("fault/500", "upstream_error"),
        ("fault/400-context", "context_length"),
    ],
)
@requirement("real:errors")
async def test_an_error_keeps_its_reason_through_litellm(origin: str, wire: str, model: str, row: str):
    async with house_at(origin, wire) as house:
        assert reason(await failing(house, model)) == row


@pytest.mark.parametrize("wire", ["chat", "responses"])  # on messages it does not tell
async def test_how_long_to_wait_is_told_through_litellm(origin: str, wire: str):
    async with house_at(origin, wire) as house:
        error = await failing(house, "busy")
    assert getattr(error, "retry_after", None) == 60


@each_wire("litellm")
@requirement("real:errors")
async def test_litellm_refuses_a_wrong_key(origin: str, wire: str):
    async with house_at(origin, wire, "sk-wrong-0123456789abcdef") as house:
        error = await failing(house, "sky")
    assert reason(error) == "bad_request"  # without a database of keys it says 400, and that it has none
    assert "sk-wrong" not in error.message


@each_wire("litellm")
@requirement("real:cancel")
async def test_the_models_behind_litellm_are_let_go_of_when_we_leave(origin: str, wire: str, upstream: Upstream):
    async with house_at(origin, wire) as house:
        await leave(house, "endless")
        await upstream.until(lambda: upstream.open_connections() == 0)
