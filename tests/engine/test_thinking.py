"""A model that is asked for as `:thinking` is told to think, unless the request says how much."""

from typing import Any

import pytest

from fuseline.types.messages import user
from fuseline.types.requests import Request
from tests.engine.windows import furnished
from tests.house import ask, hear
from tests.requirements import requirement
from tests.upstream import fault_upstream

pytestmark = pytest.mark.anyio


async def effort_of(request: Request, model: str) -> Any:
    """How much a model was told to think in a run of this request."""
    with fault_upstream() as upstream:
        async with furnished(upstream, {model: {}}) as house:
            await hear(house, request)
        return upstream.calls(model)[-1].body.get("reasoning_effort")


@requirement("ours:variants")
async def test_a_plain_call_of_a_thinking_model_asks_for_medium_effort():
    assert await effort_of(Request("lab/a:thinking", (user("Why?"),)), "a") == "medium"
    assert await effort_of(Request("lab/a", (user("Why?"),)), "a") is None


@requirement("ours:variants")
async def test_what_the_request_says_of_thinking_wins():
    request = Request("lab/a:thinking", (user("Why?"),), reasoning={"effort": "low"})
    assert await effort_of(request, "a") == "low"


@requirement("ours:variants")
async def test_a_seat_thinks_when_it_is_named_so():
    panel = {"analysis_models": ["lab/a:thinking", "lab/b"], "model": "lab/judge"}
    assert await effort_of(ask(parameters=panel), "a") == "medium"
    assert await effort_of(ask(parameters=panel), "b") is None
