"""Sealed reasoning goes back to the upstream whose it may be; one that refuses it is asked once more, without."""

import json
from typing import Any

import pytest

from fuseline.assembly import open_house
from fuseline.settings.settings import Settings
from fuseline.types.messages import Message, user
from fuseline.types.models import Endpoint, Model
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from tests.house import hear
from tests.requirements import requirement
from tests.upstream import Upstream, answers, fails, fault_upstream
from tests.wires.afar import FAR, written
from tests.wires.recordings import RECORDINGS

OPENAI, XAI, AZURE = "openai-responses-v1", "xai-responses-v1", "azure-openai-responses-v1"
SSE = {"content-type": "text/event-stream"}


def thinking(*formats: str) -> tuple[Message, ...]:
    """A conversation whose answer was thought through, and sealed in each of these formats."""
    details = [{"type": "reasoning.encrypted", "data": f"by {one}", "id": "rs_1", "format": one} for one in formats]
    return (user("Why?"), Message("assistant", "So.", opaque={"reasoning_details": details}), user("Really?"))


def at(base_url: str) -> Model:
    """A model at an endpoint with this address."""
    return Model("a/x", Endpoint("e", base_url, "responses"), "x")


@requirement("ours:seals")
@pytest.mark.parametrize(
    ("base_url", "taken"),
    [
        ("https://api.openai.com/v1", [OPENAI]),
        ("https://api.x.ai/v1", [OPENAI, XAI]),
        ("https://house.openai.azure.com/openai/v1", [OPENAI, AZURE]),
        ("https://x.ai.example.com/v1", [OPENAI]),
        ("https://notx.ai/v1", [OPENAI]),
    ],
)
def test_a_vendors_seal_goes_back_to_that_vendor_alone(base_url: str, taken: list[str]):
    request = Request("x", thinking(OPENAI, XAI, AZURE, "anthropic-claude-v1", "google-gemini-v1"))
    items = written("responses", request, at(base_url))["input"]
    assert [item["encrypted_content"] for item in items if item["type"] == "reasoning"] == [
        f"by {one}" for one in taken
    ]


@requirement("ours:seals")
def test_no_upstream_of_chat_or_messages_is_given_a_seal_of_another_wire():
    request = Request("x", thinking(OPENAI, XAI, "google-gemini-v1"))
    assert "by " not in json.dumps(written("chat", request, FAR))
    assert "by " not in json.dumps(written("messages", request, FAR))


SIGNED = {"type": "reasoning.text", "text": "hm", "signature": "seal", "format": "anthropic-claude-v1"}
HIDDEN = {"type": "reasoning.encrypted", "data": "seal", "id": "rs_1", "format": OPENAI}
REFUSALS: dict[str, Any] = {
    "messages": {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "messages.1: Invalid `signature` in `thinking` block"},
    },
    "responses": {"error": {"code": "invalid_encrypted_content", "message": "The seal could not be verified."}},
}


async def asked_again(upstream: Upstream, wire: str, detail: Any, times: int) -> list[Run | None]:
    """Go on with a conversation that holds a seal, so often; return the runs."""
    table: dict[str, Any] = {
        "endpoints": {"far": {"base_url": upstream.base_url, "wire": wire}},
        "models": {"far/x": {"endpoint": "far", "name": "x", "price_in": "1", "price_out": "1"}},
        "local": {"probe": False},
        "store": {"path": ":memory:"},
    }
    said = Message("assistant", "So.", opaque={"reasoning_details": [detail]})
    request = Request("far/x", (user("Why?"), said, user("Really?")))
    async with open_house(Settings(**table), {}) as house:
        return [(await hear(house, request))[0] for _ in range(times)]


@pytest.mark.anyio
@requirement("ours:seals")
@pytest.mark.parametrize(("wire", "detail"), [("messages", SIGNED), ("responses", HIDDEN)])
async def test_a_refused_seal_leads_to_one_repeat_without_it_and_is_never_sent_again(wire: str, detail: Any):
    spoken = answers(200, RECORDINGS[wire]("text"), headers=SSE)
    with fault_upstream() as upstream:
        upstream.script("x", [fails(400, body=REFUSALS[wire]), spoken])
        runs = await asked_again(upstream, wire, detail, 2)
        bodies = [json.dumps(exchange.body) for exchange in upstream.log]
    assert [run.reply.text if run and run.reply else None for run in runs] == ["Blue light scatters."] * 2
    assert ['"seal"' in body for body in bodies] == [True, False, False]
    assert all("So." in body for body in bodies)
