"""Bodies of the Responses wire that are wrong in every way: each is a 400, names its place, and costs nothing."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.doors.http.players import Door, open_door
from tests.doors.http.talk import fetch, plugin
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("wire:errors", "responses:errors")]
PATH = "/v1/responses"
ASK: dict[str, Any] = {"model": "openrouter/fusion", "input": [{"role": "user", "content": "Why is the sky blue?"}]}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for the whole file, so that one door serves all of its tests."""
    return "asyncio"


@pytest.fixture(scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    """A door that nobody gets past."""
    store = {"path": tmp_path_factory.mktemp("bodies") / "runs.db"}
    async with open_door(store=store, local={"probe": False}) as opened:
        yield opened


async def refused(door: Door, raw: bytes, status: int, kind: str, param: str | None, **headers: str) -> None:
    """Send a body and hold the answer against the envelope."""
    heard = await fetch("POST", door.origin + PATH, raw=raw, headers=headers)
    error = heard.error
    assert (heard.status, heard.headers["content-type"]) == (status, "application/json")
    assert (error["code"], error["metadata"]["error_type"], error["param"]) == (status, kind, param)
    assert error["type"] == ("invalid_prompt" if kind.startswith("invalid_") else "invalid_request_error")
    assert len(error["message"]) < 400
    assert "x-should-retry" not in heard.headers
    assert door.upstream.log == []


def said(**fields: Any) -> bytes:
    """A proper request with some fields that are not."""
    return json.dumps({**ASK, **fields}).encode()


def content(text: str) -> bytes:
    """A request whose one message has this JSON text as its content."""
    raw = text.encode("utf-8", "surrogatepass")
    return b'{"model": "lab/a", "input": [{"role": "user", "content": ' + raw + b"}]}"


def without(name: str) -> bytes:
    """A proper request that lacks a field."""
    return json.dumps({key: value for key, value in ASK.items() if key != name}).encode()


DIGITS = b'{"model": "lab/a", "input": "x", "max_output_tokens": ' + b"9" * 5000 + b"}"
NO_INPUT: list[Any] = [[], {}, 7]
ROWS: list[tuple[str, bytes, str, str | None]] = [
    ("B1", b"", "invalid_request", None),
    ("B2", b'{"model":', "invalid_request", None),
    ("B2", said() + b"x", "invalid_request", None),
    *(("B3", raw, "invalid_request", None) for raw in (b"[]", b'"x"', b"null", b"1")),
    ("B6", b"[" * 100_000 + b"]" * 100_000, "invalid_request", None),
    ("B6", said(text=json.loads('{"a":' * 70 + "1" + "}" * 70)), "invalid_request", None),
    ("B7", DIGITS, "invalid_request", None),
    *(("B8", b'{"temperature": %s}' % number, "invalid_request", None) for number in (b"NaN", b"Infinity")),
    ("B8", said().replace(b'"model"', b'"temperature": 1e999, "model"'), "invalid_request", "temperature"),
    ("B9", said().decode().encode("utf-16"), "invalid_request", None),
    ("B9", b'{"model": "\xff"}', "invalid_request", None),
    ("B10", content('"\ud800"'), "invalid_request", None),
    ("B10", content(r'"\ud800"'), "invalid_prompt", "input[0].content"),
    ("B10", said(input="x").replace(b'"x"', rb'"\ud800"'), "invalid_prompt", "input"),
    ("B11", content(r'"a\u0000b"'), "invalid_prompt", "input[0].content"),
    ("B12", b'{"model": "a", "model": "b"}', "invalid_request", "model"),
    ("B13", without("input"), "invalid_request", "input"),
    *(("B13", said(input=wrong), "invalid_request", "input") for wrong in NO_INPUT),
    ("B13", said(input=" "), "invalid_request", "input"),
    ("B14", said(input=[{"role": "robot", "content": "x"}]), "invalid_prompt", "input[0].role"),
    ("B14", said(input=[{"role": "user", "content": None}]), "invalid_prompt", "input[0].content"),
    ("B14", said(input=[{"role": "user", "content": 7}]), "invalid_prompt", "input[0].content"),
    ("B14", said(input=["hi"]), "invalid_prompt", "input[0]"),
    ("B15", without("model"), "invalid_request", "model"),
    *(
        ("B15", said(model=model), "invalid_request", "model")
        for model in ("", "x" * 10_000, "../x", "a\nb", "nobody/x", 7)
    ),
    *(
        ("B16", said(max_output_tokens=wrong), "invalid_request", "max_output_tokens")
        for wrong in (True, "100", -1, 0, 1.5, 10**12)
    ),
    ("B17", said(plugins=plugin(analysis_models=[])), "invalid_request", "plugins[0].analysis_models"),
    ("B17", said(plugins=plugin(analysis_models=["lab/a"] * 9)), "invalid_request", "plugins[0].analysis_models"),
    ("B18", said(plugins=plugin(analysis_models=["openrouter/fusion:free"])), "invalid_request", "analysis_models[0]"),
    ("B18", said(plugins=plugin(model="openrouter/fusion")), "invalid_request", "model"),
    *(
        ("B19", said(**{name: "http://127.0.0.1:1"}), "invalid_request", name)
        for name in ("api_base", "base_url", "api_key", "headers", "extra_headers", "user_config")
    ),
    ("B19", said(provider={"a": [{"base_url": "x"}]}), "invalid_request", "provider.a[0].base_url"),
    ("B20", said(tools=[{"type": "web_search"}] * 10_000), "invalid_request", "tools"),
    ("B20", said(tools=[{"name": "f"}]), "invalid_request", "tools[0].type"),
    ("B20", said(tools=[{"type": "function"}]), "invalid_request", "tools[0].name"),
    ("B20", said(tools=[{"type": "openrouter:nope"}]), "invalid_request", "tools[0].type"),
    ("B20", said(stream="yes"), "invalid_request", "stream"),
    ("B20", said(tool_choice={"type": "function", "name": "f"}), "invalid_request", "tool_choice"),
    ("B20", said(plugins=plugin(max_tool_calls=17)), "invalid_request", "plugins[0].max_tool_calls"),
    ("B20", said(max_tool_calls=0), "invalid_request", "max_tool_calls"),
    ("3.1", said(store=True), "invalid_request", "store"),
    ("3.1", said(previous_response_id="gen-1"), "invalid_request", "previous_response_id"),
]


@pytest.mark.parametrize(("row", "raw", "kind", "param"), ROWS)
async def test_a_malformed_body_is_refused(door: Door, row: str, raw: bytes, kind: str, param: str | None):
    await refused(door, raw, 400, kind, param)


async def test_a_malformed_body_is_refused_with_a_status_though_it_asks_for_a_stream(door: Door):
    await refused(door, said(stream=True, temperature=7), 400, "invalid_request", "temperature")


async def test_a_body_that_does_not_claim_to_be_json_is_refused(door: Door):
    await refused(door, said(), 415, "invalid_request", None, **{"Content-Type": "text/plain"})


async def test_a_body_beyond_the_limit_is_refused(door: Door):
    await refused(door, said(instructions="x" * (1 << 20)), 413, "payload_too_large", None)


async def test_nothing_that_was_refused_left_a_run(door: Door):
    assert len(await door.house.store.runs(limit=10)) == 0
