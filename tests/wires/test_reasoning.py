"""How much a model shall think is said to each upstream in its own words, and to none that is known not to think."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.types.json import JsonObject
from fuseline.types.messages import Message, ToolCall, user
from fuseline.types.models import Endpoint, Model, Quirks, Thinking
from fuseline.types.requests import Request
from fuseline.wires.chat.thinking import PARAMETERS
from fuseline.wires.reasoning import EFFORTS, budget_of, effort_for, effort_of, nearest_effort, off
from tests.requirements import requirement
from tests.wires.afar import FAR, OPENROUTER, written

EFFORT = st.sampled_from(EFFORTS)
ASKED: st.SearchStrategy[JsonObject] = (
    st.fixed_dictionaries({"effort": EFFORT})
    | st.fixed_dictionaries({"max_tokens": st.integers(1, 200_000)})
    | st.fixed_dictionaries({"enabled": st.booleans()})
)


def styled(thinking: Thinking, **facts: Any) -> Model:
    """A model at an endpoint that is told in this way."""
    return replace(FAR, endpoint=Endpoint("lab", "http://127.0.0.1:1/v1", quirks=Quirks(thinking=thinking)), **facts)


def told(reasoning: JsonObject | None, model: Model, **fields: Any) -> Any:
    """What a call on the chat wire says of it."""
    body = written("chat", Request("x", (user("hi"),), reasoning=reasoning, **fields), model)
    return {name: body[name] for name in PARAMETERS if name in body}


@requirement("ours:reasoning")
@pytest.mark.parametrize(
    ("asked", "effort", "budget"),
    [
        (None, None, None),
        ({}, None, None),
        ({"exclude": True}, None, None),
        ({"enabled": True}, "medium", 5000),
        ({"enabled": False}, "none", 0),
        ({"effort": "none"}, "none", 0),
        ({"effort": "minimal"}, "minimal", 1024),
        ({"effort": "low"}, "low", 2000),
        ({"effort": "medium"}, "medium", 5000),
        ({"effort": "high"}, "high", 8000),
        ({"effort": "xhigh"}, "xhigh", 9500),
        ({"effort": "max"}, "max", 9500),
        ({"max_tokens": 500}, "minimal", 500),
        ({"max_tokens": 2000}, "low", 2000),
        ({"max_tokens": 8000}, "medium", 8000),
        ({"max_tokens": 16_384}, "high", 9999),
        ({"effort": "low", "max_tokens": 8000}, "low", 8000),
    ],
)
def test_a_word_is_a_share_of_the_limit_and_a_budget_is_a_word(asked: Any, effort: str | None, budget: int | None):
    assert (effort_of(asked), budget_of(asked, 10_000)) == (effort, budget)
    assert off(asked) == (effort == "none")


@requirement("ours:reasoning")
@given(ASKED, st.integers(1, 1_000_000))
def test_thoughts_always_leave_room_for_an_answer(asked: JsonObject, limit: int):
    budget = budget_of(asked, limit)
    assert budget is None or 0 <= budget < max(limit, 1) or limit == 1


@requirement("ours:reasoning")
@pytest.mark.parametrize(
    ("wanted", "known", "nearest"),
    [
        ("high", "", "high"),
        ("high", "low high", "high"),
        ("medium", "low high", "high"),
        ("xhigh", "low high", "high"),
        ("minimal", "low high", "low"),
        ("max", "high xhigh", "xhigh"),
        ("low", "high max", "high"),
        ("none", "low high", "low"),
        ("none", "none low", "none"),
        ("minimal", "none high", "high"),
        ("ludicrous", "low high", "ludicrous"),
    ],
)
def test_a_model_that_does_not_know_a_word_gets_the_nearest_that_it_knows(wanted: str, known: str, nearest: str):
    assert nearest_effort(wanted, frozenset(known.split())) == nearest


@requirement("ours:reasoning")
@given(EFFORT, st.frozensets(EFFORT, min_size=1))
def test_a_known_word_is_said_and_never_none_to_who_wants_thoughts(wanted: str, known: frozenset[str]):
    said = nearest_effort(wanted, known)
    assert said in known or known == {"none"}
    assert said != "none" or "none" in (wanted, *known)
    assert wanted == "none" or said != "none"


@requirement("ours:reasoning")
@pytest.mark.parametrize(
    ("model", "asked", "body"),
    [
        (styled("effort"), {"effort": "high"}, {"reasoning_effort": "high"}),
        (styled("effort"), {"max_tokens": 8000}, {"reasoning_effort": "medium"}),
        (styled("effort"), {"enabled": False}, {"reasoning_effort": "none"}),
        (styled("effort"), {"exclude": True}, {}),
        (styled("effort", efforts=frozenset({"low", "high"})), {"effort": "none"}, {"reasoning_effort": "low"}),
        (styled("object"), {"effort": "high", "exclude": True}, {"reasoning": {"effort": "high", "exclude": True}}),
        (OPENROUTER, {"max_tokens": 9}, {"reasoning": {"max_tokens": 9}}),
        (styled("thinking"), {"effort": "high"}, {"thinking": {"type": "enabled"}}),
        (styled("thinking"), {"effort": "none"}, {"thinking": {"type": "disabled"}}),
        (styled("thinking"), {"max_tokens": 50}, {"thinking": {"type": "enabled", "budget_tokens": 50}}),
        (
            styled("thinking", budget=True, max_output=10_000),
            {"effort": "high"},
            {"thinking": {"type": "enabled", "budget_tokens": 8000}},
        ),
        (
            styled("thinking", efforts=frozenset({"high", "max"})),
            {"effort": "medium"},
            {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
        ),
        (
            styled("thinking", efforts=frozenset({"high", "max"})),
            {"max_tokens": 50},
            {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
        ),
        (styled("thinking"), {"exclude": True}, {}),
        (styled("enable_thinking"), {"effort": "high"}, {"enable_thinking": True}),
        (
            styled("enable_thinking", max_output=10_000),
            {"effort": "low"},
            {"enable_thinking": True, "thinking_budget": 2000},
        ),
        (styled("enable_thinking", max_output=10_000), {"enabled": True}, {"enable_thinking": True}),
        (styled("enable_thinking"), {"max_tokens": 300}, {"enable_thinking": True, "thinking_budget": 300}),
        (styled("enable_thinking"), {"enabled": False}, {"enable_thinking": False}),
        (styled("none"), {"effort": "high"}, {}),
    ],
)
def test_each_server_is_told_in_its_own_words(model: Model, asked: Any, body: Any):
    assert told(asked, model) == body
    assert told(None, model) == {}


@requirement("ours:reasoning")
@pytest.mark.parametrize("style", ["effort", "object", "thinking", "enable_thinking", "none"])
@pytest.mark.parametrize("asked", [{"effort": "high"}, {"effort": "none"}, {"max_tokens": 9}, {"enabled": True}])
def test_a_model_that_is_known_not_to_think_is_told_nothing_of_it(style: Thinking, asked: Any):
    assert told(asked, styled(style, reasons=False)) == {}
    request = Request("x", (user("hi"),), reasoning=asked)
    assert {"reasoning", "include"}.isdisjoint(written("responses", request, replace(FAR, reasons=False)))
    assert {"thinking", "output_config"}.isdisjoint(written("messages", request, replace(FAR, reasons=False)))


@requirement("ours:reasoning")
@given(ASKED, st.frozensets(EFFORT), st.sampled_from([None, True, False]))
def test_no_parameter_is_said_twice_and_each_that_is_said_can_be_refused(
    asked: JsonObject, known: frozenset[str], reasons: bool | None
):
    for style in ("effort", "object", "thinking", "enable_thinking", "none"):
        said = told(asked, styled(style, efforts=known, reasons=reasons))
        assert len(said) <= 2 and not (style == "none" and said)
        refused = written(
            "chat", Request("x", (user("hi"),), reasoning=asked), styled(style, efforts=known), frozenset(PARAMETERS)
        )
        assert PARAMETERS.isdisjoint(refused)


@requirement("ours:reasoning")
@pytest.mark.parametrize(
    ("facts", "asked", "body"),
    [
        ({"efforts": frozenset({"low", "high"})}, {"effort": "medium"}, {"effort": "high"}),
        ({}, {"max_tokens": 2000}, {"effort": "low"}),
        ({}, {"enabled": False}, {"effort": "none"}),
        ({}, {"effort": "low", "summary": "auto"}, {"effort": "low", "summary": "auto"}),
        ({}, {"summary": "auto"}, {"summary": "auto"}),
        ({}, {"exclude": True}, None),
    ],
)
def test_a_responses_upstream_is_told_by_the_nearest_word(facts: Any, asked: Any, body: Any):
    request = Request("x", (user("hi"),), reasoning=asked)
    assert written("responses", request, replace(FAR, **facts)).get("reasoning") == body


@requirement("ours:reasoning")
@pytest.mark.parametrize(
    ("facts", "asked", "thinking", "effort"),
    [
        ({"budget": True}, {"effort": "high"}, {"type": "enabled", "budget_tokens": 8000}, None),
        ({"budget": True}, {"enabled": True}, {"type": "enabled", "budget_tokens": 5000}, None),
        ({"budget": True}, {"max_tokens": 10}, {"type": "enabled", "budget_tokens": 1024}, None),
        ({"efforts": frozenset({"low", "high"})}, {"effort": "medium"}, {"type": "adaptive"}, "high"),
        ({"efforts": frozenset({"low", "high"})}, {"max_tokens": 50}, {"type": "adaptive"}, "low"),
        (
            {"efforts": frozenset({"low", "high"}), "budget": True},
            {"effort": "low"},
            {"type": "enabled", "budget_tokens": 2000},
            "low",
        ),
        ({}, {"enabled": True}, {"type": "adaptive"}, None),
        ({}, {"exclude": True}, None, None),
    ],
)
def test_a_messages_upstream_is_told_by_a_number_where_its_model_wants_one(
    facts: Any, asked: Any, thinking: Any, effort: str | None
):
    request = Request("x", (user("hi"),), reasoning=asked, max_tokens=10_000)
    body = written("messages", request, replace(FAR, **facts))
    assert (body.get("thinking"), body.get("output_config", {}).get("effort")) == (thinking, effort)


def test_an_answer_too_short_for_any_thought_is_asked_for_without():
    request = Request("x", (user("hi"),), reasoning={"effort": "high"}, max_tokens=1024)
    assert "thinking" not in written("messages", request, replace(FAR, budget=True))


@requirement("ours:reasoning")
def test_servers_that_want_the_thought_before_a_call_again_get_it_and_no_others():
    called = Message("assistant", "", (ToolCall("c", "look", "{}"),), reasoning="hm")
    request = Request("x", (user("hi"), called, Message("tool", "found", tool_call_id="c")))
    said = written("chat", request, styled("thinking"))["messages"][1]
    assert (said["reasoning_content"], said["tool_calls"][0]["id"]) == ("hm", "c")
    assert "reasoning_content" not in written("chat", request, styled("effort"))["messages"][1]


def test_a_temperature_that_cannot_be_set_is_not_said():
    request = Request("x", (user("hi"),), temperature=0.5)
    for wire in ("chat", "responses", "messages"):
        assert written(wire, request)["temperature"] == 0.5
        assert "temperature" not in written(wire, request, replace(FAR, temperature=False))


def test_a_model_without_words_of_its_own_is_told_what_was_asked():
    assert effort_for({"effort": "xhigh"}, FAR) == "xhigh"
    assert effort_for({"effort": "xhigh"}, replace(FAR, reasons=False)) is None
