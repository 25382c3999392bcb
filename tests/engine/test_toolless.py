"""Seats with tools at endpoints that take none: they answer from what they know."""

import pytest

from tests.house import ask, house
from tests.requirements import requirement
from tests.upstream import Upstream, fails, fault_upstream, says

pytestmark = pytest.mark.anyio
CLOCK = {"tools": ["openrouter:datetime"]}
OLLAMA = "registry.ollama.ai/library/gemma:2b does not support tools"
VLLM = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


def offered(upstream: Upstream, model: str) -> list[bool]:
    """For each call of a model, whether there were tools in it."""
    return ["tools" in call.body for call in upstream.calls(model)]


@requirement("ours:toolless")
@pytest.mark.parametrize("refusal", [OLLAMA, VLLM])
async def test_a_seat_answers_without_tools_where_its_endpoint_takes_none(refusal: str):
    with fault_upstream() as upstream:
        upstream.script("a", [fails(400, message=refusal), says("Rayleigh."), says("Again.")])
        async with house(upstream.base_url, fusion=CLOCK) as opened:
            first = await opened.gateway.ask(ask())
            second = await opened.gateway.ask(ask())
    assert first.report is not None and first.report.answers[0].content == "Rayleigh."
    assert second.report is not None and second.report.answers[0].content == "Again."
    assert offered(upstream, "a") == [True, False, False]
    assert offered(upstream, "b") == [True, True]


@requirement("ours:toolless")
async def test_another_refusal_costs_the_seat_and_keeps_the_tools():
    with fault_upstream() as upstream:
        upstream.script("a", [fails(400, message="the request is malformed"), says("Back.")])
        async with house(upstream.base_url, fusion=CLOCK) as opened:
            first = await opened.gateway.ask(ask())
            await opened.gateway.ask(ask())
    assert first.report is not None and first.report.answers[0].reason == "bad_request"
    assert offered(upstream, "a") == [True, True]
