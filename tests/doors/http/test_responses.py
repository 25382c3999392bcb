"""The Responses wire behind the door: what is held back, what comes late, and what stops when the client leaves."""

from typing import Any

import pytest

from tests.doors.http.players import BRISK, Door, open_door
from tests.doors.http.talk import Heard, plugin, talking
from tests.requirements import requirement
from tests.upstream import fails, hangs, says
from tests.wires.responses.schemas import complaints

pytestmark = pytest.mark.anyio

PATH = "/v1/responses"
TEXT = "Because blue light – 更多 – scatters."


def question(model: str = "openrouter/fusion", **fields: Any) -> dict[str, Any]:
    """The body of a request, to the alias unless told."""
    return {"model": model, "input": "Why is the sky blue?", **fields}


async def ask(door: Door, **fields: Any) -> Heard:
    """Send a request."""
    return await door.post(question(**fields), path=PATH)


@requirement("responses:schema", "responses:stream", "responses:reply")
@pytest.mark.parametrize("streamed", [False, True])
async def test_what_comes_over_the_wire_is_what_the_vendors_schema_says(streamed: bool):
    seats = {"a": [says(TEXT, reasoning="hm")], "b": [fails(429, retry_after="soon")]}
    async with open_door({**seats, "writer": [says(TEXT, reasoning="hm hm")]}) as door:
        heard = await ask(door, stream=streamed)
    assert heard.headers["x-generation-id"].startswith("gen-")
    if streamed:
        assert [complaints("StreamEvents", event) for event in heard.chunks] == [[]] * len(heard.chunks)
    else:
        assert complaints("OpenResponsesResult", heard.body) == []


@requirement("responses:stream", "client:never-silent")
async def test_the_panels_first_words_open_the_stream():
    async with open_door({"a": [says(TEXT)], "b": [hangs()], "c": [hangs()]}) as door:
        async with talking("POST", door.origin + PATH, question(stream=True)) as response:
            heard = b""
            while b"panel.completed" not in heard:
                heard += await response.content.readany()
    assert b"response.fusion_call.panel.delta" in heard


@requirement("responses:expose")
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("expose", "shown"), [(None, True), ("full", True), ("analysis", False), ("none", False)])
async def test_as_much_is_shown_as_was_asked_for(streamed: bool, expose: str | None, shown: bool):
    wanted = {} if expose is None else {"expose": expose}
    async with open_door({"a": [says("the words of a")]}) as door:
        heard = await ask(door, stream=streamed, plugins=plugin(**wanted))
    assert (b"the words of a" in heard.raw) is shown
    assert (b"openrouter:fusion" in heard.raw) is (expose != "none")


@requirement("client:late-error", "responses:errors")
async def test_a_whole_reply_that_fails_late_is_a_failed_response():
    slow = says("", delay_s=0.5)
    async with open_door({"a": [slow], "b": [slow], "c": [slow], "writer": [fails(500)]}, pace=BRISK) as door:
        heard = await ask(door)
    body = heard.body
    assert (heard.status, body["object"], body["status"]) == (200, "response", "failed")
    assert heard.raw.startswith(b" ")
    assert (body["error"]["code"], body["usage"]["cost_details"]["calls"] != []) == ("server_error", True)


@requirement("client:disconnect")
@pytest.mark.parametrize("streamed", [False, True])
async def test_leaving_stops_every_upstream_call(streamed: bool):
    async with open_door({"b": [hangs()], "a": [says("early")]}, pace=BRISK) as door:
        async with talking("POST", door.origin + PATH, question(stream=streamed)) as response:
            await response.content.readany()
            await door.upstream.until(lambda: len(door.upstream.log) == 3, within=2.0)
        await door.upstream.until(lambda: all(one.closed_by for one in door.upstream.log), within=2.0)
        (row,) = await door.house.store.runs(limit=1)
    assert row.status == "cancelled"


@requirement("wire:generation")
async def test_the_run_can_be_looked_up_by_the_id_of_its_response():
    async with open_door() as door:
        heard = await ask(door)
        found = await door.get(f"/v1/generation?id={heard.body['id']}")
    assert (found.status, found.body["data"]["router"]) == (200, "openrouter/fusion")


@requirement("responses:stream", "wire:stream")
async def test_an_upstream_that_answers_whole_is_streamed_too():
    whole = "lab/fault/json-body"
    async with open_door(models=["fault/json-body"]) as door:
        heard = await ask(door, stream=True, plugins=plugin(analysis_models=[whole], writer=whole))
    pieces = {event["type"]: event["delta"] for event in heard.chunks if event["type"].endswith(".delta")}
    assert pieces["response.output_text.delta"] == heard.chunks[-1]["response"]["output"][1]["content"][0]["text"] != ""
    assert (
        pieces["response.fusion_call.panel.delta"]
        == heard.chunks[-1]["response"]["output"][0]["responses"][0]["content"]
    )
