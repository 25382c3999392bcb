"""What can be looked up: models, past runs, and whether the server is well."""

import re
from typing import Any

import pytest

from tests.doors.http.players import open_door
from tests.doors.http.talk import plugin, question
from tests.requirements import requirement
from tests.upstream import fails, says
from tests.wires.openapi import complaints

pytestmark = pytest.mark.anyio
PREFIXES = pytest.mark.parametrize("prefix", ["/v1", "/api/v1", ""])


@requirement("wire:models")
@PREFIXES
async def test_the_models_list_has_every_field_that_a_client_requires(prefix: str):
    async with open_door() as door:
        heard = await door.get(f"{prefix}/models")
    body = heard.body
    rows = {row["id"]: row for row in body["data"]}
    assert (heard.status, body["object"], body["total_count"], body["links"]) == (
        200,
        "list",
        len(rows),
        {"next": None},
    )
    assert {"openrouter/fusion", "openrouter/fusion-flash", "fuseline/fusion", "lab/a", "lab/writer"} <= set(rows)
    for row in rows.values():
        assert (row["object"], row["canonical_slug"], type(row["created"])) == ("model", row["id"], int)
        assert {"details"} == set(row["links"])
        assert complaints("Model", row) == []


@requirement("wire:models")
async def test_prices_are_decimal_strings_per_token_and_fusion_varies():
    async with open_door() as door:
        rows = {row["id"]: row for row in (await door.get("/v1/models")).body["data"]}
    assert rows["lab/writer"]["pricing"] == {"prompt": "0.000001", "completion": "0.000002"}
    assert rows["openrouter/fusion"]["pricing"] == {"prompt": "-1", "completion": "-1"}
    assert {"tools", "tool_choice", "max_tokens"} <= set(rows["openrouter/fusion"]["supported_parameters"])
    assert all(re.fullmatch(r"-1|\d+(\.\d+)?", price) for row in rows.values() for price in row["pricing"].values())


@requirement("wire:models")
async def test_the_count_of_models_is_that_of_the_list():
    async with open_door() as door:
        count = (await door.get("/v1/models/count")).body
        rows = (await door.get("/v1/models")).body["data"]
    assert count == {"data": {"count": len(rows)}}


@requirement("wire:generation")
@pytest.mark.parametrize("streamed", [True, False])
@PREFIXES
async def test_a_run_can_be_looked_up_as_soon_as_its_reply_has_ended(prefix: str, streamed: bool):
    scripts = {"writer": [says("fused", reasoning="hm")]}
    async with open_door(scripts) as door:
        reply = await door.post(question(stream=streamed), path=f"{prefix}/chat/completions")
        id = reply.headers["x-generation-id"]
        heard = await door.get(f"{prefix}/generation?id={id}")
    run: Any = heard.body["data"]
    usage = (reply.chunks[-1] if streamed else reply.body)["usage"]
    complained = [one for one in complaints("GenerationResponse", heard.body) if "provider_name" not in one]
    assert complained == []  # but for a closed list of the vendor's own providers
    assert (run["id"], run["router"], run["model"], run["streamed"]) == (id, "openrouter/fusion", "writer", streamed)
    assert (run["total_cost"], run["usage"]) == (usage["cost"], usage["cost"])
    assert (run["tokens_prompt"], run["tokens_completion"]) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert (run["finish_reason"], run["cancelled"], run["status"]) == ("stop", False, "completed")
    calls = usage["cost_details"]["calls"]
    shared = ("role", "seat", "model", "served_by", "cost", "cost_source", "duration_ms", "finish_reason", "error")
    assert [{key: child[key] for key in shared} for child in run["children"]] == [
        {key: call[key] for key in shared} for call in calls
    ]


@requirement("wire:generation")
@pytest.mark.parametrize("streamed", [True, False])
async def test_a_failed_run_can_be_looked_up_too(streamed: bool):
    async with open_door({"a": [fails(400)]}) as door:
        failed = await door.post(question("lab/a", stream=streamed))
        run = (await door.get(f"/v1/generation?id={failed.headers['x-generation-id']}")).body["data"]
    assert (run["status"], run["router"], run["children"][0]["error"]) == ("failed", None, "bad_request")
    assert run["error"]


@requirement("wire:generation")
@pytest.mark.parametrize("id", ["gen-0-nobody", "gen-", "x", "gen-%00", "../etc", "g" * 5000])
async def test_a_run_that_is_not_there_is_a_404(id: str):
    async with open_door() as door:
        heard = await door.get(f"/v1/generation?id={id}")
    assert (heard.status, heard.error["code"], heard.error["metadata"]["error_type"]) == (404, 404, "not_found")


async def test_a_look_up_needs_an_id():
    async with open_door() as door:
        heard = await door.get("/v1/generation")
    assert (heard.status, heard.error["param"]) == (400, "id")


async def test_the_server_says_that_it_lives_and_that_it_can_serve():
    async with open_door() as door:
        assert (await door.get("/healthz")).body == {"status": "ok"}
        ready = await door.get("/readyz")
    assert (ready.status, ready.body) == (200, {"status": "ok"})


@requirement("wire:stream")
async def test_every_chunk_and_reply_is_what_the_vendors_schema_says():
    async with open_door({"writer": [says("fused", reasoning="hm")], "b": [fails(404)]}) as door:
        plugins = plugin(analysis_models=["lab/a", "lab/b"], expose="full")
        whole = await door.post(question(plugins=plugins))
        options = {"include_fusion": True}
        streamed = await door.post(question(stream=True, plugins=plugins, stream_options=options))
    assert complaints("ChatResult", whole.body) == []
    assert [complaints("ChatStreamChunk", chunk) for chunk in streamed.chunks] == [[]] * len(streamed.chunks)
