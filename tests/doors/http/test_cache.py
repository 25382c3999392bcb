"""Where the cache is on, a good reply is given again for nothing, under a name of its own, to the same caller."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from fuseline.types.json import list_of, object_of
from tests.doors.http.players import Door, compares, open_door
from tests.doors.http.talk import CHAT, Heard, fetch, post, question
from tests.doors.http.wired import STREAMED, WIRES, asking, kind_of, path_of
from tests.house import house
from tests.requirements import requirement
from tests.served import served
from tests.upstream import calls_tool, fails, fault_upstream, says

pytestmark = [pytest.mark.anyio, requirement("wire:cache")]

ON: dict[str, Any] = {"enabled": True}
WANTED = {"X-OpenRouter-Cache": "true"}
PANEL = ["a", "b", "c", "judge", "writer"]
TURNS = {"writer": [says("first answer", chunks=3), says("second answer", chunks=3)]}


def status(heard: Heard) -> str | None:
    """What the cache says of a reply."""
    return heard.headers.get("x-openrouter-cache-status")


def bodies(heard: Heard) -> list[dict[str, Any]]:
    """The JSON objects of a reply, or of its stream's events."""
    if not heard.headers["content-type"].startswith("text/event-stream"):
        return [heard.body]
    return [json.loads(payload) for payload in heard.payloads if payload != b"[DONE]"]


def holders(heard: Heard) -> Iterator[dict[str, Any]]:
    """Wherever a wire may put the reply as an object."""
    for body in bodies(heard):
        yield from (one for one in (body, body.get("response"), body.get("message")) if isinstance(one, dict))


def figures(value: Any) -> Iterator[float]:
    """Every number in a value."""
    match value:
        case bool() | str() | None:
            return
        case dict() | list():
            for inner in object_of(value).values() or list_of(value):
                yield from figures(inner)
        case _:
            yield value


def used(heard: Heard) -> list[float]:
    """All figures of a reply's usage."""
    return [figure for holder in holders(heard) for figure in figures(holder.get("usage"))]


def plain(heard: Heard, other: Heard) -> bytes:
    """A reply with its run's name put as the other's."""
    mine, theirs = heard.headers["x-generation-id"], other.headers["x-generation-id"]
    return heard.raw.replace(mine.encode(), theirs.encode()).replace(mine[-20:].encode(), theirs[-20:].encode())


@requirement("wire:cache-hit")
@WIRES
@STREAMED
async def test_a_hit_is_the_same_reply_under_a_new_id_for_nothing(wire: str, stream: bool):
    headers = {**WANTED, "X-OpenRouter-Metadata": "enabled"}
    async with open_door(TURNS, cache=ON) as door:
        miss = await door.post(asking(wire, stream=stream), path=path_of(wire), headers=headers)
        hit = await door.post(asking(wire, stream=stream), path=path_of(wire), headers=headers)
        asked = door.asked
    assert (miss.status, hit.status, asked) == (200, 200, PANEL)
    assert (status(miss), miss.headers["x-openrouter-cache-ttl"]) == ("MISS", "300")
    assert (status(hit), int(hit.headers["x-openrouter-cache-age"]) < 60) == ("HIT", True)
    assert 240 < int(hit.headers["x-openrouter-cache-ttl"]) <= 300
    assert hit.headers["x-openrouter-cache-source-id"] == miss.headers["x-generation-id"]
    assert hit.headers["x-generation-id"] != miss.headers["x-generation-id"]
    assert hit.headers["x-fusion-status"] == "full"
    assert miss.headers["x-generation-id"][-20:].encode() not in hit.raw
    assert miss.raw.count(miss.headers["x-generation-id"].encode()) == hit.raw.count(
        hit.headers["x-generation-id"].encode()
    )
    assert sum(used(miss)) > 0 and used(hit) and set(used(hit)) == {0}
    assert b"openrouter_metadata" in miss.raw and b"openrouter_metadata" not in hit.raw
    assert [sorted(body) for body in bodies(hit)] == [
        sorted(body.keys() - {"openrouter_metadata"}) for body in bodies(miss)
    ]


@requirement("wire:cache-hit")
async def test_a_hit_says_when_it_was_made_and_says_the_same():
    async with open_door(TURNS, cache=ON) as door:
        miss, hit = [await door.post(question(stream=True), headers=WANTED) for _ in range(2)]
    assert (miss.text, hit.text) == ("first answer", "first answer")
    assert {chunk["id"] for chunk in hit.chunks} == {hit.headers["x-generation-id"]}
    assert {chunk["created"] for chunk in hit.chunks} == {int(hit.headers["x-generation-id"].split("-")[1])}
    assert hit.chunks[-1]["usage"]["cost"] == 0
    assert hit.chunks[-1]["usage"]["cost_details"]["calls"] == []
    assert plain(hit, miss).count(b"first answer"[:3]) == miss.raw.count(b"first answer"[:3])


async def test_functions_that_a_client_is_to_call_are_cached_too():
    look = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    calls = [calls_tool("look", {"usage": {"cost": 7}, "at": '"usage":3'})]
    async with open_door({"a": calls}, cache=ON) as door:
        miss, hit = [await door.post(question("lab/a", tools=[look]), headers=WANTED) for _ in range(2)]
    assert status(hit) == "HIT"
    assert hit.body["choices"] == miss.body["choices"]
    assert hit.body["choices"][0]["message"]["tool_calls"]


@requirement("wire:generation")
async def test_a_hit_can_be_looked_up():
    async with open_door(TURNS, cache=ON) as door:
        miss, hit = [await door.post(question(), headers=WANTED) for _ in range(2)]
        found = (await door.get(f"/v1/generation?id={hit.headers['x-generation-id']}")).body["data"]
        source = (await door.get(f"/v1/generation?id={miss.headers['x-generation-id']}")).body["data"]
    assert found["response_cache_source_id"] == miss.headers["x-generation-id"]
    assert source["response_cache_source_id"] is None
    assert (found["total_cost"], found["tokens_prompt"], found["children"]) == (0, 0, [])
    for name in ("model", "router", "provider_name", "finish_reason", "status"):
        assert found[name] == source[name]


@pytest.mark.parametrize(("cache", "store"), [({"default": True}, {}), (ON, {"content": False})])
async def test_without_a_cache_its_headers_mean_nothing(cache: dict[str, Any], store: dict[str, Any], tmp_path: Path):
    async with open_door(TURNS, cache=cache, store={"path": tmp_path / "runs.db", **store}) as door:
        first, second = [
            await door.post(question(), headers={**WANTED, "X-OpenRouter-Cache-TTL": "soon"}) for _ in range(2)
        ]
    assert (status(first), status(second)) == (None, None)
    assert first.raw != second.raw


async def test_only_who_asks_is_served_from_the_cache_unless_it_is_the_default():
    async with open_door(TURNS, cache=ON) as door:
        heard = [await door.post(question()) for _ in range(2)]
        assert [status(one) for one in heard] == [None, None]
    async with open_door(TURNS, cache={**ON, "default": True, "ttl_s": 60}) as door:
        heard = [await door.post(question()) for _ in range(2)]
        aside = await door.post(question(), headers={"X-Fusion-Cache": "False"})
    assert [status(one) for one in heard] == ["MISS", "HIT"]
    assert heard[0].headers["x-openrouter-cache-ttl"] == "60"
    assert status(aside) is None


async def test_white_space_does_not_matter_and_the_order_of_fields_does():
    body = question()
    async with open_door(cache=ON) as door:
        await door.post(body, headers=WANTED)
        spaced = await fetch("POST", door.origin + CHAT, raw=json.dumps(body, indent=3).encode(), headers=WANTED)
        turned = await door.post(dict(reversed(body.items())), headers=WANTED)
        prefixed = await door.post(body, path="/api/v1/chat/completions", headers=WANTED)
    assert [status(one) for one in (spaced, turned, prefixed)] == ["HIT", "MISS", "HIT"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer another"},
        {"x-openrouter-cache-salt": "round 2"},
        {"X-Fusion-Cache-Salt": "round 2"},
        {"X-Fusion-Depth": "1"},
        {"X-Fusion-Events": "true"},
    ],
)
async def test_who_asks_otherwise_has_a_reply_of_its_own(headers: dict[str, str]):
    async with open_door(cache=ON) as door:
        heard = [await door.post(question(stream=True), headers={**WANTED, **more}) for more in ({}, headers, headers)]
    assert [status(one) for one in heard] == ["MISS", "MISS", "HIT"]


async def test_streamed_and_whole_replies_are_kept_apart():
    async with open_door(cache=ON) as door:
        heard = [await door.post(question(stream=stream), headers=WANTED) for stream in (False, True, False, True)]
    assert [status(one) for one in heard] == ["MISS", "MISS", "HIT", "HIT"]


async def test_a_reply_can_be_made_anew():
    async with open_door(TURNS, cache=ON) as door:
        headers = [WANTED, {**WANTED, "X-OpenRouter-Cache-Clear": "true"}, {"X-Fusion-Cache": "true"}]
        heard = [await door.post(question(), headers=one) for one in headers]
    assert [status(one) for one in heard] == ["MISS", "MISS", "HIT"]
    assert [one.body["choices"][0]["message"]["content"] for one in heard] == [
        "first answer",
        "second answer",
        "second answer",
    ]


@pytest.mark.parametrize("ttl", ["0", "86401", "-1", "1.5", "soon", "9" * 5000, "²"])
async def test_a_time_to_live_out_of_range_is_refused(ttl: str):
    async with open_door(cache=ON) as door:
        heard = await door.post(question(), headers={**WANTED, "X-OpenRouter-Cache-TTL": ttl})
        asked = door.asked
    assert (heard.status, kind_of(heard), asked) == (400, "invalid_request", [])
    assert heard.error["message"] == "X-OpenRouter-Cache-TTL must be a whole number of seconds from 1 to 86400"


async def test_a_wish_that_is_neither_true_nor_false_is_refused():
    async with open_door(cache=ON) as door:
        heard = await door.post(question(), headers={"X-OpenRouter-Cache": "perhaps"})
    assert (heard.status, heard.error["message"]) == (400, "X-OpenRouter-Cache must be true or false")


@pytest.mark.parametrize(
    "scripts",
    [
        {"b": [fails(400, message="no")]},
        {"judge": [says("no analysis of mine")]},
        {"a": [fails(402)], "b": [fails(402)], "c": [fails(402)]},
        {"a": [fails(400)], "b": [fails(400)], "c": [fails(400)], "writer": [fails(400)]},
    ],
    ids=["seat", "analyst", "panel", "all"],
)
async def test_less_than_was_asked_for_is_not_kept(scripts: dict[str, Any]):
    async with open_door(scripts, cache=ON) as door:
        heard = [await door.post(question(), headers=WANTED) for _ in range(2)]
    assert [status(one) for one in heard] == ["MISS", "MISS"]
    assert {one.headers["x-fusion-status"] for one in heard} & {"full"} == set()


async def test_a_reply_that_is_too_long_is_not_kept(tmp_path: Path):
    store = {"path": tmp_path / "runs.db", "reply_bytes": 1024}
    async with open_door({"writer": [says("word " * 1000)]}, cache=ON, store=store) as door:
        heard = [await door.post(question(), headers=WANTED) for _ in range(2)]
    assert [status(one) for one in heard] == ["MISS", "MISS"]


async def test_two_at_once_both_miss():
    heard: list[Heard] = []
    async with open_door({"a": [says("slowly", delay_s=0.5)]}, cache=ON) as door:

        async def ask(door: Door) -> None:
            heard.append(await door.post(question(), headers=WANTED))

        async with anyio.create_task_group() as group:
            group.start_soon(ask, door)
            group.start_soon(ask, door)
        third = await door.post(question(), headers=WANTED)
    assert [status(one) for one in heard] == ["MISS", "MISS"]
    assert status(third) == "HIT"


async def test_a_cache_outlives_the_server_but_not_a_change_of_what_decides_its_replies(tmp_path: Path):
    store, found = {"path": tmp_path / "runs.db"}, list[str | None]()
    with fault_upstream() as upstream:
        upstream.script("judge", [compares])
        for fusion in ({}, {}, {"min_panel": 2}):
            async with house(upstream.base_url, cache=ON, store=store, fusion=fusion) as opened:
                async with served(opened) as origin:
                    found.append(status(await post(origin, question(), headers=WANTED)))
    assert found == ["MISS", "HIT", "MISS"]


async def test_a_key_remembers_a_hit_as_any_reply():
    headers = {**WANTED, "Idempotency-Key": "once"}
    async with open_door(TURNS, cache=ON) as door:
        await door.post(question(), headers=WANTED)
        hit, again = [await door.post(question(), headers=headers) for _ in range(2)]
    assert (status(hit), status(again), again.headers["idempotent-replayed"]) == ("HIT", "HIT", "true")
    assert again.raw == hit.raw
    assert again.headers["x-generation-id"] == hit.headers["x-generation-id"]
