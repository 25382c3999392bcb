"""A house whose upstream is another house of ours, on each wire: what one end writes the other end reads."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from fuseline.assembly import SERVER_WIRES, open_house
from fuseline.settings.settings import Settings
from tests.doors.http.players import Door, open_door
from tests.doors.http.talk import CHAT, QUESTION, Heard, post
from tests.doors.http.wired import asking, path_of
from tests.house import CANARY
from tests.requirements import requirement
from tests.served import served
from tests.upstream import Reply, calls_tool, fails, says
from tests.upstream.broken import breaks_off, error_mid
from tests.upstream.says import chunk, event, streams

pytestmark = pytest.mark.anyio
FAR = pytest.mark.parametrize("wire", SERVER_WIRES)
NAMES = ("a", "b", "c", "judge", "writer")
LOOK: dict[str, Any] = {"name": "look", "description": "Look.", "parameters": {"type": "object"}}


@dataclass(frozen=True, slots=True)
class Houses:
    """Two houses, the nearer of which calls its models at the farther."""

    origin: str
    far: Door

    async def ask(self, body: object, path: str = CHAT) -> Heard:
        """Send a request to the nearer house."""
        return await post(self.origin, body, path=path)


def settings(base_url: str, wire: str) -> Settings:
    """Settings whose only endpoint is another house; it says what its models cost."""
    models = {f"far/{name}": {"endpoint": "far", "name": f"lab/{name}"} for name in NAMES}
    preset = {"panel": ["far/a", "far/b", "far/c"], "analyst": "far/judge", "writer": "far/writer"}
    quirks = {"reports_cost": True}
    tables: dict[str, Any] = {
        "endpoints": {"far": {"base_url": base_url, "wire": wire, "api_key_env": "FAR_API_KEY", "quirks": quirks}},
        "models": models,
        "presets": {"general-high": preset},
        "local": {"probe": False},
        "store": {"path": ":memory:"},
    }
    return Settings(**tables)


@asynccontextmanager
async def houses(wire: str, scripts: Mapping[str, Sequence[Reply]]) -> AsyncGenerator[Houses]:
    """Serve both of them; the models of the farther say what their scripts say."""
    async with open_door(scripts, local={"probe": False}, store={"path": ":memory:"}) as far:
        near = settings(f"{far.origin}/v1", wire)
        async with open_house(near, {"FAR_API_KEY": CANARY}) as opened, served(opened) as origin:
            yield Houses(origin, far)


@requirement("ours:far-wires")
@FAR
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_a_plain_answer_comes_through_with_its_cost(wire: str, stream: bool):
    async with houses(wire, {"a": [says("Blue light é\n\nscatters.", reasoning="hm", chunks=4)]}) as both:
        heard = await both.ask(asking("chat", "far/a", stream=stream, reasoning={"effort": "low"}))
        text = heard.text if stream else heard.body["choices"][0]["message"]["content"]
        usage = heard.chunks[-1]["usage"] if stream else heard.body["usage"]
    assert text == "Blue light é\n\nscatters."
    assert usage["cost"] > 0 and usage["cost_details"]["calls"][0]["cost_source"] == "reported"
    assert both.far.asked == ["a"]


@requirement("ours:far-wires")
@FAR
async def test_a_panel_that_sits_in_another_house_is_fused(wire: str):
    seats = {"a": [says("A says.", chunks=3)], "b": [says("B says.")], "c": [fails(429, retry_after="3600")]}
    async with houses(wire, {**seats, "writer": [says("All in one.", chunks=3)]}) as both:
        heard = await both.ask(asking("chat", stream=True))
        report = heard.chunks[-1]["fusion"]
    assert heard.text == "All in one."
    assert [answer["model"] for answer in report["responses"]] == ["far/a", "far/b"]
    assert [(seat["model"], seat["reason"]) for seat in report["failed_models"]] == [("far/c", "rate_limited")]
    assert report["analysis"]["consensus"] == ["all agree"]
    assert both.far.asked == ["a", "b", "c", "judge", "writer"]


@requirement("ours:far-wires")
@FAR
async def test_a_house_asks_another_on_the_wire_on_which_it_was_asked(wire: str):
    async with houses(wire, {"a": [says("the same")]}) as both:
        heard = await both.ask(asking(wire, "far/a"), path_of(wire))
    assert heard.status == 200 and b"the same" in heard.raw


@requirement("ours:far-wires")
@FAR
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_a_tool_call_goes_there_and_back(wire: str, stream: bool):
    script = [calls_tool("look", {"q": "é"}, id="call_1", text="Let me look."), says("It is blue.")]
    tools = [{"type": "function", "function": LOOK}]
    async with houses(wire, {"a": script}) as both:
        heard = await both.ask(asking("chat", "far/a", tools=tools, stream=stream))
        call = called(heard, stream)
        assert (call["id"], call["function"]["name"]) == ("call_1", "look")
        assert json.loads(call["function"]["arguments"]) == {"q": "é"}
        said = {"role": "assistant", "content": "Let me look.", "tool_calls": [{**call, "type": "function"}]}
        result = {"role": "tool", "tool_call_id": "call_1", "content": "blue"}
        again = await both.ask({"model": "far/a", "messages": [QUESTION, said, result], "tools": tools})
        last: Any = both.far.upstream.log[-1].body["messages"]
    assert again.body["choices"][0]["message"]["content"] == "It is blue."
    assert [message["role"] for message in last] == ["user", "assistant", "tool"]
    assert last[1]["content"] == "Let me look." and last[1]["tool_calls"][0]["id"] == "call_1"
    assert (last[2]["tool_call_id"], last[2]["content"]) == ("call_1", "blue")


def called(heard: Heard, stream: bool) -> Any:
    """The one call of a reply."""
    if not stream:
        assert heard.body["choices"][0]["finish_reason"] == "tool_calls"
        return heard.body["choices"][0]["message"]["tool_calls"][0]
    deltas = [choice["delta"] for chunk in heard.chunks for choice in chunk["choices"]]
    calls = next(delta["tool_calls"] for delta in deltas if "tool_calls" in delta)
    return {key: calls[0][key] for key in ("id", "function")}


@requirement("ours:far-wires")
@FAR
async def test_a_failure_in_the_other_house_is_told_as_what_it_is(wire: str):
    async with houses(wire, {"a": [fails(429, message="slow down", retry_after="3600")]}) as both:
        heard = await both.ask(asking("chat", "far/a"))
    assert (heard.status, heard.error["metadata"]["error_type"]) == (429, "rate_limit_exceeded")


@requirement("ours:far-wires", "ours:reasoning")
@FAR
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_what_was_thought_comes_through_and_how_much_was_asked_for_too(wire: str, stream: bool):
    async with houses(wire, {"a": [says("It is blue.", reasoning="The air.\n\nIt is é", chunks=3)]}) as both:
        heard = await both.ask(asking("chat", "far/a", stream=stream, reasoning={"effort": "high"}))
        asked = both.far.upstream.log[-1].body
    deltas = [choice["delta"] for chunk in heard.chunks for choice in chunk["choices"]] if stream else []
    messages = deltas or [heard.body["choices"][0]["message"]]
    assert "".join(message.get("reasoning") or "" for message in messages) == "The air.\n\nIt is é"
    assert "".join(message.get("content") or "" for message in messages) == "It is blue."
    assert asked["reasoning_effort"] == "high"


SEALED: Mapping[str, Any] = {
    "chat": {"type": "reasoning.encrypted", "data": "seal", "format": "google-gemini-v1", "index": 0},
    "responses": {"type": "reasoning.encrypted", "data": "seal", "id": "rs_1", "format": "openai-responses-v1"},
    "messages": {"type": "reasoning.text", "text": "hm", "signature": "seal", "format": "anthropic-claude-v1"},
}


@requirement("ours:far-wires", "ours:seals")
@pytest.mark.parametrize("wire", SEALED)
async def test_the_seal_of_a_thought_comes_through(wire: str):
    thought = {"content": "So.", "reasoning": "hm", "reasoning_details": [SEALED[wire]]}
    step = streams(lambda ask: [event(chunk(ask, thought)), event(chunk(ask, {}, "stop")), b"data: [DONE]\n\n"])
    async with houses(wire, {"a": [step]}) as both:
        heard = await both.ask(asking("chat", "far/a", reasoning={"effort": "low"}))
    (seal,) = heard.body["choices"][0]["message"]["reasoning_details"]
    assert seal == {**SEALED[wire], "index": 0}


@requirement("ours:far-wires")
@FAR
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_an_answer_that_is_cut_by_its_limit_is_told_as_cut(wire: str, stream: bool):
    async with houses(wire, {"a": [says("It is", finish="length")]}) as both:
        heard = await both.ask(asking("chat", "far/a", stream=stream))
    choices = [choice for chunk in heard.chunks for choice in chunk["choices"]] if stream else heard.body["choices"]
    assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["length"]


@requirement("ours:far-wires")
@FAR
@pytest.mark.parametrize("step", [error_mid("20"), breaks_off()("20")], ids=["error", "end"])
async def test_an_answer_that_breaks_off_is_never_told_as_whole(wire: str, step: Reply):
    async with houses(wire, {"a": [step]}) as both:
        whole = await both.ask(asking("chat", "far/a"))
        streamed = await both.ask(asking("chat", "far/a", stream=True))
    assert (whole.status, whole.error["metadata"]["error_type"]) == (502, "provider_unavailable")
    assert b'"finish_reason":"stop"' not in streamed.raw and b"provider_unavailable" in streamed.raw
