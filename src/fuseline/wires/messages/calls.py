"""Messages requests, written to upstreams."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic_core import to_json

from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import Message, ToolCall, user
from fuseline.types.models import Model
from fuseline.types.requests import FunctionTool, Named, Request, ToolChoice
from fuseline.wires.messages.blocks import is_redacted, parsed, redacted, sealed_of, signature_of, thinking, words_of
from fuseline.wires.messages.parts import write_parts

LEAST_OUTPUT = 8192
"""Tokens of output where neither the request nor the catalogue says how many: this protocol wants a number."""
SIGNATURE = "signature"
"""Signed thoughts in the conversation: left out like a parameter where an upstream does not know them for its own."""
EFFORT, FORM = "effort", "output_config.format"
SAMPLING = ("top_p", "top_k")
"""Parameters of chat completions that this protocol has under the same names."""
OPTIONAL = frozenset({"temperature", "thinking", "tools", "stop_sequences", "metadata", *SAMPLING})
"""Parameters without which a call still makes sense, so that an upstream may refuse them."""
ROUTING = ("provider", "session_id")
"""Policy fields that only OpenRouter's dialect knows."""
TIERS = ("auto", "standard_only")
EFFORTS = {"minimal": "low"}
"""The nearest word for those that this protocol has not got."""
CHOICES = {"auto": "auto", "required": "any", "none": "none"}


def write_request(request: Request, model: Model, without: frozenset[str]) -> bytes:
    """The body of a call to an upstream, always streamed."""
    return to_json(request_body(request, model, without))


def optional(request: Request, model: Model, without: frozenset[str]) -> frozenset[str]:
    """The optional parameters that the body of this call carries."""
    body = request_body(request, model, without)
    output = object_of(body.get("output_config"))
    named = {name for name, field in ((EFFORT, "effort"), (FORM, "format")) if field in output}
    blocks = [object_of(block) for turn in list_of(body["messages"]) for block in list_of(object_of(turn)["content"])]
    signed = {SIGNATURE} if any(SIGNATURE in block for block in blocks) else set[str]()
    return OPTIONAL.intersection(body) | named | signed


def request_body(request: Request, model: Model, without: frozenset[str]) -> dict[str, Json]:
    """The same as an object, less the parameters that this upstream refuses."""
    limit = request.max_tokens or model.max_output or LEAST_OUTPUT
    instructions, said = parted(request.messages)
    body: dict[str, Json] = {
        "model": model.name,
        "max_tokens": limit,
        "messages": write_turns(said, SIGNATURE not in without),
        "stream": True,
        **{name: request.extra[name] for name in SAMPLING if name in request.extra},
        **write_policy(request, model.endpoint.dialect),
    }
    given: dict[str, Json] = {
        "system": instructions or None,
        "temperature": request.temperature,
        "stop_sequences": write_stops(request.extra.get("stop")),
        "thinking": write_thinking(request, limit),
        "output_config": write_output(request, without) or None,
        "tools": [write_function(tool) for tool in request.functions] or None,
        "tool_choice": write_choice(request.tool_choice, request.extra.get("parallel_tool_calls") is False),
    }
    body |= {name: value for name, value in given.items() if value is not None}
    for name in without:
        body.pop(name, None)
    if "tools" not in body:
        body.pop("tool_choice", None)
    return body


def write_policy(request: Request, dialect: str) -> dict[str, Json]:
    """What may be done with the data, and for whom it is done."""
    policy = request.policy
    found = {name: policy[name] for name in ROUTING if name in policy and dialect == "openrouter"}
    if "user" in policy:
        found["metadata"] = {"user_id": policy["user"]}
    if policy.get("service_tier") in TIERS:
        found["service_tier"] = policy["service_tier"]
    return found


def parted(messages: Sequence[Message]) -> tuple[str, Sequence[Message]]:
    """All instructions of a conversation, which here have one place in front of it, and the conversation.

    Instructions alone are the conversation: there must be one.
    """
    told = [message.text for message in messages if message.role in INSTRUCTING]
    instructions = "\n\n".join(text for text in told if text.strip())
    said = [message for message in messages if message.role not in INSTRUCTING]
    return (instructions, said) if said else ("", [user(instructions)])


INSTRUCTING = ("system", "developer")


def write_turns(messages: Iterable[Message], signed: bool) -> list[Json]:
    """The conversation: turns of user and assistant in which no two of one role follow each other."""
    turns: list[tuple[str, list[JsonObject]]] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = list(write_blocks(message, signed))
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    return [{"role": role, "content": blocks} for role, blocks in turns]


def write_blocks(message: Message, signed: bool) -> Iterator[JsonObject]:
    """The blocks that one message is: what was thought, what was said, then what was called."""
    if message.role == "tool":
        content = list(write_parts(message.content))
        yield {"type": "tool_result", "tool_use_id": plain_id(message.tool_call_id), "content": content}
        return
    if signed:
        yield from write_sealed(list_of(message.opaque.get("reasoning_details")))
    yield from write_parts(message.content)
    for call in message.tool_calls:
        yield write_call(call)


def write_sealed(details: Iterable[Any]) -> Iterator[JsonObject]:
    """Thoughts that this protocol's vendor sealed, and takes back."""
    for detail in sealed_of(details):
        if is_redacted(detail):
            yield redacted(detail)
        elif signature := signature_of(detail):
            yield thinking(words_of(detail), signature)


def write_call(call: ToolCall) -> JsonObject:
    """A tool call, its arguments as an object."""
    return {"type": "tool_use", "id": plain_id(call.id), "name": call.name, "input": parsed(call)}


def plain_id(id: str) -> str:
    """The id of a call in those characters that this protocol takes, whichever upstream made it."""
    return "".join(letter if (letter.isascii() and letter.isalnum()) or letter in "_-" else "_" for letter in id)


def write_stops(stop: Json) -> Json:
    """Where to stop; chat completions say one sequence by itself."""
    return [stop] if isinstance(stop, str) else stop


def write_thinking(request: Request, limit: int) -> JsonObject | None:
    """Whether to think, and how much. Not beside a forced call, before which this protocol permits no thought."""
    reasoning = request.reasoning or {}
    if reasoning.get("enabled") is False or reasoning.get("effort") == "none":
        return {"type": "disabled"}
    forced = request.functions and (request.tool_choice == "required" or isinstance(request.tool_choice, Named))
    if not reasoning or forced:
        return None
    budget = reasoning.get("max_tokens")
    if isinstance(budget, int) and limit > 1:
        return {"type": "enabled", "budget_tokens": min(budget, limit - 1)}
    return {"type": "adaptive"}


def write_output(request: Request, without: frozenset[str]) -> dict[str, Json]:
    """How much effort to make, and in which form to answer: a schema, or none."""
    found: dict[str, Json] = {}
    effort = (request.reasoning or {}).get("effort")
    if isinstance(effort, str) and effort != "none" and EFFORT not in without:
        found["effort"] = EFFORTS.get(effort, effort)
    schema = object_of((request.response_format or {}).get("json_schema")).get("schema")
    if schema is not None and FORM not in without:
        found["format"] = {"type": "json_schema", "schema": schema}
    return found


def write_function(tool: FunctionTool) -> JsonObject:
    """The declaration of a function."""
    described: dict[str, Json] = {"description": tool.description} if tool.description else {}
    strict: dict[str, Json] = {"strict": True} if tool.extra.get("strict") is True else {}
    return {"name": tool.name, **described, "input_schema": {"type": "object", **tool.parameters}, **strict}


def write_choice(choice: ToolChoice | None, one_by_one: bool) -> JsonObject | None:
    """The tool choice, which also says whether several may be called at once."""
    if choice is None and not one_by_one:
        return None
    body: dict[str, Json] = (
        {"type": "tool", "name": choice.name} if isinstance(choice, Named) else {"type": CHOICES[choice or "auto"]}
    )
    return {**body, "disable_parallel_tool_use": True} if one_by_one and choice != "none" else body
