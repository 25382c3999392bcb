"""The `provider` object over HTTP: checked at the door, refused in words, and told of in the routing."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.doors.http.players import BRISK
from tests.doors.http.talk import CHAT, Heard, post, question
from tests.faults.ways import SLUG, at, served_by
from tests.requirements import requirement
from tests.served import served
from tests.upstream import Upstream, fault_upstream
from tests.wires.openapi import complaints

pytestmark = pytest.mark.anyio
ROUTE = {"X-OpenRouter-Metadata": "enabled"}
BODIES: dict[str, dict[str, Any]] = {
    CHAT: question(SLUG),
    "/v1/responses": {"model": SLUG, "input": "Why?"},
    "/v1/messages": {"model": SLUG, "max_tokens": 100, "messages": [{"role": "user", "content": "Why?"}]},
}
EACH_WIRE = pytest.mark.parametrize("path", BODIES)


@asynccontextmanager
async def door(upstream: Upstream, **names: str) -> AsyncGenerator[str]:
    """A served house whose model has these ways."""
    async with served_by(at(upstream, **names)) as house, served(house, BRISK) as origin:
        yield origin


async def heard_of(origin: str, path: str, **provider: Any) -> Heard:
    """The answer to a request with this provider object."""
    return await post(origin, {**BODIES[path], "provider": provider}, path=path, headers=ROUTE)


@EACH_WIRE
@requirement("wire:provider")
@pytest.mark.parametrize(
    ("provider", "param"),
    [
        ({"order": "one"}, "provider.order"),
        ({"only": ["one", 7]}, "provider.only[1]"),
        ({"zdrr": True}, "provider.zdrr"),
        ({"zdr": "yes"}, "provider.zdr"),
        ({"data_collection": "denied"}, "provider.data_collection"),
        ({"sort": "speed"}, "provider.sort"),
        ({"max_price": {"prompt": "cheap"}}, "provider.max_price.prompt"),
        ({"preferred_max_latency": {"p51": 1}}, "provider.preferred_max_latency"),
    ],
)
async def test_a_wish_that_nobody_understands_is_refused_by_its_path(path: str, provider: dict[str, Any], param: str):
    with fault_upstream() as upstream:
        async with door(upstream, one="fine") as origin:
            heard = await heard_of(origin, path, **provider)
    assert (heard.status, upstream.log) == (400, [])
    assert param in heard.error["message"]


@EACH_WIRE
@requirement("wire:no-endpoint", "wire:data-policy")
async def test_a_promise_that_no_endpoint_makes_is_a_404_that_says_what_excluded_whom(path: str):
    with fault_upstream() as upstream:
        async with door(upstream, one="fine", two="fine") as origin:
            heard = await heard_of(origin, path, data_collection="deny")
    assert (heard.status, upstream.log) == (404, [])
    assert heard.error["message"] == (
        "no endpoint that serves acme/m may be asked: none is known not to train on what it is sent"
    )
    assert heard.error["availability"] == {
        "code": "privacy_restricted",
        "retryable": False,
        "requested_models": [SLUG],
        "docs_url": "/v1/models/acme/m/endpoints",
        "excluded_by": ["data_policy:training"],
    }


@EACH_WIRE
@requirement("wire:metadata", "ours:elsewhere")
async def test_the_routing_tells_of_the_endpoint_that_failed_before_the_one_that_answered(path: str):
    with fault_upstream() as upstream:
        async with door(upstream, one="fault/503", two="fine") as origin:
            heard = await heard_of(origin, path)
    told = heard.body["openrouter_metadata"]
    assert heard.status == 200
    assert (told["attempt"], told["attempts"]) == (
        2,
        [{"provider": "one", "model": "fault/503", "status": 502}, {"provider": "two", "model": "fine", "status": 200}],
    )
    assert told["endpoints"]["available"] == [
        {"provider": "one", "model": "fault/503", "selected": False},
        {"provider": "two", "model": "fine", "selected": True},
    ]
    assert told["summary"] == "available=2, selected=two"
    assert complaints("OpenRouterMetadata", told) == []


@requirement("wire:previous-errors", "ours:elsewhere")
async def test_when_every_endpoint_fails_the_error_names_each_in_order():
    with fault_upstream() as upstream:
        async with door(upstream, one="fault/429-ra@60", two="fault/404") as origin:
            heard = await heard_of(origin, CHAT)
    assert heard.status == 429
    assert heard.error["metadata"]["previous_errors"] == [
        {"provider": "one", "code": "rate_limited", "status": 429},
        {"provider": "two", "code": "model_not_found", "status": 404},
    ]


@requirement("ours:elsewhere", "wire:provider-order")
async def test_a_stream_names_who_is_asked_and_at_its_end_who_answered():
    with fault_upstream() as upstream:
        async with door(upstream, one="fault/500", two="fine", three="fine") as origin:
            fallen = await post(origin, {**BODIES[CHAT], "stream": True})
            chosen = await post(origin, {**BODIES[CHAT], "stream": True, "provider": {"order": ["three"]}})
    assert fallen.text and fallen.chunks[-1]["provider"] == "two"
    assert chosen.text and {chunk["provider"] for chunk in chosen.chunks} == {"three"}
