"""What our client half asks on a wire, our server half reads as it was meant, as far as the wire can say it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fuseline.assembly import CLIENT_WIRES, SERVER_WIRES
from fuseline.types.json import JsonObject
from fuseline.types.messages import Message, system
from fuseline.types.models import Model
from fuseline.types.requests import FunctionTool, Named, Request
from fuseline.wires.reasoning import EFFORTS, LEAST_BUDGET, effort_of, off, tokens_of
from tests.requirements import requirement
from tests.wires.afar import FAR, OPENROUTER
from tests.wires.test_calls_afar import CALL, FORM, NAME, PARTS, SAID, SCHEMA, TEXT

DATA = st.text("abc=", min_size=1, max_size=6)
SEALED = {
    "chat": st.fixed_dictionaries({"type": st.just("reasoning.encrypted"), "data": DATA}, optional={"format": DATA}),
    "responses": st.fixed_dictionaries(
        {
            "type": st.just("reasoning.encrypted"),
            "data": DATA,
            "id": DATA.map("rs_{}".format),
            "format": st.just("openai-responses-v1"),
        }
    ),
    "messages": st.fixed_dictionaries(
        {
            "type": st.just("reasoning.text"),
            "text": SAID,
            "signature": DATA,
            "format": st.just("anthropic-claude-v1"),
        }
    )
    | st.fixed_dictionaries(
        {"type": st.just("reasoning.encrypted"), "data": DATA, "format": st.just("anthropic-claude-v1")}
    ),
}
"""Seals as each wire's own upstreams make them."""
ASKED: st.SearchStrategy[JsonObject | None] = (
    st.none()
    | st.sampled_from(EFFORTS).map(lambda effort: {"effort": effort})
    | st.integers(1, 20_000).map(lambda budget: {"max_tokens": budget})
    | st.booleans().map(lambda enabled: {"enabled": enabled})
)


def turns(wire: str) -> st.SearchStrategy[tuple[Message, ...]]:
    """A question, an answer with what it was thought from, and what came of its calls."""
    details = st.lists(SEALED[wire], max_size=2)
    opaque = details.map(lambda found: {"reasoning_details": found} if found else {})
    return st.tuples(
        st.builds(Message, st.just("user"), SAID | PARTS),
        st.builds(Message, st.just("assistant"), SAID, st.lists(CALL, max_size=2).map(tuple), opaque=opaque),
        st.builds(Message, st.just("tool"), SAID, tool_call_id=NAME),
    )


def conversation(told: str, found: Sequence[tuple[Message, ...]]) -> tuple[Message, ...]:
    """Turns behind their instructions."""
    return (system(told), *(message for turn in found for message in turn))


def requests(wire: str) -> st.SearchStrategy[Request]:
    """Requests of all that a wire can say."""
    extra: dict[str, st.SearchStrategy[Any]] = {"top_p": st.floats(0, 1), "top_k": st.integers(0, 99)}
    if wire == "chat":
        extra |= {"seed": st.integers(0, 99), "stop": st.just(["a"]), "logprobs": st.booleans(), "verbosity": TEXT}
    policy = {"user": TEXT} if wire == "messages" else {"user": TEXT, "prompt_cache_key": TEXT}
    said = st.lists(turns(wire), min_size=1, max_size=3)
    return st.builds(
        Request,
        model=st.just("x"),
        messages=st.builds(conversation, SAID, said),
        functions=st.lists(st.builds(FunctionTool, NAME, TEXT, st.just(SCHEMA)), max_size=2).map(tuple),
        tool_choice=st.sampled_from(["auto", "none", "required", Named("look"), None]),
        max_tokens=st.integers(200, 9999),
        temperature=st.none() | st.floats(0, 2),
        response_format=st.none() | st.just(FORM),
        reasoning=ASKED,
        shared=st.integers(0, 4),
        policy=st.fixed_dictionaries({}, optional=policy),
        extra=st.fixed_dictionaries({}, optional=extra),
        streaming=st.just(True),
    )


def mirrored(wire: str, request: Request, model: Model) -> Request:
    """What our server half understands; the echo is its own affair."""
    body = CLIENT_WIRES[wire].write_request(request, model, frozenset())
    return replace(SERVER_WIRES[wire].read_request(body, {}), echo={}, include_fusion=False)


def meant(wire: str, request: Request) -> Request:
    """The same request, less what a wire has no words for, and with what it has to say where nobody asked."""
    strict = {"strict": False} if wire == "responses" else {}
    return replace(
        request,
        messages=tuple(remembered(wire, message) for message in request.messages),
        functions=tuple(replace(tool, extra=strict) for tool in request.functions),
        tool_choice=request.tool_choice if request.functions else None,
        reasoning=understood(wire, request),
        shared=0,
    )


def remembered(wire: str, message: Message) -> Message:
    """A message as it comes back: on messages the words of a thought stand in its seal."""
    details: Any = message.opaque.get("reasoning_details", [])
    thoughts = [detail["text"] for detail in details if "text" in detail] if wire == "messages" else []
    return replace(message, reasoning="\n\n".join(thoughts))


def understood(wire: str, request: Request) -> JsonObject | None:
    """How much to think, as each wire has words for it."""
    asked, limit = request.reasoning, request.max_tokens or 0
    if asked is None or wire != "messages":
        effort = effort_of(asked)
        return None if effort is None else {"effort": effort}
    if off(asked):
        return {"enabled": False}
    if "effort" in asked:
        return {"effort": "low" if asked["effort"] == "minimal" else asked["effort"]}
    forced = request.functions and request.tool_choice in ("required", Named("look"))
    budget = tokens_of(asked)
    if budget is None or forced or limit <= LEAST_BUDGET:
        return None  # to judge for itself is what a model is told without an amount
    return {"max_tokens": max(min(budget, limit - 1), LEAST_BUDGET)}


def spoken(request: Request) -> list[Any]:
    """The messages with their arguments as what they say, since one of the protocols carries them as objects."""
    return [
        (
            message.role,
            message.content,
            message.reasoning,
            message.opaque,
            message.tool_call_id,
            [(call.id, call.name, json.loads(call.arguments), call.opaque) for call in message.tool_calls],
        )
        for message in request.messages
    ]


def same(wire: str, request: Request, model: Model) -> None:
    """Claim that a request comes back as it was meant."""
    read, asked = mirrored(wire, request, model), meant(wire, request)
    assert spoken(read) == spoken(asked)
    assert replace(read, messages=()) == replace(asked, messages=())


@requirement("ours:far-wires", "ours:reasoning", "ours:seals")
@given(requests("responses"))
def test_what_is_asked_on_responses_reads_as_it_was_meant(request: Request):
    same("responses", request, FAR)


@requirement("ours:far-wires", "ours:reasoning", "ours:seals", "ours:cache-marks")
@given(requests("messages"))
def test_what_is_asked_on_messages_reads_as_it_was_meant(request: Request):
    same("messages", request, FAR)


@requirement("ours:far-wires", "ours:reasoning")
@given(requests("chat"))
def test_what_is_asked_on_chat_reads_as_it_was_meant(request: Request):
    plain = tuple(replace(message, opaque={}) for message in request.messages)  # only OpenRouter is given seals
    same("chat", replace(request, messages=plain), FAR)


@requirement("ours:far-wires", "ours:seals")
@given(requests("chat"))
def test_what_is_asked_of_openrouter_reads_word_for_word(request: Request):
    read = mirrored("chat", request, OPENROUTER)
    choice = request.tool_choice if request.functions else None
    assert read == replace(request, tool_choice=choice, shared=0)
