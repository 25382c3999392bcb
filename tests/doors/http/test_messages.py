"""The messages routes at the door: errors in that vendor's envelope, signs of life, and the counting of tokens."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.doors.http.players import BRISK, Door, open_door
from tests.doors.http.talk import Heard, fetch, question
from tests.doors.http.test_bodies import FIELDS, WHOLE
from tests.requirements import requirement
from tests.upstream import hangs, says
from tests.wires.openapi import complaints

pytestmark = pytest.mark.anyio
MESSAGES = "/v1/messages"
KEY = "fl-0123456789"
OF_CHAT = {"max_completion_tokens", "n", "max_tool_calls", "tools[0].function.name", "tools[0].type"}
"""Places that a messages request has not got, or where another one is at fault."""
BODIES = [*WHOLE, *(row for row in FIELDS if row[3] not in OF_CHAT)]
COUNTED = f"{MESSAGES}/count_tokens"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for the whole file, so that one door serves many of its tests."""
    return "asyncio"


@pytest.fixture(scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    """A door that nobody gets past."""
    store = {"path": tmp_path_factory.mktemp("messages") / "runs.db"}
    async with open_door(store=store, local={"probe": False}) as opened:
        yield opened


def envelope(heard: Heard, status: int) -> Any:
    """The body of an error, held against the vendor's schema."""
    assert (heard.status, heard.headers["content-type"]) == (status, "application/json")
    assert complaints("AnthropicMessagesErrorResponse", heard.body) == []
    return heard.body


@requirement("wire:messages-errors")
@pytest.mark.parametrize(
    ("path", "row", "raw", "kind", "param"),
    [*((MESSAGES, *row) for row in BODIES), *((COUNTED, *row) for row in WHOLE)],
)
async def test_a_malformed_body_is_refused_in_the_envelope(
    door: Door, path: str, row: str, raw: bytes, kind: str, param: str | None
):
    body = envelope(await fetch("POST", door.origin + path, raw=raw), 400)
    assert (body["error"]["type"], body["error"]["error_type"]) == ("invalid_request_error", kind)
    assert (body["request_id"], body.get("metadata", {}).get("param")) == (None, param)
    assert door.upstream.log == []


@requirement("wire:messages-errors")
@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "kind"),
    [
        ("GET", "/v1/messages", {}, 405, "invalid_request_error"),
        ("GET", "/api/v1/messages/count_tokens", {}, 405, "invalid_request_error"),
        ("POST", "/messages/batches", {}, 404, "not_found_error"),
        ("POST", "/v1/messages", {"Content-Type": "text/plain"}, 415, "invalid_request_error"),
        ("POST", "/v1/messages", {"Host": "evil.example"}, 421, "invalid_request_error"),
        ("POST", "/v1/messages", {"Content-Encoding": "gzip"}, 415, "invalid_request_error"),
    ],
)
async def test_a_wrong_route_method_or_header_is_told_in_the_envelope(
    door: Door, method: str, path: str, headers: dict[str, str], status: int, kind: str
):
    raw = b"{}" if method == "POST" else None
    body = envelope(await fetch(method, door.origin + path, raw=raw, headers=headers), status)
    assert body["error"]["type"] == kind


@requirement("wire:messages-errors")
async def test_a_body_beyond_the_limit_is_told_in_the_envelope(door: Door):
    body = envelope(await door.post(question(user="x" * (1 << 20)), path=MESSAGES), 413)
    assert body["error"]["error_type"] == "payload_too_large"


@requirement("wire:messages-errors")
async def test_the_envelope_is_this_vendors_on_its_own_routes_only(door: Door):
    for path in ("/v1/nowhere", "/v1/messagesque", "/messages.json"):
        assert (await door.post({}, path=path)).error["code"] == 404


@requirement("wire:messages-errors")
async def test_a_schema_that_is_none_is_named_by_its_place_in_this_request(door: Door):
    wrong = {"format": {"type": "json_schema", "schema": {"type": "of-tomorrow"}}}
    body = envelope(await door.post(question(output_config=wrong), path=MESSAGES), 400)
    assert body["metadata"] == {"param": "output_config.format.schema"}


@requirement("wire:messages-errors", "client:keys")
@pytest.mark.parametrize("path", [MESSAGES, "/api/v1/messages?beta=true", "/messages/count_tokens"])
async def test_a_wrong_key_is_told_in_the_envelope(path: str):
    async with open_door(server={"api_key": KEY}) as door:
        body = envelope(await door.post(question(), path=path, headers={"x-api-key": "no"}), 401)
    assert body["error"]["type"] == "authentication_error"


@requirement("client:keys")
@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {KEY}"}, {"x-api-key": KEY}])
@pytest.mark.parametrize("path", [MESSAGES, "/api/v1/messages?beta=true", "/messages", "/v1/messages/count_tokens"])
async def test_the_right_key_opens_under_both_names(path: str, headers: dict[str, str]):
    async with open_door(server={"api_key": KEY}) as door:
        assert (await door.post(question("lab/a"), path=path, headers=headers)).status == 200


@requirement("client:never-silent", "wire:messages-stream")
async def test_a_stream_that_waits_is_kept_open_with_pings():
    writer = says("Because.", delay_s=1.0)
    async with open_door({"writer": [writer]}, pace=BRISK) as door:
        heard = await door.post(question(stream=True), path=MESSAGES)
    assert heard.headers["content-type"].startswith("text/event-stream")
    assert heard.raw.startswith(b"event: message_start\n")
    assert heard.raw.count(b'event: ping\ndata: {"type":"ping"}\n\n') >= 3
    assert b"[DONE]" not in heard.raw
    assert max(heard.silences) < 2.0


@requirement("client:late-error", "wire:messages-errors")
async def test_a_whole_reply_that_fails_late_is_the_envelope_behind_white_space():
    clocks = {"idle_s": 0.5, "first_byte_s": 0.5}
    async with open_door({"a": [hangs()]}, pace=BRISK, clocks=clocks) as door:
        heard = await door.post(question("lab/a"), path=MESSAGES)
    assert (heard.status, heard.raw[:1].isspace()) == (200, True)
    body = envelope(heard, 200)
    assert (body["error"]["type"], body["request_id"][:4]) == ("timeout_error", "gen-")


@requirement("wire:metadata", "wire:messages-errors")
async def test_an_error_tells_who_asks_how_the_request_was_routed():
    async with open_door(models=["fault/429-huge"]) as door:
        headers = {"X-OpenRouter-Metadata": "enabled"}
        heard = await door.post(question("lab/fault/429-huge"), path=MESSAGES, headers=headers)
    body = envelope(heard, 429)
    assert body["openrouter_metadata"]["requested"] == "lab/fault/429-huge"
    assert heard.headers["x-generation-id"] == body["request_id"]


@requirement("wire:messages-count")
async def test_counting_grows_with_what_a_model_would_read(door: Door):
    async def count(**fields: Any) -> int:
        heard = await door.post(question(**fields), path=COUNTED)
        assert (heard.status, list(heard.body)) == (200, ["input_tokens"])
        return heard.body["input_tokens"]

    bare = await count()
    schema = {"type": "object", "properties": {"x" * 400: {"type": "string"}}}
    assert await count(system="x" * 400) >= bare + 100
    assert await count(tools=[{"name": "look", "input_schema": schema}]) >= bare + 100
    assert await count(max_tokens=5) == bare
    assert await door.house.store.runs(limit=1) == []


@requirement("wire:messages-reply")
async def test_a_reply_from_the_door_is_what_the_vendors_schema_says():
    async with open_door({"writer": [says("Because.")]}) as door:
        heard = await door.post(question(), path="/api/v1/messages?beta=true")
    assert complaints("MessagesResult", heard.body) == []
    assert heard.headers["x-generation-id"] == heard.body["id"]


@requirement("wire:messages-stream")
async def test_a_stream_from_the_door_is_what_the_vendors_schema_says():
    async with open_door({"writer": [says("Because.")]}) as door:
        heard = await door.post(question(stream=True), path=MESSAGES)
    for payload in heard.payloads:
        assert complaints("MessagesStreamEvents", json.loads(payload)) == []
