"""llama.cpp's own server, with a model of random weights: all three protocols that we speak as a client."""

import json
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from anyio import fail_after
from jsonschema import validate

from fuseline.assembly import House
from fuseline.catalog.local import probe
from fuseline.types.json import JsonObject
from fuseline.types.money import FREE
from fuseline.types.requests import FunctionTool, Request
from tests.doors.http.talk import get, post
from tests.house import ask, hear
from tests.real.llamacpp import CONTEXT, NAME
from tests.real.processes import running
from tests.real.software import each_wire
from tests.real.visits import failing, leave, reason, visit, visiting, whole
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

MOST = 300
"""Tokens after which an answer of random weights has surely ended a thought."""
MANY = 1500
"""Tokens whose events are more than is read at once from a connection, however late the reader comes to it."""
FORM: JsonObject = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "blue"]}, "count": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["colour", "count"],
    "additionalProperties": False,
}
SEAT = {"model": f"real/{NAME}", "max_completion_tokens": MOST}
PANEL = {"general-high": {"panel": [SEAT, SEAT], "analyst": f"real/{NAME}", "writer": f"real/{NAME}"}}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The server, for all tests of this file but one."""
    with llamacpp(tmp_path_factory.mktemp("llamacpp")) as address:
        yield address


@contextmanager
def llamacpp(folder: Path, *key: str) -> Generator[str]:
    """The server, in a process of its own."""
    command = [sys.executable, "-m", "tests.real.llamacpp", str(folder), *key]
    with running(command, r"listening at (http://\S+)") as address:
        yield address


@asynccontextmanager
async def house_at(origin: str, wire: str, key: str = "", **tables: Any) -> AsyncGenerator[House]:
    """A house with the server for its only endpoint."""
    async with visiting(f"{origin}/v1", wire, key, [NAME], **tables) as house:
        yield house


async def idle(origin: str) -> bool:
    """Whether the server works on nothing."""
    slots = (await get(origin, "/slots")).body
    return not any(slot["is_processing"] for slot in slots)


async def weight_of(origin: str, question: str) -> int:
    """Tokens of a prompt, as the server counts them when it is asked for nothing else."""
    body = {"messages": [{"role": "user", "content": question}]}
    return (await post(origin, body, path="/v1/chat/completions/input_tokens")).body["input_tokens"]


@each_wire("llamacpp")
@requirement("real:streamed")
async def test_a_stream_of_a_real_server_is_heard_piece_by_piece(origin: str, wire: str):
    async with house_at(origin, wire) as house:
        heard = await visit(house, NAME, max_tokens=MANY)
    assert len(heard.text) > 1
    assert "".join(heard.text) == heard.reply.text
    assert heard.reply.model == NAME


@each_wire("llamacpp")
@requirement("real:reasoning")
async def test_what_a_real_server_calls_thoughts_are_thoughts(origin: str, wire: str):
    async with house_at(origin, wire) as house:
        heard = await visit(house, NAME, max_tokens=MOST)
    assert "".join(heard.reasoning) == heard.reply.reasoning != ""
    assert "</think>" not in heard.reply.reasoning


@each_wire("llamacpp")
@requirement("real:usage")
async def test_the_tokens_are_those_that_a_real_server_counted(origin: str, wire: str):
    question = "How many tokens is this?"
    async with house_at(origin, wire) as house:
        heard = await visit(house, NAME, question, max_tokens=MOST)
    assert heard.usage.output_tokens == MOST
    assert heard.usage.input_tokens == await weight_of(origin, question)


@each_wire("llamacpp")
async def test_the_limit_on_output_is_heeded_and_told(origin: str, wire: str):
    async with house_at(origin, wire) as house:
        heard = await visit(house, NAME, max_tokens=MOST)
    cut = {"chat": "length", "messages": "length", "responses": "stop"}  # it calls a response complete that it cut
    assert heard.reply.finish_reason == cut[wire]


@each_wire("llamacpp")
@requirement("real:whole")
async def test_a_real_server_answers_in_one_piece_with_the_same_words(origin: str, wire: str):
    request = ask(model=NAME, max_tokens=MOST)
    reply = await whole(f"{origin}/v1", wire, "", NAME, request)
    async with house_at(origin, wire) as house:
        heard = await visit(house, NAME, max_tokens=MOST)
    assert (reply.text, reply.reasoning) == (heard.reply.text, heard.reply.reasoning)
    assert reply.usage is not None
    assert reply.usage.output_tokens == heard.usage.output_tokens


@each_wire("llamacpp")
@requirement("real:tools")
async def test_a_real_server_calls_a_function_as_it_is_declared(origin: str, wire: str):
    paint = FunctionTool("paint", "Paints something.", FORM)
    async with house_at(origin, wire) as house:
        heard = await visit(house, NAME, functions=(paint,), tool_choice="required", max_tokens=MOST)
    call = heard.reply.tool_calls[0]
    assert call.name == "paint"
    validate(json.loads(call.arguments), FORM)


@requirement("real:schema")
async def test_even_random_weights_answer_in_the_form_that_is_asked_for(origin: str):
    form = {"type": "json_schema", "json_schema": {"name": "paint", "strict": True, "schema": FORM}}
    async with house_at(origin, "chat") as house:
        heard = await visit(house, NAME, response_format=form, max_tokens=MOST)
    validate(json.loads(heard.reply.text), FORM)
    assert heard.reply.finish_reason == "stop"


@each_wire("llamacpp")
@requirement("real:errors")
async def test_a_real_server_refuses_what_is_longer_than_its_context(origin: str, wire: str):
    async with house_at(origin, wire) as house:
        error = await failing(house, NAME, "why " * CONTEXT)
    assert reason(error) == "context_length"


@requirement("real:errors")
async def test_a_real_server_refuses_a_wrong_key(tmp_path: Path):
    with llamacpp(tmp_path, "sk-right-0123456789abcdef") as origin:
        for wire in ("chat", "responses", "messages"):
            async with house_at(origin, wire, "sk-wrong-0123456789abcdef") as house:
                error = await failing(house, NAME)
            assert reason(error) == "upstream_auth"
            assert "sk-wrong" not in error.message


@each_wire("llamacpp")
@requirement("real:cancel")
async def test_a_real_server_stops_when_we_leave(origin: str, wire: str):
    async with house_at(origin, wire) as house:
        with fail_after(5):
            await leave(house, NAME)
            while not await idle(origin):
                pass


@requirement("real:models")
async def test_a_real_server_on_this_machine_is_found_with_its_context(origin: str):
    (model,) = await probe(5.0, {"llamacpp": urlsplit(origin).port or 0})
    assert (model.slug, model.context, model.price) == (f"llamacpp/{NAME}", CONTEXT, FREE)


@requirement("real:fusion")
async def test_a_panel_of_random_weights_is_convened_compared_and_answered(origin: str):
    """It leaves its connections after each stream, so that calls which follow at once have to find another."""
    async with house_at(origin, "chat", presets=PANEL) as house:
        run, _ = await hear(house, Request("openrouter/fusion", ask().messages, max_tokens=MOST))
    assert run is not None and run.report is not None
    called = [(call.speaker.role, call.finish_reason, call.error) for call in run.calls]
    assert called == [*[("panel", "length", "")] * 2, ("analyst", "stop", ""), ("writer", "length", "")]
    assert run.report.analysis is not None
    assert run.fusion_status == "degraded"  # for one reason only: no seat ever ends by itself
