"""Messages requests, written to upstreams."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import Message, ToolCall, user
from fuseline.types.models import Model
from fuseline.types.requests import FunctionTool, Named, Request
from fuseline.wires.faults import SEARCH
from fuseline.wires.marks import MARK, marked, room
from fuseline.wires.messages.blocks import is_redacted, parsed, redacted, sealed_of, signature_of, thinking, words_of
from fuseline.wires.messages.parts import plain_id, write_parts
from fuseline.wires.messages.thinking import write_effort, write_thinking
from fuseline.wires.messages.uses import blocks_of
from fuseline.wires.native import OwnSearch, is_wide, own_search, rules_of, write_tools

LEAST_OUTPUT = 8192
"""Tokens of output where neither the request nor the catalogue says how many: this protocol wants a number."""
SIGNATURE = "signature"
"""Signed thoughts in the conversation: left out like a parameter where an upstream does not know them for its own."""
EFFORT, FORM = "effort", "output_config.format"
SAMPLING = ("top_p", "top_k", MARK)
"""Parameters of ours that this protocol has under the same names."""
OPTIONAL = frozenset({"temperature", "thinking", "tools", "stop_sequences", "metadata", *SAMPLING})
"""Parameters without which a call still makes sense, so that an upstream may refuse them."""
ROUTING = ("provider", "session_id")
"""Policy fields that only OpenRouter's dialect knows."""
TIERS = ("auto", "standard_only")
CHOICES = {"auto": "auto", "required": "any", "none": "none"}
MARKABLE = frozenset({"text", "image", "document", "tool_use", "tool_result"})
"""Blocks that can be marked; thoughts cannot."""
Turn = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Sealed:
    """What of the sealed parts of a conversation its upstream is given back."""

    thoughts: bool = True
    searches: bool = False
    """The searches that it made by itself; it takes them only beside their declaration."""


def write_request(request: Request, model: Model, without: frozenset[str]) -> bytes:
    """The body of a call to an upstream, always streamed."""
    return to_json(request_body(request, model, without))


def optional(request: Request, model: Model, without: frozenset[str]) -> frozenset[str]:
    """The optional parameters that the body of this call carries."""
    body = request_body(request, model, without)
    output = object_of(body.get("output_config"))
    named = {name for name, field in ((EFFORT, "effort"), (FORM, "format")) if field in output}
    searching = {SEARCH} if writes_search(request, model, without) else set[str]()
    blocks = [object_of(block) for turn in list_of(body["messages"]) for block in list_of(object_of(turn)["content"])]
    carried = {name for block in [*blocks, *map(object_of, list_of(body.get("system")))] for name in block}
    return OPTIONAL.intersection(body) | named | searching | carried.intersection((SIGNATURE, MARK))


def request_body(request: Request, model: Model, without: frozenset[str]) -> dict[str, Json]:
    """The same as an object, less the parameters that this upstream refuses."""
    limit = request.max_tokens or model.max_output or LEAST_OUTPUT
    search = writes_search(request, model, without)
    system, turns = write_conversation(request, without, Sealed(SIGNATURE not in without, search is not None))
    body: dict[str, Json] = {
        "model": model.name,
        "max_tokens": limit,
        "messages": turns,
        "stream": True,
        **{name: request.extra[name] for name in SAMPLING if name in request.extra},
        **write_policy(request, model.endpoint.dialect),
    }
    given: dict[str, Json] = {
        "system": system or None,
        "temperature": request.temperature if model.temperature else None,
        "stop_sequences": write_stops(request.extra.get("stop")),
        "thinking": write_thinking(request, model, limit),
        "output_config": write_output(request, model, without) or None,
        "tools": [*write_tools(request.functions, search, write_function)] or None,
        "tool_choice": write_choice(request, search),
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


def write_conversation(request: Request, without: frozenset[str], sealed: Sealed) -> tuple[Json, list[Turn]]:
    """The instructions, which here have one place in front of all else, and the turns; their shared front is marked.

    Instructions alone are the conversation: there must be one.
    """
    front = request.messages[: request.shared]
    shared, own = instructions(front), instructions(request.messages[request.shared :])
    turns = write_turns(said(request.messages), sealed)
    if not turns:
        return "", write_turns([user("\n\n".join(filter(None, (shared, own))))], sealed)
    free = 0 if MARK in without else room(turns, automatic=MARK in request.extra)
    if free and not own:  # behind instructions of its own nothing is shared
        free -= mark_front(turns, write_turns(said(front), sealed))
    return write_system(shared, own, marks=bool(request.shared and free)), turns


def instructions(messages: Iterable[Message]) -> str:
    """All that the instructions among these messages say."""
    told = [message.text for message in messages if message.role in INSTRUCTING]
    return "\n\n".join(text for text in told if text.strip())


def said(messages: Iterable[Message]) -> list[Message]:
    """The messages that are no instructions."""
    return [message for message in messages if message.role not in INSTRUCTING]


INSTRUCTING = ("system", "developer")


def write_system(shared: str, own: str, *, marks: bool) -> Json:
    """The instructions as a text, or those that other calls share as a block with a mark, in front of the others."""
    if not (marks and shared):
        return "\n\n".join(filter(None, (shared, own)))
    blocks = [marked({"type": "text", "text": shared})]
    return [*blocks, *([{"type": "text", "text": own}] if own else [])]


def mark_front(turns: Sequence[Turn], front: Sequence[Turn]) -> bool:
    """Mark the last block that can be in those turns with which other calls begin, too; return whether there is one."""
    for turn, shared in reversed(list(zip(turns, front, strict=False))):
        blocks = list_of(turn["content"])
        for place in reversed(range(len(list_of(shared["content"])))):
            if blocks[place].get("type") in MARKABLE and MARK not in blocks[place]:
                turn["content"] = [*blocks[:place], marked(blocks[place]), *blocks[place + 1 :]]
                return True
    return False


def write_turns(messages: Iterable[Message], sealed: Sealed) -> list[Turn]:
    """The conversation: turns of user and assistant in which no two of one role follow each other."""
    turns: list[tuple[str, list[JsonObject]]] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = list(write_blocks(message, sealed))
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    return [{"role": role, "content": blocks} for role, blocks in turns]


def write_blocks(message: Message, sealed: Sealed) -> Iterator[JsonObject]:
    """The blocks that one message is: what was thought, what was said, then what was called."""
    if message.role == "tool":
        content = list(write_parts(message.content))
        yield {"type": "tool_result", "tool_use_id": plain_id(message.tool_call_id), "content": content}
        return
    if sealed.thoughts:
        yield from write_sealed(list_of(message.opaque.get("reasoning_details")))
    if sealed.searches:
        yield from blocks_of(message.opaque)
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


def write_stops(stop: Json) -> Json:
    """Where to stop; chat completions say one sequence by itself."""
    return [stop] if isinstance(stop, str) else stop


def write_output(request: Request, model: Model, without: frozenset[str]) -> dict[str, Json]:
    """How much effort to make, and in which form to answer: a schema, or none."""
    found: dict[str, Json] = {}
    effort = write_effort(request.reasoning or {}, model)
    if effort is not None and EFFORT not in without:
        found["effort"] = effort
    schema = object_of((request.response_format or {}).get("json_schema")).get("schema")
    held = model.endpoint.quirks.schemas and model.schemas is not False
    if schema is not None and held and FORM not in without:
        found["format"] = {"type": "json_schema", "schema": schema}
    return found


def write_function(tool: FunctionTool) -> JsonObject:
    """The declaration of a function."""
    described: dict[str, Json] = {"description": tool.description} if tool.description else {}
    strict: dict[str, Json] = {"strict": True} if tool.extra.get("strict") is True else {}
    return {"name": tool.name, **described, "input_schema": {"type": "object", **tool.parameters}, **strict}


def write_choice(request: Request, search: OwnSearch | None) -> JsonObject | None:
    """The tool choice, which also says whether several may be called at once."""
    choice, one_by_one = request.tool_choice, request.extra.get("parallel_tool_calls") is False
    if choice is None and not one_by_one:
        return None
    if isinstance(choice, Named):
        name = SEARCH if search and search.chosen(choice) else choice.name
        body: dict[str, Json] = {"type": "tool", "name": name}
    else:
        body = {"type": CHOICES[choice or "auto"]}
    return {**body, "disable_parallel_tool_use": True} if one_by_one and choice != "none" else body


def writes_search(request: Request, model: Model, without: frozenset[str]) -> OwnSearch | None:
    """The vendor's own search, where it can do what was wished; it must be the only tool of its name."""
    if any(tool.name == SEARCH for tool in request.functions):
        return None
    return own_search(request, model, without, write_search)


def write_search(wishes: JsonObject) -> JsonObject | None:
    """The vendor's declaration of it; `None` where it has no words for the rules on where to search.

    It takes hosts with all below them, and paths; it allows or blocks, not both.
    See https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/web-search-tool, November 2026.
    """
    rules = rules_of(wishes)
    if (rules.allowed and rules.excluded) or any(is_wide(rule) for rule in (*rules.allowed, *rules.excluded)):
        return None
    given: dict[str, Json] = {
        "max_uses": wishes.get("max_uses"),
        "allowed_domains": list(rules.allowed) or None,
        "blocked_domains": list(rules.excluded) or None,
        "user_location": wishes.get("user_location"),
    }
    told = {name: value for name, value in given.items() if value is not None}
    return {"type": "web_search_20250305", "name": SEARCH, **told}
