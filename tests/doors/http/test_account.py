"""What the key may spend and has spent, who can be called, which panels there are, and what a run said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator

from fuseline.catalog.catalog import Catalog
from fuseline.settings.settings import Settings
from fuseline.storage.sqlite import open_sqlite
from tests.doors.http.players import open_door
from tests.doors.http.talk import QUESTION, get, question
from tests.requirements import requirement
from tests.served import served
from tests.storage.records import BORN, closed, dispatched, opened, settled
from tests.upstream import fails, says
from tests.wires.openapi import DOCUMENT, document

pytestmark = pytest.mark.anyio
NEWER = {
    "allowed_data_regions", "budgets", "effective_budget", "free_model_daily_requests", "organization_id",
    "workspace_id",
}  # fmt: skip
"""Fields that newer SDKs require than the vendor's document knows."""


def complaints(path: str, body: Any) -> list[str]:
    """Where a reply is not what the vendor's document says of this path."""
    if not DOCUMENT.exists():
        pytest.skip("the vendor's document is not here")
    content = document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": document()["components"]}
    found: Any = Draft202012Validator(schema).iter_errors(body)  # pyright: ignore[reportUnknownMemberType]
    return [f"{error.json_path}: {error.message}" for error in found]


@requirement("wire:account")
@pytest.mark.parametrize("path", ["/v1/key", "/api/v1/auth/key", "/key"])
async def test_the_key_tells_all_that_the_newest_sdk_requires_and_what_was_spent(path: str):
    async with open_door({"a": [says("hello")]}) as door:
        before = (await door.get(path)).body
        cost = (await door.post(question("lab/a"))).body["usage"]["cost"]
        after = (await door.get(path)).body
    assert complaints("/key", before) == complaints("/key", after) == []
    assert set(before["data"]) >= NEWER
    spent = [after["data"][name] for name in ("usage", "usage_daily", "usage_weekly", "usage_monthly")]
    assert (before["data"]["usage"], cost > 0, spent) == (0, True, [cost] * 4)
    assert (after["data"]["limit"], after["data"]["limit_remaining"]) == (None, None)


@requirement("wire:account")
async def test_credits_tell_the_sum_of_all_costs():
    async with open_door({"a": [says("hello")]}) as door:
        costs = [(await door.post(question("lab/a"))).body["usage"]["cost"] for _ in range(2)]
        heard = (await door.get("/v1/credits")).body
    assert complaints("/credits", heard) == []
    assert heard == {"data": {"total_credits": 0, "total_usage": pytest.approx(sum(costs), abs=1e-9)}}


@requirement("wire:account")
@pytest.mark.parametrize("path", ["/key", "/auth/key", "/credits", "/models/user", "/providers", "/presets"])
async def test_what_is_somebodys_needs_the_key(path: str):
    async with open_door(server={"api_key": "k" * 20}) as door:
        refused = await door.get(f"/v1{path}")
        heard = await door.get(f"/v1{path}", headers={"Authorization": "Bearer " + "k" * 20})
    assert (refused.status, heard.status) == (401, 200)


@requirement("wire:account")
async def test_what_was_spent_is_added_up_from_each_moment_on():
    async with open_sqlite(Path(":memory:")) as store:
        assert await store.spent(0.0, BORN) == (0, 0)
        for run_id, moment in (("gen-1-aaaa", BORN), ("gen-2-aaaa", BORN + 60)):
            start, call = opened(run_id, moment), dispatched(run_id, f"call-of-{run_id}")
            store.note(start, call, settled(call), closed(start, settled(call)))
        assert await store.spent(0.0, BORN, BORN + 60, BORN + 61) == (12_000, 12_000, 6_000, 0)


async def test_the_endpoints_that_can_be_called_are_the_providers():
    async with open_door() as door:
        heard = (await door.get("/v1/providers")).body
    assert heard["data"] == snapshot(
        [
            {
                "name": "lab",
                "slug": "lab",
                "privacy_policy_url": None,
                "terms_of_service_url": None,
                "status_page_url": None,
                "headquarters": None,
                "datacenters": None,
            }
        ]
    )


@requirement("wire:presets")
async def test_a_preset_tells_who_sits_compares_and_writes():
    async with open_door() as door:
        listed = (await door.get("/v1/presets")).body
        one = (await door.get("/v1/presets/general-high")).body["data"]
    assert [row["slug"] for row in listed["data"]] == ["general-budget", "general-fast", "general-high"]
    assert listed["total_count"] == 3
    assert (one["panel"], one["analyst"], one["writer"]) == (
        ["lab/a", "lab/b", "lab/c"],
        ["lab/judge"],
        ["lab/writer"],
    )
    assert one["designated_version"]["config"] == {
        "model": "openrouter/fusion",
        "plugins": [{"id": "fusion", "preset": "general-high"}],
    }


@requirement("wire:presets")
async def test_a_presets_config_is_a_request_that_convenes_its_panel():
    async with open_door() as door:
        config = (await door.get("/v1/presets/general-high")).body["data"]["designated_version"]["config"]
        heard = await door.post(question(**config))
    assert (heard.status, heard.body["fusion"]["panel_requested"]) == (200, 3)


@requirement("wire:presets")
async def test_presets_come_in_pages_and_those_of_former_days_are_followed():
    async with open_door() as door:
        second = (await door.get("/v1/presets?offset=1&limit=1")).body
        former = (await door.get("/v1/presets/or-general-high")).body["data"]
        nobody = await door.get("/v1/presets/nobody")
    assert [row["slug"] for row in second["data"]] == ["general-fast"]
    assert former["slug"] == "general-high"
    assert (nobody.status, nobody.error["param"]) == (404, "slug")


@requirement("wire:presets")
async def test_a_preset_that_cannot_be_seated_says_why():
    async with open_door(models=[]) as door:
        empty = replace(door.house, catalog=Catalog.build(Settings(), {}))
        async with served(empty) as origin:
            row = (await get(origin, "/v1/presets/general-high")).body["data"]
    assert (row["panel"], row["description"][:25]) == ([], "There is no model to call")


@requirement("wire:content")
async def test_what_was_said_in_a_run_can_be_read_where_content_is_kept():
    async with open_door({"a": [says("hello", reasoning="hm")]}) as door:
        run_id = (await door.post(question("lab/a"))).headers["x-generation-id"]
        heard = await door.get(f"/v1/generation/content?id={run_id}")
    assert heard.body == {
        "data": {
            "input": {"messages": [QUESTION]},
            "output": {"completion": "hello", "reasoning": None},
            "error": None,
        }
    }


@requirement("wire:content")
async def test_what_was_said_in_a_failed_run_comes_with_why_it_failed():
    async with open_door({"a": [fails(400)]}) as door:
        run_id = (await door.post(question("lab/a"))).headers["x-generation-id"]
        heard = (await door.get(f"/v1/generation/content?id={run_id}")).body["data"]
    assert heard["output"]["completion"] is None
    assert set(heard["error"]) == {"message", "previous_errors", "provider_name", "raw", "status"}


@requirement("wire:content", "ours:content-off")
async def test_where_content_is_not_kept_a_sentence_says_so():
    async with open_door({"a": [says("hello")]}, store={"content": False}) as door:
        run_id = (await door.post(question("lab/a"))).headers["x-generation-id"]
        heard = await door.get(f"/v1/generation/content?id={run_id}")
    assert heard.status == 404
    assert "was not kept" in heard.error["message"]
