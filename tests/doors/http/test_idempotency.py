"""A key of the client's buys one run at most, and brings its reply as often as it is asked for."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from fuseline.assembly import SERVER_WIRES
from tests.doors.http.players import BRISK, Door, open_door
from tests.doors.http.talk import CHAT, Heard, plugin, question, talking
from tests.doors.http.wired import STREAMED, WIRES, asking, kind_of, path_of
from tests.requirements import requirement
from tests.upstream import fails, hangs, says

pytestmark = [pytest.mark.anyio, requirement("ours:idempotency")]

KEY = {"Idempotency-Key": "order-66-of-somebody"}
PANEL = ["a", "b", "c", "judge", "writer"]
SLOW = {"a": [says("slowly", delay_s=0.7)], "writer": [says("fused", chunks=3)]}
HANGS = {"a": [hangs()], "b": [hangs()], "c": [hangs()]}


async def table(door: Door) -> list[tuple[str, str]]:
    """What is kept of each key: the state and the run."""
    await door.house.store.write()
    with sqlite3.connect(door.house.settings.database) as reader:
        return reader.execute("SELECT state, generation_id FROM claims").fetchall()


def file_of(tmp_path: Path, **settings: Any) -> Mapping[str, Any]:
    """Settings of a store of one's own."""
    return {"path": tmp_path / "runs.db", **settings}


def written(folder: Path) -> bytes:
    """All that the database holds, the log of its latest writes included."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


@requirement("fault:F104")
@WIRES
@STREAMED
async def test_the_same_request_again_brings_the_same_reply_and_no_run(wire: str, stream: bool):
    async with open_door({"writer": [says("first", chunks=2), says("second")]}) as door:
        first = await door.post(asking(wire, stream=stream), path=path_of(wire), headers=KEY)
        again = await door.post(asking(wire, stream=stream), path=path_of(wire), headers=KEY)
        asked = door.asked
    assert (first.status, again.status, asked) == (200, 200, PANEL)
    assert again.raw == first.raw
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("content-type", "x-generation-id"):
        assert again.headers[name] == first.headers[name]


@requirement("fault:F104")
@WIRES
@STREAMED
async def test_signs_of_life_are_not_replayed(wire: str, stream: bool):
    sign = SERVER_WIRES[wire].keep_alive if stream else b" \n"
    async with open_door(SLOW, pace=BRISK) as door:
        first = await door.post(asking(wire, stream=stream), path=path_of(wire), headers=KEY)
        again = await door.post(asking(wire, stream=stream), path=path_of(wire), headers=KEY)
    assert first.raw.count(sign) >= 3
    assert again.raw.count(sign) == (1 if (wire, stream) == ("messages", True) else 0)  # its first ping is an event
    assert again.raw.replace(sign, b"") == first.raw.replace(sign, b"")
    assert (first.headers["x-fusion-status"], again.headers["x-fusion-status"]) == ("pending", "full")
    assert again.headers["content-length"] == str(len(again.raw))


@requirement("fault:F103")
@WIRES
async def test_a_key_whose_run_is_under_way_is_told_to_come_again(wire: str):
    async with open_door(HANGS, pace=BRISK) as door:
        async with talking("POST", door.origin + path_of(wire), asking(wire, stream=True), headers=KEY):
            await door.upstream.until(lambda: len(door.upstream.log) == 3)
            heard = await door.post(asking(wire, stream=True), path=path_of(wire), headers=KEY)
        asked = len(door.upstream.log)
    assert (heard.status, kind_of(heard), asked) == (409, "in_progress", 3)
    assert (heard.headers["retry-after"], heard.headers["x-fusion-status"]) == ("5", "none")
    assert "x-should-retry" not in heard.headers
    assert (
        heard.error["message"]
        == "the request of this Idempotency-Key is still being answered: come again for its reply"
    )


@requirement("fault:F103")
async def test_two_hundred_at_once_with_one_key_are_one_run():
    heard: list[Heard] = []
    async with open_door({"a": [says("slowly", delay_s=1.0)]}) as door:

        async def ask() -> None:
            heard.append(await door.post(question(), headers=KEY))

        async with anyio.create_task_group() as group:
            for _ in range(200):
                group.start_soon(ask)
        asked, runs = door.asked, await door.house.store.runs(limit=10)
    assert (asked, len(runs), len(heard)) == (PANEL, 1, 200)
    first = [one for one in heard if one.status == 200 and "idempotent-replayed" not in one.headers]
    assert len(first) == 1
    assert {one.status for one in heard} <= {200, 409}
    assert {kind_of(one) for one in heard if one.status == 409} <= {"in_progress"}


@requirement("fault:F105")
@pytest.mark.parametrize(
    ("wire", "fields"),
    [("chat", {"temperature": 1}), ("chat", {"stream": True}), ("messages", {}), ("responses", {})],
)
async def test_another_request_under_the_same_key_is_refused(wire: str, fields: dict[str, Any]):
    async with open_door() as door:
        await door.post(question(), headers=KEY)
        heard = await door.post(asking(wire, **fields), path=path_of(wire), headers=KEY)
        again = await door.post(question(), headers=KEY)
        asked = door.asked
    assert (heard.status, kind_of(heard), asked) == (422, "idempotency_mismatch", PANEL)
    assert "x-generation-id" not in heard.headers
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "Schlüssel", "a\tb"])
async def test_a_key_that_is_none_is_refused(key: str):
    async with open_door() as door:
        heard = await sent(door, f"Idempotency-Key: {key}\r\n")
        longest = await door.post(question(), headers={"Idempotency-Key": "x" * 255})
        asked = door.asked
    assert heard.startswith(b"HTTP/1.1 400 ") and b"1 to 255 printable ASCII characters" in heard
    assert (longest.status, asked) == (200, PANEL)


async def test_two_keys_are_refused():
    async with open_door() as door:
        heard = await sent(door, "Idempotency-Key: a\r\nIdempotency-Key: b\r\n")
        asked = door.asked
    assert heard.startswith(b"HTTP/1.1 400 ") and asked == []


@pytest.mark.parametrize("wrong", [{"temperature": 7}, {"model": "nobody/x"}, {"plugins": plugin(preset="none-such")}])
async def test_a_request_that_was_refused_does_not_use_up_its_key(wrong: dict[str, Any], tmp_path: Path):
    async with open_door(store=file_of(tmp_path)) as door:
        refused = await door.post(question(**wrong), headers=KEY)
        heard = await door.post(question(), headers=KEY)
        kept = await table(door)
    assert (refused.status, heard.status) == (400, 200)
    assert "idempotent-replayed" not in heard.headers
    assert refused.headers["x-fusion-status"] == "none"
    assert [state for state, _ in kept] == ["finished"]


async def test_a_run_that_called_nobody_does_not_use_up_its_key():
    async with open_door() as door:
        first, again = [await door.post(question(plugins=plugin(max_cost=1e-9)), headers=KEY) for _ in range(2)]
        asked = door.asked
    assert (first.status, again.status, asked) == (402, 402, [])
    assert "idempotent-replayed" not in again.headers
    assert first.headers["x-generation-id"] != again.headers["x-generation-id"]


@requirement("fault:F104")
@STREAMED
async def test_a_failure_that_cost_money_is_replayed_instead_of_bought_again(stream: bool):
    both = plugin(analysis_models=["lab/a", "lab/b"], min_panel=2)
    async with open_door({"b": [fails(400, message="no")]}) as door:
        first, again = [await door.post(question(plugins=both, stream=stream), headers=KEY) for _ in range(2)]
        asked = door.asked
    assert asked == ["a", "b"]
    assert (again.status, again.raw) == (first.status, first.raw)
    assert first.status >= 400
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("x-should-retry", "x-generation-id", "x-fusion-status"):
        assert again.headers[name] == first.headers[name]
    assert first.headers["x-fusion-status"] == "degraded"


@requirement("client:disconnect")
@STREAMED
async def test_a_key_whose_client_left_is_not_carried_out_again(stream: bool):
    async with open_door(HANGS, pace=BRISK) as door:
        async with talking("POST", door.origin + CHAT, question(stream=stream), headers=KEY) as response:
            run_id = response.headers["X-Generation-Id"]
        await door.upstream.until(lambda: all(one.closed_by == "client" for one in door.upstream.log))
        heard = await stopped(door, question(stream=stream))
        asked = len(door.upstream.log)
        door.upstream.script("a", [says("yes")])
        new = await door.post(question(model="lab/a"), headers={"Idempotency-Key": "another"})
    assert (heard.status, kind_of(heard), asked) == (409, "idempotency_cancelled", 3)
    assert heard.headers["x-generation-id"] == run_id
    assert heard.headers["x-should-retry"] == "false"
    assert heard.error["message"] == (
        f"the run {run_id} of this Idempotency-Key was stopped before its reply was complete: a new key buys a new run"
    )
    assert new.status == 200


async def stopped(door: Door, body: object) -> Heard:
    """Ask under the key until its run is no longer under way."""
    with anyio.fail_after(5):
        while (heard := await door.post(body, headers=KEY)).error["metadata"]["error_type"] == "in_progress":
            await anyio.lowlevel.checkpoint()
    return heard


async def test_callers_with_keys_of_their_own_do_not_share(tmp_path: Path):
    async with open_door(store=file_of(tmp_path)) as door:
        heard = [
            await door.post(question(), headers={**KEY, **caller})
            for caller in ({"Authorization": "Bearer one"}, {"x-api-key": "two"}, {}, {"x-api-key": "one"})
        ]
        kept = await table(door)
    assert [one.headers.get("idempotent-replayed") for one in heard] == [None, None, None, "true"]
    assert len(kept) == 3


@pytest.mark.parametrize("settings", [{"reply_bytes": 1024}, {"content": False}])
async def test_a_reply_that_may_not_be_kept_is_not_bought_again(settings: dict[str, Any], tmp_path: Path):
    secret = "a most particular answer " * 100
    async with open_door({"writer": [says(secret)]}, store=file_of(tmp_path, **settings)) as door:
        first, again = [await door.post(question(), headers=KEY) for _ in range(2)]
        asked, kept = door.asked, await table(door)
    assert (first.status, again.status, kind_of(again), asked) == (200, 409, "idempotency_unkept", PANEL)
    assert again.headers["x-generation-id"] == first.headers["x-generation-id"]
    assert again.headers["x-should-retry"] == "false"
    assert kept == [("unkept", first.headers["x-generation-id"])]
    if "content" in settings:
        assert b"particular" not in written(tmp_path)


@requirement("ours:no-secret")
async def test_neither_key_is_written_down(tmp_path: Path):
    caller = {"Authorization": "Bearer key-of-the-caller", **KEY}
    async with open_door(store=file_of(tmp_path)) as door:
        await door.post(question(), headers=caller)
        kept = await table(door)
    found = written(tmp_path)
    assert len(kept) == 1
    assert KEY["Idempotency-Key"].encode() not in found and b"key-of-the-caller" not in found


@requirement("fault:F104")
async def test_a_reply_outlives_the_server(tmp_path: Path):
    async with open_door({"writer": [says("first")]}, store=file_of(tmp_path)) as door:
        first = await door.post(question(), headers=KEY)
    async with open_door({"writer": [says("second")]}, store=file_of(tmp_path)) as door:
        again = await door.post(question(), headers=KEY)
        asked = door.asked
    assert (again.raw, asked) == (first.raw, [])


async def test_a_server_that_stops_leaves_its_keys_as_stopped(tmp_path: Path):
    async with open_door(HANGS, store=file_of(tmp_path), pace=BRISK) as door:
        leaver = talking("POST", door.origin + CHAT, question(stream=True), headers=KEY)
        response = await leaver.__aenter__()
        assert response.status == 200
    await leaver.__aexit__(None, None, None)
    async with open_door(store=file_of(tmp_path)) as door:
        heard = await door.post(question(stream=True), headers=KEY)
        asked = door.asked
    assert (heard.status, kind_of(heard), asked) == (409, "idempotency_cancelled", [])


async def test_without_a_key_nothing_is_kept(tmp_path: Path):
    async with open_door(store=file_of(tmp_path)) as door:
        heard = [await door.post(question()) for _ in range(2)]
        kept = await table(door)
    assert heard[0].headers["x-generation-id"] != heard[1].headers["x-generation-id"]
    assert kept == []


async def sent(door: Door, header: str) -> bytes:
    """What comes first when this very header is sent."""
    body = b'{"model": "lab/a", "messages": [{"role": "user", "content": "Why?"}]}'
    head = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    raw = f"{head}{header}Content-Length: {len(body)}\r\n\r\n".encode() + body
    async with await anyio.connect_tcp("127.0.0.1", int(door.origin.rpartition(":")[2])) as stream:
        await stream.send(raw)
        return await stream.receive()
