"""Bodies that are wrong in every way: each is a 400 in the envelope, names its place, and costs nothing."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest

from tests.doors.http.players import Door, open_door
from tests.doors.http.talk import CHAT, QUESTION, fetch, plugin, question
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("wire:errors")]


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
    """Send a body, streamed or not as it says, and hold the answer against the envelope."""
    heard = await fetch("POST", door.origin + CHAT, raw=raw, headers=headers)
    error = heard.error
    assert (heard.status, heard.headers["content-type"]) == (status, "application/json")
    assert (error["code"], error["type"], error["metadata"]["error_type"]) == (status, "invalid_request_error", kind)
    assert error["param"] == param
    assert len(error["message"]) < 400
    assert "x-should-retry" not in heard.headers
    assert door.upstream.log == []


def said(**fields: Any) -> bytes:
    """A proper request with some fields that are not."""
    return json.dumps(question(**fields)).encode()


def content(text: str) -> bytes:
    """A request whose one message has this JSON text as its content."""
    return (
        b'{"model": "lab/a", "messages": [{"role": "user", "content": ' + text.encode("utf-8", "surrogatepass") + b"}]}"
    )


def without(name: str) -> bytes:
    """A proper request that lacks a field."""
    return json.dumps({key: value for key, value in question().items() if key != name}).encode()


NESTED = b"[" * 100_000 + b"]" * 100_000
DIGITS = b'{"model": "lab/a", "messages": [], "max_tokens": ' + b"9" * 5000 + b"}"
NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999"]
WHOLE: list[tuple[str, bytes, str, str | None]] = [
    ("B1", b"", "invalid_request", None),
    ("B1", b" \n", "invalid_request", None),
    ("B2", b'{"model":', "invalid_request", None),
    ("B2", said() + b"x", "invalid_request", None),
    *(("B3", raw, "invalid_request", None) for raw in (b"[]", b'"x"', b"null", b"1", b"true")),
    ("B6", NESTED, "invalid_request", None),
    ("B6", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "invalid_request", None),
    ("B6", said(response_format=json.loads('{"a":' * 70 + "1" + "}" * 70)), "invalid_request", None),
    ("B7", DIGITS, "invalid_request", None),
    *(("B8", b'{"temperature": %s}' % number.encode(), "invalid_request", None) for number in NUMBERS[:3]),
    ("B9", said().decode().encode("utf-16"), "invalid_request", None),
    ("B9", said().decode().encode("utf-32"), "invalid_request", None),
    ("B9", b'{"model": "\xff"}', "invalid_request", None),
    ("B10", content('"\ud800"'), "invalid_request", None),
    ("B10", content(r'"\ud800"'), "invalid_prompt", "messages[0].content"),
    ("B10", content(r'"a \udc00 b"'), "invalid_prompt", "messages[0].content"),
    ("B11", content(r'"a\u0000b"'), "invalid_prompt", "messages[0].content"),
    ("B12", b'{"model": "a", "model": "b"}', "invalid_request", "model"),
    ("B12", content('"x", "content": "y"'), "invalid_request", "content"),
]
NO_MESSAGES: list[Any] = [[], "hi", {}, 7, [QUESTION] * 1001]
FIELDS: list[tuple[str, bytes, str, str | None]] = [
    ("B8", said().replace(b'"model"', b'"temperature": 1e999, "model"'), "invalid_request", "temperature"),
    ("B13", without("messages"), "invalid_request", "messages"),
    *(("B13", said(messages=wrong), "invalid_request", "messages") for wrong in NO_MESSAGES),
    ("B14", said(messages=[{"role": "robot", "content": "x"}]), "invalid_prompt", "messages[0].role"),
    ("B14", said(messages=[{"content": "x"}]), "invalid_prompt", "messages[0].role"),
    *(
        ("B14", said(messages=[QUESTION, message]), "invalid_prompt", "messages[1].content")
        for message in ({"role": "user", "content": None}, {"role": "user"}, {"role": "user", "content": 7})
    ),
    ("B14", said(messages=["hi"]), "invalid_prompt", "messages[0]"),
    ("B15", without("model"), "invalid_request", "model"),
    *(
        ("B15", said(model=model), "invalid_request", "model")
        for model in ("", "x" * 10_000, "../x", "a\nb", "nobody/x", "nobody", 7, "lab/../x\n", " ", "lab/", "/")
    ),
    *(
        ("B16", said(**{name: wrong}), "invalid_request", name)
        for name in ("max_tokens", "max_completion_tokens")
        for wrong in (True, "100", -1, 0, 1.5, 10**12)
    ),
    ("B17", said(plugins=plugin(analysis_models=[])), "invalid_request", "plugins[0].analysis_models"),
    ("B17", said(plugins=plugin(analysis_models=["lab/a"] * 9)), "invalid_request", "plugins[0].analysis_models"),
    ("B17", said(plugins=plugin(analysis_models=[1])), "invalid_request", "plugins[0].analysis_models[0]"),
    *(
        ("B18", said(plugins=plugin(analysis_models=["lab/a", slug])), "invalid_request", "analysis_models[1]")
        for slug in ("openrouter/fusion", "openrouter/fusion:free", "OpenRouter/FUSION", "fusion", "fusion-flash")
    ),
    ("B18", said(plugins=plugin(model="openrouter/fusion")), "invalid_request", "model"),
    ("B18", said(plugins=plugin(tools=[{"type": "openrouter:fusion"}])), "invalid_request", "tools"),
    *(
        ("B19", said(**{name: "http://127.0.0.1:1"}), "invalid_request", name)
        for name in ("api_base", "base_url", "api_key", "headers", "extra_headers")
    ),
    ("B19", said(user_config={"api_base": "x"}), "invalid_request", "user_config"),
    ("B19", said(provider={"a": [{"base_url": "x"}]}), "invalid_request", "provider.a[0].base_url"),
    ("B19", said(plugins=plugin(api_key="x")), "invalid_request", "plugins[0].api_key"),
    ("B20", said(tools=[{"type": "web_search"}] * 10_000), "invalid_request", "tools"),
    ("B20", said(tools=[{"function": {"name": "f"}}]), "invalid_request", "tools[0].type"),
    ("B20", said(tools=[{"type": "function", "function": {}}]), "invalid_request", "tools[0].function.name"),
    ("B20", said(tools=[{"type": "openrouter:nope"}]), "invalid_request", "tools[0].type"),
    ("B20", said(stream="yes"), "invalid_request", "stream"),
    ("B20", said(n=5), "invalid_request", "n"),
    ("B20", said(tool_choice={"type": "function", "function": {"name": "f"}}), "invalid_request", "tool_choice"),
    ("B20", said(tool_choice="perhaps"), "invalid_request", "tool_choice"),
    ("B20", said(plugins=plugin(max_tool_calls=17)), "invalid_request", "plugins[0].max_tool_calls"),
    ("B20", said(max_tool_calls=0), "invalid_request", "max_tool_calls"),
]


@pytest.mark.parametrize(("row", "raw", "kind", "param"), [*WHOLE, *FIELDS])
async def test_a_malformed_body_is_refused(door: Door, row: str, raw: bytes, kind: str, param: str | None):
    await refused(door, raw, 400, kind, param)


async def test_a_malformed_body_is_refused_with_a_status_though_it_asks_for_a_stream(door: Door):
    await refused(door, said(stream=True, temperature=7), 400, "invalid_request", "temperature")


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
)
async def test_a_body_that_does_not_claim_to_be_json_is_refused(door: Door, kind: str):
    await refused(door, said(), 415, "invalid_request", None, **{"Content-Type": kind})


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"])
async def test_a_body_may_claim_to_be_json_in_several_ways(door: Door, kind: str):
    await refused(door, said(temperature=7), 400, "invalid_request", "temperature", **{"Content-Type": kind})


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
async def test_an_encoded_body_is_refused(door: Door, encoding: str):
    await refused(door, said(), 415, "invalid_request", None, **{"Content-Encoding": encoding})


async def test_a_body_beyond_the_limit_is_refused(door: Door):
    await refused(door, said(user="x" * (1 << 20)), 413, "payload_too_large", None)


async def test_a_body_in_chunks_is_held_to_the_same_limit(door: Door):
    chunks = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    heard = await spoken(door, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks * 20)
    assert heard.startswith(b"HTTP/1.1 413 ")
    assert b'"payload_too_large"' in heard


async def test_no_message_repeats_more_than_a_little_of_what_was_sent(door: Door):
    marker = "secret-of-the-client-" * 20
    for fields in ({"model": marker}, {"temperature": marker}, {marker: 1, "n": 2}, {"tool_choice": marker}):
        heard = await door.post(question(**fields))
        assert marker not in heard.raw.decode()
        assert heard.status == 400


async def test_nothing_that_was_refused_left_a_run(door: Door):
    assert len(await door.house.store.runs(limit=10)) == 0


async def spoken(door: Door, raw: bytes) -> bytes:
    """Send these very bytes, and read what comes first."""
    async with await anyio.connect_tcp("127.0.0.1", int(door.origin.rpartition(":")[2])) as stream:
        try:
            await stream.send(raw)
        except anyio.BrokenResourceError:
            pass  # it had heard enough
        return await stream.receive()
