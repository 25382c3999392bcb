"""What a reply's headers say of its run, and what a route says of itself."""

from typing import Any

import pytest

from fuseline.doors.http.stream import Pace
from tests.doors.http.players import BRISK, open_door
from tests.doors.http.talk import CHAT, fetch, plugin, question, talking
from tests.doors.http.wired import STREAMED, WIRES, asking, path_of
from tests.requirements import requirement
from tests.upstream import fails, hangs, says

pytestmark = [pytest.mark.anyio, requirement("ours:fusion-status")]

PATIENT = Pace(stream_hold_s=20)
NO = fails(400, message="no")


@pytest.mark.parametrize(
    ("scripts", "fields", "status"),
    [
        ({}, {}, "full"),
        ({}, {"model": "lab/a"}, "none"),
        ({"b": [NO]}, {}, "degraded"),
        ({"b": [NO], "c": [NO]}, {}, "single_seat"),
        ({"judge": [says("no analysis")]}, {}, "no_analysis"),
        ({"a": [NO], "b": [NO], "c": [NO]}, {}, "degraded"),
    ],
)
async def test_a_whole_reply_says_what_the_client_got(scripts: dict[str, Any], fields: dict[str, Any], status: str):
    async with open_door(scripts) as door:
        heard = await door.post(question(**fields))
    assert (heard.status, heard.headers["x-fusion-status"]) == (200, status)
    assert heard.headers["x-generation-id"] == heard.body["id"]


@WIRES
@STREAMED
async def test_a_reply_that_begins_before_its_run_has_an_outcome_says_that_this_is_pending(wire: str, stream: bool):
    async with open_door({"a": [says("slowly", delay_s=0.6)]}, pace=BRISK) as door:
        heard = await door.post(asking(wire, stream=stream), path=path_of(wire))
        saved = await door.house.store.run("last")
    assert saved
    assert (heard.headers["x-fusion-status"], heard.headers["x-generation-id"]) == ("pending", saved.id)
    assert saved.id.encode() in heard.raw


@WIRES
@STREAMED
async def test_a_failure_names_its_run_and_no_fusion_where_nobody_was_heard(wire: str, stream: bool):
    async with open_door({"a": [NO], "b": [NO], "c": [NO], "writer": [NO]}, pace=PATIENT) as door:
        heard = await door.post(asking(wire, stream=stream), path=path_of(wire))
        saved = await door.house.store.run("last")
    assert saved
    assert (heard.status >= 400, heard.headers["x-fusion-status"]) == (True, "none")
    assert heard.headers["x-generation-id"] == saved.id


@WIRES
@STREAMED
async def test_a_failure_is_degraded_where_a_panel_was_heard(wire: str, stream: bool):
    async with open_door({"b": [NO]}) as door:
        body = asking(wire, stream=stream, plugins=plugin(analysis_models=["lab/a", "lab/b"], min_panel=2))
        heard = await door.post(body, path=path_of(wire))
        saved = await door.house.store.run("last")
    begun = (wire, stream) == ("responses", True)  # that stream shows the panel at work, and so it has begun by then
    assert saved
    assert (heard.status == 200, heard.headers["x-fusion-status"]) == (begun, "pending" if begun else "degraded")
    assert heard.headers["x-generation-id"] == saved.id


@WIRES
@pytest.mark.parametrize("fields", [{"model": "nobody/x"}, {"temperature": "hot"}])
async def test_a_refusal_names_no_run(wire: str, fields: dict[str, Any]):
    async with open_door() as door:
        heard = await door.post(asking(wire, **fields), path=path_of(wire))
    assert (heard.status, heard.headers["x-fusion-status"]) == (400, "none")
    assert "x-generation-id" not in heard.headers


async def test_a_server_that_is_full_says_so_in_the_same_way():
    async with open_door({"a": [hangs()]}, server={"max_runs": 1}, pace=BRISK) as door:
        async with talking("POST", door.origin + CHAT, question(stream=True)):
            heard = await door.post(question())
    assert (heard.status, heard.headers["x-fusion-status"]) == (503, "none")


@requirement("ours:methods")
@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("OPTIONS", CHAT, 204, "POST"),
        ("OPTIONS", "/v1/models", 204, "GET"),
        ("HEAD", CHAT, 405, "POST"),
        ("GET", CHAT, 405, "POST"),
        ("DELETE", "/v1/messages", 405, "POST"),
        ("POST", "/v1/models", 405, "GET"),
        ("HEAD", "/v1/models", 200, None),
        ("HEAD", "/healthz", 200, None),
        ("OPTIONS", "/nowhere", 404, None),
    ],
)
async def test_a_route_says_which_methods_it_takes(method: str, path: str, status: int, allowed: str | None):
    async with open_door() as door:
        heard = await fetch(method, door.origin + path)
    assert heard.status == status
    assert allowed is None or allowed in heard.headers["allow"].split(", ")
    assert method != "HEAD" or heard.raw == b""
    assert status != 405 or heard.headers["content-type"] == "application/json"
