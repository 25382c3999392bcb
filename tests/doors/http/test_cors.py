"""Pages of the origins that the settings name may call from a browser; no other page may."""

from collections.abc import Mapping

import pytest

from tests.doors.http.players import Door, open_door
from tests.doors.http.talk import CHAT, Heard, fetch, question
from tests.requirements import requirement
from tests.upstream import says

pytestmark = [pytest.mark.anyio, requirement("ours:cors")]

PAGE, STRANGER = "https://chat.example.org", "https://evil.example.org"
KEY = "the-key-of-this-server"
NAMED = {"cors_origins": [PAGE], "api_key": KEY}
ASKED = "authorization, content-type, x-api-key, anthropic-version, x-stainless-lang, http-referer, x-title"
"""What the SDKs send from a browser."""


async def preflight(door: Door, origin: str, method: str = "POST", **headers: str) -> Heard:
    """A browser's first question, which never carries a key."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": ASKED}
    return await fetch("OPTIONS", door.origin + CHAT, headers={**asked, **headers})


def cors(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are a browser's business."""
    return {name: value for name, value in headers.items() if name.startswith("access-control-")}


async def test_a_page_of_a_named_origin_may_ask_without_a_key_whether_it_may_call():
    async with open_door(server=NAMED) as door:
        heard = await preflight(door, PAGE)
    assert heard.status == 200
    assert heard.headers["access-control-allow-origin"] == PAGE
    assert heard.headers["access-control-allow-headers"] == ASKED
    assert "POST" in heard.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in heard.headers
    assert "Origin" in heard.headers["vary"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_page_of_a_named_origin_may_call_and_read_what_it_needs(stream: bool):
    async with open_door({"writer": [says("fused", chunks=3)]}, server=NAMED) as door:
        headers = {"Origin": PAGE, "Authorization": f"Bearer {KEY}"}
        heard = await door.post(question(stream=stream), headers=headers)
    exposed = heard.headers["access-control-expose-headers"].lower().split(", ")
    assert (heard.status, heard.headers["access-control-allow-origin"]) == (200, PAGE)
    assert {"x-generation-id", "x-fusion-status", "retry-after", "x-openrouter-cache-status"} <= set(exposed)
    assert {"idempotent-replayed", "x-ratelimit-remaining"} <= set(exposed)
    assert b"fused" in heard.raw or "".join(heard.text) == "fused"


async def test_a_refusal_can_be_read_by_the_page_too():
    async with open_door(server=NAMED) as door:
        heard = await door.post(question(), headers={"Origin": PAGE})
    assert (heard.status, heard.headers["access-control-allow-origin"]) == (401, PAGE)


@pytest.mark.parametrize("origin", [STRANGER, "null", "http://chat.example.org", f"{PAGE}.evil.org", PAGE.upper()])
async def test_a_page_of_another_origin_learns_nothing(origin: str):
    async with open_door(server=NAMED) as door:
        asked = await preflight(door, origin)
        heard = await door.post(question(), headers={"Origin": origin, "Authorization": f"Bearer {KEY}"})
    assert (cors(asked.headers), cors(heard.headers)) == ({}, {})
    assert asked.status == 401


@pytest.mark.parametrize("server", [{}, {"api_key": KEY}])
async def test_by_default_no_page_may_call(server: dict[str, str]):
    async with open_door(server=server) as door:
        asked = await preflight(door, PAGE)
        heard = await door.post(question(), headers={"Origin": PAGE, "Authorization": f"Bearer {KEY}"})
    assert (cors(asked.headers), cors(heard.headers)) == ({}, {})


async def test_any_page_may_call_where_the_settings_say_so_but_never_with_cookies():
    async with open_door(server={"cors_origins": ["*"]}) as door:
        asked = await preflight(door, STRANGER)
        heard = await door.post(question(), headers={"Origin": STRANGER, "Cookie": "session=1"})
    for one in (asked, heard):
        assert (one.status, one.headers["access-control-allow-origin"]) == (200, "*")
        assert "access-control-allow-credentials" not in one.headers


async def test_who_is_no_page_is_answered_as_ever():
    async with open_door(server={"cors_origins": [PAGE]}) as door:
        heard = await door.post(question())
    assert (heard.status, cors(heard.headers)) == (200, {})
