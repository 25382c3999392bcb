"""The list of models: whole, in parts, and one by one, as far as the catalogue knows them."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from fuseline.catalog import facts
from fuseline.catalog.catalog import Catalog
from fuseline.doors.http.lookups.rows import ModelRow, all_rows, model_row, parameters, per_token, pricing
from fuseline.settings.settings import Settings
from fuseline.types.models import Endpoint, Model, Quirks
from fuseline.types.money import Price, Tier, nano
from tests.doors.http.players import Door, open_door
from tests.house import house
from tests.requirements import requirement
from tests.served import served
from tests.upstream import fault_upstream
from tests.wires.openapi import complaints

pytestmark = [pytest.mark.anyio, requirement("wire:models")]
KEYS = {"OPENROUTER_API_KEY": "x", "ANTHROPIC_API_KEY": "y"}


def rows_with(**keys: str) -> dict[str, ModelRow]:
    """The rows of a catalogue with these keys."""
    catalog = Catalog.build(Settings(), keys)
    return {row.id: row for row in all_rows(catalog, "general-high")}


@asynccontextmanager
async def well_stocked() -> AsyncGenerator[Door]:
    """A door whose catalogue is that of two keys."""
    with fault_upstream() as upstream:
        async with house(upstream.base_url) as opened:
            stocked = replace(opened, catalog=Catalog.build(Settings(), KEYS))
            async with served(stocked) as origin:
                yield Door(origin, upstream, stocked)


def test_every_row_of_a_full_catalogue_is_what_the_vendors_schema_says():
    for row in rows_with(**KEYS).values():
        assert complaints("Model", row.model_dump(mode="json")) == []


def test_fusion_is_listed_with_what_it_honours():
    row = rows_with(**KEYS)["openrouter/fusion"]
    assert {"tools", "tool_choice", "response_format", "structured_outputs", "reasoning"} <= set(
        row.supported_parameters
    )
    assert {"text", "image", "file"} <= set(row.architecture.input_modalities)
    assert row.architecture.tokenizer == "Router"


def test_fusion_takes_only_text_where_no_seat_takes_more():
    assert rows_with()["openrouter/fusion"].architecture.input_modalities == ["text"]


def test_a_price_that_nobody_knows_is_not_told_as_zero():
    endpoints = {"lab": {"base_url": "https://lab.example/v1", "api_key_env": "LAB_API_KEY"}}
    settings = Settings.model_validate({"endpoints": endpoints, "models": {"lab/x": {"endpoint": "lab", "name": "x"}}})
    catalog = Catalog.build(settings, {"LAB_API_KEY": "x"})
    assert catalog.resolve("lab/x").price is None
    assert model_row(catalog.resolve("lab/x")).pricing.model_dump() == {"prompt": "-1", "completion": "-1"}


def test_every_price_of_its_own_is_told_and_those_of_long_inputs():
    tier = Tier(200_000, Price(nano("4"), nano("15"), nano("0.4"), nano("5")))
    price = Price(nano("2"), nano("10"), nano("0.2"), nano("2.5"), nano("12"), (tier,))
    told = {
        "prompt": "0.000002",
        "completion": "0.00001",
        "input_cache_read": "0.0000002",
        "input_cache_write": "0.0000025",
        "internal_reasoning": "0.000012",
        "overrides": [
            {
                "min_prompt_tokens": 200_000,
                "prompt": "0.000004",
                "completion": "0.000015",
                "input_cache_read": "0.0000004",
                "input_cache_write": "0.000005",
            }
        ],
    }
    assert pricing(price).model_dump() == told
    assert complaints("PublicPricing", told) == []


def stated(endpoint: Endpoint | None = None, **known: Any) -> list[str]:
    """What a model of which this is known is listed to take."""
    return parameters(Model("m", endpoint or LAB, "m", **known))


LAB = Endpoint("lab", "https://lab.example/v1")
THINKING = {"reasoning", "reasoning_effort", "include_reasoning"}


def test_a_model_is_not_said_to_take_what_it_is_known_to_refuse():
    assert not THINKING & set(stated(reasons=False)) and set(stated(reasons=True)) >= THINKING
    assert "structured_outputs" not in stated(schemas=False) and "structured_outputs" in stated(schemas=True)
    assert "temperature" not in stated(temperature=False) and "temperature" in stated()
    assert {*THINKING, "structured_outputs", "temperature"} <= set(stated())


def test_a_server_that_holds_to_no_schema_is_not_said_to():
    assert "structured_outputs" not in stated(endpoint=replace(LAB, quirks=Quirks(schemas=False)), schemas=True)


@pytest.mark.parametrize(
    ("wire", "left"),
    [("messages", ["stop"]), ("responses", []), ("chat", ["seed", "stop"]), ("gemini", ["seed", "stop"])],
)
def test_what_a_wire_has_no_word_for_is_not_listed(wire: str, left: list[str]):
    assert [name for name in stated(replace(LAB, wire=wire)) if name in ("seed", "stop")] == left


def test_a_model_whose_end_was_announced_says_so():
    assert model_row(Model("m", LAB, "m", deprecated=True)).description == "Its end has been announced."


async def test_the_list_says_from_where_and_of_what_day_its_prices_are():
    async with open_door() as door:
        body = (await door.get("/v1/models")).body
    assert body["figures"] == {"source": facts.models().source, "date": facts.models().date}


@pytest.mark.parametrize(
    ("dollars", "text"), [("0", "0"), ("1", "0.000001"), ("0.075", "0.000000075"), ("1000000", "1"), ("15", "0.000015")]
)
def test_a_price_is_told_without_loss(dollars: str, text: str):
    assert per_token(nano(dollars)) == text


def test_a_name_that_follows_a_family_tells_whom_it_stands_for():
    row = rows_with(**KEYS)["~anthropic/claude-opus-latest"].model_dump()
    assert re.fullmatch(r"anthropic/claude-opus-[\d.-]+", row["alias_target"]["slug"])
    assert row["created"] > 0


def test_a_model_that_calls_no_tools_is_listed_without_them():
    catalog = Catalog.build(Settings(), KEYS)
    without = {model.slug for model in catalog.reachable() if not model.calls_tools}
    rows = {row.id: row for row in all_rows(catalog, "general-high")}
    assert without
    assert not any("tools" in rows[slug].supported_parameters for slug in without)


async def test_pages_follow_one_another_to_the_end_and_nothing_is_twice():
    found: list[str] = []
    following = "/v1/models?limit=150&input_modalities=text"
    async with well_stocked() as door:
        whole = (await door.get("/v1/models")).body
        while following:
            body = (await door.get(following)).body
            assert (len(body["data"]) <= 150, body["total_count"]) == (True, whole["total_count"])
            found += [row["id"] for row in body["data"]]
            following = body["links"]["next"]
    assert found == [row["id"] for row in whole["data"]]
    assert len(set(found)) == len(found)


ROWS_ASKED_FOR: list[tuple[str, Callable[[dict[str, Any]], bool]]] = [
    ("q=CLAUDE%20opus", lambda row: "claude" in row["id"] and "opus" in row["id"]),
    ("supported_parameters=tools,top_k", lambda row: {"tools", "top_k"} <= set(row["supported_parameters"])),
    ("input_modalities=image", lambda row: "image" in row["architecture"]["input_modalities"]),
    ("model_authors=google,openai", lambda row: row["id"].lstrip("~").split("/")[0] in ("google", "openai")),
    ("context=500000", lambda row: row["context_length"] >= 500_000),
    ("output_modalities=text", lambda row: row["architecture"]["output_modalities"] == ["text"]),
]
ORDERED: list[tuple[str, Callable[[dict[str, Any]], float]]] = [
    ("newest", lambda row: -row["created"]),
    ("context-high-to-low", lambda row: -row["context_length"]),
    ("pricing-low-to-high", lambda row: float(row["pricing"]["prompt"]) + float(row["pricing"]["completion"])),
    ("pricing-high-to-low", lambda row: -float(row["pricing"]["prompt"]) - float(row["pricing"]["completion"])),
]


@pytest.mark.parametrize(("query", "claim"), ROWS_ASKED_FOR)
async def test_a_query_leaves_the_rows_that_it_asks_for(query: str, claim: Any):
    async with well_stocked() as door:
        every = (await door.get("/v1/models")).body["data"]
        body = (await door.get(f"/v1/models?{query}")).body
        count = (await door.get(f"/v1/models/count?{query}")).body
    assert body["data"] == [row for row in every if claim(row)] != []
    assert body["total_count"] == count["data"]["count"] == len(body["data"])


@pytest.mark.parametrize(("order", "key"), ORDERED)
async def test_an_order_is_kept_and_what_is_not_known_stands_last(order: str, key: Any):
    async with well_stocked() as door:
        rows = (await door.get(f"/v1/models?sort={order}")).body["data"]
    known = [row for row in rows if row["pricing"]["prompt"] != "-1"] if order.startswith("pricing") else rows
    assert rows[: len(known)] == known == sorted(known, key=key)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=1_0", "limit"),
        ("offset=-1", "offset"),
        ("offset=%C2%B2", "offset"),
        ("context=0", "context"),
        ("sort=most-popular", "sort"),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused_by_its_name(query: str, param: str):
    async with open_door() as door:
        heard = await door.get(f"/v1/models?{query}")
    assert (heard.status, heard.error["param"]) == (400, param)


@pytest.mark.parametrize("prefix", ["/v1", "/api/v1", ""])
@pytest.mark.parametrize("slug", ["lab/a", "openrouter/fusion", "lab/a:online", "openrouter%2Ffusion"])
async def test_one_model_is_what_the_list_says_of_it(prefix: str, slug: str):
    plain = slug.replace("%2F", "/").removesuffix(":online")
    async with open_door() as door:
        rows = {row["id"]: row for row in (await door.get(f"{prefix}/models")).body["data"]}
        assert (await door.get(f"{prefix}/model/{slug}")).body == {"data": rows[plain]}
        assert (await door.get(f"{prefix}/models/{slug}")).body == rows[plain]
        assert (await door.get(f"{prefix}/models/user")).body["data"] == list(rows.values())


async def test_a_models_endpoints_are_those_that_would_be_asked_in_their_order():
    async with well_stocked() as door:
        heard = (await door.get("/api/v1/models/anthropic/claude-opus-4-5/endpoints")).body["data"]
        fusion = (await door.get("/api/v1/models/openrouter/fusion/endpoints")).body["data"]
    assert [(each["provider_name"], each["tag"], each["status"]) for each in heard["endpoints"]] == [
        ("Anthropic", "anthropic", 0),
        ("OpenRouter", "openrouter", 0),
    ]
    assert {each["model_id"] for each in heard["endpoints"]} == {heard["id"]}
    assert fusion["endpoints"] == []


async def test_a_free_variant_does_not_cost_what_the_model_costs():
    async with well_stocked() as door:
        rows = (await door.get("/v1/models?model_authors=deepseek&limit=1000")).body["data"]
        slug = next(row["id"] for row in rows if row["pricing"]["prompt"] not in ("0", "-1") and row["id"][0] != "~")
        free = (await door.get(f"/v1/model/{slug}:free")).body["data"]
    assert (free["id"], free["pricing"]) == (f"{slug}:free", {"prompt": "-1", "completion": "-1"})


@pytest.mark.parametrize("path", ["models/lab/nobody", "model/lab/nobody", "models/lab/nobody/endpoints", "model/x%00"])
async def test_a_model_that_is_not_listed_is_a_404(path: str):
    async with open_door() as door:
        heard = await door.get(f"/v1/{path}")
    assert (heard.status, heard.error["metadata"]["error_type"], heard.error["param"]) == (404, "not_found", "slug")
