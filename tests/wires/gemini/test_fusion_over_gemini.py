"""A house whose models all live at an upstream that speaks Gemini, over real HTTP: asked, fused, refused, cut off."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from fuseline.assembly import open_house
from fuseline.settings.settings import Settings
from fuseline.types.json import JsonObject
from tests.doors.http.players import compares
from tests.doors.http.talk import QUESTION, Heard, post
from tests.doors.http.wired import asking
from tests.house import CANARY, PRICED
from tests.requirements import requirement
from tests.served import served
from tests.upstream import Reply, Step, Upstream, answers, calls_tool, fails, fault_upstream, replays_bytes, says
from tests.wires.gemini.far import piece, told

pytestmark = pytest.mark.anyio
FAULTS: Mapping[str, str] = {
    "401": "upstream_auth",
    "402": "upstream_credits",
    "404": "model_not_found",
    "400-context": "context_length",
    "eof-mid": "upstream_truncated",
    "reset-mid": "upstream_reset",
    "cut-json": "upstream_bad_json",
    "error-mid": "upstream_error",
    "html": "bad_content_type",
}
"""Faults of the upstream, each with what it has to be called."""
NAMES = ("a", "b", "c", "judge", "writer", *(f"fault/{name}" for name in FAULTS))
LOOK: dict[str, Any] = {"name": "look", "description": "Look.", "parameters": {"type": "object"}}
TOOLS = [{"type": "function", "function": LOOK}]
STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@dataclass(frozen=True, slots=True)
class Place:
    """A served house, and the upstream behind it."""

    origin: str
    upstream: Upstream

    async def ask(self, **body: Any) -> Heard:
        """Send a request for a chat completion."""
        return await post(self.origin, asking("chat", **body))


def settings(base_url: str) -> Settings:
    """Settings whose only endpoint speaks Gemini."""
    preset = {"panel": ["far/a", "far/b", "far/c"], "analyst": "far/judge", "writer": "far/writer"}
    tables: dict[str, Any] = {
        "endpoints": {"far": {"base_url": base_url, "wire": "gemini", "api_key_env": "FAR_API_KEY"}},
        "models": {f"far/{name}": {"endpoint": "far", "name": name, **PRICED} for name in NAMES},
        "presets": {"general-high": preset},
        "local": {"probe": False},
        "store": {"path": ":memory:"},
    }
    return Settings(**tables)


@asynccontextmanager
async def place(scripts: Mapping[str, Sequence[Reply]]) -> AsyncGenerator[Place]:
    """Serve a house whose models say what their scripts say; the analyst compares."""
    with fault_upstream() as upstream:
        for model, replies in {"judge": [compares], **scripts}.items():
            upstream.script(model, replies)
        near = settings(upstream.base_url)
        async with open_house(near, {"FAR_API_KEY": CANARY}) as opened, served(opened) as origin:
            yield Place(origin, upstream)


@requirement("ours:gemini")
@STREAMED
async def test_a_plain_answer_comes_through_with_its_thoughts_and_its_count(stream: bool):
    usage = {"prompt_tokens": 9, "completion_tokens": 5}
    script = [says("Blue light é\n\nscatters.", reasoning="hm", chunks=4, usage=usage)]
    async with place({"a": script}) as house:
        heard = await house.ask(model="far/a", stream=stream, reasoning={"effort": "low"})
        asked = house.upstream.log[-1]
    if stream:
        text, usage = heard.text, heard.chunks[-1]["usage"]
    else:
        message, usage = heard.body["choices"][0]["message"], heard.body["usage"]
        text = message["content"]
        assert message["reasoning"] == "hm"
    assert text == "Blue light é\n\nscatters."
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (9, 5)
    assert usage["cost"] == pytest.approx((9 * 1 + 5 * 2) / 1e6)
    assert asked.headers["x-goog-api-key"] == CANARY and "authorization" not in asked.headers
    assert asked.body["generationConfig"] == {"thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True}}


@requirement("ours:gemini")
async def test_a_panel_of_gemini_models_is_fused():
    seats = {"a": [says("A says.", chunks=3)], "b": [says("B says.")], "c": [fails(429, retry_after="3600")]}
    async with place({**seats, "writer": [says("All in one.", chunks=3)]}) as house:
        heard = await house.ask(stream=True)
        asked = {exchange.model for exchange in house.upstream.log}
        judged = house.upstream.calls("judge")[0].body
    report = heard.chunks[-1]["fusion"]
    assert heard.text == "All in one."
    assert [answer["model"] for answer in report["responses"]] == ["far/a", "far/b"]
    assert [(seat["model"], seat["reason"]) for seat in report["failed_models"]] == [("far/c", "rate_limited")]
    assert report["analysis"]["consensus"] == ["all agree"]
    assert asked == {"a", "b", "c", "judge", "writer"}
    config: Any = judged["generationConfig"]
    assert config["responseMimeType"] == "application/json" and "properties" in config["responseJsonSchema"]


@requirement("ours:gemini")
async def test_an_outer_model_that_calls_fusion_has_its_signature_back_when_it_writes():
    asks = {"functionCall": {"id": "f1", "name": "openrouter_fusion", "args": {"prompt": "Why?"}}}
    call = piece({**asks, "thoughtSignature": "c2ln"}, finish="STOP")
    seats = {name: [says(f"{name} says.")] for name in "abc"}
    async with place({**seats, "writer": [replays_bytes(told(call)), says("It is blue.")]}) as house:
        heard = await house.ask(tools=TOOLS)
        back: Any = house.upstream.calls("writer")[-1].body
    assert heard.body["choices"][0]["message"]["content"] == "It is blue."
    parts = [part for turn in back["contents"] for part in turn["parts"]]
    assert [part["thoughtSignature"] for part in parts if "functionCall" in part] == ["c2ln"]
    assert [part["functionResponse"]["id"] for part in parts if "functionResponse" in part] == ["f1"]


@requirement("ours:gemini")
@pytest.mark.parametrize(
    ("lost", "signature"),
    [
        (set[str](), "c2ln"),
        ({"reasoning_details"}, "c2ln"),
        ({"extra_content"}, "c2ln"),
        ({"reasoning_details", "extra_content"}, "skip_thought_signature_validator"),
    ],
    ids=["both kept", "kept beside the call", "kept in the record", "lost"],
)
async def test_a_tool_call_goes_to_the_client_and_back_with_its_signature_where_the_client_keeps_it(
    lost: set[str], signature: str
):
    call = piece({"functionCall": {"name": "look", "args": {"q": "é"}}, "thoughtSignature": "c2ln"}, finish="STOP")
    async with place({"a": [replays_bytes(told(call)), says("It is blue.")]}) as house:
        first = await house.ask(model="far/a", tools=TOOLS)
        said = first.body["choices"][0]["message"]
        assert json.loads(said["tool_calls"][0]["function"]["arguments"]) == {"q": "é"}
        for held in (said, said["tool_calls"][0]):
            for name in lost & set(held):
                del held[name]
        result = {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "blue"}
        again = await house.ask(model="far/a", tools=TOOLS, messages=[QUESTION, said, result])
        back: Any = house.upstream.log[-1].body
    assert again.body["choices"][0]["message"]["content"] == "It is blue."
    assert back["contents"][1:] == [
        {
            "role": "model",
            "parts": [{"functionCall": {"name": "look", "args": {"q": "é"}}, "thoughtSignature": signature}],
        },
        {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"output": "blue"}}}]},
    ]


@requirement("ours:gemini")
async def test_a_tool_call_of_another_id_goes_there_and_back():
    script = [calls_tool("look", {"q": "é"}, id="call_1", text="Let me look."), says("It is blue.")]
    async with place({"a": script}) as house:
        heard = await house.ask(model="far/a", tools=TOOLS, tool_choice="required")
        asked: Any = house.upstream.log[-1].body
    call = heard.body["choices"][0]["message"]["tool_calls"][0]
    assert (call["id"], json.loads(call["function"]["arguments"])) == ("call_1", {"q": "é"})
    assert asked["toolConfig"] == {"functionCallingConfig": {"mode": "ANY"}}


@requirement("ours:gemini")
async def test_a_parameter_that_is_refused_is_left_out_and_the_call_made_again():
    def choosy(body: JsonObject) -> Step:
        asked: Any = house.upstream.log[-1].body
        refused = "topK" in asked.get("generationConfig", {})
        return fails(400, message="Unknown name \"topK\" at 'generation_config'") if refused else says("fine")

    async with place({"a": [choosy]}) as house:
        heard = await house.ask(model="far/a", top_k=5, top_p=0.5)
        sent: Any = [exchange.body["generationConfig"] for exchange in house.upstream.log]
    assert heard.body["choices"][0]["message"]["content"] == "fine"
    assert sent == [{"topK": 5, "topP": 0.5}, {"topP": 0.5}]


@requirement("ours:gemini")
async def test_a_failure_is_told_as_what_it_is():
    async with place({"a": [fails(429, message="slow down", retry_after="3600")]}) as house:
        heard = await house.ask(model="far/a")
    assert (heard.status, heard.error["metadata"]["error_type"]) == (429, "rate_limit_exceeded")
    assert heard.headers["retry-after"] == "3600"


@requirement("ours:gemini")
async def test_a_blocked_prompt_is_a_refusal_to_the_client():
    blocked = told({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}})
    async with place({"a": [replays_bytes(blocked)]}) as house:
        heard = await house.ask(model="far/a")
    choice = heard.body["choices"][0]
    assert choice["finish_reason"] == "content_filter" and "SAFETY" in choice["message"]["refusal"]


@requirement("ours:gemini")
async def test_an_upstream_that_does_not_stream_is_heard_all_the_same():
    body = piece({"text": "one"}, finish="STOP", usageMetadata={"promptTokenCount": 4, "candidatesTokenCount": 1})
    async with place({"a": [answers(200, body)], "b": [answers(200, json.dumps([body]).encode())]}) as house:
        texts = [(await house.ask(model=f"far/{name}")).body["choices"][0]["message"]["content"] for name in ("a", "b")]
    assert texts == ["one", "one"]


@requirement("ours:gemini")
async def test_a_stream_that_is_cut_off_is_an_error_to_the_client():
    async with place({"a": [replays_bytes(told(piece({"text": "half"})))]}) as house:
        heard = await house.ask(model="far/a")
    assert (heard.status, heard.error["metadata"]["failure_reason"]) == (502, "upstream_truncated")


@requirement("ours:gemini")
@pytest.mark.parametrize(("name", "reason"), FAULTS.items())
async def test_a_fault_of_the_table_is_the_same_on_this_wire(name: str, reason: str):
    async with place({}) as house:
        heard = await house.ask(model=f"far/fault/{name}")
    assert heard.error["metadata"]["failure_reason"] == reason
