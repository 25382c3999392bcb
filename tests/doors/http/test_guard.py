"""Who may come in, and what is said to those who may not; and routes that are not there."""

from typing import Any

import anyio
import pytest

from tests.doors.http.players import BRISK, Door, open_door
from tests.doors.http.talk import CHAT, fetch, question, talking
from tests.requirements import requirement
from tests.upstream import hangs

pytestmark = pytest.mark.anyio
KEY = "fl-0123456789"
LOCKED: dict[str, Any] = {"server": {"api_key": KEY}}


@requirement("client:keys")
@pytest.mark.parametrize(
    "headers", [{"Authorization": f"Bearer {KEY}"}, {"Authorization": f"bearer  {KEY} "}, {"x-api-key": KEY}]
)
async def test_the_right_key_opens_under_both_names(headers: dict[str, str]):
    async with open_door(**LOCKED) as door:
        assert (await door.post(question("lab/a"), headers=headers)).status == 200
        assert (await door.get("/v1/generation?id=gen-0", headers=headers)).status == 404


WRONG: list[dict[str, str]] = [
    {},
    {"Authorization": f"Bearer {KEY}x"},
    {"Authorization": f"Bearer {KEY[:-1]}"},
    {"Authorization": "Bearer "},
    {"Authorization": KEY},
    {"Authorization": f"Basic {KEY}"},
    {"x-api-key": "no"},
    {"x-api-key": ""},
    {"Authorization": "Bearer wrong", "x-api-key": KEY},
    {"Authorization": "Bearer \xe9\xff"},
]


@requirement("client:keys", "wire:errors")
async def test_every_wrong_key_gets_the_same_answer_to_the_byte():
    async with open_door(**LOCKED) as door:
        answers = [await door.post(question(), headers=headers) for headers in WRONG]
        lookup = await door.get("/v1/generation?id=gen-0")
        nowhere = await door.get("/v1/nowhere")
        assert door.asked == []
    assert {(heard.status, heard.raw) for heard in [*answers, lookup, nowhere]} == {(401, answers[0].raw)}
    assert answers[0].error["metadata"]["error_type"] == "authentication"
    assert KEY.encode() not in answers[0].raw


@requirement("client:keys", "wire:models")
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/models", "/v1/models", "/api/v1/models", "/v1/models/count"])
async def test_what_holds_nothing_of_anybodys_needs_no_key(path: str):
    async with open_door(**LOCKED) as door:
        assert (await door.get(path)).status == 200


async def test_without_a_key_of_its_own_the_server_asks_for_none():
    async with open_door() as door:
        assert (await door.post(question("lab/a"), headers={"Authorization": "Bearer whatever"})).status == 200


async def on_the_wire(door: Door, *lines: str) -> bytes:
    """Send a request of these very lines, and read what comes first."""
    async with await anyio.connect_tcp("127.0.0.1", int(door.origin.rpartition(":")[2])) as stream:
        await stream.send("\r\n".join([*lines, "", ""]).encode())
        return await stream.receive()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:9", "LOCALHOST:1", "fusion.example:8484"])
async def test_a_host_that_is_ours_is_let_in(host: str):
    async with open_door(server={"allowed_hosts": ["fusion.example"]}) as door:
        heard = await on_the_wire(door, "GET /healthz HTTP/1.1", f"Host: {host}")
    assert heard.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "localhost@evil"]
)
async def test_a_host_that_is_not_ours_is_told_so(host: str):
    async with open_door() as door:
        heard = await on_the_wire(door, "GET /v1/models HTTP/1.1", f"Host: {host}")
    assert heard.startswith(b"HTTP/1.1 421 ")
    assert b'"code":421' in heard


async def test_a_request_with_two_hosts_or_none_is_not_served():
    async with open_door() as door:
        twice = await on_the_wire(door, "GET /healthz HTTP/1.1", "Host: localhost", "Host: evil.example")
        none = await on_the_wire(door, "GET /healthz HTTP/1.1", "Accept: */*")
    assert b" 200 " not in twice.partition(b"\r\n")[0]
    assert b" 200 " not in none.partition(b"\r\n")[0]


async def test_a_request_with_a_length_and_chunks_is_not_served():
    lines = ("POST /v1/chat/completions HTTP/1.1", "Host: localhost", "Content-Type: application/json")
    async with open_door() as door:
        heard = await on_the_wire(door, *lines, "Content-Length: 2", "Transfer-Encoding: chunked")
    assert heard.startswith(b"HTTP/1.1 400 ")


@requirement("wire:errors")
@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("POST", "/v1/nowhere", 404, "not_found"),
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/", 405, "invalid_request"),
        ("GET", "/v1/chat/completions", 405, "invalid_request"),
        ("DELETE", "/api/v1/chat/completions", 405, "invalid_request"),
        ("POST", "/v1/models", 405, "invalid_request"),
    ],
)
async def test_a_wrong_route_or_method_is_told_in_the_envelope(method: str, path: str, status: int, kind: str):
    async with open_door() as door:
        heard = await fetch(method, door.origin + path)
    assert (heard.status, heard.headers["content-type"]) == (status, "application/json")
    assert (heard.error["code"], heard.error["metadata"]["error_type"]) == (status, kind)


async def test_a_server_with_all_its_runs_open_says_when_to_come_again():
    async with open_door({"b": [hangs()]}, pace=BRISK, server={"max_runs": 1}) as door:
        async with talking("POST", door.origin + CHAT, question("lab/b")):
            heard = await door.post(question("lab/a"))
    assert (heard.status, heard.error["metadata"]["error_type"]) == (503, "provider_overloaded")
    assert int(heard.headers["retry-after"]) >= 1
